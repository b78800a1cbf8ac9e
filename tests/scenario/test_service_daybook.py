"""VCH-3 and VCH-4: the call register, the voucher drawn, the head dispatches, signed, filed and cleared."""

from __future__ import annotations

import datetime as dt

import pytest

from core.api import Conflict, Invalid, NotFound, gates, issue_document, use_locale
from core.testing import moment
from plugins.base import services as base
from plugins.base.contracts import ContactData
from plugins.service import life, services
from plugins.service.contracts import OrderData, ResultData
from plugins.service.daybook_contracts import VOUCHER, FilingData
from plugins.service.queries import daybook as queries
from plugins.service.queries import orders
from plugins.service.services import daybook
from tests.support.voucher_site import as_person, furnish, system

MONDAY = dt.date(2026, 3, 2)


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("vouchers")


def called(office, text: str = "2026-03-02 09:00") -> int:
    """An entry in the register: name, address, phone, model."""
    ctx = system(office, text)
    given = ContactData("phone", phone="138 0013 8000", caller_name="Ann Lee", address="Mill Lane 2", model="C-20",
                        subject="Copier jams")  # fmt: skip
    return base.record_contact(ctx, given).id


def taken_in(office, contact_id: int | None, text: str = "2026-03-02 09:05") -> int:
    ctx = system(office, text)
    data = OrderData("on_site", "Copier jams", contact_id=contact_id, work_kind="free", work_kind_reason="told",
                     person_name="Ann Lee", person_phone="138 0013 8000")  # fmt: skip
    made = services.open_order(ctx, data)
    services.accept(ctx, made.id)
    return made.id


def book(office, text: str = "2026-03-02 18:00", day: dt.date = MONDAY):
    ctx = system(office, text)
    unit = queries.unit_of_book(ctx, None)
    assert unit is not None
    rows = queries.lines(ctx, ctx.session.scalars(queries.entries(ctx, unit, day)).all())
    return unit, [(r.contact.caller_name, r.state, [n for n, _place in r.vouchers]) for r in rows], queries.figures(
        ctx, unit, day
    )


def opened(office, order_id: int, way: str) -> list[str]:
    ctx = system(office, "2026-03-02 17:00")
    found = gates(ctx, life.WORKFLOW.transition(way), orders.get_order(ctx, order_id))
    return [g.text for g in found if g.open]


@pytest.mark.clause("VCH-3", "VCH-4")
def test_a_call_is_entered_its_voucher_drawn_the_head_dispatches_and_the_signed_voucher_clears_the_entry(office):
    order_id = taken_in(office, called(office))
    li = as_person(office, "li", "2026-03-02 09:10")
    hana = as_person(office, "hana", "2026-03-02 09:10")
    with pytest.raises(Conflict, match="No voucher was drawn yet"):
        services.dispatch(hana, order_id, li.actor.user_id)
    assert book(office)[1] == [("Ann Lee", "no_voucher", [])]
    drawn = issue_document(as_person(office, "amy", "2026-03-02 09:12"), VOUCHER, orders.get_order(hana, order_id))
    services.dispatch(hana, order_id, li.actor.user_id)
    line = queries.lines(hana, [base_contact(hana, order_id)])[0]
    assert (line.technician, line.dispatcher, line.state, line.vouchers) == ("Li", "Hana", "open", [(drawn.number, "")])
    with pytest.raises(Conflict, match="is not done yet"):
        daybook.file_voucher(as_person(office, "amy", "2026-03-02 10:00"), order_id, drawn.id, FilingData("Folder 3"))
    services.start(system(office, "2026-03-02 11:00"), order_id)
    services.finish(system(office, "2026-03-02 12:00"), order_id, ResultData("solved", "Roller changed", "wear"))
    assert book(office)[1] == [("Ann Lee", "not_filed", [drawn.number])]
    amy = as_person(office, "amy", "2026-03-03 09:00")
    with pytest.raises(Invalid, match="signed before it was drawn"):
        daybook.file_voucher(amy, order_id, drawn.id, FilingData("Folder 3", dt.date(2026, 3, 1)))
    filed = daybook.file_voucher(amy, order_id, drawn.id, FilingData("Folder 3", MONDAY))
    assert (filed.filed_by, filed.filed_at, filed.place) == ("Amy", moment("2026-03-03 09:00"), "Folder 3")
    assert book(office)[1] == [("Ann Lee", "cleared", [drawn.number])]
    with pytest.raises(Conflict, match="filed already: Folder 3"):
        daybook.file_voucher(amy, order_id, drawn.id, FilingData("Folder 4"))


def base_contact(ctx, order_id: int):
    return ctx.session.get(queries.contact_model(ctx), orders.get_order(ctx, order_id).contact_id)


def test_what_does_not_agree_is_counted_and_a_day_is_closed_only_with_a_word_about_it(office):
    taken_in(office, called(office))
    loose = taken_in(office, None, "2026-03-02 10:00")
    ctx = system(office, "2026-03-02 10:05")
    issue_document(ctx, VOUCHER, orders.get_order(ctx, loose))
    unit, _lines, figures = book(office)
    assert figures == {
        "entries": 1, "vouchers": 1, "filed": 0, "no_voucher": 1, "no_entry": 1, "not_filed": 0, "carried": 2,
    }  # fmt: skip
    hana = as_person(office, "hana", "2026-03-02 18:10")
    with pytest.raises(Invalid, match="do not agree"):
        daybook.close_day(hana, unit.id, MONDAY)
    with pytest.raises(Invalid, match="not come yet"):
        daybook.close_day(hana, unit.id, dt.date(2026, 3, 3), "x")
    row = daybook.close_day(hana, unit.id, MONDAY, "The voucher follows tomorrow")
    assert (row.figures["carried"], row.closed_by) == (2, "Hana")
    with pytest.raises(Conflict, match="closed already"):
        daybook.close_day(hana, unit.id, MONDAY, "again")
    called(office, "2026-03-02 18:30")
    assert (book(office)[2]["entries"], queries.closed_day(hana, unit.id, MONDAY).figures["entries"]) == (2, 1)


def test_a_voucher_that_was_filed_wrongly_is_taken_out_with_the_reason_and_is_not_filed_again(office):
    order_id = taken_in(office, called(office))
    ctx = system(office, "2026-03-02 12:00")
    drawn = issue_document(ctx, VOUCHER, orders.get_order(ctx, order_id))
    services.start(ctx, order_id)
    services.finish(ctx, order_id, ResultData("solved", "Roller changed", "wear"))
    first = daybook.file_voucher(ctx, order_id, drawn.id, FilingData("Folder 3"))
    with pytest.raises(Invalid, match="reason"):
        daybook.take_out(ctx, order_id, first.id, " ")
    daybook.take_out(ctx, order_id, first.id, "Somebody else's")
    assert opened(office, order_id, "archive") == [f"Voucher {drawn.number} is not filed"]
    daybook.file_voucher(ctx, order_id, drawn.id, FilingData("Folder 4"))
    assert opened(office, order_id, "archive") == []
    kept = [(f.place, f.standing) for f in queries.filings_of(ctx, order_id)]
    assert kept == [("Folder 4", True), ("Folder 3", False)]
    with pytest.raises(NotFound, match="no such voucher"):
        daybook.file_voucher(ctx, order_id, drawn.id + 1, FilingData("Folder 4"))
