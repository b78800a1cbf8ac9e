"""What the policies ask of complaints, run as they read."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from core.api import Actor, Clock, Conflict, RecordRef, decisions_on, find_clock, use_locale
from core.companies.services import save_unit
from core.notifications import Notification
from core.settings import set_setting
from core.testing import moment
from plugins.complaints import queries, services
from plugins.complaints.contracts import (
    ANSWER,
    CHANNEL_WORDS,
    RELAY,
    AnswerData,
    ComplaintData,
    QuestionnaireData,
)
from plugins.complaints.models import Complaint, Handover

MONDAY = moment("2026-03-02 09:00")


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def furnish(installation):
    ctx = installation.company("acme", modules=("complaints",), locale="en").system()
    for code, name in (("rd", "R&D and production"), ("warehouse", "Warehouse"), ("service", "Customer service")):
        save_unit(ctx, code, name, "department", "hq")


def opened(office, now=MONDAY, **values) -> int:
    ctx = office.system(now)
    number = services.open_complaint(
        ctx, ComplaintData(**{"subject": "Gearbox leaks", "category": "quality", **values})
    ).id
    ctx.session.close()
    return number


def department(office, complaint_id: int) -> str:
    ctx = office.system()
    return queries.unit_name(ctx, queries.get_complaint(ctx, complaint_id).unit_id)


def clock(office, complaint_id: int, kind: str) -> Clock:
    return find_clock(office.system(), RecordRef("complaints.complaint", complaint_id), kind)


def inbox(office, user_id: int) -> list[str]:
    query = sa.select(Notification).where(Notification.user_id == user_id).order_by(Notification.id)
    return [n.words for n in office.system().session.scalars(query)]


@pytest.mark.clause("GS-21")
def test_complaints_and_suggestions_come_in_by_every_channel(office):
    for channel in CHANNEL_WORDS:
        opened(office, channel=channel, kind="complaint")
        opened(office, channel=channel, kind="suggestion")
    ctx = office.system()
    kept = ctx.session.execute(sa.select(Complaint.channel, Complaint.kind)).all()
    assert sorted(tuple(r) for r in kept) == sorted((c, k) for c in CHANNEL_WORDS for k in ("complaint", "suggestion"))


@pytest.mark.clause("GS-21", "AG-18")
@pytest.mark.parametrize(
    ("matter", "kind"),
    [("inquiry", "suggestion"), ("opinion", "suggestion"), ("suggestion", "suggestion"), ("complaint", "complaint")],
)
def test_the_questionnaire_with_the_product_takes_inquiries_opinions_and_complaints(office, matter, kind):
    """A questionnaire lies with the product; whoever scans it needs no account, and what is sent is worked on."""
    ctx = office.system(MONDAY)
    data = QuestionnaireData("使用意见", questions="grade*: 满意吗", category="quality")
    asked = services.save_questionnaire(ctx, data)
    sent = AnswerData("0" * 24, matter, "The lid does not close.", ("3",), "Ma Dongsheng", "13800138000")
    nobody = office.system(MONDAY).as_actor(Actor(None, ""))
    answer = services.receive_answer(nobody, asked.id, sent)
    came = queries.get_complaint(office.system(MONDAY), answer.complaint_id)
    assert (came.channel, came.kind, came.person_phone) == ("questionnaire", kind, "13800138000")
    assert department(office, came.id) == "R&D and production"
    assert clock(office, came.id, ANSWER).state == "running"


@pytest.mark.clause("GS-24")
@pytest.mark.parametrize(
    ("category", "goes_to"),
    [("quality", "R&D and production"), ("packaging", "Warehouse"), ("attitude", "Customer service")],
)
def test_each_category_goes_to_the_department_that_answers_for_it_with_a_clock(office, category, goes_to):
    number = opened(office, category=category)
    assert department(office, number) == goes_to
    assert (clock(office, number, RELAY).state, clock(office, number, ANSWER).state) == ("running", "running")
    ctx = office.system()
    unit = queries.get_complaint(ctx, number).unit_id
    his = office.ctx("complaints.complaint.view", "complaints.complaint.handle", user_id=1, now=MONDAY)
    assert [c.id for c in queries.waiting(his, unit)] == [number], "it is work of the department's people"
    why = next(
        d for d in decisions_on(ctx, RecordRef("complaints.complaint", number)) if d.table_name == "complaints.routing"
    )
    assert why.facts["category"] == category
    assert why.outcome == "row"


@pytest.mark.clause("GS-24")
def test_wrong_routing_is_handed_back_or_on_with_a_reason(office):
    number = opened(office)
    ctx = office.system(MONDAY)
    service = next(u.id for u in queries.all_units(ctx) if u.code == "service")
    services.hand_on(ctx, number, service, "The driver was rude, the machine is fine")
    assert department(office, number) == "Customer service"
    services.hand_back(office.system(MONDAY), number, "Nobody here knows him")
    reasons = list(office.system().session.scalars(sa.select(Handover.reason).order_by(Handover.id)))
    assert reasons == ["", "The driver was rude, the machine is fine", "Nobody here knows him"]


@pytest.mark.clause("GS-25")
def test_nothing_is_closed_without_an_answer_to_the_customer(office):
    number = opened(office)
    with pytest.raises(Conflict) as refused:
        services.close_complaint(office.system(MONDAY), number, "solved")
    assert refused.value.message == "“Close the case” is not possible yet: The customer has not been answered."
    services.reply(office.system(MONDAY), number, "We replace the housing", "phone")
    services.close_complaint(office.system(MONDAY), number, "solved")
    assert [(r.text, r.channel) for r in queries.replies_of(office.system(), number)] == [
        ("We replace the housing", "phone")
    ]


@pytest.mark.clause("DEF-6.1.2")
@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-03-02 09:00", "2026-03-02 13:00"),
        ("2026-03-02 16:00", "2026-03-03 11:00"),
        ("2026-03-06 17:30", "2026-03-09 12:30"),
        ("2026-03-07 10:00", "2026-03-09 13:00"),
    ],
)
def test_whoever_takes_a_message_passes_it_on_within_four_working_hours(office, received, due):
    """The shipped office hours are 09:00 to 18:00 on working days; 2026-03-07 is a Saturday."""
    number = opened(office, now=moment(received))
    assert clock(office, number, RELAY).due_at == moment(due)
    user = office.person("li@acme.example", "complaint_handler")
    services.assign(office.system(moment(due)), number, user)
    assert clock(office, number, RELAY).state == "met"
    late = opened(office, now=moment(received))
    services.assign(office.system(moment(due) + dt.timedelta(seconds=1)), late, user)
    assert clock(office, late, RELAY).state == "missed"


@pytest.mark.clause("DEF-6.2.1")
def test_an_answer_is_due_within_eight_working_hours(office):
    number = opened(office, now=moment("2026-03-06 14:00"))
    assert clock(office, number, ANSWER).due_at == moment("2026-03-09 13:00")


@pytest.mark.clause("ISO-3.2")
@pytest.mark.parametrize(
    ("facts", "severity"),
    [({}, "minor"), ({"unusable": True}, "serious"), ({"in_batch": True}, "serious"), ({"injury": True}, "critical")],
)
def test_severity_is_judged_at_once(office, facts, severity):
    number = opened(office, **facts)
    assert queries.get_complaint(office.system(), number).severity == severity


@pytest.mark.clause("ISO-5.2.3")
def test_the_general_manager_is_told_when_needed_and_only_then(office):
    general = office.person("qian@acme.example", "general_manager")
    opened(office)
    assert inbox(office, general) == []
    opened(office, in_batch=True, subject="Three of a batch leak")
    assert inbox(office, general) == ["Serious complaint TS2603-0002: Three of a batch leak"]


@pytest.mark.clause("VCH-20")
def test_serious_complaints_are_answered_in_writing_and_minor_ones_by_phone(office):
    set_setting(office.system(), "complaints.written_severities", "serious, critical")
    serious, minor = opened(office, unusable=True), opened(office)
    for number in (serious, minor):
        services.reply(office.system(MONDAY), number, "We replace it", "phone")
    services.close_complaint(office.system(MONDAY), minor, "replaced")
    with pytest.raises(Conflict) as refused:
        services.close_complaint(office.system(MONDAY), serious, "replaced")
    assert [g.key for g in refused.value.details["gates"]] == ["complaints.written"]
    services.reply(office.system(MONDAY), serious, "We replace it. Yours faithfully", "letter")
    services.close_complaint(office.system(MONDAY), serious, "replaced")
    assert queries.get_complaint(office.system(), serious).state == "closed"


@pytest.mark.clause("VCH-21")
def test_a_complaint_is_followed_until_the_customer_is_content(office):
    set_setting(office.system(), "complaints.confirmation_required", True)
    number = opened(office)
    services.reply(office.system(MONDAY), number, "We replaced the seal", "phone")
    services.object_to_reply(office.system(MONDAY), number, "It leaks again")
    services.reply(office.system(MONDAY), number, "We replaced the housing", "phone")
    with pytest.raises(Conflict):
        services.close_complaint(office.system(MONDAY), number, "solved")
    services.confirm_content(office.system(MONDAY), number)
    services.close_complaint(office.system(MONDAY), number, "solved")
    assert queries.get_complaint(office.system(), number).state == "closed"
