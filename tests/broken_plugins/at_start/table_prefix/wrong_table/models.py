"""A table under a foreign name."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.api import Base, CompanyOwned, Id


class Stray(Base, CompanyOwned):
    """Looks as if it were the archive's."""

    __tablename__ = "base_stray"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(sa.String(20))
