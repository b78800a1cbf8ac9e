"""On a phone: a technician asks for parts, the storekeeper picks and sends them, the technician accepts what came."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from plugins.inventory.contracts import LocationData
from plugins.inventory.services.places import save_location
from tests.support.accounts import PASSWORD, Site
from tests.support.browser import accessibility_violations
from tests.support.server import serve
from tests.support.stock_site import NOW, furnish, put, there


def furnish_with_people(installation) -> None:
    furnish(installation)
    office = installation.office("acme")
    site = Site(None, installation, {"acme": office})
    site.person("keeper_en@example.com", "storekeeper", name="Ma Li", locale="en")
    wang = site.person("tech_en@example.com", "technician", name="Wang Tao", locale="en")
    ctx = office.system(NOW)
    save_location(ctx, LocationData("T-1", "Store of Wang Tao", "technician", user_id=wang))
    put(ctx, "BELT", 10)


@pytest.fixture(scope="module")
def store(databases, application):
    with (
        databases.furnished("sqlite", furnish_with_people) as installation,
        application.on(installation.url) as app,
        serve(app) as address,
    ):
        yield address, installation


def signed_in(page, address: str, who: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{address}/login")
    page.fill("input[name=email]", f"{who}_en@example.com")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(re.compile("/c/acme/$"))


@pytest.mark.parametrize(("language", "viewport", "scheme"), [("en", "phone", "light")], indirect=True)
def test_parts_are_asked_for_picked_and_accepted_on_a_phone(store, page):
    address, installation = store
    signed_in(page, address, "tech")
    page.goto(f"{address}/c/acme/inventory/my-store")
    assert accessibility_violations(page) == []
    page.get_by_role("link", name="Ask for parts").click()
    page.fill("#part", "BELT")
    page.fill("#quantity", "3")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Ask for the parts").click()
    expect(page.locator("h1")).to_contain_text("To be handed over")
    assert accessibility_violations(page) == []
    request = page.url

    signed_in(page, address, "keeper")
    page.goto(f"{address}/c/acme/inventory/part-requests/")
    page.get_by_role("link", name=re.compile("^LL")).first.click()
    page.wait_for_url(request)
    page.get_by_role("link", name="Pick", exact=True).click()
    expect(page.get_by_role("heading", name="Pick list")).to_be_visible()
    assert accessibility_violations(page) == []
    page.get_by_role("button", name="Picked").click()
    page.get_by_role("button", name="Send it there").click()
    expect(page.locator("#sent")).to_contain_text("Sent, in transit")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing sticks out"

    signed_in(page, address, "tech")
    page.goto(f"{address}/c/acme/inventory/my-store")
    page.locator("#coming").get_by_role("link", name=re.compile("Accept the goods")).click()
    expect(page.get_by_role("heading", name="Accept the goods")).to_be_visible()
    assert accessibility_violations(page) == []
    page.get_by_role("button", name="Accept the goods").click()
    expect(page.locator("h1")).to_contain_text("All received or decided")
    after = {key: int(q) for key, q in there(installation.office("acme").system(NOW)).items()}
    assert after == {("BELT", "MAIN"): 7, ("BELT", "T-1"): 3}
