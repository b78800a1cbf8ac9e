"""Service orders: from the call to the archive. Joins what its parts declare; the work is done elsewhere.

A new part is a module in ``parts`` and a name in ``parts.PARTS``.
"""

from __future__ import annotations

from core.api import Manifest, RoleDef, hookimpl
from plugins.service import hookspecs
from plugins.service.parts import PARTS, every, merged

MANIFEST = Manifest(
    name="service",
    label={"en": "Service orders", "zh": "服务单"},
    summary={
        "en": "Requests and orders from the call to the archive: dispatched, worked on, signed, under time limits",
        "zh": "从报修到归档：派工、上门、送修、签字、结单，全程计时",
    },
    version="0.1.0",
    category="service",
    icon="clipboard-list",
    requires=("base",),
    industries=("machinery", "appliance", "medical_dealer"),
    permissions=tuple(permission for part in PARTS for permission in part.PERMISSIONS),
    settings=tuple(setting for part in PARTS for setting in part.SETTINGS),
    hookspecs=hookspecs,
)


# --- declarations ---------------------------------------------------------------------------------------------------


@hookimpl
def record_kinds():
    return every("record_kinds")


@hookimpl
def column_words():
    return every("column_words")


@hookimpl
def workflows():
    return every("workflows")


@hookimpl
def checklists():
    return every("checklists")


@hookimpl
def clock_kinds():
    return every("clock_kinds")


@hookimpl
def decision_tables():
    return every("decision_tables")


@hookimpl
def event_kinds():
    return every("event_kinds")


@hookimpl
def event_handlers():
    return every("event_handlers")


@hookimpl
def jobs():
    return every("jobs")


@hookimpl
def task_kinds():
    return every("task_kinds")


@hookimpl
def lists():
    return every("lists")


@hookimpl
def message_templates():
    return every("message_templates")


@hookimpl
def document_kinds():
    return every("document_kinds")


@hookimpl
def profile_sections():
    return every("profile_sections")


@hookimpl
def importers():
    return every("importers")


@hookimpl
def default_roles():
    """The roles of all parts; a role that several of them name has the rights of all."""
    named: dict[str, RoleDef] = {}
    for role in every("default_roles"):
        before = named[role.code].permissions if role.code in named else ()
        named[role.code] = RoleDef(role.code, role.name, (*before, *(p for p in role.permissions if p not in before)))
    return list(named.values())


@hookimpl
def blueprints():
    from plugins.service.views import blueprint

    return [blueprint]


@hookimpl
def menu():
    return every("menu")


@hookimpl
def demo_data():
    from plugins.service.demo import fill

    return fill


# --- while the system runs --------------------------------------------------------------------------------------------


@hookimpl
def plugin_enabled(ctx):
    from core.api import install_shipped

    install_shipped(ctx, "service")
    every("plugin_enabled", ctx)


@hookimpl
def order_next(ctx, order):
    return every("order_next", ctx, order)


@hookimpl
def record_panels(ctx, record):
    return every("record_panels", ctx, record)


@hookimpl
def check_transition(ctx, record, transition):
    return every("check_transition", ctx, record, transition)


@hookimpl
def contact_offers(ctx, contact):
    return every("contact_offers", ctx, contact)


@hookimpl
def intake_promises(ctx, contact):
    return every("intake_promises", ctx, contact)


@hookimpl
def customer_figures(ctx, customer):
    return every("customer_figures", ctx, customer)


@hookimpl
def work_items(ctx):
    return every("work_items", ctx)


@hookimpl
def home_figures(ctx):
    return every("home_figures", ctx)


@hookimpl
def home_notices(ctx):
    return every("home_notices", ctx)


@hookimpl
def home_today(ctx):
    return every("home_today", ctx)


@hookimpl
def menu_counts(ctx):
    return merged("menu_counts", ctx)


@hookimpl
def filed_together(ctx, record):
    return every("filed_together", ctx, record)


@hookimpl
def personal_data(ctx, ref):
    return every("personal_data", ctx, ref)


@hookimpl
def erase_person(ctx, ref):
    every("erase_person", ctx, ref)


@hookimpl
def open_work_of(ctx, user_id):
    return every("open_work_of", ctx, user_id)


@hookimpl
def open_work_of_unit(ctx, unit_id):
    return every("open_work_of_unit", ctx, unit_id)


@hookimpl
def hand_over_work(ctx, from_user_id, to_user_id):
    return sum(every("hand_over_work", ctx, from_user_id, to_user_id))


@hookimpl
def switch_effects(ctx):
    return every("switch_effects", ctx)
