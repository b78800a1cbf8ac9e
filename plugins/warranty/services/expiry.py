"""Telling of warranties that end, some days before (SWM-4): who follows up is told once per lead."""

from __future__ import annotations

import datetime as dt

from core.api import N_, Ctx, RecordRef, emit, get_setting, notify, people_with_role, transaction
from plugins.base import queries as base_queries
from plugins.base.contracts import UNIT
from plugins.warranty.queries.periods import ending
from plugins.warranty.rules.expiry import due_lead, leads_of

AT_ONCE = 500
"""So many units in one run; the next run goes on."""


def tell_of_ends(ctx: Ctx) -> int:
    """Tell the company's role of every unit whose warranty ends within a lead, once per lead; answers how many."""
    leads = leads_of(str(get_setting(ctx, "warranty.expiry_leads")))
    role = str(get_setting(ctx, "warranty.expiry_role")).strip()
    if not leads or not role:
        return 0
    told = 0
    with transaction(ctx):
        people = people_with_role(ctx, role)
        found = ending(ctx, ctx.today, ctx.today + dt.timedelta(days=leads[0]), AT_ONCE * 20)
        due = [(row, lead) for row in found if (lead := due_lead(leads, row.ends_on, ctx.today, row.told)) is not None]
        units = base_queries.units_by_id(ctx, [row.device_id for row, _lead in due[:AT_ONCE]])
        for row, lead in due[:AT_ONCE]:
            unit = units.get(row.device_id)
            row.told = lead
            if unit is None or unit.status in ("returned", "scrapped"):
                continue
            days = (row.ends_on - ctx.today).days
            ref = RecordRef(UNIT, unit.id)
            name = f"{unit.product.name} {unit.serial or ''}".strip()
            text = N_("Warranty of {unit} ends on {day}, in {n} days")
            once = f"warranty ends {unit.id} {row.ends_on} {lead}"
            notify(ctx, people, text, record=ref, once=once, unit=name, day=str(row.ends_on), n=days)
            emit(ctx, "warranty.ends_soon", ref, day=row.ends_on, n=days, people=len(people), role=role)
            told += 1
    return told
