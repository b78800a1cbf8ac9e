"""What goes in and out of the services of tools, and the words for their codes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from core.api import N_

TOOL = "inventory.tool"
TOOL_KIND = "inventory.tool_kind"
CUSTODY = "inventory.custody"
KIT = "inventory.kit"
KIT_LINE = "inventory.kit_line"
CLAIM = "inventory.tool_claim"
"""Kinds of records, for RecordRef."""
CARD = "inventory.custody_card"
"""The kind of document."""
USE, COMPENSATION, KIT_LIMITS = "inventory.tool_use", "inventory.tool_compensation", "inventory.kit_limits"
"""The tables: who gets a tool for what, what is claimed for loss and damage, by when a kit is complete again."""
KIT_CLOCK = "inventory.kit_complete"
THRESHOLD = "inventory.asset_threshold"

TOOL_STATE_WORDS = {
    "store": N_("In store"),
    "offered": N_("To be taken over"),
    "custody": N_("In custody"),
    "repair": N_("In repair"),
    "lost": N_("Lost"),
    "retired": N_("Retired for good"),
}
CONDITION_WORDS = {
    "good": N_("In good order"),
    "worn": N_("Worn, usable"),
    "damaged": N_("Damaged"),
}
PURPOSE_WORDS = {
    "service": N_("Service work"),
    "training": N_("Training"),
    "production": N_("Production work"),
    "private": N_("Private use"),
}
CUSTODY_STATE_WORDS = {
    "offered": N_("To be taken over"),
    "held": N_("In custody"),
    "returned": N_("Given back to the store"),
    "handed_on": N_("Handed on"),
    "lost": N_("Lost"),
    "declined": N_("Not taken over"),
    "withdrawn": N_("Hand-over withdrawn"),
}
LOSS_WORDS = {"loss": N_("Loss of the tool"), "damage": N_("Damage to the tool")}
FAULT_WORDS = {"fault": N_("By fault"), "none": N_("Not by fault")}
CLAIM_STATE_WORDS = {
    "reported": N_("Fault to be decided"),
    "decided": N_("To be approved"),
    "approved": N_("To be paid"),
    "paid": N_("Has been paid"),
    "free": N_("Nothing to pay"),
    "waived": N_("Waived"),
}


@dataclass(frozen=True)
class ToolKindData:
    """A kind of tool as it is entered; ``inspect_months`` is how long an inspection or calibration holds."""

    code: str
    name: str
    inspect_months: int | None = None
    active: bool = True
    id: int | None = None


@dataclass(frozen=True)
class ToolData:
    """A tool as it is entered; without a number the next one is given. The price is in the company's currency."""

    name: str
    kind_id: int
    number: str = ""
    serial: str = ""
    price: Decimal | None = None
    bought_on: dt.date | None = None
    supplier_id: int | None = None
    unit_id: int | None = None
    kit_id: int | None = None
    inspect_by: dt.date | None = None
    reserved: bool = False
    note: str = ""
    id: int | None = None


@dataclass(frozen=True)
class HandOver:
    """A tool goes to a person: what for, for which unit (that of the person unless said), in what condition."""

    user_id: int
    purpose: str = "service"
    condition: str = "good"
    note: str = ""
    unit_id: int | None = None


@dataclass(frozen=True)
class Signed:
    """The receiver's signature: drawn on the screen (``signature.png``), or a photo of the signed card."""

    content: bytes
    name: str = "signature.png"


@dataclass(frozen=True)
class GivenBack:
    """How a tool comes back: into the store, or to repair (``repair``); what is damaged is said in ``note``."""

    condition: str = "good"
    note: str = ""
    repair: bool = False


@dataclass(frozen=True)
class KitData:
    """A kit as it is entered: whose it is, whether its tools are reserved for service."""

    code: str
    name: str
    unit_id: int | None = None
    reserved: bool = True
    note: str = ""
    active: bool = True
    id: int | None = None
