"""Companies see nothing of each other: not by an id in an address, not by an id in a form, not in a list."""

from __future__ import annotations

import json
import re

import sqlalchemy as sa

from core.testing_suite.base import SuiteBase, nothing
from core.testing_suite.house import FAR, MARK, House, changed
from core.testing_suite.walking import (
    Answer,
    PageForm,
    Route,
    call,
    company_routes,
    forms_on,
    pages_without_arguments,
    record_pages,
    send,
)

FOREIGN = FAR + 1
"""An id that exists in south, in every table that south has rows of, and nowhere in north."""


class ScopeSuite(SuiteBase):
    """Rows of another company are not found, not shown, not pointed to."""

    def test_the_demonstration_fills_every_table(self, house: House):
        names = {t.name for t in house.tables_of(self.plugin) if not t.name.startswith("core_")}
        empty = names - house.filled
        nothing(sorted(empty - set(self.tables_without_demo)))
        nothing(sorted(set(self.tables_without_demo) - empty), "these have rows: strike them from the list")

    def test_records_of_the_own_company_open(self, house: House):
        """Without this the next test would prove nothing."""
        for company in ("north", "south"):
            pages = [*record_pages(house, self.plugin, company)]
            answers = [call(house, r, i, by=f"boss@{company}", at=company) for r, i in pages]
            nothing([str(a) for a in answers if a.status != 200 and f"/c/{company}/" not in a.location])
        ids = [i for _r, i in record_pages(house, self.plugin, "south") if _r.endpoint.partition(".")[0] != "people"]
        assert all(i >= FAR for i in ids)

    def test_an_id_of_another_company_is_not_found_on_any_route(self, house: House):
        before = house.fingerprints()
        answers = []
        for route in company_routes(house.app, self.plugin):
            if route.by_id and not (route.is_admin and route.tail == "action_view"):
                foreign = house.user_id("boss", "south") if "user_id" in route.rule.arguments else FOREIGN
                answers.append(call(house, route, foreign))
        nothing([str(a) for a in answers if not _refused(a)])
        nothing(changed(before, house.fingerprints()))

    def test_actions_on_selected_rows_refuse_rows_of_another_company(self, house: House):
        before = house.fingerprints()
        views = house.app.extensions["sanbao"]["admin_views"]
        wrong = []
        for route in company_routes(house.app, self.plugin):
            if route.is_admin and route.tail == "action_view":
                for action in views[route.endpoint.partition(".")[0]]._actions_data:
                    answer = call(house, route, FOREIGN, data={"action": action})
                    wrong += [] if answer.status in (403, 404) else [f"{answer} {action}"]
        nothing(wrong)
        nothing(changed(before, house.fingerprints()))

    def test_a_form_can_not_point_to_a_record_of_another_company(self, house: House):
        south = house.fingerprints("south")
        wrong: list[str] = []
        tried = 0
        for page, form in self._forms(house):
            for name in form.id_fields:
                data = {**_filled(form), name: str(FOREIGN)}
                route = Route(page.route.endpoint, "POST", page.route.rule, page.route.needs, page.route.is_admin)
                target = form.action if form.action.startswith("/") else page.path
                answer = send(house.client(), route, target, data=data)
                tried += 1
                wrong += [f"{answer} {name}"] if answer.status >= 500 else []
                wrong += [f"{answer} {name}: {where}" for where in _pointing(house, self.plugin)]
        nothing(wrong)
        nothing(changed(south, house.fingerprints("south")))
        if any(len(c.foreign_key_constraints) > 1 for c in house.tables_of(self.plugin)) and self.plugin != "core":
            assert tried > 0, "its tables point to others, but no form with such a field was found"

    def _forms(self, house: House) -> list[tuple[Answer, PageForm]]:
        """Every posting form on a page of this plugin, once."""
        found, seen = [], set()
        pages = [(r, 0) for r in pages_without_arguments(house, self.plugin)] + [*record_pages(house, self.plugin)]
        for route, record_id in pages:
            answer = call(house, route, record_id)
            for form in forms_on(answer.text):
                key = (re.sub(r"\d+", "#", form.action or answer.path), tuple(sorted(form.fields)))
                if form.method == "post" and form.id_fields and key not in seen:
                    seen.add(key)
                    found.append((answer, form))
        return found

    def test_look_ups_offer_nothing_of_another_company(self, house: House):
        views = house.app.extensions["sanbao"]["admin_views"]
        leaking, asked = [], []
        for route in company_routes(house.app, self.plugin):
            if route.is_admin and route.tail == "ajax_lookup":
                for name, loader in views[route.endpoint.partition(".")[0]]._form_ajax_refs.items():
                    theirs = house.ids(loader.model.__table__, "south")
                    path = house.app.url_map.bind("localhost", script_name="/c/north").build(route.endpoint, {})
                    for text in ("", MARK, str(FOREIGN)):
                        query = {"name": name, "query": text, "limit": 50}
                        answer = send(house.client(), route, path, query=query)
                        ids = [row[0] for row in json.loads(answer.text)]
                        asked.append(name)
                        if MARK in answer.text or theirs & set(ids):
                            leaking.append(f"{answer} {name}")
        nothing(leaking)

    def test_pages_and_exports_show_nothing_of_another_company(self, house: House):
        leaking = []
        for route in company_routes(house.app, self.plugin):
            if route.method == "GET" and not route.by_id:
                answer = call(house, route, 0)
                leaking += [str(answer)] if answer.status >= 500 or MARK in answer.text else []
        for route, record_id in record_pages(house, self.plugin):
            answer = call(house, route, record_id)
            leaking += [str(answer)] if MARK in answer.text else []
        nothing(leaking)

    def test_search_finds_nothing_of_another_company(self, house: House):
        kinds = [k for n, k in house.registry.kinds.items() if house.registry.owner_of("kinds", n) == self.plugin]
        if not any(k.found is not None and k.endpoint for k in kinds):
            return
        pages = {c: house.client(f"boss@{c}").get(f"/c/{c}/search?q={MARK}").text for c in ("north", "south")}
        links = {c: re.findall(r'class="rowlink" href="([^"]+)"', text) for c, text in pages.items()}
        assert links["south"], "search does not find its own company's records; the next line would prove nothing"
        assert links["north"] == []

    def test_the_mark_would_be_seen(self, house: House):
        """Without this the test before would prove nothing."""
        pages = [(r, 0) for r in pages_without_arguments(house, self.plugin)]
        pages += [*record_pages(house, self.plugin, "south")]
        if self.plugin != "core" and not pages:
            return
        texts = [call(house, r, i, by="boss@south", at="south").text for r, i in pages]
        assert any(f"{MARK} " in text for text in texts)


def _refused(answer: Answer) -> bool:
    """Not found; or, for a form of a delivery, sent back to its list without having done anything."""
    return answer.status == 404 or (answer.status == 302 and answer.route.endpoint == "audit.delivery_retry")


def _filled(form: PageForm) -> dict[str, str]:
    """What a form holds, with something in each empty field."""
    return {name: values[0] if values and values[0] else "1" for name, values in form.fields.items()}


def _pointing(house: House, plugin: str) -> list[str]:
    """Columns of north that hold the foreign id."""
    found = []
    with house.engine.connect() as connection:
        for table in house.tables_of(plugin):
            columns = [c for c in table.c if c.name.endswith("_id") and isinstance(c.type, sa.BigInteger)]
            for column in columns:
                here = table.c.company_id == house.company_id("north")
                query = sa.select(sa.func.count()).where(here, column == FOREIGN)
                if connection.scalar(query):
                    found.append(f"{table.name}.{column.name}")
    return found
