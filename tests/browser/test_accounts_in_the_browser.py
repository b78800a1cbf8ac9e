"""Signing in and working with people in a real browser: both languages, desktop and phone, light and dark."""

from __future__ import annotations

import pytest

from core.testing import Installation
from tests.support.accounts import PASSWORD, Site
from tests.support.browser import accessibility_violations

EVERYWHERE = pytest.mark.parametrize(
    ("viewport", "language", "scheme"),
    [("desktop", "zh", "light"), ("phone", "en", "dark")],
    indirect=True,
)


@pytest.fixture
def site(app, database_url, registry):
    """A company with its administrator, who speaks the browser's language."""
    installation = Installation(database_url, registry)
    yield Site(app, installation)
    installation.close()


def words(language: str, chinese: str, english: str) -> str:
    return chinese if language == "zh" else english


def sign_in(page, address: str, language: str, password: str = PASSWORD) -> None:
    page.goto(f"{address}/login")
    page.get_by_label(words(language, "邮箱", "E-mail")).fill("boss@acme.test")
    page.get_by_label(words(language, "密码", "Password"), exact=True).fill(password)
    page.get_by_role("button", name=words(language, "登录", "Sign in")).click()


@EVERYWHERE
def test_a_wrong_password_is_told_at_once_and_a_right_one_lets_in(site, live_server, page, language):
    site.person("boss@acme.test", "administrator", name="He Min", locale=language)
    sign_in(page, live_server, language, "wrong password")
    said = page.get_by_role("alert")
    assert words(language, "邮箱或密码不对。", "The e-mail address or password is not right.") in said.inner_text()
    assert accessibility_violations(page) == []
    page.get_by_label(words(language, "密码", "Password"), exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/c/acme/")


@EVERYWHERE
def test_an_administrator_adds_somebody_who_then_chooses_a_password(site, live_server, page, new_context, language):
    site.person("boss@acme.test", "administrator", name="He Min", locale=language)
    sign_in(page, live_server, language)
    page.goto(f"{live_server}/c/acme/people/add")
    assert accessibility_violations(page, tags=("wcag2a", "wcag2aa", "wcag21a", "wcag21aa")) == []
    page.get_by_label(words(language, "邮箱", "E-mail")).fill("new@acme.test")
    page.get_by_label(words(language, "姓名", "Full name")).fill("Li Ming")
    page.get_by_label(words(language, "坐席", "Call agent")).check()
    page.get_by_role("button", name=words(language, "添加", "Add"), exact=True).click()
    password = page.locator("[data-one-time-password]").inner_text()
    newcomer = new_context().new_page()
    newcomer.goto(f"{live_server}/login")
    newcomer.locator("#email").fill("new@acme.test")
    newcomer.locator("#password").fill(password)
    newcomer.keyboard.press("Enter")
    newcomer.wait_for_url("**/change")
    newcomer.locator("#password").fill(password)
    newcomer.locator("#new_password").fill("seven blue teapots")
    newcomer.locator("#new_password_confirm").fill("seven blue teapots")
    newcomer.keyboard.press("Enter")
    newcomer.wait_for_url("**/account")
    page.goto(f"{live_server}/c/acme/people")
    assert page.get_by_role("link", name="Li Ming").count() == 1


@EVERYWHERE
def test_every_page_of_people_and_roles_is_accessible(site, live_server, page, language):
    site.person("boss@acme.test", "administrator", name="He Min", locale=language, installation_admin=True)
    sign_in(page, live_server, language)
    page.wait_for_url("**/companies")
    pages = [f"/c/acme/{name}" for name in ("people", "people/1", "roles", "roles/manager", "units", "units/hq")]
    for path in (*pages, "/companies", "/account", "/change", "/installation/", "/installation/accounts/1"):
        page.goto(live_server + path)
        assert (path, accessibility_violations(page)) == (path, [])


def test_leaving_is_asked_about_first(site, live_server, page):
    site.person("boss@acme.test", "administrator", name="He Min", locale="zh")
    li = site.person("li@acme.test", "agent", name="Li Ming")
    sign_in(page, live_server, "zh")
    page.wait_for_url("**/c/acme/")
    page.goto(f"{live_server}/c/acme/people/{li}/leave")
    page.get_by_role("button", name="离开公司").click()
    dialog = page.get_by_role("dialog")
    assert "让Li Ming离开公司？" in dialog.inner_text()
    dialog.get_by_role("button", name="取消").click()
    assert page.url.endswith("/leave")
    page.get_by_role("button", name="离开公司").click()
    page.locator("[data-confirm-yes]").click()
    page.wait_for_url("**/people")
    assert page.get_by_role("link", name="Li Ming").count() == 0
