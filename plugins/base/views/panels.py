"""Other plugins' panels on our pages: each drawn by its own template, one that fails shown as unavailable."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from flask import render_template
from markupsafe import Markup

from core.api import Ctx, Panel, collect

log = structlog.get_logger("sanbao.base")


@dataclass(frozen=True)
class ShownPanel:
    """A panel as it stands on the page; ``body`` is None when its plugin failed."""

    title: str
    body: Markup | None
    where: str = "side"
    order: int = 50


def panels_of(ctx: Ctx, record) -> list[ShownPanel]:
    """What the enabled plugins have to say on a record, in order."""
    shown: list[ShownPanel] = []
    for answer in collect(ctx, "record_panels", record=record):
        if answer.error:
            shown.append(ShownPanel(ctx.registry.plugin_label(answer.plugin), None, order=99))
        else:
            shown += [_draw(ctx, answer.plugin, panel) for panel in answer.value]
    return sorted(shown, key=lambda p: p.order)


def _draw(ctx: Ctx, plugin: str, panel: Panel) -> ShownPanel:
    """The panel's template is given ``panel`` and, by name, everything in its data."""
    try:
        body = Markup(render_template(panel.template, panel=panel, **panel.data))
    except Exception:
        log.exception("panel failed", plugin=plugin, template=panel.template)
        return ShownPanel(panel.title or ctx.registry.plugin_label(plugin), None, panel.where, panel.order)
    return ShownPanel(panel.title, body, panel.where, panel.order)
