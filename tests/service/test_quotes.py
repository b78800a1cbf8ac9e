"""Quotes: lines and sums, sending, the customer's answer, validity, new versions, and work that waits for consent."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import (
    Conflict,
    Forbidden,
    Invalid,
    Mail,
    RecordRef,
    TableError,
    attachments_of,
    clocks_on,
    documents_of,
    gates,
    sweep,
    timeline,
    transaction,
    use_locale,
)
from core.decisions.store import draft_of, publish, save_draft, table_named, versions_of
from core.notifications import Notification
from core.settings import set_setting
from core.testing import START
from plugins.complaints import life as complaint_life
from plugins.complaints import queries as complaint_queries
from plugins.complaints import services as complaints
from plugins.complaints.contracts import COMPLAINT, Classification, ComplaintData
from plugins.warranty import quote_life as life
from plugins.warranty.contracts import (
    QUOTE,
    Answer,
    Payer,
    PriceItemData,
    PriceListData,
    QuoteData,
    QuoteLineData,
)
from plugins.warranty.models import QUOTE_OPEN_STATES, Consent, Quote
from plugins.warranty.queries import quotes as queries
from plugins.warranty.services import prices, quotes
from tests.support.quoting import LABOUR, PUMP, drafted, furnish_prices, list_id, published

SAID = Answer("Chen Hua", "phone")
WRITER = (life.SEE, life.SEE_PRICES, life.WRITE, life.ANSWER)


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def furnish(installation):
    office = installation.company("acme", modules=("complaints", "warranty"), locale="en")
    furnish_prices(office)
    office.person("boss@acme.example", "manager", name="Boss")


def seen(office, quote_id: int) -> Quote:
    return queries.get_quote(office.system(), quote_id)


def later(days: float, hours: float = 0) -> dt.datetime:
    return START + dt.timedelta(days=days, hours=hours)


def sent(office, *lines: QuoteLineData, how: str = "told", **values) -> int:
    quote = drafted(office, None, *lines, **values)
    return quotes.send(office.system(), quote.id, how).id


def complained(office, **values) -> int:
    ctx = office.system()
    made = complaints.open_complaint(ctx, ComplaintData("Pump is loud", category="quality", person_name="Chen Hua"))
    return made.id


# --- lines and sums ---------------------------------------------------------------------------------------------------


def test_a_quote_is_priced_by_its_list_and_every_line_says_where_its_price_comes_from(office):
    quote = drafted(office, None, LABOUR, PUMP)
    lines = queries.lines_of(office.system(), quote.id)
    assert [(x.label, x.unit_price, x.amount, x.tax_rate) for x in lines] == [
        ("Labour", Decimal(120), Decimal(240), Decimal(6)), ("Pump", Decimal(565), Decimal(565), Decimal(13)),
    ]  # fmt: skip
    assert lines[1].why == "Price list “Normal prices”, version 1, Part P-12 Pump"
    assert (quote.number, quote.total, quote.net, quote.tax) == (
        "BJ2603-0001", Decimal(805), Decimal("726.42"), Decimal("78.58"),
    )  # fmt: skip


def test_the_least_amount_of_a_row_is_charged(office):
    quote = drafted(office, None, QuoteLineData("travel", quantity=Decimal(10)))
    assert quote.total == Decimal(50)


def test_a_later_price_list_changes_no_quote_that_was_made(office):
    quote = drafted(office, None, LABOUR)
    ctx = office.system()
    draft = prices.draft_version(ctx, list_id(office), dt.date(2026, 3, 5), copy=False)
    prices.put_item(ctx, draft.id, PriceItemData("labour", "hour", label="Labour", price=Decimal(150)))
    prices.submit_version(ctx, draft.id)
    prices.publish_version(ctx, draft.id)
    afterwards = office.system(later(7))
    assert queries.get_quote(afterwards, quote.id).total == Decimal(240)
    assert quotes.price_anew(afterwards, quote.id).total == Decimal(300)


def test_what_somebody_else_pays_stands_at_nought_with_the_reason(office):
    payers = {"part": Payer("company", "In warranty until 2026-08-01")}
    quote = drafted(office, None, LABOUR, PUMP, payers=payers)
    pump = queries.lines_of(office.system(), quote.id)[1]
    assert (pump.payer, pump.payer_reason, pump.amount, pump.unit_price) == (
        "company", "In warranty until 2026-08-01", Decimal(0), Decimal(565),
    )  # fmt: skip
    assert quote.total == Decimal(240)


def test_a_price_by_hand_and_a_discount_need_rights_of_their_own(office):
    writer = office.ctx(*WRITER)
    by_hand = QuoteLineData("expense", label="Crane", free=True, unit="job", unit_price=Decimal(900))
    with pytest.raises(Forbidden):
        drafted(office, writer, by_hand)
    with pytest.raises(Forbidden):
        drafted(office, writer, dataclasses.replace(LABOUR, discount=Decimal(5)))
    with pytest.raises(Forbidden):
        drafted(office, writer, discount=Decimal(5))
    assert queries.count_open(office.system()) == 0
    granted = office.ctx(*WRITER, life.FREE, life.DISCOUNT)
    assert drafted(office, granted, by_hand, discount=Decimal(10)).total == Decimal(810)


@pytest.mark.parametrize(
    ("line", "field", "words"),
    [
        ({"quantity": Decimal(0)}, "quantity", "A quantity above 0 is needed, not 0."),
        ({"quantity": Decimal(-2)}, "quantity", "A quantity above 0 is needed, not -2."),
        ({"quantity": Decimal("NaN")}, "quantity", "A quantity above 0 is needed, not NaN."),
        ({"quantity": Decimal("0.0000001")}, "quantity", "At most 6 decimals fit."),
        ({"quantity": Decimal(10) ** 9}, "quantity", "This number is too large."),
        ({"label": "x" * 201}, "label", "At most 200 characters; this has 201."),
        ({"discount": Decimal(101)}, "line_discount", "A percentage from 0 to 100 is needed, not 101."),
        ({"kind": "magic"}, "kind", "“magic” is not one of the choices."),
        ({"free": True, "unit": "job", "label": "Crane"}, "unit_price", "Fill this in."),
        ({"free": True, "unit": "job", "label": "Crane", "unit_price": Decimal(-1)}, "unit_price",
         "A number from 0 up is needed, not -1."),
        ({"payer": Payer("supplier")}, "payer_reason", "Fill this in."),
    ],
)  # fmt: skip
def test_a_line_that_can_not_be_right_is_refused_in_words(office, line, field, words):
    quote = drafted(office)
    with pytest.raises(Invalid) as told:
        quotes.add_line(office.system(), quote.id, dataclasses.replace(LABOUR, **line))
    assert (told.value.field, told.value.message) == (field, words)
    assert seen(office, quote.id).version == quote.version


def test_an_item_that_the_list_lacks_is_told_with_what_to_do(office):
    quote = drafted(office)
    with pytest.raises(Conflict) as told:
        quotes.add_line(office.system(), quote.id, QuoteLineData("part", "P-77"))
    assert told.value.field == "code"
    assert told.value.message == (
        "Price list “Normal prices” (version 1) has no price for Part P-77. "
        "Add it to the list, or give a price by hand."
    )


def test_a_list_in_another_currency_does_not_fit_a_quote_that_has_lines(office):
    dollars = published(office.system(), PriceListData("usd", "Export", currency="USD"))
    quote = drafted(office)
    with pytest.raises(Invalid) as told:
        quotes.change(office.system(), quote.id, QuoteData("Repair", dollars.id, person_name="Chen Hua"))
    assert told.value.message == (
        "Price list “Export” is in USD, this quote in CNY. Choose a list in CNY, or begin a new quote."
    )
    assert drafted(office, list_id=dollars.id).currency == "USD"


def test_a_quote_to_nobody_is_refused(office):
    with pytest.raises(Invalid) as told:
        drafted(office, person_name=" ")
    assert told.value.field == "person_name"


def test_two_people_who_edit_one_quote_notice_each_other(office):
    quote = drafted(office)
    opened_at = quote.version
    quotes.add_line(office.system(), quote.id, PUMP, version=opened_at)
    with pytest.raises(Conflict) as told:
        quotes.add_line(office.system(), quote.id, LABOUR, version=opened_at)
    assert told.value.code == "stale"
    assert len(queries.lines_of(office.system(), quote.id)) == 2


def test_a_change_of_a_label_alone_counts_as_a_change_of_the_quote(office):
    quote = drafted(office)
    line = queries.lines_of(office.system(), quote.id)[0]
    quotes.change_line(office.system(), quote.id, line.id, dataclasses.replace(LABOUR, label="Other words"))
    assert seen(office, quote.id).version == quote.version + 1


# --- sending ----------------------------------------------------------------------------------------------------------


def test_a_quote_without_lines_or_with_a_line_without_price_is_not_sent(office):
    empty = quotes.draft(office.system(), QuoteData("Repair", list_id(office), person_name="Chen Hua"))
    with pytest.raises(Conflict, match="“Send the quote” is not possible yet: It has no lines yet"):
        quotes.send(office.system(), empty.id, "told")
    free = QuoteLineData("expense", label="Crane", free=True, unit="job", unit_price=Decimal(0))
    bare = drafted(office, None, LABOUR, free)
    with pytest.raises(Conflict, match="No price yet: Crane"):
        quotes.send(office.system(), bare.id, "told")
    assert seen(office, bare.id).state == "draft"


def test_sending_issues_the_sheet_and_starts_the_validity_that_the_table_gives(office):
    quote_id = sent(office)
    ctx = office.system()
    quote = queries.get_quote(ctx, quote_id)
    (document,) = documents_of(ctx, RecordRef(QUOTE, quote_id))
    assert (quote.state, quote.valid_until) == ("sent", dt.date(2026, 3, 17))
    assert (document.number, document.facts["number"], document.facts["total"]) == (
        "BJD2603-0001", "BJ2603-0001", "CN¥240.00",
    )  # fmt: skip
    assert [c.kind for c in clocks_on(ctx, quote)] == ["warranty.quote_valid"]


def test_a_day_agreed_with_the_customer_takes_the_place_of_the_tables(office):
    quote = drafted(office)
    with pytest.raises(Invalid, match="would have expired already"):
        quotes.send(office.system(), quote.id, "told", valid_until=dt.date(2026, 3, 1))
    quotes.send(office.system(), quote.id, "told", valid_until=dt.date(2026, 3, 4))
    ctx = office.system()
    (clock,) = clocks_on(ctx, queries.get_quote(ctx, quote.id))
    assert clock.due_at.astimezone(ctx.tz) == dt.datetime(2026, 3, 5, tzinfo=ctx.tz)


def test_a_quote_by_mail_carries_lines_total_and_last_day(office):
    quote = drafted(office, None, LABOUR, person_email="chen@example.com")
    with pytest.raises(Invalid, match="Choose an address"):
        quotes.send(office.system(), quote.id, "mail")
    quotes.send(office.system(), quote.id, "mail", mail_to="chen@example.com", locale="en")
    mail = office.system().session.scalars(sa.select(Mail)).one()
    assert (mail.recipient, mail.subject) == ("chen@example.com", "Our quote BJ2603-0001: Repair of the pump")
    assert "Labour, 2 hour: CN¥240.00" in mail.body
    assert "The quote is valid until 17 March 2026." in mail.body


def test_what_was_sent_can_not_be_changed(office):
    quote_id = sent(office)
    with pytest.raises(Conflict, match="is not a draft any more. Make a new version"):
        quotes.add_line(office.system(), quote_id, PUMP)


# --- the answer -------------------------------------------------------------------------------------------------------


def test_consent_keeps_who_when_how_and_what_it_was_given_for(office):
    quote_id = sent(office)
    at = later(1)
    ctx = office.ctx(*WRITER, "core.attachments.edit", now=later(1, 2), name="Li")
    quotes.accept(ctx, quote_id, dataclasses.replace(SAID, how="written", at=at, evidence=("slip.txt", b"I agree")))
    reader = office.system()
    given = reader.session.scalars(sa.select(Consent)).one()
    assert (given.answer, given.who, given.how, given.at, given.total, given.recorded_by, given.evidence) == (
        "accepted", "Chen Hua", "written", at, Decimal(240), "Li", "slip.txt",
    )  # fmt: skip
    quote = queries.get_quote(reader, quote_id)
    assert quote.state == "accepted"
    assert [a.file.name for a in attachments_of(reader, quote)] == ["slip.txt"]
    assert [c.state for c in clocks_on(reader, quote)] == ["met"]


def test_a_written_consent_without_its_paper_is_refused_and_nothing_changes(office):
    quote_id = sent(office)
    with pytest.raises(Invalid) as told:
        quotes.accept(office.system(), quote_id, Answer("Chen Hua", "written"))
    assert (told.value.field, seen(office, quote_id).state) == ("evidence", "sent")


@pytest.mark.parametrize("days", [-0.1, 1])
def test_an_answer_before_the_sending_or_in_the_future_is_refused(office, days):
    quote_id = sent(office)
    with pytest.raises(Invalid, match="after the quote was sent, and not later than now"):
        quotes.accept(office.system(), quote_id, Answer("Chen Hua", "phone", later(days)))


def test_an_expired_quote_is_not_accepted_but_one_answered_in_time_is_though_recorded_late(office):
    quote_id = sent(office)
    late = office.system(later(16))
    with pytest.raises(Conflict) as told:
        quotes.accept(late, quote_id, SAID)
    assert told.value.message == "Quote BJ2603-0001 was valid until 2026-03-17. Make a new version and send it again."
    assert seen(office, quote_id).state == "sent"
    quotes.accept(late, quote_id, dataclasses.replace(SAID, at=later(15)))
    assert seen(office, quote_id).state == "accepted"


def test_whoever_has_the_quote_is_reminded_and_it_expires_by_itself(office):
    boss = office.person("li@acme.example", "manager", name="Li")
    quote = drafted(office, office.ctx(*WRITER, user_id=boss, name="Li"))
    quotes.send(office.system(), quote.id, "told")
    said = []
    for days in (13, 15.7):
        ctx = office.system(later(days))
        with transaction(ctx):
            sweep(ctx)
        ctx.session.close()
        office.installation.worker(later(days)).run_until_idle()
        found = office.system().session.scalars(sa.select(Notification.text).where(Notification.user_id == boss))
        said.append((seen(office, quote.id).state, list(found)))
    assert said[0] == ("sent", ["Quote {number} expires soon: ask the customer"])
    assert said[1] == ("expired", [*said[0][1], "Quote {number} has expired without an answer"])


def test_refusing_needs_the_reason_and_keeps_it(office):
    quote_id = sent(office)
    with pytest.raises(Invalid) as told:
        quotes.refuse(office.system(), quote_id, SAID)
    assert told.value.field == "note"
    quotes.refuse(office.system(), quote_id, dataclasses.replace(SAID, note="Too dear"))
    assert (seen(office, quote_id).state, seen(office, quote_id).end_reason) == ("refused", "Too dear")


def test_a_new_version_takes_the_place_of_the_old_one_at_the_prices_of_the_day(office):
    quote_id = sent(office, LABOUR, PUMP)
    ctx = office.system()
    draft = prices.draft_version(ctx, list_id(office), dt.date(2026, 3, 5), copy=False)
    prices.put_item(ctx, draft.id, PriceItemData("labour", "hour", label="Labour", price=Decimal(150)))
    prices.submit_version(ctx, draft.id)
    prices.publish_version(ctx, draft.id)
    made = quotes.revise(office.system(later(7)), quote_id)
    assert (made.number, made.revision, made.full_number, made.state) == ("BJ2603-0001", 2, "BJ2603-0001-2", "draft")
    assert [(x.unit_price, x.item_id is None) for x in queries.lines_of(office.system(), made.id)] == [
        (Decimal(150), False), (Decimal(565), True),
    ]  # fmt: skip
    assert seen(office, quote_id).state == "replaced"
    assert seen(office, quote_id).total == Decimal(805)
    with pytest.raises(Conflict, match="it is Replaced by a newer version"):
        quotes.accept(office.system(), quote_id, SAID)


# --- every way through its life ---------------------------------------------------------------------------------------

DO = {
    "send": lambda ctx, i: quotes.send(ctx, i, "told"),
    "accept": lambda ctx, i: quotes.accept(ctx, i, SAID),
    "refuse": lambda ctx, i: quotes.refuse(ctx, i, dataclasses.replace(SAID, note="No")),
    "release": lambda ctx, i: quotes.release(ctx, i, "Goodwill"),
    "revise": lambda ctx, i: quotes.revise(ctx, i),
    "withdraw": lambda ctx, i: quotes.withdraw(ctx, i, "Mistake"),
}
WAYS = {
    "draft": (), "sent": ("send",), "accepted": ("send", "accept"), "refused": ("send", "refuse"),
    "released": ("send", "refuse", "release"), "replaced": ("send", "revise"), "withdrawn": ("withdraw",),
}  # fmt: skip


@pytest.mark.parametrize("state", WAYS)
def test_from_every_state_exactly_the_declared_steps_are_possible(office, state):
    for name, act in DO.items():
        office.installation.close_sessions()
        quote_id = drafted(office).id
        for step in WAYS[state]:
            DO[step](office.system(), quote_id)
        allowed = state in life.QUOTES.transition(name).sources
        if allowed:
            act(office.system(), quote_id)
            assert seen(office, quote_id).state == life.QUOTES.transition(name).target
        else:
            with pytest.raises(Conflict):
                act(office.system(), quote_id)
            assert seen(office, quote_id).state == state


def test_the_states_of_the_table_and_of_the_workflow_are_the_same():
    assert life.QUOTES.problems() == []
    assert life.VERSIONS.problems() == []
    assert set(QUOTE_OPEN_STATES) < {s.name for s in life.QUOTES.states}


def test_every_step_needs_its_right(office):
    quote_id = sent(office)
    reader, before = office.ctx(life.SEE, life.SEE_PRICES), seen(office, quote_id).version
    for act in (*DO.values(), lambda ctx, i: quotes.give(ctx, i, 1), lambda ctx, i: quotes.add_line(ctx, i, LABOUR)):
        with pytest.raises(Forbidden):
            act(reader, quote_id)
    assert (seen(office, quote_id).state, seen(office, quote_id).version) == ("sent", before)


# --- no paid work before consent --------------------------------------------------------------------------------------


def closing(office, complaint_id: int) -> dict[str, tuple[str, bool]]:
    ctx = office.system()
    found = gates(ctx, complaint_life.WORKFLOW.transition("close"), complaint_queries.get_complaint(ctx, complaint_id))
    return {g.key: (g.text, g.open) for g in found if g.plugin == "warranty"}


def test_a_complaint_does_not_close_over_a_quote_that_nobody_answered(office):
    complaint_id = complained(office)
    quote = drafted(office, about=RecordRef(COMPLAINT, complaint_id))
    assert closing(office, complaint_id) == {"warranty.consent": ("Quote BJ2603-0001 was not sent yet", True)}
    quotes.send(office.system(), quote.id, "told")
    waits = "The customer has not agreed to quote BJ2603-0001 (CN¥240.00) yet"
    assert closing(office, complaint_id) == {"warranty.consent": (waits, True)}
    quotes.accept(office.system(), quote.id, SAID)
    assert closing(office, complaint_id) == {}
    assert queries.consent_of(office.system(), RecordRef(COMPLAINT, complaint_id)).given


def test_a_quote_of_a_department_that_one_does_not_see_holds_the_step_back_as_well(office):
    complaint_id = complained(office)
    ref = RecordRef(COMPLAINT, complaint_id)
    from core.companies.services import save_unit

    for code in ("north", "south"):
        save_unit(office.system(), code, code.title(), "centre", "hq")
    units = {u.code: u.id for u in complaint_queries.all_units(office.system())}
    quote = drafted(office, about=ref, unit_id=units["south"])
    quotes.send(office.system(), quote.id, "told")
    limited = office.ctx(*WRITER, user_id=99, unit_ids=frozenset({units["north"]}))
    assert queries.counting(limited, ref) == []
    state = queries.consent_of(limited, ref)
    assert (state.given, state.words) == (False, "A quote of another department on this is not settled yet")


def test_the_events_of_a_quote_stand_on_the_timeline_of_what_it_is_for(office):
    complaint_id = complained(office)
    sent(office, about=RecordRef(COMPLAINT, complaint_id))
    ctx = office.system()
    names = [e.name for e in timeline(ctx, complaint_queries.get_complaint(ctx, complaint_id))]
    assert names[:2] == ["warranty.quote_sent", "warranty.quote_drafted"]


def test_customer_and_unit_are_those_of_the_record(office):
    ctx = office.system()
    unit_kind = ctx.registry.kinds["base.unit"].model
    unit = ctx.session.scalars(sa.select(unit_kind)).one()
    made = complaints.open_complaint(
        ctx, ComplaintData("Pump is loud", customer_id=unit.customer_id, device_id=unit.id, category="quality")
    )
    quote = drafted(office, about=RecordRef(COMPLAINT, made.id), person_name="")
    assert (quote.customer_id, quote.device_id) == (unit.customer_id, unit.id)


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ({"record": "complaints.complain", "step": "close"},
         "“complaints.complain” is no kind of record that has steps. There are: "),
        ({"record": COMPLAINT, "step": "clsoe"}, "“clsoe” is no step of these records. There are: classify, close, "),
        ({"record": COMPLAINT, "step": "put_in_force"}, "“put_in_force” is no step of these records."),
        ({"step": ["close", "nothing"]}, "“nothing” is no step of these records."),
    ],
)  # fmt: skip
def test_a_row_of_the_consent_table_that_could_never_wait_is_refused_in_words(office, when, words):
    ctx = office.system()
    body = versions_of(ctx, table_named(ctx, "warranty.consent"))[0].body
    row = {"id": "wrong", "when": when, "then": {"wait": True}}
    with pytest.raises(TableError) as refused:
        save_draft(ctx, "warranty.consent", {**body, "rows": [row]}, reason="x", effective_from=START.date())
    (wrong,) = refused.value.errors
    assert wrong.text().startswith(words)
    assert (wrong.row, wrong.column) == (1, "record" if "complain”" in words else "step")
    assert draft_of(ctx, table_named(ctx, "warranty.consent")) is None


def test_the_company_says_by_its_table_what_waits_and_for_what_paper(office):
    ctx = office.system()
    body = versions_of(ctx, table_named(ctx, "warranty.consent"))[0].body
    row = {"id": "signed", "when": {"record": COMPLAINT, "step": "close"}, "then": {"wait": True, "paper": True}}
    save_draft(ctx, "warranty.consent", {**body, "rows": [row]}, reason="AG-11", effective_from=START.date())
    publish(ctx, "warranty.consent")
    complaint_id = complained(office)
    quote = drafted(office, about=RecordRef(COMPLAINT, complaint_id))
    quotes.send(office.system(), quote.id, "told")
    quotes.accept(office.system(), quote.id, SAID)
    assert closing(office, complaint_id)["warranty.consent_paper"] == (
        "The paper signed by the customer is missing", True,
    )  # fmt: skip


def test_erasing_empties_who_answered_and_keeps_the_sums(office):
    from plugins.warranty import quote_erasing

    ctx = office.system()
    customer = ctx.session.scalars(sa.select(ctx.registry.kinds["base.customer"].model)).one()
    quote_id = sent(office, customer_id=customer.id)
    quotes.accept(office.system(), quote_id, SAID)
    ctx = office.system()
    with transaction(ctx):
        quote_erasing.erase(ctx, RecordRef("base.customer", customer.id))
        from core.api import emit

        emit(ctx, "core.person_erased", RecordRef("base.customer", customer.id), reason="asked")
    quote = seen(office, quote_id)
    given = office.system().session.scalars(sa.select(Consent)).one()
    assert (quote.title, quote.person_name, given.who, given.total) == ("BJ2603-0001", "", "", Decimal(240))


def test_the_setting_of_proof_is_the_companys(office):
    set_setting(office.system(), "warranty.consent_evidence", "phone, on_site")
    quote_id = sent(office)
    with pytest.raises(Invalid):
        quotes.accept(office.system(), quote_id, SAID)


def test_a_complaint_goes_on_where_the_table_asks_for_nothing(office):
    complaint_id = complained(office)
    sent(office, about=RecordRef(COMPLAINT, complaint_id))
    ctx = office.ctx(*("complaints.complaint.view", "complaints.complaint.classify"))
    complaints.classify(ctx, complaint_id, Classification("attitude"))
    assert complaint_queries.get_complaint(office.system(), complaint_id).category == "attitude"
