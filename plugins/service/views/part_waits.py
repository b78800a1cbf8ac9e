"""Pages of waiting for a part: saying that one is missing, and that it has arrived."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for

from core.api import DomainError, _
from core.web_api import current_ctx, flash_done, flash_error, needs, typed
from plugins.service import life
from plugins.service.forms import part_waits as forms
from plugins.service.part_wait_contracts import PartWaitData
from plugins.service.queries import orders
from plugins.service.queries import part_waits as queries
from plugins.service.services import part_waits as services
from plugins.service.views.blueprint import blueprint


@blueprint.route("/<int:record_id>/missing-part", methods=["GET", "POST"])
@needs(life.WORK)
def part_wait(record_id: int):
    """A part is missing: where it comes from says when the customer may expect it."""
    ctx = current_ctx()
    order = orders.get_order(ctx, record_id)
    former = queries.standing_wait(ctx, order.id)
    given = {"part": former.part, "part_number": former.part_number, "source": former.source} if former else {}
    form = forms.PartWaitForm(formdata=typed(), version=order.version, **given)
    form.source.choices = [("", _("Choose…")), *queries.source_choices(ctx)]
    extra: list[str] = []
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            data = PartWaitData(
                form.part.data or "", form.source.data or "", form.part_number.data or "", form.told_how.data,
                form.mail_to.data or "", form.explanation.data or "", form.reason.data or "",
            )  # fmt: skip
            try:
                row = services.await_part(ctx, order.id, data, version=form.seen)
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                ctx.session.expire_all()
                extra, status = form.refuse(error), error.status
                if error.code == "stale":
                    form.version.raw_data, form.version.data = None, orders.get_order(ctx, record_id).version
            else:
                days = {"first": row.from_on.isoformat(), "last": row.until_on.isoformat()}
                flash_done(_("The part is expected {first} to {last}", **days))
                return redirect(url_for("service.order_page", record_id=record_id))
    page = render_template("service/part_wait.html", order=order, form=form, extra=extra, former=former)
    return page, status


@blueprint.post("/<int:record_id>/part-arrived")
@needs(life.WORK)
def part_arrived(record_id: int):
    """The part is here: the order goes on."""
    ctx = current_ctx()
    try:
        services.part_arrived(ctx, record_id)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        flash_error(error)
    else:
        flash_done(_("The part has arrived; the order goes on"))
    return redirect(url_for("service.order_page", record_id=record_id))
