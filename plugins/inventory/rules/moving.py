"""Which move may lead from what sort of location to what sort."""

from __future__ import annotations

import datetime as dt

from plugins.inventory.models.places import ARRIVED, PICKED

AT_HAND = tuple(kind for kind in ARRIVED if kind != "quarantine")
ENDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "receipt": (("supplier", "customer"), ARRIVED),
    "issue": (PICKED, ("customer",)),
    "return": (("customer",), ARRIVED),
    "transfer": (AT_HAND, ARRIVED),
    "send": (AT_HAND, ("transit",)),
    "arrive": (("transit",), ARRIVED),
    "lose": (("transit",), ("adjustment",)),
    "release": (("quarantine",), AT_HAND),
    "scrap": (ARRIVED, ("scrap",)),
    "supplier": (("quarantine",), ("supplier",)),
}
"""Sort of move → sorts of locations whence and whither. A reversal may lead wherever its move came from.

What lies in quarantine leaves it by a quality decision alone (MD-3): released, scrapped, or back to the supplier. What
is in transit came there by a transfer that was sent, and leaves it by what is received of that, or decided.
"""


def may_lead(kind: str, source: str, target: str) -> bool:
    """Whether a move of this sort may lead from one sort of location to another."""
    if kind == "reversal":
        return True
    if kind == "adjustment":
        side, place = (source, target) if source == "adjustment" else (target, source)
        return side == "adjustment" and place in ARRIVED
    sources, targets = ENDS[kind]
    return source in sources and target in targets


def day_refused(day: dt.date, today: dt.date, closed_until: dt.date | None, may_backdate: bool) -> str:
    """Why nothing may be posted for a day: ``future``, ``closed``, ``backdated``; empty where it may."""
    if day > today:
        return "future"
    if closed_until is not None and day <= closed_until:
        return "closed"
    return "backdated" if day < today and not may_backdate else ""


def expiry(produced_on: dt.date | None, shelf_life_days: int | None) -> dt.date | None:
    """The expiry of a batch that names none: its production and the part's shelf life."""
    if produced_on is None or shelf_life_days is None:
        return None
    return produced_on + dt.timedelta(days=shelf_life_days)
