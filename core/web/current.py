"""This request's circumstances, for views."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from flask import current_app, flash, g, request, url_for

from core.context import Ctx
from core.errors import DomainError, NotFound
from core.i18n import _
from core.paging import KeyPage, Pager

CURSOR = "cursor"
"""The query argument that carries the place in a list."""

_LARGEST_ID = 2**63 - 1
FIRST_YEAR, LAST_YEAR = 1900, 2999
"""Days beyond are typing errors: nothing can be counted on from the last day of the calendar."""


_acting: ContextVar[Ctx | None] = ContextVar("acting", default=None)


@contextmanager
def acting(ctx: Ctx) -> Iterator[None]:
    """Within, ``current_ctx`` answers ``ctx``: for what was written for a request and is carried out by the worker."""
    token = _acting.set(ctx)
    try:
        yield
    finally:
        _acting.reset(token)


def current_ctx() -> Ctx:
    """Who asks, for which company, when: the first argument of every service. NotFound outside a company."""
    ctx = _acting.get() or g.get("ctx")
    if ctx is None:
        words = _("There is no such page, or it is not meant for you. Check the address, or search.")
        raise NotFound("no_company", words)
    return ctx


def flash_error(error: DomainError) -> None:
    """Say on the next page what went wrong."""
    flash(error.message, "bad")


def flash_done(message: str) -> None:
    """Say on the next page what was done."""
    flash(message, "ok")


def record_id(text: object) -> int | None:
    """An id out of an address or a form; None when it can't be one."""
    try:
        number = int(str(text))
    except ValueError:
        return None
    return number if 0 < number <= _LARGEST_ID else None


def day_of(text: object) -> dt.date | None:
    """A day out of an address or a form; None when it can't be one."""
    try:
        day = dt.date.fromisoformat(str(text or "").strip())
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def has_endpoint(name: str) -> bool:
    """Whether this installation has a page of that name (a plugin may be left out)."""
    return name in current_app.view_functions


def cursor_argument() -> str | None:
    """Where in the list this request wants to be."""
    return request.args.get(CURSOR)


def pager_of(page: KeyPage) -> Pager:
    """Previous and next of a list in an ordinary view: this very address with another place in the list."""
    kept = {name: values for name, values in request.args.lists() if name != CURSOR and not name.startswith("_")}
    here = {**(request.view_args or {}), **kept}

    def address(cursor: str) -> str:
        return url_for(request.endpoint or "", **{**here, CURSOR: cursor})

    return page.pager(address)
