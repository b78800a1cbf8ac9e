"""What goes in and out of the services of inventory, and the words for its codes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from core.api import N_, RecordRef

PART = "inventory.part"
LOCATION = "inventory.location"
BATCH = "inventory.batch"
SERIAL = "inventory.serial"
MEASURE = "inventory.measure"
MOVE = "inventory.move"
BOOK = "inventory.book"
BALANCE = "inventory.balance"
BILL_LINE = "inventory.bill_line"
HOLD = "inventory.hold"
HOLD_TASK = "inventory.hold_task"
HOLD_CLOCK = "inventory.hold_task"
SOURCE = "inventory.source"
REORDER = "inventory.reorder"
REQUEST = "inventory.request"
ORDER = "inventory.order"
"""Kinds of records, for RecordRef."""

TRACKING_WORDS = {"none": N_("Not tracked"), "batch": N_("By batch"), "serial": N_("By serial number")}
PLACE_WORDS = {
    "warehouse": N_("Warehouse"),
    "shelf": N_("Shelf"),
    "van": N_("Van"),
    "technician": N_("Technician’s store"),
    "quarantine": N_("Quarantine"),
    "loan": N_("For loaners"),
    "transit": N_("In transit"),
    "supplier": N_("Supplier (outside)"),
    "customer": N_("Customer (outside)"),
    "scrap": N_("Scrap (outside)"),
    "adjustment": N_("Adjustment (outside)"),
}
MOVE_WORDS = {
    "receipt": N_("Goods receipt"),
    "issue": N_("Issue"),
    "return": N_("Taken back into stock"),
    "transfer": N_("Transfer"),
    "adjustment": N_("Adjustment"),
    "reversal": N_("Reversal"),
    "release": N_("Released from quarantine"),
    "scrap": N_("Scrapping"),
    "supplier": N_("Back to the supplier"),
}
BATCH_STATE_WORDS = {"released": N_("Released"), "held": N_("On hold")}
HOLD_STATE_WORDS = {"open": N_("On hold"), "ended": N_("Ended")}
HOLD_TASK_WORDS = {
    "isolate": N_("Set apart what is in stock"),
    "transit": N_("Stop what is on its way"),
    "recall": N_("Reach who got it"),
}
HOLD_TASK_STATE_WORDS = {"open": N_("To do"), "done": N_("Done"), "dropped": N_("No longer needed")}
DECISION_WORDS = {
    "no_fault": N_("No fault was found"),
    "sorted": N_("Sorted out: what is left is good"),
    "reworked": N_("Reworked"),
}
REORDER_RULE_WORDS = {"levels": N_("By quantity"), "cover": N_("By days of cover")}
PROPOSAL_STATE_WORDS = {
    "open": N_("To be decided"),
    "requested": N_("In a request"),
    "dismissed": N_("Dismissed"),
    "gone": N_("No longer needed"),
}
REQUEST_STATE_WORDS = {
    "draft": N_("Being drawn up"),
    "approved": N_("Approved"),
    "ordered": N_("Ordered"),
    "refused": N_("Refused"),
    "withdrawn": N_("Withdrawn"),
}
ORDER_STATE_WORDS = {
    "made": N_("Not sent yet"),
    "sent": N_("On its way"),
    "received": N_("Has come"),
    "closed": N_("Ended early"),
    "cancelled": N_("Cancelled"),
}
PICKING_WORDS = (
    ("fefo", N_("What expires first")),
    ("fifo", N_("What came first")),
    ("nearest", N_("What is nearest")),
)


# --- master data ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MeasureData:
    """A unit of measure as it is entered."""

    code: str
    name: str
    decimals: int = 0
    active: bool = True
    id: int | None = None


@dataclass(frozen=True)
class PartData:
    """A part as it is entered."""

    code: str
    name: str
    measure_id: int
    tracking: str = "none"
    guarantee: bool = False
    storage: str = ""
    shelf_life_days: int | None = None
    replaced_by_id: int | None = None
    note: str = ""
    active: bool = True
    id: int | None = None
    external_key: str | None = None
    """Only where a part is new: what it is called where it comes from."""
    warn_days: int | None = None


@dataclass(frozen=True)
class LocationData:
    """A location as it is entered."""

    code: str
    name: str
    kind: str
    parent_id: int | None = None
    unit_id: int | None = None
    user_id: int | None = None
    note: str = ""
    active: bool = True
    id: int | None = None


@dataclass(frozen=True)
class BatchData:
    """A batch as it stands on the goods."""

    number: str
    produced_on: dt.date | None = None
    expires_on: dt.date | None = None
    sterile_until: dt.date | None = None
    note: str = ""


@dataclass(frozen=True)
class BillLineData:
    """A line of the bill of an assembly as it is entered; ``measure_id`` None: in the part's own unit."""

    part_id: int
    quantity: Decimal
    assembly_id: int | None = None
    measure_id: int | None = None
    since: dt.date | None = None
    until: dt.date | None = None
    external_key: str | None = None
    id: int | None = None


@dataclass(frozen=True)
class OpeningLine:
    """What lies where when the book begins; ``key`` tells the same line loaded again."""

    key: str
    part_id: int
    location_id: int
    quantity: Decimal
    batch: BatchData | None = None
    serial: str = ""


# --- suppliers ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SourceData:
    """A source of a part as it is entered; quantities in the part's own unit, the price in the company's currency."""

    part_id: int
    supplier_id: int
    their_number: str = ""
    lead_days: int | None = None
    minimum: Decimal | None = None
    pack: Decimal | None = None
    price: Decimal | None = None
    preferred: bool = False
    id: int | None = None


# --- buying ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PointData:
    """A reorder point as it is entered: quantities in the part's own unit, or days."""

    part_id: int
    minimum: Decimal
    maximum: Decimal
    rule: str = "levels"
    location_id: int | None = None
    active: bool = True
    id: int | None = None


@dataclass(frozen=True)
class RequestLineData:
    """A line of a purchase request as it is entered; the quantity in the part's own unit."""

    part_id: int
    quantity: Decimal
    supplier_id: int | None = None
    price: Decimal | None = None
    location_id: int | None = None


@dataclass(frozen=True)
class OrderData:
    """What is written down on an open purchase order."""

    to_id: int
    expected_on: dt.date | None = None
    their_reference: str = ""
    note: str = ""


@dataclass(frozen=True)
class PastLine:
    """A line of an order that was over before the book began; ``key`` tells the same line loaded again.

    ``rejected`` is of what was received; ``supplier_id`` None: the file does not say.
    """

    key: str
    order: str
    part_id: int
    quantity: Decimal
    received: Decimal
    price: Decimal
    rejected: Decimal = Decimal(0)
    due_on: dt.date | None = None
    ordered_on: dt.date | None = None
    supplier_id: int | None = None


@dataclass(frozen=True)
class Arrival:
    """So much of a line of a purchase order has come, of this batch or with these serial numbers."""

    line_id: int
    quantity: Decimal
    batch: BatchData | None = None
    serials: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """What looking for short parts came to: how many proposals are new, changed, and no longer needed."""

    made: int = 0
    changed: int = 0
    gone: int = 0


# --- moving ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ReceiptLine:
    """So much of a part comes in; ``measure_id`` None: in the part's own unit. A serial number is one piece."""

    part_id: int
    quantity: Decimal = Decimal(1)
    measure_id: int | None = None
    batch: BatchData | None = None
    serial: str = ""
    to_id: int | None = None


@dataclass(frozen=True)
class StockLine:
    """So much of a part, of this batch or serial number, in this location. Without the latter where a service picks."""

    part_id: int
    quantity: Decimal
    location_id: int | None = None
    batch_id: int | None = None
    serial_id: int | None = None
    measure_id: int | None = None


@dataclass(frozen=True)
class Circumstances:
    """What goes for a whole posting: why, what for, which day it counts for, and a key that tells a repetition."""

    reason: str = ""
    reference: RecordRef | None = None
    effective_on: dt.date | None = None
    once: str = ""


@dataclass(frozen=True)
class Posted:
    """What was posted: the ids of the moves. ``again``: a repetition, nothing was posted now."""

    moves: list[int]
    again: bool = False


# --- reserving ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stock:
    """How a part stands: what may be used today and is nobody's (``free``), and all there is inside."""

    on_hand: Decimal = Decimal(0)
    reserved: Decimal = Decimal(0)
    free: Decimal = Decimal(0)


@dataclass(frozen=True)
class Nearness:
    """Whose demand it is: what is with ``user_id`` is nearest, then what belongs to ``unit_id``."""

    unit_id: int | None = None
    user_id: int | None = None


@dataclass(frozen=True)
class Reserved:
    """What a reservation came to: per part what is kept now in all, and what lacks."""

    kept: Mapping[int, Decimal] = field(default_factory=dict)
    short: Mapping[int, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """A balance that is not what moves and reservations say."""

    part: str
    location: str
    lot: str
    what: str
    """``on_hand``, ``reserved``, ``held`` or ``usable_until``."""
    stands: str
    should: str
    balance_id: int | None
    key: tuple[int, int | None, int | None, int]


# --- tracing --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Delivery:
    """So much of a batch (or the piece) went out for a record and is not back; the move itself where it names none."""

    ref: RecordRef
    quantity: Decimal
    customer_id: int | None = None
    device_id: int | None = None
