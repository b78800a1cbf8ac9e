"""Pages of purchase requests. The list is declared."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import redirect, render_template, request, url_for

from core.api import Conflict, Ctx, DomainError, NotFound, _, gates, possible, timeline
from core.web_api import (
    carry_out,
    current_ctx,
    first_line,
    flash_done,
    flash_error,
    form_page,
    needs,
    panels_of,
    pressed,
    timeline_items,
    typed,
)
from plugins.base.queries.suppliers import offered_suppliers
from plugins.inventory.contracts import RequestLineData
from plugins.inventory.forms.buying import LineForm, RequestForm
from plugins.inventory.forms.common import ReasonForm
from plugins.inventory.lists.ordering import order_mark
from plugins.inventory.lists.purchasing import ASK, DECIDE, SEE, request_mark
from plugins.inventory.lists.reorder import why_words
from plugins.inventory.models import PurchaseRequest, PurchaseRequestLine
from plugins.inventory.queries import ordering as order_queries
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.queries import purchasing as queries
from plugins.inventory.queries.places import offered
from plugins.inventory.rules.sourcing import cost
from plugins.inventory.services import ordering
from plugins.inventory.services import purchasing as services
from plugins.inventory.views.blueprint import blueprint
from plugins.inventory.views.catalogue import part_of


@blueprint.get("/requests/<int:record_id>")
@needs(SEE)
def request_page(record_id: int):
    """One purchase request: what it asks for, what it waits for."""
    ctx = current_ctx()
    return _page(ctx, queries.get_request(ctx, record_id))


def _page(
    ctx: Ctx, row: PurchaseRequest, form: ReasonForm | None = None, extra: list[str] | None = None, status: int = 200
):
    ways = {t.name: t for t in possible(ctx, services.WORKFLOW, row)}
    lines = queries.lines_of(ctx, row.id)
    page = render_template(
        "inventory/request.html", request_=row, mark=request_mark(row.state),
        lines=[(line, cost(line.price, line.quantity)) for line in lines],
        gates=gates(ctx, ways["approve"], row) if "approve" in ways else [],
        orders=[(o, order_mark(o, ctx.today)) for o in order_queries.orders_of(ctx, row.id)],
        proposals=[(p, why_words(p)) for p in queries.proposals_of(ctx, row.id)],
        may={
            "approve": "approve" in ways, "order": "order" in ways, "refuse": "refuse" in ways,
            "withdraw": "withdraw" in ways,
            "edit": ctx.can(ASK) and row.state == "draft",
        },
        form=form or ReasonForm(formdata=None, version=row.version), extra=extra or [],
        panels=panels_of(ctx, row), history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip
    return page, status


@blueprint.route("/requests/new", methods=["GET", "POST"])
@needs(ASK)
def request_new():
    """Begin a purchase request."""
    ctx = current_ctx()
    form = RequestForm(formdata=typed(), version="")
    return form_page(
        form, lambda: services.draw_up(ctx, form.reason.data or ""), "inventory/request_form.html",
        lambda row: url_for("inventory.request_page", record_id=row.id),
    )  # fmt: skip


@blueprint.route("/requests/<int:record_id>/lines/new", methods=["GET", "POST"])
@needs(ASK)
def request_line_new(record_id: int):
    """Ask for a part more."""
    ctx = current_ctx()
    row = queries.get_request(ctx, record_id)
    return _line_form(ctx, row, LineForm(formdata=typed(), version=row.version), None)


@blueprint.route("/requests/<int:record_id>/lines/<int:line_id>", methods=["GET", "POST"])
@needs(ASK)
def request_line_edit(record_id: int, line_id: int):
    """Change a line: quantity, supplier, price."""
    ctx = current_ctx()
    row = queries.get_request(ctx, record_id)
    line = queries.get_line(ctx, line_id)
    if line.request_id != row.id:
        raise NotFound("unknown_line", _("There is no such line."))
    values = {
        "part": line.part.code, "quantity": part_queries.tidy(line.quantity), "supplier_id": line.supplier_id or 0,
        "price": line.price, "location_id": line.location_id or 0,
    }  # fmt: skip
    return _line_form(ctx, row, LineForm(formdata=typed(), version=row.version, **values), line)


def _line_form(ctx: Ctx, row: PurchaseRequest, form: LineForm, line: PurchaseRequestLine | None):
    form.supplier_id.choices = first_line(
        _("as the sources say"), offered_suppliers(ctx, line.supplier_id if line else None)
    )
    form.location_id.choices = first_line(_("the whole company"), offered(ctx))

    def save() -> PurchaseRequestLine:
        data = RequestLineData(
            part_of(ctx, form.part.data), form.quantity.data or Decimal(0), form.supplier_id.data or None,
            form.price.data, form.location_id.data or None,
        )  # fmt: skip
        return services.save_line(ctx, row.id, data, line.id if line else None, version=form.seen)

    return form_page(
        form, save, "inventory/request_line_form.html",
        lambda _line: url_for("inventory.request_page", record_id=row.id, _anchor="lines"), request_=row, line=line,
        known=part_queries.offered_parts(ctx),
    )  # fmt: skip


@blueprint.post("/requests/<int:record_id>/lines/<int:line_id>/drop")
@needs(ASK)
def request_line_drop(record_id: int, line_id: int):
    """Take a line out."""
    back = url_for("inventory.request_page", record_id=record_id, _anchor="lines")
    return pressed(lambda: services.drop_line(current_ctx(), line_id), _("Taken out"), back)


@blueprint.post("/requests/<int:record_id>/approve")
@needs(ASK)
def request_approve(record_id: int):
    """Let it be ordered, or ask for the approvals that it needs."""
    ctx = current_ctx()
    form = ReasonForm(formdata=request.form)
    queries.get_request(ctx, record_id)
    return _done(ctx, record_id, lambda: services.approve(ctx, record_id, version=form.seen), _("Approved"))


@blueprint.post("/requests/<int:record_id>/order")
@needs(DECIDE)
def request_order(record_id: int):
    """Make the purchase orders, one for each supplier."""
    ctx = current_ctx()
    form = ReasonForm(formdata=request.form)
    queries.get_request(ctx, record_id)
    return _done(ctx, record_id, lambda: ordering.order_request(ctx, record_id, version=form.seen), _("Ordered"))


def _done(ctx: Ctx, request_id: int, do: Callable[[], Any], done: str):
    try:
        do()
    except DomainError as error:
        if error.status in (403, 404):
            raise
        ctx.session.expire_all()
        if isinstance(error, Conflict) and error.code == "stale":
            return _page(ctx, queries.get_request(ctx, request_id), extra=[error.message], status=error.status)
        flash_error(error)
    else:
        flash_done(done)
    return redirect(url_for("inventory.request_page", record_id=request_id))


@blueprint.post("/requests/<int:record_id>/refuse")
@needs(DECIDE)
def request_refuse(record_id: int):
    """It is not bought."""
    return _ended(record_id, services.refuse, _("Refused"))


@blueprint.post("/requests/<int:record_id>/withdraw")
@needs(ASK)
def request_withdraw(record_id: int):
    """It is not asked for any more."""
    return _ended(record_id, services.withdraw, _("Withdrawn"))


def _ended(request_id: int, end: Callable[..., Any], done: str):
    ctx = current_ctx()
    form = ReasonForm(formdata=request.form)
    queries.get_request(ctx, request_id)
    return carry_out(
        form, lambda: end(ctx, request_id, form.reason.data or "", version=form.seen), done,
        url_for("inventory.request_page", record_id=request_id),
        lambda extra, status: _page(ctx, queries.get_request(ctx, request_id), form, extra, status),
    )  # fmt: skip
