"""Table files: YAML read strictly, checked against the published schema, every mistake with its line.

Only what a table needs is understood: ``true``/``false`` are the only booleans (``no`` is a text), numbers with a
point are exact decimals, dates stay text until their column reads them. Repeated keys, anchors and tags are refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from core.decisions.errors import CellError, TableError
from core.decisions.model import Table
from core.decisions.parsing import read
from core.i18n import N_

SCHEMA_PATH = Path(__file__).with_name("schema.json")
MAX_BYTES = 4_000_000
"""No sensible table file is longer; a longer one is refused before it is parsed."""


def load_yaml(source: str | Path) -> Table:
    """The table in a YAML text, or in the file at a Path; raises TableError with every mistake and its line."""
    data, lines = read_yaml(source)
    table, errors = read(data)
    errors = _with_lines([*errors, *_schema_errors(data, errors)], lines)
    if table is None or errors:
        raise TableError(sorted(errors, key=lambda error: error.line or 0))
    return table


def read_yaml(source: str | Path) -> tuple[object, dict[tuple, int]]:
    """The plain data of a table file, and the line on which each part of it begins; raises TableError."""
    text = _text(source)
    try:
        node = yaml.compose(text, Loader=_Loader)
        builder = _Builder()
        data = builder.build(node, ()) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _unreadable(error.problem or str(error), mark.line + 1 if mark else None) from error
    except UnicodeEncodeError as error:
        raise _unreadable("not UTF-8", text[: error.start].count("\n") + 1) from error
    except yaml.YAMLError as error:
        raise _unreadable(str(error).splitlines()[0], None) from error
    except RecursionError as error:
        raise _unreadable("nested too deeply", None) from error
    if builder.errors:
        raise TableError(builder.errors)
    return data, builder.lines


@cache
def schema() -> dict:
    """The published JSON schema (draft 2020-12) of a table file."""
    return json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))


def _text(source: str | Path) -> str:
    if isinstance(source, Path):
        try:
            raw = source.read_bytes()
        except OSError as error:
            raise _unreadable(error.strerror or str(error), None) from error
        try:
            source = raw[: MAX_BYTES + 1].decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise _unreadable("not UTF-8", raw[: error.start].count(b"\n") + 1) from error
    if len(source) > MAX_BYTES:
        raise _unreadable(f"longer than {MAX_BYTES} bytes", None)
    return source


def _schema_errors(data: object, known: list[CellError]) -> list[CellError]:
    """What the schema refuses and the reading has not told already, in better words, at the same place."""
    from jsonschema import Draft202012Validator

    found = sorted(Draft202012Validator(schema()).iter_errors(data), key=lambda error: -len(error.absolute_path))
    errors: list[CellError] = []
    for error in found:
        path = tuple(error.absolute_path)
        if any(_same_place(path, other.path) for other in [*known, *errors]):
            continue
        row = path[1] + 1 if len(path) > 1 and path[0] == "rows" else None
        column = path[3] if len(path) > 3 and path[0] == "rows" else None
        message = N_("Not as the table schema wants it: {detail}")
        errors.append(CellError(row, column, "schema", message, {"detail": error.message[:200]}, path))
    return errors


def _same_place(one: tuple, other: tuple) -> bool:
    length = min(len(one), len(other))
    return one[:length] == other[:length]


def _with_lines(errors: list[CellError], lines: dict[tuple, int]) -> list[CellError]:
    placed = []
    for error in errors:
        path = error.path
        while path and path not in lines:
            path = path[:-1]
        placed.append(
            CellError(error.row, error.column, error.code, error.message, error.params, error.path, lines.get(path))
        )
    return placed


def _unreadable(detail: str, line: int | None) -> TableError:
    return TableError(
        [CellError(None, None, "yaml", N_("The file can't be read: {detail}."), {"detail": detail}, (), line)]
    )


if yaml.__with_libyaml__ and not TYPE_CHECKING:  # its stubs know only a part of it
    from yaml._yaml import CParser

    class _Plain(yaml.composer.Composer, yaml.constructor.SafeConstructor, yaml.resolver.Resolver, CParser):
        """The library's parser in C, which is ten times as fast, with the parts above it in Python."""

        def __init__(self, stream: str) -> None:
            CParser.__init__(self, stream)
            yaml.composer.Composer.__init__(self)
            yaml.constructor.SafeConstructor.__init__(self)
            yaml.resolver.Resolver.__init__(self)

else:
    _Plain = yaml.SafeLoader


class _Loader(_Plain):
    """Scans YAML with our few plain types instead of YAML 1.1's surprises."""

    yaml_implicit_resolvers: dict = {}

    def compose_node(self, parent, index):
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(
                None, None, "aliases (*name) aren't allowed in a table", self.peek_event().start_mark
            )
        return super().compose_node(parent, index)


_NULL, _BOOL, _INT, _DECIMAL, _STR = (f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "str"))
_Loader.add_implicit_resolver(_NULL, re.compile(r"(?:~|null|)\Z"), ["~", "n", ""])
_Loader.add_implicit_resolver(_BOOL, re.compile(r"(?:true|false)\Z"), list("tf"))
_Loader.add_implicit_resolver(_INT, re.compile(r"[-+]?[0-9]{1,60}\Z"), list("-+0123456789"))
_Loader.add_implicit_resolver(
    _DECIMAL, re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.?[0-9]+)(?:[eE][-+]?[0-9]{1,4})?\Z"), list("-+.0123456789")
)
RESOLVERS: dict[str, list] = _Loader.yaml_implicit_resolvers
"""First letter → what a plain text that begins with it may be taken for; writing must quote what reading would take."""


class _Builder:
    """Plain data from YAML nodes, with the line of each part."""

    def __init__(self) -> None:
        self.lines: dict[tuple, int] = {}
        self.errors: list[CellError] = []

    def build(self, node: yaml.Node, path: tuple) -> object:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode) and node.tag in _SCALARS:
            try:
                return _SCALARS[node.tag](node.value)
            except (ValueError, ArithmeticError):
                pass  # an explicit tag on a text that doesn't fit it: refused below like any other tag
        self._error(node, "tag", N_("The tag {tag} isn't allowed in a table."), tag=node.tag)
        return None

    def _mapping(self, node: yaml.MappingNode, path: tuple) -> dict:
        data: dict = {}
        for key_node, value_node in node.value:
            key = self.build(key_node, (*path, None))
            if not isinstance(key, str):
                self._error(key_node, "key", N_("A key is text. Put it in quotation marks."))
                continue
            if key in data:
                self._error(key_node, "repeated_key", N_("The key {key} stands here twice."), key=key)
                continue
            self.lines[(*path, key)] = key_node.start_mark.line + 1
            data[key] = self.build(value_node, (*path, key))
        return data

    def _error(self, node: yaml.Node, code: str, message: str, **params: object) -> None:
        self.errors.append(CellError(None, None, code, message, params, (), node.start_mark.line + 1))


_SCALARS: dict[str, Callable[[str], object]] = {
    _NULL: lambda text: None,
    _BOOL: {"true": True, "false": False}.__getitem__,
    _INT: int,
    _DECIMAL: Decimal,
    _STR: str,
}
