"""Transitions and their gates, lines in inboxes, loading with and without plugins, and the switch seen by all."""

from __future__ import annotations

import subprocess
import sys

import pytest
import sqlalchemy as sa

from core import plugins
from core.companies.switch import enabled_for, preview, switch_off, switch_on
from core.db import system_session, transaction
from core.errors import ConfigurationError, Conflict, Forbidden, Invalid, NotFound
from core.events import Event, emit
from core.notifications import Notification, inbox_page, mark_read, notify, people_with_role, unread_count
from core.testing import START
from core.workflow import advance, gates, possible
from tests.support import probe_site
from tests.support.server import ROOT

OPEN, CLOSE, WAIVE = "probe.item.open", "probe.item.close", "core.gates.waive"


def item(office, state="new", **values):
    """An item in a state; its id."""
    from probe.services import make_item

    return make_item(office.system(), "A1", state=state, **values).id


def go(office, item_id, name, *permissions, **more):
    """Take a transition with these rights, with the event that a service would emit."""
    from probe.models import Item
    from probe.plugin import WORKFLOW

    ctx = office.ctx(*permissions, name="Li Ming")
    with transaction(ctx):
        record = ctx.session.get_one(Item, item_id)
        advance(ctx, WORKFLOW, record, name, **more)
        emit(ctx, "probe.changed", record)


def state(office, item_id) -> str:
    from probe.models import Item

    return office.system().session.get_one(Item, item_id).state


class TestWorkflow:
    def test_the_right_state_and_the_right_person(self, acme):
        made = item(acme)
        with pytest.raises(Forbidden):
            go(acme, made, "open")
        with pytest.raises(Conflict) as refused:
            go(acme, made, "close", CLOSE)
        assert refused.value.code == "wrong_state"
        assert state(acme, made) == "new"
        go(acme, made, "open", OPEN)
        assert state(acme, made) == "open"

    def test_an_open_gate_refuses_and_says_what_is_missing(self, acme):
        made = item(acme, "open")
        with pytest.raises(Conflict, match="The text is missing") as refused:
            go(acme, made, "close", CLOSE)
        assert refused.value.code == "gates_open"
        assert [(g.key, g.open) for g in refused.value.details["gates"]] == [("probe.text", True)]
        assert state(acme, made) == "open"

    def test_a_satisfied_gate_lets_pass(self, acme):
        made = item(acme, "open", text="1")
        go(acme, made, "close", CLOSE)
        assert state(acme, made) == "closed"

    def test_a_waiver_needs_the_right_and_a_reason_and_is_on_record(self, acme):
        made = item(acme, "open")
        with pytest.raises(Forbidden):
            go(acme, made, "close", CLOSE, waive={"probe.text": "lost in the post"})
        with pytest.raises(Conflict):
            go(acme, made, "close", CLOSE, WAIVE, waive={"probe.text": "  "})
        with pytest.raises(Conflict):
            go(acme, made, "close", CLOSE, WAIVE, waive={"another.gate": "why not"})
        assert state(acme, made) == "open"
        go(acme, made, "close", CLOSE, WAIVE, waive={"probe.text": " lost in the post "})
        assert state(acme, made) == "closed"
        waived = acme.system().session.scalars(sa.select(Event).where(Event.name == "core.gate_waived")).all()
        assert [(e.actor_name, e.facts["key"], e.facts["reason"], e.record_id) for e in waived] == [
            ("Li Ming", "probe.text", "lost in the post", made)
        ]

    def test_a_gate_that_fails_refuses_only_this_transition_is_named_and_may_be_waived(self, acme):
        made = item(acme, "open", text="1", tags=["broken"])
        with pytest.raises(Conflict) as refused:
            go(acme, made, "close", CLOSE)
        (gate,) = refused.value.details["gates"]
        assert (gate.key, gate.plugin, gate.broken) == ("probe.broken", "probe", True)
        assert "Probe" in gate.text or "探针" in gate.text
        assert state(acme, made) == "open"
        go(acme, made, "close", CLOSE, WAIVE, waive={"probe.broken": "known fault"})
        assert state(acme, made) == "closed"
        go(acme, made, "reopen", OPEN, reason="again")
        assert state(acme, made) == "open"

    def test_a_reason_that_is_required_is_demanded(self, acme):
        made = item(acme, "closed")
        with pytest.raises(Invalid) as refused:
            go(acme, made, "reopen", OPEN, reason=" ")
        assert (refused.value.code, refused.value.field) == ("reason_needed", "reason")
        assert state(acme, made) == "closed"

    def test_what_is_possible_depends_on_state_and_rights(self, acme):
        from probe.models import Item
        from probe.plugin import WORKFLOW

        made = item(acme, "open")
        for rights, names in (((OPEN,), []), ((CLOSE,), ["close"]), ((OPEN, CLOSE), ["close"])):
            ctx = acme.ctx(*rights)
            record = ctx.session.get_one(Item, made)
            assert [t.name for t in possible(ctx, WORKFLOW, record)] == names
            assert [g.open for g in gates(ctx, WORKFLOW.transition("close"), record)] == [True]

    def test_the_table_itself_is_checked(self, acme):
        from probe.plugin import WORKFLOW

        from core.workflow import State, Transition, Workflow

        assert WORKFLOW.problems() == []
        odd = Workflow(
            "x", (State("a", "A"), State("b", "B"), State("c", "C")), (Transition("go", "Go", ("a", "z"), "b", "p"),)
        )
        assert odd.problems() == [
            "go: unknown state 'z'", "state 'c' can't be reached", "state 'b' can't be left", "state 'c' can't be left",
        ]


class TestNotifications:
    @pytest.fixture
    def two(self, acme):
        """Two people of acme: a manager and an agent."""
        return acme.person("m@acme.test", "manager"), acme.person("a@acme.test", "agent", "manager")

    def told(self, office) -> list[tuple[int, str]]:
        return office.system().session.execute(sa.select(Notification.user_id, Notification.once)).all()

    def test_one_cause_tells_each_person_once(self, acme, two):
        ctx = acme.system()
        with transaction(ctx):
            assert notify(ctx, [two[0], two[0]], "Hello {name}", once="cause 1", name="Li") == 1
            assert notify(ctx, two, "Hello {name}", once="cause 1", name="Li") == 1
            assert notify(ctx, two, "Hello {name}", once="cause 2", name="Li") == 2
            assert notify(ctx, [], "Hello", once="cause 3") == 0
        assert sorted(map(tuple, self.told(acme))) == [
            (two[0], "cause 1"), (two[0], "cause 2"), (two[1], "cause 1"), (two[1], "cause 2"),
        ]

    def test_those_who_hold_a_role_now(self, acme, zenith, two):
        assert people_with_role(acme.system(), "manager") == sorted(two)
        assert people_with_role(acme.system(), "agent") == [two[1]]
        assert people_with_role(zenith.system(), "manager") == []

    def test_reading_is_ones_own(self, acme, two):
        ctx = acme.system()
        with transaction(ctx):
            notify(ctx, two, "Hello", once="cause")
        mine, theirs = acme.ctx(user_id=two[0]), acme.ctx(user_id=two[1])
        assert (unread_count(mine), unread_count(theirs)) == (1, 1)
        (line,), (other,) = inbox_page(mine, None), inbox_page(theirs, None)
        mark_read(mine, [line.id, other.id])
        assert (unread_count(acme.ctx(user_id=two[0])), unread_count(acme.ctx(user_id=two[1]))) == (0, 1)


class TestLoading:
    def test_without_a_plugin_and_what_depends_on_it(self):
        assert list(probe_site.load_registry().plugins) == ["probe"]
        assert list(plugins.load(without=("base",)).plugins) == [], "the others need base"
        assert list(plugins.load(without=("base", "probe"), path=str(probe_site.FOLDER)).plugins) == []

    def test_a_plugin_that_cannot_be_imported_stops_the_start_with_its_name_and_the_way_out(self, tmp_path):
        (tmp_path / "wreck").mkdir()
        (tmp_path / "wreck" / "plugin.py").write_text("import does_not_exist\n")
        with pytest.raises(ConfigurationError, match=r"plugin 'wreck' can't be loaded: .*--without wreck"):
            plugins.load(path=str(tmp_path))
        assert "wreck" not in plugins.load(without=("wreck",), path=str(tmp_path)).plugins


class TestSwitch:
    def test_other_processes_see_it_at_their_next_look(self, acme, probe):
        """Another process holds its own connections and caches; it is asked after each switch."""
        script = (
            "import sys\n"
            "from core.db import make_engine, system_session\n"
            "from core.companies.switch import enabled_for\n"
            "from tests.support.probe_site import load_registry\n"
            "registry, engine = load_registry(), make_engine(sys.argv[1])\n"
            "for line in sys.stdin:\n"
            "    with system_session(engine, 'test') as session:\n"
            "        print(','.join(sorted(enabled_for(session, int(line), registry))), flush=True)\n"
        )
        command = [sys.executable, "-c", script, probe.url]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as other:

            def asked() -> str:
                other.stdin.write(f"{acme.id}\n")
                other.stdin.flush()
                return other.stdout.readline().strip()

            assert asked() == "probe"
            switch_off(acme.system(), "probe")
            assert asked() == ""
            switch_on(acme.system(), "probe")
            assert asked() == "probe"
            other.stdin.close()

    def test_the_same_session_sees_its_own_switch(self, acme):
        ctx = acme.system()
        assert ctx.enabled == {"probe"}
        switch_off(ctx, "probe")
        assert ctx.enabled == frozenset()
        switch_on(ctx, "probe")
        assert ctx.enabled == {"probe"}

    def test_it_is_the_companys_own(self, acme, zenith, probe):
        switch_off(acme.system(), "probe")
        with system_session(probe.engine, "test") as session:
            assert enabled_for(session, acme.id, probe.registry) == frozenset()
            assert enabled_for(session, zenith.id, probe.registry) == {"probe"}

    def test_switching_needs_the_right_and_is_on_record(self, acme):
        with pytest.raises(Forbidden):
            switch_off(acme.ctx(), "probe")
        assert acme.system().enabled == {"probe"}
        switch_off(acme.ctx("core.modules.switch", name="Li Ming"), "probe")
        told = acme.system().session.scalars(sa.select(Event).where(Event.name == "core.plugin_switched_off")).one()
        assert (told.actor_name, told.occurred_at, told.facts["plugin"]) == ("Li Ming", START, "probe")

    def test_switching_twice_changes_nothing_the_second_time(self, acme):
        switch_off(acme.system(), "probe")
        switch_off(acme.system(), "probe")
        assert switch_on(acme.system(), "probe") == ["probe"]
        assert switch_on(acme.system(), "probe") == []
        query = sa.select(Event.name).where(Event.name.like("core.plugin_switched%"))
        names = acme.system().session.scalars(query)
        assert sorted(names) == ["core.plugin_switched_off"] + ["core.plugin_switched_on"] * 2

    def test_an_unknown_module_is_not_found(self, acme):
        for call, *more in ((switch_on,), (switch_off,), (preview, True)):
            with pytest.raises(NotFound):
                call(acme.system(), "nothing", *more)
