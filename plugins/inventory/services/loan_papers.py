"""Lending by the number on a paper: whoever hands out may not see orders, but the customer stands there with one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from core.api import Ctx, Invalid, RecordRef, _
from plugins.inventory.loaner_contracts import About
from plugins.inventory.models import Loan
from plugins.inventory.queries import loaners as queries
from plugins.inventory.queries import records
from plugins.inventory.queries.places import names_of
from plugins.inventory.services.loaners import LEND
from plugins.inventory.services.reserving import ranking


def about_on_paper(ctx: Ctx, number: str) -> About:
    """What lending needs of the record with this very number: whose it is, for which product, who takes it. It opens
    nothing of the record to who may not see it. Raises Invalid, in words, where none with that number goes on.
    """
    ctx.require(LEND)
    number = number.strip()
    for name in ranking(ctx):
        kind = ctx.registry.kinds.get(name)
        model: Any = kind.model if kind is not None else None
        if model is None or not hasattr(model, "number") or not queries.may_borrow(ctx, RecordRef(name, 0)):
            continue
        row = ctx.session.scalar(sa.select(model).where(model.number == number))
        ref = RecordRef(name, row.id) if row is not None else None
        if ref is not None and not queries.over(ctx, ref, row) and _within_reach(ctx, ref):
            about = queries.about_row(ctx, ref, row)
            return about if records.words_of(ctx, [ref]) else replace(about, endpoint="")
    raise Invalid("unknown_number", _("No order with the number {number} goes on.", number=number[:40]), "number")


def _within_reach(ctx: Ctx, ref: RecordRef) -> bool:
    """Whoever sees records of this kind at all is shown those within reach, whoever sees none what is on the paper."""
    view = ctx.registry.kinds[ref.kind].view
    return bool(records.words_of(ctx, [ref])) or bool(view and not ctx.can(view))


def takers(ctx: Ctx, loan: Loan) -> list[str]:
    """Who is likely to take a loaner: who spoke for the customer, the customer, who is sent there."""
    ctx.require(LEND)
    kind, ref = ctx.registry.kinds.get(loan.record_kind), queries.ref_of_loan(loan)
    model: Any = kind.model if kind is not None and _within_reach(ctx, ref) else None
    row = ctx.session.scalar(sa.select(model).where(model.id == loan.record_id)) if model is not None else None
    assignee = names_of(ctx, [getattr(row, "assignee_id", None)])
    customer = loan.customer.name if loan.customer is not None else ""
    found = [getattr(row, "person_name", ""), customer, *assignee.values()]
    return list(dict.fromkeys(str(name) for name in found if name))
