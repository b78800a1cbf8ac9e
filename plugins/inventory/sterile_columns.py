"""What the columns of sterile goods sold are called, for the audit trail and timelines."""

from __future__ import annotations

from core.api import N_, ColumnWords
from plugins.inventory.sterile_contracts import CHARGE_WORDS, PAYER_WORDS, QUALITY_WORDS

WORDS = ColumnWords(
    {
        "inventory_sterile_case.batch_id": N_("Batch"),
        "inventory_sterile_case.customer_id": N_("Customer"),
        "inventory_sterile_case.device_id": N_("Unit"),
        "inventory_sterile_case.quantity": N_("Quantity"),
        "inventory_sterile_case.sold_on": N_("Sold on"),
        "inventory_sterile_case.sterile_until": N_("Sterile until"),
        "inventory_sterile_case.found_at": N_("Found on"),
        "inventory_sterile_case.asked_at": N_("Production asked on"),
        "inventory_sterile_case.asked_by": N_("Production asked by"),
        "inventory_sterile_case.asked_note": N_("What was said"),
        "inventory_sterile_case.quality": N_("Quality"),
        "inventory_sterile_case.quality_note": N_("What was looked at"),
        "inventory_sterile_case.quality_at": N_("Looked at on"),
        "inventory_sterile_case.quality_by": N_("Looked at by"),
        "inventory_sterile_case.charge": N_("Charge"),
        "inventory_sterile_case.payer": N_("Who bears the costs"),
        "inventory_sterile_case.service_kind": N_("Service order"),
        "inventory_sterile_case.service_id": N_("Service order"),
        "inventory_sterile_case.new_sterile_until": N_("New sterile date"),
        "inventory_sterile_case.decision_reason": N_("Why it was decided"),
        "inventory_sterile_case.decided_at": N_("Decided on"),
        "inventory_sterile_case.decided_by": N_("Decided by"),
    },
    {
        "inventory_sterile_case.quality": QUALITY_WORDS,
        "inventory_sterile_case.charge": CHARGE_WORDS,
        "inventory_sterile_case.payer": PAYER_WORDS,
    },
)
