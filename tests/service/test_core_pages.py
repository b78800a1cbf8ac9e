"""The core's own pages: who may open them, what they show, what they keep when something is wrong."""

from __future__ import annotations

import re

import pytest

from core import hooks
from core.auth.services import create_user
from core.clocks import Clock
from core.companies.services import save_membership
from core.db import transaction
from core.events import PARKED, Delivery, Event, emit, write_events
from core.testing import Installation

pytestmark = pytest.mark.one_database

PASSWORD = "correct-horse-7-battery"


@pytest.fixture
def office(database_url, registry):
    installation = Installation(database_url, registry)
    office = installation.company("acme", locale="en", timezone="Asia/Shanghai")
    ctx = office.system()
    with transaction(ctx):
        account = create_user(ctx.session, "boss@acme.example", "Boss", PASSWORD, locale="en")
        save_membership(ctx, account.id, ["administrator"])
        other = create_user(ctx.session, "agent@acme.example", "Agent", PASSWORD, locale="en")
        save_membership(ctx, other.id, ["agent"])
    yield office
    installation.close()


def sign_in(client, email: str) -> None:
    page = client.get("/login").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    answer = client.post("/login", data={"email": email, "password": PASSWORD, "csrf_token": token[1] if token else ""})
    assert answer.status_code == 302


def token(client, url: str) -> str:
    page = client.get(url).get_data(as_text=True)
    return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]


PAGES = ("", "modules", "settings", "settings/calendars/office", "audit", "deliveries", "inbox", "search?q=x", "rules")


@pytest.mark.parametrize("path", PAGES)
def test_an_administrator_opens_every_page_of_the_core(office, client, path):
    sign_in(client, "boss@acme.example")
    assert client.get(f"/c/acme/{path}").status_code == 200


@pytest.mark.parametrize("path", ["modules", "settings", "settings/calendars/office", "audit", "deliveries"])
def test_an_agent_is_told_which_right_is_missing(office, client, path):
    sign_in(client, "agent@acme.example")
    answer = client.get(f"/c/acme/{path}")
    assert answer.status_code == 403
    assert "You need the right" in answer.get_data(as_text=True)


def test_a_page_that_says_what_failed_shows_the_menu_and_waits_for_no_module(office, client, monkeypatch):
    sign_in(client, "agent@acme.example")
    asked = []
    collect = hooks.collect
    monkeypatch.setattr(hooks, "collect", lambda ctx, hook, **kw: asked.append(hook) or collect(ctx, hook, **kw))
    client.get("/c/acme/inbox")
    assert "menu_counts" in asked
    asked.clear()
    for path, status in (("modules", 403), ("no-such-page", 404)):
        answer = client.get(f"/c/acme/{path}")
        assert (answer.status_code, asked) == (status, [])
        assert 'href="/c/acme/inbox"' in answer.text



def test_a_setting_out_of_bounds_is_told_at_its_field_and_nothing_is_saved(office, client):
    sign_in(client, "boss@acme.example")
    key = "base.customer.pattern"
    form = {
        "csrf_token": token(client, "/c/acme/settings"),
        f"has:{key}": "1",
        key: "K{n:04d}",
        "has:core.rules.trial_days": "1",
        "core.rules.trial_days": "many",
    }
    answer = client.post("/c/acme/settings", data=form)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "“many” is not a number" in page
    assert 'value="K{n:04d}"' in page
    assert not office.system().session.query(Event).filter_by(name="core.setting_saved").count()


def test_a_calendar_keeps_what_was_typed_and_names_every_mistake(office, client):
    sign_in(client, "boss@acme.example")
    url = "/c/acme/settings/calendars/office"
    form = {"csrf_token": token(client, url), "timezone": "Asia/Shanghai", "mon": "09:00-25:00", "holidays": "soon"}
    answer = client.post(url, data=form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="09:00-25:00"' in page
    assert "holidays[0]" in page
    assert "week.mon[0]" in page


def test_a_calendar_is_saved_from_its_form(office, client):
    sign_in(client, "boss@acme.example")
    url = "/c/acme/settings/calendars/office"
    form = {"csrf_token": token(client, url), "timezone": "Asia/Shanghai", "mon": "09:00–12:00，13:00–18:00"}
    form["record_version"] = "1"
    form |= {"workdays": "2026-10-10 09:00-12:00", "closures": "2026-11-02 10:00 / 2026-11-02 11:00"}
    assert client.post(url, data=form).status_code == 302
    from core.calendar_store import WorkingCalendar

    body = office.system().session.query(WorkingCalendar).filter_by(code="office").one().body
    assert body["week"] == {"mon": [["09:00", "12:00"], ["13:00", "18:00"]]}
    assert body["workdays"] == [{"date": "2026-10-10", "spans": [["09:00", "12:00"]]}]


def test_parked_deliveries_are_seen_and_queued_again(office, client):
    ctx = office.system()
    with transaction(ctx):
        event = emit(ctx, "core.demo_filled")
        write_events(ctx)
        ctx.session.add(
            Delivery(
                event_id=event.id,
                plugin="base",
                handler="broken",
                state=PARKED,
                attempts=8,
                due_at=ctx.now,
                error="KeyError: 'x'",
            )
        )
    sign_in(client, "boss@acme.example")
    page = client.get("/c/acme/deliveries").get_data(as_text=True)
    assert "KeyError: &#39;x&#39;" in page
    found = re.search(r"/c/acme/deliveries/(\d+)/retry", page)
    answer = client.post(found[0], data={"csrf_token": token(client, "/c/acme/deliveries")})
    assert answer.status_code == 302
    row = office.system().session.query(Delivery).one()
    assert (row.state, row.attempts) == ("queued", 0)


def test_a_preference_leads_back_to_this_site_only(office, client):
    sign_in(client, "boss@acme.example")
    form = {"csrf_token": token(client, "/c/acme/settings"), "name": "lang", "value": "zh", "next": "//evil.example/"}
    answer = client.post("/preference", data=form)
    assert answer.headers["Location"] == "/"
    assert "我的工作" in client.get("/c/acme/").get_data(as_text=True)


def test_a_stranger_to_the_company_finds_no_page_at_all(office, client):
    office.installation.company("beta")
    sign_in(client, "boss@acme.example")
    for path in PAGES:
        assert client.get(f"/c/beta/{path}").status_code == 404
    assert client.get("/c/nowhere/").status_code == 404


def test_nothing_to_sweep_is_said_to_be_late(office, client):
    sign_in(client, "boss@acme.example")
    assert office.system().session.query(Clock).count() == 0
    assert "Is the worker running" not in client.get("/c/acme/deliveries").get_data(as_text=True)
