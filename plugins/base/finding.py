"""What customers, units, products, suppliers and entries of the call register are found by in the search box."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, Searchable, SearchText
from plugins.base.models import Contact, Customer, CustomerPhone, Product, Supplier, Unit
from plugins.base.rules import phone_words


def _phone(number: str, region: str) -> tuple[str, str]:
    """A number with its country, and as people at home dial it, without blanks: both are found by any part."""
    home = "".join(c for c in phone_words(number, region) if c.isdigit())
    return number.lstrip("+"), home


def _customers(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    region = ctx.company.region
    query = sa.select(Customer).where(Customer.id.in_(ids), Customer.merged_into_id.is_(None))
    found = {}
    for c in ctx.session.scalars(query.options(orm.selectinload(Customer.phones))):
        numbers = [word for phone in c.phones for word in _phone(phone.number, region)]
        shown = ", ".join(phone_words(p.number, region, p.extension) for p in c.phones[:2])
        detail = " ".join(x for x in (c.number, shown, c.address) if x)
        found[c.id] = SearchText(c.name, detail, (c.number, *numbers), c.unit_id, c.assignee_id)
    return found


def _units(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    query = sa.select(Unit).where(Unit.id.in_(ids), Unit.merged_into_id.is_(None))
    query = query.options(orm.selectinload(Unit.product), orm.selectinload(Unit.customer))
    found = {}
    for u in ctx.session.scalars(query):
        title = f"{u.product.name} {u.serial or ''}".strip()
        owner = u.customer.name if u.customer else ""
        words = (u.serial or "", u.batch, u.product.code, u.product.model)
        found[u.id] = SearchText(title, owner, words, u.unit_id, u.assignee_id)
    return found


def _products(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    query = sa.select(Product).where(Product.id.in_(ids))
    return {
        p.id: SearchText(p.name, " ".join(x for x in (p.code, p.model, p.maker) if x), (p.group,))
        for p in ctx.session.scalars(query)
    }


def _contacts(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    query = sa.select(Contact).where(Contact.id.in_(ids)).options(orm.selectinload(Contact.customer))
    found = {}
    for c in ctx.session.scalars(query):
        said = c.subject or c.text[:80]
        caller = c.caller_name or (c.customer.name if c.customer else "")
        numbers = _phone(c.phone, ctx.company.region) if c.phone else ()
        detail = f"{caller} {said}".strip()
        found[c.id] = SearchText(c.number, detail, (*numbers, c.model), c.unit_id, c.assignee_id)
    return found


def _suppliers(ctx: Ctx, ids: list[int]) -> dict[int, SearchText]:
    rows = ctx.session.scalars(sa.select(Supplier).where(Supplier.id.in_(ids)))
    return {s.id: SearchText(f"{s.number} {s.name}", s.contact_name, (s.phone, s.email, s.note)) for s in rows}


CUSTOMERS = Searchable(_customers, ((CustomerPhone, "customer_id"),))
UNITS = Searchable(_units)
PRODUCTS = Searchable(_products)
CONTACTS = Searchable(_contacts)
SUPPLIERS = Searchable(_suppliers)
