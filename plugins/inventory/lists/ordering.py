"""The list of purchase orders, declared."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from core.api import N_, Ctx, DaysFilter, ListColumn, ListDef, ListLink, ListTab, Mark, RecordFilter, _, n_
from plugins.base.queries.suppliers import Supplier
from plugins.inventory.contracts import ORDER_STATE_WORDS
from plugins.inventory.models import PurchaseOrder
from plugins.inventory.queries import ordering as queries

SEE, DECIDE = "inventory.purchase.view", "inventory.purchase.decide"
_MARKS = {
    "made": ("info", "circle-dashed"), "sent": ("info", "send"), "received": ("ok", "package-check"),
    "closed": ("", "archive"), "cancelled": ("", "circle-x"),
}  # fmt: skip


def order_mark(row: PurchaseOrder, today: dt.date) -> Mark:
    """How an order stands, in words with its colour; one that should have come says so."""
    if row.state == "sent" and row.expected_on is not None and row.expected_on < today:
        late = (today - row.expected_on).days
        return Mark(n_("{n} day late", "{n} days late", late), "bad", "octagon-alert")
    return Mark(_(ORDER_STATE_WORDS[row.state]), *_MARKS[row.state])


def supplier_words(row: PurchaseOrder) -> str:
    """Of whom it is bought; of a loaded order that may not be known."""
    return row.supplier.name if row.supplier else _("Supplier not known")


@dataclass(frozen=True)
class OrderRow:
    """An order with how many of its lines have not come."""

    order: PurchaseOrder
    to_come: int
    mark: Mark


def _rows(ctx: Ctx, rows: list[PurchaseOrder]) -> list[OrderRow]:
    counts = queries.to_come(ctx, [row.id for row in rows])
    return [OrderRow(row, counts.get(row.id, 0), order_mark(row, ctx.today)) for row in rows]


def _late(ctx: Ctx):
    return sa.and_(PurchaseOrder.state == "sent", PurchaseOrder.expected_on < ctx.today)


ORDERS = ListDef(
    "inventory.orders",
    N_("Purchase orders"),
    PurchaseOrder,
    SEE,
    (
        ListColumn("number", N_("Number"), lambda r: r.order.number, "id", "id", PurchaseOrder.number, fixed=True),
        ListColumn("supplier", N_("Supplier"), lambda r: supplier_words(r.order), "main", "main"),
        ListColumn("amount", N_("Amount"), lambda r: r.order.amount, "money", "tag"),
        ListColumn("to_come", N_("Lines to come"), lambda r: r.to_come, "number"),
        ListColumn("sent_on", N_("Sent on"), lambda r: r.order.sent_on, "date"),
        ListColumn("expected_on", N_("Expected on"), lambda r: r.order.expected_on, "date", "left",
                   PurchaseOrder.expected_on),
        ListColumn("their_reference", N_("Their reference"), lambda r: r.order.their_reference, shown=False),
        ListColumn("to", N_("Deliver to"), lambda r: r.order.to.name if r.order.to else "", shown=False),
        ListColumn("state", N_("State"), lambda r: r.mark, "mark", "right"),
    ),
    "/inventory/orders/",
    icon="shopping-cart",
    query=lambda _ctx: queries.with_words(sa.select(PurchaseOrder)),
    prepare=_rows,
    search=lambda _ctx, text: sa.or_(
        PurchaseOrder.number.istartswith(text, autoescape=True),
        PurchaseOrder.their_reference.istartswith(text, autoescape=True),
    ),
    search_words=N_("Number, their reference"),
    filters=(
        RecordFilter("supplier", N_("Supplier"), PurchaseOrder.supplier_id, model=Supplier, by=Supplier.name),
        DaysFilter("expected", N_("Expected on"), PurchaseOrder.expected_on),
    ),
    tabs=(
        ListTab("late", N_("Should have come"), _late, order=((PurchaseOrder.expected_on, False),)),
        ListTab("made", N_("Not sent yet"), lambda _ctx: PurchaseOrder.state == "made"),
        ListTab("sent", N_("On its way"), lambda _ctx: PurchaseOrder.state == "sent",
                order=((PurchaseOrder.expected_on, False),)),
        ListTab("received", N_("Has come"), lambda _ctx: PurchaseOrder.state == "received", counted=False),
        ListTab("all", N_("All"), counted=False),
    ),
    first=("late", "made", "sent", "all"),
    order=((PurchaseOrder.number, True),),
    links=(ListLink(N_("Purchase requests"), "inventory.requests_list", SEE, "clipboard-list"),),
    export=SEE,
    empty=N_("No purchase orders here"),
    empty_hint=N_("Orders are made of purchase requests that were approved."),
)  # fmt: skip
