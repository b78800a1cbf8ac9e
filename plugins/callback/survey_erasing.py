"""What surveys hold about a person, and removing it: grades stay for the statistics, without who gave them."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, PersonalData, RecordRef, _
from plugins.base.queries import ids_of_person
from plugins.callback.models.surveys import Invitation, Response, SurveyTask
from plugins.callback.survey_contracts import INVITATION, TASK


def personal_data(ctx: Ctx, ref: RecordRef) -> list[PersonalData]:
    """The cards of a customer."""
    cards = _cards(ctx, ref)
    if not cards:
        return []
    refs = [RecordRef(INVITATION, c.id) for c in cards]
    refs += [RecordRef(TASK, t.id) for t in _tasks(ctx, [c.id for c in cards])]
    return [
        PersonalData(
            _("Opinion cards and answers to surveys"), len(cards),
            _("Name, phone number, e-mail address, what it was about, what was written, tasks about it"),
            _("The grades, days, product and technician: statistics need them"), tuple(refs),
            max(c.answered_at or c.made_at for c in cards),
        )
    ]  # fmt: skip


def erase(ctx: Ctx, ref: RecordRef) -> None:
    """Remove all of it."""
    cards = _cards(ctx, ref)
    ids = [c.id for c in cards]
    for card in cards:
        card.person_name = card.person_phone = card.email = card.case_subject = ""
    query = sa.select(Response).where(Response.invitation_id.in_(ids)).order_by(Response.id)
    for response in ctx.session.scalars(query.with_for_update()):
        response.comment = ""
        response.answers = [
            {**line, "value": [], "words": {"zh": "", "en": ""}} if line["kind"] in ("text", "number") else line
            for line in response.answers
        ]
    for task in _tasks(ctx, ids):
        task.title, task.text, task.result = task.number, "", ""


def _cards(ctx: Ctx, ref: RecordRef) -> list[Invitation]:
    ids = ids_of_person(ctx, ref.id) if ref.kind == "base.customer" else []
    if not ids:
        return []
    query = sa.select(Invitation).where(Invitation.customer_id.in_(ids)).order_by(Invitation.id)
    return list(ctx.session.scalars(query.with_for_update()))


def _tasks(ctx: Ctx, card_ids: list[int]) -> list[SurveyTask]:
    query = sa.select(SurveyTask).where(SurveyTask.invitation_id.in_(card_ids)).order_by(SurveyTask.id)
    return list(ctx.session.scalars(query.with_for_update()))
