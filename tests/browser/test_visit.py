"""A visit on a phone, in Chinese: the connection drops in the middle, nothing typed is lost, and it is one visit."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from core.attachments import Attachment
from core.auth.models import User
from core.settings import set_setting
from core.testing import Installation
from plugins.service import services
from plugins.service.contracts import AppointmentData, OrderData
from plugins.service.models import Order, PartLine, Rating, RoundPlace, Sent, Signature, Visit
from plugins.service.round_contracts import GENERAL_LIST
from plugins.service.services import rounds
from tests.support import visits as site
from tests.support.accounts import PASSWORD, Site
from tests.support.browser import accessibility_violations
from tests.support.server import serve


def furnish(installation: Installation) -> None:
    """A technician with one order today, whose table asks for signature and rating."""
    now = dt.datetime.now(dt.UTC).replace(microsecond=0) - site.HOUR
    site.furnish(installation, now=now)
    office = installation.office("plain")
    people = Site(None, installation, {"plain": office})
    people.person("phone@example.com", "technician", company="plain", name="李海涛", locale="zh")
    site.want_steps(office, "conduct", "signature", "rating")
    order_id = site.dispatched(office, to="phone", now=now, text="挂挡后有异响", person_phone="13800138000")
    agreed = AppointmentData(now + 2 * site.HOUR, now + 3 * site.HOUR)
    services.appoint(office.system(now), order_id, agreed)


@pytest.fixture(scope="module")
def van(databases, application):
    with (
        databases.furnished("sqlite", furnish) as installation,
        application.on(installation.url) as app,
        serve(app) as address,
    ):
        yield address, installation.office("plain")


@pytest.mark.parametrize(("language", "viewport", "scheme"), [("zh", "phone", "light")], indirect=True)
def test_a_visit_on_a_phone_survives_a_dropped_connection_and_is_one_visit(van, page):
    address, office = van
    sign_in(page, address)
    page.goto(f"{address}/c/plain/service/today")
    assert page.locator("h1").inner_text().startswith("今天 1 单")
    assert re.search(r"\d\d:\d\d–\d\d:\d\d", page.locator(".vcard").inner_text())
    assert page.locator("a[href^='tel:13800138000']").count() == 1
    sound(page)

    page.click("text=到场签到")
    page.wait_for_url(re.compile(r"/service/visits/\d+$"))
    assert page.locator("text=上门规范").count() >= 1
    sound(page)
    page.check("input[name=cause][value=defect]")
    page.wait_for_selector("[data-verdict] .note.ok")
    page.check("input[name=differs][value=no]")
    page.check("input[name=further][value=found]")
    page.fill("#further_text", "左前照灯不亮")
    page.context.set_offline(True)
    page.fill("#done_text", "更换油封")
    page.click("text=下一步：用料")
    page.wait_for_selector("[data-send-state]:has-text('离线')")
    assert count(office, Sent) == 2  # arriving, and the cause
    page.click("text=下一步：用料")  # an impatient second tap
    page.context.set_offline(False)
    page.wait_for_url(re.compile("/parts$"))
    visit = only(office, Visit)
    assert (visit.done_text, visit.further_text, visit.differs) == ("更换油封", "左前照灯不亮", "no")

    page.fill("#name", "油封")
    page.click("[data-step='1'] >> nth=-1")
    page.click("button[value=more]")
    page.wait_for_selector(".steppers li")
    sound(page)
    page.click(".steppers [data-step='1']")
    page.click("text=下一步：客户签字")
    page.wait_for_url(re.compile("/sign$"))
    assert only(office, PartLine).used == 3
    sound(page)

    for aspect in ("attitude", "skill", "arrival", "promises"):
        page.locator(f".grade:has([name=grade-{aspect}]) label").first.click()
    draw(page)
    page.reload()  # what was typed and drawn is still there
    assert page.locator("input[name=grade-skill][value=very_good]").is_checked()
    assert page.input_value("input[name=signature]").startswith("data:image/png")

    # the server has it, its answer is lost on the way
    page.route(re.compile("/sign$"), lose_the_answer, times=1)
    page.click("text=完成这次上门")
    page.wait_for_selector("[data-send-state]:has-text('离线')")
    page.click("text=完成这次上门")
    page.wait_for_url(re.compile("/service/today$"))
    assert page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('sanbao-visit:'))") == []
    assert [count(office, m) for m in (Visit, Signature, Rating)] == [1, 1, 1]
    assert (only(office, Visit).state, only(office, Order).state) == ("ended", "done")

    page.click("text=今天已完成 >> xpath=ancestor::section >> a")
    page.wait_for_selector(".signed img")
    picture = page.locator(".signed img").first
    picture.scroll_into_view_if_needed()  # pictures are fetched when they come in sight
    assert picture.evaluate("i => i.decode().then(() => i.naturalWidth)") == 640
    sound(page)


@pytest.mark.parametrize(("language", "viewport", "scheme"), [("zh", "phone", "light")], indirect=True)
def test_photos_and_the_form_of_a_round_survive_offline_and_a_reload_and_are_sent_once(van, page):
    address, office = van
    place_id = walk_begun(office)
    sign_in(page, address)
    url = f"{address}/c/plain/service/rounds/places/{place_id}"
    page.goto(url)
    page.eval_on_selector_all("#points input[value=ok]", "points => points.forEach(p => p.click())")
    page.set_input_files("#photos-f", [picture("large.png", 2 * 1024 * 1024)])
    page.wait_for_selector("form[data-photos] [data-send-state]:has-text('large.png')")
    assert count(office, Attachment) == 0

    page.context.set_offline(True)
    page.set_input_files("#photos-f", [picture("one.png", 10), picture("two.png", 20)])
    page.wait_for_selector("[data-photo-waiting] li >> nth=1")
    page.click(".nextbar >> text=已检查")
    page.wait_for_selector("#points [data-send-state]:has-text('离线')")
    page.route(re.compile("/(photos|places/[0-9]+)$"), drop_what_is_sent)
    page.context.set_offline(False)  # a page can be read again, nothing can be sent yet
    anothers = {"action": f"{url}/photos", "box": f"{url}/photos", "values": [], "pending": True, "at": 1}
    page.evaluate("e => localStorage.setItem('sanbao-visit:0:left', JSON.stringify(e))", anothers)
    page.reload()
    page.wait_for_selector("[data-photo-waiting] li >> nth=1")
    assert page.locator("[data-photo-waiting] [data-photo-name]").all_inner_texts() == ["one.png", "two.png"]
    assert page.locator("#points input[value=ok]:checked").count() == page.locator("#points input[value=ok]").count()
    sound(page)
    assert count(office, Attachment) == 0

    page.unroute_all()
    page.route(re.compile("/photos$"), lose_the_answer, times=1)  # the server has the first, its answer is lost
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.wait_for_selector("[data-photo-waiting] li")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.wait_for_url(re.compile(r"/service/rounds/(\d+)$"))
    names = [a.file.name for a in office.system().session.scalars(sa.select(Attachment).order_by(Attachment.id))]
    assert [n.rpartition(" ")[2] for n in names] == ["one.png", "two.png"]
    assert office.system().session.get_one(RoundPlace, place_id).state == "checked"
    sent = office.system().session.scalars(sa.select(Sent.what).where(Sent.visit_id.is_(None)).order_by(Sent.id)).all()
    assert sent == ["photo", "photo", "place"]
    left = page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('sanbao-visit:'))")
    assert left == ["sanbao-visit:0:left"]  # what another person left on this phone is not sent as this one's


def drop_what_is_sent(route) -> None:
    """Let pages be read, and nothing be sent."""
    if route.request.method == "POST":
        route.abort("connectionreset")
    else:
        route.continue_()


def walk_begun(office) -> int:
    """The only place of an inspection round for the person with the phone; at most 1 MB per file."""
    ctx = office.system()
    set_setting(ctx, "core.files.largest_mb", 1)
    order = services.open_order(ctx, OrderData(kind="inspection", subject="巡检"))
    user = ctx.session.scalar(sa.select(User.id).where(User.email == "phone@example.com"))
    services.choose_work_kind(ctx, order.id, "free", "Round")
    services.dispatch(ctx, order.id, user)
    found = rounds.begin_round(ctx, order.id, GENERAL_LIST, "泵房")
    return ctx.session.scalar(sa.select(RoundPlace.id).where(RoundPlace.round_id == found.id))


def picture(name: str, size: int) -> dict:
    """A file that begins like a picture and is so large."""
    return {"name": name, "mimeType": "image/png", "buffer": site.picture() + bytes(size)}


def sign_in(page, address: str) -> None:
    """The person with the phone."""
    page.goto(f"{address}/login")
    page.fill("input[name=email]", "phone@example.com")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(re.compile("/c/plain/$"))


def lose_the_answer(route) -> None:
    """Let the request through and drop what comes back."""
    if route.request.method == "POST":
        route.fetch()
        route.abort("connectionreset")
    else:
        route.continue_()


def draw(page) -> None:
    """A stroke in the box for the signature."""
    page.locator("canvas").evaluate("box => box.scrollIntoView({block: 'center'})")
    box = page.locator("canvas").bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 80, steps=5)
    page.mouse.move(box["x"] + 250, box["y"] + 40, steps=5)
    page.mouse.up()


def only(office, model):
    """The one row there is."""
    return office.system().session.scalars(sa.select(model)).one()


def count(office, model) -> int:
    """How many rows there are."""
    return office.system().session.scalar(sa.select(sa.func.count()).select_from(model))


def sound(page) -> None:
    """Nothing for axe to find, and nothing wider than the window."""
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert accessibility_violations(page) == []
