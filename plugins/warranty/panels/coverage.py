"""What decisions on coverage add to pages of others: panels, work, figures."""

from __future__ import annotations

from typing import Any

from flask import has_request_context, url_for

from core.api import Ctx, Figure, Gate, Panel, WorkItem, _, ref_of
from plugins.base.contracts import PRODUCT, UNIT
from plugins.warranty import coverage_life as life
from plugins.warranty import coverage_words as words
from plugins.warranty.contracts import DECISION
from plugins.warranty.models import CoverageDecision
from plugins.warranty.queries import coverage as queries
from plugins.warranty.services import papers

SHOWN = 3


def panels(ctx: Ctx, record: Any) -> list[Panel]:
    """On the page of a unit, or of a record about one (a complaint): its decisions, and a way to decide now."""
    if not ctx.can(life.SEE) or not getattr(record, "id", None) or isinstance(record, CoverageDecision):
        return []
    kind = next((k.kind for k in ctx.registry.kinds.values() if k.model is type(record)), "")
    if kind == PRODUCT:
        return _product(ctx, record)
    device_id = record.id if kind == UNIT else getattr(record, "device_id", None)
    if not kind or device_id is None or kind.startswith("warranty."):
        return []
    rows = queries.decisions_of(ctx, device_id, SHOWN)
    about = "" if kind == UNIT else kind
    values = {
        "rows": rows,
        "verdicts": {row.id: words.verdict(ctx, row) for row in rows},
        "new_url": _new_url(device_id, about, record) if ctx.can(life.DECIDE) else "",
    }
    idle = bool(rows) and kind != UNIT  # what is decided is told by the record that it was decided for
    return [Panel(_("Coverage"), "warranty/_decisions.html", values, order=15, idle=idle)]


def _product(ctx: Ctx, product: Any) -> list[Panel]:
    """On the page of a product: how many cases have a last word, and deciding them again after a rule has changed."""
    count = queries.count_open_of_product(ctx, product.id) if ctx.can(life.REDECIDE) else 0
    if not count:
        return []
    values = {"count": count, "url": url_for("warranty.product_again", product_id=product.id)}
    return [Panel(_("Coverage"), "warranty/_product_again.html", values, order=60)]


def _new_url(device_id: int, about: str, record: Any) -> str:
    more = {"about_kind": about, "about_id": record.id} if about else {}
    return url_for("warranty.decision_new", unit_id=device_id, **more)


def gates(ctx: Ctx, record: Any, transition: str) -> list[Gate]:
    """Papers that this step of a record waits for."""
    try:
        ref = ref_of(ctx, record)
    except LookupError:
        return []
    return papers.gates(ctx, ref, transition, _card_of) if ref.id and ref.kind != DECISION else []


def _card_of(device_id: int) -> str:
    """Where papers of a unit are recorded; outside of a page there is no address to give."""
    return url_for("warranty.card_page", record_id=device_id) if has_request_context() else ""


def work(ctx: Ctx) -> list[WorkItem]:
    """Cases that the rules leave to a person with the right, and those that wait for this person's approval."""
    rows = queries.waiting(ctx, ["referred"]) if ctx.can(life.SETTLE) else []
    if ctx.can(life.APPROVE):
        rows += [r for r in queries.waiting(ctx, ["waiting"]) if _may_approve(ctx, r)]
    clocks = queries.clocks_of(ctx, [r.id for r in rows])
    return [_item(r, clocks.get(r.id)) for r in rows]


def _may_approve(ctx: Ctx, row: CoverageDecision) -> bool:
    role = str(row.outputs.get("approval") or "")
    return (not role or role in ctx.actor.roles) and row.made_by_id != ctx.actor.user_id


def _item(row: CoverageDecision, clock: Any) -> WorkItem:
    referred = row.state == "referred"
    return WorkItem(
        title=row.problem or _("Coverage of a unit"),
        url=url_for("warranty.decision_page", record_id=row.id),
        number=row.number,
        kind=_("Coverage"),
        icon="scale",
        due=clock.due_at if clock is not None else None,
        clock=clock,
        detail=row.customer.name if row.customer else "",
        next_step=_("Decide it") if referred else _("Approve"),
    )


def figures(ctx: Ctx) -> list[Figure]:
    """How many cases wait for a person."""
    if not ctx.can(life.SETTLE):
        return []
    referred, waiting = queries.count_waiting(ctx)
    if not referred and not waiting:
        return []
    url = url_for("warranty.decisions_list", tab="referred" if referred else "waiting")
    return [Figure(_("Coverage to decide"), referred + waiting, url, "warn", icon="scale")]


def counts(ctx: Ctx) -> dict[str, tuple[int, bool]]:
    """What stands beside the menu item."""
    if not ctx.can(life.SETTLE):
        return {}
    referred, _waiting = queries.count_waiting(ctx)
    return {"warranty.decisions_list": (referred, False)} if referred else {}
