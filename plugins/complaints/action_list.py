"""The list of corrective and preventive actions, declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import (
    N_,
    OFFICE,
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
    calendar,
    n_,
)
from plugins.complaints import following, life, queries
from plugins.complaints.contracts import ACTION, ACTION_KIND_WORDS, ACTION_STATE_ICONS, ACTION_STATE_WORDS
from plugins.complaints.models import CauseAction

TONES = {"effective": "ok", "ineffective": "bad"}


@dataclass(frozen=True)
class Row:
    """An action with what its columns say beside what it holds."""

    action: CauseAction
    clock: Any
    owner: str
    cause: str

    @property
    def department(self) -> str:
        """The department that carries it out."""
        return self.action.department.name if self.action.department else ""


def _prepare(ctx: Ctx, actions: list[CauseAction]) -> list[Row]:
    """Rows with clock, owner and the path of the cause: four statements, however many (or none) there are."""
    calendar(ctx, OFFICE)  # all calendars at once
    clocks = queries.running_clocks(ctx, ACTION, [a.id for a in actions])
    names = queries.names_of(ctx, [a.assignee_id for a in actions])
    paths = following.tree(ctx).path_words
    return [Row(a, clocks.get(a.id), names.get(a.assignee_id or 0, ""), paths(a.cause_id)) for a in actions]


def _rows(_ctx: Ctx) -> sa.Select:
    return sa.select(CauseAction).options(orm.joinedload(CauseAction.department))


def _state(row: Row) -> Mark:
    code = row.action.state
    return Mark(_(ACTION_STATE_WORDS[code]), TONES.get(code, ""), ACTION_STATE_ICONS[code])


def _due(row: Row) -> Any:
    return row.clock.due_at if row.clock is not None else None


COLUMNS = (
    ListColumn("number", N_("Number"), lambda r: r.action.number, "id", "id", CauseAction.number, fixed=True),
    ListColumn("urgent", N_("Time limit"), lambda r: r.clock, "clock", "left", export=_due),
    ListColumn("title", N_("What is to be done"), lambda r: r.action.title, "main", "main"),
    ListColumn("kind", N_("Kind"), lambda r: _(ACTION_KIND_WORDS[r.action.kind]), place="tag"),
    ListColumn("cause", N_("Root cause"), lambda r: r.cause),
    ListColumn("department", N_("Department"), lambda r: r.department),
    ListColumn("owner", N_("Owner"), lambda r: r.owner, "person"),
    ListColumn("state", N_("State"), _state, "mark", "right"),
    ListColumn("opened", N_("Opened"), lambda r: r.action.opened_at, "moment", sort=CauseAction.opened_at, shown=False),
    ListColumn("done", N_("Carried out"), lambda r: r.action.done_at, "moment", shown=False),
    ListColumn("result", N_("Result"), lambda r: r.action.result, shown=False),
    ListColumn("checked", N_("Checked"), lambda r: r.action.checked_at, "moment", shown=False),
    ListColumn("check_text", N_("Effect"), lambda r: r.action.check_text, shown=False),
)


def _in_words(words: Mapping[str, str]) -> Any:
    return lambda ctx: [(code, _(text)) for code, text in words.items()]


def _causes(ctx: Ctx) -> list[tuple[str, str]]:
    tree = following.tree(ctx)
    return [(str(cause.id), tree.path_words(cause.id)) for _depth, cause in tree.in_order()]


def _under(ctx: Ctx, cause: str) -> Any:
    """A cause with all that lies below it."""
    return CauseAction.cause_id.in_(sorted(following.tree(ctx).below(int(cause))))


FILTERS = (
    ChoiceFilter("state", N_("State"), CauseAction.state, _in_words(ACTION_STATE_WORDS)),
    ChoiceFilter("kind", N_("Kind"), CauseAction.kind, _in_words(ACTION_KIND_WORDS)),
    ChoiceFilter("cause", N_("Root cause"), CauseAction.cause_id, _causes, _under),
    UnitFilter("unit", N_("Department"), CauseAction.unit_id, N_("none")),
    PersonFilter("owner", N_("Owner"), CauseAction.assignee_id, N_("Nobody yet")),
    DaysFilter("opened", N_("Opened"), CauseAction.opened_at),
)


def _tab(key: str, label: str, *, counted: bool = True, newest: bool = False) -> ListTab:
    order = ((CauseAction.opened_at, True),) if newest else ()
    return ListTab(key, label, lambda ctx: following.action_tab(ctx, key), order, counted=counted)


TABS = (
    _tab("mine", N_("Mine")),
    _tab("overdue", N_("Overdue")),
    _tab("check", N_("To check")),
    _tab("open", N_("All open")),
    _tab("all", N_("All"), counted=False, newest=True),
)


def _summary(_ctx: Ctx, counts: Mapping[str, int]) -> str:
    is_open, overdue = counts["open"], counts["overdue"]
    return _("{open}, {overdue}", open=n_("{n} open", "{n} open", is_open), overdue=n_(
        "{n} overdue", "{n} overdue", overdue
    ))


ACTIONS = ListDef(
    "complaints.actions",
    N_("Corrective and preventive actions"),
    CauseAction,
    life.SEE_ACTIONS,
    COLUMNS,
    "/complaints/actions/",
    icon="wrench",
    query=_rows,
    prepare=_prepare,
    search=lambda _ctx, text: following.action_search(text),
    search_words=N_("Number, title"),
    filters=FILTERS,
    tabs=TABS,
    first=("mine", "open"),
    order=((CauseAction.urgent_at, False),),
    new=NewRecord(N_("Open an action"), "complaints.action_new", life.WORK_ACTIONS),
    export=life.SEE_ACTIONS,
    summary=_summary,
    empty=N_("No actions here"),
    empty_hint=N_("They are opened on the page of a complaint, or here for a cause."),
)
