"""Look-ups of other records for forms and filters. They go through the company's session and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from flask_admin.model.ajax import AjaxModelLoader

from core.web.current import current_ctx, record_id

MOST_OFFERED = 50
"""How many records one look-up answers at most."""

_LONGEST_TERM = 100


class CompanyAjaxLoader(AjaxModelLoader):
    """Finds records of one class, of this company only, for those who may see them.

    ``fields`` are the columns searched (their text contains the term). ``permission`` is needed to look anything up;
    without it the permission of the page that asks is enough. ``narrow`` takes and answers a ``select`` of the class:
    what else may be chosen. ``label`` words one record.
    """

    def __init__(
        self, name: str, model: type, fields: Sequence[str], *, permission: str | None = None,
        narrow: Callable[[sa.Select], sa.Select] | None = None, label: Callable[[Any], str] = str,
        placeholder: str = "", minimum_input_length: int = 0,
    ):
        super().__init__(name, {"placeholder": placeholder, "minimum_input_length": minimum_input_length})
        self.model: Any = model
        self.columns = [getattr(model, field) for field in fields]
        self.permission = permission
        self.narrow = narrow
        self.label = label

    def select(self) -> sa.Select:
        """The records that may be chosen."""
        query: sa.Select = sa.select(self.model)
        return self.narrow(query) if self.narrow else query

    def get_one(self, pk: Any) -> Any:
        """The record with this id, if it may be chosen here; None otherwise. Asks the database, never a cache."""
        number = record_id(pk)
        if number is None:
            return None
        return self._session().scalar(self.select().where(self.model.id == number))

    def get_list(self, term: str | None, offset: int | None = 0, limit: int | None = MOST_OFFERED) -> list:
        """The records whose searched columns contain ``term``, in the order of the first of them."""
        term = (term or "").replace("\0", "").strip()[:_LONGEST_TERM]
        query = self.select()
        if term:
            query = query.where(sa.or_(*(c.icontains(term, autoescape=True) for c in self.columns)))
        query = query.order_by(self.columns[0], self.model.id)
        start = min(max(offset or 0, 0), 10_000)
        return list(self._session().scalars(query.offset(start).limit(min(max(limit or 1, 1), MOST_OFFERED))))

    def choices(self, most: int) -> list[tuple[int, str]]:
        """Id and label of the first ``most`` records, for a plain drop-down."""
        query = self.select().order_by(self.columns[0], self.model.id).limit(most)
        return [(row.id, self.label(row)) for row in self._session().scalars(query)]

    def format(self, model: Any) -> tuple[Any, str] | None:
        """Id and label of a record, or of the record with that id; None for none."""
        if isinstance(model, int):
            model = current_ctx().session.scalar(sa.select(self.model).where(self.model.id == model))
        return (model.id, self.label(model)) if model is not None else None

    def _session(self) -> Any:
        ctx = current_ctx()
        if self.permission:
            ctx.require(self.permission)
        return ctx.session
