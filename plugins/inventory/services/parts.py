"""Parts and what belongs to them: units of measure, packs, substitutes, bills of parts."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa

from core.api import Conflict, Ctx, Invalid, NotFound, _, check_version, emit, transaction
from plugins.base.queries import get_product
from plugins.inventory.contracts import MeasureData, PartData
from plugins.inventory.models import Measure, Part, PartMeasure, PartProduct, Substitute
from plugins.inventory.models.parts import MOST_DECIMALS, TRACKING
from plugins.inventory.queries import parts as queries
from plugins.inventory.queries.stock import is_used
from plugins.inventory.rules.quantities import sensible
from plugins.inventory.services.common import chosen, fitting, required

EDIT = "inventory.part.edit"


def save_measure(ctx: Ctx, data: MeasureData, *, version: int | None = None) -> Measure:
    """Add a unit of measure or change one; one in which parts are counted keeps its decimals."""
    ctx.require(EDIT)
    with transaction(ctx):
        code = required(data.code, "code", _("Give it a code."), 20)
        row = queries.get_measure(ctx, data.id) if data.id else None
        check_version(row, version)
        same = ctx.session.scalar(sa.select(Measure).where(Measure.code == code))
        if same is not None and same is not row:
            raise Invalid("code_taken", _("“{name}” has the code {code} already.", name=same.name, code=code), "code")
        if not 0 <= data.decimals <= MOST_DECIMALS:
            words = _("From 0 to {n} decimals.", n=MOST_DECIMALS)
            raise Invalid("bad_decimals", words, "decimals")
        if row is not None and data.decimals < row.decimals and _counts_something(ctx, row.id):
            words = _("Parts are counted in it already: it can get more decimals, not fewer.")
            raise Conflict("in_use", words, field="decimals")
        row = row or Measure()
        row.code, row.decimals, row.active = code, data.decimals, data.active
        row.name = required(data.name, "name", _("Give it a name."), 100)
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "inventory.measure_saved", row, name=row.name, code=code)
        return row


def _counts_something(ctx: Ctx, measure_id: int) -> bool:
    return ctx.session.scalar(sa.select(Part.id).where(Part.measure_id == measure_id).limit(1)) is not None


def save_part(ctx: Ctx, data: PartData, *, version: int | None = None) -> Part:
    """Add a part or change one. One that was ever moved keeps its code, its unit and how it is tracked."""
    ctx.require(EDIT)
    with transaction(ctx):
        code = required(data.code, "code", _("Give it a code."), 60)
        name = required(data.name, "name", _("Give it a name."), 200)
        row = queries.get_part(ctx, data.id, lock=True) if data.id else None
        check_version(row, version)
        same = ctx.session.scalar(sa.select(Part).where(Part.code == code))
        if same is not None and same is not row:
            raise Invalid("code_taken", _("“{name}” has the code {code} already.", name=same.name, code=code), "code")
        measure = queries.get_measure(ctx, data.measure_id)
        chosen(data.tracking, TRACKING, "tracking")
        if row is not None and is_used(ctx, row.id):
            _keep_what_counts(row, data, code)
        if data.shelf_life_days is not None and data.shelf_life_days < 1:
            raise Invalid("bad_days", _("A number of days from 1 on is needed."), "shelf_life_days")
        if data.warn_days is not None and data.warn_days < 1:
            raise Invalid("bad_days", _("A number of days from 1 on is needed."), "warn_days")
        if data.replaced_by_id is not None:
            _require_no_circle(ctx, row, data.replaced_by_id)
        row = row or Part()
        row.code, row.name, row.measure_id, row.tracking = code, name, measure.id, data.tracking
        row.guarantee, row.storage = data.guarantee, fitting(data.storage, "storage", 200)
        row.shelf_life_days, row.replaced_by_id = data.shelf_life_days, data.replaced_by_id
        row.warn_days = data.warn_days
        row.note, row.active = data.note.strip(), data.active
        row.external_key = row.external_key or data.external_key
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "inventory.part_saved", row, code=code, name=name)
        return row


def _keep_what_counts(row: Part, data: PartData, code: str) -> None:
    for now, then, field in (
        (row.code, code, "code"),
        (row.measure_id, data.measure_id, "measure_id"),
        (row.tracking, data.tracking, "tracking"),
    ):
        if now != then:
            words = _("It was moved already, so its code, unit and tracking stay. Make a new part that supersedes it.")
            raise Conflict("moved_already", words, field=field)


def _require_no_circle(ctx: Ctx, row: Part | None, replaced_by_id: int) -> None:
    queries.get_part(ctx, replaced_by_id)
    newer = queries.successors(ctx)
    seen = {row.id} if row is not None else set()
    at: int | None = replaced_by_id
    while at is not None:
        if at in seen:
            raise Invalid("circle", _("In the end it would supersede itself."), "replaced_by_id")
        seen.add(at)
        at = newer.get(at)


# --- packs ----------------------------------------------------------------------------------------------------------


def save_pack(ctx: Ctx, part_id: int, measure_id: int, factor: Decimal) -> PartMeasure:
    """One of a further unit is exactly ``factor`` of the part's own: a box is 12 pieces."""
    ctx.require(EDIT)
    with transaction(ctx):
        part = queries.get_part(ctx, part_id, lock=True)
        measure = queries.get_measure(ctx, measure_id)
        if measure.id == part.measure_id:
            raise Invalid("own_measure", _("That is the part’s own unit."), "measure_id")
        if not sensible(factor):
            raise Invalid("bad_factor", _("A number above 0 is needed."), "factor")
        query = sa.select(PartMeasure).where(PartMeasure.part_id == part.id, PartMeasure.measure_id == measure.id)
        row = ctx.session.scalar(query) or PartMeasure(part_id=part.id, measure_id=measure.id)
        row.factor = factor
        ctx.session.add(row)
        ctx.session.flush()
        words = queries.plain_quantity(factor)
        emit(ctx, "inventory.pack_saved", part, code=part.code, pack=measure.name, factor=words, unit=part.measure.name)
        return row


def drop_pack(ctx: Ctx, pack_id: int) -> Part:
    """The part is no longer counted in this unit; what was moved stays, in the part's own."""
    return _drop(ctx, PartMeasure, pack_id, "inventory.pack_dropped")


# --- instead --------------------------------------------------------------------------------------------------------


def add_substitute(ctx: Ctx, part_id: int, substitute_id: int, note: str = "") -> Substitute:
    """Another part may be used in the place of this one; it comes after those that are there."""
    ctx.require(EDIT)
    with transaction(ctx):
        part = queries.get_part(ctx, part_id, lock=True)
        other = queries.get_part(ctx, substitute_id)
        if part.id == other.id:
            raise Invalid("itself", _("A part is no substitute for itself."), "substitute_id")
        known = queries.substitutes_of(ctx, part.id)
        if any(s.substitute_id == other.id for s in known):
            raise Invalid("known", _("{part} is a substitute already.", part=other.code), "substitute_id")
        place = max((s.place for s in known), default=0) + 1
        row = Substitute(
            part_id=part.id, substitute_id=other.id, place=place, note=fitting(note, "note", 200)
        )
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "inventory.substitute_added", part, code=part.code, other=other.code)
        return row


def drop_substitute(ctx: Ctx, row_id: int) -> Part:
    """It may no longer be used instead."""
    return _drop(ctx, Substitute, row_id, "inventory.substitute_dropped")


# --- what it fits ---------------------------------------------------------------------------------------------------


def add_to_product(
    ctx: Ctx, part_id: int, product_id: int, quantity: Decimal = Decimal(1), place: str = ""
) -> PartProduct:
    """A product has so many of the part in it: a line of its bill of parts."""
    ctx.require(EDIT)
    with transaction(ctx):
        part = queries.get_part(ctx, part_id, lock=True)
        product = get_product(ctx, product_id)
        if not sensible(quantity):
            raise Invalid("bad_quantity", _("A quantity is a number above 0."), "quantity")
        query = sa.select(PartProduct).where(PartProduct.part_id == part.id, PartProduct.product_id == product.id)
        row = ctx.session.scalar(query) or PartProduct(part_id=part.id, product_id=product.id)
        row.quantity, row.place = quantity, fitting(place, "place", 80)
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "inventory.bill_saved", part, code=part.code, product=product.name)
        return row


def drop_from_product(ctx: Ctx, row_id: int) -> Part:
    """The product no longer has the part in it."""
    return _drop(ctx, PartProduct, row_id, "inventory.bill_dropped")


def _drop(ctx: Ctx, model, row_id: int, event: str) -> Part:
    ctx.require(EDIT)
    with transaction(ctx):
        row = ctx.session.get(model, row_id)
        if row is None:
            raise NotFound("gone", _("That is gone already."))
        part = queries.get_part(ctx, row.part_id, lock=True)
        ctx.session.delete(row)
        ctx.session.flush()
        emit(ctx, event, part, code=part.code)
        return part
