"""What the services of this plugin have in common."""

from __future__ import annotations

from collections.abc import Iterable

from core.api import Invalid, _


def fitting(text: str, field: str, longest: int) -> str:
    """A text without blanks around it. Raises Invalid when it is too long."""
    text = text.strip()
    if len(text) > longest:
        raise Invalid("too_long", _("At most {n} characters; this has {length}.", n=longest, length=len(text)), field)
    return text


def required(text: str, field: str, words: str, longest: int) -> str:
    """A text without blanks around it. Raises Invalid with ``words`` when it is empty, or when it is too long."""
    text = fitting(text, field, longest)
    if not text:
        raise Invalid("missing", words, field)
    return text


def chosen(value: str, values: Iterable[str], field: str) -> str:
    """A code of those offered. Raises Invalid."""
    if value not in values:
        raise Invalid("bad_choice", _("Choose one of the values offered."), field)
    return value
