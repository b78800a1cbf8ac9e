"""Tables of service orders. One module per part."""

from plugins.service.models.dispatch import Appointment, Assignment, Triage
from plugins.service.models.money import CashHandover, Charge, Invoice, Payment, Unpaid
from plugins.service.models.orders import (
    FINAL_STATES,
    KINDS,
    NEVER,
    OPEN_STATES,
    STATES,
    Entitlement,
    Guidance,
    Order,
)
from plugins.service.models.visits import ASPECTS, PartLine, Rating, Sent, Signature, Visit
from plugins.service.models.workshop import Application, BenchEntry, BenchTest, Custody, Item

__all__ = [
    "ASPECTS",
    "Application",
    "Appointment",
    "Assignment",
    "BenchEntry",
    "BenchTest",
    "CashHandover",
    "Charge",
    "Custody",
    "Entitlement",
    "FINAL_STATES",
    "Guidance",
    "Invoice",
    "Item",
    "KINDS",
    "NEVER",
    "OPEN_STATES",
    "Order",
    "PartLine",
    "Payment",
    "Rating",
    "STATES",
    "Sent",
    "Signature",
    "Triage",
    "Unpaid",
    "Visit",
]
