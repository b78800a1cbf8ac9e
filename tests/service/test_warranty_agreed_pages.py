"""Pages of contracts, follow-ups, suppliers and claims: what was typed is kept, what is missing is named."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import RecordRef, use_locale
from core.testing import moment
from plugins.warranty.agreed import ClaimData
from plugins.warranty.models import ServiceContract, SupplierClaim
from plugins.warranty.queries import agreements
from plugins.warranty.services import claims as claim_services
from tests.support.accounts import Site
from tests.support.agreed_site import furnish, ids

pytestmark = pytest.mark.one_database

IDS: dict[str, int] = {}


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def site(databases, database_kind, application):
    with databases.furnished(database_kind, furnished) as installation, application.on(installation.url) as app:
        IDS.update(ids(installation.office("acme")))
        yield Site(app, installation, {"acme": installation.office("acme")})


def furnished(installation):
    furnish(installation)
    made = Site(None, installation, {"acme": installation.office("acme")})
    for name, role in (("chief", "manager"), ("seller", "sales"), ("buyer", "purchasing")):
        made.person(f"{name}@acme.example", role)


def form(**values) -> dict:
    first = {
        "customer_id": IDS["mill"],
        "token": "abc",
        "title": "Full service",
        "starts_on": "2026-01-01",
        "ends_on": "2026-12-31",
        "covers": ["parts", "labour"],
        "items": [f"u{IDS['C-1']}"],
        "price": "1200",
        "instalments": "2",
        "renewal": "offer",
        "quota_visits": "4",
        "period": "year",
    }
    return {**first, **values}


def test_a_contract_is_drawn_up_in_two_steps_and_sending_twice_makes_one(site):
    office, client = site.office(), site.signed_in("seller@acme.example")
    found = client.get("/c/acme/warranty/contracts/new?q=mill").text
    assert f"customer_id={IDS['mill']}" in found
    page = client.get(f"/c/acme/warranty/contracts/new?customer_id={IDS['mill']}").text
    assert "Compressor HV-37, C-1" in page
    assert "L-1" not in page
    for _time in range(2):
        answer = client.post("/c/acme/warranty/contracts/new", data=form())
        assert answer.status_code == 302
    ctx = office.system()
    (contract,) = ctx.session.scalars(sa.select(ServiceContract)).all()
    assert agreements.quotas_of(ctx, contract.id)[0].amount == 4


def test_what_was_typed_comes_back_with_what_is_wrong(site):
    seller = site.signed_in("seller@acme.example")
    answer = seller.post("/c/acme/warranty/contracts/new", data=form(ends_on="2025-12-31"))
    assert answer.status_code == 422
    assert "It would end on 2025-12-31, before it begins on 2026-01-01." in answer.text
    assert 'value="Full service"' in answer.text


def test_sales_draws_up_and_does_not_approve_and_the_head_sees_what_is_missing(site):
    office, seller = site.office(), site.signed_in("seller@acme.example")
    seller.post("/c/acme/warranty/contracts/new", data=form(items=[]))
    (number,) = office.system().session.scalars(sa.select(ServiceContract.id)).all()
    refused = seller.post(f"/c/acme/warranty/contracts/{number}/approve", data={"version": "1"})
    assert refused.status_code == 403
    page = site.signed_in("chief@acme.example").get(f"/c/acme/warranty/contracts/{number}").text
    assert "It names no unit, product or site" in page


def test_a_unit_and_a_complaint_show_who_answers_and_lead_to_a_claim(site):
    client = site.signed_in("chief@acme.example")
    page = client.get(f"/c/acme/units/{IDS['P-1']}").text
    assert "After the sale: Huaxin Pumps" in page
    assert "The supplier answers for it" in page or "warranty is over" in page
    assert f"/warranty/claims/new?device_id={IDS['P-1']}" in page


def test_a_supplier_in_use_is_not_removed_and_the_page_says_why(site):
    client = site.signed_in("chief@acme.example")
    client.post(f"/c/acme/suppliers/{IDS['huaxin']}/delete")
    assert "Make it inactive instead" in client.get(f"/c/acme/suppliers/{IDS['huaxin']}").text


def test_a_claim_is_told_answered_and_closed_on_its_page(site):
    office = site.office()
    ctx = office.system(moment("2026-03-02 09:00"))
    source = RecordRef("base.unit", IDS["P-1"])
    claim = claim_services.open_claim(ctx, ClaimData("Leaks", device_id=IDS["P-1"], source=source, loss=Decimal(100)))
    client = site.signed_in("buyer@acme.example")
    url = f"/c/acme/warranty/claims/{claim.id}"
    page = client.get(url).text
    assert "service@huaxin.example" in page

    def post(action: str, **values):
        version = office.system().session.get(SupplierClaim, claim.id).version
        return client.post(f"{url}/{action}", data={"version": version, **values})

    assert post("tell", by="phone", to="Mr Zhou").status_code == 302
    assert post("answer", answer="refused").status_code == 422
    assert post("answer", answer="accepted").status_code == 302
    assert post("close", outcome="recovered").status_code == 409
    assert post("recover", token="t1", amount="100", way="money", received_on="2026-03-02").status_code == 302
    assert post("close", outcome="recovered").status_code == 302
    fresh = office.system()
    assert fresh.session.get(SupplierClaim, claim.id).state == "closed"
    statistics = client.get("/c/acme/warranty/recovered?begins=2026-03-01&ends=2026-03-31").text
    assert "Huaxin Pumps" in statistics
    exported = client.get("/c/acme/warranty/recovered.csv?begins=2026-03-01&ends=2026-03-31").text
    assert "Huaxin Pumps,1,0,100,100,100,0" in exported.replace(".0000", "")
