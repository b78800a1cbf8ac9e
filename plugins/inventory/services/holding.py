"""What holding a batch brings with it, all in the act that holds it: what was reserved is set free, everybody who has
some of it is found, and a task is opened for each place and each destination (ISO-5.2.4).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.api import (
    N_,
    OFFICE,
    Conflict,
    Ctx,
    RecordRef,
    _,
    bulk_insert,
    cancel_clocks,
    check_version,
    emit,
    get_setting,
    note_written,
    notify,
    prepared,
    start_given_clocks,
    stop_clock,
    transaction,
)
from plugins.inventory.contracts import DECISION_WORDS, HOLD_CLOCK, Delivery
from plugins.inventory.models import Balance, Batch, Hold, HoldTask, Location, Reservation
from plugins.inventory.queries import holds as queries
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.queries import trace
from plugins.inventory.services.common import chosen, required
from plugins.inventory.services.posting import apply, what_words
from plugins.inventory.services.reserving import change_reservations

WORK = "inventory.hold.work"
TASK = "inventory.hold_task"
ZERO = Decimal(0)

_B: Any = Balance.__table__
_R: Any = Reservation.__table__
_L: Any = Location.__table__
_KEPT = (
    sa.select(_R.c.id, _R.c.record_kind, _R.c.record_id, _R.c.balance_id, _R.c.quantity, _R.c.by_id)
    .join(_B, sa.and_(_B.c.company_id == _R.c.company_id, _B.c.id == _R.c.balance_id))
    .where(
        _R.c.company_id == sa.bindparam("of_company"), _B.c.batch_id == sa.bindparam("batch"),
        _R.c.quantity > sa.literal_column("0"),
    )
    .order_by(_R.c.id)
    .with_for_update(of=_R)
)  # fmt: skip
_THERE = (
    sa.select(_B.c.location_id, _L.c.kind, sa.type_coerce(sa.func.sum(_B.c.on_hand), _B.c.on_hand.type))
    .join(_L, sa.and_(_L.c.company_id == _B.c.company_id, _L.c.id == _B.c.location_id))
    .where(
        _B.c.company_id == sa.bindparam("of_company"), _B.c.batch_id == sa.bindparam("batch"),
        _B.c.on_hand > sa.literal_column("0"),
    )
    .group_by(_B.c.location_id, _L.c.kind)
    .order_by(_B.c.location_id)
)  # fmt: skip


def begin(ctx: Ctx, batch: Batch) -> Hold:
    """Open the case of a batch that was held just now, its balances locked, in the same transaction."""
    freed = _set_free(ctx, batch)
    hold = Hold(
        batch_id=batch.id, reason=batch.hold_reason, begun_at=ctx.now, begun_by_id=ctx.actor.user_id,
        begun_by=ctx.actor.name, freed=freed,
    )  # fmt: skip
    ctx.session.add(hold)
    ctx.session.flush()
    tasks = [*_in_stock(ctx, hold), *_with_others(ctx, hold, batch)]
    made = bulk_insert(ctx, HoldTask, tasks, returning=HoldTask.id)
    emit(
        ctx, "inventory.hold_begun", hold, links=[batch], number=batch.number, part=batch.part.code, tasks=len(tasks)
    )  # fmt: skip
    _start_clocks(ctx, [RecordRef(TASK, task_id) for task_id in made])
    return hold


def _set_free(ctx: Ctx, batch: Batch) -> Decimal:
    """Nothing of it is kept for anybody any more; whoever had some is told."""
    rows = prepared(ctx, _KEPT, batch=batch.id).all()
    if not rows:
        return ZERO
    change_reservations(ctx, [(row.id, -row.quantity) for row in rows])
    less: dict[int, Decimal] = defaultdict(Decimal)
    by_record: dict[RecordRef, list[Any]] = defaultdict(list)
    for row in rows:
        less[row.balance_id] -= row.quantity
        by_record[RecordRef(row.record_kind, row.record_id)].append(row)
    apply(ctx, {balance_id: (ZERO, quantity) for balance_id, quantity in sorted(less.items())})
    note_written(ctx, Reservation, [{"id": row.id} for row in rows])
    part = part_queries.part_words(ctx, [batch.part_id])[batch.part_id]
    for ref, kept in by_record.items():
        what = what_words([(part, sum((row.quantity for row in kept), ZERO))])
        emit(ctx, "inventory.freed_by_hold", ref, links=[batch], what=what, number=batch.number)
        people = sorted({row.by_id for row in kept if row.by_id is not None})
        text = N_("What was reserved is of a batch that is held now ({number}): {what}. Reserve anew or order it.")
        once = f"held {batch.id} {ref.kind} {ref.id} {ctx.now.isoformat()}"
        notify(ctx, people, text, record=ref, once=once, what=what, number=batch.number)
    return sum((row.quantity for row in rows), ZERO)


def _in_stock(ctx: Ctx, hold: Hold) -> list[dict[str, Any]]:
    """A task for each location where some of it lies and may be taken for good, and for each way it is on."""
    return [
        _task(hold, "transit" if kind == "transit" else "isolate", quantity, location_id=place)
        for place, kind, quantity in prepared(ctx, _THERE, batch=hold.batch_id)
        if kind != "quarantine"
    ]


def _with_others(ctx: Ctx, hold: Hold, batch: Batch) -> list[dict[str, Any]]:
    """A task for each unit, customer or shipment that some of it went to, and is there still."""
    found: dict[tuple[str, int], list[Delivery]] = {}
    for delivery in [*trace.deliveries(ctx, batch.id), *trace.sold(ctx, batch)]:
        found.setdefault(_destination(delivery), []).append(delivery)
    return [
        _task(
            hold, "recall", sum((d.quantity for d in same), ZERO), customer_id=same[0].customer_id,
            device_id=same[0].device_id, record_kind=same[0].ref.kind, record_id=same[0].ref.id,
        )
        for same in found.values()
    ]  # fmt: skip


def _task(hold: Hold, kind: str, quantity: Decimal, **where: Any) -> dict[str, Any]:
    """The columns of a task, all of them: a batch may have gone to thousands, whose tasks are written together."""
    nowhere = {"location_id": None, "customer_id": None, "device_id": None, "record_kind": "", "record_id": None}
    new = {"hold_id": hold.id, "kind": kind, "state": "open", "quantity": quantity, "result": "", "done_by": ""}
    return {**new, "version": 1, **nowhere, **where}


def _destination(delivery: Delivery) -> tuple[str, int]:
    if delivery.device_id is not None:
        return trace.DEVICE, delivery.device_id
    if delivery.customer_id is not None:
        return trace.CUSTOMER, delivery.customer_id
    return delivery.ref.kind, delivery.ref.id


def _start_clocks(ctx: Ctx, tasks: Iterable[RecordRef]) -> None:
    limit = get_setting(ctx, "inventory.hold_task_within")
    role = str(get_setting(ctx, "inventory.hold_escalates_to") or "")
    if limit is None:
        return
    columns = {
        "limit": limit.amount, "unit": limit.unit, "count_start_day": limit.count_start_day,
        "calendar": OFFICE,
    }  # fmt: skip
    start_given_clocks(ctx, tasks, HOLD_CLOCK, columns, plugin="inventory", escalate_to=role)


def end(ctx: Ctx, batch: Batch, decision: str, reason: str) -> Hold | None:
    """Close the case of a batch that is released just now: what is still to do is no longer needed."""
    hold = queries.open_hold(ctx, batch.id)
    if hold is None:
        return None
    hold = queries.get_hold(ctx, hold.id, lock=True)
    hold.decision = chosen(decision, DECISION_WORDS, "decision")
    hold.state, hold.decision_reason = "ended", reason
    hold.ended_at, hold.ended_by = ctx.now, ctx.actor.name
    query = sa.select(HoldTask.id).where(HoldTask.hold_id == hold.id, HoldTask.state == "open").order_by(HoldTask.id)
    tasks = [RecordRef(TASK, task_id) for task_id in ctx.session.scalars(query.with_for_update())]
    dropped = sa.update(HoldTask).where(HoldTask.hold_id == hold.id, HoldTask.state == "open")
    ctx.session.execute(dropped.values(state="dropped", version=HoldTask.version + 1))
    ctx.session.flush()
    emit(
        ctx, "inventory.hold_ended", hold, links=[batch], number=batch.number, decision=DECISION_WORDS[decision],
        reason=reason, dropped=len(tasks),
    )  # fmt: skip
    cancel_clocks(ctx, tasks, HOLD_CLOCK)
    return hold


def finish_task(ctx: Ctx, task_id: int, result: str, *, version: int | None = None) -> HoldTask:
    """Report that it was done, and what came of it."""
    ctx.require(WORK)
    with transaction(ctx):
        task = queries.get_task(ctx, task_id, lock=True)
        check_version(task, version)
        if task.state != "open":
            raise Conflict("done_already", _("This has ended already."))
        task.result = required(result, "result", _("Say what was done."), 2000)
        task.state, task.done_at, task.done_by = "done", ctx.now, ctx.actor.name
        ctx.session.flush()
        emit(ctx, "inventory.hold_task_done", task, links=[task.hold], result=task.result[:200])
        stop_clock(ctx, task, HOLD_CLOCK)
        return task
