"""What the services share: finding the record, its links, its most urgent deadline, its history of hands."""

from __future__ import annotations

import re

import sqlalchemy as sa

from core.api import (
    Clock,
    Ctx,
    Invalid,
    RecordRef,
    _,
    check_version,
    clocks_on,
    emit,
    notify,
    people_with_role,
    transaction,
)
from plugins.complaints import queries
from plugins.complaints.contracts import COMPLAINT, SOLUTION, UNHURRIED
from plugins.complaints.models import NEVER, Complaint, Handover
from plugins.complaints.rules import earliest

_EMAIL = re.compile(r"^[^@\s,;<>]+@[^@\s,;<>]+$")
RUNNING, PAUSED = "running", "paused"


def to_change(ctx: Ctx, complaint_id: int, version: int | None = None) -> Complaint:
    """The complaint, read inside the transaction. Conflict when it is no longer the version that was shown."""
    complaint = queries.get_complaint(ctx, complaint_id)
    check_version(complaint, version)
    return complaint


def links_of(complaint: Complaint) -> list[RecordRef]:
    """The records on whose timelines a complaint's events appear too: customer, unit, entry of the call register."""
    found = (
        ("base.customer", complaint.customer_id),
        ("base.unit", complaint.device_id),
        ("base.contact", complaint.contact_id),
    )
    return [RecordRef(kind, ref_id) for kind, ref_id in found if ref_id is not None]


def refresh_urgency(ctx: Ctx, complaint: Complaint, clocks: list[Clock] | None = None) -> None:
    """Put the earliest running deadline on the complaint, so that queues can be sorted by it."""
    known = clocks if clocks is not None else clocks_on(ctx, complaint)
    moments = (c.due_at for c in known if c.state == RUNNING and c.kind not in UNHURRIED)
    complaint.urgent_at = earliest(moments, NEVER)


def refresh_all_urgency(ctx: Ctx) -> None:
    """Reckon the most urgent deadline of every open complaint anew: the module was off, and its clocks moved."""
    with transaction(ctx):
        changed = 0
        rows = ctx.session.scalars(sa.select(Complaint).where(Complaint.is_open.is_(True)).order_by(Complaint.id))
        due = dict(
            ctx.session.execute(
                sa.select(Clock.record_id, sa.func.min(Clock.due_at))
                .where(Clock.record_kind == COMPLAINT, Clock.state == RUNNING, Clock.kind.not_in(UNHURRIED))
                .group_by(Clock.record_id)
            ).all()
        )
        for complaint in rows:
            moment = due.get(complaint.id, NEVER)
            if complaint.urgent_at != moment:
                complaint.urgent_at = moment
                changed += 1
        if changed:
            emit(ctx, "complaints.urgency_refreshed", complaints=changed)


def solution_clock(ctx: Ctx, complaint: Complaint) -> Clock | None:
    """The newest clock of the solution."""
    return next((c for c in reversed(clocks_on(ctx, complaint)) if c.kind == SOLUTION), None)


def note_hands(ctx: Ctx, complaint: Complaint, verb: str, before: tuple[int | None, int | None], **values) -> None:
    """Add a line to the history of hands: from ``before`` (department, person) to what the complaint says now."""
    ctx.session.add(
        Handover(
            complaint_id=complaint.id,
            verb=verb,
            from_unit_id=before[0],
            to_unit_id=complaint.unit_id,
            from_user_id=before[1],
            to_user_id=complaint.assignee_id,
            at=ctx.now,
            by_id=ctx.actor.user_id,
            by_name=ctx.actor.name,
            **values,
        )
    )


def tell_role(ctx: Ctx, complaint: Complaint, role: str | None, text: str, why: str = "") -> list[int]:
    """Put a line into the inbox of everybody who holds ``role``; answers who was told. ``why`` tells causes apart."""
    if not role:
        return []
    people = people_with_role(ctx, role)
    once = f"complaint {complaint.id} v{complaint.version} {role} {why}".strip()[:120]
    notify(ctx, people, text, record=complaint, once=once, number=complaint.number, subject=complaint.subject[:80])
    return people


def checked_email(text: str) -> str:
    """An e-mail address without blanks around it, or nothing; Invalid for what can't be one."""
    text = text.strip()
    if text and (len(text) > 255 or not _EMAIL.match(text)):
        raise Invalid("bad_email", _("“{text}” is not an e-mail address.", text=text[:80]), "person_email")
    return text


def required(value: str, field: str, message: str, longest: int = 20_000) -> str:
    """The text without blanks around it; Invalid at ``field`` when it is empty or too long."""
    value = (value or "").strip()
    if not value:
        raise Invalid(f"{field}_missing", message, field)
    if len(value) > longest:
        raise Invalid(
            f"{field}_too_long", _("At most {n} characters; this has {length}.", n=longest, length=len(value)), field
        )
    return value
