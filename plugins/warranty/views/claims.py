"""Pages of claims to suppliers: opening one, one claim, what came back. The list is declared in ``lists``."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import Response, redirect, render_template, request, url_for

from core.api import Ctx, DomainError, RecordRef, _, decisions_on, gates, mails_on, n_, possible, timeline
from core.web_api import (
    Bar,
    ChartTable,
    RecordForms,
    Step,
    charts,
    chosen,
    clock_views,
    current_ctx,
    day_of,
    decision_view_of,
    first_line,
    flash_done,
    form_token,
    money_words,
    needs,
    panels_of,
    plain_form,
    record_id,
    sent,
    timeline_items,
    typed,
)
from plugins.base import queries as base_queries
from plugins.base.contracts import UNIT
from plugins.base.queries.suppliers import offered_suppliers
from plugins.warranty import agreed_life as life
from plugins.warranty.agreed import (
    CLAIM_ANSWER_WORDS,
    CLAIM_OUTCOME_WORDS,
    CLAIM_STATE_WORDS,
    RECOVERY_WORDS,
    TELL_WORDS,
    WISH_WORDS,
    WITHIN_WORDS,
    AnswerData,
    ClaimData,
    RecoveredBy,
    RecoveryData,
    TellData,
)
from plugins.warranty.forms import agreed as forms
from plugins.warranty.models.claims import SupplierClaim
from plugins.warranty.panels.suppliers import next_step
from plugins.warranty.queries import agreements, suppliers
from plugins.warranty.queries import claims as queries
from plugins.warranty.rules.agreements import add_months
from plugins.warranty.services import claims as services
from plugins.warranty.views.blueprint import blueprint

SHOWN = 10
"""A chart shows so many suppliers; its table shows all."""


# --- opening --------------------------------------------------------------------------------------------------------


@blueprint.route("/claims/new", methods=["GET", "POST"])
@needs(life.WORK_CLAIMS)
def claim_new():
    """Open a claim about a unit, a product or a record of another module; sending it twice makes one (by its token)."""
    ctx = current_ctx()
    form = forms.ClaimForm(formdata=typed(), **_prefilled())
    unit: Any = _unit(ctx, form.device_id.data)
    product_id = unit.product_id if unit is not None else record_id(form.product_id.data)
    facts = suppliers.supplier_of(
        ctx, unit_id=unit.id if unit is not None else None, product_id=product_id, on=ctx.today
    )
    form.supplier_id.choices = first_line(_("By the terms agreed"), offered_suppliers(ctx))
    source = _source(ctx, form)
    extra: list[str] = []
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                claim = services.open_claim(ctx, _data(form, source))
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                extra, status = form.refuse(error), error.status
            else:
                flash_done(_("Claim {number} opened; tell {supplier} now", number=claim.number,
                             supplier=claim.supplier.name))  # fmt: skip
                return redirect(url_for("warranty.claim_page", record_id=claim.id, _anchor="tell"))
    page = render_template(
        "warranty/claim_new.html",
        form=form,
        extra=extra,
        unit=unit,
        product=base_queries.get_product(ctx, product_id) if product_id is not None else None,
        facts=facts,
        source=source,
        source_words=_source_words(ctx, source),
    )
    return page, status


def _prefilled() -> dict[str, Any]:
    names = ("device_id", "product_id", "kind", "source_id", "subject", "batch")
    found: dict[str, Any] = {name: request.args.get(name, "") for name in names}
    return {**found, "token": form_token(), "supplier_id": record_id(request.args.get("supplier_id")) or 0}


def _unit(ctx: Ctx, text: Any) -> Any:
    found = record_id(text)
    return base_queries.get_unit(ctx, found) if found else None


def _source(ctx: Ctx, form: forms.ClaimForm) -> RecordRef | None:
    """The record from which it arises, if it is one that this person may see."""
    number, kind = record_id(form.source_id.data), ctx.registry.kinds.get(form.kind.data or "")
    if number is None or kind is None or kind.kind == UNIT or (kind.view and not ctx.can(kind.view)):
        return None
    row = base_queries.find(ctx, kind.model, number)
    return RecordRef(kind.kind, number) if row is not None and (kind.sees is None or kind.sees(ctx, row)) else None


def _source_words(ctx: Ctx, source: RecordRef | None) -> tuple[str, str]:
    """(what a record is called, its address) of what a claim arises from."""
    kind = ctx.registry.kinds.get(source.kind) if source is not None else None
    if source is None or kind is None or (kind.view and not ctx.can(kind.view)):
        return "", ""
    row = base_queries.find(ctx, kind.model, source.id)
    if row is None:
        return "", ""
    url = url_for(kind.endpoint, record_id=source.id) if kind.endpoint else ""
    return f"{_(kind.label)} {kind.number(row)}", url


def _data(form: forms.ClaimForm, source: RecordRef | None) -> ClaimData:
    return ClaimData(
        subject=form.subject.data or "",
        supplier_id=chosen(form.supplier_id.data),
        device_id=record_id(form.device_id.data),
        product_id=record_id(form.product_id.data),
        source=source,
        part=form.part.data or "",
        part_group=form.part_group.data or "",
        batch=form.batch.data or "",
        found_on=form.found_on.data,
        problem=form.problem.data or "",
        wish=form.wish.data,
        loss=form.loss.data,
        claimed=form.claimed.data,
        external_key=f"form:{form.token.data}"[:120] if form.token.data else None,
    )


# --- one claim ------------------------------------------------------------------------------------------------------


@blueprint.get("/claims/<int:record_id>")
@needs(life.SEE_CLAIMS)
def claim_page(record_id: int):
    """Everything about one claim."""
    ctx = current_ctx()
    return _page(ctx, queries.get_claim(ctx, record_id))


def _page(ctx: Ctx, claim: SupplierClaim, *, failed: Any = None, name: str = "", extra=(), status: int = 200):
    source = RecordRef(claim.record_kind, claim.record_id) if claim.record_id is not None else None
    can = {t.name for t in possible(ctx, life.CLAIMS, claim)}
    page = render_template(
        "warranty/claim.html",
        claim=claim,
        supplier=claim.supplier,
        unit=base_queries.get_unit(ctx, claim.device_id) if claim.device_id is not None else None,
        product=base_queries.get_product(ctx, claim.product_id) if claim.product_id is not None else None,
        badges_of=base_queries.unit_badges(ctx, [claim.device_id] if claim.device_id is not None else ()),
        steps=_steps(claim),
        state=_(CLAIM_OUTCOME_WORDS[claim.outcome] if claim.outcome and not claim.is_open
                else CLAIM_STATE_WORDS[claim.state]),  # fmt: skip
        words={
            "wish": _(WISH_WORDS[claim.wish]),
            "within": _(WITHIN_WORDS[claim.within]),
            "told_by": _(TELL_WORDS[claim.told_by]) if claim.told_by else "",
            "answer": _(CLAIM_ANSWER_WORDS[claim.answer]) if claim.answer else "",
        },
        source=_source_words(ctx, source),
        recoveries=[(row, _(RECOVERY_WORDS[row.way])) for row in queries.recoveries_of(ctx, claim.id)],
        owner=agreements.names_of(ctx, [claim.assignee_id]).get(claim.assignee_id or 0, ""),
        clocks=clock_views(ctx, claim),
        decisions=[decision_view_of(ctx, d) for d in decisions_on(ctx, claim)],
        mails=mails_on(ctx, claim),
        panels=panels_of(ctx, claim),
        history=timeline_items(ctx, timeline(ctx, claim)),
        can=can,
        next_step=next_step(claim.state),
        gates=[g for g in gates(ctx, life.CLAIMS.transition("close"), claim) if g.open] if "close" in can else [],
        forms=ACTS.forms(ctx, claim, failed, name),
        failed=name,
        extra=list(extra),
    )
    return page, status


def _steps(claim: SupplierClaim) -> list[Step]:
    last = "withdrawn" if claim.state == "withdrawn" else "closed"
    way = ["opened", "told", "answered", last]
    here = way.index(claim.state)
    moments = {"opened": claim.opened_at, "told": claim.told_at, "answered": claim.answered_at, last: claim.closed_at}
    return [
        Step(
            _(CLAIM_STATE_WORDS[name]),
            "cur" if i == here else "done" if i < here else "",
            f"{moments[name]:%Y-%m-%d}" if moments[name] else "",
        )
        for i, name in enumerate(way)
    ]


# --- what may be done to it -----------------------------------------------------------------------------------------


def _amounts_form(ctx: Ctx, claim: SupplierClaim) -> forms.AmountsForm:
    return forms.AmountsForm(
        formdata=sent(ctx, claim, "amounts"), version=claim.version, loss=claim.loss, claimed=claim.claimed
    )


def _tell_form(ctx: Ctx, claim: SupplierClaim) -> forms.TellForm:
    subject, body = services.letter(ctx, claim, ctx.locale)
    return forms.TellForm(
        formdata=sent(ctx, claim, "tell", "tell"),
        version=claim.version,
        by="mail" if claim.supplier.email else "phone",
        to=claim.supplier.email or claim.supplier.phone,
        subject=subject,
        body=body,
    )


def _give_form(ctx: Ctx, claim: SupplierClaim) -> forms.PersonForm:
    form = forms.PersonForm(formdata=sent(ctx, claim, "give"), version=claim.version, user_id=claim.assignee_id)
    form.user_id.choices = agreements.people(ctx)
    return form


def _recovery_form(ctx: Ctx, claim: SupplierClaim) -> forms.RecoveryForm:
    return forms.RecoveryForm(formdata=sent(ctx, claim, "recover"), token=form_token(), received_on=ctx.today)


def _do(ctx: Ctx, claim_id: int, name: str, form: Any) -> str:
    return _DOERS[name](ctx, claim_id, form)


def _tell(ctx: Ctx, claim_id: int, form: Any) -> str:
    data = TellData(
        form.by.data, form.to.data or "", form.subject.data or "", form.body.data or "", ctx.locale
    )
    done = services.tell_supplier(ctx, claim_id, data, version=form.seen)
    if data.by == "mail":
        return _("The mail is on its way to {email}", email=done.told_to)
    return _("{supplier} was told, recorded", supplier=done.supplier.name)


def _answer(ctx: Ctx, claim_id: int, form: Any) -> str:
    data = AnswerData(form.answer.data, form.text.data or "", form.accepted.data)
    services.record_answer(ctx, claim_id, data, version=form.seen)
    return _("Answer recorded")


def _insist(ctx: Ctx, claim_id: int, form: Any) -> str:
    services.insist(ctx, claim_id, form.reason.data, version=form.seen)
    return _("The supplier has a new time to answer")


def _amounts(ctx: Ctx, claim_id: int, form: Any) -> str:
    services.change_amounts(ctx, claim_id, form.loss.data, form.claimed.data, version=form.seen)
    return _("Amounts corrected")


def _give(ctx: Ctx, claim_id: int, form: Any) -> str:
    services.give_claim(ctx, claim_id, form.user_id.data, version=form.seen)
    return _("Given to {name}", name=dict(agreements.people(ctx)).get(form.user_id.data, ""))


def _recover(ctx: Ctx, claim_id: int, form: Any) -> str:
    once = f"form:{form.token.data}"[:120]
    data = RecoveryData(form.amount.data, form.received_on.data, form.way.data, form.reference.data or "", once)
    services.record_recovery(ctx, claim_id, data)
    return _("Recorded")


def _close(ctx: Ctx, claim_id: int, form: Any) -> str:
    waive = {k.removeprefix("waive-"): v for k, v in request.form.items() if k.startswith("waive-") and v.strip()}
    done = services.close_claim(
        ctx, claim_id, form.outcome.data, form.text.data or "", waive=waive, version=form.seen
    )
    return _("{number} closed", number=done.number)


def _withdraw(ctx: Ctx, claim_id: int, form: Any) -> str:
    done = services.withdraw_claim(ctx, claim_id, form.reason.data, version=form.seen)
    return _("{number} withdrawn", number=done.number)


_DOERS: dict[str, Callable[[Ctx, int, Any], str]] = {
    "tell": _tell,
    "answer": _answer,
    "insist": _insist,
    "amounts": _amounts,
    "give": _give,
    "recover": _recover,
    "close": _close,
    "withdraw": _withdraw,
}
ACTS = RecordForms(
    {
        "tell": _tell_form,
        "answer": plain_form("answer", forms.AnswerForm, "answer"),
        "insist": plain_form("insist", forms.ReasonForm, "insist"),
        "amounts": _amounts_form,
        "give": _give_form,
        "recover": _recovery_form,
        "close": plain_form("close", forms.CloseClaimForm, "close"),
        "withdraw": plain_form("withdraw", forms.ReasonForm, "withdraw"),
    },
    dict.fromkeys(("tell", "answer", "insist", "amounts", "give", "recover"), life.WORK_CLAIMS)
    | dict.fromkeys(("close", "withdraw"), life.CLOSE_CLAIMS),
    queries.get_claim,
    _page,
    _do,
    lambda number: url_for("warranty.claim_page", record_id=number),
)


@blueprint.post("/claims/<int:record_id>/<action>")
@needs(life.SEE_CLAIMS)
def claim_act(record_id: int, action: str):
    """Carry one action out; the service asks for its right. On an error the page comes back with what was typed."""
    return ACTS.run(record_id, action)


# --- what came back -------------------------------------------------------------------------------------------------


@blueprint.get("/recovered")
@needs(life.SEE_CLAIMS)
def recovered_page():
    """What was lost, claimed and recovered, by supplier, in a period."""
    ctx = current_ctx()
    begins, ends = _period(ctx)
    rows = queries.recovered_by_supplier(ctx, begins, ends)
    return render_template(
        "warranty/recovered.html",
        begins=begins,
        ends=ends,
        rows=rows,
        total=_total(rows),
        periods=_periods(ctx, begins, ends),
        chart=_chart(ctx, rows),
    )


def _period(ctx: Ctx) -> tuple[dt.date, dt.date]:
    """The period asked for; the last twelve months unless it is one."""
    begins, ends = day_of(request.args.get("begins")), day_of(request.args.get("ends"))
    if begins is None or ends is None:
        return add_months(ctx.today, -12) + dt.timedelta(days=1), ctx.today
    return (begins, ends) if begins <= ends else (ends, begins)


def _periods(ctx: Ctx, begins: dt.date, ends: dt.date) -> list[tuple[str, str, bool]]:
    """(words, address, whether shown now) of usual periods."""
    quarter = ctx.today.replace(month=(ctx.today.month - 1) // 3 * 3 + 1, day=1)
    offered = (
        (_("This quarter"), quarter),
        (_("This year"), ctx.today.replace(month=1, day=1)),
        (_("Twelve months"), add_months(ctx.today, -12) + dt.timedelta(days=1)),
    )
    return [
        (words, url_for("warranty.recovered_page", begins=first.isoformat(), ends=ctx.today.isoformat()),
         (begins, ends) == (first, ctx.today))
        for words, first in offered
    ]  # fmt: skip


def _total(rows: list[RecoveredBy]) -> RecoveredBy:
    nothing = Decimal(0)
    return RecoveredBy(
        0,
        _("All suppliers"),
        sum(r.claims for r in rows),
        sum(r.open for r in rows),
        sum((r.loss for r in rows), nothing),
        sum((r.claimed for r in rows), nothing),
        sum((r.recovered for r in rows), nothing),
        sum(r.answered_late for r in rows),
    )


def _chart(ctx: Ctx, rows: list[RecoveredBy]) -> dict[str, Any]:
    """What came back, by supplier, as bars with their numbers."""
    title = _("Recovered, by supplier")
    bars = [Bar(r.name, int(r.recovered)) for r in rows[:SHOWN] if r.recovered]
    table = ChartTable(
        (_("Supplier"), _("Recovered")), [(r.name, money_words(r.recovered, ctx.company.currency)) for r in rows]
    )
    lead = _("Nothing was recovered in this period.")
    if bars:
        lead = n_("{n} supplier gave something; most came from {name}.",
                  "{n} suppliers gave something; most came from {name}.",
                  sum(1 for r in rows if r.recovered), name=rows[0].name)  # fmt: skip
    return {"title": title, "lead": lead, "drawing": charts.lying_bars(title, bars), "table": table}


@blueprint.get("/recovered.csv")
@needs(life.SEE_CLAIMS)
def recovered_csv():
    """The numbers of the page, a supplier a line."""
    ctx = current_ctx()
    begins, ends = _period(ctx)
    out = io.StringIO()
    writer = csv.writer(out)
    heads = (_("Supplier"), _("Claims"), _("Open claims"), _("Loss"), _("Claimed"), _("Recovered"), _("Answered late"))
    writer.writerow(heads)
    for r in queries.recovered_by_supplier(ctx, begins, ends):
        writer.writerow([_harmless(r.name), r.claims, r.open, r.loss, r.claimed, r.recovered, r.answered_late])
    headers = {"Content-Disposition": f'attachment; filename="recovered-{begins:%Y%m%d}-{ends:%Y%m%d}.csv"'}
    return Response("\ufeff" + out.getvalue(), mimetype="text/csv", headers=headers)


def _harmless(text: str) -> str:
    """A name that a spreadsheet does not take for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text
