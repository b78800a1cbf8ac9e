"""Waiting for a part: where it comes from gives the days that the customer is told, under a clock (INS-2c)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from core.api import (
    Conflict,
    Ctx,
    Invalid,
    _,
    ask,
    calendar,
    cancel_clock,
    emit,
    fill_in,
    label,
    queue_mail,
    rule,
    start_clock,
    stop_clock,
    transaction,
    use_locale,
    written,
)
from plugins.base import queries as archive
from plugins.service.life import WORK
from plugins.service.models import Order, PartWait
from plugins.service.part_wait_contracts import PART_CLOCK, PART_MAIL, SOURCES, TOLD_WORDS, PartWaitData
from plugins.service.queries import part_waits as queries
from plugins.service.rules.part_waits import day_after
from plugins.service.services import course
from plugins.service.services.common import chosen, links_of, lock, refresh_urgency, require_open, required, to_change


def await_part(ctx: Ctx, order_id: int, data: PartWaitData, *, version: int | None = None) -> PartWait:
    """A part is missing: the order waits, the customer is told why and from when to when it is expected, and a clock
    runs to the last of these days. A new promise takes the place of the one before, with the reason; both stay.
    """
    ctx.require(WORK)
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        require_open(order)
        lock(ctx, order)
        part = required(data.part, "part", _("Which part is missing?"), 200)
        source, words = _source(ctx, order, data)
        told = "email" if data.mail_to.strip() else chosen(data.told_how, tuple(TOLD_WORDS), "told_how")
        former = queries.standing_wait(ctx, order.id)
        if former is not None and not order.waiting:  # it went on without the part
            give_up(ctx, order)
            former = None
        if former is not None:
            reason = required(data.reason, "reason", _("Why does it come at another time than promised?"), 400)
            _end(ctx, former, "replaced", reason)
            cancel_clock(ctx, order, PART_CLOCK)
        elif order.waiting:
            text = _("{number} waits already: {reason}", number=order.number, reason=order.waiting_reason)
            raise Conflict("waits_already", text)
        facts = queries.source_facts(order, source)
        first, last = _days(ctx, facts)
        row = PartWait(
            order_id=order.id, part=part, part_number=data.part_number.strip()[:80], source=source,
            source_words=words[ctx.company.locale][:120], from_on=first, until_on=last, told_at=ctx.now, told_how=told,
            mailed_to=data.mail_to.strip()[:254], explanation=data.explanation.strip()[:2000], state="waits",
            by_id=ctx.actor.user_id, by_name=ctx.actor.name,
        )  # fmt: skip
        ctx.session.add(row)
        ctx.session.flush()
        days = {"from": first.isoformat(), "until": last.isoformat()}
        event = "service.part_awaited" if former is None else "service.part_promised_anew"
        why = _("{part}, expected {first} to {last}", part=part, first=days["from"], last=days["until"])
        if former is None:
            course.put_waiting(ctx, order, "parts", why[:400])
        else:
            order.waiting_reason = why[:400]
        start_clock(ctx, order, PART_CLOCK, {**facts, "kind": order.kind, "urgency": order.urgency})
        refresh_urgency(ctx, order)
        emit(ctx, event, order, links=links_of(order), number=order.number, part=part, source=words, **days)
        _mail(ctx, order, row, words)
        return row


def part_arrived(ctx: Ctx, order_id: int, *, version: int | None = None) -> Order:
    """The part is here: the order goes on, and so do its clocks."""
    ctx.require(WORK)
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        require_open(order)
        row = queries.standing_wait(ctx, order.id)
        if row is None:
            raise Conflict("waits_for_nothing", _("{number} waits for nothing.", number=order.number))
        _end(ctx, row, "arrived", "")
        stop_clock(ctx, order, PART_CLOCK)
        facts = {"number": order.number, "part": row.part}
        emit(ctx, "service.part_arrived", order, links=links_of(order), **facts)
        course.put_resumed(ctx, order)
        return order


def give_up(ctx: Ctx, order: Order) -> None:
    """The order goes on, or ends, without the part; inside the transaction of whoever calls."""
    row = queries.standing_wait(ctx, order.id)
    if row is None:
        return
    _end(ctx, row, "ended", "")
    cancel_clock(ctx, order, PART_CLOCK)
    refresh_urgency(ctx, order)
    emit(ctx, "service.part_given_up", order, number=order.number, part=row.part)


def _source(ctx: Ctx, order: Order, data: PartWaitData) -> tuple[str, dict[str, str]]:
    """Where the part comes from: as said, else as the module that keeps the stock answers."""
    known = dict(queries.sources(ctx))
    source = data.source or ask(ctx, "part_source", order=order, part=data.part, number=data.part_number) or ""
    if source not in known:
        raise Invalid("source_missing", _("Choose where the part comes from."), "source")
    words = known[source]
    return source, dict(words) if isinstance(words, dict) else {"en": str(words), "zh": str(words)}


def _days(ctx: Ctx, facts: dict[str, Any]) -> tuple[dt.date, dt.date]:
    """(first, last) of the days that the customer is told, counted from today."""
    out = dict(rule(ctx, SOURCES, facts).outputs or {})
    is_open = calendar(ctx, str(out.get("calendar") or "office")).is_working_day
    earliest, latest = (int(out[name]) for name in ("earliest", "limit"))
    days = [day_after(ctx.today, n, str(out["unit"]), is_open) for n in (min(earliest, latest), latest)]
    return days[0], days[1]


def _end(ctx: Ctx, row: PartWait, state: str, reason: str) -> None:
    row.state, row.ended_at, row.ended_reason = state, ctx.now, reason
    ctx.session.flush()


def _mail(ctx: Ctx, order: Order, row: PartWait, words: dict[str, str]) -> None:
    if not row.mailed_to:
        return
    locale = archive.language_of(ctx, order.customer_id, email=row.mailed_to, name=order.person_name)
    with use_locale(locale):
        facts = {
            "number": order.number, "subject": order.subject, "name": order.person_name or "–", "part": row.part,
            "source": label(words), "from": written(row.from_on, locale), "until": written(row.until_on, locale),
            "explanation": row.explanation or "–", "company": ctx.company.name,
        }  # fmt: skip
    subject, body = fill_in(ctx, PART_MAIL, facts, locale)
    queue_mail(ctx, row.mailed_to, subject, body, cause=f"service part wait {row.id}", record=order, locale=locale)
