"""The tree of root causes, the page of one, adding and changing. The list by code is declared."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for

from core.api import Ctx, DomainError, _, timeline
from core.web_api import current_ctx, flash_done, needs, timeline_items, typed
from plugins.complaints import figures, following, forms, life, queries, services
from plugins.complaints.cause_list import EDIT, VIEW
from plugins.complaints.contracts import CauseData
from plugins.complaints.models import Cause
from plugins.complaints.views.blueprint import blueprint


@blueprint.get("/causes/tree")
@needs(VIEW)
def causes_tree():
    """The whole tree, in its order."""
    ctx = current_ctx()
    tree = following.tree(ctx)
    units = {u.id: u.name for u in queries.all_units(ctx)}
    return render_template("complaints/causes.html", rows=tree.in_order(), units=units)


@blueprint.route("/causes/new", methods=["GET", "POST"])
@needs(EDIT)
def cause_new():
    """Add a cause."""
    return _edit(current_ctx(), None)


@blueprint.get("/causes/<int:record_id>")
@needs(VIEW)
def cause_page(record_id: int):
    """One cause: where it stands in the tree, and how often complaints were put down to it."""
    ctx = current_ctx()
    cause = following.get_cause(ctx, record_id)
    tree = following.tree(ctx)
    return render_template(
        "complaints/cause_page.html",
        cause=cause,
        path=tree.path(cause.parent_id),
        below=tree.children(cause.id),
        department=queries.unit_name(ctx, tree.department_of(cause.id)),
        needs_action=tree.needs_action(cause.id),
        count=figures.count_with_cause(ctx, cause.id),
        may={"edit": ctx.can(EDIT), "complaints": ctx.can(life.VIEW), "actions": ctx.can(life.SEE_ACTIONS)},
        history=timeline_items(ctx, timeline(ctx, cause)),
    )


@blueprint.route("/causes/<int:record_id>/edit", methods=["GET", "POST"])
@needs(EDIT)
def cause_edit(record_id: int):
    """Change a cause."""
    ctx = current_ctx()
    return _edit(ctx, following.get_cause(ctx, record_id))


def _edit(ctx: Ctx, cause: Cause | None):
    values = {} if cause is None else {
        "code": cause.code, "name": cause.name, "parent_id": cause.parent_id or 0, "unit_id": cause.unit_id or 0,
        "needs_action": cause.needs_action, "active": cause.active, "version": cause.version,
    }
    form = forms.CauseEditForm(formdata=typed(), **values)
    forms.offer_causes(ctx, form, keep=cause.parent_id if cause else None)
    form.parent_id.choices[0] = (0, _("nothing: topmost"))
    if cause is not None:
        form.parent_id.choices = [c for c in form.parent_id.choices if c[0] != cause.id]
    forms.offer_departments(ctx, form.unit_id, _("that of the cause above"))
    extra: list[str] = []
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            data = CauseData(
                form.code.data or "",
                form.name.data or "",
                cause.id if cause else None,
                form.parent_id.data or None,
                form.unit_id.data or None,
                bool(form.needs_action.data),
                bool(form.active.data),
            )
            try:
                saved = services.save_cause(ctx, data, version=form.seen if cause else None)
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                extra, status = form.refuse(error), error.status
            else:
                flash_done(_("Cause {name} saved", name=saved.name))
                return redirect(url_for("complaints.cause_page", record_id=saved.id))
    return render_template("complaints/cause.html", form=form, extra=extra, cause=cause), status
