"""Reads of claims to suppliers: one claim, what waits, what came back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Clock, Ctx, NotFound, RecordRef, _
from plugins.base.contracts import ClaimFigures
from plugins.base.queries.suppliers import Supplier
from plugins.warranty.agreed import CLAIM, CLAIM_ANSWER, RecoveredBy
from plugins.warranty.models.claims import CLAIM_OPEN, ClaimRecovery, SupplierClaim


def get_claim(ctx: Ctx, claim_id: int) -> SupplierClaim:
    """The claim; NotFound when there is none for this person."""
    query = sa.select(SupplierClaim).where(SupplierClaim.id == claim_id)
    row = ctx.session.scalar(query.options(orm.joinedload(SupplierClaim.supplier)))
    if row is None:
        raise NotFound("unknown_claim", _("There is no such claim, or it is not meant for you."))
    return row


def claim_by_key(ctx: Ctx, key: str | None) -> SupplierClaim | None:
    """The claim that a form made when it was sent before."""
    return ctx.session.scalar(sa.select(SupplierClaim).where(SupplierClaim.external_key == key)) if key else None


def recoveries_of(ctx: Ctx, claim_id: int) -> list[ClaimRecovery]:
    """What a supplier gave for a claim, the newest first."""
    query = sa.select(ClaimRecovery).where(ClaimRecovery.claim_id == claim_id)
    return list(ctx.session.scalars(query.order_by(ClaimRecovery.received_on.desc(), ClaimRecovery.id.desc())))


def recovery_by_cause(ctx: Ctx, once: str) -> ClaimRecovery | None:
    """What was recorded for a cause already."""
    return ctx.session.scalar(sa.select(ClaimRecovery).where(ClaimRecovery.once == once))


def claims_of_supplier(ctx: Ctx, supplier_id: int, limit: int = 20) -> list[SupplierClaim]:
    """The newest claims to a supplier."""
    query = sa.select(SupplierClaim).where(SupplierClaim.supplier_id == supplier_id)
    return list(ctx.session.scalars(query.order_by(SupplierClaim.id.desc()).limit(limit)))


def claims_about(ctx: Ctx, ref: RecordRef, limit: int = 20) -> list[SupplierClaim]:
    """The newest claims that arose from a record, or about a unit."""
    where = sa.and_(SupplierClaim.record_kind == ref.kind, SupplierClaim.record_id == ref.id)
    if ref.kind == "base.unit":
        where = sa.or_(where, SupplierClaim.device_id == ref.id)
    query = sa.select(SupplierClaim).where(where).options(orm.joinedload(SupplierClaim.supplier))
    return list(ctx.session.scalars(query.order_by(SupplierClaim.id.desc()).limit(limit)))


def running_clocks(ctx: Ctx, claim_ids: Sequence[int]) -> dict[int, Clock]:
    """Claim → the clock that runs out first."""
    if not claim_ids:
        return {}
    query = sa.select(Clock).where(
        Clock.record_kind == CLAIM, Clock.record_id.in_(claim_ids), Clock.state.in_(("running", "paused"))
    )
    found: dict[int, Clock] = {}
    for clock in ctx.session.scalars(query.order_by(Clock.due_at, Clock.id)):
        found.setdefault(clock.record_id, clock)
    return found


def waiting(ctx: Ctx, limit: int = 50) -> list[SupplierClaim]:
    """Open claims of this person, the most urgent first."""
    query = sa.select(SupplierClaim).where(
        SupplierClaim.is_open.is_(True), SupplierClaim.assignee_id == (ctx.actor.user_id or 0)
    )
    query = query.options(orm.joinedload(SupplierClaim.supplier))
    return list(ctx.session.scalars(query.order_by(SupplierClaim.urgent_at, SupplierClaim.id).limit(limit)))


def counts(ctx: Ctx) -> dict[str, int]:
    """How many claims are open, and how many of those are overdue."""
    late = sa.func.sum(sa.case((SupplierClaim.urgent_at < ctx.now, 1), else_=0))
    query = sa.select(sa.func.count(SupplierClaim.id), late).where(SupplierClaim.is_open.is_(True))
    total, overdue = ctx.session.execute(query).one()
    return {"open": total or 0, "overdue": int(overdue or 0)}


def held_by(ctx: Ctx, user_id: int) -> int:
    """How many open claims a person has."""
    query = sa.select(sa.func.count(SupplierClaim.id)).where(
        SupplierClaim.is_open.is_(True), SupplierClaim.assignee_id == user_id
    )
    return ctx.session.scalar(query) or 0


def search(text: str) -> Any:
    """The condition of the search box of the list of claims."""
    names = sa.select(Supplier.id).where(Supplier.name.icontains(text, autoescape=True))
    columns = (SupplierClaim.number, SupplierClaim.subject, SupplierClaim.part, SupplierClaim.batch)
    return sa.or_(*(c.icontains(text, autoescape=True) for c in columns), SupplierClaim.supplier_id.in_(names))


def tab(ctx: Ctx, key: str) -> Any:
    """The condition of a tab of the list of claims."""
    is_open = SupplierClaim.is_open.is_(True)
    if key == "mine":
        return sa.and_(is_open, SupplierClaim.assignee_id == (ctx.actor.user_id or 0))
    if key == "overdue":
        return sa.and_(is_open, SupplierClaim.urgent_at < ctx.now)
    if key == "tell":
        return SupplierClaim.state == "opened"
    return SupplierClaim.state.in_(CLAIM_OPEN) if key == "open" else sa.true()


def recovered_by_supplier(ctx: Ctx, begins: dt.date, ends: dt.date) -> list[RecoveredBy]:
    """Claims opened between two days, both included, by supplier: the one from which most came back in front.

    Withdrawn claims don't count.
    """
    during = _opened(ctx, begins, ends)
    query = (
        sa.select(
            SupplierClaim.supplier_id,
            sa.func.count(SupplierClaim.id).label("claims"),
            sa.func.sum(sa.case((SupplierClaim.is_open.is_(True), 1), else_=0)).label("open"),
            sa.func.sum(SupplierClaim.loss).label("loss"),
            sa.func.sum(SupplierClaim.claimed).label("claimed"),
            sa.func.sum(SupplierClaim.recovered).label("recovered"),
        )
        .where(*during)
        .group_by(SupplierClaim.supplier_id)
    )
    rows = list(ctx.session.execute(query))
    ids = [row.supplier_id for row in rows]
    named = sa.select(Supplier.id, Supplier.name).where(Supplier.id.in_(ids))
    names = {row.id: row.name for row in ctx.session.execute(named)}
    late = _late_answers(ctx, during)
    found = [
        RecoveredBy(
            row.supplier_id,
            names.get(row.supplier_id, ""),
            row.claims,
            int(row.open),
            Decimal(row.loss),
            Decimal(row.claimed),
            Decimal(row.recovered),
            late.get(row.supplier_id, 0),
        )
        for row in rows
    ]
    return sorted(found, key=lambda r: (-r.recovered, -r.claimed, r.name))


def claimed_from(ctx: Ctx, supplier_id: int, since: dt.date, until: dt.date) -> ClaimFigures:
    """What was claimed from one supplier between two days, both included; withdrawn claims don't count.

    A claim that still runs in time says nothing yet of how much is made good; one whose answer is overdue does.
    """
    during = (*_opened(ctx, since, until), SupplierClaim.supplier_id == supplier_id)
    late = sa.exists(
        sa.select(Clock.id).where(
            Clock.record_kind == CLAIM, Clock.record_id == SupplierClaim.id, Clock.kind == CLAIM_ANSWER,
            Clock.breached_at.is_not(None),
        )
    )  # fmt: skip
    judged = sa.or_(SupplierClaim.is_open.is_(False), late)
    row = ctx.session.execute(
        sa.select(
            sa.func.count(SupplierClaim.id).label("claims"),
            sa.func.sum(sa.case((judged, SupplierClaim.claimed), else_=None)).label("claimed"),
            sa.func.sum(sa.case((judged, SupplierClaim.recovered), else_=None)).label("recovered"),
        ).where(*during)
    ).one()
    share = (Decimal(row.recovered) * 100 / Decimal(row.claimed)).quantize(Decimal("0.1")) if row.claimed else None
    return ClaimFigures(row.claims, share)


def _opened(ctx: Ctx, begins: dt.date, ends: dt.date) -> tuple[Any, ...]:
    first = dt.datetime.combine(begins, dt.time.min, ctx.tz)
    after = dt.datetime.combine(ends + dt.timedelta(days=1), dt.time.min, ctx.tz)
    return SupplierClaim.opened_at >= first, SupplierClaim.opened_at < after, SupplierClaim.state != "withdrawn"


def _late_answers(ctx: Ctx, during: Sequence[Any]) -> dict[int, int]:
    """Supplier → how many of its answers came late, or are overdue."""
    query = (
        sa.select(SupplierClaim.supplier_id, sa.func.count(sa.distinct(SupplierClaim.id)).label("late"))
        .join(Clock, sa.and_(Clock.record_kind == CLAIM, Clock.record_id == SupplierClaim.id))
        .where(*during, Clock.kind == CLAIM_ANSWER, Clock.breached_at.is_not(None))
        .group_by(SupplierClaim.supplier_id)
    )
    return {row.supplier_id: row.late for row in ctx.session.execute(query)}
