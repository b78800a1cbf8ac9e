"""What a person has to approve, has asked for, and has answered: queries for lists and counts."""

from __future__ import annotations

import sqlalchemy as sa

from core.approvals.models import WAITING, Approval, ApprovalStep, ApprovalVote
from core.approvals.people import principals, staff
from core.context import Ctx


def waiting_for_me(ctx: Ctx) -> sa.Select | None:
    """Requests whose step this person may answer now, for oneself or as a deputy; None when there can be none."""
    me = ctx.actor.user_id
    if me is None:
        return None
    known = ctx.memo.get("membership")
    if known is not None and known.user_id == me and not known.active:
        return None
    people = [p for p in (staff(ctx).get(i) for i in (me, *principals(ctx, me))) if p is not None and p.roles]
    if not people or people[0].id != me and me not in staff(ctx):
        return None
    return (
        sa.select(Approval)
        .join(ApprovalStep, ApprovalStep.approval_id == Approval.id)
        .where(
            Approval.state == WAITING,
            Approval.plugin.in_(ctx.enabled),
            ApprovalStep.state == WAITING,
            sa.or_(Approval.asked_by_id.is_(None), Approval.asked_by_id != me, ApprovalStep.own.is_(True)),
            sa.or_(*(_answerable_by(person) for person in people)),
        )
    )


def _answerable_by(person) -> sa.ColumnElement[bool]:
    """As ``people.qualifies`` says, in the database."""
    units = [ApprovalStep.unit_id.is_(None), ApprovalStep.handed_to_id == person.id]
    if person.unit_id is not None:
        units.append(ApprovalStep.unit_id == person.unit_id)
    else:
        units.append(ApprovalStep.scope == "headquarters")
    voted = sa.select(ApprovalVote.id).where(
        ApprovalVote.step_id == ApprovalStep.id, ApprovalVote.holder_id == person.id
    )
    own = sa.or_(
        Approval.asked_by_id.is_(None), Approval.asked_by_id != person.id, ApprovalStep.own.is_(True)
    )
    return sa.and_(ApprovalStep.role.in_(sorted(person.roles)), sa.or_(*units), own, ~voted.exists())


def asked_by_me(ctx: Ctx) -> sa.Select:
    """Requests that this person made."""
    query = sa.select(Approval).where(Approval.asked_by_id == ctx.actor.user_id)
    return query.where(Approval.plugin.in_(ctx.enabled))


def answered_by_me(ctx: Ctx) -> sa.Select:
    """Requests of which this person answered a step, or in whose name a deputy did."""
    me = ctx.actor.user_id
    mine = sa.select(ApprovalVote.id).where(
        ApprovalVote.approval_id == Approval.id, sa.or_(ApprovalVote.by_id == me, ApprovalVote.holder_id == me)
    )
    return sa.select(Approval).where(mine.exists(), Approval.plugin.in_(ctx.enabled))


def current_steps(ctx: Ctx, approval_ids: list[int]) -> dict[int, tuple[ApprovalStep, int]]:
    """Request → the step whose turn it is, and how many steps there are; only those that wait."""
    if not approval_ids:
        return {}
    query = sa.select(ApprovalStep).where(ApprovalStep.approval_id.in_(approval_ids)).order_by(ApprovalStep.id)
    steps: dict[int, list[ApprovalStep]] = {}
    for step in ctx.session.scalars(query):
        steps.setdefault(step.approval_id, []).append(step)
    return {i: (s, len(found)) for i, found in steps.items() for s in found if s.state == WAITING}
