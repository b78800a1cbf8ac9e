"""What plugins say on a record's page and on "My work": each panel by its own template; one that fails is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import structlog
from flask import render_template
from markupsafe import Markup

from core import hooks
from core.context import Ctx
from core.contributions import Panel

log = structlog.get_logger("sanbao.panels")


@dataclass(frozen=True)
class ShownPanel:
    """A panel as it stands on a page, for ``ui.shown_panel``; ``body`` is None when its plugin failed."""

    title: str
    body: Markup | None
    where: str = "side"
    order: int = 50
    idle: bool = False
    sub: str = ""


def panels_of(ctx: Ctx, record: Any, *, acting: bool = True) -> list[ShownPanel]:
    """What the enabled plugins and the core (attachments, approvals, checklists, documents) say on a record, in order.

    Not ``acting`` leaves out panels that have forms of their own: for a page that is one form itself.
    """
    return _shown(ctx, hooks.collect(ctx, "record_panels", record=record), acting)


def home_panels_of(ctx: Ctx) -> list[ShownPanel]:
    """What the enabled plugins have to say to this person on "My work", in order."""
    return _shown(ctx, hooks.collect(ctx, "home_panels"), True)


def _shown(ctx: Ctx, answers: list[hooks.Answer], acting: bool) -> list[ShownPanel]:
    shown: list[ShownPanel] = []
    for answer in answers:
        if answer.error:
            shown.append(ShownPanel(ctx.registry.plugin_label(answer.plugin), None, order=99))
        else:
            shown += [_draw(ctx, answer.plugin, panel) for panel in answer.value if acting or not panel.acts]
    return sorted(shown, key=lambda p: p.order)


def _draw(ctx: Ctx, plugin: str, panel: Panel) -> ShownPanel:
    """The panel's template is given ``panel`` and, by name, everything in its data."""
    try:
        body = Markup(render_template(panel.template, panel=panel, **panel.data))
    except Exception:
        log.exception("panel failed", plugin=plugin, template=panel.template)
        return ShownPanel(panel.title or ctx.registry.plugin_label(plugin), None, panel.where, panel.order)
    return ShownPanel(panel.title, body, panel.where, panel.order, panel.idle, panel.sub)
