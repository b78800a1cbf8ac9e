"""A unit's warranty shows wherever the unit stands, and costs no statement for each of many."""

from __future__ import annotations

import pytest

from core.testing import counted
from core.web.database import db
from plugins.base import services as base
from plugins.base.contracts import UnitData
from plugins.base.queries import product_by_code
from plugins.complaints import services as complaints
from plugins.complaints.contracts import ComplaintData
from plugins.warranty.services.agreements import save_contract
from plugins.warranty.services.periods import refresh_periods
from tests.support.accounts import Site, words_of
from tests.support.agreed_site import ids
from tests.support.warranty_site import contract_data, furnish, places

C = "/c/acme"


@pytest.fixture
def site(databases, database_kind, application):
    with databases.furnished(database_kind, furnish) as installation, application.on(installation.url) as app:
        yield Site(app, installation, {"acme": installation.office("acme")})


@pytest.fixture
def admin(site):
    return site.signed_in("admin_en@example.com")


def test_the_badge_of_a_unit_stands_on_every_page_that_shows_it(site, admin):
    office = site.office()
    ctx, known = office.system(), ids(office)
    told = ComplaintData("Leaks", customer_id=known["mill"], device_id=known["C-1"])
    complaint = complaints.open_complaint(ctx, told)
    pages = {**places(office), "complaint": f"/complaints/{complaint.id}", "customer": f"/customers/{known['mill']}"}
    without = [name for name, path in pages.items() if "In warranty, " not in words_of(admin.get(C + path).text)]
    assert without == []


def test_the_list_of_units_and_a_contract_read_all_badges_at_once(site, admin):
    office = site.office()
    ctx, known = office.system(), ids(office)
    contract = save_contract(ctx, contract_data(known, ctx.today, "C-1"))
    short, units = f"{C}/warranty/contracts/{contract.id}", C + places(office)["units"]
    for path in (short, units):
        admin.get(path)
    few = [statements(site, admin, path) for path in (short, units)]
    product = product_by_code(ctx, "HV37").id
    for number in range(20):
        made = base.save_unit_record(ctx, UnitData(product, f"N-{number}", customer_id=known["mill"]))
        known[f"N-{number}"] = made.id
    refresh_periods(ctx, known.values())
    every = [name for name in known if name.startswith(("C-", "N-"))]
    long = save_contract(ctx, contract_data(known, ctx.today, *every))
    many = [statements(site, admin, path) for path in (f"{C}/warranty/contracts/{long.id}", units)]
    assert many == few


def statements(site, admin, path: str) -> int:
    with site.app.app_context():
        engine = db.engine
    with counted(engine) as seen:
        assert admin.get(path).status_code == 200
    return len(seen)
