"""Transfers: put together, sent, received whole or partly; what differs is decided. What is sent lies in transit, and
leaves it only by what is received of the transfer, or decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

import sqlalchemy as sa

from core.api import (
    N_,
    Conflict,
    Ctx,
    Forbidden,
    Invalid,
    NotFound,
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
from plugins.inventory.contracts import Circumstances, Posted
from plugins.inventory.models import Location, Transfer, TransferLine, TransferScan
from plugins.inventory.models.places import PERSONAL
from plugins.inventory.models.transfers import ON_ITS_WAY
from plugins.inventory.quality_contracts import Arrival
from plugins.inventory.queries import lots as lot_queries
from plugins.inventory.queries import places as place_queries
from plugins.inventory.queries import transfers as queries
from plugins.inventory.queries.parts import PartWords, part_words
from plugins.inventory.queries.quality import quarantine_near
from plugins.inventory.rules.moving import may_lead
from plugins.inventory.services.common import chosen, exact, fitting, required
from plugins.inventory.services.posting import Entry, post, posted_before, what_words
from plugins.inventory.services.reserving import take_kept
from plugins.inventory.services.stock import ADJUST
from plugins.inventory.transfer_contracts import (
    OVER_WORDS,
    SETTLED_WORDS,
    SHORT_WORDS,
    TRANSFER,
    TRANSFER_STATE_WORDS,
    TransferArrival,
    TransferData,
    TransferLineData,
    UnsentArrival,
)

VIEW = "inventory.transfer.view"
OWN = "inventory.transfer.own"
EDIT = "inventory.transfer.edit"
SETTLE = "inventory.transfer.settle"
ZERO = Decimal(0)


def _facts(ctx: Ctx, row: Transfer, _transition: str) -> dict:
    return {"title": queries.what_words(queries.lines_of(ctx, row.id))}


WORKFLOW = Workflow(
    TRANSFER,
    (
        State("draft", TRANSFER_STATE_WORDS["draft"], "circle-dashed"),
        State("sent", TRANSFER_STATE_WORDS["sent"], "truck"),
        State("differs", TRANSFER_STATE_WORDS["differs"], "triangle-alert"),
        State("done", TRANSFER_STATE_WORDS["done"], "package-check", final=True),
        State("cancelled", TRANSFER_STATE_WORDS["cancelled"], "circle-x", final=True),
    ),
    (
        Transition("send", N_("Send the transfer"), ("draft",), "sent", OWN),
        Transition("finish", N_("All of the transfer is received or decided"), ("sent", "differs"), "done", OWN),
        Transition("differ", N_("Something of the transfer lacks or is too many"), ("sent",), "differs", OWN),
        Transition("cancel", N_("Cancel the transfer"), ("draft",), "cancelled", OWN, True),
    ),
    facts=_facts,
)


# --- who may --------------------------------------------------------------------------------------------------------


def may_send(ctx: Ctx, place: Location | None) -> bool:
    """Whether this person may give goods away from a location: from his or her own, or by right from any."""
    return ctx.can(EDIT) or (ctx.can(OWN) and _is_own(ctx, place))


def may_receive(ctx: Ctx, place: Location | None) -> bool:
    """Whether this person may take goods over into a location: what belongs to a person only he or she accepts."""
    if place is not None and place.kind in PERSONAL and place.assignee_id is not None:
        return ctx.can(OWN) and (_is_own(ctx, place) or ctx.actor.is_system)
    return ctx.can(EDIT)


def _is_own(ctx: Ctx, place: Location | None) -> bool:
    return place is not None and place.assignee_id is not None and place.assignee_id == ctx.actor.user_id


def _require_sender(ctx: Ctx, place: Location) -> None:
    if not may_send(ctx, place):
        raise Forbidden("not_yours", _("Only who has {place}, or a storekeeper, gives away from it.", place=place.name))


def _require_receiver(ctx: Ctx, place: Location) -> None:
    if not may_receive(ctx, place):
        name = place_queries.names_of(ctx, [place.assignee_id]).get(place.assignee_id or 0, "")
        if name:
            raise Forbidden("not_yours", _("Only {name} accepts what comes into {place}.", name=name, place=place.name))
        ctx.require(EDIT)


# --- put together ---------------------------------------------------------------------------------------------------


def draw_up(ctx: Ctx, data: TransferData) -> Transfer:
    """Begin a transfer from one location inside to another, without lines."""
    ctx.require(OWN)
    with transaction(ctx):
        source, target = place_queries.get_location(ctx, data.from_id), place_queries.get_location(ctx, data.to_id)
        require_ends(ctx, source, target)
        about = data.about
        row = Transfer(
            number=next_number(ctx, TRANSFER, str(get_setting(ctx, "inventory.transfer_pattern"))),
            from_id=source.id, to_id=target.id, note=fitting(data.note, "note", 2000),
            record_kind=about.kind if about else "", record_id=about.id if about else None,
            made_at=ctx.now, made_by=ctx.actor.name,
        )  # fmt: skip
        ctx.session.add(row)
        ctx.session.flush()
        emit(
            ctx, "inventory.transfer_drawn_up", row, links=[about] if about else [], number=row.number,
            source=source.name, target=target.name,
        )  # fmt: skip
        return row


def require_ends(ctx: Ctx, source: Location, target: Location) -> None:
    """Raise DomainError, in words, where this person can send nothing from the one to the other."""
    if source.id == target.id:
        raise Invalid("same_place", _("It is in {place} already.", place=source.name), "to_id")
    if not (may_lead("send", source.kind, "transit") and may_lead("arrive", "transit", target.kind)):
        words = _("This can’t lead from {source} to {target}.", source=source.name, target=target.name)
        raise Invalid("wrong_places", words, "to_id")
    if not target.active:
        raise Invalid("closed_place", _("{place} is no longer used.", place=target.name), "to_id")
    _require_sender(ctx, source)


def add_line(
    ctx: Ctx, transfer_id: int, data: TransferLineData, *, version: int | None = None, once: str = ""
) -> TransferLine:  # fmt: skip
    """Put something in; more of the same lot from the same location goes to its line. ``once``: by this scan."""
    with transaction(ctx):
        row = _draft(ctx, transfer_id, version)
        part = part_words(ctx, [data.part_id]).get(data.part_id)
        if part is None:
            raise NotFound("unknown_part", _("There is no such part."))
        place = place_queries.get_location(ctx, data.from_id or row.from_id)
        _require_sender(ctx, place)
        if not may_lead("send", place.kind, "transit"):
            raise Invalid("wrong_places", _("Nothing is sent from {place}.", place=place.name), "from_id")
        batch_id = _lot(ctx, part, data)
        line = ctx.session.scalar(
            sa.select(TransferLine).where(
                TransferLine.transfer_id == row.id, TransferLine.part_id == part.id, TransferLine.from_id == place.id,
                TransferLine.batch_id.is_not_distinct_from(batch_id),
                TransferLine.serial_id.is_not_distinct_from(data.serial_id),
            )
        )  # fmt: skip
        if line is not None and data.serial_id is not None:
            raise Conflict("in_already", _("This piece is in it already."), field="serial")
        line = line or TransferLine(
            transfer_id=row.id, part_id=part.id, batch_id=batch_id, serial_id=data.serial_id, from_id=place.id,
            quantity=ZERO,
        )  # fmt: skip
        line.quantity += exact(part, data.quantity)
        line.once = once or None
        ctx.session.add(line)
        ctx.session.flush()
        ctx.session.expire(line)
        what = what_words([(part, data.quantity)])
        emit(ctx, "inventory.transfer_line", row, number=row.number, what=what, place=place.name)
        return line


def _lot(ctx: Ctx, part: PartWords, data: TransferLineData) -> int | None:
    """The batch of what goes along, as its serial number says where it has one. Raises Invalid where a lot lacks."""
    if part.tracking == "serial":
        serial = lot_queries.serials(ctx, [data.serial_id or 0]).get(data.serial_id or 0)
        if serial is None or serial.part_id != part.id:
            words = _("{part} has serial numbers: name that of each piece.", part=part.code)
            raise Invalid("serial_needed", words, "serial")
        if data.quantity != 1:
            raise Invalid("one_piece", _("A serial number is one piece, or none."), "quantity")
        return serial.batch_id
    if part.tracking == "batch":
        batch = lot_queries.batches(ctx, [data.batch_id or 0]).get(data.batch_id or 0)
        if batch is None or batch.part_id != part.id:
            raise Invalid("batch_needed", _("{part} is tracked by batch: name the batch.", part=part.code), "batch")
        return batch.id
    if data.batch_id or data.serial_id:
        raise Invalid("not_tracked", _("{part} has neither batches nor serial numbers.", part=part.code), "part")
    return None


def drop_line(ctx: Ctx, line_id: int) -> Transfer:
    """Take a line out of a transfer that was not sent."""
    with transaction(ctx):
        line = queries.get_line(ctx, line_id)
        row = _draft(ctx, line.transfer_id)
        _require_sender(ctx, place_queries.get_location(ctx, line.from_id))
        code = line.part.code
        ctx.session.delete(line)
        ctx.session.flush()
        emit(ctx, "inventory.transfer_line_dropped", row, number=row.number, code=code)
        return row


def _draft(ctx: Ctx, transfer_id: int, version: int | None = None) -> Transfer:
    ctx.require(OWN)
    row = queries.get_transfer(ctx, transfer_id, lock=True)
    check_version(row, version)
    _require_draft(row)
    return row


def _require_draft(row: Transfer) -> None:
    if row.state != "draft":
        words = _("{number} was sent already, or cancelled: nothing changes it.", number=row.number)
        raise Conflict("not_draft", words)


def require_to_send(ctx: Ctx, row: Transfer) -> None:
    """Raise DomainError, in words, where this person can put nothing more into it and send it."""
    _require_draft(row)
    _require_sender(ctx, place_queries.get_location(ctx, row.from_id))
    if about(row) is not None:
        raise Conflict("for_record", _("{number} is handed over with the request it is for.", number=row.number))


def cancel(ctx: Ctx, transfer_id: int, reason: str, *, version: int | None = None) -> Transfer:
    """It is not sent after all, with a reason. What was sent comes back by ``send_back``."""
    with transaction(ctx):
        row = _draft(ctx, transfer_id, version)
        _require_sender(ctx, place_queries.get_location(ctx, row.from_id))
        advance(ctx, WORKFLOW, row, "cancel", reason=reason)
        _end(ctx, row, required(reason, "reason", _("Give a reason."), 2000))
        ctx.session.flush()
        emit(ctx, "inventory.transfer_cancelled", row, number=row.number, reason=row.ended_reason)
        return row


def _end(ctx: Ctx, row: Transfer, reason: str = "") -> None:
    row.ended_at, row.ended_by, row.ended_reason = ctx.now, ctx.actor.name, reason or row.ended_reason
    drop_scans(ctx, row)


def drop_scans(ctx: Ctx, row: Transfer, *which: sa.ColumnElement[bool]) -> None:
    """Forget scans of a transfer that are not entered, all or some."""
    gone = sa.delete(TransferScan).where(TransferScan.transfer_id == row.id, *which)
    ctx.session.execute(gone.execution_options(synchronize_session="fetch"))


# --- sent -----------------------------------------------------------------------------------------------------------


def send(
    ctx: Ctx, transfer_id: int, *, version: int | None = None, once: str = "", for_record: bool = False
) -> Transfer:
    """It leaves: all of it lies in transit from now on. What is kept for the record it is brought for is used first.

    ``for_record``: the service of that record calls; nobody else sends what is brought for one.
    """
    with transaction(ctx):
        if once and posted_before(ctx, once):
            return queries.get_transfer(ctx, transfer_id)
        row = _draft(ctx, transfer_id, version)
        lines = queries.lines_of(ctx, row.id, lock=True)
        if not lines:
            raise Invalid("nothing", _("There is nothing in it yet."))
        for place in place_queries.locations(ctx, {line.from_id for line in lines}).values():
            _require_sender(ctx, place)
        ref = about(row)
        if ref is not None and not for_record:
            raise Conflict("for_record", _("{number} is handed over with the request it is for.", number=row.number))
        row.sent_at, row.sent_by, row.sent_by_id = ctx.now, ctx.actor.name, ctx.actor.user_id
        advance(ctx, WORKFLOW, row, "send")
        if ref is not None:
            take_kept(ctx, ref, [(x.part_id, x.batch_id, x.serial_id, x.from_id, x.quantity) for x in lines])
        transit = place_queries.first_of(ctx, "transit")
        entries = [Entry(x.part_id, x.quantity, x.from_id, transit.id, x.batch_id, x.serial_id) for x in lines]
        given = Circumstances(reference=RecordRef(TRANSFER, row.id), once=once)
        post(ctx, "transfer", entries, given, "inventory.transferred", way="send")
        ctx.session.flush()
        what = queries.what_words(lines)
        emit(ctx, "inventory.transfer_sent", row, links=[ref] if ref else [], number=row.number, what=what)
        target = place_queries.locations(ctx, [row.to_id]).get(row.to_id)
        if target is not None and target.assignee_id not in (None, ctx.actor.user_id):
            text = N_("{name} hands over to you: {what}. Accept it, or say what is wrong.")
            notify(
                ctx, [target.assignee_id], text, record=row, once=f"transfer {row.id} sent", name=ctx.actor.name,
                what=what,
            )  # fmt: skip
        return row


def about(row: Transfer) -> RecordRef | None:
    """The record for which it is brought."""
    return RecordRef(row.record_kind, row.record_id) if row.record_kind and row.record_id is not None else None


def hand(ctx: Ctx, data: TransferData, lines: Sequence[TransferLineData], *, once: str = "") -> Transfer:
    """Put together and send at once: what one person gives to another, or back to the store."""
    with transaction(ctx):
        known = posted_before(ctx, once)
        if known:
            return queries.transfer_of_move(ctx, known[0])
        row = draw_up(ctx, data)
        for line in lines:
            add_line(ctx, row.id, line)
        return send(ctx, row.id, once=once)


# --- received -------------------------------------------------------------------------------------------------------


def receive(
    ctx: Ctx, transfer_id: int, arrivals: Sequence[TransferArrival], *, complete: bool = False, once: str = "",
    version: int | None = None, unsent: Sequence[UnsentArrival] = (),
) -> Posted:  # fmt: skip
    """Take over what has come, in part or whole; what is damaged goes into quarantine.

    ``complete``: nothing more is to come, what lacks is to be decided. What is more than was sent, or was not sent at
    all, is written down and decided as well; until then it is nowhere in the stock of the receiver. Of two people who
    receive the same transfer at once one is told that it has changed.
    """
    ctx.require(OWN)
    with transaction(ctx):
        row = queries.get_transfer(ctx, transfer_id, lock=True)
        known = posted_before(ctx, once)
        if known:
            return Posted(known, again=True)
        if version is not None and row.version != version:
            words = _("Somebody received on {number} a moment ago. Look at what is still to come.", number=row.number)
            raise Conflict("stale", words, current={"version": row.version})
        _require_on_its_way(row)
        target = place_queries.get_location(ctx, row.to_id)
        _require_receiver(ctx, target)
        posted = _receive(ctx, row, target, arrivals, complete, once, unsent)
        drop_scans(ctx, row, TransferScan.user_id.is_not_distinct_from(ctx.actor.user_id))
        return posted


def receive_in_person(ctx: Ctx, transfer_id: int) -> Posted:
    """What was sent just now was handed over at once to who stood there: all of it has come."""
    ctx.require(EDIT)
    with transaction(ctx):
        row = queries.get_transfer(ctx, transfer_id, lock=True)
        _require_on_its_way(row)
        arrivals = [TransferArrival(line.id, line.open) for line in queries.lines_of(ctx, row.id) if line.open]
        return _receive(ctx, row, place_queries.get_location(ctx, row.to_id), arrivals, True, "")


def require_coming(ctx: Ctx, row: Transfer) -> None:
    """Raise DomainError, in words, where this person can accept nothing of it."""
    _require_on_its_way(row)
    _require_receiver(ctx, place_queries.get_location(ctx, row.to_id))


def _require_on_its_way(row: Transfer, *states: str) -> None:
    if row.state not in (states or ("sent",)):
        state = _(TRANSFER_STATE_WORDS[row.state])
        raise Conflict("not_open", _("Nothing is to come on {number}: {state}.", number=row.number, state=state))


def _receive(
    ctx: Ctx, row: Transfer, target: Location, arrivals: Sequence[TransferArrival], complete: bool, once: str,
    unsent: Sequence[UnsentArrival] = (),
) -> Posted:  # fmt: skip
    lines = {line.id: line for line in queries.lines_of(ctx, row.id, lock=True)}
    parts = part_words(ctx, {line.part_id for line in lines.values()})
    transit = place_queries.first_of(ctx, "transit").id
    good, broken = [], []
    for arrival in arrivals:
        line = lines.get(arrival.line_id)
        if line is None:
            raise NotFound("unknown_line", _("There is no such line."))
        came, damaged = _sizes(parts[line.part_id], line, arrival)
        lot = (line.batch_id, line.serial_id)
        if came:
            good.append(Entry(line.part_id, came, transit, target.id, *lot))
        if damaged:
            place = target if target.kind == "quarantine" else quarantine_near(ctx, target.id)
            broken.append(Entry(line.part_id, damaged, transit, place.id, *lot))
        line.received += came
        line.damaged += damaged
        line.surplus += arrival.quantity + arrival.damaged - came - damaged
        line.surplus_damaged += arrival.damaged - damaged
    for extra in unsent:
        line = _came_unsent(ctx, row, lines.values(), extra)
        lines[line.id] = line
        parts |= part_words(ctx, [line.part_id])
    if not (good or broken or complete or any(line.too_many for line in lines.values())):
        raise Invalid("nothing", _("Enter what has come."))
    posted = Posted([])
    if good or broken:
        given = Circumstances(reference=RecordRef(TRANSFER, row.id), once=once)
        why = Arrival("stock", note=_("Damaged on {number}", number=row.number))
        posted = post(ctx, "transfer", [*good, *broken], given, "inventory.transferred", way="arrive", arrival=why)
    row.receipts += 1
    ctx.session.flush()
    told = [(parts[e.part_id], e.quantity) for e in good]
    emit(
        ctx, "inventory.transfer_received", row, number=row.number, what=what_words(told) or "0",
        damaged=what_words([(parts[e.part_id], e.quantity) for e in broken]) or "0",
    )  # fmt: skip
    _go_on(ctx, row, list(lines.values()), parts, complete)
    return posted


def _sizes(part: PartWords, line: TransferLine, arrival: TransferArrival) -> tuple[Decimal, Decimal]:
    """How much of what was sent came good, and how much damaged. Raises Invalid for what can't be."""
    for quantity, field in ((arrival.quantity, "quantity"), (arrival.damaged, "damaged")):
        if quantity < 0:
            raise Invalid("bad_quantity", _("A quantity is 0 or more."), f"{field}_{line.id}")
        if quantity:
            exact(part, quantity)
    if line.serial_id is not None and arrival.quantity + arrival.damaged > line.open:
        words = _("A piece with a serial number can’t come twice.")
        raise Invalid("one_piece", words, f"quantity_{line.id}")
    damaged = min(arrival.damaged, line.open)
    return min(arrival.quantity, line.open - damaged), damaged


def came_unsent(ctx: Ctx, transfer_id: int, data: UnsentArrival, *, version: int | None = None) -> Transfer:
    """Something came along that was not sent: written down at once, and decided as what is too many."""
    ctx.require(OWN)
    with transaction(ctx):
        row = queries.get_transfer(ctx, transfer_id, lock=True)
        check_version(row, version)
        _require_on_its_way(row, *ON_ITS_WAY)
        _require_receiver(ctx, place_queries.get_location(ctx, row.to_id))
        lines = queries.lines_of(ctx, row.id, lock=True)
        row.receipts += 1
        line = _came_unsent(ctx, row, lines, data)
        if row.state == "differs":
            told = [line for line in {x.id: x for x in (*lines, line)}.values() if line.open or line.too_many]
            _tell_sender(ctx, row, told, part_words(ctx, {x.part_id for x in told}))
        return row


def _came_unsent(ctx: Ctx, row: Transfer, lines: Iterable[TransferLine], data: UnsentArrival) -> TransferLine:
    """Its line, new or that of the same lot, where nothing of that was decided."""
    part = part_words(ctx, [data.part_id]).get(data.part_id)
    if part is None:
        raise NotFound("unknown_part", _("There is no such part."))
    for quantity, field in ((data.quantity, "quantity"), (data.damaged, "damaged")):
        if quantity < 0:
            raise Invalid("bad_quantity", _("A quantity is 0 or more."), field)
    some = exact(part, data.quantity + data.damaged)
    batch_id = _lot(ctx, part, TransferLineData(part.id, some, data.batch_id, data.serial_id))
    same = [x for x in lines if (x.part_id, x.batch_id, x.serial_id) == (part.id, batch_id, data.serial_id)]
    if same and data.serial_id is not None:
        raise Invalid("one_piece", _("A piece with a serial number can’t come twice."), "lot")
    if any(x.open for x in same) and row.state == "sent":
        words = _("{part} is on {number} and still to come: accept it there.", part=part.code, number=row.number)
        raise Invalid("still_to_come", words, "part")
    line = next((x for x in same if not x.settled), None) or TransferLine(
        transfer_id=row.id, part_id=part.id, batch_id=batch_id, serial_id=data.serial_id, from_id=row.from_id,
        quantity=ZERO, surplus=ZERO, surplus_damaged=ZERO,
    )  # fmt: skip
    line.surplus += some
    line.surplus_damaged += data.damaged
    ctx.session.add(line)
    ctx.session.flush()
    what = what_words([(part, some)])
    emit(ctx, "inventory.transfer_unsent", row, number=row.number, what=what, damaged=part.amount(data.damaged))
    return line


def _go_on(
    ctx: Ctx, row: Transfer, lines: Sequence[TransferLine], parts: dict[int, PartWords], complete: bool
) -> None:
    """It is over, or something is to be decided, or the rest is still on its way."""
    lacks = [(parts[x.part_id], x.open) for x in lines if x.open]
    many = [(parts[x.part_id], x.too_many) for x in lines if x.too_many]
    if not lacks and not many:
        advance(ctx, WORKFLOW, row, "finish")
        _end(ctx, row)
        ctx.session.flush()
        emit(ctx, "inventory.transfer_done", row, number=row.number)
    elif row.state == "sent" and (complete or (many and not lacks)):
        advance(ctx, WORKFLOW, row, "differ")
        ctx.session.flush()
        emit(
            ctx, "inventory.transfer_differs", row, number=row.number, short=what_words(lacks) or "0",
            over=what_words(many) or "0",
        )  # fmt: skip
        _tell_sender(ctx, row, lines, parts)


def _tell_sender(ctx: Ctx, row: Transfer, lines: Sequence[TransferLine], parts: dict[int, PartWords]) -> None:
    """Who sent it is told of what lacks and what came beyond; who decides finds it among what waits."""
    if not tells_sender(ctx, row):
        return
    lacks = what_words([(parts[x.part_id], x.open) for x in lines if x.open])
    many = what_words([(parts[x.part_id], x.too_many) for x in lines if x.too_many])
    text = N_("Not all is right with {number}: it lacks {short}; came beyond what was sent: {over}.")
    notify(
        ctx, [row.sent_by_id], text, record=row, once=f"transfer {row.id} differs {row.receipts}", number=row.number,
        short=lacks or "0", over=many or "0",
    )  # fmt: skip


def tells_sender(ctx: Ctx, row: Transfer) -> bool:
    """Whether somebody else sent it, who is told of differences."""
    return row.sent_by_id not in (None, ctx.actor.user_id)


# --- decided --------------------------------------------------------------------------------------------------------


def settle(
    ctx: Ctx, line_id: int, decision: str, reason: str, *, quantity: Decimal | None = None, version: int | None = None,
    from_id: int | None = None,
) -> Transfer:  # fmt: skip
    """Decide what becomes of what lacks on a line (found, back, lost) or came beyond what was sent (sender, surplus,
    returned), all of it or ``quantity``, with a reason. Writing off and entering as found are corrections of the book,
    and need that right. What the sender put in is taken from ``from_id``, else from where the line was sent.
    """
    ctx.require(SETTLE)
    with transaction(ctx):
        line = queries.get_line(ctx, line_id)
        row = queries.get_transfer(ctx, line.transfer_id, lock=True)
        check_version(row, version)
        _require_on_its_way(row, "differs")
        chosen(decision, SETTLED_WORDS, "decision")
        reason = required(reason, "reason", _("Give a reason."), 2000)
        lines = queries.lines_of(ctx, row.id, lock=True)
        line = next(x for x in lines if x.id == line_id)
        parts = part_words(ctx, {x.part_id for x in lines})
        part = parts[line.part_id]
        left = line.open if decision in SHORT_WORDS else line.too_many
        some = left if quantity is None else quantity
        if not left or not 0 < some <= left:
            words = _("{left} of {part} are to be decided so.", left=part.amount(left), part=part.code)
            raise Invalid("bad_quantity", words, "quantity")
        _settle(ctx, row, line, decision, exact(part, some), reason, from_id)
        row.receipts += 1
        ctx.session.flush()
        emit(
            ctx, "inventory.transfer_settled", row, number=row.number, what=what_words([(part, some)]),
            decision=SETTLED_WORDS[decision], reason=reason,
        )  # fmt: skip
        _go_on(ctx, row, lines, parts, False)
        return row


def _settle(
    ctx: Ctx, row: Transfer, line: TransferLine, decision: str, some: Decimal, reason: str, from_id: int | None
) -> None:
    if decision in OVER_WORDS:
        _settle_surplus(ctx, row, line, decision, some, reason, from_id)
        line.settled += some
        return
    transit = place_queries.first_of(ctx, "transit").id
    given = Circumstances(reason, RecordRef(TRANSFER, row.id))
    lot = (line.batch_id, line.serial_id)
    if decision == "lost":
        ctx.require(ADJUST)
        side = place_queries.first_of(ctx, "adjustment").id
        entry = Entry(line.part_id, some, transit, side, *lot)
        post(ctx, "adjustment", [entry], given, "inventory.adjusted", way="lose")
    else:
        entry = Entry(line.part_id, some, transit, row.to_id if decision == "found" else line.from_id, *lot)
        post(ctx, "transfer", [entry], given, "inventory.transferred", way="arrive")
    field = {"found": "received"}.get(decision, decision)
    setattr(line, field, getattr(line, field) + some)


def _settle_surplus(
    ctx: Ctx, row: Transfer, line: TransferLine, decision: str, some: Decimal, reason: str, from_id: int | None
) -> None:
    """Post what came beyond what was sent, whence the decision says; the damaged ones, first, into quarantine."""
    if decision == "returned":
        return
    if decision == "surplus":
        ctx.require(ADJUST)
        source, kind, event = place_queries.first_of(ctx, "adjustment").id, "adjustment", "inventory.adjusted"
    else:
        source, kind, event = from_id or line.from_id, "transfer", "inventory.transferred"
        if source == row.to_id:
            words = _("By the book it lies in {place} already.", place=place_queries.get_location(ctx, source).name)
            raise Invalid("same_place", words, "from_id")
    target = place_queries.get_location(ctx, row.to_id)
    aside = target if target.kind == "quarantine" else quarantine_near(ctx, target.id)
    damaged = min(some, line.too_many_damaged)
    sizes = ((some - damaged, target.id), (damaged, aside.id))
    entries = [Entry(line.part_id, n, source, to, line.batch_id, line.serial_id) for n, to in sizes if n]
    arrival = Arrival("stock", note=_("Damaged on {number}", number=row.number)) if damaged else None
    post(ctx, kind, entries, Circumstances(reason, RecordRef(TRANSFER, row.id)), event, arrival=arrival)


def send_back(ctx: Ctx, transfer_id: int, reason: str, *, version: int | None = None) -> Transfer:
    """All that is still on its way goes back to where it came from, with a reason: the receiver does not take it, or
    the sender called it back.
    """
    ctx.require(OWN)
    with transaction(ctx):
        row = queries.get_transfer(ctx, transfer_id, lock=True)
        check_version(row, version)
        _require_on_its_way(row)
        ends = place_queries.locations(ctx, [row.from_id, row.to_id])
        source, target = ends.get(row.from_id), ends.get(row.to_id)
        if not (may_receive(ctx, target) or may_send(ctx, source)):
            ctx.require(EDIT)
        reason = required(reason, "reason", _("Give a reason."), 2000)
        lines = queries.lines_of(ctx, row.id, lock=True)
        parts = part_words(ctx, {line.part_id for line in lines})
        transit = place_queries.first_of(ctx, "transit").id
        back = [line for line in lines if line.open]
        entries = [Entry(x.part_id, x.open, transit, x.from_id, x.batch_id, x.serial_id) for x in back]
        given = Circumstances(reason, RecordRef(TRANSFER, row.id))
        post(ctx, "transfer", entries, given, "inventory.transferred", way="arrive")
        what = what_words([(parts[line.part_id], line.open) for line in back])
        for line in back:
            line.back += line.open
        row.receipts += 1
        row.ended_reason = reason
        ctx.session.flush()
        emit(ctx, "inventory.transfer_sent_back", row, number=row.number, what=what, reason=reason)
        _go_on(ctx, row, lines, parts, True)
        return row
