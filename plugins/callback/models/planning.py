"""What a plan that was made anew has moved."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, BigId, CompanyOwned, Id, owned_ref, owned_relationship


class Move(Base, CompanyOwned):
    """A call that planning anew has put elsewhere, or dropped (``to_day`` is empty), and why."""

    __tablename__ = "callback_move"
    __label__ = N_("What planning anew has moved")
    __table_args__ = (
        sa.Index("ix_callback_move_period", "company_id", "period_id", "id"),
        sa.Index("ix_callback_move_day", "company_id", "from_day", "id"),
    )
    __audited__ = False

    id: Mapped[Id]
    period_id: Mapped[int] = owned_ref("callback_period", index=False)
    call_id: Mapped[int] = owned_ref("callback_call")
    moved_at: Mapped[dt.datetime]
    from_day: Mapped[dt.date]
    to_day: Mapped[dt.date | None]
    from_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"), index=True)
    to_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"), index=True)
    why: Mapped[str] = mapped_column(sa.String(20))
    """One of ``MOVE_WORDS``."""

    call = owned_relationship("Call", "callback_move", "call_id")
