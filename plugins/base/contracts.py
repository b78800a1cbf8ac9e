"""What goes in and out of this plugin's services and queries: plain values, parsed and named field by field."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from core.api import N_, RecordRef

CUSTOMER = "base.customer"
PRODUCT = "base.product"
UNIT = "base.unit"
SALE = "base.sale"
CONTACT = "base.contact"
SUPPLIER = "base.supplier"
"""The kinds of records of this plugin, for RecordRef."""

ONLY_RECORDED = "record"
"""The outcome of a contact that became nothing else."""

CHANNEL_WORDS = {
    "phone": N_("Phone call"),
    "email": N_("By e-mail"),
    "portal": N_("Customer portal"),
    "visit": N_("Visit"),
    "letter": N_("Letter"),
    "video": N_("Video call"),
    "api": N_("Another system"),
    "other": N_("Other channel"),
}
CUSTOMER_KIND_WORDS = {"person": N_("Private person"), "company": N_("Company or institution")}
UNIT_STATUS_WORDS = {
    "in_use": N_("In use"),
    "in_stock": N_("In stock"),
    "idle": N_("Idle"),
    "returned": N_("Returned"),
    "scrapped": N_("Scrapped"),
}
STANDING_WORDS = {
    "new": N_("Not evaluated yet"),
    "approved": N_("Approved supplier"),
    "watched": N_("Approved, to be watched"),
    "stopped": N_("Not to be ordered from"),
}
"""How a supplier stands since its last evaluation."""
CAUSE_WORDS = {
    "defect": N_("Defect"),
    "misuse": N_("Misuse"),
    "wear": N_("Wear"),
    "transport": N_("Transport"),
    "unknown": N_("Can't tell"),
}
MATTER_WORDS = {
    "fault": N_("Fault"),
    "complaint": N_("Complaint or suggestion"),
    "question": N_("Question"),
    "other": N_("Something else"),
}
ZONE_WORDS = {"city": N_("In town"), "suburb": N_("Out of town")}
CONTACT_STATE_WORDS = {"open": N_("Not settled"), "settled": N_("Settled")}
LANGUAGE_WORDS = {"": N_("Language of the company"), "zh": N_("Chinese"), "en": N_("English")}
PERSON_LANGUAGE_WORDS = {**LANGUAGE_WORDS, "": N_("Language of the customer")}
DIRECTION_WORDS = {"in": N_("Incoming"), "out": N_("Outgoing")}


@dataclass(frozen=True)
class CustomerData:
    """A customer as entered. ``unit_id`` is the organisation unit that looks after it, ``assignee_id`` a person."""

    name: str
    kind: str = "person"
    klass: str = ""
    grade: str = ""
    address: str = ""
    note: str = ""
    unit_id: int | None = None
    assignee_id: int | None = None
    active: bool = True
    external_key: str | None = None
    language: str = ""
    """One of the languages that there are; empty: the company's."""


@dataclass(frozen=True)
class SupplierData:
    """A supplier as entered; ``number`` empty: the next one, or the one it has. ``lead_days`` go from an order to the
    goods.
    """

    name: str
    number: str = ""
    contact_name: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    note: str = ""
    lead_days: int = 0
    active: bool = True
    external_key: str | None = None
    """Only where it is new: what it is called where it comes from."""


@dataclass(frozen=True)
class PhoneData:
    """A number as typed (``text``), and what it is called."""

    text: str
    label: str = ""
    is_primary: bool = False


@dataclass(frozen=True)
class SiteData:
    """A place of a customer. ``zone`` is city, suburb or empty; coordinates in degrees."""

    name: str = ""
    province: str = ""
    city: str = ""
    district: str = ""
    address: str = ""
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    zone: str = ""


@dataclass(frozen=True)
class PersonData:
    """Somebody to speak to at a customer."""

    name: str
    title: str = ""
    phone: str = ""
    email: str = ""
    language: str = ""


@dataclass(frozen=True)
class ProductData:
    """A product as entered."""

    code: str
    name: str
    group: str = ""
    model: str = ""
    maker: str = ""
    new_until: dt.date | None = None
    active: bool = True


@dataclass(frozen=True)
class UnitData:
    """One piece of the installed base as entered; ``serial`` empty when it is not known."""

    product_id: int
    serial: str = ""
    batch: str = ""
    customer_id: int | None = None
    site_id: int | None = None
    production_date: dt.date | None = None
    sale_date: dt.date | None = None
    delivery_date: dt.date | None = None
    installed_on: dt.date | None = None
    accepted_on: dt.date | None = None
    status: str = "in_use"
    note: str = ""


@dataclass(frozen=True)
class SaleData:
    """A line of the sales ledger as entered. ``quantity`` in pieces, exact; ``device_id`` is a unit."""

    product_id: int
    customer_id: int
    sale_date: dt.date
    quantity: Decimal = Decimal(1)
    device_id: int | None = None
    batch: str = ""
    expiry: dt.date | None = None
    destination: str = ""
    channel: str = ""
    invoice: str = ""
    note: str = ""
    external_key: str | None = None


@dataclass(frozen=True)
class ContactData:
    """A call, letter or visit as taken down. ``received_at`` is now unless given; ``external_key`` is taken once."""

    channel: str = "phone"
    direction: str = "in"
    received_at: dt.datetime | None = None
    phone: str = ""
    customer_id: int | None = None
    device_id: int | None = None
    unit_id: int | None = None
    assignee_id: int | None = None
    caller_name: str = ""
    address: str = ""
    model: str = ""
    purchase_date: dt.date | None = None
    matter: str = "fault"
    subject: str = ""
    text: str = ""
    cause: str = ""
    appearance: str = ""
    external_key: str | None = None


@dataclass(frozen=True)
class IntakeData:
    """What the intake page sends: the contact, and what is to be added to the archive with it.

    ``customer`` when the person is new; ``keep_number`` gives the number to the known customer as well; ``unit`` when a
    unit that is not in the archive yet was named with its serial number (its customer is filled in).
    """

    contact: ContactData
    customer: CustomerData | None = None
    keep_number: bool = False
    unit: UnitData | None = None


@dataclass(frozen=True)
class CustomerBrief:
    """A customer in one line."""

    id: int
    number: str
    name: str
    kind: str
    klass: str
    address: str
    phones: tuple[str, ...] = ()
    """In E.164."""


@dataclass(frozen=True)
class Reach:
    """How a customer is called and reached: the first phone number (E.164) and e-mail address, empty where unknown."""

    id: int
    name: str
    kind: str
    klass: str
    unit_id: int | None
    phone: str = ""
    email: str = ""
    language: str = ""
    """What he or she is written to in at that address; empty: the company's language."""


@dataclass(frozen=True)
class PhoneLookup:
    """What a number brought up. ``exact`` tells whether the whole number fitted or only its last digits.

    ``number`` is E.164, empty when what was typed is no whole number; ``problem`` then says what is wrong with it.
    """

    typed: str
    number: str = ""
    exact: bool = False
    customers: tuple[CustomerBrief, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Likeness:
    """A customer that may be the same one, and why: ``reason`` is phone, name or address."""

    customer: CustomerBrief
    reason: str


@dataclass(frozen=True)
class CustomerSummary:
    """A customer at a glance: units, contacts in the last year, contacts not settled, and what plugins count."""

    units: int
    contacts_last_year: int
    open_contacts: int
    last_contact_at: dt.datetime | None
    figures: tuple[CustomerFigure, ...] = field(default=())


@dataclass(frozen=True)
class CustomerFigure:
    """A count or word that a plugin adds to a customer's head, such as "2 open complaints"; ``url`` may be empty."""

    label: str
    value: str
    url: str = ""


@dataclass(frozen=True)
class Promise:
    """A time that is promised to the customer, shown while the case is taken in. ``note`` says why it is that time."""

    label: str
    due: dt.datetime
    note: str = ""


@dataclass(frozen=True)
class UnitBadge:
    """What a plugin shows with a unit wherever it stands: a few translated words, such as "in warranty, 140 days left".

    ``tone`` is ok, warn, bad, info or empty. ``boxed`` False: plain small text below the others. ``url`` may be empty.
    """

    text: str
    tone: str = ""
    icon: str = ""
    boxed: bool = True
    url: str = ""


@dataclass(frozen=True)
class Evidence:
    """A piece of evidence of a sale (INS-10): what it is, whether it is there, in words what is there or what lacks.

    ``url`` leads to it, or to where it is added; it may be empty.
    """

    label: str
    there: bool
    detail: str = ""
    url: str = ""


@dataclass(frozen=True)
class FinishedCase:
    """A case that was finished: what it was, for whom, and who did it. ``sort`` is a code of the plugin's own, such as
    the kind of an order; ``unit_id`` is the organisation unit that served, ``technician_id`` the person.
    """

    record: RecordRef
    number: str
    sort: str
    subject: str
    finished_at: dt.datetime
    customer_id: int | None = None
    device_id: int | None = None
    product_id: int | None = None
    unit_id: int | None = None
    technician_id: int | None = None
    person_name: str = ""
    person_phone: str = ""


@dataclass(frozen=True)
class ComplaintTold:
    """What a customer is not content with, as another module has heard it. ``about`` is the record that it is about;
    ``key`` names this one occasion, so that telling it twice opens nothing twice. ``written``: it came in writing.
    """

    subject: str
    text: str
    key: str
    about: RecordRef | None = None
    about_number: str = ""
    written: bool = False
    customer_id: int | None = None
    device_id: int | None = None
    product_id: int | None = None
    person_name: str = ""
    person_phone: str = ""


@dataclass(frozen=True)
class ServiceWanted:
    """Work that another module needs done for a customer. ``about`` is the record from which it is wanted; ``key``
    names this one occasion, so that telling it twice opens nothing twice. ``charge`` is ``free`` or ``paid`` where that
    is decided already, for ``charge_reason``; empty: the order finds out. ``comes_in``: the goods come to us.
    """

    subject: str
    text: str
    key: str
    about: RecordRef | None = None
    customer_id: int | None = None
    device_id: int | None = None
    product_id: int | None = None
    charge: str = ""
    charge_reason: str = ""
    comes_in: bool = False


@dataclass(frozen=True)
class ChargeTold:
    """What another module wants the customer to pay on a record: ``amount`` in the company's currency, called ``label``
    on it, ``reason`` why. ``key`` names this one occasion, so that telling it twice charges once.
    """

    ref: RecordRef
    amount: Decimal
    key: str
    label: str
    reason: str = ""


@dataclass(frozen=True)
class ClaimFigures:
    """What was claimed from a supplier: how often, and how much of it was made good, in per cent.

    ``made_good`` counts the claims that are over, and those on which its answer is overdue; None where there are none.
    """

    claims: int = 0
    made_good: Decimal | None = None


@dataclass(frozen=True)
class TechnicianRating:
    """How customers graded a person in one aspect: ``count`` grades of ``points`` together, 0 the worst, 100 the best.

    ``aspect`` is a code, the same where modules mean the same; ``label`` words it in both languages.
    """

    technician_id: int
    aspect: str
    label: dict[str, str]
    count: int
    points: int


@dataclass(frozen=True)
class DutySpan:
    """A time of a duty roster: one that has to be covered, in which somebody is there, or nobody. ``problem`` says why
    somebody who is planned does not cover it.
    """

    starts_at: dt.datetime
    ends_at: dt.datetime
    user_id: int | None = None
    name: str = ""
    problem: str = ""


@dataclass(frozen=True)
class DutyPlan:
    """How a duty roster is covered: when it has to be, who is there (without leave), where people are missing.

    ``responsible_id`` answers for the roster; ``hours`` says in words when it is covered.
    """

    roster: RecordRef
    code: str
    name: str
    phone: str
    hours: str
    responsible_id: int | None
    windows: tuple[DutySpan, ...] = ()
    people: tuple[DutySpan, ...] = ()
    planned: tuple[DutySpan, ...] = ()
    gaps: tuple[DutySpan, ...] = ()
