"""Pages of service contracts: one contract, drawing one up, changing a draft. The list is declared in ``lists``."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import redirect, render_template, request, url_for

from core.api import Ctx, DomainError, RecordRef, _, gates, label, possible, rule_choices, timeline
from core.web_api import (
    RecordForms,
    Step,
    chosen,
    current_ctx,
    first_line,
    flash_done,
    form_token,
    needs,
    panels_of,
    plain_form,
    record_id,
    sent,
    timeline_items,
    typed,
)
from plugins.base import queries as base_queries
from plugins.warranty import agreed_life as life
from plugins.warranty.agreed import (
    CONTRACT,
    CONTRACT_STATE_WORDS,
    QUOTA_WORDS,
    RENEWAL_WORDS,
    ContractData,
    ItemData,
    QuotaData,
    RenewalData,
    UseData,
)
from plugins.warranty.forms import agreed as forms
from plugins.warranty.models.agreements import QUOTA_KINDS, ServiceContract
from plugins.warranty.queries import agreements as queries
from plugins.warranty.queries import follow_ups
from plugins.warranty.rules.agreements import next_days
from plugins.warranty.services import agreements as services
from plugins.warranty.views.blueprint import blueprint

FOUND = 30


# --- drawing up and changing ----------------------------------------------------------------------------------------


@blueprint.route("/contracts/new", methods=["GET", "POST"])
@needs(life.EDIT_CONTRACTS)
def contract_new():
    """First the customer, then the contract; sending the form twice makes one contract (by its token)."""
    ctx = current_ctx()
    customer_id = record_id(request.values.get("customer_id"))
    if customer_id is None:
        return _choose_customer(ctx)
    customer = base_queries.get_customer(ctx, customer_id)
    first = {"token": form_token(), "customer_id": customer_id, "covers": ["parts", "labour", "travel"]}
    form = forms.ContractForm(formdata=typed(), version="", **first)
    _offer(ctx, form, customer_id)
    return _edit(ctx, form, customer, None, lambda: services.save_contract(ctx, _data(form)))


def _choose_customer(ctx: Ctx):
    form = forms.FindCustomerForm(formdata=request.args)
    text = (form.q.data or "").strip()
    found = base_queries.briefs(ctx, base_queries.search_customers(ctx, text, FOUND)) if text else ()
    return render_template("warranty/contract_customer.html", form=form, text=text, found=found)


@blueprint.route("/contracts/<int:record_id>/edit", methods=["GET", "POST"])
@needs(life.EDIT_CONTRACTS)
def contract_edit(record_id: int):
    """Change a draft."""
    ctx = current_ctx()
    contract = queries.get_contract(ctx, record_id)
    customer = base_queries.get_customer(ctx, contract.customer_id)
    form = forms.ContractForm(
        formdata=typed(), version=contract.version, **_values(ctx, contract)
    )
    _offer(ctx, form, contract.customer_id)
    form.customer_id.data = contract.customer_id
    return _edit(
        ctx, form, customer, contract, lambda: services.save_contract(ctx, _data(form), contract.id, version=form.seen)
    )


def _values(ctx: Ctx, contract: ServiceContract) -> dict[str, Any]:
    """A draft as its form shows it."""
    data = services.data_of(ctx, contract)
    names = (
        "title", "starts_on", "ends_on", "level", "price_list", "price", "instalments", "renewal", "contact_name",
        "contact_email", "assignee_id", "unit_id", "note",
    )  # fmt: skip
    quotas = {f"quota_{q.kind}": Decimal(queries.plain_number(q.amount)) for q in data.quotas}
    period = data.quotas[0].period if data.quotas else "year"
    items = [_item_code(item) for item in data.items]
    return {name: getattr(data, name) for name in names} | quotas | {
        "covers": sorted(data.covers), "items": items, "period": period, "customer_id": contract.customer_id,
    }  # fmt: skip


def _edit(ctx: Ctx, form: forms.ContractForm, customer: Any, contract: ServiceContract | None, save: Any):
    extra: list[str] = []
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                saved = save()
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                extra, status = form.refuse(error), error.status
            else:
                flash_done(_("Saved {number}", number=saved.number))
                return redirect(url_for("warranty.contract_page", record_id=saved.id))
    page = render_template(
        "warranty/contract_form.html", form=form, extra=extra, customer=customer, contract=contract
    )
    return page, status


def _item_code(item: ItemData) -> str:
    if item.device_id is not None:
        return f"u{item.device_id}"
    return f"s{item.site_id}" if item.site_id is not None else f"p{item.product_id}"


def _item(code: str) -> ItemData:
    number = int(code[1:])
    return {"u": ItemData(device_id=number), "s": ItemData(site_id=number), "p": ItemData(product_id=number)}[code[0]]


def _offer(ctx: Ctx, form: forms.ContractForm, customer_id: int) -> None:
    """What this customer has: units, the products among them, sites; and the company's levels and people."""
    units = base_queries.units_of(ctx, customer_id, 500)
    choices = [
        (f"u{u.id}", _("{product}, {serial}", product=u.product.name, serial=u.serial or _("no serial number")))
        for u in units
    ]
    products = {u.product_id: u.product.name for u in units}
    choices += [(f"p{number}", _("All units of {product}", product=name)) for number, name in products.items()]
    for site in base_queries.sites_of(ctx, customer_id):
        where = site.name or f"{site.city}{site.district}{site.address}"
        choices.append((f"s{site.id}", _("All units at {site}", site=where)))
    form.items.choices = choices
    form.level.choices = [("", _("The usual time limits")), *queries.levels(ctx)]
    form.price_list.choices = [("", _("As the decision on coverage says")), *queries.price_lists(ctx)]
    form.assignee_id.choices = first_line(_("Nobody yet"), queries.people(ctx))
    form.unit_id.choices = first_line(_("None"), queries.departments(ctx))


def _data(form: forms.ContractForm) -> ContractData:
    quotas = tuple(
        QuotaData(kind, form[f"quota_{kind}"].data, form.period.data)
        for kind in QUOTA_KINDS
        if form[f"quota_{kind}"].data is not None
    )
    return ContractData(
        customer_id=int(form.customer_id.data),
        title=form.title.data or "",
        covers=frozenset(form.covers.data or ()),
        starts_on=form.starts_on.data,
        ends_on=form.ends_on.data,
        items=tuple(_item(code) for code in form.items.data or ()),
        quotas=quotas,
        price=form.price.data,
        instalments=form.instalments.data,
        level=form.level.data or "",
        price_list=form.price_list.data or "",
        renewal=form.renewal.data,
        contact_name=form.contact_name.data or "",
        contact_email=(form.contact_email.data or "").strip(),
        note=form.note.data or "",
        unit_id=chosen(form.unit_id.data),
        assignee_id=chosen(form.assignee_id.data),
        external_key=f"form:{form.token.data}"[:120] if form.token.data else None,
    )


# --- one contract ---------------------------------------------------------------------------------------------------


@blueprint.get("/contracts/<int:record_id>")
@needs(life.SEE_CONTRACTS)
def contract_page(record_id: int):
    """Everything about one contract."""
    ctx = current_ctx()
    return _page(ctx, queries.get_contract(ctx, record_id))


def _page(ctx: Ctx, contract: ServiceContract, *, failed: Any = None, name: str = "", extra=(), status: int = 200):
    states = queries.quota_states(ctx, [contract], ctx.today).get(contract.id, ())
    can = {t.name for t in possible(ctx, life.CONTRACTS, contract)}
    waits = gates(ctx, life.CONTRACTS.transition("approve"), contract) if contract.state == "draft" else []
    uses = queries.uses_of(ctx, contract.id)
    follower = queries.successor_of(ctx, contract.id)
    items = queries.items_of(ctx, contract.id)
    page = render_template(
        "warranty/contract.html",
        contract=contract,
        customer=base_queries.get_customer(ctx, contract.customer_id),
        steps=_steps(contract),
        state=_(CONTRACT_STATE_WORDS[contract.state]),
        covers=queries.covers_words(contract.covers),
        price_list=queries.price_list_words(ctx, contract.price_list),
        items=[(item, queries.item_words(item)) for item in items],
        badges_of=base_queries.unit_badges(ctx, [item.device_id for item in items if item.device_id is not None]),
        quotas=[(state, queries.quota_words(state)) for state in states],
        uses=[(use, _(QUOTA_WORDS[use.kind]), queries.plain_number(use.quantity)) for use in uses],
        plain_number=queries.plain_number,
        instalments=queries.instalments_of(ctx, contract.id),
        clocks=_promised(ctx, contract),
        level=queries.level_words(ctx, contract.level),
        renewal=_(RENEWAL_WORDS[contract.renewal]),
        owner=queries.names_of(ctx, [contract.assignee_id]).get(contract.assignee_id or 0, ""),
        department=queries.unit_name(ctx, contract.unit_id),
        before=queries.find_contract(ctx, contract.follows_id),
        follower=follower,
        days_left=(contract.ends_on - ctx.today).days + 1,
        endings=follow_ups.follow_ups_on(ctx, RecordRef(CONTRACT, contract.id)),
        panels=panels_of(ctx, contract),
        history=timeline_items(ctx, timeline(ctx, contract)),
        gates=waits,
        can=can,
        forms=ACTS.forms(ctx, contract, failed, name),
        failed=name,
        extra=list(extra),
        may_renew=contract.state in ("in_force", "ended") and follower is None and ctx.can(life.EDIT_CONTRACTS),
    )
    return page, status


def _steps(contract: ServiceContract) -> list[Step]:
    """The way of a contract, and where it is."""
    last = contract.state if contract.state in ("renewed", "terminated", "dropped") else "ended"
    way = ["draft", "approved", "in_force", last]
    here = way.index(contract.state)
    notes = {
        "draft": f"{contract.created_at:%Y-%m-%d}",
        "approved": contract.approved_by,
        "in_force": contract.starts_on.isoformat(),
        last: contract.last_day.isoformat(),
    }
    return [
        Step(_(CONTRACT_STATE_WORDS[name]), "cur" if i == here else "done" if i < here else "", notes[name])
        for i, name in enumerate(way)
    ]


def _promised(ctx: Ctx, contract: ServiceContract) -> list[tuple[str, str]]:
    """The time limits of its level of service, in words."""
    names = {value: label(words) for value, words in rule_choices(ctx, queries.CLOCK_TABLE, "clock")}
    units = {value: label(words) for value, words in rule_choices(ctx, queries.CLOCK_TABLE, "unit")}
    return [
        (names.get(c.clock, c.clock), f"{queries.plain_number(c.limit)} {units.get(c.unit, c.unit)}")
        for c in queries.clocks_of_level(ctx, contract.level)
    ]


# --- what may be done to it -----------------------------------------------------------------------------------------


def _terminate_form(ctx: Ctx, contract: ServiceContract) -> forms.TerminateForm:
    return forms.TerminateForm(
        formdata=sent(ctx, contract, "terminate", "terminate"), version=contract.version, last_day=ctx.today
    )


def _renew_form(ctx: Ctx, contract: ServiceContract) -> forms.RenewForm:
    begins, ends = next_days(contract.starts_on, contract.ends_on)
    return forms.RenewForm(
        formdata=sent(ctx, contract, "renew"),
        version=contract.version,
        starts_on=begins,
        ends_on=ends,
        price=contract.price,
    )


def _use_form(ctx: Ctx, contract: ServiceContract) -> forms.UseForm:
    return forms.UseForm(
        formdata=sent(ctx, contract, "use"), token=form_token(), used_on=min(ctx.today, contract.last_day), quantity=1
    )


def _pay_form(ctx: Ctx, contract: ServiceContract) -> forms.PayForm:
    open_parts = [part for part in queries.instalments_of(ctx, contract.id) if part.paid_on is None]
    form = forms.PayForm(formdata=sent(ctx, contract, "pay"), paid_on=ctx.today)
    form.number.choices = [
        (part.number, _("{n}, due {day}", n=part.number, day=part.due_on.isoformat())) for part in open_parts
    ]
    return form


def _do(ctx: Ctx, contract_id: int, name: str, form: Any) -> str:
    return _DOERS[name](ctx, contract_id, form)


def _approve(ctx: Ctx, contract_id: int, form: Any) -> str:
    contract = services.approve_contract(ctx, contract_id, version=form.seen)
    if contract.state == "in_force":
        return _("{number} is approved and in force", number=contract.number)
    return _("{number} is approved; it begins on {day}", number=contract.number, day=contract.starts_on.isoformat())


def _rework(ctx: Ctx, contract_id: int, form: Any) -> str:
    done = services.rework_contract(ctx, contract_id, form.reason.data, version=form.seen)
    return _("{number} is a draft again", number=done.number)


def _drop(ctx: Ctx, contract_id: int, form: Any) -> str:
    done = services.drop_contract(ctx, contract_id, form.reason.data, version=form.seen)
    return _("{number} comes to nothing", number=done.number)


def _terminate(ctx: Ctx, contract_id: int, form: Any) -> str:
    done = services.terminate_contract(ctx, contract_id, form.last_day.data, form.reason.data, version=form.seen)
    return _("{number} ends with {day}", number=done.number, day=done.last_day.isoformat())


def _renew(ctx: Ctx, contract_id: int, form: Any) -> str:
    data = RenewalData(form.starts_on.data, form.ends_on.data, form.price.data)
    done = services.renew_contract(ctx, contract_id, data, version=form.seen)
    return _("{number} is drawn up; it waits for approval", number=done.number)


def _use(ctx: Ctx, contract_id: int, form: Any) -> str:
    data = UseData(
        form.kind.data, form.quantity.data, form.used_on.data, f"form:{form.token.data}", note=form.note.data or ""
    )
    use, left = services.book_use(ctx, contract_id, data)
    if use.beyond:
        beyond = queries.plain_number(Decimal(use.beyond))
        return _("Booked; {beyond} of it is beyond the quota and charged", beyond=beyond)
    return _("Booked. {words}", words=left.words) if left is not None else _("Booked")


def _pay(ctx: Ctx, contract_id: int, form: Any) -> str:
    part = services.record_payment(ctx, contract_id, form.number.data, form.paid_on.data, form.reference.data or "")
    return _("Payment of instalment {n} recorded", n=part.number)


_DOERS = {
    "approve": _approve,
    "rework": _rework,
    "drop": _drop,
    "terminate": _terminate,
    "renew": _renew,
    "use": _use,
    "pay": _pay,
}
ACTS = RecordForms(
    {
        "approve": plain_form("approve", forms.VersionForm),
        "rework": plain_form("rework", forms.ReasonForm, "rework"),
        "drop": plain_form("drop", forms.ReasonForm, "drop"),
        "terminate": _terminate_form,
        "renew": _renew_form,
        "use": _use_form,
        "pay": _pay_form,
    },
    {
        "approve": life.APPROVE_CONTRACTS,
        "rework": life.EDIT_CONTRACTS,
        "drop": life.EDIT_CONTRACTS,
        "terminate": life.APPROVE_CONTRACTS,
        "renew": life.EDIT_CONTRACTS,
        "use": life.BOOK_USE,
        "pay": life.TAKE_PAYMENTS,
    },
    queries.get_contract,
    _page,
    _do,
    lambda number: url_for("warranty.contract_page", record_id=number),
)


@blueprint.post("/contracts/<int:record_id>/<action>")
@needs(life.SEE_CONTRACTS)
def contract_act(record_id: int, action: str):
    """Carry one action out; the service asks for its right. On an error the page comes back with what was typed."""
    return ACTS.run(record_id, action)
