"""One scan after the other: receive, pick for an order or a request, hand over, send and accept a transfer, count. What
was scanned before is the state; what was posted, picked, put in, counted or has come is kept at each scan.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.api import Ctx, Invalid, RecordRef, _, transaction
from plugins.inventory.contracts import ORDER, BatchData, Circumstances, Nearness, Posted, ReceiptLine, StockLine
from plugins.inventory.models import Location
from plugins.inventory.models.places import PERSONAL
from plugins.inventory.part_request_contracts import PART_REQUEST
from plugins.inventory.queries import lots as lot_queries
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.queries import records
from plugins.inventory.queries import stocktake as stocktake_queries
from plugins.inventory.queries.parts import PartWords
from plugins.inventory.queries.stock import reserved_for
from plugins.inventory.rules.scanning import SIGNS, Label, read_label, read_quantity
from plugins.inventory.scanning_contracts import MODE_WORDS, ONE, SIGN_WORDS, TRAIL, Scanned, Scanning
from plugins.inventory.services import (
    part_requests,
    reserving,
    scan_arrivals,
    scan_orders,
    scan_pages,
    scan_transfers,
    stock,
    stocktake,
)
from plugins.inventory.stocktake_contracts import STOCKTAKE, FoundData


def scan(ctx: Ctx, state: Scanning, text: str, once: str) -> Scanned:
    """Take one scan. Raises DomainError, in words, for what can't be; then nothing is posted and the state stays.

    ``once`` tells a scan that is sent again.
    """
    text = text.strip()
    if not text:
        raise Invalid("nothing", _("Scan something."), "code")
    if len(text) > 300:
        raise Invalid("too_long", _("That is no code of ours."), "code")
    quantity = read_quantity(text)
    if quantity is not None:
        if not quantity:
            raise Invalid("bad_quantity", _("A quantity is a number above 0."), "code")
        return Scanned(replace(state, quantity=quantity), _("Quantity {n} for the next part", n=str(quantity)))
    label = read_label(text)
    if label is not None and label.company != ctx.company.code:
        words = _("This label belongs to another company ({company}). It is not ours: set the piece apart.",
                  company=label.company)  # fmt: skip
        raise Invalid("foreign_label", words, "code")
    with transaction(ctx):
        if text in SIGNS:
            return scan_arrivals.said(ctx, state, SIGNS[text], once)
        if label is not None:
            return _labelled(ctx, state, label, once)
        return _plain(ctx, state, text, once)


def _labelled(ctx: Ctx, state: Scanning, label: Label, once: str) -> Scanned:
    if label.kind == "location":
        return _place(ctx, state, _location(ctx, label.codes[0]), once)
    if label.kind == "mode":
        if label.codes[0] not in MODE_WORDS:
            raise Invalid("unknown_code", _("Nothing here is called {code}.", code=label.codes[0][:60]), "code")
        return Scanned(Scanning(label.codes[0]), _(MODE_WORDS[label.codes[0]]))
    if label.kind == "sign":
        if label.codes[0] not in SIGN_WORDS:
            raise Invalid("unknown_code", _("Nothing here is called {code}.", code=label.codes[0][:60]), "code")
        return scan_arrivals.said(ctx, state, label.codes[0], once)
    if label.kind in scan_pages.OPENING:
        return scan_pages.page_labelled(ctx, state, label.kind, label.codes[0])
    if label.kind in ("transfer", "order"):
        found = _paper(ctx, state, label.codes[0], once, label.kind)
        if found is None:
            raise Invalid("unknown_number", _("There is no {number} here.", number=label.codes[0]), "code")
        return found
    part = _part(ctx, label.codes[0])
    if label.kind == "part":
        return _of_part(ctx, state, part, once)
    return _of_lot(ctx, state, part, label.codes[1], once)


def _plain(ctx: Ctx, state: Scanning, text: str, once: str) -> Scanned:
    """A code without a label: a location, a part, the batch or serial number that is waited for, an order's number."""
    if state.part_id is not None:
        return _of_lot(ctx, state, part_queries.part_words(ctx, [state.part_id])[state.part_id], text, once)
    place = ctx.session.scalar(sa.select(Location).where(Location.code == text, Location.active.is_(True)))
    if place is not None:
        return _place(ctx, state, place, once)
    found = part_queries.parts_by_code(ctx, [text]).get(text)
    if found is not None:
        return _of_part(ctx, state, part_queries.part_words(ctx, [found])[found], once)
    ref = _record(ctx, text) if state.mode == "pick" else None
    if ref is not None:
        return Scanned(replace(state, ref=ref), _("Picking for {record}", record=records.name_of(ctx, ref)))
    paper = _paper(ctx, state, text, once)
    if paper is None:
        paper = scan_pages.page_of(ctx, state, text)
    if paper is not None:
        return paper
    raise Invalid("unknown_code", _("Nothing here is called {code}.", code=text[:60]), "code")


def _paper(ctx: Ctx, state: Scanning, number: str, once: str, kind: str = "") -> Scanned | None:
    """A transfer or a purchase order with this number; None where this person knows of none."""
    transfer = scan_transfers.transfer_by_number(ctx, number) if kind != "order" else None
    if transfer is not None:
        return scan_transfers.label_scanned(ctx, state, transfer, once)
    order = scan_orders.order_by_number(ctx, number) if kind != "transfer" else None
    return scan_orders.order_scanned(ctx, state, order) if order is not None else None


def _location(ctx: Ctx, code: str) -> Location:
    place = ctx.session.scalar(sa.select(Location).where(Location.code == code, Location.active.is_(True)))
    if place is None:
        raise Invalid("unknown_location", _("There is no location {code}.", code=code), "code")
    return place


def _part(ctx: Ctx, code: str) -> PartWords:
    found = part_queries.parts_by_code(ctx, [code]).get(code)
    if found is None:
        raise Invalid("unknown_part", _("There is no part {code}.", code=code), "code")
    return part_queries.part_words(ctx, [found])[found]


def _record(ctx: Ctx, number: str) -> RecordRef | None:
    """The record with this number among the kinds that ask for parts, where this person may see it, or something is
    kept for it: who fetches that has its number on paper.
    """
    for name in reserving.ranking(ctx):
        kind = ctx.registry.kinds.get(name)
        model: Any = kind.model if kind is not None else None
        if model is None or not hasattr(model, "number"):
            continue
        found = ctx.session.scalar(sa.select(model.id).where(model.number == number))
        ref = RecordRef(name, found or 0)
        if found is not None and (records.words_of(ctx, [ref]) or reserved_for(ctx, ref)):
            return ref
    return None


def _place(ctx: Ctx, state: Scanning, place: Location, once: str) -> Scanned:
    if not place.inside:
        raise Invalid("outside", _("{place} is outside: parts are not kept there.", place=place.name), "code")
    if state.mode in ("send", "take"):
        return scan_transfers.place_scanned(ctx, state, place, once)
    if state.mode == "count":
        row = stocktake_queries.counting_in(ctx, place.id)
        if row is None:
            raise Invalid("not_counted", _("No stocktake counts {place} now.", place=place.name), "code")
        ref = RecordRef(STOCKTAKE, row.id)
        begun = replace(state, place_id=place.id, part_id=None, ref=ref, since=ctx.now, trail=())
        return Scanned(begun, _("Counting {place} ({number})", place=place.name, number=row.number))
    if state.mode == "hand" and place.kind in PERSONAL:
        return Scanned(replace(state, to_id=place.id), _("Handing over to {place}", place=place.name))
    return Scanned(replace(state, place_id=place.id, part_id=None), _("Location {place}", place=place.name))


def _of_part(ctx: Ctx, state: Scanning, part: PartWords, once: str) -> Scanned:
    _require_begun(state)
    if part.tracking == "batch" and state.mode != "pick":
        return Scanned(replace(state, part_id=part.id), _("{part}: scan the batch", part=part.words))
    if part.tracking == "serial":
        return Scanned(replace(state, part_id=part.id), _("{part}: scan the serial number", part=part.words))
    if state.mode == "count":
        return _counted(ctx, state, part, once)
    if state.mode in ("send", "take"):
        return _transferred(ctx, state, part, once)
    return _posted(ctx, state, part, _post(ctx, state, part, once))


def _of_lot(ctx: Ctx, state: Scanning, part: PartWords, number: str, once: str) -> Scanned:
    _require_begun(state)
    if part.tracking == "none":
        raise Invalid("not_tracked", _("{part} has neither batches nor serial numbers.", part=part.code), "code")
    if state.mode == "receive" and _on_order(state):
        lot = ("", number) if part.tracking == "serial" else (number, "")
        state = replace(state, quantity=ONE) if part.tracking == "serial" else state
        return _posted(ctx, state, part, scan_orders.receive(ctx, state, part, once, *lot))
    if state.mode == "receive":
        given = Circumstances(once=once)
        batch = BatchData(number) if part.tracking == "batch" else None
        quantity = state.quantity if batch is not None else ONE
        line = ReceiptLine(part.id, quantity, None, batch, "" if batch is not None else number)
        return _posted(ctx, state, part, stock.receive(ctx, [line], state.place_id or 0, given))
    if state.mode == "count":
        if part.tracking == "batch":
            return _counted(ctx, state, part, once, batch=number)
        return _counted(ctx, replace(state, quantity=ONE), part, once, serial=number)
    batch_id = serial_id = None
    if part.tracking == "batch":
        found = lot_queries.batches_by_number(ctx, [part.id], [number]).get((part.id, number))
        if found is None:
            raise Invalid("unknown_batch", _("There is no batch {number} of this part.", number=number), "code")
        batch_id = found.id
    else:
        piece = lot_queries.serials_by_number(ctx, [part.id], [number]).get((part.id, number))
        if piece is None:
            words = _("There is no serial number {number} of this part.", number=number)
            raise Invalid("unknown_serial", words, "code")
        serial_id, batch_id = piece.id, piece.batch_id
        state = replace(state, quantity=ONE)
    if state.mode in ("send", "take"):
        return _transferred(ctx, state, part, once, batch_id, serial_id)
    return _posted(ctx, state, part, _post(ctx, state, part, once, batch_id, serial_id))


def _on_order(state: Scanning) -> bool:
    return state.ref is not None and state.ref.kind == ORDER


def _transferred(
    ctx: Ctx, state: Scanning, part: PartWords, once: str, batch_id: int | None = None, serial_id: int | None = None
) -> Scanned:
    if state.mode == "send":
        return scan_transfers.put_in(ctx, state, part, (batch_id, serial_id), once)
    return scan_arrivals.piece_came(ctx, state, part, (batch_id, serial_id), once)


def _require_begun(state: Scanning) -> None:
    """What has to be scanned before a part. Raises Invalid, naming it."""
    if state.mode == "pick" and state.ref is None:
        raise Invalid("order_first", _("Scan the order first."), "code")
    if state.mode == "take" and state.ref is None:
        raise Invalid("transfer_first", _("Scan the label of the transfer first."), "code")
    if state.mode not in ("pick", "take") and (state.place_id is None or (state.mode == "count" and state.ref is None)):
        raise Invalid("place_first", _("Scan the location first."), "code")
    if state.mode == "hand" and state.to_id is None:
        raise Invalid("person_first", _("Scan the van or the technician’s store first."), "code")
    if state.mode == "send" and state.to_id is None:
        raise Invalid("target_first", _("Scan whither it goes first."), "code")


def _post(
    ctx: Ctx, state: Scanning, part: PartWords, once: str, batch_id: int | None = None, serial_id: int | None = None
) -> Posted:
    given = Circumstances(once=once)
    if state.mode == "receive" and _on_order(state):
        return scan_orders.receive(ctx, state, part, once)
    if state.mode == "receive":
        return stock.receive(ctx, [ReceiptLine(part.id, state.quantity)], state.place_id or 0, given)
    if state.mode == "hand":
        line = StockLine(part.id, state.quantity, state.place_id, batch_id, serial_id)
        return stock.transfer(ctx, [line], state.to_id or 0, given)
    assert state.ref is not None
    if state.ref.kind == PART_REQUEST:
        lots = (batch_id, serial_id)
        part_requests.pick_scanned(ctx, state.ref.id, part.id, state.quantity, lots, state.place_id, once)
        return Posted([])
    lot = (batch_id, serial_id) if batch_id or serial_id else None
    return reserving.issue_reserved(
        ctx, state.ref, {part.id: state.quantity}, given, further=Nearness(), lot=lot
    )


def _counted(ctx: Ctx, state: Scanning, part: PartWords, once: str, *, batch: str = "", serial: str = "") -> Scanned:
    """Add to what was counted of it here; what it comes to is said, what the book says is not."""
    if state.ref is None or state.since is None or state.place_id is None:
        raise Invalid("place_first", _("Scan the location first."), "code")
    data = FoundData(part.id, state.place_id, state.quantity, batch, serial)
    line = stocktake.count_scan(ctx, state.ref.id, data, state.since, once=once)
    what = f"{part.code} {batch or serial}".strip()
    words = _("{what}: {quantity} counted", what=what, quantity=part.amount(line.counted or Decimal(0)))
    trail = (*state.trail, (line.id, state.quantity))[-TRAIL:]
    return Scanned(replace(state, part_id=None, quantity=ONE, trail=trail), words)


def take_back(ctx: Ctx, state: Scanning, once: str = "") -> Scanned:
    """Take the last scan of a count, or of what came, back. ``once`` tells a request that is sent again."""
    if state.mode == "take":
        return scan_arrivals.take_back(ctx, state, once)
    if not state.trail:
        raise Invalid("nothing", _("There is nothing to take back."), "code")
    line_id, quantity = state.trail[-1]
    line = stocktake.uncount(ctx, line_id, quantity, once=once)
    part = part_queries.part_words(ctx, [line.part_id])[line.part_id]
    words = _("{what}: {quantity} counted", what=part.code, quantity=part.amount(line.counted or Decimal(0)))
    return Scanned(replace(state, part_id=None, trail=state.trail[:-1]), words, tone="warn")


def _posted(ctx: Ctx, state: Scanning, part: PartWords, posted: Posted) -> Scanned:
    words = {
        "receive": _("{what} received", what=f"{part.code} × {part.amount(state.quantity)}"),
        "pick": _("{what} picked", what=f"{part.code} × {part.amount(state.quantity)}"),
        "hand": _("{what} handed over", what=f"{part.code} × {part.amount(state.quantity)}"),
    }[state.mode]
    return Scanned(replace(state, part_id=None, quantity=ONE), words, tuple(posted.moves))


def finish(ctx: Ctx, state: Scanning, once: str, *, complete: bool = False) -> Scanned:
    """Send the transfer that was put together, or enter what came of one."""
    if state.mode == "send":
        return scan_transfers.finish(ctx, state, once)
    return scan_arrivals.finish(ctx, state, once, complete=complete)
