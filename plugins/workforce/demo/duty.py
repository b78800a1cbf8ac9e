"""A service phone by day and one round the clock, planned by their patterns, with a gap; leave, a swap, calls."""

from __future__ import annotations

import datetime as dt
import random

from core.api import Conflict, Ctx
from plugins.workforce.contracts import CallData, LeaveData, LineData, RosterData
from plugins.workforce.demo.words import staff, words_of
from plugins.workforce.queries import duty, people
from plugins.workforce.rules.duty import monday
from plugins.workforce.services import leave, rosters

_HOUR = 60
WEEKS = 3
"""So many weeks are planned: the last one, this one and the next."""


def fill(ctx: Ctx, rng: random.Random) -> None:
    """Two rosters and what happened on them."""
    words = words_of(ctx)
    crew = [m.user_id for m in staff(ctx)]
    if not crew:
        return
    first = monday(ctx.today) - dt.timedelta(days=7)
    then = ctx.at(ctx.now - dt.timedelta(days=20))
    phone = rosters.save_roster(
        then,
        RosterData("hotline", words["hotline"], first, begins=9 * _HOUR, ends=22 * _HOUR, phone=words["hotline_phone"]),
    )
    night = rosters.save_roster(then, RosterData("standby", words["standby"], first, phone=words["standby_phone"]))
    for weekday in range(7):
        mine = [crew[(weekday + place) % len(crew)] for place in range(2)]
        rosters.add_line(then, phone.id, LineData(1, weekday, 9 * _HOUR, 16 * _HOUR, mine[0]))
        rosters.add_line(then, phone.id, LineData(1, weekday, 16 * _HOUR, 22 * _HOUR, mine[-1]))
        if weekday != 2:
            rosters.add_line(then, night.id, LineData(1, weekday, 18 * _HOUR, 8 * _HOUR, mine[-1]))
        rosters.add_line(then, night.id, LineData(1, weekday, 8 * _HOUR, 18 * _HOUR, mine[0]))
    last = first + dt.timedelta(days=7 * WEEKS - 1)
    for roster in (phone, night):
        rosters.plan_by_pattern(then, roster.id, first, last)
    _happenings(ctx, words, rng, crew, night.id)


def _happenings(ctx: Ctx, words: dict, rng: random.Random, crew: list[int], roster_id: int) -> None:
    away = crew[-1]
    for ago, ahead, kind, part in ((12, -9, "annual", "days"), (-6, 7, "annual", "days"), (-2, 2, "sick", "morning")):
        begins = ctx.today - dt.timedelta(days=ago)
        data = LeaveData(away, kind, begins, max(begins, ctx.today + dt.timedelta(days=ahead)), part)
        row = leave.ask_leave(ctx.at(ctx.now - dt.timedelta(days=15)), data)
        leave.agree_leave(ctx.at(ctx.now - dt.timedelta(days=14)), row.id)
    later = ctx.today + dt.timedelta(days=30 + rng.randrange(10))
    leave.ask_leave(ctx, LeaveData(crew[0], "personal", later, later, "hours", 9 * _HOUR, 11 * _HOUR, words["errand"]))
    next_week = later + dt.timedelta(days=7)
    gone = leave.ask_leave(ctx, LeaveData(crew[0], "personal", next_week, next_week))
    leave.withdraw_leave(ctx, gone.id, words["not_needed"])
    _swap(ctx, words, crew)
    _pool(ctx, words, roster_id, set(crew))


def _swap(ctx: Ctx, words: dict, crew: list[int]) -> None:
    coming = [s for s in duty.shifts_of(ctx, crew, ctx.now, ctx.now + dt.timedelta(days=14)) if s.starts_at > ctx.now]
    asked = 0
    for shift in coming:
        for other in crew:
            if asked >= 2 or other == shift.user_id:
                continue
            try:
                swap = rosters.ask_swap(ctx, shift.id, other, words["errand"])
            except Conflict:
                continue
            if asked == 0:
                rosters.answer_swap(ctx, swap.id, True)
            asked += 1
            break
    if coming:
        rosters.cancel_shift(ctx, coming[-1].id, words["not_needed"])


def _pool(ctx: Ctx, words: dict, roster_id: int, crew: set[int]) -> None:
    others = [user_id for user_id, _name in people.people(ctx) if user_id not in crew] or sorted(crew)[:1]
    members = [rosters.save_pool_member(ctx, user_id, note=words["pool_note"]) for user_id in others[:2]]
    day = ctx.today - dt.timedelta(days=3)
    for member, outcome in zip(members * 2, ("unreachable", "comes", "refused"), strict=False):
        data = CallData(roster_id, day, 19 * _HOUR, 23 * _HOUR, outcome, words["pool_reason"])
        try:
            rosters.call_in(ctx.at(ctx.now - dt.timedelta(days=3)), member.id, data)
        except Conflict:  # has duty already
            continue
