"""Lists of payments and of cash handed over, declared."""

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
from plugins.service.life import VIEW
from plugins.service.models import CashHandover, Order, Payment
from plugins.service.money_contracts import HANDOVER_WORDS, METHOD_WORDS, MODE_WORDS, PAYMENT_WORDS
from plugins.service.queries import money as queries
from plugins.service.queries import orders as order_queries
from plugins.service.services.money import SEE


@dataclass(frozen=True)
class Row:
    """A payment with what its columns say beside what it holds."""

    payment: Payment
    holder: str
    clock: Any

    @property
    def customer(self) -> str:
        """The customer's name, or that of who paid."""
        order = self.payment.order
        return (order.customer.name if order.customer else "") or self.payment.payer_name


def _prepare(ctx: Ctx, payments: list[Payment]) -> list[Row]:
    calendar(ctx, OFFICE)  # all calendars at once
    names = order_queries.names_of(ctx, [p.holder_id for p in payments])
    clocks = queries.cash_clocks(ctx, [p.id for p in payments])
    return [Row(p, names.get(p.holder_id or 0, ""), clocks.get(p.id)) for p in payments]


def _cash(row: Row) -> Mark | str:
    p = row.payment
    if p.hand_over:
        words = _("Waits for finance") if p.handover_id else _("Cash not handed over")
        return Mark(words, "warn", "hand-coins")
    return Mark(_("With finance"), "ok", "check") if p.handover_id else ""


def _handover(row: Row) -> str:
    return row.payment.handover.number if row.payment.handover else ""


def _due(row: Row) -> Any:
    return row.clock.due_at if row.clock is not None else None


def _in_words(words: Mapping[str, str]) -> Any:
    return lambda ctx: [(code, _(text)) for code, text in words.items() if code]


def _tab(key: str, label: str, *, counted: bool = True) -> ListTab:
    return ListTab(key, label, lambda ctx: queries.payment_tab(ctx, key), counted=counted)


PAYMENTS = ListDef(
    "service.payments",
    N_("Payments received"),
    Payment,
    SEE,
    (
        ListColumn("number", N_("Number"), lambda r: r.payment.number, "id", "id", Payment.number, fixed=True),
        ListColumn("kind", N_("Kind"), lambda r: _(PAYMENT_WORDS[r.payment.kind])),
        ListColumn("customer", N_("Customer"), lambda r: r.customer, "main", "main"),
        ListColumn("order", N_("Order"), lambda r: r.payment.order.number, "code"),
        ListColumn("amount", N_("Amount"), lambda r: r.payment.amount, "money", "right"),
        ListColumn("method", N_("Paid by"), lambda r: _(METHOD_WORDS[r.payment.method])),
        ListColumn("mode", N_("Way of collecting"), lambda r: _(MODE_WORDS[r.payment.mode]), shown=False),
        ListColumn("paid", N_("When"), lambda r: r.payment.paid_at, "moment", "left", Payment.paid_at),
        ListColumn("received", N_("Received by"), lambda r: r.payment.received_by),
        ListColumn("cash", N_("Cash"), _cash, "mark"),
        ListColumn("holder", N_("Cash is with"), lambda r: r.holder, "person"),
        ListColumn("due", N_("Cash to finance"), lambda r: r.clock, "clock", export=_due),
        ListColumn("handover", N_("Handed over with"), _handover),
        ListColumn("payer", N_("Who paid"), lambda r: r.payment.payer_name, shown=False),
        ListColumn("note", N_("Note"), lambda r: r.payment.note, shown=False),
    ),
    "/service/payments/",
    icon="banknote",
    query=queries.payment_rows,
    prepare=_prepare,
    search=lambda ctx, text: queries.payment_search(text),
    search_words=N_("Number, order, who paid"),
    filters=(
        ChoiceFilter("kind", N_("Kind"), Payment.kind, _in_words(PAYMENT_WORDS)),
        ChoiceFilter("method", N_("Paid by"), Payment.method, _in_words(METHOD_WORDS)),
        ChoiceFilter("mode", N_("Way of collecting"), Payment.mode, _in_words(MODE_WORDS)),
        PersonFilter("holder", N_("Cash is with"), Payment.holder_id, N_("Nobody")),
        UnitFilter("unit", N_("Serving unit"), Order.unit_id, N_("none")),
        DaysFilter("paid", N_("When"), Payment.paid_at),
    ),
    tabs=(
        _tab("cash", N_("Cash not handed over")),
        _tab("given", N_("Waits for finance")),
        _tab("mine", N_("My cash")),
        _tab("back", N_("Given back, corrected"), counted=False),
        _tab("all", N_("All"), counted=False),
    ),
    first=("cash", "given", "all"),
    order=((Payment.paid_at, True),),
    export=SEE,
    summary=lambda _ctx, counts: n_(
        "{n} payment in cash not handed over", "{n} payments in cash not handed over", counts["cash"]
    ),
    empty=N_("No payments here"),
    empty_hint=N_("Payments are recorded on the orders."),
)


def _state(row: CashHandover) -> Mark:
    tone = {"given": "warn", "confirmed": "ok", "refused": "bad"}[row.state]
    icon = {"given": "hourglass", "confirmed": "check", "refused": "x"}[row.state]
    return Mark(_(HANDOVER_WORDS[row.state]), tone, icon)


def _difference(row: CashHandover) -> Any:
    return row.counted - row.amount if row.counted is not None and row.counted != row.amount else None


HANDOVERS = ListDef(
    "service.handovers",
    N_("Cash handed over"),
    CashHandover,
    VIEW,
    (
        ListColumn("number", N_("Number"), None, "id", "id", CashHandover.number, fixed=True),
        ListColumn("from_name", N_("Cash from"), None, "main", "main"),
        ListColumn("amount", N_("Amount"), None, "money", "right"),
        ListColumn("handed_at", N_("When"), None, "moment", "left", CashHandover.handed_at),
        ListColumn("state", N_("State"), _state, "mark", "tag"),
        ListColumn("counted", N_("Counted by finance"), None, "money"),
        ListColumn("difference", N_("Difference found"), _difference, "money"),
        ListColumn("difference_reason", N_("Why it differs")),
        ListColumn("settled_by", N_("Settled by"), lambda r: r.settled_by),
        ListColumn("settled_at", N_("Settled at"), None, "moment", shown=False),
        ListColumn("refuse_reason", N_("Why it was refused"), shown=False),
    ),
    "/service/handovers/",
    icon="hand-coins",
    query=queries.handover_rows,
    filters=(
        PersonFilter("from", N_("Cash from"), CashHandover.from_id, N_("Nobody")),
        DaysFilter("handed", N_("When"), CashHandover.handed_at),
    ),
    tabs=(
        ListTab("given", N_("Waits for finance"), lambda ctx: CashHandover.state == "given"),
        ListTab("confirmed", N_("Confirmed by finance"), lambda ctx: CashHandover.state == "confirmed", counted=False),
        ListTab("refused", N_("Refused by finance"), lambda ctx: CashHandover.state == "refused", counted=False),
        ListTab("all", N_("All"), counted=False),
    ),
    first=("given", "all"),
    order=((CashHandover.handed_at, True),),
    export=SEE,
    empty=N_("Nothing was handed over"),
    empty_hint=N_("Who collected cash hands it over on the page “Cash to hand over”."),
)
