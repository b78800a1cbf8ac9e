"""The frame, the components and Flask-Admin's pages in a real browser, under the strict security policy.

Every test fails on a refused script or style and on a missing file (the ``page`` fixture). Stock Flask-Admin deletes
without asking under this policy, and its bulk actions and inline rows do nothing: here they are proven to work.
"""

import re

import pytest
from sqlalchemy import func, select

from core.web.ui import duration_words
from tests.browser import parts_site
from tests.support.browser import accessibility_violations
from tests.support.server import serve

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class Site:
    def __init__(self, address, app, sessions):
        self.address, self.app, self.sessions = address, app, sessions

    def codes(self) -> list[str]:
        with self.sessions() as session:
            return list(session.scalars(select(parts_site.Part.code).order_by(parts_site.Part.id)))


@pytest.fixture
def site():
    app, sessions = parts_site.make()
    with serve(app) as address:
        yield Site(address, app, sessions)


@pytest.fixture
def parts_list(site, page):
    page.goto(f"{site.address}/admin/part/")
    return page


def until(page, expression: str) -> None:
    """Wait for a condition on the page. Playwright's own way evaluates text in the page, which the policy refuses."""
    for _attempt in range(100):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never true: {expression}")


def question(page) -> str:
    page.wait_for_selector("#confirm[open]")
    return page.inner_text("#confirm-text")


def selected(page) -> str:
    return page.inner_text("[data-selwords]") if page.is_visible(".bulk") else ""


# --- deleting, acting on several rows, editing ----------------------------------------------------------------------


def test_deleting_asks_and_a_refusal_keeps_the_record(site, parts_list):
    parts_list.locator("tbody tr").nth(1).locator("form[data-confirm] button").click()
    assert question(parts_list) == "Delete this record?"
    assert parts_list.evaluate("document.activeElement.value") == "no"
    parts_list.keyboard.press("Escape")
    parts_list.wait_for_selector("#confirm:not([open])", state="attached")
    assert site.codes() == ["P-1", "P-2", "P-3", "P-4", "P-5"]


def test_deleting_happens_after_a_yes(site, parts_list):
    parts_list.locator("tbody tr").nth(1).locator("form[data-confirm] button").click()
    question(parts_list)
    with parts_list.expect_navigation():
        parts_list.click("[data-confirm-yes]")
    assert site.codes() == ["P-1", "P-3", "P-4", "P-5"]


def test_an_action_on_selected_rows_asks_and_reaches_all_of_them(parts_list):
    for row in (0, 2):
        parts_list.locator(".action-checkbox").nth(row).check()
    assert selected(parts_list) == "2 selected"
    parts_list.click("[data-action=reorder]")
    assert question(parts_list) == "Reorder the selected parts?"
    with parts_list.expect_navigation():
        parts_list.click("[data-confirm-yes]")
    assert parts_list.inner_text(".flash") == "reordered 2"


def test_the_box_in_the_head_selects_the_page_and_clearing_drops_it(parts_list):
    parts_list.check(".action-rowtoggle")
    assert selected(parts_list) == "5 selected"
    parts_list.click("[data-clear-sel]")
    assert selected(parts_list) == ""
    assert parts_list.locator("tr.sel").count() == 0


def test_a_value_is_changed_in_its_row(site, parts_list):
    parts_list.locator("a[data-pk]").first.click()
    parts_list.fill(".editable-input input", "7")
    with parts_list.expect_response(re.compile("/ajax/update/")) as answer:
        parts_list.click(".editable-submit")
    assert answer.value.status == 200
    with site.sessions() as session:
        assert session.scalar(select(parts_site.Part.minimum).where(parts_site.Part.code == "P-1")) == 7


@pytest.mark.parametrize(
    ("name", "field", "value", "left"),
    [
        ("Code", "input.filter-val", "P-3", ["P-3"]),
        ("Checked On", "input[type=date]", "2026-10-04", ["P-4"]),
    ],
)
def test_a_filter_is_added_and_applied(parts_list, name, field, value, left):
    parts_list.click(".lbar details.menu summary")
    parts_list.locator("a.filter", has_text=name).click()
    parts_list.fill(f"#filter_form {field}", value)
    with parts_list.expect_navigation():
        parts_list.click("#filter_form button[type=submit]")
    assert parts_list.locator("tbody td.col-code").all_inner_texts() == left


def test_a_record_with_an_inline_row_and_a_look_up_is_made(site, page):
    page.goto(f"{site.address}/admin/part/new/")
    page.fill("#code", "P-6")
    page.fill("input[type=date]", "2026-11-01")
    for text in ("first", "second"):
        page.click("[data-inline-add]")
        page.locator(".inline-field-list input[type=text]").last.fill(text)
    page.locator("[data-inline-remove]").first.click()
    page.click(".select2-container")
    page.keyboard.type("elec")
    page.wait_for_selector(".select2-result-label")
    page.keyboard.press("Enter")
    with page.expect_navigation():
        page.click("form.admin-form .btn-primary")
    with site.sessions() as session:
        part = session.scalars(select(parts_site.Part).where(parts_site.Part.code == "P-6")).one()
        assert (part.category.name, str(part.checked_on), [line.text for line in part.lines]) == (
            "Electrics",
            "2026-11-01",
            ["second"],
        )


def test_what_is_wrong_stands_on_top_and_has_the_focus(site, page):
    page.goto(f"{site.address}/admin/part/new/")
    page.evaluate("document.querySelector('form.admin-form').noValidate = true")
    with page.expect_navigation():
        page.click("form.admin-form .btn-primary")
    assert page.evaluate("document.activeElement.id") == "errsum"
    assert "1 thing to correct" in page.inner_text("#errsum h2")
    page.click("#errsum a")
    assert page.evaluate("document.activeElement.id") == "code"
    with site.sessions() as session:
        assert session.scalar(select(func.count(parts_site.Part.id))) == 5


# --- keyboard -------------------------------------------------------------------------------------------------------


def test_rows_are_walked_selected_and_opened_by_keys(site, parts_list):
    for key in "jjkx":
        parts_list.keyboard.press(key)
    assert parts_list.locator("tr.cur td.col-code").inner_text() == "P-1"
    assert selected(parts_list) == "1 selected"
    parts_list.keyboard.press("Escape")
    assert selected(parts_list) == ""
    with parts_list.expect_navigation():
        parts_list.keyboard.press("Enter")
    assert parts_list.url.startswith(f"{site.address}/admin/part/details/?id=1")


def test_single_keys_are_letters_in_fields(site, page):
    page.goto(f"{site.address}/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("nj?")
    assert page.input_value("#q") == "nj?"
    assert page.url == f"{site.address}/"


@pytest.mark.parametrize(("composing", "current"), [("true", 0), ("false", 1)])
def test_keys_that_an_input_method_composes_mean_nothing(parts_list, composing, current):
    parts_list.evaluate(f"""document.body.dispatchEvent(
        new KeyboardEvent('keydown', {{key: 'j', isComposing: {composing}, bubbles: true, cancelable: true}}))""")
    assert parts_list.locator("tr.cur").count() == current


def test_single_keys_can_be_switched_off(site, page):
    page.goto(f"{site.address}/other")
    page.click(".user-menu summary")
    with page.expect_navigation():
        page.click(".user-menu button:has-text('shortcuts off')")
    page.goto(f"{site.address}/admin/part/")
    page.keyboard.press("j")
    page.keyboard.press("?")
    assert page.locator("tr.cur").count() == 0
    assert page.get_attribute("#keys", "open") is None


def test_a_question_mark_shows_the_keys(site, page):
    page.goto(f"{site.address}/")
    page.keyboard.press("?")
    assert "Next and previous row" in page.inner_text("#keys[open]")


# --- forms ----------------------------------------------------------------------------------------------------------


def test_what_is_typed_survives_until_the_server_has_it(site, page):
    page.goto(f"{site.address}/")
    page.on("dialog", lambda dialog: dialog.accept())
    page.fill("#note", "half a sentence")
    page.check("input[value=visit]")
    until(page, "localStorage.getItem('sanbao-draft:note')?.includes('visit')")
    page.goto(f"{site.address}/other")
    page.goto(f"{site.address}/")
    assert page.input_value("#note") == "half a sentence"
    assert page.is_checked("input[value=visit]")
    assert page.is_visible("[data-draft-note]")
    page.goto(f"{site.address}/saved")
    page.goto(f"{site.address}/")
    assert page.input_value("#note") == ""


def test_leaving_a_changed_form_is_questioned_except_by_cancel(site, page):
    page.goto(f"{site.address}/")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.locator("#note").press_sequentially("x")
    page.goto(f"{site.address}/other")
    assert asked == ["beforeunload"]
    page.goto(f"{site.address}/")
    page.locator("#note").press_sequentially("y")
    page.click("[data-discard]")
    page.wait_for_url("**/other")
    assert asked == ["beforeunload"]


def test_a_form_is_sent_once_however_often_the_button_is_pressed(site, page):
    page.goto(f"{site.address}/")
    sent = page.evaluate("""() => {
        let sent = 0;
        window.addEventListener('submit', (event) => {
            if (!event.defaultPrevented) sent += 1;
            event.preventDefault();
        });
        const button = document.querySelector('form[data-main] .btn-primary');
        for (let press = 0; press < 3; press += 1) button.click();
        return sent;
    }""")
    assert sent == 1
    until(page, "document.querySelector('form[data-main] .btn-primary').disabled")
    assert page.get_attribute("form[data-main]", "aria-busy") == "true"


def test_ctrl_enter_sends_the_form(site, page):
    page.goto(f"{site.address}/")
    page.fill("#note", "by keys")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    assert site.app.posts == ["by keys"]


def test_a_dialog_takes_the_focus_and_gives_it_back(site, page):
    page.goto(f"{site.address}/")
    page.click("#hand summary")
    until(page, "document.activeElement.id === 'why'")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert page.get_attribute("#hand", "open") is None
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


# --- clocks ---------------------------------------------------------------------------------------------------------


def test_a_chip_turns_over_when_its_time_is_up(site, page):
    page.goto(f"{site.address}/")
    chip = page.locator(".sla").first
    assert re.fullmatch(r"Left (59 min|1 h)", chip.inner_text().strip())
    page.evaluate("""() => {
        const chip = document.querySelector('.sla[data-due]');
        chip.dataset.due = new Date(Date.parse(document.documentElement.dataset.now) - 8041000).toISOString();
        document.dispatchEvent(new Event('visibilitychange'));
    }""")
    assert chip.inner_text().strip() == "Overdue 2 h 14 min"
    assert chip.get_attribute("class") == "sla over"
    assert chip.locator("svg:visible").count() == 1


def test_the_script_words_durations_as_the_server_does(site, page):
    page.goto(f"{site.address}/")
    lengths = [0, 59, 60, 3599, 3600, 8040, 86399, 86400, 97200, 99999, -8040, 90061, 172800]
    script = page.get_attribute("script[type=module]", "src").replace("main.js", "clocks.js")
    worded = page.evaluate(
        """async ([script, lengths]) => {
            const {durationWords} = await import(script);
            const words = JSON.parse(document.querySelector('[data-words]').dataset.words);
            return lengths.map((length) => durationWords(length, words));
        }""",
        [script, lengths],
    )
    assert worded == [duration_words(length, "en") for length in lengths]


# --- the frame ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("viewport", ["phone"], indirect=True)
def test_the_drawer_opens_closes_and_keeps_the_focus(site, page):
    page.goto(f"{site.address}/")
    assert not page.is_visible("#side")
    page.click("[data-toggle-nav]")
    assert page.is_visible("#side")
    assert page.evaluate("document.activeElement.closest('#side') !== null")
    page.keyboard.press("Escape")
    assert not page.is_visible("#side")
    assert page.get_attribute("[data-toggle-nav]", "aria-expanded") == "false"


def test_the_theme_is_switched_without_a_script_as_well(site, new_context):
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{site.address}/other")
    page.click("button:has-text('Dark')")
    assert page.get_attribute("html", "data-theme") == "dark"
    assert page.is_visible("button:has-text('Light')")


PAGES = ["/", "/admin/part/", "/admin/part/new/", "/admin/part/edit/?id=1", "/admin/part/details/?id=1"]


@pytest.mark.parametrize("scheme", ["light", "dark"], indirect=True)
@pytest.mark.parametrize("viewport", ["desktop", "phone"], indirect=True)
def test_pages_are_accessible_and_no_wider_than_the_screen(site, new_context, viewport, scheme):
    page = new_context(bypass_csp=True).new_page()
    for path in PAGES:
        page.goto(site.address + path)
        assert accessibility_violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_open_menus_and_dialogs_are_accessible(site, new_context):
    page = new_context(bypass_csp=True).new_page()
    page.goto(f"{site.address}/admin/part/")
    for opener in (".user-menu summary", ".lbar details.menu summary"):
        page.click(opener)
        assert accessibility_violations(page) == [], opener
    page.keyboard.press("Escape")
    page.locator("form[data-confirm] button").first.click()
    question(page)
    assert accessibility_violations(page) == []
