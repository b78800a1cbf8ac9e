"""Signing in, by form and by JSON: words, lock-out, limits, the way back, and what ends a session."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa
import time_machine

from core.auth import services
from core.auth.models import RateLimit, UnknownSignIn, User
from core.companies.services import end_membership, save_membership, save_role
from core.db import open_session, transaction
from core.testing import Installation
from tests.support.accounts import PASSWORD, Site, words_of

pytestmark = pytest.mark.one_database

WRONG = "The e-mail address or password is not right."
START = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)


@pytest.fixture
def site(app, database_url, registry):
    """The application and its database."""
    installation = Installation(database_url, registry)
    yield Site(app, installation)
    installation.close()


@pytest.fixture
def clock():
    """The time, to be moved: ``clock.shift(dt.timedelta(…))``."""
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def read(site, query):
    with open_session(site.installation.engine) as session:
        return session.execute(query).one()


def user_row(site, email):
    return read(site, sa.select(User.failed_sign_ins, User.locked_until).where(User.email == email))


# --- signing in and out ---------------------------------------------------------------------------------------------


def test_a_right_password_lets_in_and_leads_to_the_only_company(site):
    site.person("li@acme.test", "administrator")
    browser = site.browser()
    assert not browser.is_signed_in()
    answer = browser.sign_in("  LI@Acme.test ")
    assert (answer.status_code, answer.location) == (302, "/companies")
    assert browser.get("/companies").location == "/c/acme/"
    assert browser.is_signed_in()


def test_the_sign_in_is_kept_on_record(site, clock):
    site.account("li@acme.test")
    site.signed_in("li@acme.test", address="198.51.100.7")
    clock.shift(dt.timedelta(hours=1))
    site.signed_in("li@acme.test", address="198.51.100.8")
    row = read(site, sa.select(User.login_count, User.last_login_at, User.current_login_at, User.current_login_ip))
    assert tuple(row) == (2, START, START + dt.timedelta(hours=1), "198.51.100.8")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-CN", ("登录", "邮箱", "密码", "在这台电脑上保持登录")),
        ("en", ("Sign in", "E-mail", "Password", "Stay signed in on this computer")),
    ],
)
def test_the_sign_in_page_speaks_the_browsers_language(site, language, words):
    said = words_of(site.browser(language=language).get("/login").text)
    assert [w for w in words if w not in said] == []
    if language == "zh-CN":
        assert re.findall(r"[A-Za-z]{3,}", said.replace("English", "")) == []


def test_a_wrong_password_is_told_in_chinese(site):
    site.account("li@acme.test")
    page = site.browser(language="zh-CN").sign_in("li@acme.test", "wrong password").text
    assert "邮箱或密码不对。" in words_of(page)


def test_cookies_stand_at_the_root_and_are_closed_to_scripts(site):
    site.account("li@acme.test")
    answer = site.browser().post("/login", {"email": "li@acme.test", "password": PASSWORD, "remember": "y"})
    cookies = answer.headers.getlist("Set-Cookie")
    assert {c.split("=")[0] for c in cookies} == {"session", "remember_token"}
    assert all("Path=/;" in f"{c};" and "HttpOnly" in c and "SameSite=Lax" in c for c in cookies)


def test_signing_out_ends_the_session(site):
    site.account("li@acme.test")
    browser = site.signed_in("li@acme.test")
    assert browser.post("/logout", page="/account").location == "/login"
    assert not browser.is_signed_in()


def test_nobody_is_signed_out_by_a_link(site):
    site.account("li@acme.test")
    browser = site.signed_in("li@acme.test")
    assert browser.get("/logout").status_code == 405
    assert browser.is_signed_in()


def test_a_form_from_elsewhere_is_refused(site):
    site.account("li@acme.test")
    browser = site.browser()
    data = {"email": "li@acme.test", "password": PASSWORD}
    assert browser.client.post("/login", data=data, headers=browser.headers).status_code == 400
    assert browser.client.post("/login", json=data).status_code == 400
    assert not browser.is_signed_in()


def test_json_signs_in_with_a_token_in_the_header(site):
    site.account("li@acme.test")
    browser = site.browser()
    answer = browser.json_sign_in("li@acme.test")
    assert (answer.status_code, answer.get_json()["meta"]["code"]) == (200, 200)
    assert browser.is_signed_in()


def test_json_hears_the_same_words(site):
    site.account("li@acme.test")
    answer = site.browser().json_sign_in("li@acme.test", "wrong password")
    assert (answer.status_code, answer.get_json()["response"]["errors"]) == (400, [WRONG])


def test_no_token_in_a_header_or_address_signs_in(site, app):
    site.account("li@acme.test")
    browser = site.browser()
    with app.test_request_context(), open_session(site.installation.engine) as session:
        token = session.scalar(sa.select(User)).get_auth_token()
    assert browser.get("/account", headers={"Authentication-Token": token}).status_code == 302
    assert browser.get(f"/account?auth_token={token}").status_code == 302


# --- the way back ---------------------------------------------------------------------------------------------------


def test_after_signing_in_one_is_where_one_wanted_to_be(site):
    site.person("li@acme.test", "administrator")
    browser = site.browser()
    asked = browser.get("/c/acme/people?q=li")
    assert (asked.status_code, asked.location) == (302, "/login?next=/c/acme/people?q%3Dli")
    answer = browser.sign_in("li@acme.test", page=asked.location)
    assert answer.location == "/c/acme/people?q=li"
    assert browser.get(answer.location).status_code == 200


def test_a_program_that_is_not_signed_in_is_told_401(site):
    answer = site.browser().get("/c/acme/people", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.get_json()["code"]) == (401, "sign_in")


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "\\\\evil.example", "javascript:alert(1)", "https:evil"]
)
def test_nobody_is_led_to_another_site(site, target):
    site.account("li@acme.test")
    browser = site.browser()
    answer = browser.post(
        "/login", {"email": "li@acme.test", "password": PASSWORD, "next": target}, query_string={"next": target}
    )
    assert answer.status_code == 200 or "evil" not in answer.location.split("/")[2:3] + [answer.location.split("?")[0]]


# --- lock-out -------------------------------------------------------------------------------------------------------


def comparable(page: str, email: str) -> str:
    return re.sub(r'value="[^"]*"|data-now="[^"]*"|/static/v\w+', "", page).replace(email, "WHO")


@pytest.mark.parametrize("how", ["form", "json"])
def test_an_unknown_account_hears_the_same_words_all_the_way_to_the_lock(site, how):
    site.app.config["SIGN_IN_PER_ADDRESS"] = 100
    site.account("known@acme.test")
    heard = {}
    for email in ("known@acme.test", "nobody@acme.test"):
        browser = site.browser()
        answers = []
        for _time in range(10):
            answer = (
                browser.sign_in(email, "wrong password")
                if how == "form"
                else browser.json_sign_in(email, "wrong password")
            )
            answers.append(
                (
                    answer.status_code,
                    comparable(answer.text, email) if how == "form" else answer.get_json()["response"]["errors"],
                )
            )
        heard[email] = answers
    assert heard["known@acme.test"] == heard["nobody@acme.test"]
    assert (
        len({str(a) for a in heard["known@acme.test"]}) == 6
    )  # plain; 3, 2, 1 attempts left; locked now; still locked


def test_the_eighth_wrong_password_locks_for_a_quarter_of_an_hour(site, clock):
    site.account("li@acme.test")
    browser = site.browser()
    for attempt in range(1, 9):
        said = words_of(browser.sign_in("li@acme.test", "wrong password").text)
        assert WRONG in said
        assert ("more wrong attempt" in said) == (5 <= attempt <= 7)
    assert "Locked after too many wrong attempts. Try again in 15 minutes" in said
    assert tuple(user_row(site, "li@acme.test")) == (8, START + dt.timedelta(minutes=15))
    clock.shift(dt.timedelta(minutes=14, seconds=59))
    assert "Try again in 1 minute," in words_of(browser.sign_in("li@acme.test").text)
    assert not browser.is_signed_in()
    clock.shift(dt.timedelta(seconds=1))
    assert browser.sign_in("li@acme.test").status_code == 302
    assert tuple(user_row(site, "li@acme.test")) == (0, None)


def test_after_a_lock_the_next_wrong_password_locks_twice_as_long(site, clock):
    site.account("li@acme.test")
    browser = site.browser()
    for _time in range(8):
        browser.json_sign_in("li@acme.test", "wrong password")
    clock.shift(dt.timedelta(minutes=15))
    assert browser.json_sign_in("li@acme.test", "wrong password").status_code == 400
    assert tuple(user_row(site, "li@acme.test")) == (9, START + dt.timedelta(minutes=45))


def test_trying_on_while_locked_does_not_prolong_the_lock(site, clock):
    site.account("li@acme.test")
    browser = site.browser()
    for _time in range(12):
        browser.sign_in("li@acme.test", "wrong password")
    assert tuple(user_row(site, "li@acme.test")) == (8, START + dt.timedelta(minutes=15))


def test_no_spelling_of_the_address_goes_round_the_lock(site):
    site.account("li@acme.test")
    browser = site.browser()
    for spelling in ("li@acme.test", "LI@acme.test", " li@Acme.Test", "li@ＡＣＭＥ.test") * 2:
        browser.sign_in(spelling, "wrong password")
    assert user_row(site, "li@acme.test").failed_sign_ins == 8
    assert browser.sign_in("Li@Acme.test").status_code == 200
    assert not browser.is_signed_in()


def test_wrong_passwords_of_the_day_before_are_forgotten(site, clock):
    site.account("li@acme.test")
    browser = site.browser()
    for _time in range(7):
        browser.sign_in("li@acme.test", "wrong password")
    clock.shift(dt.timedelta(hours=24, seconds=1))
    browser.sign_in("li@acme.test", "wrong password")
    assert tuple(user_row(site, "li@acme.test")) == (1, None)


def test_attempts_on_unknown_addresses_do_not_pile_up(site, clock):
    browser = site.browser()
    browser.sign_in("a@acme.test", "wrong password")
    clock.shift(dt.timedelta(days=3))
    browser.sign_in("b@acme.test", "wrong password")
    assert read(site, sa.select(sa.func.count()).select_from(UnknownSignIn))[0] == 1


def test_an_unknown_account_costs_as_many_hashes_as_a_known_one(site, monkeypatch):
    site.account("li@acme.test")
    context, hashed = site.app.extensions["security"].pwd_context, []
    for name in ("hash", "verify"):
        original = getattr(context, name)
        monkeypatch.setattr(context, name, lambda *a, do=original, n=name, **k: (hashed.append(n), do(*a, **k))[1])
    site.browser().sign_in("li@acme.test", "wrong password")
    site.browser().sign_in("nobody@acme.test", "wrong password")
    assert hashed == ["verify", "hash"]


# --- limits per address ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["form", "json"])
def test_the_31st_sign_in_from_one_address_is_refused(site, clock, how):
    browser = site.browser(address="198.51.100.7")
    for number in range(1, 31):
        email = f"nobody{number}@acme.test"
        answer = browser.sign_in(email, "x") if how == "form" else browser.json_sign_in(email, "x")
        assert answer.status_code == (200 if how == "form" else 400), number
    clock.shift(dt.timedelta(minutes=2))
    answer = (
        browser.sign_in("nobody@acme.test", "x") if how == "form" else browser.json_sign_in("nobody@acme.test", "x")
    )
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "480")
    if how == "form":
        assert "Too many attempts from here. Wait 8 minutes, then try again." in words_of(answer.text)
    else:
        assert answer.get_json()["code"] == "too_many"
    assert site.browser(address="198.51.100.8").sign_in("nobody@acme.test", "x").status_code == 200
    clock.shift(dt.timedelta(minutes=8))
    assert browser.sign_in("nobody@acme.test", "x").status_code == 200


def test_form_and_json_share_one_count(site):
    site.app.config["SIGN_IN_PER_ADDRESS"] = 2
    site.account("li@acme.test")
    browser = site.browser()
    browser.sign_in("li@acme.test", "wrong password")
    browser.json_sign_in("li@acme.test", "wrong password")
    assert browser.json_sign_in("li@acme.test").status_code == 429
    assert browser.sign_in("li@acme.test").status_code == 429
    assert not browser.is_signed_in()


def test_windows_that_are_over_are_cleared_away(site, clock):
    site.browser(address="198.51.100.7").sign_in("a@acme.test", "x")
    clock.shift(dt.timedelta(minutes=11))
    site.browser(address="198.51.100.8").sign_in("a@acme.test", "x")
    assert read(site, sa.select(sa.func.count()).select_from(RateLimit))[0] == 1


# --- what ends or changes a session ---------------------------------------------------------------------------------


def test_whoever_does_not_work_in_a_company_finds_nothing_there(site):
    site.office("other")
    site.person("li@acme.test", "administrator")
    browser = site.signed_in("li@acme.test")
    assert browser.get("/c/acme/people").status_code == 200
    assert browser.get("/c/other/people").status_code == 404
    assert browser.get("/c/nowhere/people").status_code == 404


def test_a_change_of_role_takes_effect_at_the_next_click(site):
    site.person("boss@acme.test", "administrator")
    user_id = site.person("li@acme.test", "administrator")
    browser = site.signed_in("li@acme.test")
    assert browser.get("/c/acme/people").status_code == 200
    save_membership(site.office().system(), user_id, ["agent"])
    assert browser.get("/c/acme/people").status_code == 403
    ctx = site.office().system()
    save_role(ctx, "agent", {"en": "Agent", "zh": "坐席"}, ["core.users.manage"])
    assert browser.get("/c/acme/people").status_code == 200


def test_a_leaver_finds_nothing_at_the_next_click(site):
    site.person("boss@acme.test", "administrator")
    user_id = site.person("li@acme.test", "administrator")
    browser = site.signed_in("li@acme.test")
    assert browser.get("/c/acme/people").status_code == 200
    end_membership(site.office().system(), user_id)
    assert browser.get("/c/acme/people").status_code == 404
    assert browser.is_signed_in()
    assert read(site, sa.select(sa.func.count()).select_from(User))[0] == 2


def test_a_closed_account_is_signed_out_at_the_next_click(site):
    user_id = site.person("li@acme.test", "administrator")
    browser = site.signed_in("li@acme.test")
    with open_session(site.installation.engine) as session, transaction(session):
        services.set_active(session, session.get(User, user_id), False)
    assert browser.get("/c/acme/people").location.startswith("/login")
    answer = browser.sign_in("li@acme.test")
    assert answer.status_code == 200
    assert WRONG in words_of(answer.text)
    assert not browser.is_signed_in()


def test_members_of_several_companies_choose(site):
    user_id = site.person("li@acme.test", "administrator", company="acme")
    site.office("other", name="Other Ltd")
    site.join(user_id, "agent", company="other")
    page = site.signed_in("li@acme.test").get("/companies").text
    assert re.findall(r'href="(/c/[^"]+)"', page) == ["/c/acme/", "/c/other/"]


def test_somebody_without_a_company_is_told_so(site):
    site.account("li@acme.test")
    said = words_of(site.signed_in("li@acme.test").get("/companies").text)
    assert "You don't work in any company yet. Its administrator can add you: li@acme.test." in said
