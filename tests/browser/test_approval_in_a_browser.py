"""Closing a complaint on the phone: a checklist stands before it, somebody else approves, then one press does it."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from core.checklists.services import publish_checklist
from core.db import system_session
from core.decisions.store import latest_published, publish, save_draft, table_named
from core.testing import Installation
from plugins.complaints import services
from plugins.complaints.contracts import COMPLAINT, ComplaintData
from plugins.complaints.models import Complaint
from tests.support.accounts import PASSWORD, Site
from tests.support.approval_rules import rows, step
from tests.support.browser import accessibility_violations
from tests.support.server import serve

NOW = dt.datetime.now(dt.UTC)
WORDS = {
    "zh": {
        "fill": "填写",
        "missing": "“结案检查”还差 1 项",
        "yes": "是",
        "back": "回到记录",
        "close": "结案",
        "approve": "同意",
        "severity": "严重",
        "again": "按申请审批时填写的内容办理。",
        "closed": "已结",
    },
    "en": {
        "fill": "Fill in",
        "missing": "“Last look”: 1 still open",
        "yes": "Yes",
        "back": "Back to the record",
        "close": "Close the case",
        "approve": "Approve",
        "severity": "serious",
        "again": "As it was filled in when the approval was asked for.",
        "closed": "Closed",
    },
}
CHECKS = {
    "name": {"en": "Last look", "zh": "结案检查"},
    "gates": ["close"],
    "items": [{"code": "safe", "text": {"en": "It is safe", "zh": "已确认安全"}, "type": "yes_no"}],
}


class Desk:
    """The application served, with one answered complaint that only an approval and a checklist keep from closing."""

    def __init__(self, address: str, installation: Installation):
        self.address, self.installation = f"{address}/c/hefeng", installation
        self.site = address

    def sign_in(self, page, who: str) -> None:
        page.goto(f"{self.site}/login")
        page.fill("input[name=email]", f"{who}@hefeng.example")
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(re.compile("/c/hefeng/$"))

    def complaint(self) -> Complaint:
        """As it is committed now."""
        with system_session(self.installation.engine, "test reads what the pages wrote") as session:
            return session.scalars(sa.select(Complaint)).one()


@pytest.fixture
def desk(databases, application):
    with (
        databases.furnished("sqlite", furnish) as installation,
        application.on(installation.url) as app,
        serve(app) as address,
    ):
        yield Desk(address, installation)


def furnish(installation: Installation) -> None:
    site = Site(None, installation)
    office = site.office("hefeng", name="禾丰农机服务", modules=["complaints"], now=NOW)
    for who, role, locale in (("zh", "manager", "zh"), ("en", "manager", "en"), ("boss_zh", "general_manager", "zh"),
                              ("boss_en", "general_manager", "en")):  # fmt: skip
        site.person(f"{who}@hefeng.example", role, company="hefeng", name=who, locale=locale)
    ctx = office.system(NOW - dt.timedelta(hours=2))
    rows(ctx, COMPLAINT, step(1, "general_manager", when={"transition": "close", "severity": "serious"}))
    publish_checklist(ctx, "last_look", COMPLAINT, CHECKS, reason="test")
    table = table_named(ctx, f"{COMPLAINT}.checklists")
    body = {**latest_published(ctx, table).body, "rows": [{"when": {}, "then": {"checklist": "last_look"}}]}
    save_draft(ctx, table.name, body, reason="test", effective_from=ctx.today)
    publish(ctx, table.name)
    data = ComplaintData("第三次修理仍漏油", category="quality", unusable=True, text="漏油")
    made = services.open_complaint(ctx, data)
    services.reply(ctx, made.id, "已换油封", "letter")


@pytest.mark.page_errors("409: POST .*")
@pytest.mark.parametrize(("language", "viewport"), [("zh", "phone"), ("en", "desktop")], indirect=True)
def test_what_was_filled_in_is_done_with_one_press_once_it_is_approved(desk, new_context, page, language):
    words, number = WORDS[language], desk.complaint().id
    record = f"{desk.address}/complaints/{number}"
    desk.sign_in(page, language)
    page.goto(record)
    assert words["missing"] in page.locator(".gate, .gates").first.inner_text()
    page.locator("#checklist-last_look").get_by_role("link", name=words["fill"]).click()
    assert accessibility_violations(page) == []
    with page.expect_response(re.compile("/checklists/")):
        page.get_by_role("radio", name=words["yes"]).check()
    page.goto(f"{desk.address}/checklists/{COMPLAINT}/{number}/last_look/print")
    assert words["yes"] in page.locator(".paper tbody td").nth(1).inner_text()
    assert accessibility_violations(page) == []
    page.go_back()
    page.get_by_role("link", name=words["back"]).click()

    form = page.locator("#close-form")
    form.locator("select[name=outcome]").select_option("solved")
    form.locator("textarea[name=outcome_text]").fill("换了油封，试机两小时")
    form.get_by_role("button", name=words["close"]).click()
    page.locator("#close [role=alert]").wait_for()
    assert desk.complaint().state == "replied"

    boss = new_context().new_page()
    desk.sign_in(boss, f"boss_{language}")
    boss.goto(f"{desk.address}/approvals")
    boss.locator("a[data-open]").first.click()
    assert words["severity"] in boss.locator(".why").inner_text()
    assert accessibility_violations(boss) == []
    boss.get_by_role("button", name=words["approve"], exact=True).click()
    boss.wait_for_load_state()

    page.goto(record)
    assert form.locator("select[name=outcome]").input_value() == "solved"
    assert form.locator("textarea[name=outcome_text]").input_value() == "换了油封，试机两小时"
    panel = page.locator("#approval")
    assert words["again"] in panel.inner_text()
    assert accessibility_violations(page) == []
    panel.get_by_role("button", name=words["close"]).click()
    page.wait_for_load_state()
    closed = desk.complaint()
    assert (closed.state, closed.outcome, closed.outcome_text) == ("closed", "solved", "换了油封，试机两小时")
