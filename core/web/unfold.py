"""What changed within a column that holds more than one thing (a rule table, a checklist, a calendar): part by part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.column_words import column_words
from core.context import Ctx
from core.i18n import LOCALES, N_, _, label
from core.web.timeline import in_column, value_words

Shown = tuple[str, str, str]
"""(what is called so, as it was, as it is now)"""
MOST = 12
"""Parts of one column that are shown; a new table has hundreds, which its own page shows better."""
PARTS = {
    "as_of": N_("Version in force on"),
    "calendar": N_("Working calendar"),
    "choices": N_("Choices"),
    "clause": N_("Clause"),
    "closures": N_("Closures"),
    "count_start_day": N_("First day counts"),
    "default": N_("Otherwise"),
    "description": N_("Description"),
    "gates": N_("Steps that wait for it"),
    "help": N_("Hint"),
    "hit_policy": N_("Which rows count"),
    "holidays": N_("Holidays"),
    "holidays_country": N_("Holidays of the country"),
    "inputs": N_("Columns of conditions"),
    "items": N_("Questions"),
    "label": N_("Label"),
    "limit": N_("Limit"),
    "maximum": N_("At most"),
    "minimum": N_("At least"),
    "of": N_("Values from"),
    "optional": N_("May be empty"),
    "outputs": N_("Columns of results"),
    "required": N_("Required"),
    "rows": N_("Rules"),
    "text": N_("Text"),
    "then": N_("Then"),
    "type": N_("Type"),
    "unit": N_("Counted in"),
    "week": N_("Hours of the week"),
    "when": N_("If"),
    "workdays": N_("Workdays made up"),
}
"""Keys of such structures, where they have no words of their own within."""
_NAMES = ("id", "code", "name", "value", "key", "date")
"""By which of its parts one member of a list is known from another."""


def unfolded(ctx: Ctx, table: str, column: str, old: Any, new: Any) -> list[Shown]:
    """The parts of a column that differ, in words where they have any: ``Rows › late › Then › Limit``, 8, 4."""
    whole = column_words(ctx.registry, table, column) or column
    if not (_is_parted(old) or _is_parted(new)):
        return [(whole, in_column(ctx, table, column, old), in_column(ctx, table, column, new))]
    said = _Said(ctx, table, column)
    for value in (old, new):
        said.learn(value)
    found = [
        (" › ".join([whole, *path]), said.value(before), said.value(after))
        for path, before, after in _parts(said, (), old, new)
    ]
    found = [part for part in found if part[1] != part[2]]
    more = len(found) - MOST
    return found if more <= 0 else [*found[:MOST], (whole, "", _("and {n} more", n=more))]


def _is_parted(value: Any) -> bool:
    return (isinstance(value, Mapping) and not _is_label(value)) or (isinstance(value, list) and len(value) > 0)


def _is_label(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value) and set(value) <= set(LOCALES)


class _Said:
    """Words for names and codes, those that the structure itself brings along among them."""

    def __init__(self, ctx: Ctx, table: str, column: str):
        self.ctx, self.table, self.column = ctx, table, column
        self.names: dict[str, str] = {}
        self.codes: dict[str, str] = {}

    def learn(self, value: Any) -> None:
        """Take in how the columns of a table and their choices are called."""
        if isinstance(value, list):
            for each in value:
                self.learn(each)
        elif isinstance(value, Mapping) and not _is_label(value):
            words = label(value.get("label") or value.get("text") or "")
            for key, known in (("name", self.names), ("code", self.names), ("value", self.codes)):
                if words and isinstance(value.get(key), str):
                    known[value[key]] = words
            for each in value.values():
                self.learn(each)

    def key(self, name: str) -> str:
        """What a part is called."""
        own = self.names.get(name) or (_(PARTS[name]) if name in PARTS else "")
        return own or column_words(self.ctx.registry, self.table, name) or name

    def value(self, value: Any) -> str:
        """What stands there."""
        if isinstance(value, str):
            known = self.codes.get(value) or in_column(self.ctx, self.table, self.column, value)
            right = self.ctx.registry.permissions.get(value)
            return _(right.label) if right else known
        if isinstance(value, list):
            return _(", ").join(self.value(each) for each in value)
        if isinstance(value, Mapping) and not _is_label(value):
            return _(", ").join(f"{self.key(k)}{_(': ')}{self.value(v)}" for k, v in value.items())
        return value_words(self.ctx, value)


def _parts(said: _Said, path: tuple[str, ...], old: Any, new: Any) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """The parts that differ, as deep as both sides go."""
    if old == new:
        return
    before, after = _members(old), _members(new)
    if before is not None and after is not None and (before or after):
        for name in dict.fromkeys([*before, *after]):
            one, other = before.get(name), after.get(name)
            yield from _parts(said, (*path, said.key(name)), one, other)
        return
    if isinstance(old, list) and isinstance(new, list):
        old, new = [v for v in old if v not in new], [v for v in new if v not in old]
    yield path, old, new


def _members(value: Any) -> dict[str, Any] | None:
    """The members of a structure by name; None where it has none that could be told apart."""
    if value is None or value == []:
        return {}
    if isinstance(value, Mapping) and not _is_label(value):
        return {str(k): v for k, v in value.items()}
    if isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value):
        for key in _NAMES:
            names = [str(each.get(key, "")) for each in value]
            if all(names) and len(set(names)) == len(names):
                rest = ({k: v for k, v in each.items() if k != key} for each in value)
                return dict(zip(names, rest, strict=True))
    return None
