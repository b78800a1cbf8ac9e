"""What every template knows: translation, dates and durations in words, and this request's circumstances."""

from __future__ import annotations

import datetime as dt

from flask import Flask, g

from core.i18n import _, get_locale, label, n_


def init_app(app: Flask) -> None:
    """Give templates ``_``, ``n_``, ``label``, ``ctx``, ``locale`` and the date filters."""
    app.jinja_env.globals.update(_=_, gettext=_, n_=n_, label=label, get_locale=get_locale)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True

    @app.context_processor
    def circumstances() -> dict:
        return {"ctx": g.get("ctx"), "locale": get_locale(), "lang_tag": "zh-CN" if get_locale() == "zh" else "en"}

    @app.template_filter("moment")
    def moment(value: dt.datetime | None) -> str:
        from core.web import ui

        return ui.moment(value, g.now, g.ctx.tz if g.get("ctx") else dt.UTC) if value else ""

    @app.template_filter("day")
    def day(value: dt.date | None) -> str:
        return value.isoformat() if value else ""
