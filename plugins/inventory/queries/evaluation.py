"""What deliveries of a supplier showed in a period, its evaluations, and who is due."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, NotFound, StoredDecision, _, ask, get_setting, parse_choices
from plugins.base.queries.suppliers import Supplier, is_due
from plugins.inventory.contracts import ORDER
from plugins.inventory.evaluation_contracts import EVALUATION, RULES, Figures
from plugins.inventory.models import (
    Evaluation,
    Inspection,
    Move,
    PurchaseOrder,
    PurchaseOrderLine,
    SupplierReturn,
    Verdict,
)
from plugins.inventory.queries.parts import NOTHING
from plugins.inventory.rules import evaluation as rules

_SHIPPED = Path(__file__).parents[1] / "data" / "supplier_scores.txt"
BAD = ("scrap", "supplier")
ONE_DAY = dt.timedelta(days=1)


@cache
def _shipped() -> str:
    return _SHIPPED.read_text(encoding="utf-8")


def criteria(ctx: Ctx) -> dict[str, dict[str, str]]:
    """Code → words of what is scored by hand, by the company's own list."""
    return dict(parse_choices(str(get_setting(ctx, "inventory.supplier_scores")) or _shipped()))


def figures(ctx: Ctx, supplier_id: int, since: dt.date, until: dt.date) -> Figures:
    """What lines that were due between two days showed, and what was claimed from the supplier in these days."""
    lines = _lines(ctx, supplier_id, since, until)
    back = ctx.session.execute(
        sa.select(SupplierReturn.quantity, SupplierReturn.settled).where(
            SupplierReturn.supplier_id == supplier_id, SupplierReturn.expects != "nothing",
            SupplierReturn.sent_at >= _moment(ctx, since), SupplierReturn.sent_at < _moment(ctx, until + ONE_DAY),
        )
    ).all()  # fmt: skip
    claimed = ask(ctx, "supplier_claims", supplier_id=supplier_id, since=since, until=until)
    return Figures(
        len(lines), rules.on_time(lines), rules.rejected(lines), rules.made_good([(q, s) for q, s in back]),
        claimed.claims if claimed is not None else None, claimed.made_good if claimed is not None else None,
    )  # fmt: skip


def _moment(ctx: Ctx, day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), ctx.tz)


def _lines(ctx: Ctx, supplier_id: int, since: dt.date, until: dt.date) -> list[rules.Line]:
    """The lines of its orders that were due between two days, in four statements however many there are."""
    line, order = PurchaseOrderLine, PurchaseOrder
    due = sa.func.coalesce(line.due_on, order.expected_on)
    query = sa.select(line, order.loaded, due).join(order, order.id == line.order_id)
    query = query.where(order.supplier_id == supplier_id, order.state != "cancelled", due.between(since, until))
    rows = ctx.session.execute(query.order_by(line.id)).all()
    own = {row[0].order_id for row in rows if not row.loaded}
    came, bad = _came(ctx, own), _rejected(ctx, own)
    found = []
    for row, loaded, day in rows:
        key = (row.order_id, row.part_id)
        if loaded:
            found.append(rules.Line(row.quantity, row.received, row.rejected, day, None))
        else:
            in_time = sum((quantity for on, quantity in came.get(key, ()) if on <= day), Decimal(0))
            found.append(rules.Line(row.quantity, row.received, bad.get(key, Decimal(0)), day, in_time))
    return found


def _came(ctx: Ctx, order_ids: set[int]) -> dict[tuple[int, int], list[tuple[dt.date, Decimal]]]:
    """(order, part) → what came on which day, by the moves that were not reversed."""
    undone = orm.aliased(Move)
    query = sa.select(Move.record_id, Move.part_id, Move.effective_on, Move.quantity).where(
        Move.record_kind == ORDER, Move.record_id.in_(sorted(order_ids) or NOTHING), Move.kind == "receipt",
        ~sa.exists(sa.select(undone.id).where(undone.reverses_id == Move.id)),
    )  # fmt: skip
    found: dict[tuple[int, int], list[tuple[dt.date, Decimal]]] = {}
    for order_id, part_id, on, quantity in ctx.session.execute(query):
        found.setdefault((order_id or 0, part_id), []).append((on, quantity))
    return found


def _rejected(ctx: Ctx, order_ids: set[int]) -> dict[tuple[int, int], Decimal]:
    """(order, part) → what inspecting it on receipt rejected."""
    query = sa.select(Inspection.record_id, Inspection.part_id, sa.func.sum(Verdict.quantity))
    query = query.join(Verdict, Verdict.inspection_id == Inspection.id).where(
        Inspection.record_kind == ORDER, Inspection.record_id.in_(sorted(order_ids) or NOTHING),
        Verdict.verdict.in_(BAD),
    )  # fmt: skip
    rows = ctx.session.execute(query.group_by(Inspection.record_id, Inspection.part_id))
    return {(row[0] or 0, row[1]): row[2] for row in rows}


# --- evaluations ----------------------------------------------------------------------------------------------------


def evaluation_rows(_ctx: Ctx) -> sa.Select:
    """Evaluations with whom they are about."""
    return sa.select(Evaluation).options(orm.joinedload(Evaluation.supplier))


def get_evaluation(ctx: Ctx, evaluation_id: int) -> Evaluation:
    """One evaluation. Raises NotFound."""
    row = ctx.session.scalar(evaluation_rows(ctx).where(Evaluation.id == evaluation_id))
    if row is None:
        raise NotFound("unknown_evaluation", _("There is no such evaluation."))
    return row


def evaluations_of(ctx: Ctx, supplier_id: int, limit: int) -> list[Evaluation]:
    """The evaluations of a supplier, the latest first."""
    query = sa.select(Evaluation).where(Evaluation.supplier_id == supplier_id)
    return list(ctx.session.scalars(query.order_by(Evaluation.id.desc()).limit(limit)))


def decision_of(ctx: Ctx, row: Evaluation) -> StoredDecision | None:
    """What the company's table said, kept with the evaluation."""
    query = sa.select(StoredDecision).where(
        StoredDecision.table_name == RULES, StoredDecision.record_kind == EVALUATION,
        StoredDecision.record_id == row.id,
    )  # fmt: skip
    return ctx.session.scalar(query.order_by(StoredDecision.id.desc()).limit(1))


def count_due(ctx: Ctx) -> int:
    """How many suppliers are due."""
    return ctx.session.scalar(sa.select(sa.func.count()).select_from(Supplier).where(is_due(ctx))) or 0
