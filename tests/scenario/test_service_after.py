"""What 军品售后服务管理规定 says of leaving, coming back, and what follows, on its profile, with exact due times."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import Conflict, Forbidden, Invalid, answer_checklist, find_clock, gates, use_locale
from core.approvals.queries import waiting_for_me
from core.approvals.services import answer, steps_listed
from core.notifications import Notification
from core.testing import moment
from plugins.service import life, services
from plugins.service.after_contracts import COST_CLOCK, HAND_IN, RETURN_LIST, REVIEW_CLOCK, ExpenseData
from plugins.service.contracts import OrderData, ResultData
from plugins.service.queries import after as queries
from plugins.service.queries import orders
from plugins.service.services import after, expenses
from plugins.service.visit_contracts import EndData, RatingData, SignatureData, WorkData
from tests.support.defence_site import GRADES, PLAN, as_person, dispatched, done, furnish, system

D = Decimal
ANSWERS = {
    "report": "yes", "sheet": "yes", "contacts": "yes", "claim": "yes", "unused": "returned", "damaged": "returned",
    "receipts": "returned", "money": "none",
}  # fmt: skip
FRIDAY = "2026-03-06 16:00"


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("defence")


def missing(office, order_id: int, step: str, text: str = "2026-03-09 09:00") -> list[str]:
    ctx = system(office, text)
    found = gates(ctx, life.WORKFLOW.transition(step), orders.get_order(ctx, order_id))
    return [g.text for g in found if g.open]


def owed(office, order_id: int, text: str = "2026-03-09 09:00"):
    found = queries.return_of(system(office, text), order_id)
    assert found is not None
    return found


def told(office, name: str, text: str = "2026-03-09 09:00") -> list[str]:
    ctx = as_person(office, name, text)
    query = sa.select(Notification).where(Notification.user_id == ctx.actor.user_id).order_by(Notification.id)
    return [n.words for n in ctx.session.scalars(query)]


def handed_in(office, order_id: int, text: str = "2026-03-10 10:00") -> int:
    li = as_person(office, "li", text)
    row = owed(office, order_id, text)
    answer_checklist(li, row, RETURN_LIST, ANSWERS)
    after.hand_in(li, row.id)
    return row.id


@pytest.mark.clause("DEF-6.2.5")
def test_before_leaving_the_plan_is_told_to_the_customer_and_the_technician_has_the_service_sheet(office):
    ctx = system(office, "2026-03-04 09:00")
    order = services.open_order(ctx, OrderData("on_site", "No reception", work_kind="free", work_kind_reason="told"))
    services.accept(ctx, order.id)
    services.guide(ctx, order.id, "A part is needed", "not_solved")
    li = as_person(office, "li", "2026-03-04 09:30")
    with pytest.raises(Conflict, match="The customer was not told the plan yet"):
        services.dispatch(as_person(office, "dan", "2026-03-04 09:30"), order.id, li.actor.user_id)
    after.brief(as_person(office, "dan", "2026-03-04 09:40"), order.id, PLAN)
    services.dispatch(as_person(office, "dan", "2026-03-04 09:45"), order.id, li.actor.user_id)
    with pytest.raises(Conflict, match="No service sheet was handed out"):
        services.arrive(as_person(office, "li", "2026-03-05 09:00"), order.id, "k")
    other = dispatched(office)
    assert missing(office, other, "start") == []
    assert services.arrive(as_person(office, "li", "2026-03-06 10:00"), other, "k").number == 1


@pytest.mark.clause("DEF-6.2.6")
def test_the_sheet_is_signed_and_rated_and_nobody_returns_without_the_departments_agreement(office):
    order_id = dispatched(office)
    li = as_person(office, "li", "2026-03-06 10:00")
    visit = services.arrive(li, order_id, "k1")
    noted = {"contacts": "exchanged", "contact_who": "Major Sun", "contact_phone": "0531-88880000"}
    work = WorkData("no", "", "none", "", "defect", "Board", "Board swapped", **noted)
    services.save_work(li, visit.id, work, "k2")
    later = as_person(office, "li", FRIDAY)
    stamped = SignatureData("none", reason="stamped on the sheet")
    with pytest.raises(Conflict) as refused:
        services.end_visit(later, visit.id, EndData("solved", signature=stamped, rating=RatingData(GRADES)), "k3")
    assert [g.text for g in refused.value.details["gates"]] == ["The department has not agreed to the return"]
    assert after.ask_to_leave(later, order_id, "Runs again") == 2
    assert told(office, "qiu", FRIDAY) == ["Li asks to come back from FW2603-0001: Runs again"]
    with pytest.raises(Forbidden):
        after.agree(later, order_id)
    with pytest.raises(Invalid, match="may agree"):
        after.agree(later, order_id, as_person(office, "fay", FRIDAY).actor.user_id)
    qiu = as_person(office, "qiu", FRIDAY)
    agreed = after.agree(later, order_id, qiu.actor.user_id, "by phone")
    assert (agreed.agreed_by, agreed.by_name, agreed.at) == ("Qiu", "Li", moment(FRIDAY))
    assert told(office, "qiu", FRIDAY)[-1] == "Li recorded that you agreed to the return from FW2603-0001"
    with pytest.raises(Conflict, match="signature is missing"):
        services.end_visit(later, visit.id, EndData("solved", rating=RatingData(GRADES)), "k3")
    services.end_visit(later, visit.id, EndData("solved", signature=stamped, rating=RatingData(GRADES)), "k3")
    assert orders.get_order(later, order_id).state == "done"


def test_an_agreement_given_for_an_earlier_visit_does_not_count_for_the_next(office):
    order_id = dispatched(office)
    li = as_person(office, "li", "2026-03-06 10:00")
    first = services.arrive(li, order_id, "k1")
    after.agree(as_person(office, "qiu", "2026-03-06 11:00"), order_id)
    again = EndData("again", again_reason="Another board", again_at=moment("2026-03-09 10:00"))
    services.end_visit(as_person(office, "li", "2026-03-06 12:00"), first.id, again, "k2")
    services.arrive(as_person(office, "li", "2026-03-09 10:00"), order_id, "k3")
    text = "The department has not agreed to the return"
    assert text in missing(office, order_id, "finish", "2026-03-09 11:00")


@pytest.mark.clause("DEF-6.2.7")
def test_within_three_working_days_report_sheet_claim_material_receipts_and_money_are_handed_in(office):
    order_id = done(office)
    row = owed(office, order_id)
    assert find_clock(system(office, FRIDAY), row, HAND_IN).due_at == moment("2026-03-11 18:00")
    assert missing(office, order_id, "close")[-3:] == [
        "Return checklist: not done yet", "Review of quality and rating: not done yet",
        "Check of the costs: not done yet",
    ]  # fmt: skip
    assert told(office, "li")[-1] == "FW2603-0001 is done: hand in report, sheet, expenses and material"
    li = as_person(office, "li", "2026-03-10 10:00")
    answer_checklist(li, row, RETURN_LIST, {**ANSWERS, "contacts": "no", "damaged": ""})
    with pytest.raises(Conflict, match="“Return checklist”: 2 still open"):
        after.hand_in(li, row.id)
    assert owed(office, order_id).stage == "return_checklist"
    answer_checklist(li, row, RETURN_LIST, {"contacts": ("no", "The customer has a new number on Monday")})
    answer_checklist(li, row, RETURN_LIST, {"damaged": "returned"})
    after.hand_in(li, row.id)
    row = owed(office, order_id, "2026-03-10 10:00")
    clock = find_clock(li, row, HAND_IN)
    assert (row.stage, row.state, clock.state) == ("review", "handed_in", "met")
    check = queries.checks_of(li, row.id)[0]
    assert (check.step, check.result, check.by_name, check.at) == ("return_checklist", "done", "Li", li.now)


@pytest.mark.clause("DEF-6.2.8")
def test_quality_and_rating_are_reviewed_within_five_working_days_then_the_costs_are_checked(office):
    order_id = done(office)
    li = as_person(office, "li", "2026-03-09 10:00")
    expenses.claim_expense(li, order_id, ExpenseData("travel", "Train", D("312.50"), dt.date(2026, 3, 5), 2))
    wrong = expenses.claim_expense(li, order_id, ExpenseData("local", "Taxi", D("40"), dt.date(2026, 3, 6), 1))
    return_id = handed_in(office, order_id)
    row = owed(office, order_id)
    assert find_clock(li, row, REVIEW_CLOCK).due_at == moment("2026-03-17 18:00")
    fay = as_person(office, "fay", "2026-03-11 10:00")
    with pytest.raises(Conflict, match="“Check of the costs” is not what comes next now"):
        after.check_costs(fay, return_id)
    qiu = as_person(office, "qiu", "2026-03-11 09:00")
    with pytest.raises(Invalid, match="to be done better"):
        after.review(qiu, return_id, "fair")
    after.review(qiu, return_id, "fair", "Cables not tied")
    row = owed(office, order_id, "2026-03-11 09:00")
    assert find_clock(li, row, REVIEW_CLOCK).state == "met"
    assert find_clock(li, row, COST_CLOCK).due_at == moment("2026-03-18 18:00")
    expenses.refuse_expense(fay, wrong.id, "A bus goes there")
    after.check_costs(fay, return_id, "Receipts complete")
    row = owed(office, order_id, "2026-03-11 10:00")
    last = queries.checks_of(fay, return_id)[-1]
    assert (row.state, row.stage, last.amount, last.by_name) == ("settled", "", D("312.50"), "Fay")
    assert [t for t in missing(office, order_id, "close") if "costs" in t or "eview" in t or "checklist" in t] == []


@pytest.mark.clause("DEF-6.2.8")
def test_a_review_that_is_late_shows_as_breached_and_special_cases_go_as_the_general_manager_directs(office):
    order_id = done(office)
    return_id = handed_in(office, order_id)
    late = "2026-03-18 09:00"
    ctx = system(office, late)
    overdue = queries.rows_of(ctx).where(queries.tab_clause(ctx, "late"))
    assert [r.id for r in ctx.session.scalars(overdue)] == [return_id]
    with pytest.raises(Forbidden, match="Only the role “General manager” may waive this"):
        after.waive(as_person(office, "qiu", late), return_id, "Too much to do")
    assert owed(office, order_id).stage == "review"
    gao = as_person(office, "gao", late)
    with pytest.raises(Invalid, match="reason"):
        after.waive(gao, return_id, " ")
    after.waive(gao, return_id, "War game; to be looked at next month")
    last = queries.checks_of(ctx, return_id)[-1]
    assert (last.step, last.result, last.role, last.by_name) == ("review", "waived", "general_manager", "Gao")
    assert owed(office, order_id).stage == "cost_check"
    assert "Review of quality and rating: waived by exception" not in missing(office, order_id, "close")


def test_what_is_sent_back_goes_on_under_the_same_time_limit_and_nobody_reviews_his_own_work(office):
    order_id = done(office)
    return_id = handed_in(office, order_id)
    qiu = as_person(office, "qiu", "2026-03-11 10:00")
    own = qiu.as_actor(as_person(office, "li", "2026-03-11 10:00").actor)
    with pytest.raises(Forbidden):
        after.review(own, return_id, "good")
    after.send_back(qiu, return_id, "The report is not signed")
    row = owed(office, order_id, "2026-03-11 10:00")
    clock = find_clock(qiu, row, HAND_IN)
    # handed in on Tuesday at 10:00, back on Wednesday at 10:00: a working day later than before
    assert (row.state, row.stage, clock.state, clock.due_at) == (
        "due", "return_checklist", "running", moment("2026-03-12 18:00"),
    )  # fmt: skip
    assert told(office, "li")[-1] == "FW2603-0001: what you handed in was sent back: The report is not signed"
    after.hand_in(as_person(office, "li", "2026-03-12 09:00"), return_id)
    assert find_clock(qiu, row, REVIEW_CLOCK).due_at == moment("2026-03-19 18:00")


def test_when_the_work_goes_on_what_is_owed_begins_anew_after_it(office):
    order_id = done(office)
    return_id = handed_in(office, order_id)
    ctx = system(office, "2026-03-11 09:00")
    services.object_to_result(ctx, order_id, "Crackles")
    after.work_goes_on(ctx, order_id)
    row = owed(office, order_id)
    assert (row.stage, row.state, find_clock(ctx, row, REVIEW_CLOCK).state) == ("working", "due", "cancelled")
    with pytest.raises(Conflict, match="being worked on again"):
        after.hand_in(as_person(office, "li", "2026-03-11 10:00"), return_id)
    services.start(system(office, "2026-03-12 09:00"), order_id)
    after.agree(as_person(office, "qiu", "2026-03-12 11:00"), order_id)
    services.finish(system(office, "2026-03-12 12:00"), order_id, ResultData("solved", "Cable", "defect"))
    after.begin_return(system(office, "2026-03-12 12:00"), order_id)
    after.begin_return(system(office, "2026-03-12 12:05"), order_id)
    row = owed(office, order_id, "2026-03-12 12:05")
    assert (row.stage, find_clock(ctx, row, HAND_IN).due_at) == ("return_checklist", moment("2026-03-17 18:00"))


@pytest.mark.clause("DEF-7.4")
def test_entertainment_is_claimed_only_when_it_was_approved_before_it_was_spent(office):
    order_id = dispatched(office)
    li = as_person(office, "li", "2026-03-05 09:00")
    dinner = ExpenseData("entertainment", "Dinner", D("200"), dt.date(2026, 3, 5), 1)
    with pytest.raises(Conflict, match="Entertainment has to be allowed before it is spent"):
        expenses.claim_expense(li, order_id, dinner)
    row = expenses.plan_expense(li, order_id, ExpenseData("entertainment", "Dinner", D("200"), reason="Handover"))
    with pytest.raises(Conflict, match="was not allowed beforehand"):
        expenses.claim_planned(li, row.id, D("200"), dt.date(2026, 3, 5), 1)
    with pytest.raises(Conflict, match="decided by the approval"):
        expenses.allow_expense(as_person(office, "qiu", "2026-03-05 09:10"), row.id)
    vera = as_person(office, "vera", "2026-03-06 09:00")
    asked = vera.session.scalars(waiting_for_me(vera)).one()
    assert (asked.record_number, asked.title) == ("FY2603-0001", "Dinner (FW2603-0001)")
    answer(vera, asked.id, steps_listed(vera, asked.id)[0].id, approves=True)
    expenses.allowance_granted(system(office, "2026-03-06 09:05"), row.id, vera.now)
    later = as_person(office, "li", "2026-03-09 09:00")
    with pytest.raises(Conflict, match="spent before it was allowed"):
        expenses.claim_planned(later, row.id, D("200"), dt.date(2026, 3, 5), 1)
    with pytest.raises(Conflict, match="No more than CN¥200.00 was allowed"):
        expenses.claim_planned(later, row.id, D("260"), dt.date(2026, 3, 6), 1)
    claimed = expenses.claim_planned(later, row.id, D("180"), dt.date(2026, 3, 6), 1)
    assert (claimed.state, claimed.amount, claimed.allowed_amount) == ("claimed", D("180"), D("200"))
    assert queries.claimed(later, order_id) == D("180")


def test_a_form_that_is_sent_twice_claims_one_expense_and_none_after_it_was_handed_in(office):
    order_id = done(office)
    li = as_person(office, "li", "2026-03-09 09:00")
    data = ExpenseData("travel", "Train", D("30"), dt.date(2026, 3, 6), 1, once="form:1")
    assert expenses.claim_expense(li, order_id, data).id == expenses.claim_expense(li, order_id, data).id
    with pytest.raises(Invalid, match="say why there is none"):
        expenses.claim_expense(li, order_id, ExpenseData("local", "Bus", D("2"), dt.date(2026, 3, 6)))
    handed_in(office, order_id)
    with pytest.raises(Conflict, match="has to be sent back first"):
        expenses.claim_expense(li, order_id, ExpenseData("local", "Bus", D("2"), dt.date(2026, 3, 6), 1))
    assert queries.claimed(li, order_id) == D("30")


def test_a_return_asked_for_by_hand_keeps_the_reason_where_the_table_asks_for_none(office):
    ctx = system(office, "2026-03-04 09:00")
    order = services.open_order(ctx, OrderData("workshop", "Radio sent in", work_kind="free", work_kind_reason="told"))
    services.accept(ctx, order.id)
    assert after.begin_return(ctx, order.id) is None
    with pytest.raises(Conflict, match="is not done yet"):
        after.ask_for_return(ctx, order.id, "Spot check")
    assert queries.return_of(ctx, order.id) is None
