"""Two people changed the same record: both versions side by side, what was typed kept, and a choice per field.

A form for a record that exists carries the version that it was opened with (``VersionedForm``, or any form of a
``CompanyModelView``). When the record is at another version by the time it is saved, ``conflict_of`` says field by
field what was typed and what stands there now, and the macro ``ui.conflict`` shows it with a choice for each. The form
then carries the newest version: saving again saves what was chosen (``take_chosen``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from wtforms import HiddenField

from core.context import Ctx
from core.db import plain
from core.events import changed_since
from core.i18n import _
from core.web.current import current_ctx
from core.web.forms import SanbaoForm
from core.web.timeline import value_words

VERSION_FIELD = "record_version"
KEEP = "keep-"
"""Begins the name of a choice: ``keep-name`` is ``theirs`` or ``mine``."""


@dataclass(frozen=True)
class Difference:
    """One field whose typed value is not what stands there now; ``theirs`` proposes to take the latter."""

    name: str
    label: str
    typed: str
    now: str
    theirs: bool


@dataclass(frozen=True)
class ConflictView:
    """What ``ui.conflict`` shows: who saved last and when (as far as the trail knows), and the fields that differ."""

    who: str
    at: dt.datetime | None
    differences: Sequence[Difference]


class VersionedForm(SanbaoForm):
    """A form for a record that others may change meanwhile (``Versioned``): say ``shown``, make it with ``record``.

    Hand ``form.seen`` to the service. When it raises Conflict ("stale"), ``form.refuse(error)`` puts both versions into
    ``form.conflict``, which the page shows with ``ui.conflict``; what was typed stays.
    """

    record_version = HiddenField()
    conflict: ConflictView | None = None

    def __init__(self, *args: Any, record: Any = None, **kwargs: Any) -> None:
        self._record = record
        super().__init__(*args, **{**kwargs, **(self.shown(record) if record is not None else {})})
        if record is None:
            return
        if self.is_submitted():
            take_chosen(self, self._as_opened_now())
        else:
            self.record_version.data = record.version

    def shown(self, record: Any) -> dict[str, Any]:
        """What the form shows of a record: field → value."""
        raise NotImplementedError

    def _as_opened_now(self) -> Any:
        return type(self)(formdata=None, **self.shown(self._record))

    @property
    def seen(self) -> int | None:
        """The version that the form was opened with; None for a new record."""
        return version_of(self.record_version.data) if self._record is not None else None

    @property
    def status(self) -> int:
        """The status of a page that shows this form: 409 with both versions on it, 422 with something to correct."""
        return 409 if self.conflict else 422 if self.errors else 200

    def refuse(self, error: Any) -> list[str]:
        """Put a DomainError at the field it names; a stale record becomes ``conflict``. Answers what is left to say."""
        if error.code != "stale" or self._record is None:
            return super().refuse(error)
        ctx, seen = current_ctx(), self.seen or 0
        ctx.session.expire(self._record)
        self.conflict = conflict_of(ctx, self, self._as_opened_now(), self._record, seen)
        self.record_version.raw_data, self.record_version.data = None, self._record.version
        return []


def version_of(text: Any) -> int:
    """A version out of a form; 0, which no record has, for what is none."""
    text = str(text or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def conflict_of(ctx: Ctx, form: Any, fresh: Any, record: Any, seen: int) -> ConflictView:
    """Both versions, field by field. ``fresh`` is the form as it would be opened now.

    A field that the others changed and this person did not touch is proposed as it stands now; else what was typed is.
    """
    events = changed_since(ctx, record, seen)
    earlier: dict[str, Any] = {}
    for event in events:  # the newest first: the last word is the value from before all of them
        for column, (old, _new) in _changes_of(event, record):
            earlier[column] = old
    last = events[0] if events else None
    return ConflictView(
        who=(last.actor_name if last.actor_id is not None else _("The system")) if last else "",
        at=last.occurred_at if last else None,
        differences=differences_of(ctx, form, fresh, earlier),
    )


def differences_of(ctx: Ctx, form: Any, fresh: Any, earlier: Mapping[str, Any]) -> list[Difference]:
    """The fields that are not as in the ``fresh`` form; ``earlier`` are values as they stood when the form was opened,
    by which a field that the person left alone is known.
    """
    found = []
    for field, other in _editable(form, fresh):
        if plain(field.data) == plain(other.data) or _empty(field.data) == _empty(other.data) == "":
            continue
        column = getattr(field, "data_key", field.short_name)
        untouched = column in earlier and _empty(earlier[column]) == _empty(plain(field.data))
        words = field_words(ctx, field), field_words(ctx, other)
        found.append(Difference(field.name, field.label.text, *words, theirs=untouched))
    return found


def _editable(form: Any, fresh: Any) -> Iterator[tuple[Any, Any]]:
    """The fields that a person fills in, each with its like of the fresh form."""
    for field in form:
        if not isinstance(field, HiddenField) and field.name in fresh:
            yield field, fresh[field.name]


def _changes_of(event: Any, record: Any) -> Iterator[tuple[str, list]]:
    for change in event.changes or []:
        if change.get("table") == record.__tablename__ and change.get("id") == record.id:
            yield from change.get("fields", {}).items()


def _empty(value: Any) -> Any:
    return "" if value in (None, "", [], False) else value


def field_words(ctx: Ctx, field: Any) -> str:
    """What a field holds, as a person reads it: of a choice its label, of a switch yes or no."""
    if _empty(field.data) == "" and not isinstance(field.data, bool):
        return _("empty")
    if hasattr(field, "iter_choices"):
        chosen = field.data if isinstance(field.data, (list, tuple, set)) else [field.data]
        wanted = {str(value) for value in chosen}
        labels = [str(choice[1]) for choice in field.iter_choices() if str(choice[0]) in wanted]
        return _(", ").join(labels) or value_words(ctx, plain(field.data))
    return value_words(ctx, plain(field.data))


def take_chosen(form: Any, fresh: Any, sent: Mapping[str, str] | None = None) -> None:
    """Put what stands there now into the fields for which the person chose it (``keep-<field>`` is ``theirs``)."""
    sent = request.form if sent is None else sent
    for field, other in _editable(form, fresh):
        if sent.get(KEEP + field.name) == "theirs":
            field.data = other.data
            field.raw_data = _as_sent(other)
            field.process_errors = []


def _as_sent(field: Any) -> list[str]:
    """A field's value as a browser would send it; validators look whether there was anything."""
    if isinstance(field.data, (list, tuple, set)):
        return [str(value) for value in field.data]
    if hasattr(field, "_value"):
        return [str(field._value())]
    return [] if field.data in (None, False) else [str(field.data)]
