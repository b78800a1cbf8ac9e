"""Warranty terms: the page of one, drafting and changing, putting in force, ending, discarding."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from flask import redirect, render_template, request, url_for

from core.api import Conflict, Ctx, DomainError, Invalid, _, calendar_names, possible, timeline
from core.web_api import current_ctx, flash_done, flash_error, needs, panels_of, record_id, timeline_items, typed
from plugins.base import queries as base_queries
from plugins.warranty import life, words
from plugins.warranty.contracts import TermData
from plugins.warranty.forms.terms import FALLBACKS, EndForm, ReasonForm, TermForm, VersionForm
from plugins.warranty.models import Term
from plugins.warranty.queries import terms as queries
from plugins.warranty.queries.periods import meter_kinds
from plugins.warranty.queries.trial import try_term
from plugins.warranty.services import terms as services
from plugins.warranty.views.blueprint import blueprint


@blueprint.get("/terms/<int:record_id>")
@needs(life.SEE_TERMS)
def term_page(record_id: int):
    """One term: what it covers, for whom, how it is counted, and its history."""
    ctx = current_ctx()
    return _page(ctx, queries.get_term(ctx, record_id))


def _page(ctx: Ctx, term: Term, failed: str = "", form=None, extra: list[str] | None = None):
    forms = {"put_in_force": VersionForm, "end": EndForm, "withdraw": ReasonForm, "discard": ReasonForm}
    shown = {name: make(formdata=None, version=term.version) for name, make in forms.items()}
    if form is not None:
        shown[failed] = form
    return render_template(
        "warranty/term.html",
        term=term,
        history=timeline_items(ctx, timeline(ctx, term)),
        panels=panels_of(ctx, term),
        facts=words.facts_of_term(term, dict(meter_kinds(ctx))),
        can={t.name for t in possible(ctx, life.TERMS, term)},
        forms=shown,
        failed=failed,
        extra=extra or [],
        words=words,
        successors=queries.successors_of(ctx, term),
        replaced=queries.get_term(ctx, term.replaces_id) if term.replaces_id else None,
    )


@blueprint.get("/terms/<int:record_id>/trial")
@needs(life.SEE_TERMS)
def term_trial(record_id: int):
    """What a draft would change: how many units would have another end, and which."""
    ctx = current_ctx()
    term = queries.get_term(ctx, record_id)
    if term.state != "draft":
        return redirect(url_for("warranty.term_page", record_id=term.id))
    return render_template("warranty/trial.html", term=term, trial=try_term(ctx, term))


@blueprint.post("/terms/<int:record_id>/put-in-force")
@needs(life.PUBLISH_TERMS)
def term_put_in_force(record_id: int):
    """Put a draft in force."""
    return _do(record_id, "put_in_force", VersionForm(), lambda ctx, form: services.put_in_force(
        ctx, record_id, version=form.seen
    ))


@blueprint.post("/terms/<int:record_id>/end")
@needs(life.PUBLISH_TERMS)
def term_end(record_id: int):
    """Let a term end."""
    return _do(record_id, "end", EndForm(), lambda ctx, form: services.end_term(
        ctx, record_id, form.last_day.data, version=form.seen
    ))


@blueprint.post("/terms/<int:record_id>/withdraw")
@needs(life.PUBLISH_TERMS)
def term_withdraw(record_id: int):
    """Take a term back."""
    return _do(record_id, "withdraw", ReasonForm(), lambda ctx, form: services.withdraw_term(
        ctx, record_id, form.reason.data or "", version=form.seen
    ))


@blueprint.post("/terms/<int:record_id>/discard")
@needs(life.EDIT_TERMS)
def term_discard(record_id: int):
    """Drop a draft."""
    return _do(record_id, "discard", ReasonForm(), lambda ctx, form: services.discard_term(
        ctx, record_id, form.reason.data or "", version=form.seen
    ))


def _do(term_id: int, action: str, form, verb):
    ctx = current_ctx()
    term = queries.get_term(ctx, term_id)
    extra: list[str] = []
    status = 422
    if form.validate():
        try:
            verb(ctx, form)
        except DomainError as error:
            if error.status in (403, 404):
                raise
            extra, status = form.refuse(error), error.status
        else:
            flash_done(_("Saved"))
            return redirect(url_for("warranty.term_page", record_id=term_id))
    ctx.session.refresh(term)
    return _page(ctx, term, action, form, extra), status


@blueprint.route("/terms/new", methods=["GET", "POST"])
@needs(life.EDIT_TERMS)
def term_new():
    """Draft a term; with ``replaces_id`` a change of the one that is in force."""
    ctx = current_ctx()
    replaces = record_id(request.values.get("replaces_id"))
    model = queries.get_term(ctx, replaces) if replaces else None
    return _edit(ctx, None, model)


@blueprint.route("/terms/<int:record_id>/edit", methods=["GET", "POST"])
@needs(life.EDIT_TERMS)
def term_edit(record_id: int):
    """Change a draft."""
    ctx = current_ctx()
    term = queries.get_term(ctx, record_id)
    if term.state != "draft":
        text = _("What is in force is not changed. Draft a change that replaces it.")
        flash_error(Conflict("not_a_draft", text))
        return redirect(url_for("warranty.term_page", record_id=term.id))
    return _edit(ctx, term, None)


def _edit(ctx: Ctx, term: Term | None, replaced: Term | None):
    known = term or replaced
    values = _values(known) if known else {}
    if term is not None:
        values |= {"version": term.version, "replaces_id": term.replaces_id or ""}
    elif replaced is not None:
        values |= {"replaces_id": replaced.id, "valid_from": ctx.today, "valid_until": None}
    form = TermForm(formdata=typed(), **values)
    form.calendar.choices = [("", _("the company's first")), *calendar_names(ctx)]
    extra: list[str] = []
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                saved = services.draft_term(
                    ctx,
                    _data(ctx, form),
                    term.id if term else None,
                    replaces_id=record_id(form.replaces_id.data),
                    version=form.seen if term else None,
                )
            except DomainError as error:
                if error.status == 403:
                    raise
                extra, status = form.refuse(error), error.status if error.status != 404 else 422
            else:
                flash_done(_("Draft {code} saved", code=saved.code))
                return redirect(url_for("warranty.term_page", record_id=saved.id))
    page = render_template("warranty/term_edit.html", form=form, extra=extra, term=term, replaced=replaced)
    return page, status


def _values(term: Term) -> dict:
    """What a term says, as the form shows it."""
    plain = ("code", "name", "cover", "product_group", "part_group", "amount", "amount_unit", "start_day_counts",
             "holiday_shift", "calendar", "extends", "repair_days", "on_exchange", "exchange_days", "valid_from",
             "valid_until", "earlier_units", "clause", "note")  # fmt: skip
    values = {name: getattr(term, name) for name in plain}
    values["product"] = term.product.code if term.product else ""
    values["customer"] = term.customer.number if term.customer else ""
    values["meters"] = ", ".join(f"{kind}: {limit}" for kind, limit in term.meters.items())
    for number in range(1, FALLBACKS + 1):
        event, days = term.starts[number - 1] if number <= len(term.starts) else ("", 0)
        values |= {f"start_{number}": event, f"after_{number}": days}
    return values


def _data(ctx: Ctx, form: TermForm) -> TermData:
    starts = [(form[f"start_{n}"].data, form[f"after_{n}"].data or 0) for n in range(1, FALLBACKS + 1)]
    return TermData(
        code=form.code.data or "",
        name=form.name.data or "",
        cover=form.cover.data,
        product_id=_product(ctx, (form.product.data or "").strip()),
        product_group=form.product_group.data or "",
        part_group=form.part_group.data or "",
        customer_id=_customer(ctx, (form.customer.data or "").strip()),
        amount=form.amount.data,
        amount_unit=form.amount_unit.data,
        meters=_meters(ctx, form.meters.data or ""),
        starts=tuple((event, days) for event, days in starts if event),
        start_day_counts=form.start_day_counts.data,
        holiday_shift=form.holiday_shift.data,
        calendar=form.calendar.data or "",
        extends=form.extends.data,
        repair_days=form.repair_days.data,
        on_exchange=form.on_exchange.data,
        exchange_days=form.exchange_days.data or 0,
        valid_from=form.valid_from.data,
        valid_until=form.valid_until.data,
        earlier_units=form.earlier_units.data,
        clause=form.clause.data or "",
        note=form.note.data or "",
    )


def _product(ctx: Ctx, code: str) -> int | None:
    if not code:
        return None
    found = base_queries.product_by_code(ctx, code)
    if found is None:
        raise Invalid("unknown_product", _("There is no product with the code {code}.", code=code), "product")
    return found.id


def _customer(ctx: Ctx, number: str) -> int | None:
    if not number:
        return None
    found = base_queries.customer_by_number(ctx, number)
    if found is None:
        text = _("There is no customer with the number {number}.", number=number)
        raise Invalid("unknown_customer", text, "customer")
    return found.id


def _meters(ctx: Ctx, text: str) -> dict[str, Decimal]:
    """``km: 60000, hours: 2000`` as limits."""
    found: dict[str, Decimal] = {}
    for part in text.replace("，", ",").replace("：", ":").split(","):
        if not part.strip():
            continue
        kind, _colon, limit = (piece.strip() for piece in part.partition(":"))
        try:
            value = Decimal(limit)
        except InvalidOperation:
            value = Decimal("NaN")
        if not kind or not value.is_finite() or abs(value) >= 10**12:
            raise Invalid("bad_meters", _("Write meter limits like km: 60000, hours: 2000."), "meters")
        found[kind] = value
    return found
