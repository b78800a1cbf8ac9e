"""What the demonstration draws from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.api import Actor, Ctx, Membership, read_data_file
from plugins.workforce.queries import people

_WORDS = Path(__file__).parents[1] / "data" / "demo" / "words.yaml"


def words_of(ctx: Ctx) -> dict[str, Any]:
    """The words in the company's language, and those of its industry where there are some."""
    offered = read_data_file(_WORDS)
    return {**offered["zh" if ctx.company.locale.startswith("zh") else "en"], **offered.get(ctx.company.profile, {})}


def planner(ctx: Ctx) -> Actor:
    """Who does it all: a manager, or whoever there is, allowed everything."""
    members = sorted(people.members(ctx), key=lambda m: ("manager" not in m.role_codes, m.user_id))
    if not members:
        return ctx.actor
    return Actor(members[0].user_id, members[0].user.name, is_system=True, roles=frozenset(members[0].role_codes))


def staff(ctx: Ctx) -> list[Membership]:
    """Who is planned for: technicians and agents where there are any, else everybody."""
    members = sorted(people.members(ctx), key=lambda m: m.user_id)
    working = [m for m in members if {"technician", "agent"} & set(m.role_codes)]
    return working or members
