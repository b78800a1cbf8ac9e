"""The switch: which plugins a company has on. One row per company and plugin, read anew at each request and job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import hooks
from core.companies.models import CompanyPlugin
from core.companies.services import grant_default_roles
from core.context import Ctx
from core.db import prepared, transaction
from core.errors import Conflict, NotFound
from core.events import emit, emit_if_changed
from core.i18n import _
from core.plugins import dependents, needed_by
from core.registry import Registry

_OWN: Any = CompanyPlugin.__table__
_SWITCHED_ON = sa.select(_OWN.c.plugin).where(_OWN.c.company_id == sa.bindparam("of_company"), _OWN.c.enabled.is_(True))


def enabled_for(session: Session, company_id: int, registry: Registry) -> frozenset[str]:
    """The names of the plugins that are on for a company: always-on ones, and those switched on whose needs are on."""
    return in_order(registry, set(prepared(session, _SWITCHED_ON, of_company=company_id).scalars()))


def in_order(registry: Registry, wanted: set[str]) -> frozenset[str]:
    """Those of the plugins switched on whose needs are on, and the always-on ones."""
    on: set[str] = set()
    for plugin in registry.plugins.values():
        if (plugin.manifest.always_on or plugin.name in wanted) and set(plugin.manifest.requires) <= on:
            on.add(plugin.name)
    return frozenset(on)


@dataclass(frozen=True)
class SwitchPreview:
    """What switching a plugin would do, to be shown before it is done.

    ``together``: the plugins that are switched with it, in order. ``hindered_by``: enabled plugins that still need it.
    ``effects``: sentences from the plugins concerned.
    """

    plugin: str
    on: bool
    together: tuple[str, ...]
    hindered_by: tuple[str, ...]
    effects: tuple[str, ...]


def preview(ctx: Ctx, name: str, on: bool) -> SwitchPreview:
    """What would come along, and what stands against it."""
    _known(ctx, name)
    if on:
        together = [n for n in needed_by(ctx.registry, name) if n not in ctx.enabled]
        hindered: list[str] = []
    else:
        together = []
        hindered = [n for n in dependents(ctx.registry, name) if n in ctx.enabled]
    concerned = {name, *together}
    effects = [
        text
        for answer in hooks.collect(ctx, "switch_effects", disabled_too=True)
        if answer.plugin in concerned and not answer.error
        for text in answer.value
    ]
    return SwitchPreview(name, on, tuple(together), tuple(hindered), tuple(effects))


def _known(ctx: Ctx, name: str):
    plugin = ctx.registry.plugins.get(name)
    if plugin is None:
        raise NotFound("unknown_module", _("There is no module called “{name}” in this installation.", name=name))
    return plugin


def switch_on(ctx: Ctx, name: str) -> list[str]:
    """Switch a plugin on, with everything it requires; answers the names switched on now, in order.

    Needs ``core.modules.switch``. Every running process sees it at its next request or job.
    """
    ctx.require("core.modules.switch")
    from core.approvals.chains import install_tables
    from core.checklists import services as checklists
    from core.companies.upkeep import remember_shipped

    with transaction(ctx):
        _forget(ctx)
        _known(ctx, name)
        switched = [n for n in (*needed_by(ctx.registry, name), name) if n not in ctx.enabled]
        for plugin in switched:
            _set(ctx, plugin, True)
        _forget(ctx)
        for plugin in switched:
            grant_default_roles(ctx, plugin)
            emit(
                ctx,
                "core.plugin_switched_on",
                module=ctx.registry.plugins[plugin].manifest.label,
                plugin=plugin,
                with_plugin=name,
            )
        for plugin in switched:
            install_tables(ctx, plugin)
            checklists.install(ctx, plugin)
            remember_shipped(ctx, plugin)
        for plugin_name, impl in hooks.implementations(ctx.registry, "plugin_enabled", frozenset(switched)):
            hooks.call(impl, {"ctx": ctx})
            emit_if_changed(
                ctx,
                "core.plugin_data_loaded",
                plugin=plugin_name,
                module=ctx.registry.plugins[plugin_name].manifest.label,
            )
        return switched


def switch_off(ctx: Ctx, name: str) -> None:
    """Switch a plugin off. Its data stays. Refused (Conflict) while something that is on requires it.

    Its running clocks pause and its queued deliveries are held until it is switched on again.
    """
    ctx.require("core.modules.switch")
    with transaction(ctx):
        _forget(ctx)
        plugin = _known(ctx, name)
        if plugin.manifest.always_on:
            raise Conflict(
                "always_on",
                _(
                    "“{module}” is part of every company and can't be switched off.",
                    module=ctx.registry.plugin_label(name),
                ),
            )
        hindered = [n for n in dependents(ctx.registry, name) if n in ctx.enabled]
        if hindered:
            names = _(", ").join(ctx.registry.plugin_label(n) for n in hindered)
            raise Conflict(
                "still_needed",
                _(
                    "“{module}” is needed by {others}. Switch that off first.",
                    module=ctx.registry.plugin_label(name),
                    others=names,
                ),
                hindered_by=hindered,
            )
        if name not in ctx.enabled:
            return
        _set(ctx, name, False)
        _forget(ctx)
        emit(ctx, "core.plugin_switched_off", module=plugin.manifest.label, plugin=name)


def _forget(ctx: Ctx) -> None:
    for name in ("enabled", "switched_on"):
        ctx.memo.pop(name, None)


def _set(ctx: Ctx, name: str, on: bool) -> None:
    from core.clocks import pause_for_plugin, resume_for_plugin

    row = ctx.session.scalar(sa.select(CompanyPlugin).where(CompanyPlugin.plugin == name))
    if row is None:
        row = CompanyPlugin(plugin=name, enabled=on, changed_at=ctx.now)
        ctx.session.add(row)
    else:
        row.enabled, row.changed_at = on, ctx.now
    row.data_version = ctx.registry.plugins[name].manifest.version if on else row.data_version
    ctx.session.flush()
    (resume_for_plugin if on else pause_for_plugin)(ctx, name)
