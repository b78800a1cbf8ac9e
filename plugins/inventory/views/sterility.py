"""The page of a case of sterile goods sold. The list is declared."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for

from core.api import Ctx, _, decisions_on, label, possible, timeline
from core.web_api import carry_out, clock_view_of, current_ctx, needs, panels_of, timeline_items, typed
from plugins.inventory.forms.common import VersionForm
from plugins.inventory.forms.sterility import AskForm, DecideForm, QualityForm
from plugins.inventory.lists.sterility import case_mark, case_rows, quality_mark, until_mark
from plugins.inventory.queries import sterility as queries
from plugins.inventory.services import sterility as services
from plugins.inventory.services.sterility import CHECK, DECIDE, VIEW, WORK, WORKFLOW
from plugins.inventory.sterile_contracts import (
    CHARGE_WORDS,
    GOING_ON,
    OUTCOME_WORDS,
    OUTCOMES,
    PAYER_WORDS,
    SterileDecision,
)
from plugins.inventory.views.blueprint import blueprint


@blueprint.get("/sterile-sold/<int:record_id>")
@needs(VIEW)
def sterile_page(record_id: int):
    """One case: what is with whom, whether production was asked, what was found, and how it ends."""
    return _page(current_ctx(), record_id)


def _page(
    ctx: Ctx, case_id: int, failed: str = "", form: Any = None, extra: list[str] | None = None, status: int = 200
):
    case = queries.get_case(ctx, case_id)
    row = case_rows(ctx, [case])[0]
    ways = {t.name for t in possible(ctx, WORKFLOW, case)}
    forms: dict[str, Any] = {
        "ask": AskForm(formdata=None, version=case.version),
        "check": QualityForm(formdata=None, version=case.version, outcome=case.quality or None, note=case.quality_note),
        "open": VersionForm(formdata=None, version=case.version),
        "decide": DecideForm(formdata=None, version=case.version),
    }
    if form is not None:
        forms[failed] = form
    offered = [(code, _(words)) for code, words in OUTCOME_WORDS.items() if OUTCOMES[code] in ways]
    forms["decide"].outcome.choices = offered
    ruling = next((label(made.words) for made in decisions_on(ctx, case)), "")
    page = render_template(
        "inventory/sterile.html", case=case, row=row, batch=case.batch, part=case.batch.part, mark=case_mark(case),
        until=until_mark(case.sterile_until, ctx.today), quality=quality_mark(case),
        clock=clock_view_of(ctx, row.clock) if row.clock is not None and case.state in GOING_ON else None,
        charge=_(CHARGE_WORDS[case.charge]) if case.charge else "",
        payer=_(PAYER_WORDS[case.payer]) if case.payer else "", ruling=ruling, forms=forms, failed=failed,
        extra=extra or [], panels=panels_of(ctx, case), history=timeline_items(ctx, timeline(ctx, case)),
        may={
            "ask": "ask" in ways, "check": case.state in ("found", "asked") and ctx.can(CHECK),
            "open": "open_service" in ways and case.quality == "unaffected",
            "wait": "open_service" in ways and case.quality != "unaffected", "decide": bool(offered),
        },
    )  # fmt: skip
    return page, status


def _carry_out(record_id: int, name: str, form: Any, do: Any, done: str):
    ctx = current_ctx()
    return carry_out(
        form, do, done, url_for("inventory.sterile_page", record_id=record_id),
        lambda extra, status: _page(ctx, record_id, name, form, extra, status),
    )  # fmt: skip


@blueprint.post("/sterile-sold/<int:record_id>/ask")
@needs(WORK)
def sterile_ask(record_id: int):
    """Contact production."""
    form = AskForm(formdata=typed())
    return _carry_out(
        record_id, "ask", form,
        lambda: services.ask_production(current_ctx(), record_id, form.note.data or "", version=form.seen),
        _("Production asked"),
    )  # fmt: skip


@blueprint.post("/sterile-sold/<int:record_id>/check")
@needs(CHECK)
def sterile_check(record_id: int):
    """Write down what was found about the quality."""
    form = QualityForm(formdata=typed())
    return _carry_out(
        record_id, "check", form,
        lambda: services.check_quality(
            current_ctx(), record_id, form.outcome.data, form.note.data or "", version=form.seen
        ),
        _("Saved"),
    )  # fmt: skip


@blueprint.post("/sterile-sold/<int:record_id>/open")
@needs(WORK)
def sterile_open(record_id: int):
    """Have it sterilised again."""
    form = VersionForm(formdata=typed())
    return _carry_out(
        record_id, "open", form, lambda: services.have_sterilised(current_ctx(), [record_id]),
        _("Being sterilised again"),
    )  # fmt: skip


@blueprint.post("/sterile-sold/<int:record_id>/decide")
@needs(DECIDE)
def sterile_decide(record_id: int):
    """End the case by a decision."""
    form = DecideForm(formdata=typed())
    return _carry_out(
        record_id, "decide", form,
        lambda: services.decide(
            current_ctx(), record_id,
            SterileDecision(
                form.outcome.data, form.reason.data or "", form.sterile_until.data, bool(form.whole.data)
            ),
            version=form.seen,
        ),
        _("The case is decided"),
    )  # fmt: skip
