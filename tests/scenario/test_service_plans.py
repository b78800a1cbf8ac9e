"""What the policies ask of regular visits, with exact days: inspected monthly, checked after the sale; never twice."""

from __future__ import annotations

import datetime as dt
import threading
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.api import Conflict, Ctx, Event, Invalid, RecordRef, issue_document, transaction, use_locale
from core.decisions.store import latest_published, publish, save_draft, table_named
from core.testing import moment
from plugins.service import services
from plugins.service.contracts import ResultData
from plugins.service.models import CarePlan, Occurrence, Order
from plugins.service.plan_contracts import PLAN, CarePlanData
from plugins.service.queries import orders
from plugins.service.queries import plans as queries
from plugins.service.services import plans
from plugins.warranty.agreed import ContractData, ItemData, QuotaData
from plugins.warranty.queries import agreements as agreed_queries
from plugins.warranty.services import agreements
from tests.support import visits as site

MONTHLY = {"name": "Monthly inspection", "kind": "inspection", "lead_days": 7}


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def house(databases, database_kind):
    with databases.furnished(database_kind, site.furnish) as installation:
        yield installation


@pytest.fixture
def office(house):
    return house.office("plain")


def at(office, day: str) -> Ctx:
    office.installation.close_sessions()
    return office.system(moment(f"{day} 09:00"))


def made(office, starts: str, today: str = "2026-03-02", **values) -> int:
    ctx = at(office, today)
    device = ctx.session.scalar(sa.select(ctx.registry.kinds["base.unit"].model.id))
    given = {"device_id": device, "starts_on": dt.date.fromisoformat(starts), **MONTHLY, **values}
    return plans.save_plan(ctx, CarePlanData(**given)).id


def standing(office, plan_id: int) -> list[tuple]:
    query = sa.select(Occurrence).where(Occurrence.plan_id == plan_id).order_by(Occurrence.n)
    rows = office.system().session.scalars(query)
    return [(o.n, o.due_on.isoformat(), o.state, o.settled_on.isoformat() if o.settled_on else "") for o in rows]


def plan_of(office, plan_id: int) -> CarePlan:
    return office.system().session.get(CarePlan, plan_id)


def next_on(office, plan_id: int) -> str:
    day = plan_of(office, plan_id).next_on
    return day.isoformat() if day else ""


def order_of(office, plan_id: int, n: int = 1) -> Order:
    query = sa.select(Order).join(Occurrence, Occurrence.order_id == Order.id)
    return office.system().session.scalar(query.where(Occurrence.plan_id == plan_id, Occurrence.n == n))


def visited(office, order_id: int, day: str) -> None:
    """Somebody goes there, and everything is in order; the worker tells the plan."""
    ctx = at(office, day)
    if not orders.get_order(ctx, order_id).work_kind:
        services.choose_work_kind(ctx, order_id, "free", "In warranty")
    services.accept(ctx, order_id)
    services.dispatch(ctx, order_id, site.technician(office).actor.user_id)
    services.start(at(office, day), order_id)
    services.finish(at(office, day), order_id, ResultData("no_fault", "All points in order"))
    office.installation.worker(moment(f"{day} 10:00")).run_until_idle()


# --- the policies -----------------------------------------------------------------------------------------------------


@pytest.mark.clause("SWM-2.3")
def test_a_system_under_maintenance_is_inspected_every_month_and_each_inspection_has_its_report(office):
    plan_id = made(office, "2026-03-15")  # a Sunday: the inspection is due on Monday the 16th
    assert (next_on(office, plan_id), plans.keep_plans(at(office, "2026-03-08"))) == ("2026-03-16", 0)
    assert plans.keep_plans(at(office, "2026-03-09")) == 1
    order = order_of(office, plan_id)
    assert (order.kind, order.subject, order.serial_told) == ("inspection", "Monthly inspection", "FH-1")
    assert (order.about_kind, order.about_ref) == (PLAN, plan_id)
    visited(office, order.id, "2026-03-16")
    report = issue_document(at(office, "2026-03-16"), "service.sheet", orders.get_order(office.system(), order.id))
    assert report.number == "JS2603-0001"
    assert next_on(office, plan_id) == "2026-04-15"
    assert plans.keep_plans(at(office, "2026-04-07")) == 0
    assert plans.keep_plans(at(office, "2026-04-08")) == 1
    assert standing(office, plan_id) == [(1, "2026-03-16", "done", "2026-03-16"), (2, "2026-04-15", "open", "")]


@pytest.mark.clause("IVD-1")
def test_a_sold_unit_is_checked_regularly_counted_from_the_last_check(office):
    check = {"name": "Check after the sale", "kind": "preventive", "rhythm": "drifting", "every": 6, "lead_days": 14}
    plan_id = made(office, "2026-03-10", **check)
    assert plans.keep_plans(at(office, "2026-03-02")) == 1
    assert next_on(office, plan_id) == ""  # it waits for the check
    assert plans.keep_plans(at(office, "2026-09-20")) == 0
    visited(office, order_of(office, plan_id).id, "2026-03-12")
    assert standing(office, plan_id) == [(1, "2026-03-10", "done", "2026-03-12")]
    assert next_on(office, plan_id) == "2026-09-14"  # 12 September is a Saturday


@pytest.mark.parametrize(("how", "day"), [("earlier", "2026-04-03"), ("later", "2026-04-07"), ("as_is", "2026-04-05")])
def test_a_visit_on_a_public_holiday_moves_as_the_plan_says(office, how, day):
    plan_id = made(office, "2026-03-05", closed_days=how)
    ctx = at(office, "2026-03-02")
    ahead = queries.ahead_of(ctx, queries.get_plan(ctx, plan_id))
    assert [d.due.isoformat() for d in ahead[:2]] == ["2026-03-05", day]  # Qingming, 4 to 6 April


# --- never twice ------------------------------------------------------------------------------------------------------


def test_two_workers_at_once_open_one_order(office):
    plan_id = made(office, "2026-03-05")
    contexts = [office.system(moment("2026-03-02 09:00")) for _n in range(2)]
    ready, opened = threading.Barrier(2), []

    def work(ctx: Ctx) -> None:
        ready.wait()
        opened.append(plans.keep_plans(ctx))

    threads = [threading.Thread(target=work, args=(ctx,)) for ctx in contexts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(opened) == [0, 1]
    assert standing(office, plan_id) == [(1, "2026-03-05", "open", "")]
    assert office.system().session.scalar(sa.select(sa.func.count(Order.id))) == 1


def test_a_worker_that_dies_before_the_commit_leaves_nothing_and_the_next_opens_one_order(office):
    plan_id = made(office, "2026-03-05")
    ctx = at(office, "2026-03-02")

    def killed() -> None:
        with transaction(ctx):
            assert plans.keep_plans(ctx) == 1
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        killed()
    assert (standing(office, plan_id), next_on(office, plan_id)) == ([], "2026-03-05")
    assert plans.keep_plans(at(office, "2026-03-02")) == 1
    assert plans.keep_plans(at(office, "2026-03-02")) == 0
    assert standing(office, plan_id) == [(1, "2026-03-05", "open", "")]


def test_the_database_refuses_the_same_time_of_a_plan_twice(office):
    plan_id = made(office, "2026-03-05")
    plans.keep_plans(at(office, "2026-03-02"))
    ctx = office.system()
    day = dt.date(2026, 3, 5)
    ctx.session.add(Occurrence(plan_id=plan_id, n=1, nominal_on=day, due_on=day, state="held"))
    with pytest.raises(IntegrityError):
        ctx.session.flush()
    ctx.session.rollback()


# --- what may happen meanwhile ----------------------------------------------------------------------------------------


def test_after_a_long_standstill_the_latest_visit_is_opened_and_the_others_are_told_as_missed(office):
    plan_id = made(office, "2026-03-05", lead_days=0)
    assert plans.keep_plans(at(office, "2026-05-06")) == 1
    assert standing(office, plan_id) == [
        (1, "2026-03-05", "missed", "2026-03-05"), (2, "2026-04-07", "missed", "2026-04-07"),
        (3, "2026-05-06", "open", ""),
    ]  # fmt: skip


def test_what_falls_into_a_pause_is_not_made_up_for(office):
    plan_id = made(office, "2026-03-05", lead_days=0)
    plans.pause_plan(at(office, "2026-03-03"), plan_id, "Laid up")
    assert plans.keep_plans(at(office, "2026-03-20")) == 0
    plans.resume_plan(at(office, "2026-04-20"), plan_id)
    assert (next_on(office, plan_id), standing(office, plan_id)) == ("2026-05-06", [])  # 5 May is a holiday
    with pytest.raises(Conflict):
        plans.resume_plan(at(office, "2026-04-20"), plan_id)


def test_a_changed_plan_keeps_what_was_done_and_reckons_the_next_visit_anew(office):
    plan_id = made(office, "2026-03-05")
    plans.keep_plans(at(office, "2026-03-02"))
    before = plan_of(office, plan_id)
    data = CarePlanData(**{**MONTHLY, "device_id": before.device_id, "starts_on": before.starts_on, "every": 2,
                           "period": "weeks"})  # fmt: skip
    ahead = [d.due.isoformat() for d in plans.forecast_of(at(office, "2026-03-02"), data, plan_id)[:3]]
    assert (ahead, next_on(office, plan_id)) == (["2026-03-19", "2026-04-02", "2026-04-16"], "2026-04-07")
    plans.save_plan(at(office, "2026-03-02"), data, plan_id, version=before.version)
    assert (next_on(office, plan_id), standing(office, plan_id)) == ("2026-03-19", [(1, "2026-03-05", "open", "")])
    with pytest.raises(Conflict):
        plans.save_plan(at(office, "2026-03-02"), data, plan_id, version=before.version)


def test_a_visit_is_skipped_with_a_reason_only_and_the_next_one_comes_in_its_time(office):
    plan_id = made(office, "2026-03-05")
    with pytest.raises(Invalid):
        plans.skip_next(at(office, "2026-03-02"), plan_id, " ")
    assert next_on(office, plan_id) == "2026-03-05"
    plans.skip_next(at(office, "2026-03-02"), plan_id, "The customer is closed")
    assert standing(office, plan_id) == [(1, "2026-03-05", "skipped", "2026-03-05")]
    assert next_on(office, plan_id) == "2026-04-07"


def test_a_cancelled_order_lets_a_drifting_plan_go_on_from_its_due_day(office):
    plan_id = made(office, "2026-03-05", rhythm="drifting", every=10, period="days")
    plans.keep_plans(at(office, "2026-03-02"))
    services.cancel(at(office, "2026-03-03"), order_of(office, plan_id).id, "Not wanted")
    office.installation.worker(moment("2026-03-03 10:00")).run_until_idle()
    assert standing(office, plan_id) == [(1, "2026-03-05", "cancelled", "2026-03-05")]
    assert next_on(office, plan_id) == "2026-03-16"  # 15 March is a Sunday


def test_an_overdue_visit_is_counted_and_waits_for_who_looks_after_the_plan(office):
    li = office.person("keeper@plain.example", "manager", name="Keeper")
    plan_id = made(office, "2026-03-05", assignee_id=li)
    plans.keep_plans(at(office, "2026-03-02"))
    ctx = office.ctx("service.plan.view", "service.plan.edit", now=moment("2026-03-05 20:00"), user_id=li)
    assert (queries.count_overdue(ctx), queries.to_decide(ctx)) == (0, [])
    ctx = office.ctx("service.plan.view", "service.plan.edit", now=moment("2026-03-06 09:00"), user_id=li)
    assert (queries.count_overdue(ctx), [o.plan_id for o in queries.to_decide(ctx)]) == (1, [plan_id])
    assert queries.late_of(ctx, [plan_id]) == {plan_id: (1, 0)}


def test_a_plan_ends_by_itself_once_nothing_of_it_is_left(office):
    plan_id = made(office, "2026-03-05", ends_on=dt.date(2026, 3, 31))
    plans.keep_plans(at(office, "2026-03-02"))
    plans.keep_plans(at(office, "2026-04-02"))
    assert plan_of(office, plan_id).state == "active"  # the visit is not made yet
    visited(office, order_of(office, plan_id).id, "2026-04-02")
    plans.keep_plans(at(office, "2026-04-03"))
    assert plan_of(office, plan_id).state == "ended"


# --- under a contract -------------------------------------------------------------------------------------------------


def test_a_visit_beyond_the_contract_is_held_back_until_somebody_decides(house):
    office = house.office("full")
    ctx = at(office, "2026-03-02")
    unit = ctx.session.scalar(sa.select(ctx.registry.kinds["base.unit"].model))
    first, last = dt.date(2026, 3, 1), dt.date(2027, 2, 28)
    agreed = ContractData(
        unit.customer_id, "Care", frozenset({"labour"}), first, last, (ItemData(device_id=unit.id),),
        quotas=(QuotaData("visits", Decimal(1), "contract"),), price=Decimal(1200),
    )  # fmt: skip
    contract = agreements.approve_contract(ctx, agreements.save_contract(ctx, agreed).id)
    plan_id = made(office, "2026-03-05", contract=RecordRef("warranty.contract", contract.id))
    assert plans.keep_plans(at(office, "2026-03-02")) == 1
    assert order_of(office, plan_id).work_kind == "contract"
    assert plans.keep_plans(at(office, "2026-03-31")) == 1
    assert standing(office, plan_id) == [(1, "2026-03-05", "open", ""), (2, "2026-04-07", "held", "")]
    ctx = at(office, "2026-04-01")
    held = queries.latest_of(ctx, plan_id)
    held_id = held.id
    assert held.reason == "HT2603-0001: what is left is needed for visits opened already (1)."
    with pytest.raises(Invalid):
        plans.open_held(ctx, plan_id, held_id, "")
    plans.open_held(at(office, "2026-04-01"), plan_id, held_id, "The customer pays")
    assert not order_of(office, plan_id, 2).work_kind_by_hand  # who pays is decided on the order
    with pytest.raises(Conflict):
        plans.skip_held(at(office, "2026-04-01"), plan_id, held_id, "Twice")


def under_contract(office, visits: int = 2, last: str = "2027-02-28") -> tuple[int, int]:
    """(contract, plan): monthly inspections from 5 March under a contract with so many visits."""
    ctx = at(office, "2026-03-02")
    unit = ctx.session.scalar(sa.select(ctx.registry.kinds["base.unit"].model))
    agreed = ContractData(
        unit.customer_id, "Care", frozenset({"labour"}), dt.date(2026, 3, 1), dt.date.fromisoformat(last),
        (ItemData(device_id=unit.id),), quotas=(QuotaData("visits", Decimal(visits), "contract"),), price=Decimal(1200),
    )  # fmt: skip
    contract = agreements.approve_contract(ctx, agreements.save_contract(ctx, agreed).id)
    plan_id = made(office, "2026-03-05", contract=RecordRef("warranty.contract", contract.id))
    plans.keep_plans(at(office, "2026-03-02"))
    return contract.id, plan_id


def booked(office, contract_id: int) -> tuple[list[tuple[str, int, bool]], int]:
    """(day, quantity, is a counter-entry) of each entry, and what is left on 10 March."""
    ctx = office.system(moment("2026-03-10 09:00"))
    uses = sorted(agreed_queries.uses_of(ctx, contract_id), key=lambda u: u.id)
    contract = agreed_queries.get_contract(ctx, contract_id)
    [quota] = agreed_queries.quota_states(ctx, [contract], ctx.today)[contract_id]
    left = quota.left
    return [(u.used_on.isoformat(), int(u.quantity), u.counters_id is not None) for u in uses], int(left)


def test_a_visit_that_is_made_counts_under_the_contract_once_and_is_taken_back_while_it_goes_on(house):
    office = house.office("full")
    contract_id, plan_id = under_contract(office)
    order_id = order_of(office, plan_id).id
    assert booked(office, contract_id) == ([], 2)
    visited(office, order_id, "2026-03-06")
    plans.settle(at(office, "2026-03-06"), order_id)  # told twice
    assert booked(office, contract_id) == ([("2026-03-06", 1, False)], 1)
    services.object_to_result(office.system(moment("2026-03-08 09:00")), order_id, "It leaks again")
    house.worker(moment("2026-03-08 10:00")).run_until_idle()
    plans.unsettle(at(office, "2026-03-08"), order_id, "told twice")
    assert booked(office, contract_id) == ([("2026-03-06", 1, False), ("2026-03-06", -1, True)], 2)
    assert standing(office, plan_id)[0] == (1, "2026-03-05", "open", "")
    services.finish(at(office, "2026-03-09"), order_id, ResultData("no_fault", "In order now"))
    house.worker(moment("2026-03-09 10:00")).run_until_idle()
    entries, left = booked(office, contract_id)
    assert (entries[2:], left) == ([("2026-03-09", 1, False)], 1)
    assert standing(office, plan_id)[0] == (1, "2026-03-05", "done", "2026-03-09")


def test_what_is_booked_under_the_contract_follows_who_pays(house):
    office = house.office("full")
    contract_id, plan_id = under_contract(office)
    order_id = order_of(office, plan_id).id
    visited(office, order_id, "2026-03-06")

    def decided(kind: str, day: str) -> tuple[list[tuple[str, int, bool]], int]:
        services.choose_work_kind(office.system(moment(f"{day} 09:00")), order_id, kind, "Looked at again")
        house.worker(moment(f"{day} 10:00")).run_until_idle()
        return booked(office, contract_id)

    first, taken_back = ("2026-03-06", 1, False), ("2026-03-06", -1, True)
    assert decided("free", "2026-03-07") == ([first, taken_back], 2)
    assert decided("contract", "2026-03-08") == ([first, taken_back, first], 1)
    assert decided("contract", "2026-03-09") == ([first, taken_back, first], 1)  # asked again, the same
    query = sa.select(Event).where(Event.record_kind == PLAN).order_by(Event.id)
    told = [(e.name, e.facts.get("reason", "")) for e in office.system().session.scalars(query) if "book" in e.name]
    assert told == [
        ("service.plan_visit_booked", ""),
        ("service.plan_visit_unbooked", "Kind of work now: Free of charge"),
        ("service.plan_visit_booked", ""),
    ]


def test_a_visit_that_the_contract_refuses_is_told_and_the_visit_stands_all_the_same(house):
    office = house.office("full")
    contract_id, plan_id = under_contract(office, last="2026-03-31")
    ctx = at(office, "2026-03-03")
    agreements.terminate_contract(ctx, contract_id, dt.date(2026, 3, 3), "Sold the machine")
    visited(office, order_of(office, plan_id).id, "2026-03-06")
    assert booked(office, contract_id)[0] == []
    assert standing(office, plan_id)[0] == (1, "2026-03-05", "done", "2026-03-06")
    [told] = office.system().session.scalars(sa.select(Event).where(Event.name == "service.plan_visit_not_booked"))
    assert told.facts["why"].endswith("this work began on 2026-03-06. It is not under the contract.")


# --- after an installation --------------------------------------------------------------------------------------------


@pytest.mark.clause("INS-3")
def test_accepting_an_installation_begins_the_regular_visits_of_the_companys_table_once(office):
    ctx = at(office, "2026-03-02")
    table = table_named(ctx, "service.plan_starts")
    rows = [
        {"id": "own", "when": {"product": "T-1"}, "then": {
            "code": "visits", "name_zh": "安装后回访", "name_en": "Visit after the installation", "kind": "preventive",
            "every": 3, "period": "months", "months": 12, "lead_days": 14}},
        {"id": "all", "when": {}, "then": {
            "code": "visits", "name_zh": "年检", "name_en": "Yearly check", "kind": "preventive", "every": 12,
            "period": "months"}},
        {"id": "other", "when": {"product_group": "harvesters"}, "then": {
            "code": "season", "name_zh": "季前检查", "name_en": "Before the season", "kind": "inspection", "every": 12,
            "period": "months"}},
    ]  # fmt: skip
    body = latest_published(ctx, table).body
    save_draft(ctx, table.name, {**body, "rows": rows}, reason="test", effective_from=ctx.today)
    publish(ctx, table.name)
    order_id = site.dispatched(office, kind="installation")
    for _told in range(2):
        plans.start_after(at(office, "2026-03-05"), order_id, dt.date(2026, 3, 5))
    [plan] = office.system().session.scalars(sa.select(CarePlan))
    assert (plan.name, plan.kind, plan.every, plan.period, plan.lead_days) == (
        "Visit after the installation", "preventive", 3, "months", 14,
    )  # fmt: skip
    assert (plan.starts_on, plan.ends_on, plan.device_id) == (
        dt.date(2026, 6, 5), dt.date(2027, 3, 5), site.order_of(office, order_id).device_id,
    )  # fmt: skip
    ctx = at(office, "2026-03-05")
    ahead = queries.ahead_of(ctx, queries.get_plan(ctx, plan.id))
    assert [d.due.isoformat() for d in ahead] == ["2026-06-05", "2026-09-07", "2026-12-07", "2027-03-05"]


def test_a_contract_that_is_not_the_customers_is_refused(house):
    with pytest.raises(Invalid, match="Choose one of the customer's contracts"):
        made(house.office("full"), "2026-03-05", contract=RecordRef("warranty.contract", 99))
