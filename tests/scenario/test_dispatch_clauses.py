"""Dispatch in the words of the policies: whose order it is, who goes, when, and what was left over from yesterday."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from core.api import Conflict, NotFound, use_locale
from core.companies.services import save_unit
from core.decisions.parsing import to_data
from core.decisions.store import publish, save_draft
from core.mail.models import Mail
from core.notifications import Notification
from core.testing import moment
from plugins.service import services
from plugins.service.contracts import AppointmentData, PlanData
from plugins.service.models import Order
from plugins.service.queries import appointments, dispatch
from plugins.service.queries import orders as queries
from plugins.workforce.contracts import CertificateData, LeaveData, SkillData
from plugins.workforce.queries import skills as skill_queries
from plugins.workforce.services import leave, skills
from tests.support.dispatch_site import NOW, YESTERDAY, acting, ids, opened
from tests.support.dispatch_site import furnish as plain

MONTH = dt.timedelta(days=30)


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def furnish(installation):
    """Repairs on site need a permit: Li's is valid, Wang's has expired, Chen's is valid."""
    from core.companies.switch import switch_on

    plain(installation)
    office = installation.office("acme")
    ctx, who = office.system(YESTERDAY - MONTH), ids(office)
    switch_on(ctx, "workforce")
    permit = skills.save_skill(ctx, SkillData("permit", "Service permit", "certificate")).id
    for person, ends in (("li", "2026-12-31"), ("wang", "2026-03-01"), ("chen", "2026-12-31")):
        first, last = dt.date(2025, 1, 1), dt.date.fromisoformat(ends)
        skills.give_certificate(ctx, CertificateData(who[person], permit, first, last, f"P-{person}", "City"))
    table = skill_queries.compiled_in_force(ctx, "workforce.needs").table
    needed = [{"when": {"kind": "on_site"}, "then": {"skill": "permit", "must": True}}]
    save_draft(ctx, "workforce.needs", {**to_data(table), "rows": needed}, reason="GS-5", effective_from=ctx.today)
    publish(ctx, "workforce.needs")


@pytest.mark.clause("GS-3")
def test_each_centre_serves_its_own_region_and_sees_its_work_while_headquarters_see_all(office):
    who = ids(office)
    north, agent, far = opened(office), opened(office, "Suqian"), opened(office, "Lhasa")
    served = {o.id: o.unit_id for o in office.system().session.scalars(sa.select(Order))}
    assert served == {north: who["unit:north"], agent: who["unit:agent"], far: who["unit:hq"]}
    assert [o.id for o in acting(office, "head").session.scalars(sa.select(Order))] == [north]
    assert [o.id for o in acting(office, "boss").session.scalars(sa.select(Order).order_by(Order.id))] == [
        north, agent, far,
    ]  # fmt: skip
    ctx = office.system(NOW)
    save_unit(ctx, "lhasa", "Lhasa centre", "centre", "hq", region="Lhasa")
    later = opened(office, "Lhasa")
    assert queries.get_order(office.system(), later).unit_id == ids(office)["unit:lhasa"]


@pytest.mark.clause("GS-5")
def test_nobody_is_dispatched_to_work_he_or_she_is_not_certified_for_nor_while_on_leave(office):
    who, order_id = ids(office), opened(office)
    nine, eleven = moment("2026-03-05 09:00"), moment("2026-03-05 11:00")
    with pytest.raises(Conflict, match="Wang Zhi may not be sent: “Service permit” expired on 2026-03-01"):
        services.assign(acting(office, "boss"), order_id, who["wang"], PlanData())
    ctx = office.system(NOW)
    kind = next(iter(leave_kinds(ctx)))
    asked = leave.ask_leave(ctx, LeaveData(who["li"], kind, dt.date(2026, 3, 5), dt.date(2026, 3, 6)))
    leave.agree_leave(ctx, asked.id)
    with pytest.raises(Conflict, match="Li Hai may not be sent: .*leave"):
        services.assign(acting(office, "boss"), order_id, who["li"], PlanData(nine, eleven))
    services.assign(acting(office, "boss"), order_id, who["li"], PlanData(nine - 2 * dt.timedelta(days=1), eleven))
    assert queries.get_order(office.system(), order_id).assignee_id == who["li"]


def leave_kinds(ctx) -> list[str]:
    from plugins.workforce.queries import leave as leave_queries

    return list(leave_queries.kinds(ctx))


@pytest.mark.clause("GS-7")
@pytest.mark.clause("AG-7")
@pytest.mark.parametrize(("place", "head", "technician"), [("Xuzhou", "head", "li"), ("Suqian", "agent", "chen")])
def test_the_head_of_the_centre_or_agent_judges_the_fault_and_sends_suitable_people_at_once(
    office, place, head, technician
):
    who, order_id = ids(office), opened(office, place)
    office.installation.worker(NOW).run_until_idle()
    told = sa.select(Notification.user_id).where(Notification.record_kind == "service.order")
    assert list(office.system().session.scalars(told)) == [who[head]]
    services.assess(acting(office, head), order_id, "Pump or seal: one person with a pressure gauge", "urgent")
    ctx = acting(office, head)
    order = queries.get_order(ctx, order_id)
    first = dispatch.candidates(ctx, order, NOW, NOW + dt.timedelta(hours=2))[0]
    assert (first.user_id, first.may_go, first.certified) == (who[technician], True, True)
    services.assign(ctx, order_id, first.user_id, PlanData())
    order = queries.get_order(office.system(), order_id)
    assert (order.state, order.urgency, order.dispatched_at) == ("dispatched", "urgent", NOW)
    other = "agent" if head == "head" else "head"
    with pytest.raises(NotFound):
        queries.get_order(acting(office, other), order_id)


@pytest.mark.clause("GS-8")
def test_the_time_is_agreed_beforehand_its_changes_are_kept_and_coming_late_is_seen(office):
    who, order_id = ids(office), opened(office)
    services.assign(acting(office, "boss"), order_id, who["li"], PlanData())
    times = [moment(f"2026-03-03 {hour}:00") for hour in (10, 12, 14, 16)]
    services.appoint(acting(office, "li"), order_id, AppointmentData(times[0], times[1], "Ma"))
    change = AppointmentData(times[2], times[3], "Ma", reason="Customer is in the field until noon")
    services.appoint(acting(office, "li"), order_id, change)
    late = moment("2026-03-03 16:20")
    services.start(acting(office, "li", late), order_id)
    ctx = office.system(late)
    now, before = appointments.appointments_of(ctx, order_id)
    assert (before.starts_at, before.standing, before.ended_reason) == (
        times[0], False, "Customer is in the field until noon",
    )  # fmt: skip
    order = queries.get_order(ctx, order_id)
    assert appointments.kept(ctx, now, order.started_at) == "late"
    assert appointments.kept(ctx, now, times[3]) == "in_time"


@pytest.mark.clause("MKT-4")
def test_technical_matters_go_to_technicians_in_time_and_the_customer_is_told_when(office):
    who = ids(office)
    order_id = opened(office, "Suqian", person_name="Ma")
    until = moment("2026-03-03 16:00")
    plan = PlanData(moment("2026-03-03 14:00"), until, True, "Ma", "message", "ma@example.com")
    services.assign(acting(office, "agent"), order_id, who["chen"], plan)
    order = queries.get_order(office.system(), order_id)
    assert (order.assignee_id, order.promised_at) == (who["chen"], until)
    mail = office.system().session.scalars(sa.select(Mail)).one()
    assert mail.recipient == "ma@example.com"
    assert "Chen Mei will be with you on 3 March 2026 between 14:00 and 16:00" in mail.body
