"""Campaigns: prepared, started, closed with a summary; the yearly one begins and ends by itself (DST-4.3)."""

from __future__ import annotations

import datetime as dt

from core.api import (
    SYSTEM,
    Conflict,
    Ctx,
    DomainError,
    Invalid,
    _,
    advance,
    check_version,
    emit,
    get_setting,
    issue_document,
    role_name,
    transaction,
    use_locale,
)
from plugins.base.contracts import CUSTOMER_KIND_WORDS
from plugins.callback.models.surveys import AUDIENCES, Campaign
from plugins.callback.queries import survey_people, surveys
from plugins.callback.rules import surveys as rules
from plugins.callback.services.survey_cards import fill
from plugins.callback.services.survey_tasks import open_reading
from plugins.callback.survey_contracts import SUMMARY, YEARLY, CampaignData
from plugins.callback.survey_life import CAMPAIGNS, RUN


def save_campaign(ctx: Ctx, data: CampaignData, *, version: int | None = None) -> Campaign:
    """Prepare a campaign, or change one that is not started yet."""
    ctx.require(RUN)
    with transaction(ctx):
        row = surveys.get_campaign(ctx, data.id, lock=True) if data.id else Campaign()
        if data.id:
            check_version(row, version)
            if row.state != "draft":
                raise Conflict("started", _("It is under way: what it asks and whom can’t be changed any more."))
        title = data.title.strip()
        if not title or len(title) > 120:
            raise Invalid("title", _("Give the campaign a title of at most 120 characters."), "title")
        survey = surveys.get_survey(ctx, data.survey_id)
        if not survey.active:
            raise Invalid("survey_off", _("That survey is switched off."), "survey_id")
        if data.audience not in AUDIENCES:
            raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=data.audience), "audience")
        if data.customer_kind and data.customer_kind not in CUSTOMER_KIND_WORDS:
            value = data.customer_kind
            raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=value), "customer_kind")
        if data.unit_id is not None and data.unit_id not in dict(surveys.units(ctx)):
            raise Invalid("unknown_unit", _("Choose one of the units."), "unit_id")
        begins = data.begins_on or ctx.today
        if data.ends_on is not None and data.ends_on < begins:
            raise Invalid("ends_early", _("The last day is before the first."), "ends_on")
        if not 1 <= data.valid_days <= 365:
            raise Invalid("valid_days", _("Cards are good for 1 to 365 days."), "valid_days")
        row.title, row.survey_id, row.audience = title, survey.id, data.audience
        row.begins_on, row.ends_on, row.valid_days = begins, data.ends_on, data.valid_days
        row.klass, row.customer_kind, row.for_unit_id = data.klass.strip()[:60], data.customer_kind, data.unit_id
        row.yearly = data.yearly and data.audience == "customers"
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "callback.campaign_saved", row, title=title)
        return row


def start_campaign(ctx: Ctx, campaign_id: int) -> Campaign:
    """Start it. Its customers get their cards by the worker, at once."""
    with transaction(ctx):
        row = surveys.get_campaign(ctx, campaign_id, lock=True)
        advance(ctx, CAMPAIGNS, row, "start")
        ctx.session.flush()
        emit(ctx, "callback.campaign_started", row, title=row.title)
        return row


def close_campaign(ctx: Ctx, campaign_id: int) -> Campaign:
    """Close it: nothing is taken in any more, a summary is issued and given to those who are to read it."""
    with transaction(ctx):
        row = surveys.get_campaign(ctx, campaign_id, lock=True)
        advance(ctx, CAMPAIGNS, row, "close")
        row.closed_at = ctx.now
        ctx.session.flush()
        emit(ctx, "callback.campaign_closed", row, title=row.title)
        _sum_up(ctx, row)
        return row


def _sum_up(ctx: Ctx, row: Campaign) -> None:
    """The summary as a document, with a task to take note of it for each role of the setting."""
    system = ctx.as_actor(SYSTEM)
    document = issue_document(system, SUMMARY, row, ctx.company.locale)
    with use_locale(ctx.company.locale):
        title = _("Summary {number}: {title}", number=document.number, title=row.title)[:200]
    for role in summary_roles(ctx):
        task = open_reading(system, row, role, title, "")
        emit(
            system, "callback.summary_sent", row, links=[task], number=document.number, role=role_name(ctx, role),
            task=task.number,
        )  # fmt: skip


def summary_roles(ctx: Ctx) -> list[str]:
    """Who takes note of summaries: the general manager, and quality by copy, unless the settings say otherwise."""
    chosen = (get_setting(ctx, f"callback.summary_{which}") for which in ("to", "copy"))
    return list(dict.fromkeys(str(role) for role in chosen if role))


# --- by themselves --------------------------------------------------------------------------------------------------


def keep_campaigns(ctx: Ctx) -> None:
    """Once an hour: begin the survey of the year when its day has come, end what is over, send what was not sent."""
    begin_yearly(ctx)
    for campaign in surveys.running(ctx, "customers"):
        if campaign.filled_at is None and campaign.begins_on <= ctx.today:
            fill(ctx, campaign.id)
    for campaign_id in surveys.over(ctx):
        try:
            close_campaign(ctx, campaign_id)
        except DomainError:
            continue  # it waits for an approval or a checklist, which its page shows


def begin_yearly(ctx: Ctx) -> Campaign | None:
    """The yearly survey of satisfaction, once a year from the day of the setting on; None when it is not due."""
    if not get_setting(ctx, "callback.yearly_survey"):
        return None
    if not rules.yearly_due(ctx.today, str(get_setting(ctx, "callback.yearly_begins") or "")):
        return None
    with transaction(ctx):
        survey = surveys.survey_by_code(ctx, YEARLY, lock=True)
        if survey is None or not survey.active or survey_people.had_yearly(ctx, ctx.today.year):
            return None
        days = int(get_setting(ctx, "callback.yearly_days"))
        with use_locale(ctx.company.locale):
            title = _("Satisfaction survey {year}", year=ctx.today.year)
        data = CampaignData(
            title, survey.id, "customers", ctx.today, ctx.today + dt.timedelta(days=days - 1), days, yearly=True
        )
        row = save_campaign(ctx, data)
        return start_campaign(ctx, row.id)
