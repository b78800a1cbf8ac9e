"""Writes of the archive. Each takes a Ctx first, asks for its permission, and leaves an event with what changed."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.api import (
    LOCALES,
    Conflict,
    Ctx,
    Invalid,
    Merge,
    NotFound,
    OrgUnit,
    RecordRef,
    _,
    check_version,
    emit,
    get_setting,
    mark_records,
    merge_records,
    n_,
    next_number,
    require_unreferenced,
    transaction,
)
from plugins.base import queries
from plugins.base.contracts import (
    CUSTOMER,
    ONLY_RECORDED,
    PRODUCT,
    SALE,
    UNIT,
    ContactData,
    CustomerData,
    IntakeData,
    PersonData,
    PhoneData,
    ProductData,
    SaleData,
    SiteData,
    UnitData,
)
from plugins.base.models import (
    CAUSES,
    CHANNELS,
    CUSTOMER_KINDS,
    DIRECTIONS,
    MATTERS,
    PARTS_OF_CUSTOMER,
    UNIT_STATUSES,
    ZONES,
    Contact,
    ContactPerson,
    Customer,
    CustomerPhone,
    Product,
    SalesRecord,
    Site,
    Unit,
)
from plugins.base.rules import (
    INTAKE_FIELDS,
    PhoneNumber,
    comparable_name,
    missing_fields,
    phone_words,
    read_phone,
    required_fields,
)

# --- customers ------------------------------------------------------------------------------------------------------


def save_customer(
    ctx: Ctx, data: CustomerData, customer_id: int | None = None, *, version: int | None = None
) -> Customer:
    """Create a customer, or change one. ``version`` is the one that was shown to the person who changed it.

    A likeness to another customer never hinders; ask ``queries.similar_customers`` to warn of it.
    """
    ctx.require("base.customer.edit")
    name = _text(data.name, "name", 200, required=_("Enter the customer's name."))
    _choice(data.kind, CUSTOMER_KINDS, "kind")
    _choice(data.language, ("", *LOCALES), "language")
    with transaction(ctx):
        _require_org_unit(ctx, data.unit_id)
        customer = _customer_to_save(ctx, customer_id, version)
        before, name_before = customer.unit_id, customer.name
        for key, value in asdict(data).items():
            setattr(customer, key, value.strip() if isinstance(value, str) else value)
        customer.name, customer.name_key, customer.address_key = (
            name,
            comparable_name(name),
            comparable_name(data.address)[:400],
        )
        if customer_id is None:
            customer.number = next_number(ctx, "base.customer", get_setting(ctx, "base.customer.pattern"))
            ctx.session.add(customer)
        elif before != customer.unit_id:
            _move_to_org_unit(ctx, customer)
        ctx.session.flush()
        if customer_id is not None and name_before != customer.name:
            mark_records(ctx, "base.unit", queries.ids_of_units(ctx, customer.id))
        verb = "base.customer_added" if customer_id is None else "base.customer_changed"
        emit(ctx, verb, customer, number=customer.number, name=name)
        return customer


def _customer_to_save(ctx: Ctx, customer_id: int | None, version: int | None) -> Customer:
    if customer_id is None:
        return Customer(created_at=ctx.now)
    customer = queries.get_customer(ctx, customer_id)
    check_version(customer, version)
    _not_merged(ctx, customer)
    return customer


def _not_merged(ctx: Ctx, record: Any) -> None:
    """Conflict for a duplicate that was merged: what is written now belongs to the record that stayed."""
    if record.merged_into_id is not None:
        name = queries.short_name(ctx.session.get_one(type(record), record.merged_into_id))
        text = _("This was a duplicate and was merged into {name}. Change that one.", name=name)
        raise Conflict("merged_already", text)


def _move_to_org_unit(ctx: Ctx, customer: Customer) -> None:
    """What a customer owns is looked after by the same organisation unit: units and sales follow."""
    owned: tuple[Any, ...] = (Unit, SalesRecord)
    for model in owned:
        for row in ctx.session.scalars(sa.select(model).where(model.customer_id == customer.id)):
            row.unit_id = customer.unit_id


def add_phone(ctx: Ctx, customer_id: int, data: PhoneData) -> CustomerPhone:
    """Give a customer a number, as typed. One that he or she has already is answered as it is, not added again.

    Raises Invalid at ``phone`` with what is wrong with the number.
    """
    ctx.require("base.customer.edit")
    with transaction(ctx):
        customer = queries.get_customer(ctx, customer_id)
        read = read_phone(data.text, ctx.company.region)
        present = queries.phones_of(ctx, customer.id)
        for phone in present:
            if (phone.number, phone.extension) == (read.number, read.extension):
                return phone
        row = CustomerPhone(
            customer_id=customer.id,
            label=data.label.strip(),
            is_primary=data.is_primary or not present,
            **_columns(read),
        )
        if row.is_primary:
            _no_primary(present)
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "base.phone_added", customer, phone=phone_words(read.number, ctx.company.region), name=customer.name)
        return row


def _columns(read: PhoneNumber) -> dict[str, str]:
    return {
        "number": read.number,
        "extension": read.extension,
        "raw": read.raw[:60],
        "reversed_digits": read.reversed_digits,
    }


def _no_primary(phones: list[CustomerPhone]) -> None:
    for phone in phones:
        phone.is_primary = False


def make_phone_primary(ctx: Ctx, phone_id: int) -> CustomerPhone:
    """Make one of a customer's numbers the one to call first."""
    ctx.require("base.customer.edit")
    with transaction(ctx):
        phone, customer = _phone(ctx, phone_id)
        _no_primary(queries.phones_of(ctx, customer.id))
        phone.is_primary = True
        emit(
            ctx,
            "base.phone_made_primary",
            customer,
            phone=phone_words(phone.number, ctx.company.region),
            name=customer.name,
        )
        return phone


def remove_phone(ctx: Ctx, phone_id: int) -> None:
    """Take a number from a customer; the oldest of the others becomes the primary one."""
    ctx.require("base.customer.edit")
    with transaction(ctx):
        phone, customer = _phone(ctx, phone_id)
        others = [p for p in queries.phones_of(ctx, customer.id) if p.id != phone.id]
        if phone.is_primary and others:
            others[0].is_primary = True
        ctx.session.delete(phone)
        emit(
            ctx, "base.phone_removed", customer, phone=phone_words(phone.number, ctx.company.region), name=customer.name
        )


def _phone(ctx: Ctx, phone_id: int) -> tuple[CustomerPhone, Customer]:
    phone = queries.find(ctx, CustomerPhone, phone_id)
    if phone is None:
        raise NotFound("unknown_phone", _("There is no such number."), "phone_id")
    return phone, queries.get_customer(ctx, phone.customer_id)


def save_site(ctx: Ctx, customer_id: int, data: SiteData, site_id: int | None = None) -> Site:
    """Add a place to a customer, or change one of this customer's places."""
    ctx.require("base.customer.edit")
    _choice(data.zone, ZONES, "zone")
    _coordinate(data.latitude, 90, "latitude")
    _coordinate(data.longitude, 180, "longitude")
    if not (data.address.strip() or data.name.strip()):
        raise Invalid("site_empty", _("Enter the address, or at least a name for the place."), "address")
    with transaction(ctx):
        customer = queries.get_customer(ctx, customer_id)
        site = _part_of(ctx, Site, site_id, customer) or Site(customer_id=customer.id)
        _assign(site, asdict(data))
        ctx.session.add(site)
        emit(ctx, "base.site_saved", customer, site=site.name or site.address, name=customer.name)
        return site


def remove_site(ctx: Ctx, site_id: int) -> None:
    """Remove a customer's place. Conflict while a unit stands there."""
    ctx.require("base.customer.edit")
    with transaction(ctx):
        site = queries.find(ctx, Site, site_id)
        if site is None:
            raise NotFound("unknown_site", _("There is no such place."), "site_id")
        customer = queries.get_customer(ctx, site.customer_id)
        standing = ctx.session.scalar(sa.select(sa.func.count(Unit.id)).where(Unit.site_id == site.id)) or 0
        if standing:
            text = n_(
                "{n} unit stands at this place. Move it first.", "{n} units stand at this place. Move them first.",
                standing,
            )  # fmt: skip
            raise Conflict("site_in_use", text)
        ctx.session.delete(site)
        emit(ctx, "base.site_removed", customer, site=site.name or site.address, name=customer.name)


def save_person(ctx: Ctx, customer_id: int, data: PersonData, person_id: int | None = None) -> ContactPerson:
    """Add somebody to speak to at a customer, or change one of this customer's people."""
    ctx.require("base.customer.edit")
    _text(data.name, "name", 120, required=_("Enter the person's name."))
    _choice(data.language, ("", *LOCALES), "language")
    if data.phone.strip():
        read_phone(data.phone, ctx.company.region)
    with transaction(ctx):
        customer = queries.get_customer(ctx, customer_id)
        person = _part_of(ctx, ContactPerson, person_id, customer) or ContactPerson(customer_id=customer.id)
        _assign(person, asdict(data))
        ctx.session.add(person)
        emit(ctx, "base.person_saved", customer, person=person.name, name=customer.name)
        return person


def remove_person(ctx: Ctx, person_id: int) -> None:
    """Remove somebody to speak to from a customer."""
    ctx.require("base.customer.edit")
    with transaction(ctx):
        person = queries.find(ctx, ContactPerson, person_id)
        if person is None:
            raise NotFound("unknown_person", _("There is no such person."), "person_id")
        customer = queries.get_customer(ctx, person.customer_id)
        ctx.session.delete(person)
        emit(ctx, "base.person_removed", customer, person=person.name, name=customer.name)


def merge_customers(ctx: Ctx, duplicate_id: int, into_id: int) -> Merge:
    """Put everything of a duplicate, in every module, under the customer it really is (see ``core.api.merge_records``).

    The duplicate stays, inactive, and points to the other one, so that old papers still lead somewhere.
    """
    return merge_records(ctx, CUSTOMER, duplicate_id, into_id)


def delete_customer(ctx: Ctx, customer_id: int) -> None:
    """Delete a customer to whom nothing points, with the phones, places and people. Conflict otherwise."""
    ctx.require("base.customer.edit")
    with transaction(ctx):
        customer = queries.get_customer(ctx, customer_id)
        require_unreferenced(
            ctx,
            RecordRef(CUSTOMER, customer.id),
            _("Customer {name}", name=customer.name),
            _("Make it inactive instead, or merge it with the customer that it really is."),
        )
        for model in PARTS_OF_CUSTOMER:
            for row in ctx.session.scalars(sa.select(model).where(model.customer_id == customer.id)):
                ctx.session.delete(row)
        ctx.session.flush()
        ctx.session.delete(customer)
        emit(ctx, "base.customer_deleted", customer, number=customer.number, name=customer.name)


# --- products, units, sales -----------------------------------------------------------------------------------------


def save_product(ctx: Ctx, data: ProductData, product_id: int | None = None, *, version: int | None = None) -> Product:
    """Create a product, or change one. Raises Invalid when the code is taken."""
    ctx.require("base.product.edit")
    code = _text(data.code, "code", 60, required=_("Enter the product's code."))
    _text(data.name, "name", 200, required=_("Enter the product's name."))
    with transaction(ctx):
        other = queries.product_by_code(ctx, code)
        if other is not None and other.id != product_id:
            raise Invalid(
                "code_taken", _("The code {code} belongs to {name} already.", code=code, name=other.name), "code"
            )
        product = queries.get_product(ctx, product_id) if product_id else Product()
        check_version(product, version)
        named_before = (product.name, product.code, product.model)
        _assign(product, asdict(data))
        ctx.session.add(product)
        ctx.session.flush()
        if product_id and named_before != (product.name, product.code, product.model):
            mark_records(ctx, "base.unit")
        verb = "base.product_changed" if product_id else "base.product_added"
        emit(ctx, verb, product, code=code, name=product.name)
        return product


def delete_product(ctx: Ctx, product_id: int) -> None:
    """Delete a product to which nothing points; Conflict otherwise."""
    ctx.require("base.product.edit")
    with transaction(ctx):
        product = queries.get_product(ctx, product_id)
        require_unreferenced(ctx, RecordRef(PRODUCT, product.id), _("Product {name}", name=product.name))
        ctx.session.delete(product)
        emit(ctx, "base.product_deleted", product, code=product.code, name=product.name)


def save_unit_record(ctx: Ctx, data: UnitData, device_id: int | None = None, *, version: int | None = None) -> Unit:
    """Register a unit of the installed base, or change one. Raises Invalid when its serial number is taken.

    Serial numbers are kept in capitals without blanks at the ends. The organisation unit is the customer's.
    """
    ctx.require("base.unit.edit")
    _choice(data.status, UNIT_STATUSES, "status")
    _dates_in_order(data)
    with transaction(ctx):
        product = queries.require_own(ctx, Product, data.product_id, "product_id")
        if product is None:
            raise Invalid("product_missing", _("Choose the product."), "product_id")
        customer = queries.require_own(ctx, Customer, data.customer_id, "customer_id")
        site = queries.require_own(ctx, Site, data.site_id, "site_id")
        if site is not None and site.customer_id != data.customer_id:
            raise Invalid("site_elsewhere", _("This place belongs to another customer."), "site_id")
        serial = data.serial.strip().upper() or None
        _serial_free(ctx, product, serial, device_id)
        unit = queries.get_unit(ctx, device_id) if device_id else Unit()
        check_version(unit, version)
        _not_merged(ctx, unit)
        before = unit.customer_id
        _assign(unit, asdict(data))
        unit.serial, unit.unit_id = serial, customer.unit_id if customer else None
        ctx.session.add(unit)
        ctx.session.flush()
        _tell_of_unit(ctx, unit, product, customer, before, new=device_id is None)
        return unit


def _serial_free(ctx: Ctx, product: Product, serial: str | None, device_id: int | None) -> None:
    if serial is None:
        return
    taken = ctx.session.scalar(sa.select(Unit).where(Unit.product_id == product.id, Unit.serial == serial))
    if taken is not None and taken.id != device_id:
        message = _(
            "Serial number {serial} of {product} is registered already. Search for it instead.",
            serial=serial,
            product=product.name,
        )
        raise Invalid("serial_taken", message, "serial")


def _tell_of_unit(
    ctx: Ctx, unit: Unit, product: Product, customer: Customer | None, before: int | None, *, new: bool
) -> None:
    moved = not new and before != unit.customer_id
    former = RecordRef("base.customer", before) if moved and before else None
    verb = "base.unit_added" if new else "base.unit_moved" if moved else "base.unit_changed"
    emit(
        ctx,
        verb,
        unit,
        links=[customer, former],
        product=product.name,
        serial=unit.serial or "",
        customer=customer.name if customer else "",
    )


def _dates_in_order(data: UnitData | Unit) -> None:
    """A unit is produced, sold, delivered, installed and accepted in this order; say which date can't be right."""
    named = [
        ("production_date", data.production_date),
        ("sale_date", data.sale_date),
        ("installed_on", data.installed_on),
        ("accepted_on", data.accepted_on),
    ]
    known = [(field, day) for field, day in named if day is not None]
    for (_earlier, first), (field, second) in zip(known, known[1:], strict=False):
        if second < first:
            raise Invalid(
                "dates_out_of_order",
                _("{day} is before {earlier}, the date of an earlier step.", day=second, earlier=first),
                field,
            )


def date_unit(ctx: Ctx, device_id: int, *, installed_on: dt.date, accepted_on: dt.date) -> bool:
    """Put on a unit when it was installed and accepted, as the record of an installation proves it; checks no right.

    Days that it has already stay: a unit that moves and is installed anew was accepted once. Answers whether
    ``accepted_on`` is the unit's now because of this. Raises Invalid when the days can't be in this order.
    """
    with transaction(ctx):
        unit = queries.get_unit(ctx, device_id)
        before = unit.accepted_on
        if before is not None and unit.installed_on is not None:
            return False
        unit.installed_on, unit.accepted_on = unit.installed_on or installed_on, before or accepted_on
        _dates_in_order(unit)
        customer = queries.find(ctx, Customer, unit.customer_id)
        _tell_of_unit(ctx, unit, queries.get_product(ctx, unit.product_id), customer, unit.customer_id, new=False)
        return before is None


def delete_unit(ctx: Ctx, device_id: int) -> None:
    """Delete a unit to which nothing points; Conflict otherwise."""
    ctx.require("base.unit.edit")
    with transaction(ctx):
        unit = queries.get_unit(ctx, device_id)
        product = queries.get_product(ctx, unit.product_id)
        name = _("Unit {serial} of {product}", serial=unit.serial or "", product=product.name)
        require_unreferenced(
            ctx, RecordRef(UNIT, unit.id), name, instead=_("Set its status to scrapped, or merge it with another unit.")
        )
        ctx.session.delete(unit)
        links = [RecordRef("base.customer", unit.customer_id)] if unit.customer_id else []
        emit(ctx, "base.unit_deleted", unit, links=links, product=product.name, serial=unit.serial or "")


def record_sale(ctx: Ctx, data: SaleData, sale_id: int | None = None, *, version: int | None = None) -> SalesRecord:
    """Write a line of the sales ledger, or correct one (DST-0). ``quantity`` must be above zero."""
    ctx.require("base.sales.edit")
    if Decimal(data.quantity) <= 0:
        raise Invalid("quantity_too_small", _("The quantity must be more than 0."), "quantity")
    if data.expiry and data.expiry < data.sale_date:
        raise Invalid(
            "sold_expired",
            _(
                "It would have expired on {expiry}, before it was sold on {sold}.",
                expiry=data.expiry,
                sold=data.sale_date,
            ),
            "expiry",
        )
    with transaction(ctx):
        product = queries.require_own(ctx, Product, data.product_id, "product_id")
        customer = queries.require_own(ctx, Customer, data.customer_id, "customer_id")
        if product is None or customer is None:
            raise Invalid(
                "sale_incomplete", _("Choose product and customer."), "product_id" if product is None else "customer_id"
            )
        device = queries.require_own(ctx, Unit, data.device_id, "device_id")
        if device is not None and device.product_id != product.id:
            raise Invalid("other_product", _("This unit is another product."), "device_id")
        sale = queries.get_sale(ctx, sale_id) if sale_id else SalesRecord()
        check_version(sale, version)
        _assign(sale, asdict(data))
        sale.unit_id = customer.unit_id
        ctx.session.add(sale)
        ctx.session.flush()
        verb = "base.sale_changed" if sale_id else "base.sale_recorded"
        emit(
            ctx,
            verb,
            sale,
            links=[customer, device],
            product=product.name,
            customer=customer.name,
            quantity=data.quantity,
            batch=data.batch,
        )
        return sale


def delete_sale(ctx: Ctx, sale_id: int) -> None:
    """Strike a line from the sales ledger; the event keeps what it said."""
    ctx.require("base.sales.edit")
    with transaction(ctx):
        sale = queries.get_sale(ctx, sale_id)
        require_unreferenced(ctx, RecordRef(SALE, sale.id), _("This sales record"), instead=_("Correct it instead."))
        product = queries.get_product(ctx, sale.product_id)
        ctx.session.delete(sale)
        emit(
            ctx,
            "base.sale_deleted",
            sale,
            links=[RecordRef("base.customer", sale.customer_id)],
            product=product.name,
            batch=sale.batch,
        )


# --- the call register ----------------------------------------------------------------------------------------------


def record_contact(ctx: Ctx, data: ContactData) -> Contact:
    """Write a call, letter or visit into the register. The same ``external_key`` again answers the first, unchanged.

    Raises Invalid for a number that can't be right, and for words that are missing.
    """
    ctx.require("base.contact.record")
    if data.external_key:
        known = queries.contact_by_key(ctx, data.external_key)
        if known is not None:
            return known
    for value, allowed, field in (
        (data.channel, CHANNELS, "channel"),
        (data.direction, DIRECTIONS, "direction"),
        (data.matter, MATTERS, "matter"),
        (data.cause, CAUSES, "cause"),
    ):
        _choice(value, allowed, field)
    if not (data.text.strip() or data.subject.strip()):
        raise Invalid("text_missing", _("Write down what the customer says."), "text")
    read = read_phone(data.phone, ctx.company.region) if data.phone.strip() else None
    with transaction(ctx):
        customer = queries.require_own(ctx, Customer, data.customer_id, "customer_id")
        device = queries.require_own(ctx, Unit, data.device_id, "device_id")
        contact = Contact(state="open", **_contact_columns(ctx, data, read, customer))
        contact.number = next_number(ctx, "base.contact", get_setting(ctx, "base.contact.pattern"))
        ctx.session.add(contact)
        ctx.session.flush()
        emit(
            ctx,
            "base.contact_recorded",
            contact,
            links=[customer, device],
            number=contact.number,
            channel=contact.channel,
            name=contact.caller_name,
            subject=contact.subject or contact.text[:80],
        )
        return contact


def _contact_columns(ctx: Ctx, data: ContactData, read: PhoneNumber | None, customer: Customer | None) -> dict:
    columns = {key: value.strip() if isinstance(value, str) else value for key, value in asdict(data).items()}
    columns.update(
        received_at=data.received_at or ctx.now,
        phone=read.number if read else "",
        reversed_digits=read.reversed_digits if read else "",
        phone_raw=columns.pop("phone")[:60],
        assignee_id=data.assignee_id if data.assignee_id is not None else ctx.actor.user_id,
        unit_id=data.unit_id if data.unit_id is not None else (customer.unit_id if customer else None),
        external_key=data.external_key or None,
    )
    return columns


def take_in(ctx: Ctx, data: IntakeData) -> Contact:
    """Take a case in: a new customer, the number, a unit with a serial number, and the contact; all or none.

    GS-6: what the company's setting demands must be there, from the form or from the archive; otherwise Invalid names
    every field that lacks in ``details["missing"]``. The same form twice makes one contact. Who may not add customers
    or units still records the contact, with everything that was said on it.
    """
    ctx.require("base.contact.record")
    key = data.contact.external_key
    known = queries.contact_by_key(ctx, key) if key else None
    if known is not None:
        return known
    _require_intake_fields(ctx, data)
    try:
        with transaction(ctx):
            customer = _customer_at_intake(ctx, data)
            device_id = _device_at_intake(ctx, data, customer)
            customer_id = customer.id if customer else None
            return record_contact(ctx, replace(data.contact, customer_id=customer_id, device_id=device_id))
    except sa.exc.IntegrityError:
        first = queries.contact_by_key(ctx, key) if key else None
        if first is None:
            raise
        return first


def _require_intake_fields(ctx: Ctx, data: IntakeData) -> None:
    customer = queries.find(ctx, Customer, data.contact.customer_id)
    device = queries.find(ctx, Unit, data.contact.device_id)
    given: dict[str, object] = {
        "name": customer.name if customer else data.customer.name if data.customer else data.contact.caller_name,
        "address": data.contact.address or (customer.address if customer else ""),
        "phone": data.contact.phone,
        "model": data.contact.model or (device.product_id if device else ""),
        "purchase_date": data.contact.purchase_date or (device.sale_date if device else ""),
        "cause": data.contact.cause,
        "appearance": data.contact.appearance,
    }
    required = required_fields(get_setting(ctx, "base.intake.required"))
    missing = missing_fields(required, given, data.contact.matter)
    if missing:
        names = _(", ").join(_(INTAKE_FIELDS[name]) for name in missing)
        raise Invalid("intake_incomplete", _("Still needed: {fields}.", fields=names), missing[0], missing=missing)


def _customer_at_intake(ctx: Ctx, data: IntakeData) -> Customer | None:
    customer = queries.require_own(ctx, Customer, data.contact.customer_id, "customer")
    if not ctx.can("base.customer.edit"):
        return customer
    if customer is None and data.customer is not None and data.customer.name.strip():
        customer = save_customer(ctx, data.customer)
        if data.contact.phone.strip():
            add_phone(ctx, customer.id, PhoneData(data.contact.phone))
    elif customer is not None and data.keep_number and data.contact.phone.strip():
        add_phone(ctx, customer.id, PhoneData(data.contact.phone))
    return customer


def _device_at_intake(ctx: Ctx, data: IntakeData, customer: Customer | None) -> int | None:
    device = queries.require_own(ctx, Unit, data.contact.device_id, "device")
    if device is not None:
        if device.customer_id != (customer.id if customer else None):
            raise Invalid("other_customer", _("This unit belongs to another customer. Choose again."), "device")
        return device.id
    if data.unit is None or customer is None or not ctx.can("base.unit.edit"):
        return None
    return save_unit_record(ctx, replace(data.unit, customer_id=customer.id)).id


def settle_contact(ctx: Ctx, contact_id: int, kind: str = ONLY_RECORDED, ref_id: int | None = None) -> Contact:
    """Say what a contact became: ``kind`` and id of the record it led to, or ``record`` when it was only written down.

    A contact that became one thing may become more (a call about two matters): the first outcome stays on it, the
    others are on its timeline. Idempotent for the same record.
    """
    ctx.require("base.contact.record")
    if kind != ONLY_RECORDED and kind not in ctx.registry.kinds:
        raise LookupError(f"{kind!r} is no registered record kind")
    with transaction(ctx):
        contact = queries.get_contact(ctx, contact_id)
        if contact.state == "settled" and (contact.outcome, contact.outcome_ref) == (kind, ref_id):
            return contact
        if contact.state == "open" or contact.outcome == ONLY_RECORDED:
            contact.state, contact.outcome, contact.outcome_ref, contact.settled_at = "settled", kind, ref_id, ctx.now
        led_to = RecordRef(kind, ref_id) if ref_id is not None else None
        name = "base.contact_only_recorded" if led_to is None else "base.contact_led_on"
        emit(ctx, name, contact, links=[led_to], number=contact.number, kind=kind, record_id=ref_id)
        return contact


def change_contact(ctx: Ctx, contact_id: int, data: ContactData, *, version: int | None = None) -> Contact:
    """Correct or complete an entry of the register; its number, moment and outcome stay."""
    ctx.require("base.contact.record")
    read = read_phone(data.phone, ctx.company.region) if data.phone.strip() else None
    with transaction(ctx):
        contact = queries.get_contact(ctx, contact_id)
        check_version(contact, version)
        customer = queries.require_own(ctx, Customer, data.customer_id, "customer_id")
        device = queries.require_own(ctx, Unit, data.device_id, "device_id")
        columns = _contact_columns(ctx, data, read, customer)
        for kept in ("received_at", "external_key", "assignee_id", "unit_id"):
            columns.pop(kept)
        _assign(contact, columns)
        emit(ctx, "base.contact_changed", contact, links=[customer, device], number=contact.number)
        return contact


def hand_over_contacts(ctx: Ctx, from_user_id: int, to_user_id: int) -> int:
    """Give all unsettled contacts of one person to another; answers how many."""
    with transaction(ctx):
        rows = queries.open_contacts_of(ctx, from_user_id, limit=100_000)
        for contact in rows:
            contact.assignee_id = to_user_id
            emit(
                ctx,
                "base.contact_handed_over",
                contact,
                number=contact.number,
                from_user_id=from_user_id,
                to_user_id=to_user_id,
            )
        return len(rows)


# --- what all of them need ------------------------------------------------------------------------------------------


def _assign(row, values: dict) -> None:
    for key, value in values.items():
        setattr(row, key, value.strip() if isinstance(value, str) else value)


def _text(value: str, field: str, longest: int, required: str) -> str:
    value = (value or "").strip()
    if not value:
        raise Invalid(f"{field}_missing", required, field)
    if len(value) > longest:
        raise Invalid(
            f"{field}_too_long", _("At most {n} characters; this has {length}.", n=longest, length=len(value)), field
        )
    return value


def _choice(value: str, allowed: tuple[str, ...], field: str) -> None:
    if value not in allowed:
        raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=value), field)


def _coordinate(value: Decimal | None, limit: int, field: str) -> None:
    if value is not None and abs(value) > limit:
        raise Invalid("bad_coordinate", _("It must lie between −{limit} and {limit} degrees.", limit=limit), field)


def _part_of(ctx: Ctx, model, row_id: int | None, customer: Customer):
    """A customer's own part (place, person); Invalid for one of another customer."""
    if row_id is None:
        return None
    row = queries.find(ctx, model, row_id)
    if row is None or row.customer_id != customer.id:
        raise NotFound("unknown_part", _("This belongs to another customer, or is gone."))
    return row


def _require_org_unit(ctx: Ctx, unit_id: int | None) -> None:
    if unit_id is not None and ctx.session.scalar(sa.select(OrgUnit.id).where(OrgUnit.id == unit_id)) is None:
        raise Invalid("unknown_unit", _("There is no such organisation unit."), "unit_id")
