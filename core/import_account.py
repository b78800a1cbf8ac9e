"""The account of a load of all or nothing: what it has made, and what is to be told once it is whole.

Such a load works in batches, each kept by itself. With each batch the ranges of ids that it gave to new rows are kept,
and its events, which are not written yet: no handler acts on half a file, and the audit trail never tells of records
that were taken back. The time limits that it starts are not looked at. In the end either the news are told and the
time limits released, or everything is taken back, the newest first. What somebody used meanwhile stays.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.clocks import hold_clocks, release_clocks
from core.context import Ctx
from core.db import (
    Base,
    BigId,
    CompanyOwned,
    Id,
    JsonType,
    account_of,
    bulk_insert,
    from_plain,
    note_gone,
    owned_ref,
    plain,
    prepared,
    sorted_tables,
)
from core.events import Event, EventLink, tell, write_events
from core.search import mark_records

_NOT_OURS = frozenset({"core_sequence", "core_search_mark", "core_event", "core_event_link", "core_delivery"})
"""Tables whose new rows stay: a number once given is not given again."""
_NEWS = 200
"""Events that one row of the account holds."""
_ROWS = 1000
"""About so many rows are told of, or taken back, in one transaction."""


class ImportEntry(Base, CompanyOwned):
    """New rows of one table whose ids follow each other; or, without a table, events that are still to be told."""

    __tablename__ = "core_import_entry"
    __table_args__ = (sa.Index("ix_core_import_entry_rows", "company_id", "task_id", "table_name", "first_id"),)
    __audited__ = False

    id: Mapped[Id]
    task_id: Mapped[int] = owned_ref("core_task", index=False)
    table_name: Mapped[str] = mapped_column(sa.String(80), default="")
    first_id: Mapped[int | None] = mapped_column(BigId)
    last_id: Mapped[int | None] = mapped_column(BigId)
    news: Mapped[list] = mapped_column(JsonType, default=list)


@contextmanager
def account_kept(ctx: Ctx, task_id: int) -> Iterator[None]:
    """What is made and told inside is kept on the account of a task, in the open transaction."""
    with account_of(ctx) as account:
        yield
        write_events(ctx)
        ctx.session.flush()
    made: dict[str, list[int]] = {}
    for table, row_id in account["made"]:
        if table not in _NOT_OURS:
            made.setdefault(table, []).append(row_id)
    hold_clocks(ctx, made.get("core_clock", ()))
    rows = [
        {"task_id": task_id, "table_name": table.name, "first_id": first, "last_id": last, "news": []}
        for table in sorted_tables()  # what is pointed to comes first
        if table.name in made
        for first, last in _ranges(made[table.name])
    ]
    news = iter(account["news"])
    while some := list(itertools.islice(news, _NEWS)):
        rows.append({"task_id": task_id, "table_name": "", "first_id": None, "last_id": None, "news": plain(some)})
    bulk_insert(ctx, ImportEntry, rows)


def _ranges(ids: Iterable[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for number in sorted(set(ids)):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def is_open(ctx: Ctx, task_id: int) -> bool:
    """Whether something on the account of a load is still to be told or taken back."""
    return ctx.session.scalar(sa.select(ImportEntry.id).where(ImportEntry.task_id == task_id).limit(1)) is not None


def last_event(ctx: Ctx) -> int:
    """The newest event of the company: whatever is told later may be about rows of a load that begins now."""
    return ctx.session.scalar(sa.select(sa.func.max(Event.id))) or 0


def _some(ctx: Ctx, task_id: int, *, newest_first: bool) -> list[ImportEntry]:
    """The next entries to deal with, so many that their rows fit into one transaction."""
    order = ImportEntry.id.desc() if newest_first else ImportEntry.id
    query = sa.select(ImportEntry).where(ImportEntry.task_id == task_id).order_by(order).limit(100)
    found: list[ImportEntry] = []
    rows = 0
    for entry in ctx.session.scalars(query):
        found.append(entry)
        rows += _size(entry)
        if rows >= _ROWS:
            break
    return found


def _size(entry: ImportEntry) -> int:
    if entry.first_id is None or entry.last_id is None:
        return len(entry.news)
    return entry.last_id - entry.first_id + 1


def _forget(ctx: Ctx, entries: Iterable[ImportEntry]) -> None:
    known = list(entries)
    gone = sa.delete(ImportEntry).where(ImportEntry.id.in_([e.id for e in known]))
    ctx.session.execute(gone, execution_options={"synchronize_session": False})
    for entry in known:
        ctx.session.expunge(entry)


# --- the load is whole ------------------------------------------------------------------------------------------------


def tell_some(ctx: Ctx, task_id: int) -> bool:
    """Tell the next events of a load that is whole, and release its time limits; answers whether there were any."""
    entries = _some(ctx, task_id, newest_first=False)
    for entry in entries:
        if entry.table_name == "core_clock":
            release_clocks(ctx, range(entry.first_id or 0, (entry.last_id or 0) + 1))
        tell(ctx, entry.news)
    _forget(ctx, entries)
    return bool(entries)


# --- taking back ------------------------------------------------------------------------------------------------------


Used = dict[str, list[int]]
"""Table → ids of rows that stay."""


class TakingBack:
    """Takes the rows of a load back, the newest first; ``used`` says what stays, and is kept from batch to batch."""

    def __init__(self, ctx: Ctx, task_id: int, used: Used):
        self.ctx, self.task_id, self.used = ctx, task_id, used
        self.removed = 0
        self._kinds = {cast(Any, k.model).__tablename__: k.kind for k in ctx.registry.kinds.values()}
        self._tables = {kind: table for table, kind in self._kinds.items()}

    def some(self) -> bool:
        """Take the next rows back; answers whether there were any."""
        entries = _some(self.ctx, self.task_id, newest_first=True)
        for entry in entries:
            if entry.table_name:
                self._remove(entry.table_name, entry.first_id or 0, entry.last_id or 0)
            else:
                self._restore(entry.news)
                tell(self.ctx, [one for one in entry.news if self._stays(one["record_kind"], one["record_id"])])
        _forget(self.ctx, entries)
        return bool(entries)

    def _stays(self, kind: str, row_id: int | None) -> bool:
        return row_id in self.used.get(self._tables.get(kind, ""), ())

    def _remove(self, table_name: str, first: int, last: int) -> None:
        model = _class_of(table_name)
        staying = set(self.used.get(table_name, ()))
        ids = [number for number in range(first, last + 1) if number not in staying]
        try:
            with self.ctx.session.begin_nested():
                self._delete(model, ids)
        except sa.exc.IntegrityError:  # something that no event told of points to one of them
            pointed = {i for column in _pointing_to(table_name) for i in self._pointed(column, first, last)}
            self.used.setdefault(table_name, []).extend(sorted(pointed - staying))
            ids = [number for number in ids if number not in pointed]
            self._delete(model, ids)
        kind = self._kinds.get(table_name)
        if kind and self.ctx.registry.kinds[kind].found is not None:
            mark_records(self.ctx, kind, ids)
        self.removed += len(ids)

    def _delete(self, model: Any, ids: list[int]) -> None:
        table = model.__table__
        for start in range(0, len(ids), _ROWS):
            some = ids[start : start + _ROWS]
            where = [table.c.company_id == sa.bindparam("of_company"), table.c.id.in_(some)]
            prepared(self.ctx, sa.delete(table).where(*where))
        if ids:
            note_gone(self.ctx, model)

    def _pointed(self, column: sa.Column, first: int, last: int) -> list[int]:
        table = column.table
        where = [table.c.company_id == sa.bindparam("of_company"), column.between(first, last)]
        return list(prepared(self.ctx, sa.select(column).where(*where).distinct()).scalars())

    def _restore(self, news: list[dict]) -> None:
        """Give rows that were there before their former values, where nobody has changed them since."""
        for one in reversed(news):
            for change in reversed(one["changes"] or []):
                if change.get("verb") != "changed" or self._is_ours(change["table"], change["id"]):
                    continue
                row = self.ctx.session.get(_class_of(change["table"]), change["id"])
                for name, (before, after) in (change["fields"] if row is not None else {}).items():
                    if plain(getattr(row, name)) == after:
                        setattr(row, name, from_plain(_class_of(change["table"]).__table__.c[name], before))
        self.ctx.session.flush()

    # --- what was used meanwhile ---

    def look_for_use(self, after: int) -> int:
        """Let everything stay that an event after ``after`` is about, with what belongs to it; answers the newest
        event looked at. Rows of the load itself have left no event yet.
        """
        query = sa.select(Event).where(Event.id > after).order_by(Event.id).limit(_ROWS)
        events = list(self.ctx.session.scalars(query))
        hit = {pair for event in events for pair in self._about(event) if self._is_ours(*pair)}
        links = sa.select(EventLink.record_kind, EventLink.record_id).where(
            EventLink.event_id.in_([e.id for e in events])
        )
        for kind, row_id in self.ctx.session.execute(links) if events else ():
            if self._is_ours(self._tables.get(kind, ""), row_id):
                hit.add((self._tables[kind], row_id))
        new = [pair for pair in sorted(hit) if pair[1] not in self.used.get(pair[0], ())]
        for table, row_id in self._with_what_belongs_to(new):
            self.used.setdefault(table, []).append(row_id)
        return events[-1].id if events else after

    def _about(self, event: Event) -> Iterator[tuple[str, int]]:
        """The rows that an event tells of: its record, what was changed, and what that points to."""
        if event.record_id is not None:
            yield self._tables.get(event.record_kind, ""), event.record_id
        for change in event.changes or ():
            if "id" not in change:
                continue
            yield change["table"], change["id"]
            columns: Any = Base.metadata.tables[change["table"]].c if change["table"] in Base.metadata.tables else {}
            for name, (_before, after) in change["fields"].items():
                target = columns[name].info.get("owned_ref") if name in columns else None
                if target and after is not None:
                    yield target, after

    def _is_ours(self, table: str, row_id: int | None) -> bool:
        query = sa.select(ImportEntry.id).where(
            ImportEntry.task_id == self.task_id, ImportEntry.table_name == table,
            ImportEntry.first_id <= row_id, ImportEntry.last_id >= row_id,
        )  # fmt: skip
        return bool(table) and row_id is not None and self.ctx.session.scalar(query.limit(1)) is not None

    def _with_what_belongs_to(self, rows: list[tuple[str, int]]) -> list[tuple[str, int]]:
        """These rows, those of the load that point to them, and those of the load that all of them point to."""
        staying = dict.fromkeys(rows)
        for follow in (self._pointing, self._pointed_to):
            waiting = list(staying)
            while waiting:
                for pair in follow(*waiting.pop()):
                    if pair not in staying and self._is_ours(*pair):
                        staying[pair] = None
                        waiting.append(pair)
        return list(staying)

    def _pointing(self, table_name: str, row_id: int) -> Iterator[tuple[str, int]]:
        kind = self._kinds.get(table_name)
        for column in _pointing_to(table_name, of_any=kind is not None):
            table = column.table
            where = [table.c.company_id == sa.bindparam("of_company"), column == row_id]
            kind_column = _kind_column(column)
            if kind_column is not None:
                where.append(kind_column == kind)
            for found in prepared(self.ctx, sa.select(table.c.id).where(*where)).scalars():
                yield table.name, found

    def _pointed_to(self, table_name: str, row_id: int) -> Iterator[tuple[str, int]]:
        table = Base.metadata.tables[table_name]
        columns = [c for c in table.c if c.info.get("owned_ref")]
        if columns:
            where = [table.c.company_id == sa.bindparam("of_company"), table.c.id == row_id]
            row = prepared(self.ctx, sa.select(*columns).where(*where)).first() or ()
            yield from ((c.info["owned_ref"], v) for c, v in zip(columns, row, strict=False) if v is not None)


def _class_of(table: str) -> Any:
    return next(m.class_ for m in Base.registry.mappers if str(m.local_table) == table)


def _kind_column(column: sa.Column) -> sa.Column | None:
    """The column beside it that says of which kind the record is to which it points."""
    name = column.info.get("record_kind") or ("record_kind" if column.name == "record_id" else "")
    return column.table.c[name] if name and name in column.table.c else None


def _pointing_to(table_name: str, *, of_any: bool = False) -> list[sa.Column]:
    """The columns that point to rows of a table; ``of_any``: those, too, that point to a record of any kind."""
    return [
        column
        for table in sorted_tables()
        if "company_id" in table.c and "id" in table.c and table.name not in _NOT_OURS
        for column in table.c
        if column.info.get("owned_ref") == table_name or (of_any and _kind_column(column) is not None)
    ]
