"""VCH-9: whoever will miss the promised time reports to the head at once; on the profile ``vouchers``."""

from __future__ import annotations

import pytest

from core.api import Conflict, Forbidden, Invalid, find_clock, issue_document, sweep, use_locale
from core.mail.models import Mail
from core.testing import moment
from plugins.service import services
from plugins.service.contracts import ARRIVAL, OrderData
from plugins.service.daybook_contracts import VOUCHER
from plugins.service.late_contracts import LATE_CLOCK, LateData
from plugins.service.queries import late as queries
from plugins.service.queries import orders
from plugins.service.services import late
from tests.support.voucher_site import as_person, furnish, system, told

REASON = "The job before takes longer"


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("vouchers")


def sent(office, text: str = "2026-03-02 09:00") -> int:
    """An order in town to which Li was sent: on site within six working hours, by 15:00."""
    ctx = system(office, text)
    given = OrderData(
        "on_site", "Copier jams", zone="city", work_kind="free", work_kind_reason="told", person_name="Ann Lee"
    )
    order = services.open_order(ctx, given)
    services.accept(ctx, order.id)
    issue_document(ctx, VOUCHER, order)
    services.dispatch(ctx, order.id, as_person(office, "li", text).actor.user_id or 0)
    assert find_clock(ctx, order, ARRIVAL).due_at == moment("2026-03-02 15:00")
    return order.id


@pytest.mark.clause("VCH-9")
def test_whoever_will_miss_the_promised_time_reports_to_the_head_at_once_with_reason_and_new_time(office):
    order_id = sent(office)
    li = as_person(office, "li", "2026-03-02 13:10")
    with pytest.raises(Invalid, match="later than what was promised, 2026-03-02 15:00"):
        late.report_late(li, order_id, LateData(REASON, moment("2026-03-02 14:00")))
    data = LateData(REASON, moment("2026-03-02 17:00"), "A second pair of hands", mail_to="ann@example.com", once="f:1")
    row = late.report_late(li, order_id, data)
    assert late.report_late(li, order_id, data).id == row.id
    assert (row.promise, row.due_at, row.told_how) == ("arrival", moment("2026-03-02 15:00"), "email")
    assert find_clock(li, row, LATE_CLOCK).due_at == moment("2026-03-02 13:40")
    assert told(office, "hana")[-1].endswith("A second pair of hands")
    mail = li.session.query(Mail).order_by(Mail.id.desc()).first()
    assert (mail.recipient, mail.subject) == ("ann@example.com", "Your request FW2603-0001: we are later than promised")
    with pytest.raises(Forbidden):
        late.answer_late(li, row.id, "agreed")
    hana = as_person(office, "hana", "2026-03-02 13:20")
    with pytest.raises(Invalid, match="Say who goes"):
        late.answer_late(hana, row.id, "helped")
    late.answer_late(hana, row.id, "agreed", "Take your time")
    assert find_clock(hana, row, LATE_CLOCK).state == "met"
    assert orders.get_order(hana, order_id).promised_at == moment("2026-03-02 17:00")
    assert told(office, "li")[-1] == "FW2603-0001, late: New time agreed Take your time"
    with pytest.raises(Conflict, match="answered already"):
        late.answer_late(hana, row.id, "kept")


@pytest.mark.clause("VCH-9")
def test_when_nobody_reports_the_warning_of_the_time_limit_tells_the_head_once(office):
    order_id = sent(office)
    ctx = system(office, "2026-03-02 13:31")
    warned = find_clock(ctx, orders.get_order(ctx, order_id), ARRIVAL)
    assert warned.warn_at == moment("2026-03-02 13:30")
    sweep(ctx)
    for _again in range(2):
        late.warn_late(ctx, order_id, warned.id, "arrival", warned.due_at)
    rows = queries.reports_of(ctx, order_id)
    assert [(r.automatic, r.state, r.new_at) for r in rows] == [(True, "open", None)]
    assert "is near, and nobody has reported" in told(office, "hana")[-1]
    assert "Report at once if you can't keep it" in told(office, "li")[-1]
    with pytest.raises(Invalid, match="No new time was given"):
        late.answer_late(as_person(office, "hana", "2026-03-02 13:40"), rows[0].id, "agreed")
    services.start(system(office, "2026-03-02 14:30"), order_id)
    late.settle_late(system(office, "2026-03-02 14:30"), order_id)
    assert queries.reports_of(ctx, order_id)[0].state == "over"


def test_a_newer_report_takes_the_place_of_one_that_waits_and_none_is_made_when_nothing_is_promised(office):
    order_id = sent(office)
    li = as_person(office, "li", "2026-03-02 13:10")
    late.report_late(li, order_id, LateData(REASON, moment("2026-03-02 16:00")))
    late.report_late(li, order_id, LateData("Traffic", moment("2026-03-02 17:30")))
    assert [(r.reason, r.state) for r in queries.reports_of(li, order_id)] == [("Traffic", "open"), (REASON, "over")]
    other = services.open_order(li.as_actor(system(office, "2026-03-02 13:10").actor), OrderData("inquiry", "How to?"))
    with pytest.raises(Conflict, match="not being worked on now"):
        late.report_late(li, other.id, LateData(REASON, moment("2026-03-02 16:00")))
