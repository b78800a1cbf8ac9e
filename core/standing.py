"""What a company has set up and nearly every request asks for: modules on, settings, calendars, rule versions.

Read in one statement, once per Ctx, when the first of them is asked for. Whoever changes one of them takes it out of
``ctx.memo``, and it is read anew.
"""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.db import BigId, JsonType, prepared

if TYPE_CHECKING:
    from core.context import Ctx


@dataclass(frozen=True)
class InForce:
    """A published version of a decision table and the date from which it counts."""

    id: int
    number: int
    effective_from: dt.date


def standing(ctx: Ctx, what: str) -> Any:
    """One of ``switched_on`` (names of plugins), ``settings`` (key → value as kept), ``calendars`` (code → body) and
    ``decision_versions`` (table → versions, oldest first).
    """
    if what not in ctx.memo:
        for name, value in _read(ctx).items():
            ctx.memo.setdefault(name, value)
    return ctx.memo[what]


def _read(ctx: Ctx) -> dict[str, Any]:
    switched_on: set[str] = set()
    settings: dict[str, Any] = {}
    calendars: dict[str, Any] = {}
    versions: dict[str, list[InForce]] = {}
    rows = prepared(ctx, _statement(), of_company=ctx.company_id)
    for sort, name, body, row_id, number, day in rows:
        if sort == "plugin":
            switched_on.add(name)
        elif sort == "setting":
            settings[name] = body["value"]
        elif sort == "calendar":
            calendars[name] = body
        else:
            versions.setdefault(name, []).append(InForce(row_id, number, day))
    for found in versions.values():
        found.sort(key=lambda v: (v.effective_from, v.number))
    return {"switched_on": switched_on, "settings": settings, "calendars": calendars, "decision_versions": versions}


@functools.cache
def _statement() -> sa.CompoundSelect:
    from core.calendar_store import WorkingCalendar
    from core.companies.models import CompanyPlugin, Setting
    from core.decisions.store import PUBLISHED, DecisionTable, DecisionVersion

    plugins, settings, calendars, tables, versions = (
        m.metadata.tables[m.__tablename__]
        for m in (CompanyPlugin, Setting, WorkingCalendar, DecisionTable, DecisionVersion)
    )
    company = sa.bindparam("of_company", type_=BigId)
    no_body, no_number, no_day = (sa.cast(sa.null(), kind) for kind in (JsonType, BigId, sa.Date))

    def kind(sort: str, name, body=no_body, row_id=no_number, number=no_number, day=no_day) -> sa.Select:
        columns = (body.label("body"), row_id.label("row_id"), number.label("number"), day.label("day"))
        return sa.select(sa.literal(sort, sa.String(10)).label("sort"), name.label("name"), *columns)

    of_table = sa.and_(tables.c.company_id == versions.c.company_id, tables.c.id == versions.c.table_id)
    return sa.union_all(
        kind("plugin", plugins.c.plugin).where(plugins.c.company_id == company, plugins.c.enabled.is_(True)),
        kind("setting", settings.c.key, settings.c.value).where(settings.c.company_id == company),
        kind("calendar", calendars.c.code, calendars.c.body).where(calendars.c.company_id == company),
        kind("version", tables.c.name, no_body, versions.c.id, versions.c.number, versions.c.effective_from)
        .join_from(versions, tables, of_table)
        .where(versions.c.company_id == company, versions.c.status == PUBLISHED),
    )
