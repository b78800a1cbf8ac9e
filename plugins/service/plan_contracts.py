"""What goes in and out of preventive plans, and the words for their codes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from core.api import N_, RecordRef
from plugins.service.contracts import INSPECTION, KIND_WORDS, PREVENTIVE

PLAN = "service.plan"
"""The kind of record, for RecordRef."""

PLAN_KINDS = (PREVENTIVE, INSPECTION)
PLAN_KIND_WORDS = {kind: KIND_WORDS[kind] for kind in PLAN_KINDS}
RHYTHM_WORDS = {"fixed": N_("Fixed, from the first day of the plan"), "drifting": N_("Drifting, from the last visit")}
PERIOD_WORDS = {"days": N_("days"), "weeks": N_("weeks"), "months": N_("months")}
CLOSED_WORDS = {
    "later": N_("to the next working day"),
    "earlier": N_("to the working day before"),
    "as_is": N_("not at all"),
}
PLAN_STATE_WORDS = {"active": N_("Running"), "paused": N_("Paused"), "ended": N_("No longer runs")}
PLAN_STATE_ICONS = {"active": "repeat", "paused": "pause", "ended": "circle-stop"}
OCCURRENCE_WORDS = {
    "open": N_("Order opened"),
    "held": N_("Held back"),
    "done": N_("Visit done"),
    "skipped": N_("Skipped"),
    "missed": N_("Not opened in time"),
    "cancelled": N_("Order cancelled"),
}
OCCURRENCE_ICONS = {
    "open": "clipboard-list", "held": "hourglass", "done": "circle-check", "skipped": "arrow-right",
    "missed": "triangle-alert", "cancelled": "circle-x",
}  # fmt: skip
OCCURRENCE_TONES = {"open": "info", "held": "warn", "done": "ok", "skipped": "", "missed": "bad", "cancelled": ""}


@dataclass(frozen=True)
class CarePlanData:
    """A preventive plan as entered: what, for whom, how often.

    ``contract`` is the record under which its visits are made; it must be one that ``contracts_for_plan`` offers.
    ``lead_days`` before a due day the order is opened. ``external_key`` is the plan's key in a file it came from.
    """

    name: str
    kind: str = PREVENTIVE
    text: str = ""
    customer_id: int | None = None
    device_id: int | None = None
    contract: RecordRef | None = None
    unit_id: int | None = None
    assignee_id: int | None = None
    rhythm: str = "fixed"
    every: int = 1
    period: str = "months"
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    calendar: str = "office"
    closed_days: str = "later"
    lead_days: int = 7
    external_key: str | None = None
    checklist: str = ""
    places: str = ""
    """Places of an inspection round, one per line."""


@dataclass(frozen=True)
class Allowance:
    """How many visits a contract still includes on a day; ``left`` None: no limit. ``words`` say it, or why none."""

    left: Decimal | None
    words: str = ""
    number: str = ""


STARTS = "service.plan_starts"
"""The table of plans that begin when an installation is accepted (INS-3)."""


@dataclass(frozen=True)
class PlanStart:
    """A row of the table ``service.plan_starts``."""

    code: str
    name: Mapping[str, str]
    kind: str
    every: int
    period: str
    rhythm: str = "fixed"
    months: int | None = None
    lead_days: int = 7
    calendar: str = "office"
