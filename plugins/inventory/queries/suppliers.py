"""From whom each part can be had."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, NotFound, _
from plugins.base.queries.suppliers import Supplier, is_offered
from plugins.inventory.models import Part, PartSource
from plugins.inventory.queries.parts import NOTHING
from plugins.inventory.rules.sourcing import Terms


def suppliers_of(ctx: Ctx, part_ids: Iterable[int]) -> dict[int, set[int]]:
    """Part → the suppliers it can be had from, whether or not we still buy of them."""
    query = sa.select(PartSource.part_id, PartSource.supplier_id)
    found: dict[int, set[int]] = {}
    for part_id, supplier_id in ctx.session.execute(
        query.where(PartSource.part_id.in_(sorted(set(part_ids)) or NOTHING))
    ):
        found.setdefault(part_id, set()).add(supplier_id)
    return found


def with_words(query: sa.Select) -> sa.Select:
    """Sources with what their lines say."""
    return query.options(
        orm.joinedload(PartSource.supplier), orm.joinedload(PartSource.part).joinedload(Part.measure)
    )


def get_source(ctx: Ctx, source_id: int) -> PartSource:
    """One source, with part and supplier. Raises NotFound."""
    row = ctx.session.scalar(with_words(sa.select(PartSource).where(PartSource.id == source_id)))
    if row is None:
        raise NotFound("unknown_source", _("There is no such source."))
    return row


def sources_of(ctx: Ctx, part_id: int, limit: int) -> list[PartSource]:
    """From whom a part can be had, the first choice first, then the cheapest."""
    query = with_words(sa.select(PartSource).where(PartSource.part_id == part_id))
    order = (PartSource.preferred.desc(), PartSource.price.is_(None), PartSource.price, PartSource.id)
    return list(ctx.session.scalars(query.order_by(*order).limit(limit)))


def sources_from(ctx: Ctx, supplier_id: int, limit: int) -> list[PartSource]:
    """What can be had from a supplier: the first of it."""
    query = with_words(sa.select(PartSource).where(PartSource.supplier_id == supplier_id))
    return list(ctx.session.scalars(query.order_by(PartSource.id).limit(limit)))


def terms_of(ctx: Ctx, part_ids: Iterable[int]) -> dict[int, list[Terms]]:
    """Part → the terms on which those suppliers have it of whom we buy; one statement."""
    days = sa.func.coalesce(PartSource.lead_days, Supplier.lead_days)
    query = sa.select(PartSource, days).join(Supplier, Supplier.id == PartSource.supplier_id)
    query = query.where(PartSource.part_id.in_(sorted(set(part_ids)) or NOTHING), is_offered())
    found: dict[int, list[Terms]] = {}
    for row, lead in ctx.session.execute(query.order_by(PartSource.id)):
        terms = Terms(row.id, row.supplier_id, lead, row.price, row.minimum, row.pack, row.preferred)
        found.setdefault(row.part_id, []).append(terms)
    return found
