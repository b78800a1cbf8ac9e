"""Bringing companies up to date: what a newer version of the core or of a module ships and a company lacks.

When a company is made or a module switched on it gets the module's roles, rule tables and checklists. A later version
may ship more. What a company has been given is remembered, so that only what is new since then is added: a right that
the company took from a role, or a role that it deleted, does not come back. Modules that are off wait.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
import structlog

from core.companies.models import Company, Role, Shipped
from core.context import Ctx
from core.db import open_session, system_session, transaction
from core.events import emit, emit_if_changed
from core.i18n import label, use_locale
from core.registry import Registry

log = structlog.get_logger("sanbao.upkeep")


def shipped_by(registry: Registry, plugin: str) -> dict[str, Any]:
    """What this version of a module (or of ``core``) ships for every company."""
    roles: dict[str, set[str]] = {}
    for role in registry.roles.get(plugin, ()):
        roles.setdefault(role.code, set()).update(role.permissions)
    return {
        "roles": {code: sorted(rights) for code, rights in sorted(roles.items())},
        "tables": sorted(name for name in registry.tables if registry.owner_of("tables", name) == plugin),
        "checklists": sorted(c for c in registry.checklists if registry.owner_of("checklists", c) == plugin),
    }


def remember_shipped(ctx: Ctx, plugin: str) -> None:
    """Note that the company now has all that this version of a module ships. Inside the transaction that gave it."""
    row = ctx.session.scalar(sa.select(Shipped).where(Shipped.plugin == plugin))
    if row is None:
        row = Shipped(plugin=plugin)
        ctx.session.add(row)
    row.given, row.given_at = shipped_by(ctx.registry, plugin), ctx.now
    ctx.session.flush()


def _given(ctx: Ctx) -> dict[str, dict[str, Any]]:
    return {row.plugin: row.given for row in ctx.session.scalars(sa.select(Shipped))}


def behind(ctx: Ctx) -> list[str]:
    """The modules that are on, in order, of which the company lacks something that they ship; ``core`` first."""
    given = _given(ctx)
    running = ["core", *(name for name in ctx.registry.plugins if name in ctx.enabled)]
    return [name for name in running if given.get(name) != shipped_by(ctx.registry, name)]


def bring_up_to_date(ctx: Ctx) -> list[str]:
    """Give the company what the core and the modules that are on ship and it lacks; answers the modules concerned.

    Idempotent. Nothing that the company has is changed: roles only gain rights that are new, tables and checklists that
    exist stay as they are.
    """
    from core.checklists import services as checklists
    from core.decisions.store import install_shipped

    with transaction(ctx), use_locale(ctx.company.locale):
        given, late = _given(ctx), behind(ctx)
        for plugin in late:
            before = given.get(plugin)
            rights = _new_rights(ctx, plugin, before)
            missing = _missing(ctx, plugin)
            install_shipped(ctx, plugin)
            checklists.install(ctx, plugin)
            remember_shipped(ctx, plugin)
            if rights or missing["tables"] or missing["checklists"]:
                module = ctx.registry.plugins[plugin].manifest.label if plugin in ctx.registry.plugins else "Sanbao"
                counts = {"tables": len(missing["tables"]), "checklists": len(missing["checklists"]), "rights": rights}
                emit(ctx, "core.plugin_data_updated", module=module, plugin=plugin, added=missing, **counts)
        return late


def _missing(ctx: Ctx, plugin: str) -> dict[str, list[str]]:
    """Names of the tables and checklists that the company does not have yet."""
    from core.checklists.models import ChecklistTemplate
    from core.decisions.store import DecisionTable

    now = shipped_by(ctx.registry, plugin)
    tables = set(ctx.session.scalars(sa.select(DecisionTable.name)))
    lists = set(ctx.session.scalars(sa.select(ChecklistTemplate.code)))
    return {
        "tables": [name for name in now["tables"] if name not in tables],
        "checklists": [code for code in now["checklists"] if code not in lists],
    }


def _new_rights(ctx: Ctx, plugin: str, before: dict[str, Any] | None) -> int:
    """Add what is new in the proposed roles; answers how many rights were given.

    Where it is not known what the company was given (it is older than this record), a right counts as new that no role
    of the company holds.
    """
    roles = {role.code: role for role in ctx.session.scalars(sa.select(Role))}
    held = {right for role in roles.values() for right in role.permissions}
    added = 0
    for proposed in ctx.registry.roles.get(plugin, ()):
        role, wanted = roles.get(proposed.code), set(proposed.permissions)
        if role is not None:
            known = held if before is None else set(before["roles"].get(proposed.code, ()))
            new = wanted - known - set(role.permissions)
            role.permissions = sorted({*role.permissions, *new})
        elif before is not None and proposed.code not in before["roles"]:
            new = wanted
            ctx.session.add(Role(code=proposed.code, name=dict(proposed.name), permissions=sorted(new)))
        else:
            continue
        added += len(new)
        emit_if_changed(ctx, "core.role_saved", name=label(proposed.name), code=proposed.code, plugin=plugin)
    return added


def open_companies(engine: sa.Engine) -> list[int]:
    """The ids of the companies that are not closed."""
    with system_session(engine, "upkeep: which companies are open") as session:
        return list(session.scalars(sa.select(Company.id).where(Company.active.is_(True)).order_by(Company.id)))


def bring_all_up_to_date(engine: sa.Engine, registry: Registry) -> dict[str, list[str]]:
    """Bring every open company up to date, each in its own transaction; answers company code → modules concerned.

    One that can't be is logged and tried again at the next start; the others are not held up.
    """
    from core.worker import company_ctx

    done = {}
    for company_id in open_companies(engine):
        try:
            with open_session(engine) as session:
                ctx = company_ctx(session, company_id, registry)
                code, brought = ctx.company.code, bring_up_to_date(ctx)
        except Exception:
            log.exception("a company could not be brought up to date", company_id=company_id)
            continue
        if brought:
            log.info("company brought up to date", company=code, modules=brought)
            done[code] = brought
    return done


def companies_behind(engine: sa.Engine, registry: Registry) -> dict[str, list[str]]:
    """Company code → modules of which it lacks something that they ship."""
    from core.worker import company_ctx

    found = {}
    for company_id in open_companies(engine):
        with open_session(engine) as session:
            ctx = company_ctx(session, company_id, registry)
            if late := behind(ctx):
                found[ctx.company.code] = late
    return found
