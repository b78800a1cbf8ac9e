"""Batches: corrected, held and released. Holding one stops it everywhere, in one act."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from core.api import Conflict, Ctx, Invalid, _, check_version, emit, prepared, transaction
from plugins.inventory.contracts import BatchData
from plugins.inventory.models import Balance, Batch
from plugins.inventory.queries import lots as queries
from plugins.inventory.services import holding
from plugins.inventory.services.common import one_after_the_other, required

EDIT = "inventory.batch.edit"
HOLD = "inventory.batch.hold"

_B: Any = Balance.__table__
_ITS = sa.and_(_B.c.company_id == sa.bindparam("of_company"), _B.c.batch_id == sa.bindparam("batch"))
_LOCK = sa.select(_B.c.id).where(_ITS).order_by(_B.c.part_id, _B.c.id).with_for_update()
_SAY = (
    sa.update(_B)
    .where(_ITS)
    .values(held=sa.bindparam("is_held"), usable_until=sa.bindparam("until", type_=sa.Date()))
)


def change_batch(ctx: Ctx, batch_id: int, data: BatchData, *, version: int | None = None) -> Batch:
    """Correct what stands on the goods: number, dates, note. What may be used follows at once."""
    ctx.require(EDIT)
    with transaction(ctx):
        row = queries.get_batch(ctx, batch_id, lock=True)
        check_version(row, version)
        number = required(data.number, "number", _("Give it a number."), 80)
        same = queries.batches_by_number(ctx, [row.part_id], [number]).get((row.part_id, number))
        if same is not None and same is not row:
            raise Invalid("number_taken", _("There is a batch {number} already.", number=number), "number")
        if data.produced_on and data.expires_on and data.expires_on < data.produced_on:
            raise Invalid("bad_dates", _("It can’t expire before it was made."), "expires_on")
        row.number, row.produced_on, row.expires_on = number, data.produced_on, data.expires_on
        row.sterile_until, row.note = data.sterile_until, data.note.strip()
        _say(ctx, row)
        emit(ctx, "inventory.batch_changed", row, number=row.number, part=row.part.code)
        return row


def renew_sterility(ctx: Ctx, batch_id: int, until: dt.date) -> Batch:
    """All of a batch was sterilised again, says a decision that asked for its own right: it has a new date."""
    row = queries.get_batch(ctx, batch_id, lock=True)
    row.sterile_until = until
    _say(ctx, row)
    emit(ctx, "inventory.batch_changed", row, number=row.number, part=row.part.code)
    return row


def hold_batch(ctx: Ctx, batch_id: int, reason: str, *, version: int | None = None) -> Batch:
    """Stop a batch everywhere: from now on nothing of it is reserved or issued, what was reserved is free, and a task
    is opened for each place where it lies and each destination it went to. Needs a reason.
    """
    ctx.require(HOLD)
    with transaction(ctx):
        row = queries.get_batch(ctx, batch_id, lock=True)
        check_version(row, version)
        if row.state == "held":
            raise Conflict("held_already", _("This batch is held already."))
        row.hold_reason = required(reason, "reason", _("Give a reason."), 2000)
        row.state = "held"
        _say(ctx, row)
        emit(ctx, "inventory.batch_held", row, number=row.number, part=row.part.code, reason=row.hold_reason)
        holding.begin(ctx, row)
        return row


def release_batch(
    ctx: Ctx, batch_id: int, reason: str, *, decision: str = "no_fault", version: int | None = None
) -> Batch:
    """The batch may be used again, by a decision with its reason; tasks that are still to do are no longer needed."""
    ctx.require(HOLD)
    with transaction(ctx):
        row = queries.get_batch(ctx, batch_id, lock=True)
        check_version(row, version)
        if row.state != "held":
            raise Conflict("not_held", _("This batch isn’t held."))
        why = required(reason, "reason", _("Give a reason."), 2000)
        row.state, row.hold_reason = "released", ""
        _say(ctx, row)
        emit(ctx, "inventory.batch_released", row, number=row.number, part=row.part.code, reason=why)
        holding.end(ctx, row, decision, why)
        return row


def _say(ctx: Ctx, row: Batch) -> None:
    """Write on every balance of the batch what goes for it now."""
    ctx.session.flush()
    with one_after_the_other():
        prepared(ctx, _LOCK, batch=row.id).all()
    until: dt.date | None = row.usable_until
    prepared(ctx, _SAY, batch=row.id, is_held=row.state == "held", until=until)
