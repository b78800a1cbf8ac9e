"""Stored files: content once per company, whole or not there, gone with its last row; who may open one."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import os
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.db import system_session, transaction
from core.errors import Invalid, NotFound, UnrecordedChange
from core.events import Event, RecordRef, emit
from core.files import (
    StoredFile,
    content_problems,
    delete_file,
    expire_files,
    files_of,
    find_file,
    open_file,
    path_of,
    receive,
    safe_name,
    store_file,
    sweep_content,
)
from core.tasks import start_task
from core.testing import START

HELLO = hashlib.sha256(b"hello").hexdigest()


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SANBAO_HOME", str(tmp_path))
    return tmp_path


def keep(ctx, name="note.txt", content=b"hello", **values) -> StoredFile:
    with transaction(ctx):
        file = store_file(ctx, name, content, purpose="test", **values)
        emit(ctx, "core.files_expired", n=0)
        return file


def remove(ctx, file) -> None:
    with transaction(ctx):
        delete_file(ctx, ctx.session.merge(file))
        emit(ctx, "core.files_expired", n=1)


def age(path: Path, **past) -> None:
    then = (dt.datetime.now(dt.UTC) - dt.timedelta(**past)).timestamp()
    os.utime(path, (then, then))


def test_content_is_kept_once_per_company_under_its_digest(acme, zenith, home):
    ctx = acme.system()
    first, second = keep(ctx, "a.txt"), keep(ctx, "b.txt", io.BytesIO(b"hello"))
    other = keep(zenith.system())
    assert (first.digest, first.size, first.media_type) == (HELLO, 5, "text/plain")
    assert path_of(ctx, first) == path_of(ctx, second) == home / "files" / str(acme.id) / HELLO[:2] / HELLO
    assert path_of(zenith.system(), other) != path_of(ctx, first)
    with open_file(ctx, second) as content:
        assert content.read() == b"hello"
    assert not list((home / "files" / str(acme.id) / "incoming").iterdir())


def test_content_goes_with_the_last_file_that_has_it(acme, home):
    ctx = acme.system()
    first, second = keep(ctx, "a.txt"), keep(ctx, "b.txt")
    path = path_of(ctx, first)
    age(path, hours=2)
    remove(ctx, first)
    assert path.exists()
    remove(ctx, second)
    assert not path.exists()
    assert list(path.parent.iterdir()) == []


def test_young_content_stays_because_somebody_may_just_be_storing_the_same(acme):
    ctx = acme.system()
    file = keep(ctx)
    path = path_of(ctx, file)
    remove(ctx, file)
    assert path.read_bytes() == b"hello"
    age(path, days=2)
    sweep_content(ctx)
    assert not path.exists()


def test_what_a_transaction_took_back_is_swept_away_and_what_is_named_stays(acme):
    ctx = acme.system()
    named = path_of(ctx, keep(ctx, content=b"named"))
    with pytest.raises(UnrecordedChange), transaction(ctx):
        store_file(ctx, "x", b"hello", purpose="test")
    stray = named.parents[1] / HELLO[:2] / HELLO
    assert stray.read_bytes() == b"hello"
    for path in (named, stray):
        age(path, days=2)
    sweep_content(ctx)
    assert (named.exists(), stray.exists()) == (True, False)


def test_a_file_that_is_too_large_leaves_nothing(acme, home):
    with pytest.raises(Invalid) as refused:
        receive(acme.system(), io.BytesIO(b"x" * (1024 * 1024 + 1)), largest_mb=1)
    assert refused.value.code == "too_large"
    assert [p for p in (home / "files").rglob("*") if p.is_file()] == []


def test_only_the_owner_opens_a_file_that_hangs_on_nothing(acme, zenith):
    lin, mei = acme.person("lin@example.com"), acme.person("mei@example.com")
    file = keep(acme.ctx(user_id=lin))
    assert find_file(acme.ctx(user_id=lin), file.id).name == "note.txt"
    for ctx in (acme.ctx(user_id=mei), acme.ctx("core.tasks.view_all", user_id=mei), zenith.system()):
        with pytest.raises(NotFound):
            find_file(ctx, file.id)


def test_a_file_on_a_record_is_for_those_who_may_see_the_record(acme, probe):
    lin, mei = acme.person("lin@example.com"), acme.person("mei@example.com")
    ctx = acme.ctx("probe.item.open", user_id=lin)
    file = keep(ctx)
    task = start_task(ctx, "probe.count", {"n": 1}, files=(ctx.session.get_one(StoredFile, file.id),), n=1)
    assert [f.id for f in files_of(ctx, RecordRef("core.task", task.id))] == [file.id]
    assert find_file(acme.ctx("core.tasks.view_all", user_id=mei), file.id).id == file.id
    with pytest.raises(NotFound):
        find_file(acme.ctx(user_id=mei), file.id)
    of_item = keep(ctx, record=RecordRef("probe.item", 1))
    with pytest.raises(NotFound):  # its kind names no right to see it: nobody but the system may
        find_file(ctx, of_item.id)


def test_files_whose_time_is_over_go_and_it_is_on_record(acme):
    ctx = acme.system()
    gone = keep(ctx, expires_at=START + dt.timedelta(days=1)).id
    stays = keep(ctx, "other.txt", b"other", expires_at=START + dt.timedelta(days=3)).id
    later = acme.system(START + dt.timedelta(days=2))
    expire_files(later)
    expire_files(later)
    ids = list(later.session.scalars(sa.select(StoredFile.id)))
    assert (gone in ids, stays in ids) == (False, True)
    told = later.session.scalars(
        sa.select(Event.facts).where(Event.name == "core.files_expired", Event.occurred_at == later.now)
    ).all()
    assert told == [{"n": 1}]


def test_check_tells_what_is_missing_changed_or_left_over(acme, probe):
    ctx = acme.system()
    missing, changed = keep(ctx, "a.txt", b"a"), keep(ctx, "b.txt", b"b")
    path_of(ctx, missing).unlink()
    path_of(ctx, changed).write_bytes(b"longer")
    stray = path_of(ctx, keep(ctx, "c.txt", b"c")).with_name("0" * 64)
    stray.write_bytes(b"c")
    age(stray, days=3)
    with system_session(probe.engine, "test") as session:
        found = content_problems(session, acme.id, "acme")
    assert [text.partition(": /")[0] for text in found[:2]] == [
        f"company acme: the content of file {missing.id} (a.txt) is missing",
        f"company acme: the content of file {changed.id} (b.txt) has another size",
    ]
    assert found[2].startswith("company acme: 1 files in ")
    assert len(found) == 3


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\tmp\\报告.xlsx", "报告.xlsx"),
        ("a\r\nb\0.csv", "ab.csv"), (" . ", "file"),
        ("", "file"), ("x" * 300 + ".csv", "x" * 148 + ".csv"),
    ],
)
def test_names_are_safe_to_show_and_to_save_under(given, kept):
    assert safe_name(given) == kept
