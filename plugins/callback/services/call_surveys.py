"""The questions of a planned call are those of the survey form that its plan names; answers are kept on a card.

Where the customer has an open card of that form, that is the card that is answered; else one is made in the campaign
of calls by plan, which begins by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from core.api import SYSTEM, Ctx, Invalid, _, get_locale, transaction, use_locale
from plugins.callback.calling_contracts import Questions
from plugins.callback.contracts import CALL
from plugins.callback.models import Call
from plugins.callback.models.surveys import Campaign, Invitation, Survey, SurveyVersion
from plugins.callback.queries import calls, surveys
from plugins.callback.rules.surveys import in_language
from plugins.callback.services import survey_campaigns, survey_cards
from plugins.callback.services.survey_answers import YES_NO, answer
from plugins.callback.survey_contracts import CampaignData, GivenData, InviteData

CARD, FORM = "card", "form"


def questions_for(ctx: Ctx, call: Call, codes: Iterable[str]) -> list[Questions]:
    """What to ask, a survey form each; a form that is unknown or switched off is left out."""
    waiting = {card.version.survey_id: card for card in surveys.open_cards(ctx, call.customer_id)}
    found = []
    for code in dict.fromkeys(codes):
        survey = surveys.survey_by_code(ctx, code)
        if survey is None or not survey.active:
            continue
        card = waiting.get(survey.id)
        version = card.version if card is not None else surveys.version_of(ctx, survey.id, survey.current)
        if version is not None:
            key = f"{CARD}-{card.id}" if card is not None else f"{FORM}-{survey.id}"
            found.append(_questions(key, survey, version))
    return found


def _questions(key: str, survey: Survey, version: SurveyVersion) -> Questions:
    spoken = get_locale()
    return Questions(
        key, in_language({"zh": survey.title_zh, "en": survey.title_en}, spoken),
        in_language({"zh": survey.intro_zh, "en": survey.intro_en}, spoken),
        tuple(_asked(question, spoken) for question in version.questions),
    )  # fmt: skip


def _asked(question: Mapping[str, Any], spoken: str) -> dict[str, Any]:
    kind = question["kind"]
    listed = [(str(place), in_language(choice, spoken)) for place, choice in enumerate(question["choices"])]
    if kind == "yes_no":
        listed = [(value, _(words)) for value, words in YES_NO.items()]
    sort = {"several": "several", "number": "number", "text": "text"}.get(kind, "one")
    label, required = in_language(question, spoken), bool(question["required"])
    return {"name": question["key"], "label": label, "kind": sort, "required": required, "choices": listed}


def keep(ctx: Ctx, call: Call, given: Mapping[str, Mapping[str, tuple[str, ...]]]) -> None:
    """Keep what was answered on the phone. Nothing answered at all: the customer did not wish to, and no card is made.

    Raises Invalid for an answer that can be none, its field as ``key.question``; Conflict for a card that was answered
    meanwhile.
    """
    for key, values in given.items():
        if not any(value.strip() for said in values.values() for value in said):
            continue
        sort, _dash, number = key.partition("-")
        with transaction(ctx):
            card = int(number) if sort == CARD else _card(ctx, call, int(number)).id
            try:
                answer(ctx, card, GivenData(dict(values), "phone", get_locale()))
            except Invalid as error:
                raise Invalid(error.code, error.message, f"{key}.{error.field}") from None


def _card(ctx: Ctx, call: Call, survey_id: int) -> Invitation:
    need = next((n for n in calls.needs_of(ctx, [call.id]).get(call.id, []) if n.device_id is not None), None)
    data = InviteData(
        call.customer_id, device_id=need.device_id if need is not None else None, unit_id=call.unit_id,
        record_kind=CALL, record_id=call.id, number=str(call.id),
    )  # fmt: skip
    return survey_cards.invite(ctx, _campaign(ctx, survey_id).id, data)


def _campaign(ctx: Ctx, survey_id: int) -> Campaign:
    """The campaign under way in which whoever is called is asked by this form; begun where there is none."""
    query = sa.select(Campaign).where(
        Campaign.survey_id == survey_id, Campaign.audience == "asked", Campaign.state == "running"
    )
    known = ctx.session.scalar(query.order_by(Campaign.id).limit(1))
    if known is not None:
        return known
    system = ctx.as_actor(SYSTEM)
    with use_locale(ctx.company.locale):
        title = _("Calls by plan")
    row = survey_campaigns.save_campaign(system, CampaignData(title, survey_id, "asked"))
    return survey_campaigns.start_campaign(system, row.id)

