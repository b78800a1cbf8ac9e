"""Reports of the regional centres to the headquarters (GS-26): drawn up, submitted by the centre's head, added up."""

from __future__ import annotations

import datetime as dt

from core.api import (
    N_,
    Conflict,
    Ctx,
    Forbidden,
    NotFound,
    OrgUnit,
    _,
    check_version,
    collect_items,
    emit,
    get_setting,
    notify,
    transaction,
)
from plugins.complaints import following, queries
from plugins.complaints.models import CentreReport
from plugins.complaints.rules import period_of

DRAW_UP = "complaints.report.write"
SUBMIT = "complaints.report.submit"


def last_period(ctx: Ctx) -> tuple[dt.date, dt.date]:
    """The last month, quarter or year (setting) that is over."""
    length = str(get_setting(ctx, "complaints.report_period"))
    begins, _ends = period_of(ctx.today, length)
    return period_of(begins - dt.timedelta(days=1), length)


def draw_up_report(ctx: Ctx, unit_id: int, begins: dt.date, ends: dt.date) -> CentreReport:
    """The report of a centre on a period with today's figures; drawing it up again refreshes one not yet submitted."""
    ctx.require(DRAW_UP)
    with transaction(ctx):
        unit = queries.find_unit(ctx, unit_id)
        if unit is None or unit.kind not in ("centre", "agent"):
            raise NotFound("unknown_centre", _("There is no such centre."))
        report = next((r for r in following.reports_of_period(ctx, begins, ends) if r.unit_id == unit_id), None)
        if report is not None and report.state == "submitted":
            raise Conflict("submitted", _("This report was submitted already; its figures stay as they were told."))
        report = report or CentreReport(unit_id=unit_id, begins_on=begins, ends_on=ends)
        report.figures = _figures(ctx, unit, begins, ends)
        report.drawn_up_at = ctx.now
        ctx.session.add(report)
        ctx.session.flush()
        emit(
            ctx, "complaints.report_drawn_up", report, centre=unit.name, begins=begins.isoformat(),
            ends=ends.isoformat(),
        )
        return report


def _figures(ctx: Ctx, unit: OrgUnit, begins: dt.date, ends: dt.date) -> list[dict]:
    found = collect_items(ctx, "centre_report_figures", unit=unit, begins=begins, ends=ends)
    return [{"key": f.key, "label": f.label, "value": f.value} for f in found]


def draw_up_due(ctx: Ctx) -> int:
    """Scheduled: draw up what is missing for the last period, and tell each centre's head; answers how many."""
    begins, ends = last_period(ctx)
    role = str(get_setting(ctx, "complaints.report_role"))
    with transaction(ctx):
        known = {r.unit_id for r in following.reports_of_period(ctx, begins, ends)}
        made = 0
        for unit in following.centres(ctx):
            if unit.id in known:
                continue
            report = draw_up_report(ctx, unit.id, begins, ends)
            heads = following.heads_of(ctx, [unit.id], role)
            text = N_("The report of {centre} is ready to be looked at and submitted")
            notify(ctx, heads, text, record=report, once=f"report {report.id}", centre=unit.name)
            made += 1
        return made


def submit_report(ctx: Ctx, report_id: int, remark: str = "", *, version: int | None = None) -> CentreReport:
    """The head of the centre stands by the figures and adds a remark; from now on they don't change."""
    ctx.require(SUBMIT)
    with transaction(ctx):
        report = following.get_report(ctx, report_id)
        check_version(report, version)
        if report.state == "submitted":
            raise Conflict("submitted", _("This report was submitted already; its figures stay as they were told."))
        own = queries.own_unit(ctx)
        if not ctx.actor.is_system and report.unit_id != own and not ctx.can(DRAW_UP):
            name = report.centre.name if report.centre else ""
            raise Forbidden("other_centre", _("Only the head of {centre} can submit this report.", centre=name))
        report.state, report.submitted_at, report.submitted_by = "submitted", ctx.now, ctx.actor.name
        report.remark = remark.strip()
        emit(ctx, "complaints.report_submitted", report, centre=report.centre.name if report.centre else "")
        return report
