"""Loading opening stock: a balance per row, posted in one act per batch, each row once however often it is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from core.api import N_, Ctx, DomainError, Field, Importer, ImportRow, Invalid, Loaded, _
from plugins.inventory.contracts import BatchData, OpeningLine
from plugins.inventory.importing.common import Rows, part_id, places_named
from plugins.inventory.queries.bills import parts_named
from plugins.inventory.services import opening

FIELDS = (
    Field("part", N_("Part"), required=True, longest=120,
          synonyms=("备件", "备件编码", "物料编码", "product id", "part no", "sku")),
    Field("location", N_("Location"), required=True, longest=40, synonyms=("库位", "仓库", "location id", "warehouse")),
    Field("quantity", N_("Quantity"), "decimal", required=True,
          synonyms=("数量", "库存数量", "结存", "qty", "on hand")),
    Field("batch", N_("Batch"), longest=80, synonyms=("批号", "lot", "batch no")),
    Field("serial", N_("Serial number"), longest=80, synonyms=("序列号", "sn", "serial no")),
    Field("produced_on", N_("Produced on"), "date", synonyms=("生产日期", "manufactured")),
    Field("expires_on", N_("Expires on"), "date", synonyms=("有效期", "有效期至", "expiry")),
    Field("sterile_until", N_("Sterile until"), "date", synonyms=("灭菌有效期",)),
    Field("external_key", N_("Key at the source"), longest=200, synonyms=("id", "编号", "序号")),
)  # fmt: skip


def load(ctx: Ctx, rows: list[ImportRow]) -> Loaded:
    """Post the balances of a batch that are new."""
    batch = Rows(ctx)
    known = opening.posted_keys(ctx, [_key(row.values) for row in rows])
    fresh = [row for row in rows if _key(row.values) not in known]
    parts = parts_named(ctx, [row.values["part"] for row in fresh])
    places = places_named(ctx)
    good: list[tuple[ImportRow, OpeningLine]] = []
    for row in fresh:
        try:
            good.append((row, _line(row.values, parts, places)))
        except DomainError as error:
            batch.refuse(row, error)
    told = {id(row) for row, line in good if not line.quantity and opening.is_there(ctx, line)}
    fresh = [row for row in fresh if id(row) not in told]
    good = [(row, line) for row, line in good if id(row) not in told]
    _post(ctx, batch, good)
    return batch.loaded(rows, fresh)


def _post(ctx: Ctx, batch: Rows, good: list[tuple[ImportRow, OpeningLine]]) -> None:
    """All in one act; where something is wrong, one by one, so that each is told of by itself."""
    if not good:
        return
    try:
        with ctx.session.begin_nested():
            opening.post_opening(ctx, [line for _row, line in good])
            ctx.session.flush()
    except DomainError as error:
        if len(good) == 1:
            batch.refuse(good[0][0], error)
            return
        half = len(good) // 2
        _post(ctx, batch, good[:half])
        _post(ctx, batch, good[half:])
    else:
        batch.added += len(good)


def _key(v: Mapping[str, Any]) -> str:
    """The key at the source, else what the row is about."""
    own = (v["part"], v["location"], v.get("batch") or "", v.get("serial") or "")
    return v.get("external_key") or "\x1f".join(own)


def _line(v: Mapping[str, Any], parts: Mapping[str, int], places: Mapping[str, int]) -> OpeningLine:
    found = part_id(parts, v["part"])
    if v["location"] not in places:
        raise Invalid("unknown_location", _("There is no location {code}.", code=v["location"]), "location")
    quantity: Decimal = v["quantity"]
    if not quantity.is_finite() or quantity < 0:
        raise Invalid("bad_quantity", _("What is in stock is 0 or more."), "quantity")
    batch = None
    if v.get("batch"):
        batch = BatchData(v["batch"], v.get("produced_on"), v.get("expires_on"), v.get("sterile_until"))
    return OpeningLine(_key(v), found, places[v["location"]], quantity, batch, v.get("serial") or "")


IMPORTERS = (
    Importer(
        "opening_stock", N_("Opening stock"), FIELDS, load, "inventory.stock.adjust",
        endpoint="inventory.stock_list",
    ),
)  # fmt: skip
