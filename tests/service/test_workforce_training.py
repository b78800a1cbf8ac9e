"""Training: invited, attended, passed; certificates are issued once; what is refused changes nothing."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.api import Conflict, Invalid, use_locale
from core.notifications import Notification
from core.testing import moment
from plugins.workforce.contracts import AttendedData, SessionData, TrainingData
from plugins.workforce.models import Attendance, Certificate
from plugins.workforce.queries import training as queries
from plugins.workforce.services import training
from tests.support.workforce_site import NOW, codes, day, furnish, ids

AFTER = moment("2026-03-06 17:00")
PASSED = AttendedData("present", "passed", "90")


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


@pytest.fixture
def session(office):
    who, ctx = ids(office), office.system(NOW)
    row = training.save_training(ctx, TrainingData("Permit", day("2026-03-31"), skill_id=codes(office)["permit"]))
    times = SessionData(moment("2026-03-06 09:00"), moment("2026-03-06 16:00"))
    return training.plan_session(ctx, row.id, times, [who["wang"], who["worker"]]).id


def test_who_is_invited_is_told_once_and_nobody_twice(office, session):
    who, ctx = ids(office), office.system(NOW)
    assert training.invite(ctx, session, [who["worker"], who["li"]]) == 1
    told = ctx.session.scalars(sa.select(Notification.user_id).order_by(Notification.id)).all()
    assert told == [who["wang"], who["worker"], who["li"]]
    assert queries.counts(ctx, [session]) == {session: (3, 0, 0)}
    assert [s.id for s in queries.invitations(ctx, who["li"])] == [session]
    with pytest.raises(Invalid):
        training.invite(ctx, session, [999])


def test_a_certificate_is_issued_once_and_the_record_can_be_corrected_until_then(office, session):
    who = ids(office)
    ctx = office.system(AFTER)
    found = {who["wang"]: PASSED, who["worker"]: AttendedData("absent")}
    training.record_attendance(ctx, session, found)
    training.record_attendance(ctx, session, {**found, who["worker"]: AttendedData("present", "failed", "40")})
    issued = ctx.session.scalars(sa.select(Certificate).where(Certificate.number.startswith("ZS"))).all()
    own = [c for c in issued if c.skill_id == codes(office)["permit"]]
    assert [(c.assignee_id, c.valid_from, c.valid_until, c.issuer) for c in own] == [
        (who["wang"], day("2026-03-06"), day("2028-03-05"), "Acme")
    ]
    assert queries.counts(ctx, [session]) == {session: (2, 2, 1)}
    with pytest.raises(Conflict) as refused:
        training.record_attendance(ctx, session, {who["wang"]: AttendedData("absent")})
    assert refused.value.message == "Wang Zhi got the certificate already; withdraw that instead."
    assert queries.counts(office.system(AFTER), [session]) == {session: (2, 2, 1)}


def test_attendance_before_it_began_a_result_without_being_there_and_strangers_are_refused(office, session):
    who = ids(office)
    with pytest.raises(Conflict):
        training.record_attendance(office.system(NOW), session, {who["wang"]: PASSED})
    absent, unknown = AttendedData("absent", "passed"), AttendedData("x")
    for found in ({who["wang"]: absent}, {who["li"]: PASSED}, {who["wang"]: unknown}):
        with pytest.raises(Invalid):
            training.record_attendance(office.system(AFTER), session, found)
    states = office.system(AFTER).session.scalars(sa.select(Attendance.state)).all()
    assert states == ["invited", "invited"]


def test_a_cancelled_session_tells_those_invited_and_takes_nobody_any_more(office, session):
    who, ctx = ids(office), office.system(NOW)
    training.cancel_session(ctx, session, "Trainer is ill")
    assert ctx.session.scalar(sa.select(sa.func.count()).select_from(Notification)) == 4
    for refused in (
        lambda: training.invite(ctx, session, [who["li"]]),
        lambda: training.cancel_session(ctx, session, "Again"),
        lambda: training.record_attendance(office.system(AFTER), session, {who["wang"]: PASSED}),
    ):
        with pytest.raises(Conflict):
            refused()
