"""A rule of warranty is changed in a browser, tried, approved by somebody else; the next decision explains itself."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from core.decisions.approving import set_needs_approval
from plugins.warranty.contracts import TERM
from plugins.warranty.services import coverage as services
from tests.support.accounts import PASSWORD, Site
from tests.support.approval_rules import rows, step
from tests.support.browser import accessibility_violations
from tests.support.server import serve
from tests.support.warranty import case, furnished, unit

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
WORDS = {
    "zh": {
        "change": "改规则", "paid": "收费", "free": "免费", "try": "试算", "submit": "提交审批",
        "approve": "批准并发布", "work": "试算", "decide": "判定并保存", "again": "重新判定", "version": "第 2 版",
        "misuse": "使用保养不当", "now": "现在判定", "price": "normal",
    },
    "en": {
        "change": "Change the rules", "paid": "Paid", "free": "Free of charge", "try": "Try it on past cases",
        "submit": "Submit for approval", "approve": "Approve and publish", "work": "Work it out",
        "decide": "Decide and keep", "again": "Decide again", "version": "version 2",
        "misuse": "misuse or wrong upkeep", "now": "Decide now", "price": "normal",
    },
}  # fmt: skip


class Desk:
    """The application served, for a company with a machine that was sold a month ago."""

    def __init__(self, address: str, installation):
        self.address, self.installation = f"{address}/c/acme", installation
        self.site = address

    def sign_in(self, page, who: str) -> None:
        page.goto(f"{self.site}/login")
        page.fill("input[name=email]", f"{who}@example.com")
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(re.compile("/c/acme/$"))


@pytest.fixture
def desk(databases, application):
    with (
        databases.furnished("sqlite", furnish) as installation,
        application.on(installation.url) as app,
        serve(app) as address,
    ):
        yield Desk(address, installation)


def furnish(installation) -> None:
    office = furnished(installation, locale="zh")
    site = Site(None, installation, {"acme": office})
    for locale in ("zh", "en"):
        site.person(f"admin_{locale}@example.com", "administrator", name=f"admin {locale}", locale=locale)
        site.person(f"boss_{locale}@example.com", "manager", name=f"boss {locale}", locale=locale)
    ctx = office.system(NOW)
    machine = unit(ctx, "M-1", "S-1", ctx.today - dt.timedelta(days=30))
    services.decide(ctx, case(machine, "漏油", cause="misuse"))
    services.decide(ctx, case(machine, "异响", cause="defect"))
    set_needs_approval(ctx, "warranty.coverage", True)
    unit(ctx, "M-1", "S-OLD", ctx.today - dt.timedelta(days=400))
    rows(ctx, TERM, step(1, "manager", when={"transition": "put_in_force"}))


@pytest.mark.parametrize(("language", "viewport"), [("zh", "desktop"), ("en", "desktop")], indirect=True)
def test_a_row_is_changed_tried_and_approved_and_the_next_decision_explains_itself(desk, new_context, page, language):
    words = WORDS[language]
    desk.sign_in(page, f"admin_{language}")
    page.goto(f"{desk.address}/rules/warranty.coverage")
    page.get_by_role("button", name=words["change"]).click()
    page.wait_for_selector("td[data-f][tabindex='0']")
    page.focus("td[data-f='r5.t.price_list']")
    page.keyboard.type(words["price"])
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.fill("#effective_from", page.get_attribute("#effective_from", "min"))
    page.fill("#reason", "Promise ends")
    page.get_by_role("button", name=words["try"], exact=True).click()
    page.wait_for_selector("#trial")
    assert page.locator("#trial tbody tr").count() == 3  # two cases that come with the rule set, and a past one
    page.get_by_role("button", name=words["submit"]).click()
    page.wait_for_selector("#approval")

    boss = new_context().new_page()
    desk.sign_in(boss, f"boss_{language}")
    boss.goto(f"{desk.address}/rules/warranty.coverage")
    boss.get_by_role("button", name=words["approve"]).click()
    boss.locator("[data-confirm-yes]").click()
    boss.wait_for_selector(".flash.ok")

    page.goto(f"{desk.address}/units/1")
    page.get_by_role("link", name=words["now"]).click()
    assert accessibility_violations(page) == []
    page.fill("#problem", "Oil leak")
    page.select_option("[name='f.cause']", "misuse")
    page.get_by_role("button", name=words["work"]).click()
    assert words["paid"] in page.locator(".decide .verdict").inner_text()
    page.get_by_role("button", name=words["decide"]).click()
    page.wait_for_url(re.compile("/warranty/decisions/3$"))
    why = page.locator(".decide .why").inner_text()
    assert words["version"] in why
    assert words["misuse"] in why
    assert accessibility_violations(page) == []


@pytest.mark.page_errors("409: POST .*")
@pytest.mark.parametrize(("language", "viewport"), [("zh", "desktop")], indirect=True)
def test_a_period_is_changed_tried_and_approved_and_the_next_decision_names_it(desk, new_context, page, language):
    words = WORDS[language]
    desk.sign_in(page, "admin_zh")
    page.goto(f"{desk.address}/warranty/terms/")
    page.get_by_role("link", name="whole-unit").first.click()
    page.get_by_role("link", name="起草修改").click()
    page.fill("#amount", "18")
    page.check("#earlier_units")
    page.get_by_role("button", name="保存草稿").click()
    page.get_by_role("link", name="试算").click()
    tried = page.locator("table.tbl tbody tr")
    assert tried.count() == 2
    assert "S-OLD" in page.locator("table.tbl").inner_text()
    page.go_back()
    page.locator("#put_in_force").get_by_role("button", name="生效").click()
    page.locator("#put_in_force [role=alert]").wait_for()
    assert accessibility_violations(page) == []
    record = page.url.removesuffix("/put-in-force")

    boss = new_context().new_page()
    desk.sign_in(boss, "boss_zh")
    boss.goto(f"{desk.address}/approvals")
    boss.locator("a[data-open]").first.click()
    boss.get_by_role("button", name="同意", exact=True).click()
    boss.wait_for_load_state()

    page.goto(record)
    page.locator("#put_in_force").get_by_role("button", name="生效").click()
    page.wait_for_selector(".flash.ok")

    page.goto(f"{desk.address}/units/2")
    page.get_by_role("link", name=words["now"]).click()
    page.fill("#problem", "漏油")
    page.select_option("[name='f.cause']", "defect")
    page.get_by_role("button", name=words["work"]).click()
    assert words["free"] in page.locator(".decide .verdict").inner_text()
    page.get_by_role("button", name=words["decide"]).click()
    page.wait_for_url(re.compile("/warranty/decisions/3$"))
    page.get_by_text("全部事实和来源").click()
    assert "保修期：whole-unit 整机" in page.locator("main").inner_text()


@pytest.mark.parametrize(("language", "viewport"), [("zh", "phone"), ("en", "phone")], indirect=True)
def test_on_a_phone_a_cause_found_on_site_is_decided_anew(desk, page, language):
    words = WORDS[language]
    desk.sign_in(page, f"admin_{language}")
    page.goto(f"{desk.address}/warranty/decisions/2")
    assert words["free"] in page.locator(".decide .verdict").inner_text()
    assert accessibility_violations(page) == []
    form = page.locator("#again")
    form.locator("[name='f.cause']").select_option("misuse")
    form.locator("textarea[name=reason]").fill("Water in the gearbox")
    form.get_by_role("button", name=words["again"]).click()
    page.wait_for_url(re.compile("/warranty/decisions/3$"))
    assert words["paid"] in page.locator(".decide .verdict").inner_text()
    assert words["misuse"] in page.locator("table.facts b").first.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert accessibility_violations(page) == []
    page.goto(f"{desk.address}/warranty/decisions/?tab=all")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert accessibility_violations(page) == []
