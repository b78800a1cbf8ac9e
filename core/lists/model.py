"""What a declared list is made of: columns, tabs, filters, actions on selected rows, lanes of a board.

A plugin answers ``ListDef``s by the hook ``lists``; pages, phone rows, board and export are the core's. Nothing here
knows Flask: the same declaration serves the page and the worker that writes a large export.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from core.context import Ctx
from core.i18n import N_
from core.lists.filters import ListFilter
from core.workflow import Workflow

KINDS = (
    "text", "id", "code", "main", "number", "money", "date", "moment", "yes_no", "person", "clock", "mark",
)
"""How a column's value is shown: ``id`` is a number that leads to the record, ``code`` that of another record, ``main``
the bold text of the row.
"""

PLACES = ("", "id", "tag", "main", "under", "left", "right")
"""Where a value stands in the stacked rows of a phone and on a card of the board; empty: it is left out there. In each
place stands one value.
"""


@dataclass(frozen=True)
class Mark:
    """A state or degree in words, with an icon and a tone (``ok``, ``warn``, ``bad``, ``info`` or empty).

    ``tag`` draws a box around it. In exports the text stands alone.
    """

    text: str
    tone: str = ""
    icon: str = ""
    tag: bool = False
    title: str = ""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class ListColumn:
    """A column. ``label`` is a message id; ``value(row)`` answers what is shown (without it: the attribute ``key``).

    ``kind`` says how it is shown (see KINDS), ``place`` where on a phone. ``sort`` is a column of the model that an
    index begins with. ``export(row)`` answers another value for files. ``notes(row)`` answers further marks behind the
    value. ``shown`` False: only for those who choose it; ``fixed``: it can't be hidden.
    """

    key: str
    label: str
    value: Callable[[Any], Any] | None = None
    kind: str = "text"
    place: str = ""
    sort: Any = None
    shown: bool = True
    fixed: bool = False
    export: Callable[[Any], Any] | None = None
    notes: Callable[[Any], Sequence[Mark]] | None = None

    def of(self, row: Any) -> Any:
        """The value of a row."""
        if self.value is not None:
            return self.value(row)
        found = row
        for part in self.key.split("."):
            found = None if found is None else getattr(found, part)
        return found

    def exported(self, row: Any) -> Any:
        """The value of a row in a file."""
        return self.export(row) if self.export is not None else self.of(row)


@dataclass(frozen=True)
class ListTab:
    """A saved filter that comes with the module: ``where(ctx)`` is its condition, None for all rows.

    ``order`` sorts it otherwise than the list: (column, descending) pairs. ``ahead(ctx)`` is a condition: rows that
    meet it come before all others, until a person sorts otherwise. ``counted`` puts a figure beside it.
    """

    key: str
    label: str
    where: Callable[[Ctx], Any] | None = None
    order: tuple[tuple[Any, bool], ...] = ()
    counted: bool = True
    on_board: bool = True
    ahead: Callable[[Ctx], Any] | None = None


@dataclass(frozen=True)
class BulkAction:
    """Something done to the selected rows by those with ``permission``.

    ``each(ctx, record_id, value)`` is called once per row, in a transaction of its own: what is refused is told by
    name, the rest is done. ``together(ctx, ids, value)`` is called once: all or none. ``choices(ctx)`` offers (value,
    label) pairs to choose one of, ``chosen(ctx)`` the one proposed. ``question``, a message id with ``{n}`` and
    ``{choice}``, is asked first. ``done(n, choice)`` says afterwards what was done to how many. ``hotkey`` is one
    letter.
    """

    key: str
    label: str
    permission: str
    done: Callable[[int, str], str]
    each: Callable[[Ctx, int, str], Any] | None = None
    together: Callable[[Ctx, list[int], str], Any] | None = None
    choices: Callable[[Ctx], Sequence[tuple[str, str]]] | None = None
    chosen: Callable[[Ctx], str] | None = None
    question: str = ""
    icon: str = ""
    hotkey: str = ""
    danger: bool = False


@dataclass(frozen=True)
class ListBoard:
    """The same rows by state. ``lanes`` are states of ``workflow``; ``column`` holds the state.

    ``moves`` maps names of transitions to ``move(ctx, record_id, reason)``, the service that makes them; ``forms`` maps
    those that need more than a reason to the anchor of their form on the record's page. A transition in neither is not
    offered. ``under`` are keys of columns shown in small below a card's title.
    """

    workflow: Workflow
    column: Any
    lanes: tuple[str, ...]
    moves: Mapping[str, Callable[[Ctx, int, str], Any]] = field(default_factory=dict)
    forms: Mapping[str, str] = field(default_factory=dict)
    under: tuple[str, ...] = ()
    most: int = 15


@dataclass(frozen=True)
class NewRecord:
    """The button above a list that leads to the form for a new record."""

    label: str
    endpoint: str
    permission: str


@dataclass(frozen=True)
class ListLink:
    """A further page that belongs to a list, reached from its head by those with ``permission``."""

    label: str
    endpoint: str
    permission: str
    icon: str = "arrow-right"


@dataclass(frozen=True)
class ListDef:
    """A list of one class of records. Its pages are ``<name>_list``, ``<name>_board`` and so on, below ``url``.

    ``query(ctx)`` answers the rows it is about (all of ``model`` without it), with what columns need loaded along.
    ``prepare(ctx, records)`` turns a page of records into the rows that columns read, in a fixed number of statements.
    ``search(ctx, text)`` is the condition of the search box, ``search_words`` what it searches. ``first`` names the
    tabs of which the first that has rows is opened. ``order`` are (column, descending) pairs. ``summary(ctx, counts)``
    words the line beside the title from the counts of the tabs. ``links`` lead to further pages. ``export`` is
    the right to take the rows away as a file.
    """

    name: str
    title: str
    model: Any
    view: str
    columns: tuple[ListColumn, ...]
    url: str
    icon: str = "inbox"
    query: Callable[[Ctx], sa.Select] | None = None
    prepare: Callable[[Ctx, list], list] | None = None
    search: Callable[[Ctx, str], Any] | None = None
    search_words: str = ""
    filters: tuple[ListFilter, ...] = ()
    tabs: tuple[ListTab, ...] = ()
    first: tuple[str, ...] = ()
    order: tuple[tuple[Any, bool], ...] = ()
    actions: tuple[BulkAction, ...] = ()
    board: ListBoard | None = None
    new: NewRecord | None = None
    links: tuple[ListLink, ...] = ()
    export: str = ""
    summary: Callable[[Ctx, Mapping[str, int]], str] | None = None
    empty: str = N_("Nothing here yet")
    empty_hint: str = ""
    page_size: int = 25

    def column(self, key: str) -> ListColumn | None:
        """The column of that key."""
        return next((c for c in self.columns if c.key == key), None)

    def tab(self, key: str) -> ListTab | None:
        """The tab of that key."""
        return next((t for t in self.tabs if t.key == key), None)

    def action(self, key: str) -> BulkAction | None:
        """The action of that key."""
        return next((a for a in self.actions if a.key == key), None)

    def problems(self) -> list[str]:
        """What is wrong with the declaration itself."""
        wrong = []
        for group, items in (("column", self.columns), ("filter", self.filters), ("tab", self.tabs),
                             ("action", self.actions)):
            keys = [item.key for item in items]
            wrong += [f"two {group}s are called {key!r}" for key in sorted({k for k in keys if keys.count(k) > 1})]
        wrong += [f"column {c.key!r} is of an unknown kind {c.kind!r}" for c in self.columns if c.kind not in KINDS]
        taken = [c.place for c in self.columns if c.place]
        wrong += [f"two columns stand at {place!r} on a phone" for place in PLACES if taken.count(place) > 1]
        wrong += [f"column {c.key!r} has an unknown place {c.place!r}" for c in self.columns if c.place not in PLACES]
        wrong += [
            f"column {c.key!r} is sorted by what no index of {self.model.__tablename__} begins with (after company_id)"
            for c in self.columns
            if c.sort is not None and not indexed(self.model, c.sort)
        ]
        wrong += [f"tab {key!r} is not declared" for key in self.first if self.tab(key) is None]
        wrong += [
            f"action {a.key!r} needs either each or together"
            for a in self.actions
            if (a.each is None) == (a.together is None)
        ]
        return wrong + (self._problems_of_board() if self.board else [])

    def _problems_of_board(self) -> list[str]:
        board = self.board
        assert board is not None
        known = {t.name for t in board.workflow.transitions}
        states = {s.name for s in board.workflow.states}
        wrong = [f"the board has an unknown lane {lane!r}" for lane in board.lanes if lane not in states]
        moved = (*board.moves, *board.forms)
        wrong += [f"the board moves by an unknown transition {n!r}" for n in moved if n not in known]
        wrong += [f"the board shows an unknown column {k!r}" for k in board.under if self.column(k) is None]
        return wrong


def indexed(model: Any, attribute: Any) -> bool:
    """Whether an index (or unique constraint) has this column first, or right after company_id."""
    column = attribute.property.columns[0]
    if column.primary_key:
        return True
    table = model.__table__
    keys = [list(i.columns) for i in table.indexes]
    keys += [list(c.columns) for c in table.constraints if isinstance(c, sa.UniqueConstraint)]
    leading = [[c for c in columns if c.name != "company_id"] for columns in keys]
    return any(columns and columns[0] is column for columns in leading)
