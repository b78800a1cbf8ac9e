"""A profile's folder: found by entry point, in a folder of profiles, or named; read and checked as a whole.

``profile.yaml`` says name, label, summary, version, modules, organisation, roles and settings. Beside it lie
``calendars/<code>.yaml``, ``tables/<table>.yaml``, ``checklists/<code>.yaml``, and a folder for each section that a
plugin declares (``profile_sections``). A table's file may leave its columns
out: they are then those that the module ships, so that a module may gain a column without every profile following.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.decisions.errors import TableError
from core.decisions.loading import read_yaml
from core.decisions.parsing import from_data
from core.entry_points import offered
from core.errors import DomainError, Invalid, NotFound
from core.i18n import _, label
from core.registry import Registry
from core.remembered import remembered

ENTRY_POINTS = "sanbao.profiles"
PATH_VARIABLE = "SANBAO_PROFILE_PATH"
FILE = "profile.yaml"
_KEYS = {"name", "label", "summary", "version", "icon", "modules", "organisation", "roles", "settings", "notes"}
_FOLDERS = ("calendars", "tables", "checklists")
_UNIT_KEYS = {"code", "name", "kind", "parent", "region"}
_ROLE_KEYS = {"code", "name", "permissions", "second_factor_required"}


class ProfileError(Invalid):
    """The folder can't be used; ``details["problems"]`` names every file and what is wrong in it."""

    def __init__(self, problems: list[str]):
        super().__init__(
            "bad_profile",
            _("The profile can't be used: {problems}", problems="; ".join(problems)),
            problems=problems,
        )


@dataclass(frozen=True)
class Profile:
    """A profile, read and checked: ``items[section][code]`` is what it brings."""

    name: str
    label: dict[str, str]
    summary: dict[str, str]
    version: str
    icon: str
    folder: Path
    items: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    notes: tuple[dict[str, str], ...] = ()
    """Where a policy is silent or broken, and what this profile chose: shown with it."""

    @property
    def title(self) -> str:
        """Its name in the language of the moment."""
        return label(self.label)


def folders() -> dict[str, Path]:
    """Profile name → its folder: of entry points, then of the folders in ``SANBAO_PROFILE_PATH``."""
    found: dict[str, Path] = {}
    for entry in offered(ENTRY_POINTS):
        module = importlib.import_module(entry.value)
        found[entry.name] = Path(module.__file__ or ".").parent
    for folder in os.environ.get(PATH_VARIABLE, "").split(os.pathsep):
        for file in sorted(Path(folder).glob(f"*/{FILE}")) if folder else ():
            found[file.parent.name] = file.parent
    return found


def available(registry: Registry) -> list[Profile]:
    """Every profile that can be used here, by name; one whose modules are not installed is left out."""
    profiles = []
    for folder in folders().values():
        try:
            profiles.append(read_profile(folder, registry))
        except ProfileError:
            continue
    return sorted(profiles, key=lambda p: p.name)


def find_profile(name: str, registry: Registry) -> Profile:
    """The profile of a name, or in the folder that ``name`` is; NotFound names those there are."""
    known = folders()
    folder = known.get(name) or (Path(name) if (Path(name) / FILE).is_file() else None)
    if folder is None:
        raise NotFound(
            "unknown_profile",
            _("There is no profile “{name}”. There are: {known}", name=name, known=", ".join(sorted(known))),
        )
    return read_profile(folder, registry)


def read_profile(folder: Path, registry: Registry) -> Profile:
    """Read and check a folder. Raises ProfileError with everything wrong in any of its files."""
    problems: list[str] = []
    data = _mapping(folder / FILE, problems)
    problems += [_in(FILE, _("unknown key “{key}”", key=key)) for key in data if key not in _KEYS]
    for key in ("name", "label", "modules"):
        if not data.get(key):
            problems.append(_in(FILE, _("“{key}” is missing", key=key)))
    items: dict[str, dict[str, Any]] = {
        "modules": {str(name): True for name in data.get("modules") or []},
        "organisation": _listed(data, "organisation", _UNIT_KEYS, problems),
        "calendars": {},
        "roles": _listed(data, "roles", _ROLE_KEYS, problems),
        "settings": dict(data.get("settings") or {}),
        "tables": {},
        "checklists": {},
    }
    for section in (*_FOLDERS, *registry.profile_sections):
        items.setdefault(section, {})
        for file in sorted((folder / section).glob("*.yaml")):
            items[section][file.stem] = _mapping(file, problems)
    for name, own in registry.profile_sections.items():
        for code, entry in items[name].items():
            problems += [f"{name}/{code}.yaml: {text}" for text in own.problems(code, entry)]
    problems += _unknown_to(registry, items)
    items["tables"] = {
        name: _whole_table(registry, name, body, f"tables/{name}.yaml", problems)
        for name, body in items["tables"].items()
    }
    if problems:
        raise ProfileError(problems)
    notes = tuple(_words(note) for note in data.get("notes") or ())
    return Profile(
        str(data["name"]),
        _words(data["label"]),
        _words(data.get("summary") or ""),
        str(data.get("version") or "1"),
        str(data.get("icon") or "factory"),
        folder,
        items,
        notes,
    )


def _in(file: str, text: str) -> str:
    """A mistake with the file that it is in."""
    return f"{file}: {text}"


def _plain(file: Path) -> object:
    return read_yaml(file)[0]


def _mapping(file: Path, problems: list[str]) -> dict[str, Any]:
    try:
        data: Any = remembered(file, _plain)
    except (DomainError, TableError, OSError) as error:
        problems.append(f"{file.name}: {error}")
        return {}
    if not isinstance(data, Mapping):
        problems.append(_in(file.name, _("a mapping is expected")))
        return {}
    return dict(data)


def _words(value: Any) -> dict[str, str]:
    return dict(value) if isinstance(value, Mapping) else {"en": str(value), "zh": str(value)}


def _listed(data: Mapping[str, Any], section: str, keys: set[str], problems: list[str]) -> dict[str, dict]:
    found: dict[str, dict] = {}
    for entry in data.get(section) or []:
        code = str(entry.get("code", "")) if isinstance(entry, Mapping) else ""
        if not code or code in found or set(entry) - keys:
            text = _("each entry of “{section}” needs a code of its own and only: {keys}", section=section,
                     keys=", ".join(sorted(keys)))
            problems.append(f"{FILE}: {text} ({code or entry})")
            continue
        found[code] = {k: v for k, v in entry.items() if k != "code"}
    return found


def _unknown_to(registry: Registry, items: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What names something that this installation does not have."""
    problems = [
        _in(FILE, _("the module “{name}” is not installed", name=name))
        for name in items["modules"]
        if name not in registry.plugins
    ]
    problems += [
        _in(FILE, _("there is no setting “{key}”", key=key))
        for key in items["settings"]
        if key not in registry.settings
    ]
    for code, role in items["roles"].items():
        problems += [
            _in(FILE, _("role {role}: there is no right “{code}”", role=code, code=right))
            for right in role.get("permissions") or ()
            if right not in registry.permissions
        ]
    problems += [
        _in(f"tables/{name}.yaml", _("no module has a rule table of this name"))
        for name in items["tables"]
        if registry.table_def(name) is None
    ]
    return problems


def _with_columns(
    body: Mapping[str, Any], known: Mapping[str, Any], file: str, problems: list[str]
) -> Mapping[str, Any]:
    """The table, columns of which it gives only the name written out as the module has them."""
    found = dict(body)
    for side in ("inputs", "outputs"):
        columns = {column["name"]: column for column in known.get(side, ())}
        named = body.get(side) or ()
        for name in (c for c in named if isinstance(c, str) and c not in columns):
            problems.append(_in(file, _("the module has no column “{name}”", name=name)))
        if side in body:
            found[side] = [columns.get(c, {"name": c}) if isinstance(c, str) else c for c in named]
    return found


EXTENDS, WITHOUT, SHIPPED = "extends", "without", "shipped"


def _extended(
    body: Mapping[str, Any], shipped: Mapping[str, Any] | None, file: str, problems: list[str]
) -> dict[str, Any]:
    """The table that its module ships with what the profile says otherwise: a row stands in the place of the shipped
    one with its id, or before all of them where there is none; ``without`` takes rows out. A change of the shipped
    table so reaches the profile.
    """
    own = {key: value for key, value in body.items() if key not in (EXTENDS, WITHOUT)}
    if body.get(EXTENDS) != SHIPPED or shipped is None:
        problems.append(_in(file, _("“extends” can only be “shipped”, for a table that a module ships")))
        return own
    there = {str(row["id"]): row for row in shipped.get("rows", ()) if "id" in row}
    gone = {str(name) for name in body.get(WITHOUT) or ()}
    for name in sorted(gone - set(there)):
        problems.append(_in(file, _("the module's table has no row “{name}” to take out", name=name)))
    rows = [dict(row) for row in body.get("rows") or ()]
    instead = {str(row["id"]): row for row in rows if str(row.get("id", "")) in there}
    for name in sorted(gone & set(instead)):
        problems.append(_in(file, _("the row “{name}” is both taken out and said otherwise", name=name)))
    kept = [instead.get(str(row.get("id")), row) for row in shipped.get("rows", ()) if str(row.get("id")) not in gone]
    return {**shipped, **own, "rows": [*(r for r in rows if str(r.get("id", "")) not in there), *kept]}


def _whole_table(
    registry: Registry, name: str, body: Mapping[str, Any], file: str, problems: list[str]
) -> dict[str, Any]:
    """The table with the columns of the module that ships it, where the file gives none, or only their names."""
    definition = registry.table_def(name)
    if definition is None:
        return dict(body)
    shipped = (definition.load if definition.name == name else definition.columns or definition.load)()
    if EXTENDS in body or WITHOUT in body:
        body = _extended(body, shipped if definition.name == name else None, file, problems)
    body = _with_columns(body, (definition.columns or definition.load)(), file, problems)
    complete = "inputs" in body and "outputs" in body
    whole = dict(body) if complete else {**shipped, "default": None, **body}
    whole = {key: value for key, value in {**whole, "name": name}.items() if value is not None}
    try:
        from_data(whole)
    except TableError as error:
        problems.append(f"{file}: {error}")
    return whole
