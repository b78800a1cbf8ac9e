"""Complaints in a real browser: one is worked from the call to the closing by keyboard, and looked at on a phone."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from core.auth.models import User
from core.companies.services import save_unit
from core.db import system_session
from core.decisions import approving
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

    def person(self, email: str) -> int:
        """The account of somebody."""
        with system_session(self.installation.engine, "test looks a person up") as session:
            return session.scalars(sa.select(User.id).where(User.email == email)).one()

    def open(self, subject: str, category: str) -> int:
        """Somebody complains now; answers which complaint it is."""
        return services.open_complaint(self._ctx(), ComplaintData(subject, category=category)).id

    def give(self, complaint_id: int, who: str) -> None:
        """A complaint is given to somebody."""
        services.assign(self._ctx(), complaint_id, self.person(f"{who}@hefeng.example"))

    def hand_back(self, complaint_id: int, reason: str) -> None:
        """A department does not take a complaint: it is to be classified again, by the headquarters."""
        services.hand_back(self._ctx(), complaint_id, reason)

    def need_approval(self, table: str) -> None:
        """From now on new versions of a rule table need another person's approval."""
        approving.set_needs_approval(self._ctx(), table, True)

    def _ctx(self):
        return self.installation.office("hefeng").system(dt.datetime.now(dt.UTC))

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
    for name in ("lin", "gu"):
        site.person(f"{name}@hefeng.example", "administrator", company="hefeng", name=name.title(), locale="zh")
    handler = site.account("zhou@hefeng.example", "周建国", locale="zh")
    site.join(handler, "complaint_handler", "manager", company="hefeng", unit="hq")
    ctx = office.system(NOW - dt.timedelta(days=3))
    for code, name in (("rd", "研发与生产"), ("warehouse", "仓储物流"), ("service", "客户服务部")):
        save_unit(ctx, code, name, "department", "hq")
    for code in ("rd", "warehouse", "service"):  # where nobody works, the work would lie with headquarters
        somebody = site.account(f"{code}@hefeng.example", "孙丽", locale="zh")
        site.join(somebody, "complaint_handler", company="hefeng", unit=code)
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


# --- a day, and the life of a rule, without a mouse -------------------------------------------------------------------

WATCH = "addEventListener('pointerdown', () => sessionStorage.setItem('pointer', 'used'), true)"


def tab_to(page, selector: str, key: str = "Tab") -> None:
    """Press Tab until the focus is on what the selector names, as somebody without a mouse would."""
    for _step in range(150):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{selector} can't be reached by {key}")


def enter_on(page, selector: str, key: str = "Tab") -> None:
    tab_to(page, selector, key)
    page.keyboard.press("Enter")


def keyed_in(page, desk, who: str) -> None:
    """Sign in by the keyboard; from now on it is noticed when somebody points at something."""
    page.add_init_script(WATCH)
    page.goto(f"{desk.address}/login")
    page.wait_for_selector("input[name=email]:focus")
    page.keyboard.type(f"{who}@hefeng.example")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/c/hefeng/$"))


def test_a_complaint_handlers_day_by_keyboard(desk, page):
    desk.hand_back(3, "不归客服")
    desk.give(desk.open("客服没回电话", "attitude"), "zhou")
    keyed_in(page, desk, "zhou")
    assert page.inner_text("h1") == "我的工作"
    page.keyboard.press("?")
    page.wait_for_selector("#keys[open]")
    page.keyboard.press("Escape")

    # the most urgent of the day's work, and back to the one before
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    most_urgent = page.locator("tr.cur b.subj").inner_text()
    assert most_urgent == page.locator("table.work b.subj").first.inner_text() == "代理商不肯登记三包"
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/complaints/\d+#classify$"))
    number = number_of(page)

    tab_to(page, "#classify-category")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#assign")
    tab_to(page, "#assign button")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    tab_to(page, "#find-findings")
    page.keyboard.type("代理商未按规定登记三包凭证。")
    tab_to(page, "#find-cause_id")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#cause dl")
    tab_to(page, "#reply-text")
    page.keyboard.press("Control+A")
    page.keyboard.type("已责成代理商今天补登三包，凭证号稍后发给你。")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#replies")
    enter_on(page, "#confirmation form[action$='/confirm'] button")
    page.wait_for_selector("#confirmation .c-ok")
    tab_to(page, "#close-outcome")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".steps:has-text('已结')")
    closed = desk.complaint(number)
    assert (closed.state, closed.findings) == ("closed", "代理商未按规定登记三包凭证。")
    assert None not in (closed.accepted_at, closed.cause_id, closed.confirmed_at)

    # others of the queue are given to a colleague together
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.press("Escape")
    enter_on(page, "nav.side a[href$='/complaints/']")
    page.wait_for_url("**/complaints/")
    enter_on(page, ".qtabs a[href*='tab=open']")
    page.wait_for_url("**tab=open**")
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    chosen = page.locator("tr.sel td.id").all_inner_texts()
    assert len(chosen) == 2
    tab_to(page, "#bulk-assign")
    page.keyboard.type("Amy")
    enter_on(page, ".bulk [data-action=assign]")
    page.wait_for_selector(".flash:has-text('Amy Hill')")
    amy = desk.person("en@hefeng.example")
    assert [desk.complaint(n).assignee_id for n in chosen] == [amy, amy]

    # a card is moved by its menu, with a reason
    enter_on(page, "main a[href*='/board']")
    page.wait_for_url("**/board**")
    while page.locator("section[data-lane=in_progress] li.cur").count() == 0:
        page.keyboard.press("j")
    moved = page.locator("li.cur").get_attribute("data-name")
    page.keyboard.press("m")
    tab_to(page, "details[open] form[data-target=received] input[name=reason]")
    page.keyboard.type("不归我们管")
    page.keyboard.press("Enter")
    page.wait_for_selector(".flash.ok")
    assert desk.complaint(moved).state == "received"

    # and yesterday's is found again by its number
    tab_to(page, "#q")
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    page.wait_for_selector(f"main :text('{number}')")
    assert page.evaluate("sessionStorage.getItem('pointer')") is None


def test_the_life_of_a_rule_change_by_keyboard_from_the_draft_to_the_explained_decision(desk, new_context, page_errors):
    desk.need_approval("complaints.routing")
    author, approver = new_context().new_page(), new_context().new_page()
    for page in (author, approver):
        page_errors.watch(page)
    table = f"{desk.address}/c/hefeng/rules/complaints.routing"

    # drafted in the grid
    keyed_in(author, desk, "lin")
    author.goto(table)
    enter_on(author, "form[action$='new-draft'] button")
    author.wait_for_selector("td[data-f][tabindex='0']")
    tab_to(author, "td[data-f]")
    author.keyboard.press("ArrowDown")
    while "部门" not in (author.evaluate("document.activeElement.dataset.l") or ""):
        author.keyboard.press("ArrowRight")
    author.keyboard.press("Enter")
    author.keyboard.press("Control+A")
    author.keyboard.type("service")
    author.keyboard.press("Enter")
    author.wait_for_selector("[data-summary]:has-text('改了 1 行')")
    # tried on past cases
    enter_on(author, "button[value='try']", "Shift+Tab")
    author.wait_for_selector("#trial")
    assert re.sub(r"\s+", " ", author.inner_text("#trial .try")).startswith("2 结果不变 1 结果改变 0 没有行符合")
    # submitted
    today = author.get_attribute("#effective_from", "min")
    tab_to(author, "#effective_from")
    in_english = author.evaluate("navigator.language").startswith("en-US")
    author.keyboard.type(today[5:7] + today[8:] + today[:4] if in_english else today.replace("-", ""))
    if author.input_value("#effective_from") != today:
        author.fill("#effective_from", today)
    tab_to(author, "#reason")
    author.keyboard.type("包装问题由客服先接")
    enter_on(author, "button[value='submit']", "Shift+Tab")
    author.wait_for_selector("#approval")
    assert author.locator("#approval form[action$='/approve']").count() == 0  # not by whoever wrote it

    # approved by another
    keyed_in(approver, desk, "gu")
    approver.goto(table)
    enter_on(approver, "#approval form[action$='/approve'] button")
    approver.wait_for_selector("#confirm[open]")
    enter_on(approver, "[data-confirm-yes]")
    approver.wait_for_selector(".flash.ok")
    assert "第 2 版 生效中" in approver.inner_text("h1")

    # the next complaint says which row of which version decided, on which facts, and why no other row did
    complaint_id = desk.open("链条盒压坏", "packaging")
    approver.goto(f"{desk.address}/c/hefeng/complaints/{complaint_id}")
    why = approver.inner_text("#why")
    assert why.startswith("归客户服务部")
    assert re.search(r"投诉分派 第 2 行\s*第 2 版", why)
    assert re.search(r"类别\s+包装和变质", why)
    enter_on(approver, "#why details.whynot-d summary")
    others = approver.inner_text("#why details[open]")
    assert re.search(r"第 1 行\s*类别", others)
    for page in (author, approver):
        assert page.evaluate("sessionStorage.getItem('pointer')") is None


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
