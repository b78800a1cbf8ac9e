"""Writes. Each opens or joins a transaction and leaves an event."""

from __future__ import annotations

import datetime as dt

from core.api import (
    Conflict,
    Ctx,
    Invalid,
    _,
    advance,
    check_version,
    emit,
    emit_if_changed,
    get_setting,
    next_number,
    rule,
    transaction,
)
from plugins.base import queries as archive
from sitepass import queries, rules
from sitepass.models import LENT, WORKFLOW, Pass


def want_pass(ctx: Ctx, customer_id: int, *, source_event_id: int | None = None) -> Pass | None:
    """Note that a customer's pass is needed, if the rule table says so; answers None when it does not.

    Called again for the same event it answers the pass made then.
    """
    ctx.require("sitepass.pass.edit")
    with transaction(ctx):
        if source_event_id is not None and (known := queries.wanted_for_event(ctx, source_event_id)):
            return known
        customer = archive.get_customer(ctx, customer_id)
        facts = {"kind": customer.kind, "klass": customer.klass or None}
        outputs = rule(ctx, "sitepass.validity", facts).outputs
        if not outputs or not outputs["needed"]:
            return None
        row = Pass(
            number=next_number(ctx, "sitepass.pass", get_setting(ctx, "sitepass.pass.pattern")),
            customer_id=customer.id,
            days=outputs["days"],
            source_event_id=source_event_id,
        )
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "sitepass.wanted", row, links=(customer,), number=row.number, customer=customer.name)
        return row


def lend_pass(ctx: Ctx, pass_id: int, holder: str) -> Pass:
    """Take a wanted pass over for ``holder``. Invalid without a name, Conflict when it is not wanted any more."""
    with transaction(ctx):
        row = queries.get_pass(ctx, pass_id)
        holder = holder.strip()
        if not holder:
            raise Invalid("holder_needed", _("Say who carries the pass."), "holder")
        advance(ctx, WORKFLOW, row, "lend")
        row.holder, row.back_by = holder[:120], rules.back_by(ctx.today, row.days)
        customer = archive.get_customer(ctx, row.customer_id)
        emit(ctx, "sitepass.lent", row, links=(customer,), number=row.number, holder=row.holder, back_by=row.back_by)
        return row


def change_pass(ctx: Ctx, pass_id: int, holder: str, back_by: dt.date, seen: int | None) -> Pass:
    """Correct who carries a pass and when it must be back. Conflict when somebody changed it after ``seen``."""
    ctx.require("sitepass.pass.edit")
    with transaction(ctx):
        row = queries.get_pass(ctx, pass_id)
        check_version(row, seen)
        if row.state != LENT:
            raise Conflict("not_lent", _("The pass is not with us."))
        row.holder, row.back_by = holder.strip()[:120], back_by
        emit_if_changed(ctx, "sitepass.changed", row, number=row.number, holder=row.holder, back_by=row.back_by)
        return row


def give_back(ctx: Ctx, pass_id: int) -> Pass:
    """Note that a pass went back to the customer. Conflict when it was not with us."""
    with transaction(ctx):
        row = queries.get_pass(ctx, pass_id)
        advance(ctx, WORKFLOW, row, "return")
        customer = archive.get_customer(ctx, row.customer_id)
        emit(ctx, "sitepass.returned", row, links=(customer,), number=row.number, customer=customer.name)
        return row
