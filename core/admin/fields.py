"""Form fields for records and choices. What is chosen is an id of this company, or the form says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flask_admin.model.widgets import AjaxSelect2Widget, XEditableWidget
from wtforms import BooleanField, SelectField, StringField, TextAreaField, widgets
from wtforms.fields.choices import Choice, SelectChoice, SelectFieldBase
from wtforms.validators import ValidationError

from core.admin.loaders import CompanyAjaxLoader
from core.i18n import _
from core.web.current import record_id

MOST_IN_LIST = 300
"""A drop-down offers so many records; where a company may have more, use ``form_ajax_refs``."""

_NONE = ("", "__None")


class RecordField(SelectFieldBase):
    """One record of this company, chosen from a drop-down. ``data`` is its id, or None.

    An id that is not on offer is an error, never a silent None: neither another company's nor one made up.
    """

    widget = widgets.Select()

    def __init__(
        self, label: str | None = None, validators: Any = None, *, loader: CompanyAjaxLoader, data_key: str,
        allow_blank: bool = False, **kwargs: Any,
    ):
        super().__init__(label, validators, **kwargs)
        self.loader = loader
        self.data_key = data_key
        self.allow_blank = allow_blank
        self.refused = False

    def iter_choices(self) -> Iterator[Choice]:
        """What the drop-down offers; the present record also when it is beyond the first ones."""
        if self.allow_blank or self.data is None:
            yield Choice("", "", self.data is None, {})
        offered = self.loader.choices(MOST_IN_LIST)
        present = self.loader.format(self.data) if self.data and self.data not in dict(offered) else None
        for value, text in offered + ([present] if present else []):
            yield Choice(str(value), text, value == self.data, {})

    def process_data(self, value: Any) -> None:
        """From a record, or from its id."""
        self.data = value if value is None or isinstance(value, int) else value.id

    def process_formdata(self, valuelist: Any) -> None:
        """From what was sent."""
        if not valuelist:
            return
        text = (valuelist[0] or "").strip()
        self.data = None if text in _NONE else record_id(text)
        self.refused = self.data is None and bool(text) and not (text in _NONE and self.allow_blank)

    def pre_validate(self, form: Any) -> None:
        """Whether the record is on offer here; the one that is there already may stay."""
        if self.data is None and not self.refused:
            return
        unchanged = self.data is not None and self.object_data is not None and self.data == _id_of(self.object_data)
        if self.refused or (not unchanged and self.loader.get_one(self.data) is None):
            self.data = None
            raise ValidationError(_("Choose one of the records offered; the one sent is not among them."))


class AjaxRecordField(RecordField):
    """One record of this company, found by typing."""

    widget = AjaxSelect2Widget()


class ChoiceField(SelectField):
    """One of a few fixed values, in a plain drop-down; None where nothing may be chosen. Labels are message ids."""

    def __init__(
        self, label: str | None = None, validators: Any = None, *, choices: Any = (), allow_blank: bool = False,
        **kwargs: Any,
    ):
        kwargs.setdefault("coerce", lambda value: None if value in (None, *_NONE) else str(value))
        offered = [SelectChoice(str(value), str(words)) for value, words in choices]
        super().__init__(label, validators, choices=offered, **kwargs)
        self.allow_blank = allow_blank

    def iter_choices(self) -> Iterator[Choice]:
        """The values, before them an empty one where it is possible or nothing is chosen yet."""
        if self.allow_blank or self.data is None:
            yield Choice("", "", self.data is None, {})
        yield from super().iter_choices()

    def pre_validate(self, form: Any) -> None:
        """Whether the value is one of those offered."""
        if self.data is None and not self.raw_data:
            return
        if self.data is None:
            if not self.allow_blank:
                raise ValidationError(_("Choose one of the values offered."))
            return
        if self.data not in {choice.value for choice in self.choices or ()}:
            raise ValidationError(_("Choose one of the values offered."))


class InlineEdit(XEditableWidget):
    """A value in a list that turns into a field when clicked."""

    def get_kwargs(self, field: Any, kwargs: dict) -> dict:
        """What the script needs to know of the field; with the row goes the value that the person saw."""
        row = json.dumps({"id": kwargs["data-pk"], "was": as_seen(field)}, ensure_ascii=False)
        return {**self._of_kind(field, kwargs), "data-pk": row}

    def _of_kind(self, field: Any, kwargs: dict) -> dict:
        if isinstance(field, ChoiceField):
            offered = [{"value": c.value, "text": str(c.label)} for c in field.iter_choices()]
            return {**kwargs, "data-type": "select", "data-source": json.dumps(offered), "data-value": field.data or ""}
        if isinstance(field, StringField) and not isinstance(field, TextAreaField):
            return {**kwargs, "data-type": "text", "data-value": field.data or ""}
        return super().get_kwargs(field, kwargs)


def as_seen(field: Any) -> str:
    """A field's value as text, to tell whether it is still the one that a person saw."""
    if isinstance(field, BooleanField):
        return "1" if field.data else ""
    return "" if field.data is None else str(field.data)


def row_and_value(text: str) -> tuple[str, str | None]:
    """Of what an ``InlineEdit`` sends for its row: the id, and the value that the person saw.

    A plain id says nothing about a value.
    """
    try:
        sent = json.loads(text)
    except ValueError:
        return text, None
    if not isinstance(sent, dict):
        return text, None
    return str(sent.get("id", "")), str(sent.get("was", ""))


def _id_of(value: Any) -> int | None:
    return value if isinstance(value, int) else getattr(value, "id", None)
