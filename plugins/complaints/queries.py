"""Reads of complaints. All are scoped to the company (and the person's organisation units) by the session."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import (
    N_,
    Clock,
    Ctx,
    Mail,
    Membership,
    NotFound,
    OrgUnit,
    Role,
    _,
    both,
    count_across_units,
    find_clock,
    get_setting,
    label,
    mails_on,
    parse_choices,
    rule_choices,
)
from plugins.base.queries import persons_of, phones_of
from plugins.complaints.contracts import COMPLAINT, SOLUTION, UNHURRIED, Choice, Counts, Repeats
from plugins.complaints.models import Complaint, Handover, Progress, Reply
from plugins.complaints.rules import reversed_digits

COUNTED = 1000
"""Counts go no further than one more than this."""


# --- one complaint --------------------------------------------------------------------------------------------------


def get_complaint(ctx: Ctx, complaint_id: int) -> Complaint:
    """The complaint; NotFound when there is none for this person."""
    row = ctx.session.scalar(sa.select(Complaint).where(Complaint.id == complaint_id))
    if row is None:
        raise NotFound("unknown_complaint", _("There is no such complaint, or it is not meant for you."))
    return row


def find_complaint(ctx: Ctx, complaint_id: int | None) -> Complaint | None:
    """The complaint, if there is one and this person may see it."""
    return ctx.session.scalar(sa.select(Complaint).where(Complaint.id == complaint_id)) if complaint_id else None


def by_external_key(ctx: Ctx, key: str | None) -> Complaint | None:
    """The complaint that a source calls ``key``."""
    return ctx.session.scalar(sa.select(Complaint).where(Complaint.external_key == key)) if key else None


def by_number(ctx: Ctx, number: str) -> Complaint | None:
    """The complaint with this number."""
    return ctx.session.scalar(sa.select(Complaint).where(Complaint.number == number))


def replies_of(ctx: Ctx, complaint_id: int) -> list[Reply]:
    """What the customer was answered, newest first."""
    query = sa.select(Reply).where(Reply.complaint_id == complaint_id).order_by(Reply.id.desc())
    return list(ctx.session.scalars(query))


def cause_of_mail(reply_id: int) -> str:
    """For what the mail with an answer is sent."""
    return f"complaints.reply:{reply_id}"


def mails_of_replies(ctx: Ctx, complaint: Complaint) -> dict[int, Mail]:
    """Reply → the mail with it, of those that went by mail."""
    found = {mail.cause: mail for mail in mails_on(ctx, complaint)}
    return {r.id: found[c] for r in replies_of(ctx, complaint.id) if (c := cause_of_mail(r.id)) in found}


def addresses_of(ctx: Ctx, complaint: Complaint) -> list[tuple[str, str]]:
    """(e-mail address, whose): the one given with the complaint, then those of the customer's contact persons, that of
    who complained first.
    """
    found = {complaint.person_email: complaint.person_name} if complaint.person_email else {}
    people = persons_of(ctx, complaint.customer_id) if complaint.customer_id is not None else []
    for person in sorted((p for p in people if p.email), key=lambda p: p.name != complaint.person_name):
        found.setdefault(person.email, person.name)
    return list(found.items())


def phone_of(ctx: Ctx, complaint: Complaint) -> str:
    """The number to call: the one given with the complaint, else the customer's first; empty when none is known."""
    if complaint.person_phone or complaint.customer_id is None:
        return complaint.person_phone
    return next((p.number for p in phones_of(ctx, complaint.customer_id)), "")


def facts_for_answer(ctx: Ctx, complaint: Complaint) -> dict[str, Any]:
    """What templates of answers may speak of."""
    customer = complaint.customer
    return {
        "number": complaint.number,
        "customer": complaint.person_name or (customer.name if customer is not None else ""),
        "subject": complaint.subject,
        "received": complaint.received_at.astimezone(ctx.tz).date(),
        "findings": complaint.findings,
        "company": ctx.company.name,
        "name": ctx.actor.name,
    }


def expected_finish(ctx: Ctx, complaint: Complaint) -> dt.datetime | None:
    """When an open complaint is expected to be finished: as agreed with the customer, else as the solution's time
    limit says. None when that is over: another date has to be agreed.
    """
    if complaint.expected_at is not None and complaint.expected_at > ctx.now:
        return complaint.expected_at
    clock = find_clock(ctx, complaint, SOLUTION)
    running = clock is not None and clock.state in ("running", "paused")
    return clock.due_at if clock is not None and running and clock.due_at > ctx.now else None


def facts_for_progress(ctx: Ctx, complaint: Complaint, expected: dt.datetime | None) -> dict[str, Any]:
    """What the templates of steps may speak of; what is not known is left empty."""
    known = facts_for_answer(ctx, complaint)
    department = unit_name(ctx, complaint.unit_id)
    handler = active_member_name(ctx, complaint.assignee_id) if complaint.assignee_id else ""
    outcome = next((c.label for c in outcomes(ctx) if c.value == complaint.outcome), complaint.outcome)
    return {
        **{name: known[name] for name in ("number", "subject", "received", "findings", "company")},
        "customer": known["customer"] or both(N_("customer")),
        "expected": expected.astimezone(ctx.tz) if expected is not None else None,
        "department": department,
        "handler": handler or department or ctx.company.name,
        "outcome": outcome,
    }


def cause_of_progress(progress_id: int) -> str:
    """For what the mail about a step is sent."""
    return f"complaints.progress:{progress_id}"


def progress_of(ctx: Ctx, complaint_id: int) -> list[Progress]:
    """What the customer was told of the steps, and is to be told by phone; newest first."""
    query = sa.select(Progress).where(Progress.complaint_id == complaint_id, Progress.state != "dropped")
    return list(ctx.session.scalars(query.order_by(Progress.id.desc())))


def calls_due(ctx: Ctx, unit_id: int | None, limit: int = 50) -> list[tuple[Progress, Complaint]]:
    """Calls to customers that wait for this person, oldest first."""
    query = sa.select(Progress, Complaint).join(Complaint, Complaint.id == Progress.complaint_id)
    query = query.options(orm.joinedload(Complaint.customer))
    query = query.where(Progress.state == "to_call", mine_clause(ctx, unit_id)).order_by(Progress.id).limit(limit)
    return [(row[0], row[1]) for row in ctx.session.execute(query)]


def handovers_of(ctx: Ctx, complaint_id: int) -> list[Handover]:
    """Through whose hands it went, oldest first."""
    query = sa.select(Handover).where(Handover.complaint_id == complaint_id).order_by(Handover.id)
    return list(ctx.session.scalars(query))


def _repeated(ctx: Ctx, complaint: Complaint) -> tuple[Any, Any, sa.Select] | None:
    """(about the same unit, with the same cause, those that are either); None when it can't repeat any.

    The same cause: found to be the same, or, while it is not known, the same category (and nature, where one is given).
    """
    unit = Complaint.device_id == complaint.device_id if complaint.device_id else sa.false()
    cause: Any = sa.false()
    if complaint.customer_id and complaint.cause_id:
        cause = sa.and_(Complaint.customer_id == complaint.customer_id, Complaint.cause_id == complaint.cause_id)
    elif complaint.customer_id and complaint.category:
        cause = sa.and_(Complaint.customer_id == complaint.customer_id, Complaint.category == complaint.category)
        if complaint.nature:
            cause = sa.and_(cause, Complaint.nature == complaint.nature)
    if complaint.kind != "complaint" or (complaint.device_id is None and complaint.customer_id is None):
        return None
    query = sa.select(Complaint).where(
        sa.or_(unit, cause),
        Complaint.kind == "complaint",
        Complaint.state.not_in(("duplicate", "withdrawn")),
        Complaint.received_at >= complaint.received_at - dt.timedelta(days=repeat_days(ctx)),
        Complaint.received_at < complaint.received_at,
    )
    return unit, cause, query if complaint.id is None else query.where(Complaint.id != complaint.id)


def repeat_days(ctx: Ctx) -> int:
    """For how many days an earlier complaint makes a later one a repeat."""
    return int(get_setting(ctx, "complaints.repeat_days"))


def count_repeats(ctx: Ctx, complaint: Complaint) -> Repeats:
    """How many earlier complaints this one (which may not be saved yet) repeats.

    All of the company's count, those too that the person is limited from: that a customer complains again is a fact
    about the customer, and severity must not depend on who takes the complaint in.
    """
    found = _repeated(ctx, complaint)
    if found is None:
        return Repeats()
    unit, cause, query = found
    columns = [sa.func.sum(sa.case((clause, 1), else_=0)) for clause in (unit, cause)]
    with ctx.session.no_autoflush:
        counted = query.with_only_columns(sa.func.count(Complaint.id), *columns)
        total, same_unit, same_cause = count_across_units(ctx, counted)
    return Repeats(total, same_unit or 0, same_cause or 0)


def repeated_by(ctx: Ctx, complaint: Complaint, limit: int = 10) -> list[Complaint]:
    """The earlier complaints that this one repeats, newest first, as far as this person may see them."""
    found = _repeated(ctx, complaint)
    if found is None:
        return []
    query = found[2].order_by(Complaint.received_at.desc(), Complaint.id.desc()).limit(limit)
    with ctx.session.no_autoflush:
        return list(ctx.session.scalars(query))


def earlier_of(ctx: Ctx, customer_id: int | None, device_id: int | None, limit: int = 8) -> list[Complaint]:
    """What a customer, or anybody about a unit, complained of within the days of repeats, newest first."""
    either = []
    if customer_id is not None:
        either.append(Complaint.customer_id == customer_id)
    if device_id is not None:
        either.append(Complaint.device_id == device_id)
    if not either:
        return []
    query = sa.select(Complaint).where(
        sa.or_(*either),
        Complaint.kind == "complaint",
        Complaint.state.not_in(("duplicate", "withdrawn")),
        Complaint.received_at >= ctx.now - dt.timedelta(days=repeat_days(ctx)),
    )
    return list(ctx.session.scalars(query.order_by(Complaint.received_at.desc(), Complaint.id.desc()).limit(limit)))


def known_keys(ctx: Ctx, keys: Sequence[str]) -> set[str]:
    """Those of the keys that are there already."""
    return {
        k for k in ctx.session.scalars(sa.select(Complaint.external_key).where(Complaint.external_key.in_(keys))) if k
    }


# --- choices --------------------------------------------------------------------------------------------------------


def choices(ctx: Ctx, table: str, column: str) -> list[Choice]:
    """The values that a column of the company's table in force offers; none when it is free text."""
    return [Choice(value, text) for value, text in rule_choices(ctx, table, column)]


def choice_label(ctx: Ctx, table: str, column: str, value: str) -> str:
    """The value's label in the language of the moment, or the value itself."""
    return next((label(c.label) for c in choices(ctx, table, column) if c.value == value), value)


def outcomes(ctx: Ctx) -> list[Choice]:
    """The outcomes that the company's setting offers, or those that come with the module."""
    own = str(get_setting(ctx, "complaints.outcomes")).strip()
    return [Choice(value, text) for value, text in parse_choices(own or _shipped_outcomes())]


@cache
def _shipped_outcomes() -> str:
    return (Path(__file__).parent / "data" / "outcomes.txt").read_text(encoding="utf-8")


def outcome_label(ctx: Ctx, value: str) -> str:
    """The outcome's label in the language of the moment, or its code."""
    return next((label(c.label) for c in outcomes(ctx) if c.value == value), value)


# --- people and departments -----------------------------------------------------------------------------------------


def headquarters(ctx: Ctx) -> OrgUnit | None:
    """The company's headquarters: where everything goes that has no place of its own."""
    query = sa.select(OrgUnit).where(OrgUnit.kind == "headquarters", OrgUnit.active.is_(True))
    return ctx.session.scalar(query.order_by(OrgUnit.id).limit(1))


def find_unit(ctx: Ctx, unit_id: int) -> OrgUnit | None:
    """The organisation unit with this id, if it is active."""
    return ctx.session.scalar(sa.select(OrgUnit).where(OrgUnit.id == unit_id, OrgUnit.active.is_(True)))


def unit_name(ctx: Ctx, unit_id: int | None) -> str:
    """Its name, or empty."""
    return (ctx.session.scalar(sa.select(OrgUnit.name).where(OrgUnit.id == unit_id)) or "") if unit_id else ""


def departments(ctx: Ctx) -> list[OrgUnit]:
    """The active organisation units, by name."""
    return list(ctx.session.scalars(sa.select(OrgUnit).where(OrgUnit.active.is_(True)).order_by(OrgUnit.name)))


def all_units(ctx: Ctx) -> list[OrgUnit]:
    """Every organisation unit, those no longer active, too."""
    return list(ctx.session.scalars(sa.select(OrgUnit)))


def member_by_email(ctx: Ctx, email: str) -> int | None:
    """The account of an active member with this address."""
    if not email:
        return None
    for member in _members(ctx):
        if member.user.email.lower() == email.lower():
            return member.user_id
    return None


def active_member_name(ctx: Ctx, user_id: int) -> str | None:
    """The name of somebody who works here; None when he or she does not."""
    query = sa.select(Membership).options(orm.joinedload(Membership.user))
    row = ctx.session.scalar(query.where(Membership.user_id == user_id, Membership.active.is_(True)))
    return row.user.name if row is not None else None


def people(ctx: Ctx) -> list[tuple[int, str]]:
    """(id, name) of everybody who works here, by name."""
    return sorted(((m.user_id, m.user.name) for m in _members(ctx)), key=lambda pair: pair[1])


def handlers(ctx: Ctx) -> list[tuple[int, str]]:
    """(id, name) of those who may handle complaints, by name."""
    able = {
        code
        for code, permissions in ctx.session.execute(sa.select(Role.code, Role.permissions))
        if "complaints.complaint.handle" in permissions
    }
    return sorted(((m.user_id, m.user.name) for m in _members(ctx) if able & set(m.role_codes)), key=lambda p: p[1])


def may_be_given(ctx: Ctx) -> list[tuple[int, str]]:
    """(id, name) of those to whom this person may give complaints: all who handle them, or only him- or herself."""
    if ctx.can("complaints.complaint.assign"):
        return handlers(ctx)
    return [(ctx.actor.user_id, ctx.actor.name)] if ctx.actor.user_id is not None else []


def names_of(ctx: Ctx, user_ids: Iterable[int | None]) -> dict[int, str]:
    """The names of people by id, of those who have left, too; one statement, however many (or none) there are."""
    wanted = sorted({u for u in user_ids if u is not None})
    query = sa.select(Membership).options(orm.joinedload(Membership.user)).where(Membership.user_id.in_(wanted))
    return {m.user_id: m.user.name for m in ctx.session.scalars(query)}


def role_label(ctx: Ctx, code: str) -> str:
    """A role's name in the language of the moment, or its code."""
    return label(ctx.session.scalar(sa.select(Role.name).where(Role.code == code))) or code


def role_names(ctx: Ctx, code: str) -> dict[str, str]:
    """A role's bilingual name, for events; its code where the company has no such role."""
    return ctx.session.scalar(sa.select(Role.name).where(Role.code == code)) or {"en": code, "zh": code}


def own_unit(ctx: Ctx) -> int | None:
    """The organisation unit in which this person works."""
    if ctx.actor.user_id is None:
        return None
    if "complaints own unit" not in ctx.memo:
        own = sa.select(Membership.unit_id).where(Membership.user_id == ctx.actor.user_id)
        ctx.memo["complaints own unit"] = ctx.session.scalar(own)
    return ctx.memo["complaints own unit"]


def _members(ctx: Ctx) -> list[Membership]:
    query = sa.select(Membership).options(orm.joinedload(Membership.user)).where(Membership.active.is_(True))
    return list(ctx.session.scalars(query))


# --- lists ----------------------------------------------------------------------------------------------------------


def mine_clause(ctx: Ctx, unit_id: int | None) -> Any:
    """What waits for this person: assigned to him or her, or to nobody yet in his or her department.

    What no department has yet waits for all who may classify it. What lies in a department in which nobody works waits
    for those who may give complaints to people, so that nothing waits unseen.
    """
    nobodys = [Complaint.unit_id == unit_id] if unit_id is not None else []
    if ctx.can("complaints.complaint.classify"):
        nobodys.append(Complaint.unit_id.is_(None))
    if ctx.can("complaints.complaint.assign"):
        staffed = sa.select(Membership.unit_id).where(Membership.active.is_(True), Membership.unit_id.is_not(None))
        nobodys.append(Complaint.unit_id.not_in(staffed))
    own = Complaint.assignee_id == ctx.actor.user_id
    return sa.or_(own, sa.and_(Complaint.assignee_id.is_(None), sa.or_(*nobodys))) if nobodys else own


def week_begins(ctx: Ctx) -> dt.datetime:
    """Monday 00:00 of this week at the company."""
    monday = ctx.today - dt.timedelta(days=ctx.today.weekday())
    return dt.datetime.combine(monday, dt.time(), ctx.tz)


def tab_clause(ctx: Ctx, tab: str, unit_id: int | None) -> Any:
    """The condition of one of the queue's tabs."""
    is_open = Complaint.is_open.is_(True)
    clauses = {
        "mine": lambda: sa.and_(is_open, mine_clause(ctx, unit_id)),
        "overdue": lambda: sa.and_(is_open, Complaint.urgent_at < ctx.now),
        "serious": lambda: sa.and_(is_open, Complaint.severity != "minor"),
        "week": lambda: Complaint.received_at >= week_begins(ctx),
        "open": lambda: is_open,
        "all": lambda: sa.true(),
    }
    return clauses.get(tab, clauses["open"])()


def search_clause(text: str) -> Any:
    """Number, subject, person, and the last digits of the phone."""
    text = text.strip()[:100]
    escaped = text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    either = [
        Complaint.number.ilike(f"{escaped}%", escape="\\"),
        Complaint.subject.ilike(f"%{escaped}%", escape="\\"),
        Complaint.person_name.ilike(f"%{escaped}%", escape="\\"),
    ]
    digits = reversed_digits(text)
    if len(digits) >= 4:
        either.append(Complaint.phone_reversed.like(f"{digits}%"))
    return sa.or_(*either)


def counts(ctx: Ctx, unit_id: int | None) -> Counts:
    """The figures beside the tabs, each counted no further than 1,001, in one statement."""
    columns = []
    for tab in ("mine", "overdue", "serious", "week", "open"):
        some = sa.select(Complaint.id).where(tab_clause(ctx, tab, unit_id)).limit(COUNTED + 1).subquery()
        columns.append(sa.select(sa.func.count()).select_from(some).scalar_subquery().label(tab))
    row = ctx.session.execute(sa.select(*columns)).one()
    return Counts(mine=row.mine, overdue=row.overdue, serious=row.serious, week=row.week, open=row.open)


def taken_in_today(ctx: Ctx) -> int:
    """How many complaints have come in since midnight at the company, as far as this person may see; 1,001 at most."""
    since = dt.datetime.combine(ctx.today, dt.time(), ctx.tz)
    some = sa.select(Complaint.id).where(Complaint.received_at >= since).limit(COUNTED + 1).subquery()
    return ctx.session.scalar(sa.select(sa.func.count()).select_from(some)) or 0


def lacking_departments(ctx: Ctx) -> dict[str, int]:
    """Department codes that the routing table named and the company lacks → how many open complaints wait for them."""
    query = sa.select(Complaint.routing_note, sa.func.count(Complaint.id)).where(
        Complaint.is_open.is_(True), Complaint.routing == "missing"
    )
    return dict(ctx.session.execute(query.group_by(Complaint.routing_note)).all())


def next_clocks(ctx: Ctx, complaint_ids: Sequence[int]) -> dict[int, Clock]:
    """For each complaint its most urgent clock (running, else paused, else the last one stopped); one statement."""
    rank = {"running": 0, "paused": 1, "missed": 2, "met": 3}
    query = sa.select(Clock).where(
        Clock.record_kind == COMPLAINT,
        Clock.record_id.in_(complaint_ids),
        Clock.state != "cancelled",
        Clock.kind.not_in(UNHURRIED),
    )
    chosen: dict[int, Clock] = {}
    for clock in ctx.session.scalars(query):
        known = chosen.get(clock.record_id)
        if known is None or _urgency(clock, rank) < _urgency(known, rank):
            chosen[clock.record_id] = clock
    return chosen


def running_clocks(ctx: Ctx, kind: str, ids: Sequence[int], clock_kind: str = "") -> dict[int, Clock]:
    """For each record its running or paused clock (of one kind, if given) that is due first; one statement."""
    query = sa.select(Clock).where(
        Clock.record_kind == kind, Clock.record_id.in_(ids), Clock.state.in_(("running", "paused"))
    )
    if clock_kind:
        query = query.where(Clock.kind == clock_kind)
    found: dict[int, Clock] = {}
    for clock in ctx.session.scalars(query.order_by(Clock.due_at.desc())):
        found[clock.record_id] = clock
    return found


def _urgency(clock: Clock, rank: dict[str, int]) -> tuple:
    if clock.state in ("running", "paused"):
        return (rank[clock.state], clock.due_at)
    assert clock.stopped_at is not None
    return (2, -clock.stopped_at.timestamp())


def roles_of(ctx: Ctx, user_id: int | None) -> set[str]:
    """The role codes that an active member holds here."""
    if user_id is None:
        return set()
    query = sa.select(Membership.role_codes).where(Membership.user_id == user_id, Membership.active.is_(True))
    return set(ctx.session.scalar(query) or ())


def open_of(ctx: Ctx, user_id: int) -> list[Complaint]:
    """The open complaints of a person."""
    query = sa.select(Complaint).where(Complaint.assignee_id == user_id, Complaint.is_open.is_(True))
    return list(ctx.session.scalars(query.order_by(Complaint.id)))


def count_open(ctx: Ctx, user_id: int | None = None, unit_id: int | None = None) -> int:
    """How many complaints are open, of one person, of one department or altogether."""
    query = sa.select(sa.func.count(Complaint.id)).where(Complaint.is_open.is_(True))
    if user_id is not None:
        query = query.where(Complaint.assignee_id == user_id)
    if unit_id is not None:
        query = query.where(Complaint.unit_id == unit_id)
    return ctx.session.scalar(query) or 0


def waiting(ctx: Ctx, unit_id: int | None, limit: int = 50) -> list[Complaint]:
    """What waits for this person, most urgent first."""
    query = sa.select(Complaint).options(orm.joinedload(Complaint.customer)).where(tab_clause(ctx, "mine", unit_id))
    return list(ctx.session.scalars(query.order_by(Complaint.urgent_at, Complaint.id).limit(limit)))


def of_customer(ctx: Ctx, customer_id: int, limit: int = 5) -> list[Complaint]:
    """The newest complaints of a customer."""
    query = sa.select(Complaint).where(Complaint.customer_id == customer_id).order_by(Complaint.id.desc()).limit(limit)
    return list(ctx.session.scalars(query))


def of_device(ctx: Ctx, device_id: int, limit: int = 5) -> list[Complaint]:
    """The newest complaints about a unit."""
    query = sa.select(Complaint).where(Complaint.device_id == device_id).order_by(Complaint.id.desc()).limit(limit)
    return list(ctx.session.scalars(query))


def clock_counts(ctx: Ctx) -> dict[str, int]:
    """How many clocks of complaints are in each state, for what the module switch changes."""
    query = sa.select(Clock.state, sa.func.count(Clock.id)).where(Clock.plugin == "complaints").group_by(Clock.state)
    return {row[0]: row[1] for row in ctx.session.execute(query)}


def past_routing_cases(ctx: Ctx, limit: int) -> list[Complaint]:
    """The newest classified complaints, for trying a routing table on."""
    query = sa.select(Complaint).where(Complaint.category != "").options(orm.joinedload(Complaint.product))
    return list(ctx.session.scalars(query.order_by(Complaint.id.desc()).limit(limit)))
