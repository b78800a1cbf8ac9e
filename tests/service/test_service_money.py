"""What an order costs where a module keeps price lists and quotes, and finding payments."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal

import pytest

from core.api import Conflict, Invalid, RecordRef, search_records, use_locale
from core.companies.services import save_unit
from core.testing import START
from plugins.base import services as base
from plugins.base.contracts import UnitData
from plugins.base.queries import unit_by_serial
from plugins.service import services
from plugins.service.contracts import ORDER, OrderData
from plugins.service.money_contracts import PAYMENT, ChargeData, PaymentData
from plugins.service.queries import money as queries
from plugins.service.services import money
from plugins.warranty.contracts import Answer, Payer, QuoteLineData
from plugins.warranty.services import quotes
from tests.support.quoting import LABOUR, PUMP, drafted, furnish_prices

D = Decimal


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def furnish(installation):
    furnish_prices(installation.company("acme", modules=("service", "warranty"), locale="en"))


def opened(office, **values) -> int:
    return services.open_order(office.system(), OrderData(subject="Pump leaks", **values)).id


def charged(office, order_id: int, **values):
    return money.add_charge(office.system(), order_id, ChargeData(**{"kind": "labour", "label": "", **values}))


def quoted(office, order_id: int, *lines: QuoteLineData, **values) -> int:
    ctx = office.system()
    made = drafted(office, ctx, *lines, about=RecordRef(ORDER, order_id), **values)
    return quotes.send(ctx, made.id, "told").id


# --- price lists ------------------------------------------------------------------------------------------------------


def test_a_charge_without_a_price_costs_what_the_companys_list_says_and_says_where_from(office):
    order_id = opened(office)
    row = charged(office, order_id, quantity=D("1.5"))
    assert (row.label, row.unit_price, row.amount, row.source) == ("Labour", D(120), D(180), "list")
    assert row.why.startswith("Price list “Normal prices”, version 1")
    many = charged(office, order_id, kind="part", code="P-12", quantity=D(10), label="Pump for the lift")
    assert (many.label, many.unit_price, many.amount) == ("Pump for the lift", D(452), D(4520))


def test_the_least_amount_of_a_list_is_charged(office):
    order_id = opened(office)
    near, far = (charged(office, order_id, kind="travel", quantity=D(km)) for km in (10, 40))
    assert [(c.unit_price, c.amount) for c in (near, far)] == [(D(2), D(50)), (D(2), D(80))]


def test_what_no_list_has_is_priced_by_hand_with_the_reason(office):
    order_id = opened(office)
    with pytest.raises(Invalid, match="No price list has a price for it") as refused:
        charged(office, order_id, kind="part", code="P-99", label="Seal")
    assert refused.value.field == "unit_price"
    assert queries.charges_of(office.system(), order_id) == []


def test_misuse_in_warranty_is_charged_by_the_list_that_the_decision_names(office):
    """DEF-5.1.1.2: parts at the preferential price."""
    ctx = office.system()
    sold = UnitData(unit_by_serial(ctx, "SN-1").product_id, "SN-2", sale_date=START.date() - dt.timedelta(days=30))
    device = base.save_unit_record(ctx, sold)
    misused, undecided = opened(office, device_id=device.id, cause="misuse"), opened(office)
    rows = [charged(office, order_id, kind="part", code="P-12") for order_id in (misused, undecided)]
    assert [(r.amount, r.why.partition(",")[0]) for r in rows] == [
        (D(452), "Price list “Preferential prices”"), (D(565), "Price list “Normal prices”"),
    ]  # fmt: skip


# --- quotes -----------------------------------------------------------------------------------------------------------


def test_what_the_customer_accepted_stands_on_the_order_once_with_discount_and_what_others_pay(office):
    order_id = opened(office, work_kind="paid", work_kind_reason="told so")
    free = dataclasses.replace(PUMP, payer=Payer("company", "Goodwill"))
    quote_id = quoted(office, order_id, LABOUR, free, discount=D(10))
    with pytest.raises(Conflict, match="The customer has accepted no quote for FW2603-0001"):
        money.take_quote(office.system(), order_id)
    quotes.accept(office.system(), quote_id, Answer("Chen Hua", "phone"))
    made = money.take_quote(office.system(), order_id)
    assert [(c.kind, c.label, c.amount, c.payer, c.source) for c in made] == [
        ("labour", "Labour", D(240), "customer", "quote"),
        ("part", "Pump", D(565), "company", "quote"),
        ("other", "Discount, tax and rounding of the quote", D(-24), "customer", "quote"),
    ]
    now = queries.balance_of(office.system(), order_id)
    assert (now.open, now.by_payer) == (D(216), {"customer": D(216), "company": D(565)})
    with pytest.raises(Conflict, match="stand here already"):
        money.take_quote(office.system(), order_id)
    assert len(queries.charges_of(office.system(), order_id)) == 3


def test_the_newest_of_several_accepted_quotes_is_taken(office):
    order_id = opened(office)
    for line in (LABOUR, PUMP):
        quotes.accept(office.system(), quoted(office, order_id, line), Answer("Chen Hua", "phone"))
    assert [c.code for c in money.take_quote(office.system(), order_id)] == ["P-12"]


# --- finding ----------------------------------------------------------------------------------------------------------


def found(office, unit_id: int, text: str) -> list[str]:
    ctx = office.ctx("service.order.view", unit_ids=frozenset({unit_id}))
    return [r.title for r in search_records(ctx, text, kinds=[PAYMENT])]


def test_a_payment_is_found_by_its_number_its_order_who_paid_and_its_slip_by_those_who_see_the_order(office):
    ctx = office.system()
    north, south = (save_unit(ctx, code, code.title(), "centre", "hq").id for code in ("north", "south"))
    order_id = opened(office, unit_id=north)
    data = PaymentData(D(45), "transfer", payer_name="Chen Hua", note="Slip 7781")
    money.collect(office.system(), order_id, data)
    office.installation.worker().index_all()
    for text in ("SK2603-0001", "FW2603-0001", "Chen", "7781"):
        assert found(office, north, text) == ["SK2603-0001 FW2603-0001"], text
        assert found(office, south, text) == []
    services.refer(office.system(), order_id, south, "Their region")
    office.installation.worker().index_all()
    assert (found(office, north, "7781"), found(office, south, "7781")) == ([], ["SK2603-0001 FW2603-0001"])
