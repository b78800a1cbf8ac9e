"""Opinion cards by mail, through a real mail server: sent once, opened by the link, or come back."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from core.settings import set_setting
from plugins.base import services as base
from plugins.base.contracts import CustomerData, PersonData, PhoneData
from plugins.base.models import Customer
from plugins.callback.contracts import PreferenceData
from plugins.callback.models.surveys import Invitation, Response
from plugins.callback.queries import surveys as queries
from plugins.callback.services import calls
from plugins.callback.services import survey_campaigns as campaigns
from plugins.callback.services import survey_cards as cards
from plugins.callback.survey_contracts import CampaignData
from tests.support.accounts import Site, words_of

NOW = dt.datetime.now(dt.UTC)
"""Pages live at the real time."""
CHEN, BY_PHONE, SILENT, NO_PHONE = (f"{name}@customer.example" for name in ("chen", "phone", "silent", "nophone"))
CONTENT = {f"q_{key}": ["0"] for key in ("attitude", "skill", "arrival", "promises")}


def furnish(installation) -> None:
    """Two companies that work in Chinese; four customers with an address, one of them without a phone."""
    site = Site(None, installation)
    for code in ("acme", "beta"):
        office = site.office(code, name="禾丰农机服务", modules=["callback"], now=NOW)
        ctx = office.system(NOW)
        set_setting(ctx, "callback.survey_mail", True)
        for number, email in enumerate((CHEN, BY_PHONE, SILENT, NO_PHONE)):
            customer = base.save_customer(ctx, CustomerData(email.partition("@")[0].title()))
            base.save_person(ctx, customer.id, PersonData("陈女士", email=email))
            if email != NO_PHONE:
                base.add_phone(ctx, customer.id, PhoneData(f"138 0013 800{number}"))
            if email == SILENT:
                calls.save_preference(ctx, customer.id, PreferenceData(no_call=True))


@pytest.fixture
def site(databases, database_kind, application, mailbox, monkeypatch):
    monkeypatch.setenv("MAIL_SERVER", mailbox.host)
    monkeypatch.setenv("PUBLIC_URL", "https://service.example")
    with databases.furnished(database_kind, furnish) as installation, application.on(installation.url) as app:
        yield Site(app, installation, {code: installation.office(code) for code in ("acme", "beta")})


def ask(site, code: str, mailbox, title: str, now: dt.datetime = NOW) -> None:
    """Ask all customers of a company by the opinion card, and let the worker do what there is to do."""
    ctx = site.office(code).system(now)
    survey = queries.survey_by_code(ctx, "opinion_card")
    campaign = campaigns.save_campaign(ctx, CampaignData(title, survey.id, "customers"))
    campaigns.start_campaign(ctx, campaign.id)
    ctx.session.close()
    site.installation.worker(now, mailbox.server).run_until_idle()


def link_to(mailbox, address: str, number: int = -1) -> str:
    """The path of the card in the mail to an address."""
    message = [m for m in mailbox.messages if m["To"] == address][number]
    return re.search(r"https://service\.example(/c/\S+)", message.get_content())[1]


def rows(site, code: str = "acme") -> dict[str, tuple[str, str, str]]:
    """Address → how far its newest card is, by which way, and why not."""
    ctx = site.office(code).system(NOW)
    found = ctx.session.scalars(sa.select(Invitation).order_by(Invitation.id))
    return {card.email: (card.state, card.way, card.reason) for card in found}


def test_a_card_is_mailed_once_and_its_link_takes_one_answer_of_its_own_company(site, mailbox):
    ask(site, "acme", mailbox, "意见卡")
    assert sorted(m["To"] for m in mailbox.messages) == sorted((BY_PHONE, SILENT, NO_PHONE, CHEN))
    campaigns_again = site.office("acme").system(NOW + dt.timedelta(hours=2))
    cards.fill(campaigns_again, 1)
    campaigns_again.session.close()
    site.installation.worker(NOW + dt.timedelta(hours=2), mailbox.server).run_until_idle()
    assert len(mailbox.messages) == 4
    path = link_to(mailbox, CHEN)
    customer = site.browser(language="zh")
    assert "评价这次服务" in words_of(customer.get(path).text)
    assert customer.get(path.replace("/c/acme/", "/c/beta/")).status_code == 404
    assert customer.post(path, CONTENT).status_code == 302
    customer.post(path, {**CONTENT, "q_attitude": ["3"]})
    assert "评价已收到" in words_of(customer.get(path).text)
    ctx = site.office("acme").system(NOW)
    assert [(r.channel, r.language) for r in ctx.session.scalars(sa.select(Response))] == [("link", "zh")]
    assert rows(site)[CHEN] == ("answered", "mail", "")


def test_a_link_whose_days_are_over_says_so_and_takes_nothing(site, mailbox):
    ask(site, "acme", mailbox, "意见卡", NOW - dt.timedelta(days=90))
    path = link_to(mailbox, CHEN)
    customer = site.browser(language="zh")
    assert "意见卡已过期" in words_of(customer.get(path).text)
    customer.post(path, CONTENT)
    assert site.office("acme").system(NOW).session.scalar(sa.select(sa.func.count(Response.id))) == 0
    assert rows(site)[CHEN] == ("open", "mail", "")


def test_who_answered_in_another_language_is_written_to_in_it(site, mailbox):
    ask(site, "acme", mailbox, "意见卡")
    assert "请评价我们的服务" in mailbox.messages[0].get_content()
    assert site.browser(language="en").post(link_to(mailbox, CHEN), CONTENT).status_code == 302
    ask(site, "acme", mailbox, "Again")
    (first, second) = (m for m in mailbox.messages if m["To"] == CHEN)
    assert first["Subject"] == "评价这次服务：意见卡"
    assert second["Subject"] == "Rate this service: Again"
    assert "Dear Chen," in second.get_content()
    assert "陈" not in second.get_content()


def test_whose_language_is_noted_is_written_to_and_asked_in_it(site, mailbox):
    ctx = site.office("acme").system(NOW)
    chen = ctx.session.scalars(sa.select(Customer).where(Customer.name == "Chen")).one()
    base.save_customer(ctx, CustomerData("Chen", language="en"), chen.id)
    ctx.session.close()
    ask(site, "acme", mailbox, "意见卡")
    subjects = {m["To"]: m["Subject"] for m in mailbox.messages}
    assert subjects[CHEN] == "Rate this service: 意见卡"
    assert subjects[NO_PHONE] == "评价这次服务：意见卡"
    path = link_to(mailbox, CHEN)
    assert "Rate this service" in site.browser(language="zh").get(path).text, "the browser may be anybody's"
    chosen = site.browser(language="en")
    assert "评价这次服务" in words_of(chosen.post(path, {"lang": "zh"}).text)
    assert "评价这次服务" in words_of(chosen.get(path).text), "what the visitor has chosen counts"


def test_who_no_mail_reaches_is_asked_by_phone_or_left_out_with_the_reason(site, mailbox):
    for address in (BY_PHONE, SILENT, NO_PHONE):
        mailbox.answers[address] = "550 5.1.1 No such user here"
    ask(site, "acme", mailbox, "意见卡")
    assert [m["To"] for m in mailbox.messages] == [CHEN]
    assert rows(site) == {
        CHEN: ("open", "mail", ""),
        BY_PHONE: ("open", "phone", ""),
        SILENT: ("left_out", "", "no_call"),
        NO_PHONE: ("left_out", "", "unreachable"),
    }
