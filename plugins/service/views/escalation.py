"""The page on which a question about an order is put to a department, and decided there."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for

from core.api import Ctx, _
from core.web_api import carry_out, current_ctx, needs
from plugins.service import life
from plugins.service.forms.escalation import DecideForm, EscalateForm
from plugins.service.models import Order
from plugins.service.queries import escalations as queries
from plugins.service.queries import orders as order_queries
from plugins.service.services import escalating
from plugins.service.services.dispatching import ASSESS
from plugins.service.views.blueprint import blueprint


@blueprint.route("/<int:record_id>/escalation", methods=["GET", "POST"])
@needs(life.VIEW)
def escalation_page(record_id: int):
    """Ask a department, or decide what is asked (FLW-6). On an error the page comes back with what was typed."""
    ctx = current_ctx()
    order = order_queries.get_order(ctx, record_id)
    deciding = queries.open_on(ctx, order.id) is not None
    ctx.require(ASSESS if deciding else life.WORK)
    form = _form(ctx, order, deciding)

    def page(extra: list[str], status: int):
        return _page(ctx, order_queries.get_order(ctx, record_id), form, deciding, extra), status

    if request.method != "POST":
        return page([], 200)
    done = _("Decided; the order goes on") if deciding else _("Asked; the order waits for the decision")
    back = url_for("service.order_page", record_id=record_id)
    return carry_out(
        form, lambda: _act(ctx, record_id, form, deciding), done, back, page,
        lambda: order_queries.get_order(ctx, record_id),
    )  # fmt: skip


def _form(ctx: Ctx, order: Order, deciding: bool) -> Any:
    sent = request.form if request.method == "POST" else None
    if deciding:
        return DecideForm(formdata=sent, version=order.version)
    form = EscalateForm(formdata=sent, version=order.version)
    form.unit_id.choices = [(u.id, u.name) for u in order_queries.units(ctx)]
    return form


def _page(ctx: Ctx, order: Order, form: Any, deciding: bool, extra: list[str]) -> str:
    asked = queries.open_on(ctx, order.id) if deciding else None
    unit = order_queries.unit_names(ctx).get(asked.to_unit_id, "") if asked is not None else ""
    return render_template(
        "service/escalation.html", order=order, asked=asked, deciding=deciding, form=form, extra=extra, unit=unit
    )


def _act(ctx: Ctx, order_id: int, form: Any, deciding: bool) -> None:
    if deciding:
        escalating.decide(ctx, order_id, form.answer.data or "", version=form.seen)
    else:
        escalating.escalate(ctx, order_id, form.unit_id.data, form.question.data or "", version=form.seen)
