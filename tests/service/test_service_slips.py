"""Signed slips of agents: sent under a clock, judged by headquarters and nobody else, seen by their own agent only."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa

from core.api import Conflict, Forbidden, Invalid, NotFound, RecordRef, find_clock, gates, use_locale
from core.notifications import Notification
from core.worker import Worker
from plugins.service import life, services
from plugins.service.contracts import ORDER
from plugins.service.models import Slip, SlipPage
from plugins.service.queries import orders as order_queries
from plugins.service.queries import slips as queries
from plugins.service.services import slips
from plugins.service.slip_contracts import SLIP, SLIP_CHECK, SLIP_DUE, SlipData
from tests.support.accounts import Site
from tests.support.agent_site import HOUR, NOW, PNG, acting, done, furnish, ids, moment, want, working
from tests.support.dispatch_site import opened

SIGNED = SlipData([("slip.png", PNG), ("back.pdf", b"%PDF-1.7 back")], "Ma", once="form:1")
DAY = 24 * HOUR


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnished) as installation:
        yield installation.office("acme")


def furnished(installation):
    furnish(installation, {"when": {"by_agent": True, "kind": "on_site"}, "then": {"step": "slip"}})


def settle(office, now=NOW) -> Worker:
    worker = office.installation.worker(now)
    worker.run_until_idle()
    return worker


def clock(office, order_id: int, kind: str = SLIP_DUE):
    return find_clock(office.system(), RecordRef(ORDER, order_id), kind)


def open_gates(office, order_id: int) -> list[str]:
    ctx = office.system(NOW)
    found = gates(ctx, life.WORKFLOW.transition("close"), order_queries.get_order(ctx, order_id))
    return [g.text for g in found if g.open]


def told_of(office, user_id: int) -> list[str]:
    query = sa.select(Notification.text).where(Notification.record_kind == SLIP, Notification.user_id == user_id)
    return list(office.system().session.scalars(query))


def count(office, model) -> int:
    return office.system().session.scalar(sa.select(sa.func.count(model.id)))


def test_the_slip_is_due_three_working_days_after_the_work_and_headquarters_have_two_more(office):
    order_id = done(office)
    settle(office)
    assert (clock(office, order_id).due_at, clock(office, order_id).state) == (moment("2026-03-06 18:00"), "running")
    assert open_gates(office, order_id) == ["The signed slip is missing"]
    slip = slips.send_slip(acting(office, "chen", NOW + HOUR), order_id, SIGNED)
    assert (slip.number, slip.state, slip.sent_by, slip.signed_by) == (1, "waiting", "Chen Mei", "Ma")
    pages = queries.pages_of(office.system(), slip.id)
    assert [(p.number, p.file.name, p.file.media_type) for p in pages] == [
        (1, "slip.png", "image/png"), (2, "back.pdf", "application/pdf"),
    ]  # fmt: skip
    assert clock(office, order_id).state == "met"
    assert clock(office, order_id, SLIP_CHECK).due_at == moment("2026-03-05 18:00")
    assert open_gates(office, order_id) == ["The signed slip waits for headquarters"]
    slips.accept_slip(acting(office, "boss", NOW + 2 * HOUR), slip.id)
    assert (clock(office, order_id, SLIP_CHECK).state, open_gates(office, order_id)) == ("met", [])
    assert services.close(office.system(NOW + 3 * HOUR), order_id).state == "closed"


def test_one_that_comes_back_has_its_reason_lets_the_limit_go_on_and_is_followed_by_another(office):
    order_id = done(office)
    settle(office)
    first = slips.send_slip(acting(office, "chen", NOW + HOUR), order_id, SIGNED)
    with pytest.raises(Invalid, match="Say what is wrong with it"):
        slips.send_slip_back(acting(office, "boss"), first.id, " ")
    back = slips.send_slip_back(acting(office, "boss", NOW + DAY + HOUR), first.id, "Nobody can read who signed")
    assert (back.state, back.judged_by) == ("sent_back", "Sun Wei")
    assert (clock(office, order_id).state, clock(office, order_id).due_at) == ("running", moment("2026-03-09 18:00"))
    assert open_gates(office, order_id) == ["The signed slip came back: Nobody can read who signed"]
    assert told_of(office, ids(office)["chen"]) == ["The signed slip of {number} came back: {reason}"]
    second = slips.send_slip(acting(office, "chen", NOW + 2 * DAY), order_id, SlipData([("a.png", PNG)]))
    assert (second.number, second.state) == (2, "waiting")
    third = slips.send_slip(acting(office, "chen", NOW + 2 * DAY), order_id, SlipData([("b.png", PNG)]))
    states = [(s.number, s.state) for s in queries.slips_of(office.system(), order_id)]
    assert states == [(3, "waiting"), (2, "replaced"), (1, "sent_back")]
    with pytest.raises(Conflict, match="A later slip has taken its place"):
        slips.accept_slip(acting(office, "boss"), second.id)
    slips.accept_slip(acting(office, "boss"), third.id)
    with pytest.raises(Conflict, match="was judged already"):
        slips.accept_slip(acting(office, "boss"), third.id)
    with pytest.raises(Conflict, match="Headquarters have accepted the slip"):
        slips.send_slip(acting(office, "chen"), order_id, SlipData([("c.png", PNG)]))
    slips.send_slip_back(acting(office, "boss"), third.id, "The original says something else")
    assert open_gates(office, order_id) == ["The signed slip came back: The original says something else"]


def test_sent_twice_with_one_key_it_is_one_slip(office):
    order_id = done(office)
    sent = {slips.send_slip(acting(office, "chen"), order_id, SIGNED).id for _time in range(2)}
    assert (len(sent), count(office, Slip), count(office, SlipPage)) == (1, 1, 2)


@pytest.mark.parametrize(
    ("pages", "why"),
    [
        ([], "Add a photo or scan"),
        ([("slip.png", b"no picture")], "is not what its name says"),
        ([("slip.exe", PNG)], "can't be attached"),
        ([("slip.txt", b"signed")], "is no photo and no PDF"),
        ([("slip.png", PNG)] * 13, "At most 12 pages"),
    ],
)
def test_what_is_no_slip_is_refused_and_nothing_is_kept(office, pages, why):
    order_id = done(office)
    with pytest.raises(Invalid, match=why):
        slips.send_slip(acting(office, "chen"), order_id, SlipData(pages))
    assert count(office, Slip) == 0


def test_before_the_work_and_after_closing_none_is_taken(office):
    early = opened(office, "Suqian")
    with pytest.raises(Conflict, match="has not begun yet"):
        slips.send_slip(acting(office, "chen"), early, SIGNED)
    order_id = done(office)
    settle(office)
    services.close(office.system(NOW), order_id, waive={"service.slip": "The customer moved away"})
    with pytest.raises(Conflict, match="is closed. Reopen it first"):
        slips.send_slip(acting(office, "chen"), order_id, SIGNED)
    settle(office, NOW + HOUR)
    assert (clock(office, order_id).state, count(office, Slip)) == ("cancelled", 0)


def test_the_limit_ends_while_the_work_goes_on_again_and_begins_anew_with_its_end(office):
    order_id = done(office)
    settle(office)
    services.object_to_result(office.system(NOW + HOUR), order_id, "Still weak")
    settle(office, NOW + HOUR)
    assert clock(office, order_id).state == "cancelled"


def test_neither_the_agent_nor_who_sent_it_judges_and_another_agent_does_not_even_see_it(office):
    order_id = done(office)
    slip = slips.send_slip(acting(office, "chen"), order_id, SIGNED)
    for name, why in (("agent", "Headquarters judge the slips of an agent"), ("chen", ".")):
        with pytest.raises(Forbidden, match=why):
            slips.accept_slip(acting(office, name), slip.id)
    mine = slips.send_slip(acting(office, "boss"), done(office), SlipData([("x.png", PNG)]))
    with pytest.raises(Forbidden, match="Somebody else judges"):
        slips.accept_slip(acting(office, "boss"), mine.id)
    for act in (
        lambda ctx: slips.accept_slip(ctx, slip.id), lambda ctx: slips.send_slip_back(ctx, slip.id, "No"),
        lambda ctx: slips.mail_original(ctx, slip.id, "SF 1"), lambda ctx: slips.take_original(ctx, slip.id),
        lambda ctx: slips.send_slip(ctx, order_id, SlipData([("y.png", PNG)])),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            act(acting(office, "gao"))
    assert queries.get_slip(office.system(), slip.id).state == "waiting"
    assert list(acting(office, "gao").session.scalars(queries.rows_of(office.system()))) == []


def test_the_original_is_mailed_and_comes_in(office):
    slip = slips.send_slip(acting(office, "chen"), done(office), SIGNED)
    with pytest.raises(Invalid, match="Give the carrier"):
        slips.mail_original(acting(office, "chen"), slip.id, "")
    slips.mail_original(acting(office, "chen", NOW + HOUR), slip.id, "SF 1093")
    here = slips.take_original(acting(office, "boss", NOW + 2 * DAY), slip.id)
    assert (here.tracking, here.original_at) == ("SF 1093", NOW + 2 * DAY)
    with pytest.raises(Conflict, match="is here already"):
        slips.take_original(acting(office, "boss"), slip.id)


def test_the_role_that_the_step_names_is_told_and_judges(office):
    row = {"when": {"by_agent": True}, "then": {"step": "slip", "role": "finance"}}
    want(office, "service.steps", row)
    fay = office.person("fay@acme.example", "finance", name="Fay")
    slip = slips.send_slip(acting(office, "chen"), done(office), SIGNED)
    with pytest.raises(Forbidden, match="Only the role “Finance” judges this slip"):
        slips.accept_slip(acting(office, "boss"), slip.id)
    assert told_of(office, fay) == ["The signed slip of {number} is to be judged"]
    assert told_of(office, ids(office)["boss"]) == []


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def site(databases, database_kind, application):
    with databases.furnished(database_kind, signing_in) as installation, application.on(installation.url) as app:
        yield Site(app, installation, {"acme": installation.office("acme")})


def signing_in(installation):
    made = Site(None, installation)
    for mailbox, name in (("boss", "Sun Wei"), ("chen", "Chen Mei"), ("gao", "Gao Feng")):
        made.account(f"{mailbox}@acme.example", name)
    furnished(installation)


@pytest.mark.one_database
def test_on_its_pages_an_agent_sends_headquarters_judge_and_another_agent_finds_nothing(site):
    office = site.office("acme")
    order_id, c = done(office), "/c/acme/service"
    chen, boss, gao = (site.signed_in(f"{n}@acme.example") for n in ("chen", "boss", "gao"))
    assert "Send the signed slip" in chen.get(f"{c}/{order_id}").text

    def form() -> dict:
        return {"token": "abc", "signed_by": "Ma", "pages": (io.BytesIO(PNG), "slip.png")}

    refused = chen.post(f"{c}/{order_id}/slip", data={"token": "abc", "note": "typed"}, page=f"{c}/{order_id}/slip")
    assert (refused.status_code, "Add a photo or scan" in refused.text, "typed" in refused.text) == (422, True, True)
    sent = chen.post(f"{c}/{order_id}/slip", data=form(), page=f"{c}/{order_id}/slip")
    slip_url = sent.headers["Location"]
    slip = queries.newest_of(office.system(), order_id)
    assert slip_url.endswith(f"/service/slips/{slip.id}")
    page = queries.pages_of(office.system(), slip.id)[0]
    theirs = f"/c/acme/files/{page.file_id}"
    for path in (f"{c}/{order_id}/slip", f"{c}/slips/{slip.id}", theirs):
        assert gao.get(path).status_code == 404, path
    own = working(office, "Huaian", "gao")
    for action in ("accept", "back", "mail", "original"):
        given = {"reason": "x", "tracking": "x", "version": str(slip.version)}
        tried = gao.post(f"{c}/slips/{slip.id}/{action}", data=given, page=f"{c}/{own}")
        assert tried.status_code in (403, 404), action
    assert gao.post(f"{c}/{order_id}/slip", data=form(), page=f"{c}/{own}/slip").status_code == 404
    assert order_queries.get_order(office.system(), order_id).number not in gao.get(f"{c}/slips/").text
    assert f"/slips/{slip.id}/accept" not in chen.get(f"{c}/slips/{slip.id}").text
    judged = boss.post(f"{c}/slips/{slip.id}/accept", data={"version": str(slip.version)}, page=f"{c}/slips/{slip.id}")
    assert judged.status_code == 302
    assert queries.get_slip(office.system(), slip.id).state == "accepted"
