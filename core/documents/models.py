"""The table of issued documents."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, BigId, CompanyOwned, Id, JsonType


class Document(Base, CompanyOwned):
    """A document issued on a record. ``facts`` never change again; only erasing a person empties them."""

    __tablename__ = "core_document"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "kind", "number"),
        sa.Index("ix_core_document_record", "company_id", "record_kind", "record_id", "id"),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(sa.String(80))
    """The code of its ``DocumentKind``."""
    number: Mapped[str] = mapped_column(sa.String(60))
    record_kind: Mapped[str] = mapped_column(sa.String(80))
    record_id: Mapped[int] = mapped_column(BigId)
    locale: Mapped[str] = mapped_column(sa.String(8))
    facts: Mapped[dict] = mapped_column(JsonType)
    copies: Mapped[int] = mapped_column(default=1)
    """How many sheets are out: the first one and each copy that was asked for."""
    issued_at: Mapped[dt.datetime]
    issued_by: Mapped[str] = mapped_column(sa.String(120))
    cancelled_at: Mapped[dt.datetime | None]
    cancelled_by: Mapped[str] = mapped_column(sa.String(120), default="")
    cancel_reason: Mapped[str] = mapped_column(sa.Text, default="")
