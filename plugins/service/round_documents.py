"""The report of an inspection round: every place, what failed, and which repair was opened for it."""

from __future__ import annotations

from typing import Any

from core.api import N_, Ctx, DocumentKind, _, label
from plugins.service import life
from plugins.service.contracts import STATE_WORDS
from plugins.service.models import Round
from plugins.service.queries import rounds as queries
from plugins.service.queries.orders import language_of_order as of_order
from plugins.service.round_contracts import PLACE_WORDS, REPORT, ROUND
from plugins.service.rules.rounds import points_of

_ANSWERS = {"ok": N_("OK"), "not_ok": N_("Not OK"), "yes": N_("Yes"), "no": N_("No")}


def _report(ctx: Ctx, found: Round) -> dict[str, Any]:
    order = found.order
    points = points_of(found.points)
    faults = queries.faults_of(ctx, found.id)
    words = {p.code: label(dict(p.text)) for p in points}
    places = queries.places_of(ctx, found.id)
    return {
        "order": order.number,
        "subject": order.subject,
        "checklist": label(found.name),
        "customer": (order.customer.name if order.customer is not None else "") or order.person_name,
        "serial": (order.device.serial if order.device is not None else "") or order.serial_told,
        "begun": order.started_at,
        "done": order.done_at,
        "result": order.result,
        "seen": sum(p.state == "checked" for p in places),
        "total": len(places),
        "places": [
            {
                "name": p.name, "state": _(PLACE_WORDS[p.state]), "at": p.seen_at, "by": p.seen_by, "reason": p.reason,
                "answers": [
                    {
                        "point": words[q.code], "ok": p.answers[q.code]["ok"], "remark": p.answers[q.code]["remark"],
                        "value": shown_answer(q, p.answers[q.code]["value"]),
                    }
                    for q in points if q.code in p.answers and p.answers[q.code]["value"]
                ],
            }
            for p in places
        ],
        "faults": [
            {
                "place": f.place.name, "point": words.get(f.point, f.point), "remark": f.remark,
                "repair": f.repair.number if f.repair is not None else "",
                "state": _(STATE_WORDS[f.repair.state]) if f.repair is not None else "",
            }
            for f in faults
        ],
    }  # fmt: skip


def shown_answer(point: Any, value: str) -> str:
    """An answer in words."""
    words = {code: label(dict(said)) for code, said in point.options()}
    text = words.get(value) or (_(_ANSWERS[value]) if value in _ANSWERS else value)
    return f"{text} {point.unit}".strip() if point.type == "number" else text


KINDS = [
    DocumentKind(
        REPORT, N_("Inspection report"), ROUND, "service/documents/round_report.html", _report, life.VIEW,
        "service.report_pattern", signed=False, language=of_order,
    ),
]
