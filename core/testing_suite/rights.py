"""Rights: each route asks for the right that it declares, and a refusal changes nothing."""

from __future__ import annotations

import sqlalchemy as sa

from core.registry import Registry
from core.testing_suite.base import SuiteBase, nothing
from core.testing_suite.house import House, changed
from core.testing_suite.walking import (
    Route,
    call,
    company_routes,
    pages_without_arguments,
    record_pages,
    routes_of,
)
from core.web.gate import INSTALLATION, MEMBER, SIGNED_IN, route_needs


class RightsSuite(SuiteBase):
    """Who may not, can't; and nothing is changed by trying."""

    def test_each_right_that_a_route_needs_is_of_this_package_or_one_that_it_stands_on(
        self, house: House, registry: Registry
    ):
        allowed = {"core", self.plugin}
        if self.plugin != "core":
            allowed |= {"base", *registry.plugins[self.plugin].manifest.requires}
        odd = [
            f"{route} needs {route.needs}"
            for route in company_routes(house.app, self.plugin)
            if route.needs != MEMBER and registry.owner_of("permissions", route.needs) not in allowed
        ]
        nothing(odd)

    def test_every_right_can_be_given_and_is_asked_for_somewhere(self, house: House, registry: Registry):
        asked = {route_needs(house.app, e) for e in house.app.view_functions}
        source = "".join(p.read_text("utf-8") for p in self._sources(registry))
        own = [p for p in registry.permissions if registry.owner_of("permissions", p) == self.plugin]
        unused = [p for p in own if p not in asked and source.count(f'"{p}"') < 2]
        nothing(unused)

    def _sources(self, registry: Registry):
        from core.testing_suite.house import package_folder

        return [p for p in package_folder(registry, self.plugin).rglob("*.py") if "migrations" not in p.parts]

    def test_who_is_not_signed_in_is_sent_to_sign_in(self, house: House):
        before = house.fingerprints()
        sign_in = house.app.url_map.bind("localhost").build("security.login")
        wrong = []
        for route in routes_of(house.app, self.plugin):
            if route.needs in (SIGNED_IN, INSTALLATION) or route in company_routes(house.app, self.plugin):
                answer = call(house, route, 1, by="", at="north")
                if answer.status != 302 or not answer.location.startswith(sign_in):
                    wrong.append(f"{answer} {answer.location}")
        nothing(wrong)
        nothing(changed(before, house.fingerprints()))

    def test_who_does_not_work_here_is_told_that_there_is_no_such_page(self, house: House):
        before = house.fingerprints()
        answers = [
            call(house, route, _own_id(house, self.plugin), by="boss@south", at="north")
            for route in company_routes(house.app, self.plugin)
        ]
        nothing([str(a) for a in answers if a.status != 404])
        nothing(changed(before, house.fingerprints()))

    def test_without_its_right_a_route_refuses_and_nothing_changes(self, house: House, registry: Registry):
        before = house.fingerprints()
        record_id = _own_id(house, self.plugin)
        by_right: dict[str, list[Route]] = {}
        for route in company_routes(house.app, self.plugin):
            if route.needs != MEMBER:
                by_right.setdefault(route.needs, []).append(route)
        wrong = []
        for right, routes in by_right.items():
            house.grant([p for p in registry.permissions if p != right])
            answers = [call(house, route, record_id, by="lacking@north", refused=True) for route in routes]
            wrong += [str(a) for a in answers if a.status != 403]
        house.grant([])
        nothing(wrong)
        nothing(changed(before, house.fingerprints()))

    def test_pages_of_the_installation_are_for_its_administrators_only(self, house: House):
        before = house.fingerprints()
        routes = [r for r in routes_of(house.app, self.plugin) if r.needs == INSTALLATION]
        answers = [call(house, r, house.user_id("reader"), at=at) for r in routes for at in ("", "north")]
        nothing([str(a) for a in answers if a.status != 404])
        nothing(changed(before, house.fingerprints()))

    def test_who_may_only_read_changes_nothing(self, house: House):
        own = ("core_notification.read_at",)  # one's own inbox
        before = house.fingerprints(but=own)
        ids = _own_ids(house, self.plugin)
        wrong = []
        for route in company_routes(house.app, self.plugin):
            if route.method != "GET":
                enters = route.by_id and (route.needs == MEMBER or route.needs.endswith(".view"))
                answers = [call(house, route, i, by="reader@north") for i in (ids if enters else ids[:1])]
                wrong += [str(answer) for answer in answers if answer.status >= 500]
        nothing(wrong)
        nothing(changed(before, house.fingerprints(but=own)))

    def test_reading_a_page_changes_nothing(self, house: House):
        routes = [(r, 0) for r in pages_without_arguments(house, self.plugin)] + [*record_pages(house, self.plugin)]
        before = house.fingerprints()
        answers = [call(house, r, record_id) for r, record_id in routes if r.endpoint not in self.writes_on_get]
        nothing([str(a) for a in answers if a.status >= 500])
        nothing(changed(before, house.fingerprints()))


def _own_id(house: House, plugin: str) -> int:
    """An id that exists in north in the plugin's first table that has rows; 1 for want of one."""
    return _own_ids(house, plugin)[0]


def _own_ids(house: House, plugin: str, most: int = 12) -> list[int]:
    """Ids that exist in north: of each of the plugin's tables, one of each state, as far as rows have one."""
    found: list[int] = []
    with house.engine.connect() as connection:
        for table in house.tables_of(plugin):
            if "id" in table.c:
                query = sa.select(sa.func.min(table.c.id)).where(table.c.company_id == house.company_id("north"))
                query = query.group_by(table.c.state) if "state" in table.c else query
                found += [i for i in connection.scalars(query) if i is not None]
    return list(dict.fromkeys(found))[:most] or [1]
