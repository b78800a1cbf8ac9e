"""Taking a complaint in: from an entry of the call register, or on its own."""

from __future__ import annotations

import secrets

from flask import redirect, render_template, request, url_for

from core.api import Ctx, DomainError, _
from core.web_api import current_ctx, flash_done, moment, needs, record_id, typed
from plugins.base import queries as base_queries
from plugins.complaints import life, queries, services
from plugins.complaints.contracts import ComplaintData
from plugins.complaints.forms import NewForm, offer_choices
from plugins.complaints.labels import Words
from plugins.complaints.views.blueprint import blueprint


@blueprint.route("/new", methods=["GET", "POST"])
@needs(life.OPEN)
def complaint_new():
    """The form; sending it twice makes one complaint (by its token)."""
    ctx = current_ctx()
    contact = _contact(ctx, request.values.get("contact_id"))
    form = NewForm(formdata=typed(), **_prefilled(ctx, contact))
    offer_choices(ctx, form, category_needed=False)
    _offer_earlier(ctx, form)
    extra: list[str] = []
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                complaint = services.open_complaint(ctx, _data(form))
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                extra, status = form.refuse(error), error.status
            else:
                where = queries.unit_name(ctx, complaint.unit_id)
                done = _("{number} taken in; {department} has it", number=complaint.number, department=where)
                flash_done(
                    done if where else _("{number} taken in; it waits to be classified", number=complaint.number)
                )
                return redirect(url_for("complaints.complaint_page", record_id=complaint.id))
    page = render_template(
        "complaints/new.html",
        form=form,
        extra=extra,
        contact=contact,
        customer=_customer(ctx, form.customer_id.data),
        device=_device(ctx, form.device_id.data),
        repeat_days=queries.repeat_days(ctx),
        script=_script(ctx, form),
    )
    return page, status


def _script(ctx: Ctx, form: NewForm) -> list[str]:
    """What reception says to those who complain this way."""
    known = bool(record_id(form.customer_id.data))
    return base_queries.reception_script(ctx, "complaint", form.channel.data or "phone", known=known)


def _offer_earlier(ctx: Ctx, form: NewForm) -> None:
    """What this customer, or anybody about this unit, complained of before; without any the question is not asked."""
    earlier = queries.earlier_of(ctx, record_id(form.customer_id.data), record_id(form.device_id.data))
    if not earlier:
        del form.again_of_id
        return
    words = Words(ctx)
    form.again_of_id.choices = [("", _("No, another matter"))] + [
        (str(c.id), f"{c.number} {c.subject}, {moment(c.received_at, ctx.now, ctx.tz)}, {words.state_words(c.state)}")
        for c in earlier
    ]


def _contact(ctx: Ctx, text: str | None):
    found = record_id(text)
    return base_queries.get_contact(ctx, found) if found else None


def _customer(ctx: Ctx, text):
    found = record_id(text)
    return base_queries.get_customer(ctx, found) if found else None


def _device(ctx: Ctx, text):
    found = record_id(text)
    return base_queries.get_unit(ctx, found) if found else None


def _prefilled(ctx: Ctx, contact) -> dict:
    """What the entry of the call register (or the address) says already."""
    values: dict = {"token": secrets.token_hex(12)}
    if contact is not None:
        values |= {
            "contact_id": contact.id,
            "customer_id": contact.customer_id or "",
            "device_id": contact.device_id or "",
            "channel": contact.channel,
            "person_name": contact.caller_name,
            "person_phone": contact.phone_raw,
            "subject": contact.subject or contact.text[:80],
            "text": contact.text,
            "received_at": contact.received_at,
        }
    else:
        values |= {name: request.args.get(name, "") for name in ("customer_id", "device_id")}
        customer = _customer(ctx, values["customer_id"])
        values["person_name"] = customer.name if customer else ""
    return values


def _data(form: NewForm) -> ComplaintData:
    return ComplaintData(
        subject=form.subject.data or "",
        text=form.text.data or "",
        kind=form.kind.data,
        channel=form.channel.data,
        received_at=form.received_at.data,
        customer_id=record_id(form.customer_id.data),
        device_id=record_id(form.device_id.data),
        contact_id=record_id(form.contact_id.data),
        person_name=form.person_name.data or "",
        person_phone=form.person_phone.data or "",
        person_email=form.person_email.data or "",
        category=form.category.data or "",
        nature=form.nature.data or "",
        region=form.region.data or "",
        injury=form.injury.data,
        in_batch=form.in_batch.data,
        unusable=form.unusable.data,
        severity=form.severity.data or "",
        again_of_id=record_id(form.again_of_id.data) if "again_of_id" in form else None,
        external_key=f"form:{form.token.data}"[:160] if form.token.data else None,
    )
