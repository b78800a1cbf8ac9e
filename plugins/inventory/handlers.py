"""What inventory does when others tell something."""

from __future__ import annotations

from core.api import Ctx, Event, RecordRef, _
from plugins.inventory.quality_contracts import SCRAP
from plugins.inventory.services import returns, scrapping
from plugins.inventory.services.for_orders import set_free


def order_ended(ctx: Ctx, event: Event) -> None:
    """An order that is closed or cancelled needs nothing any more."""
    if event.record_id is not None:
        set_free(ctx, RecordRef(event.record_kind, event.record_id))


def rma_received(ctx: Ctx, event: Event) -> None:
    """A piece that the book knows came back: it lies in quarantine from now on, to be inspected."""
    if event.record_id is not None:
        known = event.facts if not event.facts.get("taken") else {"serial_received": event.facts["serial_received"]}
        serials = {str(known.get(name) or "") for name in ("serial_received", "serial")} - {""}
        note = _(": ").join(str(event.facts.get(name) or "") for name in ("number", "condition"))
        returns.take_piece_back(
            ctx, RecordRef(event.record_kind, event.record_id), str(event.facts.get("part_number") or ""), serials, note
        )


def scrap_approved(ctx: Ctx, event: Event) -> None:
    """The last approver agreed to a scrapping: it is carried out, nothing more is to be entered."""
    if event.record_kind == SCRAP and event.record_id is not None:
        scrapping.approved(ctx, event.record_id)


def scrap_refused(ctx: Ctx, event: Event) -> None:
    """An approver refused a scrapping: it is refused for good."""
    if event.record_kind == SCRAP and event.record_id is not None:
        scrapping.refused(ctx, event.record_id, str(event.facts.get("reason") or ""))
