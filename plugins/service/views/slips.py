"""Pages of signed slips: sending one from a phone, looking at it, accepting it or sending it back."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for

from core.api import Ctx, DomainError, _, clocks_on, timeline
from core.web_api import (
    RecordForms,
    clock_view_of,
    current_ctx,
    flash_done,
    form_token,
    needs,
    panels_of,
    plain_form,
    sent,
    timeline_items,
)
from plugins.service import life
from plugins.service.forms import slips as forms
from plugins.service.models import Order, Slip
from plugins.service.queries import orders as order_queries
from plugins.service.queries import slips as queries
from plugins.service.services import slips as services
from plugins.service.services.slips import JUDGE
from plugins.service.slip_contracts import (
    SLIP_CHECK,
    SLIP_DUE,
    SLIP_STATE_ICONS,
    SLIP_STATE_TONES,
    SLIP_STATE_WORDS,
    SlipData,
)
from plugins.service.views.blueprint import blueprint


@blueprint.route("/<int:record_id>/slip", methods=["GET", "POST"])
@needs(life.WORK)
def slip_new(record_id: int):
    """Send the slip that the customer signed."""
    ctx = current_ctx()
    order = order_queries.get_order(ctx, record_id)
    sent_now = request.method == "POST"
    form = forms.SlipForm(formdata=request.form if sent_now else None, token=form_token(), signed_by=order.person_name)
    extra: list[str] = []
    status = 200
    if sent_now:
        status = 422
        if form.validate():
            try:
                slip = services.send_slip(ctx, order.id, _data(form))
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                ctx.session.expire_all()
                extra, status = form.refuse(error), error.status
            else:
                flash_done(_("The signed slip of {number} is sent", number=slip.order.number))
                return redirect(url_for("service.slip_page", record_id=slip.id))
    newest = queries.newest_of(ctx, order.id)
    back = newest if newest is not None and newest.state == "sent_back" else None
    page = render_template("service/slip_new.html", order=order, form=form, extra=extra, back=back)
    return page, status


def _data(form: forms.SlipForm) -> SlipData:
    pages = [(f.filename, f.read()) for f in request.files.getlist("pages") if f.filename]
    return SlipData(
        pages, form.signed_by.data or "", form.tracking.data or "", form.note.data or "",
        f"form:{form.token.data}" if form.token.data else "",
    )  # fmt: skip


@blueprint.get("/slips/<int:record_id>")
@needs(life.VIEW)
def slip_page(record_id: int):
    """One signed slip with its pages."""
    ctx = current_ctx()
    return _page(ctx, queries.get_slip(ctx, record_id))


def _page(ctx: Ctx, slip: Slip, *, failed: Any = None, name: str = "", extra: Any = (), status: int = 200):
    order = slip.order
    newest = queries.newest_of(ctx, order.id)
    judges = slip is newest and services.may_judge(ctx, slip)
    page = render_template(
        "service/slip.html",
        slip=slip,
        order=order,
        state=(_(SLIP_STATE_WORDS[slip.state]), SLIP_STATE_ICONS[slip.state], SLIP_STATE_TONES[slip.state]),
        pages=queries.pages_of(ctx, slip.id),
        office=order.office.name if order.office else "",
        clocks=[clock_view_of(ctx, c) for c in _clocks(ctx, order)] if slip is newest else [],
        may_judge=judges and slip.state == "waiting",
        may_back=judges and slip.state in ("waiting", "accepted") and order.is_open,
        may_take=services.may_judge(ctx, slip) and slip.original_at is None and slip.state != "replaced",
        may_mail=ctx.can(life.WORK) and not slip.tracking and slip.state != "replaced",
        send_url=_send_url(ctx, order, slip) if slip is newest else "",
        panels=panels_of(ctx, slip),
        history=timeline_items(ctx, timeline(ctx, slip)),
        forms=ACTS.forms(ctx, slip, failed, name),
        failed=name,
        extra=list(extra),
    )
    return page, status


def _clocks(ctx: Ctx, order: Order) -> list[Any]:
    return [c for c in clocks_on(ctx, order) if c.kind in (SLIP_DUE, SLIP_CHECK) and c.state != "cancelled"]


def _send_url(ctx: Ctx, order: Order, slip: Slip) -> str:
    may = order.is_open and ctx.can(life.WORK) and slip.state == "sent_back"
    return url_for("service.slip_new", record_id=order.id) if may else ""


@blueprint.post("/slips/<int:record_id>/<action>")
@needs(life.VIEW)
def slip_act(record_id: int, action: str):
    """Carry one action out; the service asks for its right. On an error the page comes back with what was typed."""
    return ACTS.run(record_id, action)


def _mail_form(ctx: Ctx, slip: Slip) -> forms.SlipMailForm:
    return forms.SlipMailForm(formdata=sent(ctx, slip, "mail"), version=slip.version)


def _do(ctx: Ctx, slip_id: int, name: str, form: Any) -> str:
    if name == "accept":
        services.accept_slip(ctx, slip_id, version=form.seen)
        return _("The slip is accepted")
    if name == "back":
        services.send_slip_back(ctx, slip_id, form.reason.data, version=form.seen)
        return _("Sent back; the agent was told")
    if name == "mail":
        services.mail_original(ctx, slip_id, form.tracking.data, version=form.seen)
        return _("The tracking number is recorded")
    services.take_original(ctx, slip_id, version=form.seen)
    return _("The original is recorded as here")


ACTS = RecordForms(
    makers={
        "accept": plain_form("accept", forms.SlipStepForm),
        "back": plain_form("back", forms.SlipBackForm),
        "mail": _mail_form,
        "original": plain_form("original", forms.SlipStepForm),
    },
    rights={"accept": JUDGE, "back": JUDGE, "mail": life.WORK, "original": JUDGE},
    find=queries.get_slip,
    page=_page,
    do=_do,
    back=lambda record_id: url_for("service.slip_page", record_id=record_id),
)
