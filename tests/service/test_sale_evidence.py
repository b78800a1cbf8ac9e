"""Every sale has its evidence: what is on record of it, and what lacks, from all modules."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest

from core.api import use_locale
from plugins.base import queries
from plugins.base.contracts import CustomerData, Evidence, ProductData, SaleData
from plugins.base.services import record_sale, save_customer, save_product


@pytest.fixture
def sale(databases, database_kind):
    def furnish(installation) -> None:
        ctx = installation.company("acme", locale="en").system()
        product = save_product(ctx, ProductData("K-1", "Kettle"))
        customer = save_customer(ctx, CustomerData("Ann Lee"))
        day = dt.date(2026, 1, 5)
        record_sale(ctx, SaleData(product.id, customer.id, day, batch="B7", invoice="FP-9", destination="Ward 3"))
        record_sale(ctx, SaleData(product.id, customer.id, day))

    with use_locale("en"), databases.furnished(database_kind, furnish) as installation:
        ctx = installation.office("acme").system()
        yield lambda number: (ctx, queries.get_sale(ctx, number))


def test_a_sale_says_what_of_its_own_record_lacks(sale):
    assert queries.evidence_of(*sale(1)) == [Evidence("Sales record", True, "Complete")]
    lacking = "It lacks: batch or unit, invoice, destination"
    assert queries.evidence_of(*sale(2)) == [Evidence("Sales record", False, lacking)]


def test_what_other_modules_keep_of_a_sale_stands_beside_it_and_one_that_fails_is_named(sale, monkeypatch):
    ctx, row = sale(1)
    opinion = Evidence("Opinion", False, "Not asked yet")
    answers = [
        SimpleNamespace(plugin="base", error=None, value=[opinion]),
        SimpleNamespace(plugin="base", error=RuntimeError("broken"), value=None),
    ]
    asked = []
    monkeypatch.setattr(queries, "collect", lambda _ctx, name, **given: asked.append((name, given)) or answers)
    found = queries.evidence_of(ctx, row)
    assert asked == [("evidence_of_sale", {"sale": row})]
    assert [(e.label, e.there) for e in found] == [
        ("Sales record", True), ("Opinion", False), ("Customers and call register", False),
    ]  # fmt: skip
