"""Settings: declared with a type and a default by core and plugins, given a value per company."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa

from core.companies.models import Setting
from core.context import Ctx
from core.db import plain, transaction
from core.errors import Invalid, NotFound
from core.events import emit
from core.i18n import _
from core.standing import standing


def get_setting(ctx: Ctx, key: str) -> Any:
    """The company's value of a declared setting, or its default. All of a company's values are read once per Ctx."""
    definition = ctx.registry.settings.get(key)
    if definition is None:
        raise LookupError(f"setting {key!r} is not declared by any plugin")
    values = standing(ctx, "settings")
    return _typed(definition.type, values[key]) if key in values else definition.default


def _typed(kind: str, value: Any) -> Any:
    return Decimal(value) if kind == "decimal" and value is not None else value


def parse_setting(ctx: Ctx, key: str, text: Any) -> Any:
    """What was entered for a setting, as its type. Raises Invalid with the field's name when it does not fit."""
    definition = ctx.registry.settings.get(key)
    if definition is None:
        raise NotFound("unknown_setting", _("There is no setting called “{key}”.", key=key))
    try:
        if definition.type == "int":
            value: Any = int(str(text).strip())
        elif definition.type == "decimal":
            value = Decimal(str(text).strip())
        elif definition.type == "bool":
            value = text if isinstance(text, bool) else str(text).strip().lower() in ("1", "true", "yes", "on")
        else:
            value = str(text).strip()
    except (ValueError, InvalidOperation):
        raise Invalid("bad_number", _("“{text}” is not a number. Write it like 12.", text=text), key) from None
    if definition.type == "choice" and value not in {v for v, _label in definition.choices}:
        raise Invalid("bad_choice", _("“{text}” is not one of the choices.", text=value), key)
    if definition.minimum is not None and value < definition.minimum:
        raise Invalid("too_small", _("It must be at least {minimum}.", minimum=definition.minimum), key)
    if definition.maximum is not None and value > definition.maximum:
        raise Invalid("too_large", _("It may be {maximum} at most.", maximum=definition.maximum), key)
    return value


def set_setting(ctx: Ctx, key: str, value: Any) -> None:
    """Give a setting a value for this company. Needs ``core.settings.edit``; the change is on record."""
    ctx.require("core.settings.edit")
    value = parse_setting(ctx, key, value)
    with transaction(ctx):
        row = ctx.session.scalar(sa.select(Setting).where(Setting.key == key))
        if row is None:
            row = Setting(key=key)
            ctx.session.add(row)
        row.value = {"value": plain(value)}
        ctx.session.flush()
        ctx.memo.pop("settings", None)
        emit(ctx, "core.setting_saved", key=key)
