"""Names of tables, columns and choices, and who decides otherwise: changed in the browser, in a draft."""

from __future__ import annotations

import datetime as dt
import html
import re

import pytest

from core.decisions import from_data
from core.decisions.store import draft_of, save_draft, start_draft, table_named
from core.decisions.wording import reworded, wordings
from core.testing import Installation
from tests.support.accounts import Site, words_of
from tests.support.charge_table import CHARGE, NAME, TRAVEL, install

pytestmark = pytest.mark.one_database

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
PAGE = f"/c/acme/rules/{NAME}"


@pytest.fixture
def site(app, database_url, registry):
    made = Site(app, Installation(database_url, registry))
    made.office("acme")
    install(made.office(), NOW)
    made.person("boss@example.com", "administrator", name="Boss")
    yield made
    made.installation.close()


def draft(site):
    ctx = site.office().system(NOW)
    found = draft_of(ctx, table_named(ctx, NAME))
    return from_data(found.body) if found else None


def save(browser, changes: dict[str, str], page: str | None = None):
    page = page or browser.get(f"{PAGE}/words").text
    form = re.search(r'(?s)<form id="words".*?</form>', page)[0]
    fields = {html.unescape(n): html.unescape(v) for n, v in re.findall(r'name="([^"]+)" value="([^"]*)"', form)}
    return browser.client.post(f"{PAGE}/words", data={**fields, **changes}, headers=browser.headers)


def test_saving_nothing_changes_nothing():
    for body in (CHARGE, TRAVEL):
        table = from_data(body)
        assert reworded(table, {w.key: w.texts for w in wordings(table)}) == table


def test_names_of_table_columns_and_choices_and_who_decides_are_changed_in_a_new_draft(site):
    boss = site.signed_in("boss@example.com")
    changes = {
        "label:zh": "谁付费",
        "refer:en": "Ask the boss",
        "inputs.months.unit:zh": "月",
        "outputs.payer.label:en": "Payer",
        "outputs.payer.choices.first_free:zh": "先不收费",
    }
    assert save(boss, changes).status_code == 302
    table = draft(site)
    assert table.label == {"en": "Who pays", "zh": "谁付费"}
    assert table.refer == {"en": "Ask the boss", "zh": "由服务主管决定"}
    assert table.input("months").unit == {"en": "months", "zh": "月"}
    assert table.output("payer").label == {"en": "Payer", "zh": "收费"}
    assert table.output("payer").choice("first_free").label == {"en": "free for now", "zh": "先不收费"}
    assert [row.id for row in table.rows][:2] == ["v2.1", "v2.2"]
    words = words_of(boss.get(f"{PAGE}/compare").text)
    assert "Choice “first_free” of “Payer” 先免费 / free for now 先不收费 / free for now" in words


def test_a_blank_name_falls_back_on_the_code_and_formulas_keep_their_facts(site):
    table = from_data(TRAVEL)
    renamed = reworded(table, {("inputs", "km", "label"): {"en": "way", "zh": ""}})
    assert from_data_again(renamed).rows[1].then["fee"].text == "= 80 + (km - 20) * 2.5"
    boss = site.signed_in("boss@example.com")
    save(boss, {"inputs.proof.label:zh": "", "inputs.proof.label:en": " "})
    assert draft(site).input("proof").label == "proof"


def from_data_again(table):
    from core.decisions import to_data

    return from_data(to_data(table))


def test_somebody_who_saved_in_between_is_not_overwritten_and_the_words_stay(site):
    boss = site.signed_in("boss@example.com")
    ctx = site.office().system(NOW)
    start_draft(ctx, NAME)
    page = boss.get(f"{PAGE}/words").text
    save_draft(ctx, NAME, draft_of(ctx, table_named(ctx, NAME)).body, reason="mine")
    answer = save(boss, {"label:en": "Mine"}, page)
    assert answer.status_code == 409
    assert 'value="Mine"' in answer.text
    assert draft(site).label == CHARGE["label"]


def test_who_may_only_look_changes_no_words(site):
    site.person("look@example.com", "manager", name="Look")
    looker = site.signed_in("look@example.com")
    assert looker.get(f"{PAGE}/words").status_code == 403
    page = site.signed_in("boss@example.com").get(f"{PAGE}/words").text
    assert save(looker, {"label:en": "Mine"}, page).status_code in (400, 403)
    assert draft(site) is None
