"""What the pages of rule tables share: the blueprint, who may open and change a table, how it is called."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, g

from core.context import Ctx
from core.decisions import store
from core.decisions.company_names import with_names
from core.decisions.grid import available_inputs
from core.decisions.model import Column, Table
from core.decisions.parsing import from_data
from core.decisions.store import DecisionTable
from core.errors import NotFound
from core.i18n import _, label

blueprint = Blueprint("rules", __name__)
VIEW = "core.rules.view"


def modules_of(ctx: Ctx) -> list[str]:
    """The core and the modules that are switched on: whose tables are shown."""
    return ["core", *sorted(ctx.enabled)]


def module_label(ctx: Ctx, name: str) -> str:
    """What a module is called."""
    return _("General") if name == "core" else ctx.registry.plugin_label(name)


def table_of(name: str) -> DecisionTable:
    """The company's table, if its module is switched on."""
    table = store.table_named(g.ctx, name)
    if table.plugin not in modules_of(g.ctx):
        raise NotFound("unknown_rule_table", _("There is no such rule table here, or its module is switched off."))
    return table


def editable(name: str) -> DecisionTable:
    """The table, for somebody who may change it."""
    table = table_of(name)
    if not store.may_edit(g.ctx, table):
        definition = g.ctx.registry.table_def(name)
        g.ctx.require(definition.edit if definition else "core.rules.edit")
    return table


def frame_of(found: DecisionTable) -> dict:
    """What every page of a table shows in its head."""
    return {"module_label": module_label(g.ctx, found.plugin)}


def named(ctx: Ctx, found: DecisionTable, body: Mapping) -> Table:
    """The table of a version, with the company's names for the codes in it."""
    return with_names(ctx, from_data(body), store.shipped_table(ctx, found))


def available(ctx: Ctx, found: DecisionTable, base: Table) -> list[Column]:
    """The conditions that a table of this name may have: its own, those of the latest version, those shipped."""
    latest = named(ctx, found, store.latest_published(ctx, found).body)
    return available_inputs([base, latest, with_names(ctx, store.shipped_table(ctx, found))])


def label_of(found: DecisionTable) -> str:
    """What a table is called in its latest version."""
    return label(store.latest_published(g.ctx, found).body.get("label") or found.name)
