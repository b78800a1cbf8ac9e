"""Pages of preventive plans: the days are shown before anything is kept, and sending twice makes one."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from core.api import use_locale
from plugins.service.models import CarePlan, Occurrence, Order
from tests.support import visits
from tests.support.accounts import Site

pytestmark = pytest.mark.one_database


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def site(databases, database_kind, application):
    with databases.furnished(database_kind, furnished) as installation, application.on(installation.url) as app:
        yield Site(app, installation, {"plain": installation.office("plain")})


def furnished(installation):
    visits.furnish(installation)
    made = Site(None, installation, {"plain": installation.office("plain")})
    made.person("chief@plain.example", "manager", company="plain")


def form(**values) -> dict:
    first = {
        "token": "abc", "name": "Quarterly care", "kind": "preventive", "serial": "FH-1", "rhythm": "fixed",
        "every": "3", "period": "months", "starts_on": "2090-01-02", "calendar": "office", "closed_days": "as_is",
        "lead_days": "10",
    }  # fmt: skip
    return {**first, **values}


def count(site, model) -> int:
    return site.office("plain").system().session.scalar(sa.select(sa.func.count()).select_from(model))


def test_the_next_days_are_shown_before_anything_is_kept_and_sending_twice_makes_one_plan(site):
    client = site.signed_in("chief@plain.example")
    page = client.post("/c/plain/service/plans/new", data=form(then="preview"))
    assert (page.status_code, count(site, CarePlan)) == (200, 0)
    assert [page.text.count(day) > 0 for day in ("2090-01-02", "2090-04-02", "2090-07-02", "2090-10-02")] == [True] * 4
    places = {client.post("/c/plain/service/plans/new", data=form()).headers["Location"] for _time in range(2)}
    assert (len(places), count(site, CarePlan)) == (1, 1)
    shown = client.get(places.pop()).text
    assert all(text in shown for text in ("Quarterly care", "every 3 months", "FH-1", "2090-04-02"))


def test_a_plan_for_nobody_and_an_unknown_serial_number_are_refused_with_what_was_typed(site):
    client = site.signed_in("chief@plain.example")
    for values, words in (
        ({"serial": ""}, "Name the unit or the customer that is visited, or the places."),
        ({"serial": "ZZ-9"}, "No unit, or several, have the serial number ZZ-9."),
        ({"ends_on": "2089-01-01"}, "It would end before it begins."),
    ):
        answer = client.post("/c/plain/service/plans/new", data=form(**values))
        assert (answer.status_code, words in answer.text, "Quarterly care" in answer.text) == (422, True, True), words
    assert count(site, CarePlan) == 0


def test_the_steps_of_a_plan_are_made_from_its_page(site):
    client = site.signed_in("chief@plain.example")
    place = client.post("/c/plain/service/plans/new", data=form()).headers["Location"]

    def act(name: str, **values) -> int:
        plan = site.office("plain").system().session.scalar(sa.select(CarePlan))
        return client.post(f"{place}/{name}", data={"version": plan.version, **values}).status_code

    assert act("skip") == 422
    assert act("skip", reason="Closed") == 302
    assert act("open") == 302
    assert act("pause", reason="Laid up") == 302
    assert act("open") == 409
    assert act("resume") == 302
    assert act("end", reason="Sold") == 302
    assert act("resume") == 409
    session = site.office("plain").system().session
    rows = session.execute(sa.select(Occurrence.n, Occurrence.due_on, Occurrence.state).order_by(Occurrence.n)).all()
    assert [tuple(row) for row in rows] == [
        (1, dt.date(2090, 1, 2), "skipped"), (2, dt.date(2090, 4, 2), "open"),
    ]  # fmt: skip
    order = session.scalar(sa.select(Order))
    assert "Planned visit" in client.get(f"/c/plain/service/{order.id}").text
