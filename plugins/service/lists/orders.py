"""The queue and the board of orders, declared; their pages, saved filters, columns and export are the core's."""

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
from plugins.service import life, services
from plugins.service.contracts import (
    CAUSE_WORDS,
    CHANNEL_WORDS,
    KIND_WORDS,
    OUTCOME_WORDS,
    STATE_WORDS,
    URGENCY_WORDS,
    WAITING_WORDS,
    WORK_KIND_WORDS,
)
from plugins.service.labels import Words
from plugins.service.models import OPEN_STATES, Order
from plugins.service.queries import dispatch
from plugins.service.queries import orders as queries

NEWEST = ((Order.received_at, True),)


@dataclass(frozen=True)
class Row:
    """An order with what its columns say beside what it holds."""

    order: Order
    words: Words
    clock: Any
    assignee: str

    @property
    def customer(self) -> str:
        """The customer's name, or that of who called."""
        return (self.order.customer.name if self.order.customer else "") or self.order.person_name

    @property
    def office(self) -> str:
        """The organisation unit that serves it."""
        return self.order.office.name if self.order.office else ""

    @property
    def product(self) -> str:
        """The product, with its model."""
        product = self.order.product
        return " ".join(p for p in (product.name, product.model) if p) if product else ""


def prepare(ctx: Ctx, orders: list[Order]) -> list[Row]:
    """Rows with their most urgent clock and assignee: few statements, however many (or none) there are."""
    calendar(ctx, OFFICE)  # all calendars at once
    clocks = queries.next_clocks(ctx, [o.id for o in orders])
    names = queries.names_of(ctx, [o.assignee_id for o in orders])
    words = Words(ctx)
    return [Row(o, words, clocks.get(o.id), names.get(o.assignee_id or 0, "")) for o in orders]


def rows_of(_ctx: Ctx) -> sa.Select:
    """Orders with what columns show of others."""
    return sa.select(Order).options(
        orm.joinedload(Order.customer), orm.joinedload(Order.office), orm.joinedload(Order.product)
    )


# --- columns --------------------------------------------------------------------------------------------------------


def _state(row: Row) -> Mark:
    o = row.order
    if o.waiting:
        return Mark(row.words.waiting(o.waiting), "warn", "hourglass", title=row.words.state(o.state))
    tone = "ok" if o.state in ("closed", "archived") else ""
    return Mark(row.words.state(o.state), tone, row.words.state_icon(o.state))


def _urgency(row: Row) -> Mark:
    tone = row.words.urgency_tone(row.order.urgency)
    return Mark(row.words.urgency(row.order.urgency), tone, tag=bool(tone))


def _work_kind(row: Row) -> Mark:
    code = row.order.work_kind
    return Mark(row.words.work_kind(code), row.words.work_kind_tone(code), tag=bool(code))


def _due(row: Row) -> Any:
    return row.clock.due_at if row.clock is not None else None


COLUMNS = (
    ListColumn("number", N_("Number"), lambda r: r.order.number, "id", "id", Order.number, fixed=True),
    ListColumn("urgent", N_("Time limit"), lambda r: r.clock, "clock", "left", Order.urgent_at, export=_due),
    ListColumn("urgency", N_("Urgency"), _urgency, "mark", "tag"),
    ListColumn("subject", N_("Subject"), lambda r: r.order.subject, "main", "main"),
    ListColumn("kind", N_("Kind"), lambda r: r.words.kind(r.order.kind)),
    ListColumn("work_kind", N_("Kind of work"), _work_kind, "mark"),
    ListColumn("customer", N_("Customer"), lambda r: r.customer),
    ListColumn("office", N_("Serving unit"), lambda r: r.office, shown=False),
    ListColumn("assignee", N_("Technician"), lambda r: r.assignee, "person"),
    ListColumn("state", N_("State"), _state, "mark", "right"),
    ListColumn("received", N_("Received"), lambda r: r.order.received_at, "moment", sort=Order.received_at),
    ListColumn("product", N_("Product"), lambda r: r.product, shown=False),
    ListColumn("serial", N_("Serial number as told"), lambda r: r.order.serial_told, shown=False),
    ListColumn("person", N_("Name"), lambda r: r.order.person_name, shown=False),
    ListColumn("phone", N_("Phone"), lambda r: r.order.person_phone, shown=False),
    ListColumn("address", N_("Address"), lambda r: r.order.address, shown=False),
    ListColumn("region", N_("Region"), lambda r: r.order.region, shown=False),
    ListColumn("channel", N_("Channel"), lambda r: r.words.channel(r.order.channel), shown=False),
    ListColumn("cause", N_("Cause"), lambda r: r.words.cause(r.order.cause), shown=False),
    ListColumn("outcome", N_("Outcome"), lambda r: r.words.outcome(r.order.outcome), shown=False),
    ListColumn("promised", N_("Promised"), lambda r: r.order.promised_at, "moment", shown=False),
    ListColumn("done", N_("Done"), lambda r: r.order.done_at, "moment", shown=False),
    ListColumn("closed", N_("Order closed at"), lambda r: r.order.closed_at, "moment", shown=False),
)


# --- filters and tabs -----------------------------------------------------------------------------------------------


def _in_words(words: Mapping[str, str]) -> Any:
    return lambda ctx: [(code, _(text)) for code, text in words.items() if code]


FILTERS = (
    ChoiceFilter("state", N_("State"), Order.state, _in_words(STATE_WORDS)),
    ChoiceFilter("kind", N_("Kind"), Order.kind, _in_words(KIND_WORDS)),
    ChoiceFilter("work_kind", N_("Kind of work"), Order.work_kind, _in_words(WORK_KIND_WORDS)),
    ChoiceFilter("urgency", N_("Urgency"), Order.urgency, _in_words(URGENCY_WORDS)),
    ChoiceFilter("waiting", N_("Waits for"), Order.waiting, _in_words(WAITING_WORDS)),
    UnitFilter("unit", N_("Serving unit"), Order.unit_id, N_("none")),
    PersonFilter("assignee", N_("Technician"), Order.assignee_id, N_("Not assigned")),
    DaysFilter("received", N_("Received"), Order.received_at),
    ChoiceFilter("channel", N_("Channel"), Order.channel, _in_words(CHANNEL_WORDS)),
    ChoiceFilter("cause", N_("Cause"), Order.cause, _in_words(CAUSE_WORDS)),
    ChoiceFilter("outcome", N_("Outcome"), Order.outcome, _in_words(OUTCOME_WORDS)),
)


def _tab(
    key: str, label: str, *, counted: bool = True, by_day: bool = False, on_board: bool = False, ahead: Any = None
) -> ListTab:
    def where(ctx: Ctx) -> Any:
        return queries.tab_clause(ctx, key, queries.own_unit(ctx))

    return ListTab(key, label, where, NEWEST if by_day else (), counted=counted, on_board=on_board, ahead=ahead)


TABS = (
    _tab("mine", N_("Mine"), on_board=True),
    _tab("overdue", N_("Overdue"), on_board=True),
    _tab("to_dispatch", N_("To dispatch"), on_board=True, ahead=dispatch.carried_over),
    _tab("under_way", N_("Under way"), on_board=True),
    _tab("waiting", N_("Waiting"), on_board=True),
    _tab("to_close", N_("To close"), on_board=True),
    _tab("open", N_("All open"), on_board=True),
    _tab("all", N_("All"), counted=False, by_day=True),
)


def _summary(ctx: Ctx, counts: Mapping[str, int]) -> str:
    is_open, overdue = counts["open"], counts["overdue"]
    return _("{open}, {overdue}", open=n_("{n} open", "{n} open", is_open), overdue=n_(
        "{n} overdue", "{n} overdue", overdue
    ))


BOARD = ListBoard(
    life.WORKFLOW,
    Order.state,
    OPEN_STATES,
    moves={
        "accept": lambda ctx, i, _reason: services.accept(ctx, i),
        "recall": lambda ctx, i, reason: services.recall(ctx, i, reason),
        "start": lambda ctx, i, _reason: services.start(ctx, i),
        "come_again": lambda ctx, i, reason: services.come_again(ctx, i, reason),
        "object": lambda ctx, i, reason: services.object_to_result(ctx, i, reason),
        "confirm": lambda ctx, i, _reason: services.confirm(ctx, i),
        "close": lambda ctx, i, _reason: services.close(ctx, i),
        "cancel": lambda ctx, i, reason: services.cancel(ctx, i, reason),
    },
    forms={"dispatch": "dispatch", "finish": "result"},
    under=("customer", "kind"),
)

ORDERS = ListDef(
    "service.orders",
    N_("Service orders"),
    Order,
    life.VIEW,
    COLUMNS,
    "/service/",
    icon="clipboard-list",
    query=rows_of,
    prepare=prepare,
    search=lambda ctx, text: queries.search_clause(text),
    search_words=N_("Number, customer, subject, serial number, phone"),
    filters=FILTERS,
    tabs=TABS,
    first=("mine", "open"),
    order=((Order.urgent_at, False),),
    board=BOARD,
    new=NewRecord(N_("Take an order in"), "service.order_new", life.OPEN),
    export=life.VIEW,
    summary=_summary,
    empty=N_("No orders here"),
    empty_hint=N_("New ones come from the intake page, from plans, or from the form."),
)
