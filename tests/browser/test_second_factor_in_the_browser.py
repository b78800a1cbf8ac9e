"""A second factor in a real browser: set up, signed out, in by code, in by recovery code."""

from __future__ import annotations

import re

import pytest
from passlib.totp import TOTP

from core.testing import Installation
from tests.support.accounts import PASSWORD, Site
from tests.support.browser import accessibility_violations


@pytest.fixture
def site(app, database_url, registry):
    """A company with its administrator, who speaks the browser's language."""
    installation = Installation(database_url, registry)
    yield Site(app, installation)
    installation.close()


@pytest.mark.parametrize(("viewport", "language"), [("phone", "zh"), ("desktop", "en")], indirect=True)
def test_from_setting_up_to_signing_in_with_a_recovery_code(site, live_server, page, language):
    def words(chinese: str, english: str) -> str:
        return chinese if language == "zh" else english

    def password() -> None:
        page.goto(f"{live_server}/login")
        page.locator("#email").fill("boss@acme.test")
        page.locator("#password").fill(PASSWORD)
        page.keyboard.press("Enter")

    def sign_out() -> None:
        page.context.clear_cookies()

    user_id = site.person("boss@acme.test", "administrator", name="He Min", locale=language)
    password()
    page.wait_for_url("**/c/acme/")
    page.goto(f"{live_server}/account/second-factor")
    assert page.get_by_role("img", name=words("二维码", "QR code")).evaluate("i => i.naturalWidth") > 100
    assert accessibility_violations(page) == []
    secret = re.sub(r"\s", "", page.locator("[data-secret]").inner_text())
    totp = TOTP(secret)
    page.locator("#code").fill(totp.generate().token)
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name=words("设置", "Set up")).click()
    codes = page.locator(".codes li").all_inner_texts()
    assert len(codes) == 10
    assert accessibility_violations(page) == []
    with page.expect_download() as saved:
        page.get_by_role("button", name=words("存为文件", "Save as a file")).click()
    assert codes[9] in saved.value.path().read_text()
    page.get_by_role("link", name=words("已存好，继续", "Kept safe, go on")).click()
    page.wait_for_url("**/c/acme/")

    sign_out()
    _forget_the_last_step(site, user_id)
    password()
    page.wait_for_url(re.compile("/tf-validate"))
    assert accessibility_violations(page) == []
    page.get_by_label(words("应用里的验证码", "Code from the app")).fill("000 001")
    page.keyboard.press("Enter")
    assert words("验证码不对", "This code is not right") in page.locator(".err").inner_text()
    page.locator("#code").fill(totp.generate().token)
    page.keyboard.press("Enter")
    page.wait_for_url("**/c/acme/")

    sign_out()
    password()
    page.get_by_role("link", name=words("手机不在身边", "No phone at hand")).click()
    assert accessibility_violations(page) == []
    page.locator("#code").fill(codes[0])
    page.keyboard.press("Enter")
    page.wait_for_url("**/c/acme/")
    page.goto(f"{live_server}/account/second-factor")
    assert words("还剩 9 个恢复码", "9 recovery codes are left") in page.locator("main").inner_text()
    assert accessibility_violations(page) == []


def _forget_the_last_step(site, user_id: int) -> None:
    """As if half a minute had passed since the code was used for setting up."""
    from core.auth.models import User
    from core.db import open_session, transaction

    with open_session(site.installation.engine) as session, transaction(session):
        session.get(User, user_id).tf_last_step -= 2
