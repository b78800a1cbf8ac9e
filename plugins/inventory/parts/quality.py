"""Quality: receipt inspection, returns into quarantine, decisions, scrap, returns to suppliers (STO-9, MD-2, MD-3)."""

from __future__ import annotations

from pathlib import Path

from core.api import (
    N_,
    ChecklistDef,
    EventKind,
    Handler,
    Permission,
    RecordKind,
    RoleDef,
    SettingDef,
    TableDef,
    install_shipped,
    read_data_file,
    read_table_file,
)
from plugins.inventory import handlers, quality_columns, quality_documents
from plugins.inventory.models import Inspection, Scrap, SupplierReturn, Verdict
from plugins.inventory.quality_contracts import INSPECTION, RULES, SCRAP, SUPPLIER_RETURN
from plugins.inventory.services import quality, scrapping

_DATA = Path(__file__).parents[1] / "data"
_SEE = ("inventory.inspection.view",)
_TAKE = (*_SEE, "inventory.return.edit")
_KEEP = (*_TAKE, "inventory.scrap.edit")
_ALL = (*_KEEP, "inventory.inspection.decide", "inventory.cost.edit", "inventory.quality.edit_rules")

PERMISSIONS = (
    Permission("inventory.inspection.view", N_("See inspections, scrap and returns to suppliers")),
    Permission("inventory.return.edit", N_("Take goods back into quarantine")),
    Permission("inventory.inspection.decide", N_("Inspect, and decide what becomes of it")),
    Permission("inventory.scrap.edit", N_("Ask for scrapping and carry it out")),
    Permission("inventory.cost.edit", N_("Say what parts are worth")),
    Permission("inventory.quality.edit_rules", N_("Change which parts are inspected")),
)

_PATTERN_HELP = N_("{n:04d} is the count; {yy} and {mm} are year and month.")
SETTINGS = (
    SettingDef(
        "inventory.inspection_pattern", N_("Pattern of the numbers of inspections"), default="JY{yy}{mm}-{n:04d}",
        help=_PATTERN_HELP,
    ),
    SettingDef(
        "inventory.scrap_pattern", N_("Pattern of the numbers of scrappings"), default="BF{yy}{mm}-{n:04d}",
        help=_PATTERN_HELP,
    ),
    SettingDef(
        "inventory.supplier_return_pattern", N_("Pattern of the numbers of returns to suppliers"),
        default="TG{yy}{mm}-{n:04d}", help=_PATTERN_HELP,
    ),
    SettingDef(
        "inventory.label_pattern", N_("Pattern of the numbers of quarantine labels"), default="GL{yy}{mm}-{n:04d}",
        help=_PATTERN_HELP,
    ),
    SettingDef(
        "inventory.supplier_note_pattern", N_("Pattern of the numbers of delivery notes to suppliers"),
        default="TD{yy}{mm}-{n:04d}", help=_PATTERN_HELP,
    ),
    SettingDef(
        "inventory.return_reasons", N_("Why goods come back"), "text", "",
        N_("One per line: code: English | Chinese. Empty: those that come with the module."),
    ),
)  # fmt: skip


def record_kinds():
    see = quality.VIEW
    return [
        RecordKind(
            INSPECTION, Inspection, N_("Quality inspection"), lambda r: r.number, "inventory.inspection_page", see,
            icon="clipboard-check", parts=(Verdict,),
        ),
        RecordKind(
            SCRAP, Scrap, N_("Scrapping"), lambda r: r.number, "inventory.scrap_page", see, icon="trash-2"
        ),
        RecordKind(
            SUPPLIER_RETURN, SupplierReturn, N_("Return to a supplier"), lambda r: r.number,
            "inventory.supplier_return_page", see, icon="truck",
        ),
    ]  # fmt: skip


def column_words():
    return [quality_columns.WORDS]


def workflows():
    return [quality.WORKFLOW, scrapping.WORKFLOW]


def decision_tables():
    path = _DATA / "tables" / "inspection_rules.yaml"
    rules = N_("What is inspected")
    return [TableDef(RULES, rules, lambda: read_table_file(path), "inventory.quality.edit_rules")]


def checklists():
    def listed(name: str) -> ChecklistDef:
        path = _DATA / "checklists" / f"{name}.yaml"
        return ChecklistDef(f"inventory.{name}", INSPECTION, lambda: read_data_file(path), put_by_module=True)

    return [listed("receipt_check"), listed("returned_goods")]


def document_kinds():
    return quality_documents.KINDS


def event_kinds():
    return [
        EventKind("inventory.inspection_opened", N_("{number}: {what} waits in {place} {reason}"), "clipboard-list"),
        EventKind(
            "inventory.inspection_shrunk", N_("{number}: {what} corrected or reversed, nothing to decide on it"),
            "circle-minus",
        ),
        EventKind("inventory.inspected", N_("{number} inspected: {finding}"), "microscope"),
        EventKind("inventory.quality_decided", N_("{number}: {verdict} {what} {note}"), "clipboard-check"),
        EventKind("inventory.inspection_finished", N_("{number}: all of it is decided"), "circle-check"),
        EventKind("inventory.inspection_reopened", N_("{number} waits for another decision: {reason}"), "rotate-ccw"),
        EventKind("inventory.quarantine_left", N_("{what} left {source} for {target}"), "package-open"),
        EventKind("inventory.serial_noted", N_("Serial number {number} of part {part} noted"), "barcode"),
        EventKind("inventory.sent_to_supplier", N_("{number} to {supplier}: {reason}"), "truck"),
        EventKind("inventory.supplier_settled", N_("{number}: {what} made good, {left} outstanding. {note}"), "check"),
        EventKind("inventory.scrap_asked", N_("{number} is to be scrapped: {reason}"), "circle-dashed"),
        EventKind("inventory.scrap_posted", N_("{what} from {source} scrapped"), "trash-2"),
        EventKind("inventory.scrapped", N_("{number} scrapped: {reason}"), "trash-2"),
        EventKind("inventory.scrap_refused", N_("{number} is not to be scrapped: {reason}"), "circle-x"),
        EventKind("inventory.scrap_withdrawn", N_("{number} withdrawn: {reason}"), "undo-2"),
        EventKind("inventory.cost_set", N_("Part {part} is worth {amount}"), "coins"),
    ]


def event_handlers():
    return [
        Handler("core.approval_granted", "scrap_approved", handlers.scrap_approved),
        Handler("core.approval_refused", "scrap_refused", handlers.scrap_refused),
        Handler("core.approval_refused_for", "scrap_refused", handlers.scrap_refused),
    ]


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, _ALL),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, _ALL),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, _SEE),
        RoleDef("storekeeper", {"en": "Storekeeper", "zh": "仓管员"}, _KEEP),
        RoleDef("quality", {"en": "Quality", "zh": "质量员"}, _ALL),
        RoleDef("dispatcher", {"en": "Dispatcher", "zh": "调度员"}, _TAKE),
        RoleDef("technician", {"en": "Technician", "zh": "技师"}, _TAKE),
    ]


def lists():
    from plugins.inventory.lists.quality import INSPECTIONS, SCRAPS, SUPPLIER_RETURNS

    return [INSPECTIONS, SCRAPS, SUPPLIER_RETURNS]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("parts", N_("Quality inspections"), "inventory.inspections_list", "clipboard-check", 34)]


def plugin_enabled(ctx):
    install_shipped(ctx, "inventory")


def record_panels(ctx, record):
    from plugins.inventory.panels.quality import panels_for

    return panels_for(ctx, record)


def home_notices(ctx):
    from plugins.inventory.panels.quality import notices

    return notices(ctx)


