"""What changed in the archive moves the periods of units."""

from __future__ import annotations

from collections.abc import Iterator

from core.api import Ctx, Event
from plugins.base.contracts import UNIT
from plugins.warranty.services.periods import refresh_all_later, refresh_periods


def of_unit(ctx: Ctx, event: Event) -> None:
    """A unit was registered, changed or merged."""
    ids = {event.record_id} if event.record_kind == UNIT and event.record_id else set()
    ids |= {change["id"] for change in event.changes if change.get("table") == "base_unit" and change.get("id")}
    refresh_periods(ctx, ids)


def of_sale(ctx: Ctx, event: Event) -> None:
    """A line of the sales ledger was written, corrected or struck: the unit it is about now, and the one before."""
    refresh_periods(ctx, set(_devices(event)))


def of_all(ctx: Ctx, _event: Event) -> None:
    """A load was taken back: with its rows went the periods that it had worked out."""
    refresh_all_later(ctx)


def _devices(event: Event) -> Iterator[int]:
    for change in event.changes:
        value = (change.get("fields") or {}).get("device_id")
        for device_id in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(device_id, int):
                yield device_id
