"""What tools add to the page "My work": what I keep, what waits for my signature, what is missing and due."""

from __future__ import annotations

from flask import url_for

from core.api import Ctx, Notice, Panel, WorkItem, _, n_
from plugins.inventory.queries import kits as kit_queries
from plugins.inventory.queries import tools as queries
from plugins.inventory.services.custody import HOLD
from plugins.inventory.services.tool_claims import DECIDE
from plugins.inventory.services.tools import EDIT
from plugins.inventory.tool_contracts import LOSS_WORDS

VIEW = "inventory.tool.view"
SHOWN = 10


def work(ctx: Ctx) -> list[WorkItem]:
    """Tools to accept; kits to complete; claims to decide on."""
    return [*_to_accept(ctx), *_incomplete(ctx), *_claims(ctx)]


def _to_accept(ctx: Ctx) -> list[WorkItem]:
    if ctx.actor.user_id is None or not (ctx.can(HOLD) and ctx.can(VIEW)):
        return []
    return [
        WorkItem(
            title=_("{tool} is handed to you", tool=row.tool_name),
            url=url_for("inventory.custody_page", record_id=row.id), number=row.tool_number, kind=_("Tool"),
            icon="hand", detail=row.offered_by, next_step=_("Accept and sign"),
        )
        for row in queries.with_person(ctx, ctx.actor.user_id, ("offered",), SHOWN)
    ]  # fmt: skip


def _incomplete(ctx: Ctx) -> list[WorkItem]:
    if not (ctx.can(EDIT) and ctx.can(VIEW)):
        return []
    kits = kit_queries.incomplete(ctx, SHOWN)
    missing: dict[int, list[str]] = {}
    for line in kit_queries.lines_of(ctx, [kit.id for kit in kits]):
        if line.missing:
            missing.setdefault(line.kit_id, []).append(f"{line.kind.name} × {line.missing}")
    clocks, items = kit_queries.clocks_of(ctx, [kit.id for kit in kits]), []
    for kit in kits:
        running = clocks.get(kit.id)
        items.append(
            WorkItem(
                title=_("Kit {name} is not complete", name=kit.name),
                url=url_for("inventory.kit_page", record_id=kit.id), number=kit.code, kind=_("Kit"),
                icon="briefcase", due=running.due_at if running is not None else None, clock=running,
                detail=_(", ").join(missing.get(kit.id, [])), next_step=_("Complete it"),
            )
        )  # fmt: skip
    return items


def _claims(ctx: Ctx) -> list[WorkItem]:
    if not (ctx.can(DECIDE) and ctx.can("inventory.tool_claim.view")):
        return []
    return [
        WorkItem(
            title=f"{_(LOSS_WORDS[row.happened])}{_(': ')}{row.custody.tool_name if row.custody else ''}",
            url=url_for("inventory.tool_claim_page", record_id=row.id), number=row.number, kind=_("Claim for a tool"),
            icon="scale", next_step=_("Decide on the fault"),
        )
        for row in queries.waiting_claims(ctx, SHOWN)
    ]  # fmt: skip


def kept(ctx: Ctx) -> list[Panel]:
    """The tools in one's own custody."""
    if ctx.actor.user_id is None or not ctx.can(VIEW):
        return []
    rows = queries.with_person(ctx, ctx.actor.user_id, ("held",), SHOWN + 1)
    if not rows:
        return []
    data = {"rows": rows[:SHOWN], "more": len(rows) > SHOWN}
    return [Panel(_("What I keep"), "inventory/_kept.html", data, "side", 60)]


def notices(ctx: Ctx) -> list[Notice]:
    """Tools in use whose inspection has expired, for who looks after them."""
    if not (ctx.can(EDIT) and ctx.can(VIEW)):
        return []
    count = queries.count_expired(ctx)
    if not count:
        return []
    title = n_("Inspection of {n} tool has expired", "Inspections of {n} tools have expired", count)
    url = url_for("inventory.tools_list", tab="due")
    return [Notice(title, _("They are not to be used before they are inspected."), url, _("Look at them"), "warn",
                   "badge-alert")]  # fmt: skip


def counts(ctx: Ctx) -> dict[str, tuple[int, bool]]:
    """Incomplete kits beside their menu item."""
    if not ctx.can(VIEW):
        return {}
    number = len(kit_queries.incomplete(ctx, SHOWN))
    return {"inventory.readiness_list": (number, True)} if number else {}
