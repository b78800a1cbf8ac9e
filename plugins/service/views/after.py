"""Pages of trips and returns: what belongs to the trip for an order, one expense, what is owed after the work."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for

from core.api import Ctx, RecordRef, _, documents_of, gates, n_, timeline
from core.web_api import (
    RecordForms,
    Step,
    VersionForm,
    clock_views,
    current_ctx,
    form_page,
    form_token,
    moment,
    needs,
    panels_of,
    plain_form,
    sent,
    timeline_items,
    typed,
)
from plugins.service import after_life, life
from plugins.service.after_contracts import (
    CHECK_RESULT_WORDS,
    EXPENSE_STATE_WORDS,
    EXPENSE_WORDS,
    HANDED_IN,
    QUALITY_WORDS,
    RETURN_STEP_WORDS,
    REVIEW,
    STAGE_WORDS,
    BriefingData,
    ExpenseData,
)
from plugins.service.after_life import AGREE, ALLOW, COSTS, REVIEW_RIGHT
from plugins.service.contracts import CONSENT_WORDS, ORDER
from plugins.service.forms import after as forms
from plugins.service.models import Expense, Order, Return
from plugins.service.queries import after as queries
from plugins.service.queries import orders as order_queries
from plugins.service.queries import visits as visit_queries
from plugins.service.services import after as services
from plugins.service.services import expenses as claims
from plugins.service.views.blueprint import blueprint
from plugins.service.visit_contracts import ASPECT_WORDS, GRADE_WORDS


class Words:
    """The words for codes of trips and returns."""

    @staticmethod
    def how(code: str) -> str:
        return _(CONSENT_WORDS[code])

    @staticmethod
    def expense(code: str) -> str:
        return _(EXPENSE_WORDS[code])

    @staticmethod
    def expense_state(code: str) -> str:
        return _(EXPENSE_STATE_WORDS[code])

    @staticmethod
    def expense_tone(code: str) -> str:
        return {"allowed": "ok", "claimed": "info", "refused": "bad", "planned": "warn"}.get(code, "")

    @staticmethod
    def step(code: str) -> str:
        return _(RETURN_STEP_WORDS[code])

    @staticmethod
    def result(code: str) -> str:
        return _(CHECK_RESULT_WORDS[code])

    @staticmethod
    def quality(code: str) -> str:
        return _(QUALITY_WORDS[code]) if code else ""


# --- the trip ---------------------------------------------------------------------------------------------------------


@blueprint.get("/<int:record_id>/trip")
@needs(life.VIEW)
def trip_page(record_id: int):
    """Plan told, sheet, agreement to come back, expenses."""
    ctx = current_ctx()
    return _trip(ctx, order_queries.get_order(ctx, record_id))


def _trip(ctx: Ctx, order: Order, *, failed: Any = None, name: str = "", extra: Any = (), status: int = 200):
    expenses = queries.expenses_of(ctx, order.id)
    row = queries.return_of(ctx, order.id)
    open_claim = row is None or row.stage in (services.WORKING, HANDED_IN)
    sheets = [d for d in documents_of(ctx, RecordRef(ORDER, order.id)) if d.kind == queries.SHEET]
    page = render_template(
        "service/trip.html",
        order=order,
        words=Words,
        briefings=queries.briefings_of(ctx, order.id),
        agreements=queries.agreements_of(ctx, order.id),
        sheets=[d for d in sheets if d.cancelled_at is None],
        expenses=expenses,
        claimed=queries.claimed(ctx, order.id),
        currency=ctx.company.currency,
        row=row,
        may={
            "brief": order.is_open and ctx.can(life.WORK),
            "agree": order.state == "working" and (ctx.can(AGREE) or ctx.can(life.WORK)),
            "own": ctx.can(AGREE),
            "claim": open_claim and order.state not in ("archived", "cancelled") and ctx.can(life.WORK),
            "issue": order.is_open,
        },
        forms=TRIP.forms(ctx, order, failed, name),
        failed=name,
        extra=list(extra),
    )
    return page, status


@blueprint.post("/<int:record_id>/trip/<action>")
@needs(life.VIEW)
def trip_act(record_id: int, action: str):
    """Carry one action out; the service asks for its right. On an error the page comes back with what was typed."""
    return TRIP.run(record_id, action)


def _brief_form(ctx: Ctx, order: Order) -> forms.BriefingForm:
    return forms.BriefingForm(formdata=sent(ctx, order, "brief"), told_to=order.person_name)


def _agree_form(ctx: Ctx, order: Order) -> forms.AgreeForm:
    form = forms.AgreeForm(formdata=sent(ctx, order, "agree"), agreed_by_id=ctx.actor.user_id)
    people = queries.who_agree(ctx, AGREE)
    if ctx.can(AGREE) and ctx.actor.user_id not in dict(people) and ctx.actor.user_id is not None:
        people = [(ctx.actor.user_id, ctx.actor.name), *people]
    form.agreed_by_id.choices = people
    return form


def _plan_form(ctx: Ctx, order: Order) -> forms.PlanExpenseForm:
    return forms.PlanExpenseForm(formdata=sent(ctx, order, "plan"), token=form_token())


def _claim_form(ctx: Ctx, order: Order) -> forms.ClaimForm:
    return forms.ClaimForm(formdata=sent(ctx, order, "claim"), token=form_token(), spent_on=ctx.today)


def _trip_do(ctx: Ctx, order_id: int, name: str, form: Any) -> str:
    if name == "brief":
        told = BriefingData(
            form.told_to.data or "", form.plan.data or "", form.how.data, form.notes.data or "", form.at.data
        )
        services.brief(ctx, order_id, told)
        return _("Recorded: the customer was told the plan")
    if name == "ask":
        count = services.ask_to_leave(ctx, order_id, form.note.data or "")
        return n_("Asked; {n} person was told", "Asked; {n} people were told", count)
    if name == "agree":
        services.agree(ctx, order_id, form.agreed_by_id.data, form.note.data or "")
        return _("The agreement is recorded")
    once = f"form:{form.token.data}" if form.token.data else ""
    if name == "plan":
        data = ExpenseData(form.kind.data, form.what.data, form.amount.data, reason=form.reason.data or "", once=once)
        return _("{number} asked for", number=claims.plan_expense(ctx, order_id, data).number)
    data = ExpenseData(
        form.kind.data, form.what.data, form.amount.data, form.spent_on.data, form.receipts.data or 0,
        form.reason.data or "", once,
    )
    return _("{number} claimed", number=claims.claim_expense(ctx, order_id, data).number)


TRIP = RecordForms(
    makers={
        "brief": _brief_form,
        "ask": lambda ctx, order: forms.AskForm(formdata=sent(ctx, order, "ask")),
        "agree": _agree_form,
        "plan": _plan_form,
        "claim": _claim_form,
    },
    rights={"brief": life.WORK, "ask": life.WORK, "agree": life.VIEW, "plan": life.WORK, "claim": life.WORK},
    find=order_queries.get_order,
    page=_trip,
    do=_trip_do,
    back=lambda record_id: url_for("service.trip_page", record_id=record_id),
)


@blueprint.route("/<int:record_id>/ask-return", methods=["GET", "POST"])
@needs(REVIEW_RIGHT)
def return_ask(record_id: int):
    """Ask for the return checklist, review and check on one order, with the reason."""
    ctx = current_ctx()
    order = order_queries.get_order(ctx, record_id)
    form = forms.AskReturnForm(formdata=typed())
    return form_page(
        form, lambda: services.ask_for_return(ctx, order.id, form.reason.data), "service/return_ask.html",
        lambda row: url_for("service.return_page", record_id=row.id), order=order,
    )  # fmt: skip


# --- one expense ------------------------------------------------------------------------------------------------------


@blueprint.get("/expenses/<int:record_id>")
@needs(life.VIEW)
def expense_page(record_id: int):
    """One expense: asked for, allowed, claimed, accepted or not."""
    ctx = current_ctx()
    return _expense(ctx, queries.get_expense(ctx, record_id))


def _expense(ctx: Ctx, row: Expense, *, failed: Any = None, name: str = "", extra: Any = (), status: int = 200):
    chain = claims.needs_chain(ctx, row)
    own = ctx.actor.user_id is not None and ctx.actor.user_id == row.person_id
    beforehand = row.state in ("planned", "allowed") and queries.beforehand(ctx, row.order, row.kind, row.amount)
    page = render_template(
        "service/expense.html",
        e=row,
        order=row.order,
        words=Words,
        currency=ctx.company.currency,
        chain=chain,
        may={
            "allow": row.state == "planned" and not chain and ctx.can(ALLOW) and not own,
            "ask": chain and ctx.can(life.WORK),
            "claim": (row.state == "allowed" or row.state == "planned" and not beforehand) and ctx.can(life.WORK),
            "refuse": row.state == "claimed" and ctx.can(COSTS) and not own,
            "drop": row.state in ("planned", "allowed", "claimed") and ctx.can(life.WORK),
        },
        gates=gates(ctx, after_life.EXPENSES.transition("allow"), row) if row.state == "planned" else [],
        panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
        forms=EXPENSE_ACTS.forms(ctx, row, failed, name),
        failed=name,
        extra=list(extra),
    )
    return page, status


@blueprint.post("/expenses/<int:record_id>/<action>")
@needs(life.VIEW)
def expense_act(record_id: int, action: str):
    """Carry one action out; the service asks for its right."""
    return EXPENSE_ACTS.run(record_id, action)


def _claim_planned_form(ctx: Ctx, row: Expense) -> forms.ClaimPlannedForm:
    return forms.ClaimPlannedForm(
        formdata=sent(ctx, row, "claim"), version=row.version, amount=row.amount, spent_on=ctx.today
    )


def _expense_do(ctx: Ctx, expense_id: int, name: str, form: Any) -> str:
    if name == "ask":
        claims.ask_for_allowance(ctx, expense_id)
        return _("The approval was asked for")
    if name == "allow":
        return _("{number} is allowed", number=claims.allow_expense(ctx, expense_id, version=form.seen).number)
    if name == "claim":
        done = claims.claim_planned(
            ctx, expense_id, form.amount.data, form.spent_on.data, form.receipts.data or 0, form.reason.data or "",
            version=form.seen,
        )
        return _("{number} claimed", number=done.number)
    if name == "refuse":
        done = claims.refuse_expense(ctx, expense_id, form.reason.data, version=form.seen)
        return _("{number} is not accepted", number=done.number)
    return _("{number} dropped", number=claims.drop_expense(ctx, expense_id, version=form.seen).number)


EXPENSE_ACTS = RecordForms(
    makers={
        "ask": plain_form("ask", VersionForm),
        "allow": plain_form("allow", VersionForm),
        "claim": _claim_planned_form,
        "refuse": plain_form("refuse", forms.RefuseExpenseForm),
        "drop": plain_form("drop", VersionForm),
    },
    rights={"ask": life.WORK, "allow": ALLOW, "claim": life.WORK, "refuse": COSTS, "drop": life.WORK},
    find=queries.get_expense,
    page=_expense,
    do=_expense_do,
    back=lambda record_id: url_for("service.expense_page", record_id=record_id),
)


# --- what is owed after the work --------------------------------------------------------------------------------------


@blueprint.get("/returns/<int:record_id>")
@needs(life.VIEW)
def return_page(record_id: int):
    """What an order owes after the work: handed in, reviewed, checked."""
    ctx = current_ctx()
    return _return(ctx, queries.get_return(ctx, record_id))


def _return(ctx: Ctx, row: Return, *, failed: Any = None, name: str = "", extra: Any = (), status: int = 200):
    order = row.order
    checks = queries.checks_of(ctx, row.id)
    expenses = [e for e in queries.expenses_of(ctx, order.id) if e.state in ("claimed", "refused")]
    own = ctx.actor.user_id is not None and ctx.actor.user_id == row.technician_id
    stage = row.stage
    ways = {HANDED_IN: "hand_in", REVIEW: "review", "cost_check": "check_costs"}
    missing = gates(ctx, after_life.RETURNS.transition(ways[stage]), row) if stage in ways else []
    page = render_template(
        "service/return.html",
        r=row,
        order=order,
        words=Words,
        stage=_("The work goes on") if stage == services.WORKING else _(STAGE_WORDS[stage]),
        steps=_steps(ctx, row, checks),
        clocks=clock_views(ctx, row) if stage in ways else [],
        checks=list(reversed(checks)),
        ratings=_ratings(ctx, order),
        expenses=expenses,
        claimed=queries.claimed(ctx, order.id),
        currency=ctx.company.currency,
        gates=missing,
        missing=sum(g.open for g in missing),
        role=order_queries.role_label(ctx, services.waiving_role(row)) if services.waiving_role(row) else "",
        may={
            "hand_in": stage == HANDED_IN and ctx.can(life.WORK),
            "review": stage == REVIEW and ctx.can(REVIEW_RIGHT) and not own,
            "costs": stage == "cost_check" and ctx.can(COSTS) and not own,
            "back": HANDED_IN in row.asked
            and (stage == REVIEW and ctx.can(REVIEW_RIGHT) or stage == "cost_check" and ctx.can(COSTS)),
            "waive": services.may_waive(ctx, row),
        },
        own=own,
        panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
        forms=RETURN_ACTS.forms(ctx, row, failed, name),
        failed=name,
        extra=list(extra),
    )
    return page, status


def _steps(ctx: Ctx, row: Return, checks: list) -> list[Step]:
    """Work done, then each step that is asked for with when it was taken."""
    last = {c.step: c for c in checks}
    found = [Step(_("Work done"), "done", moment(row.since, ctx.now, ctx.tz, today=True))]
    ahead = row.stage == services.WORKING
    for step, words in RETURN_STEP_WORDS.items():
        if step not in row.asked:
            continue
        ahead = ahead or row.stage == step
        check = last.get(step)
        when = moment(check.at, ctx.now, ctx.tz, today=True) if check is not None and not ahead else ""
        found.append(Step(_(words), "cur" if row.stage == step else "" if ahead else "done", when))
    return found


def _ratings(ctx: Ctx, order: Order) -> list[tuple[str, list[tuple[str, str]], str]]:
    """(who was there, [(aspect, grade)], comment or why there is no rating) of each visit that was rated."""
    found = []
    ratings = visit_queries.ratings_of(ctx, order.id)
    for visit in visit_queries.visits_of(ctx, order.id):
        rating = ratings.get(visit.id)
        if rating is not None:
            grades = [(_(words), _(GRADE_WORDS[getattr(rating, a)])) for a, words in ASPECT_WORDS.items()
                      if getattr(rating, a)]  # fmt: skip
            found.append((visit.technician_name, grades, rating.declined or rating.comment))
    return found


@blueprint.post("/returns/<int:record_id>/<action>")
@needs(life.VIEW)
def return_act(record_id: int, action: str):
    """Carry one action out; the service asks for its right."""
    return RETURN_ACTS.run(record_id, action)


def _return_do(ctx: Ctx, return_id: int, name: str, form: Any) -> str:
    if name == "hand_in":
        services.hand_in(ctx, return_id, form.note.data or "", version=form.seen)
        return _("All handed in")
    if name == "review":
        services.review(ctx, return_id, form.quality.data, form.note.data or "", version=form.seen)
        return _("The review is recorded")
    if name == "costs":
        services.check_costs(ctx, return_id, form.note.data or "", version=form.seen)
        return _("The costs are checked")
    if name == "back":
        services.send_back(ctx, return_id, form.reason.data, version=form.seen)
        return _("Sent back, with the reason")
    services.waive(ctx, return_id, form.reason.data, version=form.seen)
    return _("Waived, with the reason")


RETURN_ACTS = RecordForms(
    makers={
        "hand_in": plain_form("hand_in", forms.HandInForm),
        "review": plain_form("review", forms.ReviewForm),
        "costs": plain_form("costs", forms.CostsForm),
        "back": plain_form("back", forms.BackForm),
        "waive": plain_form("waive", forms.WaiveForm),
    },
    rights={"hand_in": life.WORK, "review": REVIEW_RIGHT, "costs": COSTS, "back": life.VIEW, "waive": life.VIEW},
    find=queries.get_return,
    page=_return,
    do=_return_do,
    back=lambda record_id: url_for("service.return_page", record_id=record_id),
)
