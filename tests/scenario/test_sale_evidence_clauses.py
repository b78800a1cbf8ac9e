"""Every sale has its evidence: the sales record, its quality tracking, the survey (INS-10)."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from core.api import use_locale
from core.testing import Installation, moment
from plugins.base import services as base
from plugins.base.contracts import SaleData
from plugins.base.models import SalesRecord
from plugins.callback.calling_contracts import ResultData
from plugins.callback.queries import surveys as queries
from plugins.callback.services import calling, survey_answers, survey_campaigns, survey_cards
from plugins.callback.survey_contracts import CampaignData, GivenData, InviteData
from tests.support import calling_site
from tests.support.accounts import Site, words_of

SOLD = dt.date(2026, 2, 20)


def furnish(installation: Installation) -> None:
    calling_site.furnish(installation, 2, modules=("callback",))
    office = installation.office("acme")
    Site(None, installation, {"acme": office}).person("manager@acme.example", "manager")
    ctx = office.system(calling_site.YESTERDAY)
    for customer_id in calling_site.customer_ids(office)[:2]:
        base.record_sale(ctx, SaleData(1, customer_id, SOLD, batch="B-7", invoice="FP-1", destination="Xi’an"))


@pytest.fixture
def site(databases, database_kind, application):
    house = databases.furnished(database_kind, furnish)
    with house as installation, application.on(installation.url) as app, use_locale("en"):
        yield Site(app, installation, {"acme": installation.office("acme")})


def evidence(site) -> list[str]:
    """What the page of each sale says of its evidence."""
    browser = site.signed_in("manager@acme.example")
    office = site.office("acme")
    sales = office.system().session.scalars(sa.select(SalesRecord.id).order_by(SalesRecord.id)).all()
    pages = [words_of(browser.get(f"/c/acme/sales/{sale}").text) for sale in sales]
    return [page.partition("Evidence of the sale ")[2].partition(" History")[0] for page in pages]


@pytest.mark.clause("INS-10")
def test_of_every_sale_the_record_its_quality_tracking_and_the_survey_are_there_or_lack_in_words(site):
    office = site.office("acme")
    lacking = "lacks Quality tracking Nobody has called yet lacks Customer’s opinion No card was made yet"
    assert [text[: len("1 of 3 there Sales record Complete ") + len(lacking)] for text in evidence(site)] == [
        f"1 of 3 there Sales record Complete {lacking}"
    ] * 2

    call = calling_site.planned(office, customer=0)
    ctx = calling_site.acting(office, "ann")
    calling.take_call(ctx, call)
    calling.record_result(ctx, call, ResultData("k1", "reached", "Runs well"))
    system = office.system(moment("2026-03-02 14:00"))
    survey = queries.survey_by_code(system, "opinion_card")
    campaign = survey_campaigns.save_campaign(system, CampaignData("Sales", survey.id, "asked"))
    survey_campaigns.start_campaign(system, campaign.id)
    customers = calling_site.customer_ids(office)
    cards = [survey_cards.invite(system, campaign.id, InviteData(customer, product_id=1)) for customer in customers[:2]]
    survey_answers.answer(system, cards[0].id, GivenData(
        dict.fromkeys(("attitude", "skill", "arrival", "promises"), ("0",)), "phone", "en"
    ))  # fmt: skip
    calling_site.planned(office, customer=1, on="2026-03-03")

    first, second = evidence(site)
    assert first.startswith("3 of 3 there Sales record Complete there Quality tracking Called on ")
    assert "there Customer’s opinion Answered on " in first
    assert second.startswith("1 of 3 there Sales record Complete lacks Quality tracking To be called on ")
    assert "lacks Customer’s opinion Asked, not answered yet" in second
