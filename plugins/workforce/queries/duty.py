"""Reading rosters: what has to be covered, who is there, where the gaps are, who was on duty at a moment."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, NotFound, _, calendar, calendar_names, get_setting, ref_of
from plugins.base.contracts import DutyPlan, DutySpan
from plugins.workforce.contracts import WEEKDAY_WORDS, OnDuty, Wanted
from plugins.workforce.models import CallIn, Leave, PatternLine, PoolMember, Roster, Shift, Swap
from plugins.workforce.queries.leave import kind_words, leave_of
from plugins.workforce.queries.people import NOBODY, names_of
from plugins.workforce.queries.skills import certificates_of, kept_of, tree
from plugins.workforce.rules.duty import (
    Gap,
    Span,
    clock_of,
    daily,
    days_of,
    gaps_of,
    instant,
    joined,
    within,
    without,
)
from plugins.workforce.rules.skills import judge

_DAY = dt.timedelta(days=1)


# --- one record -----------------------------------------------------------------------------------------------------


def get_roster(ctx: Ctx, roster_id: int, *, lock: bool = False) -> Roster:
    """One roster. Raises NotFound."""
    row = ctx.session.get(Roster, roster_id, with_for_update=lock or None)
    if row is None:
        raise NotFound("unknown_roster", _("There is no such roster, or it is not meant for you."))
    return row


def get_shift(ctx: Ctx, shift_id: int, *, lock: bool = False) -> Shift:
    """One shift of a roster within reach. Raises NotFound."""
    row = ctx.session.get(Shift, shift_id, with_for_update=lock or None)
    if row is None or ctx.session.get(Roster, row.roster_id) is None:
        raise NotFound("unknown_shift", _("There is no such shift, or it is not meant for you."))
    return row


def get_swap(ctx: Ctx, swap_id: int, *, lock: bool = False) -> Swap:
    """One swap. Raises NotFound."""
    row = ctx.session.get(Swap, swap_id, with_for_update=lock or None)
    if row is None:
        raise NotFound("unknown_swap", _("There is no such request."))
    return row


def get_pool_member(ctx: Ctx, member_id: int) -> PoolMember:
    """Somebody of the backup pool. Raises NotFound."""
    row = ctx.session.get(PoolMember, member_id)
    if row is None:
        raise NotFound("unknown_pool_member", _("There is nobody like this in the pool."))
    return row


# --- shifts ---------------------------------------------------------------------------------------------------------


def _touching(start: dt.datetime, end: dt.datetime) -> Any:
    return sa.and_(Shift.state == "planned", Shift.starts_at < end, Shift.ends_at > start)


def shifts_in(ctx: Ctx, roster_ids: Iterable[int], start: dt.datetime, end: dt.datetime) -> list[Shift]:
    """The planned shifts of rosters that touch a time, in order; one statement."""
    query = sa.select(Shift).where(Shift.roster_id.in_(sorted(set(roster_ids)) or NOBODY), _touching(start, end))
    return list(ctx.session.scalars(query.order_by(Shift.starts_at, Shift.id)))


def shifts_of(ctx: Ctx, user_ids: Iterable[int], start: dt.datetime, end: dt.datetime) -> list[Shift]:
    """The planned shifts of people that touch a time, on any roster, in order; one statement."""
    wanted = sorted(set(user_ids)) or NOBODY
    query = sa.select(Shift).options(orm.joinedload(Shift.roster)).where(Shift.user_id.in_(wanted))
    return list(ctx.session.scalars(query.where(_touching(start, end)).order_by(Shift.starts_at, Shift.id)))


def lines_of(ctx: Ctx, roster_id: int) -> list[PatternLine]:
    """The pattern of a roster, in the order of its weeks."""
    query = sa.select(PatternLine).where(PatternLine.roster_id == roster_id)
    order = (PatternLine.week, PatternLine.weekday, PatternLine.begins, PatternLine.id)
    return list(ctx.session.scalars(query.order_by(*order)))


def swaps_of(ctx: Ctx, shift_id: int) -> list[Swap]:
    """The requests to take a shift over, the newest first."""
    query = sa.select(Swap).where(Swap.shift_id == shift_id)
    return list(ctx.session.scalars(query.order_by(Swap.id.desc())))


def swaps_asked_of(ctx: Ctx, user_id: int) -> list[tuple[Swap, Shift]]:
    """What colleagues ask a person to take over, with the shift."""
    query = sa.select(Swap, Shift).join(Shift, Shift.id == Swap.shift_id).options(orm.joinedload(Shift.roster))
    query = query.where(Swap.to_id == user_id, Swap.state == "asked", Shift.ends_at > ctx.now)
    return [(row[0], row[1]) for row in ctx.session.execute(query.order_by(Shift.starts_at, Swap.id))]


def calls_of(ctx: Ctx, *, member_id: int | None = None, roster_id: int | None = None, limit: int = 20) -> list[CallIn]:
    """Calls to the pool, the newest first."""
    query = sa.select(CallIn).options(orm.joinedload(CallIn.member), orm.joinedload(CallIn.roster))
    if member_id is not None:
        query = query.where(CallIn.member_id == member_id)
    if roster_id is not None:
        query = query.where(CallIn.roster_id == roster_id)
    return list(ctx.session.scalars(query.order_by(CallIn.called_at.desc(), CallIn.id.desc()).limit(limit)))


def pool(ctx: Ctx) -> list[tuple[PoolMember, str]]:
    """Those of the pool who can be called, with their names, by name."""
    rows = list(ctx.session.scalars(sa.select(PoolMember).where(PoolMember.active.is_(True))))
    names = names_of(ctx, [row.assignee_id for row in rows])
    return sorted(((row, names.get(row.assignee_id or 0, "")) for row in rows), key=lambda pair: pair[1])


# --- what has to be covered -----------------------------------------------------------------------------------------


def windows(ctx: Ctx, roster: Roster, start: dt.datetime, end: dt.datetime) -> list[Span]:
    """When a roster has to be covered between two moments."""
    first = max(start.astimezone(ctx.tz).date() - _DAY, roster.valid_from)
    last = min(end.astimezone(ctx.tz).date() + _DAY, roster.valid_until or dt.date.max)
    if last < first:
        return []
    if roster.covers == "daily":
        spans = daily(first, last, roster.begins, roster.ends, ctx.tz)
    else:
        open_ = calendar(ctx, roster.calendar)
        spans = joined(span for day in days_of(first, last) for span in open_.opening_spans(day))
        limits = [(instant(first, 0, ctx.tz), instant(last + _DAY, 0, ctx.tz))]
        spans = [piece for a, b in limits for piece in within(spans, a, b)]
    return within(spans, start, end)


def hours_words(roster: Roster, calendars: Mapping[str, str]) -> str:
    """The hours of a roster: ``09:00–22:00 every day``, ``round the clock``, the name of its calendar."""
    if roster.covers == "calendar":
        return calendars.get(roster.calendar, roster.calendar)
    if roster.begins == roster.ends:
        return _("Round the clock")
    return _("{begins}–{ends} every day", begins=clock_of(roster.begins), ends=clock_of(roster.ends))


def calendar_words(ctx: Ctx) -> dict[str, str]:
    """Code → name of the company's working calendars."""
    return dict(calendar_names(ctx))


# --- who is there ---------------------------------------------------------------------------------------------------


@dataclass
class Planned:
    """A shift with what stands in its way: its person is on leave, or lacks what the roster asks for."""

    shift: Shift
    name: str
    problems: list[str] = field(default_factory=list)
    there: list[Span] = field(default_factory=list)
    """When its person is there: nothing for one who lacks what is asked for, without leave for the others."""


@dataclass
class Duty:
    """A roster between two moments: who is planned, when it has to be covered, where nobody is."""

    roster: Roster
    windows: list[Span]
    planned: list[Planned]
    gaps: list[Gap]

    @property
    def problems(self) -> list[Planned]:
        """The shifts that something stands in the way of."""
        return [planned for planned in self.planned if planned.problems]


def duty_of(
    ctx: Ctx, rosters: Sequence[Roster], start: dt.datetime, end: dt.datetime, *, named: bool = True
) -> dict[int, Duty]:
    """Roster → how it is covered between two moments: as many statements for all as for one.

    Who is on leave or lacks what the roster asks for does not cover it, and is named (unless only gaps are wanted).
    """
    shifts = shifts_in(ctx, [r.id for r in rosters], start, end)
    everybody = {s.user_id for s in shifts}
    away = leave_of(ctx, everybody, start, end)
    names = names_of(ctx, everybody) if named else {}
    lacking = _lacking(ctx, rosters, shifts)
    found = {}
    for roster in rosters:
        own = [s for s in shifts if s.roster_id == roster.id]
        there: dict[int, list[Span]] = defaultdict(list)
        planned = []
        for shift in own:
            row = Planned(shift, names.get(shift.user_id, ""))
            leave = [a for a in away.get(shift.user_id, ()) if _meet(a, shift)]
            row.problems += [_on_leave(ctx, a) for a in leave]
            if shift.id in lacking:
                row.problems.append(lacking[shift.id])
            else:
                row.there = without([(shift.starts_at, shift.ends_at)], [(a.starts_at, a.ends_at) for a in leave])
                there[shift.user_id] += row.there
            planned.append(row)
        spans = windows(ctx, roster, start, end)
        found[roster.id] = Duty(roster, spans, planned, gaps_of(spans, there, roster.needed))
    return found


def _meet(leave: Leave, shift: Shift) -> bool:
    return leave.starts_at < shift.ends_at and leave.ends_at > shift.starts_at


def _on_leave(ctx: Ctx, leave: Leave) -> str:
    return _("On leave: {kind}", kind=kind_words(ctx, leave.kind))


def _lacking(ctx: Ctx, rosters: Sequence[Roster], shifts: Sequence[Shift]) -> dict[int, str]:
    """Shift → what its person lacks of what the roster asks for, on the day on which it begins."""
    asked = {r.id: r.skill_id for r in rosters if r.skill_id is not None}
    concerned = [s for s in shifts if s.roster_id in asked]
    if not asked:
        return {}
    known = tree(ctx).known
    held = certificates_of(ctx, {s.user_id for s in concerned})
    found = {}
    for shift in concerned:
        skill = known[asked[shift.roster_id] or 0]
        day = shift.starts_at.astimezone(ctx.tz).date()
        kept = [kept_of(row) for row in held.get(shift.user_id, ())]
        if not judge([Wanted(skill.code)], known, kept, day).enough:
            found[shift.id] = _("Lacks “{name}” on that day", name=skill.name)
    return found


def active_rosters(ctx: Ctx) -> list[Roster]:
    """The rosters that have to be covered today or later, by name."""
    query = sa.select(Roster).where(
        Roster.active.is_(True), sa.or_(Roster.valid_until.is_(None), Roster.valid_until >= ctx.today)
    )
    return list(ctx.session.scalars(query.order_by(Roster.name, Roster.id)))


def ahead(ctx: Ctx) -> list[tuple[Roster, Gap]]:
    """The gaps of all rosters from now on, as far as the setting looks ahead, the nearest first; read once per Ctx."""
    if "workforce gaps" not in ctx.memo:
        days = int(get_setting(ctx, "workforce.gap_days"))
        found = duty_of(ctx, active_rosters(ctx), ctx.now, ctx.now + days * _DAY, named=False).values()
        gaps = [(duty.roster, gap) for duty in found for gap in duty.gaps]
        ctx.memo["workforce gaps"] = sorted(gaps, key=lambda pair: (pair[1].starts_at, pair[0].id))
    return ctx.memo["workforce gaps"]


def on_duty(ctx: Ctx, when: dt.datetime, roster_ids: Iterable[int] | None = None) -> list[OnDuty]:
    """Who has duty at a moment, by plan: whoever is on leave then is left out. Of all rosters, or of these."""
    query = sa.select(Shift).join(Roster, Roster.id == Shift.roster_id).options(orm.joinedload(Shift.roster))
    query = query.where(Shift.state == "planned", Shift.starts_at <= when, Shift.ends_at > when)
    if roster_ids is not None:
        query = query.where(Shift.roster_id.in_(sorted(set(roster_ids))))
    rows = list(ctx.session.scalars(query.order_by(Roster.name, Shift.starts_at, Shift.id)))
    away = leave_of(ctx, [row.user_id for row in rows], when, when + dt.timedelta(microseconds=1))
    names = names_of(ctx, [row.user_id for row in rows])
    return [
        OnDuty(
            row.roster_id, row.roster.name, row.roster.phone, row.user_id, names.get(row.user_id, ""),
            row.starts_at, row.ends_at,
        )
        for row in rows
        if row.user_id not in away
    ]


def duty_and_leave(
    ctx: Ctx, user_ids: Iterable[int], code: str, start: dt.datetime, end: dt.datetime
) -> tuple[dict[int, list[Span]] | None, dict[int, list[Span]]]:
    """Person → duty on the roster of that code between two moments, and person → leave; no duty at all (None) where no
    roster has that code. Three statements, however many people there are.
    """
    wanted = sorted(set(user_ids))
    leave = {user: [(a.starts_at, a.ends_at) for a in rows] for user, rows in leave_of(ctx, wanted, start, end).items()}
    roster = ctx.session.scalar(sa.select(Roster).where(Roster.code == code)) if code else None
    if roster is None:
        return None, leave
    duty: dict[int, list[Span]] = defaultdict(list)
    for shift in shifts_in(ctx, [roster.id], start, end):
        duty[shift.user_id].append((shift.starts_at, shift.ends_at))
    return dict(duty), leave


# --- in words -------------------------------------------------------------------------------------------------------


def weekday(day: dt.date) -> str:
    """Monday to Sunday."""
    return _(WEEKDAY_WORDS[day.weekday()])


def weekday_named(number: int) -> str:
    """The name of a weekday, 0 is Monday."""
    return _(WEEKDAY_WORDS[number])


def span_words(ctx: Ctx, starts_at: dt.datetime, ends_at: dt.datetime, *, day: bool = True) -> str:
    """``Wednesday 11-25 02:00–06:00``; without ``day`` the times alone. An end at midnight is 24:00."""
    begins, ends = starts_at.astimezone(ctx.tz), ends_at.astimezone(ctx.tz)
    same = ends.date() == begins.date() or (ends.time() == dt.time() and ends.date() == begins.date() + _DAY)
    until = "24:00" if ends.time() == dt.time() else f"{ends:%H:%M}"
    if not same and ends - begins <= _DAY:
        times = _("{begins}–{ends} the next day", begins=f"{begins:%H:%M}", ends=until)
        return f"{weekday(begins.date())} {begins:%m-%d} {times}" if day else times
    if not same:
        last = ends.date() - (_DAY if ends.time() == dt.time() else dt.timedelta())
        until = f"{weekday(last)} {last:%m-%d} {until}"
    times = f"{begins:%H:%M}–{until}" if same else f"{begins:%H:%M} – {until}"
    return f"{weekday(begins.date())} {begins:%m-%d} {times}" if day else times


def plain_span(ctx: Ctx, starts_at: dt.datetime, ends_at: dt.datetime) -> str:
    """``2026-11-25 02:00–06:00``, the same in every language: for what is kept and read later."""
    begins, ends = starts_at.astimezone(ctx.tz), ends_at.astimezone(ctx.tz)
    until = f"{ends:%H:%M}" if ends.date() == begins.date() else f"{ends:%m-%d %H:%M}"
    return f"{begins:%Y-%m-%d %H:%M}–{until}"


def gap_words(ctx: Ctx, gap: Gap, needed: int) -> str:
    """``Wednesday 11-25 02:00–06:00: nobody on duty``, or how many there are and are needed."""
    when = span_words(ctx, gap.starts_at, gap.ends_at)
    if not gap.have:
        return _("{when}: nobody on duty", when=when)
    return _("{when}: {have} on duty, {needed} needed", when=when, have=gap.have, needed=needed)



def plans(ctx: Ctx, begins: dt.datetime, ends: dt.datetime, code: str = "") -> list[DutyPlan]:
    """How rosters are covered between two moments, for other modules: the one of a code, or all in use."""
    if code:
        rosters = list(ctx.session.scalars(sa.select(Roster).where(Roster.code == code)))
    else:
        rosters = active_rosters(ctx)
    calendars = calendar_words(ctx)
    found = duty_of(ctx, rosters, begins, ends)
    return [
        DutyPlan(
            ref_of(ctx, roster),
            roster.code,
            roster.name,
            roster.phone,
            hours_words(roster, calendars),
            roster.assignee_id,
            tuple(DutySpan(*span) for span in found[roster.id].windows),
            tuple(DutySpan(*span, p.shift.user_id, p.name) for p in found[roster.id].planned for span in p.there),
            tuple(
                DutySpan(p.shift.starts_at, p.shift.ends_at, p.shift.user_id, p.name, _("; ").join(p.problems))
                for p in found[roster.id].planned
            ),
            tuple(DutySpan(gap.starts_at, gap.ends_at) for gap in found[roster.id].gaps),
        )
        for roster in rosters
    ]


def count_responsible(ctx: Ctx, user_id: int) -> int:
    """How many rosters in use a person answers for."""
    query = sa.select(sa.func.count()).select_from(Roster)
    return ctx.session.scalar(query.where(Roster.assignee_id == user_id, Roster.active.is_(True))) or 0


def count_of_unit(ctx: Ctx, unit_id: int) -> int:
    """How many rosters in use an organisation unit has."""
    query = sa.select(sa.func.count()).select_from(Roster)
    return ctx.session.scalar(query.where(Roster.unit_id == unit_id, Roster.active.is_(True))) or 0
