"""Asking plugins: ``collect`` (additions), ``ask`` (at most one provider), ``require_all`` (gates, fail closed).

Every call goes to the plugins that are switched on for ``ctx``'s company, in load order. We filter by plugin name
ourselves; pluggy's subset callers let implementations bound by ``specname`` through before 1.7.
"""

from __future__ import annotations

import inspect
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError

from core.context import Ctx
from core.i18n import _
from core.plugins import dependents
from core.registry import Registry

log = structlog.get_logger("sanbao.hooks")

FAILURES_BEFORE_REST = 3
REST_SECONDS = 300.0


@dataclass(frozen=True)
class Answer:
    """What one plugin answered; ``error`` is set (and ``value`` None) when it failed."""

    plugin: str
    value: Any = None
    error: str = ""


@dataclass(frozen=True)
class Gate:
    """Something a transition waits for (or has been given).

    ``text`` says what is missing or was given, ``url`` leads to where it is done, ``action`` words the button.
    ``broken`` marks a gate that failed to answer: it refuses, and may be waived with a reason. One that is not
    ``waivable`` can't be waived by anybody.
    """

    key: str
    text: str
    open: bool = True
    url: str = ""
    action: str = ""
    hint: str = ""
    plugin: str = ""
    broken: bool = False
    waivable: bool = True


class _Rest:
    """Which hook of which plugin failed repeatedly in this process and rests for five minutes."""

    def __init__(self) -> None:
        self.failures: dict[tuple[str, str], int] = defaultdict(int)
        self.until: dict[tuple[str, str], float] = {}
        self.last_error: dict[tuple[str, str], str] = {}

    def resting(self, plugin: str, hook: str) -> bool:
        return self.until.get((plugin, hook), 0.0) > time.monotonic()

    def failed(self, plugin: str, hook: str, error: Exception) -> None:
        key = (plugin, hook)
        self.failures[key] += 1
        self.last_error[key] = f"{type(error).__name__}: {error}"
        if self.failures[key] >= FAILURES_BEFORE_REST:
            self.until[key] = time.monotonic() + REST_SECONDS
            self.failures[key] = 0

    def worked(self, plugin: str, hook: str) -> None:
        self.failures.pop((plugin, hook), None)


rest = _Rest()


def resting_hooks() -> list[tuple[str, str, str]]:
    """(plugin, hook, last error) of the hooks that rest in this process; shown on the Modules page."""
    return [(p, h, rest.last_error[(p, h)]) for (p, h) in rest.until if rest.resting(p, h)]


@dataclass(frozen=True)
class _OfTheCore:
    """What the core itself answers to a hook, in the shape of a plugin's implementation."""

    function: Any
    argnames: tuple[str, ...]


def answer_from_core(registry: Registry, hook: str, name: str, function) -> None:
    """Let the core answer ``hook``, before the plugins; ``name`` says which part of it, so that it does so once."""
    registry.core_hooks.setdefault(hook, {})[name] = function


def implementations(registry: Registry, hook: str, enabled=None) -> list[tuple[str, Any]]:
    """(plugin name, function) for ``hook`` in load order, the core's first; ``enabled`` limits it to these plugins."""
    caller = getattr(registry.manager.hook, hook)  # type: ignore[union-attr]
    by_name = {impl.plugin_name: impl for impl in caller.get_hookimpls()}
    own = [
        ("core", _OfTheCore(function, tuple(inspect.signature(function).parameters)))
        for function in registry.core_hooks.get(hook, {}).values()
    ]
    return own + [(n, by_name[n]) for n in registry.plugins if n in by_name and (enabled is None or n in enabled)]


def demo_fills(registry: Registry, enabled=None) -> list[tuple[str, Any]]:
    """The implementations of ``demo_data`` in load order, but who provides a hook that another plugin declares comes
    before that one: its answers are there when the other's services ask. So do those named in ``demo_after``. None
    comes before a plugin that it requires.
    """
    found = dict(implementations(registry, "demo_data", enabled))
    manifests = {name: registry.plugins[name].manifest for name in found}
    ordered: dict[str, Any] = {}
    begun: set[str] = set()

    def add(name: str) -> None:
        if name in begun:
            return
        begun.add(name)
        own, later = manifests[name], dependents(registry, name)
        for other, manifest in manifests.items():
            if other in later:
                continue
            if other in own.demo_after or any(hasattr(own.hookspecs, hook) for hook in manifest.provides):
                add(other)
        ordered[name] = found[name]

    for name in found:
        add(name)
    return list(ordered.items())


def call(impl, arguments: dict[str, Any]):
    return impl.function(*(arguments[name] for name in impl.argnames))


def declared(registry: Registry, hook: str) -> list[tuple[str, Any]]:
    """(plugin, item) of everything that all plugins declare through ``hook``, at start."""
    items = []
    for name, impl in implementations(registry, hook):
        answer = call(impl, {})
        items += [
            (name, item) for item in (answer if isinstance(answer, (list, tuple)) else [answer]) if item is not None
        ]
    return items


def collect(ctx: Ctx, hook: str, *, disabled_too: bool = False, **arguments) -> list[Answer]:
    """Every plugin's addition. One that fails is logged, answered as "unavailable", and after three failures rests."""
    answers = []
    enabled = None if disabled_too else ctx.enabled
    for name, impl in implementations(ctx.registry, hook, enabled):
        if rest.resting(name, hook):
            answers.append(Answer(name, error=rest.last_error.get((name, hook), "resting")))
            continue
        try:
            value = call(impl, {"ctx": ctx, **arguments})
        except Exception as error:
            if isinstance(error, DBAPIError):
                if ctx.session.info.get("in_transaction"):
                    raise
                ctx.session.rollback()
            log.exception("hook failed", plugin=name, hook=hook)
            rest.failed(name, hook, error)
            answers.append(Answer(name, error=f"{type(error).__name__}: {error}"))
        else:
            rest.worked(name, hook)
            if value is not None:
                answers.append(Answer(name, value))
    return answers


def collect_items(ctx: Ctx, hook: str, **arguments) -> list:
    """The items of all plugins' lists in one list; failures are logged and left out."""
    return [item for a in collect(ctx, hook, **arguments) if not a.error for item in a.value]


def ask(ctx: Ctx, hook: str, **arguments):
    """The answer of the one enabled plugin that provides the capability ``hook``; None when there is none.

    Its errors are the caller's: a capability that fails must not look like one that is absent. A hook of a plugin that
    is not installed has no provider.
    """
    if not hasattr(ctx.registry.manager.hook, hook):  # type: ignore[union-attr]
        return None
    for name, impl in implementations(ctx.registry, hook, ctx.enabled):
        if hook in ctx.registry.plugins[name].manifest.provides:
            return call(impl, {"ctx": ctx, **arguments})
    return None


def require_all(ctx: Ctx, hook: str, **arguments) -> list[Gate]:
    """Every gate of every enabled plugin. A plugin that fails answers with one broken, open gate that names it.

    All are asked within one savepoint; only where one fails, each is asked anew within its own.
    """
    asked = implementations(ctx.registry, hook, ctx.enabled)
    if not asked:
        return []
    with suppress(Exception), ctx.session.begin_nested():
        return [gate for name, impl in asked for gate in _gates(ctx, name, impl, arguments)]
    return [gate for name, impl in asked for gate in _gates_or_broken(ctx, hook, name, impl, arguments)]


def _gates(ctx: Ctx, name: str, impl: Any, arguments: dict) -> list[Gate]:
    return [
        Gate(**{**vars(gate), "plugin": gate.plugin or name}) for gate in call(impl, {"ctx": ctx, **arguments}) or []
    ]


def _gates_or_broken(ctx: Ctx, hook: str, name: str, impl: Any, arguments: dict) -> list[Gate]:
    try:
        with ctx.session.begin_nested():
            return _gates(ctx, name, impl, arguments)
    except Exception:
        log.exception("gate failed", plugin=name, hook=hook)
        text = _("The module “{module}” could not check its conditions", module=ctx.registry.plugin_label(name))
        hint = _("Tell an administrator. Somebody with the right may waive it with a reason.")
        return [Gate(key=f"{name}.broken", text=text, plugin=name, broken=True, hint=hint)]
