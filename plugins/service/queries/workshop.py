"""Reads of customers' items. Who sees the order sees them: each statement joins it, and the session scopes that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, Membership, NotFound, _, checklist_template, rule
from plugins.service.models import Application, BenchEntry, BenchTest, Custody, Item, Order
from plugins.service.queries.orders import COUNTED, by_order, product_group


def _items() -> sa.Select:
    return sa.select(Item).join(Order, sa.and_(Order.id == Item.order_id, Order.company_id == Item.company_id))


def rows_of(_ctx: Ctx) -> sa.Select:
    """Items with what columns show of their orders."""
    return _items().options(orm.joinedload(Item.order).joinedload(Order.customer))


def get_item(ctx: Ctx, item_id: int) -> Item:
    """The item; NotFound when there is none for this person."""
    row = ctx.session.scalar(_items().where(Item.id == item_id))
    if row is None:
        raise NotFound("unknown_item", _("There is no such item, or it is not meant for you."))
    return row


def by_once(ctx: Ctx, once: str) -> Item | None:
    """The item that a form with this key took in."""
    return ctx.session.scalar(sa.select(Item).where(Item.once == once)) if once else None


def items_by_order(ctx: Ctx, order_ids: Sequence[int]) -> dict[int, list[Item]]:
    """Order's id → its items, the first taken in first."""
    if not order_ids:
        return {}
    return by_order(ctx.session.scalars(sa.select(Item).where(Item.order_id.in_(order_ids)).order_by(Item.id)))


def items_of(ctx: Ctx, order_id: int) -> list[Item]:
    """The items of an order, the first taken in first."""
    return list(ctx.session.scalars(sa.select(Item).where(Item.order_id == order_id).order_by(Item.id)))


def here_of(ctx: Ctx, order_id: int) -> list[Item]:
    """The items of an order that are still with us."""
    return [i for i in items_of(ctx, order_id) if i.state == "here"]


def custody_of(ctx: Ctx, item_id: int) -> list[Custody]:
    """Every hand-over of an item, the first first."""
    return list(ctx.session.scalars(sa.select(Custody).where(Custody.item_id == item_id).order_by(Custody.id)))


def entries_of(ctx: Ctx, item_id: int, *, struck: bool = False) -> list[BenchEntry]:
    """The lines of an item's repair card, the first first; those struck out only when asked for."""
    query = sa.select(BenchEntry).where(BenchEntry.item_id == item_id)
    if not struck:
        query = query.where(BenchEntry.struck_at.is_(None))
    return list(ctx.session.scalars(query.order_by(BenchEntry.id)))


def get_entry(ctx: Ctx, item_id: int, entry_id: int) -> BenchEntry:
    """A line of an item's card; NotFound when there is none."""
    row = ctx.session.scalar(sa.select(BenchEntry).where(BenchEntry.id == entry_id, BenchEntry.item_id == item_id))
    if row is None:
        raise NotFound("unknown_entry", _("There is no such line on this card."))
    return row


def tests_of(ctx: Ctx, item_id: int) -> list[BenchTest]:
    """The tests of an item, the first first."""
    return list(ctx.session.scalars(sa.select(BenchTest).where(BenchTest.item_id == item_id).order_by(BenchTest.id)))


def keepers(ctx: Ctx) -> list[tuple[int, str]]:
    """(id, name) of everybody who works here, by name: an item may be handed to any of them."""
    query = sa.select(Membership).options(orm.joinedload(Membership.user)).where(Membership.active.is_(True))
    return sorted(((m.user_id, m.user.name) for m in ctx.session.scalars(query)), key=lambda p: p[1])


def applications_of(ctx: Ctx, order_id: int) -> list[Application]:
    """The reviews of an order's application, the first first."""
    query = sa.select(Application).where(Application.order_id == order_id)
    return list(ctx.session.scalars(query.order_by(Application.id)))


def test_points(ctx: Ctx, order: Order) -> tuple[str, list[Any]]:
    """(code of the checklist, its points) by which items of this order are tested; none where no row fits."""
    facts = {"kind": order.kind, "product_group": product_group(order) or None}
    out = rule(ctx, "service.tests", facts).outputs
    code = str((out or {}).get("checklist") or "")
    template = checklist_template(ctx, code, "service.order") if code else None
    return (code, list(template.items)) if template is not None else ("", [])


# --- lists ----------------------------------------------------------------------------------------------------------


def tab_clause(ctx: Ctx, tab: str) -> Any:
    """The condition of one of the register's tabs."""
    here = Item.state == "here"
    clauses = {
        "here": lambda: here,
        "mine": lambda: sa.and_(here, Item.holder_id == ctx.actor.user_id),
        "late": lambda: sa.and_(here, Item.return_on < ctx.today),
        "to_return": lambda: sa.and_(here, Order.state.in_(("done", "confirmed", "cancelled"))),
        "returned": lambda: Item.state == "returned",
        "all": lambda: sa.true(),
    }
    return clauses.get(tab, clauses["all"])()


def search_clause(text: str) -> Any:
    """Number of the receipt or the order, name, serial number, who brought it, tracking number."""
    text = text.strip()[:100]
    escaped = text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return sa.or_(
        Item.number.ilike(f"{escaped}%", escape="\\"),
        Order.number.ilike(f"{escaped}%", escape="\\"),
        Item.name.ilike(f"%{escaped}%", escape="\\"),
        Item.serial.ilike(f"{escaped}%", escape="\\"),
        Item.from_name.ilike(f"%{escaped}%", escape="\\"),
        Item.tracking.ilike(f"%{escaped}%", escape="\\"),
    )


def count(ctx: Ctx, tab: str) -> int:
    """How many rows a tab has; 1,001 at most."""
    some = _items().with_only_columns(Item.id).where(tab_clause(ctx, tab)).limit(COUNTED + 1).subquery()
    return ctx.session.scalar(sa.select(sa.func.count()).select_from(some)) or 0


def mine(ctx: Ctx, limit: int = 30) -> list[Item]:
    """What this person has to hand back: the order is done or cancelled. The earliest promised first."""
    wanted = sa.and_(tab_clause(ctx, "mine"), tab_clause(ctx, "to_return"))
    return list(ctx.session.scalars(rows_of(ctx).where(wanted).order_by(Item.taken_at, Item.id).limit(limit)))


def held_by(ctx: Ctx, user_id: int) -> list[Item]:
    """What a person has of customers."""
    query = sa.select(Item).where(Item.holder_id == user_id, Item.state == "here").order_by(Item.id)
    return list(ctx.session.scalars(query))


def items_of_orders(ctx: Ctx, order_ids: Sequence[int]) -> list[Item]:
    """The items of some orders, locked for a change."""
    query = sa.select(Item).where(Item.order_id.in_(order_ids)).order_by(Item.id)
    return list(ctx.session.scalars(query.with_for_update()))
