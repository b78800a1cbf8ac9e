"""Pages of dispatch: what an agent's people reach, what is kept when something is wrong, what they cost."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from core.api import emit, transaction
from core.companies.services import save_unit
from core.testing import counted
from plugins.base import services as base
from plugins.base.contracts import CustomerData
from plugins.service import services
from plugins.service.contracts import OrderData, PlanData
from plugins.service.models import Appointment, Assignment, Order
from tests.support.accounts import Site, words_of

pytestmark = pytest.mark.one_database

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
C = "/c/acme"


@pytest.fixture
def site(databases, database_kind, application):
    with databases.furnished(database_kind, furnish) as installation, application.on(installation.url) as app:
        yield Site(app, installation, {"acme": installation.office("acme")})


def furnish(installation):
    made = Site(None, installation)
    ctx = made.office("acme", modules=["service"], locale="en", now=NOW - 9 * DAY).system(NOW - 9 * DAY)
    save_unit(ctx, "north", "North centre", "centre", "hq", region="Xuzhou")
    save_unit(ctx, "agent", "Xinhe agents", "agent", "hq", region="Suqian")
    base.save_customer(ctx, CustomerData("Ma Dongsheng"))
    made.person("boss@acme.example", "manager", name="Sun Wei")
    for mailbox, name, role, unit in (
        ("agent", "Qian Duo", "manager", "agent"), ("chen", "Chen Mei", "technician", "agent"),
        ("li", "Li Hai", "technician", "north"),
    ):  # fmt: skip
        user_id = made.account(f"{mailbox}@acme.example", name)
        made.join(user_id, role, unit=unit, scope="units")


def opened(site, address: str = "Tongshan, Xuzhou", now=None, **values) -> int:
    ctx = site.office().system(now or NOW)
    given = {"subject": "Weak lift", "address": address, "work_kind": "free", "work_kind_reason": "Warranty", **values}
    with ctx.session:
        return services.open_order(ctx, OrderData(**given)).id


def rows(site, model) -> list:
    with site.office().system().session as session:
        found = list(session.scalars(sa.select(model).order_by(model.id)))
        session.expunge_all()
    return found


def person(site, name: str) -> str:
    page = site.signed_in("boss@acme.example").get(f"{C}/service/{rows(site, Order)[0].id}/plan").text
    return re.search(rf'name="user_id" value="(\d+)"(?:(?!</label>).)*{name}', page, re.S)[1]


def test_an_agents_people_reach_their_own_organisations_orders_and_no_others(site):
    ours, theirs = opened(site, "Suqian", subject="Ours rattles"), opened(site, subject="Theirs leaks")
    agent = site.signed_in("agent@acme.example")
    for path in ("/service/dispatch", "/service/?tab=all", "/service/?tab=to_dispatch&view=board", "/"):
        text = agent.get(C + path).text
        assert "Ours rattles" in text
        assert "Theirs leaks" not in text
    for path in (f"/service/{theirs}", f"/service/{theirs}/plan"):
        assert agent.get(C + path).status_code == 404
    for action in ("assign", "appoint", "call_off", "helper", "unhelp", "assess", "refer"):
        sent = agent.post(f"{C}/service/{theirs}/plan/{action}", {"user_id": "1"}, page=f"{C}/service/{ours}/plan")
        assert sent.status_code == 404, action
    text = words_of(agent.get(f"{C}/service/{ours}/plan").text)
    assert "Chen Mei" in text
    assert "Li Hai" not in text
    assert [o.state for o in rows(site, Order)] == ["requested", "requested"]


def test_who_may_not_dispatch_opens_neither_the_board_nor_its_actions(site):
    order_id = opened(site)
    technician = site.signed_in("li@acme.example")
    assert technician.get(f"{C}/service/dispatch").status_code == 403
    page = technician.get(f"{C}/service/{order_id}/plan")
    assert page.status_code == 200
    assert "plan/assign" not in page.text
    sent = technician.post(f"{C}/service/{order_id}/plan/assign", {"user_id": "1"}, page=f"{C}/service/{order_id}/plan")
    assert (sent.status_code, rows(site, Assignment)) == (403, [])


def test_an_order_is_sent_from_the_board_with_a_time_that_the_customer_agreed_to(site):
    order_id = opened(site, now=NOW - 2 * DAY)
    boss = site.signed_in("boss@acme.example")
    board = boss.get(f"{C}/service/dispatch").text
    assert "Not dispatched before today: first now" in words_of(board)
    tomorrow = (NOW + 2 * DAY).date().isoformat()
    plan = f"{C}/service/{order_id}/plan?back=board&day={tomorrow}&slot=10:00-12:00"
    text = boss.get(plan).text
    version = re.search(r'name="version"[^>]*value="(\d+)"', text)[1]
    sent = {
        "user_id": person(site, "Li Hai"), "day": tomorrow, "slot": "10:00-12:00", "agreed": "y", "back": "board",
        "person_name": "Ma", "how": "phone", "mail_to": "ma@example.com", "version": version,
    }  # fmt: skip
    answer = boss.post(f"{C}/service/{order_id}/plan/assign", sent, page=plan)
    assert (answer.status_code, answer.location) == (302, f"{C}/service/dispatch?day={tomorrow}")
    (made,), (agreed,) = rows(site, Assignment), rows(site, Appointment)
    assert (made.starts_at, made.ends_at) == (agreed.starts_at, agreed.ends_at)
    assert agreed.mailed_to == "ma@example.com"
    assert "Works in North centre, which serves it" in [r["en"] for r in made.reasons]
    day = words_of(boss.get(f"{C}/service/dispatch?day={tomorrow}").text)
    assert f"{rows(site, Order)[0].number} 10:00–12:00 planned" in day
    assert "Ma" in words_of(boss.get(f"{C}/service/{order_id}").text)


def test_the_orders_page_proposes_people_and_one_button_sends_the_best(site):
    order_id = opened(site)
    boss = site.signed_in("boss@acme.example")
    page = f"{C}/service/{order_id}"
    text = boss.get(page).text
    assert text.index('class="rec-gates') < text.index('class="rec-main')  # what is missing is read first on a phone
    proposals = text[text.index('<section id="dispatch">') :]
    first = re.search(r'name="user_id" value="(\d+)"[^>]*>.*?Send ([^<]+)</button>', proposals, re.S)
    assert (first[1], first[2]) == (person(site, "Li Hai"), "Li Hai")
    assert 'name="note"' not in proposals[: proposals.index("</section>")]  # one way to send, not two
    sent = {"user_id": first[1], "version": re.search(r'name="version"[^>]*value="(\d+)"', proposals)[1]}
    answer = boss.post(f"{page}/plan/assign", sent, page=page)
    assert (answer.status_code, answer.location) == (302, page)
    (made,) = rows(site, Assignment)
    assert (made.user_id, rows(site, Order)[0].state) == (int(first[1]), "dispatched")
    assert "Send Li Hai" not in boss.get(page).text
    assert boss.post(f"{page}/dispatch", sent, page=page).status_code == 404


def test_what_dispatch_waits_for_is_named_in_the_head_and_its_button_leads_to_where_it_is_met(site):
    order_id = opened(site)
    ctx = site.office().system(NOW)
    with ctx.session, transaction(ctx):
        order = ctx.session.get(Order, order_id)
        order.steps = {**order.steps, "triage": {}}
        emit(ctx, "service.noted", order, text="test")
        services.accept(ctx, order_id)
    text = site.signed_in("boss@acme.example").get(f"{C}/service/{order_id}").text
    assert f'href="{C}/service/{order_id}/plan#assessment">Judge it</a>' in text
    assert '<section id="dispatch">' not in text
    assert "Dispatch 1 thing missing" in words_of(text[: text.index('class="rec-g"')])


def test_my_work_shows_technicians_where_they_go_and_dispatchers_the_day_of_their_people(site):
    order_id = opened(site, subject="Lift <b>weak</b>")
    boss, li = site.signed_in("boss@acme.example"), site.signed_in("li@acme.example")
    assert "No time agreed" not in words_of(li.get(f"{C}/").text)
    who = int(person(site, "Li Hai"))
    ctx = site.office().system(NOW)
    with ctx.session:
        services.assign(ctx, order_id, who, PlanData())
    text = li.get(f"{C}/").text.partition("<main")[2]
    assert "Lift &lt;b&gt;weak&lt;/b&gt;" in text
    shown = words_of(text)
    assert shown.index("My day") < shown.index("No time agreed") < shown.index("Arrive") < shown.index("Waits for me")
    assert "People today" not in shown
    shown = words_of(boss.get(f"{C}/").text)
    lane = shown[shown.index("People today") :]
    assert "Li Hai North centre 1 open order" in lane
    assert f'action="{C}/service/visits/arrive/{order_id}"' in text


def test_a_time_that_is_over_comes_back_with_what_was_typed(site):
    order_id = opened(site)
    boss = site.signed_in("boss@acme.example")
    page = f"{C}/service/{order_id}/plan"
    version = re.search(r'name="version"[^>]*value="(\d+)"', boss.get(page).text)[1]
    yesterday = (NOW - 2 * DAY).date().isoformat()
    sent = {"day": yesterday, "slot": "10:00-12:00", "person_name": "Aunt Wu", "how": "phone", "version": version}
    answer = boss.post(f"{page}/appoint", sent, page=page)
    assert answer.status_code == 422
    assert "This time is over already. Choose one that lies ahead." in words_of(answer.text)
    assert 'value="Aunt Wu"' in answer.text
    assert rows(site, Appointment) == []


def test_two_visits_at_overlapping_times_stand_below_each_other_on_the_board(site):
    first = opened(site)
    who, tomorrow = int(person(site, "Li Hai")), (NOW + DAY).date()
    for order_id, hours in ((first, (2, 4)), (opened(site), (3, 5)), (opened(site), (4, 6))):
        ctx = site.office().system(NOW)
        starts, ends = (dt.datetime.combine(tomorrow, dt.time(h), dt.UTC) for h in hours)
        with ctx.session:
            services.assign(ctx, order_id, who, PlanData(starts, ends))
    board = site.signed_in("boss@acme.example").get(f"{C}/service/dispatch?day={tomorrow}").text
    lane = board[board.index("Li Hai") :]
    assert re.findall(r'<rect class="plan" x="[^"]+" y="(\d+)"', lane) == ["2", "20", "2"]
    assert re.search(r'<svg class="load" width="100%" height="(\d+)"', lane)[1] == "38"
    numbers = re.findall(r'href="[^"]+/service/\d+">([^<]+)</a>', lane)
    assert [number[-4:] for number in numbers] == ["0001", "0002", "0003"]


def test_the_board_takes_the_same_number_of_statements_for_two_orders_and_sixty(site):
    def taken(path: str) -> int:
        boss.get(path)
        with counted(site.installation.engine) as made, counted(engine) as more:
            assert boss.get(path).status_code == 200
        return len(made) + len(more)

    from core.web.database import db

    with site.app.app_context():
        engine = db.engine
    boss = site.signed_in("boss@acme.example")
    first = opened(site, now=NOW - 2 * DAY)
    opened(site)
    paths = (f"{C}/service/dispatch", f"{C}/service/{first}/plan", f"{C}/service/{first}")
    few = [taken(path) for path in paths]
    who = int(person(site, "Li Hai"))
    for number in range(24):
        order_id = opened(site, now=NOW - (number % 2) * DAY)
        if number % 3 == 0:
            ctx = site.office().system(NOW)
            with ctx.session:
                services.assign(ctx, order_id, who, PlanData())
    for number in range(5):
        site.join(site.account(f"t{number}@acme.example", f"Tech {number}"), "technician", unit="north")
    assert [taken(path) for path in paths] == few
