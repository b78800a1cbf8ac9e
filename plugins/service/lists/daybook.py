"""Vouchers of orders beside the call register, declared: what was drawn, for which entry, where it is filed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import N_, Ctx, DaysFilter, ListColumn, ListDef, ListTab, Mark, PersonFilter, UnitFilter, _, n_
from plugins.service.contracts import STATE_WORDS
from plugins.service.daybook_contracts import ENTRY_TONES, ENTRY_WORDS, Entry
from plugins.service.life import VIEW
from plugins.service.models import Order
from plugins.service.queries import daybook as queries


def _rows(_ctx: Ctx) -> sa.Select:
    return sa.select(Order).options(orm.joinedload(Order.customer), orm.joinedload(Order.product))


def _prepare(ctx: Ctx, rows: list[Order]) -> list[Entry]:
    model = queries.contact_model(ctx)
    ids = sorted({o.contact_id for o in rows if o.contact_id is not None})
    contacts = {c.id: c for c in ctx.session.scalars(sa.select(model).where(model.id.in_(ids)))}
    found = queries.order_lines(ctx, rows)
    return [
        Entry(contacts.get(e.order.contact_id), e.order, e.vouchers, e.technician, e.dispatcher, e.state)  # type: ignore[attr-defined]
        for e in found
    ]


def _entry(row: Any) -> str:
    return row.contact.number if row.contact is not None else ""


def _customer(row: Any) -> str:
    order = row.order
    return (order.customer.name if order.customer else "") or order.person_name


def _model(row: Any) -> str:
    product = row.order.product
    named = " ".join(p for p in (product.name, product.model) if p) if product is not None else ""
    return named or (row.contact.model if row.contact is not None else "")


def _cleared(row: Any) -> Mark:
    tone = ENTRY_TONES.get(row.state, "")
    return Mark(_(ENTRY_WORDS[row.state]), tone, "check" if tone == "ok" else "circle-dashed")


def _numbers(row: Any) -> str:
    return _(", ").join(number for number, _place in row.vouchers)


def _places(row: Any) -> str:
    return _(", ").join(place for _number, place in row.vouchers if place)


def _tab(key: str, label: str, *, counted: bool = True) -> ListTab:
    return ListTab(key, label, lambda ctx: queries.tab_clause(ctx, key), counted=counted)


def _search(_ctx: Ctx, text: str) -> Any:
    text = text.strip()[:100]
    return sa.or_(
        Order.number.istartswith(text, autoescape=True), Order.person_name.icontains(text, autoescape=True),
        queries.voucher_numbered(text),
    )


def _summary(_ctx: Ctx, counts: Mapping[str, int]) -> str:
    n = counts["not_filed"]
    return n_("{n} signed, not filed", "{n} signed, not filed", n)


VOUCHERS = ListDef(
    "service.vouchers",
    N_("Vouchers"),
    Order,
    VIEW,
    (
        ListColumn("number", N_("Order"), lambda r: r.order.number, "id", "id", Order.number, fixed=True),
        ListColumn("received", N_("Received"), lambda r: r.order.received_at, "moment", "left", Order.received_at),
        ListColumn("entry", N_("Entry in the call register"), _entry),
        ListColumn("subject", N_("Subject"), lambda r: r.order.subject, "main", "main"),
        ListColumn("customer", N_("Customer"), _customer),
        ListColumn("address", N_("Address"), lambda r: r.order.address, shown=False),
        ListColumn("phone", N_("Phone"), lambda r: r.order.person_phone, shown=False),
        ListColumn("model", N_("Model"), _model),
        ListColumn("voucher", N_("Voucher"), _numbers),
        ListColumn("technician", N_("Technician"), lambda r: r.technician, "person"),
        ListColumn("dispatcher", N_("Dispatched by"), lambda r: r.dispatcher),
        ListColumn("state", N_("State"), lambda r: _(STATE_WORDS[r.order.state])),
        ListColumn("cleared", N_("Entry"), _cleared, "mark", "right"),
        ListColumn("place", N_("Where it is filed"), _places),
    ),
    "/service/vouchers/",
    icon="book-check",
    query=_rows,
    prepare=_prepare,
    search=_search,
    search_words=N_("Order, voucher, name"),
    filters=(
        UnitFilter("unit", N_("Serving unit"), Order.unit_id, N_("none")),
        PersonFilter("technician", N_("Technician"), Order.assignee_id, N_("Not assigned")),
        DaysFilter("received", N_("Received"), Order.received_at),
    ),
    tabs=(
        _tab("not_filed", N_("Signed, not filed")),
        _tab("no_voucher", N_("Entries without a voucher")),
        _tab("no_entry", N_("Vouchers without an entry")),
        _tab("drawn", N_("Vouchers drawn"), counted=False),
        _tab("filed", N_("Vouchers filed"), counted=False),
        _tab("all", N_("All"), counted=False),
    ),
    first=("not_filed", "no_voucher", "all"),
    order=((Order.received_at, True),),
    export=VIEW,
    summary=_summary,
    empty=N_("No vouchers here"),
    empty_hint=N_("Vouchers are drawn on the page of an order, under Documents."),
)
