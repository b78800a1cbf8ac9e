"""The phone desk: a missed call is written down, attributed, called back; its consequence stands, or does not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from core.api import (
    ClockStart,
    Conflict,
    Ctx,
    Forbidden,
    Invalid,
    RecordRef,
    _,
    bulk_insert,
    cancel_clock,
    check_version,
    emit,
    emit_many,
    get_setting,
    rule,
    start_clock,
    start_clocks,
    stop_clock,
    transaction,
)
from plugins.base.contracts import ContactData
from plugins.base.queries import number_of, number_words
from plugins.base.services import record_contact, settle_contact
from plugins.callback.calling_contracts import MISSED, Answerable, MissedData
from plugins.callback.models import MissedCall
from plugins.callback.queries import desk as queries
from plugins.callback.services.promises import words

RECORD, JUDGE = "callback.desk.record", "callback.desk.judge"


def record_missed(ctx: Ctx, data: MissedData) -> tuple[MissedCall, bool]:
    """Write a missed call down: who had to answer, what follows, and who calls back until when.

    Answers the row and whether it is new: the same number at the same minute, or the same key, is known already.
    """
    ctx.require(RECORD)
    if data.at > ctx.now:
        raise Invalid("future", _("That moment is still to come."), "at")
    number = number_of(ctx, data.phone)
    with transaction(ctx):
        key = key_of(data, number)
        known = queries.missed_by_key(ctx, key)
        if known is not None:
            return known, False
        code, who = queries.who_answers(ctx, [data.at])
        customers = queries.customers_of(ctx, [number])
        row = MissedCall(**_columns(ctx, data, number, key, code, who[data.at], customers, _on_duty(ctx)))
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "callback.missed_recorded", row, links=[row.customer], phone=number_words(ctx, number), at=row.at)
        row.due_at = start_clock(ctx, row, MISSED, {"kind": "missed"}).due_at
        emit(ctx, "callback.missed_due", row, due=row.due_at)
        return row, True


def load_missed(ctx: Ctx, found: Sequence[tuple[MissedData, str]]) -> int:
    """Add many, each with its number, none of them known: attributed and matched in as few statements as one.

    Those older than the setting says are only counted: it is too late to call them back.
    """
    ctx.require(RECORD)
    with transaction(ctx):
        code, who = queries.who_answers(ctx, [data.at for data, _number in found])
        customers = queries.customers_of(ctx, [number for _data, number in found])
        caller = _on_duty(ctx)
        late = ctx.now - dt.timedelta(hours=int(get_setting(ctx, "callback.call_back_hours")))
        rows = [
            _columns(ctx, data, number, key_of(data, number), code, who[data.at], customers, caller)
            | (_too_late(ctx) if data.at < late else {})
            for data, number in found
        ]
        refs = [RecordRef(MISSED, row_id) for row_id in bulk_insert(ctx, MissedCall, rows, MissedCall.id)]
        waiting = [ref for ref, row in zip(refs, rows, strict=True) if row["state"] == "open"]
        clocks = start_clocks(ctx, [ClockStart(ref, MISSED, {"kind": "missed"}, at=ctx.now) for ref in waiting])
        for due in {clock["due_at"] for clock in clocks}:
            ids = [ref.id for ref, clock in zip(waiting, clocks, strict=True) if clock["due_at"] == due]
            ctx.session.execute(sa.update(MissedCall).where(MissedCall.id.in_(ids)).values(due_at=due))
        happened = [
            ("callback.missed_recorded", ref, {"phone": number_words(ctx, row["phone"]), "at": row["at"]})
            for ref, row in zip(refs, rows, strict=True)
        ]
        for name, ref, facts in happened[:1]:
            emit(ctx, name, ref, **facts)  # the changes of all are noted with the first
        emit_many(ctx, happened[1:])
        return len(rows)


def _too_late(ctx: Ctx) -> dict[str, Any]:
    """What makes a missed call one that is only counted."""
    text = _("Too long ago to be called back when it was loaded.")
    return {"state": "closed", "ended_at": ctx.now, "ended_by": ctx.actor.name[:120], "result": text}


def key_of(data: MissedData, number: str) -> str:
    """What tells a missed call from all others: its key at the source, or the number and the minute."""
    return data.external_key.strip()[:120] or f"{number}@{data.at.astimezone(dt.UTC):%Y-%m-%dT%H:%M}"


def _on_duty(ctx: Ctx) -> int | None:
    """Who has the phone now calls back; outside its hours, whoever writes it down."""
    _code, who = queries.who_answers(ctx, [ctx.now])
    return who[ctx.now].user_id or ctx.actor.user_id


def _columns(
    ctx: Ctx, data: MissedData, number: str, key: str, code: str, who: Answerable, customers: dict[str, int],
    caller: int | None,
) -> dict[str, Any]:  # fmt: skip
    out = rule(ctx, "callback.missed_calls", {"attribution": who.why}).outputs or {}
    return {
        "at": data.at, "phone": number, "caller": data.caller.strip()[:120], "note": data.note.strip()[:2000],
        "source": data.source, "external_key": key, "customer_id": customers.get(number), "roster": code,
        "attribution": who.why, "answerable_id": who.user_id, "answerable_name": who.name[:120],
        "consequence": "stands" if who.user_id is not None else "none",
        "amount": out.get("amount") if who.user_id is not None else None, "assignee_id": caller, "due_at": ctx.now,
        "recorded_at": ctx.now, "recorded_by": ctx.actor.name[:120], "state": "open", "ended_at": None,
        "ended_by": "", "result": "", "why": "", "version": 1,
    }  # fmt: skip


def _to_change(ctx: Ctx, missed_id: int, version: int | None, *, is_open: bool) -> MissedCall:
    row = queries.get_missed(ctx, missed_id, lock=True)
    check_version(row, version)
    if is_open and row.state != "open":
        raise Conflict("ended_already", _("This has ended already."))
    return row


def called_back(ctx: Ctx, missed_id: int, said: str, *, version: int | None = None) -> MissedCall:
    """The customer was called back and reached; what was said stands in the call register."""
    ctx.require(RECORD)
    with transaction(ctx):
        row = _to_change(ctx, missed_id, version, is_open=True)
        text = words(said, _("Write down what the customer says."), "result")
        contact = record_contact(
            ctx,
            ContactData(
                direction="out", phone=row.phone, customer_id=row.customer_id,
                caller_name=row.caller or (row.customer.name if row.customer else ""), matter="other",
                subject=_("Called back after a missed call"), text=text, external_key=f"callback.missed:{row.id}",
            ),
        )  # fmt: skip
        settle_contact(ctx, contact.id, MISSED, row.id)
        row.contact_id = contact.id
        _end(ctx, row, "called_back", text)
        emit(ctx, "callback.missed_called_back", row, links=[row.customer, contact], result=text[:200])
        stop_clock(ctx, row, MISSED)
        return row


def leave_missed(ctx: Ctx, missed_id: int, reason: str, *, version: int | None = None) -> MissedCall:
    """It is not called back, for a reason: the customer has called again, nobody can be reached."""
    ctx.require(RECORD)
    with transaction(ctx):
        row = _to_change(ctx, missed_id, version, is_open=True)
        text = words(reason, _("Give a reason."), "result")
        _end(ctx, row, "closed", text)
        emit(ctx, "callback.missed_left", row, links=[row.customer], reason=text[:200])
        cancel_clock(ctx, row, MISSED)
        return row


def _end(ctx: Ctx, row: MissedCall, state: str, text: str) -> None:
    row.state, row.result, row.ended_at, row.ended_by = state, text, ctx.now, ctx.actor.name[:120]
    ctx.session.flush()


def object_to(ctx: Ctx, missed_id: int, reason: str, *, version: int | None = None) -> MissedCall:
    """The person who had to answer says why it was not his or her fault. Raises Forbidden for anybody else."""
    with transaction(ctx):
        row = _to_change(ctx, missed_id, version, is_open=False)
        if row.answerable_id is None or row.answerable_id != ctx.actor.user_id:
            raise Forbidden("not_yours", _("Only the person who had to answer can object."))
        if row.consequence != "stands":
            raise Conflict("not_standing", _("There is nothing to object to, or it was decided on already."))
        row.consequence, row.why = "appealed", words(reason, _("Give a reason."), "why")
        ctx.session.flush()
        emit(ctx, "callback.missed_objected", row, reason=row.why[:200])
        return row


def judge_missed(ctx: Ctx, missed_id: int, *, waive: bool, reason: str, version: int | None = None) -> MissedCall:
    """Waive the consequence, or let it stand, with a reason; the amount stays on record."""
    ctx.require(JUDGE)
    with transaction(ctx):
        row = _to_change(ctx, missed_id, version, is_open=False)
        if row.answerable_id is not None and row.answerable_id == ctx.actor.user_id:
            raise Forbidden("own_case", _("Nobody decides on what he or she has to answer for."))
        if row.consequence not in ("stands", "appealed"):
            raise Conflict("not_standing", _("There is nothing to object to, or it was decided on already."))
        row.consequence, row.why = ("waived" if waive else "stands"), words(reason, _("Give a reason."), "why")
        ctx.session.flush()
        emit(ctx, "callback.missed_waived" if waive else "callback.missed_upheld", row, reason=row.why[:200])
        return row


def hand_over_missed(ctx: Ctx, from_user_id: int, to_user_id: int) -> int:
    """Give the calls back of one person to another; answers how many."""
    with transaction(ctx):
        rows = queries.open_missed(ctx, from_user_id, limit=100_000)
        for row in rows:
            row.assignee_id = to_user_id
            ctx.session.flush()
            emit(ctx, "callback.missed_given", row, phone=number_words(ctx, row.phone))
        return len(rows)
