"""Surveys of the demonstration: opinion cards of a month with answers, a yearly survey under way, what follows."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.api import Ctx, demo_count, emit, read_data_file
from plugins.callback.models.surveys import Campaign, Invitation, SurveyTask
from plugins.callback.queries import surveys as queries
from plugins.callback.services import (
    survey_answers,
    survey_campaigns,
    survey_cards,
    survey_tasks,
)
from plugins.callback.survey_contracts import OPINION_CARD, YEARLY, CampaignData, GivenData, InviteData, TaskData

_WORDS = Path(__file__).parents[1] / "data" / "demo" / "surveys.yaml"
_DAY = dt.timedelta(days=1)


def fill(ctx: Ctx, rng: random.Random) -> None:
    """The cards of a month day by day, most of them answered; the survey of the year; an ad hoc one that is closed."""
    words = read_data_file(_WORDS)["zh" if ctx.company.locale.startswith("zh") else "en"]
    _cards(ctx, rng, words)
    year = _customers(ctx, YEARLY, f"{ctx.today.year}", rng, words, yearly=True)
    _customers(ctx, YEARLY, words["adhoc"], rng, words, close=True)
    _draft(ctx, words)
    _tasks(ctx, words, year)
    emit(ctx, "callback.surveys_filled")


def _cards(ctx: Ctx, rng: random.Random, words: dict[str, Any]) -> None:
    """Every finished case of the last month has its card; most customers answered the day after."""
    campaign = queries.running(ctx, "cases")[0]
    campaign.begins_on = ctx.today - 30 * _DAY
    ctx.session.flush()
    emit(ctx, "callback.campaign_saved", campaign, title=campaign.title)
    for back in range(23, -1, -6):
        now = ctx.at(ctx.now - back * _DAY)
        survey_cards.issue_cards(now)
        waiting = sa.select(Invitation.id).where(
            Invitation.campaign_id == campaign.id, Invitation.state == "open", Invitation.day < now.today
        )
        for number in now.session.scalars(waiting.order_by(Invitation.id)).all():
            if rng.random() < 0.7:
                _answer(now, rng, words, number)
    if not ctx.session.scalar(sa.select(sa.func.count(Invitation.id)).where(Invitation.campaign_id == campaign.id)):
        _by_hand(ctx, rng, words, campaign)
    _one_bad(ctx, rng, words, campaign)


def _by_hand(ctx: Ctx, rng: random.Random, words: dict[str, Any], campaign: Campaign) -> None:
    """Where no module finishes cases, some customers are asked one by one."""
    for customer_id in _customer_ids(ctx, demo_count(8, 3)):
        card = survey_cards.invite(ctx, campaign.id, InviteData(customer_id))
        _answer(ctx, rng, words, card.id)


def _one_bad(ctx: Ctx, rng: random.Random, words: dict[str, Any], campaign: Campaign) -> None:
    """One customer at least was not content, and one asked to be called."""
    query = sa.select(Invitation.id).where(Invitation.campaign_id == campaign.id, Invitation.state == "open")
    numbers = list(ctx.session.scalars(query.order_by(Invitation.id.desc()).limit(2)))
    for customer_id in _customer_ids(ctx, 2 - len(numbers)) if len(numbers) < 2 else []:
        numbers.append(survey_cards.invite(ctx, campaign.id, InviteData(customer_id)).id)
    open_numbers = [n for n in numbers if queries.get_card(ctx, n).state == "open"]
    for place, number in enumerate(open_numbers):
        _answer(ctx, rng, words, number, bad=place == 0, wants_call=place == 1)


def _customer_ids(ctx: Ctx, count: int) -> list[int]:
    customer: Any = ctx.registry.kinds["base.customer"].model
    query = sa.select(customer.id).where(customer.active.is_(True), customer.phones.any())
    return list(ctx.session.scalars(query.order_by(customer.id.desc()).limit(max(count, 0))))


def _answer(
    ctx: Ctx, rng: random.Random, words: dict[str, Any], number: int, bad: bool | None = None, wants_call: bool = False
) -> None:
    card = queries.get_card(ctx, number)
    mood = rng.choices(("good", "fair", "bad"), (80, 17, 3))[0]
    mood = "bad" if bad else "good" if wants_call else mood
    values: dict[str, tuple[str, ...]] = {}
    for question in survey_cards.questions_of(card):
        values[question["key"]] = _value(rng, question, mood)
    channel = rng.choice(("link", "link", "phone", "paper"))
    language = "zh" if ctx.company.locale.startswith("zh") else "en"
    comment = rng.choice(words[mood])
    survey_answers.answer(ctx, number, GivenData(values, channel, language, comment, wants_call))


def _value(rng: random.Random, question: dict[str, Any], mood: str) -> tuple[str, ...]:
    last = len(question["choices"]) - 1
    if question["kind"] == "grade":
        place = {"good": rng.choice((0, 0, 0, 1)), "fair": rng.choice((1, 1, 2)), "bad": rng.choice((2, last))}[mood]
        return (str(last if mood == "bad" and question["required"] and rng.random() < 0.5 else place),)
    if question["kind"] == "number":
        return (str({"good": rng.randint(8, 10), "fair": rng.randint(5, 8), "bad": rng.randint(0, 5)}[mood]),)
    if question["kind"] == "yes_no":
        return ("no",) if mood == "bad" else ("yes",)
    if question["kind"] == "several":
        return tuple(str(place) for place in sorted(rng.sample(range(last + 1), rng.randint(0, 2))))
    return ()


def _customers(
    ctx: Ctx, code: str, title: str, rng: random.Random, words: dict[str, Any], *, yearly: bool = False,
    close: bool = False,
) -> Campaign:  # fmt: skip
    """A campaign that asks some customers: the survey of the year, or one for the occasion that is closed already."""
    survey = queries.survey_by_code(ctx, code)
    assert survey is not None
    begun = ctx.at(ctx.now - 10 * _DAY)
    if yearly:
        title = f"{survey.title_zh if ctx.company.locale.startswith('zh') else survey.title_en} {title}"
    data = CampaignData(
        title, survey.id, "customers" if yearly else "asked", begun.today, ctx.today + 20 * _DAY, 30, yearly=yearly
    )
    row = survey_campaigns.start_campaign(begun, survey_campaigns.save_campaign(begun, data).id)
    if yearly:
        survey_cards.fill(begun, row.id)
    else:
        for customer_id in _customer_ids(ctx, demo_count(12, 3)):
            survey_cards.invite(begun, row.id, InviteData(customer_id))
    query = sa.select(Invitation.id).where(Invitation.campaign_id == row.id, Invitation.state == "open")
    for place, number in enumerate(ctx.session.scalars(query.order_by(Invitation.id).limit(demo_count(60, 4))).all()):
        if rng.random() < 0.6 or place < 2:
            _answer(ctx.at(ctx.now - rng.randint(1, 8) * _DAY), rng, words, number)
    if close:
        survey_campaigns.close_campaign(ctx.at(ctx.now - dt.timedelta(hours=5)), row.id)
    return row


def _draft(ctx: Ctx, words: dict[str, Any]) -> None:
    survey = queries.survey_by_code(ctx, OPINION_CARD)
    assert survey is not None
    data = CampaignData(words["planned"], survey.id, "customers", ctx.today + 30 * _DAY, customer_kind="company")
    survey_campaigns.save_campaign(ctx, data)


def _tasks(ctx: Ctx, words: dict[str, Any], year: Campaign) -> None:
    """Improvements with owners: one being worked on, one done; a summary read."""
    owner = ctx.actor.user_id or next((i for i, _name in queries.people(ctx)), None)
    if owner is None:
        return
    due = ctx.today + 14 * _DAY
    data = TaskData(words["improvement"], words["improvement_text"], owner, due, campaign_id=year.id)
    survey_tasks.open_improvement(ctx, data)
    begun = ctx.at(ctx.now - 6 * _DAY)
    done = survey_tasks.open_improvement(begun, TaskData(words["improved"], "", owner, campaign_id=year.id))
    survey_tasks.finish_task(ctx, done.id, words["done"])
    read = ctx.session.scalars(
        sa.select(SurveyTask.id).where(SurveyTask.kind == "summary", SurveyTask.role == "quality").limit(1)
    ).first()
    if read is not None:
        survey_tasks.finish_task(ctx, read, words["read"])
