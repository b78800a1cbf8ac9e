"""The verbs of the expiry ladder: steps are made once, carried out, given up; visits to renew have an outcome."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from core.api import (
    N_,
    Conflict,
    Ctx,
    DomainError,
    Invalid,
    RecordRef,
    _,
    both,
    check_version,
    emit,
    fill_in,
    get_setting,
    next_number,
    notify,
    people_with_role,
    queue_mail,
    transaction,
)
from plugins.base import queries as base_queries
from plugins.base.contracts import CUSTOMER
from plugins.warranty.agreed import (
    CONTRACT,
    FOLLOW_UP,
    FOLLOW_UP_ACTION_WORDS,
    VISIT_OUTCOME_WORDS,
    Ending,
    RenewalData,
    VisitData,
)
from plugins.warranty.agreed_life import WORK_FOLLOW_UPS
from plugins.warranty.models.agreements import VISIT_OUTCOMES, FollowUp
from plugins.warranty.queries import agreements
from plugins.warranty.queries import follow_ups as queries
from plugins.warranty.rules.ladder import Due, Rung, reached
from plugins.warranty.services.agreements import renew_contract

MOST_AT_ONCE = 200
"""Steps made in one run; the next run makes the rest, so that no run holds its locks for long."""


# --- made by the worker ---------------------------------------------------------------------------------------------


def climb(ctx: Ctx) -> int:
    """The worker's: make every step of the ladder that has been reached and is not there yet; answers how many.

    A step is made once for the same end, however often this runs and however long it did not; one that comes later
    than the ladder says is marked so. Open steps about what needs none any more are dropped.
    """
    with transaction(ctx):
        for step, why in queries.overtaken(ctx):
            _drop(ctx, step, why)
        made = 0
        for some in queries.endings(ctx):
            known = queries.known_rungs(ctx, some)
            for ending in some:
                there = known.get((ending.ref.kind, ending.ref.id, ending.expires_on), set())
                if "*" in there:
                    continue
                for due in reached(queries.rungs_for(ctx, ending), ending.expires_on, ctx.today):
                    if due.rung.key not in there:
                        make_step(ctx, ending, due)
                        made += 1
                        if made >= MOST_AT_ONCE:
                            return made
        return made


def make_step(ctx: Ctx, ending: Ending, due: Due) -> FollowUp:
    """One step: a notice goes out by mail, anything else waits for those with its role."""
    rung = due.rung
    row = _add(ctx, ending, rung, late=due.late)
    if rung.action == "notice" and _send(ctx, row, ending, rung):
        return row
    _tell(ctx, row)
    return row


def _add(ctx: Ctx, ending: Ending, rung: Rung, *, late: bool = False, **values: Any) -> FollowUp:
    """A step with its event; ``values`` are columns that differ from what the rung says."""
    row = FollowUp(
        number=next_number(ctx, FOLLOW_UP, get_setting(ctx, "warranty.follow_up.pattern")),
        sort=ending.sort,
        record_kind=ending.ref.kind,
        record_id=ending.ref.id,
        about=ending.about,
        customer_id=ending.customer_id,
        unit_id=ending.unit_id,
        assignee_id=None if rung.role else ending.assignee_id,
        expires_on=ending.expires_on,
        rung=rung.key,
        action=rung.action,
        role=rung.role,
        then_role=rung.then_role,
        task=rung.task[:200],
        made_at=ctx.now,
        due_on=min(ctx.today + dt.timedelta(days=rung.within), max(ending.expires_on, ctx.today)),
        late=late,
    )
    for name, value in values.items():
        setattr(row, name, value)
    ctx.session.add(row)
    ctx.session.flush()
    emit(
        ctx,
        "warranty.follow_up_made",
        row,
        links=_links(row),
        number=row.number,
        action=both(FOLLOW_UP_ACTION_WORDS[row.action]),
        about=row.about,
        ends=row.expires_on.isoformat(),
        late=late,
    )
    return row


def _links(row: FollowUp) -> list[RecordRef]:
    links = [RecordRef(row.record_kind, row.record_id)]
    return links if row.customer_id is None else [*links, RecordRef(CUSTOMER, row.customer_id)]


def _send(ctx: Ctx, row: FollowUp, ending: Ending, rung: Rung) -> bool:
    """Send the notice by mail; False when no address is known or the text is not there: a person does it then."""
    name, address = agreements.address_of(ctx, ending.customer_id, ending.name, ending.email)
    if not address or not rung.template:
        return False
    customer = base_queries.get_customer(ctx, ending.customer_id) if ending.customer_id else None
    facts = {
        "number": row.number,
        "about": ending.about,
        "ends": ending.expires_on,
        "name": name or (customer.name if customer else ""),
        "customer": customer.name if customer else name,
        "company": ctx.company.name,
    }
    locale = base_queries.language_of(ctx, ending.customer_id, email=address, name=name)
    try:
        subject, body = fill_in(ctx, rung.template, facts, locale)
        mail = queue_mail(
            ctx, address, subject, body, cause=f"{FOLLOW_UP}:{row.id}", record=row, locale=locale
        )
    except DomainError:  # the template is gone, or the address is none: somebody tells them otherwise
        return False
    row.sent_to = mail.recipient
    row.result = body
    _done(ctx, row)
    return True


def _tell(ctx: Ctx, row: FollowUp) -> None:
    people = people_with_role(ctx, row.role) if row.role else []
    if row.assignee_id is not None:
        people = [row.assignee_id]
    text = N_("{number} {action}: {about} ends on {ends}")
    notify(
        ctx,
        people,
        text,
        record=row,
        once=f"follow-up {row.id}",
        number=row.number,
        action=both(FOLLOW_UP_ACTION_WORDS[row.action]),
        about=row.about[:80],
        ends=row.expires_on.isoformat(),
    )


# --- carried out by people ------------------------------------------------------------------------------------------


def give_follow_up(ctx: Ctx, follow_up_id: int, user_id: int, *, version: int | None = None) -> FollowUp:
    """Give an open step to somebody who works here."""
    ctx.require(WORK_FOLLOW_UPS)
    with transaction(ctx):
        row = _to_change(ctx, follow_up_id, version)
        name = dict(agreements.people(ctx)).get(user_id)
        if name is None:
            raise Invalid("unknown_person", _("Choose somebody who works here."), "user_id")
        row.assignee_id = user_id
        emit(ctx, "warranty.follow_up_given", row, number=row.number, name=name, user_id=user_id)
        if user_id != ctx.actor.user_id:
            _tell(ctx, row)
        return row


def finish_follow_up(ctx: Ctx, follow_up_id: int, result: str, *, version: int | None = None) -> FollowUp:
    """A step is done: what was done, or the report, is kept; where the ladder names who goes on, that step begins."""
    ctx.require(WORK_FOLLOW_UPS)
    with transaction(ctx):
        row = _to_change(ctx, follow_up_id, version)
        if row.action == "visit":
            raise Conflict("visit_outcome", _("Say how the visit ended: renewed, refused or later."))
        words = _("Write the report.") if row.action == "report" else _("Write what was done.")
        row.result = _required(result, "result", words)
        _done(ctx, row)
        if row.then_role:
            _go_on(ctx, row)
        return row


def _go_on(ctx: Ctx, row: FollowUp) -> None:
    """The next in the chain takes over: sales follows up on the report (SWM-4)."""
    days = int(get_setting(ctx, "warranty.follow_up.days"))
    rung = Rung(f"{row.rung}>{row.then_role}", "task", 0, "days", role=row.then_role, within=days)
    _tell(ctx, _add(ctx, _ending(row), rung, follows_id=row.id, task=row.task))


def _ending(row: FollowUp) -> Ending:
    """What a step is about, for one that follows from it."""
    ref = RecordRef(row.record_kind, row.record_id)
    return Ending(row.sort, ref, row.about, row.expires_on, row.customer_id, row.unit_id, row.assignee_id)


def record_visit(ctx: Ctx, follow_up_id: int, data: VisitData, *, version: int | None = None) -> FollowUp:
    """How a visit to renew ended (VCH-15).

    Renewed: the following contract is drawn up. Refused: with the reason, and nothing more is asked of the customer
    about this end. Later: another visit on that day.
    """
    ctx.require(WORK_FOLLOW_UPS)
    with transaction(ctx):
        row = _to_change(ctx, follow_up_id, version)
        if row.action != "visit":
            raise Conflict("no_visit", _("{number} is no visit.", number=row.number))
        if data.outcome not in VISIT_OUTCOMES:
            raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=data.outcome), "outcome")
        if data.visited_on > ctx.today:
            raise Invalid("in_the_future", _("The day lies in the future."), "visited_on")
        if data.outcome == "refused":
            row.reason = _required(data.reason, "reason", _("Write why the customer does not renew."))
        if data.outcome == "later" and (data.next_on is None or data.next_on <= ctx.today):
            raise Invalid("no_day", _("Say on which day to come again, later than today."), "next_on")
        row.outcome, row.visited_on, row.result = data.outcome, data.visited_on, data.result.strip()
        if data.outcome == "renewed" and row.record_kind == CONTRACT:
            there = agreements.successor_of(ctx, row.record_id)
            row.successor_id = (there or renew_contract(ctx, row.record_id, RenewalData(price=data.price))).id
        _done(ctx, row)
        if data.outcome == "later":
            _visit_again(ctx, row, data.next_on)
        return row


def _visit_again(ctx: Ctx, row: FollowUp, day: dt.date | None) -> None:
    row.next_on = day
    query = sa.select(sa.func.count(FollowUp.id)).where(
        FollowUp.record_kind == row.record_kind,
        FollowUp.record_id == row.record_id,
        FollowUp.expires_on == row.expires_on,
        FollowUp.rung.startswith(f"{row.rung.partition('>')[0]}>later", autoescape=True),
    )
    number = (ctx.session.scalar(query) or 0) + 1
    rung = Rung(f"{row.rung.partition('>')[0]}>later{number}", "visit", 0, "days", role=row.role, task=row.task)
    values: dict[str, Any] = {"follows_id": row.id, "due_on": day or ctx.today, "assignee_id": row.assignee_id}
    _tell(ctx, _add(ctx, _ending(row), rung, **values))


def drop_follow_up(ctx: Ctx, follow_up_id: int, reason: str, *, version: int | None = None) -> FollowUp:
    """A step is no longer needed, for a reason."""
    ctx.require(WORK_FOLLOW_UPS)
    with transaction(ctx):
        row = _to_change(ctx, follow_up_id, version)
        _drop(ctx, row, _required(reason, "reason", _("Give a reason.")))
        return row


def _drop(ctx: Ctx, row: FollowUp, reason: str) -> None:
    row.state, row.is_open, row.reason, row.done_at, row.done_by = "dropped", False, reason, ctx.now, ctx.actor.name
    emit(ctx, "warranty.follow_up_dropped", row, links=_links(row), number=row.number, reason=reason)


def _done(ctx: Ctx, row: FollowUp) -> None:
    row.state, row.is_open, row.done_at, row.done_by = "done", False, ctx.now, ctx.actor.name
    facts: dict[str, Any] = {"number": row.number, "about": row.about, "reason": row.reason}
    facts["outcome"] = both(VISIT_OUTCOME_WORDS[row.outcome]) if row.outcome else ""
    name = "warranty.visit_made" if row.action == "visit" else "warranty.follow_up_done"
    if row.sent_to:
        name, facts["to"] = "warranty.notice_sent", row.sent_to
    emit(ctx, name, row, links=_links(row), **facts)


def _to_change(ctx: Ctx, follow_up_id: int, version: int | None) -> FollowUp:
    row = queries.get_follow_up(ctx, follow_up_id)
    check_version(row, version)
    if not row.is_open:
        raise Conflict("not_open", _("{number} is done already.", number=row.number))
    return row


def _required(value: str, field: str, message: str) -> str:
    value = (value or "").strip()
    if not value:
        raise Invalid(f"{field}_missing", message, field)
    return value


def hand_over_follow_ups(ctx: Ctx, from_user_id: int, to_user_id: int) -> int:
    """Give all open steps of one person to another; answers how many. Works while the module is off, too."""
    with transaction(ctx):
        query = sa.select(FollowUp).where(FollowUp.is_open.is_(True), FollowUp.assignee_id == from_user_id)
        rows = list(ctx.session.scalars(query.order_by(FollowUp.id)))
        name = agreements.names_of(ctx, [to_user_id]).get(to_user_id, "")
        for row in rows:
            row.assignee_id = to_user_id
            emit(ctx, "warranty.follow_up_given", row, number=row.number, name=name, user_id=to_user_id)
        return len(rows)
