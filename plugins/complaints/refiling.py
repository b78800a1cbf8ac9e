"""A complaint filed on the wrong customer or unit: its call comes along, and what it calls for is judged anew."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.api import Ctx, Refilable, emit_if_changed
from plugins.base.contracts import CONTACT, CUSTOMER, UNIT
from plugins.complaints.models import Complaint
from plugins.complaints.services.judging import count_repeats, judge_again, note_repeats

RIGHT = "base.record.refile"


def _place(ctx: Ctx, complaint: Any, kind: str, target: Any) -> None:
    if kind == UNIT:
        complaint.product_id = target.product_id
        complaint.customer_id = target.customer_id if target.customer_id is not None else complaint.customer_id
    elif complaint.device_id is not None:
        device = _row(ctx, UNIT, complaint.device_id)
        if device is None or device.customer_id != target.id:
            complaint.device_id = None


def _row(ctx: Ctx, kind: str, row_id: int) -> Any:
    model: Any = ctx.registry.kinds[kind].model
    return ctx.session.scalar(sa.select(model).where(model.id == row_id))


def _settled(ctx: Ctx, complaint: Any) -> None:
    if not complaint.is_open:
        return
    before = count_repeats(ctx, complaint)
    note_repeats(ctx, complaint, before=before)
    judge_again(ctx, complaint)
    emit_if_changed(ctx, "complaints.judged_anew", complaint, number=complaint.number)


def filed_together(ctx: Ctx, record: Any) -> list[Any]:
    """The complaints that a call became, and the call that a complaint came from."""
    calls: Any = ctx.registry.kinds[CONTACT].model
    if isinstance(record, calls):
        return list(ctx.session.scalars(sa.select(Complaint).where(Complaint.contact_id == record.id)))
    if isinstance(record, Complaint) and record.contact_id is not None:
        contact = _row(ctx, CONTACT, record.contact_id)
        return [contact] if contact is not None else []
    return []


COMPLAINTS = Refilable(RIGHT, {CUSTOMER: "customer_id", UNIT: "device_id"}, _place, _settled)
