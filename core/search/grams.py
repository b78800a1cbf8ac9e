"""Words into grams: what is kept of a record's words so that a part of them finds it, and what a query asks for.

Chinese is cut into pairs of characters, so a name of two characters is one gram; trigram indexes can't find it. Letters
and digits are cut into fours, because two digits say too little: a million phone numbers know a hundred pairs. The
beginnings of a word (``^ab``, ``^abc``, ``^王``) and whole words (``=k2611``) are kept beside them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

LONGEST_WORDS = 600
"""Characters of a record that are indexed; titles, numbers and names come first, long texts last."""
LONGEST_QUERY = 100
MOST_PIECES = 6
_LONGEST_WHOLE = 20
_FOUR = 4

_CJK = "㐀-䶿一-鿿豈-﫿぀-ヿ가-힯\U00020000-\U0003ffff"
_RUN = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+")
_IS_CJK = re.compile(rf"[{_CJK}]")


@dataclass(frozen=True)
class SearchText:
    """What a record is found by and how it is shown: ``words`` are searched beside ``title`` and ``detail``.

    ``unit_id`` and ``assignee_id`` are those of the record: who is limited to units finds only theirs.
    """

    title: str
    detail: str = ""
    words: tuple[str, ...] = ()
    unit_id: int | None = None
    assignee_id: int | None = None

    @property
    def haystack(self) -> str:
        """Everything it is found by, as it is compared with a query."""
        return normal(" ".join(x for x in (self.title, *self.words, self.detail) if x))[:LONGEST_WORDS]


def normal(text: str) -> str:
    """A text as it is compared: full-width forms as half-width ones, without regard to case, blanks as one space."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()


def pieces_of(text: str) -> list[str]:
    """The words of a text: runs of Chinese, and runs of letters and digits. ``FW2611-0471`` is one word, and three."""
    found: list[str] = []
    for word in normal(text).split():
        runs = _RUN.findall(word)
        found += runs
        for group in _latin_groups(runs):
            if len(group) > 1:
                found.append("".join(group))
    return list(dict.fromkeys(found))


def _latin_groups(runs: list[str]) -> list[list[str]]:
    groups: list[list[str]] = [[]]
    for run in runs:
        if _IS_CJK.match(run):
            groups.append([])
        else:
            groups[-1].append(run)
    return [group for group in groups if group]


def grams_of(haystack: str) -> set[str]:
    """Everything that is kept of a record's words."""
    grams: set[str] = set()
    for piece in pieces_of(haystack):
        size = 2 if _IS_CJK.match(piece) else _FOUR
        grams.update(piece[i : i + size] for i in range(len(piece) - size + 1))
        grams.update(f"^{piece[:n]}" for n in range(1, size) if n <= len(piece))
        if len(piece) <= _LONGEST_WHOLE:
            grams.add(f"={piece}")
    return grams


def asked(query: str) -> list[str]:
    """The pieces that a query asks for, each to be found in a record: a word with signs in it is asked as one."""
    pieces: list[str] = []
    for word in normal(query[:LONGEST_QUERY]).split():
        runs = _RUN.findall(word)
        pieces += [run for run in runs if _IS_CJK.match(run)]
        pieces += ["".join(group) for group in _latin_groups(runs)]
    return list(dict.fromkeys(pieces))[:MOST_PIECES]


def grams_asked(piece: str) -> list[str]:
    """The grams that a record must have so that a piece of a query may stand in it: no more than cover the piece, since
    each costs as much as it finds, and the words are compared at last.
    """
    size = 2 if _IS_CJK.match(piece) else _FOUR
    if len(piece) < size:
        return [f"^{piece}"]
    last = len(piece) - size
    return list(dict.fromkeys(piece[i : i + size] for i in (*range(0, last, size), last)))


def holds(haystack: str, pieces: Iterable[str]) -> bool:
    """Whether every piece really stands in a record's words; grams of one may come from different places."""
    words = pieces_of(haystack)
    return all(any(_in(piece, word) for word in words) for piece in pieces)


def _in(piece: str, word: str) -> bool:
    size = 2 if _IS_CJK.match(piece) else _FOUR
    return piece in word if len(piece) >= size else word.startswith(piece)
