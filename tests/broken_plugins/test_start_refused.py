"""What is wrong with a plugin is told at start, by its name and with what to do about it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core import plugins
from core.errors import ConfigurationError

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@pytest.fixture
def refused(monkeypatch):
    """``refused(case)`` → what is said when the plugins of that folder are loaded beside the installed ones."""

    def load(case: str, without=()) -> str:
        monkeypatch.setattr(sys, "path", list(sys.path))
        with pytest.raises(ConfigurationError) as error:
            plugins.load(without, path=str(HERE / "at_start" / case))
        return str(error.value)

    return load


def test_a_plugin_that_can_not_be_imported_is_named_with_the_way_to_start_without_it(refused):
    said = refused("import_error")
    assert "plugin 'cannot_import' can't be loaded: ModuleNotFoundError: No module named 'no_such_package" in said
    assert said.endswith("--without cannot_import")


def test_a_plugin_that_says_nothing_of_itself(refused):
    assert "plugin 'without_manifest' has no MANIFEST" in refused("no_manifest")


def test_a_plugin_that_requires_what_is_not_there(refused):
    said = refused("missing_requires")
    assert "plugin 'needs_absent' requires 'not_installed', which is not installed" in said
    assert "--without needs_absent" in said


def test_plugins_that_require_each_other_in_a_circle(refused):
    assert "plugin 'circle_a' requires itself in a circle: circle_a → circle_b → circle_a" in refused("circular")


def test_a_plugin_made_for_another_core(refused):
    assert "plugin 'for_later_core' is made for core >=7,<8; this is " in refused("core_range")


def test_a_misspelt_hook(refused):
    said = refused("misspelt_hook")
    assert "plugin 'misspells' implements a hook that does not exist" in said
    assert "record_panel" in said


def test_a_misspelt_hook_in_a_part(refused):
    assert refused("misspelt_in_part") == (
        "plugin 'misspells_in_part' implements a hook that does not exist: misspells_in_part.desk has a function "
        "'home_figurs'. The name of a helper in a part begins with an underscore"
    )


def test_two_providers_of_one_capability(refused):
    said = refused("two_providers")
    assert said == "plugins 'provider_a' and 'provider_b' both provide 'find_weather'; start without one of them"


def test_one_provider_is_enough(monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    registry = plugins.load(["provider_b"], path=str(HERE / "at_start/two_providers"))
    assert "provider_a" in registry.plugins
    assert "provider_b" not in registry.plugins


def test_a_right_outside_its_prefix(refused):
    said = refused("permission_prefix")
    assert "plugin 'wrong_permission' declares the permission 'base.customer.burn'" in said
    assert "must begin with 'wrong_permission.'" in said


def test_a_setting_outside_its_prefix(refused):
    assert "plugin 'wrong_setting' declares the setting 'core.everything'" in refused("setting_prefix")


def test_a_name_in_one_language_only(refused):
    assert "plugin 'english_only' needs its label in English and in Chinese" in refused("no_chinese")


def test_a_name_that_is_taken(refused):
    said = refused("duplicate_name")
    assert said.startswith("plugin 'base' is found twice: entry point plugins.base.plugin and ")


def test_a_manifest_that_disagrees_with_where_it_was_found(refused):
    assert "plugin 'folder_name' calls itself 'another_name' in its manifest" in refused("other_name")


def test_two_plugins_that_declare_one_event(refused):
    said = refused("duplicate_event")
    assert "plugin 'twin_b' declares event_kind 'twin.happened', which 'twin_a' has declared already" in said


def test_without_leaves_out_what_depends_on_it_too():
    registry = plugins.load(["base"])
    assert [p for p in registry.plugins.values() if "base" in p.manifest.requires] == []
    assert "base" not in registry.plugins


def test_what_the_environment_leaves_out_no_process_loads(monkeypatch):
    monkeypatch.setenv("SANBAO_WITHOUT", "warranty, complaints,")
    registry = plugins.load(["vigilance"])
    assert {"warranty", "complaints", "vigilance"} & set(registry.plugins) == set()
    assert {"base", "callback", "service"} <= set(registry.plugins)


def test_a_route_that_declares_no_right(monkeypatch, tmp_path):
    from core.app import create_app

    monkeypatch.setattr(sys, "path", list(sys.path))
    registry = plugins.load(path=str(HERE / "at_start/bare_route"))
    monkeypatch.setenv("SANBAO_HOME", str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"these routes declare no permission .*: bare_route\.page"):
        create_app({"SQLALCHEMY_DATABASE_URI": "sqlite://"}, registry=registry)


def test_a_route_for_anybody_whose_address_can_be_guessed(monkeypatch, tmp_path):
    from core.app import create_app

    monkeypatch.setattr(sys, "path", list(sys.path))
    registry = plugins.load(path=str(HERE / "at_start/open_route"))
    monkeypatch.setenv("SANBAO_HOME", str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"open_route\.page is for anybody: mark OrgUnit\.code with info"):
        create_app({"SQLALCHEMY_DATABASE_URI": "sqlite://"}, registry=registry)


# --- in processes of their own: what a person at the command line sees ----------------------------------------------


OTHERS = "callback,complaints,inventory,service,vigilance,warranty,workforce"
"""Whole plugins, which have no part in what is told of a broken one: each process starts sooner without them."""


def _sanbao(tmp_path: Path, case: str, *arguments: str) -> subprocess.CompletedProcess:
    env = {
        **os.environ,
        "SANBAO_WITHOUT": OTHERS,
        "SANBAO_PLUGIN_PATH": str(HERE / "at_start" / case),
        "SANBAO_HOME": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'x.db'}",
    }
    program = str(Path(sys.executable).with_name("sanbao"))
    return subprocess.run([program, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def test_the_command_refuses_to_start_and_starts_without_the_broken_plugin(tmp_path):
    refused = _sanbao(tmp_path, "import_error", "db", "upgrade")
    assert refused.returncode == 2
    assert refused.stderr.startswith("sanbao: plugin 'cannot_import' can't be loaded")
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "x.db").exists()
    started = _sanbao(tmp_path, "import_error", "db", "upgrade", "--without", "cannot_import")
    assert (started.returncode, started.stderr) == (0, "")
    assert (tmp_path / "x.db").stat().st_size > 0


def test_a_table_outside_its_prefix(tmp_path):
    """In a process of its own, because a mapped table can't be taken back."""
    done = _sanbao(tmp_path, "table_prefix", "check")
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "plugin 'wrong_table' has the table 'base_stray'; the names of its tables must begin with 'wrong_" in said
