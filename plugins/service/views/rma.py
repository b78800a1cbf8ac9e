"""Pages of returns: expecting one by hand, finding one by a scanned number, one return with its steps."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import redirect, render_template, request, url_for

from core.api import Ctx, DomainError, _, possible, timeline
from core.web_api import (
    RecordForms,
    Step,
    clock_views,
    current_ctx,
    flash_done,
    form_token,
    moment,
    needs,
    panels_of,
    plain_form,
    sent,
    timeline_items,
)
from plugins.service import life
from plugins.service.contracts import CONSENT_WORDS
from plugins.service.forms import rma as forms
from plugins.service.models import Rma
from plugins.service.queries import orders as order_queries
from plugins.service.queries import rma as queries
from plugins.service.queries.people import workers
from plugins.service.rma_contracts import (
    DISPOSAL_WORDS,
    PURPOSE_WORDS,
    RESULT_WORDS,
    RMA_STATE_ICONS,
    RMA_STATE_TONES,
    RMA_STATE_WORDS,
    SERIAL_WORDS,
    WHAT_WORDS,
    ExamineData,
    ReceiveData,
    RmaData,
    SendData,
)
from plugins.service.rma_life import RECEIVE, SEND, WORKFLOW, WRITE_OFF
from plugins.service.rules.workshop import plain_number
from plugins.service.services import rma as services
from plugins.service.views.blueprint import blueprint

# --- expecting --------------------------------------------------------------------------------------------------------


@blueprint.route("/<int:record_id>/rma/new", methods=["GET", "POST"])
@needs(SEND)
def rma_new(record_id: int):
    """Record by hand what has to come back from an order."""
    ctx = current_ctx()
    order = order_queries.get_order(ctx, record_id)
    sent_now = request.method == "POST"
    form = forms.ExpectForm(
        formdata=request.form if sent_now else None, token=form_token(), owner_id=str(order.assignee_id or "")
    )
    top = order_queries.headquarters(ctx)
    form.owner_id.choices = [("", _("Who works on the order")), *((str(w.user_id), w.name) for w in workers(ctx))]
    form.to_unit_id.choices = [
        ("", top.name if top is not None else _("Headquarters")),
        *((str(u.id), u.name) for u in order_queries.units(ctx) if top is None or u.id != top.id),
    ]
    extra: list[str] = []
    status = 200
    if sent_now:
        status = 422
        if form.validate():
            try:
                item = services.expect(ctx, order.id, _expected(form))
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                ctx.session.expire_all()
                extra, status = form.refuse(error), error.status
            else:
                flash_done(_("{number} is expected. Print its label.", number=item.number))
                return redirect(url_for("service.rma_page", record_id=item.id))
    unit = services.unit_words(order)
    return render_template("service/rma_new.html", order=order, form=form, extra=extra, unit=unit), status


def _expected(form: forms.ExpectForm) -> RmaData:
    return RmaData(
        form.name.data or "", form.what.data, form.purpose.data, form.part_number.data or "", form.serial.data or "",
        form.quantity.data, form.reason.data or "", int(form.owner_id.data) if form.owner_id.data else None,
        int(form.to_unit_id.data) if form.to_unit_id.data else None,
        once=f"form:{form.token.data}" if form.token.data else "",
    )  # fmt: skip


@blueprint.get("/rma/find")
@needs(life.VIEW)
def rma_find():
    """Find the return that a scanned label, an RMA, serial or tracking number means; a single one opens at once."""
    ctx = current_ctx()
    text = request.args.get("q", "").strip()[:200]
    rows = queries.found_by(ctx, text)
    if len(rows) == 1:
        return redirect(url_for("service.rma_page", record_id=rows[0].id, _anchor="receive"))
    shown = [
        (r, _(RMA_STATE_WORDS[r.state]), RMA_STATE_ICONS[r.state], RMA_STATE_TONES[r.state]) for r in rows
    ]
    return render_template("service/rma_find.html", text=text, rows=shown)


# --- one return -------------------------------------------------------------------------------------------------------


@blueprint.get("/rma/<int:record_id>")
@needs(life.VIEW)
def rma_page(record_id: int):
    """One return: where it is, what it was, what is to be done."""
    ctx = current_ctx()
    return _page(ctx, queries.get_return(ctx, record_id))


def _page(ctx: Ctx, item: Rma, *, failed: Any = None, name: str = "", extra: Any = (), status: int = 200):
    archived = item.order.state == "archived"
    can = set() if archived else {t.name for t in possible(ctx, WORKFLOW, item)}
    settles = services.may_settle(ctx, item)
    if not settles:
        can -= {"receive", "refuse", "examine", "close"}
    page = render_template(
        "service/rma.html",
        item=item,
        order=item.order,
        can=can,
        find=_find_url(item) if archived and item.state == "written_off" and ctx.can(life.OPEN) else "",
        may_tell=settles and not archived and item.purpose == "analysis" and bool(item.result),
        may_pass=item.state == "expected" and ctx.can(SEND),
        state=(_(RMA_STATE_WORDS[item.state]), RMA_STATE_ICONS[item.state], RMA_STATE_TONES[item.state]),
        words={
            "what": _(WHAT_WORDS[item.what]), "purpose": _(PURPOSE_WORDS[item.purpose]),
            "verdict": _(SERIAL_WORDS[item.serial_verdict]) if item.received_at else "",
            "result": _(RESULT_WORDS[item.result]) if item.result else "",
            "disposal": _(DISPOSAL_WORDS[item.disposal]) if item.disposal else "",
            "told": _(CONSENT_WORDS[item.told_how]) if item.told_how else "",
        },
        quantity=plain_number(item.quantity),
        steps=_steps(ctx, item),
        clocks=clock_views(ctx, item),
        owner=order_queries.names_of(ctx, [item.owner_id]).get(item.owner_id or 0, ""),
        panels=panels_of(ctx, item),
        history=timeline_items(ctx, timeline(ctx, item)),
        forms=ACTS.forms(ctx, item, failed, name),
        failed=name,
        extra=list(extra),
        chased=[(c["to"], dt.datetime.fromisoformat(c["at"])) for c in item.chased],
    )  # fmt: skip
    return page, status


def _find_url(item: Rma) -> str:
    """Where what has turned up is taken in: an order of its own."""
    order = item.order
    return url_for("service.order_new", kind="analysis", customer_id=order.customer_id, device_id=order.device_id)


def _named(code: str) -> str:
    return _(RMA_STATE_WORDS[code])


def _steps(ctx: Ctx, item: Rma) -> list[Step]:
    """Expected, sent, come in, examined, done with; or how else it ended."""
    done = [
        (_("Expected"), True, item.expected_at),
        (_named("sent"), item.sent_at is not None or item.received_at is not None, item.sent_at),
        (_named("received"), item.received_at is not None, item.received_at),
        (_named("examined"), item.examined_at is not None, item.examined_at),
        (_named("closed"), item.state == "closed", item.ended_at if item.state == "closed" else None),
    ]
    if item.state in ("written_off", "withdrawn"):
        done = [d for d in done if d[1]] + [(_named(item.state), True, item.ended_at)]
    current = next((i for i, (_words, is_done, _at) in enumerate(done) if not is_done), -1)
    return [
        Step(words, "done" if is_done else "cur" if i == current else "",
             moment(at, ctx.now, ctx.tz, today=True) if at else "")
        for i, (words, is_done, at) in enumerate(done)
    ]  # fmt: skip


@blueprint.post("/rma/<int:record_id>/<action>")
@needs(life.VIEW)
def rma_act(record_id: int, action: str):
    """Carry one action out; the service asks for its right. On an error the page comes back with what was typed."""
    return ACTS.run(record_id, action)


def _send_form(ctx: Ctx, item: Rma) -> forms.SendForm:
    return forms.SendForm(formdata=sent(ctx, item, "send", "send"), version=item.version, serial=item.serial)


def _tell_form(ctx: Ctx, item: Rma) -> forms.TellForm:
    return forms.TellForm(formdata=sent(ctx, item, "tell"), version=item.version, to=item.order.person_name)


def _pass_form(ctx: Ctx, item: Rma) -> forms.PassForm:
    form = forms.PassForm(formdata=sent(ctx, item, "pass"), version=item.version, owner_id=item.owner_id)
    form.owner_id.choices = [(w.user_id, w.name) for w in workers(ctx)]
    return form


def _do(ctx: Ctx, rma_id: int, name: str, form: Any) -> str:
    return DOERS[name](ctx, rma_id, form)


def _send(ctx: Ctx, rma_id: int, form: Any) -> str:
    data = SendData(form.carrier.data, form.tracking.data or "", form.sent_at.data, form.serial.data or "")
    return _("{number} is on its way", number=services.send(ctx, rma_id, data, version=form.seen).number)


def _receive(ctx: Ctx, rma_id: int, form: Any) -> str:
    data = ReceiveData(
        form.condition.data, form.serial.data or "", form.received_at.data, bool(form.take_it.data),
        form.reason.data or "",
    )
    return _("{number} has come in", number=services.receive(ctx, rma_id, data, version=form.seen).number)


def _refuse(ctx: Ctx, rma_id: int, form: Any) -> str:
    services.refuse(ctx, rma_id, form.reason.data, version=form.seen)
    return _("Refused; the right one is still to be sent")


def _examine(ctx: Ctx, rma_id: int, form: Any) -> str:
    services.examine(ctx, rma_id, ExamineData(form.result.data, form.text.data or ""), version=form.seen)
    return _("The result is recorded")


def _tell(ctx: Ctx, rma_id: int, form: Any) -> str:
    services.tell_result(
        ctx, rma_id, form.how.data, form.to.data or "", form.mail_to.data or "", version=form.seen
    )
    return _("Recorded that the customer knows")


def _close(ctx: Ctx, rma_id: int, form: Any) -> str:
    services.close(ctx, rma_id, form.disposal.data, form.note.data or "", version=form.seen)
    return _("Done with it")


def _write_off(ctx: Ctx, rma_id: int, form: Any) -> str:
    services.write_off(ctx, rma_id, form.reason.data, version=form.seen)
    return _("Written off")


def _withdraw(ctx: Ctx, rma_id: int, form: Any) -> str:
    services.withdraw(ctx, rma_id, form.reason.data, version=form.seen)
    return _("It is not expected any more")


def _pass(ctx: Ctx, rma_id: int, form: Any) -> str:
    services.pass_on(ctx, rma_id, form.owner_id.data, version=form.seen)
    return _("Somebody else sends it now")


DOERS = {
    "send": _send, "receive": _receive, "refuse": _refuse, "examine": _examine, "tell": _tell, "close": _close,
    "write_off": _write_off, "withdraw": _withdraw, "pass": _pass,
}

ACTS = RecordForms(
    makers={
        "send": _send_form,
        "receive": plain_form("receive", forms.ReceiveForm, "receive"),
        "refuse": plain_form("refuse", forms.RefuseForm, "refuse"),
        "examine": plain_form("examine", forms.ExamineForm, "examine"),
        "tell": _tell_form,
        "close": plain_form("close", forms.SettleForm, "close"),
        "write_off": plain_form("write_off", forms.RmaReasonForm, "write_off"),
        "withdraw": plain_form("withdraw", forms.RmaReasonForm, "withdraw"),
        "pass": _pass_form,
    },
    rights={
        "send": SEND, "receive": RECEIVE, "refuse": RECEIVE, "examine": RECEIVE, "tell": RECEIVE, "close": RECEIVE,
        "write_off": WRITE_OFF, "withdraw": SEND, "pass": SEND,
    },
    find=queries.get_return,
    page=_page,
    do=_do,
    back=lambda record_id: url_for("service.rma_page", record_id=record_id),
)
