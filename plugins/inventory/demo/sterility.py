"""Sterile goods sold long ago for the demonstration: one to ask production about, one being sterilised, one decided."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.api import Ctx, RecordRef
from plugins.inventory.contracts import BatchData, Circumstances, PartData, ReceiptLine, StockLine
from plugins.inventory.models import Batch, Measure, SterileCase
from plugins.inventory.queries.trace import CUSTOMER
from plugins.inventory.services import parts, sterility, stock
from plugins.inventory.sterile_contracts import SterileDecision


def fill(ctx: Ctx, words: dict[str, Any], where: dict[str, int]) -> None:
    """Three batches went out whole more than a year ago; the daily look found what nears its sterile date."""
    model: Any = ctx.registry.kinds[CUSTOMER].model
    customers = list(ctx.session.scalars(sa.select(model.id).order_by(model.id).limit(4)))
    if len(customers) < 4:
        return
    sold = ctx.at(ctx.now - dt.timedelta(days=420))
    measure = ctx.session.scalar(sa.select(Measure.id).where(Measure.code == "pcs"))
    assert measure is not None
    part_id = parts.save_part(sold, PartData("KIT-S", words["sterile_part"], measure, "batch")).id
    for number, left, pieces in (("S-01", 25, 8), ("S-02", -12, 4), ("S-03", 40, 4)):
        data = BatchData(number, sold.today, sterile_until=ctx.today + dt.timedelta(days=left))
        line = ReceiptLine(part_id, Decimal(pieces), batch=data)
        stock.receive(sold, [line], where["main"], Circumstances(words["sterile_part"]))
    query = sa.select(Batch.id).where(Batch.part_id == part_id).order_by(Batch.id)
    batches = list(ctx.session.scalars(query))
    for customer_id, batch_id in zip(customers, (*batches, batches[0]), strict=True):
        out = StockLine(part_id, Decimal(4), batch_id=batch_id)
        stock.issue(sold, [out], Circumstances(reference=RecordRef(CUSTOMER, customer_id)))
    sterility.find_sold(ctx)
    cases = list(ctx.session.scalars(sa.select(SterileCase.id).order_by(SterileCase.id)))
    for case_id in cases[1:]:
        sterility.ask_production(ctx, case_id, words["sterile_asked"])
        sterility.check_quality(ctx, case_id, "unaffected", words["sterile_looked"])
    sterility.have_sterilised(ctx, cases[2:3])
    sterility.have_sterilised(ctx, cases[3:])
    until = ctx.today + dt.timedelta(days=730)
    sterility.decide(ctx, cases[-1], SterileDecision("resterilised", words["sterile_done"], until))
