"""What the product imports is among its requirements: on a developer's machine it may be there by chance."""

import ast
import configparser
import importlib.metadata
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WITH_FLASK = {"jinja2", "markupsafe", "werkzeug"}
"""What Flask stands on, and shows to those who use it."""


def imported() -> set[str]:
    """Top-level names that core and plugins import; the suite for tests of plugins stands on pytest and is left out."""
    files = [p for folder in ("core", "plugins") for p in (ROOT / folder).rglob("*.py")]
    names = set()
    for file in files:
        if "testing_suite" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names) - {"core", "plugins"}


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared() -> set[str]:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    lines = setup["options"]["install_requires"].split("\n")
    return {plain(re.split(r"[\[<>=;]", line)[0]) for line in lines if line.strip()}


def test_everything_imported_is_a_declared_requirement():
    packages = importlib.metadata.packages_distributions()
    missing = {n for n in imported() - WITH_FLASK if not {plain(p) for p in packages.get(n, ())} & declared()}
    assert missing == set()


def test_every_requirement_is_pinned():
    pinned = {
        plain(line.partition("==")[0]) for line in (ROOT / "constraints.txt").read_text().split("\n") if "==" in line
    }
    assert declared() - pinned == set()
