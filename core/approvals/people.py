"""Who may answer a step now: holders of its role in its unit, and those who stand in for them today."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from core.approvals.models import Approval, ApprovalStep, ApprovalVote, Deputy
from core.auth.models import User
from core.companies.models import Membership
from core.context import Ctx
from core.db import transaction
from core.errors import Forbidden, Invalid, NotFound
from core.events import RecordRef, emit
from core.i18n import _


@dataclass(frozen=True)
class Person:
    """A person who works here, as far as approvals ask."""

    id: int
    name: str
    roles: frozenset[str]
    unit_id: int | None


def staff(ctx: Ctx) -> dict[int, Person]:
    """Everybody who works here now, by id; read once per Ctx."""
    found = ctx.memo.get("staff")
    if found is None:
        query = (
            sa.select(Membership.user_id, User.name, Membership.role_codes, Membership.unit_id)
            .join(User, User.id == Membership.user_id)
            .where(Membership.active.is_(True), User.active.is_(True))
        )
        rows = ctx.session.execute(query)
        found = ctx.memo["staff"] = {r[0]: Person(r[0], r[1], frozenset(r[2]), r[3]) for r in rows}
    return found


def qualifies(person: Person, asked_by: int | None, step) -> bool:
    """Whether a person may answer a step by role and unit; the asker only where the rules say so."""
    if step.role not in person.roles or (person.id == asked_by and not step.own):
        return False
    if step.unit_id is None or person.id == getattr(step, "handed_to_id", None):
        return True
    return person.unit_id == step.unit_id or (step.scope == "headquarters" and person.unit_id is None)


def holders(ctx: Ctx, asked_by: int | None, step) -> list[Person]:
    """Everybody who may answer a step now, by name."""
    found = [p for p in staff(ctx).values() if qualifies(p, asked_by, step)]
    return sorted(found, key=lambda p: (p.name, p.id))


def answerable_for(ctx: Ctx, approval: Approval, step: ApprovalStep, voted: Iterable[int] = ()) -> list[Person]:
    """For whom this actor may answer the step now: for oneself first, then for those whose deputy he or she is.

    Nobody may answer a request of his or her own as somebody's deputy either, unless the rules allow it.
    """
    me = ctx.actor.user_id
    if me is None or me not in staff(ctx) or (me == approval.asked_by_id and not step.own):
        return []
    done = set(voted)
    people = [staff(ctx)[i] for i in (me, *principals(ctx, me)) if i in staff(ctx)]
    return [p for p in people if p.id not in done and qualifies(p, approval.asked_by_id, step)]


def principals(ctx: Ctx, user_id: int) -> list[int]:
    """The people for whom somebody stands in today."""
    query = sa.select(Deputy.person_id).where(
        Deputy.deputy_id == user_id, Deputy.from_day <= ctx.today, Deputy.to_day >= ctx.today
    )
    return sorted(set(ctx.session.scalars(query)))


def deputies_of(ctx: Ctx, user_ids: Iterable[int]) -> set[int]:
    """The people who stand in for any of ``user_ids`` today."""
    query = sa.select(Deputy.deputy_id).where(
        Deputy.person_id.in_(sorted(set(user_ids))), Deputy.from_day <= ctx.today, Deputy.to_day >= ctx.today
    )
    return set(ctx.session.scalars(query))


def votes_of(ctx: Ctx, approval_id: int) -> list[ApprovalVote]:
    """Every answer to a request, oldest first."""
    query = sa.select(ApprovalVote).where(ApprovalVote.approval_id == approval_id).order_by(ApprovalVote.id)
    return list(ctx.session.scalars(query))


# --- deputies -------------------------------------------------------------------------------------------------------


def deputies_listed(ctx: Ctx, person_id: int | None = None) -> list[Deputy]:
    """Deputies that are in force or to come, soonest first; of one person, or of everybody."""
    query = sa.select(Deputy).where(Deputy.to_day >= ctx.today).order_by(Deputy.from_day, Deputy.id).limit(200)
    return list(ctx.session.scalars(query if person_id is None else query.where(Deputy.person_id == person_id)))


def name_deputy(
    ctx: Ctx, deputy_id: int, from_day: dt.date, to_day: dt.date, reason: str = "", *, person_id: int | None = None
) -> Deputy:
    """Let somebody answer approvals for oneself from one day to another, both included.

    For another person (``person_id``) it needs ``core.users.manage``.
    """
    person_id = person_id or ctx.actor.user_id
    if person_id != ctx.actor.user_id:
        ctx.require("core.users.manage")
    with transaction(ctx):
        people = staff(ctx)
        if person_id not in people:
            raise NotFound("unknown_person", _("This person does not work here."), "person_id")
        if deputy_id not in people or deputy_id == person_id:
            raise Invalid("bad_deputy", _("Choose somebody else who works here."), "deputy_id")
        if from_day > to_day:
            raise Invalid("days", _("The last day is before the first."), "to_day")
        if to_day < ctx.today:
            raise Invalid("past", _("The last day has passed."), "to_day")
        row = Deputy(person_id=person_id, deputy_id=deputy_id, from_day=from_day, to_day=to_day, reason=reason.strip())
        ctx.session.add(row)
        ctx.session.flush()
        tell_deputy(ctx, "core.deputy_named", row)
        return row


def end_deputy(ctx: Ctx, deputy_row_id: int) -> None:
    """The deputy stands in no longer: one's own, or anybody's with ``core.users.manage``."""
    with transaction(ctx):
        row = ctx.session.get(Deputy, deputy_row_id)
        if row is None:
            raise NotFound("unknown_deputy", _("There is no such deputy."))
        if row.person_id != ctx.actor.user_id and not ctx.can("core.users.manage"):
            raise Forbidden("not_yours", _("Only the person and administrators can end this."))
        ctx.session.delete(row)
        tell_deputy(ctx, "core.deputy_ended", row)


def tell_deputy(ctx: Ctx, name: str, row: Deputy) -> None:
    """Put on record that somebody stands in, or no longer does."""
    names = {p.id: p.name for p in staff(ctx).values()}
    facts = {"from_day": row.from_day, "to_day": row.to_day, "reason": row.reason}
    ctx.session.flush()
    membership = sa.select(Membership.id).where(Membership.user_id == row.person_id)
    ref = RecordRef("core.membership", ctx.session.scalar(membership) or 0)
    who, deputy = names.get(row.person_id, ""), names.get(row.deputy_id, "")
    emit(ctx, name, ref, person=who, deputy=deputy, person_id=row.person_id, deputy_id=row.deputy_id, **facts)
