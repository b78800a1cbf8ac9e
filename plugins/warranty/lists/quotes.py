"""The list and the board of quotes, declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import (
    N_,
    OFFICE,
    Amount,
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
    RecordFilter,
    UnitFilter,
    _,
    calendar,
    n_,
)
from plugins.warranty import quote_life
from plugins.warranty.contracts import QUOTE_STATE_ICONS, QUOTE_STATE_WORDS, SENT_WORDS
from plugins.warranty.models import PriceList, Quote
from plugins.warranty.queries import quotes as queries
from plugins.warranty.services import quotes as services

TONES = {"accepted": "ok", "refused": "bad", "expired": "warn", "released": "warn"}
NEWEST = ((Quote.made_at, True),)


@dataclass(frozen=True)
class Row:
    """A quote with what its columns say beside what it holds."""

    quote: Quote
    clock: Any
    owner: str

    @property
    def customer(self) -> str:
        """The customer's name, or that of the person."""
        return queries.customer_name(self.quote)


def _prepare(ctx: Ctx, rows: list[Quote]) -> list[Row]:
    """Rows with clock and owner: few statements, however many (or none) there are."""
    calendar(ctx, OFFICE)  # all calendars at once
    clocks = queries.clocks_of(ctx, [q.id for q in rows])
    names = queries.names_of(ctx, [q.assignee_id for q in rows])
    return [Row(q, clocks.get(q.id), names.get(q.assignee_id or 0, "")) for q in rows]


def _rows(_ctx: Ctx) -> sa.Select:
    return sa.select(Quote).options(orm.joinedload(Quote.customer))


def _state(row: Row) -> Mark:
    code = row.quote.state
    return Mark(_(QUOTE_STATE_WORDS[code]), TONES.get(code, ""), QUOTE_STATE_ICONS[code])


COLUMNS = (
    ListColumn("number", N_("Number"), lambda r: r.quote.full_number, "id", "id", Quote.number, fixed=True),
    ListColumn("due", N_("Time limit"), lambda r: r.clock if r.quote.state == "sent" else None, "clock", "left",
               export=lambda r: r.clock.due_at if r.clock is not None else None),
    ListColumn("title", N_("What is quoted"), lambda r: r.quote.title, "main", "main"),
    ListColumn("customer", N_("Customer"), lambda r: r.customer),
    ListColumn("total", N_("Total"), lambda r: Amount(r.quote.total, r.quote.currency), "money", sort=Quote.total,
               export=lambda r: r.quote.total),
    ListColumn("owner", N_("Owner"), lambda r: r.owner, "person"),
    ListColumn("state", N_("State"), _state, "mark", "right"),
    ListColumn("until", N_("Valid until"), lambda r: r.quote.valid_until, "date", sort=Quote.valid_until),
    ListColumn("made", N_("Drafted"), lambda r: r.quote.made_at, "moment", sort=Quote.made_at, shown=False),
    ListColumn("sent", N_("Sent"), lambda r: r.quote.sent_at, "moment", shown=False),
    ListColumn("how", N_("Sent how"), lambda r: _(SENT_WORDS[r.quote.sent_how]) if r.quote.sent_how else "",
               shown=False),
    ListColumn("answered", N_("Answered"), lambda r: r.quote.answered_at, "moment", shown=False),
    ListColumn("net", N_("Net"), lambda r: Amount(r.quote.net, r.quote.currency), "money", shown=False,
               export=lambda r: r.quote.net),
    ListColumn("tax", N_("Tax"), lambda r: Amount(r.quote.tax, r.quote.currency), "money", shown=False,
               export=lambda r: r.quote.tax),
    ListColumn("currency", N_("Currency"), lambda r: r.quote.currency, shown=False),
    ListColumn("person", N_("Name of the person"), lambda r: r.quote.person_name, shown=False),
    ListColumn("phone", N_("Phone"), lambda r: r.quote.person_phone, shown=False),
    ListColumn("reason", N_("Reason"), lambda r: r.quote.release_reason or r.quote.end_reason, shown=False),
)  # fmt: skip


def _in_words(words: Mapping[str, str]) -> Any:
    return lambda ctx: [(code, _(text)) for code, text in words.items()]


FILTERS = (
    ChoiceFilter("state", N_("State"), Quote.state, _in_words(QUOTE_STATE_WORDS)),
    PersonFilter("owner", N_("Owner"), Quote.assignee_id, N_("Nobody yet")),
    UnitFilter("unit", N_("Department"), Quote.unit_id, N_("none")),
    RecordFilter("list", N_("Price list"), Quote.list_id, N_("none"), PriceList, PriceList.name),
    DaysFilter("made", N_("Drafted"), Quote.made_at),
    DaysFilter("until", N_("Valid until"), Quote.valid_until),
)


def _tab(key: str, label: str, *, counted: bool = True, newest: bool = False) -> ListTab:
    order = NEWEST if newest else ()
    return ListTab(key, label, lambda ctx: queries.tab_clause(ctx, key), order, counted=counted, on_board=not newest)


TABS = (
    _tab("mine", N_("Mine")),
    _tab("waiting", N_("Without an answer")),
    _tab("refused", N_("Refused by the customer")),
    _tab("open", N_("All open")),
    _tab("all", N_("All"), counted=False, newest=True),
)


def _summary(_ctx: Ctx, counts: Mapping[str, int]) -> str:
    is_open, waiting = counts["open"], counts["waiting"]
    return _("{open}, {waiting}", open=n_("{n} open", "{n} open", is_open), waiting=n_(
        "{n} without an answer", "{n} without an answer", waiting
    ))


def _give(ctx: Ctx, quote_id: int, user_id: str) -> None:
    services.give(ctx, quote_id, int(user_id))


GIVE = BulkAction(
    "give",
    N_("Assign"),
    quote_life.WRITE,
    lambda n, name: n_("{n} quote given to {name}", "{n} quotes given to {name}", n, name=name),
    each=_give,
    choices=lambda ctx: [(str(user_id), name) for user_id, name in queries.people(ctx)],
    chosen=lambda ctx: str(ctx.actor.user_id),
    icon="user-check",
    hotkey="a",
)

BOARD = ListBoard(
    quote_life.QUOTES,
    Quote.state,
    ("draft", "sent", "refused", "expired"),
    moves={
        "withdraw": lambda ctx, quote_id, reason: services.withdraw(ctx, quote_id, reason),
        "release": lambda ctx, quote_id, reason: services.release(ctx, quote_id, reason),
    },
    forms={"send": "send", "accept": "answer", "refuse": "refuse"},
    under=("customer", "total"),
)

QUOTES = ListDef(
    "warranty.quotes",
    N_("Quotes"),
    Quote,
    quote_life.SEE,
    COLUMNS,
    "/warranty/quotes/",
    icon="receipt-text",
    query=_rows,
    prepare=_prepare,
    search=lambda _ctx, text: queries.search_clause(text),
    search_words=N_("Number, what is quoted, person"),
    filters=FILTERS,
    tabs=TABS,
    first=("mine", "open"),
    order=((Quote.valid_until, False),),
    actions=(GIVE,),
    board=BOARD,
    new=NewRecord(N_("New quote"), "warranty.quote_new", quote_life.WRITE),
    export=quote_life.SEE,
    summary=_summary,
    empty=N_("No quotes here"),
    empty_hint=N_("They are written on the page of a complaint, or here."),
)
