"""What complaints are found by in the search box."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, Searchable, SearchText
from plugins.complaints.models import CauseAction, Complaint


def _complaints(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    query = sa.select(Complaint).where(Complaint.id.in_(ids)).options(orm.selectinload(Complaint.customer))
    found = {}
    for c in ctx.session.scalars(query):
        name = c.person_name or (c.customer.name if c.customer else "")
        digits = c.phone_reversed[::-1]
        words = (digits, c.external_key or "", c.text[:200])
        found[c.id] = SearchText(f"{c.number} {c.subject}", name, words, c.unit_id, c.assignee_id)
    return found


COMPLAINTS = Searchable(_complaints)


def _actions(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    rows = ctx.session.scalars(sa.select(CauseAction).where(CauseAction.id.in_(ids)))
    return {a.id: SearchText(f"{a.number} {a.title}", "", (a.text[:200],), a.unit_id, a.assignee_id) for a in rows}


ACTIONS = Searchable(_actions)
