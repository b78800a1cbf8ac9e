"""Warranty: periods, decisions, prices, contracts, suppliers. Joins what its parts declare; the work is done elsewhere.

A new part is a module in ``parts`` and a line in ``PARTS``.
"""

from __future__ import annotations

from core.api import Manifest, RoleDef, hookimpl
from plugins.warranty import hookspecs
from plugins.warranty.parts import agreements, coverage, periods, quotes, suppliers, terms

PARTS = (terms, periods, quotes, coverage, agreements, suppliers)

MANIFEST = Manifest(
    name="warranty",
    label={"en": "Warranty", "zh": "三包"},
    summary={
        "en": "Warranty terms and periods of every unit, with what follows for a fault and why",
        "zh": "保修条款、每台设备的三包期，以及故障如何处理、依据是什么",
    },
    version="0.1.0",
    category="customers",
    icon="shield-check",
    requires=("base",),
    industries=("machinery", "appliance", "medical_dealer"),
    permissions=tuple(permission for part in PARTS for permission in part.PERMISSIONS),
    settings=tuple(setting for part in PARTS for setting in part.SETTINGS),
    hookspecs=hookspecs,
    provides=(
        "find_coverage", "coverage_about", "meters_of", "take_reading", "charges_of_quote", "price_of_charge",
        "contracts_for_plan", "visits_allowed",
    ),
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
def checklists():
    return _all("checklists")


@hookimpl
def clock_kinds():
    return _all("clock_kinds")


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
def task_kinds():
    return _all("task_kinds")


@hookimpl
def lists():
    return _all("lists")


@hookimpl
def message_templates():
    return _all("message_templates")


@hookimpl
def document_kinds():
    return _all("document_kinds")


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
        named[role.code] = RoleDef(role.code, role.name, (*before, *role.permissions))
    return list(named.values())


@hookimpl
def blueprints():
    from plugins.warranty.views import blueprint

    return [blueprint]


@hookimpl
def menu():
    return _all("menu")


@hookimpl
def commands():
    return _all("commands")


@hookimpl
def demo_data():
    from plugins.warranty.demo import fill

    return fill


# --- while the system runs --------------------------------------------------------------------------------------------


@hookimpl
def plugin_enabled(ctx):
    from core.api import install_shipped

    install_shipped(ctx, "warranty")
    _all("plugin_enabled", ctx)


@hookimpl
def find_coverage(ctx, case):
    return coverage.find_coverage(ctx, case)


@hookimpl
def coverage_about(ctx, ref):
    return coverage.coverage_about(ctx, ref)


@hookimpl(optionalhook=True)
def meters_of(ctx, device_id):
    return periods.meters_of(ctx, device_id)


@hookimpl(optionalhook=True)
def take_reading(ctx, device_id, code, value, key):
    periods.take_reading(ctx, device_id, code, value, key)


@hookimpl(optionalhook=True)
def contracts_for_plan(ctx, customer_id, on):
    return agreements.contracts_for_plan(ctx, customer_id, on)


@hookimpl(optionalhook=True)
def visits_allowed(ctx, contract, on):
    return agreements.visits_allowed(ctx, contract, on)


@hookimpl
def record_panels(ctx, record):
    return _all("record_panels", ctx, record)


@hookimpl
def check_transition(ctx, record, transition):
    return _all("check_transition", ctx, record, transition)


@hookimpl
def contact_offers(ctx, contact):
    return _all("contact_offers", ctx, contact)


@hookimpl
def intake_promises(ctx, contact):
    return _all("intake_promises", ctx, contact)


@hookimpl
def unit_badges(ctx, device_ids):
    found: dict = {}
    for part in PARTS:
        if hasattr(part, "unit_badges"):
            for device_id, badges in part.unit_badges(ctx, device_ids).items():
                found.setdefault(device_id, []).extend(badges)
    return found


@hookimpl
def customer_figures(ctx, customer):
    return _all("customer_figures", ctx, customer)


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
def menu_counts(ctx):
    counts: dict = {}
    for part in PARTS:
        if hasattr(part, "menu_counts"):
            counts |= part.menu_counts(ctx)
    return counts


@hookimpl
def filed_together(ctx, record):
    return _all("filed_together", ctx, record)


@hookimpl
def reference_count(ctx, ref):
    return sum(part.reference_count(ctx, ref) for part in PARTS if hasattr(part, "reference_count"))


@hookimpl
def open_work_of(ctx, user_id):
    return _all("open_work_of", ctx, user_id)


@hookimpl
def open_work_of_unit(ctx, unit_id):
    return _all("open_work_of_unit", ctx, unit_id)


@hookimpl
def hand_over_work(ctx, from_user_id, to_user_id):
    givers = [part for part in PARTS if hasattr(part, "hand_over_work")]
    return sum(part.hand_over_work(ctx, from_user_id, to_user_id) for part in givers)


@hookimpl
def personal_data(ctx, ref):
    return _all("personal_data", ctx, ref)


@hookimpl
def erase_person(ctx, ref):
    _all("erase_person", ctx, ref)


@hookimpl
def switch_effects(ctx):
    return _all("switch_effects", ctx)


@hookimpl(optionalhook=True)
def charges_of_quote(ctx, order):
    """A hook of the module of service orders, where that is installed."""
    from plugins.warranty.queries.charges import of_quote

    return of_quote(ctx, order)


@hookimpl(optionalhook=True)
def price_of_charge(ctx, order, kind, code, quantity):
    """A hook of the module of service orders, where that is installed."""
    from plugins.warranty.queries.charges import by_list

    return by_list(ctx, order, kind, code, quantity)
