"""The day book (VCH-3, VCH-4): filing signed vouchers, closing a day."""

from __future__ import annotations

import datetime as dt
import io

from core.api import (
    Conflict,
    Ctx,
    Invalid,
    NotFound,
    OrgUnit,
    _,
    emit,
    store_file,
    transaction,
)
from plugins.service.daybook_contracts import FilingData
from plugins.service.models import BookDay, Filing, Order
from plugins.service.queries import daybook as queries
from plugins.service.queries import orders as order_queries
from plugins.service.services.common import links_of, lock, require_not_archived, required, to_change

FILE = "service.voucher.file"
CLOSE_DAY = "service.daybook.close"
PURPOSE = "service.voucher"


def file_voucher(ctx: Ctx, order_id: int, document_id: int, data: FilingData) -> Filing:
    """The signed voucher is back and filed, and with it the entry in the register is cleared (VCH-4)."""
    ctx.require(FILE)
    with transaction(ctx):
        order = to_change(ctx, order_id)
        lock(ctx, order)
        known = {d.id: (d, f) for d, f in queries.vouchers_of(ctx, [order.id]).get(order.id, [])}
        if document_id not in known:
            raise NotFound("unknown_voucher", _("This order has no such voucher, or it was cancelled."))
        document, filed = known[document_id]
        if filed is not None:
            raise Conflict("filed_already", _("{number} is filed already: {place}.", number=document.number,
                                              place=filed.place))  # fmt: skip
        if order.state not in queries.BACK:
            raise Conflict("not_done", _("{number} is not done yet.", number=order.number))
        place = required(data.place, "place", _("Say where it is filed."), 120)
        signed_on = data.signed_on or ctx.today
        if signed_on > ctx.today:
            raise Invalid("in_future", _("That can't have happened later than now."), "signed_on")
        if signed_on < document.issued_at.astimezone(ctx.tz).date():
            raise Invalid("before_issue", _("It can't have been signed before it was drawn."), "signed_on")
        row = Filing(
            order_id=order.id, document_id=document.id, number=document.number, signed_on=signed_on, place=place,
            note=data.note.strip()[:400], filed_at=ctx.now, filed_by_id=ctx.actor.user_id, filed_by=ctx.actor.name,
        )  # fmt: skip
        if data.content:
            row.file_id = store_file(ctx, data.name, io.BytesIO(data.content), purpose=PURPOSE, record=order).id
        ctx.session.add(row)
        ctx.session.flush()
        facts = {"number": order.number, "voucher": row.number, "place": place}
        emit(ctx, "service.voucher_filed", order, links=links_of(order), **facts)
        return row


def take_out(ctx: Ctx, order_id: int, filing_id: int, reason: str) -> Filing:
    """A voucher was filed wrongly: it is taken out, with the reason; what was written down stays."""
    ctx.require(FILE)
    with transaction(ctx):
        order = to_change(ctx, order_id)
        lock(ctx, order)
        row = queries.get_filing(ctx, order.id, filing_id)
        if not row.standing:
            raise Conflict("taken_already", _("It was taken out already."))
        require_not_archived(order)
        row.ended_reason = required(reason, "reason", _("Give a reason."), 400)
        row.standing, row.ended_at, row.ended_by = False, ctx.now, ctx.actor.name
        emit(
            ctx, "service.voucher_taken_out", order, links=links_of(order), number=order.number, voucher=row.number,
            reason=row.ended_reason,
        )  # fmt: skip
        return row


def close_day(ctx: Ctx, unit_id: int, day: dt.date, note: str = "") -> BookDay:
    """The head closes a day of a unit's book: its figures stay as they are now. What does not agree needs a note;
    orders that nobody was sent to are carried over to the next day (VCH-13).
    """
    ctx.require(CLOSE_DAY)
    with transaction(ctx):
        unit = _unit(ctx, unit_id)
        if day > ctx.today:
            raise Invalid("in_future", _("A day that has not come yet can't be closed."), "day")
        if queries.closed_day(ctx, unit.id, day) is not None:
            raise Conflict("closed_already", _("This day is closed already."))
        figures = queries.figures(ctx, unit, day)
        note = note.strip()[:400]
        if (figures["no_voucher"] or figures["no_entry"]) and not note:
            text = _("Entries and vouchers do not agree. Say in the note why the day is closed all the same.")
            raise Invalid("note_missing", text, "note")
        row = BookDay(
            unit_id=unit.id, day=day, figures=figures, note=note, closed_at=ctx.now, closed_by_id=ctx.actor.user_id,
            closed_by=ctx.actor.name,
        )  # fmt: skip
        ctx.session.add(row)
        ctx.session.flush()
        emit(
            ctx, "service.day_closed", row, unit=unit.name, day=day.isoformat(), carried=figures["carried"], note=note
        )
        return row


def _unit(ctx: Ctx, unit_id: int) -> OrgUnit:
    unit = order_queries.find_unit(ctx, unit_id)
    if unit is None or ctx.actor.unit_ids is not None and unit.id not in ctx.actor.unit_ids:
        raise NotFound("unknown_unit", _("There is no such unit, or it is not meant for you."))
    return unit


def may_file(order: Order) -> bool:
    """Whether the signed vouchers of an order may come back now."""
    return order.state in queries.BACK
