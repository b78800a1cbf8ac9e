"""Reads of quotes, and what stands between a record and paid work on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Amount, Clock, Conflict, Ctx, Membership, NotFound, RecordRef, _, count_across_units, rule, written
from plugins.base.queries import persons_of
from plugins.warranty.contracts import CONSENT_WORDS, QUOTE, ConsentState, Payer
from plugins.warranty.models import QUOTE_OPEN_STATES, Consent, Quote, QuoteLine
from plugins.warranty.rules.quotes import Priced, Rounding, Sums, has_expired, sum_up

COUNTED = 1000
"""Counts go no further than one more than this."""
ROUNDING = "warranty.rounding"
NOT_COUNTING = ("withdrawn", "replaced")
UNSETTLED = ("draft", "sent", "refused", "expired")


# --- one quote --------------------------------------------------------------------------------------------------------


def get_quote(ctx: Ctx, quote_id: int) -> Quote:
    """The quote; NotFound when there is none for this person."""
    row = ctx.session.scalar(sa.select(Quote).where(Quote.id == quote_id))
    if row is None:
        raise NotFound("unknown_quote", _("There is no such quote, or it is not meant for you."))
    return row


def find_quote(ctx: Ctx, quote_id: int | None) -> Quote | None:
    """The quote, if there is one and this person may see it."""
    return ctx.session.scalar(sa.select(Quote).where(Quote.id == quote_id)) if quote_id else None


def lines_of(ctx: Ctx, quote_id: int) -> list[QuoteLine]:
    """The lines of a quote, in order."""
    query = sa.select(QuoteLine).where(QuoteLine.quote_id == quote_id)
    return list(ctx.session.scalars(query.order_by(QuoteLine.position, QuoteLine.id)))


def consents_of(ctx: Ctx, quote_id: int) -> list[Consent]:
    """What the customer answered, the newest first."""
    return list(ctx.session.scalars(sa.select(Consent).where(Consent.quote_id == quote_id).order_by(Consent.id.desc())))


def revisions_of(ctx: Ctx, number: str) -> list[Quote]:
    """Every revision of a quote, the newest first."""
    return list(ctx.session.scalars(sa.select(Quote).where(Quote.number == number).order_by(Quote.revision.desc())))


def payers_of(quote: Quote) -> dict[str, Payer]:
    """Who pays each kind of cost, as the quote keeps it."""
    return {kind: Payer(str(v["who"]), str(v.get("reason") or "")) for kind, v in quote.payers.items()}


def addresses_of(ctx: Ctx, quote: Quote) -> list[tuple[str, str]]:
    """(e-mail address, whose): the one given on the quote, then those of the customer's contact persons."""
    found = [(quote.person_email, quote.person_name or quote.person_email)] if quote.person_email else []
    people = persons_of(ctx, quote.customer_id) if quote.customer_id is not None else []
    known = {address for address, _name in found}
    return found + [(p.email, p.name) for p in people if p.email and p.email not in known]


def customer_name(quote: Quote) -> str:
    """What the customer is called on paper."""
    return (quote.customer.name if quote.customer is not None else "") or quote.person_name


# --- sums -------------------------------------------------------------------------------------------------------------


def rounding_for(ctx: Ctx, currency: str) -> Rounding:
    """How sums in a currency are rounded, by the company's table. Raises Conflict where it leaves it open."""
    outputs = rule(ctx, ROUNDING, {"currency": currency}).outputs
    if outputs is None or not outputs.get("step"):
        text = _("The rule table “Rounding of quotes” says nothing for {currency}. Add a row.", currency=currency)
        raise Conflict("no_rounding", text)
    return Rounding(Decimal(outputs["step"]), str(outputs["mode"]), str(outputs["per"]))


def rounding_of(quote: Quote) -> Rounding:
    """By what a quote's sums were rounded."""
    kept = quote.rounding
    return Rounding(Decimal(str(kept["step"])), str(kept["mode"]), str(kept["per"]))


def sums_of(quote: Quote, lines: Sequence[QuoteLine], rounding: Rounding) -> Sums:
    """What the lines of a quote come to."""
    return sum_up([priced(line) for line in lines], quote.discount, quote.tax_included, rounding)


def priced(line: QuoteLine) -> Priced:
    """A line as the rules reckon with it."""
    return Priced(
        line.quantity, line.unit_price, line.tax_rate, line.minimum, line.discount, line.payer == "customer"
    )


# --- lists ------------------------------------------------------------------------------------------------------------


def tab_clause(ctx: Ctx, tab: str) -> Any:
    """The condition of a tab of the list."""
    mine = sa.or_(Quote.assignee_id == ctx.actor.user_id, Quote.made_by_id == ctx.actor.user_id)
    clauses = {
        "mine": sa.and_(Quote.state.in_(QUOTE_OPEN_STATES), mine),
        "waiting": Quote.state == "sent",
        "refused": Quote.state == "refused",
        "open": Quote.state.in_(QUOTE_OPEN_STATES),
    }
    return clauses.get(tab)


def search_clause(text: str) -> Any:
    """Quotes by number, title or person."""
    return sa.or_(
        Quote.number.istartswith(text, autoescape=True),
        Quote.title.icontains(text, autoescape=True),
        Quote.person_name.icontains(text, autoescape=True),
    )


def clocks_of(ctx: Ctx, quote_ids: Sequence[int]) -> dict[int, Clock]:
    """The newest clock of each quote that counts; one statement."""
    query = sa.select(Clock).where(
        Clock.record_kind == QUOTE, Clock.record_id.in_(quote_ids), Clock.state != "cancelled"
    )
    return {clock.record_id: clock for clock in ctx.session.scalars(query.order_by(Clock.id))}


def of_record(ctx: Ctx, ref: RecordRef, limit: int = 10) -> list[Quote]:
    """The quotes on a record, the newest first."""
    query = sa.select(Quote).where(Quote.record_kind == ref.kind, Quote.record_id == ref.id)
    return list(ctx.session.scalars(query.order_by(Quote.id.desc()).limit(limit)))


def of_customer(ctx: Ctx, customer_id: int, limit: int = 5) -> list[Quote]:
    """The newest quotes to a customer."""
    query = sa.select(Quote).where(Quote.customer_id == customer_id)
    return list(ctx.session.scalars(query.order_by(Quote.id.desc()).limit(limit)))


def of_device(ctx: Ctx, device_id: int, limit: int = 5) -> list[Quote]:
    """The newest quotes for a unit."""
    query = sa.select(Quote).where(Quote.device_id == device_id)
    return list(ctx.session.scalars(query.order_by(Quote.id.desc()).limit(limit)))


def of_decision(ctx: Ctx, coverage_id: int, limit: int = 5) -> list[Quote]:
    """The newest quotes that were made by a decision on coverage."""
    query = sa.select(Quote).where(Quote.coverage_id == coverage_id)
    return list(ctx.session.scalars(query.order_by(Quote.id.desc()).limit(limit)))


def count_open(ctx: Ctx, user_id: int | None = None, unit_id: int | None = None) -> int:
    """How many quotes are open, of a person or a department or at all."""
    query = sa.select(Quote.id).where(Quote.state.in_(QUOTE_OPEN_STATES))
    if user_id is not None:
        query = query.where(Quote.assignee_id == user_id)
    if unit_id is not None:
        query = query.where(Quote.unit_id == unit_id)
    return ctx.session.scalar(sa.select(sa.func.count()).select_from(query.limit(COUNTED + 1).subquery())) or 0


def open_of(ctx: Ctx, user_id: int) -> list[Quote]:
    """The open quotes that a person has, locked."""
    query = sa.select(Quote).where(Quote.assignee_id == user_id, Quote.state.in_(QUOTE_OPEN_STATES))
    query = query.options(orm.joinedload(Quote.customer))
    return list(ctx.session.scalars(query.order_by(Quote.id).with_for_update(of=Quote)))


def waiting_for(ctx: Ctx, user_id: int, limit: int = 50) -> list[Quote]:
    """Open quotes of a person, those first that end first."""
    query = sa.select(Quote).where(Quote.assignee_id == user_id, Quote.state.in_(QUOTE_OPEN_STATES))
    query = query.options(orm.joinedload(Quote.customer))
    return list(ctx.session.scalars(query.order_by(Quote.valid_until.nulls_last(), Quote.id).limit(limit)))


def states_counted(ctx: Ctx) -> dict[str, int]:
    """State → how many quotes are in it, for the open ones."""
    query = sa.select(Quote.state, sa.func.count()).where(Quote.state.in_(QUOTE_OPEN_STATES)).group_by(Quote.state)
    return {row[0]: row[1] for row in ctx.session.execute(query)}


def counting(ctx: Ctx, ref: RecordRef) -> list[Quote]:
    """The quotes on a record that count: neither withdrawn nor replaced by a newer version."""
    return [q for q in of_record(ctx, ref, COUNTED) if q.state not in NOT_COUNTING]


def hidden_unsettled(ctx: Ctx, ref: RecordRef, seen_ones: Iterable[Quote]) -> int:
    """How many unsettled quotes on a record belong to organisation units that this person doesn't see.

    ``seen_ones`` are those that the person sees.
    """
    if ctx.actor.unit_ids is None:
        return 0
    query = sa.select(sa.func.count(Quote.id)).where(
        Quote.record_kind == ref.kind, Quote.record_id == ref.id, Quote.state.in_(UNSETTLED), Quote.total > 0
    )
    seen = sum(1 for q in seen_ones if q.state in UNSETTLED and q.total)
    return int(count_across_units(ctx, query)[0]) - seen


# --- consent ----------------------------------------------------------------------------------------------------------


def consent_of(ctx: Ctx, ref: RecordRef, payers: Mapping[str, Payer] | None = None) -> ConsentState:
    """What stands between a record and paid work on it.

    Every quote that counts must be settled: accepted, released, or nothing to pay. ``payers`` (who pays each kind of
    cost, as a coverage decision says) tells that there is something to pay where no quote was made yet.
    """
    quotes = counting(ctx, ref)
    if hidden_unsettled(ctx, ref, quotes):
        return ConsentState("waiting", _("A quote of another department on this is not settled yet"))
    if not quotes:
        if any(p.who == "customer" for p in (payers or {}).values()):
            return ConsentState("no_quote", _("The customer pays, and no quote was made yet"))
        return ConsentState("nothing_to_pay", _("Nothing for the customer to pay"))
    states = [state_of(ctx, quote) for quote in quotes]
    return min(states, key=lambda s: (s.given, s.state == "nothing_to_pay", s.quote_id))


def state_of(ctx: Ctx, quote: Quote) -> ConsentState:
    """What one quote means for the work that it is for."""
    number, total = quote.full_number, written(Amount(quote.total, quote.currency), ctx.locale)
    said: dict[str, Any] = {"quote_id": quote.id, "number": number}
    if quote.state == "released":
        return ConsentState("released", _("Quote {number}: the service was released without payment", number=number),
                            **said)  # fmt: skip
    if quote.state == "accepted":
        given = consents_of(ctx, quote.id)[0]
        text = _(
            "{who} agreed to {total}, {how} (quote {number})",
            who=given.who, total=total, how=_(CONSENT_WORDS[given.how]), number=number,
        )  # fmt: skip
        return ConsentState("given", text, **said, who=given.who, at=given.at, how=given.how)
    if quote.state == "draft":
        return ConsentState("not_sent", _("Quote {number} was not sent yet", number=number), **said)
    if quote.state == "refused":
        text = _("The customer refused quote {number} ({total})", number=number, total=total)
        return ConsentState("refused", text, **said)
    if quote.state == "expired" or has_expired(quote.valid_until, ctx.today):
        return ConsentState("expired", _("Quote {number} has expired; make a new version", number=number), **said)
    if not quote.total:
        return ConsentState("nothing_to_pay", _("Quote {number}: nothing for the customer to pay", number=number),
                            **said)  # fmt: skip
    text = _("The customer has not agreed to quote {number} ({total}) yet", number=number, total=total)
    return ConsentState("waiting", text, **said)


def names_of(ctx: Ctx, user_ids: Iterable[int | None]) -> dict[int, str]:
    """The names of people by id, of those who have left, too; one statement, however many (or none) there are."""
    wanted = sorted({u for u in user_ids if u is not None})
    query = sa.select(Membership).options(orm.joinedload(Membership.user)).where(Membership.user_id.in_(wanted))
    return {m.user_id: m.user.name for m in ctx.session.scalars(query)}


def people(ctx: Ctx) -> list[tuple[int, str]]:
    """(id, name) of everybody who works here, by name."""
    query = sa.select(Membership).options(orm.joinedload(Membership.user)).where(Membership.active.is_(True))
    return sorted(((m.user_id, m.user.name) for m in ctx.session.scalars(query)), key=lambda p: (p[1], p[0]))


def active_member_name(ctx: Ctx, user_id: int) -> str | None:
    """The name of a person who works here now."""
    return dict(people(ctx)).get(user_id)


def due_moment(ctx: Ctx, day: dt.date) -> dt.datetime:
    """The end of a day at the company, to the minute, as the deadline of a quote that is valid until then."""
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), ctx.tz).astimezone(dt.UTC)
