"""Loading shifts from files."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from core.api import N_, Ctx, DomainError, Field, Importer, ImportRow, Loaded, RowProblem, _
from plugins.workforce.models import Roster, Shift
from plugins.workforce.queries import people
from plugins.workforce.rules.duty import minutes_of, span_of
from plugins.workforce.services.rosters import PLAN, add_shift

FIELDS = (
    Field("roster", N_("Roster"), required=True, longest=120, synonyms=("值班表", "岗位", "roster")),
    Field("person", N_("Person"), required=True, longest=255, synonyms=("姓名", "值班人", "员工", "邮箱", "name")),
    Field("day", N_("Day"), "date", required=True, synonyms=("日期", "值班日期", "date")),
    Field("begins", N_("From"), required=True, longest=5, synonyms=("开始", "开始时间", "上班", "start")),
    Field("ends", N_("Until"), required=True, longest=5, synonyms=("结束", "结束时间", "下班", "end")),
    Field("note", N_("Note"), "text", synonyms=("备注",)),
)


def load(ctx: Ctx, rows: list[ImportRow]) -> Loaded:
    """Plan the shifts of a batch that are good and new (see ``core.transfer.Importer``).

    A roster is known by code or name, a person by e-mail address or a name that nobody else has.
    """
    members = people.by_key(ctx)
    rosters = {
        key.casefold(): row.id
        for row in ctx.session.execute(sa.select(Roster.id, Roster.code, Roster.name))
        for key in (row.name, row.code)
    }
    known = _known(ctx, rows)
    added, before = 0, 0
    bad: list[RowProblem] = []
    for row in rows:
        given: dict[str, Any] = {f.name: row.values.get(f.name) for f in FIELDS}
        found, problem = _read(row, given, members, rosters)
        if found is None:
            bad.append(problem)
            continue
        roster_id, user_id, begins, ends = found
        if (roster_id, user_id, span_of(given["day"], begins, ends, ctx.tz)[0]) in known:
            before += 1
            continue
        try:
            shift = add_shift(
                ctx, roster_id, user_id, given["day"], begins, ends, str(given["note"] or ""), source="import"
            )
        except DomainError as error:
            bad.append(RowProblem(row.line, error.field or "", error.message))
            continue
        known.add((roster_id, user_id, shift.starts_at))
        added += 1
    return Loaded(added, before, tuple(bad))


def _known(ctx: Ctx, rows: list[ImportRow]) -> set[tuple[int, int, dt.datetime]]:
    """The shifts that are there already in the days of the batch."""
    days = [row.values["day"] for row in rows]
    start = dt.datetime.combine(min(days), dt.time(), ctx.tz)
    end = dt.datetime.combine(max(days) + dt.timedelta(days=1), dt.time(), ctx.tz)
    query = sa.select(Shift.roster_id, Shift.user_id, Shift.starts_at).where(
        Shift.starts_at >= start, Shift.starts_at < end, Shift.state == "planned"
    )
    return {(row[0], row[1], row[2]) for row in ctx.session.execute(query)}


def _read(row: ImportRow, given: dict[str, Any], members: dict[str, int], rosters: dict[str, int]) -> tuple[Any, Any]:
    """Roster, person and times of a row, or what is wrong with it."""
    roster_id = rosters.get(str(given["roster"]).strip().casefold())
    if roster_id is None:
        return None, RowProblem(row.line, "roster", _("There is no such roster."), str(given["roster"]))
    user_id = members.get(str(given["person"]).strip().casefold())
    if user_id is None:
        words = _("Nobody who works here has this e-mail address, or this name alone.")
        return None, RowProblem(row.line, "person", words, str(given["person"]))
    times = []
    for name in ("begins", "ends"):
        try:
            times.append(minutes_of("0:00" if str(given[name]).strip() == "24:00" else str(given[name])))
        except ValueError:
            return None, RowProblem(row.line, name, _("A time is needed, like 14:30."), str(given[name]))
    return (roster_id, user_id, *times), None


SHIFTS = Importer("shifts", N_("Shifts"), FIELDS, load, PLAN, key="", endpoint="workforce.shifts_list")
