"""What came of a transfer, by scanner: its label, what lies there, then the label once more; until then nothing has
moved. Each scan is kept, so that a closed page or a lost connection loses none, and can be taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import sqlalchemy as sa

from core.api import Conflict, Ctx, Invalid, RecordRef, _, transaction
from plugins.inventory.models import Location, Move, Transfer, TransferLine, TransferScan
from plugins.inventory.queries import transfers as queries
from plugins.inventory.queries.parts import PartWords, part_words
from plugins.inventory.scanning_contracts import BEYOND, DAMAGED, LONGEST, ONE, SORT_WORDS, Scanned, Scanning
from plugins.inventory.services import transfers
from plugins.inventory.services.common import exact
from plugins.inventory.services.posting import posted_before, what_words
from plugins.inventory.transfer_contracts import TRANSFER, TransferArrival, UnsentArrival

ZERO = Decimal(0)


@dataclass(frozen=True)
class Came:
    """Of a line so much was scanned as good, and so much as damaged."""

    good: Decimal = ZERO
    damaged: Decimal = ZERO

    @property
    def whole(self) -> Decimal:
        """Both together."""
        return self.good + self.damaged

    def too_many(self, line: TransferLine) -> Decimal:
        """How much of it is more than was still to come."""
        return max(ZERO, self.whole - line.open)


Lot = tuple[int, int | None, int | None]
"""Part, batch, serial number."""


def what_of(scan: TransferScan) -> int | Lot:
    """The line that was scanned, or the lot, of what is on no line."""
    return scan.line_id if scan.line_id is not None else (scan.part_id or 0, scan.batch_id, scan.serial_id)


def taken(scans: Iterable[TransferScan]) -> dict[int | Lot, Came]:
    """Line, or lot that was not sent → how much of it was scanned."""
    found: dict[int | Lot, Came] = {}
    for scan in scans:
        before = found.get(what_of(scan), Came())
        more = {"damaged": before.damaged + scan.quantity} if scan.damaged else {"good": before.good + scan.quantity}
        found[what_of(scan)] = replace(before, **more)
    return found


# --- begun ----------------------------------------------------------------------------------------------------------


def label_scanned(ctx: Ctx, state: Scanning, row: Transfer, once: str) -> Scanned:
    """The label of the transfer: begun, gone on with, or, where something was scanned just now, entered."""
    scans = queries.scans_of(ctx, row.id)
    if state.ref == RecordRef(TRANSFER, row.id) and (scans or posted_before(ctx, once)):
        return finish(ctx, state, once)
    if _stale(row, scans):
        return _anew(ctx, row)
    begun = _begun(ctx, row)
    if not scans:
        return Scanned(begun, _("Accepting {number}. To come: {what}", number=row.number, what=_to_come(ctx, row)))
    words = _(
        "Going on with {number}: {n} scans are kept. To come: {what}",
        number=row.number, n=len(scans), what=_to_come(ctx, row),
    )  # fmt: skip
    return Scanned(begun, words)


def _begun(ctx: Ctx, row: Transfer) -> Scanning:
    transfers.require_coming(ctx, row)
    return Scanning("take", to_id=row.to_id, ref=RecordRef(TRANSFER, row.id))


def _to_come(ctx: Ctx, row: Transfer) -> str:
    lines = [line for line in queries.lines_of(ctx, row.id) if line.open]
    parts = part_words(ctx, {line.part_id for line in lines})
    return what_words([(parts[line.part_id], line.open) for line in lines])


def _stale(row: Transfer, scans: Sequence[TransferScan]) -> bool:
    return any(scan.seen != row.version for scan in scans)


def _anew(ctx: Ctx, row: Transfer) -> Scanned:
    """Somebody else received on it meanwhile: nothing of what was scanned is entered, what is still to come is said."""
    begun = _begun(ctx, row)
    transfers.drop_scans(ctx, row, TransferScan.user_id.is_not_distinct_from(ctx.actor.user_id))
    words = _(
        "Somebody received on {number} a moment ago. Nothing of yours is entered: scan again what lies before you. "
        "To come: {what}",
        number=row.number, what=_to_come(ctx, row),
    )  # fmt: skip
    return Scanned(begun, words, tone="bad")


def place_scanned(ctx: Ctx, state: Scanning, place: Location) -> Scanned:
    """A location: only that whither the transfer goes is right."""
    row = queries.get_transfer(ctx, state.ref.id) if state.ref is not None else None
    if row is None:
        raise Invalid("transfer_first", _("Scan the label of the transfer first."), "code")
    if place.id != row.to_id:
        target = row.target.name if row.target is not None else ""
        words = _("{number} goes to {target}, not to {place}.", number=row.number, target=target, place=place.name)
        raise Invalid("wrong_place", words, "code")
    return Scanned(replace(state, part_id=None), _("Location {place}", place=place.name))


# --- piece by piece -------------------------------------------------------------------------------------------------


def said(ctx: Ctx, state: Scanning, sign: str, once: str) -> Scanned:
    """A sign: how the next piece came, or that nothing more is to come. Raises Invalid outside of a transfer."""
    if state.mode != "take" or state.ref is None:
        words = _("This is said of a transfer that is accepted. Scan its label first.")
        raise Invalid("transfer_first", words, "code")
    if sign == "rest":
        return finish(ctx, state, once, complete=True)
    sort = "both" if {state.sort, sign} == {"damaged", "more"} or state.sort == "both" else sign
    return Scanned(replace(state, sort=sort), _(SORT_WORDS[sort]), tone="warn")


def piece_came(
    ctx: Ctx, state: Scanning, part: PartWords, lot: tuple[int | None, int | None], once: str = ""
) -> Scanned:  # fmt: skip
    """One more piece, or so many, lies there. Raises DomainError for what is not on the transfer, or is too many, and
    was not said to be.
    """
    assert state.ref is not None
    row = queries.get_transfer(ctx, state.ref.id, lock=True)
    transfers.require_coming(ctx, row)
    scans = queries.scans_of(ctx, row.id)
    if _stale(row, scans):
        return _anew(ctx, row)
    lines = [x for x in queries.lines_of(ctx, row.id) if (x.part_id, x.batch_id, x.serial_id) == (part.id, *lot)]
    if not lines and state.sort not in BEYOND:
        words = _(
            "{part} is not on {number}. Is it meant for somebody else? If you take it in: scan or type + first.",
            part=part.words, number=row.number,
        )  # fmt: skip
        raise Invalid("not_on_it", words, "code")
    if not queries.scan_kept(ctx, row.id, once):
        if len(scans) >= LONGEST:
            words = _("These are {n} scans. Scan the label of the transfer: they are entered; then go on.", n=LONGEST)
            raise Conflict("too_many_scans", words, field="code")
        scans = [*scans, *_kept(ctx, state, row, part, (part.id, *lot), lines, taken(scans), once)]
    gone_on = replace(state, part_id=None, quantity=ONE, sort="")
    said = came_words(part, lines, taken(scans)) if lines else unsent_words(part, taken(scans)[(part.id, *lot)])
    return Scanned(gone_on, said, tone="ok" if lines else "warn")


def _kept(
    ctx: Ctx, state: Scanning, row: Transfer, part: PartWords, lot: Lot, lines: Sequence[TransferLine],
    before: dict[int | Lot, Came], once: str,
) -> list[TransferScan]:  # fmt: skip
    """The scan, on the lines of which something is still to come; what is more than was sent on the last of them."""
    exact(part, state.quantity)
    left, sizes = state.quantity, dict[int | None, Decimal]()
    for line in lines:
        some = min(left, line.open - before.get(line.id, Came()).whole)
        if some > 0:
            sizes[line.id] = some
            left -= some
    if left:
        once_only = lot[2] is not None and (lines or lot in before)
        if state.sort not in BEYOND or once_only:
            raise _too_many(state, part, lines, once_only=bool(once_only))
        last = lines[-1].id if lines else None
        sizes[last] = sizes.get(last, ZERO) + left
    kept = [
        TransferScan(
            transfer_id=row.id, line_id=line_id, part_id=None if line_id else lot[0],
            batch_id=None if line_id else lot[1], serial_id=None if line_id else lot[2],
            user_id=ctx.actor.user_id, quantity=some, damaged=state.sort in DAMAGED,
            seen=row.version, scanned_at=ctx.now, once=once or None, place=place,
        )
        for place, (line_id, some) in enumerate(sizes.items(), 1)
    ]  # fmt: skip
    ctx.session.add_all(kept)
    ctx.session.flush()
    return kept


def _too_many(state: Scanning, part: PartWords, lines: Sequence[TransferLine], *, once_only: bool) -> Conflict:
    left = part.amount(sum((x.open for x in lines), ZERO))
    if once_only:
        words = _("{part}: this piece is scanned already. It can’t come twice.", part=part.code)
    elif state.sort == "damaged":
        words = _(
            "Of {part} {left} were to come, and they are scanned. Is one of them damaged: take its scan back first. "
            "Did it come besides: scan or type + too.",
            part=part.code, left=left,
        )  # fmt: skip
    else:
        words = _(
            "Of {part} {left} were to come, and they are scanned. Did more come than was sent: scan or type + first.",
            part=part.code, left=left,
        )  # fmt: skip
    return Conflict("too_many", words, field="code")


def unsent_words(part: PartWords, came: Came) -> str:
    """How much is scanned of what was not sent."""
    words = _("{part} was not sent; scanned: {some}", part=part.code, some=part.amount(came.whole))
    return words + ("; " + _("damaged: {n}", n=part.amount(came.damaged)) if came.damaged else "")


def came_words(part: PartWords, lines: Sequence[TransferLine], scanned: dict[int | Lot, Came]) -> str:
    """How much of what was to come of these lines is scanned, is damaged, is too many."""
    of_lines = [(line, scanned.get(line.id, Came())) for line in lines]
    many = sum((came.too_many(line) for line, came in of_lines), ZERO)
    damaged = sum((came.damaged for _line, came in of_lines), ZERO)
    some = sum((came.whole for _line, came in of_lines), ZERO) - many
    whole = sum((line.open for line in lines), ZERO)
    words = _("{part}: {some} of {whole} scanned", part=part.code, some=part.amount(some), whole=part.amount(whole))
    if damaged:
        words += "; " + _("damaged: {n}", n=part.amount(damaged))
    if many:
        words += "; " + _("too many: {n}", n=part.amount(many))
    return words


def take_back(ctx: Ctx, state: Scanning, once: str = "") -> Scanned:
    """The last scan of what came counts no more. ``once`` tells a request that is sent again."""
    if state.ref is None:
        raise Invalid("nothing", _("There is nothing to take back."), "code")
    with transaction(ctx):
        row = queries.get_transfer(ctx, state.ref.id, lock=True)
        scans = queries.scans_of(ctx, row.id)
        last = queries.scan_taken_back(ctx, row.id, once)
        gone: list[TransferScan] = []
        if last is None:
            if not scans:
                raise Invalid("nothing", _("There is nothing to take back."), "code")
            last = scans[-1]
            gone = [s for s in scans if s.id == last.id or (last.once and s.once == last.once)]
            for scan in gone:
                scan.taken_back = once
            ctx.session.flush()
        left = taken(scan for scan in scans if scan not in gone)
        line = queries.get_line(ctx, last.line_id) if last.line_id is not None else None
        part_id = line.part_id if line is not None else last.part_id or 0
        part = part_words(ctx, [part_id])[part_id]
        unsent = unsent_words(part, left.get(what_of(last), Came()))
        said = came_words(part, [line], left) if line is not None else unsent
        return Scanned(replace(state, part_id=None, sort=""), said, tone="warn")


# --- entered --------------------------------------------------------------------------------------------------------


def finish(ctx: Ctx, state: Scanning, once: str, *, complete: bool = False) -> Scanned:
    """Enter what came. ``complete``: nothing more is to come, what was not scanned lacks."""
    if state.ref is None:
        raise Invalid("nothing", _("Scan the parts first."), "code")
    with transaction(ctx):
        row = queries.get_transfer(ctx, state.ref.id, lock=True)
        scans, again = queries.scans_of(ctx, row.id), bool(posted_before(ctx, once))
        if _stale(row, scans) and not again:
            return _anew(ctx, row)
        if not (scans or again or (complete and row.receipts)):
            words = _("Scan what lies there first. Where nothing of it came, say so on its page.")
            raise Invalid("nothing", words if complete else _("Scan the parts first."), "code")
        came = taken(scans)
        arrivals = [TransferArrival(key, x.good, x.damaged) for key, x in came.items() if isinstance(key, int)]
        unsent = [UnsentArrival(*key, x.good, x.damaged) for key, x in came.items() if not isinstance(key, int)]
        posted = transfers.receive(ctx, row.id, arrivals, complete=complete, once=once, unsent=unsent)
        return _entered(ctx, row, tuple(posted.moves))


def _entered(ctx: Ctx, row: Transfer, moves: tuple[int, ...]) -> Scanned:
    """What was accepted, went into quarantine, is still to come or to be decided."""
    lines = queries.lines_of(ctx, row.id)
    parts = part_words(ctx, {line.part_id for line in lines})
    posted = ctx.session.scalars(sa.select(Move).where(Move.id.in_(list(moves) or [0])).order_by(Move.line)).all()
    good = [(parts[move.part_id], move.quantity) for move in posted if move.to_id == row.to_id]
    damaged = [(parts[move.part_id], move.quantity) for move in posted if move.to_id != row.to_id]
    left = [(parts[line.part_id], line.open) for line in lines if line.open]
    many = [(parts[line.part_id], line.too_many) for line in lines if line.too_many and not line.unsent]
    unsent = [(parts[line.part_id], line.too_many) for line in lines if line.too_many and line.unsent]
    said = [_("{number}: {what} accepted.", number=row.number, what=what_words(good) or "0")]
    if damaged:
        said.append(_("Damaged, into quarantine: {what}.", what=what_words(damaged)))
    if many:
        said.append(_("Too many, to be decided on its page: {what}.", what=what_words(many)))
    if unsent:
        said.append(_("Was not sent, to be decided on its page: {what}.", what=what_words(unsent)))
    if left and row.state == "sent":
        said.append(_("Still on its way: {what}. If nothing more is to come, scan its label, then type =.",
                      what=what_words(left)))  # fmt: skip
    elif left:
        said.append(_("It lacks, to be decided on its page: {what}.", what=what_words(left)))
    if row.state == "differs" and transfers.tells_sender(ctx, row):
        said.append(_("{name}, who sent it, is told.", name=row.sent_by))
    if len(said) == 1:
        said.append(_("All of it is there."))
    return Scanned(Scanning("take"), " ".join(said), moves, tone="warn" if damaged or many or unsent or left else "ok")
