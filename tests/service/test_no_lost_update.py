"""Two people, one record: pages of the core that edit something show both versions and overwrite nothing."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from core.calendar_store import WorkingCalendar, save_calendar
from core.companies.company import CompanyFacts, change_company, facts_of
from core.companies.models import Membership, OrgUnit, Role
from core.companies.services import save_membership, save_role, save_unit
from core.db import transaction
from core.errors import Conflict
from core.settings import get_setting, set_setting
from core.testing import Installation
from tests.support.accounts import Site, words_of


@pytest.fixture
def site(app, database_url, registry):
    """A company with one administrator."""
    installation = Installation(database_url, registry)
    site = Site(app, installation)
    site.person("boss@acme.test", "administrator", name="Wang Fang")
    yield site
    installation.close()


def test_pages_of_the_core_show_both_versions_and_keep_what_was_typed(site):
    boss = site.signed_in("boss@acme.test")
    ctx = site.office().ctx("core.users.manage", "core.units.manage", user_id=1, name="Li Ming")
    with transaction(ctx):
        save_unit(ctx.as_actor(site.office().system().actor), "east", "East", "centre", region="Shanghai")
    other = site.office().system()
    # an organisation unit: the other one changed the area only, this one the name
    save_unit(other, "east", "East", "centre", region="Shanghai, Suzhou")
    sent = {"name": "East centre", "kind": "centre", "parent": "", "region": "Shanghai", "record_version": "1"}
    page = boss.post("/c/acme/units/east", sent)
    said = words_of(page.text)
    assert page.status_code == 409
    assert "What you typed: East centre" in said
    assert "What stands there now: Shanghai, Suzhou" in said
    assert 'name="keep-region" value="theirs" checked' in page.text
    assert 'value="East centre"' in page.text
    assert 'name="record_version" type="hidden" value="2"' in page.text
    saved = boss.post("/c/acme/units/east", {**sent, "record_version": "2", "keep-region": "theirs"})
    assert saved.status_code == 302
    row = site.office().system().session.scalar(sa.select(OrgUnit).where(OrgUnit.code == "east"))
    assert (row.name, row.region, row.version) == ("East centre", "Shanghai, Suzhou", 3)


def test_a_role_a_person_and_a_calendar_refuse_what_is_stale(site):
    boss, system = site.signed_in("boss@acme.test"), site.office().system
    user_id = site.person("li@acme.test", "agent")
    ctx = system()
    role = ctx.session.scalar(sa.select(Role).where(Role.code == "agent"))
    rights = list(role.permissions)
    save_role(ctx, "agent", {"zh": "坐席", "en": "Caller"}, rights)
    save_membership(system(), user_id, ["agent", "manager"])
    body = system().session.scalar(sa.select(WorkingCalendar.body).where(WorkingCalendar.code == "office"))
    save_calendar(system(), "office", {**body, "closures": [["2026-11-02 10:00", "2026-11-02 11:00"]]})
    pages = {
        "roles/agent": {"name_zh": "客服", "name_en": "Call agent", "permissions": rights},
        f"people/{user_id}": {"roles": ["agent"], "unit": "", "scope": "company"},
        "settings/calendars/office": {"timezone": "Asia/Shanghai", "mon": "10:00-11:00"},
    }
    for path, sent in pages.items():
        page = boss.post(f"/c/acme/{path}", {**sent, "record_version": "1"})
        assert page.status_code == 409, path
        assert "What stands there now" in words_of(page.text), path
    ctx = system()
    assert ctx.session.scalar(sa.select(Role).where(Role.code == "agent")).name["en"] == "Caller"
    assert ctx.session.scalar(sa.select(Membership).where(Membership.user_id == user_id)).role_codes == [
        "agent",
        "manager",
    ]
    assert "closures" in ctx.session.scalar(sa.select(WorkingCalendar.body).where(WorkingCalendar.code == "office"))


def test_of_settings_only_what_was_changed_on_the_page_is_saved(site):
    boss, key = site.signed_in("boss@acme.test"), "core.rules.trial_days"
    sent = {f"has:{key}": "1", f"was:{key}": "90", key: "90"}
    set_setting(site.office().system(), key, 30)
    assert boss.post("/c/acme/settings", sent).status_code == 302
    assert get_setting(site.office().system(), key) == 30
    page = boss.post("/c/acme/settings", {**sent, key: "60"})
    assert (page.status_code, get_setting(site.office().system(), key)) == (409, 30)
    assert "What you typed: 60" in words_of(page.text)
    assert "What stands there now: 30" in words_of(page.text)
    assert boss.post("/c/acme/settings", {**sent, f"was:{key}": "30", key: "60"}).status_code == 302
    assert get_setting(site.office().system(), key) == 60


def test_services_refuse_a_version_that_is_no_longer_there(site):
    save_unit(site.office().system(), "east", "East", "centre")
    with pytest.raises(Conflict) as refused:
        save_unit(site.office().system(), "east", "West", "centre", version=7)
    assert refused.value.code == "stale"
    assert (refused.value.details["current"]["name"], refused.value.details["current"]["version"]) == ("East", 1)


def test_what_a_company_says_of_itself_is_not_overwritten_either(site):
    boss = site.signed_in("boss@acme.test")
    was = vars(facts_of(site.office().system().company))
    ctx = site.office().system()
    change_company(ctx, CompanyFacts(**{**was, "currency": "EUR"}))
    sent = {**was, "name": "Acme Services", "was": json.dumps(was)}
    sent.pop("second_factor_required")
    page = boss.post("/c/acme/settings/company", sent)
    said = words_of(page.text)
    assert page.status_code == 409
    assert "What you typed: Acme Services" in said
    assert "What stands there now: EUR" in said
    assert 'name="keep-currency" value="theirs" checked' in page.text
    assert facts_of(site.office().system().company) == CompanyFacts(**{**was, "currency": "EUR"})
    now = json.dumps({**was, "currency": "EUR"})
    saved = boss.post("/c/acme/settings/company", {**sent, "was": now, "keep-currency": "theirs"})
    assert saved.status_code == 302
    assert facts_of(site.office().system().company) == CompanyFacts(
        **{**was, "name": "Acme Services", "currency": "EUR"}
    )
    assert boss.post("/c/acme/settings/company", {**sent, "was": "nonsense"}).status_code == 409
