"""Tables of service orders. One module per part."""

from plugins.service.models.dispatch import Appointment, Assignment, Triage
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

__all__ = [
    "FINAL_STATES",
    "KINDS",
    "NEVER",
    "OPEN_STATES",
    "STATES",
    "Appointment",
    "Assignment",
    "Entitlement",
    "Guidance",
    "Order",
    "Triage",
]
