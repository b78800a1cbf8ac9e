"""Complaints and suggestions: routed, answered and closed under time limits. Declares; the work is done elsewhere."""

from __future__ import annotations

from pathlib import Path

from core.api import (
    N_,
    ChecklistDef,
    ClockKind,
    EventKind,
    Handler,
    Job,
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
    read_templates,
)
from plugins.complaints import (
    columns,
    contracts,
    documents,
    figures,
    finding,
    handlers,
    hookspecs,
    importer,
    life,
    models,
    panels,
    refiling,
    services,
)

_TABLES = Path(__file__).parent / "data" / "tables"

_FIGURES = "complaints.figures.view"
_WORK = (
    life.VIEW, life.OPEN, life.CLASSIFY, life.HANDLE, life.CLOSE, life.MEET, life.SEE_ACTIONS, life.WORK_ACTIONS,
    "complaints.reward.view", "complaints.reward.deliver", "complaints.cause.view", _FIGURES,
    "complaints.questionnaire.view",
)
_ALL = (
    *_WORK, life.ASSIGN, life.REOPEN, life.WITHDRAW, life.CHECK_ACTIONS, "complaints.reward.approve",
    "complaints.questionnaire.edit", "complaints.cause.edit", "complaints.report.view", "complaints.report.write",
    "complaints.report.submit",
)
_READ = (
    life.VIEW, life.SEE_ACTIONS, "complaints.reward.view", "complaints.cause.view", _FIGURES, "complaints.report.view",
    "complaints.questionnaire.view",
)

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
    provides=("open_complaint",),
    permissions=(
        Permission("complaints.complaint.view", N_("See complaints")),
        Permission("complaints.complaint.open", N_("Take complaints in")),
        Permission("complaints.complaint.classify", N_("Classify complaints")),
        Permission("complaints.complaint.assign", N_("Give complaints to people")),
        Permission("complaints.complaint.handle", N_("Handle and answer complaints")),
        Permission("complaints.complaint.close", N_("Close complaints")),
        Permission("complaints.complaint.reopen", N_("Reopen complaints")),
        Permission("complaints.complaint.withdraw", N_("Withdraw complaints, mark duplicates")),
        Permission("complaints.complaint.meet", N_("Meet complaining customers, name delegates")),
        Permission("complaints.action.view", N_("See corrective and preventive actions")),
        Permission("complaints.action.work", N_("Open and carry out corrective and preventive actions")),
        Permission("complaints.action.check", N_("Check the effect of actions, give them up")),
        Permission("complaints.cause.view", N_("See the tree of causes")),
        Permission("complaints.cause.edit", N_("Change the tree of causes")),
        Permission("complaints.reward.view", N_("See gifts for suggestions")),
        Permission("complaints.reward.approve", N_("Approve gifts for suggestions")),
        Permission("complaints.reward.deliver", N_("Hand over gifts for suggestions")),
        Permission("complaints.figures.view", N_("See the statistics of complaints")),
        Permission("complaints.report.view", N_("See reports of centres")),
        Permission("complaints.report.write", N_("Draw up reports of centres")),
        Permission("complaints.report.submit", N_("Submit the report of one's centre")),
        Permission("complaints.questionnaire.view", N_("See questionnaires")),
        Permission("complaints.questionnaire.edit", N_("Change questionnaires")),
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
            "complaints.answer_letter_pattern",
            N_("Pattern of numbers of written answers"),
            default="DF{yy}{mm}-{n:04d}",
            help=N_("{n:04d} is the count; {yy} and {mm} are year and month."),
        ),
        SettingDef(
            "complaints.sheet_pattern",
            N_("Pattern of numbers of complaint sheets"),
            default="TSD{yy}{mm}-{n:04d}",
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
            "complaints.compensation_category",
            N_("Category of compensation cases"),
            default="repair",
            help=N_("Code of a category of complaints; cases are opened where a repair of ours did damage."),
        ),
        SettingDef(
            "complaints.pause_while_waiting",
            N_("The time limit for the solution stands still while the customer's word is awaited"),
            "bool",
            True,
        ),
        SettingDef(
            "complaints.tell_progress",
            N_("Customers are told at each step how their complaint stands"),
            "bool",
            True,
            N_("At which steps and by which way is said by the rule table “Telling the customer step by step”."),
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
        SettingDef(
            "complaints.repeat_days",
            N_("Days in which a complaint counts as a repeat of an earlier one"),
            "int",
            180,
            N_("About the same unit, or from the same customer with the same cause."),
            minimum=1,
            maximum=3650,
        ),
        SettingDef(
            "complaints.close_by_silence",
            N_("A customer's silence closes a complaint, if the customer was told so"),
            "bool",
            True,
            N_("How long the silence must last is said by the rule table “Silence that closes a complaint”."),
        ),
        SettingDef(
            "complaints.silence_outcome",
            N_("Outcome of complaints that silence closes"),
            default="solved",
            help=N_("Code of an outcome, for answers that named none."),
        ),
        SettingDef(
            "complaints.reopen_days",
            N_("Days after closing within which a complaint can be reopened"),
            "int",
            30,
            N_("0: at any time."),
            minimum=0,
            maximum=3650,
        ),
        SettingDef(
            "complaints.cause_severities",
            N_("Severities that close only with a root cause"),
            default="critical",
            help=N_("Codes of the severity table, separated by commas."),
        ),
        SettingDef(
            "complaints.action_severities",
            N_("Severities that close only with a corrective action, or with the reason for none"),
            default="critical",
            help=N_("Codes of the severity table, separated by commas."),
        ),
        SettingDef(
            "complaints.unfounded_outcomes",
            N_("Outcomes for which neither cause nor action is needed"),
            default="unfounded",
            help=N_("Codes of outcomes, separated by commas."),
        ),
        SettingDef(
            "complaints.action_pattern",
            N_("Pattern of the numbers of actions"),
            default="JC{yy}-{n:04d}",
            help=N_("{n:04d} is the count; {yy} and {mm} are year and month."),
        ),
        SettingDef(
            "complaints.questionnaire_contact",
            N_("Hotline and e-mail address below questionnaires"),
            "text",
            "",
            N_("Stands below every questionnaire and on its sheet."),
        ),
        SettingDef(
            "complaints.questionnaire_per_address",
            N_("Answers to questionnaires that one internet address may send in a while"),
            "int",
            10,
            N_("How long that is, the installation says; ten minutes unless set otherwise."),
            minimum=1,
            maximum=10_000,
        ),
        SettingDef(
            "complaints.report_period",
            N_("Period of the reports of centres"),
            "choice",
            "month",
            choices=(("month", N_("Month")), ("quarter", N_("Quarter")), ("year", N_("Year"))),
        ),
        SettingDef(
            "complaints.report_role",
            N_("Role of a centre's head, who submits its report"),
            default="manager",
            help=N_("Code of a role"),
        ),
    ),
    hookspecs=hookspecs,
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
            refile=refiling.COMPLAINTS,
            icon="message-square-warning",
        ),
        RecordKind(
            contracts.ACTION,
            models.CauseAction,
            N_("Improvement action"),
            lambda a: a.number,
            "complaints.action_page",
            life.SEE_ACTIONS,
            found=finding.ACTIONS,
            icon="wrench",
        ),
        RecordKind(
            contracts.REPORT,
            models.CentreReport,
            N_("Report of a centre"),
            lambda r: f"{r.begins_on:%Y-%m-%d}",
            "complaints.report_page",
            "complaints.report.view",
        ),
        RecordKind(
            contracts.CAUSE, models.Cause, N_("Cause"), lambda c: c.code, "complaints.cause_page",
            "complaints.cause.view",
        ),
        RecordKind(
            contracts.QUESTIONNAIRE, models.Questionnaire, N_("Questionnaire"), lambda q: q.title_zh,
            "complaints.questionnaire_page", "complaints.questionnaire.view",
        ),
        RecordKind(
            contracts.REWARD, models.Reward, N_("Gift"), lambda r: r.gift, "complaints.reward_page",
            "complaints.reward.view",
        ),
    ]


@hookimpl
def workflows():
    return [life.WORKFLOW, life.ACTIONS]


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
        ClockKind(contracts.MEETING, N_("Meeting the customer"), "complaints.attention", ladder),
        ClockKind(contracts.SILENCE, N_("Customer's word"), "complaints.silence"),
        ClockKind(contracts.CALL, N_("Call to a customer"), ""),
        ClockKind(contracts.ACTION_DUE, N_("Carrying the action out"), "complaints.actions", ladder),
        ClockKind(contracts.ACTION_CHECK, N_("Check of effect"), "complaints.actions", ladder),
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
        table("attention", N_("Who meets the customer")),
        table("silence", N_("Silence that closes a complaint")),
        table("actions", N_("Time limits of actions")),
        table("progress", N_("Telling the customer step by step")),
        table("calls", N_("Time limits of calls to customers")),
    ]


def _routing_cases(ctx, limit):
    from plugins.complaints import queries, rules

    return [
        (RecordRef(contracts.COMPLAINT, c.id), rules.routing_facts(c, c.product.group if c.product else ""))
        for c in queries.past_routing_cases(ctx, limit)
    ]


@hookimpl
def column_words():
    return [columns.WORDS]


@hookimpl
def event_kinds():
    return [
        EventKind("complaints.opened", N_("Taken in as {number}: {subject}"), "message-square-plus"),
        EventKind(
            "complaints.compensation_opened", N_("Compensation case {number} opened for {by}"), "message-square-plus"
        ),
        EventKind("complaints.heard", N_("{number} was heard of by {about}"), "message-square-plus"),
        EventKind("complaints.imported", N_("Loaded from a file as {number}: {subject}"), "file-input"),
        EventKind("complaints.awaits_classification", N_("Waits to be classified"), "circle-dashed"),
        EventKind("complaints.judged_anew", N_("Complaint {number} judged anew on the corrected facts"), "scale"),
        EventKind("complaints.classified", N_("Classified: {category}, {severity}"), "tag"),
        EventKind("complaints.routed", N_("Sent to {department}"), "git-branch"),
        EventKind(
            "complaints.department_missing",
            N_("Not routed: department “{missing}” is missing here. It is with {department}."),
            "triangle-alert",
        ),
        EventKind("complaints.referred", N_("No rule fits; {department} decides where it goes"), "git-branch"),
        EventKind("complaints.told", N_("Told at once: {role}, people: {people}"), "megaphone"),
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
        EventKind(
            "complaints.repeat_recognised",
            N_("Repeats earlier complaints: {repeats} (last days: {days}); same unit {unit}, same cause {cause}"),
            "repeat",
        ),
        EventKind("complaints.severity_changed", N_("Severity is now {severity}"), "triangle-alert"),
        EventKind("complaints.duty_given", N_("{role} or a delegate meets the customer"), "user-check"),
        EventKind("complaints.duty_lifted", N_("No meeting with the customer is owed any more"), "user"),
        EventKind("complaints.delegate_named", N_("{name} meets the customer as delegate: {reason}"), "user-check"),
        EventKind("complaints.customer_met", N_("{name} met the customer: {how}"), "users"),
        EventKind(
            "complaints.silence_told", N_("The customer was told: silence until {until} closes the case"), "hourglass"
        ),
        EventKind(
            "complaints.silence_accepted", N_("The customer, told so, was silent; the case closes by itself"), "check"
        ),
        EventKind(
            "complaints.silence_over",
            N_("The customer was silent for the time told; closing still waits for: {missing}"),
            "hourglass",
        ),
        EventKind("complaints.cause_found", N_("Root cause: {cause}; responsible: {responsible}"), "search-check"),
        EventKind("complaints.cause_saved", N_("Cause {code} {name} saved"), "list-tree"),
        EventKind("complaints.causes_loaded", N_("Causes loaded: {causes}"), "list-tree"),
        EventKind("complaints.no_action_needed", N_("No action needed: {reason}"), "circle-slash"),
        EventKind("complaints.linked", N_("{number} linked to {other}: one cause"), "link"),
        EventKind("complaints.unlinked", N_("{number} no longer linked to {other}"), "unlink"),
        EventKind("complaints.findings_shared", N_("Findings taken over from {other}"), "search-check"),
        EventKind("complaints.action_opened", N_("Action {number} opened: {title}, {name}, due {due}"), "wrench"),
        EventKind("complaints.action_given", N_("{number} given to {name}"), "user-check"),
        EventKind("complaints.action_done", N_("{number} done; its effect is checked by {due}"), "check"),
        EventKind("complaints.action_returned", N_("{number} back to work: {reason}"), "undo-2"),
        EventKind("complaints.action_effective", N_("{number} is effective: {reason}"), "circle-check"),
        EventKind("complaints.action_ineffective", N_("{number} had no effect: {reason}"), "octagon-alert"),
        EventKind("complaints.action_cancelled", N_("{number} given up: {reason}"), "circle-x"),
        EventKind("complaints.reward_proposed", N_("Gift proposed: {gift}, value {value}"), "gift"),
        EventKind("complaints.reward_approved", N_("Gift approved: {gift}"), "gift"),
        EventKind("complaints.reward_refused", N_("Gift refused: {gift}, {reason}"), "circle-x"),
        EventKind("complaints.reward_delivered", N_("Gift delivered by {name}: {gift}"), "gift"),
        EventKind("complaints.report_drawn_up", N_("Report of {centre} drawn up, {begins} to {ends}"), "file-text"),
        EventKind("complaints.report_submitted", N_("Report of {centre} submitted"), "file-check"),
        EventKind(
            "complaints.progress_mailed",
            N_("The customer is told by mail: {step}; expected finish: {expected}"),
            "mail",
        ),
        EventKind(
            "complaints.progress_call_due",
            N_("The customer is to be called: {step}; expected finish: {expected}"),
            "phone-outgoing",
        ),
        EventKind(
            "complaints.progress_told",
            N_("The customer was told ({channel}): {step}; expected finish: {expected}"),
            "phone-outgoing",
        ),
        EventKind("complaints.progress_on", N_("The customer is told of each step again"), "bell"),
        EventKind("complaints.progress_off", N_("The customer is no longer told of each step"), "bell-off"),
        EventKind("complaints.questionnaire_saved", N_("Questionnaire {title} saved"), "clipboard-list"),
        EventKind(
            "complaints.questionnaire_answered", N_("{number} came by the questionnaire {title}"), "clipboard-list"
        ),
        EventKind("complaints.noted", "{note}", "sticky-note"),
        EventKind("complaints.demo_filled", N_("Demonstration records added"), "sparkles"),
        EventKind("complaints.urgency_refreshed", N_("Deadlines of open complaints reckoned anew"), "refresh-cw"),
    ]


@hookimpl
def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, (*_ALL, "complaints.rules.edit")),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, (*_ALL, "complaints.rules.edit")),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, (*_READ, life.REOPEN, life.MEET)),
        RoleDef("complaint_handler", {"en": "Complaint handler", "zh": "投诉处理员"}, (*_WORK, "base.customer.view")),
        RoleDef(
            "agent",
            {"en": "Call agent", "zh": "坐席"},
            (life.VIEW, life.OPEN, life.CLASSIFY, life.HANDLE, life.MEET),
        ),
    ]


@hookimpl
def message_templates():
    return read_templates(_TABLES.parent / "messages.yaml")


@hookimpl
def document_kinds():
    return documents.KINDS


@hookimpl
def importers():
    return [importer.COMPLAINTS]


@hookimpl
def lists():
    from plugins.complaints.action_list import ACTIONS
    from plugins.complaints.cause_list import CAUSES
    from plugins.complaints.counted_list import COUNTED
    from plugins.complaints.lists import COMPLAINTS
    from plugins.complaints.questionnaire_list import QUESTIONNAIRES
    from plugins.complaints.report_list import REPORTS
    from plugins.complaints.reward_list import REWARDS

    return [COMPLAINTS, ACTIONS, COUNTED, REWARDS, REPORTS, CAUSES, QUESTIONNAIRES]


@hookimpl
def demo_data():
    from plugins.complaints.demo import fill

    return fill


# --- while the system runs --------------------------------------------------------------------------------------------


@hookimpl
def plugin_enabled(ctx):
    install_shipped(ctx, "complaints")
    services.load_shipped_causes(ctx)
    services.refresh_all_urgency(ctx)
    services.refresh_actions(ctx)


@hookimpl
def event_handlers():
    return [
        Handler("core.clock_breached", "close_by_silence", handlers.close_by_silence),
        Handler("warranty.compensation_due", "open_compensation", handlers.open_compensation),
        *(Handler(event, "tell_customer", handlers.tell_customer) for event in handlers.STEPS),
    ]


@hookimpl
def jobs():
    return [Job("complaints.draw_up_reports", services.draw_up_due, every=6 * 3600)]


@hookimpl
def centre_report_figures(ctx, unit, begins, ends):
    return figures.centre_figures(ctx, unit, begins, ends)


@hookimpl
def contact_offers(ctx, contact):
    return panels.offers(ctx, contact)


@hookimpl
def open_complaint(ctx, told):
    return services.open_told(ctx, told)


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
def filed_together(ctx, record):
    return refiling.filed_together(ctx, record)


@hookimpl
def personal_data(ctx, ref):
    from plugins.complaints import erasing

    return erasing.personal_data(ctx, ref)


@hookimpl
def erase_person(ctx, ref):
    from plugins.complaints import erasing

    erasing.erase(ctx, ref)


@hookimpl
def open_work_of(ctx, user_id):
    return panels.held(ctx, user_id)


@hookimpl
def open_work_of_unit(ctx, unit_id):
    return panels.held_by_unit(ctx, unit_id)


@hookimpl
def hand_over_work(ctx, from_user_id, to_user_id):
    moved = services.hand_over_work(ctx, from_user_id, to_user_id)
    return moved + services.hand_over_actions(ctx, from_user_id, to_user_id)


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
        MenuItem("quality", N_("Complaint statistics"), "complaints.statistics_page", "chart-column", 20),
        MenuItem("quality", N_("Improvement actions"), "complaints.actions_list", "wrench", 30),
        MenuItem("quality", N_("Gifts for suggestions"), "complaints.rewards_list", "gift", 40),
        MenuItem("quality", N_("Questionnaires"), "complaints.questionnaires_list", "clipboard-list", 45),
        MenuItem("quality", N_("Causes"), "complaints.causes_list", "list-tree", 50),
        MenuItem("quality", N_("Reports of centres"), "complaints.reports_list", "file-text", 60),
    ]
