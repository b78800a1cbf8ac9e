"""Tools, their kinds, who has them, and claims for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, Membership, NotFound, OrgUnit, _, get_setting
from plugins.inventory.models import Custody, Kit, Tool, ToolClaim, ToolKind

NOTHING = (0,)


def get_tool(ctx: Ctx, tool_id: int, *, lock: bool = False) -> Tool:
    """One tool within the actor's reach. Raises NotFound."""
    query = sa.select(Tool).where(Tool.id == tool_id)
    row = ctx.session.scalar(query.with_for_update(of=Tool) if lock else with_words(query))
    if row is None:
        raise NotFound("unknown_tool", _("There is no such tool."))
    return row


def with_words(query: sa.Select) -> sa.Select:
    """Tools with what they are shown with."""
    return query.options(orm.joinedload(Tool.kind), orm.joinedload(Tool.supplier), orm.joinedload(Tool.kit))


def tool_by_number(ctx: Ctx, number: str) -> Tool | None:
    """The tool of that number, within the actor's reach."""
    return ctx.session.scalar(sa.select(Tool).where(Tool.number == number))


def get_kind(ctx: Ctx, kind_id: int) -> ToolKind:
    """One kind of tool. Raises NotFound."""
    row = ctx.session.scalar(sa.select(ToolKind).where(ToolKind.id == kind_id))
    if row is None:
        raise NotFound("unknown_tool_kind", _("There is no such kind of tool."))
    return row


def kind_by_code(ctx: Ctx, code: str) -> ToolKind | None:
    """The kind of tool of that code."""
    return ctx.session.scalar(sa.select(ToolKind).where(ToolKind.code == code))


def offered_kinds(ctx: Ctx, also: int | None = None) -> list[tuple[int, str]]:
    """(id, name) of the kinds in use, and of one that is asked for."""
    query = sa.select(ToolKind.id, ToolKind.name).where(sa.or_(ToolKind.active.is_(True), ToolKind.id == (also or 0)))
    return [(row.id, row.name) for row in ctx.session.execute(query.order_by(ToolKind.name, ToolKind.id))]


def offered_kits(ctx: Ctx, also: int | None = None) -> list[tuple[int, str]]:
    """(id, words) of the kits in use, and of one that is asked for."""
    query = sa.select(Kit.id, Kit.code, Kit.name).where(sa.or_(Kit.active.is_(True), Kit.id == (also or 0)))
    return [(row.id, f"{row.code} {row.name}") for row in ctx.session.execute(query.order_by(Kit.code))]


# --- custody --------------------------------------------------------------------------------------------------------


def get_custody(ctx: Ctx, custody_id: int, *, lock: bool = False) -> Custody:
    """One custody within the actor's reach. Raises NotFound."""
    query = sa.select(Custody).where(Custody.id == custody_id)
    row = ctx.session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound("unknown_custody", _("There is no such custody."))
    return row


def find_custody(ctx: Ctx, custody_id: int | None) -> Custody | None:
    """One custody, if there is such a one within the actor's reach."""
    return ctx.session.scalar(sa.select(Custody).where(Custody.id == (custody_id or 0)))


def of_tool(ctx: Ctx, tool_id: int, state: str) -> Custody | None:
    """The custody of a tool that is ``offered`` or ``held``."""
    return ctx.session.scalar(sa.select(Custody).where(Custody.tool_id == tool_id, Custody.state == state))


def history_of(ctx: Ctx, tool_id: int, limit: int) -> list[Custody]:
    """Who had a tool, the newest first."""
    query = sa.select(Custody).where(Custody.tool_id == tool_id).order_by(Custody.id.desc())
    return list(ctx.session.scalars(query.limit(limit)))


def with_person(ctx: Ctx, user_id: int, states: Iterable[str], limit: int) -> list[Custody]:
    """What somebody has, or is to accept; the oldest first."""
    query = sa.select(Custody).where(Custody.assignee_id == user_id, Custody.state.in_(tuple(states)))
    return list(ctx.session.scalars(query.order_by(Custody.id).limit(limit)))


def count_with(ctx: Ctx, user_id: int, states: Iterable[str]) -> int:
    """How many tools somebody has, or is to accept."""
    query = sa.select(sa.func.count(Custody.id)).where(
        Custody.assignee_id == user_id, Custody.state.in_(tuple(states))
    )
    return ctx.session.scalar(query) or 0


def member_of(ctx: Ctx, user_id: int) -> Membership | None:
    """The membership of somebody who works here."""
    query = sa.select(Membership).where(Membership.user_id == user_id, Membership.active.is_(True))
    return ctx.session.scalar(query)


def get_unit(ctx: Ctx, unit_id: int) -> OrgUnit:
    """One organisation unit in use. Raises NotFound."""
    row = ctx.session.scalar(sa.select(OrgUnit).where(OrgUnit.id == unit_id, OrgUnit.active.is_(True)))
    if row is None:
        raise NotFound("unknown_unit", _("There is no such organisation unit."))
    return row


def unit_code(ctx: Ctx, unit_id: int | None) -> str:
    """The code of a unit; empty without one."""
    return ctx.session.scalar(sa.select(OrgUnit.code).where(OrgUnit.id == (unit_id or 0))) or ""


def headquarters(ctx: Ctx) -> OrgUnit | None:
    """The topmost organisation unit."""
    return ctx.session.scalar(sa.select(OrgUnit).where(OrgUnit.parent_id.is_(None)).order_by(OrgUnit.id).limit(1))


# --- inspections ----------------------------------------------------------------------------------------------------

IN_USE = ("store", "offered", "custody", "repair")


def warn_days(ctx: Ctx) -> list[int]:
    """Days before the end of an inspection at which it is told of, the longest first."""
    parts = str(get_setting(ctx, "inventory.tool_warn_days") or "").split(",")
    return sorted({int(part) for part in parts if part.strip().isdigit()}, reverse=True)


def due_soon(ctx: Ctx) -> sa.ColumnElement[bool]:
    """A condition on tools: the inspection ends soon, or has ended."""
    steps = warn_days(ctx)
    last = ctx.today + dt.timedelta(days=steps[0] if steps else -1)
    return sa.and_(Tool.inspect_by <= last, Tool.state.in_(IN_USE))


def due(ctx: Ctx, limit: int) -> list[Tool]:
    """The tools whose inspection ends soon or has ended, the first to end first."""
    query = sa.select(Tool).where(due_soon(ctx)).order_by(Tool.inspect_by, Tool.id).limit(limit)
    return list(ctx.session.scalars(query))


def count_expired(ctx: Ctx) -> int:
    """How many tools in use have an expired inspection."""
    query = sa.select(sa.func.count(Tool.id)).where(Tool.inspect_by < ctx.today, Tool.state.in_(IN_USE))
    return ctx.session.scalar(query) or 0


# --- claims ---------------------------------------------------------------------------------------------------------


def get_claim(ctx: Ctx, claim_id: int, *, lock: bool = False) -> ToolClaim:
    """One claim within the actor's reach. Raises NotFound."""
    query = sa.select(ToolClaim).where(ToolClaim.id == claim_id)
    if not lock:
        query = query.options(orm.joinedload(ToolClaim.tool), orm.joinedload(ToolClaim.custody))
    row = ctx.session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound("unknown_claim", _("There is no such claim."))
    return row


def claims_of(ctx: Ctx, tool_id: int, limit: int) -> list[ToolClaim]:
    """The claims about a tool, the newest first."""
    query = sa.select(ToolClaim).where(ToolClaim.tool_id == tool_id).order_by(ToolClaim.id.desc())
    return list(ctx.session.scalars(query.limit(limit)))


def waiting_claims(ctx: Ctx, limit: int) -> list[ToolClaim]:
    """The claims of which the fault is to be decided, the oldest first."""
    query = sa.select(ToolClaim).where(ToolClaim.state == "reported").options(orm.joinedload(ToolClaim.custody))
    return list(ctx.session.scalars(query.order_by(ToolClaim.id).limit(limit)))
