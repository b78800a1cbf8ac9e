"""What is printed of an adverse event: the written report, and the notice that tells the user to stop."""

from __future__ import annotations

from typing import Any

from core.api import N_, Ctx, DocumentKind, _
from plugins.base.contracts import CUSTOMER, PRODUCT, UNIT
from plugins.base.queries import language_for
from plugins.vigilance.contracts import CAUSE_WORDS, EVENT, HARM_WORDS, REPORT, STOP_NOTICE
from plugins.vigilance.models import AdverseEvent
from plugins.vigilance.queries.events import names_of
from plugins.vigilance.services.events import WORK


def _facts(ctx: Ctx, row: AdverseEvent) -> dict[str, Any]:
    def name(kind: str, number: int | None) -> str:
        return names_of(ctx, kind, [number]).get(number or 0, "")

    return {
        "number": row.number, "subject": row.subject, "harm": _(HARM_WORDS[row.harm]),
        "customer": name(CUSTOMER, row.customer_id), "product": name(PRODUCT, row.product_id),
        "serial": name(UNIT, row.device_id), "batch": row.batch, "happened": row.happened_on, "learned": row.learned_at,
        "course": row.course, "operation": row.operation, "usage": row.usage, "cause": _(CAUSE_WORDS[row.cause]),
        "finding": row.finding,
    }  # fmt: skip


KINDS = [
    DocumentKind(
        REPORT, N_("Report of an adverse event"), EVENT, "vigilance/documents/report.html", _facts, WORK,
        "vigilance.report_pattern",
    ),
    DocumentKind(
        STOP_NOTICE, N_("Stop-use notice"), EVENT, "vigilance/documents/stop.html", _facts, WORK,
        "vigilance.stop_pattern", language=language_for,
    ),
]  # fmt: skip
