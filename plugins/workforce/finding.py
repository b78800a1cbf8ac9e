"""What records of workforce are found by in the search box."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, Searchable, SearchText
from plugins.workforce.models import Certificate
from plugins.workforce.queries.people import names_of


def _certificates(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    query = sa.select(Certificate).where(Certificate.id.in_(ids)).options(orm.joinedload(Certificate.skill))
    rows = list(ctx.session.scalars(query))
    names = names_of(ctx, [row.assignee_id for row in rows])
    return {
        row.id: SearchText(
            f"{row.number} {row.skill.name}", names.get(row.assignee_id or 0, ""), (row.issuer,),
            row.unit_id, row.assignee_id,
        )
        for row in rows
    }


CERTIFICATES = Searchable(_certificates)
