"""What pages with forms have in common: what was typed is never lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request

from core.api import DomainError, _
from core.web_api import current_ctx, flash_done, flash_error


def typed() -> Any:
    """What this request sends, where it sends a form."""
    return request.form if request.method == "POST" else None


def edit_page(form: Any, save: Callable[[], Any], template: str, back: Callable[[Any], str], **shown: Any):
    """A form on a page of its own: shown, sent, shown again with what was typed."""
    extra: list[str] = []
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                saved = save()
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                extra, status = form.refuse(error), error.status
            else:
                flash_done(_("Saved"))
                return redirect(back(saved))
    return render_template(template, form=form, extra=extra, **shown), status


def act(do: Callable[[], Any], done: str, back: str):
    """Carry something out that a button asks for, and go back; what is refused is told there."""
    try:
        do()
    except DomainError as error:
        if error.status in (403, 404):
            raise
        flash_error(error)
    else:
        flash_done(done)
    return redirect(back)


def act_in_form(
    form: Any, do: Callable[[], Any], done: str | Callable[[], str], back: str, page: Callable[[list[str], int], Any]
):
    """Carry out what a form on the page of a record asks for; what is refused comes back with what was typed.

    ``page(extra, status)`` draws the page with the form as it was sent. ``done`` is told afterwards.
    """
    if not form.validate():
        return page([], 422)
    try:
        do()
    except DomainError as error:
        if error.status in (403, 404):
            raise
        current_ctx().session.expire_all()
        if error.code == "stale" and "version" in form:
            form.version.raw_data, form.version.data = None, error.details["current"]["version"]
        return page(form.refuse(error), error.status)
    flash_done(done if isinstance(done, str) else done())
    return redirect(back)


def first_line(words: str, rest: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Choices with a first line that means none."""
    return [(0, words), *rest]
