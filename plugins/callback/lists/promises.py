"""The list of promises and tasks from calls, declared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import (
    N_,
    ChoiceFilter,
    Clock,
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
from plugins.callback.calling_contracts import PROMISE_KIND_WORDS, PROMISE_STATE_WORDS
from plugins.callback.models import Promise
from plugins.callback.queries import calling as queries
from plugins.callback.queries.calls import names_of

SEE = "callback.call.view"
MARKS = {"open": ("info", "circle-dot"), "done": ("ok", "circle-check"), "cancelled": ("", "circle-x")}


def mark_of(row: Promise) -> Mark:
    """Its state in words with its colour."""
    tone, icon = MARKS[row.state]
    return Mark(_(PROMISE_STATE_WORDS[row.state]), tone, icon)


@dataclass(frozen=True)
class Row:
    """A promise with names."""

    promise: Promise
    customer: str
    person: str
    clock: Clock | None


def _prepare(ctx: Ctx, rows: list[Promise]) -> list[Row]:
    names = names_of(ctx, [row.assignee_id for row in rows])
    clocks = queries.clocks_of(ctx, [row.id for row in rows])
    return [
        Row(row, row.customer.name if row.customer else "", names.get(row.assignee_id or 0, ""), clocks.get(row.id))
        for row in rows
    ]


def _found(ctx: Ctx, text: str) -> Any:
    customer: Any = ctx.registry.kinds[CUSTOMER].model
    named = customer.name.istartswith(text, autoescape=True)
    return Promise.customer_id.in_(sa.select(customer.id).where(named))


def _mine(ctx: Ctx) -> Any:
    return sa.and_(Promise.state == "open", Promise.assignee_id == ctx.actor.user_id)


PROMISES = ListDef(
    "callback.promises",
    N_("Promises from calls"),
    Promise,
    SEE,
    (
        ListColumn("number", N_("Number"), lambda r: str(r.promise.id), "id", "id", Promise.id, fixed=True),
        ListColumn("text", N_("What is to be done"), lambda r: r.promise.text[:120], "main", "main"),
        ListColumn("kind", N_("Kind"), lambda r: _(PROMISE_KIND_WORDS[r.promise.kind]), place="under"),
        ListColumn("customer", N_("Customer"), lambda r: r.customer),
        ListColumn("person", N_("Who does it"), lambda r: r.person, "person"),
        ListColumn("due", N_("Due"), lambda r: r.promise.due_at, "moment", "left", Promise.due_at),
        ListColumn("clock", N_("Time limit"), lambda r: r.clock, "clock", "right"),
        ListColumn("state", N_("State"), lambda r: mark_of(r.promise), "mark"),
        ListColumn("result", N_("Result"), lambda r: r.promise.result[:120], shown=False),
    ),
    "/callback/promises/",
    icon="handshake",
    prepare=_prepare,
    query=lambda _ctx: sa.select(Promise).options(orm.joinedload(Promise.customer)),
    search=_found,
    search_words=N_("Name of the customer"),
    filters=(
        PersonFilter("person", N_("Who does it"), Promise.assignee_id),
        UnitFilter("unit", N_("Organisation unit"), Promise.unit_id),
        ChoiceFilter(
            "kind", N_("Kind"), Promise.kind, lambda _ctx: [(k, _(words)) for k, words in PROMISE_KIND_WORDS.items()]
        ),
        DaysFilter("made", N_("Promised at"), Promise.made_at),
    ),
    tabs=(
        ListTab("mine", N_("Mine"), _mine),
        ListTab("open", PROMISE_STATE_WORDS["open"], lambda _ctx: Promise.state == "open"),
        ListTab("done", PROMISE_STATE_WORDS["done"], lambda _ctx: Promise.state == "done", counted=False),
        ListTab("all", N_("All"), counted=False),
    ),
    first=("mine", "open", "all"),
    order=((Promise.due_at, False),),
    export=SEE,
    empty=N_("Nothing is promised here"),
)
