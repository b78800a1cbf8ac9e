"""What goes in and out of the services of loaners, and the words for their codes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from core.api import N_, RecordRef

LOANER = "inventory.loaner"
LOAN = "inventory.loan"
"""Kinds of records, for RecordRef."""
LOAN_DUE = "inventory.loan_due"
"""The clock on a loan that is out: until it has to be back."""
LIMITS, LADDER = "inventory.loan_limits", "inventory.loan_ladder"
"""The tables: how long a loaner may stay out, and who is told when it does longer."""
CLEANING = "inventory.loaner_ready"
"""The checklist before a loaner may go out again."""
LOAN_SHEET = "inventory.loan_sheet"
"""The kind of document."""
SIGNATURES = {"out": "inventory.loan_out_signature", "back": "inventory.loan_back_signature"}
"""What the file of a signature is for: that of handing out, that of taking back."""
OVERDUE_MAIL = "inventory.loan_overdue"
"""The template of the message to the customer."""

LOAN_STATE_WORDS = {
    "reserved": N_("Reserved"),
    "out": N_("With the customer"),
    "back": N_("Back, to be made ready"),
    "done": N_("Back and ready"),
    "cancelled": N_("Not needed after all"),
    "lost": N_("Lost, written off"),
}
LOAN_MARKS = {
    "reserved": ("info", "calendar-check"), "out": ("warn", "hand-helping"), "back": ("info", "spray-can"),
    "done": ("ok", "circle-check"), "cancelled": ("", "circle-x"), "lost": ("bad", "circle-question-mark"),
}  # fmt: skip
STATUS_WORDS = {
    "free": N_("Free to lend"),
    "reserved": N_("Reserved"),
    "out": N_("With the customer"),
    "overdue": N_("Overdue"),
    "back": N_("Back, to be made ready"),
    "inspection": N_("In inspection"),
    "elsewhere": N_("Not in its place"),
    "retired": N_("Out of the pool"),
}
STATUS_MARKS = {
    "free": ("ok", "circle-check"), "reserved": ("info", "calendar-check"), "out": ("", "hand-helping"),
    "overdue": ("bad", "octagon-alert"), "back": ("warn", "spray-can"), "inspection": ("warn", "clipboard-check"),
    "elsewhere": ("warn", "triangle-alert"), "retired": ("", "archive"),
}  # fmt: skip
GRADE_WORDS = {
    "good": N_("As new"),
    "worn": N_("Signs of use"),
    "damaged": N_("It is damaged"),
    "absent": N_("Not there"),
}
"""Grades of a point of the condition list, the best first."""


@dataclass(frozen=True)
class LoanerData:
    """A piece of the pool. ``home_id`` None: the company's location for loaners, which is made where there is none."""

    product_ids: tuple[int, ...]
    home_id: int | None = None
    accessories: str = ""
    note: str = ""


@dataclass(frozen=True)
class ReserveData:
    """A loaner for a record, from a day to a day. ``number`` is on the record's paper: who has that in hand may lend
    for it without seeing the record.
    """

    about: RecordRef
    loaner_id: int
    from_on: dt.date
    due_on: dt.date
    site_id: int | None = None
    number: str = ""


@dataclass(frozen=True)
class HandOutData:
    """How a loaner goes out: who takes it, until when, in which condition, with what."""

    person: str
    due_on: dt.date
    grades: Mapping[str, str]
    note: str = ""
    accessories: tuple[str, ...] = ()
    site_id: int | None = None
    photos: tuple[tuple[str, bytes], ...] = ()
    """(name, content) of each."""
    signature: bytes = b""
    """As it was drawn (PNG); nothing where the printed sheet is signed."""


@dataclass(frozen=True)
class TakeBackData:
    """How a loaner comes back. ``faulty``: it goes into quarantine and is inspected."""

    grades: Mapping[str, str]
    note: str = ""
    missing: tuple[str, ...] = ()
    faulty: bool = False
    damage: str = ""
    damage_amount: Decimal | None = None
    photos: tuple[tuple[str, bytes], ...] = ()
    signature: bytes = b""


@dataclass(frozen=True)
class About:
    """What a loan is for, as far as lending has to know."""

    ref: RecordRef
    words: str
    endpoint: str
    customer_id: int | None
    site_id: int | None = None
    product_id: int | None = None
    device_id: int | None = None
    person: str = ""
    coverage: RecordRef | None = None
    """The decision on who pays by which the record goes, where a module took one."""


@dataclass(frozen=True)
class LoanerOffer:
    """A loaner as it stands for the days asked: ``why`` is empty where it can be had."""

    loaner_id: int
    number: str
    words: str
    why: str = ""
    fits: bool = True


@dataclass(frozen=True)
class LoanerAnswer:
    """What the hook ``loaner`` answers: what is lent for an order, in words; ``url`` leads to where it is lent or taken
    back.
    """

    words: str
    url: str = ""
    out: bool = False


@dataclass(frozen=True)
class UseFigures:
    """How a loaner was used in a period: days in the pool and of them days out; how often, how often late."""

    days: int
    out: int
    loans: int
    late: int
    average: Decimal | None = field(default=None)

    @property
    def share(self) -> int:
        """Days out of a hundred on which it was out."""
        return round(100 * self.out / self.days) if self.days else 0
