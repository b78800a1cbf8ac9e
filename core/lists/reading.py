"""What an address (or a saved filter) asks of a declared list, as a query: narrowed, sorted, counted, in pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.context import Ctx
from core.lists.filters import Gone
from core.lists.model import ListColumn, ListDef, ListTab
from core.paging import COUNT_LIMIT, Key, paged

LONGEST_SEARCH = 100


@dataclass(frozen=True)
class Asked:
    """Tab, search, filters and order of a list. ``sort`` is a column's key, with ``-`` before it downwards."""

    tab: str = ""
    search: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""

    def but(self, **changes: Any) -> Asked:
        """The same with something else."""
        return replace(self, **changes)


def read_asked(definition: ListDef, args: Mapping[str, str]) -> Asked:
    """What the arguments of an address ask for; what the list does not know is left out."""
    filters = {f.key: text for f in definition.filters if (text := f.read(args))}
    tab = definition.tab(args.get("tab", ""))
    sort = args.get("sort", "")
    column = definition.column(sort.removeprefix("-"))
    return Asked(
        tab.key if tab else "",
        args.get("search", "").replace("\0", "").strip()[:LONGEST_SEARCH],
        filters,
        sort if column is not None and column.sort is not None else "",
    )


def arguments_of(definition: ListDef, asked: Asked) -> dict[str, str]:
    """The same as arguments of an address; the way back of ``read_asked``."""
    args = {"tab": asked.tab, "search": asked.search, "sort": asked.sort}
    for item in definition.filters:
        text = asked.filters.get(item.key, "")
        names = item.arguments
        parts = text.split("..") if len(names) == 2 and text else [text]
        args.update(zip(names, parts, strict=False))
    return {name: text for name, text in args.items() if text}


def known_arguments(definition: ListDef) -> set[str]:
    """The arguments that say what a list shows; anything else in an address is not part of a saved filter."""
    return {"tab", "search", "sort", *(name for f in definition.filters for name in f.arguments)}


def rows_of_list(ctx: Ctx, definition: ListDef) -> sa.Select:
    """All rows that the list is about."""
    return definition.query(ctx) if definition.query is not None else sa.select(definition.model)


def gone_filters(ctx: Ctx, definition: ListDef, asked: Asked) -> list[str]:
    """The keys of the filters whose value names something that is not there (any more)."""
    gone = []
    for item in definition.filters:
        if text := asked.filters.get(item.key, ""):
            try:
                item.condition(ctx, text)
            except Gone:
                gone.append(item.key)
    return gone


def narrowed(ctx: Ctx, definition: ListDef, asked: Asked) -> sa.Select:
    """The rows that are asked for. A filter that names something gone finds nothing."""
    query = rows_of_list(ctx, definition)
    for condition in _conditions(ctx, definition, asked):
        query = query.where(condition)
    return query


def _conditions(ctx: Ctx, definition: ListDef, asked: Asked) -> Iterator[Any]:
    tab = definition.tab(asked.tab)
    if tab is not None and tab.where is not None:
        yield tab.where(ctx)
    if asked.search and definition.search is not None:
        yield definition.search(ctx, asked.search)
    for item in definition.filters:
        if text := asked.filters.get(item.key, ""):
            try:
                yield item.condition(ctx, text)
            except Gone:
                yield sa.false()


def sort_keys(ctx: Ctx, definition: ListDef, asked: Asked) -> list[Key]:
    """What the rows are sorted by, the id last: as asked, else as the tab or the list says."""
    tab = definition.tab(asked.tab)
    keys = _own_keys(definition, asked)
    if tab is None or tab.ahead is None or _sorts(definition, asked):
        return keys
    return [Key(sa.case((tab.ahead(ctx), 0), else_=1), nullable=False), *keys]


def _sorts(definition: ListDef, asked: Asked) -> bool:
    """Whether a person has asked for an order that the list knows."""
    column = definition.column(asked.sort.removeprefix("-")) if asked.sort else None
    return column is not None and column.sort is not None


def _own_keys(definition: ListDef, asked: Asked) -> list[Key]:
    column = definition.column(asked.sort.removeprefix("-")) if asked.sort else None
    if column is not None and column.sort is not None:
        down = asked.sort.startswith("-")
        pairs: Sequence[tuple[Any, bool]] = ((column.sort, down),)
    else:
        tab = definition.tab(asked.tab)
        pairs = (tab.order if tab else ()) or definition.order
    last = pairs[-1][1] if pairs else True
    return [*(Key(c, d) for c, d in pairs), Key(definition.model.id, last)]


def sorted_by(definition: ListDef, asked: Asked) -> tuple[str, bool]:
    """(key of the column, downwards) by which the rows stand, empty when no column shows it."""
    first = _own_keys(definition, asked)[0]
    for column in definition.columns:
        if column.sort is first.column:
            return column.key, first.desc
    return "", first.desc


def page_of(ctx: Ctx, definition: ListDef, asked: Asked, cursor: str | None, size: int | None = None):
    """One page of records, and how many there are up to 1,001."""
    keys = sort_keys(ctx, definition, asked)
    return paged(ctx, narrowed(ctx, definition, asked), keys, size=size or definition.page_size, cursor=cursor)


def prepared_rows(ctx: Ctx, definition: ListDef, records: list) -> list[tuple[Any, Any]]:
    """(record, row that columns read) of each record."""
    rows = definition.prepare(ctx, records) if definition.prepare is not None else records
    return list(zip(records, rows, strict=True))


def counted(ctx: Ctx, definition: ListDef, more: Mapping[str, Asked] | None = None) -> dict[str, int]:
    """How many rows each tab has, and each of ``more``, counted no further than 1,001; one statement for all."""
    queries: dict[str, sa.Select] = {}
    for tab in definition.tabs:
        if tab.counted:
            queries[tab.key] = narrowed(ctx, definition, Asked(tab.key))
    for name, asked in (more or {}).items():
        queries[name] = narrowed(ctx, definition, asked)
    return count_each(ctx, definition.model, queries)


def count_each(ctx: Ctx, model: Any, queries: Mapping[str, sa.Select]) -> dict[str, int]:
    """How many rows each query has, up to 1,001, in one statement."""
    if not queries:
        return {}
    names = list(queries)
    columns = []
    for place, name in enumerate(names):
        some = queries[name].options(orm.lazyload("*")).order_by(None)
        some = some.with_only_columns(model.id, maintain_column_froms=True).limit(COUNT_LIMIT + 1)
        counted_rows = sa.select(sa.func.count()).select_from(some.subquery()).scalar_subquery()
        columns.append(counted_rows.label(f"n{place}"))
    row = ctx.session.execute(sa.select(*columns)).one()
    return dict(zip(names, row, strict=True))


def first_tab(definition: ListDef, counts: Mapping[str, int]) -> str:
    """The tab that opens when none is named: the first of ``first`` that has rows, else the last of them."""
    for key in definition.first:
        if counts.get(key):
            return key
    if definition.first:
        return definition.first[-1]
    return definition.tabs[0].key if definition.tabs else ""


def board_tabs(definition: ListDef) -> list[ListTab]:
    """The tabs that the board has, too."""
    return [t for t in definition.tabs if t.on_board]


def chosen_columns(definition: ListDef, keys: Sequence[str] | None) -> list[ListColumn]:
    """The columns to show, in the declared order: those named, else those shown by default; fixed ones always."""
    wanted = set(keys) if keys else {c.key for c in definition.columns if c.shown}
    return [c for c in definition.columns if c.fixed or c.key in wanted]
