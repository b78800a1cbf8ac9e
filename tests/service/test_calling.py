"""Calling: who gets which call, what a result leads to, what is refused, and that two never get the same call."""

from __future__ import annotations

import contextlib
import datetime as dt
import threading

import pytest
import sqlalchemy as sa

from core.api import Conflict, Forbidden, Invalid, NotFound, use_locale
from core.companies.services import end_membership, open_work
from core.notifications import inbox_page
from core.settings import set_setting
from core.testing import counted, moment
from plugins.base.models import Contact
from plugins.callback.calling_contracts import MissedData, ResultData
from plugins.callback.contracts import PreferenceData
from plugins.callback.models import Call, CallDraft, MissedCall, Promise, Try
from plugins.callback.queries import calling as queries
from plugins.callback.queries.calls import get_call, preference_of
from plugins.callback.services import calling, desk, promises
from plugins.callback.services.calls import save_preference
from tests.support.calling_site import NOW, acting, call_of, customer_ids, furnish, ids, planned, scalars
from tests.support.workforce_site import day

MINUTE = dt.timedelta(minutes=1)
NUMBER = "+86139051384{:02d}"


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def told(result: str, key: str = "k1", **values) -> ResultData:
    return ResultData(key, result, **values)


def count(office, model) -> int:
    return scalars(office, sa.select(sa.func.count()).select_from(model))[0]


# --- the next call --------------------------------------------------------------------------------------------------


def test_overdue_calls_come_first_then_ones_own_and_what_is_for_later_waits(office):
    evening = planned(office, customer=0, part=2)
    others = planned(office, "bob", customer=1)
    free = planned(office, None, customer=2)
    own = planned(office, customer=3)
    tomorrow = planned(office, customer=4, on="2026-03-03")
    overdue = planned(office, "bob", customer=5, on="2026-02-27")
    ctx = acting(office, "ann")
    order = [row.id for row in queries.next_few(ctx)]
    assert order == [overdue, own, free, others]
    assert not {evening, tomorrow} & set(order)
    at_six = [row.id for row in queries.next_few(acting(office, "ann", moment("2026-03-02 18:00")))]
    assert at_six == [overdue, own, evening, free, others]
    set_setting(office.system(), "callback.take_colleagues", False)
    assert [row.id for row in queries.next_few(acting(office, "ann"))] == [own, free]


def test_next_call_is_locked_to_one_person_who_gets_it_back_when_asking_twice(office):
    first, second = planned(office, customer=0), planned(office, customer=1)
    ann = acting(office, "ann")
    assert calling.next_call(ann).id == first
    assert calling.next_call(acting(office, "ann")).id == first
    assert calling.next_call(acting(office, "bob")).id == second
    assert calling.next_call(acting(office, "boss")) is None
    row = call_of(office, first)
    assert (row.state, row.locked_by, row.locked_at) == ("calling", ids(office)["ann"], NOW)


def test_agents_at_the_same_moment_never_get_the_same_call(office):
    wanted = {planned(office, None, customer=n) for n in range(4)}
    found: list[int] = []
    contexts = [acting(office, name) for name in ("ann", "bob", "boss")]
    start = threading.Barrier(len(contexts))

    def ask(ctx) -> None:
        start.wait()
        found.append(calling.next_call(ctx).id)

    threads = [threading.Thread(target=ask, args=(ctx,)) for ctx in contexts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(set(found)) == 3
    assert set(found) < wanted


@pytest.mark.writers_at_once
def test_who_asks_twice_at_the_same_moment_gets_one_call(office, monkeypatch):
    for n in range(2):
        planned(office, None, customer=n)
    found, held, both = [], queries.held_call, threading.Barrier(2)

    def after_reading(ctx, user_id):
        row = held(ctx, user_id)
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(1)
        return row

    monkeypatch.setattr(queries, "held_call", after_reading)
    contexts = [acting(office, "ann") for _n in range(2)]
    threads = [threading.Thread(target=lambda ctx=ctx: found.append(calling.next_call(ctx).id)) for ctx in contexts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert len(set(found)) == 1


def test_a_lock_that_is_over_passes_on_unless_its_person_is_still_typing(office):
    call = planned(office)
    calling.next_call(acting(office, "ann"))
    later = NOW + 31 * MINUTE
    calling.save_draft(acting(office, "ann", NOW + 20 * MINUTE), call, {"note": ["half a"]})
    assert calling.next_call(acting(office, "bob", later)) is None
    assert calling.next_call(acting(office, "bob", NOW + 51 * MINUTE)).id == call
    with pytest.raises(Conflict) as refused:
        calling.record_result(acting(office, "ann", NOW + 52 * MINUTE), call, told("no_answer"))
    assert refused.value.message == "Bob Wu is at this call now. What you typed is kept here."
    assert queries.draft_of(office.system(), call, ids(office)["ann"]).fields == {"note": ["half a"]}
    assert count(office, Try) == 0


def test_a_lock_that_is_over_harms_nobody_as_long_as_nobody_else_has_the_call(office):
    call = planned(office)
    calling.next_call(acting(office, "ann"))
    came = calling.record_result(acting(office, "ann", NOW + 90 * MINUTE), call, told("reached"))
    assert came.state == "done"


def test_who_may_only_call_notes_all_the_same_that_a_customer_wishes_no_calls(office):
    call = planned(office, customer=0)
    ctx = acting(office, "ann")
    only = office.ctx(calling.MAKE, "base.contact.record", now=NOW, user_id=ctx.actor.user_id, name="Ann Li")
    calling.take_call(only, call)
    calling.record_result(only, call, told("refused", note="Never again"))
    assert preference_of(office.system(), customer_ids(office)[0]).no_call is True
    with pytest.raises(Forbidden):
        save_preference(only, customer_ids(office)[0], PreferenceData(no_call=False))


def test_customers_who_came_to_wish_no_calls_are_not_handed_out(office):
    first, second = planned(office, customer=0), planned(office, customer=1)
    calling.take_call(acting(office, "ann"), first)
    calling.record_result(acting(office, "ann"), first, told("refused", note="Never again"))
    wishes = preference_of(office.system(), customer_ids(office)[0])
    assert (wishes.no_call, wishes.note) == (True, "Never again")
    again = planned_anyway(office, first)
    assert calling.next_call(acting(office, "ann")).id == second
    assert call_of(office, again).state == "released"


def planned_anyway(office, like: int) -> int:
    """A call planned before the customer said so."""
    from core.api import emit, transaction

    ctx = office.system()
    with transaction(ctx):
        old = get_call(ctx, like)
        row = Call(
            period_id=old.period_id, customer_id=old.customer_id, unit_id=old.unit_id, phone=old.phone,
            due_from=day("2026-03-01"), due_until=day("2026-03-01"), day=day("2026-03-01"), state="released",
        )  # fmt: skip
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "callback.call_planned", row, name="", day=row.day)
        return row.id


def test_a_call_of_another_unit_and_a_person_without_the_right(office):
    call = planned(office)
    with pytest.raises(NotFound):
        calling.take_call(acting(office, "eve"), call)
    assert calling.next_call(acting(office, "eve")) is None
    for do in (calling.next_call, lambda ctx: calling.take_call(ctx, call)):
        with pytest.raises(Forbidden):
            do(office.ctx("callback.call.view", now=NOW, user_id=ids(office)["bob"]))
    assert call_of(office, call).state == "released"


def test_taking_a_call_that_somebody_is_at_or_while_at_another_is_refused(office):
    first, second = planned(office, customer=0), planned(office, customer=1)
    calling.take_call(acting(office, "ann"), first)
    with pytest.raises(Conflict) as locked:
        calling.take_call(acting(office, "bob"), first)
    assert locked.value.code == "locked"
    with pytest.raises(Conflict) as busy:
        calling.take_call(acting(office, "ann"), second)
    assert busy.value.code == "at_another"
    assert call_of(office, second).state == "released"


# --- results --------------------------------------------------------------------------------------------------------


def begun(office, **values) -> int:
    call = planned(office, **values)
    calling.take_call(acting(office, "ann"), call)
    return call


def test_every_result_is_an_entry_of_the_call_register_linked_to_the_call(office):
    call = begun(office)
    calling.save_draft(acting(office, "ann"), call, {"note": ["All"]})
    came = calling.record_result(acting(office, "ann"), call, told("reached", note="All well", phone=NUMBER.format(0)))
    contact = scalars(office, sa.select(Contact).where(Contact.id == came.contact_id))[0]
    assert (contact.direction, contact.channel, contact.phone) == ("out", "phone", NUMBER.format(0))
    assert (contact.subject, contact.text) == ("Callback: Asking for opinions", "All well")
    assert (contact.outcome, contact.outcome_ref, contact.state) == ("callback.call", call, "settled")
    row = call_of(office, call)
    assert (row.state, row.result, row.attempts, row.done_at, row.locked_by) == ("done", "reached", 1, NOW, None)
    assert count(office, CallDraft) == 0


def test_the_same_result_sent_twice_counts_once_and_another_one_is_refused(office):
    call = begun(office)
    first = calling.record_result(acting(office, "ann"), call, told("reached", note="Well", promise="Send it"))
    again = calling.record_result(acting(office, "ann"), call, told("reached", note="Well", promise="Send it"))
    assert (again.try_id, again.again) == (first.try_id, True)
    with pytest.raises(Conflict) as twice:
        calling.record_result(acting(office, "ann"), call, told("busy", key="k2"))
    assert twice.value.code == "result_twice"
    assert (count(office, Try), count(office, Contact), count(office, Promise)) == (1, 1, 1)


def test_no_answer_is_tried_again_as_the_table_says_until_the_call_is_planned_anew(office):
    call = begun(office)
    came = calling.record_result(acting(office, "ann"), call, told("no_answer"))
    assert (came.state, came.next_try_at) == ("released", NOW + 120 * MINUTE)
    assert calling.next_call(acting(office, "ann", NOW + 119 * MINUTE)) is None
    second = NOW + 120 * MINUTE
    assert calling.next_call(acting(office, "ann", second)).id == call
    came = calling.record_result(acting(office, "ann", second), call, told("no_answer", "k2"))
    assert came.next_try_at == second + 240 * MINUTE
    third = second + 240 * MINUTE
    assert calling.next_call(acting(office, "ann", third)).id == call
    assert inbox(office, "boss") == []
    came = calling.record_result(acting(office, "ann", third), call, told("no_answer", "k3"))
    assert (came.state, came.next_try_at) == ("missed", None)
    said = "Customer 0 was not reached, attempts: 3. The last one: No answer"
    assert inbox(office, "boss") == [(said, "callback.call", call)]
    assert inbox(office, "bob") == []


def inbox(office, mailbox: str) -> list[tuple[str, str, int]]:
    """What a person was told, and about which record."""
    ctx = acting(office, mailbox)
    return [(row.words, row.record_kind, row.record_id) for row in inbox_page(ctx, None)]


def test_an_attempt_that_could_only_be_repeated_after_the_span_is_planned_anew(office):
    call = begun(office)
    late = moment("2026-03-02 22:30")
    came = calling.record_result(acting(office, "ann", late), call, told("no_answer"))
    assert (came.state, came.next_try_at) == ("missed", None)


def test_a_wrong_number_becomes_a_task_for_data(office):
    call = begun(office)
    came = calling.record_result(acting(office, "ann"), call, told("wrong_number", phone=NUMBER.format(0)))
    task = scalars(office, sa.select(Promise))[0]
    assert (came.state, task.kind, task.customer_id) == ("missed", "number", customer_ids(office)[0])
    assert task.text.startswith("The number 139 0513 8400 is wrong.")


def test_a_promise_is_a_task_with_a_time_limit_for_whom_it_was_given_to(office):
    call = begun(office)
    who = ids(office)["bob"]
    data = told("reached", promise="Send the manual", promise_until=day("2026-03-04"), promise_for=who)
    calling.record_result(acting(office, "ann"), call, data)
    bob = acting(office, "bob")
    task = queries.open_promises_of(bob, who)[0]
    assert task.due_at == moment("2026-03-04 23:59")
    assert queries.clocks_of(bob, [task.id])[task.id].due_at == task.due_at
    with pytest.raises(Invalid):
        promises.keep_promise(bob, task.id, " ")
    done = promises.keep_promise(acting(office, "bob", moment("2026-03-03 10:00")), task.id, "Sent")
    assert (done.state, done.result, done.ended_by) == ("done", "Sent", "Bob Wu")
    with pytest.raises(Conflict):
        promises.give_up_promise(acting(office, "bob"), task.id, "No")


def test_dissatisfaction_opens_a_complaint_once_and_a_task_where_no_module_takes_it(office):
    from plugins.complaints.models import Complaint

    call = begun(office)
    data = told("reached", note="The gearbox leaks again", complaint=True)
    for _again in range(2):
        came = calling.record_result(acting(office, "ann"), call, data)
    complaint = scalars(office, sa.select(Complaint))[0]
    assert (complaint.text, complaint.customer_id) == ("The gearbox leaks again", customer_ids(office)[0])
    contact = scalars(office, sa.select(Contact).where(Contact.id == came.contact_id))[0]
    assert (contact.matter, contact.subject) == ("complaint", "The gearbox leaks again")
    assert count(office, Promise) == 0

    from core.companies.switch import switch_off

    switch_off(office.system(), "complaints")
    other = begun(office, customer=1)
    calling.record_result(acting(office, "ann"), other, told("reached", "k2", note="Too late", complaint=True))
    assert scalars(office, sa.select(Promise.kind)) == ["complaint"]


def test_a_fault_is_a_task_unless_a_module_takes_it_in_from_the_register(office):
    first, second = begun(office), None
    calling.record_result(acting(office, "ann"), first, told("reached", note="Does not start", fault=True))
    task = scalars(office, sa.select(Promise))[0]
    assert (task.kind, task.text) == ("fault", "Does not start")
    second = begun(office, customer=1)
    data = told("reached", "k2", note="Leaks", fault=True, fault_goes_on=True)
    came = calling.record_result(acting(office, "ann"), second, data)
    contact = scalars(office, sa.select(Contact).where(Contact.id == came.contact_id))[0]
    assert (contact.state, contact.matter) == ("open", "fault")
    assert count(office, Promise) == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"result": "shouted"}, "result"),
        ({"result": "reached", "phone": "+8613900000000"}, "phone"),
        ({"result": "refused"}, "note"),
        ({"result": "busy", "promise": "Call later"}, "result"),
        ({"result": "reached", "complaint": True}, "note"),
        ({"result": "reached", "note": "x" * 2001}, "note"),
        ({"result": "reached", "promise": "Send", "promise_until": dt.date(2026, 3, 1)}, "promise_until"),
    ],
)
def test_what_can_not_be_kept_is_refused_and_nothing_changes(office, values, field):
    call = begun(office)
    with pytest.raises(Invalid) as refused:
        calling.record_result(acting(office, "ann"), call, ResultData("k1", **values))
    assert refused.value.field == field
    row = call_of(office, call)
    assert (row.state, row.attempts, row.locked_by) == ("calling", 0, ids(office)["ann"])
    assert (count(office, Try), count(office, Contact), count(office, Promise)) == (0, 0, 0)


def test_a_customer_without_a_number_can_not_be_called(office):
    from plugins.base.models import CustomerPhone

    call = begun(office)
    ctx = office.system()
    from core.api import emit, transaction

    with transaction(ctx):
        row = get_call(ctx, call)
        row.phone = ""
        for phone in ctx.session.scalars(sa.select(CustomerPhone).where(CustomerPhone.customer_id == row.customer_id)):
            ctx.session.delete(phone)
        ctx.session.flush()
        emit(ctx, "callback.call_moved", row, day=row.day, name="")
    with pytest.raises(Invalid) as refused:
        calling.record_result(acting(office, "ann"), call, told("reached"))
    assert refused.value.code == "no_phone"


# --- who leads ------------------------------------------------------------------------------------------------------


def test_who_leads_sees_who_calls_whom_frees_a_call_and_hands_calls_over(office):
    call = begun(office)
    ahead = planned(office, customer=1, on="2026-03-09")
    boss = acting(office, "boss")
    assert [(row.id, bool(kept)) for row, kept in boss.session.execute(queries.under_way(boss))] == [(call, True)]
    with pytest.raises(Forbidden):
        calling.free_call(acting(office, "bob"), call)
    calling.free_call(boss, call)
    assert call_of(office, call).state == "released"
    who = ids(office)
    with pytest.raises(Forbidden):
        calling.give_calls(acting(office, "bob"), who["ann"], who["bob"])
    assert calling.give_calls(acting(office, "boss"), who["ann"], who["bob"], day("2026-03-08")) == 1
    assert call_of(office, call).assignee_id == who["bob"]
    assert call_of(office, ahead).assignee_id == who["ann"]
    with pytest.raises(Invalid):
        calling.give_calls(acting(office, "boss"), who["bob"], who["bob"])
    # the agent whose call was freed is still on the phone: nobody else has it, so what was heard counts
    assert calling.record_result(acting(office, "ann"), call, told("reached", note="Fine")).state == "done"


def test_who_leaves_in_mid_quarter_leaves_nothing_behind(office):
    """Calls ahead, the call in progress with what was typed on it, a colleague's call, promises, calls back."""
    own, ahead = begun(office), planned(office, customer=1, on="2026-03-09")
    colleagues = planned(office, "bob", customer=2)
    ann = acting(office, "ann")
    calling.save_draft(ann, own, {"note": ["Half a"], "promise_for": [str(ids(office)["ann"])]})
    calling.record_result(ann, own, told("reached", promise="Send the manual"))
    calling.take_call(ann, colleagues)
    calling.save_draft(ann, colleagues, {"note": ["He is out"], "promise_for": [str(ids(office)["ann"])]})
    missed = desk.record_missed(acting(office, "ann"), MissedData(NOW, "139 0513 8401"))[0].id
    who = ids(office)
    system = office.system(NOW)
    assert {work.label: work.count for work in open_work(system, who["ann"])} == {
        "Calls to be made": 2, "Promises from calls": 1, "Missed calls to be called back": 1,
        "Coming shifts and rosters": 1,
    }  # fmt: skip
    with pytest.raises(Conflict) as refused:
        end_membership(system, who["ann"])
    assert refused.value.code == "open_work"
    assert end_membership(office.system(NOW), who["ann"], who["bob"]) == 5
    assert open_work(office.system(NOW), who["ann"]) == []
    rows = {n: call_of(office, n) for n in (own, ahead, colleagues)}
    assert [(rows[n].state, rows[n].assignee_id, rows[n].locked_by) for n in rows] == [
        ("done", who["ann"], None), ("released", who["bob"], None), ("released", who["bob"], None),
    ]  # fmt: skip
    assert scalars(office, sa.select(Promise.assignee_id)) == [who["bob"]]
    assert scalars(office, sa.select(MissedCall.assignee_id).where(MissedCall.id == missed)) == [who["bob"]]
    draft = queries.draft_of(office.system(), colleagues, who["bob"])
    assert draft.fields == {"note": ["He is out"], "promise_for": [str(who["bob"])]}
    assert calling.next_call(acting(office, "bob")).id == colleagues
    with pytest.raises(Conflict):
        calling.record_result(ann, colleagues, told("reached", "k9"))


def test_asking_for_the_next_call_takes_as_many_statements_however_many_wait(office):
    def statements(name: str) -> int:
        ctx = acting(office, name)
        with counted(office.installation.engine) as seen:
            calling.next_call(ctx)
        return len(seen)

    planned(office, customer=0)
    planned(office, customer=1)
    few = statements("ann")
    for n in range(2, 6):
        planned(office, customer=n)
    assert statements("bob") == few
