"""The storekeeper's day with a scanner, a keyboard that types a code and Enter: no mouse, from the order received to
the shelf counted. And on a phone: what a technician asks for and accepts, a loaner signed for with a finger.
"""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from playwright.sync_api import expect

from core.api import RecordRef, files_of
from core.cli import main
from plugins.inventory.loaner_contracts import LOAN, SIGNATURES
from plugins.inventory.models import Inspection, Loan, StocktakeLine, Transfer
from plugins.inventory.rules.scanning import label_text
from plugins.service.models import Order
from tests.support.accounts import PASSWORD
from tests.support.browser import accessibility_violations
from tests.support.loaner_site import NOW
from tests.support.server import serve
from tests.support.stock_site import there
from tests.support.store_day_site import furnish
from tests.support.visits import picture


@pytest.fixture(scope="module")
def store(databases, application):
    with (
        databases.furnished("sqlite", furnish) as installation,
        application.on(installation.url) as app,
        serve(app) as address,
    ):
        yield f"{address}/c/acme", installation


def label(kind: str, *codes: str) -> str:
    return label_text("acme", kind, *codes)


def balances(installation) -> dict[str, int]:
    return {f"{part} {place}": int(q) for (part, place), q in there(installation.office("acme").system(NOW)).items()}


def newest(installation, number, count: int = 1) -> list[str]:
    """What stands on the newest papers."""
    session = installation.office("acme").system(NOW).session
    return list(session.scalars(sa.select(number).order_by(number.class_.id.desc()).limit(count)))


def sign_in(page, address: str, who: str) -> None:
    page.goto(f"{address.removesuffix('/c/acme')}/login")
    page.fill("input[name=email]", f"{who}@example.com")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(re.compile("/c/acme/$"))


class Scanner:
    """Types codes into the page, each with Enter; waits for what came of it, never for time."""

    def __init__(self, page, address: str):
        self.page, self.address = page, address

    def __call__(self, *codes: str, tone: str = "ok") -> str:
        for code in codes:
            self.page.wait_for_selector("#code:focus")
            once = self.page.input_value("input[name=once]")
            self._type(code)
            self.page.wait_for_function("o => document.querySelector('input[name=once]').value !== o", arg=once)
            said = self.page.inner_text(".inv-said")
            assert self.page.get_attribute("#scan", "data-tone") == tone, f"{code}: {said}"
        return said

    def opens(self, code: str, focused: str) -> None:
        """The page of a label, with the focus where Enter does what is next."""
        self.page.wait_for_selector("#code:focus")
        self._type(code)
        self.page.wait_for_selector(f"{focused}:focus")

    def enter(self, leads_to: str, words: str = "") -> None:
        self._type(words)
        self.page.wait_for_url(re.compile(leads_to))
        self.page.goto(f"{self.address}/inventory/scan")

    def _type(self, code: str) -> None:
        self.page.keyboard.insert_text(code)
        self.page.keyboard.press("Enter")


def assert_sound(page) -> None:
    assert accessibility_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing sticks out"


@pytest.mark.page_errors("4(09|22): ")
@pytest.mark.parametrize(("language", "viewport", "scheme"), [("zh", "desktop", "light")], indirect=True)
def test_a_whole_day_is_nothing_but_scans(store, page, language, viewport, monkeypatch, tmp_path):
    address, installation = store
    sign_in(page, address, "keeper_zh")
    scan = Scanner(page, address)
    page.goto(f"{address}/inventory/scan")

    # what came of an order goes into quarantine, piece by piece; more than was ordered is refused
    scan(label("location", "QUAR"), label("order", "CG2603-0001"), "*5", "BELT")
    assert "BELT：还可收 0" in scan("BELT", tone="bad")
    assert "others" in scan(label_text("others", "part", "BELT"), tone="bad")
    scan("ECU", "E-1")
    assert_sound(page)

    # inspected: the label opens the inspection, Enter releases all of it
    last, first = newest(installation, Inspection.number, 2)
    scan.opens(label("inspection", first), "#decide-quantity")
    assert_sound(page)
    scan.enter(r"/inspections/\d+$")
    scan.opens(last, "#decide-quantity")
    scan.enter(r"/inspections/\d+$")

    # picked for the order, handed to the technician, each begun by its own label
    scan(label("mode", "pick"), *newest(installation, Order.number), "*2", "BELT")
    scan(label("mode", "hand"), "MAIN", label("location", "T-1"), "*3", "BELT")

    # a loaner goes out and comes back
    scan.opens(label("loaner", "JYJ-0001"), "#person")
    assert_sound(page)
    scan.enter(r"/loans/\d+$", "Ma Dongsheng")
    scan.opens("JYJ-0001", "input[name^=grade-]")
    assert_sound(page)
    scan.enter(r"/loans/\d+$")

    # a transfer is sent in the north, and accepted here
    scan(label("mode", "send"), "NORTH", "MAIN", "*2", label("batch", "SEAL", "B-1"), "MAIN")
    (number,) = newest(installation, Transfer.number)
    scan(label("mode", "take"), label("transfer", number), label("batch", "SEAL", "B-1"))
    assert "BELT" in scan("BELT", tone="bad")
    scan("SEAL", "B-1", number)

    # the shelf is counted
    scan(label("mode", "count"), label("location", "SHELF"), "*3", "BELT", "BELT")

    assert balances(installation) == {
        "BELT MAIN": 20, "BELT T-1": 3, "BELT SHELF": 4, "ECU MAIN": 1, "SEAL NORTH": 4, "SEAL MAIN": 2,
        "LOAN-T MAIN": 1, "LOAN-T POOL": 2,
    }  # fmt: skip
    ctx = installation.office("acme").system(NOW)
    assert ctx.session.scalars(sa.select(StocktakeLine.counted)).all() == [4]
    assert ctx.session.scalars(sa.select(Loan.state)).all() == ["back"]
    ctx.session.close()
    monkeypatch.setenv("DATABASE_URL", installation.url)
    monkeypatch.setenv("SANBAO_HOME", str(tmp_path))
    answer = CliRunner().invoke(main, ["inventory", "check", "--company", "acme"])
    assert (answer.exit_code, answer.stdout) == (0, "Every balance is the sum of its moves.\n")


@pytest.mark.parametrize(("language", "viewport", "scheme"), [("en", "phone", "dark")], indirect=True)
def test_what_a_technician_asks_for_is_picked_sent_and_accepted_by_scans_on_a_phone(
    store, page, new_context, language, viewport
):
    address, installation = store
    before = balances(installation)
    scan = Scanner(page, address)
    sign_in(page, address, "tech_en")
    page.goto(f"{address}/inventory/my-store")
    assert_sound(page)
    page.get_by_role("link", name="Ask for parts").click()
    page.fill("#part", "BELT")
    page.fill("#quantity", "3")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Ask for the parts").click()
    expect(page.locator("h1")).to_contain_text("To be handed over")
    assert_sound(page)
    request = page.url

    store_page = new_context().new_page()
    sign_in(store_page, address, "keeper_en")
    store_page.goto(request)
    store_page.get_by_role("link", name="Pick", exact=True).click()
    expect(store_page.get_by_role("heading", name="Pick list")).to_be_visible()
    assert_sound(store_page)
    store_page.get_by_role("link", name="Pick by scanner").click()
    Scanner(store_page, address)("*3", label("part", "BELT"))
    assert_sound(store_page)
    store_page.goto(request)
    store_page.get_by_role("button", name="Send it there").click()
    expect(store_page.locator("#sent")).to_contain_text("Sent, in transit")

    page.goto(f"{address}/inventory/my-store")
    page.locator("#coming").get_by_role("link", name=re.compile("BELT")).click()
    page.get_by_role("link", name="Accept by scanner").click()
    scan("*2", "BELT", "BELT")
    page.get_by_role("button", name="Take the last scan back").click()
    page.wait_for_selector("#scan[data-tone=warn]")
    scan("BELT")
    page.get_by_role("button", name="Accept the goods").click()
    expect(page.locator(".inv-said")).to_contain_text("All of it is there.")
    after = balances(installation)
    moved = {key: q - before.get(key, 0) for key, q in after.items() if q != before.get(key, 0)}
    assert moved == {"BELT MAIN": -3, "BELT T-1": 3}


@pytest.mark.parametrize(("language", "viewport", "scheme"), [("en", "phone", "light")], indirect=True)
def test_a_loaner_is_lent_with_a_photo_and_a_signature_on_a_phone(store, page, language, viewport):
    address, installation = store
    sign_in(page, address, "desk_en")
    page.goto(f"{address}/service/1")
    page.get_by_role("link", name="Lend a loaner").first.click()
    page.wait_for_url(re.compile("/loans/new"))
    assert_sound(page)
    page.click("button[name=hand]")
    page.wait_for_url(re.compile("/hand$"))
    page.locator("#condition label", has_text="Signs of use").first.click()
    page.set_input_files("#photo", {"name": "front.png", "mimeType": "image/png", "buffer": picture()})
    pad = page.locator("[data-sign-pad] canvas")
    pad.scroll_into_view_if_needed()
    edge = pad.bounding_box()
    page.mouse.move(edge["x"] + 40, edge["y"] + 40)
    page.mouse.down()
    page.mouse.move(edge["x"] + 160, edge["y"] + 80, steps=4)
    page.mouse.up()
    page.locator(".inv-do button").click()
    page.wait_for_url(re.compile(r"/loans/\d+$"))
    expect(page.locator("#signed img")).to_be_visible()
    expect(page.locator("body")).to_contain_text("front.png")
    assert_sound(page)
    ctx = installation.office("acme").system(NOW)
    row = ctx.session.get(Loan, int(page.url.rsplit("/", 1)[1]))
    assert (row.state, row.person, row.out_grades["housing"]) == ("out", "Ma Dongsheng", "worn")
    assert len(files_of(ctx, RecordRef(LOAN, row.id), SIGNATURES["out"])) == 1
    page.get_by_role("button", name="Hand-over sheet of a loaner").click()
    drawn = page.get_by_alt_text("Signature when handed out")
    expect(drawn).to_be_visible()
    assert drawn.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    assert_sound(page)
