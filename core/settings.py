"""Settings: declared with a type and a default by core and plugins, given a value per company."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa

from core.auth.models import User
from core.calendars import Limit
from core.companies.models import Membership, OrgUnit, Role, Setting
from core.context import Ctx
from core.db import plain, transaction
from core.errors import Invalid, NotFound
from core.events import emit
from core.i18n import LOCALES, N_, _, both, label, use_locale
from core.registry import SettingDef
from core.standing import standing

TYPES = (
    "str", "text", "int", "decimal", "bool", "choice", "choices", "duration", "money", "role", "unit", "calendar",
    "person", "email", "emails",
)  # fmt: skip
"""What a setting may be. ``choices`` are several of the choices (a list), ``duration`` a ``Limit``, ``money`` an amount
in the company's currency, ``role``, ``unit`` and ``calendar`` codes, ``person`` an account's id, ``emails`` a list."""

_EMAIL = re.compile(r"^[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+$")
_NO = ("0", "false", "no", "off", "")


def get_setting(ctx: Ctx, key: str) -> Any:
    """The company's value of a declared setting, or its default. All of a company's values are read once per Ctx."""
    definition = ctx.registry.settings.get(key)
    if definition is None:
        raise LookupError(f"setting {key!r} is not declared by any plugin")
    values = standing(ctx, "settings")
    return _typed(definition.type, values.get(key, definition.default))


def is_set(ctx: Ctx, key: str) -> bool:
    """Whether the company has given a setting a value of its own."""
    return key in standing(ctx, "settings")


def _typed(kind: str, value: Any) -> Any:
    if value in (None, ""):
        return [] if kind in ("choices", "emails") else value
    if kind in ("decimal", "money"):
        return Decimal(value)
    if kind == "duration" and not isinstance(value, Limit):
        amount, _space, unit = str(value).partition(" ")
        return Limit(Decimal(amount), unit)
    if kind in ("choices", "emails"):
        return _parts(value)
    return value


UNIT_WORDS = {
    "working_hours": N_("working hours"),
    "working_days": N_("working days"),
    "elapsed_minutes": N_("minutes"),
    "elapsed_hours": N_("hours"),
    "calendar_days": N_("calendar days"),
    "calendar_months": N_("months"),
}
"""What a length of time is counted in."""


def setting_words(ctx: Ctx, definition: SettingDef, value: Any) -> str:
    """A value as people read it, in the language of the moment; empty for no value."""
    value = _typed(definition.type, value)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if definition.type in ("choice", "choices"):
        chosen = [value] if isinstance(value, str) else value or []
        words = dict(definition.choices)
        return _(", ").join(_(words[v]) if v in words else str(v) for v in chosen)
    if definition.type == "duration" and value:
        amount, _space, unit = setting_text(value).partition(" ")
        return f"{amount} {_(UNIT_WORDS.get(unit, unit))}"
    if definition.type in _NAMED and value not in (None, ""):
        return _NAMED[definition.type](ctx, value) or str(value)
    return setting_text(value)


def _name_of(model: Any) -> Callable[[Ctx, Any], str]:
    return lambda ctx, code: label(ctx.session.scalar(sa.select(model.name).where(model.code == code)))


_NAMED: dict[str, Callable[[Ctx, Any], str]] = {
    "role": _name_of(Role),
    "unit": _name_of(OrgUnit),
    "person": lambda ctx, user_id: ctx.session.scalar(sa.select(User.name).where(User.id == user_id)) or "",
}
"""Types whose value is an id or a code of something that has a name."""


def _on_record(ctx: Ctx, definition: SettingDef, value: Any) -> Any:
    """A value in both languages, as an event keeps it; a plain text where they agree."""
    told = {}
    for locale in LOCALES:
        with use_locale(locale):
            told[locale] = setting_words(ctx, definition, value) or _("empty")
    return told if len(set(told.values())) > 1 else told["en"]


def setting_text(value: Any) -> str:
    """A value as its field sends it, and as it is kept on record."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Limit):
        return f"{plain(value.amount)} {value.unit}"
    if isinstance(value, Decimal):
        return plain(value)
    return ", ".join(str(v) for v in value) if isinstance(value, (list, tuple)) else str(value)


def parse_setting(ctx: Ctx, key: str, text: Any) -> Any:
    """What was entered for a setting, as its type. Raises Invalid with the field's name when it does not fit."""
    definition = ctx.registry.settings.get(key)
    if definition is None:
        raise NotFound("unknown_setting", _("There is no setting called “{key}”.", key=key))
    value = _PARSERS[definition.type](ctx, definition, text)
    if value is None or isinstance(value, (str, list, bool, Limit)):
        return value
    if definition.minimum is not None and value < definition.minimum:
        raise Invalid("too_small", _("It must be at least {minimum}.", minimum=definition.minimum), key)
    if definition.maximum is not None and value > definition.maximum:
        raise Invalid("too_large", _("It may be {maximum} at most.", maximum=definition.maximum), key)
    return value


_LARGEST = 10**12


def _number(make: Callable[[str], Any]):
    def parse(ctx: Ctx, definition: SettingDef, text: Any) -> Any:
        entered = str(text if text is not None else "").strip()
        if not entered and definition.default is None:
            return None
        try:
            value = make(entered)
        except (ValueError, InvalidOperation):
            value = None
        if value is None or not Decimal(value).is_finite() or not -_LARGEST < value < _LARGEST:
            raise Invalid("bad_number", _("“{text}” is not a number. Write it like 12.", text=text), definition.key)
        return value

    return parse


def _money(ctx: Ctx, definition: SettingDef, text: Any) -> Decimal | None:
    value = _number(Decimal)(ctx, definition, text)
    if value is not None and value != round(value, 4):
        raise Invalid("bad_number", _("An amount has four decimals at most."), definition.key)
    return value


def _words(_ctx: Ctx, _definition: SettingDef, text: Any) -> str:
    return str(text if text is not None else "").strip()


def _truth(_ctx: Ctx, _definition: SettingDef, text: Any) -> bool:
    return text if isinstance(text, bool) else str(text).strip().lower() not in _NO


def _choice(_ctx: Ctx, definition: SettingDef, text: Any) -> str:
    value = str(text).strip()
    if value not in {v for v, _label in definition.choices}:
        raise Invalid("bad_choice", _("“{text}” is not one of the choices.", text=value), definition.key)
    return value


def _parts(text: Any) -> list[str]:
    given = text if isinstance(text, (list, tuple)) else re.split(r"[,;，；\s]+", str(text or ""))
    return list(dict.fromkeys(str(part).strip() for part in given if str(part).strip()))


def _choices(ctx: Ctx, definition: SettingDef, text: Any) -> list[str]:
    chosen = {_choice(ctx, definition, part) for part in _parts(text)}
    return [value for value, _label in definition.choices if value in chosen]


def _emails(_ctx: Ctx, definition: SettingDef, text: Any) -> list[str]:
    found = _parts(text)
    for address in found:
        if not _EMAIL.match(address) or len(address) > 254:
            raise Invalid("bad_email", _("“{text}” is not an e-mail address.", text=address), definition.key)
    return found


def _email(ctx: Ctx, definition: SettingDef, text: Any) -> str:
    found = _emails(ctx, definition, text)
    if len(found) > 1:
        raise Invalid("bad_email", _("Give one address."), definition.key)
    return found[0] if found else ""


def _duration(_ctx: Ctx, definition: SettingDef, text: Any) -> Limit | None:
    if isinstance(text, Limit):
        return text
    amount, _space, unit = str(text or "").strip().partition(" ")
    if not amount:
        if definition.default is None:
            return None
        raise Invalid("bad_number", _("Give a number and a unit."), definition.key)
    try:
        return Limit(Decimal(amount), unit.strip())
    except InvalidOperation:
        words = _("“{text}” is not a number. Write it like 12.", text=amount)
        raise Invalid("bad_number", words, definition.key) from None
    except Invalid as error:
        raise Invalid(error.code, error.message, definition.key) from None


def _known(exists: Callable[[Ctx, str], bool]):
    """A code of this company, or nothing."""

    def parse(ctx: Ctx, definition: SettingDef, text: Any) -> str:
        value = str(text or "").strip()
        if value and not exists(ctx, value):
            raise Invalid("bad_choice", _("“{text}” is not one of the choices.", text=value), definition.key)
        return value

    return parse


def _has(column) -> Callable[[Ctx, str], bool]:
    return lambda ctx, code: ctx.session.scalar(sa.select(column).where(column == code).limit(1)) is not None


def _person(ctx: Ctx, definition: SettingDef, text: Any) -> int | None:
    entered = str(text or "").strip()
    if not entered:
        return None
    query = sa.select(Membership.user_id).where(Membership.active.is_(True))
    if not (entered.isascii() and entered.isdigit() and len(entered) < 19) or int(entered) not in set(
        ctx.session.scalars(query)
    ):
        raise Invalid("bad_choice", _("“{text}” is not one of the choices.", text=entered), definition.key)
    return int(entered)


_PARSERS: dict[str, Callable[[Ctx, SettingDef, Any], Any]] = {
    "str": _words,
    "text": _words,
    "int": _number(int),
    "decimal": _number(Decimal),
    "bool": _truth,
    "choice": _choice,
    "choices": _choices,
    "duration": _duration,
    "money": _money,
    "role": _known(_has(Role.code)),
    "unit": _known(_has(OrgUnit.code)),
    "calendar": _known(lambda ctx, code: code in standing(ctx, "calendars")),
    "person": _person,
    "email": _email,
    "emails": _emails,
}


def set_setting(ctx: Ctx, key: str, value: Any) -> None:
    """Give a setting a value for this company. Needs ``core.settings.edit``; the change is on record."""
    ctx.require("core.settings.edit")
    value = parse_setting(ctx, key, value)
    with transaction(ctx):
        definition = ctx.registry.settings[key]
        before = _on_record(ctx, definition, get_setting(ctx, key))
        row = ctx.session.scalar(sa.select(Setting).where(Setting.key == key))
        if row is None:
            row = Setting(key=key)
            ctx.session.add(row)
        row.value = {"value": setting_text(value) if isinstance(value, Limit) else plain(value)}
        ctx.session.flush()
        ctx.memo.pop("settings", None)
        after = _on_record(ctx, definition, value)
        emit(ctx, "core.setting_saved", key=key, before=before, after=after, label=both(definition.label))


def reset_setting(ctx: Ctx, key: str) -> None:
    """Take the company's own value away: the default counts again, also when a later release changes it."""
    ctx.require("core.settings.edit")
    if key not in ctx.registry.settings:
        raise NotFound("unknown_setting", _("There is no setting called “{key}”.", key=key))
    with transaction(ctx):
        row = ctx.session.scalar(sa.select(Setting).where(Setting.key == key))
        if row is None:
            return
        definition = ctx.registry.settings[key]
        before = _on_record(ctx, definition, get_setting(ctx, key))
        ctx.session.delete(row)
        ctx.session.flush()
        ctx.memo.pop("settings", None)
        after = _on_record(ctx, definition, get_setting(ctx, key))
        emit(ctx, "core.setting_reset", key=key, before=before, after=after, label=both(definition.label))
