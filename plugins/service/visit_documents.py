"""What the printed service sheet says of visits: times, checklists, parts, signatures, ratings."""

from __future__ import annotations

from typing import Any

from core.api import Ctx, _, checklists_of, label
from plugins.service.models import ASPECTS, Order, Visit
from plugins.service.queries import visits as queries
from plugins.service.visit_contracts import (
    ASPECT_WORDS,
    DIFFERS_WORDS,
    FURTHER_WORDS,
    GRADE_WORDS,
    SIGNER_WORDS,
    VISIT_OUTCOME_WORDS,
)


def visit_facts(ctx: Ctx, order: Order) -> dict[str, Any]:
    """The visits of an order, and what is to be brought to it."""
    parts, ratings = queries.parts_of(ctx, order.id), queries.ratings_of(ctx, order.id)
    signed = {s.visit_id: s for s in queries.signatures_of(ctx, order.id) if s.standing}
    visits = []
    for visit in queries.visits_of(ctx, order.id):
        signature, rating = signed.get(visit.id), ratings.get(visit.id)
        visits.append(
            {
                "number": visit.number,
                "technician": visit.technician_name,
                "arrived": visit.arrived_at,
                "left": visit.left_at,
                "travel": visit.travel_minutes,
                "work": visit.work_minutes,
                "outcome": _(VISIT_OUTCOME_WORDS[visit.outcome]),
                "differs": _said(DIFFERS_WORDS, visit.differs, visit.differs_text),
                "further": _said(FURTHER_WORDS, visit.further, visit.further_text),
                "done": visit.done_text,
                "tested": visit.tested,
                "again": visit.again_reason,
                "checks": _checks(ctx, visit),
                "parts": [_part(p.name, p.number, p.used, p.unit) for p in parts if p.visit_id == visit.id],
                "signed": _signed(signature) if signature is not None else "",
                "rating": _rating(rating) if rating is not None else "",
            }
        )
    bring = [_part(p.name, p.number, p.planned, p.unit) for p in parts if p.visit_id is None and p.planned]
    return {"visits": visits, "bring": bring}


def _said(words: dict[str, str], code: str, text: str) -> str:
    return f"{_(words[code])}{_(': ')}{text}" if code and text else _(words[code]) if code else ""


def _checks(ctx: Ctx, visit: Visit) -> list[str]:
    """What was answered on the visit's checklists (GS-9, GS-10, GS-13), each point with its answer and remark."""
    said = []
    for filled in checklists_of(ctx, visit):
        for item in filled.template.items:
            given = filled.answers.get(item.code)
            if given is None or not given.value:
                continue
            words = {value: label(text) for value, text in item.options()}.get(given.value, given.value)
            remark = f" ({given.remark})" if given.remark else ""
            said.append(f"{label(item.text)}{_(': ')}{words} {item.unit}".rstrip() + remark)
    return said


def _part(name: str, number: str, quantity: Any, unit: str) -> str:
    return " ".join(p for p in (name, number, f"× {format(quantity.normalize(), 'f')}{unit}") if p)


def _signed(signature: Any) -> str:
    how = _(SIGNER_WORDS[signature.by])
    return f"{how}{_(': ')}{signature.who or signature.reason}" if signature.who or signature.reason else how


def _rating(rating: Any) -> str:
    if rating.declined:
        return rating.declined
    grades = ((ASPECT_WORDS[a], getattr(rating, a)) for a in ASPECTS)
    return _("; ").join(f"{_(aspect)} {_(GRADE_WORDS[grade])}" for aspect, grade in grades if grade)
