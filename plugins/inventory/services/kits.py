"""Kits: what belongs to them, which tools are assigned, whether they are complete (SB-3)."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from core.api import (
    N_,
    Ctx,
    Invalid,
    OpenWork,
    _,
    check_version,
    due_by_table,
    emit,
    emit_if_changed,
    get_setting,
    notify,
    people_with_role,
    start_clock,
    stop_clock,
    transaction,
)
from plugins.inventory.models import Kit, KitLine, Tool
from plugins.inventory.queries import kits as queries
from plugins.inventory.queries import tools as tool_queries
from plugins.inventory.rules.tools import Readiness, ToolFacts, readiness
from plugins.inventory.services.common import required
from plugins.inventory.services.tools import EDIT
from plugins.inventory.tool_contracts import KIT_CLOCK, KitData

MOST = 1000


def save_kit(ctx: Ctx, data: KitData, *, version: int | None = None) -> Kit:
    """Add a kit or change one. The tools of a kit that is reserved for service are reserved with it."""
    ctx.require(EDIT)
    with transaction(ctx):
        row = queries.get_kit(ctx, data.id, lock=True) if data.id else None
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
        return row


def _reserve_tools(ctx: Ctx, kit: Kit) -> None:
    query = sa.select(Tool).where(Tool.kit_id == kit.id, Tool.reserved.is_(False)).order_by(Tool.id)
    for tool in ctx.session.scalars(query.with_for_update()).all():
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
        return kit


def counts(ctx: Ctx, kit_id: int) -> dict[int, Readiness]:
    """Kind → how the tools of a kit stand now, of those within reach."""
    query = sa.select(Tool.kind_id, Tool.state, Tool.inspect_by).where(Tool.kit_id == kit_id)
    return readiness((ToolFacts(*row) for row in ctx.session.execute(query)), ctx.today)


def look(ctx: Ctx, kit_ids: Iterable[int]) -> list[Kit]:
    """Count the tools of kits anew; tell of each that has become incomplete, or complete again, and start or stop its
    time limit. Answers those that changed so.
    """
    changed = []
    with transaction(ctx):
        for kit_id in sorted(set(kit_ids)):
            kit = ctx.session.scalar(sa.select(Kit).where(Kit.id == kit_id).with_for_update())
            if kit is not None and _look(ctx, kit):
                changed.append(kit)
    return changed


def _look(ctx: Ctx, kit: Kit) -> bool:
    now = counts(ctx, kit.id)
    lines = queries.lines_of(ctx, [kit.id])
    for line in lines:
        found = now.get(line.kind_id, Readiness())
        line.ready, line.in_repair, line.expired = found.ready, found.in_repair, found.expired
    missing = [line for line in lines if line.missing] if kit.active else []
    what = ", ".join(f"{line.kind.name} × {line.missing}" for line in missing)
    was, kit.incomplete_since = kit.incomplete_since, (kit.incomplete_since or ctx.now) if missing else None
    ctx.session.flush()
    if bool(was) == bool(missing):
        emit_if_changed(ctx, "inventory.kit_counted", kit, code=kit.code, what=what)
        return False
    if missing:
        emit(ctx, "inventory.kit_incomplete", kit, code=kit.code, name=kit.name, what=what)
        _begin_clock(ctx, kit)
        people = people_with_role(ctx, str(get_setting(ctx, "inventory.tools_told")))
        text = N_("Kit {name} is not complete: {what} missing")
        once = f"kit {kit.id} {ctx.now.isoformat()}"
        notify(ctx, people, text, record=kit, once=once, name=kit.name, what=what)
    else:
        emit(ctx, "inventory.kit_completed", kit, code=kit.code, name=kit.name)
        stop_clock(ctx, kit, KIT_CLOCK)
    return True


def _begin_clock(ctx: Ctx, kit: Kit) -> None:
    """Where a row of the company's table gives a limit; without one nothing runs."""
    unit = tool_queries.unit_code(ctx, kit.unit_id)
    facts = {"kit": kit.code, "reserved": kit.reserved, **({"owner": unit} if unit else {})}
    if due_by_table(ctx, KIT_CLOCK, facts) is not None:
        start_clock(ctx, kit, KIT_CLOCK, facts)


def look_at_all(ctx: Ctx) -> int:
    """Scheduled: an inspection that ended overnight makes a kit incomplete. Answers how many kits changed."""
    ids = ctx.session.scalars(sa.select(Kit.id).where(Kit.active.is_(True)).order_by(Kit.id)).all()
    return len(look(ctx, ids))


def held_by_unit(ctx: Ctx, unit_id: int) -> list[OpenWork]:
    """The tools and kits of a unit that are in use."""
    tools = sa.select(sa.func.count(Tool.id)).where(Tool.unit_id == unit_id, Tool.state.not_in(("lost", "retired")))
    kits = sa.select(sa.func.count(Kit.id)).where(Kit.unit_id == unit_id, Kit.active.is_(True))
    counts_ = (ctx.session.scalar(tools) or 0, ctx.session.scalar(kits) or 0)
    words = (_("Tools in use"), _("Kits in use"))
    return [OpenWork(text, count) for text, count in zip(words, counts_, strict=True) if count]
