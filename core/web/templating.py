"""What every template knows: translation, this request's circumstances, and how it words dates and money."""

from __future__ import annotations

import datetime as dt

from flask import Flask, g, has_request_context

from core.i18n import _, get_locale, label, n_
from core.web.ui import Formats, init_ui


def init_app(app: Flask) -> None:
    """Give templates ``_``, ``n_``, ``label``, ``ctx`` and the components of ``core.web.ui``."""
    app.jinja_env.globals.update(_=_, gettext=_, n_=n_, label=label, get_locale=get_locale)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    init_ui(app, formats)

    @app.context_processor
    def circumstances() -> dict:
        return {"ctx": g.get("ctx"), "locale": get_locale(), "company": g.get("company")}


def formats() -> Formats:
    """The language, time zone, moment and currency of this request."""
    if not has_request_context() or g.get("ctx") is None:
        return (
            Formats(locale=get_locale(), now=g.get("now") or dt.datetime.now(dt.UTC))
            if has_request_context()
            else Formats()
        )
    ctx = g.ctx
    return Formats(locale=get_locale(), tz=ctx.tz, now=ctx.now, currency=ctx.company.currency)
