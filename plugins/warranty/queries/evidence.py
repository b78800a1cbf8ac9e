"""Reading proofs of dates."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from core.api import Ctx, NotFound, _
from plugins.base import queries as base_queries
from plugins.warranty.models import UnitDate


def get_proof(ctx: Ctx, proof_id: int) -> UnitDate:
    """The proof; NotFound where there is none, or its unit is not this person's to see."""
    proof = ctx.session.scalar(sa.select(UnitDate).where(UnitDate.id == proof_id))
    if proof is None:
        raise NotFound("proof_missing", _("There is no such proof."))
    base_queries.get_unit(ctx, proof.device_id)
    return proof


def kept_papers(ctx: Ctx, device_id: int) -> set[str]:
    """Kinds of proof of a unit of which a picture or scan is kept; none that was set aside."""
    query = sa.select(UnitDate.source).where(
        UnitDate.device_id == device_id, UnitDate.set_aside.is_(False), UnitDate.file != ""
    )
    return set(ctx.session.scalars(query.distinct()))


def sources_of_units(ctx: Ctx, device_ids: Iterable[int]) -> dict[int, set[str]]:
    """Unit id → the kinds of proof recorded for it that count; one statement."""
    query = sa.select(UnitDate.device_id, UnitDate.source).where(
        UnitDate.device_id.in_(sorted(set(device_ids))), UnitDate.set_aside.is_(False)
    )
    found: dict[int, set[str]] = {}
    for device_id, source in ctx.session.execute(query.distinct()):
        found.setdefault(device_id, set()).add(source)
    return found


def proofs_of(ctx: Ctx, device_id: int) -> list[UnitDate]:
    """The proofs of a unit's dates, set aside or not, the newest first."""
    query = sa.select(UnitDate).where(UnitDate.device_id == device_id).order_by(UnitDate.id.desc()).limit(50)
    return list(ctx.session.scalars(query))
