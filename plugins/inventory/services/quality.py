"""Quality decisions: what lies in quarantine is released, reworked, scrapped or sent back to the supplier (MD-3)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from core.api import (
    N_,
    Conflict,
    Ctx,
    Invalid,
    RecordRef,
    State,
    Transition,
    Workflow,
    _,
    advance,
    both,
    check_version,
    emit,
    get_setting,
    next_number,
    transaction,
)
from plugins.base.queries.suppliers import get_supplier
from plugins.inventory.contracts import Circumstances
from plugins.inventory.models import Inspection, Scrap, SupplierReturn, Verdict
from plugins.inventory.models.quality import EXPECTED, VERDICTS
from plugins.inventory.quality_contracts import (
    INSPECTION,
    INSPECTION_STATE_WORDS,
    SCRAP,
    SOURCE_WORDS,
    SUPPLIER_RETURN,
    VERDICT_WORDS,
    Arrival,
    VerdictData,
)
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.queries import places as place_queries
from plugins.inventory.queries import quality as queries
from plugins.inventory.services import quarantine
from plugins.inventory.services.common import chosen, exact, fitting, required
from plugins.inventory.services.posting import Entry, post

VIEW = "inventory.inspection.view"
INSPECT = "inventory.inspection.decide"


def _facts(ctx: Ctx, row: Inspection, _transition: str) -> Mapping[str, Any]:
    part = row.part
    worth = queries.worth(queries.costs(ctx, [row.part_id]).get(row.part_id), row.undecided)
    return {
        "source": row.source, "reason_code": row.reason_code, "part": part.code, "guarantee": part.guarantee,
        "title": f"{part.code} {part.name}", **({} if worth is None else {"amount": worth}),
    }  # fmt: skip


WORKFLOW = Workflow(
    INSPECTION,
    (
        State("open", INSPECTION_STATE_WORDS["open"], "circle-dashed"),
        State("decided", INSPECTION_STATE_WORDS["decided"], "circle-check"),
        State("withdrawn", INSPECTION_STATE_WORDS["withdrawn"], "circle-minus", final=True),
    ),
    (
        Transition("decide", N_("Decide on it"), ("open",), "open", INSPECT),
        Transition("finish", N_("Decide on all of it"), ("open",), "decided", INSPECT),
        Transition("reopen", N_("Decide again"), ("decided",), "open", INSPECT),
        Transition("withdraw", N_("Nothing to decide any more"), ("open",), "withdrawn", INSPECT),
    ),
    fact_columns=(
        {"name": "source", "label": N_("Where it comes from"), "type": "choice", "choices": SOURCE_WORDS},
        {"name": "reason_code", "label": N_("Reason (code)"), "type": "str"},
        {"name": "part", "label": N_("Code of the part"), "type": "str"},
        {"name": "guarantee", "label": N_("Guarantee part"), "type": "bool"},
    ),
    facts=_facts,
)


def inspect_stock(ctx: Ctx, balance_id: int, quantity: Decimal, note: str) -> Inspection:
    """Doubtful stock goes into quarantine, to be inspected, with a reason (STO-11). What lies there without an
    inspection gets one.
    """
    ctx.require(INSPECT)
    with transaction(ctx):
        note = required(note, "note", _("Give a reason."), 2000)
        balance = queries.get_locked_balance(ctx, balance_id)
        part = part_queries.part_words(ctx, [balance.part_id])[balance.part_id]
        quantity = exact(part, quantity)
        key = (balance.part_id, balance.batch_id, balance.serial_id)
        place, arrival = balance.location, Arrival("stock", note=note)
        checklist = quarantine.to_inspect(ctx, [part.id], "stock").get(part.id, "")
        if place.kind == "quarantine":
            known = sum((row.undecided for row in queries.open_on(ctx, *key, place.id)), Decimal(0))
            waiting = known + queries.asked_to_scrap(ctx, *key, place.id)
            if quantity > balance.on_hand - waiting:
                words = _("{known} of it wait for a decision already.", known=part.amount(waiting))
                raise Conflict("inspected_already", words)
            return quarantine.open_inspection(
                ctx, key, quantity, place, arrival, None, {part.id: part}, None, checklist
            )
        target = queries.quarantine_near(ctx, place.id)
        entry = Entry(part.id, quantity, place.id, target.id, balance.batch_id, balance.serial_id)
        post(ctx, "transfer", [entry], Circumstances(note), "inventory.transferred", arrival=arrival)
        return queries.open_on(ctx, *key, target.id)[0]


def record_finding(ctx: Ctx, inspection_id: int, finding: str, *, version: int | None = None) -> Inspection:
    """Write down what inspecting it showed."""
    ctx.require(INSPECT)
    with transaction(ctx):
        row = _open(ctx, inspection_id, version)
        row.finding = required(finding, "finding", _("Write down what was found."), 4000)
        emit(ctx, "inventory.inspected", row, number=row.number, finding=row.finding)
        return row


def decide(ctx: Ctx, inspection_id: int, data: VerdictData, *, version: int | None = None) -> Verdict:
    """Decide on a quantity, with the reason: released stock may be used at once, rework stays in quarantine and is
    decided on again, scrap waits for whoever has to approve it, and for the supplier a return is made.
    """
    ctx.require(INSPECT)
    with transaction(ctx):
        row = _open(ctx, inspection_id, version)
        chosen(data.verdict, VERDICTS, "verdict")
        part = part_queries.part_words(ctx, [row.part_id])[row.part_id]
        quantity = exact(part, data.quantity)
        if quantity > row.undecided:
            words = _(
                "{left} of {number} are still to be decided on; {asked} are too many.",
                left=part.amount(row.undecided), number=row.number, asked=part.amount(quantity),
            )  # fmt: skip
            raise Conflict("too_many", words, field="quantity")
        note = fitting(data.note, "note", 2000)
        if data.verdict != "release":
            note = required(note, "note", _("Say why."), 2000)
        advance(ctx, WORKFLOW, row, "decide")
        made = Verdict(
            inspection_id=row.id, verdict=data.verdict, quantity=quantity, note=note, made_at=ctx.now,
            made_by=ctx.actor.name,
        )
        if data.verdict == "release":
            made.to_id = data.to_id
            made.move_id = _release(ctx, row, quantity, data.to_id, note)
        elif data.verdict == "supplier":
            made.move_id = _to_supplier(ctx, row, quantity, note, data)
        elif data.verdict == "scrap":
            _to_scrap(ctx, row, quantity, note)
        if data.verdict != "rework":
            row.undecided -= quantity
        ctx.session.add(made)
        ctx.session.flush()
        emit(
            ctx, "inventory.quality_decided", row, links=[queries.about_of(row)], number=row.number,
            verdict=both(VERDICT_WORDS[made.verdict]), what=f"{part.code} × {part.amount(quantity)}", note=note,
        )  # fmt: skip
        if not row.undecided:
            advance(ctx, WORKFLOW, row, "finish")
            row.ended_at = ctx.now
            ctx.session.flush()
            emit(ctx, "inventory.inspection_finished", row, number=row.number)
        return made


def _open(ctx: Ctx, inspection_id: int, version: int | None) -> Inspection:
    row = queries.get_inspection(ctx, inspection_id, lock=True)
    check_version(row, version)
    if row.state != "open":
        words = _("{number}: {state}.", number=row.number, state=_(INSPECTION_STATE_WORDS[row.state]))
        raise Conflict("not_open", words)
    return row


def _given(row: Inspection, note: str) -> Circumstances:
    return Circumstances(note, RecordRef(INSPECTION, row.id))


def _entry(row: Inspection, quantity: Decimal, to_id: int) -> Entry:
    return Entry(row.part_id, quantity, row.location_id, to_id, row.batch_id, row.serial_id)


def _release(ctx: Ctx, row: Inspection, quantity: Decimal, to_id: int | None, note: str) -> int:
    if to_id is None:
        raise Invalid("place_needed", _("Name the location."), "to_id")
    entry = _entry(row, quantity, to_id)
    return post(ctx, "release", [entry], _given(row, note), "inventory.quarantine_left").moves[0]


def _to_supplier(ctx: Ctx, row: Inspection, quantity: Decimal, note: str, data: VerdictData) -> int:
    if data.supplier_id is None:
        raise Invalid("supplier_needed", _("Choose the supplier."), "supplier_id")
    supplier = get_supplier(ctx, data.supplier_id)
    chosen(data.expects, EXPECTED, "expects")
    side = place_queries.first_of(ctx, "supplier").id
    move = post(ctx, "supplier", [_entry(row, quantity, side)], _given(row, note), "inventory.quarantine_left").moves[0]
    pattern = str(get_setting(ctx, "inventory.supplier_return_pattern"))
    back = SupplierReturn(
        number=next_number(ctx, SUPPLIER_RETURN, pattern), inspection_id=row.id, part_id=row.part_id,
        unit_id=row.unit_id, supplier=supplier.name, supplier_id=supplier.id, quantity=quantity, settled=Decimal(0),
        expects=data.expects, reason=note, move_id=move, sent_at=ctx.now, sent_by=ctx.actor.name,
    )  # fmt: skip
    if data.expects == "nothing":
        back.settled = quantity
    ctx.session.add(back)
    ctx.session.flush()
    emit(
        ctx, "inventory.sent_to_supplier", back, links=[row, supplier], number=back.number, supplier=supplier.name,
        reason=note,
    )  # fmt: skip
    return move


def _to_scrap(ctx: Ctx, row: Inspection, quantity: Decimal, note: str) -> Scrap:
    cost = queries.costs(ctx, [row.part_id]).get(row.part_id)
    scrap = Scrap(
        number=next_number(ctx, SCRAP, str(get_setting(ctx, "inventory.scrap_pattern"))), state="asked",
        part_id=row.part_id, batch_id=row.batch_id, serial_id=row.serial_id, location_id=row.location_id,
        unit_id=row.unit_id, quantity=quantity, amount=queries.worth(cost, quantity), reason=note,
        inspection_id=row.id, asked_at=ctx.now, asked_by_id=ctx.actor.user_id, asked_by=ctx.actor.name,
        ended_by="", ended_reason="",
    )  # fmt: skip
    ctx.session.add(scrap)
    ctx.session.flush()
    emit(ctx, "inventory.scrap_asked", scrap, links=[row], number=scrap.number, reason=note)
    return scrap


def give_again(ctx: Ctx, inspection_id: int, quantity: Decimal, why: str) -> None:
    """What was decided to be scrapped is not: it waits for another decision."""
    row = queries.get_inspection(ctx, inspection_id, lock=True)
    row.undecided += quantity
    if row.state == "decided":
        advance(ctx, WORKFLOW, row, "reopen")
        row.ended_at = None
    ctx.session.flush()
    emit(ctx, "inventory.inspection_reopened", row, number=row.number, reason=why)


def settle(ctx: Ctx, return_id: int, quantity: Decimal, note: str, *, version: int | None = None) -> SupplierReturn:
    """The supplier has made good so much of what went back. Raises Conflict for more than is outstanding."""
    ctx.require(INSPECT)
    with transaction(ctx):
        row = queries.get_supplier_return(ctx, return_id, lock=True)
        check_version(row, version)
        part = part_queries.part_words(ctx, [row.part_id])[row.part_id]
        quantity = exact(part, quantity)
        if quantity > row.quantity - row.settled:
            left = part.amount(row.quantity - row.settled)
            raise Conflict("too_many", _("Only {left} are outstanding.", left=left), field="quantity")
        note = required(note, "note", _("Say what came for it."), 2000)
        row.settled += quantity
        ctx.session.flush()
        emit(
            ctx, "inventory.supplier_settled", row, links=[row.inspection], number=row.number,
            what=part.amount(quantity), note=note, left=part.amount(row.quantity - row.settled),
        )  # fmt: skip
        return row
