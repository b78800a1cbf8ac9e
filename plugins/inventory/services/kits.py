"""Kits: what belongs to them, which tools are assigned (SB-3)."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import (
    Conflict,
    Ctx,
    Invalid,
    OpenWork,
    _,
    check_version,
    emit,
    transaction,
)
from plugins.inventory.models import Kit, KitLine, Tool
from plugins.inventory.queries import kits as queries
from plugins.inventory.queries import tools as tool_queries
from plugins.inventory.services.common import required
from plugins.inventory.services.kit_counts import look_now
from plugins.inventory.services.tools import EDIT
from plugins.inventory.tool_contracts import KitData

MOST = 1000
TRIES = 5
"""So often a kit is locked anew because a tool came to it meanwhile."""


def save_kit(ctx: Ctx, data: KitData, *, version: int | None = None) -> Kit:
    """Add a kit or change one. The tools of a kit that is reserved for service are reserved with it."""
    ctx.require(EDIT)
    with transaction(ctx):
        row = _locked_with_tools(ctx, data.id) if data.id else None
        check_version(row, version)
        code = required(data.code, "code", _("Give it a code."), 40)
        name = required(data.name, "name", _("Give it a name."), 120)
        same = queries.kit_by_code(ctx, code)
        if same is not None and same is not row:
            raise Invalid("code_taken", _("“{name}” has the code {code} already.", name=same.name, code=code), "code")
        if data.unit_id is not None:
            tool_queries.get_unit(ctx, data.unit_id)
        row = row or Kit()
        row.code, row.name, row.unit_id, row.reserved = code, name, data.unit_id, data.reserved
        row.note, row.active = data.note.strip(), data.active
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "inventory.kit_saved", row, code=code, name=name, kits=[row.id])
        if row.reserved:
            _reserve_tools(ctx, row)
        look_now(ctx, [row.id])
        return row


def _locked_with_tools(ctx: Ctx, kit_id: int) -> Kit:
    """A kit and its tools, locked in the order of whoever changes a tool: the tools by id, then the kit.

    A tool that comes to the kit between the two is seen once the kit is locked: then all is let go and locked anew.
    """
    for _attempt in range(TRIES):
        try:
            with ctx.session.begin_nested():
                return _locked(ctx, kit_id)
        except _CameMeanwhileError:
            continue
    raise Conflict("busy", _("The tools of this kit are being changed by somebody else. Try again."))


class _CameMeanwhileError(Exception):
    """A tool came to the kit while its tools were locked."""


def _locked(ctx: Ctx, kit_id: int) -> Kit:
    tools = sa.select(Tool.id).where(Tool.kit_id == kit_id).order_by(Tool.id)
    held = set(ctx.session.scalars(tools.with_for_update()))
    kit = queries.get_kit(ctx, kit_id, lock=True)
    if not held.issuperset(ctx.session.scalars(tools)):
        raise _CameMeanwhileError
    return kit


def _reserve_tools(ctx: Ctx, kit: Kit) -> None:
    query = sa.select(Tool).where(Tool.kit_id == kit.id, Tool.reserved.is_(False)).order_by(Tool.id)
    for tool in ctx.session.scalars(query).all():
        tool.reserved = True
        ctx.session.flush()
        emit(ctx, "inventory.tool_saved", tool, links=[kit], number=tool.number, name=tool.name)


def save_line(ctx: Ctx, kit_id: int, kind_id: int, quantity: int, *, version: int | None = None) -> KitLine:
    """So many of a kind belong to a kit; a line of that kind is changed."""
    ctx.require(EDIT)
    with transaction(ctx):
        kit = queries.get_kit(ctx, kit_id, lock=True)
        check_version(kit, version)
        kind = tool_queries.get_kind(ctx, kind_id)
        if not 1 <= quantity <= MOST:
            raise Invalid("bad_quantity", _("From 1 to {n} pieces.", n=MOST), "quantity")
        known = sa.select(KitLine).where(KitLine.kit_id == kit.id, KitLine.kind_id == kind.id)
        line = ctx.session.scalar(known) or KitLine(kit_id=kit.id, kind_id=kind.id)
        line.quantity = quantity
        ctx.session.add(line)
        ctx.session.flush()
        emit(ctx, "inventory.kit_line_saved", kit, code=kit.code, what=f"{kind.name} × {quantity}", kits=[kit.id])
        look_now(ctx, [kit.id])
        return line


def drop_line(ctx: Ctx, line_id: int) -> Kit:
    """Tools of this kind no longer belong to the kit; those assigned stay assigned."""
    ctx.require(EDIT)
    with transaction(ctx):
        line = queries.get_line(ctx, line_id)
        kit = queries.get_kit(ctx, line.kit_id, lock=True)
        name = line.kind.name
        ctx.session.delete(line)
        ctx.session.flush()
        emit(ctx, "inventory.kit_line_dropped", kit, code=kit.code, what=name, kits=[kit.id])
        look_now(ctx, [kit.id])
        return kit


def held_by_unit(ctx: Ctx, unit_id: int) -> list[OpenWork]:
    """The tools and kits of a unit that are in use."""
    tools = sa.select(sa.func.count(Tool.id)).where(Tool.unit_id == unit_id, Tool.state.not_in(("lost", "retired")))
    kits = sa.select(sa.func.count(Kit.id)).where(Kit.unit_id == unit_id, Kit.active.is_(True))
    counts_ = (ctx.session.scalar(tools) or 0, ctx.session.scalar(kits) or 0)
    words = (_("Tools in use"), _("Kits in use"))
    return [OpenWork(text, count) for text, count in zip(words, counts_, strict=True) if count]
