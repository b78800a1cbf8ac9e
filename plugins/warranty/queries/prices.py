"""Reads of price lists, and what something costs on a day by which row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

import sqlalchemy as sa

from core.api import Conflict, Ctx, NotFound, _, get_setting, rule
from plugins.warranty.contracts import LINE_WORDS, PRICE_LIST_WORDS, PRICE_UNIT_WORDS, Price, PriceAsked
from plugins.warranty.models import PriceItem, PriceList, PriceVersion
from plugins.warranty.rules.prices import PriceRow, Span, code_key, find_row, in_force, of_percent

MOST_LISTS = 200
"""So many lists are offered to choose from."""


# --- lists and versions -----------------------------------------------------------------------------------------------


def get_list(ctx: Ctx, list_id: int) -> PriceList:
    """The price list; NotFound when there is none."""
    row = ctx.session.scalar(sa.select(PriceList).where(PriceList.id == list_id))
    if row is None:
        raise NotFound("unknown_price_list", _("There is no such price list."), "list_id")
    return row


def find_list(ctx: Ctx, list_id: int | None) -> PriceList | None:
    """The price list, if there is one."""
    return ctx.session.scalar(sa.select(PriceList).where(PriceList.id == list_id)) if list_id else None


def list_by_code(ctx: Ctx, code: str) -> PriceList | None:
    """The price list of a code."""
    return ctx.session.scalar(sa.select(PriceList).where(PriceList.code == code.strip()))


def list_named(ctx: Ctx, name: str) -> PriceList:
    """The list that a rule names: by its code, else the only active one of its kind.

    Raises Conflict when there is none, or several of a kind.
    """
    found = list_by_code(ctx, name)
    if found is not None and found.active:
        return found
    query = sa.select(PriceList).where(PriceList.kind == name, PriceList.active.is_(True)).order_by(PriceList.id)
    of_kind = list(ctx.session.scalars(query.limit(2)))
    if len(of_kind) == 1:
        return of_kind[0]
    words = _(PRICE_LIST_WORDS.get(name, name))
    if of_kind:
        text = _("There are several active price lists of the kind “{kind}”; name one by its code.", kind=words)
        raise Conflict("several_price_lists", text, "list_id")
    text = _("There is no active price list “{name}”. Make one, or choose another.", name=words)
    raise Conflict("no_price_list", text, "list_id")


def active_lists(ctx: Ctx) -> list[PriceList]:
    """The lists that can be chosen, by name."""
    query = sa.select(PriceList).where(PriceList.active.is_(True)).order_by(PriceList.name, PriceList.id)
    return list(ctx.session.scalars(query.limit(MOST_LISTS)))


def default_list(ctx: Ctx) -> PriceList | None:
    """The list that quotes begin with where nothing else says which, by the company's setting."""
    found = list_by_code(ctx, str(get_setting(ctx, "warranty.quote_list")))
    return found if found is not None and found.active else None


def any_list(ctx: Ctx) -> bool:
    """Whether the company has a price list at all."""
    return ctx.session.scalar(sa.select(PriceList.id).limit(1)) is not None


def versions_of(ctx: Ctx, list_id: int) -> list[PriceVersion]:
    """The versions of a list, the newest first."""
    query = sa.select(PriceVersion).where(PriceVersion.list_id == list_id)
    return list(ctx.session.scalars(query.order_by(PriceVersion.number.desc()).limit(MOST_LISTS)))


def get_version(ctx: Ctx, version_id: int) -> PriceVersion:
    """A version; NotFound when there is none."""
    row = ctx.session.scalar(sa.select(PriceVersion).where(PriceVersion.id == version_id))
    if row is None:
        raise NotFound("unknown_price_version", _("There is no such version of a price list."))
    return row


def open_version(ctx: Ctx, list_id: int) -> PriceVersion | None:
    """The version of a list that is drafted or submitted; there is one at most."""
    query = sa.select(PriceVersion).where(
        PriceVersion.list_id == list_id, PriceVersion.state.in_(("draft", "submitted"))
    )
    return ctx.session.scalar(query.order_by(PriceVersion.id.desc()).limit(1))


def version_before(ctx: Ctx, version: PriceVersion) -> PriceVersion | None:
    """The published version of the same list that counts before this one begins; None for the first."""
    query = sa.select(PriceVersion).where(
        PriceVersion.list_id == version.list_id,
        PriceVersion.state == "published",
        PriceVersion.id != version.id,
        PriceVersion.valid_from < version.valid_from,
    )
    return ctx.session.scalar(query.order_by(PriceVersion.valid_from.desc()).limit(1))


def version_to_copy(ctx: Ctx, version: PriceVersion) -> PriceVersion | None:
    """The published version with whose prices a new one begins: that of its first day or before, else the first."""
    query = sa.select(PriceVersion).where(
        PriceVersion.list_id == version.list_id, PriceVersion.state == "published", PriceVersion.id != version.id
    )
    earlier = query.where(PriceVersion.valid_from <= version.valid_from).order_by(PriceVersion.valid_from.desc())
    return ctx.session.scalar(earlier.limit(1)) or ctx.session.scalar(query.order_by(PriceVersion.valid_from).limit(1))


def spans_of(ctx: Ctx, list_id: int) -> dict[int, Span]:
    """Id → days of the published versions of a list."""
    query = sa.select(PriceVersion.id, PriceVersion.number, PriceVersion.valid_from, PriceVersion.valid_to).where(
        PriceVersion.list_id == list_id, PriceVersion.state == "published"
    )
    return {row.id: Span(row.number, row.valid_from, row.valid_to) for row in ctx.session.execute(query)}


def version_on(ctx: Ctx, price_list: PriceList, day: dt.date) -> PriceVersion:
    """The version of a list that counts on a day. Raises Conflict when none does."""
    spans = spans_of(ctx, price_list.id)
    chosen = in_force(spans.values(), day)
    if chosen is None:
        text = _(
            "Price list “{list}” has no prices for {day}. Publish a version that is valid then.",
            list=price_list.name,
            day=day,
        )
        raise Conflict("no_price_version", text, "list_id")
    return get_version(ctx, next(version_id for version_id, span in spans.items() if span == chosen))


def lists_in_force(ctx: Ctx, list_ids: Iterable[int], day: dt.date) -> dict[int, PriceVersion]:
    """For each list the version that counts on a day; one statement."""
    query = sa.select(PriceVersion).where(
        PriceVersion.list_id.in_(list(list_ids)),
        PriceVersion.state == "published",
        PriceVersion.valid_from <= day,
        sa.or_(PriceVersion.valid_to.is_(None), PriceVersion.valid_to >= day),
    )
    return {v.list_id: v for v in ctx.session.scalars(query.order_by(PriceVersion.valid_from))}


# --- rows -------------------------------------------------------------------------------------------------------------


def items_query(version_id: int) -> sa.Select:
    """The rows of a version, for a list."""
    return sa.select(PriceItem).where(PriceItem.version_id == version_id)


def get_item(ctx: Ctx, item_id: int) -> PriceItem:
    """A row of a price list; NotFound when there is none."""
    row = ctx.session.scalar(sa.select(PriceItem).where(PriceItem.id == item_id))
    if row is None:
        raise NotFound("unknown_price", _("There is no such row of a price list."))
    return row


def count_items(ctx: Ctx, version_id: int) -> int:
    """How many rows a version has."""
    return ctx.session.scalar(sa.select(sa.func.count(PriceItem.id)).where(PriceItem.version_id == version_id)) or 0


def row_of(item: PriceItem) -> PriceRow:
    """A row as the rules reckon with it."""
    return PriceRow(
        item.id, item.kind, item.unit, item.code, item.group, item.label, item.price, item.percent,
        item.from_quantity, item.minimum,
    )  # fmt: skip


def rows_of(ctx: Ctx, version_id: int) -> list[PriceRow]:
    """Every row of a version."""
    return [row_of(item) for item in ctx.session.scalars(items_query(version_id).order_by(PriceItem.id))]


def holds(text: str) -> sa.ColumnElement[bool]:
    """The condition that a row's code begins with a text, or its words hold it."""
    return sa.or_(
        PriceItem.code.istartswith(text, autoescape=True),
        PriceItem.label.icontains(text, autoescape=True),
        PriceItem.group.icontains(text, autoescape=True),
    )


def find_item(ctx: Ctx, version_id: int, item_id: int) -> PriceItem | None:
    """A row of that version, if there is one."""
    return ctx.session.scalar(items_query(version_id).where(PriceItem.id == item_id))


def same_rows(ctx: Ctx, version_id: int, rows: list[PriceItem]) -> dict[tuple, PriceItem]:
    """The rows of another version that stand for the same, by what tells rows apart; one statement."""
    query = items_query(version_id).where(PriceItem.code.in_({row.code for row in rows}))
    return {(i.kind, i.code, i.group, i.from_quantity): i for i in ctx.session.scalars(query)}


def _candidates(ctx: Ctx, version_id: int, asked: PriceAsked) -> list[PriceItem]:
    """The rows of a version that may fit: by their code, their group, or for every item of the kind."""
    codes = {"", code_key(asked.code)}
    query = items_query(version_id).where(PriceItem.kind == asked.kind, PriceItem.code.in_(codes))
    return list(ctx.session.scalars(query.order_by(PriceItem.id)))


# --- what something costs ---------------------------------------------------------------------------------------------


def price(ctx: Ctx, price_list: PriceList, asked: PriceAsked, on: dt.date) -> Price:
    """What something costs by a list on a day: per which unit, by which row of which version, and why in words.

    Raises Conflict when the list has no version for that day, or no row that fits.
    """
    version = version_on(ctx, price_list, on)
    items = _candidates(ctx, version.id, asked)
    found = find_row([row_of(item) for item in items], asked.kind, asked.code, asked.group, asked.quantity)
    if found is None:
        raise _missing(price_list, version, asked)
    where = _(
        "Price list “{list}”, version {number}, {row}",
        list=price_list.name,
        number=version.number,
        row=row_words(found),
    )
    amount, minimum = found.price, found.minimum
    if amount is None:
        amount, where = _by_percent(ctx, price_list, found, asked, on, where)
    return Price(
        amount, found.unit, price_list.currency, price_list.tax_included, found.id, version.id, found.label, minimum,
        where[:400],
    )  # fmt: skip


def _by_percent(
    ctx: Ctx, price_list: PriceList, found: PriceRow, asked: PriceAsked, on: dt.date, where: str
) -> tuple[Decimal, str]:
    base = find_list(ctx, price_list.base_id)
    if base is None or base.id == price_list.id or base.base_id is not None:
        text = _(
            "Row “{row}” of price list “{list}” is a percentage, but the list has no base list.",
            row=row_words(found),
            list=price_list.name,
        )
        raise Conflict("no_base_list", text, "list_id")
    of = price(ctx, base, asked, on)
    if of.unit != found.unit:
        text = _(
            "Row “{row}” of price list “{list}” counts in another unit than its base list.",
            row=row_words(found),
            list=price_list.name,
        )
        raise Conflict("unit_differs", text, "list_id")
    percent = found.percent or Decimal(0)
    said = _("{where}: {percent} % of {base}", where=where, percent=_plain(percent), base=of.why)
    return of_percent(of.amount, percent), said


def _missing(price_list: PriceList, version: PriceVersion, asked: PriceAsked) -> Conflict:
    text = _(
        "Price list “{list}” (version {number}) has no price for {what}. Add it to the list, or give a price by hand.",
        list=price_list.name,
        number=version.number,
        what=asked_words(asked),
    )
    return Conflict("no_price", text, "code")


def asked_words(asked: PriceAsked) -> str:
    """Part P-12, group pumps."""
    words = _(LINE_WORDS[asked.kind])
    if asked.code:
        words = f"{words} {asked.code}"
    return _("{what}, group {group}", what=words, group=asked.group) if asked.group else words


def row_words(row: PriceRow | PriceItem) -> str:
    """A row in words: what it is for, and from which quantity on."""
    what = " ".join(p for p in (_(LINE_WORDS[row.kind]), row.code, row.label) if p)
    if not row.code and row.group:
        what = _("{what}, group {group}", what=what, group=row.group)
    elif not row.code and not row.label:
        what = _("{what}, all", what=what)
    if row.from_quantity:
        unit = _(PRICE_UNIT_WORDS.get(row.unit, row.unit))
        return _("{what}, from {quantity} {unit}", what=what, quantity=_plain(row.from_quantity), unit=unit)
    return what


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# --- tax and rounding, as the company's tables say --------------------------------------------------------------------


def tax_rate(ctx: Ctx, kind: str, code: str, group: str, customer_kind: str, on: dt.date) -> Decimal:
    """The rate of tax in per cent, by the rule table "Tax rates". Raises Conflict where the table leaves it open."""
    facts = {"kind": kind, "code": code or None, "group": group or None, "customer_kind": customer_kind or None}
    outputs = rule(ctx, "warranty.tax", facts, as_of=on).outputs
    if outputs is None or outputs.get("rate") is None:
        text = _("The rule table “Tax rates” gives no rate for {what}. Add a row.", what=_(LINE_WORDS[kind]))
        raise Conflict("no_tax_rate", text, "kind")
    return Decimal(outputs["rate"])
