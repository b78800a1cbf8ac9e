"""Opening stock: what lies where when the book begins. Posted as adjustments, each line once however often told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from hashlib import sha256

import sqlalchemy as sa

from core.api import Conflict, Ctx, Invalid, _, transaction
from plugins.inventory.contracts import Circumstances, OpeningLine, Posted, ReceiptLine
from plugins.inventory.models import Balance, Move
from plugins.inventory.queries import lots as lot_queries
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.queries import places as place_queries
from plugins.inventory.services.common import exact
from plugins.inventory.services.posting import Entry, Key, lock, post
from plugins.inventory.services.stock import ADJUST, lots_for


def once_of(key: str) -> str:
    """The key under which the move of a line is posted."""
    return f"opening {sha256(key.encode()).hexdigest()[:48]}"


def posted_keys(ctx: Ctx, keys: Iterable[str]) -> set[str]:
    """Those of these lines that were posted."""
    wanted = {once_of(key): key for key in keys}
    found = ctx.session.scalars(sa.select(Move.once).where(Move.once.in_(sorted(wanted) or [""])))
    return {wanted[once] for once in found if once in wanted}


def post_opening(ctx: Ctx, lines: Sequence[OpeningLine]) -> Posted:
    """Begin the book with these lines, all or none. What was ever moved in a place has its balance already and is
    refused: it is corrected, or counted. A quantity of 0 makes an empty balance: looked for, and nothing there.
    """
    ctx.require(ADJUST)
    with transaction(ctx):
        parts = part_queries.part_words(ctx, (line.part_id for line in lines))
        for line in lines:
            if line.quantity:
                exact(parts[line.part_id], line.quantity)
            if parts[line.part_id].tracking == "serial" and line.quantity != 1:
                words = _("{part} has serial numbers: name that of each piece.", part=parts[line.part_id].code)
                raise Invalid("serial_needed", words, "serial")
        received = [ReceiptLine(x.part_id, x.quantity, None, x.batch, x.serial, x.location_id) for x in lines]
        lots = lots_for(ctx, received, parts)
        keys: list[Key] = [(x.part_id, *lot, x.location_id) for x, lot in zip(lines, lots, strict=True)]
        _require_new(ctx, keys)
        side = place_queries.first_of(ctx, "adjustment").id
        entries = [
            Entry(x.part_id, x.quantity, side, x.location_id, *lot, once=once_of(x.key))
            for x, lot in zip(lines, lots, strict=True)
            if x.quantity
        ]
        moves: list[int] = []
        if entries:
            given = Circumstances(_("Opening stock"))
            moves = post(ctx, "adjustment", entries, given, "inventory.adjusted").moves
        lock(ctx, [key for key, line in zip(keys, lines, strict=True) if not line.quantity])
        return Posted(moves)


def _require_new(ctx: Ctx, keys: Sequence[Key]) -> None:
    if len(set(keys)) != len(keys):
        raise Conflict("named_twice", _("The same part stands twice for the same location."))
    query = sa.select(Balance.part_id, Balance.batch_id, Balance.serial_id, Balance.location_id).where(
        Balance.part_id.in_(sorted({k[0] for k in keys}) or [0]),
        Balance.location_id.in_(sorted({k[3] for k in keys}) or [0]),
    )
    there = {tuple(row) for row in ctx.session.execute(query)} & set(keys)
    if there:
        words = _("There is a balance of it in this location already: correct the stock, or count it.")
        raise Conflict("begun_already", words)


def is_there(ctx: Ctx, line: OpeningLine) -> bool:
    """Whether a line of nothing was told before: there is an empty balance and no move."""
    batch_id = None
    if line.batch is not None:
        found = lot_queries.batches_by_number(ctx, [line.part_id], [line.batch.number])
        batch = found.get((line.part_id, line.batch.number))
        if batch is None:
            return False
        batch_id = batch.id
    query = sa.select(Balance.id).where(
        Balance.part_id == line.part_id, Balance.location_id == line.location_id,
        Balance.batch_id.is_not_distinct_from(batch_id), Balance.serial_id.is_(None), Balance.on_hand == Decimal(0),
    )  # fmt: skip
    return ctx.session.scalar(query.limit(1)) is not None
