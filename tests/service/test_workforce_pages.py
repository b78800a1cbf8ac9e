"""Pages of people and duty: planning, filling a gap, swapping, leave that waits, attendance, what is refused."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from core.api import use_locale
from core.decisions.parsing import to_data
from core.decisions.store import publish, save_draft
from plugins.workforce.contracts import LineData, RosterData, SessionData, TrainingData
from plugins.workforce.models import Attendance, CallIn, Certificate, Leave, PoolMember, Shift
from plugins.workforce.queries import skills as queries
from plugins.workforce.services import rosters, training
from tests.support.accounts import Site
from tests.support.workforce_site import codes, furnish, ids

pytestmark = pytest.mark.one_database

NOW = dt.datetime.now(dt.UTC)
TODAY = NOW.astimezone(ZoneInfo("Asia/Shanghai")).date()
TOMORROW = TODAY + dt.timedelta(days=1)
HERE = "/c/acme/workforce"


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def site(databases, database_kind, application):
    with databases.furnished(database_kind, furnished) as installation, application.on(installation.url) as app:
        yield Site(app, installation, {"acme": installation.office("acme")})


def furnished(installation):
    furnish(installation)
    office = installation.office("acme")
    made = Site(None, installation, {"acme": office})
    for name, role in (("chief", "manager"), ("tech", "technician"), ("mate", "technician")):
        made.person(f"{name}@acme.example", role, name=name.title())
    ctx = office.system(NOW)
    data = RosterData("standby", "Standby", TODAY - dt.timedelta(days=7), phone="139")
    rosters.save_roster(ctx, data)
    rosters.add_line(ctx, 1, LineData(1, TOMORROW.weekday(), 0, 0, ids(office)["tech"]))


def rows(site, model) -> list:
    return list(site.office().system(NOW).session.scalars(sa.select(model).order_by(model.id)))


def test_a_gap_of_the_week_leads_to_a_form_that_fills_it(site):
    chief, who = site.signed_in("chief@acme.example"), ids(site.office())
    week = f"{HERE}/rosters/1?week={TOMORROW.isoformat()}"
    page = chief.get(week).text
    assert "00:00–24:00: nobody on duty" in page
    assert f"day={TOMORROW.isoformat()}&amp;begins=00:00&amp;ends=00:00#add" in page
    shift = {"user_id": who["tech"], "day": TOMORROW.isoformat(), "begins": "00:00", "ends": "12:00"}
    assert chief.post(f"{HERE}/rosters/1/shifts", data=shift).status_code == 302
    assert "12:00–24:00: nobody on duty" in chief.get(week).text
    again = chief.post(f"{HERE}/rosters/1/shifts", data={**shift, "note": "Typed before"})
    assert again.status_code == 409
    assert "is planned there already" in again.text
    assert 'value="Typed before"' in again.text
    assert len(rows(site, Shift)) == 1


def test_planning_by_the_pattern_tells_what_it_did(site):
    chief = site.signed_in("chief@acme.example")
    days = {"first": TODAY.isoformat(), "last": (TODAY + dt.timedelta(days=13)).isoformat()}
    answer = chief.post(f"{HERE}/rosters/1/plan", data=days, follow_redirects=True)
    assert "2 shifts planned" in answer.text
    again = chief.post(f"{HERE}/rosters/1/plan", data=days, follow_redirects=True)
    assert "planned or cancelled before: 2" in again.text
    assert chief.post(f"{HERE}/rosters/1/plan", data={"first": "", "last": "x"}).status_code == 422


def test_a_technician_swaps_on_the_shift_s_page_and_may_not_plan(site):
    who = ids(site.office())
    tech, mate = site.signed_in("tech@acme.example"), site.signed_in("mate@acme.example")
    rosters.add_shift(site.office().system(NOW), 1, who["tech"], TOMORROW, 0, 0)
    assert tech.post(f"{HERE}/rosters/1/shifts", data={}).status_code == 403
    asked = {"to_id": who["mate"], "return_id": "0", "reason": "Doctor"}
    assert tech.post(f"{HERE}/shifts/1/swap", data=asked).status_code == 302
    assert "asks you to take over duty" in mate.get("/c/acme/").text
    assert "Take it over" in mate.get(f"{HERE}/shifts/1").text
    mate.post(f"{HERE}/shifts/1/swaps/1/agree")
    assert [s.user_id for s in rows(site, Shift)] == [who["mate"]]
    late = tech.post(f"{HERE}/shifts/1/swap", data={**asked, "to_id": who["li"]})
    assert late.status_code == 403


def test_leave_is_entered_in_a_form_and_counts_where_no_rule_asks_for_more(site):
    who = ids(site.office())
    tech = site.signed_in("tech@acme.example")
    asked = {
        "user_id": who["tech"], "kind": "sick", "first": TOMORROW.isoformat(), "last": TOMORROW.isoformat(),
        "part": "hours", "begins": "09:00", "ends": "11:30",
    }  # fmt: skip
    assert tech.post(f"{HERE}/leave/new", data={**asked, "ends": "08:00"}).status_code == 422
    assert tech.post(f"{HERE}/leave/new", data={**asked, "user_id": who["mate"]}).status_code == 422
    assert tech.post(f"{HERE}/leave/new", data=asked).status_code == 302
    (row,) = rows(site, Leave)
    assert (row.state, row.ends_at - row.starts_at) == ("agreed", dt.timedelta(hours=2, minutes=30))
    refused = tech.post(f"{HERE}/leave/{row.id}/withdraw", data={"version": row.version, "reason": ""})
    assert refused.status_code == 422
    tech.post(f"{HERE}/leave/{row.id}/withdraw", data={"version": row.version, "reason": "Well again"})
    assert rows(site, Leave)[0].state == "withdrawn"


def test_somebody_of_the_pool_is_called_and_who_has_the_phone_is_shown(site):
    chief, who = site.signed_in("chief@acme.example"), ids(site.office())
    chief.post(f"{HERE}/pool/new", data={"user_id": who["worker"], "phone": "138", "note": "Welder", "active": "y"})
    (member,) = rows(site, PoolMember)
    call = {
        "roster_id": "1", "day": TODAY.isoformat(), "begins": "00:00", "ends": "00:00", "reason": "Harvest",
        "outcome": "comes",
    }  # fmt: skip
    assert chief.post(f"{HERE}/pool/{member.id}/call", data={**call, "reason": ""}).status_code == 422
    assert chief.post(f"{HERE}/pool/{member.id}/call", data=call).status_code == 302
    assert [c.outcome for c in rows(site, CallIn)] == ["comes"]
    page = chief.get(f"{HERE}/duty").text
    assert "Gao Feng" in page
    assert "139" in page
    before = f"{TODAY - dt.timedelta(days=3)}T12:00"
    assert "Nobody is on duty at that moment" in chief.get(f"{HERE}/duty?at={before}").text


def test_attendance_is_recorded_and_a_certificate_stands_on_the_session_s_page(site):
    chief, who = site.signed_in("chief@acme.example"), ids(site.office())
    ctx = site.office().system(NOW - dt.timedelta(days=2))
    row = training.save_training(ctx, TrainingData("Permit", TODAY, skill_id=codes(site.office())["permit"]))
    begins = NOW - dt.timedelta(days=1)
    times = SessionData(begins, begins + dt.timedelta(hours=2))
    session = training.plan_session(ctx, row.id, times, [who["tech"], who["mate"]])
    first, second = (a.id for a in rows(site, Attendance))
    found = {f"state-{first}": "present", f"result-{first}": "passed", f"state-{second}": "absent"}
    wrong = chief.post(
        f"{HERE}/sessions/{session.id}/attendance", data={**found, f"result-{second}": "passed", "version": "1"}
    )
    assert wrong.status_code == 422
    assert "Mate has a result but was not there." in wrong.text
    assert chief.post(f"{HERE}/sessions/{session.id}/attendance", data={**found, "version": "1"}).status_code == 302
    issued = [c for c in rows(site, Certificate) if c.assignee_id == who["tech"]]
    assert f"{HERE}/certificates/{issued[0].id}" in chief.get(f"{HERE}/sessions/{session.id}").text


def test_a_certificate_gets_its_usual_end_and_is_withdrawn_with_a_reason_only(site):
    chief, who, own = site.signed_in("chief@acme.example"), ids(site.office()), codes(site.office())
    entered = {
        "user_id": who["tech"], "skill_id": own["permit"], "number": "N-1", "valid_from": "2026-01-01",
    }  # fmt: skip
    assert chief.post(f"{HERE}/certificates/new", data={**entered, "number": ""}).status_code == 422
    assert chief.post(f"{HERE}/certificates/new", data=entered).status_code == 302
    (row,) = [c for c in rows(site, Certificate) if c.number == "N-1"]
    assert row.valid_until == dt.date(2027, 12, 31)
    missing = chief.post(f"{HERE}/certificates/{row.id}/revoke", data={"version": row.version, "reason": ""})
    assert missing.status_code == 422
    chief.post(f"{HERE}/certificates/{row.id}/revoke", data={"version": row.version, "reason": "Lost"})
    assert [c.state for c in rows(site, Certificate) if c.number == "N-1"] == ["revoked"]


def test_the_start_page_says_what_nobody_has_and_leads_to_recording_it(site):
    ctx = site.office().system(NOW)
    body = to_data(queries.compiled_in_force(ctx, "workforce.needs").table)
    rows = [{"when": {"kind": "installation"}, "then": {"skill": "electrician", "must": True}}]
    save_draft(ctx, "workforce.needs", {**body, "rows": rows}, reason="GS-5", effective_from=ctx.today)
    publish(ctx, "workforce.needs")
    chief, tech = site.signed_in("chief@acme.example"), site.signed_in("tech@acme.example")
    told, link = "Nobody has what work needs", f"{HERE}/certificates/new?skill={codes(site.office())['electrician']}"
    page = chief.get("/c/acme/").text
    assert told in page
    assert "until it is recorded who has: Electrician." in page
    assert link in page
    assert told not in tech.get("/c/acme/").text, "who may not record it is not troubled"
    who = str(ids(site.office())["li"])
    given = {"user_id": who, "skill_id": link.rpartition("=")[2], "valid_from": TODAY.isoformat(), "number": "E-1"}
    assert chief.post(link, data=given).status_code == 302
    assert told not in chief.get("/c/acme/").text
