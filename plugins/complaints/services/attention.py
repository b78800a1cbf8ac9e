"""The head meets every complaining customer who is owed it, or names a delegate who does (VCH-22)."""

from __future__ import annotations

from core.api import N_, Conflict, Ctx, Forbidden, Invalid, _, emit, notify, stop_clock, transaction
from plugins.complaints import queries
from plugins.complaints.contracts import MEETING, MEETING_WORDS, MeetingData
from plugins.complaints.life import ASSIGN, MEET
from plugins.complaints.models import OPEN_STATES, Complaint, Meeting
from plugins.complaints.services.common import links_of, refresh_urgency, required, to_change


def name_delegate(
    ctx: Ctx, complaint_id: int, user_id: int, reason: str, *, version: int | None = None
) -> Complaint:
    """Somebody else meets the customer in place of the head, who says why.

    For those who hold the role that owes the meeting, and for those who may give complaints to people.
    """
    ctx.require(MEET)
    with transaction(ctx):
        complaint = to_change(ctx, complaint_id, version)
        _require_owed(complaint)
        if complaint.duty_role not in ctx.actor.roles and not ctx.can(ASSIGN):
            role = queries.role_label(ctx, complaint.duty_role)
            raise Forbidden("not_the_head", _("Only {role} can name a delegate.", role=role))
        name = queries.active_member_name(ctx, user_id)
        if name is None:
            raise Invalid("unknown_person", _("Choose somebody who works here."), "user_id")
        complaint.delegate_id = user_id
        complaint.delegate_reason = required(reason, "reason", _("Give a reason."), 400)
        emit(
            ctx,
            "complaints.delegate_named",
            complaint,
            number=complaint.number,
            name=name,
            user_id=user_id,
            reason=complaint.delegate_reason,
        )
        text = N_("You meet the customer of {number} as delegate: {subject}")
        once = f"complaint {complaint.id} v{complaint.version} delegate"
        subject = complaint.subject[:80]
        notify(ctx, [user_id], text, record=complaint, once=once, number=complaint.number, subject=subject)
        return complaint


def record_meeting(ctx: Ctx, complaint_id: int, given: MeetingData, *, version: int | None = None) -> Complaint:
    """Record that the customer was met: who, when, how. The clock of the meeting stops at that moment.

    Only a holder of the role that owes it, or the named delegate, counts; anybody may meet a customer who is owed none.
    """
    ctx.require(MEET)
    with transaction(ctx):
        complaint = to_change(ctx, complaint_id, version)
        if complaint.state not in OPEN_STATES:
            raise Conflict("not_open", _("{number} is closed. Reopen it first.", number=complaint.number))
        if given.how not in MEETING_WORDS:
            raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=given.how), "how")
        at = given.met_at or ctx.now
        if not complaint.received_at <= at <= ctx.now:
            raise Invalid(
                "bad_moment", _("A meeting takes place after the complaint came in, and not later than now."), "met_at"
            )
        who_id = given.who_id or ctx.actor.user_id
        name = queries.active_member_name(ctx, who_id) if who_id else None
        if given.who_id and name is None:
            raise Invalid("unknown_person", _("Choose somebody who works here."), "who_id")
        as_delegate = _stands_in(ctx, complaint, who_id, name or ctx.actor.name)
        ctx.session.add(
            Meeting(
                complaint_id=complaint.id,
                met_at=at,
                how=given.how,
                who_id=who_id,
                who_name=name or ctx.actor.name,
                as_delegate=as_delegate,
                note=given.note.strip(),
                recorded_by=ctx.actor.name,
            )
        )
        complaint.met_at = complaint.met_at or at
        stop_clock(ctx, complaint, MEETING, at=at)
        refresh_urgency(ctx, complaint)
        emit(
            ctx,
            "complaints.customer_met",
            complaint,
            links=links_of(complaint),
            number=complaint.number,
            name=name or ctx.actor.name,
            how={"en": MEETING_WORDS[given.how], "zh": _(MEETING_WORDS[given.how])},
            at=at,
            as_delegate=as_delegate,
        )
        return complaint


def _stands_in(ctx: Ctx, complaint: Complaint, who_id: int | None, name: str) -> bool:
    """Whether the person met the customer as delegate; Invalid when neither head nor delegate."""
    if not complaint.duty:
        return False
    held = ctx.actor.roles if who_id == ctx.actor.user_id else frozenset()
    if complaint.duty_role in held or complaint.duty_role in queries.roles_of(ctx, who_id):
        return False
    if who_id is not None and who_id == complaint.delegate_id:
        return True
    role = queries.role_label(ctx, complaint.duty_role)
    text = _("{name} is neither {role} nor the delegate. Name a delegate with a reason first.", name=name, role=role)
    raise Invalid("not_the_head", text, "who_id")


def _require_owed(complaint: Complaint) -> None:
    if complaint.state not in OPEN_STATES:
        raise Conflict("not_open", _("{number} is closed. Reopen it first.", number=complaint.number))
    if not complaint.duty:
        raise Conflict("no_duty", _("No rule asks the head to meet this customer."))
