"""Spreadsheets as rows of text, one at a time: XLSX read as a stream, older formats as a whole.

An XLSX file is a folder of XML in a ZIP archive. Its sheet is read row by row; the strings that cells share are put
into a temporary database, so that memory does not grow with the file. XLS, XLSB and ODS are read by a library that
holds a sheet in memory: XLS ends at 65,536 rows, and for more there are XLSX and CSV.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree

from core.errors import Invalid
from core.i18n import _

ENDINGS = (".xlsx", ".xls", ".xlsb", ".ods")
LONGEST_CELL = 32_767
"""Characters that a cell of an XLSX file holds."""
_BROKEN = (
    zipfile.BadZipFile, zlib.error, ElementTree.ParseError, KeyError, ValueError, OverflowError, IndexError,
    EOFError, NotImplementedError, RuntimeError,
)  # fmt: skip
"""What a damaged archive raises while it is read."""
_RUNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
MOST_HELD = 100
"""Megabytes, unpacked, of a file that is held in memory while it is read."""
_REMEMBERED = 5_000
_AT_ONCE = 5_000

Row = tuple[int, list[str]]
"""(its number in the sheet, its cells as text)"""


def is_spreadsheet(name: str) -> bool:
    """Whether a file of this name is a spreadsheet; every other is text with separators."""
    return name.lower().endswith(ENDINGS)


def sheet_names(path: Path, name: str) -> list[str]:
    """The sheets of a spreadsheet, in their order. Raises Invalid for a file that can't be read."""
    with _told(name):
        book = _streamed(path)
        if book is not None:
            with book:
                return [title for title, _part in book.sheets]
    return list(_whole_book(path, name).sheet_names)


def sheet_rows(path: Path, sheet: str, name: str) -> Iterator[Row]:
    """The rows of a sheet (the first when ``sheet`` is empty) that hold anything, from the top.

    Each is as wide as the first one, or wider where cells stand beyond it. Raises Invalid for a file that can't be
    read.
    """
    with _told(name):
        book = _streamed(path)
        if book is not None:
            with book:
                part = book.part_of(sheet)
                if part is None:
                    raise _no_sheet(name, sheet)
                yield from _even(book.rows(part))
            return
    yield from _even(_whole_rows(path, sheet, name))


def write_sheet(target: IO[bytes], title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write an XLSX file of plain text, row by row; what looks like a formula stays text."""
    import xlsxwriter

    book = xlsxwriter.Workbook(target, {"constant_memory": True})
    sheet = book.add_worksheet("".join(c for c in title if c not in "[]:*?/\\'")[:31].strip() or "1")
    text, bold = book.add_format({"num_format": "@"}), book.add_format({"num_format": "@", "bold": True})
    sheet.set_column(0, max(len(head) - 1, 0), 18, text)
    sheet.freeze_panes(1, 0)
    for place, cell in enumerate(head):
        sheet.write_string(0, place, cell[:LONGEST_CELL], bold)
    for line, cells in enumerate(rows, 1):
        for place, cell in enumerate(cells):
            if cell:
                sheet.write_string(line, place, cell[:LONGEST_CELL], text)
    book.close()


def defused(text: str) -> str:
    """The text, with an apostrophe before it if a spreadsheet could take it for a formula.

    >>> defused("=1+1"), defused(" @SUM(A1)"), defused("3 - 2")
    ("'=1+1", "' @SUM(A1)", '3 - 2')
    """
    return f"'{text}" if _runs(text) else text


def as_typed(text: str) -> str:
    """What somebody typed, where ``defused`` has put an apostrophe before it.

    >>> as_typed("'=1+1"), as_typed("'tis"), as_typed("=1+1")
    ('=1+1', "'tis", '=1+1')
    """
    return text[1:] if text.startswith("'") and _runs(text[1:]) else text


def _runs(text: str) -> bool:
    return text.startswith(_RUNS) or text.lstrip().startswith(_RUNS)


def _even(rows: Iterable[Row]) -> Iterator[Row]:
    """Without empty rows and without empty cells at the end, but never shorter than the first row."""
    width = 0
    for number, cells in rows:
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            width = width or len(cells)
            yield number, cells + [""] * (width - len(cells))


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Turn what a damaged file raises into one sentence."""
    try:
        yield
    except _BROKEN as error:
        raise _unreadable(name) from error


def _unreadable(name: str) -> Invalid:
    words = _(
        "“{file}” can't be read as a spreadsheet: it is damaged, has a password, or is another kind of file.", file=name
    )
    return Invalid("unreadable_file", words, "file")


def _no_sheet(name: str, sheet: str) -> Invalid:
    return Invalid("unknown_sheet", _("“{file}” has no sheet “{sheet}”.", file=name, sheet=sheet), "sheet")


# --- held in memory ---------------------------------------------------------------------------------------------------


def _whole_book(path: Path, name: str) -> Any:
    from python_calamine import CalamineError, CalamineWorkbook

    megabytes = -(-_unpacked(path) // 1_000_000)
    if megabytes > MOST_HELD:
        words = _(
            "“{file}” has {n} MB when unpacked. Files of this kind are read as a whole, up to {most} MB. Save it as "
            "XLSX or CSV, which may be as long as you like.",
            file=name, n=megabytes, most=MOST_HELD,
        )  # fmt: skip
        raise Invalid("too_large_to_hold", words, "file")
    try:
        with path.open("rb") as file:
            return CalamineWorkbook.from_filelike(file)
    except (CalamineError, OSError, ValueError) as error:
        raise _unreadable(name) from error


def _unpacked(path: Path) -> int:
    """Bytes of the file, or of all that is packed in it."""
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(part.file_size for part in archive.infolist())
    except (zipfile.BadZipFile, OSError):
        return path.stat().st_size


def _whole_rows(path: Path, sheet: str, name: str) -> Iterator[Row]:
    from python_calamine import CalamineError

    book = _whole_book(path, name)
    try:
        found = book.get_sheet_by_name(sheet) if sheet else book.get_sheet_by_index(0)
    except (CalamineError, ValueError) as error:
        raise _no_sheet(name, sheet) from error
    for number, row in enumerate(found.iter_rows(), 1):
        yield number, [_text(value) for value in row]


def _text(value: Any) -> str:
    """A value as it would stand in a text file; whole numbers come as floats."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    return "" if value is None else str(value)


# --- as a stream ------------------------------------------------------------------------------------------------------


def _streamed(path: Path) -> _Archive | None:
    """The file as an archive that can be read as a stream; None when it is none, whatever it is called."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError):
        return None
    part = _workbook_part(archive)
    if part is None:
        archive.close()
        return None
    return _Archive(archive, part)


def _workbook_part(archive: zipfile.ZipFile) -> str | None:
    """Where the list of sheets stands; None in an archive of another kind (XLSB, ODS)."""
    if "_rels/.rels" not in archive.namelist():
        return None
    for sort, target in _relations(archive, "_rels/.rels", "").values():
        if sort.endswith("/officeDocument") and target.endswith(".xml"):
            return target
    return None


def _relations(archive: zipfile.ZipFile, part: str, folder: str) -> dict[str, tuple[str, str]]:
    """Id → (type, part of the archive) of what a part refers to."""
    found = {}
    with archive.open(part) as file:
        for element in ElementTree.parse(file).getroot():
            target = element.get("Target", "")
            full = target.removeprefix("/") if target.startswith("/") else f"{folder}{target}"
            found[element.get("Id", "")] = (element.get("Type", ""), full)
    return found


def _local(tag: str) -> str:
    """A tag without its namespace: the two editions of the standard have different ones."""
    return tag.rpartition("}")[2]


def _attribute(element: ElementTree.Element, name: str) -> str:
    """An attribute by its local name, in whatever namespace."""
    return next((value for key, value in element.attrib.items() if _local(key) == name), "")


class _Archive:
    """An XLSX file that is read part by part."""

    def __init__(self, archive: zipfile.ZipFile, workbook: str):
        self.archive = archive
        self.folder = workbook.rpartition("/")[0] + "/" if "/" in workbook else ""
        self.sheets: list[tuple[str, str]] = []
        """(title, part) of each."""
        self.epoch = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - cells have no time zone
        name = workbook.rpartition("/")[2]
        self.parts = _relations(archive, f"{self.folder}_rels/{name}.rels", self.folder)
        with archive.open(workbook) as file:
            for element in ElementTree.parse(file).getroot().iter():
                if _local(element.tag) == "workbookPr" and element.get("date1904") in ("1", "true"):
                    self.epoch = dt.datetime(1904, 1, 1)  # noqa: DTZ001
                if _local(element.tag) == "sheet":
                    sort, part = self.parts.get(_attribute(element, "id"), ("", ""))
                    if sort.endswith("/worksheet"):
                        self.sheets.append((element.get("name", ""), part))

    def __enter__(self) -> _Archive:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.archive.close()

    def _part(self, sort: str) -> str | None:
        return next((part for kind, part in self.parts.values() if kind.endswith(f"/{sort}")), None)

    def part_of(self, sheet: str) -> str | None:
        """Where a sheet stands, the first one when ``sheet`` is empty; None when there is none."""
        return next((part for title, part in self.sheets if not sheet or title == sheet), None)

    def rows(self, part: str) -> Iterator[Row]:
        """The rows of a sheet."""
        strings, styles = self._part("sharedStrings"), self._part("styles")
        sorts = self._dated(styles) if styles else []
        with closing(_Strings()) as shared:
            if strings:
                with self.archive.open(strings) as file:
                    shared.take(file)
            with self.archive.open(part) as file:
                yield from self._rows(file, shared, sorts)

    def _rows(self, file: IO[bytes], shared: _Strings, sorts: list[str]) -> Iterator[Row]:
        number = 0
        above: list[ElementTree.Element] = []
        for event, element in ElementTree.iterparse(file, ("start", "end")):
            if event == "start":
                above.append(element)
                continue
            above.pop()
            if _local(element.tag) == "row":
                number = int(element.get("r") or number + 1)
                yield number, self._cells(element, shared, sorts)
                above[-1].clear()  # its parent keeps no row

    def _cells(self, row: ElementTree.Element, shared: _Strings, sorts: list[str]) -> list[str]:
        cells: list[str] = []
        for cell in row:
            place = _place(cell.get("r")) if cell.get("r") else len(cells)
            if place >= len(cells):
                cells += [""] * (place + 1 - len(cells))
            cells[place] = self._cell(cell, shared, sorts)
        return cells

    def _cell(self, cell: ElementTree.Element, shared: _Strings, sorts: list[str]) -> str:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return _words(cell)
        said = next((e.text or "" for e in cell if _local(e.tag) == "v"), "")
        if not said:
            return ""
        if kind == "s":
            return shared[int(said)]
        if kind == "b":
            return str(said in ("1", "true"))
        if kind == "d":
            return _text(dt.datetime.fromisoformat(said))
        if kind != "n":
            return _plain(said)
        style = int(cell.get("s") or 0)
        sort = sorts[style] if style < len(sorts) else ""
        return self._moment(float(said), sort) if sort else _text(float(said))

    def _moment(self, days: float, sort: str) -> str:
        """A number whose format is that of a date, a time of day or a duration."""
        past = dt.timedelta(milliseconds=round(days * 86_400_000))
        if sort == "duration":
            return str(past)
        if 0 <= days < 1:
            return (self.epoch + past).time().isoformat()
        if self.epoch.year == 1899 and days < 60:  # that calendar has a 29 February 1900
            past += dt.timedelta(days=1)
        return _text(self.epoch + past)

    def _dated(self, part: str) -> list[str]:
        """For each style of a cell: ``date``, ``duration``, or nothing."""
        own: dict[int, str] = {}
        styles: list[int] = []
        with self.archive.open(part) as file:
            root = ElementTree.parse(file).getroot()
        for group in root:
            if _local(group.tag) == "numFmts":
                own = {int(e.get("numFmtId", 0)): e.get("formatCode", "") for e in group}
            if _local(group.tag) == "cellXfs":
                styles = [int(e.get("numFmtId") or 0) for e in group]
        return [_sort_of(own.get(style), style) for style in styles]


_DATES = frozenset((*range(14, 23), *range(27, 37), *range(50, 59)))
_TIMES = frozenset((45, 47))
_DURATION = 46


def _sort_of(code: str | None, number: int) -> str:
    """What a format of numbers shows, by its code, or by its number where the standard has given it one."""
    if code is None:
        return "duration" if number == _DURATION else "date" if number in _DATES | _TIMES else ""
    if re.search(r"\[(h+|m+|s+)\]", code, re.IGNORECASE):
        return "duration"
    bare = re.sub(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]', "", code)
    return "date" if re.search(r"[ymdhs]", bare, re.IGNORECASE) and "general" not in bare.lower() else ""


@functools.lru_cache(maxsize=20_000)
def _column(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1


def _place(reference: str | None) -> int:
    """The column of a cell: ``B7`` is 1."""
    return _column((reference or "").rstrip("0123456789").upper())


def _words(element: ElementTree.Element) -> str:
    """The text of a string, in however many pieces; how it is pronounced is left out."""
    pieces = []
    for child in element:
        name = _local(child.tag)
        if name == "t":
            pieces.append(child.text or "")
        elif name in ("r", "is"):
            pieces.append(_words(child))
    return _plain("".join(pieces))


def _plain(text: str) -> str:
    """Without the escapes for signs that XML can't hold: ``_x000D_``."""
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda m: chr(int(m[1], 16)), text) if "_x" in text else text


class _Strings:
    """The strings that the cells of a book share, in a temporary database that is no load on memory."""

    def __init__(self) -> None:
        self._kept = sqlite3.connect("", isolation_level=None)
        self._kept.execute("PRAGMA journal_mode=OFF")
        self._kept.execute("PRAGMA synchronous=OFF")
        self._kept.execute("CREATE TABLE said (id INTEGER PRIMARY KEY, text TEXT)")
        self._known = functools.lru_cache(maxsize=_REMEMBERED)(self._read)

    def take(self, file: IO[bytes]) -> None:
        """Read them in, as they are numbered."""
        some: list[tuple[str]] = []
        above: list[ElementTree.Element] = []
        for event, element in ElementTree.iterparse(file, ("start", "end")):
            if event == "start":
                above.append(element)
                continue
            above.pop()
            if _local(element.tag) == "si":
                some.append((_words(element).encode("utf-8", "replace").decode(),))
                above[-1].clear()
                if len(some) >= _AT_ONCE:
                    self._write(some)
                    some = []
        self._write(some)

    def _write(self, some: list[tuple[str]]) -> None:
        self._kept.execute("BEGIN")
        self._kept.executemany("INSERT INTO said (text) VALUES (?)", some)
        self._kept.execute("COMMIT")

    def __getitem__(self, number: int) -> str:
        return self._known(number)

    def _read(self, number: int) -> str:
        found = self._kept.execute("SELECT text FROM said WHERE id = ?", (number + 1,)).fetchone()
        if found is None:
            raise IndexError(number)
        return str(found[0])

    def close(self) -> None:
        """Forget everything."""
        self._kept.close()
