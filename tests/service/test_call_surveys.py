"""A planned call asks the questions of its survey form, and what is answered on the phone stands on a card."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.api import Invalid, ask, use_locale
from core.testing import moment
from plugins.callback.calling_contracts import ResultData
from plugins.callback.models.surveys import Campaign, Invitation, Response
from plugins.callback.queries import surveys as queries
from plugins.callback.services import calling, survey_campaigns, survey_cards
from plugins.callback.survey_contracts import CampaignData, InviteData
from tests.support.calling_site import acting, call_of, customer_ids, furnish, planned, scalars

ASPECTS = ("attitude", "skill", "arrival", "promises")


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def asked(office, call: int):
    ctx = acting(office, "ann")
    return ask(ctx, "call_questions", call=call_of(office, call), codes=["opinion_card", "unheard_of"])


def reached(office, call: int, key: str, **grades: str):
    """Ann reaches the customer, who answers so."""
    ctx = acting(office, "ann")
    calling.take_call(ctx, call)
    answers = {f"{key}.{aspect}": (place,) if place else () for aspect, place in grades.items()}
    return calling.record_result(ctx, call, ResultData(f"k{call}", "reached", "Content", answers=answers))


def test_the_questions_are_those_of_the_form_with_its_grades(office):
    call = planned(office, questionnaire="opinion_card")
    [questions] = asked(office, call)
    assert questions.key == f"form-{queries.survey_by_code(office.system(), 'opinion_card').id}"
    assert [(f["name"], f["kind"], f["required"]) for f in questions.fields][0] == ("attitude", "one", True)
    assert tuple(f["name"] for f in questions.fields) == ASPECTS
    assert questions.fields[0]["choices"][0] == ("0", "Very satisfied")


def test_answers_stand_on_a_card_about_the_call_in_a_campaign_that_begins_by_itself_once(office):
    for customer in (0, 1):
        call = planned(office, customer=customer, questionnaire="opinion_card")
        reached(office, call, asked(office, call)[0].key, attitude="0", skill="1", arrival="0", promises="0")
    cards = scalars(office, sa.select(Invitation).order_by(Invitation.id))
    assert [(c.state, c.case_kind, c.customer_id) for c in cards] == [
        ("answered", "callback.call", customer) for customer in customer_ids(office)[:2]
    ]
    assert [(c.title, c.audience, c.state) for c in scalars(office, sa.select(Campaign).where(
        Campaign.audience == "asked"))] == [("Calls by plan", "asked", "running")]  # fmt: skip
    said = scalars(office, sa.select(Response).order_by(Response.id))[0]
    assert (said.channel, said.by_name, [a["words"]["en"] for a in said.answers][1]) == ("phone", "Ann Li", "Satisfied")


def test_a_card_that_is_open_already_is_the_one_that_is_answered(office):
    ctx = office.system(moment("2026-03-02 09:00"))
    survey = queries.survey_by_code(ctx, "opinion_card")
    campaign = survey_campaigns.save_campaign(ctx, CampaignData("By hand", survey.id, "asked"))
    survey_campaigns.start_campaign(ctx, campaign.id)
    card = survey_cards.invite(ctx, campaign.id, InviteData(customer_ids(office)[0])).id
    call = planned(office, questionnaire="opinion_card")
    [questions] = asked(office, call)
    assert questions.key == f"card-{card}"
    reached(office, call, questions.key, attitude="3", skill="1", arrival="0", promises="0")
    assert [(c.id, c.state, c.bad) for c in scalars(office, sa.select(Invitation))] == [(card, "answered", True)]


def test_a_missing_answer_is_told_at_its_question_and_nothing_is_kept(office):
    call = planned(office, questionnaire="opinion_card")
    key = asked(office, call)[0].key
    with pytest.raises(Invalid) as lacking:
        reached(office, call, key, attitude="0", skill="", arrival="0", promises="0")
    assert (lacking.value.field, lacking.value.message) == (f"{key}.skill", "This question needs an answer.")
    assert (call_of(office, call).state, scalars(office, sa.select(Invitation))) == ("calling", [])


def test_who_does_not_wish_to_answer_gets_no_card(office):
    call = planned(office, questionnaire="opinion_card")
    reached(office, call, asked(office, call)[0].key, attitude="", skill="", arrival="", promises="")
    assert (call_of(office, call).state, scalars(office, sa.select(Invitation))) == ("done", [])
