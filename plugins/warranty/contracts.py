"""What goes in and out of this plugin's services and queries, and the words for codes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from core.api import N_

TERM, READING, REPAIR, EXCHANGE = "warranty.term", "warranty.reading", "warranty.repair", "warranty.exchange"
"""The kinds of records of periods, for RecordRef."""

WHOLE, MAIN_PARTS, CONSUMABLES, LABOUR, TRAVEL, REPAIRS = (
    "whole", "main_parts", "consumables", "labour", "travel", "repair",
)
COVER_WORDS = {
    WHOLE: N_("Whole unit"),
    MAIN_PARTS: N_("Main parts"),
    CONSUMABLES: N_("Consumables"),
    LABOUR: N_("Labour"),
    TRAVEL: N_("Travel"),
    REPAIRS: N_("Repairs done"),
}
SALE, DELIVERY, INSTALLATION, ACCEPTANCE, FIRST_USE, PRODUCTION, EXCHANGED, REPAIRED = (
    "sale", "delivery", "installation", "acceptance", "first_use", "production", "exchange", "repaired",
)
START_WORDS = {
    SALE: N_("Sale"),
    DELIVERY: N_("Delivery"),
    INSTALLATION: N_("Installation"),
    ACCEPTANCE: N_("Final acceptance"),
    FIRST_USE: N_("First use"),
    PRODUCTION: N_("Production"),
    EXCHANGED: N_("Exchange"),
    REPAIRED: N_("Repair handed back"),
}
"""What happened to a unit, from which a period may start."""
AMOUNT_UNIT_WORDS = {"days": N_("days"), "months": N_("months"), "years": N_("years")}
EXTENDS_WORDS = {
    "none": N_("Not extended"),
    "repair": N_("By the time under repair"),
    "waiting": N_("By the time waited for parts"),
    "both": N_("By repair and waiting time"),
}
REPAIR_DAYS_WORDS = {
    "calendar": N_("Every calendar day touched is a day"),
    "hours_up": N_("24 hours are a day, the rest of each repair is a day, too"),
    "hours_sum": N_("24 hours are a day, hours of all repairs added up"),
}
ON_EXCHANGE_WORDS = {"restart": N_("Starts anew"), "inherit": N_("Goes on as it was")}
TERM_STATE_WORDS = {
    "draft": N_("Draft"),
    "in_force": N_("In force"),
    "withdrawn": N_("Withdrawn"),
    "discarded": N_("Discarded"),
}
TERM_STATE_ICONS = {
    "draft": "pencil",
    "in_force": "circle-check",
    "withdrawn": "circle-stop",
    "discarded": "circle-x",
}
PERIOD_STATE_WORDS = {
    "none": N_("No period"),
    "not_started": N_("Not begun yet"),
    "running": N_("In warranty"),
    "last_day": N_("Last day of warranty"),
    "over": N_("Out of warranty"),
    "unknown": N_("Start unknown"),
}


@dataclass(frozen=True)
class Reason:
    """A sentence of an explanation: a message id with its values; ``core.api._`` words it in the language asked for."""

    text: str
    values: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class MeterState:
    """What a period allows of a usage meter, what was used by the day asked about, and what is left (None: unread)."""

    kind: str
    limit: Decimal
    used: Decimal | None = None
    left: Decimal | None = None
    read_on: dt.date | None = None


@dataclass(frozen=True)
class PeriodState:
    """One period of a unit on one day.

    ``cover`` is a code of ``COVER_WORDS``, ``part_group`` narrows it to one group of parts. ``state`` is a code of
    ``PERIOD_STATE_WORDS``: over by time or by a meter, whichever came first (``over_by`` is ``time`` or a meter's
    kind). ``days_left`` counts the last day; 0 on days after it, None while the start is unknown. ``repair_id`` is the
    repair that a period of cover ``repair`` warrants.
    """

    term_id: int
    term_code: str
    term_name: str
    cover: str
    part_group: str
    state: str
    start_event: str = ""
    start_on: dt.date | None = None
    last_day: dt.date | None = None
    days_left: int | None = None
    meters: tuple[MeterState, ...] = ()
    over_by: str = ""
    over_on: dt.date | None = None
    """The day on which a meter was found to have passed its limit."""
    clause: str = ""
    extended_days: int = 0
    repair_id: int | None = None
    part: str = ""
    """The part, for a part that was exchanged in a repair and has a period of its own."""
    why: tuple[Reason, ...] = ()

    @property
    def covers_now(self) -> bool:
        """Whether a fault on that day falls into the period."""
        return self.state in ("running", "last_day")


@dataclass(frozen=True)
class RepairFacts:
    """What the repair register says about a unit up to a day: repairs counted, days added up, repair warranty.

    ``same`` are repairs of the problem asked about, ``all`` every finished repair. Days are counted as the setting
    ``warranty.repair_days`` says, hours are exact. ``own_days`` are the days for the repairer's own reasons.
    """

    same: int = 0
    all: int = 0
    open: int = 0
    days_out: int = 0
    hours_out: Decimal = Decimal(0)
    days_waited: int = 0
    own_days: int = 0
    longest_days: int = 0
    longest_wait: int = 0
    repair_warranty: bool = False
    repair_warranty_until: dt.date | None = None
    last_repair_on: dt.date | None = None


@dataclass(frozen=True)
class TermData:
    """A warranty term as entered. Empty scope fields fit everything; at least a time or a meter limits it.

    ``starts`` are (event, days after it), tried in order until one has a date. ``meters`` maps kinds to limits.
    """

    code: str
    name: str
    cover: str = WHOLE
    product_id: int | None = None
    product_group: str = ""
    part_group: str = ""
    customer_id: int | None = None
    amount: int | None = None
    amount_unit: str = "months"
    meters: dict[str, Decimal] = field(default_factory=dict)
    starts: tuple[tuple[str, int], ...] = ((SALE, 0),)
    start_day_counts: bool = False
    holiday_shift: bool = False
    calendar: str = ""
    extends: str = "none"
    repair_days: str = "calendar"
    on_exchange: str = "restart"
    exchange_days: int = 0
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None
    earlier_units: bool = False
    clause: str = ""
    note: str = ""
