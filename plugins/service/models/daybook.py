"""The day book (VCH-3, VCH-4): where signed vouchers are filed, and days that the head has closed."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import N_, Base, BigId, CompanyOwned, Id, JsonType, UnitScoped, owned_ref, owned_relationship


class Filing(Base, CompanyOwned):
    """A signed voucher that came back and was filed. One that was filed wrongly stays, with why it was taken out."""

    __tablename__ = "service_filing"
    __label__ = N_("Vouchers filed")
    __table_args__ = (
        sa.Index(
            "uq_service_filing_standing", "company_id", "document_id", unique=True,
            sqlite_where=sa.column("standing"), postgresql_where=sa.column("standing"),
        ),
        sa.CheckConstraint("standing = (ended_at is null)", name="ended"),
    )  # fmt: skip

    id: Mapped[Id]
    order_id: Mapped[int] = owned_ref("service_order")
    document_id: Mapped[int] = owned_ref("core_document")
    number: Mapped[str] = mapped_column(sa.String(60))
    """The voucher's number."""
    signed_on: Mapped[dt.date]
    place: Mapped[str] = mapped_column(sa.String(120))
    """Folder, drawer, shelf."""
    note: Mapped[str] = mapped_column(sa.String(400), default="")
    file_id: Mapped[int | None] = owned_ref("core_file", nullable=True)
    """The scan or photo of it."""
    filed_at: Mapped[dt.datetime]
    filed_by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    filed_by: Mapped[str] = mapped_column(sa.String(120), default="")
    standing: Mapped[bool] = mapped_column(default=True)
    ended_at: Mapped[dt.datetime | None]
    ended_by: Mapped[str] = mapped_column(sa.String(120), default="")
    ended_reason: Mapped[str] = mapped_column(sa.String(400), default="")

    order = owned_relationship("Order", "service_filing", "order_id")


class BookDay(Base, CompanyOwned, UnitScoped):
    """A day of an organisation unit's day book that its head has closed, with the figures of that moment."""

    __tablename__ = "service_book_day"
    __label__ = N_("Closed days of the day book")
    __table_args__ = (sa.UniqueConstraint("company_id", "unit_id", "day"),)

    id: Mapped[Id]
    day: Mapped[dt.date]
    figures: Mapped[dict] = mapped_column(JsonType, default=dict)
    """Entries, vouchers drawn, filed, left to dispatch, without a voucher, when it was closed."""
    note: Mapped[str] = mapped_column(sa.String(400), default="")
    closed_at: Mapped[dt.datetime]
    closed_by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    closed_by: Mapped[str] = mapped_column(sa.String(120), default="")
