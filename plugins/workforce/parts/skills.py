"""Skills and certificates: the company's list, who has what, what work needs."""

from __future__ import annotations

from pathlib import Path

from core.api import (
    N_,
    EventKind,
    Handler,
    Job,
    Permission,
    RecordKind,
    RoleDef,
    SettingDef,
    TableDef,
    hookimpl,
    read_table_file,
)
from plugins.workforce import columns, finding, handlers
from plugins.workforce.contracts import CERTIFICATE, SKILL
from plugins.workforce.importing import certificates as importing
from plugins.workforce.models import Certificate, Skill
from plugins.workforce.panels import skills as panels
from plugins.workforce.services import skills as services

_TABLES = Path(__file__).parents[1] / "data" / "tables"
EDIT_RULES = "workforce.rules.edit"
_READ = ("workforce.skill.view", "workforce.certificate.view")
_ALL = (*_READ, "workforce.skill.edit", "workforce.certificate.edit")

PERMISSIONS = (
    Permission("workforce.skill.view", N_("See the list of skills and certificates")),
    Permission("workforce.skill.edit", N_("Change the list of skills and certificates")),
    Permission("workforce.certificate.view", N_("See the certificates of people")),
    Permission("workforce.certificate.edit", N_("Record, renew and withdraw certificates of people")),
    Permission("workforce.rules.edit", N_("Change the rules about people and duty")),
)

SETTINGS = (
    SettingDef(
        "workforce.certificate_pattern",
        N_("Pattern of the numbers of what we certify ourselves"),
        default="ZS{yy}-{n:04d}",
        help=N_("{n:04d} is the count; {yy} and {mm} are year and month."),
    ),
    SettingDef(
        "workforce.warn_days",
        N_("Warn of the end of certificates so many days before"),
        default="60, 30, 7",
        help=N_("Several steps, separated by commas. The first is also when they are shown as expiring soon."),
    ),
    SettingDef(
        "workforce.planner_role",
        N_("Role of those who look after certificates and rosters"),
        "role",
        "manager",
        N_("They are told of what ends and of gaps."),
    ),
)


def record_kinds():
    return [
        RecordKind(
            SKILL, Skill, N_("Skill or certificate"), lambda s: s.code, "workforce.skill_page", "workforce.skill.view",
            icon="award",
        ),
        RecordKind(
            CERTIFICATE, Certificate, N_("Certificate of a person"), lambda c: c.number,
            "workforce.certificate_page", "workforce.certificate.view", found=finding.CERTIFICATES, icon="badge-check",
        ),
    ]


def column_words():
    return [columns.WORDS]


def decision_tables():
    return [
        TableDef(
            "workforce.needs",
            N_("Skills that work needs"),
            lambda: read_table_file(_TABLES / "needs.yaml"),
            EDIT_RULES,
        )
    ]


def event_kinds():
    return [
        EventKind("workforce.skill_saved", N_("“{name}” ({code}) saved"), "award"),
        EventKind("workforce.certificate_given", N_("{name} has “{skill}” from {begins} on"), "badge-check"),
        EventKind("workforce.certificate_changed", N_("“{skill}” of {name} corrected"), "pencil"),
        EventKind("workforce.certificate_revoked", N_("“{skill}” of {name} withdrawn: {reason}"), "ban"),
        EventKind("workforce.certificate_ends", N_("“{skill}” of {name} expires on {day}"), "hourglass"),
        EventKind("workforce.certificate_expired", N_("“{skill}” of {name} expired on {day}"), "badge-alert"),
        EventKind("workforce.moved_along", N_("What {name} has goes along to the new unit"), "forward"),
    ]


def event_handlers():
    return [Handler("core.membership_saved", "follow_member", handlers.follow_member)]


def jobs():
    return [Job("workforce.warn_of_ends", services.warn_of_ends, every=6 * 3600)]


def profile_sections():
    from plugins.workforce.services.profile_skills import SKILLS

    return [SKILLS]


def importers():
    return [importing.CERTIFICATES]


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, (*_ALL, EDIT_RULES)),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, (*_ALL, EDIT_RULES)),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, _READ),
        RoleDef("dispatcher", {"en": "Dispatcher", "zh": "调度员"}, _READ),
        RoleDef("technician", {"en": "Technician", "zh": "技师"}, _READ),
    ]


def lists():
    from plugins.workforce.lists.skills import CERTIFICATES, SKILLS

    return [SKILLS, CERTIFICATES]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("people", N_("Certificates of people"), "workforce.certificates_list", "badge-check", 62)]


def home_figures(ctx):
    return panels.figures(ctx)


def home_notices(ctx):
    return panels.notices(ctx)


def switch_effects(ctx):
    return panels.effects(ctx)


def work_items(ctx):
    return panels.work(ctx)


@hookimpl(optionalhook=True)
def people_for_order(ctx, order, moment):
    """A hook of the module of service orders, where that is installed."""
    from plugins.workforce.queries.fit import people_for

    return people_for(ctx, order, moment)
