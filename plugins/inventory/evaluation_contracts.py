"""What goes in and out of the evaluation of suppliers, and the words for its codes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

EVALUATION = "inventory.evaluation"
"""Kind of record, for RecordRef."""
RULES = "inventory.supplier_verdicts"
"""The table that says what follows from an evaluation."""
BEST = 5
"""Scores go from 1 to this."""

STANDING_MARKS = {
    "new": ("", "circle-dashed"), "approved": ("ok", "circle-check"), "watched": ("warn", "eye"),
    "stopped": ("bad", "octagon-x"),
}  # fmt: skip


@dataclass(frozen=True)
class Figures:
    """What deliveries in a period showed, in per cent; None where there was nothing to judge by.

    ``claims``: how often something was claimed from it for what failed with customers; None where no module claims.
    """

    lines: int = 0
    on_time: Decimal | None = None
    rejected: Decimal | None = None
    made_good: Decimal | None = None
    claims: int | None = None
    claims_met: Decimal | None = None


@dataclass(frozen=True)
class EvaluationData:
    """An evaluation as it is entered: the period, scores by the company's own list, a remark."""

    supplier_id: int
    since: dt.date
    until: dt.date
    scores: Mapping[str, int] = field(default_factory=dict)
    note: str = ""
