"""Approvals: which chain, who may answer, two at once, deputies, changes meanwhile, reminders, the module off."""

from __future__ import annotations

import contextlib
import datetime as dt
import threading

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from core.approvals import queries, services
from core.approvals.models import Approval, ApprovalStep, ApprovalVote
from core.approvals.people import deputies_listed, end_deputy, name_deputy
from core.companies.services import end_membership, save_membership, save_unit
from core.companies.switch import switch_off, switch_on
from core.db import transaction
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.events import Event, RecordRef, emit, timeline
from core.notifications import Notification
from core.testing import START
from core.workflow import advance, gates
from tests.service.test_core_flow import CLOSE, OPEN, WAIVE, state
from tests.support.approval_rules import rows, step

KIND = "probe.item"
HOUR = dt.timedelta(hours=1)


def item(office, code="A1", unit_id=None, text="1") -> int:
    from probe.services import make_item

    office.installation.close_sessions()
    return make_item(office.system(), code, state="open", text=text, unit_id=unit_id).id


def act(office, user_id, *permissions, now=START, name="Somebody", **more):
    """Circumstances of a person with his or her roles as they are now."""
    from core.companies.models import Membership

    held = office.system().session.scalar(sa.select(Membership.role_codes).where(Membership.user_id == user_id))
    return office.ctx(*permissions, user_id=user_id, name=name, roles=held or (), now=now, **more)


def close(office, user_id, item_id, **more):
    """Try to close an item; the text of the refusal, or nothing."""
    from probe.models import Item
    from probe.plugin import WORKFLOW

    office.installation.close_sessions()
    ctx = act(office, user_id, CLOSE, *more.pop("rights", ()), name="Asker")
    if "sent" in more:
        ctx.memo["entered"] = lambda sent=more.pop("sent"): sent
    try:
        with transaction(ctx):
            record = ctx.session.get_one(Item, item_id)
            advance(ctx, WORKFLOW, record, "close", **more)
            emit(ctx, "probe.changed", record)
    except Conflict as error:
        return error.code
    return ""


def request(office) -> Approval:
    """The newest request."""
    return office.system().session.scalars(sa.select(Approval).order_by(Approval.id.desc()).limit(1)).one()


def turn(office) -> int:
    """The id of the step whose turn it is."""
    return office.system().session.scalars(sa.select(ApprovalStep.id).where(ApprovalStep.state == "waiting")).one()


def answer(office, user_id, approves=True, reason="", name="Approver", now=START, **more):
    office.installation.close_sessions()
    ctx = act(office, user_id, name=name, now=now)
    return services.answer(ctx, request(office).id, turn(office), approves=approves, reason=reason, **more).state


def told(office, user_id) -> list[str]:
    rows_ = office.system().session.scalars(sa.select(Notification).where(Notification.user_id == user_id))
    return [n.text for n in rows_]


def names(office, item_id) -> list[str]:
    return [e.name for e in reversed(timeline(office.system(), RecordRef(KIND, item_id)))]


@pytest.fixture
def people(acme):
    """An agent who asks, two managers, an administrator."""
    return {
        "asker": acme.person("asker@acme.test", "agent", name="Asker"),
        "lin": acme.person("lin@acme.test", "manager", name="Lin"),
        "mo": acme.person("mo@acme.test", "manager", name="Mo"),
        "boss": acme.person("boss@acme.test", "administrator", name="Boss"),
    }


TWO = (step(1, "manager", when={"transition": "close"}), step(2, "administrator", when={"transition": "close"}))


class TestTheChain:
    def test_without_a_row_nothing_needs_an_approval(self, acme, people):
        made = item(acme)
        assert close(acme, people["asker"], made) == ""
        assert state(acme, made) == "closed"

    def test_going_on_asks_and_every_step_in_its_turn_makes_it_possible(self, acme, people):
        rows(acme.system(), KIND, *TWO)
        made = item(acme)
        assert close(acme, people["asker"], made) == "approval_asked"
        assert close(acme, people["asker"], made) == "approval_waits"
        assert state(acme, made) == "open"
        with pytest.raises(Forbidden):
            answer(acme, people["boss"])
        assert answer(acme, people["lin"]) == "waiting"
        assert close(acme, people["asker"], made) == "approval_waits"
        with pytest.raises(Forbidden):
            answer(acme, people["lin"])
        assert answer(acme, people["boss"]) == "granted"
        assert state(acme, made) == "open"
        assert close(acme, people["asker"], made) == ""
        assert (state(acme, made), request(acme).state) == ("closed", "used")
        assert names(acme, made) == [
            "probe.made", "core.approval_asked", "core.approval_given", "core.approval_waits", "core.approval_given",
            "core.approval_granted", "probe.changed",
        ]

    def test_what_the_page_sent_is_kept_until_the_request_ends(self, acme, people):
        rows(acme.system(), KIND, step(1, "manager", when={"transition": "close"}))
        made = item(acme)
        sent = {"to": "/probe/1/close", "record": made, "values": [["outcome", "solved"], ["outcome", "other"]]}
        assert close(acme, people["asker"], made, sent=sent) == "approval_asked"
        assert request(acme).entered == sent
        assert answer(acme, people["lin"]) == "granted"
        assert request(acme).entered == sent
        assert close(acme, people["asker"], made) == ""
        assert (request(acme).state, request(acme).entered) == ("used", None)

    def test_an_approval_is_used_once(self, acme, people):
        rows(acme.system(), KIND, step(1, "manager", when={"transition": "close"}))
        made = item(acme)
        close(acme, people["asker"], made)
        answer(acme, people["lin"])
        close(acme, people["asker"], made)
        from tests.service.test_core_flow import go

        go(acme, made, "reopen", OPEN, reason="again")
        assert close(acme, people["asker"], made) == "approval_asked"

    def test_what_else_is_missing_comes_first(self, acme, people):
        rows(acme.system(), KIND, *TWO)
        made = item(acme, text="")
        assert close(acme, people["asker"], made) == "gates_open"
        assert acme.system().session.scalar(sa.select(sa.func.count(Approval.id))) == 0

    def test_nobody_can_waive_it(self, acme, people):
        rows(acme.system(), KIND, *TWO)
        made = item(acme)
        waive = {"core.approval": "in a hurry"}
        assert close(acme, people["asker"], made, rights=(WAIVE,), waive=waive) == "approval_asked"
        assert close(acme, people["asker"], made, rights=(WAIVE,), waive=waive) == "approval_waits"
        assert state(acme, made) == "open"

    def test_a_role_that_nobody_holds_is_told_at_once(self, acme, people):
        rows(acme.system(), KIND, step(1, "general_manager"))
        made = item(acme)
        assert close(acme, people["asker"], made) == "nobody_to_approve"
        assert acme.system().session.scalar(sa.select(sa.func.count(Approval.id))) == 0

    def test_rows_fit_by_unit_and_roles_of_the_asker(self, acme, people):
        ctx = acme.system()
        north = save_unit(ctx, "north", "North", "centre", "hq").id
        rows(
            ctx, KIND,
            step(1, "manager", when={"unit": "north"}),
            step(2, "administrator", when={"asker_roles": {"contains": "|agent|"}}),
        )  # fmt: skip
        far, near = item(acme, "A1"), item(acme, "A2", north)
        close(acme, people["asker"], far)
        assert [s.role for s in services.steps_listed(acme.system(), request(acme).id)] == ["administrator"]
        close(acme, people["asker"], near)
        assert [s.role for s in services.steps_listed(acme.system(), request(acme).id)] == ["manager", "administrator"]
        assert close(acme, people["lin"], far) == ""

    def test_the_holders_are_those_of_the_unit_its_parent_or_headquarters(self, acme):
        ctx = acme.system()
        north = save_unit(ctx, "north", "North", "centre", "hq")
        agent = save_unit(ctx, "agent", "Agent", "agent", "north")
        hq, agent_id = north.parent_id, agent.id
        ids = {
            unit: acme.person(f"{unit}@acme.test", "manager", unit_id=unit_id, name=unit)
            for unit, unit_id in (("agent", agent.id), ("north", north.id), ("hq", hq), ("nowhere", None))
        }
        asker = acme.person("asker@acme.test", "agent")
        made = item(acme, unit_id=agent_id)
        expected = {"unit": {"agent"}, "parent": {"north"}, "headquarters": {"hq", "nowhere"}, "company": set(ids)}
        for scope, units in expected.items():
            rows(acme.system(), KIND, step(1, "manager", scope))
            close(acme, asker, made)
            acme.installation.close_sessions()
            seen = {u for u, i in ids.items() if self._sees(acme, i)}
            acme.installation.close_sessions()
            may = {u for u, i in ids.items() if self._may(acme, i)}
            assert (seen, may) == (units, units), scope
            services.withdraw(act(acme, asker), request(acme).id)

    @staticmethod
    def _sees(office, user_id) -> bool:
        return bool(office.system().session.scalars(queries.waiting_for_me(act(office, user_id))).all())

    @staticmethod
    def _may(office, user_id) -> bool:
        from core.approvals.people import answerable_for

        office.installation.close_sessions()
        ctx = act(office, user_id)
        found = ctx.session.get_one(Approval, request(office).id)
        return bool(answerable_for(ctx, found, ctx.session.get_one(ApprovalStep, turn(office))))


class TestAnswering:
    @pytest.fixture
    def asked(self, acme, people):
        rows(acme.system(), KIND, step(1, "manager", when={"transition": "close"}))
        made = item(acme)
        close(acme, people["asker"], made)
        return made

    def test_a_refusal_needs_a_reason_ends_it_and_tells_the_asker(self, acme, people, asked):
        with pytest.raises(Invalid) as missing:
            answer(acme, people["lin"], False, "  ")
        assert missing.value.field == "reason"
        assert answer(acme, people["lin"], False, "not yet") == "refused"
        assert told(acme, people["asker"]) == ["“{action}” of {number} was refused: {reason}"]
        assert close(acme, people["asker"], asked) == "approval_asked", "it can be asked for again"

    def test_the_asker_cannot_approve_even_with_the_role(self, acme, people):
        rows(acme.system(), KIND, step(1, "manager"))
        close(acme, people["lin"], item(acme))
        with pytest.raises(Forbidden):
            answer(acme, people["lin"])
        assert acme.system().session.scalar(sa.select(sa.func.count(ApprovalVote.id))) == 0
        assert answer(acme, people["mo"]) == "granted"

    def test_the_rules_may_let_askers_approve_their_own(self, acme, people):
        rows(acme.system(), KIND, step(1, "manager", own=True))
        close(acme, people["lin"], item(acme))
        assert answer(acme, people["lin"]) == "granted"

    def test_who_has_lost_the_role_meanwhile_cannot_approve(self, acme, people, asked):
        save_membership(acme.system(), people["lin"], ["agent"])
        with pytest.raises(Forbidden):
            services.answer(act(acme, people["lin"]), request(acme).id, turn(acme), approves=True)
        assert request(acme).state == "waiting"

    def test_all_of_them_means_everybody(self, acme, people):
        rows(acme.system(), KIND, step(1, "manager", holders="all"))
        close(acme, people["asker"], item(acme))
        assert answer(acme, people["lin"]) == "waiting"
        with pytest.raises(Forbidden):
            answer(acme, people["lin"])
        assert answer(acme, people["mo"]) == "granted"

    def test_who_loses_the_role_is_waited_for_no_longer_from_the_next_look_on(self, acme, people):
        rows(acme.system(), KIND, step(1, "manager", holders="all"))
        close(acme, people["asker"], item(acme))
        assert answer(acme, people["lin"]) == "waiting"
        save_membership(acme.system(), people["mo"], ["agent"])
        assert request(acme).state == "waiting"
        services.look_again(act(acme, people["asker"]), request(acme).id)
        assert request(acme).state == "granted"
        granted = acme.system().session.scalars(sa.select(Event).where(Event.name == "core.approval_granted")).one()
        assert granted.actor_name == "system"

    def test_without_an_answer_a_look_changes_nothing(self, acme, people, asked):
        services.look_again(act(acme, people["asker"]), request(acme).id)
        assert request(acme).state == "waiting"

    def test_who_is_not_concerned_is_told_that_there_is_no_such_request(self, acme, zenith, people, asked):
        stranger = zenith.person("far@zenith.test", "manager")
        with pytest.raises(NotFound):
            services.get_approval(zenith.ctx(user_id=stranger, roles=["manager"]), request(acme).id)

    def test_two_at_once_count_once(self, acme, people, asked):
        """Both saw the same step; whoever comes second is told."""
        one, both, outcomes = turn(acme), threading.Barrier(2), []

        def press(user_id):
            ctx = act(acme, user_id)
            number = request(acme).id
            both.wait()
            try:
                outcomes.append(services.answer(ctx, number, one, approves=True).state)
            except Conflict as error:
                outcomes.append(error.code)

        threads = [threading.Thread(target=press, args=(people[p],)) for p in ("lin", "mo")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sorted(outcomes) == ["answered", "granted"]
        assert acme.system().session.scalar(sa.select(sa.func.count(ApprovalVote.id))) == 1

    def test_withdrawing_is_for_the_asker(self, acme, people, asked):
        with pytest.raises(Forbidden):
            services.withdraw(act(acme, people["lin"]), request(acme).id)
        assert services.withdraw(act(acme, people["asker"]), request(acme).id, "a mistake").state == "withdrawn"
        with pytest.raises(Conflict):
            services.withdraw(act(acme, people["asker"]), request(acme).id)


class TestChangesMeanwhile:
    @pytest.fixture
    def asked(self, acme, people):
        chain = {"hq": "manager", "north": "administrator"}
        rows(acme.system(), KIND, *(step(1, role, when={"unit": unit}) for unit, role in chain.items()))
        hq_id = save_unit(acme.system(), "hq", "Acme", "headquarters").id
        save_unit(acme.system(), "north", "North", "centre", "hq")
        made = item(acme, unit_id=hq_id)
        close(acme, people["asker"], made)
        return made

    def move(self, office, item_id, code="north"):
        from probe.models import Item

        from core.companies.services import unit_by_code

        ctx = office.system()
        with transaction(ctx):
            ctx.session.get_one(Item, item_id).unit_id = unit_by_code(ctx, code).id
            emit(ctx, "probe.changed", RecordRef(KIND, item_id))

    def test_an_answer_to_a_changed_record_makes_it_void_and_says_so(self, acme, people, asked):
        self.move(acme, asked)
        assert answer(acme, people["lin"]) == "void"
        assert acme.system().session.scalar(sa.select(sa.func.count(ApprovalVote.id))) == 0
        assert "core.approval_void" in names(acme, asked)
        assert told(acme, people["asker"]) == ["The approval for “{action}” of {number} is void: {reason}"]

    def test_a_granted_one_no_longer_counts_and_is_asked_for_anew(self, acme, people, asked):
        answer(acme, people["lin"])
        self.move(acme, asked)
        assert close(acme, people["asker"], asked) == "approval_asked"
        assert state(acme, asked) == "open"
        assert [s.role for s in services.steps_listed(acme.system(), request(acme).id)] == ["administrator"]

    def test_other_changes_leave_it_as_it_is(self, acme, people, asked):
        answer(acme, people["lin"])
        ctx = acme.system()
        from probe.models import Item

        with transaction(ctx):
            ctx.session.get_one(Item, asked).text = "2"
            emit(ctx, "probe.changed", RecordRef(KIND, asked))
        assert close(acme, people["asker"], asked) == ""


class TestDeputies:
    @pytest.fixture
    def asked(self, acme, people):
        people["dai"] = acme.person("dai@acme.test", "agent", name="Dai")
        rows(acme.system(), KIND, step(1, "manager"))
        made = item(acme)
        close(acme, people["asker"], made)
        return made

    def name_for(self, office, people, who="lin", deputy="dai", days=(0, 3)):
        first, last = (START.date() + dt.timedelta(days=n) for n in days)
        return name_deputy(act(office, people[who]), people[deputy], first, last)

    def test_a_deputy_acts_for_somebody_and_both_are_named(self, acme, people, asked):
        with pytest.raises(Forbidden):
            answer(acme, people["dai"])
        self.name_for(acme, people)
        assert answer(acme, people["dai"], name="Dai") == "granted"
        given = acme.system().session.scalars(sa.select(Event).where(Event.name == "core.approval_given_for")).one()
        assert (given.actor_name, given.facts["holder"]) == ("Dai", "Lin")

    def test_only_on_the_days_named_and_only_as_long_as_the_other_holds_the_role(self, acme, people, asked):
        self.name_for(acme, people, days=(1, 3))
        with pytest.raises(Forbidden):
            answer(acme, people["dai"])
        save_membership(acme.system(), people["lin"], ["agent"])
        with pytest.raises(Forbidden):
            answer(acme, people["dai"], now=START + 30 * HOUR)

    def test_a_deputy_cannot_approve_what_he_or_she_asked_for(self, acme, people, asked):
        self.name_for(acme, people, deputy="asker")
        with pytest.raises(Forbidden):
            answer(acme, people["asker"])

    def test_it_is_named_ended_and_refused_where_it_makes_no_sense(self, acme, people):
        with pytest.raises(Invalid):
            self.name_for(acme, people, deputy="lin")
        with pytest.raises(Invalid):
            self.name_for(acme, people, deputy="mo", days=(3, 1))
        row = self.name_for(acme, people, deputy="mo")
        with pytest.raises(Forbidden):
            end_deputy(act(acme, people["mo"]), row.id)
        with pytest.raises(Forbidden):
            name_deputy(act(acme, people["mo"]), people["asker"], START.date(), START.date(), person_id=people["lin"])
        end_deputy(act(acme, people["lin"]), row.id)
        assert deputies_listed(acme.system()) == []


class TestTimeAndLeaving:
    def test_reminded_by_the_clock_then_reported(self, acme, probe, people):
        timed = {"limit": "2", "limit_unit": "elapsed_hours", "warn": "0.5", "escalate_to": "administrator"}
        rows(acme.system(), KIND, step(1, "manager", **timed))
        made = item(acme)
        close(acme, people["asker"], made)
        for hours in (1, 2, 3):
            probe.worker(START + hours * HOUR).sweep_clocks()
        assert names(acme, made)[2:] == [
            "core.approval_reminded", "core.approval_overdue", "core.approval_escalated",
        ]
        assert told(acme, people["lin"]).count("Reminder: “{action}” of {number} waits for your approval") == 2
        assert "Overdue: “{clock}”" in told(acme, people["boss"])
        assert answer(acme, people["mo"], now=START + 4 * HOUR) == "granted"

    def test_while_the_module_is_off_it_is_held(self, acme, probe, people):
        rows(acme.system(), KIND, step(1, "manager", limit="2", limit_unit="elapsed_hours"))
        made = item(acme)
        close(acme, people["asker"], made)
        number, waiting = request(acme).id, turn(acme)
        switch_off(acme.system(), "probe")
        with pytest.raises(NotFound):
            services.answer(act(acme, people["lin"]), number, waiting, approves=True)
        assert acme.system().session.scalars(queries.waiting_for_me(act(acme, people["lin"]))).all() == []
        probe.worker(START + 9 * HOUR).sweep_clocks()
        assert "core.approval_overdue" not in names(acme, made)
        switch_on(acme.system(START + 9 * HOUR), "probe")
        assert answer(acme, people["lin"]) == "granted"

    def test_who_leaves_hands_over_what_only_he_or_she_could_approve(self, acme, people):
        save_unit(acme.system(), "north", "North", "centre", "hq")
        from core.companies.services import unit_by_code

        north = unit_by_code(acme.system(), "north").id
        wang = acme.person("wang@acme.test", "manager", unit_id=north, name="Wang")
        rows(acme.system(), KIND, step(1, "manager", "unit"))
        close(acme, people["asker"], item(acme, unit_id=north))
        with pytest.raises(Conflict):
            end_membership(acme.system(), wang)
        with pytest.raises(Forbidden):
            answer(acme, people["mo"])
        end_membership(acme.system(), wang, people["lin"])
        with pytest.raises(Forbidden):
            answer(acme, people["mo"])
        assert answer(acme, people["lin"]) == "granted"

    def test_what_a_leaver_asked_for_goes_to_the_successor_who_then_cannot_approve_it(self, acme, people):
        rows(acme.system(), KIND, step(1, "manager"))
        close(acme, people["asker"], item(acme))
        end_membership(acme.system(), people["asker"], people["lin"])
        with pytest.raises(Forbidden):
            answer(acme, people["lin"])
        assert answer(acme, people["mo"]) == "granted"


class Chain(RuleBasedStateMachine):
    """Whatever people press in whatever order: an item is closed only when every step of its chain was approved."""

    office: object
    people: dict
    count = 0

    @initialize(length=st.integers(1, 3))
    def begin(self, length):
        Chain.count += 1
        roles = ("manager", "administrator", "manager")[:length]
        rows(self.office.system(), KIND, *(step(n + 1, role) for n, role in enumerate(roles)))
        self.length = length
        self.item = item(self.office, f"S{Chain.count}")
        self.approved = 0

    @rule()
    def press_close(self):
        close(self.office, self.people["asker"], self.item)

    @rule(who=st.sampled_from(["asker", "lin", "mo", "boss"]), approves=st.booleans())
    def press_answer(self, who, approves):
        self.office.installation.close_sessions()
        found = services.requests_on(self.office.system(), RecordRef(KIND, self.item), 1)
        waiting = list(services.steps_listed(self.office.system(), found[0].id)) if found else []
        for one in waiting[::-1]:  # any step, not only the one whose turn it is
            try:
                services.answer(act(self.office, self.people[who]), found[0].id, one.id, approves=approves, reason="r")
            except (Conflict, Forbidden, NotFound):
                continue

    @rule()
    def withdraw(self):
        for one in services.requests_on(self.office.system(), RecordRef(KIND, self.item), 1):
            with contextlib.suppress(Conflict):
                services.withdraw(act(self.office, self.people["asker"]), one.id)

    @invariant()
    def no_step_is_missing(self):
        if not hasattr(self, "item"):
            return
        self.office.installation.close_sessions()
        used = [a for a in services.requests_on(self.office.system(), RecordRef(KIND, self.item)) if a.state == "used"]
        closed = state(self.office, self.item) == "closed"
        assert closed == bool(used)
        for one in used:
            steps = services.steps_listed(self.office.system(), one.id)
            votes = self.office.system().session.scalars(
                sa.select(ApprovalVote).where(ApprovalVote.approval_id == one.id, ApprovalVote.approves.is_(True))
            )
            given = {v.step_id for v in votes}
            assert len(steps) == self.length
            assert {s.id for s in steps} == given

    def teardown(self):
        self.office.installation.close_sessions()


def test_a_chain_is_never_passed_with_a_step_missing(acme, people):
    machine = type("ChainHere", (Chain,), {"office": acme, "people": people})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=6, stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_a_gate_costs_nothing_where_a_company_has_no_rules(acme, people):
    from probe.models import Item
    from probe.plugin import WORKFLOW

    from core.testing import counted

    made = item(acme)
    ctx = act(acme, people["asker"], CLOSE)
    record = ctx.session.get_one(Item, made)
    assert ctx.enabled == {"probe"}
    with counted(acme.installation.engine) as statements:
        gates(ctx, WORKFLOW.transition("close"), record)
    assert [s for s in statements if "core_approval" in s] == []
