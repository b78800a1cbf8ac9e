"""How duplicates of customers and of units are recognised and merged; the core moves what points to them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import N_, Alike, Change, Ctx, Mergeable, OrgUnit, _, is_told_apart
from plugins.base import queries
from plugins.base.contracts import (
    CUSTOMER,
    CUSTOMER_KIND_WORDS,
    STANDING_WORDS,
    SUPPLIER,
    UNIT,
    UNIT_STATUS_WORDS,
)
from plugins.base.models import Contact, Customer, CustomerPhone, SalesRecord, Supplier, Unit
from plugins.base.rules import comparable_name

_FOLLOW: tuple[Any, ...] = (Unit, SalesRecord, Contact)
"""What the organisation unit of the customer looks after."""
REASONS = {"phone": N_("same phone"), "name": N_("same name"), "address": N_("same address")}


# --- customers ------------------------------------------------------------------------------------------------------


def _customer(ctx: Ctx, text: str) -> Customer | None:
    return ctx.session.scalar(sa.select(Customer).where(Customer.number == text.strip().upper()))


def _customer_words(ctx: Ctx, record: Any, name: str) -> str:
    value = getattr(record, name)
    if name == "unit_id":
        return (ctx.session.scalar(sa.select(OrgUnit.name).where(OrgUnit.id == value)) or "") if value else ""
    return _(CUSTOMER_KIND_WORDS[value]) if name == "kind" else str(value or "")


def complete_customer(record: Any) -> None:
    """Fill the columns by which duplicates are found."""
    record.name_key = comparable_name(record.name)[:200]
    record.address_key = comparable_name(record.address)[:400]


def _customer_changes(ctx: Ctx, duplicate: Any, target: Any) -> list[Change]:
    """What is looked after by the customer's organisation unit follows; one number is the first to call."""
    found = []
    for model in _FOLLOW:
        by_unit: dict[int | None, list[int]] = {}
        rows = ctx.session.execute(
            sa.select(model.id, model.unit_id).where(model.customer_id == duplicate.id).order_by(model.id)
        )
        for row_id, unit_id in rows:
            by_unit.setdefault(unit_id, []).append(row_id)
        found += [
            Change(model, "unit_id", tuple(ids), unit_id, target.unit_id)
            for unit_id, ids in by_unit.items()
            if unit_id != target.unit_id
        ]
    if queries.phones_of(ctx, target.id):
        first = tuple(p.id for p in queries.phones_of(ctx, duplicate.id) if p.is_primary)
        found.append(Change(CustomerPhone, "is_primary", first, True, False))
    return found


def _customer_warnings(ctx: Ctx, duplicate: Any, target: Any) -> list[str]:
    said = []
    if duplicate.kind != target.kind:
        said.append(_("One is a private person, the other a company or institution."))
    if not {p.number for p in queries.phones_of(ctx, duplicate.id)} & {
        p.number for p in queries.phones_of(ctx, target.id)
    } and comparable_name(duplicate.name) != comparable_name(target.name):
        said.append(_("Neither the name nor a phone number is the same."))
    if not target.active:
        said.append(_("The customer that stays is inactive."))
    return said


def _like_customer(ctx: Ctx, record: Any) -> list[Alike]:
    numbers = [p.number for p in queries.phones_of(ctx, record.id)]
    likenesses = queries.similar_customers(ctx, record.name, record.address, numbers, but=record.id)
    query = sa.select(Customer).where(Customer.id.in_([x.customer.id for x in likenesses]))
    rows = {c.id: c for c in ctx.session.scalars(query)}
    return [Alike(rows[x.customer.id], _(REASONS[x.reason])) for x in likenesses if x.customer.id in rows]


def _customer_suspects() -> sa.Select:
    """Customers to whom a later one is alike: by index on name, address and number, whatever the table's size."""
    twin, own, their = orm.aliased(Customer), orm.aliased(CustomerPhone), orm.aliased(CustomerPhone)
    apart = is_told_apart(CUSTOMER, Customer.id, twin.id)
    later = [twin.id > Customer.id, twin.merged_into_id.is_(None), ~apart]
    same_name = sa.exists(sa.select(twin.id).where(twin.name_key == Customer.name_key, *later))
    same_address = sa.exists(sa.select(twin.id).where(twin.address_key == Customer.address_key, *later))
    numbers = (
        sa.select(twin.id)
        .join(their, their.customer_id == twin.id)
        .join(own, own.number == their.number)
        .where(own.customer_id == Customer.id, *later)
    )
    return sa.select(Customer).where(
        Customer.merged_into_id.is_(None),
        sa.or_(
            sa.and_(Customer.name_key != "", same_name),
            sa.and_(Customer.address_key != "", same_address),
            sa.exists(numbers),
        ),
    )


CUSTOMERS = Mergeable(
    right="base.customer.merge",
    fields=(
        ("name", N_("Name")),
        ("kind", N_("Kind")),
        ("klass", N_("Customer class")),
        ("grade", N_("Grade")),
        ("language", N_("Language")),
        ("address", N_("Address")),
        ("note", N_("Note")),
    ),
    merged="base.customers_merged",
    undone="base.customers_merge_undone",
    name=lambda c: c.name,
    find=_customer,
    words=_customer_words,
    warnings=_customer_warnings,
    changes=_customer_changes,
    completed=complete_customer,
    alike=_like_customer,
    suspects=_customer_suspects,
)


# --- units ----------------------------------------------------------------------------------------------------------


def _unit(ctx: Ctx, text: str) -> Unit | None:
    """A unit by its serial number, where only one that was not merged has it."""
    query = sa.select(Unit).where(Unit.serial == text.strip().upper(), Unit.merged_into_id.is_(None)).limit(2)
    found = list(ctx.session.scalars(query))
    return found[0] if len(found) == 1 else None


def _unit_words(ctx: Ctx, record: Any, name: str) -> str:
    value = getattr(record, name)
    if value in (None, ""):
        return ""
    if name == "product_id":
        product = queries.get_product(ctx, value)
        return f"{product.code} {product.name}"
    if name == "customer_id":
        customer = queries.find(ctx, Customer, value)
        return f"{customer.number} {customer.name}" if customer else ""
    return _(UNIT_STATUS_WORDS[value]) if name == "status" else str(value)


def _unit_warnings(ctx: Ctx, duplicate: Any, target: Any) -> list[str]:
    said = []
    if duplicate.product_id != target.product_id:
        said.append(_("They are different products."))
    if duplicate.customer_id and target.customer_id and duplicate.customer_id != target.customer_id:
        said.append(_("They belong to different customers."))
    if duplicate.serial and target.serial and duplicate.serial != target.serial:
        said.append(_("Their serial numbers differ: one piece of goods has one."))
    return said


def _like_unit(ctx: Ctx, record: Any) -> list[Alike]:
    if not record.serial:
        return []
    query = sa.select(Unit).where(Unit.serial == record.serial, Unit.id != record.id, Unit.merged_into_id.is_(None))
    return [Alike(row, _("same serial number")) for row in ctx.session.scalars(query.order_by(Unit.id).limit(20))]


def _unit_suspects() -> sa.Select:
    twin = orm.aliased(Unit)
    later = sa.select(twin.id).where(
        twin.serial == Unit.serial,
        twin.id > Unit.id,
        twin.merged_into_id.is_(None),
        ~is_told_apart(UNIT, Unit.id, twin.id),
    )
    return sa.select(Unit).where(Unit.merged_into_id.is_(None), Unit.serial.is_not(None), sa.exists(later))


def _unit_name(unit: Any) -> str:
    """A unit is called by its product; its number is the serial number."""
    return unit.product.name


UNITS = Mergeable(
    right="base.unit.merge",
    fields=(
        ("serial", N_("Serial number")),
        ("batch", N_("Batch")),
        ("production_date", N_("Produced on")),
        ("sale_date", N_("Sold on")),
        ("delivery_date", N_("Delivered on")),
        ("installed_on", N_("Installed on")),
        ("accepted_on", N_("Accepted on")),
        ("status", N_("Status")),
        ("note", N_("Note")),
    ),
    merged="base.units_merged",
    undone="base.units_merge_undone",
    name=_unit_name,
    find=_unit,
    words=_unit_words,
    exclusive=("serial",),
    warnings=_unit_warnings,
    alike=_like_unit,
    suspects=_unit_suspects,
)


# --- suppliers ------------------------------------------------------------------------------------------------------


def _supplier(ctx: Ctx, text: str) -> Supplier | None:
    return ctx.session.scalar(sa.select(Supplier).where(Supplier.number == text.strip().upper()))


def _supplier_words(_ctx: Ctx, record: Any, name: str) -> str:
    value = getattr(record, name)
    return _(STANDING_WORDS[value]) if name == "standing" else str(value or "")


def _like_supplier(ctx: Ctx, record: Any) -> list[Alike]:
    own = Supplier.id != record.id
    query = sa.select(Supplier).where(Supplier.name == record.name, own, Supplier.merged_into_id.is_(None))
    return [Alike(row, _("same name")) for row in ctx.session.scalars(query.order_by(Supplier.id).limit(20))]


def _supplier_suspects() -> sa.Select:
    twin = orm.aliased(Supplier)
    later = sa.select(twin.id).where(
        twin.name == Supplier.name,
        twin.id > Supplier.id,
        twin.merged_into_id.is_(None),
        ~is_told_apart(SUPPLIER, Supplier.id, twin.id),
    )
    return sa.select(Supplier).where(Supplier.merged_into_id.is_(None), sa.exists(later))


SUPPLIERS = Mergeable(
    right="base.supplier.merge",
    fields=(
        ("name", N_("Name")),
        ("contact_name", N_("Contact person")),
        ("phone", N_("Phone")),
        ("email", N_("E-mail address")),
        ("address", N_("Address")),
        ("lead_days", N_("Lead time (days)")),
        ("standing", N_("Supplier standing")),
        ("note", N_("Note")),
    ),
    merged="base.suppliers_merged",
    undone="base.suppliers_merge_undone",
    name=lambda supplier: supplier.name,
    find=_supplier,
    words=_supplier_words,
    alike=_like_supplier,
    suspects=_supplier_suspects,
)
