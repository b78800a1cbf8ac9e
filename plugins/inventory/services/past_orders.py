"""Orders that were over before the book began, loaded from a file: what was bought of whom, without moving stock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.api import Conflict, Ctx, DomainError, Invalid, RecordRef, _, bulk_insert, emit, emit_many, transaction
from plugins.inventory.contracts import ORDER, PastLine
from plugins.inventory.models import PurchaseOrder, PurchaseOrderLine
from plugins.inventory.queries import ordering as queries
from plugins.inventory.queries.parts import PartWords, part_words
from plugins.inventory.queries.places import first_of
from plugins.inventory.queries.suppliers import suppliers_of
from plugins.inventory.rules.sourcing import cost
from plugins.inventory.services.common import exact, required
from plugins.inventory.services.purchasing import DECIDE, MOST_PRICE

Refused = list[tuple[PastLine, DomainError]]
_COLUMNS = ("part_id", "quantity", "received", "rejected", "price", "due_on")


def load_lines(ctx: Ctx, lines: Sequence[PastLine]) -> tuple[int, Refused]:
    """Add lines of orders in few statements: how many there are now, and what was refused and why.

    An order has come when every line of it did, else it was ended early. Where the file does not name its supplier, it
    is the only one of whom all its parts can be had, else nobody.
    """
    ctx.require(DECIDE)
    with transaction(ctx):
        known = _orders_named(ctx, {line.order for line in lines})
        parts = part_words(ctx, {line.part_id for line in lines})
        good: dict[str, list[PastLine]] = defaultdict(list)
        refused: Refused = []
        for line in lines:
            try:
                _check(line, parts, known.get(line.order), good[line.order])
            except DomainError as error:
                refused.append((line, error))
            else:
                good[line.order].append(line)
        good = {number: some for number, some in good.items() if some}
        there = queries.lines_of_many(ctx, [known[number].id for number in good if number in known])
        whole = {
            number: [*_as_lines(there.get(known[number].id, ()) if number in known else ()), *some]
            for number, some in good.items()
        }
        _write(ctx, good, known, _figures(ctx, whole, known))
        return sum(len(some) for some in good.values()), refused


def name_suppliers(ctx: Ctx, told: Mapping[str, int]) -> tuple[int, list[tuple[str, DomainError]]]:
    """Key of a loaded line → the supplier of its order, where no file has named it: how many orders got it, and the
    keys that were refused since two lines of an order name two suppliers.
    """
    ctx.require(DECIDE)
    if not told:
        return 0, []
    refused: list[tuple[str, DomainError]] = []
    with transaction(ctx):
        line, order = PurchaseOrderLine, PurchaseOrder
        same = sa.and_(order.id == line.order_id, order.company_id == line.company_id)
        unnamed = sa.or_(order.supplier_id.is_(None), order.supplier_found.is_(True))
        query = sa.select(line.external_key, line.order_id).join(order, same)
        query = query.where(line.external_key.in_(sorted(told)), order.loaded.is_(True), unnamed)
        of_order: dict[int, dict[str, int]] = defaultdict(dict)
        for key, order_id in ctx.session.execute(query.order_by(line.id)):
            of_order[order_id][key or ""] = told[key or ""]
        orders = sa.select(PurchaseOrder).where(PurchaseOrder.id.in_(sorted(of_order) or [0]))
        for row in ctx.session.scalars(orders.order_by(PurchaseOrder.id).with_for_update()).all():
            first, *others = of_order[row.id].items()
            for key, supplier in others:
                if supplier != first[1]:
                    words = _("{number} has another supplier in another line.", number=row.number)
                    refused.append((key, Conflict("two_suppliers", words, field="supplier")))
            row.supplier_id, row.supplier_found = first[1], False
            ctx.session.flush()
            emit(ctx, "inventory.order_supplier_named", row, number=row.number)
    return len(of_order), refused


def _orders_named(ctx: Ctx, numbers: set[str]) -> dict[str, PurchaseOrder]:
    query = sa.select(PurchaseOrder).where(PurchaseOrder.number.in_(sorted(numbers) or [""]))
    return {row.number: row for row in ctx.session.scalars(query.order_by(PurchaseOrder.id).with_for_update())}


def _check(
    line: PastLine, parts: Mapping[int, PartWords], order: PurchaseOrder | None, others: Sequence[PastLine]
) -> None:
    required(line.order, "order", _("Give it a number."), 40)
    if order is not None and not order.loaded:
        raise Conflict("made_here", _("{number} is an order that was made here.", number=line.order), field="order")
    exact(parts[line.part_id], line.quantity)
    for name, quantity in (("received", line.received), ("rejected", line.rejected)):
        if quantity:
            _exact_in(parts[line.part_id], quantity, name)
    if line.rejected > line.received:
        raise Invalid("rejected", _("No more can be rejected than has come."), "rejected")
    if not (line.price.is_finite() and 0 <= line.price < MOST_PRICE):
        raise Invalid("bad_price", _("A price is 0 or more."), "price")
    named = {x.supplier_id for x in (line, *others)}
    if order is not None and not order.supplier_found:
        named.add(order.supplier_id)
    if line.supplier_id is not None and len(named - {None}) > 1:
        words = _("{number} has another supplier in another line.", number=line.order)
        raise Conflict("two_suppliers", words, field="supplier")


def _exact_in(part: PartWords, quantity: Decimal, field: str) -> None:
    try:
        exact(part, quantity)
    except Invalid as error:
        raise Invalid(error.code, error.message, field) from error


def _as_lines(rows: Iterable[PurchaseOrderLine]) -> list[PastLine]:
    return [
        PastLine(x.external_key or "", "", x.part_id, x.quantity, x.received, x.price, x.rejected, x.due_on)
        for x in rows
    ]


def _figures(
    ctx: Ctx, orders: Mapping[str, Sequence[PastLine]], known: Mapping[str, PurchaseOrder]
) -> dict[str, dict[str, Any]]:
    """What all lines of an order together say of it."""
    sellers = suppliers_of(ctx, {line.part_id for some in orders.values() for line in some})
    found = {}
    for number, lines in orders.items():
        named = next((x.supplier_id for x in lines if x.supplier_id is not None), None)
        if named is None and number in known and not known[number].supplier_found:
            named = known[number].supplier_id
        all_have_it = set.intersection(*(sellers.get(x.part_id, set()) for x in lines))
        only = next(iter(all_have_it)) if named is None and len(all_have_it) == 1 else None
        came = all(x.received >= x.quantity for x in lines)
        ordered = [x.ordered_on for x in lines if x.ordered_on is not None]
        if number in known and (before := known[number].sent_on) is not None:
            ordered.append(before)
        found[number] = {
            "supplier_id": named or only,
            "supplier_found": only is not None,
            "amount": sum((cost(x.price, x.quantity) for x in lines), Decimal(0)),
            "expected_on": max((x.due_on for x in lines if x.due_on is not None), default=None),
            "sent_on": min(ordered, default=None),
            "state": "received" if came else "closed",
            "ended_reason": "" if came else _("Not all of it came, says the file it was loaded from."),
        }
    return found


def _write(
    ctx: Ctx, good: Mapping[str, Sequence[PastLine]], known: Mapping[str, PurchaseOrder],
    figures: Mapping[str, dict[str, Any]],
) -> None:  # fmt: skip
    fresh = [number for number in good if number not in known]
    same = {
        "to_id": first_of(ctx, "warehouse").id, "loaded": True, "made_at": ctx.now, "made_by": ctx.actor.name,
        "request_id": None, "their_reference": "", "note": "", "receipts": 0, "version": 1,
    }  # fmt: skip
    made = bulk_insert(
        ctx, PurchaseOrder, [{"number": number, **figures[number], **same} for number in fresh], PurchaseOrder.id
    )
    ids = {number: row.id for number, row in known.items()} | dict(zip(fresh, made, strict=True))
    bulk_insert(
        ctx, PurchaseOrderLine,
        [
            {"order_id": ids[number], "their_number": "", "external_key": x.key}
            | {column: getattr(x, column) for column in _COLUMNS}
            for number, some in good.items() for x in some
        ],
    )  # fmt: skip
    emit_many(
        ctx, [("inventory.order_loaded", RecordRef(ORDER, ids[n]), {"number": n, "n": len(good[n])}) for n in fresh]
    )
    for number in good:
        if number in known:
            for name, value in figures[number].items():
                setattr(known[number], name, value)
            ctx.session.flush()
            emit(ctx, "inventory.order_loaded", known[number], number=number, n=len(good[number]))
