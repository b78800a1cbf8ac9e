"""What surveys add to other pages: a customer's and a case's opinion cards, what waits for a person."""

from __future__ import annotations

from typing import Any

from flask import url_for

from core.api import Ctx, OpenWork, Panel, WorkItem, _, ref_of
from plugins.base.contracts import CUSTOMER
from plugins.callback.lists.surveys import asked_about, card_mark
from plugins.callback.models.surveys import Campaign, Invitation, Survey, SurveyTask
from plugins.callback.queries import surveys as queries
from plugins.callback.survey_contracts import TASK_KIND_WORDS
from plugins.callback.survey_life import VIEW, WORK

SHOWN = 5
MOST_WORK = 50


def panels(ctx: Ctx, record: Any) -> list[Panel]:
    """The newest cards of a customer, or about a case."""
    if not ctx.can(VIEW) or isinstance(record, (Campaign, Invitation, Survey, SurveyTask)):
        return []
    try:
        ref = ref_of(ctx, record)
    except LookupError:
        return []
    about = {"customer_id": ref.id} if ref.kind == CUSTOMER else {"case_kind": ref.kind, "case_ref": ref.id}
    cards = queries.cards_about(ctx, SHOWN, **about)
    if not cards:
        return []
    data = {"cards": [(c, asked_about(c), card_mark(c, c.valid_until < ctx.today)) for c in cards]}
    return [Panel(_("Opinion cards"), "callback/_survey_cards.html", data, "side", 60)]


def work(ctx: Ctx) -> list[WorkItem]:
    """The tasks of this person, and those of a role that he or she has."""
    if not ctx.can(WORK):
        return []
    rows = queries.my_tasks(ctx, MOST_WORK)
    clocks = queries.clocks_of(ctx, [row.id for row in rows])
    found = []
    for row in rows:
        clock = clocks.get(row.id)
        found.append(
            WorkItem(
                title=row.title, url=url_for("callback.survey_task_page", record_id=row.id), number=row.number,
                kind=_(TASK_KIND_WORDS[row.kind]), icon="list-checks", due=clock.due_at if clock is not None else None,
                clock=clock, next_step=_("Report it done"),
            )
        )  # fmt: skip
    return found


def held(ctx: Ctx, user_id: int) -> list[OpenWork]:
    """The tasks that a person holds."""
    count = queries.held_by(ctx, user_id)
    return [OpenWork(_("Tasks from surveys"), count)] if count else []


def held_by_unit(ctx: Ctx, unit_id: int) -> list[OpenWork]:
    """The tasks of an organisation unit."""
    count = queries.held_by_unit(ctx, unit_id)
    return [OpenWork(_("Tasks from surveys"), count)] if count else []
