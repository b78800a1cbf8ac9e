"""Kinds of rule tables: a company makes further ones beside a module's own, and a table says which one decides."""

from __future__ import annotations

import pytest

from core.decisions.approving import set_needs_approval
from core.decisions.company_names import with_names
from core.decisions.kinds import body_of, choose_table, empty_body, make_table, tables_of_kind
from core.decisions.parsing import from_data
from core.decisions.store import declared_table, draft_of, latest_published, publish, rule, save_draft
from core.decisions.trials import try_draft
from core.errors import Conflict, Forbidden, Invalid
from core.i18n import use_locale
from core.profiles.sections import SECTIONS

KIND, NAMES = "probe.tariff", {"en": "Night", "zh": "夜间"}


def change(ctx, name: str, **body) -> None:
    save_draft(ctx, name, {**body_of(ctx, name), **body}, reason="test", effective_from=ctx.today)
    publish(ctx, name)


@pytest.fixture
def ctx(acme):
    with use_locale("en"):
        user = acme.installation.user("a@example.com")
        yield acme.ctx("core.rules.edit", "core.rules.view", "core.settings.edit", user_id=user)


def test_a_further_table_decides_once_a_rule_names_its_code(ctx):
    assert choose_table(ctx, KIND, {"region": "north"})[0] == KIND
    body = {**body_of(ctx, KIND), "rows": [{"when": {}, "then": {"price": 7}}]}
    made = make_table(ctx, KIND, "night", NAMES, body)
    assert (made.name, made.plugin) == ("probe.tariff.night", "probe")
    assert choose_table(ctx, KIND, {"region": "north"})[0] == KIND
    change(ctx, "probe.choice", rows=[{"id": "n", "when": {"region": "north"}, "then": {"tariff": "night"}}])
    name, ruling = choose_table(ctx, KIND, {"region": "north"})
    assert (name, ruling.decision.row_number) == ("probe.tariff.night", 1)
    assert choose_table(ctx, KIND, {"region": "south"})[0] == KIND
    assert rule(ctx, name, {"hours": 3}).outputs == {"price": 7}
    assert rule(ctx, KIND, {"hours": 3}).outputs == {"price": 300}


def test_a_rule_that_names_a_table_nobody_made_is_told_in_words(ctx):
    change(ctx, "probe.choice", rows=[{"id": "n", "when": {}, "then": {"tariff": "moon"}}])
    with pytest.raises(Invalid) as refused:
        choose_table(ctx, KIND, {"region": "north"})
    assert refused.value.message == (
        "The rule table “Which tariff” names “moon” in row 1, and there is no such table. Make it, or name another one."
    )


def test_a_further_table_has_the_columns_of_its_kind_and_no_others(ctx):
    make_table(ctx, KIND, "night", NAMES, body_of(ctx, KIND))
    region = {"name": "region", "type": "str", "optional": True}
    assert [c.name for c in declared_table(ctx, "probe.tariff.night").inputs] == ["hours", "region"]
    body = body_of(ctx, "probe.tariff.night")
    save_draft(ctx, "probe.tariff.night", {**body, "inputs": [*body["inputs"], region]})
    invented = {**body, "inputs": [*body["inputs"], {"name": "weather", "type": "str", "optional": True}]}
    with pytest.raises(Invalid, match="The module supplies no such fact: weather"):
        make_table(ctx, KIND, "storm", NAMES, invented)
    assert [t.name for t in tables_of_kind(ctx, KIND)] == [KIND, "probe.tariff.night"]


def test_a_draft_of_a_further_table_is_tried_on_the_cases_of_its_kind(ctx):
    made = make_table(ctx, KIND, "night", NAMES, body_of(ctx, KIND))
    rows = [{"when": {"hours": {"ge": 5}}, "then": {"price": 1}}]
    save_draft(ctx, made.name, {**body_of(ctx, made.name), "rows": rows})
    tried = try_draft(ctx, made, latest_published(ctx, made), draft_of(ctx, made).body)
    assert [c.id.label for c in tried.result.changed] == ["probe.tariff.night 9"]
    assert [c.id.label for c in tried.result.no_row] == ["probe.tariff.night 1"]


@pytest.mark.parametrize("code", ["", "Night", "1st", "night.two", "tarif nuit", "n" * 41])
def test_a_code_is_small_letters_digits_and_underscores(ctx, code):
    with pytest.raises(Invalid, match="begins with a letter"):
        make_table(ctx, KIND, code, NAMES, body_of(ctx, KIND))
    assert len(tables_of_kind(ctx, KIND)) == 1


def test_a_code_is_given_once_and_only_by_who_may_change_the_rules(ctx, acme):
    make_table(ctx, KIND, "night", NAMES, body_of(ctx, KIND))
    with pytest.raises(Conflict, match="There is a rule table “probe.tariff.night” already"):
        make_table(ctx, KIND, "night", NAMES, body_of(ctx, KIND))
    with pytest.raises(Forbidden):
        make_table(acme.ctx("core.rules.view"), KIND, "day", NAMES, body_of(ctx, KIND))
    with pytest.raises(Invalid, match="no further tables can be made"):
        make_table(ctx, "probe.limits", "day", NAMES, body_of(ctx, "probe.limits"))
    assert len(tables_of_kind(ctx, KIND)) == 2


def test_a_further_table_needs_approval_where_that_of_its_kind_does(ctx):
    set_needs_approval(ctx, KIND, True)
    assert make_table(ctx, KIND, "night", NAMES, empty_body(ctx, KIND)).needs_approval is True
    assert body_of(ctx, "probe.tariff.night")["rows"] == []


def test_the_column_that_names_tables_offers_those_that_are_there(ctx):
    make_table(ctx, KIND, "night", NAMES, body_of(ctx, KIND))
    choice = with_names(ctx, from_data(body_of(ctx, "probe.choice")))
    assert [(c.value, c.label) for c in choice.output("tariff").choices] == [("night", NAMES)]


def test_an_exported_profile_brings_further_tables_to_another_company(ctx, zenith):
    make_table(ctx, KIND, "night", NAMES, {**body_of(ctx, KIND), "rows": [{"when": {}, "then": {"price": 7}}]})
    section = next(s for s in SECTIONS if s.name == "tables")
    exported = section.everything(ctx)
    assert set(exported) == {"probe.tariff.night"}
    other = zenith.system()
    wanted = section.wanted(other, "probe.tariff.night", exported["probe.tariff.night"])
    section.put(other, "probe.tariff.night", wanted, "P")
    assert section.current(other, "probe.tariff.night") == exported["probe.tariff.night"]
    assert rule(other, "probe.tariff.night", {"hours": 3}).outputs == {"price": 7}
