"""Calling in a real browser: a morning of ten calls by the keyboard alone, and one call on a phone."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from core.api import Clock
from core.db import system_session
from core.settings import set_setting
from core.testing import Installation
from plugins.base import services as base
from plugins.base.contracts import CustomerData, PhoneData, ProductData, UnitData
from plugins.base.models import Contact
from plugins.callback.contracts import CallData
from plugins.callback.models import Call, CallDraft, Preference, Promise, Try
from plugins.callback.models.surveys import Response
from plugins.callback.services import calls
from plugins.complaints.models import Complaint
from plugins.service.models import Order
from tests.support.accounts import PASSWORD, Site
from tests.support.browser import accessibility_violations
from tests.support.server import serve

NOW = dt.datetime.now(dt.UTC)
MORNING = f"Etc/GMT{NOW.hour - 11:+d}"
"""Where it is eleven o'clock now: a call is tried again on its day whenever this test runs."""
CUSTOMERS = 11
MODULES = ["complaints", "callback", "service"]


def furnish(installation: Installation) -> None:
    """Eleven customers with a call each today: ten for the agent who reads Chinese, one for another."""
    site = Site(None, installation)
    office = site.office("hefeng", name="禾丰农机服务", modules=MODULES, now=NOW, timezone=MORNING)
    people = [
        site.person(f"{language}@hefeng.example", "agent", company="hefeng", name=name, locale=language)
        for language, name in (("zh", "何敏"), ("en", "Amy Hill"))
    ]
    ctx = office.system(NOW)
    set_setting(ctx, "callback.calendar", "always")
    set_setting(ctx, "callback.take_colleagues", False)
    product = base.save_product(ctx, ProductData("FH1604", "轮式拖拉机"))
    for n in range(CUSTOMERS):
        customer = base.save_customer(ctx, CustomerData(f"客户 {n + 1}", address="铜山区汉王镇紫山村"))
        base.add_phone(ctx, customer.id, PhoneData(f"138 0013 80{n:02d}"))
        if n == 0:
            base.add_phone(ctx, customer.id, PhoneData("0516 8133 4557"))
        base.save_unit_record(ctx, UnitData(product.id, f"FH-{n}", customer_id=customer.id))
        agent = people[0] if n < 10 else people[1]
        calls.add_call(ctx, CallData(customer.id, ctx.today, "opinion", agent, questionnaire="opinion_card"))


class Desk:
    """The application served, and what lies in its database."""

    def __init__(self, address: str, installation: Installation):
        self.home, self.installation = f"{address}/c/hefeng", installation

    def rows(self, *columns, where=sa.true()) -> list[tuple]:
        """Columns of every row, the oldest first, as committed now."""
        model = columns[0].class_
        with system_session(self.installation.engine, "test reads what the pages wrote") as session:
            return [tuple(row) for row in session.execute(sa.select(*columns).where(where).order_by(model.id))]

    def sign_in(self, page, language: str) -> None:
        page.goto(f"{self.home}/callback/calling/")
        page.fill("input[name=email]", f"{language}@hefeng.example")
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(re.compile("/callback/calling/$"))


@pytest.fixture(scope="module")
def desk(databases, application):
    """On SQLite only: what a browser shows is the same on either database."""
    with (
        databases.furnished("sqlite", furnish) as installation,
        application.on(installation.url) as app,
        serve(app) as address,
    ):
        yield Desk(address, installation)


def keys(page, *pressed: str) -> None:
    for key in pressed:
        page.keyboard.press(key)


def at_call(page, name: str) -> None:
    """The next call's page has come, and the focus is on its results."""
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    page.wait_for_selector("[name=result]:focus")


def sound(page) -> None:
    assert accessibility_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_ten_calls_are_made_by_the_keyboard_alone_and_nothing_is_lost(desk, page, new_context):
    desk.sign_in(page, "zh")
    sound(page)
    keys(page, "c")
    at_call(page, "客户 1")
    sound(page)
    keys(page, "1", "1", "2", "1", "3")  # reached; a grade each, the focus goes on by itself
    keys(page, "Control+Enter")
    at_call(page, "客户 2")
    keys(page, "2", "Control+Enter")
    at_call(page, "客户 3")
    keys(page, "3", "Control+Enter")
    at_call(page, "客户 4")
    keys(page, "4", "Control+Enter")
    at_call(page, "客户 5")
    keys(page, "5")
    page.wait_for_selector("#note:focus")
    page.keyboard.type("1 分钟也没有，不要再打")  # a digit in a field is a digit
    keys(page, "Control+Enter")
    at_call(page, "客户 6")
    keys(page, "1", "v")
    page.keyboard.type("下周寄一份说明书")
    keys(page, "Control+Enter")
    at_call(page, "客户 7")
    keys(page, "1", "t")
    page.keyboard.type("等了三天才来人")
    keys(page, "Escape", "b", "Control+Enter")
    at_call(page, "客户 8")
    keys(page, "1", "t")
    page.keyboard.type("液压升降无力")
    keys(page, "Escape", "f", "Control+Enter")
    expect(page.locator("#subject:focus")).to_have_value("液压升降无力")
    keys(page, "Control+Enter")
    page.wait_for_url(re.compile(r"/service/\d+"))
    keys(page, "c")  # the panel that says what the order came of leads on
    at_call(page, "客户 9")
    keys(page, "1", "t")
    page.keyboard.type("用得很好，明年还买")
    expect(page.locator("[data-kept-words]")).to_have_text("已存到服务器")
    page.reload()
    expect(page.locator("#note")).to_have_value("用得很好，明年还买")
    page.wait_for_selector("[value=reached]:checked:focus")
    somebody_else = new_context().new_page()
    desk.sign_in(somebody_else, "en")
    somebody_else.goto(page.url)
    expect(somebody_else.locator("main")).to_contain_text("何敏 is at this call now.")
    somebody_else.goto(f"{desk.home}/callback/calling/")
    keys(somebody_else, "c")
    at_call(somebody_else, "客户 11")  # not the one that is being called
    keys(page, "Control+Enter")
    at_call(page, "客户 10")
    keys(page, "1", "Control+Enter")
    page.wait_for_url(re.compile("/callback/calling/$"))
    expect(page.locator("main")).to_contain_text("今天拨打 10 次，接通 6 次")
    what_lies_in_the_database(desk)


def what_lies_in_the_database(desk) -> None:
    ten = Call.customer_id <= 10
    assert desk.rows(Call.result, Call.state, Call.attempts, Call.note, where=ten) == [
        ("reached", "done", 1, ""),
        ("busy", "released", 1, ""),
        ("no_answer", "released", 1, ""),
        ("wrong_number", "missed", 1, ""),
        ("refused", "done", 1, "1 分钟也没有，不要再打"),
        ("reached", "done", 1, ""),
        ("reached", "done", 1, "等了三天才来人"),
        ("reached", "done", 1, "液压升降无力"),
        ("reached", "done", 1, "用得很好，明年还买"),
        ("reached", "done", 1, ""),
    ]
    assert [then for (then,) in desk.rows(Try.then)] == ["", "again", "again", "plan_anew", "end", "", "", "", "", ""]
    tried = dict(desk.rows(Try.call_id, Try.at))
    again = {call: at - tried[call] for call, at in desk.rows(Call.id, Call.next_try_at) if at is not None}
    assert list(again.values()) == [dt.timedelta(minutes=15), dt.timedelta(hours=2)]
    assert desk.rows(Response.channel, Response.comment) == [("phone", "")]
    assert desk.rows(Preference.customer_id, Preference.no_call, Preference.note) == [
        (5, True, "1 分钟也没有，不要再打")
    ]
    assert desk.rows(Promise.kind, Promise.customer_id, Promise.state, Promise.text) == [
        ("number", 4, "open", "号码 138 0013 8003 不对，请核实后在客户档案中更正。"),
        ("promise", 6, "open", "下周寄一份说明书"),
    ]
    limits = desk.rows(Clock.record_id, Clock.state, where=Clock.record_kind == "callback.promise")
    assert limits == [(1, "running"), (2, "running")]
    assert desk.rows(Complaint.customer_id, Complaint.subject) == [(7, "等了三天才来人")]
    assert desk.rows(Order.customer_id, Order.subject) == [(8, "液压升降无力")]
    assert [c for (c,) in desk.rows(Contact.customer_id)] == list(range(1, 11))
    assert {s for (s,) in desk.rows(Contact.state)} == {"settled"}
    assert desk.rows(CallDraft.id) == []


@pytest.mark.parametrize(("viewport", "language"), [("phone", "en")], indirect=True)
def test_a_call_is_made_on_a_phone(desk, page):
    desk.sign_in(page, "en")
    sound(page)
    page.get_by_role("button", name="Next call").or_(page.get_by_role("link", name="Back to the call")).click()
    at_call(page, "客户 11")
    sound(page)
    page.get_by_role("radio", name="Reached", exact=True).check()
    for aspect in ("Attitude", "Skill", "Arrival", "Promises kept"):
        page.get_by_role("group", name=re.compile(aspect)).get_by_role("radio", name="Satisfied", exact=True).check()
    page.get_by_role("button", name="Save, no more calls now").click()
    expect(page.locator("main")).to_contain_text("Today: 1 attempt, 1 reached")
    assert desk.rows(Call.result, Call.state, where=Call.customer_id == 11) == [("reached", "done")]
