"""Parts, their units of measure, what replaces them, what they fit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, NotFound, _
from plugins.inventory.models import Measure, Part, PartMeasure, PartProduct, Substitute

NOTHING = [0]
"""Asked for instead of no ids at all, so that it is the same statement."""
MOST_OFFERED = 500


@dataclass(frozen=True)
class PartWords:
    """What services need to know of a part, and to say about it."""

    id: int
    code: str
    name: str
    tracking: str
    active: bool
    shelf_life_days: int | None
    measure_id: int
    measure: str
    decimals: int

    @property
    def words(self) -> str:
        """Code and name."""
        return f"{self.code} {self.name}"

    def amount(self, quantity: Decimal) -> str:
        """A quantity in words: ``3 pcs``."""
        return f"{plain_quantity(quantity)} {self.measure}"


def words_columns(part: Any, measure: Any) -> tuple[Any, ...]:
    """The columns of PartWords, of the classes or of what stands for their tables."""
    part, measure = getattr(part, "c", part), getattr(measure, "c", measure)
    return (
        part.id, part.code, part.name, part.tracking, part.active, part.shelf_life_days, part.measure_id, measure.name,
        measure.decimals,
    )  # fmt: skip


def plain_quantity(quantity: Decimal) -> str:
    """A quantity without zeros at its end."""
    return format(quantity.normalize(), "f") if quantity else "0"


def tidy(quantity: Decimal) -> Decimal:
    """The same quantity with the decimals that it needs and no more."""
    return Decimal(plain_quantity(quantity))


def get_part(ctx: Ctx, part_id: int, *, lock: bool = False) -> Part:
    """One part, with its unit. Raises NotFound."""
    query = sa.select(Part).where(Part.id == part_id).options(orm.joinedload(Part.measure))
    if lock:
        query = query.with_for_update(of=Part)
    row = ctx.session.scalar(query)
    if row is None:
        raise NotFound("unknown_part", _("There is no such part."))
    return row


def part_words(ctx: Ctx, ids: Iterable[int]) -> dict[int, PartWords]:
    """Id → what there is to say of each; one statement."""
    query = sa.select(*words_columns(Part, Measure)).join(Measure, Measure.id == Part.measure_id)
    found = ctx.session.execute(query.where(Part.id.in_(sorted(set(ids)) or NOTHING)))
    return {row[0]: PartWords(*row) for row in found}


def parts_by_code(ctx: Ctx, codes: Iterable[str]) -> dict[str, int]:
    """Code → id."""
    query = sa.select(Part.code, Part.id).where(Part.code.in_(sorted(set(codes)) or [""]))
    return {row.code: row.id for row in ctx.session.execute(query)}


def offered_parts(ctx: Ctx) -> list[tuple[int, str]]:
    """(id, words) of the parts in use, by code: the first of them."""
    query = sa.select(Part.id, Part.code, Part.name).where(Part.active.is_(True)).order_by(Part.code)
    return [(row.id, f"{row.code} {row.name}") for row in ctx.session.execute(query.limit(MOST_OFFERED))]


# --- units of measure -----------------------------------------------------------------------------------------------


def get_measure(ctx: Ctx, measure_id: int) -> Measure:
    """One unit of measure. Raises NotFound."""
    row = ctx.session.get(Measure, measure_id)
    if row is None:
        raise NotFound("unknown_measure", _("There is no such unit of measure."))
    return row


def measures(ctx: Ctx, keep: int | None = None) -> list[tuple[int, str]]:
    """(id, name) of the units in use, by name; ``keep`` is offered although it is not."""
    query = sa.select(Measure.id, Measure.name).where(sa.or_(Measure.active.is_(True), Measure.id == (keep or 0)))
    return [(row.id, row.name) for row in ctx.session.execute(query.order_by(Measure.name, Measure.id))]


def measure_words(ctx: Ctx) -> dict[int, tuple[str, int]]:
    """Id → (name, decimals) of every unit of measure."""
    query = sa.select(Measure.id, Measure.name, Measure.decimals)
    return {row[0]: (row[1], row[2]) for row in ctx.session.execute(query)}


def factors(ctx: Ctx, part_ids: Iterable[int]) -> dict[tuple[int, int], Decimal]:
    """(part, unit) → how many of the part's own unit one of it is; one statement."""
    query = sa.select(PartMeasure.part_id, PartMeasure.measure_id, PartMeasure.factor)
    found = ctx.session.execute(query.where(PartMeasure.part_id.in_(sorted(set(part_ids)) or NOTHING)))
    return {(row[0], row[1]): row[2] for row in found}


def packs_of(ctx: Ctx, part_id: int) -> list[PartMeasure]:
    """The further units of a part."""
    query = sa.select(PartMeasure).where(PartMeasure.part_id == part_id).options(orm.joinedload(PartMeasure.measure))
    return list(ctx.session.scalars(query.order_by(PartMeasure.factor, PartMeasure.id)))


# --- what replaces, what fits ---------------------------------------------------------------------------------------


def substitutes_of(ctx: Ctx, part_id: int) -> list[Substitute]:
    """What may be used instead of a part, the first choice first."""
    query = sa.select(Substitute).where(Substitute.part_id == part_id).options(orm.joinedload(Substitute.substitute))
    return list(ctx.session.scalars(query.order_by(Substitute.place, Substitute.id)))


def instead_of(ctx: Ctx, part_ids: Iterable[int]) -> dict[int, list[int]]:
    """Part → active parts that may be used instead, in order: its substitutes, then the chain that supersedes it."""
    wanted = sorted(set(part_ids)) or NOTHING
    query = sa.select(Substitute.part_id, Substitute.substitute_id).join(Part, Part.id == Substitute.substitute_id)
    query = query.where(Substitute.part_id.in_(wanted), Part.active.is_(True))
    found: dict[int, list[int]] = {}
    for part_id, other in ctx.session.execute(query.order_by(Substitute.place, Substitute.id)):
        found.setdefault(part_id, []).append(other)
    newer = successors(ctx)
    chains = {part_id: chain for part_id in wanted if (chain := chain_of(newer, part_id))}
    kept = _active(ctx, {i for chain in chains.values() for i in chain})
    for part_id, chain in chains.items():
        others = found.setdefault(part_id, [])
        others += [i for i in chain if i in kept and i not in others]
    return found


def _active(ctx: Ctx, part_ids: Collection[int]) -> set[int]:
    if not part_ids:
        return set()
    return set(ctx.session.scalars(sa.select(Part.id).where(Part.id.in_(sorted(part_ids)), Part.active.is_(True))))


def chain_of(newer: Mapping[int, int], part_id: int) -> list[int]:
    """What supersedes a part, what supersedes that, and so on."""
    chain: list[int] = []
    at = newer.get(part_id)
    while at is not None and at not in chain:
        chain.append(at)
        at = newer.get(at)
    return chain


def ordered_instead(ctx: Ctx) -> dict[int, int]:
    """Superseded part → the part that is ordered from then on: the last one of its chain that is kept and counted in
    the same unit.
    """
    newer = successors(ctx)
    if not newer:
        return {}
    ids = sorted({*newer, *newer.values()})
    units = dict(ctx.session.execute(sa.select(Part.id, Part.measure_id).where(Part.id.in_(ids))).all())
    kept = _active(ctx, ids)
    found = {}
    for part_id in newer:
        fit = [i for i in chain_of(newer, part_id) if i in kept and units[i] == units[part_id]]
        if fit:
            found[part_id] = fit[-1]
    return found


def superseded_by(ctx: Ctx, part_id: int) -> list[Part]:
    """The parts that this one supersedes."""
    return list(ctx.session.scalars(sa.select(Part).where(Part.replaced_by_id == part_id).order_by(Part.code)))


def successors(ctx: Ctx) -> Mapping[int, int]:
    """Part → the part that supersedes it, of all that are superseded."""
    query = sa.select(Part.id, Part.replaced_by_id).where(Part.replaced_by_id.is_not(None))
    return {part_id: newer for part_id, newer in ctx.session.execute(query) if newer is not None}


def products_of(ctx: Ctx, part_id: int, limit: int) -> list[PartProduct]:
    """The products in which a part is."""
    query = sa.select(PartProduct).where(PartProduct.part_id == part_id).options(orm.joinedload(PartProduct.product))
    return list(ctx.session.scalars(query.order_by(PartProduct.id).limit(limit)))


def parts_in(ctx: Ctx, product_id: int) -> list[int]:
    """The ids of the parts of a product's bill, in its order."""
    query = sa.select(PartProduct.part_id).where(PartProduct.product_id == product_id).order_by(PartProduct.id)
    return list(ctx.session.scalars(query))


def bill_of(ctx: Ctx, product_id: int, limit: int) -> list[PartProduct]:
    """The bill of parts of a product."""
    query = sa.select(PartProduct).where(PartProduct.product_id == product_id)
    query = query.options(orm.joinedload(PartProduct.part).joinedload(Part.measure))
    return list(ctx.session.scalars(query.order_by(PartProduct.id).limit(limit)))
