"""Every route of a plugin, and calls to each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from werkzeug.routing import AnyConverter, IntegerConverter, Rule

from core.testing_suite.house import House
from core.web.gate import ANYBODY, INSTALLATION, PUBLIC, SIGNED_IN, plugin_of, route_needs

OUTSIDE = (PUBLIC, SIGNED_IN, INSTALLATION)
"""What routes need that have no company."""

ADMIN_BY_ID = {"details_view", "edit_view", "delete_view", "ajax_update", "action_view"}


@dataclass(frozen=True)
class Route:
    """One method of one rule."""

    endpoint: str
    method: str
    rule: Rule
    needs: str
    is_admin: bool

    @property
    def tail(self) -> str:
        """The endpoint without its blueprint."""
        return self.endpoint.partition(".")[2]

    @property
    def by_id(self) -> bool:
        """Whether it is about one record: an id in the path, or of Flask-Admin in the query or the form."""
        ints = any(isinstance(c, IntegerConverter) for c in self.rule._converters.values())
        return ints or (self.is_admin and self.tail in ADMIN_BY_ID)

    @property
    def arguments(self) -> list[str]:
        """The arguments in its path."""
        return sorted(self.rule.arguments)

    def __str__(self) -> str:
        return f"{self.method} {self.rule.rule} ({self.endpoint})"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    route: Route
    path: str
    status: int
    text: str = ""
    location: str = ""
    error: str = ""

    def __str__(self) -> str:
        return f"{self.route} → {self.status}{' ' + self.error if self.error else ''} [{self.path}]"


def routes_of(app: Flask, plugin: str) -> list[Route]:
    """All routes of a plugin (or of the core) but files."""
    views = app.extensions["sanbao"]["admin_views"]
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static" or rule.endpoint.endswith(".static") or plugin_of(app, rule.endpoint) != plugin:
            continue
        needed = route_needs(app, rule.endpoint)
        assert needed is not None, rule
        is_admin = rule.endpoint.partition(".")[0] in views
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            found.append(Route(rule.endpoint, method, rule, needed, is_admin))
    return sorted(found, key=lambda r: (r.endpoint, r.rule.rule, r.method))


def company_routes(app: Flask, plugin: str) -> list[Route]:
    """Those that stand inside a company, for people who work there."""
    return [r for r in routes_of(app, plugin) if r.needs not in (*OUTSIDE, ANYBODY)]


def open_routes(app: Flask, plugin: str) -> list[Route]:
    """Those that stand inside a company and are open to anybody who has the address."""
    return [r for r in routes_of(app, plugin) if r.needs == ANYBODY]


def call(
    house: House, route: Route, record_id: int, *, by: str = "boss@north", at: str = "north",
    data: Mapping[str, Any] | None = None, refused: bool = False,
) -> Answer:
    """Call a route of the company ``at`` (empty: outside companies) with ``record_id`` in every place of an id.

    ``by`` is who calls, as person@company; empty: nobody is signed in. Where the answer has to be that it is
    ``refused``, a program calls, to whom that is told in a line: drawing a page of it takes most of the time.
    """
    chosen = path_values(route, record_id)
    adapter = house.app.url_map.bind("localhost", script_name=f"/c/{at}" if at else "/")
    path = adapter.build(route.endpoint, chosen, method=route.method)
    query, form = {}, dict(data or {})
    if route.is_admin and route.tail in ADMIN_BY_ID:
        query = {"id": record_id}
        form = {"id": record_id, "list_form_pk": record_id, "rowid": record_id, "action": "delete", **form}
    headers = {"Accept": "application/json"} if refused else {}
    return send(house.client(by), route, path, query=query, data=form, headers=headers)


def send(
    client: Any, route: Route, path: str, *, query: Mapping | None = None, data: Mapping | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One request; an exception becomes a status of 599, so that a walk tells all of them at once."""
    try:
        more: dict[str, Any] = {"query_string": dict(query or {}), "headers": dict(headers or {})}
        if route.method == "GET":
            response = client.get(path, **more)
        else:
            response = client.open(path, method=route.method, data=dict(data or {}), **more)
        text = response.get_data(as_text=True) if response.mimetype.startswith(("text/", "application/json")) else ""
        return Answer(route, path, response.status_code, text, response.headers.get("Location", ""))
    except Exception as error:
        return Answer(route, path, 599, error=f"{type(error).__name__}: {error}"[:300])


def path_values(route: Route, record_id: int) -> dict[str, Any]:
    """Values for the arguments in a route's path, with ``record_id`` in every place of an id."""
    values: dict[str, Any] = {}
    for name, converter in route.rule._converters.items():
        if isinstance(converter, IntegerConverter):
            values[name] = record_id
        elif isinstance(converter, AnyConverter):
            values[name] = sorted(converter.items)[0]
        else:
            values[name] = "csv" if name == "export_type" else "nothing-like-it"
    return values


def pages_without_arguments(house: House, plugin: str) -> list[Route]:
    """The pages that a plugin's menu leads to, and its other pages that need no argument."""
    return [
        r for r in company_routes(house.app, plugin)
        if r.method == "GET" and not r.arguments and not (r.is_admin and r.tail in {*ADMIN_BY_ID, "ajax_lookup"})
    ]


def record_pages(house: House, plugin: str, company: str = "north") -> Iterator[tuple[Route, int]]:
    """Each page of one record of a plugin, with the id of such a record of that company."""
    by_endpoint = {
        kind.endpoint: kind for key, kind in house.registry.kinds.items()
        if kind.endpoint and house.registry.owner_of("kinds", key) == plugin
    }
    views = house.app.extensions["sanbao"]["admin_views"]
    for route in company_routes(house.app, plugin):
        if route.method != "GET" or not route.by_id:
            continue
        table = None
        if route.endpoint in by_endpoint:
            table = by_endpoint[route.endpoint].model.__table__  # type: ignore[attr-defined]
        elif route.is_admin and route.tail == "details_view":
            table = views[route.endpoint.partition(".")[0]].model.__table__
        found = house.first_id(table, company) if table is not None else None
        if found is not None:
            yield route, found


# --- forms on pages -------------------------------------------------------------------------------------------------


@dataclass
class PageForm:
    """A form as a browser would send it."""

    action: str
    method: str
    fields: dict[str, list[str]]

    @property
    def id_fields(self) -> list[str]:
        """Fields that hold an id of another record: named so, or choosing among numbers."""
        return [n for n in self.fields if re.search(r"(^|_)(id|ids)$", n) or n in self.numbered]

    numbered: set[str]


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self._open: PageForm | None = None
        self._select = ""
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {k: v or "" for k, v in attrs}
        if tag == "form":
            self._open = PageForm(given.get("action", ""), given.get("method", "get").lower(), {}, set())
            self.forms.append(self._open)
            return
        name, form = given.get("name", ""), self._open
        if form is None:
            return
        if tag == "input" and name:
            self._input(form, name, given)
        elif tag == "textarea" and name:
            self._area = name
            form.fields.setdefault(name, [""])
        elif tag == "select" and name:
            self._select = name
            form.fields.setdefault(name, [])
        elif tag == "option" and self._select:
            value = given.get("value", "")
            if value.isdigit():
                form.numbered.add(self._select)
            if "selected" in given or not form.fields[self._select]:
                form.fields[self._select] = [value]

    def _input(self, form: PageForm, name: str, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        if kind in ("radio", "checkbox"):
            if given.get("value", "").isdigit() and kind == "radio":
                form.numbered.add(name)
            if "checked" in given:
                form.fields.setdefault(name, []).append(given.get("value", "on"))
            elif kind == "radio":
                form.fields.setdefault(name, [])
        elif kind not in ("submit", "button", "file"):
            form.fields[name] = [given.get("value", "")]
            if "data-lookup" in given or "data-url" in given or given.get("data-role", "").startswith("select2"):
                form.numbered.add(name)

    def handle_data(self, data: str) -> None:
        if self._area and self._open is not None:
            self._open.fields[self._area] = [self._open.fields[self._area][0] + data]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""


def forms_on(page: str) -> list[PageForm]:
    """Every form on a page."""
    parser = _Forms()
    parser.feed(page)
    return parser.forms

