"""Linked complaints: one cause, many customers. The lead is worked on; every customer is answered."""

from __future__ import annotations

from core.api import Conflict, Ctx, DomainError, Invalid, _, emit, transaction
from plugins.complaints import following, queries
from plugins.complaints.contracts import WRITTEN, CauseFound
from plugins.complaints.life import HANDLE
from plugins.complaints.models import OPEN_STATES, Complaint
from plugins.complaints.services.causes import put_cause
from plugins.complaints.services.causes import set_cause as set_own_cause
from plugins.complaints.services.closing import close_complaint
from plugins.complaints.services.common import required, to_change
from plugins.complaints.services.handling import reply
from plugins.complaints.services.handling import write_findings as write_own_findings


def link_complaint(ctx: Ctx, complaint_id: int, lead_number: str, *, version: int | None = None) -> Complaint:
    """Link a complaint to the one that leads its group; what was found there already holds for it, too."""
    ctx.require(HANDLE)
    with transaction(ctx):
        complaint = to_change(ctx, complaint_id, version)
        number = lead_number.strip()
        lead = queries.by_number(ctx, number)
        if lead is None:
            raise Invalid("unknown_number", _("There is no complaint {number}.", number=number), "lead_number")
        if lead.lead_id is not None:
            lead = queries.get_complaint(ctx, lead.lead_id)
        if lead.id == complaint.id:
            raise Invalid("same_complaint", _("It can't be linked to itself."), "lead_number")
        if following.count_followers(ctx, complaint.id):
            text = _("{number} leads a group itself. Link its members instead.", number=complaint.number)
            raise Conflict("is_lead", text)
        complaint.lead_id = lead.id
        emit(ctx, "complaints.linked", complaint, links=[lead], number=complaint.number, other=lead.number)
        _take_over(ctx, lead, complaint)
        return complaint


def unlink_complaint(ctx: Ctx, complaint_id: int, *, version: int | None = None) -> Complaint:
    """It was another matter: it leaves the group and keeps what it has."""
    ctx.require(HANDLE)
    with transaction(ctx):
        complaint = to_change(ctx, complaint_id, version)
        if complaint.lead_id is None:
            raise Conflict("not_linked", _("{number} is not linked.", number=complaint.number))
        lead = queries.get_complaint(ctx, complaint.lead_id)
        complaint.lead_id = None
        emit(ctx, "complaints.unlinked", complaint, links=[lead], number=complaint.number, other=lead.number)
        return complaint


def write_findings(
    ctx: Ctx, complaint_id: int, findings: str, found: CauseFound | None = None, *, version: int | None = None
) -> Complaint:
    """Write down what was found out, and the root cause if it is known; both hold for linked complaints, too."""
    with transaction(ctx):
        complaint = write_own_findings(ctx, complaint_id, findings, found, version=version)
        spread_findings(ctx, complaint)
        return complaint


def set_cause(ctx: Ctx, complaint_id: int, found: CauseFound, *, version: int | None = None) -> Complaint:
    """Say what the root cause was and who is responsible; it holds for the complaints linked to it, too."""
    with transaction(ctx):
        complaint = set_own_cause(ctx, complaint_id, found, version=version)
        spread_findings(ctx, complaint)
        return complaint


def spread_findings(ctx: Ctx, lead: Complaint) -> int:
    """Give findings and cause of a lead to the open complaints of its group; answers to how many."""
    return sum(_take_over(ctx, lead, other) for other in following.group_of(ctx, lead.id))


def _take_over(ctx: Ctx, lead: Complaint, other: Complaint) -> bool:
    if other.state not in OPEN_STATES or not (lead.findings or lead.cause_id):
        return False
    if lead.findings and lead.findings != other.findings:
        other.findings = lead.findings
        if other.state == "in_progress":
            other.state = "to_answer"
        emit(ctx, "complaints.findings_shared", other, number=other.number, other=lead.number)
    if lead.cause_id and lead.cause_id != other.cause_id:
        put_cause(ctx, other, CauseFound(lead.cause_id, lead.responsible_unit_id, lead.responsible_id))
    return True


def answer_group(ctx: Ctx, lead_id: int, text: str, channel: str = "") -> tuple[int, list[str]]:
    """Answer every customer of a group who has not been answered yet: the lead's and those of the linked ones.

    Without ``channel`` each is answered by the channel by which the complaint came in, where that is one for answers.
    Answers how many were answered, and a sentence for each that could not be.
    """
    ctx.require(HANDLE)
    words = required(text, "text", _("Write what the customer was answered."))
    lead = queries.get_complaint(ctx, lead_id)
    done, problems = 0, []
    for complaint in [lead, *following.group_of(ctx, lead_id)]:
        if complaint.state not in ("in_progress", "to_answer"):
            continue
        by = channel or (complaint.channel if complaint.channel in (*WRITTEN, "phone") else "phone")
        try:
            reply(ctx, complaint.id, words, by)
            done += 1
        except DomainError as error:
            problems.append(f"{complaint.number}: {error.message}")
    return done, problems


def close_group(ctx: Ctx, lead_id: int, outcome: str, text: str = "") -> tuple[int, list[str]]:
    """Close every answered complaint of a group; those with open conditions stay and are named."""
    lead = queries.get_complaint(ctx, lead_id)
    done, problems = 0, []
    for complaint in [*following.group_of(ctx, lead_id), lead]:
        if complaint.state != "replied":
            continue
        try:
            close_complaint(ctx, complaint.id, outcome, text)
            done += 1
        except DomainError as error:
            problems.append(f"{complaint.number}: {error.message}")
    return done, problems
