"""The list of what is done before something ends, declared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import (
    N_,
    ChoiceFilter,
    Ctx,
    DaysFilter,
    ListColumn,
    ListDef,
    ListTab,
    Mark,
    PersonFilter,
    UnitFilter,
    _,
    n_,
)
from plugins.warranty import agreed_life as life
from plugins.warranty.agreed import (
    FOLLOW_UP_ACTION_ICONS,
    FOLLOW_UP_ACTION_WORDS,
    FOLLOW_UP_SORT_WORDS,
    FOLLOW_UP_STATE_WORDS,
    VISIT_OUTCOME_WORDS,
)
from plugins.warranty.lists.agreements import in_words
from plugins.warranty.models.agreements import FollowUp
from plugins.warranty.queries import agreements
from plugins.warranty.queries import follow_ups as queries

TONES = {"renewed": "ok", "refused": "bad", "later": "info"}


@dataclass(frozen=True)
class Row:
    """A step with what its columns say beside what it holds."""

    step: FollowUp
    owner: str
    today: dt.date

    @property
    def due(self) -> Mark:
        """By when it should be done."""
        late = self.step.is_open and self.step.due_on < self.today
        text = _("Overdue since {day}", day=self.step.due_on.isoformat()) if late else self.step.due_on.isoformat()
        return Mark(text, "bad" if late else "", "octagon-alert" if late else "calendar")


def _prepare(ctx: Ctx, steps: list[FollowUp]) -> list[Row]:
    """Rows with owners: two statements, however many (or none) there are."""
    names = agreements.names_of(ctx, [s.assignee_id for s in steps])
    return [Row(s, names.get(s.assignee_id or 0, ""), ctx.today) for s in steps]


def _rows(_ctx: Ctx) -> sa.Select:
    return sa.select(FollowUp).options(orm.joinedload(FollowUp.customer))


def _action(row: Row) -> Mark:
    code = row.step.action
    return Mark(_(FOLLOW_UP_ACTION_WORDS[code]), "", FOLLOW_UP_ACTION_ICONS[code])


def _state(row: Row) -> Mark:
    step = row.step
    if step.outcome:
        return Mark(_(VISIT_OUTCOME_WORDS[step.outcome]), TONES[step.outcome], "circle-check")
    icons = {"open": "circle-dashed", "done": "circle-check", "dropped": "circle-x"}
    return Mark(_(FOLLOW_UP_STATE_WORDS[step.state]), "ok" if step.state == "done" else "", icons[step.state])


def _late(row: Row) -> list[Mark]:
    return [Mark(_("made late"), "warn", "hourglass")] if row.step.late else []


COLUMNS = (
    ListColumn("number", N_("Number"), lambda r: r.step.number, "id", "id", FollowUp.number, fixed=True),
    ListColumn("about", N_("What ends"), lambda r: r.step.about, "main", "main", notes=_late),
    ListColumn("sort", N_("Sort"), lambda r: _(FOLLOW_UP_SORT_WORDS[r.step.sort]), shown=False),
    ListColumn("customer", N_("Customer"), lambda r: r.step.customer.name if r.step.customer else ""),
    ListColumn("expires", N_("Ends on"), lambda r: r.step.expires_on, "date", "left"),
    ListColumn("action", N_("What is done"), _action, "mark", "tag"),
    ListColumn("due", N_("To be done by"), lambda r: r.due, "mark", export=lambda r: r.step.due_on),
    ListColumn("role", N_("Role"), lambda r: r.step.role, shown=False),
    ListColumn("owner", N_("Owner"), lambda r: r.owner, "person"),
    ListColumn("state", N_("State"), _state, "mark", "right"),
    ListColumn("made", N_("Made"), lambda r: r.step.made_at, "moment", sort=FollowUp.made_at, shown=False),
    ListColumn("done", N_("Done"), lambda r: r.step.done_at, "moment", shown=False),
    ListColumn("result", N_("Report or result"), lambda r: r.step.result, shown=False),
    ListColumn("reason", N_("Reason"), lambda r: r.step.reason, shown=False),
)
FILTERS = (
    ChoiceFilter("sort", N_("What ends"), FollowUp.sort, in_words(FOLLOW_UP_SORT_WORDS)),
    ChoiceFilter("action", N_("What is done"), FollowUp.action, in_words(FOLLOW_UP_ACTION_WORDS)),
    ChoiceFilter("state", N_("State"), FollowUp.state, in_words(FOLLOW_UP_STATE_WORDS)),
    ChoiceFilter("outcome", N_("Outcome of the visit"), FollowUp.outcome, in_words(VISIT_OUTCOME_WORDS)),
    DaysFilter("expires", N_("Ends on"), FollowUp.expires_on),
    UnitFilter("unit", N_("Department"), FollowUp.unit_id, N_("none")),
    PersonFilter("owner", N_("Owner"), FollowUp.assignee_id, N_("Nobody yet")),
)


def _tab(key: str, label: str, *, counted: bool = True, newest: bool = False) -> ListTab:
    order = ((FollowUp.made_at, True),) if newest else ()
    return ListTab(key, label, lambda ctx: queries.tab(ctx, key), order, counted=counted)


TABS = (
    _tab("mine", N_("Mine")),
    _tab("overdue", N_("Overdue")),
    _tab("visits", N_("Visits to renew")),
    _tab("open", N_("All open")),
    _tab("all", N_("All"), counted=False, newest=True),
)


def _summary(_ctx: Ctx, counts: Mapping[str, int]) -> str:
    is_open, overdue = counts["open"], counts["overdue"]
    return _("{open}, {overdue}", open=n_("{n} open", "{n} open", is_open), overdue=n_(
        "{n} overdue", "{n} overdue", overdue
    ))


FOLLOW_UPS = ListDef(
    "warranty.follow_ups",
    N_("About to end"),
    FollowUp,
    life.SEE_FOLLOW_UPS,
    COLUMNS,
    "/warranty/follow-ups/",
    icon="calendar-clock",
    query=_rows,
    prepare=_prepare,
    search=lambda _ctx, text: sa.or_(
        FollowUp.number.icontains(text, autoescape=True), FollowUp.about.icontains(text, autoescape=True)
    ),
    search_words=N_("Number, what ends"),
    filters=FILTERS,
    tabs=TABS,
    first=("mine", "open"),
    order=((FollowUp.due_on, False),),
    export=life.SEE_FOLLOW_UPS,
    summary=_summary,
    empty=N_("Nothing is about to end"),
    empty_hint=N_("Steps come here by themselves, as the expiry ladder says."),
)
