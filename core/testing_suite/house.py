"""A house of two companies for the suite: one filled as for a demonstration, one with marked rows far away.

``north`` holds what the plugins' ``demo_data`` makes. ``south`` holds copies of a few of those rows: with ids from
``FAR`` on, so that no id of south is ever one of north, and with ``MARK`` in every free text, so that any page of north
that shows something of south betrays itself.
"""

from __future__ import annotations

import hashlib
import marshal
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core import hooks, migrate
from core.companies.models import Role
from core.companies.services import save_unit
from core.db import Base, CompanyOwned, make_engine, sorted_tables, system_session, transaction
from core.demo_share import demo_share
from core.events import emit, emit_if_changed
from core.i18n import use_locale
from core.registry import Registry
from core.search import mark_everything
from core.testing import Installation, Office
from core.worker import utcnow

FAR = 1_000_000
SHARE = 0.4
"""North gets so much of the whole demonstration: enough of every kind, and soon made."""
MARK = "ZQX"
FEW = 2
"""South gets so many of the oldest and of the newest rows of each of the plugins' tables (of each state, where rows
have one), with what they point to: enough that no part of a page stays empty."""

NOT_COPIED = {
    "core_membership", "core_delivery", "core_job_run", "core_company_plugin", "core_sequence", "core_notification",
    "core_setting", "core_search_entry", "core_search_gram", "core_search_mark",
}
AFTER_RECORDS = ("core_checklist", "core_checklist_answer")
"""Copied when the records of modules are there: each record has one of a kind, with the record it hangs on."""
VOLATILE = {"core_worker_beat", "core_rate_limit", "core_unknown_sign_in"}


def build(url: str, registry: Registry) -> None:
    """Fill an empty database with the house."""
    migrate.upgrade(url, registry)
    installation = Installation(url, registry)
    modules = [p.name for p in registry.plugins.values() if not p.manifest.always_on]
    try:
        now = utcnow()
        north = installation.company("north", modules=modules, now=now, name="North Company", profile="machinery")
        south = installation.company("south", modules=modules, now=now, name=f"{MARK} South", profile="machinery")
        for office in (north, south):
            _centre(office, now)
            _people(office, registry, now)
        _demonstrate(north, now)
        _Copy(installation.engine, registry, north.id, south.id).run()
        for office in (north, south):
            mark_everything(office.system(now))
        installation.worker().index_all()
    finally:
        installation.close()


def _centre(office: Office, now) -> None:
    """A regional centre, for what depends on there being one."""
    save_unit(office.system(now), "centre", "Centre", "centre", "hq")


def _people(office: Office, registry: Registry, now) -> None:
    ctx = office.system(now)
    with transaction(ctx):
        for code, permissions in (
            ("everything", sorted(registry.permissions)),
            ("reading", sorted(p for p in registry.permissions if p.endswith(".view"))),
            ("nothing", []),
            ("lacking", []),
        ):
            ctx.session.add(Role(code=code, name={"en": code, "zh": code}, permissions=permissions))
            emit(ctx, "core.role_saved", name=code, code=code)
    for person, roles in (
        ("boss", ("everything", "administrator")),
        ("reader", ("reading",)),
        ("nobody", ("nothing",)),
        ("lacking", ("lacking",)),
    ):
        office.person(f"{person}@{office.code}.example", *roles, name=f"{person.title()} of {office.code}")


def _demonstrate(office: Office, now) -> None:
    """What ``sanbao demo`` does for a company."""
    ctx = office.system(now)
    with use_locale(ctx.locale), demo_share(SHARE):
        for _plugin, impl in hooks.demo_fills(ctx.registry, ctx.enabled):
            with transaction(ctx):
                impl.function()(ctx, 7)
                emit_if_changed(ctx, "core.demo_filled")


def installed_tables(registry: Registry) -> list[sa.Table]:
    """The tables of the core and the installed plugins, parents first; other tests of this process may map more."""
    prefixes = ("core_", *(p.manifest.prefix for p in registry.plugins.values()))
    return [t for t in sorted_tables() if t.name.startswith(prefixes)]


@dataclass
class _Copy:
    """Copies a few rows of one company, with all that they point to, into another."""

    engine: sa.Engine
    registry: Registry
    source: int
    target: int
    rows: dict[str, dict[int, dict]] = field(default_factory=dict)
    chosen: dict[str, dict[int, dict]] = field(default_factory=lambda: defaultdict(dict))
    new_id: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))

    def run(self) -> None:
        tables = [m.local_table for m in Base.registry.mappers if issubclass(m.class_, CompanyOwned)]
        self.tables = [t for t in installed_tables(self.registry) if t in tables and t.name not in NOT_COPIED]
        self.names = {t.name for t in self.tables}
        self.kinds = {k.kind: k.model.__tablename__ for k in self.registry.kinds.values()}  # type: ignore[attr-defined]
        with self.engine.begin() as connection:
            for table in self.tables:
                query = sa.select(table).where(table.c.company_id == self.source).order_by(table.c.id)
                self.rows[table.name] = {row["id"]: dict(row) for row in connection.execute(query).mappings()}
            self.boss = connection.scalar(
                sa.text("select id from core_user where email = :email"), {"email": "boss@south.example"}
            )
            self._choose()
            for table in reversed(self.tables):  # what modules loaded when switched on comes from the copy, marked
                if not table.name.startswith("core_"):
                    connection.execute(sa.delete(table).where(table.c.company_id == self.target))
            for table in sorted(self.tables, key=lambda t: t.name in AFTER_RECORDS):
                self._insert(connection, table)

    def _choose(self) -> None:
        for table in self.tables:
            if not table.name.startswith("core_"):
                for row_id in self._some(table.name):
                    self._take(table.name, row_id)
        for table in self.tables:
            if table.name.startswith("core_") and "record_kind" not in table.c and table.name != "core_event_link":
                for row_id in self.rows[table.name]:
                    self._take(table.name, row_id)
        for name in ("core_event", "core_event_link", "core_clock", "core_decision"):
            for row_id, row in self.rows.get(name, {}).items():
                about = self.kinds.get(row["record_kind"], "")
                if row["record_id"] in self.chosen.get(about, {}):
                    self._take(name, row_id)

    def _some(self, table: str) -> list[int]:
        by_state: dict[str, list[int]] = defaultdict(list)
        for row_id, row in self.rows[table].items():
            by_state[row.get("state", "")].append(row_id)
        return sorted({i for ids in by_state.values() for i in (*ids[:FEW], *ids[-FEW:])})

    def _take(self, table: str, row_id: int) -> None:
        if row_id in self.chosen[table] or row_id not in self.rows.get(table, {}):
            return
        row = self.chosen[table][row_id] = self.rows[table][row_id]
        if table in AFTER_RECORDS and "record_kind" in row:
            self._take(self.kinds.get(row["record_kind"], ""), row["record_id"])
        for column, target in self._references(Base.metadata.tables[table]):
            if row[column] is not None and target in self.names:
                self._take(target, row[column])

    @staticmethod
    def _references(table: sa.Table) -> list[tuple[str, str]]:
        """(column, the table it points to) of every foreign key but the company's."""
        return [
            (element.parent.name, element.column.table.name)
            for constraint in table.foreign_key_constraints
            for element in constraint.elements
            if element.parent.name != "company_id"
        ]

    def _insert(self, connection: sa.Connection, table: sa.Table) -> None:
        there = self._natural(connection, table)
        rows: list[dict] = []
        for row_id, row in sorted(self.chosen[table.name].items()):
            made = {**row, "company_id": self.target}
            for column, target in self._references(table):
                if row[column] is not None and target in self.names:
                    made[column] = self.new_id[target].get(row[column])
                elif row[column] is not None and target == "core_user":
                    made[column] = self.boss
            if "record_kind" in table.c and row.get("record_id") is not None:
                about = self.kinds.get(row["record_kind"], "")
                made["record_id"] = self.new_id[about].get(row["record_id"], self.target)
            known = there.get(self._key(table, made))
            made["id"] = self.new_id[table.name][row_id] = known or FAR + len(rows) + 1
            if known is None:
                rows.append(self._marked(table, made))
        if rows:
            connection.execute(sa.insert(table), rows)

    def _natural(self, connection: sa.Connection, table: sa.Table) -> dict[tuple, int]:
        """What south has already (roles, calendars, rule tables), by its natural key."""
        if self._natural_key(table) is None:
            return {}
        rows = connection.execute(sa.select(table).where(table.c.company_id == self.target)).mappings()
        return {self._key(table, dict(row)): row["id"] for row in rows}

    @staticmethod
    def _natural_key(table: sa.Table) -> list[str] | None:
        """The columns that tell a company's rows apart: those of the core, and what a module loads when switched on."""
        keys = sorted(
            [c.name for c in constraint.columns]
            for constraint in table.constraints
            if isinstance(constraint, sa.UniqueConstraint)
        )
        return next((names[1:] for names in keys if names[:1] == ["company_id"] and "id" not in names), None)

    def _key(self, table: sa.Table, row: dict) -> tuple:
        names = self._natural_key(table)
        return tuple(row[n] for n in names) if names else ("no key", row["id"])

    def _marked(self, table: sa.Table, row: dict) -> dict:
        """With the mark in free texts: long ones of plugins, the names of people in events."""
        if table.name == "core_event":
            return {**row, "actor_name": f"{MARK} {row['actor_name']}"[:120]}
        if table.name.startswith("core_"):
            return row
        for column in table.c:
            length = getattr(column.type, "length", None)
            if column.info.get("secret"):  # no secret opens anything in two companies
                row[column.name] = f"{MARK}{row[column.name]}"[:length]
                continue
            free = isinstance(column.type, sa.Text) or (isinstance(column.type, sa.String) and (length or 0) >= 100)
            if free and isinstance(row[column.name], str) and row[column.name]:
                row[column.name] = f"{MARK} {row[column.name]}"[:length]
        return row


class House:
    """The house with the application on it: one of its own, or ``app``, which works on that database already."""

    def __init__(self, url: str, registry: Registry, app: Any = None):
        from flask_login import FlaskLoginClient

        from core.app import create_app

        self.url, self.registry = url, registry
        self.folder = tempfile.TemporaryDirectory(prefix="sanbao-suite-")
        settings: dict[str, Any] = {"VAR_DIR": self.folder.name, "TESTING": True, "PROPAGATE_EXCEPTIONS": True}
        settings["WTF_CSRF_CHECK_DEFAULT"] = False
        if app is None:
            secret = "suite" * 10
            settings |= {"SQLALCHEMY_DATABASE_URI": url, "SECRET_KEY": secret, "SECURITY_PASSWORD_SALT": secret}
            app = create_app({**settings, "SECOND_FACTOR_KEYS": [secret]}, registry=registry)
        app.config.update(settings)
        self.app = app
        self._other_clients = app.test_client_class
        self.app.test_client_class = FlaskLoginClient
        self.engine = make_engine(url, synchronous="OFF", sees_all=True)
        self.installation = Installation(url, registry)
        self._clients: dict[str, Any] = {}
        self._company_ids: dict[str, int] = {}
        self._watching: Any = None
        self._digests: dict[tuple, tuple[Any, dict[str, str]]] = {}
        self.counts_anew = False
        self.filled = self._filled()
        """The tables in which north has rows as the house was filled: whichever test came before doesn't count."""

    def _filled(self) -> set[str]:
        tables = [t for t in installed_tables(self.registry) if "company_id" in t.c]
        here = self.company_id("north")
        with self.engine.connect() as connection:
            found = [(t.name, sa.select(t.c.company_id).where(t.c.company_id == here).limit(1)) for t in tables]
            return {name for name, query in found if connection.scalar(query) is not None}

    def close(self) -> None:
        """Give everything back."""
        from core.web.database import db

        self.app.test_client_class = self._other_clients
        with self.app.app_context():
            db.session.remove()
            for engine in self.app.extensions["sqlalchemy"].engines.values():
                engine.dispose()
        if self._watching is not None:
            self._watching.close()
        self.installation.close()
        self.engine.dispose()
        self.folder.cleanup()

    @property
    def web_engine(self) -> sa.Engine:
        """The engine that pages use."""
        with self.app.app_context():
            return self.app.extensions["sqlalchemy"].engines[None]

    def company_id(self, code: str) -> int:
        """A company's id."""
        if code not in self._company_ids:
            with self.engine.connect() as connection:
                found = connection.scalar(sa.text("select id from core_company where code = :code"), {"code": code})
            assert found is not None
            self._company_ids[code] = int(found)
        return self._company_ids[code]

    def office(self, code: str = "north") -> Office:
        """A company, for services. Sessions that were opened before give their connections back."""
        self.installation.close_sessions()
        return Office(self.installation, code, self.company_id(code))

    def user_id(self, person: str, company: str = "north") -> int:
        """A person's account."""
        email = f"{person}@{company}.example"
        with self.engine.connect() as connection:
            found = connection.scalar(sa.text("select id from core_user where email = :email"), {"email": email})
        assert found is not None
        return int(found)

    def client(self, who: str = "boss@north") -> Any:
        """A signed-in browser without a real one, of person@company; empty: nobody is signed in."""
        if not who:
            return self.app.test_client()
        from core.auth.models import User
        from core.web.database import db

        if who not in self._clients:
            person, _at, company = who.partition("@")
            with self.app.app_context():
                user = db.session.get(User, self.user_id(person, company))
                self._clients[who] = self.app.test_client(user=user)
        return self._clients[who]

    def grant(self, permissions: list[str], role: str = "lacking", company: str = "north") -> None:
        """Give a role exactly these permissions, past all services."""
        with system_session(self.engine, "suite: rights of a role under test") as session:
            own = (Role.code == role, Role.company_id == self.company_id(company))
            session.execute(sa.update(Role).where(*own).values(permissions=sorted(permissions)))  # version stays
            session.info.pop("pending_changes", None)
            session.commit()

    def fingerprints(self, company: str | None = None, tables: str = "", but: Iterable[str] = ()) -> dict[str, str]:
        """Table → a digest of its rows: of one company, or all; of tables beginning with ``tables``.

        Columns in ``but`` (``table.column``) are left out.
        """
        asked = (company, tables, *sorted(but))
        version = self._version()
        known = self._digests.get(asked)
        if known is None or known[0] != version:
            known = self._digests[asked] = (version, self._digested(company, tables, but))
        return dict(known[1])

    def renewed(self, known: dict[str, str], table: str) -> dict[str, str]:
        """``known`` fingerprints once the caller itself has changed one table: that is read anew; until somebody writes
        this is what ``fingerprints`` answers.
        """
        version = self._version()
        known = known | self._digested(None, table, ())
        self._digests[(None, "")] = (version, known)
        return dict(known)

    def _version(self) -> Any:
        """Another value once anybody has committed a change. SQLite counts them; PostgreSQL numbers the transactions
        that write, those in its other databases as well, and tells which of them are under way.
        """
        on_sqlite = self.engine.dialect.name == "sqlite"
        if self._watching is None:  # a connection that never writes: on SQLite its own changes would not count
            self._watching = self.engine.raw_connection()
            if not on_sqlite:
                self._watching.driver_connection.rollback()
                self._watching.driver_connection.autocommit = True
        ask = "PRAGMA data_version" if on_sqlite else "SELECT pg_current_snapshot()::text"
        return self._watching.driver_connection.execute(ask).fetchone()[0]

    def _digested(self, company: str | None, tables: str, but: Iterable[str]) -> dict[str, str]:
        company_id = self.company_id(company) if company else None
        found = {}
        with self.engine.connect() as connection:
            quote = connection.dialect.identifier_preparer.quote
            for table in installed_tables(self.registry):
                if table.name in VOLATILE or not table.name.startswith(tables):
                    continue
                if company_id is not None and "company_id" not in table.c:
                    continue
                columns = [quote(c.name) for c in table.c if f"{table.name}.{c.name}" not in but]
                order = ", ".join(quote(c.name) for c in table.primary_key.columns)
                where = f" WHERE company_id = {company_id}" if company_id is not None else ""
                rows = f"SELECT {', '.join(columns)} FROM {quote(table.name)}{where}"  # noqa: S608 - names are quoted
                found[table.name] = _digest(connection, rows, order)
        return found

    @contextmanager
    def counting_once(self) -> Iterator[None]:
        """Within the block modules are asked what the menu should count once for each person, as long as nobody writes:
        it stands on every page, and takes a fifth of most. Where ``counts_anew`` it is asked for each page.
        """
        from core.web import shell

        ask, kept = shell._counts, dict[tuple, dict]()

        def counts(ctx: Any) -> dict:
            asked = (self._version(), ctx.company_id, ctx.actor.user_id)
            if self.counts_anew or asked not in kept:
                kept[asked] = ask(ctx)
            return kept[asked]

        shell._counts = counts
        try:
            yield
        finally:
            shell._counts = ask

    def tables_of(self, plugin: str) -> list[sa.Table]:
        """A plugin's owned tables."""
        prefix = "core_" if plugin == "core" else self.registry.plugins[plugin].manifest.prefix
        return [t for t in installed_tables(self.registry) if t.name.startswith(prefix) and "company_id" in t.c]

    def count(self, table: sa.Table, company: str = "north") -> int:
        """How many rows of a table a company has."""
        query = sa.select(sa.func.count()).select_from(table).where(table.c.company_id == self.company_id(company))
        with self.engine.connect() as connection:
            return connection.scalar(query) or 0

    def ids(self, table: sa.Table, company: str = "north") -> set[int]:
        """The ids of a company's rows in a table."""
        with self.engine.connect() as connection:
            query = sa.select(table.c.id).where(table.c.company_id == self.company_id(company))
            return set(connection.execute(query).scalars())

    def first_id(self, table: sa.Table, company: str = "north") -> int | None:
        """The lowest id of a company's rows in a table; of south's those that were copied, if there are any."""
        query = sa.select(table.c.id).where(table.c.company_id == self.company_id(company))
        query = query.order_by(table.c.id < FAR if company == "south" else table.c.id, table.c.id).limit(1)
        with self.engine.connect() as connection:
            return connection.scalar(query)


def _digest(connection: sa.Connection, rows: str, order: str) -> str:
    """A digest of rows as the database keeps them: making Python's values of them would take most of a walk's time."""
    if connection.dialect.name == "postgresql":
        text = f"SELECT md5(coalesce(string_agg(r::text, chr(10) ORDER BY {order}), '')) FROM ({rows}) r"  # noqa: S608
        return str(connection.exec_driver_sql(text).scalar())
    driver: Any = connection.connection.driver_connection
    found = driver.execute(f"{rows} ORDER BY {order}").fetchall()
    return hashlib.sha256(marshal.dumps(found, 2)).hexdigest()  # 2: equal values make equal bytes


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The tables whose rows are not what they were."""
    return sorted(name for name in before if before[name] != after.get(name))


def package_folder(registry: Registry, plugin: str) -> Path:
    """Where a package's files are."""
    return Path(__file__).parents[1] if plugin == "core" else registry.plugins[plugin].folder


__all__ = ["FAR", "MARK", "House", "build", "changed", "package_folder"]
