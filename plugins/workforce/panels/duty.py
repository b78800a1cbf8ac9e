"""What leave and rosters add to the page "My work" and to other pages: gaps, requests of colleagues, today's duty."""

from __future__ import annotations

import datetime as dt

from flask import url_for

from core.api import Ctx, DayFact, Notice, OpenWork, WorkItem, _, get_setting, n_
from plugins.workforce.lists.leave import PLAN as PLAN_LEAVE
from plugins.workforce.lists.rosters import EDIT, PLAN, SEE, SWAP
from plugins.workforce.queries import duty, people
from plugins.workforce.queries import leave as leave_queries
from plugins.workforce.rules.duty import instant, monday
from plugins.workforce.services.rosters import coming_shifts

_MOST = 3
"""So many gaps are told one by one; further ones are counted."""


def notices(ctx: Ctx) -> list[Notice]:
    """Times in which nobody, or too few, are on duty, the nearest first."""
    if not ctx.can(PLAN):
        return []
    gaps = duty.ahead(ctx)
    calendars = duty.calendar_words(ctx) if gaps else {}
    found = []
    for roster, gap in gaps[:_MOST]:
        day = gap.starts_at.astimezone(ctx.tz).date()
        url = url_for("workforce.roster_page", record_id=roster.id, week=monday(day).isoformat())
        text = _("{roster}, to be covered: {hours}.", roster=roster.name, hours=duty.hours_words(roster, calendars))
        tone = "bad" if not gap.have else "warn"
        title = duty.gap_words(ctx, gap, roster.needed)
        found.append(Notice(title, text, url, _("Plan the duty"), tone, "calendar-x"))
    if len(gaps) > _MOST:
        days = int(get_setting(ctx, "workforce.gap_days"))
        title = n_("{n} more gap in duty", "{n} more gaps in duty", len(gaps) - _MOST)
        text = n_("In the next day.", "In the next {n} days.", days)
        found.append(Notice(title, text, url_for("workforce.rosters_list"), _("Look at them"), "warn", "calendar-x"))
    return found


def work(ctx: Ctx) -> list[WorkItem]:
    """Requests of colleagues to take a shift over; leave that waits for whoever plans."""
    found = []
    if ctx.actor.user_id is not None and ctx.can(SWAP):
        rows = duty.swaps_asked_of(ctx, ctx.actor.user_id)
        names = people.names_of(ctx, [swap.from_id for swap, _shift in rows])
        for swap, shift in rows:
            found.append(
                WorkItem(
                    title=_("{name} asks you to take over duty", name=names.get(swap.from_id, "")),
                    url=url_for("workforce.shift_page", record_id=shift.id, _anchor="swap"),
                    kind=_("Shift"),
                    icon="repeat-2",
                    due=shift.starts_at,
                    detail=f"{shift.roster.name} {duty.span_words(ctx, shift.starts_at, shift.ends_at)}",
                    next_step=_("Answer"),
                )
            )
    return found


def figures_of_leave(ctx: Ctx) -> int:
    """How many requests for leave wait."""
    return leave_queries.count_asked(ctx) if ctx.can(PLAN_LEAVE) else 0


def today(ctx: Ctx) -> list[DayFact]:
    """One's own duty today; who is on duty now, for whoever plans."""
    if not ctx.can(SEE):
        return []
    found = []
    if ctx.actor.user_id is not None:
        start, end = instant(ctx.today, 0, ctx.tz), instant(ctx.today + dt.timedelta(days=1), 0, ctx.tz)
        own = duty.shifts_of(ctx, [ctx.actor.user_id], start, end)
        found += [
            DayFact(
                _("On duty: {roster}", roster=shift.roster.name),
                duty.span_words(ctx, shift.starts_at, shift.ends_at, day=False),
                url_for("workforce.shift_page", record_id=shift.id),
            )
            for shift in own
        ]
    if ctx.can(PLAN) or ctx.can(EDIT):
        there = duty.on_duty(ctx, ctx.now)
        names = _(", ").join(dict.fromkeys(one.name for one in there)) or _("nobody on duty")
        found.append(DayFact(_("On duty now"), names, url_for("workforce.duty_page")))
    return found


def counts(ctx: Ctx) -> dict[str, tuple[int, bool]]:
    """Gaps ahead beside the rosters, requests beside the leave."""
    found = {}
    if ctx.can(PLAN) and (gaps := duty.ahead(ctx)):
        found["workforce.rosters_list"] = (len(gaps), True)
    if asked := figures_of_leave(ctx):
        found["workforce.leave_list"] = (asked, False)
    return found


def held(ctx: Ctx, user_id: int) -> list[OpenWork]:
    """The duty that a person still has ahead."""
    count = coming_shifts(ctx, user_id) + duty.count_responsible(ctx, user_id)
    return [OpenWork(_("Coming shifts and rosters"), count)] if count else []


def held_by_unit(ctx: Ctx, unit_id: int) -> list[OpenWork]:
    """The rosters of a unit that are in use."""
    count = duty.count_of_unit(ctx, unit_id)
    return [OpenWork(_("Duty rosters in use"), count)] if count else []
