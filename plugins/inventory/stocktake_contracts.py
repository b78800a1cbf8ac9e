"""What goes in and out of the services of stocktakes, and the words for their codes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from core.api import N_

STOCKTAKE = "inventory.stocktake"
"""The kind of record, for RecordRef."""
STOCKTAKE_STATE_WORDS = {
    "open": N_("Being counted"),
    "review": N_("Counted, to be posted"),
    "posted": N_("Posted"),
    "cancelled": N_("Cancelled"),
}
STOCKTAKE_KIND_WORDS = {"full": N_("Full count"), "cycle": N_("Cycle count")}


@dataclass(frozen=True)
class StocktakeData:
    """What is to be counted: a location with all below it; of a cycle count what was not counted ``not_since``."""

    location_id: int
    kind: str = "full"
    blind: bool = True
    guarantee_only: bool = False
    not_since: dt.date | None = None
    note: str = ""


@dataclass(frozen=True)
class CountData:
    """So much was counted, now or at a moment before. ``again``: on purpose once more. ``seen``: how often it had been
    counted when the page was shown; None: whoever counts has not looked.
    """

    quantity: Decimal
    at: dt.datetime | None = None
    note: str = ""
    again: bool = False
    seen: int | None = None


@dataclass(frozen=True)
class FoundData:
    """Something lies there that stands on no list."""

    part_id: int
    location_id: int
    quantity: Decimal
    batch: str = ""
    serial: str = ""
    note: str = ""


@dataclass(frozen=True)
class Progress:
    """How far a stocktake is. ``amount`` None: nobody knows what something of it is worth."""

    lines: int = 0
    counted: int = 0
    again: int = 0
    different: int = 0
    amount: Decimal | None = None
