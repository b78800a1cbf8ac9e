"""Transfers by scanner. Sending: whence, whither, the parts, then whither once more. Accepting: the label of the
transfer, what lies there, then the label once more; until then nothing is entered, and each scan can be taken back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import sqlalchemy as sa

from core.api import Conflict, Ctx, Invalid, RecordRef, _
from plugins.inventory.models import Location, Transfer, TransferLine
from plugins.inventory.queries import places as place_queries
from plugins.inventory.queries import transfers as queries
from plugins.inventory.queries.parts import PartWords, part_words
from plugins.inventory.scanning_contracts import LONGEST, ONE, Scanned, Scanning
from plugins.inventory.services import transfers
from plugins.inventory.services.posting import posted_before, what_words
from plugins.inventory.transfer_contracts import TRANSFER, TransferArrival, TransferData, TransferLineData

Lot = tuple[int | None, int | None]


def transfer_by_number(ctx: Ctx, number: str) -> Transfer | None:
    """The transfer with this number, where this person may see transfers."""
    if not ctx.can(transfers.VIEW):
        return None
    return ctx.session.scalar(queries.with_words(sa.select(Transfer)).where(Transfer.number == number))


def label_scanned(ctx: Ctx, state: Scanning, row: Transfer, once: str) -> Scanned:
    """The label of a transfer: it is begun with, or ended where something of it was scanned."""
    if state.mode == "take":
        if state.ref == RecordRef(TRANSFER, row.id) and state.trail:
            return finish(ctx, state, once)
        return _begin(ctx, state, row)
    if state.mode != "send":
        words = _("{number} is a transfer. Choose “Send a transfer” or “Accept a transfer” for it.", number=row.number)
        raise Invalid("other_work", words, "code")
    if state.ref == RecordRef(TRANSFER, row.id):
        return finish(ctx, state, once)
    transfers.require_to_send(ctx, row)
    goes_on = replace(state, place_id=row.from_id, to_id=row.to_id, part_id=None, ref=RecordRef(TRANSFER, row.id))
    return Scanned(goes_on, _("Going on with {number}", number=row.number))


# --- sent -----------------------------------------------------------------------------------------------------------


def place_scanned(ctx: Ctx, state: Scanning, place: Location, once: str) -> Scanned:
    """A location: first whence, then whither; whither once more sends it. Another one is where the next parts lie."""
    if state.mode == "take":
        row = queries.get_transfer(ctx, state.ref.id) if state.ref is not None else None
        if row is None:
            raise Invalid("transfer_first", _("Scan the label of the transfer first."), "code")
        if place.id != row.to_id:
            target = row.target.name if row.target is not None else ""
            words = _("{number} goes to {target}, not to {place}.", number=row.number, target=target, place=place.name)
            raise Invalid("wrong_place", words, "code")
        return Scanned(replace(state, part_id=None), _("Location {place}", place=place.name))
    if state.place_id is None:
        return Scanned(replace(state, place_id=place.id), _("From {place}: scan whither it goes", place=place.name))
    if state.to_id is None:
        transfers.require_ends(ctx, place_queries.get_location(ctx, state.place_id), place)
        return Scanned(replace(state, to_id=place.id), _("To {place}: scan the parts", place=place.name))
    if place.id != state.to_id:
        return Scanned(replace(state, place_id=place.id, part_id=None), _("Location {place}", place=place.name))
    return finish(ctx, state, once)


def put_in(ctx: Ctx, state: Scanning, part: PartWords, lot: Lot) -> Scanned:
    """One more piece, or so many, goes along; with the first a transfer is begun."""
    assert state.place_id is not None
    assert state.to_id is not None
    ref = state.ref
    if ref is None:
        ref = RecordRef(TRANSFER, transfers.draw_up(ctx, TransferData(state.place_id, state.to_id)).id)
    data = TransferLineData(part.id, state.quantity, lot[0], lot[1], state.place_id)
    line = transfers.add_line(ctx, ref.id, data)
    number = queries.get_transfer(ctx, ref.id).number
    words = _("{what} put into {number}", what=f"{part.code} × {part.amount(line.quantity)}", number=number)
    return Scanned(replace(state, ref=ref, part_id=None, quantity=ONE), words)


# --- accepted -------------------------------------------------------------------------------------------------------


def _begin(ctx: Ctx, state: Scanning, row: Transfer) -> Scanned:
    transfers.require_coming(ctx, row)
    begun = Scanning("take", to_id=row.to_id, ref=RecordRef(TRANSFER, row.id), seen=row.version)
    words = _("Accepting {number}. To come: {what}", number=row.number, what=_to_come(ctx, row))
    return Scanned(begun, words)


def _to_come(ctx: Ctx, row: Transfer) -> str:
    lines = [line for line in queries.lines_of(ctx, row.id) if line.open]
    parts = part_words(ctx, {line.part_id for line in lines})
    return what_words([(parts[line.part_id], line.open) for line in lines])


def taken(state: Scanning) -> dict[int, Decimal]:
    """Line → how much of it was scanned."""
    found: dict[int, Decimal] = defaultdict(Decimal)
    for line_id, quantity in state.trail:
        found[line_id] += quantity
    return found


def piece_came(ctx: Ctx, state: Scanning, part: PartWords, lot: Lot) -> Scanned:
    """One more piece, or so many, lies there. Raises DomainError for what is not on the transfer, or is too many."""
    assert state.ref is not None
    row = queries.get_transfer(ctx, state.ref.id)
    if row.version != state.seen:
        return _anew(ctx, state, row)
    if len(state.trail) >= LONGEST:
        words = _("These are {n} scans. Scan the label of the transfer: they are entered; then go on.", n=LONGEST)
        raise Conflict("too_many_scans", words, field="code")
    lines = [x for x in queries.lines_of(ctx, row.id) if (x.part_id, x.batch_id, x.serial_id) == (part.id, *lot)]
    if not lines:
        words = _("{part} is not on {number}. Is it meant for somebody else?", part=part.words, number=row.number)
        raise Invalid("not_on_it", words, "code")
    before, left, added = taken(state), state.quantity, []
    for line in lines:
        some = min(left, line.open - before.get(line.id, Decimal(0)))
        if some > 0:
            added.append((line.id, some))
            left -= some
    if left:
        words = _(
            "Of {part} {left} were to come, and they are scanned. Set aside what is too many, and enter it on the page "
            "of {number}.", part=part.code, left=part.amount(sum((x.open for x in lines), Decimal(0))),
            number=row.number,
        )  # fmt: skip
        raise Conflict("too_many", words, field="code")
    gone_on = replace(state, part_id=None, quantity=ONE, trail=(*state.trail, *added))
    return Scanned(gone_on, came_words(part, lines, taken(gone_on)))


def came_words(part: PartWords, lines: Sequence[TransferLine], scanned: dict[int, Decimal]) -> str:
    """How much of what was to come of these lines is scanned."""
    some = sum((scanned.get(line.id, Decimal(0)) for line in lines), Decimal(0))
    whole = sum((line.open for line in lines), Decimal(0))
    return _("{part}: {some} of {whole} scanned", part=part.code, some=part.amount(some), whole=part.amount(whole))


def scan_taken_back(ctx: Ctx, state: Scanning) -> Scanned:
    """Forget the last scan of what came."""
    line = queries.get_line(ctx, state.trail[-1][0])
    back = replace(state, part_id=None, trail=state.trail[:-1])
    part = part_words(ctx, [line.part_id])[line.part_id]
    return Scanned(back, came_words(part, [line], taken(back)), tone="warn")


def _anew(ctx: Ctx, state: Scanning, row: Transfer) -> Scanned:
    """Somebody else received on it meanwhile: nothing of what was scanned is entered, what is still to come is said."""
    begun = _begin(ctx, state, row)
    words = _(
        "Somebody received on {number} a moment ago. Nothing of yours is entered: scan again what lies before you. "
        "To come: {what}",
        number=row.number, what=_to_come(ctx, row),
    )  # fmt: skip
    return replace(begun, said=words, tone="bad")


# --- ended ----------------------------------------------------------------------------------------------------------


def finish(ctx: Ctx, state: Scanning, once: str) -> Scanned:
    """Send what was put together, or enter what came."""
    if state.ref is None or (state.mode == "take" and not state.trail):
        raise Invalid("nothing", _("Scan the parts first."), "code")
    return _sent(ctx, state, once) if state.mode == "send" else _entered(ctx, state, once)


def _sent(ctx: Ctx, state: Scanning, once: str) -> Scanned:
    assert state.ref is not None
    row = transfers.send(ctx, state.ref.id, once=once)
    target = place_queries.get_location(ctx, row.to_id).name
    what = queries.what_words(queries.lines_of(ctx, row.id))
    words = _("{number} is sent to {place}: {what}", number=row.number, place=target, what=what)
    return Scanned(Scanning("send"), words)


def _entered(ctx: Ctx, state: Scanning, once: str) -> Scanned:
    assert state.ref is not None
    row = queries.get_transfer(ctx, state.ref.id)
    if row.version != state.seen and not posted_before(ctx, once):
        return _anew(ctx, state, row)
    arrivals = [TransferArrival(line_id, quantity) for line_id, quantity in taken(state).items()]
    posted = transfers.receive(ctx, row.id, arrivals, once=once, version=state.seen)
    lines = queries.lines_of(ctx, row.id)
    parts, size = part_words(ctx, {line.part_id for line in lines}), taken(state)
    what = what_words([(parts[x.part_id], size[x.id]) for x in lines if x.id in size])
    left = _to_come(ctx, row)
    if left:
        words = _(
            "{number}: {what} accepted. Still on its way: {left}. What lacks is entered on its page.",
            number=row.number, what=what, left=left,
        )  # fmt: skip
        return Scanned(Scanning("take"), words, tuple(posted.moves), tone="warn")
    words = _("{number}: {what} accepted. All of it is there.", number=row.number, what=what)
    return Scanned(Scanning("take"), words, tuple(posted.moves))
