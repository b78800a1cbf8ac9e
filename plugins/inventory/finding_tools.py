"""What tools are found by in the search box."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, Searchable, SearchText
from plugins.inventory.models import Tool


def _tools(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    rows = ctx.session.scalars(sa.select(Tool).where(Tool.id.in_(ids)).options(orm.joinedload(Tool.kind)))
    return {row.id: SearchText(f"{row.number} {row.name}", row.kind.name, (row.serial, row.note)) for row in rows}


TOOLS = Searchable(_tools)
