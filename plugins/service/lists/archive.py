"""The archive of orders, declared: what is in it, until when it is kept, what may go into it."""

from __future__ import annotations

import datetime as dt
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
    ListLink,
    ListTab,
    Mark,
    UnitFilter,
    _,
    n_,
)
from plugins.service import life
from plugins.service.contracts import KIND_WORDS, OUTCOME_WORDS, STATE_WORDS
from plugins.service.models import Order
from plugins.service.queries import archive as queries
from plugins.service.queries import daybook


@dataclass(frozen=True)
class Row:
    """An order with where its vouchers are and until when it is kept."""

    order: Order
    places: str
    until: dt.date | None
    over: bool

    @property
    def customer(self) -> str:
        """The customer's name, or that of who called."""
        return (self.order.customer.name if self.order.customer else "") or self.order.person_name

    @property
    def outcome(self) -> str:
        """What came of it; empty where that was waived."""
        return _(OUTCOME_WORDS[self.order.outcome]) if self.order.outcome else ""


def _prepare(ctx: Ctx, rows: list[Order]) -> list[Row]:
    years, vouchers = queries.kept_years(ctx), daybook.vouchers_of(ctx, [o.id for o in rows])
    found = []
    for order in rows:
        filed = [f"{d.number} {f.place}" for d, f in vouchers.get(order.id, []) if f is not None]
        on = order.archived_at.astimezone(ctx.tz).date() if order.archived_at is not None else None
        until = queries.kept_until(years, on) if on is not None else None
        found.append(Row(order, _(", ").join(filed), until, until is not None and until < ctx.today))
    return found


def _kept(row: Row) -> Mark:
    if row.order.archived_at is None:
        return Mark(_(STATE_WORDS[row.order.state]), "", "circle-dashed")
    if row.until is None:
        return Mark(_("For good"), "", "archive")
    return Mark(row.until.isoformat(), "warn" if row.over else "", "archive")


def _tab(key: str, label: str, *, counted: bool = True) -> ListTab:
    return ListTab(key, label, lambda ctx: queries.tab_clause(ctx, key), counted=counted)


def _in_words(words: Mapping[str, str]) -> Any:
    return lambda ctx: [(code, _(text)) for code, text in words.items() if code]


def _summary(_ctx: Ctx, counts: Mapping[str, int]) -> str:
    return n_("{n} to archive", "{n} to archive", counts["ripe"])


ARCHIVE = ListDef(
    "service.archive",
    N_("Archive of orders"),
    Order,
    life.VIEW,
    (
        ListColumn("number", N_("Number"), lambda r: r.order.number, "id", "id", Order.number, fixed=True),
        ListColumn("subject", N_("Subject"), lambda r: r.order.subject, "main", "main"),
        ListColumn("customer", N_("Customer"), lambda r: r.customer, place="left"),
        ListColumn("kind", N_("Kind"), lambda r: _(KIND_WORDS[r.order.kind])),
        ListColumn("received", N_("Received"), lambda r: r.order.received_at, "moment", sort=Order.received_at),
        ListColumn("closed", N_("Order closed at"), lambda r: r.order.closed_at, "moment"),
        ListColumn("archived", N_("Archived at"), lambda r: r.order.archived_at, "moment"),
        ListColumn("kept", N_("Kept until"), _kept, "mark", "right"),
        ListColumn("office", N_("Serving unit"), lambda r: r.order.office.name if r.order.office else "", shown=False),
        ListColumn("places", N_("Where vouchers are filed"), lambda r: r.places),
        ListColumn("outcome", N_("Outcome"), lambda r: r.outcome, shown=False),
    ),
    "/service/archive/",
    icon="archive",
    query=queries.rows_of,
    prepare=_prepare,
    search=lambda _ctx, text: queries.found_by(text),
    search_words=N_("Number, voucher, subject, name, serial number, phone"),
    filters=(
        ChoiceFilter("kind", N_("Kind"), Order.kind, _in_words(KIND_WORDS)),
        UnitFilter("unit", N_("Serving unit"), Order.unit_id, N_("none")),
        DaysFilter("received", N_("Received"), Order.received_at),
        DaysFilter("archived", N_("Archived at"), Order.archived_at),
    ),
    tabs=(
        _tab("archived", N_("Archived"), counted=False),
        _tab("ripe", N_("To archive")),
        _tab("closed", N_("Closed, not archived")),
        _tab("over", N_("No longer to be kept")),
    ),
    first=("archived",),
    order=((Order.received_at, True),),
    links=(ListLink(N_("Archive closed orders"), "service.archive_run", life.ARCHIVE, "archive"),),
    export=life.VIEW,
    summary=_summary,
    empty=N_("Nothing is archived"),
    empty_hint=N_("Closed orders go into the archive on their page, or many at once."),
)
