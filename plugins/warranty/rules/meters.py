"""Meters count upwards: where a new reading fits between those that are known, and what it makes of the total."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.api import N_
from plugins.warranty.contracts import Reason


@dataclass(frozen=True)
class Known:
    """A reading that counts: its day, what the meter showed, and the total."""

    day: dt.date
    value: Decimal
    total: Decimal


@dataclass(frozen=True)
class Placed:
    """Where a new reading stands: its total, or why it can't be right."""

    total: Decimal = Decimal(0)
    problem: Reason | None = None


def placed(known: Sequence[Known], day: dt.date, value: Decimal, old_value: Decimal | None = None) -> Placed:
    """The total that a reading means. ``known`` are the readings of this meter in order of day and total.

    ``old_value``: the meter was replaced that day; this is what the old one showed last, ``value`` what the new one
    begins with.
    """
    before = [k for k in known if k.day <= day]
    after = [k for k in known if k.day > day]
    carried = before[-1].total - before[-1].value if before else Decimal(0)
    shown = value if old_value is None else old_value
    total = carried + shown
    if before and total < before[-1].total:
        text = N_(
            "On {day} it was {before} already: it can't be {value} later. If the meter was replaced, say so; if the "
            "earlier reading was wrong, correct that one."
        )
        values = {"day": before[-1].day, "before": before[-1].value, "value": shown}
        return Placed(total, Reason(text, values))
    if after and old_value is not None:
        text = N_("There are later readings. Correct them first, then record the replacement.")
        return Placed(total, Reason(text))
    if after and total > after[0].total:
        text = N_("On {day} it was only {after}: it can't have been {value} before. Correct the reading that is wrong.")
        return Placed(total, Reason(text, {"day": after[0].day, "after": after[0].value, "value": shown}))
    return Placed(total)
