"""The parts of warranty answer hooks by functions of the same name; ``plugin.py`` passes every one of them on."""

import inspect

from plugins.warranty import plugin


def hooks_of(module) -> set[str]:
    functions = inspect.getmembers(module, inspect.isfunction)
    return {name for name, made in functions if made.__module__ == module.__name__ and not name.startswith("_")}


def test_every_function_of_a_part_is_a_hook_that_the_plugin_passes_on():
    passed_on = hooks_of(plugin)
    strangers = {f"{part.__name__}.{name}" for part in plugin.PARTS for name in hooks_of(part) - passed_on}
    assert strangers == set()


def test_a_role_that_several_parts_name_has_the_rights_of_all():
    roles = {role.code: role for role in plugin.default_roles()}
    named = [role for part in plugin.PARTS for role in part.default_roles()]
    assert len(roles) == len({role.code for role in named}) == len(plugin.default_roles())
    for role in named:
        assert set(role.permissions) <= set(roles[role.code].permissions), role.code
