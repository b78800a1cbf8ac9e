"""What quotes hold about a person, and removing it."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, PersonalData, RecordRef, _
from plugins.base.queries import ids_of_person
from plugins.warranty.contracts import QUOTE
from plugins.warranty.models import Consent, Quote, QuoteLine


def personal_data(ctx: Ctx, ref: RecordRef) -> list[PersonalData]:
    """The quotes to a customer."""
    found = _quotes(ctx, ref)
    if not found:
        return []
    return [
        PersonalData(
            _("Quotes"),
            len(found),
            _("Name, phone number, e-mail address, what it is about, remarks, reasons, who answered and what was said"),
            _("The number, dates, prices and sums: the books need them"),
            tuple(RecordRef(QUOTE, q.id) for q in found),
            max(q.answered_at or q.sent_at or q.made_at for q in found),
        )
    ]


def erase(ctx: Ctx, ref: RecordRef) -> None:
    """Remove all of it. A quote is called by its number from now on."""
    found = _quotes(ctx, ref)
    ids = [q.id for q in found]
    for quote in found:
        quote.title = quote.full_number
        quote.person_name = quote.person_phone = quote.person_email = ""
        quote.note = quote.end_reason = quote.release_reason = ""
        quote.payers = {kind: {"who": p["who"], "reason": ""} for kind, p in quote.payers.items()}
    for line in ctx.session.scalars(sa.select(QuoteLine).where(QuoteLine.quote_id.in_(ids)).order_by(QuoteLine.id)):
        line.payer_reason = ""
        if line.item_id is None:
            line.label = line.code
    for consent in ctx.session.scalars(sa.select(Consent).where(Consent.quote_id.in_(ids)).order_by(Consent.id)):
        consent.who = consent.note = consent.evidence = ""


def _quotes(ctx: Ctx, ref: RecordRef) -> list[Quote]:
    ids = ids_of_person(ctx, ref.id) if ref.kind == "base.customer" else []
    if not ids:
        return []
    query = sa.select(Quote).where(Quote.customer_id.in_(ids)).order_by(Quote.id).with_for_update()
    return list(ctx.session.scalars(query))
