"""Bills of assemblies: what is in a part, in what it is."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, NotFound, _
from plugins.inventory.models import BillLine, Part


def with_words(query: sa.Select) -> sa.Select:
    """Lines with what they say."""
    return query.options(
        orm.joinedload(BillLine.assembly), orm.joinedload(BillLine.part), orm.joinedload(BillLine.measure)
    )


def get_line(ctx: Ctx, line_id: int) -> BillLine:
    """One line. Raises NotFound."""
    row = ctx.session.scalar(with_words(sa.select(BillLine).where(BillLine.id == line_id)))
    if row is None:
        raise NotFound("unknown_line", _("There is no such line of a bill of parts."))
    return row


def in_force(ctx: Ctx) -> sa.ColumnElement[bool]:
    """A condition: the line goes today."""
    return sa.and_(
        sa.or_(BillLine.since.is_(None), BillLine.since <= ctx.today),
        sa.or_(BillLine.until.is_(None), BillLine.until >= ctx.today),
    )


def inside(ctx: Ctx, part_id: int, limit: int) -> list[BillLine]:
    """What is in an assembly today."""
    query = with_words(sa.select(BillLine).where(BillLine.assembly_id == part_id, in_force(ctx)))
    return list(ctx.session.scalars(query.order_by(BillLine.id).limit(limit)))


def used_in(ctx: Ctx, part_id: int, limit: int) -> list[BillLine]:
    """The assemblies in which a part is today."""
    query = sa.select(BillLine).where(BillLine.part_id == part_id, BillLine.assembly_id.is_not(None), in_force(ctx))
    return list(ctx.session.scalars(with_words(query).order_by(BillLine.id).limit(limit)))


def edges(ctx: Ctx) -> dict[int, set[int]]:
    """Assembly → parts in it, of all lines whenever they go."""
    query = sa.select(BillLine.assembly_id, BillLine.part_id).where(BillLine.assembly_id.is_not(None)).distinct()
    found: dict[int, set[int]] = {}
    for assembly_id, part_id in ctx.session.execute(query):
        if assembly_id is not None:
            found.setdefault(assembly_id, set()).add(part_id)
    return found


def known_keys(ctx: Ctx, keys: Iterable[str]) -> set[str]:
    """Those of these keys that lines have already."""
    query = sa.select(BillLine.external_key).where(BillLine.external_key.in_(sorted(set(keys)) or [""]))
    return {key for key in ctx.session.scalars(query) if key}


def parts_named(ctx: Ctx, texts: Iterable[str]) -> dict[str, int]:
    """What a file calls parts → id: by the key of an earlier import, else by the code."""
    wanted = sorted(set(texts)) or [""]
    query = sa.select(Part.id, Part.code, Part.external_key)
    rows = ctx.session.execute(query.where(sa.or_(Part.code.in_(wanted), Part.external_key.in_(wanted)))).all()
    found = {row.code: row.id for row in rows}
    return found | {row.external_key: row.id for row in rows if row.external_key}


