"""What the archive holds about a person, and removing it: names, numbers, addresses, free texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from core.api import Ctx, PersonalData, RecordRef, _
from plugins.base import queries
from plugins.base.models import Contact, ContactPerson, Customer, CustomerPhone, SalesRecord, Site, Unit

CUSTOMER = "base.customer"


def personal_data(ctx: Ctx, ref: RecordRef) -> list[PersonalData]:
    """A customer's details, entries of the call register, and remarks on units and sales."""
    ids = queries.ids_of_person(ctx, ref.id) if ref.kind == CUSTOMER else []
    if not ids:
        return []
    contacts = list(ctx.session.execute(sa.select(Contact.id, Contact.received_at).where(Contact.customer_id.in_(ids))))
    owned = [
        ctx.session.scalar(sa.select(sa.func.count(model.id)).where(model.customer_id.in_(ids))) or 0
        for model in (Unit, SalesRecord)
    ]
    found = [
        PersonalData(
            _("Customer details"),
            len(ids),
            _("Name, phone numbers, address, places, contact persons, remarks"),
            _("The number, the customer class, the organisation unit"),
            tuple(RecordRef(CUSTOMER, i) for i in ids),
        )
    ]
    if contacts:
        found.append(
            PersonalData(
                _("Entries of the call register"),
                len(contacts),
                _("Caller, phone number, address, subject, what was said, how the product looked"),
                _("The number, when and by which way, what it was about, what became of it"),
                tuple(RecordRef("base.contact", i) for i, _at in contacts),
                max(at for _i, at in contacts),
            )
        )
    if any(owned):
        found.append(
            PersonalData(
                _("Units and sales records"),
                sum(owned),
                _("Remarks and destination"),
                _("Product, serial number, batch, dates and quantity: a recall needs them"),
            )
        )
    return found


def erase(ctx: Ctx, ref: RecordRef) -> None:
    """Remove all of it. The customer is called by its number from now on, and is inactive."""
    ids = queries.ids_of_person(ctx, ref.id) if ref.kind == CUSTOMER else []
    for customer in _rows(ctx, Customer, Customer.id, ids):
        customer.name, customer.name_key = customer.number, ""
        customer.address = customer.address_key = customer.note = customer.language = ""
        customer.external_key, customer.active = None, False
    for part in (CustomerPhone, ContactPerson):
        for row in _rows(ctx, part, part.customer_id, ids):
            ctx.session.delete(row)
    for site in _rows(ctx, Site, Site.customer_id, ids):
        site.name = site.address = site.district = ""
        site.latitude = site.longitude = None
    for contact in _rows(ctx, Contact, Contact.customer_id, ids):
        contact.caller_name = contact.phone = contact.phone_raw = contact.reversed_digits = ""
        contact.address = contact.subject = contact.text = contact.appearance = ""
        contact.external_key = None
    for unit in _rows(ctx, Unit, Unit.customer_id, ids):
        unit.note = ""
    for sale in _rows(ctx, SalesRecord, SalesRecord.customer_id, ids):
        sale.destination = sale.note = ""


def _rows(ctx: Ctx, model: Any, column: Any, ids: list[int]) -> Iterator[Any]:
    """The rows of these customers, in id order and locked."""
    if ids:
        yield from ctx.session.scalars(sa.select(model).where(column.in_(ids)).order_by(model.id).with_for_update())
