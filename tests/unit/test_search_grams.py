"""Words into grams: a part of a record's words always finds it, whatever the query is cut into."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.search.grams import MOST_PIECES, SearchText, asked, grams_asked, grams_of, holds, normal, pieces_of


def finds(query: str, text: str) -> bool:
    """Whether the index would find ``text``: every gram is there, and the words hold the query."""
    grams = grams_of(normal(text))
    pieces = asked(query)
    return all(g in grams for p in pieces for g in grams_asked(p)) and holds(normal(text), pieces)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("张伟", "张伟"), ("伟", "伟业农机"), ("农机", "禾丰农机服务"), ("８０００", "13800138000"),
        ("8000", "13800138000"),
        ("138 0013 8000", "13800138000"), ("FW2611-0471", "fw2611-0471"), ("2611-0471", "FW2611-0471"),
        ("0471", "FW2611-0471"), ("4lz-8.0", "4LZ-8.0 收割机"), ("4lz收割", "4LZ-8.0 收割机"), ("straße", "STRASSE 5"),
        ("ma dong", "Ma Dongsheng"), ("ong", "Ong Lee"), ("x", "X 7"),
    ],
)
def test_a_part_of_the_words_is_found(query, text):
    assert finds(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("张伟", "张大伟"), ("伟", "张伟"), ("8002", "13800138000"), ("380", "13800138000"), ("138000", "1380 8000"),
        ("机农", "农机"), ("abcd", "ab cd"),
    ],
)
def test_what_is_not_there_is_not_found(query, text):
    assert not finds(query, text)


def test_grams_that_come_from_different_places_do_not_make_a_hit():
    text = "12345 23456 3456 91234"
    assert set(grams_asked("123456")) <= grams_of(text)
    assert not holds(text, ["123456"])


def test_the_pieces_of_a_word_with_signs():
    assert pieces_of("FW2611-0471 李海涛4LZ") == ["fw2611", "0471", "fw26110471", "李海涛", "4lz"]
    assert asked("FW2611-0471 李海涛4LZ") == ["fw26110471", "李海涛", "4lz"]
    assert asked("一 二 三 四 五 六 七 八") == list("一二三四五六")
    assert len(asked("a b c d e f g h")) == MOST_PIECES
    assert asked("-- ？！ %_'") == []


def test_long_texts_are_cut_and_titles_come_first():
    text = SearchText("Gearbox", "x" * 300, ("w" * 500,))
    assert len(text.haystack) == 600
    assert text.haystack.startswith("gearbox www")


_LETTERS = st.text("ab12张王李农机-. ", min_size=1, max_size=24)


@settings(max_examples=300, deadline=None)
@given(_LETTERS, st.data())
def test_any_run_of_a_words_characters_finds_it(text, data):
    """A piece as long as a gram stands anywhere in a word, a shorter one at its beginning."""
    words = pieces_of(text)
    if not words:
        return
    word = data.draw(st.sampled_from(words))
    size = 2 if "一" <= word[0] <= "鿿" else 4
    start = data.draw(st.integers(0, max(0, len(word) - size)))
    end = data.draw(st.integers(start + 1, len(word)))
    part = word[start:end]
    expected = (start == 0 and any(w.startswith(part) for w in words)) or len(part) >= size
    if len(part) < size:
        expected = any(w.startswith(part) for w in words)
    assert finds(part, text) is expected
