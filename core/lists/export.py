"""A list as a file for spreadsheets: every row that the filter shows, CSV with its mark or XLSX with typed cells.

What begins like a formula is text in both, made harmless: a spreadsheet runs nothing that somebody typed into a name.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from markupsafe import Markup

from core import hooks
from core.context import Ctx
from core.db import transaction
from core.errors import Invalid, NotFound
from core.events import emit
from core.i18n import LOCALES, _, both, label
from core.lists import reading
from core.lists.model import ListDef
from core.paging import Key, count_up_to, paged
from core.registry import Registry
from core.settings import get_setting
from core.spreadsheets import defused

FORMATS = ("xlsx", "csv")
AT_ONCE = "core.lists.export_at_once"
BATCH = 500
MOST_IN_XLSX = 1_048_575
"""Rows below the heading that a sheet holds."""
_EXACT = 15
"""Digits of a number that a spreadsheet keeps; longer ones are written as text."""


class Source(Protocol):
    """A list that can be written: a declared one, or one made of an admin view."""

    @property
    def name(self) -> str:
        """Its name in this installation."""
        ...

    @property
    def title(self) -> str:
        """Its title, as a message id."""
        ...

    @property
    def permission(self) -> str:
        """The right to take it away."""
        ...

    @property
    def plugin(self) -> str:
        """The plugin whose list it is."""
        ...

    def columns(self) -> list[tuple[str, str]]:
        """(key, message id of the heading) of every column."""
        ...

    def asked(self, ctx: Ctx, args: Mapping[str, str]) -> tuple[sa.Select, list[Key]]:
        """The rows that these arguments show, and their order."""
        ...

    def values(self, ctx: Ctx, records: list, keys: Sequence[str]) -> list[list[Any]]:
        """The values of these columns, one list per record."""
        ...


@dataclass(frozen=True)
class DeclaredSource:
    """A declared list as a file."""

    definition: ListDef

    @property
    def name(self) -> str:
        """The list's name."""
        return self.definition.name

    @property
    def title(self) -> str:
        """Its title, as a message id."""
        return self.definition.title

    @property
    def permission(self) -> str:
        """Who may take it away."""
        return self.definition.export

    @property
    def plugin(self) -> str:
        """Its name begins with the plugin's."""
        return self.definition.name.partition(".")[0]

    def columns(self) -> list[tuple[str, str]]:
        """All of them, in the declared order."""
        return [(c.key, c.label) for c in self.definition.columns]

    def asked(self, ctx: Ctx, args: Mapping[str, str]) -> tuple[sa.Select, list[Key]]:
        """As the page shows it."""
        asked = reading.read_asked(self.definition, args)
        return reading.narrowed(ctx, self.definition, asked), reading.sort_keys(ctx, self.definition, asked)

    def values(self, ctx: Ctx, records: list, keys: Sequence[str]) -> list[list[Any]]:
        """As the columns say for files."""
        columns = [c for c in self.definition.columns if c.key in keys]
        rows = reading.prepared_rows(ctx, self.definition, records)
        return [[c.exported(row) for c in columns] for _record, row in rows]


def source_of(registry: Registry, name: str) -> Source:
    """The list of that name. Raises NotFound."""
    definition = registry.lists.get(name)
    found: Source | None = DeclaredSource(definition) if definition is not None else _admin_sources(registry).get(name)
    if found is None or not found.permission:
        raise NotFound("no_export", _("This list can't be exported."))
    return found


def all_sources(registry: Registry) -> list[Source]:
    """Every list that can be taken away, of all plugins."""
    declared: list[Source] = [DeclaredSource(d) for d in registry.lists.values()]
    return [s for s in (*declared, *_admin_sources(registry).values()) if s.permission]


_of_admin_views: WeakKeyDictionary[Any, dict[str, Source]] = WeakKeyDictionary()


def _admin_sources(registry: Registry) -> dict[str, Source]:
    """The lists of the plugins' admin views by endpoint, made once per process: the worker has no application."""
    plugins = registry.manager
    if plugins not in _of_admin_views:
        views = [view for _name, view in hooks.declared(registry, "admin_views") if hasattr(view, "as_source")]
        _of_admin_views[plugins] = {view.endpoint: view.as_source() for view in views}
    return _of_admin_views[plugins]


@dataclass(frozen=True)
class Wanted:
    """What is to be written: which list, as which arguments show it, which columns, in which format."""

    list_name: str
    args: Mapping[str, str]
    keys: tuple[str, ...]
    format: str

    def checked(self, source: Source) -> Wanted:
        """The same with columns that there are; Invalid for an unknown format."""
        if self.format not in FORMATS:
            raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=self.format), "format")
        known = [key for key, _label in source.columns()]
        return Wanted(self.list_name, self.args, tuple(k for k in known if k in self.keys) or tuple(known), self.format)


def count_rows(ctx: Ctx, source: Source, wanted: Wanted, most: int) -> int:
    """How many rows there are to write, counted no further than one more than ``most``."""
    query, keys = source.asked(ctx, wanted.args)
    return count_up_to(ctx.session, query, keys[-1].column, most)


def page_of_values(
    ctx: Ctx, source: Source, wanted: Wanted, cursor: str | None
) -> tuple[list[list[Any]], str | None]:
    """The next 500 rows as plain typed values, and where those after them begin; None at the end."""
    query, keys = source.asked(ctx, wanted.args)
    page = paged(ctx, query, keys, size=BATCH, cursor=cursor, count=False)
    values = source.values(ctx, page.rows, wanted.keys)
    return [[typed(ctx, v) for v in row] for row in values], page.next


def headings(source: Source, wanted: Wanted) -> list[str]:
    """The headings of the columns, in the language of the moment."""
    return [_(words) for key, words in source.columns() if key in wanted.keys]


def typed(ctx: Ctx, value: Any) -> Any:
    """A value as a cell holds it: text, whole or decimal number, day, or moment in the company's time zone."""
    if value is None or isinstance(value, (bool, int, float, Decimal)):
        return (_("Yes") if value else _("No")) if isinstance(value, bool) else value
    if isinstance(value, dt.datetime):
        return value.astimezone(ctx.tz).replace(tzinfo=None, microsecond=0)
    if isinstance(value, dt.date):
        return value
    if isinstance(value, dict):
        return label(value) if set(value) <= set(LOCALES) else _(", ").join(f"{k}: {v}" for k, v in value.items())
    if isinstance(value, (list, tuple, set)):
        return _(", ").join(str(typed(ctx, item)) for item in value)
    return Markup(value).striptags() if isinstance(value, Markup) else str(value)


def write_csv(path: Path, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write a CSV file, UTF-8 with its mark; answers how many rows. Numbers are exact, days and moments ISO."""
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([defused(h) for h in head])
        for row in rows:
            writer.writerow([_as_text(v) for v in row])
            count += 1
    return count


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value.normalize() if value else Decimal(0), "f")
    if isinstance(value, dt.datetime):
        return value.isoformat(" ")
    return defused(value) if isinstance(value, str) else str(value)


def write_xlsx(path: Path, title: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write an XLSX file row by row, so that memory does not grow with it; answers how many rows."""
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(str(path), options)
    sheet = book.add_worksheet("".join(c for c in title if c not in "[]:*?/\\'")[:31] or "1")
    bold = book.add_format({"bold": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet.set_column(0, max(len(head) - 1, 0), 16)
    sheet.freeze_panes(1, 0)
    for column, text in enumerate(head):
        sheet.write_string(0, column, defused(text), bold)
    count = 0
    for row in rows:
        count += 1
        if count > MOST_IN_XLSX:
            raise Invalid("too_many", _("A sheet holds {n} rows. Choose CSV, or filter the list.", n="1,048,576"))
        for column, value in enumerate(row):
            _write_cell(sheet, count, column, value, day, moment)
    book.close()
    return count


def _write_cell(sheet: Any, row: int, column: int, value: Any, day: Any, moment: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, dt.datetime):
        sheet.write_datetime(row, column, value, moment)
    elif isinstance(value, dt.date):
        sheet.write_datetime(row, column, value, day)
    elif isinstance(value, (int, float, Decimal)) and len(str(abs(value)).replace(".", "")) <= _EXACT:
        sheet.write_number(row, column, float(value))
    else:
        sheet.write_string(row, column, defused(_as_text(value) if not isinstance(value, str) else value)[:32_767])


def write_file(path: Path, source: Source, wanted: Wanted, rows: Iterable[Sequence[Any]]) -> int:
    """Write the rows in the format that is wanted; answers how many."""
    return write_rows(path, wanted.format, _(source.title), headings(source, wanted), rows)


def write_rows(path: Path, format: str, title: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write a CSV or XLSX file; answers how many rows. Invalid when a sheet can't hold them."""
    return write_csv(path, head, rows) if format == "csv" else write_xlsx(path, title, head, rows)


def file_name(ctx: Ctx, source: Source, wanted: Wanted) -> str:
    """What the file is called: the list's own name and the day."""
    return f"{source.name.replace('.', '-')}-{ctx.today:%Y%m%d}.{wanted.format}"


def all_values(ctx: Ctx, source: Source, wanted: Wanted) -> Iterable[list[Any]]:
    """Every row that is wanted, in order."""
    cursor = None
    while True:
        rows, cursor = page_of_values(ctx, source, wanted, cursor)
        yield from rows
        if cursor is None:
            return


def note_export(ctx: Ctx, source: Source, wanted: Wanted, rows: int) -> None:
    """Put on record who took which rows away."""
    with transaction(ctx):
        emit(
            ctx,
            "core.list_exported",
            list=both(source.title),
            rows=rows,
            format=wanted.format.upper(),
            filter=dict(wanted.args),
            columns=list(wanted.keys),
        )


def at_once(ctx: Ctx) -> int:
    """Up to how many rows a person waits for."""
    return int(get_setting(ctx, AT_ONCE))
