"""Leave, rosters, swaps and the backup pool: what is refused, what counts as a gap, who was on duty."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from core.api import Actor, Conflict, Forbidden, Invalid, RecordRef, timeline, use_locale
from core.approvals import services as approvals
from core.approvals.models import Approval, ApprovalStep
from core.companies.services import end_membership
from core.decisions.parsing import to_data
from core.decisions.store import compiled_in_force, publish, save_draft
from core.notifications import Notification
from core.testing import counted, moment
from core.transfer import read_mapping, run_import
from plugins.workforce.contracts import CallData, LeaveData, LineData, RosterData
from plugins.workforce.importing.shifts import SHIFTS
from plugins.workforce.models import Leave, Shift, Swap
from plugins.workforce.queries import duty
from plugins.workforce.services import leave, rosters
from tests.support.workforce_site import NOW, codes, day, furnish, ids

PHONE = RosterData("hotline", "Hotline", day("2026-03-01"), begins=9 * 60, ends=22 * 60, phone="400")
ALWAYS = RosterData("standby", "Standby", day("2026-03-01"))
MONDAY = day("2026-03-02")


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def as_person(office, mailbox: str, *rights: str, now=NOW):
    who = ids(office)[mailbox]
    return office.ctx(*rights, now=now, user_id=who, name=mailbox.title())


def gaps(ctx, roster, first: str, last: str) -> list[str]:
    found = duty.duty_of(ctx, [roster], moment(f"{first} 00:00"), moment(f"{last} 00:00"))[roster.id].gaps
    return [duty.gap_words(ctx, gap, roster.needed) for gap in found]


# --- leave ----------------------------------------------------------------------------------------------------------


def test_without_a_rule_leave_counts_at_once_and_nobody_asks_for_others_without_the_right(office):
    who = ids(office)
    ctx = as_person(office, "li", "workforce.leave.ask")
    row = leave.ask_leave(ctx, LeaveData(who["li"], "annual", MONDAY, day("2026-03-03")))
    leave.agree_leave(ctx, row.id)
    assert (row.number, row.state) == ("QJ2603-001", "agreed")
    assert (row.starts_at, row.ends_at) == (moment("2026-03-02 00:00"), moment("2026-03-04 00:00"))
    with pytest.raises(Forbidden):
        leave.ask_leave(ctx, LeaveData(who["wang"], "annual", MONDAY, MONDAY))
    with pytest.raises(Conflict) as twice:
        leave.ask_leave(ctx, LeaveData(who["li"], "sick", day("2026-03-03"), day("2026-03-05"), "morning"))
    assert twice.value.message == "QJ2603-001 is in the same time: 2026-03-02 – 2026-03-03."
    for values in ({"kind": "moon"}, {"last": day("2026-02-01")}, {"part": "hours", "begins": 600, "ends": 600}):
        given = {"user_id": who["li"], "kind": "sick", "first": day("2026-04-01"), "last": day("2026-04-01")}
        with pytest.raises(Invalid):
            leave.ask_leave(ctx, LeaveData(**{**given, **values}))
    assert ctx.session.scalar(sa.select(sa.func.count()).select_from(Leave)) == 1


def needs_approval(office, days: int) -> None:
    ctx = office.system(NOW)
    name = "workforce.leave.approvals"
    body = to_data(compiled_in_force(ctx, name).table)
    rows = [
        {
            "when": {"transition": "agree", "days": {"ge": days}},
            "then": {"step": 1, "role": "manager", "scope": "company", "holders": "one"},
        }
    ]
    save_draft(ctx, name, {**body, "rows": rows}, reason="Long leave", effective_from=ctx.today)
    publish(ctx, name)


@pytest.mark.parametrize(("approves", "state"), [(True, "agreed"), (False, "refused")])
def test_where_the_table_says_so_leave_waits_for_an_approval_and_follows_its_outcome(office, approves, state):
    needs_approval(office, 3)
    who = ids(office)
    ctx = as_person(office, "li", "workforce.leave.ask")
    short = leave.ask_leave(ctx, LeaveData(who["li"], "annual", MONDAY, MONDAY))
    leave.agree_leave(ctx, short.id)
    long = leave.ask_leave(ctx, LeaveData(who["li"], "annual", day("2026-04-01"), day("2026-04-03")))
    with pytest.raises(Conflict) as asked:
        leave.agree_leave(ctx, long.id)
    assert (asked.value.code, short.state) == ("approval_asked", "agreed")
    rights = ("workforce.leave.view", "workforce.leave.plan")
    boss = office.ctx(*rights, now=NOW, user_id=who["boss"], name="Sun Wei", roles=("manager",))
    request = boss.session.scalars(sa.select(Approval)).one()
    step = boss.session.scalars(sa.select(ApprovalStep)).one()
    approvals.answer(boss, request.id, step.id, approves=approves, reason="" if approves else "Harvest")
    office.installation.worker(NOW).run_until_idle()
    row = office.system(NOW).session.get(Leave, long.id)
    assert (row.state, row.ended_reason) == (state, "" if approves else "Harvest")


# --- gaps -----------------------------------------------------------------------------------------------------------


def test_gaps_are_computed_and_a_person_on_leave_or_without_the_certificate_covers_nothing(office):
    who, own = ids(office), codes(office)
    ctx = office.system(NOW)
    roster = rosters.save_roster(ctx, RosterData("standby", "Standby", MONDAY, skill_id=own["permit"]))
    assert gaps(ctx, roster, "2026-03-02", "2026-03-03") == ["Monday 03-02 00:00–24:00: nobody on duty"]
    rosters.add_shift(ctx, roster.id, who["li"], MONDAY, 0, 2 * 60)
    rosters.add_shift(ctx, roster.id, who["chen"], MONDAY, 6 * 60, 0)
    assert gaps(ctx, roster, "2026-03-02", "2026-03-03") == ["Monday 03-02 02:00–06:00: nobody on duty"]
    with pytest.raises(Conflict) as lacking:
        rosters.add_shift(ctx, roster.id, who["wang"], MONDAY, 2 * 60, 6 * 60)
    assert lacking.value.message == "Wang Zhi: “Service permit” expired on 2026-02-28"
    data = LeaveData(who["chen"], "sick", MONDAY, MONDAY, "hours", 20 * 60, 22 * 60)
    leave.agree_leave(ctx, leave.ask_leave(ctx, data).id)
    assert gaps(ctx, roster, "2026-03-02", "2026-03-03") == [
        "Monday 03-02 02:00–06:00: nobody on duty",
        "Monday 03-02 20:00–22:00: nobody on duty",
    ]
    found = duty.duty_of(ctx, [roster], moment("2026-03-02 00:00"), moment("2026-03-03 00:00"))[roster.id]
    assert [(p.name, p.problems) for p in found.problems] == [("Chen Mei", ["On leave: Sick leave"])]
    told = ctx.session.scalars(sa.select(Notification.user_id)).all()
    assert told == [who["boss"]]
    from plugins.workforce.models import Certificate
    from plugins.workforce.services.skills import revoke_certificate

    row = ctx.session.scalars(sa.select(Certificate).where(Certificate.number == "P-1")).one()
    revoke_certificate(ctx, row.id, "Lost it")
    assert gaps(ctx, roster, "2026-03-02", "2026-03-03")[0] == "Monday 03-02 00:00–06:00: nobody on duty"


def test_a_calendar_s_hours_are_covered_and_its_holidays_are_not(office):
    ctx = office.system(NOW)
    data = RosterData("desk", "Desk", day("2026-01-01"), covers="calendar", calendar="office")
    roster = rosters.save_roster(ctx, data)
    assert gaps(ctx, roster, "2026-02-16", "2026-02-17") == [], "spring festival"
    assert len(gaps(ctx, roster, "2026-03-02", "2026-03-03")) >= 1
    assert gaps(ctx, roster, "2026-03-07", "2026-03-09") == [], "a weekend"


def test_the_look_ahead_takes_as_many_statements_for_many_rosters_as_for_one(office):
    ctx = office.system(NOW)
    rosters.save_roster(ctx, PHONE)
    with counted(office.installation.engine) as one:
        duty.ahead(office.system(NOW))
    for number in range(4):
        rosters.save_roster(ctx, RosterData(f"r{number}", f"R{number}", MONDAY))
    with counted(office.installation.engine) as many:
        found = duty.ahead(office.system(NOW))
    assert len(one) == len(many)
    assert len(found) == 4 + 7


# --- planning -------------------------------------------------------------------------------------------------------


def test_a_pattern_is_repeated_week_by_week_never_twice_and_leaves_out_who_is_away(office):
    who = ids(office)
    ctx = office.system(NOW)
    roster = rosters.save_roster(ctx, RosterData("hotline", "Hotline", MONDAY, begins=540, ends=1320, cycle_weeks=2))
    for week, mailbox in ((1, "li"), (2, "wang")):
        for weekday in range(5):
            rosters.add_line(ctx, roster.id, LineData(week, weekday, 540, 1320, who[mailbox]))
    leave.agree_leave(ctx, leave.ask_leave(ctx, LeaveData(who["li"], "annual", MONDAY, MONDAY)).id)
    done = rosters.plan_by_pattern(ctx, roster.id, MONDAY, day("2026-03-15"))
    assert (done.added, done.away, done.there) == (9, 1, 0)
    first = ctx.session.scalars(sa.select(Shift).order_by(Shift.starts_at)).first()
    rosters.cancel_shift(ctx, first.id, "Not needed")
    again = rosters.plan_by_pattern(ctx, roster.id, MONDAY, day("2026-03-15"))
    assert (again.added, again.away, again.there) == (0, 1, 9)
    by_person = dict(ctx.session.execute(sa.select(Shift.user_id, sa.func.count()).group_by(Shift.user_id)).all())
    assert by_person == {who["li"]: 4, who["wang"]: 5}
    with pytest.raises(Invalid):
        rosters.add_line(ctx, roster.id, LineData(3, 0, 540, 1320, who["li"]))


def test_nobody_is_planned_twice_at_once_or_while_on_leave(office):
    who = ids(office)
    ctx = office.system(NOW)
    roster = rosters.save_roster(ctx, ALWAYS)
    rosters.add_shift(ctx, roster.id, who["li"], MONDAY, 22 * 60, 6 * 60)
    with pytest.raises(Conflict) as busy:
        rosters.add_shift(ctx, roster.id, who["li"], day("2026-03-03"), 5 * 60, 8 * 60)
    assert busy.value.message == "Li Hai is planned there already: Monday 03-02 22:00–06:00 the next day."
    leave.agree_leave(ctx, leave.ask_leave(ctx, LeaveData(who["wang"], "annual", MONDAY, MONDAY)).id)
    with pytest.raises(Conflict) as away:
        rosters.add_shift(ctx, roster.id, who["wang"], MONDAY, 0, 60)
    assert away.value.message == "Wang Zhi is on leave: 2026-03-02."
    assert ctx.session.scalar(sa.select(sa.func.count()).select_from(Shift)) == 1


def test_gaps_are_told_once_and_rosters_planned_ahead_where_the_setting_says_so(office):
    from core.settings import set_setting

    who = ids(office)
    ctx = office.system(NOW)
    roster = rosters.save_roster(ctx, RosterData("hotline", "Hotline", MONDAY, begins=540, ends=1320))
    for weekday in (0, 1, 2, 3, 4, 5):
        rosters.add_line(ctx, roster.id, LineData(1, weekday, 540, 1320, who["li"]))
    set_setting(ctx, "workforce.plan_ahead_weeks", "1")
    assert [rosters.keep_rosters(office.system(NOW)) for _time in range(2)] == [1, 1]
    lines = office.system(NOW).session.execute(sa.select(Notification.user_id, Notification.facts)).all()
    assert [(line.user_id, line.facts["when"]) for line in lines] == [(who["boss"], "2026-03-08 09:00–22:00")]


# --- swaps ----------------------------------------------------------------------------------------------------------

OWN = ("workforce.roster.view", "workforce.shift.swap")


def test_a_colleague_who_agrees_takes_over_and_gives_a_shift_in_return(office):
    who = ids(office)
    ctx = office.system(NOW)
    roster = rosters.save_roster(ctx, PHONE)
    mine = rosters.add_shift(ctx, roster.id, who["li"], day("2026-03-04"), 540, 1320)
    back = rosters.add_shift(ctx, roster.id, who["wang"], day("2026-03-05"), 540, 1320)
    li, chen = (as_person(office, name, *OWN) for name in ("li", "chen"))
    with pytest.raises(Forbidden):
        rosters.ask_swap(chen, mine.id, who["wang"])
    swap = rosters.ask_swap(li, mine.id, who["wang"], "Doctor", return_id=back.id)
    wang = as_person(office, "wang", *OWN)
    assert [s.id for s, _shift in duty.swaps_asked_of(wang, who["wang"])] == [swap.id]
    with pytest.raises(Forbidden):
        rosters.answer_swap(chen, swap.id, True)
    rosters.answer_swap(wang, swap.id, True)
    fresh = office.system(NOW)
    assert [fresh.session.get(Shift, s.id).user_id for s in (mine, back)] == [who["wang"], who["li"]]
    with pytest.raises(Conflict):
        rosters.answer_swap(wang, swap.id, False)
    names = [e.name for e in timeline(fresh, RecordRef("workforce.shift", mine.id))]
    assert names == ["workforce.shift_swapped", "workforce.swap_asked", "workforce.shift_planned"]


def test_a_swap_that_has_become_impossible_is_refused_and_changes_nothing(office):
    who = ids(office)
    ctx = office.system(NOW)
    roster = rosters.save_roster(ctx, PHONE)
    mine = rosters.add_shift(ctx, roster.id, who["li"], day("2026-03-04"), 540, 1320)
    swap = rosters.ask_swap(as_person(office, "li", *OWN), mine.id, who["wang"])
    away = LeaveData(who["wang"], "sick", day("2026-03-04"), day("2026-03-04"))
    leave.agree_leave(ctx, leave.ask_leave(ctx, away).id)
    with pytest.raises(Conflict) as refused:
        rosters.answer_swap(as_person(office, "wang", *OWN), swap.id, True)
    assert refused.value.message == "Wang Zhi is on leave: 2026-03-04."
    fresh = office.system(NOW)
    assert (fresh.session.get(Swap, swap.id).state, fresh.session.get(Shift, mine.id).user_id) == ("asked", who["li"])


# --- the pool and the phone -----------------------------------------------------------------------------------------


def test_who_was_on_duty_at_a_moment_is_known_afterwards(office):
    who = ids(office)
    ctx = office.system(NOW)
    roster = rosters.save_roster(ctx, PHONE)
    rosters.add_shift(ctx, roster.id, who["li"], MONDAY, 540, 960)
    rosters.add_shift(ctx, roster.id, who["wang"], MONDAY, 960, 1320)
    later = office.system(moment("2026-06-01 09:00"))
    asked = [moment(f"2026-03-02 {time}") for time in ("08:59", "09:00", "15:59", "16:00", "21:59", "22:00")]
    found = [[one.name for one in duty.on_duty(later, when, [roster.id])] for when in asked]
    assert found == [[], ["Li Hai"], ["Li Hai"], ["Wang Zhi"], ["Wang Zhi"], []]
    assert duty.on_duty(later, asked[1])[0].phone == "400"


def test_who_comes_from_the_pool_is_planned_at_once_and_every_call_is_on_record(office):
    who = ids(office)
    ctx = office.system(NOW)
    roster = rosters.save_roster(ctx, PHONE)
    row = rosters.save_pool_member(ctx, who["worker"], "123", "Assembly")
    with pytest.raises(Invalid):
        rosters.save_pool_member(ctx, who["worker"])
    rosters.call_in(ctx, row.id, CallData(roster.id, MONDAY, 540, 1320, "unreachable", "Harvest"))
    assert gaps(ctx, roster, "2026-03-02", "2026-03-03") == ["Monday 03-02 09:00–22:00: nobody on duty"]
    rosters.call_in(ctx, row.id, CallData(roster.id, MONDAY, 540, 1320, "comes", "Harvest"))
    assert gaps(ctx, roster, "2026-03-02", "2026-03-03") == []
    assert [c.outcome for c in duty.calls_of(ctx, member_id=row.id)] == ["comes", "unreachable"]
    rosters.save_pool_member(ctx, who["worker"], active=False, member_id=row.id)
    with pytest.raises(Conflict):
        rosters.call_in(ctx, row.id, CallData(roster.id, day("2026-03-09"), 540, 1320, "comes", "Harvest"))


def test_whoever_leaves_hands_coming_shifts_over_and_a_clash_becomes_a_gap(office):
    who = ids(office)
    ctx = office.system(NOW)
    roster = rosters.save_roster(ctx, PHONE)
    rosters.add_line(ctx, roster.id, LineData(1, 0, 540, 1320, who["li"]))
    for on in ("2026-03-04", "2026-03-05"):
        rosters.add_shift(ctx, roster.id, who["li"], day(on), 540, 1320)
    rosters.add_shift(ctx, roster.id, who["wang"], day("2026-03-05"), 600, 660)
    boss = ctx.as_actor(Actor(who["boss"], "Sun Wei", is_system=True))
    with pytest.raises(Conflict):
        end_membership(boss, who["li"])
    assert end_membership(boss, who["li"], who["wang"]) == 2
    rows = ctx.session.scalars(sa.select(Shift).order_by(Shift.starts_at)).all()
    assert [(r.user_id, r.state) for r in rows] == [
        (who["wang"], "planned"), (who["li"], "cancelled"), (who["wang"], "planned"),
    ]  # fmt: skip
    assert [line.user_id for line in duty.lines_of(ctx, roster.id)] == [who["wang"]]


def test_shifts_are_loaded_from_a_file_once(office, tmp_path):
    ctx = office.system(NOW)
    rosters.save_roster(ctx, PHONE)
    path = tmp_path / "shifts.csv"
    path.write_text(
        "roster,person,day,begins,ends\n"
        "Hotline,Li Hai,2026-03-02,9:00,16:00\n"
        "hotline,wang@acme.example,2026-03-02,16:00,22:00\n"
        "Hotline,Li Hai,2026-03-02,10:00,11:00\n"
        "none,Li Hai,2026-03-03,9:00,16:00\n"
        "Hotline,Li Hai,2026-03-03,9,16:00\n",
        encoding="utf-8",
    )
    names = ("roster", "person", "day", "begins", "ends")
    mapping = read_mapping({"fields": {name: {"column": name} for name in names}}, SHIFTS)
    report = run_import(office.system(NOW), SHIFTS, path, mapping, only_good=True)
    assert (report.added, report.known, sorted(p.line for p in report.problems)) == (2, 0, [4, 5, 6])
    again = run_import(office.system(NOW), SHIFTS, path, mapping, only_good=True)
    assert (again.added, again.known) == (0, 2)
    assert office.system(NOW).session.scalars(sa.select(Shift.source)).all() == ["import", "import"]
    lengths = [s.ends_at - s.starts_at for s in office.system(NOW).session.scalars(sa.select(Shift).order_by(Shift.id))]
    assert lengths == [dt.timedelta(hours=7), dt.timedelta(hours=6)]
