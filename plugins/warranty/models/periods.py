"""The periods of units as they were last worked out, so that lists can be sorted and filtered by their ends."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import Base, CompanyOwned, Id, JsonType, owned_ref, owned_relationship


class UnitPeriod(Base, CompanyOwned):
    """A period of a unit. Worked out from terms, dates, repairs and readings whenever one of them changes, never
    entered; what is asked about one unit is worked out anew.
    """

    __tablename__ = "warranty_period"
    __audited__ = False
    __derived__ = True
    __table_args__ = (
        sa.Index("ix_warranty_period_device", "company_id", "device_id", "id"),
        sa.Index("ix_warranty_period_ends", "company_id", "ends_on", "id"),
        sa.Index("ix_warranty_period_main", "company_id", "is_main", "ends_on", "id"),
    )

    id: Mapped[Id]
    device_id: Mapped[int] = owned_ref("base_unit", index=False, ondelete="CASCADE")
    term_id: Mapped[int] = owned_ref("warranty_term", ondelete="CASCADE")
    cover: Mapped[str] = mapped_column(sa.String(12))
    part_group: Mapped[str] = mapped_column(sa.String(80), default="")
    part: Mapped[str] = mapped_column(sa.String(120), default="")
    repair_id: Mapped[int | None] = owned_ref("warranty_repair", nullable=True, ondelete="CASCADE")
    is_main: Mapped[bool] = mapped_column(default=False)
    """The one by which a unit's badge is shown: its whole-unit period, else the one that ends last."""
    start_on: Mapped[dt.date | None]
    last_day: Mapped[dt.date | None]
    ends_on: Mapped[dt.date]
    """The last day; the day before a meter passed its limit; far in the future without a limit in time; far in the past
    while the start is unknown.
    """
    unknown: Mapped[bool] = mapped_column(default=False)
    over_by: Mapped[str] = mapped_column(sa.String(40), default="")
    meters: Mapped[dict] = mapped_column(JsonType, default=dict)
    """Kind of meter → what is left, a decimal as text."""
    worked_out_on: Mapped[dt.date]

    device = owned_relationship("Unit", "warranty_period", "device_id")
    term = owned_relationship("Term", "warranty_period", "term_id")
