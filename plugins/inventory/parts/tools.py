"""Tools and equipment: register, custody, kits, claims (GS-16 to GS-18, AG-16, AG-17, SB-3)."""

from __future__ import annotations

from pathlib import Path

from core.api import (
    N_,
    ClockKind,
    EventKind,
    Handler,
    Job,
    Permission,
    RecordKind,
    RoleDef,
    SettingDef,
    TableDef,
    read_table_file,
)
from plugins.inventory import finding_tools, handlers_tools, tool_columns, tool_documents
from plugins.inventory.models import Custody, Kit, KitLine, Tool, ToolClaim, ToolKind
from plugins.inventory.services import custody, kit_counts, kits, tool_claims, tools
from plugins.inventory.tool_contracts import (
    CLAIM,
    COMPENSATION,
    CUSTODY,
    KIT,
    KIT_CLOCK,
    KIT_LIMITS,
    KIT_LINE,
    THRESHOLD,
    TOOL,
    TOOL_KIND,
    USE,
)

_TABLES = Path(__file__).parents[1] / "data" / "tables"
VIEW, EDIT_RULES = "inventory.tool.view", "inventory.tool.edit_rules"
_OWN = (VIEW, custody.HOLD)
_KEEP = (*_OWN, tools.EDIT, custody.GIVE)
_CLAIMS = ("inventory.tool_claim.view",)
_ALL = (*_KEEP, *_CLAIMS, "inventory.tool_claim.decide", "inventory.tool_claim.collect", EDIT_RULES)

PERMISSIONS = (
    Permission("inventory.tool.view", N_("See tools, kits and who has what")),
    Permission("inventory.tool.edit", N_("Keep the register of tools and kits")),
    Permission("inventory.custody.give", N_("Hand out tools and take them back")),
    Permission("inventory.custody.hold", N_("Accept tools, hand them on, report loss and damage")),
    Permission("inventory.tool_claim.view", N_("See claims for lost and damaged tools")),
    Permission("inventory.tool_claim.decide", N_("Decide on claims for tools")),
    Permission("inventory.tool_claim.collect", N_("Note payments of claims for tools")),
    Permission("inventory.tool.edit_rules", N_("Change the rules about tools")),
)
_PATTERN_HELP = N_("{n:04d} is the count; {yy} and {mm} are year and month.")
SETTINGS = (
    SettingDef(
        THRESHOLD, N_("Tools are fixed assets above a price of"), "money",
        help=N_("A change counts for all tools. 0: all are; empty: none."), minimum=0,
    ),
    SettingDef(
        "inventory.tool_pattern", N_("Pattern of the numbers of tools"), default="GJ{yy}-{n:04d}",
        help=_PATTERN_HELP,
    ),
    SettingDef(
        "inventory.tool_claim_pattern", N_("Pattern of the numbers of claims for tools"), default="GP{yy}{mm}-{n:04d}",
        help=_PATTERN_HELP,
    ),
    SettingDef(
        "inventory.custody_card_pattern", N_("Pattern of the numbers of custody cards"), default="BG{yy}{mm}-{n:04d}",
        help=_PATTERN_HELP,
    ),
    SettingDef(
        "inventory.tool_warn_days", N_("Warn of the end of inspections of tools so many days before"), default="30, 7",
        help=N_("Several steps, separated by commas. The first is also when they are shown as ending soon."),
    ),
    SettingDef(
        "inventory.tools_told", N_("Role of those who look after tools"), "role", "manager",
        N_("They are told of incomplete kits, ending inspections, loss and damage."),
    ),
)  # fmt: skip

_MOVES = (
    "tool_saved", "tool_inspected", "tool_to_repair", "tool_repaired", "tool_found", "tool_retired", "tool_handed",
    "tool_accepted", "tool_not_accepted", "tool_given_back", "tool_lost", "kit_saved", "kit_line_saved",
    "kit_line_dropped",
)  # fmt: skip
"""Events after which a kit may stand otherwise."""


def record_kinds():
    return [
        RecordKind(
            TOOL, Tool, N_("Tool"), lambda r: r.number, "inventory.tool_page", VIEW, found=finding_tools.TOOLS,
            icon="wrench",
        ),
        RecordKind(
            TOOL_KIND, ToolKind, N_("Kind of tool"), lambda r: r.code, "inventory.tool_kind_page", VIEW, icon="shapes"
        ),
        RecordKind(
            CUSTODY, Custody, N_("Custody"), lambda r: r.tool_number, "inventory.custody_page", VIEW, icon="hand"
        ),
        RecordKind(
            KIT, Kit, N_("Kit"), lambda r: r.code, "inventory.kit_page", VIEW, icon="briefcase", parts=(KitLine,)
        ),
        RecordKind(
            KIT_LINE, KitLine, N_("Line of a kit"), lambda r: str(r.id), "inventory.kit_line_page", VIEW,
            icon="list-checks",
        ),
        RecordKind(
            CLAIM, ToolClaim, N_("Claim for a tool"), lambda r: r.number, "inventory.tool_claim_page",
            tool_claims.VIEW, icon="scale",
        ),
    ]  # fmt: skip


def column_words():
    return [tool_columns.WORDS]


def workflows():
    return [tool_claims.WORKFLOW]


def clock_kinds():
    return [ClockKind(KIT_CLOCK, N_("Kit complete again"), KIT_LIMITS)]


def decision_tables():
    def table(name: str, label: str) -> TableDef:
        path = _TABLES / f"{name.partition('.')[2]}.yaml"
        return TableDef(name, label, lambda: read_table_file(path), EDIT_RULES)

    return [
        table(USE, N_("What tools are handed out for")),
        table(COMPENSATION, N_("Compensation for tools")),
        table(KIT_LIMITS, N_("Time limits of kits")),
    ]


def document_kinds():
    return tool_documents.KINDS


def event_kinds():
    return [
        EventKind("inventory.tool_kind_saved", N_("Kind of tool “{name}” saved"), "shapes"),
        EventKind("inventory.tool_saved", N_("{number} {name} saved in the register"), "wrench"),
        EventKind(
            "inventory.tool_became_asset", N_("{number} is a fixed asset: price {price}, threshold {threshold}"),
            "landmark",
        ),
        EventKind(
            "inventory.tool_no_asset", N_("{number} is no fixed asset any more: price {price}, threshold {threshold}"),
            "circle-minus",
        ),
        EventKind("inventory.tool_inspected", N_("{number} inspected on {on}: holds until {until}"), "badge-check"),
        EventKind("inventory.tool_to_repair", N_("{number} sent to repair: {reason}"), "hammer"),
        EventKind("inventory.tool_repaired", N_("{number} back from repair: {reason}"), "circle-check"),
        EventKind("inventory.tool_found", N_("{number} was found again: {reason}"), "search-check"),
        EventKind("inventory.tool_retired", N_("{number} retired: {reason}"), "archive"),
        EventKind("inventory.tool_handed", N_("{number} {tool} handed to {name}: {purpose}"), "hand"),
        EventKind("inventory.tool_handed_on", N_("{number} {tool} is handed on to {name}"), "forward"),
        EventKind("inventory.tool_waits", N_("{number} waits for {name}"), "hourglass"),
        EventKind("inventory.tool_accepted", N_("{name} accepted {number} {tool} with a signature"), "pen-line"),
        EventKind("inventory.tool_not_accepted", N_("{number} {tool} not taken over by {name} {reason}"), "circle-x"),
        EventKind("inventory.tool_given_back", N_("{number} {tool} given back by {name}: {condition}"), "undo-2"),
        EventKind("inventory.tool_lost", N_("{number} {tool} of {name} reported lost: {what}"), "circle-question-mark"),
        EventKind("inventory.tool_damaged", N_("{number} {tool} of {name} reported damaged: {what}"), "triangle-alert"),
        EventKind("inventory.tool_claimed", N_("{number}: {happened}, {tool}, {name}"), "scale"),
        EventKind("inventory.tool_fault_decided", N_("{number}: {fault}, {amount} to pay: {reason}"), "gavel"),
        EventKind("inventory.tool_claim_approved", N_("{number}: {amount} approved"), "circle-check"),
        EventKind("inventory.tool_claim_paid", N_("{number}: {amount} paid. {note}"), "coins"),
        EventKind("inventory.tool_claim_waived", N_("{number} waived: {reason}"), "undo-2"),
        EventKind("inventory.kit_saved", N_("Kit {code} {name} saved"), "briefcase"),
        EventKind("inventory.kit_line_saved", N_("{what} belongs to kit {code}"), "list-plus"),
        EventKind("inventory.kit_line_dropped", N_("{what} taken out of kit {code}"), "x"),
        EventKind("inventory.kit_counted", N_("Kit {code} counted anew {what}"), "calculator"),
        EventKind("inventory.kit_incomplete", N_("Kit {code} is not complete: {what} missing"), "triangle-alert"),
        EventKind("inventory.kit_completed", N_("Kit {code} is complete"), "circle-check"),
    ]


def event_handlers():
    moved = [Handler(f"inventory.{name}", "kits_follow", handlers_tools.tools_moved) for name in _MOVES]
    return [
        *moved,
        Handler("core.setting_saved", "assets_follow", handlers_tools.setting_changed),
        Handler("core.setting_reset", "assets_follow", handlers_tools.setting_changed),
        Handler("core.approval_granted", "tool_claim_approved", handlers_tools.approved),
        Handler("core.approval_refused", "tool_claim_refused", handlers_tools.refused),
        Handler("core.approval_refused_for", "tool_claim_refused", handlers_tools.refused),
    ]


def jobs():
    return [
        Job("inventory.tools_due", tools.warn_of_inspections, every=6 * 3600),
        Job("inventory.kits_checked", kit_counts.look_at_all, every=6 * 3600),
    ]


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, _ALL),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, _ALL),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, (VIEW, *_CLAIMS)),
        RoleDef("storekeeper", {"en": "Storekeeper", "zh": "仓管员"}, _KEEP),
        RoleDef("finance", {"en": "Finance", "zh": "财务"}, (VIEW, *_CLAIMS, tool_claims.COLLECT)),
        RoleDef("dispatcher", {"en": "Dispatcher", "zh": "调度员"}, _OWN),
        RoleDef("technician", {"en": "Technician", "zh": "技师"}, _OWN),
        RoleDef("quality", {"en": "Quality", "zh": "质量员"}, _OWN),
    ]


def profile_sections():
    from plugins.inventory.services.profile_kits import KITS

    return [KITS]


def importers():
    from plugins.inventory.importing.tools import IMPORTERS

    return [*IMPORTERS]


def lists():
    from plugins.inventory.lists.tools import CLAIMS, CUSTODIES, KINDS, KITS, READINESS, TOOLS

    return [TOOLS, CUSTODIES, KITS, READINESS, CLAIMS, KINDS]


def menu():
    from core.web_api import MenuItem

    return [
        MenuItem("parts", N_("Tools"), "inventory.tools_list", "wrench", 70),
        MenuItem("parts", N_("Kits: what is missing"), "inventory.readiness_list", "briefcase", 72),
        MenuItem("parts", N_("Claims for tools"), "inventory.tool_claims_list", "scale", 74),
    ]


def work_items(ctx):
    from plugins.inventory.panels.tools import work

    return work(ctx)


def home_panels(ctx):
    from plugins.inventory.panels.tools import kept

    return kept(ctx)


def home_notices(ctx):
    from plugins.inventory.panels.tools import notices

    return notices(ctx)


def menu_counts(ctx):
    from plugins.inventory.panels.tools import counts

    return counts(ctx)


def open_work_of(ctx, user_id):
    return custody.held_by(ctx, user_id)


def open_work_of_unit(ctx, unit_id):
    return kits.held_by_unit(ctx, unit_id)


def hand_over_work(ctx, from_user_id, to_user_id):
    return custody.hand_over_all(ctx, from_user_id, to_user_id)


