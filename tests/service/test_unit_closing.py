"""Closing an organisation unit: refused while it holds anything, not offered afterwards, history shows it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.auth.invitations import invite
from core.auth.queries import unit_choices
from core.companies.models import OrgUnit
from core.companies.services import save_membership, save_unit, unit_by_code
from core.companies.units import close_unit, reopen_unit
from core.contributions import OpenWork
from core.errors import Conflict, Forbidden, Invalid
from core.events import Event
from core.i18n import use_locale
from core.testing import Installation
from tests.support.accounts import Site, words_of


@pytest.fixture
def site(app, database_url, registry):
    """A company with an administrator and the departments ``north`` and, below it, ``north-1``."""
    installation = Installation(database_url, registry)
    site = Site(app, installation)
    site.office(modules=("complaints",))
    site.person("boss@acme.test", "administrator", name="Wang Fang")
    save_unit(site.office().system(), "north", "North", "centre")
    save_unit(site.office().system(), "north-1", "North 1", "department", "north")
    with use_locale("en"):
        yield site
    installation.close()


def refused(site, code: str) -> str:
    with pytest.raises(Conflict) as error:
        close_unit(site.office().system(), code)
    assert unit_by_code(site.office().system(), code).active is True
    return error.value.message


def test_it_is_refused_while_it_holds_units_people_or_open_work(site):
    assert refused(site, "north") == "“North” still holds: Organisation units below it 1. Move that elsewhere first."
    li = site.person("li@acme.test", "agent")
    save_membership(site.office().system(), li, ["agent"], "north-1")
    assert refused(site, "north-1") == "“North 1” still holds: People 1. Move that elsewhere first."
    save_membership(site.office().system(), li, ["agent"], "hq")
    close_unit(site.office().system(), "north-1")
    close_unit(site.office().system(), "north")
    assert refused(site, "hq") == "“Acme” is the only headquarters and stays open."


def test_open_work_of_a_module_stands_against_it(site, monkeypatch):
    from plugins.complaints import panels

    monkeypatch.setattr(panels, "held_by_unit", lambda _ctx, _unit_id: [OpenWork("Open complaints", 3)])
    assert refused(site, "north-1") == "“North 1” still holds: Open complaints 3. Move that elsewhere first."

    def broken(_ctx, _unit_id):
        raise RuntimeError("no")

    monkeypatch.setattr(panels, "held_by_unit", broken)
    assert "could not say what this unit still holds" in refused(site, "north-1")


def test_a_closed_unit_cannot_be_chosen_and_can_be_opened_again(site):
    system = site.office().system
    close_unit(system(), "north-1")
    assert [code for code, _name in unit_choices(system())] == ["hq", "north"]
    li = site.person("li@acme.test", "agent")
    for attempt in (
        lambda: save_membership(system(), li, ["agent"], "north-1"),
        lambda: save_unit(system(), "south", "South", "centre", "north-1"),
        lambda: invite(system(), "new@acme.test", ["agent"], "north-1"),
    ):
        with pytest.raises(Invalid) as error:
            attempt()
        assert error.value.code == "unit_closed"
    close_unit(system(), "north")
    with pytest.raises(Conflict) as above:
        reopen_unit(system(), "north-1")
    assert above.value.code == "parent_closed"
    reopen_unit(system(), "north")
    reopen_unit(system(), "north-1")
    save_membership(system(), li, ["agent"], "north-1")
    query = sa.select(Event.name).where(Event.record_kind == "core.unit", Event.name != "core.unit_saved")
    events = list(system().session.scalars(query.order_by(Event.id)))
    assert events == ["core.unit_closed"] * 2 + ["core.unit_reopened"] * 2


def test_the_right_to_manage_the_organisation_is_needed(site):
    with pytest.raises(Forbidden):
        close_unit(site.office().ctx("core.users.manage"), "north-1")
    assert unit_by_code(site.office().system(), "north-1").active is True


def test_the_pages_say_what_stands_against_it_and_show_closed_units(site):
    boss = site.signed_in("boss@acme.test")
    answer = boss.post("/c/acme/units/north/close", page="/c/acme/units/north", follow_redirects=True)
    assert "“North” still holds: Organisation units below it 1." in words_of(answer.text)
    answer = boss.post("/c/acme/units/north-1/close", page="/c/acme/units/north-1", follow_redirects=True)
    said = words_of(answer.text)
    assert "“North 1” is closed and can't be chosen any more." in said
    assert "Organisation unit “North 1” closed" in said
    assert "closed" in words_of(boss.get("/c/acme/units").text)
    assert '"north-1"' not in boss.get("/c/acme/people/add").text
    boss.post("/c/acme/units/north-1/reopen", page="/c/acme/units/north-1")
    assert site.office().system().session.scalar(sa.select(OrgUnit.active).where(OrgUnit.code == "north-1")) is True
