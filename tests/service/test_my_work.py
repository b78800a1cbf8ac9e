"""The page "My work": who begins with which view, what counts as urgent, today's figures, what is out of order."""

from __future__ import annotations

import datetime as dt
import re
from types import SimpleNamespace

import pytest

from core.calendar_store import WorkingCalendar
from core.calendars.public_holidays import country_name
from core.contributions import Panel, WorkItem
from core.db import transaction
from core.events import PARKED, Delivery, emit, write_events
from core.i18n import use_locale
from core.testing import Installation
from core.web import home, panels
from plugins.complaints import services
from plugins.complaints.contracts import ComplaintData
from tests.support.accounts import Site, words_of

pytestmark = pytest.mark.one_database

NOW = dt.datetime.now(dt.UTC)
PEOPLE = ("administrator", "manager", "agent", "complaint_handler")


@pytest.fixture
def site(app, database_url, registry):
    installation = Installation(database_url, registry)
    made = Site(app, installation)
    made.office("acme", modules=["complaints"], locale="en", now=NOW)
    for role in PEOPLE:
        made.person(f"{role}@acme.example", role)
    yield made
    installation.close()


def page(site, role: str) -> str:
    return words_of(site.signed_in(f"{role}@acme.example").get("/c/acme/").text)


@pytest.mark.parametrize(
    ("role", "calls", "figures"), [("agent", True, False), ("manager", False, True), ("complaint_handler", False, True)]
)
def test_who_takes_calls_and_manages_nothing_begins_with_the_number_of_the_caller(site, role, calls, figures):
    shown = page(site, role)
    assert ("Number of the caller" in shown, "Overdue complaints" in shown) == (calls, figures)


def test_the_view_that_a_person_chooses_is_kept(site):
    browser = site.signed_in("agent@acme.example")
    chosen = {"name": "home", "value": "overview", "next": "/c/acme/"}
    assert browser.post("/preference", chosen, "/c/acme/").status_code == 302
    assert "Overdue complaints" in browser.get("/c/acme/").text
    assert "Overdue complaints" in site.signed_in("agent@acme.example").get("/c/acme/").text
    assert browser.post("/preference", {"name": "home", "value": "elsewhere"}, "/c/acme/").status_code == 400


@pytest.mark.parametrize(
    ("state", "minutes", "group"),
    [
        ("over", -5, "over"), ("ok", 119, "soon"), ("ok", 121, "later"), ("soon", 600, "soon"), ("paused", 5, "later"),
        ("paused", -5, "later"), ("", -5, "over"), ("", 121, "later"),
    ],
)
def test_what_stands_still_is_not_urgent_however_near_its_deadline_is(state, minutes, group):
    ctx = SimpleNamespace(now=NOW)
    item = WorkItem("Gearbox", "/x", due=NOW + dt.timedelta(minutes=minutes))
    assert home._urgency(ctx, item, state) == group  # type: ignore[arg-type]


def test_today_counts_what_came_in_since_midnight_at_the_company(site):
    ctx = site.office().system(NOW)
    midnight = dt.datetime.combine(ctx.today, dt.time(), ctx.tz).astimezone(dt.UTC)
    for moment in (midnight - dt.timedelta(seconds=1), midnight, midnight):
        services.open_complaint(
            site.office().system(NOW), ComplaintData(subject="Gearbox leaks", received_at=moment)
        )
    assert re.search(r"Complaints taken in (\d+)", page(site, "manager"))[1] == "2"


def test_a_parked_delivery_is_told_to_those_who_may_queue_it_again(site):
    ctx = site.office().system(NOW)
    with transaction(ctx):
        event = emit(ctx, "core.demo_filled")
        write_events(ctx)
        ctx.session.add(Delivery(event_id=event.id, plugin="base", handler="x", state=PARKED, due_at=NOW))
    assert "1 delivery is parked" in page(site, "administrator")
    assert "parked" not in page(site, "manager")


def test_a_complaint_without_a_department_is_told_to_those_who_may_change_the_rules(site):
    services.open_complaint(site.office().system(NOW), ComplaintData(subject="Gearbox leaks", category="quality"))
    assert "1 complaint found no department" in page(site, "manager")
    assert "found no department" not in page(site, "agent")


def test_holidays_that_nobody_knows_yet_are_told_until_the_company_has_entered_its_own(site, monkeypatch):
    years = {"holidays": [f"{NOW.year}-01-01", f"{NOW.year + 1}-01-01"]}
    monkeypatch.setattr(home, "_NEXT_YEAR_FROM", 1)
    told = re.search(r"Holidays of (\d{4}) are not sure", page(site, "administrator"))
    assert int(told[1]) in (NOW.year, NOW.year + 1), "the first year that nobody knows: this one or the next"
    assert "are not sure" not in page(site, "manager")
    ctx = site.office().system(NOW)
    with transaction(ctx):
        for row in ctx.session.query(WorkingCalendar):
            row.body = {**row.body, **years}
        emit(ctx, "core.calendar_saved", name="all")
    assert "are not sure" not in page(site, "administrator")


@pytest.mark.parametrize(("locale", "name"), [("en", "China"), ("zh", "中国")])
def test_a_country_is_called_by_its_name(locale, name):
    with use_locale(locale):
        assert country_name("CN") == name
        assert country_name("??") == "??"


def test_panels_of_plugins_stand_before_what_waits_after_it_or_beside_it(site, monkeypatch):
    def answer(ctx):
        shown = {"template": "web/used.html", "data": {}}
        return [Panel(title, where=where, order=order, **shown) for title, where, order in (
            ("Panel beside", "side", 10), ("Panel after", "main", 60), ("Panel before", "main", 10)
        )]  # fmt: skip

    hooks_of_core = site.installation.registry.core_hooks.setdefault("home_panels", {})
    monkeypatch.setitem(hooks_of_core, "test", answer)
    monkeypatch.setattr(panels, "render_template", lambda template, **_data: template)
    text = page(site, "manager")
    at = [text.index(words) for words in ("Panel before", "Waits for me", "Panel after", "Panel beside", "Today")]
    assert at == sorted(at)
