"""Exchanging a unit for another one."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from core.api import Conflict, Ctx, Invalid, RecordRef, _, emit, get_setting, next_number, transaction
from plugins.base import queries as base_queries
from plugins.base.contracts import UNIT
from plugins.warranty import life
from plugins.warranty.contracts import CARRIES_WORDS, EXCHANGE
from plugins.warranty.models import UnitExchange
from plugins.warranty.services.periods import refresh_periods


def exchange_unit(
    ctx: Ctx,
    old_id: int,
    new_id: int,
    reason: str,
    *,
    day: dt.date | None = None,
    carries: str = "",
    source: RecordRef | None = None,
) -> UnitExchange:
    """Write down that a unit was exchanged for another. From that day on periods are the new unit's.

    ``carries``: ``restart``, ``inherit``, or empty for what each term says. Raises Conflict when the old unit was
    exchanged before, or the new one came as a replacement before.
    """
    ctx.require(life.RECORD_EXCHANGES)
    with transaction(ctx):
        old, new = base_queries.get_unit(ctx, old_id), base_queries.get_unit(ctx, new_id)
        when = day or ctx.today
        if old.id == new.id:
            raise Invalid("same_unit", _("A unit can't be exchanged for itself."), "new_serial")
        if carries not in CARRIES_WORDS:
            raise Invalid("bad_choice", _("Choose one of the values offered."), "carries")
        if not reason.strip():
            raise Invalid("reason_needed", _("Give a reason."), "reason")
        if when > ctx.today:
            raise Invalid("future_day", _("{day} lies in the future.", day=when), "day")
        _free(ctx, old, new)
        exchange = UnitExchange(
            number=next_number(ctx, EXCHANGE, str(get_setting(ctx, "warranty.exchange_pattern"))),
            old_device_id=old.id,
            new_device_id=new.id,
            day=when,
            carries=carries,
            reason=reason.strip()[:400],
            source=source.kind if source else "",
            source_ref=source.id if source else None,
        )
        ctx.session.add(exchange)
        ctx.session.flush()
        links = [RecordRef(UNIT, old.id), RecordRef(UNIT, new.id)]
        if old.customer_id:
            links.append(RecordRef("base.customer", old.customer_id))
        facts = {"number": exchange.number, "old": base_queries.short_name(old), "new": base_queries.short_name(new)}
        emit(
            ctx, "warranty.unit_exchanged", exchange, links=links, day=when, reason=exchange.reason, old_id=old.id,
            new_id=new.id, **facts,
        )  # fmt: skip
        refresh_periods(ctx, [old.id, new.id])
        return exchange


def _free(ctx: Ctx, old, new) -> None:
    """The old unit goes once, the new one comes once, and no circle closes."""
    gone = ctx.session.scalar(sa.select(UnitExchange).where(UnitExchange.old_device_id == old.id))
    if gone is not None:
        text = _("{unit} was exchanged on {day} already ({number}).", unit=base_queries.short_name(old), day=gone.day,
                 number=gone.number)  # fmt: skip
        raise Conflict("exchanged_already", text)
    came = ctx.session.scalar(sa.select(UnitExchange).where(UnitExchange.new_device_id == new.id))
    if came is not None:
        text = _("{unit} came as a replacement itself ({number}). Choose another unit.",
                 unit=base_queries.short_name(new), number=came.number)  # fmt: skip
        raise Conflict("replacement_already", text, field="new_serial")
    if ctx.session.scalar(sa.select(UnitExchange.id).where(UnitExchange.old_device_id == new.id)) is not None:
        text = _("{unit} was given back in an exchange before.", unit=base_queries.short_name(new))
        raise Conflict("given_back", text, field="new_serial")
