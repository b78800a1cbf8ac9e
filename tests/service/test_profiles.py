"""Industry profiles: what applying one does, that it is done once, and what becomes of a company's own changes."""

from __future__ import annotations

import itertools
from configparser import ConfigParser
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml
from click.testing import CliRunner

from core.cli import main
from core.companies.models import Company, OrgUnit, Role
from core.companies.services import save_role, save_unit
from core.db import transaction
from core.decisions.store import (
    compiled_in_force,
    latest_published,
    publish,
    rule,
    save_draft,
    start_draft,
    table_named,
    versions_of,
)
from core.errors import Conflict, Forbidden, NotFound
from core.events import Event
from core.profiles import ProfileError, apply_profile, available, export_profile, find_profile, plan, read_profile
from core.settings import get_setting, set_setting
from core.testing import Installation
from tests.support.accounts import Site, words_of

pytestmark = pytest.mark.one_database

NUMBERS = itertools.count(1)
LIMITS = "complaints.limits"
INDUSTRIES = Path(__file__).parents[2] / "plugins" / "industries"


@pytest.fixture(scope="module")
def installation(make_database, registry):
    made = Installation(make_database(), registry)
    yield made
    made.close()


@pytest.fixture
def office(installation):
    """A company of its own, with nothing switched on."""
    yield installation.company(f"acme{next(NUMBERS)}")
    installation.close_sessions()


def machinery(office):
    return find_profile("machinery", office.installation.registry)


def states(office, profile) -> dict[str, str]:
    return {step.key: step.state for step in plan(office.system(), profile)}


def written(folder: Path, **head) -> Path:
    """A small profile of one's own."""
    folder.mkdir(parents=True, exist_ok=True)
    data = {"name": "own", "label": {"en": "Own", "zh": "自有"}, "version": "1", "modules": ["complaints"], **head}
    (folder / "profile.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")
    return folder


def table(folder: Path, name: str, **body) -> None:
    (folder / "tables").mkdir(exist_ok=True)
    (folder / "tables" / f"{name}.yaml").write_text(yaml.safe_dump(body, allow_unicode=True), "utf-8")


def relay(hours: int) -> dict:
    then = {"limit": hours, "unit": "working_hours", "calendar": "office"}
    return {"rows": [{"when": {"clock": "relay"}, "then": then}], "default": {**then, "limit": 80}}


def limit_of(ctx, clock: str, severity: str = "minor"):
    facts = {"clock": clock, "kind": "complaint", "severity": severity, "category": "quality", "received": ctx.today}
    asked = {k: v for k, v in facts.items() if k != "received"}
    return rule(ctx, LIMITS, asked, as_of=ctx.today).outputs["limit"]


# --- what applying does -----------------------------------------------------------------------------------------------


def test_the_plan_says_everything_that_applying_does_and_changes_nothing(office):
    told = states(office, machinery(office))
    assert told["modules/complaints"] == told["organisation/purchasing"] == told[f"tables/{LIMITS}"] == "add"
    assert told["settings/complaints.confirmation_required"] == "add"
    assert "complaints" not in office.system().enabled
    assert states(office, machinery(office)) == told


def test_a_company_is_set_up_by_its_profile_and_a_second_time_changes_nothing(office):
    outcome = apply_profile(office.system(), machinery(office))
    assert outcome.changed == len(outcome.steps) == 31
    ctx = office.system()
    assert "complaints" in ctx.enabled
    assert ctx.session.get_one(Company, office.id).profile == "machinery"
    assert set(ctx.session.scalars(sa.select(OrgUnit.code))) == {
        "hq", "service", "rd", "quality", "purchasing", "warehouse"
    }
    assert get_setting(ctx, "complaints.confirmation_required") is True
    assert limit_of(ctx, "solution") == 24
    newest = latest_published(ctx, table_named(ctx, LIMITS))
    assert (newest.number, newest.reason) == (2, "方案“机械三包”，版本 1")
    again = apply_profile(office.system(), machinery(office))
    assert again.changed == 0
    assert {step.state for step in again.steps} == {"same"}
    ctx = office.system()
    assert [v.number for v in versions_of(ctx, table_named(ctx, LIMITS))] == [2, 1]
    assert ctx.session.scalar(sa.select(sa.func.count()).where(Event.name == "core.profile_applied")) == 2


def test_units_are_named_in_the_companys_language(installation):
    office = installation.company(f"acme{next(NUMBERS)}", locale="en")
    apply_profile(office.system(), machinery(office))
    assert office.system().session.scalar(sa.select(OrgUnit.name).where(OrgUnit.code == "purchasing")) == "Purchasing"


def test_what_the_company_changed_stays_and_is_called_its_own(office):
    apply_profile(office.system(), machinery(office))
    save_unit(office.system(), "quality", "品质中心", "department", "hq")
    set_setting(office.system(), "complaints.confirmation_required", False)
    told = states(office, machinery(office))
    assert {key for key, state in told.items() if state != "same"} == {
        "organisation/quality", "settings/complaints.confirmation_required",
    }
    assert told["organisation/quality"] == "kept"
    assert apply_profile(office.system(), machinery(office)).changed == 0
    assert office.system().session.scalar(sa.select(OrgUnit.name).where(OrgUnit.code == "quality")) == "品质中心"


def test_a_newer_profile_changes_what_is_untouched_and_conflicts_with_what_is_not(office, tmp_path):
    first, second = written(tmp_path / "1"), written(tmp_path / "2", version="2")
    for folder, hours in ((first, 4), (second, 2)):
        table(folder, LIMITS, **relay(hours))
        table(folder, "complaints.escalation", rows=[{"when": {}, "then": {"after": hours, "unit": "working_hours",
                                                                            "role": "manager"}}])
    registry = office.installation.registry
    apply_profile(office.system(), read_profile(first, registry))
    ctx = office.system()
    with transaction(ctx):
        draft = start_draft(ctx, LIMITS)
        row = draft.body["rows"][0]
        own = {**draft.body, "rows": [{**row, "then": {**row["then"], "limit": "3"}}]}
        save_draft(ctx, LIMITS, own, reason="ours", effective_from=ctx.today)
        publish(ctx, LIMITS)
    newer = read_profile(second, registry)
    told = states(office, newer)
    assert told[f"tables/{LIMITS}"] == "conflict"
    assert told["tables/complaints.escalation"] == "change"
    apply_profile(office.system(), newer)
    assert limit_of(office.system(), "relay") == 3
    assert states(office, newer)[f"tables/{LIMITS}"] == "conflict"
    apply_profile(office.system(), newer, take=[f"tables/{LIMITS}"])
    assert limit_of(office.system(), "relay") == 2
    assert states(office, newer)[f"tables/{LIMITS}"] == "same"


def test_a_draft_in_somebodys_hands_stops_everything(office):
    apply_profile(office.system(), find_profile("general", office.installation.registry))
    start_draft(office.system(), LIMITS)
    ctx = office.system()
    with pytest.raises(Conflict) as refused:
        apply_profile(ctx, machinery(office), take=[f"tables/{LIMITS}"])
    assert refused.value.code == "draft_exists"
    ctx = office.system()
    assert ctx.session.get_one(Company, office.id).profile == "general"
    assert ctx.session.scalar(sa.select(OrgUnit.id).where(OrgUnit.code == "purchasing")) is None


def test_each_thing_needs_its_own_right(office):
    ctx = office.ctx("core.modules.switch", user_id=None)
    with pytest.raises(Forbidden):
        apply_profile(ctx, machinery(office))
    assert "complaints" not in office.system().enabled


def test_a_role_that_a_module_proposes_is_set_by_the_profile_until_the_company_changes_it(office, tmp_path):
    rights = ["complaints.complaint.view"]
    role = {"code": "complaint_handler", "name": {"en": "H", "zh": "处"}, "permissions": rights}
    folder = written(tmp_path, roles=[role])
    profile = read_profile(folder, office.installation.registry)
    apply_profile(office.system(), profile)
    role = sa.select(Role.permissions).where(Role.code == "complaint_handler")
    assert office.system().session.scalar(role) == rights
    save_role(office.system(), "complaint_handler", {"en": "H", "zh": "处"}, [])
    assert states(office, profile)["roles/complaint_handler"] == "kept"


# --- export, and profiles of one's own --------------------------------------------------------------------------------


def test_what_is_exported_sets_another_company_up_alike(installation, office, tmp_path):
    apply_profile(office.system(), machinery(office))
    save_unit(office.system(), "night", "夜班", "department", "service")
    export_profile(office.system(), tmp_path / "out", name="ours")
    twin = installation.company(f"acme{next(NUMBERS)}")
    ours = read_profile(tmp_path / "out", installation.registry)
    apply_profile(twin.system(), ours)
    assert set(states(twin, ours).values()) == {"same"}
    assert set(states(office, ours).values()) == {"same"}
    with pytest.raises(Conflict):
        export_profile(office.system(), tmp_path / "out")


def test_a_table_may_name_columns_of_its_module(office, tmp_path):
    folder = written(tmp_path / "own", modules=["warranty"])
    row = {"when": {"hours_run": {"ge": 2000}}, "then": {"charge": "paid"}}
    table(folder, "warranty.coverage", inputs=["work", "hours_run"], rows=[row])
    profile = read_profile(folder, office.installation.registry)
    body = profile.items["tables"]["warranty.coverage"]
    assert [(c["name"], c["type"]) for c in body["inputs"]] == [("work", "choice"), ("hours_run", "decimal")]
    assert body["refer"], "what the file does not say is the module's"
    apply_profile(office.system(), profile)
    assert compiled_in_force(office.system(), "warranty.coverage").names == ("work", "hours_run")
    table(folder, "warranty.coverage", inputs=["work", "weather"], rows=[])
    with pytest.raises(ProfileError) as wrong:
        read_profile(folder, office.installation.registry)
    assert "tables/warranty.coverage.yaml: 模块没有“weather”这一列" in str(wrong.value)


def test_a_table_extends_the_shipped_one_so_that_a_change_of_that_reaches_it(office, tmp_path, monkeypatch):
    registry = office.installation.registry
    shipped = registry.tables[LIMITS].load()
    ids = [row["id"] for row in shipped["rows"]]
    own = written(tmp_path / "own")
    further = {"id": "own", **relay(5)["rows"][0], "when": {"clock": "answer", "severity": "critical"}}
    first = {"id": ids[1], **relay(7)["rows"][0]}
    table(own, LIMITS, extends="shipped", without=[ids[-1]], rows=[first, further])
    read = read_profile(own, registry).items["tables"][LIMITS]
    assert [row["id"] for row in read["rows"]] == ["own", *ids[:-1]]
    assert [row["then"]["limit"] for row in read["rows"] if row["id"] in ("own", ids[1])] == [5, 7]
    assert (read["default"], read["inputs"]) == (shipped["default"], shipped["inputs"])
    apply_profile(office.system(), read_profile(own, registry))
    assert states(office, read_profile(own, registry))[f"tables/{LIMITS}"] == "same"

    changed = {**shipped, "rows": [{**shipped["rows"][0], "then": relay(3)["rows"][0]["then"]}, *shipped["rows"][1:]]}
    newer = replace(registry.tables[LIMITS], load=lambda: changed)
    monkeypatch.setitem(registry.tables, LIMITS, newer)
    again = read_profile(own, registry)
    assert again.items["tables"][LIMITS]["rows"][1]["then"]["limit"] == 3
    assert states(office, again)[f"tables/{LIMITS}"] == "change"


def test_what_a_table_extends_or_takes_out_must_be_there(office, tmp_path):
    own = written(tmp_path / "own")
    table(own, LIMITS, extends="other", rows=[])
    table(own, "complaints.routing", extends="shipped", without=["nothing"], rows=[])
    with pytest.raises(ProfileError) as wrong:
        read_profile(own, office.installation.registry)
    assert sorted(wrong.value.details["problems"]) == [
        "tables/complaints.limits.yaml: “extends”只能写“shipped”，且该表须由模块自带",
        "tables/complaints.routing.yaml: 模块自带的表里没有可去掉的行“nothing”",
    ]


def test_everything_wrong_in_a_folder_is_told_at_once(office, tmp_path):
    folder = written(
        tmp_path, modules=["weaving"], settings={"complaints.colour": "red"}, surprise=1,
        roles=[{"code": "r", "permissions": ["complaints.fly"]}], organisation=[{"name": "x"}],
    )
    table(folder, "complaints.weather", rows=[])
    table(folder, LIMITS, rows=[{"when": {"clock": "moon"}, "then": {"limit": 1, "unit": "working_hours"}}])
    with pytest.raises(ProfileError) as refused:
        read_profile(folder, office.installation.registry)
    told = "\n".join(refused.value.details["problems"])
    wrong = ("weaving", "complaints.colour", "surprise", "complaints.fly", "organisation", "complaints.weather", "moon")
    assert [word for word in wrong if word not in told] == []
    with pytest.raises(NotFound, match="machinery"):
        find_profile("nowhere", office.installation.registry)


def shipped() -> list[Path]:
    return sorted(file.parent for file in INDUSTRIES.glob("*/profile.yaml"))


def test_every_profile_that_ships_is_offered_under_the_name_of_its_folder(installation):
    setup = ConfigParser()
    setup.read(INDUSTRIES.parents[1] / "setup.cfg")
    declared = setup["options.entry_points"]["sanbao.profiles"].split("\n")[1:]
    assert declared == [f"{folder.name} = plugins.industries.{folder.name}" for folder in shipped()]
    assert [read_profile(f, installation.registry).name for f in shipped()] == [f.name for f in shipped()]
    assert {"general", "machinery"} <= {p.name for p in available(installation.registry)}


def test_every_profile_that_ships_can_be_applied_after_every_other(installation, office):
    profiles = [read_profile(folder, installation.registry) for folder in shipped()]
    for profile in profiles:
        taken = [s.key for s in plan(office.system(), profile) if s.state == "conflict"]
        apply_profile(office.system(), profile, take=taken)
        assert set(states(office, profile).values()) == {"same"}
        for words in (profile.label, profile.summary, *profile.notes):
            assert set(words) == {"en", "zh"}
        installation.close_sessions()


# --- the command and the page -----------------------------------------------------------------------------------------


def test_the_command_creates_applies_compares_and_exports(database_url, tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("SANBAO_HOME", str(tmp_path))

    def run(*words: str):
        return CliRunner().invoke(main, list(words))

    assert run("company", "create", "moon", "--name", "Moon", "--profile", "nowhere").exit_code == 2
    assert run("company", "create", "moon", "--name", "Moon", "--profile", "machinery").exit_code == 0
    same = run("profile", "diff", "machinery", "--company", "moon")
    assert (same.exit_code, same.output.count("\n")) == (0, 1)
    other = run("profile", "diff", "medical_dealer", "--company", "moon")
    assert other.exit_code == 0
    told = {"~ tables/complaints.limits  投诉时限", "+ organisation/support  技术支持部"}
    assert told <= set(other.output.splitlines())
    written(tmp_path / "mine")
    table(tmp_path / "mine", LIMITS, **relay(4))
    assert run("profile", "apply", str(tmp_path / "mine"), "--company", "moon").exit_code == 0
    assert run("profile", "export", str(tmp_path / "out"), "--company", "moon").exit_code == 0
    assert (tmp_path / "out" / "tables" / "complaints.limits.yaml").is_file()
    assert "medical_dealer" in run("profile", "list").output


def test_the_page_shows_what_would_change_and_applies_what_was_ticked(application, installation, office):
    save_unit(office.system(), "quality", "品质中心", "department", "hq")
    home = f"/c/{office.code}"
    with application.on(installation.url) as app:
        site = Site(app, installation, {office.code: office})
        site.person(f"boss@{office.code}.example", "administrator", company=office.code)
        boss = site.signed_in(f"boss@{office.code}.example")
        assert "品质中心 → 质量部" in words_of(boss.get(f"{home}/profiles/machinery").text)
        assert boss.get(f"{home}/profiles/nowhere").status_code == 404
        assert "in use" not in words_of(boss.get(f"{home}/modules").text)
        taken = boss.post(f"{home}/profiles/machinery", {"take": "organisation/quality"})
        assert taken.status_code == 302
        assert "in use" in words_of(boss.get(f"{home}/modules").text)
    assert office.system().session.scalar(sa.select(OrgUnit.name).where(OrgUnit.code == "quality")) == "质量部"
