"""Pages for people without an account: found by the secret in their address alone, and gone when the module is."""

from __future__ import annotations

import re

import sqlalchemy as sa

from core.registry import Registry
from core.testing_suite.base import SuiteBase, nothing
from core.testing_suite.house import MARK, House, changed
from core.testing_suite.switching import SwitchSuite
from core.testing_suite.walking import Answer, Route, open_routes, send
from core.web.gate import secret_of

WRONG = "nothing-like-it"


class OpenSuite(SwitchSuite, SuiteBase):
    """Asks every route that is declared with ``open_to_anybody``, as somebody who is not signed in."""

    def test_pages_for_anybody_open_by_their_secret_show_nothing_of_another_company_and_write_nothing(
        self, house: House
    ):
        before = house.fingerprints()
        for route in open_routes(house.app, self.plugin):
            if route.method == "GET":
                answers = [_ask(house, route, "north", secret) for secret in _secrets(house, route, "north")]
                assert any(a.status == 200 for a in answers), f"{route}: no record of the demonstration opens it"
                nothing([str(a) for a in answers if a.status not in (200, 404) or MARK in a.text])
        nothing(changed(before, house.fingerprints()))

    def test_pages_for_anybody_answer_alike_whatever_is_wrong(self, house: House, registry: Registry):
        before = house.fingerprints()
        routes = open_routes(house.app, self.plugin)
        answers = []
        for route in routes:
            answers += [_ask(house, route, "north", s) for s in [WRONG, *_secrets(house, route, "south")]]
            answers += [_ask(house, route, "nowhere", s) for s in _secrets(house, route, "north")]
        nothing(changed(before, house.fingerprints()))
        if routes and not self._always_on(registry):
            with self.off(house):
                answers += [_ask(house, r, "north", s) for r in routes for s in _secrets(house, r, "north")]
        nothing([str(a) for a in answers if a.status != 404])
        assert len({_without_references(a.text) for a in answers}) <= 1, "the answers differ: they tell something"


def _secrets(house: House, route: Route, company: str) -> list[str]:
    """The secrets of up to five records of a company."""
    column = secret_of(house.app, route.endpoint).property.columns[0]
    with house.engine.connect() as connection:
        query = sa.select(column).where(column.table.c.company_id == house.company_id(company)).order_by(column)
        return [str(s) for s in connection.scalars(query.limit(5))]


def _ask(house: House, route: Route, company: str, secret: str) -> Answer:
    """Call it as somebody who is not signed in; other arguments of the address are made up."""
    key = secret_of(house.app, route.endpoint).key
    values = {name: secret if name == key else WRONG for name in route.arguments}
    adapter = house.app.url_map.bind("localhost", script_name=f"/c/{company}")
    return send(house.client(""), route, adapter.build(route.endpoint, values, method=route.method))


def _without_references(page: str) -> str:
    """The page without what differs from request to request: the moment, tokens, references, its own address."""
    page = re.sub(r'(data-now|value)="[^"]*"|<span class="mono" data-error-ref>[^<]*</span>', "", page)
    return re.sub(r"/c/(north|nowhere)/", "/c/…/", page)
