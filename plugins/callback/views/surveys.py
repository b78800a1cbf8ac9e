"""Pages of surveys for staff: forms, campaigns, cards and entering what was answered, tasks. The lists are declared."""

from __future__ import annotations

from typing import Any

import segno
from flask import current_app, redirect, render_template, request, url_for
from markupsafe import Markup

from core.api import (
    Ctx,
    DomainError,
    Invalid,
    RecordRef,
    _,
    decisions_on,
    get_locale,
    get_setting,
    label,
    possible,
    role_name,
    timeline,
)
from core.web_api import (
    carry_out,
    clock_view_of,
    current_ctx,
    decision_view_of,
    first_line,
    flash_done,
    form_page,
    needs,
    own_ids,
    panels_of,
    place_error,
    pressed,
    record_id,
    timeline_items,
    typed,
)
from plugins.base import queries as base_queries
from plugins.base.contracts import CUSTOMER_KIND_WORDS
from plugins.callback.forms.surveys import (
    CampaignForm,
    CancelForm,
    EnteredForm,
    GiveForm,
    ImproveForm,
    InviteForm,
    PaperForm,
    ResultForm,
    SurveyForm,
    card_form,
    given_by,
)
from plugins.callback.lists.surveys import (
    asked_about,
    campaign_mark,
    card_mark,
    reason_words,
    survey_mark,
    survey_title,
    task_mark,
    task_rows,
)
from plugins.callback.models.surveys import Campaign, Invitation, SurveyTask
from plugins.callback.queries import survey_people, survey_results
from plugins.callback.queries import surveys as queries
from plugins.callback.rules import surveys as rules
from plugins.callback.services import (
    survey_answers,
    survey_campaigns,
    survey_cards,
    survey_forms,
    survey_tasks,
)
from plugins.callback.survey_contracts import (
    AUDIENCE_WORDS,
    GIVEN_WORDS,
    QUESTION_WORDS,
    TASK_KIND_WORDS,
    WAY_WORDS,
    CampaignData,
    InviteData,
    SurveyData,
    TaskData,
)
from plugins.callback.survey_life import ANSWER, CAMPAIGNS, EDIT, RUN, TASKS, VIEW, WORK
from plugins.callback.views.blueprint import blueprint

SHOWN = 20


# --- forms ----------------------------------------------------------------------------------------------------------

PAPER = "paper"

@blueprint.get("/surveys/<int:record_id>")
@needs(VIEW)
def survey_page(record_id: int):
    """A survey form: what it asks, and the versions that it had."""
    ctx = current_ctx()
    row = queries.get_survey(ctx, record_id)
    versions = queries.versions_of(ctx, row.id, SHOWN)
    return render_template(
        "callback/survey.html", row=row, title=survey_title(row), mark=survey_mark(row), versions=versions,
        questions=versions[0].questions if versions else [], kinds={k: _(w) for k, w in QUESTION_WORDS.items()},
        may={"edit": ctx.can(EDIT)}, panels=panels_of(ctx, row), history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip


@blueprint.route("/surveys/new", methods=["GET", "POST"])
@needs(EDIT)
def survey_new():
    """Add a survey form."""
    return _edit_survey(current_ctx(), None)


@blueprint.route("/surveys/<int:record_id>/edit", methods=["GET", "POST"])
@needs(EDIT)
def survey_edit(record_id: int):
    """Change a survey form; changed questions are a new version."""
    ctx = current_ctx()
    return _edit_survey(ctx, queries.get_survey(ctx, record_id))


def _edit_survey(ctx: Ctx, row: Any):
    values: dict[str, Any] = {}
    if row is not None:
        version = queries.version_of(ctx, row.id, row.current)
        values = {
            "code": row.code, "title_zh": row.title_zh, "title_en": row.title_en, "intro_zh": row.intro_zh,
            "intro_en": row.intro_en, "active": row.active, "version": row.version,
            "questions": rules.write_questions(version.questions if version else []),
        }  # fmt: skip
    form = SurveyForm(formdata=typed(), **values)

    def save() -> Any:
        data = SurveyData(
            form.code.data or "", form.title_zh.data or "", form.title_en.data or "", form.intro_zh.data or "",
            form.intro_en.data or "", form.questions.data or "", bool(form.active.data), row.id if row else None,
        )  # fmt: skip
        return survey_forms.save_survey(ctx, data, version=form.seen if row else None)

    return form_page(
        form, save, "callback/survey_edit.html", lambda saved: url_for("callback.survey_page", record_id=saved.id),
        row=row,
    )  # fmt: skip


# --- campaigns ------------------------------------------------------------------------------------------------------


@blueprint.get("/campaigns/<int:record_id>")
@needs(VIEW)
def campaign_page(record_id: int):
    """A campaign: whom it asks, how far it is, the proof for each day, what is done about it."""
    ctx = current_ctx()
    return _campaign(ctx, queries.get_campaign(ctx, record_id))


def _campaign(ctx: Ctx, row: Campaign, form: Any = None, extra: list[str] | None = None, status: int = 200):
    cut = survey_results.Cut(*survey_results.ALL_DAYS, row.id)
    unit = dict(queries.units(ctx)).get(row.for_unit_id or 0, "")
    tasks = task_rows(ctx, queries.tasks_about(ctx, SHOWN, campaign_id=row.id))
    page = render_template(
        "callback/campaign.html", row=row, mark=campaign_mark(row), audience=_(AUDIENCE_WORDS[row.audience]),
        survey=survey_title(row.survey), total=survey_results.total(ctx, cut), unit=unit,
        labels=_labels(ctx, row), days=queries.days_of(ctx, row.id, SHOWN) if row.audience == "cases" else [],
        customer_kind=_(CUSTOMER_KIND_WORDS[row.customer_kind]) if row.customer_kind else "",
        ways={t.name for t in possible(ctx, CAMPAIGNS, row)}, tasks=[(t, task_mark(t.task)) for t in tasks],
        form=form or own_ids("invite", InviteForm(formdata=None, version=row.version)), extra=extra or [],
        may={"invite": ctx.can(ANSWER) and row.state == "running", "run": ctx.can(RUN), "work": ctx.can(WORK)},
        panels=panels_of(ctx, row), history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip
    return page, status


def _labels(ctx: Ctx, campaign: Campaign | None) -> list[tuple[str, str]]:
    found = survey_results.labels_of(ctx, campaign.survey if campaign is not None else None)
    return [(key, rules.in_language(words, get_locale())) for key, words in found.items()]


@blueprint.route("/campaigns/new", methods=["GET", "POST"])
@needs(RUN)
def campaign_new():
    """Prepare a campaign."""
    return _edit_campaign(current_ctx(), None)


@blueprint.route("/campaigns/<int:record_id>/edit", methods=["GET", "POST"])
@needs(RUN)
def campaign_edit(record_id: int):
    """Change a campaign that is not started yet."""
    ctx = current_ctx()
    return _edit_campaign(ctx, queries.get_campaign(ctx, record_id))


def _edit_campaign(ctx: Ctx, row: Campaign | None):
    values: dict[str, Any] = {"begins_on": ctx.today}
    if row is not None:
        names = (
            "title", "survey_id", "audience", "begins_on", "ends_on", "valid_days", "klass", "customer_kind", "yearly",
            "version",
        )  # fmt: skip
        values = {name: getattr(row, name) for name in names} | {"unit_id": row.for_unit_id or 0}
    form = CampaignForm(formdata=typed(), **values)
    form.survey_id.choices = [(s.id, survey_title(s)) for s in queries.surveys_offered(ctx)]
    classes = [line.strip() for line in str(get_setting(ctx, "base.customer.classes") or "").splitlines()]
    form.klass.choices = [("", _("all customers")), *((name, name) for name in classes if name)]
    kinds = [(code, _(words)) for code, words in CUSTOMER_KIND_WORDS.items()]
    form.customer_kind.choices = [("", _("all customers")), *kinds]
    form.unit_id.choices = first_line(_("all customers"), queries.units(ctx))

    def save() -> Campaign:
        data = CampaignData(
            form.title.data or "", form.survey_id.data, form.audience.data or "", form.begins_on.data,
            form.ends_on.data, form.valid_days.data or 0, form.klass.data or "", form.customer_kind.data or "",
            form.unit_id.data or None, bool(form.yearly.data), row.id if row else None,
        )  # fmt: skip
        return survey_campaigns.save_campaign(ctx, data, version=form.seen if row else None)

    return form_page(
        form, save, "callback/campaign_edit.html", lambda r: url_for("callback.campaign_page", record_id=r.id), row=row
    )


@blueprint.post("/campaigns/<int:record_id>/<any(start, close):action>")
@needs(RUN)
def campaign_move(record_id: int, action: str):
    """Start a campaign, or close it."""
    ctx = current_ctx()
    do = survey_campaigns.start_campaign if action == "start" else survey_campaigns.close_campaign
    done = _("Campaign started") if action == "start" else _("Campaign closed and summed up")
    back = url_for("callback.campaign_page", record_id=record_id)
    return pressed(lambda: do(ctx, record_id), done, back)


@blueprint.post("/campaigns/<int:record_id>/invite")
@needs(ANSWER)
def campaign_invite(record_id: int):
    """Ask one customer, and go to the card."""
    ctx = current_ctx()
    row = queries.get_campaign(ctx, record_id)
    form = own_ids("invite", InviteForm(formdata=typed()))

    def invite() -> Invitation:
        number = (form.customer.data or "").strip()
        customer = base_queries.customer_by_number(ctx, number)
        if customer is None:
            message = _("There is no customer with the number {number}.", number=number)
            raise Invalid("unknown_customer", message, "customer")
        return survey_cards.invite(ctx, row.id, InviteData(customer.id))

    return carry_out(
        form, invite, _("Card made"), lambda card: url_for("callback.card_page", record_id=card.id),
        lambda extra, status: _campaign(ctx, queries.get_campaign(ctx, record_id), form, extra, status),
    )  # fmt: skip


# --- cards ----------------------------------------------------------------------------------------------------------


@blueprint.get("/cards/<int:record_id>")
@needs(VIEW)
def card_page(record_id: int):
    """One card: about what and whom, its link and code, what was answered, what followed."""
    ctx = current_ctx()
    row = queries.get_card(ctx, record_id)
    said = queries.response_of(ctx, row.id)
    address = _address(row)
    decided = decisions_on(ctx, row) if said is not None else []
    decision = decision_view_of(ctx, decided[0]) if decided else None
    links = _linked(ctx, row)
    tasks = task_rows(ctx, queries.tasks_about(ctx, SHOWN, invitation_id=row.id))
    return render_template(
        "callback/card.html", row=row, heading=asked_about(row), mark=card_mark(row, row.valid_until < ctx.today),
        said=said, how=_(GIVEN_WORDS[said.channel]) if said else "", in_language=rules.in_language,
        language=get_locale(), reason=reason_words(row), way=_(WAY_WORDS[row.way]) if row.way else "",
        technician=queries.names_of(ctx, [row.technician_id]).get(row.technician_id or 0, ""), links=links,
        address=address, code=Markup(segno.make(address, error="m").svg_inline(omitsize=True)), decision=decision,
        open_link=not survey_answers.why_closed(ctx, row, "link"), tasks=[(t, task_mark(t.task)) for t in tasks],
        may={
            "answer": ctx.can(ANSWER) and not survey_answers.why_closed(ctx, row, "phone"), "work": ctx.can(WORK),
        },
        panels=panels_of(ctx, row), history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip


def _address(row: Invitation) -> str:
    base = current_app.config.get("PUBLIC_URL") or request.host_url.rstrip("/")
    return base + url_for("callback.survey_open", token=row.token)


def _linked(ctx: Ctx, row: Invitation) -> dict[str, tuple[str, str]]:
    """Name and address of what a card is about and what followed, as far as this person may see it."""
    wanted = {"case": (row.case_kind, row.case_ref), "follow": (row.follow_kind, row.follow_ref)}
    refs = {name: RecordRef(kind, ref) for name, (kind, ref) in wanted.items() if kind and ref is not None}
    names = survey_people.names_of_records(ctx, refs.values())
    found = {}
    for name, ref in refs.items():
        kind = ctx.registry.kinds.get(ref.kind)
        if ref in names and kind is not None:
            on = ctx.registry.owner_of("kinds", ref.kind) in {*ctx.enabled, "core"}
            may = on and (not kind.view or ctx.can(kind.view)) and bool(kind.endpoint)
            found[name] = (names[ref], url_for(kind.endpoint, record_id=ref.id) if may else "")
    return found


@blueprint.route("/cards/paper", methods=["GET", "POST"])
@needs(ANSWER)
def cards_paper():
    """Enter papers one after the other: the number of the next one, then its answers."""
    ctx = current_ctx()
    form, status = PaperForm(formdata=typed(), following=request.args.get("next", "")), 200
    extra: list[str] = []
    if request.method == "POST":
        status = 422
        if form.validate():
            text = (form.number.data or form.following.data or "").strip()
            row = queries.card_on_paper(ctx, text) if text else None
            try:
                if not text:
                    raise Invalid("missing", _("Enter the number of the card, or of the case it is about."))
                if row is None:
                    raise Invalid("unknown_card", _("There is no card or case with the number {number}.", number=text))
                survey_answers.require_open(ctx, row, PAPER)
                return redirect(url_for("callback.card_enter", record_id=row.id, channel=PAPER))
            except DomainError as error:
                extra = [error.message]
    return render_template("callback/cards_paper.html", form=form, extra=extra), status


@blueprint.route("/cards/<int:record_id>/enter", methods=["GET", "POST"])
@needs(ANSWER)
def card_enter(record_id: int):
    """Enter what a customer answers on the phone, or what stands on a paper."""
    ctx = current_ctx()
    row = queries.get_card(ctx, record_id)
    why = survey_answers.why_closed(ctx, row, "phone")
    if why:
        return redirect(url_for("callback.card_page", record_id=row.id))
    questions = survey_cards.questions_of(row)
    words = {code: _(text) for code, text in survey_answers.YES_NO.items()}
    on_paper = PAPER if request.args.get("channel") == PAPER else "phone"
    form = card_form(questions, get_locale(), words, EnteredForm, formdata=typed(), channel=on_paper)
    extra: list[str] = []
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                survey_answers.answer(ctx, row.id, given_by(form, questions, form.channel.data, get_locale()))
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                extra, status = place_error(form, error, (f"q_{error.field}",)), error.status
                row = queries.get_card(ctx, record_id)
            else:
                flash_done(_("Answer kept"))
                if form.channel.data == PAPER:  # the next of the pile
                    following = queries.open_card_after(ctx, row.campaign_id, row.id)
                    return redirect(url_for("callback.cards_paper", next=following))
                return redirect(url_for("callback.card_page", record_id=row.id))
    page = render_template(
        "callback/card_enter.html", row=row, about=asked_about(row), form=form, extra=extra,
        asked=[(form[f"q_{q['key']}"], q) for q in questions],
    )  # fmt: skip
    return page, status


# --- tasks ----------------------------------------------------------------------------------------------------------


@blueprint.route("/survey-tasks/new", methods=["GET", "POST"])
@needs(WORK)
def survey_task_new():
    """Open an improvement."""
    ctx = current_ctx()
    given = {name: request.args.get(name, "") for name in ("campaign_id", "invitation_id")}
    form = ImproveForm(formdata=typed(), assignee_id=ctx.actor.user_id, **given)
    form.assignee_id.choices = queries.people(ctx)

    def save() -> SurveyTask:
        data = TaskData(
            form.title.data or "", form.text.data or "", form.assignee_id.data, form.due_on.data,
            record_id(form.campaign_id.data), record_id(form.invitation_id.data),
        )  # fmt: skip
        return survey_tasks.open_improvement(ctx, data)

    return form_page(
        form, save, "callback/survey_task_new.html",
        lambda row: url_for("callback.survey_task_page", record_id=row.id),
    )  # fmt: skip


@blueprint.get("/survey-tasks/<int:record_id>")
@needs(VIEW)
def survey_task_page(record_id: int):
    """One task: what is to be done, until when, by whom, and what came of it."""
    ctx = current_ctx()
    return _task(ctx, queries.get_task(ctx, record_id))


def _task(
    ctx: Ctx, row: SurveyTask, failed: Any = None, name: str = "", extra: list[str] | None = None, status: int = 200
):
    forms = {n: own_ids(n, make(formdata=None, version=row.version)) for n, make in _FORMS.items()}
    if failed is not None:
        forms[name] = failed
    forms["give"].assignee_id.choices = queries.people(ctx)
    line = task_rows(ctx, [row])[0]
    campaign = queries.get_campaign(ctx, row.campaign_id) if row.campaign_id else None
    card = queries.get_card(ctx, row.invitation_id) if row.invitation_id else None
    page = render_template(
        "callback/survey_task.html", row=row, mark=task_mark(row), kind=_(TASK_KIND_WORDS[row.kind]), who=line.who,
        clock=clock_view_of(ctx, line.clock) if line.clock is not None else None, campaign=campaign, card=card,
        about=asked_about(card) if card else "", role=role_words(ctx, row.role), forms=forms, extra=extra or [],
        failed=name, ways={t.name for t in possible(ctx, TASKS, row)}, panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip
    return page, status


def role_words(ctx: Ctx, code: str) -> str:
    """A role's name in the language of the moment; nothing for none."""
    return label(role_name(ctx, code)) if code else ""


_FORMS: dict[str, Any] = {"done": ResultForm, "cancel": CancelForm, "give": GiveForm}


@blueprint.post("/survey-tasks/<int:record_id>/<any(done, cancel, give):action>")
@needs(WORK)
def survey_task_act(record_id: int, action: str):
    """Report a task done, give it up, or give it to somebody."""
    ctx = current_ctx()
    row = queries.get_task(ctx, record_id)
    form = own_ids(action, _FORMS[action](formdata=typed()))
    if action == "give":
        form.assignee_id.choices = queries.people(ctx)

    def do() -> str:
        if action == "done":
            survey_tasks.finish_task(ctx, row.id, form.result.data or "", version=form.seen)
            return _("Done")
        if action == "cancel":
            survey_tasks.cancel_task(ctx, row.id, form.reason.data or "", version=form.seen)
            return _("Given up")
        survey_tasks.give_task(ctx, row.id, form.assignee_id.data, version=form.seen)
        return _("Given to somebody else")

    return carry_out(
        form, do, str, lambda _said: url_for("callback.survey_task_page", record_id=record_id),
        lambda extra, status: _task(ctx, queries.get_task(ctx, record_id), form, action, extra, status),
        lambda: queries.get_task(ctx, record_id),
    )  # fmt: skip
