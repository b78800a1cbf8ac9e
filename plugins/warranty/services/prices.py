"""Writes of price lists: lists, drafts of versions, their rows, and publishing them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Sequence
from decimal import Decimal

import sqlalchemy as sa
from babel.numbers import is_currency
from sqlalchemy import orm

from core.api import (
    Conflict,
    Ctx,
    Invalid,
    RecordRef,
    _,
    advance,
    bulk_insert,
    check_version,
    emit,
    emit_if_changed,
    transaction,
)
from plugins.warranty.contracts import (
    LINE_WORDS,
    PRICE_LIST_WORDS,
    PRICE_UNIT_WORDS,
    PRICE_VERSION,
    PriceItemData,
    PriceListData,
)
from plugins.warranty.models import PriceItem, PriceList, PriceVersion
from plugins.warranty.queries import prices as queries
from plugins.warranty.quote_life import EDIT_PRICES, VERSIONS
from plugins.warranty.rules.prices import HUNDRED, Span, clash, code_key, gives_way

LARGEST = Decimal(10) ** 10
"""Prices and quantities stay below this."""
_CODE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$")


# --- lists ------------------------------------------------------------------------------------------------------------


def make_list(ctx: Ctx, data: PriceListData) -> PriceList:
    """A new price list, without prices yet. Its currency is the company's unless one is given."""
    ctx.require(EDIT_PRICES)
    with transaction(ctx):
        code = data.code.strip()
        if not _CODE.match(code):
            text = _("A code has up to 40 letters, digits, dots and dashes, such as normal-2026.")
            raise Invalid("bad_code", text, "code")
        if queries.list_by_code(ctx, code) is not None:
            raise Invalid("code_taken", _("There is a price list “{code}” already.", code=code), "code")
        row = PriceList(code=code, currency=_currency(ctx, data.currency), kind=_kind(data.kind))
        _fill_list(ctx, row, data)
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "warranty.price_list_made", row, code=code, name=row.name)
        return row


def change_list(ctx: Ctx, list_id: int, data: PriceListData, *, active: bool = True, version: int | None = None):
    """Rename a list, change its kind or base, take it out of use. Currency and tax stay once it has been published."""
    ctx.require(EDIT_PRICES)
    with transaction(ctx):
        row = queries.get_list(ctx, list_id)
        check_version(row, version)
        currency = _currency(ctx, data.currency or row.currency)
        if (currency, data.tax_included) != (row.currency, row.tax_included) and queries.spans_of(ctx, row.id):
            text = _("Prices were published in {currency}; make a new list instead.", currency=row.currency)
            raise Conflict("published_in", text, "currency" if currency != row.currency else "tax_included")
        row.currency, row.kind, row.active = currency, _kind(data.kind), active
        _fill_list(ctx, row, data)
        emit_if_changed(ctx, "warranty.price_list_changed", row, code=row.code, name=row.name)
        return row


def _fill_list(ctx: Ctx, row: PriceList, data: PriceListData) -> None:
    row.name = _short(data.name, "name", 120)
    row.tax_included = data.tax_included
    row.base_id = None
    if data.base_id:
        base = queries.get_list(ctx, data.base_id)
        if base.id == row.id:
            raise Invalid("base_itself", _("A list can't be its own base."), "base_id")
        if base.base_id is not None:
            text = _("“{name}” refers to another list itself; choose that one.", name=base.name)
            raise Invalid("base_of_base", text, "base_id")
        if (base.currency, base.tax_included) != (row.currency, row.tax_included):
            text = _("“{name}” is in another currency, or differs in tax.", name=base.name)
            raise Invalid("base_differs", text, "base_id")
        based_on_it = sa.select(PriceList.id).where(PriceList.base_id == row.id).limit(1)
        if row.id is not None and ctx.session.scalar(based_on_it) is not None:
            raise Invalid("is_base", _("Other lists refer to this one; it can't refer to another."), "base_id")
        row.base_id = base.id


def _currency(ctx: Ctx, text: str) -> str:
    code = text.strip().upper() or ctx.company.currency
    if not is_currency(code):
        raise Invalid("bad_currency", _("“{code}” is no currency. Write it as CNY or USD.", code=code[:10]), "currency")
    return code


def _kind(kind: str) -> str:
    if kind not in PRICE_LIST_WORDS:
        raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=kind), "kind")
    return kind


def _short(text: str, field: str, longest: int, *, needed: bool = True) -> str:
    words = " ".join(text.split())
    if needed and not words:
        raise Invalid("needed", _("Fill this in."), field)
    if len(words) > longest:
        raise Invalid("too_long", _("At most {n} characters; this has {length}.", n=longest, length=len(words)), field)
    return words


# --- versions ---------------------------------------------------------------------------------------------------------


def draft_version(
    ctx: Ctx, list_id: int, valid_from: dt.date, valid_to: dt.date | None = None, reason: str = "", *, copy: bool = True
) -> PriceVersion:
    """Begin a new version of a list, with the rows of the one in force before it (``copy``), or empty.

    Raises Conflict when one is drafted or submitted already.
    """
    ctx.require(EDIT_PRICES)
    with transaction(ctx):
        price_list = ctx.session.get_one(PriceList, queries.get_list(ctx, list_id).id, with_for_update=True)
        known = queries.open_version(ctx, price_list.id)
        if known is not None:
            text = _("Version {number} of “{list}” is drafted already.", number=known.number, list=price_list.name)
            raise Conflict("draft_exists", text)
        _check_span(valid_from, valid_to)
        number = 1 + (
            ctx.session.scalar(sa.select(sa.func.max(PriceVersion.number)).where(PriceVersion.list_id == list_id)) or 0
        )
        row = PriceVersion(
            list_id=price_list.id,
            number=number,
            valid_from=valid_from,
            valid_to=valid_to,
            reason=_short(reason, "reason", 400, needed=False),
            made_by=ctx.actor.name,
            made_at=ctx.now,
            edited_at=ctx.now,
        )
        ctx.session.add(row)
        ctx.session.flush()
        before = queries.version_to_copy(ctx, row) if copy else None
        if before is not None:
            _copy_rows(ctx, before.id, row.id)
        _tell(ctx, "warranty.price_version_drafted", row, day=valid_from)
        return row


def _copy_rows(ctx: Ctx, from_id: int, to_id: int) -> None:
    columns = ("kind", "code", "group", "label", "unit", "price", "percent", "from_quantity", "minimum")
    items = ctx.session.scalars(queries.items_query(from_id).order_by(PriceItem.id))
    rows = [{"version_id": to_id, **{name: getattr(item, name) for name in columns}} for item in items]
    bulk_insert(ctx, PriceItem, rows)


def _check_span(first: dt.date, last: dt.date | None) -> None:
    if not 2000 <= first.year <= 2199:
        raise Invalid("bad_day", _("A date between the years 2000 and 2199 is needed."), "valid_from")
    if last is not None and last < first:
        raise Invalid("bad_span", _("The last day is before the first."), "valid_to")


def change_version(
    ctx: Ctx,
    version_id: int,
    valid_from: dt.date,
    valid_to: dt.date | None = None,
    reason: str = "",
    *,
    version: int | None = None,
) -> PriceVersion:
    """Change the days of a draft, and why it was made."""
    ctx.require(EDIT_PRICES)
    with transaction(ctx):
        row = _draft(ctx, version_id, version)
        _check_span(valid_from, valid_to)
        row.valid_from, row.valid_to = valid_from, valid_to
        row.reason = _short(reason, "reason", 400, needed=False)
        emit_if_changed(ctx, "warranty.price_version_changed", row, **_named(ctx, row))
        return row


def _draft(ctx: Ctx, version_id: int, seen: int | None = None) -> PriceVersion:
    """The version, locked, if its rows may still be changed."""
    queries.get_version(ctx, version_id)
    row = ctx.session.get_one(PriceVersion, version_id, with_for_update=True)
    check_version(row, seen)
    if row.state != "draft":
        text = _("Version {number} is not a draft any more. Begin a new version.", number=row.number)
        raise Conflict("not_draft", text)
    return row


def submit_version(ctx: Ctx, version_id: int, *, version: int | None = None) -> PriceVersion:
    """Hand a draft in to be published; its rows stand still from now on. Raises Conflict where its days clash."""
    with transaction(ctx):
        row = _draft(ctx, version_id, version)
        _check_no_clash(ctx, row)
        advance(ctx, VERSIONS, row, "submit")
        _tell(ctx, "warranty.price_version_submitted", row)
        return row


def return_version(ctx: Ctx, version_id: int, reason: str, *, version: int | None = None) -> PriceVersion:
    """Back to a draft, with a reason."""
    with transaction(ctx):
        row = _locked(ctx, version_id, version)
        advance(ctx, VERSIONS, row, "return", reason=reason)
        _tell(ctx, "warranty.price_version_returned", row, reason=reason.strip())
        return row


def drop_version(ctx: Ctx, version_id: int, *, version: int | None = None) -> PriceVersion:
    """Give a draft up; its number stays used."""
    with transaction(ctx):
        row = _locked(ctx, version_id, version)
        advance(ctx, VERSIONS, row, "drop")
        _tell(ctx, "warranty.price_version_dropped", row)
        return row


def publish_version(ctx: Ctx, version_id: int, *, version: int | None = None) -> PriceVersion:
    """Put a submitted version in force from its first day; one until further notice ends the day before.

    Quotes made before keep the prices that they were made with. Raises Conflict where its days clash with another
    version's, and when the company's table asks for an approval first.
    """
    with transaction(ctx):
        row = _locked(ctx, version_id, version)
        _check_no_clash(ctx, row)
        advance(ctx, VERSIONS, row, "publish")
        row.published_by, row.published_at = ctx.actor.name, ctx.now
        ended = _end_the_one_before(ctx, row)
        ctx.session.flush()
        _tell(ctx, "warranty.price_version_published", row, day=row.valid_from)
        if ended is not None:
            _tell(ctx, "warranty.price_version_ended", ended, day=ended.valid_to)
        return row


def end_version(ctx: Ctx, version_id: int, last_day: dt.date, *, version: int | None = None) -> PriceVersion:
    """Set the last day of a published version. It can't be moved before today: what was quoted was quoted by it."""
    ctx.require("warranty.price.publish")
    with transaction(ctx):
        row = _locked(ctx, version_id, version)
        if row.state != "published":
            raise Conflict("not_published", _("Only a published version is ended; drop a draft."))
        if last_day < max(row.valid_from, ctx.today):
            raise Invalid("too_early", _("The last day can't be before today, nor before its first day."), "valid_to")
        if row.valid_to is not None and last_day > row.valid_to:
            raise Invalid("too_late", _("It ends on {day}; make a new version instead.", day=row.valid_to), "valid_to")
        row.valid_to = last_day
        ctx.session.flush()
        _tell(ctx, "warranty.price_version_ended", row, day=last_day)
        return row


def _locked(ctx: Ctx, version_id: int, seen: int | None) -> PriceVersion:
    queries.get_version(ctx, version_id)
    row = ctx.session.get_one(PriceVersion, version_id, with_for_update=True)
    check_version(row, seen)
    return row


def _check_no_clash(ctx: Ctx, row: PriceVersion) -> None:
    others = [span for key, span in queries.spans_of(ctx, row.list_id).items() if key != row.id]
    other = clash(Span(row.number, row.valid_from, row.valid_to), others)
    if other is None:
        return
    if other.last is None:
        text = _(
            "Version {number} is valid from {first} until further notice. Choose a later first day, or end it before.",
            number=other.number,
            first=other.first,
        )
    else:
        text = _(
            "Version {number} is valid from {first} to {last}; the days overlap. Choose other days, or end it before.",
            number=other.number,
            first=other.first,
            last=other.last,
        )
    raise Conflict("overlap", text, "valid_from")


def _end_the_one_before(ctx: Ctx, row: PriceVersion) -> PriceVersion | None:
    spans = {key: span for key, span in queries.spans_of(ctx, row.list_id).items() if key != row.id}
    before = gives_way(Span(row.number, row.valid_from, row.valid_to), list(spans.values()))
    if before is None:
        return None
    ended = ctx.session.get_one(PriceVersion, next(k for k, s in spans.items() if s == before), with_for_update=True)
    ended.valid_to = row.valid_from - dt.timedelta(days=1)
    return ended


def _named(ctx: Ctx, row: PriceVersion) -> dict[str, object]:
    return {"list": queries.get_list(ctx, row.list_id).name, "number": row.number}


def _tell(ctx: Ctx, name: str, row: PriceVersion, **facts: object) -> None:
    links = [queries.get_list(ctx, row.list_id)]
    emit(ctx, name, row, links=links, **_named(ctx, row), **facts)


# --- rows -------------------------------------------------------------------------------------------------------------


def put_item(
    ctx: Ctx, version_id: int, data: PriceItemData, *, item_id: int | None = None, version: int | None = None
) -> PriceItem:
    """Add a row to a draft, or change the row ``item_id``. Raises Invalid for a row that is there already."""
    ctx.require(EDIT_PRICES)
    with transaction(ctx):
        draft = _draft(ctx, version_id, version)
        clean = clean_item(ctx, data)
        check_percent(ctx, draft, clean)
        if _same_row(ctx, draft.id, clean, item_id) is not None:
            raise Invalid("row_exists", _("There is a price for this already: {what}.", what=_what(clean)), "code")
        row = queries.get_item(ctx, item_id) if item_id else PriceItem(version_id=draft.id)
        if row.version_id != draft.id:
            raise Conflict("other_version", _("This row belongs to another version."))
        for name, value in dataclasses.asdict(clean).items():
            setattr(row, name, value)
        _touch(ctx, draft)
        ctx.session.add(row)
        ctx.session.flush()
        emit_if_changed(ctx, "warranty.price_put", draft, **_named(ctx, draft), what=queries.row_words(row))
        return row


def drop_item(ctx: Ctx, item_id: int, *, version: int | None = None) -> None:
    """Take a row out of a draft."""
    ctx.require(EDIT_PRICES)
    with transaction(ctx):
        row = queries.get_item(ctx, item_id)
        draft = _draft(ctx, row.version_id, version)
        what = queries.row_words(row)
        ctx.session.delete(row)
        _touch(ctx, draft)
        ctx.session.flush()
        emit(ctx, "warranty.price_dropped", draft, **_named(ctx, draft), what=what)


def put_items(ctx: Ctx, draft: PriceVersion, rows: Sequence[PriceItemData]) -> tuple[int, int]:
    """Put clean rows into a draft, for imports: answers how many were new or changed, and how many were there."""
    known = {key_of(item): item for item in ctx.session.scalars(queries.items_query(draft.id))}
    new, changed, same = [], 0, 0
    for data in rows:
        values = dataclasses.asdict(data)
        item = known.get(key_of(data))
        if item is None:
            new.append({"version_id": draft.id, **values})
            continue
        before = {name: getattr(item, name) for name in values}
        if before == values:
            same += 1
            continue
        for name, value in values.items():
            setattr(item, name, value)
        changed += 1
    bulk_insert(ctx, PriceItem, new)
    if new or changed:
        _touch(ctx, draft)
    ctx.session.flush()
    emit_if_changed(
        ctx, "warranty.prices_loaded", RecordRef(PRICE_VERSION, draft.id), **_named(ctx, draft), n=len(new) + changed
    )
    return len(new) + changed, same


def key_of(row: PriceItem | PriceItemData) -> tuple[str, str, str, Decimal]:
    """What tells the rows of a version apart."""
    return row.kind, row.code, row.group, row.from_quantity


def clean_item(ctx: Ctx, data: PriceItemData) -> PriceItemData:
    """A row as it is kept; raises Invalid with the field that can't be right."""
    if data.kind not in LINE_WORDS:
        raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=data.kind), "kind")
    if data.unit not in PRICE_UNIT_WORDS:
        raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=data.unit), "unit")
    if (data.price is None) == (data.percent is None):
        raise Invalid("price_or_percent", _("Give either a price or a percentage of the base list."), "price")
    return PriceItemData(
        kind=data.kind,
        unit=data.unit,
        code=code_key(_short(data.code, "code", 60, needed=False)),
        group=_short(data.group, "group", 80, needed=False),
        label=_short(data.label, "label", 200, needed=False),
        price=_figure(data.price, "price", 4),
        percent=_figure(data.percent, "percent", 6),
        from_quantity=_figure(data.from_quantity, "from_quantity", 6) or Decimal(0),
        minimum=_figure(data.minimum, "minimum", 4),
    )


def _figure(value: Decimal | None, field: str, places: int) -> Decimal | None:
    if value is None:
        return None
    if not value.is_finite() or value < 0:
        raise Invalid("negative", _("A number from 0 up is needed, not {value}.", value=value), field)
    if value >= LARGEST:
        raise Invalid("too_large", _("This number is too large."), field)
    if value != value.quantize(Decimal(1).scaleb(-places)):
        raise Invalid("too_exact", _("At most {n} decimals fit.", n=places), field)
    return value


def check_percent(ctx: Ctx, draft: PriceVersion, data: PriceItemData) -> None:
    """Raise Invalid for a percentage in a list that refers to no other."""
    if data.percent is None:
        return
    if queries.get_list(ctx, draft.list_id).base_id is None:
        text = _("A percentage needs a base list. Name one on the page of the price list, or give a price.")
        raise Invalid("no_base_list", text, "percent")
    if data.percent > 10 * HUNDRED:
        raise Invalid("too_large", _("This number is too large."), "percent")


def _touch(ctx: Ctx, draft: PriceVersion) -> None:
    """A row alone must move the version of its draft, so that two people who edit notice each other."""
    draft.edited_at = ctx.now
    orm.attributes.flag_modified(draft, "edited_at")


def _same_row(ctx: Ctx, version_id: int, data: PriceItemData, but: int | None) -> PriceItem | None:
    query = queries.items_query(version_id).where(
        PriceItem.kind == data.kind,
        PriceItem.code == data.code,
        PriceItem.group == data.group,
        PriceItem.from_quantity == data.from_quantity,
    )
    found = ctx.session.scalar(query)
    return None if found is None or found.id == but else found


def _what(data: PriceItemData) -> str:
    return " ".join(p for p in (_(LINE_WORDS[data.kind]), data.code, data.group, data.label) if p)


# --- loading from files -----------------------------------------------------------------------------------------------


def draft_for_import(ctx: Ctx, code: str) -> PriceVersion:
    """The draft of a list for rows from a file: the one there is, or a new one from tomorrow on."""
    ctx.require(EDIT_PRICES)
    price_list = queries.list_by_code(ctx, code)
    if price_list is None:
        raise Invalid("unknown_price_list", _("There is no price list “{code}”.", code=code), "list")
    known = queries.open_version(ctx, price_list.id)
    if known is None:
        day = ctx.today + dt.timedelta(days=1)
        known = draft_version(ctx, price_list.id, day, reason=_("Loaded from a file"))
    if known.state != "draft":
        text = _("Version {number} of “{list}” is submitted; publish it, or take it back to a draft, before loading.",
                 number=known.number, list=price_list.name)  # fmt: skip
        raise Conflict("submitted", text, "list")
    return known

