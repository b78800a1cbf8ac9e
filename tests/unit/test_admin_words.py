"""Words of lists and forms: errors, values, texts that wait for their language."""

from __future__ import annotations

import ast
import datetime as dt
import re
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
import wtforms
from markupsafe import Markup, escape
from wtforms import Form, StringField, validators

from core.admin import display
from core.admin.words import Later, in_words
from core.errors import Conflict
from core.i18n import N_, _load, catalogue_path, use_locale
from core.web import forms
from core.web.forms import ERRORS, FormWords, SpeaksOurLanguage, place_error
from core.web.timeline import event_words, timeline_items, value_words

CHINESE = _load(catalogue_path(Path(forms.__file__).parents[1]))
NOT_FOR_PEOPLE = {
    "Choices cannot be None.",
    "Invalid field name '%s'.",
    "This field cannot be edited.",
    "Invalid IP address.",
    "This field is disabled and cannot have a value.",
    "Invalid Mac address.",
    "Invalid UUID.",
    "Not a valid week value.",
    "CSRF failed.",
    "CSRF token expired.",
    "CSRF token missing.",
    "Invalid CSRF Token.",
}


def _said_by_wtforms() -> set[str]:
    """Every sentence in WTForms' own code: the first argument of gettext, the second of ngettext."""
    found = set()
    for path in Path(wtforms.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                place = {"gettext": 0, "ngettext": 1}.get(node.func.attr)
                if place is not None and len(node.args) > place and isinstance(node.args[place], ast.Constant):
                    found.add(node.args[place].value)
    return found


def test_every_sentence_of_wtforms_has_ours():
    assert len(_said_by_wtforms()) > 30
    assert sorted(_said_by_wtforms() - NOT_FOR_PEOPLE - set(ERRORS)) == []


def test_our_sentences_use_no_other_placeholders_and_have_chinese():
    for theirs, ours in ERRORS.items():
        given = set(re.findall(r"%\(\w+\)[sd]", theirs))
        used = sorted(re.findall(r"%\(\w+\)[sd]", ours))
        assert set(used) <= given, theirs
        assert sorted(re.findall(r"%\(\w+\)[sd]", CHINESE[ours])) == used, ours


def test_one_form_class_speaks_both_languages():
    class Ours(SpeaksOurLanguage):
        name = StringField(N_("Name"), [validators.InputRequired(), validators.Length(max=3)], description=N_("Saved"))

    said = {}
    for locale in ("zh", "en", "zh"):
        with use_locale(locale):
            form = Ours(_formdata(name="four"))
            assert not form.validate()
            said[locale] = (form.name.label.text, form.name.description, form.name.errors[0])
    assert said == {
        "zh": (CHINESE["Name"], "已保存", "最多 3 个字。"),
        "en": ("Name", "Saved", "At most 3 characters fit here."),
    }
    with use_locale("en"):
        assert (
            FormWords().ngettext(
                "Field cannot be longer than %(max)d character.", "Field cannot be longer than %(max)d characters.", 1
            )
            == "At most %(max)d characters fit here."
        )


def _formdata(**values):
    from werkzeug.datastructures import MultiDict

    return MultiDict(values)


def test_an_error_stands_at_the_field_it_names_or_is_given_back():
    class Plain(Form):
        code = StringField()
        category = StringField()

    form = Plain(_formdata())
    form.validate()
    form.category.data_key = "category_id"
    assert place_error(form, Conflict("x", "taken", "code")) == []
    assert place_error(form, Conflict("x", "closed", "category_id")) == []
    assert place_error(form, Conflict("x", "wet", "weather")) == ["wet"]
    assert place_error(form, Conflict("x", "none")) == ["none"]
    assert (form.code.errors, form.category.errors) == (["taken"], ["closed"])


def test_a_text_waits_for_its_language():
    words = Later(N_("Saved"))
    with use_locale("zh"):
        assert (str(words), escape(words)) == ("已保存", Markup("已保存"))
    with use_locale("en"):
        assert str(words) == "Saved"
        assert str(Later(words)) == "Saved"
        assert escape(Later("<b>")) == Markup("&lt;b&gt;")


def test_a_column_without_a_label_is_still_readable():
    assert [in_words(n) for n in ("sold_on", "category.name", "id")] == ["Sold on", "Category name", "Id"]


# --- values ---------------------------------------------------------------------------------------------------------

CTX = SimpleNamespace(
    tz=ZoneInfo("Asia/Shanghai"),
    now=dt.datetime(2026, 11, 23, 6, tzinfo=dt.UTC),
    company=SimpleNamespace(currency="CNY"),
    registry=SimpleNamespace(kinds={}, event_kinds={}, column_words={}, plugins={}, workflows={}),
)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (dt.date(2026, 4, 12), "2026-04-12"),
        (Decimal("1280.500000"), "1,280.5"),
        (Decimal("1000000"), "1,000,000"),
        (Decimal("-3"), "−3"),
        ({"en": "Fine", "zh": "好"}, "Fine"),
        ([1, "b"], "1, b"),
        ("<b>", "<b>"),
        (0, 0),
        (dt.datetime(2026, 4, 12, 16, 5, tzinfo=dt.UTC), "04-13 00:05"),
    ],
)
def test_value_in_words(value, words):
    with use_locale("en"):
        shown = display.shown(CTX, value)
    text = shown.striptags() if isinstance(shown, Markup) else shown
    assert text == words


def test_money_carries_its_currency():
    assert display.shown(CTX, Decimal("-312"), money=True) == "−¥312.00"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "Yes"),
        (dt.datetime(2026, 4, 12, 16, 5, 9, tzinfo=dt.UTC), "2026-04-13 00:05:09"),
        (Decimal("1280.5000"), "1280.5"),
        (Decimal("100"), "100"),
        (Decimal("-3"), "-3"),
        (-3, "-3"),
        ("=1+1", "'=1+1"),
        (" @x", "' @x"),
        ("-x", "'-x"),
        ("+86 21", "'+86 21"),
        ("a=b", "a=b"),
        (Markup("<b>5</b>"), "5"),
        ({"en": "=x", "zh": "y"}, "'=x"),
    ],
)
def test_value_in_an_export(value, text):
    with use_locale("en"):
        assert display.exported(CTX, value) == text


def test_a_value_through_a_relation_that_leads_nowhere_is_nothing():
    record = SimpleNamespace(category=None, home=SimpleNamespace(name="tools"))
    assert display.value_of(record, "category.name") is None
    assert display.value_of(record, "home.name") == "tools"
    with pytest.raises(AttributeError):
        display.value_of(record, "home.nmae")


def test_the_link_of_a_row_escapes_what_it_shows():
    assert display.opening_link("/x?a=1&b=2", "<b>") == Markup('<a href="/x?a=1&amp;b=2" data-open>&lt;b&gt;</a>')
    assert display.opening_link("/x", None) == Markup('<a href="/x" data-open>–</a>')
    assert display.opening_link("/x", Markup('<a href="/y">y</a>')) == Markup('<a href="/y">y</a>')


# --- timeline -------------------------------------------------------------------------------------------------------


@dataclass
class Happening:
    name: str = "sample.saved"
    facts: dict = field(default_factory=dict)
    changes: list = field(default_factory=list)
    actor_id: int | None = 1
    actor_name: str = "Li"
    record_id: int = 7
    occurred_at: dt.datetime = CTX.now


def _ctx(text: str):
    kinds = {"sample.saved": SimpleNamespace(text=text, icon="check")}
    registry = SimpleNamespace(**{**vars(CTX.registry), "event_kinds": kinds})
    return SimpleNamespace(**{**vars(CTX), "registry": registry})


def test_an_event_is_worded_with_its_facts_in_the_companys_time():
    facts = {"due": "2026-04-12T16:05:00+00:00", "clock": "First answer", "late": True, "names": ["a", "b"]}
    ctx = _ctx("{clock} due {due}, {late}, {names}, {gone}")
    with use_locale("en"):
        assert event_words(ctx, Happening(facts=facts)) == "First answer due 04-13 00:05, Yes, a, b, –"
        assert event_words(ctx, Happening(name="unknown.happening")) == "unknown.happening"


def test_a_facts_braces_are_not_read_as_placeholders():
    with use_locale("en"):
        assert (
            event_words(_ctx("Said {text}"), Happening(facts={"text": "{clock.__class__}"})) == "Said {clock.__class__}"
        )


def test_the_timeline_names_who_and_what_changed_in_the_records_own_table():
    changes = [
        {
            "verb": "changed",
            "table": "sample_gadget",
            "id": 7,
            "fields": {"name": ["a", "b"], "sold_on": [None, "2026-01-31"], "cursor": [None, "what nobody words"]},
        },
        {"verb": "changed", "table": "sample_gadget", "id": 8, "fields": {"name": ["x", "y"]}},
        {"verb": "changed", "table": "core_other", "id": 7, "fields": {"name": ["x", "y"]}},
        {"verb": "created", "table": "sample_gadget", "id": 7, "fields": {"name": [None, "a"]}},
    ]
    with use_locale("en"):
        first, second = timeline_items(
            _ctx("Saved"),
            [Happening(changes=changes), Happening(actor_id=None)],
            labels={"name": "Name", "sold_on": "Sold on"},
            table="sample_gadget",
        )
        assert (first.who, first.text, first.icon) == ("Li", "Saved", "check")
        assert first.changes == [("Name", "a", "b"), ("Sold on", "", "2026-01-31")]
        assert (second.who, second.changes) == ("The system", [])
        assert value_words(CTX, {"en": "Fine", "zh": "好"}) == "Fine"
