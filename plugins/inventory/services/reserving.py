"""Keeping parts for a record, setting them free, issuing what was kept; what outranks may take from what ranks lower.

What is kept is always of a balance that was locked when it was promised, so that nothing is promised twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.api import (
    N_,
    Conflict,
    Ctx,
    Invalid,
    NotFound,
    Quantity,
    RecordRef,
    _,
    bulk_insert,
    emit,
    get_setting,
    note_written,
    notify,
    prepared,
    prepared_many,
    transaction,
)
from plugins.inventory.contracts import Circumstances, Nearness, Posted, Reserved, StockLine
from plugins.inventory.models import Balance, Location, Measure, Part, Reservation
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.queries import stock as queries
from plugins.inventory.queries.parts import PartWords
from plugins.inventory.rules.picking import Candidate, in_order, pick, rank_of, usable
from plugins.inventory.services.candidates import Row, as_candidates, lock_candidates
from plugins.inventory.services.common import exact, one_after_the_other, right
from plugins.inventory.services.posting import (
    Entry,
    apply,
    effective_day,
    posted_before,
    tell,
    unusable,
    what_words,
    write_moves,
)

RESERVE = "inventory.reservation.edit"
ISSUE = "inventory.stock.issue"
ZERO = Decimal(0)

_R: Any = Reservation.__table__
_CHANGE = (
    sa.update(_R)
    .where(_R.c.company_id == sa.bindparam("of_company"), _R.c.id == sa.bindparam("reservation"))
    .values(
        quantity=_R.c.quantity + sa.bindparam("more", type_=Quantity),
        taken=_R.c.taken + sa.bindparam("out", type_=Quantity),
        rank=sa.func.coalesce(sa.bindparam("new_rank"), _R.c.rank),
    )
)

_ONE_BALANCE = (
    sa.select(Balance.__table__.c.id)
    .where(
        Balance.__table__.c.company_id == sa.bindparam("of_company"),
        Balance.__table__.c.id == sa.bindparam("balance"),
    )
    .with_for_update()
)


# --- keeping --------------------------------------------------------------------------------------------------------


def reserve(
    ctx: Ctx, ref: RecordRef, wanted: Mapping[int, Decimal], *,
    near: Nearness = Nearness(), partial: bool = False, allowed: bool = False, ranks_as: str = "",
) -> Reserved:  # fmt: skip
    """Keep ``wanted`` (part → how many in all, with what was issued already) for a record. 0 sets a part free.

    Told again with the same it changes nothing. What there is not enough of is refused, with substitutes named, or
    with ``partial`` kept as far as it goes. ``allowed``: a service that has asked for its own right calls.
    ``ranks_as``: the demand is that of another kind of record, and ranks as that where it ranks higher.
    """
    right(ctx, RESERVE, allowed)
    with transaction(ctx):
        plan = _Plan(ctx, ref, wanted, near, ranks_as)
        for part_id, quantity in wanted.items():
            if quantity:
                exact(_kept(plan.parts, part_id), quantity)
        plan.work_out()
        if plan.short and not partial:
            raise too_few(ctx, plan)
        plan.carry_out()
        return Reserved(dict(plan.kept), dict(plan.short))


def release(
    ctx: Ctx, ref: RecordRef, part_ids: Iterable[int] | None = None, *, allowed: bool = False
) -> None:
    """Set free what is kept for a record: of these parts, or of all."""
    right(ctx, RESERVE, allowed)
    with transaction(ctx):
        wanted = queries.open_parts(ctx, ref) if part_ids is None else list(part_ids)
        if wanted:
            reserve(ctx, ref, dict.fromkeys(wanted, ZERO), allowed=True)


def release_one(ctx: Ctx, reservation_id: int) -> None:
    """Set one reservation free: what is kept of this balance for its record."""
    ctx.require(RESERVE)
    with transaction(ctx):
        query = sa.select(Reservation).where(Reservation.id == reservation_id)
        row = ctx.session.scalar(query.execution_options(populate_existing=True))
        if row is None:
            raise NotFound("unknown_reservation", _("There is no such reservation."))
        if not row.quantity:
            raise Conflict("free_already", _("It is free already."))
        with one_after_the_other():
            prepared(ctx, _ONE_BALANCE, balance=row.balance_id).all()
        query = query.with_for_update()
        row = ctx.session.scalars(query.execution_options(populate_existing=True)).one()
        quantity, part_id = row.quantity, row.part_id
        if not quantity:
            raise Conflict("free_already", _("It is free already."))
        ref = RecordRef(row.record_kind, row.record_id)
        prepared_many(ctx, _CHANGE, [{"reservation": row.id, "more": -quantity, "out": ZERO, "new_rank": None}])
        note_written(ctx, Reservation, [{"id": row.id}])
        apply(ctx, {row.balance_id: (ZERO, -quantity)})
        part, place = part_queries.part_words(ctx, [part_id])[part_id], row.balance.location
        what = what_words([(part, quantity)])
        emit(ctx, "inventory.released", ref, what=what, place=place.name if place is not None else "", short="")


def change_reservations(ctx: Ctx, changes: Iterable[tuple[int, Decimal]]) -> None:
    """Change locked reservations by so much each; who calls changes their balances, and tells of it."""
    rows = [{"reservation": i, "more": more, "out": ZERO, "new_rank": None} for i, more in changes]
    prepared_many(ctx, _CHANGE, rows)


def _kept(parts: Mapping[int, PartWords], part_id: int) -> PartWords:
    part = parts.get(part_id)
    if part is None:
        raise NotFound("unknown_part", _("There is no such part."))
    if not part.active:
        raise Invalid("part_retired", _("{part} is no longer kept.", part=part.code), "part_id")
    return part


class _Plan:
    """What has to change so that a record has what it wants: worked out on locked rows, then written at once."""

    def __init__(self, ctx: Ctx, ref: RecordRef, wanted: Mapping[int, Decimal], near: Nearness, ranks_as: str):
        self.ctx, self.ref, self.wanted = ctx, ref, wanted
        self.policy = str(get_setting(ctx, "inventory.picking"))
        order = ranking(ctx)
        self.rank = min(rank_of(kind, order) for kind in (ref.kind, ranks_as or ref.kind))
        self.rows = lock_candidates(ctx, wanted, near, ref, self.rank)
        self.parts = {row.part_id: row.part for row in self.rows}
        missing = wanted.keys() - self.parts.keys()
        if missing:
            self.parts |= part_queries.part_words(ctx, missing)
        self.kept: dict[int, Decimal] = {}
        self.short: dict[int, Decimal] = {}
        self.more: dict[int, Decimal] = defaultdict(Decimal)
        """Balance → how much more (or less) this record has of it."""
        self.promised: dict[int, Decimal] = defaultdict(Decimal)
        """Balance → how much more (or less) is promised of it, to anybody."""
        self.lost: list[tuple[Any, Decimal]] = []
        """(reservation of another record, how much it loses)."""

    def work_out(self) -> None:
        for part_id, quantity in self.wanted.items():
            rows = [row for row in self.rows if row.part_id == part_id]
            self._work_out(part_id, quantity, rows)
        if self.short:
            self._outrank()

    def _work_out(self, part_id: int, quantity: Decimal, rows: Sequence[Row]) -> None:
        good = []
        taken = sum((row.taken for row in rows), ZERO)
        have = ZERO
        for row in rows:
            fit = usable(row.held, row.usable_until, self.ctx.today) and row.offered
            if row.own and not fit:
                self._set(row.id, -row.own)
            elif fit:
                good.append(row)
                have += row.own
        target = max(quantity - taken, ZERO)
        if have > target:
            spare = have - target
            own = [Candidate(r.id, r.own, r.near or 0, r.usable_until, r.arrived_on) for r in good if r.own]
            for candidate in reversed(in_order(own, self.policy)):
                less = min(candidate.free, spare)
                if less:
                    self._set(candidate.balance_id, -less)
                    spare -= less
        elif have < target:
            chosen, lacking = pick(as_candidates(good), target - have, self.policy)
            for balance_id, more in chosen:
                self._set(balance_id, more)
            if lacking:
                self.short[part_id] = lacking
        self.kept[part_id] = target - self.short.get(part_id, ZERO)

    def _set(self, balance_id: int, more: Decimal) -> None:
        self.more[balance_id] += more
        self.promised[balance_id] += more

    def _outrank(self) -> None:
        """Take from demands that rank lower, the lowest and the newest first (SB-6)."""
        rows = {
            row.id: row for row in self.rows
            if row.part_id in self.short and row.offered and usable(row.held, row.usable_until, self.ctx.today)
        }  # fmt: skip
        query = sa.select(Reservation).where(
            Reservation.balance_id.in_(sorted(rows) or [0]), Reservation.quantity > ZERO, Reservation.rank > self.rank
        )
        query = query.order_by(Reservation.rank.desc(), Reservation.id.desc())
        for other in self.ctx.session.scalars(query.with_for_update().execution_options(populate_existing=True)):
            lacking = self.short.get(other.part_id, ZERO)
            less = min(lacking, other.quantity)
            if not less:
                continue
            self.lost.append((other, less))
            self.more[other.balance_id] += less
            self.kept[other.part_id] += less
            if lacking > less:
                self.short[other.part_id] = lacking - less
            else:
                del self.short[other.part_id]

    def carry_out(self) -> None:
        """Write all of it: three statements, whatever it is, and the events."""
        changes = {b: q for b, q in self.more.items() if q}
        if not changes:
            return
        apply(self.ctx, {b: (ZERO, q) for b, q in self.promised.items() if q})
        by_id = {row.id: row for row in self.rows}
        known = [
            {"reservation": by_id[b].reservation_id, "more": q, "out": ZERO, "new_rank": self.rank}
            for b, q in changes.items() if by_id[b].reservation_id is not None
        ]  # fmt: skip
        known += [{"reservation": r.id, "more": -q, "out": ZERO, "new_rank": None} for r, q in self.lost]
        prepared_many(self.ctx, _CHANGE, known)
        note_written(self.ctx, Reservation, [{"id": row["reservation"]} for row in known])
        new = [
            {
                "record_kind": self.ref.kind, "record_id": self.ref.id, "part_id": by_id[b].part_id, "balance_id": b,
                "quantity": q, "taken": ZERO, "rank": self.rank, "made_at": self.ctx.now,
                "by_id": self.ctx.actor.user_id, "by_name": self.ctx.actor.name,
            }
            for b, q in sorted(changes.items()) if by_id[b].reservation_id is None
        ]  # fmt: skip
        try:
            bulk_insert(self.ctx, Reservation, new)
        except IntegrityError as error:
            words = _("Somebody else reserved for the same at the same moment. Look at it, then try again.")
            raise Conflict("reserved_twice", words) from error
        self._tell(changes, by_id)
        for other, _less in self.lost:
            self.ctx.session.expire(other)

    def _tell(self, changes: Mapping[int, Decimal], by_id: Mapping[int, Row]) -> None:
        ctx, parts = self.ctx, self.parts
        for event, sign in (("inventory.released", -1), ("inventory.reserved", 1)):
            some = [(parts[by_id[b].part_id], abs(q)) for b, q in sorted(changes.items()) if q * sign > 0]
            if some:
                where = ", ".join(dict.fromkeys(by_id[b].place for b, q in sorted(changes.items()) if q * sign > 0))
                emit(ctx, event, self.ref, what=what_words(some), place=where, short=_short_words(parts, self.short))
        by_record: dict[RecordRef, list[tuple[Any, Decimal]]] = defaultdict(list)
        for other, less in self.lost:
            by_record[RecordRef(other.record_kind, other.record_id)].append((other, less))
        for ref, lines in by_record.items():
            what = what_words([(parts[other.part_id], less) for other, less in lines])
            emit(ctx, "inventory.preempted", ref, links=[self.ref], what=what)
            people = sorted({other.by_id for other, _less in lines if other.by_id is not None})
            text = N_("What was reserved was needed for service first: {what}. Reserve anew or order it.")
            once = f"preempted {ref.kind} {ref.id} {ctx.now.isoformat()}"
            notify(ctx, people, text, record=ref, once=once, what=what)


def ranking(ctx: Ctx) -> list[str]:
    """The kinds of records whose demands come first, the first before all."""
    return [line.strip() for line in str(get_setting(ctx, "inventory.ranking")).splitlines() if line.strip()]


def _short_words(parts: Mapping[int, PartWords], short: Mapping[int, Decimal]) -> str:
    return what_words([(parts[i], quantity) for i, quantity in short.items()]) if short else ""


def too_few(ctx: Ctx, plan: _Plan) -> Conflict:
    """The refusal to promise what is not there: what there is, and what might be used instead."""
    parts = plan.parts
    others = part_queries.instead_of(ctx, plan.short)
    ids = {other for found in others.values() for other in found}
    stock, known = queries.stock_of(ctx, ids), part_queries.part_words(ctx, ids)
    lines = []
    for part_id, lacking in plan.short.items():
        part, needed = parts[part_id], plan.wanted[part_id]
        words = _(
            "Part {part}: {free} free, {needed} needed.",
            part=part.code, free=part.amount(needed - lacking), needed=part.amount(needed),
        )  # fmt: skip
        there = [
            _("{part} ({free} free)", part=known[i].words, free=known[i].amount(stock[i].free))
            for i in others.get(part_id, ()) if stock[i].free > 0
        ]  # fmt: skip
        if there:
            words += " " + _("Instead there is: {parts}.", parts=_(", ").join(there))
        else:
            words += " " + _("Order it or choose a substitute.")
        lines.append(words)
    return Conflict("too_few", " ".join(lines), short={i: str(q) for i, q in plan.short.items()})


# --- issuing what was kept ------------------------------------------------------------------------------------------

_CUSTOMER_SIDE = (
    sa.select(sa.func.min(Location.__table__.c.id))
    .where(
        Location.__table__.c.company_id == sa.bindparam("of_company"), Location.__table__.c.kind == "customer",
        Location.__table__.c.active.is_(True),
    )
    .scalar_subquery()
)  # fmt: skip
_B: Any = Balance.__table__
_P: Any = Part.__table__
_M: Any = Measure.__table__
_L: Any = Location.__table__
_KEPT = (
    sa.select(
        _R.c.id, _R.c.quantity, _B.c.id, _B.c.part_id, _B.c.batch_id, _B.c.serial_id, _B.c.location_id, _B.c.held,
        _B.c.usable_until, _B.c.arrived_on, _L.c.name, _CUSTOMER_SIDE, *part_queries.words_columns(_P, _M),
    )
    .join(_B, _B.c.id == _R.c.balance_id)
    .join(_P, _P.c.id == _B.c.part_id)
    .join(_M, _M.c.id == _P.c.measure_id)
    .join(_L, _L.c.id == _B.c.location_id)
    .where(
        _R.c.company_id == sa.bindparam("of_company"),
        _R.c.record_kind == sa.bindparam("kind"),
        _R.c.record_id == sa.bindparam("record"),
        _R.c.quantity > sa.literal_column("0", Quantity),
    )
    .order_by(_B.c.part_id, _B.c.id)
    .with_for_update(of=(_B, _R))
)  # fmt: skip


@dataclass(frozen=True)
class _Kept:
    reservation_id: int
    quantity: Decimal
    balance_id: int
    part_id: int
    batch_id: int | None
    serial_id: int | None
    location_id: int
    held: bool
    usable_until: Any
    arrived_on: Any
    place: str
    customer_id: int | None


def issue_reserved(
    ctx: Ctx, ref: RecordRef, wanted: Mapping[int, Decimal] | None = None, given: Circumstances = Circumstances(),
    *, to_id: int | None = None, allowed: bool = False, further: Nearness | None = None,
    lot: tuple[int | None, int | None] | None = None, own_first: bool = False,
) -> Posted:  # fmt: skip
    """Give out what is kept for a record: ``wanted`` (part → quantity), or all of it.

    What was promised and may no longer be used is refused, in words. ``further``: what is not kept is taken from what
    is free, near to this; without it more than is kept is refused. ``lot``: only this (batch, serial number).
    ``own_first``: of what is free, what the person has with him or her before all else.
    """
    right(ctx, ISSUE, allowed)
    with transaction(ctx):
        known = posted_before(ctx, given.once)
        if known:
            return Posted(known, again=True)
        given = replace(given, reference=ref)
        day = effective_day(ctx, given.effective_on)
        ctx.session.flush()
        kept, parts = [], {}
        with one_after_the_other():
            rows = prepared(ctx, _KEPT, kind=ref.kind, record=ref.id).all()
        for values in rows:
            kept.append(_Kept(*values[:12]))
            parts[values[3]] = PartWords(*values[12:])
        if lot is not None:
            kept = [row for row in kept if (row.batch_id, row.serial_id) == lot]
        chosen, left = _chosen(ctx, kept, parts, wanted)
        if left and further is None:
            part_id, lacking = next(iter(left.items()))
            part = parts.get(part_id) or part_queries.part_words(ctx, [part_id])[part_id]
            words = _(
                "Part {part}: {kept} reserved, {needed} needed.",
                part=part.code, kept=part.amount((wanted or {})[part_id] - lacking),
                needed=part.amount((wanted or {})[part_id]),
            )  # fmt: skip
            raise Conflict("not_reserved", words)
        moves = _issue_kept(ctx, chosen, parts, given, day, to_id)
        if left and further is not None:
            from plugins.inventory.services.stock import issue

            rest = [StockLine(part_id, quantity, None, *(lot or ())) for part_id, quantity in left.items()]
            once = f"{given.once}+" if given.once and moves else given.once
            moves += issue(
                ctx, rest, replace(given, once=once), to_id=to_id, near=further, allowed=True, own_first=own_first
            ).moves
        if not moves:
            raise Invalid("nothing", _("There is nothing to post."))
        return Posted(moves)


def _chosen(
    ctx: Ctx, kept: Sequence[_Kept], parts: Mapping[int, PartWords], wanted: Mapping[int, Decimal] | None
) -> tuple[list[tuple[_Kept, Decimal]], dict[int, Decimal]]:
    """What of the kept is given out, and what lacks."""
    if wanted is None:
        wanted = defaultdict(Decimal)
        for row in kept:
            wanted[row.part_id] += row.quantity
    policy = str(get_setting(ctx, "inventory.picking"))
    by_balance = {row.balance_id: row for row in kept}
    chosen, left = [], {}
    for part_id, quantity in wanted.items():
        own = [row for row in kept if row.part_id == part_id]
        if own:
            exact(parts[part_id], quantity)
        offered = [Candidate(r.balance_id, r.quantity, 0, r.usable_until, r.arrived_on) for r in own]
        taken, lacking = pick(offered, quantity, policy)
        for balance_id, some in taken:
            row = by_balance[balance_id]
            if not usable(row.held, row.usable_until, ctx.today):
                raise unusable(parts[part_id], row.held, row.usable_until)
            chosen.append((row, some))
        if lacking:
            left[part_id] = lacking
    return chosen, left


def _issue_kept(
    ctx: Ctx, chosen: Sequence[tuple[_Kept, Decimal]], parts: Mapping[int, PartWords], given: Circumstances, day: Any,
    to_id: int | None,
) -> list[int]:  # fmt: skip
    if not chosen:
        return []
    target = to_id or chosen[0][0].customer_id
    if target is None:
        raise NotFound("no_location", _("There is no active location of the sort “{kind}”: add one.", kind="customer"))
    entries = [Entry(r.part_id, q, r.location_id, target, r.batch_id, r.serial_id) for r, q in chosen]
    apply(ctx, {r.balance_id: (-q, -q) for r, q in chosen})
    changed = [{"reservation": r.reservation_id, "more": -q, "out": q, "new_rank": None} for r, q in chosen]
    prepared_many(ctx, _CHANGE, changed)
    note_written(ctx, Reservation, [{"id": row["reservation"]} for row in changed])
    ids = write_moves(ctx, "issue", entries, given, day)
    places = {r.location_id: r.place for r, _q in chosen} | {target: ""}
    tell(ctx, "inventory.issued", entries, ids, given, parts, places)
    return ids


# --- what is kept goes elsewhere ------------------------------------------------------------------------------------


def take_kept(
    ctx: Ctx, ref: RecordRef, lines: Sequence[tuple[int, int | None, int | None, int, Decimal]]
) -> None:
    """What is kept for a record leaves its place for it: (part, batch, serial number, location, quantity) of each line.

    What is kept of the very lot goes first, then other of the same part, so that another lot may be taken than was
    kept. What was not kept at all is taken from what is free. Whoever calls posts the moves, in the same transaction.
    """
    with transaction(ctx):
        rows = _lock_kept(ctx, ref)
        left = {row.reservation_id: row.quantity for row in rows}
        less: dict[int, Decimal] = defaultdict(Decimal)
        wanted = list(lines)
        for same_lot in (True, False):
            for n, (part_id, batch_id, serial_id, location_id, quantity) in enumerate(wanted):
                lot = (batch_id, serial_id, location_id)
                for row in rows:
                    own = (row.batch_id, row.serial_id, row.location_id) == lot
                    if row.part_id != part_id or (same_lot and not own):
                        continue
                    some = min(left[row.reservation_id], quantity)
                    left[row.reservation_id] -= some
                    less[row.reservation_id] += some
                    quantity -= some
                wanted[n] = (part_id, batch_id, serial_id, location_id, quantity)
        _keep_less(ctx, rows, less, taken=True)


def lend(ctx: Ctx, ref: RecordRef, parts: Mapping[int, Decimal]) -> None:
    """Set free so much (part → quantity) of what is kept for a record, since it is asked for in another way."""
    with transaction(ctx):
        rows = _lock_kept(ctx, ref)
        less: dict[int, Decimal] = {}
        wanted = dict(parts)
        for row in reversed(rows):
            less[row.reservation_id] = min(row.quantity, wanted.get(row.part_id, ZERO))
            wanted[row.part_id] = wanted.get(row.part_id, ZERO) - less[row.reservation_id]
        if _keep_less(ctx, rows, less):
            known = part_queries.part_words(ctx, parts)
            what = what_words([(known[row.part_id], less[row.reservation_id]) for row in rows
                               if less[row.reservation_id]])  # fmt: skip
            places = ", ".join(dict.fromkeys(row.place for row in rows if less[row.reservation_id]))
            emit(ctx, "inventory.released", ref, what=what, place=places, short="")


def _lock_kept(ctx: Ctx, ref: RecordRef) -> list[_Kept]:
    ctx.session.flush()
    with one_after_the_other():
        return [_Kept(*values[:12]) for values in prepared(ctx, _KEPT, kind=ref.kind, record=ref.id)]


def _keep_less(
    ctx: Ctx, rows: Sequence[_Kept], less: Mapping[int, Decimal], *, taken: bool = False
) -> bool:
    """Reservations, locked, are smaller by so much each; ``taken``: since it was given out for them."""
    changed = [(row, less.get(row.reservation_id, ZERO)) for row in rows if less.get(row.reservation_id)]
    if not changed:
        return False
    apply(ctx, {row.balance_id: (ZERO, -some) for row, some in changed})
    told = [
        {"reservation": r.reservation_id, "more": -q, "out": q if taken else ZERO, "new_rank": None} for r, q in changed
    ]
    prepared_many(ctx, _CHANGE, told)
    note_written(ctx, Reservation, [{"id": row["reservation"]} for row in told])
    return True
