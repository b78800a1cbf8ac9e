"""Setting a company up in a real browser: an industry profile with a conflict, and a spreadsheet with two bad rows."""

from __future__ import annotations

import io
import re

import pytest
import sqlalchemy as sa
import xlsxwriter

from core.companies.services import save_unit
from core.companies.units import close_unit, reopen_unit
from core.db import system_session, transaction
from core.decisions.store import draft_of, latest_published, publish, save_draft, start_draft, table_named
from core.profiles import find_profile
from core.profiles import plan as plan_of
from core.settings import get_setting, set_setting
from core.spreadsheets import sheet_rows
from plugins.base.models import Customer
from tests.support.accounts import PASSWORD, Site
from tests.support.browser import accessibility_violations
from tests.support.server import serve

LIMITS = "complaints.limits"
REQUIRED = "base.intake.required"


class House:
    """The application served, with a company, its administrator, and a worker that works when it is told to."""

    def __init__(self, address: str, installation):
        self.address, self.installation = address, installation

    def ctx(self):
        return self.installation.office("hefeng").system()

    def sign_in(self, page, path: str, email: str = "lin@hefeng.example"):
        page.goto(f"{self.address}/login")
        page.fill("input[name=email]", email)
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(re.compile("/c/hefeng/$"))
        page.goto(f"{self.address}/c/hefeng{path}")
        return page


def furnish(installation) -> None:
    """A company that keeps to a profile, as far as it has not changed anything itself."""
    site = Site(None, installation)
    site.office("hefeng", name="禾丰农机服务", modules=["complaints"], locale="zh")
    site.person("lin@hefeng.example", "administrator", company="hefeng", name="林静", locale="zh")
    site.person("kim@hefeng.example", "administrator", company="hefeng", name="Kim", locale="en")


@pytest.fixture
def house(databases, application, tmp_path, monkeypatch):
    monkeypatch.setenv("SANBAO_HOME", str(tmp_path))
    with (
        databases.furnished("sqlite", furnish) as installation,
        application.on(installation.url) as app,
        serve(app) as address,
    ):
        yield House(address, installation)


def look(page) -> None:
    """Nothing sticks out on a desk or a phone, and axe finds nothing."""
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (page.url, width)
        assert accessibility_violations(page) == [], (page.url, width)
    page.set_viewport_size({"width": 1440, "height": 900})


def own_limits(ctx) -> None:
    """The company answers complaints by rules of its own already, and asks callers for less than the profile."""
    table = table_named(ctx, LIMITS)
    start_draft(ctx, LIMITS)
    body = draft_of(ctx, table).body
    save_draft(ctx, LIMITS, {**body, "rows": body["rows"][:1]}, reason="我们自己的", effective_from=ctx.today)
    publish(ctx, LIMITS)
    with transaction(ctx):
        set_setting(ctx, REQUIRED, "phone")


def test_a_profile_is_applied_its_conflict_stays_unless_ticked_and_a_second_time_nothing_is_left(house, page):
    ctx = house.ctx()
    own_limits(ctx)
    profile = find_profile("machinery", house.installation.registry)
    conflicts = sorted(s.key for s in plan_of(house.ctx(), profile) if s.state == "conflict")
    assert conflicts == [f"settings/{REQUIRED}", f"tables/{LIMITS}"]

    house.sign_in(page, "/modules")
    page.locator("a[href$='/profiles/machinery']").first.click()
    page.wait_for_url(re.compile("/profiles/machinery$"))
    look(page)
    ticks = page.locator("input[name=take]")
    assert sorted(t.get_attribute("value") for t in ticks.all()) == conflicts
    assert page.locator("main").inner_text().count("不勾选就保留公司自己的。") == 2
    page.locator(f"input[value='tables/{LIMITS}']").check()
    page.locator("main form button.btn-primary").click(timeout=60_000)
    page.wait_for_selector(".flash.ok")
    ctx = house.ctx()
    assert len(latest_published(ctx, table_named(ctx, LIMITS)).body["rows"]) > 1  # ticked: the profile's
    assert get_setting(ctx, REQUIRED) == ["phone"]  # not ticked: the company's own
    assert get_setting(ctx, "complaints.confirmation_required") is True

    page.goto(f"{house.address}/c/hefeng/profiles/machinery")
    assert [t.get_attribute("value") for t in page.locator("input[name=take]").all()] == [f"settings/{REQUIRED}"]
    assert page.locator("main li.new").count() == 0


SHEET = (
    ("编号", "客户名称", "手机", "联系地址"),
    ("K1", "马东升", "13800138000", "铜山区汉王镇"),
    ("K2", "", "13800138001", "铜山区柳泉镇"),
    ("K3", "刘青山", "13900139000", "贾汪区青山泉镇"),
    ("K4", "陈四", "138", "睢宁县"),
)


def spreadsheet() -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    page = book.add_worksheet()
    for at, line in enumerate(SHEET):
        page.write_row(at, 0, line)
    book.close()
    return target.getvalue()


def customers(house) -> list[tuple[str, str]]:
    with system_session(house.installation.engine, "test reads what was loaded") as session:
        found = session.execute(sa.select(Customer.external_key, Customer.name).order_by(Customer.id))
        return [tuple(row) for row in found]


def test_of_a_spreadsheet_the_bad_rows_are_told_and_given_back_and_the_good_ones_loaded(house, page):
    worker = house.installation.worker()
    house.sign_in(page, "/imports")
    page.get_by_text("客户", exact=True).and_(page.locator("main label, main label *")).first.click()
    page.set_input_files("#file", {"name": "客户.xlsx", "mimeType": "application/x", "buffer": spreadsheet()})
    page.get_by_role("button", name="下一步：对应列").click()

    # the mapping is proposed by the names of the columns
    page.wait_for_url(re.compile(r"/imports/\d+$"))
    look(page)
    chosen = {f: page.locator(f"[name='f.{f}.column']").input_value() for f in ("external_key", "name", "phone")}
    assert chosen == {"external_key": "编号", "name": "客户名称", "phone": "手机"}

    # the trial, in the worker, keeps nothing and tells each bad row with its line
    page.locator("button[value=check]").click()
    page.wait_for_url(re.compile("/report$"))
    worker.tasks.run_one()
    page.wait_for_selector("table.rtbl tbody tr")  # the page follows the work by itself
    look(page)
    lines = page.locator("table.rtbl tbody tr td.num").all_inner_texts()
    assert lines == ["3", "5"]
    assert customers(house) == []

    with page.expect_download() as download:
        page.locator("a[href*='bad-rows']").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    rows = [cells for _line, cells in sheet_rows(download.value.path(), "", "bad.xlsx")]
    assert [cells[0] for cells in rows] == ["编号", "K2", "K4"]
    assert "这不像电话号码（3 位数字）" in rows[2][-1]

    page.locator("form[action$='/load'] button").click()
    worker.tasks.run_one()
    page.wait_for_selector("a[href*='/admin/customers/']:has-text('查看')")
    assert customers(house) == [("K1", "马东升"), ("K3", "刘青山")]


TOLD = {
    "zh": {
        "email": "lin@hefeng.example", "picture": "既不是文本", "damaged": "已损坏、有密码",
        "empty": "的第一行没有列名", "lacking": "请指定来源：名称",
        "bad": ["必须填“来源编号”。", "没有代码为“gz”的组织。"],
        "nothing": "没有导入任何记录：先前导入的已撤回。问题行：1 行。",
    },
    "en": {
        "email": "kim@hefeng.example", "picture": "neither text nor a spreadsheet",
        "damaged": "it is damaged, has a password",
        "empty": "has no first line with the names of its columns", "lacking": "Say where these come from: Name",
        "bad": ["“Key at the source” must be given.", "gz"],
        "nothing": "Nothing was loaded: what had been is taken back. Bad rows: 1.",
    },
}  # fmt: skip


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_what_is_wrong_with_a_file_is_told_where_it_can_be_mended(house, page, locale):
    words, worker = TOLD[locale], house.installation.worker()
    house.sign_in(page, "/imports", words["email"])

    def upload(name: str, content: bytes) -> None:
        page.goto(f"{house.address}/c/hefeng/imports")
        page.locator("input[name=importer][value=customers]").check(force=True)
        page.set_input_files("#file", {"name": name, "mimeType": "application/x", "buffer": content})
        page.locator("main form button.btn-primary").click()

    def check() -> None:
        page.locator("button[value=check]").click()
        page.wait_for_url(re.compile("/report$"))
        worker.tasks.run_one()

    files = {"picture": ("photo.png", b"\x89PNG\0\0"), "damaged": ("a.xlsx", b"PK no archive"), "empty": ("a.csv", b"")}
    for told, (name, content) in files.items():
        upload(name, content)
        page.get_by_role("alert").get_by_text(words[told]).wait_for()
    look(page)

    # a column is missing: said before anything is begun
    upload("a.csv", b"No,X\nK1,1\n")
    page.locator("button[value=check]").click()
    page.get_by_role("alert").get_by_text(words["lacking"]).wait_for()
    look(page)

    # bad rows are told, come back as a file, and are loaded once they are mended
    upload("b.csv", b"No,Name,Branch\n,Ma,hq\nK2,Liu,gz\n")
    check()
    page.wait_for_selector("table.rtbl tbody tr")
    told = page.locator("table.rtbl tbody tr").all_inner_texts()
    assert [part in row for part, row in zip(words["bad"], told, strict=True)] == [True, True], told
    with page.expect_download() as download:
        page.locator("a[href*='bad-rows']").click()
    mended = download.value.path().read_bytes().replace(b"\r\n,Ma,", b"\r\nK1,Ma,")
    save_unit(house.ctx(), "gz", "赣州", "centre", "hq")
    upload("mended.csv", mended)
    check()

    # what was good when it was checked is bad when it is loaded: nothing is kept, and it can be tried again
    page.wait_for_selector("form[action$='/load'] button")
    close_unit(house.ctx(), "gz")
    page.locator("form[action$='/load'] button").click()
    worker.tasks.run_one()
    page.get_by_role("status").get_by_text(words["nothing"]).wait_for()
    look(page)
    assert customers(house) == []
    reopen_unit(house.ctx(), "gz")
    page.locator("form[action$='/retry'] button").click()
    page.wait_for_selector(".flash.ok")
    worker.tasks.run_one()
    assert customers(house) == [("K1", "Ma"), ("K2", "Liu")]
