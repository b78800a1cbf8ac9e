"""Words for codes of service orders."""

from __future__ import annotations

import pytest

from core.api import use_locale
from plugins.service.contracts import SOURCE_WORDS
from plugins.service.labels import Words


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en", ["Demonstration data", "Preventive plan", "Inspection round"]),
        ("zh", ["演示数据", "保养计划", "巡检"]),
    ],
)
def test_what_an_order_came_from_is_said_in_words(locale, words):
    with use_locale(locale):
        assert [Words.source(code) for code in SOURCE_WORDS] == words
        assert (Words.source(""), Words.source("ERP 华东")) == ("", "ERP 华东")
