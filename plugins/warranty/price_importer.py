"""Prices from a spreadsheet: each row goes into the draft of the list that it names, begun if there is none."""

from __future__ import annotations

from decimal import Decimal

from core.api import N_, Ctx, DomainError, Field, Importer, ImportRow, Loaded, RowProblem, _, both
from plugins.warranty.contracts import LINE_WORDS, PRICE_UNIT_WORDS, PriceItemData
from plugins.warranty.models import PriceVersion
from plugins.warranty.quote_life import EDIT_PRICES
from plugins.warranty.services import prices as services

FIELDS = (
    Field("list", N_("Price list"), required=True, longest=40, synonyms=("list", "price list", "价目表", "价目表代码")),
    Field("kind", N_("Kind of cost"), required=True, longest=40, synonyms=("kind", "费用种类", "种类")),
    Field("code", N_("Code"), longest=60, synonyms=("part number", "part no", "件号", "代码")),
    Field("group", N_("Group"), longest=80, synonyms=("part group", "类别", "备件类别")),
    Field("label", N_("What it is"), longest=200, synonyms=("description", "name", "名称", "项目")),
    Field("unit", N_("Unit of measure"), required=True, longest=20, synonyms=("unit", "uom", "单位", "计量单位")),
    Field("price", N_("Price"), "decimal", synonyms=("unit price", "单价", "价格")),
    Field("percent", N_("Per cent of the base list"), "decimal", synonyms=("percent", "折扣率", "百分比")),
    Field("from_quantity", N_("From quantity"), "decimal", synonyms=("from", "起始数量", "数量起")),
    Field("minimum", N_("Least amount"), "decimal", synonyms=("minimum", "最低收费", "起收额")),
)


def load(ctx: Ctx, rows: list[ImportRow]) -> Loaded:
    """Put the rows of a batch into drafts: new ones are added, known ones brought up to date."""
    drafts: dict[str, PriceVersion] = {}
    good: dict[int, list[PriceItemData]] = {}
    seen: set[tuple] = set()
    bad: list[RowProblem] = []
    for row in rows:
        try:
            draft = _draft(ctx, str(row.values["list"]), drafts)
            data = services.clean_item(ctx, _data(row))
            services.check_percent(ctx, draft, data)
        except DomainError as error:
            field = error.field or ""
            bad.append(RowProblem(row.line, field, error.message, str(row.values.get(field) or "")))
            continue
        key = (draft.id, *services.key_of(data))
        if key in seen:
            bad.append(RowProblem(row.line, "code", _("This price stands in the file twice."), data.code))
            continue
        seen.add(key)
        good.setdefault(draft.id, []).append(data)
    added = known = 0
    for draft in drafts.values():
        changed, same = services.put_items(ctx, draft, good.get(draft.id, []))
        added, known = added + changed, known + same
    return Loaded(added, known, tuple(bad))


def _draft(ctx: Ctx, code: str, drafts: dict[str, PriceVersion]) -> PriceVersion:
    if code not in drafts:
        drafts[code] = services.draft_for_import(ctx, code)
    return drafts[code]


def _data(row: ImportRow) -> PriceItemData:
    v = row.values
    return PriceItemData(
        kind=_coded(str(v["kind"]), LINE_WORDS),
        unit=_coded(str(v["unit"]), PRICE_UNIT_WORDS),
        code=v.get("code") or "",
        group=v.get("group") or "",
        label=v.get("label") or "",
        price=v.get("price"),
        percent=v.get("percent"),
        from_quantity=v.get("from_quantity") or Decimal(0),
        minimum=v.get("minimum"),
    )


def _coded(text: str, words: dict[str, str]) -> str:
    """The code that a cell means: the code itself, or its word in either language."""
    wanted = text.strip().casefold()
    for code, message in words.items():
        if wanted in {code, *(word.casefold() for word in both(message).values())}:
            return code
    return text.strip()


PRICES = Importer(
    "warranty_prices", N_("Prices"), FIELDS, load, EDIT_PRICES, key="code", endpoint="warranty.price_items_list"
)
