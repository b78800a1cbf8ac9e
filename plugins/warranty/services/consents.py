"""No paid work before recorded consent: which step of which record waits, as the company's table says.

The step itself belongs to another module; it asks through the gate ``check_transition``, or calls ``consent_of`` of the
queries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from core.api import N_, CellError, Ctx, Gate, RecordRef, Table, _, rule
from plugins.warranty.contracts import ConsentState
from plugins.warranty.queries import quotes as queries
from plugins.warranty.services.quote_coverage import payers_about

TABLE = "warranty.consent"
NEVER_ASKED = ("nothing_to_pay", "released")


def gates(ctx: Ctx, ref: RecordRef, step: str, where: Callable[[int | None, RecordRef], str]) -> list[Gate]:
    """The conditions of a step of a record: given consent where the table asks for it, and the paper it asks for.

    ``where`` answers the address at which what is missing is done.
    """
    state = consent_of(ctx, ref)
    if state.state in NEVER_ASKED:
        return []
    outputs = needed(ctx, ref, step, state)
    if not outputs.get("wait"):
        return []
    url = where(state.quote_id, ref)
    action = _("Write a quote") if state.state == "no_quote" else _("Open the quote")
    found = [Gate("warranty.consent", state.words, not state.given, url, action, _hint(state))]
    if state.given and outputs.get("paper"):
        found.append(_paper(ctx, state, url))
    return found


def mistakes(ctx: Ctx, table: Table) -> Iterator[CellError]:
    """Cells of a table of steps that wait which name no kind of record with steps, or no step of it.

    Such a row would never wait, and nobody would notice.
    """
    steps = {kind: {t.name for t in w.transitions} for kind, w in ctx.registry.workflows.items()}
    for number, row in enumerate(table.rows, start=1):
        records = _named(row.when.get("record"))
        for kind in records:
            if kind not in steps:
                text = N_("“{value}” is no kind of record that has steps. There are: {known}.")
                facts = {"value": kind, "known": ", ".join(sorted(steps))}
                yield CellError(number, "record", "unknown_record_kind", text, facts, ("rows", number - 1))
        known = [steps[kind] for kind in records if kind in steps] or ([] if records else list(steps.values()))
        offered = set().union(*known)
        for step in _named(row.when.get("step")):
            if known and step not in offered:
                text = N_("“{value}” is no step of these records. There are: {known}.")
                facts = {"value": step, "known": ", ".join(sorted(offered))}
                yield CellError(number, "step", "unknown_step", text, facts, ("rows", number - 1))


def _named(cell: Any) -> list[str]:
    """The values that a condition names one by one."""
    return [str(v) for v in cell.values] if cell is not None and cell.op in ("equals", "not", "in", "not_in") else []


def needed(ctx: Ctx, ref: RecordRef, step: str, state: ConsentState) -> dict:
    """What the company's table says about a step of a record in this state of consent."""
    quote = queries.find_quote(ctx, state.quote_id)
    facts = {"record": ref.kind, "step": step, "state": state.state, "amount": quote.total if quote else None}
    return dict(rule(ctx, TABLE, facts).outputs or {})


def consent_of(ctx: Ctx, ref: RecordRef) -> ConsentState:
    """How far the customer's consent to paid work on a record is."""
    return queries.consent_of(ctx, ref, payers_about(ctx, ref))


def _hint(state: ConsentState) -> str:
    if state.state == "refused":
        return _("The service goes on only when it is released by who may.")
    return "" if state.given else _("Paid work begins only after the customer's recorded consent.")


def _paper(ctx: Ctx, state: ConsentState, url: str) -> Gate:
    signed = any(c.evidence for c in queries.consents_of(ctx, state.quote_id or 0))
    text = _("The signed paper is attached") if signed else _("The paper signed by the customer is missing")
    return Gate("warranty.consent_paper", text, not signed, url, _("Attach it"))
