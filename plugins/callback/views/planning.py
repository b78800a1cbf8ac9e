"""Pages of the plan of a quarter: the calendar with its load, plan against actual. Lists are declared."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from flask import redirect, render_template, request, url_for

from core.api import Ctx, DomainError, Task, _, gates, n_, possible, timeline
from core.web_api import (
    carry_out,
    current_ctx,
    first_line,
    flash_done,
    flash_error,
    form_page,
    needs,
    panels_of,
    timeline_items,
    typed,
)
from core.web_api import (
    record_id as read_id,
)
from plugins.callback.contracts import LEFT_OUT_WORDS, PART_WORDS, WEEKDAY_SHORT, WEEKDAY_WORDS, MoveData
from plugins.callback.forms.common import ReasonForm
from plugins.callback.forms.planning import MovesForm, PeriodForm
from plugins.callback.lists.calls import PLAN, state_mark
from plugins.callback.lists.planning import MAKE, SEE, period_mark
from plugins.callback.models import Call, Period
from plugins.callback.models.calls import AHEAD
from plugins.callback.queries import calls as queries
from plugins.callback.queries import plan
from plugins.callback.queries.duty import Capacity, capacity, days_of
from plugins.callback.queries.tally import Figure, figures
from plugins.callback.rules.calendar import month_of, quarter_of
from plugins.callback.services import calls as call_services
from plugins.callback.services import planning as services
from plugins.callback.views.blueprint import blueprint

APPROVE, RELEASE = services.APPROVE, services.RELEASE
PEOPLE, CALLS = 25, 40
"""So many people, and so many calls of one of their days, stand on a page."""


def tenths(calls: int, room: int) -> int:
    """Calls of those that can be made, 0 to 10; one call is seen, however many there could be."""
    return min(10, max(1, round(10 * calls / room))) if calls and room else 0


@dataclass
class Cell:
    """A day of an agent: how many calls there are, were made, can be made."""

    day: dt.date
    calls: int
    done: int
    room: int
    url: str
    current: bool

    @property
    def tenths(self) -> int:
        """How full the day is in tenths: the bar in the cell."""
        return tenths(self.calls, self.room)

    @property
    def level(self) -> str:
        """How full the day is: a class of the style sheet."""
        if not self.room:
            return "over" if self.calls else "off"
        if not self.calls:
            return "none"
        share = self.calls / self.room
        return "over" if share > 1 else "full" if share >= 0.95 else "busy" if share >= 0.6 else "calm"


@dataclass
class Line:
    """An agent's days of a month."""

    agent: int
    name: str
    cells: list[Cell] = field(default_factory=list)


@blueprint.route("/periods/new", methods=["GET", "POST"])
@needs(MAKE)
def period_new():
    """Open a quarter, so that it can be planned."""
    ctx = current_ctx()
    following = quarter_of(ctx.today)[1] + dt.timedelta(days=1)
    form = PeriodForm(formdata=typed(), version="", day=following)

    def save() -> Period:
        day = form.day.data
        assert day is not None
        ctx.require(MAKE)
        return call_services.open_period(ctx, day)

    return form_page(
        form, save, "callback/period_form.html", lambda row: url_for("callback.period_page", record_id=row.id)
    )


@blueprint.get("/periods/<int:record_id>")
@needs(SEE)
def period_page(record_id: int):
    """The calendar of a quarter, month by month: the load of each agent and day, the calls of one of them."""
    ctx = current_ctx()
    return _calendar(ctx, queries.get_period(ctx, record_id))


def _calendar(ctx: Ctx, period: Period, failed: object = None, extra: list[str] | None = None, status: int = 200):
    found = figures(ctx, period)
    months = plan.months(period, found)
    first, last = _month(period, ctx.today)
    can = capacity(ctx, first, last)
    everybody = sorted(can.names, key=lambda agent: (can.names[agent], agent))
    page = max(0, min(read_id(request.args.get("people")) or 1, -(-len(everybody) // PEOPLE)) - 1)
    shown = everybody[page * PEOPLE : (page + 1) * PEOPLE]
    load = plan.load(ctx, first, last, shown)
    day, agent = _cell(first, last, can)
    nobody = plan.of_nobody(found, first, last)
    days = [d for d in days_of(first, last) if d in nobody or any(can.of_day(d, a) or (d, a) in load for a in shown)]
    here: dict[str, Any] = {"record_id": period.id, "month": f"{first:%Y-%m}"} | ({"people": page + 1} if page else {})
    lines = [_line(can, load, a, days, here, (day, agent)) for a in shown]
    sums = [(sum(line.cells[n].calls for line in lines) + nobody.get(d, 0), sum(line.cells[n].room for line in lines))
            for n, d in enumerate(days)]  # fmt: skip
    totals = [(calls, room, tenths(calls, room)) for calls, room in sums]
    after = _after()
    calls = plan.of_cell(ctx, day, agent, after, CALLS + 1) if day else []
    more = calls[CALLS - 1] if len(calls) > CALLS else None
    calls = calls[:CALLS]
    why = queries.reasons_of(ctx, [c.id for c in calls])
    form = failed if isinstance(failed, MovesForm) else MovesForm(
        formdata=None, version="", day=day, part=0, agent_id=agent or 0
    )  # fmt: skip
    _offer(ctx, form, [c.id for c in calls])
    reason_form = failed if isinstance(failed, ReasonForm) else ReasonForm(formdata=None, version=period.version)
    ways = {t.name: t for t in possible(ctx, services.WORKFLOW, period)}
    next_step = next((ways[n] for n in ("approve", "release", "close") if n in ways), None)
    text = render_template(
        "callback/period.html",
        period=period,
        mark=period_mark(period.state),
        months=[
            (m, url_for("callback.period_page", record_id=period.id, month=f"{m.first:%Y-%m}"), m.first == first)
            for m in months
        ],
        figures=_figures(ctx, period, months, found),
        days=[(d, _(WEEKDAY_SHORT[d.weekday()]), _(WEEKDAY_WORDS[d.weekday()]), d == ctx.today) for d in days],
        mondays={after for before, after in pairwise(days) if after.weekday() < before.weekday()},
        lines=lines,
        nobody=[
            (d, nobody.get(d, 0), url_for("callback.period_page", **here, day=d.isoformat(), _anchor="cell"))
            for d in days
        ] if nobody else [],
        totals=totals,
        pages=-(-len(everybody) // PEOPLE),
        page=page + 1,
        here=here,
        day=day,
        agent=agent,
        agent_name=can.names.get(agent or 0, ""),
        calls=[(c, _(PART_WORDS[c.part]), _(", ").join(why.get(c.id, [])), state_mark(c.state), c.state in AHEAD)
               for c in calls],
        more=f"{more.part}.{more.id}" if more else "",
        form=form,
        reason_form=reason_form,
        failed=failed,
        extra=extra or [],
        may={
            "move": ctx.can(PLAN) and any(c.state in AHEAD for c in calls),
            "plan": ctx.can(MAKE) and period.state != "closed" and period.last > ctx.today,
            "approve": "approve" in ways, "release": "release" in ways, "reopen": "reopen" in ways,
            "close": "close" in ways and period.last < ctx.today,
        },
        gates=gates(ctx, next_step, period) if next_step else [],
        task=_task(ctx, period),
        panels=panels_of(ctx, period),
        history=timeline_items(ctx, timeline(ctx, period)),
    )  # fmt: skip
    return text, status


def _month(period: Period, today: dt.date) -> tuple[dt.date, dt.date]:
    """The month that the address names, where it is of the quarter; else this month, else the first one."""
    try:
        asked = dt.date.fromisoformat(f"{request.args.get('month', '')}-01")
    except ValueError:
        asked = today
    return month_of(asked if period.first <= asked <= period.last else period.first)


def _cell(first: dt.date, last: dt.date, can: Capacity) -> tuple[dt.date | None, int | None]:
    """The day and the agent that the address names; (None, None) for none."""
    try:
        day = dt.date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return None, None
    agent = read_id(request.args.get("agent"))
    known = day if first <= day <= last else None
    return (known, agent if agent in can.names else None) if known else (None, None)


def _after() -> tuple[int, int]:
    part, _dot, number = request.args.get("after", "").partition(".")
    known = read_id(number)
    return (int(part), known) if known and part in ("0", "1", "2") else (-1, 0)


def _line(can: Capacity, load, agent: int, days, here: dict, current) -> Line:
    line = Line(agent, can.names[agent])
    for day in days:
        calls, done = load.get((day, agent), (0, 0))
        url = url_for("callback.period_page", **here, day=day.isoformat(), agent=agent, _anchor="cell")
        line.cells.append(Cell(day, calls, done, can.of_day(day, agent), url, current == (day, agent)))
    return line


def _figures(ctx: Ctx, period: Period, months: list[plan.Month], found: list[Figure]) -> list[dict]:
    """The head of the page: planned, made, not made in time, left out, each with the list behind it."""
    left = {why: count for why, count in plan.left_out(found).items() if why != "withdrawn"}
    planned, done = sum(m.planned for m in months), sum(m.done for m in months)
    heads = [
        {"label": _("Calls planned"), "value": planned, "icon": "calendar-range", "kind": "",
         "note": _("of them made: {done}", done=done), "url": url_for("callback.coverage_page", record_id=period.id)},
        {"label": _("Not called in time"), "value": sum(m.missed for m in months), "icon": "phone-missed",
         "kind": "bad" if any(m.missed for m in months) else "", "note": "",
         "url": url_for("callback.calls_list", tab="missed")},
        {"label": _("Not called, and why"), "value": sum(left.values()), "icon": "phone-off", "kind": "",
         "note": _(LEFT_OUT_WORDS[max(left, key=lambda w: left[w])]) if left else "",
         "url": url_for("callback.left_out_list", f_period=period.id)},
    ]  # fmt: skip
    nobody = plan.count_unassigned(found)
    if nobody:
        heads.append(
            {"label": _("Nobody makes them yet"), "value": nobody, "icon": "user", "kind": "warn", "note": "",
             "url": url_for("callback.calls_list", tab="ahead")}
        )  # fmt: skip
    return heads


def _task(ctx: Ctx, period: Period) -> Task | None:
    return services.task_under_way(ctx, period.id)


def _offer(ctx: Ctx, form: MovesForm, ids: list[int]) -> None:
    form.agent_id.choices = first_line(_("nobody yet"), queries.agent_choices(ctx))
    form.part.choices = [(key, _(words)) for key, words in PART_WORDS.items()]
    form.calls.choices = [(call_id, str(call_id)) for call_id in ids]


@blueprint.post("/periods/<int:record_id>/plan")
@needs(MAKE)
def period_plan(record_id: int):
    """Have it planned, or planned anew from tomorrow on, by the worker."""
    return _step(record_id, services.order_plan, _("It is being planned; this takes a moment."))


@blueprint.post("/periods/<int:record_id>/approve")
@needs(APPROVE)
def period_approve(record_id: int):
    """The plan is right."""
    return _step(record_id, services.approve_plan, _("Approved"))


@blueprint.post("/periods/<int:record_id>/release")
@needs(RELEASE)
def period_release(record_id: int):
    """The calls go to those who make them."""
    return _step(record_id, services.release_plan, _("Released to callers"))


@blueprint.post("/periods/<int:record_id>/close")
@needs(RELEASE)
def period_close(record_id: int):
    """The quarter is over."""
    return _step(record_id, services.close_plan, _("Quarter closed"))


def _step(period_id: int, do, done: str):
    ctx = current_ctx()
    queries.get_period(ctx, period_id)
    form = ReasonForm(formdata=request.form)
    try:
        do(ctx, period_id, version=form.seen)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        ctx.session.expire_all()
        if error.code == "stale":
            return _calendar(ctx, queries.get_period(ctx, period_id), extra=[error.message], status=error.status)
        flash_error(error)
    else:
        flash_done(done)
    return redirect(url_for("callback.period_page", record_id=period_id))


@blueprint.post("/periods/<int:record_id>/reopen")
@needs(APPROVE)
def period_reopen(record_id: int):
    """Review an approved plan again, with a reason."""
    ctx = current_ctx()
    form = ReasonForm(formdata=request.form)
    queries.get_period(ctx, record_id)
    return carry_out(
        form,
        lambda: services.reopen_plan(ctx, record_id, form.reason.data or "", version=form.seen),
        _("Reviewed again"),
        url_for("callback.period_page", record_id=record_id),
        lambda extra, status: _calendar(ctx, queries.get_period(ctx, record_id), form, extra, status),
    )


@blueprint.post("/periods/<int:record_id>/move")
@needs(PLAN)
def period_move(record_id: int):
    """Move calls of one day together; what a law of the plan forbids is told by name, the rest is moved."""
    ctx = current_ctx()
    period = queries.get_period(ctx, record_id)
    form = MovesForm(formdata=request.form)
    _offer(ctx, form, [n for n in (read_id(text) for text in request.form.getlist("calls")) if n])
    if not form.validate():
        return _calendar(ctx, period, form, [], 422)
    day = form.day.data
    assert day is not None
    if not form.calls.data:
        return _calendar(ctx, period, form, [_("Choose the calls that are to be moved.")], 422)
    data = MoveData(day, form.part.data, form.agent_id.data or None)
    refused = []
    for call_id in form.calls.data:
        try:
            call_services.move_call(ctx, call_id, data)
        except DomainError as error:
            if error.status == 403:
                raise
            refused.append(_refused(ctx, call_id, error))
    moved = len(form.calls.data) - len(refused)
    if refused:
        ctx.session.expire_all()
        return _calendar(ctx, queries.get_period(ctx, record_id), form, refused, 409)
    flash_done(n_("{n} call moved", "{n} calls moved", moved))
    asked = ("month", "people", "day", "agent")
    kept: dict[str, Any] = {name: request.args[name] for name in asked if name in request.args}
    return redirect(url_for("callback.period_page", record_id=record_id, **kept, _anchor="cell"))


def _refused(ctx: Ctx, call_id: int, error: DomainError) -> str:
    ctx.session.expire_all()
    row = ctx.session.get(Call, call_id)
    name = row.customer.name if row is not None and row.customer else ""
    return _("{name}: {why}", name=name, why=error.message) if name else error.message


@blueprint.get("/periods/<int:record_id>/coverage")
@needs(SEE)
def coverage_page(record_id: int):
    """Plan against actual: month by month, and how far each reason is met (SWM-2.5)."""
    ctx = current_ctx()
    period = queries.get_period(ctx, record_id)
    found = figures(ctx, period)
    return render_template(
        "callback/coverage.html",
        period=period,
        mark=period_mark(period.state),
        months=plan.months(period, found),
        coverage=plan.coverage(ctx, found),
        left=[
            (_(LEFT_OUT_WORDS[why]), count, url_for("callback.left_out_list", f_period=period.id, f_why=why))
            for why, count in plan.left_out(found).items()
        ],
    )
