"""What was sold sterile long ago: codes, words and what its verbs take (INS-12)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from core.api import N_, RecordRef

STERILE_CASE = "inventory.sterile_case"
STERILE_CLOCK = "inventory.sterile_case"
STERILE_RULES = "inventory.sterile_rules"
"""The table that says who is told, who is asked, and who pays."""

CASE_STATE_WORDS = {
    "found": N_("Production to be asked"),
    "asked": N_("Production asked"),
    "service": N_("Being sterilised again"),
    "resterilised": N_("Sterilised again"),
    "refused": N_("Not sterilised again"),
    "scrapped": N_("Scrapped after expiry"),
    "gone": N_("No longer with the customer"),
}
CASE_MARKS = {
    "found": ("bad", "circle-dot"),
    "asked": ("warn", "message-circle-question-mark"),
    "service": ("info", "refresh-cw"),
    "resterilised": ("ok", "circle-check"),
    "refused": ("", "circle-x"),
    "scrapped": ("", "trash-2"),
    "gone": ("", "circle-slash"),
}
GOING_ON = ("found", "asked", "service")
"""The states in which something is still to be done."""
QUALITY_WORDS = {"unaffected": N_("Quality unaffected"), "affected": N_("Quality affected")}
OUTCOME_WORDS = {
    "resterilised": N_("It has a new sterile date"),
    "refused": N_("It is not sterilised again"),
    "scrapped": N_("It is scrapped"),
}
OUTCOMES = {"resterilised": "renew", "refused": "refuse", "scrapped": "scrap"}
"""Outcome → the transition that leads there."""
CHARGE_WORDS = {"free": N_("Free of charge"), "paid": N_("Paid")}
PAYER_WORDS = {
    "company": N_("Paid by the company"),
    "customer": N_("Paid by the customer"),
    "supplier": N_("Paid by the supplier"),
}


@dataclass(frozen=True)
class Sold:
    """So much of a batch is with a customer, sold on a day at the latest."""

    batch_id: int
    ref: RecordRef
    quantity: Decimal
    sold_on: dt.date
    customer_id: int | None = None
    device_id: int | None = None


@dataclass(frozen=True)
class SterileDecision:
    """How a case ends. ``whole``: all there is of the batch was sterilised again, so the batch has the new date."""

    outcome: str
    reason: str
    sterile_until: dt.date | None = None
    whole: bool = False
