"""Loaners of every sort: free, reserved, out, overdue, back and to be made ready; one that came back long ago."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.api import Ctx, RecordRef, answer_checklist, issue_document
from plugins.inventory.contracts import Circumstances, PartData, ReceiptLine
from plugins.inventory.loaner_contracts import (
    CLEANING,
    LOAN,
    LOAN_SHEET,
    HandOutData,
    LoanerData,
    ReserveData,
    TakeBackData,
)
from plugins.inventory.models import Loan, Measure, Serial
from plugins.inventory.queries import loaners as queries
from plugins.inventory.queries.trace import CUSTOMER
from plugins.inventory.services import lending, loaners, parts, stock

_READY = {"cleaned": "ok", "wiped": "yes", "tried": "ok", "complete": "yes"}
PIECES = 6


def fill(ctx: Ctx, words: dict[str, Any], where: dict[str, int], products: list[int]) -> None:
    """Six pieces; to whom they are lent are the company's first customers."""
    told = words["loaners"]
    customers = _customers(ctx)
    if not customers or not products:
        return
    begun = ctx.at(ctx.now - dt.timedelta(days=45))
    pieces = _pool(begun, told, where, products)
    old = _lent(ctx, pieces[0], customers[0], 40, 30, told)
    _returned(ctx, old, 31, told, ready=True)
    _lent(ctx, pieces[1], customers[1 % len(customers)], 3, -9, told)
    _lent(ctx, pieces[2], customers[2 % len(customers)], 19, 5, told)
    worn = _lent(ctx, pieces[3], customers[3 % len(customers)], 12, 2, told)
    _returned(ctx, worn, 1, told, ready=False)
    data = ReserveData(
        RecordRef(CUSTOMER, customers[0]), pieces[4], ctx.today + dt.timedelta(days=2),
        ctx.today + dt.timedelta(days=12),
    )  # fmt: skip
    lending.reserve(ctx, data)


def _customers(ctx: Ctx) -> list[int]:
    model: Any = ctx.registry.kinds[CUSTOMER].model
    return list(ctx.session.scalars(sa.select(model.id).order_by(model.id).limit(4)))


def _pool(ctx: Ctx, told: dict[str, Any], where: dict[str, int], products: list[int]) -> list[int]:
    pcs = ctx.session.scalar(sa.select(Measure.id).where(Measure.code == "pcs")) or 0
    part = parts.save_part(ctx, PartData(told["code"], told["name"], pcs, "serial"))
    lines = [ReceiptLine(part.id, serial=f"{told['serial']}{n:03d}") for n in range(1, PIECES + 1)]
    stock.receive(ctx, lines, where["main"], Circumstances(told["bought"]))
    query = sa.select(Serial.id).where(Serial.part_id == part.id).order_by(Serial.id)
    data = LoanerData(tuple(products), accessories="\n".join(told["accessories"]))
    return [loaners.add(ctx, serial_id, data).id for serial_id in ctx.session.scalars(query).all()]


def _lent(ctx: Ctx, loaner_id: int, customer_id: int, out: int, due: int, told: dict[str, Any]) -> Loan:
    """Handed out so many days ago, to be back so many days ago."""
    then = ctx.at(ctx.now - dt.timedelta(days=out))
    until = ctx.today - dt.timedelta(days=due)
    row = lending.reserve(then, ReserveData(RecordRef(CUSTOMER, customer_id), loaner_id, then.today, until))
    grades = dict.fromkeys(queries.points(ctx), "good")
    data = HandOutData(told["person"], until, grades, told["out"], tuple(told["accessories"]))
    lending.hand_out(then, row.id, data)
    issue_document(then, LOAN_SHEET, RecordRef(LOAN, row.id))
    return row


def _returned(ctx: Ctx, row: Loan, back: int, told: dict[str, Any], *, ready: bool) -> None:
    then = ctx.at(ctx.now - dt.timedelta(days=back))
    grades = dict.fromkeys(queries.points(ctx), "good")
    if ready:
        lending.take_back(then, row.id, TakeBackData(grades, told["back"]))
        answer_checklist(then, row, CLEANING, _READY)
        lending.clear(then, row.id)
        return
    grades["housing"] = "damaged"
    data = TakeBackData(
        grades, told["back"], tuple(told["accessories"][:1]), damage=told["damage"], damage_amount=Decimal(180)
    )
    lending.take_back(then, row.id, data)
