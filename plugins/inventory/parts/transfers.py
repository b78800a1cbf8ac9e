"""Transfers between locations, hand-overs between people, and each one's own store."""

from __future__ import annotations

from core.api import N_, EventKind, Permission, RecordKind, RoleDef, SettingDef
from plugins.inventory import transfer_columns
from plugins.inventory.models import Transfer, TransferLine, TransferScan
from plugins.inventory.services import transfers
from plugins.inventory.transfer_contracts import TRANSFER

_OWN = (transfers.VIEW, transfers.OWN)
_KEEP = (*_OWN, transfers.EDIT)
_ALL = (*_KEEP, transfers.SETTLE)

PERMISSIONS = (
    Permission(transfers.VIEW, N_("See transfers")),
    Permission(transfers.OWN, N_("Give away from one’s own store, and accept into it")),
    Permission(transfers.EDIT, N_("Send and receive transfers of any location")),
    Permission(transfers.SETTLE, N_("Decide what becomes of what lacks on transfers")),
)
SETTINGS = (
    SettingDef(
        "inventory.transfer_pattern", N_("Pattern of the numbers of transfers"), default="DB{yy}{mm}-{n:04d}",
        help=N_("{n:04d} is the count; {yy} and {mm} are year and month."),
    ),
    SettingDef(
        "inventory.transfer_note_pattern", N_("Pattern of the numbers of transfer notes"),
        default="DBD{yy}{mm}-{n:04d}", help=N_("{n:04d} is the count; {yy} and {mm} are year and month."),
    ),
)  # fmt: skip


def record_kinds():
    return [
        RecordKind(
            TRANSFER, Transfer, N_("Transfer between locations"), lambda row: row.number, "inventory.transfer_page",
            transfers.VIEW, icon="truck", parts=(TransferLine, TransferScan),
        )
    ]  # fmt: skip


def column_words():
    return [transfer_columns.WORDS]


def workflows():
    return [transfers.WORKFLOW]


def document_kinds():
    from plugins.inventory.transfer_documents import KINDS

    return KINDS


def event_kinds():
    return [
        EventKind("inventory.transfer_drawn_up", N_("Transfer {number} from {source} to {target} begun"), "truck"),
        EventKind("inventory.transfer_line", N_("{what} from {place} put into {number}"), "list-plus"),
        EventKind("inventory.transfer_line_dropped", N_("{code} taken out of {number}"), "x"),
        EventKind("inventory.transfer_sent", N_("Transfer {number} sent: {what}"), "truck"),
        EventKind(
            "inventory.transfer_received", N_("Received on {number}: {what}, damaged: {damaged}"), "package-check"
        ),
        EventKind(
            "inventory.transfer_unsent", N_("Came on {number} and was not sent: {what}, of it damaged: {damaged}"),
            "package-plus",
        ),
        EventKind(
            "inventory.transfer_differs", N_("{number} lacks {short}; came beyond what was sent: {over}"),
            "triangle-alert",
        ),
        EventKind("inventory.transfer_settled", N_("{number}, {what}: {decision}. {reason}"), "scale"),
        EventKind("inventory.transfer_sent_back", N_("{what} of {number} goes back: {reason}"), "undo-2"),
        EventKind("inventory.transfer_done", N_("Nothing of {number} is on its way any more"), "circle-check"),
        EventKind("inventory.transfer_cancelled", N_("Transfer {number} cancelled: {reason}"), "circle-x"),
    ]


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, _ALL),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, _ALL),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, (transfers.VIEW,)),
        RoleDef("storekeeper", {"en": "Storekeeper", "zh": "仓管员"}, _ALL),
        RoleDef("quality", {"en": "Quality", "zh": "质量员"}, (transfers.VIEW,)),
        RoleDef("dispatcher", {"en": "Dispatcher", "zh": "调度员"}, (transfers.VIEW,)),
        RoleDef("technician", {"en": "Technician", "zh": "技师"}, _OWN),
    ]


def lists():
    from plugins.inventory.lists.transfers import TRANSFERS

    return [TRANSFERS]


def menu():
    from core.web_api import MenuItem

    return [
        MenuItem("parts", N_("My store"), "inventory.my_store", "backpack", 12),
        MenuItem("parts", N_("Stock transfers"), "inventory.transfers_list", "truck", 32),
    ]


def work_items(ctx):
    from plugins.inventory.panels.transfers import work

    return work(ctx)


def home_notices(ctx):
    from plugins.inventory.panels.transfers import notices

    return notices(ctx)
