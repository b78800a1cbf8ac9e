"""What loaners and loans are found by in the search box."""

from __future__ import annotations

from core.api import Ctx, Searchable, SearchText
from plugins.inventory.models import Loan, Loaner
from plugins.inventory.queries import loaners as queries


def _loaners(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    rows = ctx.session.scalars(queries.loaner_rows(ctx).where(Loaner.id.in_(ids)))
    return {
        row.id: SearchText(
            f"{row.number} {row.serial.number}", f"{row.serial.part.code} {row.serial.part.name}", (row.note,)
        )
        for row in rows
    }  # fmt: skip


def _loans(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    rows = ctx.session.scalars(queries.loan_rows(ctx).where(Loan.id.in_(ids)))
    return {
        row.id: SearchText(
            f"{row.number} {row.loaner.number}", row.customer.name if row.customer is not None else "", (row.person,)
        )
        for row in rows
    }  # fmt: skip


LOANERS = Searchable(_loaners)
LOANS = Searchable(_loans)
