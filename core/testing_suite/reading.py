"""House rules that the code itself shows: time, transactions, raw statements, events, texts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import sqlalchemy as sa

from core import hooks
from core.registry import Registry
from core.testing_suite.base import SuiteBase, nothing
from core.testing_suite.house import House

TIMELESS = ("services", "queries", "rules", "handlers", "jobs", "models", "contracts")
"""Modules (or folders) of a plugin that take the time from ``ctx.now``."""

CLOCK_READERS = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time"),
}
RAW = {"connection", "exec_driver_sql", "begin_twophase", "bulk_save_objects", "bulk_insert_mappings"}
RAW_NAMES = {"create_engine", "make_engine", "open_session", "system_session", "text"}
ERRORS = {"DomainError": 1, "Invalid": 1, "NotFound": 1, "Forbidden": 1, "Conflict": 1, "flash_done": 0, "flash": 0}
"""Callable → which argument is shown to people."""


class CodeSuite(SuiteBase):
    """What can be seen by reading the package."""

    def test_services_take_the_time_from_their_circumstances(self, folder: Path):
        if self.plugin == "core":
            return
        wrong = []
        for file, tree in sources(folder):
            if file.with_suffix("").parts[0] not in TIMELESS:
                continue
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute) and (_last(node.value), node.attr) in CLOCK_READERS:
                    wrong.append(f"{file}:{node.lineno} {ast.unparse(node)}")
        nothing(wrong)

    def test_only_entry_points_end_transactions(self, folder: Path):
        if self.plugin == "core":
            return
        wrong = [
            f"{file}:{node.lineno} {ast.unparse(node.func)}"
            for file, node in _calls(folder)
            if isinstance(node.func, ast.Attribute) and node.func.attr in ("commit", "rollback")
            and not _listed(file, self.commits)
        ]
        nothing(wrong)

    def test_nothing_passes_by_the_company_scope(self, folder: Path):
        if self.plugin == "core":
            return
        wrong = []
        for file, node in _calls(folder):
            name = _last(node.func)
            raw = isinstance(node.func, ast.Attribute) and name in RAW
            if raw or name in RAW_NAMES and not _is_method_of_ours(node.func):
                wrong.append(f"{file}:{node.lineno} {ast.unparse(node.func)}")
        nothing(wrong)

    def test_every_event_that_is_emitted_is_declared_by_its_package(self, folder: Path, registry: Registry):
        wrong = []
        for place, name in emitted(folder):
            if name not in registry.event_kinds:
                wrong.append(f"{place}: {name} is declared by nobody")
            elif registry.owner_of("event_kinds", name) != self.plugin and self.plugin != "core":
                wrong.append(f"{place}: {name} belongs to {registry.owner_of('event_kinds', name)}")
        nothing(wrong)

    def test_every_event_that_is_declared_is_emitted(self, folder: Path, registry: Registry):
        own = {n for n in registry.event_kinds if registry.owner_of("event_kinds", n) == self.plugin}
        literals = {
            node.value
            for file, tree in sources(folder)
            if file.name not in ("plugin.py", "declarations.py")
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        nothing(sorted(own - literals))

    def test_every_handler_waits_for_an_event_that_somebody_declares(self, registry: Registry):
        waiting = {event for event, found in registry.handlers.items() for plugin, _h in found if plugin == self.plugin}
        required = {"core", self.plugin, *self._required(registry)}
        undeclared = {e for e in waiting if e not in registry.event_kinds and e.partition(".")[0] in required}
        nothing(sorted(undeclared))

    def _required(self, registry: Registry) -> tuple[str, ...]:
        return registry.plugins[self.plugin].manifest.requires if self.plugin in registry.plugins else ()

    def test_settings_have_a_type_and_a_default_that_fits_it(self, house: House, registry: Registry):
        from core.errors import DomainError
        from core.settings import TYPES, get_setting, parse_setting, setting_text

        ctx, wrong = house.office().system(), []
        for key, setting in registry.settings.items():
            if registry.owner_of("settings", key) != self.plugin:
                continue
            if setting.type not in TYPES or bool(setting.choices) != setting.type.startswith("choice"):
                wrong.append(f"{key}: type {setting.type}")
                continue
            try:
                ctx.memo["settings"] = {}
                default = get_setting(ctx, key)
                if setting.default is not None and parse_setting(ctx, key, setting_text(default)) != default:
                    wrong.append(f"{key}: its default {default!r} does not come back from its text")
            except DomainError as error:
                wrong.append(f"{key}: {error.message}")
        nothing(wrong)

    def test_facts_of_workflows_answer_every_column(self, house: House, registry: Registry):
        from core.approvals.chains import facts_of

        ctx, wrong = house.office().system(), []
        for kind, workflow in registry.workflows.items():
            if registry.owner_of("workflows", kind) == self.plugin and workflow.fact_columns:
                row = ctx.session.scalars(sa.select(registry.kinds[kind].model).limit(1)).first()
                facts: dict = facts_of(ctx, row, "") if row is not None else {}
                wrong += [f"{kind}: {c['name']}" for c in workflow.fact_columns if c["name"] not in facts]
        nothing(wrong)

    def test_workflows_lead_everywhere(self, registry: Registry):
        own = [w for n, w in registry.workflows.items() if registry.owner_of("workflows", n) == self.plugin]
        nothing([f"{w.kind}: {problem}" for w in own for problem in w.problems()])
        needed = {t.permission for w in own for t in w.transitions}
        nothing(sorted(needed - set(registry.permissions)))

    def test_its_hooks_take_no_argument_that_nobody_gives(self, registry: Registry):
        assert registry.manager is not None
        for caller in vars(registry.manager.hook).values():
            for impl in caller.get_hookimpls():
                if impl.plugin_name == self.plugin:
                    assert set(impl.argnames) <= set(caller.spec.argnames), caller.name

    def test_rule_tables_have_no_row_that_can_never_fire(self, registry: Registry):
        from core.decisions.analysis import analyse
        from core.decisions.parsing import from_data

        dead = []
        for name, definition in registry.tables.items():
            if registry.owner_of("tables", name) == self.plugin:
                dead += [f"{name}: row {row.row}" for row in analyse(from_data(definition.load())).unreachable]
        nothing(dead)

    def test_demonstration_data_is_one_function_at_most(self, registry: Registry):
        if self.plugin != "core":
            given = [f for n, f in hooks.declared(registry, "demo_data") if n == self.plugin]
            assert len(given) <= 1


def sources(folder: Path) -> Iterator[tuple[PurePosixPath, ast.Module]]:
    """Each Python file of a package but its migrations and tests: its path within, and what it says."""
    for path in sorted(folder.rglob("*.py")):
        inside = path.relative_to(folder)
        if not {"migrations", "tests", "testing_suite", "__pycache__"} & set(inside.parts):
            yield PurePosixPath(inside.as_posix()), ast.parse(path.read_text("utf-8"))


def emitted(folder: Path) -> Iterator[tuple[str, str]]:
    """(place, name) of every event that a package names where it emits."""
    for file, node in _calls(folder):
        if _last(node.func) in ("emit", "emit_if_changed") and len(node.args) > 1:
            for constant in ast.walk(node.args[1]):
                if isinstance(constant, ast.Constant) and _is_event_name(constant.value):
                    yield f"{file}:{node.lineno}", str(constant.value)


def _is_event_name(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"[a-z][a-z0-9_]*\.[a-z0-9_.]+", value))


def _calls(folder: Path) -> Iterator[tuple[PurePosixPath, ast.Call]]:
    for file, tree in sources(folder):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield file, node


def _last(node: ast.AST) -> str:
    """The last name of a dotted expression."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_method_of_ours(node: ast.AST) -> bool:
    """``form.text(…)`` is no ``sqlalchemy.text(…)``."""
    return isinstance(node, ast.Attribute) and _last(node.value) not in ("sa", "sqlalchemy", "sql", "db")


def _listed(file: PurePosixPath, allowed) -> bool:
    return any(file.match(pattern) for pattern in allowed)
