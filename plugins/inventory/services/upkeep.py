"""Comparing the balances with the moves, and mending them by explicit wish only."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.api import Conflict, Ctx, Quantity, _, emit, prepared_many, transaction
from plugins.inventory.contracts import Difference
from plugins.inventory.models import Balance
from plugins.inventory.queries.check import differences
from plugins.inventory.queries.lots import batches
from plugins.inventory.services.posting import Key, lock

CHECK = "inventory.stock.check"
_B: Any = Balance.__table__
_PUT = (
    sa.update(_B)
    .where(_B.c.company_id == sa.bindparam("of_company"), _B.c.id == sa.bindparam("balance"))
    .values(
        on_hand=sa.bindparam("should_be", type_=Quantity),
        reserved=sa.bindparam("promised", type_=Quantity),
        held=sa.bindparam("is_held"),
        usable_until=sa.bindparam("until", type_=sa.Date()),
    )
)


def check(ctx: Ctx) -> list[Difference]:
    """Every balance that is not what moves and reservations say, the whole company's."""
    ctx.require(CHECK)
    return differences(ctx)


def repair(ctx: Ctx) -> list[Difference]:
    """Put the balances to what the moves, the reservations and the batches say; answers what was different.

    The moves are the truth. Where they say less than nothing, or less than is promised, nothing at all is changed.
    """
    ctx.require(CHECK)
    with transaction(ctx):
        found = differences(ctx)
        keys: list[Key] = sorted({d.key for d in found}, key=lambda k: tuple(part or 0 for part in k))
        locked = lock(ctx, keys)
        found = differences(ctx)  # anew, now that nobody else changes them
        by_key: dict[Key, dict[str, str]] = {}
        for difference in found:
            by_key.setdefault(difference.key, {})[difference.what] = difference.should
        known = batches(ctx, (key[1] for key in by_key))
        rows = []
        for key, should in by_key.items():
            row, batch = locked.get(key), known.get(key[1] or 0)
            if row is None:
                continue
            on_hand = Decimal(should.get("on_hand", str(row.on_hand)))
            reserved = Decimal(should.get("reserved", str(row.reserved)))
            if on_hand < 0 or reserved > on_hand:
                raise _beyond_repair(found, key)
            held = batch is not None and batch.state == "held"
            until = batch.usable_until if batch is not None else None
            rows.append(
                {"balance": row.id, "should_be": on_hand, "promised": reserved, "is_held": held, "until": until}
            )
        prepared_many(ctx, _PUT, sorted(rows, key=lambda r: (r["should_be"] > 0, r["balance"])))
        if rows:
            emit(ctx, "inventory.balances_repaired", count=len(rows), what=_listed(found))
        return found


def _beyond_repair(found: list[Difference], key: Key) -> Conflict:
    one = next(d for d in found if d.key == key)
    words = _(
        "The moves of part {part} in {place} add up to less than nothing, or to less than is reserved. Nothing was "
        "repaired: look at its moves and reservations first.",
        part=one.part, place=one.location,
    )  # fmt: skip
    return Conflict("beyond_repair", words)


def _listed(found: list[Difference]) -> str:
    told = [f"{d.part} {d.location} {d.lot} {d.what}: {d.stands} → {d.should}" for d in found[:20]]
    return "; ".join(told)


