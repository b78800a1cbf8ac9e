"""Decisions on coverage, and the rule sets they are taken by."""

from __future__ import annotations

import functools
from pathlib import Path

from core.api import (
    N_,
    ClockKind,
    EventKind,
    Handler,
    Permission,
    RecordKind,
    RoleDef,
    SettingDef,
    TableDef,
    TaskKind,
    read_exact_file,
    read_table_file,
)
from plugins.warranty import columns, models
from plugins.warranty import coverage_life as life
from plugins.warranty.contracts import ANALYSIS, DECISION, JUDGEMENT, LOANER_DUE, REPAIR_DUE
from plugins.warranty.rules import rulesets
from plugins.warranty.services import consents

_TABLES = Path(__file__).parents[1] / "data" / "tables"
_WORK = (life.SEE, life.DECIDE)
_ALL = (*_WORK, life.SETTLE, life.APPROVE, life.REDECIDE, life.EDIT_RULES)

PERMISSIONS = (
    Permission("warranty.decision.view", N_("See decisions on coverage")),
    Permission("warranty.decision.make", N_("Decide on coverage, and again when facts change")),
    Permission("warranty.decision.settle", N_("Decide on coverage where the rules leave it to a person")),
    Permission("warranty.decision.approve", N_("Approve decisions on coverage")),
    Permission("warranty.decision.redecide", N_("Decide all units of a product again")),
    Permission("warranty.rules.edit", N_("Change the rules of warranty")),
)
SETTINGS = (
    SettingDef(
        "warranty.decision_pattern",
        N_("Pattern of numbers of decisions on coverage"),
        default="PD{yy}{mm}-{n:05d}",
        help=N_("{n:05d} is the count; {yy} and {mm} are year and month."),
    ),
    SettingDef(
        "warranty.judge_role",
        N_("Role that is told when the rules leave a case to a person"),
        default="manager",
        help=N_("Code of a role"),
    ),
)


def record_kinds():
    return [
        RecordKind(
            DECISION,
            models.CoverageDecision,
            N_("Decision on coverage"),
            lambda d: d.number,
            "warranty.decision_page",
            life.SEE,
            icon="scale",
        )
    ]


def column_words():
    return [columns.DECISIONS]


def workflows():
    return [life.DECISIONS]


def clock_kinds():
    return [
        ClockKind(ANALYSIS, N_("Finding the cause"), "warranty.coverage_limits"),
        ClockKind(JUDGEMENT, N_("Judgement by a person"), "warranty.coverage_limits"),
        ClockKind(REPAIR_DUE, N_("Repair finished"), ""),
        ClockKind(LOANER_DUE, N_("Loaner handed out"), ""),
    ]


def decision_tables():
    def rule_set(code, words):
        return TableDef(
            rulesets.table_name(code),
            words,
            functools.partial(rulesets.definition, code),
            life.EDIT_RULES,
            _cases if not code else functools.partial(_cases, name=rulesets.table_name(code)),
            columns=rulesets.columns,
            many=not code,
            chosen_by="" if code else "warranty.rule_set:rule_set",
        )

    return [
        TableDef("warranty.rule_set", N_("Which rule set decides"), rulesets.chooser, life.EDIT_RULES),
        rule_set("", N_("Own terms of warranty")),
        rule_set("phones", N_("Mobile phones")),
        rule_set("appliances", N_("Household appliances")),
        TableDef(
            "warranty.papers",
            N_("Papers before a step"),
            lambda: read_table_file(_TABLES / "papers.yaml"),
            life.EDIT_RULES,
            mistakes=consents.mistakes,
        ),
        TableDef(
            "warranty.coverage_limits",
            N_("Time limits of coverage"),
            lambda: read_exact_file(rulesets.FOLDER / "limits.yaml"),
            life.EDIT_RULES,
        ),
    ]


def _cases(ctx, limit, name=rulesets.KIND):
    from plugins.warranty.queries.coverage import past_cases

    return past_cases(ctx, limit, name)


def event_kinds():
    return [
        EventKind("warranty.coverage_decided", N_("Coverage decided, {number}: {charge}"), "scale"),
        EventKind(
            "warranty.coverage_decided_again",
            N_("Coverage decided again, {number} instead of {former}: {charge}. {reason}"),
            "scale",
        ),
        EventKind("warranty.coverage_replaced", N_("Decision {number} replaced by {later}"), "history"),
        EventKind("warranty.coverage_referred", N_("Coverage {number}: the rules leave it to a person"), "user"),
        EventKind(
            "warranty.coverage_settled", N_("Coverage {number} decided by a person: {charge}. {reason}"), "user-check"
        ),
        EventKind(
            "warranty.coverage_awaits_approval", N_("Coverage {number} waits for approval by {role}"), "hourglass"
        ),
        EventKind("warranty.coverage_doubted", N_("Coverage {number} left to a person: {reason}"), "user"),
        EventKind(
            "warranty.coverage_asked_again", N_("Coverage {number}: {role} is asked again. {reason}"), "hourglass"
        ),
        EventKind("warranty.coverage_approved", N_("Coverage {number} approved"), "circle-check"),
        EventKind("warranty.coverage_refused", N_("Coverage {number} not approved: {reason}"), "circle-x"),
        EventKind("warranty.compensation_due", N_("Compensation is due, {number}: {problem}"), "hand-coins"),
        EventKind("warranty.loaner_handed_out", N_("Loaner handed out, {number}"), "repeat"),
    ]


def event_handlers():
    from plugins.warranty.handlers.coverage import loaner_given, repair_finished

    return [
        Handler("warranty.repair_finished", "coverage_repair_finished", repair_finished),
        Handler("inventory.loan_out", "coverage_loaner_given", loaner_given),
    ]


def task_kinds():
    from plugins.warranty.jobs.coverage import redecide_product

    return [
        TaskKind(
            "warranty.redecide",
            N_("Decide the coverage of all units of {product} again"),
            redecide_product,
            life.REDECIDE,
            endpoint="warranty.redecided_page",
        )
    ]


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, _ALL),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, _ALL),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, (life.SEE, life.SETTLE, life.APPROVE)),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, _WORK),
        RoleDef("dispatcher", {"en": "Dispatcher", "zh": "调度"}, _WORK),
        RoleDef("technician", {"en": "Technician", "zh": "技师"}, _WORK),
        RoleDef("complaint_handler", {"en": "Complaint handler", "zh": "投诉处理员"}, _WORK),
    ]


def lists():
    from plugins.warranty.lists.coverage import DECISIONS

    return [DECISIONS]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("service", N_("Coverage"), "warranty.decisions_list", "scale", 35)]


def record_panels(ctx, record):
    from plugins.warranty.panels import coverage

    return coverage.panels(ctx, record)


def check_transition(ctx, record, transition):
    from plugins.warranty.panels import coverage

    return coverage.gates(ctx, record, transition)


def work_items(ctx):
    from plugins.warranty.panels import coverage

    return coverage.work(ctx)


def home_figures(ctx):
    from plugins.warranty.panels import coverage

    return coverage.figures(ctx)


def menu_counts(ctx):
    from plugins.warranty.panels import coverage

    return coverage.counts(ctx)


def find_coverage(ctx, case):
    from plugins.warranty.services import coverage

    return coverage.answer_of(ctx, coverage.decide_case(ctx, case))


def coverage_about(ctx, ref):
    from plugins.warranty.services import coverage

    return coverage.answer_about(ctx, ref)


def personal_data(ctx, ref):
    from plugins.warranty.services import coverage_erasing

    return coverage_erasing.personal_data(ctx, ref)


def erase_person(ctx, ref):
    from plugins.warranty.services import coverage_erasing

    coverage_erasing.erase(ctx, ref)
