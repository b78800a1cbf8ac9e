"""A service order's whole life: the call by keyboard, dispatch, the visit on a phone, closing, archive; in English."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from core.testing import Installation
from plugins.base.models import Contact
from plugins.service.models import Order, Rating, Signature
from tests.browser.test_intake import tab_to
from tests.browser.test_visit import draw, only, sound
from tests.support import visits as site
from tests.support.accounts import PASSWORD, Site
from tests.support.browser import VIEWPORTS
from tests.support.server import serve

NO_TWO_OVERLAP = """() => {
  const boxes = [...document.querySelectorAll('.tabbar a span')].map((each) => each.getBoundingClientRect());
  return boxes.length > 1 && boxes.every((box, n) => n === 0 || boxes[n - 1].right <= box.left);
}"""


def furnish(installation: Installation) -> None:
    """A call agent, a head and a technician; the table asks for signature, rating and the customer's word."""
    now = dt.datetime.now(dt.UTC).replace(microsecond=0) - site.HOUR
    site.furnish(installation, now=now)
    office = installation.office("plain")
    people = Site(None, installation, {"plain": office})
    for mailbox, role, name in (
        ("phone", "technician", "李海涛"), ("desk", "manager", "何敏"), ("call", "agent", "孙小雨"),
    ):  # fmt: skip
        people.person(f"{mailbox}@example.com", role, company="plain", name=name, locale="zh")
    site.want_steps(office, "conduct", "signature", "rating", "confirmation")


@pytest.fixture(scope="module")
def place(databases, application):
    with (
        databases.furnished("sqlite", furnish) as installation,
        application.on(installation.url) as app,
        serve(app) as address,
    ):
        yield f"{address}/c/plain", installation.office("plain")


def sign_in(page, base: str, who: str) -> None:
    page.goto(f"{base.partition('/c/')[0]}/login")
    page.fill("input[name=email]", who)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(re.compile("/c/plain/$"))


@pytest.mark.parametrize(("language", "viewport", "scheme"), [("zh", "desktop", "light")], indirect=True)
def test_an_order_goes_from_the_call_to_the_archive(place, new_context):
    base, office = place
    order_page = take_the_call(new_context().new_page(), base, office)

    desk = new_context().new_page()
    sign_in(desk, base, "desk@example.com")
    desk.goto(f"{base}/service/dispatch")
    desk.keyboard.press("j")
    desk.keyboard.press("Enter")
    desk.wait_for_url(re.compile(r"/plan\?"))
    sound(desk)
    desk.get_by_role("radio", name=re.compile("李海涛")).press("Space")
    desk.keyboard.press("Control+Enter")
    desk.wait_for_url(re.compile(r"/service/dispatch"))

    phone = new_context().new_page()
    phone.set_viewport_size(VIEWPORTS["phone"])
    sign_in(phone, base, "phone@example.com")
    visit_and_sign(phone)
    assert (only(office, Order).state, only(office, Signature).by) == ("done", "self")
    assert only(office, Rating).skill == "very_good"
    look_at_the_order(phone, order_page)
    gates, main = (phone.locator(part).bounding_box()["y"] for part in (".rec-gates", ".rec-main"))
    assert gates < main  # what is missing is read first
    assert phone.locator("#documents").is_hidden()
    phone.click(".ph a[href='#documents']")
    phone.wait_for_selector("#documents:visible")  # a link into what is folded unfolds it

    desk.goto(order_page)
    assert "还差 1 项" in desk.locator(".ph .acts").inner_text()
    desk.click(".gatebox a:has-text('去确认')")
    desk.click("#confirmation button:has-text('客户确认')")
    desk.click(".ph button:has-text('结单')")
    desk.click(".ph button:has-text('归档')")
    desk.wait_for_selector(".steps li.done:last-child")
    assert only(office, Order).state == "archived"

    desk.click(".side .foot button:has-text('English')")
    desk.wait_for_selector("html[lang^=en]")
    for path, told in (("service/dispatch", "Nobody waits"), ("service/archive/", "Order closed at")):
        desk.goto(f"{base}/{path}")
        assert told in desk.locator("main").inner_text()
        sound(desk)
    phone.goto(f"{base}/")
    phone.click("[data-toggle-nav]")
    phone.click(".side .foot button:has-text('English')")
    phone.wait_for_selector("html[lang^=en]")
    look_at_the_order(phone, order_page)
    assert phone.locator(".ph a[href='#documents']").count() == 0  # nothing was issued, and nothing is any more


def take_the_call(page, base: str, office) -> str:
    """The call agent, by keyboard: the number, the fault, the order, who pays. Answers the order's address."""
    sign_in(page, base, "call@example.com")
    page.goto(f"{base}/intake")
    page.wait_for_selector("#phone:focus")
    page.keyboard.type("13800138000")
    page.wait_for_selector("#phone-said:has-text('找到客户')")
    tab_to(page, "text")
    page.keyboard.type("变速箱异响")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/service/new\?contact_id=\d+"))
    page.wait_for_selector("#subject:focus")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/service/\d+$"))
    order, contact = only(office, Order), only(office, Contact)
    assert (order.subject, order.contact_id, contact.phone) == ("变速箱异响", contact.id, "+8613800138000")
    assert "收费与否尚未判定" in page.locator(".gatebox").inner_text()
    assert page.locator("#dispatch").count() == 0  # nobody is proposed before it is known who pays
    sound(page)
    page.click("#entitlement summary:has-text('人工选择')")
    page.check("#work_kind-f input[value=free], #work_kind input[value=free]")
    page.fill("#work_kind textarea", "三包期内")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#entitlement .tag:has-text('免费')")
    return page.url.partition("#")[0]


def visit_and_sign(phone) -> None:
    """The technician, on a phone: arrive, what was found and done, a part, rating and signature."""
    assert "变速箱异响" in phone.locator(".daylist").inner_text()
    phone.click(".daylist button:has-text('到场签到')")
    phone.wait_for_url(re.compile(r"/service/visits/\d+$"))
    phone.check("input[name=cause][value=defect]")
    phone.check("input[name=differs][value=no]")
    phone.check("input[name=further][value=none]")
    phone.fill("#done_text", "更换油封")
    phone.click("text=下一步：用料")
    phone.wait_for_url(re.compile("/parts$"))
    phone.fill("#name", "油封")
    phone.click("button[value=more]")
    phone.wait_for_selector(".steppers li")
    phone.click("text=下一步：客户签字")
    phone.wait_for_url(re.compile("/sign$"))
    for aspect in ("attitude", "skill", "arrival", "promises"):
        phone.locator(f".grade:has([name=grade-{aspect}]) label").first.click()
    draw(phone)
    phone.click("text=完成这次上门")
    phone.wait_for_url(re.compile("/service/today$"))


def look_at_the_order(phone, order_page: str) -> None:
    """What nothing waits for is folded; no label of the bar below covers another."""
    phone.goto(order_page)
    assert phone.evaluate(NO_TWO_OVERLAP)
    assert phone.locator("#why").is_hidden()
    sound(phone)
