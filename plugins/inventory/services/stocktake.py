"""Stocktakes: listed, counted while the stock goes on moving, looked at, approved by value, posted once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from core.api import (
    N_,
    Conflict,
    Ctx,
    Gate,
    Invalid,
    NotFound,
    RecordRef,
    State,
    Transition,
    Workflow,
    _,
    advance,
    bulk_insert,
    check_version,
    emit,
    get_setting,
    n_,
    next_number,
    transaction,
)
from plugins.inventory.contracts import Circumstances
from plugins.inventory.models import Batch, Serial, Stocktake, StocktakeLine
from plugins.inventory.models.places import INSIDE
from plugins.inventory.models.stocktake import STOCKTAKE_KINDS
from plugins.inventory.queries import lots as lot_queries
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.queries import places as place_queries
from plugins.inventory.queries import quality as quality_queries
from plugins.inventory.queries import stocktake as queries
from plugins.inventory.queries.parts import PartWords
from plugins.inventory.queries.stocktake import Lot
from plugins.inventory.services.common import chosen, exact, fitting, required
from plugins.inventory.services.posting import Entry, lock, post
from plugins.inventory.stocktake_contracts import (
    STOCKTAKE,
    STOCKTAKE_STATE_WORDS,
    CountData,
    FoundData,
    StocktakeData,
)

VIEW = "inventory.stocktake.view"
COUNT = "inventory.stocktake.count"
LEAD = "inventory.stocktake.lead"
SEE_BOOK = "inventory.stocktake.see_book"
NOT_COUNTED = ("transit",)
"""What is on its way lies nowhere to be counted."""


def _all_counted(ctx: Ctx, row: Stocktake) -> list[Gate]:
    done = queries.progress(ctx, row.id)
    found = []
    left = done.lines - done.counted
    if left:
        found.append(Gate("uncounted", n_("{n} line is not counted", "{n} lines are not counted", left)))
    if done.again:
        words = n_("{n} line has to be counted again", "{n} lines have to be counted again", done.again)
        found.append(Gate("again", words))
    return [Gate(g.key, g.text, waivable=False) for g in found]


def _facts(ctx: Ctx, row: Stocktake, _transition: str) -> Mapping[str, Any]:
    worth = queries.amount(ctx, row.id, _costs(ctx, row.id))
    return {
        "count_kind": row.kind, "value_known": worth is not None,
        "title": row.location.name if row.location is not None else row.number,
        **({} if worth is None else {"amount": worth}),
    }  # fmt: skip


def _costs(ctx: Ctx, stocktake_id: int) -> dict[int, Decimal]:
    return quality_queries.costs(ctx, {line.part_id for line in queries.differing(ctx, stocktake_id)})


WORKFLOW = Workflow(
    STOCKTAKE,
    (
        State("open", STOCKTAKE_STATE_WORDS["open"], "clipboard-list"),
        State("review", STOCKTAKE_STATE_WORDS["review"], "search"),
        State("posted", STOCKTAKE_STATE_WORDS["posted"], "circle-check", final=True),
        State("cancelled", STOCKTAKE_STATE_WORDS["cancelled"], "circle-x", final=True),
    ),
    (
        Transition("finish", N_("Counting is done"), ("open",), "review", LEAD, gates=(_all_counted,)),
        Transition("recount", N_("Go on counting"), ("review",), "open", LEAD),
        Transition("post", N_("Post the differences"), ("review",), "posted", LEAD),
        Transition("cancel", N_("Cancel the stocktake"), ("open", "review"), "cancelled", LEAD, True),
    ),
    fact_columns=(
        {"name": "count_kind", "label": N_("Sort of count"), "type": "str"},
        {"name": "value_known", "label": N_("Its value is known"), "type": "bool"},
    ),
    facts=_facts,
)


# --- listed ---------------------------------------------------------------------------------------------------------


def begin(ctx: Ctx, data: StocktakeData) -> Stocktake:
    """List what lies in a location and below it by the book, and is not counted by another stocktake already."""
    ctx.require(LEAD)
    with transaction(ctx):
        chosen(data.kind, STOCKTAKE_KINDS, "kind")
        place = place_queries.get_location(ctx, data.location_id)
        if place.kind not in INSIDE or place.kind in NOT_COUNTED:
            raise Invalid("not_counted", _("{place} can’t be counted.", place=place.name), "location_id")
        if data.not_since is not None and data.not_since > ctx.today:
            raise Invalid("future", _("That day is still to come."), "not_since")
        known = place_queries.locations(ctx, queries.subtree(ctx, place.id))
        places = sorted(i for i, found in known.items() if found.kind not in NOT_COUNTED)
        other = queries.running_in(ctx, places)
        if other is not None:
            words = _("{number} counts there already: end it first.", number=other.number)
            raise Conflict("counted_already", words, field="location_id")
        most = int(get_setting(ctx, "inventory.stocktake_most"))
        after = None
        if data.kind == "cycle" and data.not_since is not None:
            after = dt.datetime.combine(data.not_since, dt.time(), ctx.tz)
        lots = queries.to_count(ctx, data, places, after, most + 1)
        if len(lots) > most:
            words = _("More than {n} lots lie there: choose a smaller location, or count in cycles.", n=most)
            raise Invalid("too_many", words, "location_id")
        if not lots and data.kind == "cycle":
            raise Invalid("nothing", _("Nothing there has to be counted."), "location_id")
        row = Stocktake(
            number=next_number(ctx, STOCKTAKE, str(get_setting(ctx, "inventory.stocktake_pattern"))), state="open",
            kind=data.kind, location_id=place.id, unit_id=place.unit_id, blind=data.blind,
            guarantee_only=data.guarantee_only, not_since=data.not_since if data.kind == "cycle" else None,
            note=fitting(data.note, "note", 2000), opened_at=ctx.now, opened_by=ctx.actor.name, ended_by="",
            ended_reason="",
        )  # fmt: skip
        ctx.session.add(row)
        ctx.session.flush()
        bulk_insert(ctx, StocktakeLine, [_line(row.id, lot) for lot in lots])
        emit(ctx, "inventory.stocktake_begun", row, number=row.number, place=place.name, count=len(lots))
        return row


def _line(stocktake_id: int, lot: Lot, *, found: bool = False) -> dict[str, Any]:
    part_id, batch_id, serial_id, location_id = lot
    return {
        "stocktake_id": stocktake_id, "part_id": part_id, "batch_id": batch_id, "serial_id": serial_id,
        "location_id": location_id, "found": found, "counted_by": "", "counts": 0, "again": False, "note": "",
        "version": 1,
    }  # fmt: skip


# --- counted --------------------------------------------------------------------------------------------------------


def count(ctx: Ctx, line_id: int, data: CountData) -> StocktakeLine:
    """Record what was counted, beside what the book says of that moment.

    Raises Conflict where somebody else has counted it meanwhile: then it is counted ``again`` on purpose, or left.
    """
    ctx.require(COUNT)
    with transaction(ctx):
        row, line = _locked(ctx, line_id)
        return _count(ctx, row, line, data)


def _locked(ctx: Ctx, line_id: int) -> tuple[Stocktake, StocktakeLine]:
    """The stocktake, which is still being counted, then the line, both locked; in this order everywhere."""
    row = queries.get_stocktake(ctx, queries.get_line(ctx, line_id).stocktake_id, lock=True)
    _require_open(row)
    return row, queries.get_line(ctx, line_id, lock=True)


def _require_open(row: Stocktake) -> None:
    if row.state != "open":
        state = _(STOCKTAKE_STATE_WORDS[row.state])
        words = _("{number} is not being counted: {state}.", number=row.number, state=state)
        raise Conflict("not_open", words)


def _count(ctx: Ctx, row: Stocktake, line: StocktakeLine, data: CountData, once: str = "") -> StocktakeLine:
    part = part_queries.part_words(ctx, [line.part_id])[line.part_id]
    quantity = _counted(part, data.quantity)
    if line.serial_id is not None and quantity > 1:
        raise Invalid("one_piece", _("A serial number is one piece, or none."), "quantity")
    if line.counted_at is not None and not data.again and not (line.again and data.seen == line.counts):
        at = line.counted_at.astimezone(ctx.tz)
        words = _(
            "{name} has counted this at {time}. Count it again only on purpose.",
            name=line.counted_by, time=f"{at:%Y-%m-%d %H:%M}",
        )  # fmt: skip
        raise Conflict("counted_already", words, field="again")
    at = data.at or ctx.now
    if at > ctx.now:
        raise Invalid("future", _("That moment is still to come."), "at")
    if at < row.opened_at:
        raise Invalid("before", _("The stocktake began later than that."), "at")
    lot = (line.part_id, line.batch_id, line.serial_id, line.location_id)
    balance = lock(ctx, [lot])[lot]
    other = queries.counted_by_another(ctx, row.id, lot)
    if other is not None:
        raise Conflict("counted_already", _("{number} counts there already: end it first.", number=other.number))
    line.book = balance.on_hand - queries.moved_since(ctx, lot, at)
    line.counted, line.counted_at = quantity, at
    line.counted_by_id, line.counted_by = ctx.actor.user_id, ctx.actor.name
    line.counts += 1
    line.once = once or None
    line.note = fitting(data.note, "note", 2000)
    line.again = line.counts == 1 and _too_different(ctx, line)
    ctx.session.flush()
    emit(
        ctx, "inventory.counted", row, number=row.number, part=part.code, quantity=part.amount(quantity),
        place=line.location.name, line=line.id,
    )  # fmt: skip
    return line


def _counted(part: PartWords, quantity: Decimal) -> Decimal:
    if quantity == 0:
        return Decimal(0)
    return exact(part, quantity)


def _too_different(ctx: Ctx, line: StocktakeLine) -> bool:
    """Whether it has to be counted again: the difference is worth more than the company lets pass."""
    limit = get_setting(ctx, "inventory.recount_above")
    cost = quality_queries.costs(ctx, [line.part_id]).get(line.part_id)
    if limit is None or cost is None or line.difference is None:
        return False
    return abs(line.difference) * cost > Decimal(limit)


def count_found(ctx: Ctx, stocktake_id: int, data: FoundData, *, once: str = "") -> StocktakeLine:
    """Record what lies there and stands on no list; batches and serial numbers that nobody knew are made.

    What stands on the list is counted there. A piece that is elsewhere by the book is counted there first.
    """
    ctx.require(COUNT)
    with transaction(ctx):
        row = queries.get_stocktake(ctx, stocktake_id, lock=True)
        _require_open(row)
        part = part_queries.part_words(ctx, [data.part_id]).get(data.part_id)
        if part is None:
            raise NotFound("unknown_part", _("There is no such part."))
        quantity = exact(part, data.quantity)
        if data.location_id not in queries.subtree(ctx, row.location_id):
            raise Invalid("elsewhere", _("That location is not counted by {number}.", number=row.number), "location_id")
        batch_id, serial_id = _lot(ctx, row, part, data)
        lot = (part.id, batch_id, serial_id, data.location_id)
        line = queries.line_of(ctx, row.id, lot)
        if line is None:
            line = StocktakeLine(**_line(row.id, lot, found=True))
            ctx.session.add(line)
            ctx.session.flush()
            ctx.session.refresh(line)
        return _count(ctx, row, line, CountData(quantity, note=data.note), once)


def _lot(ctx: Ctx, row: Stocktake, part: PartWords, data: FoundData) -> tuple[int | None, int | None]:
    number, serial_number = fitting(data.batch, "batch", 80), fitting(data.serial, "serial", 80)
    batch_id = None
    if part.tracking == "batch" and not number:
        raise Invalid("batch_needed", _("{part} is tracked by batch: name the batch.", part=part.code), "batch")
    if part.tracking == "serial" and not serial_number:
        words = _("{part} has serial numbers: name that of each piece.", part=part.code)
        raise Invalid("serial_needed", words, "serial")
    if number and part.tracking != "none":
        batch = lot_queries.batches_by_number(ctx, [part.id], [number]).get((part.id, number))
        if batch is None:
            batch = Batch(part_id=part.id, number=number, received_on=ctx.today, state="released")
            ctx.session.add(batch)
            ctx.session.flush()
            emit(ctx, "inventory.batch_changed", batch, number=number, part=part.code)
        batch_id = batch.id
    if part.tracking != "serial":
        return batch_id, None
    serial = quality_queries.serial_of(ctx, part.id, serial_number)
    if serial is None:
        serial = Serial(part_id=part.id, number=serial_number, batch_id=batch_id, received_on=ctx.today)
        ctx.session.add(serial)
        ctx.session.flush()
        emit(ctx, "inventory.serial_noted", serial, number=serial_number, part=part.code)
    there = queries.where_is(ctx, serial.id)
    if there is not None and there.id != data.location_id:
        line = queries.line_of_serial(ctx, row.id, serial.id, there.id)
        if line is None or line.counted != 0:
            words = _(
                "Serial number {serial} is in {place} by the book: count it there first, or move it.",
                serial=serial_number, place=there.name,
            )  # fmt: skip
            raise Conflict("serial_there", words, field="serial")
    return serial.batch_id, serial.id


def count_scan(
    ctx: Ctx, stocktake_id: int, data: FoundData, since: dt.datetime, *, again: bool = False, once: str = ""
) -> StocktakeLine:
    """Add what one scan found to what this person has counted since a moment; the first scan begins the count.

    What somebody else has counted, or this person before, is not counted once more but on purpose (``again``), or
    where it has to be. A piece is counted once. Batches and pieces that nobody knows are entered on the page.
    ``once`` tells a scan that is sent again.
    """
    ctx.require(COUNT)
    with transaction(ctx):
        row = queries.get_stocktake(ctx, stocktake_id, lock=True)
        _require_open(row)
        part = part_queries.part_words(ctx, [data.part_id])[data.part_id]
        lot = _known_lot(ctx, part, data)
        line = queries.line_of(ctx, row.id, lot)
        if line is None:
            return count_found(ctx, stocktake_id, data, once=once)
        line = queries.get_line(ctx, line.id, lock=True)
        if once and line.once == once:
            return line
        mine = line.counted_by_id == ctx.actor.user_id and line.counted_at is not None and line.counted_at >= since
        if not mine:
            seen = line.counts if line.again else None
            return _count(ctx, row, line, CountData(data.quantity, again=again, seen=seen), once)
        if line.serial_id is not None and line.counted:
            words = _("Serial number {serial} is counted already.", serial=data.serial)
            raise Conflict("counted_twice", words, field="code")
        line.counts -= 1
        return _count(ctx, row, line, CountData((line.counted or Decimal(0)) + data.quantity, again=True), once)


def _known_lot(ctx: Ctx, part: PartWords, data: FoundData) -> Lot:
    batch_id = serial_id = None
    if part.tracking == "serial":
        serial = quality_queries.serial_of(ctx, part.id, data.serial)
        if serial is None:
            number = data.serial
            words = _("Nobody knows the serial number {number}. Enter it on the page of the stocktake.", number=number)
            raise Invalid("unknown_serial", words, "code")
        serial_id, batch_id = serial.id, serial.batch_id
    elif part.tracking == "batch":
        batch = lot_queries.batches_by_number(ctx, [part.id], [data.batch]).get((part.id, data.batch))
        if batch is None:
            words = _("Nobody knows the batch {number}. Enter it on the page of the stocktake.", number=data.batch)
            raise Invalid("unknown_batch", words, "code")
        batch_id = batch.id
    return part.id, batch_id, serial_id, data.location_id


def uncount(ctx: Ctx, line_id: int, quantity: Decimal, *, once: str = "") -> StocktakeLine:
    """Take the last scan of one's own count back; where nothing else was scanned, the line is to be counted again.

    ``once`` tells a request that is sent again.
    """
    ctx.require(COUNT)
    with transaction(ctx):
        row, line = _locked(ctx, line_id)
        if once and line.once == once:
            return line
        if line.counted is None or line.counted_by_id != ctx.actor.user_id or not 0 < quantity <= line.counted:
            raise Conflict("not_yours", _("Somebody has counted this anew since: nothing was undone."))
        if quantity == line.counted:
            line.counted = line.book = line.counted_at = line.counted_by_id = None
            line.counted_by, line.counts, line.again = "", line.counts - 1, False
        else:
            line.counted -= quantity
            line.again = line.counts == 1 and _too_different(ctx, line)
        line.once = once or None
        ctx.session.flush()
        emit(ctx, "inventory.count_undone", row, number=row.number, part=line.part.code, place=line.location.name)
        return line


def ask_again(ctx: Ctx, line_id: int) -> StocktakeLine:
    """Have a line counted once more."""
    ctx.require(LEAD)
    with transaction(ctx):
        row, line = _locked(ctx, line_id)
        if line.counted is None:
            raise Conflict("not_counted", _("It is still to be counted."))
        line.again = True
        ctx.session.flush()
        emit(ctx, "inventory.recount_asked", row, number=row.number, part=line.part.code, place=line.location.name)
        return line


# --- ended ----------------------------------------------------------------------------------------------------------


def finish(ctx: Ctx, stocktake_id: int, *, version: int | None = None) -> Stocktake:
    """Counting is done: every line is counted, those that differ too much twice."""
    return _advance(ctx, stocktake_id, "finish", "inventory.stocktake_counted", version)


def go_on(ctx: Ctx, stocktake_id: int, *, version: int | None = None) -> Stocktake:
    """Go on counting after all."""
    return _advance(ctx, stocktake_id, "recount", "inventory.stocktake_reopened", version)


def cancel(ctx: Ctx, stocktake_id: int, reason: str, *, version: int | None = None) -> Stocktake:
    """End it without posting anything, with a reason."""
    return _advance(ctx, stocktake_id, "cancel", "inventory.stocktake_cancelled", version, reason)


def _advance(
    ctx: Ctx, stocktake_id: int, transition: str, event: str, version: int | None, reason: str = ""
) -> Stocktake:
    with transaction(ctx):
        row = queries.get_stocktake(ctx, stocktake_id, lock=True)
        check_version(row, version)
        advance(ctx, WORKFLOW, row, transition, reason=reason)
        if transition == "cancel":
            row.ended_at, row.ended_by = ctx.now, ctx.actor.name
            row.ended_reason = required(reason, "reason", _("Give a reason."), 2000)
        ctx.session.flush()
        emit(ctx, event, row, number=row.number, reason=row.ended_reason)
        return row


def post_differences(ctx: Ctx, stocktake_id: int, *, version: int | None = None) -> Stocktake:
    """Correct the book by what differed at the moment of counting, once. Where the company's table asks for an approval
    of so large a value, that is asked for instead.
    """
    with transaction(ctx):
        row = queries.get_stocktake(ctx, stocktake_id, lock=True)
        check_version(row, version)
        advance(ctx, WORKFLOW, row, "post")
        lines = queries.differing(ctx, row.id, lock=True)
        row.amount = queries.amount(ctx, row.id, _costs(ctx, row.id))
        if lines:
            side = place_queries.first_of(ctx, "adjustment").id
            entries = [_entry(line, side) for line in lines]
            given = Circumstances(
                _("Stocktake {number}", number=row.number), RecordRef(STOCKTAKE, row.id), once=f"stocktake {row.id}"
            )
            moves = post(ctx, "adjustment", entries, given, "inventory.adjusted").moves
            for line, move in zip(lines, moves, strict=True):
                line.move_id = move
        row.ended_at, row.ended_by = ctx.now, ctx.actor.name
        ctx.session.flush()
        emit(ctx, "inventory.stocktake_posted", row, number=row.number, count=len(lines))
        return row


def _entry(line: StocktakeLine, side: int) -> Entry:
    more = line.difference or Decimal(0)
    ends = (side, line.location_id) if more > 0 else (line.location_id, side)
    return Entry(line.part_id, abs(more), *ends, line.batch_id, line.serial_id)
