"""What tools do when the threshold of fixed assets changes, tools move, and claims are approved or refused."""

from __future__ import annotations

from core.api import Ctx, Event
from plugins.inventory.services import kit_counts, tool_claims, tools
from plugins.inventory.tool_contracts import CLAIM, THRESHOLD


def setting_changed(ctx: Ctx, event: Event) -> None:
    """The company's threshold is another one: the flags of tools follow it (GS-16, AG-16)."""
    if event.facts.get("key") == THRESHOLD:
        tools.classify_all(ctx)


def tools_moved(ctx: Ctx, event: Event) -> None:
    """What is assigned to a kit stands otherwise: the kit is counted, where the act itself could not."""
    kit_counts.look(ctx, [int(kit_id) for kit_id in event.facts.get("kits") or ()])


def approved(ctx: Ctx, event: Event) -> None:
    """The last approver agreed to a claim: it is to be paid, nothing more is to be entered."""
    if event.record_kind == CLAIM and event.record_id is not None:
        tool_claims.approved(ctx, event.record_id)


def refused(ctx: Ctx, event: Event) -> None:
    """An approver refused a claim: it is waived."""
    if event.record_kind == CLAIM and event.record_id is not None:
        tool_claims.refused(ctx, event.record_id, str(event.facts.get("reason") or ""))
