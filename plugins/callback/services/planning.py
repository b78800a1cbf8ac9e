"""The plan of a quarter: made as a task, reviewed, approved, released, kept up every day."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from core.api import (
    N_,
    Conflict,
    Ctx,
    Outcome,
    State,
    Task,
    Transition,
    Work,
    Workflow,
    _,
    advance,
    bulk_insert,
    check_version,
    emit,
    get_setting,
    insert_missing,
    note_written,
    prepared_many,
    start_task,
    transaction,
)
from plugins.base.queries import count_customers
from plugins.callback.contracts import PERIOD, PERIOD_STATE_WORDS
from plugins.callback.models import Call, Move, Need, Period
from plugins.callback.models.calls import AHEAD, HELD
from plugins.callback.queries import calls as queries
from plugins.callback.queries.duty import Capacity, capacity, days_of
from plugins.callback.queries.facts import IN_VAIN, Read, Reader, Wanted
from plugins.callback.rules.planning import Grid, LeftOut, Placed, Planner, Result
from plugins.callback.services.tally import count_changed, touch_calls, touch_needs

MAKE, APPROVE, RELEASE = "callback.plan.make", "callback.plan.approve", "callback.plan.release"
PLANNING = "callback.plan_quarter"
CHUNK = 2_000
"""So many rows are written in one transaction."""
_DAY = dt.timedelta(days=1)
_STATE_OF_CALLS = {"open": "planned", "planned": "planned", "approved": "approved", "released": "released"}

WORKFLOW = Workflow(
    PERIOD,
    (
        State("open", PERIOD_STATE_WORDS["open"], "circle-dashed"),
        State("planned", PERIOD_STATE_WORDS["planned"], "calendar-range"),
        State("approved", PERIOD_STATE_WORDS["approved"], "stamp"),
        State("released", PERIOD_STATE_WORDS["released"], "phone-outgoing"),
        State("closed", PERIOD_STATE_WORDS["closed"], "archive", final=True),
    ),
    (
        Transition("plan", N_("Plan the quarter"), ("open",), "planned", MAKE),
        Transition("approve", N_("Approve the plan"), ("planned",), "approved", APPROVE),
        Transition("reopen", N_("Review the plan again"), ("approved",), "planned", APPROVE, True),
        Transition("release", N_("Release the plan"), ("approved",), "released", RELEASE),
        Transition("close", N_("Close the quarter"), ("released",), "closed", RELEASE),
    ),
)


# --- ordering, approving, releasing ---------------------------------------------------------------------------------


def order_plan(ctx: Ctx, period_id: int, *, version: int | None = None) -> Task:
    """Have the quarter planned, or planned anew from tomorrow on, by the worker. Raises Conflict when it is over."""
    ctx.require(MAKE)
    with transaction(ctx):
        period = queries.get_period(ctx, period_id, lock=True)
        check_version(period, version)
        require_plannable(ctx, period)
        under_way = task_under_way(ctx, period.id)
        if under_way is not None:
            return under_way
        return start_task(ctx, PLANNING, {"period_id": period.id}, code=period.code)


def task_under_way(ctx: Ctx, period_id: int) -> Task | None:
    """The task that plans this quarter just now, or waits to."""
    query = sa.select(Task).where(Task.kind == PLANNING, Task.state.in_(("queued", "running"))).order_by(Task.id)
    return next((t for t in ctx.session.scalars(query) if t.params.get("period_id") == period_id), None)


def require_plannable(ctx: Ctx, period: Period) -> None:
    """Raises Conflict when nothing of the quarter can be planned any more."""
    if period.state == "closed" or period.last <= ctx.today:
        raise Conflict("over", _("The quarter {code} is over; nothing is planned any more.", code=period.code))


def approve_plan(ctx: Ctx, period_id: int, *, version: int | None = None) -> Period:
    """The plan is right: it may be released."""
    with transaction(ctx):
        row = _step(ctx, period_id, "approve", version)
        row.approved_at, row.approved_by = ctx.now, ctx.actor.name[:120]
        _calls_become(ctx, row, "planned", "approved")
        emit(ctx, "callback.plan_approved", row, code=row.code, count=_count(ctx, row, "approved"))
        return row


def reopen_plan(ctx: Ctx, period_id: int, reason: str, *, version: int | None = None) -> Period:
    """The plan is reviewed again, with a reason."""
    with transaction(ctx):
        row = _step(ctx, period_id, "reopen", version, reason)
        row.approved_at, row.approved_by = None, ""
        _calls_become(ctx, row, "approved", "planned")
        emit(ctx, "callback.plan_reopened", row, code=row.code, reason=reason.strip()[:2000])
        return row


def release_plan(ctx: Ctx, period_id: int, *, version: int | None = None) -> Period:
    """The calls go to those who make them, each on its day."""
    with transaction(ctx):
        row = _step(ctx, period_id, "release", version)
        row.released_at = ctx.now
        _calls_become(ctx, row, "approved", "released")
        emit(ctx, "callback.plan_released", row, code=row.code, count=_count(ctx, row, "released"))
        return row


def close_plan(ctx: Ctx, period_id: int, *, version: int | None = None) -> Period:
    """The quarter is over; calls that were not made go into the next plan. Raises Conflict before its end."""
    with transaction(ctx):
        period = queries.get_period(ctx, period_id)
        if period.last >= ctx.today:
            raise Conflict("not_over", _("The quarter runs until {last}.", last=period.last))
        row = _step(ctx, period_id, "close", version)
        ctx.session.flush()
        emit(ctx, "callback.period_closed", row, code=row.code, count=_count(ctx, row, "done"))
        return row


def _step(ctx: Ctx, period_id: int, name: str, version: int | None, reason: str = "") -> Period:
    """One step on; not while the plan is being written, whose calls would stay behind in the state of before."""
    row = queries.get_period(ctx, period_id, lock=True)
    check_version(row, version)
    if task_under_way(ctx, row.id) is not None:
        raise Conflict("being_planned", _("{code} is being planned just now. Wait until that is done.", code=row.code))
    advance(ctx, WORKFLOW, row, name, reason=reason)
    return row


def _calls_become(ctx: Ctx, period: Period, before: str, after: str) -> None:
    ctx.session.flush()
    ctx.session.execute(
        sa.update(Call)
        .where(Call.period_id == period.id, Call.state == before)
        .values(state=after, version=Call.version + 1)
        .execution_options(synchronize_session=False)
    )


def _count(ctx: Ctx, period: Period, state: str) -> int:
    query = sa.select(sa.func.count()).select_from(Call).where(Call.period_id == period.id, Call.state == state)
    return ctx.session.scalar(query) or 0


# --- planning -------------------------------------------------------------------------------------------------------


@dataclass
class _Standing:
    """What the plan is written over: what was read of everybody, by the keys under which the planner answers."""

    period_id: int
    state: str
    first_time: bool
    wanted: dict[str, Wanted] = field(default_factory=dict)
    """Reasons that do not stand in the plan yet."""
    known: dict[str, tuple[int, int | None, str]] = field(default_factory=dict)
    calls: dict[int, tuple] = field(default_factory=dict)
    whom: dict[int, tuple[int | None, str]] = field(default_factory=dict)
    missed: list[int] = field(default_factory=list)
    carried: dict[str, int] = field(default_factory=dict)
    withdrawn: list[int] = field(default_factory=list)

    def note(self, read: Read) -> None:
        """Keep of a customer what will be written."""
        new = {key: one for key, one in read.wanted.items() if key not in read.known}
        self.wanted |= new
        self.known |= {key: (need.id, need.call_id, need.left_out) for key, need in read.known.items()}
        if read.wanted:
            self.whom[read.customer.id] = (read.unit_id, read.phone)
        for call in read.customer.ahead:
            self.calls[call.id] = (call.day, call.agent)
        for call_id in read.missed:
            self.calls[call_id] = (read.calls[call_id].day, read.calls[call_id].assignee_id)
            self.missed.append(call_id)
        self.carried |= {
            key: need.call_id for key, need in read.known.items() if need.call_id in read.missed and need.call_id
        }
        self.withdrawn += read.withdrawn


def plan_quarter(work: Work) -> Outcome:
    """The task: read everybody in batches, plan, write what is new or has changed.

    Killed at any moment and begun again it finds what was written and goes on from there: nothing is made twice.
    """
    period_id = int(work.params["period_id"])
    with work.reading() as ctx:
        period = queries.get_period(ctx, period_id)
        require_plannable(ctx, period)
        reader, planner, standing = _prepare(ctx, period)
        work.total = count_customers(ctx)
    work.done = after = 0
    while True:
        with work.reading() as ctx:
            batch = reader.batch(ctx, after)
        for read in batch:
            planner.add(read.customer)
            standing.note(read)
        if not batch:
            break
        after = batch[-1].customer.id
        work.done += len(batch)
        work.say(N_("Customers read: {n}"), n=work.done)
        work.beat()
    work.say(N_("Every call is finding its day."))
    result = planner.finish(work.beat)
    work.beat()
    writer = _Writer(standing, result, planner.grid)
    before, work.total = work.done, work.done + writer.count
    for piece in writer.pieces():
        with work.batch() as ctx:
            piece(ctx, queries.get_period(ctx, period_id))
            work.done = before + writer.written
            work.say(N_("Written into the plan: {n}"), n=writer.written)
    with work.batch() as ctx:
        writer.finish(ctx, queries.get_period(ctx, period_id, lock=True))
    with work.batch() as ctx:
        count_changed(ctx)  # so that who opens the plan now need not
    return Outcome(
        writer.counts(),
        N_("New calls: {new}; moved: {moved}; dropped: {dropped}; reasons that nobody calls for: {left}."),
        writer.counts(),
    )


def plan_now(ctx: Ctx, period: Period) -> dict[str, int]:
    """The same within one transaction, for few customers: the demonstration, tests."""
    with transaction(ctx):
        ctx.require(MAKE)
        require_plannable(ctx, period)
        reader, planner, standing = _prepare(ctx, period)
        after = 0
        while batch := reader.batch(ctx, after):
            for read in batch:
                planner.add(read.customer)
                standing.note(read)
            after = batch[-1].customer.id
        writer = _Writer(standing, planner.finish(), planner.grid)
        for piece in writer.pieces():
            piece(ctx, period)
        writer.finish(ctx, period)
        return writer.counts()


def _prepare(ctx: Ctx, period: Period) -> tuple[Reader, Planner, _Standing]:
    """From tomorrow on (or the quarter's first day) to its end, and so many days more for what is carried over."""
    carry = int(get_setting(ctx, "callback.carry_days"))
    start = max(period.first, ctx.today + _DAY)
    until = period.last + carry * _DAY
    can = capacity(ctx, start, until)
    grid = Grid(days_of(start, until), _less_what_stays(ctx, period, can, start, until), can.group_of)
    planner = Planner(grid, int(get_setting(ctx, "callback.month_limit")))
    standing = _Standing(period.id, _STATE_OF_CALLS[period.state], period.state == "open")
    return Reader(ctx, period, can, start, until, carry), planner, standing


def _less_what_stays(ctx: Ctx, period: Period, can: Capacity, start: dt.date, until: dt.date) -> dict:
    """What the agents can do, less the calls that are not touched: placed by a person, or of another quarter."""
    stays = sa.or_(Call.pinned.is_(True), Call.period_id != period.id, Call.state.in_(("calling", "done")))
    query = sa.select(Call.day, Call.part, Call.assignee_id, sa.func.count())
    query = query.where(Call.day.between(start, until), Call.state.in_(HELD), stays, Call.assignee_id.is_not(None))
    room = dict(can.room)
    for day, part, agent, count in ctx.session.execute(query.group_by(Call.day, Call.part, Call.assignee_id)):
        if agent is not None and (day, part, agent) in room:
            room[day, part, agent] = max(0, room[day, part, agent] - count)
    return room


class _Writer:
    """Writes a plan: only what is new or other than it stands."""

    def __init__(self, standing: _Standing, result: Result, grid: Grid):
        self.standing, self.result, self.grid = standing, result, grid
        self.new = [one for one in result.placed if one.call_id is None]
        self.moved = [one for one in result.placed if one.why]
        self.kept = [one for one in result.placed if one.call_id is not None]
        self.left = [one for one in result.left_out if self._is_news(one)]
        self.dropped = sorted(set(result.dropped))
        joined = [(key, one.call_id) for one in self.kept for key in one.keys] + result.attached
        self.joined = [(key, call) for key, call in joined if self._points_elsewhere(key, call)]
        self.written = 0

    @property
    def count(self) -> int:
        """How much there is to write."""
        standing = self.standing
        pieces: tuple[Sequence, ...] = (
            self.dropped, standing.missed, self.moved, self.new, self.joined, self.left, standing.withdrawn,
        )  # fmt: skip
        return sum(len(piece) for piece in pieces)

    def counts(self) -> dict[str, int]:
        """What came of it."""
        return {
            "new": len(self.new), "moved": len(self.moved), "dropped": len(self.dropped),
            "carried": len(self.standing.missed), "left": len(self.result.left_out),
        }  # fmt: skip

    def _is_news(self, one: LeftOut) -> bool:
        known = self.standing.known.get(one.key)
        return known is None or known[2] != one.why

    def pieces(self) -> Iterable:
        """The transactions in which it is written, each a function of (ctx, period). What gives way comes first, so
        that no customer has two calls on a day in between.
        """
        for rows in _chunks(self.dropped):
            yield lambda ctx, period, rows=rows: self._drop(ctx, period, rows)
        for rows in _chunks(self.standing.missed):
            yield lambda ctx, period, rows=rows: self._carry(ctx, period, rows)
        for moving in _chunks_by_customer(self.moved):
            yield lambda ctx, period, rows=moving: self._move(ctx, period, rows)
        for rows in _chunks(self.new):
            yield lambda ctx, period, rows=rows: self._add(ctx, period, rows)
        for rows in _chunks(self.joined):
            yield lambda ctx, period, rows=rows: self._join(ctx, period, rows)
        for rows in _chunks(self.left):
            yield lambda ctx, period, rows=rows: self._leave(ctx, period, rows)
        for rows in _chunks(self.standing.withdrawn):
            yield lambda ctx, period, rows=rows: self._withdraw(ctx, period, rows)

    def _points_elsewhere(self, key: str, call_id: int | None) -> bool:
        known = self.standing.known.get(key)
        return known is None or known[1] != call_id or bool(known[2])

    def _drop(self, ctx: Ctx, period: Period, ids: Sequence[int]) -> None:
        touch_calls(ctx, ids)
        self._set_state(ctx, ids, "cancelled", AHEAD)
        self._log(ctx, period, [(call_id, None, None, "dropped") for call_id in ids])
        self._tell(ctx, period, "callback.calls_dropped", ids)

    def _carry(self, ctx: Ctx, period: Period, ids: Sequence[int]) -> None:
        touch_calls(ctx, ids)
        self._set_state(ctx, ids, "carried_over", (*AHEAD, IN_VAIN))
        self._tell(ctx, period, "callback.calls_missed", ids)

    def _set_state(self, ctx: Ctx, ids: Sequence[int], state: str, before: tuple[str, ...]) -> None:
        ctx.session.flush()
        ctx.session.execute(
            sa.update(Call)
            .where(Call.id.in_(ids), Call.state.in_(before))
            .values(state=state, version=Call.version + 1)
            .execution_options(synchronize_session=False)
        )

    def _move(self, ctx: Ctx, period: Period, rows: Sequence[Placed]) -> None:
        touch_calls(ctx, [one.call_id for one in rows], [one.day for one in rows])
        values = [
            {"of_id": one.call_id, "to_day": one.day, "to_part": one.part, "to_agent": one.agent,
             "from_first": one.first, "until_last": one.last}
            for one in rows
        ]  # fmt: skip
        several = Counter(one.customer for one in rows)
        crossing = [one.call_id for one in rows if several[one.customer] > 1]
        aside = [{"of_id": call_id, "to_day": _ASIDE + n * _DAY} for n, call_id in enumerate(crossing)]
        prepared_many(ctx, _STEP_ASIDE, aside)  # so that two calls of a customer may change places
        prepared_many(ctx, _MOVE, values)
        note_written(ctx, Call, [{"id": one.call_id, "day": one.day} for one in rows])
        self._log(ctx, period, [(one.call_id or 0, one.day, one.agent, one.why) for one in rows])
        self._tell(ctx, period, "callback.calls_replanned", rows)

    def _log(self, ctx: Ctx, period: Period, rows: Sequence[tuple[int, dt.date | None, int | None, str]]) -> None:
        if self.standing.first_time:
            return
        before = self.standing.calls
        insert_missing(
            ctx,
            Move,
            [
                {"period_id": period.id, "call_id": call_id, "moved_at": ctx.now, "from_day": before[call_id][0],
                 "from_id": before[call_id][1], "to_day": day, "to_id": agent, "why": why}
                for call_id, day, agent, why in rows
            ],
        )  # fmt: skip

    def _add(self, ctx: Ctx, period: Period, rows: Sequence[Placed]) -> None:
        whom, carried = self.standing.whom, self.standing.carried
        values: list[dict[str, Any]] = []
        for one in rows:
            old = min((carried[key] for key in one.keys if key in carried), default=None)
            unit_id, phone = whom[one.customer]
            values.append(
                {"period_id": period.id, "customer_id": one.customer, "unit_id": unit_id, "assignee_id": one.agent,
                 "phone": phone, "due_from": one.first, "due_until": one.last, "day": one.day, "part": one.part,
                 "state": self.standing.state, "result": "", "note": "", "pinned": False, "attempts": 0,
                 "carried_from_id": old, "version": 1}
            )  # fmt: skip
        ids = bulk_insert(ctx, Call, values, returning=Call.id)
        self._serve(ctx, period, [(key, n) for one, n in zip(rows, ids, strict=True) for key in one.keys])
        self._log(
            ctx, period,
            [(v["carried_from_id"], v["day"], v["assignee_id"], "missed") for v in values if v["carried_from_id"]],
        )  # fmt: skip
        self._tell(ctx, period, "callback.calls_placed", rows)

    def _join(self, ctx: Ctx, period: Period, rows: Sequence[tuple[str, int]]) -> None:
        self._serve(ctx, period, rows)
        self._tell(ctx, period, "callback.needs_joined", rows)

    def _serve(self, ctx: Ctx, period: Period, rows: Sequence[tuple[str, int]]) -> None:
        """These needs are served by these calls."""
        self._needs(ctx, period, [(key, call_id, "") for key, call_id in rows])

    def _leave(self, ctx: Ctx, period: Period, rows: Sequence[LeftOut]) -> None:
        self._needs(ctx, period, [(one.key, None, one.why) for one in rows])
        self._tell(ctx, period, "callback.needs_left_out", rows)

    def _needs(self, ctx: Ctx, period: Period, rows: Sequence[tuple[str, int | None, str]]) -> None:
        known, wanted = self.standing.known, self.standing.wanted
        touched = [call_id for _key, call_id, _why in rows] + [known[key][1] for key, _c, _w in rows if key in known]
        touch_calls(ctx, touched, [None] if None in touched else ())
        changed = [
            {"of_id": known[key][0], "to_call": call_id if call_id is not None else known[key][1], "why": why,
             "to_period": period.id}
            for key, call_id, why in rows
            if key in known
        ]  # fmt: skip
        prepared_many(ctx, _NEED, changed)
        note_written(ctx, Need, [{"id": one["of_id"]} for one in changed])
        new = []
        for key, call_id, why in rows:
            if key not in known:
                one = wanted[key]
                new.append(
                    {"key": key, "period_id": period.id, "call_id": call_id, "customer_id": one.customer_id,
                     "device_id": one.device_id, "reason": one.reason, "due_from": one.first, "due_until": one.last,
                     "questionnaire": one.questionnaire, "legal": one.legal, "left_out": why}
                )  # fmt: skip
        bulk_insert(ctx, Need, new)

    def _withdraw(self, ctx: Ctx, period: Period, ids: Sequence[int]) -> None:
        touch_needs(ctx, ids)
        ctx.session.flush()
        ctx.session.execute(
            sa.update(Need)
            .where(Need.id.in_(ids))
            .values(left_out="withdrawn")
            .execution_options(synchronize_session=False)
        )
        self._tell(ctx, period, "callback.needs_withdrawn", ids)

    def _tell(self, ctx: Ctx, period: Period, name: str, rows: Sequence[Any]) -> None:
        self.written += len(rows)
        emit(ctx, name, period, code=period.code, count=len(rows))

    def finish(self, ctx: Ctx, period: Period) -> None:
        """The quarter is planned."""
        if period.state == "open":
            advance(ctx, WORKFLOW, period, "plan")
        period.planned_at, period.kept_on = ctx.now, ctx.today
        ctx.session.flush()
        why = dict(sorted(Counter(one.why for one in self.result.left_out).items()))
        emit(ctx, "callback.period_planned", period, code=period.code, **self.counts(), reasons=why)


def _chunks_by_customer(rows: Sequence[Placed]) -> Iterable[Sequence[Placed]]:
    """Chunks in which all calls of a customer are together."""
    chunk: list[Placed] = []
    for _customer, calls in groupby(sorted(rows, key=lambda one: one.customer), key=lambda one: one.customer):
        chunk += calls
        if len(chunk) >= CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _chunks(rows: Sequence) -> Iterable[Sequence]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


_C: Any = Call.__table__
_N: Any = Need.__table__
_STILL_AHEAD = sa.or_(*(_C.c.state == state for state in AHEAD))
"""Without ``in``: its parameters can't be those of a statement that is executed for many rows."""
_MOVE = (
    sa.update(_C)
    .where(_C.c.company_id == sa.bindparam("of_company"), _C.c.id == sa.bindparam("of_id"), _STILL_AHEAD)
    .values(
        day=sa.bindparam("to_day"), part=sa.bindparam("to_part"), assignee_id=sa.bindparam("to_agent"),
        due_from=sa.bindparam("from_first"), due_until=sa.bindparam("until_last"), version=_C.c.version + 1,
    )
)  # fmt: skip
_STEP_ASIDE = (
    sa.update(_C)
    .where(_C.c.company_id == sa.bindparam("of_company"), _C.c.id == sa.bindparam("of_id"), _STILL_AHEAD)
    .values(day=sa.bindparam("to_day"))
)
_ASIDE = dt.date(1970, 1, 1)
_NEED = (
    sa.update(_N)
    .where(_N.c.company_id == sa.bindparam("of_company"), _N.c.id == sa.bindparam("of_id"))
    .values(
        call_id=sa.bindparam("to_call"), left_out=sa.bindparam("why"), period_id=sa.bindparam("to_period"),
    )
)  # fmt: skip


# --- every day ------------------------------------------------------------------------------------------------------


def keep_plans(ctx: Ctx) -> int:
    """Order that released quarters are planned anew, once a day: missed calls are carried over, new reasons come in."""
    query = sa.select(Period).where(
        Period.state == "released",
        Period.last > ctx.today,
        Period.first <= ctx.today,
        sa.or_(Period.kept_on.is_(None), Period.kept_on < ctx.today),
    )
    with transaction(ctx):
        rows = list(ctx.session.scalars(query.order_by(Period.id).with_for_update()))
        for row in rows:
            row.kept_on = ctx.today
            ctx.session.flush()
            emit(ctx, "callback.plan_kept", row, code=row.code)
            start_task(ctx, PLANNING, {"period_id": row.id}, code=row.code)
        return len(rows)
