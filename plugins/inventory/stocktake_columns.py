"""What the columns of stocktakes are called, for the audit trail and timelines."""

from __future__ import annotations

from core.api import N_, ColumnWords
from plugins.inventory.stocktake_contracts import STOCKTAKE_KIND_WORDS, STOCKTAKE_STATE_WORDS

WORDS = ColumnWords(
    {
        "inventory_stocktake.kind": N_("Sort of count"),
        "inventory_stocktake.location_id": N_("Location"),
        "inventory_stocktake.blind": N_("Counted blind"),
        "inventory_stocktake.guarantee_only": N_("Guarantee parts only"),
        "inventory_stocktake.not_since": N_("Not counted since"),
        "inventory_stocktake.opened_at": N_("Count begun on"),
        "inventory_stocktake.opened_by": N_("Begun by"),
        "inventory_stocktake.ended_at": N_("Done on"),
        "inventory_stocktake.ended_by": N_("Done by"),
        "inventory_stocktake.ended_reason": N_("Why it ended"),
        "inventory_stocktake.amount": N_("Differences worth"),
        "inventory_stocktake_line.stocktake_id": N_("Stocktake"),
        "inventory_stocktake_line.location_id": N_("Location"),
        "inventory_stocktake_line.part_id": N_("Part"),
        "inventory_stocktake_line.batch_id": N_("Batch"),
        "inventory_stocktake_line.serial_id": N_("Serial number"),
        "inventory_stocktake_line.found": N_("Found, on no list"),
        "inventory_stocktake_line.book": N_("By the book"),
        "inventory_stocktake_line.counted": N_("Quantity counted"),
        "inventory_stocktake_line.counted_at": N_("Counted on"),
        "inventory_stocktake_line.counted_by": N_("Counted by"),
        "inventory_stocktake_line.counted_by_id": N_("Counted by"),
        "inventory_stocktake_line.counts": N_("Times counted"),
        "inventory_stocktake_line.again": N_("To be counted again"),
        "inventory_stocktake_line.move_id": N_("Stock move"),
    },
    {
        "inventory_stocktake.state": STOCKTAKE_STATE_WORDS,
        "inventory_stocktake.kind": STOCKTAKE_KIND_WORDS,
    },
)
