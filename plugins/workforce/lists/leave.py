"""The list of leave, declared."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from core.api import (
    N_,
    ChoiceFilter,
    Ctx,
    DaysFilter,
    ListColumn,
    ListDef,
    ListTab,
    Mark,
    NewRecord,
    PersonFilter,
    UnitFilter,
    _,
    label,
)
from plugins.workforce.contracts import LEAVE_STATE_WORDS
from plugins.workforce.models import Leave
from plugins.workforce.queries import leave as queries
from plugins.workforce.queries import people

SEE, ASK, PLAN = "workforce.leave.view", "workforce.leave.ask", "workforce.leave.plan"
_MARKS = {
    "asked": ("warn", "circle-dashed"),
    "agreed": ("ok", "circle-check"),
    "refused": ("bad", "circle-x"),
    "withdrawn": ("", "undo-2"),
}


def state_mark(state: str) -> Mark:
    """A state in words with its colour."""
    tone, icon = _MARKS[state]
    return Mark(_(LEAVE_STATE_WORDS[state]), tone, icon)


@dataclass(frozen=True)
class Row:
    """A leave with names and words."""

    leave: Leave
    name: str
    unit: str
    kind: str
    when: str


def _prepare(ctx: Ctx, rows: list[Leave]) -> list[Row]:
    names = people.names_of(ctx, [row.assignee_id for row in rows])
    units = people.unit_names(ctx)
    return [
        Row(
            row, names.get(row.assignee_id or 0, ""), units.get(row.unit_id or 0, ""),
            queries.kind_words(ctx, row.kind), queries.when_words(ctx, row),
        )
        for row in rows
    ]  # fmt: skip


def _tab(key: str, words: str, *, counted: bool = True) -> ListTab:
    return ListTab(key, words, lambda ctx: queries.tab(ctx, key), counted=counted)


LEAVE = ListDef(
    "workforce.leave",
    N_("Leave"),
    Leave,
    SEE,
    (
        ListColumn("number", N_("Number"), lambda r: r.leave.number, "id", "id", Leave.number, fixed=True),
        ListColumn("person", N_("Person"), lambda r: r.name, "main", "main"),
        ListColumn("unit", N_("Organisation unit"), lambda r: r.unit),
        ListColumn("kind", N_("Kind of leave"), lambda r: r.kind, place="tag"),
        ListColumn("when", N_("When"), lambda r: r.when, "text", "left", Leave.starts_at),
        ListColumn("state", N_("State"), lambda r: state_mark(r.leave.state), "mark", "right"),
        ListColumn("reason", N_("Reason"), lambda r: r.leave.reason, shown=False),
        ListColumn("asked_at", N_("Asked"), lambda r: r.leave.asked_at, "moment", shown=False),
    ),
    "/workforce/leave/",
    icon="plane",
    prepare=_prepare,
    search=lambda _ctx, text: sa.or_(
        Leave.number.istartswith(text, autoescape=True), Leave.assignee_id.in_(people.named(text))
    ),
    search_words=N_("Number, person"),
    filters=(
        PersonFilter("person", N_("Person"), Leave.assignee_id),
        UnitFilter("unit", N_("Organisation unit"), Leave.unit_id),
        ChoiceFilter(
            "kind", N_("Kind of leave"), Leave.kind,
            lambda ctx: [(code, label(words)) for code, words in queries.kinds(ctx).items()],
        ),
        DaysFilter("begins", N_("Begins"), Leave.starts_at),
    ),
    tabs=(
        _tab("asked", LEAVE_STATE_WORDS["asked"]),
        _tab("now", N_("Away now")),
        _tab("ahead", N_("Ahead")),
        _tab("mine", N_("My leave")),
        ListTab("all", N_("All"), counted=False),
    ),
    first=("asked", "ahead", "all"),
    order=((Leave.starts_at, True),),
    new=NewRecord(N_("Ask for leave"), "workforce.leave_new", ASK),
    export=SEE,
    empty=N_("No leave here"),
)
