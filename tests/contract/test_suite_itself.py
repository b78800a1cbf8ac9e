"""The suite's own eyes: what it must notice, and what it must let pass."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import sqlalchemy as sa

from core import i18n
from core.testing_suite import reading, wording
from core.testing_suite.house import _digest, changed
from core.testing_suite.reading import CodeSuite, emitted
from core.testing_suite.walking import forms_on
from core.testing_suite.wording import WordSuite, bare_words
from tests.support import requirements
from tests.support.databases import KINDS, leave_empty

Failed = pytest.fail.Exception


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<p>Save this</p>", ["Save this"]),
        ('<p>{{ _("Save this") }}</p>', []),
        ("<p>{{ n }} pieces</p>", ["pieces"]),
        ('<input placeholder="Search">', ["Search"]),
        ('<input placeholder="{{ _("Search") }}">', []),
        ('<input name="Search" class="Big Box">', []),
        ("<p>保存</p>", ["保存"]),
        ('{{ ui.button("Save now", "primary") }}', ["Save now"]),
        ('{{ ui.button(_("Save now"), "primary") }}', []),
        ("<kbd>Enter</kbd><code>sanbao serve</code>", []),
        ('<a{% if x %} class="on"{% endif %} href="/">{{ x }}</a>', []),
        ('{% macro a() %}lang="{{ x }}" data-theme="dark"{% endmacro %}', []),
        ("<script>var words = 1;</script>&nbsp;·&#8211;", []),
        ("{# A remark #}{% set x = 'Any Thing' %}", []),
    ],
)
def test_words_that_nobody_translates_are_found_in_templates(template, found):
    assert bare_words(template) == found


def test_a_second_chinese_for_a_message_of_the_core_is_found(tmp_path):
    catalogue = i18n.catalogue_path(tmp_path)
    catalogue.parent.mkdir(parents=True)
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8"\n\n'
    for chinese, found in ((i18n._load(i18n.catalogue_path(Path(i18n.__file__).parent))["Save"], False), ("存", True)):
        catalogue.write_text(f'{head}msgid "Save"\nmsgstr "{chinese}"\n')
        if found:
            with pytest.raises(Failed, match=f"'Save' is 存 in {tmp_path.name} but"):
                WordSuite().test_no_message_has_another_chinese_in_another_package(tmp_path)
        else:
            WordSuite().test_no_message_has_another_chinese_in_another_package(tmp_path)


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ('raise Invalid("bad", "This is wrong.")', True),
        ('raise Invalid("bad", f"{x} is wrong")', True),
        ('raise Invalid("bad", _("This is wrong."))', False),
        ('raise Invalid("bad", _("Wrong.") if x else "Also wrong.")', True),
        ('raise Conflict("bad", words[key])', False),
        ('flash_done("Saved.")', True),
        ('flash_done(_("Saved."))', False),
        ('raise LookupError("a developer reads this")', False),
    ],
)
def test_messages_that_nobody_translates_are_found_in_python(tmp_path, code, shown):
    (tmp_path / "services.py").write_text(code)
    if shown:
        with pytest.raises(Failed):
            WordSuite().test_messages_to_people_are_translated(tmp_path)
    else:
        WordSuite().test_messages_to_people_are_translated(tmp_path)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('x = "保存"', True),
        ('"""文档可以用中文。"""', False),
        ('label = {"en": "Save", "zh": "保存"}', False),
        ('label = {"zh": "保存"}', True),
        ("x = 1  # 注释", False),
    ],
)
def test_chinese_of_its_own_is_found_in_python(tmp_path, code, found):
    (tmp_path / "plugin.py").write_text(code, "utf-8")
    if found:
        with pytest.raises(Failed):
            WordSuite().test_python_holds_no_chinese_of_its_own(tmp_path)
    else:
        WordSuite().test_python_holds_no_chinese_of_its_own(tmp_path)


def _suite(name: str = "mine") -> CodeSuite:
    return type("Mine", (CodeSuite,), {"plugin": name})()


@pytest.mark.parametrize(
    "code",
    [
        "import datetime as dt\nnow = dt.datetime.now(dt.UTC)",
        "from datetime import date\ntoday = date.today()",
        "import time\nx = time.time()",
    ],
)
def test_a_service_that_looks_at_the_clock_is_found(tmp_path, code):
    (tmp_path / "services.py").write_text(code)
    with pytest.raises(Failed):
        _suite().test_services_take_the_time_from_their_circumstances(tmp_path)
    (tmp_path / "services.py").rename(tmp_path / "views.py")
    _suite().test_services_take_the_time_from_their_circumstances(tmp_path)


def test_a_commit_is_found_unless_it_is_listed_with_a_reason(tmp_path):
    (tmp_path / "services.py").write_text("def f(ctx):\n    ctx.session.commit()\n")
    with pytest.raises(Failed, match=r"services\.py:2 ctx\.session\.commit"):
        _suite().test_only_entry_points_end_transactions(tmp_path)
    listed = type("Mine", (CodeSuite,), {"plugin": "mine", "commits": {"services.py": "a reason"}})()
    listed.test_only_entry_points_end_transactions(tmp_path)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("ctx.session.connection()", True),
        ("engine = sa.create_engine(url)", True),
        ("ctx.session.execute(sa.text('select 1'))", True),
        ("with system_session(engine, 'why'): pass", True),
        ("field.text(1)", False),
        ("ctx.session.execute(sa.select(Thing))", False),
    ],
)
def test_ways_past_the_company_scope_are_found(tmp_path, code, found):
    (tmp_path / "queries.py").write_text(code)
    if found:
        with pytest.raises(Failed):
            _suite().test_nothing_passes_by_the_company_scope(tmp_path)
    else:
        _suite().test_nothing_passes_by_the_company_scope(tmp_path)


def test_events_are_found_where_they_are_emitted_also_behind_a_condition(tmp_path):
    (tmp_path / "services.py").write_text(
        'emit(ctx, "mine.added" if new else "mine.saved", row, number="x.y")\n'
        'emit_if_changed(ctx, "mine.gone")\nemit(ctx, name)\n'
    )
    assert [name for _place, name in emitted(tmp_path)] == ["mine.added", "mine.saved", "mine.gone"]


def test_an_event_that_is_not_declared_or_not_emitted_is_found(tmp_path, registry):
    (tmp_path / "services.py").write_text('emit(ctx, "base.never_declared", row)\n')
    with pytest.raises(Failed, match="declared by nobody"):
        _suite("base").test_every_event_that_is_emitted_is_declared_by_its_package(tmp_path, registry)
    with pytest.raises(Failed, match=r"base\.customer_added"):
        _suite("base").test_every_event_that_is_declared_is_emitted(tmp_path, registry)


def test_placeholders_that_a_translation_loses_are_found(tmp_path):
    catalogue = tmp_path / "translations/zh_Hans_CN/LC_MESSAGES"
    catalogue.mkdir(parents=True)
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    (catalogue / "messages.po").write_text(head + 'msgid "{n} of {all}"\nmsgstr "共 {all} 件"\n', "utf-8")
    with pytest.raises(Failed):
        WordSuite().test_translations_keep_the_placeholders(tmp_path)


def test_a_label_in_one_language_is_found_in_a_rule_table():
    table = {"label": {"en": "A", "zh": "甲"}, "inputs": [{"name": "x", "label": "only English"}]}
    assert [*wording._one_language(table)] == ["/inputs[0]/label: 'only English'"]


def test_tests_and_migrations_of_a_package_are_not_read(tmp_path: Path):
    for name in ("services.py", "tests/test_it.py", "migrations/versions/0001.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x = 1\n")
    assert [str(file) for file, tree in reading.sources(tmp_path) if isinstance(tree, ast.Module)] == ["services.py"]


def test_forms_are_read_as_a_browser_would_send_them():
    (form,) = forms_on(
        '<form method="post" action="/x"><input type="hidden" name="csrf_token" value="t">'
        '<input name="name" value="Li"><textarea name="note">two\nlines</textarea>'
        '<select name="kind"><option value="a">A</option><option value="b" selected>B</option></select>'
        '<select name="unit"><option value="">-</option><option value="3">Three</option></select>'
        '<input type="radio" name="device" value="7"><input type="radio" name="device" value="8" checked>'
        '<input type="checkbox" name="active" checked><input type="checkbox" name="gone">'
        '<input name="customer_id" value="5"><button name="step" value="save">Save</button></form>'
    )
    assert (form.action, form.method) == ("/x", "post")
    assert form.fields == {
        "csrf_token": ["t"], "name": ["Li"], "note": ["two\nlines"], "kind": ["b"], "unit": [""], "device": ["8"],
        "active": ["on"], "customer_id": ["5"],
    }
    assert sorted(form.id_fields) == ["customer_id", "device", "unit"]


def test_what_changed_is_told_by_table():
    assert changed({"a": "1", "b": "2"}, {"a": "1", "b": "3"}) == ["b"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_digest_sees_every_change_of_a_row_and_no_other_order(databases, kind):
    if reason := databases.why_not(kind):
        requirements.lacking(reason)
    url = databases.create(kind, "empty", leave_empty)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    digests = []
    with engine.connect() as connection:
        for statement in (
            "CREATE TABLE note (id INTEGER PRIMARY KEY, words VARCHAR(20), at TIMESTAMP)",
            "INSERT INTO note VALUES (1, 'one', NULL), (2, NULL, '2026-03-02 01:00:00.000001')",
            "UPDATE note SET words = '' WHERE id = 2",
            "UPDATE note SET words = NULL, at = '2026-03-02 01:00:00.000002' WHERE id = 2",
            "DELETE FROM note WHERE id = 1",
            "DELETE FROM note",
            "INSERT INTO note VALUES (2, NULL, '2026-03-02 01:00:00.000001'), (1, 'one', NULL)",
        ):
            connection.exec_driver_sql(statement)
            digests.append(_digest(connection, "SELECT id, words, at FROM note", "id"))
    engine.dispose()
    databases.drop(url)
    assert len(set(digests)) == 5
    assert digests[0] == digests[5]
    assert digests[1] == digests[6]
