"""Dispatch: proposals with reasons, who may not go, appointments, triage, who sees what, the dispatcher's day."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from core.api import Conflict, Event, Forbidden, Invalid, Mail, NotFound, label, transaction, use_locale
from core.notifications import Notification
from core.search import search_records
from core.testing import counted, moment
from plugins.service import life, services
from plugins.service.contracts import AppointmentData, PlanData
from plugins.service.models import Appointment, Order
from plugins.service.queries import appointments, dispatch, people
from plugins.service.queries import orders as queries
from plugins.service.services.dispatching import reason_words
from tests.support.dispatch_site import NOW, YESTERDAY, acting, furnish, ids, opened

NINE, ELEVEN = moment("2026-03-03 09:00"), moment("2026-03-03 11:00")
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


class Fit(tuple):
    """An answer of the hook that tells more than it has to."""

    def __new__(cls, told, held=(), lacking=(), on_roster=()):
        answer = super().__new__(cls, told)
        answer.fit = SimpleNamespace(held=held, lacking=lacking, on_roster=on_roster)
        return answer


@pytest.fixture
def knows_people(monkeypatch):
    """A module that answers ``people_for_order``: what is put in is what it says, counted."""
    told: dict[int, tuple] = {}
    asked: list[int] = []

    def ask(ctx, hook, **given):
        assert hook == "people_for_order"
        asked.append(given["order"].id)
        return told

    monkeypatch.setattr(people, "ask", ask)
    return told, asked


def assign(office, order_id, who, plan=None, as_="boss", now=NOW, **more):
    ctx = acting(office, as_, now)
    with ctx.session:
        services.assign(ctx, order_id, ids(office)[who], plan or PlanData(), **more)


def sent(office, order_id) -> list[tuple[str, str, bool, str]]:
    ctx = office.system()
    rows = sorted(dispatch.assignments_of(ctx, order_id), key=lambda a: a.id)
    names = queries.names_of(ctx, [r.user_id for r in rows])
    return [(names[r.user_id], r.part, r.standing, r.ended_reason) for r in rows]


# --- proposals ------------------------------------------------------------------------------------------------------


def test_people_are_ranked_with_reasons_that_add_up(office, knows_people):
    told, asked = knows_people
    who = ids(office)
    told.update({
        who["li"]: Fit((True, ["Has “Service permit”"]), held=("Service permit",), on_roster=("Day",)),
        who["wang"]: Fit((False, ["“Service permit” expired on 2026-02-28"]), lacking=("Service permit",)),
        who["chen"]: (True, []),
        who["boss"]: (True, []),
    })  # fmt: skip
    busy, new = opened(office), opened(office, distance_km=18)
    assign(office, busy, "li", PlanData(NINE, ELEVEN))
    asked.clear()
    ctx = office.system(NOW)
    order = queries.get_order(ctx, new)
    found = dispatch.candidates(ctx, order, NINE + HOUR, ELEVEN + HOUR)
    assert asked == [new], "the module that knows people is asked once for all"
    li = found[0]
    number = queries.get_order(ctx, busy).number
    assert [(label(reason_words(li, r.code)), r.points) for r in li.reasons] == [
        ("Certified for it", 30), (f"Has {number} at that time", -25), ("Works in North centre, which serves it", 20),
        ("On duty then", 15), ("18 km away", 15), ("Open orders: 1", 10),
    ]  # fmt: skip
    assert (li.points, li.may_go) == (65, True)
    assert [c.name for c in found if c.may_go] == ["Li Hai", "Chen Mei", "Sun Wei"]
    unfit = {c.name: c.words for c in found if not c.may_go}
    assert unfit["Wang Zhi"] == ("“Service permit” expired on 2026-02-28",)


def test_who_was_at_the_customer_before_is_proposed_before_one_who_was_not(office):
    device = office.system().registry.kinds["base.unit"].model
    unit = office.system().session.scalars(sa.select(device)).one()
    before, again = (opened(office, device_id=unit.id, now=now) for now in (YESTERDAY, NOW))
    assign(office, before, "wang", now=YESTERDAY)
    services.start(office.system(YESTERDAY), before)
    services.cancel(office.system(NOW), before, "Test")
    ctx = office.system(NOW)
    found = dispatch.candidates(ctx, queries.get_order(ctx, again), NINE, ELEVEN)
    assert found[0].name == "Wang Zhi"
    assert [r.points for r in found[0].reasons if r.code == "knows_unit"] == [12]


# --- who may not go -------------------------------------------------------------------------------------------------


def test_nobody_is_sent_who_may_not_go_and_nothing_is_changed_then(office, knows_people):
    told, _asked = knows_people
    who = ids(office)
    told.update({who["wang"]: (False, ["On leave until 2026-03-06"]), who["li"]: (True, [])})
    order_id = opened(office)
    with pytest.raises(Conflict, match="Wang Zhi may not be sent: On leave until 2026-03-06"):
        assign(office, order_id, "wang", PlanData(NINE, ELEVEN, agreed=True))
    ctx = office.system(NOW)
    with transaction(ctx), pytest.raises(Conflict):  # whoever catches the refusal finds nothing half done
        services.dispatch(ctx, order_id, who["wang"])
    order = queries.get_order(office.system(), order_id)
    assert (order.state, order.assignee_id, sent(office, order_id)) == ("accepted", None, [])
    assert appointments.appointment_of(office.system(), order_id) is None
    with pytest.raises(Conflict, match="Wang Zhi may not be sent"):
        services.start(acting(office, "wang"), order_id)  # nor does he begin it unsent
    assign(office, order_id, "li")
    with pytest.raises(Invalid, match="Wang Zhi may not go then: On leave until 2026-03-06"):
        services.add_helper(acting(office, "boss"), order_id, who["wang"])


def test_somebody_with_the_right_waives_it_with_a_reason_on_record(office, knows_people):
    told, _asked = knows_people
    who = ids(office)
    told.update({who["wang"]: (False, ["On leave"])})
    order_id = opened(office)
    ctx = office.ctx(life.VIEW, life.ACCEPT, life.DISPATCH, now=NOW)
    with pytest.raises(Forbidden):
        services.assign(ctx, order_id, who["wang"], PlanData(), waive={"service.fit": "He is near"})
    services.assign(office.system(NOW), order_id, who["wang"], PlanData(), waive={"service.fit": "He is near"})
    waived = office.system().session.scalars(sa.select(Event).where(Event.name == "core.gate_waived")).one()
    assert (waived.facts["key"], waived.facts["reason"]) == ("service.fit", "He is near")
    services.start(acting(office, "wang"), order_id)  # it was waived when he was sent
    assert queries.get_order(office.system(), order_id).state == "working"


# --- assignments ----------------------------------------------------------------------------------------------------


def test_who_was_sent_before_stays_on_record_with_the_reason(office):
    order_id, who = opened(office), ids(office)
    assign(office, order_id, "li", PlanData(NINE, ELEVEN))
    services.add_helper(acting(office, "boss"), order_id, who["wang"])
    assign(office, order_id, "wang")
    services.recall(acting(office, "boss"), order_id, "Parts are missing")
    assert sent(office, order_id) == [
        ("Li Hai", "main", False, "Somebody else was sent"),
        ("Wang Zhi", "helper", False, "Is the main technician now"),
        ("Wang Zhi", "main", False, "Parts are missing"),
    ]


def test_a_helper_is_sent_once_at_the_same_time_and_withdrawn_with_a_reason(office):
    order_id, who, boss = opened(office), ids(office), acting(office, "boss")
    with pytest.raises(Conflict, match="Send the main technician first"):
        services.add_helper(boss, order_id, who["wang"])
    assign(office, order_id, "li", PlanData(NINE, ELEVEN))
    helper = services.add_helper(acting(office, "boss"), order_id, who["wang"])
    assert (helper.starts_at, helper.ends_at) == (NINE, ELEVEN)
    with pytest.raises(Conflict, match="Wang Zhi is sent to it already"):
        services.add_helper(acting(office, "boss"), order_id, who["wang"])
    with pytest.raises(Invalid, match="Give a reason"):
        services.withdraw_helper(acting(office, "boss"), order_id, who["wang"], " ")
    services.withdraw_helper(acting(office, "boss"), order_id, who["wang"], "One is enough")
    assert sent(office, order_id)[1] == ("Wang Zhi", "helper", False, "One is enough")


def test_work_of_somebody_who_leaves_goes_over_with_its_time(office):
    order_id, who = opened(office), ids(office)
    assign(office, order_id, "li", PlanData(NINE, ELEVEN))
    ctx = office.system(NOW)
    services.hand_over_work(ctx, who["li"], who["wang"])
    services.hand_over_assignments(ctx, who["li"], who["wang"])
    assert sent(office, order_id) == [("Li Hai", "main", False, "Handed over"), ("Wang Zhi", "main", True, "")]
    main = dispatch.main_of(office.system(), order_id)
    assert (main.starts_at, main.ends_at) == (NINE, ELEVEN)


# --- appointments ---------------------------------------------------------------------------------------------------


def test_an_appointment_is_changed_with_a_reason_and_the_customer_is_told_by_mail(office):
    order_id = opened(office, person_name="Ma")
    assign(office, order_id, "li")
    ctx = acting(office, "boss")
    services.appoint(ctx, order_id, AppointmentData(NINE, ELEVEN, mail_to="ma@example.com"))
    with pytest.raises(Invalid, match="Say why the time is changed"):
        services.appoint(acting(office, "boss"), order_id, AppointmentData(NINE + HOUR, ELEVEN + HOUR))
    data = AppointmentData(NINE + 5 * HOUR, ELEVEN + 5 * HOUR, reason="Customer is out in the morning")
    services.appoint(acting(office, "boss"), order_id, data)
    rows = list(office.system().session.scalars(sa.select(Appointment).order_by(Appointment.id)))
    assert [(a.starts_at, a.standing, a.ended_reason) for a in rows] == [
        (NINE, False, "Customer is out in the morning"), (NINE + 5 * HOUR, True, ""),
    ]  # fmt: skip
    mail = office.system().session.scalars(sa.select(Mail)).one()
    subject = "Your appointment on 3 March 2026, 09:00–11:00"
    assert (mail.recipient, mail.subject.partition(" (")[0]) == ("ma@example.com", subject)
    assert "Li Hai" in mail.body
    order = queries.get_order(office.system(), order_id)
    main = dispatch.main_of(office.system(), order_id)
    assert (order.promised_at, main.starts_at) == (ELEVEN + 5 * HOUR, NINE + 5 * HOUR)


@pytest.mark.parametrize(
    ("starts", "ends"),
    [("2026-03-03 06:00", "2026-03-03 08:00"), ("2026-03-02 09:00", "2026-03-03 18:00")],
    ids=["over today", "began yesterday"],
)
def test_an_appointment_in_the_past_is_refused_in_words(office, starts, ends):
    order_id = opened(office)
    with pytest.raises(Invalid, match="This time is over already. Choose one that lies ahead"):
        services.appoint(acting(office, "boss"), order_id, AppointmentData(moment(starts), moment(ends)))
    with pytest.raises(Invalid, match="This time is over already"):
        assign(office, order_id, "li", PlanData(moment(starts), moment(ends)))
    assert appointments.appointments_of(office.system(), order_id) == []


def test_a_time_at_which_the_technician_may_not_go_is_refused(office, knows_people):
    told, _asked = knows_people
    who = ids(office)
    told[who["li"]] = (True, [])
    order_id = opened(office)
    assign(office, order_id, "li")
    told[who["li"]] = (False, ["On leave on 2026-03-03"])
    with pytest.raises(Invalid, match="Li Hai may not go then: On leave on 2026-03-03"):
        services.appoint(acting(office, "boss"), order_id, AppointmentData(NINE, ELEVEN))


def test_calling_off_needs_a_reason_and_leaves_the_order_without_a_time(office):
    order_id = opened(office)
    assign(office, order_id, "li", PlanData(NINE, ELEVEN, agreed=True))
    with pytest.raises(Invalid, match="Give a reason"):
        services.call_off(acting(office, "boss"), order_id, "")
    services.call_off(acting(office, "boss"), order_id, "Customer is away")
    order, main = queries.get_order(office.system(), order_id), dispatch.main_of(office.system(), order_id)
    assert (order.promised_at, main.starts_at, order.state) == (None, None, "dispatched")
    with pytest.raises(Conflict, match="No time is agreed"):
        services.call_off(acting(office, "boss"), order_id, "Again")


# --- triage and routing ---------------------------------------------------------------------------------------------


def test_an_order_goes_to_the_unit_that_serves_the_place_and_its_head_is_told(office):
    who = ids(office)
    opened_at = {opened(office, place): place for place in ("Xuzhou", "Suqian", "Lhasa")}
    placed = {opened_at[o.id]: o.unit_id for o in office.system().session.scalars(sa.select(Order))}
    assert placed == {"Xuzhou": who["unit:north"], "Suqian": who["unit:agent"], "Lhasa": who["unit:hq"]}
    office.installation.worker(NOW).run_until_idle()
    told = office.system().session.execute(sa.select(Notification.user_id, Notification.record_id)).all()
    by_person = {}
    for user_id, record_id in told:
        by_person.setdefault(user_id, set()).add(record_id)
    units = {o.id: o.unit_id for o in office.system().session.scalars(sa.select(Order))}
    assert {units[r] for r in by_person[who["head"]]} == {who["unit:north"]}
    assert {units[r] for r in by_person[who["agent"]]} == {who["unit:agent"]}
    assert {units[r] for r in by_person[who["boss"]]} == {who["unit:hq"]}


def test_passing_on_needs_a_reason_and_another_unit_and_the_former_sees_it_no_more(office):
    order_id, who = opened(office), ids(office)
    with pytest.raises(Invalid, match="Choose another organisation unit"):
        services.refer(acting(office, "head"), order_id, who["unit:north"], "Ours")
    with pytest.raises(Invalid, match="Give a reason"):
        services.refer(acting(office, "head"), order_id, who["unit:agent"], "")
    services.refer(acting(office, "head"), order_id, who["unit:agent"], "Nearer to them")
    assert queries.get_order(acting(office, "agent"), order_id).unit_id == who["unit:agent"]
    with pytest.raises(NotFound):
        queries.get_order(acting(office, "head"), order_id)


def test_judging_sets_the_urgency_and_its_limits_and_needs_the_right(office):
    order_id = opened(office)
    with pytest.raises(Forbidden):
        services.assess(acting(office, "li"), order_id, "Pump", "urgent")
    before = queries.get_order(office.system(), order_id).urgent_at
    services.assess(acting(office, "head"), order_id, "Pump; take a seal kit", "urgent")
    order = queries.get_order(office.system(), order_id)
    assert order.urgency == "urgent"
    assert order.urgent_at < before
    assert [t.text for t in dispatch.triage_of(office.system(), order_id)] == ["Pump; take a seal kit"]


# --- who sees what --------------------------------------------------------------------------------------------------


def test_an_agents_people_find_their_own_organisations_orders_only(office):
    ours, theirs = opened(office, "Suqian"), opened(office, "Xuzhou")
    ctx = acting(office, "agent")
    assert [o.id for o in ctx.session.scalars(sa.select(Order))] == [ours]
    assert [o.id for o in ctx.session.scalars(dispatch.backlog())] == [ours]
    assert dispatch.day_counts(ctx).to_dispatch == 1
    assert [w.name for w in people.workers(ctx)] == ["Chen Mei", "Qian Duo"]
    assert [lane.name for lane in dispatch.day(ctx, ctx.today).lanes] == ["Chen Mei", "Qian Duo"]
    with pytest.raises(NotFound):
        services.assign(ctx, theirs, ids(office)["chen"], PlanData())
    office.installation.worker(NOW).run_until_idle()
    assert [f.record_id for f in search_records(acting(office, "agent"), "Weak lift")] == [ours]
    assert {f.record_id for f in search_records(acting(office, "boss"), "Weak lift")} == {ours, theirs}


# --- yesterday's first, few statements --------------------------------------------------------------------------------


def test_what_was_not_dispatched_yesterday_comes_first_however_urgent_todays_is(office):
    old = opened(office, now=YESTERDAY, urgency="low")
    urgent = opened(office, urgency="urgent")
    inquiry = opened(office, now=YESTERDAY, kind="inquiry")
    ctx = acting(office, "boss")
    rows = ctx.session.scalars(dispatch.backlog().order_by(dispatch.carried_first(ctx), Order.urgent_at, Order.id))
    assert [o.id for o in rows] == [old, urgent]
    counts = dispatch.day_counts(ctx)
    assert (counts.to_dispatch, counts.carried_over) == (2, 1)
    assert not dispatch.is_carried_over(ctx, queries.get_order(ctx, inquiry))


def test_the_day_takes_as_many_statements_for_forty_orders_as_for_one(office):
    def statements() -> int:
        ctx = acting(office, "boss")
        order = queries.get_order(ctx, first)
        with counted(office.installation.engine) as made:
            dispatch.day(ctx, ctx.today)
            dispatch.day_counts(ctx)
            dispatch.candidates(ctx, order, NINE, ELEVEN)
        return len(made)

    first = opened(office, customer_id=None)
    statements()  # what is read once per process is read now
    one = statements()
    for number in range(8):
        order_id = opened(office)
        if number % 2:
            assign(office, order_id, "li", PlanData(NINE, ELEVEN))
    for number in range(6):
        office.person(f"t{number}@acme.example", "technician", name=f"Tech {number}")
    assert statements() == one
