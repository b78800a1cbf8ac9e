"""The page of one pass."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for

from core.api import N_, DomainError, _
from core.web_api import current_ctx, flash_done, flash_error, needs, timeline_of
from plugins.base import queries as archive
from sitepass import queries, rules, services
from sitepass.models import LENT, WANTED, WORKFLOW

blueprint = Blueprint("sitepass", "sitepass", template_folder="templates")

LABELS = {"holder": N_("Carried by"), "state": N_("State"), "back_by": N_("Back by")}


@blueprint.get("/site-passes/<int:record_id>")
@needs("sitepass.pass.view")
def pass_page(record_id: int):
    """One pass: whose it is, who carries it, what happened to it."""
    ctx = current_ctx()
    row = queries.get_pass(ctx, record_id)
    return render_template(
        "sitepass/pass.html",
        row=row,
        state=WORKFLOW.state(row.state),
        wanted=row.state == WANTED,
        lent=row.state == LENT,
        late=row.state == LENT and rules.is_late(row.back_by, ctx.today),
        customer=archive.get_customer(ctx, row.customer_id),
        timeline=timeline_of(ctx, row, labels=LABELS),
        may_edit=ctx.can("sitepass.pass.edit"),
    )


@blueprint.post("/site-passes/<int:record_id>/lend")
@needs("sitepass.pass.edit")
def pass_lend(record_id: int):
    """Take the pass over."""
    return _done(record_id, lambda ctx: services.lend_pass(ctx, record_id, request.form.get("holder", "")))


@blueprint.post("/site-passes/<int:record_id>/return")
@needs("sitepass.pass.edit")
def pass_return(record_id: int):
    """Give the pass back."""
    return _done(record_id, lambda ctx: services.give_back(ctx, record_id))


def _done(record_id: int, action):
    try:
        action(current_ctx())
        flash_done(_("Saved."))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        flash_error(error)
    return redirect(url_for("sitepass.pass_page", record_id=record_id))
