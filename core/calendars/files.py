"""Calendar files: YAML read so that people get what they wrote, with the line of every mistake."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from core.calendars.definition import CalendarDefinition, CalendarError, Problem, from_data, key_text
from core.errors import NotFound
from core.i18n import _

_PLAIN = {"true": True, "True": True, "false": False, "False": False, "null": None, "~": None, "": None}
"""The only words read as other than text. YAML itself would make 18:00 the number 1080 and NO (Norway) false."""

_MAX_NODES = 100_000


def read_file(path: Path) -> CalendarDefinition:
    """The calendar in a YAML (or JSON) file; raises ``CalendarError`` with every mistake and its line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise CalendarError([Problem("", _("The file is not UTF-8 text."))]) from None
    return parse_yaml(text)


def parse_yaml(text: str) -> CalendarDefinition:
    """The calendar written in ``text``; raises ``CalendarError`` with every mistake and its line."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        words = _("The file is not valid YAML: {reason}.", reason=getattr(error, "problem", None) or str(error))
        raise CalendarError([Problem("", words, mark.line + 1 if mark else None)]) from None
    tree = _Tree()
    data = tree.value(node, ()) if node is not None else None
    try:
        definition = from_data(data, tree.lines)
    except CalendarError as error:
        raise CalendarError(sorted([*tree.problems, *error.problems], key=lambda p: p.line or 0)) from None
    if tree.problems:
        raise CalendarError(tree.problems)
    return definition


def shipped_names() -> list[str]:
    """The names of the calendars that come with the product."""
    folder = resources.files("core").joinpath("data", "calendars")
    return sorted(item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml"))


def load_shipped(name: str) -> CalendarDefinition:
    """A calendar that comes with the product, by its name, such as ``cn_office``."""
    if name not in shipped_names():
        known = ", ".join(shipped_names())
        raise NotFound("no_such_calendar", _("There is no calendar “{name}”. Known: {known}.", name=name, known=known))
    return parse_yaml(resources.files("core").joinpath("data", "calendars", f"{name}.yaml").read_text("utf-8"))


class _Tree:
    """Turns parsed nodes into plain data, remembering lines and refusing keys written twice."""

    def __init__(self) -> None:
        self.lines: dict[tuple, int] = {}
        self.problems: list[Problem] = []
        self.nodes = 0

    def value(self, node: yaml.Node, path: tuple) -> Any:
        self.nodes += 1
        self.lines[path] = node.start_mark.line + 1
        if self.nodes > _MAX_NODES or len(path) > 20:  # an alias inside itself, or aliases multiplying
            raise CalendarError([Problem(key_text(path), _("The file is nested too deeply or too big."))])
        if isinstance(node, yaml.ScalarNode):
            return _PLAIN.get(node.value, node.value) if node.style is None else node.value
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, n)) for n, item in enumerate(node.value)]
        return self.mapping(node, path)

    def mapping(self, node: yaml.Node, path: tuple) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in result:
                line = key_node.start_mark.line + 1
                self.problems.append(Problem(key_text((*path, key)), _("This key is written twice."), line))
            result[key] = self.value(value_node, (*path, key))
            self.lines[(*path, key)] = key_node.start_mark.line + 1
        return result
