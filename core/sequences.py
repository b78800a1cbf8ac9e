"""Numbers that people read: per company, per kind, starting anew each year, month or never.

Taken inside the transaction, so a number that was rolled back is free again and none is given twice.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.context import Ctx
from core.db import Base, CompanyOwned, Id, prepared


class Sequence(Base, CompanyOwned):
    """The next number of one kind and period."""

    __tablename__ = "core_sequence"
    __table_args__ = (sa.UniqueConstraint("company_id", "name", "period"),)
    __audited__ = False

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(sa.String(80))
    period: Mapped[str] = mapped_column(sa.String(8), default="")
    next_value: Mapped[int] = mapped_column(default=1)


def next_number(ctx: Ctx, name: str, pattern: str) -> str:
    """The next number of ``name`` by ``pattern``, such as ``TS{yy}{mm}-{n:04d}``.

    ``{yyyy}``, ``{yy}``, ``{mm}`` are those of the company's date; which of them occur decides when counting starts
    anew.
    Concurrent callers wait for each other (the row is locked), so take it late in the transaction.
    """
    return next_numbers(ctx, name, pattern, 1)[0]


def next_numbers(ctx: Ctx, name: str, pattern: str, count: int) -> list[str]:
    """The next ``count`` numbers at once, for imports; see ``next_number``."""
    today = ctx.today
    period = (f"{today:%Y}" if "{yy" in pattern else "") + (f"{today:%m}" if "{mm}" in pattern else "")
    first = _take(ctx, name, period, count)
    parts = {"yyyy": f"{today:%Y}", "yy": f"{today:%y}", "mm": f"{today:%m}"}
    return [pattern.format(**parts, n=value) for value in range(first, first + count)]


def _take(ctx: Ctx, name: str, period: str, count: int) -> int:
    taken = _advance(ctx, name, period, count)
    if taken is None:
        try:
            with ctx.session.begin_nested():
                ctx.session.add(Sequence(name=name, period=period, next_value=1))
        except sa.exc.IntegrityError:
            pass  # somebody else opened this period a moment ago; the row is there now
        taken = _advance(ctx, name, period, count)
    assert taken is not None
    return taken


def _advance(ctx: Ctx, name: str, period: str, count: int) -> int | None:
    return prepared(ctx, _ADVANCE, of_name=name, of_period=period, count=count).scalar_one_or_none()


_TABLE: Any = Sequence.__table__
_ADVANCE = (
    sa.update(_TABLE)
    .where(
        _TABLE.c.company_id == sa.bindparam("of_company"),
        _TABLE.c.name == sa.bindparam("of_name"),
        _TABLE.c.period == sa.bindparam("of_period"),
    )
    .values(next_value=_TABLE.c.next_value + sa.bindparam("count", type_=sa.Integer))
    .returning(_TABLE.c.next_value - sa.bindparam("count", type_=sa.Integer))
)
