"""Closing a company and opening it again: nobody enters, its time stands still, its data stays."""

from __future__ import annotations

import datetime as dt
import html
import re

import pytest
import sqlalchemy as sa

from core.clocks import COMPANY_CLOSED, find_clock, start_clock
from core.companies.company import close_company, reopen_company
from core.companies.models import Company
from core.context import Actor
from core.db import open_session, system_session, transaction
from core.errors import Conflict, Forbidden, Invalid
from core.events import DONE, Delivery, Event
from core.testing import START, Installation, moment
from core.worker import JobRun, Worker
from tests.support.accounts import Site, words_of

ANSWER = "probe.answer"


def test_its_clocks_stand_still_and_go_on_and_those_of_others_are_not_touched(acme, zenith):
    from probe.services import make_item

    records = [make_item(office.system(), "A1") for office in (acme, zenith)]
    for office, record in zip((acme, zenith), records, strict=True):
        ctx = office.system(moment("2026-03-02 09:00"))
        with transaction(ctx):
            start_clock(ctx, record, ANSWER, {"level": "low"})
    due = find_clock(acme.system(), records[0], ANSWER).due_at
    close_company(acme.system(moment("2026-03-02 11:00")), "moving")
    clock = find_clock(acme.system(), records[0], ANSWER)
    assert (clock.state, clock.pause_reason) == ("paused", COMPANY_CLOSED)
    assert find_clock(zenith.system(), records[1], ANSWER).state == "running"
    reopen_company(acme.system(moment("2026-03-03 11:00")))
    clock = find_clock(acme.system(), records[0], ANSWER)
    assert clock.state == "running"
    assert clock.due_at == due + dt.timedelta(days=1)


def test_its_deliveries_and_jobs_are_held_and_then_done(probe, acme, zenith):
    from probe.services import make_item

    make_item(acme.system(), "A1", text="1")
    worker = Worker(probe.engine, probe.registry, "first", clock=lambda: START)
    close_company(acme.system(), "moving")
    assert worker.deliver_due() == 0
    worker.run_jobs()
    with system_session(probe.engine, "test") as session:
        assert set(session.scalars(sa.select(JobRun.company_id))) == {zenith.id}
    reopen_company(acme.system())
    assert worker.deliver_due() == 1
    with system_session(probe.engine, "test") as session:
        assert session.scalars(sa.select(Delivery.state)).all() == [DONE]


def test_closing_is_the_installations_and_is_on_record(acme):
    boss = acme.ctx("core.settings.edit", "core.users.manage", roles=["administrator"])
    with pytest.raises(Forbidden):
        close_company(boss, "why")
    with pytest.raises(Invalid):
        close_company(acme.system(), "  ")
    assert acme.system().company.active is True
    close_company(acme.system().as_actor(Actor(None, "Root", is_system=True)), "unpaid")
    with pytest.raises(Conflict):
        close_company(acme.system(), "again")
    reopen_company(acme.system())
    query = sa.select(Event.name, Event.facts, Event.actor_name).where(Event.name.like("core.company_%ed"))
    events = [tuple(e) for e in acme.system().session.execute(query.order_by(Event.id))]
    assert events[-2:] == [
        ("core.company_closed", {"reason": "unpaid"}, "Root"),
        ("core.company_reopened", {}, "system"),
    ]


@pytest.fixture
def site(app, database_url, registry):
    """The application, an administrator of the installation, and a company with one person."""
    installation = Installation(database_url, registry)
    site = Site(app, installation)
    site.account("root@example.test", "Root", installation_admin=True)
    site.person("li@acme.test", "agent")
    yield site
    installation.close()


def test_who_works_there_is_answered_clearly_and_nobody_else_learns_of_it(site):
    site.account("stranger@example.test")
    li, root = site.signed_in("li@acme.test"), site.signed_in("root@example.test")
    assert li.get("/c/acme/").status_code == 200
    page = words_of(root.get("/installation/companies/acme/close").text)
    assert "1 person can no longer enter." in page
    assert root.post("/installation/companies/acme/close", {"reason": ""}).status_code == 422
    assert li.get("/c/acme/").status_code == 200
    assert root.post("/installation/companies/acme/close", {"reason": "moving"}).status_code == 302
    answer = li.get("/c/acme/people")
    assert answer.status_code == 403
    assert "This company is closed Acme is closed. Its data is kept" in words_of(answer.text)
    told = li.get("/c/acme/", headers={"Accept": "application/json"})
    assert (told.status_code, told.get_json()["code"]) == (403, "company_closed")
    assert "Acme is closed." in words_of(li.get("/companies").text)
    assert site.signed_in("stranger@example.test").get("/c/acme/").status_code == 404
    root.post("/installation/companies/acme/reopen", page="/installation/companies/acme")
    assert li.get("/c/acme/").status_code == 200
    with open_session(site.installation.engine) as session:
        assert session.scalar(sa.select(Company.active)) is True


def test_the_installation_renames_a_company_and_its_code_stays(site):
    root = site.signed_in("root@example.test")
    data = {"name": "Acme Service", "locale": "zh", "timezone": "Asia/Tokyo", "currency": "jpy"}
    address = "/installation/companies/acme"
    assert root.post(address, data).status_code == 409, "nobody knows what was seen when this was filled in"
    seen = html.unescape(re.search(r'name="was"[^>]*value="([^"]*)"', root.get(address).text)[1])
    assert root.post(address, {**data, "was": seen}).status_code == 302
    row = site.office().system().company
    assert (row.code, row.name, row.timezone, row.currency) == ("acme", "Acme Service", "Asia/Tokyo", "JPY")
    bad = root.post("/installation/companies/acme", {**data, "currency": "yen!"})
    assert bad.status_code == 422
