"""Steps that wait for papers: what a decision on coverage asks for, where the company's table says so.

The step itself belongs to another module; it asks through the gate ``check_transition``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.api import N_, Ctx, Gate, RecordRef, _, rule
from plugins.warranty.contracts import INVOICE, WARRANTY_CARD
from plugins.warranty.queries.coverage import decisions_about
from plugins.warranty.queries.evidence import kept_papers

TABLE = "warranty.papers"
LACKING = {
    INVOICE: N_("A picture of the proof of purchase is missing ({number})"),
    WARRANTY_CARD: N_("A picture of the warranty card is missing ({number})"),
}
KEPT = {
    INVOICE: N_("The proof of purchase is kept"),
    WARRANTY_CARD: N_("The warranty card is kept"),
}


def gates(ctx: Ctx, ref: RecordRef, step: str, where: Callable[[int], str]) -> list[Gate]:
    """What a step of a record waits for. ``where`` answers the address at which papers of a unit are recorded."""
    row = next((d for d in decisions_about(ctx, ref) if d.state == "stands"), None)
    if row is None or not row.outputs.get("needs_proof"):
        return []
    kept = kept_papers(ctx, row.device_id)
    found = []
    for paper in LACKING:
        if _waits(ctx, ref, step, paper, row):
            text = _(KEPT[paper]) if paper in kept else _(LACKING[paper], number=row.number)
            hint = "" if paper in kept else _("Record it on the warranty card of the unit with a picture or scan.")
            address = where(row.device_id)
            found.append(Gate(f"warranty.paper_{paper}", text, paper not in kept, address, _("Record it"), hint))
    return found


def _waits(ctx: Ctx, ref: RecordRef, step: str, paper: str, row: Any) -> bool:
    facts = {"record": ref.kind, "step": step, "paper": paper, "charge": row.charge, "rule_set": row.rule_set or None}
    return bool((rule(ctx, TABLE, facts).outputs or {}).get("wait"))
