"""Columns → form fields: native date inputs, exact decimals, records of this company, choices with labels."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask_admin.contrib.sqla.form import AdminModelConverter
from flask_admin.model.form import converts
from wtforms import DateField, DecimalField, TimeField, validators

from core.admin.fields import AjaxRecordField, ChoiceField, RecordField
from core.admin.loaders import CompanyAjaxLoader
from core.admin.words import in_words
from core.db import Base
from core.i18n import _
from core.web.forms import MomentField

_SAYS_WHETHER_REQUIRED = (validators.Optional, validators.InputRequired, validators.DataRequired)


def strip(value: Any) -> Any:
    """Without blanks around it, when it is a text."""
    return value.strip() if isinstance(value, str) else value


class CompanyModelConverter(AdminModelConverter):
    """Makes the fields of a ``CompanyModelView``'s forms. Labels and descriptions stay message ids."""

    def _get_label(self, name: str, field_args: Any) -> str:
        return field_args.get("label") or self.view.column_labels.get(name) or in_words(name)

    def convert(self, model: Any, mapper: Any, name: str, prop: Any, field_args: Any, hidden_pk: bool) -> Any:
        """The field of one attribute; None for what is not edited in a form."""
        if hasattr(prop, "direction"):
            return self._record_field(prop.key, local_key(prop), prop.mapper.class_, field_args)
        column = prop.columns[0] if getattr(prop, "columns", None) else None
        if column is not None and column.info.get("owned_ref"):
            if prop.key not in (self.view.form_columns or ()):
                return None
            return self._record_field(prop.key, column, class_of(column.info["owned_ref"]), field_args)
        choices = (self.view.column_choices or {}).get(prop.key)
        if choices and column is not None:
            args = self._common(prop.key, bool(column.nullable) or column.default is not None, field_args)
            default = column.default.arg if column.default is not None and column.default.is_scalar else None
            return ChoiceField(choices=choices, allow_blank=column.nullable, default=default, **args)
        return super().convert(model, mapper, name, prop, field_args, hidden_pk)

    def _record_field(self, key: str, column: sa.Column | None, target: type, field_args: Any) -> Any:
        """A drop-down, or a look-up by typing where the view names the columns to search (``form_ajax_refs``)."""
        if column is None or key not in (self.view.form_columns or ()):
            return None
        args = self._common(key, bool(column.nullable), field_args)
        loader: Any = self.view._form_ajax_refs.get(key)
        kind = AjaxRecordField if loader else RecordField
        loader = loader or CompanyAjaxLoader(key, target, [first_text(target)], label=self.view.record_label)
        return kind(loader=loader, data_key=column.key, allow_blank=bool(column.nullable), **args)

    def _common(self, key: str, optional: bool, field_args: Any) -> dict:
        given = dict(field_args or {})
        checks = list(given.pop("validators", None) or [])
        if not any(isinstance(v, _SAYS_WHETHER_REQUIRED) for v in checks):
            checks.append(validators.Optional() if optional else validators.InputRequired())
        given.setdefault("description", self._get_description(key, given) or "")
        return {**given, "label": self._get_label(key, given), "validators": checks}

    @classmethod
    def _string_common(cls, column: Any, field_args: Any, **extra: Any) -> None:
        field_args["filters"] = [strip, *field_args.get("filters", [])]
        super()._string_common(column=column, field_args=field_args, **extra)

    @converts("Date")
    def convert_date(self, field_args: Any, **extra: Any) -> Any:
        """The browser's own date input."""
        return DateField(**field_args)

    @converts("Time")
    def convert_time(self, field_args: Any, **extra: Any) -> Any:
        """The browser's own time input."""
        return TimeField(**field_args)

    @converts("core.db.UtcDateTime", "DateTime")
    def convert_moment(self, field_args: Any, **extra: Any) -> Any:
        """The browser's own input, in the company's time zone."""
        return MomentField(**field_args)

    @converts("core.db.Money")
    def convert_money(self, field_args: Any, **extra: Any) -> Any:
        """Exact, with as many decimals as were typed."""
        return DecimalField(places=None, **{**field_args, "validators": [*field_args["validators"], Decimals(4)]})

    @converts("core.db.Quantity")
    def convert_quantity(self, field_args: Any, **extra: Any) -> Any:
        """Exact, with as many decimals as were typed."""
        return DecimalField(places=None, **{**field_args, "validators": [*field_args["validators"], Decimals(6)]})


class Decimals:
    """At most so many digits after the point, and a number that the database can hold."""

    def __init__(self, places: int):
        self.places = places

    def __call__(self, form: Any, field: Any) -> None:
        value = field.data
        if value is None:
            return
        if not value.is_finite() or abs(value) >= 10**11:
            raise validators.ValidationError(_("A number is needed, like 12.50."))
        if value != round(value, self.places):
            raise validators.ValidationError(_("At most {n} decimals fit here.", n=self.places))


def local_key(prop: Any) -> sa.Column | None:
    """The column that a many-to-one relationship follows; None for others."""
    if prop.direction.name != "MANYTOONE":
        return None
    candidates = [c for c in prop.local_columns if c.key != "company_id"]
    return candidates[0] if len(candidates) == 1 else None


def class_of(table: str) -> type:
    """The mapped class of a table."""
    return next(m.class_ for m in Base.registry.mappers if getattr(m.local_table, "name", None) == table)


def first_text(model: type) -> str:
    """The column by which records are listed in a drop-down: its name, code or number, or the first text."""
    mapper: Any = sa.inspect(model)
    columns = {a.key: a.columns[0] for a in mapper.column_attrs}
    for name in ("name", "title", "number", "code"):
        if name in columns:
            return name
    return next((k for k, c in columns.items() if isinstance(c.type, sa.String)), "id")
