"""Pages take a fixed number of statements, however much there is."""

from __future__ import annotations

from core.testing import counted
from core.testing_suite.base import SuiteBase, nothing
from core.testing_suite.house import House
from core.testing_suite.walking import Route, call, pages_without_arguments


class PageSuite(SuiteBase):
    """South has a few rows of each table, north has what the demonstration makes: pages cost the same in both."""

    def test_there_is_more_in_north_than_in_south(self, house: House):
        """Without this the next test would prove nothing."""
        tables = [t for t in house.tables_of(self.plugin) if not t.name.startswith("core_")]
        rows = {company: sum(house.count(t, company) for t in tables) for company in ("north", "south")}
        assert not tables or rows["north"] >= 3 * rows["south"] > 0, rows

    def test_pages_without_arguments_take_the_same_number_of_statements(self, house: House):
        differing = []
        for route in pages_without_arguments(house, self.plugin):
            if route.endpoint in self.changing_statements:
                continue
            few, many = (self._statements(house, route, company) for company in ("south", "north"))
            if len(few) != len(many):
                differing.append(f"{route}: {len(few)} and {len(many)}: {_only_in(few, many)}")
        nothing(differing)

    @staticmethod
    def _statements(house: House, route: Route, company: str) -> list[str]:
        call(house, route, 0, by=f"boss@{company}", at=company)
        with counted(house.web_engine) as statements:
            call(house, route, 0, by=f"boss@{company}", at=company)
        return list(statements)


def _only_in(few: list[str], many: list[str]) -> list[str]:
    """The beginnings of the statements that one page has more of than the other."""
    rest = list(many if len(many) > len(few) else few)
    for statement in few if len(many) > len(few) else many:
        if statement in rest:
            rest.remove(statement)
    return [s[s.find("FROM"):][:120].replace("\n", " ") for s in rest[:4]]
