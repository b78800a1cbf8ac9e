"""What orders owe after the work, declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    PersonFilter,
    UnitFilter,
    _,
    calendar,
    n_,
)
from plugins.service.after_contracts import STAGE_WORDS
from plugins.service.life import VIEW
from plugins.service.models import Order, Return
from plugins.service.queries import after as queries


@dataclass(frozen=True)
class Row:
    """A return with the clock of its next step."""

    row: Return
    clock: Any

    @property
    def customer(self) -> str:
        """The customer's name, or that of who called."""
        order = self.row.order
        return (order.customer.name if order.customer else "") or order.person_name


def _prepare(ctx: Ctx, rows: list[Return]) -> list[Row]:
    calendar(ctx, OFFICE)  # all calendars at once
    clocks = queries.clocks_of(ctx, rows)
    return [Row(r, clocks.get(r.id)) for r in rows]


def _stage(row: Row) -> Mark:
    stage = row.row.stage
    if stage == "working":
        return Mark(_("The work goes on"), "", "wrench")
    icons = {"return_checklist": "inbox", "review": "search-check", "cost_check": "receipt", "": "circle-check"}
    return Mark(_(STAGE_WORDS[stage]), "ok" if not stage else "", icons[stage])


def _due(row: Row) -> Any:
    return row.clock.due_at if row.clock is not None else None


def _tab(key: str, label: str, *, counted: bool = True) -> ListTab:
    return ListTab(key, label, lambda ctx: queries.tab_clause(ctx, key), counted=counted)


def _stages(_ctx: Ctx) -> list[tuple[str, str]]:
    return [(code, _(text)) for code, text in STAGE_WORDS.items() if code]


def _summary(_ctx: Ctx, counts: Mapping[str, int]) -> str:
    waiting = counts["hand_in"] + counts["review"] + counts["costs"]
    late = counts["late"]
    return _("{open}, {late}", open=n_("{n} open", "{n} open", waiting), late=n_("{n} late", "{n} late", late))


RETURNS = ListDef(
    "service.returns",
    N_("Returns"),
    Return,
    VIEW,
    (
        ListColumn("number", N_("Order"), lambda r: r.row.order.number, "id", "id", fixed=True),
        ListColumn("subject", N_("Subject"), lambda r: r.row.order.subject, "main", "main"),
        ListColumn("customer", N_("Customer"), lambda r: r.customer, place="left"),
        ListColumn("technician", N_("Technician"), lambda r: r.row.technician_name, "person"),
        ListColumn("since", N_("Work done"), lambda r: r.row.since, "moment", sort=Return.since),
        ListColumn("stage", N_("What comes next"), _stage, "mark", "tag"),
        ListColumn("due", N_("Time limit"), lambda r: r.clock, "clock", "right", export=_due),
        ListColumn("reason", N_("Why it is asked for"), lambda r: r.row.asked_reason, shown=False),
    ),
    "/service/returns/",
    icon="inbox",
    query=queries.rows_of,
    prepare=_prepare,
    search=lambda ctx, text: queries.search_clause(text),
    search_words=N_("Number of the order, subject, technician"),
    filters=(
        ChoiceFilter("stage", N_("What comes next"), Return.stage, _stages),
        PersonFilter("technician", N_("Technician"), Return.technician_id, N_("Nobody")),
        UnitFilter("unit", N_("Serving unit"), Order.unit_id, N_("none")),
        DaysFilter("since", N_("Work done"), Return.since),
    ),
    tabs=(
        _tab("mine", N_("Mine to hand in")),
        _tab("hand_in", N_("To hand in")),
        _tab("review", N_("To review")),
        _tab("costs", N_("Costs to check")),
        _tab("late", N_("Too late")),
        _tab("settled", N_("All checked"), counted=False),
        _tab("all", N_("All"), counted=False),
    ),
    first=("mine", "hand_in", "review", "costs", "all"),
    order=((Return.since, False),),
    export=VIEW,
    summary=_summary,
    empty=N_("No returns here"),
    empty_hint=N_("A return begins when the work is done, where the rule table “Steps of orders” asks for it."),
)
