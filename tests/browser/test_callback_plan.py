"""The plan of a quarter in a browser: planned, reviewed on its calendar, moved by keyboard and by drag, released."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from core.db import system_session
from core.testing import Installation
from plugins.base import services as base
from plugins.base.contracts import CustomerData, PhoneData, ProductData, UnitData
from plugins.callback.models import Call, Period
from plugins.callback.services import calls
from tests.support import policy_site
from tests.support.accounts import PASSWORD, Site
from tests.support.browser import accessibility_violations
from tests.support.server import serve

NOW = dt.datetime.now(dt.UTC)


def next_quarter() -> dt.date:
    """The first day of the quarter after this one: all of it lies ahead."""
    first = NOW.date().replace(month=(NOW.month - 1) // 3 * 3 + 1, day=1)
    return (first + dt.timedelta(days=95)).replace(day=1)


def furnish(installation: Installation) -> None:
    """Two agents, and six customers whose units were delivered: each is called in a quarter."""
    site = Site(None, installation)
    office = site.office("acme", locale="en", now=NOW)
    policy_site.apply(office, "defence")
    site.person("boss@acme.example", "manager", company="acme", name="Boss")
    for name in ("Li", "Wang"):
        site.person(f"{name.lower()}@acme.example", "agent", company="acme", name=name)
    ctx = office.system(NOW)
    radio = base.save_product(ctx, ProductData("R-1", "Radio"))
    for n in range(6):
        owner = base.save_customer(ctx, CustomerData(f"Unit {n}", "company"))
        base.add_phone(ctx, owner.id, PhoneData(f"138 0013 80{n:02d}"))
        delivered = next_quarter() - dt.timedelta(days=80)
        base.save_unit_record(ctx, UnitData(radio.id, f"SN-{n}", customer_id=owner.id, delivery_date=delivered))
    calls.open_period(ctx, next_quarter())


@pytest.fixture
def home(databases, application):
    """On SQLite only: what a browser shows is the same on either database."""
    with (
        databases.furnished("sqlite", furnish) as installation,
        application.on(installation.url) as app,
        serve(app) as address,
    ):
        yield f"{address}/c/acme", installation


def rows(installation) -> dict[int, tuple[dt.date, int, bool]]:
    """Call → its day, its agent, whether a person has placed it."""
    with system_session(installation.engine, "test reads what the page wrote") as session:
        found = session.execute(sa.select(Call.id, Call.day, Call.assignee_id, Call.pinned))
        return {row[0]: (row[1], row[2], row[3]) for row in found}


def state(installation) -> str:
    with system_session(installation.engine, "test reads what the page wrote") as session:
        return session.scalars(sa.select(Period.state)).one()


def link_to(page, day: dt.date, agent: int):
    return page.locator(f"[data-plan] a[data-day='{day}'][data-agent='{agent}']")


def free_day(page, taken, agent: int) -> dt.date:
    """A day shown on which the agent works and makes no call yet."""
    shown = page.locator(f"[data-plan] a[data-agent='{agent}']").evaluate_all("all => all.map(a => a.dataset.day)")
    return next(d for d in map(dt.date.fromisoformat, shown) if d not in {day for day, _who, _pin in taken.values()})


def test_a_quarter_is_planned_reviewed_moved_approved_and_released_on_its_page(home, page):
    address, installation = home
    page.goto(f"{address}/callback/periods/1")
    page.fill("input[name=email]", "boss@acme.example")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(re.compile("/periods/1$"))
    page.get_by_role("button", name="Plan the quarter").click()
    expect(page.get_by_role("link", name="It is being planned; this takes a moment.")).to_be_visible()
    installation.worker(dt.datetime.now(dt.UTC)).run_until_idle()
    planned = rows(installation)
    assert len(planned) == 6

    by_keys, (day, agent, _pinned) = next(iter(planned.items()))
    page.goto(f"{address}/callback/periods/1?month={day:%Y-%m}")
    assert accessibility_violations(page) == []
    cells = page.locator(f"[data-plan] a[data-agent='{agent}']")
    cells.first.focus()
    for _step in range(31):
        if page.evaluate("document.activeElement.dataset.day") == str(day):
            break
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"day={day}"))
    target = free_day(page, planned, agent)
    page.locator(f"#call-{by_keys}").focus()
    page.keyboard.press("Space")
    page.locator("input[name=day]").fill(str(target))
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 call moved")).to_be_visible()
    assert rows(installation)[by_keys] == (target, agent, True)

    month = sorted(planned.items(), key=lambda item: item[1])
    by_drag, (day, agent, _pinned) = next((k, v) for k, v in month if k != by_keys)
    page.goto(f"{address}/callback/periods/1?month={day:%Y-%m}&day={day}&agent={agent}")
    target = free_day(page, rows(installation), agent)
    page.locator(f"[data-call='{by_drag}']").drag_to(link_to(page, target, agent))
    expect(page.get_by_text("1 call moved")).to_be_visible()
    assert rows(installation)[by_drag] == (target, agent, True)

    page.goto(f"{address}/callback/periods/1?month={target:%Y-%m}&day={target}&agent={agent}")
    page.locator(f"#call-{by_drag}").check()
    page.locator("input[name=day]").fill(str(next_quarter() + dt.timedelta(days=400)))
    page.get_by_role("button", name="Move the chosen calls").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    assert page.locator("input[name=day]").input_value() == str(next_quarter() + dt.timedelta(days=400))
    assert rows(installation)[by_drag] == (target, agent, True), "what is refused changes nothing"

    for press, then in (("Approve the plan", "approved"), ("Release the plan", "released")):
        page.goto(f"{address}/callback/periods/1")
        page.get_by_role("button", name=press).click()
        page.wait_for_load_state("networkidle")
        assert state(installation) == then
