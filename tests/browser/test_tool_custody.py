"""A technician takes a tool into custody on a phone: finds it under My work, signs with a finger, keeps it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from plugins.inventory.services import custody
from plugins.inventory.tool_contracts import HandOver
from tests.support.accounts import PASSWORD, Site
from tests.support.browser import accessibility_violations
from tests.support.server import serve
from tests.support.tool_site import NOW, furnish, tool


def furnish_with_people(installation) -> None:
    furnish(installation)
    office = installation.office("acme")
    site = Site(None, installation, {"acme": office})
    for number, locale in (("D-1", "zh"), ("T-1", "en")):
        person = site.person(f"fitter_{locale}@example.com", "technician", name="Zhao Qiang", locale=locale)
        ctx = office.system(NOW)
        custody.hand_over(ctx, tool(ctx, number).id, HandOver(person))


@pytest.fixture(scope="module")
def site(databases, application):
    with (
        databases.furnished("sqlite", furnish_with_people) as installation,
        application.on(installation.url) as app,
        serve(app) as address,
    ):
        yield address, installation


@pytest.mark.parametrize(
    ("language", "viewport", "scheme"), [("zh", "phone", "light"), ("en", "phone", "dark")], indirect=True
)
def test_a_tool_is_accepted_with_a_signature_on_a_phone(site, page, language, viewport):
    address, installation = site
    number = {"zh": "D-1", "en": "T-1"}[language]
    page.goto(f"{address}/login")
    page.fill("input[name=email]", f"fitter_{language}@example.com")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(re.compile("/c/acme/$"))
    page.get_by_role("link", name=re.compile(f"Tool {number}")).first.click()
    page.wait_for_url(re.compile(r"/inventory/custodies/\d+$"))
    box = page.locator("[data-sign-pad] canvas")
    expect(box).to_be_visible()
    assert accessibility_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing sticks out"
    box.scroll_into_view_if_needed()
    edge = box.bounding_box()
    page.mouse.move(edge["x"] + 40, edge["y"] + 60)
    page.mouse.down()
    page.mouse.move(edge["x"] + 120, edge["y"] + 30, steps=6)
    page.mouse.move(edge["x"] + 200, edge["y"] + 80, steps=6)
    page.mouse.up()
    page.locator("#accept button.btn-primary").click()
    expect(page.locator(".inv-signed img")).to_be_visible()
    assert accessibility_violations(page) == []
    ctx = installation.office("acme").system(NOW)
    assert tool(ctx, number).state == "custody"
    page.goto(f"{address}/c/acme/")
    expect(page.get_by_text({"zh": "我保管的工具", "en": "What I keep"}[language])).to_be_visible()
