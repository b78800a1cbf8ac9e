"""Imports by the worker: what is proposed, the trial, bad rows, the load, and what a crash leaves: nothing twice."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.companies.models import Role
from core.companies.switch import switch_off, switch_on
from core.db import system_session, transaction
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.events import Event, emit
from core.files import find_file, path_of, receive
from core.import_guess import look
from core.imports import (
    Import,
    ImportMapping,
    ImportProblem,
    bad_rows_file,
    examples,
    find_import,
    forget_imports,
    remember_mapping,
    set_mapping,
    source_of,
    start_check,
    start_load,
    upload,
)
from core.tasks import LEASE, Task, retry_task
from core.testing import START
from core.transfer import MappingError, importer_named
from core.worker import Worker

RIGHTS = ("core.import.run", "probe.item.open")
GOOD = "Code,Text,Price,Sold on\nA1,first,1.50,25/04/2026\nA2,second,,26/04/2026\nA3,,3,\n"
MIXED = (
    "Code,Text,Price,Sold on\nA1,first,1.50,25/04/2026\n,nothing,,\nA2,no,,\nA3,third,dear,\nA1,again,,\nA4,fourth,4,\n"
)


class Killed(BaseException):
    """What a kill looks like from inside."""


class Clock:
    """The worker's time, moved by hand."""

    def __init__(self):
        self.now = START

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def worker(probe, clock, monkeypatch):
    monkeypatch.setattr("core.tasks.BREATH", 0.0)
    return Worker(probe.engine, probe.registry, "first", clock=clock)


@pytest.fixture
def lin(acme):
    ctx = acme.system()
    with transaction(ctx):
        ctx.session.add(Role(code="loader", name={"en": "Loader"}, permissions=list(RIGHTS)))
        emit(ctx, "core.role_saved", name="Loader", code="loader")
    return acme.person("lin@example.com", "loader", name="Lin")


@pytest.fixture
def me(acme, lin):
    return acme.ctx(*RIGHTS, user_id=lin, name="Lin")


def take_in(ctx, content: str | bytes, name="items.csv") -> Import:
    return upload(ctx, "items", name, receive(ctx, content.encode() if isinstance(content, str) else content))


def items(acme) -> list[str]:
    from probe.models import Item

    with system_session(acme.installation.engine, "test") as session:
        return sorted(session.scalars(sa.select(Item.code)))


def texts(acme) -> list[str]:
    from probe.models import Item

    with system_session(acme.installation.engine, "test") as session:
        return list(session.scalars(sa.select(Item.text)))


def task(probe, task_id) -> Task:
    with system_session(probe.engine, "test") as session:
        found = session.get_one(Task, task_id)
        session.expunge(found)
        return found


def checked(ctx, worker, row) -> Import:
    start_check(ctx, row)
    assert worker.tasks.run_one() == 1
    return find_import(ctx, row.id)


def loaded(ctx, worker, row, only_good=False) -> dict:
    ordered = start_load(ctx, row, only_good=only_good).id
    worker.tasks.run_one()
    ctx.session.rollback()
    found = ctx.session.get_one(Task, ordered)
    assert found.state == "done", found.note
    return {k: found.result[k] for k in ("rows", "added", "known", "bad")}


# --- what is proposed -------------------------------------------------------------------------------------------------


def test_a_mapping_is_proposed_by_names_in_both_languages_and_by_values(acme, me):
    row = take_in(me, GOOD)
    assert row.mapping == {
        "encoding": "utf-8-sig", "delimiter": ",", "sheet": "",
        "fields": {
            "code": {"column": "Code"}, "text": {"column": "Text"}, "price": {"column": "Price"},
            "sold_on": {"column": "Sold on", "date": "%d/%m/%Y"},
        },
    }
    importer = importer_named(me.registry, "items")
    sample = look(path_of(me, source_of(me, row)), row.name, row.mapping)
    shown = examples(me, importer, row.mapping, sample)
    assert shown["price"] == [(Decimal("1.50"), ""), (None, ""), (Decimal(3), "")]
    assert shown["sold_on"][0] == (dt.date(2026, 4, 25), "")


def test_encoding_and_separator_are_guessed(acme, me):
    chinese = take_in(me, "编号;Text\r\nB1;水泵漏水\r\n".encode("gb18030"))
    assert (chinese.mapping["encoding"], chinese.mapping["delimiter"]) == ("gb18030", ";")
    assert chinese.mapping["fields"]["code"] == {"column": "编号"}
    wide = take_in(me, "Item No\tText\nB2\t水泵\n".encode("utf-16"))
    assert (wide.mapping["encoding"], wide.mapping["delimiter"]) == ("utf-16", "\t")
    assert wide.mapping["fields"]["code"] == {"column": "Item No"}


def test_a_spreadsheet_is_read_whatever_its_stored_name(acme, me, worker):
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    book.add_worksheet("Notes").write_row(0, 0, ["nothing"])
    sheet = book.add_worksheet("Items")
    for number, cells in enumerate([["Code", "Price"], ["X1", 2.5], ["X2", 4]]):
        sheet.write_row(number, 0, cells)
    book.close()
    row = take_in(me, out.getvalue(), "items.xlsx")
    set_mapping(me, row, {"sheet": "Items", "fields": {"code": {"column": "Code"}, "price": {"column": "Price"}}})
    assert loaded(me, worker, checked(me, worker, row)) == {"rows": 2, "added": 2, "known": 0, "bad": 0}
    assert items(acme) == ["X1", "X2"]


def test_the_mapping_of_the_last_file_with_these_columns_is_remembered_and_one_with_a_name_is_shared(acme, me, worker):
    row = take_in(me, "a,b\nA1,x\n")
    assert row.mapping["fields"] == {}
    own = {**row.mapping, "fields": {"code": {"column": "a"}, "text": {"column": "b", "upper": True}}}
    set_mapping(me, row, own)
    checked(me, worker, row)
    again = take_in(me, "A , b\nA2,y\n")
    assert again.mapping["fields"] == {}, "the columns are called differently"
    same = take_in(me, "a,b\nA2,y\n")
    assert same.mapping["fields"] == own["fields"]
    remember_mapping(me, same, "Of the dealer")
    other = acme.ctx(*RIGHTS, user_id=acme.person("mei@example.com"))
    names = set(other.session.scalars(sa.select(ImportMapping.name)))
    assert names == {"", "Of the dealer"}


# --- trial and load ---------------------------------------------------------------------------------------------------


def test_a_trial_keeps_nothing_and_tells_every_bad_row(probe, acme, me, worker):
    row = checked(me, worker, take_in(me, MIXED))
    found = task(probe, row.check_id)
    assert {k: found.result[k] for k in ("rows", "added", "known", "bad")} == {
        "rows": 6, "added": 2, "known": 0, "bad": 4,
    }
    assert items(acme) == []
    problems = me.session.scalars(sa.select(ImportProblem).order_by(ImportProblem.line)).all()
    assert [(p.line, p.reasons[0][0], p.reasons[0][2]) for p in problems] == [
        (3, "Code", ""), (4, "text", "no"), (5, "Price", "dear"), (6, "code", "A1"),
    ]
    with pytest.raises(Conflict):
        start_load(me, row, only_good=False)
    assert items(acme) == []


def test_the_good_rows_are_loaded_and_the_bad_ones_come_back_as_a_file_to_mend_and_load(acme, me, worker):
    row = checked(me, worker, take_in(me, MIXED))
    assert loaded(me, worker, row, only_good=True) == {"rows": 6, "added": 2, "known": 0, "bad": 4}
    assert items(acme) == ["A1", "A4"]
    text = "".join(bad_rows_file(me, row, row.load_id)).removeprefix("\ufeff")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["Code", "Text", "Price", "Sold on", "原因"]
    assert [r[:4] for r in rows[1:]] == [
        ["", "nothing", "", ""], ["A2", "no", "", ""], ["A3", "third", "dear", ""], ["A1", "again", "", ""],
    ]
    assert rows[2][4] == "text: It says no."
    mended = text.replace(",nothing,", "A5,nothing,").replace("A2,no,", "A2,yes,").replace("dear", "3")
    second = checked(me, worker, take_in(me, mended.replace("A1,again", "A6,again")))
    assert loaded(me, worker, second) == {"rows": 4, "added": 4, "known": 0, "bad": 0}
    assert items(acme) == ["A1", "A2", "A3", "A4", "A5", "A6"]


def test_a_bad_row_runs_in_no_spreadsheet_and_is_what_it_was_when_loaded_again(acme, me, worker):
    row = checked(me, worker, take_in(me, 'Code,Text,Price,Sold on\nA7,"=HYPERLINK(""http://x"")",dear,\n'))
    text = "".join(bad_rows_file(me, row, row.check_id)).removeprefix("\ufeff")
    assert list(csv.reader(io.StringIO(text)))[1][:3] == ["A7", "'=HYPERLINK(\"http://x\")", "dear"]
    second = checked(me, worker, take_in(me, text.replace("dear", "3")))
    assert loaded(me, worker, second) == {"rows": 1, "added": 1, "known": 0, "bad": 0}
    assert texts(acme) == ['=HYPERLINK("http://x")']


def test_loading_twice_adds_nothing(acme, me, worker):
    for expected in ({"added": 3, "known": 0}, {"added": 0, "known": 3}):
        result = loaded(me, worker, checked(me, worker, take_in(me, GOOD)))
        assert {k: result[k] for k in ("added", "known")} == expected
    assert items(acme) == ["A1", "A2", "A3"]


def test_what_is_not_complete_or_not_checked_is_not_begun(acme, me, worker):
    row = take_in(me, "a,b\nA1,x\n")
    with pytest.raises(MappingError):
        start_check(me, row)
    with pytest.raises(Conflict):
        start_load(me, row, only_good=True)
    done = checked(me, worker, take_in(me, GOOD))
    start_load(me, done, only_good=False)
    with pytest.raises(Conflict):
        start_load(me, done, only_good=False)
    with pytest.raises(Conflict):
        set_mapping(me, done, done.mapping)


def test_a_kill_at_any_batch_loses_no_row_and_loads_none_twice(probe, acme, me, worker, clock, monkeypatch):
    monkeypatch.setattr("core.imports.BATCH", 2)
    lines = [f"K{n},{'no' if n % 5 == 0 else 'yes'}" for n in range(1, 12)]
    row = checked(me, worker, take_in(me, "Code,Text\n" + "\n".join(lines) + "\n"))
    ordered = start_load(me, row, only_good=True).id
    for kills in range(3):
        seen = []

        def killed(_connection, seen=seen, kills=kills):
            seen.append(1)
            if len(items(acme)) >= 2 * (kills + 1):
                raise Killed

        claimed = worker.tasks.claim()
        sa.event.listen(probe.engine, "commit", killed)
        with pytest.raises(Killed):
            worker.tasks.carry_out(claimed)
        sa.event.remove(probe.engine, "commit", killed)
        assert 0 < len(items(acme)) < 9
        clock.now += LEASE + dt.timedelta(seconds=1)
    worker.tasks.run_one()
    found = task(probe, ordered)
    assert found.state == "done"
    assert {k: found.result[k] for k in ("rows", "added", "known", "bad")} == {
        "rows": 11, "added": 9, "known": 0, "bad": 2,
    }
    assert items(acme) == sorted(f"K{n}" for n in range(1, 12) if n % 5)
    with system_session(probe.engine, "test") as session:
        bad = session.scalars(sa.select(ImportProblem.line).where(ImportProblem.task_id == ordered)).all()
        finished = session.scalars(sa.select(Event.facts).where(Event.name == "core.import_finished")).all()
    assert sorted(bad) == [6, 11]
    assert finished == [{"file": "items.csv", "added": 9, "skipped": 0, "bad": 2}]


def test_it_stops_when_the_right_is_taken_away_and_goes_on_when_it_is_given_back(probe, acme, me, worker, lin):
    row = checked(me, worker, take_in(me, GOOD))
    ordered = start_load(me, row, only_good=False).id
    ctx = acme.system()
    with transaction(ctx):
        role = ctx.session.scalars(sa.select(Role).where(Role.code == "loader")).one()
        role.permissions = ["core.import.run"]
        emit(ctx, "core.role_saved", role, name="Loader", code="loader")
    worker.tasks.run_one()
    assert (task(probe, ordered).state, items(acme)) == ("failed", [])
    with transaction(ctx):
        role = ctx.session.scalars(sa.select(Role).where(Role.code == "loader")).one()
        role.permissions = list(RIGHTS)
        emit(ctx, "core.role_saved", role, name="Loader", code="loader")
    retry_task(acme.ctx(user_id=lin), ordered)
    worker.tasks.run_one()
    assert (task(probe, ordered).state, items(acme)) == ("done", ["A1", "A2", "A3"])


def test_it_waits_while_the_module_of_its_records_is_off(probe, acme, me, worker):
    row = checked(me, worker, take_in(me, GOOD))
    ordered = start_load(me, row, only_good=False).id
    switch_off(acme.system(), "probe")
    assert (worker.tasks.run_one(), task(probe, ordered).state) == (0, "queued")
    switch_on(acme.system(), "probe")
    assert (worker.tasks.run_one(), items(acme)) == (1, ["A1", "A2", "A3"])


def test_imports_and_their_files_are_ones_own(acme, zenith, me, lin):
    row = take_in(me, GOOD)
    file = source_of(me, row)
    other = acme.ctx(*RIGHTS, user_id=acme.person("mei@example.com"))
    for ctx in (other, zenith.system()):
        with pytest.raises(NotFound):
            find_import(ctx, row.id)
        with pytest.raises(NotFound):
            find_file(ctx, file.id)
    assert find_file(acme.ctx(*RIGHTS, "core.tasks.view_all", user_id=other.actor.user_id), file.id).id == file.id
    with pytest.raises(Invalid):
        take_in(acme.ctx("core.import.run", user_id=lin), GOOD)
    with pytest.raises(Forbidden):
        take_in(acme.ctx("probe.item.open", user_id=lin), GOOD)


def test_bad_rows_are_forgotten_with_the_file(acme, me, worker):
    checked(me, worker, take_in(me, MIXED))
    forget_imports(acme.system(START + dt.timedelta(days=29)))
    assert acme.system().session.scalar(sa.select(sa.func.count(ImportProblem.id))) == 4
    forget_imports(acme.system(START + dt.timedelta(days=31)))
    assert acme.system().session.scalar(sa.select(sa.func.count(ImportProblem.id))) == 0


def test_a_file_without_names_of_columns_is_refused_and_leaves_nothing(acme, me):
    for content, name in (("", "a.csv"), ("\n\n", "a.csv"), ("no spreadsheet", "a.xlsx")):
        with pytest.raises(Invalid):
            take_in(me, content, name)
    assert acme.system().session.scalar(sa.select(sa.func.count(Import.id))) == 0
