"""No lost update: every form that edits a record refuses one that somebody else changed meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from core.admin.model_view import CompanyModelView
from core.db import Versioned
from core.testing_suite.base import SuiteBase, nothing
from core.testing_suite.house import House, changed
from core.testing_suite.walking import PageForm, Route, call, company_routes, forms_on, record_pages, send

VERSION_FIELDS = ("record_version", "version")


class EditSuite(SuiteBase):
    """Who opened a form before somebody else saved does not overwrite that."""

    def test_every_record_that_is_edited_in_a_form_counts_its_versions(self, house: House):
        views = {r.endpoint.partition(".")[0] for r in company_routes(house.app, self.plugin) if r.is_admin}
        known = house.app.extensions["sanbao"]["admin_views"]
        bare = [
            f"{known[name].model.__name__} in {name}: derive it from Versioned"
            for name in sorted(views)
            if isinstance(known[name], CompanyModelView)
            and known[name].update_with is not None
            and not issubclass(known[name].model, Versioned)
        ]
        nothing(bare)

    def test_a_form_that_was_opened_before_somebody_else_saved_changes_nothing(self, house: House):
        wrong, tried = [], 0
        before = house.fingerprints()
        for route, record_id, table, form in self._edit_forms(house):
            tried += 1
            with house.engine.begin() as connection:
                connection.execute(sa.update(table).where(table.c.id == record_id).values(version=table.c.version + 1))
            before = house.renewed(before, table.name)
            posting = Route(route.endpoint, "POST", route.rule, route.needs, route.is_admin)
            query = {"id": record_id} if route.is_admin else {}
            address = form.action or self._path(house, route, record_id)
            sent = _sent(form, fill=not route.is_admin)
            answer = send(house.client("boss@north"), posting, address, query=query, data=sent)
            if answer.status != 409 and (route.is_admin or answer.status != 422):  # 422: not filled in well enough
                wrong.append(f"{answer} answered a stale form at {address}")
            after = house.fingerprints()
            wrong += [f"{answer} changed {what}" for what in changed(before, after)]
            before = after
        if not tried:
            return  # no page of this plugin has a form that edits a record
        nothing(wrong)

    @staticmethod
    def _path(house: House, route: Route, record_id: int) -> str:
        return call(house, route, record_id).path

    def _edit_forms(self, house: House) -> Iterator[tuple[Route, int, sa.Table, PageForm]]:
        """Each form that carries a version, on record pages and in the lists' edit pages."""
        views = house.app.extensions["sanbao"]["admin_views"]
        for route in company_routes(house.app, self.plugin):
            if route.is_admin and route.tail == "edit_view" and route.method == "GET":
                table = views[route.endpoint.partition(".")[0]].model.__table__
                found = house.first_id(table, "north")
                if found is not None:
                    yield from self._forms_of(house, route, found, table)
        for route, found in record_pages(house, self.plugin):
            kind = next((k for k in house.registry.kinds.values() if k.endpoint == route.endpoint), None)
            if kind is not None and issubclass(kind.model, Versioned):
                yield from self._forms_of(house, route, found, kind.model.__table__)  # type: ignore[attr-defined]

    @staticmethod
    def _forms_of(house: House, route: Route, record_id: int, table: sa.Table):
        seen = set()
        for form in forms_on(call(house, route, record_id).text):
            asked = any(form.fields.get(name, [""])[0].isdigit() for name in VERSION_FIELDS)
            if form.method == "post" and asked and form.action not in seen:
                seen.add(form.action)
                yield route, record_id, table, form


def _sent(form: PageForm, fill: bool) -> dict[str, list[str]]:
    """The form as it would be sent; with ``fill`` something in every text that is empty."""
    keep = {*VERSION_FIELDS, "csrf_token"} if fill else set(form.fields)
    return {n: values if n in keep else [v or "1" for v in values] for n, values in form.fields.items()}
