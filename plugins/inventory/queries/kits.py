"""Kits: what belongs to them, what is assigned, what is missing."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Clock, Ctx, NotFound, _
from plugins.inventory.models import Kit, KitLine, Tool
from plugins.inventory.tool_contracts import KIT, KIT_CLOCK

NOTHING = (0,)


def get_kit(ctx: Ctx, kit_id: int, *, lock: bool = False) -> Kit:
    """One kit within the actor's reach. Raises NotFound."""
    query = sa.select(Kit).where(Kit.id == kit_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = ctx.session.scalar(query)
    if row is None:
        raise NotFound("unknown_kit", _("There is no such kit."))
    return row


def lock_kits(ctx: Ctx, kit_ids: Iterable[int]) -> None:
    """Lock kits in id order, those within reach. Whoever changes a tool has locked that before."""
    query = sa.select(Kit).where(Kit.id.in_(sorted(kit_ids) or [0])).order_by(Kit.id)
    ctx.session.scalars(query.with_for_update().execution_options(populate_existing=True)).all()


def kit_by_code(ctx: Ctx, code: str) -> Kit | None:
    """The kit of that code."""
    return ctx.session.scalar(sa.select(Kit).where(Kit.code == code))


def lines_of(ctx: Ctx, kit_ids: Iterable[int]) -> list[KitLine]:
    """What belongs to these kits, in the order in which it was put in."""
    query = sa.select(KitLine).where(KitLine.kit_id.in_(sorted(set(kit_ids)) or NOTHING))
    return list(ctx.session.scalars(query.options(orm.joinedload(KitLine.kind)).order_by(KitLine.kit_id, KitLine.id)))


def get_line(ctx: Ctx, line_id: int) -> KitLine:
    """One line of a kit that the actor may see. Raises NotFound."""
    query = sa.select(KitLine).where(KitLine.id == line_id)
    row = ctx.session.scalar(query.options(orm.joinedload(KitLine.kind), orm.joinedload(KitLine.kit)))
    if row is None or row.kit is None:
        raise NotFound("unknown_kit_line", _("There is no such line."))
    return row


def tools_in(ctx: Ctx, kit_id: int, limit: int) -> list[Tool]:
    """The tools assigned to a kit that were not lost nor retired, by kind and number."""
    query = sa.select(Tool).where(Tool.kit_id == kit_id, Tool.state.not_in(("lost", "retired")))
    return list(ctx.session.scalars(query.order_by(Tool.kind_id, Tool.number).limit(limit)))


def incomplete(ctx: Ctx, limit: int) -> list[Kit]:
    """The kits in use to which something is missing, the longest first."""
    query = sa.select(Kit).where(Kit.active.is_(True), Kit.incomplete_since.is_not(None))
    return list(ctx.session.scalars(query.order_by(Kit.incomplete_since, Kit.id).limit(limit)))


def clocks_of(ctx: Ctx, kit_ids: Iterable[int]) -> dict[int, Clock]:
    """Kit → the time limit that runs, by which it is complete again."""
    query = sa.select(Clock).where(
        Clock.record_kind == KIT, Clock.record_id.in_(sorted(set(kit_ids)) or NOTHING), Clock.kind == KIT_CLOCK,
        Clock.state.in_(("running", "paused")),
    )  # fmt: skip
    return {clock.record_id: clock for clock in ctx.session.scalars(query)}


def with_words(query: sa.Select) -> sa.Select:
    """Lines of kits with what they are shown with."""
    return query.options(orm.joinedload(KitLine.kit), orm.joinedload(KitLine.kind))
