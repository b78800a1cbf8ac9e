"""What plugins add to each other's pages: plain values, so that a page never depends on who contributed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from core.events import RecordRef


@dataclass(frozen=True)
class Panel:
    """A piece of a plugin's information on a record's page, rendered by the plugin's own template.

    ``where`` is ``main`` or ``side``; lower ``order`` comes first. ``title`` is translated already. A panel with forms
    of its own ``acts``: a page that is one form itself, such as the intake, shows it without them, that is not at all.
    One that is ``idle`` (empty, or asking nothing of anybody now) stands folded on long pages, with ``sub``, a word or
    two, beside its title.
    """

    title: str
    template: str
    data: dict[str, Any] = field(default_factory=dict)
    where: str = "side"
    order: int = 50
    acts: bool = False
    idle: bool = False
    sub: str = ""


@dataclass(frozen=True)
class Offer:
    """What a contact can become: a button on the intake page. ``url`` is a form that takes ``contact_id``.

    ``key`` is stable, ``label`` translated. ``primary`` offers come first and strongest.
    """

    key: str
    label: str
    icon: str
    url: str
    primary: bool = False
    order: int = 50


@dataclass(frozen=True)
class WorkItem:
    """Something that waits for a person. ``due`` orders it; ``clock`` (a core.clocks.Clock) shows how urgent it is.

    ``ahead`` is a heading, such as "left over from yesterday": items that have one come first, under it.
    """

    title: str
    url: str
    number: str = ""
    kind: str = ""
    icon: str = "inbox"
    due: dt.datetime | None = None
    clock: Any = None
    detail: str = ""
    next_step: str = ""
    ahead: str = ""

    @property
    def sort_key(self) -> tuple:
        """Earliest deadline first; what has none comes last."""
        return (self.due is None, self.due or dt.datetime.max.replace(tzinfo=dt.UTC), self.number)


@dataclass(frozen=True)
class Figure:
    """A linked count on the page "My work". ``tone`` is one of plain, bad, warn, ok."""

    label: str
    value: int
    url: str
    tone: str = "plain"
    hint: str = ""
    icon: str = "circle"


@dataclass(frozen=True)
class Notice:
    """Something out of order that a person should look at, on the page "My work": what it is, and where it is mended.

    ``tone`` is bad or warn; ``action`` words the link.
    """

    title: str
    text: str
    url: str
    action: str
    tone: str = "warn"
    icon: str = "triangle-alert"


@dataclass(frozen=True)
class DayFact:
    """A line of "Today" on the page "My work": what was counted, and how much. Without ``url`` it leads nowhere."""

    label: str
    value: str
    url: str = ""


@dataclass(frozen=True)
class Hit:
    """A search result."""

    title: str
    url: str
    kind: str
    detail: str = ""
    icon: str = "search"


@dataclass(frozen=True)
class PersonalData:
    """What one module holds about a person, in words for whoever erases it: where, how much, what goes, what stays.

    ``refs`` are the records whose events speak of the person: they are emptied. ``newest`` is the last moment of these
    records, from which the company's time of keeping counts.
    """

    label: str
    count: int
    goes: str
    stays: str = ""
    refs: tuple[RecordRef, ...] = ()
    newest: dt.datetime | None = None


@dataclass(frozen=True)
class OpenWork:
    """What a person still holds in one module: how much, and where to see it."""

    label: str
    count: int
    url: str = ""
