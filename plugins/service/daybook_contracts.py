"""What goes in and out of the services of the day book, and the words for its codes (VCH-3, VCH-4)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from core.api import N_

BOOK_DAY = "service.book_day"
"""The kind of record, for RecordRef."""
VOUCHER = "service.voucher"
"""The document that a customer signs."""
VOUCHER_STEP = "voucher"
"""The step of the table ``service.steps``: a voucher is drawn before dispatch, and filed before the archive."""

BOOK_WORDS = {
    "entries": N_("Entries"),
    "vouchers": N_("Vouchers drawn"),
    "filed": N_("Vouchers filed"),
    "no_voucher": N_("Entries without a voucher"),
    "no_entry": N_("Vouchers without an entry"),
    "not_filed": N_("Signed, not filed"),
    "carried": N_("Left to dispatch"),
}
"""The figures of a day."""
ENTRY_WORDS = {
    "open": N_("Being seen to"),
    "no_voucher": N_("No voucher drawn"),
    "not_filed": N_("Voucher not back yet"),
    "cleared": N_("Cleared"),
    "cancelled": N_("Cancelled"),
    "other": N_("Became something else"),
    "waiting": N_("Not taken up yet"),
}
ENTRY_TONES = {"no_voucher": "warn", "not_filed": "warn", "cleared": "ok", "waiting": "warn"}


@dataclass(frozen=True)
class FilingData:
    """A signed voucher that is filed: ``content`` is its scan or photo, with its ``name``."""

    place: str
    signed_on: dt.date | None = None
    note: str = ""
    name: str = ""
    content: bytes = b""


@dataclass(frozen=True)
class Entry:
    """One line of the day book: a call or letter (``contact``), or an order that has none."""

    contact: object
    order: object
    vouchers: list[tuple[str, str]] = field(default_factory=list)
    """(number, where it is filed; empty while it is not)."""
    technician: str = ""
    dispatcher: str = ""
    state: str = "open"
