"""What came back, what was found on it and decided; what was scrapped and what went back to a supplier."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.api import Ctx, RecordRef, answer_checklist, issue_document
from plugins.inventory.contracts import StockLine
from plugins.inventory.models import Balance, Inspection
from plugins.inventory.quality_contracts import INSPECTION, LABEL, ReturnData, ScrapData, VerdictData
from plugins.inventory.queries import quality as queries
from plugins.inventory.services import costs, quality, returns, scrapping, stock

_SOUND = {"identity": "yes", "complete": "yes", "fault": "yes"}
_COSTS = ("86", "24.5", "18.9", "42", "95", "160", "1280", "80")


def fill(ctx: Ctx, words: dict[str, Any], made: dict[str, int], where: dict[str, int], sellers: list[int]) -> None:
    """Two inspections wait, others are decided in every way; one scrapping waits as well."""
    told, codes = words["quality"], list(made)
    for code, amount in zip(codes, _COSTS, strict=True):
        costs.set_cost(ctx, made[code], Decimal(amount))
    belt, guard, oil, filters = (made[codes[n]] for n in (0, 1, 2, 3))
    week = ctx.at(ctx.now - dt.timedelta(days=6))
    stock.issue(week, [StockLine(guard, Decimal(5)), StockLine(filters, Decimal(4))])
    first = _back(week, guard, 4, "faulty", told["back"])
    quality.record_finding(week, first.id, told["finding"])
    _decide(week, first, "release", 1, told["sound"], to_id=where["main"])
    _decide(week, first, "rework", 1, told["rework"])
    _decide(week, first, "scrap", 1, told["cracked"])
    scrapping.carry_out(week, queries.scraps_of(week, first.id)[0].id)
    second = _back(week, filters, 2, "wrong", told["note"])
    _decide(week, second, "supplier", 2, told["note"], supplier_id=sellers[0])
    sent = queries.supplier_returns_of(week, second.id)[0]
    quality.settle(ctx.at(ctx.now - dt.timedelta(days=2)), sent.id, Decimal(1), told["settled"])
    third = returns.take_back(
        ctx, ReturnData(belt, Decimal(1), "field", "faulty", told["field"], before_book=True)
    )[0]
    issue_document(ctx, LABEL, RecordRef(INSPECTION, third.id))
    quality.inspect_stock(ctx, _balance(ctx, filters, where["main"]), Decimal(2), told["doubtful"])
    scrapping.ask_scrap(ctx, ScrapData(_balance(ctx, oil, where["main"]), Decimal("1.5"), told["old"]))


def _back(ctx: Ctx, part_id: int, quantity: int, reason: str, note: str) -> Inspection:
    row = returns.take_back(ctx, ReturnData(part_id, Decimal(quantity), "return", reason, note))[0]
    answer_checklist(ctx, row, "inventory.returned_goods", _SOUND)
    return row


def _decide(ctx: Ctx, row: Inspection, verdict: str, quantity: int, note: str, **more: Any) -> None:
    quality.decide(ctx, row.id, VerdictData(verdict, Decimal(quantity), note, **more))


def _balance(ctx: Ctx, part_id: int, location_id: int) -> int:
    query = sa.select(Balance.id).where(Balance.part_id == part_id, Balance.location_id == location_id)
    return ctx.session.scalars(query.order_by(Balance.id)).first() or 0
