"""New passwords: through a link by mail that works once, by an administrator where there is no mail, by oneself."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa
import time_machine

from core.auth.models import User
from core.auth.passwords import verify_password
from core.db import open_session
from core.mail.models import AccountMail
from core.testing import Installation
from core.web.database import db
from tests.support.accounts import PASSWORD, Site, words_of

pytestmark = pytest.mark.one_database

NEW = "seven blue teapots"
LINK = re.compile(r"https://sanbao\.example(/reset/\S+)")
SENT = "Instructions to reset your password have been sent to li@acme.test."


@pytest.fixture
def site(app, database_url, registry):
    """The application and its database, without a mail server."""
    installation = Installation(database_url, registry)
    yield Site(app, installation)
    installation.close()


@pytest.fixture
def posted(site, mailbox, database_url, registry):
    """The mailbox of a real mail server that the application is set up with."""
    from core.app import create_app

    mail = {"MAIL_SERVER": mailbox.host, "MAIL_PORT": mailbox.port, "PUBLIC_URL": "https://sanbao.example"}
    site.app = create_app({"SQLALCHEMY_DATABASE_URI": database_url, "TESTING": True, **mail}, registry=registry)
    mailbox.send = installation_worker(site, mailbox)
    yield mailbox
    with site.app.app_context():
        db.engine.dispose()


def installation_worker(site, mailbox):
    """Has the worker send what is queued."""
    return lambda: site.installation.worker(mail_server=mailbox.server).postman.send_due()


def wait_for(posted, number: int):
    """The messages, once the worker has sent them; there must be so many."""
    posted.send()
    assert len(posted.messages) == number
    return posted.messages


def body_of(message) -> str:
    return message.get_content().replace("\r\n", "\n")


def kept_password(site, email: str) -> str:
    with open_session(site.installation.engine) as session:
        return session.scalar(sa.select(User.password).where(User.email == email))


def ask_for_link(site, posted, email: str = "li@acme.test") -> str:
    """The path of the link that arrives."""
    before = len(posted.messages)
    site.browser().post("/reset", {"email": email})
    return LINK.search(body_of(wait_for(posted, before + 1)[-1]))[1]


# --- by mail --------------------------------------------------------------------------------------------------------


def test_the_mail_says_in_english_what_it_is_for_and_carries_a_link(site, posted):
    site.account("li@acme.test", "Li Ming", locale="en")
    answer = site.browser(language="zh-CN").post("/reset", {"email": "LI@acme.test"})
    assert answer.status_code == 200
    message = wait_for(posted, 1)[0]
    assert (message["To"], message["From"], message["Subject"]) == (
        "li@acme.test",
        "Sanbao <sanbao@sanbao.example>",
        "A new password for Sanbao",
    )
    link = LINK.search(body_of(message))[0]
    assert body_of(message).strip() == (
        "Hello Li Ming,\n\nsomebody asked for a new password for your account li@acme.test at Sanbao. "
        f"With this link you choose one. It works once, within 24 hours:\n\n{link}\n\n"
        "If it was not you, do nothing. Your password stays as it is."
    )


def test_the_mail_speaks_the_persons_language_whoever_asked(site, posted):
    site.account("li@acme.test", "李明", locale="zh")
    site.browser(language="en").post("/reset", {"email": "li@acme.test"})
    message = wait_for(posted, 1)[0]
    assert message["Subject"] == "三包：重设密码"
    assert body_of(message).startswith("李明，你好：\n\n有人为你在三包的账号 li@acme.test 申请重设密码。")


def test_an_unknown_address_is_answered_in_the_same_words_and_gets_no_mail(site, posted):
    site.account("li@acme.test")
    told = {}
    for email in ("li@acme.test", "nobody@acme.test"):
        answer = site.browser().post("/reset", {"email": email})
        told[email] = (answer.status_code, words_of(answer.text).replace(email, "WHO"))
    assert told["li@acme.test"] == told["nobody@acme.test"]
    assert "Instructions to reset your password have been sent to WHO." in told["nobody@acme.test"][1]
    assert [m["To"] for m in wait_for(posted, 1)] == ["li@acme.test"]


def test_with_the_link_one_chooses_a_password_and_every_session_ends(site, posted):
    site.account("li@acme.test")
    elsewhere = site.signed_in("li@acme.test")
    link = ask_for_link(site, posted)
    browser = site.browser()
    answer = browser.post(link, {"password": NEW, "password_confirm": NEW})
    assert (answer.status_code, answer.location) == (302, "/login")
    assert not elsewhere.is_signed_in()
    assert browser.sign_in("li@acme.test").status_code == 200
    assert browser.sign_in("li@acme.test", NEW).status_code == 302
    notice = wait_for(posted, 2)[1]
    assert notice["Subject"] == "Your password for Sanbao was set anew"
    assert "If it was not you, tell an administrator of your company at once." in body_of(notice)


def test_a_link_works_once(site, posted):
    site.account("li@acme.test")
    link = ask_for_link(site, posted)
    site.browser().post(link, {"password": NEW, "password_confirm": NEW})
    again = site.browser()
    assert again.get(link).location == "/reset"
    assert (
        again.post(
            link, {"password": "nine red saucers", "password_confirm": "nine red saucers"}, page="/login"
        ).location
        == "/reset"
    )
    assert verify_password(NEW, kept_password(site, "li@acme.test"))


def test_a_link_is_over_after_a_day(site, posted):
    site.account("li@acme.test")
    with time_machine.travel(dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC), tick=False) as clock:
        token = None
        browser = site.browser()
        browser.post("/reset", {"email": "li@acme.test"})
        with time_machine.travel(dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC), tick=True):
            token = LINK.search(body_of(wait_for(posted, 1)[0]))[1]
        clock.shift(dt.timedelta(hours=23, minutes=59))
        assert site.browser().get(token).status_code == 200
        clock.shift(dt.timedelta(minutes=2))
        answer = site.browser().get(token, follow_redirects=True)
        assert "You did not reset your password within 1 day" in words_of(answer.text)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("short", "short", "A password needs 10 characters at least; this has 5."),
        (NEW, "another teapot", "Passwords do not match"),
        ("li@acme.test!", "li@acme.test!", "The password contains your name or e-mail address."),
    ],
)
def test_a_bad_new_password_is_refused_with_the_reason_and_the_old_one_stays(site, posted, first, second, said):
    site.account("li@acme.test")
    link = ask_for_link(site, posted)
    answer = site.browser().post(link, {"password": first, "password_confirm": second})
    assert said in words_of(answer.text)
    assert verify_password(PASSWORD, kept_password(site, "li@acme.test"))


def test_a_new_password_through_the_link_lifts_the_lock(site, posted):
    site.account("li@acme.test")
    browser = site.browser()
    for _time in range(8):
        browser.sign_in("li@acme.test", "wrong password")
    assert browser.sign_in("li@acme.test").status_code == 200
    site.browser().post(ask_for_link(site, posted), {"password": NEW, "password_confirm": NEW})
    assert browser.sign_in("li@acme.test", NEW).status_code == 302


def test_the_link_is_made_from_our_own_address_not_from_what_the_request_claims(site, posted):
    site.account("li@acme.test")
    browser = site.browser()
    browser.headers["Host"] = "evil.example"
    browser.post("/reset", {"email": "li@acme.test"})
    body = body_of(wait_for(posted, 1)[0])
    assert "https://sanbao.example/reset/" in body
    assert "evil.example" not in body


def test_the_sixth_request_from_one_address_is_refused_form_and_json_counted_together(site, posted):
    browser = site.browser()
    for number in range(5):
        assert browser.post("/reset", {"email": f"nobody{number}@acme.test"}).status_code == 200
    refused = browser.post("/reset", {"email": "li@acme.test"})
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 600
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/login").text)[1]
    answer = browser.client.post(
        "/reset", json={"email": "li@acme.test"}, headers={"X-CSRFToken": token, "Accept": "application/json"}
    )
    assert (answer.status_code, answer.get_json()["code"]) == (429, "too_many")


def test_asking_for_a_link_costs_a_row_whether_the_account_exists_or_not(site, posted):
    site.account("li@acme.test")
    for email in ("li@acme.test", "nobody@acme.test"):
        assert site.browser().post("/reset", {"email": email}).status_code == 200
    with open_session(site.installation.engine) as session:
        rows = session.execute(sa.select(AccountMail.recipient, AccountMail.state).order_by(AccountMail.id)).all()
    assert [tuple(row) for row in rows] == [("li@acme.test", "queued"), ("nobody@localhost", "dropped")]


def test_a_link_that_was_sent_is_kept_nowhere(site, posted):
    site.account("li@acme.test")
    ask_for_link(site, posted)
    with open_session(site.installation.engine) as session:
        row = session.scalars(sa.select(AccountMail)).one()
    assert (row.secret, row.state, row.body) == (True, "sent", "")


# --- without a mail server ------------------------------------------------------------------------------------------


def test_without_a_mail_server_the_page_says_so_and_promises_nothing(site):
    browser = site.browser()
    page = browser.get("/reset")
    assert page.status_code == 200
    assert "This installation has no mail server, so no link can be sent." in words_of(page.text)
    assert "<form" not in page.text.split("<h1>")[1].split("</main>")[0]
    assert browser.post("/reset", {"email": "li@acme.test"}, page="/login").status_code == 409
    assert "Ask your company's administrator for a new one." in words_of(browser.get("/login").text)


def test_a_one_time_password_opens_nothing_but_the_page_for_another_one(site):
    site.office()
    user_id = site.account("li@acme.test", password="k7mq-3tvx-9hpd-w2ra", must_change_password=True)
    site.join(user_id, "administrator")
    browser = site.browser()
    assert browser.sign_in("li@acme.test", "k7mq-3tvx-9hpd-w2ra").status_code == 302
    for path in ("/companies", "/account", "/c/acme/people"):
        assert browser.get(path).location == "/change", path
    page = browser.get("/change")
    assert "You signed in with a one-time password. Choose one of your own now." in words_of(page.text)
    answer = browser.post(
        "/change", {"password": "k7mq-3tvx-9hpd-w2ra", "new_password": NEW, "new_password_confirm": NEW}
    )
    assert (answer.status_code, answer.location) == (302, "/account")
    assert browser.get("/c/acme/people").status_code == 200


# --- by oneself -----------------------------------------------------------------------------------------------------


def test_changing_the_password_keeps_this_session_and_ends_the_others(site):
    site.account("li@acme.test")
    here, elsewhere = site.signed_in("li@acme.test"), site.signed_in("li@acme.test")
    answer = here.post("/change", {"password": PASSWORD, "new_password": NEW, "new_password_confirm": NEW})
    assert (answer.status_code, answer.location) == (302, "/account")
    assert here.is_signed_in()
    assert not elsewhere.is_signed_in()
    assert verify_password(NEW, kept_password(site, "li@acme.test"))


@pytest.mark.parametrize(
    ("present", "new", "said"),
    [
        ("wrong password", NEW, "Invalid password"),
        (PASSWORD, PASSWORD, "Your new password must be different"),
        (PASSWORD, "short", "10 characters at least"),
    ],
)
def test_a_change_that_is_refused_changes_nothing(site, present, new, said):
    site.account("li@acme.test")
    browser = site.signed_in("li@acme.test")
    answer = browser.post("/change", {"password": present, "new_password": new, "new_password_confirm": new})
    assert said in words_of(answer.text)
    assert verify_password(PASSWORD, kept_password(site, "li@acme.test"))
    assert browser.is_signed_in()


def test_guessing_the_present_password_in_an_open_session_is_limited_per_account(site):
    site.account("li@acme.test")
    browser = site.signed_in("li@acme.test")
    wrong = {"password": "wrong password", "new_password": NEW, "new_password_confirm": NEW}
    assert [browser.post("/change", wrong).status_code for _time in range(11)] == [200] * 10 + [429]


def test_ones_own_account_is_changed_on_its_page(site):
    site.account("li@acme.test", "Li Ming", locale="en")
    browser = site.signed_in("li@acme.test")
    answer = browser.post("/account", {"name": "Li Mingming", "locale": "zh"})
    assert (answer.status_code, answer.location) == (302, "/account")
    said = words_of(browser.get("/account").text)
    assert "我的账号" in said
    with open_session(site.installation.engine) as session:
        row = session.execute(sa.select(User.name, User.locale, User.preferences)).one()
    assert tuple(row) == ("Li Mingming", "zh", {"keys": "off"})


def test_an_account_without_a_name_is_refused(site):
    site.account("li@acme.test", "Li Ming")
    browser = site.signed_in("li@acme.test")
    answer = browser.post("/account", {"name": "  ", "locale": "en"})
    assert answer.status_code == 422
    assert "Fill this in." in words_of(answer.text)


# --- from an administrator, with a mail server ----------------------------------------------------------------------


def test_somebody_new_gets_a_link_in_his_language_and_signs_in_with_his_own_password(site, posted):
    site.person("boss@acme.test", "administrator", name="Wang Fang")
    boss = site.signed_in("boss@acme.test")
    data = {"email": "new@acme.test", "name": "李明", "locale": "zh", "roles": "agent", "unit": "", "scope": "company"}
    answer = boss.post("/c/acme/people/add", data, follow_redirects=True)
    said = words_of(answer.text)
    assert "李明 was added. A link for choosing a password is on its way to new@acme.test." in said
    message = wait_for(posted, 1)[0]
    assert (message["To"], message["Subject"]) == ("new@acme.test", "三包：你的账号")
    assert body_of(message).startswith(
        "李明，你好：\n\nAcme的Wang Fang为你在三包开了账号，账号就是你的邮箱 new@acme.test。"
    )
    newcomer = site.browser()
    assert newcomer.sign_in("new@acme.test", "").status_code == 200
    newcomer.post(LINK.search(body_of(message))[1], {"password": NEW, "password_confirm": NEW})
    assert newcomer.sign_in("new@acme.test", NEW).status_code == 302
    assert newcomer.get("/companies").location == "/c/acme/"


def test_a_link_that_was_not_taken_is_seen_by_the_installations_administrator_who_drops_it(site, posted):
    site.person("boss@acme.test", "administrator", installation_admin=True)
    boss = site.signed_in("boss@acme.test")
    posted.answers["new@acme.test"] = "550 no such user"
    data = {"email": "new@acme.test", "name": "Li", "locale": "en", "roles": "agent", "unit": "", "scope": "company"}
    boss.post("/c/acme/people/add", data)
    posted.send()
    page = boss.get("/installation/mail")
    assert "Your account for Sanbao new@acme.test" in words_of(page.text)
    assert "550 no such user" in words_of(page.text)
    assert "/reset/" not in page.text
    answer = boss.post("/installation/mail/1/decide", {"verdict": "drop"}, "/installation/mail", follow_redirects=True)
    assert "Dropped; it is not sent." in words_of(answer.text)
    posted.answers.clear()
    answer = boss.post("/c/acme/people/2/password", page="/c/acme/people/2", follow_redirects=True)
    assert "Link for a new password sent to Li" in words_of(answer.text)
    assert wait_for(posted, 1)[0]["To"] == "new@acme.test"


def test_mail_about_accounts_is_for_the_installations_administrators(site):
    site.person("boss@acme.test", "administrator")
    boss = site.signed_in("boss@acme.test")
    assert boss.get("/installation/mail").status_code in (403, 404)
    assert boss.get("/c/acme/mail").status_code == 200
