"""Promises that will not be kept: reported to the head at once, answered under a clock (VCH-9)."""

from __future__ import annotations

from pathlib import Path

from core.api import (
    N_,
    ClockKind,
    ColumnWords,
    EventKind,
    Handler,
    RecordKind,
    TableDef,
    read_table_file,
    read_templates,
)
from plugins.service import late_erasing, life, models
from plugins.service.handlers import late as handlers
from plugins.service.late_contracts import (
    LATE,
    LATE_ANSWER_WORDS,
    LATE_CLOCK,
    LATE_HOW_WORDS,
    LATE_STATE_WORDS,
    PROMISE_WORDS,
)
from plugins.service.panels import late as panels
from plugins.service.queries import late as queries

_DATA = Path(__file__).parents[1] / "data"

def record_kinds():
    return [
        RecordKind(
            LATE,
            models.LateReport,
            N_("Late report"),
            lambda r: r.order.number,
            "service.late_page",
            life.VIEW,
            sees=queries.sees,
            icon="triangle-alert",
            frozen=life.frozen,
        )
    ]


def column_words():
    return [
        ColumnWords(
            {
                "answer": N_("What the head does"),
                "answer_text": N_("Note of the head"),
                "answered_at": N_("Answered at"),
                "answered_by": N_("Answered by"),
                "answered_by_id": N_("Answered by"),
                "automatic": N_("By the time limit's warning"),
                "help": N_("Help needed"),
                "new_at": N_("New time"),
                "promise": N_("What was promised"),
                "service_late_report.due_at": N_("Time promised"),
                "told_at": N_("Customer told at"),
                "told_how": N_("How the customer was told"),
            },
            {
                "answer": LATE_ANSWER_WORDS,
                "promise": PROMISE_WORDS,
                "service_late_report.state": LATE_STATE_WORDS,
                "service_late_report.told_how": LATE_HOW_WORDS,
            },
        )
    ]


def clock_kinds():
    return [ClockKind(LATE_CLOCK, N_("Answer of the head"), "service.late_limits", "service.escalation")]


def decision_tables():
    path = _DATA / "tables" / "late_limits.yaml"
    words = N_("Time limits of late reports")
    return [TableDef("service.late_limits", words, lambda: read_table_file(path), life.EDIT_RULES)]


def message_templates():
    return read_templates(_DATA / "messages_late.yaml")


def event_kinds():
    return [
        EventKind(
            "service.late_reported", N_("{what} by {due} will be missed: {reason}. New time: {new}"), "clock-alert"
        ),
        EventKind("service.late_warned", N_("{what} by {due} is near; reported to the head by itself"), "clock-alert"),
        EventKind("service.late_answered", N_("Head: {answer} {text}"), "message-square-reply"),
        EventKind("service.late_told", N_("The customer was told of the new time ({how})"), "phone-outgoing"),
        EventKind("service.late_over", N_("The report of the promise has settled itself"), "check"),
    ]


def event_handlers():
    return [
        Handler("core.clock_warned", "warn_of_late_order", handlers.warned),
        Handler("service.started", "settle_late_reports", handlers.went_on),
        Handler("service.done", "settle_late_reports_when_done", handlers.went_on),
        Handler("service.cancelled", "settle_late_reports_when_cancelled", handlers.went_on),
        Handler("service.recalled", "settle_late_reports_when_recalled", handlers.went_on),
    ]


# --- while the system runs --------------------------------------------------------------------------------------------


def record_panels(ctx, record):
    return panels.panels(ctx, record)


def work_items(ctx):
    return panels.work(ctx)


def home_notices(ctx):
    return panels.notices(ctx)


def personal_data(ctx, ref):
    return late_erasing.personal_data(ctx, ref)


def erase_person(ctx, ref):
    late_erasing.erase(ctx, ref)
