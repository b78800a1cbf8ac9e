"""Whether kits are complete (SB-3): counted in the act that changes a tool, by whoever sees all tools of the kit."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from core.api import (
    N_,
    Ctx,
    count_across_units,
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
from plugins.inventory.models import Kit, Tool
from plugins.inventory.queries import kits as queries
from plugins.inventory.queries import tools as tool_queries
from plugins.inventory.rules.tools import Readiness, ToolFacts, readiness
from plugins.inventory.tool_contracts import KIT_CLOCK


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


def look_now(ctx: Ctx, kit_ids: Iterable[int]) -> None:
    """Count kits inside the act that changes them. Who does not see a kit, or not all of its tools, would count wrong:
    then the handler that follows the event counts it.
    """
    for kit_id in sorted(set(kit_ids)):
        query = sa.select(sa.func.count(Tool.id)).where(Tool.kit_id == kit_id)
        if count_across_units(ctx, query)[0] == ctx.session.scalar(query):
            look(ctx, [kit_id])


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
