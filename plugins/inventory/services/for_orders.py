"""What stock does for service orders, asked by the hooks of that module: offer parts, keep them, book what was used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.api import Ctx, Invalid, RecordRef, _, get_setting, ref_of, transaction
from plugins.inventory.contracts import Circumstances, Nearness
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.queries import stock as queries
from plugins.inventory.services import reserving, stock

USE = "inventory.part.use"
MOST_OFFERED = 200


@dataclass(frozen=True)
class PartOffer:
    """A part offered for an order: ``ref`` is its code, ``free`` what this order can still have of it."""

    ref: str
    name: str
    number: str
    unit: str
    free: Decimal


def near(order: Any) -> Nearness:
    """Whose demand an order is: the technician's, then the unit's that serves it."""
    return Nearness(order.unit_id, order.assignee_id)


def parts_for_order(ctx: Ctx, order: Any) -> list[PartOffer] | None:
    """What may be brought to an order: what is kept for it, what its product has in it (or instead), the rest.

    None for people who don't use parts: theirs are written by hand.
    """
    if not ctx.can(USE):
        return None
    kept = queries.reserved_for(ctx, ref_of(ctx, order))
    bill = part_queries.parts_in(ctx, order.product_id) if order.product_id is not None else []
    instead = part_queries.instead_of(ctx, bill) if bill else {}
    own = [other for part_id in bill for other in (part_id, *instead.get(part_id, ()))]
    ids = list(dict.fromkeys([*kept, *own, *queries.parts_there(ctx, MOST_OFFERED)]))[:MOST_OFFERED]
    own_only = bool(get_setting(ctx, "inventory.own_unit_only")) and order.unit_id is not None
    free = queries.stock_of(
        ctx, ids, holder=order.assignee_id or 0, of_unit=order.unit_id if own_only else queries.ANYBODY
    )
    known = part_queries.part_words(ctx, ids)
    offers = []
    for part_id in ids:
        part, there = known[part_id], free[part_id].free + kept.get(part_id, Decimal(0))
        if part.active and (there > 0 or part_id in own):
            offers.append(PartOffer(part.code, part.name, part.code, part.measure, there))
    return offers


def reserve_parts(ctx: Ctx, order: Any, parts: Mapping[str, Decimal]) -> None:
    """Keep parts for an order, told as planned in all; 0 sets free."""
    ctx.require(USE)
    ids = _ids(ctx, parts)
    wanted = {ids[ref]: quantity for ref, quantity in parts.items()}
    partly = bool(get_setting(ctx, "inventory.reserve_partly"))
    reserving.reserve(ctx, ref_of(ctx, order), wanted, near=near(order), partial=partly, allowed=True)


def use_parts(ctx: Ctx, order: Any, uses: Sequence[Any], once: str) -> None:
    """Book what was used on an order, all of it or nothing: what is kept for it first, then what its technician has
    along, then what is nearest; less than before comes back. What goes out is posted in one act, so two people who use
    the same parts never hinder each other half way.
    """
    ctx.require(USE)
    ids = _ids(ctx, [use.ref for use in uses])
    ref: RecordRef = ref_of(ctx, order)
    change: dict[int, Decimal] = {}
    for use in uses:
        part_id = ids[use.ref]
        change[part_id] = change.get(part_id, Decimal(0)) + use.quantity - use.before
    with transaction(ctx):
        for part_id, more in sorted(change.items()):
            if more < 0:
                given = Circumstances(reference=ref, once=f"{once[:58]}-{part_id}")
                stock.give_back(ctx, part_id, -more, given, allowed=True)
        out = {part_id: more for part_id, more in sorted(change.items()) if more > 0}
        if out:
            given = Circumstances(reference=ref, once=once[:78])
            reserving.issue_reserved(ctx, ref, out, given, allowed=True, further=near(order), own_first=True)


def set_free(ctx: Ctx, ref: RecordRef) -> None:
    """What is kept for a record that needs nothing any more is free again."""
    reserving.release(ctx, ref, allowed=True)


def _ids(ctx: Ctx, codes: Any) -> dict[str, int]:
    found = part_queries.parts_by_code(ctx, codes)
    for code in codes:
        if code not in found:
            raise Invalid("unknown_part", _("The stock has no part {code}.", code=code), "ref")
    return found
