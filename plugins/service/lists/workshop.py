"""The in and out register of customers' items (客户商品进出登记簿), declared."""

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
    PersonFilter,
    UnitFilter,
    _,
    n_,
)
from plugins.service.life import VIEW
from plugins.service.models import Item, Order
from plugins.service.queries import orders as order_queries
from plugins.service.queries import workshop as queries
from plugins.service.workshop_contracts import RECEIPT_WORDS, RETURN_WORDS, STATE_WORDS


@dataclass(frozen=True)
class Row:
    """An item with what its columns say beside what it holds."""

    item: Item
    holder: str
    late: bool

    @property
    def customer(self) -> str:
        """The customer's name, or that of who brought it."""
        order = self.item.order
        return (order.customer.name if order.customer else "") or order.person_name or self.item.from_name


def _prepare(ctx: Ctx, items: list[Item]) -> list[Row]:
    names = order_queries.names_of(ctx, [i.holder_id for i in items])
    return [
        Row(
            i, names.get(i.holder_id or 0, ""),
            i.state == "here" and i.return_on is not None and i.return_on < ctx.today,
        )
        for i in items
    ]  # fmt: skip


def _state(row: Row) -> Mark:
    if row.late:
        return Mark(_("Should be back"), "bad", "octagon-alert", title=_(STATE_WORDS["here"]))
    back = row.item.state == "returned"
    return Mark(_(STATE_WORDS[row.item.state]), "ok" if back else "", "undo-2" if back else "package")


def _receipt(row: Row) -> Mark:
    code = row.item.receipt
    return Mark(_(RECEIPT_WORDS[code]), "warn" if code == "lost" else "", title=row.item.receipt_reason)


def _how(row: Row) -> str:
    return _(RETURN_WORDS[row.item.returned_how]) if row.item.returned_how else ""


COLUMNS = (
    ListColumn("number", N_("Item number"), lambda r: r.item.number, "id", "id", Item.number, fixed=True),
    ListColumn("name", N_("What the item is"), lambda r: r.item.name, "main", "main"),
    ListColumn("customer", N_("Customer"), lambda r: r.customer, place="left"),
    ListColumn("order", N_("Order"), lambda r: r.item.order.number, "code"),
    ListColumn("taken", N_("Item taken in"), lambda r: r.item.taken_at, "moment", sort=Item.taken_at),
    ListColumn("return_on", N_("Goes back on"), lambda r: r.item.return_on, "date", sort=Item.return_on),
    ListColumn("holder", N_("Who has it"), lambda r: r.holder, "person"),
    ListColumn("place", N_("Where it lies"), lambda r: r.item.place),
    ListColumn("returned", N_("Back with the customer"), lambda r: r.item.returned_at, "moment", sort=Item.returned_at),
    ListColumn("state", N_("State"), _state, "mark", "right"),
    ListColumn("receipt", N_("Receipt"), _receipt, "mark"),
    ListColumn("serial", N_("Serial number"), lambda r: r.item.serial, shown=False),
    ListColumn("from", N_("Handed in by"), lambda r: r.item.from_name, shown=False),
    ListColumn("taken_by", N_("Item taken in by"), lambda r: r.item.taken_by, shown=False),
    ListColumn("condition", N_("How it looks"), lambda r: r.item.condition, shown=False),
    ListColumn("accessories", N_("Accessories"), lambda r: r.item.accessories, shown=False),
    ListColumn("how", N_("How it went back"), _how, shown=False),
    ListColumn("to", N_("Fetched by"), lambda r: r.item.returned_to, shown=False),
    ListColumn("returned_by", N_("Handed back by"), lambda r: r.item.returned_by, shown=False),
    ListColumn("signed", N_("Signed by"), lambda r: r.item.signed_by or r.item.unsigned_reason, shown=False),
    ListColumn("tracking", N_("Carrier and tracking number"), lambda r: r.item.tracking, shown=False),
)


def _in_words(words: Mapping[str, str]) -> Any:
    return lambda ctx: [(code, _(text)) for code, text in words.items() if code]


FILTERS = (
    ChoiceFilter("state", N_("State"), Item.state, _in_words(STATE_WORDS)),
    PersonFilter("holder", N_("Who has it"), Item.holder_id, N_("Nobody")),
    UnitFilter("unit", N_("Serving unit"), Order.unit_id, N_("none")),
    DaysFilter("taken", N_("Item taken in"), Item.taken_at),
    DaysFilter("returned", N_("Back with the customer"), Item.returned_at),
    ChoiceFilter("receipt", N_("Receipt"), Item.receipt, _in_words(RECEIPT_WORDS)),
    ChoiceFilter("how", N_("How it went back"), Item.returned_how, _in_words(RETURN_WORDS)),
)


def _tab(key: str, label: str, *, counted: bool = True) -> ListTab:
    return ListTab(key, label, lambda ctx: queries.tab_clause(ctx, key), counted=counted)


def _summary(ctx: Ctx, counts: Mapping[str, int]) -> str:
    here, late = counts["here"], counts["late"]
    return _("{here}, {late}", here=n_("{n} with us", "{n} with us", here), late=n_("{n} late", "{n} late", late))


ITEMS = ListDef(
    "service.items",
    N_("Customers' items"),
    Item,
    VIEW,
    COLUMNS,
    "/service/items/",
    icon="package",
    query=queries.rows_of,
    prepare=_prepare,
    search=lambda ctx, text: queries.search_clause(text),
    search_words=N_("Number, order, what it is, serial number, who brought it"),
    filters=FILTERS,
    tabs=(
        _tab("here", N_("With us")),
        _tab("mine", N_("With me")),
        _tab("late", N_("Past the day promised")),
        _tab("to_return", N_("To hand back")),
        _tab("returned", N_("Back with the customer"), counted=False),
        _tab("all", N_("All"), counted=False),
    ),
    first=("here", "all"),
    order=((Item.taken_at, True),),
    export=VIEW,
    summary=_summary,
    empty=N_("No items here"),
    empty_hint=N_("Items are taken in on the page of an order."),
)
