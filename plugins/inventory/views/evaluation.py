"""Pages of evaluations of suppliers: what deliveries showed, scores by hand, what followed. The list is declared."""

from __future__ import annotations

import datetime as dt

from flask import render_template, request, url_for

from core.api import Ctx, _, label, timeline
from core.web_api import current_ctx, day_of, form_page, needs, panels_of, timeline_items, typed
from plugins.base.queries.suppliers import get_supplier
from plugins.inventory.evaluation_contracts import BEST, EvaluationData
from plugins.inventory.forms.evaluation import evaluation_form, scores_of
from plugins.inventory.lists.evaluation import standing_mark
from plugins.inventory.models import Evaluation
from plugins.inventory.queries import evaluation as queries
from plugins.inventory.rules.evaluation import months_on
from plugins.inventory.services import evaluating as services
from plugins.inventory.services.evaluating import EVALUATE, SEE
from plugins.inventory.views.blueprint import blueprint

YEAR = 12


@blueprint.route("/suppliers/<int:record_id>/evaluate", methods=["GET", "POST"])
@needs(EVALUATE)
def supplier_evaluate(record_id: int):
    """Evaluate a supplier: the figures of the period are shown, ``since`` and ``until`` of the address choose it."""
    ctx = current_ctx()
    supplier = get_supplier(ctx, record_id)
    since, until = _period(ctx)
    criteria = queries.criteria(ctx)
    form = evaluation_form(criteria, formdata=typed(), since=since, until=until)

    def save() -> Evaluation:
        data = EvaluationData(
            supplier.id, form.since.data or since, form.until.data or until, scores_of(form, criteria),
            form.note.data or "",
        )  # fmt: skip
        return services.evaluate(ctx, data)

    return form_page(
        form, save, "inventory/evaluation_form.html",
        lambda row: url_for("inventory.evaluation_page", record_id=row.id), supplier=supplier, best=BEST,
        scores=[f"score_{code}" for code in criteria], since=since, until=until,
        figures=_figures(queries.figures(ctx, supplier.id, since, until)),
    )  # fmt: skip


def _period(ctx: Ctx) -> tuple[dt.date, dt.date]:
    """The period of the address, else the last year."""
    sent = request.form if request.method == "POST" else request.args
    return day_of(sent.get("since")) or months_on(ctx.today, -YEAR), day_of(sent.get("until")) or ctx.today


def _figures(row) -> list[tuple[str, str]]:
    def share(value) -> str:
        return f"{value:.1f} %" if value is not None else _("nothing to judge by")

    claimed = [
        (_("Claims for what failed with customers"), str(row.claims)),
        (_("Claims made good, of what was claimed"), share(row.claims_met)),
    ]  # fmt: skip
    return [
        (_("Order lines due in the period"), str(row.lines)), (_("In full and on time"), share(row.on_time)),
        (_("Rejected, of what came"), share(row.rejected)), (_("Returns made good"), share(row.made_good)),
        *(claimed if row.claims is not None else ()),
    ]  # fmt: skip


@blueprint.get("/evaluations/<int:record_id>")
@needs(SEE)
def evaluation_page(record_id: int):
    """One evaluation: the figures of its period, the scores, what followed and why."""
    ctx = current_ctx()
    row = queries.get_evaluation(ctx, record_id)
    words = queries.criteria(ctx)
    stored = queries.decision_of(ctx, row)
    return render_template(
        "inventory/evaluation.html", row=row, supplier=row.supplier, mark=standing_mark(row.standing),
        figures=_figures(row), best=BEST,
        scores=[(label(words[code]) if code in words else code, score) for code, score in row.scores.items()],
        consequence=label(row.consequence) if row.consequence else "",
        why=label(stored.words) if stored is not None else "",
        panels=panels_of(ctx, row), history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip
