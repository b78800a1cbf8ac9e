"""The queue and the board of complaints, declared; their pages, saved filters, columns and export are the core's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import (
    N_,
    OFFICE,
    BulkAction,
    ChoiceFilter,
    Ctx,
    DaysFilter,
    ListBoard,
    ListColumn,
    ListDef,
    ListTab,
    Mark,
    NewRecord,
    PersonFilter,
    UnitFilter,
    _,
    calendar,
    n_,
)
from plugins.complaints import life, queries, services
from plugins.complaints.contracts import CHANNEL_WORDS, KIND_WORDS, STATE_WORDS
from plugins.complaints.labels import Words
from plugins.complaints.models import OPEN_STATES, Complaint

NEWEST = ((Complaint.received_at, True),)


@dataclass(frozen=True)
class Row:
    """A complaint with what its columns say beside what it holds."""

    complaint: Complaint
    words: Words
    clock: Any
    assignee: str

    @property
    def customer(self) -> str:
        """The customer's name, or that of who complained."""
        return (self.complaint.customer.name if self.complaint.customer else "") or self.complaint.person_name

    @property
    def department(self) -> str:
        """The department that has it."""
        return self.complaint.department.name if self.complaint.department else ""


def prepare(ctx: Ctx, complaints: list[Complaint]) -> list[Row]:
    """Rows with their most urgent clock and assignee: few statements, however many (or none) there are."""
    calendar(ctx, OFFICE)  # all calendars at once
    clocks = queries.next_clocks(ctx, [c.id for c in complaints])
    names = queries.names_of(ctx, [c.assignee_id for c in complaints])
    words = ctx.memo.setdefault("complaints words", None) or Words(ctx)
    ctx.memo["complaints words"] = words
    return [Row(c, words, clocks.get(c.id), names.get(c.assignee_id or 0, "")) for c in complaints]


def rows_of(_ctx: Ctx) -> sa.Select:
    """Complaints with the customer and the department that columns show."""
    return sa.select(Complaint).options(orm.joinedload(Complaint.customer), orm.joinedload(Complaint.department))


# --- columns --------------------------------------------------------------------------------------------------------


def _severity(row: Row) -> Mark:
    code = row.complaint.severity
    tone = row.words.tone(code)
    return Mark(row.words.severity(code), tone, tag=bool(tone))


def _state(row: Row) -> Mark:
    c = row.complaint
    if c.routing == "missing" and c.is_open:
        return Mark(_("Department missing"), "bad", "triangle-alert", title=row.words.state(c))
    return Mark(row.words.state_words(c.state), "ok" if c.state == "closed" else "", row.words.state_icon(c.state))


def _repeats(row: Row) -> list[Mark]:
    repeats = row.complaint.repeats
    return [Mark(_("Time {n}", n=repeats + 1), "line", "repeat", tag=True)] if repeats else []


def _due(row: Row) -> Any:
    return row.clock.due_at if row.clock is not None else None


COLUMNS = (
    ListColumn("number", N_("Number"), lambda r: r.complaint.number, "id", "id", Complaint.number, fixed=True),
    ListColumn(
        "urgent", N_("Time limit"), lambda r: r.clock, "clock", "left", Complaint.urgent_at, export=_due
    ),
    ListColumn("severity", N_("Severity"), _severity, "mark", "tag"),
    ListColumn("subject", N_("Subject"), lambda r: r.complaint.subject, "main", "main", notes=_repeats),
    ListColumn("customer", N_("Customer"), lambda r: r.customer),
    ListColumn("category", N_("Category"), lambda r: r.words.category(r.complaint.category), shown=False),
    ListColumn("department", N_("Department"), lambda r: r.department),
    ListColumn("assignee", N_("Assignee"), lambda r: r.assignee, "person"),
    ListColumn("state", N_("State"), _state, "mark", "right"),
    ListColumn(
        "received", N_("Received"), lambda r: r.complaint.received_at, "moment", sort=Complaint.received_at
    ),
    ListColumn("channel", N_("Channel"), lambda r: r.words.channel(r.complaint.channel), shown=False),
    ListColumn("kind", N_("Kind"), lambda r: r.words.kind(r.complaint.kind), shown=False),
    ListColumn("person", N_("Person"), lambda r: r.complaint.person_name, shown=False),
    ListColumn("phone", N_("Phone"), lambda r: r.complaint.person_phone, shown=False),
    ListColumn("repeats", N_("Earlier complaints"), lambda r: r.complaint.repeats, "number", shown=False),
    ListColumn("replied", N_("Answered"), lambda r: r.complaint.replied_at, "moment", shown=False),
    ListColumn("closed", N_("Closed at"), lambda r: r.complaint.closed_at, "moment", shown=False),
    ListColumn("outcome", N_("Outcome"), lambda r: r.words.outcome(r.complaint.outcome), shown=False),
)


# --- filters and tabs -----------------------------------------------------------------------------------------------


def _choices(ctx: Ctx, table: str, column: str) -> list[tuple[str, str]]:
    return [(c.value, queries.label(c.label)) for c in queries.choices(ctx, table, column)]


def _in_words(words: Mapping[str, str]) -> Any:
    return lambda ctx: [(code, _(text)) for code, text in words.items()]


ROUTING = {"missing": N_("Department missing"), "by_hand": N_("Chosen by a person")}

FILTERS = (
    ChoiceFilter("state", N_("State"), Complaint.state, _in_words(STATE_WORDS)),
    ChoiceFilter(
        "severity", N_("Severity"), Complaint.severity, lambda ctx: _choices(ctx, "complaints.severity", "severity")
    ),
    ChoiceFilter(
        "category", N_("Category"), Complaint.category, lambda ctx: _choices(ctx, "complaints.routing", "category")
    ),
    UnitFilter("unit", N_("Department"), Complaint.unit_id, N_("none")),
    PersonFilter("assignee", N_("Assignee"), Complaint.assignee_id, N_("Not assigned")),
    DaysFilter("received", N_("Received"), Complaint.received_at),
    ChoiceFilter("channel", N_("Channel"), Complaint.channel, _in_words(CHANNEL_WORDS)),
    ChoiceFilter("kind", N_("Kind"), Complaint.kind, _in_words(KIND_WORDS)),
    ChoiceFilter("routing", N_("Routing"), Complaint.routing, _in_words(ROUTING)),
)


def _tab(key: str, label: str, *, counted: bool = True, by_day: bool = False) -> ListTab:
    def where(ctx: Ctx) -> Any:
        return queries.tab_clause(ctx, key, queries.own_unit(ctx))

    return ListTab(key, label, where, NEWEST if by_day else (), counted=counted, on_board=not by_day)


TABS = (
    _tab("mine", N_("Mine")),
    _tab("overdue", N_("Overdue")),
    _tab("serious", N_("Serious")),
    _tab("week", N_("New this week"), by_day=True),
    _tab("open", N_("All open")),
    _tab("all", N_("All"), counted=False, by_day=True),
)


def _summary(ctx: Ctx, counts: Mapping[str, int]) -> str:
    is_open, overdue = counts["open"], counts["overdue"]
    return _("{open}, {overdue}", open=n_("{n} open", "{n} open", is_open), overdue=n_(
        "{n} overdue", "{n} overdue", overdue
    ))


# --- what is done to rows and cards ---------------------------------------------------------------------------------


def _assign(ctx: Ctx, complaint_id: int, user_id: str) -> None:
    services.assign(ctx, complaint_id, int(user_id))


def _people(ctx: Ctx) -> list[tuple[str, str]]:
    return [(str(user_id), name) for user_id, name in queries.may_be_given(ctx)]


def _close(ctx: Ctx, complaint_id: int, _reason: str) -> None:
    complaint = queries.get_complaint(ctx, complaint_id)
    services.close_complaint(ctx, complaint_id, complaint.outcome, complaint.outcome_text)


ASSIGN = BulkAction(
    "assign",
    N_("Assign"),
    life.HANDLE,
    lambda n, name: n_("{n} complaint given to {name}", "{n} complaints given to {name}", n, name=name),
    each=_assign,
    choices=_people,
    chosen=lambda ctx: str(ctx.actor.user_id),
    icon="user-check",
    hotkey="a",
)

BOARD = ListBoard(
    life.WORKFLOW,
    Complaint.state,
    OPEN_STATES,
    moves={
        "hand_back": lambda ctx, i, reason: services.hand_back(ctx, i, reason),
        "object": lambda ctx, i, reason: services.object_to_reply(ctx, i, reason),
        "close": _close,
    },
    forms={"classify": "classify", "find": "find", "reply": "reply"},
    under=("customer", "category"),
)

COMPLAINTS = ListDef(
    "complaints.complaints",
    N_("Complaints"),
    Complaint,
    life.VIEW,
    COLUMNS,
    "/complaints/",
    icon="message-square-warning",
    query=rows_of,
    prepare=prepare,
    search=lambda ctx, text: queries.search_clause(text),
    search_words=N_("Number, customer, subject, phone"),
    filters=FILTERS,
    tabs=TABS,
    first=("mine", "open"),
    order=((Complaint.urgent_at, False),),
    actions=(ASSIGN,),
    board=BOARD,
    new=NewRecord(N_("Take a complaint in"), "complaints.complaint_new", life.OPEN),
    export=life.VIEW,
    summary=_summary,
    empty=N_("No complaints here"),
    empty_hint=N_("New ones come from the intake page, from files, or from the form."),
)
