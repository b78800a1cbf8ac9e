"""Pages of reports that a promise will not be kept: reporting it, answering it, telling the customer."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for

from core.api import Ctx, _, timeline
from core.web_api import (
    RecordForms,
    clock_views,
    current_ctx,
    form_page,
    form_token,
    needs,
    panels_of,
    plain_form,
    sent,
    timeline_items,
    typed,
)
from plugins.service import life
from plugins.service.forms import late as forms
from plugins.service.late_contracts import LATE_ANSWER_WORDS, LATE_HOW_WORDS, LATE_STATE_WORDS, PROMISE_WORDS, LateData
from plugins.service.models import LateReport
from plugins.service.queries import late as queries
from plugins.service.queries import orders as order_queries
from plugins.service.services import late as services
from plugins.service.views.blueprint import blueprint


@blueprint.route("/<int:record_id>/late", methods=["GET", "POST"])
@needs(life.WORK)
def late_new(record_id: int):
    """I will miss the time promised: reason, new time, help; the head is told at once (VCH-9)."""
    ctx = current_ctx()
    order = order_queries.get_order(ctx, record_id)
    form = forms.LateForm(formdata=typed(), token=form_token())
    promise = queries.promise_of(ctx, order)

    def save() -> LateReport:
        data = LateData(
            form.reason.data or "", form.new_at.data, form.help.data or "", form.told_how.data or "",
            form.mail_to.data or "", f"form:{form.token.data}" if form.token.data else "",
        )
        return services.report_late(ctx, order.id, data)

    return form_page(
        form, save, "service/late_new.html", lambda row: url_for("service.late_page", record_id=row.id), order=order,
        promise=(_(PROMISE_WORDS[promise[0]]), promise[1]) if promise is not None else None,
    )  # fmt: skip


@blueprint.get("/late/<int:record_id>")
@needs(life.VIEW)
def late_page(record_id: int):
    """One report: what was promised, why it will be missed, what the head does about it."""
    ctx = current_ctx()
    return _page(ctx, queries.get_report(ctx, record_id))


def _page(ctx: Ctx, row: LateReport, *, failed: Any = None, name: str = "", extra: Any = (), status: int = 200):
    order = row.order
    page = render_template(
        "service/late.html",
        r=row,
        order=order,
        promise=_(PROMISE_WORDS[row.promise]),
        state=_(LATE_STATE_WORDS[row.state]),
        answer=_(LATE_ANSWER_WORDS[row.answer]) if row.answer else "",
        told=_(LATE_HOW_WORDS[row.told_how]),
        technician=order_queries.names_of(ctx, [order.assignee_id]).get(order.assignee_id or 0, ""),
        clocks=clock_views(ctx, row) if row.state == "open" else [],
        may={
            "answer": row.state == "open" and ctx.can(life.DISPATCH),
            "tell": row.told_at is None and row.state != "over" and ctx.can(life.WORK),
        },
        panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
        forms=LATE_ACTS.forms(ctx, row, failed, name),
        failed=name,
        extra=list(extra),
    )
    return page, status


@blueprint.post("/late/<int:record_id>/<action>")
@needs(life.VIEW)
def late_act(record_id: int, action: str):
    """Carry one action out; the service asks for its right."""
    return LATE_ACTS.run(record_id, action)


def _do(ctx: Ctx, report_id: int, name: str, form: Any) -> str:
    if name == "tell":
        services.tell_customer(ctx, report_id, form.told_how.data or "", form.mail_to.data or "")
        return _("Recorded: the customer was told")
    services.answer_late(ctx, report_id, form.answer.data, form.text.data or "", version=form.seen)
    return _("Answered; whoever reported it is told")


LATE_ACTS = RecordForms(
    makers={
        "answer": plain_form("answer", forms.LateAnswerForm),
        "tell": lambda ctx, row: forms.LateToldForm(formdata=sent(ctx, row, "tell")),
    },
    rights={"answer": life.DISPATCH, "tell": life.WORK},
    find=queries.get_report,
    page=_page,
    do=_do,
    back=lambda record_id: url_for("service.late_page", record_id=record_id),
)
