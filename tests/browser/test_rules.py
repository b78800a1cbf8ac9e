"""The rule grid in a real browser: by keyboard alone, by touch, without script; nothing typed is lost."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from core.companies.services import unit_by_code
from core.db import transaction
from core.decisions import approving
from core.decisions.parsing import from_data
from core.decisions.store import decisions_on, draft_of, install_table, rule, save_draft, start_draft, table_named
from core.testing import Installation
from tests.support.accounts import PASSWORD, Site
from tests.support.browser import accessibility_violations
from tests.support.charge_table import NAME, TRAVEL, decide_cases, install
from tests.unit.test_decision_sheets import cells, edited

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
PATH = f"/c/acme/rules/{NAME}"


class Rules:
    """A company with the table, somebody who is signed in, and what the database says."""

    def __init__(self, site: Site, address: str, page, locale: str):
        self.site, self.address, self.page = site, address, page
        site.person("he@example.com", "administrator", name="何敏", locale=locale)
        self.sign_in(page)

    def sign_in(self, page) -> None:
        page.goto(f"{self.address}/login")
        page.fill("#email", "he@example.com")
        page.fill("#password", PASSWORD)
        page.press("#password", "Enter")
        page.wait_for_url(re.compile("/c/acme/"))

    def ctx(self):
        return self.site.office().system(NOW)

    def open(self, path: str = ""):
        self.page.goto(f"{self.address}{PATH}{path}")
        return self.page

    def edit(self):
        """The page of a draft, its grid ready for keys."""
        start_draft(self.ctx(), NAME)
        page = self.open()
        page.wait_for_selector("td[data-f][tabindex='0']")
        return page

    def saved(self):
        """The table that the draft in the database holds."""
        ctx = self.ctx()
        return from_data(draft_of(ctx, table_named(ctx, NAME)).body)


@pytest.fixture
def rules(app, database_url, registry, live_server, page, language):
    site = Site(app, Installation(database_url, registry))
    site.office("acme", name="禾丰农机服务")
    install(site.office(), NOW)
    yield Rules(site, live_server, page, language)
    site.installation.close()


def press(page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def focused(page) -> str:
    """The form field of the cell that has the focus."""
    return page.evaluate("document.activeElement.closest('[data-f]')?.dataset.f ?? document.activeElement.id")


def text_of(page, field: str) -> str:
    return page.input_value(f"input[name='{field}']")


def wait_for_check(page, words: str) -> None:
    page.wait_for_function("words => document.querySelector('[data-summary]').textContent.includes(words)", arg=words)


def tab_to(page, selector: str, key: str = "Tab") -> None:
    """Press Tab until the focus is there, as somebody without a mouse would."""
    for _step in range(80):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{selector} can't be reached by {key}")


# --- the whole way --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh"], indirect=True)
def test_by_keyboard_alone_a_rule_is_changed_tried_published_and_explains_the_next_decision(rules):
    decide_cases(rules.site.office(), NOW, 20)
    page = rules.open()
    tab_to(page, "form[action$='new-draft'] button")
    press(page, "Enter")
    page.wait_for_selector("td[data-f][tabindex='0']")
    tab_to(page, "td[data-f]")
    assert focused(page) == "r1.w.cover"
    press(page, *["ArrowDown"] * 5, *["ArrowRight"] * 5)
    assert focused(page) == "r6.t.price"
    press(page, "Enter", "ArrowUp", "Enter")
    wait_for_check(page, "改了 1 行")
    cell = page.locator("td[data-f='r6.t.price']")
    assert (cell.locator(".ct").inner_text(), cell.locator("del").inner_text()) == ("优惠价", "标准价")

    tab_to(page, "button[value='try']", "Shift+Tab")
    press(page, "Enter")
    page.wait_for_selector("#trial")
    assert re.sub(r"\s+", " ", page.inner_text("#trial .try")) == "17 结果不变 3 结果改变 0 没有行符合 0 无法判定"
    assert page.locator("#trial tbody tr").first.locator("b.subj").inner_text() == "收费、优惠价、报价并同意"

    tab_to(page, "#effective_from")
    today = rules.ctx().today
    page.keyboard.type(f"{today:%m%d%Y}" if page.evaluate("navigator.language") == "en-US" else f"{today:%Y%m%d}")
    if page.input_value("#effective_from") != today.isoformat():
        page.fill("#effective_from", today.isoformat())
    tab_to(page, "#reason")
    page.keyboard.type("安装不当改按优惠价")
    tab_to(page, "button[value='publish']", "Shift+Tab")
    press(page, "Enter")
    page.wait_for_selector("#confirm[open]")
    tab_to(page, "[data-confirm-yes]")
    press(page, "Enter")
    page.wait_for_selector(".flash.ok")
    assert page.inner_text(".flash") == f"第 3 版已发布，{today.isoformat()} 起生效。"

    ctx = rules.ctx()
    facts = {"cover": "unit", "cause": "fitting", "proof": True, "months": 3}
    with transaction(ctx):
        unit = unit_by_code(ctx, "u1")
        rule(ctx, NAME, facts, record=unit)
    stored = decisions_on(rules.ctx(), unit)[0]
    assert (stored.version_number, stored.rows, stored.outputs[0]["price"]) == (3, [6], "low")
    page = rules.open("/versions/3?row=6#row-6")
    assert page.locator("tr[aria-current]").inner_text().startswith("6")
    assert page.locator("tr[aria-current] td.chd .ct").inner_text() == "优惠价"


# --- keys -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_the_keys_of_the_grid_do_what_they_say(rules):
    page = rules.edit()
    page.focus("td[data-f='r3.w.months']")
    press(page, "Enter")
    page.keyboard.type("<= 24")
    press(page, "Escape")
    assert (text_of(page, "r3.w.months"), focused(page)) == ("≤ 18", "r3.w.months")
    page.keyboard.type("30")
    press(page, "Tab")
    assert (text_of(page, "r3.w.months"), focused(page)) == ("30", "r3.t.payer")
    press(page, "ArrowDown", "Control+d")
    assert text_of(page, "r4.t.payer") == "free"
    press(page, "Delete")
    assert text_of(page, "r4.t.payer") == ""
    press(page, "Control+z", "Control+z")
    assert text_of(page, "r4.t.payer") == "free for now"
    press(page, "Control+y")
    assert text_of(page, "r4.t.payer") == "free"
    press(page, "Insert")
    assert page.locator("tbody[data-rows] tr").count() == 8
    press(page, "Control+Delete")
    assert page.locator("tbody[data-rows] tr").count() == 7
    press(page, "Alt+ArrowUp", "Home")
    assert focused(page) == "r5.w.cover"
    assert [r.get_attribute("data-key") for r in page.locator("tbody[data-rows] tr").all()][3:5] == ["r5", "r4"]
    press(page, "Control+s")
    page.wait_for_selector("[data-grid-says]:not([hidden])")
    assert page.inner_text("[data-grid-says]").startswith("Draft saved at ")
    assert [row.then["payer"] for row in rules.saved().rows] == ["free", "free", "free", "paid", "free", "paid", "paid"]


@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_several_choices_are_ticked_and_typing_completes_one(rules):
    page = rules.edit()
    page.focus("td[data-f='r6.w.cause']")
    press(page, "Enter", "ArrowUp", " ", "Enter")
    assert text_of(page, "r6.w.cause") == "wrong fitting, wrong upkeep"
    press(page, "Enter")
    assert page.locator("[role=option][aria-selected=true]").all_inner_texts() == ["wrong upkeep", "wrong fitting"]
    press(page, "Enter", "ArrowRight")
    page.keyboard.type("ye")
    press(page, "Enter")
    assert text_of(page, "r6.w.proof") == "yes"
    press(page, "ArrowLeft")
    page.keyboard.type("not def")
    press(page, "Enter")
    assert text_of(page, "r6.w.cause") == "not defect"


@pytest.mark.parametrize("language", ["zh"], indirect=True)
def test_a_formula_is_written_by_keyboard_from_the_list_of_facts_and_explains_a_case(rules):
    ctx = rules.ctx()
    install_table(ctx, "travel", TRAVEL, plugin="core")
    start_draft(ctx, "travel")
    page = rules.page
    page.goto(f"{rules.address}/c/acme/rules/travel")
    page.wait_for_selector("td[data-f][tabindex='0']")
    assert text_of(page, "r2.t.fee") == "= 80 + (距离 - 20) * 2.5"
    page.focus("td[data-f='r1.t.fee']")
    page.keyboard.type("= 最")
    assert page.locator("[role=option]").all_inner_texts() == ["取最小：最小(x, y)", "取最大：最大(x, y)"]
    press(page, "ArrowDown", "Enter")
    page.keyboard.type("60, 距")
    press(page, "Enter")
    page.keyboard.type(" * 4")
    press(page, "Enter")
    page.wait_for_selector("td[data-f='r1.t.fee'] .ce:not(:empty)")
    assert page.inner_text("td[data-f='r1.t.fee'] .ce") == "公式没写完，应写成 = 距离 * 2.5 + 10。"
    press(page, "Enter", "End")
    page.keyboard.type(")")
    press(page, "Enter")
    wait_for_check(page, "改了 1 行")
    assert focused(page) == "r1.t.fee"
    assert accessibility_violations(page) == []
    press(page, "Control+s")
    page.wait_for_selector("[data-grid-says]:has-text('草稿已')")
    draft = from_data(draft_of(rules.ctx(), table_named(rules.ctx(), "travel")).body)
    assert draft.rows[0].then["fee"].text == "= max(60, km * 4)"
    page.goto(f"{rules.address}/c/acme/rules/travel?case=1&f.km=16.5")
    assert page.inner_text("#case .f13 >> nth=1").endswith("费用 = 最大(60, 距离 × 4) = 最大(60, 16.5 × 4) = 66.0 元")


@pytest.mark.parametrize("language", ["zh"], indirect=True)
def test_a_spreadsheet_goes_out_comes_back_edited_and_becomes_the_draft_by_keyboard(rules, tmp_path):
    page = rules.open()
    page.focus("details.menu:has(#file) > summary")
    press(page, "Enter")
    with page.expect_download() as download:
        page.focus("a[href$='.xlsx']")
        press(page, "Enter")
    raw = download.value.path().read_bytes()
    at = cells(raw)[1].index("when.months")
    mended = tmp_path / "charge.xlsx"
    mended.write_bytes(edited(raw, {(6, at): 24}))
    page.set_input_files("#file", mended)
    page.focus("#file")
    tab_to(page, ".upform button[type=submit], .upform .btn")
    press(page, "Enter")
    page.wait_for_selector(".difft")
    assert page.inner_text("#diff-h") == "与第 2 版相比"
    row = page.locator(".difft tbody tr")
    assert (row.count(), row.locator("del").inner_text(), row.locator("ins").inner_text()) == (1, "≤ 18", "24")
    assert accessibility_violations(page) == []
    tab_to(page, "form[action$='take-over'] .btn")
    press(page, "Enter")
    page.wait_for_selector(".flash.ok")
    assert page.locator("td[data-f='r3.w.months'] del").inner_text() == "≤ 18"
    assert rules.saved().rows[2].when["months"].values == (24,)


@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_a_block_from_a_spreadsheet_is_pasted_and_undone_in_one_step(rules):
    page = rules.edit()
    page.focus("td[data-f='r7.t.payer']")
    page.evaluate("""() => {
        const data = new DataTransfer();
        data.setData('text/plain', 'free\\tfree\\r\\npaid\\t"list price"\\r\\n');
        const paste = new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true});
        document.activeElement.dispatchEvent(paste);
    }""")
    assert [text_of(page, f) for f in ("r7.t.payer", "r7.t.price")] == ["free", "free"]
    assert page.locator("tbody[data-rows] tr").count() == 8
    assert page.locator("tbody[data-rows] tr").last.locator(".ct").all_inner_texts()[4:6] == ["paid", "list price"]
    assert page.inner_text("[data-grid-says]") == "4 cells pasted"
    press(page, "Control+z")
    assert (text_of(page, "r7.t.payer"), page.locator("tbody[data-rows] tr").count()) == ("paid", 7)


@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_a_mistake_is_told_at_its_cell_and_to_screen_readers(rules):
    page = rules.edit()
    page.focus("td[data-f='r3.w.months']")
    page.keyboard.type("soon")
    press(page, "Enter")
    page.wait_for_selector("td.bad")
    cell = page.locator("td[data-f='r3.w.months']")
    assert cell.get_attribute("aria-invalid") == "true"
    told = page.locator(f"[id='{cell.get_attribute('aria-describedby')}']").inner_text()
    assert told == "A whole number is needed here, such as 12, not soon."
    assert "1 cell to correct" in page.inner_text("[data-findings]")
    assert accessibility_violations(page) == []


@pytest.mark.page_errors("409")
@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_who_was_faster_is_told_and_the_typed_grid_stays(rules):
    page = rules.edit()
    ctx = rules.ctx()
    save_draft(ctx, NAME, draft_of(ctx, table_named(ctx, NAME)).body, reason="mine")
    page.focus("td[data-f='r1.clause']")
    page.keyboard.type("8.8")
    press(page, "Enter", "Control+s")
    page.wait_for_selector("button[value='overwrite']")
    assert "system saved this draft in the meantime" in page.inner_text("#errsum")
    assert text_of(page, "r1.clause") == "8.8"
    with page.expect_navigation():
        page.click("button[value='overwrite']")
    assert rules.saved().rows[0].clause == "8.8"


@pytest.mark.page_errors("ERR_INTERNET_DISCONNECTED", "40[01]: POST")
@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_neither_a_lost_connection_nor_signing_out_loses_what_was_typed(rules):
    page = rules.edit()
    page.focus("td[data-f='r1.clause']")
    page.keyboard.type("8.8")
    press(page, "Enter")
    page.context.set_offline(True)
    press(page, "Control+s")
    page.wait_for_selector("[data-grid-says]:has-text('the server did not answer')")
    page.context.set_offline(False)

    page.context.clear_cookies()
    press(page, "Control+s")
    page.wait_for_selector("[data-grid-says]:has-text('you are signed out')")
    again = page.context.new_page()
    rules.sign_in(again)
    press(page, "Control+s")
    page.wait_for_selector("[data-grid-says]:has-text('Draft saved at')")
    assert rules.saved().rows[0].clause == "8.8"


@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_leaving_with_unsaved_changes_asks_first(rules):
    page = rules.edit()
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.focus("td[data-f='r1.clause']")
    page.keyboard.type("8.8")
    press(page, "Enter")
    rules.open("/versions")
    assert asked == ["beforeunload"]


# --- touch, no script, looks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("viewport", ["phone"], indirect=True)
@pytest.mark.parametrize("language", ["zh"], indirect=True)
def test_on_a_phone_a_cell_is_tapped_a_choice_taken_and_a_row_moved(rules):
    page = rules.edit()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.tap("td[data-f='r5.t.price']")
    page.wait_for_selector("[role=listbox]")
    assert accessibility_violations(page) == []
    page.tap("[role=option] >> text=优惠价")
    page.tap("h2#rules-h")
    page.tap("tr[data-key='r5'] button[value='up:r5']")
    wait_for_check(page, "挪了 1 行")
    page.tap("[data-grid-save]")
    page.wait_for_selector("[data-grid-says]:not([hidden])")
    table = rules.saved()
    assert (table.rows[3].then["price"], table.rows[3].clause) == ("low", "5.2.1")


@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_without_script_the_grid_is_a_form(rules, new_context):
    start_draft(rules.ctx(), NAME)
    cookies = rules.page.context.cookies()
    context = new_context(java_script_enabled=False)
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto(f"{rules.address}{PATH}")
    page.fill("input[name='r3.w.months']", "<= 24")
    page.click("button[value='copy:r3']")
    page.fill("input[name='n1.w.cover']", "unit covered")
    page.fill("input[name='n1.w.months']", "> 24, <= 36")
    page.click("button[value='down:n1']")
    page.click("button[value='save'][data-grid-save]")
    assert page.inner_text(".flash") == "Draft saved. Nothing is in force yet."
    rows = rules.saved().rows
    assert (rows[2].when["months"].values, rows[4].when["months"].values, rows[4].when["months"].ends) == (
        (24,),
        (24, 36),
        "(]",
    )


@pytest.mark.parametrize(
    ("viewport", "scheme", "language"),
    [("desktop", "light", "zh"), ("desktop", "dark", "en"), ("phone", "light", "en"), ("phone", "dark", "zh")],
    indirect=True,
)
def test_every_page_of_rule_tables_is_accessible(rules):
    decide_cases(rules.site.office(), NOW, 4)
    page = rules.page
    page.goto(f"{rules.address}/c/acme/rules")
    found = {"list": accessibility_violations(page)}
    for path in ("", "/versions", "/versions/2?row=5", "/compare?from=1&to=2", "/words"):
        found[path] = accessibility_violations(rules.open(path))
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
    ctx = rules.ctx()
    start_draft(ctx, NAME)
    for path in ("", "?trial=1", "?case=1&f.cover=part&f.cause=defect&f.proof=yes&f.months=20", "/trial"):
        page = rules.open(path)
        found[f"draft {path}"] = accessibility_violations(page)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    approving.set_needs_approval(ctx, NAME, True)
    ctx = rules.ctx()
    body = draft_of(ctx, table_named(ctx, NAME)).body
    save_draft(ctx, NAME, body, reason="新规定", effective_from=ctx.today)
    approving.submit(ctx, NAME)
    page = rules.open()
    assert page.locator("#approval .btn.primary, #approval .btn-primary").count() == 1
    found["waits for approval"] = accessibility_violations(page)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert {path: violations for path, violations in found.items() if violations} == {}
