"""What may be done to an order: each a form on its page. What was typed is never lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, request, url_for

from core.api import Ctx, _
from core.web_api import carry_out, current_ctx, needs
from plugins.service import life, services
from plugins.service.contracts import OrderData, ResultData
from plugins.service.models import Order
from plugins.service.queries import orders as queries
from plugins.service.views.blueprint import blueprint
from plugins.service.views.intake import facts_of
from plugins.service.views.record import MAKERS, page_of


@blueprint.post("/<int:record_id>/<action>")
@needs(life.VIEW)
def order_act(record_id: int, action: str):
    """Carry one action out; the service asks for its right. On an error the page comes back with what was typed."""
    ctx = current_ctx()
    if action not in MAKERS:
        abort(404)
    ctx.require(RIGHTS[action])

    def order() -> Order:
        return queries.get_order(ctx, record_id)

    form: Any = MAKERS[action](ctx, order())
    return carry_out(
        form,
        lambda: ACTIONS[action](ctx, record_id, form),
        str,
        url_for("service.order_page", record_id=record_id),
        lambda extra, status: page_of(ctx, order(), failed=form, action=action, extra=extra, status=status),
        order,
    )


RIGHTS = {
    "accept": life.ACCEPT, "recall": life.DISPATCH, "start": life.WORK,
    "come_again": life.WORK, "result": life.WORK, "cause": life.WORK, "guidance": life.WORK, "answer": life.WORK,
    "entitle": life.ENTITLE, "work_kind": life.ENTITLE, "consent": life.WORK, "withdraw_consent": life.WORK,
    "wait": life.WORK, "resume": life.WORK, "confirm": life.WORK, "object": life.WORK, "silence": life.WORK,
    "close": life.CLOSE, "reopen": life.REOPEN, "archive": life.ARCHIVE, "cancel": life.CANCEL, "change": life.OPEN,
    "note": life.VIEW,
}
"""What each action needs at least; the service asks for more where it matters."""


def _accept(ctx: Ctx, order_id: int, form) -> str:
    return _("{number} accepted", number=services.accept(ctx, order_id, version=form.seen).number)


def _recall(ctx: Ctx, order_id: int, form) -> str:
    services.recall(ctx, order_id, form.reason.data, version=form.seen)
    return _("Taken back; somebody else is to be found")


def _start(ctx: Ctx, order_id: int, form) -> str:
    done = services.start(ctx, order_id, at=form.at.data, version=form.seen)
    return _("Work on {number} begun", number=done.number)


def _come_again(ctx: Ctx, order_id: int, form) -> str:
    services.come_again(ctx, order_id, form.reason.data, version=form.seen)
    return _("Another visit is to be arranged")


def _result(ctx: Ctx, order_id: int, form) -> str:
    given = ResultData(
        form.outcome.data, form.text.data or "", form.cause.data or "", form.cause_text.data or "",
        form.finished_at.data,
    )
    return _("{number} is done", number=services.finish(ctx, order_id, given, version=form.seen).number)


def _cause(ctx: Ctx, order_id: int, form) -> str:
    before = queries.get_order(ctx, order_id).work_kind
    done = services.find_cause(ctx, order_id, form.cause.data, form.cause_text.data or "", version=form.seen)
    if done.work_kind == "paid" and before != "paid":
        return _("Cause recorded: the customer pays now. Tell the price and record the consent.")
    return _("Cause recorded")


def _guidance(ctx: Ctx, order_id: int, form) -> str:
    done = services.guide(ctx, order_id, form.text.data, form.result.data, form.kind.data, version=form.seen)
    return _("{number} is done", number=done.number) if done.state == "done" else _("Guidance recorded")


def _answer(ctx: Ctx, order_id: int, form) -> str:
    return _("{number} is answered", number=services.answer(ctx, order_id, form.text.data, version=form.seen).number)


def _entitle(ctx: Ctx, order_id: int, form) -> str:
    services.entitle(ctx, order_id, version=form.seen)
    return _("Decided by the rules")


def _work_kind(ctx: Ctx, order_id: int, form) -> str:
    services.choose_work_kind(ctx, order_id, form.work_kind.data, form.reason.data, version=form.seen)
    return _("Kind of work recorded")


def _consent(ctx: Ctx, order_id: int, form) -> str:
    services.record_consent(
        ctx, order_id, form.how.data, form.who.data or "", form.note.data or "", version=form.seen
    )
    return _("Consent recorded")


def _withdraw_consent(ctx: Ctx, order_id: int, form) -> str:
    services.withdraw_consent(ctx, order_id, form.reason.data, version=form.seen)
    return _("Consent withdrawn; whoever was sent is told")


def _wait(ctx: Ctx, order_id: int, form) -> str:
    services.wait(ctx, order_id, form.waiting.data, form.reason.data, version=form.seen)
    return _("It waits now")


def _resume(ctx: Ctx, order_id: int, form) -> str:
    services.resume(ctx, order_id, version=form.seen)
    return _("It goes on")


def _confirm(ctx: Ctx, order_id: int, form) -> str:
    services.confirm(ctx, order_id, version=form.seen)
    return _("The customer has confirmed; it can be closed")


def _object(ctx: Ctx, order_id: int, form) -> str:
    services.object_to_result(ctx, order_id, form.reason.data, version=form.seen)
    return _("Back to work")


def _silence(ctx: Ctx, order_id: int, form) -> str:
    services.tell_silence(ctx, order_id, version=form.seen)
    return _("Recorded: silence closes it")


def _close(ctx: Ctx, order_id: int, form) -> str:
    waive = {k.removeprefix("waive-"): v for k, v in request.form.items() if k.startswith("waive-") and v.strip()}
    return _("{number} closed", number=services.close(ctx, order_id, waive=waive, version=form.seen).number)


def _reopen(ctx: Ctx, order_id: int, form) -> str:
    done = services.reopen(ctx, order_id, form.reason.data, version=form.seen)
    return _("{number} is open again", number=done.number)


def _archive(ctx: Ctx, order_id: int, form) -> str:
    return _("{number} archived", number=services.archive(ctx, order_id, version=form.seen).number)


def _cancel(ctx: Ctx, order_id: int, form) -> str:
    done = services.cancel(ctx, order_id, form.reason.data, version=form.seen)
    return _("{number} cancelled", number=done.number)


def _change(ctx: Ctx, order_id: int, form) -> str:
    order = queries.get_order(ctx, order_id)
    data = OrderData(kind=order.kind, channel=order.channel, customer_id=order.customer_id, **facts_of(form))
    return _("{number} corrected", number=services.change_order(ctx, order_id, data, version=form.seen).number)


def _note(ctx: Ctx, order_id: int, form) -> str:
    services.add_note(ctx, order_id, form.text.data)
    return _("Remark added")


ACTIONS: dict[str, Callable[[Ctx, int, Any], str]] = {
    "accept": _accept,
    "recall": _recall,
    "start": _start,
    "come_again": _come_again,
    "result": _result,
    "cause": _cause,
    "guidance": _guidance,
    "answer": _answer,
    "entitle": _entitle,
    "work_kind": _work_kind,
    "consent": _consent,
    "withdraw_consent": _withdraw_consent,
    "wait": _wait,
    "resume": _resume,
    "confirm": _confirm,
    "object": _object,
    "silence": _silence,
    "close": _close,
    "reopen": _reopen,
    "archive": _archive,
    "cancel": _cancel,
    "change": _change,
    "note": _note,
}
