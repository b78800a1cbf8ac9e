"""What a profile brought to a company last: the third side of a comparison."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, CompanyOwned, Id, JsonType


class ProfileItem(Base, CompanyOwned):
    """One thing as a profile brought it. When the company's own differs from it, the company has changed it."""

    __tablename__ = "core_profile_item"
    __table_args__ = (sa.UniqueConstraint("company_id", "section", "code"),)
    __audited__ = False

    id: Mapped[Id]
    section: Mapped[str] = mapped_column(sa.String(40))
    code: Mapped[str] = mapped_column(sa.String(120))
    profile: Mapped[str] = mapped_column(sa.String(60))
    body: Mapped[dict] = mapped_column(JsonType)
    """``{"value": …}``, as the section compares it."""
    applied_at: Mapped[dt.datetime]
