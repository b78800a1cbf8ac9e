"""The panel on a part: when it is bought again; notices of what is short."""

from __future__ import annotations

from typing import Any

from flask import url_for

from core.api import Ctx, Notice, Panel, _, n_
from plugins.inventory.contracts import REORDER_RULE_WORDS
from plugins.inventory.models import Part
from plugins.inventory.queries import reorder as queries

SEE, EDIT, RUN = "inventory.reorder.view", "inventory.reorder.edit", "inventory.reorder.run"


def panels_for(ctx: Ctx, record: Any) -> list[Panel]:
    """When a part is bought again and what is coming of it."""
    if not isinstance(record, Part) or not ctx.can(SEE):
        return []
    points = queries.points_of(ctx, record.id)
    lines = queries.coming_lines(ctx, {record.id})
    data = {
        "points": points, "rules": {code: _(words) for code, words in REORDER_RULE_WORDS.items()}, "part": record,
        "coming": sum((quantity for _part, _place, quantity in lines), queries.NONE), "may_edit": ctx.can(EDIT),
        "open": queries.open_proposals(ctx, [p.id for p in points]),
    }  # fmt: skip
    return [Panel(_("Buying again"), "inventory/_part_reorder.html", data, "side", 30)]


def notices(ctx: Ctx) -> list[Notice]:
    """Proposals that wait, guarantee parts that have no minimum (SB-4)."""
    if not ctx.can(RUN):
        return []
    found = []
    count = queries.count_open(ctx)
    if count:
        title = n_("{n} part is proposed to be bought", "{n} parts are proposed to be bought", count)
        url = url_for("inventory.proposals_list", tab="open")
        found.append(Notice(title, _("Put them into a purchase request, or dismiss them."), url, _("Look at them"),
                            "info", "lightbulb"))  # fmt: skip
    count = queries.guarantee_without_point(ctx)
    if count and ctx.can(EDIT):
        title = n_("{n} guarantee part has no minimum", "{n} guarantee parts have no minimum", count)
        text = _("Without a reorder point nobody is told when it falls short.")
        url = url_for("inventory.parts_list", guarantee="yes")
        found.append(Notice(title, text, url, _("Look at them"), "warn", "shield-alert"))
    return found
