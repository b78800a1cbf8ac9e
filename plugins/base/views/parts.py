"""Small forms on the customer's page: phones, places, people. What can't be saved comes back as typed."""

from __future__ import annotations

from flask import redirect, url_for

from core.api import DomainError, _
from core.web_api import current_ctx, flash_done, flash_error, needs
from plugins.base import queries, services
from plugins.base.contracts import ONLY_RECORDED, PersonData, PhoneData, SiteData
from plugins.base.forms import PersonForm, PhoneForm, SiteForm
from plugins.base.models import ContactPerson, CustomerPhone, Site
from plugins.base.views.blueprint import blueprint
from plugins.base.views.records import customer_screen


def _back(customer_id: int, part: str):
    return redirect(url_for("base.customer_page", record_id=customer_id) + f"#{part}")


def _save(customer_id: int, name: str, form, action, done: str, anchor: str = ""):
    """Do ``action()`` and go back to the customer; show the page with the form and its errors when it is refused."""
    ctx = current_ctx()
    customer = queries.get_customer(ctx, customer_id)
    extra: list[str] = []
    if form.validate():
        try:
            action()
            flash_done(done)
            return _back(customer_id, anchor or name)
        except DomainError as error:
            extra = form.refuse(error)
    return customer_screen(ctx, customer, forms={name: form}, extra=extra, status=422)


@blueprint.post("/customers/<int:customer_id>/phones")
@needs("base.customer.edit")
def phone_add(customer_id: int):
    """Add a number."""
    form = PhoneForm()
    data = PhoneData(form.phone.data or "", form.label.data or "", bool(form.is_primary.data))
    return _save(
        customer_id, "phone", form, lambda: services.add_phone(current_ctx(), customer_id, data), _("Number added.")
    )


@blueprint.post("/customers/phones/<int:phone_id>/<any(first,remove):verb>")
@needs("base.customer.edit")
def phone_change(phone_id: int, verb: str):
    """Make a number the first one, or remove it."""
    ctx = current_ctx()
    customer_id = _owner(CustomerPhone, phone_id)
    (services.make_phone_primary if verb == "first" else services.remove_phone)(ctx, phone_id)
    flash_done(_("Saved."))
    return _back(customer_id, "phone")


def _owner(model, row_id: int) -> int:
    """Whose part this is; the customer must be visible to this person."""
    row = queries.find(current_ctx(), model, row_id)
    return queries.get_customer(current_ctx(), row.customer_id if row is not None else -1).id


@blueprint.post("/customers/<int:customer_id>/sites")
@needs("base.customer.edit")
def site_add(customer_id: int):
    """Add a place."""
    form = SiteForm()
    data = SiteData(
        form.name.data or "",
        form.province.data or "",
        form.city.data or "",
        form.district.data or "",
        form.address.data or "",
        form.latitude.data,
        form.longitude.data,
        form.zone.data or "",
    )
    return _save(
        customer_id, "site", form, lambda: services.save_site(current_ctx(), customer_id, data), _("Place saved.")
    )


@blueprint.post("/customers/sites/<int:site_id>/remove")
@needs("base.customer.edit")
def site_remove(site_id: int):
    """Remove a place where no unit stands."""
    customer_id = _owner(Site, site_id)
    try:
        services.remove_site(current_ctx(), site_id)
        flash_done(_("Saved."))
    except DomainError as error:
        flash_error(error)
    return _back(customer_id, "site")


@blueprint.post("/customers/<int:customer_id>/people")
@needs("base.customer.edit")
def person_add(customer_id: int):
    """Add somebody to speak to."""
    return _save_person(customer_id)


@blueprint.post("/customers/people/<int:person_id>")
@needs("base.customer.edit")
def person_change(person_id: int):
    """Change what is known of somebody to speak to."""
    return _save_person(_owner(ContactPerson, person_id), person_id)


def _save_person(customer_id: int, person_id: int | None = None):
    form = PersonForm()
    data = PersonData(**{f: form[f].data or "" for f in ("name", "title", "phone", "email", "language")})
    name = "person" if person_id is None else f"person-{person_id}"
    return _save(
        customer_id, name, form, lambda: services.save_person(current_ctx(), customer_id, data, person_id),
        _("Person saved."), anchor="person",
    )  # fmt: skip


@blueprint.post("/customers/people/<int:person_id>/remove")
@needs("base.customer.edit")
def person_remove(person_id: int):
    """Remove somebody to speak to."""
    customer_id = _owner(ContactPerson, person_id)
    services.remove_person(current_ctx(), person_id)
    flash_done(_("Saved."))
    return _back(customer_id, "person")


@blueprint.post("/contacts/<int:contact_id>/settle")
@needs("base.contact.record")
def contact_settle(contact_id: int):
    """Only record it: nothing further becomes of it."""
    services.settle_contact(current_ctx(), contact_id, ONLY_RECORDED)
    flash_done(_("Recorded, nothing further to do."))
    return redirect(url_for("base.contact_page", record_id=contact_id))
