"""A service order's whole life in Chinese: keyboard at the desk, the visit on a phone, closing, archive."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from core.testing import Installation
from plugins.service.models import Order, Rating, Signature
from tests.browser.test_visit import draw, only, sound
from tests.support import visits as site
from tests.support.accounts import PASSWORD, Site
from tests.support.browser import VIEWPORTS
from tests.support.server import serve


def furnish(installation: Installation) -> None:
    """Somebody at the desk and a technician; the table asks for signature, rating and the customer's word."""
    now = dt.datetime.now(dt.UTC).replace(microsecond=0) - site.HOUR
    site.furnish(installation, now=now)
    office = installation.office("plain")
    people = Site(None, installation, {"plain": office})
    people.person("phone@example.com", "technician", company="plain", name="李海涛", locale="zh")
    people.person("desk@example.com", "manager", company="plain", name="何敏", locale="zh")
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
    desk = new_context().new_page()
    sign_in(desk, base, "desk@example.com")

    desk.goto(f"{base}/service/new")
    desk.wait_for_selector("#subject:focus")
    desk.keyboard.type("变速箱异响")
    desk.keyboard.press("Control+Enter")
    desk.wait_for_url(re.compile(r"/service/\d+$"))
    order_page = desk.url
    assert "收费与否尚未判定" in desk.locator(".gatebox").inner_text()
    assert desk.locator("#dispatch").count() == 0  # nobody is proposed before it is known who pays
    sound(desk)
    desk.click("#entitlement summary:has-text('人工选择')")
    desk.check("#work_kind-f input[value=free], #work_kind input[value=free]")
    desk.fill("#work_kind textarea", "三包期内")
    desk.keyboard.press("Control+Enter")
    desk.wait_for_selector("#dispatch .props")

    desk.goto(f"{base}/service/dispatch")
    desk.keyboard.press("j")
    desk.keyboard.press("Enter")
    desk.wait_for_url(re.compile(r"/plan\?"))
    sound(desk)
    desk.get_by_role("radio", name=re.compile("李海涛")).press("Space")
    desk.keyboard.press("Control+Enter")
    desk.wait_for_url(re.compile(r"/service/dispatch"))
    sound(desk)

    phone = new_context().new_page()
    phone.set_viewport_size(VIEWPORTS["phone"])
    sign_in(phone, base, "phone@example.com")
    assert "变速箱异响" in phone.locator(".daylist").inner_text()
    sound(phone)
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
    assert (only(office, Order).state, only(office, Signature).by) == ("done", "self")
    assert only(office, Rating).skill == "very_good"

    phone.goto(order_page)
    gates, main = (phone.locator(part).bounding_box()["y"] for part in (".rec-gates", ".rec-main"))
    assert gates < main  # what is missing is read first
    sound(phone)

    desk.goto(order_page)
    assert "还差 1 项" in desk.locator(".ph .acts").inner_text()
    desk.click(".gatebox a:has-text('去确认')")
    desk.click("#confirmation button:has-text('客户确认')")
    desk.click(".ph button:has-text('结单')")
    desk.click(".ph button:has-text('归档')")
    desk.wait_for_selector(".steps li.done:last-child")
    assert only(office, Order).state == "archived"
    sound(desk)
