"""A record's events as the timeline shows them: who did what when, and what changed from what to what, in words."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

from core.column_words import coded_words, column_words
from core.context import Ctx
from core.events import Event, timeline
from core.i18n import _, label
from core.web.ui import TimelineItem, moment

_MOMENT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d:\d\d|Z)$")
_SHOWN_CHANGES = 12


def timeline_of(
    ctx: Ctx, record: Any, *, labels: Mapping[str, str] | None = None, before_id: int | None = None, limit: int = 30
) -> list[TimelineItem]:
    """The newest events of a record, newest first, in one statement.

    What the record's own table changed is shown, not that of others. ``labels`` (message ids) name columns otherwise
    than the plugin's ``column_words``; a column that nobody names is left out.
    """
    events = timeline(ctx, record, before_id=before_id, limit=limit)
    return timeline_items(ctx, events, labels=labels, table=getattr(type(record), "__tablename__", ""))


def timeline_items(
    ctx: Ctx, events: Sequence[Event], *, labels: Mapping[str, str] | None = None, table: str = ""
) -> list[TimelineItem]:
    """Events in words; see ``timeline_of``."""
    return [
        TimelineItem(
            who=event.actor_name if event.actor_id is not None else _("The system"),
            text=event_words(ctx, event),
            at=event.occurred_at,
            icon=_icon(ctx, event.name),
            changes=_changes(ctx, event, labels or {}, table),
        )
        for event in events
    ]


def event_words(ctx: Ctx, event: Event) -> str:
    """An event as its plugin words it, in the language of the moment; by its name when nobody words it."""
    kind = ctx.registry.event_kinds.get(event.name)
    if kind is None:
        return event.name
    return _(kind.text).format_map(_Facts(ctx, event.facts or {}))


class _Facts(dict):
    """The facts of an event as its sentence shows them; a fact that is missing (erased, say) is a dash."""

    def __init__(self, ctx: Ctx, facts: dict):
        super().__init__({key: value_words(ctx, value) for key, value in facts.items()})

    def __missing__(self, key: str) -> str:
        return "–"


def value_words(ctx: Ctx, value: Any) -> str:
    """A plain value of an event in words: moments in the company's time, yes and no, lists, bilingual labels."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, str) and _MOMENT.match(value):
        return moment(dt.datetime.fromisoformat(value), ctx.now, ctx.tz)
    if isinstance(value, dict):
        if set(value) <= {"en", "zh"}:
            return label(value)
        return _(", ").join(f"{name}: {value_words(ctx, item)}" for name, item in value.items())
    if isinstance(value, list):
        return _(", ").join(value_words(ctx, v) for v in value)
    return str(value)


def in_column(ctx: Ctx, table: str, column: str, value: Any) -> str:
    """What stands in a column, in words: a code as its plugin words it, else as ``value_words``."""
    return coded_words(ctx.registry, table, column, value) or value_words(ctx, value)


def _icon(ctx: Ctx, name: str) -> str:
    kind = ctx.registry.event_kinds.get(name)
    return kind.icon if kind else "circle-dot"


def _changes(ctx: Ctx, event: Event, labels: Mapping[str, str], table: str) -> list[tuple[str, str, str]]:
    shown = []
    for change in event.changes or []:
        if change.get("table") != table or change.get("verb") != "changed" or change.get("id") != event.record_id:
            continue
        for name, (old, new) in change.get("fields", {}).items():
            words = _(labels[name]) if name in labels else column_words(ctx.registry, table, name)
            if words:
                shown.append((words, in_column(ctx, table, name, old), in_column(ctx, table, name, new)))
    return shown[:_SHOWN_CHANGES]
