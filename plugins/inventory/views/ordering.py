"""Pages of purchase orders. The list is declared."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request, url_for

from core.api import Ctx, DomainError, _, possible, timeline
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
from plugins.inventory.contracts import OrderData
from plugins.inventory.forms.common import ReasonForm
from plugins.inventory.forms.ordering import OrderForm, arrival_form, arrivals_of
from plugins.inventory.lists.ordering import DECIDE, SEE, order_mark
from plugins.inventory.models import PurchaseOrder
from plugins.inventory.queries import ordering as queries
from plugins.inventory.queries.places import offered
from plugins.inventory.rules.sourcing import cost
from plugins.inventory.services import ordering as services
from plugins.inventory.services.stock import RECEIVE
from plugins.inventory.views.blueprint import blueprint


@blueprint.get("/orders/<int:record_id>")
@needs(SEE)
def order_page(record_id: int):
    """One purchase order: what is ordered, what has come, what is still to come."""
    ctx = current_ctx()
    return _page(ctx, queries.get_order(ctx, record_id))


def _page(
    ctx: Ctx, row: PurchaseOrder, form: ReasonForm | None = None, extra: list[str] | None = None, status: int = 200
):
    ways = {t.name for t in possible(ctx, services.WORKFLOW, row)}
    lines = queries.lines_of(ctx, row.id)
    open_ = row.state in queries.OPEN_STATES
    came = any(line.received for line in lines)
    page = render_template(
        "inventory/order.html", order=row, mark=order_mark(row, ctx.today),
        lines=[(line, cost(line.price, line.quantity)) for line in lines],
        may={
            "edit": ctx.can(DECIDE) and open_, "receive": ctx.can(RECEIVE) and open_, "send": "send" in ways,
            "close": "close" in ways, "cancel": "cancel" in ways and not came,
        },
        form=form or ReasonForm(formdata=None, version=row.version), extra=extra or [],
        panels=panels_of(ctx, row), history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip
    return page, status


@blueprint.route("/orders/<int:record_id>/edit", methods=["GET", "POST"])
@needs(DECIDE)
def order_edit(record_id: int):
    """Write down what the supplier confirmed."""
    ctx = current_ctx()
    row = queries.get_order(ctx, record_id)
    form = OrderForm(formdata=typed(), obj=row, version=row.version)
    form.to_id.choices = offered(ctx)

    def save() -> PurchaseOrder:
        data = OrderData(
            form.to_id.data, form.expected_on.data, form.their_reference.data or "", form.note.data or ""
        )
        return services.change_order(ctx, row.id, data, version=form.seen)

    return form_page(
        form, save, "inventory/order_form.html", lambda o: url_for("inventory.order_page", record_id=o.id), order=row
    )


@blueprint.post("/orders/<int:record_id>/send")
@needs(DECIDE)
def order_send(record_id: int):
    """It was sent to the supplier."""
    ctx = current_ctx()
    form = ReasonForm(formdata=request.form)
    queries.get_order(ctx, record_id)
    try:
        services.send_order(ctx, record_id, version=form.seen)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        ctx.session.expire_all()
        if error.code == "stale":
            return _page(ctx, queries.get_order(ctx, record_id), extra=[error.message], status=error.status)
        flash_error(error)
    else:
        flash_done(_("Sent"))
    return redirect(url_for("inventory.order_page", record_id=record_id))


@blueprint.route("/orders/<int:record_id>/receive", methods=["GET", "POST"])
@needs(RECEIVE)
def order_receive(record_id: int):
    """Take in what has come of an order."""
    ctx = current_ctx()
    ctx.require(SEE)
    row = queries.get_order(ctx, record_id)
    lines = [line for line in queries.lines_of(ctx, row.id) if row.state in queries.OPEN_STATES]
    form = arrival_form(
        lines, formdata=typed(), version=row.version, to_id=row.to_id, once=secrets.token_hex(16)
    )
    form.to_id.choices = offered(ctx)

    def save() -> Any:
        arrivals = arrivals_of(form, lines)
        to_id = form.to_id.data
        return services.receive_order(ctx, row.id, arrivals, to_id, once=form.once.data or "", version=form.seen)

    return form_page(
        form, save, "inventory/order_receive.html", lambda _p: url_for("inventory.order_page", record_id=row.id),
        order=row, lines=[(line, [f for f in form if f.name.endswith(f"_{line.id}")]) for line in lines],
    )  # fmt: skip


@blueprint.post("/orders/<int:record_id>/close")
@needs(DECIDE)
def order_close(record_id: int):
    """What has not come does not come any more."""
    return _ended(record_id, services.close_order, _("Ended early"))


@blueprint.post("/orders/<int:record_id>/cancel")
@needs(DECIDE)
def order_cancel(record_id: int):
    """It is not bought after all."""
    return _ended(record_id, services.cancel_order, _("Cancelled"))


def _ended(order_id: int, end: Callable[..., Any], done: str):
    ctx = current_ctx()
    form = ReasonForm(formdata=request.form)
    queries.get_order(ctx, order_id)
    return carry_out(
        form, lambda: end(ctx, order_id, form.reason.data or "", version=form.seen), done,
        url_for("inventory.order_page", record_id=order_id),
        lambda extra, status: _page(ctx, queries.get_order(ctx, order_id), form, extra, status),
    )  # fmt: skip
