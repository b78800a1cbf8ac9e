"""Writes of suppliers: the company has one list of them, whoever buys, claims or evaluates."""

from __future__ import annotations

import datetime as dt

from core.api import (
    Conflict,
    Ctx,
    Invalid,
    RecordRef,
    _,
    check_version,
    emit,
    get_setting,
    next_number,
    require_unreferenced,
    transaction,
)
from plugins.base.contracts import SUPPLIER, SupplierData
from plugins.base.models import Supplier
from plugins.base.queries.suppliers import get_supplier, supplier_by_number

EDIT = "base.supplier.edit"
MOST_DAYS = 3650
_LONGEST = {"name": 200, "contact_name": 120, "phone": 60, "email": 255, "address": 400}


def save_supplier(
    ctx: Ctx, data: SupplierData, supplier_id: int | None = None, *, version: int | None = None
) -> Supplier:
    """Take a supplier into the list, or change it; its number is the next one unless given.

    One that is no longer active is not offered, and nothing is proposed to be bought of it.
    """
    ctx.require(EDIT)
    with transaction(ctx):
        _check(data)
        row = Supplier() if supplier_id is None else get_supplier(ctx, supplier_id, lock=True)
        check_version(row, version)
        for name, longest in _LONGEST.items():
            setattr(row, name, getattr(data, name).strip()[:longest])
        row.note, row.active, row.lead_days = data.note.strip(), data.active, data.lead_days
        wanted = data.number.strip().upper()[:40]
        known = supplier_by_number(ctx, wanted) if wanted else None
        if known is not None and known.id != supplier_id:
            words = _("The number {number} is that of {name}.", number=known.number, name=known.name)
            raise Conflict("number_taken", words, field="number")
        if supplier_id is None:
            row.external_key = data.external_key
            row.number = wanted or next_number(ctx, SUPPLIER, str(get_setting(ctx, "base.supplier.pattern")))
            ctx.session.add(row)
        elif wanted and known is None:
            row.number = wanted
        ctx.session.flush()
        emit(ctx, "base.supplier_saved", row, number=row.number, name=row.name)
        return row


def _check(data: SupplierData) -> None:
    if not data.name.strip():
        raise Invalid("name_missing", _("Enter the supplier's name."), "name")
    if data.email and "@" not in data.email:
        raise Invalid("bad_email", _("“{text}” is not an e-mail address.", text=data.email), "email")
    if not 0 <= data.lead_days <= MOST_DAYS:
        raise Invalid("bad_days", _("From 0 to {n} days.", n=MOST_DAYS), "lead_days")


def delete_supplier(ctx: Ctx, supplier_id: int) -> None:
    """Remove a supplier that nothing points to. Raises Conflict, naming what does: it can be made inactive instead."""
    ctx.require(EDIT)
    with transaction(ctx):
        row = get_supplier(ctx, supplier_id)
        require_unreferenced(
            ctx, RecordRef(SUPPLIER, row.id), row.name, _("Make it inactive instead: it is no longer offered then.")
        )
        ctx.session.delete(row)
        ctx.session.flush()
        emit(ctx, "base.supplier_deleted", RecordRef(SUPPLIER, supplier_id), number=row.number, name=row.name)


def set_standing(ctx: Ctx, supplier_id: int, standing: str, evaluate_on: dt.date) -> Supplier:
    """How a supplier stands since it was evaluated, and when that is due again. Whoever evaluates asks for the right
    and tells the event.
    """
    row = get_supplier(ctx, supplier_id, lock=True)
    row.standing, row.evaluate_on = standing, evaluate_on
    ctx.session.flush()
    return row
