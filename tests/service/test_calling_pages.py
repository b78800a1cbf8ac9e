"""Pages of calling and of the phone desk: paged by key, and as many statements however much there is."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from core.settings import set_setting
from core.testing import counted
from plugins.base import services as base
from plugins.base.contracts import CustomerData, PersonData, PhoneData
from plugins.callback.calling_contracts import MissedData
from plugins.callback.contracts import CallData
from plugins.callback.models import Period
from plugins.callback.services import calling, calls, desk
from tests.support.accounts import Site, words_of

NOW = dt.datetime.now(dt.UTC)
FEW, MANY = 3, 30
MORNING = f"Etc/GMT{NOW.hour - 11:+d}"
"""Where it is eleven o'clock now: calls of today are due, and what was missed an hour ago was missed today."""


def furnish(installation) -> None:
    """Two companies alike, one with three of everything, the other with thirty."""
    site = Site(None, installation)
    for code, count in (("few", FEW), ("many", MANY)):
        office = site.office(code, modules=("callback", "workforce"), now=NOW, timezone=MORNING, locale="en")
        people = [site.person(f"{n}@{code}.example", "manager", "agent", company=code) for n in range(count)]
        ctx = office.system(NOW)
        set_setting(ctx, "callback.calendar", "always")
        for n in range(count):
            customer = base.save_customer(ctx, CustomerData(f"Customer {n}"))
            base.add_phone(ctx, customer.id, PhoneData(f"139 0513 84{n:02d}"))
            for day in range(2):
                calls.add_call(ctx, CallData(customer.id, ctx.today + dt.timedelta(days=day), "opinion", people[n]))
        for person in people[:-2]:
            calling.next_call(office.ctx(calling.MAKE, now=NOW, user_id=person))
        ago = [NOW - dt.timedelta(minutes=n) for n in range(count)]
        numbers = [f"+86139051384{n:02d}" for n in range(count)]
        desk.load_missed(ctx, [(MissedData(at, source="import"), n) for at, n in zip(ago, numbers, strict=True)])


@pytest.fixture(scope="module")
def site(databases, database_kind, application):
    with databases.furnished(database_kind, furnish) as installation, application.on(installation.url) as app:
        yield Site(app, installation)


def opened(site, code: str, path: str) -> tuple[str, int]:
    """A page as a manager sees it, and the statements of opening it the second time."""
    browser = site.signed_in(f"0@{code}.example")
    browser.get(f"/c/{code}{path}")
    with counted(site.installation.engine) as seen:
        answer = browser.get(f"/c/{code}{path}")
    assert answer.status_code == 200, answer.text
    return answer.text, len(seen)


@pytest.mark.parametrize(
    "path",
    [
        "/callback/calling/", "/callback/calling/1", "/callback/calling/now", "/callback/calls/", "/callback/desk/",
        "/callback/periods/1", "/callback/periods/1/coverage",
    ],
)  # fmt: skip
def test_a_page_takes_as_many_statements_however_many_calls_there_are(site, path):
    few, many = (path.replace("/1", f"/{n}") for n in ids_of(site, path))
    assert opened(site, "few", few)[1] == opened(site, "many", many)[1]


def ids_of(site, path: str) -> tuple[int, int]:
    """The quarter of today of either company, or the first call; tomorrow may lie in the next one."""
    if "periods" not in path:
        return 1, 2 * FEW + 1
    return tuple(
        site.installation.office(code).system(NOW).session.scalars(sa.select(sa.func.min(Period.id))).one()
        for code in ("few", "many")
    )


def test_who_calls_whom_and_missed_calls_are_paged_by_key(site):
    browser = site.signed_in("0@many.example")
    text = browser.get("/c/many/callback/desk/").text
    assert "To be called back 30 records" in words_of(text)
    first = numbers(text)
    next_page = re.search(r'href="([^"]+)" rel="next"', text)[1].replace("&amp;", "&")
    second = numbers(browser.get(next_page).text)
    assert (len(first), len(second)) == (MANY - 10, 10)
    assert not first & second


def numbers(text: str) -> set[str]:
    """The callers of the table of those to be called back."""
    table = text[text.index("To be called back") : text.index("Missed today")]
    return set(re.findall(r"139 0513 84\d\d(?=</span>)", table))


def test_script_and_questions_are_in_the_language_of_the_customer_or_of_whom_one_speaks_to(site):
    ctx = site.installation.office("few").system(NOW)
    customer = base.save_customer(ctx, CustomerData("Lin Tai", language="zh"))
    base.add_phone(ctx, customer.id, PhoneData("139 0513 8999"))
    base.save_person(ctx, customer.id, PersonData("Lin Mei"))
    smith = base.save_person(ctx, customer.id, PersonData("Mr Smith", language="en")).id
    call = calls.add_call(ctx, CallData(customer.id, ctx.today, "opinion", questionnaire="opinion_card")).id
    ctx.session.close()
    agent = site.signed_in("0@few.example")
    path = f"/c/few/callback/calling/{call}"
    said = read_out(agent.get(path).text)
    assert said == (True, False, True, False)
    assert "Result of the call" in agent.get(path).text, "the agent's own page stays in English"
    with_smith = agent.get(f"{path}?person={smith}").text
    assert read_out(with_smith) == (False, True, False, True)
    assert re.search(rf'<form method="post" class="panel" action="{path}\?person={smith}"', with_smith)
    assert read_out(agent.get(f"{path}?person=999999").text) == said


def test_a_draft_that_came_without_the_key_of_its_form_can_be_sent(site):
    ctx = site.installation.office("few").system(NOW)
    customer = base.save_customer(ctx, CustomerData("Zhao"))
    base.add_phone(ctx, customer.id, PhoneData("139 0513 8998"))
    call = calls.add_call(ctx, CallData(customer.id, ctx.today, "opinion")).id
    ctx.session.close()
    agent, path = site.signed_in("2@few.example"), f"/c/few/callback/calling/{call}"
    agent.post(f"/c/few/callback/calls/{call}/take")
    assert agent.post(f"{path}/draft", {"result": "reached", "note": "Asked for oil"}).status_code == 204
    text = agent.get(path).text
    assert "Asked for oil" in text
    key = re.search(r'name="token"[^>]*value="([^"]+)"', text)[1]
    who = re.search(r'<select[^>]*name="promise_for".*?value="([^"]+)"', text, re.DOTALL)[1]
    sent = {"token": key, "promise_for": who, "result": "reached", "phone": "+8613905138998", "step": "stop"}
    assert agent.post(path, sent).location == "/c/few/callback/calling/"
    assert "This call has its result already." in words_of(agent.get(path).text)


def read_out(text: str) -> tuple[bool, bool, bool, bool]:
    """Whether the script and the questions are in Chinese, in English: (script zh, script en, question zh, en)."""
    words = words_of(text)
    return ("现在方便接听吗" in words, "Good day" in words, "很满意" in words, "Very satisfied" in words)
