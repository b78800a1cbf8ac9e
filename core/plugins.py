"""Plugins: what one says of itself, how it is found, checked, ordered and registered. Loaded once at start.

A plugin is a module ``plugin`` (in a package) with a ``MANIFEST`` and hook implementations. It is found through the
entry-point group ``sanbao.plugins`` or in a folder named in ``SANBAO_PLUGIN_PATH`` (``<folder>/<name>/plugin.py``).
Those that ship with Sanbao come in through the same entry points.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pluggy
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from core import __version__, garbage, hookspecs, i18n
from core.entry_points import offered
from core.errors import ConfigurationError
from core.parts import joined
from core.registry import Permission, Registry, SettingDef

ENTRY_POINTS = "sanbao.plugins"
PATH_VARIABLE = "SANBAO_PLUGIN_PATH"
WITHOUT_VARIABLE = "SANBAO_WITHOUT"
_NAME = re.compile(r"^[a-z][a-z0-9_]{1,39}$")


@dataclass(frozen=True)
class Manifest:
    """What a plugin says of itself.

    ``label`` and ``summary`` are bilingual ``{"en": …, "zh": …}``. ``core`` is a version range such as ``>=0.1,<1``.
    ``provides`` are capabilities: names of hooks that at most one enabled plugin answers. ``category`` groups it on
    the Modules page (see ``CATEGORIES``). ``hookspecs`` is a module with hook specifications of its own, for others to
    implement.

    ``parts`` are modules among which a plugin divides what it declares and answers: their ``PERMISSIONS`` and
    ``SETTINGS`` are the plugin's, and their public functions answer the hooks of the same names. What several answer is
    joined: lists after each other, numbers added, mappings merged. ``demo_after`` names plugins on whose demonstration
    records this one's build, where they are switched on.
    """

    name: str
    label: dict[str, str]
    summary: dict[str, str]
    version: str
    core: str = ">=0.1,<1"
    category: str = "service"
    icon: str = "puzzle"
    requires: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    always_on: bool = False
    permissions: tuple[Permission, ...] = ()
    settings: tuple[SettingDef, ...] = ()
    hookspecs: ModuleType | None = None
    table_prefix: str = ""
    parts: tuple[ModuleType, ...] = ()
    demo_after: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("permissions", "settings"):
            own = getattr(self, name)
            more = [item for part in self.parts for item in getattr(part, name.upper(), ()) if item not in own]
            object.__setattr__(self, name, (*own, *more))

    @property
    def prefix(self) -> str:
        """What the names of its tables begin with: its own name unless it says otherwise."""
        return self.table_prefix or f"{self.name}_"


CATEGORIES: tuple[tuple[str, dict[str, str]], ...] = (
    ("service", {"en": "Service core", "zh": "服务核心"}),
    ("customers", {"en": "Customers and feedback", "zh": "客户与反馈"}),
    ("parts", {"en": "Parts and tools", "zh": "备件与工具"}),
    ("quality", {"en": "Quality and compliance", "zh": "质量与合规"}),
    ("people", {"en": "People and knowledge", "zh": "人员与知识"}),
    ("other", {"en": "Other", "zh": "其他"}),
)


@dataclass(frozen=True)
class LoadedPlugin:
    """A plugin whose code is in this process."""

    manifest: Manifest
    module: ModuleType
    folder: Path
    origin: str

    @property
    def name(self) -> str:
        return self.manifest.name


@dataclass
class Found:
    """A plugin that was found but not looked into yet."""

    name: str
    origin: str
    module: ModuleType
    problems: list[str] = field(default_factory=list)


# --- discovery ------------------------------------------------------------------------------------------------------


def discover(without: Iterable[str] = (), path: str | None = None) -> list[Found]:
    """Import every plugin that is installed or lies on the plugin path, but not those in ``without``.

    Raises ConfigurationError when one can't be imported, naming it and the way to start without it.
    """
    without = set(without)
    found: dict[str, Found] = {}
    for entry in offered(ENTRY_POINTS):
        if entry.name not in without and entry.name not in found:
            found[entry.name] = Found(entry.name, f"entry point {entry.value}", _import(entry.name, entry.module))
    for folder in (path if path is not None else os.environ.get(PATH_VARIABLE, "")).split(os.pathsep):
        for file in sorted(Path(folder).glob("*/plugin.py")) if folder else ():
            name = file.parent.name
            if name in without:
                continue
            if name in found:
                raise ConfigurationError(
                    f"plugin {name!r} is found twice: {found[name].origin} and {file}. Start with --without {name} "
                    "or rename one."
                )
            if str(Path(folder)) not in sys.path:
                sys.path.insert(0, str(Path(folder)))
            found[name] = Found(name, str(file), _import(name, f"{name}.plugin"))
    return list(found.values())


def _import(name: str, module: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except Exception as error:
        raise ConfigurationError(
            f"plugin {name!r} can't be loaded: {type(error).__name__}: {error}. Mend it, or start without it: "
            f"--without {name}"
        ) from error


# --- validation and order -------------------------------------------------------------------------------------------


def _manifest_of(found: Found) -> Manifest:
    manifest = getattr(found.module, "MANIFEST", None)
    if not isinstance(manifest, Manifest):
        raise ConfigurationError(f"plugin {found.name!r} has no MANIFEST of type core.api.Manifest ({found.origin})")
    if manifest.name != found.name:
        raise ConfigurationError(
            f"plugin {found.name!r} calls itself {manifest.name!r} in its manifest; the two must agree"
        )
    return manifest


def validate(manifests: Sequence[Manifest]) -> list[str]:
    """Everything wrong with a set of manifests, each sentence naming the plugin. Empty when all is well."""
    problems: list[str] = []
    names = {m.name for m in manifests}
    for manifest in manifests:
        problems += [f"plugin {manifest.name!r} {text}" for text in _own_problems(manifest, names)]
    problems += [
        f"plugin {cycle[0]!r} requires itself in a circle: {' → '.join([*cycle, cycle[0]])}"
        for cycle in _cycles(manifests)
    ]
    return problems


def _own_problems(manifest: Manifest, names: set[str]) -> list[str]:
    problems = []
    if not _NAME.match(manifest.name):
        problems.append("needs a name of lower-case letters, digits and underscores, 2 to 40 long")
    try:
        if __version__ not in SpecifierSet(manifest.core):
            problems.append(f"is made for core {manifest.core}; this is {__version__}")
    except InvalidSpecifier:
        problems.append(f"has a core range that can't be read: {manifest.core!r} (write it like '>=0.1,<1')")
    for required in manifest.requires:
        if required not in names:
            problems.append(
                f"requires {required!r}, which is not installed; install it or start with --without {manifest.name}"
            )
    for permission in manifest.permissions:
        if not permission.code.startswith(f"{manifest.name}."):
            problems.append(
                f"declares the permission {permission.code!r}; its permissions must begin with '{manifest.name}.'"
            )
    for setting in manifest.settings:
        if not setting.key.startswith(f"{manifest.name}."):
            problems.append(f"declares the setting {setting.key!r}; its settings must begin with '{manifest.name}.'")
    problems += [f"names a part that is no module: {part!r}" for part in manifest.parts if not _is_module(part)]
    if len({id(part) for part in manifest.parts}) < len(manifest.parts):
        problems.append("names a part twice")
    if manifest.category not in {key for key, _label in CATEGORIES}:
        problems.append(f"has an unknown category {manifest.category!r}")
    for text, what in ((manifest.label, "label"), (manifest.summary, "summary")):
        if set(text) != {"en", "zh"} or not all(text.values()):
            problems.append(f"needs its {what} in English and in Chinese")
    return problems


def _is_module(part: object) -> bool:
    return isinstance(part, ModuleType)


def _cycles(manifests: Sequence[Manifest]) -> list[list[str]]:
    requires = {m.name: list(m.requires) for m in manifests}
    cycles, seen = [], set()
    for start in requires:
        path, node = [], start
        stack = [(start, iter(requires[start]))]
        path = [start]
        while stack:
            node, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                stack.pop()
                path.pop()
            elif following == start:
                key = frozenset(path)
                if key not in seen:
                    seen.add(key)
                    cycles.append(list(path))
            elif following in requires and following not in path:
                stack.append((following, iter(requires[following])))
                path.append(following)
    return cycles


def ordered(manifests: Sequence[Manifest]) -> list[Manifest]:
    """Every plugin after those that it requires; otherwise the always-on ones first, then by name."""
    by_name = {m.name: m for m in manifests}
    done: list[Manifest] = []
    taken: set[str] = set()

    def take(manifest: Manifest) -> None:
        if manifest.name in taken:
            return
        taken.add(manifest.name)
        for required in sorted(manifest.requires):
            if required in by_name:
                take(by_name[required])
        done.append(manifest)

    for manifest in sorted(manifests, key=lambda m: (not m.always_on, m.name)):
        take(manifest)
    return done


def dependents(registry: Registry, name: str) -> list[str]:
    """The plugins that need ``name``, directly or through others, in load order."""
    needing = {name}
    for plugin in registry.plugins.values():
        if needing & set(plugin.manifest.requires):
            needing.add(plugin.name)
    return [p for p in registry.plugins if p in needing and p != name]


def needed_by(registry: Registry, name: str) -> list[str]:
    """What ``name`` requires, directly or through others, in load order."""
    wanted: set[str] = set()
    stack = [name]
    while stack:
        for required in registry.plugins[stack.pop()].manifest.requires:
            if required not in wanted:
                wanted.add(required)
                stack.append(required)
    return [p for p in registry.plugins if p in wanted]


# --- loading --------------------------------------------------------------------------------------------------------


@garbage.loading()
def load(without: Iterable[str] = (), path: str | None = None) -> Registry:
    """Discover → validate → register → seal. Raises ConfigurationError, every sentence naming the plugin concerned.

    ``without`` also leaves out what depends on the plugins named; those that ``SANBAO_WITHOUT`` names are left out by
    every process.
    """
    from core import declarations, models, search  # noqa: F401 - all tables of the core must be mapped

    not_wanted = left_out(without)
    found = discover(not_wanted, path)
    manifests = {f.name: _manifest_of(f) for f in found}
    found, manifests = _drop_dependents(found, manifests, set(not_wanted))
    problems = validate(list(manifests.values()))
    if problems:
        raise ConfigurationError("The plugins can't be loaded:\n- " + "\n- ".join(problems))
    registry = Registry(manager=pluggy.PluginManager("sanbao"))
    assert registry.manager is not None
    registry.manager.add_hookspecs(hookspecs)
    declarations.declare_core(registry)
    modules = {f.name: f for f in found}
    in_order = ordered(list(manifests.values()))
    for manifest in in_order:
        if manifest.hookspecs is not None:
            registry.manager.add_hookspecs(manifest.hookspecs)
    for manifest in in_order:
        item = modules[manifest.name]
        folder = Path(item.module.__file__ or ".").parent
        registry.plugins[manifest.name] = LoadedPlugin(manifest, item.module, folder, item.origin)
        answers = item.module
        if manifest.parts:
            answers = joined(manifest.name, answers, manifest.parts, manifest.provides, registry.manager)
        registry.manager.register(answers, name=manifest.name)
        i18n.add_package(folder)
    _check_hooks(registry)
    declarations.declare_plugins(registry)
    search.watch(registry)
    _check_tables(registry)
    registry.sealed = True
    return registry


def left_out(without: Iterable[str] = ()) -> list[str]:
    """What this process starts without: the plugins named, and those that its environment names, split by commas."""
    always = os.environ.get(WITHOUT_VARIABLE, "").split(",")
    return sorted({*without, *(name.strip() for name in always)} - {""})


def _drop_dependents(found: list[Found], manifests: dict[str, Manifest], left_out: set[str]):
    """With ``--without NAME``, what requires NAME goes too."""
    dropped = set(left_out)
    while True:
        more = {m.name for m in manifests.values() if m.name not in dropped and dropped & set(m.requires)}
        if not more:
            break
        dropped |= more
    return [f for f in found if f.name not in dropped], {n: m for n, m in manifests.items() if n not in dropped}


def _check_hooks(registry: Registry) -> None:
    manager = registry.manager
    assert manager is not None
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        name = manager.get_name(error.plugin) or "?"
        raise ConfigurationError(f"plugin {name!r} implements a hook that does not exist: {error}") from error
    providers: dict[str, str] = {}
    for plugin in registry.plugins.values():
        for capability in plugin.manifest.provides:
            if capability in providers:
                raise ConfigurationError(
                    f"plugins {providers[capability]!r} and {plugin.name!r} both provide {capability!r}; start "
                    "without one of them"
                )
            providers[capability] = plugin.name


def _check_tables(registry: Registry) -> None:
    """A table belongs to the package that maps it and must carry that plugin's prefix."""
    from core.db import Base

    owners = {p.module.__name__.rpartition(".")[0]: p for p in registry.plugins.values()}
    for mapper in Base.registry.mappers:
        package = mapper.class_.__module__
        while package and package not in owners:
            package = package.rpartition(".")[0]
        table = str(mapper.local_table)
        if not package:
            continue
        manifest = owners[package].manifest
        if not table.startswith(manifest.prefix):
            raise ConfigurationError(
                f"plugin {manifest.name!r} has the table {table!r}; the names of its tables must begin with "
                f"{manifest.prefix!r}"
            )
