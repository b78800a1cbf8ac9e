"""Tables of service orders. One module per part."""

from plugins.service.models.after import Agreement, Briefing, Expense, Return, ReturnCheck
from plugins.service.models.daybook import BookDay, Filing
from plugins.service.models.dispatch import Appointment, Assignment, Triage
from plugins.service.models.escalation import Escalation
from plugins.service.models.installation import Installation, InstallPaper, InstallStep, InstallVerdict, Trainee
from plugins.service.models.late import LateReport
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
from plugins.service.models.part_waits import PartWait
from plugins.service.models.plans import OCCURRENCE_STATES, PLAN_STATES, WAITING_STATES, CarePlan, Occurrence
from plugins.service.models.rma import AWAITED_STATES, RMA_STATES, Rma
from plugins.service.models.rounds import Round, RoundFault, RoundPlace
from plugins.service.models.slips import SLIP_STATES, Slip, SlipPage
from plugins.service.models.visits import ASPECTS, PartLine, Rating, Sent, Signature, Visit
from plugins.service.models.workshop import Application, BenchEntry, BenchTest, Custody, Item

__all__ = [
    "ASPECTS",
    "Agreement",
    "AWAITED_STATES",
    "Application",
    "Appointment",
    "Assignment",
    "BenchEntry",
    "BenchTest",
    "BookDay",
    "Briefing",
    "CarePlan",
    "CashHandover",
    "Charge",
    "Custody",
    "Entitlement",
    "Escalation",
    "Expense",
    "FINAL_STATES",
    "Filing",
    "Guidance",
    "InstallPaper",
    "InstallStep",
    "InstallVerdict",
    "Installation",
    "Invoice",
    "Item",
    "KINDS",
    "LateReport",
    "NEVER",
    "OCCURRENCE_STATES",
    "OPEN_STATES",
    "Occurrence",
    "Order",
    "PLAN_STATES",
    "PartLine",
    "PartWait",
    "Payment",
    "RMA_STATES",
    "Rating",
    "Rma",
    "SLIP_STATES",
    "Return",
    "ReturnCheck",
    "Round",
    "RoundFault",
    "RoundPlace",
    "STATES",
    "Sent",
    "Signature",
    "Slip",
    "SlipPage",
    "Trainee",
    "Triage",
    "Unpaid",
    "Visit",
    "WAITING_STATES",
]
