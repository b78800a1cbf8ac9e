"""Reads of the archive. All are scoped to the company (and the person's organisation units) by the session."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, Invalid, NotFound, RecordRef, _, collect, get_locale, get_setting, prepared, rule
from plugins.base.contracts import (
    SALE,
    UNIT,
    CustomerBrief,
    CustomerFigure,
    CustomerSummary,
    Evidence,
    Likeness,
    PhoneLookup,
    Reach,
    UnitBadge,
)
from plugins.base.models import (
    CHANNELS,
    MATTERS,
    Contact,
    ContactPerson,
    Customer,
    CustomerPhone,
    Product,
    SalesRecord,
    Site,
    Supplier,
    Unit,
)
from plugins.base.rules import comparable_name, dial_suffix, phone_words, read_phone

Row = TypeVar("Row", Customer, CustomerPhone, ContactPerson, Site, Product, Unit, SalesRecord, Contact, Supplier)

FOUND_MAX = 20
"""How many customers a look-up shows."""


# --- one record -----------------------------------------------------------------------------------------------------


def find(ctx: Ctx, model: type[Row], row_id: int | None) -> Row | None:
    """The row with this id, if it belongs to the company and this person may see it."""
    if row_id is None:
        return None
    return ctx.session.scalar(sa.select(model).where(model.id == row_id))


def get_customer(ctx: Ctx, customer_id: int) -> Customer:
    """The customer; NotFound when there is none for this person."""
    return _found(find(ctx, Customer, customer_id), _("There is no such customer."), "customer_id")


def get_unit(ctx: Ctx, device_id: int) -> Unit:
    """The unit of the installed base; NotFound when there is none for this person."""
    return _found(find(ctx, Unit, device_id), _("There is no such unit."), "device_id")


def get_product(ctx: Ctx, product_id: int) -> Product:
    """The product; NotFound when there is none."""
    return _found(find(ctx, Product, product_id), _("There is no such product."), "product_id")


def get_contact(ctx: Ctx, contact_id: int) -> Contact:
    """The entry of the call register; NotFound when there is none for this person."""
    return _found(find(ctx, Contact, contact_id), _("There is no such entry in the call register."), "contact_id")


def get_sale(ctx: Ctx, sale_id: int) -> SalesRecord:
    """The sales record; NotFound when there is none for this person."""
    return _found(find(ctx, SalesRecord, sale_id), _("There is no such sales record."), "sale_id")


def _found(row, message: str, field: str):
    if row is None:
        raise NotFound(f"unknown_{field.removesuffix('_id')}", message, field)
    return row


def require_own(ctx: Ctx, model: type[Row], row_id: int | None, field: str) -> Row | None:
    """The row that a form points to; Invalid at ``field`` when it isn't there for this person. None stays None."""
    if row_id is None:
        return None
    row = find(ctx, model, row_id)
    if row is None:
        raise Invalid("unknown_reference", _("What was chosen is not there any more. Choose again."), field)
    if isinstance(row, (Customer, Unit)) and row.merged_into_id is not None:
        name = short_name(ctx.session.get_one(type(row), row.merged_into_id))
        raise Invalid("merged_reference", _("This was merged into {name}. Choose that one.", name=name), field)
    return row


def short_name(record: Customer | Unit | Supplier) -> str:
    """What a customer, a supplier or a unit is called in a sentence."""
    if isinstance(record, (Customer, Supplier)):
        return f"{record.number} {record.name}"
    return record.serial or f"#{record.id}"


def contact_by_key(ctx: Ctx, external_key: str) -> Contact | None:
    """The contact that was recorded with this key, if any."""
    return ctx.session.scalar(sa.select(Contact).where(Contact.external_key == external_key))


def customer_by_key(ctx: Ctx, external_key: str) -> Customer | None:
    """The customer whom an import knows by this key, if any; of a merged one the customer that stayed."""
    found = ctx.session.scalar(sa.select(Customer).where(Customer.external_key == external_key))
    if found is not None and found.merged_into_id is not None:
        return find(ctx, Customer, found.merged_into_id)
    return found


def customer_by_number(ctx: Ctx, number: str) -> Customer | None:
    """The customer of this number, whom this person may see; of a merged one the customer that stayed."""
    found = ctx.session.scalar(sa.select(Customer).where(Customer.number == number.strip()))
    if found is not None and found.merged_into_id is not None:
        return find(ctx, Customer, found.merged_into_id)
    return found


def product_by_code(ctx: Ctx, code: str) -> Product | None:
    """The product with this code, if any."""
    return ctx.session.scalar(sa.select(Product).where(Product.code == code))


def units_by_id(ctx: Ctx, device_ids: Iterable[int], *, with_customers: bool = False) -> dict[int, Unit]:
    """These units by id, with their products, in one statement; those that this person may not see are left out."""
    related = [orm.joinedload(Unit.product), *([orm.joinedload(Unit.customer)] if with_customers else [])]
    query = sa.select(Unit).where(Unit.id.in_(sorted(set(device_ids)))).options(*related)
    return {unit.id: unit for unit in ctx.session.scalars(query)}


def unit_ids_after(ctx: Ctx, device_id: int, limit: int) -> list[int]:
    """Ids of the units that follow one, in their order, merged ones left out: for work on all of them in batches."""
    query = sa.select(Unit.id).where(Unit.id > device_id, Unit.merged_into_id.is_(None)).order_by(Unit.id).limit(limit)
    return list(ctx.session.scalars(query))


def customers_after(ctx: Ctx, customer_id: int, limit: int) -> Sequence[Any]:
    """The customers that follow one in the order of their ids, merged ones left out, for work on all of them in
    batches: rows of id, unit_id, klass, kind, active, created_at, and ``phone``, the number to call first (or None).
    """
    phone = sa.select(CustomerPhone.number).where(CustomerPhone.customer_id == Customer.id).correlate(Customer)
    phone = phone.order_by(CustomerPhone.is_primary.desc(), CustomerPhone.id).limit(1)
    query = sa.select(
        Customer.id, Customer.unit_id, Customer.klass, Customer.kind, Customer.active, Customer.created_at,
        phone.scalar_subquery().label("phone"),
    ).where(Customer.id > customer_id, Customer.merged_into_id.is_(None))  # fmt: skip
    return ctx.session.execute(query.order_by(Customer.id).limit(limit)).all()


def units_of_customers(ctx: Ctx, first_id: int, last_id: int) -> Sequence[Any]:
    """The units in use of all customers from one id to another: rows of id, customer_id, product_id, ``group``,
    new_until (of the product), sale_date, delivery_date, installed_on.
    """
    query = sa.select(
        Unit.id, Unit.customer_id, Unit.product_id, Product.group, Product.new_until, Unit.sale_date,
        Unit.delivery_date, Unit.installed_on,
    ).join(Product, Product.id == Unit.product_id)  # fmt: skip
    query = query.where(Unit.customer_id.between(first_id, last_id), Unit.merged_into_id.is_(None))
    return ctx.session.execute(query.where(Unit.status == "in_use").order_by(Unit.customer_id, Unit.id)).all()


def count_customers(ctx: Ctx) -> int:
    """How many customers there are, merged ones left out."""
    return ctx.session.scalar(sa.select(sa.func.count(Customer.id)).where(Customer.merged_into_id.is_(None))) or 0


def count_units(ctx: Ctx) -> int:
    """How many units there are, merged ones left out."""
    return ctx.session.scalar(sa.select(sa.func.count(Unit.id)).where(Unit.merged_into_id.is_(None))) or 0


def unit_badges(ctx: Ctx, device_ids: Iterable[int]) -> dict[int, list[UnitBadge]]:
    """What the modules show with these units wherever they stand; one that fails is left out (and logged)."""
    found: dict[int, list[UnitBadge]] = {}
    ids = sorted(set(device_ids))
    for answer in collect(ctx, "unit_badges", device_ids=ids) if ids else ():
        for device_id, shown in (answer.value or {}).items() if not answer.error else ():
            found.setdefault(device_id, []).extend(shown)
    return found


def sales_of_units(ctx: Ctx, device_ids: Iterable[int]) -> dict[int, list[SalesRecord]]:
    """The lines of the sales ledger about these units, the earliest first.

    Sorted here: told to sort, SQLite would read the whole ledger in its order rather than look these units up.
    """
    query = sa.select(SalesRecord).where(SalesRecord.device_id.in_(sorted(set(device_ids))))
    found: dict[int, list[SalesRecord]] = {}
    for sale in sorted(ctx.session.scalars(query), key=lambda s: (s.sale_date, s.id)):
        found.setdefault(sale.device_id or 0, []).append(sale)
    return found


def units_of_sales(ctx: Ctx, sale_ids: Iterable[int]) -> set[int]:
    """The ids of the units that these lines of the sales ledger are about."""
    query = sa.select(SalesRecord.device_id).where(SalesRecord.id.in_(sorted(set(sale_ids))))
    return {device_id for device_id in ctx.session.scalars(query) if device_id is not None}


def unit_by_serial(ctx: Ctx, serial: str, product_code: str = "") -> Unit | None:
    """The one unit with this serial number (of this product, where it is given); None for none and for several."""
    query = sa.select(Unit).where(Unit.serial == serial.strip().upper(), Unit.merged_into_id.is_(None)).limit(2)
    if product_code:
        query = query.join(Product, Product.id == Unit.product_id).where(Product.code == product_code)
    found = list(ctx.session.scalars(query))
    return found[0] if len(found) == 1 else None


# --- what belongs to a customer -------------------------------------------------------------------------------------


def number_words(ctx: Ctx, number: str) -> str:
    """A kept number as people of the company's region read it: ``+8613800138000`` in China is ``138 0013 8000``."""
    return phone_words(number, ctx.company.region)


def phones_of(ctx: Ctx, customer_id: int) -> list[CustomerPhone]:
    """A customer's numbers, the primary one first."""
    query = sa.select(CustomerPhone).where(CustomerPhone.customer_id == customer_id)
    return list(ctx.session.scalars(query.order_by(CustomerPhone.is_primary.desc(), CustomerPhone.id)))


def sites_of(ctx: Ctx, customer_id: int) -> list[Site]:
    """A customer's places, oldest first."""
    return list(ctx.session.scalars(sa.select(Site).where(Site.customer_id == customer_id).order_by(Site.id)))


def persons_of(ctx: Ctx, customer_id: int) -> list[ContactPerson]:
    """The people to speak to at a customer."""
    query = sa.select(ContactPerson).where(ContactPerson.customer_id == customer_id)
    return list(ctx.session.scalars(query.order_by(ContactPerson.id)))


def units_of(ctx: Ctx, customer_id: int, limit: int = 100) -> list[Unit]:
    """A customer's units with their products, newest sale first, scrapped and returned ones last."""
    gone = sa.case((Unit.status.in_(("scrapped", "returned")), 1), else_=0)
    query = sa.select(Unit).where(Unit.customer_id == customer_id, Unit.merged_into_id.is_(None))
    query = query.options(sa.orm.selectinload(Unit.product))
    return list(
        ctx.session.scalars(query.order_by(gone, Unit.sale_date.desc().nulls_last(), Unit.id.desc()).limit(limit))
    )


def sales_of(ctx: Ctx, customer_id: int, limit: int = 50) -> list[SalesRecord]:
    """What was sold to a customer, newest first."""
    query = (
        sa.select(SalesRecord)
        .where(SalesRecord.customer_id == customer_id)
        .options(sa.orm.selectinload(SalesRecord.product))
    )
    return list(ctx.session.scalars(query.order_by(SalesRecord.sale_date.desc(), SalesRecord.id.desc()).limit(limit)))


def contacts_of(ctx: Ctx, customer_id: int, limit: int = 20) -> list[Contact]:
    """A customer's entries in the call register, newest first."""
    query = sa.select(Contact).where(Contact.customer_id == customer_id).order_by(Contact.id.desc()).limit(limit)
    return list(ctx.session.scalars(query))


def contacts_about(ctx: Ctx, device_ids: Iterable[int]) -> dict[int, Contact]:
    """For each unit the newest contact about it; units without one are absent. One statement."""
    ids = list(device_ids)
    if not ids:
        return {}
    newest = sa.select(sa.func.max(Contact.id)).where(Contact.device_id.in_(ids)).group_by(Contact.device_id)
    rows = ctx.session.scalars(sa.select(Contact).where(Contact.id.in_(newest)))
    return {row.device_id: row for row in rows if row.device_id is not None}


def recent_contacts(ctx: Ctx, limit: int = 10) -> list[Contact]:
    """The newest entries of the call register."""
    query = sa.select(Contact).options(sa.orm.selectinload(Contact.customer))
    return list(ctx.session.scalars(query.order_by(Contact.id.desc()).limit(limit)))


def customer_summary(ctx: Ctx, customer: Customer) -> CustomerSummary:
    """A customer at a glance, with what the enabled plugins count."""
    year_ago = ctx.now - dt.timedelta(days=365)
    row = ctx.session.execute(
        sa.select(
            sa.func.count(Contact.id).filter(Contact.received_at >= year_ago),
            sa.func.count(Contact.id).filter(Contact.state == "open"),
            sa.func.max(Contact.received_at),
        ).where(Contact.customer_id == customer.id)
    ).one()
    units = ctx.session.scalar(sa.select(sa.func.count(Unit.id)).where(Unit.customer_id == customer.id)) or 0
    answers = collect(ctx, "customer_figures", customer=customer)
    figures = [figure for answer in answers if not answer.error for figure in answer.value]
    unavailable = [CustomerFigure(ctx.registry.plugin_label(a.plugin), _("unavailable")) for a in answers if a.error]
    return CustomerSummary(units, row[0], row[1], row[2], tuple(figures + unavailable))


def evidence_of(ctx: Ctx, sale: SalesRecord) -> list[Evidence]:
    """What is on record of a sale and what lacks of it: the ledger's own first, then what other modules keep (INS-10).

    A module that fails is named; what it keeps is not known then.
    """
    lacking = [
        words
        for words, value in (
            (_("batch or unit"), sale.batch or sale.device_id), (_("invoice"), sale.invoice),
            (_("destination"), sale.destination),
        )
        if not value
    ]  # fmt: skip
    missing = _("It lacks: {what}", what=_(", ").join(lacking)) if lacking else _("Complete")
    found = [Evidence(_("Sales record"), not lacking, missing)]
    for answer in collect(ctx, "evidence_of_sale", sale=sale):
        if answer.error:
            found.append(Evidence(ctx.registry.plugin_label(answer.plugin), False, _("unavailable")))
        else:
            found += answer.value
    return found


# --- looking up -----------------------------------------------------------------------------------------------------


def briefs(ctx: Ctx, customers: Sequence[Customer]) -> tuple[CustomerBrief, ...]:
    """Customers in one line each, with their numbers. One statement whatever their number."""
    numbers: dict[int, list[str]] = {c.id: [] for c in customers}
    if customers:
        query = sa.select(CustomerPhone).where(CustomerPhone.customer_id.in_(numbers))
        for phone in ctx.session.scalars(query.order_by(CustomerPhone.is_primary.desc(), CustomerPhone.id)):
            numbers[phone.customer_id].append(phone.number)
    return tuple(
        CustomerBrief(c.id, c.number, c.name, c.kind, c.klass, c.address, tuple(numbers[c.id])) for c in customers
    )


def number_of(ctx: Ctx, text: str, field: str = "phone") -> str:
    """A phone number as typed, in E.164 by the company's region. Raises Invalid, in words, for what can't be one."""
    return read_phone(text, ctx.company.region, field).number


def find_by_phone(ctx: Ctx, text: str) -> PhoneLookup:
    """Who has this number: the whole number first; where nobody has it, those whose numbers end in these digits.

    Never raises for a number that can't be right: ``problem`` then says so, and its last digits are still tried.
    """
    text = (text or "").strip()
    lookup = PhoneLookup(text)
    try:
        number = read_phone(text, ctx.company.region).number
    except Invalid as error:
        lookup = replace(lookup, problem=error.message)
    else:
        found = _customers_where(ctx, CustomerPhone.number == number)
        lookup = replace(lookup, number=number, exact=bool(found), customers=briefs(ctx, found))
    suffix = dial_suffix(text)
    if not lookup.customers and suffix:
        return replace(
            lookup, customers=briefs(ctx, _customers_where(ctx, ends_in(CustomerPhone.reversed_digits, suffix)))
        )
    return lookup


def ends_in(column, reversed_suffix: str) -> sa.ColumnElement[bool]:
    """That the digits in ``column`` begin with ``reversed_suffix``: a range of its index, whatever the collation."""
    return sa.and_(column >= reversed_suffix, column < f"{reversed_suffix}z")


def _customers_where(ctx: Ctx, condition) -> list[Customer]:
    owners = sa.select(CustomerPhone.customer_id).where(condition)
    query = sa.select(Customer).where(Customer.id.in_(owners), Customer.merged_into_id.is_(None))
    return list(ctx.session.scalars(query.order_by(Customer.active.desc(), Customer.id.desc()).limit(FOUND_MAX)))


def search_customers(ctx: Ctx, text: str, limit: int = FOUND_MAX) -> list[Customer]:
    """Customers by a part of their name, by their number, a phone's last digits or a unit's serial."""
    text = (text or "").strip()
    if not text:
        return []
    conditions = [Customer.name.icontains(text, autoescape=True), Customer.number == text.upper()]
    suffix = dial_suffix(text)
    if suffix:
        conditions.append(
            Customer.id.in_(sa.select(CustomerPhone.customer_id).where(ends_in(CustomerPhone.reversed_digits, suffix)))
        )
    conditions.append(Customer.id.in_(sa.select(Unit.customer_id).where(Unit.serial == text.upper())))
    query = sa.select(Customer).where(sa.or_(*conditions), Customer.merged_into_id.is_(None))
    return list(ctx.session.scalars(query.order_by(Customer.active.desc(), Customer.id.desc()).limit(limit)))


def ids_of_units(ctx: Ctx, customer_id: int) -> list[int]:
    """The ids of all units of a customer."""
    return list(ctx.session.scalars(sa.select(Unit.id).where(Unit.customer_id == customer_id)))


def search_products(ctx: Ctx, text: str, limit: int = FOUND_MAX) -> list[Product]:
    """Products by code, model or a part of their name; all when nothing is asked."""
    text = (text or "").strip()
    like = [c.icontains(text, autoescape=True) for c in (Product.name, Product.code, Product.model)]
    query = sa.select(Product).where(sa.or_(*like)) if text else sa.select(Product).where(Product.active.is_(True))
    return list(ctx.session.scalars(query.order_by(Product.code).limit(limit)))


def similar_customers(
    ctx: Ctx, name: str = "", address: str = "", phones: Iterable[str] = (), *, but: int | None = None
) -> list[Likeness]:
    """Customers that may be the same as one about to be saved: same number, same name, or same address.

    ``phones`` are in E.164; ``but`` is the customer itself. A warning, never an obstacle.
    """
    numbers, name_key, address_key = [p for p in phones if p], comparable_name(name), comparable_name(address)
    by_reason: list[tuple[str, sa.ColumnElement[bool]]] = []
    if numbers:
        owners = sa.select(CustomerPhone.customer_id).where(CustomerPhone.number.in_(numbers))
        by_reason.append(("phone", Customer.id.in_(owners)))
    if name_key:
        by_reason.append(("name", Customer.name_key == name_key))
    if address_key:
        by_reason.append(("address", Customer.address_key == address_key))
    reasons: dict[int, tuple[Customer, str]] = {}
    for reason, condition in by_reason:
        query = (
            sa.select(Customer)
            .where(condition, Customer.merged_into_id.is_(None))
            .order_by(Customer.id)
            .limit(FOUND_MAX)
        )
        for row in ctx.session.scalars(query):
            if row.id != but:
                reasons.setdefault(row.id, (row, reason))
    lines = {b.id: b for b in briefs(ctx, [row for row, _reason in reasons.values()])}
    return [Likeness(lines[row_id], reason) for row_id, (_row, reason) in reasons.items()]


def open_contacts_held(ctx: Ctx, user_id: int) -> int:
    """How many contacts that are not settled yet a person holds."""
    query = sa.select(sa.func.count(Contact.id)).where(Contact.assignee_id == user_id, Contact.state == "open")
    return ctx.session.scalar(query) or 0


def open_contacts_of(ctx: Ctx, user_id: int, limit: int = 50) -> list[Contact]:
    """The contacts that wait for a person, oldest first."""
    query = sa.select(Contact).where(Contact.assignee_id == user_id, Contact.state == "open")
    query = query.options(sa.orm.selectinload(Contact.customer))
    return list(ctx.session.scalars(query.order_by(Contact.received_at).limit(limit)))


def contacts_today(ctx: Ctx, user_id: int) -> tuple[int, int]:
    """How many contacts a person has been given since midnight at the company, and how many of these are settled."""
    since = dt.datetime.combine(ctx.today, dt.time(), ctx.tz)
    settled = sa.func.sum(sa.case((Contact.state == "settled", 1), else_=0))
    query = sa.select(sa.func.count(Contact.id), settled)
    taken, done = ctx.session.execute(
        query.where(Contact.received_at >= since, Contact.assignee_id == user_id)
    ).one()
    return taken, int(done or 0)


def ids_of_person(ctx: Ctx, customer_id: int) -> list[int]:
    """A customer and the duplicates that were merged into it; empty when there is no such customer."""
    query = sa.select(Customer.id).where(sa.or_(Customer.id == customer_id, Customer.merged_into_id == customer_id))
    return sorted(ctx.session.scalars(query))


def reach_of(ctx: Ctx, customer_ids: Iterable[int]) -> dict[int, Reach]:
    """Customer → how he or she is called and reached, in three statements for all."""
    ids = sorted(set(customer_ids)) or [0]
    phone = sa.select(CustomerPhone.customer_id, CustomerPhone.number).where(CustomerPhone.customer_id.in_(ids))
    phone = phone.order_by(CustomerPhone.is_primary, CustomerPhone.id.desc())
    phones = {r[0]: r[1] for r in ctx.session.execute(phone)}
    email = sa.select(ContactPerson.customer_id, ContactPerson.email, ContactPerson.language).where(
        ContactPerson.customer_id.in_(ids), ContactPerson.email != ""
    )
    emails = {r[0]: (r[1], r[2]) for r in ctx.session.execute(email.order_by(ContactPerson.id.desc()))}
    columns = (Customer.id, Customer.name, Customer.kind, Customer.klass, Customer.unit_id, Customer.language)
    return {
        row.id: Reach(
            *row[:5], phones.get(row.id, ""), emails.get(row.id, ("", ""))[0],
            emails.get(row.id, ("", ""))[1] or row.language,
        )  # fmt: skip
        for row in ctx.session.execute(sa.select(*columns).where(Customer.id.in_(ids)))
    }


def language_noted(ctx: Ctx, customer_id: int | None, *, email: str = "", name: str = "") -> str:
    """The language that was noted of the contact person with this address, else of this name, else of the customer.

    Empty where none was, or nobody is known.
    """
    if customer_id is None:
        return ""
    own = sa.select(ContactPerson.email, ContactPerson.name, ContactPerson.language).order_by(ContactPerson.id)
    people = list(ctx.session.execute(own.where(ContactPerson.customer_id == customer_id))) if email or name else []
    keys = ((given.strip().casefold(), place) for given, place in ((email, 0), (name, 1)) if given.strip())
    meant = (person for key, place in keys for person in people if person[place].strip().casefold() == key)
    person = next(meant, None)
    if person is not None and person.language:
        return person.language
    return ctx.session.scalar(sa.select(Customer.language).where(Customer.id == customer_id)) or ""


def language_of(ctx: Ctx, customer_id: int | None, *, email: str = "", name: str = "") -> str:
    """What somebody at a customer is written to in: the language that was noted, else the company's."""
    return language_noted(ctx, customer_id, email=email, name=name) or ctx.company.locale


def language_for(ctx: Ctx, record: Any) -> str:
    """The language that was noted of whom a record with a ``customer_id`` is about; empty where none was.

    Its ``person_email`` and ``person_name``, where it has any, say which person that is.
    """
    email, name = (getattr(record, field, "") or "" for field in ("person_email", "person_name"))
    return language_noted(ctx, record.customer_id, email=email, name=name)


def customer_ids_after(
    ctx: Ctx, after: int, limit: int, klass: str = "", kind: str = "", unit_id: int | None = None
) -> list[int]:
    """The ids of the next active customers of a class, kind and unit (empty: any), for work on all of them in parts."""
    query = sa.select(Customer.id).where(
        Customer.id > after, Customer.active.is_(True), Customer.merged_into_id.is_(None)
    )
    for value, column in ((klass, Customer.klass), (kind, Customer.kind), (unit_id, Customer.unit_id)):
        if value:
            query = query.where(column == value)
    return list(ctx.session.scalars(query.order_by(Customer.id).limit(limit)))


def product_names(ctx: Ctx, product_ids: Iterable[int | None]) -> dict[int, str]:
    """Product → its name."""
    query = sa.select(Product.id, Product.name).where(Product.id.in_(sorted({i for i in product_ids if i}) or [0]))
    return {row.id: row.name for row in ctx.session.execute(query)}


def products_of_units(ctx: Ctx, device_ids: Iterable[int]) -> dict[int, int]:
    """Unit → its product."""
    query = sa.select(Unit.id, Unit.product_id).where(Unit.id.in_(sorted(set(device_ids)) or [0]))
    return {row.id: row.product_id for row in ctx.session.execute(query)}


def product_counts(ctx: Ctx, product: Product) -> tuple[int, int]:
    """How many units of a product are in the archive, and how many sales records it has."""
    units = ctx.session.scalar(sa.select(sa.func.count(Unit.id)).where(Unit.product_id == product.id)) or 0
    sales = (
        ctx.session.scalar(sa.select(sa.func.count(SalesRecord.id)).where(SalesRecord.product_id == product.id)) or 0
    )
    return units, sales


def same_batch(ctx: Ctx, sale: SalesRecord, limit: int = 200) -> list[SalesRecord]:
    """Who else got goods of this batch (DST-4.5): from it to all customers, newest first. Empty without a batch."""
    if not sale.batch:
        return []
    query = sa.select(SalesRecord).options(sa.orm.selectinload(SalesRecord.customer))
    query = query.where(
        SalesRecord.batch == sale.batch, SalesRecord.product_id == sale.product_id, SalesRecord.id != sale.id
    )
    return list(ctx.session.scalars(query.order_by(SalesRecord.sale_date.desc(), SalesRecord.id.desc()).limit(limit)))


def receivers_of_batch(
    ctx: Ctx, product_code: str, batch: str
) -> list[tuple[RecordRef, int | None, int | None, Decimal]]:
    """(line of the sales ledger or unit, customer, unit, quantity) of a batch of a product, over all units.

    For stopping a batch everywhere: nobody is left out because the person who stops it may not see them.
    """
    ctx.session.flush()
    named = {"code": product_code, "number": batch}
    found = [(RecordRef(SALE, r[0]), r[1], r[2], r[3]) for r in prepared(ctx, _SOLD, **named)]
    known = {device_id for _ref, _customer, device_id, _quantity in found}
    for device_id, customer_id in prepared(ctx, _BUILT, **named):
        if device_id not in known:
            found.append((RecordRef(UNIT, device_id), customer_id, device_id, Decimal(1)))
    return found


def sold_of_batches(
    ctx: Ctx, batches: Sequence[tuple[str, str]]
) -> list[tuple[str, str, RecordRef, int | None, int | None, Decimal, dt.date | None]]:
    """(product's code, batch, line of the sales ledger or unit, customer, unit, quantity, day of sale) of batches, each
    named by the product's code and its number; over all units, two statements however many are asked about.

    A unit that the ledger names is not told twice; one that is with nobody any more isn't told at all.
    """
    ctx.session.flush()
    wanted = set(batches)
    if not wanted:
        return []
    named = {"codes": sorted({code for code, _n in wanted}), "numbers": sorted({n for _code, n in wanted})}
    found = [
        (code, number, RecordRef(SALE, row_id), *rest)
        for row_id, code, number, *rest in prepared(ctx, _LEDGER_OF, **named)
        if (code, number) in wanted
    ]
    known = {row[4] for row in found}
    for device_id, code, number, customer_id, sold, delivered in prepared(ctx, _UNITS_OF, **named):
        if (code, number) in wanted and device_id not in known:
            ref = RecordRef(UNIT, device_id)
            found.append((code, number, ref, customer_id, device_id, Decimal(1), sold or delivered))
    return found


_P: Any = Product.__table__
_S: Any = SalesRecord.__table__
_U: Any = Unit.__table__


def _of_batch(table: Any, *columns: Any) -> sa.Select:
    code, number = sa.bindparam("code", type_=sa.String()), sa.bindparam("number", type_=sa.String())
    product = sa.and_(_P.c.company_id == table.c.company_id, _P.c.id == table.c.product_id)
    query = sa.select(table.c.id, *columns).join(_P, product)
    query = query.where(table.c.company_id == sa.bindparam("of_company"), _P.c.code == code, table.c.batch == number)
    return query.order_by(table.c.id)


_SOLD = _of_batch(_S, _S.c.customer_id, _S.c.device_id, _S.c.quantity)
_BUILT = _of_batch(_U, _U.c.customer_id)


def _of_batches(table: Any, *columns: Any) -> sa.Select:
    codes = sa.bindparam("codes", type_=sa.String(), expanding=True)
    numbers = sa.bindparam("numbers", type_=sa.String(), expanding=True)
    product = sa.and_(_P.c.company_id == table.c.company_id, _P.c.id == table.c.product_id)
    query = sa.select(table.c.id, _P.c.code, table.c.batch, *columns).join(_P, product)
    query = query.where(table.c.company_id == sa.bindparam("of_company"), table.c.batch.in_(numbers))
    return query.where(_P.c.code.in_(codes)).order_by(table.c.id)


_LEDGER_OF = _of_batches(_S, _S.c.customer_id, _S.c.device_id, _S.c.quantity, _S.c.sale_date)
_UNITS_OF = _of_batches(_U, _U.c.customer_id, _U.c.sale_date, _U.c.delivery_date).where(
    _U.c.customer_id.is_not(None), _U.c.status.in_(("in_use", "idle"))
)


def search_contacts(ctx: Ctx, text: str, limit: int = FOUND_MAX) -> list[Contact]:
    """Entries of the call register by number, or by the last digits of the caller's."""
    text, suffix = (text or "").strip(), dial_suffix(text)
    conditions = [Contact.number == text.upper()]
    if suffix:
        conditions.append(ends_in(Contact.reversed_digits, suffix))
    return list(
        ctx.session.scalars(sa.select(Contact).where(sa.or_(*conditions)).order_by(Contact.id.desc()).limit(limit))
    )


# --- what is said at reception --------------------------------------------------------------------------------------


def reception_script(ctx: Ctx, matter: str, channel: str, *, known: bool) -> list[str]:
    """What reception says (GS-23): the company's first sentences, then those of the table ``base.reception``.

    In the language of the moment; a sentence that lacks it is shown in the other. ``known``: the customer is.
    """
    first = [line.strip() for line in str(get_setting(ctx, "base.intake.script")).splitlines() if line.strip()]
    if matter not in MATTERS or channel not in CHANNELS:
        return first
    ruling = rule(ctx, "base.reception", {"matter": matter, "channel": channel, "known": known})
    here, there = ("say_zh", "say_en") if get_locale() == "zh" else ("say_en", "say_zh")
    lines = (out.get(here) or out.get(there) for out in ruling.decision.all_outputs)
    return [*first, *(str(line) for line in lines if line)]
