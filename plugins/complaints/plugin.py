"""Complaints and suggestions: routed, answered and closed under time limits. Declares; the work is done elsewhere."""

from __future__ import annotations

from pathlib import Path

from core.api import (
    N_,
    ChecklistDef,
    ClockKind,
    EventKind,
    Manifest,
    Permission,
    RecordKind,
    RecordRef,
    RoleDef,
    SettingDef,
    TableDef,
    hookimpl,
    install_shipped,
    read_data_file,
    read_table_file,
)
from plugins.complaints import contracts, finding, importer, life, models, panels

_TABLES = Path(__file__).parent / "data" / "tables"

_WORK = (life.VIEW, life.OPEN, life.CLASSIFY, life.HANDLE, life.CLOSE)
_ALL = (*_WORK, life.ASSIGN, life.REOPEN, life.WITHDRAW)

MANIFEST = Manifest(
    name="complaints",
    label={"en": "Complaints and suggestions", "zh": "投诉与建议"},
    summary={
        "en": "Complaints and suggestions from every channel, routed, answered and closed under time limits",
        "zh": "各渠道投诉、建议的登记、分派、答复和结案，全程计时",
    },
    version="0.1.0",
    category="customers",
    icon="message-square-warning",
    requires=("base",),
    industries=("machinery", "appliance", "medical_dealer"),
    permissions=(
        Permission("complaints.complaint.view", N_("See complaints")),
        Permission("complaints.complaint.open", N_("Take complaints in")),
        Permission("complaints.complaint.classify", N_("Classify complaints")),
        Permission("complaints.complaint.assign", N_("Give complaints to people")),
        Permission("complaints.complaint.handle", N_("Handle and answer complaints")),
        Permission("complaints.complaint.close", N_("Close complaints")),
        Permission("complaints.complaint.reopen", N_("Reopen complaints")),
        Permission("complaints.complaint.withdraw", N_("Withdraw complaints, mark duplicates")),
        Permission("complaints.rules.edit", N_("Change the rules of complaints")),
    ),
    settings=(
        SettingDef(
            "complaints.pattern",
            N_("Pattern of complaint numbers"),
            default="TS{yy}{mm}-{n:04d}",
            help=N_("{n:04d} is the count; {yy} and {mm} are year and month."),
        ),
        SettingDef(
            "complaints.outcomes",
            N_("Outcomes to choose from when closing"),
            "text",
            "",
            N_("One per line: code: English | Chinese. Empty: those that come with the module."),
        ),
        SettingDef(
            "complaints.pause_while_waiting",
            N_("The time limit for the solution stands still while the customer's word is awaited"),
            "bool",
            True,
        ),
        SettingDef(
            "complaints.confirmation_required",
            N_("Closing needs the customer's word that he or she is content"),
            "bool",
            False,
        ),
        SettingDef(
            "complaints.written_severities",
            N_("Severities that need a written answer"),
            default="critical",
            help=N_("Codes of the severity table, separated by commas."),
        ),
    ),
)


# --- declarations ---------------------------------------------------------------------------------------------------


@hookimpl
def record_kinds():
    return [
        RecordKind(
            contracts.COMPLAINT,
            models.Complaint,
            N_("Complaint"),
            lambda c: c.number,
            "complaints.complaint_page",
            life.VIEW,
            found=finding.COMPLAINTS,
            icon="message-square-warning",
        )
    ]


@hookimpl
def workflows():
    return [life.WORKFLOW]


@hookimpl
def checklists():
    path = Path(__file__).parent / "data" / "checklists" / "serious_investigation.yaml"
    return [ChecklistDef("complaints.serious_investigation", contracts.COMPLAINT, lambda: read_data_file(path))]


@hookimpl
def clock_kinds():
    limits, ladder = "complaints.limits", "complaints.escalation"
    return [
        ClockKind(contracts.RELAY, N_("Relay"), limits, ladder),
        ClockKind(contracts.ANSWER, N_("Answer"), limits, ladder),
        ClockKind(contracts.SOLUTION, N_("Solution"), limits, ladder),
    ]


@hookimpl
def decision_tables():
    def table(name, words, cases=None):
        return TableDef(
            f"complaints.{name}",
            words,
            lambda: read_table_file(_TABLES / f"{name}.yaml"),
            "complaints.rules.edit",
            cases,
        )

    return [
        table("routing", N_("Complaint routing"), _routing_cases),
        table("severity", N_("Severity of complaints")),
        table("limits", N_("Time limits of complaints")),
        table("escalation", N_("Escalation of complaints")),
    ]


def _routing_cases(ctx, limit):
    from plugins.complaints import queries, rules

    return [
        (RecordRef(contracts.COMPLAINT, c.id), rules.routing_facts(c, c.product.group if c.product else ""))
        for c in queries.past_routing_cases(ctx, limit)
    ]


@hookimpl
def event_kinds():
    return [
        EventKind("complaints.opened", N_("Taken in as {number}: {subject}"), "message-square-plus"),
        EventKind("complaints.imported", N_("Loaded from a file as {number}: {subject}"), "file-input"),
        EventKind("complaints.awaits_classification", N_("Waits to be classified"), "circle-dashed"),
        EventKind("complaints.classified", N_("Classified: {category}, {severity}"), "tag"),
        EventKind("complaints.routed", N_("Sent to {department}"), "git-branch"),
        EventKind(
            "complaints.department_missing",
            N_("Not routed: department “{missing}” is missing here. It is with {department}."),
            "triangle-alert",
        ),
        EventKind("complaints.referred", N_("No rule fits; {department} decides where it goes"), "git-branch"),
        EventKind("complaints.told", N_("Told at once: {role} ({people} people)"), "megaphone"),
        EventKind("complaints.assigned", N_("Given to {name}"), "user-check"),
        EventKind("complaints.handed_back", N_("Handed back: {reason}"), "undo-2"),
        EventKind("complaints.handed_on", N_("Handed on to {department}: {reason}"), "forward"),
        EventKind("complaints.findings_written", N_("Findings written down"), "search-check"),
        EventKind("complaints.replied", N_("The customer was answered"), "message-square"),
        EventKind("complaints.confirmed", N_("The customer is content"), "thumbs-up"),
        EventKind("complaints.objected", N_("The customer is not content: {reason}"), "thumbs-down"),
        EventKind("complaints.closed", N_("{number} closed: {outcome}"), "circle-check"),
        EventKind("complaints.reopened", N_("{number} reopened: {reason}"), "rotate-ccw"),
        EventKind("complaints.withdrawn", N_("{number} withdrawn: {reason}"), "circle-x"),
        EventKind("complaints.marked_duplicate", N_("{number} is a duplicate of {other}"), "copy"),
        EventKind("complaints.noted", "{note}", "sticky-note"),
        EventKind("complaints.demo_filled", N_("Demonstration records added"), "sparkles"),
        EventKind("complaints.urgency_refreshed", N_("Deadlines of open complaints reckoned anew"), "refresh-cw"),
    ]


@hookimpl
def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, (*_ALL, "complaints.rules.edit")),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, (*_ALL, "complaints.rules.edit")),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, (life.VIEW, life.REOPEN)),
        RoleDef("complaint_handler", {"en": "Complaint handler", "zh": "投诉处理员"}, (*_WORK, "base.customer.view")),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, (life.VIEW, life.OPEN, life.CLASSIFY, life.HANDLE)),
    ]


@hookimpl
def importers():
    return [importer.COMPLAINTS]


@hookimpl
def lists():
    from plugins.complaints.lists import COMPLAINTS

    return [COMPLAINTS]


@hookimpl
def demo_data():
    from plugins.complaints.demo import fill

    return fill


# --- while the system runs --------------------------------------------------------------------------------------------


@hookimpl
def plugin_enabled(ctx):
    from plugins.complaints import services

    install_shipped(ctx, "complaints")
    services.refresh_all_urgency(ctx)


@hookimpl
def contact_offers(ctx, contact):
    return panels.offers(ctx, contact)


@hookimpl
def record_panels(ctx, record):
    return panels.panels(ctx, record)


@hookimpl
def work_items(ctx):
    return panels.work(ctx)


@hookimpl
def home_figures(ctx):
    return panels.figures(ctx)


@hookimpl
def home_notices(ctx):
    return panels.notices(ctx)


@hookimpl
def home_today(ctx):
    return panels.today(ctx)


@hookimpl
def menu_counts(ctx):
    return panels.counts(ctx)


@hookimpl
def reference_count(ctx, ref):
    return panels.refers(ctx, ref)


@hookimpl
def open_work_of(ctx, user_id):
    return panels.held(ctx, user_id)


@hookimpl
def open_work_of_unit(ctx, unit_id):
    return panels.held_by_unit(ctx, unit_id)


@hookimpl
def hand_over_work(ctx, from_user_id, to_user_id):
    from plugins.complaints import services

    return services.hand_over_work(ctx, from_user_id, to_user_id)


@hookimpl
def switch_effects(ctx):
    return panels.effects(ctx)


@hookimpl
def customer_figures(ctx, customer):
    return panels.customer_figures(ctx, customer)


@hookimpl
def blueprints():
    from plugins.complaints.views import blueprint

    return [blueprint]


@hookimpl
def menu():
    from core.web_api import MenuItem

    return [
        MenuItem("service", N_("Complaints"), "complaints.complaints_list", "message-square-warning", 20),
    ]
