"""Forms that speak the language of the request: labels, hints, choices and errors are message ids until shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from flask_wtf import FlaskForm
from wtforms import DateField, DateTimeField, DateTimeLocalField, DecimalField, Form, FormField, IntegerField
from wtforms.fields import FieldList, SelectField
from wtforms.fields.choices import SelectChoice

from core.i18n import N_, _
from core.web.current import FIRST_YEAR, LAST_YEAR

ERRORS: dict[str, str] = {
    "This field is required.": N_("Fill this in."),
    "Not a valid choice.": N_("Choose one of the values offered."),
    "Not a valid choice": N_("Choose one of the values offered."),
    "'%(value)s' are not valid choices for this field.": N_("Choose one of the values offered."),
    "Invalid choice(s): one or more data inputs could not be coerced.": N_("Choose one of the values offered."),
    "Invalid Choice: could not coerce.": N_("Choose one of the values offered."),
    "Not a valid date value.": N_("A date is needed, like 2026-04-12."),
    "Not a valid datetime value.": N_("A date and time are needed, like 2026-04-12 14:30."),
    "Not a valid time value.": N_("A time is needed, like 14:30."),
    "Not a valid integer value.": N_("A whole number is needed, like 12."),
    "Not a valid decimal value.": N_("A number is needed, like 12.50."),
    "Not a valid float value.": N_("A number is needed, like 12.5."),
    "Invalid email address.": N_("An e-mail address looks like name@example.com."),
    "Invalid URL.": N_("A web address looks like https://example.com."),
    "Invalid input.": N_("This value doesn't fit here."),
    "Number must be at least %(min)s.": N_("The smallest possible value is %(min)s."),
    "Number must be at most %(max)s.": N_("The largest possible value is %(max)s."),
    "Number must be between %(min)s and %(max)s.": N_("A number from %(min)s to %(max)s is needed."),
    "Date must be at least %(min)s.": N_("The earliest possible date is %(min)s."),
    "Date must be at most %(max)s.": N_("The latest possible date is %(max)s."),
    "Date must be between %(min)s and %(max)s.": N_("A date from %(min)s to %(max)s is needed."),
    "Field must be equal to %(other_name)s.": N_("This must be the same as “%(other_name)s”."),
    "Field must be at least %(min)d characters long.": N_("At least %(min)d characters are needed."),
    "Field cannot be longer than %(max)d characters.": N_("At most %(max)d characters fit here."),
    "Field must be exactly %(max)d characters long.": N_("Exactly %(max)d characters are needed."),
    "Field must be between %(min)d and %(max)d characters long.": N_("%(min)d to %(max)d characters are needed."),
    "Invalid value, must be one of: %(values)s.": N_("Choose one of: %(values)s."),
    "Invalid value, can't be any of: %(values)s.": N_("None of these is possible: %(values)s."),
}
"""What WTForms says → what we say (its placeholders are filled in by WTForms, hence their shape)."""


class FormWords:
    """The translations object of our forms: WTForms asks it for each of its built-in sentences."""

    def gettext(self, text: str) -> str:
        """Our sentence for one of WTForms', in the language of the request."""
        return _(ERRORS.get(text, text))

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """The same; our sentences are worded so that one form does for any number."""
        return self.gettext(plural)


def translate_form(form: Any) -> None:
    """Put the texts of a form into the language of the request; they are message ids in the class."""
    for field in form:
        field.label.text = _(str(field.label.text))
        if field.description:
            field.description = _(str(field.description))
        if isinstance(field, SelectField) and isinstance(field.choices, list):
            field.choices = [_translated_choice(choice) for choice in field.choices]


def _translated_choice(choice: Any) -> Any:
    if isinstance(choice, tuple) and len(choice) == 2:
        return SelectChoice(choice[0], _(str(choice[1])))
    return replace(choice, label=_(str(choice.label))) if isinstance(choice, SelectChoice) else choice


class SpeaksOurLanguage(Form):
    """Mixed into a form class: labels, hints, choices and errors in the language of the request."""

    class Meta:
        def get_translations(self, form: Any) -> FormWords:
            """WTForms' own sentences, in our words."""
            return FormWords()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        translate_form(self)

    def process(self, *args: Any, **kwargs: Any) -> None:
        """Read the fields; what no column could hold, or no calendar count on from, is no value at all."""
        super().process(*args, **kwargs)
        for field in _typed_in(self):
            chosen = isinstance(field, SelectField)
            words = _chosen_out_of_bounds(field.data) if chosen else _out_of_bounds(field.data)
            if words:
                field.data = [] if isinstance(field.data, list) else None
                field.process_errors = [*field.process_errors, words]


_LARGEST = 10**12
_LARGEST_WHOLE = 2**31 - 1
_LARGEST_ID = 2**63 - 1
_DECIMALS = 6


def _typed_in(form: Any) -> Iterator[Any]:
    """The fields of a form, and of the forms in it, that were sent and hold numbers or days."""
    for field in form:
        if isinstance(field, (FieldList, FormField)):
            yield from _typed_in(field)
        elif field.raw_data and isinstance(field, (DateField, DateTimeField, DecimalField, IntegerField, SelectField)):
            yield field


def _out_of_bounds(value: Any) -> str:
    if isinstance(value, dt.date):
        checked = isinstance(value, dt.datetime) and value.tzinfo is not None
        if not checked and not FIRST_YEAR <= value.year <= LAST_YEAR:
            return _("A day from {first} to {last} is needed.", first=FIRST_YEAR, last=LAST_YEAR)
    elif isinstance(value, Decimal):
        if not value.is_finite() or not -_LARGEST < value < _LARGEST:
            return _("A number is needed, like 12.50.")
        if value != round(value, _DECIMALS):
            return _("At most {n} decimals fit here.", n=_DECIMALS)
    elif isinstance(value, int) and abs(value) > _LARGEST_WHOLE:
        return _("A whole number is needed, like 12.")
    return ""


def _chosen_out_of_bounds(value: Any) -> str:
    """Ids that are chosen are looked up, some of them before anybody asks whether they were offered."""
    ids = value if isinstance(value, list) else [value]
    if any(isinstance(i, int) and abs(i) > _LARGEST_ID for i in ids):
        return _("Choose one of the values offered.")
    return ""


class SanbaoForm(SpeaksOurLanguage, FlaskForm):
    """The base of forms in ordinary views: with the token against forged requests.

    Labels, descriptions and choices are given as message ids (``N_``) and shown in the language of the request.
    """

    def refuse(self, error: Any) -> list[str]:
        """Put a DomainError at the field it names; answers the sentences that belong to no field of this form."""
        return place_error(self, error)


def place_error(form: Any, error: Any, names: Sequence[str] = ()) -> list[str]:
    """Put a DomainError at the field it names (by name or ``data_key``); else answer its sentence in a list.

    ``names`` are further names of the error's field to look for.
    """
    wanted = {error.field, *names} - {None}
    for field in form:
        if wanted & {field.short_name, getattr(field, "data_key", None)}:
            field.errors = [*field.errors, error.message]
            return []
    return [error.message]


class MomentField(DateTimeLocalField):
    """A date and time typed in the company's time zone; the value is an aware UTC datetime."""

    data: dt.datetime | None

    def __init__(self, label: str | None = None, validators: Any = None, **kwargs: Any) -> None:
        kwargs.setdefault("format", ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"])
        super().__init__(label, validators, **kwargs)

    def _value(self) -> str:
        if self.raw_data:
            return " ".join(self.raw_data)
        return self.data.astimezone(_zone()).strftime("%Y-%m-%dT%H:%M") if self.data else ""

    def process_formdata(self, valuelist: Any) -> None:
        """What was typed, as an aware moment."""
        super().process_formdata(valuelist)
        if self.data is not None and FIRST_YEAR <= self.data.year <= LAST_YEAR:
            self.data = self.data.replace(tzinfo=_zone()).astimezone(dt.UTC)


def _zone() -> dt.tzinfo:
    from flask import g

    return g.ctx.tz if g.get("ctx") else dt.UTC
