"""What complaints hold about a person, and removing it."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, PersonalData, RecordRef, _
from plugins.base.queries import ids_of_person
from plugins.complaints.contracts import ACTION, COMPLAINT
from plugins.complaints.models import (
    ActionSource,
    Answer,
    CauseAction,
    Complaint,
    Handover,
    Meeting,
    Progress,
    Reply,
    Reward,
)


def personal_data(ctx: Ctx, ref: RecordRef) -> list[PersonalData]:
    """The complaints of a customer."""
    found = _complaints(ctx, ref)
    if not found:
        return []
    return [
        PersonalData(
            _("Complaints and suggestions"),
            len(found),
            _(
                "Name, phone number, e-mail address, subject, what was said, findings, answers, questionnaires, "
                "what was told, reasons, notes of meetings and of actions"
            ),
            _(
                "The number, category, severity, dates, time limits, departments and gifts: statistics need them; "
                "actions that serve complaints of others, too"
            ),
            (
                *(RecordRef(COMPLAINT, c.id) for c in found),
                *(RecordRef(ACTION, a.id) for a in _actions(ctx, [c.id for c in found])),
            ),
            max(c.closed_at or c.received_at for c in found),
        )
    ]


def erase(ctx: Ctx, ref: RecordRef) -> None:
    """Remove all of it. A complaint is called by its number from now on."""
    found = _complaints(ctx, ref)
    ids = [c.id for c in found]
    for complaint in found:
        complaint.subject = complaint.number
        complaint.person_name = complaint.person_phone = complaint.person_email = complaint.phone_reversed = ""
        complaint.text = complaint.findings = complaint.outcome_text = ""
        complaint.delegate_reason = complaint.no_action_reason = complaint.routing_note = ""
        complaint.external_key = None
    for reply in ctx.session.scalars(sa.select(Reply).where(Reply.complaint_id.in_(ids)).order_by(Reply.id)):
        reply.text = ""
    for told in ctx.session.scalars(sa.select(Progress).where(Progress.complaint_id.in_(ids)).order_by(Progress.id)):
        told.text = ""
        told.state = "told" if told.state == "told" else "dropped"
    for hand in ctx.session.scalars(sa.select(Handover).where(Handover.complaint_id.in_(ids)).order_by(Handover.id)):
        hand.reason = ""
    for meeting in ctx.session.scalars(sa.select(Meeting).where(Meeting.complaint_id.in_(ids)).order_by(Meeting.id)):
        meeting.note = ""
    for reward in ctx.session.scalars(sa.select(Reward).where(Reward.complaint_id.in_(ids)).order_by(Reward.id)):
        reward.reason = reward.decision_reason = ""
    for answer in ctx.session.scalars(sa.select(Answer).where(Answer.complaint_id.in_(ids)).order_by(Answer.id)):
        answer.answers, answer.serial = [], ""
    for action in _actions(ctx, ids):
        action.title = action.number
        action.text = action.result = action.check_text = action.origin = ""


def _actions(ctx: Ctx, ids: list[int]) -> list[CauseAction]:
    """The actions that were taken for these complaints alone."""
    others = sa.select(ActionSource.action_id).where(ActionSource.complaint_id.not_in(ids))
    own = sa.select(ActionSource.action_id).where(ActionSource.complaint_id.in_(ids))
    query = sa.select(CauseAction).where(CauseAction.id.in_(own), CauseAction.id.not_in(others))
    return list(ctx.session.scalars(query.order_by(CauseAction.id).with_for_update()))


def _complaints(ctx: Ctx, ref: RecordRef) -> list[Complaint]:
    ids = ids_of_person(ctx, ref.id) if ref.kind == "base.customer" else []
    if not ids:
        return []
    query = sa.select(Complaint).where(Complaint.customer_id.in_(ids)).order_by(Complaint.id).with_for_update()
    return list(ctx.session.scalars(query))
