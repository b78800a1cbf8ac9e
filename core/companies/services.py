"""Writes on companies, organisation units, roles, memberships and settings."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import hooks
from core.auth.models import User
from core.companies.models import UNIT_KINDS, Company, Membership, OrgUnit, Role
from core.companies.rights import (
    ADMINISTRATOR,
    require_administrator_left,
    require_may_grant,
    require_may_grant_roles,
    require_may_place,
    require_role_keeps_company_open,
)
from core.context import Ctx
from core.db import bind_company, check_version, transaction
from core.errors import Conflict, Invalid, NotFound
from core.events import emit, emit_if_changed
from core.i18n import LOCALES, _, label

_CODE = re.compile(r"^[a-z][a-z0-9-]{1,39}$")


def create_company(
    ctx_for,
    session: Session,
    *,
    code: str,
    name: str,
    now,
    timezone="Asia/Shanghai",
    currency="CNY",
    locale="zh",
    region="CN",
    profile="",
) -> Ctx:
    """Create a company with its roles, calendars and the always-on plugins; answers a Ctx of the system in it.

    ``ctx_for(company_id)`` makes the Ctx; ``session`` must not serve a company yet. Raises Invalid for a code that is
    taken or can't stand in an address.
    """
    if not _CODE.match(code):
        raise Invalid(
            "bad_code",
            _(
                "A company code has 2 to 40 lower-case letters, digits or hyphens, like “hefeng”; “{code}” does "
                "not fit.",
                code=code,
            ),
            "code",
        )
    if timezone not in zoneinfo.available_timezones():
        raise Invalid(
            "bad_timezone", _("“{name}” is no time zone. Write it like Asia/Shanghai.", name=timezone), "timezone"
        )
    if locale not in LOCALES:
        raise Invalid("bad_locale", _("The language must be zh or en."), "locale")
    with transaction(session):
        if session.scalar(sa.select(Company.id).where(Company.code == code)) is not None:
            raise Invalid("code_taken", _("There is a company with the code “{code}” already.", code=code), "code")
        company = Company(
            code=code,
            name=name,
            timezone=timezone,
            currency=currency,
            locale=locale,
            region=region,
            profile=profile,
            created_at=now,
        )
        session.add(company)
        session.flush()
        bind_company(session, company.id)
        ctx: Ctx = ctx_for(company.id)
        session.add(OrgUnit(code="hq", name=name, kind="headquarters"))
        emit(ctx, "core.company_created", company, name=name, code=code)
        from core.approvals.chains import install_tables
        from core.calendar_store import load_shipped_calendars
        from core.checklists import services as checklists
        from core.companies.upkeep import remember_shipped

        load_shipped_calendars(ctx)
        grant_default_roles(ctx, "core")
        remember_shipped(ctx, "core")
        for plugin in ctx.registry.plugins.values():
            if plugin.manifest.always_on:
                grant_default_roles(ctx, plugin.name)
                install_tables(ctx, plugin.name)
                checklists.install(ctx, plugin.name)
                remember_shipped(ctx, plugin.name)
        for plugin_name, impl in hooks.implementations(ctx.registry, "plugin_enabled", ctx.enabled):
            hooks.call(impl, {"ctx": ctx})
            emit_if_changed(
                ctx,
                "core.plugin_data_loaded",
                plugin=plugin_name,
                module=ctx.registry.plugins[plugin_name].manifest.label,
            )
    return ctx


def grant_default_roles(ctx: Ctx, plugin: str) -> None:
    """Create the roles that ``plugin`` proposes, and add its permissions to roles of the same code that exist."""
    for proposed in ctx.registry.roles.get(plugin, ()):
        role = ctx.session.scalar(sa.select(Role).where(Role.code == proposed.code))
        if role is None:
            ctx.session.add(
                Role(code=proposed.code, name=dict(proposed.name), permissions=sorted(proposed.permissions))
            )
        else:
            role.permissions = sorted({*role.permissions, *proposed.permissions})
        emit_if_changed(ctx, "core.role_saved", name=label(proposed.name), code=proposed.code, plugin=plugin)


def save_role(
    ctx: Ctx,
    code: str,
    name: dict[str, str],
    permissions: Iterable[str],
    second_factor_required: bool = False,
    *,
    version: int | None = None,
) -> Role:
    """Create or change a role. Raises Invalid for a permission that no plugin declares.

    Raises Forbidden for a right that the actor may not pass on (``core.companies.rights``), and Conflict when it is no
    longer the ``version`` that was shown.
    """
    ctx.require("core.users.manage")
    require_role_keeps_company_open(code, permissions)
    with transaction(ctx):
        role = ctx.session.scalar(sa.select(Role).where(Role.code == code))
        check_version(role, version)
        before = set(role.permissions) if role else set()
        unknown = sorted(set(permissions) - before - set(ctx.registry.permissions))
        if unknown:
            raise Invalid("unknown_permission", _("There is no right called “{code}”.", code=unknown[0]), "permissions")
        require_may_grant_roles(ctx, [code] if code == ADMINISTRATOR else [])
        require_may_grant(ctx, before ^ set(permissions))
        if role is None:
            role = Role(code=code)
            ctx.session.add(role)
        role.name, role.permissions, role.second_factor_required = (
            dict(name),
            sorted(set(permissions)),
            second_factor_required,
        )
        ctx.session.flush()
        emit(ctx, "core.role_saved", role, name=label(name), code=code)
        return role


def save_unit(
    ctx: Ctx,
    code: str,
    name: str,
    kind: str,
    parent_code: str | None = None,
    region: str = "",
    *,
    version: int | None = None,
) -> OrgUnit:
    """Create or change an organisation unit. Raises Invalid for an unknown kind or parent, or a circle of parents, and
    Conflict when it is no longer the ``version`` that was shown.
    """
    ctx.require("core.units.manage")
    if kind not in UNIT_KINDS:
        raise Invalid("bad_kind", _("An organisation unit is a headquarters, centre, agent or department."), "kind")
    with transaction(ctx):
        parent = open_unit(ctx, parent_code, "parent") if parent_code else None
        unit = unit_by_code(ctx, code, required=False) or OrgUnit(code=code)
        check_version(unit, version)
        unit.name, unit.kind, unit.region = name, kind, region
        unit.parent_id = parent.id if parent else None
        ctx.session.add(unit)
        ctx.session.flush()
        if unit.id in ancestors(ctx, unit):
            raise Invalid("unit_circle", _("“{name}” can't stand below itself.", name=name), "parent")
        emit(ctx, "core.unit_saved", unit, name=name)
        return unit


def unit_by_code(ctx: Ctx, code: str, required: bool = True) -> OrgUnit | None:
    """The organisation unit with this code; NotFound when required and absent."""
    unit = ctx.session.scalar(sa.select(OrgUnit).where(OrgUnit.code == code))
    if unit is None and required:
        raise NotFound("unknown_unit", _("There is no organisation unit with the code “{code}”.", code=code), "unit")
    return unit


def open_unit(ctx: Ctx, code: str, field: str) -> OrgUnit:
    """The organisation unit that somebody chose. Raises Invalid at ``field`` for a closed one, NotFound for none."""
    unit = unit_by_code(ctx, code)
    assert unit is not None
    if not unit.active:
        raise Invalid("unit_closed", _("“{name}” is closed. Choose another organisation unit.", name=unit.name), field)
    return unit


def ancestors(ctx: Ctx, unit: OrgUnit) -> list[int]:
    """The ids of the units above ``unit``, nearest first; stops at a circle."""
    parents = {row.id: row.parent_id for row in ctx.session.execute(sa.select(OrgUnit.id, OrgUnit.parent_id))}
    found: list[int] = []
    current = unit.parent_id
    while current is not None and current not in found:
        found.append(current)
        current = parents.get(current)
    return found


def descendants(session: Session, unit_id: int) -> frozenset[int]:
    """The ids of a unit and of all units below it."""
    children: dict[int | None, list[int]] = {}
    for row in session.execute(sa.select(OrgUnit.id, OrgUnit.parent_id)):
        children.setdefault(row.parent_id, []).append(row.id)
    found: set[int] = set()
    stack = [unit_id]
    while stack:
        current = stack.pop()
        if current not in found:
            found.add(current)
            stack += children.get(current, [])
    return frozenset(found)


def save_membership(
    ctx: Ctx,
    user_id: int,
    role_codes: Iterable[str],
    unit_code: str | None = None,
    data_scope: str = "company",
    *,
    version: int | None = None,
) -> Membership:
    """Let a person work in this company with these roles. Raises Invalid for an unknown role.

    Raises Forbidden when a role, given or had before, carries rights that the actor may not pass on, and Conflict when
    it would leave the company without an administrator or is no longer the ``version`` that was shown.
    """
    ctx.require("core.users.manage")
    wanted = sorted(set(role_codes))
    if data_scope not in ("company", "units") or (data_scope == "units" and not unit_code):
        raise Invalid("bad_scope", _("Choose the organisation unit to which this person is limited."), "unit")
    with transaction(ctx):
        known = {row[0]: row[1] for row in ctx.session.execute(sa.select(Role.code, Role.name))}
        for code in wanted:
            if code not in known:
                raise Invalid(
                    "unknown_role", _("There is no role called “{code}” in this company.", code=code), "roles"
                )
        user = ctx.session.get(User, user_id)
        if user is None:
            raise NotFound("unknown_person", _("There is no such account."), "user")
        row = ctx.session.scalar(sa.select(Membership).where(Membership.user_id == user_id))
        check_version(row, version)
        unit = open_unit(ctx, unit_code, "unit") if unit_code else None
        before = set(row.role_codes) if row and row.active else set()
        require_may_grant_roles(ctx, before | set(wanted))
        require_may_place(ctx, unit.id if unit else None, data_scope)
        if ADMINISTRATOR in before - set(wanted):
            require_administrator_left(ctx, user_id)
        if row is None:
            row = Membership(user_id=user_id)
            ctx.session.add(row)
        row.role_codes, row.data_scope = wanted, data_scope
        row.unit_id = unit.id if unit else None
        row.active, row.ended_at = True, None
        ctx.session.flush()
        names = [known[code] or code for code in wanted]
        emit(ctx, "core.membership_saved", row, name=user.name, user_id=user_id, roles=names)
        return row


def open_work(ctx: Ctx, user_id: int) -> list:
    """What a person still holds in any module, disabled ones too, as the plugins' ``OpenWork`` items.

    Raises Conflict when a module can't say: nobody must leave with work that no one sees.
    """
    answers = hooks.collect(ctx, "open_work_of", disabled_too=True, user_id=user_id)
    failed = next((a for a in answers if a.error), None)
    if failed:
        module = ctx.registry.plugin_label(failed.plugin)
        text = _(
            "The module “{module}” could not say what this person still holds. Nothing was changed.", module=module
        )
        raise Conflict("open_work_unknown", text)
    return [item for a in answers for item in a.value]


def end_membership(ctx: Ctx, user_id: int, hand_over_to: int | None = None) -> int:
    """Let a person leave the company. Open work goes to ``hand_over_to``; Conflict when there is work and nobody named.

    Answers how many records were handed over. The account itself stays, for other companies.
    """
    ctx.require("core.users.manage")
    with transaction(ctx):
        row = ctx.session.scalar(
            sa.select(Membership).where(Membership.user_id == user_id, Membership.active.is_(True))
        )
        if row is None:
            raise NotFound("unknown_person", _("This person does not work here."), "user")
        if user_id == ctx.actor.user_id:
            raise Conflict("own_membership", _("You can't end your own membership. Another administrator must do it."))
        require_may_grant_roles(ctx, row.role_codes)
        if ADMINISTRATOR in row.role_codes:
            require_administrator_left(ctx, user_id)
        held = open_work(ctx, user_id)
        if held and hand_over_to is None:
            raise Conflict(
                "open_work",
                _("This person still holds {n} open items. Say who takes them over.", n=sum(w.count for w in held)),
                "hand_over_to",
            )
        moved = 0
        if held and hand_over_to is not None:
            taker = ctx.session.scalar(
                sa.select(Membership).where(Membership.user_id == hand_over_to, Membership.active.is_(True))
            )
            if taker is None or hand_over_to == user_id:
                raise Invalid("bad_taker", _("Open work can only go to another person who works here."), "hand_over_to")
            answers = hooks.collect(
                ctx, "hand_over_work", disabled_too=True, from_user_id=user_id, to_user_id=hand_over_to
            )
            failed = next((a for a in answers if a.error), None)
            if failed:
                raise Conflict(
                    "hand_over_failed",
                    _(
                        "The module “{module}” could not hand its work over. Nothing was changed.",
                        module=ctx.registry.plugin_label(failed.plugin),
                    ),
                )
            moved = sum(a.value for a in answers)
        row.active, row.ended_at = False, ctx.now
        user = ctx.session.get(User, user_id)
        emit(
            ctx,
            "core.membership_ended",
            row,
            name=user.name if user else "",
            user_id=user_id,
            moved=moved,
            to=hand_over_to,
        )
        return moved
