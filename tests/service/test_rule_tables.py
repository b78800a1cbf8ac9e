"""Rule tables through their pages: who may do what, drafts, publishing, trials, files; a refusal changes nothing."""

from __future__ import annotations

import datetime as dt
import html
import io
import json
import re

import pytest
import sqlalchemy as sa

from core.companies.services import unit_by_code
from core.decisions import compile_table, why_not_words
from core.decisions.errors import TableError
from core.decisions.grid import grid_of
from core.decisions.parsing import from_data
from core.decisions.store import (
    DecisionVersion,
    StoredDecision,
    decisions_on,
    draft_of,
    publish,
    recall,
    save_draft,
    start_draft,
    table_named,
    version_in_force,
)
from core.decisions.trials import hits_of, hits_since, try_draft
from core.errors import Conflict, Forbidden
from core.events import Event
from core.i18n import use_locale
from core.settings import set_setting
from core.testing import counted
from core.web.explain import decision_view_of, rule_url
from tests.support.accounts import TOKEN, Site, words_of
from tests.support.charge_table import CHARGE, NAME, decide_cases, install
from tests.unit.test_decision_sheets import cells, edited

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
PAGE = f"/c/acme/rules/{NAME}"


@pytest.fixture
def site(databases, database_kind, application):
    with databases.furnished(database_kind, furnish) as installation, application.on(installation.url) as app:
        yield Site(app, installation, {"acme": installation.office("acme")})


def furnish(installation):
    site = Site(None, installation)
    install(site.office("acme"), NOW)
    for name, role in (("boss", "administrator"), ("looker", "manager")):
        site.person(f"{name}@example.com", role, name=name.title())


@pytest.fixture
def ctx(site):
    return site.office().system(NOW)


def signed_in(site, name: str, role: str):
    """Somebody of this role, signed in."""
    site.person(f"{name}@example.com", role, name=name.title())
    return site.signed_in(f"{name}@example.com")


@pytest.fixture
def boss(site):
    return site.signed_in("boss@example.com")


@pytest.fixture
def looker(site):
    return site.signed_in("looker@example.com")


def draft(site) -> DecisionVersion | None:
    ctx = site.office().system(NOW)
    return draft_of(ctx, table_named(ctx, NAME))


def fields_of(page: str) -> list[tuple[str, str]]:
    """What the browser would send from the draft's form: every field with its value, buttons left out."""
    form = re.search(r'(?s)<form id="draft".*?</form>', re.sub(r"(?s)<template.*?</template>", "", page))[0]
    fields = []
    for tag in re.findall(r"<input[^>]*>", form):
        value = re.search(r'value="([^"]*)"', tag)
        fields.append((re.search(r'name="([^"]*)"', tag)[1], html.unescape(value[1]) if value else ""))
    return fields


def send(browser, do: str, changes: dict[str, str] | None = None, page: str | None = None, **headers):
    """Press a button of the draft's form after typing ``changes``."""
    page = page if page is not None else browser.get(PAGE).text
    changes = changes or {}
    fields = [(name, changes.get(name, value)) for name, value in fields_of(page)]
    body: dict[str, list[str]] = {"do": [do]}
    for name, value in fields:
        body.setdefault(name, []).append(value)
    return browser.client.post(f"{PAGE}/draft", data=body, headers={**browser.headers, **headers})


def start(browser) -> None:
    assert browser.post(f"{PAGE}/new-draft", page=PAGE).status_code == 302


# --- who may --------------------------------------------------------------------------------------------------------


def test_the_list_shows_what_is_in_force_and_how_often_it_was_used(site, boss):
    decide_cases(site.office(), NOW, 7)
    words = words_of(boss.get("/c/acme/rules").text)
    assert "Who pays charge General Version 2 since" in words
    assert "none 7 2 records" in words
    assert "No rule table fits" in words_of(boss.get("/c/acme/rules?q=nowhere").text)


def test_rows_without_a_hit_in_the_company_s_days_are_named(site, boss, ctx):
    decide_cases(site.office(), NOW, 7)
    words = words_of(boss.get(PAGE).text)
    assert "Hits in 90 days" in words
    assert "Without a hit in 90 days: rows 2, 3" in words
    set_setting(ctx, "core.rules.hits_days", 1)
    late = NOW + dt.timedelta(days=2)
    assert hits_since(site.office().system(late)) == late - dt.timedelta(days=1)
    assert "Without a hit in 1 day" in words_of(boss.get(PAGE).text)
    assert "Decisions in 1 day" in words_of(boss.get("/c/acme/rules").text)


def test_the_list_takes_a_constant_number_of_statements(site, boss):
    boss.get("/c/acme/rules")
    engine = site.app.extensions["sqlalchemy"]
    with site.app.app_context():
        engine = engine.engine
    with counted(engine) as few:
        boss.get("/c/acme/rules")
    ctx = site.office().system(NOW)
    from core.decisions.store import install_table

    for number in range(5):
        install_table(ctx, f"table{number}", {**CHARGE, "name": f"table{number}"}, plugin="core")
    with counted(engine) as many:
        assert "table4" in boss.get("/c/acme/rules").text
    assert len(many) == len(few)


def test_who_may_only_look_sees_no_way_to_change_and_is_refused(site, looker):
    page = looker.get(PAGE).text
    assert "recalled batch" in page
    assert "new-draft" not in page
    assert 'role="grid"' not in page
    assert looker.post(f"{PAGE}/new-draft", page=PAGE).status_code == 403
    assert draft(site) is None


@pytest.mark.parametrize("path", ["draft", "check", "drop", "upload"])
def test_a_refused_change_changes_nothing(site, boss, looker, path):
    start(boss)
    before = draft(site).version
    answer = looker.post(f"{PAGE}/{path}", {"do": "publish", "reason": "x", "version": "1"}, page=PAGE)
    assert answer.status_code == 403
    assert "You need the right" in words_of(answer.text)
    assert (draft(site).version, draft(site).status) == (before, "draft")


def test_who_may_not_see_rule_tables_gets_none_of_their_pages(site):
    agent = signed_in(site, "agent", "agent")
    for path in (
        "",
        f"/{NAME}",
        f"/{NAME}/versions",
        f"/{NAME}/versions/1",
        f"/{NAME}/versions/1.yaml",
        f"/{NAME}/trial",
    ):
        assert agent.get(f"/c/acme/rules{path}").status_code == 403


def test_the_table_of_another_company_is_not_there(site, boss):
    site.office("other")
    site.join(site.account("far@example.com"), "administrator", company="other")
    far = site.signed_in("far@example.com")
    for path in ("", "/versions", "/versions/1", "/versions/1.yaml", "/trial"):
        assert far.get(f"/c/other/rules/{NAME}{path}").status_code == 404
    assert far.get(PAGE).status_code == 404
    assert NAME not in far.get("/c/other/rules").text


def test_the_table_of_a_module_that_is_off_is_not_there(site, boss, ctx):
    from core.decisions.store import install_table

    install_table(ctx, "gone", {**CHARGE, "name": "gone"}, plugin="not_installed")
    assert boss.get("/c/acme/rules/gone").status_code == 404
    assert "gone" not in boss.get("/c/acme/rules").text


# --- a draft ----------------------------------------------------------------------------------------------------------


def test_a_draft_starts_as_the_latest_version_and_is_saved_cell_by_cell(site, boss):
    start(boss)
    answer = send(boss, "save", {"r3.w.months": "<= 24", "r5.t.price": "preferential", "reason": "new rules"})
    assert answer.status_code == 302
    saved = draft(site)
    table = from_data(saved.body)
    assert (saved.number, saved.reason) == (3, "new rules")
    assert table.rows[2].when["months"].values == (24,)
    assert table.rows[4].then["price"] == "low"
    page = words_of(boss.get(PAGE).text)
    assert "2 rows changed" in page
    assert "≤ 24 before: ≤ 18" in page


def test_an_edit_by_button_keeps_everything_typed_and_saves_nothing(site, boss):
    start(boss)
    version = draft(site).version
    answer = send(boss, "copy:r2", {"r2.w.months": "nonsense", "reason": "why not"})
    fields = dict(fields_of(answer.text))
    assert answer.status_code == 200
    assert (fields["n1.w.months"], fields["r2.w.months"], fields["reason"]) == ("nonsense", "nonsense", "why not")
    assert "Row 2, Age: A whole number is needed here, such as 12, not nonsense." in words_of(answer.text)
    assert draft(site).version == version


def test_mistakes_stand_at_their_cells_and_nothing_is_saved(site, boss):
    start(boss)
    answer = send(boss, "save", {"r1.w.cause": "bad luck", "r2.t.payer": ""})
    page = answer.text
    assert answer.status_code == 422
    assert "2 cells to correct" in words_of(page)
    assert dict(fields_of(page))["r1.w.cause"] == "bad luck"
    cell = re.search(r'(?s)<td[^>]*data-f="r1.w.cause".*?</td>', page)[0]
    assert 'aria-invalid="true"' in cell
    assert "“bad luck” isn" in html.unescape(cell)
    assert from_data(draft(site).body).rows[0].when == from_data(CHARGE).rows[0].when


def test_a_condition_that_the_module_supplies_can_be_added_and_an_invented_one_can_not(site, boss, ctx):
    start(boss)
    answer = send(boss, "show:distance")
    assert "Distance" in words_of(answer.text)
    body = send(boss, "save", {"r1.w.distance": ""}, page=answer.text)
    assert body.status_code == 302
    assert [c.name for c in from_data(draft(site).body).inputs][-1] == "distance"
    invented = {**CHARGE, "inputs": [*CHARGE["inputs"], {"name": "weather", "type": "str"}]}
    with pytest.raises(TableError) as told:
        save_draft(ctx, NAME, invented)
    assert [(e.column, e.code) for e in told.value.errors] == [("weather", "unknown_column")]


def test_a_result_that_the_module_reads_can_not_be_left_out_nor_change_its_type(ctx):
    less = {**CHARGE, "outputs": CHARGE["outputs"][:2], "rows": []}
    with pytest.raises(TableError) as told:
        save_draft(ctx, NAME, less)
    assert [(e.column, e.code) for e in told.value.errors] == [("before", "missing_column")]
    other = {**CHARGE, "rows": [], "inputs": [{"name": "months", "type": "decimal"}]}
    with pytest.raises(TableError) as told:
        save_draft(ctx, NAME, other)
    assert [(e.column, e.code) for e in told.value.errors] == [("months", "column_type")]


def test_who_saved_in_between_is_told_and_the_typed_grid_is_kept(site, boss):
    start(boss)
    old = boss.get(PAGE).text
    second = signed_in(site, "second", "administrator")
    assert send(second, "save", {"r1.clause": "9.9"}).status_code == 302
    answer = send(boss, "save", {"r2.clause": "7.7"}, page=old)
    assert answer.status_code == 409
    assert "Second saved this draft in the meantime" in words_of(answer.text)
    assert dict(fields_of(answer.text))["r2.clause"] == "7.7"
    assert [r.clause for r in from_data(draft(site).body).rows[:2]] == ["9.9", "5.1.2"]
    assert send(boss, "overwrite", page=answer.text).status_code == 302
    assert [r.clause for r in from_data(draft(site).body).rows[:2]] == ["5.1.1", "7.7"]


def test_a_draft_that_was_dropped_in_between_does_not_come_back_by_itself(ctx):
    seen = start_draft(ctx, NAME).version
    from core.decisions.store import drop_draft

    drop_draft(ctx, NAME)
    with pytest.raises(Conflict) as told:
        save_draft(ctx, NAME, CHARGE, version=seen)
    assert told.value.code == "draft_gone"
    start_draft(ctx, NAME)
    with pytest.raises(Conflict) as told:
        start_draft(ctx, NAME)
    assert told.value.code == "draft_exists"


def test_a_dropped_draft_leaves_what_is_in_force(site, boss):
    start(boss)
    assert boss.post(f"{PAGE}/drop", page=PAGE).status_code == 302
    assert draft(site) is None
    assert "Version 2 in force" in words_of(boss.get(PAGE).text)


def test_the_script_saves_without_leaving_and_is_told_the_new_version(site, boss):
    start(boss)
    answer = send(boss, "save", {"r1.clause": "1.1"}, Accept="application/json")
    assert answer.get_json()["version"] == draft(site).version
    refused = send(boss, "save", {"r1.w.cause": "luck"}, Accept="application/json")
    assert (refused.status_code, refused.get_json()["errors"]) == (422, 1)


def test_the_script_is_told_how_the_grid_reads_and_nothing_is_saved(site, boss):
    start(boss)
    version = draft(site).version
    page = boss.get(PAGE).text
    fields: dict[str, list[str]] = {}
    for name, value in fields_of(page):
        fields.setdefault(name, []).append({"r3.w.months": ">=3", "r5.w.cause": "质量"}.get(name, value))
    told = boss.client.post(f"{PAGE}/check", data=fields, headers={"Accept": "application/json"}).get_json()
    cell = {"text": "≥ 3", "any": False, "changed": True, "old": "≤ 18", "error": ""}
    assert told["cells"]["r3.w.months"] == cell
    assert told["cells"]["r5.w.cause"]["text"] == "defect"
    assert told["cells"]["r1.w.proof"]["any"] is True
    assert told["rows"]["r3"] == {"number": 3, "kind": "changed", "moved": False}
    assert told["summary"] == "2 rows changed"
    assert "No row fits" in told["findings"]
    assert draft(site).version == version


# --- publishing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ({"reason": " ", "effective_from": "2999-01-01"}, "Say why the rules change"),
        ({"reason": "new", "effective_from": ""}, "Say from which date"),
        ({"reason": "new", "effective_from": "2020-01-01"}, "can't be in force before today"),
        ({"reason": "new", "effective_from": "soon"}, "“soon” is not a date."),
    ],
)
def test_publishing_needs_a_reason_and_a_date_that_is_not_past(site, boss, typed, code):
    start(boss)
    answer = send(boss, "publish", typed)
    assert answer.status_code == 422
    assert code in words_of(answer.text)
    field = "reason" if "why" in code else "effective_from"
    assert re.search(rf'id="{field}"[^>]*aria-invalid="true"', answer.text)
    assert dict(fields_of(answer.text))["effective_from"] == typed["effective_from"]
    assert draft(site).status == "draft"


def test_a_published_version_is_in_force_from_its_day_and_is_on_record(site, boss, ctx):
    start(boss)
    day = (ctx.today + dt.timedelta(days=3)).isoformat()
    answer = send(boss, "publish", {"reason": "new standard", "effective_from": day, "r3.w.months": "<= 24"})
    assert answer.status_code == 302
    fresh = site.office().system(NOW)
    assert version_in_force(fresh, NAME, fresh.today).number == 2
    assert version_in_force(fresh, NAME, fresh.today + dt.timedelta(days=3)).number == 3
    event = fresh.session.scalars(
        sa.select(Event).where(Event.name == "core.rule_published").order_by(Event.id.desc())
    ).first()
    assert (event.actor_name, event.facts["number"], event.facts["reason"]) == ("Boss", 3, "new standard")
    page = words_of(boss.get(PAGE).text)
    assert f"Version 3 published from {day}" in page


def test_a_table_of_time_limits_is_not_published_while_it_has_gaps(site):
    site.office("timed", modules=("complaints",))
    site.join(site.account("chief@example.com"), "administrator", company="timed")
    chief = site.signed_in("chief@example.com")
    page = "/c/timed/rules/complaints.limits"
    assert chief.post(f"{page}/new-draft", page=page).status_code == 302
    fields: dict[str, list[str]] = {"do": ["publish"]}
    for name, value in fields_of(chief.get(page).text):
        typed = {"reason": "shorter", "effective_from": "2999-01-01"}.get(name, value)
        fields.setdefault(name, []).append("" if name.startswith("d.t.") else typed)
    answer = chief.client.post(f"{page}/draft", data=fields, headers=chief.headers)
    assert answer.status_code == 422
    assert "A time limit must never be lacking" in words_of(answer.text)
    ctx = site.office("timed").system(NOW)
    assert draft_of(ctx, table_named(ctx, "complaints.limits")).status == "draft"


def test_publishing_is_refused_to_who_may_only_look(site, boss):
    start(boss)
    looker = site.office().ctx("core.rules.view", now=NOW)
    with pytest.raises(Forbidden):
        publish(looker, NAME)
    assert draft(site).status == "draft"


# --- past cases -------------------------------------------------------------------------------------------------------


def test_a_trial_counts_what_would_change_and_changes_nothing(site, boss):
    decide_cases(site.office(), NOW, 20)
    start(boss)
    kept = site.office().system(NOW).session.scalar(sa.select(sa.func.count(StoredDecision.id)))
    answer = send(boss, "try", {"r6.t.price": "preferential", "r7.w.cover": "recalled batch"})
    assert answer.status_code == 302
    words = words_of(boss.get(f"{PAGE}?trial=1").text)
    assert "20 cases of the last 90 days 13 unchanged 3 changed 4 no row fits 0 undecidable" in words
    everything = words_of(boss.get(f"{PAGE}/trial?group=no_row").text)
    assert "paid, list price, 报价并同意 Row 7 The service manager decides no row fits" in everything
    after = site.office().system(NOW).session.scalar(sa.select(sa.func.count(StoredDecision.id)))
    assert (kept, after) == (20, 20)


def test_a_new_condition_asks_for_an_assumption_or_lists_cases_as_undecidable(site, boss):
    decide_cases(site.office(), NOW, 4)
    start(boss)
    shown = send(boss, "show:distance").text
    assert send(boss, "save", {"r1.w.distance": "> 100"}, page=shown).status_code == 302
    words = words_of(boss.get(f"{PAGE}?trial=1").text)
    assert "0 unchanged 0 changed 0 no row fits 4 undecidable" in words
    assert "Past cases know nothing of a new condition." in words
    words = words_of(boss.get(f"{PAGE}?trial=1&assume.distance=50").text)
    assert "4 unchanged 0 changed 0 no row fits 0 undecidable" in words


def test_cases_older_than_the_setting_are_left_out(site, boss, ctx):
    decide_cases(site.office(), NOW, 30)
    start(boss)
    from core.settings import set_setting

    set_setting(site.office().system(NOW), "core.rules.trial_days", 1)
    fresh = site.office().system(NOW)
    table = table_named(fresh, NAME)
    base = version_in_force(fresh, NAME, fresh.today)
    tried = try_draft(fresh, table, fresh.session.get(DecisionVersion, base.id), draft(site).body)
    assert (tried.days, tried.result.total, tried.cut) == (1, 24, False)


def test_hits_are_counted_by_row_of_one_version(site):
    decide_cases(site.office(), NOW, 10)
    ctx = site.office().system(NOW)
    chosen = version_in_force(ctx, NAME, ctx.today)
    version = ctx.session.get(DecisionVersion, chosen.id)
    hits = hits_of(ctx, version, NAME, NOW - dt.timedelta(days=90))
    rows = [row for s in ctx.session.scalars(sa.select(StoredDecision)) for row in s.rows]
    assert hits.rows == {row: rows.count(row) for row in set(rows)}
    assert hits_of(ctx, version, NAME, NOW - dt.timedelta(hours=3)).total == 3


def test_hits_and_trials_are_those_of_one_company(site):
    decide_cases(site.office(), NOW, 3)
    other = site.office("other")
    install(other, NOW, 2)
    ctx = other.system(NOW)
    chosen = ctx.session.get(DecisionVersion, version_in_force(ctx, NAME, ctx.today).id)
    assert hits_of(ctx, chosen, NAME, NOW - dt.timedelta(days=90)).total == 2
    ours = site.office().system(NOW)
    mine = ours.session.get(DecisionVersion, version_in_force(ours, NAME, ours.today).id)
    assert hits_of(ctx, mine, NAME, NOW - dt.timedelta(days=90)).total == 0
    assert try_draft(ctx, table_named(ctx, NAME), chosen, chosen.body).result.total == 2


# --- versions, decisions, files ---------------------------------------------------------------------------------------


def test_a_decision_leads_to_the_row_of_the_version_that_made_it(site, boss):
    decide_cases(site.office(), NOW, 2)
    ctx = site.office().system(NOW)
    stored = ctx.session.scalars(sa.select(StoredDecision).order_by(StoredDecision.id)).all()[1]
    with site.app.test_request_context("/c/acme/"):
        url = rule_url(ctx, stored)
    assert url == f"/rules/{NAME}/versions/2?row={stored.rows[0]}#row-{stored.rows[0]}"
    page = boss.get(f"/c/acme{url}").text
    marked = re.findall(r'(?s)<tr id="row-(\d+)"[^>]*aria-current="true"', page)
    assert marked == [str(stored.rows[0])]
    assert "this row decided" in page


def test_the_history_says_who_changed_what_why(boss):
    words = words_of(boss.get(f"{PAGE}/versions").text)
    assert "Version 2 in force" in words
    assert "距离不再影响收费 condition taken away: Distance" in words
    assert "Version 1 past 2025-01-01" in words


def test_a_draft_can_start_from_an_older_version(site, boss):
    assert boss.post(f"{PAGE}/new-draft", {"from": "1"}, page=f"{PAGE}/versions/1").status_code == 302
    assert [c.name for c in from_data(draft(site).body).inputs][-1] == "distance"


def test_a_file_comes_back_as_the_same_draft(site, boss):
    file = boss.get(f"{PAGE}/versions/2.yaml")
    assert file.headers["Content-Disposition"] == f'attachment; filename="{NAME}-2.yaml"'
    answer = upload(boss, file.data.replace(b"le: 18", b"le: 30"))
    assert answer.status_code == 200
    assert "1 row changed" in words_of(answer.text)
    assert draft(site) is None
    assert take_over(boss, answer.text).status_code == 302
    table = from_data(draft(site).body)
    assert table.rows[2].when["months"].values == (30,)
    same = from_data({**CHARGE, "inputs": CHARGE["inputs"][:-1]})
    assert [grid_of(same).rows[n].when for n in (0, 1, 3)] == [grid_of(table).rows[n].when for n in (0, 1, 3)]


def test_every_mistake_of_a_file_is_told_by_line_and_nothing_is_taken_over(site, boss):
    text = boss.get(f"{PAGE}/versions/2.yaml").text
    bad = text.replace("le: 18", "le: soon").replace("payer: first_free", "payer: gift")
    answer = upload(boss, bad.encode())
    words = words_of(answer.text)
    line = next(n for n, row in enumerate(bad.splitlines(), 1) if "soon" in row)
    assert answer.status_code == 422
    assert "2 things to correct in the file" in words
    assert f"line {line}, row 3, column months: A whole number is needed here, such as 12, not soon." in words
    assert draft(site) is None


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "Choose a file first."),
        (b"ok\n\xff\xfe", "Line 2 is not UTF-8 text."),
        (b"a: [", "The file can"),
        (
            b"name: other\ninputs: [{name: cover, type: str}]\noutputs: [{name: payer, type: str}]\nrows: []",
            "not “other”",
        ),
    ],
)
def test_what_is_no_table_of_this_name_is_refused_in_words(site, boss, raw, told):
    answer = upload(boss, raw)
    assert answer.status_code == 422
    assert told in words_of(answer.text)
    assert draft(site) is None


def test_a_spreadsheet_is_edited_its_difference_shown_and_taken_over_with_the_rows_kept(site, boss):
    start(boss)
    before = from_data(draft(site).body)
    file = boss.get(f"{PAGE}/versions/3.xlsx")
    assert file.headers["Content-Disposition"] == f'attachment; filename="{NAME}-3.xlsx"'
    unchanged = words_of(upload(boss, file.data).text)
    assert "No difference Both say the same." in unchanged
    assert "Take it over" not in unchanged
    lines = cells(file.data)
    at = {key: place for place, key in enumerate(lines[1])}
    changes = {(6, at["when.months"]): 30.0, (8, at["note"]): "agreed with sales"}
    answer = upload(boss, edited(file.data, changes, drop=(7,)))
    words = words_of(answer.text)
    assert "Against the draft, version 3 2 rows changed, 1 row removed" in words
    assert "3 row changed Age Cover is part covered" in words
    assert "≤ 18 30" in words
    assert "5 → 4 row changed Remark" in words
    assert "nothing agreed with sales" in words
    assert "4 row removed Cover is unit covered; Cause is defect; Proof is no" in words
    assert from_data(draft(site).body) == before
    assert take_over(boss, answer.text).status_code == 302
    after = from_data(draft(site).body)
    assert [row.id for row in after.rows] == [row.id for row in before.rows if row.id != "v2.4"]
    assert after.rows[2].when["months"].values == (30,)


def test_mistakes_of_a_spreadsheet_are_told_by_row_column_and_cell(site, boss):
    raw = boss.get(f"{PAGE}/versions/2.xlsx").data
    at = {key: place for place, key in enumerate(cells(raw)[1])}
    answer = upload(boss, edited(raw, {(6, at["when.months"]): "soon", (4, at["then.payer"]): "gift"}))
    words = words_of(answer.text)
    assert answer.status_code == 422
    assert "2 things to correct in the file" in words
    assert "Cell E7: Row 3, Age: A whole number is needed here, such as 12, not soon." in words
    assert "Cell F5: Row 1, Charge:" in words
    assert draft(site) is None


def test_a_difference_is_not_taken_over_a_draft_that_somebody_saved_in_between(site, boss):
    start(boss)
    raw = boss.get(f"{PAGE}/versions/3.yaml").data.replace(b"le: 18", b"le: 30")
    answer = upload(boss, raw)
    ctx = site.office().system(NOW)
    saved = save_draft(ctx, NAME, draft_of(ctx, table_named(ctx, NAME)).body, reason="mine").body
    refused = take_over(boss, answer.text)
    assert refused.status_code == 409
    assert "saved this draft in the meantime" in refused.text
    assert draft(site).body == saved


def test_who_may_only_look_downloads_but_neither_uploads_nor_takes_over(site, boss, looker):
    raw = boss.get(f"{PAGE}/versions/2.yaml").data.replace(b"le: 18", b"le: 30")
    page = upload(boss, raw).text
    assert looker.get(f"{PAGE}/versions/2.xlsx").status_code == 200
    assert upload(looker, raw).status_code == 403
    assert take_over(looker, page).status_code == 403
    assert draft(site) is None


def test_any_two_versions_are_compared(site, boss):
    words = words_of(boss.get(f"{PAGE}/compare?from=1&to=2").text)
    assert "Condition or result taken away Distance nothing" in words
    assert "距离不再影响收费" in words
    assert "No difference" in words_of(boss.get(f"{PAGE}/compare?from=2&to=2").text)
    assert "Condition or result added nothing Distance" in words_of(boss.get(f"{PAGE}/compare?from=2&to=1").text)
    assert boss.get(f"{PAGE}/compare?from=9&to=1").status_code == 422


def take_over(browser, page: str):
    """Press the button of the difference page."""
    form = re.search(r'(?s)<form[^>]*action="[^"]*take-over".*?</form>', page)[0]
    data = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
    token = TOKEN.search(browser.get("/c/acme/rules").text)[1]
    return browser.client.post(f"{PAGE}/take-over", data={**data, "csrf_token": token}, headers=browser.headers)


def upload(browser, raw: bytes):
    token = TOKEN.search(browser.get("/c/acme/rules").text)[1]
    data = {"csrf_token": token, "file": (io.BytesIO(raw), "t.yaml")}
    return browser.client.post(f"{PAGE}/upload", data=data, headers=browser.headers, content_type="multipart/form-data")


# --- one case ---------------------------------------------------------------------------------------------------------


def test_a_case_tried_by_hand_tells_the_row_and_why_not_the_others(boss):
    query = "case=1&f.cover=part&f.cause=defect&f.proof=yes&f.months=12"
    words = words_of(boss.get(f"{PAGE}?{query}").text)
    assert "Charge: free; Part price: free" in words
    assert "Row 1 Cover is part covered, the row wants recalled batch" in words
    assert "Row 3 counts" in words


def test_why_not_is_told_for_a_stored_decision_nearest_row_first_in_both_languages(site):
    decide_cases(site.office(), NOW, 1)
    ctx = site.office().system(NOW)
    unit = unit_by_code(ctx, "u0")
    stored = decisions_on(ctx, unit)[0]
    assert stored.rows == [4]
    with use_locale("en"):
        told = why_not_words(recall(ctx, stored))
    assert told[:3] == [
        (1, "Cover is unit covered, the row wants recalled batch"),
        (2, "Proof is no, the row wants yes"),
        (3, "Cover is unit covered, the row wants part covered"),
    ]
    assert told[-1] == (7, "Cover is unit covered, the row wants over")
    view = decision_view_of(ctx, stored)
    assert (view.misses[1], len(view.misses), view.more_misses) == ((2, "凭证为“否”，该行要求“是”"), 6, 0)


def test_a_row_that_fits_too_says_which_row_above_counts():
    data = {
        "name": "t",
        "inputs": [{"name": "n", "type": "int"}],
        "outputs": [{"name": "o", "type": "int"}],
        "rows": [
            {"when": {"n": {"ge": 9}}, "then": {"o": 1}},
            {"when": {"n": 5}, "then": {"o": 2}},
            {"then": {"o": 3}},
        ],
    }
    told = why_not_words(compile_table(data).decide({"n": 5}), locale="en")
    assert told == [(3, "fits too, but row 2 above counts"), (1, "n is 5, the row wants ≥ 9")]


def test_a_case_that_lacks_a_fact_says_which(boss):
    page = boss.get(f"{PAGE}?case=1&f.cover=part&f.cause=defect&f.months=many").text
    assert "A whole number is needed here" in page
    assert "correct the facts marked above" in page
    page = boss.get(f"{PAGE}?case=1&f.cover=part&f.cause=defect&f.months=3").text
    assert "This fact is missing, and the table needs it." in page
    assert json.dumps("Row 3 counts") not in page
