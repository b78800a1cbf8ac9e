"""Pages of sale prices: asking for a change, deciding on it. The lists are declared."""

from __future__ import annotations

from decimal import Decimal

from flask import redirect, render_template, request, url_for

from core.api import Conflict, Ctx, DomainError, _, gates, possible, timeline
from core.web_api import (
    carry_out,
    current_ctx,
    flash_done,
    flash_error,
    form_page,
    needs,
    panels_of,
    timeline_items,
    typed,
)
from plugins.inventory.forms.common import ReasonForm, VersionForm
from plugins.inventory.forms.pricing import PriceForm
from plugins.inventory.lists.pricing import change_mark
from plugins.inventory.models import PriceChange
from plugins.inventory.pricing_contracts import PriceData
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.queries import pricing as queries
from plugins.inventory.rules.pricing import percent
from plugins.inventory.services import pricing as services
from plugins.inventory.services.pricing import ASK, DECIDE, SEE
from plugins.inventory.views.blueprint import blueprint
from plugins.inventory.views.catalogue import part_of


@blueprint.route("/price-changes/new", methods=["GET", "POST"])
@needs(ASK)
def price_new():
    """Ask for another price; ``part`` of the address fills the form. Who may decide on prices has it in force at once,
    where the company's table asks for nobody else.
    """
    ctx = current_ctx()
    form = PriceForm(formdata=typed(), part=(request.args.get("part") or "")[:60], valid_from=ctx.today)

    def save() -> PriceChange:
        data = PriceData(
            part_of(ctx, form.part.data), form.price.data or Decimal(0), form.valid_from.data or ctx.today,
            form.reason.data or "",
        )  # fmt: skip
        row = services.ask_change(ctx, data)
        if not any(gate.open for gate in services.authority(ctx, row)):
            _put_in_force(ctx, row.id)
        return row

    return form_page(
        form, save, "inventory/price_form.html",
        lambda row: url_for("inventory.price_change_page", record_id=row.id), known=part_queries.offered_parts(ctx),
    )  # fmt: skip


def _put_in_force(ctx: Ctx, change_id: int) -> None:
    """Put it in force; where the rules want an approval, that is asked for and told."""
    try:
        services.put_in_force(ctx, change_id)
    except Conflict as error:
        ctx.session.expire_all()
        flash_error(error)


@blueprint.get("/price-changes/<int:record_id>")
@needs(SEE)
def price_change_page(record_id: int):
    """One change of a price: from what to what, from when on, why, who decides."""
    return _page(current_ctx(), record_id)


def _page(ctx: Ctx, change_id: int, form: ReasonForm | None = None, extra: list[str] | None = None, status: int = 200):
    row = queries.get_change(ctx, change_id)
    ways = {t.name: t for t in possible(ctx, services.WORKFLOW, row)}
    conditions = gates(ctx, ways["approve"], row) if "approve" in ways else []
    shown = render_template(
        "inventory/price_change.html", row=row, part=row.part, mark=change_mark(row, ctx.today),
        percent=percent(row.before, row.price) if row.before is not None else None,
        form=form or ReasonForm(formdata=None, version=row.version), extra=extra or [], gates=conditions,
        may={"approve": "approve" in ways, "refuse": "refuse" in ways, "withdraw": "withdraw" in ways},
        panels=panels_of(ctx, row), history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip
    return shown, status


@blueprint.post("/price-changes/<int:record_id>/approve")
@needs(ASK)
def price_change_approve(record_id: int):
    """Put it in force, or ask for the approval that it needs."""
    ctx = current_ctx()
    form = VersionForm(formdata=request.form)
    queries.get_change(ctx, record_id)
    try:
        services.put_in_force(ctx, record_id, version=form.seen)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        ctx.session.expire_all()
        if error.code == "stale":
            return _page(ctx, record_id, extra=[error.message], status=error.status)
        flash_error(error)
    else:
        flash_done(_("The price was approved"))
    return redirect(url_for("inventory.price_change_page", record_id=record_id))


@blueprint.post("/price-changes/<int:record_id>/refuse")
@needs(DECIDE)
def price_change_refuse(record_id: int):
    """The price stays as it is."""
    return _end(record_id, services.refuse)


@blueprint.post("/price-changes/<int:record_id>/withdraw")
@needs(ASK)
def price_change_withdraw(record_id: int):
    """It is not asked for any more."""
    return _end(record_id, services.withdraw)


def _end(record_id: int, end):
    ctx = current_ctx()
    form = ReasonForm(formdata=request.form)
    queries.get_change(ctx, record_id)
    return carry_out(
        form, lambda: end(ctx, record_id, form.reason.data or "", version=form.seen), _("Saved"),
        url_for("inventory.price_change_page", record_id=record_id),
        lambda extra, status: _page(ctx, record_id, form, extra, status),
    )  # fmt: skip
