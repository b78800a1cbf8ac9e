"""Transfers by scanner. Sending: whence, whither, the parts, then whither once more. What is accepted:
``scan_arrivals``.
"""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from core.api import Ctx, Invalid, RecordRef, _
from plugins.inventory.models import Location, Transfer
from plugins.inventory.queries import places as place_queries
from plugins.inventory.queries import transfers as queries
from plugins.inventory.queries.parts import PartWords
from plugins.inventory.scanning_contracts import ONE, Scanned, Scanning
from plugins.inventory.services import scan_arrivals, transfers
from plugins.inventory.transfer_contracts import TRANSFER, TransferData, TransferLineData

Lot = tuple[int | None, int | None]


def transfer_by_number(ctx: Ctx, number: str) -> Transfer | None:
    """The transfer with this number, where this person may see transfers."""
    if not ctx.can(transfers.VIEW):
        return None
    return ctx.session.scalar(queries.with_words(sa.select(Transfer)).where(Transfer.number == number))


def label_scanned(ctx: Ctx, state: Scanning, row: Transfer, once: str) -> Scanned:
    """The label of a transfer: it is begun with, gone on with, or ended."""
    if state.mode == "take":
        return scan_arrivals.label_scanned(ctx, state, row, once)
    if state.mode != "send":
        words = _("{number} is a transfer. Choose “Send a transfer” or “Accept a transfer” for it.", number=row.number)
        raise Invalid("other_work", words, "code")
    if state.ref == RecordRef(TRANSFER, row.id):
        return finish(ctx, state, once)
    transfers.require_to_send(ctx, row)
    goes_on = replace(state, place_id=row.from_id, to_id=row.to_id, part_id=None, ref=RecordRef(TRANSFER, row.id))
    return Scanned(goes_on, _("Going on with {number}", number=row.number))


def place_scanned(ctx: Ctx, state: Scanning, place: Location, once: str) -> Scanned:
    """A location: first whence, then whither; whither once more sends it. Another one is where the next parts lie."""
    if state.mode == "take":
        return scan_arrivals.place_scanned(ctx, state, place)
    if state.place_id is None:
        return Scanned(replace(state, place_id=place.id), _("From {place}: scan whither it goes", place=place.name))
    if state.to_id is None:
        transfers.require_ends(ctx, place_queries.get_location(ctx, state.place_id), place)
        return Scanned(replace(state, to_id=place.id), _("To {place}: scan the parts", place=place.name))
    if place.id != state.to_id:
        return Scanned(replace(state, place_id=place.id, part_id=None), _("Location {place}", place=place.name))
    return finish(ctx, state, once)


def put_in(ctx: Ctx, state: Scanning, part: PartWords, lot: Lot, once: str = "") -> Scanned:
    """One more piece, or so many, goes along; with the first a transfer is begun."""
    assert state.place_id is not None
    assert state.to_id is not None
    line = queries.line_scanned(ctx, once)
    ref = RecordRef(TRANSFER, line.transfer_id) if line is not None else state.ref
    if ref is None:
        ref = RecordRef(TRANSFER, transfers.draw_up(ctx, TransferData(state.place_id, state.to_id)).id)
    if line is None:
        data = TransferLineData(part.id, state.quantity, lot[0], lot[1], state.place_id)
        line = transfers.add_line(ctx, ref.id, data, once=once)
    number = queries.get_transfer(ctx, ref.id).number
    words = _("{what} put into {number}", what=f"{part.code} × {part.amount(line.quantity)}", number=number)
    return Scanned(replace(state, ref=ref, part_id=None, quantity=ONE), words)


def finish(ctx: Ctx, state: Scanning, once: str) -> Scanned:
    """Send what was put together."""
    if state.ref is None:
        raise Invalid("nothing", _("Scan the parts first."), "code")
    row = transfers.send(ctx, state.ref.id, once=once)
    target = place_queries.get_location(ctx, row.to_id).name
    what = queries.what_words(queries.lines_of(ctx, row.id))
    words = _("{number} is sent to {place}: {what}", number=row.number, place=target, what=what)
    return Scanned(Scanning("send"), words)
