"""What orders hold about a person, and removing it."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, PersonalData, RecordRef, _
from plugins.base.queries import ids_of_person
from plugins.service.contracts import ORDER
from plugins.service.models import Entitlement, Guidance, Order


def personal_data(ctx: Ctx, ref: RecordRef) -> list[PersonalData]:
    """The orders of a customer."""
    found = orders_of(ctx, ref)
    if not found:
        return []
    return [
        PersonalData(
            _("Service orders"),
            len(found),
            _("Name, phone number, address, subject, what was said, found, done and agreed, guidance, reasons"),
            _("The number, kind, cause, outcome, dates, time limits and who worked on it: statistics need them"),
            tuple(RecordRef(ORDER, o.id) for o in found),
            max(o.closed_at or o.received_at for o in found),
        )
    ]


def erase(ctx: Ctx, ref: RecordRef) -> None:
    """Remove all of it. An order is called by its number from now on."""
    found = orders_of(ctx, ref)
    ids = [o.id for o in found]
    for order in found:
        order.subject = order.number
        order.person_name = order.person_phone = order.phone_reversed = order.address = order.serial_told = ""
        order.text = order.cause_text = order.result = order.coverage_words = order.waiting_reason = ""
        order.consent_who = order.consent_note = ""
        order.external_key = None
    for told in ctx.session.scalars(sa.select(Guidance).where(Guidance.order_id.in_(ids)).order_by(Guidance.id)):
        told.text = ""
    query = sa.select(Entitlement).where(Entitlement.order_id.in_(ids)).order_by(Entitlement.id)
    for decided in ctx.session.scalars(query):
        decided.words = decided.reason = ""


def orders_of(ctx: Ctx, ref: RecordRef) -> list[Order]:
    """The orders of the person that ``ref`` is; none for records that are no persons."""
    ids = ids_of_person(ctx, ref.id) if ref.kind == "base.customer" else []
    if not ids:
        return []
    query = sa.select(Order).where(Order.customer_id.in_(ids)).order_by(Order.id).with_for_update()
    return list(ctx.session.scalars(query))
