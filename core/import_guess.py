"""What a file is like and which of its columns could be which field: guesses, shown to a person who decides."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from core.errors import Invalid
from core.i18n import _, both
from core.spreadsheets import is_spreadsheet, sheet_names
from core.transfer import Field, Importer, MappingFile, read_records

ENCODINGS = ("utf-8-sig", "gb18030", "utf-16", "big5", "shift_jis", "latin-1")
DELIMITERS = (",", ";", "\t", "|")
SAMPLE_ROWS = 50
_LOOKED_AT = 1_000_000
_SAME = 100
"""The likeness of a heading that is just what a field is called: then even odd values are shown, not passed over."""

DATE_FORMS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y年%m月%d日",
    "%Y%m%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M",
    "%Y年%m月%d日 %H:%M",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %I:%M:%S %p",
)
"""Forms of dates that are offered, likeliest first; ISO 8601 is understood without one."""


@dataclass(frozen=True)
class Sample:
    """The layout of a file as guessed or as chosen, its header and its first rows."""

    encoding: str = "utf-8-sig"
    delimiter: str = ","
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    rows: tuple[tuple[int, list[str]], ...] = field(default=())

    @property
    def layout(self) -> dict[str, str]:
        """What a mapping keeps of it."""
        return {"encoding": self.encoding, "delimiter": self.delimiter, "sheet": self.sheet}

    def column(self, place: int) -> list[str]:
        """The values of a column in the first rows, empty ones left out."""
        return [cells[place].strip() for _line, cells in self.rows if place < len(cells) and cells[place].strip()]


def look(path: Path, name: str, layout: Mapping[str, str] | None = None) -> Sample:
    """Look at a file; what ``layout`` does not say is guessed. Raises Invalid for a file without a header."""
    given = dict(layout or {})
    sheets: tuple[str, ...] = ()
    encoding, delimiter = given.get("encoding") or "", given.get("delimiter") or ""
    if is_spreadsheet(name):
        sheets = tuple(sheet_names(path, name))
        sheet = given.get("sheet") or ""
        sheet = sheet if sheet in sheets else ""
        encoding, delimiter = "utf-8-sig", ","
    else:
        sheet = ""
        _refuse_what_is_no_text(path, name, encoding)
        encoding = encoding if encoding in ENCODINGS else guess_encoding(path)
        delimiter = delimiter if delimiter in DELIMITERS else guess_delimiter(_head(path, encoding))
    records = read_records(path, MappingFile("", (), encoding, delimiter, "", sheet), name)
    first = next(records, None)
    if first is None or first[1] is None or not any(c.strip() for c in first[1]):
        raise Invalid("empty_file", _("“{file}” has no first line with the names of its columns.", file=name), "file")
    rows = [(line, cells) for line, cells, wrong in itertools.islice(records, SAMPLE_ROWS) if cells and not wrong]
    header = tuple(h.strip() for h in first[1])
    return Sample(encoding, delimiter, sheet, sheets, header, tuple(rows))


_MARKED_WIDE = (b"\xff\xfe", b"\xfe\xff")
_NEVER_IN_TEXT = re.compile(rb"[\x00-\x08\x0e-\x19\x1c-\x1f]")


def _refuse_what_is_no_text(path: Path, name: str, encoding: str) -> None:
    with path.open("rb") as file:
        head = file.read(_LOOKED_AT)
    if encoding != "utf-16" and not head.startswith(_MARKED_WIDE) and _NEVER_IN_TEXT.search(head):
        words = _("“{file}” is neither text nor a spreadsheet. Choose a CSV, XLSX, XLS or ODS file.", file=name)
        raise Invalid("not_a_table", words, "file")


def _head(path: Path, encoding: str) -> str:
    with path.open("rb") as file:
        return file.read(_LOOKED_AT).decode(encoding, errors="replace")


def guess_encoding(path: Path) -> str:
    """By its mark, else the first of UTF-8 and GB 18030 that fits its beginning, else Latin-1."""
    with path.open("rb") as file:
        head = file.read(_LOOKED_AT)
    if head.startswith(_MARKED_WIDE):
        return "utf-16"
    for encoding in ("utf-8-sig", "gb18030"):
        for cut in range(4):  # a character may be cut where we stopped reading
            try:
                head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            return encoding
    return "latin-1"


def guess_delimiter(text: str) -> str:
    """The separator by which the first lines fall into the same number of cells, the more the better."""
    lines = text.splitlines()[:40]
    best, found = 0, ","
    for delimiter in DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        except csv.Error:
            continue
        like_first = sum(1 for w in widths if w == widths[0]) if widths else 0
        score = widths[0] * like_first if widths and widths[0] > 1 else 0
        if score > best:
            best, found = score, delimiter
    return found


# --- which column is which field --------------------------------------------------------------------------------------


def header_key(header: Iterable[str]) -> str:
    """The same for files with the same columns in the same order, however they are spaced or capitalised."""
    return hashlib.sha256("\0".join(_plain(h) for h in header).encode()).hexdigest()


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())


def propose(importer: Importer, sample: Sample) -> dict[str, dict[str, Any]]:
    """Field → rule for each field that a column could be: by name in both languages, by synonyms, then by values."""
    scores = []
    for order, target in enumerate(importer.fields):
        for place, heading in enumerate(sample.header):
            likeness = _likeness(target, heading)
            if likeness == _SAME or (likeness and _values_fit(target, sample.column(place))):
                scores.append((-likeness, order, place, target.name))
    fields = {f.name: f for f in importer.fields}
    taken: dict[str, int] = {}
    for _likeness_of, _order, place, name in sorted(scores):
        if name not in taken and place not in taken.values():
            taken[name] = place
    for target in importer.fields:
        if target.required and target.name not in taken and target.type in ("date", "moment"):
            free = [p for p in range(len(sample.header)) if p not in taken.values()]
            dated = [p for p in free if sample.column(p) and guess_date(sample.column(p)) is not None]
            if len(dated) == 1:
                taken[target.name] = dated[0]
    return {n: column_rule(fields[n], sample.header[p], sample.column(p)) for n, p in taken.items()}


def column_rule(target: Field, heading: str, values: list[str]) -> dict[str, Any]:
    """The plain rule "this field is this column", with the form of dates that its values have."""
    rule: dict[str, Any] = {"column": heading}
    if target.type in ("date", "moment") and values:
        form = guess_date(values)
        if form:
            rule["date"] = form
    return rule


def _likeness(target: Field, heading: str) -> int:
    said = _plain(heading)
    if not said:
        return 0
    names = {_plain(n) for n in (target.name, *both(target.label).values(), *target.synonyms)} - {""}
    if said in names:
        return _SAME
    long_enough = [n for n in names if len(n) >= (2 if n[0] > "\u2e7f" else 4)]
    if any(n in said for n in long_enough):
        return 60
    return 40 if any(said in n for n in names) and len(said) >= (2 if said[0] > "\u2e7f" else 4) else 0


def _values_fit(target: Field, values: list[str]) -> bool:
    if not values:
        return True
    if target.type in ("date", "moment"):
        return guess_date(values) is not None
    if target.type in ("int", "decimal"):
        return sum(1 for v in values if _is_number(v)) >= 0.8 * len(values)
    return True


def _is_number(text: str) -> bool:
    try:
        Decimal(text.replace(",", ""))
    except InvalidOperation:
        return False
    return True


def guess_date(values: list[str]) -> str | None:
    """The form that fits most values: empty for ISO 8601, None when they are no dates."""
    needed = max(1, int(0.8 * len(values)))
    if sum(1 for v in values if _is_iso(v)) >= needed:
        return ""
    best, found = needed - 1, None
    for form in DATE_FORMS:
        fitting = sum(1 for v in values if _has_form(v, form))
        if fitting > best:
            best, found = fitting, form
    return found


def _is_iso(text: str) -> bool:
    if not re.match(r"\d{4}-\d{2}-\d{2}", text):
        return False
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _has_form(text: str, form: str) -> bool:
    try:
        return 1900 <= dt.datetime.strptime(text, form).year <= 2200  # noqa: DTZ007 - only whether it can be read
    except ValueError:
        return False


def form_words(form: str) -> str:
    """A form of dates by an example, since nobody reads %Y-%m-%d: 2026-04-25 13:05."""
    return dt.datetime(2026, 4, 25, 13, 5, 0).strftime(form) if form else ""  # noqa: DTZ001 - an example
