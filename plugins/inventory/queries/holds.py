"""Batch holds and their tasks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Clock, Ctx, NotFound, _
from plugins.inventory.contracts import HOLD_TASK
from plugins.inventory.models import Batch, Hold, HoldTask


def with_words(query: sa.Select) -> sa.Select:
    """Holds with the batch and its part."""
    return query.options(orm.joinedload(Hold.batch).joinedload(Batch.part))


def get_hold(ctx: Ctx, hold_id: int, *, lock: bool = False) -> Hold:
    """One hold. Raises NotFound."""
    query = with_words(sa.select(Hold).where(Hold.id == hold_id))
    row = ctx.session.scalar(query.with_for_update(of=Hold) if lock else query)
    if row is None:
        raise NotFound("unknown_hold", _("There is no such hold."))
    return row


def open_hold(ctx: Ctx, batch_id: int) -> Hold | None:
    """The hold under which a batch is now."""
    return ctx.session.scalar(sa.select(Hold).where(Hold.batch_id == batch_id, Hold.state == "open"))


def holds_of(ctx: Ctx, batch_id: int, limit: int) -> list[Hold]:
    """The holds of a batch, the newest first."""
    query = sa.select(Hold).where(Hold.batch_id == batch_id).order_by(Hold.id.desc())
    return list(ctx.session.scalars(query.limit(limit)))


def get_task(ctx: Ctx, task_id: int, *, lock: bool = False) -> HoldTask:
    """One task with its hold and batch. Raises NotFound."""
    hold = orm.joinedload(HoldTask.hold).joinedload(Hold.batch).joinedload(Batch.part)
    query = sa.select(HoldTask).where(HoldTask.id == task_id).options(hold, orm.joinedload(HoldTask.location))
    row = ctx.session.scalar(query.with_for_update(of=HoldTask) if lock else query)
    if row is None:
        raise NotFound("unknown_task", _("There is no such task."))
    return row


def tasks_of(ctx: Ctx, hold_id: int, limit: int) -> list[HoldTask]:
    """The tasks of a hold, what is still to do first."""
    query = sa.select(HoldTask).where(HoldTask.hold_id == hold_id).options(orm.joinedload(HoldTask.location))
    return list(ctx.session.scalars(query.order_by(HoldTask.state.desc(), HoldTask.id).limit(limit)))


def progress_of(ctx: Ctx, hold_ids: Iterable[int]) -> dict[int, dict[tuple[str, str], int]]:
    """Hold → (kind, state) of tasks → how many; one statement."""
    query = sa.select(HoldTask.hold_id, HoldTask.kind, HoldTask.state, sa.func.count(HoldTask.id)).where(
        HoldTask.hold_id.in_(sorted(set(hold_ids)) or [0])
    )
    found: dict[int, dict[tuple[str, str], int]] = {}
    for hold_id, kind, state, count in ctx.session.execute(
        query.group_by(HoldTask.hold_id, HoldTask.kind, HoldTask.state)
    ):
        found.setdefault(hold_id, {})[(kind, state)] = count
    return found


def clocks_of(ctx: Ctx, task_ids: Sequence[int]) -> dict[int, Clock]:
    """Task → its time limit; one statement."""
    query = sa.select(Clock).where(Clock.record_kind == HOLD_TASK, Clock.record_id.in_(list(task_ids) or [0]))
    return {clock.record_id: clock for clock in ctx.session.scalars(query.order_by(Clock.id))}


def open_holds(ctx: Ctx, limit: int) -> list[Hold]:
    """The holds that are not ended, the oldest first."""
    query = with_words(sa.select(Hold).where(Hold.state == "open"))
    return list(ctx.session.scalars(query.order_by(Hold.id).limit(limit)))


def first_due(ctx: Ctx, hold_ids: Iterable[int]) -> dict[int, Clock]:
    """Hold → the running time limit of its tasks that ends first."""
    query = sa.select(HoldTask.hold_id, Clock).join(
        Clock, sa.and_(Clock.record_kind == HOLD_TASK, Clock.record_id == HoldTask.id)
    )
    query = query.where(HoldTask.hold_id.in_(sorted(set(hold_ids)) or [0]), Clock.state == "running")
    found: dict[int, Clock] = {}
    for hold_id, clock in ctx.session.execute(query.order_by(Clock.due_at.desc(), Clock.id.desc())):
        found[hold_id] = clock
    return found
