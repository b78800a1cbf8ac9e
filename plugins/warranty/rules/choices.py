"""Choices that a company writes into a setting, and what is compared to find the same problem again."""

from __future__ import annotations

import re

_NOT_A_WORD = re.compile(r"[\W_]+")


def parse_choices(text: str) -> list[tuple[str, dict[str, str]]]:
    """Choices, one per line: ``code: English | Chinese``. Lines that don't read so are left out."""
    found = []
    for line in text.splitlines():
        code, colon, labels = line.partition(":")
        english, _bar, chinese = labels.partition("|")
        if colon and code.strip() and english.strip():
            found.append((code.strip(), {"en": english.strip(), "zh": chinese.strip() or english.strip()}))
    return found


def comparable(problem: str) -> str:
    """A problem without blanks and punctuation, in lower case: what is the same is the same problem."""
    return _NOT_A_WORD.sub("", problem).casefold()[:200]
