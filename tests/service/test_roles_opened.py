"""The role editor: what each right opens, who holds a role, what was given and taken, how roles differ."""

from __future__ import annotations

import re

import pytest

from core.app import create_app
from core.companies.services import save_role
from core.i18n import use_locale
from core.testing import Installation
from core.web.gate import route_needs
from core.web.opens import opens
from tests.support.accounts import Site, words_of

pytestmark = pytest.mark.one_database

NAME = {"en": "Lead", "zh": "组长"}


@pytest.fixture(scope="module")
def site(make_database, registry, tmp_path_factory):
    """One application and company for this file."""
    patch = pytest.MonkeyPatch()
    patch.setenv("SANBAO_HOME", str(tmp_path_factory.mktemp("home")))
    url = make_database()
    app = create_app({"SQLALCHEMY_DATABASE_URI": url, "TESTING": True}, registry=registry)
    site = Site(app, Installation(url, registry))
    site.office(modules=("complaints",))
    site.person("boss@acme.test", "administrator", name="Wang Fang")
    yield site
    site.installation.close()
    with app.app_context():
        for engine in app.extensions["sqlalchemy"].engines.values():
            engine.dispose()
    patch.undo()


@pytest.fixture(scope="module")
def boss(site):
    """The administrator, signed in."""
    return site.signed_in("boss@acme.test")


@pytest.fixture(scope="module")
def behind(site):
    """What each right opens, in English."""
    with site.app.test_request_context(), use_locale("en"):
        return opens()


def test_a_right_shows_its_menu_entry_its_list_and_its_pages(behind):
    people = behind["core.users.manage"]
    assert people.menu == ["People and roles"]
    assert "/people/add" in people.pages
    assert "/people/<int:user_id>/unlock" in people.actions
    assert "/people/<int:user_id>/unlock" not in people.pages
    assert behind["base.customer.view"].lists == ["Customers (see, export)"]
    assert behind["base.customer.edit"].lists == ["Customers (add, change, delete)"]


def test_steps_of_a_workflow_stand_behind_their_right(site, behind):
    steps = {
        (t.permission, t.label)
        for w in site.app.extensions["sanbao"]["registry"].workflows.values()
        for t in w.transitions
    }
    assert len(steps) > 3
    for code, text in steps:
        assert [s for s in behind[code].steps if s.endswith(f": {text}")], (code, text)


def test_every_route_that_needs_a_right_stands_behind_it(site, behind):
    shown = {(code, address) for code, one in behind.items() for address in (*one.pages, *one.actions)}
    with site.app.test_request_context():
        wanted = {(route_needs(site.app, r.endpoint), r.rule) for r in site.app.url_map.iter_rules()}
    assert {w for w in wanted if w[0] in behind} == shown
    assert len(shown) > 60


def test_the_editor_shows_it_in_both_languages(boss, site):
    page = words_of(boss.get("/c/acme/roles/manager").text)
    assert "What it opens" in page
    assert "Customers (add, change, delete)" in page
    assert "No page of its own: it is asked for within other pages." in page
    site.person("zhang@acme.test", "administrator", locale="zh")
    chinese = words_of(site.signed_in("zhang@acme.test", language="zh-CN").get("/c/acme/roles/manager").text)
    assert "能打开什么" in chinese
    assert "客户（添加、修改、删除）" in chinese


def test_the_editor_says_who_has_the_role(boss, site):
    assert "Nobody at the moment." in words_of(boss.get("/c/acme/roles/agent").text)
    site.person("li@acme.test", "agent", name="Li Ming")
    aside = boss.get("/c/acme/roles/agent").text.partition("<aside")[2]
    assert re.search(r">Li Ming</a>", aside)
    assert "Wang Fang" not in aside


def test_what_was_given_and_taken_is_on_record_in_words(boss, site):
    ctx = site.office().system()
    save_role(ctx, "lead", NAME, ["core.rules.view", "core.audit.view"])
    form = {"name_zh": "组长", "name_en": "Lead", "permissions": ["core.rules.view", "core.rules.edit"]}
    assert boss.post("/c/acme/roles/lead", form).status_code == 302
    said = words_of(boss.get("/c/acme/roles/lead").text.partition("<aside")[2])
    assert "Right taken Read the audit trail → none" in said
    assert "Right given Change rule tables" in said
    assert "See rule tables" not in said.partition("Role “")[0]


def test_a_copy_begins_with_the_rights_that_one_may_give(site, boss):
    ctx = site.office().system()
    save_role(ctx, "pattern", {"en": "Pattern", "zh": "样板"}, ["core.rules.view", "core.audit.view"])
    save_role(ctx, "people", {"en": "Staff office", "zh": "人事"}, ["core.users.manage", "core.rules.view"])
    assert ticked(boss.get("/c/acme/roles/new?from=pattern").text) == ["core.audit.view", "core.rules.view"]
    site.person("hr@acme.test", "people")
    lead = site.signed_in("hr@acme.test")
    assert ticked(lead.get("/c/acme/roles/new?from=pattern").text) == ["core.rules.view"]
    assert lead.get("/c/acme/roles/new?from=nothing").status_code == 404


def ticked(page: str) -> list[str]:
    return sorted(re.findall(r'name="permissions" value="([^"]+)"[^>]* checked', page))


def test_two_roles_are_compared(site, boss):
    ctx = site.office().system()
    save_role(ctx, "one", {"en": "One", "zh": "一"}, ["core.rules.view", "core.audit.view"])
    save_role(ctx, "two", {"en": "Two", "zh": "二"}, ["core.rules.view", "core.rules.edit"])
    said = words_of(boss.get("/c/acme/roles/compare?one=one&other=two").text)
    assert "1 right in both" in said
    assert "Change rule tables lacks it has it" in said
    assert "Read the audit trail has it lacks it" in said
    assert "See rule tables" not in said
    assert boss.get("/c/acme/roles/compare?one=one&other=none").status_code == 404
