"""Spreadsheets as text: every kind of cell, damaged files, and memory that does not grow with the rows."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from core.errors import Invalid
from core.i18n import use_locale
from core.spreadsheets import MOST_HELD, sheet_names, sheet_rows, write_sheet

_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def book_of(path: Path, rows: str, strings: str = "", styles: str = "") -> Path:
    """A workbook of one sheet, from the XML of its rows."""
    related = "".join(
        f'<Relationship Id="r{n}" Type="{_OFFICE}/{sort}" Target="{target}"/>'
        for n, (sort, target) in enumerate(
            [("worksheet", "sheets/one.xml"), ("sharedStrings", "/xl/strings.xml"), ("styles", "styles.xml")]
        )
    )
    top = f'<Relationship Id="a" Type="{_OFFICE}/officeDocument" Target="xl/book.xml"/>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{_RELATIONS}">{top}</Relationships>')
        archive.writestr("xl/_rels/book.xml.rels", f'<Relationships xmlns="{_RELATIONS}">{related}</Relationships>')
        archive.writestr(
            "xl/book.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
            '<sheet name="Units" sheetId="1" r:id="r0"/></sheets></workbook>',
        )
        archive.writestr("xl/strings.xml", f'<sst xmlns="{_MAIN}">{strings}</sst>')
        archive.writestr("xl/styles.xml", f'<styleSheet xmlns="{_MAIN}">{styles}</styleSheet>')
        archive.writestr("xl/sheets/one.xml", f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>')
    return path


def rows_of(path: Path, sheet: str = "") -> list[tuple[int, list[str]]]:
    return list(sheet_rows(path, sheet, path.name))


def test_every_kind_of_cell_becomes_the_text_that_a_csv_file_would_hold(tmp_path):
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet("Notes").write_string(0, 0, "nothing")
    sheet = book.add_worksheet("件")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    moment = book.add_format({"num_format": 'yyyy"年"m"月"d"日" hh:mm'})
    clock = book.add_format({"num_format": "hh:mm"})
    worked = book.add_format({"num_format": "[h]:mm"})
    red = book.add_format({"num_format": '[Red]0.00" days"'})
    sheet.write_row(2, 0, ["Key", "Wert", "", "编号"])
    sheet.write_number(4, 0, 13800138000)
    sheet.write_number(4, 1, 1.5, red)
    sheet.write_boolean(4, 3, True)
    sheet.write_datetime(5, 0, dt.datetime(2026, 4, 25), day)
    sheet.write_datetime(5, 1, dt.datetime(2026, 4, 25, 13, 5, 7), moment)
    sheet.write_datetime(5, 2, dt.time(9, 30), clock)
    sheet.write_datetime(5, 3, dt.timedelta(hours=30, minutes=15), worked)
    sheet.write_formula(6, 0, '="a"&"b"', None, "ab")
    sheet.write_formula(6, 1, "=1+1", None, 2)
    sheet.write_string(6, 4, "beyond")
    book.close()
    assert sheet_names(path, "a.xlsx") == ["Notes", "件"]
    assert rows_of(path) == [(1, ["nothing"])]
    assert rows_of(path, "件") == [
        (3, ["Key", "Wert", "", "编号"]),
        (5, ["13800138000", "1.5", "", "True"]),
        (6, ["2026-04-25", "2026-04-25 13:05:07", "09:30:00", "1 day, 6:15:00"]),
        (7, ["ab", "2", "", "", "beyond"]),
    ]


def test_pieces_of_a_string_are_joined_and_what_tells_its_sound_is_left_out(tmp_path):
    name = "<r><t>王</t></r><r><t xml:space='preserve'>芳 </t></r><rPh><t>wang</t></rPh>"
    strings = f"<si>{name}</si><si><t>a_x0041_b</t></si>"
    rows = (
        '<row><c t="s"><v>0</v></c><c t="inlineStr"><is><t>in line</t></is></c><c t="s"><v>1</v></c></row>'
        '<row r="4"><c r="B4" t="e"><v>#N/A</v></c><c r="C4" t="str"><v>text</v></c></row>'
    )
    path = book_of(tmp_path / "b.xlsx", rows, strings)
    assert rows_of(path) == [(1, ["王芳 ", "in line", "aAb"]), (4, ["", "#N/A", "text"])]


def test_days_are_counted_as_the_program_counts_them(tmp_path):
    styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
    cells = "".join(f'<row><c s="1"><v>{days}</v></c></row>' for days in (1, 59, 61, 46137))
    path = book_of(tmp_path / "c.xlsx", cells, styles=styles)
    assert [cells[0] for _line, cells in rows_of(path)] == ["1900-01-01", "1900-02-28", "1900-03-01", "2026-04-25"]


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.ods"])
def test_what_is_no_spreadsheet_is_refused_in_one_sentence(name, tmp_path):
    path = tmp_path / name
    path.write_text("Code,Text\n1,2\n")
    for read in (lambda: sheet_names(path, name), lambda: rows_of(path)):
        with pytest.raises(Invalid, match=name):
            read()


@pytest.mark.parametrize("name", ["a.xls", "a.ods"])
def test_what_would_be_held_in_memory_has_a_limit_that_its_refusal_names_while_xlsx_has_none(name, tmp_path):
    path = tmp_path / name
    if name.endswith(".xls"):
        path.write_bytes(b"\0" * (MOST_HELD * 1_000_000 + 1))
    else:  # little when packed
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("content.xml", "w") as part:
            for _megabyte in range(MOST_HELD):
                part.write(b" " * 1_000_000)
            part.write(b" ")
    for read in (lambda: sheet_names(path, name), lambda: rows_of(path)):
        with use_locale("en"), pytest.raises(Invalid) as refused:
            read()
        assert str(refused.value).startswith(f"“{name}” has 101 MB when unpacked.")
        assert "up to 100 MB. Save it as XLSX or CSV" in str(refused.value)
    streamed = book_of(tmp_path / "b.xlsx", "<row><c><v>1</v></c></row>")
    with zipfile.ZipFile(streamed, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/beside.xml", b" " * ((MOST_HELD + 1) * 1_000_000))
    assert rows_of(streamed) == [(1, ["1"])]


def test_a_damaged_archive_and_a_missing_sheet_are_refused(tmp_path):
    path = book_of(tmp_path / "d.xlsx", '<row><c t="s"><v>7</v></c></row>')
    with pytest.raises(Invalid, match=r"d\.xlsx"):
        rows_of(path)
    with pytest.raises(Invalid, match="No such sheet"):
        rows_of(path, "No such sheet")
    broken = book_of(tmp_path / "e.xlsx", "<row><c><v>1</v></c></row><row>")
    with pytest.raises(Invalid, match=r"e\.xlsx"):
        rows_of(broken)


def test_what_is_written_is_read_back_as_it_was_and_formulas_stay_text(tmp_path):
    path = tmp_path / "f.xlsx"
    rows = [["=1+1", "", "007"], ["水泵\n漏水", "13800138000", "2026-04-25"]]
    with path.open("wb") as file:
        write_sheet(file, "Bad: rows", ["A", "B", "C"], iter(rows))
    assert sheet_names(path, "f.xlsx") == ["Bad rows"]
    assert rows_of(path) == [(1, ["A", "B", "C"]), (2, rows[0]), (3, rows[1])]


_READ = """
import sys
from pathlib import Path
from core.spreadsheets import sheet_rows
path = Path(sys.argv[1])
for count, last in enumerate(sheet_rows(path, "", path.name), 1):
    pass
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(count, last[1][0], peak)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process's memory is read from /proc")
def test_memory_does_not_grow_with_the_rows(tmp_path):
    peaks = []
    for count in (5_000, 100_000):
        rows = "".join(f'<row><c t="s"><v>{n}</v></c><c><v>{n}</v></c></row>' for n in range(count))
        strings = "".join(f"<si><t>{n:06} {'a name that nobody else has ' * 4}</t></si>" for n in range(count))
        path = book_of(tmp_path / f"{count}.xlsx", rows, strings)
        done = subprocess.run([sys.executable, "-c", _READ, path], capture_output=True, text=True, check=True)
        seen, last, *_words, peak = done.stdout.split()
        assert (int(seen), last) == (count, f"{count - 1:06}")
        peaks.append(int(peak))
    assert peaks[1] - peaks[0] < 8_000, f"kB: {peaks}; the strings alone are 12 MB"
