"""The storekeeper scans in a browser: a keyboard that types a code and Enter, nothing else; at a desk, on a phone."""

from __future__ import annotations

import re

import pytest

from plugins.inventory.rules.scanning import label_text
from tests.support.accounts import PASSWORD, Site
from tests.support.browser import accessibility_violations
from tests.support.server import serve
from tests.support.stock_site import NOW, furnish, there


def furnish_with_people(installation) -> None:
    furnish(installation)
    site = Site(None, installation, {"acme": installation.office("acme")})
    for locale in ("zh", "en"):
        site.person(f"keeper_{locale}@example.com", "storekeeper", name="Ma Li", locale=locale)


@pytest.fixture(scope="module")
def store(databases, application):
    with (
        databases.furnished("sqlite", furnish_with_people) as installation,
        application.on(installation.url) as app,
        serve(app) as address,
    ):
        yield address, installation


@pytest.mark.page_errors("422: ")
@pytest.mark.parametrize(
    ("language", "viewport", "scheme"), [("zh", "desktop", "light"), ("en", "phone", "dark")], indirect=True
)
def test_receiving_and_handing_over_are_nothing_but_scans(store, page, language, viewport):
    address, installation = store
    page.goto(f"{address}/login")
    page.fill("input[name=email]", f"keeper_{language}@example.com")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(re.compile("/c/acme/$"))
    before = {key: int(q) for key, q in there(installation.office("acme").system(NOW)).items()}

    def scan(code: str, tone: str = "ok") -> str:
        page.wait_for_selector("#code:focus")
        once = page.input_value("input[name=once]")
        page.keyboard.type(code)
        page.keyboard.press("Enter")
        page.wait_for_function("o => document.querySelector('input[name=once]').value !== o", arg=once)
        assert page.get_attribute("#scan", "data-tone") == tone
        return page.inner_text(".inv-said")

    page.goto(f"{address}/c/acme/inventory/scan")
    assert accessibility_violations(page) == []
    scan(label_text("acme", "location", "MAIN"))
    assert "BELT × 1" in scan("BELT")
    scan("*4")
    assert "BELT × 4" in scan(label_text("acme", "part", "BELT"))
    assert "others" in scan(label_text("others", "part", "BELT"), "bad")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing sticks out"
    page.locator("#mine button").first.click()
    page.wait_for_selector("#scan[data-tone=warn]")

    page.goto(f"{address}/c/acme/inventory/scan?mode=hand")
    scan("MAIN")
    scan("VAN")
    scan("BELT")
    after = {key: int(q) for key, q in there(installation.office("acme").system(NOW)).items()}
    assert after.get(("BELT", "VAN"), 0) == before.get(("BELT", "VAN"), 0) + 1
    assert after.get(("BELT", "MAIN"), 0) == before.get(("BELT", "MAIN"), 0)
    assert accessibility_violations(page) == []
