"""The installation's administration: companies with their first administrator, and accounts."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from core.auth.models import User
from core.companies.models import Company, Membership
from core.db import open_session, system_session
from core.events import Event
from core.testing import Installation
from tests.support.accounts import Site, words_of

pytestmark = pytest.mark.one_database

ONE_TIME = re.compile(r"data-one-time-password>([^<]+)<")
COMPANY = {
    "name": "Hefeng Appliances",
    "code": "hefeng",
    "locale": "zh",
    "timezone": "Asia/Shanghai",
    "currency": "cny",
    "region": "cn",
    "email": "he@hefeng.test",
    "person": "He Min",
}


@pytest.fixture
def site(app, database_url, registry):
    """An installation with its administrator, root@sanbao.test."""
    installation = Installation(database_url, registry)
    site = Site(app, installation)
    site.account("root@sanbao.test", "Root", installation_admin=True)
    yield site
    installation.close()


@pytest.fixture
def root(site):
    """The installation's administrator, signed in."""
    return site.signed_in("root@sanbao.test")


def rows(site, query) -> list[tuple]:
    with system_session(site.installation.engine, "test: look at every company") as session:
        return [tuple(row) for row in session.execute(query)]


PAGES = ("/installation/", "/installation/companies/new", "/installation/accounts", "/installation/accounts/1")


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_are_there_for_the_installations_administrators_only(site, root, path):
    site.person("boss@acme.test", "administrator")
    assert root.get(path).status_code == 200
    assert site.signed_in("boss@acme.test").get(path).status_code == 404
    assert site.browser().get(path).location.startswith("/login")
    assert root.get(f"/c/acme{path}").status_code == 404


def test_forms_of_others_change_nothing(site):
    site.person("boss@acme.test", "administrator")
    boss = site.signed_in("boss@acme.test")
    for path in ("companies/new", "accounts/1/active", "accounts/1/unlock", "accounts/1/password"):
        assert boss.post(f"/installation/{path}", COMPANY, page="/account").status_code == 404, path
    assert rows(site, sa.select(Company.code)) == [("acme",)]
    assert rows(site, sa.select(User.active, User.must_change_password).where(User.id == 1)) == [(True, False)]


def test_a_company_comes_with_its_administrator_who_gets_a_one_time_password(site, root):
    answer = root.post("/installation/companies/new", COMPANY)
    password = ONE_TIME.search(answer.text)[1]
    assert "Hefeng Appliances was created; He Min is its administrator." in words_of(answer.text)
    found = rows(site, sa.select(Company.code, Company.name, Company.currency, Company.region, Company.locale))
    assert found == [("hefeng", "Hefeng Appliances", "CNY", "CN", "zh")]
    assert rows(site, sa.select(Membership.user_id, Membership.role_codes)) == [(2, ["administrator"])]
    created = sa.select(Event.actor_id, Event.actor_name).where(Event.name == "core.company_created")
    assert rows(site, created) == [(1, "Root")]
    he = site.browser()
    assert he.sign_in("he@hefeng.test", password).status_code == 302
    assert root.get("/c/hefeng/people").status_code == 404


def test_an_account_that_exists_becomes_the_administrator_and_keeps_its_password(site, root):
    site.account("he@hefeng.test", "He Min")
    answer = root.post("/installation/companies/new", COMPANY)
    assert (answer.status_code, answer.location) == (302, "/installation/")
    assert site.signed_in("he@hefeng.test").get("/c/hefeng/people").status_code == 200


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"code": "Hefeng"}, "A company code has 2 to 40 lower-case letters, digits or hyphens"),
        ({"code": "acme"}, "There is a company with the code “acme” already."),
        ({"currency": "yuan"}, "A currency has three letters, like CNY."),
        ({"region": "China"}, "A country has two letters, like CN."),
        ({"email": "nobody"}, "“nobody” is no e-mail address. Write it like li@example.com."),
        ({"person": ""}, "Enter the person's name."),
        ({"timezone": "Mars/Base"}, "Choose one of the values offered."),
    ],
)
def test_what_does_not_fit_is_said_and_no_half_company_is_left(site, root, change, said):
    site.office("acme")
    answer = root.post("/installation/companies/new", {**COMPANY, **change})
    assert answer.status_code == 422
    assert said in words_of(answer.text)
    assert rows(site, sa.select(Company.code)) == [("acme",)]
    assert rows(site, sa.select(User.email)) == [("root@sanbao.test",)]


def test_the_list_shows_every_company_with_its_people(site, root):
    site.person("boss@acme.test", "administrator")
    site.office("beta", name="Beta Ltd")
    said = words_of(root.get("/installation/").text)
    assert "2 records" in said
    assert re.search(r"Acme acme 中文 Asia/Shanghai 1 Beta Ltd beta 中文 Asia/Shanghai 0", said)


def test_an_account_is_closed_in_every_company_and_opened_again(site, root):
    li = site.person("li@acme.test", "administrator")
    browser = site.signed_in("li@acme.test")
    path = f"/installation/accounts/{li}"
    assert root.post(f"{path}/active", {"active": "0"}, page=path).location == path
    assert not browser.is_signed_in()
    assert browser.sign_in("li@acme.test").status_code == 200
    root.post(f"{path}/active", {"active": "1"}, page=path)
    assert not browser.is_signed_in()
    assert site.signed_in("li@acme.test").is_signed_in()


def test_nobody_closes_the_own_account(site, root):
    answer = root.post("/installation/accounts/1/active", {"active": "0"}, page="/account", follow_redirects=True)
    assert "You can't close your own account." in words_of(answer.text)
    assert root.is_signed_in()


def test_a_locked_account_is_unlocked_and_any_account_gets_a_one_time_password(site, root):
    li = site.person("li@acme.test", "administrator")
    for _time in range(8):
        site.browser().sign_in("li@acme.test", "wrong password")
    path = f"/installation/accounts/{li}"
    assert "Locked after too many wrong attempts, until" in words_of(root.get(path).text)
    root.post(f"{path}/unlock", page=path)
    assert site.signed_in("li@acme.test").is_signed_in()
    password = ONE_TIME.search(root.post(f"{path}/password", page=path).text)[1]
    assert site.browser().sign_in("li@acme.test", password).status_code == 302


def test_accounts_are_found_by_part_of_name_or_address(site, root):
    site.account("li@acme.test", "Li Ming")
    page = root.get("/installation/accounts?q=MING").text
    assert re.findall(r'href="/installation/accounts/(\d+)"', page) == ["2"]


def test_the_first_administrator_is_made_on_the_command_line(
    database_url, monkeypatch, tmp_path, hashing_as_delivered
):
    from click.testing import CliRunner

    from core.cli import main

    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("SANBAO_HOME", str(tmp_path))
    told = CliRunner().invoke(main, ["user", "create", "root@sanbao.test", "--name", "Root", "--installation-admin"])
    assert told.exit_code == 0, told.output
    assert re.search(r"Password, shown once: \S{16}", told.output)
    from core.db import make_engine

    engine = make_engine(database_url, sees_all=True)
    with open_session(engine) as session:
        row = session.execute(sa.select(User.email, User.is_installation_admin, User.password)).one()
    engine.dispose()
    assert tuple(row)[:2] == ("root@sanbao.test", True)
    assert row.password.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_chinese_for_a_chinese_reader(site, path):
    site.account("guan@sanbao.test", "管理", locale="zh", installation_admin=True)
    said = words_of(site.signed_in("guan@sanbao.test").get(path).text)
    for known in (
        "English",
        "Root",
        "root@sanbao.test",
        "guan@sanbao.test",
        "hefeng",
        "CNY",
        "EUR",
        "USD",
        "UTC",
        "Enter",
    ):
        said = said.replace(known, "")
    assert re.findall(r"[A-Za-z]{3,}", said) == []
