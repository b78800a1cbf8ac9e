"""Changes within rule tables, checklists and lists of rights, part by part and in words."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from core.i18n import use_locale
from core.testing import moment
from core.web.unfold import MOST, unfolded

TABLE = {
    "inputs": [{"name": "severity", "label": {"en": "Severity", "zh": "严重度"}, "choices": [
        {"value": "minor", "label": {"en": "minor", "zh": "一般"}},
        {"value": "grave", "label": {"en": "grave", "zh": "严重"}},
    ]}],
    "outputs": [{"name": "limit", "label": {"en": "Limit in hours", "zh": "小时"}}],
    "rows": [{"id": "late", "when": {"severity": "minor"}, "then": {"limit": 8}}],
    "default": {"limit": 24},
}  # fmt: skip


@pytest.fixture
def ctx(registry):
    with use_locale("en"):
        yield SimpleNamespace(registry=registry, now=moment("2026-03-02 09:00"), tz=None)


def body(ctx, old, new, column="body", table="core_decision_version"):
    return unfolded(ctx, table, column, old, new)


def test_a_changed_cell_of_a_rule_table_is_told_by_row_column_and_words_of_its_codes(ctx):
    then = {**TABLE, "rows": [{"id": "late", "when": {"severity": "grave"}, "then": {"limit": 4}}]}
    assert body(ctx, TABLE, then) == [
        ("Content › Rules › late › If › Severity", "minor", "grave"),
        ("Content › Rules › late › Then › Limit in hours", "8", "4"),
    ]
    with use_locale("zh"):
        assert body(ctx, TABLE, then)[0] == ("内容 › 规则 › late › 当 › 严重度", "一般", "严重")


def test_rows_that_came_and_went_are_told_and_rows_that_only_moved_are_not(ctx):
    row = {"id": "new", "when": {}, "then": {"limit": 2}}
    assert body(ctx, TABLE, {**TABLE, "rows": [row, *TABLE["rows"]]}) == [
        ("Content › Rules › new › Then › Limit in hours", "", "2")
    ]
    assert body(ctx, {**TABLE, "rows": [row]}, {**TABLE, "rows": []}) == [
        ("Content › Rules › new › Then › Limit in hours", "2", "")
    ]
    two = {**TABLE, "rows": [row, *TABLE["rows"]]}
    assert body(ctx, two, {**two, "rows": two["rows"][::-1]}) == []


def test_of_rights_only_those_given_and_taken_are_told_in_words(ctx):
    old = ["core.audit.view", "base.customer.view"]
    new = ["base.customer.view", "core.import.run"]
    (told,) = body(ctx, old, new, "permissions", "core_role")
    assert told == ("Rights", "Read the audit trail", "Import records")


def test_a_new_table_is_not_written_out_to_the_last_cell(ctx):
    rows = [{"id": str(n), "then": {"limit": n}} for n in range(MOST + 5)]
    told = body(ctx, None, {"rows": rows})
    assert len(told) == MOST + 1
    assert told[-1] == ("Content", "", "and 5 more")


def test_plain_columns_and_labels_are_told_as_before(ctx):
    assert body(ctx, "Ma", "Ma Li", "name", "base_customer") == [("Name", "Ma", "Ma Li")]
    assert body(ctx, {"en": "Head", "zh": "主管"}, {"en": "Chief", "zh": "主管"}, "name", "core_role") == [
        ("Name", "Head", "Chief")
    ]
