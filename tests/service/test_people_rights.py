"""Who may give which rights, and that a company keeps an administrator: through the services, on both databases."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.companies.models import Membership, Role
from core.companies.services import end_membership, save_membership, save_role, save_unit
from core.errors import Conflict, Forbidden, Invalid
from core.i18n import use_locale
from tests.support.accounts import Site

pytestmark = pytest.mark.one_database

NAME = {"en": "Lead", "zh": "组长"}


@pytest.fixture
def site(databases, database_kind):
    """A database without the web application."""
    with databases.furnished(database_kind, furnish) as installation, use_locale("en"):
        yield Site(None, installation, {"acme": installation.office("acme")})


@pytest.fixture
def office(site):
    """A company with a boss (administrator, 1), a lead (manages people, sees rules; 2) and a clerk (3)."""
    return site.office()


def furnish(installation):
    site = Site(None, installation)
    office = site.office()
    save_role(office.system(), "lead", NAME, ["core.users.manage", "core.rules.view"])
    save_role(office.system(), "clerk", {"en": "Clerk", "zh": "文员"}, ["core.rules.view"])
    save_role(office.system(), "auditor", {"en": "Auditor", "zh": "审计"}, ["core.audit.view", "core.rules.view"])
    site.person("boss@acme.test", "administrator")
    site.person("lead@acme.test", "lead")
    site.person("clerk@acme.test", "clerk")


def lead(office, **values):
    return office.ctx("core.users.manage", "core.rules.view", user_id=2, roles=["lead"], **values)


def boss(office, user_id=1):
    return office.ctx("core.users.manage", user_id=user_id, roles=["administrator"])


def roles_of(office, user_id) -> list[str]:
    return office.system().session.scalar(sa.select(Membership.role_codes).where(Membership.user_id == user_id))


def rights_of(office, code) -> list[str]:
    return office.system().session.scalar(sa.select(Role.permissions).where(Role.code == code))


# --- giving and taking rights ---------------------------------------------------------------------------------------


def test_an_administrator_gives_any_right(office):
    save_membership(boss(office), 3, ["lead", "auditor"])
    assert roles_of(office, 3) == ["auditor", "lead"]
    save_role(boss(office), "clerk", NAME, ["core.modules.switch"])
    assert rights_of(office, "clerk") == ["core.modules.switch"]


def test_others_give_the_rights_that_they_hold(office):
    save_membership(lead(office), 3, ["lead"])
    assert roles_of(office, 3) == ["lead"]
    save_role(lead(office), "helper", NAME, ["core.rules.view"])
    assert rights_of(office, "helper") == ["core.rules.view"]


def test_nobody_gives_a_role_with_a_right_that_he_does_not_hold(office):
    with pytest.raises(Forbidden) as error:
        save_membership(lead(office), 3, ["auditor"])
    assert (error.value.code, error.value.details) == ("right_not_held", {"permission": "core.audit.view"})
    assert (
        error.value.message
        == "You don't hold the right “Read the audit trail” and so can't give or take it. An administrator can."
    )
    assert roles_of(office, 3) == ["clerk"]


def test_nobody_gives_himself_more(office):
    with pytest.raises(Forbidden):
        save_membership(lead(office), 2, ["auditor", "lead"])
    with pytest.raises(Forbidden):
        save_membership(lead(office), 2, ["administrator"])
    assert roles_of(office, 2) == ["lead"]


def test_nobody_puts_a_right_that_he_does_not_hold_into_a_role(office):
    with pytest.raises(Forbidden):
        save_role(lead(office), "lead", NAME, ["core.users.manage", "core.rules.view", "core.modules.switch"])
    with pytest.raises(Forbidden):
        save_role(lead(office), "new", NAME, ["core.modules.switch"])
    assert rights_of(office, "lead") == ["core.rules.view", "core.users.manage"]
    assert rights_of(office, "new") is None


def test_nobody_takes_a_right_that_he_does_not_hold(office):
    save_role(office.system(), "manager", NAME, ["core.audit.view", "core.rules.view"])
    with pytest.raises(Forbidden):
        save_role(lead(office), "manager", NAME, ["core.rules.view"])
    assert rights_of(office, "manager") == ["core.audit.view", "core.rules.view"]


def test_nobody_but_an_administrator_touches_administrators(office):
    for attempt in (
        lambda: save_membership(lead(office), 1, ["clerk"]),
        lambda: save_role(lead(office), "administrator", NAME, rights_of(office, "administrator")),
        lambda: end_membership(lead(office), 1),
    ):
        with pytest.raises(Forbidden) as error:
            attempt()
        assert error.value.code == "administrators_only"
    assert roles_of(office, 1) == ["administrator"]


def test_without_the_right_to_manage_people_nothing_goes(office):
    clerk = office.ctx("core.rules.view", user_id=3, roles=["clerk"])
    for attempt in (
        lambda: save_membership(clerk, 3, ["clerk"]),
        lambda: save_role(clerk, "clerk", NAME, []),
        lambda: end_membership(clerk, 2),
    ):
        with pytest.raises(Forbidden) as error:
            attempt()
        assert error.value.details == {"permission": "core.users.manage"}


def test_rights_of_a_role_that_this_installation_does_not_know_survive_a_change(office):
    ctx = office.system()
    ctx.session.scalar(sa.select(Role).where(Role.code == "clerk"))
    from core.db import transaction
    from core.events import emit

    with transaction(ctx):
        role = ctx.session.scalar(sa.select(Role).where(Role.code == "clerk"))
        role.permissions = ["core.rules.view", "gone.thing.do"]
        emit(ctx, "core.role_saved", role, name="Clerk", code="clerk")
    save_role(boss(office), "clerk", NAME, ["gone.thing.do"])
    assert rights_of(office, "clerk") == ["gone.thing.do"]
    with pytest.raises(Invalid) as error:
        save_role(boss(office), "lead", NAME, ["gone.thing.do"])
    assert error.value.message == "There is no right called “gone.thing.do”."


# --- how far somebody sees ------------------------------------------------------------------------------------------


def test_who_sees_only_own_units_lets_nobody_see_more(site, office):
    east = save_unit(office.system(), "east", "East", "centre", "hq").id
    save_unit(office.system(), "west", "West", "centre", "hq")
    narrow = {"unit_ids": frozenset({east})}
    save_membership(lead(office, **narrow), 3, ["clerk"], "east", "units")
    for unit, scope in (("east", "company"), ("west", "units"), (None, "company")):
        with pytest.raises(Forbidden) as error:
            save_membership(lead(office, **narrow), 3, ["clerk"], unit, scope)
        assert error.value.code == "beyond_own_units"
    ctx = office.system()
    row = ctx.session.execute(sa.select(Membership.unit_id, Membership.data_scope).where(Membership.user_id == 3)).one()
    assert tuple(row) == (east, "units")


def test_who_is_limited_to_units_needs_one(office):
    with pytest.raises(Invalid) as error:
        save_membership(boss(office), 3, ["clerk"], None, "units")
    assert (error.value.code, error.value.field) == ("bad_scope", "unit")


# --- the last administrator -----------------------------------------------------------------------------------------


def test_the_last_administrator_stays_one(office):
    with pytest.raises(Conflict) as error:
        save_membership(boss(office), 1, ["clerk"])
    assert error.value.message == "This is the company's last administrator. Make somebody else an administrator first."
    with pytest.raises(Conflict) as error:
        end_membership(office.system(), 1)
    assert error.value.code == "last_administrator"
    assert roles_of(office, 1) == ["administrator"]


def test_one_of_two_administrators_may_go(office):
    save_membership(boss(office), 3, ["administrator"])
    save_membership(boss(office), 1, ["clerk"])
    assert roles_of(office, 1) == ["clerk"]
    with pytest.raises(Conflict):
        end_membership(office.system(), 3)


def test_an_administrator_whose_account_is_closed_does_not_count(site, office):
    from core.auth.models import User
    from core.auth.services import set_active
    from core.db import open_session, transaction

    save_membership(boss(office), 3, ["administrator"])
    with open_session(site.installation.engine) as session, transaction(session):
        set_active(session, session.get(User, 3), False)
    with pytest.raises(Conflict):
        save_membership(boss(office), 1, ["clerk"])


def test_administrators_keep_the_right_to_manage_people(office):
    with pytest.raises(Conflict) as error:
        save_role(boss(office), "administrator", NAME, ["core.rules.view"])
    assert (error.value.code, error.value.field) == ("administrators_need_it", "permissions")
    assert "core.users.manage" in rights_of(office, "administrator")


def test_nobody_ends_the_own_membership(office):
    save_membership(boss(office), 3, ["administrator"])
    with pytest.raises(Conflict) as error:
        end_membership(boss(office), 1)
    assert error.value.code == "own_membership"
