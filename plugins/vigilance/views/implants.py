"""Pages of the register of implants. Patients are shown by a button, and each look is kept."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for

from core.api import Ctx, Invalid, _, timeline
from core.web_api import current_ctx, needs, panels_of, timeline_items
from core.web_api import record_id as id_of
from plugins.base import queries as base_queries
from plugins.vigilance.contracts import ImplantData, Patient
from plugins.vigilance.forms import ImplantForm, LookForm, OutForm, TraceForm
from plugins.vigilance.lists import implant_mark, implant_rows
from plugins.vigilance.queries import implants as queries
from plugins.vigilance.services import implants as services
from plugins.vigilance.services.events import PATIENT
from plugins.vigilance.services.implants import EDIT, VIEW
from plugins.vigilance.views.acting import carry_out, typed
from plugins.vigilance.views.blueprint import blueprint

SHOWN = 50


@blueprint.route("/implants/new", methods=["GET", "POST"])
@needs(EDIT)
def implant_new():
    """Record an implant."""
    ctx = current_ctx()
    form = ImplantForm(formdata=typed(), batch=request.args.get("batch", ""))

    def page(extra: list[str], status: int):
        return render_template("vigilance/implant_form.html", form=form, extra=extra), status

    if request.method == "GET":
        return page([], 200)
    return carry_out(
        form, lambda: services.record_implant(ctx, _data(ctx, form)), _("Recorded"),
        lambda row: url_for("vigilance.implant_page", record_id=row.id), page,
    )  # fmt: skip


def _product_id(ctx: Ctx, code: str | None) -> int:
    product = base_queries.product_by_code(ctx, (code or "").strip())
    if product is None:
        raise Invalid("unknown_product", _("There is no product with this code."), "product")
    return product.id


def _data(ctx: Ctx, form: ImplantForm) -> ImplantData:
    product_id = _product_id(ctx, form.product.data)
    customer = base_queries.customer_by_number(ctx, (form.customer.data or "").strip())
    if customer is None:
        raise Invalid("unknown_customer", _("There is no customer with this number."), "customer")
    return ImplantData(
        product_id, customer.id, form.used_on.data or ctx.today, form.serial.data or "", form.batch.data or "",
        form.used_by.data or "", form.patient_name.data or "", form.patient_number.data or "",
        form.patient_contact.data or "", form.note.data or "",
    )  # fmt: skip


@blueprint.get("/implants/<int:record_id>")
@needs(VIEW)
def implant_page(record_id: int):
    """One implant: the piece, the hospital, who implanted it and when. The patient is asked for."""
    return _page(current_ctx(), record_id)


def _page(
    ctx: Ctx, implant_id: int, failed: str = "", form: Any = None, extra: list[str] | None = None, status: int = 200,
    patient: Patient | None = None,
):  # fmt: skip
    row = queries.get_implant(ctx, implant_id)
    forms: dict[str, Any] = {"look": LookForm(formdata=None), "out": OutForm(formdata=None, version=row.version)}
    if form is not None:
        forms[failed] = form
    page = render_template(
        "vigilance/implant.html", row=row, shown=implant_rows(ctx, [row])[0], mark=implant_mark(row), forms=forms,
        failed=failed, extra=extra or [], patient=patient, panels=panels_of(ctx, row),
        may={"look": ctx.can(PATIENT), "out": ctx.can(EDIT) and row.state == "in_use"},
        history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip
    return page, status


@blueprint.post("/implants/<int:record_id>/patient")
@needs(PATIENT)
def implant_patient(record_id: int):
    """Show who has it; the look is kept on record."""
    ctx = current_ctx()
    form = LookForm(formdata=typed())
    if not form.validate():
        return _page(ctx, record_id, "look", form, [], 422)
    row = queries.get_implant(ctx, record_id)
    shown = services.show_patients(ctx, [row.id], form.reason.data or "")
    return _page(ctx, record_id, patient=shown[0])


@blueprint.post("/implants/<int:record_id>/out")
@needs(EDIT)
def implant_out(record_id: int):
    """It was taken out again."""
    ctx = current_ctx()
    form = OutForm(formdata=typed())
    return carry_out(
        form,
        lambda: services.take_out(
            ctx, record_id, form.on.data or ctx.today, form.reason.data or "", version=form.seen
        ),
        _("Saved"), lambda _row: url_for("vigilance.implant_page", record_id=record_id),
        lambda extra, status: _page(ctx, record_id, "out", form, extra, status),
    )  # fmt: skip


@blueprint.route("/implants/trace", methods=["GET", "POST"])
@needs(PATIENT)
def trace_page():
    """From a batch to the patients who have some of it; each look is kept on record."""
    ctx = current_ctx()
    form = TraceForm(formdata=typed(), product=request.args.get("product", ""), batch=request.args.get("batch", ""))
    extra: list[str] = []
    found: list[tuple[Any, Patient]] | None = None
    status, more = 200, 0
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                product_id = _product_id(ctx, form.product.data)
                patients = services.trace_patients(
                    ctx, product_id, form.batch.data or "", form.reason.data or "",
                    after=id_of(form.after.data) or 0, limit=SHOWN,
                )  # fmt: skip
            except Invalid as error:
                extra = form.refuse(error)
            else:
                status = 200
                shown = implant_rows(ctx, queries.get_implants(ctx, [p.implant_id for p in patients]))
                rows = {row.implant.id: row for row in shown}
                found = [(rows[p.implant_id], p) for p in patients]
                more = patients[-1].implant_id if len(patients) == SHOWN else 0
    return render_template("vigilance/trace.html", form=form, extra=extra, found=found, more=more), status
