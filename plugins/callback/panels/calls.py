"""What a customer's page shows of callbacks; calls that people and units still hold."""

from __future__ import annotations

from typing import Any

from core.api import Ctx, OpenWork, Panel, _
from plugins.base.contracts import CUSTOMER
from plugins.callback.contracts import CALL_STATE_WORDS
from plugins.callback.queries import calls as queries
from plugins.callback.queries.words import wishes_words

SEE = "callback.call.view"


def panels(ctx: Ctx, record: Any) -> list[Panel]:
    """On a customer's page: the latest calls and the wishes about them."""
    customer: Any = ctx.registry.kinds[CUSTOMER].model
    if not ctx.can(SEE) or not isinstance(record, customer) or not record.id:
        return []
    rows = queries.calls_of_customer(ctx, record.id)
    why = queries.reasons_of(ctx, [row.id for row in rows])
    wishes = queries.preference_of(ctx, record.id)
    data = {
        "customer": record,
        "calls": [(row, _(", ").join(why.get(row.id, [])), _(CALL_STATE_WORDS[row.state])) for row in rows],
        "no_call": wishes is not None and wishes.no_call,
        "wishes": wishes_words(wishes),
    }
    return [Panel(_("Callbacks"), "callback/_of_customer.html", data, order=45, idle=not rows and wishes is None)]


def held(ctx: Ctx, user_id: int) -> list[OpenWork]:
    """The calls that a person has still to make."""
    count = queries.count_held(ctx, user_id)
    return [OpenWork(_("Calls to be made"), count)] if count else []


def held_by_unit(ctx: Ctx, unit_id: int) -> list[OpenWork]:
    """The calls still to be made to customers of a unit."""
    count = queries.count_of_unit(ctx, unit_id)
    return [OpenWork(_("Calls to be made"), count)] if count else []
