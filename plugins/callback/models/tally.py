"""How many calls and reasons to call there are, kept day by day, so that pages of a plan need not count them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy import event, orm
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, CompanyOwned, Id, owned_ref
from plugins.callback.models.calls import AHEAD, Call, Need

OUTCOMES = ("ahead", "nobody", "done", "missed", "cancelled", "")
"""What became of a call: still to be made (by nobody yet), made, not made in time, cancelled; empty: no call."""
STATES_OF = {
    "ahead": (*AHEAD, "calling"),
    "done": ("done",),
    "missed": ("missed", "carried_over"),
    "cancelled": ("cancelled",),
}
"""Outcome → states of a call; one ``ahead`` that is nobody's is ``nobody``."""
_OUTCOME_OF = {state: outcome for outcome, states in STATES_OF.items() for state in states}


class _Counted:
    """What calls, or with a ``reason`` reasons, are counted by."""

    @orm.declared_attr
    def unit_id(cls) -> Mapped[int | None]:  # noqa: N805
        return owned_ref("core_org_unit", nullable=True, index=False)

    day: Mapped[dt.date | None]
    """Empty: reasons that no call serves."""
    reason: Mapped[str] = mapped_column(sa.String(40), default="")
    """Empty: calls are counted, not reasons."""
    left_out: Mapped[str] = mapped_column(sa.String(20), default="")
    outcome: Mapped[str] = mapped_column(sa.String(12), default="")


class Tally(Base, CompanyOwned, _Counted):
    """So many calls of a quarter on a day came to this when the day was counted last: of an organisation unit, or of
    the ``whole`` company.

    It follows from calls and reasons; ``callback_changed_day`` has what has changed since.
    """

    __tablename__ = "callback_tally"
    __label__ = N_("Kept figures of the plan")
    __audited__ = False
    __table_args__ = (
        sa.Index("ix_callback_tally_period", "company_id", "period_id", "whole", "unit_id", "day"),
        sa.Index("ix_callback_tally_day", "company_id", "day"),
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.CheckConstraint(f"outcome in ({', '.join(repr(one) for one in OUTCOMES)})", name="outcome"),
    )

    id: Mapped[Id]
    period_id: Mapped[int] = owned_ref("callback_period", index=False)
    whole: Mapped[bool]
    amount: Mapped[int]


class ChangedDay(Base, CompanyOwned, _Counted):
    """A change since a day was counted: so many more, or fewer, of a kind. Without an ``amount``: the day has changed,
    nobody says how.

    Whoever changes a call or a reason adds rows in the same transaction, and nobody ever waits for another's. Counting
    takes away those that it saw.
    """

    __tablename__ = "callback_changed_day"
    __label__ = N_("Days of the plan to be counted anew")
    __audited__ = False
    __table_args__ = (sa.Index("ix_callback_changed_day_day", "company_id", "day"),)

    id: Mapped[Id]
    period_id: Mapped[int | None] = owned_ref("callback_period", nullable=True, index=False)
    amount: Mapped[int | None]


class _Place(NamedTuple):
    """What a call is counted as."""

    period_id: int
    unit_id: int | None
    day: dt.date | None
    outcome: str


class _Kind(NamedTuple):
    period_id: int
    unit_id: int | None
    day: dt.date | None
    reason: str
    left_out: str
    outcome: str


_CALL = ("period_id", "unit_id", "day", "state", "assignee_id")
_NEED = ("period_id", "call_id", "reason", "left_out")
_C: Any = Call.__table__
_N: Any = Need.__table__


@event.listens_for(Call, "after_insert")
@event.listens_for(Call, "after_update")
@event.listens_for(Call, "after_delete")
def _call_written(_mapper, connection: sa.Connection, call: Call) -> None:
    """The call itself, and the reasons that it serves as they stand now, are counted elsewhere."""
    before, after = (_place(values) for values in _values(call, _CALL))
    if before == after:
        return
    reasons: list[Any] = [(call.period_id, "", "")]
    if before is not None:  # a new one serves nothing yet
        query = sa.select(_N.c.period_id, _N.c.reason, _N.c.left_out)
        reasons += connection.execute(query.where(_N.c.company_id == call.company_id, _N.c.call_id == call.id))
    change: Counter[_Kind] = Counter()
    for sign, place in ((-1, before), (1, after)):
        if place is not None:
            for period_id, reason, left_out in reasons:
                of = period_id if reason else place.period_id
                change[_Kind(of, place.unit_id, place.day, reason, left_out, place.outcome)] += sign
    _note(connection, call.company_id, change)


@event.listens_for(Need, "after_insert")
@event.listens_for(Need, "after_update")
@event.listens_for(Need, "after_delete")
def _need_written(_mapper, connection: sa.Connection, need: Need) -> None:
    """The reason is counted by what it says and by where its call stands now."""
    before, after = _values(need, _NEED)
    if before == after:
        return
    ids = {values[1] for values in (before, after) if values is not None and values[1] is not None}
    query = sa.select(_C.c.id, *(_C.c[name] for name in _CALL))
    found = connection.execute(query.where(_C.c.company_id == need.company_id, _C.c.id.in_(ids))) if ids else ()
    places = {row.id: _place(row[1:]) for row in found}
    change: Counter[_Kind] = Counter()
    for sign, values in ((-1, before), (1, after)):
        if values is not None:
            period_id, call_id, reason, left_out = values
            place = places.get(call_id) or _Place(period_id, None, None, "")
            if place.outcome or left_out:
                change[_Kind(period_id, place.unit_id, place.day, reason, left_out, place.outcome)] += sign
    _note(connection, need.company_id, change)


def _place(values: Any) -> _Place | None:
    if values is None:
        return None
    period_id, unit_id, day, state, assignee_id = values
    nobody = assignee_id is None and state in AHEAD
    return _Place(period_id, unit_id, day, "nobody" if nobody else _OUTCOME_OF[state])


def _values(row: Call | Need, columns: tuple[str, ...]) -> tuple[tuple | None, tuple | None]:
    """What it was and what it is; None: it was, or is, not there."""
    session, state = orm.object_session(row), cast(orm.InstanceState, sa.inspect(row))
    found = [orm.attributes.get_history(row, name) for name in columns]
    before = tuple(next(iter(one.deleted or one.unchanged or ()), None) for one in found)
    after = tuple(next(iter(one.added or one.unchanged or ()), None) for one in found)
    gone = session is not None and row in session.deleted
    return (before if state.persistent else None), (None if gone else after)


def _note(connection: sa.Connection, company_id: int, change: Counter[_Kind]) -> None:
    rows = [{"company_id": company_id, "amount": n, **kind._asdict()} for kind, n in change.items() if n]
    if rows:
        connection.execute(sa.insert(ChangedDay.__table__), rows)  # type: ignore[arg-type]


def kinds_of(rows: Iterable[Any]) -> Counter[_Kind]:
    """Rows that are counted by unit, added up for the whole company."""
    found: Counter[_Kind] = Counter()
    for row in rows:
        found[_Kind(row.period_id, None, row.day, row.reason, row.left_out, row.outcome)] += row.amount
    return found
