"""Pages of complaints without a browser: what they cost, whom they let in, what they keep when something is wrong."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import Event, ImportRow, emit_if_changed, transaction
from core.companies.services import save_role, save_unit, unit_by_code
from core.db import system_session
from core.testing import counted
from plugins.base import services as base
from plugins.base.contracts import ContactData, CustomerData
from plugins.complaints import following, importer, queries, services
from plugins.complaints.contracts import ActionData, CauseFound, ComplaintData
from plugins.complaints.models import Complaint
from tests.support.accounts import Site, words_of

pytestmark = pytest.mark.one_database

NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def site(databases, database_kind, application):
    with databases.furnished(database_kind, furnish) as installation, application.on(installation.url) as app:
        yield Site(app, installation, {"acme": installation.office("acme")})


def furnish(installation):
    made = Site(None, installation)
    ctx = made.office("acme", modules=["complaints"], locale="en", now=NOW).system(NOW)
    for unit in ("rd", "warehouse", "service"):
        save_unit(ctx, unit, unit.title(), "department", "hq")
    save_role(ctx, "looker", {"en": "Looker", "zh": "看"}, ["complaints.complaint.view"])
    made.person("manager@acme.example", "manager")
    made.person("looker@acme.example", "looker")


def opened(site, company: str = "acme", **values) -> int:
    ctx = site.office(company).system(NOW - dt.timedelta(hours=1))
    given = {"subject": "Gearbox leaks", "category": "quality", **values}
    number = services.open_complaint(ctx, ComplaintData(**given)).id
    ctx.session.close()
    return number


def many(site, count: int, prefix: str = "k") -> None:
    ctx = site.office("acme").system(NOW)
    day = NOW - dt.timedelta(days=1)
    rows = [
        ImportRow(
            n, {"external_key": f"{prefix}{n}", "received_at": day, "subject": f"Matter {n}", "category": "quality"}
        )
        for n in range(1, count + 1)
    ]
    with transaction(ctx):
        importer.load(ctx, rows)
        emit_if_changed(ctx, "core.import_batch", file="test", line=count, added=count)
    ctx.session.close()


def stored(site) -> list[tuple]:
    with system_session(site.installation.engine, "test reads what the pages wrote") as session:
        rows = session.execute(sa.select(Complaint.id, Complaint.state, Complaint.version).order_by(Complaint.id))
        return [*map(tuple, rows), session.scalar(sa.select(sa.func.count(Event.id)))]


@pytest.mark.parametrize("path", ["complaints/?tab=open", "complaints/board", "complaints/?tab=all&search=Matter"])
def test_a_list_takes_the_same_number_of_statements_for_10_and_1000_complaints(site, path):
    browser = site.signed_in("manager@acme.example")
    taken = []
    for more in (10, 990):
        many(site, more, f"{more} ")
        browser.get(f"/c/acme/{path}")
        with site.app.app_context():
            engine = site.app.extensions["sqlalchemy"].engines[None]
        with counted(engine) as statements:
            answer = browser.get(f"/c/acme/{path}")
        assert answer.status_code == 200
        taken.append(len(statements))
    assert taken[0] == taken[1]


def test_pages_lead_on_by_key_and_show_every_complaint_once(site):
    many(site, 60)
    browser = site.signed_in("manager@acme.example")
    url, found = "/c/acme/complaints/?tab=open", []
    while url:
        page = browser.get(url).text
        found += re.findall(r"TS\d{4}-\d{4}(?=</a></td>)", page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        url = following[1].replace("&amp;", "&") if following else None
    assert len(found) == len(set(found)) == 60


def test_the_queue_is_searched_by_number_subject_and_the_last_digits_of_the_phone(site):
    first = opened(site, subject="Oil on the floor", person_phone="138 0013 8000")
    opened(site, subject="Box torn")
    browser = site.signed_in("manager@acme.example")
    for search in ("TS", "floor", "FLOOR", "3 8000", "8000"):
        assert "Oil on the floor" in browser.get(f"/c/acme/complaints/?tab=open&search={search}").text
    for search in ("9999", "%", "_", "'"):
        assert "Oil on the floor" not in words_of(browser.get(f"/c/acme/complaints/?tab=open&search={search}").text)
    assert first == 1


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("classify", {"category": "packaging", "kind": "complaint"}),
        ("hand_back", {"reason": "Not ours"}),
        ("reply", {"text": "Done", "channel": "phone"}),
        ("close", {"outcome": "solved"}),
        ("withdraw", {"reason": "A mistake"}),
        ("duplicate", {"of_number": "TS0000-0000"}),
        ("hand_on", {"unit_id": "2", "reason": "Theirs"}),
        ("find", {"findings": "A crack"}),
    ],
)
def test_who_may_only_look_changes_nothing(site, action, data):
    number = opened(site)
    before = stored(site)
    browser = site.signed_in("looker@acme.example")
    page = f"/c/acme/complaints/{number}"
    assert browser.get(page).status_code == 200
    assert browser.post(f"{page}/{action}", data, page=page).status_code == 403
    assert stored(site) == before


def test_a_complaint_of_another_company_is_not_found_on_any_address(site):
    site.office("other", modules=["complaints"], locale="en", now=NOW)
    foreign = opened(site, "other")
    own = opened(site)
    before = stored(site)
    browser = site.signed_in("manager@acme.example")
    page = f"/c/acme/complaints/{own}"
    assert browser.get(f"/c/acme/complaints/{foreign}").status_code == 404
    answer = browser.post(f"/c/acme/complaints/{foreign}/reply", {"text": "x", "channel": "phone"}, page=page)
    assert answer.status_code == 404
    browser.post(
        "/c/acme/complaints/action", {"action": "assign", "rowid": [str(foreign)], "choice-assign": "1"}, page=page
    )
    assert stored(site) == before


def test_an_error_comes_back_at_its_field_with_everything_that_was_typed(site):
    number = opened(site)
    browser = site.signed_in("manager@acme.example")
    page = f"/c/acme/complaints/{number}"
    answer = browser.post(f"{page}/hand_on", {"unit_id": "999", "reason": "It is about the driver"}, page=page)
    assert answer.status_code == 422
    assert "It is about the driver" in answer.text
    assert 'id="errsum"' in answer.text


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(site):
    number = opened(site)
    browser = site.signed_in("manager@acme.example")
    page = f"/c/acme/complaints/{number}"
    answer = browser.post(f"{page}/find", {"findings": "A crack", "version": "0"}, page=page)
    assert answer.status_code == 409
    assert "Somebody else changed this in the meantime" in answer.text
    assert ">A crack</textarea>" in answer.text.replace("\n", "").replace("\r", "")


def test_an_entry_of_the_call_register_becomes_a_complaint_once_however_often_it_is_sent(site):
    ctx = site.office("acme").system(NOW)
    customer = base.save_customer(ctx, CustomerData(name="Ma Dongsheng"))
    contact = base.record_contact(
        ctx, ContactData(customer_id=customer.id, caller_name="Ma", text="It leaks again", phone="13800138000")
    )
    contact_id = contact.id
    ctx.session.close()
    browser = site.signed_in("manager@acme.example")
    page = f"/c/acme/complaints/new?contact_id={contact_id}"
    shown = browser.get(page).text
    assert "It leaks again" in shown
    fields = dict(re.findall(r'name="(contact_id|customer_id|token)"[^>]*value="([^"]*)"', shown))
    data = {**fields, "subject": "It leaks again", "kind": "complaint", "channel": "phone", "category": "quality"}
    for _time in range(2):
        assert browser.post("/c/acme/complaints/new", data, page=page).status_code == 302
    with system_session(site.installation.engine, "test reads what the pages wrote") as session:
        made = session.scalars(sa.select(Complaint)).all()
        assert [(c.contact_id, c.customer_id, c.person_name) for c in made] == [
            (contact_id, int(fields["customer_id"]), "Ma")
        ]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_says_why_in_the_readers_language(site, language):
    number = opened(site, in_batch=True)
    site.person(f"{language}@acme.example", "manager", locale=language)
    text = words_of(
        site.signed_in(f"{language}@acme.example", language=language).get(f"/c/acme/complaints/{number}").text
    )
    expected = {
        "en": ("Row 1: Category is quality or function", "To Rd", "serious", "4 working hours"),
        "zh": ("第 1 行：类别为质量和功能", "归Rd", "严重", "4 个工作小时"),
    }
    for words in expected[language]:
        assert words in text


# --- what somebody limited to units is shown ------------------------------------------------------------------------


def test_repeats_count_all_of_the_company_and_the_page_shows_numbers_but_no_records_of_other_units(site):
    """A customer's third complaint is serious, whoever takes it in; the first two are with a unit not one's own."""
    ctx = site.office("acme").system(NOW)
    customer = base.save_customer(ctx, CustomerData(name="Ma Dongsheng")).id
    ctx.session.close()
    first, second = (
        opened(site, customer_id=customer, category="quality", subject=text) for text in ("Hidden A", "Hidden B")
    )
    account = site.person("north@acme.example", company="acme")
    office = site.office("acme")
    save_role(office.system(NOW), "handler", {"en": "Handler", "zh": "办"}, [
        "complaints.complaint.view", "complaints.complaint.open", "complaints.complaint.classify",
    ])
    site.join(account, "handler", unit="service", scope="units")
    mine = unit_by_code(office.system(NOW), "service").id
    own = office.ctx(
        "complaints.complaint.view", "complaints.complaint.open", now=NOW, user_id=account,
        unit_ids=frozenset({mine}),
    )
    with transaction(own):
        third = services.open_complaint(own, ComplaintData("Leaks", category="quality", customer_id=customer))
        third.unit_id = mine
        emit_if_changed(own, "complaints.noted", third, note="stays here")
        number = third.id
        assert (third.repeats, third.repeats_cause, third.severity) == (2, 2, "serious")
    ctx = office.system(NOW)
    with transaction(ctx):
        kept = queries.get_complaint(ctx, number)
        kept.again_of_id, kept.lead_id = first, second
        emit_if_changed(ctx, "complaints.noted", kept, note="linked")
    answer = site.signed_in("north@acme.example").get(f"/c/acme/complaints/{number}")
    assert answer.status_code == 200
    text = words_of(answer.text)
    assert "Complaint no. 3 of this customer for this cause; days looked back: 180." in text
    assert "2 more are not shown: with other departments, or settled otherwise since." in text
    assert "Hidden" not in text


# --- the list of actions --------------------------------------------------------------------------------------------


def test_actions_are_found_by_cause_and_owner_and_cost_the_same_however_many(site):
    ctx = site.office("acme").system(NOW)
    causes = {c.code: c.id for c in following.tree(ctx).causes}
    for number, code in enumerate(("P2", "P3", "L1")):
        services.open_action(ctx, ActionData(f"Action {number}", cause_id=causes[code]))
    ctx.session.close()
    browser = site.signed_in("manager@acme.example")
    page = "/c/acme/complaints/actions/"
    assert [t for t in ("Action 0", "Action 1", "Action 2") if t in browser.get(f"{page}?tab=all").text] == [
        "Action 0", "Action 1", "Action 2",
    ]
    below = browser.get(f"{page}?tab=all&cause={causes['P']}").text
    assert ("Action 0" in below, "Action 1" in below, "Action 2" in below) == (True, True, False)
    assert "Action 2" not in browser.get(f"{page}?tab=mine").text

    with site.app.app_context():
        engine = site.app.extensions["sqlalchemy"].engines[None]

    def cost() -> int:
        browser.get(f"{page}?tab=all")
        with counted(engine) as statements:
            browser.get(f"{page}?tab=all")
        return len(statements)

    few = cost()
    for number in range(3, 20):
        services.open_action(site.office("acme").system(NOW), ActionData(f"Action {number}", cause_id=causes["P2"]))
    assert cost() == few


def test_who_was_overtaken_at_an_action_is_told_what_was_done_and_keeps_what_was_typed(site):
    ctx = site.office("acme").system(NOW)
    action = services.open_action(ctx, ActionData("A harder seal", cause_id=following.tree(ctx).causes[0].id))
    number, seen = action.id, action.version
    services.give_action(ctx, number, queries.people(ctx)[0][0])
    browser = site.signed_in("manager@acme.example")
    page = f"/c/acme/complaints/actions/{number}"
    answer = browser.post(f"{page}/cancel", {"reason": "Nobody needs it", "version": str(seen)}, page=page)
    said = words_of(answer.text)
    assert answer.status_code == 409
    assert "Somebody else changed this in the meantime" in said
    assert f"{action.number} given to {queries.people(ctx)[0][1]}" in said[said.index("Somebody else") :][:400]
    assert ">Nobody needs it</textarea>" in answer.text.replace("\n", "").replace("\r", "")
    ctx.session.expire_all()
    assert following.get_action(ctx, number).state == "open"
    again = browser.post(f"{page}/cancel", {"reason": "Nobody needs it", "version": str(seen + 1)}, page=page)
    assert again.status_code == 302


# --- gifts, reports and causes --------------------------------------------------------------------------------------


def suggested(site, *gifts: str) -> list[int]:
    made = []
    for gift in gifts:
        number = opened(site, kind="suggestion", category="other", subject=f"Why not {gift}")
        made.append(services.propose_reward(site.office("acme").system(NOW), number, gift, Decimal("80.00")).id)
    return made


def test_a_gift_is_refused_with_a_reason_on_its_page_and_nothing_typed_is_lost(site):
    (gift,) = suggested(site, "A radio")
    browser = site.signed_in("manager@acme.example")
    listed = words_of(browser.get("/c/acme/complaints/rewards/").text)
    assert re.search(r"A radio .*80\.00", listed)
    page = f"/c/acme/complaints/rewards/{gift}"
    asked = browser.post(f"{page}/decide", {"decision": "refuse", "reason": " "}, page)
    assert (asked.status_code, "Give a reason." in asked.text) == (422, True)
    assert 'value="refuse" checked' in asked.text.replace('checked value="refuse"', 'value="refuse" checked')
    assert browser.post(f"{page}/decide", {"decision": "refuse", "reason": "Not new"}, page).status_code == 302
    kept = following.get_reward(site.office("acme").system(NOW), gift)
    assert (kept.state, kept.decision_reason) == ("refused", "Not new")
    again = browser.post(f"{page}/decide", {"decision": "approve"}, page)
    assert (again.status_code, "has moved on" in again.text) == (409, True)


def test_gifts_are_approved_and_handed_over_by_the_handful(site):
    gifts = suggested(site, "A radio", "A lamp")
    browser = site.signed_in("manager@acme.example")
    page = "/c/acme/complaints/rewards/"
    for action, state in (("approve", "approved"), ("deliver", "delivered")):
        sent = {"action": action, "rowid": [str(i) for i in gifts], "back": "tab=all"}
        assert browser.post(f"{page}action", sent, page).status_code == 302
        ctx = site.office("acme").system(NOW)
        assert [following.get_reward(ctx, i).state for i in gifts] == [state, state]
    assert "Delivered: 160.00 CNY" in words_of(browser.get(f"{page}?tab=delivered").text)


def test_who_may_only_look_at_gifts_decides_nothing(site):
    (gift,) = suggested(site, "A radio")
    office = site.office("acme")
    save_role(office.system(NOW), "looker", {"en": "Looker", "zh": "看"}, ["complaints.reward.view"])
    browser = site.signed_in("looker@acme.example")
    page = f"/c/acme/complaints/rewards/{gift}"
    assert "Record the decision" not in browser.get(page).text
    for action, sent in (("decide", {"decision": "approve"}), ("deliver", {"by": "Li"})):
        assert browser.post(f"{page}/{action}", sent, page).status_code == 403
    assert following.get_reward(office.system(NOW), gift).state == "proposed"


def test_centres_are_added_up_for_the_period_that_is_chosen(site):
    ctx = site.office("acme").system(NOW)
    unit = save_unit(ctx, "north", "North", "centre", "hq").id
    customer = base.save_customer(ctx, CustomerData(name="Ma", unit_id=unit)).id
    ctx.session.close()
    opened(site, customer_id=customer)
    office = site.office("acme")
    today = office.system(NOW - dt.timedelta(hours=1)).today  # when the complaint was taken in
    for days in (0, 400):
        begins = today - dt.timedelta(days=days)
        report = services.draw_up_report(office.system(NOW), unit, begins, begins)
        services.submit_report(office.system(NOW), report.id)
    browser = site.signed_in("manager@acme.example")
    page = "/c/acme/complaints/reports/together"
    assert "No centre has submitted its report yet." in browser.get(page).text, "the last month"
    shown = words_of(browser.get(f"{page}?period={today}..{today}").text)
    assert "Complaints received 1 1" in shown
    listed = words_of(browser.get("/c/acme/complaints/reports/?tab=submitted").text)
    assert listed.count("North") >= 2


def test_causes_are_listed_with_what_lies_above_and_counted_with_what_lies_below(site):
    ctx = site.office("acme").system(NOW)
    causes = {c.code: c.id for c in following.tree(ctx).causes}
    ctx.session.close()
    number = opened(site)
    services.set_cause(site.office("acme").system(NOW), number, CauseFound(causes["P2"]))
    browser = site.signed_in("manager@acme.example")
    below = words_of(browser.get(f"/c/acme/complaints/causes/?tab=all&below={causes['P']}").text)
    assert "Material and bought parts Product" in below
    assert "Attitude" not in below
    page = browser.get(f"/c/acme/complaints/causes/{causes['P']}").text
    assert "Complaints put down to it 1 Look at them" in words_of(page)
    assert browser.get(f"/c/acme/complaints/statistics/behind/?cause={causes['P']}").text.count("data-open") == 1
