"""Off means gone, on every surface; and on again means as it was."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from urllib.parse import urljoin

import pytest
import sqlalchemy as sa

from core import hooks
from core.clocks import Clock
from core.companies.acting import usable
from core.companies.switch import preview, switch_off, switch_on
from core.db import system_session, transaction
from core.errors import Conflict
from core.events import QUEUED, Delivery, Event, emit, write_events
from core.plugins import dependents
from core.registry import Registry
from core.testing_suite.base import SuiteBase, nothing
from core.testing_suite.house import House, changed
from core.testing_suite.walking import call, company_routes, record_pages
from core.worker import JobRun, Worker, utcnow

SOME = 12
"""So many pages of records are opened where one answers as well as all: a single predicate decides for every route."""
WHILE_RUNNING = (
    "record_panels", "check_transition", "contact_offers", "work_items", "home_figures", "home_panels", "menu_counts",
    "search",
)


class SwitchSuite(SuiteBase):
    """Switches the plugin off in north and on again; in south it stays on."""

    def _always_on(self, registry: Registry) -> bool:
        return registry.plugins[self.plugin].manifest.always_on

    @contextmanager
    def off(self, house: House) -> Iterator[None]:
        """Within the block the plugin and what needs it are off in north."""
        ctx = house.office().system(utcnow())
        needing = [n for n in dependents(ctx.registry, self.plugin) if n in ctx.enabled]
        for name in [*reversed(needing), self.plugin]:
            switch_off(house.office().system(utcnow()), name)
        try:
            yield
        finally:
            for name in [self.plugin, *needing]:
                switch_on(house.office().system(utcnow()), name)

    def test_a_plugin_of_every_company_can_not_be_switched_off(self, house: House, registry: Registry):
        if self._always_on(registry):
            with pytest.raises(Conflict) as refusal:
                switch_off(house.office().system(utcnow()), self.plugin)
            assert refusal.value.code == "always_on"

    def test_it_is_not_switched_off_under_what_needs_it(self, house: House, registry: Registry):
        needing = dependents(registry, self.plugin)
        if needing and not self._always_on(registry):
            with pytest.raises(Conflict) as refusal:
                switch_off(house.office().system(utcnow()), self.plugin)
            assert refusal.value.code == "still_needed"
            assert list(preview(house.office().system(utcnow()), self.plugin, False).hindered_by) == needing

    def test_off_its_pages_are_gone_here_and_stay_elsewhere(self, house: House, registry: Registry):
        if self._always_on(registry):
            return
        routes = company_routes(house.app, self.plugin)
        with self.off(house):
            answers = [call(house, r, 1, refused=True) for r in routes]
            there = list(record_pages(house, self.plugin, "south"))[:SOME]
            south = [call(house, r, i, by="boss@south", at="south") for r, i in there]
        nothing([str(a) for a in answers if a.status != 404])
        nothing([str(a) for a in south if a.status != 200])
        again = [call(house, r, i) for r, i in list(record_pages(house, self.plugin))[:SOME]]
        nothing([str(a) for a in again if a.status != 200])

    def test_off_menu_settings_and_rule_tables_are_gone(self, house: House, registry: Registry):
        if self._always_on(registry):
            return
        traces = self._traces(house, registry)
        addresses = {where for where, _text in traces}
        pages = {where: self._page(house, where) for where in addresses}
        shown = {where for where, text in traces if text in pages[where]}
        assert shown == addresses, "they are not even there while the plugin is on"
        with self.off(house):
            pages = {where: self._page(house, where) for where in addresses}
        left = [f"{text!r} on {where}" for where, text in traces if text in pages[where]]
        nothing(left)

    def _traces(self, house: House, registry: Registry) -> list[tuple[str, str]]:
        """(page, text on it) that must vanish with the plugin."""
        app = house.app
        adapter = app.url_map.bind("localhost", script_name="/c/north")
        menu = [item for name, item in app.extensions["sanbao"]["menu"] if name == self.plugin]
        found = [("/c/north/", f'href="{adapter.build(item.endpoint, {})}"') for item in menu]
        keys = [k for k in registry.settings if registry.owner_of("settings", k) == self.plugin]
        found += [(adapter.build("settings.settings_page", {}), f'"{key}"') for key in keys]
        if "rules.tables" in app.view_functions:
            tables = [t for t in registry.tables if registry.owner_of("tables", t) == self.plugin]
            found += [(adapter.build("rules.tables", {}), name) for name in tables]
        return found

    def _page(self, house: House, path: str) -> str:
        """A page and all that follow it."""
        texts: list[str] = []
        while path:
            response = house.client().get(path)
            assert response.status_code == 200, path
            texts.append(response.get_data(as_text=True))
            further = re.search(r'href="([^"]+)" rel="next"', texts[-1])
            path = urljoin(path, unescape(further[1])) if further else ""
        return "\n".join(texts)

    def test_off_its_rights_count_for_nothing_and_can_not_be_given(self, house: House, registry: Registry):
        if self._always_on(registry):
            return
        own = [p for p in registry.permissions if registry.owner_of("permissions", p) == self.plugin]
        with self.off(house):
            ctx = house.office().system(utcnow())
            assert usable(registry, ctx.enabled, own) == set()
            editor = self._page(house, "/c/north/roles/everything")
            offered = [p for p in own if re.search(rf'value="{re.escape(p)}"(?![^>]*disabled)', editor)]
        nothing(offered)
        assert usable(registry, house.office().system(utcnow()).enabled, own) == set(own)

    def test_off_none_of_its_hooks_is_asked(self, house: House, registry: Registry):
        if self._always_on(registry):
            return
        asked = [h for h in WHILE_RUNNING if self.plugin in dict(hooks.implementations(registry, h))]
        with self.off(house):
            enabled = house.office().system(utcnow()).enabled
            left = [h for h in asked if self.plugin in dict(hooks.implementations(registry, h, enabled))]
        nothing(left)

    def test_off_search_finds_none_of_its_records(self, house: House, registry: Registry):
        own = [k for n, k in registry.kinds.items() if registry.owner_of("kinds", n) == self.plugin and k.endpoint]
        asked = self.plugin in dict(hooks.implementations(registry, "search"))
        kinds = [k for k in own if k.found is not None or asked]
        if self._always_on(registry) or not kinds:
            return
        links: dict[str, str] = {}
        for kind in kinds:
            ctx = house.office().system(utcnow())
            row = ctx.session.scalars(sa.select(kind.model).order_by(kind.model.id).limit(1)).first()  # type: ignore[attr-defined]
            if row is not None:
                adapter = house.app.url_map.bind("localhost", script_name="/c/north")
                links[kind.number(row)] = adapter.build(kind.endpoint, {"record_id": row.id})
        found = {n: u for n, u in links.items() if u in self._page(house, f"/c/north/search?q={n}")}
        assert found, "search finds none of its records even while it is on"
        with self.off(house):
            left = [n for n, url in found.items() if url in self._page(house, f"/c/north/search?q={n}")]
        nothing(left)

    def test_off_deliveries_are_held_and_new_events_make_none(self, house: House, registry: Registry):
        handlers = [(event, h) for event, found in registry.handlers.items() for p, h in found if p == self.plugin]
        if self._always_on(registry) or not handlers:
            return
        event_name, handler = handlers[0]
        worker = Worker(house.engine, registry, "suite", clock=lambda: utcnow() + dt.timedelta(seconds=2))
        with self.off(house):
            delivery_id = self._queue(house, event_name, handler.name)
            worker.deliver_due()
            assert self._state(house, delivery_id) == (QUEUED, 0)
            ctx = house.office().system(utcnow())
            with transaction(ctx):
                event = emit(ctx, event_name)
                write_events(ctx)
                made = sa.select(Delivery.plugin).where(Delivery.event_id == event.id)
                assert self.plugin not in set(ctx.session.scalars(made))
                ctx.session.execute(sa.delete(Delivery).where(Delivery.event_id == event.id))
        for _batch in range(200):
            if not worker.deliver_due() or self._state(house, delivery_id)[1]:
                break
        assert self._state(house, delivery_id)[1] >= 1, "switched on again, the worker takes it up"

    def _queue(self, house: House, event_name: str, handler: str) -> int:
        """Queue a delivery of a past event (or of one made for this) as if it had waited."""
        north = house.company_id("north")
        with system_session(house.engine, "suite: a delivery that waits") as session, transaction(session):
            event = session.scalar(
                sa.select(Event).where(Event.company_id == north, Event.name == event_name).order_by(Event.id).limit(1)
            )
            if event is None:
                event = session.scalars(sa.select(Event).where(Event.company_id == north).limit(1)).one()
            key = (Delivery.event_id == event.id, Delivery.plugin == self.plugin, Delivery.handler == handler)
            row = session.scalar(sa.select(Delivery).where(*key))
            if row is None:
                row = Delivery(company_id=north, event_id=event.id, plugin=self.plugin, handler=handler)
                session.add(row)
            row.state, row.attempts, row.due_at = QUEUED, 0, utcnow() - dt.timedelta(days=400)
            session.flush()
            return row.id

    def _state(self, house: House, delivery_id: int) -> tuple[str, int]:
        with system_session(house.engine, "suite: look at a delivery") as session:
            row = session.get_one(Delivery, delivery_id)
            return row.state, row.attempts

    def test_off_its_jobs_do_not_run(self, house: House, registry: Registry):
        if self._always_on(registry) or not registry.jobs.get(self.plugin):
            return
        north = house.company_id("north")

        def ran() -> int:
            query = sa.select(sa.func.count(JobRun.id)).where(JobRun.company_id == north, JobRun.plugin == self.plugin)
            with system_session(house.engine, "suite: which jobs ran") as session:
                return session.scalar(query) or 0

        with system_session(house.engine, "suite: forget jobs") as session, transaction(session):
            session.execute(sa.delete(JobRun).where(JobRun.plugin == self.plugin))
        worker = Worker(house.engine, registry, "suite")
        with self.off(house):
            worker.run_jobs()
            assert ran() == 0
        worker.run_jobs()
        assert ran() == len(registry.jobs[self.plugin])

    def test_off_its_clocks_stand_still(self, house: House, registry: Registry):
        own = [k for k in registry.clock_kinds if registry.owner_of("clock_kinds", k) == self.plugin]
        if self._always_on(registry) or not own:
            return
        before = self._clocks(house)
        assert before, "the demonstration has no running clock of it"
        with self.off(house):
            assert self._clocks(house) == {}
            Worker(house.engine, registry, "suite", clock=lambda: utcnow() + dt.timedelta(days=4000)).sweep_clocks()
            assert self._breached(house) == set()
        after = self._clocks(house)
        assert set(after) == set(before)
        assert all(after[i] >= before[i] for i in before)

    def _clocks(self, house: House) -> dict[int, dt.datetime]:
        """Running clocks of the plugin in north: id → due."""
        query = sa.select(Clock.id, Clock.due_at).where(Clock.plugin == self.plugin, Clock.state == "running")
        return dict(house.office().system(utcnow()).session.execute(query).all())

    def _breached(self, house: House) -> set[int]:
        """Clocks of the plugin in north that breached in the far future of this test."""
        query = sa.select(Clock.id).where(
            Clock.plugin == self.plugin, Clock.breached_at > utcnow() + dt.timedelta(days=1000)
        )
        return set(house.office().system(utcnow()).session.scalars(query))

    def test_switched_on_again_its_records_are_as_they_were(self, house: House, registry: Registry):
        if self._always_on(registry):
            return
        prefix = registry.plugins[self.plugin].manifest.prefix
        before = house.fingerprints("north", prefix, self.moves_when_switched)
        with self.off(house):
            nothing(changed(before, house.fingerprints("north", prefix, self.moves_when_switched)))
        nothing(changed(before, house.fingerprints("north", prefix, self.moves_when_switched)))

    def test_who_switched_it_is_on_record(self, house: House, registry: Registry):
        if self._always_on(registry):
            return
        with self.off(house):
            pass
        ctx = house.office().system(utcnow())
        names = ("core.plugin_switched_on", "core.plugin_switched_off")
        newest = ctx.session.scalars(sa.select(Event).where(Event.name.in_(names)).order_by(Event.id.desc()).limit(20))
        told = [(e.name, e.actor_name) for e in newest if e.facts["plugin"] == self.plugin][:2]
        assert told == [("core.plugin_switched_on", "system"), ("core.plugin_switched_off", "system")]
