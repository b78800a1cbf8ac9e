"""What the parts of the suite share: which plugin is meant, and what a plugin may say about itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from core.registry import Registry


class SuiteBase:
    """Names the plugin under test. A subclass says ``plugin = "…"`` and, with reasons, what is different there."""

    plugin: str = ""
    """The plugin's name, or ``core``."""

    tables_without_demo: Mapping[str, str] = {}
    """Table → why the demonstration has no row of it."""

    chinese_in_code: Mapping[str, str] = {"demo.py": "names of people and places"}
    """File within the package (a pattern) → why its Python or template holds Chinese of its own."""

    columns_without_words: Mapping[str, str] = {"*_key": "what is compared", "*reversed*": "a number read from behind"}
    """``table.column`` (a pattern) of a record → why it needs no words in the audit trail."""

    writes_on_get: Mapping[str, str] = {}
    """Endpoint → why reading it changes something."""

    changing_statements: Mapping[str, str] = {}
    """Endpoint → why its number of statements depends on how much there is."""

    moves_when_switched: Mapping[str, str] = {}
    """``table.column`` → why it is not the same after switching off and on."""

    commits: Mapping[str, str] = {}
    """File within the package → why it ends a transaction itself."""

    keeps_words: Mapping[str, str] = {}
    """``table.column`` (a pattern) → why erasing a person leaves this text in every row."""

    @pytest.fixture
    def folder(self, registry: Registry) -> Path:
        """The package's folder."""
        if self.plugin == "core":
            return Path(__file__).parents[1]
        return registry.plugins[self.plugin].folder


def nothing(found: Iterable, hint: str = "") -> None:
    """Fail with every item that was found, one a line."""
    __tracebackhide__ = True
    items = [str(item) for item in found]
    if items:
        pytest.fail(f"{hint or 'found'} ({len(items)}):\n  " + "\n  ".join(items), pytrace=False)
