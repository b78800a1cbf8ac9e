"""Declares; the work is done in services, queries and views."""

from __future__ import annotations

from pathlib import Path

from core.api import (
    N_,
    ColumnWords,
    EventKind,
    Gate,
    Handler,
    Job,
    Manifest,
    Panel,
    Permission,
    RecordKind,
    RoleDef,
    SettingDef,
    TableDef,
    WorkItem,
    _,
    get_setting,
    hookimpl,
    install_shipped,
    n_,
    read_table_file,
    ref_of,
)
from sitepass import finding, handlers, importer, models, queries
from sitepass import jobs as scheduled

_VIEW, _EDIT = "sitepass.pass.view", "sitepass.pass.edit"

MANIFEST = Manifest(
    name="sitepass",
    label={"en": "Site passes", "zh": "进场证"},
    summary={
        "en": "Who holds which customer's pass; nothing is closed while a pass is still out",
        "zh": "谁拿着哪位客户的进场证；证未交还不能结单",
    },
    version="0.1.0",
    core=">=0.1,<1",
    category="other",
    icon="id-card",
    requires=("base",),
    permissions=(
        Permission(_VIEW, N_("See site passes")),
        Permission(_EDIT, N_("Take over and give back site passes")),
        Permission("sitepass.rules.edit", N_("Change who lends site passes")),
    ),
    settings=(
        SettingDef(
            "sitepass.pass.pattern",
            N_("Pattern of site pass numbers"),
            default="JC{yy}-{n:04d}",
            help=N_("{n:04d} is the count; {yy} is the year."),
        ),
        SettingDef(
            "sitepass.pass.hold_closing",
            N_("A complaint can't be closed while a pass of its customer is with us"),
            "bool",
            default=True,
        ),
    ),
)


# --- declarations ---------------------------------------------------------------------------------------------------


@hookimpl
def importers():
    return [importer.PASSES]


@hookimpl
def record_kinds():
    return [
        RecordKind(
            models.KIND,
            models.Pass,
            N_("Site pass"),
            lambda p: p.number,
            "sitepass.pass_page",
            _VIEW,
            found=finding.PASSES,
        )
    ]


@hookimpl
def column_words():
    return [ColumnWords({"holder": N_("Carried by"), "days": N_("Days"), "back_by": N_("Back by")})]


@hookimpl
def event_kinds():
    return [
        EventKind("sitepass.wanted", N_("Site pass {number} of {customer} is wanted"), "circle-dashed"),
        EventKind("sitepass.lent", N_("Site pass {number} taken over by {holder}, back by {back_by}"), "badge-check"),
        EventKind("sitepass.changed", N_("Site pass {number}: carried by {holder}, back by {back_by}"), "pencil"),
        EventKind("sitepass.returned", N_("Site pass {number} given back to {customer}"), "circle-check"),
    ]


@hookimpl
def event_handlers():
    return [Handler("base.customer_added", "want_pass", handlers.customer_added)]


@hookimpl
def workflows():
    return [models.WORKFLOW]


@hookimpl
def jobs():
    return [Job("remind", scheduled.remind, every=3600)]


@hookimpl
def decision_tables():
    file = Path(__file__).parent / "data" / "validity.yaml"
    return [TableDef("sitepass.validity", N_("Site passes"), lambda: read_table_file(file), "sitepass.rules.edit")]


@hookimpl
def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, (_VIEW, _EDIT, "sitepass.rules.edit")),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, (_VIEW,)),
    ]


@hookimpl
def blueprints():
    from sitepass.views import blueprint

    return [blueprint]


@hookimpl
def lists():
    from sitepass.lists import PASSES

    return [PASSES]


@hookimpl
def admin_views():
    from sitepass.admin import PassView

    return [PassView()]


@hookimpl
def menu():
    from core.web_api import MenuItem

    return [MenuItem("customers", N_("Site passes"), "sitepass.passes_list", "id-card", 80)]


@hookimpl
def demo_data():
    from sitepass.demo import fill

    return fill


# --- asked while the system runs ------------------------------------------------------------------------------------


@hookimpl
def plugin_enabled(ctx):
    install_shipped(ctx, "sitepass")


@hookimpl
def record_panels(ctx, record):
    if ref_of(ctx, record).kind != "base.customer" or not ctx.can(_VIEW):
        return []
    rows = queries.passes_of(ctx, record.id)
    return [Panel(_("Site passes"), "sitepass/panel.html", {"passes": rows}, order=60)] if rows else []


@hookimpl
def check_transition(ctx, record, transition):
    if ref_of(ctx, record).kind != "complaints.complaint" or transition != "close" or record.customer_id is None:
        return []
    if not get_setting(ctx, "sitepass.pass.hold_closing"):
        return []
    return [
        Gate(
            key=f"sitepass.pass.{row.id}",
            text=_("Site pass {number} is still with {holder}", number=row.number, holder=row.holder),
            hint=_("Give it back at the customer's gate."),
        )
        for row in queries.lent_by(ctx, record.customer_id)
    ]


@hookimpl
def work_items(ctx):
    from flask import url_for

    if not ctx.can(_EDIT):
        return []
    return [
        WorkItem(
            _("Give site pass {number} back", number=row.number),
            url_for("sitepass.pass_page", record_id=row.id),
            row.number,
            _("Site pass"),
            "id-card",
            detail=row.holder,
            next_step=_("Give back"),
        )
        for row in queries.late_passes(ctx)
    ]


@hookimpl
def switch_effects(ctx):
    n = queries.open_count(ctx)
    return [n_("{n} site pass is not back yet", "{n} site passes are not back yet", n)] if n else []
