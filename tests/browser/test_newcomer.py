"""A newcomer with the demonstration, as its start prints it: real processes, a real browser, mostly the keyboard.

The stories share one demonstration, and each can run alone: what one changed, another reads from the database.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.browser import LANGUAGES, VIEWPORTS, PageErrors, accessibility_violations
from tests.support.server import ROOT, free_port, process, wait_until_up

ROLES = {
    # who, and what the side bar leads to for them
    "admin@hefeng.example": {"intake", "complaints", "rules", "people", "modules", "settings"},
    "manager@hefeng.example": {"intake", "complaints", "rules"},
    "agent@hefeng.example": {"intake", "complaints"},
    "handler@hefeng.example": {"complaints"},
    "quality@hefeng.example": {"complaints"},
    "admin@brightfix.example": {"intake", "complaints", "rules", "people", "modules", "settings"},
    "agent@brightfix.example": {"intake", "complaints"},
    "handler@brightfix.example": {"complaints"},
}
PLACES = {"intake", "complaints", "rules", "people", "modules", "settings"}
CFPB_ROWS = 145


class Demo:
    """The demonstration being served: addresses, accounts, the command line."""

    def __init__(self, folder: Path):
        self.port = free_port()
        self.environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
        self.environment |= {"SANBAO_HOME": str(folder)}
        self.folder = folder

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def sanbao(self, *command: str) -> str:
        """What the command printed; it must end well."""
        program = str(Path(sys.executable).with_name("sanbao"))
        done = subprocess.run(
            [program, *command], cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=300
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def ask(self, question: str, *values) -> list[tuple]:
        """Rows of the database, as committed now."""
        with sqlite3.connect(self.folder / "sanbao.db") as connection:
            return connection.execute(question, values).fetchall()

    @property
    def passwords(self) -> dict[str, str]:
        return json.loads((self.folder / "demo-accounts.json").read_text())


@pytest.fixture(scope="module")
def demo(databases, tmp_path_factory):
    """`sanbao demo --fill-only`, then web and worker as real processes."""
    made = Demo(tmp_path_factory.mktemp("newcomer"))
    databases.demonstration(made.folder)
    with closing(sqlite3.connect(made.folder / "sanbao.db")) as connection, connection:
        # what is told of the past takes the worker a minute, beside which the stories would wait for every page
        connection.execute("update core_delivery set state = 'done', done_at = due_at where state = 'queued'")
    log = made.folder / "serve.log"
    with process("sanbao", "serve", "--port", str(made.port), env=made.environment, log=log, patience=20):
        wait_until_up(made.url("/readyz"), 60)
        yield made


@pytest.fixture
def errors():
    """Script errors, refused styles and missing files on any page of the test."""
    found = PageErrors()
    yield found
    assert found.found == []


@pytest.fixture
def enter(browser, demo, errors):
    """``enter(email, viewport, language)`` → a page of a browser of that person's own, signed in by keyboard."""
    contexts = []

    def sign_in(email: str, viewport: str = "desktop", language: str = "zh"):
        context = browser.new_context(
            viewport=VIEWPORTS[viewport],
            locale=LANGUAGES[language],
            has_touch=viewport == "phone",
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
        )
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        errors.watch(page)
        page.goto(demo.url("/login"))
        page.wait_for_selector("input[name=email]:focus")  # the first field has the focus
        page.keyboard.type(email)
        page.keyboard.press("Tab")
        page.keyboard.type(demo.passwords[email])
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/c/[a-z]+/$|/companies$"))
        speak(page, language)
        return page

    yield sign_in
    for context in contexts:
        context.close()


def speak(page, language: str) -> None:
    """Change the language with the switch in the side bar, which stays for this person."""
    if not page.locator(f"html[lang|={language}]").count():
        page.locator(f"form.pref:has(input[name=value][value={language}]) button").first.dispatch_event("click")
        page.wait_for_selector(f"html[lang|={language}]")


TWICE = """[...document.querySelectorAll('[id]')].map(e => e.id).filter((id, at, all) => all.indexOf(id) !== at)"""


def look(page, *languages: str) -> None:
    """The page as it stands, in each language at both widths: nothing sticks out, axe finds nothing, no id is twice.

    Of two languages axe looks at one at each width: what it finds hangs on the width, hardly ever on the words.
    """
    assert page.evaluate(TWICE) == [], page.url
    widths = list(VIEWPORTS)
    for number, language in enumerate(languages or ("",)):
        if language:
            speak(page, language)
        for name in widths:
            page.set_viewport_size(VIEWPORTS[name])
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (page.url, language, name)
            if len(languages) < 2 or name == widths[number % 2]:
                assert accessibility_violations(page) == [], (page.url, language, name)
    page.set_viewport_size(VIEWPORTS["desktop"])


def tab_to(page, locator) -> None:
    """Bring the focus to an element with the Tab key."""
    for _ in range(150):
        if locator.evaluate("e => e === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not reach {locator}")


def places(page) -> set[str]:
    """Which of PLACES the side bar leads to."""
    links = page.locator("nav.side a.nav-i").evaluate_all("all => all.map(a => new URL(a.href).pathname)")
    return {link.rstrip("/").rpartition("/")[2] for link in links} & PLACES


# --- signing in ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("email", sorted(ROLES))
def test_each_role_signs_in_and_finds_its_own_work(demo, enter, email):
    company = email.partition("@")[2].removesuffix(".example")
    language = "en" if company == "brightfix" else "zh"
    page = enter(email, language=language)
    assert page.url == demo.url(f"/c/{company}/")
    assert page.locator("h1").inner_text() == {"zh": "我的工作", "en": "My work"}[language]
    assert places(page) == ROLES[email]
    look(page, *(("en", "zh") if language == "zh" else ("zh", "en")))


def test_the_installation_administrator_sees_companies_and_nothing_inside_them(demo, enter):
    page = enter("operator@sanbao.example")
    page.goto(demo.url("/installation/"))
    assert page.locator("h1").inner_text() == "系统"
    assert all(name in page.content() for name in ("禾丰农机服务", "仁康医疗器械", "Brightfix Appliance Care"))
    assert page.goto(demo.url("/c/hefeng/")).status == 404


# --- a module off and on ----------------------------------------------------------------------------------------------


def test_a_module_is_switched_off_and_on_and_comes_back_as_it_was(demo, enter):
    admin, agent = enter("admin@renkang.example"), enter("agent@renkang.example")
    other = enter("agent@hefeng.example")
    agent.goto(demo.url("/c/renkang/complaints/?tab=all"))
    before = agent.locator("tbody tr td.id").all_inner_texts()
    assert len(before) == 25

    admin.goto(demo.url("/c/renkang/modules"))
    look(admin, "en", "zh")
    switch = admin.get_by_role("switch", name="投诉与建议")
    assert switch.get_attribute("aria-checked") == "true"
    tab_to(admin, switch)
    admin.keyboard.press("Enter")
    admin.wait_for_selector("#sheet")
    said = admin.locator("#sheet").inner_text()
    assert "停用“投诉与建议”之前" in said
    assert "数据保留，再启用时恢复原样" in said
    assert re.search(r"未结投诉", said)
    look(admin)
    tab_to(admin, admin.locator("#sheet footer button"))
    admin.keyboard.press("Enter")
    admin.wait_for_selector(".flash")
    assert admin.get_by_role("switch", name="投诉与建议").get_attribute("aria-checked") == "false"
    assert re.search(r"顾明 停用了“投诉与建议”", admin.locator(".hist").inner_text())

    assert agent.reload().status == 404
    agent.goto(demo.url("/c/renkang/"))
    assert "complaints" not in places(agent)
    assert other.goto(demo.url("/c/hefeng/complaints/")).status == 200

    tab_to(admin, admin.get_by_role("switch", name="投诉与建议"))
    admin.keyboard.press("Enter")
    admin.wait_for_selector("#sheet")
    assert "启用 1 个模块" in admin.locator("#sheet footer").inner_text()
    tab_to(admin, admin.locator("#sheet footer button"))
    admin.keyboard.press("Enter")
    admin.wait_for_selector(".flash")
    agent.goto(demo.url("/c/renkang/complaints/?tab=all"))
    assert agent.locator("tbody tr td.id").all_inner_texts() == before


# --- a routing row, tried and published -------------------------------------------------------------------------------


PACKAGING = """
    select count(*) from complaints_complaint where category = 'packaging'
       and company_id = (select id from core_company where code = 'hefeng')"""


def test_a_routing_row_is_changed_tried_on_past_cases_and_published(demo, enter):
    page = enter("admin@hefeng.example")
    page.goto(demo.url("/c/hefeng/rules"))
    look(page, "en", "zh")
    page.goto(demo.url("/c/hefeng/rules/complaints.routing"))
    assert page.locator("#row-2").inner_text().split()[2] == "包装和变质"
    version = int(re.search(r"第 (\d+) 版 生效中", page.locator("h1").inner_text())[1])
    past = demo.ask(PACKAGING)[0][0]
    assert 5 < past <= int(page.locator("#row-2 td.hit").inner_text())
    tab_to(page, page.get_by_role("button", name="改规则"))
    page.keyboard.press("Enter")

    page.wait_for_selector("[data-grid] td[tabindex='0']")
    tab_to(page, page.locator("[data-grid] td[tabindex='0']"))
    page.keyboard.press("ArrowDown")
    inputs = page.locator("thead th[data-part=when]").count()
    for _ in range(inputs):
        page.keyboard.press("ArrowRight")
    here = page.locator("[data-grid] td:focus")
    assert (here.get_attribute("data-l"), here.inner_text().strip()) == ("部门", "仓储物流")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+A")
    page.keyboard.type("quality")
    page.keyboard.press("Enter")
    page.wait_for_selector("td.chd:has-text('仓储物流')")
    page.keyboard.press("Control+S")
    page.wait_for_load_state()

    tab_to(page, page.get_by_role("button", name="试算"))
    page.keyboard.press("Enter")
    page.wait_for_selector("#trial")
    counts = [int(n) for n in page.locator("#trial .try b").all_inner_texts()]
    assert counts[1:] == [past, 0, 0]
    assert counts[0] > past
    first = page.locator("#trial tbody tr").first.inner_text()
    assert "仓储物流" in first
    assert "质量部" in first
    look(page, "en", "zh")

    page.get_by_role("button", name="发布").first.press("Enter")
    page.locator("dialog[open] [data-confirm-yes]").press("Enter")
    page.wait_for_selector("#reason-e")  # published only with a reason
    page.locator("#reason").fill("包装问题改由质量部先看")
    page.locator("#effective_from").fill(page.locator("#effective_from").get_attribute("min"))
    page.get_by_role("button", name="发布").first.press("Enter")
    page.locator("dialog[open] [data-confirm-yes]").press("Enter")
    page.wait_for_selector(".flash")
    assert f"第 {version + 1} 版 生效中" in page.locator("h1").inner_text()
    assert page.locator("#row-2").inner_text().split()[2] == "包装和变质"
    assert "质量部" in page.locator("#row-2 td.out").first.inner_text()


# --- a complaint from the call to its end -----------------------------------------------------------------------------

KNOWN = """
    select c.name, p.raw, u.serial from base_customer c
      join base_customer_phone p on p.customer_id = c.id
      join base_unit u on u.customer_id = c.id
     where c.company_id = (select id from core_company where code = 'hefeng') and u.sale_date is not null
       and (select count(*) from base_customer_phone q where q.number = p.number) = 1
       and (select count(*) from base_unit v where v.customer_id = c.id) = 1
     order by c.id"""


@pytest.fixture
def call(demo, enter):
    """``call(nth, viewport, language)`` → the agent's page with a complaint made of a known customer's call."""

    def take(nth: int, viewport: str, language: str):
        page = enter("agent@hefeng.example", viewport, language)
        name, phone, serial = demo.ask(KNOWN)[nth]
        page.keyboard.press("n")
        page.wait_for_url("**/intake")
        page.wait_for_selector("#phone:focus")
        page.keyboard.type(phone)
        page.wait_for_selector("#found a b")
        assert page.locator("#found a b").inner_text() == name
        tab_to(page, page.locator("input[name=device]").first)
        page.keyboard.press("Space")
        page.wait_for_selector("#bar:has-text('" + name + "')")
        assert serial in page.locator("#units").inner_text()
        page.locator("input[name=matter][value=complaint]").focus()
        page.keyboard.press("Space")
        page.wait_for_selector("#bar button.btn-primary[value='complaints.open']")
        beside = page.locator(".side-c h2").all_inner_texts()
        assert {"zh": "以往经过", "en": "What happened before"}[language] in beside
        assert page.evaluate(TWICE) == []
        page.locator("#text").focus()
        page.keyboard.type("包装箱破了，少两把刀片，要求补齐。")
        page.locator("input[name=cause][value=transport]").focus()
        page.keyboard.press("Space")
        page.locator("#appearance").focus()
        page.keyboard.type("纸箱一角压塌")
        page.keyboard.press("Control+Enter")
        page.wait_for_url("**/complaints/new?*")
        assert page.locator("#text").input_value() == "包装箱破了，少两把刀片，要求补齐。"
        assert page.locator("#person_phone").input_value() == phone
        page.locator("#subject").fill("包装箱破损，少刀片")
        tab_to(page, page.locator("#category"))
        page.locator("#category").select_option("packaging")
        page.keyboard.press("Control+Enter")
        page.wait_for_url(re.compile(r"/complaints/\d+$"))
        return page

    return take


def number_of(page) -> str:
    """The number of the complaint whose page this is."""
    return page.locator("nav.crumb span").last.inner_text()


def leaf_to(page, number: str) -> None:
    """Leaf through the queue on show until the complaint is on the page: how far down it stands hangs on the hour."""
    while not page.locator(f"a:has-text('{number}')").count():
        next_page = page.locator("nav.pager a[rel=next]")
        assert next_page.count() == 1, f"{number} is on no page of the queue"
        page.goto(next_page.evaluate("link => link.href"))


DEPARTMENT = """
    select u.name from complaints_complaint c join core_org_unit u on u.id = c.unit_id
     where c.number = ? and c.company_id = (select id from core_company where code = 'hefeng')"""
# Each company counts for itself: another may have the same number.
END = """
    select state, outcome from complaints_complaint
     where number = ? and company_id = (select id from core_company where code = 'hefeng')"""
IN_FORCE = """
    select max(v.number) from core_decision_version v join core_decision_table t on t.id = v.table_id
     where t.name = 'complaints.routing' and v.status = 'published'
       and t.company_id = (select id from core_company where code = 'hefeng')"""


def test_a_call_becomes_a_complaint_that_says_why_it_went_where_it_went(demo, call):
    page = call(0, "desktop", "zh")
    assert re.fullmatch(r"TS\d{4}-\d{4}", number_of(page))
    department, version = demo.ask(DEPARTMENT, number_of(page))[0][0], demo.ask(IN_FORCE)[0][0]
    assert department in page.locator(".flash").inner_text()
    clocks = page.locator(".clocks").inner_text()
    assert all(word in clocks for word in ("转交", "答复", "解决", "还剩", "限 "))
    why = page.locator("#why").inner_text()
    assert "投诉分派 第 2 行" in why
    assert f"第 {version} 版" in why
    assert re.search(r"类别\s+包装和变质", why)
    assert page.locator("#why .facts tr:has-text('类别') .c-ok svg").count() == 1
    history = page.locator("#tl").inner_text()
    assert "何敏" in history
    assert f"分派到{department}" in history
    look(page, "en", "zh")
    speak(page, "en")
    said = page.locator("#why").inner_text()
    assert "Complaint routing row 2" in said
    assert f"version {version}" in said
    speak(page, "zh")


def test_a_handler_works_it_from_the_queue_to_the_end_by_keyboard(demo, call, enter):
    number = number_of(call(2, "desktop", "zh"))
    page = enter("handler@hefeng.example")
    page.goto(demo.url("/c/hefeng/complaints/?tab=open"))
    look(page, "en", "zh")
    leaf_to(page, number)
    assert re.search(r"还剩|已超时", page.locator(f"tr:has-text('{number}') .sla").inner_text())
    rows = page.locator("tbody tr td.id").all_inner_texts()
    for _ in range(rows.index(number) + 1):
        page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/complaints/\d+$"))
    assert number_of(page) == number

    tab_to(page, page.locator("#assign select"))
    page.locator("#assign select").select_option(label="周建国")
    tab_to(page, page.locator("#assign button"))
    page.keyboard.press("Enter")
    page.wait_for_selector(".flash:has-text('周建国')")
    assert "达成" in page.locator(".clocks > div:has-text('转交')").inner_text()

    # Closing says what is missing, as a checklist, and changes nothing.
    assert "结案" in page.locator("a[href='#gates']").inner_text()
    assert "还差 3 项" in page.locator("a[href='#gates']").inner_text()
    assert page.locator("#gates li:not(.ok)").count() == 3
    tab_to(page, page.locator("#close-form button"))
    page.keyboard.press("Enter")
    page.wait_for_selector("#close .errsum")
    assert "还没有答复客户" in page.locator("#close .errsum").inner_text()
    assert demo.ask(END, number) == [("in_progress", "")]
    look(page)

    tab_to(page, page.locator("#reply textarea"))
    page.keyboard.type("今天补发两把刀片，明天送到，破箱由司机带回。")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#replies")
    assert "达成" in page.locator(".clocks > div:has-text('答复')").inner_text()
    assert page.locator("#gates li.ok").count() == 1
    # The customer's word is asked for in this trade; with an outcome it closes the case.
    tab_to(page, page.locator("#confirmation select"))
    page.locator("#confirmation select").select_option("solved")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".steps:has-text('已结')")
    page.wait_for_selector(".flash.ok")
    assert demo.ask(END, number) == [("closed", "solved")]
    assert page.locator(".clocks .sla.met").count() == 4
    history = page.locator("#tl").inner_text()
    assert all(word in history for word in ("周建国", "何敏", "已答复客户", "状态"))
    look(page, "en", "zh")


def test_the_same_is_done_in_english_on_a_phone(demo, call, enter):
    page = call(1, "phone", "en")
    number = number_of(page)
    assert "Complaint routing row 2" in page.locator("#why").inner_text()
    address = page.url
    handler = enter("handler@hefeng.example", "phone", "en")
    handler.goto(demo.url("/c/hefeng/complaints/?tab=open"))
    leaf_to(handler, number)
    handler.locator(f"a:has-text('{number}')").tap()
    handler.wait_for_url(address)
    handler.locator("#reply textarea").fill("Two blades are sent today.")
    handler.locator("#reply button[type=submit]").tap()
    handler.wait_for_selector("#replies")
    handler.locator("#confirmation select").select_option("solved")
    handler.locator("#confirmation form").first.get_by_role("button", name="The customer is content").tap()
    handler.wait_for_selector(f".flash:has-text('{number}')")
    assert demo.ask(END, number) == [("closed", "solved")]
    assert accessibility_violations(handler) == []
    speak(page, "zh")
    speak(handler, "zh")


# --- real files -------------------------------------------------------------------------------------------------------


def test_real_complaints_are_loaded_from_their_file_and_stand_in_the_queue(demo, enter, sanbao_data):
    rules = "plugins/complaints/data/examples/cfpb_routing.yaml"
    demo.sanbao("import", "rules", rules, "--company", "hefeng", "--reason", "Consumer complaints are routed too")
    file = str(sanbao_data / "cfpb_complaints" / "cfpb_complaints_2017_small.csv")
    command = ("import", "complaints", file, "--company", "hefeng", "--mapping", "cfpb_2017_small.yaml")
    assert f"共 {CFPB_ROWS} 行：新增 {CFPB_ROWS}，已有 0，有误 0。" in demo.sanbao(*command)
    assert f"共 {CFPB_ROWS} 行：新增 0，已有 {CFPB_ROWS}，有误 0。" in demo.sanbao(*command)

    page = enter("manager@hefeng.example")
    page.goto(demo.url("/c/hefeng/complaints/?tab=all&search=credit+report"))
    assert page.locator("tbody tr").count() > 0
    look(page, "en", "zh")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/complaints/\d+$"))
    why = page.locator("#why").inner_text()
    assert re.search(r"投诉分派 第 \d 行\s*第 \d 版", why)
    assert "cfpb" in page.locator("main").inner_text()
    look(page)
