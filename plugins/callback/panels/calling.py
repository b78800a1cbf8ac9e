"""What calling adds to pages of others and to "My work"."""

from __future__ import annotations

from typing import Any

from flask import url_for

from core.api import Ctx, OpenWork, Panel, WorkItem, _
from plugins.base.contracts import CUSTOMER
from plugins.callback.calling_contracts import PROMISE_KIND_WORDS, THEN_WORDS
from plugins.callback.contracts import RESULT_WORDS
from plugins.callback.lists.promises import mark_of
from plugins.callback.models import Call, Promise, Try
from plugins.callback.queries import calling as queries
from plugins.callback.services.calling import MAKE
from plugins.callback.services.promises import WORK

SEE = "callback.call.view"


def panels(ctx: Ctx, record: Any) -> list[Panel]:
    """Promises on a customer's page; attempts and promises on a call's; the call on the page of what it led to."""
    customer: Any = ctx.registry.kinds[CUSTOMER].model
    if not ctx.can(SEE):
        return []
    if isinstance(record, customer) and record.id:
        rows = queries.promises_of(ctx, Promise.customer_id == record.id)
        data: dict[str, Any] = {"promises": [(row, mark_of(row)) for row in rows], "tries": ()}
        title, template = _("Promises from calls"), "callback/_promises.html"
        return [Panel(title, template, data, order=46, idle=not any(r.state == "open" for r in rows))] if rows else []
    if ctx.can(MAKE) and not isinstance(record, Try) and getattr(record, "contact_id", None):
        # a record of whatever module that names the entry of the call register that it came of
        row = queries.call_of_contact(ctx, record.contact_id)
        data = {"call": row}
        return [Panel(_("Came of a call"), "callback/_came_of.html", data, order=5, acts=True)] if row else []
    if isinstance(record, Call):
        tries = [
            (row, _(RESULT_WORDS[row.result]), _(THEN_WORDS[row.then]) if row.then else "")
            for row in queries.tries_of(ctx, record.id)
        ]
        rows = queries.promises_of(ctx, Promise.call_id == record.id)
        data = {"promises": [(row, mark_of(row)) for row in rows], "tries": tries}
        return [Panel(_("Attempts"), "callback/_promises.html", data, where="main", order=40)]
    return []


def work(ctx: Ctx) -> list[WorkItem]:
    """The promises that this person keeps, and the call that he or she is at."""
    found = []
    if ctx.can(MAKE):
        call = queries.held_call(ctx, ctx.actor.user_id)
        if call is not None:
            url = url_for("callback.calling_call", record_id=call.id)
            name = call.customer.name if call.customer else ""
            found.append(
                WorkItem(
                    name, url, str(call.id), _("Call in progress"), "phone-call", due=call.locked_at,
                    next_step=_("Back to the call"),
                )
            )  # fmt: skip
    if not ctx.can(WORK):
        return found
    rows = queries.open_promises_of(ctx, ctx.actor.user_id)
    clocks = queries.clocks_of(ctx, [row.id for row in rows])
    return found + [
        WorkItem(
            title=row.text[:120],
            url=url_for("callback.promise_page", record_id=row.id),
            number=str(row.id),
            kind=_(PROMISE_KIND_WORDS[row.kind]),
            icon="handshake",
            due=clocks[row.id].due_at if row.id in clocks else row.due_at,
            clock=clocks.get(row.id),
            detail=row.customer.name if row.customer else "",
            next_step=_("Report it done"),
        )
        for row in rows
    ]


def held(ctx: Ctx, user_id: int) -> list[OpenWork]:
    """The promises that a person has still to keep."""
    count = queries.count_promises(ctx, Promise.assignee_id == user_id)
    return [OpenWork(_("Promises from calls"), count)] if count else []


def held_by_unit(ctx: Ctx, unit_id: int) -> list[OpenWork]:
    """The promises to customers of a unit."""
    count = queries.count_promises(ctx, Promise.unit_id == unit_id)
    return [OpenWork(_("Promises from calls"), count)] if count else []
