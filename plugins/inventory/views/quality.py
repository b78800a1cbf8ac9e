"""Pages of quality: taking back, inspections and decisions, scrap, returns to suppliers. The lists are declared."""

from __future__ import annotations

import secrets
from decimal import Decimal
from typing import Any

from flask import redirect, render_template, request, url_for

from core.api import Conflict, Ctx, DomainError, NotFound, RecordRef, _, gates, label, possible, timeline
from core.web_api import (
    carry_out,
    current_ctx,
    first_line,
    flash_done,
    flash_error,
    form_page,
    money_words,
    needs,
    panels_of,
    record_id,
    timeline_items,
    typed,
)
from plugins.base.queries.suppliers import offered_suppliers
from plugins.inventory.forms.common import ReasonForm, VersionForm
from plugins.inventory.forms.quality import (
    CostForm,
    FindingForm,
    InspectForm,
    ReturnForm,
    ScrapForm,
    SettleForm,
    VerdictForm,
)
from plugins.inventory.lists.ledger import lot_words, place_name
from plugins.inventory.lists.quality import inspection_mark, scrap_mark, supplier_mark
from plugins.inventory.models import Balance, Inspection, Scrap, SupplierReturn
from plugins.inventory.quality_contracts import (
    EXPECTED_WORDS,
    SOURCE_ICONS,
    SOURCE_WORDS,
    VERDICT_MARKS,
    VERDICT_WORDS,
    ReturnData,
    ScrapData,
    VerdictData,
)
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.queries import places, records
from plugins.inventory.queries import quality as queries
from plugins.inventory.queries import stock as stock_queries
from plugins.inventory.queries.parts import tidy
from plugins.inventory.rules.moving import ENDS
from plugins.inventory.services import costs, quality, returns, scrapping
from plugins.inventory.services.quality import INSPECT, VIEW
from plugins.inventory.services.returns import TAKE
from plugins.inventory.services.scrapping import ASK
from plugins.inventory.views.blueprint import blueprint
from plugins.inventory.views.catalogue import part_of, record_link

# --- taking back ----------------------------------------------------------------------------------------------------


@blueprint.route("/returns/new", methods=["GET", "POST"])
@needs(TAKE)
def return_new():
    """Take goods back into quarantine, with the reason."""
    ctx = current_ctx()
    part = (request.args.get("part") or "")[:60]
    kind, record = request.args.get("kind") or "", request.args.get("record") or ""
    form = ReturnForm(formdata=typed(), part=part, once=secrets.token_hex(16), kind=kind[:80], record=record[:20])
    form.reason_code.choices = [("", ""), *((code, label(w)) for code, w in queries.reasons(ctx).items())]
    form.to_id.choices = places.offered(ctx, ("quarantine",))
    about = _about(ctx, form.kind.data or "", form.record.data or "")

    def save() -> list[Inspection]:
        data = ReturnData(
            part_of(ctx, form.part.data), _quantity(form), form.source.data, form.reason_code.data,
            form.note.data or "", form.batch.data or "", form.serial.data or "", form.to_id.data,
            about[0] if about is not None else None, bool(form.before_book.data), (form.once.data or "")[:60],
        )  # fmt: skip
        return returns.take_back(ctx, data)

    def back(rows: list[Inspection]) -> str:
        if len(rows) == 1 and ctx.can(VIEW):
            return url_for("inventory.inspection_page", record_id=rows[0].id)
        return url_for("inventory.inspections_list") if ctx.can(VIEW) else url_for("inventory.return_new")

    return form_page(
        form, save, "inventory/return_form.html", back, known=part_queries.offered_parts(ctx),
        about=record_link(about[1]) if about is not None else ("", ""),
    )  # fmt: skip


def _about(ctx: Ctx, kind: str, record: str) -> tuple[RecordRef, Any] | None:
    number = record_id(record)
    if not kind or number is None:
        return None
    ref = RecordRef(kind, number)
    words = records.words_of(ctx, [ref]).get(ref)
    if words is None:
        raise NotFound("unknown_record", _("There is no such record, or it is not meant for you."))
    return ref, words


def _quantity(form: Any) -> Decimal:
    value = form.quantity.data
    return value if isinstance(value, Decimal) else Decimal(value or 0)


# --- inspections ----------------------------------------------------------------------------------------------------


def _balance(ctx: Ctx) -> Balance:
    row = stock_queries.get_balance(ctx, record_id(request.args.get("balance")))
    if row is None:
        raise NotFound("unknown_balance", _("There is no such stock."))
    return row


@blueprint.route("/inspections/new", methods=["GET", "POST"])
@needs(INSPECT)
def inspection_new():
    """Bring doubtful stock into quarantine, to be inspected."""
    ctx = current_ctx()
    balance = _balance(ctx)
    form = InspectForm(formdata=typed(), quantity=tidy(balance.on_hand - balance.reserved))
    return form_page(
        form, lambda: quality.inspect_stock(ctx, balance.id, _quantity(form), form.note.data or ""),
        "inventory/balance_form.html", lambda row: url_for("inventory.inspection_page", record_id=row.id),
        balance=balance, lot=lot_words(balance), heading=_("Into quarantine"), go=_("Into quarantine"),
    )  # fmt: skip


@blueprint.get("/inspections/<int:record_id>")
@needs(VIEW)
def inspection_page(record_id: int):
    """One inspection: what came and why, what was found, what was decided on how much of it."""
    return _inspection(current_ctx(), record_id)


def _inspection(
    ctx: Ctx, inspection_id: int, form: VersionForm | None = None, extra: list[str] | None = None, status: int = 200
):
    row = queries.get_inspection(ctx, inspection_id)
    ways = {t.name: t for t in possible(ctx, quality.WORKFLOW, row)}
    own = {type(f): f for f in (form,) if f is not None}
    decide = own.get(VerdictForm) or VerdictForm(
        formdata=None, version=row.version, quantity=tidy(row.undecided), verdict="release",
        supplier_id=queries.seller_of(ctx, row) or 0, to_id=queries.belongs_in(ctx, row),
    )  # fmt: skip
    _offer(ctx, decide)
    finding = own.get(FindingForm) or FindingForm(formdata=None, version=row.version, finding=row.finding)
    ref = queries.about_of(row)
    shown = render_template(
        "inventory/inspection.html", row=row, part=row.part, lot=lot_words(row), mark=inspection_mark(row),
        source=(_(SOURCE_WORDS[row.source]), SOURCE_ICONS[row.source]), place=place_name(row.location),
        reason=queries.reason_words(ctx, row.reason_code),
        about=record_link(records.words_of(ctx, [ref]).get(ref)) if ref is not None else ("", ""),
        verdicts=[
            (v, _(VERDICT_WORDS[v.verdict]), *VERDICT_MARKS[v.verdict]) for v in queries.verdicts_of(ctx, row.id)
        ],
        scraps=[(s, scrap_mark(s)) for s in queries.scraps_of(ctx, row.id)],
        returned=[(r, supplier_mark(r)) for r in queries.supplier_returns_of(ctx, row.id)],
        gates=gates(ctx, ways["decide"], row) if "decide" in ways else [],
        decide=decide, finding=finding, scanned="scanned" in request.args,
        failed=type(form).__name__ if form is not None else "", extra=extra or [],
        may={"decide": "decide" in ways}, panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip
    return shown, status


def _offer(ctx: Ctx, form: VerdictForm) -> None:
    form.to_id.choices = places.offered(ctx, ENDS["release"][1])
    form.supplier_id.choices = first_line(_("not chosen"), offered_suppliers(ctx, form.supplier_id.data))


@blueprint.post("/inspections/<int:record_id>/finding")
@needs(INSPECT)
def inspection_finding(record_id: int):
    """Write down what was found."""
    ctx = current_ctx()
    form = FindingForm(formdata=request.form)
    return carry_out(
        form, lambda: quality.record_finding(ctx, record_id, form.finding.data or "", version=form.seen),
        _("Saved"), url_for("inventory.inspection_page", record_id=record_id),
        lambda extra, status: _inspection(ctx, record_id, form, extra, status),
    )  # fmt: skip


@blueprint.post("/inspections/<int:record_id>/decide")
@needs(INSPECT)
def inspection_decide(record_id: int):
    """Decide on a quantity; what is to be scrapped is scrapped at once where nobody has to approve it."""
    ctx = current_ctx()
    form = VerdictForm(formdata=request.form)
    _offer(ctx, form)

    def do() -> None:
        verdict = form.verdict.data
        data = VerdictData(
            verdict, _quantity(form), form.note.data or "", form.to_id.data if verdict == "release" else None,
            form.supplier_id.data or None, form.expects.data,
        )
        quality.decide(ctx, record_id, data, version=form.seen)
        if verdict == "scrap" and ctx.can(ASK):
            _scrap_now(ctx, queries.scraps_of(ctx, record_id)[-1])

    return carry_out(
        form, do, _("Decision recorded"), url_for("inventory.inspection_page", record_id=record_id),
        lambda extra, status: _inspection(ctx, record_id, form, extra, status),
    )  # fmt: skip


# --- scrap ----------------------------------------------------------------------------------------------------------


def _scrap_now(ctx: Ctx, row: Scrap) -> None:
    """Scrap it; where the rules want an approval, that is asked for and told."""
    try:
        scrapping.carry_out(ctx, row.id)
    except Conflict as error:
        ctx.session.expire_all()
        flash_error(error)


@blueprint.route("/scraps/new", methods=["GET", "POST"])
@needs(ASK)
def scrap_new():
    """Ask for stock to be scrapped."""
    ctx = current_ctx()
    balance = _balance(ctx)
    form = ScrapForm(formdata=typed(), quantity=tidy(balance.on_hand - balance.reserved))

    def save() -> Scrap:
        row = scrapping.ask_scrap(ctx, ScrapData(balance.id, _quantity(form), form.reason.data or ""))
        _scrap_now(ctx, row)
        return row

    return form_page(
        form, save, "inventory/balance_form.html", lambda row: url_for("inventory.scrap_page", record_id=row.id),
        balance=balance, lot=lot_words(balance), heading=_("Scrap it"), go=_("Scrap it"),
    )  # fmt: skip


@blueprint.get("/scraps/<int:record_id>")
@needs(VIEW)
def scrap_page(record_id: int):
    """One scrapping: what, why, what it is worth, what it waits for."""
    return _scrap(current_ctx(), record_id)


def _scrap(ctx: Ctx, scrap_id: int, form: ReasonForm | None = None, extra: list[str] | None = None, status: int = 200):
    row = queries.get_scrap(ctx, scrap_id)
    ways = {t.name: t for t in possible(ctx, scrapping.WORKFLOW, row)}
    shown = render_template(
        "inventory/scrap.html", row=row, part=row.part, lot=lot_words(row), mark=scrap_mark(row),
        place=place_name(row.location), form=form or ReasonForm(formdata=None, version=row.version),
        amount=money_words(row.amount, ctx.company.currency) if row.amount is not None else "",
        inspection=queries.get_inspection(ctx, row.inspection_id) if row.inspection_id is not None else None,
        gates=gates(ctx, ways["scrap"], row) if "scrap" in ways else [], extra=extra or [],
        may={"scrap": "scrap" in ways, "withdraw": "withdraw" in ways}, panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip
    return shown, status


@blueprint.post("/scraps/<int:record_id>/scrap")
@needs(ASK)
def scrap_do(record_id: int):
    """Carry it out, or ask for the approval that it needs."""
    ctx = current_ctx()
    form = VersionForm(formdata=request.form)
    queries.get_scrap(ctx, record_id)
    try:
        scrapping.carry_out(ctx, record_id, version=form.seen)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        ctx.session.expire_all()
        if error.code == "stale":
            return _scrap(ctx, record_id, extra=[error.message], status=error.status)
        flash_error(error)
    else:
        flash_done(_("Scrapped"))
    return redirect(url_for("inventory.scrap_page", record_id=record_id))


@blueprint.post("/scraps/<int:record_id>/withdraw")
@needs(ASK)
def scrap_withdraw(record_id: int):
    """It is not scrapped after all."""
    ctx = current_ctx()
    form = ReasonForm(formdata=request.form)
    return carry_out(
        form, lambda: scrapping.withdraw(ctx, record_id, form.reason.data or "", version=form.seen), _("Withdrawn"),
        url_for("inventory.scrap_page", record_id=record_id),
        lambda extra, status: _scrap(ctx, record_id, form, extra, status),
    )  # fmt: skip


# --- returns to suppliers -------------------------------------------------------------------------------------------


@blueprint.get("/supplier-returns/<int:record_id>")
@needs(VIEW)
def supplier_return_page(record_id: int):
    """One return to a supplier: what is expected for it, what is outstanding."""
    return _supplier_return(current_ctx(), record_id)


def _supplier_return(
    ctx: Ctx, return_id: int, form: SettleForm | None = None, extra: list[str] | None = None, status: int = 200
):
    row: SupplierReturn = queries.get_supplier_return(ctx, return_id)
    left = row.quantity - row.settled
    shown = render_template(
        "inventory/supplier_return.html", row=row, part=row.part, lot=lot_words(row.inspection), left=left,
        mark=supplier_mark(row), expects=_(EXPECTED_WORDS[row.expects]), inspection=row.inspection,
        form=form or SettleForm(formdata=None, version=row.version, quantity=tidy(left)), extra=extra or [],
        may={"settle": ctx.can(INSPECT) and left > 0}, panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip
    return shown, status


@blueprint.post("/supplier-returns/<int:record_id>/settle")
@needs(INSPECT)
def supplier_return_settle(record_id: int):
    """The supplier has made good some of it."""
    ctx = current_ctx()
    form = SettleForm(formdata=request.form)
    return carry_out(
        form, lambda: quality.settle(ctx, record_id, _quantity(form), form.note.data or "", version=form.seen),
        _("Saved"), url_for("inventory.supplier_return_page", record_id=record_id),
        lambda extra, status: _supplier_return(ctx, record_id, form, extra, status),
    )  # fmt: skip


# --- what it is worth -----------------------------------------------------------------------------------------------


@blueprint.route("/parts/<int:record_id>/cost", methods=["GET", "POST"])
@needs(costs.EDIT)
def cost_edit(record_id: int):
    """Say what one of a part is worth."""
    ctx = current_ctx()
    part = part_queries.get_part(ctx, record_id)
    row = queries.get_cost(ctx, part.id)
    known = {} if row is None else {"amount": tidy(row.amount), "version": row.version}
    form = CostForm(formdata=typed(), **{"version": "", **known})
    return form_page(
        form, lambda: costs.set_cost(ctx, part.id, form.amount.data or Decimal(0), version=form.seen),
        "inventory/cost_form.html", lambda _row: url_for("inventory.part_page", record_id=part.id), part=part,
    )  # fmt: skip
