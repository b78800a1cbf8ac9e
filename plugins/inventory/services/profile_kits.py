"""Kits that an industry profile brings: files ``inventory_kits/<code>.yaml`` with what belongs to each, by kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core.api import N_, Ctx, ProfileSection, _, label, unit_by_code, use_locale
from plugins.inventory.models import Kit
from plugins.inventory.queries import kits as queries
from plugins.inventory.queries import tools as tool_queries
from plugins.inventory.services import kits, tools
from plugins.inventory.tool_contracts import KitData, ToolKindData

_KEYS = {"name", "unit", "reserved", "contents"}
_LINE = {"kind", "name", "quantity"}


def problems(_code: str, entry: Any) -> list[str]:
    """Everything that is wrong with a kit's file, in words."""
    if not isinstance(entry, Mapping):
        return [_("a mapping is expected")]
    wrong = [_("unknown key “{key}”", key=key) for key in sorted(set(entry) - _KEYS)]
    if not label(entry.get("name") or ""):
        wrong.append(_("a name is missing"))
    lines = entry.get("contents") or []
    if not isinstance(lines, list) or not all(isinstance(line, Mapping) and line.get("kind") for line in lines):
        return [*wrong, _("contents: a list of kinds with quantities is expected")]
    for line in lines:
        wrong += [_("unknown key “{key}”", key=key) for key in sorted(set(line) - _LINE)]
        if not isinstance(line.get("quantity"), int) or line["quantity"] < 1:
            wrong.append(_("“{value}” is no number.", value=line.get("quantity")))
    return wrong


def _wanted(ctx: Ctx, _code: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    with use_locale(ctx.company.locale):
        return {
            "name": label(entry.get("name") or ""), "unit": entry.get("unit") or "",
            "reserved": bool(entry.get("reserved", True)),
            "contents": {
                line["kind"]: {"name": label(line.get("name") or "") or line["kind"], "quantity": line["quantity"]}
                for line in entry.get("contents") or ()
            },
        }  # fmt: skip


def _body(ctx: Ctx, kit: Kit) -> dict[str, Any]:
    return {
        "name": kit.name, "unit": tool_queries.unit_code(ctx, kit.unit_id), "reserved": kit.reserved,
        "contents": {
            line.kind.code: {"name": line.kind.name, "quantity": line.quantity}
            for line in queries.lines_of(ctx, [kit.id])
        },
    }  # fmt: skip


def _current(ctx: Ctx, code: str) -> dict[str, Any] | None:
    kit = queries.kit_by_code(ctx, code)
    return _body(ctx, kit) if kit is not None else None


def _put(ctx: Ctx, code: str, wanted: Mapping[str, Any], _reason: str) -> None:
    known = queries.kit_by_code(ctx, code)
    unit = unit_by_code(ctx, wanted["unit"], required=False) if wanted["unit"] else None
    data = KitData(
        code, wanted["name"], unit.id if unit is not None else None, wanted["reserved"],
        known.note if known is not None else "", id=known.id if known is not None else None,
    )  # fmt: skip
    kit = kits.save_kit(ctx, data)
    for line in queries.lines_of(ctx, [kit.id]):
        if line.kind.code not in wanted["contents"]:
            kits.drop_line(ctx, line.id)
    for kind_code, line in wanted["contents"].items():
        kind = tool_queries.kind_by_code(ctx, kind_code)
        if kind is None:
            kind = tools.save_kind(ctx, ToolKindData(kind_code, line["name"]))
        kits.save_line(ctx, kit.id, kind.id, line["quantity"])


def _everything(ctx: Ctx) -> dict[str, Any]:
    found = {}
    for kit in ctx.session.scalars(sa.select(Kit).where(Kit.active.is_(True)).order_by(Kit.code)):
        body = _body(ctx, kit)
        lines = [
            {"kind": code, "name": {"en": line["name"], "zh": line["name"]}, "quantity": line["quantity"]}
            for code, line in body["contents"].items()
        ]
        unit = {"unit": body["unit"]} if body["unit"] else {}
        name = {"en": kit.name, "zh": kit.name}
        found[kit.code] = {"name": name, **unit, "reserved": kit.reserved, "contents": lines}
    return found


KITS = ProfileSection(
    "inventory_kits", N_("Kits"), _wanted, _current, _put, _everything,
    title=lambda _ctx, _code, wanted: wanted["name"], problems=problems,
)  # fmt: skip
