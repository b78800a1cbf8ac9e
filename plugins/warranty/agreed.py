"""Service contracts, follow-ups, suppliers and claims: kinds of records, words for codes, what goes in and out."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from core.api import N_, RecordRef

CONTRACT = "warranty.contract"
FOLLOW_UP = "warranty.follow_up"
SUPPLIER_TERM = "warranty.supplier_term"
AGREEMENT = "warranty.agreement"
CLAIM = "warranty.claim"
CLAIM_TELL = "warranty.tell"
CLAIM_ANSWER = "warranty.supplier_answer"
"""The clocks of a claim: until the supplier is told, until it answers."""

COST_WORDS = {"parts": N_("Parts"), "labour": N_("Labour"), "travel": N_("Travel"), "expenses": N_("Expenses")}
CONTRACT_STATE_WORDS = {
    "draft": N_("Draft"),
    "approved": N_("Approved, not begun"),
    "in_force": N_("In force"),
    "ended": N_("Ended"),
    "renewed": N_("Renewed"),
    "terminated": N_("Terminated"),
    "dropped": N_("Not concluded"),
}
CONTRACT_STATE_ICONS = {
    "draft": "pencil",
    "approved": "stamp",
    "in_force": "circle-check",
    "ended": "circle-stop",
    "renewed": "repeat",
    "terminated": "circle-x",
    "dropped": "trash-2",
}
RENEWAL_WORDS = {"offer": N_("By an offer"), "automatic": N_("By itself"), "none": N_("Not meant to go on")}
QUOTA_WORDS = {"visits": N_("Number of visits"), "hours": N_("Working hours"), "parts": N_("Pieces of parts")}
PERIOD_WORDS = {
    "contract": N_("in the whole contract"),
    "year": N_("in each year of the contract"),
    "quarter": N_("in each quarter of the contract"),
    "month": N_("in each month of the contract"),
}
SCOPE_WORDS = {"unit": N_("this unit"), "site": N_("its site"), "product": N_("its product")}
FOLLOW_UP_SORT_WORDS = {
    "contract": N_("Service contract"),
    "warranty": N_("Warranty period"),
    "agreement": N_("Service agreement of a supplier"),
}
FOLLOW_UP_ACTION_WORDS = {
    "notice": N_("Notice"),
    "task": N_("Follow up"),
    "report": N_("Written report"),
    "visit": N_("Visit to renew"),
}
FOLLOW_UP_ACTION_ICONS = {"notice": "mail", "task": "list-checks", "report": "file-text", "visit": "map-pin"}
FOLLOW_UP_STATE_WORDS = {"open": N_("To do"), "done": N_("Done"), "dropped": N_("No longer needed")}
VISIT_OUTCOME_WORDS = {"renewed": N_("Renewed"), "refused": N_("Does not renew"), "later": N_("Another time")}

START_EVENT_WORDS = {
    "sale": N_("Sale to the customer"),
    "delivery": N_("Delivery to the customer"),
    "installation": N_("Installation"),
    "acceptance": N_("Acceptance"),
    "production": N_("Production"),
}
TERM_UNIT_WORDS = {"months": N_("months"), "days": N_("days")}
SUPPORTER_WORDS = {"we": N_("We ourselves"), "supplier": N_("The supplier"), "third": N_("A third party")}
AGREEMENT_STATE_WORDS = {"in_force": N_("In force"), "ended": N_("Ended")}
CLAIM_STATE_WORDS = {
    "opened": N_("To tell the supplier"),
    "told": N_("Waits for the supplier"),
    "answered": N_("Answered"),
    "closed": N_("Closed"),
    "withdrawn": N_("Withdrawn"),
}
CLAIM_STATE_ICONS = {
    "opened": "megaphone",
    "told": "hourglass",
    "answered": "message-square",
    "closed": "circle-check",
    "withdrawn": "circle-x",
}
WISH_WORDS = {
    "compensation": N_("Compensation"),
    "replacement": N_("Replacement"),
    "repair": N_("Repair"),
    "refund": N_("Refund"),
    "settlement": N_("Settlement for the customer"),
}
CLAIM_ANSWER_WORDS = {
    "accepted": N_("Takes it on"),
    "partly": N_("Accepted in part"),
    "refused": N_("Refuses it"),
}
CLAIM_OUTCOME_WORDS = {
    "recovered": N_("Recovered"),
    "partly": N_("Recovered in part"),
    "refused": N_("Refused by the supplier"),
    "given_up": N_("Given up"),
}
WITHIN_WORDS = {
    "yes": N_("The supplier answers for it"),
    "no": N_("The supplier's warranty is over"),
    "unknown": N_("Not known whether the supplier still answers for it"),
}
TELL_WORDS = {
    "mail": N_("By e-mail"),
    "phone": N_("By phone"),
    "letter": N_("By letter"),
    "portal": N_("Supplier's portal"),
    "visit": N_("On a visit"),
}
RECOVERY_WORDS = {
    "money": N_("Money"),
    "credit": N_("Credit note"),
    "goods": N_("Replacement goods"),
    "repair": N_("Repair free of charge"),
}


# --- service contracts ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ItemData:
    """One thing that a contract is about: exactly one of unit, product, site."""

    device_id: int | None = None
    product_id: int | None = None
    site_id: int | None = None


@dataclass(frozen=True)
class QuotaData:
    """How much a contract includes: ``kind`` visits, hours or parts; ``period`` contract, year, quarter or month."""

    kind: str
    amount: Decimal
    period: str = "contract"


@dataclass(frozen=True)
class ContractData:
    """A contract as entered. ``covers`` are kinds of cost; ``instalments`` in how many parts the price is paid.

    ``ends_on`` is its last day. ``unit_id`` and ``assignee_id`` are the organisation unit and person looking after it.
    """

    customer_id: int
    title: str
    covers: frozenset[str]
    starts_on: dt.date
    ends_on: dt.date
    items: tuple[ItemData, ...] = ()
    quotas: tuple[QuotaData, ...] = ()
    price: Decimal = Decimal(0)
    instalments: int = 1
    level: str = ""
    price_list: str = ""
    renewal: str = "offer"
    contact_name: str = ""
    contact_email: str = ""
    note: str = ""
    unit_id: int | None = None
    assignee_id: int | None = None
    external_key: str | None = None


@dataclass(frozen=True)
class RenewalData:
    """What differs in the contract that follows; what is empty stays as it is."""

    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    price: Decimal | None = None


@dataclass(frozen=True)
class UseData:
    """Something done under a contract on a day, for ``order`` (a record of any module).

    ``once`` names the cause: the same cause is booked once, however often it is sent. ``begun_on`` is the day on which
    the work began, where that was earlier than ``used_on``: work begun before the contract's end stays under it.
    """

    kind: str
    quantity: Decimal
    used_on: dt.date
    once: str
    device_id: int | None = None
    order: RecordRef | None = None
    begun_on: dt.date | None = None
    note: str = ""


@dataclass(frozen=True)
class QuotaState:
    """A quota on a day: included in its period, used, left (never below nothing), and all of it in words."""

    kind: str
    period: str
    begins: dt.date
    ends: dt.date
    amount: Decimal
    used: Decimal
    left: Decimal
    words: str

    @property
    def used_up(self) -> bool:
        """Whether nothing of it is left."""
        return self.left <= 0


@dataclass(frozen=True)
class ContractClock:
    """A time limit that a contract's level of service promises, in the terms of ``core.calendars``."""

    clock: str
    limit: Decimal
    unit: str
    calendar: str = ""


@dataclass(frozen=True)
class ContractFacts:
    """What a contract says for one unit on one day, the one that goes first in front.

    ``scope`` is unit, site or product: how the contract names the unit. ``covers`` are the kinds of cost that this
    contract pays, those of narrower contracts taken away. ``under_old`` tells that it has ended since, but the work
    was begun before. ``price_list`` prices what it does not cover. ``words`` say why, in the language of the moment.
    """

    contract_id: int
    number: str
    title: str
    scope: str
    covers: frozenset[str]
    starts_on: dt.date
    last_day: dt.date
    level: str
    price_list: str
    quotas: tuple[QuotaState, ...] = ()
    clocks: tuple[ContractClock, ...] = ()
    under_old: bool = False
    words: str = ""


# --- suppliers ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SupplierTermData:
    """How long a supplier answers, from which event, for which goods, bought from when until when."""

    supplier_id: int
    amount: int
    valid_from: dt.date
    unit: str = "months"
    start_event: str = "delivery"
    product_id: int | None = None
    product_group: str = ""
    maker: str = ""
    part_group: str = ""
    covers: frozenset[str] = frozenset({"parts"})
    valid_until: dt.date | None = None
    note: str = ""


@dataclass(frozen=True)
class AgreementData:
    """Who gives technical support for a supplier's goods before and after the sale: we, supplier or third."""

    supplier_id: int
    valid_from: dt.date
    valid_until: dt.date
    before_sale: str = "supplier"
    after_sale: str = "supplier"
    third_party: str = ""
    product_id: int | None = None
    product_group: str = ""
    maker: str = ""
    contact_name: str = ""
    phone: str = ""
    email: str = ""
    content: str = ""
    follows_id: int | None = None


@dataclass(frozen=True)
class SupplierFacts:
    """Which supplier answers for goods, by which term, until when; ``within`` is yes, no or unknown on the day asked.

    ``covers`` are the kinds of cost that it answers for.
    """

    supplier_id: int
    name: str
    term_id: int
    within: str
    until: dt.date | None
    covers: frozenset[str]
    start_event: str
    words: str


@dataclass(frozen=True)
class Responsible:
    """Who gives technical support for goods (MD-4): ``who`` is a supporter's code, ``name`` what it is called.

    ``expired`` tells that the newest agreement is over; ``days_left`` is None then.
    """

    agreement_id: int
    number: str
    supplier_id: int
    supplier: str
    before_sale: str
    before_name: str
    after_sale: str
    after_name: str
    contact_name: str
    phone: str
    email: str
    valid_until: dt.date
    days_left: int | None
    expired: bool


@dataclass(frozen=True)
class ClaimData:
    """A claim as entered; ``source`` is the record from which it arises."""

    subject: str
    supplier_id: int | None = None
    device_id: int | None = None
    product_id: int | None = None
    source: RecordRef | None = None
    part: str = ""
    part_group: str = ""
    batch: str = ""
    found_on: dt.date | None = None
    problem: str = ""
    wish: str = "compensation"
    loss: Decimal = Decimal(0)
    claimed: Decimal | None = None
    """Empty: all of the loss."""
    assignee_id: int | None = None
    unit_id: int | None = None
    external_key: str | None = None


@dataclass(frozen=True)
class TellData:
    """How a supplier is told of a claim: by mail to an address with this text, or otherwise, by then done."""

    by: str
    to: str = ""
    subject: str = ""
    body: str = ""
    locale: str = ""


@dataclass(frozen=True)
class AnswerData:
    """What a supplier answers: accepted, partly or refused; ``accepted`` is the amount it takes on (empty: all)."""

    answer: str
    text: str = ""
    accepted: Decimal | None = None


@dataclass(frozen=True)
class RecoveryData:
    """What a supplier gave: worth how much, in which way; ``once`` names the cause, so that it is booked once."""

    amount: Decimal
    received_on: dt.date
    way: str = "money"
    reference: str = ""
    once: str = ""


@dataclass(frozen=True)
class RecoveredBy:
    """Claims of a supplier in a period: how many, how much was lost, claimed, accepted and recovered."""

    supplier_id: int
    name: str
    claims: int
    open: int
    loss: Decimal
    claimed: Decimal
    recovered: Decimal
    answered_late: int = 0

    @property
    def share(self) -> Decimal | None:
        """The part of what was claimed that came back, from 0 to 1."""
        return self.recovered / self.claimed if self.claimed else None


@dataclass(frozen=True)
class Ending:
    """Something that ends, for the expiry ladder: what it is, when, whose it is, and the facts of the table."""

    sort: str
    ref: RecordRef
    about: str
    expires_on: dt.date
    customer_id: int | None = None
    unit_id: int | None = None
    assignee_id: int | None = None
    facts: dict[str, str] = field(default_factory=dict)
    email: str = ""
    name: str = ""


@dataclass(frozen=True)
class VisitData:
    """How a visit to renew ended: renewed (``price`` empty: as before), refused with a reason, or later on a day."""

    outcome: str
    visited_on: dt.date
    result: str = ""
    reason: str = ""
    next_on: dt.date | None = None
    price: Decimal | None = None
