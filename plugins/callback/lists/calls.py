"""The list of planned calls, declared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
)
from plugins.base.contracts import CUSTOMER
from plugins.callback.contracts import CALL_STATE_WORDS, PART_WORDS, RESULT_WORDS
from plugins.callback.models import Call
from plugins.callback.queries import calls as queries

SEE, PLAN, WISHES = "callback.call.view", "callback.call.plan", "callback.preference.edit"
_MARKS = {
    "planned": ("", "circle-dashed"),
    "approved": ("", "circle-check"),
    "released": ("info", "phone-outgoing"),
    "calling": ("warn", "phone-call"),
    "done": ("ok", "circle-check"),
    "missed": ("bad", "phone-missed"),
    "carried_over": ("", "forward"),
    "cancelled": ("", "ban"),
}


def state_mark(state: str) -> Mark:
    """A call's state in words with its colour."""
    tone, icon = _MARKS[state]
    return Mark(_(CALL_STATE_WORDS[state]), tone, icon)


@dataclass(frozen=True)
class Row:
    """A call with names and words."""

    call: Call
    customer: str
    agent: str
    why: str


def _prepare(ctx: Ctx, rows: list[Call]) -> list[Row]:
    names = queries.names_of(ctx, [row.assignee_id for row in rows])
    why = queries.reasons_of(ctx, [row.id for row in rows])
    return [
        Row(
            row, row.customer.name if row.customer else "",
            names.get(row.assignee_id or 0, ""), _(", ").join(why.get(row.id, [])),
        )
        for row in rows
    ]  # fmt: skip


def _rows(_ctx: Ctx) -> sa.Select:
    return sa.select(Call).options(orm.joinedload(Call.customer))


def _found(ctx: Ctx, text: str) -> Any:
    customer: Any = ctx.registry.kinds[CUSTOMER].model
    by_name = customer.name.istartswith(text, autoescape=True)
    by_number = customer.number.istartswith(text, autoescape=True)
    return Call.customer_id.in_(sa.select(customer.id).where(sa.or_(by_name, by_number)))


def _tab(key: str, words: str, *, counted: bool = True) -> ListTab:
    return ListTab(key, words, lambda ctx: queries.tab(ctx, key), counted=counted)


CALLS = ListDef(
    "callback.calls",
    N_("Planned calls"),
    Call,
    SEE,
    (
        ListColumn("number", N_("Number"), lambda r: str(r.call.id), "id", "id", Call.id, fixed=True),
        ListColumn("customer", N_("Customer"), lambda r: r.customer, "main", "main"),
        ListColumn("day", N_("Day of the call"), lambda r: r.call.day, "date", "left", Call.day),
        ListColumn("part", N_("Part of the day"), lambda r: _(PART_WORDS[r.call.part])),
        ListColumn("why", N_("Why call"), lambda r: r.why, place="under"),
        ListColumn("agent", N_("Who calls"), lambda r: r.agent, "person"),
        ListColumn("due", N_("Not after"), lambda r: r.call.due_until, "date", shown=False),
        ListColumn("result", N_("Result"), lambda r: _(RESULT_WORDS[r.call.result]), shown=False),
        ListColumn("state", N_("State"), lambda r: state_mark(r.call.state), "mark", "right"),
    ),
    "/callback/calls/",
    icon="phone-outgoing",
    prepare=_prepare,
    query=_rows,
    search=_found,
    search_words=N_("Name or number of the customer"),
    filters=(
        PersonFilter("agent", N_("Who calls"), Call.assignee_id),
        UnitFilter("unit", N_("Organisation unit"), Call.unit_id),
        ChoiceFilter(
            "state", N_("State"), Call.state, lambda _ctx: [(k, _(words)) for k, words in CALL_STATE_WORDS.items()]
        ),
        DaysFilter("day", N_("Day of the call"), Call.day),
    ),
    tabs=(
        _tab("today", N_("Today")),
        _tab("mine", N_("My calls")),
        _tab("ahead", N_("Still to be called")),
        _tab("missed", CALL_STATE_WORDS["missed"]),
        _tab("done", CALL_STATE_WORDS["done"], counted=False),
        ListTab("all", N_("All"), counted=False),
    ),
    first=("today", "mine", "ahead", "all"),
    order=((Call.day, False),),
    export=SEE,
    empty=N_("No calls here"),
)
