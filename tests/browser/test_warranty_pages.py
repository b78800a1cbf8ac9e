"""Warranty card, quote with consent, contract, claim and terms, walked in a browser: by keyboard, in both themes."""

from __future__ import annotations

import re

import pytest

from plugins.warranty.models import Quote
from tests.support.accounts import PASSWORD
from tests.support.browser import accessibility_violations
from tests.support.server import serve
from tests.support.warranty_site import furnish, places

WORDS = {
    "zh": {"agreed": "客户同意", "left": "保修期内，剩"},
    "en": {"agreed": "Agreed by the customer", "left": "In warranty,"},
}


@pytest.fixture(scope="module")
def desk(databases, application):
    with (
        databases.furnished("sqlite", furnish) as installation,
        application.on(installation.url) as app,
        serve(app) as address,
    ):
        yield address, installation


@pytest.mark.parametrize(
    ("language", "viewport", "scheme"), [("zh", "desktop", "light"), ("en", "phone", "dark")], indirect=True
)
def test_the_pages_of_warranty_are_walked(desk, page, language, viewport):
    address, installation = desk
    words, at = WORDS[language], places(installation.office("acme"))
    page.goto(f"{address}/login")
    page.fill("input[name=email]", f"admin_{language}@example.com")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(re.compile("/c/acme/$"))
    home = f"{address}/c/acme"

    page.goto(home + at["card"])
    assert page.locator(".periods progress").count() >= 1
    assert words["left"] in page.locator("h1").inner_text()
    sound(page)

    page.goto(home + at["quote"])
    sound(page)
    steps_stand_apart(page)
    if language == "zh":
        page.focus("#answer input[name=who]")
        page.keyboard.press("Control+a")
        page.keyboard.type("陈宇")
        page.keyboard.press("Enter")
        page.wait_for_selector(".flash.ok")
        assert words["agreed"] in page.locator("h1").inner_text()
        ctx = installation.office("acme").system()
        assert ctx.session.query(Quote.state).one() == ("accepted",)

    for name in ("contract", "claim"):
        page.goto(home + at[name])
        assert page.locator(".tag", has_text=words["left"]).count() >= 1
        steps_stand_apart(page)
        sound(page)

    page.goto(f"{home}/warranty/terms/")
    sound(page)
    if viewport == "desktop":
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/warranty/terms/\d+$"))
        sound(page)


def sound(page) -> None:
    """Nothing for axe to find, and nothing wider than the window."""
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert accessibility_violations(page) == []


def steps_stand_apart(page) -> None:
    """No step's words run into those of the next."""
    boxes = page.evaluate(
        "[...document.querySelectorAll('.steps li > span:last-child')].map(s => { const r = document.createRange();"
        " r.selectNodeContents(s); const b = r.getBoundingClientRect(); return [b.left, b.right]; })"
    )
    assert len(boxes) > 1
    assert all(one[1] <= other[0] for one, other in zip(boxes, boxes[1:], strict=False))
