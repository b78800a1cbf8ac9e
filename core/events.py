"""Events: what happened, who did it, what changed from what to what. The audit trail, the timeline and the outbox.

A service changes rows and calls ``emit``; events and deliveries are written in the same transaction, at its end. The
worker carries each delivery out at least once, so handlers are idempotent by ``ctx.source_event_id``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, aliased, mapped_column

from core.context import Ctx
from core.db import DEFERRED, Base, BigId, CompanyOwned, Id, JsonType, bulk_insert, plain, take_changes

QUEUED, RUNNING, DONE, PARKED = "queued", "running", "done", "parked"


class Event(Base, CompanyOwned):
    """A past-tense fact about a record. Written once, never changed but for its seal (see ``core.audit``)."""

    __tablename__ = "core_event"
    __table_args__ = (
        sa.Index("ix_core_event_record", "company_id", "record_kind", "record_id", "occurred_at", "id"),
        sa.Index("ix_core_event_name", "company_id", "name", "occurred_at", "id"),
        sa.Index("ix_core_event_when", "company_id", "occurred_at", "id"),
        sa.Index("ix_core_event_actor", "company_id", "actor_id", "occurred_at", "id"),
        sa.Index("ix_core_event_request", "company_id", "request_id"),
        sa.Index(
            "ix_core_event_unsealed",
            "company_id",
            "id",
            sqlite_where=sa.text("seal IS NULL"),
            postgresql_where=sa.text("seal IS NULL"),
        ),
    )
    __audited__ = False

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(sa.String(120))
    record_kind: Mapped[str] = mapped_column(sa.String(80))
    record_id: Mapped[int | None] = mapped_column(BigId)
    occurred_at: Mapped[dt.datetime]
    actor_id: Mapped[int | None] = mapped_column(BigId)
    actor_name: Mapped[str] = mapped_column(sa.String(120))
    request_id: Mapped[str | None] = mapped_column(sa.String(40))
    source_event_id: Mapped[int | None] = mapped_column(BigId)
    facts: Mapped[dict] = mapped_column(JsonType)
    changes: Mapped[list] = mapped_column(JsonType)
    salt: Mapped[str | None] = mapped_column(sa.String(32))
    digest: Mapped[str] = mapped_column(sa.String(64))
    seal: Mapped[str | None] = mapped_column(sa.String(64))
    block: Mapped[int | None] = mapped_column(BigId)


class EventLink(Base, CompanyOwned):
    """Another record on whose timeline an event also appears: the customer of a complaint, say."""

    __tablename__ = "core_event_link"
    __table_args__ = (sa.Index("ix_core_event_link_record", "company_id", "record_kind", "record_id", "event_id"),)
    __audited__ = False

    id: Mapped[Id]
    event_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("core_event.id"))
    record_kind: Mapped[str] = mapped_column(sa.String(80))
    record_id: Mapped[int] = mapped_column(BigId)


class Delivery(Base, CompanyOwned):
    """One event to be handled by one handler of one plugin. The row is the truth about whether it was done."""

    __tablename__ = "core_delivery"
    __table_args__ = (
        sa.UniqueConstraint("event_id", "plugin", "handler"),
        sa.Index("ix_core_delivery_due", "state", "due_at"),
        sa.Index("ix_core_delivery_company_state", "company_id", "state", "id"),
    )
    __audited__ = False

    id: Mapped[Id]
    event_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("core_event.id"))
    plugin: Mapped[str] = mapped_column(sa.String(60))
    handler: Mapped[str] = mapped_column(sa.String(120))
    state: Mapped[str] = mapped_column(sa.String(10), default=QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[dt.datetime]
    lease_until: Mapped[dt.datetime | None]
    done_at: Mapped[dt.datetime | None]
    error: Mapped[str] = mapped_column(sa.Text, default="")


@dataclass(frozen=True)
class Handler:
    """A plugin's wish to be told of an event: ``run(ctx, event)`` in a transaction of its own, at least once.

    ``together(ctx, events)`` (optional) does for all that wait at the same time what ``run`` does for one, in one
    transaction; where it fails, each is run by itself. It is for work of which much costs little more than a little,
    such as what an import leaves behind. What it emits names no source: ``ctx.source_event_id`` is None.
    """

    event: str
    name: str
    run: Callable[[Ctx, Event], None]
    together: Callable[[Ctx, list[Event]], None] | None = None


@dataclass(frozen=True)
class RecordRef:
    """A record of any plugin, by kind and id; what stands where a foreign key may not."""

    kind: str
    id: int


def ref_of(ctx: Ctx, record) -> RecordRef:
    """The reference of a row (by its class's registered kind) or of a RecordRef itself."""
    if isinstance(record, RecordRef):
        return record
    return RecordRef(ctx.registry.kind_of(type(record)), record.id)


def emit(ctx: Ctx, name: str, /, record=None, links=(), **facts) -> Event:
    """Record that ``name`` happened to ``record``, with everything that was changed since the last event.

    ``links`` are further records (rows or RecordRefs) on whose timeline it appears. ``facts`` are plain values.
    Deliveries are made for the handlers of the plugins that are switched on for the company now. All are written
    together at the end of the transaction (``write_events``); the id of the answer is None until then.
    """
    changes = take_changes(ctx.session)
    ref = ref_of(ctx, record) if record is not None else RecordRef("core.company", ctx.company_id)
    made = Event(**_row(ctx, name, ref, plain(facts), changes))
    linked = [ref_of(ctx, other) for other in links if other is not None]
    ctx.session.info.setdefault("pending_events", []).append((made, linked, _handlers(ctx, name)))
    return made


def _row(ctx: Ctx, name: str, ref: RecordRef, facts: dict, changes: list) -> dict:
    row = {
        "company_id": ctx.company_id,
        "name": name,
        "record_kind": ref.kind,
        "record_id": ref.id,
        "occurred_at": ctx.now,
        "actor_id": ctx.actor.user_id,
        "actor_name": ctx.actor.name,
        "request_id": ctx.request_id,
        "source_event_id": ctx.source_event_id,
        "facts": facts,
        "changes": changes,
        "salt": secrets.token_hex(16),
        "seal": None,
        "block": None,
    }
    return {**row, "digest": _digest(row)}


def _handlers(ctx: Ctx, name: str) -> list[tuple[str, str]]:
    """(plugin, handler) of everybody who is to be told: what is switched on now."""
    return [(plugin, h.name) for plugin, h in ctx.registry.handlers.get(name, ()) if plugin in ctx.enabled]


def write_events(target) -> None:
    """Write the events emitted so far, their links and their deliveries, each in one statement.

    Happens by itself before the commit, and before a statement that reads them. Afterwards their ids are known.
    """
    session = getattr(target, "session", target)
    pending = session.info.pop("pending_events", [])
    if not pending:
        return
    if session.info.get("keeps_account"):
        session.info["news"] += [
            {**{c: getattr(e, c) for c in _COLUMNS}, "links": [[r.kind, r.id] for r in linked]}
            for e, linked, _handlers in pending
        ]
        return
    ids = bulk_insert(session, Event, [{c: getattr(e, c) for c in _COLUMNS} for e, *_more in pending], Event.id)
    links, deliveries = [], []
    for event_id, (event, linked, handlers) in zip(ids, pending, strict=True):
        event.id = event_id
        links += [{"event_id": event_id, "record_kind": r.kind, "record_id": r.id} for r in linked]
        deliveries += _deliveries(event_id, handlers, event.occurred_at)
    bulk_insert(session, EventLink, links)
    bulk_insert(session, Delivery, deliveries)


_COLUMNS = tuple(c.key for c in Event.__table__.columns if c.key != "id")
DEFERRED.update(dict.fromkeys(("core_event", "core_event_link", "core_delivery"), write_events))


def _deliveries(event_id: int, handlers: list[tuple[str, str]], due_at: dt.datetime) -> list[dict]:
    state = {"state": QUEUED, "attempts": 0, "due_at": due_at, "error": ""}
    return [{"event_id": event_id, "plugin": plugin, "handler": handler, **state} for plugin, handler in handlers]


def emit_many(ctx: Ctx, happened: list[tuple[str, RecordRef, dict]]) -> None:
    """Record many facts at once, in a fixed number of statements: for sweeps and imports, which change no audited
    rows.
    """
    if not happened:
        return
    write_events(ctx)  # what was emitted before comes before it in every timeline
    rows = [_row(ctx, name, ref, plain(facts), []) for name, ref, facts in happened]
    if ctx.session.info.get("keeps_account"):
        ctx.session.info["news"] += [{**row, "links": []} for row in rows]
        return
    ids = bulk_insert(ctx, Event, rows, returning=Event.id)
    told = {name: _handlers(ctx, name) for name in {name for name, _ref, _facts in happened}}
    deliveries = []
    for event_id, (name, _ref, _facts) in zip(ids, happened, strict=True):
        deliveries += _deliveries(event_id, told[name], ctx.now)
    bulk_insert(ctx, Delivery, deliveries)


def tell(ctx: Ctx, news: list[dict]) -> None:
    """Write events that were kept on an account (``core.db.account_of``), as JSON has kept them, with their links and
    with deliveries to whoever is to be told of them now.
    """
    if not news:
        return
    write_events(ctx)
    rows = [
        {c: one[c] for c in _COLUMNS if c != "company_id"} | {"occurred_at": _moment(one["occurred_at"])}
        for one in news
    ]
    ids = bulk_insert(ctx, Event, rows, returning=Event.id)
    told = {name: _handlers(ctx, name) for name in {one["name"] for one in news}}
    links, deliveries = [], []
    for event_id, one in zip(ids, news, strict=True):
        links += [{"event_id": event_id, "record_kind": kind, "record_id": i} for kind, i in one["links"]]
        deliveries += _deliveries(event_id, told[one["name"]], ctx.now)
    bulk_insert(ctx, EventLink, links)
    bulk_insert(ctx, Delivery, deliveries)


def _moment(value: Any) -> dt.datetime:
    return value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(value)


def emit_if_changed(ctx: Ctx, name: str, /, record=None, **facts) -> Event | None:
    """Like ``emit``, but only when something was changed since the last event."""
    ctx.session.flush()
    return emit(ctx, name, record, **facts) if ctx.session.info.get("pending_changes") else None


def digest_of(event: Any, company_id: int) -> str:
    """The digest that an event's row must have, computed anew from what it says now."""
    return _digest({**{key: getattr(event, key) for key in _DIGESTED}, "company_id": company_id})


_DIGESTED = ("salt", "name", "record_kind", "record_id", "occurred_at", "actor_id", "actor_name", "facts", "changes")


def _digest(row: dict) -> str:
    """A digest of everything an auditor cares about; sealing chains these, not the payloads, which may be erased."""
    values = [
        row["salt"],
        row["name"],
        row["record_kind"],
        row["record_id"],
        row["company_id"],
        row["occurred_at"].astimezone(dt.UTC).isoformat(),
        row["actor_id"],
        row["actor_name"],
        as_read(row["facts"]),
        as_read(row["changes"]),
    ]
    body = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(body.encode()).hexdigest()


def as_read(value: Any) -> Any:
    """A plain value as both databases give it back: PostgreSQL knows large floats as whole numbers, and no -0.0."""
    if isinstance(value, float):
        return int(value) if abs(value) >= 1e16 and value.is_integer() else value + 0.0
    if isinstance(value, dict):
        return {key: as_read(item) for key, item in value.items()}
    return [as_read(item) for item in value] if isinstance(value, list) else value


def records_linked(ctx: Ctx, event: Event) -> list[RecordRef]:
    """The further records on whose timelines an event appears, in the order in which they were named."""
    query = sa.select(EventLink).where(EventLink.event_id == event.id).order_by(EventLink.id)
    return [RecordRef(link.record_kind, link.record_id) for link in ctx.session.scalars(query)]


def timeline(ctx: Ctx, record, *, before_id: int | None = None, limit: int = 30) -> list[Event]:
    """The newest events of a record (its own and those linked to it), newest first; ``before_id`` pages on.

    The order is that of happening, not of being recorded: a call noted down later stands where it belongs.
    """
    ref = ref_of(ctx, record)
    own = sa.select(Event.id, Event.occurred_at).where(Event.record_kind == ref.kind, Event.record_id == ref.id)
    linked = (
        sa.select(Event.id, Event.occurred_at)
        .join(EventLink, EventLink.event_id == Event.id)
        .where(EventLink.record_kind == ref.kind, EventLink.record_id == ref.id)
    )
    newest = (_newest(query, before_id).limit(limit).subquery() for query in (own, linked))
    ids = sa.union_all(*(sa.select(part.c.id) for part in newest))
    return list(ctx.session.scalars(_newest(sa.select(Event).where(Event.id.in_(ids)), None).limit(limit)))


def _newest(query: sa.Select, before_id: int | None) -> sa.Select:
    """``query`` on events in the order of happening, the newest first; from before an event on."""
    if before_id is not None:
        edge = aliased(Event)
        at = sa.select(edge.occurred_at).where(edge.id == before_id).scalar_subquery()
        earlier = sa.or_(Event.occurred_at < at, sa.and_(Event.occurred_at == at, Event.id < before_id))
        query = query.where(Event.occurred_at <= at, earlier)
    return query.order_by(Event.occurred_at.desc(), Event.id.desc())


_LOOKED_AT = 50


def changed_since(ctx: Ctx, record: Any, version: int) -> list[Event]:
    """The events that changed a ``Versioned`` row after ``version``, newest first, as far as the trail tells.

    Fewer than there were when its class is no registered record kind, or when a change is told by another record's
    event.
    """
    try:
        ref = ref_of(ctx, record)
    except LookupError:
        return []
    query = sa.select(Event).where(Event.record_kind == ref.kind, Event.record_id == ref.id)
    found = []
    for event in ctx.session.scalars(query.order_by(Event.occurred_at.desc(), Event.id.desc()).limit(_LOOKED_AT)):
        if any(c.get("table") == record.__tablename__ and c.get("id") == record.id for c in event.changes or ()):
            found.append(event)
    return found[: max(0, record.version - version)]
