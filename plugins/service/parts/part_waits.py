"""Waiting for a part: its source, the days told to the customer, the clock."""

from __future__ import annotations

from pathlib import Path

from core.api import (
    N_,
    ClockKind,
    ColumnWords,
    EventKind,
    Handler,
    TableDef,
    read_table_file,
    read_templates,
)
from plugins.service import life, part_wait_erasing
from plugins.service.handlers import part_waits as handlers
from plugins.service.panels import part_waits as panels
from plugins.service.part_wait_contracts import PART_CLOCK, PART_WAIT_WORDS, SOURCES, TOLD_WORDS

_DATA = Path(__file__).parents[1] / "data"

PERMISSIONS = ()
SETTINGS = ()


def column_words():
    return [
        ColumnWords(
            {
                "explanation": N_("Explanation"),
                "from_on": N_("Expected from"),
                "mailed_to": N_("Mailed to"),
                "part_number": N_("Part number"),
                "service_part_wait.part": N_("Missing part"),
                "service_part_wait.source": N_("Where it comes from"),
                "service_part_wait.state": N_("State"),
                "source_words": N_("Where it comes from"),
                "told_at": N_("Customer told on"),
                "told_how": N_("How the customer was told"),
                "until_on": N_("Expected until"),
            },
            {"service_part_wait.state": PART_WAIT_WORDS, "service_part_wait.told_how": TOLD_WORDS},
        )
    ]


def clock_kinds():
    return [ClockKind(PART_CLOCK, N_("Arrival of the part"), SOURCES, "service.escalation")]


def decision_tables():
    path = _DATA / "tables" / "part_sources.yaml"
    return [TableDef(SOURCES, N_("Where parts come from"), lambda: read_table_file(path), life.EDIT_RULES)]


def message_templates():
    return read_templates(_DATA / "messages_parts.yaml")


def event_kinds():
    return [
        EventKind(
            "service.part_awaited", N_("Customer told: {part} ({source}) expected {from} to {until}"), "package-search"
        ),
        EventKind(
            "service.part_promised_anew", N_("Customer told anew: {part} ({source}) expected {from} to {until}"),
            "package-search",
        ),
        EventKind("service.part_arrived", N_("Part has arrived: {part}"), "package-check"),
        EventKind("service.part_given_up", N_("Nobody waits for this part any more: {part}"), "package-x"),
    ]  # fmt: skip


def event_handlers():
    return [Handler(name, "part_wait_ends", handlers.gone_on) for name in ("service.goes_on", "service.cancelled")]


# --- while the system runs --------------------------------------------------------------------------------------------


def record_panels(ctx, record):
    return panels.panels(ctx, record)


def erase_person(ctx, ref):
    part_wait_erasing.erase(ctx, ref)
    return []
