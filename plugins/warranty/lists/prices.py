"""The list of price lists, and that of all prices in force or drafted, declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import N_, ChoiceFilter, Ctx, ListColumn, ListDef, ListTab, Mark, NewRecord, RecordFilter, _, n_
from plugins.warranty import quote_life
from plugins.warranty.contracts import (
    LINE_WORDS,
    PRICE_LIST_WORDS,
    PRICE_STATE_ICONS,
    PRICE_STATE_WORDS,
    PRICE_UNIT_WORDS,
)
from plugins.warranty.models import PriceItem, PriceList, PriceVersion
from plugins.warranty.queries import prices as queries

# --- lists ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ListRow:
    """A price list with the version that counts today."""

    price_list: PriceList
    version: PriceVersion | None


def _prepare_lists(ctx: Ctx, rows: list[PriceList]) -> list[ListRow]:
    in_force = queries.lists_in_force(ctx, [r.id for r in rows], ctx.today)
    return [ListRow(r, in_force.get(r.id)) for r in rows]


def _state_of_list(row: ListRow) -> Mark:
    if not row.price_list.active:
        return Mark(_("Not in use"), "", "circle-stop")
    if row.version is None:
        return Mark(_("No prices in force"), "warn", "triangle-alert")
    return Mark(_("Version {number}", number=row.version.number), "ok", "circle-check")


def _in_words(words: Mapping[str, str]) -> Any:
    return lambda ctx: [(code, _(text)) for code, text in words.items()]


LISTS = ListDef(
    "warranty.price_lists",
    N_("Price lists"),
    PriceList,
    quote_life.SEE_PRICES,
    (
        ListColumn("code", N_("Code"), lambda r: r.price_list.code, "id", "id", PriceList.code, fixed=True),
        ListColumn("name", N_("Name"), lambda r: r.price_list.name, "main", "main", PriceList.name),
        ListColumn("kind", N_("Kind"), lambda r: _(PRICE_LIST_WORDS[r.price_list.kind]), place="tag"),
        ListColumn("currency", N_("Currency"), lambda r: r.price_list.currency),
        ListColumn("tax", N_("Tax included"), lambda r: r.price_list.tax_included, "yes_no"),
        ListColumn("base", N_("Base list"), lambda r: r.price_list.base.name if r.price_list.base else ""),
        ListColumn("from", N_("Valid from"), lambda r: r.version.valid_from if r.version else None, "date"),
        ListColumn("to", N_("Valid until"), lambda r: r.version.valid_to if r.version else None, "date"),
        ListColumn("state", N_("State"), _state_of_list, "mark", "right"),
    ),
    "/warranty/prices/",
    icon="tags",
    query=lambda _ctx: sa.select(PriceList).options(orm.joinedload(PriceList.base)),
    prepare=_prepare_lists,
    search=lambda _ctx, text: sa.or_(
        PriceList.code.istartswith(text, autoescape=True), PriceList.name.icontains(text, autoescape=True)
    ),
    search_words=N_("Code, name"),
    filters=(ChoiceFilter("kind", N_("Kind"), PriceList.kind, _in_words(PRICE_LIST_WORDS)),),
    tabs=(
        ListTab("active", N_("In use"), lambda _ctx: PriceList.active.is_(True)),
        ListTab("all", N_("All"), counted=False),
    ),
    first=("active", "all"),
    order=((PriceList.name, False),),
    new=NewRecord(N_("New price list"), "warranty.price_list_new", quote_life.EDIT_PRICES),
    export=quote_life.SEE_PRICES,
    summary=lambda _ctx, counts: n_("{n} in use", "{n} in use", counts["active"]),
    empty=N_("No price lists here"),
    empty_hint=N_("Make one, then draft its first version."),
)


# --- prices -----------------------------------------------------------------------------------------------------------


def _item_rows(_ctx: Ctx) -> sa.Select:
    return sa.select(PriceItem).options(orm.joinedload(PriceItem.version).joinedload(PriceVersion.list))


def _version_state(item: PriceItem) -> Mark:
    state = item.version.state
    words = _("{state}, version {number}", state=_(PRICE_STATE_WORDS[state]), number=item.version.number)
    return Mark(words, "ok" if state == "published" else "", PRICE_STATE_ICONS[state])


def _in_states(*states: str) -> Any:
    return PriceItem.version_id.in_(sa.select(PriceVersion.id).where(PriceVersion.state.in_(states)))


def _now(ctx: Ctx) -> Any:
    chosen = sa.select(PriceVersion.id).where(
        PriceVersion.state == "published",
        PriceVersion.valid_from <= ctx.today,
        sa.or_(PriceVersion.valid_to.is_(None), PriceVersion.valid_to >= ctx.today),
    )
    return PriceItem.version_id.in_(chosen)


@dataclass(frozen=True)
class ListOfVersion(RecordFilter):
    """The price list to whose versions a row belongs."""

    def condition(self, ctx: Ctx, text: str) -> Any:
        self.words(ctx, text)
        return PriceItem.version_id.in_(sa.select(PriceVersion.id).where(PriceVersion.list_id == int(text)))


ITEMS = ListDef(
    "warranty.price_items",
    N_("Prices"),
    PriceItem,
    quote_life.SEE_PRICES,
    (
        ListColumn("list", N_("Price list"), lambda r: r.version.list.code, place="id"),
        ListColumn("kind", N_("Kind of cost"), lambda r: _(LINE_WORDS[r.kind]), place="tag"),
        ListColumn("code", N_("Code"), lambda r: r.code, sort=PriceItem.code),
        ListColumn("group", N_("Group"), lambda r: r.group),
        ListColumn("label", N_("What it is"), lambda r: r.label or queries.row_words(r), "main", "main",
                   PriceItem.label, export=lambda r: r.label),
        ListColumn("price", N_("Price"), lambda r: r.price, "number", "left"),
        ListColumn("percent", N_("Per cent of the base list"), lambda r: r.percent, "number"),
        ListColumn("unit", N_("Unit of measure"), lambda r: _(PRICE_UNIT_WORDS[r.unit])),
        ListColumn("from_quantity", N_("From quantity"), lambda r: r.from_quantity, "number"),
        ListColumn("minimum", N_("Least amount"), lambda r: r.minimum, "number"),
        ListColumn("currency", N_("Currency"), lambda r: r.version.list.currency, shown=False),
        ListColumn("state", N_("State"), _version_state, "mark", "right"),
    ),
    "/warranty/prices/all/",
    icon="tags",
    query=_item_rows,
    search=lambda _ctx, text: sa.or_(
        PriceItem.code.istartswith(text, autoescape=True), PriceItem.label.icontains(text, autoescape=True)
    ),
    search_words=N_("Code, what it is"),
    filters=(
        ListOfVersion("list", N_("Price list"), None, "", PriceList, PriceList.name),
        ChoiceFilter("kind", N_("Kind of cost"), PriceItem.kind, _in_words(LINE_WORDS)),
    ),
    tabs=(
        ListTab("now", N_("In force today"), _now),
        ListTab("draft", N_("Drafts"), lambda _ctx: _in_states("draft", "submitted")),
        ListTab("all", N_("All"), counted=False),
    ),
    first=("now", "draft", "all"),
    order=((PriceItem.code, False),),
    export=quote_life.SEE_PRICES,
    empty=N_("No prices here"),
    empty_hint=N_("They are put into the draft of a price list, by hand or from a spreadsheet."),
)  # fmt: skip
