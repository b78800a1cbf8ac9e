"""The day book (VCH-3, VCH-4): vouchers drawn and filed, reconciled with the call register; days closed by the head."""

from __future__ import annotations

from core.api import N_, ColumnWords, EventKind, Permission, RecordKind, RoleDef
from plugins.service import daybook_erasing, life, models
from plugins.service.daybook_contracts import BOOK_DAY
from plugins.service.panels import daybook as panels
from plugins.service.services.daybook import CLOSE_DAY, FILE

PERMISSIONS = (
    Permission("service.voucher.file", N_("File signed vouchers, take them out again")),
    Permission("service.daybook.close", N_("Close days of the day book")),
)


def record_kinds():
    return [
        RecordKind(
            BOOK_DAY,
            models.BookDay,
            N_("Day of the day book"),
            lambda d: d.day.isoformat(),
            "service.book_day_page",
            life.VIEW,
            icon="book-open",
        )
    ]


def column_words():
    return [
        ColumnWords(
            {
                "document_id": N_("Voucher"),
                "figures": N_("Figures"),
                "filed_at": N_("Filed at"),
                "filed_by": N_("Filed by"),
                "filed_by_id": N_("Filed by"),
                "service_book_day.closed_by": N_("Day closed by"),
                "service_book_day.closed_by_id": N_("Day closed by"),
                "service_book_day.day": N_("Day"),
                "service_filing.ended_at": N_("Taken out at"),
                "service_filing.ended_by": N_("Taken out by"),
                "service_filing.ended_reason": N_("Why it was taken out"),
                "service_filing.file_id": N_("Scan or photo"),
                "service_filing.number": N_("Voucher"),
                "service_filing.place": N_("Where it is filed"),
                "signed_on": N_("Signed on"),
            }
        )
    ]


def event_kinds():
    return [
        EventKind("service.voucher_filed", N_("Voucher {voucher} filed: {place}"), "folder-check"),
        EventKind("service.voucher_taken_out", N_("Voucher {voucher} taken out: {reason}"), "undo-2"),
        EventKind("service.day_closed", N_("Day {day} of {unit} closed, left to dispatch: {carried} {note}"), "lock"),
    ]


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, (FILE, CLOSE_DAY)),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, (FILE, CLOSE_DAY)),
        RoleDef("dispatcher", {"en": "Dispatcher", "zh": "调度"}, (FILE,)),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, (FILE,)),
    ]


def lists():
    from plugins.service.lists.daybook import VOUCHERS

    return [VOUCHERS]


def menu():
    from core.web_api import MenuItem

    return [
        MenuItem("papers", N_("Day book"), "service.daybook", "book-open", 12),
        MenuItem("papers", N_("Vouchers"), "service.vouchers_list", "book-check", 13),
    ]


# --- while the system runs --------------------------------------------------------------------------------------------


def check_transition(ctx, record, transition):
    return panels.gates(ctx, record, transition)


def record_panels(ctx, record):
    return panels.panels(ctx, record)


def home_figures(ctx):
    return panels.figures(ctx)


def personal_data(ctx, ref):
    return daybook_erasing.personal_data(ctx, ref)


def erase_person(ctx, ref):
    daybook_erasing.erase(ctx, ref)
