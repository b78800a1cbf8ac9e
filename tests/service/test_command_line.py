"""The command ``sanbao``: companies, people, modules, decisions of a company's own tables, checks."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from core.cli import main
from core.companies.models import Membership
from core.db import make_engine, system_session


@pytest.fixture
def sanbao(database_url, tmp_path, monkeypatch):
    """``sanbao("company", "list")`` → the result, on a database of its own."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("SANBAO_HOME", str(tmp_path))
    return lambda *words, **more: CliRunner().invoke(main, list(words), **more)


@pytest.fixture
def acme(sanbao):
    assert sanbao("company", "create", "acme", "--name", "Acme", "--locale", "en").output == (
        "Company acme is there: /c/acme/\n"
    )


def test_companies_are_created_and_listed(sanbao, acme):
    assert sanbao("company", "list").output == "acme\tAcme\tAsia/Shanghai\tCNY\t\n"


def test_a_code_that_is_taken_is_refused_in_one_line(sanbao, acme):
    answer = sanbao("company", "create", "acme", "--name", "Again")
    assert answer.exit_code == 2
    assert answer.output.startswith("sanbao: ")
    assert "acme" in answer.output
    assert len(answer.output.splitlines()) == 1


def test_modules_are_switched_with_what_they_need(sanbao, acme):
    assert "complaints\t0.1.0\toff\t" in sanbao("module", "list", "--company", "acme").output
    assert sanbao("module", "on", "complaints", "--company", "acme").output == "Switched on: complaints\n"
    assert "complaints\t0.1.0\ton\t" in sanbao("module", "list", "--company", "acme").output
    assert sanbao("module", "off", "complaints", "--company", "acme").output == "Switched off: complaints\n"
    refused = sanbao("module", "off", "base", "--company", "acme")
    assert refused.exit_code == 2


def test_an_account_gets_a_password_once_and_its_roles(sanbao, acme, database_url):
    answer = sanbao("user", "create", "li@acme.example", "--name", "Li", "--company", "acme", "--role", "agent")
    assert answer.exit_code == 0, answer.output
    assert "Password, shown once: " in answer.output
    engine = make_engine(database_url, sees_all=True)
    with system_session(engine, "test: whose membership") as session:
        assert session.scalars(sa.select(Membership.role_codes)).one() == ["agent"]
    engine.dispose()


def test_cases_are_decided_by_a_companys_own_table(sanbao, acme):
    sanbao("module", "on", "complaints", "--company", "acme")
    case = {"id": 7, "facts": {"kind": "complaint", "category": "packaging"}}
    answer = sanbao("decide", "complaints.routing", "--company", "acme", input=json.dumps(case) + "\n")
    assert answer.exit_code == 0, answer.output
    line = json.loads(answer.output)
    assert (line["id"], line["row"], line["outputs"]["department"]) == (7, 2, "warehouse")
    assert line["why"].startswith("Row 2: ")


def test_a_kind_of_tables_decides_each_case_by_the_table_that_is_chosen_for_it(sanbao, acme):
    sanbao("module", "on", "warranty", "--company", "acme")
    usual = {
        "work": "fault", "cause": "defect", "proof": "invoice", "proof_agrees": True, "period": "running",
        "sold": "2026-03-01", "days_since_sale": 16, "days_since_start": 16, "repairs_same": 0, "exchanges_same": 0,
        "days_waiting_parts": 0, "days_own_reasons": 0, "days_out_of_use": 0, "repair_guarantee": False,
        "contract": "none", "listed_fault": True,
    }  # fmt: skip
    cases = [
        {"id": "phone", "facts": {**usual, "product_group": "phone", "days_since_sale": 7}},
        {"id": "fridge", "facts": {**usual, "product_group": "household appliance", "days_since_start": 15}},
        {"id": "pump", "facts": {**usual, "product_group": "pump", "cause": "misuse"}},
        {"id": "silent", "facts": {**usual, "product_group": "phone", "cause": "transport"}},
        {"id": "lacking", "facts": {"product_group": "phone", "sold": "2026-03-01"}},
    ]
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    answer = sanbao("decide", "warranty.coverage", "--company", "acme", input=lines)
    assert answer.exit_code == 1, "one case lacks facts"
    phone, fridge, pump, silent, lacking = map(json.loads, answer.output.splitlines())
    assert (phone["id"], phone["outputs"]["refund"], phone["outputs"]["loaner_after"]) == ("phone", 1, 7)
    assert (fridge["outputs"]["exchange"], fridge["outputs"].get("refund")) == (1, None)
    assert (pump["outputs"]["charge"], pump["outputs"]["price_list"]) == ("paid", "preferential")
    assert (silent["row"], silent["outputs"]) == (None, "refer")
    assert silent["why"] == "No row fits; refer to a person: The regulation does not say; a person decides"
    assert {"cause", "period", "proof"} <= {f["fact"] for f in lacking["error"]["facts"]}


def test_an_unknown_company_is_told(sanbao):
    answer = sanbao("module", "list", "--company", "nowhere")
    assert (answer.exit_code, "nowhere" in answer.output) == (2, True)


def test_check_finds_nothing_wrong_with_what_is_shipped(sanbao):
    answer = sanbao("check")
    assert (answer.exit_code, answer.output) == (0, "All is well.\n")


def test_an_upgrade_of_an_up_to_date_database_does_nothing(sanbao):
    assert sanbao("db", "upgrade").output == "Up to date.\n"


def test_a_database_of_a_later_version_is_left_alone_and_told_in_one_line(sanbao, database_url):
    engine = make_engine(database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("update core_migration set version_num = 'core_9999_of_tomorrow'"))
    for command in (("db", "upgrade"), ("demo", "--fill-only"), ("company", "list")):
        answer = sanbao(*command)
        assert answer.exit_code == 2, command
        assert answer.output.splitlines()[-1].startswith("sanbao: the database is newer than this program"), command
        assert "core_9999_of_tomorrow" in answer.output
    with engine.connect() as connection:
        assert connection.scalar(sa.text("select version_num from core_migration")) == "core_9999_of_tomorrow"
    engine.dispose()


def test_production_refuses_to_start_without_keys(sanbao, monkeypatch):
    monkeypatch.setenv("SANBAO_ENV", "production")
    answer = sanbao("check")
    assert answer.exit_code == 1
    assert "SECRET_KEY is not set" in answer.output


def test_a_plugin_that_is_left_out_leaves_with_its_dependents(sanbao):
    assert sanbao("check", "--without", "base").exit_code == 0


def test_the_trail_is_sealed_exported_and_verified_and_tampering_ends_in_a_bad_exit_status(
    sanbao, acme, database_url, tmp_path
):
    assert sanbao("audit", "seal").output.startswith("acme: ")
    heads = sanbao("audit", "heads").output
    assert heads.split("\t")[1:3] == ["acme", "1"]
    assert (tmp_path / "audit-heads.tsv").read_text() == heads
    (tmp_path / "kept.tsv").write_text(heads)
    whole = sanbao("audit", "verify", "--company", "acme", "--heads", str(tmp_path / "kept.tsv"))
    assert (whole.exit_code, whole.output.splitlines()[0][:30]) == (0, "acme: the chain is whole; 1 bl")
    engine = make_engine(database_url, sees_all=True)
    with engine.begin() as connection:
        first = connection.execute(sa.text("SELECT min(id) FROM core_event")).scalar()
        connection.execute(sa.text("UPDATE core_event SET actor_name = 'Nobody' WHERE id = :id"), {"id": first})
    engine.dispose()
    broken = sanbao("audit", "verify", "--heads", str(tmp_path / "kept.tsv"))
    assert broken.exit_code == 1
    assert broken.output.splitlines()[0] == (
        f"acme: Event {first} of block 1 says something else than when it was written."
    )
    assert broken.output.splitlines()[1].startswith("acme: 1 problems; 1 blocks, ")
