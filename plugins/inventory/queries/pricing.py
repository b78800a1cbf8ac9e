"""What parts cost on a day, and how that came about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, NotFound, _
from plugins.inventory.models import Part, PriceChange
from plugins.inventory.pricing_contracts import InForce
from plugins.inventory.queries.parts import NOTHING


def change_rows(_ctx: Ctx) -> sa.Select:
    """Changes of prices with what their lines say."""
    return sa.select(PriceChange).options(orm.joinedload(PriceChange.part).joinedload(Part.measure))


def get_change(ctx: Ctx, change_id: int, *, lock: bool = False) -> PriceChange:
    """One change of a price. Raises NotFound."""
    query = change_rows(ctx).where(PriceChange.id == change_id)
    if lock:
        query = query.with_for_update(of=PriceChange).execution_options(populate_existing=True)
    row = ctx.session.scalar(query)
    if row is None:
        raise NotFound("unknown_price", _("There is no such change of a price."))
    return row


def prices_on(ctx: Ctx, part_ids: Iterable[int], day: dt.date) -> dict[int, InForce]:
    """Part → what it costs on a day, of those that have a price; one statement."""
    row = PriceChange
    place = sa.func.row_number().over(
        partition_by=row.part_id, order_by=(row.valid_from.desc(), row.decided_at.desc(), row.id.desc())
    )
    found = sa.select(row.id, place.label("place")).where(
        row.part_id.in_(sorted(set(part_ids)) or NOTHING), row.state == "approved", row.valid_from <= day
    )
    ranked = found.subquery()
    query = sa.select(row.part_id, row.price, row.valid_from, row.id).join(ranked, ranked.c.id == row.id)
    rows = ctx.session.execute(query.where(ranked.c.place == 1))
    return {part_id: InForce(price, since, change_id) for part_id, price, since, change_id in rows}


def coming_prices(ctx: Ctx, part_ids: Iterable[int]) -> dict[int, PriceChange]:
    """Part → the approved change that comes into force next, after today."""
    query = sa.select(PriceChange).where(
        PriceChange.part_id.in_(sorted(set(part_ids)) or NOTHING), PriceChange.state == "approved",
        PriceChange.valid_from > ctx.today,
    )  # fmt: skip
    order = (PriceChange.valid_from.desc(), PriceChange.decided_at, PriceChange.id)
    return {row.part_id: row for row in ctx.session.scalars(query.order_by(*order))}


def changes_of(ctx: Ctx, part_id: int, limit: int) -> list[PriceChange]:
    """The history of a part's price, what is asked for first, then the latest."""
    query = change_rows(ctx).where(PriceChange.part_id == part_id)
    order = (sa.case((PriceChange.state == "asked", 0), else_=1), PriceChange.valid_from.desc(), PriceChange.id.desc())
    return list(ctx.session.scalars(query.order_by(*order).limit(limit)))


def asked_for(ctx: Ctx, part_id: int) -> PriceChange | None:
    """The change of a part's price that waits for a decision."""
    query = sa.select(PriceChange).where(PriceChange.part_id == part_id, PriceChange.state == "asked")
    return ctx.session.scalar(query)


def count_asked(ctx: Ctx) -> int:
    """How many changes wait for a decision."""
    query = sa.select(sa.func.count()).select_from(PriceChange).where(PriceChange.state == "asked")
    return ctx.session.scalar(query) or 0
