"""Codes of the company in rule tables are shown, offered and typed by their names; the table keeps the codes."""

from __future__ import annotations

import datetime as dt

import pytest

from core.companies.services import save_unit, unit_by_code
from core.db import transaction
from core.decisions import diff, from_data, to_data, validate
from core.decisions.company_names import unknown_names, with_names
from core.decisions.grid import grid_of, read_grid
from core.decisions.store import decisions_on, draft_of, install_table, recall, rule, start_draft, table_named
from core.decisions.unheld import unheld_roles
from core.events import emit
from core.i18n import use_locale
from core.testing import Installation
from core.web.explain import decision_view_of
from tests.service.test_rule_tables import send
from tests.support.accounts import Site, words_of
from tests.support.charge_table import NAME

pytestmark = pytest.mark.one_database

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
PAGE = f"/c/acme/rules/{NAME}"
TABLE = {
    "name": NAME,
    "label": {"en": "Routing", "zh": "分派"},
    "inputs": [{"name": "from", "label": {"en": "from", "zh": "来自"}, "type": "str", "of": "units", "optional": True}],
    "outputs": [
        {"name": "to", "label": {"en": "to", "zh": "转交"}, "type": "str", "of": "units"},
        {"name": "tell", "label": {"en": "tell", "zh": "告知"}, "type": "str", "of": "roles", "required": False},
        {"name": "ask", "label": {"en": "ask", "zh": "询问"}, "type": "str", "of": "people", "required": False},
        {"name": "by", "label": {"en": "by", "zh": "日历"}, "type": "str", "of": "calendars", "required": False},
    ],
    "rows": [
        {"id": "one", "when": {"from": ["rd", "qa"]}, "then": {"to": "qa", "tell": "manager", "ask": "li@example.com"}},
        {"id": "two", "then": {"to": "nowhere"}},
    ],
}


@pytest.fixture
def site(app, database_url, registry):
    made = Site(app, Installation(database_url, registry))
    ctx = made.office("acme").system(NOW)
    made.person("li@example.com", "administrator", name="李工")
    with transaction(ctx):
        for code, name in (("rd", "研发部"), ("qa", "质量部"), ("q2", "质检组"), ("q3", "质检组")):
            save_unit(ctx, code=code, name=name, kind="department", parent_code="hq")
    install_table(ctx, NAME, TABLE, plugin="core")
    yield made
    made.installation.close()


@pytest.fixture
def named(site):
    return with_names(site.office().system(NOW), from_data(TABLE))


def test_the_grid_shows_names_and_reads_names_and_codes(named):
    with use_locale("zh"):
        grid = grid_of(named)
        assert grid.rows[0].when == {"from": "研发部、质量部"}
        assert grid.rows[0].then == {"to": "质量部", "tell": "主管", "ask": "李工", "by": ""}
        assert grid.rows[1].then["to"] == "nowhere"
        grid.rows[1].then |= {"to": "研发部", "tell": "administrator"}
        table, errors = read_grid(grid, named, named.inputs)
    assert errors == []
    assert table.rows[0] == named.rows[0]
    assert (table.rows[1].then["to"], table.rows[1].then["tell"]) == ("rd", "administrator")
    assert diff(named, from_data(to_data(table))).rows[0].kind == "same"


def test_two_units_of_one_name_are_told_apart_by_their_code(named):
    grid = grid_of(named, "zh")
    grid.rows[0].then["to"] = "q3"
    table, _errors = read_grid(grid, named, named.inputs)
    assert grid_of(table, "zh").rows[0].then["to"] == "q3"


def test_names_are_not_kept_in_the_table(named):
    assert to_data(named) == to_data(from_data(TABLE))


def test_what_the_company_does_not_know_is_told_with_its_row(named):
    assert [(name.row, name.column.name, name.code) for name in unknown_names(named)] == [(2, "to", "nowhere")]


def test_a_closed_unit_is_not_offered_but_past_decisions_still_tell_its_name(site):
    ctx = site.office().system(NOW)
    with transaction(ctx):
        rd = unit_by_code(ctx, "rd")
        rule(ctx, NAME, {"from": "rd"}, record=rd)
        unit_by_code(ctx, "qa").active = False
        emit(ctx, "core.unit_saved", rd, name="qa")
    later = site.office().system(NOW)
    table = with_names(later, from_data(TABLE))
    assert [(name.row, name.code) for name in unknown_names(table)] == [(1, "qa"), (1, "qa"), (2, "nowhere")]
    assert decision_view_of(later, decisions_on(later, rd)[0]).verdict == "转交：质量部；告知：主管；询问：李工"


def test_a_company_s_names_are_its_own(site):
    other = site.office("other").system(NOW)
    assert grid_of(with_names(other, from_data(TABLE)), "zh").rows[0].then["to"] == "qa"


def test_only_text_columns_hold_codes_of_known_things():
    column = {"name": "n", "type": "int", "of": "units"}
    body = {"name": "t", "inputs": [column], "outputs": [{"name": "o", "type": "str", "of": "cars"}], "rows": []}
    assert [(e.column, e.code) for e in validate(body)] == [("n", "of_not_used"), ("o", "unknown_of")]


def test_the_page_offers_names_with_codes_warns_of_unknown_ones_and_saves_codes(site):
    boss = site.signed_in("li@example.com")
    start_draft(site.office().system(NOW), NAME)
    page = boss.get(PAGE).text
    assert "(qa)" in page
    assert 'title="qa">质量部</span>' in page
    assert "Row 2, to: the company has no “nowhere”, or it is closed." in words_of(page)
    key = "r2"
    assert (
        send(
            boss,
            "save",
            {f"{key}.t.to": "研发部"},
            page,
        ).status_code
        == 302
    )
    ctx = site.office().system(NOW)
    assert from_data(draft_of(ctx, table_named(ctx, NAME)).body).rows[1].then["to"] == "rd"
    assert "the company has no" not in words_of(boss.get(PAGE).text)


def test_a_stored_decision_is_told_with_names(site):
    ctx = site.office().system(NOW)
    with transaction(ctx):
        unit = unit_by_code(ctx, "rd")
        rule(ctx, NAME, {"from": "rd"}, record=unit)
    stored = decisions_on(ctx, unit)[0]
    assert recall(ctx, stored).outputs["to"] == "qa"
    view = decision_view_of(ctx, stored)
    assert view.verdict == "转交：质量部；告知：主管；询问：李工"
    assert view.facts[0].value == "研发部"
    assert view.sentence == "第 1 行：来自为研发部或质量部（研发部）"


def test_a_table_that_an_older_version_of_the_module_shipped_gets_its_names_from_the_new_one(site):
    plain = {**TABLE, "outputs": [{k: v for k, v in c.items() if k != "of"} for c in TABLE["outputs"]]}
    ctx = site.office().system(NOW)
    assert grid_of(with_names(ctx, from_data(plain)), "zh").rows[0].then["to"] == "qa"
    assert grid_of(with_names(ctx, from_data(plain), from_data(TABLE)), "zh").rows[0].then["to"] == "质量部"


def test_roles_that_rules_in_force_name_and_nobody_holds_are_told_with_the_tables_that_name_them(site):
    office = site.office()
    assert unheld_roles(office.system(NOW), ["core"])["manager"] == [NAME]
    page = site.signed_in("li@example.com").get("/c/acme/rules").get_data(as_text=True)
    assert "Rules name roles that nobody holds" in words_of(page)
    site.person("ma@example.com", "manager")
    assert "manager" not in unheld_roles(office.system(NOW), ["core"])
    assert NAME not in str(unheld_roles(office.system(NOW), ["complaints"])), "a module that is off asks nobody"
