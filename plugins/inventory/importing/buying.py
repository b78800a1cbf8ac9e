"""Loading what is known of buying: from whom a part can be had, the orders that are over."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.api import N_, Ctx, DomainError, Field, Importer, ImportRow, Invalid, Loaded, _
from plugins.base.queries.suppliers import suppliers_named
from plugins.inventory.contracts import PastLine, SourceData
from plugins.inventory.importing.common import Rows, part_id
from plugins.inventory.models import PartSource
from plugins.inventory.queries.bills import parts_named
from plugins.inventory.queries.ordering import known_keys
from plugins.inventory.services import past_orders, suppliers

_PART = ("备件", "备件编码", "物料编码", "product id", "part no", "sku")
_SUPPLIER = ("供应商编码", "供方", "供货单位", "vendor", "vendor id")
SOURCE_FIELDS = (
    Field("part", N_("Part"), required=True, longest=120, synonyms=_PART),
    Field("supplier", N_("Supplier"), required=True, longest=200, synonyms=_SUPPLIER),
    Field("their_number", N_("Their number"), longest=80, synonyms=("供方编号", "供应商物料号", "vendor part no")),
    Field("lead_days", N_("Lead time (days)"), "int", synonyms=("交货期", "交期", "lead time")),
    Field("minimum", N_("Least quantity"), "decimal", synonyms=("最小订量", "起订量", "moq")),
    Field("pack", N_("In packs of"), "decimal", synonyms=("包装数", "pack")),
    Field("price", N_("Price"), "decimal", synonyms=("单价", "进价", "price")),
    Field("preferred", N_("First choice"), "bool", synonyms=("首选", "preferred")),
    Field("external_key", N_("Key at the source"), longest=120, synonyms=("id", "编号", "序号")),
)  # fmt: skip
ORDER_FIELDS = (
    Field("external_key", N_("Key at the source"), required=True, longest=120, synonyms=("id", "编号", "序号")),
    Field("order", N_("Purchase order"), required=True, longest=40, synonyms=("采购单号", "订单号", "po", "order no")),
    Field("supplier", N_("Supplier"), longest=200, synonyms=_SUPPLIER),
    Field("part", N_("Part"), required=True, longest=120, synonyms=_PART),
    Field("quantity", N_("Quantity"), "decimal", required=True, synonyms=("数量", "订购数量", "qty", "order qty")),
    Field("received", N_("Has come"), "decimal", required=True, synonyms=("已到数量", "实收数量", "received qty")),
    Field("rejected", N_("Rejected"), "decimal", synonyms=("拒收数量", "不合格数量", "rejected qty")),
    Field("price", N_("Price"), "decimal", required=True, synonyms=("单价", "unit price", "price")),
    Field("due_on", N_("Expected on"), "date", synonyms=("交货日期", "要求到货日期", "due date")),
    Field("ordered_on", N_("Sent on"), "date", synonyms=("下单日期", "订货日期", "order date")),
)  # fmt: skip


def load_sources(ctx: Ctx, rows: list[ImportRow]) -> Loaded:
    """Say from whom parts can be had, where that is not known yet."""
    parts = parts_named(ctx, [row.values["part"] for row in rows])
    named = suppliers_named(ctx, [row.values["supplier"] for row in rows])
    query = sa.select(PartSource.part_id, PartSource.supplier_id)
    known = {tuple(row) for row in ctx.session.execute(query.where(PartSource.part_id.in_(sorted(parts.values()))))}

    def both(v: Mapping[str, Any]) -> tuple[int | None, int | None]:
        return parts.get(v["part"]), named.get(v["supplier"])

    def add(v: Mapping[str, Any]) -> None:
        data = SourceData(
            part_id(parts, v["part"]), supplier_id(named, v["supplier"]), v.get("their_number") or "",
            v.get("lead_days"), v.get("minimum"), v.get("pack"), v.get("price"), bool(v.get("preferred")),
        )  # fmt: skip
        suppliers.save_source(ctx, data)

    fresh = [row for row in rows if both(row.values) not in known]
    batch = Rows(ctx)
    batch.each(fresh, add)
    return batch.loaded(rows, fresh)


def load_orders(ctx: Ctx, rows: list[ImportRow]) -> Loaded:
    """Add the lines of a batch whose key is new, in few statements. Of those known before the supplier is taken over
    where no file has named it yet.
    """
    known = known_keys(ctx, [row.values["external_key"] for row in rows])
    fresh = [row for row in rows if row.values["external_key"] not in known]
    parts = parts_named(ctx, [row.values["part"] for row in fresh])
    named = suppliers_named(ctx, [row.values["supplier"] for row in rows if row.values.get("supplier")])
    batch = Rows(ctx)
    by_key, lines = {}, []
    for row in fresh:
        v = row.values
        try:
            if v["external_key"] in by_key:
                raise Invalid("key_taken", _("This key stands twice in the file."), "external_key")
            line = PastLine(
                v["external_key"], v["order"], part_id(parts, v["part"]), v["quantity"], v["received"], v["price"],
                v.get("rejected") or Decimal(0), v.get("due_on"), v.get("ordered_on"),
                supplier_id(named, v["supplier"]) if v.get("supplier") else None,
            )  # fmt: skip
        except DomainError as error:
            batch.refuse(row, error)
        else:
            by_key[line.key] = row
            lines.append(line)
    batch.added, refused = past_orders.load_lines(ctx, lines)
    for data, why in refused:
        batch.refuse(by_key[data.key], why)
    told = _suppliers_told(batch, rows, known, named)
    count, refused_keys = past_orders.name_suppliers(ctx, {key: supplier for key, (_row, supplier) in told.items()})
    for key, why in refused_keys:
        batch.refuse(told[key][0], why)
    loaded = batch.loaded(rows, fresh)
    return replace(loaded, notes={_("Suppliers of orders that no file had named before"): count} if count else {})


def _suppliers_told(
    batch: Rows, rows: Sequence[ImportRow], known: Collection[str], named: Mapping[str, int]
) -> dict[str, tuple[ImportRow, int]]:
    """Key of a line known before → its row and the supplier that the file names in it."""
    told = {}
    for row in rows:
        key, supplier = row.values["external_key"], row.values.get("supplier")
        if key in known and supplier:
            try:
                told[key] = (row, supplier_id(named, supplier))
            except DomainError as error:
                batch.refuse(row, error)
    return told


def supplier_id(named: Mapping[str, int], text: str) -> int:
    """The supplier that a file names. Raises Invalid."""
    if text not in named:
        raise Invalid("unknown_supplier", _("There is no supplier {name}, or more than one.", name=text), "supplier")
    return named[text]


IMPORTERS = (
    Importer(
        "part_sources", N_("Sources of parts"), SOURCE_FIELDS, load_sources, suppliers.EDIT,
        endpoint="inventory.sources_list",
    ),
    Importer(
        "past_purchase_orders", N_("Purchase orders that are over"), ORDER_FIELDS, load_orders,
        past_orders.DECIDE, endpoint="inventory.orders_list",
    ),
)  # fmt: skip
