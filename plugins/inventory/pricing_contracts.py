"""What goes in and out of the services of sale prices, and the words for their codes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from core.api import N_

PRICE_CHANGE = "inventory.price_change"
"""Kind of record, for RecordRef."""

PRICE_STATE_WORDS = {
    "asked": N_("To be decided"),
    "approved": N_("Approved"),
    "refused": N_("Refused"),
    "withdrawn": N_("Withdrawn"),
}


@dataclass(frozen=True)
class PriceData:
    """A change of a price as it is asked for: of one of the part's own unit, in the company's currency."""

    part_id: int
    price: Decimal
    valid_from: dt.date
    reason: str


@dataclass(frozen=True)
class InForce:
    """What a part costs, since when, and by which change."""

    price: Decimal
    since: dt.date
    change_id: int
