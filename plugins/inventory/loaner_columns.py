"""What the columns of loaners are called, for the audit trail and timelines."""

from __future__ import annotations

from core.api import N_, ColumnWords

WORDS = ColumnWords(
    {
        "inventory_loaner.serial_id": N_("Serial number"),
        "inventory_loaner.home_id": N_("Where it belongs"),
        "inventory_loaner.accessories": N_("What goes with it"),
        "inventory_loaner.pooled_on": N_("In the pool since"),
        "inventory_loaner.retired_on": N_("Out of the pool since"),
        "inventory_loaner.retired_reason": N_("Why it left the pool"),
        "inventory_loaner_product.loaner_id": N_("Loaner"),
        "inventory_loaner_product.product_id": N_("Stands in for"),
        "inventory_loan.loaner_id": N_("Loaner"),
        "inventory_loan.customer_id": N_("Customer"),
        "inventory_loan.site_id": N_("Site of the customer"),
        "inventory_loan.from_on": N_("Lent from"),
        "inventory_loan.due_on": N_("To be back by"),
        "inventory_loan.extended": N_("How often extended"),
        "inventory_loan.reserved_at": N_("Reserved on"),
        "inventory_loan.reserved_by": N_("Reserved by"),
        "inventory_loan.reserved_by_id": N_("Reserved by"),
        "inventory_loan.out_at": N_("Handed out on"),
        "inventory_loan.out_by": N_("Handed out by"),
        "inventory_loan.person": N_("Taken by"),
        "inventory_loan.out_grades": N_("Condition when handed out"),
        "inventory_loan.out_note": N_("Remarks when handed out"),
        "inventory_loan.accessories": N_("What goes with it"),
        "inventory_loan.out_move_id": N_("Stock move"),
        "inventory_loan.back_at": N_("Taken back on"),
        "inventory_loan.back_by": N_("Taken back by"),
        "inventory_loan.back_grades": N_("Condition when taken back"),
        "inventory_loan.back_note": N_("Remarks when taken back"),
        "inventory_loan.missing": N_("Did not come back"),
        "inventory_loan.faulty": N_("It came back faulty"),
        "inventory_loan.inspection_id": N_("Quality inspection"),
        "inventory_loan.back_move_id": N_("Stock move"),
        "inventory_loan.damage": N_("What was damaged or lost"),
        "inventory_loan.damage_amount": N_("Amount of the damage"),
        "inventory_loan.settled_at": N_("Damage settled on"),
        "inventory_loan.settled_by": N_("Damage settled by"),
        "inventory_loan.settled_note": N_("How it was settled"),
        "inventory_loan.reminded_at": N_("Customer written to on"),
        "inventory_loan.ended_at": N_("Done on"),
        "inventory_loan.ended_by": N_("Done by"),
        "inventory_loan.ended_reason": N_("Why it ended"),
    }
)
