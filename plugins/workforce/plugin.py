"""People and duty: skills, certificates, leave, rosters, training. Joins what its parts declare.

A new part is a module in ``parts`` and a line in ``PARTS``.
"""

from __future__ import annotations

from core.api import Manifest, RoleDef, hookimpl, install_shipped
from plugins.workforce.parts import duty, leave, skills, training

PARTS = (skills, leave, duty, training)

MANIFEST = Manifest(
    name="workforce",
    label={"en": "People and duty", "zh": "人员与值班"},
    summary={
        "en": "Skills and certificates with their ends, leave, duty rosters without gaps, training",
        "zh": "技能和上岗证及到期提醒、请假、不留空档的值班表、培训",
    },
    version="0.1.0",
    category="service",
    icon="users-round",
    requires=("base",),
    industries=("machinery", "appliance", "medical_dealer"),
    permissions=tuple(permission for part in PARTS for permission in part.PERMISSIONS),
    settings=tuple(setting for part in PARTS for setting in part.SETTINGS),
    provides=("people_for_order",),
)


def _all(hook: str, *given) -> list:
    """What every part answers to a hook, one after the other."""
    answers = [getattr(part, hook)(*given) for part in PARTS if hasattr(part, hook)]
    return [item for answer in answers for item in answer]


# --- declarations ---------------------------------------------------------------------------------------------------


@hookimpl
def record_kinds():
    return _all("record_kinds")


@hookimpl
def column_words():
    return _all("column_words")


@hookimpl
def workflows():
    return _all("workflows")


@hookimpl
def decision_tables():
    return _all("decision_tables")


@hookimpl
def event_kinds():
    return _all("event_kinds")


@hookimpl
def event_handlers():
    return _all("event_handlers")


@hookimpl
def jobs():
    return _all("jobs")


@hookimpl
def lists():
    return _all("lists")


@hookimpl
def profile_sections():
    return _all("profile_sections")


@hookimpl
def importers():
    return _all("importers")


@hookimpl
def default_roles():
    """The roles of all parts; a role that several of them name has the rights of all."""
    named: dict[str, RoleDef] = {}
    for role in _all("default_roles"):
        before = named[role.code].permissions if role.code in named else ()
        named[role.code] = RoleDef(role.code, role.name, tuple(dict.fromkeys((*before, *role.permissions))))
    return list(named.values())


@hookimpl
def blueprints():
    from plugins.workforce.views import blueprint

    return [blueprint]


@hookimpl
def menu():
    return _all("menu")


@hookimpl
def demo_data():
    from plugins.workforce.demo import fill

    return fill


# --- while the system runs ------------------------------------------------------------------------------------------


@hookimpl
def plugin_enabled(ctx):
    install_shipped(ctx, "workforce")


@hookimpl
def work_items(ctx):
    return _all("work_items", ctx)


@hookimpl
def home_figures(ctx):
    return _all("home_figures", ctx)


@hookimpl
def home_notices(ctx):
    return _all("home_notices", ctx)


@hookimpl
def home_today(ctx):
    return _all("home_today", ctx)


@hookimpl
def switch_effects(ctx):
    return _all("switch_effects", ctx)


@hookimpl
def menu_counts(ctx):
    from plugins.workforce.panels import duty as panels

    return panels.counts(ctx)


@hookimpl
def open_work_of(ctx, user_id):
    return _all("open_work_of", ctx, user_id)


@hookimpl
def open_work_of_unit(ctx, unit_id):
    return _all("open_work_of_unit", ctx, unit_id)


@hookimpl
def hand_over_work(ctx, from_user_id, to_user_id):
    from plugins.workforce.services.rosters import hand_over_shifts

    return hand_over_shifts(ctx, from_user_id, to_user_id)


@hookimpl(optionalhook=True)
def people_for_order(ctx, order, moment):
    """A hook of the module of service orders, where that is installed."""
    from plugins.workforce.queries.fit import people_for

    return people_for(ctx, order, moment)
