"""The phone desk: who answers for a moment, missed calls from hand and file, calling back, objections (SWM-2.6)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import Conflict, Forbidden, Invalid, timeline, use_locale
from core.decisions.store import latest_published, publish, save_draft, table_named
from core.testing import counted, moment
from core.transfer import read_mapping, run_import
from plugins.base.models import Contact
from plugins.callback.calling_contracts import MISSED, MissedData
from plugins.callback.importing.missed import MISSED_CALLS
from plugins.callback.models import MissedCall
from plugins.callback.queries import desk as queries
from plugins.callback.queries.calling import clocks_of
from plugins.callback.services import desk
from tests.support.calling_site import acting, furnish, ids, scalars

EVENING = moment("2026-03-02 21:40")
PHONE = "139 0513 8401"


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def fifty(office) -> None:
    """SWM-2.6: 50 yuan for each call that nobody answered."""
    ctx, name = office.system(moment("2026-03-01 09:00")), "callback.missed_calls"
    body = latest_published(ctx, table_named(ctx, name)).body
    row = {"id": "fifty", "clause": "SWM-2.6", "when": {"attribution": "on_duty"}, "then": {"amount": 50}}
    save_draft(ctx, name, {**body, "rows": [row, *body["rows"]]}, reason="test", effective_from=ctx.today)
    publish(ctx, name)


def missed(office, at: str, phone: str = PHONE, who: str = "bob", now=EVENING) -> MissedCall:
    return desk.record_missed(acting(office, who, now), MissedData(moment(at), phone))[0]


@pytest.mark.clause("SWM-2.6")
def test_a_missed_call_of_the_service_phone_is_its_persons_of_that_moment_with_fifty_yuan(office):
    fifty(office)
    who = ids(office)
    for at, answerable, why, amount, consequence in (
        ("2026-03-02 09:00", who["ann"], "on_duty", Decimal(50), "stands"),
        ("2026-03-02 15:59", who["ann"], "on_duty", Decimal(50), "stands"),
        ("2026-03-02 16:00", who["bob"], "on_duty", Decimal(50), "stands"),
        ("2026-03-02 08:59", None, "nobody", None, "none"),
        ("2026-03-02 21:30", None, "unknown", None, "none"),
    ):
        row = missed(office, at)
        found = (row.answerable_id, row.attribution, row.amount, row.consequence)
        assert found == (answerable, why, amount, consequence), at
    ctx = office.system(EVENING)
    assert queries.month_of_people(ctx, ctx.today, ctx.today) == [
        (who["ann"], "Ann Li", 2, Decimal(100)), (who["bob"], "Bob Wu", 1, Decimal(50)),
    ]  # fmt: skip
    plan = queries.plan_of(ctx, moment("2026-03-02 00:00"), moment("2026-03-03 00:00"))
    assert [(g.starts_at, g.ends_at) for g in plan.gaps] == [(moment("2026-03-02 21:00"), moment("2026-03-02 22:00"))]


def test_a_missed_call_is_called_back_within_its_time_limit_and_stands_in_the_register(office):
    row = missed(office, "2026-03-02 15:00", who="ann", now=moment("2026-03-02 15:10"))
    assert (row.assignee_id, row.due_at) == (ids(office)["ann"], moment("2026-03-02 16:10"))
    assert clocks_of(office.system(), [row.id], MISSED)[row.id].state == "running"
    with pytest.raises(Invalid):
        desk.called_back(acting(office, "ann", moment("2026-03-02 15:20")), row.id, "")
    done = desk.called_back(acting(office, "ann", moment("2026-03-02 15:20")), row.id, "Asked for the hours")
    contact = scalars(office, sa.select(Contact).where(Contact.id == done.contact_id))[0]
    assert (done.state, contact.direction, contact.text, contact.outcome) == (
        "called_back", "out", "Asked for the hours", MISSED,
    )  # fmt: skip
    assert clocks_of(office.system(), [row.id], MISSED) == {}
    with pytest.raises(Conflict):
        desk.leave_missed(acting(office, "ann", EVENING), row.id, "No")


def test_the_same_missed_call_is_recorded_once_and_bad_input_is_refused(office):
    first, again = missed(office, "2026-03-02 15:00"), missed(office, "2026-03-02 15:00", "+86 13905138401")
    assert first.id == again.id
    ctx = acting(office, "bob", EVENING)
    for data, field in (
        (MissedData(moment("2026-03-03 09:00"), PHONE), "at"),
        (MissedData(moment("2026-03-02 09:00"), "12"), "phone"),
    ):
        with pytest.raises(Invalid) as refused:
            desk.record_missed(ctx, data)
        assert refused.value.field == field
    with pytest.raises(Forbidden):
        desk.record_missed(office.ctx("callback.desk.view", now=EVENING), MissedData(moment("2026-03-02 09:00"), PHONE))
    assert len(scalars(office, sa.select(MissedCall.id))) == 1


def test_only_the_person_who_had_to_answer_objects_and_nobody_decides_on_his_own(office):
    row = missed(office, "2026-03-02 15:00")
    with pytest.raises(Forbidden):
        desk.object_to(acting(office, "bob", EVENING), row.id, "Not mine")
    assert desk.object_to(acting(office, "ann", EVENING), row.id, "Other line").consequence == "appealed"
    with pytest.raises(Forbidden):
        desk.judge_missed(acting(office, "ann", EVENING), row.id, waive=True, reason="Mine")
    with pytest.raises(Invalid):
        desk.judge_missed(acting(office, "boss", EVENING), row.id, waive=True, reason=" ")
    done = desk.judge_missed(acting(office, "boss", EVENING), row.id, waive=True, reason="Proved by the list")
    assert (done.consequence, done.why) == ("waived", "Proved by the list")
    with pytest.raises(Conflict):
        desk.judge_missed(acting(office, "boss", EVENING), row.id, waive=False, reason="No")


def test_a_file_of_the_telephone_system_tells_each_bad_row_and_adds_nothing_twice(office, tmp_path):
    path = tmp_path / "calls.csv"
    path.write_text(
        "来电时间,来电号码\n2026-03-02 15:00,13905138401\n2026-03-02 16:30,13905138402\n"
        "2026-03-02 16:31,12\n2026-03-04 09:00,13905138403\n2026-02-01 10:00,13905138404\n",
        encoding="utf-8",
    )
    mapping = read_mapping(
        {"fields": {"at": {"column": "来电时间"}, "phone": {"column": "来电号码"}}}, MISSED_CALLS
    )
    ctx = office.system(EVENING)
    report = run_import(ctx, MISSED_CALLS, path, mapping, only_good=True)
    assert (report.added, sorted(p.line for p in report.problems)) == (3, [4, 5])
    who = ids(office)
    rows = scalars(office, sa.select(MissedCall).order_by(MissedCall.at))
    assert [(r.answerable_id, r.state, r.customer_id is not None) for r in rows] == [
        (None, "closed", True), (who["ann"], "open", True), (who["bob"], "open", True),
    ]  # fmt: skip
    assert {r.due_at - EVENING for r in rows[1:]} == {dt.timedelta(hours=1)}
    assert [e.facts["phone"] for e in timeline(ctx, rows[1])] == ["139 0513 8401"]
    again = run_import(office.system(EVENING), MISSED_CALLS, path, mapping, only_good=True)
    assert (again.added, again.known) == (0, 3)


def test_a_file_is_loaded_in_as_many_statements_however_many_calls_were_missed(office):
    def statements(minutes: range) -> int:
        ctx = office.system(EVENING)
        found = [(MissedData(moment(f"2026-03-02 15:{m:02d}"), PHONE, source="import"), PHONE) for m in minutes]
        with counted(office.installation.engine) as seen:
            assert desk.load_missed(ctx, found) == len(found)
        return len(seen)

    statements(range(1))  # what is looked up once: the roster, the rule tables
    assert statements(range(1, 12)) == statements(range(12, 50))
