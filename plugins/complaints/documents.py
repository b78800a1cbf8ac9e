"""What is printed of complaints: the written answer, and the complaint on one sheet."""

from __future__ import annotations

from typing import Any

from core.api import N_, Conflict, Ctx, DocumentKind, _
from plugins.base.queries import language_for
from plugins.complaints import life, queries
from plugins.complaints.contracts import COMPLAINT, STATE_WORDS
from plugins.complaints.models import Complaint


def _answer_letter(ctx: Ctx, complaint: Complaint) -> dict[str, Any]:
    replies = queries.replies_of(ctx, complaint.id)
    if not replies:
        raise Conflict("no_reply", _("The customer was not answered yet: answer first, then issue the letter."))
    return {**_facts(ctx, complaint), "answer": replies[0].text}


def _sheet(ctx: Ctx, complaint: Complaint) -> dict[str, Any]:
    return {
        **_facts(ctx, complaint),
        "phone": complaint.person_phone,
        "product": complaint.product.name if complaint.product is not None else "",
        "department": queries.unit_name(ctx, complaint.unit_id),
        "state": _(STATE_WORDS[complaint.state]),
        "text": complaint.text,
        "answers": [{"sent": r.sent_at, "text": r.text} for r in queries.replies_of(ctx, complaint.id)],
    }


def _facts(ctx: Ctx, complaint: Complaint) -> dict[str, Any]:
    known = queries.facts_for_answer(ctx, complaint)
    return {name: known[name] for name in ("number", "customer", "subject", "received", "findings")}


KINDS = [
    DocumentKind(
        "complaints.answer_letter",
        N_("Written answer"),
        COMPLAINT,
        "complaints/documents/answer_letter.html",
        _answer_letter,
        life.HANDLE,
        "complaints.answer_letter_pattern",
        language=language_for,
    ),
    DocumentKind(
        "complaints.sheet",
        N_("Complaint sheet"),
        COMPLAINT,
        "complaints/documents/sheet.html",
        _sheet,
        life.OPEN,
        "complaints.sheet_pattern",
    ),
]
