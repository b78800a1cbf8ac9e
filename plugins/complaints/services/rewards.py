"""Gifts for excellent suggestions (GS-25): proposed, approved or refused by whoever may, delivered, all on record."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from core.api import Conflict, Ctx, Invalid, _, emit, transaction
from plugins.complaints import following, queries
from plugins.complaints.life import HANDLE
from plugins.complaints.models import Reward
from plugins.complaints.services.common import links_of, required

APPROVE = "complaints.reward.approve"
DELIVER = "complaints.reward.deliver"


def propose_reward(ctx: Ctx, complaint_id: int, gift: str, value: Decimal, reason: str = "") -> Reward:
    """Propose a gift for a suggestion; ``value`` is in the company's currency."""
    ctx.require(HANDLE)
    with transaction(ctx):
        complaint = queries.get_complaint(ctx, complaint_id)
        if complaint.kind != "suggestion":
            raise Conflict("no_suggestion", _("Gifts are for suggestions; {number} is none.", number=complaint.number))
        if complaint.state in ("withdrawn", "duplicate"):
            raise Conflict("ended", _("{number} was withdrawn or is a duplicate.", number=complaint.number))
        if value < 0 or value >= 10**9:
            raise Invalid("bad_value", _("The value must be an amount from 0 on."), "value")
        reward = Reward(
            complaint_id=complaint.id,
            gift=required(gift, "gift", _("Say what the gift is."), 200),
            value=value,
            currency=ctx.company.currency,
            reason=reason.strip(),
            proposed_at=ctx.now,
            proposed_by=ctx.actor.name,
            proposed_by_id=ctx.actor.user_id,
        )
        ctx.session.add(reward)
        ctx.session.flush()
        emit(
            ctx, "complaints.reward_proposed", complaint, links=links_of(complaint), number=complaint.number,
            gift=reward.gift, value=str(value),
        )
        return reward


def decide_reward(ctx: Ctx, reward_id: int, approve: bool, reason: str = "") -> Reward:
    """Approve a gift, or refuse it with a reason."""
    ctx.require(APPROVE)
    with transaction(ctx):
        reward = _in_state(ctx, reward_id, "proposed")
        if not approve:
            required(reason, "reason", _("Give a reason."))
        reward.state = "approved" if approve else "refused"
        reward.decided_at, reward.decided_by, reward.decision_reason = ctx.now, ctx.actor.name, reason.strip()
        name = "complaints.reward_approved" if approve else "complaints.reward_refused"
        complaint = queries.get_complaint(ctx, reward.complaint_id)
        emit(ctx, name, complaint, number=complaint.number, gift=reward.gift, reason=reason.strip())
        return reward


def deliver_reward(ctx: Ctx, reward_id: int, by: str = "", *, at: dt.datetime | None = None) -> Reward:
    """The customer has the gift. ``by`` is who handed it over, the person who records it unless said."""
    ctx.require(DELIVER)
    with transaction(ctx):
        reward = _in_state(ctx, reward_id, "approved")
        moment = at or ctx.now
        if moment > ctx.now or (reward.decided_at is not None and moment < reward.decided_at):
            raise Invalid("bad_moment", _("A gift is delivered after its approval, and not later than now."), "at")
        reward.state, reward.delivered_at = "delivered", moment
        reward.delivered_by = (by.strip() or ctx.actor.name)[:120]
        complaint = queries.get_complaint(ctx, reward.complaint_id)
        emit(
            ctx, "complaints.reward_delivered", complaint, links=links_of(complaint), number=complaint.number,
            gift=reward.gift, name=reward.delivered_by,
        )
        return reward


def _in_state(ctx: Ctx, reward_id: int, state: str) -> Reward:
    reward = following.get_reward(ctx, reward_id)
    if reward.state != state:
        raise Conflict("wrong_state", _("This gift has moved on in the meantime. Look at it again."))
    return reward
