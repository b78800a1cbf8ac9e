"""The lists of survey forms, campaigns, opinion cards and tasks, declared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import (
    N_,
    ChoiceFilter,
    Clock,
    Ctx,
    DaysFilter,
    ListColumn,
    ListDef,
    ListFilter,
    ListLink,
    ListTab,
    Mark,
    NewRecord,
    PersonFilter,
    RecordFilter,
    UnitFilter,
    _,
    get_locale,
)
from plugins.base.queries import number_words, product_names
from plugins.callback.models.surveys import Campaign, Invitation, Survey, SurveyTask
from plugins.callback.queries import surveys as queries
from plugins.callback.queries.survey_results import of_survey
from plugins.callback.rules.surveys import in_language
from plugins.callback.survey_contracts import (
    AUDIENCE_WORDS,
    CAMPAIGN_STATE_WORDS,
    CARD_STATE_WORDS,
    LEFT_OUT_WORDS,
    OVER,
    TASK_KIND_WORDS,
    TASK_STATE_WORDS,
    WAY_WORDS,
)
from plugins.callback.survey_life import ANSWER, EDIT, RUN, VIEW, WORK


def survey_title(row: Survey) -> str:
    """What a form is called, in the language of the moment."""
    return in_language({"zh": row.title_zh, "en": row.title_en}, get_locale())


# --- forms ----------------------------------------------------------------------------------------------------------


def survey_mark(row: Survey) -> Mark:
    """Whether a form is in use."""
    return Mark(_("Switched on"), "ok", "circle-check") if row.active else Mark(_("Switched off"), "", "circle-x")


SURVEYS = ListDef(
    "callback.surveys",
    N_("Survey forms"),
    Survey,
    VIEW,
    (
        ListColumn("code", N_("Code"), lambda r: r.code, "id", "id", Survey.code, fixed=True),
        ListColumn("title", N_("Title"), survey_title, "main", "main"),
        ListColumn("current", N_("Version in use"), lambda r: r.current, "number", "left"),
        ListColumn("state", N_("State"), survey_mark, "mark", "right"),
    ),
    "/callback/surveys/",
    icon="clipboard-list",
    search=lambda _ctx, text: sa.or_(
        Survey.title_zh.icontains(text, autoescape=True), Survey.title_en.icontains(text, autoescape=True),
        Survey.code.icontains(text, autoescape=True),
    ),
    search_words=N_("Title"),
    tabs=(
        ListTab("active", N_("Switched on"), lambda _ctx: Survey.active.is_(True)),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((Survey.code, False),),
    new=NewRecord(N_("Add a survey form"), "callback.survey_new", EDIT),
    links=(ListLink(N_("Survey campaigns"), "callback.campaigns_list", VIEW, "megaphone"),),
    export=VIEW,
    empty=N_("No survey forms here"),
)  # fmt: skip


# --- campaigns ------------------------------------------------------------------------------------------------------


def campaign_mark(row: Campaign) -> Mark:
    """Whether a campaign goes on."""
    tone, icon = {"draft": ("", "pencil"), "running": ("ok", "circle-play"), "closed": ("", "circle-check")}[row.state]
    return Mark(_(CAMPAIGN_STATE_WORDS[row.state]), tone, icon)


CAMPAIGNS = ListDef(
    "callback.campaigns",
    N_("Survey campaigns"),
    Campaign,
    VIEW,
    (
        ListColumn("number", N_("Number"), lambda r: r.id, "id", "id", Campaign.id, fixed=True),
        ListColumn("title", N_("Title"), lambda r: r.title, "main", "main"),
        ListColumn("survey", N_("Survey form"), lambda r: survey_title(r.survey), place="under"),
        ListColumn("audience", N_("Whom it asks"), lambda r: _(AUDIENCE_WORDS[r.audience])),
        ListColumn("begins_on", N_("First day"), lambda r: r.begins_on, "date", "left"),
        ListColumn("ends_on", N_("Open until"), lambda r: r.ends_on, "date"),
        ListColumn("state", N_("State"), campaign_mark, "mark", "right"),
    ),
    "/callback/campaigns/",
    icon="megaphone",
    query=lambda _ctx: sa.select(Campaign).options(orm.joinedload(Campaign.survey)),
    search=lambda _ctx, text: Campaign.title.icontains(text, autoescape=True),
    search_words=N_("Title"),
    filters=(RecordFilter("survey", N_("Survey form"), Campaign.survey_id, model=Survey, by=Survey.title_zh),),
    tabs=(
        ListTab("running", CAMPAIGN_STATE_WORDS["running"], lambda _ctx: Campaign.state == "running"),
        ListTab("draft", CAMPAIGN_STATE_WORDS["draft"], lambda _ctx: Campaign.state == "draft"),
        ListTab("closed", CAMPAIGN_STATE_WORDS["closed"], lambda _ctx: Campaign.state == "closed", counted=False),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((Campaign.id, True),),
    new=NewRecord(N_("Prepare a campaign"), "callback.campaign_new", RUN),
    links=(
        ListLink(N_("Survey forms"), "callback.surveys_list", VIEW, "clipboard-list"),
        ListLink(N_("Opinion cards"), "callback.cards_list", VIEW, "star"),
    ),
    export=VIEW,
    empty=N_("No campaigns here"),
)  # fmt: skip


# --- cards ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CardRow:
    """A card with who is asked about whom, in words."""

    card: Invitation
    phone: str
    technician: str
    over: bool


def card_mark(row: Invitation, over: bool = False) -> Mark:
    """How far a card is."""
    if row.bad:
        return Mark(_("Bad score"), "bad", "triangle-alert")
    if row.state == "open" and over:
        return Mark(_(OVER), "", "hourglass")
    tone, icon = {
        "open": ("info", "circle-dot"), "answered": ("ok", "circle-check"), "left_out": ("warn", "circle-slash")
    }[row.state]  # fmt: skip
    return Mark(_(CARD_STATE_WORDS[row.state]), tone, icon)


def _cards(ctx: Ctx, rows: list[Invitation]) -> list[CardRow]:
    names = queries.names_of(ctx, [r.technician_id for r in rows])
    return [
        CardRow(r, number_words(ctx, r.person_phone), names.get(r.technician_id or 0, ""), r.valid_until < ctx.today)
        for r in rows
    ]


def asked_about(row: Invitation) -> str:
    """What a card is about, in words."""
    return " ".join(filter(None, (row.case_subject, row.case_number))) or row.campaign.title


@dataclass(frozen=True)
class ProductFilter(ListFilter):
    """A product that cards are about, or none."""

    def choices(self, ctx: Ctx) -> list[tuple[str, str]]:
        known = product_names(ctx, queries.products_asked_about(ctx))
        found = sorted(((str(i), name) for i, name in known.items()), key=lambda pair: pair[1])
        return [("none", _("not known")), *found]

    def condition(self, ctx: Ctx, text: str) -> Any:
        self.words(ctx, text)
        return Invitation.product_id.is_(None) if text == "none" else Invitation.product_id == int(text)


class FormFilter(ListFilter):
    """The survey form that cards ask by."""

    def choices(self, ctx: Ctx) -> list[tuple[str, str]]:
        return [(str(row.id), survey_title(row)) for row in ctx.session.scalars(sa.select(Survey).order_by(Survey.id))]

    def condition(self, ctx: Ctx, text: str) -> Any:
        self.words(ctx, text)
        return of_survey(int(text))


CARDS = ListDef(
    "callback.cards",
    N_("Opinion cards"),
    Invitation,
    VIEW,
    (
        ListColumn("number", N_("Number"), lambda r: r.card.id, "id", "id", Invitation.id, fixed=True),
        ListColumn("about", N_("Asked about"), lambda r: asked_about(r.card), "main", "main"),
        ListColumn("person", N_("Customer"), lambda r: r.card.person_name, place="under"),
        ListColumn("phone", N_("Phone"), lambda r: r.phone),
        ListColumn("technician", N_("Technician"), lambda r: r.technician, "person"),
        ListColumn("product", N_("Product"), lambda r: r.card.product.name if r.card.product else "", shown=False),
        ListColumn("unit", N_("Centre"), lambda r: r.card.unit.name if r.card.unit else "", shown=False),
        ListColumn("way", N_("Way of asking"), lambda r: _(WAY_WORDS[r.card.way]) if r.card.way else ""),
        ListColumn("day", N_("Day"), lambda r: r.card.day, "date", "left", Invitation.day),
        ListColumn("average", N_("Average points"), lambda r: r.card.average, "number", "tag"),
        ListColumn("reason", N_("Why it was left out"), lambda r: reason_words(r.card), shown=False),
        ListColumn("state", N_("State"), lambda r: card_mark(r.card, r.over), "mark", "right"),
    ),
    "/callback/cards/",
    icon="star",
    query=lambda _ctx: queries.with_all(sa.select(Invitation)).options(orm.joinedload(Invitation.unit)),
    prepare=_cards,
    search=lambda _ctx, text: sa.or_(
        Invitation.case_number.istartswith(text, autoescape=True),
        Invitation.person_name.icontains(text, autoescape=True),
    ),
    search_words=N_("Number or name"),
    filters=(
        RecordFilter("campaign", N_("Campaign"), Invitation.campaign_id, model=Campaign, by=Campaign.title),
        FormFilter("form", N_("Survey form")),
        PersonFilter("technician", N_("Technician"), Invitation.technician_id, nothing=N_("nobody")),
        ProductFilter("product", N_("Product")),
        UnitFilter("centre", N_("Centre"), Invitation.unit_id, nothing=N_("not known")),
        DaysFilter("day", N_("Day"), Invitation.day),
        ChoiceFilter(
            "way", N_("Way of asking"), Invitation.way,
            lambda _ctx: [(code, _(words)) for code, words in WAY_WORDS.items()],
        ),
        ChoiceFilter(
            "reason", N_("Why it was left out"), Invitation.reason,
            lambda _ctx: [(code, _(words)) for code, words in LEFT_OUT_WORDS.items()],
        ),
    ),
    tabs=(
        ListTab(
            "ask", N_("To be asked by phone"),
            lambda ctx: sa.and_(
                Invitation.state == "open", Invitation.way != "paper", Invitation.valid_until >= ctx.today
            ),
            order=((Invitation.day, False), (Invitation.id, False)),
        ),
        ListTab("bad", N_("Bad scores"), lambda _ctx: Invitation.bad.is_(True), counted=False),
        ListTab(
            "answered", CARD_STATE_WORDS["answered"], lambda _ctx: Invitation.state == "answered", counted=False
        ),
        ListTab("left_out", N_("Without a card"), lambda _ctx: Invitation.state == "left_out", counted=False),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((Invitation.id, True),),
    links=(
        ListLink(N_("Enter papers"), "callback.cards_paper", ANSWER, "list-checks"),
        ListLink(N_("Survey campaigns"), "callback.campaigns_list", VIEW, "megaphone"),
        ListLink(N_("Survey results"), "callback.survey_results", VIEW, "chart-column"),
    ),
    export=VIEW,
    empty=N_("No opinion cards here"),
    empty_hint=N_("Each case that is finished today gets its card tomorrow."),
)  # fmt: skip


def reason_words(row: Invitation) -> str:
    """Why a card was left out, with the row of the rule table that did it."""
    if not row.reason:
        return ""
    words = _(LEFT_OUT_WORDS[row.reason])
    return f"{words} ({row.reason_text})" if row.reason_text else words


# --- tasks ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TaskRow:
    """A task with its time limit and who does it."""

    task: SurveyTask
    clock: Clock | None
    who: str


def task_mark(row: SurveyTask) -> Mark:
    """Whether it is still to do."""
    tone, icon = {"open": ("warn", "circle-dot"), "done": ("ok", "circle-check"), "cancelled": ("", "circle-x")}[
        row.state
    ]
    return Mark(_(TASK_STATE_WORDS[row.state]), tone, icon)


def task_rows(ctx: Ctx, rows: list[SurveyTask]) -> list[TaskRow]:
    """Tasks with what their lines say, in two statements."""
    clocks = queries.clocks_of(ctx, [r.id for r in rows])
    names = queries.names_of(ctx, [r.assignee_id for r in rows])
    return [TaskRow(r, clocks.get(r.id), names.get(r.assignee_id or 0, "")) for r in rows]


TASKS = ListDef(
    "callback.survey_tasks",
    N_("Tasks from surveys"),
    SurveyTask,
    VIEW,
    (
        ListColumn("number", N_("Number"), lambda r: r.task.number, "id", "id", SurveyTask.number, fixed=True),
        ListColumn("title", N_("What is to be done"), lambda r: r.task.title, "main", "main"),
        ListColumn("kind", N_("Kind"), lambda r: _(TASK_KIND_WORDS[r.task.kind]), place="under"),
        ListColumn("who", N_("Who does it"), lambda r: r.who, "person", "left"),
        ListColumn("clock", N_("Time left"), lambda r: r.clock, "clock", "tag"),
        ListColumn("opened_at", N_("Opened at"), lambda r: r.task.opened_at, "moment", shown=False),
        ListColumn("result", N_("What was done"), lambda r: r.task.result, shown=False),
        ListColumn("state", N_("State"), lambda r: task_mark(r.task), "mark", "right"),
    ),
    "/callback/survey-tasks/",
    icon="list-checks",
    prepare=task_rows,
    search=lambda _ctx, text: sa.or_(
        SurveyTask.number.istartswith(text, autoescape=True), SurveyTask.title.icontains(text, autoescape=True)
    ),
    search_words=N_("Number or title"),
    filters=(
        ChoiceFilter(
            "kind", N_("Kind"), SurveyTask.kind,
            lambda _ctx: [(code, _(words)) for code, words in TASK_KIND_WORDS.items()],
        ),
        PersonFilter("who", N_("Who does it"), SurveyTask.assignee_id, nothing=N_("nobody")),
        RecordFilter("campaign", N_("Campaign"), SurveyTask.campaign_id, model=Campaign, by=Campaign.title),
    ),
    tabs=(
        ListTab("mine", N_("Mine"), queries.mine),
        ListTab("open", N_("To do"), lambda _ctx: SurveyTask.state == "open"),
        ListTab("done", N_("Done"), lambda _ctx: SurveyTask.state == "done", counted=False),
        ListTab("all", N_("All"), counted=False),
    ),
    first=("mine", "open", "all"),
    order=((SurveyTask.urgent_at, False), (SurveyTask.id, False)),
    new=NewRecord(N_("Open an improvement"), "callback.survey_task_new", WORK),
    links=(ListLink(N_("Survey results"), "callback.survey_results", VIEW, "chart-column"),),
    export=VIEW,
    empty=N_("No tasks here"),
)  # fmt: skip
