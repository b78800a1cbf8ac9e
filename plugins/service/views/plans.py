"""Pages of preventive plans: the form with the visits to come, and one plan with its visits."""

from __future__ import annotations

from typing import Any

from flask import jsonify, redirect, render_template, request, url_for

from core.api import Ctx, DomainError, Invalid, RecordRef, _, ask, calendar_names, timeline
from core.web_api import (
    RecordForms,
    current_ctx,
    cursor_argument,
    flash_done,
    form_token,
    needs,
    paged,
    pager_of,
    panels_of,
    plain_form,
    sent,
    timeline_items,
    typed,
)
from plugins.base import queries as base_queries
from plugins.service.forms import plans as forms
from plugins.service.lists.plans import every_words
from plugins.service.models import CarePlan, Occurrence
from plugins.service.plan_contracts import (
    CLOSED_WORDS,
    OCCURRENCE_ICONS,
    OCCURRENCE_TONES,
    OCCURRENCE_WORDS,
    PLAN_KIND_WORDS,
    PLAN_STATE_ICONS,
    PLAN_STATE_WORDS,
    RHYTHM_WORDS,
    CarePlanData,
)
from plugins.service.queries import orders, rounds
from plugins.service.queries import plans as queries
from plugins.service.queries.workshop import keepers
from plugins.service.services import plans as services
from plugins.service.services.plans import EDIT_PLANS, VIEW_PLANS
from plugins.service.views.blueprint import blueprint

PICKED = 12
"""So many are offered while somebody types."""

# --- making and changing ----------------------------------------------------------------------------------------------


@blueprint.route("/plans/new", methods=["GET", "POST"])
@needs(EDIT_PLANS)
def plan_new():
    """Make a plan; the visits that it would bring are shown before it is saved."""
    ctx = current_ctx()
    form = forms.CarePlanForm(
        formdata=typed(), version="", starts_on=ctx.today, calendar="office", token=form_token(),
        assignee_id=str(ctx.actor.user_id or ""), **_from_page(ctx),
    )  # fmt: skip
    return _edit(ctx, form, None)


@blueprint.route("/plans/<int:record_id>/edit", methods=["GET", "POST"])
@needs(EDIT_PLANS)
def plan_edit(record_id: int):
    """Change a plan; what was planned and done stays."""
    ctx = current_ctx()
    plan = queries.get_plan(ctx, record_id)
    values = {
        "serial": (plan.device.serial or "") if plan.device else "",
        "customer": plan.customer.number if plan.customer else "",
        "contract": f"{plan.contract_kind}:{plan.contract_ref}" if plan.contract_ref else "",
        "unit_id": str(plan.unit_id or ""), "assignee_id": str(plan.assignee_id or ""),
    }  # fmt: skip
    names = (
        "name", "kind", "text", "checklist", "places", "rhythm", "every", "period", "starts_on", "ends_on", "calendar",
        "closed_days", "lead_days",
    )  # fmt: skip
    values |= {name: getattr(plan, name) for name in names}
    return _edit(ctx, forms.CarePlanForm(formdata=typed(), version=plan.version, **values), plan)


@blueprint.get("/plans/pick/<what>")
@needs(EDIT_PLANS)
def plan_pick(what: str):
    """What fits the letters typed into the field of a customer or a unit: ``[[value, words]]``, a dozen at most."""
    ctx = current_ctx()
    text = request.args.get("q", "")
    if what == "customer" and ctx.can("base.customer.view"):
        found = [(c.number, c.name) for c in base_queries.search_customers(ctx, text)]
    elif what == "unit" and ctx.can("base.unit.view"):
        number = request.args.get("customer", "")
        found = [(u.serial or "", _unit_words(u)) for u in queries.search_units(ctx, text, number)]
    else:
        found = []
    return jsonify(found[:PICKED])


def _unit_words(unit: Any) -> str:
    owner = unit.customer.name if unit.customer is not None else ""
    return _(", ").join(p for p in (unit.product.name, unit.product.model, owner) if p)


def _from_page(ctx: Ctx) -> dict[str, str]:
    """The unit or customer from whose page one comes."""
    given = {name: request.args.get(name, "") for name in ("unit", "customer")}
    ids = {name: int(text) for name, text in given.items() if text.isascii() and text.isdigit() and len(text) < 18}
    if "unit" in ids:
        device = base_queries.get_unit(ctx, ids["unit"])
        number = device.customer.number if device.customer else ""
        return {"serial": device.serial or "", "customer": number}
    if "customer" in ids:
        return {"customer": base_queries.get_customer(ctx, ids["customer"]).number}
    return {}


def _edit(ctx: Ctx, form: Any, plan: CarePlan | None):
    _offer(ctx, form, plan)
    extra: list[str] = []
    ahead: list = []
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                data = _data(ctx, form, plan)
                if request.form.get("then") == "preview":
                    ahead, status = services.forecast_of(ctx, data, plan.id if plan else None), 200
                else:
                    saved = services.save_plan(ctx, data, plan.id if plan else None, version=form.seen)
                    flash_done(_("{number} saved", number=saved.number))
                    return redirect(url_for("service.plan_page", record_id=saved.id))
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                extra, status = form.refuse(error), error.status
    elif plan is not None:
        ahead = queries.ahead_of(ctx, plan)
    shown = request.method == "POST" and status == 200
    page = render_template("service/care_plan_form.html", form=form, extra=extra, plan=plan, ahead=ahead, shown=shown)
    return page, status


def _offer(ctx: Ctx, form: Any, plan: CarePlan | None) -> None:
    nobody = [("", _("None"))]
    form.calendar.choices = calendar_names(ctx)
    form.unit_id.choices = nobody + [(str(u.id), u.name) for u in orders.units(ctx)]
    form.assignee_id.choices = nobody + [(str(user_id), name) for user_id, name in keepers(ctx)]
    form.checklist.choices = nobody + rounds.checklists(ctx)
    form.contract.choices = nobody + _contracts(ctx, form, plan)


def _contracts(ctx: Ctx, form: Any, plan: CarePlan | None) -> list[tuple[str, str]]:
    """The contracts of the customer who is entered; the plan's own stays to choose."""
    try:
        customer, device = _whose(ctx, form)
    except Invalid:
        customer = device = None
    customer_id = customer.id if customer else device.customer_id if device else None
    found = ask(ctx, "contracts_for_plan", customer_id=customer_id, on=ctx.today) if customer_id else None
    offered = {f"{ref.kind}:{ref.id}": words for ref, words in found or ()}
    if plan is not None and plan.contract_ref is not None:
        offered.setdefault(f"{plan.contract_kind}:{plan.contract_ref}", plan.contract_words)
    return list(offered.items())


def _whose(ctx: Ctx, form: Any) -> tuple[Any, Any]:
    number, serial = (form.customer.data or "").strip(), (form.serial.data or "").strip()
    customer = base_queries.customer_by_number(ctx, number) if number else None
    if number and customer is None:
        words = _("There is no customer with the number {number}.", number=number)
        raise Invalid("unknown_customer", words, "customer")
    device = base_queries.unit_by_serial(ctx, serial) if serial else None
    if serial and device is None:
        words = _("No unit, or several, have the serial number {serial}.", serial=serial)
        raise Invalid("unknown_unit", words, "serial")
    return customer, device


def _data(ctx: Ctx, form: Any, plan: CarePlan | None) -> CarePlanData:
    customer, device = _whose(ctx, form)
    if device is None and plan is not None and plan.device is not None and not plan.device.serial:
        device = plan.device  # a unit without a serial number stays
    kind, _colon, number = (form.contract.data or "").rpartition(":")
    return CarePlanData(
        name=form.name.data, kind=form.kind.data, text=form.text.data or "",
        customer_id=customer.id if customer else None, device_id=device.id if device else None,
        contract=RecordRef(kind, int(number)) if kind else None,
        unit_id=int(form.unit_id.data) if form.unit_id.data else None,
        assignee_id=int(form.assignee_id.data) if form.assignee_id.data else None,
        rhythm=form.rhythm.data, every=form.every.data, period=form.period.data, starts_on=form.starts_on.data,
        ends_on=form.ends_on.data, calendar=form.calendar.data, closed_days=form.closed_days.data,
        lead_days=form.lead_days.data, checklist=form.checklist.data or "", places=form.places.data or "",
        external_key=f"form:{form.token.data}" if form.token.data else None,
    )  # fmt: skip


# --- one plan ---------------------------------------------------------------------------------------------------------


@blueprint.get("/plans/<int:record_id>")
@needs(VIEW_PLANS)
def plan_page(record_id: int):
    """One plan: its rhythm, the visits to come, and what became of each."""
    ctx = current_ctx()
    return _page(ctx, queries.get_plan(ctx, record_id))


def _page(ctx: Ctx, plan: CarePlan, *, failed: Any = None, name: str = "", extra: Any = (), status: int = 200):
    query = queries.occurrences().where(Occurrence.plan_id == plan.id)
    page = paged(ctx, query, [(Occurrence.id, "desc")], cursor=cursor_argument())
    rows = [
        (o, _(OCCURRENCE_WORDS[o.state]), OCCURRENCE_ICONS[o.state], OCCURRENCE_TONES[o.state],
         o.state in ("open", "held") and o.due_on < ctx.today)
        for o in page.rows
    ]  # fmt: skip
    shown = render_template(
        "service/care_plan.html",
        plan=plan,
        kind=_(PLAN_KIND_WORDS[plan.kind]),
        state=(_(PLAN_STATE_WORDS[plan.state]), PLAN_STATE_ICONS[plan.state]),
        every=every_words(plan),
        rhythm=_(RHYTHM_WORDS[plan.rhythm]),
        closed=_(CLOSED_WORDS[plan.closed_days]),
        calendar=dict(calendar_names(ctx)).get(plan.calendar, plan.calendar),
        keeper=orders.names_of(ctx, [plan.assignee_id]).get(plan.assignee_id or 0, ""),
        office=orders.unit_names(ctx).get(plan.unit_id or 0, ""),
        ahead=queries.ahead_of(ctx, plan),
        checklist=dict(rounds.checklists(ctx)).get(plan.checklist, plan.checklist) if plan.checklist else "",
        occurrences=rows,
        pager=pager_of(page),
        may_edit=ctx.can(EDIT_PLANS) and plan.state != "ended",
        panels=panels_of(ctx, plan),
        history=timeline_items(ctx, timeline(ctx, plan)),
        forms=ACTS.forms(ctx, plan, failed, name),
        failed=name,
        extra=list(extra),
    )
    return shown, status


@blueprint.post("/plans/<int:record_id>/<action>")
@needs(EDIT_PLANS)
def plan_act(record_id: int, action: str):
    """Carry one action out. On an error the page comes back with what was typed."""
    return ACTS.run(record_id, action)


def _held_form(kind: str) -> Any:
    def make(ctx: Ctx, plan: Any) -> Any:
        return forms.HeldForm(formdata=sent(ctx, plan, kind))

    return make


def _do(ctx: Ctx, plan_id: int, name: str, form: Any) -> str:
    if name in ("open_held", "skip_held"):
        text = str(form.occurrence_id.data)
        occurrence_id = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
        settle = services.open_held if name == "open_held" else services.skip_held
        occurrence = settle(ctx, plan_id, occurrence_id, form.reason.data)
        return _("Order opened") if occurrence.order_id else _("Visit skipped")
    if name == "open":
        opened = services.open_next(ctx, plan_id, version=form.seen)
        return _("Order opened") if opened.order_id else _("The visit is held back: {why}", why=opened.reason)
    if name == "resume":
        services.resume_plan(ctx, plan_id, version=form.seen)
        return _("The plan goes on")
    verbs: dict[str, tuple[Any, str]] = {
        "skip": (services.skip_next, _("Visit skipped")), "pause": (services.pause_plan, _("The plan is paused")),
        "end": (services.end_plan, _("The plan is ended")),
    }  # fmt: skip
    do, done = verbs[name]
    do(ctx, plan_id, form.reason.data, version=form.seen)
    return done


_NAMES = ("open", "resume", "skip", "pause", "end", "open_held", "skip_held")

ACTS = RecordForms(
    makers={
        "open": plain_form("open", forms.PlanStepForm),
        "resume": plain_form("resume", forms.PlanStepForm),
        "skip": plain_form("skip", forms.PlanReasonForm),
        "pause": plain_form("pause", forms.PlanReasonForm),
        "end": plain_form("end", forms.PlanReasonForm),
        "open_held": _held_form("open_held"),
        "skip_held": _held_form("skip_held"),
    },
    rights=dict.fromkeys(_NAMES, EDIT_PLANS),
    find=queries.get_plan,
    page=_page,
    do=_do,
    back=lambda record_id: url_for("service.plan_page", record_id=record_id),
)
