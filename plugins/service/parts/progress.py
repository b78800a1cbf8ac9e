"""The customer is told at each step, where the company's table says so (MKT-4)."""

from __future__ import annotations

from pathlib import Path

from core.api import N_, EventKind, Handler, TableDef, read_table_file, read_templates
from plugins.service import life
from plugins.service.handlers import progress as handlers

_DATA = Path(__file__).parents[1] / "data"

PERMISSIONS = ()
SETTINGS = ()


def decision_tables():
    path = _DATA / "tables" / "progress.yaml"
    words = N_("Telling the customer of an order step by step")
    return [TableDef("service.progress", words, lambda: read_table_file(path), life.EDIT_RULES)]


def event_kinds():
    return [
        EventKind("service.progress_told", N_("The customer was told by mail: {step}"), "mail"),
        EventKind("service.progress_to_call", N_("{name} was asked to call the customer: {step}"), "phone-outgoing"),
    ]


def event_handlers():
    told = [Handler(event, f"tell_{step}", handlers.teller(step)) for event, step in handlers.STEPS.items()]
    return [*told, Handler("core.clock_breached", "tell_late", handlers.late)]


def message_templates():
    return read_templates(_DATA / "messages_progress.yaml")
