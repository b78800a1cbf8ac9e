"""The demonstration as a newcomer starts it: the command itself, in processes of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.db import make_engine
from tests.support.databases import leave_empty
from tests.support.server import ROOT, process

PEOPLE = 31
"""Accounts of the demonstration: those in the companies, and the installation administrator."""
BASE_ALONE = [
    part
    for name in ("callback", "complaints", "inventory", "service", "vigilance", "warranty", "workforce")
    for part in ("--without", name)
]
"""Nothing but the archive, which is filled soon."""


class House:
    """An installation folder and a database for the demonstration."""

    def __init__(self, folder: Path, url: str = ""):
        self.folder = folder
        self.url = url or f"sqlite:///{folder / 'sanbao.db'}"
        self.environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "PORT")}
        self.environment |= {"SANBAO_HOME": str(folder)} | ({"DATABASE_URL": url} if url else {})

    def run(self, *command: str, status: int = 0) -> str:
        """What ``sanbao …`` printed, both streams; it must end with ``status``."""
        sanbao = str(Path(sys.executable).with_name("sanbao"))
        done = subprocess.run(
            [sanbao, *command], cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=400, check=False
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    @contextmanager
    def engine(self):
        engine = make_engine(self.url.replace("postgresql://", "postgresql+psycopg://"), sees_all=True)
        yield engine
        engine.dispose()

    def counts(self) -> dict[str, int]:
        """The number of rows in every table."""
        with self.engine() as engine, engine.connect() as connection:
            tables = sa.inspect(engine).get_table_names()
            return {t: connection.scalar(sa.select(sa.func.count()).select_from(sa.table(t))) for t in sorted(tables)}

    def of_companies(self, table: str) -> dict[str, int]:
        """The number of a table's rows by company code."""
        join = f"core_company c left join {table} t on t.company_id = c.id"
        return dict(self.rows(f"select c.code, count(t.company_id) from {join} group by 1"))

    def rows(self, text: str) -> list:
        with self.engine() as engine, engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(text))]

    def passwords(self) -> dict[str, str]:
        files = list(self.folder.glob("demo-accounts*.json"))
        assert len(files) == 1
        return json.loads(files[0].read_text())


@pytest.fixture(scope="module")
def demo(databases, tmp_path_factory):
    """The demonstration on SQLite, filled once, with what it told and how long it took."""
    house = House(tmp_path_factory.mktemp("demo"))
    filled = databases.demonstration(house.folder)
    house.told, house.seconds = filled.told, filled.seconds
    sys.stderr.write(f"the demonstration was filled in {house.seconds:.0f} s\n")
    return house


@pytest.fixture
def elsewhere(databases, tmp_path):
    """A demonstration on PostgreSQL."""
    from tests.support import requirements

    reason = databases.why_not("postgresql")
    if reason:
        requirements.lacking(reason)
    url = databases.create("postgresql", "empty", leave_empty)
    yield House(tmp_path, url)
    databases.drop(url)


def test_three_companies_of_different_industries_with_different_modules_are_there(demo):
    assert demo.rows("select code, profile, locale from core_company order by code") == [
        ("brightfix", "appliance", "en"),
        ("hefeng", "machinery", "zh"),
        ("renkang", "medical_dealer", "zh"),
    ]
    switched = "core_company_plugin p join core_company c on c.id = p.company_id where p.enabled"
    modules = {
        "brightfix": ["callback", "complaints", "inventory", "service", "workforce"],
        "hefeng": ["callback", "complaints", "inventory", "service", "warranty", "workforce"],
        "renkang": ["callback", "complaints", "inventory", "service", "vigilance", "warranty"],
    }
    found = demo.rows(f"select c.code, p.plugin from {switched}")
    assert sorted(found) == [(code, name) for code, names in modules.items() for name in names]


def test_each_company_has_some_hundred_records_of_its_own(demo):
    assert demo.of_companies("base_customer") == {"hefeng": 150, "renkang": 150, "brightfix": 150}
    # four of them came by a questionnaire
    by_card = "select record_id from core_event where name = 'complaints.heard'"
    of_company = "complaints_complaint x join core_company c on c.id = x.company_id where x.id"
    counts = [dict(demo.rows(f"select c.code, count(*) from {of_company} {which} ({by_card}) group by 1"))
              for which in ("not in", "in")]  # fmt: skip
    assert counts[0] == {"hefeng": 124, "renkang": 124, "brightfix": 124}
    # how many opinion cards complain hangs on what was finished on the days before today
    assert all(1 <= counts[1][company] <= 12 for company in counts[0]), counts[1]
    for table in ("base_contact", "base_sales_record"):
        counts = demo.of_companies(table)
        assert set(counts) == {"hefeng", "renkang", "brightfix"}
        assert all(80 <= n <= 1000 for n in counts.values()), (table, counts)


def test_complaints_of_the_demonstration_are_in_every_state_of_their_life(demo):
    states = dict(demo.rows("select state, count(*) from complaints_complaint group by state"))
    assert {"in_progress", "closed", "withdrawn"} <= set(states)
    assert states["closed"] > 60
    assert 372 - states["closed"] - states["withdrawn"] > 10


def test_people_have_filters_a_file_an_attachment_a_checklist_and_a_request_on_their_desks(demo):
    each = {"hefeng": 1, "renkang": 1, "brightfix": 1}
    assert demo.of_companies("core_saved_filter") == {"hefeng": 4, "renkang": 4, "brightfix": 4}
    assert len(demo.rows("select id from core_saved_filter where shared")) == 6
    assert demo.of_companies("core_approval") == demo.of_companies("core_attachment") == each
    # one that somebody filled in, those with which items are tested, those of what trips brought back; where there is
    # a stock, five more by which goods and loaners are looked at
    assert demo.of_companies("core_checklist") == {"hefeng": 10, "renkang": 11, "brightfix": 10}
    # with warranty the units' periods are worked out in the background, too
    assert demo.of_companies("core_task") == {"hefeng": 2, "renkang": 2, "brightfix": 1}
    assert demo.rows("select distinct state from core_approval") == [("waiting",)]
    assert demo.rows("select distinct state from core_task") == [("done",)]
    assert len(demo.rows("select id from core_file where purpose = 'export'")) == 3
    assert len(demo.rows("select id from core_checklist_answer where photos != '[]'")) == 3
    asked = "user_id in (select id from core_user where email like 'admin@%') and read_at is null"
    assert len(demo.rows(f"select id from core_notification where record_kind = 'core.approval' and {asked}")) == 3


def test_the_users_are_told_by_role_with_passwords_that_work(demo):
    from core.auth.passwords import verify_password

    kept = demo.passwords()
    assert len(kept) == PEOPLE
    for email, hashed in demo.rows("select email, password from core_user"):
        assert verify_password(kept[email], hashed)
        assert re.search(rf"{re.escape(email)} +{kept[email]} +\S", demo.told)
    for role in ("administrator", "manager + general_manager", "agent", "complaint_handler", "creates companies"):
        assert role in demo.told


def test_passwords_are_made_up_each_time_and_only_their_owner_reads_them(demo, tmp_path):
    other = House(shutil.copytree(demo.folder, tmp_path / "copied"))
    before = demo.passwords()
    assert other.passwords() == before
    assert len(set(before.values())) == PEOPLE
    assert stat.S_IMODE((demo.folder / "demo-accounts.json").stat().st_mode) == 0o600

    # `--reset` starts anew: what was changed is gone, and so are the passwords.
    with other.engine() as engine, engine.begin() as connection:
        connection.execute(sa.text("update base_customer set name = 'changed by hand'"))
    other.run("demo", "--fill-only", "--small", *BASE_ALONE, "--reset")
    assert other.rows("select count(*) from base_customer where name = 'changed by hand'") == [(0,)]
    assert other.of_companies("base_customer") == {"hefeng": 38, "renkang": 38, "brightfix": 38}
    made = [*before.values(), *other.passwords().values()]
    assert len(set(made)) == 2 * PEOPLE
    shipped = [p for f in ("core", "plugins", "docs") for p in (ROOT / f).rglob("*") if p.is_file()]
    everything = b"".join(p.read_bytes() for p in shipped)
    assert [p for p in made if p.encode() in everything] == []


def test_a_second_start_is_quick_adds_nothing_and_shows_no_password_changed_since(demo):
    from core.auth.passwords import hash_password

    email = "agent@brightfix.example"
    before, passwords = demo.counts(), demo.passwords()
    with demo.engine() as engine, engine.begin() as connection:
        kept = connection.scalar(sa.text("select password from core_user where email = :email"), {"email": email})
        change = sa.text("update core_user set password = :password where email = :email")
        connection.execute(change, {"password": hash_password("another-one-2f9c"), "email": email})
    begun = time.monotonic()
    told = demo.run("demo", "--fill-only")
    took = time.monotonic() - begun
    with demo.engine() as engine, engine.begin() as connection:
        connection.execute(change, {"password": kept, "email": email})
    assert demo.counts() == before
    assert demo.passwords() == passwords
    assert "Making" not in told
    changed = passwords.pop(email)
    assert all(password in told for password in passwords.values())
    assert changed not in told
    assert re.search(rf"{email} +\(changed since\)", told)
    assert took < max(10, demo.seconds / 2)


def test_a_database_with_other_companies_is_left_alone(tmp_path):
    house = House(tmp_path)
    house.environment["SANBAO_WITHOUT"] = ",".join(BASE_ALONE[1::2])
    house.run("company", "create", "own-firm", "--name", "Own Firm")
    before = house.counts()
    for more in ([], ["--reset"]):
        said = house.run("demo", "--fill-only", *more, status=2)
        assert "this database holds companies of its own (own-firm)" in said
        assert "give another DATABASE_URL" in said
    assert house.counts() == before
    assert not list(tmp_path.glob("demo-accounts*"))


def test_a_port_in_use_is_told_before_anything_is_made(tmp_path):
    house = House(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        house.environment["PORT"] = str(port)
        said = house.run("demo", status=2)
    assert said.strip() == f"sanbao: port {port} is in use. Choose another one: PORT=8001 make demo"
    assert list(tmp_path.iterdir()) == []


def test_killed_while_filling_the_next_start_completes_it_on_the_database_of_database_url(elsewhere, tmp_path):
    log = tmp_path / "log"
    command = ("sanbao", "demo", "--fill-only", "--small", *BASE_ALONE)
    with process(*command, env=elsewhere.environment, log=log) as running:
        deadline = time.monotonic() + 120
        while "Making 仁康" not in log.read_text() and running.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        assert running.poll() is None
        running.send_signal(signal.SIGKILL)
        running.wait()
    assert elsewhere.rows("select code from core_company") == [("hefeng",)]
    kept = {k: v for k, v in elsewhere.passwords().items() if "hefeng" in k}

    told = elsewhere.run(*command[1:])
    assert "Making 禾丰" not in told
    assert elsewhere.of_companies("base_customer") == {"hefeng": 38, "renkang": 38, "brightfix": 38}
    assert len(elsewhere.passwords()) == PEOPLE
    assert kept.items() <= elsewhere.passwords().items()
    assert "(changed since)" not in told
    assert not (tmp_path / "sanbao.db").exists()
