"""Suppliers of parts and the sources of each part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, NotFound, _
from plugins.inventory.models import Part, PartSource, PartSupplier
from plugins.inventory.queries.parts import MOST_OFFERED, NOTHING
from plugins.inventory.rules.sourcing import Terms


def get_supplier(ctx: Ctx, supplier_id: int, *, lock: bool = False) -> PartSupplier:
    """One supplier. Raises NotFound."""
    query = sa.select(PartSupplier).where(PartSupplier.id == supplier_id)
    row = ctx.session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound("unknown_supplier", _("There is no such supplier."))
    return row


def offered_suppliers(ctx: Ctx, keep: int | None = None) -> list[tuple[int, str]]:
    """(id, words) of the suppliers of whom we buy, by code; ``keep`` is offered although we no longer do."""
    query = sa.select(PartSupplier.id, PartSupplier.code, PartSupplier.name)
    query = query.where(sa.or_(PartSupplier.active.is_(True), PartSupplier.id == (keep or 0)))
    rows = ctx.session.execute(query.order_by(PartSupplier.code).limit(MOST_OFFERED))
    return [(row.id, f"{row.code} {row.name}") for row in rows]


def suppliers_named(ctx: Ctx, texts: Iterable[str]) -> dict[str, int]:
    """What a file calls suppliers → id: by the key of an earlier import, else by the code, else by the only one of
    that name.
    """
    wanted = sorted(set(texts)) or [""]
    row = PartSupplier
    query = sa.select(row.id, row.code, row.name, row.external_key).where(
        sa.or_(row.code.in_(wanted), row.name.in_(wanted), row.external_key.in_(wanted))
    )
    rows = ctx.session.execute(query).all()
    names = Counter(one.name for one in rows)
    found = {one.name: one.id for one in rows if names[one.name] == 1} | {one.code: one.id for one in rows}
    return found | {one.external_key: one.id for one in rows if one.external_key}


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
    days = sa.func.coalesce(PartSource.lead_days, PartSupplier.lead_days)
    query = sa.select(PartSource, days).join(PartSupplier, PartSupplier.id == PartSource.supplier_id)
    query = query.where(PartSource.part_id.in_(sorted(set(part_ids)) or NOTHING), PartSupplier.active.is_(True))
    found: dict[int, list[Terms]] = {}
    for row, lead in ctx.session.execute(query.order_by(PartSource.id)):
        terms = Terms(row.id, row.supplier_id, lead, row.price, row.minimum, row.pack, row.preferred)
        found.setdefault(row.part_id, []).append(terms)
    return found
