"""Sale prices: a change is asked for, decided by who may, in force from a day on (STO-18)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from core.api import (
    N_,
    Conflict,
    Ctx,
    Gate,
    Invalid,
    State,
    Transition,
    Workflow,
    _,
    advance,
    check_version,
    emit,
    get_setting,
    needs_approval,
    next_number,
    plain,
    transaction,
)
from plugins.inventory.models import PriceChange
from plugins.inventory.pricing_contracts import PRICE_CHANGE, PRICE_STATE_WORDS, PriceData
from plugins.inventory.queries import pricing as queries
from plugins.inventory.queries.parts import get_part, parts_by_code
from plugins.inventory.rules.pricing import percent
from plugins.inventory.services.common import required

SEE, ASK, DECIDE = "inventory.price.view", "inventory.price.ask", "inventory.price.decide"
MOST = Decimal(10) ** 10


def _facts(_ctx: Ctx, row: PriceChange, _transition: str) -> Mapping[str, Any]:
    part = row.part
    return {
        "amount": row.price, "percent": percent(row.before, row.price), "part": part.code,
        "guarantee": part.guarantee, "title": f"{part.code} {part.name}",
    }  # fmt: skip


def authority(ctx: Ctx, row: PriceChange) -> list[Gate]:
    """A price is put in force by somebody with the right to, or by whom the company's table of approvals says."""
    by_table = needs_approval(ctx, row, "approve")
    words = _("Somebody who may decide on prices approves it")
    return [Gate("inventory.price_authority", words, not (by_table or ctx.can(DECIDE)), waivable=False)]


WORKFLOW = Workflow(
    PRICE_CHANGE,
    (
        State("asked", PRICE_STATE_WORDS["asked"], "circle-dashed"),
        State("approved", PRICE_STATE_WORDS["approved"], "circle-check", final=True),
        State("refused", PRICE_STATE_WORDS["refused"], "circle-x", final=True),
        State("withdrawn", PRICE_STATE_WORDS["withdrawn"], "undo-2", final=True),
    ),
    (
        Transition("approve", N_("Put the price in force"), ("asked",), "approved", ASK, gates=(authority,)),
        Transition("refuse", N_("Refuse the price"), ("asked",), "refused", DECIDE, True),
        Transition("withdraw", N_("Withdraw"), ("asked",), "withdrawn", ASK, True),
    ),
    fact_columns=(
        {"name": "percent", "label": N_("Change in per cent, without sign"), "type": "decimal"},
        {"name": "part", "label": N_("Code of the part"), "type": "str"},
        {"name": "guarantee", "label": N_("Guarantee part"), "type": "bool"},
    ),
    facts=_facts,
)


def ask_change(ctx: Ctx, data: PriceData) -> PriceChange:
    """Ask for another price of a part, from today or a later day on, with the reason. One waits at a time."""
    ctx.require(ASK)
    with transaction(ctx):
        part = get_part(ctx, data.part_id, lock=True)
        price = data.price
        if not price.is_finite() or not 0 <= price < MOST or price != price.quantize(Decimal("0.01")):
            raise Invalid("bad_price", _("A price is 0 or more, with 2 decimals at most."), "price")
        if data.valid_from < ctx.today:
            raise Invalid("past", _("A price counts from today on at the earliest."), "valid_from")
        reason = required(data.reason, "reason", _("Give a reason."), 2000)
        waiting = queries.asked_for(ctx, part.id)
        if waiting is not None:
            words = _("{number} waits for a decision on its price already.", number=waiting.number)
            raise Conflict("asked_already", words)
        before = queries.prices_on(ctx, [part.id], data.valid_from).get(part.id)
        row = PriceChange(
            number=next_number(ctx, PRICE_CHANGE, str(get_setting(ctx, "inventory.price_pattern"))), state="asked",
            part_id=part.id, price=price, before=before.price if before else None, valid_from=data.valid_from,
            reason=reason, asked_at=ctx.now, asked_by_id=ctx.actor.user_id, asked_by=ctx.actor.name,
        )  # fmt: skip
        ctx.session.add(row)
        ctx.session.flush()
        emit(
            ctx, "inventory.price_asked", row, links=[part], number=row.number, part=part.code, price=plain(price),
            day=row.valid_from.isoformat(), reason=reason,
        )  # fmt: skip
        return row


def put_in_force(ctx: Ctx, change_id: int, *, version: int | None = None) -> PriceChange:
    """Approve it: it counts from its day on, from today on where that day has passed meanwhile. Where the company's
    table asks for approvals, they are asked for instead.
    """
    with transaction(ctx):
        part_id = queries.get_change(ctx, change_id).part_id
        part = get_part(ctx, part_id, lock=True)
        row = queries.get_change(ctx, change_id, lock=True)
        check_version(row, version)
        day = max(row.valid_from, ctx.today)
        before = queries.prices_on(ctx, [part_id], day).get(part_id)
        advance(ctx, WORKFLOW, row, "approve")
        row.valid_from, row.before = day, before.price if before else None
        row.decided_at, row.decided_by = ctx.now, ctx.actor.name
        ctx.session.flush()
        emit(
            ctx, "inventory.price_approved", row, links=[part], number=row.number, part=part.code,
            price=plain(row.price), day=row.valid_from.isoformat(),
        )  # fmt: skip
        return row


def refuse(ctx: Ctx, change_id: int, reason: str, *, version: int | None = None) -> PriceChange:
    """The price stays as it is, with a reason."""
    return _end(ctx, change_id, "refuse", reason, version)


def withdraw(ctx: Ctx, change_id: int, reason: str, *, version: int | None = None) -> PriceChange:
    """It is not asked for any more, with a reason."""
    return _end(ctx, change_id, "withdraw", reason, version)


def _end(ctx: Ctx, change_id: int, transition: str, reason: str, version: int | None) -> PriceChange:
    with transaction(ctx):
        row = queries.get_change(ctx, change_id, lock=True)
        check_version(row, version)
        reason = required(reason, "reason", _("Give a reason."), 2000)
        advance(ctx, WORKFLOW, row, transition, reason=reason)
        row.decided_at, row.decided_by, row.ended_reason = ctx.now, ctx.actor.name, reason
        ctx.session.flush()
        event = "inventory.price_refused" if transition == "refuse" else "inventory.price_withdrawn"
        emit(ctx, event, row, links=[row.part], number=row.number, part=row.part.code, reason=reason)
        return row


def approved(ctx: Ctx, change_id: int) -> None:
    """What the last approval leads to; nothing where it went on without it."""
    if queries.get_change(ctx, change_id).state == "asked":
        put_in_force(ctx, change_id)


def refused(ctx: Ctx, change_id: int, reason: str) -> None:
    """What a refused approval leads to; nothing where it went on without it."""
    if queries.get_change(ctx, change_id).state == "asked":
        refuse(ctx, change_id, reason or _("Not approved"))


def price_of(ctx: Ctx, code: str) -> dict[str, Any] | None:
    """What one of a part costs today, for the module of orders; None where it has no price."""
    part_id = parts_by_code(ctx, [code]).get(code)
    found = queries.prices_on(ctx, [part_id], ctx.today).get(part_id) if part_id is not None else None
    if part_id is None or found is None:
        return None
    change = queries.get_change(ctx, found.change_id)
    why = _("Sale price of {part} since {day} ({number})", part=code, day=found.since, number=change.number)
    return {"label": change.part.name, "unit_price": found.price, "why": why, "minimum": None}
