"""Keeping the worked-out periods of units up to date, for lists and badges."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa

from core.api import N_, Ctx, Outcome, Task, Work, bulk_insert, start_task, transaction
from plugins.base import queries as base_queries
from plugins.warranty.contracts import PeriodState
from plugins.warranty.models import UnitPeriod
from plugins.warranty.queries.periods import main_period, periods_of_units

BATCH = 500
WORK_OUT = "warranty.work_out_periods"


def refresh_periods(ctx: Ctx, device_ids: Iterable[int]) -> int:
    """Work out the periods of these units anew; answers how many units have other ends than before."""
    ids = sorted(set(device_ids))
    if not ids:
        return 0
    with transaction(ctx):
        ctx.session.flush()
        before = _ends(ctx, ids)
        ctx.session.execute(sa.delete(UnitPeriod).where(UnitPeriod.device_id.in_(ids)))
        rows = []
        for device_id, found in sorted(periods_of_units(ctx, ids, ctx.today).items()):
            main = main_period(found)
            rows += [_row(ctx, device_id, period, period is main) for period in found]
        bulk_insert(ctx, UnitPeriod, rows)
        after = _ends(ctx, ids)
        return sum(before.get(i) != after.get(i) for i in ids)


def _ends(ctx: Ctx, ids: list[int]) -> dict[int, set]:
    query = sa.select(UnitPeriod.device_id, UnitPeriod.cover, UnitPeriod.part_group, UnitPeriod.ends_on)
    found: dict[int, set] = {}
    for device_id, *rest in ctx.session.execute(query.where(UnitPeriod.device_id.in_(ids))):
        found.setdefault(device_id, set()).add(tuple(rest))
    return found


def _row(ctx: Ctx, device_id: int, period: PeriodState, is_main: bool) -> dict:
    return {
        "device_id": device_id,
        "term_id": period.term_id,
        "cover": period.cover,
        "part_group": period.part_group,
        "part": period.part[:120],
        "repair_id": period.repair_id,
        "is_main": is_main,
        "start_on": period.start_on,
        "last_day": period.last_day,
        "ends_on": ends_on(period),
        "unknown": period.state == "unknown",
        "over_by": period.over_by if period.over_by != "time" else "",
        "meters": {m.kind: format(m.left, "f") for m in period.meters if m.left is not None},
        "worked_out_on": ctx.today,
    }


def ends_on(period: PeriodState) -> dt.date:
    """The day by which lists sort: the last one, or the day before a meter or an exchange ended it."""
    if period.state == "unknown":
        return dt.date(1900, 1, 1)
    if period.over_on is not None:
        return period.over_on - dt.timedelta(days=1)
    return period.last_day or dt.date(9999, 12, 31)


def refresh_all_later(ctx: Ctx) -> None:
    """Order that the periods of all units are worked out anew; the worker does it with progress. Once is enough."""
    with transaction(ctx):
        waiting = sa.select(Task.id).where(Task.kind == WORK_OUT, Task.state == "queued").limit(1)
        if ctx.session.scalar(waiting) is None and base_queries.count_units(ctx):
            start_task(ctx, WORK_OUT, {})


def refresh_all(ctx: Ctx) -> int:
    """Work out the periods of all units now; answers how many have other ends than before."""
    changed, after = 0, 0
    while ids := base_queries.unit_ids_after(ctx, after, BATCH):
        changed, after = changed + refresh_periods(ctx, ids), ids[-1]
    return changed


def work_out_all(work: Work) -> Outcome:
    """The work itself: every unit, batch by batch."""
    while True:
        with work.batch() as ctx:
            if work.total is None:
                work.total = base_queries.count_units(ctx)
            ids = base_queries.unit_ids_after(ctx, int(work.cursor.get("after", 0)), BATCH)
            if not ids:
                break
            work.cursor["changed"] = int(work.cursor.get("changed", 0)) + refresh_periods(ctx, ids)
            work.cursor["after"] = ids[-1]
            work.done += len(ids)
    changed = int(work.cursor.get("changed", 0))
    return Outcome({"changed": changed}, N_("Units whose periods changed: {n}."), {"n": changed})
