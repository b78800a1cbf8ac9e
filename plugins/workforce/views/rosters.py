"""Pages of rosters: the week, the pattern, shifts, the backup pool, who is on duty. Lists are declared."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for

from core.api import Ctx, _, calendar_names, n_, timeline
from core.web_api import (
    carry_out,
    current_ctx,
    day_of,
    first_line,
    form_page,
    needs,
    own_ids,
    panels_of,
    pressed,
    timeline_items,
    typed,
)
from plugins.workforce.contracts import SOURCE_WORDS, SWAP_STATE_WORDS, CallData, LineData, RosterData
from plugins.workforce.forms.common import ReasonForm
from plugins.workforce.forms.rosters import (
    CallForm,
    LineForm,
    PlanForm,
    PoolForm,
    RosterForm,
    ShiftForm,
    SwapForm,
    WhenForm,
    minutes,
    time_of,
)
from plugins.workforce.lists.rosters import EDIT, EDIT_POOL, PLAN, SEE, SEE_POOL, SWAP, outcome_mark
from plugins.workforce.models import CallIn, PoolMember, Roster, Shift
from plugins.workforce.queries import duty, people
from plugins.workforce.queries import skills as skill_queries
from plugins.workforce.rules.duty import clock_of, instant, minutes_of, monday, within
from plugins.workforce.services import rosters as services
from plugins.workforce.views.blueprint import blueprint

WEEK = dt.timedelta(days=7)
CALLS = 10


def _minutes(text: str | None) -> int | None:
    try:
        return minutes_of(text or "")
    except ValueError:
        return None


# --- the week -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Day:
    """A day of the week on the page: its shifts, its gaps, and a bar of its hours."""

    day: dt.date
    name: str
    today: bool
    shifts: list[tuple[Any, str]]
    gaps: list[tuple[str, str]]
    bar: list[tuple[str, float, float]]
    needed: bool


@blueprint.get("/rosters/<int:record_id>")
@needs(SEE)
def roster_page(record_id: int):
    """A week of a roster: who is there, where nobody is, and everything to change it."""
    ctx = current_ctx()
    return _roster(ctx, duty.get_roster(ctx, record_id))


def _roster(ctx: Ctx, roster: Roster, failed: Any = None, extra: list[str] | None = None, status: int = 200):
    first = monday(day_of(request.args.get("week")) or ctx.today)
    start, end = instant(first, 0, ctx.tz), instant(first + WEEK, 0, ctx.tz)
    own = duty.duty_of(ctx, [roster], start, end)[roster.id]
    forms = _forms(ctx, roster, first)
    if failed is not None:
        forms[type(failed)] = failed
    lines = duty.lines_of(ctx, roster.id)
    names = people.names_of(ctx, [roster.assignee_id, *(line.user_id for line in lines)])
    calls = duty.calls_of(ctx, roster_id=roster.id, limit=CALLS) if ctx.can(SEE_POOL) else []
    called = people.names_of(ctx, [call.member.assignee_id for call in calls])
    shown = render_template(
        "workforce/roster.html",
        roster=roster,
        hours=duty.hours_words(roster, duty.calendar_words(ctx)),
        unit=people.unit_names(ctx).get(roster.unit_id or 0, ""),
        responsible=names.get(roster.assignee_id or 0, ""),
        skill=roster.skill,
        first=first,
        last=first + dt.timedelta(days=6),
        before=(first - WEEK).isoformat(),
        after=(first + WEEK).isoformat(),
        days=_days(ctx, roster, own, first),
        gaps=[duty.gap_words(ctx, gap, roster.needed) for gap in own.gaps],
        problems=[(p, duty.span_words(ctx, p.shift.starts_at, p.shift.ends_at)) for p in own.problems],
        lines=[(line, duty.weekday_named(line.weekday), _times(line), names.get(line.user_id, "")) for line in lines],
        calls=[
            (call, called.get(call.member.assignee_id or 0, ""), duty.span_words(ctx, call.starts_at, call.ends_at),
             outcome_mark(call.outcome))
            for call in calls
        ],
        shift_form=forms[ShiftForm],
        line_form=forms[LineForm],
        plan_form=forms[PlanForm],
        failed=type(failed).__name__ if failed is not None else "",
        extra=extra or [],
        may={"edit": ctx.can(EDIT), "plan": ctx.can(PLAN) and roster.active, "pool": ctx.can(SEE_POOL)},
        panels=panels_of(ctx, roster),
        history=timeline_items(ctx, timeline(ctx, roster)),
    )  # fmt: skip
    return shown, status


def _times(line: Any) -> str:
    return f"{clock_of(line.begins)}–{clock_of(line.ends)}"


def _days(ctx: Ctx, roster: Roster, own: duty.Duty, first: dt.date) -> list[Day]:
    found = []
    for number in range(7):
        day = first + dt.timedelta(days=number)
        start, end = instant(day, 0, ctx.tz), instant(day + dt.timedelta(days=1), 0, ctx.tz)
        length = (end - start).total_seconds()

        def part(kind: str, span: Any, start: dt.datetime = start, length: float = length) -> tuple[str, float, float]:
            begins = (span[0] - start).total_seconds() / length * 240
            return kind, round(begins, 1), round((span[1] - span[0]).total_seconds() / length * 240, 1)

        wanted = within(own.windows, start, end)
        gaps = [g for g in own.gaps if g.starts_at < end and g.ends_at > start]
        cut = within([(g.starts_at, g.ends_at) for g in gaps], start, end)
        found.append(
            Day(
                day,
                duty.weekday(day),
                day == ctx.today,
                [
                    (p, duty.span_words(ctx, p.shift.starts_at, p.shift.ends_at, day=False))
                    for p in own.planned
                    if start <= p.shift.starts_at < end or (number == 0 and p.shift.starts_at < start < p.shift.ends_at)
                ],
                [(_gap(ctx, roster, g, span), _fill_url(ctx, roster, day, first, span))
                 for g, span in zip(gaps, cut, strict=True)],
                [*(part("want", span) for span in wanted), *(part("gap", span) for span in cut)],
                bool(wanted),
            )
        )  # fmt: skip
    return found


def _gap(ctx: Ctx, roster: Roster, gap: Any, span: Any) -> str:
    times = duty.span_words(ctx, span[0], span[1], day=False)
    if not gap.have:
        return _("{when}: nobody on duty", when=times)
    return _("{when}: {have} on duty, {needed} needed", when=times, have=gap.have, needed=roster.needed)


def _fill_url(ctx: Ctx, roster: Roster, day: dt.date, first: dt.date, span: Any) -> str:
    begins, ends = span[0].astimezone(ctx.tz), span[1].astimezone(ctx.tz)
    return url_for(
        "workforce.roster_page", record_id=roster.id, week=first.isoformat(), day=day.isoformat(),
        begins=f"{begins:%H:%M}", ends=f"{ends:%H:%M}", _anchor="add",
    )  # fmt: skip


def _forms(ctx: Ctx, roster: Roster, first: dt.date) -> dict[type, Any]:
    """The forms of the week; a gap that was chosen stands in the form for a shift already."""
    everybody = people.people(ctx)
    begins, ends = (_minutes(request.args.get(name)) for name in ("begins", "ends"))
    if begins is None or ends is None:
        begins, ends = roster.begins, roster.ends
    day = day_of(request.args.get("day")) or max(first, ctx.today)
    shift = ShiftForm(formdata=None, day=day, begins=time_of(begins), ends=time_of(ends))
    line = LineForm(formdata=None, begins=time_of(roster.begins), ends=time_of(roster.ends))
    for form in (shift, line):
        form.user_id.choices = everybody
    ahead = max(first, ctx.today)
    plan = PlanForm(formdata=None, first=ahead, last=monday(ahead) + 4 * WEEK - dt.timedelta(days=1))
    return {ShiftForm: own_ids("s", shift), LineForm: own_ids("l", line), PlanForm: own_ids("p", plan)}


def _week_url(roster_id: int, day: dt.date | None) -> str:
    return url_for("workforce.roster_page", record_id=roster_id, week=monday(day).isoformat() if day else None)


@blueprint.post("/rosters/<int:record_id>/shifts")
@needs(PLAN)
def shift_add(record_id: int):
    """Plan somebody's duty."""
    ctx = current_ctx()
    roster = duty.get_roster(ctx, record_id)
    form = own_ids("s", ShiftForm(formdata=request.form))
    form.user_id.choices = people.people(ctx)
    day = form.day.data

    def save() -> None:
        assert day is not None
        services.add_shift(
            ctx, roster.id, form.user_id.data, day, minutes(form.begins.data), minutes(form.ends.data),
            form.note.data or "",
        )  # fmt: skip

    return carry_out(
        form, save, _("Planned"), _week_url(roster.id, day),
        lambda extra, status: _roster(ctx, duty.get_roster(ctx, record_id), form, extra, status),
    )


@blueprint.post("/rosters/<int:record_id>/plan")
@needs(PLAN)
def roster_plan(record_id: int):
    """Plan some weeks by the pattern."""
    ctx = current_ctx()
    roster = duty.get_roster(ctx, record_id)
    form = own_ids("p", PlanForm(formdata=request.form))
    told: list[str] = []

    def save() -> None:
        assert form.first.data is not None
        assert form.last.data is not None
        done = services.plan_by_pattern(ctx, roster.id, form.first.data, form.last.data)
        told.append(n_("{n} shift planned", "{n} shifts planned", done.added))
        if done.away:
            told.append(_("left out because of leave: {n}", n=done.away))
        if done.there:
            told.append(_("planned or cancelled before: {n}", n=done.there))

    return carry_out(
        form, save, lambda _done: _("; ").join(told), _week_url(roster.id, form.first.data),
        lambda extra, status: _roster(ctx, duty.get_roster(ctx, record_id), form, extra, status),
    )


@blueprint.post("/rosters/<int:record_id>/lines")
@needs(EDIT)
def line_add(record_id: int):
    """Add a line to the pattern."""
    ctx = current_ctx()
    roster = duty.get_roster(ctx, record_id)
    form = own_ids("l", LineForm(formdata=request.form))
    form.user_id.choices = people.people(ctx)

    def save() -> None:
        data = LineData(
            form.week.data or 0, form.weekday.data, minutes(form.begins.data), minutes(form.ends.data),
            form.user_id.data,
        )  # fmt: skip
        services.add_line(ctx, roster.id, data)

    return carry_out(
        form, save, _("Saved"), url_for("workforce.roster_page", record_id=roster.id, _anchor="pattern"),
        lambda extra, status: _roster(ctx, duty.get_roster(ctx, record_id), form, extra, status),
    )


@blueprint.post("/rosters/<int:record_id>/lines/<int:line_id>/remove")
@needs(EDIT)
def line_remove(record_id: int, line_id: int):
    """Take a line out of the pattern."""
    ctx = current_ctx()
    duty.get_roster(ctx, record_id)
    back = url_for("workforce.roster_page", record_id=record_id, _anchor="pattern")
    return pressed(lambda: services.remove_line(ctx, record_id, line_id), _("Removed"), back)


# --- what is covered ------------------------------------------------------------------------------------------------


@blueprint.route("/rosters/new", methods=["GET", "POST"])
@needs(EDIT)
def roster_new():
    """Add a roster."""
    ctx = current_ctx()
    form = RosterForm(formdata=typed(), version="", valid_from=ctx.today, begins=time_of(0), ends=time_of(0))
    return _roster_form(ctx, form, None)


@blueprint.route("/rosters/<int:record_id>/edit", methods=["GET", "POST"])
@needs(EDIT)
def roster_edit(record_id: int):
    """Change what a roster covers."""
    ctx = current_ctx()
    row = duty.get_roster(ctx, record_id)
    values = {
        "unit_id": row.unit_id or 0, "user_id": row.assignee_id or 0, "skill_id": row.skill_id or 0,
        "begins": time_of(row.begins), "ends": time_of(row.ends), "version": row.version,
    }  # fmt: skip
    plain = {
        name: getattr(row, name)
        for name in ("code", "name", "phone", "needed", "covers", "calendar", "valid_from", "valid_until",
                     "cycle_weeks", "active")
    }  # fmt: skip
    return _roster_form(ctx, RosterForm(formdata=typed(), **plain, **values), row)


def _roster_form(ctx: Ctx, form: RosterForm, row: Roster | None):
    form.unit_id.choices = first_line(_("the whole company"), people.units(ctx))
    form.user_id.choices = first_line(_("nobody in particular"), people.people(ctx))
    form.skill_id.choices = first_line(
        _("nothing in particular"), skill_queries.offered(ctx, keep=row.skill_id if row else None)
    )
    form.calendar.choices = [("", _("none")), *calendar_names(ctx)]

    def save() -> Roster:
        begins = form.valid_from.data
        assert begins is not None
        data = RosterData(
            code=form.code.data or "",
            name=form.name.data or "",
            valid_from=begins,
            covers=form.covers.data,
            calendar=form.calendar.data or "",
            begins=minutes(form.begins.data),
            ends=minutes(form.ends.data),
            needed=form.needed.data or 0,
            phone=form.phone.data or "",
            unit_id=form.unit_id.data or None,
            user_id=form.user_id.data or None,
            skill_id=form.skill_id.data or None,
            valid_until=form.valid_until.data,
            cycle_weeks=form.cycle_weeks.data or 0,
            cycle_from=row.cycle_from if row else None,
            active=bool(form.active.data),
        )
        return services.save_roster(ctx, data, row.id if row else None, version=form.seen if row else None)

    return form_page(
        form, save, "workforce/roster_form.html", lambda saved: url_for("workforce.roster_page", record_id=saved.id),
        roster=row,
    )


# --- one shift ------------------------------------------------------------------------------------------------------


@blueprint.get("/shifts/<int:record_id>")
@needs(SEE)
def shift_page(record_id: int):
    """One shift: whose it is, who is asked to take it over, what became of it."""
    ctx = current_ctx()
    return _shift(ctx, duty.get_shift(ctx, record_id))


def _shift(ctx: Ctx, row: Shift, failed: Any = None, extra: list[str] | None = None, status: int = 200):
    swaps = duty.swaps_of(ctx, row.id)
    names = people.names_of(ctx, [row.user_id, *(u for s in swaps for u in (s.from_id, s.to_id))])
    roster = duty.get_roster(ctx, row.roster_id)
    ahead = row.state == "planned" and row.starts_at > ctx.now
    mine = row.user_id == ctx.actor.user_id or ctx.can(PLAN)
    own = duty.duty_of(ctx, [roster], row.starts_at, row.ends_at)[roster.id]
    swap_form = failed if isinstance(failed, SwapForm) else SwapForm(formdata=None)
    _offer_colleagues(ctx, swap_form, row)
    shown = render_template(
        "workforce/shift.html",
        shift=row,
        roster=roster,
        name=names.get(row.user_id, ""),
        when=duty.span_words(ctx, row.starts_at, row.ends_at),
        week=monday(row.starts_at.astimezone(ctx.tz).date()).isoformat(),
        source=_(SOURCE_WORDS[row.source]),
        problems=[text for p in own.planned if p.shift.id == row.id for text in p.problems],
        swaps=[(s, names.get(s.from_id, ""), names.get(s.to_id, ""), _(SWAP_STATE_WORDS[s.state])) for s in swaps],
        me=ctx.actor.user_id,
        may={
            "swap": ahead and mine and ctx.can(SWAP) and not any(s.state == "asked" for s in swaps),
            "answer": ahead and ctx.can(SWAP),
            "plan": ctx.can(PLAN),
            "cancel": ctx.can(PLAN) and row.state == "planned",
        },
        swap_form=swap_form,
        form=failed if isinstance(failed, ReasonForm) else ReasonForm(formdata=None, version=row.version),
        extra=extra or [],
        panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
    )
    return shown, status


def _offer_colleagues(ctx: Ctx, form: SwapForm, row: Shift) -> None:
    others = [p for p in people.people(ctx) if p[0] != row.user_id]
    names = dict(others)
    later = duty.shifts_of(ctx, names, ctx.now, ctx.now + 8 * WEEK)
    form.to_id.choices = others
    form.return_id.choices = first_line(
        _("nothing in return"),
        [
            (s.id, f"{names[s.user_id]}{_(': ')}{duty.span_words(ctx, s.starts_at, s.ends_at)}")
            for s in later
            if s.starts_at > ctx.now and s.roster is not None
        ],
    )


@blueprint.post("/shifts/<int:record_id>/swap")
@needs(SWAP)
def swap_ask(record_id: int):
    """Ask a colleague to take it over."""
    ctx = current_ctx()
    row = duty.get_shift(ctx, record_id)
    form = SwapForm(formdata=request.form)
    _offer_colleagues(ctx, form, row)
    return carry_out(
        form,
        lambda: services.ask_swap(
            ctx, row.id, form.to_id.data, form.reason.data or "", return_id=form.return_id.data or None
        ),
        _("Asked"),
        url_for("workforce.shift_page", record_id=record_id),
        lambda extra, status: _shift(ctx, duty.get_shift(ctx, record_id), form, extra, status),
    )


@blueprint.post("/shifts/<int:record_id>/swaps/<int:swap_id>/<answer>")
@needs(SWAP)
def swap_answer(record_id: int, swap_id: int, answer: str):
    """Take it over, refuse, or withdraw the request."""
    ctx = current_ctx()
    duty.get_shift(ctx, record_id)
    swap = duty.get_swap(ctx, swap_id)
    back = url_for("workforce.shift_page", record_id=swap.shift_id)
    if answer == "withdraw":
        return pressed(lambda: services.withdraw_swap(ctx, swap.id), _("Withdrawn"), back)
    text = request.form.get("answer", "")[:200]
    return pressed(lambda: services.answer_swap(ctx, swap.id, answer == "agree", text), _("Answered"), back)


@blueprint.post("/shifts/<int:record_id>/cancel")
@needs(PLAN)
def shift_cancel(record_id: int):
    """The duty falls out, with a reason."""
    ctx = current_ctx()
    row = duty.get_shift(ctx, record_id)
    form = ReasonForm(formdata=request.form)
    return carry_out(
        form,
        lambda: services.cancel_shift(ctx, row.id, form.reason.data or "", version=form.seen),
        _("Cancelled"),
        url_for("workforce.shift_page", record_id=record_id),
        lambda extra, status: _shift(ctx, duty.get_shift(ctx, record_id), form, extra, status),
    )


# --- the backup pool ------------------------------------------------------------------------------------------------


@blueprint.get("/pool/<int:record_id>")
@needs(SEE_POOL)
def pool_page(record_id: int):
    """Somebody of the pool: how to reach him or her, and the calls so far."""
    ctx = current_ctx()
    return _pool(ctx, duty.get_pool_member(ctx, record_id))


def _pool(ctx: Ctx, row: PoolMember, failed: Any = None, extra: list[str] | None = None, status: int = 200):
    form = failed or CallForm(formdata=None, day=ctx.today, begins=time_of(8 * 60), ends=time_of(17 * 60))
    form.roster_id.choices = [(r.id, r.name) for r in duty.active_rosters(ctx)]
    certificates = skill_queries.certificates_of(ctx, [row.assignee_id or 0]).get(row.assignee_id or 0, [])
    states = skill_queries.states_of(ctx, certificates)
    shown = render_template(
        "workforce/pool_member.html",
        member=row,
        name=people.name_of(ctx, row.assignee_id),
        unit=people.unit_names(ctx).get(row.unit_id or 0, ""),
        calls=[
            (call, duty.span_words(ctx, call.starts_at, call.ends_at), outcome_mark(call.outcome))
            for call in duty.calls_of(ctx, member_id=row.id)
        ],
        holds=[c.skill.name for c in certificates if states[c.id] in ("valid", "expiring")],
        form=form,
        extra=extra or [],
        may={"edit": ctx.can(EDIT_POOL), "call": ctx.can(PLAN) and row.active and bool(form.roster_id.choices)},
        panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
    )
    return shown, status


@blueprint.route("/pool/new", methods=["GET", "POST"])
@needs(EDIT_POOL)
def pool_new():
    """Add somebody to the pool."""
    ctx = current_ctx()
    return _pool_form(ctx, PoolForm(formdata=typed(), version=""), None)


@blueprint.route("/pool/<int:record_id>/edit", methods=["GET", "POST"])
@needs(EDIT_POOL)
def pool_edit(record_id: int):
    """Change how somebody is reached, or take him or her off the list."""
    ctx = current_ctx()
    row = duty.get_pool_member(ctx, record_id)
    form = PoolForm(formdata=typed(), obj=row, user_id=row.assignee_id, version=row.version)
    return _pool_form(ctx, form, row)


def _pool_form(ctx: Ctx, form: PoolForm, row: PoolMember | None):
    everybody = people.people(ctx)
    form.user_id.choices = [p for p in everybody if row is None or p[0] == row.assignee_id]

    def save() -> PoolMember:
        return services.save_pool_member(
            ctx, form.user_id.data, form.phone.data or "", form.note.data or "", bool(form.active.data),
            member_id=row.id if row else None, version=form.seen if row else None,
        )  # fmt: skip

    return form_page(
        form, save, "workforce/pool_form.html", lambda saved: url_for("workforce.pool_page", record_id=saved.id),
        member=row,
    )


@blueprint.post("/pool/<int:record_id>/call")
@needs(PLAN)
def pool_call(record_id: int):
    """Record a call; who comes is planned at once."""
    ctx = current_ctx()
    row = duty.get_pool_member(ctx, record_id)
    form = CallForm(formdata=request.form)
    form.roster_id.choices = [(r.id, r.name) for r in duty.active_rosters(ctx)]

    def save() -> CallIn:
        day = form.day.data
        assert day is not None
        data = CallData(
            form.roster_id.data, day, minutes(form.begins.data), minutes(form.ends.data), form.outcome.data,
            form.reason.data or "",
        )  # fmt: skip
        return services.call_in(ctx, row.id, data)

    return carry_out(
        form, save, _("Recorded"), url_for("workforce.pool_page", record_id=record_id),
        lambda extra, status: _pool(ctx, duty.get_pool_member(ctx, record_id), form, extra, status),
    )


# --- who is on duty -------------------------------------------------------------------------------------------------


@blueprint.get("/duty")
@needs(SEE)
def duty_page():
    """Who is, was or will be on duty at a moment, by roster, with the phone."""
    ctx = current_ctx()
    form = WhenForm(formdata=request.args if request.args.get("at") else None, at=ctx.now, meta={"csrf": False})
    if request.args.get("at"):
        form.validate()
    when = form.at.data or ctx.now
    found = duty.on_duty(ctx, when)
    there = {one.roster_id for one in found}
    return render_template(
        "workforce/duty.html",
        form=form,
        when=when,
        rows=[(one, duty.span_words(ctx, one.starts_at, one.ends_at)) for one in found],
        nobody=[r for r in duty.active_rosters(ctx) if r.id not in there],
    )
