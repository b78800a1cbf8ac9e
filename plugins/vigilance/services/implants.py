"""The register of implants (INS-9): recorded, taken out, traced; who has one is shown to few, and each time is kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from core.api import Conflict, Ctx, Invalid, RecordRef, _, check_version, emit, transaction
from plugins.base import queries as base_queries
from plugins.base.contracts import CUSTOMER, PRODUCT
from plugins.vigilance.contracts import ImplantData, Patient
from plugins.vigilance.models import Implant
from plugins.vigilance.queries import implants as queries
from plugins.vigilance.services.common import fitting, required
from plugins.vigilance.services.events import PATIENT

VIEW = "vigilance.implant.view"
EDIT = "vigilance.implant.edit"


def record_implant(ctx: Ctx, data: ImplantData) -> Implant:
    """Put an implant into the register: which piece, in which hospital, by whom, when, in whom."""
    ctx.require(EDIT)
    serial, batch = fitting(data.serial, "serial", 80), fitting(data.batch, "batch", 80)
    if not serial and not batch:
        raise Invalid("missing", _("Enter the serial number or the batch."), "serial")
    if data.used_on > ctx.today:
        raise Invalid("to_come", _("That day is still to come."), "used_on")
    with transaction(ctx):
        product = base_queries.get_product(ctx, data.product_id)
        customer = base_queries.get_customer(ctx, data.customer_id)
        if serial and queries.piece_in_use(ctx, product.id, serial) is not None:
            raise Conflict("in_use", _("{serial} is in the register already.", serial=serial), "serial")
        row = Implant(
            state="in_use", product_id=product.id, serial=serial, batch=batch, customer_id=customer.id,
            used_by=fitting(data.used_by, "used_by", 120), used_on=data.used_on,
            patient_name=fitting(data.patient_name, "patient_name", 120),
            patient_number=fitting(data.patient_number, "patient_number", 80),
            patient_contact=fitting(data.patient_contact, "patient_contact", 200),
            note=fitting(data.note, "note", 4000), recorded_at=ctx.now, recorded_by=ctx.actor.name,
        )  # fmt: skip
        ctx.session.add(row)
        ctx.session.flush()
        emit(
            ctx, "vigilance.implant_recorded", row, links=_about(row), piece=serial or batch, hospital=customer.name,
            day=row.used_on,
        )  # fmt: skip
        return row


def take_out(ctx: Ctx, implant_id: int, on: dt.date, reason: str, *, version: int | None = None) -> Implant:
    """It was taken out again, for a reason."""
    ctx.require(EDIT)
    with transaction(ctx):
        row = queries.get_implant(ctx, implant_id, lock=True)
        check_version(row, version)
        if row.state != "in_use":
            raise Conflict("out_already", _("It was taken out already."))
        if not row.used_on <= on <= ctx.today:
            raise Invalid("bad_day", _("It is taken out after it was implanted, today at the latest."), "on")
        row.explant_reason = required(reason, "reason", _("Give a reason."), 2000)
        row.state, row.explanted_on = "explanted", on
        ctx.session.flush()
        emit(ctx, "vigilance.implant_out", row, links=_about(row), piece=row.serial or row.batch, day=on)
        return row


def show_patients(ctx: Ctx, implant_ids: Sequence[int], reason: str) -> list[Patient]:
    """Who has these implants. Needs a right of its own and a reason; each look is kept on the implant."""
    ctx.require(PATIENT)
    reason = required(reason, "reason", _("Say for what you need to know it."), 400)
    with transaction(ctx):
        rows = queries.get_implants(ctx, implant_ids)
        for row in rows:
            emit(ctx, "vigilance.patient_shown", row, who=ctx.actor.name, reason=reason)
        return [Patient(row.id, row.patient_name, row.patient_number, row.patient_contact) for row in rows]


def trace_patients(
    ctx: Ctx, product_id: int, batch: str, reason: str, *, after: int = 0, limit: int = 50
) -> list[Patient]:
    """From a batch to the patients, page by page; see ``show_patients``."""
    ctx.require(PATIENT)
    rows = queries.implants_of_batch(ctx, product_id, batch.strip(), after, limit)
    return show_patients(ctx, [row.id for row in rows], reason)


def _about(row: Implant) -> list[RecordRef]:
    return [RecordRef(CUSTOMER, row.customer_id), RecordRef(PRODUCT, row.product_id)]
