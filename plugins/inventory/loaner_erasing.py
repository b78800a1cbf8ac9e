"""What loans hold about a person, and removing it."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, PersonalData, RecordRef, _
from plugins.base.queries import ids_of_person
from plugins.inventory.loaner_contracts import LOAN
from plugins.inventory.models import Loan
from plugins.inventory.queries.trace import CUSTOMER


def personal_data(ctx: Ctx, ref: RecordRef) -> list[PersonalData]:
    """The loans of a customer."""
    found = _loans(ctx, ref)
    if not found:
        return []
    return [
        PersonalData(
            _("Loans of loaners"), len(found),
            _("Who took the loaner, remarks on its condition, on damage and how that was settled, reasons"),
            _("The number, the piece, days, grades of the condition and amounts: stock and accounts need them"),
            tuple(RecordRef(LOAN, row.id) for row in found),
            max(row.ended_at or row.back_at or row.out_at or row.reserved_at for row in found),
        )
    ]  # fmt: skip


def erase(ctx: Ctx, ref: RecordRef) -> None:
    """Remove all of it."""
    for row in _loans(ctx, ref):
        row.person = row.out_note = row.back_note = row.settled_note = row.ended_reason = ""
        row.damage = "–" if row.settled_at is not None else ""


def _loans(ctx: Ctx, ref: RecordRef) -> list[Loan]:
    if ref.kind != CUSTOMER:
        return []
    query = sa.select(Loan).where(Loan.customer_id.in_(ids_of_person(ctx, ref.id)))
    return list(ctx.session.scalars(query.order_by(Loan.id)))
