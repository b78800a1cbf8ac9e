"""What expires: the list by location, and telling of it in time (STO-15, INS-12)."""

from __future__ import annotations

from core.api import N_, ColumnWords, Job, SettingDef
from plugins.inventory.services import expiry as services

PERMISSIONS = ()
SETTINGS = (
    SettingDef(
        "inventory.expiry_days", N_("Days before expiry at which it is told of"), "text", "90\n30\n7",
        N_("One number per line. A part may have a number of its own."),
    ),
    SettingDef(
        "inventory.expiry_told", N_("Who is told of what expires"), "role", "storekeeper",
        N_("Once for each batch and number of days, and once when it has expired."),
    ),
)  # fmt: skip


def column_words():
    return [ColumnWords({"inventory_part.warn_days": N_("Told of so many days before expiry")})]


def jobs():
    return [Job("inventory.warn_of_expiry", services.warn_of_expiry, every=6 * 3600)]


def lists():
    from plugins.inventory.lists.expiry import EXPIRING

    return [EXPIRING]


def menu():
    from core.web_api import MenuItem

    return [MenuItem("parts", N_("Expiry"), "inventory.expiring_list", "calendar-clock", 25)]


def home_figures(ctx):
    from plugins.inventory.panels.expiry import figures

    return figures(ctx)
