"""Terms, periods, meters, repairs, exchanges, and the warranty card."""

from __future__ import annotations

from core.api import N_, EventKind, Permission, RecordKind, RoleDef
from plugins.warranty import columns, life, models
from plugins.warranty.contracts import TERM
from plugins.warranty.life import EDIT_TERMS, PUBLISH_TERMS, SEE_TERMS

_ALL = (SEE_TERMS, EDIT_TERMS, PUBLISH_TERMS)

PERMISSIONS = (
    Permission("warranty.term.view", N_("See warranty terms")),
    Permission("warranty.term.edit", N_("Draft and change warranty terms")),
    Permission("warranty.term.publish", N_("Put warranty terms in force, end them")),
)
SETTINGS = ()


def record_kinds():
    return [
        RecordKind(
            TERM, models.Term, N_("Warranty term"), lambda t: t.code, "warranty.term_page", SEE_TERMS,
            icon="shield-check",
        ),
    ]


def column_words():
    return [columns.TERMS]


def workflows():
    return [life.TERMS]


def event_kinds():
    return [
        EventKind("warranty.term_drafted", N_("Warranty term {code} drafted: {name}"), "pencil"),
        EventKind("warranty.term_in_force", N_("Warranty term {code} in force from {day}"), "shield-check"),
        EventKind("warranty.term_ended", N_("Warranty term {code} ended with {day}"), "circle-stop"),
        EventKind("warranty.term_withdrawn", N_("Warranty term {code} withdrawn: {reason}"), "circle-x"),
        EventKind("warranty.term_discarded", N_("Draft of warranty term {code} discarded: {reason}"), "circle-x"),
        EventKind("warranty.terms_loaded", N_("Warranty terms loaded: {n}"), "shield-check"),
    ]


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, _ALL),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, _ALL),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, (SEE_TERMS,)),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, (SEE_TERMS,)),
    ]


def profile_sections():
    from plugins.warranty.services.profile_terms import TERMS

    return [TERMS]


def lists():
    from plugins.warranty.lists.terms import TERMS

    return [TERMS]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("customers", N_("Warranty terms"), "warranty.terms_list", "shield-check", 60)]


def plugin_enabled(ctx):
    from plugins.warranty.services.terms import load_shipped_terms

    load_shipped_terms(ctx)
