"""Reports of the regional centres: the page of one, submitting it, and all centres added up. The list is declared."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for

from core.api import DomainError, _, timeline
from core.web_api import current_ctx, flash_done, flash_error, needs, timeline_items
from plugins.complaints import following, forms, queries, services
from plugins.complaints.labels import Words
from plugins.complaints.views.blueprint import blueprint

VIEW, WRITE, SUBMIT = "complaints.report.view", "complaints.report.write", "complaints.report.submit"


@blueprint.get("/reports/together")
@needs(VIEW)
def reports_together():
    """What the centres' reports on a period add up to at the headquarters: the last period, or the one asked for."""
    ctx = current_ctx()
    begins, ends = services.last_period(ctx)
    known = [(begins, ends), *(p for p in following.periods_reported(ctx) if p != (begins, ends))]
    asked = request.args.get("period", "")
    begins, ends = next((p for p in known if f"{p[0].isoformat()}..{p[1].isoformat()}" == asked), known[0])
    return render_template(
        "complaints/reports.html",
        sums=following.added_up(ctx, begins, ends),
        begins=begins,
        ends=ends,
        periods=known,
    )


@blueprint.post("/reports/draw-up")
@needs(WRITE)
def reports_draw_up():
    """Draw up what is missing for the last period."""
    ctx = current_ctx()
    made = services.draw_up_due(ctx)
    flash_done(_("Reports drawn up: {count}", count=made))
    return redirect(url_for("complaints.reports_together"))


@blueprint.get("/reports/<int:record_id>")
@needs(VIEW)
def report_page(record_id: int):
    """One report: its figures, its remark, who submitted it."""
    ctx = current_ctx()
    report = following.get_report(ctx, record_id)
    form = forms.ReportForm(formdata=None, version=report.version, remark=report.remark)
    own = report.unit_id == queries.own_unit(ctx) or ctx.can(WRITE)
    return render_template(
        "complaints/report.html",
        report=report,
        form=form,
        words=Words(ctx),
        may={"submit": ctx.can(SUBMIT) and own and report.state == "draft", "refresh": ctx.can(WRITE)},
        history=timeline_items(ctx, timeline(ctx, report)),
    )


@blueprint.post("/reports/<int:record_id>/submit")
@needs(SUBMIT)
def report_submit(record_id: int):
    """The head of the centre submits the report."""
    ctx = current_ctx()
    form = forms.ReportForm(formdata=request.form)
    following.get_report(ctx, record_id)
    try:
        services.submit_report(ctx, record_id, form.remark.data or "", version=form.seen)
        flash_done(_("Report submitted"))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        flash_error(error)
    return redirect(url_for("complaints.report_page", record_id=record_id))


@blueprint.post("/reports/<int:record_id>/refresh")
@needs(WRITE)
def report_refresh(record_id: int):
    """Draw a report up again that was not submitted yet."""
    ctx = current_ctx()
    report = following.get_report(ctx, record_id)
    try:
        services.draw_up_report(ctx, report.unit_id or 0, report.begins_on, report.ends_on)
        flash_done(_("Figures brought up to date"))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        flash_error(error)
    return redirect(url_for("complaints.report_page", record_id=record_id))
