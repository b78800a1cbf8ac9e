"""The pages for people, roles and organisation: what an administrator sees and does there, and what others don't."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from core.auth.models import User
from core.companies.models import Membership, OrgUnit, Role
from core.companies.services import save_role, save_unit
from core.contributions import OpenWork
from core.db import bulk_insert, open_session, transaction
from core.events import Event, emit
from core.testing import START, counted
from tests.support.accounts import PASSWORD, Site, words_of

pytestmark = pytest.mark.one_database

ONE_TIME = re.compile(r"data-one-time-password>([^<]+)<")


@pytest.fixture
def site(databases, database_kind, application):
    """A company with one administrator, boss@acme.test, without a mail server."""
    with databases.furnished(database_kind, furnish) as installation, application.on(installation.url) as app:
        yield Site(app, installation, {"acme": installation.office("acme")})


def furnish(installation):
    Site(None, installation).person("boss@acme.test", "administrator", name="Wang Fang")


@pytest.fixture
def boss(site):
    """The administrator, signed in."""
    return site.signed_in("boss@acme.test")


def one(site, query):
    return site.office().system().session.execute(query).one()


def events(site) -> list[tuple]:
    session = site.office().system().session
    return [tuple(row) for row in session.execute(sa.select(Event.name, Event.actor_name).order_by(Event.id))]


# --- who may open them ----------------------------------------------------------------------------------------------

PAGES = (
    "/people",
    "/people/add",
    "/people/1",
    "/people/2/leave",
    "/roles",
    "/roles/new",
    "/roles/agent",
    "/units",
    "/units/new",
    "/units/hq",
)
POSTS = (
    "/people/add",
    "/people/2",
    "/people/2/unlock",
    "/people/2/password",
    "/people/2/leave",
    "/roles/new",
    "/roles/agent",
    "/units/new",
    "/units/hq",
)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_for_an_administrator_and_for_nobody_else(site, boss, path):
    site.person("li@acme.test", "agent")
    assert boss.get(f"/c/acme{path}").status_code == 200
    assert site.signed_in("li@acme.test").get(f"/c/acme{path}").status_code == 403
    assert site.browser().get(f"/c/acme{path}").location.startswith("/login?next=/c/acme/")


def test_every_form_is_refused_to_others_and_changes_nothing(site):
    site.person("li@acme.test", "agent")
    li = site.signed_in("li@acme.test")
    before = len(events(site))
    for path in POSTS:
        answer = li.post(
            f"/c/acme{path}",
            {"name": "X", "roles": "administrator", "permissions": "core.users.manage"},
            page="/account",
        )
        assert answer.status_code == 403, path
    assert len(events(site)) == before
    assert one(site, sa.select(Membership.role_codes).where(Membership.user_id == 2))[0] == ["agent"]


def test_people_of_another_company_are_not_there(site, boss):
    site.office("other")
    stranger = site.person("zhao@other.test", "agent", company="other", name="Zhao Lei")
    assert "Zhao Lei" not in boss.get("/c/acme/people").text
    for path in (f"/people/{stranger}", f"/people/{stranger}/leave"):
        assert boss.get(f"/c/acme{path}").status_code == 404
    for path in (
        f"/people/{stranger}",
        f"/people/{stranger}/unlock",
        f"/people/{stranger}/password",
        f"/people/{stranger}/leave",
    ):
        assert boss.post(f"/c/acme{path}", {}, page="/c/acme/people/1").status_code == 404, path


# --- the list -------------------------------------------------------------------------------------------------------


def fill(site, number: int) -> None:
    """So many more people, in one go."""
    with open_session(site.installation.engine) as session, transaction(session):
        rows = [
            {
                "email": f"p{n:04}@acme.test",
                "name": f"Person {n:04}",
                "active": True,
                "fs_uniquifier": f"u{n}",
                "locale": "en",
                "preferences": {},
                "is_installation_admin": False,
                "created_at": START,
                "failed_sign_ins": 0,
                "must_change_password": False,
            }
            for n in range(number)
        ]
        session.execute(sa.insert(User), rows)
        ids = session.scalars(sa.select(User.id).where(User.name.like("Person%")).order_by(User.name)).all()
    ctx = site.office().system()
    with transaction(ctx):
        rows = [{"user_id": i, "role_codes": ["agent"], "data_scope": "company", "active": True} for i in ids]
        bulk_insert(ctx, Membership, rows)
        emit(ctx, "core.membership_saved", name="many", roles=[])


def names_on(page: str) -> list[str]:
    return re.findall(r'<a href="/c/acme/people/\d+">([^<]+)</a>', page)


def test_previous_and_next_give_everybody_exactly_once(site, boss):
    fill(site, 120)
    seen, address = [], "/c/acme/people"
    while address:
        page = boss.get(address).text
        seen += names_on(page)
        found = re.search(r'href="([^"]+)" rel="next"', page)
        address = found[1].replace("&amp;", "&") if found else None
    assert seen == [*(f"Person {n:04}" for n in range(120)), "Wang Fang"]


def test_the_list_takes_as_many_statements_for_50_people_as_for_one(site, boss):
    with site.app.app_context():
        engine = site.app.extensions["sqlalchemy"].engine

    def statements() -> int:
        with counted(engine) as said:
            assert boss.get("/c/acme/people").status_code == 200
        return len(said)

    alone = statements()
    fill(site, 200)
    assert statements() == alone <= 16


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?q=LI", ["Li Ming"]),
        ("?q=zhang@", ["Zhang Wei"]),
        ("?q=%25", []),
        ("?role=manager", ["Zhang Wei"]),
        ("?unit=east", ["Zhang Wei"]),
        ("?role=agent&q=zhang", []),
        ("?state=left", []),
        ("", ["Li Ming", "Wang Fang", "Zhang Wei"]),
    ],
)
def test_the_list_is_filtered(site, boss, query, names):
    save_unit(site.office().system(), "east", "East", "centre", "hq")
    site.person("li@acme.test", "agent", name="Li Ming")
    user_id = site.account("zhang@acme.test", "Zhang Wei")
    site.join(user_id, "manager", unit="east")
    assert names_on(boss.get(f"/c/acme/people{query}").text) == names


# --- adding ---------------------------------------------------------------------------------------------------------


def test_somebody_new_gets_a_one_time_password_that_is_shown_once(site, boss):
    answer = boss.post(
        "/c/acme/people/add",
        {
            "email": "New@acme.test",
            "name": "Li Ming",
            "locale": "en",
            "roles": "manager",
            "unit": "hq",
            "scope": "units",
        },
    )
    assert answer.status_code == 200
    password = ONE_TIME.search(answer.text)[1]
    assert password not in boss.get("/c/acme/people/2").text
    row = one(
        site,
        sa.select(User.email, User.name, User.must_change_password, Membership.role_codes, Membership.data_scope)
        .join(Membership, Membership.user_id == User.id)
        .where(User.id == 2),
    )
    assert tuple(row) == ("new@acme.test", "Li Ming", True, ["manager"], "units")
    browser = site.browser()
    assert browser.sign_in("new@acme.test", password).status_code == 302
    assert browser.get("/c/acme/").location == "/change"


def test_somebody_with_an_account_gets_a_membership_and_stays_as_he_is(site, boss):
    site.account("li@acme.test", "Li Ming")
    answer = boss.post(
        "/c/acme/people/add",
        {"email": "li@acme.test", "name": "Other", "roles": "agent", "scope": "company", "locale": "zh", "unit": ""},
        follow_redirects=True,
    )
    assert "Li Ming had an account already and now works here too." in words_of(answer.text)
    assert ONE_TIME.search(answer.text) is None
    assert site.signed_in("li@acme.test").get("/c/acme/inbox").status_code == 200


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"email": "boss@acme.test"}, "Wang Fang (boss@acme.test) works here already."),
        ({"email": "new@acme.test", "name": ""}, "Enter the person's name."),
        ({"email": "no address", "name": "Li"}, "“no address” is no e-mail address. Write it like li@example.com."),
        ({"email": "", "name": "Li"}, "Fill this in."),
        ({"email": "new@acme.test", "name": "Li", "roles": "nothing"}, "Choose one of the values offered."),
        ({"email": "new@acme.test", "name": "Li", "unit": "nowhere"}, "Choose one of the values offered."),
        (
            {"email": "new@acme.test", "name": "Li", "scope": "units"},
            "Choose the organisation unit to which this person is limited.",
        ),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_added(site, boss, data, said):
    answer = boss.post("/c/acme/people/add", {"scope": "company", "locale": "en", "unit": "", **data})
    assert answer.status_code == 422
    assert said in words_of(answer.text)
    assert one(site, sa.select(sa.func.count()).select_from(User))[0] == 1


def test_who_manages_people_without_a_right_can_not_give_it_by_a_forged_form(site):
    save_role(site.office().system(), "lead", {"en": "Lead", "zh": "组长"}, ["core.users.manage"])
    save_role(site.office().system(), "clerk", {"en": "Clerk", "zh": "文员"}, [])
    site.person("lead@acme.test", "lead")
    li = site.person("li@acme.test", "clerk", name="Li Ming")
    lead = site.signed_in("lead@acme.test")
    page = lead.get(f"/c/acme/people/{li}").text
    assert re.search(r'value="administrator"[^>]*disabled', page)
    forged = {"roles": ["clerk", "administrator", "manager"], "scope": "company", "unit": ""}
    answer = lead.post(f"/c/acme/people/{li}", forged)
    assert answer.status_code == 302
    assert one(site, sa.select(Membership.role_codes).where(Membership.user_id == li))[0] == ["clerk"]
    assert (
        lead.post(
            "/c/acme/roles/lead",
            {"name_zh": "组长", "name_en": "Lead", "permissions": ["core.users.manage", "core.audit.view"]},
        ).status_code
        == 302
    )
    assert one(site, sa.select(Role.permissions).where(Role.code == "lead"))[0] == ["core.users.manage"]


# --- changing -------------------------------------------------------------------------------------------------------


def test_roles_and_unit_are_changed_and_it_is_on_record(site, boss):
    li = site.person("li@acme.test", "agent", name="Li Ming")
    answer = boss.post(
        f"/c/acme/people/{li}", {"roles": ["agent", "manager"], "unit": "hq", "scope": "units"}, follow_redirects=True
    )
    said = words_of(answer.text)
    assert "Saved. It holds from Li Ming's next click on." in said
    assert "Wang Fang" in said
    assert "Li Ming works here as Call agent, Manager" in said
    assert events(site)[-1] == ("core.membership_saved", "Wang Fang")


def test_the_last_administrator_is_told_why_it_does_not_go(site, boss):
    answer = boss.post("/c/acme/people/1", {"roles": ["agent"], "scope": "company", "unit": ""})
    assert answer.status_code == 422
    assert "This is the company's last administrator. Make somebody else an administrator first." in words_of(
        answer.text
    )


def test_an_administrator_unlocks_an_account(site, boss):
    li = site.person("li@acme.test", "agent", name="Li Ming")
    for _time in range(8):
        site.browser(address="198.51.100.9").sign_in("li@acme.test", "wrong password")
    assert "Locked" in words_of(boss.get("/c/acme/people").text)
    assert "Locked after too many wrong attempts, until" in words_of(boss.get(f"/c/acme/people/{li}").text)
    assert boss.post(f"/c/acme/people/{li}/unlock", page=f"/c/acme/people/{li}").status_code == 302
    assert site.signed_in("li@acme.test").is_signed_in()
    assert events(site)[-1] == ("core.account_unlocked", "Wang Fang")


def test_an_administrator_gives_a_one_time_password_and_every_session_ends(site, boss):
    li = site.person("li@acme.test", "agent")
    browser = site.signed_in("li@acme.test")
    answer = boss.post(f"/c/acme/people/{li}/password", page=f"/c/acme/people/{li}")
    password = ONE_TIME.search(answer.text)[1]
    assert not browser.is_signed_in()
    assert browser.sign_in("li@acme.test", PASSWORD).status_code == 200
    assert browser.sign_in("li@acme.test", password).status_code == 302
    assert events(site)[-1] == ("core.password_renewed", "Wang Fang")


def test_an_account_of_another_company_or_of_the_installation_gets_no_password_here(site, boss):
    li = site.person("li@acme.test", "agent")
    site.office("other")
    site.join(li, "agent", company="other")
    root = site.person("root@acme.test", "agent", installation_admin=True)
    before = len(events(site))
    for user_id in (li, root):
        answer = boss.post(
            f"/c/acme/people/{user_id}/password", page=f"/c/acme/people/{user_id}", follow_redirects=True
        )
        assert ONE_TIME.search(answer.text) is None
        assert "This account is used in other companies too." in words_of(answer.text)
    assert len(events(site)) == before
    assert site.signed_in("li@acme.test").is_signed_in()
    assert site.signed_in("root@acme.test").is_signed_in()


# --- leaving --------------------------------------------------------------------------------------------------------


@pytest.fixture
def open_work(monkeypatch):
    """Open work that a module would report, and what it was asked to hand over."""
    from core import hooks

    held, handed = {2: [OpenWork("Complaints", 3), OpenWork("Orders", 1)]}, []

    def collect(ctx, hook, *, disabled_too=False, **arguments):
        if hook == "open_work_of":
            return [hooks.Answer("test", held.get(arguments["user_id"], []))]
        if hook == "hand_over_work":
            handed.append((arguments["from_user_id"], arguments["to_user_id"]))
            return [hooks.Answer("test", 4)]
        return original(ctx, hook, disabled_too=disabled_too, **arguments)

    original = hooks.collect
    monkeypatch.setattr(hooks, "collect", collect)
    return handed


def test_a_leavers_open_work_is_shown_and_handed_over(site, boss, open_work):
    li = site.person("li@acme.test", "agent", name="Li Ming")
    zhao = site.person("zhao@acme.test", "agent", name="Zhao Lei")
    said = words_of(boss.get(f"/c/acme/people/{li}/leave").text)
    assert "Still open: 4 Complaints 3 Orders 1" in said
    answer = boss.post(f"/c/acme/people/{li}/leave", {"hand_over_to": str(zhao)}, follow_redirects=True)
    assert "Li Ming no longer works here. Handed over: 4." in words_of(answer.text)
    assert open_work == [(li, zhao)]
    assert names_on(boss.get("/c/acme/people").text) == ["Wang Fang", "Zhao Lei"]
    assert names_on(boss.get("/c/acme/people?state=left").text) == ["Li Ming"]
    assert events(site)[-1] == ("core.membership_ended", "Wang Fang")


@pytest.mark.parametrize("to", ["", "2", "99"])
def test_open_work_goes_to_a_colleague_or_nobody_leaves(site, boss, open_work, to):
    li = site.person("li@acme.test", "agent", name="Li Ming")
    answer = boss.post(f"/c/acme/people/{li}/leave", {"hand_over_to": to})
    assert answer.status_code == 422
    assert open_work == []
    assert one(site, sa.select(Membership.active).where(Membership.user_id == li))[0] is True


def test_whoever_left_can_come_back(site, boss):
    li = site.person("li@acme.test", "agent", name="Li Ming")
    assert boss.post(f"/c/acme/people/{li}/leave", {"hand_over_to": ""}).status_code == 302
    assert "Saving lets this person work here again." in words_of(boss.get(f"/c/acme/people/{li}").text)
    boss.post(f"/c/acme/people/{li}", {"roles": ["agent"], "scope": "company", "unit": ""})
    assert tuple(one(site, sa.select(Membership.active, Membership.ended_at).where(Membership.user_id == li))) == (
        True,
        None,
    )


# --- roles and organisation -----------------------------------------------------------------------------------------


def test_a_role_of_the_companys_own_is_made_and_changed(site, boss):
    data = {
        "code": "duty-manager",
        "name_zh": "值班主管",
        "name_en": "Duty manager",
        "permissions": ["core.audit.view", "core.rules.view"],
    }
    assert boss.post("/c/acme/roles/new", data).location == "/c/acme/roles"
    assert tuple(one(site, sa.select(Role.name, Role.permissions).where(Role.code == "duty-manager"))) == (
        {"zh": "值班主管", "en": "Duty manager"},
        ["core.audit.view", "core.rules.view"],
    )
    boss.post(
        "/c/acme/roles/duty-manager",
        {"name_zh": "值班主管", "name_en": "Duty manager", "permissions": ["core.rules.view"]},
    )
    assert one(site, sa.select(Role.permissions).where(Role.code == "duty-manager"))[0] == ["core.rules.view"]
    assert "Duty manager" in words_of(boss.get("/c/acme/roles").text)


@pytest.mark.parametrize(
    ("code", "said"),
    [("agent", "There is a role with this code already."), ("Duty Manager", "A code has 2 to 60 lower-case letters")],
)
def test_a_code_that_is_taken_or_can_not_be_written_in_a_rule_is_refused(site, boss, code, said):
    answer = boss.post("/c/acme/roles/new", {"code": code, "name_zh": "甲", "name_en": "A"})
    assert answer.status_code == 422
    assert said in words_of(answer.text)


def test_the_organisation_is_shown_as_a_tree_and_extended(site, boss):
    assert (
        boss.post(
            "/c/acme/units/new?below=hq",
            {"code": "east", "name": "East", "kind": "centre", "parent": "hq", "region": "Shanghai"},
        ).status_code
        == 302
    )
    assert (
        boss.post(
            "/c/acme/units/new", {"code": "hz", "name": "Hangzhou", "kind": "agent", "parent": "east"}
        ).status_code
        == 302
    )
    said = words_of(boss.get("/c/acme/units").text)
    assert re.search(r"Acme Headquarters hq .*East Service centre east Shanghai .*Hangzhou Agent hz", said)
    answer = boss.post("/c/acme/units/east", {"name": "East", "kind": "centre", "parent": "hz"})
    assert (answer.status_code, "“East” can't stand below itself." in words_of(answer.text)) == (422, True)
    hq, parent = (
        one(site, sa.select(OrgUnit.id).where(OrgUnit.code == "hq"))[0],
        one(site, sa.select(OrgUnit.parent_id).where(OrgUnit.code == "east"))[0],
    )
    assert parent == hq


def test_a_unit_code_is_taken_once(site, boss):
    answer = boss.post("/c/acme/units/new", {"code": "hq", "name": "Second", "kind": "centre"})
    assert answer.status_code == 422
    assert "There is an organisation unit with this code already." in words_of(answer.text)
    assert one(site, sa.select(OrgUnit.name).where(OrgUnit.code == "hq"))[0] == "Acme"


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_chinese_for_a_chinese_reader(site, path):
    site.office().system()
    user_id = site.account("he@acme.test", "何敏", locale="zh")
    site.join(user_id, "administrator")
    page = site.signed_in("he@acme.test").get(f"/c/acme{path}").text
    said = words_of(re.sub(r'<span class="[^"]*mono[^"]*">[^<]*</span>', "", page))
    for known in (
        "English",
        "Acme",
        "Wang Fang",
        "boss@acme.test",
        "he@acme.test",
        "duty-manager",
        "administrator",
        "manager",
        "agent",
        "Enter",
    ):
        said = said.replace(known, "")
    assert re.findall(r"[A-Za-z]{3,}", said) == []
