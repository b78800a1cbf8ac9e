"""Pages of price lists and quotes without a browser: what they cost, and what they keep when something is wrong."""

from __future__ import annotations

import datetime as dt
import io

import pytest

from core.testing import counted
from plugins.warranty.contracts import Answer, QuoteLineData
from plugins.warranty.queries import prices as price_queries
from plugins.warranty.queries import quotes as queries
from plugins.warranty.services import price_examples, prices, quotes
from tests.support.accounts import Site, words_of
from tests.support.quoting import LABOUR, drafted, furnish_prices, list_id

pytestmark = pytest.mark.one_database

NOW = dt.datetime.now(dt.UTC)
BEFORE = NOW - dt.timedelta(hours=2)
FIRST = dt.date(2026, 1, 1)
QUOTES, PRICES = "/c/acme/warranty/quotes", "/c/acme/warranty/prices"


@pytest.fixture
def site(databases, database_kind, application):
    with databases.furnished(database_kind, furnish) as installation, application.on(installation.url) as app:
        yield Site(app, installation, {"acme": installation.office("acme")})


def furnish(installation):
    made = Site(None, installation)
    office = made.office("acme", modules=["complaints", "warranty"], locale="en", now=BEFORE)
    furnish_prices(office, BEFORE)
    made.person("manager@acme.example", "manager")
    made.person("agent@acme.example", "agent")


def quote_of(site, *lines: QuoteLineData, send: bool = False, at: dt.datetime = BEFORE) -> int:
    ctx = site.office("acme").system(at)
    made = drafted(site.office("acme"), ctx, *lines).id
    if send:
        quotes.send(ctx, made, "told")
    site.installation.close_sessions()
    return made


def seen(site, quote_id: int) -> int:
    return queries.get_quote(site.office("acme").system(NOW), quote_id).version


def state_of(site, quote_id: int) -> str:
    return queries.get_quote(site.office("acme").system(NOW), quote_id).state


@pytest.mark.parametrize("path", ["quotes/?tab=open", "quotes/board", "prices/all/?tab=now"])
def test_a_list_takes_the_same_number_of_statements_for_few_and_for_many_rows(site, path):
    browser = site.signed_in("manager@acme.example")
    taken = []
    for more in (2, 25):
        for _n in range(more):
            quote_of(site)
        site.installation.close_sessions()
        browser.get(f"/c/acme/warranty/{path}")
        with site.app.app_context():
            engine = site.app.extensions["sqlalchemy"].engines[None]
        with counted(engine) as statements:
            assert browser.get(f"/c/acme/warranty/{path}").status_code == 200
        taken.append(len(statements))
    assert taken[0] == taken[1]


def test_a_quote_is_written_sent_and_accepted_with_its_proof_on_the_pages(site):
    browser = site.signed_in("agent@acme.example")
    normal = list_id(site.office("acme"))
    answer = browser.post(f"{QUOTES}/new", {"title": "Pump", "list_id": normal, "person_name": "Chen", "discount": "0"})
    assert answer.status_code == 302
    quote_id = int(answer.location.partition("#")[0].rpartition("/")[2])
    page = f"{QUOTES}/{quote_id}"
    version = seen(site, quote_id)
    line = {"kind": "labour", "quantity": "2", "line_discount": "0", "version": version}
    assert browser.post(f"{page}/add", line, page=page).status_code == 302
    assert "¥240.00" in words_of(browser.get(page).text)
    version = seen(site, quote_id)
    sending = {"how": "told", "locale": "en", "version": version}
    assert browser.post(f"{page}/send", sending, page=page).status_code == 302
    version = seen(site, quote_id)
    proof = {"evidence": (io.BytesIO(b"%PDF-1.4 signed"), "slip.pdf")}
    data = {"who": "Chen", "how": "written", "version": version, **proof}
    assert browser.post(f"{page}/accept", data, page=page).status_code == 302
    said = words_of(browser.get(page).text)
    assert "The customer's consent is recorded; work may begin" in said
    assert "Proof slip.pdf" in said


def test_what_was_typed_stays_when_a_quote_has_expired_meanwhile(site):
    quote_id = quote_of(site, send=True, at=NOW - dt.timedelta(days=40))
    browser = site.signed_in("agent@acme.example")
    page = f"{QUOTES}/{quote_id}"
    version = seen(site, quote_id)
    data = {"who": "Mrs Chen", "how": "phone", "note": "Please hurry", "version": version}
    answer = browser.post(f"{page}/accept", data, page=page)
    assert answer.status_code == 409
    assert "Make a new version and send it again." in words_of(answer.text)
    assert 'value="Mrs Chen"' in answer.text
    assert "Please hurry</textarea>" in answer.text
    assert state_of(site, quote_id) == "sent"


def test_what_somebody_else_changed_meanwhile_is_told_and_not_overwritten(site):
    quote_id = quote_of(site)
    ctx = site.office("acme").system(NOW)
    opened = queries.get_quote(ctx, quote_id).version
    quotes.add_line(ctx, quote_id, LABOUR)
    ctx.session.close()
    browser = site.signed_in("agent@acme.example")
    page = f"{QUOTES}/{quote_id}"
    data = {"kind": "labour", "quantity": "7", "version": opened}
    answer = browser.post(f"{page}/add", data, page=page)
    assert answer.status_code == 409
    assert "line added: Labour" in words_of(answer.text)
    assert 'value="7"' in answer.text
    assert len(queries.lines_of(site.office("acme").system(NOW), quote_id)) == 2


def test_a_line_without_a_price_is_told_beside_its_code(site):
    quote_id = quote_of(site)
    browser = site.signed_in("agent@acme.example")
    page = f"{QUOTES}/{quote_id}"
    version = seen(site, quote_id)
    data = {"kind": "part", "code": "P-77", "quantity": "1", "version": version}
    answer = browser.post(f"{page}/add", data, page=page)
    assert answer.status_code == 409
    assert "has no price for Part P-77. Add it to the list, or give a price by hand." in words_of(answer.text)
    assert 'value="P-77"' in answer.text


def test_fields_for_which_the_right_is_lacking_are_neither_shown_nor_taken(site):
    quote_id = quote_of(site)
    page = f"{QUOTES}/{quote_id}"
    agent = site.signed_in("agent@acme.example")
    assert "Price by hand" not in agent.get(page).text
    version = seen(site, quote_id)
    data = {"kind": "expense", "label": "Crane", "quantity": "1", "free": "y", "unit": "job", "unit_price": "5",
            "version": version}  # fmt: skip
    assert agent.post(f"{page}/add", data, page=page).status_code == 409, "asked of the list, which has no such price"
    assert "Price by hand" in site.signed_in("manager@acme.example").get(page).text


def test_a_price_is_changed_in_a_draft_and_published_on_the_pages(site):
    browser = site.signed_in("manager@acme.example")
    office = site.office("acme")
    page = f"{PRICES}/{list_id(office)}"
    day = (NOW + dt.timedelta(days=9)).date().isoformat()
    answer = browser.post(f"{page}/draft", {"valid_from": day, "reason": "Wages", "version": "1"}, page=page)
    where = answer.location.partition("#")[0]
    version_id = int(where.rpartition("/")[2])
    ctx = office.system(NOW)
    item = next(i for i in price_queries.rows_of(ctx, version_id) if i.kind == "labour")
    opened = price_queries.get_version(ctx, version_id).version
    bad = {"item_id": item.id, "kind": "labour", "unit": "hour", "price": "-3", "from_quantity": "0", "version": opened}
    refused = browser.post(f"{where}/item", bad, page=where)
    assert (refused.status_code, 'value="-3"' in refused.text) == (422, True)
    good = {**bad, "price": "135", "label": "Labour"}
    assert browser.post(f"{where}/item", good, page=where).status_code == 302
    said = words_of(browser.get(where).text)
    assert "¥120.00 ¥135.00 / hour" in said, "the old price stands beside the new one"
    for action in ("submit", "publish"):
        opened = price_queries.get_version(office.system(NOW), version_id).version
        assert browser.post(f"{where}/{action}", {"version": opened}, page=where).status_code == 302
    assert price_queries.get_version(office.system(NOW), version_id).state == "published"
    asked = words_of(browser.get(f"{page}?kind=labour&code=&group=&quantity=2&on={day}").text)
    assert "¥135.00 / hour" in asked


def test_a_company_without_price_lists_takes_the_examples_of_its_trade_as_drafts(site):
    other = site.office("bare", modules=["warranty"], locale="en", now=BEFORE)
    site.person("boss@bare.example", "manager", company="bare")
    browser = site.signed_in("boss@bare.example")
    assert "There is no price list yet" in words_of(browser.get("/c/bare/").text)
    page = "/c/bare/warranty/prices/examples"
    assert browser.post(page, {}).status_code == 302
    ctx = other.system(NOW)
    assert price_examples.offered(ctx) == []
    made = price_queries.active_lists(ctx)
    assert [(row.code, price_queries.open_version(ctx, row.id).state) for row in made] == [
        ("normal", "draft"), ("preferential", "draft"),
    ]  # fmt: skip


def test_an_approval_that_a_release_needs_keeps_what_was_typed(site):
    from core.decisions.store import publish, save_draft, table_named, versions_of

    office = site.office("acme")
    ctx = office.system(NOW)
    body = versions_of(ctx, table_named(ctx, "warranty.quote.approvals"))[0].body
    row = {"id": "gm", "when": {"transition": "release"},
           "then": {"step": 1, "role": "general_manager", "scope": "company", "holders": "one"}}  # fmt: skip
    save_draft(ctx, "warranty.quote.approvals", {**body, "rows": [row]}, reason="x", effective_from=ctx.today)
    publish(ctx, "warranty.quote.approvals")
    site.person("gm@acme.example", "general_manager")
    quote_id = quote_of(site, send=True)
    quotes.refuse(office.system(NOW), quote_id, Answer("Chen", "phone", note="Too dear"))
    browser = site.signed_in("manager@acme.example")
    page = f"{QUOTES}/{quote_id}"
    assert "Needs approval by General manager" in words_of(browser.get(page).text)
    version = seen(site, quote_id)
    answer = browser.post(f"{page}/release", {"reason": "Customer of many years", "version": version}, page=page)
    assert answer.status_code == 409
    assert "Customer of many years</textarea>" in browser.get(page).text
    assert state_of(site, quote_id) == "refused"


def test_prices_that_were_put_in_are_found_by_their_first_letters(site):
    office = site.office("acme")
    draft = prices.draft_version(office.system(NOW), list_id(office), (NOW + dt.timedelta(days=9)).date())
    browser = site.signed_in("manager@acme.example")
    said = words_of(browser.get(f"{PRICES}/versions/{draft.id}?q=p-1").text)
    assert ("2 records" in said, "Travel" in said.partition("Add a price")[0]) == (True, False)
