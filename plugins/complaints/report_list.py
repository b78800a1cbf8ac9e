"""The list of centres' reports, declared."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.api import N_, Ctx, DaysFilter, ListColumn, ListDef, ListLink, ListTab, Mark, UnitFilter, _
from plugins.complaints import following
from plugins.complaints.contracts import REPORT_STATE_WORDS
from plugins.complaints.models import CentreReport

VIEW = "complaints.report.view"


def _rows(_ctx: Ctx) -> sa.Select:
    return following.reports_query()


def _state(report: CentreReport) -> Mark:
    done = report.state == "submitted"
    return Mark(_(REPORT_STATE_WORDS[report.state]), "ok" if done else "", "circle-check" if done else "circle-dashed")


def _period(report: CentreReport) -> str:
    return _("{begins} to {ends}", begins=report.begins_on.isoformat(), ends=report.ends_on.isoformat())


def _figure(key: str) -> Any:
    return lambda report: next((f["value"] for f in report.figures if f["key"] == key), None)


COLUMNS = (
    ListColumn("period", N_("Period"), _period, "id", "id", CentreReport.begins_on, fixed=True),
    ListColumn("centre", N_("Centre"), lambda r: r.centre.name if r.centre else "", "main", "main"),
    ListColumn("received", N_("Complaints received"), _figure("complaints.received"), "number"),
    ListColumn("closed", N_("Complaints closed"), _figure("complaints.closed"), "number"),
    ListColumn("overdue", N_("Solution overdue"), _figure("complaints.overdue"), "number"),
    ListColumn("state", N_("State"), _state, "mark", "right"),
    ListColumn("submitted", N_("Submitted"), lambda r: r.submitted_at, "moment"),
    ListColumn("submitted_by", N_("Submitted by"), lambda r: r.submitted_by, "person"),
    ListColumn("remark", N_("Remark of the centre's head"), lambda r: r.remark, shown=False),
)

TABS = (
    ListTab("draft", REPORT_STATE_WORDS["draft"], lambda _ctx: CentreReport.state == "draft"),
    ListTab("submitted", REPORT_STATE_WORDS["submitted"], lambda _ctx: CentreReport.state == "submitted"),
    ListTab("all", N_("All"), counted=False),
)

REPORTS = ListDef(
    "complaints.reports",
    N_("Reports of centres"),
    CentreReport,
    VIEW,
    COLUMNS,
    "/complaints/reports/",
    icon="file-text",
    query=_rows,
    filters=(
        UnitFilter("unit", N_("Centre"), CentreReport.unit_id),
        DaysFilter("begins", N_("Beginning of the period"), CentreReport.begins_on),
    ),
    tabs=TABS,
    first=("draft", "all"),
    order=((CentreReport.begins_on, True),),
    export=VIEW,
    links=(ListLink(N_("All centres added up"), "complaints.reports_together", VIEW, "sigma"),),
    empty=N_("No reports here"),
    empty_hint=N_("They are drawn up by themselves when a period is over."),
)
