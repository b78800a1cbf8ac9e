"""The list of preventive plans, declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    n_,
)
from plugins.service.models import CarePlan
from plugins.service.plan_contracts import (
    PLAN_KIND_WORDS,
    PLAN_STATE_ICONS,
    PLAN_STATE_WORDS,
    RHYTHM_WORDS,
)
from plugins.service.queries import orders
from plugins.service.queries import plans as queries
from plugins.service.services.plans import EDIT_PLANS, VIEW_PLANS


@dataclass(frozen=True)
class Row:
    """A plan with what its columns say beside what it holds."""

    plan: CarePlan
    late: int
    held: int
    keeper: str
    office: str


def _prepare(ctx: Ctx, plans: list[CarePlan]) -> list[Row]:
    waiting = queries.late_of(ctx, [p.id for p in plans])
    names = orders.names_of(ctx, [p.assignee_id for p in plans])
    units = orders.unit_names(ctx)
    return [
        Row(p, *waiting.get(p.id, (0, 0)), names.get(p.assignee_id or 0, ""), units.get(p.unit_id or 0, ""))
        for p in plans
    ]


def every_words(plan: Any) -> str:
    """“every 3 months” in the language of the moment."""
    if plan.period == "days":
        return n_("every day", "every {n} days", plan.every)
    if plan.period == "weeks":
        return n_("every week", "every {n} weeks", plan.every)
    return n_("every month", "every {n} months", plan.every)


def _state(row: Row) -> Mark:
    if row.late:
        return Mark(n_("{n} visit overdue", "{n} visits overdue", row.late), "bad", "octagon-alert")
    if row.held:
        return Mark(n_("{n} held back", "{n} held back", row.held), "warn", "hourglass")
    state = row.plan.state
    tone = "ok" if state == "active" else "warn" if state == "paused" else ""
    return Mark(_(PLAN_STATE_WORDS[state]), tone, PLAN_STATE_ICONS[state], title=row.plan.state_reason)


COLUMNS = (
    ListColumn("number", N_("Number of the plan"), lambda r: r.plan.number, "id", "id", CarePlan.number, fixed=True),
    ListColumn("name", N_("What is done"), lambda r: r.plan.name, "main", "main"),
    ListColumn("kind", N_("Kind"), lambda r: _(PLAN_KIND_WORDS[r.plan.kind])),
    ListColumn("customer", N_("Customer"), lambda r: r.plan.customer.name if r.plan.customer else "", place="left"),
    ListColumn("unit", N_("Unit"), lambda r: (r.plan.device.serial or "") if r.plan.device else ""),
    ListColumn("every", N_("How often"), lambda r: every_words(r.plan)),
    ListColumn("rhythm", N_("Rhythm"), lambda r: _(RHYTHM_WORDS[r.plan.rhythm]), shown=False),
    ListColumn("next", N_("Next visit"), lambda r: r.plan.next_on, "date", sort=CarePlan.next_on),
    ListColumn("state", N_("State"), _state, "mark", "right"),
    ListColumn("opens", N_("Order opens on"), lambda r: r.plan.opens_on, "date", shown=False),
    ListColumn("contract", N_("Contract"), lambda r: r.plan.contract_words, shown=False),
    ListColumn("office", N_("Serving unit"), lambda r: r.office, shown=False),
    ListColumn("keeper", N_("Looked after by"), lambda r: r.keeper, "person"),
    ListColumn("starts", N_("From"), lambda r: r.plan.starts_on, "date", sort=CarePlan.starts_on, shown=False),
    ListColumn("ends", N_("Until"), lambda r: r.plan.ends_on, "date", shown=False),
)


def _in_words(words: Mapping[str, str]) -> Any:
    return lambda ctx: [(code, _(text)) for code, text in words.items()]


FILTERS = (
    ChoiceFilter("kind", N_("Kind"), CarePlan.kind, _in_words(PLAN_KIND_WORDS)),
    ChoiceFilter("state", N_("State"), CarePlan.state, _in_words(PLAN_STATE_WORDS)),
    ChoiceFilter("rhythm", N_("Rhythm"), CarePlan.rhythm, _in_words(RHYTHM_WORDS)),
    DaysFilter("next", N_("Next visit"), CarePlan.next_on),
    PersonFilter("keeper", N_("Looked after by"), CarePlan.assignee_id, N_("Nobody")),
    UnitFilter("unit", N_("Serving unit"), CarePlan.unit_id, N_("none")),
)


def _tab(key: str, label: str, *, counted: bool = True) -> ListTab:
    return ListTab(key, label, lambda ctx: queries.tab_clause(ctx, key), counted=counted)


def _summary(_ctx: Ctx, counts: Mapping[str, int]) -> str:
    running, late = counts["active"], counts["overdue"]
    late_words = n_("{n} with overdue visits", "{n} with overdue visits", late)
    return _("{running}, {late}", running=n_("{n} running", "{n} running", running), late=late_words)


PLANS = ListDef(
    "service.plans",
    N_("Preventive plans"),
    CarePlan,
    VIEW_PLANS,
    COLUMNS,
    "/service/plans/",
    icon="calendar-check",
    query=queries.rows_of,
    prepare=_prepare,
    search=lambda _ctx, text: queries.search_clause(text),
    search_words=N_("Number, what is done, name of the customer, serial number"),
    filters=FILTERS,
    tabs=(
        _tab("active", N_("Running")),
        _tab("mine", N_("Looked after by me")),
        _tab("overdue", N_("With overdue visits")),
        _tab("held", N_("With visits held back")),
        _tab("paused", N_("Paused")),
        _tab("ended", N_("No longer runs"), counted=False),
        _tab("all", N_("All"), counted=False),
    ),
    first=("active", "all"),
    order=((CarePlan.next_on, False),),
    new=NewRecord(N_("Make a plan"), "service.plan_new", EDIT_PLANS),
    export=VIEW_PLANS,
    summary=_summary,
    empty=N_("No plans here"),
    empty_hint=N_("A plan opens an order for each visit in time: every month, every half year, after each visit."),
)
