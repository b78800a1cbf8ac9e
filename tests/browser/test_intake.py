"""The intake page in a real browser: worked by keyboard, in both languages, wide and narrow, with nothing lost."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from core.db import system_session
from core.settings import set_setting
from core.testing import Installation
from plugins.base import services
from plugins.base.contracts import ContactData, CustomerData, PhoneData, ProductData, UnitData
from plugins.base.models import Contact, Customer, CustomerPhone, Unit
from tests.support.accounts import PASSWORD, Site
from tests.support.browser import accessibility_violations
from tests.support.server import serve

NOW = dt.datetime.now(dt.UTC)


class Desk:
    """The application served, with a company, an agent, and a customer who is known."""

    def __init__(self, address: str, site: Site):
        self.address, self.site = address, site

    def all(self, model) -> list:
        """Every row of a class, oldest first, as committed now."""
        with system_session(self.site.installation.engine, "test reads what the pages wrote") as session:
            return list(session.scalars(sa.select(model).order_by(model.id)))

    def sign_in(self, page, language: str) -> None:
        page.goto(f"{self.address}/login")
        page.fill("input[name=email]", f"{language}@hefeng.example")
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(re.compile("/c/hefeng/$"))
        page.goto(f"{self.address}/c/hefeng/intake")


@pytest.fixture
def desk(databases, application):
    """On SQLite only: what a browser shows is the same on either database."""
    with (
        databases.furnished("sqlite", furnish) as installation,
        application.on(installation.url) as app,
        serve(app) as address,
    ):
        yield Desk(address, Site(app, installation))


def furnish(installation: Installation) -> None:
    """A company, its people and its work, as each test finds them."""
    site = Site(None, installation)
    modules = ["complaints", "warranty"]
    office = site.office("hefeng", name="禾丰农机服务", profile="machinery", modules=modules, now=NOW)
    for language, name in (("zh", "何敏"), ("en", "Amy Hill")):
        site.person(f"{language}@hefeng.example", "agent", "manager", company="hefeng", name=name, locale=language)
    ctx = office.system(NOW)
    set_setting(ctx, "base.intake.required", "name, phone, cause")
    set_setting(ctx, "base.intake.script", "您好，禾丰农机服务，请问有什么可以帮您？")
    row = services.save_customer(ctx, CustomerData("马东升", klass="种粮大户", address="铜山区汉王镇紫山村"))
    services.add_phone(ctx, row.id, PhoneData("138 0013 8000"))
    for code, name in (("FH1604", "轮式拖拉机"), ("4YZ-4B", "玉米收获机")):
        product = services.save_product(ctx, ProductData(code, name, model=code))
        unit = UnitData(product.id, f"{code}-26-1", customer_id=row.id, sale_date=dt.date(2026, 4, 12))
        services.save_unit_record(ctx, unit)
    earlier = ctx.at(NOW - dt.timedelta(days=90))
    old = services.record_contact(earlier, ContactData(customer_id=row.id, phone="13800138000", text="更换离合器片"))
    services.settle_contact(earlier, old.id)


def keys(page, *pressed: str) -> None:
    for key in pressed:
        page.keyboard.press(key)


def focus_is_on(page, name: str, value: str = "") -> None:
    said = page.evaluate("[document.activeElement.name, document.activeElement.value]")
    assert said[0] == name
    assert not value or said[1] == value


def tab_to(page, name: str, most: int = 40) -> None:
    """Press Tab until the focus is on a field of this name."""
    for _press in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == name:
            return
    raise AssertionError(f"the keyboard does not reach {name}")


def test_a_choice_counts_though_an_answer_comes_while_its_key_or_button_is_down(desk, page):
    desk.sign_in(page, "en")
    page.wait_for_selector("#phone:focus")
    page.keyboard.type("13800138000")
    page.wait_for_selector("#phone-said:has-text('Found, 2 units')")
    first, second = page.locator("[name=device]").nth(0), page.locator("[name=device]").nth(1)

    def looked_up_meanwhile():
        with page.expect_response(re.compile("/intake")) as answer:
            page.evaluate("document.getElementById('phone').dispatchEvent(new Event('change', {bubbles: true}))")
        answer.value.finished()
        page.wait_for_timeout(100)

    first.focus()
    page.keyboard.down("Space")
    looked_up_meanwhile()
    page.keyboard.up("Space")
    page.wait_for_selector("#bar:has-text('玉米收获机')")
    place = second.bounding_box()
    page.mouse.move(place["x"] + 3, place["y"] + 3)
    page.mouse.down()
    looked_up_meanwhile()
    page.mouse.up()
    page.wait_for_selector("#bar:has-text('轮式拖拉机')")


@pytest.mark.parametrize(
    ("language", "found", "taken"),
    [
        ("zh", "找到客户，2 台设备", "只作登记，无需再办。"),
        ("en", "Found, 2 units", "Only recorded, nothing further to do."),
    ],
    indirect=["language"],
)
def test_a_known_customers_call_is_taken_in_by_keyboard_alone(desk, page, language, found, taken):
    desk.sign_in(page, language)
    page.wait_for_selector("#phone:focus")
    page.keyboard.type("13800138000")
    page.wait_for_selector(f"#phone-said:has-text('{found}')")
    focus_is_on(page, "phone", "13800138000")
    assert "马东升" in page.inner_text("#found")
    tab_to(page, "device")
    keys(page, "Space")
    page.wait_for_selector("#bar:has-text('玉米收获机')")
    focus_is_on(page, "device")
    tab_to(page, "text")
    page.keyboard.type("挂挡后有异响")
    tab_to(page, "cause")
    keys(page, "Space")
    keys(page, "Control+Enter")
    page.wait_for_url(re.compile(r"/contacts/\d+\?taken_in=1"))
    assert taken in page.inner_text("main")
    contact = desk.all(Contact)[-1]
    unit = desk.all(Unit)[1]
    assert (contact.text, contact.cause, contact.device_id, contact.model, contact.state, contact.outcome) == (
        "挂挡后有异响",
        "defect",
        unit.id,
        "玉米收获机 4YZ-4B",
        "settled",
        "record",
    )
    assert page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('sanbao-draft')).length") == 0


def test_an_unknown_number_becomes_a_customer_and_a_likeness_is_told_while_typing(desk, page):
    desk.sign_in(page, "zh")
    page.wait_for_selector("#phone:focus")
    page.keyboard.type("13700001111")
    page.wait_for_selector("#phone-said:has-text('还没有档案')")
    tab_to(page, "name")
    page.keyboard.type("马东升")
    keys(page, "Tab")
    page.wait_for_selector("#found:has-text('可能已有档案')")
    assert page.input_value("#name") == "马东升"
    page.fill("#name", "马东生")
    page.fill("#text", "割台不升")
    page.click("label:has(input[name=cause][value=wear])")
    page.click("button[value=record]")
    page.wait_for_url(re.compile(r"/contacts/\d+"))
    assert [c.name for c in desk.all(Customer)] == ["马东升", "马东生"]
    assert [p.number for p in desk.all(CustomerPhone)] == ["+8613800138000", "+8613700001111"]
    assert desk.all(Contact)[-1].customer_id == desk.all(Customer)[1].id


def test_what_is_typed_stays_through_look_ups_errors_and_a_closed_tab(desk, page):
    desk.sign_in(page, "zh")
    page.fill("#text", "行走无力")
    page.fill("#phone", "1380013800")
    page.wait_for_selector("#phone-said:has-text('手机号应为 11 位，现在是 10 位。')")
    assert page.input_value("#text") == "行走无力"
    page.click("label:has(input[name=cause][value=wear])")
    page.click("button[value=record]")
    page.wait_for_selector("#errsum")
    assert page.evaluate("document.activeElement.id") == "errsum"
    assert page.inner_text("#phone-e") == "手机号应为 11 位，现在是 10 位。"
    assert (page.input_value("#text"), page.input_value("#phone")) == ("行走无力", "1380013800")
    assert len(desk.all(Contact)) == 1
    page.fill("#text", "行走无力，已停在地里")
    page.wait_for_timeout(600)
    page.goto(f"{desk.address}/c/hefeng/")
    page.goto(f"{desk.address}/c/hefeng/intake")
    assert page.input_value("#text") == "行走无力，已停在地里"
    assert page.is_visible("[data-draft-note]")


def test_two_presses_make_one_contact(desk, page):
    desk.sign_in(page, "zh")
    page.goto(f"{desk.address}/c/hefeng/intake?phone=13800138000")
    page.fill("#text", "咨询保养")
    page.click("label:has(input[name=matter][value=question])")
    page.click("label:has(input[name=cause][value=unknown])")
    page.evaluate(
        "() => { const f = document.querySelector('[data-intake]'); const b = f.querySelector('[value=record]');"
        " f.requestSubmit(b); f.requestSubmit(b); }"
    )
    page.wait_for_url(re.compile(r"/contacts/\d+"))
    assert [c.text for c in desk.all(Contact)] == ["更换离合器片", "咨询保养"]


def test_a_complaint_is_offered_first_when_it_is_one_and_gets_the_contact(desk, page):
    if "complaints" not in desk.site.installation.registry.plugins:
        pytest.skip("the complaints module is left out of this run")
    desk.sign_in(page, "zh")
    page.goto(f"{desk.address}/c/hefeng/intake?phone=13800138000")
    page.click("label:has(input[name=matter][value=complaint])")
    page.wait_for_selector("#bar button.btn-primary[value='complaints.open']")
    page.fill("#text", "报修两天没人上门")
    keys(page, "Control+Enter")
    page.wait_for_url(re.compile(r"/complaints/new\?contact_id=\d+"))
    contact = desk.all(Contact)[-1]
    assert (contact.state, contact.matter, f"contact_id={contact.id}" in page.url) == ("open", "complaint", True)


@pytest.mark.parametrize(
    ("viewport", "language", "scheme"),
    [("desktop", "zh", "light"), ("phone", "en", "light"), ("phone", "zh", "dark"), ("desktop", "en", "dark")],
    indirect=True,
)
def test_the_pages_are_accessible_and_fit(desk, new_context, page_errors, viewport, language, scheme):
    page = new_context().new_page()
    desk.sign_in(page, language)
    customer, unit, contact = desk.all(Customer)[0], desk.all(Unit)[0], desk.all(Contact)[0]
    found = []
    for path in (
        "intake",
        "intake?phone=13800138000",
        "intake?phone=13700001111",
        f"customers/{customer.id}",
        f"units/{unit.id}",
        f"contacts/{contact.id}",
    ):
        page.goto(f"{desk.address}/c/hefeng/{path}")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} scrolls sideways by {wide}"
        size = page.viewport_size
        page.set_viewport_size({"width": size["width"], "height": 3000})
        found += [f"{path}: {violation}" for violation in accessibility_violations(page)]
        page.set_viewport_size(size)
    assert found == []


def test_it_works_without_a_script(desk, browser):
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    desk.sign_in(page, "zh")
    page.fill("#text", "割台不升")
    page.fill("#phone", "13800138000")
    page.click("button[value=lookup]")
    assert "找到客户，2 台设备" in page.inner_text("#phone-said")
    assert page.input_value("#text") == "割台不升"
    page.click("label:has(input[name=cause][value=wear])")
    page.click("button[value=record]")
    page.wait_for_url(re.compile(r"/contacts/\d+"))
    assert desk.all(Contact)[-1].text == "割台不升"
    context.close()


@pytest.mark.parametrize("language", ["zh"], indirect=True)
def test_a_look_up_that_fails_is_told_and_what_was_typed_stays(desk, page):
    desk.sign_in(page, "zh")
    page.wait_for_selector("#phone:focus")
    page.route("**/intake", lambda route: route.abort() if route.request.method == "POST" else route.fallback())
    page.keyboard.type("13800138000")
    page.wait_for_selector("#phone-said:has-text('没查成，填的都还在')")
    assert page.input_value("#phone") == "13800138000"
    focus_is_on(page, "phone")
    page.unroute("**/intake")
    page.keyboard.press("Backspace")
    page.keyboard.type("0")
    page.wait_for_selector("#phone-said:has-text('找到客户')")
