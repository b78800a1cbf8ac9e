"""A company with one of everything of warranty, today: for tests of pages."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa

from core.testing import Installation, Office
from plugins.base.queries import count_units, unit_ids_after
from plugins.warranty import models
from plugins.warranty.agreed import ClaimData, ContractData, ItemData
from plugins.warranty.contracts import CoverageCase, PriceListData, ProofData, QuoteData, ReadingData, RepairData
from plugins.warranty.services import agreements, claims, coverage, quotes
from plugins.warranty.services.evidence import record_proof
from plugins.warranty.services.meters import read_meter
from plugins.warranty.services.periods import refresh_periods
from plugins.warranty.services.repairs import record_repair
from tests.support import agreed_site, quoting
from tests.support.accounts import Site


def furnish(installation: Installation) -> None:
    """The company of ``agreed_site``; its first unit with a proof, a reading, a repair, a decision, a quote that waits
    for the customer, a contract, and a pump of it with a claim to the supplier.
    """
    agreed_site.furnish(installation)
    office = installation.office("acme")
    site = Site(None, installation, {"acme": office})
    for locale in ("zh", "en"):
        site.person(f"admin_{locale}@example.com", "administrator", name=f"admin {locale}", locale=locale)
    ids = agreed_site.ids(office)
    ctx = office.system(dt.datetime.now(dt.UTC).replace(microsecond=0))
    unit, today = ids["C-1"], ctx.today
    for device in (unit, ids["P-1"]):
        record_proof(ctx, ProofData(device, "sale", today - dt.timedelta(days=90), "invoice", "F-77"))
    read_meter(ctx, ReadingData(unit, "hours", Decimal(120), today - dt.timedelta(days=2)))
    came = ctx.now - dt.timedelta(days=9)
    record_repair(ctx, RepairData(unit, "Leak", came, came + dt.timedelta(days=1), "defect", result="repaired"))
    refresh_periods(ctx, unit_ids_after(ctx, 0, count_units(ctx)))
    made = coverage.decide(ctx, CoverageCase(unit, "Leaks again", None, {"cause": "misuse"}))
    quoting.published(ctx, PriceListData("preferential", "Preferential prices", "preferential"), first=today)
    data = QuoteData("Repair of the leak", coverage_id=made.id, person_name="Chen Yu", lines=(quoting.LABOUR,))
    quote = quotes.draft(ctx, data)
    quotes.send(ctx, quote.id, "told")
    contract = agreements.save_contract(ctx, contract_data(ids, today))
    agreements.approve_contract(ctx, contract.id)
    claims.open_claim(ctx, ClaimData("Pump leaks", device_id=ids["P-1"], loss=Decimal(100)))


def contract_data(ids: dict[str, int], today: dt.date, *serials: str) -> ContractData:
    """A contract of the mill from today, about these units."""
    items = tuple(ItemData(device_id=ids[serial]) for serial in serials or ("C-1", "C-2"))
    end = today + dt.timedelta(days=364)
    return ContractData(ids["mill"], "Full service", frozenset({"labour"}), today, end, items)


def places(office: Office) -> dict[str, str]:
    """Name → address of the pages on which they stand."""
    ctx = office.system()
    kinds = {
        "quote": (models.Quote, "quotes"), "contract": (models.ServiceContract, "contracts"),
        "claim": (models.SupplierClaim, "claims"), "decision": (models.CoverageDecision, "decisions"),
        "repair": (models.RepairRecord, "repairs"),
    }  # fmt: skip
    found = {name: f"/warranty/{path}/{ctx.session.scalar(sa.select(sa.func.min(model.id)))}"
             for name, (model, path) in kinds.items()}  # fmt: skip
    unit = agreed_site.ids(office)["C-1"]
    return {**found, "card": f"/warranty/units/{unit}", "unit": f"/units/{unit}", "units": "/admin/units/"}
