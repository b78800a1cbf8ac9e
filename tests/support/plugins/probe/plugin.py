"""Declares the test plugin."""

from __future__ import annotations

from core.api import (
    N_,
    ClockKind,
    EventKind,
    Field,
    Gate,
    Handler,
    Importer,
    Job,
    Manifest,
    Permission,
    RecordKind,
    SettingDef,
    State,
    TableDef,
    TaskKind,
    Transition,
    Workflow,
    hookimpl,
    install_shipped,
)
from probe.models import Effect, Item, Note
from probe.services import count_run, count_up, gather, gather_many, load_items, note_effect, scatter

MANIFEST = Manifest(
    name="probe",
    label={"en": "Probe", "zh": "探针"},
    summary={"en": "For tests of the core", "zh": "测试内核用"},
    version="0.1.0",
    permissions=(Permission("probe.item.open", N_("Open")), Permission("probe.item.close", N_("Close"))),
    settings=(
        SettingDef("probe.limit", N_("Probe limit"), "int", 5, minimum=1, maximum=9),
        SettingDef("probe.rate", N_("Rate"), "decimal"),
        SettingDef("probe.loud", N_("Loud"), "bool", False),
        SettingDef("probe.mood", N_("Mood"), "choice", "calm", choices=(("calm", N_("Calm")), ("wild", N_("Wild")))),
        SettingDef(
            "probe.days",
            N_("Days"),
            "choices",
            ("mon",),
            choices=(("mon", N_("Mon")), ("tue", N_("Tue")), ("wed", N_("Wed"))),
        ),
        SettingDef("probe.wait", N_("Wait"), "duration", "2 working_days"),
        SettingDef("probe.fee", N_("Fee"), "money", minimum=0),
        SettingDef("probe.role", N_("Role"), "role", ""),
        SettingDef("probe.unit", N_("Unit"), "unit", ""),
        SettingDef("probe.calendar", N_("Calendar"), "calendar", "office"),
        SettingDef("probe.person", N_("Person"), "person"),
        SettingDef("probe.mails", N_("E-mails"), "emails", ()),
    ),
)


def _own_gate(_ctx, item) -> list[Gate]:
    return [Gate("probe.text", "The text is there" if item.text else "The text is missing", not item.text)]


WORKFLOW = Workflow(
    "probe.item",
    (State("new", N_("New")), State("open", N_("Open")), State("closed", N_("Closed"), final=True)),
    (
        Transition("open", N_("Open"), ("new",), "open", "probe.item.open"),
        Transition("close", N_("Close"), ("open",), "closed", "probe.item.close", gates=(_own_gate,)),
        Transition("reopen", N_("Reopen"), ("closed",), "open", "probe.item.open", reason_required=True),
    ),
)


@hookimpl
def workflows():
    return [WORKFLOW]


@hookimpl
def check_transition(ctx, record, transition):
    if isinstance(record, Item) and transition == "close" and "broken" in record.tags:
        raise RuntimeError("the gate itself is broken")
    return []


@hookimpl
def record_kinds():
    return [RecordKind("probe.item", Item, N_("Item"), lambda i: i.code)]


@hookimpl
def event_kinds():
    names = ("made", "noted", "counted", "changed", "gathered", "scattered")
    return [EventKind(f"probe.{name}", name.title()) for name in names]


@hookimpl
def event_handlers():
    return [
        Handler("probe.made", "note_effect", note_effect),
        Handler("probe.gathered", "gather", gather, gather_many),
        Handler("probe.scattered", "gather", scatter),
    ]


@hookimpl
def jobs():
    return [Job("count", count_run, 3600)]


@hookimpl
def importers():
    fields = (
        Field("code", N_("Code"), required=True, longest=20, synonyms=("编号", "item no")),
        Field("text", N_("Text")),
        Field("price", N_("Price"), "decimal"),
        Field("sold_on", N_("Sold on"), "date"),
    )
    return [Importer("items", N_("Items"), fields, load_items, "probe.item.open", key="code")]


@hookimpl
def task_kinds():
    return [
        TaskKind("probe.count", N_("Count to {n}"), count_up, "probe.item.open"),
        TaskKind("probe.beside", N_("Count to {n}"), count_up, parallel=True),
    ]


@hookimpl
def clock_kinds():
    return [
        ClockKind("probe.answer", N_("Answer"), "probe.limits", "probe.ladder"),
        ClockKind("probe.solve", N_("Solve"), "probe.limits"),
    ]


LIMITS = {
    "name": "probe.limits",
    "label": {"en": "Limits", "zh": "时限"},
    "inputs": [{"name": "clock", "type": "str"}, {"name": "level", "type": "str"}],
    "outputs": [
        {"name": "limit", "type": "decimal"},
        {"name": "unit", "type": "str"},
        {"name": "calendar", "type": "str", "required": False},
        {"name": "warn", "type": "decimal", "required": False},
    ],
    "rows": [
        {"when": {"clock": "answer", "level": "high"},
         "then": {"limit": "2", "unit": "working_hours", "calendar": "office", "warn": "0.5"}},
        {"when": {"clock": "answer", "level": "low"},
         "then": {"limit": "8", "unit": "working_hours", "calendar": "office", "warn": "0.75"}},
        {"when": {"clock": "solve", "level": ["high", "low"]},
         "then": {"limit": "24", "unit": "elapsed_hours", "calendar": "always"}},
    ],
}
LADDER = {
    "name": "probe.ladder",
    "label": {"en": "Ladder", "zh": "升级"},
    "hit_policy": "collect",
    "inputs": [{"name": "clock", "type": "str"}, {"name": "level", "type": "str"}],
    "outputs": [
        {"name": "after", "type": "decimal"},
        {"name": "unit", "type": "str"},
        {"name": "role", "type": "str"},
    ],
    "rows": [
        {"when": {"clock": "answer"}, "then": {"after": "0", "unit": "working_hours", "role": "manager"}},
        {"when": {"level": "high"}, "then": {"after": "2", "unit": "working_hours", "role": "administrator"}},
    ],
}


CHOICE = {
    "name": "probe.choice",
    "label": {"en": "Which tariff", "zh": "用哪张价目"},
    "inputs": [{"name": "region", "type": "str", "optional": True}],
    "outputs": [{"name": "tariff", "type": "str", "of": "tables:probe.tariff", "required": False}],
    "rows": [],
    "default": {},
}
TARIFF = {
    "name": "probe.tariff",
    "label": {"en": "Tariff", "zh": "价目"},
    "inputs": [{"name": "hours", "type": "int"}],
    "outputs": [{"name": "price", "type": "int"}],
    "rows": [{"id": "any", "when": {"hours": {"ge": 0}}, "then": {"price": "= hours * 100"}}],
}
KNOWN = {**TARIFF, "inputs": [*TARIFF["inputs"], {"name": "region", "type": "str", "optional": True}]}


def tariff_cases(ctx, limit, name):
    """The cases name the table that they are asked for."""
    return [(f"{name} {hours}", {"hours": hours, "region": "north"}) for hours in (1, 9)][:limit]


@hookimpl
def decision_tables():
    return [
        TableDef("probe.choice", N_("Which tariff"), lambda: CHOICE, "core.rules.edit"),
        TableDef(
            "probe.tariff", N_("Tariff"), lambda: TARIFF, "core.rules.edit", tariff_cases,
            columns=lambda: KNOWN, many=True, chosen_by="probe.choice:tariff",
        ),
        TableDef("probe.limits", N_("Limits"), lambda: LIMITS, "core.rules.edit"),
        TableDef("probe.ladder", N_("Ladder"), lambda: LADDER, "core.rules.edit"),
    ]


@hookimpl
def plugin_enabled(ctx):
    install_shipped(ctx, "probe")


__all__ = ["Effect", "Item", "Note"]
