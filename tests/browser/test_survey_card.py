"""An opinion card on a phone: opened by its link, answered without an account and without script."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from core.db import system_session
from plugins.base import services as base
from plugins.base.contracts import CustomerData, PhoneData
from plugins.callback.models.surveys import Response
from plugins.callback.queries import surveys as queries
from plugins.callback.services import survey_campaigns, survey_cards
from plugins.callback.survey_contracts import CampaignData, InviteData
from tests.support.accounts import Site
from tests.support.browser import accessibility_violations
from tests.support.server import serve


@pytest.fixture
def link(databases, application):
    """The address of a card, and the installation. On SQLite only: a browser shows the same on either."""
    with databases.furnished("sqlite", furnish) as installation, application.on(installation.url) as app:
        ctx = installation.office("hefeng").system(dt.datetime.now(dt.UTC))
        survey = queries.survey_by_code(ctx, "opinion_card")
        campaign = survey_campaigns.save_campaign(ctx, CampaignData("意见卡", survey.id, "asked"))
        survey_campaigns.start_campaign(ctx, campaign.id)
        customer = base.save_customer(ctx, CustomerData("马东升"))
        base.add_phone(ctx, customer.id, PhoneData("138 0013 8000"))
        data = InviteData(customer.id, number="FW2611-0487", subject="轮式拖拉机 FH1604 液压升降无力")
        token = survey_cards.invite(ctx, campaign.id, data).token
        ctx.session.close()
        with serve(app) as address:
            yield f"{address}/c/hefeng/callback/s/{token}", installation


def furnish(installation):
    Site(None, installation).office("hefeng", name="禾丰农机服务", modules=["callback"])


@pytest.mark.parametrize("viewport", ["phone"], indirect=True)
@pytest.mark.parametrize("language", ["zh"], indirect=True)
def test_a_customer_answers_a_card_on_a_phone_in_either_language_and_loses_nothing(link, page, viewport, language):
    address, installation = link

    def sound() -> None:
        assert accessibility_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0

    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_text("评价这次服务")
    sound()
    page.get_by_role("group", name=re.compile("态度")).get_by_label("很满意", exact=True).check()
    page.fill("[name=comment]", "师傅来得快")
    page.get_by_role("button", name="提交评价").click()  # three grades are missing
    expect(page.locator(".o-err")).to_have_count(1)
    sound()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rate this service")
    expect(page.locator("[name=comment]")).to_have_value("师傅来得快")
    attitude = page.get_by_role("group", name=re.compile("Attitude"))
    expect(attitude.get_by_label("Very satisfied", exact=True)).to_be_checked()
    sound()
    for aspect in ("Skill", "Arrival", "Promises kept"):
        page.get_by_role("group", name=re.compile(aspect)).get_by_label("Satisfied", exact=True).check()
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, your answer has arrived")
    sound()
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, your answer has arrived")
    with system_session(installation.engine, "test reads what was sent") as session:
        kept = session.execute(sa.select(Response.channel, Response.language, Response.comment)).all()
    assert [tuple(row) for row in kept] == [("link", "en", "师傅来得快")]
