"""The second factor: set up, asked for, used up, reset, and demanded by company and role. One application for all."""

from __future__ import annotations

import datetime as dt
import html
import re

import pytest
import sqlalchemy as sa
import time_machine
from passlib.totp import TOTP

from core.app import create_app
from core.auth.models import User
from core.auth.second_factor import SecondFactor
from core.companies.company import change_company, facts_of
from core.companies.models import Role
from core.companies.services import save_role
from core.db import open_session
from core.errors import ConfigurationError, Conflict, Forbidden
from core.events import Event
from core.testing import Installation
from core.web.gate import PUBLIC, SIGNED_IN, route_needs
from tests.support.accounts import PASSWORD, Site, words_of

pytestmark = pytest.mark.one_database

START = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)
FACTOR = "/account/second-factor"
SET_UP, RENEW, REMOVE = f"{FACTOR}/set-up", f"{FACTOR}/recovery-codes", f"{FACTOR}/remove"
CODE, RECOVERY = "/tf-validate", "/mf-recovery"


@pytest.fixture(scope="module")
def site(make_database, registry, tmp_path_factory):
    """The application and one database for this file; each test makes people of its own."""
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


@pytest.fixture(autouse=True)
def _nobody_must(site):
    """Whatever a test demanded of the company is over after it."""
    yield
    demand(site, company=False)


class Phone:
    """An authenticator app that was given the secret as text."""

    def __init__(self, page: str):
        self.secret = html.unescape(re.search(r"data-secret>([^<]+)<", page)[1]).replace(" ", "")

    def code(self, at: dt.datetime | None = None) -> str:
        return TOTP(self.secret).generate(time=at or dt.datetime.now(dt.UTC)).token


def user_of(site, email: str) -> User:
    with open_session(site.installation.engine) as session:
        return session.scalars(sa.select(User).where(User.email == email)).one()


def demand(site, *, company: bool) -> None:
    ctx = site.office().system()
    facts = facts_of(ctx.company)
    change_company(ctx, type(facts)(**{**vars(facts), "second_factor_required": company}))


def equip(browser) -> tuple[Phone, list[str]]:
    """Set a second factor up; answers the phone and the recovery codes that were shown."""
    phone = Phone(browser.get(FACTOR).text)
    answer = browser.post(SET_UP, {"password": PASSWORD, "code": phone.code()}, page=FACTOR)
    assert answer.status_code == 200
    return phone, codes_of(answer.text)


def codes_of(page: str) -> list[str]:
    return re.findall(r"<li>([0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4})</li>", page)


def somebody(site, name: str, *roles: str):
    """A person with a second factor: e-mail, phone, recovery codes, the browser signed in."""
    email = f"{name}@acme.test"
    site.person(email, *(roles or ("agent",)))
    browser = site.signed_in(email)
    return email, *equip(browser), browser


def half_in(site, email: str, **more):
    browser = site.browser(**more)
    answer = browser.sign_in(email)
    assert (answer.status_code, answer.location.split("?")[0]) == (302, CODE)
    return browser


# --- setting up and signing in --------------------------------------------------------------------------------------


def test_after_setting_up_the_password_alone_lets_nobody_in(site, clock):
    email, phone, codes, here = somebody(site, "li")
    assert len(codes) == len(set(codes)) == 10
    assert here.is_signed_in()
    clock.shift(30)
    browser = half_in(site, email)
    assert not browser.is_signed_in()
    assert browser.post(CODE, {"code": phone.code()}).location == "/companies"
    assert browser.is_signed_in()


def test_setting_up_ends_the_sessions_that_gave_no_code(site, clock):
    site.person("two@acme.test", "agent")
    elsewhere, here = site.signed_in("two@acme.test"), site.signed_in("two@acme.test")
    equip(here)
    assert (here.is_signed_in(), elsewhere.is_signed_in()) == (True, False)


@pytest.mark.parametrize(("password", "right"), [(PASSWORD, False), ("wrong password", True)])
def test_setting_up_needs_password_and_code(site, clock, password, right):
    email = f"needs-{right}@acme.test".lower()
    site.person(email, "agent")
    browser = site.signed_in(email)
    phone = Phone(browser.get(FACTOR).text)
    code = phone.code() if right else phone.code(START - dt.timedelta(hours=1))
    answer = browser.post(SET_UP, {"password": password, "code": code}, page=FACTOR)
    assert answer.status_code == 422
    assert "The password or the code is not right." in words_of(answer.text)
    assert user_of(site, email).has_second_factor is False
    assert user_of(site, email).failed_sign_ins == 1


def test_a_code_works_once(site, clock):
    email, phone, _codes, _here = somebody(site, "once")
    browser = half_in(site, email)
    said = words_of(browser.post(CODE, {"code": phone.code()}).text)
    assert "This code is not right or was used already." in said  # it was used for setting up
    clock.shift(30)
    code = phone.code()
    assert browser.post(CODE, {"code": code}).status_code == 302
    other = half_in(site, email)
    assert other.post(CODE, {"code": code}).status_code == 200
    assert not other.is_signed_in()


def test_a_code_from_one_step_ago_does_and_an_older_one_does_not(site, clock):
    email, phone, _codes, _here = somebody(site, "late")
    clock.shift(300)
    browser = half_in(site, email)
    assert browser.post(CODE, {"code": phone.code(START + dt.timedelta(seconds=240))}).status_code == 200
    assert browser.post(CODE, {"code": phone.code(START + dt.timedelta(seconds=270))}).status_code == 302


def test_a_recovery_code_works_once_and_the_rest_is_counted(site, clock):
    email, _phone, codes, _here = somebody(site, "lost")
    browser = half_in(site, email)
    typed = codes[3].upper().replace("-", " ")
    assert browser.post(RECOVERY, {"code": typed}).location == "/companies"
    assert "9 recovery codes are left." in words_of(browser.get(FACTOR).text)
    other = half_in(site, email)
    assert "not right or was used already" in words_of(other.post(RECOVERY, {"code": codes[3]}).text)
    assert not other.is_signed_in()


def test_neither_secret_nor_recovery_codes_can_be_read_in_the_database(site, clock):
    email, phone, codes, _here = somebody(site, "kept")
    user = user_of(site, email)
    kept = f"{user.tf_totp_secret} {user.mf_recovery_codes}"
    assert [c for c in (phone.secret, *codes, *(c.replace("-", "") for c in codes)) if c in kept] == []


def test_an_old_key_still_opens_what_it_closed_and_a_foreign_one_does_not():
    old, new = "old key " * 5, "new key " * 5
    user, now = User(id=7, email="li@acme.test"), START
    before = SecondFactor([old])
    secret = before.new_secret()
    codes = before.set_up(user, secret, 0)
    code = TOTP(before.readable(secret).replace(" ", "")).generate(time=now).token
    both = SecondFactor([new, old])
    assert both.take(user, code, now) is True
    assert both.take_recovery_code(user, codes[0]) is True
    with pytest.raises(KeyError):
        SecondFactor([new]).take(user, code, now)
    assert SecondFactor([new]).take_recovery_code(user, codes[1]) is False


def test_production_demands_the_key(monkeypatch):
    from core.config import second_factor_keys

    monkeypatch.setenv("SANBAO_ENV", "production")
    monkeypatch.delenv("SECOND_FACTOR_KEY", raising=False)
    with pytest.raises(ConfigurationError, match="SECOND_FACTOR_KEY is not set"):
        second_factor_keys()
    monkeypatch.setenv("SECOND_FACTOR_KEY", f"{'n' * 32}, {'o' * 31}")
    with pytest.raises(ConfigurationError, match="holds a key of 31 characters"):
        second_factor_keys()
    monkeypatch.setenv("SECOND_FACTOR_KEY", f"{'n' * 32}, {'o' * 32}")
    assert second_factor_keys() == ["n" * 32, "o" * 32]


# --- limits ---------------------------------------------------------------------------------------------------------


def test_wrong_codes_lock_and_a_right_password_in_between_forgets_none(site, clock):
    email, phone, codes, _here = somebody(site, "locked")
    clock.shift(30)
    for attempt in range(8):
        browser = half_in(site, email)
        page, wrong = (CODE, "123 45") if attempt % 2 else (RECOVERY, "none-of-them")
        said = words_of(browser.post(page, {"code": wrong}).text)
    assert "Locked after too many wrong attempts. Try again in 15 minutes" in said
    assert "Locked after" in words_of(browser.post(CODE, {"code": phone.code()}).text)
    assert "Locked after" in words_of(browser.post(RECOVERY, {"code": codes[0]}).text)
    assert not browser.is_signed_in()
    clock.shift(dt.timedelta(minutes=15))
    browser = half_in(site, email)
    assert browser.post(CODE, {"code": phone.code()}).status_code == 302
    assert user_of(site, email).failed_sign_ins == 0


def test_codes_are_limited_per_address(site, clock):
    email, *_rest = somebody(site, "limited")
    browser = half_in(site, email, address="198.51.100.9")
    site.app.config["SIGN_IN_PER_ADDRESS"] = 3
    try:
        answers = [browser.post(page, {"code": "1"}).status_code for page in (CODE, CODE, CODE, CODE)]
    finally:
        site.app.config["SIGN_IN_PER_ADDRESS"] = 1000
    assert answers == [200, 200, 200, 429]


def test_the_code_must_follow_the_password_within_ten_minutes(site, clock):
    email, phone, _codes, _here = somebody(site, "slow")
    browser = half_in(site, email)
    clock.shift(dt.timedelta(minutes=10, seconds=1))
    answer = browser.post(CODE, {"code": phone.code()}, page="/login")
    assert (answer.status_code, answer.location) == (302, "/login")
    assert not browser.is_signed_in()


def test_without_the_password_there_is_no_second_step(site):
    browser = site.browser()
    assert [browser.get(page).location for page in (CODE, RECOVERY)] == ["/login", "/login"]


@pytest.mark.parametrize("path", ["/tf-setup", "/tf-rescue", "/tf-select", "/mf-recovery-codes"])
def test_pages_for_which_ours_stand_are_gone(site, path):
    assert site.browser().get(path).status_code == 404
    assert site.signed_in("boss@acme.test").get(path).status_code == 404


def test_a_program_gives_the_code_as_json(site, clock):
    email, phone, _codes, _here = somebody(site, "program")
    clock.shift(30)
    browser = site.browser()
    answer = browser.json_sign_in(email).get_json()["response"]
    assert (answer["tf_required"], answer["tf_state"]) == (True, "ready")
    told = {"Accept": "application/json", "Accept-Language": "en"}
    token = browser.client.get(CODE, headers=told).get_json()["response"]["csrf_token"]
    told["X-CSRFToken"] = token
    wrong = browser.client.post(CODE, json={"code": "000000"}, headers=told)
    assert wrong.status_code == 400
    assert "This code is not right or was used already." in str(wrong.get_json()["response"]["errors"])
    assert browser.client.post(CODE, json={"code": phone.code()}, headers=told).status_code == 200
    assert browser.is_signed_in()


def test_a_computer_is_asked_again_unless_the_installation_says_otherwise(site, clock):
    email, phone, _codes, _here = somebody(site, "again")
    keep = {"email": email, "password": PASSWORD, "remember": "y"}

    def sign_in_twice() -> str:
        clock.shift(60)
        browser = site.browser()
        browser.post("/login", keep)
        assert browser.post(CODE, {"code": phone.code()}).location == "/companies"
        browser.post("/logout", page="/account")
        return browser.post("/login", keep).location.split("?")[0]

    assert sign_in_twice() == CODE
    site.app.config.update(SECOND_FACTOR_REMEMBER_DAYS=7, SECURITY_TWO_FACTOR_ALWAYS_VALIDATE=False)
    try:
        assert sign_in_twice() == "/companies"
    finally:
        site.app.config.update(SECOND_FACTOR_REMEMBER_DAYS=0, SECURITY_TWO_FACTOR_ALWAYS_VALIDATE=True)


# --- recovery codes, removing, resetting ----------------------------------------------------------------------------


def test_new_recovery_codes_replace_the_old_ones_and_can_be_saved(site, clock):
    email, phone, old, here = somebody(site, "renew")
    assert here.post(RENEW, {"password": PASSWORD, "code": phone.code()}, page=FACTOR).status_code == 422
    clock.shift(30)
    new = codes_of(here.post(RENEW, {"password": PASSWORD, "code": phone.code()}, page=FACTOR).text)
    assert (len(new), set(new) & set(old)) == (10, set())
    file = here.post(f"{RENEW}.txt", {"code": new}, page=FACTOR)
    assert file.headers["Content-Disposition"] == 'attachment; filename="sanbao-recovery-codes.txt"'
    assert file.text.splitlines()[2:12] == new
    assert here.post(f"{RENEW}.txt", {"code": old}, page=FACTOR).status_code == 404
    browser = half_in(site, email)
    assert browser.post(RECOVERY, {"code": old[0]}).status_code == 200
    assert browser.post(RECOVERY, {"code": new[0]}).status_code == 302


def test_removing_needs_password_and_code(site, clock):
    email, _phone, codes, here = somebody(site, "remove")
    assert here.post(REMOVE, {"password": "wrong password", "code": codes[0]}, page=FACTOR).status_code == 422
    assert here.post(REMOVE, {"password": PASSWORD, "code": "nothing"}, page=FACTOR).status_code == 422
    assert user_of(site, email).has_second_factor
    assert here.post(REMOVE, {"password": PASSWORD, "code": codes[0]}, page=FACTOR).location == "/account"
    user = user_of(site, email)
    assert (user.has_second_factor, user.tf_totp_secret, user.mf_recovery_codes) == (False, None, None)
    assert site.browser().sign_in(email).location == "/companies"


def reset_events(site) -> list[tuple]:
    query = sa.select(Event.actor_name, Event.facts).where(Event.name == "core.second_factor_reset").order_by(Event.id)
    return [(actor, facts["name"]) for actor, facts in site.office().system().session.execute(query)]


def test_an_administrator_resets_a_lost_second_factor(site, clock):
    site.office()
    email, _phone, _codes, here = somebody(site, "reset")
    user_id, before = user_of(site, email).id, len(reset_events(site))
    boss = site.signed_in("boss@acme.test")
    boss.post(f"/c/acme/people/{user_id}/second-factor", page="/c/acme/people")
    assert user_of(site, email).has_second_factor is False
    assert not here.is_signed_in()
    assert reset_events(site)[before:] == [("Wang Fang", "Li Ming")]
    assert site.browser().sign_in(email).location == "/companies"


def test_who_works_elsewhere_too_is_reset_by_the_installation_alone(site, clock):
    from core.auth.services import reset_second_factor

    email, *_rest = somebody(site, "both")
    user_id = user_of(site, email).id
    site.join(user_id, "agent", company="other")
    office = site.office()
    with pytest.raises(Forbidden) as refused:
        reset_second_factor(office.ctx("core.users.manage", roles=["administrator"]), user_id, site.installation.engine)
    assert refused.value.code == "account_of_others"
    assert user_of(site, email).has_second_factor
    site.account("root@acme.test", installation_admin=True)
    root = site.signed_in("root@acme.test")
    before = len(reset_events(site))
    root.post(f"/installation/accounts/{user_id}/second-factor", page="/installation/accounts")
    assert user_of(site, email).has_second_factor is False
    assert len(reset_events(site)) == before + 1


def test_there_is_nothing_to_reset_twice_and_none_resets_who_holds_more(site):
    from core.auth.services import reset_second_factor

    office = site.office()
    boss_id = user_of(site, "boss@acme.test").id
    with pytest.raises(Conflict) as refused:
        reset_second_factor(office.system(), boss_id, site.installation.engine)
    assert refused.value.code == "no_second_factor"
    with pytest.raises(Forbidden) as refused:
        reset_second_factor(office.ctx("core.users.manage", roles=["agent"]), boss_id, site.installation.engine)
    assert refused.value.code == "administrators_only"


# --- demanded -------------------------------------------------------------------------------------------------------


def company_routes(app) -> list[tuple[str, str]]:
    """(method, address) of every route inside a company, with any value for its parts."""
    found = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if route_needs(app, rule.endpoint) in (PUBLIC, SIGNED_IN, "installation", "anybody"):
                continue
            path = re.sub(r"<any\(\W*(\w+)[^>]*>", r"\1", rule.rule)
            path = re.sub(r"<[^>]+>", "1", path)
            found += [(method, path) for method in sorted(rule.methods - {"HEAD", "OPTIONS"})]
    return found


@pytest.mark.parametrize("by", ["company", "role"])
def test_who_must_have_one_and_has_none_reaches_nothing_of_the_company(site, by):
    email = f"must-{by}@acme.test"
    site.person(email, "administrator", "manager")
    browser = site.signed_in(email)
    assert browser.get("/c/acme/people").status_code == 200
    if by == "company":
        demand(site, company=True)
    else:
        role = site.office().system().session.scalars(sa.select(Role).where(Role.code == "manager")).one()
        save_role(site.office().system(), "manager", role.name, role.permissions, second_factor_required=True)
    routes = company_routes(site.app)
    assert len(routes) > 60
    if by == "role":  # one gate stands before all of them, and all were tried as a company asks for it
        routes = routes[::7]
    told = {"Accept": "application/json"}
    site.app.config["WTF_CSRF_ENABLED"] = False
    try:
        for method, path in routes:
            answer = browser.client.open(f"/c/acme{path}", method=method)
            assert (method, path, answer.status_code) == (method, path, 302)
            assert answer.location.startswith(f"{FACTOR}?next=/c/acme/"), (method, path)
            said = browser.client.open(f"/c/acme{path}", method=method, headers=told)
            assert (method, path, said.status_code) == (method, path, 403)
            assert said.get_json()["code"] == "second_factor_needed"
    finally:
        site.app.config["WTF_CSRF_ENABLED"] = True
    assert "Modules" not in words_of(browser.get("/c/acme/no-such-page").text)
    phone = Phone(browser.get(f"{FACTOR}?next=/c/acme/people").text)
    page = browser.post(
        SET_UP, {"password": PASSWORD, "code": phone.code(), "next": "/c/acme/people"}, page=FACTOR
    ).text
    assert 'href="/c/acme/people"' in page
    assert browser.get("/c/acme/people").status_code == 200


def test_it_is_demanded_on_the_pages_of_role_and_company(site, clock):
    _email, _phone, _codes, boss = somebody(site, "chief", "administrator")
    form = {"name_zh": "坐席", "name_en": "Call agent", "second_factor": "y"}
    boss.post("/c/acme/roles/agent", form)
    role = site.office().system().session.scalars(sa.select(Role).where(Role.code == "agent")).one()
    assert role.second_factor_required is True
    company = {"name": "Acme Two", "locale": "en", "timezone": "Europe/Berlin", "currency": "eur"}
    address = "/c/acme/settings/company"
    seen = html.unescape(re.search(r'name="was"[^>]*value="([^"]*)"', boss.get(address).text)[1])
    assert boss.post(address, {**company, "second_factor_required": "y", "was": seen}).status_code == 302
    row = site.office().system().company
    assert facts_of(row) == type(facts_of(row))("Acme Two", "Europe/Berlin", "EUR", "en", True)
    query = sa.select(Event.name, Event.facts).where(Event.actor_name == "Li Ming", Event.record_kind == "core.company")
    assert {row[0]: row[1] for row in site.office().system().session.execute(query)} == {
        "core.company_renamed": {"before": "Acme", "after": "Acme Two"},
        "core.company_timezone_changed": {"before": "Asia/Shanghai", "after": "Europe/Berlin"},
        "core.company_currency_changed": {"before": "CNY", "after": "EUR"},
        "core.company_language_changed": {"before": "zh", "after": "en"},
        "core.company_second_factor_changed": {"before": False, "after": True},
    }
    save_role(site.office().system(), "agent", role.name, role.permissions)


def test_members_are_all_that_is_asked(site):
    """A company that demands it asks nobody outside: the chooser and the account page stay open."""
    demand(site, company=True)
    browser = site.signed_in("boss@acme.test")
    assert [browser.get(p).status_code for p in ("/account", "/companies?stay=1", FACTOR)] == [200, 200, 200]
