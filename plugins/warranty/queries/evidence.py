"""Reading proofs of dates."""

from __future__ import annotations

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


def proofs_of(ctx: Ctx, device_id: int) -> list[UnitDate]:
    """The proofs of a unit's dates, set aside or not, the newest first."""
    query = sa.select(UnitDate).where(UnitDate.device_id == device_id).order_by(UnitDate.id.desc()).limit(50)
    return list(ctx.session.scalars(query))
