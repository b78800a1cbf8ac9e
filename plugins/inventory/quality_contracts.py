"""What goes in and out of the services of quality, and the words for its codes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from core.api import N_, RecordRef

INSPECTION = "inventory.inspection"
SCRAP = "inventory.scrap"
SUPPLIER_RETURN = "inventory.supplier_return"
"""Kinds of records, for RecordRef."""
LABEL, RETURN_NOTE = "inventory.quarantine_label", "inventory.supplier_note"
"""The kinds of document."""
RULES = "inventory.inspection_rules"
"""The table that says what is inspected, and by which checklist."""

SOURCE_WORDS = {
    "receipt": N_("Goods receipt"),
    "return": N_("Brought back by a customer"),
    "field": N_("Defective, from the field"),
    "stock": N_("Taken from stock"),
}
SOURCE_ICONS = {"receipt": "package-plus", "return": "undo-2", "field": "wrench", "stock": "package"}
INSPECTION_STATE_WORDS = {
    "open": N_("To be decided"),
    "decided": N_("All decided"),
    "withdrawn": N_("Not in quarantine any more"),
}
VERDICT_WORDS = {
    "release": N_("Release"),
    "rework": N_("Rework"),
    "scrap": N_("Scrap it"),
    "supplier": N_("Return it to the supplier"),
}
VERDICT_MARKS = {
    "release": ("ok", "shield-check"), "rework": ("warn", "wrench"), "scrap": ("bad", "trash-2"),
    "supplier": ("info", "truck"),
}  # fmt: skip
SCRAP_STATE_WORDS = {
    "asked": N_("To be scrapped"),
    "scrapped": N_("Scrapped"),
    "refused": N_("Scrapping refused"),
    "withdrawn": N_("Not scrapped after all"),
}
EXPECTED_WORDS = {
    "replacement": N_("A replacement"),
    "credit": N_("A credit"),
    "repair": N_("A repair"),
    "nothing": N_("Nothing"),
}


@dataclass(frozen=True)
class Arrival:
    """Why goods come into quarantine: ``source`` one of SOURCE_WORDS, ``reason_code`` of the company's list."""

    source: str
    reason_code: str = ""
    note: str = ""


@dataclass(frozen=True)
class ReturnData:
    """What is taken back into quarantine.

    ``about`` is the record for which it was issued. Without it, it must be known that so much of it is out, unless
    ``before_book`` says that it was given out before this book began.
    """

    part_id: int
    quantity: Decimal
    source: str
    reason_code: str
    note: str = ""
    batch: str = ""
    serial: str = ""
    to_id: int | None = None
    about: RecordRef | None = None
    before_book: bool = False
    once: str = ""
    with_: RecordRef | None = None
    """The record with which it comes, where that is not the one for which it was issued."""


@dataclass(frozen=True)
class VerdictData:
    """What becomes of a quantity; ``to_id`` of what is released, ``supplier_id`` and ``expects`` of what goes back."""

    verdict: str
    quantity: Decimal
    note: str = ""
    to_id: int | None = None
    supplier_id: int | None = None
    expects: str = "replacement"


@dataclass(frozen=True)
class ScrapData:
    """A quantity of a balance that is to be scrapped, and why."""

    balance_id: int
    quantity: Decimal
    reason: str
