"""What inventory adds to pages of others: parts kept and used for a record, a product's bill of parts, notices."""

from __future__ import annotations

from typing import Any

from flask import url_for

from core.api import Ctx, Notice, Panel, _, n_, ref_of
from plugins.inventory.contracts import BALANCE, BATCH, BOOK, LOCATION, MEASURE, MOVE, MOVE_WORDS, PART, SERIAL
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.queries import stock as queries

SEE, RELEASE, SEE_PARTS = "inventory.stock.view", "inventory.reservation.edit", "inventory.part.view"
OWN = (PART, LOCATION, BATCH, MOVE, MEASURE, SERIAL, BOOK, BALANCE)
PRODUCT = "base.product"
SHOWN = 40


def panels_for(ctx: Ctx, record: Any) -> list[Panel]:
    """The parts of a product; what is kept and was used for any record of a kind that needs parts."""
    try:
        ref = ref_of(ctx, record)
    except LookupError:
        return []
    if not ref.id or ref.kind in OWN:
        return []
    if ref.kind == PRODUCT:
        return _bill(ctx, ref.id)
    if not ctx.can(SEE):
        return []
    kept = queries.reservations_of(ctx, ref)
    moves = queries.moves_for(ctx, ref, SHOWN)
    if not kept and not moves:
        return []
    gone = queries.reversed_among(ctx, [m.id for m in moves])
    data = {
        "kept": [r for r in kept if r.quantity > 0], "moves": moves, "gone": gone, "may_release": ctx.can(RELEASE),
        "words": {code: _(words) for code, words in MOVE_WORDS.items()},
        "trace": url_for("inventory.trace_page", kind=ref.kind, record=ref.id)
        if moves and ctx.can("inventory.hold.view") else "",
    }  # fmt: skip
    return [Panel(_("Parts from stock"), "inventory/_record.html", data, "main", 45, acts=True)]


def _bill(ctx: Ctx, product_id: int) -> list[Panel]:
    if not ctx.can(SEE_PARTS):
        return []
    rows = part_queries.bill_of(ctx, product_id, SHOWN)
    if not rows:
        return []
    free = queries.stock_of(ctx, [row.part_id for row in rows]) if ctx.can(SEE) else {}
    data = {"rows": rows, "free": free}
    return [Panel(_("Bill of parts"), "inventory/_bill.html", data, "main", 40)]


def notices(ctx: Ctx) -> list[Notice]:
    """Stock that has expired and still lies where it is picked."""
    if not ctx.can("inventory.stock.transfer"):
        return []
    count = queries.count_expired(ctx)
    if not count:
        return []
    title = n_("{n} lot in stock has expired", "{n} lots in stock have expired", count)
    text = _("It is neither reserved nor issued any more: move it to quarantine.")
    url = url_for("inventory.stock_list", tab="unusable")
    return [Notice(title, text, url, _("Look at them"), "warn", "calendar-x")]
