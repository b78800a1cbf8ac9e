"""Suppliers are evaluated regularly, by their deliveries and by scores; what follows says a table (STO-7, QMS-2)."""

from __future__ import annotations

from typing import Any

from core.api import (
    N_,
    Conflict,
    Ctx,
    Invalid,
    _,
    both,
    emit,
    get_setting,
    next_number,
    notify,
    people_with_role,
    rule,
    transaction,
)
from plugins.base.contracts import STANDING_WORDS
from plugins.base.queries.suppliers import Supplier, due_suppliers, get_supplier
from plugins.base.services.suppliers import set_standing
from plugins.inventory.evaluation_contracts import BEST, EVALUATION, RULES, EvaluationData
from plugins.inventory.models import Evaluation
from plugins.inventory.queries import evaluation as queries
from plugins.inventory.rules import evaluation as rules
from plugins.inventory.services.common import fitting

SEE, EVALUATE = "inventory.supplier.view", "inventory.supplier.evaluate"
MOST_DAYS = 3660
AT_ONCE = 500


def evaluate(ctx: Ctx, data: EvaluationData) -> Evaluation:
    """Evaluate a supplier for a period that is over: the figures are reckoned now, the company's table says what
    follows and when it is due again.
    """
    ctx.require(EVALUATE)
    with transaction(ctx):
        supplier = get_supplier(ctx, data.supplier_id, lock=True)
        if data.until < data.since or (data.until - data.since).days > MOST_DAYS:
            raise Invalid("bad_days", _("The first day comes before the last, within ten years."), "until")
        if data.until > ctx.today:
            raise Invalid("future", _("Only what has happened is judged: up to today at most."), "until")
        scores = _scores(ctx, data)
        found = queries.figures(ctx, supplier.id, data.since, data.until)
        score = rules.average(scores.values())
        row = Evaluation(
            number=next_number(ctx, EVALUATION, str(get_setting(ctx, "inventory.evaluation_pattern"))),
            supplier_id=supplier.id, since=data.since, until=data.until, lines=found.lines, on_time=found.on_time,
            rejected=found.rejected, made_good=found.made_good, claims=found.claims, claims_met=found.claims_met,
            scores=scores, score=score, standing="approved",
            next_on=ctx.today, note=fitting(data.note, "note", 2000), made_at=ctx.now, made_by=ctx.actor.name,
        )  # fmt: skip
        facts = {
            "lines": found.lines, "on_time": found.on_time, "rejected": found.rejected, "made_good": found.made_good,
            "claims": found.claims, "claims_met": found.claims_met, "score": score,
        }  # fmt: skip
        ctx.session.add(row)
        ctx.session.flush()
        ruling = rule(ctx, RULES, facts, record=row)
        outputs: Any = ruling.outputs
        if outputs is None:
            raise Conflict("undecided", _("The table of verdicts has no row for this: add one."))
        fired = ruling.decision.compiled.table.rows[ruling.decision.row_index] if ruling.decision.row_number else None
        row.standing, row.consequence = str(outputs["standing"]), _both_words(fired.note) if fired is not None else {}
        row.next_on = rules.months_on(ctx.today, int(outputs["months"]))
        set_standing(ctx, supplier.id, row.standing, row.next_on)
        emit(
            ctx, "inventory.supplier_evaluated", row, links=[supplier], number=row.number, name=supplier.name,
            standing=both(STANDING_WORDS[row.standing]), next=row.next_on.isoformat(),
        )  # fmt: skip
        return row


def _both_words(note: str | dict[str, str]) -> dict[str, str]:
    """The note of a row in both languages."""
    return {"en": note, "zh": note} if isinstance(note, str) else dict(note)


def _scores(ctx: Ctx, data: EvaluationData) -> dict[str, int]:
    known = queries.criteria(ctx)
    for code, score in data.scores.items():
        if code not in known:
            raise Invalid("bad_choice", _("Choose one of the values offered."), f"score_{code}")
        if not 1 <= score <= BEST:
            raise Invalid("bad_score", _("A score is from 1 to {best}.", best=BEST), f"score_{code}")
    return dict(data.scores)


def require_approved(ctx: Ctx, suppliers: list[Supplier]) -> None:
    """Raise Conflict for one that may not be ordered from: stopped, or, where the company wants approved ones only,
    never evaluated.
    """
    only = bool(get_setting(ctx, "inventory.approved_suppliers_only"))
    for supplier in suppliers:
        if supplier.standing == "stopped" or (only and supplier.standing == "new"):
            words = _(
                "{supplier}: {standing}. Choose another supplier, or evaluate it.",
                supplier=supplier.name, standing=_(STANDING_WORDS[supplier.standing]),
            )  # fmt: skip
            raise Conflict("not_approved", words, field="supplier_id")


def tell_due(ctx: Ctx) -> int:
    """Scheduled: tell who buys of every supplier whose evaluation has come due, each once; answers how many lines were
    put into inboxes.
    """
    with transaction(ctx):
        people = people_with_role(ctx, str(get_setting(ctx, "inventory.evaluation_told")))
        text = N_("{name} is due for evaluation since {day}")
        told = 0
        for row in due_suppliers(ctx, AT_ONCE) if people else ():
            day = row.evaluate_on.isoformat() if row.evaluate_on else ""
            told += notify(ctx, people, text, record=row, once=f"evaluation {row.id} {day}", name=row.name, day=day)
        return told
