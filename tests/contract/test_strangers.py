"""The outside sample plugin, as an integrator would have it: on the plugin path, and as an installed distribution.

Its own tests, with the suite that every plugin inherits, run in a process of their own: what a stranger brings must not
stay in ours, and nothing of ours may help it but what is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.conftest import HANG_ON_NO_DATABASE

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "examples/sanbao-sitepass"
BIN = Path(sys.executable).parent


def _run(*command: str, cwd: Path, **env: str) -> subprocess.CompletedProcess:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SANBAO_", "PYTEST_", "DATABASE_URL"))}
    return subprocess.run(
        command, cwd=cwd, env={**kept, **env}, capture_output=True, text=True, check=False, timeout=600
    )


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Path:
    """A copy of the sample, so that nothing is left behind in the project."""
    target = tmp_path_factory.mktemp("stranger") / "source"
    ignore = shutil.ignore_patterns("__pycache__", "*.mo", "build", "*.egg-info")
    shutil.copytree(SAMPLE, target, ignore=ignore)
    return target


@pytest.fixture(scope="module")
def installed(sample, tmp_path_factory) -> Path:
    """A folder with the sample installed as a distribution, without network and without building aids of its own."""
    target = tmp_path_factory.mktemp("stranger") / "site"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = _run(*command, "--no-build-isolation", "--no-index", "--target", str(target), str(sample), cwd=sample)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture
def server(request, databases) -> dict[str, str]:
    """The setting that lets the sample's tests run on our PostgreSQL server."""
    reason = databases.why_not("postgresql")
    if reason:
        from tests.support.requirements import lacking

        lacking(reason)
    return {"SANBAO_TEST_SERVER": databases.server().url("postgres", user="postgres")}


BUT = " and ".join(f"not {name}" for name in sorted(HANG_ON_NO_DATABASE))
FOUND_BY_PATH = "not TestSitepass or migrations or chinese or templates or records_of_the_own_company_open"
"""Its own tests, and of the inherited suite what could lack where a folder is not packed: the rest holds alike."""


BIG = "callback,inventory,service,vigilance,warranty,workforce"
"""Modules that are left out: what is seen of the sample is the same without them, and each process starts sooner."""


def _pytest(tests: Path, cwd: Path, chosen: str, **env: str) -> str:
    command = (str(BIN / "pytest"), str(tests), "-q", "-p", "no:cacheprovider", "--show-capture=no", "-k", chosen)
    done = _run(*command, cwd=cwd, SANBAO_WITHOUT=BIG, **env)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.skipif("config.getoption('--db') == 'postgresql'", reason="this one runs on SQLite")
def test_a_folder_on_the_plugin_path_is_a_plugin(sample):
    told = _pytest(sample / "tests", sample, FOUND_BY_PATH, SANBAO_PLUGIN_PATH=str(sample))
    assert "passed" in told
    assert "skipped" not in told


@pytest.mark.skipif("config.getoption('--db') == 'sqlite'", reason="this one runs on PostgreSQL")
def test_an_installed_distribution_is_a_plugin_and_holds_the_suite(sample, installed, server, tmp_path):
    tests = shutil.copytree(sample / "tests", tmp_path / "tests")
    told = _pytest(tests, tmp_path, BUT, PYTHONPATH=str(installed), **server)
    assert "passed" in told
    assert "skipped" not in told


def test_the_distribution_carries_everything_that_it_needs(installed):
    files = {p.relative_to(installed).as_posix() for p in installed.rglob("*") if p.is_file()}
    for needed in (
        "sitepass/data/validity.yaml",
        "sitepass/migrations/versions/0001_initial.py",
        "sitepass/templates/sitepass/pass.html",
        "sitepass/translations/zh_Hans_CN/LC_MESSAGES/messages.mo",
    ):
        assert needed in files
    assert not [f for f in files if f.startswith("tests/")]


def test_both_ways_of_finding_it_answer_the_same(sample, installed, tmp_path, registry):
    code = "from core.plugins import load; p = load().plugins; print(sorted(p), p['sitepass'].origin.split()[0])"
    by_path = _run(sys.executable, "-c", code, cwd=tmp_path, SANBAO_WITHOUT=BIG, SANBAO_PLUGIN_PATH=str(sample))
    by_entry = _run(sys.executable, "-c", code, cwd=tmp_path, SANBAO_WITHOUT=BIG, PYTHONPATH=str(installed))
    names = sorted({*registry.plugins, "sitepass"} - set(BIG.split(",")))
    assert by_path.stdout.startswith(f"{names} /"), by_path.stderr
    assert by_entry.stdout == f"{names} entry\n", by_entry.stderr


def test_found_in_both_ways_at_once_the_start_is_refused(sample, installed, tmp_path):
    code = "from core import plugins; plugins.load()"
    both = {"SANBAO_PLUGIN_PATH": str(sample), "PYTHONPATH": str(installed)}
    done = _run(sys.executable, "-c", code, cwd=tmp_path, SANBAO_WITHOUT=BIG, **both)
    assert "plugin 'sitepass' is found twice" in done.stderr


def test_the_command_line_migrates_it_and_serves_without_it(sample, tmp_path):
    home = {"SANBAO_WITHOUT": BIG, "SANBAO_HOME": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path / 'x.db'}"}
    sanbao = str(BIN / "sanbao")
    up = _run(sanbao, "db", "upgrade", cwd=ROOT, SANBAO_PLUGIN_PATH=str(sample), **home)
    assert (up.returncode, up.stderr) == (0, "")
    assert _tables(tmp_path / "x.db") >= {"sitepass_pass", "sitepass_migration"}
    check = _run(sanbao, "check", cwd=ROOT, SANBAO_PLUGIN_PATH=str(sample), **home)
    assert check.returncode == 0, check.stdout + check.stderr
    gone = _run(sanbao, "check", cwd=ROOT, **home)
    assert gone.returncode == 0, "its tables stay when its code goes, and hinder nothing"
    assert "sitepass_pass" in _tables(tmp_path / "x.db")


def _tables(path: Path) -> set[str]:
    import sqlite3

    connection = sqlite3.connect(path)
    try:
        return {row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")}
    finally:
        connection.close()


def test_the_sample_uses_nothing_but_the_front_doors():
    """What the import rules hold our own plugins to, held here by reading: strangers get no more."""
    import ast

    allowed = ("core.api", "core.web_api", "plugins.base", "plugins.base.services", "plugins.base.queries")
    allowed += ("plugins.base.contracts",)
    found = set()
    for path in (SAMPLE / "sitepass").rglob("*.py"):
        if "migrations" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
                if module.split(".")[0] in ("core", "plugins"):
                    found.add(module)
    assert found <= set(allowed)
    assert {"core.api", "core.web_api"} <= found
