"""What decisions on coverage hold about a person, and removing it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.api import Ctx, PersonalData, RecordRef, _
from plugins.base.queries import ids_of_person
from plugins.warranty.contracts import DECISION
from plugins.warranty.models import CoverageDecision

CUSTOMER = "base.customer"


def personal_data(ctx: Ctx, ref: RecordRef) -> list[PersonalData]:
    """The decisions about a customer's units."""
    found = _decisions(ctx, ref)
    if not found:
        return []
    return [
        PersonalData(
            _("Decisions on coverage"),
            len(found),
            _("The problem in words, the reasons of people"),
            _("Number, unit, facts of the warranty, what was decided by which rule: books and regulations need them"),
            tuple(RecordRef(DECISION, d.id) for d in found),
            max(d.made_at for d in found),
        )
    ]


def erase(ctx: Ctx, ref: RecordRef) -> None:
    """Remove what people wrote; what was decided and why stays."""
    for row in _decisions(ctx, ref):
        row.problem = row.reason = row.settled_reason = ""


def _decisions(ctx: Ctx, ref: RecordRef) -> list[Any]:
    if ref.kind != CUSTOMER:
        return []
    query = sa.select(CoverageDecision).where(CoverageDecision.customer_id.in_(ids_of_person(ctx, ref.id)))
    return list(ctx.session.scalars(query.order_by(CoverageDecision.id)))
