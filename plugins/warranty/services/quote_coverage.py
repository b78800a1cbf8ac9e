"""What a decision on coverage means for a quote: who pays which kind of cost, and by which list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.api import Conflict, Ctx, RecordRef, _
from plugins.warranty.contracts import CHARGE_WORDS, DECISION_STATE_WORDS, LINE_COSTS, Payer, QuoteData
from plugins.warranty.models import CoverageDecision
from plugins.warranty.queries import coverage as decisions
from plugins.warranty.queries import prices
from plugins.warranty.services.coverage import answer_of

LINES = {cost: line for line, cost in LINE_COSTS.items()}
"""Kinds of cost, as decisions name them → lines of quotes."""
PAYERS = {"maker": "supplier"}
"""Payers that decisions call otherwise."""


def payers_of(ctx: Ctx, row: CoverageDecision) -> dict[str, Payer]:
    """Who pays each kind of cost by a decision; a kind that it leaves open is paid by the customer."""
    answer = answer_of(ctx, row)
    charge = _(CHARGE_WORDS[row.charge]) if row.charge else ""
    words = _("Decision {number}: {charge}", number=row.number, charge=charge)
    if answer.clause:
        words = _("{words} ({clause})", words=words, clause=answer.clause)
    return {
        LINES[cost]: Payer(PAYERS.get(who, who), "" if who == "customer" else words[:400])
        for cost, who in answer.payers.items()
        if cost in LINES
    }


def by_decision(ctx: Ctx, data: QuoteData) -> QuoteData:
    """A quote as entered, with what its decision says where nothing else was given: payers, list, whom and what for.

    Raises Conflict while the decision does not stand.
    """
    if data.coverage_id is None:
        return data
    row = standing(ctx, data.coverage_id)
    named = str(row.outputs.get("price_list") or "")
    price_list = prices.list_named(ctx, named) if named else prices.default_list(ctx)
    about = RecordRef(row.about_kind, row.about_id) if row.about_id is not None else None
    return replace(
        data,
        payers=data.payers or payers_of(ctx, row),
        decision_id=row.ruling_id,
        list_id=data.list_id or (price_list.id if price_list is not None else None),
        about=data.about or about,
        customer_id=data.customer_id or row.customer_id,
        device_id=data.device_id or row.device_id,
    )


def standing(ctx: Ctx, coverage_id: int) -> CoverageDecision:
    """A decision by which a quote may be made. Raises Conflict for one that does not stand."""
    row = decisions.get_decision(ctx, coverage_id)
    if row.state != "stands":
        state = _(DECISION_STATE_WORDS[row.state])
        text = _("Decision {number} can't be quoted by: {state}.", number=row.number, state=state)
        raise Conflict("decision_open", text)
    return row


def latest(ctx: Ctx, coverage_id: int | None) -> CoverageDecision | None:
    """The decision that has taken the place of another one in the end; None when it is the last word itself."""
    found = None
    following = decisions.follower_of(ctx, coverage_id) if coverage_id is not None else None
    while following is not None:
        found, following = following, decisions.follower_of(ctx, following.id)
    return found


def payers_about(ctx: Ctx, ref: RecordRef) -> Mapping[str, Payer]:
    """Who pays by the newest decision that stands for a record; empty without one."""
    row = next((d for d in decisions.decisions_about(ctx, ref) if d.state == "stands"), None)
    return payers_of(ctx, row) if row is not None else {}
