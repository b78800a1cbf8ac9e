"""What changed in the archive moves the periods of units."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.api import Ctx, Event
from plugins.base.contracts import SALE, UNIT
from plugins.base.queries import units_of_sales
from plugins.warranty.services.periods import refresh_all_later, refresh_periods


def of_units(ctx: Ctx, events: Iterable[Event]) -> None:
    """Units were registered, changed or merged; lines of the sales ledger about them written, corrected or struck."""
    told = list(events)
    ids = {device_id for event in told for device_id in (*_units(event), *_sold(event))}
    sales = {event.record_id for event in told if event.record_kind == SALE and event.record_id}
    refresh_periods(ctx, ids | units_of_sales(ctx, sales))


def of_unit(ctx: Ctx, event: Event) -> None:
    """The same for a single one."""
    of_units(ctx, [event])


def of_all(ctx: Ctx, _event: Event) -> None:
    """A load was taken back: with its rows went the periods that it had worked out."""
    refresh_all_later(ctx)


def _units(event: Event) -> Iterator[int]:
    if event.record_kind == UNIT and event.record_id:
        yield event.record_id
    for change in event.changes or ():
        if change.get("table") == "base_unit" and change.get("id"):
            yield change["id"]


def _sold(event: Event) -> Iterator[int]:
    """The units that a line of the ledger was about before, or that it is about since."""
    for change in event.changes or ():
        value = (change.get("fields") or {}).get("device_id") if change.get("table") == "base_sales_record" else None
        for device_id in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(device_id, int):
                yield device_id
