"""Who may import whom: the rules in setup.cfg hold for a tidy tree, and each one notices its violation."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TIDY = {
    "core/__init__.py": "",
    "core/db.py": "import sqlalchemy",
    "core/api.py": "from core.db import sqlalchemy",
    "core/web/__init__.py": "import flask",
    "core/admin/__init__.py": "from core import web",
    "core/app.py": "from core import admin, web",
    "core/web_api.py": "from core import admin, web",
    "core/testing.py": "from core import api",
    "plugins/__init__.py": "",
    "plugins/base/__init__.py": "",
    "plugins/base/models.py": "from core import api",
    "plugins/base/queries.py": "from plugins.base import models",
    "plugins/base/services.py": "from plugins.base import queries",
    "plugins/base/views.py": "from core import web_api\nfrom plugins.base import services",
    "plugins/base/plugin.py": "from plugins.base import views",
    "plugins/other/__init__.py": "",
    "plugins/other/models.py": "from core import api",
    "plugins/other/rules.py": "from core import api",
    "plugins/other/queries.py": "from plugins.base import queries\nfrom plugins.other import rules",
    "plugins/other/services.py": "from core import api\nfrom plugins.other import queries, rules",
    "plugins/other/handlers.py": "from plugins.other import services",
    "plugins/other/views.py": "import flask\nfrom core import web_api\nfrom plugins.other import services",
    "plugins/other/plugin.py": "from plugins.other import handlers, views",
    "plugins/industries/__init__.py": "",
    "plugins/industries/lifts/__init__.py": "",
    "plugins/industries/lifts/rules.py": "from core import api",
    "plugins/industries/lifts/models.py": "from core import api",
}
CORE, DOOR = "The core imports no plugin", "Plugins import the front doors of the core only"
ALONE, LAYERS = "Plugins import nothing of each other", "Inside a plugin"
FLASK = "Services, rules, models and core.api know no Flask"


@pytest.fixture
def tree(tmp_path):
    for name, text in TIDY.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    return tmp_path


def broken_rules(tree):
    """The first words of the rules that the tree breaks."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert re.search(r"Contracts: \d+ kept, \d+ broken", done.stdout), done.stdout[-2000:] + done.stderr
    return {
        name
        for name in (CORE, DOOR, ALONE, LAYERS, FLASK)
        if re.search(rf"^{re.escape(name)}.* BROKEN", done.stdout, flags=re.MULTILINE)
    }


def test_a_tidy_tree_keeps_every_rule(tree):
    assert broken_rules(tree) == set()


@pytest.mark.parametrize(
    ("file", "line", "expected"),
    [
        ("core/db.py", "from plugins.base import models", {CORE}),
        ("plugins/other/services.py", "from core import db", {DOOR}),
        ("plugins/industries/lifts/rules.py", "from core import db", {DOOR}),
        ("plugins/base/services.py", "from plugins.other import rules", {ALONE}),
        ("plugins/other/services.py", "from plugins.base import models", {ALONE}),
        ("plugins/other/views.py", "from plugins.base import views", {ALONE}),
        ("plugins/other/models.py", "from plugins.other import services", {LAYERS}),
        ("plugins/other/rules.py", "from plugins.other import queries", {LAYERS}),
        ("plugins/industries/lifts/models.py", "from plugins.industries.lifts import rules", {LAYERS}),
        ("plugins/other/handlers.py", "from plugins.other import views", {LAYERS, FLASK}),
        ("core/db.py", "import flask", {FLASK}),
        ("core/api.py", "from core import web_api", {FLASK}),
        ("plugins/other/rules.py", "from flask import request", {FLASK}),
        ("plugins/other/services.py", "from core import web_api", {FLASK}),
        ("plugins/industries/lifts/rules.py", "import werkzeug", {FLASK}),
    ],
)
def test_a_forbidden_import_is_noticed(tree, file, line, expected):
    with (tree / file).open("a") as source:
        source.write(f"{line}\n")
    assert expected <= broken_rules(tree)
