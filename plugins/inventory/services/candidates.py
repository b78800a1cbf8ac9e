"""What may be taken for a demand: balances in places from which parts are picked, with their rows locked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.api import Ctx, Quantity, RecordRef, get_setting, prepared
from plugins.inventory.contracts import Nearness
from plugins.inventory.models import Balance, Location, Measure, Part, Reservation
from plugins.inventory.models.places import PICKED
from plugins.inventory.queries.parts import PartWords, words_columns
from plugins.inventory.rules.picking import ELSEWHERE, Candidate, nearness
from plugins.inventory.services.common import one_after_the_other

_B: Any = Balance.__table__
_L: Any = Location.__table__
_R: Any = Reservation.__table__
_P: Any = Part.__table__
_M: Any = Measure.__table__
_NONE = sa.literal_column("0", Quantity)
_OWN = sa.and_(
    _R.c.company_id == _B.c.company_id,
    _R.c.balance_id == _B.c.id,
    _R.c.record_kind == sa.bindparam("kind"),
    _R.c.record_id == sa.bindparam("record"),
)
_OTHER = _R.alias()
_OUTRANKED = (
    sa.select(_OTHER.c.id)
    .where(
        _OTHER.c.company_id == _B.c.company_id, _OTHER.c.balance_id == _B.c.id, _OTHER.c.quantity > _NONE,
        _OTHER.c.rank > sa.bindparam("rank"),
    )
    .exists()
)  # fmt: skip
_CANDIDATES = (
    sa.select(
        _B.c.id, _B.c.part_id, _B.c.batch_id, _B.c.serial_id, _B.c.location_id, _B.c.on_hand, _B.c.reserved, _B.c.held,
        _B.c.usable_until, _B.c.arrived_on, _L.c.unit_id, _L.c.assignee_id, _L.c.kind, _L.c.active, _L.c.name, _R.c.id,
        sa.func.coalesce(_R.c.quantity, _NONE, type_=Quantity), sa.func.coalesce(_R.c.taken, _NONE, type_=Quantity),
        *words_columns(_P, _M),
    )
    .join(_L, _L.c.id == _B.c.location_id)
    .join(_P, _P.c.id == _B.c.part_id)
    .join(_M, _M.c.id == _P.c.measure_id)
    .outerjoin(_R, _OWN)
    .where(
        _B.c.company_id == sa.bindparam("of_company"),
        _B.c.part_id.in_(sa.bindparam("parts", expanding=True)),
        sa.or_(
            sa.and_(
                _B.c.on_hand > _NONE,
                sa.or_(_B.c.on_hand > _B.c.reserved, _OUTRANKED),
                _L.c.kind.in_(PICKED),
                _L.c.active.is_(True),
            ),
            _R.c.id.is_not(None),
        ),
    )
    .order_by(_B.c.part_id, _B.c.id)
    .with_for_update(of=_B)
)  # fmt: skip
_WORDS = 18
"""Behind so many columns stands what there is to say of the part."""
NO_RECORD = RecordRef("", 0)
NOBODY = 10**9
"""A rank that outranks nothing."""


@dataclass(frozen=True)
class Row:
    """A locked balance with what the demand has reserved of it."""

    id: int
    part_id: int
    batch_id: int | None
    serial_id: int | None
    location_id: int
    on_hand: Decimal
    reserved: Decimal
    held: bool
    usable_until: dt.date | None
    arrived_on: dt.date | None
    unit_id: int | None
    assignee_id: int | None
    kind: str
    active: bool
    place: str
    reservation_id: int | None
    own: Decimal
    taken: Decimal
    part: PartWords
    near: int | None = None

    @property
    def free(self) -> Decimal:
        """What is promised to nobody."""
        return self.on_hand - self.reserved

    @property
    def offered(self) -> bool:
        """Whether this demand may take from here: not another person's store, not out of use."""
        return self.near is not None and self.active and self.kind in PICKED


def lock_candidates(
    ctx: Ctx, part_ids: Iterable[int], near: Nearness, ref: RecordRef = NO_RECORD, rank: int = NOBODY
) -> list[Row]:
    """What there is of these parts, locked, with what ``ref`` has of it; one statement.

    With a ``rank`` also what is promised to demands that rank lower.
    """
    ctx.session.flush()
    own_only = bool(get_setting(ctx, "inventory.own_unit_only"))
    wanted = sorted(set(part_ids)) or [0]
    with one_after_the_other():
        found = prepared(ctx, _CANDIDATES, parts=wanted, kind=ref.kind, record=ref.id, rank=rank).all()
    rows = []
    for values in found:
        of_unit, of_user = values[10], values[11]
        how_near = nearness(near.unit_id, near.user_id, of_unit, of_user)
        if own_only and how_near == ELSEWHERE and of_unit is not None and near.unit_id is not None:
            how_near = None
        told: Any = (*values[:_WORDS], PartWords(*values[_WORDS:]), how_near)
        rows.append(Row(*told))
    return rows


def as_candidates(rows: Iterable[Row], taken: Mapping[int, Decimal] | None = None) -> list[Candidate]:
    """The rows from which may be taken, as the rule of picking knows them, less what was ``taken`` already."""
    gone = taken or {}
    return [
        Candidate(
            row.id, row.free - gone.get(row.id, Decimal(0)), row.near if row.near is not None else ELSEWHERE,
            row.usable_until, row.arrived_on,
        )
        for row in rows
        if row.offered and row.free - gone.get(row.id, Decimal(0)) > 0
    ]  # fmt: skip


