"""What is pointed to is not deleted: by whatever service or page, with words that name what points to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from core.context import Ctx
from core.db import Base, transaction
from core.errors import Conflict
from core.i18n import LOCALES, use_locale
from core.references import Pointer, pointers_to, pointers_to_table
from core.registry import RecordKind, Registry
from core.testing_suite.base import SuiteBase, nothing
from core.testing_suite.house import House
from core.testing_suite.walking import Route, call, company_routes


class ReferSuite(SuiteBase):
    """What points is read off the tables, so a new column with ``owned_ref`` or ``record_ref`` is tried by itself."""

    def test_no_row_is_deleted_while_another_one_points_to_it(self, house: House, registry: Registry):
        wrong = []
        for table, pointer, record_id in self._pointed_to(house, registry):
            model: Any = next(m.class_ for m in Base.registry.mappers if m.local_table is table)
            ctx = house.office().system()
            with use_locale("en"), pytest.raises(Conflict) as refused:
                _delete(ctx, ctx.session.get_one(model, record_id))
            if refused.value.code != "referenced" or not _names(pointer, registry, refused.value.message):
                wrong.append(f"{table.name} while {pointer.table}.{pointer.column} points: {refused.value.message}")
        nothing(wrong)

    def _pointed_to(self, house: House, registry: Registry) -> Iterator[tuple[sa.Table, Pointer, int]]:
        """Each column that points to a table of the plugin, with a row of the demonstration that it points to."""
        north = house.company_id("north")
        for table in house.tables_of(self.plugin):
            for pointer in pointers_to_table(registry, table.name):
                column = Base.metadata.tables[pointer.table].c
                query = sa.select(sa.func.min(column[pointer.column])).where(column.company_id == north)
                with house.engine.connect() as connection:
                    found = connection.scalar(query)
                if found is not None:
                    yield table, pointer, found

    def test_pages_refuse_to_delete_what_is_pointed_to_and_name_what_points(self, house: House, registry: Registry):
        """Each column of any module that may point to such a record is made to point to one for a moment."""
        views = house.app.extensions["sanbao"]["admin_views"]
        wrong = []
        for route in company_routes(house.app, self.plugin):
            view = views.get(route.endpoint.partition(".")[0])
            if route.tail != "delete_view" or route.method != "POST" or getattr(view, "delete_with", None) is None:
                continue
            kind = next((k for k in registry.kinds.values() if k.model is view.model), None)
            if kind is None:
                wrong.append(f"{view.model.__name__} is deleted on a page: declare it as a record kind")
                continue
            parts = {part.__tablename__ for part in kind.parts}  # type: ignore[attr-defined]
            for pointer in pointers_to(registry, kind.kind):
                if not pointer.of_the_core and pointer.table not in parts:
                    wrong += self._refused(house, registry, route, kind, pointer)
        nothing(wrong)

    @staticmethod
    def _pointing_row(house: House, table: sa.Table, pointer: Pointer) -> int | None:
        """The newest row whose column is filled already, so that the table's conditions stay met; else the newest."""
        filled = (table.c.company_id == house.company_id("north"), table.c[pointer.column].is_not(None))
        with house.engine.connect() as connection:
            found = connection.scalar(sa.select(sa.func.max(table.c.id)).where(*filled))
        return found or max(house.ids(table), default=None)

    def _refused(
        self, house: House, registry: Registry, route: Route, kind: RecordKind, pointer: Pointer
    ) -> Iterator[str]:
        """What is wrong when a record is deleted to which ``pointer`` points."""
        table, target = Base.metadata.tables[pointer.table], kind.model.__table__  # type: ignore[attr-defined]
        record_id, row_id = house.first_id(target), self._pointing_row(house, table, pointer)
        if record_id is None or row_id is None or (pointer.table, row_id) == (target.name, record_id):
            return
        columns = [pointer.column, *([pointer.kind_column] if pointer.kind_column else [])]
        with house.engine.connect() as connection:
            kept = connection.execute(sa.select(*(table.c[c] for c in columns)).where(table.c.id == row_id)).one()
        points = dict(zip(columns, (record_id, kind.kind), strict=False))
        try:
            with house.engine.begin() as connection:
                connection.execute(sa.update(table).where(table.c.id == row_id).values(points))
        except sa.exc.IntegrityError:
            return  # by the table's own conditions no row of the demonstration can point so
        answer = call(house, route, record_id)
        said = house.client().get(answer.location or answer.path).get_data(as_text=True)
        with house.engine.begin() as connection:
            before = dict(zip(columns, kept, strict=True))
            connection.execute(sa.update(table).where(table.c.id == row_id).values(before))
        where = f"{answer}, while {pointer.table}.{pointer.column} points to it"
        if record_id not in house.ids(target):
            yield f"{where}: it is gone"
        elif not _names(pointer, registry, said):
            yield f"{where}: the refusal does not name it"


def _delete(ctx: Ctx, row: Any) -> None:
    with transaction(ctx):
        ctx.session.delete(row)
        ctx.session.flush()


def _names(pointer: Pointer, registry: Registry, text: str) -> bool:
    """Whether a refusal says what the pointing rows are called, with their number."""
    for locale in LOCALES:
        with use_locale(locale):
            if f"{pointer.words(registry)} " in text:
                return True
    return False
