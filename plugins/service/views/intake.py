"""Taking an order in: from an entry of the call register, or on its own."""

from __future__ import annotations

import secrets
from typing import Any

from flask import redirect, render_template, request, url_for

from core.api import Ctx, DomainError, _
from core.web_api import current_ctx, flash_done, needs, record_id, typed
from plugins.base import queries as base_queries
from plugins.service import life, services
from plugins.service.contracts import KIND_WORDS, OrderData
from plugins.service.forms.orders import FactsForm, NewForm, offer_places
from plugins.service.views.blueprint import blueprint


@blueprint.route("/new", methods=["GET", "POST"])
@needs(life.OPEN)
def order_new():
    """The form; sending it twice makes one order (by its token)."""
    ctx = current_ctx()
    contact_id = record_id(request.values.get("contact_id"))
    contact = base_queries.get_contact(ctx, contact_id) if contact_id else None
    form = NewForm(formdata=typed(), **_prefilled(ctx, contact))
    customer_id, device_id = record_id(form.customer_id.data), record_id(form.device_id.data)
    offer_places(ctx, form, customer_id, device_id)
    extra: list[str] = []
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                order = services.open_order(ctx, _data(form))
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                extra, status = form.refuse(error), error.status
            else:
                flash_done(_("{number} taken in", number=order.number))
                anchor = "guidance" if form.then.data == "guidance" else None
                return redirect(url_for("service.order_page", record_id=order.id, _anchor=anchor))
    page = render_template(
        "service/new.html",
        form=form,
        extra=extra,
        contact=contact,
        customer=base_queries.get_customer(ctx, customer_id) if customer_id else None,
        sharing=_sharing(ctx, form, customer_id),
    )
    return page, status


def _sharing(ctx: Ctx, form: NewForm, customer_id: int | None) -> list[Any]:
    """Other units of the customers who have this phone number: which one it is about has to be asked."""
    phone = form.person_phone.data or ""
    if form.device_id.data or not phone.strip():
        return []
    found = base_queries.find_by_phone(ctx, phone)
    ids = [c.id for c in found.customers] or ([customer_id] if customer_id else [])
    units = [u for i in ids[:4] for u in base_queries.units_of(ctx, i, 6)]
    return units if len(units) > 1 else []


def _prefilled(ctx: Ctx, contact: Any) -> dict[str, Any]:
    """What the entry of the call register (or the address) says already."""
    kind = request.args.get("kind", "")
    values: dict[str, Any] = {"token": secrets.token_hex(12), "then": request.args.get("then", "")[:20]}
    if kind in KIND_WORDS:
        values["kind"] = kind
    if contact is not None:
        values |= {
            "contact_id": contact.id,
            "customer_id": contact.customer_id or "",
            "device_id": str(contact.device_id or ""),
            "channel": contact.channel,
            "person_name": contact.caller_name,
            "person_phone": contact.phone_raw,
            "address": contact.address,
            "subject": contact.subject or contact.text[:80],
            "text": contact.text,
            "cause": contact.cause,
            "received_at": contact.received_at,
        }
        return values
    customer_id, device_id = (record_id(request.args.get(name)) for name in ("customer_id", "device_id"))
    device = base_queries.get_unit(ctx, device_id) if device_id else None
    customer_id = customer_id or (device.customer_id if device is not None else None)
    customer = base_queries.get_customer(ctx, customer_id) if customer_id else None
    phones = base_queries.phones_of(ctx, customer_id) if customer_id else []
    return values | {
        "customer_id": customer_id or "",
        "device_id": str(device_id or ""),
        "person_name": customer.name if customer is not None else "",
        "person_phone": phones[0].raw if phones else "",
        "address": customer.address if customer is not None else "",
    }


def facts_of(form: FactsForm) -> dict[str, Any]:
    """What the fields that new and changed orders share say."""
    return {
        "subject": form.subject.data or "",
        "text": form.text.data or "",
        "urgency": form.urgency.data or "",
        "device_id": record_id(form.device_id.data),
        "serial_told": form.serial_told.data or "",
        "site_id": record_id(form.site_id.data),
        "address": form.address.data or "",
        "region": form.region.data or "",
        "zone": form.zone.data or "",
        "distance_km": form.distance_km.data,
        "unit_id": record_id(form.unit_id.data),
        "person_name": form.person_name.data or "",
        "person_phone": form.person_phone.data or "",
    }


def _data(form: NewForm) -> OrderData:
    return OrderData(
        kind=form.kind.data,
        channel=form.channel.data,
        received_at=form.received_at.data,
        promised_at=form.promised_at.data,
        contact_id=record_id(form.contact_id.data),
        customer_id=record_id(form.customer_id.data),
        cause=form.cause.data or "",
        external_key=f"form:{form.token.data}"[:160] if form.token.data else None,
        **facts_of(form),
    )


