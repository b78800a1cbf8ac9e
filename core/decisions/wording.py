"""The words of a table apart from its rules: what it and its columns and choices are called, who decides otherwise.

They change like rules do, in a draft, because decisions are told in the words of their version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.decisions.model import Choice, Column, Table, Words
from core.i18n import LOCALES, N_

Key = tuple[str, ...]
"""Where words stand: ("label",), ("refer",), ("inputs", NAME, "label"), ("outputs", NAME, "choices", VALUE) …"""


@dataclass(frozen=True)
class Wording:
    """One text that may be changed: where it stands, what it is (a message id), of which column, and both languages."""

    key: Key
    what: str
    of: Words
    texts: Mapping[str, str]

    @property
    def field(self) -> str:
        """The name of its form field, without the language."""
        return ".".join(self.key)


def wordings(table: Table) -> list[Wording]:
    """Every text that may be changed, in the order of the table."""
    found = [
        _wording(("label",), N_("Name of the table"), "", table.label),
        _wording(("refer",), N_("Who decides when no row fits"), "", table.refer),
    ]
    for part, columns in (("inputs", table.inputs), ("outputs", table.outputs)):
        for column in columns:
            found.append(_wording((part, column.name, "label"), N_("Column"), column.name, column.label))
            if column.type in ("int", "decimal"):
                found.append(_wording((part, column.name, "unit"), N_("Unit of measure"), column.label, column.unit))
            if column.type == "choice":
                found += [
                    _wording((part, column.name, "choices", c.value), c.value, column.label, c.label)
                    for c in column.choices
                ]
    return found


def reworded(table: Table, texts: Mapping[Key, Mapping[str, str]]) -> Table:
    """The table with these texts; what is left out stays. A name or label left blank falls back on its code."""
    inputs, outputs = (
        tuple(_column(part, column, texts) for column in columns)
        for part, columns in (("inputs", table.inputs), ("outputs", table.outputs))
    )
    return replace(
        table,
        label=_new(table.label, texts.get(("label",))) or table.name,
        refer=_new(table.refer, texts.get(("refer",))),
        inputs=inputs,
        outputs=outputs,
    )


def _column(part: str, column: Column, texts: Mapping[Key, Mapping[str, str]]) -> Column:
    key = (part, column.name)
    choices = column.choices
    if column.type == "choice":
        choices = tuple(
            Choice(c.value, _new(c.label, texts.get((*key, "choices", c.value))) or c.value) for c in choices
        )
    label = _new(column.label, texts.get((*key, "label"))) or column.name
    return replace(column, label=label, unit=_new(column.unit, texts.get((*key, "unit"))), choices=choices)


def _wording(key: Key, what: str, of: Words, words: Words) -> Wording:
    texts = dict.fromkeys(LOCALES, words) if isinstance(words, str) else {c: words.get(c, "") for c in LOCALES}
    return Wording(key, what, of, texts)


def _new(before: Words, texts: Mapping[str, str] | None) -> Words:
    """The words after typing, as they were where nothing was changed."""
    if texts is None or texts == _wording((), "", "", before).texts:
        return before
    given = {locale: text.strip() for locale, text in texts.items() if text.strip()}
    same = set(given.values())
    return "" if not given else same.pop() if len(same) == 1 and len(given) == len(LOCALES) else given
