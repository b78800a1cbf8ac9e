"""What the demonstration draws from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Actor, Ctx, Membership, read_data_file

_WORDS = Path(__file__).parents[1] / "data" / "demo" / "words.yaml"


def words_of(ctx: Ctx) -> dict[str, Any]:
    """The words in the company's language."""
    return read_data_file(_WORDS)["zh" if ctx.company.locale.startswith("zh") else "en"]


def planner(ctx: Ctx) -> Actor:
    """Who does it all: a manager, or whoever there is, allowed everything."""
    query = sa.select(Membership).options(orm.joinedload(Membership.user)).where(Membership.active.is_(True))
    members = [m for m in ctx.session.scalars(query) if m.user is not None]
    if not members:
        return ctx.actor
    first = min(members, key=lambda m: ("manager" not in m.role_codes, m.user_id))
    return Actor(first.user_id, first.user.name, is_system=True, roles=frozenset(first.role_codes))
