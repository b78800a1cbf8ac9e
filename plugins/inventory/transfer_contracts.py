"""What goes in and out of the services of transfers, and the words for their codes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from core.api import N_, RecordRef

TRANSFER = "inventory.transfer"
"""The kind of record, for RecordRef."""
TRANSFER_NOTE = "inventory.transfer_note"
"""The kind of document."""
TRANSFER_STATE_WORDS = {
    "draft": N_("Being put together"),
    "sent": N_("Sent, in transit"),
    "differs": N_("Differs, to be decided"),
    "done": N_("All received or decided"),
    "cancelled": N_("Cancelled"),
}
SHORT_WORDS = {
    "found": N_("It was found: received after all"),
    "back": N_("It goes back to the sender"),
    "lost": N_("It is lost: written off"),
}
OVER_WORDS = {
    "sender": N_("The sender put it in: taken from where the book has it"),
    "surplus": N_("Nobody lacks it: entered as found"),
    "returned": N_("It goes back, or was here by the book already: nothing is posted"),
}
SETTLED_WORDS = {**SHORT_WORDS, **OVER_WORDS}
"""What may be decided of goods that lack, and of goods that are too many."""


@dataclass(frozen=True)
class TransferData:
    """Whence and whither goods go; ``about`` is the record for which they are brought."""

    from_id: int
    to_id: int
    note: str = ""
    about: RecordRef | None = None


@dataclass(frozen=True)
class TransferLineData:
    """So much of a part goes along: of this batch or piece, from this location (else from that of the transfer)."""

    part_id: int
    quantity: Decimal
    batch_id: int | None = None
    serial_id: int | None = None
    from_id: int | None = None


@dataclass(frozen=True)
class TransferArrival:
    """Of a line came so much that is good, and so much that is damaged; more than was sent is told as it is."""

    line_id: int
    quantity: Decimal = Decimal(0)
    damaged: Decimal = Decimal(0)


@dataclass(frozen=True)
class UnsentArrival:
    """So much of a lot that is on no line came along, good and damaged."""

    part_id: int
    batch_id: int | None = None
    serial_id: int | None = None
    quantity: Decimal = Decimal(0)
    damaged: Decimal = Decimal(0)
