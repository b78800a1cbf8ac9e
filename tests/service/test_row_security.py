"""PostgreSQL keeps companies apart by itself: what holds when the session's own wall is taken away."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core import db
from core.db import (
    OWNED_TABLES,
    Base,
    bind_company,
    make_engine,
    open_session,
    system_session,
    transaction,
    unprotected,
    walks_past,
)
from core.testing import Installation
from plugins.base import services
from plugins.base.contracts import CustomerData
from plugins.base.models import Customer
from tests.support import requirements

BULK = {"synchronize_session": False}


@pytest.fixture(scope="module")
def url(databases):
    reason = databases.why_not("postgresql")
    if reason:
        requirements.lacking(reason)
    made = databases.create("postgresql")
    yield made
    databases.drop(made)


@pytest.fixture(scope="module")
def installation(url, registry):
    made = Installation(url, registry)
    for code in ("acme", "rival"):
        services.save_customer(made.company(code).system(), CustomerData(f"Customer of {code}"))
    yield made
    made.close()


@pytest.fixture
def without_the_first_wall(monkeypatch, installation):
    """Sessions add no company to their statements and refuse nothing."""
    monkeypatch.setattr(db, "_scope_options", lambda *_args: ())
    monkeypatch.setattr(db, "_refuse_unreachable", lambda *_args: set())
    monkeypatch.setattr(db, "_claim", lambda *_args: None)
    yield
    installation.close_sessions()


@pytest.fixture
def plain_engine(url):
    """An engine as the product makes it: bare connections see nothing."""
    engine = make_engine(url)
    yield engine
    engine.dispose()


def session_of(engine, company_id: int):
    session = open_session(engine)
    bind_company(session, company_id)
    return session


def test_every_owned_table_has_its_policy_and_the_role_is_bound_by_it(installation, plain_engine):
    with plain_engine.connect() as connection:
        assert unprotected(connection) == []
        assert not walks_past(connection)
        protected = set(connection.exec_driver_sql("SELECT tablename FROM pg_policies").scalars())
    installed = {t for t in OWNED_TABLES if t.startswith(("core_", "base_", "complaints_", "warranty_"))}
    assert installed <= protected
    assert len(protected) > 30


def test_a_session_sees_its_own_companys_rows_of_every_table(without_the_first_wall, plain_engine):
    with system_session(plain_engine, "test") as everything:
        held = {
            name: set(everything.scalars(sa.select(Base.metadata.tables[name].c.company_id).distinct()))
            for name in sorted(OWNED_TABLES & set(sa.inspect(plain_engine).get_table_names()))
        }
    assert held["base_customer"] == held["core_event"] == held["core_role"] == {1, 2}
    with session_of(plain_engine, 1) as session:
        for name, companies in held.items():
            seen = set(session.scalars(sa.select(Base.metadata.tables[name].c.company_id)))
            assert seen == companies & {1}, name


def test_without_a_company_nothing_is_seen_and_a_pooled_connection_carries_nothing_over(
    without_the_first_wall, url
):
    engine = make_engine(url, pool_size=1, max_overflow=0)
    count = sa.select(sa.func.count()).select_from(Customer)
    with session_of(engine, 1) as session:
        assert session.scalar(count) == 1
    with open_session(engine) as session:
        assert session.scalar(count) == 0
    with system_session(engine, "test") as session:
        assert session.scalar(count) == 2
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM base_customer").scalar() == 0
    engine.dispose()


def test_a_session_that_gets_its_company_within_a_transaction_sees_it_at_once(without_the_first_wall, plain_engine):
    with open_session(plain_engine) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Customer)) == 0
        bind_company(session, 2)
        assert session.scalars(sa.select(Customer.name)).all() == ["Customer of rival"]


def test_rows_of_another_company_can_not_be_changed_deleted_or_added(without_the_first_wall, plain_engine):
    with session_of(plain_engine, 1) as session, transaction(session):
        there = Customer.company_id == 2
        changed = session.execute(sa.update(Customer).where(there).values(note="x"), execution_options=BULK)
        gone = session.execute(sa.delete(Customer).where(there), execution_options=BULK)
        assert (changed.rowcount, gone.rowcount) == (0, 0)
        session.info.pop("pending_changes", None)
    added = sa.insert(Customer.__table__).values(
        company_id=2, number="X1", name="x", name_key="x", kind="person", klass="", grade="", address="",
        address_key="", note="", active=True, created_at=sa.func.now(), version=1,
    )
    with session_of(plain_engine, 1) as session:
        with pytest.raises(sa.exc.ProgrammingError, match="row-level security"):
            session.execute(added)
        session.rollback()


def test_services_work_behind_the_second_wall_alone(without_the_first_wall, installation):
    ctx = installation.session()
    bind_company(ctx, 1)
    names = ctx.scalars(sa.select(Customer.name)).all()
    assert names == ["Customer of acme"]


def test_sqlite_has_no_such_wall_and_says_nothing_of_it(tmp_path):
    engine = make_engine(f"sqlite:///{tmp_path / 'x.db'}", sees_all=True)
    with engine.connect() as connection:
        assert (unprotected(connection), walks_past(connection)) == ([], False)
    engine.dispose()
