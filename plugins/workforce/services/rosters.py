"""Rosters: what is covered, patterns, shifts, swaps, calls to the backup pool (SB-2, SWM-2.6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from core.api import (
    N_,
    Conflict,
    Ctx,
    Forbidden,
    Invalid,
    OrgUnit,
    _,
    calendar_names,
    check_version,
    emit,
    get_setting,
    notify,
    people_with_role,
    transaction,
)
from plugins.workforce.contracts import CallData, LineData, RosterData, Wanted
from plugins.workforce.models import CallIn, PatternLine, PoolMember, Roster, Shift, Swap
from plugins.workforce.models.rosters import CALL_OUTCOMES, COVERS
from plugins.workforce.queries import duty, people
from plugins.workforce.queries import skills as skill_queries
from plugins.workforce.queries.fit import fit_for
from plugins.workforce.queries.leave import leave_of, when_words
from plugins.workforce.rules.duty import DAY, Span, days_of, monday, span_of, week_of_cycle
from plugins.workforce.services.common import fitting, member, required

EDIT, PLAN, SWAP, POOL = (
    "workforce.roster.edit", "workforce.roster.plan", "workforce.shift.swap", "workforce.pool.edit",
)  # fmt: skip
LONGEST = 400
"""Over so many days a roster is planned at once."""


# --- what is covered ------------------------------------------------------------------------------------------------


def save_roster(ctx: Ctx, data: RosterData, roster_id: int | None = None, *, version: int | None = None) -> Roster:
    """Add a roster or change what it covers; shifts that are planned stay."""
    ctx.require(EDIT)
    with transaction(ctx):
        row = duty.get_roster(ctx, roster_id, lock=True) if roster_id is not None else None
        check_version(row, version)
        code = required(data.code, "code", _("Give it a code."), 40)
        name = required(data.name, "name", _("Give it a name."), 120)
        same = ctx.session.scalar(sa.select(Roster).where(Roster.code == code))
        if same is not None and same is not row:
            raise Invalid("code_taken", _("“{name}” has the code {code} already.", name=same.name, code=code), "code")
        _check(ctx, data)
        row = row or Roster(code=code)
        row.code, row.name, row.phone = code, name, fitting(data.phone, "phone", 60)
        row.covers, row.needed, row.active = data.covers, data.needed, data.active
        row.calendar = data.calendar if data.covers == "calendar" else ""
        row.begins, row.ends = (data.begins, data.ends) if data.covers == "daily" else (0, 0)
        row.unit_id, row.assignee_id, row.skill_id = data.unit_id, data.user_id, data.skill_id
        row.valid_from, row.valid_until = data.valid_from, data.valid_until
        row.cycle_weeks, row.cycle_from = data.cycle_weeks, data.cycle_from or monday(data.valid_from)
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "workforce.roster_saved", row, code=code, name=name)
        return row


def _check(ctx: Ctx, data: RosterData) -> None:
    if data.covers not in COVERS:
        raise Invalid("bad_covers", _("Choose one of the values offered."), "covers")
    if data.covers == "calendar" and data.calendar not in dict(calendar_names(ctx)):
        raise Invalid("unknown_calendar", _("Choose one of the working calendars."), "calendar")
    if not 1 <= data.needed <= 99:
        raise Invalid("bad_needed", _("A number of people from 1 to 99 is needed."), "needed")
    if not 1 <= data.cycle_weeks <= 52:
        raise Invalid("bad_cycle", _("A number of weeks from 1 to 52 is needed."), "cycle_weeks")
    if data.valid_until is not None and data.valid_until < data.valid_from:
        raise Invalid("bad_dates", _("It can't end before it begins."), "valid_until")
    if data.unit_id is not None and ctx.session.get(OrgUnit, data.unit_id) is None:
        raise Invalid("unknown_unit", _("Choose one of the organisation units."), "unit_id")
    if data.user_id is not None:
        member(ctx, data.user_id)
    if data.skill_id is not None:
        skill_queries.get_skill(ctx, data.skill_id)


# --- the pattern ----------------------------------------------------------------------------------------------------


def add_line(ctx: Ctx, roster_id: int, data: LineData) -> PatternLine:
    """Add a line to the pattern by which a roster is planned week after week."""
    ctx.require(EDIT)
    with transaction(ctx):
        roster = duty.get_roster(ctx, roster_id, lock=True)
        who = member(ctx, data.user_id)
        if not 1 <= data.week <= roster.cycle_weeks:
            words = _("The weeks of the pattern are 1 to {n}; choose one of them.", n=roster.cycle_weeks)
            raise Invalid("bad_week", words, "week")
        if not 0 <= data.weekday <= 6:
            raise Invalid("bad_weekday", _("Choose one of the values offered."), "weekday")
        same = sa.select(PatternLine.id).where(
            PatternLine.roster_id == roster.id, PatternLine.week == data.week, PatternLine.weekday == data.weekday,
            PatternLine.begins == data.begins, PatternLine.user_id == data.user_id,
        )  # fmt: skip
        if ctx.session.scalar(same) is not None:
            raise Conflict("line_there", _("This stands in the pattern already."))
        row = PatternLine(roster_id=roster.id, **vars(data))
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "workforce.pattern_changed", roster, code=roster.code, name=who.user.name)
        return row


def remove_line(ctx: Ctx, roster_id: int, line_id: int) -> None:
    """Take a line out of the pattern; shifts that were planned by it stay."""
    ctx.require(EDIT)
    with transaction(ctx):
        roster = duty.get_roster(ctx, roster_id, lock=True)
        row = next((line for line in duty.lines_of(ctx, roster.id) if line.id == line_id), None)
        if row is None:
            raise Conflict("line_gone", _("This no longer stands in the pattern."))
        name = people.name_of(ctx, row.user_id)
        ctx.session.delete(row)
        ctx.session.flush()
        emit(ctx, "workforce.pattern_changed", roster, code=roster.code, name=name)


@dataclass(frozen=True)
class Outcome:
    """What planning by a pattern did: shifts added, left out because of leave, left out because they were there."""

    added: int
    away: int
    there: int


def plan_by_pattern(ctx: Ctx, roster_id: int, first: dt.date, last: dt.date) -> Outcome:
    """Plan the days from the first to the last by the pattern. What is planned or was cancelled is left as it is.

    Who is on leave is not planned, so that the gap shows.
    """
    ctx.require(PLAN)
    if last < first or (last - first).days > LONGEST:
        raise Invalid("bad_dates", _("Choose a time of 1 to {n} days.", n=LONGEST), "last")
    with transaction(ctx):
        roster = duty.get_roster(ctx, roster_id, lock=True)
        wished = _by_pattern(ctx, roster, first, last)
        if not wished:
            return Outcome(0, 0, 0)
        start, end = min(span[0] for _user, span in wished), max(span[1] for _user, span in wished)
        busy = _all_in(ctx, roster.id, start, end)
        away = leave_of(ctx, {user_id for user_id, _span in wished}, start, end)
        new, on_leave = [], 0
        for user_id, span in wished:
            if any(s.user_id == user_id and s.starts_at < span[1] and s.ends_at > span[0] for s in busy):
                continue
            if any(row.starts_at < span[1] and row.ends_at > span[0] for row in away.get(user_id, ())):
                on_leave += 1
                continue
            new.append(_shift(ctx, roster, user_id, span, "pattern"))
        ctx.session.add_all(new)
        ctx.session.flush()
        if new:
            emit(
                ctx, "workforce.roster_planned", roster, code=roster.code, first=first.isoformat(),
                last=last.isoformat(), count=len(new),
            )
        return Outcome(len(new), on_leave, len(wished) - len(new) - on_leave)


def _by_pattern(ctx: Ctx, roster: Roster, first: dt.date, last: dt.date) -> list[tuple[int, Span]]:
    """(person, span) of what the pattern wants, of those who still work here."""
    working = dict(people.people(ctx))
    lines = [line for line in duty.lines_of(ctx, roster.id) if line.user_id in working]
    begins = max(first, roster.valid_from)
    ends = min(last, roster.valid_until or last)
    return [
        (line.user_id, span_of(day, line.begins, line.ends, ctx.tz))
        for day in days_of(begins, ends)
        for line in lines
        if line.weekday == day.weekday() and line.week == week_of_cycle(day, roster.cycle_from, roster.cycle_weeks)
    ]


def _all_in(ctx: Ctx, roster_id: int, start: dt.datetime, end: dt.datetime) -> list[Shift]:
    """Shifts in any state: what was cancelled on purpose is not planned again."""
    query = sa.select(Shift).where(Shift.roster_id == roster_id, Shift.starts_at < end, Shift.ends_at > start)
    return list(ctx.session.scalars(query))


# --- shifts ---------------------------------------------------------------------------------------------------------


def add_shift(
    ctx: Ctx, roster_id: int, user_id: int, day: dt.date, begins: int, ends: int, note: str = "", *,
    source: str = "plan",
) -> Shift:
    """Plan somebody from ``begins`` to ``ends`` (minutes after midnight; up to the next day where not later).

    Refused for whoever is planned there already, is on leave, or lacks what the roster asks for.
    """
    ctx.require(PLAN)
    with transaction(ctx):
        roster = duty.get_roster(ctx, roster_id, lock=True)
        who = member(ctx, user_id)
        if not (0 <= begins < DAY and 0 <= ends < DAY):
            raise Invalid("bad_times", _("A time is needed, like 14:30."), "begins")
        span = span_of(day, begins, ends, ctx.tz)
        _require_free(ctx, roster, user_id, who.user.name, span)
        row = _shift(ctx, roster, user_id, span, source)
        row.note = note.strip()[:2000]
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "workforce.shift_planned", row, **_facts(ctx, row, who.user.name), user_id=user_id)
        return row


def _shift(ctx: Ctx, roster: Roster, user_id: int, span: Span, source: str) -> Shift:
    return Shift(
        roster_id=roster.id, user_id=user_id, starts_at=span[0], ends_at=span[1], source=source,
        planned_by=ctx.actor.name,
    )  # fmt: skip


def _facts(ctx: Ctx, row: Shift, name: str) -> dict[str, str]:
    begins, ends = row.starts_at.astimezone(ctx.tz), row.ends_at.astimezone(ctx.tz)
    roster = duty.get_roster(ctx, row.roster_id).name
    return {"name": name, "begins": f"{begins:%Y-%m-%d %H:%M}", "ends": f"{ends:%m-%d %H:%M}", "roster": roster}


def _require_free(
    ctx: Ctx, roster: Roster, user_id: int, name: str, span: Span, *, but: Sequence[int] = ()
) -> None:
    """Raise Conflict when somebody can't have duty in a time: planned there, on leave, without what is asked for."""
    for shift in duty.shifts_of(ctx, [user_id], *span):
        if shift.roster_id == roster.id and shift.id not in but:
            when = duty.span_words(ctx, shift.starts_at, shift.ends_at)
            raise Conflict("busy", _("{name} is planned there already: {when}.", name=name, when=when), "user_id")
    away = leave_of(ctx, [user_id], *span).get(user_id)
    if away:
        raise Conflict(
            "on_leave", _("{name} is on leave: {when}.", name=name, when=when_words(ctx, away[0])), "user_id"
        )
    if roster.skill_id is not None:
        skill = skill_queries.get_skill(ctx, roster.skill_id)
        fit = fit_for(ctx, [user_id], [Wanted(skill.code)], span[0])[user_id]
        if not fit.may_go:
            raise Conflict("not_fit", f"{name}{_(': ')}{_('; ').join(fit.against)}", "user_id")


def cancel_shift(ctx: Ctx, shift_id: int, reason: str, *, version: int | None = None) -> Shift:
    """The duty falls out, with a reason; open requests to take it over end. The gap shows."""
    ctx.require(PLAN)
    with transaction(ctx):
        row = duty.get_shift(ctx, shift_id, lock=True)
        check_version(row, version)
        if row.state != "planned":
            raise Conflict("cancelled", _("It was cancelled already."))
        row.cancel_reason = required(reason, "reason", _("Give a reason."), 2000)
        row.state = "cancelled"
        _end_swaps(ctx, [row.id], row.cancel_reason)
        ctx.session.flush()
        name = people.name_of(ctx, row.user_id)
        emit(
            ctx, "workforce.shift_cancelled", row, **_facts(ctx, row, name), reason=row.cancel_reason,
            user_id=row.user_id,
        )
        if row.ends_at > ctx.now and row.user_id != ctx.actor.user_id:
            when = duty.plain_span(ctx, row.starts_at, row.ends_at)
            notify(ctx, [row.user_id], N_("Your duty {when} was cancelled: {reason}"), record=row,
                   once=f"shift {row.id} cancelled", when=when, reason=row.cancel_reason)  # fmt: skip
        return row


def _end_swaps(ctx: Ctx, shift_ids: Iterable[int], reason: str) -> None:
    ids = sorted(set(shift_ids))
    query = sa.select(Swap).where(sa.or_(Swap.shift_id.in_(ids), Swap.return_id.in_(ids)), Swap.state == "asked")
    for swap in ctx.session.scalars(query):
        swap.state, swap.answered_at, swap.answer = "withdrawn", ctx.now, reason


# --- swaps ----------------------------------------------------------------------------------------------------------


def ask_swap(
    ctx: Ctx, shift_id: int, to_id: int, reason: str = "", *, return_id: int | None = None
) -> Swap:
    """Ask a colleague to take one's shift over, perhaps for one of his or hers. Planners may ask for others."""
    ctx.require(SWAP)
    with transaction(ctx):
        row = duty.get_shift(ctx, shift_id, lock=True)
        if row.user_id != ctx.actor.user_id and not ctx.can(PLAN):
            raise Forbidden("not_yours", _("This is a colleague's duty. Planners can change it."))
        _require_ahead(ctx, row)
        taker = member(ctx, to_id, "to_id")
        if to_id == row.user_id:
            raise Invalid("same", _("Choose somebody else."), "to_id")
        if any(swap.state == "asked" for swap in duty.swaps_of(ctx, row.id)):
            raise Conflict("asked", _("Somebody has been asked already; withdraw that first."))
        back = _return_of(ctx, row, to_id, return_id)
        given = [s.id for s in (row, back) if s is not None]
        _require_taker(ctx, row, to_id, given)
        if back is not None:
            _require_taker(ctx, back, row.user_id, given)
        swap = Swap(
            shift_id=row.id, return_id=return_id, from_id=row.user_id, to_id=to_id, reason=reason.strip()[:2000],
            asked_at=ctx.now, asked_by=ctx.actor.name,
        )  # fmt: skip
        ctx.session.add(swap)
        ctx.session.flush()
        own = people.name_of(ctx, row.user_id)
        emit(ctx, "workforce.swap_asked", row, **_facts(ctx, row, own), to=taker.user.name)
        when = duty.plain_span(ctx, row.starts_at, row.ends_at)
        notify(ctx, [to_id], N_("{name} asks you to take over duty {when}"), record=row, once=f"swap {swap.id}",
               name=own, when=when)  # fmt: skip
        return swap


def _return_of(ctx: Ctx, row: Shift, to_id: int, return_id: int | None) -> Shift | None:
    if return_id is None:
        return None
    back = duty.get_shift(ctx, return_id, lock=True)
    if back.user_id != to_id or back.state != "planned" or back.starts_at <= ctx.now:
        raise Invalid("bad_return", _("Choose a coming shift of this colleague."), "return_id")
    return back


def _require_taker(ctx: Ctx, shift: Shift, user_id: int, given: Sequence[int]) -> None:
    roster = duty.get_roster(ctx, shift.roster_id)
    _require_free(ctx, roster, user_id, people.name_of(ctx, user_id), (shift.starts_at, shift.ends_at), but=given)


def answer_swap(ctx: Ctx, swap_id: int, agrees: bool, answer: str = "") -> Swap:
    """The colleague who was asked takes it over, or not; a planner may answer for him or her."""
    ctx.require(SWAP)
    with transaction(ctx):
        swap = duty.get_swap(ctx, swap_id, lock=True)
        if swap.to_id != ctx.actor.user_id and not ctx.can(PLAN):
            raise Forbidden("not_asked", _("Somebody else was asked."))
        if swap.state != "asked":
            raise Conflict("answered", _("This was answered in the meantime."))
        shifts = {i: duty.get_shift(ctx, i, lock=True) for i in sorted({swap.shift_id, swap.return_id or 0} - {0})}
        row, back = shifts[swap.shift_id], shifts.get(swap.return_id or 0)
        swap.answered_at, swap.answered_by, swap.answer = ctx.now, ctx.actor.name, answer.strip()[:2000]
        swap.state = "agreed" if agrees else "refused"
        names = people.names_of(ctx, [swap.from_id, swap.to_id])
        giver, taker = names.get(swap.from_id, ""), names.get(swap.to_id, "")
        if agrees:
            _require_ahead(ctx, row)
            given = [s.id for s in (row, back) if s is not None]
            _require_taker(ctx, row, swap.to_id, given)
            if back is not None:
                _require_ahead(ctx, back)
                _require_taker(ctx, back, swap.from_id, given)
                back.user_id = swap.from_id
            row.user_id = swap.to_id
            ctx.session.flush()
            emit(ctx, "workforce.shift_swapped", row, **_facts(ctx, row, giver), to=taker)
            if back is not None:
                emit(ctx, "workforce.shift_swapped", back, **_facts(ctx, back, taker), to=giver)
        else:
            ctx.session.flush()
            emit(ctx, "workforce.swap_refused", row, **_facts(ctx, row, giver), to=taker, reason=swap.answer)
        text = N_("{name} takes your duty over {when}") if agrees else N_("{name} can't take your duty over {when}")
        when = duty.plain_span(ctx, row.starts_at, row.ends_at)
        notify(ctx, [swap.from_id], text, record=row, once=f"swap {swap.id} answered", name=taker, when=when)
        return swap


def withdraw_swap(ctx: Ctx, swap_id: int) -> Swap:
    """Nobody need take it over any more."""
    ctx.require(SWAP)
    with transaction(ctx):
        swap = duty.get_swap(ctx, swap_id, lock=True)
        if swap.from_id != ctx.actor.user_id and not ctx.can(PLAN):
            raise Forbidden("not_yours", _("This is a colleague's duty. Planners can change it."))
        if swap.state != "asked":
            raise Conflict("answered", _("This was answered in the meantime."))
        swap.state, swap.answered_at, swap.answered_by = "withdrawn", ctx.now, ctx.actor.name
        row = duty.get_shift(ctx, swap.shift_id)
        ctx.session.flush()
        emit(ctx, "workforce.swap_withdrawn", row, **_facts(ctx, row, people.name_of(ctx, swap.from_id)))
        return swap


def _require_ahead(ctx: Ctx, row: Shift) -> None:
    if row.state != "planned" or row.starts_at <= ctx.now:
        raise Conflict("begun", _("Only a coming shift can be swapped; this one has begun or was cancelled."))


# --- the backup pool ------------------------------------------------------------------------------------------------


def save_pool_member(
    ctx: Ctx, user_id: int, phone: str = "", note: str = "", active: bool = True, *,
    member_id: int | None = None, version: int | None = None,
) -> PoolMember:
    """Put somebody of another department on the list of those who are drawn in when people are short."""
    ctx.require(POOL)
    with transaction(ctx):
        who = member(ctx, user_id)
        row = duty.get_pool_member(ctx, member_id) if member_id is not None else None
        check_version(row, version)
        same = ctx.session.scalar(sa.select(PoolMember).where(PoolMember.assignee_id == user_id))
        if same is not None and same is not row:
            raise Invalid("there", _("{name} is in the pool already.", name=who.user.name), "user_id")
        row = row or PoolMember(assignee_id=user_id, unit_id=who.unit_id)
        row.assignee_id, row.phone, row.note = user_id, fitting(phone, "phone", 60), note.strip()[:2000]
        row.active = active
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "workforce.pool_saved", row, name=who.user.name, user_id=user_id)
        return row


def call_in(ctx: Ctx, member_id: int, data: CallData) -> CallIn:
    """Record a call to somebody of the pool; who comes is planned on the roster at once."""
    ctx.require(PLAN)
    with transaction(ctx):
        row = duty.get_pool_member(ctx, member_id)
        roster = duty.get_roster(ctx, data.roster_id, lock=True)
        if not row.active:
            raise Conflict("not_in_pool", _("This person is not in the pool any more."))
        if data.outcome not in CALL_OUTCOMES:
            raise Invalid("bad_outcome", _("Choose one of the values offered."), "outcome")
        reason = required(data.reason, "reason", _("Say why somebody is drawn in."), 2000)
        span = span_of(data.day, data.begins, data.ends, ctx.tz)
        shift = None
        if data.outcome == "comes":
            shift = add_shift(
                ctx, roster.id, row.assignee_id or 0, data.day, data.begins, data.ends, reason, source="pool"
            )
        call = CallIn(
            member_id=row.id, roster_id=roster.id, shift_id=shift.id if shift else None, starts_at=span[0],
            ends_at=span[1], outcome=data.outcome, reason=reason, called_at=ctx.now, called_by=ctx.actor.name,
        )  # fmt: skip
        ctx.session.add(call)
        ctx.session.flush()
        name = people.name_of(ctx, row.assignee_id)
        event = "workforce.called_in" if shift else "workforce.called_in_vain"
        emit(ctx, event, row, name=name, roster=roster.name, when=duty.plain_span(ctx, *span), reason=reason)
        return call


# --- people who leave -----------------------------------------------------------------------------------------------


def coming_shifts(ctx: Ctx, user_id: int) -> int:
    """How many shifts a person still has ahead."""
    query = sa.select(sa.func.count()).select_from(Shift)
    query = query.where(Shift.user_id == user_id, Shift.state == "planned", Shift.ends_at > ctx.now)
    return ctx.session.scalar(query) or 0


def hand_over_shifts(ctx: Ctx, from_id: int, to_id: int) -> int:
    """Coming shifts and places in patterns of one person go to another; where that one is busy, the gap shows."""
    with transaction(ctx):
        query = sa.select(Shift).where(Shift.user_id == from_id, Shift.state == "planned", Shift.ends_at > ctx.now)
        rows = list(ctx.session.scalars(query.order_by(Shift.id).with_for_update()))
        _end_swaps(ctx, [row.id for row in rows], _("Handed over"))
        taken = duty.shifts_of(ctx, [to_id], ctx.now, max((r.ends_at for r in rows), default=ctx.now))
        names = people.names_of(ctx, [from_id, to_id])
        for row in rows:
            facts = _facts(ctx, row, names.get(from_id, ""))
            if any(t.roster_id == row.roster_id and _meet(t, row) for t in taken):
                row.state, row.cancel_reason = "cancelled", _("Handed over to somebody who has duty then")
                ctx.session.flush()
                emit(ctx, "workforce.shift_cancelled", row, **facts, reason=row.cancel_reason, user_id=from_id)
                continue
            row.user_id = to_id
            ctx.session.flush()
            emit(ctx, "workforce.shift_swapped", row, **facts, to=names.get(to_id, ""))
        return len(rows) + _hand_over_lines(ctx, from_id, to_id, names)


def _meet(one: Shift, other: Shift) -> bool:
    return one.starts_at < other.ends_at and one.ends_at > other.starts_at


def _hand_over_lines(ctx: Ctx, from_id: int, to_id: int, names: dict[int, str]) -> int:
    lines = list(ctx.session.scalars(sa.select(PatternLine).where(PatternLine.user_id == from_id)))
    own = {r.id: r for r in ctx.session.scalars(sa.select(Roster).where(Roster.assignee_id == from_id))}
    taken = {
        (line.roster_id, line.week, line.weekday, line.begins)
        for line in ctx.session.scalars(sa.select(PatternLine).where(PatternLine.user_id == to_id))
    }
    for line in lines:
        if (line.roster_id, line.week, line.weekday, line.begins) in taken:
            ctx.session.delete(line)
        else:
            line.user_id = to_id
    for roster in own.values():
        roster.assignee_id = to_id
    ctx.session.flush()
    for roster_id in sorted({line.roster_id for line in lines} | set(own)):
        roster = duty.get_roster(ctx, roster_id)
        emit(ctx, "workforce.pattern_changed", roster, code=roster.code, name=names.get(to_id, ""))
    return len(own)


# --- scheduled ------------------------------------------------------------------------------------------------------


def keep_rosters(ctx: Ctx) -> int:
    """Scheduled: plan ahead by the patterns (setting), and tell whoever plans of each gap once; answers how many gaps
    there are.
    """
    weeks = int(get_setting(ctx, "workforce.plan_ahead_weeks"))
    with transaction(ctx):
        if weeks:
            first = monday(ctx.today)
            for roster in duty.active_rosters(ctx):
                plan_by_pattern(ctx, roster.id, ctx.today, first + dt.timedelta(days=7 * (weeks + 1) - 1))
        ctx.memo.pop("workforce gaps", None)
        gaps = duty.ahead(ctx)
        planners = people_with_role(ctx, str(get_setting(ctx, "workforce.planner_role")))
        for roster, gap in gaps:
            told = sorted({*planners, *([roster.assignee_id] if roster.assignee_id else [])})
            once = f"gap {roster.id} {gap.ends_at.isoformat()} {gap.have}"
            text = N_("{roster}: {have} on duty, {needed} needed, {when}")
            when = duty.plain_span(ctx, gap.starts_at, gap.ends_at)
            notify(ctx, told, text, record=roster, once=once, roster=roster.name, have=gap.have, needed=roster.needed,
                   when=when)  # fmt: skip
        return len(gaps)
