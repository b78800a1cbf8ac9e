"""What is done to one row of a list, or to several selected ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_admin.model.template import TemplateLinkRowAction

from core.admin.words import Later
from core.i18n import N_
from core.web.current import current_ctx

MOST_AT_ONCE = 200
"""How many rows one bulk action takes: no list page shows more."""


def bulk_action(name: str, label: str, permission: str, *, confirm: str = "", done: str = "") -> Callable:
    """Marks a method ``(self, ctx, records)`` as an action on selected rows. The texts are message ids.

    It is offered to those with ``permission``; each row must pass ``row_can(ctx, row, name)``. It runs in one
    transaction: a DomainError undoes all of it. ``done`` is said afterwards, with ``{n}``.
    """

    def mark(method: Callable) -> Callable:
        method._action = (name, Later(label), Later(confirm) if confirm else None)  # type: ignore[attr-defined]
        method.sanbao_bulk = (permission, done or N_("Done for {n} records."))  # type: ignore[attr-defined]
        return method

    return mark


class RowAction(TemplateLinkRowAction):
    """A button in a row, shown only where ``row_can`` lets this person do it to this row."""

    def __init__(self, template_name: str, what: str, title: str):
        super().__init__(template_name, title)
        self.what = what

    def render(self, context: Any, row_id: Any, row: Any) -> Any:
        """The button, or nothing."""
        view = context["admin_view"]
        return super().render(context, row_id, row) if view.row_can(current_ctx(), row, self.what) else ""
