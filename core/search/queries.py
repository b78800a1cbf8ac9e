"""Reading the index: the newest records that hold every word of a query, of the kinds that a person may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.context import Ctx
from core.search.grams import asked, grams_asked, holds
from core.search.index import SearchEntry, SearchGram, SearchMark

PAGE = 30
_SAMPLE = 3_000
"""Postings of a gram that are counted to see which gram is the rarest; beyond it grams count as equally common.
Counting one costs a hundredth of looking the other grams up for it.
"""
_LOOKED_AT = 4
"""How many times as many candidates as are wanted are read at once; some hold the grams and not the words."""


@dataclass(frozen=True)
class Found:
    """A record that was found; ``entry_id`` pages on."""

    kind: str
    record_id: int
    title: str
    detail: str
    entry_id: int


def kinds_seen(ctx: Ctx) -> list[str]:
    """The searchable kinds of enabled modules that this person may see."""
    on = {"core", *ctx.enabled}
    return [
        kind.kind
        for kind in ctx.registry.kinds.values()
        if kind.found is not None
        and ctx.registry.owner_of("kinds", kind.kind) in on
        and (not kind.view or ctx.can(kind.view))
    ]


def search_records(
    ctx: Ctx, query: str, *, kinds: Sequence[str] | None = None, before: int | None = None, limit: int = PAGE
) -> list[Found]:
    """The newest records that hold every word of ``query``, at most ``limit``; ``before`` (an entry's id) pages on.

    Records one of whose words is exactly what was asked for come first, on the first page. Only kinds that this person
    may see, of modules that are on, and within his or her organisation units.
    """
    seen = [k for k in kinds_seen(ctx) if kinds is None or k in kinds]
    pieces = asked(query)
    if not pieces or not seen:
        return []
    exact = _exact(ctx, pieces, seen, limit) if before is None else []
    grams = _rarest_first(ctx, list(dict.fromkeys(g for piece in pieces for g in grams_asked(piece))))
    if grams is None:
        return exact
    found = list(exact)
    known = {row.entry_id for row in exact}
    edge = before
    while len(found) < limit:
        rows = _candidates(ctx, grams, seen, edge, limit * _LOOKED_AT)
        found += [_found(r) for r in rows if r.id not in known and holds(r.haystack, pieces) and _seen(ctx, r)]
        if len(rows) < limit * _LOOKED_AT:
            break
        edge = rows[-1].id
    return found[:limit]


def _found(row: Any) -> Found:
    return Found(row.kind, row.record_id, row.title, row.detail, row.id)


def _exact(ctx: Ctx, pieces: list[str], kinds: list[str], limit: int) -> list[Found]:
    """Records one of whose words is the whole query: a number, a serial, a name."""
    if len(pieces) != 1:
        return []
    return [_found(row) for row in _candidates(ctx, [f"={pieces[0]}"], kinds, None, limit) if _seen(ctx, row)]


def _seen(ctx: Ctx, row: Any) -> bool:
    """Whether this person may see the record itself, where its kind is narrower than its right."""
    kind = ctx.registry.kinds[row.kind]
    if kind.sees is None:
        return True
    record = ctx.session.get(kind.model, row.record_id)
    return record is not None and kind.sees(ctx, record)


def _rarest_first(ctx: Ctx, grams: list[str]) -> list[str] | None:
    """The grams by how many records have them, counted no further than ``_SAMPLE``; None when nobody has one."""
    if len(grams) == 1:
        return grams
    counts = []
    for place, gram in enumerate(grams):
        some = sa.select(SearchGram.entry_id).where(SearchGram.gram == gram).limit(_SAMPLE).subquery()
        counts.append(sa.select(sa.func.count()).select_from(some).scalar_subquery().label(f"g{place}"))
    row = ctx.session.execute(sa.select(*counts)).one()
    if not all(row):
        return None
    return [gram for _count, gram in sorted(zip(row, grams, strict=True))]


def _candidates(ctx: Ctx, grams: list[str], kinds: list[str], before: int | None, size: int) -> list:
    """Entries that have all grams, newest first: read along the rarest one, the others are looked up."""
    first = aliased(SearchGram)
    query = (
        sa.select(SearchEntry)
        .join(first, sa.and_(first.company_id == SearchEntry.company_id, first.entry_id == SearchEntry.id))
        .where(first.gram == grams[0], SearchEntry.kind.in_(kinds))
    )
    for gram in grams[1:]:
        other = aliased(SearchGram)
        query = query.where(
            sa.exists().where(
                other.company_id == first.company_id, other.gram == gram, other.entry_id == first.entry_id
            )
        )
    if before is not None:
        query = query.where(first.entry_id < before)
    return list(ctx.session.scalars(query.order_by(first.entry_id.desc()).limit(size)))


def matching(ctx: Ctx, kind: str, id_column: Any, query: str) -> Any:
    """A condition for a list: the record's words hold every piece of ``query``. None when it asks for nothing."""
    pieces = asked(query)
    if not pieces:
        return None
    conditions = [SearchEntry.kind == kind, SearchEntry.record_id == id_column]
    for gram in dict.fromkeys(g for piece in pieces for g in grams_asked(piece)):
        other = aliased(SearchGram)
        conditions.append(
            sa.exists().where(
                other.company_id == SearchEntry.company_id, other.gram == gram, other.entry_id == SearchEntry.id
            )
        )
    return sa.exists().where(*conditions)


def waiting(ctx: Ctx, limit: int = 1000) -> int:
    """How many changes are not in the index yet, counted no further than ``limit``."""
    some = sa.select(SearchMark.id).limit(limit).subquery()
    return ctx.session.scalar(sa.select(sa.func.count()).select_from(some)) or 0
