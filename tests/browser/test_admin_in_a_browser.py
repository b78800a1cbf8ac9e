"""A ``CompanyModelView`` in a real browser: filters, editing in place, look-ups, a question before deleting."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.support import sample_admin_site as samples
from tests.support.browser import accessibility_violations
from tests.support.server import serve


@pytest.fixture(scope="module")
def application(databases, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANBAO_HOME", str(tmp_path_factory.mktemp("home")))
        url = databases.create("sqlite", "sample_admin", samples.tables)
        site = samples.build(url, WTF_CSRF_ENABLED=True)
    yield site
    site.close()
    databases.drop(url)


@pytest.fixture
def site(application):
    application.clear()
    return application


@pytest.fixture
def served(site):
    with serve(site.app) as address:
        yield address


def sign_in(site, context, address: str, language: str) -> None:
    """Let a browser be somebody with every right."""
    cookie = site.client("boss", language).get_cookie("session")
    context.add_cookies([{"name": "session", "value": cookie.value, "url": address}])


@pytest.fixture
def gadgets(site, served, page, language):
    """The address of the list of gadgets, to which ``page`` is signed in."""
    sign_in(site, page.context, served, language)
    return f"{served}/c/north/admin/gadgets/"


def names(site) -> list[str]:
    from sample_admin.models import Gadget

    return [row.name for row in site.rows(sa.select(Gadget.name).order_by(Gadget.code))]


def codes(page) -> list[str]:
    return page.locator("a[data-open]").all_inner_texts()


@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_a_filter_is_chosen_filled_in_and_taken_away(site, page, gadgets):
    site.add(*samples.gadgets(1, kind="fancy"), *samples.gadgets(2))
    page.goto(gadgets)
    page.get_by_text("Add filter").click()
    page.locator("a.filter", has_text="Kind").click()
    page.locator("#filter_form button[type=submit]").click()
    assert codes(page) == ["G0002"]
    page.get_by_text("Clear filters").click()
    assert codes(page) == ["G0002", "G0001"]


@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_a_value_is_edited_in_the_list_and_a_refusal_is_shown(site, page, gadgets, page_errors):
    page_errors.allowed = (r"422: POST .*/ajax/update/",)
    site.add(*samples.gadgets(1))
    page.goto(gadgets)
    page.get_by_text("gadget 1").click()
    page.locator(".editableform input").fill("bad")
    page.locator(".editable-submit").click()
    page.get_by_text("This name is not wanted.").wait_for()
    assert names(site) == ["gadget 1"]
    page.locator(".editableform input").fill("saw")
    page.locator(".editable-submit").click()
    page.locator("td a", has_text="saw").wait_for()
    assert names(site) == ["saw"]
    page.locator("td a", has_text="saw").click()  # goes on from what was just saved
    page.locator(".editableform input").fill("hammer")
    page.locator(".editable-submit").click()
    page.locator("td a", has_text="hammer").wait_for()
    assert names(site) == ["hammer"]


@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_a_record_is_found_by_typing_and_saved(site, page, gadgets):
    from sample_admin.models import Gadget

    home = samples.category(site, "Red house")
    samples.category(site, "Red herring", company_id=2)
    page.goto(f"{gadgets}new/")
    form = page.locator("form.admin-form")
    for name, value in (("code", "G0009"), ("name", "lamp"), ("seen_at", "2026-03-02T09:00")):
        form.locator(f"[name={name}]").fill(value)
    form.locator(".select2-choice").click()
    page.locator(".select2-input:visible").fill("red")
    page.locator(".select2-result").first.wait_for()
    assert page.locator(".select2-result").all_inner_texts() == ["Red house"]
    page.locator(".select2-result").first.click()
    form.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("“#G0009” was added.").wait_for()
    assert [tuple(row) for row in site.rows(sa.select(Gadget.code, Gadget.home_id))] == [("G0009", home)]


@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_nothing_is_deleted_before_the_question_is_answered_yes(site, page, gadgets):
    site.add(*samples.gadgets(1, 2))
    page.goto(gadgets)
    delete = page.locator("tr", has_text="G0001").locator("form button")
    delete.click()
    page.locator("#confirm[open]").wait_for()
    page.locator("#confirm").get_by_text("Cancel").click()
    assert names(site) == ["gadget 1", "gadget 2"]
    delete.click()
    page.locator("#confirm [data-confirm-yes]").click()
    page.get_by_text("“#G0001” was deleted.").wait_for()
    assert names(site) == ["gadget 2"]


@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_selected_rows_are_switched_off_after_the_question(site, page, gadgets):
    from sample_admin.models import Gadget

    site.add(*samples.gadgets(1, 2, 3))
    page.goto(gadgets)
    for code in ("G0001", "G0003"):
        page.locator("tr", has_text=code).locator(".action-checkbox").check()
    page.locator(".bulk").get_by_text("Switch off").click()
    page.locator("#confirm [data-confirm-yes]").click()
    page.get_by_text("2 switched off.").wait_for()
    assert [r.active for r in site.rows(sa.select(Gadget.active).order_by(Gadget.code))] == [False, True, False]


@pytest.mark.parametrize("language", ["zh", "en"], indirect=True)
@pytest.mark.parametrize("viewport", ["desktop", "phone"], indirect=True)
def test_list_form_and_record_are_accessible(site, served, new_context, language, viewport):
    context = new_context(bypass_csp=True)
    sign_in(site, context, served, language)
    page, gadgets = context.new_page(), f"{served}/c/north/admin/gadgets/"
    (id, *_others) = site.add(*(g for n in range(1, 25) for g in samples.gadgets(n, rank=n)))
    for path in ("?page_size=20", "new/", f"edit/?id={id}", f"details/?id={id}"):
        page.goto(gadgets + path)
        assert accessibility_violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
