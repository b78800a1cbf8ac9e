"""What pages with forms have in common: what was typed is never lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, request

from core.api import DomainError
from core.web_api import current_ctx, flash_done


def typed() -> Any:
    """What this request sends, where it sends a form."""
    return request.form if request.method == "POST" else None


def carry_out(
    form: Any, do: Callable[[], Any], done: str, back: Callable[[Any], str], page: Callable[[list[str], int], Any]
):
    """Do what a form asks for and go on to ``back(result)``; what is refused comes back with what was typed."""
    if not form.validate():
        return page([], 422)
    try:
        result = do()
    except DomainError as error:
        if error.status in (403, 404):
            raise
        current_ctx().session.expire_all()
        return page(form.refuse(error), error.status)
    flash_done(done)
    return redirect(back(result))
