"""What goes in and out of this plugin's services and queries, and the words for codes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.api import N_, RecordRef
from plugins.warranty.agreed import (  # noqa: F401 - what other modules need of contracts, suppliers and claims
    AGREEMENT,
    CLAIM,
    CONTRACT,
    FOLLOW_UP,
    ClaimData,
    ContractClock,
    ContractFacts,
    QuotaState,
    Responsible,
    SupplierFacts,
    UseData,
)

TERM, PERIOD, READING = "warranty.term", "warranty.period", "warranty.reading"
REPAIR, EXCHANGE = "warranty.repair", "warranty.exchange"
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
    DELIVERY: N_("Delivery to the customer"),
    INSTALLATION: N_("Installation of the unit"),
    ACCEPTANCE: N_("Final acceptance"),
    FIRST_USE: N_("First use"),
    PRODUCTION: N_("Production"),
    EXCHANGED: N_("Exchange"),
    REPAIRED: N_("Repair handed back"),
}
"""What happened to a unit, from which a period may start."""
DATED_EVENTS = (SALE, DELIVERY, INSTALLATION, ACCEPTANCE, FIRST_USE, PRODUCTION)
"""Events whose day is proved by papers; the others come from the registers of repairs and exchanges."""
DECIDED = "decided"
"""The kind of proof that outweighs all others: a person decided between the others, with a reason."""
IN_ARCHIVE, IN_SALES = "archive", "sales"
"""The kinds of proof that are not entered here: what the archive of units and the sales ledger say."""
INVOICE, WARRANTY_CARD = "invoice", "card"
"""The kinds of proof that count as proof of purchase and as warranty card."""
READING_SOURCE_WORDS = {
    "staff": N_("Read by staff"),
    "customer": N_("Told by the customer"),
    "repair": N_("Read at a repair"),
    "import": N_("Loaded from a file"),
    "machine": N_("Sent by the machine"),
}
REPAIR_CAUSE_WORDS = {
    "": N_("Not said"),
    "defect": N_("Defect"),
    "misuse": N_("Misuse"),
    "wear": N_("Wear"),
    "transport": N_("Transport"),
    "installation": N_("Installation of the unit"),
    "force_majeure": N_("Force majeure"),
    "unknown": N_("Can't tell"),
}
REPAIR_RESULT_WORDS = {
    "": N_("Under repair"),
    "repaired": N_("Repaired"),
    "not_repaired": N_("Not repaired"),
    "no_fault": N_("No fault found"),
}
CARRIES_WORDS = {
    "": N_("As the terms say"),
    "restart": N_("Periods start anew"),
    "inherit": N_("Periods go on"),
}
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
    "hours_sum": N_("24 hours are a day, hours of all repairs added up, a rest does not count"),
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
class Events:
    """Names of events of ``START_WORDS`` within a sentence."""

    codes: tuple[str, ...]


@dataclass(frozen=True)
class Reason:
    """A sentence of an explanation: a message id with its values. ``words.reason`` says it in the language of the
    moment.
    """

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


DECISION = "warranty.decision"
"""The kind of records of decisions on coverage."""
ANALYSIS, JUDGEMENT, REPAIR_DUE, LOANER_DUE = (
    "warranty.analysis", "warranty.judgement", "warranty.repair_due", "warranty.loaner_due",
)
"""Clocks on a decision: the cause is to be found, a person is to judge, the repair and the loaner are due."""
DECISION_STATE_WORDS = {
    "stands": N_("The decision stands"),
    "referred": N_("A person decides"),
    "waiting": N_("Waits for approval"),
    "refused": N_("Not approved"),
    "superseded": N_("Replaced by a later decision"),
}
DECISION_STATE_ICONS = {
    "stands": "circle-check",
    "referred": "user",
    "waiting": "hourglass",
    "refused": "circle-x",
    "superseded": "history",
}
CHARGE_WORDS = {
    "free": N_("Free of charge"),
    "paid": N_("Paid"),
    "contract": N_("By contract"),
    "administration": N_("Administration"),
}
CHARGE_TONES = {"free": "ok", "paid": "warn", "contract": "info", "administration": ""}
CHARGE_ICONS = {"free": "shield-check", "paid": "coins", "contract": "file-check", "administration": "building-2"}
REMEDY_WORDS = {
    "repair": N_("repair"),
    "exchange": N_("exchange"),
    "refund": N_("refund"),
    "reduction": N_("price reduction"),
}


@dataclass(frozen=True)
class CoverageCase:
    """A fault (or other work) on a unit, for which somebody has to know what the customer may ask and who pays.

    ``problem`` names the problem, so that repairs of the same one are counted. ``about`` is the record that it belongs
    to (a complaint, a service request). ``given`` are facts that a person knows, by the names of the rule sets; they
    count before what the records say. ``handed_in`` is the day on which the unit was given to the repairer.
    ``former_id`` is the decision that this one takes the place of, because ``reason`` has changed; both stay.
    """

    unit_id: int
    problem: str = ""
    about: RecordRef | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    handed_in: dt.date | None = None
    former_id: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class CoverageAnswer:
    """What was decided about a case: the stored decision, and what follows from it.

    ``state`` is a code of DECISION_STATE_WORDS; only ``stands`` may be acted on. ``remedies`` are (step, remedies):
    of step 1 the customer may choose now. ``payers`` maps a kind of cost (parts, labour, travel, expenses) to who
    bears it. ``outputs`` are all results by name, as the rule set gives them.
    """

    decision_id: int
    number: str
    state: str
    charge: str
    remedies: tuple[tuple[int, tuple[str, ...]], ...]
    payers: Mapping[str, str]
    price_list: str
    clause: str
    words: str
    holds_until: dt.date | None
    outputs: Mapping[str, Any]

    @property
    def ref(self) -> RecordRef:
        """The decision as a record that others may point to."""
        return RecordRef(DECISION, self.decision_id)


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


# --- prices and quotes ------------------------------------------------------------------------------------------------

PRICE_LIST, PRICE_VERSION, QUOTE = "warranty.price_list", "warranty.price_version", "warranty.quote"
"""The kinds of records of prices and quotes, for RecordRef."""
QUOTE_VALID = "warranty.quote_valid"
"""The clock of a sent quote: until when the customer may accept it."""
QUOTE_MAILS = "warranty.quote"
"""The group of message templates that a quote is sent with."""

PRICE_LIST_WORDS = {
    "normal": N_("Normal prices"),
    "preferential": N_("Preferential prices"),
    "contract": N_("Contract prices"),
}
PRICE_STATE_WORDS = {
    "draft": N_("Draft"),
    "submitted": N_("Submitted"),
    "published": N_("Published version"),
    "dropped": N_("Draft dropped"),
}
PRICE_STATE_ICONS = {
    "draft": "pencil",
    "submitted": "send",
    "published": "circle-check",
    "dropped": "circle-x",
}
COST_KINDS = ("parts", "labour", "travel", "expenses")
"""The kinds of cost that terms, contracts and decisions speak of."""
LINE_COSTS = {"labour": "labour", "travel": "travel", "part": "parts", "expense": "expenses"}
"""What a line of a quote or a row of a price list may be → the kind of cost that it belongs to."""
LINE_WORDS = {
    "labour": N_("Labour"),
    "travel": N_("Travel"),
    "part": N_("Part"),
    "expense": N_("Expense"),
}
PRICE_UNIT_WORDS = {
    "hour": N_("hour"),
    "piece": N_("piece"),
    "km": N_("km"),
    "trip": N_("trip"),
    "day": N_("day"),
    "job": N_("job"),
    "set": N_("set"),
    "metre": N_("metre"),
    "kg": N_("kg"),
    "litre": N_("litre"),
}
QUOTE_STATE_WORDS = {
    "draft": N_("Draft"),
    "sent": N_("Sent to the customer"),
    "accepted": N_("Agreed by the customer"),
    "refused": N_("Refused by the customer"),
    "expired": N_("Expired"),
    "released": N_("Released without payment"),
    "replaced": N_("Replaced by a newer version"),
    "withdrawn": N_("Withdrawn"),
}
QUOTE_STATE_ICONS = {
    "draft": "pencil",
    "sent": "send",
    "accepted": "circle-check",
    "refused": "circle-x",
    "expired": "hourglass",
    "released": "lock-open",
    "replaced": "copy",
    "withdrawn": "undo-2",
}
CONSENT_WORDS = {
    "phone": N_("By phone"),
    "written": N_("In writing"),
    "on_site": N_("On site, signed"),
    "mail": N_("By e-mail"),
    "message": N_("By message"),
}
SENT_WORDS = {
    "mail": N_("By e-mail"),
    "print": N_("On paper"),
    "told": N_("Told by phone or on site"),
}
PAYER_WORDS = {
    "customer": N_("Customer"),
    "company": N_("We ourselves"),
    "supplier": N_("Maker or supplier"),
    "contract": N_("Service contract"),
}
"""Who pays a line; only what the customer pays carries a price."""


@dataclass(frozen=True)
class PriceListData:
    """A price list as entered. ``currency`` is an ISO code; ``base_id`` the list that percentages refer to."""

    code: str
    name: str
    kind: str = "normal"
    currency: str = ""
    tax_included: bool = True
    base_id: int | None = None


@dataclass(frozen=True)
class PriceItemData:
    """A row of a price list: a price per unit, or a percentage of the base list's price.

    ``code`` (of a part or a kind of work) and ``group`` narrow it; both empty means every item of the kind.
    ``from_quantity`` is where a tier begins, ``minimum`` the least that is charged for a line.
    """

    kind: str
    unit: str
    code: str = ""
    group: str = ""
    label: str = ""
    price: Decimal | None = None
    percent: Decimal | None = None
    from_quantity: Decimal = Decimal(0)
    minimum: Decimal | None = None


@dataclass(frozen=True)
class PriceAsked:
    """What is to be priced: a kind of cost, the code of a part or of work, its group, and how much of it."""

    kind: str
    code: str = ""
    group: str = ""
    quantity: Decimal = Decimal(1)


@dataclass(frozen=True)
class Price:
    """A price found: per ``unit``, which row of which version gave it, and ``why`` in words."""

    amount: Decimal
    unit: str
    currency: str
    tax_included: bool
    item_id: int
    version_id: int
    label: str
    minimum: Decimal | None
    why: str


@dataclass(frozen=True)
class Payer:
    """Who pays a kind of cost and why, as a coverage decision or a person says."""

    who: str
    reason: str = ""


@dataclass(frozen=True)
class QuoteLineData:
    """A line as entered. With ``free`` its price and unit are given by hand, else they come from the quote's list."""

    kind: str
    code: str = ""
    group: str = ""
    label: str = ""
    quantity: Decimal = Decimal(1)
    free: bool = False
    unit: str = ""
    unit_price: Decimal | None = None
    discount: Decimal = Decimal(0)
    payer: Payer | None = None
    """None: as the coverage decision of the quote says, else the customer."""


@dataclass(frozen=True)
class QuoteData:
    """A quote as entered. ``about`` is the record that it is for; ``payers`` maps kinds of cost to who pays them.

    ``coverage_id`` is the decision on coverage by which it is made: payers, list, customer, unit and record are the
    decision's where nothing else is given. ``decision_id`` is the stored ruling (core) behind it.
    """

    title: str
    list_id: int | None = None
    about: RecordRef | None = None
    customer_id: int | None = None
    device_id: int | None = None
    person_name: str = ""
    person_phone: str = ""
    person_email: str = ""
    discount: Decimal = Decimal(0)
    note: str = ""
    unit_id: int | None = None
    payers: Mapping[str, Payer] = field(default_factory=dict)
    coverage_id: int | None = None
    decision_id: int | None = None
    lines: tuple[QuoteLineData, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What a customer answered to a quote: who said it, when (now unless given), how, and a note.

    ``evidence`` is the name and content of a file that proves it.
    """

    who: str
    how: str
    at: dt.datetime | None = None
    note: str = ""
    evidence: tuple[str, bytes] | None = None


@dataclass(frozen=True)
class ConsentState:
    """What stands between a record and paid work on it.

    ``state`` is ``nothing_to_pay``, ``no_quote``, ``not_sent``, ``waiting``, ``given``, ``refused``, ``released`` or
    ``expired``. ``given`` tells whether paid work may begin; ``words`` say so.
    """

    state: str
    words: str
    quote_id: int | None = None
    number: str = ""
    who: str = ""
    at: dt.datetime | None = None
    how: str = ""

    @property
    def given(self) -> bool:
        """Whether work may begin as far as the customer's consent is concerned."""
        return self.state in ("nothing_to_pay", "given", "released")


@dataclass(frozen=True)
class ProofData:
    """A proof of a date as entered. ``source`` is one of the company's kinds of proof, ``file`` name and content of a
    picture or scan of it.
    """

    device_id: int
    event: str
    day: dt.date
    source: str
    document: str = ""
    note: str = ""
    external_key: str | None = None
    file: tuple[str, bytes] | None = None


@dataclass(frozen=True)
class ReadingData:
    """A meter reading as entered. ``old_value`` with ``replaced``: what the old meter showed last."""

    device_id: int
    kind: str
    value: Decimal
    day: dt.date | None = None
    source: str = "staff"
    replaced: bool = False
    old_value: Decimal | None = None
    reason: str = ""
    external_key: str | None = None


@dataclass(frozen=True)
class PartChange:
    """A part that was exchanged in a repair; ``group`` is the part group that terms name."""

    name: str
    group: str = ""
    code: str = ""
    quantity: Decimal = Decimal(1)
    serial: str = ""


@dataclass(frozen=True)
class RepairData:
    """A repair as entered. ``handed_back_at`` None: it is still here. ``source`` (a RecordRef) is what it came from."""

    device_id: int
    problem: str
    received_at: dt.datetime
    handed_back_at: dt.datetime | None = None
    cause: str = ""
    waits_from: dt.datetime | None = None
    waits_to: dt.datetime | None = None
    own_from: dt.datetime | None = None
    own_to: dt.datetime | None = None
    own_reason: str = ""
    parts: tuple[PartChange, ...] = ()
    result: str = ""
    repairer: str = ""
    note: str = ""
    source: RecordRef | None = None
    external_key: str | None = None


@dataclass(frozen=True)
class Badge:
    """The warranty of a unit in a few words: ``state`` of PERIOD_STATE_WORDS, how many days are left, its last day."""

    state: str
    days_left: int | None = None
    last_day: dt.date | None = None
    is_new: bool = False
