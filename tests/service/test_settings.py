"""Settings of every type: what is taken, what is refused at its field, the default, who changed what, the page."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.calendars import Limit
from core.companies.models import Setting
from core.errors import Forbidden, Invalid, NotFound
from core.events import Event
from core.settings import (
    _PARSERS,
    TYPES,
    get_setting,
    is_set,
    parse_setting,
    reset_setting,
    set_setting,
    setting_text,
)
from tests.support.accounts import Site, words_of

pytestmark = pytest.mark.one_database

EDIT = "core.settings.edit"


def test_every_type_has_its_parser():
    assert set(_PARSERS) == set(TYPES)


GOOD = (
    ("probe.days", "wed, mon", ["mon", "wed"], "mon, wed"),
    ("probe.days", "", [], ""),
    ("probe.wait", "3 elapsed_hours", Limit(3, "elapsed_hours"), "3 elapsed_hours"),
    ("probe.fee", "12.50", Decimal("12.5"), "12.5"),
    ("probe.fee", "", None, ""),
    ("probe.role", "manager", "manager", "manager"),
    ("probe.unit", "hq", "hq", "hq"),
    ("probe.unit", "", "", ""),
    ("probe.calendar", "always", "always", "always"),
    ("probe.mails", "a@b.cn; c@d.example\na@b.cn", ["a@b.cn", "c@d.example"], "a@b.cn, c@d.example"),
    ("probe.loud", "no", False, "no"),
)
BAD = (
    ("probe.days", "sunday"), ("probe.wait", "many working_days"), ("probe.wait", "1.5 working_days"),
    ("probe.wait", "2 fortnights"), ("probe.wait", ""), ("probe.fee", "1.00001"), ("probe.fee", "-1"),
    ("probe.fee", "NaN"), ("probe.role", "emperor"), ("probe.unit", "moon"), ("probe.calendar", "never"),
    ("probe.person", "4711"), ("probe.person", "x"), ("probe.mails", "a@b.cn, nobody"), ("probe.limit", "12"),
)  # fmt: skip


class TestTypes:
    def test_what_fits_is_kept_as_its_type_and_comes_back_so(self, acme):
        for key, entered, value, text in GOOD:
            set_setting(acme.system(), key, entered)
            found = get_setting(acme.system(), key)
            assert (found, setting_text(found)) == (value, text), key
            assert parse_setting(acme.system(), key, setting_text(found)) == value, f"{key}: its text says the same"
            acme.installation.close_sessions()

    def test_what_does_not_fit_is_refused_at_its_field_and_nothing_is_kept(self, acme):
        ctx = acme.system()
        for key, entered in BAD:
            with pytest.raises(Invalid) as told:
                set_setting(ctx, key, entered)
            assert told.value.field == key, (key, entered)
        assert ctx.session.scalar(sa.select(sa.func.count(Setting.id))) == 0

    def test_a_person_works_here(self, acme, zenith):
        li, far = acme.person("li@acme.test", "agent"), zenith.person("far@zenith.test", "agent")
        set_setting(acme.system(), "probe.person", str(li))
        assert get_setting(acme.system(), "probe.person") == li
        with pytest.raises(Invalid):
            set_setting(acme.system(), "probe.person", str(far))

    def test_defaults_have_their_type_too(self, acme):
        ctx = acme.system()
        assert get_setting(ctx, "probe.wait") == Limit(2, "working_days")
        assert (get_setting(ctx, "probe.days"), get_setting(ctx, "probe.mails")) == (["mon"], [])


class TestChanges:
    def test_who_changed_it_from_what_to_what_and_back_to_the_default(self, acme):
        for value in ("7", "8"):
            set_setting(acme.ctx(EDIT, name="Li Ming"), "probe.limit", value)
        reset_setting(acme.ctx(EDIT, name="Wang"), "probe.limit")
        ctx = acme.system()
        assert (get_setting(ctx, "probe.limit"), is_set(ctx, "probe.limit")) == (5, False)
        query = sa.select(Event).where(Event.name.in_(("core.setting_saved", "core.setting_reset"))).order_by(Event.id)
        told = [(e.name, e.actor_name, e.facts["before"], e.facts["after"]) for e in ctx.session.scalars(query)]
        assert told == [
            ("core.setting_saved", "Li Ming", "5", "7"),
            ("core.setting_saved", "Li Ming", "7", "8"),
            ("core.setting_reset", "Wang", "8", "5"),
        ]

    def test_resetting_needs_the_right_and_a_setting(self, acme):
        set_setting(acme.system(), "probe.limit", "7")
        with pytest.raises(Forbidden):
            reset_setting(acme.ctx(), "probe.limit")
        with pytest.raises(NotFound):
            reset_setting(acme.system(), "probe.nothing")
        assert get_setting(acme.system(), "probe.limit") == 7
        reset_setting(acme.system(), "probe.mood")
        assert is_set(acme.system(), "probe.limit")


@pytest.fixture
def site(probe, database_kind):
    from core.app import create_app

    app = create_app({"SQLALCHEMY_DATABASE_URI": probe.url, "TESTING": True}, registry=probe.registry)
    made = Site(app, probe)
    yield made
    with app.app_context():
        for engine in app.extensions["sqlalchemy"].engines.values():
            engine.dispose()


class TestPage:
    @pytest.fixture
    def boss(self, site, acme):
        site.offices["acme"] = acme
        site.person("boss@acme.example", "administrator", name="Boss")
        return site.signed_in("boss@acme.example")

    def test_it_is_searched_keeps_what_was_typed_and_saves_only_what_was_changed(self, boss, acme):
        page = boss.get("/c/acme/settings?q=wai").text
        assert ('name="probe.wait"' in page, 'name="probe.limit"' in page) == (True, False)
        url = "/c/acme/settings"
        form = {"has:probe.fee": "1", "probe.fee": "much", "has:probe.days": "1", "probe.days": ["tue", "wed"]}
        refused = boss.post(url, form)
        assert refused.status_code == 422
        assert 'value="much"' in refused.text
        assert "“much” is not a number" in refused.text
        form |= {"probe.fee": "9.90", "has:probe.wait": "1", "probe.wait": "4", "probe.wait:unit": "elapsed_hours"}
        assert boss.post(url, form).status_code == 302
        ctx = acme.system()
        assert get_setting(ctx, "probe.days") == ["tue", "wed"]
        assert get_setting(ctx, "probe.fee") == Decimal("9.9")
        assert get_setting(ctx, "probe.wait") == Limit(4, "elapsed_hours")
        assert not is_set(ctx, "probe.limit")
        page = words_of(boss.get(url).text)
        assert "Back to the default: 2 working days Boss" in page
        assert "2 working days → 4 hours" in page

    def test_back_to_the_default(self, boss, acme):
        set_setting(acme.system(), "probe.limit", "7")
        assert boss.post("/c/acme/settings/reset", {"key": "probe.limit"}, page="/c/acme/settings").status_code == 302
        assert not is_set(acme.system(), "probe.limit")
        gone = boss.post("/c/acme/settings/reset", {"key": "complaints.pattern"}, page="/c/acme/settings")
        assert gone.status_code == 404


def test_a_checklist_is_written_in_the_browser(site, acme):
    site.offices["acme"] = acme
    site.person("boss@acme.example", "administrator")
    boss, url = site.signed_in("boss@acme.example"), "/c/acme/settings/checklists/new"
    form = {"seen": "0", "count": "1", "code": "own", "record_kind": "probe.item", "name-en": "Own", "name-zh": "自有"}
    form |= {"i0-code": "safe", "i0-en": "Safe", "i0-type": "check", "i0-required": "on", "reason": "new"}
    assert boss.get(url).status_code == 200
    added = boss.post(url, {**form, "do": "add"})
    assert (added.status_code, 'name="i1-code"' in added.text, 'value="Safe"' in added.text) == (200, True, True)
    refused = boss.post(url, {**form, "i0-code": "not so"})
    assert (refused.status_code, 'value="not so"' in refused.text) == (422, True)
    assert boss.post(url, form).status_code == 302
    assert "own" in boss.get("/c/acme/settings/checklists").text
    assert boss.get("/c/acme/settings/checklists/edit/own").status_code == 200
