"""The index: which records changed (written with the change itself), and bringing the index up to date afterwards.

A change of a searchable record, or of a part of it, leaves a mark in the same transaction. The worker takes marks in
batches, asks the module for the records' words and rewrites their grams. Marks are only ever added, so one that is
taken while another change is under way can't swallow that change: its own mark shows with its commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.context import Ctx
from core.db import (
    Base,
    BigId,
    CompanyOwned,
    CompanyScope,
    Id,
    UnitScoped,
    bulk_insert,
    transaction,
    watch_changes,
)
from core.search.grams import SearchText, grams_of

log = structlog.get_logger("sanbao.search")

BATCH = 200
"""Records that one transaction of the worker indexes."""
_REMEMBERED = 100
ALL = 0
"""In place of a record's id: every record of its kind."""


class SearchEntry(Base, CompanyOwned, UnitScoped):
    """What is shown of a found record, and the words by which it is found."""

    __tablename__ = "core_search_entry"
    __table_args__ = (sa.UniqueConstraint("company_id", "kind", "record_id"),)
    __audited__ = False

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(sa.String(80))
    record_id: Mapped[int] = mapped_column(BigId)
    title: Mapped[str] = mapped_column(sa.String(300))
    detail: Mapped[str] = mapped_column(sa.String(300), default="")
    haystack: Mapped[str] = mapped_column(sa.String(700))


class SearchGram(Base, CompanyOwned):
    """A gram of an entry's words. The key is the index that is searched; there is no other row."""

    __tablename__ = "core_search_gram"
    __table_args__ = (
        sa.Index("ix_core_search_gram_entry", "company_id", "entry_id"),
        {"sqlite_with_rowid": False},
    )
    __audited__ = False

    company_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("core_company.id"), primary_key=True)
    gram: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    entry_id: Mapped[int] = mapped_column(BigId, primary_key=True)


class SearchMark(Base, CompanyOwned):
    """A record (or, with ``record_id`` 0, every record of a kind beyond ``after_id``) whose entry is to be renewed."""

    __tablename__ = "core_search_mark"
    __audited__ = False

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(sa.String(80))
    record_id: Mapped[int] = mapped_column(BigId)
    after_id: Mapped[int] = mapped_column(BigId, default=0)


@dataclass(frozen=True)
class Searchable:
    """How the records of a kind are found: ``texts(ctx, ids)`` answers the words of each that is to be found.

    A record that it leaves out is not found (any more). ``parts`` are further classes whose rows change what a record
    is found by, each with the attribute that holds the record's id: ``((CustomerPhone, "customer_id"),)``. Where it
    stands in quite another record (the customer of a unit), whoever changes that one calls ``mark_records``.
    """

    texts: Callable[[Ctx, list[int]], Mapping[int, SearchText]]
    parts: tuple[tuple[type, str], ...] = ()


# --- marks, written with the change -----------------------------------------------------------------------------------


def watch(registry) -> None:
    """Have every change of a searchable record, or of a part of one, leave a mark. Called at start.

    A process that loads several sets of plugins (tests do) watches for all of them.
    """
    for kind in registry.kinds.values():
        if kind.found is not None:
            parts = [(kind.model, "id"), *kind.found.parts]
            for model, attribute in parts:
                wanted = _watched.setdefault(model.__tablename__, [])
                if (kind.kind, attribute) not in wanted:
                    wanted.append((kind.kind, attribute))
    watch_changes("search", {table: _noter(wanted) for table, wanted in _watched.items()}, write_marks)


_watched: dict[str, list[tuple[str, str]]] = {}
"""Table → (kind of record, attribute that holds its id) of everything that is searched."""


def _noter(wanted: list[tuple[str, str]]) -> Callable[[Session, Any], None]:
    def note(session: Session, row: Any) -> None:
        """``row`` is an object, the values of a row that is inserted in bulk, or None: any row of the table."""
        due = session.info.setdefault("search_due", [])
        due += [(kind, _id_of(row, attribute), _company_of(row)) for kind, attribute in wanted]

    return note


def _id_of(row: Any, attribute: str) -> int | None:
    """The record concerned; ALL where that is not known, None where there is none."""
    if row is None:
        return ALL
    return row.get(attribute, ALL) if isinstance(row, dict) else getattr(row, attribute)


def _company_of(row: Any) -> int | None:
    if row is None:
        return None
    return row["company_id"] if isinstance(row, dict) else row.company_id


def write_marks(session: Session) -> None:
    """Write the marks of what was changed so far, each record once; happens by itself before the commit."""
    due = dict.fromkeys(session.info.pop("search_due", ()))
    whole = {kind for kind, record_id, _company in due if record_id == ALL}
    marked = [
        (kind, record_id, company)
        for kind, record_id, company in due
        if record_id is not None and (record_id == ALL or kind not in whole)
    ]
    if not marked:
        return
    if isinstance(session.info.get("scope"), CompanyScope):
        rows = dict.fromkeys((kind, record_id) for kind, record_id, _company in marked)
        _mark(session, [{"kind": k, "record_id": r, "after_id": 0} for k, r in rows])
        return
    for kind, record_id, company in marked:
        if company is not None:
            session.add(SearchMark(company_id=company, kind=kind, record_id=record_id, after_id=0))
    session.flush()


def _mark(session: Session, rows: list[dict]) -> None:
    fresh = session.info.setdefault("search_fresh", [])
    fresh += bulk_insert(session, SearchMark, rows, SearchMark.id)
    del fresh[_REMEMBERED:]


def take_fresh(session: Session) -> list[int]:
    """The ids of the marks that this session has left since it was asked last; no more than a hundred."""
    return session.info.pop("search_fresh", [])


def mark_records(ctx: Ctx, kind: str, ids: Iterable[int] | None = None) -> None:
    """Have these records (or all of the kind) indexed anew: what they are found by stands in another record, which was
    changed. Called in that change's transaction.
    """
    due = [ALL] if ids is None else sorted(set(ids))
    _mark(ctx.session, [{"kind": kind, "record_id": record_id, "after_id": 0} for record_id in due])


def mark_everything(ctx: Ctx, plugin: str | None = None) -> int:
    """Have every record (of one module, or of all) indexed anew; answers how many kinds of records that concerns."""
    kinds = [
        kind
        for kind in ctx.registry.kinds.values()
        if kind.found is not None and plugin in (None, ctx.registry.owner_of("kinds", kind.kind))
    ]
    with transaction(ctx):
        bulk_insert(ctx, SearchMark, [{"kind": k.kind, "record_id": ALL, "after_id": 0} for k in kinds])
    return len(kinds)


# --- bringing the index up to date ------------------------------------------------------------------------------------


def companies_due(session: Session) -> list[int]:
    """The companies that have marks."""
    return list(session.scalars(sa.select(SearchMark.company_id).distinct()))


def index_due(ctx: Ctx) -> int:
    """Take a batch of marks of each kind and renew the entries of their records, in the open transaction.

    Answers how many marks were dealt with. Marks of modules that are switched off are held. A module that can't say
    its records' words keeps its own marks and hinders no other's.
    """
    done = 0
    for kind in _indexable(ctx):
        try:
            with ctx.session.begin_nested():
                done += _index_kind(ctx, kind)
        except sa.exc.OperationalError:
            raise
        except Exception:
            log.exception("indexing failed", kind=kind, company=ctx.company_id)
    return done


def index_marks(ctx: Ctx, ids: list[int]) -> int:
    """Renew the entries of the records that these marks name, as far as nobody else is at it; answers how many marks
    were dealt with. Marks of whole kinds, and of modules that are switched off, are left to the worker.
    """
    query = sa.select(SearchMark).where(
        SearchMark.id.in_(ids), SearchMark.kind.in_(_indexable(ctx)), SearchMark.record_id != ALL
    )
    marks = list(ctx.session.scalars(query.order_by(SearchMark.id).with_for_update(skip_locked=True)))
    for kind in sorted({mark.kind for mark in marks}):
        _renew(ctx, kind, sorted({mark.record_id for mark in marks if mark.kind == kind}))
    _done_with(ctx, [mark.id for mark in marks])
    return len(marks)


def _done_with(ctx: Ctx, marks: list[int]) -> None:
    if marks:
        gone = sa.delete(SearchMark).where(SearchMark.id.in_(marks))
        ctx.session.execute(gone, execution_options={"synchronize_session": False})


def _index_kind(ctx: Ctx, kind: str) -> int:
    query = sa.select(SearchMark).where(SearchMark.kind == kind).order_by(SearchMark.id).limit(BATCH)
    marks = list(ctx.session.scalars(query.with_for_update(skip_locked=True)))
    _renew(ctx, kind, sorted({mark.record_id for mark in marks if mark.record_id != ALL}))
    for mark in marks:
        if mark.record_id == ALL:
            _next_slice(ctx, mark)
    _done_with(ctx, [mark.id for mark in marks if mark.record_id != ALL])
    return len(marks)


def _indexable(ctx: Ctx) -> list[str]:
    on = {"core", *ctx.enabled}
    return [
        kind.kind
        for kind in ctx.registry.kinds.values()
        if kind.found is not None and ctx.registry.owner_of("kinds", kind.kind) in on
    ]


def _next_slice(ctx: Ctx, mark: SearchMark) -> None:
    """The next records of a kind that is indexed as a whole, and entries of records that are gone."""
    model: Any = ctx.registry.kinds[mark.kind].model
    query = sa.select(model.id).where(model.id > mark.after_id).order_by(model.id).limit(BATCH)
    ids = list(ctx.session.scalars(query))
    last = ids[-1] if len(ids) == BATCH else None
    known = sa.select(SearchEntry.record_id).where(SearchEntry.kind == mark.kind, SearchEntry.record_id > mark.after_id)
    if last is not None:
        known = known.where(SearchEntry.record_id <= last)
    _renew(ctx, mark.kind, sorted({*ids, *ctx.session.scalars(known)}))
    if last is None:
        ctx.session.delete(mark)
    else:
        mark.after_id = last
    ctx.session.flush()


def _renew(ctx: Ctx, kind: str, ids: list[int]) -> None:
    """Write the entries of these records anew, as far as they differ; a fixed number of statements."""
    if not ids:
        return
    searchable = ctx.registry.kinds[kind].found
    assert searchable is not None
    texts = searchable.texts(ctx, ids)
    query = sa.select(SearchEntry).where(SearchEntry.kind == kind, SearchEntry.record_id.in_(ids))
    entries = {entry.record_id: entry for entry in ctx.session.scalars(query)}
    stale = [entry.id for record_id, entry in entries.items() if _differs(entry, texts.get(record_id))]
    if stale:
        gone = sa.delete(SearchGram).where(SearchGram.entry_id.in_(stale))
        ctx.session.execute(gone, execution_options={"synchronize_session": False})
    grams: list[dict] = []
    for record_id, entry in entries.items():
        text = texts.get(record_id)
        if text is None:
            ctx.session.delete(entry)
            continue
        if entry.id in stale:
            grams += _gram_rows(entry.id, text)
        for name, value in _columns(text).items():
            setattr(entry, name, value)
    ctx.session.flush()
    new = [(record_id, text) for record_id, text in sorted(texts.items()) if record_id not in entries]
    rows = [{"kind": kind, "record_id": record_id, **_columns(text)} for record_id, text in new]
    added = bulk_insert(ctx, SearchEntry, rows, SearchEntry.id)
    for entry_id, (_record_id, text) in zip(added, new, strict=True):
        grams += _gram_rows(entry_id, text)
    bulk_insert(ctx, SearchGram, grams)


def _differs(entry: SearchEntry, text: SearchText | None) -> bool:
    return text is None or entry.haystack != text.haystack


def _columns(text: SearchText) -> dict[str, Any]:
    return {
        "title": text.title[:300],
        "detail": text.detail[:300],
        "haystack": text.haystack,
        "unit_id": text.unit_id,
        "assignee_id": text.assignee_id,
    }


def _gram_rows(entry_id: int, text: SearchText) -> list[dict]:
    return [{"gram": gram, "entry_id": entry_id} for gram in sorted(grams_of(text.haystack))]
