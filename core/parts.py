"""A plugin of several parts: its own module and those that ``Manifest.parts`` names, joined as if they were one.

Every public function that a part defines answers the hook of its name. It needs no mark, but ``hookimpl`` with
``optionalhook=True`` where the hook belongs to a plugin that may be absent.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import ModuleType
from typing import Any

import pluggy

from core.errors import ConfigurationError
from core.hookspecs import hookimpl

_MARK = "sanbao_impl"


@dataclass(frozen=True)
class _Answer:
    """A function that answers a hook, and the module where it stands."""

    module: str
    function: Callable[..., Any]
    optional: bool

    @property
    def takes(self) -> tuple[str, ...]:
        """The hook's arguments that it wants."""
        parameters = inspect.signature(self.function).parameters.values()
        return tuple(p.name for p in parameters if p.default is p.empty)


def joined(
    plugin: str, module: ModuleType, parts: Sequence[ModuleType], provides: Iterable[str], manager: pluggy.PluginManager
) -> ModuleType:
    """What stands for the plugin: its module, with one function per hook that asks all who answer it.

    Raises ConfigurationError for a part's function that nobody would ask, and for two that answer a capability of
    ``provides``.
    """
    found: dict[str, list[_Answer]] = {}
    for answers in (_marked(module), *map(_public, parts)):
        for hook, answer in answers.items():
            found.setdefault(hook, []).append(answer)
    stand_in = ModuleType(module.__name__, module.__doc__)
    for hook, those in found.items():
        spec = _spec(manager, hook)
        if spec is not None:
            setattr(stand_in, hook, _together(plugin, spec, those))
            continue
        for answer in those:
            if not answer.optional:
                raise ConfigurationError(
                    f"plugin {plugin!r} implements a hook that does not exist: {answer.module} has a function "
                    f"{hook!r}. The name of a helper in a part begins with an underscore"
                )
    for hook in provides:
        if len(found.get(hook, ())) > 1:
            both = " and ".join(answer.module for answer in found[hook])
            raise ConfigurationError(f"plugin {plugin!r} provides {hook!r} twice, in {both}; only one can answer")
    for part in parts:
        _refuse_imported(plugin, part, manager)
    return stand_in


def _marked(module: ModuleType) -> dict[str, _Answer]:
    """Hook → what a plugin's own module answers to it: the functions that it marks."""
    found = {}
    for name, function in vars(module).items():
        if inspect.isroutine(function) and (marks := getattr(function, _MARK, None)):
            found[marks["specname"] or name] = _Answer(module.__name__, function, marks["optionalhook"])
    return found


def _public(part: ModuleType) -> dict[str, _Answer]:
    """Hook → what a part answers to it: the public functions that it defines."""
    return {
        name: _Answer(part.__name__, function, bool(getattr(function, _MARK, {}).get("optionalhook")))
        for name, function in vars(part).items()
        if inspect.isroutine(function) and function.__module__ == part.__name__ and not name.startswith("_")
    }


def _refuse_imported(plugin: str, part: ModuleType, manager: pluggy.PluginManager) -> None:
    """What is not asked must not look as if it were."""
    for name, function in vars(part).items():
        if inspect.isroutine(function) and function.__module__ != part.__name__ and _spec(manager, name) is not None:
            raise ConfigurationError(
                f"plugin {plugin!r}: {part.__name__} imports a function {name!r}, named like a hook that it does not "
                "answer. Define one that calls it, or import its module"
            )


def _spec(manager: pluggy.PluginManager, hook: str) -> Any:
    return getattr(getattr(manager.hook, hook, None), "spec", None)


def _together(plugin: str, spec: Any, those: Sequence[_Answer]) -> Callable[..., Any]:
    """One implementation of a hook, asking ``those`` in their order, each with the arguments that it takes."""
    for answer in those:
        if strange := [name for name in answer.takes if name not in spec.argnames]:
            raise ConfigurationError(
                f"plugin {plugin!r}: {answer.module} answers {spec.name!r} with an argument {strange[0]!r}, which "
                f"nobody gives; there are: {', '.join(spec.argnames) or 'none'}"
            )
    takes = [(answer.function, answer.takes) for answer in those]

    @functools.wraps(spec.function, updated=())
    def implementation(*given: Any) -> Any:
        values = dict(zip(spec.argnames, given, strict=True))
        answered = [function(*(values[name] for name in wanted)) for function, wanted in takes]
        try:
            return join(answered)
        except TypeError as error:
            raise TypeError(f"the parts of plugin {plugin!r} answer {spec.name!r} with {error}") from None

    return hookimpl(implementation)


def join(answered: Iterable[Any]) -> Any:
    """Several answers as one: lists after each other, numbers added, mappings merged, and what two of them hold under
    one key joined likewise. None is no answer. Raises TypeError for what can't be joined.
    """
    given = [one for one in answered if one is not None]
    if given and all(isinstance(one, Iterable) and not isinstance(one, (str, bytes, Mapping)) for one in given):
        return [item for one in given for item in one]
    if len(given) < 2:
        return given[0] if given else None
    if all(isinstance(one, Mapping) for one in given):
        merged: dict = {}
        for one in given:
            for key, value in one.items():
                merged[key] = join((merged[key], value)) if key in merged else value
        return merged
    if all(isinstance(one, (int, float, Decimal)) and not isinstance(one, bool) for one in given):
        return sum(given)
    raise TypeError(f"{' and '.join(type(one).__name__ for one in given)}, which can't be joined")
