"""Requests for parts: written, asked, approved by whom the company's table says, kept, picked, handed over.

What is picked stands in a transfer that is being put together; handing over sends it. In person it is in the store of
who asked at once, else in transit until it is accepted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from core.api import (
    N_,
    Conflict,
    Ctx,
    Forbidden,
    Gate,
    Invalid,
    NotFound,
    RecordRef,
    State,
    Transition,
    Workflow,
    _,
    advance,
    cancel_clock,
    check_version,
    emit,
    get_setting,
    next_number,
    notify,
    rule,
    start_clock,
    stop_clock,
    transaction,
)
from plugins.inventory.contracts import Nearness
from plugins.inventory.models import Location, PartRequest, PartRequestLine, Transfer, TransferLine
from plugins.inventory.models.part_requests import URGENCIES
from plugins.inventory.models.places import PERSONAL
from plugins.inventory.part_request_contracts import (
    LIMITS,
    PART_REQUEST,
    PART_REQUEST_STATE_WORDS,
    URGENCY_WORDS,
    PartRequestData,
    Pick,
)
from plugins.inventory.part_request_contracts import Progress as Standing
from plugins.inventory.queries import part_requests as queries
from plugins.inventory.queries import places as place_queries
from plugins.inventory.queries import records, stock
from plugins.inventory.queries import transfers as transfer_queries
from plugins.inventory.queries.parts import part_words, plain_quantity
from plugins.inventory.queries.stocktake import where_is
from plugins.inventory.services import reserving, transfers
from plugins.inventory.services.common import chosen, exact, fitting, required
from plugins.inventory.services.posting import what_words
from plugins.inventory.transfer_contracts import TransferData, TransferLineData

VIEW = "inventory.part_request.view"
ASK = "inventory.part_request.ask"
SERVE = "inventory.part_request.serve"
ZERO = Decimal(0)


def _facts(ctx: Ctx, row: PartRequest, _transition: str) -> Mapping[str, Any]:
    lines = queries.lines_of(ctx, row.id)
    content = "; ".join(f"{line.part.code} {plain_quantity(line.quantity)}" for line in lines)
    return {
        "urgency": row.urgency, "for_record": row.record_id is not None,
        "guarantee": any(line.part.guarantee for line in lines), "content": content,
        "title": queries.what_words(lines),
    }  # fmt: skip


def _has_lines(ctx: Ctx, row: PartRequest) -> list[Gate]:
    if queries.lines_of(ctx, row.id):
        return []
    return [Gate("inventory.lines", _("No part is wanted in it yet"), True, "#lines", _("Add a line"), waivable=False)]


WORKFLOW = Workflow(
    PART_REQUEST,
    (
        State("draft", PART_REQUEST_STATE_WORDS["draft"], "circle-dashed"),
        State("asked", PART_REQUEST_STATE_WORDS["asked"], "hourglass"),
        State("approved", PART_REQUEST_STATE_WORDS["approved"], "package-open"),
        State("done", PART_REQUEST_STATE_WORDS["done"], "package-check", final=True),
        State("refused", PART_REQUEST_STATE_WORDS["refused"], "circle-x", final=True),
        State("cancelled", PART_REQUEST_STATE_WORDS["cancelled"], "undo-2", final=True),
    ),
    (
        Transition("ask", N_("Ask for the parts"), ("draft",), "asked", ASK, gates=(_has_lines,)),
        Transition("approve", N_("Approve the request for parts"), ("asked",), "approved", ASK),
        Transition("finish", N_("All of the parts are handed over"), ("approved",), "done", SERVE),
        Transition("refuse", N_("Refuse the request for parts"), ("asked", "approved"), "refused", SERVE, True),
        Transition("cancel", N_("Cancel the request for parts"), queries.OPEN_STATES, "cancelled", ASK, True),
    ),
    fact_columns=(
        {"name": "urgency", "label": N_("Urgency of the need"), "type": "choice", "choices": URGENCY_WORDS},
        {"name": "for_record", "label": N_("For an order"), "type": "bool"},
        {"name": "guarantee", "label": N_("Guarantee part"), "type": "bool"},
        {"name": "content", "label": N_("Parts wanted"), "type": "str"},
    ),
    facts=_facts,
)


# --- written --------------------------------------------------------------------------------------------------------


def draw_up(ctx: Ctx, data: PartRequestData) -> PartRequest:
    """Begin a request into one's own store; who serves requests may begin one for anybody's."""
    ctx.require(ASK)
    with transaction(ctx):
        store = _store(ctx, data.to_id)
        chosen(data.urgency, URGENCIES, "urgency")
        if data.needed_by is not None and data.needed_by < ctx.today:
            raise Invalid("past", _("That day has passed."), "needed_by")
        about = data.about
        if about is not None and about not in records.words_of(ctx, [about]):
            raise NotFound("unknown_record", _("There is no such record, or it is not meant for you."))
        row = PartRequest(
            number=next_number(ctx, PART_REQUEST, str(get_setting(ctx, "inventory.part_request_pattern"))),
            to_id=store.id, unit_id=store.unit_id, assignee_id=store.assignee_id,
            record_kind=about.kind if about else "", record_id=about.id if about else None, urgency=data.urgency,
            needed_by=data.needed_by, note=fitting(data.note, "note", 2000), made_at=ctx.now, made_by=ctx.actor.name,
        )  # fmt: skip
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "inventory.part_request_begun", row, links=[about] if about else [], number=row.number)
        return row


def _store(ctx: Ctx, location_id: int | None) -> Location:
    if location_id is None:
        own = transfer_queries.stores_of(ctx, ctx.actor.user_id)
        if not own:
            words = _("No van and no store belongs to you. Have a storekeeper make one.")
            raise Conflict("no_store", words, field="to_id")
        return own[0]
    store = place_queries.get_location(ctx, location_id)
    if store.kind not in PERSONAL or not store.active:
        raise Invalid("no_store", _("Parts are asked for into a van or a technician’s store."), "to_id")
    if store.assignee_id != ctx.actor.user_id and not ctx.can(SERVE):
        raise Forbidden("not_yours", _("One asks for parts into one’s own store."))
    return store


def save_line(
    ctx: Ctx, request_id: int, part_id: int, quantity: Decimal, *, version: int | None = None
) -> PartRequestLine:
    """Ask for so much of a part; said again for the same part it takes the place of what was said before."""
    with transaction(ctx):
        row = _written(ctx, request_id, version)
        part = part_words(ctx, [part_id]).get(part_id)
        if part is None:
            raise NotFound("unknown_part", _("There is no such part."))
        if not part.active:
            raise Invalid("part_retired", _("{part} is no longer kept.", part=part.code), "part")
        quantity = exact(part, quantity)
        line = next((x for x in queries.lines_of(ctx, row.id) if x.part_id == part.id), None)
        line = line or PartRequestLine(request_id=row.id, part_id=part.id)
        line.quantity = quantity
        ctx.session.add(line)
        ctx.session.flush()
        emit(ctx, "inventory.part_request_line", row, number=row.number, what=what_words([(part, quantity)]))
        return line


def drop_line(ctx: Ctx, line_id: int) -> PartRequest:
    """Ask for it no more, while the request is being written."""
    with transaction(ctx):
        line = queries.get_line(ctx, line_id)
        row = _written(ctx, line.request_id)
        code = line.part.code
        ctx.session.delete(line)
        ctx.session.flush()
        emit(ctx, "inventory.part_request_line_dropped", row, number=row.number, code=code)
        return row


def _written(ctx: Ctx, request_id: int, version: int | None = None) -> PartRequest:
    ctx.require(ASK)
    row = queries.get_request(ctx, request_id, lock=True)
    check_version(row, version)
    _require_own(ctx, row)
    if row.state != "draft":
        words = _("{number} was asked already; its lines stay as they are.", number=row.number)
        raise Conflict("not_draft", words)
    return row


def _require_own(ctx: Ctx, row: PartRequest) -> None:
    """Whoever asked changes it, or who serves requests; the system on behalf of an approver."""
    if row.assignee_id != ctx.actor.user_id and not ctx.can(SERVE):
        raise Forbidden("not_yours", _("Only who asked for the parts changes this."))


# --- asked, approved ------------------------------------------------------------------------------------------------


def ask(ctx: Ctx, request_id: int, *, version: int | None = None) -> PartRequest:
    """Ask for the parts: the time limit runs from now on. Without an approval to wait for they are kept at once.

    Raises Conflict (``approval_asked``) where somebody has to approve; the request then waits.
    """
    with transaction(ctx):
        row = _written(ctx, request_id, version)
        row.asked_at = ctx.now
        advance(ctx, WORKFLOW, row, "ask")
        ctx.session.flush()
        emit(
            ctx, "inventory.part_request_asked", row, links=_about(row), number=row.number,
            what=queries.what_words(queries.lines_of(ctx, row.id)),
        )  # fmt: skip
        facts = {"urgency": row.urgency, "for_record": row.record_id is not None}
        outputs = rule(ctx, LIMITS, {**facts, "clock": "part_request"}).outputs or {}
        if outputs.get("limit") is not None:
            start_clock(ctx, row, PART_REQUEST, facts)
    return approve(ctx, request_id)


def _about(row: PartRequest) -> list[RecordRef]:
    return [RecordRef(row.record_kind, row.record_id)] if row.record_id is not None else []


def approve(ctx: Ctx, request_id: int, *, version: int | None = None) -> PartRequest:
    """The parts may be given. What there is of them is kept for the request at once."""
    with transaction(ctx):
        row = queries.get_request(ctx, request_id, lock=True)
        check_version(row, version)
        _require_own(ctx, row)
        advance(ctx, WORKFLOW, row, "approve")
        ctx.session.flush()
        emit(ctx, "inventory.part_request_approved", row, links=_about(row), number=row.number)
        _keep(ctx, row)
        return row


def keep_again(ctx: Ctx, request_id: int) -> PartRequest:
    """Keep what has come since and still lacks."""
    ctx.require(SERVE)
    with transaction(ctx):
        row = queries.get_request(ctx, request_id, lock=True)
        _require_approved(row)
        _keep(ctx, row)
        return row


def _keep(ctx: Ctx, row: PartRequest) -> None:
    """Keep what there is for what is not handed over yet. What was planned for the order is taken over from it; what is
    asked for an order ranks as that.
    """
    lines = [line for line in queries.lines_of(ctx, row.id) if line.open]
    ref = RecordRef(PART_REQUEST, row.id)
    for about in _about(row):
        planned = stock.reserved_for(ctx, about)
        own = stock.reserved_for(ctx, ref)
        less = {x.part_id: max(x.open - own.get(x.part_id, ZERO), ZERO) for x in lines if x.part_id in planned}
        reserving.lend(ctx, about, {part_id: min(planned[part_id], some) for part_id, some in less.items() if some})
    wanted = {line.part_id: line.quantity for line in lines}
    if wanted:
        near = Nearness(row.unit_id)
        reserving.reserve(ctx, ref, wanted, near=near, partial=True, allowed=True, ranks_as=row.record_kind)


def _require_approved(row: PartRequest) -> None:
    if row.state != "approved":
        state = _(PART_REQUEST_STATE_WORDS[row.state])
        raise Conflict("not_approved", _("{number} can’t be served: {state}.", number=row.number, state=state))


# --- picked, handed over --------------------------------------------------------------------------------------------


def pick(
    ctx: Ctx, request_id: int, picks: Sequence[Pick], *, version: int | None = None, once: str = ""
) -> TransferLine | None:  # fmt: skip
    """Put what was taken off the shelf to the goods for a request, no more than is asked for. Answers the last line."""
    ctx.require(SERVE)
    with transaction(ctx):
        row = queries.get_request(ctx, request_id, lock=True)
        check_version(row, version)
        _require_approved(row)
        if not picks:
            raise Invalid("nothing", _("Enter what was picked."))
        lines = {line.part_id: line for line in queries.lines_of(ctx, row.id)}
        parts = part_words(ctx, {p.part_id for p in picks})
        standing, wanted = queries.progress_of(ctx, row.id), defaultdict[int, Decimal](Decimal)
        for one in picks:
            part, line = parts.get(one.part_id), lines.get(one.part_id)
            if part is None or line is None:
                name = part.code if part is not None else ""
                raise Conflict("not_asked", _("{part} was not asked for in {number}.", part=name, number=row.number))
            wanted[part.id] += exact(part, one.quantity)
            left = line.open - standing.get(part.id, Standing()).picked
            if wanted[part.id] > left:
                words = _("Of {part} {left} are still to be picked.", part=part.code, left=part.amount(left))
                raise Conflict("too_many", words, field="quantity")
        draft = queries.draft_of(ctx, row.id) or _gather(ctx, row, picks[0].location_id)
        last = None
        for one in picks:
            data = TransferLineData(one.part_id, one.quantity, one.batch_id, one.serial_id, one.location_id)
            last = transfers.add_line(ctx, draft.id, data, once=once)
        return last


def pick_scanned(
    ctx: Ctx, request_id: int, part_id: int, quantity: Decimal, lot: tuple[int | None, int | None] = (None, None),
    place_id: int | None = None, once: str = "",
) -> TransferLine | None:  # fmt: skip
    """Pick by scanner: of what is kept for the request, of this lot and from this location where they were scanned.
    ``once`` tells a scan that is sent again.

    Another lot than is kept is taken where its location was scanned, or is known since it is a single piece.
    """
    known = transfer_queries.line_scanned(ctx, once)
    if known is not None:
        return known
    batch_id, serial_id = lot
    picks, left = [], quantity
    for row, there in queries.to_pick(ctx, request_id):
        b = row.balance
        if row.part_id == part_id and place_id in (None, b.location_id) and (
            lot == (None, None) or lot == (b.batch_id, b.serial_id)
        ) and left:
            some = min(there, left)
            left -= some
            picks.append(Pick(part_id, some, b.location_id, b.batch_id, b.serial_id))
    if left and serial_id is not None and place_id is None:
        there_now = where_is(ctx, serial_id)
        place_id = there_now.id if there_now is not None else None
    if left and place_id is not None:
        picks.append(Pick(part_id, left, place_id, batch_id, serial_id))
    elif left:
        part = part_words(ctx, [part_id])[part_id]
        words = _(
            "Part {part}: {kept} are kept for it, {needed} needed. Scan the location to take others.",
            part=part.code, kept=part.amount(quantity - left), needed=part.amount(quantity),
        )  # fmt: skip
        raise Conflict("not_reserved", words)
    return pick(ctx, request_id, picks, once=once)


def _gather(ctx: Ctx, row: PartRequest, source_id: int) -> Transfer:
    data = TransferData(source_id, row.to_id, row.note, RecordRef(PART_REQUEST, row.id))
    return transfers.draw_up(ctx, data)


def hand_over(
    ctx: Ctx, request_id: int, *, in_person: bool = False, once: str = "", version: int | None = None
) -> Transfer:
    """Hand over what was picked: ``in_person`` it is in the store of who asked at once, else it is on its way there.

    What is not picked yet stays open; when nothing is, the request is done.
    """
    ctx.require(SERVE)
    with transaction(ctx):
        row = queries.get_request(ctx, request_id, lock=True)
        check_version(row, version)
        _require_approved(row)
        draft = queries.draft_of(ctx, row.id)
        if draft is None or not transfer_queries.lines_of(ctx, draft.id):
            raise Invalid("nothing", _("Nothing is picked yet."))
        lines = {line.part_id: line for line in queries.lines_of(ctx, row.id)}
        for goods in transfer_queries.lines_of(ctx, draft.id):
            lines[goods.part_id].handed += goods.quantity
        sent = transfers.send(ctx, draft.id, once=once, for_record=True)
        if in_person:
            transfers.receive_in_person(ctx, sent.id)
        what = transfer_queries.what_words(transfer_queries.lines_of(ctx, sent.id))
        emit(
            ctx, "inventory.part_request_handed", row, links=[sent, *_about(row)], number=row.number, what=what,
            transfer=sent.number,
        )  # fmt: skip
        if not any(line.open for line in lines.values()):
            advance(ctx, WORKFLOW, row, "finish")
            row.ended_at, row.ended_by = ctx.now, ctx.actor.name
            ctx.session.flush()
            stop_clock(ctx, row, PART_REQUEST)
            reserving.release(ctx, RecordRef(PART_REQUEST, row.id), allowed=True)
            emit(ctx, "inventory.part_request_done", row, number=row.number)
        return sent


# --- ended ----------------------------------------------------------------------------------------------------------


def refuse(ctx: Ctx, request_id: int, reason: str, *, version: int | None = None) -> PartRequest:
    """The parts are not given, with a reason that is told to who asked; nothing is kept for it any more."""
    with transaction(ctx):
        row = _end(ctx, request_id, "refuse", "inventory.part_request_refused", reason, version)
        if row.assignee_id not in (None, ctx.actor.user_id):
            text = N_("{number} is refused: {reason}")
            notify(
                ctx, [row.assignee_id], text, record=row, once=f"part request {row.id} refused", number=row.number,
                reason=row.ended_reason[:200],
            )  # fmt: skip
        return row


def cancel(ctx: Ctx, request_id: int, reason: str, *, version: int | None = None) -> PartRequest:
    """What was not handed over is not needed any more, with a reason; nothing is kept for it any more."""
    with transaction(ctx):
        _require_own(ctx, queries.get_request(ctx, request_id))
        return _end(ctx, request_id, "cancel", "inventory.part_request_cancelled", reason, version)


def _end(
    ctx: Ctx, request_id: int, transition: str, event: str, reason: str, version: int | None
) -> PartRequest:
    row = queries.get_request(ctx, request_id, lock=True)
    check_version(row, version)
    reason = required(reason, "reason", _("Give a reason."), 2000)
    if _picked(ctx, row.id):
        words = _("Something is picked for {number}: put it back, or hand it over first.", number=row.number)
        raise Conflict("picked", words)
    advance(ctx, WORKFLOW, row, transition, reason=reason)
    row.ended_at, row.ended_by, row.ended_reason = ctx.now, ctx.actor.name, reason
    ctx.session.flush()
    cancel_clock(ctx, row, PART_REQUEST)
    reserving.release(ctx, RecordRef(PART_REQUEST, row.id), allowed=True)
    emit(ctx, event, row, links=_about(row), number=row.number, reason=reason)
    return row


# --- what follows from elsewhere ------------------------------------------------------------------------------------


def approved(ctx: Ctx, request_id: int) -> None:
    """What the last approval of a request leads to; nothing where it went on without it."""
    if queries.get_request(ctx, request_id).state == "asked":
        approve(ctx, request_id)


def refused(ctx: Ctx, request_id: int, reason: str) -> None:
    """What a refused approval of a request leads to; nothing where it went on without it."""
    if queries.get_request(ctx, request_id).state == "asked":
        refuse(ctx, request_id, reason or _("Not approved"))


def came(ctx: Ctx, part_ids: set[int]) -> None:
    """Some parts came in: what requests still wait for is kept for them, the most urgent first."""
    for request_id in queries.lacking(ctx, part_ids):
        keep_again(ctx, request_id)


def ended(ctx: Ctx, ref: RecordRef) -> None:
    """A record for which parts were asked has ended: what was not handed over is not needed. What is picked is left to
    the storekeeper.
    """
    for row in queries.requests_for(ctx, ref):
        if row.state in queries.OPEN_STATES and not _picked(ctx, row.id):
            cancel(ctx, row.id, _("What it was for has ended"))


def _picked(ctx: Ctx, request_id: int) -> bool:
    draft = queries.draft_of(ctx, request_id)
    return draft is not None and bool(transfer_queries.lines_of(ctx, draft.id))
