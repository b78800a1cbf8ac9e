"""The page of one quote: its lines and sums, what is next, what the customer said; and writing a new one."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for

from core.api import (
    Ctx,
    DomainError,
    RecordRef,
    _,
    decisions_on,
    fill_in,
    gates,
    label,
    mail_ready,
    possible,
    templates_of,
    timeline,
)
from core.web_api import (
    Step,
    clock_views,
    current_ctx,
    decision_view_of,
    flash_done,
    flash_error,
    has_endpoint,
    is_sent,
    kept_form,
    moment,
    needs,
    own_ids,
    panels_of,
    plain_form,
    record_id,
    timeline_items,
    typed,
)
from plugins.base import queries as archive
from plugins.warranty import quote_life as life
from plugins.warranty.contracts import (
    CONSENT_WORDS,
    LINE_WORDS,
    PAYER_WORDS,
    PRICE_UNIT_WORDS,
    QUOTE_MAILS,
    QUOTE_STATE_ICONS,
    QUOTE_STATE_WORDS,
    SENT_WORDS,
    QuoteData,
)
from plugins.warranty.forms import quotes as forms
from plugins.warranty.models import CoverageDecision, Quote, QuoteLine
from plugins.warranty.panels import quotes as panels
from plugins.warranty.queries import coverage, prices, quotes
from plugins.warranty.services import quotes as services
from plugins.warranty.services.quote_coverage import latest
from plugins.warranty.views.blueprint import blueprint

HISTORY = 30
WORDS = {
    "state": QUOTE_STATE_WORDS,
    "icon": QUOTE_STATE_ICONS,
    "cost": LINE_WORDS,
    "unit": PRICE_UNIT_WORDS,
    "payer": PAYER_WORDS,
    "how": CONSENT_WORDS,
    "sent": SENT_WORDS,
}
"""Codes in words, for the templates."""


# --- a new one --------------------------------------------------------------------------------------------------------


@blueprint.route("/quotes/new", methods=["GET", "POST"])
@needs(life.WRITE)
def quote_new():
    """The form for a quote: for a record, for a customer, or for a name."""
    ctx = current_ctx()
    decision = _decision(ctx)
    about = _about(ctx, decision)
    form = forms.NewForm(
        formdata=typed(), **_prefilled(ctx, about, decision)
    )
    forms.offer_lists(ctx, form)
    if decision is not None:
        form.list_id.choices[0] = (0, _("As decided"))
    _without_rights(ctx, form)
    extra: list[str] = []
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                made = services.draft(ctx, _new_data(ctx, form, about, decision))
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                extra, status = form.refuse(error), error.status
            else:
                flash_done(_("Quote {number} drafted; add its lines", number=made.full_number))
                return redirect(url_for("warranty.quote_page", record_id=made.id, _anchor="lines"))
    named = _record_words(ctx, about) if about is not None else ("", "")
    page = render_template("warranty/quote_new.html", form=form, extra=extra, named=named, decision=decision)
    return page, status


def _decision(ctx: Ctx) -> CoverageDecision | None:
    """The decision on coverage by which the quote is to be made, if one is named and this person may see it."""
    number = record_id(request.values.get("decision"))
    return coverage.by_ids(ctx, [number]).get(number) if number and ctx.can("warranty.decision.view") else None


def _about(ctx: Ctx, decision: CoverageDecision | None) -> RecordRef | None:
    """The record that the address (or the form, or the decision) names, of a kind that this person may see."""
    if decision is not None:
        return RecordRef(decision.about_kind, decision.about_id) if decision.about_id is not None else None
    kind, number = request.values.get("kind", ""), record_id(request.values.get("id"))
    known = ctx.registry.kinds.get(kind)
    if known is None or number is None or (known.view and not ctx.can(known.view)):
        return None
    row = ctx.session.get(known.model, number)
    if row is None or (known.sees is not None and not known.sees(ctx, row)):
        return None
    return RecordRef(kind, number)


def _record_words(ctx: Ctx, ref: RecordRef) -> tuple[str, str]:
    """What a record is called, and its address where there is one."""
    known = ctx.registry.kinds.get(ref.kind)
    row: Any = ctx.session.get(known.model, ref.id) if known is not None else None
    if known is None or row is None or (known.view and not ctx.can(known.view)):
        return "", ""
    url = url_for(known.endpoint, record_id=ref.id) if known.endpoint and has_endpoint(known.endpoint) else ""
    return f"{label(known.label) if isinstance(known.label, dict) else _(known.label)} {known.number(row)}", url


def _prefilled(ctx: Ctx, about: RecordRef | None, decision: CoverageDecision | None) -> dict[str, Any]:
    known = ctx.registry.kinds.get(about.kind) if about is not None else None
    row: Any = ctx.session.get(known.model, about.id) if known is not None and about is not None else None
    usual = prices.default_list(ctx)
    first = usual.id if usual is not None else 0
    if decision is not None:
        first = 0  # as decided
    customer_id = decision.customer_id if decision is not None else getattr(row, "customer_id", None)
    customer = archive.get_customer(ctx, customer_id) if customer_id else None
    return {
        "kind": about.kind if about is not None else "",
        "id": about.id if about is not None else "",
        "decision": decision.id if decision is not None else "",
        "title": (decision.problem if decision is not None else str(getattr(row, "subject", "") or ""))[:200],
        "list_id": first,
        "person_name": str(getattr(row, "person_name", "") or ""),
        "person_phone": str(getattr(row, "person_phone", "") or ""),
        "customer_number": customer.number if customer is not None else "",
    }


def _new_data(
    ctx: Ctx, form: forms.NewForm, about: RecordRef | None, decision: CoverageDecision | None
) -> QuoteData:
    return QuoteData(
        **head_of(form),
        about=about,
        coverage_id=decision.id if decision is not None else None,
        customer_id=services.customer_numbered(ctx, form.customer_number.data or ""),
    )


def head_of(form: forms.HeadForm) -> dict[str, Any]:
    return {
        "title": form.title.data or "",
        "list_id": form.list_id.data or None,
        "discount": (form.discount.data if form.discount else None) or services.NOTHING,
        "person_name": form.person_name.data or "",
        "person_phone": form.person_phone.data or "",
        "person_email": form.person_email.data or "",
        "note": form.note.data or "",
    }


def _without_rights(ctx: Ctx, form: Any) -> None:
    """Fields that this person may not fill in are not shown."""
    for name, right in (("discount", life.DISCOUNT), ("line_discount", life.DISCOUNT), ("free", life.FREE),
                        ("unit_price", life.FREE), ("unit", life.FREE)):
        if name in form and not ctx.can(right):
            delattr(form, name)


# --- the page ---------------------------------------------------------------------------------------------------------


@blueprint.get("/quotes/<int:record_id>")
@needs(life.SEE)
def quote_page(record_id: int):
    """Everything about one quote."""
    ctx = current_ctx()
    return page_of(ctx, quotes.get_quote(ctx, record_id))


def page_of(
    ctx: Ctx,
    quote: Quote,
    *,
    failed: Any = None,
    action: str = "",
    extra: list[str] | None = None,
    status: int = 200,
):
    """The page; ``failed`` is the form of ``action`` with what was typed, ``extra`` what is wrong beside its fields."""
    before = record_id(request.args.get("before"))
    events = timeline(ctx, quote, before_id=before, limit=HISTORY + 1)
    lines = quotes.lines_of(ctx, quote.id)
    about = RecordRef(quote.record_kind, quote.record_id) if quote.record_id is not None else None
    step, anchor = panels.next_step(ctx, quote)
    shown = {
        "quote": quote,
        "words": WORDS,
        "lines": lines,
        "sums": quotes.sums_of(quote, lines, quotes.rounding_of(quote)),
        "line_forms": _line_forms(ctx, quote, lines, failed, action),
        "steps": _steps(ctx, quote),
        "clocks": clock_views(ctx, quote),
        "decisions": [decision_view_of(ctx, d) for d in decisions_on(ctx, quote)][:6],
        "consents": quotes.consents_of(ctx, quote.id),
        "revisions": [q for q in quotes.revisions_of(ctx, quote.number) if q.id != quote.id],
        "history": timeline_items(ctx, events[:HISTORY]),
        "earlier": events[HISTORY - 1].id if len(events) > HISTORY else None,
        "gates": _gates(ctx, quote),
        "can": {t.name for t in possible(ctx, life.QUOTES, quote)},
        "next_step": step,
        "next_anchor": anchor,
        "forms": _forms(ctx, quote, failed, action),
        "failed": action,
        "extra": extra or [],
        "panels": panels_of(ctx, quote),
        "about": _record_words(ctx, about) if about is not None else ("", ""),
        "owner": quotes.names_of(ctx, [quote.assignee_id]).get(quote.assignee_id or 0, ""),
        "mails": templates_of(ctx, QUOTE_MAILS),
        "proof_ways": ", ".join(_(CONSENT_WORDS[w]) for w in sorted(services.ways_with_evidence(ctx))
                                if w in CONSENT_WORDS),
        "links": {k: has_endpoint(k) for k in ("base.customer_page", "base.unit_page")},
        "decision": coverage.by_ids(ctx, [quote.coverage_id]).get(quote.coverage_id or 0),
        "newer": latest(ctx, quote.coverage_id),
        "product": archive.get_product(ctx, quote.device.product_id) if quote.device is not None else None,
        "badges_of": archive.unit_badges(ctx, [quote.device_id] if quote.device_id is not None else ()),
    }  # fmt: skip
    return render_template("warranty/quote.html", **shown), status


def _steps(ctx: Ctx, quote: Quote) -> list[Step]:
    """The stages of its life: done, current, still ahead."""

    def step(words: str, at: Any, state: str) -> Step:
        return Step(words, state, moment(at, ctx.now, ctx.tz, today=True) if at else "")

    if quote.state in ("withdrawn", "replaced"):
        return [step(_("Drafted"), quote.made_at, "done"), step(_(QUOTE_STATE_WORDS[quote.state]), None, "done")]
    is_sent = quote.sent_at is not None
    is_answered = quote.state in ("accepted", "refused", "released")
    found = [
        step(_("Drafted"), quote.made_at, "done" if is_sent else "cur"),
        step(_("Sent to the customer"), quote.sent_at, "done" if is_sent else ""),
    ]
    if quote.state == "expired":
        return [*found, step(_("Expired"), None, "done")]
    found.append(step(_("Answered"), quote.answered_at, "done" if is_answered else "cur" if is_sent else ""))
    if quote.state in ("refused", "released"):
        return [*found, step(_("Released without payment"), None, "done" if quote.state == "released" else "cur")]
    return [*found, step(_("Work may begin"), None, "done" if quote.state == "accepted" else "")]


def _gates(ctx: Ctx, quote: Quote) -> list:
    """What the next step waits for: sending a draft, releasing a refused one."""
    name = {"draft": "send", "refused": "release"}.get(quote.state)
    way = life.QUOTES.transition(name) if name else None
    return gates(ctx, way, quote) if way is not None and ctx.can(way.permission) else []


# --- forms ------------------------------------------------------------------------------------------------------------


def _forms(ctx: Ctx, quote: Quote, failed: Any, action: str) -> dict[str, Any]:
    """Every form that the page may show, filled with what is known; the failed one with what was typed."""
    made = {name: make(ctx, quote) for name, make in MAKERS.items() if name != action}
    if action in MAKERS:
        made[action] = failed
    for name, form in made.items():
        own_ids(name, form)
    return made


def _line_forms(ctx: Ctx, quote: Quote, lines: list[QuoteLine], failed: Any, action: str) -> dict[int, Any]:
    """For each line of a draft the form that changes it."""
    if quote.state != "draft" or not ctx.can(life.WRITE):
        return {}
    made = {line.id: make_line(ctx, quote, line) for line in lines}
    if action.startswith("line-") and failed is not None and record_id(action[5:]) in made:
        made[int(action[5:])] = failed
    for line_id, form in made.items():
        own_ids(f"line-{line_id}", form)
    return made


def make_line(ctx: Ctx, quote: Quote, line: QuoteLine, *, sent: bool = False) -> forms.LineForm:
    """The form of a line, with what it says."""
    values = {
        "kind": line.kind,
        "code": line.code,
        "group": line.group,
        "label": line.label,
        "quantity": services.short(line.quantity),
        "line_discount": services.short(line.discount),
        "payer": line.payer,
        "payer_reason": line.payer_reason,
        "free": line.item_id is None,
        "unit_price": services.short(line.unit_price),
        "unit": line.unit,
    }
    form = forms.LineForm(formdata=request.form if sent else None, version=quote.version, **values)
    _without_rights(ctx, form)
    return form


def _make_head(ctx: Ctx, quote: Quote) -> forms.HeadForm:
    form = forms.HeadForm(
        formdata=_sent(ctx, quote, "change"),
        version=quote.version,
        list_id=quote.list_id or 0,
        discount=services.short(quote.discount),
        **{name: getattr(quote, name) for name in ("title", "person_name", "person_phone", "person_email", "note")},
    )
    forms.offer_lists(ctx, form, keep=quote.list_id)
    _without_rights(ctx, form)
    return form


def _make_add(ctx: Ctx, quote: Quote) -> forms.LineForm:
    payers = quotes.payers_of(quote)
    form = forms.LineForm(formdata=_sent(ctx, quote, "add"), version=quote.version, payer="", free=not quote.list_id)
    first = _("As decided") if payers else _("Customer")
    offered = [(code, _(w)) for code, w in PAYER_WORDS.items() if payers or code != "customer"]
    form.payer.choices = [("", first), *offered]
    _without_rights(ctx, form)
    return form


def _make_send(ctx: Ctx, quote: Quote) -> forms.SendForm:
    sent = _sent(ctx, quote, "send")
    start = {} if sent is not None or quote.state != "draft" else _from_template(ctx, quote)
    start = {"locale": archive.language_for(ctx, quote) or ctx.locale} | start
    form = forms.SendForm(formdata=sent, version=quote.version, **start)
    addresses = quotes.addresses_of(ctx, quote)
    form.mail_to.choices = [("", _("Choose …")), *((a, f"{name} <{a}>") for a, name in addresses)]
    if not addresses or not mail_ready():
        del form.mail_to, form.subject, form.text
        form.how.choices = [(code, _(w)) for code, w in SENT_WORDS.items() if code != "mail"]
        if form.how.data == "mail":
            form.how.data = "print"
    return form


def _from_template(ctx: Ctx, quote: Quote) -> dict[str, Any]:
    """Subject and text of the template that was chosen, filled in with what the quote says; else empty."""
    code, locale = request.args.get("template", ""), request.args.get("language", "")
    if code not in {t.code for t in templates_of(ctx, QUOTE_MAILS)} or locale not in ("zh", "en"):
        return {}
    try:
        subject, text = fill_in(ctx, code, services.mail_facts(ctx, quote, locale), locale)
    except DomainError as error:
        flash_error(error)
        return {}
    return {"subject": subject, "text": text, "locale": locale, "how": "mail"}


def _make_answer(ctx: Ctx, quote: Quote) -> forms.AnswerForm:
    who = quote.person_name or quotes.customer_name(quote)
    form = forms.AnswerForm(formdata=_sent(ctx, quote, "accept"), version=quote.version, who=who)
    if not ctx.can("core.attachments.edit"):
        del form.evidence
    return form


def _make_refuse(ctx: Ctx, quote: Quote) -> forms.RefuseForm:
    who = quote.person_name or quotes.customer_name(quote)
    return forms.RefuseForm(formdata=_sent(ctx, quote, "refuse"), version=quote.version, who=who)


def _make_give(ctx: Ctx, quote: Quote) -> forms.GiveForm:
    form = forms.GiveForm(formdata=_sent(ctx, quote, "give"), version=quote.version, user_id=quote.assignee_id)
    forms.offer_people(ctx, form)
    return form


def _sent(ctx: Ctx, quote: Quote, action: str) -> Any:
    """What this request sends to that form, or what was typed there before an approval was asked for."""
    if is_sent(action):
        from werkzeug.datastructures import CombinedMultiDict

        return CombinedMultiDict((request.files, request.form)) if action == "accept" else request.form
    return kept_form(ctx, quote, action) if action in TRANSITIONS else None


TRANSITIONS = ("send", "accept", "refuse", "release", "revise", "withdraw")
MAKERS = {
    "change": _make_head,
    "add": _make_add,
    "send": _make_send,
    "accept": _make_answer,
    "refuse": _make_refuse,
    "release": plain_form("release", forms.ReasonForm, "release"),
    "withdraw": plain_form("withdraw", forms.ReasonForm, "withdraw"),
    "revise": plain_form("revise", forms.VersionForm, "revise"),
    "anew": plain_form("anew", forms.VersionForm),
    "payers": plain_form("payers", forms.VersionForm),
    "give": _make_give,
}
