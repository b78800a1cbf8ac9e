"""From whom each part can be had, on what terms."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa

from core.api import Ctx, Invalid, _, check_version, emit, transaction
from plugins.base.queries.suppliers import get_supplier
from plugins.inventory.contracts import SourceData
from plugins.inventory.models import Part, PartSource
from plugins.inventory.queries import suppliers as queries
from plugins.inventory.queries.parts import get_part, part_words
from plugins.inventory.rules.quantities import fits, sensible
from plugins.inventory.services.common import fitting

EDIT = "inventory.supplier.edit"
MOST_DAYS = 3650
MOST_PRICE = Decimal(10) ** 10


def save_source(ctx: Ctx, data: SourceData, *, version: int | None = None) -> PartSource:
    """A part can be had from a supplier, on these terms. As first choice it takes the place of the one that was."""
    ctx.require(EDIT)
    with transaction(ctx):
        part = get_part(ctx, data.part_id, lock=True)
        supplier = get_supplier(ctx, data.supplier_id)
        row = queries.get_source(ctx, data.id) if data.id else None
        check_version(row, version)
        query = sa.select(PartSource).where(PartSource.part_id == part.id, PartSource.supplier_id == supplier.id)
        same = ctx.session.scalar(query)
        if same is not None and same is not row:
            words = _("{part} can be had from {supplier} already.", part=part.code, supplier=supplier.name)
            raise Invalid("known", words, "supplier_id")
        _days(data.lead_days)
        _quantity(ctx, part, data.minimum, "minimum")
        _quantity(ctx, part, data.pack, "pack")
        if data.price is not None and not (data.price.is_finite() and 0 <= data.price < MOST_PRICE):
            raise Invalid("bad_price", _("A price is 0 or more."), "price")
        if data.preferred:
            _no_longer_first(ctx, part, row)
        row = row or PartSource(part_id=part.id)
        row.supplier_id, row.their_number = supplier.id, fitting(data.their_number, "their_number", 80)
        row.lead_days, row.minimum, row.pack, row.price = data.lead_days, data.minimum, data.pack, data.price
        row.preferred = data.preferred
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "inventory.source_saved", part, code=part.code, supplier=supplier.name)
        return row


def _days(days: int | None) -> None:
    if days is not None and not 0 <= days <= MOST_DAYS:
        raise Invalid("bad_days", _("From 0 to {n} days.", n=MOST_DAYS), "lead_days")


def _quantity(ctx: Ctx, part: Part, quantity: Decimal | None, field: str) -> None:
    if quantity is None:
        return
    words = part_words(ctx, [part.id])[part.id]
    if not sensible(quantity):
        raise Invalid("bad_quantity", _("A quantity is a number above 0."), field)
    if not fits(quantity, words.decimals):
        text = _("{part} is counted with {decimals} decimals.", part=part.code, decimals=words.decimals)
        raise Invalid("not_exact", text, field)


def _no_longer_first(ctx: Ctx, part: Part, row: PartSource | None) -> None:
    query = sa.select(PartSource).where(PartSource.part_id == part.id, PartSource.preferred.is_(True))
    for other in ctx.session.scalars(query):
        if other is not row:
            other.preferred = False
    ctx.session.flush()


def drop_source(ctx: Ctx, source_id: int) -> Part:
    """The part can no longer be had from this supplier."""
    ctx.require(EDIT)
    with transaction(ctx):
        row = queries.get_source(ctx, source_id)
        part = get_part(ctx, row.part_id, lock=True)
        supplier = row.supplier.name
        ctx.session.delete(row)
        ctx.session.flush()
        emit(ctx, "inventory.source_dropped", part, code=part.code, supplier=supplier)
        return part
