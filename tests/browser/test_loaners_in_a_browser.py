"""A loaner goes out with a photo and comes back, on a phone; closing is not possible in between (GS-15)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from plugins.inventory.models import Loan
from tests.support import loaner_site as site
from tests.support.accounts import PASSWORD, Site
from tests.support.browser import accessibility_violations
from tests.support.loaner_site import furnish
from tests.support.server import serve
from tests.support.visits import picture


def furnish_with_people(installation) -> None:
    furnish(installation)
    people = Site(None, installation, {"acme": installation.office("acme")})
    for locale in ("zh", "en"):
        people.person(f"desk_{locale}@example.com", "dispatcher", name="Qian", locale=locale)
    for _each in range(2):
        site.order(installation.office("acme"))


@pytest.fixture(scope="module")
def desk(databases, application):
    with (
        databases.furnished("sqlite", furnish_with_people) as installation,
        application.on(installation.url) as app,
        serve(app) as address,
    ):
        yield address, installation


@pytest.mark.parametrize(
    ("language", "viewport", "scheme", "order"), [("zh", "phone", "light", 1), ("en", "phone", "dark", 2)],
    indirect=["language", "viewport", "scheme"],
)  # fmt: skip
def test_a_loaner_is_handed_out_with_a_photo_and_taken_back_on_a_phone(desk, page, language, viewport, order):
    address, installation = desk
    words = {
        "zh": ("借出借用机", "借用机未收回", "有使用痕迹", "待整备"),
        "en": ("Lend a loaner", "The loaner is still out", "Signs of use", "to be made ready"),
    }[language]
    page.goto(f"{address}/login")
    page.fill("input[name=email]", f"desk_{language}@example.com")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(re.compile("/c/acme/$"))

    page.goto(f"{address}/c/acme/service/{order}")
    page.locator("a[href*='/inventory/loans/new']", has_text=words[0]).first.click()
    page.wait_for_url(re.compile("/loans/new"))
    assert accessibility_violations(page) == []
    page.click("button[name=hand]")
    page.wait_for_url(re.compile("/hand$"))
    page.fill("#person", "Ma Li")
    page.locator("#condition label", has_text=words[2]).first.click()
    page.set_input_files("#photo", {"name": "front.png", "mimeType": "image/png", "buffer": picture()})
    assert accessibility_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing sticks out"
    page.locator(".inv-do button").click()
    page.wait_for_url(re.compile(r"/loans/\d+$"))
    expect(page.locator("body")).to_contain_text("front.png")
    loan_page = page.url
    assert accessibility_violations(page) == []

    page.goto(f"{loan_page}/back")
    assert accessibility_violations(page) == []
    page.locator(".inv-do button").click()
    page.wait_for_url(re.compile(r"/loans/\d+$"))
    expect(page.locator("h1")).to_contain_text(words[3])
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing sticks out"
    row = installation.office("acme").system().session.get(Loan, int(page.url.rsplit("/", 1)[1]))
    assert (row.state, row.person, row.out_grades["housing"], row.back_grades["housing"]) == (
        "back", "Ma Li", "worn", "worn"
    )  # fmt: skip
