"""Pages take a fixed number of statements, however much there is."""

from __future__ import annotations

import re
from collections import Counter

from core.hooks import implementations
from core.testing import counted
from core.testing_suite.base import SuiteBase, nothing
from core.testing_suite.house import House
from core.testing_suite.walking import Route, call, pages_without_arguments


class PageSuite(SuiteBase):
    """South has a few rows of each table, north what the demonstration makes: pages take the same statements in both.

    One that south did not need at all (reading a working calendar, say) may come once.
    """

    def test_there_is_more_in_north_than_in_south(self, house: House):
        """Without this the next test would prove nothing."""
        tables = [t for t in house.tables_of(self.plugin) if not t.name.startswith("core_")]
        rows = {company: sum(house.count(t, company) for t in tables) for company in ("north", "south")}
        assert not tables or 2 * rows["north"] >= 3 * rows["south"] > 0, rows

    def test_no_statement_of_a_page_is_repeated_more_often_because_there_is_more(self, house: House):
        differing = []
        for route in pages_without_arguments(house, self.plugin):
            if route.endpoint in self.changing_statements:
                continue
            differing += [f"{route}: {found}" for found in self._repeated(house, route)]
        nothing(differing)

    def test_no_statement_of_my_work_is_repeated_more_often_because_there_is_more(self, house: House):
        """What it adds to "My work": work, figures, notices, panels."""
        if not self._is_on_my_work(house):
            return
        home = next(r for r in pages_without_arguments(house, "core") if r.endpoint == "web.home")
        nothing(self._repeated(house, home))

    def _is_on_my_work(self, house: House) -> bool:
        hooks_there = ("work_items", "home_figures", "home_today", "home_notices", "home_panels", "menu_counts")
        return any(n == self.plugin for h in hooks_there for n, _impl in implementations(house.registry, h))

    def _repeated(self, house: House, route: Route) -> list[str]:
        """The statements that are executed more often in north. What is kept from one request to the next is read
        before south's count; in north afterwards, and only where without that there are too many.
        """
        house.counts_anew = True
        try:
            self._statements(house, route, "south")
            few = self._statements(house, route, "south")
            many = self._statements(house, route, "north")
            if any(many[shape] > max(few[shape], 1) for shape in many):
                many = self._statements(house, route, "north")
        finally:
            house.counts_anew = False
        return [
            f"{few[shape]} times with few rows, {many[shape]} times with many: {shape}"
            for shape in many
            if many[shape] > max(few[shape], 1)
        ]

    @staticmethod
    def _statements(house: House, route: Route, company: str) -> Counter[str]:
        """How often each statement was executed; lists of values in it count as one, however long."""
        with counted(house.web_engine) as statements:
            call(house, route, 0, by=f"boss@{company}", at=company)
        return Counter(_shape(s) for s in statements)


def _shape(statement: str) -> str:
    return re.sub(r"IN \([^()]*\)", "IN (…)", " ".join(statement.split()))
