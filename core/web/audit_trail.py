"""The audit trail as a person reads it: filters, changes from what to what in words, a file of what is shown."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from core.audit import VERIFIED, last_block
from core.column_words import table_words
from core.context import Ctx
from core.errors import Invalid
from core.events import Event
from core.i18n import N_, _
from core.paging import Key
from core.web.current import day_of
from core.web.timeline import event_words
from core.web.unfold import unfolded

NUMBERS = ("number", "code", "serial", "name")
"""Columns by which people may call a record, the first that there is."""
TOLD = {("core_setting", "value")}
"""Columns of which the event's own sentence says what they were and are, in better words."""
COLUMNS = (
    ("at", N_("When")),
    ("who", N_("Who")),
    ("what", N_("What")),
    ("kind", N_("Record")),
    ("number", N_("Number")),
    ("changes", N_("Changed")),
    ("module", N_("Module")),
    ("request", N_("Request")),
    ("event", N_("Event number")),
    ("block", N_("Block")),
)


@dataclass(frozen=True)
class Wish:
    """What of the trail is wanted, as it stands in the address."""

    who: str = ""
    what: str = ""
    module: str = ""
    kind: str = ""
    number: str = ""
    request: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def of(cls, args: Mapping[str, str]) -> Wish:
        """Read from an address or a form."""
        return cls(**{name: args.get(name, "").strip()[:120] for name in cls.__dataclass_fields__})

    def given(self) -> dict[str, str]:
        """What was said, for an address."""
        return {name: value for name, value in vars(self).items() if value}


def wanted_events(ctx: Ctx, wish: Wish) -> sa.Select:
    """The events that a wish names. Raises Invalid at ``since`` or ``until`` for what is no date."""
    query = sa.select(Event)
    if wish.who:
        query = query.where(Event.actor_name == wish.who)
    if wish.what:
        query = query.where(Event.name == wish.what)
    if wish.module:
        query = query.where(Event.name.startswith(f"{wish.module}.", autoescape=True))
    if wish.request:
        query = query.where(Event.request_id == wish.request)
    if wish.kind:
        query = query.where(Event.record_kind == wish.kind)
    if wish.number:
        query = query.where(_about(ctx, wish))
    for field in ("since", "until"):
        text = getattr(wish, field)
        if text:
            begin = dt.datetime.combine(_day(text, field), dt.time(), ctx.tz)
            edge = Event.occurred_at >= begin if field == "since" else Event.occurred_at < begin + dt.timedelta(days=1)
            query = query.where(edge)
    return query


def _day(text: str, field: str) -> dt.date:
    day = day_of(text)
    if day is None:
        words = _("“{text}” is not a date. Write it like 2026-11-23.", text=text)
        raise Invalid("bad_date", words, field)
    return day


def _about(ctx: Ctx, wish: Wish) -> Any:
    """The records of the kinds wanted that are called ``number``."""
    found = []
    for kind in ctx.registry.kinds.values():
        if wish.kind and kind.kind != wish.kind:
            continue
        column = next((c for c in (getattr(kind.model, n, None) for n in NUMBERS) if _is_text(c)), None)
        model: Any = kind.model
        ids = sa.select(model.id).where(column == wish.number) if column is not None else None
        if ids is not None:
            found.append(sa.and_(Event.record_kind == kind.kind, Event.record_id.in_(ids)))
    return sa.or_(*found) if found else sa.false()


def _is_text(column: Any) -> bool:
    return isinstance(column, InstrumentedAttribute) and isinstance(getattr(column, "type", None), sa.String)


ORDER = (Key(Event.occurred_at, desc=True), Key(Event.id, desc=True))
"""The newest first; the index on company, moment and number serves it."""


# --- in words -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One event in words."""

    event: Event
    who: str
    what: str
    icon: str
    module: str
    kind: str
    number: str
    endpoint: str
    changes: list[tuple[str, list[tuple[str, str, str]]]]
    """What was changed: the record, and its fields with the values before and after."""


def lines(ctx: Ctx, events: Sequence[Event]) -> list[Line]:
    """Events in words; a fixed number of statements for each kind of record among them."""
    numbers = _numbers(ctx, events)
    found = []
    for event in events:
        kind = ctx.registry.kinds.get(event.record_kind)
        told = ctx.registry.event_kinds.get(event.name)
        number = numbers.get((event.record_kind, event.record_id or 0), str(event.record_id or ""))
        found.append(
            Line(
                event,
                event.actor_name if event.actor_id is not None else _("The system"),
                event_words(ctx, event),
                told.icon if told else "circle-dot",
                _module(ctx, event.name),
                _(kind.label) if kind else event.record_kind,
                number,
                kind.endpoint if kind else "",
                [_change(ctx, change) for change in event.changes or ()],
            )
        )
    return found


def _module(ctx: Ctx, name: str) -> str:
    owner = name.partition(".")[0]
    return _("System") if owner == "core" else ctx.registry.plugin_label(owner)


def _numbers(ctx: Ctx, events: Sequence[Event]) -> dict[tuple[str, int], str]:
    """What the records of these events are called now; those that are gone are left out."""
    wanted: dict[str, set[int]] = {}
    for event in events:
        if event.record_id is not None and event.record_kind in ctx.registry.kinds:
            wanted.setdefault(event.record_kind, set()).add(event.record_id)
    found = {}
    for name, ids in wanted.items():
        kind = ctx.registry.kinds[name]
        model: Any = kind.model
        for row in ctx.session.scalars(sa.select(model).where(model.id.in_(ids))):
            found[name, row.id] = kind.number(row)
    return found


def _change(ctx: Ctx, change: dict) -> tuple[str, list[tuple[str, str, str]]]:
    table = change.get("table", "")
    words = table_words(ctx.registry, table) or table
    verb = {"created": _("added"), "deleted": _("deleted"), "bulk": _("many rows")}.get(change.get("verb", ""), "")
    head = " ".join(str(part) for part in (words, change.get("id"), verb) if part)
    fields = [
        part
        for name, (old, new) in change.get("fields", {}).items()
        if (table, name) not in TOLD
        for part in unfolded(ctx, table, name, old, new)
    ]
    return head, fields


def event_label(ctx: Ctx, name: str) -> str:
    """A kind of event for a filter: its sentence with the placeholders left open."""
    kind = ctx.registry.event_kinds.get(name)
    return re.sub(r"\{\w+\}", "…", _(kind.text)) if kind else name


# --- as a file, and how the chain stands ----------------------------------------------------------------------------


class TrailSource:
    """What the filter shows, as a file (``core.lists.export.Source``)."""

    name = "core.audit"
    title = N_("Audit trail")
    permission = "core.audit.view"
    plugin = "core"

    def columns(self) -> list[tuple[str, str]]:
        """All of them."""
        return list(COLUMNS)

    def asked(self, ctx: Ctx, args: Mapping[str, str]) -> tuple[sa.Select, list[Key]]:
        """As the page shows it."""
        return wanted_events(ctx, Wish.of(args)), list(ORDER)

    def values(self, ctx: Ctx, records: list, keys: Sequence[str]) -> list[list[Any]]:
        """One list per event."""
        return [[_cells(line)[key] for key in keys] for line in lines(ctx, records)]


def _cells(line: Line) -> dict[str, Any]:
    event = line.event
    return {
        "at": event.occurred_at,
        "who": line.who,
        "what": line.what,
        "kind": line.kind,
        "number": line.number,
        "changes": _told(line.changes),
        "module": line.module,
        "request": event.request_id or "",
        "event": event.id,
        "block": event.block,
    }


def _told(changes: Iterable[tuple[str, list[tuple[str, str, str]]]]) -> str:
    rows = []
    for head, fields in changes:
        told = _(", ").join(f"{name} {old or _('empty')} → {new or _('empty')}" for name, old, new in fields)
        rows.append(f"{head}{_(': ')}{told}" if told else head)
    return "\n".join(rows)


@dataclass(frozen=True)
class ChainState:
    """How the chain of the company stands."""

    block: int
    sealed_at: dt.datetime | None
    verified_at: dt.datetime | None
    problems: int


def chain_state(ctx: Ctx) -> ChainState:
    """The last block, and when somebody last verified the chain and what came of it."""
    block = last_block(ctx)
    newest = sa.select(Event).where(Event.name == VERIFIED).order_by(Event.occurred_at.desc(), Event.id.desc())
    verified = ctx.session.scalar(newest.limit(1))
    return ChainState(
        block.number if block else 0,
        block.sealed_at if block else None,
        verified.occurred_at if verified else None,
        int((verified.facts or {}).get("problems", 0)) if verified else 0,
    )


