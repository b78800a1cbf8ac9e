"""Texts that Flask-Admin keeps from the start of the process on, in the language of each request."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup, escape

from core.i18n import _


class Later:
    """A message id that turns into words whenever it is shown."""

    def __init__(self, message: Any):
        self.message: str = message.message if isinstance(message, Later) else str(message)

    def __str__(self) -> str:
        return _(self.message)

    def __html__(self) -> Markup:
        return escape(str(self))

    def __repr__(self) -> str:
        return f"Later({self.message!r})"


def in_words(name: str) -> str:
    """A column's name made readable, where nobody gave it a label: ``sold_at`` → "Sold at"."""
    return name.replace(".", " ").replace("_", " ").capitalize()
