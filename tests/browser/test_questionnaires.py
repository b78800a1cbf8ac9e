"""A questionnaire on a phone: scanned beside the product, answered without an account and without script."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from core.db import system_session
from plugins.complaints import services
from plugins.complaints.contracts import QuestionnaireData
from plugins.complaints.models import Answer
from tests.support.accounts import Site
from tests.support.browser import accessibility_violations
from tests.support.server import serve

LINES = "grade*: 对产品满意吗 | Are you content\nchoice: 购买渠道 | Bought where = 门店 | Shop; 网上 | Online"


@pytest.fixture
def asked(databases, application):
    """The address that the code leads to, and the installation. On SQLite only: a browser shows the same on either."""
    with databases.furnished("sqlite", furnish) as installation, application.on(installation.url) as app:
        ctx = installation.office("hefeng").system(dt.datetime.now(dt.UTC))
        data = QuestionnaireData("使用意见", "Your opinion", "想到什么写什么。", "Write whatever comes to mind.", LINES)
        token = services.save_questionnaire(ctx, data).token
        ctx.session.close()
        with serve(app) as address:
            yield f"{address}/c/hefeng/complaints/q/{token}", installation


def furnish(installation):
    Site(None, installation).office("hefeng", name="禾丰农机服务", modules=["complaints"])


@pytest.mark.parametrize("viewport", ["phone"], indirect=True)
@pytest.mark.parametrize("language", ["zh"], indirect=True)
def test_a_customer_scans_answers_changes_the_language_and_gets_a_number(asked, page, viewport, language):
    address, installation = asked

    def sound() -> None:
        assert accessibility_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0

    page.goto(f"{address}?s=FH1604-26-03127")
    assert page.locator("[name=serial]").input_value() == "FH1604-26-03127"
    sound()
    page.fill("[name=text]", "工具箱锁扣可以做大一点")
    page.get_by_role("button", name="提交").click()  # the mark is still missing
    page.wait_for_selector("#q0-e, .o-sum")
    sound()
    page.get_by_role("button", name="English").click()
    page.wait_for_selector("text=Are you content")
    assert page.locator("[name=text]").input_value() == "工具箱锁扣可以做大一点"
    page.get_by_label("4", exact=True).check()
    page.get_by_role("button", name="Send").click()
    page.wait_for_url(re.compile("/thanks/"))
    sound()
    assert re.fullmatch(r"TS\d{4}-\d{4}", page.locator(".o-number").inner_text())
    with system_session(installation.engine, "test reads what the page wrote") as session:
        answer = session.scalars(sa.select(Answer)).one()
        assert (answer.serial, [a["answer"] for a in answer.answers]) == ("FH1604-26-03127", ["4", ""])
