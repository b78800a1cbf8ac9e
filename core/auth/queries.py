"""Reads on the people, roles and organisation of a company."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from core.auth.models import User
from core.companies.models import Membership, OrgUnit, Role
from core.companies.rights import ADMINISTRATOR, held
from core.context import Ctx
from core.i18n import label


def people(*, search: str = "", role: str = "", unit_id: int | None = None, active: bool = True) -> sa.Select:
    """Memberships with their accounts. ``search`` is part of a name or an e-mail address."""
    query = sa.select(Membership, User).join(User, User.id == Membership.user_id).where(Membership.active.is_(active))
    if search:
        query = query.where(
            sa.or_(User.name.icontains(search, autoescape=True), User.email.icontains(search, autoescape=True))
        )
    if role:
        query = query.where(sa.cast(Membership.role_codes, sa.String).contains(f'"{role}"', autoescape=True))
    if unit_id is not None:
        query = query.where(Membership.unit_id == unit_id)
    return query


def roles(ctx: Ctx) -> list[Role]:
    """The company's roles: administrators first, then by name."""
    found = list(ctx.session.scalars(sa.select(Role)))
    return sorted(found, key=lambda r: (r.code != ADMINISTRATOR, label(r.name)))


def role_holders(ctx: Ctx) -> dict[str, int]:
    """Role code → how many people hold it now."""
    counts: dict[str, int] = {}
    for codes in ctx.session.scalars(sa.select(Membership.role_codes).where(Membership.active.is_(True))):
        for code in codes:
            counts[code] = counts.get(code, 0) + 1
    return counts


def holders_of(ctx: Ctx, code: str, limit: int) -> list[User]:
    """The first people by name who hold a role now."""
    query = people(role=code).order_by(User.name, User.id).limit(limit)
    return [user for _membership, user in ctx.session.execute(query)]


def grantable_roles(ctx: Ctx, found: Sequence[Role]) -> set[str]:
    """The codes of those roles that the actor may give and take."""
    own = held(ctx)
    if own is None:
        return {r.code for r in found}
    return {r.code for r in found if r.code != ADMINISTRATOR and set(r.permissions) <= own}


@dataclass(frozen=True)
class PermissionChoice:
    """One right in the role editor. ``kept`` says why it can't be changed here: ``off`` (module) or ``not_held``."""

    code: str
    label: str
    given: bool
    kept: str = ""


@dataclass(frozen=True)
class PermissionGroup:
    """The rights of one module."""

    module: str
    label: str
    on: bool
    choices: tuple[PermissionChoice, ...]


def permission_groups(ctx: Ctx, given: set[str], core_label: str) -> list[PermissionGroup]:
    """Every declared right by module. Those of modules that are off, or not held by the actor, are shown and kept."""
    own = held(ctx)
    by_module: dict[str, list[PermissionChoice]] = {}
    for code in ctx.registry.permissions:
        module = ctx.registry.owner_of("permissions", code)
        kept = (
            "off"
            if module != "core" and module not in ctx.enabled
            else "not_held"
            if own is not None and code not in own
            else ""
        )
        choice = PermissionChoice(code, ctx.registry.permission_label(code), code in given, kept)
        by_module.setdefault(module, []).append(choice)
    return [
        PermissionGroup(
            module,
            core_label if module == "core" else ctx.registry.plugin_label(module),
            module == "core" or module in ctx.enabled,
            tuple(by_module[module]),
        )
        for module in ("core", *ctx.registry.plugins)
        if module in by_module
    ]


@dataclass
class UnitNode:
    """An organisation unit with what stands below it."""

    unit: OrgUnit
    people: int = 0
    children: list[UnitNode] = field(default_factory=list)


def unit_tree(ctx: Ctx) -> list[UnitNode]:
    """The organisation as trees, each level by name. Three statements at any size."""
    counted = (
        sa.select(Membership.unit_id, sa.func.count()).where(Membership.active.is_(True)).group_by(Membership.unit_id)
    )
    people_in = {row[0]: row[1] for row in ctx.session.execute(counted)}
    units = list(ctx.session.scalars(sa.select(OrgUnit).order_by(OrgUnit.name, OrgUnit.id)))
    nodes = {u.id: UnitNode(u, people_in.get(u.id, 0)) for u in units}
    roots: list[UnitNode] = []
    for unit in units:
        parent = nodes.get(unit.parent_id) if unit.parent_id else None
        (parent.children if parent else roots).append(nodes[unit.id])
    return roots


def unit_choices(ctx: Ctx) -> list[tuple[str, str]]:
    """(code, name) of every open unit in the order of the tree, deeper ones behind a dash for each level."""
    found: list[tuple[str, str]] = []

    def walk(nodes: list[UnitNode], depth: int) -> None:
        for node in nodes:
            if node.unit.active:
                found.append((node.unit.code, "— " * depth + node.unit.name))
            walk(node.children, depth + 1)

    walk(unit_tree(ctx), 0)
    return found


def colleagues(ctx: Ctx, without: int) -> list[tuple[int, str]]:
    """(id, name) of the people who work here now, but for one; to hand work over to."""
    query = people().where(User.id != without, User.active.is_(True)).order_by(User.name, User.id)
    return [(user.id, user.name) for _membership, user in ctx.session.execute(query)]
