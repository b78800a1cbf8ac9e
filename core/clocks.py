"""Clocks: deadlines on records. Started with a limit from a decision table, paused, resumed, stopped, warned, breached.

A clock knows when it next needs attention (``next_at``), so that a sweep reads one index range and writes in batches.
A clock that nobody swept in time (the worker was down) fires once, late, and says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import calendars
from core.calendar_store import ALWAYS, calendar
from core.calendars import Limit, Pause
from core.context import Ctx
from core.db import (
    Base,
    BigId,
    CompanyOwned,
    Id,
    JsonType,
    add_plain,
    bulk_insert,
    owned_ref,
    prepared,
    watch_changes,
)
from core.decisions.store import StoredDecision, keep_many, rule
from core.errors import Conflict, Invalid
from core.events import RecordRef, emit, emit_many, ref_of
from core.i18n import N_, _, both
from core.notifications import Told, notify_many, people_with_roles, role_name
from core.registry import ClockKind

RUNNING, PAUSED, MET, MISSED, CANCELLED = "running", "paused", "met", "missed", "cancelled"
SWITCH = "module switched off"
COMPANY_CLOSED = N_("company closed")
_AT_ONCE = 500
LATE_AFTER = dt.timedelta(minutes=5)
"""A sweep that comes later than this after the moment is marked late; the worker sweeps every second or two."""


class Clock(Base, CompanyOwned):
    """One deadline on one record."""

    __tablename__ = "core_clock"
    __table_args__ = (
        sa.Index("ix_core_clock_next", "state", "next_at"),
        sa.Index("ix_core_clock_record", "company_id", "record_kind", "record_id"),
        sa.Index("ix_core_clock_plugin", "company_id", "plugin", "state"),
        sa.CheckConstraint("state in ('running', 'paused', 'met', 'missed', 'cancelled')", name="state"),
    )
    __audited__ = False

    id: Mapped[Id]
    plugin: Mapped[str] = mapped_column(sa.String(60))
    kind: Mapped[str] = mapped_column(sa.String(80))
    record_kind: Mapped[str] = mapped_column(sa.String(80))
    record_id: Mapped[int] = mapped_column(BigId)
    state: Mapped[str] = mapped_column(sa.String(10), default=RUNNING)
    started_at: Mapped[dt.datetime]
    due_at: Mapped[dt.datetime]
    warn_at: Mapped[dt.datetime | None]
    next_at: Mapped[dt.datetime | None]
    """When a sweep must look at it next: the earliest of warning, deadline and next step of the ladder."""
    limit_amount: Mapped[str] = mapped_column(sa.String(20))
    limit_unit: Mapped[str] = mapped_column(sa.String(20))
    count_start_day: Mapped[bool] = mapped_column(default=False)
    calendar: Mapped[str] = mapped_column(sa.String(60))
    warn_share: Mapped[str] = mapped_column(sa.String(10), default="")
    pauses: Mapped[list] = mapped_column(JsonType, default=list)
    """``[from, to, reason]`` in ISO 8601; the last has no ``to`` while the clock is paused."""
    warned_at: Mapped[dt.datetime | None]
    breached_at: Mapped[dt.datetime | None]
    fired_late: Mapped[bool] = mapped_column(default=False)
    stopped_at: Mapped[dt.datetime | None]
    ladder: Mapped[list] = mapped_column(JsonType, default=list)
    """Steps after the deadline: ``{"at": ISO, "role": …, "told_at": ISO|None}``, earliest first."""
    decision_id: Mapped[int | None] = owned_ref("core_decision", nullable=True, index=False)

    @property
    def limit(self) -> Limit:
        """Its limit as ``core.calendars`` reckons with it."""
        return Limit(Decimal(self.limit_amount), self.limit_unit, self.count_start_day)

    @property
    def breaks(self) -> list[Pause]:
        """Its pauses; the last one may still be open."""
        return [Pause(_moment(a), _moment(b) if b else None) for a, b, *_reason in self.pauses]

    @property
    def pause_reason(self) -> str:
        """Why it stands still now; empty when it does not."""
        return self.pauses[-1][2] if self.state == PAUSED and self.pauses else ""

    @property
    def overdue(self) -> bool:
        """Whether it was breached, or stopped after its deadline."""
        return self.breached_at is not None or self.state == MISSED


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


# --- starting and stopping ------------------------------------------------------------------------------------------


def start_clock(
    ctx: Ctx,
    record,
    kind: str,
    facts: Mapping[str, Any],
    *,
    at: dt.datetime | None = None,
    due: dt.datetime | None = None,
) -> Clock:
    """Start the clock ``kind`` on a record; its limit is decided by the clock's table on ``facts`` plus ``clock``.

    The table answers ``limit`` (amount), ``unit`` (see ``core.calendars.Unit``) and optionally ``calendar``, ``warn``
    (share of the limit, such as 0.8) and ``count_start_day``. Starting a clock that runs already changes nothing and
    answers it. Raises Invalid when the table gives no limit: a clock never lacks one.

    ``due`` is a deadline that somebody agreed to; it takes the place of the table's limit (to the minute, round the
    clock), while warning and ladder still come from the tables. Raises Invalid when it is not later than the start.
    """
    return start_each_clock(ctx, record, (kind,), facts, at=at, due=due)[0]


def start_each_clock(
    ctx: Ctx,
    record,
    kinds: Iterable[str],
    facts: Mapping[str, Any],
    *,
    at: dt.datetime | None = None,
    due: dt.datetime | None = None,
) -> list[Clock]:
    """Start several clocks on one record, in as few statements as one; see ``start_clock``."""
    clocks, begun = _plan(ctx, record, tuple(kinds), facts, at, due)
    ctx.session.flush()
    tell_started(ctx, record, begun)
    return clocks


def plan_clocks(
    ctx: Ctx, record, kinds: Iterable[str], facts: Mapping[str, Any], *, at: dt.datetime | None = None
) -> list[Clock]:
    """The clocks of a record that is about to be written for the first time: reckoned now, written with it.

    So the record can hold what follows from its deadlines in the one statement that inserts it. Add the record, flush,
    then ``tell_started``: without that nobody hears of the clocks.
    """
    return _plan(ctx, record, tuple(kinds), facts, at, None)[0]


def due_by_table(
    ctx: Ctx, kind: str, facts: Mapping[str, Any], *, at: dt.datetime | None = None
) -> dt.datetime | None:
    """When a clock would run out, were it started on these facts ``at`` that moment (now unless said): a promise.

    None where its table gives no limit.
    """
    out = rule(ctx, ctx.registry.clock_kinds[kind].table, _asked(facts, kind)).outputs
    if not out or out.get("limit") is None:
        return None
    limit = _limit_columns(out)
    amount = Limit(Decimal(limit["limit_amount"]), calendars.Unit(limit["limit_unit"]), limit["count_start_day"])
    return calendars.due(calendar(ctx, limit["calendar"]), at or ctx.now, amount)


def tell_started(ctx: Ctx, record, clocks: Iterable[Clock]) -> None:
    """Emit ``core.clock_started`` for each of these clocks, which are written."""
    for clock in clocks:
        emit(
            ctx,
            "core.clock_started",
            record,
            clock=both(ctx.registry.clock_kinds[clock.kind].label),
            kind=clock.kind,
            clock_id=clock.id,
            due=clock.due_at,
            limit=clock.limit_amount,
            unit=clock.limit_unit,
        )


def _plan(
    ctx: Ctx,
    record,
    kinds: tuple[str, ...],
    facts: Mapping[str, Any],
    at: dt.datetime | None,
    due: dt.datetime | None,
) -> tuple[list[Clock], list[Clock]]:
    """(a clock of each kind, those of them that begin now), to be written at the next flush."""
    ref = ref_of(ctx, record)
    clocks = _newest(ctx, ref, kinds) if ref.id is not None and _has_any(ctx, ref) else {}
    _forget(ctx.session, None)
    begun = [kind for kind in kinds if kind not in clocks or clocks[kind].state not in (RUNNING, PAUSED)]
    rulings = [rule(ctx, ctx.registry.clock_kinds[k].table, _asked(facts, k), record=record) for k in begun]
    limits = [_limit_given(ctx.registry.clock_kinds[k], r.outputs) for k, r in zip(begun, rulings, strict=True)]
    if due is not None:
        limits = [{**limit, **_agreed(at or ctx.now, due)} for limit in limits]
    for kind, ruling, limit in zip(begun, rulings, limits, strict=True):
        clock = clocks[kind] = _clock(ctx, ref, kind, facts, limit, at or ctx.now)
        ids_of: dict[str, Any] = {} if ref.id is not None else {"record_id": record}
        if ruling.stored is not None:
            ids_of["decision_id"] = ruling.stored
        add_plain(ctx, clock, **ids_of)
    return [clocks[kind] for kind in kinds], [clocks[kind] for kind in begun]


def _has_any(ctx: Ctx, ref: RecordRef) -> bool:
    """Whether a record has clocks: a new one has none, which costs less to find out than reading them."""
    if ref in ctx.session.info.get(_KNOWN, {}):
        return True
    return prepared(ctx, _ANY_CLOCK, of_kind=ref.kind, of_id=ref.id).first() is not None


_TABLE: Any = Clock.__table__
_ANY_CLOCK = (
    sa.select(_TABLE.c.id)
    .where(
        _TABLE.c.company_id == sa.bindparam("of_company"),
        _TABLE.c.record_kind == sa.bindparam("of_kind"),
        _TABLE.c.record_id == sa.bindparam("of_id"),
    )
    .limit(1)
)


def _asked(facts: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """The facts of a record, with the clock that is meant: the last part of its kind."""
    return {**facts, "clock": kind.rpartition(".")[2]}


def _clock(
    ctx: Ctx, ref: RecordRef, kind: str, facts: Mapping[str, Any], limit: Mapping[str, Any], at: dt.datetime
) -> Clock:
    """A running clock with its deadline, not yet added."""
    clock = Clock(
        plugin=ctx.registry.owner_of("clock_kinds", kind),
        kind=kind,
        record_kind=ref.kind,
        record_id=ref.id,
        state=RUNNING,
        started_at=at,
        pauses=[],
        ladder=_ladder_steps(ctx, ctx.registry.clock_kinds[kind].ladder, _asked(facts, kind)),
        **_limit_columns(limit),
    )
    _reckon(ctx, clock)
    return clock


def start_given_clock(
    ctx: Ctx,
    record,
    kind: str,
    limit: Mapping[str, Any],
    *,
    plugin: str,
    escalate_to: str = "",
    decision_id: int | None = None,
    at: dt.datetime | None = None,
) -> Clock:
    """Start a clock of a kind without a table: ``limit`` holds what a table of limits would answer.

    It stands still while ``plugin`` is off. When its deadline passes, those with the role ``escalate_to`` are told.
    It counts from ``at``, now unless said.
    """
    return start_given_clocks(
        ctx, (record,), kind, limit, plugin=plugin, escalate_to=escalate_to, decision_id=decision_id, at=at
    )[0]


def start_given_clocks(
    ctx: Ctx,
    records: Iterable[Any],
    kind: str,
    limit: Mapping[str, Any],
    *,
    plugin: str,
    escalate_to: str = "",
    decision_id: int | None = None,
    at: dt.datetime | None = None,
) -> list[Clock]:
    """Start a clock with the same limit on each record, written together; see ``start_given_clock``."""
    steps = [{"after": "0", "unit": str(limit["unit"]), "role": escalate_to, "at": None, "told_at": None}]
    refs = [ref_of(ctx, record) for record in records]
    clocks = [
        Clock(
            plugin=plugin, kind=kind, record_kind=ref.kind, record_id=ref.id, state=RUNNING, started_at=at or ctx.now,
            pauses=[], ladder=[dict(step) for step in steps] if escalate_to else [], decision_id=decision_id,
            **_limit_columns(limit),
        )
        for ref in refs
    ]  # fmt: skip
    for clock in clocks:
        _reckon(ctx, clock)
        add_plain(ctx, clock)
    ctx.session.flush()
    _forget(ctx.session, None)
    label = both(ctx.registry.clock_kinds[kind].label)
    for ref, clock in zip(refs, clocks, strict=True):
        facts = {"kind": kind, "clock_id": clock.id, "limit": clock.limit_amount, "unit": clock.limit_unit}
        emit(ctx, "core.clock_started", ref, clock=label, due=clock.due_at, **facts)
    return clocks


def _limit_given(declared: ClockKind, out: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The outputs of a table of limits; Invalid when they hold no limit."""
    if not out or out.get("limit") is None:
        raise Invalid(
            "no_limit",
            _(
                "The rule table “{table}” gives no limit for “{clock}”. Add a row or a default.",
                table=declared.table,
                clock=_(declared.label),
            ),
        )
    return out


def _agreed(start: dt.datetime, due: dt.datetime) -> dict[str, Any]:
    """The limit that leads from ``start`` to ``due``, as a table would answer it."""
    if due <= start:
        raise Invalid("due_too_early", _("The due date must be later than the start."), "due")
    minutes = -((start - due) // dt.timedelta(minutes=1))
    return {"limit": minutes, "unit": "elapsed_minutes", "calendar": ALWAYS, "count_start_day": False}


def redecide_clock(ctx: Ctx, record, kind: str, facts: Mapping[str, Any]) -> Clock | None:
    """The facts of a record have changed: decide the limit of its running clock anew, from the same start.

    Pauses and warnings given stay. Nothing happens when the limit is the same, or no such clock runs.
    """
    clock = find_clock(ctx, record, kind)
    if clock is None or clock.state not in (RUNNING, PAUSED):
        return clock
    declared = ctx.registry.clock_kinds[kind]
    asked = _asked(facts, kind)
    out = _limit_given(declared, rule(ctx, declared.table, asked).outputs)
    values = _limit_columns(out)
    if all(getattr(clock, name) == value for name, value in values.items()):
        return clock
    stored = rule(ctx, declared.table, asked, record=record).stored
    ctx.session.flush()
    for name, value in values.items():
        setattr(clock, name, value)
    clock.decision_id = stored.id if stored else None
    told = {step["role"]: step["told_at"] for step in clock.ladder}
    clock.ladder = [{**s, "told_at": told.get(s["role"])} for s in _ladder_steps(ctx, declared.ladder, asked)]
    _reckon(ctx, clock)
    facts_told = {"limit": clock.limit_amount, "unit": clock.limit_unit}
    label = declared.label
    emit(ctx, "core.clock_changed", record, clock=label, kind=kind, clock_id=clock.id, due=clock.due_at, **facts_told)
    return clock


def _limit_columns(out: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "limit_amount": str(out["limit"]),
        "limit_unit": str(out["unit"]),
        "calendar": str(out.get("calendar") or ALWAYS),
        "warn_share": str(out.get("warn") or ""),
        "count_start_day": bool(out.get("count_start_day")),
    }


def _ladder_steps(ctx: Ctx, table: str, facts: Mapping[str, Any]) -> list[dict]:
    """Who is told how long after the deadline, as the ladder table says; no table, no ladder."""
    if not table:
        return []
    steps = []
    for out in rule(ctx, table, facts).decision.all_outputs:
        after, unit = out.get("after") or 0, out.get("unit") or "working_hours"
        steps.append({"after": str(after), "unit": str(unit), "role": str(out["role"]), "at": None, "told_at": None})
    return steps


def _reckon(ctx: Ctx, clock: Clock) -> None:
    """Work deadline, warning, ladder and next look out anew from start, limit and pauses."""
    cal = calendar(ctx, clock.calendar)
    breaks = clock.breaks
    now = ctx.now if breaks and breaks[-1].end is None else None
    clock.due_at = calendars.due(cal, clock.started_at, clock.limit, breaks, now)
    clock.warn_at = (
        calendars.warn_at(cal, clock.started_at, clock.limit, clock.warn_share, breaks, now)
        if clock.warn_share
        else None
    )
    steps = []
    for step in clock.ladder:
        at = clock.due_at
        if Decimal(step["after"]) > 0:
            at = calendars.due(cal, clock.due_at, Limit(Decimal(step["after"]), step["unit"]), breaks, now)
        steps.append({**step, "at": at.isoformat()})
    clock.ladder = sorted(steps, key=lambda s: s["at"])
    clock.next_at = _next_look(clock) if clock.state == RUNNING else None


def _next_look(clock: Clock) -> dt.datetime | None:
    moments = []
    if clock.warn_at is not None and clock.warned_at is None and clock.breached_at is None:
        moments.append(clock.warn_at)
    if clock.breached_at is None:
        moments.append(clock.due_at)
    moments += [_moment(s["at"]) for s in clock.ladder if not s["told_at"]]
    return min(moments, default=None)


def find_clock(ctx: Ctx, record, kind: str) -> Clock | None:
    """The newest clock of a kind on a record."""
    return _newest(ctx, ref_of(ctx, record), (kind,)).get(kind)


def _newest(ctx: Ctx, ref: RecordRef, kinds: tuple[str, ...]) -> dict[str, Clock]:
    """The newest clock of each of these kinds on a record."""
    return {clock.kind: clock for clock in _all_on(ctx, ref) if clock.kind in kinds}


def clocks_on(ctx: Ctx, record) -> list[Clock]:
    """All clocks of a record, in the order in which they were started."""
    return list(_all_on(ctx, ref_of(ctx, record)))


def _all_on(ctx: Ctx, ref: RecordRef) -> list[Clock]:
    """All clocks of a record, read once in a transaction: one step of a record stops, pauses and asks for many."""
    known: dict[RecordRef, list[Clock]] = ctx.session.info.get(_KNOWN, {})
    if ref in known:
        return known[ref]
    query = sa.select(Clock).where(Clock.record_kind == ref.kind, Clock.record_id == ref.id).order_by(Clock.id)
    clocks = list(ctx.session.scalars(query))
    if ctx.session.info.get("in_transaction"):
        ctx.session.info.setdefault(_KNOWN, {})[ref] = clocks
    return clocks


_KNOWN = "clocks of records"
"""Under this name a session keeps what it has read in the transaction that is open."""


@sa.event.listens_for(Session, "after_transaction_end")
def _forget_at_the_end(session: Session, transaction: Any) -> None:
    """Clocks are read anew after a commit or a rollback; a flush and a part that is kept end nothing."""
    if transaction.parent is None:
        session.info.pop(_KNOWN, None)


@sa.event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, _transaction: Any) -> None:
    """And after the rollback of a part, whose clocks are gone."""
    session.info.pop(_KNOWN, None)


def _forget_changed(session: Session, row: Any) -> None:
    """And when a statement has changed clocks that it does not name: records were merged, say."""
    if row is None:
        session.info.pop(_KNOWN, None)


watch_changes("clocks", {Clock.__tablename__: _forget_changed}, lambda _session: None)


def stop_clock(ctx: Ctx, record, kind: str, *, at: dt.datetime | None = None) -> Clock | None:
    """What the clock waited for has happened: met when in time, missed otherwise. No such clock running: nothing."""
    clock = find_clock(ctx, record, kind)
    if clock is None or clock.state not in (RUNNING, PAUSED):
        return clock
    at = at or ctx.now
    if clock.state == PAUSED:
        _end_pause(ctx, clock, at)
    clock.state = MET if at <= clock.due_at else MISSED
    clock.stopped_at, clock.next_at = at, None
    facts = {
        "clock": both(ctx.registry.clock_kinds[kind].label),
        "kind": kind,
        "clock_id": clock.id,
        "due": clock.due_at,
    }
    if clock.state == MET:
        emit(ctx, "core.clock_met", record, **facts)
        return clock
    if clock.breached_at is None:  # no sweep came between the deadline and now: the breach is told once all the same
        clock.breached_at = clock.due_at
        emit(ctx, "core.clock_breached", record, **facts)
    emit(ctx, "core.clock_stopped_late", record, **facts, stopped=at)
    return clock


def cancel_clock(ctx: Ctx, record, kind: str) -> None:
    """The clock no longer applies (the record was withdrawn, say)."""
    clock = find_clock(ctx, record, kind)
    if clock is not None and clock.state in (RUNNING, PAUSED):
        clock.state, clock.next_at, clock.stopped_at = CANCELLED, None, ctx.now
        emit(
            ctx,
            "core.clock_cancelled",
            record,
            clock=both(ctx.registry.clock_kinds[kind].label),
            kind=kind,
            clock_id=clock.id,
        )


def cancel_clocks(ctx: Ctx, records: Iterable[Any], kind: str) -> None:
    """Cancel the running clock of a kind on each record (of one kind), in a fixed number of statements per thousand."""
    by_id = {ref.id: ref for ref in (ref_of(ctx, record) for record in records)}
    for some in _slices(by_id):
        query = sa.select(Clock).where(
            Clock.record_kind == by_id[some[0]].kind, Clock.record_id.in_(some), Clock.kind == kind,
            Clock.state.in_((RUNNING, PAUSED)),
        )  # fmt: skip
        clocks = list(ctx.session.scalars(query.order_by(Clock.id)))
        ended = sa.update(Clock).where(Clock.id.in_([clock.id for clock in clocks]))
        ctx.session.execute(ended.values(state=CANCELLED, next_at=None, stopped_at=ctx.now))
        for clock in clocks:
            label = both(ctx.registry.clock_kinds[kind].label)
            emit(ctx, "core.clock_cancelled", by_id[clock.record_id], clock=label, kind=kind, clock_id=clock.id)


def pause_clock(ctx: Ctx, record, kind: str, reason: str) -> Clock:
    """Let the clock stand still from now on. Raises Conflict when it does not run."""
    clock = find_clock(ctx, record, kind)
    if clock is None or clock.state != RUNNING:
        raise Conflict("clock_not_running", _("This time limit is not running."))
    _begin_pause(clock, ctx.now, reason)
    emit(
        ctx,
        "core.clock_paused",
        record,
        clock=both(ctx.registry.clock_kinds[kind].label),
        kind=kind,
        clock_id=clock.id,
        reason=both(reason),
    )
    return clock


def resume_clock(ctx: Ctx, record, kind: str) -> Clock:
    """Let a paused clock go on; its deadline moves by the running time inside the pause. Raises Conflict otherwise."""
    clock = find_clock(ctx, record, kind)
    if clock is None or clock.state != PAUSED:
        raise Conflict("clock_not_paused", _("This time limit is not paused."))
    _end_pause(ctx, clock, ctx.now)
    emit(
        ctx,
        "core.clock_resumed",
        record,
        clock=both(ctx.registry.clock_kinds[kind].label),
        kind=kind,
        clock_id=clock.id,
        due=clock.due_at,
    )
    return clock


def restart_clock(ctx: Ctx, record, kind: str) -> Clock | None:
    """The record was reopened: the clock goes on; the time from its stop until now counts as a pause."""
    clock = find_clock(ctx, record, kind)
    if clock is None or clock.state not in (MET, MISSED) or clock.stopped_at is None:
        return clock
    clock.pauses = [*clock.pauses, [clock.stopped_at.isoformat(), ctx.now.isoformat(), "reopened"]]
    clock.state, clock.stopped_at = RUNNING, None
    _reckon(ctx, clock)
    emit(
        ctx,
        "core.clock_resumed",
        record,
        clock=both(ctx.registry.clock_kinds[kind].label),
        kind=kind,
        clock_id=clock.id,
        due=clock.due_at,
    )
    return clock


def _begin_pause(clock: Clock, at: dt.datetime, reason: str) -> None:
    clock.pauses = [*clock.pauses, [at.isoformat(), None, reason]]
    clock.state, clock.next_at = PAUSED, None


def _end_pause(ctx: Ctx, clock: Clock, at: dt.datetime) -> None:
    begun, _open, reason = clock.pauses[-1]
    clock.pauses = [*clock.pauses[:-1], [begun, at.isoformat(), reason]]
    clock.state = RUNNING
    _reckon(ctx, clock)


# --- many at once ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ClockStart:
    """A clock of a record that was taken over from elsewhere: running since ``at``, or stopped at ``stopped_at``.

    ``in_time`` is what the source says about it, where it says so; it overrules the moments.
    """

    record: RecordRef
    kind: str
    facts: Mapping[str, Any]
    at: dt.datetime
    stopped_at: dt.datetime | None = None
    in_time: bool | None = None


def start_clocks(ctx: Ctx, starts: list[ClockStart]) -> list[dict[str, Any]]:
    """Start many clocks in a fixed number of statements, for imports; answers their columns in the same order.

    What has run out before now is overdue from the start and tells nobody: history is not announced.
    """
    rulings = []
    for start in starts:
        declared = ctx.registry.clock_kinds[start.kind]
        ruling = rule(ctx, declared.table, _asked(start.facts, start.kind))
        _limit_given(declared, ruling.outputs)
        rulings.append(ruling)
    ids = keep_many(ctx, [(ruling, start.record) for ruling, start in zip(rulings, starts, strict=True)])
    rows = [
        _taken_over(ctx, start, _limit_columns(ruling.outputs or {}), decision_id)
        for start, ruling, decision_id in zip(starts, rulings, ids, strict=True)
    ]
    bulk_insert(ctx, Clock, rows)
    _forget(ctx.session, None)
    return rows


def _taken_over(ctx: Ctx, start: ClockStart, limit: dict[str, Any], decision_id: int) -> dict[str, Any]:
    clock = Clock(kind=start.kind, started_at=start.at, state=RUNNING, pauses=[], ladder=[], **limit)
    if start.stopped_at is None and start.in_time is None:
        declared = ctx.registry.clock_kinds[start.kind]
        clock.ladder = _ladder_steps(ctx, declared.ladder, _asked(start.facts, start.kind))
    else:
        clock.warn_share = ""
    _reckon(ctx, clock)
    stopped = start.stopped_at
    if start.in_time is not None:
        nearest = min if start.in_time else max
        stopped = nearest(stopped or clock.due_at, clock.due_at)
    if stopped is not None:
        in_time = start.in_time if start.in_time is not None else stopped <= clock.due_at
        clock.state, clock.stopped_at, clock.next_at = MET if in_time else MISSED, stopped, None
        clock.breached_at = None if in_time else clock.due_at
    elif clock.due_at <= ctx.now:
        clock.breached_at = clock.due_at
        clock.ladder = [s for s in clock.ladder if _moment(s["at"]) > ctx.now]
        clock.next_at = _next_look(clock)
    return {
        "plugin": ctx.registry.owner_of("clock_kinds", start.kind),
        "record_kind": start.record.kind,
        "record_id": start.record.id,
        "kind": start.kind,
        "state": clock.state,
        "started_at": start.at,
        "due_at": clock.due_at,
        "warn_at": clock.warn_at if clock.state == RUNNING else None,
        "next_at": clock.next_at,
        "pauses": [],
        "warned_at": None,
        "breached_at": clock.breached_at,
        "fired_late": False,
        "stopped_at": clock.stopped_at,
        "ladder": clock.ladder,
        "decision_id": decision_id,
        **limit,
        "warn_share": clock.warn_share,
    }


def hold_clocks(ctx: Ctx, ids: Iterable[int]) -> None:
    """Let no sweep look at these clocks until they are released: nobody is told of records that may be taken back."""
    for some in _slices(ids):
        held = sa.update(Clock).where(Clock.id.in_(some), Clock.state == RUNNING).values(next_at=None)
        ctx.session.execute(held, execution_options={"synchronize_session": False})


def release_clocks(ctx: Ctx, ids: Iterable[int]) -> None:
    """Have held clocks looked at again; what has run out meanwhile fires at the next sweep."""
    for some in _slices(ids):
        query = sa.select(Clock).where(Clock.id.in_(some), Clock.state == RUNNING, Clock.next_at.is_(None))
        for clock in ctx.session.scalars(query):
            clock.next_at = _next_look(clock)
    ctx.session.flush()


def _slices(ids: Iterable[int]) -> list[list[int]]:
    known = sorted(ids)
    return [known[start : start + _AT_ONCE] for start in range(0, len(known), _AT_ONCE)]


# --- the module switch ----------------------------------------------------------------------------------------------


def pause_for_plugin(ctx: Ctx, plugin: str) -> None:
    """The module was switched off: its running clocks stand still; those paused already stay as they are."""
    for clock in ctx.session.scalars(sa.select(Clock).where(Clock.plugin == plugin, Clock.state == RUNNING)):
        _begin_pause(clock, ctx.now, SWITCH)
    ctx.session.flush()


def pause_for_company(ctx: Ctx) -> None:
    """The company is closed: its running clocks stand still; those paused already stay as they are."""
    for clock in ctx.session.scalars(sa.select(Clock).where(Clock.state == RUNNING)):
        _begin_pause(clock, ctx.now, COMPANY_CLOSED)
    ctx.session.flush()


def resume_for_company(ctx: Ctx) -> None:
    """The company is open again: the clocks that its closing paused go on, their deadlines moved."""
    for clock in ctx.session.scalars(sa.select(Clock).where(Clock.state == PAUSED)):
        if clock.pause_reason == COMPANY_CLOSED:
            _end_pause(ctx, clock, ctx.now)
    ctx.session.flush()


def resume_for_plugin(ctx: Ctx, plugin: str) -> None:
    """The module is on again: the clocks that the switch paused go on, their deadlines moved."""
    for clock in ctx.session.scalars(sa.select(Clock).where(Clock.plugin == plugin, Clock.state == PAUSED)):
        if clock.pause_reason == SWITCH:
            _end_pause(ctx, clock, ctx.now)
    ctx.session.flush()


# --- the sweep ------------------------------------------------------------------------------------------------------


def sweep(ctx: Ctx, limit: int = 1000) -> int:
    """Fire what is due now for this company: warnings, breaches, steps of the ladder. Answers how many clocks fired.

    Set-based: a fixed number of statements however many clocks are due (up to ``limit``). Clocks of modules that are
    switched off are paused and so never found. Runs inside the caller's transaction.
    """
    query = (
        sa.select(Clock)
        .where(
            Clock.state == RUNNING,
            Clock.next_at <= ctx.now,
            Clock.plugin.in_(ctx.enabled),
            Clock.kind.in_(ctx.registry.clock_kinds),
        )
        .order_by(Clock.next_at, Clock.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    due = list(ctx.session.scalars(query))
    if not due:
        return 0
    happened: list[tuple[str, RecordRef, dict]] = []
    told: list[tuple[Clock, dict]] = []
    fired: dict[str, list[tuple[Clock, str]]] = {}
    for clock in due:
        events = _fire(ctx, clock, told)
        happened += events
        if ctx.registry.clock_kinds[clock.kind].fired is not None:
            fired.setdefault(clock.kind, []).extend((clock, name) for name, _ref, _facts in events)
    ctx.session.flush()
    emit_many(ctx, happened)
    _tell(ctx, told)
    for kind, which in fired.items():
        ctx.registry.clock_kinds[kind].fired(ctx, which)  # type: ignore[misc]
    return len(due)


def _fire(ctx: Ctx, clock: Clock, told: list) -> list[tuple[str, RecordRef, dict]]:
    """Everything that this clock owes at ``ctx.now``; a warning that the deadline has overtaken is not given."""
    ref = RecordRef(clock.record_kind, clock.record_id)
    facts = {
        "clock": both(ctx.registry.clock_kinds[clock.kind].label),
        "kind": clock.kind,
        "clock_id": clock.id,
        "due": clock.due_at,
    }
    happened = []
    scheduled = clock.next_at or ctx.now
    late = ctx.now - scheduled > LATE_AFTER
    if late:
        clock.fired_late = True
        facts = {**facts, "late": True, "late_seconds": int((ctx.now - scheduled).total_seconds())}
    if clock.breached_at is None and clock.due_at <= ctx.now:
        clock.breached_at = clock.due_at
        happened.append(("core.clock_breached", ref, facts))
    elif (
        clock.breached_at is None and clock.warned_at is None and clock.warn_at is not None and clock.warn_at <= ctx.now
    ):
        clock.warned_at = ctx.now
        happened.append(("core.clock_warned", ref, facts))
    steps = []
    for step in clock.ladder:
        if not step["told_at"] and _moment(step["at"]) <= ctx.now:
            step = {**step, "told_at": ctx.now.isoformat()}
            told.append((clock, step))
            happened.append(("core.clock_escalated", ref, {**facts, "role": role_name(ctx, step["role"])}))
        steps.append(step)
    clock.ladder = steps
    clock.next_at = _next_look(clock)
    return happened


def _tell(ctx: Ctx, told: list[tuple[Clock, dict]]) -> None:
    """Put escalations into the inboxes of the roles named."""
    holders = people_with_roles(ctx, {step["role"] for _clock, step in told})
    notify_many(
        ctx,
        [
            Told(
                holders[step["role"]],
                N_("Overdue: “{clock}”"),
                f"clock {clock.id} {step['role']} {step['at']}"[:120],
                RecordRef(clock.record_kind, clock.record_id),
                {"clock": both(ctx.registry.clock_kinds[clock.kind].label)},
            )
            for clock, step in told
        ],
    )


def due_companies(session, now: dt.datetime) -> list[int]:
    """The companies with a clock to fire; for the worker's system session."""
    query = sa.select(Clock.company_id).where(Clock.state == RUNNING, Clock.next_at <= now).distinct()
    return list(session.scalars(query))


def decision_of(ctx: Ctx, clock: Clock) -> StoredDecision | None:
    """Why the clock has the limit that it has."""
    return ctx.session.get(StoredDecision, clock.decision_id) if clock.decision_id else None
