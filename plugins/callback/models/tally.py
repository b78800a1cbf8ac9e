"""How many calls and reasons to call there are, kept day by day, so that pages of a plan need not count them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import event, orm
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, CompanyOwned, Id, owned_ref
from plugins.callback.models.calls import Call, Need

OUTCOMES = ("ahead", "done", "missed", "cancelled", "")
"""What became of a call: still to be made, made, not made in time, cancelled; empty: no call."""


class Tally(Base, CompanyOwned):
    """So many calls of a quarter on a day came to this; with a ``reason``: so many reasons whose call is on that day.

    It follows from calls and reasons. A day that stands in ``callback_changed_day`` has changed since it was counted:
    its rows here don't count then.
    """

    __tablename__ = "callback_tally"
    __label__ = N_("Kept figures of the plan")
    __audited__ = False
    __table_args__ = (
        sa.Index("ix_callback_tally_period", "company_id", "period_id", "day"),
        sa.Index("ix_callback_tally_day", "company_id", "day"),
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.CheckConstraint(f"outcome in ({', '.join(repr(one) for one in OUTCOMES)})", name="outcome"),
    )

    id: Mapped[Id]
    period_id: Mapped[int] = owned_ref("callback_period", index=False)
    day: Mapped[dt.date | None]
    """Empty: reasons that no call serves."""
    reason: Mapped[str] = mapped_column(sa.String(40), default="")
    """Empty: calls are counted, not reasons."""
    left_out: Mapped[str] = mapped_column(sa.String(20), default="")
    outcome: Mapped[str] = mapped_column(sa.String(12), default="")
    amount: Mapped[int]


class ChangedDay(Base, CompanyOwned):
    """A day of which a call, or a reason for one, was changed since it was counted; empty: a reason without a call.

    Whoever changes one adds a row in the same transaction, and nobody ever waits for another's: there may be many of
    the same day. Counting takes away only those that it saw before it counted.
    """

    __tablename__ = "callback_changed_day"
    __label__ = N_("Days of the plan to be counted anew")
    __audited__ = False
    __table_args__ = (sa.Index("ix_callback_changed_day_day", "company_id", "day"),)

    id: Mapped[Id]
    day: Mapped[dt.date | None]


@event.listens_for(Call, "after_insert")
@event.listens_for(Call, "after_update")
@event.listens_for(Call, "after_delete")
def _call_written(_mapper, connection: sa.Connection, call: Call) -> None:
    if _counts_otherwise(call, ("day", "state", "period_id")):
        _note(connection, call.company_id, _both(call, "day"))


@event.listens_for(Need, "after_insert")
@event.listens_for(Need, "after_update")
@event.listens_for(Need, "after_delete")
def _need_written(_mapper, connection: sa.Connection, need: Need) -> None:
    if _counts_otherwise(need, ("call_id", "left_out", "reason", "period_id")):
        ids = _both(need, "call_id")
        known = Call.__table__.c
        query = sa.select(known.day).where(known.company_id == need.company_id, known.id.in_([n for n in ids if n]))
        _note(connection, need.company_id, {*connection.scalars(query), *([None] if None in ids else [])})


def _counts_otherwise(row: Call | Need, columns: tuple[str, ...]) -> bool:
    """Whether a row that is new, gone or changed counts otherwise than before."""
    session, state = orm.object_session(row), cast(orm.InstanceState, sa.inspect(row))
    if not state.persistent or (session is not None and row in session.deleted):
        return True
    return any(orm.attributes.get_history(row, name).has_changes() for name in columns)


def _both(row: Call | Need, column: str) -> set[Any]:
    """What it was, and what it is now."""
    found = orm.attributes.get_history(row, column)
    return {*(found.deleted or ()), *(found.unchanged or ()), *(found.added or ())}


def _note(connection: sa.Connection, company_id: int, days: Iterable[dt.date | None]) -> None:
    rows = [{"company_id": company_id, "day": day} for day in days]
    if rows:
        connection.execute(sa.insert(ChangedDay.__table__), rows)  # type: ignore[arg-type]
