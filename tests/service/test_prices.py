"""Price lists: dated versions, publishing, what something costs and why, and loading from files."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from core.api import Conflict, Forbidden, ImportRow, Invalid, transaction, use_locale
from core.decisions.store import publish, save_draft, table_named, versions_of
from core.testing import moment
from plugins.warranty import price_importer
from plugins.warranty.contracts import PriceAsked, PriceItemData, PriceListData
from plugins.warranty.queries import prices as queries
from plugins.warranty.services import prices
from tests.support.quoting import FIRST, NORMAL, furnish_prices, list_id, published

TODAY = dt.date(2026, 3, 2)


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def furnish(installation):
    furnish_prices(installation.company("acme", modules=("warranty",), locale="en"))


def cost(office, asked: PriceAsked, on: dt.date = TODAY, code: str = "normal"):
    ctx = office.system()
    return queries.price(ctx, queries.list_named(ctx, code), asked, on)


def test_a_price_says_which_row_of_which_version_gave_it(office):
    found = cost(office, PriceAsked("part", "p-12", quantity=Decimal(12)))
    assert (found.amount, found.unit, found.currency, found.tax_included) == (Decimal("452"), "piece", "CNY", True)
    assert found.why == "Price list “Normal prices”, version 1, Part P-12 Pump, from 10 piece"


def test_a_percentage_is_taken_of_the_base_list_and_says_so(office):
    found = cost(office, PriceAsked("part", "P-12", "pumps"), code="preferential")
    assert found.amount == Decimal("452.0000")
    assert found.why == (
        "Price list “Preferential prices”, version 1, Part Parts, preferential: 80 % of "
        "Price list “Normal prices”, version 1, Part P-12 Pump"
    )


def test_an_item_that_the_list_lacks_is_told_with_what_to_do(office):
    with pytest.raises(Conflict) as told:
        cost(office, PriceAsked("part", "P-77", "valves"))
    assert told.value.message == (
        "Price list “Normal prices” (version 1) has no price for Part P-77, group valves. "
        "Add it to the list, or give a price by hand."
    )


def test_a_day_without_a_version_is_told(office):
    with pytest.raises(Conflict, match="has no prices for 2025-12-31"):
        cost(office, PriceAsked("labour"), dt.date(2025, 12, 31))


def test_a_new_version_begins_with_the_prices_before_and_changes_none_of_them(office):
    ctx = office.system()
    draft = prices.draft_version(ctx, list_id(office), dt.date(2026, 4, 1), reason="Wages rose")
    labour = next(i for i in ctx.session.scalars(queries.items_query(draft.id)) if i.kind == "labour")
    prices.put_item(ctx, draft.id, PriceItemData("labour", "hour", label="Labour", price=Decimal("150")),
                    item_id=labour.id)  # fmt: skip
    prices.submit_version(ctx, draft.id)
    prices.publish_version(ctx, draft.id)
    asked = PriceAsked("labour")
    assert cost(office, asked, dt.date(2026, 3, 31)).amount == Decimal(120)
    assert cost(office, asked, dt.date(2026, 4, 1)).amount == Decimal(150)
    before = queries.version_before(ctx, draft)
    assert (before.number, before.valid_to) == (1, dt.date(2026, 3, 31))


def test_days_that_overlap_a_published_version_are_refused_in_words(office):
    ctx = office.system()
    draft = prices.draft_version(ctx, list_id(office), FIRST)
    with pytest.raises(Conflict) as told:
        prices.submit_version(ctx, draft.id)
    assert told.value.message == (
        "Version 1 is valid from 2026-01-01 until further notice. Choose a later first day, or end it before."
    )
    prices.change_version(ctx, draft.id, dt.date(2026, 4, 1), dt.date(2026, 4, 30))
    prices.submit_version(ctx, draft.id)
    prices.publish_version(ctx, draft.id)
    again = prices.draft_version(ctx, list_id(office), dt.date(2026, 4, 30))
    with pytest.raises(Conflict, match="Version 2 is valid from 2026-04-01 to 2026-04-30; the days overlap"):
        prices.submit_version(ctx, again.id)


def test_what_was_submitted_stands_still_and_what_is_published_never_changes(office):
    ctx = office.system()
    draft = prices.draft_version(ctx, list_id(office), dt.date(2026, 4, 1))
    prices.submit_version(ctx, draft.id)
    for _state in ("submitted", "published"):
        with pytest.raises(Conflict, match="not a draft any more"):
            prices.put_item(ctx, draft.id, PriceItemData("expense", "job", price=Decimal(1)))
        if draft.state == "submitted":
            prices.publish_version(ctx, draft.id)
    assert queries.count_items(ctx, draft.id) == len(NORMAL)


def test_publishing_needs_a_right_of_its_own(office):
    editor = office.ctx("warranty.price.view", "warranty.price.edit")
    draft = prices.draft_version(editor, list_id(office), dt.date(2026, 4, 1))
    prices.submit_version(editor, draft.id)
    with pytest.raises(Forbidden):
        prices.publish_version(editor, draft.id)
    assert queries.get_version(office.system(), draft.id).state == "submitted"


def test_where_the_companys_table_says_so_a_large_change_waits_for_an_approval(office):
    ctx = office.system()
    table = "warranty.price_version.approvals"
    body = versions_of(ctx, table_named(ctx, table))[0].body
    row = {"id": "dear", "when": {"transition": "publish", "change": {"gt": 10}},
           "then": {"step": 1, "role": "general_manager", "scope": "company", "holders": "one"}}  # fmt: skip
    save_draft(ctx, table, {**body, "rows": [row]}, reason="Prices", effective_from=TODAY)
    publish(ctx, table)
    office.person("gm@acme.example", "general_manager")
    me = office.person("me@acme.example", "manager")
    rights = ("warranty.price.view", "warranty.price.edit", "warranty.price.publish")
    manager = office.ctx(*rights, user_id=me, roles=("manager",))
    draft = prices.draft_version(manager, list_id(office), dt.date(2026, 4, 1))
    prices.put_item(manager, draft.id, PriceItemData("expense", "job", label="Disposal", price=Decimal(30)))
    prices.submit_version(manager, draft.id)
    with pytest.raises(Conflict) as told:
        prices.publish_version(manager, draft.id)
    assert told.value.code == "approval_asked"
    assert queries.get_version(office.system(), draft.id).state == "submitted"


def test_bad_figures_are_named_with_their_field(office):
    ctx = office.system()
    draft = prices.draft_version(ctx, list_id(office), dt.date(2026, 4, 1))
    for data, field in (
        (PriceItemData("labour", "hour", price=Decimal(-1)), "price"),
        (PriceItemData("labour", "hour", price=Decimal("0.00001")), "price"),
        (PriceItemData("labour", "hour"), "price"),
        (PriceItemData("labour", "hour", percent=Decimal(80)), "percent"),
        (PriceItemData("labour", "parsec", price=Decimal(1)), "unit"),
        (PriceItemData("labour", "hour", price=Decimal(1), label="x" * 201), "label"),
        (PriceItemData("labour", "hour", label="Labour", price=Decimal(1)), "code"),
    ):
        with pytest.raises(Invalid) as told:
            prices.put_item(ctx, draft.id, data)
        assert told.value.field == field
    assert queries.count_items(ctx, draft.id) == len(NORMAL)


def test_two_people_who_edit_one_draft_notice_each_other(office):
    ctx = office.system()
    draft = prices.draft_version(ctx, list_id(office), dt.date(2026, 4, 1))
    seen = draft.version
    prices.put_item(ctx, draft.id, PriceItemData("expense", "job", label="Disposal", price=Decimal(30)), version=seen)
    with pytest.raises(Conflict) as told:
        prices.put_item(ctx, draft.id, PriceItemData("expense", "day", code="X", price=Decimal(3)), version=seen)
    assert told.value.code == "stale"
    assert queries.count_items(ctx, draft.id) == len(NORMAL) + 1


def test_a_currency_that_there_is_not_is_refused_and_one_that_was_published_stays(office):
    ctx = office.system()
    with pytest.raises(Invalid, match="“XYZ” is no currency"):
        prices.make_list(ctx, PriceListData("dollars", "Dollars", currency="xyz"))
    with pytest.raises(Conflict, match="Prices were published in CNY"):
        prices.change_list(ctx, list_id(office), PriceListData("normal", "Normal prices", currency="USD"))


def test_a_rule_names_a_list_by_code_or_by_kind_unless_there_are_several(office):
    ctx = office.system()
    assert queries.list_named(ctx, "preferential").code == "preferential"
    published(ctx, PriceListData("pref-2", "Others", "contract"), NORMAL[:1])
    published(ctx, PriceListData("pref-3", "Others again", "contract"), NORMAL[:1])
    with pytest.raises(Conflict, match="several active price lists of the kind “Contract prices”"):
        queries.list_named(ctx, "contract")
    with pytest.raises(Conflict, match="no active price list “gold”"):
        queries.list_named(ctx, "gold")


# --- files ------------------------------------------------------------------------------------------------------------


def load(office, *rows: dict):
    ctx = office.system()
    with transaction(ctx):
        made = [ImportRow(n, {"list": "normal", **row}) for n, row in enumerate(rows, 2)]
        return price_importer.load(ctx, made)


def test_rows_of_a_file_go_into_a_draft_and_loading_twice_adds_nothing(office):
    rows = (
        {"kind": "人工", "unit": "小时", "label": "Labour", "price": Decimal(130)},
        {"kind": "Part", "unit": "piece", "code": "p-40", "price": Decimal("12.5"), "label": "Seal"},
    )
    assert (load(office, *rows).added, load(office, *rows).known) == (2, 2)
    ctx = office.system()
    draft = queries.open_version(ctx, list_id(office))
    assert (draft.state, draft.valid_from, queries.count_items(ctx, draft.id)) == ("draft", dt.date(2026, 3, 3), 5)
    assert cost(office, PriceAsked("labour")).amount == Decimal(120), "a draft counts for nothing yet"


def test_bad_rows_are_told_by_line_and_the_rest_is_loaded(office):
    result = load(
        office,
        {"kind": "part", "unit": "piece", "code": "A", "price": Decimal(1)},
        {"kind": "part", "unit": "piece", "code": "a ", "price": Decimal(2)},
        {"kind": "magic", "unit": "piece", "price": Decimal(1)},
        {"kind": "part", "unit": "piece", "code": "B", "price": Decimal(-1)},
        {"list": "gold", "kind": "part", "unit": "piece", "price": Decimal(1)},
    )
    assert result.added == 1
    assert [(p.line, p.column) for p in result.bad] == [(3, "code"), (4, "kind"), (5, "price"), (6, "list")]
    assert result.bad[0].reason == "This price stands in the file twice."
    assert result.bad[3].reason == "There is no price list “gold”."


def test_a_submitted_version_takes_no_rows_of_a_file(office):
    ctx = office.system(moment("2026-03-02 09:00"))
    draft = prices.draft_version(ctx, list_id(office), dt.date(2026, 4, 1))
    prices.submit_version(ctx, draft.id)
    result = load(office, {"kind": "part", "unit": "piece", "code": "A", "price": Decimal(1)})
    assert (result.added, result.bad[0].column) == (0, "list")
