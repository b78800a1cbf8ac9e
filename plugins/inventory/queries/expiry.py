"""What expires: within the days that the company, or the part, sets."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, get_setting
from plugins.inventory.models import Balance, Batch, Location, Part


def steps(ctx: Ctx) -> list[int]:
    """Days before the end at which it is told of, as the company sets them, the longest first."""
    lines = str(get_setting(ctx, "inventory.expiry_days")).splitlines()
    return sorted({int(line) for line in lines if line.strip().isdigit()}, reverse=True)


def ends_soon(ctx: Ctx) -> sa.ColumnElement[bool]:
    """A condition on balances (joined with their part): the last day is near, or has passed."""
    usual = steps(ctx)
    own = list(ctx.session.scalars(sa.select(Part.warn_days).where(Part.warn_days.is_not(None)).distinct()))
    cases = [sa.and_(Part.warn_days == n, Balance.usable_until <= ctx.today + dt.timedelta(days=n)) for n in own if n]
    if usual:
        cases.append(
            sa.and_(Part.warn_days.is_(None), Balance.usable_until <= ctx.today + dt.timedelta(days=usual[0]))
        )
    return sa.or_(sa.false(), *cases)


@dataclass(frozen=True)
class Ending:
    """A batch of which something is in stock and whose last day is near or has passed."""

    batch: Batch
    until: dt.date
    quantity: Decimal
    places: int


def ending(ctx: Ctx, limit: int) -> list[Ending]:
    """The batches in stock whose last day is near or has passed, the first to end first; over the whole company."""
    total = sa.func.sum(Balance.on_hand)
    query = (
        sa.select(Balance.batch_id, Balance.usable_until, total, sa.func.count(Balance.id))
        .join(Part, Part.id == Balance.part_id)
        .where(Balance.on_hand > Decimal(0), Balance.batch_id.is_not(None), ends_soon(ctx))
        .group_by(Balance.batch_id, Balance.usable_until)
        .order_by(Balance.usable_until, Balance.batch_id)
        .limit(limit)
    )
    rows = ctx.session.execute(query).all()
    wanted = sa.select(Batch).where(Batch.id.in_([row[0] for row in rows] or [0])).options(
        orm.joinedload(Batch.part).joinedload(Part.measure)
    )  # fmt: skip
    known = {batch.id: batch for batch in ctx.session.scalars(wanted)}
    return [
        Ending(known[batch_id], until, quantity, places)
        for batch_id, until, quantity, places in rows
        if batch_id in known and until is not None
    ]


def count_soon(ctx: Ctx) -> int:
    """How many balances end soon and have not ended yet, within the actor's reach."""
    query = (
        sa.select(sa.func.count(Balance.id))
        .join(Part, Part.id == Balance.part_id)
        .join(Location, Location.id == Balance.location_id)
        .where(Balance.on_hand > Decimal(0), Balance.usable_until >= ctx.today, ends_soon(ctx))
    )
    return ctx.session.scalar(query) or 0
