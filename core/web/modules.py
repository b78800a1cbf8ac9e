"""The Modules page: what each module does, what comes along when it is switched on, who still needs it."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, flash, g, redirect, render_template, request, url_for

from core import hooks
from core.companies.switch import preview, switch_off, switch_on
from core.errors import DomainError
from core.events import Event
from core.i18n import _, label, n_
from core.plugins import CATEGORIES
from core.web import profiles
from core.web.gate import needs

blueprint = Blueprint("modules", __name__)
SWITCH = "core.modules.switch"


@blueprint.get("/modules")
@needs(SWITCH)
def modules_page():
    """All modules by category; ``?m=NAME`` opens the sheet that says what switching it would do."""
    ctx = g.ctx
    query = request.args.get("q", "").strip().lower()
    show = request.args.get("show", "all")
    cards = [_card(ctx, plugin) for plugin in ctx.registry.plugins.values()]
    counts = {"all": len(cards), "on": sum(c["on"] for c in cards), "off": sum(not c["on"] for c in cards)}
    visible = [c for c in cards if (show == "all" or c["on"] == (show == "on")) and query in c["haystack"]]
    groups = [(label(title), [c for c in visible if c["category"] == key]) for key, title in CATEGORIES]
    return render_template(
        "web/modules.html",
        groups=[(title, found) for title, found in groups if found],
        profiles=[c for c in profiles.cards(ctx) if show == "all" and query in c["label"].lower()],
        counts=counts,
        show=show,
        query=request.args.get("q", ""),
        sheet=_sheet(ctx, request.args.get("m", "")),
        resting=[(ctx.registry.plugin_label(p), h, e) for p, h, e in hooks.resting_hooks()],
        history=_history(ctx),
    )


def _card(ctx, plugin) -> dict:
    manifest = plugin.manifest
    return {
        "name": plugin.name,
        "label": label(manifest.label),
        "summary": label(manifest.summary),
        "version": manifest.version,
        "icon": manifest.icon,
        "category": manifest.category,
        "on": plugin.name in ctx.enabled,
        "locked": manifest.always_on,
        "needs": [(ctx.registry.plugin_label(n), n in ctx.enabled) for n in manifest.requires],
        "haystack": " ".join([plugin.name, *manifest.label.values(), *manifest.summary.values()]).lower(),
    }


def _sheet(ctx, name: str) -> dict | None:
    """What the sheet says before a switch is turned."""
    plugin = ctx.registry.plugins.get(name)
    if plugin is None or plugin.manifest.always_on:
        return None
    turning_on = name not in ctx.enabled
    told = preview(ctx, name, turning_on)
    names = [*told.together, name]
    return {
        "name": name,
        "label": label(plugin.manifest.label),
        "on": turning_on,
        "together": [ctx.registry.plugins[n] for n in names],
        "there": [ctx.registry.plugin_label(n) for n in plugin.manifest.requires if n in ctx.enabled],
        "hindered_by": [ctx.registry.plugin_label(n) for n in told.hindered_by],
        "effects": told.effects,
        "adds": _adds(ctx, names),
    }


def _adds(ctx, names: list[str]) -> list[tuple[str, str]]:
    """What the plugins bring, by sort: menu entries, time limits, rule tables, rights."""
    from flask import current_app

    registry = ctx.registry
    menu = [_(item.label) for plugin, item in current_app.extensions["sanbao"]["menu"] if plugin in names]
    clocks = [_(c.label) for k, c in registry.clock_kinds.items() if registry.owner_of("clock_kinds", k) in names]
    tables = [_(t.label) for k, t in registry.tables.items() if registry.owner_of("tables", k) in names]
    rights = sum(len(registry.plugins[n].manifest.permissions) for n in names)
    comma = _(", ")
    rows = [
        (_("Menu"), comma.join(menu)),
        (_("Time limits"), comma.join(clocks)),
        (_("Rule tables"), comma.join(tables)),
    ]
    rows.append((_("Rights"), n_("{n} right", "{n} rights", rights) if rights else ""))
    return [(title, text) for title, text in rows if text]


def _history(ctx) -> list[Event]:
    """Who switched what when, newest first."""
    names = ("core.plugin_switched_on", "core.plugin_switched_off")
    return list(ctx.session.scalars(sa.select(Event).where(Event.name.in_(names)).order_by(Event.id.desc()).limit(10)))


@blueprint.post("/modules/<name>/on")
@needs(SWITCH)
def module_on(name: str):
    """Switch a module on, with what it requires."""
    return _turn(lambda: _told_on(switch_on(g.ctx, name)))


@blueprint.post("/modules/<name>/off")
@needs(SWITCH)
def module_off(name: str):
    """Switch a module off; its data stays."""
    return _turn(lambda: _told_off(name))


def _told_off(name: str) -> str:
    switch_off(g.ctx, name)
    return _("Switched off: {modules}", modules=g.ctx.registry.plugin_label(name))


def _told_on(names: list[str]) -> str:
    if not names:
        return _("It was switched on already.")
    return _("Switched on: {modules}", modules=_(", ").join(g.ctx.registry.plugin_label(n) for n in names))


def _turn(switch):
    try:
        flash(switch(), "ok")
    except DomainError as error:
        if error.status in (403, 404):
            raise
        flash(error.message, "bad")
    return redirect(url_for("modules.modules_page"))
