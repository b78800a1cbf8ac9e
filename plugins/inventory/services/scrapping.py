"""Scrapping: asked for with a reason, approved where the company's table says so, then posted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.api import (
    N_,
    Conflict,
    Ctx,
    RecordRef,
    State,
    Transition,
    Workflow,
    _,
    advance,
    check_version,
    emit,
    get_setting,
    next_number,
    notify,
    transaction,
)
from plugins.inventory.contracts import Circumstances
from plugins.inventory.models import Scrap
from plugins.inventory.quality_contracts import SCRAP, SCRAP_STATE_WORDS, ScrapData
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.queries import places as place_queries
from plugins.inventory.queries import quality as queries
from plugins.inventory.services import quality
from plugins.inventory.services.common import exact, required
from plugins.inventory.services.posting import Entry, not_enough, post

ASK = "inventory.scrap.edit"


def _facts(_ctx: Ctx, row: Scrap, _transition: str) -> Mapping[str, Any]:
    part = row.part
    return {
        "value_known": row.amount is not None, "part": part.code, "guarantee": part.guarantee,
        "from_quarantine": row.inspection_id is not None, "title": f"{part.code} {part.name}",
        **({} if row.amount is None else {"amount": row.amount}),
    }  # fmt: skip


WORKFLOW = Workflow(
    SCRAP,
    (
        State("asked", SCRAP_STATE_WORDS["asked"], "circle-dashed"),
        State("scrapped", SCRAP_STATE_WORDS["scrapped"], "trash-2", final=True),
        State("refused", SCRAP_STATE_WORDS["refused"], "circle-x", final=True),
        State("withdrawn", SCRAP_STATE_WORDS["withdrawn"], "undo-2", final=True),
    ),
    (
        Transition("scrap", N_("Scrap it"), ("asked",), "scrapped", ASK),
        Transition("refuse", N_("Refuse"), ("asked",), "refused", ASK, True),
        Transition("withdraw", N_("Withdraw"), ("asked",), "withdrawn", ASK, True),
    ),
    fact_columns=(
        {"name": "value_known", "label": N_("Its value is known"), "type": "bool"},
        {"name": "part", "label": N_("Code of the part"), "type": "str"},
        {"name": "guarantee", "label": N_("Guarantee part"), "type": "bool"},
        {"name": "from_quarantine", "label": N_("Decided at an inspection"), "type": "bool"},
    ),
    facts=_facts,
)


def ask_scrap(ctx: Ctx, data: ScrapData) -> Scrap:
    """Ask for stock to be scrapped. What lies in quarantine is decided on in its inspection instead."""
    ctx.require(ASK)
    with transaction(ctx):
        balance = queries.get_locked_balance(ctx, data.balance_id)
        part = part_queries.part_words(ctx, [balance.part_id])[balance.part_id]
        quantity = exact(part, data.quantity)
        reason = required(data.reason, "reason", _("Give a reason."), 2000)
        if balance.location.kind == "quarantine":
            raise Conflict("in_quarantine", _("It lies in quarantine: decide on it in its inspection."))
        if balance.on_hand - balance.reserved < quantity:
            free = balance.on_hand - balance.reserved
            raise not_enough(part, free, quantity, balance.location.name, balance.reserved)
        cost = queries.costs(ctx, [part.id]).get(part.id)
        row = Scrap(
            number=next_number(ctx, SCRAP, str(get_setting(ctx, "inventory.scrap_pattern"))), state="asked",
            part_id=part.id, batch_id=balance.batch_id, serial_id=balance.serial_id, location_id=balance.location_id,
            unit_id=balance.location.unit_id, quantity=quantity, amount=queries.worth(cost, quantity), reason=reason,
            asked_at=ctx.now, asked_by_id=ctx.actor.user_id,
            asked_by=ctx.actor.name, ended_by="", ended_reason="",
        )  # fmt: skip
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "inventory.scrap_asked", row, number=row.number, reason=reason)
        return row


def carry_out(ctx: Ctx, scrap_id: int, *, version: int | None = None) -> Scrap:
    """Scrap it: out of stock. Where the company's table asks for an approval, that is asked for instead."""
    with transaction(ctx):
        row = queries.get_scrap(ctx, scrap_id, lock=True)
        check_version(row, version)
        advance(ctx, WORKFLOW, row, "scrap")
        side = place_queries.first_of(ctx, "scrap").id
        entry = Entry(row.part_id, row.quantity, row.location_id, side, row.batch_id, row.serial_id)
        given = Circumstances(row.reason, RecordRef(SCRAP, row.id))
        row.move_id = post(ctx, "scrap", [entry], given, "inventory.scrap_posted").moves[0]
        row.ended_at, row.ended_by = ctx.now, ctx.actor.name
        ctx.session.flush()
        emit(ctx, "inventory.scrapped", row, links=[row.inspection], number=row.number, reason=row.reason)
        return row


def refuse(ctx: Ctx, scrap_id: int, reason: str, *, version: int | None = None) -> Scrap:
    """It is not scrapped, says whoever decides on it."""
    return _end(ctx, scrap_id, "refuse", reason, version)


def withdraw(ctx: Ctx, scrap_id: int, reason: str, *, version: int | None = None) -> Scrap:
    """It is not scrapped after all."""
    return _end(ctx, scrap_id, "withdraw", reason, version)


def _end(ctx: Ctx, scrap_id: int, transition: str, reason: str, version: int | None) -> Scrap:
    with transaction(ctx):
        row = queries.get_scrap(ctx, scrap_id, lock=True)
        check_version(row, version)
        advance(ctx, WORKFLOW, row, transition, reason=reason)
        row.ended_at, row.ended_by, row.ended_reason = ctx.now, ctx.actor.name, reason.strip()[:2000]
        ctx.session.flush()
        event = "inventory.scrap_refused" if transition == "refuse" else "inventory.scrap_withdrawn"
        emit(ctx, event, row, links=[row.inspection], number=row.number, reason=row.ended_reason)
        if row.inspection_id is not None:
            quality.give_again(ctx, row.inspection_id, row.quantity, row.ended_reason)
        return row


def approved(ctx: Ctx, scrap_id: int) -> None:
    """What the approval leads to; nothing where it went on without it. What can't be scrapped now waits."""
    row = queries.get_scrap(ctx, scrap_id)
    if row.state != "asked":
        return
    free = queries.free_of(ctx, (row.part_id, row.batch_id, row.serial_id, row.location_id))
    if free >= row.quantity:
        carry_out(ctx, scrap_id)
    elif row.asked_by_id is not None:
        text = N_("{number} was approved, but so much is not free in {place} any more")
        place = row.location.name if row.location is not None else ""
        notify(ctx, [row.asked_by_id], text, record=row, once=f"scrap {row.id}", number=row.number, place=place)


def refused(ctx: Ctx, scrap_id: int, reason: str) -> None:
    """What a refused approval leads to; nothing where it went on without it."""
    if queries.get_scrap(ctx, scrap_id).state == "asked":
        refuse(ctx, scrap_id, reason or _("Not approved"))
