"""Pages of claims for lost and damaged tools. The list is declared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request, url_for

from core.api import Ctx, DomainError, _, decisions_on, gates, possible, timeline
from core.web_api import (
    carry_out,
    current_ctx,
    decision_view_of,
    flash_done,
    flash_error,
    needs,
    panels_of,
    timeline_items,
)
from plugins.inventory.forms.common import ReasonForm
from plugins.inventory.forms.tools import FaultForm
from plugins.inventory.lists.tools import claim_mark
from plugins.inventory.models import ToolClaim
from plugins.inventory.queries import tools as queries
from plugins.inventory.queries.places import names_of
from plugins.inventory.services import tool_claims as services
from plugins.inventory.services.tool_claims import COLLECT, DECIDE, VIEW, WORKFLOW
from plugins.inventory.tool_contracts import FAULT_WORDS, LOSS_WORDS
from plugins.inventory.views.blueprint import blueprint


@blueprint.get("/tool-claims/<int:record_id>")
@needs(VIEW)
def tool_claim_page(record_id: int):
    """One claim: what happened, whose fault it was, what is to be paid and why."""
    ctx = current_ctx()
    return _page(ctx, queries.get_claim(ctx, record_id))


def _page(
    ctx: Ctx, row: ToolClaim, forms: dict[str, Any] | None = None, extra: list[str] | None = None, status: int = 200
):
    ways = {t.name: t for t in possible(ctx, WORKFLOW, row)}
    decided = decisions_on(ctx, row)
    blank = {
        "fault": FaultForm(formdata=None, version=row.version), "end": ReasonForm(formdata=None, version=row.version),
    }  # fmt: skip
    page = render_template(
        "inventory/tool_claim.html", row=row, mark=claim_mark(row), custody=queries.get_custody(ctx, row.custody_id),
        person=names_of(ctx, [row.assignee_id]).get(row.assignee_id or 0, ""), happened=_(LOSS_WORDS[row.happened]),
        fault=_(FAULT_WORDS[row.fault]) if row.fault else "",
        why=decision_view_of(ctx, decided[-1]) if decided else None,
        gates=gates(ctx, ways["approve"], row) if "approve" in ways else [],
        may={name: name in ways for name in ("decide", "approve", "pay", "waive")},
        forms={**blank, **(forms or {})}, failed=next(iter(forms or {}), ""), extra=extra or [],
        panels=panels_of(ctx, row), history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip
    return page, status


def _done(record_id: int, name: str, form: Any, do: Callable[[Ctx], Any], done: str):
    ctx = current_ctx()
    queries.get_claim(ctx, record_id)
    return carry_out(
        form, lambda: do(ctx), done, url_for("inventory.tool_claim_page", record_id=record_id),
        lambda extra, status: _page(ctx, queries.get_claim(ctx, record_id), {name: form}, extra, status),
    )  # fmt: skip


@blueprint.post("/tool-claims/<int:record_id>/decide")
@needs(DECIDE)
def tool_claim_decide(record_id: int):
    """Decide whether it was by fault; the table says what is paid."""
    form = FaultForm(formdata=request.form)

    def do(ctx: Ctx) -> ToolClaim:
        return services.decide(ctx, record_id, form.fault.data or "", form.reason.data or "", version=form.seen)

    return _done(record_id, "fault", form, do, _("Fault decided"))


@blueprint.post("/tool-claims/<int:record_id>/approve")
@needs(DECIDE)
def tool_claim_approve(record_id: int):
    """Let it be paid, or ask for the approvals that it needs."""
    ctx = current_ctx()
    form = ReasonForm(formdata=request.form)
    queries.get_claim(ctx, record_id)
    try:
        services.approve(ctx, record_id, version=form.seen)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        ctx.session.expire_all()
        if error.code == "stale":
            return _page(ctx, queries.get_claim(ctx, record_id), extra=[error.message], status=error.status)
        flash_error(error)
    else:
        flash_done(_("Approved"))
    return redirect(url_for("inventory.tool_claim_page", record_id=record_id))


@blueprint.post("/tool-claims/<int:record_id>/pay")
@needs(COLLECT)
def tool_claim_pay(record_id: int):
    """Note that it was paid."""
    form = ReasonForm(formdata=request.form)
    return _done(
        record_id, "end", form,
        lambda ctx: services.note_payment(ctx, record_id, form.reason.data or "", version=form.seen), _("Noted"),
    )  # fmt: skip


@blueprint.post("/tool-claims/<int:record_id>/waive")
@needs(DECIDE)
def tool_claim_waive(record_id: int):
    """Nothing is asked for after all."""
    form = ReasonForm(formdata=request.form)
    return _done(
        record_id, "end", form,
        lambda ctx: services.waive(ctx, record_id, form.reason.data or "", version=form.seen), _("Waived"),
    )  # fmt: skip
