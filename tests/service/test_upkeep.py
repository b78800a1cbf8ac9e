"""A company that is older than what is installed gets what was added since, and nothing that it took away."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from core.checks import problems
from core.companies.models import Role, Shipped
from core.companies.switch import switch_off, switch_on
from core.companies.upkeep import bring_all_up_to_date, bring_up_to_date, companies_behind
from core.db import transaction
from core.decisions.store import DecisionTable
from core.events import Event, emit
from core.registry import Registry
from core.testing import Installation

TABLE, RIGHT = "probe.ladder", "core.checklists.edit"


def older(registry: Registry) -> Registry:
    """What was installed before: one rule table of ``probe`` fewer, and administrators without one right."""
    tables = {name: table for name, table in registry.tables.items() if name != TABLE}
    core = [replace(r, permissions=tuple(p for p in r.permissions if p != RIGHT)) for r in registry.roles["core"]]
    return replace(registry, tables=tables, roles={**registry.roles, "core": core})


@pytest.fixture
def site(probe):
    """An installation, as newly installed, whose company was made by the version before."""
    before = Installation(probe.url, older(probe.registry))
    before.company("oldco", modules=("probe",))
    before.close()
    return probe


def tables(ctx) -> set[str]:
    return set(ctx.session.scalars(sa.select(DecisionTable.name).where(DecisionTable.name.like("probe.%"))))


def rights(ctx, code: str = "administrator") -> list[str]:
    return ctx.session.scalar(sa.select(Role.permissions).where(Role.code == code))


def take(ctx, right: str) -> None:
    """The company takes a right from its administrators."""
    with transaction(ctx):
        role = ctx.session.scalar(sa.select(Role).where(Role.code == "administrator"))
        role.permissions = [p for p in role.permissions if p != right]
        emit(ctx, "core.role_saved", name="Administrator", code=role.code)


def test_what_the_new_version_ships_is_added_once_and_told(site):
    office = site.office("oldco")
    ctx = office.system()
    assert TABLE not in tables(ctx)
    assert RIGHT not in rights(ctx)
    assert companies_behind(site.engine, site.registry) == {"oldco": ["core", "probe"]}
    assert bring_all_up_to_date(site.engine, site.registry) == {"oldco": ["core", "probe"]}
    ctx = office.system()
    assert TABLE in tables(ctx)
    assert RIGHT in rights(ctx)
    updated = sa.select(Event).where(Event.name == "core.plugin_data_updated").order_by(Event.id)
    told = ctx.session.scalars(updated).all()
    assert [(e.facts["plugin"], e.facts["tables"], e.facts["rights"], e.actor_name) for e in told] == [
        ("core", 0, 1, "system"), ("probe", 1, 0, "system"),
    ]  # fmt: skip
    assert bring_all_up_to_date(site.engine, site.registry) == companies_behind(site.engine, site.registry) == {}


def test_what_the_company_took_away_stays_away(site):
    ctx = site.office("oldco").system()
    take(ctx, "core.audit.view")
    bring_up_to_date(ctx)
    assert RIGHT in rights(ctx)
    assert "core.audit.view" not in rights(ctx)


def test_a_company_of_which_nothing_is_known_gets_rights_that_nobody_there_holds(site):
    ctx = site.office("oldco").system()
    with transaction(ctx):
        ctx.session.execute(sa.delete(Shipped))
        role = ctx.session.scalar(sa.select(Role).where(Role.code == "manager"))
        role.permissions = [*role.permissions, "core.import.run"]
        emit(ctx, "core.role_saved", name="Manager", code=role.code)
    take(ctx, "core.import.run")
    take(ctx, "core.audit.view")
    bring_up_to_date(ctx)
    assert RIGHT in rights(ctx)
    assert "core.import.run" not in rights(ctx)
    assert "core.audit.view" not in rights(ctx)


def test_a_module_that_is_off_waits_until_it_is_on(site):
    ctx = site.office("oldco").system()
    switch_off(ctx, "probe")
    assert bring_up_to_date(ctx) == ["core"]
    assert TABLE not in tables(ctx)
    switch_on(ctx, "probe")
    assert TABLE in tables(ctx)
    assert bring_up_to_date(ctx) == []


def test_a_worker_that_starts_brings_companies_up_to_date(site):
    worker = site.worker()
    worker.stopping.set()
    worker.run()
    assert TABLE in tables(site.office("oldco").system())


def test_the_check_names_companies_that_are_behind(site, monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", site.url)
    monkeypatch.setenv("SANBAO_HOME", str(tmp_path))
    monkeypatch.setattr("core.plugins.load", lambda without=(): site.registry)
    said = "company oldco: lacks what core, probe ship; start the worker, or run: sanbao company update"
    assert said in problems()
    bring_all_up_to_date(site.engine, site.registry)
    assert said not in problems()
