"""Evaluation of suppliers, regularly, with what follows (STO-7)."""

from __future__ import annotations

from pathlib import Path

from core.api import (
    N_,
    ColumnWords,
    EventKind,
    Job,
    Permission,
    RecordKind,
    RoleDef,
    SettingDef,
    TableDef,
    read_table_file,
)
from plugins.base.contracts import STANDING_WORDS
from plugins.inventory.evaluation_contracts import EVALUATION, RULES
from plugins.inventory.models import Evaluation
from plugins.inventory.parts.purchasing import PATTERN_HELP
from plugins.inventory.services import evaluating

_DATA = Path(__file__).parents[1] / "data"
_ALL = (evaluating.EVALUATE,)

PERMISSIONS = (
    Permission("inventory.supplier.evaluate", N_("Evaluate suppliers of parts")),
    Permission("inventory.supplier.edit_rules", N_("Change what follows from evaluating suppliers")),
)
SETTINGS = (
    SettingDef(
        "inventory.evaluation_pattern", N_("Pattern of numbers of evaluations"), default="PJ{yy}{mm}-{n:04d}",
        help=PATTERN_HELP,
    ),
    SettingDef(
        "inventory.supplier_scores", N_("What suppliers are scored for by hand"), "text", "",
        N_("One per line: code: English | Chinese. Empty: those that come with the module."),
    ),
    SettingDef(
        "inventory.approved_suppliers_only", N_("Order from approved suppliers only"), "bool", False,
        N_("One that was never evaluated can’t be ordered from then; one that is stopped never can."),
    ),
    SettingDef(
        "inventory.evaluation_told", N_("Who is told of evaluations that are due"), "role", "manager",
        N_("Once for each supplier and day."),
    ),
)  # fmt: skip


def record_kinds():
    return [
        RecordKind(
            EVALUATION, Evaluation, N_("Evaluation of a supplier"), lambda row: row.number,
            "inventory.evaluation_page", evaluating.SEE, icon="star",
        )
    ]  # fmt: skip


def column_words():
    return [
        ColumnWords(
            {
                "inventory_evaluation.supplier_id": N_("Supplier"),
                "inventory_evaluation.since": N_("First day"),
                "inventory_evaluation.until": N_("Last day"),
                "inventory_evaluation.lines": N_("Order lines due in the period"),
                "inventory_evaluation.on_time": N_("In full and on time (%)"),
                "inventory_evaluation.rejected": N_("Rejected (%)"),
                "inventory_evaluation.made_good": N_("Returns made good (%)"),
                "inventory_evaluation.claims": N_("Claims for what failed with customers"),
                "inventory_evaluation.claims_met": N_("Claims made good (%)"),
                "inventory_evaluation.scores": N_("Scores"),
                "inventory_evaluation.score": N_("Average score"),
                "inventory_evaluation.standing": N_("Supplier standing"),
                "inventory_evaluation.consequence": N_("What follows from it"),
                "inventory_evaluation.next_on": N_("Due again on"),
                "inventory_evaluation.made_at": N_("Evaluated on"),
                "inventory_evaluation.made_by": N_("Evaluated by"),
            },
            {"inventory_evaluation.standing": STANDING_WORDS},
        )
    ]


def decision_tables():
    path = _DATA / "tables" / "supplier_verdicts.yaml"
    words = N_("What follows from evaluating a supplier")
    return [TableDef(RULES, words, lambda: read_table_file(path), "inventory.supplier.edit_rules")]


def event_kinds():
    return [
        EventKind("inventory.supplier_evaluated", N_("{name} evaluated: {standing}, due again on {next}"), "star"),
    ]


def jobs():
    return [Job("inventory.tell_due_evaluations", evaluating.tell_due, every=12 * 3600)]


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, (*_ALL, "inventory.supplier.edit_rules")),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, (*_ALL, "inventory.supplier.edit_rules")),
        RoleDef("quality", {"en": "Quality", "zh": "质量员"}, _ALL),
    ]


def lists():
    from plugins.inventory.lists.evaluation import EVALUATIONS

    return [EVALUATIONS]


def record_panels(ctx, record):
    from plugins.inventory.panels.evaluation import panels_for

    return panels_for(ctx, record)


def home_notices(ctx):
    from plugins.inventory.panels.evaluation import notices

    return notices(ctx)
