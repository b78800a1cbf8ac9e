"""The page on which a department is asked, and on which it decides."""

from __future__ import annotations

import pytest

from core.api import use_locale
from plugins.service.models import Escalation
from plugins.service.queries import orders as queries
from tests.support import visits as site
from tests.support.accounts import Site, words_of
from tests.support.visits import HOUR

pytestmark = pytest.mark.one_database

QUESTION = "The frame is bent too. Exchange it?"


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def house(databases, database_kind, application):
    with databases.furnished(database_kind, furnish) as installation, application.on(installation.url) as app:
        yield Site(app, installation, {"plain": installation.office("plain")})


def furnish(installation):
    site.furnish(installation)
    made = Site(None, installation, {"plain": installation.office("plain")})
    for name, role in (("tech", "technician"), ("chief", "manager")):
        made.person(f"{name}@plain.example", role, company="plain", name=name.title())


def test_a_technician_asks_from_the_order_and_the_head_decides_on_the_same_page(house):
    office = house.office("plain")
    order_id = site.dispatched(office, now=site.MONDAY)
    unit = queries.headquarters(office.system()).id
    tech, chief = house.signed_in("tech@plain.example"), house.signed_in("chief@plain.example")
    here = f"/c/plain/service/{order_id}/escalation"
    empty = tech.post(here, {"unit_id": unit, "question": ""})
    assert empty.status_code == 422
    assert tech.post(here, {"unit_id": unit, "question": QUESTION}).status_code == 302
    shown = words_of(tech.get(f"/c/plain/service/{order_id}").text)
    assert QUESTION in shown
    assert "Not decided yet" in shown
    assert tech.get(here).status_code == 403, "a technician does not decide"
    assert QUESTION in words_of(chief.get(here).text)
    stale = chief.post(here, {"answer": "Repair it", "version": 1})
    assert (stale.status_code, "Repair it" in stale.text) == (409, True), "what was typed is kept"
    version = queries.get_order(office.system(site.MONDAY + HOUR), order_id).version
    assert chief.post(here, {"answer": "Repair it", "version": version}).status_code == 302
    house.installation.close_sessions()
    row = office.system().session.query(Escalation).one()
    assert (row.answer, row.answered_by, row.by_name) == ("Repair it", "Chief", "Tech")
    assert "Repair it" in words_of(tech.get(f"/c/plain/service/{order_id}").text)
