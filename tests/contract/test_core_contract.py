"""What the core promises about itself: its front door, its hooks and events on paper, who sees every company."""

from __future__ import annotations

import ast
import doctest
import inspect
from pathlib import Path

import pytest

from core import api, i18n, reference, web_api
from core.testing_suite.reading import emitted

ROOT = Path(__file__).parents[2]

SEES_EVERY_COMPANY = {
    ("core/companies/upkeep.py", "upkeep: which companies are open"),
    ("core/audit_cli.py", "audit commands: list companies"),
    ("core/auth/installation.py", "installation administration: list companies"),
    ("core/auth/installation.py", "installation administration: where an account is used"),
    ("core/auth/services.py", "password or second factor: is this account used in another company?"),
    ("core/auth/installation.py", "installation administration: where a second factor is used"),
    ("core/checks.py", "sanbao check: stored files"),
    ("core/cli.py", "command line: list companies"),
    ("core/demo.py", "demonstration: which companies are there"),
    ("core/mail/sending.py", "worker: a mail is about to be handed over"),
    ("core/mail/sending.py", "worker: forget old mail about accounts"),
    ("core/mail/sending.py", "worker: mail whose time is over"),
    ("core/mail/sending.py", "worker: mail whose worker died"),
    ("core/mail/sending.py", "worker: take up a mail"),
    ("core/tasks.py", "worker: claim a task"),
    ("core/web/views.py", "company chooser: memberships of the signed-in person"),
    ("core/worker.py", "readiness: last heartbeat"),
    ("core/worker.py", "worker heartbeat"),
    ("core/worker.py", "worker: claim deliveries"),
    ("core/worker.py", "worker: give deliveries back"),
    ("core/worker.py", "worker: note a failed delivery"),
    ("core/worker.py", "worker: which companies have due clocks"),
    ("core/worker.py", "worker: which companies have events to seal"),
    ("core/worker.py", "worker: which companies have jobs"),
    ("core/worker.py", "worker: which companies have records to index"),
}
"""Every place whose session serves all companies, with its reason. A new one is a decision: weigh it, then list it."""


def test_a_message_has_one_chinese_whichever_package_holds_it():
    """Samples, too: what they show is copied."""
    samples = [found.parents[2] for found in ROOT.glob("examples/*/*/translations/*/LC_MESSAGES")]
    packages = [*i18n.translated_folders(ROOT), *samples]
    assert {"core", "base", "service", "sitepass"} <= {folder.name for folder in packages}
    assert i18n.disputes(packages) == []


def _parsed(*folders: str):
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "testing_suite" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))


def test_sessions_over_every_company_are_opened_where_the_list_says():
    found = set()
    for file, tree in _parsed("core", "plugins"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "system_session":
                reason = node.args[1] if len(node.args) > 1 else None
                found.add((file, reason.value if isinstance(reason, ast.Constant) else ast.unparse(node)))
    assert found == SEES_EVERY_COMPANY


def test_nothing_but_system_session_makes_that_scope():
    makers = [
        f"{file}:{node.lineno}"
        for file, tree in _parsed("core", "plugins")
        if file != "core/db.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "SystemScope"
    ]
    assert makers == []


# --- hooks and events -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", sorted(reference.PAGES))
def test_reference_pages_are_what_the_code_says(page, registry):
    written = (ROOT / "docs/reference" / page).read_text("utf-8")
    assert written == reference.PAGES[page](registry), "run: python -m core.reference"


def test_every_hook_says_what_it_is_and_how_it_is_asked(registry):
    from core import hookspecs

    modules = [hookspecs, *(p.manifest.hookspecs for p in registry.plugins.values() if p.manifest.hookspecs)]
    for module in modules:
        for name, function in reference.hooks_in(module).items():
            mode, text = reference.mode_and_text(inspect.getdoc(function) or "")
            assert mode, f"{name}: begin with Declaration, Collect, Ask or Require all"
            assert len(text) > 20, name


def test_every_hook_is_asked_somewhere():
    from core import hookspecs

    literals = {
        node.value
        for _file, tree in _parsed("core", "plugins")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert sorted(set(reference.hooks_in(hookspecs)) - literals) == []


def test_docstrings_of_hooks_tell_how_they_are_asked():
    """A hook documented as "collect" that is called as a gate would fail open where one expects it closed."""
    from core import hookspecs

    caller_of = {"collect": ("collect", "collect_items"), "require_all": ("require_all",), "ask": ("ask",)}
    asked: dict[str, set[str]] = {}
    for _file, tree in _parsed("core", "plugins"):
        for node in ast.walk(tree):
            name = ast.unparse(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else ""
            if name in ("collect", "collect_items", "require_all", "ask") and len(node.args) > 1:
                hook = node.args[1]
                if isinstance(hook, ast.Constant):
                    asked.setdefault(hook.value, set()).add(name)
    for name, function in reference.hooks_in(hookspecs).items():
        mode = reference.mode_and_text(inspect.getdoc(function) or "")[0].partition(",")[0]
        if mode != "declaration":
            assert asked.get(name, set()) <= set(caller_of[mode]), name


def test_every_event_of_the_core_is_declared(registry):
    undeclared = [f"{place} {name}" for place, name in emitted(ROOT / "core") if name not in registry.event_kinds]
    assert undeclared == []


# --- the front door -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", [api, web_api], ids=["core.api", "core.web_api"])
def test_the_front_door_is_sorted_and_every_name_is_explained(door):
    assert sorted(door.__all__) == sorted(set(door.__all__))
    for name in door.__all__:
        item = getattr(door, name)
        if inspect.isfunction(item) or inspect.isclass(item):
            assert inspect.getdoc(item), f"{name} has no docstring"


@pytest.mark.parametrize("door", [api, web_api], ids=["core.api", "core.web_api"])
def test_functions_at_the_front_door_have_types(door):
    """``ctx`` first, and an answer that is named; parameters that take any record may stay open."""
    bare = []
    for name in door.__all__:
        item = getattr(door, name)
        if inspect.isfunction(item) and name not in ("transaction",):
            hints = inspect.get_annotations(item)
            if not hints or ("ctx" in inspect.signature(item).parameters and "ctx" not in hints):
                bare.append(name)
    assert bare == []


def test_examples_in_the_docstrings_of_the_front_door_run():
    finder = doctest.DocTestFinder(recurse=False)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    for door in (api, web_api):
        for name in door.__all__:
            item = getattr(door, name)
            if inspect.isfunction(item) or inspect.isclass(item):
                for example in finder.find(item, name, globs={name: item}):
                    runner.run(example)
    assert runner.failures == 0


def test_the_front_door_of_services_knows_no_flask():
    """Import it in a process of its own: nothing of the web comes along."""
    import subprocess
    import sys

    code = "import sys, core.api; print(sorted(m for m in sys.modules if m.partition('.')[0] in ('flask', 'werkzeug')))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- decisions on paper ---------------------------------------------------------------------------------------------


def test_decision_records_are_short_and_numbered_and_decide():
    files = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert [int(f.name[:4]) for f in files] == list(range(1, len(files) + 1))
    for file in files:
        text = file.read_text("utf-8")
        assert text.startswith(f"# {file.name[:4]} "), file.name
        assert len(text.splitlines()) <= 25, file.name
        assert "**Decided.**" in text, file.name
