"""Tools of the demonstration: a kit that is not complete, tools in custody, one to accept, claims at every step."""

from __future__ import annotations

import datetime as dt
import struct
import zlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.api import Ctx, Membership, OrgUnit, RecordRef, issue_document, read_data_file
from plugins.base.queries.suppliers import Supplier
from plugins.inventory.models import Kit, Tool
from plugins.inventory.queries import kits as kit_queries
from plugins.inventory.queries import tools as queries
from plugins.inventory.services import custody, kit_counts, kits, tool_claims, tools
from plugins.inventory.tool_contracts import (
    CARD,
    CUSTODY,
    GivenBack,
    HandOver,
    KitData,
    Signed,
    ToolData,
    ToolKindData,
)

_WORDS = Path(__file__).parents[1] / "data" / "demo" / "tools.yaml"
_WIDTH, _HEIGHT = 320, 120


def fill(ctx: Ctx) -> None:
    """Ten tools of six kinds in a kit, with what happened to them in the last two months."""
    words: dict[str, Any] = read_data_file(_WORDS)["zh" if ctx.company.locale.startswith("zh") else "en"]
    begun = ctx.at(ctx.now - dt.timedelta(days=60))
    made = _register(begun, words)
    people = _people(ctx)
    if people:
        _happenings(ctx, words, made, people)
    kit_counts.look_at_all(ctx)


def _people(ctx: Ctx) -> list[int]:
    members = [m for m in ctx.session.scalars(sa.select(Membership).where(Membership.active.is_(True))) if m.user]
    members.sort(key=lambda m: ("technician" not in m.role_codes, m.user_id))
    return [m.user_id for m in members][:3]


def _register(ctx: Ctx, words: dict[str, Any]) -> list[Tool]:
    kinds = {entry["code"]: _kind(ctx, entry) for entry in words["kinds"]}
    query = sa.select(OrgUnit.id).where(OrgUnit.kind == "centre", OrgUnit.active.is_(True)).order_by(OrgUnit.id)
    unit_id = ctx.session.scalars(query.limit(1)).first()
    supplier_id = ctx.session.scalar(sa.select(sa.func.min(Supplier.id)))
    kit = ctx.session.scalars(sa.select(Kit).order_by(Kit.id).limit(1)).first()  # that of the profile
    if kit is None:
        kit = kits.save_kit(ctx, KitData(words["kit"]["code"], words["kit"]["name"], unit_id))
    known = {line.kind.code for line in kit_queries.lines_of(ctx, [kit.id])}
    for code, quantity in words["contents"].items():
        if code not in known:
            kits.save_line(ctx, kit.id, kinds[code], quantity)
    unit_id = kit.unit_id or unit_id
    made = []
    for number, entry in enumerate(words["tools"]):
        inspected = entry.get("inspected")
        bought = ctx.today - dt.timedelta(days=120 + 40 * number)
        data = ToolData(
            entry["name"], kinds[entry["kind"]], serial=entry.get("serial", ""), price=Decimal(entry["price"]),
            bought_on=bought, supplier_id=supplier_id, unit_id=unit_id, kit_id=kit.id, note=words["note"],
            inspect_by=ctx.today + dt.timedelta(days=425 - inspected) if inspected else None,
        )  # fmt: skip
        made.append(tools.save_tool(ctx, data))
    return made


def _kind(ctx: Ctx, entry: dict[str, Any]) -> int:
    known = queries.kind_by_code(ctx, entry["code"])
    if known is not None:
        return known.id
    return tools.save_kind(ctx, ToolKindData(entry["code"], entry["name"], entry.get("inspect_months"))).id


def _happenings(ctx: Ctx, words: dict[str, Any], made: list[Tool], people: list[int]) -> None:
    first, second = people[0], people[1 % len(people)]
    _van, weld, _old, third, hammer, drill, puller, case, small, meter = (tool.id for tool in made)
    month, week = ctx.at(ctx.now - dt.timedelta(days=40)), ctx.at(ctx.now - dt.timedelta(days=6))
    for tool_id in (weld, case):
        kept = _given(month, tool_id, first, words["note"])
        issue_document(month, CARD, RecordRef(CUSTODY, kept))
    for tool_id, happened, what, fault, why in (
        (hammer, "loss", words["lost"], "fault", words["fault"]),
        (drill, "damage", words["cracked"], "none", words["free"]),
        (puller, "damage", words["scratched"], "fault", words["fault"]),
    ):
        row = _given(month, tool_id, second)
        _lost, claim = custody.report(week, row, happened, what)
        if claim is not None and tool_id != puller:
            tool_claims.decide(week, claim.id, fault, why)
            if claim.state == "decided":
                tool_claims.approve(week, claim.id)
                tool_claims.note_payment(ctx, claim.id, words["paid"])
    back = _given(month, small, second)
    custody.take_back(week, back, GivenBack("worn"))
    given = custody.hand_over(week, small, HandOver(second))
    custody.decline(week, given.id, words["declined"])
    if second != first:
        custody.hand_on(ctx, _held(ctx, case), HandOver(second))
    custody.hand_over(ctx, meter, HandOver(first, note=words["note"]))
    tools.send_to_repair(week, third, words["repair"])
    tools.record_inspection(week, weld, week.today, week.today + dt.timedelta(days=365), words["inspected"])
    tools.retire(ctx, small, words["old"])


def _given(ctx: Ctx, tool_id: int, user_id: int, note: str = "") -> int:
    row = custody.hand_over(ctx, tool_id, HandOver(user_id, note=note))
    custody.accept(ctx, row.id, Signed(drawn()))
    return row.id


def _held(ctx: Ctx, tool_id: int) -> int:
    row = queries.of_tool(ctx, tool_id, "held")
    assert row is not None
    return row.id


def drawn() -> bytes:
    """A line as of a finger, as PNG."""
    rows = b""
    for y in range(_HEIGHT):
        row = bytearray(b"\x00" * (_WIDTH * 4))
        for x in range(30, _WIDTH - 30):
            if abs(y - 60 - 30 * ((x // 20) % 3 - 1) * (x % 20) / 20) < 2:
                row[x * 4 : x * 4 + 4] = b"\x10\x14\x20\xff"
        rows += b"\x00" + bytes(row)
    head = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 6, 0, 0, 0)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
