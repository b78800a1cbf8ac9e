"""A record's values as lists, pages and exports show them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask import current_app, url_for
from markupsafe import Markup

from core.context import Ctx
from core.i18n import _, label
from core.web.ui import date_words, moment, money_words, number_words, yes_no


def value_of(record: Any, name: str) -> Any:
    """An attribute, or through relationships (``category.name``); None where a relationship leads nowhere."""
    value = record
    for part in name.split("."):
        if value is None:
            return None
        value = getattr(value, part)
    return value


def shown(ctx: Ctx, value: Any, *, money: bool = False) -> Any:
    """A value in words: moments in the company's time, money in its currency, bilingual labels, yes or no."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return yes_no(value)
    if isinstance(value, dt.datetime):
        exact = value.astimezone(ctx.tz).strftime("%Y-%m-%d %H:%M:%S")
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            value.isoformat(), exact, moment(value, ctx.now, ctx.tz)
        )
    if isinstance(value, dt.date):
        return date_words(value)
    if isinstance(value, Decimal):
        return money_words(value, ctx.company.currency) if money else number_words(_plainly(value))
    if isinstance(value, dict):
        return label(value) if set(value) <= {"en", "zh"} else _(", ").join(f"{k}: {v}" for k, v in value.items())
    if isinstance(value, (list, tuple, set)):
        return _(", ").join(str(shown(ctx, item)) for item in value)
    if isinstance(value, sa.orm.DeclarativeBase):
        return record_link(ctx, value)
    return value


def exported(ctx: Ctx, value: Any) -> str:
    """A value as text for a spreadsheet: full dates, exact numbers, no markup, and nothing that runs as a formula."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.astimezone(ctx.tz).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, Decimal):
        return format(_plainly(value), "f")
    if isinstance(value, (int, dt.date)):
        return str(value)
    if isinstance(value, sa.orm.DeclarativeBase):
        value = record_words(ctx, value)
    elif isinstance(value, (dict, list, tuple, set)):
        value = shown(ctx, value)
    text = Markup(value).striptags() if isinstance(value, Markup) else str(value)
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@") else text


def record_words(ctx: Ctx, record: Any) -> str:
    """What people call a record: by its registered kind, else by itself."""
    for kind in ctx.registry.kinds.values():
        if kind.model is type(record):
            return kind.number(record)
    return str(record)


def record_link(ctx: Ctx, record: Any) -> str:
    """A record's name, linked to its page where there is one and this person may see it."""
    model: type = type(record)
    for kind in ctx.registry.kinds.values():
        if kind.model is model:
            words = kind.number(record)
            if kind.endpoint in current_app.view_functions and _may_see(ctx, kind):
                url = url_for(kind.endpoint, record_id=record.id)
                return Markup('<a href="{}">{}</a>').format(url, words)
            return words
    return str(record)


def opening_link(url: str, value: Any) -> Markup:
    """A value that leads to its record; Enter on the row follows it. What holds a link already stays as it is."""
    if isinstance(value, Markup) and "<a " in value:
        return value
    return Markup('<a href="{}" data-open>{}</a>').format(url, value if value not in (None, "") else "–")


def _may_see(ctx: Ctx, kind: Any) -> bool:
    owner = ctx.registry.owner_of("kinds", kind.kind)
    return (owner == "core" or owner in ctx.enabled) and (not kind.view or ctx.can(kind.view))


def _plainly(value: Decimal) -> Decimal:
    """Without trailing zeros, and without an exponent."""
    short = value.normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short
