"""The one way in which stock changes: moves are checked, balances locked and changed, all in a few statements.

Balances are locked part by part in the order of ids, as late as can be; SQLite has locked the database already. What
is decided is decided on the locked rows, and the database's own conditions stand behind every one of them.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.api import (
    Conflict,
    Ctx,
    Invalid,
    NotFound,
    Quantity,
    RecordRef,
    _,
    bulk_insert,
    emit,
    insert_missing,
    prepared,
    prepared_many,
)
from plugins.inventory.contracts import MOVE, Circumstances, Posted
from plugins.inventory.models import Balance, Batch, Book, Location, Move, Reservation
from plugins.inventory.quality_contracts import Arrival
from plugins.inventory.queries import lots as lot_queries
from plugins.inventory.queries.parts import PartWords, part_words, plain_quantity
from plugins.inventory.queries.places import locations
from plugins.inventory.rules.moving import day_refused, may_lead
from plugins.inventory.rules.picking import usable
from plugins.inventory.services import quarantine
from plugins.inventory.services.common import exact, one_after_the_other

BACKDATE = "inventory.stock.backdate"
Key = tuple[int, int | None, int | None, int]
"""Part, batch, serial number, location."""
TOLD = 3
"""So many lines of a posting are named in its event; further ones are counted."""


@dataclass(frozen=True)
class Entry:
    """One move to be posted; the quantity in the part's own unit."""

    part_id: int
    quantity: Decimal
    from_id: int
    to_id: int
    batch_id: int | None = None
    serial_id: int | None = None
    reverses_id: int | None = None
    once: str = ""
    """A key of this line alone, in the place of that of the whole posting."""


@dataclass(frozen=True)
class Locked:
    """A balance whose row nobody else can change now."""

    id: int
    key: Key
    on_hand: Decimal
    reserved: Decimal
    held: bool
    usable_until: dt.date | None

    @property
    def free(self) -> Decimal:
        """What is there and promised to nobody."""
        return self.on_hand - self.reserved


_B: Any = Balance.__table__
_COLUMNS = (
    _B.c.id, _B.c.part_id, _B.c.batch_id, _B.c.serial_id, _B.c.location_id, _B.c.on_hand, _B.c.reserved, _B.c.held,
    _B.c.usable_until,
)  # fmt: skip
_OF_COMPANY = _B.c.company_id == sa.bindparam("of_company")
_LOCK = (
    sa.select(*_COLUMNS)
    .where(
        _OF_COMPANY,
        _B.c.part_id.in_(sa.bindparam("parts", expanding=True)),
        _B.c.location_id.in_(sa.bindparam("places", expanding=True)),
        sa.or_(_B.c.batch_id.is_(None), _B.c.batch_id.in_(sa.bindparam("batches", expanding=True))),
        sa.or_(_B.c.serial_id.is_(None), _B.c.serial_id.in_(sa.bindparam("serials", expanding=True))),
    )
    .order_by(_B.c.part_id, _B.c.id)
    .with_for_update()
)
_CHANGE = (
    sa.update(_B)
    .where(_OF_COMPANY, _B.c.id == sa.bindparam("balance"))
    .values(
        on_hand=_B.c.on_hand + sa.bindparam("more", type_=Quantity),
        reserved=_B.c.reserved + sa.bindparam("promised", type_=Quantity),
    )
)


# --- posting --------------------------------------------------------------------------------------------------------


def post(
    ctx: Ctx, kind: str, entries: Sequence[Entry], given: Circumstances, event: str, *, fit: bool = False,
    arrival: Arrival | None = None, way: str = "",
) -> Posted:  # fmt: skip
    """Post moves of one sort, all or none, within the open transaction, and tell of them by ``event``.

    ``fit``: only what may be used today may go. ``arrival`` says why it comes into quarantine, ``way`` whence and
    whither it may lead where its sort does not say it (``rules.moving``). Raises Invalid or Conflict, in words; sent
    again with the same ``once`` nothing is posted, and the moves of the first time are answered.
    """
    known = posted_before(ctx, given.once)
    if known:
        return Posted(known, again=True)
    if not entries:
        raise Invalid("nothing", _("There is nothing to post."))
    day = effective_day(ctx, given.effective_on)
    parts = part_words(ctx, (e.part_id for e in entries))
    places = locations(ctx, (i for e in entries for i in (e.from_id, e.to_id)))
    _check(way or kind, entries, parts, places)
    change: dict[Key, Decimal] = defaultdict(Decimal)
    for e in entries:
        for place_id, quantity in ((e.from_id, -e.quantity), (e.to_id, e.quantity)):
            if places[place_id].inside:
                change[(e.part_id, e.batch_id, e.serial_id, place_id)] += quantity
    locked = lock(ctx, change)
    _check_stock(ctx, change, locked, parts, places, fit)
    apply(ctx, {locked[key].id: (quantity, Decimal(0)) for key, quantity in change.items() if quantity})
    ids = write_moves(ctx, kind, entries, given, day)
    tell(ctx, event, entries, ids, given, parts, {i: p.name for i, p in places.items()})
    if any(place.kind == "quarantine" for place in places.values()):
        quarantine.follow(ctx, kind, entries, ids, given.reference, parts, places, arrival)
    return Posted(ids)


def posted_before(ctx: Ctx, once: str) -> list[int]:
    """The moves that were posted under this key."""
    if not once:
        return []
    return list(ctx.session.scalars(sa.select(Move.id).where(Move.once == once).order_by(Move.line)))


def effective_day(ctx: Ctx, day: dt.date | None) -> dt.date:
    """The day for which a posting counts. Raises Invalid for days to come, of closed periods, or passed without the
    right.

    For a day passed the company's book is locked against closing until the transaction ends; today can't be closed.
    """
    day = day or ctx.today
    closed = None
    if day < ctx.today:
        query = sa.select(Book.closed_until).with_for_update(read=True)
        closed = ctx.session.scalar(query)
    reason = day_refused(day, ctx.today, closed, ctx.can(BACKDATE))
    if reason == "future":
        raise Invalid("future", _("{day} is still to come: nothing can count for it yet.", day=day), "effective_on")
    if reason == "closed":
        words = _("The stock book is closed up to {day}: choose a later day.", day=closed)
        raise Invalid("closed_period", words, "effective_on")
    if reason == "backdated":
        raise Invalid("backdated", _("Only who may backdate can post for a day that has passed."), "effective_on")
    return day


def _check(
    kind: str, entries: Sequence[Entry], parts: Mapping[int, PartWords], places: Mapping[int, Location]
) -> None:
    for e in entries:
        part = parts.get(e.part_id)
        if part is None:
            raise NotFound("unknown_part", _("There is no such part."))
        for place_id in (e.from_id, e.to_id):
            if place_id not in places:
                raise NotFound("unknown_location", _("There is no such location."))
        source, target = places[e.from_id], places[e.to_id]
        if e.from_id == e.to_id:
            raise Invalid("same_place", _("It is in {place} already.", place=source.name), "to_id")
        if not may_lead(kind, source.kind, target.kind):
            words = _("This can’t lead from {source} to {target}.", source=source.name, target=target.name)
            raise Invalid("wrong_places", words, "to_id")
        if not target.active and kind != "reversal":
            raise Invalid("closed_place", _("{place} is no longer used.", place=target.name), "to_id")
        exact(part, e.quantity)
        if part.tracking == "batch" and e.batch_id is None:
            raise Invalid("batch_needed", _("{part} is tracked by batch: name the batch.", part=part.code), "batch_id")
        if part.tracking == "serial" and (e.serial_id is None or e.quantity != 1):
            words = _("{part} has serial numbers: name that of each piece.", part=part.code)
            raise Invalid("serial_needed", words, "serial_id")
        if part.tracking == "none" and (e.batch_id or e.serial_id):
            raise Invalid("not_tracked", _("{part} has neither batches nor serial numbers.", part=part.code), "part_id")


def _check_stock(
    ctx: Ctx,
    change: Mapping[Key, Decimal],
    locked: Mapping[Key, Locked],
    parts: Mapping[int, PartWords],
    places: Mapping[int, Location],
    fit: bool,
) -> None:
    for key, quantity in change.items():
        if quantity >= 0:
            continue
        part, place, row = parts[key[0]], places[key[3]], locked.get(key)
        free = row.free if row is not None else Decimal(0)
        if free < -quantity:
            raise not_enough(part, free, -quantity, place.name, row.reserved if row is not None else Decimal(0))
        if fit and row is not None and not usable(row.held, row.usable_until, ctx.today):
            raise unusable(part, row.held, row.usable_until)


def not_enough(part: PartWords, free: Decimal, needed: Decimal, place: str, reserved: Decimal = Decimal(0)) -> Conflict:
    """The refusal to take more than there is."""
    words = _(
        "Part {part} in {place}: {free} free, {needed} needed.",
        part=part.code, place=place, free=part.amount(free), needed=part.amount(needed),
    )  # fmt: skip
    if reserved:
        words += " " + _("{reserved} are reserved.", reserved=part.amount(reserved))
    return Conflict("not_enough", words, part_id=part.id)


def unusable(part: PartWords, held: bool, until: dt.date | None) -> Conflict:
    """The refusal to use what is held or has expired."""
    if held:
        return Conflict("held", _("The batch of part {part} is held: it can’t be used.", part=part.code))
    return Conflict("expired", _("Part {part} expired on {day}: it can’t be used.", part=part.code, day=until))


# --- balances -------------------------------------------------------------------------------------------------------


def lock(ctx: Ctx, keys: Iterable[Key]) -> dict[Key, Locked]:
    """The balances of these keys, locked; those that are missing are made, empty."""
    wanted = set(keys)
    found = _lock(ctx, wanted)
    missing = sorted(wanted - found.keys(), key=_sortable)
    if missing:
        with one_after_the_other():
            insert_missing(ctx, Balance, _empty(ctx, missing))
        found |= _lock(ctx, set(missing))
    return found


def _lock(ctx: Ctx, keys: set[Key]) -> dict[Key, Locked]:
    if not keys:
        return {}
    ctx.session.flush()
    with one_after_the_other():
        rows = prepared(
            ctx,
            _LOCK,
            parts=sorted({k[0] for k in keys}),
            places=sorted({k[3] for k in keys}),
            batches=sorted({k[1] for k in keys if k[1] is not None}) or [0],
            serials=sorted({k[2] for k in keys if k[2] is not None}) or [0],
        ).all()
    found = {}
    for row in rows:
        key = (row[1], row[2], row[3], row[4])
        if key in keys:
            found[key] = Locked(row[0], key, *row[5:])
    return found


def _sortable(key: Key) -> tuple[int, ...]:
    return tuple(part or 0 for part in key)


def _empty(ctx: Ctx, keys: Sequence[Key]) -> list[dict]:
    """Balances of nothing, with what their batches say now. Batches are locked, so that none is held unseen."""
    serials = lot_queries.serials(ctx, (k[2] for k in keys)) if any(k[2] for k in keys) else {}
    batches: dict[int, Batch] = {}
    if any(k[1] for k in keys):
        batches = lot_queries.batches(ctx, (k[1] for k in keys), share=True)
    rows = []
    for part_id, batch_id, serial_id, location_id in keys:
        batch, serial = batches.get(batch_id or 0), serials.get(serial_id or 0)
        lot: Any = serial or batch
        rows.append(
            {
                "part_id": part_id, "batch_id": batch_id, "serial_id": serial_id, "location_id": location_id,
                "on_hand": Decimal(0), "reserved": Decimal(0), "held": batch is not None and batch.state == "held",
                "usable_until": batch.usable_until if batch is not None else None,
                "arrived_on": lot.received_on if lot is not None else None,
            }
        )  # fmt: skip
    return rows


def apply(ctx: Ctx, changes: Mapping[int, tuple[Decimal, Decimal]]) -> None:
    """Change locked balances by (on hand, reserved), what gets less first: a piece is in one place at any time."""
    rows = [{"balance": i, "more": more, "promised": promised} for i, (more, promised) in changes.items()]
    prepared_many(ctx, _CHANGE, sorted(rows, key=lambda row: (row["more"] > 0, row["balance"])))
    for known in list(ctx.session.identity_map.values()):
        if isinstance(known, (Balance, Reservation)):
            ctx.session.expire(known)


def write_moves(ctx: Ctx, kind: str, entries: Sequence[Entry], given: Circumstances, day: dt.date) -> list[int]:
    """The moves themselves; answers their ids. An event has to follow."""
    ref, actor = given.reference, ctx.actor
    rows = [
        {
            "kind": kind, "part_id": e.part_id, "batch_id": e.batch_id, "serial_id": e.serial_id, "from_id": e.from_id,
            "to_id": e.to_id, "quantity": e.quantity, "reason": given.reason.strip(),
            "record_kind": ref.kind if ref else "", "record_id": ref.id if ref else None, "effective_on": day,
            "posted_at": ctx.now, "posted_by_id": actor.user_id, "posted_by": actor.name,
            "reverses_id": e.reverses_id, "once": e.once or given.once or None, "line": 1 if e.once else line,
        }
        for line, e in enumerate(entries, start=1)
    ]  # fmt: skip
    try:
        return bulk_insert(ctx, Move, rows, Move.id)
    except IntegrityError as error:
        words = _("Somebody else posted the same at the same moment. Look at the moves, then try again.")
        raise Conflict("posted_twice", words) from error


def tell(
    ctx: Ctx,
    event: str,
    entries: Sequence[Entry],
    ids: Sequence[int],
    given: Circumstances,
    parts: Mapping[int, PartWords],
    places: Mapping[int, str],
) -> None:
    """The event of a posting, on the record for which it was, else on its first move."""
    about = given.reference or RecordRef(MOVE, ids[0])
    emit(
        ctx, event, about,
        what=what_words([(parts[e.part_id], e.quantity) for e in entries]),
        source=_listed(places[e.from_id] for e in entries),
        target=_listed(places[e.to_id] for e in entries),
        reason=given.reason.strip(), count=len(entries), moves=[ids[0], ids[-1]],
    )  # fmt: skip


def what_words(lines: Sequence[tuple[PartWords, Decimal]]) -> str:
    """What was moved, by code, quantity and unit; the first few by name, the rest counted."""
    totals: dict[int, Decimal] = defaultdict(Decimal)
    by_id = {part.id: part for part, _quantity in lines}
    for part, quantity in lines:
        totals[part.id] += quantity
    named = [f"{by_id[i].code} × {plain_quantity(totals[i])} {by_id[i].measure}" for i in list(totals)[:TOLD]]
    return ", ".join([*named, *([f"+{len(totals) - TOLD}"] if len(totals) > TOLD else [])])


def _listed(names: Iterable[str]) -> str:
    known = [name for name in dict.fromkeys(names) if name]
    return ", ".join([*known[:TOLD], *([f"+{len(known) - TOLD}"] if len(known) > TOLD else [])])
