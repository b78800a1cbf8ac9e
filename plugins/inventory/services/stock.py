"""Receiving, issuing, moving, correcting, taking back, reversing. Every one of them posts all of its lines or none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.api import Conflict, Ctx, Invalid, NotFound, RecordRef, _, bulk_insert, get_setting, transaction
from plugins.inventory.contracts import BatchData, Circumstances, Nearness, Posted, ReceiptLine, StockLine
from plugins.inventory.models import Batch, Move, Serial
from plugins.inventory.quality_contracts import Arrival
from plugins.inventory.queries import lots as lot_queries
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.queries import places as place_queries
from plugins.inventory.queries import stock as queries
from plugins.inventory.queries.parts import PartWords
from plugins.inventory.queries.quality import quarantine_near
from plugins.inventory.rules.moving import expiry
from plugins.inventory.rules.picking import OWN, pick, usable
from plugins.inventory.rules.quantities import converted
from plugins.inventory.services import quarantine
from plugins.inventory.services.candidates import as_candidates, lock_candidates
from plugins.inventory.services.common import exact, fitting, required, right
from plugins.inventory.services.posting import Entry, not_enough, post, posted_before
from plugins.inventory.transfer_contracts import TRANSFER as TRANSFER_RECORD

RECEIVE = "inventory.stock.receive"
ISSUE = "inventory.stock.issue"
TRANSFER = "inventory.stock.transfer"
ADJUST = "inventory.stock.adjust"
REVERSE = "inventory.stock.reverse"


# --- in -------------------------------------------------------------------------------------------------------------


def receive(
    ctx: Ctx, lines: Sequence[ReceiptLine], to_id: int, given: Circumstances = Circumstances(),
    *, from_id: int | None = None,
) -> Posted:  # fmt: skip
    """Take parts in, from the supplier unless ``from_id`` says otherwise. New batches and serial numbers are made.

    What the company's table wants inspected comes into quarantine first (STO-9).
    """
    ctx.require(RECEIVE)
    with transaction(ctx):
        known = posted_before(ctx, given.once)
        if known:
            return Posted(known, again=True)
        source = from_id or place_queries.first_of(ctx, "supplier").id
        parts = part_queries.part_words(ctx, (line.part_id for line in lines))
        factors = part_queries.factors(ctx, parts)
        for line in lines:
            _require_active(parts.get(line.part_id))
        quantities = [in_own_unit(parts[x.part_id], x.quantity, x.measure_id, factors) for x in lines]
        inspected = quarantine.to_inspect(ctx, parts, "receipt")
        entries = [
            Entry(line.part_id, quantity, source, _target(ctx, line.to_id or to_id, line.part_id in inspected), *lot)
            for line, quantity, lot in zip(lines, quantities, lots_for(ctx, lines, parts), strict=True)
        ]
        return post(ctx, "receipt", entries, given, "inventory.received")


def _target(ctx: Ctx, target_id: int, inspected: bool) -> int:
    """Where goods come in: what is inspected waits in quarantine first, unless it goes there anyhow."""
    if not inspected:
        return target_id
    place = place_queries.get_location(ctx, target_id)
    return place.id if place.kind == "quarantine" else quarantine_near(ctx, target_id).id


def lots_for(
    ctx: Ctx, lines: Sequence[ReceiptLine], parts: dict[int, PartWords]
) -> list[tuple[int | None, int | None]]:
    """(batch, serial number) of each line; those that are new are made."""
    batches = _batches(ctx, lines, parts)
    serials = _serials(ctx, lines, parts, batches)
    found = []
    for line in lines:
        batch = batches.get((line.part_id, line.batch.number.strip())) if line.batch else None
        serial = serials.get((line.part_id, line.serial.strip()))
        batch_id = batch.id if batch is not None else None
        if serial is not None and batch_id not in (None, serial.batch_id):
            words = _("Serial number {serial} is known with another batch.", serial=serial.number)
            raise Conflict("other_batch", words)
        found.append((serial.batch_id if serial is not None else batch_id, serial.id if serial is not None else None))
    return found


def in_own_unit(
    part: PartWords, quantity: Decimal, measure_id: int | None, factors: dict[tuple[int, int], Decimal]
) -> Decimal:
    """A quantity in the part's own unit, exactly. Raises Invalid for a unit that the part does not have."""
    if measure_id is None or measure_id == part.measure_id:
        return exact(part, quantity)
    factor = factors.get((part.id, measure_id))
    if factor is None:
        raise Invalid("unknown_measure", _("{part} has no such unit of measure.", part=part.code), "measure_id")
    return exact(part, converted(quantity, factor))


def _require_active(part: PartWords | None) -> PartWords:
    if part is None:
        raise NotFound("unknown_part", _("There is no such part."))
    if not part.active:
        raise Invalid("part_retired", _("{part} is no longer kept.", part=part.code), "part_id")
    return part


def _batches(
    ctx: Ctx, lines: Sequence[ReceiptLine], parts: dict[int, PartWords]
) -> dict[tuple[int, str], Batch]:
    wanted: dict[tuple[int, str], BatchData] = {}
    for line in lines:
        if line.batch is not None and line.batch.number.strip():
            if parts[line.part_id].tracking == "none":
                words = _("{part} has neither batches nor serial numbers.", part=parts[line.part_id].code)
                raise Invalid("not_tracked", words, "part_id")
            wanted.setdefault((line.part_id, line.batch.number.strip()), line.batch)
    if not wanted:
        return {}
    found = lot_queries.batches_by_number(ctx, {k[0] for k in wanted}, {k[1] for k in wanted})
    new = []
    for key, data in wanted.items():
        if key in found:
            _require_same(found[key], data)
        else:
            new.append(key)
    bulk_insert(ctx, Batch, [_new_batch(ctx, parts[key[0]], wanted[key]) for key in new])
    if new:
        found |= lot_queries.batches_by_number(ctx, {k[0] for k in new}, {k[1] for k in new})
    return found


def _new_batch(ctx: Ctx, part: PartWords, data: BatchData) -> dict[str, Any]:
    """A batch as it stands on the goods; its expiry from the part's shelf life where it names none."""
    until = data.expires_on or expiry(data.produced_on, part.shelf_life_days)
    if data.produced_on is not None and until is not None and until < data.produced_on:
        raise Invalid("bad_dates", _("It can’t expire before it was made."), "expires_on")
    return {
        "part_id": part.id, "number": fitting(data.number, "batch", 80), "produced_on": data.produced_on,
        "expires_on": until, "sterile_until": data.sterile_until, "received_on": ctx.today, "state": "released",
        "hold_reason": "", "note": data.note.strip(), "version": 1,
    }  # fmt: skip


def _require_same(row: Batch, data: BatchData) -> None:
    """What is known of a batch is not changed by receiving more of it."""
    for known, told, field in (
        (row.expires_on, data.expires_on, "expires_on"),
        (row.sterile_until, data.sterile_until, "sterile_until"),
        (row.produced_on, data.produced_on, "produced_on"),
    ):
        if told is not None and told != known:
            words = _(
                "Batch {batch} is known with another date ({day}). Correct the batch, or the number.",
                batch=row.number, day=known.isoformat() if known else _("none"),
            )  # fmt: skip
            raise Conflict("other_date", words, field=field)


def _serials(
    ctx: Ctx, lines: Sequence[ReceiptLine], parts: dict[int, PartWords], batches: dict[tuple[int, str], Batch]
) -> dict[tuple[int, str], Serial]:
    wanted: dict[tuple[int, str], ReceiptLine] = {}
    for line in lines:
        number = fitting(line.serial, "serial", 80)
        if parts[line.part_id].tracking != "serial" or not number:
            continue
        if (line.part_id, number) in wanted:
            raise Invalid("serial_twice", _("Serial number {serial} is named twice.", serial=number), "serial")
        wanted[(line.part_id, number)] = line
    if not wanted:
        return {}
    found = lot_queries.serials_by_number(ctx, {k[0] for k in wanted}, {k[1] for k in wanted})
    found = {key: row for key, row in found.items() if key in wanted}
    for place, row in queries.where_serials_are(ctx, [s.id for s in found.values()]):
        words = _("Serial number {serial} is in stock already, in {place}.", serial=row, place=place)
        raise Conflict("serial_there", words)
    new = [key for key in wanted if key not in found]
    rows = []
    for part_id, number in new:
        data = wanted[(part_id, number)].batch
        batch = batches.get((part_id, data.number.strip())) if data else None
        batch_id = batch.id if batch is not None else None
        rows.append({"part_id": part_id, "number": number, "batch_id": batch_id, "received_on": ctx.today})
    bulk_insert(ctx, Serial, rows)
    if new:
        found |= lot_queries.serials_by_number(ctx, {k[0] for k in new}, {k[1] for k in new})
    return found


# --- out ------------------------------------------------------------------------------------------------------------


def issue(
    ctx: Ctx, lines: Sequence[StockLine], given: Circumstances = Circumstances(),
    *, to_id: int | None = None, near: Nearness = Nearness(), allowed: bool = False, own_first: bool = False,
) -> Posted:  # fmt: skip
    """Give parts out to the customer: what is usable today and promised to nobody.

    A line without a location, or without its batch or serial number, takes what the company's order of picking says.
    ``own_first``: before that, what the person of ``near`` has with him or her. ``allowed``: a service that has asked
    for its own right calls.
    """
    right(ctx, ISSUE, allowed)
    with transaction(ctx):
        known = posted_before(ctx, given.once)
        if known:
            return Posted(known, again=True)
        target = to_id or place_queries.first_of(ctx, "customer").id
        parts = part_queries.part_words(ctx, (line.part_id for line in lines))
        lines = _in_own_units(ctx, lines, parts)
        entries = _picked(ctx, lines, parts, target, near, own_first)
        return post(ctx, "issue", entries, given, "inventory.issued", fit=True)


def _in_own_units(ctx: Ctx, lines: Sequence[StockLine], parts: dict[int, PartWords]) -> list[StockLine]:
    for line in lines:
        if line.part_id not in parts:
            raise NotFound("unknown_part", _("There is no such part."))
    factors = part_queries.factors(ctx, parts) if any(line.measure_id for line in lines) else {}
    return [
        replace(x, quantity=in_own_unit(parts[x.part_id], x.quantity, x.measure_id, factors), measure_id=None)
        for x in lines
    ]


def _picked(
    ctx: Ctx, lines: Sequence[StockLine], parts: dict[int, PartWords], target: int, near: Nearness,
    own_first: bool = False,
) -> list[Entry]:  # fmt: skip
    def is_exact(line: StockLine) -> bool:
        lot = {"none": True, "batch": line.batch_id, "serial": line.serial_id}[parts[line.part_id].tracking]
        return line.location_id is not None and bool(lot)

    entries = []
    open_lines = [line for line in lines if not is_exact(line)]
    for line in lines:
        if is_exact(line) and line.location_id is not None:
            batch_id = line.batch_id
            if line.serial_id is not None:
                serial = lot_queries.serials(ctx, [line.serial_id]).get(line.serial_id)
                batch_id = serial.batch_id if serial is not None else None
            entries.append(
                Entry(line.part_id, line.quantity, line.location_id, target, batch_id, line.serial_id)
            )
    if not open_lines:
        return entries
    policy = str(get_setting(ctx, "inventory.picking"))
    rows = lock_candidates(ctx, [line.part_id for line in open_lines], near)
    taken: dict[int, Decimal] = defaultdict(Decimal)
    by_id = {row.id: row for row in rows}
    for line in open_lines:
        fitting_rows = [
            row for row in rows
            if row.part_id == line.part_id and usable(row.held, row.usable_until, ctx.today)
            and line.location_id in (None, row.location_id) and line.batch_id in (None, row.batch_id)
            and line.serial_id in (None, row.serial_id)
        ]  # fmt: skip
        offered = as_candidates(fitting_rows, taken)
        own = [c for c in offered if c.near == OWN] if own_first else []
        chosen, short = pick(own, line.quantity, policy)
        more, short = pick([c for c in offered if c not in own], short, policy)
        chosen += more
        if short:
            raise not_enough(parts[line.part_id], line.quantity - short, line.quantity, _("stock"))
        for balance_id, quantity in chosen:
            row = by_id[balance_id]
            taken[balance_id] += quantity
            entries.append(Entry(line.part_id, quantity, row.location_id, target, row.batch_id, row.serial_id))
    return entries


def transfer(
    ctx: Ctx, lines: Sequence[StockLine], to_id: int, given: Circumstances = Circumstances()
) -> Posted:
    """Bring parts from one inside location to another: what is promised to nobody, usable or not."""
    ctx.require(TRANSFER)
    with transaction(ctx):
        parts = part_queries.part_words(ctx, (line.part_id for line in lines))
        entries = [
            Entry(x.part_id, x.quantity, _place(x), to_id, x.batch_id, x.serial_id)
            for x in _with_batches(ctx, _in_own_units(ctx, lines, parts))
        ]
        return post(ctx, "transfer", entries, given, "inventory.transferred")


def adjust(ctx: Ctx, lines: Sequence[StockLine], given: Circumstances) -> Posted:
    """Correct what the book says, with a reason: a quantity above 0 was found, one below 0 is missing."""
    ctx.require(ADJUST)
    with transaction(ctx):
        required(given.reason, "reason", _("Give a reason."), 2000)
        side = place_queries.first_of(ctx, "adjustment").id
        parts = part_queries.part_words(ctx, (line.part_id for line in lines))
        found = {index for index, line in enumerate(lines) if line.quantity > 0}
        sized = [replace(line, quantity=abs(line.quantity)) for line in lines]
        entries = []
        for index, x in enumerate(_with_batches(ctx, _in_own_units(ctx, sized, parts))):
            ends = (side, _place(x)) if index in found else (_place(x), side)
            entries.append(Entry(x.part_id, x.quantity, *ends, x.batch_id, x.serial_id))
        _require_nowhere(ctx, [e.serial_id for e in entries if e.from_id == side])
        return post(ctx, "adjustment", entries, given, "inventory.adjusted")


def _require_nowhere(ctx: Ctx, serial_ids: Sequence[int | None]) -> None:
    """A piece is found in one place only."""
    for place, number in queries.where_serials_are(ctx, [i for i in serial_ids if i is not None]):
        words = _("Serial number {serial} is in stock already, in {place}.", serial=number, place=place)
        raise Conflict("serial_there", words)


def _place(line: StockLine) -> int:
    if line.location_id is None:
        raise Invalid("place_needed", _("Name the location."), "location_id")
    return line.location_id


def _with_batches(ctx: Ctx, lines: Sequence[StockLine]) -> list[StockLine]:
    """A piece is of the batch of its serial number. Raises NotFound for batches and serials of another part."""
    serials = lot_queries.serials(ctx, (x.serial_id for x in lines)) if any(x.serial_id for x in lines) else {}
    batches = lot_queries.batches(ctx, (x.batch_id for x in lines)) if any(x.batch_id for x in lines) else {}
    found = []
    for line in lines:
        if line.serial_id is not None:
            serial = serials.get(line.serial_id)
            if serial is None or serial.part_id != line.part_id:
                raise NotFound("unknown_serial", _("There is no such serial number of this part."))
            line = replace(line, batch_id=serial.batch_id)
        elif line.batch_id is not None:
            batch = batches.get(line.batch_id)
            if batch is None or batch.part_id != line.part_id:
                raise NotFound("unknown_batch", _("There is no such batch of this part."))
        found.append(line)
    return found


# --- back -----------------------------------------------------------------------------------------------------------


def reverse(ctx: Ctx, move_ids: Sequence[int], given: Circumstances) -> Posted:
    """Undo moves by moves of the opposite direction, each once, with a reason. What has gone on since is not undone."""
    ctx.require(REVERSE)
    with transaction(ctx):
        known = posted_before(ctx, given.once)
        if known:
            return Posted(known, again=True)
        required(given.reason, "reason", _("Give a reason."), 2000)
        wanted = sorted(set(move_ids))
        query = sa.select(Move).where(Move.id.in_(wanted or [0])).order_by(Move.id).with_for_update()
        moves = list(ctx.session.scalars(query))
        if len(moves) != len(wanted):
            raise NotFound("unknown_move", _("There is no such move."))
        if any(m.kind == "reversal" for m in moves):
            raise Conflict("is_reversal", _("A reversal isn’t reversed: post anew what is right."))
        on_their_way = [m for m in moves if m.record_kind == TRANSFER_RECORD]
        if on_their_way:
            words = _("This belongs to a transfer: receive it there, or decide there what becomes of it.")
            raise Conflict("of_a_transfer", words)
        if queries.reversed_among(ctx, wanted):
            raise Conflict("reversed", _("This move is reversed already."))
        _require_nowhere(ctx, [m.serial_id for m in moves if not _leaves_stock(ctx, m)])
        _require_still_out(ctx, [m for m in moves if m.kind == "issue"])
        entries = [
            Entry(m.part_id, m.quantity, m.to_id, m.from_id, m.batch_id, m.serial_id, reverses_id=m.id) for m in moves
        ]
        refs = {(m.record_kind, m.record_id) for m in moves}
        if given.reference is None and len(refs) == 1:
            given = replace(given, reference=queries.reference_of(moves[0]))
        return post(ctx, "reversal", entries, given, "inventory.reversed")


def _require_still_out(ctx: Ctx, issues: Sequence[Move]) -> None:
    """What was taken back already doesn't come back a second time by reversing its issue."""
    wanted: dict[tuple, Decimal] = defaultdict(Decimal)
    for move in issues:
        if move.record_id is not None:
            wanted[(move.record_kind, move.record_id, move.part_id, move.batch_id, move.serial_id)] += move.quantity
    for (kind, record_id, part_id, batch_id, serial_id), quantity in wanted.items():
        out = queries.still_out(ctx, RecordRef(kind, record_id), part_id)
        there = sum((q for m, q in out if (m.batch_id, m.serial_id) == (batch_id, serial_id)), Decimal(0))
        if there < quantity:
            raise Conflict("taken_back", _("It was taken back already; reverse the taking back first."))


def _leaves_stock(ctx: Ctx, move: Move) -> bool:
    """Whether reversing takes the piece out of where it is, rather than bringing it back from outside."""
    target = place_queries.locations(ctx, [move.to_id]).get(move.to_id)
    return target is None or target.inside


def give_back(
    ctx: Ctx, part_id: int, quantity: Decimal, given: Circumstances,
    *, to_id: int | None = None, allowed: bool = False, arrival: Arrival | None = None,
) -> Posted:  # fmt: skip
    """Take back what was issued for ``given.reference``, the last first, to whence it came or to ``to_id``.

    Raises Conflict for more than was issued and not yet taken back.
    """
    right(ctx, ISSUE, allowed)
    with transaction(ctx):
        known = posted_before(ctx, given.once)
        if known:
            return Posted(known, again=True)
        part = _known(part_queries.part_words(ctx, [part_id]).get(part_id))
        quantity = exact(part, quantity)
        entries = []
        left = quantity
        for move, out in queries.still_out(ctx, given.reference, part_id):
            if not left:
                break
            some = min(out, left)
            left -= some
            entries.append(
                Entry(part_id, some, move.to_id, to_id or move.from_id, move.batch_id, move.serial_id)
            )
        if left:
            words = _(
                "Only {out} of part {part} were issued for this and are not back yet; {asked} can’t be taken back.",
                out=part.amount(quantity - left), part=part.code, asked=part.amount(quantity),
            )  # fmt: skip
            raise Conflict("never_issued", words)
        return post(ctx, "return", entries, given, "inventory.taken_back", arrival=arrival)


def _known(part: PartWords | None) -> PartWords:
    if part is None:
        raise NotFound("unknown_part", _("There is no such part."))
    return part
