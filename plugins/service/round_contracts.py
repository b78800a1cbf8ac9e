"""What goes in and out of inspection rounds, and the words for their codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.api import N_

ROUND = "service.round"
"""The kind of record, for RecordRef."""
REPORT = "service.round_report"
"""The report of a round, a document of it."""
FAULTS_TABLE = "service.round_faults"
GENERAL_LIST = "service.inspection"
"""The checklist that is shipped for rounds."""

PLACE_WORDS = {"open": N_("Not looked at yet"), "checked": N_("Looked at"), "skipped": N_("Passed over")}
PLACE_ICONS = {"open": "circle", "checked": "circle-check", "skipped": "minus"}


@dataclass(frozen=True)
class Point:
    """A point of a round's checklist, as it was when the round began."""

    code: str
    text: Mapping[str, str]
    type: str
    required: bool = True
    choices: tuple[tuple[str, Mapping[str, str]], ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    remark: bool = False

    def options(self) -> list[tuple[str, Mapping[str, str]]]:
        """(value, words) to choose from; empty for what is typed."""
        return list(self.choices)


@dataclass(frozen=True)
class Answers:
    """What was seen at a place: code of a point → (answer, remark)."""

    given: Mapping[str, tuple[str, str]] = field(default_factory=dict)
