"""Returns (RMA): expected by the company's table, sent, received, examined; chased; received by headquarters only."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import Conflict, Forbidden, Invalid, NotFound, RecordRef, find_clock, gates, issue_document, use_locale
from core.events import Event
from core.mail.models import Mail
from core.notifications import Notification
from plugins.base import services as base
from plugins.base.contracts import UnitData
from plugins.base.queries import unit_by_serial
from plugins.service import life, services
from plugins.service.contracts import OrderData, ResultData
from plugins.service.models import Rma
from plugins.service.queries import orders as order_queries
from plugins.service.queries import rma as queries
from plugins.service.rma_contracts import (
    ANALYSIS_REPORT,
    RMA,
    RMA_ARRIVE,
    RMA_EXAMINE,
    RMA_LABEL,
    RMA_SEND,
    ExamineData,
    ReceiveData,
    RmaData,
    SendData,
)
from plugins.service.services import rma, workshop
from plugins.service.visit_contracts import PartData
from plugins.service.workshop_contracts import EntryData, ItemData
from tests.support.accounts import Site
from tests.support.agent_site import HOUR, NOW, acting, done, furnish, ids, moment, want, working

DAY = 24 * HOUR
BOARD = RmaData("Main board", part_number="MB-7", serial="B-100", reason="Exchanged in warranty", once="form:1")
GOOD = ReceiveData("Clean, sealed", "b 100")


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnished) as installation:
        yield installation.office("acme")


def furnished(installation):
    furnish(installation, {"when": {"by_agent": True}, "then": {"step": "rma"}})
    office = installation.office("acme")
    want(
        office, "service.rma_rules",
        {"when": {"what": "part", "part": "Screw"}, "then": {"comes_back": False}},
        {"when": {"what": "part", "by_agent": True}, "then": {"comes_back": True, "why": "Old parts go to the maker"}},
        {"when": {"kind": "analysis", "what": "unit"}, "then": {"comes_back": True}},
    )  # fmt: skip


def clock(office, rma_id: int, kind: str):
    return find_clock(office.system(), RecordRef(RMA, rma_id), kind)


def of(office, order_id: int) -> list[Rma]:
    return queries.returns_of(office.system(), order_id)


def open_gates(office, order_id: int, step: str = "close") -> list[str]:
    ctx = office.system(NOW)
    found = gates(ctx, life.WORKFLOW.transition(step), order_queries.get_order(ctx, order_id))
    return [g.text for g in found if g.open and "FH2603" in g.text]


def told(office) -> list[int]:
    query = sa.select(Notification.user_id).where(Notification.record_kind == RMA).order_by(Notification.id)
    return list(office.system().session.scalars(query))


def expected(office, order_id: int | None = None, data: RmaData = BOARD, now=NOW) -> Rma:
    return rma.expect(acting(office, "chen", now), order_id or working(office), data)


def sent(office, **values) -> Rma:
    item = expected(office, **values)
    return rma.send(acting(office, "chen", NOW + DAY), item.id, SendData("SF", "SF 1093"))


# --- expected ---------------------------------------------------------------------------------------------------------


def test_a_part_used_on_a_visit_comes_back_where_the_table_says_so_once_and_not_when_it_was_not_used(office):
    order_id = working(office)
    chen = acting(office, "chen")
    visit = services.arrive(chen, order_id, "a")
    services.save_parts(chen, visit.id, {}, "p1", PartData("Main board", "MB-7"))
    services.save_parts(chen, visit.id, {}, "p2", PartData("Screw"))
    services.save_parts(chen, visit.id, {}, "p3", PartData("Wrench", kind="tool"))
    item = of(office, order_id)[0]
    assert [(r.name, r.quantity, r.state) for r in of(office, order_id)] == [("Main board", Decimal(1), "expected")]
    assert (item.number, item.part_number, item.owner_id, item.reason) == (
        "FH2603-0001", "MB-7", ids(office)["chen"], "Old parts go to the maker",
    )  # fmt: skip
    assert (item.to_unit_id, item.expected_at) == (ids(office)["unit:hq"], NOW)
    assert clock(office, item.id, RMA_SEND).due_at == moment("2026-03-10 18:00")
    line = item.source.removeprefix("part:")
    services.save_parts(chen, visit.id, {line: Decimal(2)}, "p4")
    assert [(r.id, r.quantity) for r in of(office, order_id)] == [(item.id, Decimal(2))]
    services.save_parts(chen, visit.id, {line: Decimal(0)}, "p5")
    gone = of(office, order_id)[0]
    assert (gone.state, gone.end_reason) == ("withdrawn", "The part was not used after all")
    assert (clock(office, item.id, RMA_SEND).state, open_gates(office, order_id)) == ("cancelled", [])


def test_a_part_on_a_repair_card_comes_back_until_its_line_is_struck_out(office):
    order_id = working(office)
    chen = acting(office, "chen")
    thing = workshop.take_in(chen, order_id, ItemData("Scratched"))
    workshop.add_entry(chen, thing.id, EntryData("work", "Board exchanged", 30))
    entry = workshop.add_entry(chen, thing.id, EntryData("part", "Main board", None, "MB-7", Decimal(1)))
    assert [(r.source, r.state) for r in of(office, order_id)] == [(f"entry:{entry.id}", "expected")]
    workshop.strike_entry(chen, thing.id, entry.id, "Wrong line")
    assert [r.state for r in of(office, order_id)] == ["withdrawn"]


def test_a_unit_that_was_exchanged_comes_back_once_however_often_it_is_told(office):
    want(office, "service.rma_rules", {"when": {"what": "unit"}, "then": {"comes_back": True}})
    ctx = office.system(NOW)
    device = unit_by_serial(ctx, "FH-1")
    order_id = services.open_order(ctx, OrderData(subject="Dead", address="Suqian", device_id=device.id)).id
    for _time in range(2):
        rma.follow_unit_exchange(office.system(NOW), device.id, "exchange:7")
    item = of(office, order_id)[0]
    assert (len(of(office, order_id)), item.what, item.name, item.serial) == (1, "unit", "Tractor", "FH-1")
    other = base.save_unit_record(ctx, UnitData(device.product_id, "FH-9"))
    rma.follow_unit_exchange(office.system(NOW), other.id, "exchange:8")
    assert office.system().session.scalar(sa.select(sa.func.count(Rma.id))) == 1


def test_by_hand_it_is_expected_with_who_sends_it_and_sent_twice_is_one(office):
    order_id = working(office)
    made = {expected(office, order_id).id for _time in range(2)}
    assert len(made) == 1
    for change, why in (
        ({"name": " "}, "Say what it is"), ({"quantity": Decimal(0)}, "above 0"), ({"owner_id": 999}, "who works here"),
        ({"what": "x"}, "not one of the choices"), ({"to_unit_id": 99}, "organisation unit"),
    ):  # fmt: skip
        with pytest.raises(Invalid, match=why):
            rma.expect(acting(office, "chen"), order_id, RmaData(**{"name": "Fan", **change}))
    assert len(of(office, order_id)) == 1


# --- sent, received ---------------------------------------------------------------------------------------------------


def test_it_is_sent_with_tracking_number_comes_in_is_examined_and_settled_under_a_clock_each(office):
    item = expected(office)
    assert clock(office, item.id, RMA_SEND).due_at == moment("2026-03-10 18:00")
    with pytest.raises(Invalid, match="Say how it was sent"):
        rma.send(acting(office, "chen"), item.id, SendData(" "))
    rma.send(acting(office, "chen", NOW + DAY), item.id, SendData("SF", "SF 1093"))
    assert (clock(office, item.id, RMA_SEND).state, clock(office, item.id, RMA_ARRIVE).due_at) == (
        "met", moment("2026-03-15 00:00"),
    )  # fmt: skip
    boss = acting(office, "boss", NOW + 3 * DAY)
    back = rma.receive(boss, item.id, GOOD)
    assert (back.state, back.serial_verdict, back.received_by, back.condition) == (
        "received", "same", "Sun Wei", "Clean, sealed",
    )  # fmt: skip
    assert (clock(office, item.id, RMA_ARRIVE).state, clock(office, item.id, RMA_EXAMINE).due_at) == (
        "met", moment("2026-03-13 18:00"),
    )  # fmt: skip
    news = office.system().session.scalars(sa.select(Event).where(Event.name == "service.rma_received")).one()
    known = {k: news.facts[k] for k in ("number", "part_number", "serial", "quantity", "to")}
    assert known == {"number": "FH2603-0001", "part_number": "MB-7", "serial": "B-100", "quantity": "1", "to": "hq"}
    rma.examine(acting(office, "boss", NOW + 4 * DAY), item.id, ExamineData("confirmed", "C12 burst"))
    ended = rma.close(acting(office, "boss", NOW + 5 * DAY), item.id, "supplier")
    assert (ended.state, ended.result, ended.disposal, clock(office, item.id, RMA_EXAMINE).state) == (
        "closed", "confirmed", "supplier", "met",
    )  # fmt: skip


def test_received_twice_is_refused_with_who_received_it_when(office):
    item = sent(office)
    rma.receive(acting(office, "boss", NOW + 3 * DAY), item.id, GOOD)
    with pytest.raises(Conflict, match="has come in already: 6 March 2026, received by Sun Wei"):
        rma.receive(acting(office, "boss", NOW + 4 * DAY), item.id, GOOD)
    assert of(office, item.order_id)[0].received_at == NOW + 3 * DAY


def test_another_serial_number_is_taken_only_on_purpose_with_the_reason_or_refused_and_sent_anew(office):
    item = sent(office)
    boss = acting(office, "boss", NOW + 3 * DAY)
    with pytest.raises(Invalid, match="This is B-101; B-100 is expected. Take it all the same with the reason"):
        rma.receive(boss, item.id, ReceiveData("Clean", "B-101"))
    with pytest.raises(Invalid, match="Say why another one is taken"):
        rma.receive(boss, item.id, ReceiveData("Clean", "B-101", take_it=True))
    assert of(office, item.order_id)[0].state == "sent"
    refused = rma.refuse(boss, item.id, "B-101 of somebody else; goes back to Xinhe")
    assert (refused.state, refused.tracking, clock(office, item.id, RMA_SEND).state) == ("expected", "", "running")
    assert told(office) == [ids(office)["chen"]]
    rma.send(acting(office, "chen", NOW + 4 * DAY), item.id, SendData("SF", "SF 2"))
    taken = rma.receive(
        acting(office, "boss", NOW + 5 * DAY), item.id, ReceiveData("Clean", "B-102", None, True, "Misread on site")
    )
    assert (taken.serial, taken.serial_received, taken.serial_verdict, taken.serial_reason) == (
        "B-100", "B-102", "taken", "Misread on site",
    )  # fmt: skip


def test_a_serial_number_that_belongs_to_another_return_is_said_to(office):
    item = sent(office)
    other = expected(office, None, RmaData("Main board", serial="B-200"))
    with pytest.raises(Invalid, match=f"This is B-200, which belongs to {other.number}: receive it there"):
        rma.receive(acting(office, "boss", NOW + 3 * DAY), item.id, ReceiveData("Clean", "B-200"))


def test_neither_before_it_was_expected_nor_in_the_future(office):
    item = expected(office)
    for at, why in ((NOW + 9 * DAY, "later than now"), (NOW - 9 * DAY, "before it was expected")):
        with pytest.raises(Invalid, match=why):
            rma.send(acting(office, "chen", NOW + DAY), item.id, SendData("SF", sent_at=at))


def test_written_off_with_the_reason_and_received_when_it_turns_up_after_all(office):
    item = expected(office)
    with pytest.raises(Forbidden):
        rma.write_off(acting(office, "chen"), item.id, "Lost")
    with pytest.raises(Invalid, match="Give a reason"):
        rma.write_off(acting(office, "boss"), item.id, " ")
    lost = rma.write_off(acting(office, "boss", NOW + DAY), item.id, "Thrown away by the customer")
    assert (lost.state, lost.end_reason, clock(office, item.id, RMA_SEND).state) == (
        "written_off", "Thrown away by the customer", "cancelled",
    )  # fmt: skip
    back = rma.receive(acting(office, "boss", NOW + 2 * DAY), item.id, GOOD)
    assert (back.state, back.end_reason) == ("received", "")


def test_closing_waits_until_everything_is_back_where_the_step_says_so(office):
    order_id = done(office)
    item = expected(office, order_id)
    assert open_gates(office, order_id) == ["FH2603-0001 is not back yet: Main board"]
    rma.receive(acting(office, "boss", NOW + HOUR), item.id, GOOD)
    assert open_gates(office, order_id) == []
    assert services.close(office.system(NOW + HOUR), order_id).state == "closed"


# --- analysis ---------------------------------------------------------------------------------------------------------


def test_a_return_for_analysis_is_expected_when_accepted_examined_before_done_and_told_before_it_closes(office):
    ctx = office.system(NOW)
    device = unit_by_serial(ctx, "FH-1")
    data = OrderData(
        "analysis", "Stops now and then", device_id=device.id, person_name="Ma", work_kind="free",
        work_kind_reason="Warranty",
    )  # fmt: skip
    order_id = services.open_order(ctx, data).id
    assert of(office, order_id) == []
    services.accept(office.system(NOW), order_id)
    item = of(office, order_id)[0]
    assert (item.purpose, item.what, item.serial, item.name) == ("analysis", "unit", "FH-1", "Tractor")
    assert open_gates(office, order_id, "finish") == ["FH2603-0001 has not been examined yet"]
    boss = acting(office, "boss", NOW + DAY)
    with pytest.raises(Invalid, match="Enter the serial number: FH-1 is expected"):
        rma.receive(boss, item.id, ReceiveData("Muddy"))
    rma.receive(boss, item.id, ReceiveData("Muddy", "FH-1"))
    with pytest.raises(Invalid, match="Write down what was found"):
        rma.examine(boss, item.id, ExamineData("confirmed"))
    with pytest.raises(Conflict, match="has not been examined yet"):
        issue_document(boss, ANALYSIS_REPORT, queries.get_return(boss, item.id))
    rma.examine(boss, item.id, ExamineData("confirmed", "Loose earth lead"))
    report = issue_document(boss, ANALYSIS_REPORT, queries.get_return(boss, item.id))
    assert (report.number, report.facts["result"], report.facts["found"]) == (
        "FX2603-0001", "Fault confirmed", "Loose earth lead",
    )  # fmt: skip
    services.finish(office.system(NOW + DAY), order_id, ResultData("solved", "Loose earth lead", "defect"))
    assert open_gates(office, order_id) == ["The customer was not told the result of FH2603-0001"]
    with pytest.raises(Invalid, match="Enter the customer's mail address"):
        rma.tell_result(boss, item.id, "email", "")
    rma.tell_result(boss, item.id, "email", "", "ma@example.com")
    mail = office.system().session.scalars(sa.select(Mail)).one()
    assert (mail.recipient, "Fault confirmed" in mail.body, "Loose earth lead" in mail.body) == (
        "ma@example.com", True, True,
    )  # fmt: skip
    assert open_gates(office, order_id) == []


def test_the_label_is_printed_while_it_is_on_its_way(office):
    item = expected(office)
    label = issue_document(acting(office, "chen"), RMA_LABEL, item)
    assert (label.facts["number"], label.facts["to"], label.facts["from"]) == ("FH2603-0001", "Acme", "Xinhe agents")
    rma.receive(acting(office, "boss", NOW + DAY), item.id, GOOD)
    with pytest.raises(Conflict, match="no longer on its way"):
        issue_document(acting(office, "chen"), RMA_LABEL, queries.get_return(office.system(), item.id))


# --- chasing, finding, whose ------------------------------------------------------------------------------------------


def test_who_has_to_send_it_is_chased_then_the_head_of_the_agent_then_headquarters_each_once_by_mail(office):
    item = expected(office)
    due, who = moment("2026-03-10 18:00"), ids(office)
    steps = [
        (due - HOUR, []), (due, ["chen"]), (due + 2 * DAY, []), (due + 3 * DAY, ["agent"]), (due + 7 * DAY, ["boss"]),
    ]  # fmt: skip
    heard: list[int] = []
    rma_id, order_id = item.id, item.order_id
    for now, names in steps:
        office.installation.close_sessions()  # each has a connection of a small pool
        ctx = office.system(now)
        for _time in range(2):
            rma.chase(ctx)
        heard += [who[n] for n in names]
        assert told(office) == heard, now
    mails = list(office.system().session.scalars(sa.select(Mail.recipient).order_by(Mail.id)))
    assert mails == [f"{n}@acme.example" for n in ("chen", "agent", "boss")]
    first = office.system().session.scalars(sa.select(Mail).order_by(Mail.id)).first()
    assert first.subject == "Overdue: return FH2603-0001 (Main board)"
    assert "was due on 10 March 2026: Main board, serial number B-100, to Acme" in first.body
    assert of(office, order_id)[0].chase_at is None
    rma.send(acting(office, "chen", due + 8 * DAY), rma_id, SendData("SF"))
    rma.chase(office.system(due + 9 * DAY))
    assert told(office) == heard


def test_it_is_found_by_its_label_rma_serial_or_tracking_number(office):
    item, _other = sent(office), expected(office, None, RmaData("Fan", serial="B-7"))
    ctx = acting(office, "boss")
    for text in ("fh2603-0001", "https://x.example/c/acme/service/rma/" + str(item.id), "b-100", "SF 1093"):
        assert [r.id for r in queries.found_by(ctx, text)] == [item.id], text
    assert queries.found_by(ctx, "") == queries.found_by(ctx, "FH-404") == []


def test_an_agents_people_send_theirs_but_never_receive_them_and_others_find_nothing(office):
    item = sent(office)
    with pytest.raises(Forbidden, match="Acme receives and examines it"):
        rma.receive(acting(office, "agent", NOW + 2 * DAY), item.id, GOOD)
    for act in (
        lambda ctx: rma.send(ctx, item.id, SendData("SF")), lambda ctx: rma.receive(ctx, item.id, GOOD),
        lambda ctx: rma.refuse(ctx, item.id, "No"), lambda ctx: rma.write_off(ctx, item.id, "No"),
        lambda ctx: rma.examine(ctx, item.id, ExamineData("confirmed")),
        lambda ctx: rma.close(ctx, item.id, "scrapped"), lambda ctx: rma.withdraw(ctx, item.id, "No"),
        lambda ctx: rma.tell_result(ctx, item.id, "phone", "Ma"),
        lambda ctx: rma.pass_on(ctx, item.id, 1), lambda ctx: rma.expect(ctx, item.order_id, BOARD),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            act(acting(office, "gao", NOW + 2 * DAY))
    assert queries.found_by(acting(office, "gao"), item.number) == []
    assert of(office, item.order_id)[0].state == "sent"


def test_whoever_leaves_gives_what_is_to_be_sent_to_a_successor(office):
    item = expected(office)
    assert rma.hand_over_returns(office.system(NOW), ids(office)["chen"], ids(office)["agent"]) == 1
    assert of(office, item.order_id)[0].owner_id == ids(office)["agent"]


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
def test_on_its_pages_it_is_expected_sent_found_by_the_code_and_received_and_another_agent_reaches_none_of_it(site):
    office, c = site.office("acme"), "/c/acme/service"
    order_id = working(office, now=dt.datetime.now(dt.UTC) - DAY)
    chen, boss, gao = (site.signed_in(f"{n}@acme.example") for n in ("chen", "boss", "gao"))
    form = {
        "token": "abc", "what": "part", "purpose": "exchange", "name": "Main board", "serial": "B-100", "quantity": "1",
    }  # fmt: skip
    refused = chen.post(f"{c}/{order_id}/rma/new", data={**form, "quantity": "0"})
    assert (refused.status_code, "Main board" in refused.text) == (422, True)
    where = chen.post(f"{c}/{order_id}/rma/new", data=form).headers["Location"]
    item = of(office, order_id)[0]
    assert where.endswith(f"/service/rma/{item.id}")
    assert "Receive" not in chen.get(f"{c}/rma/{item.id}").text.partition('id="tl"')[0].partition("<main")[2]
    page = f"{c}/rma/{item.id}"
    given = {"carrier": "SF", "tracking": "SF 1", "version": str(item.version)}
    assert chen.post(f"{page}/send", data=given, page=page).status_code == 302
    own = working(office, "Huaian", "gao", now=dt.datetime.now(dt.UTC) - DAY)
    for path in (f"{c}/{order_id}/rma/new", page):
        assert gao.get(path).status_code == 404, path
    for action in ("send", "receive", "refuse", "examine", "tell", "close", "write_off", "withdraw", "pass"):
        tried = gao.post(f"{page}/{action}", data={"reason": "x", "carrier": "x"}, page=f"{c}/{own}/rma/new")
        assert tried.status_code in (403, 404), action
    assert item.number not in gao.get(f"{c}/rma/?tab=all").text
    assert item.number not in gao.get(f"{c}/rma/find?q=B-100").text
    found = boss.get(f"{c}/rma/find?q={item.number.lower()}")
    assert found.headers["Location"].endswith(f"{page}#receive")
    assert "Nothing is expected under" in boss.get(f"{c}/rma/find?q=nonsense").text
    version = str(of(office, order_id)[0].version)
    given = {"serial": "B-1", "condition": "Clean", "version": version}
    wrong = boss.post(f"{page}/receive", data=given, page=page)
    assert (wrong.status_code, "This is B-1; B-100 is expected" in wrong.text) == (422, True)
    assert "Clean" in wrong.text
    assert boss.post(f"{page}/receive", data={**given, "serial": "B-100"}, page=page).status_code == 302
    again = boss.post(f"{page}/receive", data={**given, "serial": "B-100"}, page=page)
    assert (again.status_code, "has come in already" in again.text) == (409, True)
