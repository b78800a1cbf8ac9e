"""Merging a duplicate into the record it really is, and undoing that.

The core knows no business word: a kind of record says in its ``RecordKind.merge`` what is shown side by side and which
right is needed. Whatever points to the duplicate is found in the tables (``core.references``), in modules that are
switched off too, and moved; what was moved is kept row by row, so that it can be taken back while nothing contradicts.
The events of the duplicate stay as they are sealed and appear on the timeline of both.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, mapped_column

from core.context import Ctx
from core.db import (
    Base,
    BigId,
    CompanyOwned,
    Id,
    JsonType,
    bulk_insert,
    check_version,
    from_plain,
    note_written,
    plain,
    prepared,
    transaction,
)
from core.errors import Conflict, Invalid, NotFound
from core.events import Event, EventLink, RecordRef, emit
from core.i18n import _
from core.references import Pointer, ask_pointer, pointers_to
from core.registry import RecordKind
from core.search.index import mark_records
from core.settings import get_setting

UNDO_DAYS = "core.merge.undo_days"
_AT_ONCE = 500


class Merge(Base, CompanyOwned):
    """A duplicate that was merged, with everything that this moved; told by the events of the record's kind."""

    __tablename__ = "core_merge"
    __table_args__ = (
        sa.Index("ix_core_merge_target", "company_id", "kind", "target_id", "id"),
        sa.Index("ix_core_merge_duplicate", "company_id", "kind", "duplicate_id", "id"),
    )
    __audited__ = False

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(sa.String(80))
    duplicate_id: Mapped[int] = mapped_column(BigId)
    target_id: Mapped[int] = mapped_column(BigId)
    merged_at: Mapped[dt.datetime]
    merged_by: Mapped[str] = mapped_column(sa.String(120))
    moved: Mapped[list] = mapped_column(JsonType)
    """``[{"table", "column", "ids", "was", "to"}, …]``"""
    links: Mapped[list] = mapped_column(JsonType)
    """Ids of the event links that show the duplicate's history on the other record."""
    fields: Mapped[dict] = mapped_column(JsonType)
    """What the two records themselves said before and after: ``{"target": {field: [before, after]}, …}``."""
    undone_at: Mapped[dt.datetime | None]
    final: Mapped[bool] = mapped_column(default=False)
    """Personal data was erased since: it can't be undone any more."""


class ToldApart(Base, CompanyOwned):
    """Two records that look alike and are not the same, as somebody has said."""

    __tablename__ = "core_told_apart"
    __table_args__ = (sa.UniqueConstraint("company_id", "kind", "first_id", "second_id"),)
    __audited__ = False

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(sa.String(80))
    first_id: Mapped[int] = mapped_column(BigId)
    """The lower of the two ids."""
    second_id: Mapped[int] = mapped_column(BigId)
    said_at: Mapped[dt.datetime]
    said_by: Mapped[str] = mapped_column(sa.String(120))


@dataclass(frozen=True)
class Change:
    """Rows of ``model`` whose ``column`` goes from one value to another with a merge, and back when it is undone."""

    model: Any
    column: str
    ids: tuple[int, ...]
    was: Any
    to: Any


@dataclass(frozen=True)
class Alike:
    """A record that may be the same as another one, and why."""

    record: Any
    reason: str


def _nothing(*_arguments: Any) -> list:
    return []


@dataclass(frozen=True)
class Mergeable:
    """How duplicates of a kind of record are merged. The model has a column that says into which one it was.

    ``fields`` are (attribute, message id) of what is shown side by side and may be chosen; ``words(ctx, record, name)``
    words a value; those in ``exclusive`` may stand in one record only. ``merged`` and ``undone`` are events with the
    facts ``number``, ``name`` and ``into``. ``name(record)`` is what people call it. ``find(ctx, text)`` answers the
    record with this number. ``warnings(ctx, duplicate, target)`` are sentences shown before; ``changes`` answers
    ``Change`` of rows beside those that point to the duplicate. ``completed(record)`` fills columns that follow from
    the fields. ``alike(ctx, record)`` answers records that may be the same, ``suspects()`` a SELECT of those that have
    one.
    """

    right: str
    fields: tuple[tuple[str, str], ...]
    merged: str
    undone: str
    name: Callable[[Any], str]
    find: Callable[[Ctx, str], Any]
    words: Callable[[Ctx, Any, str], str] = lambda ctx, record, name: str(getattr(record, name) or "")
    into: str = "merged_into_id"
    exclusive: tuple[str, ...] = ()
    warnings: Callable[[Ctx, Any, Any], list[str]] = _nothing
    changes: Callable[[Ctx, Any, Any], list[Change]] = _nothing
    completed: Callable[[Any], Any] = _nothing
    alike: Callable[[Ctx, Any], list[Alike]] = _nothing
    suspects: Callable[[], sa.Select] | None = None


@dataclass(frozen=True)
class Line:
    """What a merge moves of one sort of rows: how many, and how many stay since the other record has the same."""

    plugin: str
    words: str
    count: int
    staying: int


@dataclass(frozen=True)
class MergePreview:
    """Both records side by side, what would move, and what to think of before."""

    duplicate: Any
    target: Any
    lines: tuple[Line, ...]
    events: int
    warnings: tuple[str, ...]


@dataclass
class Undone:
    """What undoing a merge brought back, and what it could not since it was changed or removed in the meantime."""

    target: Any = None
    duplicate: Any = None
    back: int = 0
    lost: int = 0
    fields: list[str] = field(default_factory=list)


# --- merging --------------------------------------------------------------------------------------------------------


def mergeable(ctx: Ctx, kind: str) -> tuple[RecordKind, Mergeable]:
    """The kind and how it is merged. Raises NotFound for one that is not, or whose module is off; needs its right."""
    known = ctx.registry.kinds.get(kind)
    owner = ctx.registry.owner_of("kinds", kind)
    if known is None or known.merge is None or (owner != "core" and owner not in ctx.enabled):
        raise NotFound("not_mergeable", _("There is no such page."))
    ctx.require(known.merge.right)
    return known, known.merge


def preview_merge(ctx: Ctx, kind: str, duplicate_id: int, target_id: int) -> MergePreview:
    """What merging would do. Raises as ``merge_records`` does."""
    known, how = mergeable(ctx, kind)
    duplicate, target = _both(ctx, known, how, duplicate_id, target_id)
    ctx.session.flush()
    source = RecordRef(kind, duplicate.id)
    sums: dict[tuple[str, str], list[int]] = {}
    for pointer in pointers_to(ctx.registry, kind):
        ids = _pointing(ctx, pointer, source, target.id)
        staying = len(_colliding(ctx, pointer, source, target.id) & set(ids))
        if ids:
            line = sums.setdefault((pointer.plugin, pointer.words(ctx.registry)), [0, 0])
            line[0] += len(ids) - staying
            line[1] += staying
    lines = [Line(plugin, words, n, staying) for (plugin, words), (n, staying) in sums.items()]
    return MergePreview(
        duplicate,
        target,
        tuple(sorted(lines, key=lambda one: (one.plugin != "core", one.plugin, one.words))),
        len(_events_to_show(ctx, source, RecordRef(kind, target.id))),
        tuple(how.warnings(ctx, duplicate, target)),
    )


def merge_records(
    ctx: Ctx,
    kind: str,
    duplicate_id: int,
    target_id: int,
    take: Iterable[str] = (),
    *,
    versions: tuple[int | None, int | None] = (None, None),
) -> Merge:
    """Merge a duplicate into the record it is: everything that points to it moves, its history shows on both.

    ``take`` are the fields whose value the record that stays takes from the duplicate. ``versions`` are those that the
    person saw, of the duplicate and of the other. The duplicate stays, out of use, and leads to the other one.
    """
    known, how = mergeable(ctx, kind)
    with transaction(ctx):
        duplicate, target = _both(ctx, known, how, duplicate_id, target_id, lock=True)
        for record, seen in zip((duplicate, target), versions, strict=True):
            check_version(record, seen)
        source, goal = RecordRef(kind, duplicate.id), RecordRef(kind, target.id)
        ctx.session.flush()
        changes = list(how.changes(ctx, duplicate, target))
        for pointer in pointers_to(ctx.registry, kind):
            ids = _pointing(ctx, pointer, source, target.id)
            if ids:
                stays = _colliding(ctx, pointer, source, target.id)
                moving = tuple(i for i in ids if i not in stays)
                changes.append(Change(pointer.model, pointer.column, moving, source.id, goal.id))
        told = {"number": known.number(duplicate), "name": how.name(duplicate), "into": known.number(target)}
        fields = _take(how, duplicate, target, set(take))
        ctx.session.flush()
        moved = [_carry_out(ctx, change) for change in changes if change.ids]
        links = _show_history(ctx, source, goal)
        merge = Merge(
            kind=kind,
            duplicate_id=source.id,
            target_id=goal.id,
            merged_at=ctx.now,
            merged_by=ctx.actor.name,
            moved=moved,
            links=links,
            fields=fields,
        )
        ctx.session.add(merge)
        ctx.session.flush()
        _look_again(ctx, known, source, goal)
        counts = {f"{m['table']}.{m['column']}": len(m["ids"]) for m in moved}
        emit(ctx, how.merged, goal, links=[source], **told, merge_id=merge.id, moved=counts)
        return merge


def _both(ctx: Ctx, known: RecordKind, how: Mergeable, duplicate_id: int, target_id: int, lock: bool = False):
    if duplicate_id == target_id:
        raise Invalid("merge_self", _("Choose another record: one can't be merged into itself."), "into")
    model: Any = known.model
    query = sa.select(model).where(model.id.in_((duplicate_id, target_id))).order_by(model.id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    rows = {row.id: row for row in ctx.session.scalars(query)}
    if len(rows) < 2:
        raise NotFound("unknown_record", _("There is no such record in this company."))
    duplicate, target = rows[duplicate_id], rows[target_id]
    if getattr(duplicate, how.into) or getattr(target, how.into):
        raise Conflict("merged_already", _("One of the two is a duplicate that was merged already."))
    return duplicate, target


def _pointing(ctx: Ctx, pointer: Pointer, source: RecordRef, target_id: int) -> list[int]:
    """Ids of the rows that point to the duplicate; the other record itself is none of them."""
    ids = list(ask_pointer(ctx, pointer, "ids", source).scalars())
    own: Any = ctx.registry.kinds[source.kind].model
    if pointer.table == own.__tablename__:
        ids = [i for i in ids if i not in (source.id, target_id)]
    return ids


def _colliding(ctx: Ctx, pointer: Pointer, source: RecordRef, target_id: int) -> set[int]:
    """Ids of the rows that can't move since the other record has one of the same key; they stay as they are."""
    found: set[int] = set()
    named = {"kind": source.kind} if pointer.kind_column else {}
    for statement in _collisions(pointer):
        found |= set(prepared(ctx, statement, record=source.id, other=target_id, **named).scalars())
    return found


@functools.cache
def _collisions(pointer: Pointer) -> tuple[Any, ...]:
    table = cast(sa.Table, pointer.model.__table__)
    keys = [[c.name for c in u.columns] for u in table.constraints if isinstance(u, sa.UniqueConstraint)]
    keys += [[c.name for c in index.columns] for index in table.indexes if index.unique]
    there = table.alias()
    statements = []
    for key in keys:
        if pointer.column not in key:
            continue
        rest = [name for name in key if name not in (pointer.column, "company_id")]
        same = [there.c[name] == table.c[name] for name in rest]
        twin = sa.exists().where(
            there.c.company_id == table.c.company_id, there.c[pointer.column] == sa.bindparam("other"), *same
        )
        where = [table.c.company_id == sa.bindparam("of_company"), table.c[pointer.column] == sa.bindparam("record")]
        if pointer.kind_column:
            where.append(table.c[pointer.kind_column] == sa.bindparam("kind"))
        statements.append(sa.select(table.c.id).where(*where, twin))
    return tuple(statements)


def _take(how: Mergeable, duplicate: Any, target: Any, take: set[str]) -> dict:
    """Put the chosen values into the record that stays, and the duplicate out of use; answers what was before."""
    said: dict[str, dict[str, list]] = {"target": {}, "duplicate": {}}
    session = cast(orm.Session, orm.object_session(duplicate))

    def put(which: str, record: Any, name: str, value: Any) -> None:
        before = getattr(record, name)
        if before != value:
            said[which][name] = [plain(before), plain(value)]
            setattr(record, name, value)

    chosen = {name: getattr(duplicate, name) for name, _words in how.fields if name in take}
    if hasattr(type(duplicate), "active"):
        put("duplicate", duplicate, "active", False)
    put("duplicate", duplicate, how.into, target.id)
    for name in chosen:
        if name in how.exclusive:
            put("duplicate", duplicate, name, None)
    session.flush()
    for name, value in chosen.items():
        put("target", target, name, value)
    how.completed(target)
    return said


def _carry_out(ctx: Ctx, change: Change) -> dict:
    """Write one change; answers it as it is kept."""
    statement = _update(change.model, change.column, False)
    for start in range(0, len(change.ids), _AT_ONCE):
        some = list(change.ids[start : start + _AT_ONCE])
        prepared(ctx, statement, some_ids=some, new_value=change.to)
    note_written(ctx, change.model, ({"id": i, change.column: change.to} for i in change.ids))
    ctx.session.expire_all()
    return {
        "table": change.model.__tablename__,
        "column": change.column,
        "ids": list(change.ids),
        "was": plain(change.was),
        "to": plain(change.to),
    }


@functools.cache
def _update(model: Any, column: str, only_unchanged: bool) -> Any:
    table = cast(sa.Table, model.__table__)
    kept = table.c[column]
    where = [table.c.company_id == sa.bindparam("of_company"), table.c.id.in_(sa.bindparam("some_ids", expanding=True))]
    if only_unchanged:
        where.append(kept.is_not_distinct_from(sa.bindparam("old_value", type_=kept.type)))
    values: dict[Any, Any] = {kept: sa.bindparam("new_value", type_=kept.type)}
    if "version" in table.c:
        values[table.c.version] = table.c.version + 1
    statement = sa.update(table).where(*where).values(values)
    return statement.returning(table.c.id) if only_unchanged else statement


def _events_to_show(ctx: Ctx, source: RecordRef, goal: RecordRef) -> list[int]:
    """The events on the duplicate's timeline that are not on the other one's yet."""
    shown = _on_timeline(ctx, goal)
    return sorted(_on_timeline(ctx, source) - shown)


def _on_timeline(ctx: Ctx, ref: RecordRef) -> set[int]:
    own = sa.select(Event.id).where(Event.record_kind == ref.kind, Event.record_id == ref.id)
    linked = sa.select(EventLink.event_id).where(EventLink.record_kind == ref.kind, EventLink.record_id == ref.id)
    return set(ctx.session.scalars(own)) | set(ctx.session.scalars(linked))


def _show_history(ctx: Ctx, source: RecordRef, goal: RecordRef) -> list[int]:
    rows = [
        {"event_id": number, "record_kind": goal.kind, "record_id": goal.id}
        for number in _events_to_show(ctx, source, goal)
    ]
    return bulk_insert(ctx, EventLink, rows, returning=EventLink.id)


def _look_again(ctx: Ctx, known: RecordKind, *refs: RecordRef) -> None:
    if known.found is not None:
        mark_records(ctx, known.kind, [ref.id for ref in refs])


# --- undoing --------------------------------------------------------------------------------------------------------


def merges_of(ctx: Ctx, kind: str, record_id: int) -> list[Merge]:
    """The duplicates that were merged into a record and not taken out again, newest first; at most 20."""
    query = sa.select(Merge).where(Merge.kind == kind, Merge.target_id == record_id, Merge.undone_at.is_(None))
    return list(ctx.session.scalars(query.order_by(Merge.id.desc()).limit(20)))


def merge_by_id(ctx: Ctx, merge_id: int) -> Merge:
    """One merge. NotFound when there is none; needs the right to merge this kind of record."""
    merge = ctx.session.get(Merge, merge_id)
    if merge is None:
        raise NotFound("unknown_merge", _("There is no such page."))
    mergeable(ctx, merge.kind)
    return merge


def undo_until(ctx: Ctx, merge: Merge) -> dt.datetime:
    """Until when a merge can be undone, by the company's setting."""
    return merge.merged_at + dt.timedelta(days=get_setting(ctx, UNDO_DAYS))


def undo_merge(ctx: Ctx, merge_id: int) -> Undone:
    """Take a duplicate out again: what was moved and has not been moved elsewhere since goes back to it.

    Rows made since stay where they are. Raises Conflict when the time is over, when it was undone already, or when the
    record was itself merged since (that one first).
    """
    with transaction(ctx):
        merge = merge_by_id(ctx, merge_id)
        known, how = mergeable(ctx, merge.kind)
        duplicate, target = _to_part(ctx, known, how, merge)
        answer = Undone(target, duplicate)
        for change in merge.moved:
            back = _carry_back(ctx, change)
            answer.back += back
            answer.lost += len(change["ids"]) - back
        ctx.session.expire_all()
        answer.fields = _give_back(how, duplicate, target, merge.fields)
        for start in range(0, len(merge.links), _AT_ONCE):
            gone = sa.delete(EventLink).where(EventLink.id.in_(merge.links[start : start + _AT_ONCE]))
            ctx.session.execute(gone, execution_options={"synchronize_session": False})
        merge.undone_at = ctx.now
        ctx.session.flush()
        source, goal = RecordRef(merge.kind, duplicate.id), RecordRef(merge.kind, target.id)
        _look_again(ctx, known, source, goal)
        emit(
            ctx,
            how.undone,
            source,
            links=[goal],
            number=known.number(duplicate),
            name=how.name(duplicate),
            into=known.number(target),
            merge_id=merge.id,
            back=answer.back,
            lost=answer.lost,
        )
        return answer


def _to_part(ctx: Ctx, known: RecordKind, how: Mergeable, merge: Merge) -> tuple[Any, Any]:
    model: Any = known.model
    query = sa.select(model).where(model.id.in_((merge.duplicate_id, merge.target_id))).order_by(model.id)
    rows = {r.id: r for r in ctx.session.scalars(query.with_for_update().execution_options(populate_existing=True))}
    ctx.session.refresh(merge)
    if merge.undone_at is not None:
        raise Conflict("undone_already", _("This was undone already."))
    if merge.final:
        raise Conflict("undo_erased", _("Personal data was erased since. This can't be undone any more."))
    if ctx.now > undo_until(ctx, merge):
        days = get_setting(ctx, UNDO_DAYS)
        raise Conflict("undo_too_late", _("A merge can be undone for {n} days. This one is older.", n=days))
    duplicate, target = rows.get(merge.duplicate_id), rows.get(merge.target_id)
    if duplicate is None or target is None:
        raise NotFound("unknown_record", _("There is no such record in this company."))
    if getattr(target, how.into):
        raise Conflict("merged_since", _("The record that stayed was itself merged since. Undo that first."))
    return duplicate, target


def _carry_back(ctx: Ctx, kept: Mapping[str, Any]) -> int:
    mapper = next((m for m in Base.registry.mappers if str(m.local_table) == kept["table"]), None)
    if mapper is None or kept["column"] not in mapper.local_table.c:
        return 0
    model: Any = mapper.class_
    column = model.__table__.c[kept["column"]]
    was, to = from_plain(column, kept["was"]), from_plain(column, kept["to"])
    back: list[int] = []
    for start in range(0, len(kept["ids"]), _AT_ONCE):
        some = list(kept["ids"][start : start + _AT_ONCE])
        statement = _update(model, kept["column"], True)
        back += prepared(ctx, statement, some_ids=some, old_value=to, new_value=was).scalars()
    if back:
        note_written(ctx, model, ({"id": i, kept["column"]: was} for i in back))
    return len(back)


def _give_back(how: Mergeable, duplicate: Any, target: Any, fields: Mapping[str, Any]) -> list[str]:
    """Give both records their former values, where nobody has changed them since; answers the fields that stay."""
    stay = []
    session = cast(orm.Session, orm.object_session(target))
    for record, said in ((target, fields.get("target", {})), (duplicate, fields.get("duplicate", {}))):
        for name, (before, after) in said.items():
            column = type(record).__table__.c[name]
            if plain(getattr(record, name)) == after:
                setattr(record, name, from_plain(column, before))
            elif record is target or name in how.exclusive:
                stay.append(name)
        session.flush()
    how.completed(target)
    return stay


# --- what looks alike -----------------------------------------------------------------------------------------------


def tell_apart(ctx: Ctx, kind: str, one_id: int, other_id: int) -> None:
    """Remember that two records are not the same, so that nobody is asked again. Idempotent."""
    known, how = mergeable(ctx, kind)
    with transaction(ctx):
        one, other = _both(ctx, known, how, one_id, other_id)
        first, second = sorted((one_id, other_id))
        if (first, second) in told_apart(ctx, kind, [first]):
            return
        ctx.session.add(
            ToldApart(kind=kind, first_id=first, second_id=second, said_at=ctx.now, said_by=ctx.actor.name)
        )
        ctx.session.flush()
        emit(ctx, "core.told_apart", one, links=[other], number=known.number(one), other=known.number(other))


def told_apart(ctx: Ctx, kind: str, ids: Iterable[int]) -> set[tuple[int, int]]:
    """The pairs of which one is among ``ids`` that are known not to be the same, lower id first."""
    some = list(ids)
    query = sa.select(ToldApart.first_id, ToldApart.second_id).where(
        ToldApart.kind == kind, sa.or_(ToldApart.first_id.in_(some), ToldApart.second_id.in_(some))
    )
    return {(first, second) for first, second in ctx.session.execute(query)}


def is_told_apart(kind: str, first: Any, second: Any) -> sa.ColumnElement[bool]:
    """That two records, given as columns with the lower id first, are known not to be the same."""
    return sa.exists().where(ToldApart.kind == kind, ToldApart.first_id == first, ToldApart.second_id == second)


def alike(ctx: Ctx, kind: str, record: Any) -> list[Alike]:
    """Records that may be the same as this one and were not told apart from it."""
    _known, how = mergeable(ctx, kind)
    known_apart = told_apart(ctx, kind, [record.id])
    found = how.alike(ctx, record)
    return [a for a in found if tuple(sorted((a.record.id, record.id))) not in known_apart]
