"""What trips and returns hold about a customer, and removing it."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, PersonalData, RecordRef, _
from plugins.service import erasing
from plugins.service.after_contracts import EXPENSE, RETURN
from plugins.service.models import Agreement, Briefing, Expense, ReturnCheck
from plugins.service.queries import after as queries


def personal_data(ctx: Ctx, ref: RecordRef) -> list[PersonalData]:
    """Plans told, agreements, returns and expenses of a customer's orders."""
    ids = [o.id for o in erasing.orders_of(ctx, ref)]
    if not ids:
        return []
    briefings = list(ctx.session.scalars(sa.select(Briefing).where(Briefing.order_id.in_(ids)).order_by(Briefing.id)))
    agreements = list(ctx.session.scalars(sa.select(Agreement.at).where(Agreement.order_id.in_(ids))))
    returns = queries.returns_of_orders(ctx, ids)
    expenses = list(ctx.session.scalars(sa.select(Expense).where(Expense.order_id.in_(ids)).order_by(Expense.id)))
    moments = [*(b.at for b in briefings), *agreements, *(r.since for r in returns), *(e.at for e in expenses)]
    if not moments:
        return []
    return [
        PersonalData(
            _("Trips and returns"),
            len(moments),
            _("Who was told which plan, remarks of agreements and checks, what expenses were for"),
            _("Dates, results, amounts and who of us did it: statistics and bookkeeping need them"),
            (*(RecordRef(RETURN, r.id) for r in returns), *(RecordRef(EXPENSE, e.id) for e in expenses)),
            max(moments),
        )
    ]


def erase(ctx: Ctx, ref: RecordRef) -> None:
    """Remove what may name the customer. An expense is called by its number from now on."""
    ids = [o.id for o in erasing.orders_of(ctx, ref)]
    if not ids:
        return
    for briefing in ctx.session.scalars(sa.select(Briefing).where(Briefing.order_id.in_(ids)).order_by(Briefing.id)):
        briefing.told_to = briefing.plan = briefing.notes = ""
    for agreement in ctx.session.scalars(
        sa.select(Agreement).where(Agreement.order_id.in_(ids)).order_by(Agreement.id)
    ):
        agreement.note = ""
    returns = queries.returns_of_orders(ctx, ids)
    for row in returns:
        row.asked_reason = ""
    checks = sa.select(ReturnCheck).where(ReturnCheck.return_id.in_([r.id for r in returns])).order_by(ReturnCheck.id)
    for check in ctx.session.scalars(checks):
        check.note = ""
    for expense in ctx.session.scalars(sa.select(Expense).where(Expense.order_id.in_(ids)).order_by(Expense.id)):
        expense.what, expense.reason, expense.refused_reason, expense.once = expense.number, "", "", None
