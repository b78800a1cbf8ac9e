"""What is printed of an installation: the acceptance record that the customer signs."""

from __future__ import annotations

from typing import Any

from core.api import N_, Ctx, DocumentKind, _, label
from plugins.service import life
from plugins.service.install_contracts import ACCEPTANCE, MODE_WORDS, STEP_STATE_WORDS, TRAINED_WORDS
from plugins.service.models import Installation
from plugins.service.queries import installation as queries
from plugins.service.queries.orders import language_of_order as of_order


def _acceptance(ctx: Ctx, found: Installation) -> dict[str, Any]:
    order = found.order
    product = order.product
    said = {v.step_id: v for v in queries.verdicts_of(ctx, order.id)}
    return {
        "order": order.number,
        "customer": (order.customer.name if order.customer is not None else "") or order.person_name,
        "address": order.address,
        "product": " ".join(p for p in (product.name, product.model) if p) if product is not None else "",
        "serial": (order.device.serial if order.device is not None else "") or order.serial_told,
        "steps": [
            {
                "n": s.n, "text": label(s.text), "mode": _(MODE_WORDS[s.mode]), "done": s.done_at, "by": s.done_by,
                "state": _(STEP_STATE_WORDS[s.state]), "reason": s.reason,
                "who": said[s.id].who if s.id in said and s.state == "accepted" else "",
                "at": said[s.id].at if s.id in said and s.state == "accepted" else None,
            }
            for s in queries.steps_of(ctx, order.id)
        ],
        "papers": [
            {
                "text": label(p.text), "edition": p.edition, "to": p.received_by, "at": p.handed_at,
                "reason": p.dropped_reason,
            }
            for p in queries.papers_of(ctx, order.id)
        ],
        "trainees": [
            {"name": t.name, "job": t.job, "result": _(TRAINED_WORDS[t.result]), "at": t.at, "by": t.trainer}
            for t in queries.trainees_of(ctx, order.id)
        ],
        "accepted_on": found.accepted_on,
        "accepted_by": found.accepted_by,
    }  # fmt: skip


KINDS = [
    DocumentKind(
        ACCEPTANCE, N_("Acceptance record"), "service.installation", "service/documents/acceptance.html", _acceptance,
        life.VIEW, "service.acceptance_pattern", signed=False, language=of_order,
    ),
]
