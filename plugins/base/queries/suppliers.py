"""Reads of suppliers. Modules that buy, claim or evaluate share this one list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from core.api import Ctx, NotFound, _
from plugins.base.models import Supplier

__all__ = [
    "Supplier",
    "due_suppliers",
    "get_supplier",
    "is_due",
    "is_offered",
    "offered_suppliers",
    "search_suppliers",
    "supplier_by_number",
    "suppliers_named",
]

MOST_OFFERED = 2_000


def get_supplier(ctx: Ctx, supplier_id: int, *, lock: bool = False) -> Supplier:
    """The supplier; NotFound when there is none."""
    query = sa.select(Supplier).where(Supplier.id == supplier_id)
    row = ctx.session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound("unknown_supplier", _("There is no such supplier."), "supplier_id")
    return row


def supplier_by_number(ctx: Ctx, number: str) -> Supplier | None:
    """The supplier with this number, whatever the case in which it is written."""
    wanted = number.strip()
    query = sa.select(Supplier).where(Supplier.number.in_((wanted, wanted.upper()))).order_by(Supplier.id)
    return ctx.session.scalar(query.limit(1))


def is_offered() -> sa.ColumnElement[bool]:
    """A condition: the supplier can be chosen."""
    return sa.and_(Supplier.active.is_(True), Supplier.merged_into_id.is_(None))


def offered_suppliers(ctx: Ctx, keep: int | None = None) -> list[tuple[int, str]]:
    """(id, words) of the suppliers to choose from, by name; ``keep`` is offered although it no longer is."""
    query = sa.select(Supplier.id, Supplier.number, Supplier.name)
    query = query.where(sa.or_(is_offered(), Supplier.id == (keep or 0)))
    rows = ctx.session.execute(query.order_by(Supplier.name, Supplier.id).limit(MOST_OFFERED))
    return [(row.id, f"{row.number} {row.name}") for row in rows]


def suppliers_named(ctx: Ctx, texts: Iterable[str]) -> dict[str, int]:
    """What a file calls suppliers → id: by the key of an earlier import, else by the number, else by the only one of
    that name. Of a duplicate that was merged it is the supplier that stayed.
    """
    asked = set(texts)
    wanted = sorted(asked | {text.upper() for text in asked}) or [""]
    row = Supplier
    query = sa.select(row.id, row.number, row.name, row.external_key, row.merged_into_id).where(
        sa.or_(row.number.in_(wanted), row.name.in_(wanted), row.external_key.in_(wanted))
    )
    rows = ctx.session.execute(query).all()
    names = Counter(one.name for one in rows if one.merged_into_id is None)
    numbers = {one.number: one.merged_into_id or one.id for one in rows}
    found = {one.name: one.id for one in rows if one.merged_into_id is None and names[one.name] == 1}
    found |= {text: numbers[text.upper()] for text in asked if text.upper() in numbers} | numbers
    return found | {one.external_key: one.merged_into_id or one.id for one in rows if one.external_key}


def search_suppliers(text: str) -> Any:
    """The condition of the search box of a list of suppliers."""
    columns = (Supplier.number, Supplier.name, Supplier.contact_name)
    return sa.or_(*(column.icontains(text, autoescape=True) for column in columns))


def is_due(ctx: Ctx) -> sa.ColumnElement[bool]:
    """A condition: it is time to evaluate this supplier again."""
    return sa.and_(is_offered(), Supplier.evaluate_on <= ctx.today)


def due_suppliers(ctx: Ctx, limit: int) -> list[Supplier]:
    """The suppliers whose evaluation is due, the longest first."""
    query = sa.select(Supplier).where(is_due(ctx))
    return list(ctx.session.scalars(query.order_by(Supplier.evaluate_on, Supplier.id).limit(limit)))
