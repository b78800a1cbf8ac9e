"""One page for each kind of record: the customer with everything about him or her, the unit, the contact, the sale."""

from __future__ import annotations

from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for

from core.api import Ctx, Merge, _, collect, label, merges_of, timeline
from core.web_api import Action, current_ctx, needs, panels_of, record_id, timeline_items
from plugins.base import queries
from plugins.base.contracts import (
    CAUSE_WORDS,
    CHANNEL_WORDS,
    CONTACT_STATE_WORDS,
    CUSTOMER,
    CUSTOMER_KIND_WORDS,
    LANGUAGE_WORDS,
    MATTER_WORDS,
    PERSON_LANGUAGE_WORDS,
    UNIT,
    UNIT_STATUS_WORDS,
    ZONE_WORDS,
)
from plugins.base.forms import PersonForm, PhoneForm, SiteForm
from plugins.base.labels import LABELS, in_words
from plugins.base.models import Contact, Customer, Supplier, Unit
from plugins.base.rules import phone_words
from plugins.base.views.blueprint import blueprint
from plugins.base.views.intake import product_words, with_contact

_TIMELINE = 20


def _word(known: dict[str, str], value: str | None) -> str:
    return _(known.get(value, value)) if value else ""


@blueprint.app_context_processor
def words() -> dict:
    """What the templates of this plugin call."""
    return {
        "phone_words": phone_words,
        "product_words": product_words,
        "unit_status_words": partial(_word, UNIT_STATUS_WORDS),
        "channel_words": partial(_word, CHANNEL_WORDS),
        "cause_words": partial(_word, CAUSE_WORDS),
        "matter_words": partial(_word, MATTER_WORDS),
        "customer_kind_words": partial(_word, CUSTOMER_KIND_WORDS),
        "language_words": partial(_word, LANGUAGE_WORDS),
        "contact_state_words": partial(_word, CONTACT_STATE_WORDS),
        "zone_words": partial(_word, ZONE_WORDS),
    }


def history_of(ctx: Ctx, record) -> dict:
    """One page of everything that happened to a record, and where the next one begins."""
    before = record_id(request.args.get("before"))
    events = timeline(ctx, record, before_id=before, limit=_TIMELINE + 1)
    shown = in_words(timeline_items(ctx, events[:_TIMELINE], labels=LABELS, table=record.__tablename__))
    older = None
    if len(events) > _TIMELINE:
        here = {**(request.view_args or {}), "before": events[_TIMELINE - 1].id}
        older = url_for(request.endpoint or "", **here) + "#history"
    return {"items": shown, "older": older, "paged": before is not None}


@blueprint.get("/customers/<int:record_id>")
@needs("base.customer.view")
def customer_page(record_id: int):
    """Everything about one customer."""
    ctx = current_ctx()
    customer = queries.get_customer(ctx, record_id)
    return stayed(ctx, customer) or customer_screen(ctx, customer)


def stayed(ctx: Ctx, record: Customer | Unit | Supplier):
    """From a duplicate on to the record that it was merged into, which says so; None for any other record."""
    model: Any = type(record)
    if record.merged_into_id is None or queries.find(ctx, model, record.merged_into_id) is None:
        return None
    flash(_("{name} was a duplicate and was merged into this one.", name=queries.short_name(record)), "info")
    return redirect(url_for(request.endpoint or "", record_id=record.merged_into_id))


def merged_here(ctx: Ctx, kind: str, model, record_id: int) -> list[tuple[str, Merge]]:
    """The duplicates that were merged into a record: what they are called, and when by whom."""
    merges = merges_of(ctx, kind, record_id)
    found = ctx.session.scalars(sa.select(model).where(model.id.in_([m.duplicate_id for m in merges])))
    rows = {row.id: row for row in found} if merges else {}
    return [(queries.short_name(rows[m.duplicate_id]), m) for m in merges if m.duplicate_id in rows]


def customer_screen(ctx: Ctx, customer: Customer, *, forms: dict | None = None, extra=(), status: int = 200):
    """The customer's page, with forms that could not be saved (by name) as they were sent."""
    own = {"phone": PhoneForm, "site": SiteForm, "person": PersonForm}
    shown = {name: (forms or {}).get(name) or form(formdata=None) for name, form in own.items()}
    persons = queries.persons_of(ctx, customer.id)
    changing = {p.id: (forms or {}).get(f"person-{p.id}") or PersonForm(formdata=None, obj=p) for p in persons}
    alike = queries.similar_customers(
        ctx, customer.name, customer.address, [p.number for p in queries.phones_of(ctx, customer.id)], but=customer.id
    )
    units = queries.units_of(ctx, customer.id) if ctx.can("base.unit.view") else []
    page = render_template(
        "base/customer.html",
        customer=customer,
        phones=queries.phones_of(ctx, customer.id),
        sites=queries.sites_of(ctx, customer.id),
        persons=persons,
        changing=changing,
        units=units,
        badges=queries.unit_badges(ctx, [u.id for u in units]),
        sales=queries.sales_of(ctx, customer.id, 10) if ctx.can("base.sales.view") else [],
        contacts=queries.contacts_of(ctx, customer.id, 10) if ctx.can("base.contact.view") else [],
        summary=queries.customer_summary(ctx, customer),
        history=history_of(ctx, customer),
        panels=panels_of(ctx, customer),
        alike=alike,
        forms=shown,
        person_language_words=partial(_word, PERSON_LANGUAGE_WORDS),
        open_form=next(iter(forms), "") if forms else "",
        extra=extra,
        merged_here=merged_here(ctx, CUSTOMER, Customer, customer.id),
        may_merge=ctx.can("base.customer.merge"),
        may_edit=ctx.can("base.customer.edit"),
    )
    return page, status


@blueprint.get("/units/<int:record_id>")
@needs("base.unit.view")
def unit_page(record_id: int):
    """One unit: what it is, whose it is, what happened to it."""
    ctx = current_ctx()
    unit = queries.get_unit(ctx, record_id)
    if (page := stayed(ctx, unit)) is not None:
        return page
    customer = queries.find(ctx, Customer, unit.customer_id)
    return render_template(
        "base/unit.html",
        unit=unit,
        product=queries.get_product(ctx, unit.product_id),
        customer=customer,
        site=next((s for s in queries.sites_of(ctx, customer.id) if s.id == unit.site_id), None) if customer else None,
        history=history_of(ctx, unit),
        merged_here=merged_here(ctx, UNIT, Unit, unit.id),
        may_merge=ctx.can("base.unit.merge"),
        panels=panels_of(ctx, unit),
        badges=[b for b in queries.unit_badges(ctx, [unit.id]).get(unit.id, []) if b.boxed],
        may_edit=ctx.can("base.unit.edit"),
    )


@blueprint.get("/products/<int:record_id>")
@needs("base.product.view")
def product_page(record_id: int):
    """One product."""
    ctx = current_ctx()
    product = queries.get_product(ctx, record_id)
    return render_template(
        "base/product.html",
        product=product,
        counts=queries.product_counts(ctx, product),
        history=history_of(ctx, product),
        panels=panels_of(ctx, product),
        may_edit=ctx.can("base.product.edit"),
        is_new=bool(product.new_until and product.new_until >= ctx.today),
    )


@blueprint.get("/sales/<int:record_id>")
@needs("base.sales.view")
def sale_page(record_id: int):
    """One line of the sales ledger, and who else got goods of the same batch."""
    ctx = current_ctx()
    sale = queries.get_sale(ctx, record_id)
    return render_template(
        "base/sale.html",
        sale=sale,
        product=queries.get_product(ctx, sale.product_id),
        customer=queries.find(ctx, Customer, sale.customer_id),
        unit=queries.find(ctx, Unit, sale.device_id),
        same_batch=queries.same_batch(ctx, sale),
        evidence=queries.evidence_of(ctx, sale),
        history=history_of(ctx, sale),
        panels=panels_of(ctx, sale),
        may_edit=ctx.can("base.sales.edit"),
    )


@blueprint.get("/contacts/<int:record_id>")
@needs("base.contact.view")
def contact_page(record_id: int):
    """One entry of the call register, and what it can still become."""
    ctx = current_ctx()
    contact = queries.get_contact(ctx, record_id)
    return render_template(
        "base/contact.html",
        contact=contact,
        customer=queries.find(ctx, Customer, contact.customer_id),
        unit=queries.find(ctx, Unit, contact.device_id),
        badges=queries.unit_badges(ctx, [contact.device_id] if contact.device_id is not None else ()),
        outcome=_outcome(ctx, contact),
        actions=_offered(ctx, contact),
        history=history_of(ctx, contact),
        panels=panels_of(ctx, contact),
        taken_in=bool(request.args.get("taken_in")),
        draft_key=f"intake-{ctx.company.code}-{ctx.actor.user_id}",
        may_record=ctx.can("base.contact.record"),
    )


def _offered(ctx: Ctx, contact: Contact) -> list[Action]:
    if not ctx.can("base.contact.record"):
        return []
    offers = [o for a in collect(ctx, "contact_offers", contact=contact) if not a.error for o in a.value]
    offers.sort(key=lambda o: (not o.primary, o.order))
    first = contact.state == "open"
    return [
        Action(o.label, with_contact(o.url, contact.id), o.icon, "primary" if first and o.primary and i == 0 else "")
        for i, o in enumerate(offers)
    ]


def _outcome(ctx: Ctx, contact: Contact) -> dict | None:
    """What the contact became: the kind in words, the record's number, and its address for those who may see it."""
    kind = ctx.registry.kinds.get(contact.outcome)
    if kind is None or contact.outcome_ref is None:
        return None
    owner = ctx.registry.owner_of("kinds", kind.kind)
    row = queries.find(ctx, kind.model, contact.outcome_ref) if owner in ctx.enabled else None
    may = row is not None and kind.endpoint and (not kind.view or ctx.can(kind.view))
    return {
        "kind": label(kind.label),
        "number": kind.number(row) if may else "",
        "url": url_for(kind.endpoint, record_id=contact.outcome_ref) if may else "",
    }
