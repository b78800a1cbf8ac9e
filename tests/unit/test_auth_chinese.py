"""Every text of Flask-Security has Chinese, and the Chinese can be filled in."""

from __future__ import annotations

import re
from collections import defaultdict
from importlib.resources import files

import pytest
from babel.messages.pofile import read_po

from core.i18n import texts_of


def texts() -> list[str]:
    with (files("flask_security") / "translations" / "flask_security.pot").open("rb") as file:
        return [message.id for message in read_po(file) if message.id]


def test_every_text_of_flask_security_has_chinese():
    assert len(texts()) == 260
    assert [text for text in texts() if not texts_of("flask_security", "zh").get(text)] == []


def test_english_stays_as_it_is():
    assert texts_of("flask_security", "en") == {}


@pytest.mark.parametrize("text", [t for t in texts() if "%" in t and "%(length) " not in t])
def test_the_chinese_has_the_same_placeholders(text):
    chinese = texts_of("flask_security", "zh")[text]
    if "%(" in text:
        marks = r"%\(\w+\)[sd]"
        assert sorted(re.findall(marks, chinese)) == sorted(re.findall(marks, text))
        chinese % defaultdict(int)
    else:
        assert chinese.count("%s") == text.count("%s")
