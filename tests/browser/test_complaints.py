"""Complaints in a real browser: one is worked from the call to the closing by keyboard, and looked at on a phone."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from core.companies.services import save_unit
from core.db import system_session
from core.testing import Installation
from plugins.base import services as base
from plugins.base.contracts import CustomerData, PhoneData
from plugins.complaints import services
from plugins.complaints.contracts import ComplaintData
from plugins.complaints.models import CauseAction, Complaint
from tests.support.accounts import PASSWORD, Site
from tests.support.browser import accessibility_violations
from tests.support.server import serve

NOW = dt.datetime.now(dt.UTC)
WORDS = {
    "zh": {
        "mine": "我的未结",
        "classify": "分类",
        "answer": "答复",
        "close": "结案",
        "closed": "已结",
        "why": "归研发与生产",
    },
    "en": {
        "mine": "Mine",
        "classify": "Classify",
        "answer": "Answer",
        "close": "Close the case",
        "closed": "Closed",
        "why": "To 研发与生产",
    },
}


class Desk:
    """The application served, with a company whose departments are there, and some complaints."""

    def __init__(self, address: str, installation: Installation):
        self.address, self.installation = address, installation

    def complaint(self, number: str) -> Complaint:
        """As it is committed now."""
        with system_session(self.installation.engine, "test reads what the pages wrote") as session:
            return session.scalars(sa.select(Complaint).where(Complaint.number == number)).one()

    def sign_in(self, page, language: str, path: str = "") -> None:
        page.goto(f"{self.address}/login")
        page.fill("input[name=email]", f"{language}@hefeng.example")
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(re.compile("/c/hefeng/$"))
        if path:
            page.goto(f"{self.address}/c/hefeng{path}")


@pytest.fixture
def desk(databases, application):
    """On SQLite only: what a browser shows is the same on either database."""
    with (
        databases.furnished("sqlite", furnish) as installation,
        application.on(installation.url) as app,
        serve(app) as address,
    ):
        yield Desk(address, installation)


def furnish(installation: Installation) -> None:
    """A company, its people and its work, as each test finds them."""
    site = Site(None, installation)
    office = site.office("hefeng", name="禾丰农机服务", modules=["complaints"], now=NOW)
    for language, name in (("zh", "何敏"), ("en", "Amy Hill")):
        site.person(f"{language}@hefeng.example", "manager", company="hefeng", name=name, locale=language)
    ctx = office.system(NOW - dt.timedelta(days=3))
    for code, name in (("rd", "研发与生产"), ("warehouse", "仓储物流"), ("service", "客户服务部")):
        save_unit(ctx, code, name, "department", "hq")
    customer = base.save_customer(ctx, CustomerData("马东升", address="铜山区汉王镇紫山村"))
    base.add_phone(ctx, customer.id, PhoneData("138 0013 8000"))
    customer_id = customer.id
    subjects = (
        ("第三次修理仍漏油，要求换机", "quality", True),
        ("包装破损，链条少一节", "packaging", None),
        ("代理商不肯登记三包", "attitude", None),
        ("说明书没有保养周期", "", None),
    )
    for subject, category, unusable in subjects:
        services.open_complaint(
            ctx, ComplaintData(subject, category=category, customer_id=customer_id, unusable=unusable, text=subject)
        )


def number_of(page) -> str:
    return re.search(r"TS\d{4}-\d{4}", page.locator(".crumb").inner_text())[0]


@pytest.mark.parametrize("language", ["zh", "en"], indirect=True)
def test_a_complaint_is_worked_from_the_call_to_the_closing_by_keyboard(desk, page, language):
    words = WORDS[language]
    desk.sign_in(page, language, "/complaints/new")
    page.keyboard.type("变速箱异响，已停在地里")
    page.keyboard.press("Tab")
    page.keyboard.type("挂挡后有连续异响。")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/complaints/\d+$"))
    number = number_of(page)
    assert desk.complaint(number).state == "received"

    # to classify: the one primary button leads to the form
    page.get_by_role("link", name=words["classify"], exact=True).press("Enter")
    page.locator("#classify-category").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".flash.ok")
    assert desk.complaint(number).state == "in_progress"
    assert page.locator("#why").inner_text().startswith(words["why"])

    # taken on: the relay's time limit is met
    page.locator("#assign button").press("Enter")
    page.wait_for_selector(".sla.met")
    assert desk.complaint(number).accepted_at is not None

    # answered
    page.get_by_role("link", name=words["answer"], exact=True).first.press("Enter")
    page.locator("#reply-text").focus()
    page.keyboard.type("花键磨损，免费更换，明天上门。")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#replies")
    assert desk.complaint(number).state == "replied"

    # closing without an outcome names what is missing and keeps what was typed
    page.locator("#close-outcome_text").fill("已换花键轴")
    page.locator("#close button[type=submit]").press("Enter")
    page.wait_for_selector("#errsum")
    assert page.locator("#close-outcome_text").input_value() == "已换花键轴"
    assert desk.complaint(number).state == "replied"
    page.locator("#close-outcome").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".flash.ok")
    closed = desk.complaint(number)
    assert (closed.state, closed.outcome, closed.outcome_text) == ("closed", "solved", "已换花键轴")
    assert words["closed"] in page.locator(".steps").inner_text()


def test_rows_are_chosen_and_given_to_oneself_by_keyboard(desk, page):
    desk.sign_in(page, "zh", "/complaints/?tab=open")
    before = [desk.complaint(f"TS{NOW - dt.timedelta(days=3):%y%m}-{n:04d}").assignee_id for n in range(1, 5)]
    assert before == [None] * 4
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    assert "2" in page.locator(".bulk b").inner_text()
    page.keyboard.press("a")
    page.wait_for_selector(".flash.ok")
    given = [desk.complaint(f"TS{NOW - dt.timedelta(days=3):%y%m}-{n:04d}").assignee_id for n in range(1, 5)]
    assert sum(g is not None for g in given) == 2
    # keys are listed, mean nothing while one types or composes, and move a card of the board from its menu
    page.keyboard.press("e")
    page.wait_for_selector("#keys[open]")
    page.keyboard.press("Escape")
    page.focus("#ls")
    page.keyboard.type("jx")
    assert page.locator("tr.cur, tr.sel").count() == 0
    page.keyboard.press("Escape")
    composing = "new KeyboardEvent('keydown', {key: 'j', isComposing: true, bubbles: true})"
    page.evaluate(f"document.body.dispatchEvent({composing})")
    assert page.locator("tr.cur").count() == 0
    page.goto(f"{desk.address}/c/hefeng/complaints/board")
    for key in ("j", "m"):
        page.keyboard.press(key)
    page.wait_for_selector("details.mv[open]")
    page.keyboard.press("Escape")
    page.goto(f"{desk.address}/c/hefeng/complaints/?tab=open")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/complaints/\d+$"))


PAGES = ("/", "/complaints/?tab=open", "/complaints/board", "/complaints/new", "/complaints/1", "/complaints/4")


@pytest.mark.parametrize("viewport", ["desktop", "phone"], indirect=True)
@pytest.mark.parametrize("scheme", ["light", "dark"], indirect=True)
def test_every_page_is_accessible_and_nothing_sticks_out(desk, page, viewport, scheme):
    desk.sign_in(page, "zh")
    for path in PAGES:
        page.goto(f"{desk.address}/c/hefeng{path}")
        assert accessibility_violations(page) == []
        width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width <= 0, f"{path} is {width} px too wide"


@pytest.mark.parametrize("viewport", ["phone"], indirect=True)
def test_on_a_phone_rows_are_stacked_and_lead_to_the_complaint(desk, page, viewport):
    desk.sign_in(page, "en", "/complaints/?tab=open")
    row = page.locator("tbody tr").first
    assert row.evaluate("e => getComputedStyle(e).display") == "grid"
    assert row.locator(".sla").is_visible()
    assert not row.locator("td.p-hide").first.is_visible()
    row.locator("a[data-open]").tap()
    page.wait_for_url(re.compile(r"/complaints/\d+$"))
    assert page.locator("h1").is_visible()


@pytest.mark.parametrize(("language", "viewport"), [("zh", "phone"), ("en", "desktop")], indirect=True)
def test_an_action_goes_from_the_cause_to_its_check_and_a_figure_leads_to_its_complaints(
    desk, page, language, viewport
):
    def sound(path: str = "") -> None:
        if path:
            page.goto(f"{desk.address}/c/hefeng{path}")
        assert accessibility_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0

    desk.sign_in(page, language, "/complaints/actions/new")
    page.fill("[name=title]", "花键轴热处理改为渗碳")
    page.locator("[name=assignee_id]").select_option(index=1)
    sound()
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#finish")
    page.fill("#finish textarea", "新工艺已下发")
    sound()
    page.locator("#finish button[type=submit]").press("Enter")
    page.wait_for_selector("#check")
    page.locator("#check input[value=effective], #check select").first.focus()
    page.keyboard.press("Space")
    page.fill("#check textarea", "三个月无同类投诉")
    sound()
    page.locator("#check button[type=submit]").press("Enter")
    page.wait_for_selector(".flash.ok")
    with system_session(desk.installation.engine, "test reads what the pages wrote") as session:
        action = session.scalars(sa.select(CauseAction)).one()
        assert (action.state, action.result, action.check_text) == ("effective", "新工艺已下发", "三个月无同类投诉")
    sound("/complaints/actions/?tab=all")
    assert page.locator("tbody tr").count() == 1
    sound("/complaints/statistics")
    page.locator("#by-category details summary").click()
    page.locator("#by-category th[scope=row] a").first.click()
    page.wait_for_url(re.compile("/statistics/behind"))
    sound()
    assert page.locator("a[data-open]").count() == 1
