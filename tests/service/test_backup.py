"""Backups: what comes back is what was there, row by row, in either database; what is not whole is refused."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from core import files, migrate
from core.audit import Verification, append_head, head, heads_file, seal_events
from core.backup.archive import MANIFEST, open_archive
from core.backup.making import make_backup
from core.backup.restoring import restore
from core.cli import main
from core.companies.models import Company
from core.companies.switch import switch_off
from core.db import Base, make_engine, transaction, unprotected
from core.errors import Conflict, Invalid
from core.events import Event, emit
from core.files import StoredFile, delete_file, store_file
from core.i18n import use_locale
from core.testing import START, Installation
from plugins.base import services as base
from plugins.base.contracts import CustomerData, PhoneData
from plugins.complaints import services as complaints
from plugins.complaints.contracts import ComplaintData
from plugins.complaints.models import Complaint
from tests.support.databases import Databases, leave_empty
from tests.support.server import ROOT

PHOTO = b"\x89PNG the same content on two records" * 9000
WORDS = "漏油；三包“凭证” it's\ttabbed\\ \u2028 🚜 %s"


def furnish(installation: Installation) -> None:
    """Two companies with complaints, one of which has switched the module off again; mail of no module waits."""
    for code in ("acme", "zenith"):
        office = installation.company(code, modules=("complaints",), region="CN")
        office.person(f"boss@{code}.example", "administrator", name="林静")
        ctx = office.system()
        customer = base.save_customer(ctx, CustomerData(name="禾丰", address=WORDS))
        base.add_phone(ctx, customer.id, PhoneData("13800138000"))
        for number in range(3):
            complaints.open_complaint(ctx, ComplaintData(subject=WORDS, text=f"{number}", customer_id=customer.id))
        with transaction(ctx):
            emit(ctx, "core.demo_filled", large=1e22, small=1e-7, zero=-0.0, b=[1, 2.5, None], a={"二": WORDS})
        installation.worker(START).run_until_idle()
        while seal_events(office.system()):
            pass
    switch_off(installation.office("zenith").system(), "complaints")


@pytest.fixture(autouse=True)
def _english(tmp_path, monkeypatch):
    monkeypatch.setenv("SANBAO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    with use_locale("en"):
        yield


@pytest.fixture
def source(databases, database_kind):
    """An installation with rows in many tables, stored files and heads of its chains."""
    with databases.furnished(database_kind, furnish) as installation:
        for code in ("acme", "zenith"):
            ctx = installation.office(code).system()
            with transaction(ctx):
                for number in range(2):
                    store_file(ctx, f"photo {number}.png", PHOTO, purpose="attachment")
                emit(ctx, "core.demo_filled", code=code)
            append_head(heads_file(), head(ctx))
        yield installation


@pytest.fixture
def archive(source, tmp_path) -> Path:
    return make_backup(tmp_path / "archives", url=source.url).path


@pytest.fixture
def new_database(databases, tmp_path, monkeypatch):
    """``new_database("postgresql")`` → the address of an empty database; stored files go to a home of their own."""
    made = []

    def make(kind: str) -> str:
        if why := Databases.why_not(kind):
            pytest.skip(why)
        monkeypatch.setenv("SANBAO_HOME", str(tmp_path / "other home"))
        made.append(databases.create(kind, "empty", leave_empty))
        return made[-1]

    yield make
    for url in made:
        databases.drop(url)


def put_back(archive: Path, registry, url: str, **more):
    with open_archive(archive) as opened:
        return restore(opened, registry, url=url, **more)


def everything(url: str) -> dict[str, list[tuple]]:
    """Every row of every table by our own models, to be compared by something else than the code under test."""
    engine = make_engine(url, sees_all=True)
    try:
        with engine.connect() as connection:
            found = {}
            for table in Base.metadata.sorted_tables:
                if sa.inspect(connection).has_table(table.name):
                    rows = [tuple(row) for row in connection.execute(sa.select(table))]
                    found[table.name] = sorted(rows, key=lambda row: repr([row[i] for i in keys_of(table)]))
            return found
    finally:
        engine.dispose()


def keys_of(table: sa.Table) -> list[int]:
    names = [c.name for c in table.columns]
    return [names.index(c.name) for c in table.primary_key.columns]


def rewritten(archive: Path, tmp_path: Path, change) -> Path:
    """A copy in which ``change(name, content)`` has replaced members; None leaves one out."""
    copy = tmp_path / "changed.zip"
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return copy


# --- there and back -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_what_is_restored_is_row_by_row_what_was_there_in_either_database(
    source, archive, registry, new_database, target
):
    before = everything(source.url)
    assert {"complaints_complaint", "core_search_gram", "core_clock"} <= {n for n, rows in before.items() if rows}
    with open_archive(archive) as opened:
        assert "core_search_gram" not in {part.name for part in opened.manifest.tables}, "it is made anew"
    url = new_database(target)
    told = put_back(archive, registry, url)
    assert everything(url) == before
    assert (told.rows, told.files, told.audit, told.upgraded) == (sum(map(len, before.values())), 2, [], [])
    assert heads_file().read_text().count("\n") == 2
    _works(url, registry)


def _works(url: str, registry) -> None:
    """Keys, policies and sequences are there too: the restored database takes new work and migrations."""
    installation = Installation(url, registry)
    assert migrate.differences(installation.engine, registry) == []
    with installation.engine.connect() as connection:
        assert unprotected(connection) == []
    office = installation.office("acme")
    ctx = office.system()
    row = ctx.session.scalars(sa.select(StoredFile).order_by(StoredFile.id)).first()
    with files.open_file(ctx, row) as content:
        assert content.read() == PHOTO
    made = complaints.open_complaint(ctx, ComplaintData(subject="after", text="restoring"))
    assert made.id == 7
    installation.worker(START).run_until_idle()
    assert list(Verification(office.system()).problems()) == []
    installation.close()


def test_the_number_of_a_deleted_row_is_not_given_again(source, registry, new_database, tmp_path, database_kind):
    """Events and references may still tell of it. SQLite itself gives it again."""
    ctx = source.office("zenith").system()
    with transaction(ctx):
        newest = ctx.session.scalars(sa.select(StoredFile).order_by(StoredFile.id.desc())).first()
        delete_file(ctx, newest)
        emit(ctx, "core.demo_filled", code="deleted")
    archive = make_backup(tmp_path / "one.zip", url=source.url).path
    url = new_database(database_kind)
    put_back(archive, registry, url)
    installation = Installation(url, registry)
    ctx = installation.office().system()
    with transaction(ctx):
        again = store_file(ctx, "next.png", b"next", purpose="attachment").id
        emit(ctx, "core.demo_filled", code="next")
    assert again == {"postgresql": 5, "sqlite": 4}[database_kind]
    installation.close()


def test_while_two_people_write_the_backup_is_of_one_moment(source, registry, new_database, tmp_path, database_kind):
    contexts, stop, failed = [source.office(code).system() for code in ("acme", "acme")], threading.Event(), []

    def write(ctx):
        try:
            while not stop.is_set():
                complaints.open_complaint(ctx, ComplaintData(subject=WORDS, text="meanwhile"))
        except Exception as error:  # told by the main thread
            failed.append(error)

    writers = [threading.Thread(target=write, args=(ctx,)) for ctx in contexts]
    seen = []

    def wait_for_writing(name: str) -> None:
        """Between the first table and the others, more is written."""
        if not seen:
            seen.append(len(everything(source.url)["complaints_complaint"]))
            for writer in writers:
                writer.start()
            while len(everything(source.url)["complaints_complaint"]) < seen[0] + 4 and not failed:
                pass

    try:
        made = make_backup(tmp_path / "archives", url=source.url, tick=wait_for_writing)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert failed == []
    url = new_database(database_kind)
    assert put_back(made.path, registry, url).audit == []
    installation = Installation(url, registry)
    ctx = installation.office().system()
    opened = sa.select(sa.func.count(Event.id)).where(Event.name == "complaints.opened")
    n = ctx.session.scalar(sa.select(sa.func.count(Complaint.id)))
    assert (n, ctx.session.scalar(opened)) == (seen[0] // 2, seen[0] // 2)
    while seal_events(ctx):
        pass
    assert list(Verification(ctx).problems()) == []
    installation.close()
    assert len(everything(source.url)["complaints_complaint"]) > seen[0]


def test_an_archive_of_an_older_version_is_brought_up_to_date(registry, new_database, tmp_path, database_kind):
    old = new_database(database_kind)
    engine = make_engine(old, sees_all=True)
    core = migrate.branches(registry)[0]
    revisions = [s.revision for s in _scripts(core)]
    with engine.begin() as connection:
        migrate.upgrade_to(connection, core, revisions[2:3])
        table = sa.Table("core_company", sa.MetaData(), autoload_with=connection)
        values = {c.name: "x" for c in table.columns if isinstance(c.type, sa.String)}
        values |= {c.name: True for c in table.columns if isinstance(c.type, sa.Boolean)}
        values |= {c.name: START.replace(tzinfo=None) for c in table.columns if isinstance(c.type, sa.DateTime)}
        connection.execute(table.insert().values({**values, "id": 9, "code": "old", "timezone": "Asia/Shanghai"}))
    engine.dispose()
    archive = make_backup(tmp_path / "archives", url=old).path
    url = new_database(database_kind)
    assert put_back(archive, registry, url).upgraded == [branch.name for branch in migrate.branches(registry)]
    engine = make_engine(url, sees_all=True)
    assert migrate.pending(engine, registry) == []
    with engine.connect() as connection:
        assert connection.execute(sa.select(Company.id, Company.code)).all() == [(9, "old")]
    engine.dispose()


def _scripts(branch):
    from alembic.script import ScriptDirectory

    return list(reversed(list(ScriptDirectory.from_config(migrate._alembic(branch)).walk_revisions())))


# --- what is refused ------------------------------------------------------------------------------------------------


def _cut_off(archive, tmp_path):
    cut = tmp_path / "cut.zip"
    cut.write_bytes(archive.read_bytes()[:-2000])
    return cut, f"{cut} is not a whole archive: it is of another kind, or its end is missing."


def _another_word(archive, tmp_path):
    changed = rewritten(
        archive, tmp_path, lambda name, content: content.replace(b"13800138000", b"13800138001")
    )
    return changed, "The table base_customer_phone is damaged or was changed."


def _another_photo(archive, tmp_path):
    changed = rewritten(
        archive, tmp_path, lambda name, content: content[:-1] + b"!" if content == PHOTO else content
    )
    return changed, "is damaged or was changed."


def _without_photo(archive, tmp_path):
    left = iter((True, False))
    changed = rewritten(archive, tmp_path, lambda n, c: None if c == PHOTO and next(left) else c)
    return changed, "1 stored files are in the archive; the manifest says 2."


def _without_table(archive, tmp_path):
    changed = rewritten(archive, tmp_path, lambda name, c: None if name == "tables/core_event.jsonl" else c)
    return changed, "The table core_event is missing."


def test_an_archive_that_is_not_whole_is_told_and_not_restored(archive, new_database, tmp_path, database_kind):
    url = new_database(database_kind)
    for harm in (_cut_off, _another_word, _another_photo, _without_photo, _without_table):
        harmed, words = harm(archive, tmp_path)
        answer = CliRunner().invoke(main, ["verify", str(harmed)])
        assert words in answer.output
        assert answer.exit_code == (2 if harm is _cut_off else 1)
        refused = CliRunner().invoke(main, ["restore", str(harmed), "--into", url])
        assert (refused.exit_code, words in refused.output) == (2, True)
    assert everything(url) == {}


def test_a_newer_version_and_a_module_that_is_not_there_are_told_by_name(
    archive, registry, new_database, tmp_path, database_kind
):
    url = new_database(database_kind)

    with pytest.raises(Invalid, match=r"newer version of “complaints” \(complaints_9999\)"):
        put_back(_with_heads(archive, tmp_path, {"complaints_": ["complaints_9999"]}), registry, url)
    stranger = _with_heads(archive, tmp_path, {"stranger_": ["stranger_0001"]})
    with pytest.raises(Invalid, match="“stranger”, which is not installed here"):
        put_back(stranger, registry, url)
    assert everything(url) == {}
    put_back(stranger, registry, url, leave_out=["stranger", "complaints"])
    rows = everything(url)
    assert (rows["complaints_complaint"], len(rows["base_customer"])) == ([], 2)


def _with_heads(archive: Path, tmp_path: Path, heads: dict) -> Path:
    def change(name, content):
        if name != MANIFEST:
            return content
        said = json.loads(content)
        said["migrations"] |= heads
        return json.dumps(said)

    return rewritten(archive, tmp_path, change)


def test_a_database_that_is_somebodys_is_replaced_only_when_asked(source, archive, registry, tmp_path):
    kept = everything(source.url)
    ctx = source.office().system()
    complaints.open_complaint(ctx, ComplaintData(subject="later", text="than the backup"))
    with pytest.raises(Conflict, match="--replace"):
        put_back(archive, registry, source.url)
    assert len(everything(source.url)["complaints_complaint"]) == 7
    source.close()
    put_back(archive, registry, source.url, replace=True)
    assert everything(source.url) == kept
    source.worker().beat()
    source.close()
    with pytest.raises(Conflict, match="Stop Sanbao"):
        put_back(archive, registry, source.url, replace=True)


def test_rows_that_differ_are_named(source, archive, registry):
    with source.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE base_customer SET note = 'forged' WHERE id = 1")
        connection.exec_driver_sql("DELETE FROM base_customer_phone WHERE id = 2")
        connection.exec_driver_sql("UPDATE core_role SET id = 999 WHERE id = 1")
    answer = CliRunner().invoke(main, ["verify", str(archive), "--against", source.url])
    lines = [line for line in answer.output.splitlines() if line.startswith("- ")]
    assert lines == [
        "- base_customer 1: other values in note.",
        "- base_customer_phone 2: in the archive only.",
        "- core_role 1: in the archive only.",
        "- core_role 999: in the database only.",
    ]
    assert answer.exit_code == 1


# --- making ---------------------------------------------------------------------------------------------------------


def test_killed_at_any_moment_it_leaves_no_half_archive(source, tmp_path):
    folder = tmp_path / "archives"
    script = (
        "import sys, pathlib\n"
        "from core.backup.making import make_backup\n"
        "make_backup(pathlib.Path(sys.argv[1]), url=sys.argv[2],"
        " tick=lambda text: (print(text, flush=True), text.startswith(sys.argv[3]) and sys.stdin.read()))\n"
    )
    for moment in ("core_event", "files/"):  # in the middle of writing; when all is written and read back
        running = subprocess.Popen(
            [sys.executable, "-c", script, str(folder), source.url, moment], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        while not running.stdout.readline().startswith(moment):
            assert running.poll() is None
        running.kill()
        running.communicate()
        assert list(folder.glob("*.zip")) == []
    assert len(list(folder.glob(".*.partial"))) == 2
    made = make_backup(folder, url=source.url)
    assert list(folder.glob("*.zip")) == [made.path]


def test_only_so_many_are_kept(source, tmp_path):
    folder = tmp_path / "archives"
    (folder / "mine").mkdir(parents=True)
    (folder / "sanbao-notes.zip").touch()
    made = [make_backup(folder, url=source.url, keep=2) for _time in range(3)]
    assert [m.removed for m in made] == [[], [], [made[0].path]]
    assert sorted(p.name for p in folder.iterdir()) == sorted(
        ["mine", "sanbao-notes.zip", made[1].path.name, made[2].path.name]
    )


def test_a_full_disk_is_told_and_nothing_is_left(source, tmp_path, monkeypatch):
    def full(*_args, **_more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(Conflict, match="no space is left on the disk"):
        make_backup(tmp_path / "archives", url=source.url)
    assert list((tmp_path / "archives").iterdir()) == []


def test_content_stays_while_a_backup_reads_and_lost_content_is_told(source, tmp_path, monkeypatch):
    ctx = source.office().system()
    path = files.path_of(ctx, ctx.session.scalars(sa.select(StoredFile)).first())
    monkeypatch.setattr(files, "GRACE", dt.timedelta(0))

    def delete_all(_text: str) -> None:
        with transaction(ctx):
            for row in ctx.session.scalars(sa.select(StoredFile)).all():
                delete_file(ctx, row)
            emit(ctx, "core.demo_filled", code="deleted")

    ticks = iter([delete_all])
    made = make_backup(tmp_path / "archives", url=source.url, tick=lambda text: next(ticks, str)(text))
    assert (made.manifest.files, made.manifest.lost, path.exists()) == (2, [], True)
    other = source.office("zenith")
    lost = files.content_path(other.id, path.name)
    lost.unlink()
    monkeypatch.setenv("DATABASE_URL", source.url)
    answer = CliRunner().invoke(main, ["backup", str(tmp_path / "archives")])
    assert answer.exit_code == 1
    assert f"- files/{other.id}/{path.name[:2]}/{path.name}" in answer.output


def test_no_key_is_in_an_archive_and_a_missing_one_is_named(source, new_database, tmp_path, monkeypatch, database_kind):
    monkeypatch.setenv("SECOND_FACTOR_KEY", "k" * 40)
    archive = make_backup(tmp_path / "archives", url=source.url).path
    with zipfile.ZipFile(archive) as opened:
        assert not any(b"kkkk" in opened.read(name) for name in opened.namelist())
    words = "SECOND_FACTOR_KEY is not set here, or is another one than where the archive was made"
    assert words not in CliRunner().invoke(main, ["verify", str(archive)]).output
    monkeypatch.setenv("SECOND_FACTOR_KEY", "j" * 40 + "," + "k" * 40)
    assert words not in CliRunner().invoke(main, ["verify", str(archive)]).output
    monkeypatch.delenv("SECOND_FACTOR_KEY")
    answer = CliRunner().invoke(main, ["restore", str(archive), "--into", new_database(database_kind)])
    assert (answer.exit_code, words in answer.output) == (0, True)
    assert answer.output.splitlines()[-1] == "The audit trail is whole."

