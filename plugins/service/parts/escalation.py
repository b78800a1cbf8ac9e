"""What can't be solved on site is put to a department (FLW-6)."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import N_, ColumnWords, EventKind
from plugins.service.erasing import orders_of
from plugins.service.models import Escalation
from plugins.service.panels import escalation as panels

PERMISSIONS = ()
SETTINGS = ()


def column_words():
    return [
        ColumnWords(
            {
                "service_escalation.answer": N_("What was decided"),
                "service_escalation.answered_at": N_("Decided at"),
                "service_escalation.answered_by": N_("Decided by"),
                "service_escalation.answered_by_id": N_("Decided by"),
                "service_escalation.at": N_("Escalated at"),
                "service_escalation.by_id": N_("Escalated by"),
                "service_escalation.by_name": N_("Escalated by"),
                "service_escalation.question": N_("What is to be decided"),
                "service_escalation.to_unit_id": N_("Which department decides"),
            }
        )
    ]


def event_kinds():
    return [
        EventKind("service.escalated", N_("Put to {unit}: {question}"), "arrow-up-right"),
        EventKind("service.escalation_decided", N_("Decided: {answer}"), "gavel"),
    ]


def orders_next(ctx, orders):
    return panels.next_steps(ctx, orders)


def record_panels(ctx, record):
    return panels.panels(ctx, record)


def erase_person(ctx, ref):
    """What was asked and decided may speak of the person; that it was, stays."""
    ids = [o.id for o in orders_of(ctx, ref)]
    query = sa.select(Escalation).where(Escalation.order_id.in_(ids)).order_by(Escalation.id)
    for row in ctx.session.scalars(query):
        row.question = row.answer = ""
    return []
