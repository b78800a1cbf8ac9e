"""The people of the company: names, organisation units, who works here."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, Membership, OrgUnit

NOBODY = [0]
"""Asked for instead of no ids at all, so that it is the same statement."""


def members(ctx: Ctx) -> list[Membership]:
    """Everybody who works here and whom the actor may plan for: of his or her own units, where limited to these."""
    query = sa.select(Membership).options(orm.joinedload(Membership.user)).where(Membership.active.is_(True))
    if ctx.actor.unit_ids is not None:
        own = Membership.user_id == ctx.actor.user_id
        query = query.where(sa.or_(Membership.unit_id.in_(sorted(ctx.actor.unit_ids)), own))
    return [m for m in ctx.session.scalars(query) if m.user is not None]


def people(ctx: Ctx) -> list[tuple[int, str]]:
    """(id, name) of everybody whom the actor may plan for, by name."""
    return sorted(((m.user_id, m.user.name) for m in members(ctx)), key=lambda pair: (pair[1], pair[0]))


def names_of(ctx: Ctx, user_ids: Iterable[int | None]) -> dict[int, str]:
    """Id → name, of those who have left, too; one statement, however many (or none) there are."""
    wanted = sorted({u for u in user_ids if u is not None}) or NOBODY
    query = sa.select(Membership).options(orm.joinedload(Membership.user)).where(Membership.user_id.in_(wanted))
    return {m.user_id: m.user.name for m in ctx.session.scalars(query) if m.user is not None}


def name_of(ctx: Ctx, user_id: int | None) -> str:
    """The name of one person, or nothing."""
    return names_of(ctx, [user_id]).get(user_id or 0, "")


def find_member(ctx: Ctx, user_id: int) -> Membership | None:
    """Somebody who works here and whom the actor may plan for."""
    return next((m for m in members(ctx) if m.user_id == user_id), None)


def named(text: str) -> sa.Select:
    """The ids of people whose name holds a text, for the search box of a list."""
    user = Membership.user.property.mapper.class_
    query = sa.select(Membership.user_id).join(user, user.id == Membership.user_id)
    return query.where(user.name.icontains(text, autoescape=True))


def by_key(ctx: Ctx) -> dict[str, int]:
    """E-mail address and, where it is one person's alone, name → id of everybody who works here."""
    found: dict[str, int] = {}
    twice: set[str] = set()
    for member in members(ctx):
        for key in (member.user.email.casefold(), member.user.name.strip().casefold()):
            if key in found and found[key] != member.user_id:
                twice.add(key)
            found[key] = member.user_id
    return {key: user_id for key, user_id in found.items() if key and key not in twice}


def unit_names(ctx: Ctx) -> dict[int, str]:
    """Id → name of every organisation unit."""
    return {row.id: row.name for row in ctx.session.execute(sa.select(OrgUnit.id, OrgUnit.name))}


def units(ctx: Ctx) -> list[tuple[int, str]]:
    """(id, name) of the active organisation units within the actor's reach, by name."""
    query = sa.select(OrgUnit.id, OrgUnit.name).where(OrgUnit.active.is_(True)).order_by(OrgUnit.name, OrgUnit.id)
    if ctx.actor.unit_ids is not None:
        query = query.where(OrgUnit.id.in_(sorted(ctx.actor.unit_ids)))
    return [(row.id, row.name) for row in ctx.session.execute(query)]
