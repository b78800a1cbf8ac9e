"""Writes of quotes: drafting, lines, sending, the customer's answer, releasing, new versions, the end of validity."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import orm

from core.api import (
    N_,
    Amount,
    Conflict,
    Ctx,
    Invalid,
    RecordRef,
    _,
    advance,
    attach,
    both,
    cancel_clock,
    check_version,
    emit,
    fill_in,
    find_clock,
    get_setting,
    issue_document,
    next_number,
    notify,
    queue_mail,
    start_clock,
    stop_clock,
    transaction,
    use_locale,
    written,
)
from plugins.base import queries as archive
from plugins.base.contracts import CUSTOMER, UNIT
from plugins.warranty.contracts import (
    CONSENT_WORDS,
    LINE_WORDS,
    PAYER_WORDS,
    PRICE_UNIT_WORDS,
    QUOTE_VALID,
    SENT_WORDS,
    Answer,
    Payer,
    PriceAsked,
    QuoteData,
    QuoteLineData,
)
from plugins.warranty.models import Consent, Quote, QuoteLine
from plugins.warranty.queries import prices
from plugins.warranty.queries import quotes as queries
from plugins.warranty.quote_life import ANSWER, DISCOUNT, FREE, QUOTES, WRITE
from plugins.warranty.rules.prices import HUNDRED, code_key
from plugins.warranty.rules.quotes import has_expired
from plugins.warranty.services.quote_coverage import by_decision, latest

LARGEST = Decimal(10) ** 8
"""Quantities and prices by hand stay below this, so that no line outgrows its column."""
LONGEST_NOTE = 4000
MOST_LINES = 200
SHEET = "warranty.quote_sheet"
MAIL = "warranty.quote_mail"
UNTIL = "{until}"
"""Stands in a mail for the last day of the quote until it is sent."""
NOTHING = Decimal(0)


# --- drafting ---------------------------------------------------------------------------------------------------------


def draft(ctx: Ctx, data: QuoteData) -> Quote:
    """A new quote with its lines, priced by its list as of today.

    Customer and unit are those of the record that it is for, unless they are named.
    """
    ctx.require(WRITE)
    with transaction(ctx):
        data = by_decision(ctx, data)
        row = Quote(
            number=next_number(ctx, "warranty.quote", str(get_setting(ctx, "warranty.quote_pattern"))),
            made_at=ctx.now,
            made_by_id=ctx.actor.user_id,
            made_by=ctx.actor.name,
            assignee_id=ctx.actor.user_id,
            unit_id=data.unit_id,
        )
        _place(ctx, row, data)
        _fill(ctx, row, data)
        ctx.session.add(row)
        ctx.session.flush()
        for line in data.lines:
            _add(ctx, row, line)
        _reckon(ctx, row)
        _tell(ctx, "warranty.quote_drafted", row, title=row.title)
        return row


def _place(ctx: Ctx, row: Quote, data: QuoteData) -> None:
    """For what and whom it is. What the record itself names is taken over."""
    record: Any = None
    if data.about is not None:
        row.record_kind, row.record_id = data.about.kind, data.about.id
        record = _record(ctx, data.about)
    row.customer_id = data.customer_id or getattr(record, "customer_id", None)
    row.device_id = data.device_id or getattr(record, "device_id", None)
    if row.unit_id is None:
        row.unit_id = getattr(record, "unit_id", None)
    if row.customer_id is not None:
        archive.get_customer(ctx, row.customer_id)
    if row.device_id is not None:
        device = archive.get_unit(ctx, row.device_id)
        row.customer_id = row.customer_id or device.customer_id
    row.person_name = data.person_name.strip() or str(getattr(record, "person_name", "") or "")
    row.person_phone = data.person_phone.strip() or str(getattr(record, "person_phone", "") or "")
    row.person_email = data.person_email.strip()
    if row.customer_id is None and not row.person_name:
        raise Invalid("nobody", _("Say for whom the quote is: a customer, or a name."), "person_name")


def _record(ctx: Ctx, ref: RecordRef) -> Any:
    """The record that a quote is for, if this person may see it."""
    kind = ctx.registry.kinds.get(ref.kind)
    row = ctx.session.get(kind.model, ref.id) if kind is not None else None
    may = kind is not None and (not kind.view or ctx.can(kind.view))
    if row is None or not may or (kind is not None and kind.sees is not None and not kind.sees(ctx, row)):
        raise Invalid("unknown_record", _("The record that this quote is for is not there, or not meant for you."))
    return row


def _fill(ctx: Ctx, row: Quote, data: QuoteData) -> None:
    """What a person may change while it is a draft."""
    row.title = _text(data.title, "title", 200)
    row.note = _text(data.note, "note", LONGEST_NOTE, needed=False)
    for name, longest in (("person_name", 120), ("person_phone", 60), ("person_email", 255)):
        _text(str(getattr(row, name)), name, longest, needed=False)
    discount = _percent(data.discount, "discount")
    if discount != (row.discount or Decimal(0)):
        ctx.require(DISCOUNT)
    row.discount = discount
    price_list = prices.find_list(ctx, data.list_id)
    if data.list_id and price_list is None:
        raise Invalid("unknown_price_list", _("There is no such price list."), "list_id")
    currency = price_list.currency if price_list is not None else row.currency or ctx.company.currency
    if row.currency and currency != row.currency and row.id is not None and queries.lines_of(ctx, row.id):
        text = _(
            "Price list “{list}” is in {currency}, this quote in {own}. Choose a list in {own}, or begin a new quote.",
            list=price_list.name if price_list is not None else "", currency=currency, own=row.currency,
        )  # fmt: skip
        raise Invalid("currency_differs", text, "list_id")
    row.currency, row.list_id = currency, data.list_id
    if price_list is not None:
        row.tax_included = price_list.tax_included
    elif row.id is None:
        row.tax_included = bool(get_setting(ctx, "warranty.quote_tax_included"))
    if data.payers or row.id is None:
        row.payers = {kind: {"who": p.who, "reason": p.reason[:400]} for kind, p in _known(data.payers).items()}
        row.coverage_id, row.decision_id = data.coverage_id, data.decision_id


def _known(payers: Mapping[str, Payer]) -> Mapping[str, Payer]:
    for kind, payer in payers.items():
        if kind not in LINE_WORDS or payer.who not in PAYER_WORDS:
            raise Invalid("bad_payer", _("“{value}” is not one of the choices.", value=f"{kind} {payer.who}"), "payer")
    return payers


def change(ctx: Ctx, quote_id: int, data: QuoteData, *, version: int | None = None) -> Quote:
    """Change the head of a draft; another list prices its lines anew."""
    ctx.require(WRITE)
    with transaction(ctx):
        row = _draft_of(ctx, quote_id, version)
        before = row.list_id
        row.person_name, row.person_phone = data.person_name.strip(), data.person_phone.strip()
        row.person_email = data.person_email.strip()
        if row.customer_id is None and not row.person_name:
            raise Invalid("nobody", _("Say for whom the quote is: a customer, or a name."), "person_name")
        _fill(ctx, row, data)
        if row.list_id != before:
            _price_anew(ctx, row)
        _reckon(ctx, row)
        _tell(ctx, "warranty.quote_changed", row, title=row.title)
        return row


def take_decision(ctx: Ctx, quote_id: int, *, version: int | None = None) -> Quote:
    """The decision by which a draft was made has been replaced: payers and prices follow the one that stands now.

    Lines whose payer a person chose stay as they are.
    """
    ctx.require(WRITE)
    with transaction(ctx):
        row = _draft_of(ctx, quote_id, version)
        newest = latest(ctx, row.coverage_id)
        if newest is None:
            raise Conflict("decision_stands", _("The decision by which it was made stands as it was."))
        before = queries.payers_of(row)
        now = by_decision(ctx, QuoteData(row.title, coverage_id=newest.id))
        row.coverage_id, row.decision_id = now.coverage_id, now.decision_id
        row.payers = {kind: {"who": p.who, "reason": p.reason} for kind, p in now.payers.items()}
        row.list_id = now.list_id or row.list_id
        for line in queries.lines_of(ctx, row.id):
            if Payer(line.payer, line.payer_reason) == before.get(line.kind, Payer("customer")):
                payer = now.payers.get(line.kind, Payer("customer"))
                line.payer, line.payer_reason = payer.who, payer.reason
                line.amount = NOTHING
        ctx.session.flush()
        _price_anew(ctx, row)
        _reckon(ctx, row)
        _tell(ctx, "warranty.quote_payers_changed", row, decision=newest.number)
        return row


def give(ctx: Ctx, quote_id: int, user_id: int, *, version: int | None = None) -> Quote:
    """Give a quote to a person, who is reminded and has it among his or her work."""
    ctx.require(WRITE)
    with transaction(ctx):
        row = _locked(ctx, quote_id, version)
        name = queries.active_member_name(ctx, user_id)
        if name is None:
            raise Invalid("unknown_person", _("Choose somebody who works here."), "user_id")
        row.assignee_id = user_id
        _tell(ctx, "warranty.quote_given", row, name=name, user_id=user_id)
        return row


# --- lines ------------------------------------------------------------------------------------------------------------


def add_line(ctx: Ctx, quote_id: int, data: QuoteLineData, *, version: int | None = None) -> Quote:
    """Add a line to a draft: priced by the list, or by hand with the right for it."""
    ctx.require(WRITE)
    with transaction(ctx):
        row = _draft_of(ctx, quote_id, version)
        line = _add(ctx, row, data)
        _reckon(ctx, row)
        _tell(ctx, "warranty.quote_line_added", row, what=line.label)
        return row


def change_line(
    ctx: Ctx, quote_id: int, line_id: int, data: QuoteLineData, *, version: int | None = None
) -> Quote:
    """Change a line of a draft; a line of the list is priced anew."""
    ctx.require(WRITE)
    with transaction(ctx):
        row = _draft_of(ctx, quote_id, version)
        line = _line(ctx, row, line_id)
        _set_line(ctx, row, line, data)
        _reckon(ctx, row)
        _tell(ctx, "warranty.quote_line_changed", row, what=line.label)
        return row


def drop_line(ctx: Ctx, quote_id: int, line_id: int, *, version: int | None = None) -> Quote:
    """Take a line out of a draft."""
    ctx.require(WRITE)
    with transaction(ctx):
        row = _draft_of(ctx, quote_id, version)
        line = _line(ctx, row, line_id)
        what = line.label
        ctx.session.delete(line)
        ctx.session.flush()
        _reckon(ctx, row)
        _tell(ctx, "warranty.quote_line_dropped", row, what=what)
        return row


def price_anew(ctx: Ctx, quote_id: int, *, version: int | None = None) -> Quote:
    """Take the prices of today into a draft; lines priced by hand stay."""
    ctx.require(WRITE)
    with transaction(ctx):
        row = _draft_of(ctx, quote_id, version)
        _price_anew(ctx, row)
        _reckon(ctx, row)
        _tell(ctx, "warranty.quote_priced_anew", row)
        return row


def _add(ctx: Ctx, row: Quote, data: QuoteLineData) -> QuoteLine:
    lines = queries.lines_of(ctx, row.id)
    if len(lines) >= MOST_LINES:
        raise Conflict("too_many_lines", _("A quote has at most {n} lines.", n=MOST_LINES))
    line = QuoteLine(quote_id=row.id, position=1 + max((one.position for one in lines), default=0))
    _set_line(ctx, row, line, data)
    ctx.session.add(line)
    ctx.session.flush()
    return line


def _set_line(ctx: Ctx, row: Quote, line: QuoteLine, data: QuoteLineData) -> None:
    if data.kind not in LINE_WORDS:
        raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=data.kind), "kind")
    quantity = data.quantity
    if not quantity.is_finite() or quantity <= 0:
        raise Invalid("bad_quantity", _("A quantity above 0 is needed, not {value}.", value=quantity), "quantity")
    line.kind, line.quantity = data.kind, _exact(quantity, "quantity", 6)
    line.code = code_key(_text(data.code, "code", 60, needed=False))
    line.group = _text(data.group, "group", 80, needed=False)
    discount = _percent(data.discount, "line_discount")
    if discount != (line.discount or Decimal(0)):
        ctx.require(DISCOUNT)
    line.discount = discount
    payer = data.payer or queries.payers_of(row).get(data.kind) or Payer("customer")
    if payer.who not in PAYER_WORDS:
        raise Invalid("bad_payer", _("“{value}” is not one of the choices.", value=payer.who), "payer")
    line.payer = payer.who
    line.payer_reason = _text(payer.reason, "payer_reason", 400, needed=payer.who != "customer")
    label = _text(data.label, "label", 200, needed=False)
    if data.free:
        _price_by_hand(ctx, line, data, label)
    else:
        _price_by_list(ctx, row, line, label)
    customer_kind = archive.get_customer(ctx, row.customer_id).kind if row.customer_id is not None else ""
    line.tax_rate = prices.tax_rate(ctx, line.kind, line.code, line.group, customer_kind, ctx.today)


def _price_by_hand(ctx: Ctx, line: QuoteLine, data: QuoteLineData, label: str) -> None:
    """A price that no list gives needs a right of its own, unless it is nought because somebody else pays."""
    ctx.require(FREE)
    if data.unit not in PRICE_UNIT_WORDS:
        raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=data.unit), "unit")
    if data.unit_price is None:
        raise Invalid("needed", _("Fill this in."), "unit_price")
    if not data.unit_price.is_finite() or data.unit_price < 0:
        text = _("A number from 0 up is needed, not {value}.", value=data.unit_price)
        raise Invalid("negative", text, "unit_price")
    if not label:
        raise Invalid("needed", _("Fill this in."), "label")
    line.label, line.unit = label, data.unit
    line.unit_price = _exact(data.unit_price, "unit_price", 4)
    line.minimum, line.item_id = None, None
    line.why = _("Given by hand by {name}", name=ctx.actor.name)[:400]


def _price_by_list(ctx: Ctx, row: Quote, line: QuoteLine, label: str) -> None:
    price_list = prices.find_list(ctx, row.list_id)
    if price_list is None:
        raise Invalid("no_price_list", _("The quote has no price list. Choose one, or give a price by hand."), "code")
    asked = PriceAsked(line.kind, line.code, line.group, line.quantity)
    found = prices.price(ctx, price_list, asked, ctx.today)
    if found.currency != row.currency:
        text = _(
            "Price list “{list}” is in {currency}, this quote in {own}. Choose a list in {own}, or begin a new quote.",
            list=price_list.name, currency=found.currency, own=row.currency,
        )  # fmt: skip
        raise Invalid("currency_differs", text, "list_id")
    line.label = label or found.label or prices.asked_words(asked)[:200]
    line.unit, line.unit_price, line.minimum = found.unit, found.amount, found.minimum
    line.item_id, line.why = found.item_id, found.why


def _price_anew(ctx: Ctx, row: Quote) -> None:
    for line in queries.lines_of(ctx, row.id):
        if line.item_id is not None:
            _price_by_list(ctx, row, line, line.label)
    ctx.session.flush()


def _line(ctx: Ctx, row: Quote, line_id: int) -> QuoteLine:
    found = next((one for one in queries.lines_of(ctx, row.id) if one.id == line_id), None)
    if found is None:
        raise Invalid("unknown_line", _("This line is not there any more."))
    return found


def _reckon(ctx: Ctx, row: Quote) -> None:
    """Bring amounts and sums of a draft up to date."""
    rounding = queries.rounding_for(ctx, row.currency)
    row.rounding = {"step": str(rounding.step), "mode": rounding.mode, "per": rounding.per}
    lines = queries.lines_of(ctx, row.id)
    sums = queries.sums_of(row, lines, rounding)
    for line, amount in zip(lines, sums.amounts, strict=True):
        line.amount = amount
    row.net, row.tax, row.total = sums.net, sums.tax, sums.total
    orm.attributes.flag_modified(row, "rounding")  # a line alone must move the quote's version, too
    ctx.session.flush()


# --- sending ----------------------------------------------------------------------------------------------------------


def send(
    ctx: Ctx,
    quote_id: int,
    how: str,
    *,
    valid_until: dt.date | None = None,
    mail_to: str = "",
    subject: str = "",
    text: str = "",
    locale: str = "",
    version: int | None = None,
) -> Quote:
    """Send a draft: its sheet is issued and kept, and the time begins in which the customer may accept it.

    ``how`` is ``mail`` (to ``mail_to``), ``print`` or ``told``. Without ``valid_until`` the rule table "Validity of
    quotes" says how long. Raises Conflict while lines or prices are missing.
    """
    with transaction(ctx):
        row = _locked(ctx, quote_id, version)
        if how not in SENT_WORDS:
            raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=how), "how")
        if how == "mail" and not mail_to.strip():
            raise Invalid("no_address", _("Choose an address to send it to."), "mail_to")
        if valid_until is not None and valid_until < ctx.today:
            raise Invalid("past_day", _("The quote would have expired already. Choose a later day."), "valid_until")
        advance(ctx, QUOTES, row, "send")
        row.sent_at, row.sent_how = ctx.now, how
        ctx.session.flush()
        facts = validity_facts(row)
        due = queries.due_moment(ctx, valid_until) if valid_until is not None else None
        clock = start_clock(ctx, row, QUOTE_VALID, facts, due=due)
        row.valid_until = valid_until or last_day(ctx, clock.due_at)
        ctx.session.flush()
        issue_document(ctx, SHEET, row, locale)
        if how == "mail":
            _mail(ctx, row, mail_to, subject, text, locale or _spoken(ctx, row, mail_to))
        _tell(ctx, "warranty.quote_sent", row, how=both(SENT_WORDS[how]), until=row.valid_until, total=_total(row))
        return row


def _spoken(ctx: Ctx, row: Quote, mail_to: str) -> str:
    noted = archive.language_noted(ctx, row.customer_id, email=mail_to, name=row.person_name)
    return noted or ctx.locale


def last_day(ctx: Ctx, due: dt.datetime) -> dt.date:
    """The last whole or begun day before a deadline."""
    return (due.astimezone(ctx.tz) - dt.timedelta(seconds=1)).date()


def validity_facts(row: Quote) -> dict[str, Any]:
    """What the table of validity may depend on."""
    return {
        "amount": row.total,
        "about": row.record_kind or None,
        "customer_kind": row.customer.kind if row.customer is not None else None,
    }


def mail_facts(ctx: Ctx, row: Quote, locale: str) -> dict[str, Any]:
    """What templates of mails with a quote may speak of. The last day is known once it is sent: ``{until}`` stays."""
    with use_locale(locale):
        lines = "\n".join(_line_words(row, line, locale) for line in queries.lines_of(ctx, row.id))
    return {
        "number": row.full_number,
        "customer": row.person_name or queries.customer_name(row),
        "title": row.title,
        "lines": lines,
        "total": Amount(row.total, row.currency),
        "until": UNTIL,
        "note": row.note or "–",
        "company": ctx.company.name,
        "name": ctx.actor.name,
    }


def _line_words(row: Quote, line: QuoteLine, locale: str) -> str:
    amount = written(Amount(line.amount, row.currency), locale)
    unit = _(PRICE_UNIT_WORDS[line.unit])
    what = f"{line.label}, {written(line.quantity, locale)} {unit}"
    if line.payer != "customer":
        return _("{what}: {amount} ({payer} pays: {why})", what=what, amount=amount, why=line.payer_reason,
                 payer=_(PAYER_WORDS[line.payer]))  # fmt: skip
    return f"{what}: {amount}"


def _mail(ctx: Ctx, row: Quote, to: str, subject: str, text: str, locale: str) -> None:
    made_subject, made_text = subject.strip(), text.strip()
    if not made_subject or not made_text:
        filled = fill_in(ctx, MAIL, mail_facts(ctx, row, locale), locale)
        made_subject, made_text = made_subject or filled[0], made_text or filled[1]
    day = written(row.valid_until or ctx.today, locale)
    made_subject, made_text = made_subject.replace(UNTIL, day), made_text.replace(UNTIL, day)
    queue_mail(ctx, to, made_subject, made_text, cause=f"warranty quote {row.id}", record=row, locale=locale)


# --- the customer's answer --------------------------------------------------------------------------------------------


def accept(ctx: Ctx, quote_id: int, answer: Answer, *, version: int | None = None) -> Quote:
    """The customer agrees: who said it, when, how, with what evidence. Raises Conflict once the quote has expired."""
    with transaction(ctx):
        row = _locked(ctx, quote_id, version)
        at = answer.at or ctx.now
        if row.state in ("sent", "expired") and has_expired(row.valid_until, at.astimezone(ctx.tz).date()):
            text = _(
                "Quote {number} was valid until {day}. Make a new version and send it again.",
                number=row.full_number, day=row.valid_until,
            )  # fmt: skip
            raise Conflict("expired", text, "at")
        _check_answer(ctx, row, answer, at)
        if answer.evidence is None and answer.how in ways_with_evidence(ctx):
            text = _("An answer given this way needs its proof: attach the scan or a photo.")
            raise Invalid("no_evidence", text, "evidence")
        advance(ctx, QUOTES, row, "accept")
        given = _keep_answer(ctx, row, "accepted", answer, at)
        stop_clock(ctx, row, QUOTE_VALID, at=at)
        _tell(ctx, "warranty.quote_accepted", row, who=given.who, how=both(CONSENT_WORDS[given.how]), total=_total(row))
        _tell_holder(ctx, row, N_("Quote {number} was accepted by {who}"), "accepted", who=given.who)
        return row


def refuse(ctx: Ctx, quote_id: int, answer: Answer, *, version: int | None = None) -> Quote:
    """The customer refuses; ``answer.note`` says why. Only a release by who may lets the service go on (DEF-6.2.4)."""
    with transaction(ctx):
        row = _locked(ctx, quote_id, version)
        at = answer.at or ctx.now
        _check_answer(ctx, row, answer, at)
        reason = _text(answer.note, "note", LONGEST_NOTE)
        advance(ctx, QUOTES, row, "refuse")
        given = _keep_answer(ctx, row, "refused", answer, at)
        row.end_reason = reason
        stop_clock(ctx, row, QUOTE_VALID, at=at)
        _tell(ctx, "warranty.quote_refused", row, who=given.who, how=both(CONSENT_WORDS[given.how]), reason=reason)
        _tell_holder(ctx, row, N_("Quote {number} was refused by {who}"), "refused", who=given.who)
        return row


def ways_with_evidence(ctx: Ctx) -> set[str]:
    """The ways of consent that need a file as proof, as the setting lists them."""
    return {w.strip() for w in str(get_setting(ctx, "warranty.consent_evidence")).split(",") if w.strip()}


def _check_answer(ctx: Ctx, row: Quote, answer: Answer, at: dt.datetime) -> None:
    ctx.require(ANSWER)
    _text(answer.who, "who", 120)
    _text(answer.note, "note", LONGEST_NOTE, needed=False)
    if answer.how not in CONSENT_WORDS:
        raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=answer.how), "how")
    if at > ctx.now or (row.sent_at is not None and at < row.sent_at.replace(second=0, microsecond=0)):
        text = _("The customer answers after the quote was sent, and not later than now.")
        raise Invalid("bad_moment", text, "at")


def _keep_answer(ctx: Ctx, row: Quote, what: str, answer: Answer, at: dt.datetime) -> Consent:
    proof = ""
    if answer.evidence is not None:
        name, content = answer.evidence
        attach(ctx, row, name, content)
        proof = name[:255]
    given = Consent(
        quote_id=row.id,
        answer=what,
        who=_text(answer.who, "who", 120),
        at=at,
        how=answer.how,
        note=answer.note.strip(),
        evidence=proof,
        total=row.total,
        recorded_at=ctx.now,
        recorded_by=ctx.actor.name,
    )
    ctx.session.add(given)
    row.answered_at = at
    ctx.session.flush()
    return given


def release(ctx: Ctx, quote_id: int, reason: str, *, version: int | None = None) -> Quote:
    """Let the service go on although the customer refused to pay; whom this needs is said by the table of approvals.

    Raises Conflict ("approval_asked") when an approval is needed first: it is asked for, and the release repeated then.
    """
    with transaction(ctx):
        row = _locked(ctx, quote_id, version)
        why = _text(reason, "reason", LONGEST_NOTE)
        advance(ctx, QUOTES, row, "release", reason=why)
        row.release_reason = why
        _tell(ctx, "warranty.quote_released", row, reason=why)
        return row


# --- new versions, and the end ----------------------------------------------------------------------------------------


def revise(ctx: Ctx, quote_id: int, *, version: int | None = None) -> Quote:
    """A new version of a quote that was sent, refused or has expired: same number, lines at the prices of today.

    A line for which the list has no price any more keeps its old one, as given by hand.
    """
    with transaction(ctx):
        old = _locked(ctx, quote_id, version)
        advance(ctx, QUOTES, old, "revise")
        cancel_clock(ctx, old, QUOTE_VALID)
        kept = (
            "number", "title", "record_kind", "record_id", "customer_id", "device_id", "person_name", "person_phone",
            "person_email", "note", "list_id", "currency", "tax_included", "payers", "coverage_id", "decision_id",
            "discount", "unit_id", "assignee_id",
        )  # fmt: skip
        row = Quote(
            **{name: getattr(old, name) for name in kept},
            revision=1 + max(q.revision for q in queries.revisions_of(ctx, old.number)),
            replaces_id=old.id,
            made_at=ctx.now,
            made_by_id=ctx.actor.user_id,
            made_by=ctx.actor.name,
        )
        ctx.session.add(row)
        ctx.session.flush()
        for line in queries.lines_of(ctx, old.id):
            _copy_line(ctx, row, line)
        ctx.session.flush()
        _reckon(ctx, row)
        _tell(ctx, "warranty.quote_replaced", old, by=row.full_number)
        _tell(ctx, "warranty.quote_revised", row, before=old.full_number)
        return row


def _copy_line(ctx: Ctx, row: Quote, line: QuoteLine) -> None:
    columns = (
        "position", "kind", "code", "group", "label", "quantity", "unit", "unit_price", "minimum", "discount",
        "tax_rate", "payer", "payer_reason", "item_id", "why",
    )  # fmt: skip
    copy = QuoteLine(quote_id=row.id, **{name: getattr(line, name) for name in columns})
    if copy.item_id is not None:
        try:
            _price_by_list(ctx, row, copy, copy.label)
        except Conflict:
            copy.item_id = None
            copy.why = _("As in {number}: the list has no price for it any more", number=row.number)
    ctx.session.add(copy)


def withdraw(ctx: Ctx, quote_id: int, reason: str, *, version: int | None = None) -> Quote:
    """Take a quote back, with a reason; it asks nothing of the customer any more."""
    with transaction(ctx):
        row = _locked(ctx, quote_id, version)
        why = _text(reason, "reason", LONGEST_NOTE)
        advance(ctx, QUOTES, row, "withdraw", reason=why)
        cancel_clock(ctx, row, QUOTE_VALID)
        row.end_reason = why
        _tell(ctx, "warranty.quote_withdrawn", row, reason=why)
        return row


def expire(ctx: Ctx, quote_id: int) -> Quote | None:
    """The time of a sent quote has run out; nothing happens to one that was answered meanwhile."""
    with transaction(ctx):
        row = queries.find_quote(ctx, quote_id)
        clock = find_clock(ctx, row, QUOTE_VALID) if row is not None else None
        if row is None or row.state != "sent" or clock is None or clock.due_at > ctx.now:
            return None
        row = _locked(ctx, quote_id, None)
        advance(ctx, QUOTES, row, "expire")
        stop_clock(ctx, row, QUOTE_VALID)
        _tell(ctx, "warranty.quote_expired", row, day=row.valid_until)
        _tell_holder(ctx, row, N_("Quote {number} has expired without an answer"), "expired")
        return row


def remind(ctx: Ctx, quote_id: int) -> None:
    """A sent quote is about to expire: whoever has it asks the customer."""
    row = queries.find_quote(ctx, quote_id)
    if row is not None and row.state == "sent":
        _tell_holder(ctx, row, N_("Quote {number} expires soon: ask the customer"), "reminded")


def hand_over_work(ctx: Ctx, from_user_id: int, to_user_id: int) -> int:
    """Give all open quotes of one person to another; answers how many. Works while the module is off, too."""
    with transaction(ctx):
        rows = queries.open_of(ctx, from_user_id)
        name = queries.active_member_name(ctx, to_user_id) or ""
        for row in rows:
            row.assignee_id = to_user_id
            ctx.session.flush()
            _tell(ctx, "warranty.quote_given", row, name=name, user_id=to_user_id)
        return len(rows)


# --- shared -----------------------------------------------------------------------------------------------------------


def _draft_of(ctx: Ctx, quote_id: int, seen: int | None) -> Quote:
    row = _locked(ctx, quote_id, seen)
    if row.state != "draft":
        text = _("Quote {number} is not a draft any more. Make a new version.", number=row.full_number)
        raise Conflict("not_draft", text)
    return row


def _locked(ctx: Ctx, quote_id: int, seen: int | None) -> Quote:
    queries.get_quote(ctx, quote_id)
    row = ctx.session.get_one(Quote, quote_id, with_for_update=True)
    check_version(row, seen)
    return row


def _total(row: Quote) -> str:
    return f"{row.total.quantize(Decimal('0.01'))} {row.currency}"


def links_of(row: Quote) -> list[Any]:
    """On whose timelines the events of a quote appear, too."""
    about = RecordRef(row.record_kind, row.record_id) if row.record_id is not None else None
    customer = RecordRef(CUSTOMER, row.customer_id) if row.customer_id is not None else None
    return [about, customer, RecordRef(UNIT, row.device_id) if row.device_id is not None else None]


def _tell(ctx: Ctx, event: str, row: Quote, /, **facts: Any) -> None:
    ctx.session.flush()
    emit(ctx, event, row, links=links_of(row), number=row.full_number, **facts)


def _tell_holder(ctx: Ctx, row: Quote, text: str, cause: str, **facts: Any) -> None:
    if row.assignee_id is not None and row.assignee_id != ctx.actor.user_id:
        once = f"warranty quote {row.id} {cause}"
        notify(ctx, [row.assignee_id], text, record=row, once=once, number=row.full_number, **facts)


def _text(text: str, field: str, longest: int, *, needed: bool = True) -> str:
    words = text.strip()
    if needed and not words:
        raise Invalid("needed", _("Fill this in."), field)
    if len(words) > longest:
        raise Invalid("too_long", _("At most {n} characters; this has {length}.", n=longest, length=len(words)), field)
    return words


def _percent(value: Decimal, field: str) -> Decimal:
    if not value.is_finite() or not 0 <= value <= HUNDRED:
        raise Invalid("bad_percent", _("A percentage from 0 to 100 is needed, not {value}.", value=value), field)
    return _exact(value, field, 2)


def _exact(value: Decimal, field: str, places: int) -> Decimal:
    if value >= LARGEST:
        raise Invalid("too_large", _("This number is too large."), field)
    if value != value.quantize(Decimal(1).scaleb(-places)):
        raise Invalid("too_exact", _("At most {n} decimals fit.", n=places), field)
    return value




def short(value: Decimal) -> Decimal:
    """A figure without zeros at its end, as people write it."""
    text = f"{value:f}"
    return Decimal(text.rstrip("0").rstrip(".") or "0") if "." in text else value


def customer_numbered(ctx: Ctx, number: str) -> int | None:
    """The id of the customer of a number; None for none. Raises Invalid for a number that there is not."""
    wanted = number.strip()
    if not wanted:
        return None
    merge = ctx.registry.kinds[CUSTOMER].merge
    found = merge.find(ctx, wanted) if merge is not None else None
    if found is None:
        raise Invalid("unknown_customer", _("There is no customer {number}.", number=wanted[:40]), "customer_number")
    return found.merged_into_id or found.id
