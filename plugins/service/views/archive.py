"""Pages of the archive: ordering that closed orders are archived, and what came of it."""

from __future__ import annotations

from flask import render_template, url_for

from core.api import NotFound, _, find_task
from core.web_api import current_ctx, form_page, needs, typed
from plugins.service import life
from plugins.service.forms import archive as forms
from plugins.service.queries import archive as queries
from plugins.service.services import archiving as services
from plugins.service.views.blueprint import blueprint


@blueprint.route("/archive/run", methods=["GET", "POST"])
@needs(life.ARCHIVE)
def archive_run():
    """Archive all that was closed long enough ago, in the background."""
    ctx = current_ctx()
    days = queries.days_of(ctx)
    form = forms.ArchiveForm(formdata=typed(), days=days)
    return form_page(
        form, lambda: services.order_archiving(ctx, form.days.data or 0), "service/archive_run.html",
        lambda task: url_for("service.archived_page", record_id=task.id), days=days,
        ripe=queries.count_ripe(ctx, days), years=queries.kept_years(ctx),
    )  # fmt: skip


@blueprint.get("/archive/runs/<int:record_id>")
@needs(life.ARCHIVE)
def archived_page(record_id: int):
    """What one run archived, and what still lacks something."""
    task = find_task(current_ctx(), record_id)
    if task.kind != services.TASK:
        raise NotFound("unknown_task", _("There is no such background work."))
    return render_template("service/archived.html", task=task, counts=task.result or task.cursor)
