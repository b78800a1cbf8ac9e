"""Lists: what a plugin declares comes out right on the page, in files, and for nobody it is not meant for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from core.db import UnitScoped, transaction
from core.i18n import use_locale
from core.lists import export
from core.lists.export import Source, Wanted
from core.lists.saved import SavedFilter
from core.registry import Registry
from core.testing_suite.base import SuiteBase, nothing
from core.testing_suite.house import MARK, House
from core.testing_suite.wording import speaks_both

_DOINGS = ("rename", "update", "left", "default")
"""What is done to a saved filter besides deleting it: all lists share the code, so each is tried with one of them."""


class ListSuite(SuiteBase):
    """Declared lists, and those of admin views."""

    def test_lists_are_declared_right_and_sorted_by_indexed_columns(self, registry: Registry):
        """The start asks the same; here it is told for all lists at once."""
        nothing(f"{d.name}: {problem}" for d in self._lists(registry) for problem in d.problems())

    def test_every_word_of_a_list_is_there_in_both_languages(self, registry: Registry):
        found = []
        for d in self._lists(registry):
            words = [d.title, d.empty, d.empty_hint, d.search_words, d.new.label if d.new else ""]
            words += [item.label for item in (*d.columns, *d.filters, *d.tabs, *d.actions)]
            words += [a.question for a in d.actions] + [k.label for k in d.links]
            found += [f"{d.name}: {text!r}" for text in words if text and not speaks_both(text)]
        nothing(found)

    def test_every_column_and_filter_of_an_admin_list_is_called_something_in_both_languages(self, house: House):
        found = []
        for endpoint, view in self._admin_views(house):
            names = [*(view.column_list or ()), *(view.column_filters or ()), *(view.form_columns or ())]
            words = {name: str(view.get_column_name(name)) for name in names if isinstance(name, str)}
            found += [f"{endpoint} {name}: {text!r}" for name, text in words.items() if not speaks_both(text)]
        nothing(found)

    def test_files_hold_the_rows_of_the_company_and_nothing_of_another(self, house: House):
        wrong = []
        for source in self._takeable(house.registry):
            ctx = house.office("north").system()
            rows, total = _all(ctx, source), _count(ctx, source)
            if len(rows) != total:
                wrong.append(f"{source.name}: {len(rows)} of {total} rows")
            wrong += [f"{source.name}: {row}" for row in rows if MARK in str(row)][:3]
            far = house.office("south").system()
            theirs = _all(far, source)
            if theirs and len(theirs) > 2 and MARK not in str(theirs):
                wrong.append(f"{source.name}: the mark of the other company would not be seen")
        nothing(wrong)

    def test_files_hold_nothing_beyond_the_units_of_who_ordered_them(self, house: House):
        wrong = []
        for source in self._takeable(house.registry):
            boss = house.user_id("boss")
            ctx = house.office("north").ctx(unit_ids=frozenset(), user_id=boss)
            query, _keys = source.asked(ctx, {})
            model: Any = query.column_descriptions[0]["entity"]
            if not issubclass(model, UnitScoped):
                continue
            whole = house.office("north").system()
            allowed = sa.select(sa.func.count(model.id)).where(
                sa.or_(model.unit_id.is_(None), model.assignee_id == boss),
                model.id.in_(source.asked(whole, {})[0].order_by(None).with_only_columns(model.id)),
            )
            expected, shown = whole.session.scalar(allowed), len(_all(ctx, source))
            if shown != expected:
                wrong.append(f"{source.name}: {shown} rows instead of {expected}")
        nothing(wrong)

    def test_saved_filters_of_others_are_out_of_reach(self, house: House):
        wrong = []
        for place, (name, address) in enumerate(self._addresses(house)):
            theirs = _saved(house, "south", "boss", name, shared=True)
            private = _saved(house, "north", "boss", name, shared=False)
            for who, number in (("boss@north", theirs), ("reader@north", private)):
                client = house.client(who)
                shown = client.get(f"{address}?saved={number}", follow_redirects=True)
                if f"Kept aside {number}" in shown.get_data(as_text=True):
                    wrong.append(f"{name}: {who} sees filter {number}")
                for do in (_DOINGS[place % len(_DOINGS)], "delete"):
                    answer = client.post(f"{address}filters", data={"do": do, "saved": number, "name": "taken"})
                    if address.startswith("/c/north/admin/"):
                        answer = client.post(f"{address}filters/", data={"do": do, "saved": number, "name": "taken"})
                    if answer.status_code not in (403, 404):
                        wrong.append(f"{name}: {who} may {do} filter {number}: {answer.status_code}")
            for company, number in (("south", theirs), ("north", private)):
                row = house.office(company).system().session.get(SavedFilter, number)
                if row is None or row.name != f"Kept aside {number}":
                    wrong.append(f"{name}: filter {number} was changed")
        nothing(wrong)

    # --- what there is ----------------------------------------------------------------------------------------------

    def _lists(self, registry: Registry) -> list[Any]:
        return [d for name, d in registry.lists.items() if registry.owner_of("lists", name) == self.plugin]

    def _takeable(self, registry: Registry) -> Iterator[Source]:
        """Every list of this plugin that can be taken away."""
        for source in export.all_sources(registry):
            if source.plugin == self.plugin:
                yield source

    def _addresses(self, house: House) -> Iterator[tuple[str, str]]:
        """(name under which filters are kept, address) of every list of this plugin."""
        adapter = house.app.url_map.bind("localhost", script_name="/c/north")
        for definition in self._lists(house.registry):
            yield definition.name, adapter.build(f"{definition.name}_list")
        for endpoint, _view in self._admin_views(house):
            yield endpoint, adapter.build(f"{endpoint}.index_view")

    def _admin_views(self, house: House) -> Iterator[tuple[str, Any]]:
        """(endpoint, view) of every list of this plugin that the administration shows."""
        for endpoint, view in house.app.extensions["sanbao"]["admin_views"].items():
            if hasattr(view, "as_source") and view.as_source().plugin == self.plugin:
                yield endpoint, view


def _all(ctx: Any, source: Source) -> list[list[Any]]:
    keys = tuple(key for key, _label in source.columns())
    with use_locale("en"):
        return list(export.all_values(ctx, source, Wanted(source.name, {}, keys, "csv")))


def _count(ctx: Any, source: Source) -> int:
    query, keys = source.asked(ctx, {})
    rows = query.order_by(None).with_only_columns(keys[-1].column, maintain_column_froms=True)
    return len(ctx.session.scalars(rows).all())


def _saved(house: House, company: str, person: str, name: str, *, shared: bool) -> int:
    """A filter kept by somebody, past all services; answers its id."""
    ctx = house.office(company).system()
    with transaction(ctx):
        row = SavedFilter(
            list_name=name, name="Kept aside", owner_id=house.user_id(person, company), shared=shared, args={},
            position=1, created_at=ctx.now,
        )
        ctx.session.add(row)
        ctx.session.flush()
        row.name = f"Kept aside {row.id}"
        return row.id


