"""Surveys: forms as data, campaigns, cards answered by phone, link or paper, results, and what follows from them."""

from __future__ import annotations

from pathlib import Path

from core.api import (
    N_,
    ClockKind,
    EventKind,
    Handler,
    Job,
    Permission,
    RecordKind,
    RoleDef,
    SettingDef,
    TableDef,
    read_table_file,
    read_templates,
)
from plugins.callback import survey_columns, survey_documents, survey_erasing, survey_life
from plugins.callback.models.surveys import Campaign, Invitation, Survey, SurveyTask
from plugins.callback.queries import survey_results
from plugins.callback.services import survey_campaigns, survey_cards, survey_forms, survey_tasks
from plugins.callback.survey_contracts import CAMPAIGN, INVITATION, SURVEY, TASK
from plugins.callback.survey_life import ANSWER, EDIT, EDIT_RULES, RATINGS, RUN, VIEW, WORK

_DATA = Path(__file__).parents[1] / "data"
_ASK = (VIEW, ANSWER, WORK)
_ALL = (*_ASK, EDIT, RUN, RATINGS)

PERMISSIONS = (
    Permission(VIEW, N_("See surveys, their cards and results")),
    Permission(ANSWER, N_("Ask customers by phone, enter cards from paper")),
    Permission(EDIT, N_("Change survey forms")),
    Permission(RUN, N_("Prepare, start and close campaigns")),
    Permission(WORK, N_("Open and carry out tasks from surveys")),
    Permission(RATINGS, N_("See how customers graded technicians")),
    Permission("callback.survey_rules.edit", N_("Change the rules of surveys")),
)
SETTINGS = (
    SettingDef(
        "callback.survey_mail", N_("Send opinion cards by e-mail"), "bool", False,
        N_("To customers whose e-mail address is known. Everybody else is asked by phone."),
    ),
    SettingDef(
        "callback.survey_look_back", N_("Days looked back for finished cases without a card"), "int", 7,
        N_("Normally the day before is enough; more make up for days on which the system stood still."),
        minimum=1, maximum=90,
    ),
    SettingDef(
        "callback.survey_contact", N_("Hotline below surveys"), "text", "",
        N_("Stands below the page that customers see."),
    ),
    SettingDef(
        "callback.survey_per_address", N_("Cards that one internet address may send in a while"), "int", 20,
        N_("How long that is, the installation says; ten minutes unless set otherwise."), minimum=1, maximum=10_000,
    ),
    SettingDef("callback.yearly_survey", N_("The survey of the year begins by itself"), "bool", False),
    SettingDef(
        "callback.yearly_begins", N_("Day on which the survey of the year begins"), default="11-01",
        help=N_("Month and day, like 11-01."),
    ),
    SettingDef(
        "callback.yearly_days", N_("Days that the survey of the year lasts"), "int", 45, minimum=1, maximum=365,
    ),
    SettingDef(
        "callback.summary_to", N_("Who takes note of the summary of a survey"), "role", "general_manager",
    ),
    SettingDef("callback.summary_copy", N_("Who gets a copy of the summary"), "role", "quality"),
    SettingDef(
        "callback.summary_pattern", N_("Pattern of the numbers of survey summaries"), default="DCH{yy}-{n:04d}",
        help=N_("{n:04d} is the count; {yy} and {mm} are year and month."),
    ),
    SettingDef(
        "callback.survey_task_pattern", N_("Pattern of the numbers of tasks from surveys"), default="DCR{yy}-{n:04d}",
        help=N_("{n:04d} is the count; {yy} and {mm} are year and month."),
    ),
)  # fmt: skip


def record_kinds():
    return [
        RecordKind(SURVEY, Survey, N_("Survey form"), lambda r: r.title_zh, "callback.survey_page", VIEW,
                   icon="clipboard-list"),
        RecordKind(CAMPAIGN, Campaign, N_("Survey campaign"), lambda r: r.title, "callback.campaign_page", VIEW,
                   icon="megaphone"),
        RecordKind(INVITATION, Invitation, N_("Opinion card"), lambda r: r.case_number or str(r.id),
                   "callback.card_page", VIEW, icon="star"),
        RecordKind(TASK, SurveyTask, N_("Task from a survey"), lambda r: r.number, "callback.survey_task_page", VIEW,
                   icon="list-checks"),
    ]  # fmt: skip


def column_words():
    return [survey_columns.WORDS]


def workflows():
    return [survey_life.CAMPAIGNS, survey_life.TASKS]


def clock_kinds():
    return [ClockKind(TASK, N_("Task from a survey"), "callback.survey_task_limits", "callback.survey_escalation")]


def decision_tables():
    def table(name, words):
        path = _DATA / "tables" / f"{name}.yaml"
        return TableDef(f"callback.{name}", words, lambda: read_table_file(path), EDIT_RULES)

    return [
        table("survey_cards", N_("Who gets an opinion card")),
        table("survey_classes", N_("Yearly survey by customer class")),
        table("survey_scores", N_("Bad scores")),
        table("survey_task_limits", N_("Time limits of tasks from surveys")),
        table("survey_escalation", N_("Escalation of tasks from surveys")),
    ]


def event_kinds():
    return [
        EventKind("callback.survey_saved", N_("Survey form {title} saved, version {number}"), "clipboard-list"),
        EventKind("callback.campaign_saved", N_("Campaign {title} saved"), "megaphone"),
        EventKind("callback.campaign_started", N_("Campaign {title} started"), "circle-play"),
        EventKind("callback.campaign_filled", N_("{cards} customers are asked, left out: {left_out}"), "users"),
        EventKind("callback.campaign_closed", N_("Campaign {title} closed"), "circle-check"),
        EventKind("callback.cards_issued", N_("Opinion cards made: {cards}, left out: {left_out}"), "star"),
        EventKind("callback.days_checked", N_("Finished cases of days checked: {days}"), "check"),
        EventKind("callback.invited", N_("{name} is asked: {title}"), "star"),
        EventKind("callback.card_came_back", N_("No mail reaches {name}: {title}"), "mail-x"),
        EventKind("callback.answered", N_("{title} answered ({how}), {average} points"), "message-square"),
        EventKind("callback.followed_up", N_("What was answered is seen to: {number}"), "triangle-alert"),
        EventKind("callback.summary_sent", N_("Summary {number} given to {role}: {task}"), "file-text"),
        EventKind("callback.task_opened", N_("Task {number} opened: {title}"), "list-checks"),
        EventKind("callback.task_due", N_("{number} is due by {due}"), "clock"),
        EventKind("callback.task_given", N_("{number} given to {name}"), "user-check"),
        EventKind("callback.task_done", N_("{number} done: {result}"), "circle-check"),
        EventKind("callback.task_cancelled", N_("{number} given up: {reason}"), "circle-x"),
        EventKind("callback.urgency_refreshed", N_("Deadlines of open tasks reckoned anew"), "refresh-cw"),
        EventKind("callback.surveys_filled", N_("Demonstration surveys added"), "sparkles"),
    ]


def event_handlers():
    return [
        Handler("callback.campaign_started", "fill_campaign", _fill),
        Handler("core.mail_parked", "card_came_back", _came_back),
    ]


def _came_back(ctx, event):
    if event.record_kind == INVITATION:
        survey_cards.mail_came_back(ctx, event.record_id)


def _fill(ctx, event):
    survey_cards.fill(ctx, event.record_id)


def jobs():
    return [
        Job("callback.opinion_cards", survey_cards.issue_cards, every=3600),
        Job("callback.survey_campaigns", survey_campaigns.keep_campaigns, every=3600),
    ]


def default_roles():
    about = ("base.customer.view", "base.product.view", "base.unit.view")
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, (*_ALL, EDIT_RULES)),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, (*_ALL, EDIT_RULES)),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, (VIEW, RATINGS, WORK)),
        RoleDef("quality", {"en": "Quality", "zh": "质量员"}, (VIEW, WORK)),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, (*_ASK, *about)),
    ]


def message_templates():
    return read_templates(_DATA / "messages_surveys.yaml")


def document_kinds():
    return survey_documents.KINDS


def lists():
    from plugins.callback.lists.surveys import CAMPAIGNS, CARDS, SURVEYS, TASKS

    return [SURVEYS, CAMPAIGNS, CARDS, TASKS]


def menu():
    from core.web_api import MenuItem

    return [
        MenuItem("quality", N_("Survey results"), "callback.survey_results", "chart-column", 46),
        MenuItem("quality", N_("Opinion cards"), "callback.cards_list", "star", 47),
        MenuItem("quality", N_("Survey campaigns"), "callback.campaigns_list", "megaphone", 48),
        MenuItem("quality", N_("Tasks from surveys"), "callback.survey_tasks_list", "list-checks", 49),
        MenuItem("quality", N_("Ratings of technicians"), "callback.ratings_page", "users", 51),
    ]


# --- while the system runs --------------------------------------------------------------------------------------------


def plugin_enabled(ctx):
    survey_forms.load_shipped(ctx)
    survey_tasks.refresh_urgency(ctx)


def technician_ratings(ctx, begins, ends):
    return survey_results.technician_ratings(ctx, begins, ends)


def record_panels(ctx, record):
    from plugins.callback.panels.surveys import panels

    return panels(ctx, record)


def work_items(ctx):
    from plugins.callback.panels.surveys import work

    return work(ctx)


def personal_data(ctx, ref):
    return survey_erasing.personal_data(ctx, ref)


def erase_person(ctx, ref):
    survey_erasing.erase(ctx, ref)


def open_work_of(ctx, user_id):
    from plugins.callback.panels.surveys import held

    return held(ctx, user_id)


def open_work_of_unit(ctx, unit_id):
    from plugins.callback.panels.surveys import held_by_unit

    return held_by_unit(ctx, unit_id)


def hand_over_work(ctx, from_user_id, to_user_id):
    return survey_tasks.hand_over(ctx, from_user_id, to_user_id)
