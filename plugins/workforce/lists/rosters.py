"""The lists of rosters, shifts, the backup pool and calls to it, declared."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import (
    N_,
    ChoiceFilter,
    Ctx,
    DaysFilter,
    ListColumn,
    ListDef,
    ListLink,
    ListTab,
    Mark,
    NewRecord,
    PersonFilter,
    RecordFilter,
    UnitFilter,
    _,
    n_,
)
from plugins.workforce.contracts import OUTCOME_WORDS, SHIFT_STATE_WORDS, SOURCE_WORDS
from plugins.workforce.models import CallIn, PoolMember, Roster, Shift
from plugins.workforce.queries import duty, people

SEE, EDIT, PLAN, SWAP = (
    "workforce.roster.view", "workforce.roster.edit", "workforce.roster.plan", "workforce.shift.swap",
)  # fmt: skip
SEE_POOL, EDIT_POOL = "workforce.pool.view", "workforce.pool.edit"


# --- rosters --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RosterRow:
    """A roster with its hours, who is there now, and its gaps ahead."""

    roster: Roster
    hours: str
    unit: str
    responsible: str
    now: str
    gaps: int


def _rosters(ctx: Ctx, rows: list[Roster]) -> list[RosterRow]:
    units = people.unit_names(ctx)
    names = people.names_of(ctx, [row.assignee_id for row in rows])
    there: dict[int, list[str]] = {}
    for one in duty.on_duty(ctx, ctx.now, [row.id for row in rows]):
        there.setdefault(one.roster_id, []).append(one.name)
    gaps: dict[int, int] = {}
    for roster, _gap in duty.ahead(ctx):
        gaps[roster.id] = gaps.get(roster.id, 0) + 1
    calendars = duty.calendar_words(ctx)
    return [
        RosterRow(
            row, duty.hours_words(row, calendars), units.get(row.unit_id or 0, ""),
            names.get(row.assignee_id or 0, ""), _(", ").join(there.get(row.id, [])), gaps.get(row.id, 0),
        )
        for row in rows
    ]  # fmt: skip


def _gaps(row: RosterRow) -> Mark:
    if not row.roster.active:
        return Mark(_("Not in use"), "", "circle-x")
    if row.gaps:
        return Mark(n_("{n} gap ahead", "{n} gaps ahead", row.gaps), "bad", "calendar-x")
    return Mark(_("No gaps ahead"), "ok", "calendar-check")


ROSTERS = ListDef(
    "workforce.rosters",
    N_("Duty rosters"),
    Roster,
    SEE,
    (
        ListColumn("code", N_("Code"), lambda r: r.roster.code, "id", "id", Roster.code, fixed=True),
        ListColumn("name", N_("Name"), lambda r: r.roster.name, "main", "main"),
        ListColumn("hours", N_("Hours to be covered"), lambda r: r.hours, place="left"),
        ListColumn("needed", N_("People needed at once"), lambda r: r.roster.needed, "number"),
        ListColumn("phone", N_("Phone"), lambda r: r.roster.phone),
        ListColumn("unit", N_("Organisation unit"), lambda r: r.unit),
        ListColumn("responsible", N_("Answers for it"), lambda r: r.responsible, "person"),
        ListColumn("now", N_("On duty now"), lambda r: r.now, place="under"),
        ListColumn("gaps", N_("Gaps"), _gaps, "mark", "right"),
    ),
    "/workforce/rosters/",
    icon="calendar-clock",
    prepare=_rosters,
    search=lambda _ctx, text: sa.or_(
        Roster.code.istartswith(text, autoescape=True), Roster.name.icontains(text, autoescape=True)
    ),
    search_words=N_("Code, name"),
    filters=(UnitFilter("unit", N_("Organisation unit"), Roster.unit_id),),
    tabs=(
        ListTab("active", N_("In use"), lambda _ctx: Roster.active.is_(True)),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((Roster.code, False),),
    new=NewRecord(N_("Add a roster"), "workforce.roster_new", EDIT),
    links=(
        ListLink(N_("Who is on duty"), "workforce.duty_page", SEE, "phone-call"),
        ListLink(N_("Shifts"), "workforce.shifts_list", SEE, "calendar-days"),
        ListLink(N_("Backup pool"), "workforce.pool_list", SEE_POOL, "users-round"),
    ),
    export=SEE,
    empty=N_("No rosters here"),
    empty_hint=N_("A roster says which hours have to be covered, and by how many people."),
)


# --- shifts ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ShiftRow:
    """A shift with the name of its person and its times in words."""

    shift: Shift
    name: str
    when: str
    hours: Decimal


def _shifts(ctx: Ctx, rows: list[Shift]) -> list[ShiftRow]:
    names = people.names_of(ctx, [row.user_id for row in rows])
    return [
        ShiftRow(
            row, names.get(row.user_id, ""), duty.span_words(ctx, row.starts_at, row.ends_at),
            Decimal(str(round((row.ends_at - row.starts_at) / dt.timedelta(hours=1), 2))),
        )
        for row in rows
    ]  # fmt: skip


def _shift_rows(_ctx: Ctx) -> sa.Select:
    return sa.select(Shift).join(Roster, Roster.id == Shift.roster_id).options(orm.joinedload(Shift.roster))


def _shift_state(row: ShiftRow) -> Mark:
    done = row.shift.state == "planned"
    return Mark(_(SHIFT_STATE_WORDS[row.shift.state]), "ok" if done else "", "calendar-check" if done else "circle-x")


SHIFTS = ListDef(
    "workforce.shifts",
    N_("Shifts"),
    Shift,
    SEE,
    (
        ListColumn("when", N_("When"), lambda r: r.when, "id", "id", Shift.starts_at, fixed=True),
        ListColumn("person", N_("Person"), lambda r: r.name, "main", "main"),
        ListColumn("roster", N_("Roster"), lambda r: r.shift.roster.name, place="left"),
        ListColumn("hours", N_("Hours"), lambda r: r.hours, "number"),
        ListColumn("source", N_("Came about"), lambda r: _(SOURCE_WORDS[r.shift.source])),
        ListColumn("note", N_("Note"), lambda r: r.shift.note, shown=False),
        ListColumn("begins", N_("Begins"), lambda r: r.shift.starts_at, "moment", shown=False),
        ListColumn("ends", N_("Ends"), lambda r: r.shift.ends_at, "moment", shown=False),
        ListColumn("state", N_("State"), _shift_state, "mark", "right"),
    ),
    "/workforce/shifts/",
    icon="calendar-days",
    query=_shift_rows,
    prepare=_shifts,
    search=lambda _ctx, text: Shift.user_id.in_(people.named(text)),
    search_words=N_("Person"),
    filters=(
        PersonFilter("person", N_("Person"), Shift.user_id),
        RecordFilter("roster", N_("Roster"), Shift.roster_id, model=Roster, by=Roster.name),
        ChoiceFilter(
            "source", N_("Came about"), Shift.source,
            lambda _ctx: [(code, _(words)) for code, words in SOURCE_WORDS.items()],
        ),
        DaysFilter("begins", N_("Begins"), Shift.starts_at),
    ),
    tabs=(
        ListTab(
            "ahead", N_("Ahead"), lambda ctx: sa.and_(Shift.state == "planned", Shift.ends_at > ctx.now),
            order=((Shift.starts_at, False),),
        ),
        ListTab(
            "mine", N_("My shifts"),
            lambda ctx: sa.and_(
                Shift.state == "planned", Shift.ends_at > ctx.now, Shift.user_id == ctx.actor.user_id
            ),
            order=((Shift.starts_at, False),),
        ),
        ListTab("cancelled", N_("Cancelled"), lambda _ctx: Shift.state == "cancelled"),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((Shift.starts_at, True),),
    export=SEE,
    empty=N_("No shifts here"),
)


# --- the pool -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PoolRow:
    """Somebody of the pool, with name and unit."""

    member: PoolMember
    name: str
    unit: str


def _pool(ctx: Ctx, rows: list[PoolMember]) -> list[PoolRow]:
    names = people.names_of(ctx, [row.assignee_id for row in rows])
    units = people.unit_names(ctx)
    return [PoolRow(row, names.get(row.assignee_id or 0, ""), units.get(row.unit_id or 0, "")) for row in rows]


def _callable(row: PoolRow) -> Mark:
    return Mark(_("Can be called"), "ok", "phone") if row.member.active else Mark(_("Not any more"), "", "phone-off")


POOL = ListDef(
    "workforce.pool",
    N_("Backup pool"),
    PoolMember,
    SEE_POOL,
    (
        ListColumn("name", N_("Person"), lambda r: r.name, "id", "id", fixed=True),
        ListColumn("unit", N_("Organisation unit"), lambda r: r.unit, place="left"),
        ListColumn("phone", N_("Phone"), lambda r: r.member.phone, place="tag"),
        ListColumn("note", N_("What for"), lambda r: r.member.note, "main", "main"),
        ListColumn("state", N_("State"), _callable, "mark", "right"),
    ),
    "/workforce/pool/",
    icon="users-round",
    prepare=_pool,
    search=lambda _ctx, text: PoolMember.assignee_id.in_(people.named(text)),
    search_words=N_("Person"),
    filters=(UnitFilter("unit", N_("Organisation unit"), PoolMember.unit_id),),
    tabs=(
        ListTab("active", N_("Can be called"), lambda _ctx: PoolMember.active.is_(True)),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((PoolMember.id, False),),
    new=NewRecord(N_("Add somebody"), "workforce.pool_new", EDIT_POOL),
    links=(ListLink(N_("Calls to the backup pool"), "workforce.calls_list", SEE_POOL, "phone-outgoing"),),
    export=SEE_POOL,
    empty=N_("Nobody here"),
    empty_hint=N_("People of other departments, production for instance, who are drawn in when people are short."),
)


@dataclass(frozen=True)
class CallRow:
    """A call with the name of who was called and its times in words."""

    call: CallIn
    name: str
    when: str


def _calls(ctx: Ctx, rows: list[CallIn]) -> list[CallRow]:
    names = people.names_of(ctx, [row.member.assignee_id for row in rows])
    return [
        CallRow(row, names.get(row.member.assignee_id or 0, ""), duty.span_words(ctx, row.starts_at, row.ends_at))
        for row in rows
    ]


def _call_rows(_ctx: Ctx) -> sa.Select:
    query = sa.select(CallIn).join(PoolMember, PoolMember.id == CallIn.member_id)
    query = query.join(Roster, Roster.id == CallIn.roster_id)
    return query.options(orm.joinedload(CallIn.member), orm.joinedload(CallIn.roster))


_OUTCOME_MARKS = {"comes": ("ok", "check"), "refused": ("warn", "x"), "unreachable": ("bad", "phone-missed")}


def outcome_mark(outcome: str) -> Mark:
    """What came of a call, in words with its colour."""
    tone, icon = _OUTCOME_MARKS[outcome]
    return Mark(_(OUTCOME_WORDS[outcome]), tone, icon)


CALLS = ListDef(
    "workforce.calls",
    N_("Calls to the backup pool"),
    CallIn,
    SEE_POOL,
    (
        ListColumn("called_at", N_("Called"), lambda r: r.call.called_at, "moment", "id", CallIn.called_at, fixed=True),
        ListColumn("name", N_("Person"), lambda r: r.name, "main", "main"),
        ListColumn("roster", N_("Roster"), lambda r: r.call.roster.name, place="left"),
        ListColumn("when", N_("For when"), lambda r: r.when, place="under"),
        ListColumn("reason", N_("Reason"), lambda r: r.call.reason),
        ListColumn("called_by", N_("Called by"), lambda r: r.call.called_by, "person"),
        ListColumn("outcome", N_("Outcome"), lambda r: outcome_mark(r.call.outcome), "mark", "right"),
    ),
    "/workforce/calls/",
    icon="phone-outgoing",
    query=_call_rows,
    prepare=_calls,
    filters=(
        RecordFilter("roster", N_("Roster"), CallIn.roster_id, model=Roster, by=Roster.name),
        ChoiceFilter(
            "outcome", N_("Outcome"), CallIn.outcome,
            lambda _ctx: [(code, _(words)) for code, words in OUTCOME_WORDS.items()],
        ),
        DaysFilter("called", N_("Called"), CallIn.called_at),
    ),
    tabs=(ListTab("all", N_("All"), counted=False),),
    order=((CallIn.called_at, True),),
    export=SEE_POOL,
    empty=N_("No calls yet"),
)
