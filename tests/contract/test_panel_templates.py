"""A panel is drawn by itself, on whatever page: its template has nothing that it does not import."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_NAMED = re.compile(r'"(\w+/_\w+\.html)"')
_IMPORTED = re.compile(r"\{%-? *(?:import|from) [^%]*\bui\b")


def panel_templates() -> list[Path]:
    """The templates that Python names beside ``Panel(…)``: nothing includes them."""
    found = []
    for plugin in (ROOT / "plugins").iterdir():
        for module in plugin.rglob("*.py"):
            text = module.read_text("utf-8")
            if "Panel(" in text:
                found += [plugin / "templates" / name for name in _NAMED.findall(text)]
    return [path for path in found if path.exists()]


def test_the_template_of_a_panel_imports_the_components_that_it_uses():
    templates = panel_templates()
    assert len(templates) > 30
    lacking = [
        str(path.relative_to(ROOT))
        for path in templates
        if "ui." in (text := path.read_text("utf-8")) and not _IMPORTED.search(text)
    ]
    assert lacking == []
