"""What is printed of loans: the sheet that is signed when a loaner is handed out."""

from __future__ import annotations

from typing import Any

from core.api import N_, Conflict, Ctx, DocumentKind, _, files_of
from plugins.base.queries import language_for
from plugins.inventory.loaner_contracts import GRADE_WORDS, LOAN, LOAN_SHEET, SIGNATURES
from plugins.inventory.models import Loan
from plugins.inventory.queries import loaners as queries
from plugins.inventory.queries import records
from plugins.inventory.services.loaners import LEND


def _sheet(ctx: Ctx, row: Loan) -> dict[str, Any]:
    if row.out_at is None:
        raise Conflict("not_out", _("{number} was not handed out yet.", number=row.number))
    serial = row.loaner.serial
    words = queries.point_words(ctx, row.out_grades)
    about = queries.ref_of_loan(row)
    site = dict(queries.sites_offered(ctx, row.customer_id)).get(row.site_id or 0, "")
    return {
        "number": row.number, "about": records.name_of(ctx, about), "what": f"{serial.part.code} {serial.part.name}",
        "serial": serial.number, "loaner": row.loaner.number,
        "customer": row.customer.name if row.customer is not None else "", "site": site, "person": row.person,
        "out": row.out_at, "out_by": row.out_by, "due": row.due_on, "accessories": list(row.accessories),
        "condition": [[text, _(GRADE_WORDS[row.out_grades[code]])] for code, text in words.items()],
        "note": row.out_note, "back": row.back_at,
        "signatures": {when: _signature(ctx, row, purpose) for when, purpose in SIGNATURES.items()},
    }  # fmt: skip


def _signature(ctx: Ctx, row: Loan, purpose: str) -> int | None:
    """The file of what was drawn, of the last where there are several."""
    return next((file.id for file in reversed(files_of(ctx, row, purpose))), None)


KINDS = [
    DocumentKind(
        LOAN_SHEET, N_("Hand-over sheet of a loaner"), LOAN, "inventory/documents/loan_sheet.html", _sheet, LEND,
        "inventory.loan_sheet_pattern", signed=False, ready=lambda row: row.out_at is not None,
        language=language_for,
    ),
]  # fmt: skip
