"""People and duty, as the policies want it: trained and certified people, a roster without gaps, a backup pool."""

from __future__ import annotations

import datetime as dt

import pytest

from core.api import use_locale
from core.testing import moment
from plugins.base import queries as archive
from plugins.workforce import queries as asked
from plugins.workforce.contracts import (
    AttendedData,
    CallData,
    CertificateData,
    LineData,
    RosterData,
    SessionData,
    SkillData,
    TrainingData,
    Wanted,
)
from plugins.workforce.queries import duty
from plugins.workforce.queries import training as trainings
from plugins.workforce.services import rosters, skills, training
from tests.support.workforce_site import NOW, codes, day, furnish, ids


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases):
    with databases.furnished("sqlite", furnish) as installation:
        yield installation.office("acme")


def trained(office, mailbox: str, results: dict[str, AttendedData]):
    """A training by need, held on Friday, 6 March; answers the session."""
    who, ctx = ids(office), office.system(NOW)
    data = TrainingData(
        "Service permit", day("2026-03-31"), "Wang's permit has ended; new people", skill_id=codes(office)["permit"]
    )
    row = training.save_training(ctx, data)
    times = SessionData(moment("2026-03-06 09:00"), moment("2026-03-06 16:00"), "Hall 2", "Sun Wei")
    session = training.plan_session(ctx, row.id, times, [who[name] for name in results])
    after = office.system(moment("2026-03-06 17:00"))
    training.record_attendance(after, session.id, {who[name]: result for name, result in results.items()})
    return session


@pytest.mark.clause("GS-5")
@pytest.mark.clause("IVD-3")
def test_only_trained_and_qualified_staff_may_work_and_the_training_is_on_record(office):
    who, need = ids(office), [Wanted("permit")]
    before = asked.fit_for(office.system(NOW), [who["wang"], who["worker"]], need, NOW)
    assert [before[who[name]].may_go for name in ("wang", "worker")] == [False, False]

    session = trained(
        office, "worker", {"worker": AttendedData("present", "passed", "92"), "wang": AttendedData("present", "failed")}
    )

    monday = moment("2026-03-09 09:00")
    found = asked.fit_for(office.system(monday), [who["wang"], who["worker"]], need, monday)
    assert found[who["worker"]].words == ("Has “Service permit”, valid until 2028-03-05",)
    assert found[who["wang"]].against == ("“Service permit” expired on 2026-02-28",)
    record = trainings.record_of(office.system(monday), who["worker"])
    assert [(a.result, a.score, s.id) for a, s in record] == [("passed", "92", session.id)]

    # two years later the permit has ended, and nobody works with it any more
    end = moment("2028-03-05 23:59")
    ctx = office.system(end)
    assert asked.fit_for(ctx, [who["worker"]], need, end)[who["worker"]].may_go
    assert not asked.fit_for(ctx, [who["worker"]], need, end + dt.timedelta(minutes=1))[who["worker"]].may_go


@pytest.mark.clause("AG-5")
def test_an_agent_s_people_too_work_only_once_they_are_qualified(office):
    who, own = ids(office), codes(office)
    then = moment("2026-03-21 09:00")
    ctx = office.system(then)
    assert asked.fit_for(ctx, [who["chen"]], [Wanted("permit")], then)[who["chen"]].against == (
        "“Service permit” expired on 2026-03-20",
    )
    data = CertificateData(who["chen"], own["permit"], day("2026-03-21"), day("2028-03-20"), "P-33")
    skills.give_certificate(ctx, data)
    assert asked.fit_for(ctx, [who["chen"]], [Wanted("permit")], then)[who["chen"]].may_go


@pytest.mark.clause("SB-2")
def test_somebody_is_reachable_round_the_clock_a_gap_is_shown_and_a_production_worker_drawn_in(office):
    who, ctx = ids(office), office.system(NOW)
    roster = rosters.save_roster(ctx, RosterData("standby", "Standby", day("2026-03-02"), phone="139 0520 4000"))
    for weekday in range(7):
        rosters.add_line(ctx, roster.id, LineData(1, weekday, 8 * 60, 20 * 60, who["li"]))
        if weekday != 2:
            rosters.add_line(ctx, roster.id, LineData(1, weekday, 20 * 60, 8 * 60, who["wang"]))
    rosters.plan_by_pattern(ctx, roster.id, day("2026-03-02"), day("2026-03-15"))

    gaps = [duty.gap_words(ctx, gap, 1) for _roster, gap in duty.ahead(ctx)]
    assert gaps == ["Wednesday 03-04 20:00–08:00 the next day: nobody on duty"]

    pool = rosters.save_pool_member(ctx, who["worker"], "138 0000 0001", "Assembly, hydraulics")
    call = CallData(roster.id, day("2026-03-04"), 20 * 60, 8 * 60, "comes", "Nobody else is free")
    rosters.call_in(ctx, pool.id, call)
    fresh = office.system(NOW)
    assert duty.ahead(fresh) == []
    night = duty.on_duty(fresh, moment("2026-03-05 02:00"))
    assert [(one.name, one.phone) for one in night] == [("Gao Feng", "139 0520 4000")]


@pytest.mark.clause("GS-22")
@pytest.mark.clause("AG-19")
def test_reception_is_held_by_trained_people_only_and_what_they_say_is_the_company_s_procedure(office):
    who, ctx = ids(office), office.system(NOW)
    course = SkillData("reception", "Reception course", "certificate", valid_months=24)
    reception = skills.save_skill(ctx, course).id
    desk = RosterData("desk", "Hotline", day("2026-03-02"), begins=9 * 60, ends=18 * 60, skill_id=reception)
    roster = rosters.save_roster(ctx, desk)
    for weekday in range(5):
        rosters.add_line(ctx, roster.id, LineData(1, weekday, 9 * 60, 18 * 60, who["worker"]))
    rosters.plan_by_pattern(ctx, roster.id, day("2026-03-09"), day("2026-03-13"))
    week = moment("2026-03-09 08:00")
    planned = {day(f"2026-03-{n:02d}") for n in range(9, 14)}
    uncovered = {gap.starts_at.date() for _roster, gap in duty.ahead(office.system(week))}
    assert planned <= uncovered, "who is not trained does not count"

    row = training.save_training(ctx, TrainingData("Reception", day("2026-03-31"), "New people", skill_id=reception))
    times = SessionData(moment("2026-03-06 09:00"), moment("2026-03-06 12:00"), "Hall 1", "Sun Wei")
    session = training.plan_session(ctx, row.id, times, [who["worker"]])
    passed = {who["worker"]: AttendedData("present", "passed", "95")}
    training.record_attendance(office.system(moment("2026-03-06 13:00")), session.id, passed)

    fresh = office.system(week)
    assert {gap.starts_at.date() for _roster, gap in duty.ahead(fresh)} == uncovered - planned
    said = archive.reception_script(fresh, "complaint", "phone", known=False)
    assert said[0] == "Say the company's name and your own, and ask how you can help."


@pytest.mark.clause("INS-6")
def test_training_is_planned_by_need_for_those_whose_certificate_ends(office):
    who, ctx = ids(office), office.system(NOW)
    needing = trainings.in_need(ctx, codes(office)["permit"], day("2026-03-31"))
    assert needing == {who["wang"], who["chen"]}
    row = training.save_training(ctx, TrainingData("Refresher", day("2026-03-01"), "Permits end in March"))
    assert trainings.count_overdue(ctx) == 1
    training.save_training(ctx, TrainingData("Refresher", day("2026-03-01"), open=False), row.id)
    assert trainings.count_overdue(ctx) == 0
