"""Locations and the tree of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from core.api import Ctx, Membership, NotFound, OrgUnit, _
from plugins.inventory.models import Location
from plugins.inventory.models.places import ARRIVED, PICKED


def get_location(ctx: Ctx, location_id: int, *, lock: bool = False) -> Location:
    """One location within the actor's reach. Raises NotFound."""
    query = sa.select(Location).where(Location.id == location_id)
    row = ctx.session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound("unknown_location", _("There is no such location."))
    return row


def locations(ctx: Ctx, ids: Iterable[int]) -> dict[int, Location]:
    """Id → location, within the actor's reach; one statement."""
    found = ctx.session.scalars(sa.select(Location).where(Location.id.in_(sorted(set(ids)) or [0])))
    return {row.id: row for row in found}


def first_of(ctx: Ctx, kind: str) -> Location:
    """The first active location of a sort: the company's supplier, customer, scrap or adjustment side.

    Raises NotFound, with what to do.
    """
    query = sa.select(Location).where(Location.kind == kind, Location.active.is_(True)).order_by(Location.id)
    row = ctx.session.scalars(query.limit(1)).first()
    if row is None:
        raise NotFound("no_location", _("There is no active location of the sort “{kind}”: add one.", kind=kind))
    return row


def offered(ctx: Ctx, kinds: Sequence[str] = ARRIVED) -> list[tuple[int, str]]:
    """(id, words) of the active locations of these sorts, by code."""
    query = sa.select(Location.id, Location.code, Location.name)
    query = query.where(Location.kind.in_(kinds), Location.active.is_(True))
    return [(row.id, f"{row.code} {row.name}") for row in ctx.session.execute(query.order_by(Location.code))]


def another(ctx: Ctx, location_id: int | None) -> int | None:
    """What a form proposes: the first location where parts are picked, but this one."""
    return next((i for i, _words in offered(ctx, PICKED) if i != location_id), None)


def tree(ctx: Ctx) -> list[tuple[int, Location]]:
    """(depth, location) of all locations, each below the one it belongs to, by code."""
    rows = list(ctx.session.scalars(sa.select(Location).order_by(Location.code)))
    known = {row.id for row in rows}
    below: dict[int, list[Location]] = {}
    for row in rows:
        below.setdefault(row.parent_id if row.parent_id in known else 0, []).append(row)
    found: list[tuple[int, Location]] = []

    def walk(parent: int, depth: int) -> None:
        for row in below.get(parent, ()):
            found.append((depth, row))
            walk(row.id, depth + 1)

    walk(0, 0)
    return found


def parents(ctx: Ctx) -> dict[int, int | None]:
    """Location → the one it belongs to."""
    return {row.id: row.parent_id for row in ctx.session.execute(sa.select(Location.id, Location.parent_id))}


def people(ctx: Ctx) -> list[tuple[int, str]]:
    """(id, name) of everybody who works here, by name."""
    query = sa.select(Membership).where(Membership.active.is_(True))
    found = [(m.user_id, m.user.name) for m in ctx.session.scalars(query) if m.user is not None]
    return sorted(found, key=lambda pair: (pair[1], pair[0]))


def names_of(ctx: Ctx, user_ids: Iterable[int | None]) -> dict[int, str]:
    """Id → name; one statement."""
    wanted = sorted({u for u in user_ids if u is not None}) or [0]
    user = Membership.user.property.mapper.class_
    query = sa.select(user.id, user.name).join(Membership, Membership.user_id == user.id).where(user.id.in_(wanted))
    return {row[0]: row[1] for row in ctx.session.execute(query)}


def unit_names(ctx: Ctx) -> dict[int, str]:
    """Id → name of every organisation unit."""
    return {row.id: row.name for row in ctx.session.execute(sa.select(OrgUnit.id, OrgUnit.name))}


def units(ctx: Ctx) -> list[tuple[int, str]]:
    """(id, name) of the active organisation units, by name."""
    query = sa.select(OrgUnit.id, OrgUnit.name).where(OrgUnit.active.is_(True)).order_by(OrgUnit.name, OrgUnit.id)
    return [(row.id, row.name) for row in ctx.session.execute(query)]
