"""Invitations: a link that works once and ends, for somebody new and for somebody who has an account."""

from __future__ import annotations

import datetime as dt
import html
import re

import pytest
import sqlalchemy as sa
import time_machine

from core.app import create_app
from core.auth.invitations import Invitation, invite
from core.auth.models import User
from core.companies.models import Membership
from core.companies.services import save_role
from core.db import open_session
from core.errors import Conflict, Forbidden, Invalid
from core.events import Event
from core.testing import START, Installation
from tests.support.accounts import PASSWORD, Site, words_of

pytestmark = pytest.mark.one_database

LINK = re.compile(r"data-invitation-link>https?://[^/]+([^<]+)<")
NEW = {"name": "Chen Jie", "locale": "en", "password": "seven blue teapots", "again": "seven blue teapots"}


@pytest.fixture(scope="module")
def site(make_database, registry, tmp_path_factory):
    """One application and company, without a mail server; each test invites other people."""
    patch = pytest.MonkeyPatch()
    patch.setenv("SANBAO_HOME", str(tmp_path_factory.mktemp("home")))
    url = make_database()
    app = create_app({"SQLALCHEMY_DATABASE_URI": url, "TESTING": True}, registry=registry)
    app.config.update(SIGN_IN_PER_ADDRESS=1000, RESETS_PER_ADDRESS=1000)
    site = Site(app, Installation(url, registry))
    site.person("boss@acme.test", "administrator", name="Wang Fang")
    yield site
    site.installation.close()
    with app.app_context():
        for engine in app.extensions["sqlalchemy"].engines.values():
            engine.dispose()
    patch.undo()


@pytest.fixture
def clock():
    """The time, to be moved."""
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def boss(site, clock):
    """The administrator, signed in."""
    return site.signed_in("boss@acme.test")


def invited(boss, email: str, *roles: str) -> str:
    """Invite somebody; answers the path of the link."""
    answer = boss.post("/c/acme/invitations/new", asked(email, *roles))
    assert answer.status_code == 200
    return html.unescape(LINK.search(answer.text)[1])


def asked(email: str, *roles: str, language: str = "en") -> dict:
    """What the form of an invitation sends."""
    return {"email": email, "roles": list(roles), "unit": "", "scope": "company", "locale": language}


def row_of(site, email: str) -> Invitation:
    query = sa.select(Invitation).where(Invitation.email == email).order_by(Invitation.id.desc())
    return site.office().system().session.scalars(query).first()


def roles_of(site, email: str) -> list[str] | None:
    query = sa.select(Membership.role_codes).join(User, User.id == Membership.user_id).where(User.email == email)
    return site.office().system().session.scalar(query)


def test_somebody_new_sets_name_language_and_password_and_is_in(site, boss):
    path = invited(boss, "New@Acme.test", "agent")
    browser = site.browser()
    said = words_of(browser.get(path).text)
    assert "Wang Fang invites you to work at Acme." in said
    assert "new@acme.test Roles Call agent" in said
    assert browser.post(path, NEW).location == "/c/acme/"
    assert browser.get("/c/acme/").status_code == 200
    assert roles_of(site, "new@acme.test") == ["agent"]
    with open_session(site.installation.engine) as session:
        user = session.scalars(sa.select(User).where(User.email == "new@acme.test")).one()
    assert (user.name, user.locale, user.must_change_password) == ("Chen Jie", "en", False)
    query = sa.select(Event.name, Event.actor_name).where(Event.facts["email"].as_string() == "new@acme.test")
    events = [tuple(e) for e in site.office().system().session.execute(query.order_by(Event.id))]
    assert events == [("core.invitation_sent", "Wang Fang"), ("core.invitation_accepted", "Chen Jie")]


def test_a_link_works_once(site, boss):
    path = invited(boss, "once@acme.test", "agent")
    assert site.browser().post(path, NEW).status_code == 302
    answer = site.browser().get(path)
    assert answer.status_code == 410
    said = words_of(answer.text)
    assert "This link no longer works This invitation was accepted already. Sign in as usual." in said


def test_what_does_not_fit_changes_nothing(site, boss):
    path = invited(boss, "weak@acme.test", "agent")
    answer = site.browser().post(path, {**NEW, "password": "short", "again": "short"})
    assert answer.status_code == 422
    assert "A password needs 10 characters at least" in words_of(answer.text)
    other = site.browser().post(path, {**NEW, "again": "seven green teapots"})
    assert "The two passwords are not the same." in words_of(other.text)
    assert roles_of(site, "weak@acme.test") is None
    assert row_of(site, "weak@acme.test").accepted_at is None


def test_who_has_an_account_signs_in_and_keeps_name_and_password(site, boss):
    site.account("has@acme.test", "Zhao Lei")
    path = invited(boss, "has@acme.test", "manager")
    browser = site.browser()
    page = browser.get(path).text
    assert "There is an account for this address." in words_of(page)
    assert 'name="password"' not in page
    login = html.unescape(re.search(r'href="(/login\?next=[^"]+)"', page)[1])
    assert browser.sign_in("has@acme.test", page=login).location == path
    assert browser.post(path).location == "/c/acme/"
    assert roles_of(site, "has@acme.test") == ["manager"]
    assert site.browser().sign_in("has@acme.test", PASSWORD).status_code == 302


def test_a_link_is_for_its_own_address_alone(site, boss):
    site.account("mine@acme.test")
    path = invited(boss, "mine@acme.test", "agent")
    answer = boss.post(path)
    assert "You are signed in as boss@acme.test." in words_of(answer.text)
    assert roles_of(site, "mine@acme.test") is None
    unknown = invited(boss, "nobody-yet@acme.test", "agent")
    assert "You are signed in as boss@acme.test." in words_of(boss.post(unknown, NEW, page="/account").text)
    assert roles_of(site, "nobody-yet@acme.test") is None


def test_inviting_tells_nobody_whether_an_account_exists(site, boss):
    site.account("exists@acme.test")
    pages = []
    for email in ("exists@acme.test", "absent@acme.test"):
        answer = boss.post("/c/acme/invitations/new", asked(email, "agent"))
        assert answer.status_code == 200
        page = answer.text.replace(email, "WHO")
        pages.append(re.sub(r"/invitation/[^<]+|value=\"[^\"]*\"|data-now=\"[^\"]*\"", "", page))
    assert pages[0] == pages[1]


def test_an_invitation_ends_after_the_days_that_the_company_set(site, boss, clock):
    path = invited(boss, "late@acme.test", "agent")
    clock.shift(dt.timedelta(days=7) - dt.timedelta(seconds=1))
    assert site.browser().get(path).status_code == 200
    clock.shift(1)
    answer = site.browser().post(path, NEW, page="/login")
    assert answer.status_code == 410
    assert "This invitation has expired." in words_of(answer.text)
    assert roles_of(site, "late@acme.test") is None
    boss = site.signed_in("boss@acme.test")
    assert "late@acme.test" in boss.get("/c/acme/invitations?state=expired").text
    assert "late@acme.test" not in boss.get("/c/acme/invitations").text


def test_sending_again_makes_a_new_link_and_ends_the_old_one(site, boss):
    old = invited(boss, "again@acme.test", "agent")
    row = row_of(site, "again@acme.test")
    page = boss.post(f"/c/acme/invitations/{row.id}/send", page="/c/acme/invitations").text
    new = html.unescape(LINK.search(page)[1])
    answer = site.browser().get(old)
    assert (answer.status_code, "This link is not valid." in words_of(answer.text)) == (404, True)
    assert site.browser().post(new, NEW).status_code == 302


def test_a_withdrawn_invitation_says_so(site, boss):
    path = invited(boss, "gone@acme.test", "agent")
    row = row_of(site, "gone@acme.test")
    boss.post(f"/c/acme/invitations/{row.id}/revoke", page="/c/acme/invitations")
    answer = site.browser().get(path)
    assert (answer.status_code, "This invitation was withdrawn." in words_of(answer.text)) == (410, True)
    assert "gone@acme.test" in boss.get("/c/acme/invitations?state=revoked").text


@pytest.mark.parametrize("token", ["nothing", "WzEsIngiXQ.xxxx", "a.b.c"])
def test_a_link_of_somebody_else_is_answered_in_clear_words(site, token):
    answer = site.browser().get(f"/invitation/{token}")
    assert answer.status_code == 404
    assert "This link is not valid." in words_of(answer.text)


def test_a_link_signed_with_another_key_opens_nothing(site, boss):
    from core.auth.invitations import Links

    row, secret = invite(site.office().system(), "forged@acme.test", ["agent"])
    assert site.browser().get(f"/invitation/{Links('k' * 32).token(row, secret)}").status_code == 404
    assert (
        site.browser().get(f"/invitation/{Links(site.app.config['SECRET_KEY']).token(row, secret)}").status_code == 200
    )


def test_nobody_invites_to_rights_that_he_or_she_does_not_hold(site):
    office = site.office()
    save_role(office.system(), "staff", {"en": "Staff office", "zh": "人事"}, ["core.users.manage"])
    lead = office.ctx("core.users.manage", roles=["staff"])
    with pytest.raises(Forbidden):
        invite(lead, "x@acme.test", ["administrator"])
    with pytest.raises(Forbidden):
        invite(lead, "x@acme.test", ["manager"])
    with pytest.raises(Invalid):
        invite(lead, "x@acme.test", ["nothing"])
    assert row_of(site, "x@acme.test") is None
    invite(lead, "x@acme.test", ["staff"])
    with pytest.raises(Conflict) as refused:
        invite(lead, "x@acme.test", ["staff"])
    assert refused.value.code == "invited_already"
    with pytest.raises(Conflict) as refused:
        invite(office.system(), "boss@acme.test", ["agent"])
    assert refused.value.code == "works_here_already"


@pytest.mark.parametrize(("language", "words"), [("zh", "邀请你到 Acme 工作"), ("en", "invites you to work at Acme")])
def test_the_mail_is_in_the_language_chosen(site, boss, mailbox, language, words):
    site.app.config["MAIL_SERVER"] = mailbox.host
    try:
        email = f"mail-{language}@acme.test"
        answer = boss.post("/c/acme/invitations/new", asked(email, "agent", language=language))
        assert answer.location == "/c/acme/invitations"
    finally:
        site.app.config["MAIL_SERVER"] = ""
    assert site.installation.worker(mail_server=mailbox.server).postman.send_due() == 1
    (message,) = mailbox.messages
    text = message.get_content()
    assert message["To"] == email
    assert words in text
    path = re.search(r"https?://[^/\s]+(/invitation/\S+)", text)[1]
    assert site.browser().get(path).status_code == 200
