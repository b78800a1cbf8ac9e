"""What a case of coverage comes to: facts put together and moved in time, remedies read off the results. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.api import CompiledTable, Decision, FactError, TooMany, what_would_change
from plugins.warranty.contracts import PeriodState

REMEDIES = ("repair", "exchange", "refund", "reduction")
PAYERS = ("parts_payer", "labour_payer", "travel_payer", "expenses_payer")
PROOFS = ("needs_proof", "needs_records", "needs_report")

GROWS = (
    "days_since_sale", "days_since_delivery", "days_since_installation", "days_since_acceptance",
    "days_since_production", "days_since_start",
)  # fmt: skip
"""Facts that are one more on the next day, whatever else happens."""
IN_REPAIR = ("days_in_repair", "days_out_of_use")
"""Facts that grow while the unit is in repair."""
SHRINKS = "days_left"
BY_TIME = (*GROWS, *IN_REPAIR, SHRINKS, "period", "sold", "months_since_start")
"""Facts that nobody can choose: what they lead to is told as a day, not as an "if"."""


@dataclass(frozen=True)
class Turn:
    """From a day on (``days`` from now) something else follows if nothing but time passes."""

    days: int
    decision: Decision


def period_of(periods: Iterable[PeriodState], part_group: str | None) -> PeriodState | None:
    """The period that counts for what is faulty: of the group of parts, else of its cover, else of the whole unit.

    Of several the one that lasts longest counts.
    """
    known = [p for p in periods if p.cover not in ("labour", "travel", "repair")]
    for fits in (
        [p for p in known if part_group and p.part_group == part_group],
        [p for p in known if part_group and p.cover == part_group and not p.part_group],
        [p for p in known if p.cover == "whole" and not p.part_group],
    ):
        if fits:
            return max(fits, key=_lasts)
    return None


def cover_of(periods: Iterable[PeriodState], cover: str) -> PeriodState | None:
    """The period of a cover such as labour or travel; None where no term speaks of it."""
    return max((p for p in periods if p.cover == cover and not p.part_group), key=_lasts, default=None)


def _lasts(period: PeriodState) -> tuple[bool, dt.date]:
    return period.covers_now, period.last_day or dt.date.min


def day_of(value: Any) -> dt.date:
    """A day given as such or as ISO text."""
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))


def days_since(day: dt.date | None, on: dt.date) -> int | None:
    """Days that have passed since a day, which itself is 0; None while it lies ahead or is not known."""
    return (on - day).days if day is not None and day <= on else None


def months_since(day: dt.date | None, on: dt.date) -> int | None:
    """Whole months that have passed; a month ends on the day of the same number, else on its last (art. 202)."""
    if day is None or day > on:
        return None
    months = (on.year - day.year) * 12 + on.month - day.month
    reached = on.day >= day.day or (on + dt.timedelta(days=1)).month != on.month
    return months if reached else months - 1


def facts_on(facts: Mapping[str, Any], days: int) -> dict[str, Any]:
    """The facts so many days later, if nothing but time passes."""
    later = dict(facts)
    growing = [*GROWS, *(IN_REPAIR if facts.get("days_in_repair") else ())]
    for name in growing:
        if later.get(name) is not None:
            later[name] += days
    left = later.get(SHRINKS)
    if left is not None:
        later[SHRINKS] = left - days
        if facts.get("period") in ("running", "last_day"):
            later["period"] = "over" if left < days else "last_day" if left == days else "running"
    return later


def turns(compiled: CompiledTable, facts: Mapping[str, Any], decision: Decision, most: int = 3) -> list[Turn]:
    """The next days on which another row would decide, if nothing but time passes; the nearest first."""
    found: list[Turn] = []
    before = decision.row_index
    for days in sorted(_days_to_try(compiled, facts)):
        try:
            later = compiled.decide(facts_on(facts, days))
        except FactError:
            continue
        if later.row_index != before:
            found.append(Turn(days, later))
            before = later.row_index
        if len(found) == most:
            break
    return found


def _days_to_try(compiled: CompiledTable, facts: Mapping[str, Any]) -> set[int]:
    """Every day on which some cell of the table may begin or cease to fit."""
    tried: set[int] = set()
    for row in compiled.table.rows:
        for name, cell in row.when.items():
            value = facts.get(name)
            if value is None or name not in (*GROWS, *IN_REPAIR, SHRINKS):
                continue
            for point in cell.values:
                gap = value - point if name == SHRINKS else point - value
                tried |= {gap - 1, gap, gap + 1}
    left = facts.get(SHRINKS)
    if left is not None:
        tried |= {left, left + 1}
    return {days for days in tried if days > 0}


def worth_asking(decision: Decision) -> list[str]:
    """Optional facts that nobody gave and that alone could lead to another row."""
    try:
        changes = what_would_change(decision)
    except TooMany:
        return []
    facts = decision.facts
    return list(dict.fromkeys(c.column for c in changes if facts[c.column] is None and c.column not in BY_TIME))


def remedies(outputs: Mapping[str, Any]) -> list[tuple[int, tuple[str, ...]]]:
    """(step, remedies) in the order of escalation; of one step the customer may choose."""
    steps: dict[int, list[str]] = {}
    for name in REMEDIES:
        step = outputs.get(name)
        if step:
            steps.setdefault(step, []).append(name)
    return [(step, tuple(steps[step])) for step in sorted(steps)]


def changed_facts(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Names of the facts that differ between two decisions, those that only time moved left out."""
    names = dict.fromkeys([*after, *before])
    return [n for n in names if before.get(n) != after.get(n) and n not in (*GROWS, SHRINKS, "months_since_start")]
