"""The list and board of returns, declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.api import (
    N_,
    ChoiceFilter,
    Clock,
    Ctx,
    DaysFilter,
    ListBoard,
    ListColumn,
    ListDef,
    ListLink,
    ListTab,
    Mark,
    PersonFilter,
    UnitFilter,
    _,
    n_,
)
from plugins.service.life import VIEW
from plugins.service.models import Order, Rma
from plugins.service.queries import orders as order_queries
from plugins.service.queries import rma as queries
from plugins.service.rma_contracts import (
    DISPOSAL_WORDS,
    PURPOSE_WORDS,
    RESULT_TONES,
    RESULT_WORDS,
    RMA_STATE_ICONS,
    RMA_STATE_TONES,
    RMA_STATE_WORDS,
    SERIAL_WORDS,
    WHAT_WORDS,
)
from plugins.service.rma_life import RECEIVE, WORKFLOW
from plugins.service.rules.workshop import plain_number
from plugins.service.services import rma as services


@dataclass(frozen=True)
class Row:
    """A return with what its columns say beside what it holds."""

    item: Rma
    owner: str
    clock: Clock | None

    @property
    def customer(self) -> str:
        """The customer of its order."""
        order = self.item.order
        return (order.customer.name if order.customer else "") or order.person_name


def _prepare(ctx: Ctx, items: list[Rma]) -> list[Row]:
    names = order_queries.names_of(ctx, [r.owner_id for r in items])
    clocks = queries.next_clocks(ctx, [r.id for r in items])
    return [Row(r, names.get(r.owner_id or 0, ""), clocks.get(r.id)) for r in items]


def _state(row: Row) -> Mark:
    code = row.item.state
    return Mark(_(RMA_STATE_WORDS[code]), RMA_STATE_TONES[code], RMA_STATE_ICONS[code])


def _result(row: Row) -> Mark:
    code = row.item.result
    return Mark(_(RESULT_WORDS[code]) if code else "", RESULT_TONES.get(code, ""), tag=bool(code))


def _due(row: Row) -> Any:
    return row.clock.due_at if row.clock is not None else None


def _serial(row: Row) -> str:
    return row.item.serial_received or row.item.serial


COLUMNS = (
    ListColumn("number", N_("RMA number"), lambda r: r.item.number, "id", "id", Rma.number, fixed=True),
    ListColumn("urgent", N_("Time limit"), lambda r: r.clock, "clock", "left", Rma.urgent_at, export=_due),
    ListColumn("name", N_("What comes back"), lambda r: r.item.name, "main", "main"),
    ListColumn("serial", N_("Serial number"), _serial),
    ListColumn("order", N_("Order"), lambda r: r.item.order.number, "code"),
    ListColumn("office", N_("Serving unit"), lambda r: r.item.order.office.name if r.item.order.office else ""),
    ListColumn("owner", N_("Who sends it"), lambda r: r.owner, "person"),
    ListColumn("state", N_("State"), _state, "mark", "right"),
    ListColumn("result", N_("Result of the examination"), _result, "mark", "tag"),
    ListColumn("tracking", N_("Tracking number"), lambda r: f"{r.item.carrier} {r.item.tracking}".strip()),
    ListColumn(
        "expected", N_("Expected since"), lambda r: r.item.expected_at, "moment", sort=Rma.expected_at, shown=False
    ),
    ListColumn("customer", N_("Customer"), lambda r: r.customer, shown=False),
    ListColumn("what", N_("Kind"), lambda r: _(WHAT_WORDS[r.item.what]), shown=False),
    ListColumn("purpose", N_("Why it comes back"), lambda r: _(PURPOSE_WORDS[r.item.purpose]), shown=False),
    ListColumn("part_number", N_("Part number"), lambda r: r.item.part_number, shown=False),
    ListColumn("quantity", N_("Quantity"), lambda r: plain_number(r.item.quantity), shown=False),
    ListColumn("to", N_("Arrives at"), lambda r: r.item.to_unit.name if r.item.to_unit else "", shown=False),
    ListColumn("sent", N_("Sent off at"), lambda r: r.item.sent_at, "moment", shown=False),
    ListColumn("received", N_("Came in at"), lambda r: r.item.received_at, "moment", shown=False),
    ListColumn("verdict", N_("Serial number compared"), lambda r: _(SERIAL_WORDS[r.item.serial_verdict]), shown=False),
    ListColumn("examined", N_("Examined at"), lambda r: r.item.examined_at, "moment", shown=False),
    ListColumn(
        "disposal", N_("What became of it"), lambda r: _(DISPOSAL_WORDS[r.item.disposal]) if r.item.disposal else "",
        shown=False,
    ),
)


def _in_words(words: Mapping[str, str]) -> Any:
    return lambda ctx: [(code, _(text)) for code, text in words.items() if code]


FILTERS = (
    ChoiceFilter("state", N_("State"), Rma.state, _in_words(RMA_STATE_WORDS)),
    ChoiceFilter("purpose", N_("Why it comes back"), Rma.purpose, _in_words(PURPOSE_WORDS)),
    ChoiceFilter("what", N_("Kind"), Rma.what, _in_words(WHAT_WORDS)),
    UnitFilter("unit", N_("Serving unit"), Order.unit_id, N_("none")),
    PersonFilter("owner", N_("Who sends it"), Rma.owner_id, N_("Nobody")),
    DaysFilter("expected", N_("Expected since"), Rma.expected_at),
    DaysFilter("received", N_("Came in at"), Rma.received_at),
    ChoiceFilter("result", N_("Result of the examination"), Rma.result, _in_words(RESULT_WORDS)),
)


def _tab(key: str, label: str, *, counted: bool = True) -> ListTab:
    def where(ctx: Ctx) -> Any:
        return queries.tab_clause(ctx, key)

    return ListTab(key, label, where, counted=counted, on_board=key not in ("ended", "all"))


def _summary(_ctx: Ctx, counts: Mapping[str, int]) -> str:
    is_open, overdue = counts["open"], counts["overdue"]
    return _("{open}, {overdue}", open=n_("{n} open", "{n} open", is_open), overdue=n_(
        "{n} overdue", "{n} overdue", overdue
    ))


BOARD = ListBoard(
    WORKFLOW,
    Rma.state,
    queries.OPEN_STATES,
    moves={
        "refuse": lambda ctx, i, reason: services.refuse(ctx, i, reason),
        "write_off": lambda ctx, i, reason: services.write_off(ctx, i, reason),
        "withdraw": lambda ctx, i, reason: services.withdraw(ctx, i, reason),
    },
    forms={"send": "send", "receive": "receive", "examine": "examine", "close": "close"},
    under=("serial", "owner"),
)

RMAS = ListDef(
    "service.rma",
    N_("Returned parts"),
    Rma,
    VIEW,
    COLUMNS,
    "/service/rma/",
    icon="package-open",
    query=queries.rows_of,
    prepare=_prepare,
    search=lambda _ctx, text: queries.search_clause(text),
    search_words=N_("RMA number, order, what it is, serial, part or tracking number"),
    filters=FILTERS,
    tabs=(
        _tab("mine", N_("To send by me")),
        _tab("overdue", N_("Overdue")),
        _tab("expected", N_("Still to be sent")),
        _tab("sent", N_("On its way back")),
        _tab("examine", N_("To examine or settle")),
        _tab("open", N_("All open")),
        _tab("ended", N_("Settled"), counted=False),
        _tab("all", N_("All"), counted=False),
    ),
    first=("mine", "open"),
    order=((Rma.urgent_at, False),),
    board=BOARD,
    links=(ListLink(N_("Receive by number"), "service.rma_find", RECEIVE, "scan-line"),),
    export=VIEW,
    summary=_summary,
    empty=N_("Nothing comes back here"),
    empty_hint=N_("Faulty parts and units are expected as the company's table says, or by hand on an order."),
)
