"""What is compared to find the same problem again."""

from __future__ import annotations

import re

_NOT_A_WORD = re.compile(r"[\W_]+")


def comparable(problem: str) -> str:
    """A problem without blanks and punctuation, in lower case: what is the same is the same problem."""
    return _NOT_A_WORD.sub("", problem).casefold()[:200]
