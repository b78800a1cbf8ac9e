"""What may be done to a quote: each a form on its page. What was typed is never lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, redirect, url_for

from core.api import Ctx, DomainError, _
from core.web_api import carry_out, current_ctx, flash_done, needs, refused
from plugins.warranty import quote_life as life
from plugins.warranty.contracts import Answer, Payer, QuoteData, QuoteLineData
from plugins.warranty.queries import quotes
from plugins.warranty.services import quotes as services
from plugins.warranty.views.blueprint import blueprint
from plugins.warranty.views.quotes import MAKERS, head_of, make_line, page_of


@blueprint.post("/quotes/<int:record_id>/<action>")
@needs(life.SEE)
def quote_act(record_id: int, action: str):
    """Carry one action out; the service asks for its right. On an error the page comes back with what was typed."""
    ctx = current_ctx()
    if action not in ACTIONS:
        abort(404)
    ctx.require(_right(action))
    form: Any = MAKERS[action](ctx, quotes.get_quote(ctx, record_id))
    anchor = "lines" if action == "add" else None
    return carry_out(
        form,
        lambda: ACTIONS[action](ctx, record_id, form),
        lambda done: done[0],
        lambda done: url_for("warranty.quote_page", record_id=done[1], _anchor=anchor),
        lambda extra, status: _again(ctx, record_id, form, action, extra, status),
        lambda: quotes.get_quote(ctx, record_id),
    )


@blueprint.post("/quotes/<int:record_id>/lines/<int:line_id>/<action>")
@needs(life.WRITE)
def quote_line_act(record_id: int, line_id: int, action: str):
    """Change a line of a draft, or take it out."""
    ctx = current_ctx()
    if action not in ("change", "drop"):
        abort(404)
    quote = quotes.get_quote(ctx, record_id)
    line = next((one for one in quotes.lines_of(ctx, quote.id) if one.id == line_id), None)
    if line is None:
        abort(404)
    form: Any = make_line(ctx, quote, line, sent=True)
    name = f"line-{line_id}"
    try:
        if action == "drop":
            services.drop_line(ctx, record_id, line_id, version=form.seen)
            flash_done(_("Line taken out"))
        elif form.validate():
            services.change_line(ctx, record_id, line_id, _line_data(form), version=form.seen)
            flash_done(_("Line changed"))
        else:
            return page_of(ctx, quote, failed=form, action=name, status=422)
    except DomainError as error:
        extra = refused(form, error, lambda: quotes.get_quote(ctx, record_id))
        return _again(ctx, record_id, form, name, extra, error.status)
    return redirect(url_for("warranty.quote_page", record_id=record_id, _anchor="lines"))


def _again(ctx: Ctx, quote_id: int, form: Any, action: str, extra: list[str], status: int):
    """The page with what was typed and what is wrong with it."""
    return page_of(ctx, quotes.get_quote(ctx, quote_id), failed=form, action=action, extra=extra, status=status)


def _right(action: str) -> str:
    """What an action needs at least."""
    own = {"change": life.WRITE, "add": life.WRITE, "anew": life.WRITE, "give": life.WRITE, "payers": life.WRITE}
    return own[action] if action in own else life.QUOTES.transition(action).permission


def _line_data(form: Any) -> QuoteLineData:
    payer = form.payer.data or ""
    return QuoteLineData(
        kind=form.kind.data,
        code=form.code.data or "",
        group=form.group.data or "",
        label=form.label.data or "",
        quantity=form.quantity.data if form.quantity.data is not None else services.NOTHING,
        free=bool(form.free.data) if "free" in form else False,
        unit=(form.unit.data or "") if "unit" in form else "",
        unit_price=form.unit_price.data if "unit_price" in form else None,
        discount=(form.line_discount.data if "line_discount" in form else None) or services.NOTHING,
        payer=Payer(payer, form.payer_reason.data or "") if payer else None,
    )


def _change(ctx: Ctx, quote_id: int, form) -> tuple[str, int]:
    services.change(ctx, quote_id, QuoteData(**head_of(form)), version=form.seen)
    return _("Saved."), quote_id


def _add(ctx: Ctx, quote_id: int, form) -> tuple[str, int]:
    services.add_line(ctx, quote_id, _line_data(form), version=form.seen)
    return _("Line added"), quote_id


def _send(ctx: Ctx, quote_id: int, form) -> tuple[str, int]:
    sent = services.send(
        ctx,
        quote_id,
        form.how.data,
        valid_until=form.valid_until.data,
        mail_to=(form.mail_to.data or "") if "mail_to" in form else "",
        subject=(form.subject.data or "") if "subject" in form else "",
        text=(form.text.data or "") if "text" in form else "",
        locale=form.locale.data or "",
        version=form.seen,
    )
    return _("Quote sent; valid until {day}", day=sent.valid_until), quote_id


def _answer(form: Any) -> Answer:
    upload: Any = form.evidence.data if "evidence" in form else None
    evidence = (upload.filename, upload.read()) if getattr(upload, "filename", "") else None
    return Answer(form.who.data or "", form.how.data, form.at.data, form.note.data or "", evidence)


def _accept(ctx: Ctx, quote_id: int, form) -> tuple[str, int]:
    services.accept(ctx, quote_id, _answer(form), version=form.seen)
    return _("The customer's consent is recorded; work may begin"), quote_id


def _refuse(ctx: Ctx, quote_id: int, form) -> tuple[str, int]:
    services.refuse(ctx, quote_id, _answer(form), version=form.seen)
    return _("The customer's refusal is recorded"), quote_id


def _release(ctx: Ctx, quote_id: int, form) -> tuple[str, int]:
    services.release(ctx, quote_id, form.reason.data or "", version=form.seen)
    return _("The service is released"), quote_id


def _withdraw(ctx: Ctx, quote_id: int, form) -> tuple[str, int]:
    services.withdraw(ctx, quote_id, form.reason.data or "", version=form.seen)
    return _("Quote withdrawn"), quote_id


def _revise(ctx: Ctx, quote_id: int, form) -> tuple[str, int]:
    made = services.revise(ctx, quote_id, version=form.seen)
    return _("Version {n} drafted at the prices of today", n=made.revision), made.id


def _anew(ctx: Ctx, quote_id: int, form) -> tuple[str, int]:
    services.price_anew(ctx, quote_id, version=form.seen)
    return _("Priced anew by the list of today"), quote_id


def _payers(ctx: Ctx, quote_id: int, form) -> tuple[str, int]:
    services.take_decision(ctx, quote_id, version=form.seen)
    return _("The lines follow the decision that stands now"), quote_id


def _give(ctx: Ctx, quote_id: int, form) -> tuple[str, int]:
    services.give(ctx, quote_id, form.user_id.data, version=form.seen)
    return _("Given to {name}", name=dict(quotes.people(ctx)).get(form.user_id.data, "")), quote_id


ACTIONS: dict[str, Callable[[Ctx, int, Any], tuple[str, int]]] = {
    "change": _change,
    "add": _add,
    "send": _send,
    "accept": _accept,
    "refuse": _refuse,
    "release": _release,
    "withdraw": _withdraw,
    "revise": _revise,
    "anew": _anew,
    "payers": _payers,
    "give": _give,
}
