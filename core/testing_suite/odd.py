"""Odd input: addresses and forms with what no page offers are answered, never by a crash."""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl, urlsplit

from flask import has_request_context
from sqlalchemy import event
from sqlalchemy.orm import Session

from core.errors import Conflict
from core.testing_suite.base import SuiteBase, nothing
from core.testing_suite.house import House
from core.testing_suite.walking import (
    Answer,
    PageForm,
    Route,
    call,
    company_routes,
    forms_on,
    pages_without_arguments,
    path_values,
    record_pages,
    send,
)

ODD = (
    "1e30", "NaN", "9999-12-31", "0001-01-01T00:00", "a\0b", "9" * 30, "-1", "²", "1e999999999", "x" * 5000, "=1+1",
    "9223372036854775808", "0.0000001", "2026-02-30",
)  # fmt: skip
OF_EVERY_LIST = ("/columns", "/filters", "/export")
"""What lists share, one of each is enough."""
BEYOND = (2**63, 10**40)
"""Ids that no column holds."""


class OddSuite(SuiteBase):
    """What nobody would type, somebody sends."""

    def test_odd_addresses_are_answered(self, house: House):
        answers = []
        for page, arguments in self._odd_addresses(house):
            query = {name: _odd(f"{page.path} {name}") for name in arguments}
            answers.append(send(house.client(), page.route, page.path, query=query))
        nothing(_crashed(answers))

    def test_ids_that_no_column_holds_are_of_no_page(self, house: House):
        adapter = house.app.url_map.bind("localhost", script_name="/c/north")
        answers = []
        for route in company_routes(house.app, self.plugin):
            if route.by_id and route.arguments and not route.is_admin:
                for number in BEYOND:
                    path = adapter.build(route.endpoint, path_values(route, number), method=route.method)
                    answers.append(send(house.client(), route, path, headers={"Accept": "application/json"}))
        nothing(str(a) for a in answers if a.status not in (404, 405))

    def test_odd_forms_are_answered(self, house: House):
        answers = []
        with _keeping_nothing():
            for page, form in self._odd_forms(house):
                route = Route(page.route.endpoint, "POST", page.route.rule, page.route.needs, page.route.is_admin)
                target = form.action if form.action.startswith("/") else page.path
                names = sorted(set(form.fields) - {"csrf_token"})
                filled = {n: v[0] if v and v[0] else "1" for n, v in form.fields.items()}
                turn = zlib.crc32(re.sub(r"\d+", "#", target).encode())
                odd = names if turn % 3 == 0 else names[turn % max(len(names), 1):][:1]
                data = {**filled, **{name: _odd(f"{target} {name}") for name in odd}}
                place = urlsplit(target)
                answers.append(send(house.client(), route, place.path, query=dict(parse_qsl(place.query)), data=data))
        assert not [a for a in answers if "/login" in a.location], "signed out: the rest would prove nothing"
        nothing(_crashed(answers))

    def _odd_pages(self, house: House) -> Iterator[Answer]:
        """The pages of this plugin that need no argument, and one page of each kind of record."""
        for route in pages_without_arguments(house, self.plugin):
            yield call(house, route, 0)
        for route, record_id in record_pages(house, self.plugin):
            yield call(house, route, record_id)

    def _odd_addresses(self, house: House) -> list[tuple[Answer, set[str]]]:
        """Each page with the arguments that links and forms give it."""
        known: dict[str, set[str]] = defaultdict(set)
        pages = [page for page in self._odd_pages(house) if page.text.lstrip()[:1] == "<"]
        for page in pages:
            for link in re.findall(r'href="(/c/north/[^"]*\?[^"]+)"', page.text):
                parts = urlsplit(link.replace("&amp;", "&"))
                known[parts.path] |= {name for name, _value in parse_qsl(parts.query)}
            for form in forms_on(page.text):
                if form.method == "get":
                    known[urlsplit(form.action).path or page.path] |= set(form.fields)
        return [(page, {*known[page.path], "cursor", "search"}) for page in pages]

    def _odd_forms(self, house: House) -> Iterator[tuple[Answer, PageForm]]:
        """Every form on a page of this plugin that is sent, once."""
        seen = set()
        for page in self._odd_pages(house):
            for form in forms_on(page.text):
                place = re.sub(r"\d+", "#", form.action or page.path)
                key = (place.rpartition("/")[2] if place.endswith(OF_EVERY_LIST) else place, *sorted(form.fields))
                if form.method == "post" and _inside(form) and key not in seen:
                    seen.add(key)
                    yield page, form


def _inside(form: PageForm) -> bool:
    """Whether it is sent to the company; signing out is not."""
    return not form.action.startswith("/") or form.action.startswith("/c/north/")


def _odd(name: str) -> str:
    return ODD[zlib.crc32(name.encode()) % len(ODD)]


def _crashed(answers: list[Answer]) -> list[str]:
    return [str(a) for a in answers if a.status >= 500]


@contextmanager
def _keeping_nothing() -> Iterator[None]:
    """Within the block nothing that a page saves is kept: it is refused when all of it is done."""

    def refuse(session: Session) -> None:
        if has_request_context() and session.info.get("in_transaction"):
            raise Conflict("not_kept", "Not kept")

    event.listen(Session, "before_commit", refuse)
    try:
        yield
    finally:
        event.remove(Session, "before_commit", refuse)
