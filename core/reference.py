"""Writes what can be read off the code into docs/reference: every hook and every event. ``python -m core.reference``.

A test fails when these pages are not what this module writes.
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from types import ModuleType

from core import hookspecs, i18n, plugins
from core.registry import Registry

_MODES = {"Declaration": "declaration", "Collect": "collect", "Ask": "ask", "Require all": "require_all"}

_HOOKS_HEAD = """\
# Hooks

Written by `python -m core.reference` from the specifications. A plugin implements a hook as a function of that name in
its module `plugin`, marked with `core.api.hookimpl`; a misspelt one stops the start. It takes those of the arguments
that it needs. In a plugin of several parts the functions of the modules named in `Manifest.parts` answer, too.

- *declaration*: asked once, at start. What is wrong refuses the start, naming the plugin.
- *collect*: asked while the system runs, of the plugins that are on for the company. A failure is logged and shown as
  unavailable; after three in a row this hook of this plugin rests for five minutes in this process, which the Modules
  page tells.
- *ask*: the one plugin that provides the capability. Its failure is the caller's.
- *require_all*: of the plugins that are on for the company; fails closed. Only this transition is refused, the plugin
  is named, and a person with the right may waive it with a reason.
"""

_EVENTS_HEAD = """\
# Events

Written by `python -m core.reference` from what is declared. An event is a past-tense fact, written in the transaction
that made it true: the audit trail, the timeline of its record, and what handlers are told (`event_handlers`). Its
sentence is worded when it is read, in the reader's language; in braces stand its facts.
"""


def hooks_page(registry: Registry) -> str:
    """All hooks of the core and of the installed plugins, as Markdown."""
    parts = [_HOOKS_HEAD, "\n## Of the core\n", *_hooks_of(hookspecs)]
    for plugin in registry.plugins.values():
        if plugin.manifest.hookspecs is not None:
            parts += [f"\n## Of the plugin `{plugin.name}`\n", *_hooks_of(plugin.manifest.hookspecs)]
    return "\n".join(parts).rstrip() + "\n"


def hooks_in(module: ModuleType) -> dict[str, object]:
    """The hook specifications of a module, in its order."""
    return {name: item for name, item in vars(module).items() if hasattr(item, "sanbao_spec")}


def _hooks_of(module: ModuleType) -> list[str]:
    parts = []
    for name, function in hooks_in(module).items():
        mode, text = mode_and_text(inspect.getdoc(function) or "")
        parts.append(f"### `{name}{inspect.signature(function)}`\n\n*{mode}* · {text}\n")  # type: ignore[arg-type]
    return parts


def mode_and_text(doc: str) -> tuple[str, str]:
    """A docstring's mode ("Collect, disabled plugins too: …") and what it says; empty when it names none."""
    words = re.sub(r"[ \t]*\n[ \t]*(?!\n)", " ", doc.replace("\n\n", "\0")).replace("\0", "\n\n")
    first, _colon, text = words.partition(":")
    mode, _comma, more = first.partition(",")
    if mode not in _MODES:
        return "", words.replace("``", "`")
    said = text.strip().replace("``", "`")
    return _MODES[mode] + (f",{more}" if more else ""), said[:1].upper() + said[1:]


def events_page(registry: Registry) -> str:
    """All declared events in both languages, with who handles them, as Markdown."""
    parts = [_EVENTS_HEAD]
    for owner in ("core", *registry.plugins):
        names = [n for n in registry.event_kinds if registry.owner_of("event_kinds", n) == owner]
        if names:
            parts.append(f"\n## `{owner}`\n\n| event | English | Chinese | handled by |\n| --- | --- | --- | --- |")
            parts += [_event_row(registry, name) for name in names]
    return "\n".join(parts).rstrip() + "\n"


def _event_row(registry: Registry, name: str) -> str:
    words = i18n.both(registry.event_kinds[name].text)
    handlers = ", ".join(f"`{plugin}.{h.name}`" for plugin, h in registry.handlers.get(name, ()))
    return f"| `{name}` | {words['en']} | {words['zh']} | {handlers} |"


PAGES = {"hooks.md": hooks_page, "events.md": events_page}


def main(folder: Path) -> None:
    """Write the pages into ``folder``."""
    registry = plugins.load()
    for name, page in PAGES.items():
        (folder / name).write_text(page(registry), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/reference"))
