"""Reads of surveys: forms, campaigns, cards, answers, tasks, and the results by whoever and whatever they are about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Clock, Ctx, Membership, NotFound, OrgUnit, _
from plugins.callback.models.surveys import (
    Campaign,
    CampaignDay,
    Invitation,
    Response,
    Survey,
    SurveyTask,
    SurveyVersion,
)
from plugins.callback.survey_contracts import TASK

MOST_OFFERED = 200


# --- forms ----------------------------------------------------------------------------------------------------------


def get_survey(ctx: Ctx, survey_id: int) -> Survey:
    """The survey form. Raises NotFound."""
    row = ctx.session.scalar(sa.select(Survey).where(Survey.id == survey_id))
    if row is None:
        raise NotFound("unknown_survey", _("There is no such survey."))
    return row


def survey_by_code(ctx: Ctx, code: str, *, lock: bool = False) -> Survey | None:
    """The survey form of that code."""
    query = sa.select(Survey).where(Survey.code == code)
    return ctx.session.scalar(query.with_for_update() if lock else query)


def surveys_offered(ctx: Ctx) -> list[Survey]:
    """The survey forms that are switched on."""
    query = sa.select(Survey).where(Survey.active.is_(True)).order_by(Survey.code)
    return list(ctx.session.scalars(query.limit(MOST_OFFERED)))


def version_of(ctx: Ctx, survey_id: int, number: int) -> SurveyVersion | None:
    """One version of a form."""
    return ctx.session.scalar(
        sa.select(SurveyVersion).where(SurveyVersion.survey_id == survey_id, SurveyVersion.number == number)
    )


def versions_of(ctx: Ctx, survey_id: int, limit: int) -> list[SurveyVersion]:
    """The versions of a form, the newest first."""
    query = sa.select(SurveyVersion).where(SurveyVersion.survey_id == survey_id)
    return list(ctx.session.scalars(query.order_by(SurveyVersion.number.desc()).limit(limit)))


# --- campaigns and cards --------------------------------------------------------------------------------------------


def get_campaign(ctx: Ctx, campaign_id: int, *, lock: bool = False) -> Campaign:
    """The campaign with its form. Raises NotFound."""
    query = sa.select(Campaign).where(Campaign.id == campaign_id).options(orm.joinedload(Campaign.survey))
    row = ctx.session.scalar(query.with_for_update(of=Campaign) if lock else query)
    if row is None:
        raise NotFound("unknown_campaign", _("There is no such campaign."))
    return row


def running(ctx: Ctx, audience: str) -> list[Campaign]:
    """The campaigns under way that ask such an audience."""
    query = sa.select(Campaign).where(Campaign.state == "running", Campaign.audience == audience)
    return list(ctx.session.scalars(query.options(orm.joinedload(Campaign.survey)).order_by(Campaign.id)))


def campaigns_offered(ctx: Ctx) -> list[tuple[int, str]]:
    """The newest campaigns that were started, for choosing one."""
    query = sa.select(Campaign.id, Campaign.title).where(Campaign.state != "draft").order_by(Campaign.id.desc())
    return [(row.id, row.title) for row in ctx.session.execute(query.limit(MOST_OFFERED))]


def over(ctx: Ctx) -> list[int]:
    """The campaigns under way whose last day is over."""
    query = sa.select(Campaign.id).where(Campaign.state == "running", Campaign.ends_on < ctx.today)
    return list(ctx.session.scalars(query.order_by(Campaign.id)))


def days_of(ctx: Ctx, campaign_id: int, limit: int) -> list[CampaignDay]:
    """The days of a campaign that asks about finished cases, the newest first."""
    query = sa.select(CampaignDay).where(CampaignDay.campaign_id == campaign_id)
    return list(ctx.session.scalars(query.order_by(CampaignDay.day.desc()).limit(limit)))


def with_all(query: sa.Select) -> sa.Select:
    """Cards with what their pages and lists say."""
    return query.options(
        orm.joinedload(Invitation.campaign), orm.joinedload(Invitation.customer), orm.joinedload(Invitation.product),
        orm.joinedload(Invitation.version).joinedload(SurveyVersion.survey),
    )  # fmt: skip


def get_card(ctx: Ctx, invitation_id: int, *, lock: bool = False) -> Invitation:
    """The card. Raises NotFound."""
    query = with_all(sa.select(Invitation).where(Invitation.id == invitation_id))
    row = ctx.session.scalar(query.with_for_update(of=Invitation) if lock else query)
    if row is None:
        raise NotFound("unknown_card", _("There is no such card."))
    return row


def card_on_paper(ctx: Ctx, text: str) -> Invitation | None:
    """The card that a paper is the answer to, by its own number or by that of the case it is about; open ones first."""
    which = Invitation.case_number == text
    if text.isascii() and text.isdigit() and len(text) < 16:
        which = sa.or_(which, Invitation.id == int(text))
    query = with_all(sa.select(Invitation).where(which))
    return ctx.session.scalars(query.order_by(Invitation.state != "open", Invitation.id.desc()).limit(1)).first()


def open_card_after(ctx: Ctx, campaign_id: int, card_id: int) -> int | None:
    """The next card of a campaign that waits for an answer."""
    query = sa.select(Invitation.id).where(Invitation.campaign_id == campaign_id, Invitation.id > card_id)
    return ctx.session.scalar(query.where(Invitation.state == "open").order_by(Invitation.id).limit(1))


def open_cards(ctx: Ctx, customer_id: int, limit: int = 10) -> list[Invitation]:
    """The cards on which a customer may still be asked by phone, the oldest first: for whoever calls him or her."""
    query = with_all(sa.select(Invitation)).join(Campaign, Campaign.id == Invitation.campaign_id)
    query = query.where(Invitation.customer_id == customer_id, Invitation.state == "open", Campaign.state == "running")
    return list(ctx.session.scalars(query.order_by(Invitation.id).limit(limit)))


def products_asked_about(ctx: Ctx) -> list[int]:
    """The products that cards are about, for choosing one."""
    query = sa.select(Invitation.product_id).where(Invitation.product_id.is_not(None)).distinct()
    return [i for i in ctx.session.scalars(query.limit(MOST_OFFERED)) if i is not None]


def cards_about(ctx: Ctx, limit: int, **about: Any) -> list[Invitation]:
    """The newest cards whose columns are as given, such as ``customer_id``."""
    query = with_all(sa.select(Invitation)).where(*(getattr(Invitation, n) == v for n, v in about.items()))
    return list(ctx.session.scalars(query.order_by(Invitation.id.desc()).limit(limit)))


def response_of(ctx: Ctx, invitation_id: int) -> Response | None:
    """What was answered on a card."""
    return ctx.session.scalar(sa.select(Response).where(Response.invitation_id == invitation_id))


def responses_of(ctx: Ctx, invitation_ids: Iterable[int]) -> dict[int, Response]:
    """Card → what was answered."""
    query = sa.select(Response).where(Response.invitation_id.in_(sorted(set(invitation_ids)) or [0]))
    return {row.invitation_id: row for row in ctx.session.scalars(query)}


def comments_of(ctx: Ctx, campaign_id: int, limit: int) -> list[str]:
    """The newest comments on the cards of a campaign, without who wrote them."""
    query = sa.select(Response.comment).join(Invitation, Invitation.id == Response.invitation_id)
    query = query.where(Invitation.campaign_id == campaign_id, Response.comment != "")
    return list(ctx.session.scalars(query.order_by(Response.id.desc()).limit(limit)))


# --- tasks ----------------------------------------------------------------------------------------------------------


def get_task(ctx: Ctx, task_id: int, *, lock: bool = False) -> SurveyTask:
    """The task. Raises NotFound."""
    query = sa.select(SurveyTask).where(SurveyTask.id == task_id)
    row = ctx.session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound("unknown_task", _("There is no such task."))
    return row


def clocks_of(ctx: Ctx, task_ids: Sequence[int]) -> dict[int, Clock]:
    """Task → its newest time limit, unless that applies no more; one statement."""
    query = sa.select(Clock).where(
        Clock.record_kind == TASK, Clock.record_id.in_(list(task_ids) or [0]), Clock.state != "cancelled"
    )
    return {clock.record_id: clock for clock in ctx.session.scalars(query.order_by(Clock.id))}


def tasks_about(ctx: Ctx, limit: int, **about: int) -> list[SurveyTask]:
    """The tasks about a campaign or a card (``campaign_id`` or ``invitation_id``), the newest first."""
    query = sa.select(SurveyTask).where(*(getattr(SurveyTask, name) == value for name, value in about.items()))
    return list(ctx.session.scalars(query.order_by(SurveyTask.id.desc()).limit(limit)))


def mine(ctx: Ctx) -> Any:
    """The condition for tasks that this person is to do: his or her own, and those of a role that he or she has."""
    roles = sorted(ctx.actor.roles) or [""]
    free = sa.and_(SurveyTask.assignee_id.is_(None), SurveyTask.role.in_(roles))
    return sa.and_(SurveyTask.state == "open", sa.or_(SurveyTask.assignee_id == ctx.actor.user_id, free))


def my_tasks(ctx: Ctx, limit: int) -> list[SurveyTask]:
    """What this person is to do, the most urgent first."""
    query = sa.select(SurveyTask).where(mine(ctx))
    return list(ctx.session.scalars(query.order_by(SurveyTask.urgent_at, SurveyTask.id).limit(limit)))


def open_tasks_of(ctx: Ctx, user_id: int) -> list[SurveyTask]:
    """The open tasks of one person, locked, in the order of their ids."""
    query = sa.select(SurveyTask).where(SurveyTask.assignee_id == user_id, SurveyTask.state == "open")
    return list(ctx.session.scalars(query.order_by(SurveyTask.id).with_for_update()))


def open_tasks(ctx: Ctx) -> list[SurveyTask]:
    """All open tasks, locked, in the order of their ids."""
    query = sa.select(SurveyTask).where(SurveyTask.state == "open")
    return list(ctx.session.scalars(query.order_by(SurveyTask.id).with_for_update()))


def held_by(ctx: Ctx, user_id: int) -> int:
    """How many tasks a person holds."""
    query = sa.select(sa.func.count(SurveyTask.id)).where(SurveyTask.assignee_id == user_id, SurveyTask.state == "open")
    return ctx.session.scalar(query) or 0


def held_by_unit(ctx: Ctx, unit_id: int) -> int:
    """How many tasks an organisation unit has."""
    query = sa.select(sa.func.count(SurveyTask.id)).where(SurveyTask.unit_id == unit_id, SurveyTask.state == "open")
    return ctx.session.scalar(query) or 0


def people(ctx: Ctx) -> list[tuple[int, str]]:
    """(id, name) of everybody who works here, by name."""
    query = sa.select(Membership).options(orm.joinedload(Membership.user)).where(Membership.active.is_(True))
    found = [(m.user_id, m.user.name) for m in ctx.session.scalars(query) if m.user is not None]
    return sorted(found, key=lambda pair: (pair[1], pair[0]))


def names_of(ctx: Ctx, user_ids: Iterable[int | None]) -> dict[int, str]:
    """Id → name, of those who have left, too; one statement."""
    wanted = sorted({u for u in user_ids if u is not None}) or [0]
    query = sa.select(Membership).options(orm.joinedload(Membership.user)).where(Membership.user_id.in_(wanted))
    return {m.user_id: m.user.name for m in ctx.session.scalars(query) if m.user is not None}


def works_here(ctx: Ctx, user_id: int) -> str | None:
    """The name of somebody who works here now; None when he or she does not."""
    query = sa.select(Membership).options(orm.joinedload(Membership.user))
    row = ctx.session.scalar(query.where(Membership.user_id == user_id, Membership.active.is_(True)))
    return row.user.name if row is not None and row.user is not None else None


def units(ctx: Ctx) -> list[tuple[int, str]]:
    """The organisation units, by name."""
    query = sa.select(OrgUnit.id, OrgUnit.name).where(OrgUnit.active.is_(True)).order_by(OrgUnit.name, OrgUnit.id)
    return [(row.id, row.name) for row in ctx.session.execute(query.limit(MOST_OFFERED))]
