"""A plugin of several parts: what they answer to one hook is one answer."""

from __future__ import annotations

import traceback
from decimal import Decimal
from types import ModuleType

import pluggy
import pytest

from core.api import Manifest, Permission, SettingDef, hookimpl, hookspec
from core.errors import ConfigurationError
from core.hooks import call
from core.parts import join, joined
from core.plugins import validate


@hookspec
def offers(ctx, contact):
    """A list."""


@hookspec
def hand_over(ctx, from_id, to_id):
    """A number."""


@hookspec
def forget(ctx):
    """Nothing."""


def module(name: str, **content) -> ModuleType:
    """A module with these functions, as if they had been written in it."""
    made = ModuleType(name)
    for key, value in content.items():
        if callable(value):
            value.__module__ = name
        setattr(made, key, value)
    return made


def ask(hook: str, *parts: ModuleType, own: ModuleType | None = None, provides=(), **given):
    """What the plugin made of these parts answers."""
    manager = pluggy.PluginManager("sanbao")
    manager.add_hookspecs(module("specs", offers=offers, hand_over=hand_over, forget=forget))
    manager.register(joined("pumps", own or ModuleType("pumps.plugin"), parts, provides, manager), name="pumps")
    manager.check_pending()
    (implementation,) = getattr(manager.hook, hook).get_hookimpls()
    return call(implementation, given)


@pytest.mark.parametrize(
    ("answered", "answer"),
    [
        ([], None),
        ([None, None], None),
        ([[1], None, (2, 3)], [1, 2, 3]),
        ([(n for n in (1, 2)), []], [1, 2]),
        ([2, None, 3], 5),
        ([Decimal("1.5"), 2], Decimal("3.5")),
        ([{"a": 1, "b": 2}, {"b": 3}], {"a": 1, "b": 5}),
        ([{7: ["x"]}, {7: ["y"], 8: []}], {7: ["x", "y"], 8: []}),
        (["alone"], "alone"),
        ([False, None], False),
    ],
)
def test_answers_are_joined_by_what_they_are(answered, answer):
    assert join(answered) == answer


@pytest.mark.parametrize("answered", [["a", "b"], [[1], 2], [True, True], [{"a": "x"}, {"a": "y"}]])
def test_what_cannot_be_joined_is_refused(answered):
    with pytest.raises(TypeError, match="which can't be joined"):
        join(answered)


def test_the_plugins_own_module_answers_first_and_each_takes_the_arguments_it_names():
    @hookimpl
    def offers(contact):
        return [("own", contact)]

    visits = module("pumps.visits", offers=lambda ctx: [("visits", ctx)])
    money = module("pumps.money", offers=lambda contact, ctx: [("money", contact, ctx)])
    answer = ask("offers", visits, money, own=module("pumps.plugin", offers=offers), ctx="here", contact="call")
    assert answer == [("own", "call"), ("visits", "here"), ("money", "call", "here")]


def test_numbers_are_added_and_a_hook_that_answers_nothing_reaches_every_part():
    reached = []
    parts = [
        module(f"pumps.{n}", hand_over=lambda from_id, to_id, n=n: n * to_id, forget=lambda ctx, n=n: reached.append(n))
        for n in (1, 2)
    ]
    assert ask("hand_over", *parts, ctx=None, from_id=3, to_id=10) == 30
    assert ask("forget", *parts, ctx=None) is None
    assert reached == [1, 2]


def test_helpers_are_not_asked_and_an_absent_hook_may_be_marked_as_optional():
    @hookimpl(optionalhook=True)
    def of_an_absent_plugin(thing):
        raise AssertionError

    part = module("pumps.desk", _helper=lambda: 1, offers=lambda: [1], of_an_absent_plugin=of_an_absent_plugin)
    assert ask("offers", part, ctx=None, contact=None) == [1]


def test_an_error_names_the_hook_and_leads_to_the_part():
    def offers(ctx):
        raise KeyError("where it stands")

    with pytest.raises(KeyError) as caught:
        ask("offers", module("pumps.desk", offers=offers), ctx=None, contact=None)
    assert traceback.extract_tb(caught.tb)[-1].name == "offers"
    parts = module("pumps.a", offers=lambda: "x"), module("pumps.b", offers=lambda: "y")
    with pytest.raises(TypeError, match="the parts of plugin 'pumps' answer 'offers' with str and str, which can't"):
        ask("offers", *parts, ctx=None, contact=None)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (
            [module("pumps.desk", offer=lambda ctx: [])],
            "plugin 'pumps' implements a hook that does not exist: pumps.desk has a function 'offer'",
        ),
        (
            [module("pumps.desk", offers=lambda ctx, contract: [])],
            "pumps.desk answers 'offers' with an argument 'contract', which nobody gives; there are: ctx, contact",
        ),
        (
            [module("pumps.a", offers=lambda: ["a pump"]), module("pumps.b", offers=lambda: ["a pump"])],
            "plugin 'pumps' provides 'offers' twice, in pumps.a and pumps.b; only one can answer",
        ),
    ],
)
def test_what_nobody_would_ask_stops_the_start(parts, words):
    with pytest.raises(ConfigurationError, match=words):
        ask("offers", *parts, provides=("offers",))


def test_a_function_of_another_module_that_is_named_like_a_hook_stops_the_start():
    part = module("pumps.desk")
    part.offers = module("pumps.panels", offers=lambda: ["a pump"]).offers  # type: ignore[attr-defined]
    with pytest.raises(ConfigurationError, match="pumps.desk imports a function 'offers', named like a hook"):
        ask("offers", part)


def test_rights_and_settings_of_the_parts_are_the_plugins():
    right, further = Permission("pumps.see", "See"), Permission("pumps.edit", "Edit")
    setting = SettingDef("pumps.days", "Days", "int", 3)
    parts = module("pumps.a", PERMISSIONS=(further,), SETTINGS=(setting,)), module("pumps.b")
    words = {"en": "Pumps", "zh": "泵"}
    made = Manifest("pumps", words, words, "1", permissions=(right,), parts=parts)
    assert (made.permissions, made.settings) == ((right, further), (setting,))
    assert validate([made]) == []
    wrong = Manifest("pumps", words, words, "1", parts=(parts[0], parts[0], "pumps.c"))  # type: ignore[arg-type]
    assert validate([wrong]) == [
        "plugin 'pumps' names a part that is no module: 'pumps.c'",
        "plugin 'pumps' names a part twice",
    ]
