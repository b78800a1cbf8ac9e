"""People who move to another organisation unit take along what is theirs."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.api import Ctx, Membership, emit_if_changed, transaction
from plugins.workforce.models import Certificate, Leave, PoolMember

MODELS: tuple[Any, ...] = (Certificate, Leave, PoolMember)


def follow_member(ctx: Ctx, user_id: int) -> None:
    """What a person has is seen by the unit in which he or she works now."""
    with transaction(ctx):
        member = ctx.session.scalar(sa.select(Membership).where(Membership.user_id == user_id))
        if member is None:
            return
        for model in MODELS:
            for row in ctx.session.scalars(sa.select(model).where(model.assignee_id == user_id)):
                row.unit_id = member.unit_id
        emit_if_changed(ctx, "workforce.moved_along", name=member.user.name, user_id=user_id)
