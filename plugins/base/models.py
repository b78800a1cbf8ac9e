"""Tables of the archive: who the customers are, what they own, what was sold to them, who called about what, and who
sells to us.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.api import (
    N_,
    Base,
    CompanyOwned,
    Id,
    Quantity,
    UnitScoped,
    Versioned,
    owned_ref,
    owned_relationship,
    record_ref,
)

CUSTOMER_KINDS = ("person", "company")
ZONES = ("", "city", "suburb")
UNIT_STATUSES = ("in_use", "in_stock", "idle", "returned", "scrapped")
CHANNELS = ("phone", "email", "portal", "visit", "letter", "video", "api", "other")
DIRECTIONS = ("in", "out")
CONTACT_STATES = ("open", "settled")
MATTERS = ("fault", "complaint", "question", "other")
SUPPLIER_STANDINGS = ("new", "approved", "watched", "stopped")
CAUSES = ("", "defect", "misuse", "wear", "transport", "unknown")


def one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    """A check that ``column`` holds one of ``values``."""
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} in ({listed})", name=column)


class Customer(Base, CompanyOwned, UnitScoped, Versioned):
    """A person or a company that owns, buys or uses products; the organisation unit ``unit_id`` looks after it."""

    __tablename__ = "base_customer"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.Index("ix_base_customer_name_key", "company_id", "name_key"),
        sa.Index("ix_base_customer_address_key", "company_id", "address_key"),
        sa.Index("ix_base_customer_source", "company_id", "external_key", unique=True),
        one_of("kind", CUSTOMER_KINDS),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    name: Mapped[str] = mapped_column(sa.String(200))
    name_key: Mapped[str] = mapped_column(sa.String(200), default="")
    """The name without spaces and punctuation, in lower case: finds duplicates by index."""
    kind: Mapped[str] = mapped_column(sa.String(10), default="person")
    klass: Mapped[str] = mapped_column(sa.String(60), default="")
    """The customer class, one of the company's setting ``base.customer.classes``."""
    grade: Mapped[str] = mapped_column(sa.String(20), default="")
    language: Mapped[str] = mapped_column(sa.String(10), default="")
    """What the customer is written and spoken to in; empty: the company's language."""
    address: Mapped[str] = mapped_column(sa.String(400), default="")
    address_key: Mapped[str] = mapped_column(sa.String(400), default="")
    note: Mapped[str] = mapped_column(sa.Text, default="")
    active: Mapped[bool] = mapped_column(default=True)
    merged_into_id: Mapped[int | None] = owned_ref("base_customer", nullable=True)
    created_at: Mapped[dt.datetime]
    external_key: Mapped[str | None] = mapped_column(sa.String(120))
    """What an import calls this customer; unique, so that loading twice adds nothing."""

    phones: Mapped[list[CustomerPhone]] = relationship(
        "CustomerPhone", viewonly=True, order_by="(CustomerPhone.is_primary.desc(), CustomerPhone.id)"
    )


class CustomerPhone(Base, CompanyOwned):
    """A phone number of a customer. Several customers may share one."""

    __label__ = N_("Phone numbers")

    __tablename__ = "base_customer_phone"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "customer_id", "number", "extension"),
        sa.Index("ix_base_customer_phone_number", "company_id", "number"),
        sa.Index("ix_base_customer_phone_reversed", "company_id", "reversed_digits"),
    )

    id: Mapped[Id]
    customer_id: Mapped[int] = owned_ref("base_customer")
    number: Mapped[str] = mapped_column(sa.String(20))
    """E.164: a plus sign, country code, number."""
    reversed_digits: Mapped[str] = mapped_column(sa.String(20))
    """The digits of ``number`` from back to front, so that an index finds numbers by their last digits."""
    raw: Mapped[str] = mapped_column(sa.String(60))
    """As it was typed."""
    extension: Mapped[str] = mapped_column(sa.String(12), default="")
    label: Mapped[str] = mapped_column(sa.String(40), default="")
    is_primary: Mapped[bool] = mapped_column(default=False)


class Site(Base, CompanyOwned):
    """Where a customer's units stand."""

    __label__ = N_("Places")

    __tablename__ = "base_site"
    __table_args__ = (one_of("zone", ZONES),)

    id: Mapped[Id]
    customer_id: Mapped[int] = owned_ref("base_customer")
    name: Mapped[str] = mapped_column(sa.String(120), default="")
    province: Mapped[str] = mapped_column(sa.String(60), default="")
    city: Mapped[str] = mapped_column(sa.String(60), default="")
    district: Mapped[str] = mapped_column(sa.String(60), default="")
    address: Mapped[str] = mapped_column(sa.String(400), default="")
    latitude: Mapped[Decimal | None] = mapped_column(Quantity)
    longitude: Mapped[Decimal | None] = mapped_column(Quantity)
    zone: Mapped[str] = mapped_column(sa.String(10), default="")
    """``city`` or ``suburb``: some limits differ by it; empty when not said."""


class ContactPerson(Base, CompanyOwned):
    """Somebody to speak to at a customer."""

    __label__ = N_("Contact persons")

    __tablename__ = "base_contact_person"

    id: Mapped[Id]
    customer_id: Mapped[int] = owned_ref("base_customer")
    name: Mapped[str] = mapped_column(sa.String(120))
    title: Mapped[str] = mapped_column(sa.String(80), default="")
    phone: Mapped[str] = mapped_column(sa.String(60), default="")
    email: Mapped[str] = mapped_column(sa.String(255), default="")
    language: Mapped[str] = mapped_column(sa.String(10), default="")
    """What this person is written and spoken to in; empty: as the customer."""


PARTS_OF_CUSTOMER: tuple[Any, ...] = (CustomerPhone, Site, ContactPerson)
"""What goes with a customer."""


class Product(Base, CompanyOwned, Versioned):
    """Something that is sold and serviced."""

    __tablename__ = "base_product"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "code"),
        sa.Index("ix_base_product_name", "company_id", "name"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(sa.String(60))
    name: Mapped[str] = mapped_column(sa.String(200))
    group: Mapped[str] = mapped_column(sa.String(80), default="")
    model: Mapped[str] = mapped_column(sa.String(120), default="")
    """Specification and model, 规格型号."""
    maker: Mapped[str] = mapped_column(sa.String(200), default="")
    new_until: Mapped[dt.date | None]
    """Until this day it counts as a new product, which is followed more closely."""
    active: Mapped[bool] = mapped_column(default=True)


class Unit(Base, CompanyOwned, UnitScoped, Versioned):
    """One piece of the installed base. ``unit_id`` is the organisation unit ; others point here by device_id."""

    __tablename__ = "base_unit"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "product_id", "serial"),
        sa.Index("ix_base_unit_serial", "company_id", "serial"),
        sa.Index("ix_base_unit_batch", "company_id", "batch"),
        one_of("status", UNIT_STATUSES),
    )

    id: Mapped[Id]
    product_id: Mapped[int] = owned_ref("base_product")
    serial: Mapped[str | None] = mapped_column(sa.String(80))
    batch: Mapped[str] = mapped_column(sa.String(80), default="")
    customer_id: Mapped[int | None] = owned_ref("base_customer", nullable=True)
    merged_into_id: Mapped[int | None] = owned_ref("base_unit", nullable=True)
    """The unit that this one, registered twice, really is."""
    site_id: Mapped[int | None] = owned_ref("base_site", nullable=True)
    production_date: Mapped[dt.date | None]
    sale_date: Mapped[dt.date | None]
    delivery_date: Mapped[dt.date | None]
    installed_on: Mapped[dt.date | None]
    accepted_on: Mapped[dt.date | None]
    status: Mapped[str] = mapped_column(sa.String(20), default="in_use")
    note: Mapped[str] = mapped_column(sa.Text, default="")

    product = owned_relationship("Product", "base_unit", "product_id")
    customer = owned_relationship("Customer", "base_unit", "customer_id")


class SalesRecord(Base, CompanyOwned, UnitScoped, Versioned):
    """One line of the sales ledger (DST-0): what went to whom, when, from which batch."""

    __tablename__ = "base_sales_record"
    __table_args__ = (
        sa.CheckConstraint("quantity > 0", name="quantity"),
        sa.Index("ix_base_sales_record_batch", "company_id", "batch"),
        sa.Index("ix_base_sales_record_sale_date", "company_id", "sale_date"),
        sa.Index("ix_base_sales_record_source", "company_id", "external_key", unique=True),
    )

    id: Mapped[Id]
    product_id: Mapped[int] = owned_ref("base_product")
    device_id: Mapped[int | None] = owned_ref("base_unit", nullable=True)
    customer_id: Mapped[int] = owned_ref("base_customer")
    quantity: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(1))
    batch: Mapped[str] = mapped_column(sa.String(80), default="")
    expiry: Mapped[dt.date | None]
    sale_date: Mapped[dt.date]
    destination: Mapped[str] = mapped_column(sa.String(200), default="")
    channel: Mapped[str] = mapped_column(sa.String(80), default="")
    invoice: Mapped[str] = mapped_column(sa.String(80), default="")
    note: Mapped[str] = mapped_column(sa.Text, default="")
    external_key: Mapped[str | None] = mapped_column(sa.String(120))
    """What an import calls this line; unique, so that loading twice adds nothing."""

    product = owned_relationship("Product", "base_sales_record", "product_id")
    customer = owned_relationship("Customer", "base_sales_record", "customer_id")


class Supplier(Base, CompanyOwned, Versioned):
    """Somebody who sells us products or parts. Who buys, who claims and who evaluates share this one list."""

    __tablename__ = "base_supplier"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.Index("ix_base_supplier_name", "company_id", "name"),
        sa.Index("ix_base_supplier_source", "company_id", "external_key", unique=True),
        sa.Index("ix_base_supplier_due", "company_id", "evaluate_on", "id"),
        sa.CheckConstraint("lead_days between 0 and 3650", name="lead_days"),
        one_of("standing", SUPPLIER_STANDINGS),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    name: Mapped[str] = mapped_column(sa.String(200))
    contact_name: Mapped[str] = mapped_column(sa.String(120), default="")
    phone: Mapped[str] = mapped_column(sa.String(60), default="")
    email: Mapped[str] = mapped_column(sa.String(255), default="")
    address: Mapped[str] = mapped_column(sa.String(400), default="")
    lead_days: Mapped[int] = mapped_column(default=0)
    """From an order to the goods, where nothing more exact is agreed."""
    note: Mapped[str] = mapped_column(sa.Text, default="")
    active: Mapped[bool] = mapped_column(default=True)
    standing: Mapped[str] = mapped_column(sa.String(10), default="new")
    """How its last evaluation came out (STO-7); the list of approved suppliers is read off it."""
    evaluate_on: Mapped[dt.date | None]
    """When it is due to be evaluated again; None: it never was."""
    merged_into_id: Mapped[int | None] = owned_ref("base_supplier", nullable=True)
    """The supplier that this one, entered twice, really is."""
    external_key: Mapped[str | None] = mapped_column(sa.String(120))
    """What it is called where it was imported from; further files name it by this."""


class Contact(Base, CompanyOwned, UnitScoped, Versioned):
    """One line of the call register 叫修登记簿: somebody called, wrote or came by. GS-6 names what it records.

    The organisation unit ``unit_id`` and the person ``assignee_id`` handle it; ``device_id`` is the unit concerned.
    What was said at the time (name, address, model, purchase date) stays as it was, whatever the archive says later.
    """

    __tablename__ = "base_contact"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        sa.UniqueConstraint("company_id", "external_key"),
        sa.Index("ix_base_contact_phone", "company_id", "phone"),
        sa.Index("ix_base_contact_reversed", "company_id", "reversed_digits"),
        sa.Index("ix_base_contact_state", "company_id", "state", "id"),
        sa.Index("ix_base_contact_received", "company_id", "received_at"),
        one_of("channel", CHANNELS),
        one_of("direction", DIRECTIONS),
        one_of("matter", MATTERS),
        one_of("state", CONTACT_STATES),
        one_of("cause", CAUSES),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(sa.String(40))
    channel: Mapped[str] = mapped_column(sa.String(10))
    direction: Mapped[str] = mapped_column(sa.String(3), default="in")
    received_at: Mapped[dt.datetime]
    phone: Mapped[str] = mapped_column(sa.String(20), default="")
    """E.164, or empty when no number was given."""
    reversed_digits: Mapped[str] = mapped_column(sa.String(20), default="")
    phone_raw: Mapped[str] = mapped_column(sa.String(60), default="")
    customer_id: Mapped[int | None] = owned_ref("base_customer", nullable=True)
    device_id: Mapped[int | None] = owned_ref("base_unit", nullable=True)
    caller_name: Mapped[str] = mapped_column(sa.String(120), default="")
    address: Mapped[str] = mapped_column(sa.String(400), default="")
    model: Mapped[str] = mapped_column(sa.String(200), default="")
    purchase_date: Mapped[dt.date | None]
    matter: Mapped[str] = mapped_column(sa.String(10), default="fault")
    """What it is about, as far as one can tell: a fault, a complaint or suggestion, a question, something else."""
    subject: Mapped[str] = mapped_column(sa.String(200), default="")
    text: Mapped[str] = mapped_column(sa.Text, default="")
    """What the customer says, in his or her words."""
    cause: Mapped[str] = mapped_column(sa.String(20), default="")
    """The likely cause as far as one can tell at intake; a later diagnosis decides."""
    appearance: Mapped[str] = mapped_column(sa.String(400), default="")
    """How the product looks: damage, missing parts, packaging."""
    state: Mapped[str] = mapped_column(sa.String(10), default="open")
    outcome: Mapped[str] = mapped_column(sa.String(80), default="")
    """What it became: a record kind such as ``complaints.complaint``, or ``record`` when it was only written down."""
    outcome_ref: Mapped[int | None] = record_ref("outcome")
    settled_at: Mapped[dt.datetime | None]
    external_key: Mapped[str | None] = mapped_column(sa.String(120))
    """The key of the form or of the message it came from; unique, so that sending twice makes one contact."""

    customer = owned_relationship("Customer", "base_contact", "customer_id")
    device = owned_relationship("Unit", "base_contact", "device_id")
