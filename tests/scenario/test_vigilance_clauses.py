"""Adverse events (INS-5) and the register of implants (INS-9), as the profile of medical-device dealers has them."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from core.api import (
    Clock,
    Conflict,
    Event,
    Forbidden,
    Invalid,
    RecordRef,
    issue_document,
    sweep,
    use_locale,
)
from core.companies.switch import switch_on
from core.notifications import Notification
from core.testing import moment
from plugins.base import services as base
from plugins.base.contracts import CustomerData, ProductData, UnitData
from plugins.vigilance.contracts import (
    DUTY,
    EVENT,
    IMPLANT,
    REPORT,
    STOP_NOTICE,
    Details,
    EventData,
    ImplantData,
)
from plugins.vigilance.models import AdverseEvent, Implant
from plugins.vigilance.queries import events as queries
from plugins.vigilance.services import events, implants
from tests.support import policy_site

NOW = "2026-12-15 09:00"


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture(scope="module")
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def furnish(installation) -> None:
    """A dealer by the profile, with a manager, a buyer, an engineer, quality, and somebody at the phone."""
    office = installation.company("acme", locale="en")
    policy_site.apply(office, "medical_dealer")
    switch_on(office.system(), "vigilance")
    members = {"ma": "manager", "bei": "purchasing", "en": "technician", "qiu": "quality", "an": "agent", "su": "sales"}
    members["gu"] = "general_manager"
    policy_site.people(office, members)
    ctx = office.system(moment(NOW))
    pump = base.save_product(ctx, ProductData("PUMP", "Infusion pump", maker="Maker Ltd"))
    base.save_product(ctx, ProductData("PLATE", "Bone plate"))
    for name in ("City Hospital", "North Clinic"):
        base.save_customer(ctx, CustomerData(name, "company"))
    base.save_unit_record(ctx, UnitData(pump.id, "P-1", batch="26A", customer_id=1))


def acting(office, mailbox: str, now: str = NOW):
    return policy_site.acting(office, mailbox, now)


def told(office, mailbox: str) -> list[str]:
    session = office.system().session
    query = sa.select(Notification).where(Notification.user_id == policy_site.person(office, mailbox))
    return [line.words for line in session.scalars(query.order_by(Notification.id))]


def duties(office, event_id: int) -> dict[str, tuple[str, str]]:
    """Duty → (state, due) of an adverse event."""
    ctx = office.system(moment(NOW))
    found = {}
    for duty in queries.duties_of(ctx, event_id):
        clock = ctx.session.scalar(sa.select(Clock).where(Clock.record_kind == DUTY, Clock.record_id == duty.id))
        found[duty.kind] = (duty.state, clock.due_at.astimezone(ctx.tz).strftime("%Y-%m-%d %H:%M"))
    return found


def duty_id(office, event_id: int, kind: str) -> int:
    return next(d.id for d in queries.duties_of(office.system(), event_id) if d.kind == kind)


@pytest.mark.clause("INS-5")
def test_details_are_gathered_people_told_the_user_stopped_the_maker_told_a_report_written_and_a_claim_made(office):
    ctx = acting(office, "an")
    row = events.open_event(ctx, EventData("Pump ran too fast", "serious", device_id=1, told_by="Nurse Tian"))
    assert (row.number, row.customer_id, row.batch) == ("BL2612-0001", 1, "26A")
    event_id = row.id
    line = "Adverse event BL2612-0001: Pump ran too fast. Serious harm"
    assert [told(office, who)[0] for who in ("ma", "bei", "en")] == [line] * 3, "manager, buyer, engineer"
    assert duties(office, event_id) == {
        "stop": ("open", "2026-12-15 11:00"), "report": ("open", "2027-01-05 00:00"),
        "claim": ("open", "2026-12-29 18:00"), "evaluation": ("open", "2027-01-30 00:00"),
    }  # fmt: skip
    events.gather(acting(office, "en"), event_id, Details("Rate set by the manual", "", harm="serious"))
    assert office.system().session.get(AdverseEvent, event_id).state == "reported", "the use is not known yet"
    events.gather(acting(office, "en"), event_id, Details("Rate set by the manual", "Pain relief", harm="serious"))
    assert office.system().session.get(AdverseEvent, event_id).state == "investigating"
    events.conclude(acting(office, "en"), event_id, "instrument", "The flow sensor drifts")
    assert duties(office, event_id)["maker"] == ("open", "2026-12-16 09:00")
    assert told(office, "bei")[-1] == "BL2612-0001: Tell the maker. Pump ran too fast"
    stop = duty_id(office, event_id, "stop")
    with pytest.raises(Conflict, match="Tell the user first"):
        events.finish(acting(office, "qiu"), stop, "Nurse Tian")
    events.send_stop(acting(office, "qiu"), stop, "Nurse Tian")
    with pytest.raises(Invalid, match="number of the report"):
        events.finish(acting(office, "qiu"), duty_id(office, event_id, "report"), "Supervision office")
    for kind in ("report", "claim", "evaluation", "maker"):
        events.finish(acting(office, "qiu"), duty_id(office, event_id, kind), "Office", f"NO-{kind}")
    with pytest.raises(Conflict, match="not possible yet: Tell the user to stop using it at once"):
        events.close(acting(office, "qiu"), event_id)
    events.finish(acting(office, "qiu"), stop, "Doctor Lin", note="Sealed")
    events.close(acting(office, "qiu"), event_id)
    assert office.system().session.get(AdverseEvent, event_id).state == "closed"
    assert {state for state, _due in duties(office, event_id).values()} == {"done"}


def test_the_notice_to_stop_is_written_in_the_users_language_the_report_in_that_of_the_house(office):
    ctx = office.system(moment(NOW))
    base.save_customer(ctx, CustomerData("City Hospital", "company", language="zh"), customer_id=1)
    row = events.open_event(acting(office, "an"), EventData("Pump ran too fast", "serious", device_id=1))
    for kind, locale in ((STOP_NOTICE, "zh"), (REPORT, "en")):
        assert issue_document(office.system(moment(NOW)), kind, RecordRef(EVENT, row.id)).locale == locale


@pytest.mark.clause("INS-5")
def test_without_harm_nobody_is_stopped_and_when_a_patient_turns_out_harmed_the_notice_follows_and_goes_again(office):
    event_id = events.open_event(acting(office, "an"), EventData("Alarm did not sound", device_id=1)).id
    assert duties(office, event_id) == {}
    events.gather(acting(office, "en"), event_id, Details("As usual", "At night", harm="death"))
    assert duties(office, event_id)["report"] == ("open", "2026-12-23 00:00"), "seven days after a death"
    assert told(office, "qiu")[-3].endswith("Tell the user to stop using it at once. Alarm did not sound")
    events.gather(acting(office, "en"), event_id, Details("As usual", "At night", harm="none"))
    assert {kind: state for kind, (state, _due) in duties(office, event_id).items()} == dict.fromkeys(
        ("stop", "report", "claim", "evaluation"), "dropped"
    )
    events.conclude(acting(office, "en"), event_id, "operation", "Volume was turned down")
    events.close(acting(office, "ma"), event_id)
    assert "maker" not in duties(office, event_id), "it was not the device's own fault"


def test_several_people_harmed_is_reported_by_phone_and_each_case_within_a_day(office):
    event_id = events.open_event(acting(office, "qiu"), EventData("Three fevers", "serious", several=True)).id
    found = duties(office, event_id)
    assert (found["phone"][1], found["maker"][1]) == ("2026-12-15 21:00", "2026-12-15 21:00")
    assert found["report"][1] == "2026-12-16 09:00"


def test_what_is_late_is_told_to_quality_and_the_manager_at_once_and_soon_to_the_general_manager(office):
    event_id = events.open_event(acting(office, "an"), EventData("Pump stopped", "serious", device_id=1)).id
    stop = duty_id(office, event_id, "stop")
    ctx = office.system(moment("2026-12-15 11:01"))
    people = {policy_site.person(office, who): who for who in ("qiu", "ma", "gu")}

    def late() -> list[str]:
        query = sa.select(Notification).where(Notification.record_id == stop, Notification.record_kind == DUTY)
        lines = ctx.session.scalars(query.order_by(Notification.id))
        return sorted(people[line.user_id] for line in lines if line.words == "Overdue: “Duty of an adverse event”")

    sweep(ctx)
    assert late() == ["ma", "qiu"], "two hours to tell the user to stop"
    sweep(ctx.at(moment("2026-12-15 13:01")))
    assert late() == ["gu", "ma", "qiu"]
    events.send_stop(acting(office, "qiu"), stop, "Nurse Tian")


def test_the_patient_of_an_event_is_shown_to_few_and_each_look_is_kept_without_what_was_seen(office):
    data = EventData("Rash under the electrode", "minor", device_id=1, patient="Woman, 58")
    event_id = events.open_event(acting(office, "an"), data).id
    with pytest.raises(Forbidden):
        events.show_patient(acting(office, "an"), event_id, "Curious")
    with pytest.raises(Forbidden):
        events.write_patient(acting(office, "en"), event_id, "Man")
    with pytest.raises(Invalid, match="for what you need"):
        events.show_patient(acting(office, "qiu"), event_id, " ")
    events.write_patient(acting(office, "qiu"), event_id, "Woman, 58, recovered")
    assert events.show_patient(acting(office, "qiu"), event_id, "Report to the office") == "Woman, 58, recovered"
    names = ("vigilance.patient_written", "vigilance.patient_shown")
    kept = sa.select(Event).where(Event.record_id == event_id, Event.name.in_(names)).order_by(Event.id)
    found = [(e.name, e.actor_name, e.facts) for e in office.system().session.scalars(kept)]
    number = office.system().session.get(AdverseEvent, event_id).number
    assert found == [
        (names[0], "Qiu", {"number": number}), (names[1], "Qiu", {"who": "Qiu", "reason": "Report to the office"}),
    ]  # fmt: skip


def plate(office, serial: str, batch: str, patient: str, customer_id: int = 1) -> int:
    return implants.record_implant(
        acting(office, "su"),
        ImplantData(2, customer_id, dt.date(2026, 12, 1), serial, batch, "Ward 2", patient, f"Z-{serial}", "555"),
    ).id


@pytest.mark.clause("INS-9")
def test_unit_hospital_user_and_date_are_recorded_and_patients_are_shown_to_few_each_look_on_record(office):
    first, second = plate(office, "S-1", "B-1", "Doris Hale"), plate(office, "S-2", "B-1", "Grant Moss", 2)
    plate(office, "S-3", "B-2", "Wendy Sands")
    ctx = office.system(moment(NOW))
    row = ctx.session.get(Implant, first)
    assert (row.serial, row.customer_id, row.used_by, row.used_on) == ("S-1", 1, "Ward 2", dt.date(2026, 12, 1))
    with pytest.raises(Forbidden):
        implants.show_patients(acting(office, "su"), [first], "Curious")
    with pytest.raises(Invalid, match="for what you need"):
        implants.show_patients(acting(office, "qiu"), [first], " ")
    shown = implants.trace_patients(acting(office, "qiu"), 2, "B-1", "Recall of B-1")
    assert [(p.implant_id, p.name, p.number) for p in shown] == [
        (first, "Doris Hale", "Z-S-1"), (second, "Grant Moss", "Z-S-2"),
    ]  # fmt: skip
    looks = sa.select(Event).where(Event.name == "vigilance.patient_shown", Event.record_kind == IMPLANT)
    looks = looks.order_by(Event.id)
    found = [(e.record_id, e.actor_name, e.facts["reason"]) for e in office.system().session.scalars(looks)]
    assert found == [(first, "Qiu", "Recall of B-1"), (second, "Qiu", "Recall of B-1")], "nobody else looked"
    again = implants.trace_patients(acting(office, "qiu"), 2, "B-1", "Recall of B-1", after=first, limit=1)
    assert [p.implant_id for p in again] == [second]


def test_a_piece_is_in_one_person_at_a_time_and_is_taken_out_after_it_was_put_in(office):
    piece = plate(office, "S-9", "B-9", "Nora Finch")
    with pytest.raises(Conflict, match="S-9 is in the register already"):
        plate(office, "S-9", "B-9", "Somebody else")
    with pytest.raises(Invalid, match="after it was implanted"):
        implants.take_out(acting(office, "su"), piece, dt.date(2026, 11, 30), "Healed")
    implants.take_out(acting(office, "su"), piece, dt.date(2026, 12, 14), "Healed")
    with pytest.raises(Conflict, match="taken out already"):
        implants.take_out(acting(office, "su"), piece, dt.date(2026, 12, 14), "Healed")
