"""The short service flow, step by step as the policy has it (FLW-1 to FLW-8), in a company set up by its profile."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from core.api import Conflict, Invalid, RecordRef, documents_of, issue_document, timeline, use_locale
from core.approvals.queries import waiting_for_me
from core.approvals.services import answer, steps_listed
from core.lists.reading import Asked, page_of
from core.notifications import Notification
from plugins.service import services
from plugins.service.contracts import ORDER, RECEIPT_SLIP, PlanData
from plugins.service.lists.orders import ORDERS
from plugins.service.queries import dispatch
from plugins.service.queries import orders as queries
from plugins.service.services import escalating
from plugins.service.visit_contracts import EndData, SignatureData, WorkData
from plugins.workforce.contracts import CertificateData
from plugins.workforce.queries import skills as skill_queries
from plugins.workforce.services import skills
from tests.support import policy_site as site
from tests.support import visits

PEOPLE = {
    "kefu": "agent", "diao": "dispatcher", "sun": "manager", "li": "technician", "wang": "technician",
    "zhao": "manager@technical",
}  # fmt: skip


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("short-flow")


def furnish(installation):
    """Li is an engineer for the field, Wang for the workshop."""
    office = site.furnish(installation, "short_flow", PEOPLE)
    ctx = office.system()
    codes = {s.code: s.id for s in skill_queries.tree(ctx).by_id.values()}
    for who, code in (("li", "field"), ("wang", "bench")):
        data = CertificateData(site.person(office, who), codes[code], dt.date(2026, 1, 1))
        skills.give_certificate(ctx, data)


def told(office, mailbox: str) -> list[str]:
    query = sa.select(Notification).where(Notification.user_id == site.person(office, mailbox))
    return [n.words for n in office.system().session.scalars(query.order_by(Notification.id))]


def approved(office) -> int:
    """An order for which somebody may be sent."""
    order_id = site.opened(office, mailbox="kefu", work_kind="free", work_kind_reason="In guarantee")
    services.accept(site.acting(office, "kefu", "09:05"), order_id)
    diao = site.acting(office, "diao", "09:10")
    with pytest.raises(Conflict):
        services.assign(diao, order_id, site.person(office, "li"), PlanData())
    asked = site.acting(office, "sun", "09:20")
    [request] = asked.session.scalars(waiting_for_me(asked)).all()
    answer(asked, request.id, steps_listed(asked, request.id)[0].id, approves=True)
    return order_id


@pytest.mark.clause("FLW-1", "FLW-2", "FLW-3", "FLW-4", "FLW-5", "FLW-6", "FLW-7", "FLW-8")
def test_from_the_customers_application_to_the_entry_in_the_records(office):
    # FLW-1: the customer applies
    order_id = site.opened(office, mailbox="kefu", channel="portal", work_kind="free", work_kind_reason="In guarantee")
    assert (site.order_of(office, order_id).state, site.order_of(office, order_id).number) == (
        "requested", "FW2603-0001",
    )  # fmt: skip

    # FLW-2: a superior approves; before that nobody is sent
    diao = site.acting(office, "diao", "09:30")
    with pytest.raises(Conflict) as refused:
        services.assign(diao, order_id, site.person(office, "li"), PlanData())
    assert (refused.value.code, site.order_of(office, order_id).state) == ("approval_asked", "accepted")
    sun = site.acting(office, "sun", "10:00")
    [request] = sun.session.scalars(waiting_for_me(sun)).all()
    assert request.record_number == "FW2603-0001"
    answer(sun, request.id, steps_listed(sun, request.id)[0].id, approves=True)

    # FLW-3: an engineer of the kind: Li is for the field, Wang for the workshop
    diao = site.acting(office, "diao", "10:05")
    found = dispatch.candidates(diao, queries.get_order(diao, order_id), diao.now, diao.now)
    assert [(c.name, c.may_go, c.certified) for c in found if c.name in ("Li", "Wang")] == [
        ("Li", True, True), ("Wang", False, False),
    ]  # fmt: skip
    with pytest.raises(Conflict, match="Wang may not be sent: “Field engineer” is needed"):
        services.assign(diao, order_id, site.person(office, "wang"), PlanData())
    services.assign(site.acting(office, "diao", "10:10"), order_id, site.person(office, "li"), PlanData())

    # FLW-4: entered in the ledger, a receipt slip is made out; work does not begin without
    ledger = page_of(site.acting(office, "kefu", "10:15"), ORDERS, Asked("all"), None).rows
    assert [o.number for o in ledger] == ["FW2603-0001"]
    with pytest.raises(Conflict) as refused:
        services.arrive(site.acting(office, "li", "10:20"), order_id, "a0")
    assert [g.text for g in refused.value.details["gates"] if g.open] == ["The receipt slip is not issued yet"]
    kefu = site.acting(office, "kefu", "10:30")
    slip = issue_document(kefu, RECEIPT_SLIP, site.order_of(office, order_id))
    assert (slip.number, slip.facts["customer"], slip.facts["taken_by"], slip.facts["technician"]) == (
        "HZ2603-0001", "Ma Dongsheng", "Kefu", "Li",
    )  # fmt: skip
    assert [d.kind for d in documents_of(kefu, RecordRef(ORDER, order_id))] == [RECEIPT_SLIP]

    # FLW-5: the site differs from the report; it is solved by the facts
    visit_id = services.arrive(site.acting(office, "li", "14:00"), order_id, "a1").id
    facts = WorkData("yes", "It is the valve, not the pump", "none", "", "defect", "", "Valve cleaned")
    services.save_work(site.acting(office, "li", "14:30"), visit_id, facts, "w1")

    # FLW-6: what that does not solve goes to the department, which decides; the order waits meanwhile
    technical = site.unit(office, "technical")
    question = "The valve is cracked too. May I fit the one of the new series?"
    escalating.escalate(site.acting(office, "li", "14:40"), order_id, technical, question)
    assert told(office, "sun")[-1] == f"Technical department decides on order FW2603-0001: {question}"
    signed = EndData("solved", signature=SignatureData("self", "Ma Dongsheng", content=visits.picture()))
    with pytest.raises(Conflict) as refused:
        services.end_visit(site.acting(office, "li", "14:45"), visit_id, signed, "e0")
    assert f"It waits: {question}" in [g.text for g in refused.value.details["gates"] if g.open]
    escalating.decide(site.acting(office, "sun", "15:00"), order_id, "Yes, with the adapter ring")
    assert told(office, "li")[-1] == "Decided on order FW2603-0001: Yes, with the adapter ring"

    # FLW-7: the customer signs
    with pytest.raises(Conflict, match="signature is missing"):
        services.end_visit(site.acting(office, "li", "15:30"), visit_id, EndData("solved"), "e1")
    services.end_visit(site.acting(office, "li", "15:40"), visit_id, signed, "e2")
    assert site.order_of(office, order_id).state == "done"

    # FLW-8: entered in the records
    services.close(site.acting(office, "sun", "16:00"), order_id)
    services.archive(site.acting(office, "sun", "16:05"), order_id)
    names = [e.name for e in reversed(timeline(office.system(), RecordRef("base.unit", site.device(office))))]
    course = [n for n in names if n in COURSE]
    assert course == COURSE


COURSE = [
    "service.opened", "service.accepted", "service.dispatched", "service.started", "service.escalated",
    "service.escalation_decided", "service.done", "service.closed", "service.archived",
]  # fmt: skip


@pytest.mark.clause("FLW-6")
def test_one_question_at_a_time_goes_to_a_department_where_somebody_sees_the_order(office):
    order_id = approved(office)
    service, technical = site.unit(office, "service"), site.unit(office, "technical")
    li = site.acting(office, "li", "11:00")
    with pytest.raises(Conflict, match="No department is asked about FW2603-0001"):
        escalating.decide(site.acting(office, "sun", "11:00"), order_id, "Yes")
    with pytest.raises(Invalid, match="Say what was found") as refused:
        escalating.escalate(li, order_id, technical, "  ")
    assert refused.value.field == "question"
    escalating.escalate(site.acting(office, "li", "11:10"), order_id, technical, "Exchange it?")
    decides = [words for words in told(office, "zhao") if "decides on order" in words]
    assert decides == [], "whoever does not see the order does not decide on it"
    with pytest.raises(Conflict, match="A department decides on FW2603-0001 already"):
        escalating.escalate(site.acting(office, "li", "11:20"), order_id, service, "Exchange it?")
    escalating.decide(site.acting(office, "sun", "11:30"), order_id, "Repair it")
    order = site.order_of(office, order_id)
    assert (order.waiting, order.state) == ("", "accepted")
