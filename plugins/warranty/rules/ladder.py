"""The expiry ladder: which steps are due before something ends. Pure; the table and the day are given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from plugins.warranty.rules.agreements import add_months


@dataclass(frozen=True)
class Rung:
    """One step, as a row of the ladder's table says it: what is done how long before the end, and by whom."""

    key: str
    action: str
    lead: int
    unit: str
    role: str = ""
    then_role: str = ""
    template: str = ""
    task: str = ""
    within: int = 0
    """Days in which it should be done."""

    def day(self, expires_on: dt.date) -> dt.date:
        """The day on which it is due, for something whose last day is ``expires_on``."""
        if self.unit == "months":
            return add_months(expires_on, -self.lead)
        return expires_on - dt.timedelta(days=self.lead)


def rung_of(key: str, row: Mapping[str, Any]) -> Rung:
    """A rung from the outputs of a row."""
    return Rung(
        key,
        str(row["action"]),
        int(row["lead"]),
        str(row.get("unit") or "days"),
        str(row.get("role") or ""),
        str(row.get("then_role") or ""),
        str(row.get("template") or ""),
        str(row.get("task") or ""),
        int(row.get("within") or 0),
    )


@dataclass(frozen=True)
class Due:
    """A rung that has been reached: on which day, and whether that day has passed unnoticed."""

    rung: Rung
    day: dt.date
    late: bool


def reached(rungs: Iterable[Rung], expires_on: dt.date, today: dt.date) -> list[Due]:
    """The rungs that are due by ``today``, earliest first; none once the thing has ended.

    A step whose day nobody noticed (the system was down) is due now, once, and late.
    """
    if today > expires_on:
        return []
    found = [Due(rung, day, day < today) for rung in rungs if (day := rung.day(expires_on)) <= today]
    return sorted(found, key=lambda d: (d.day, d.rung.key))
