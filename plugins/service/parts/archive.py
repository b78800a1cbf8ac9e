"""The archive (DEF-10): closed orders archived many at once, kept as long as the company says, found, never changed."""

from __future__ import annotations

from core.api import N_, SettingDef, TaskKind
from plugins.service import life
from plugins.service.panels import archive as panels
from plugins.service.services.archiving import LONGEST, TASK

SETTINGS = (
    SettingDef(
        "service.archive_days",
        N_("Days after closing from which orders go into the archive"),
        "int",
        90,
        N_("For archiving many at once."),
        minimum=0,
        maximum=LONGEST,
    ),
    SettingDef(
        "service.retention_years",
        N_("Years for which archived orders are kept"),
        "int",
        0,
        N_("0: for good. Nothing is deleted by itself; the list of the archive shows what need not be kept longer."),
        minimum=0,
        maximum=100,
    ),
)


def task_kinds():
    from plugins.service.jobs.archiving import archive_closed

    return [
        TaskKind(
            TASK,
            N_("Archive closed orders; days since then: {days} or more"),
            archive_closed,
            life.ARCHIVE,
            endpoint="service.archived_page",
        )
    ]


def lists():
    from plugins.service.lists.archive import ARCHIVE

    return [ARCHIVE]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("papers", N_("Archive of orders"), "service.archive_list", "archive", 28)]


# --- while the system runs --------------------------------------------------------------------------------------------


def check_transition(ctx, record, transition):
    return panels.gates(ctx, record, transition)
