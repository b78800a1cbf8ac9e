"""Every sale has its evidence (INS-10): its quality tracking is the calls, its survey the opinion cards."""

from __future__ import annotations

from flask import url_for

from core.api import _
from plugins.base.contracts import Evidence
from plugins.callback.queries import evidence as queries
from plugins.callback.survey_life import VIEW

_SEE = "callback.call.view"


def evidence_of_sale(ctx, sale):
    made, planned = queries.tracking_of(ctx, sale)
    answered, waiting = queries.opinion_on(ctx, sale)
    call, card = made or planned, answered or waiting
    tracked = (
        _("Called on {day}", day=made.day) if made is not None
        else _("To be called on {day}", day=planned.day) if planned is not None
        else _("Nobody has called yet")
    )  # fmt: skip
    said = (
        _("Answered on {day}", day=answered.answered_at.astimezone(ctx.tz).date())
        if answered is not None and answered.answered_at is not None
        else _("Asked, not answered yet") if waiting is not None
        else _("No card was made yet")
    )  # fmt: skip
    called_at = url_for("callback.call_page", record_id=call.id) if call is not None and ctx.can(_SEE) else ""
    said_at = url_for("callback.card_page", record_id=card.id) if card is not None and ctx.can(VIEW) else ""
    return [
        Evidence(_("Quality tracking"), made is not None, tracked, called_at),
        Evidence(_("Customer’s opinion"), answered is not None, said, said_at),
    ]
