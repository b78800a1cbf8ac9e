"""Errors as pages: one place where a DomainError, a wrong address or a crash becomes something a person can act on."""

from __future__ import annotations

import structlog
from flask import Flask, flash, g, jsonify, redirect, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError, StatementError
from werkzeug.exceptions import HTTPException

from core.db import in_words
from core.errors import DomainError
from core.i18n import _
from core.web import shell

log = structlog.get_logger("sanbao.web")


def wants_json() -> bool:
    """Whether the caller is a program: it sent or asks for JSON."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return request.is_json or (best == "application/json" and not request.accept_mimetypes["text/html"])


def init_app(app: Flask) -> None:
    """Register the handlers."""

    @app.errorhandler(DomainError)
    def domain_error(error: DomainError):
        current = error.details.get("current")
        return page(error.status, error.message, code=error.code, field=error.field, current=current)

    @app.errorhandler(CSRFError)
    def csrf(_error):
        return page(
            400,
            _("The form had been open too long, or came from elsewhere. Go back, reload the page and send it again."),
            code="csrf",
        )

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException):
        if error.code is not None and error.code < 400:
            return error
        return page(error.code or 500, WORDS().get(error.code or 500, error.description or ""), code="http")

    @app.errorhandler(OperationalError)
    def busy(error: OperationalError):
        log.exception("database", reference=g.get("request_id"))
        return page(
            503, _("The database did not answer in time. Nothing was changed; try again in a moment."), code="database"
        )

    @app.errorhandler(StatementError)
    @app.errorhandler(OverflowError)
    def refused_by_the_database(error: Exception):
        told = in_words(error)
        if told is None:
            return crash(error)
        log.warning("constraint", reference=g.get("request_id"), exc_info=True)
        if g.get("ctx"):
            g.ctx.session.rollback()
        return domain_error(told)

    @app.errorhandler(Exception)
    def crash(error: Exception):
        if app.config.get("PROPAGATE_EXCEPTIONS"):
            raise error
        log.exception("crash", reference=g.get("request_id"))
        return page(500, WORDS()[500], code="crash")


def WORDS() -> dict[int, str]:  # noqa: N802 - a table of words in the language of the moment
    """What is said for an HTTP status that nobody worded better."""
    return {
        400: _("The request could not be understood. Go back and try again."),
        403: _("You may not do this here."),
        404: _("There is no such page, or it is not meant for you. Check the address, or search."),
        405: _("This address does not take that kind of request."),
        413: _("The file is too large. It may be 32 MB at most."),
        429: _("Too many attempts. Wait a minute, then try again."),
        500: _("Something went wrong on our side. Nothing was saved. Tell an administrator the reference below."),
    }


def page(status: int, message: str, *, code: str = "", field: str | None = None, current: dict | None = None):
    """An error as a page (or as JSON for a program), with a reference that can be quoted.

    ``current`` is the record as it stands now, for a program that came too late; what was sent goes back, too.
    """
    reference = g.get("request_id", "")
    if wants_json():
        answer = {"code": code, "message": message, "field": field, "reference": reference}
        if current is not None:
            answer |= {"current": current, "sent": request.get_json(silent=True) or request.form.to_dict()}
        return jsonify(answer), status
    g.shell = shell.build(g.get("ctx"), counts=False)  # a page that says what failed waits for no module
    template = f"errors/{status}.html" if status in (403, 404, 409, 429, 500) else "errors/other.html"
    return render_template(template, status=status, message=message, code=code, error_ref=reference), status


def say(error: DomainError, url: str):
    """Flash what went wrong and go back to ``url``: for small forms that keep nothing typed.

    What is not there for this person, or not allowed, has its own page.
    """
    if error.status in (403, 404):
        raise error
    flash(error.message, "bad")
    return redirect(url)
