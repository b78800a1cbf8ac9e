"""What every template knows: translation, dates and durations in words, and this request's circumstances."""

from __future__ import annotations

import datetime as dt

from flask import Flask, g

from core.i18n import _, get_locale, label, n_
from core.web import ui


def init_app(app: Flask) -> None:
    """Give templates ``_``, ``n_``, ``label``, ``ctx``, ``locale`` and the date filters."""
    app.jinja_env.globals.update(_=_, gettext=_, n_=n_, label=label, get_locale=get_locale)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True

    @app.context_processor
    def circumstances() -> dict:
        return {"ctx": g.get("ctx"), "locale": get_locale(), "lang_tag": "zh-CN" if get_locale() == "zh" else "en"}

    ui.init_ui(app, formats)


def formats() -> ui.Formats:
    """The language of the moment, and the company's time zone and currency (UTC outside a company)."""
    ctx = g.get("ctx")
    now = g.get("now") or dt.datetime.now(dt.UTC)
    if ctx is None:
        return ui.Formats(get_locale(), dt.UTC, now)
    return ui.Formats(get_locale(), ctx.tz, now, ctx.company.currency)
