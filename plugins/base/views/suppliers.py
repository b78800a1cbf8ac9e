"""Pages of suppliers. What is bought of them, claimed and evaluated stands in panels of other modules."""

from __future__ import annotations

from flask import redirect, render_template, url_for

from core.api import Ctx, DomainError, _
from core.web_api import current_ctx, flash_done, flash_error, form_page, needs, panels_of, typed
from plugins.base.contracts import SUPPLIER, SupplierData
from plugins.base.forms import SupplierForm
from plugins.base.lists import SEE
from plugins.base.models import Supplier
from plugins.base.queries.suppliers import get_supplier
from plugins.base.services.suppliers import EDIT, delete_supplier, save_supplier
from plugins.base.views.blueprint import blueprint
from plugins.base.views.records import history_of, merged_here, stayed


@blueprint.get("/suppliers/<int:record_id>")
@needs(SEE)
def supplier_page(record_id: int):
    """One supplier: whom to call, and what every module knows of it."""
    ctx = current_ctx()
    row = get_supplier(ctx, record_id)
    return stayed(ctx, row) or render_template(
        "base/supplier.html",
        supplier=row,
        panels=panels_of(ctx, row),
        history=history_of(ctx, row),
        merged_here=merged_here(ctx, SUPPLIER, Supplier, row.id),
        may_edit=ctx.can(EDIT),
        may_merge=ctx.can("base.supplier.merge"),
    )


@blueprint.route("/suppliers/new", methods=["GET", "POST"])
@needs(EDIT)
def supplier_new():
    """Take a supplier into the list."""
    return _form(current_ctx(), SupplierForm(formdata=typed(), version=""), None)


@blueprint.route("/suppliers/<int:record_id>/edit", methods=["GET", "POST"])
@needs(EDIT)
def supplier_edit(record_id: int):
    """Change a supplier."""
    ctx = current_ctx()
    row = get_supplier(ctx, record_id)
    return _form(ctx, SupplierForm(formdata=typed(), obj=row, version=row.version), row)


def _form(ctx: Ctx, form: SupplierForm, row: Supplier | None):
    def save() -> Supplier:
        data = SupplierData(
            name=form.name.data or "",
            number=form.number.data or "",
            contact_name=form.contact_name.data or "",
            phone=form.phone.data or "",
            email=(form.email.data or "").strip(),
            address=form.address.data or "",
            note=form.note.data or "",
            lead_days=form.lead_days.data or 0,
            active=bool(form.active.data),
        )
        return save_supplier(ctx, data, row.id if row else None, version=form.seen if row else None)

    return form_page(
        form, save, "base/supplier_form.html", lambda s: url_for("base.supplier_page", record_id=s.id), supplier=row
    )


@blueprint.post("/suppliers/<int:record_id>/delete")
@needs(EDIT)
def supplier_delete(record_id: int):
    """Remove a supplier that nothing points to; else say what does."""
    try:
        delete_supplier(current_ctx(), record_id)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        flash_error(error)
        return redirect(url_for("base.supplier_page", record_id=record_id))
    flash_done(_("Supplier removed"))
    return redirect(url_for("base.suppliers_list"))
