"""Loading the catalogue: parts, locations, the bills of assemblies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core.api import N_, Ctx, DomainError, Field, Importer, ImportRow, Invalid, Loaded, _
from plugins.inventory.contracts import PLACE_WORDS, TRACKING_WORDS, BillLineData, LocationData, PartData
from plugins.inventory.importing.common import Rows, choice, measure_id, measures_named, part_id
from plugins.inventory.models import Location, Part
from plugins.inventory.queries import bills as bill_queries
from plugins.inventory.services import bills, parts, places

PART_FIELDS = (
    Field("code", N_("Code"), required=True, longest=60,
          synonyms=("备件编码", "备件编号", "物料编码", "图号", "part no", "part number", "sku", "item")),
    Field("name", N_("Name"), required=True, longest=200, synonyms=("备件名称", "名称", "品名", "description")),
    Field("measure", N_("Unit of measure"), required=True, longest=100,
          synonyms=("单位", "计量单位", "unit", "uom", "unit of measure")),
    Field("tracking", N_("Tracked"), synonyms=("管理方式", "tracking")),
    Field("guarantee", N_("Guarantee part"), "bool", synonyms=("三包件",)),
    Field("storage", N_("How to keep it"), longest=200, synonyms=("储存条件", "存放要求", "storage")),
    Field("shelf_life_days", N_("Shelf life (days)"), "int", synonyms=("保质期", "有效期天数", "shelf life")),
    Field("note", N_("Note"), "text", synonyms=("备注", "remark", "remarks")),
    Field("external_key", N_("Key at the source"), longest=120, synonyms=("id", "编号", "序号")),
)  # fmt: skip
PLACE_FIELDS = (
    Field("code", N_("Code"), required=True, longest=40, synonyms=("库位编码", "仓库编码", "location id", "code")),
    Field("name", N_("Name"), required=True, longest=120, synonyms=("库位名称", "仓库名称", "仓库", "name")),
    Field("kind", N_("Sort of location"), synonyms=("类型", "kind")),
    Field("parent", N_("Below"), longest=40, synonyms=("上级", "上级库位", "parent")),
    Field("note", N_("Note"), "text", synonyms=("备注", "remark", "remarks")),
)
BILL_FIELDS = (
    Field("external_key", N_("Key at the source"), required=True, longest=120, synonyms=("id", "编号", "序号")),
    Field("assembly", N_("Assembly"), longest=120, synonyms=("总成", "父项", "parent", "assembly")),
    Field("part", N_("Part"), required=True, longest=120, synonyms=("备件", "子项", "component", "part")),
    Field("quantity", N_("Quantity"), "decimal", required=True, synonyms=("数量", "用量", "qty")),
    Field("measure", N_("Unit of measure"), longest=100, synonyms=("单位", "计量单位", "unit", "uom")),
    Field("since", N_("Valid from"), "date", synonyms=("生效日期", "start date", "from")),
    Field("until", N_("Valid through"), "date", synonyms=("失效日期", "end date", "until")),
)


def load_parts(ctx: Ctx, rows: list[ImportRow]) -> Loaded:
    """Add the parts of a batch whose code is new."""
    codes = [row.values["code"] for row in rows]
    known = set(ctx.session.scalars(sa.select(Part.code).where(Part.code.in_(codes))))
    fresh = [row for row in rows if row.values["code"] not in known]
    measures = measures_named(ctx)
    keys = [row.values["external_key"] for row in fresh if row.values.get("external_key")]
    taken = set(ctx.session.scalars(sa.select(Part.external_key).where(Part.external_key.in_(keys))))

    def add(v: Mapping[str, Any]) -> None:
        key = v.get("external_key") or None
        if key in taken:
            raise Invalid("key_taken", _("Another part has this key already."), "external_key")
        data = PartData(
            v["code"], v["name"], measure_id(measures, v["measure"]),
            choice(v.get("tracking"), TRACKING_WORDS, "tracking", "none"), bool(v.get("guarantee")),
            v.get("storage") or "", v.get("shelf_life_days"), None, v.get("note") or "", external_key=key,
        )  # fmt: skip
        parts.save_part(ctx, data)
        if key:
            taken.add(key)

    batch = Rows(ctx)
    batch.each(fresh, add)
    return batch.loaded(rows, fresh)


def load_places(ctx: Ctx, rows: list[ImportRow]) -> Loaded:
    """Add the locations of a batch whose code is new; one stands below another that is there already."""
    known = {row.code: row.id for row in ctx.session.execute(sa.select(Location.code, Location.id))}
    fresh = [row for row in rows if row.values["code"] not in known]

    def add(v: Mapping[str, Any]) -> None:
        parent = v.get("parent")
        if parent and parent not in known:
            raise Invalid("unknown_location", _("There is no location {code}.", code=parent), "parent")
        kind = choice(v.get("kind"), PLACE_WORDS, "kind", "warehouse")
        data = LocationData(v["code"], v["name"], kind, known[parent] if parent else None, note=v.get("note") or "")
        known[data.code] = places.save_location(ctx, data).id

    batch = Rows(ctx)
    batch.each(fresh, add)
    return batch.loaded(rows, fresh)


def load_bills(ctx: Ctx, rows: list[ImportRow]) -> Loaded:
    """Add the lines of a batch whose key is new, in few statements."""
    known = bill_queries.known_keys(ctx, [row.values["external_key"] for row in rows])
    fresh = [row for row in rows if row.values["external_key"] not in known]
    named = bill_queries.parts_named(ctx, [v for r in fresh for v in (r.values["part"], r.values.get("assembly")) if v])
    measures = measures_named(ctx)
    batch = Rows(ctx)
    by_key, lines = {}, []
    for row in fresh:
        v = row.values
        try:
            line = BillLineData(
                part_id(named, v["part"]), v["quantity"],
                part_id(named, v["assembly"], "assembly") if v.get("assembly") else None,
                measure_id(measures, v["measure"]) if v.get("measure") else None,
                v.get("since"), v.get("until"), v["external_key"],
            )  # fmt: skip
        except DomainError as error:
            batch.refuse(row, error)
        else:
            by_key[line.external_key] = row
            lines.append(line)
    batch.added, refused = bills.add_lines(ctx, lines)
    for data, why in refused:
        batch.refuse(by_key[data.external_key], why)
    return batch.loaded(rows, fresh)


IMPORTERS = (
    Importer(
        "parts", N_("Parts"), PART_FIELDS, load_parts, "inventory.part.edit", key="code",
        endpoint="inventory.parts_list",
    ),
    Importer(
        "stock_locations", N_("Locations"), PLACE_FIELDS, load_places, "inventory.location.edit", key="code",
        endpoint="inventory.locations_list",
    ),
    Importer(
        "bills_of_parts", N_("Bills of assemblies"), BILL_FIELDS, load_bills, "inventory.part.edit",
        endpoint="inventory.bill_lines_list",
    ),
)  # fmt: skip
