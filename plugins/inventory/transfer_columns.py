"""What the columns of transfers are called, for the audit trail and timelines."""

from __future__ import annotations

from core.api import N_, ColumnWords
from plugins.inventory.transfer_contracts import TRANSFER_STATE_WORDS

WORDS = ColumnWords(
    {
        "inventory_transfer.number": N_("Number"),
        "inventory_transfer.state": N_("State"),
        "inventory_transfer.from_id": N_("From (place)"),
        "inventory_transfer.to_id": N_("To (place)"),
        "inventory_transfer.receipts": N_("Goods receipts"),
        "inventory_transfer.made_at": N_("Put together on"),
        "inventory_transfer.made_by": N_("Put together by"),
        "inventory_transfer.sent_at": N_("Sent on"),
        "inventory_transfer.sent_by": N_("Sent by"),
        "inventory_transfer.sent_by_id": N_("Sent by"),
        "inventory_transfer.ended_at": N_("Ended on"),
        "inventory_transfer.ended_by": N_("Ended by"),
        "inventory_transfer.ended_reason": N_("Why it ended"),
        "inventory_transfer_line.transfer_id": N_("Transfer between locations"),
        "inventory_transfer_line.part_id": N_("Part"),
        "inventory_transfer_line.batch_id": N_("Batch"),
        "inventory_transfer_line.serial_id": N_("Serial number"),
        "inventory_transfer_line.from_id": N_("From (place)"),
        "inventory_transfer_line.quantity": N_("Quantity sent"),
        "inventory_transfer_line.received": N_("Has come"),
        "inventory_transfer_line.damaged": N_("Damaged"),
        "inventory_transfer_line.back": N_("Sent back"),
        "inventory_transfer_line.lost": N_("Lost"),
        "inventory_transfer_line.surplus": N_("Too many"),
        "inventory_transfer_line.surplus_damaged": N_("Too many, damaged"),
        "inventory_transfer_line.settled": N_("Decided of the surplus"),
    },
    {"inventory_transfer.state": TRANSFER_STATE_WORDS},
)
