"""The page of one pass."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for

from core.api import Ctx, DomainError, _, gates, possible
from core.web_api import current_ctx, flash_done, flash_error, needs, panels_of, timeline_of
from plugins.base import queries as archive
from sitepass import queries, rules, services
from sitepass.forms import ChangeForm, LendForm
from sitepass.models import LENT, WANTED, WORKFLOW, Pass

blueprint = Blueprint("sitepass", "sitepass", template_folder="templates")


@blueprint.get("/site-passes/<int:record_id>")
@needs("sitepass.pass.view")
def pass_page(record_id: int):
    """One pass: whose it is, who carries it, what happened to it."""
    ctx = current_ctx()
    return _page(ctx, queries.get_pass(ctx, record_id))


@blueprint.post("/site-passes/<int:record_id>/lend")
@needs("sitepass.pass.edit")
def pass_lend(record_id: int):
    """Take the pass over."""
    form = LendForm()
    return _done(record_id, form, lambda ctx: services.lend_pass(ctx, record_id, form.holder.data or ""))


@blueprint.post("/site-passes/<int:record_id>/change")
@needs("sitepass.pass.edit")
def pass_change(record_id: int):
    """Correct who carries it and until when."""
    ctx = current_ctx()
    form = ChangeForm(record=queries.get_pass(ctx, record_id))
    return _done(
        record_id,
        form,
        lambda ctx: services.change_pass(ctx, record_id, form.holder.data, form.back_by.data, form.seen),
    )


@blueprint.post("/site-passes/<int:record_id>/return")
@needs("sitepass.pass.edit")
def pass_return(record_id: int):
    """Give the pass back."""
    return _done(record_id, None, lambda ctx: services.give_back(ctx, record_id))


def _done(record_id: int, form, action):
    ctx = current_ctx()
    row = queries.get_pass(ctx, record_id)
    if form is not None and not form.validate():
        return _page(ctx, row, form, 422)
    try:
        action(ctx)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        if form is not None:
            extra = form.refuse(error)
            return _page(ctx, queries.get_pass(ctx, record_id), form, error.status, extra)
        flash_error(error)
    else:
        flash_done(_("Saved."))
    return redirect(url_for("sitepass.pass_page", record_id=record_id))


def _page(ctx: Ctx, row: Pass, form=None, status: int = 200, extra=()):
    """The page; ``form`` is the one that was refused, with what was typed."""
    if form is None and ctx.can("sitepass.pass.edit"):
        form = {WANTED: LendForm, LENT: lambda: ChangeForm(formdata=None, record=row)}.get(row.state, lambda: None)()
    found = [gate for way in possible(ctx, WORKFLOW, row) for gate in gates(ctx, way, row)]
    page = render_template(
        "sitepass/pass.html",
        row=row,
        form=form,
        extra=extra,
        state=WORKFLOW.state(row.state),
        wanted=row.state == WANTED,
        lent=row.state == LENT,
        late=row.state == LENT and rules.is_late(row.back_by, ctx.today),
        gates=found,
        customer=archive.get_customer(ctx, row.customer_id),
        panels=panels_of(ctx, row),
        timeline=timeline_of(ctx, row),
    )
    return page, status
