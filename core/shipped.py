"""Reading what a plugin ships as data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from core.decisions.loading import load_yaml, read_yaml
from core.decisions.parsing import to_data
from core.remembered import remembered

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser in C, where this installation has it: it is ten times as fast."""


def read_table_file(path: Path | str) -> dict:
    """The definition of a decision table in a YAML file, as data. Raises TableError with every mistake and its line."""
    return remembered(Path(path), _table)


def read_data_file(path: Path | str) -> dict:
    """A YAML file of plain data (a checklist, say): no tags, no aliases."""
    return remembered(Path(path), _data)


def read_exact_file(path: Path | str) -> Any:
    """A YAML file of plain data read as strictly as a table: numbers with a point are Decimal, dates stay text.

    Raises TableError, naming the line, for anchors, tags and repeated keys.
    """
    return read_yaml(Path(path))[0]


def _table(path: Path) -> dict:
    return to_data(load_yaml(path))


def _data(path: Path) -> dict:
    return yaml.load(path.read_text("utf-8"), Loader=_Loader)


def parse_choices(text: str) -> list[tuple[str, dict[str, str]]]:
    """Choices out of a setting or a shipped file, one per line: ``code: English | Chinese``; other lines are left out.

    Answers (code, label in both languages) pairs.
    """
    found = []
    for line in text.splitlines():
        code, colon, labels = line.partition(":")
        english, _bar, chinese = labels.partition("|")
        if colon and code.strip() and english.strip():
            found.append((code.strip(), {"en": english.strip(), "zh": chinese.strip() or english.strip()}))
    return found
