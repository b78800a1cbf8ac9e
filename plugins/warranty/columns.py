"""How the columns of this plugin are called, and the codes that stand in them, for the audit trail."""

from __future__ import annotations

from core.api import N_, ColumnWords
from plugins.warranty.contracts import (
    AMOUNT_UNIT_WORDS,
    CHARGE_WORDS,
    COVER_WORDS,
    EXTENDS_WORDS,
    ON_EXCHANGE_WORDS,
    REPAIR_DAYS_WORDS,
)

TERMS = ColumnWords(
    {
        "revision": N_("Revision"),
        "cover": N_("Cover"),
        "product_group": N_("Product group"),
        "part_group": N_("Part group"),
        "amount": N_("Period"),
        "amount_unit": N_("Counted in"),
        "meters": N_("Meter limits"),
        "starts": N_("Begins with"),
        "start_day_counts": N_("Day of the event counts"),
        "holiday_shift": N_("Last day on a holiday moves to the next working day"),
        "extends": N_("Extended"),
        "repair_days": N_("Days under repair are counted"),
        "on_exchange": N_("When exchanged"),
        "exchange_days": N_("At least so many days after an exchange"),
        "valid_from": N_("Fits units sold from"),
        "valid_until": N_("Fits units sold until"),
        "earlier_units": N_("Units sold before, too"),
        "clause": N_("Clause"),
        "replaces_id": N_("Replaces"),
    },
    {
        "cover": COVER_WORDS,
        "amount_unit": AMOUNT_UNIT_WORDS,
        "extends": EXTENDS_WORDS,
        "repair_days": REPAIR_DAYS_WORDS,
        "on_exchange": ON_EXCHANGE_WORDS,
    },
)

DECISIONS = ColumnWords(
    {
        "about_kind": N_("Kind of record"),
        "about_id": N_("Record"),
        "problem": N_("Problem"),
        "rule_set": N_("Rule set"),
        "choice_id": N_("Decision on the rule set"),
        "charge": N_("Charge"),
        "by_hand": N_("Decided by a person"),
        "sources": N_("Where facts come from"),
        "given": N_("Said by a person"),
        "handed_in": N_("Handed in"),
        "turns": N_("What follows later"),
        "holds_until": N_("Holds until"),
        "former_id": N_("Former decision"),
        "changed": N_("Changed facts"),
        "task_id": N_("Background work"),
        "made_at": N_("Decided"),
        "made_by": N_("Decided by"),
        "settled_at": N_("Settled"),
        "settled_by": N_("Settled by"),
        "settled_reason": N_("Why settled so"),
    },
    {"charge": CHARGE_WORDS},
)
