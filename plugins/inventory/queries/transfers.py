"""Transfers with their lines, and what of them is on its way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, NotFound, Quantity, RecordRef, _
from plugins.inventory.models import Balance, Location, Move, Part, Transfer, TransferLine, TransferScan
from plugins.inventory.models.places import PERSONAL
from plugins.inventory.models.transfers import ON_ITS_WAY
from plugins.inventory.queries.parts import NOTHING, plain_quantity
from plugins.inventory.rules.moving import AT_HAND
from plugins.inventory.transfer_contracts import TRANSFER


def with_words(query: sa.Select) -> sa.Select:
    """Transfers with their ends."""
    return query.options(orm.joinedload(Transfer.source), orm.joinedload(Transfer.target))


def get_transfer(ctx: Ctx, transfer_id: int, *, lock: bool = False) -> Transfer:
    """One transfer. Raises NotFound."""
    query = sa.select(Transfer).where(Transfer.id == transfer_id)
    row = ctx.session.scalar(query.with_for_update().execution_options(populate_existing=True) if lock else
                             with_words(query))  # fmt: skip
    if row is None:
        raise NotFound("unknown_transfer", _("There is no such transfer."))
    return row


def lines_of(ctx: Ctx, transfer_id: int, *, lock: bool = False) -> list[TransferLine]:
    """What goes along, in the order in which it was put there."""
    query = sa.select(TransferLine).where(TransferLine.transfer_id == transfer_id).order_by(TransferLine.id)
    if lock:
        query = query.with_for_update(of=TransferLine).execution_options(populate_existing=True)
    return list(ctx.session.scalars(_told(query)))


def get_line(ctx: Ctx, line_id: int) -> TransferLine:
    """One line of a transfer. Raises NotFound."""
    row = ctx.session.scalar(_told(sa.select(TransferLine).where(TransferLine.id == line_id)))
    if row is None:
        raise NotFound("unknown_line", _("There is no such line."))
    return row


def line_scanned(ctx: Ctx, once: str) -> TransferLine | None:
    """The line into which this scan, which was sent before, put something last."""
    return ctx.session.scalar(sa.select(TransferLine).where(TransferLine.once == once)) if once else None


def _told(query: sa.Select) -> sa.Select:
    return query.options(
        orm.selectinload(TransferLine.part).selectinload(Part.measure), orm.selectinload(TransferLine.batch),
        orm.selectinload(TransferLine.serial), orm.selectinload(TransferLine.source),
    )  # fmt: skip


def what_words(lines: Iterable[TransferLine], most: int = 3) -> str:
    """What goes along, by code and quantity: ``BELT × 12, OIL × 5``; of long ones the first few."""
    totals: dict[str, Decimal] = {}
    for line in lines:
        if not line.unsent:
            totals[line.part.code] = totals.get(line.part.code, Decimal(0)) + line.quantity
    named = [f"{code} × {plain_quantity(quantity)}" for code, quantity in list(totals.items())[:most]]
    return ", ".join([*named, *([f"+{len(totals) - most}"] if len(totals) > most else [])])


def contents(ctx: Ctx, transfer_ids: Sequence[int]) -> dict[int, list[TransferLine]]:
    """Transfer → its lines; a fixed number of statements."""
    query = _told(sa.select(TransferLine).where(TransferLine.transfer_id.in_(sorted(transfer_ids) or NOTHING)))
    found: dict[int, list[TransferLine]] = {}
    for line in ctx.session.scalars(query.order_by(TransferLine.id)):
        found.setdefault(line.transfer_id, []).append(line)
    return found


def places_of_lot(ctx: Ctx, line: TransferLine, besides: int) -> list[Location]:
    """The locations but one where the book has some of the lot of a line that can be moved, by code."""
    query = (
        sa.select(Location)
        .join(Balance, sa.and_(Balance.location_id == Location.id, Balance.company_id == Location.company_id))
        .where(
            Balance.part_id == line.part_id, Balance.batch_id.is_not_distinct_from(line.batch_id),
            Balance.serial_id.is_not_distinct_from(line.serial_id), Balance.on_hand > Balance.reserved,
            Location.id != besides, Location.kind.in_(AT_HAND),
        )
    )  # fmt: skip
    return list(ctx.session.scalars(query.order_by(Location.code)))


def transfers_for(ctx: Ctx, ref: RecordRef) -> list[Transfer]:
    """The transfers by which something is brought for a record, the newest first."""
    query = with_words(sa.select(Transfer)).where(Transfer.record_kind == ref.kind, Transfer.record_id == ref.id)
    return list(ctx.session.scalars(query.order_by(Transfer.id.desc())))


def coming_to(ctx: Ctx, location_ids: Sequence[int], limit: int) -> list[Transfer]:
    """What is on its way to these locations, the oldest first."""
    query = with_words(sa.select(Transfer)).where(
        Transfer.to_id.in_(list(location_ids) or NOTHING), Transfer.state.in_(ON_ITS_WAY)
    )
    return list(ctx.session.scalars(query.order_by(Transfer.id).limit(limit)))


def sent_from(ctx: Ctx, location_ids: Sequence[int], limit: int) -> list[Transfer]:
    """What is on its way from these locations, the oldest first."""
    query = with_words(sa.select(Transfer)).where(
        Transfer.from_id.in_(list(location_ids) or NOTHING), Transfer.state.in_(ON_ITS_WAY)
    )
    return list(ctx.session.scalars(query.order_by(Transfer.id).limit(limit)))


def stores_of(ctx: Ctx, user_id: int | None) -> list[Location]:
    """The van and the store of a person, where he or she has them."""
    query = sa.select(Location).where(
        Location.assignee_id == (user_id or 0), Location.kind.in_(PERSONAL), Location.active.is_(True)
    )
    return list(ctx.session.scalars(query.order_by(Location.code)))


def on_the_way(ctx: Ctx) -> dict[tuple[int, int | None, int | None], Decimal]:
    """(part, batch, serial number) → how much of it is on its way by all transfers; the ledger says the same."""
    line = TransferLine
    rest = line.quantity - line.received - line.damaged - line.back - line.lost
    query = (
        sa.select(line.part_id, line.batch_id, line.serial_id, sa.type_coerce(sa.func.sum(rest), Quantity))
        .join(Transfer, sa.and_(Transfer.id == line.transfer_id, Transfer.company_id == line.company_id))
        .where(Transfer.state.in_(ON_ITS_WAY))
        .group_by(line.part_id, line.batch_id, line.serial_id)
    )
    return {(row[0], row[1], row[2]): row[3] for row in ctx.session.execute(query) if row[3]}


def count_waiting(ctx: Ctx, user_id: int | None) -> int:
    """How many transfers a person is to accept."""
    query = (
        sa.select(sa.func.count())
        .select_from(Transfer)
        .join(Location, sa.and_(Location.id == Transfer.to_id, Location.company_id == Transfer.company_id))
        .where(Transfer.state == "sent", Location.assignee_id == (user_id or 0), Location.kind.in_(PERSONAL))
    )
    return ctx.session.scalar(query) or 0


def count_differing(ctx: Ctx) -> int:
    """How many transfers wait for a decision on what lacks or is too many."""
    query = sa.select(sa.func.count()).select_from(Transfer).where(Transfer.state == "differs")
    return ctx.session.scalar(query) or 0


def transfer_of_move(ctx: Ctx, move_id: int) -> Transfer:
    """The transfer by which something was moved. Raises NotFound."""
    query = sa.select(Move.record_id).where(Move.id == move_id, Move.record_kind == TRANSFER)
    return get_transfer(ctx, ctx.session.scalar(query) or 0)


def scans_of(ctx: Ctx, transfer_id: int) -> list[TransferScan]:
    """What this person has scanned of a transfer and not entered, in the order of the scans."""
    query = sa.select(TransferScan).where(
        TransferScan.transfer_id == transfer_id, TransferScan.user_id.is_not_distinct_from(ctx.actor.user_id),
        TransferScan.taken_back.is_(None),
    )  # fmt: skip
    query = query.options(
        orm.selectinload(TransferScan.part).selectinload(Part.measure), orm.selectinload(TransferScan.batch),
        orm.selectinload(TransferScan.serial),
    )  # fmt: skip
    return list(ctx.session.scalars(query.order_by(TransferScan.id)))


def scan_kept(ctx: Ctx, transfer_id: int, once: str) -> bool:
    """Whether this scan, which is sent again, came before; it may have been taken back since."""
    query = sa.select(TransferScan.id).where(TransferScan.transfer_id == transfer_id, TransferScan.once == once)
    return bool(once) and ctx.session.scalar(query.limit(1)) is not None


def scan_taken_back(ctx: Ctx, transfer_id: int, once: str) -> TransferScan | None:
    """The scan that this request, which is sent again, took back before."""
    query = sa.select(TransferScan).where(TransferScan.transfer_id == transfer_id, TransferScan.taken_back == once)
    return ctx.session.scalar(query.order_by(TransferScan.id.desc()).limit(1)) if once else None


def begun_by(ctx: Ctx, limit: int) -> list[tuple[Transfer, int]]:
    """The transfers on their way of which this person has scanned something and not entered it, with how many scans."""
    same = sa.and_(Transfer.id == TransferScan.transfer_id, Transfer.company_id == TransferScan.company_id)
    query = (
        sa.select(TransferScan.transfer_id, sa.func.count())
        .join(Transfer, same)
        .where(TransferScan.user_id.is_not_distinct_from(ctx.actor.user_id), TransferScan.taken_back.is_(None),
               Transfer.state == "sent")  # fmt: skip
        .group_by(TransferScan.transfer_id)
        .order_by(TransferScan.transfer_id.desc())
        .limit(limit)
    )
    counts = {row[0]: row[1] for row in ctx.session.execute(query)}
    known = ctx.session.scalars(with_words(sa.select(Transfer).where(Transfer.id.in_(list(counts) or NOTHING))))
    return sorted(((row, counts[row.id]) for row in known), key=lambda found: -found[0].id)
