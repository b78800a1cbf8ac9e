"""The tests' own databases: separate, prepared once, gone afterwards."""

import os
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.backup.rows import prefixes_in, read_rows, tables_in
from core.db import make_engine
from core.testing import Installation
from tests.support import network, requirements
from tests.support.databases import Databases, installed, leave_empty


def run(url, statement):
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        result = connection.execute(sa.text(statement))
        rows = [tuple(row) for row in result] if result.returns_rows else []
    engine.dispose()
    return rows


def one_row(url):
    run(url, "CREATE TABLE note (words VARCHAR(20))")
    run(url, "INSERT INTO note VALUES ('from the template')")


def test_two_databases_do_not_see_each_other(make_database):
    first, second = make_database("noted", one_row), make_database("noted", one_row)
    run(first, "INSERT INTO note VALUES ('mine')")
    assert run(first, "SELECT words FROM note ORDER BY words") == [("from the template",), ("mine",)]
    assert run(second, "SELECT words FROM note") == [("from the template",)]


def test_a_template_is_prepared_once(databases, database_kind, tmp_path):
    calls = []
    urls = [databases.create(database_kind, f"counted_{tmp_path.name}", calls.append) for _ in range(3)]
    assert len(set(urls)) == 3
    assert len(calls) == 1
    assert calls[0] not in urls
    for url in urls:
        databases.drop(url)


def a_company(url):
    installation = Installation(url, installed())
    installation.company("acme", modules=("complaints",))
    installation.close()


def test_postgresql_begins_with_the_rows_that_services_wrote_on_sqlite(databases):
    reason = databases.why_not("postgresql")
    if reason:
        requirements.lacking(reason)
    carrying = Databases(databases.folder, databases.owner_pid, carry=True)
    urls = [carrying.create(kind, "carried", a_company, rows_alone=True) for kind in ("sqlite", "postgresql")]
    found = []
    for url in urls:
        engine = make_engine(url, sees_all=True)
        with engine.connect() as connection:
            tables = tables_in(connection, prefixes_in(connection))
            found.append({table.name: list(read_rows(connection, table)) for table in tables})
        engine.dispose()
    assert found[0] == found[1]
    assert len(found[0]["core_company"]) == 1
    assert len(found[0]["core_decision_table"]) > 10

    # the next numbers follow the rows that came along
    installation = Installation(urls[1], installed())
    second = installation.company("zenith", modules=("complaints",))
    assert second.id == 2
    installation.close()
    for url in urls:
        carrying.drop(url)
    carrying.leave()


def test_a_dropped_database_is_gone(databases, database_kind):
    url = databases.create(database_kind, "empty", leave_empty)
    run(url, "CREATE TABLE note (words VARCHAR(20))")
    databases.drop(url)
    if database_kind == "sqlite":
        assert not Path(sa.make_url(url).database).exists()
    else:
        with pytest.raises(sa.exc.OperationalError, match="does not exist"):
            run(url, "SELECT 1")


def test_an_empty_database_has_no_tables(empty_database_url):
    assert sa.inspect(sa.create_engine(empty_database_url, poolclass=sa.NullPool)).get_table_names() == []


def test_the_role_of_the_tests_is_an_ordinary_one(empty_database_url, database_kind):
    if database_kind == "sqlite":
        assert empty_database_url.startswith("sqlite:////")
        return
    sql = "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb FROM pg_roles WHERE rolname = current_user"
    assert run(empty_database_url, sql) == [("sanbao_app", False, False, False)]


def test_all_workers_share_one_server(databases, database_kind):
    if database_kind == "postgresql":
        other = Databases(databases.folder, databases.owner_pid)
        assert other.server() == databases.server()
        os.kill(databases.server().pid, 0)
    else:
        assert not list(databases.folder.glob("*.draft"))


@pytest.mark.parametrize("address", [("192.0.2.1", 9), ("example.com", 80)])
def test_other_machines_are_out_of_reach(address):
    import socket

    with socket.socket() as probe, pytest.raises(network.OutsideConnection, match=address[0]):
        probe.connect(address)
