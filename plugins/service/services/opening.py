"""An order comes in: number, who serves it, distance, who pays, which steps it has, and under which time limits."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from core.api import Ctx, Invalid, RecordRef, _, emit, get_setting, next_number, plan_clocks, tell_started, transaction
from plugins.base import queries as base_queries
from plugins.base import services as base_services
from plugins.base.contracts import ServiceWanted
from plugins.service.contracts import (
    CAUSE_WORDS,
    CHANNEL_WORDS,
    KIND_WORDS,
    ON_SITE,
    ORDER,
    URGENCY_WORDS,
    WORK_KIND_WORDS,
    WORKSHOP,
    ZONE_WORDS,
    OrderData,
)
from plugins.service.life import OPEN
from plugins.service.models import Order
from plugins.service.queries import orders as queries
from plugins.service.queries.routing import route
from plugins.service.rules.orders import reversed_digits
from plugins.service.services.common import (
    chosen,
    facts_for_limits,
    limited,
    links_of,
    put_steps,
    refresh_clocks,
    refresh_urgency,
    required,
    to_change,
)
from plugins.service.services.entitlement import find_entitlement, put_entitlement
from plugins.service.services.installation import prepare, renew

FARTHEST = Decimal(20_040)
"""Half the way round the earth, in kilometres: no two places are farther apart."""


def open_order(ctx: Ctx, data: OrderData) -> Order:
    """Take an order in. Its clocks count from when it was received; the entitlement is asked at once where a unit is
    known. The same ``external_key`` twice answers the first one, unchanged.
    """
    ctx.require(OPEN)
    return put_order(ctx, data)


def put_order(ctx: Ctx, data: OrderData) -> Order:
    """Take an order in for a verb that asked for its own right; see ``open_order``."""
    _check(data)
    subject = required(data.subject, "subject", _("Say in a few words what is wanted."), 200)
    with transaction(ctx):
        known = queries.by_external_key(ctx, data.external_key)
        if known is not None:
            return known
        order = _new(ctx, data, subject)
        ctx.session.add(order)
        put_steps(ctx, order, keep=False)
        clocks = plan_clocks(ctx, order, limited(ctx, order), facts_for_limits(ctx, order), at=order.received_at)
        refresh_urgency(ctx, order, clocks)
        ctx.session.flush()
        emit(
            ctx, "service.opened", order, links=links_of(order), number=order.number, subject=subject,
            kind=order.kind, channel=order.channel, person=order.person_name,
        )  # fmt: skip
        tell_started(ctx, order, clocks)
        if data.work_kind:
            reason = required(data.work_kind_reason, "work_kind_reason", _("Give a reason."), 1000)
            put_entitlement(ctx, order, data.work_kind, by_hand=True, words=reason, reason=reason)
        elif order.device_id is not None:
            find_entitlement(ctx, order)
        prepare(ctx, order)
        if order.contact_id is not None and ctx.can("base.contact.record"):
            base_services.settle_contact(ctx, order.contact_id, ORDER, order.id)
        return order


def open_wanted(ctx: Ctx, wanted: ServiceWanted) -> RecordRef:
    """Take in work that another module needs done; whoever asked for it needs no right for orders."""
    data = OrderData(
        WORKSHOP if wanted.comes_in else ON_SITE,
        wanted.subject.strip()[:200],
        wanted.text.strip(),
        channel="other",
        customer_id=wanted.customer_id,
        device_id=wanted.device_id,
        product_id=None if wanted.device_id else wanted.product_id,
        work_kind=wanted.charge,
        work_kind_reason=wanted.charge_reason,
        about=wanted.about,
        external_key=wanted.key,
    )
    return RecordRef(ORDER, put_order(ctx, data).id)


def change_order(ctx: Ctx, order_id: int, data: OrderData, *, version: int | None = None) -> Order:
    """Correct what was taken in: unit, place, urgency, distance, text. Limits, entitlement and the steps of an
    installation follow; what was decided before stays on record. Kind, number and moment stay.
    """
    ctx.require(OPEN)
    _check(data)
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        if not order.is_open:
            raise Invalid("not_open", _("{number} is closed. Reopen it first.", number=order.number))
        subject = required(data.subject, "subject", _("Say in a few words what is wanted."), 200)
        before = order.device_id
        facts = _facts(ctx, data, order)
        for name, value in facts.items():
            setattr(order, name, value)
        order.subject = subject
        order.text = data.text.strip()
        order.urgency = data.urgency or order.urgency
        put_steps(ctx, order)
        refresh_clocks(ctx, order)
        emit(ctx, "service.changed", order, links=links_of(order), number=order.number)
        if order.device_id is not None and order.device_id != before and not order.work_kind_by_hand:
            order.coverage_kind, order.coverage_ref = "", None
            find_entitlement(ctx, order, _("Another unit"))
        renew(ctx, order)
        return order


def _check(data: OrderData) -> None:
    chosen(data.kind, tuple(KIND_WORDS), "kind")
    chosen(data.channel, tuple(CHANNEL_WORDS), "channel")
    chosen(data.zone, tuple(ZONE_WORDS), "zone")
    chosen(data.cause, tuple(CAUSE_WORDS), "cause")
    chosen(data.work_kind, tuple(WORK_KIND_WORDS), "work_kind")
    if data.urgency:
        chosen(data.urgency, tuple(URGENCY_WORDS), "urgency")
    if data.distance_km is not None and not 0 <= data.distance_km <= FARTHEST:
        raise Invalid(
            "bad_distance", _("A distance is between 0 and {n} kilometres.", n=int(FARTHEST)), "distance_km"
        )


def _new(ctx: Ctx, data: OrderData, subject: str) -> Order:
    """The row, completed from the unit, the place and the entry of the call register that it names."""
    contact = base_queries.get_contact(ctx, data.contact_id) if data.contact_id else None
    received = data.received_at or (contact.received_at if contact else None) or ctx.now
    if received > ctx.now:
        raise Invalid("received_later", _("It can't have come in later than now."), "received_at")
    if data.promised_at is not None and data.promised_at <= received:
        raise Invalid("promised_earlier", _("What is promised lies after the call."), "promised_at")
    cause = data.cause or (contact.cause if contact and contact.cause in CAUSE_WORDS else "")
    order = Order(
        number=next_number(ctx, ORDER, str(get_setting(ctx, "service.pattern"))),
        kind=data.kind,
        state="requested",
        urgency=data.urgency or "normal",
        channel=data.channel,
        received_at=received,
        contact_id=contact.id if contact else None,
        subject=subject,
        text=data.text.strip(),
        cause=cause,
        cause_reported=cause,
        steps={},
        work_kind="",
        promised_at=data.promised_at,
        about_kind=data.about.kind if data.about else "",
        about_ref=data.about.id if data.about else None,
        opened_by_id=ctx.actor.user_id,
        opened_by=ctx.actor.name,
        source=data.source.strip()[:60],
        external_key=data.external_key or None,
    )
    for name, value in _facts(ctx, data, None, contact).items():
        setattr(order, name, value)
    return order


def _facts(ctx: Ctx, data: OrderData, former: Order | None, contact: Any = None) -> dict[str, Any]:
    """Customer, unit, product, place and distance of an order, each from what is named most exactly."""
    device = _device(ctx, data, contact)
    customer_id = (
        data.customer_id
        or (contact.customer_id if contact else None)
        or (device.customer_id if device else None)
        or (former.customer_id if former else None)
    )
    customer = base_queries.get_customer(ctx, customer_id) if customer_id else None
    product_id = data.product_id or (device.product_id if device else None)
    product = base_queries.get_product(ctx, product_id) if product_id else None
    site_id = data.site_id or (device.site_id if device else None)
    site = queries.find_site(ctx, customer.id if customer else None, site_id)
    if data.site_id and site is None:
        raise Invalid("unknown_site", _("This place is none of the customer's."), "site_id")
    phone = data.person_phone.strip() or (contact.phone_raw if contact else "")
    address = data.address.strip() or (contact.address if contact else "") or (site.address if site else "")
    address = address or (customer.address if customer else "")
    region = data.region.strip() or " ".join(p for p in ((site.province, site.city) if site else ()) if p)
    unit = _office(ctx, data, former, customer, device, product, site, address, region)
    distance, source = data.distance_km, "entered"
    if distance is None:
        distance, source = queries.distance_to(ctx, site, unit), "coordinates"
    name = data.person_name.strip() or (contact.caller_name if contact else "") or (customer.name if customer else "")
    return {
        "customer_id": customer.id if customer else None,
        "device_id": device.id if device else None,
        "device": device,
        "product_id": product.id if product else None,
        "product": product,
        "site_id": site.id if site else None,
        "serial_told": data.serial_told.strip()[:80] or (device.serial or "" if device else ""),
        "person_name": name[:120],
        "person_phone": phone[:60],
        "phone_reversed": reversed_digits(phone),
        "address": address[:400],
        "region": region[:80],
        "zone": data.zone or (site.zone if site else ""),
        "distance_km": distance,
        "distance_source": source if distance is not None else "",
        "unit_id": unit.id if unit else None,
        "office": unit,
    }


def _device(ctx: Ctx, data: OrderData, contact: Any) -> Any:
    """The unit that is named, else the one that has the serial number told, if that is one unit.

    A serial number that no unit has, or several, is kept as it was told; the order goes on without a unit.
    """
    device_id = data.device_id or (contact.device_id if contact else None)
    if device_id:
        return base_queries.get_unit(ctx, device_id)
    return base_queries.unit_by_serial(ctx, data.serial_told) if data.serial_told.strip() else None


def _office(
    ctx: Ctx,
    data: OrderData,
    former: Order | None,
    customer: Any,
    device: Any,
    product: Any,
    site: Any,
    address: str,
    region: str,
) -> Any:
    """The organisation unit that serves (GS-3): chosen, else by the company's table ``service.routing``."""
    if data.unit_id is not None:
        unit = queries.find_unit(ctx, data.unit_id)
        if unit is None:
            raise Invalid("unknown_unit", _("Choose an organisation unit."), "unit_id")
        return unit
    if former is not None and former.unit_id is not None:
        return queries.find_unit(ctx, former.unit_id)
    told = (address, region, *((site.province, site.city, site.district) if site else ()))
    own = (device.unit_id if device else None) or (customer.unit_id if customer else None)
    group = product.group if product is not None else ""
    return route(ctx, kind=data.kind, product_group=group, places=told, own_unit_id=own).unit
