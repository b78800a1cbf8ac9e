"""Loading the register of tools from a file, kinds along with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core.api import N_, Ctx, Field, Importer, ImportRow, Invalid, Loaded, OrgUnit, _
from plugins.base.queries.suppliers import suppliers_named
from plugins.inventory.importing.common import Rows
from plugins.inventory.models import Kit, Tool, ToolKind
from plugins.inventory.services import tools
from plugins.inventory.tool_contracts import ToolData, ToolKindData

FIELDS = (
    Field("number", N_("Number"), required=True, longest=40,
          synonyms=("工具编号", "资产编号", "设备编号", "编号", "tool no", "asset no", "number")),
    Field("name", N_("Name"), required=True, longest=200, synonyms=("工具名称", "设备名称", "名称", "name")),
    Field("kind", N_("Kind of tool"), required=True, longest=120, synonyms=("工具种类", "类别", "种类", "type")),
    Field("serial", N_("Serial number"), longest=80, synonyms=("出厂编号", "序列号", "serial no", "sn")),
    Field("price", N_("Price"), "decimal", synonyms=("原值", "单价", "价格", "price", "cost")),
    Field("bought_on", N_("Bought on"), "date", synonyms=("购置日期", "购入日期", "purchased")),
    Field("supplier", N_("Supplier"), longest=200, synonyms=("供方", "供应商", "supplier")),
    Field("unit", N_("Organisation unit"), longest=120, synonyms=("使用部门", "部门", "组织", "department")),
    Field("kit", N_("Kit"), longest=120, synonyms=("成套工具", "工具箱", "kit")),
    Field("inspect_by", N_("Inspection holds until"), "date",
          synonyms=("检定有效期", "校准有效期", "calibrated until")),
    Field("reserved", N_("Reserved for service"), "bool", synonyms=("服务专用",)),
    Field("note", N_("Note"), "text", synonyms=("备注", "remark", "remarks")),
)  # fmt: skip


def _named(ctx: Ctx, model: Any) -> dict[str, int]:
    """Code or name → id."""
    rows = ctx.session.execute(sa.select(model.id, model.code, model.name)).all()
    return {row.name: row.id for row in rows} | {row.code: row.id for row in rows}


def load(ctx: Ctx, rows: list[ImportRow]) -> Loaded:
    """Register the tools of a batch whose number is new; a kind that is new is added under its name."""
    numbers = [row.values["number"] for row in rows]
    known = set(ctx.session.scalars(sa.select(Tool.number).where(Tool.number.in_(numbers))))
    fresh = [row for row in rows if row.values["number"] not in known]
    kinds, units, kits = _named(ctx, ToolKind), _named(ctx, OrgUnit), _named(ctx, Kit)
    suppliers = suppliers_named(ctx, [row.values["supplier"] for row in fresh if row.values.get("supplier")])

    def add(v: Mapping[str, Any]) -> None:
        kind = v["kind"]
        kind_id = kinds.get(kind)
        if kind_id is None:
            kind_id = tools.save_kind(ctx, ToolKindData(kind[:40], kind)).id
        data = ToolData(
            v["name"], kind_id, v["number"], v.get("serial") or "", v.get("price"), v.get("bought_on"),
            _found(suppliers, v, "supplier"), _found(units, v, "unit"), _found(kits, v, "kit"), v.get("inspect_by"),
            bool(v.get("reserved")), v.get("note") or "",
        )  # fmt: skip
        tools.save_tool(ctx, data)
        kinds[kind] = kind_id

    batch = Rows(ctx)
    batch.each(fresh, add)
    return batch.loaded(rows, fresh)


def _found(named: Mapping[str, int], v: Mapping[str, Any], field: str) -> int | None:
    text = v.get(field)
    if not text:
        return None
    if text not in named:
        raise Invalid("not_found", _("“{name}” is not known here: add it first.", name=text), field)
    return named[text]


IMPORTERS = (
    Importer(
        "tools", N_("Tools and equipment"), FIELDS, load, "inventory.tool.edit", key="number",
        endpoint="inventory.tools_list",
    ),
)  # fmt: skip
