"""The life of a complaint: who may do what when, what changes, which clocks run, and who is told."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from core.api import (
    Actor,
    Clock,
    Conflict,
    Event,
    Forbidden,
    Invalid,
    NotFound,
    RecordRef,
    ask,
    decisions_on,
    find_clock,
    gates,
    people_with_role,
    recall,
    sweep,
    transaction,
    use_locale,
)
from core.companies.services import save_unit
from core.companies.switch import switch_off, switch_on
from core.decisions.company_names import decision_with_names
from core.decisions.words import explain
from core.notifications import Notification
from core.settings import set_setting
from core.testing import moment
from plugins.base import services as base
from plugins.base.contracts import ComplaintTold, ContactData, CustomerData, ProductData, UnitData
from plugins.complaints import life, queries, services
from plugins.complaints.contracts import ANSWER, CLOCKS, RELAY, SOLUTION, Classification, ComplaintData
from plugins.complaints.lists import ASSIGN as ASSIGN_MANY
from plugins.complaints.models import NEVER, OPEN_STATES, STATES, Complaint, Handover, Reply

MONDAY = moment("2026-03-02 09:00")
"""The office of the tests is open 09:00 to 18:00 on working days (the shipped calendar for China)."""


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def installation(databases, database_kind):
    with databases.furnished(database_kind, acme) as made:
        yield made
        _READERS.pop(id(made), None)


@pytest.fixture
def office(installation):
    return installation.office("acme")


def acme(installation):
    furnished(installation, "acme")


def furnished(installation, code: str):
    office = installation.company(code, modules=("complaints",), locale="en")
    ctx = office.system()
    for unit in ("rd", "quality", "warehouse", "service"):
        save_unit(ctx, unit, unit.title(), "department", "hq")
    return office


def reading(office):
    """Circumstances for looking at what is there now; one session for all looks of a test."""
    ctx = _READERS.get(id(office.installation), {}).get(office.id) or office.system()
    _READERS.setdefault(id(office.installation), {})[office.id] = ctx
    ctx.session.rollback()
    return ctx


_READERS: dict = {}


def opened(office, now=MONDAY, **values) -> int:
    given = {"subject": "Gearbox leaks again", "category": "quality", **values}
    ctx = office.system(now)
    number = services.open_complaint(ctx, ComplaintData(**given)).id
    ctx.session.close()
    return number


def test_what_another_module_hears_becomes_one_complaint_however_often_it_is_told(office):
    told = ComplaintTold("Late twice", "He came on Thursday", "call:7", about_number="KH-7", person_name="Li")
    ctx = office.system(MONDAY).as_actor(Actor("Nobody", None))
    first = ask(ctx, "open_complaint", told=told)
    assert ask(ctx, "open_complaint", told=told) == first
    rows = reading(office).session.scalars(sa.select(Complaint)).all()
    assert [(r.id, r.subject, r.channel, r.source, r.person_name) for r in rows] == [
        (first.id, "Late twice", "phone", "KH-7", "Li")
    ]
    switch_off(office.system(MONDAY), "complaints")
    assert ask(office.system(MONDAY), "open_complaint", told=told) is None


def seen(office, complaint_id: int) -> Complaint:
    return queries.get_complaint(reading(office), complaint_id)


def unit_code(office, complaint_id: int) -> str:
    complaint = seen(office, complaint_id)
    return next((u.code for u in queries.all_units(reading(office)) if u.id == complaint.unit_id), "")


def unit_id(office, code: str) -> int:
    return next(u.id for u in queries.all_units(reading(office)) if u.code == code)


def clock(office, complaint_id: int, kind: str) -> Clock:
    return find_clock(reading(office), RecordRef("complaints.complaint", complaint_id), kind)


def states_of_clocks(office, complaint_id: int) -> dict[str, str]:
    return {kind.partition(".")[2]: clock(office, complaint_id, kind).state for kind in CLOCKS}


def events(office, complaint_id: int) -> list[str]:
    query = sa.select(Event.name).where(Event.record_kind == "complaints.complaint", Event.record_id == complaint_id)
    return list(reading(office).session.scalars(query.order_by(Event.id)))


def everything(office) -> tuple:
    """What a refused action must leave as it was."""
    session = reading(office).session
    rows = session.execute(sa.select(Complaint.id, Complaint.state, Complaint.version, Complaint.unit_id))
    counts = [session.scalar(sa.select(sa.func.count(m.id))) for m in (Event, Clock, Reply, Handover, Notification)]
    return sorted(tuple(r) for r in rows), counts


# --- taking in ------------------------------------------------------------------------------------------------------


def test_a_new_complaint_is_numbered_judged_timed_and_routed(office):
    complaint = seen(office, opened(office))
    assert (complaint.number, complaint.severity, complaint.state, complaint.routing) == (
        "TS2603-0001",
        "minor",
        "in_progress",
        "routed",
    )
    assert unit_code(office, complaint.id) == "rd"
    due = {kind.partition(".")[2]: clock(office, complaint.id, kind).due_at for kind in CLOCKS}
    assert due == {
        "relay": moment("2026-03-02 13:00"),
        "answer": moment("2026-03-02 17:00"),
        "solution": moment("2026-03-16 18:00"),
    }
    assert complaint.urgent_at == due["relay"]
    assert events(office, complaint.id)[0] == "complaints.opened"
    assert events(office, complaint.id)[-1] == "complaints.routed"


def test_without_a_category_it_waits_to_be_classified(office):
    complaint = seen(office, opened(office, category=""))
    assert (complaint.state, complaint.unit_id, complaint.routing) == ("received", None, "")
    assert states_of_clocks(office, complaint.id) == {"relay": "running", "answer": "running", "solution": "running"}


def test_the_same_key_twice_makes_one_complaint(office):
    assert opened(office, external_key="form:1") == opened(office, external_key="form:1", subject="Something else")
    assert seen(office, 1).subject == "Gearbox leaks again"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"subject": " "}, "subject"),
        ({"subject": "x" * 201}, "subject"),
        ({"kind": "praise"}, "kind"),
        ({"channel": "smoke"}, "channel"),
        ({"category": "weather"}, "category"),
        ({"severity": "awful"}, "severity"),
        ({"received_at": MONDAY + dt.timedelta(minutes=1)}, "received_at"),
    ],
)
def test_what_can_not_be_right_is_refused_at_its_field_and_nothing_is_kept(office, given, field):
    before = everything(office)
    with pytest.raises(Invalid) as refused:
        opened(office, **given)
    assert refused.value.field == field
    assert everything(office) == before


def test_a_complaint_from_the_call_register_takes_over_what_it_knows_and_settles_it(office):
    ctx = office.system(MONDAY)
    customer = base.save_customer(ctx, CustomerData(name="Ma Dongsheng"))
    product = base.save_product(ctx, ProductData("T1", "Tractor", group="tractors"))
    unit = base.save_unit_record(ctx, UnitData(product_id=product.id, serial="S-1", customer_id=customer.id))
    contact = base.record_contact(
        ctx, ContactData(customer_id=customer.id, device_id=unit.id, caller_name="Ma", text="It leaks", subject="Leak")
    )
    ids = (customer.id, unit.id, product.id, contact.id)
    complaint = seen(office, opened(office, contact_id=contact.id))
    assert (complaint.customer_id, complaint.device_id, complaint.product_id, complaint.contact_id) == ids
    assert complaint.person_name == "Ma"
    names = {
        e.name for e in reading(office).session.scalars(sa.select(Event).where(Event.record_kind == "base.contact"))
    }
    assert "base.contact_led_on" in names


def test_earlier_complaints_of_the_same_customer_are_counted_and_make_it_serious(office):
    customer = base.save_customer(office.system(MONDAY), CustomerData(name="Ma Dongsheng")).id
    days = [MONDAY + dt.timedelta(days=n) for n in (0, 1, 2)]
    made = [seen(office, opened(office, now=day, customer_id=customer)) for day in days]
    assert [(c.repeats, c.severity) for c in made] == [(0, "minor"), (1, "minor"), (2, "serious")]


# --- routing --------------------------------------------------------------------------------------------------------


def test_a_department_that_the_company_lacks_leaves_it_at_the_headquarters_and_says_so(installation):
    office = installation.company("bare", modules=("complaints",), locale="en")
    complaint = seen(office, opened(office))
    assert (complaint.routing, complaint.routing_note, complaint.state) == ("missing", "rd", "in_progress")
    assert unit_code(office, complaint.id) == "hq"
    told = reading(office).session.scalar(sa.select(Event).where(Event.name == "complaints.department_missing"))
    assert (told.facts["missing"], told.facts["department"]) == ("rd", "Bare")


def test_classifying_routes_it_and_shortens_the_limits_of_a_serious_one(office):
    number = opened(office, category="")
    services.classify(office.system(MONDAY), number, Classification("packaging", unusable=True))
    complaint = seen(office, number)
    assert (complaint.severity, complaint.state, unit_code(office, number)) == ("serious", "in_progress", "warehouse")
    assert clock(office, number, ANSWER).due_at == moment("2026-03-02 13:00")
    assert clock(office, number, SOLUTION).due_at == moment("2026-03-05 18:00")
    assert clock(office, number, SOLUTION).started_at == MONDAY
    assert "core.clock_changed" in events(office, number)


def test_a_severity_chosen_by_a_person_stands_and_is_marked(office):
    number = opened(office)
    services.classify(office.system(MONDAY), number, Classification("quality", severity="critical"))
    complaint = seen(office, number)
    assert (complaint.severity, complaint.severity_by_hand) == ("critical", True)


# --- hands ----------------------------------------------------------------------------------------------------------


def test_handing_back_and_on_keep_the_reason_and_give_the_next_one_the_whole_time_to_relay(office):
    number, user = opened(office), office.person("li@acme.example", "complaint_handler")
    services.assign(office.system(MONDAY), number, user)
    assert clock(office, number, RELAY).state == "met"
    tuesday = moment("2026-03-03 10:00")
    services.hand_on(office.system(tuesday), number, unit_id(office, "service"), "It is about the driver")
    complaint = seen(office, number)
    assert (unit_code(office, number), complaint.assignee_id, complaint.accepted_at) == ("service", None, None)
    assert (clock(office, number, RELAY).state, clock(office, number, RELAY).due_at) == (
        "running",
        moment("2026-03-03 14:00"),
    )
    services.hand_back(office.system(tuesday), number, "Not ours either")
    assert (seen(office, number).state, unit_code(office, number)) == ("received", "hq")
    kept = reading(office).session.execute(sa.select(Handover.verb, Handover.reason).order_by(Handover.id)).all()
    assert [tuple(row) for row in kept] == [
        ("routed", ""),
        ("assigned", ""),
        ("handed_on", "It is about the driver"),
        ("handed_back", "Not ours either"),
    ]


@pytest.mark.parametrize("verb", ["hand_back", "hand_on"])
def test_without_a_reason_it_stays_where_it_is(office, verb):
    number, before = opened(office), None
    before = everything(office)
    arguments = (unit_id(office, "service"), " ") if verb == "hand_on" else (" ",)
    with pytest.raises(Invalid) as refused:
        getattr(services, verb)(office.system(MONDAY), number, *arguments)
    assert refused.value.field == "reason"
    assert everything(office) == before


def test_whoever_is_given_a_complaint_is_told_once(office):
    number, user = opened(office), office.person("li@acme.example", "complaint_handler")
    services.assign(office.system(MONDAY), number, user)
    told = list(reading(office).session.scalars(sa.select(Notification).where(Notification.user_id == user)))
    assert [n.words for n in told] == ["Complaint TS2603-0001 was given to you: Gearbox leaks again"]


def test_only_somebody_who_works_here_can_be_given_a_complaint(office, installation):
    stranger = furnished(installation, "other").person("wang@other.example", "complaint_handler")
    number, before = opened(office), None
    before = everything(office)
    with pytest.raises(Invalid):
        services.assign(office.system(MONDAY), number, stranger)
    assert everything(office) == before


def test_what_no_department_has_yet_waits_for_all_who_may_classify_it(office):
    number = opened(office, category="")
    people = {right: office.ctx(life.VIEW, right, user_id=1, now=MONDAY) for right in (life.CLASSIFY, life.HANDLE)}
    waits = {right: [c.id for c in queries.waiting(ctx, None)] for right, ctx in people.items()}
    assert waits == {life.CLASSIFY: [number], life.HANDLE: []}
    assert queries.counts(people[life.CLASSIFY], None).mine == 1


def test_what_lies_where_nobody_works_waits_for_those_who_give_complaints_to_people(office):
    rd = unit_id(office, "rd")
    unmanned, manned = opened(office, category="packaging"), opened(office, category="quality")
    worker = office.person("zhao@acme.example", "complaint_handler", unit_id=rd)
    head = office.ctx(life.VIEW, life.ASSIGN, user_id=99, now=MONDAY)
    assert [c.id for c in queries.waiting(head, None)] == [unmanned]
    his = office.ctx(life.VIEW, life.HANDLE, user_id=worker, now=MONDAY)
    assert [c.id for c in queries.waiting(his, rd)] == [manned]
    services.assign(office.system(MONDAY), unmanned, worker)
    assert queries.waiting(office.ctx(life.VIEW, life.ASSIGN, user_id=99, now=MONDAY), None) == []


def test_who_may_only_take_complaints_on_is_offered_nobody_else(office):
    li, _wang = (office.person(f"{n}@acme.example", "complaint_handler") for n in ("li", "wang"))
    own = office.ctx(life.VIEW, life.HANDLE, user_id=li, name="Li", now=MONDAY)
    assert ASSIGN_MANY.choices(own) == [(str(li), "Li")]
    head = office.ctx(life.VIEW, life.HANDLE, life.ASSIGN, user_id=li, now=MONDAY)
    assert [name for _id, name in ASSIGN_MANY.choices(head)] == ["Li", "Wang"]


def test_facts_of_decisions_are_told_in_words(office):
    number = opened(office, channel="api")
    told = {}
    for stored in decisions_on(reading(office), RecordRef("complaints.complaint", number)):
        decision = decision_with_names(reading(office), recall(reading(office), stored))
        told |= {c.label: c.fact for c in explain(decision).conditions}
    assert (told["Channel"], told["Category"]) == ("another system", "quality or function")


# --- clocks ---------------------------------------------------------------------------------------------------------


def test_the_first_answer_stops_the_answers_clock_and_the_solution_waits_for_the_customer(office):
    number = opened(office)
    services.reply(office.system(moment("2026-03-02 16:59")), number, "We replace the housing", "phone")
    assert states_of_clocks(office, number) == {"relay": "missed", "answer": "met", "solution": "paused"}
    assert seen(office, number).urgent_at == NEVER
    services.object_to_reply(office.system(moment("2026-03-04 09:00")), number, "Still leaks")
    assert clock(office, number, SOLUTION).state == "running"
    # paused Monday 16:59 to Wednesday 09:00: 1 h 01 min, 9 h, nothing: the deadline moves by 10 h 01 min of work
    assert clock(office, number, SOLUTION).due_at == moment("2026-03-18 10:01")


def test_a_company_may_let_the_solutions_clock_run_on(office):
    set_setting(office.system(), "complaints.pause_while_waiting", False)
    number = opened(office)
    services.reply(office.system(MONDAY), number, "We look into it", "phone")
    assert clock(office, number, SOLUTION).state == "running"
    assert seen(office, number).urgent_at == moment("2026-03-16 18:00")


def test_an_answer_one_minute_late_is_missed(office):
    number = opened(office)
    services.reply(office.system(moment("2026-03-02 17:01")), number, "We replace the housing", "phone")
    assert clock(office, number, ANSWER).state == "missed"


def test_the_time_for_which_it_was_closed_counts_as_a_pause(office):
    set_setting(office.system(), "complaints.pause_while_waiting", False)
    number = opened(office)
    services.reply(office.system(MONDAY), number, "Done", "phone")
    services.close_complaint(office.system(moment("2026-03-02 18:00")), number, "solved")
    assert (clock(office, number, SOLUTION).state, seen(office, number).is_open) == ("met", False)
    services.reopen_complaint(office.system(moment("2026-03-09 09:00")), number, "It came back")
    assert clock(office, number, SOLUTION).due_at == moment("2026-03-20 18:00"), "four working days later"
    assert seen(office, number).urgent_at == moment("2026-03-20 18:00")


def test_withdrawn_and_duplicate_ones_have_no_deadline_any_more(office):
    first, second = opened(office), opened(office)
    services.withdraw_complaint(office.system(MONDAY), first, "Called the wrong firm")
    assert set(states_of_clocks(office, first).values()) == {"cancelled"}
    with pytest.raises(Conflict):
        services.reply(office.system(MONDAY), first, "Too late", "phone")
    third = opened(office)
    services.mark_duplicate(office.system(MONDAY), third, "TS2603-0002")
    assert (seen(office, third).state, seen(office, third).duplicate_of_id) == ("duplicate", second)
    assert seen(office, third).urgent_at == NEVER


def test_a_breach_is_told_to_the_roles_of_the_ladder_when_it_is_their_turn(office):
    manager = office.person("sun@acme.example", "manager")
    general = office.person("qian@acme.example", "general_manager")
    number = opened(office)
    services.accept(office.ctx(life.HANDLE, user_id=manager, now=MONDAY), number)

    def told(user: int) -> int:
        query = sa.select(sa.func.count(Notification.id)).where(
            Notification.user_id == user, Notification.text == "Overdue: “{clock}”"
        )
        return reading(office).session.scalar(query)

    def swept(now: dt.datetime) -> None:
        ctx = office.system(now)
        with transaction(ctx):
            sweep(ctx)

    swept(moment("2026-03-02 17:00"))
    assert (told(manager), told(general)) == (1, 0)
    swept(moment("2026-03-03 15:59"))
    assert (told(manager), told(general)) == (1, 0)
    swept(moment("2026-03-03 16:00"))
    assert (told(manager), told(general)) == (1, 1)
    swept(moment("2026-03-03 17:00"))
    assert (told(manager), told(general)) == (1, 1)


def test_switched_off_nothing_runs_out_and_switched_on_again_the_deadlines_have_moved(office):
    number = opened(office)
    switch_off(office.system(moment("2026-03-02 10:00")), "complaints")
    assert clock(office, number, RELAY).state == "paused"
    switch_on(office.system(moment("2026-03-03 10:00")), "complaints")
    assert clock(office, number, RELAY).due_at == moment("2026-03-03 13:00")
    assert seen(office, number).urgent_at == moment("2026-03-03 13:00")


# --- closing --------------------------------------------------------------------------------------------------------


def test_closing_names_what_is_missing_and_changes_nothing(office):
    number = opened(office)
    before = everything(office)
    with pytest.raises(Conflict) as refused:
        services.close_complaint(office.system(MONDAY), number, "")
    assert refused.value.code == "gates_open"
    assert [g.key for g in refused.value.details["gates"]] == ["complaints.reply", "complaints.outcome"]
    assert everything(office) == before
    assert seen(office, number).outcome == ""


def test_a_condition_is_waived_with_a_reason_by_those_who_may(office):
    number = opened(office)
    rights = (life.VIEW, life.CLOSE)
    waive = {"complaints.reply": "The customer moved abroad"}
    with pytest.raises(Forbidden):
        services.close_complaint(office.ctx(*rights, now=MONDAY), number, "solved", waive=waive)
    assert seen(office, number).state == "in_progress"
    services.close_complaint(office.ctx(*rights, "core.gates.waive", now=MONDAY), number, "solved", waive=waive)
    assert seen(office, number).state == "closed"
    waived = reading(office).session.scalar(sa.select(Event).where(Event.name == "core.gate_waived"))
    assert (waived.facts["reason"], waived.facts["key"]) == ("The customer moved abroad", "complaints.reply")


def test_a_company_may_require_the_customers_word(office):
    set_setting(office.system(), "complaints.confirmation_required", True)
    number = opened(office)
    services.reply(office.system(MONDAY), number, "We replace the housing", "phone")
    with pytest.raises(Conflict) as refused:
        services.close_complaint(office.system(MONDAY), number, "solved")
    assert [g.key for g in refused.value.details["gates"]] == ["complaints.confirmation"]
    services.confirm_content(office.system(MONDAY), number)
    services.close_complaint(office.system(MONDAY), number, "solved")
    assert seen(office, number).state == "closed"


def test_an_outcome_that_the_company_does_not_offer_is_refused(office):
    number = opened(office)
    services.reply(office.system(MONDAY), number, "Done", "phone")
    with pytest.raises(Invalid) as refused:
        services.close_complaint(office.system(MONDAY), number, "forgotten")
    assert refused.value.field == "outcome"
    set_setting(office.system(), "complaints.outcomes", "forgotten: Forgotten | 忘了")
    services.close_complaint(office.system(MONDAY), number, "forgotten")
    assert seen(office, number).outcome == "forgotten"


# --- every transition, by state and by right ------------------------------------------------------------------------


def act(ctx, name: str, number: int, office) -> object:
    """Take a transition with everything else in order."""
    calls = {
        "classify": lambda: services.classify(ctx, number, Classification("attitude")),
        "find": lambda: services.write_findings(ctx, number, "A crack"),
        "hand_back": lambda: services.hand_back(ctx, number, "Not ours"),
        "hand_on": lambda: services.hand_on(ctx, number, unit_id(office, "quality"), "Theirs"),
        "reply": lambda: services.reply(ctx, number, "We replace it", "phone"),
        "confirm": lambda: services.confirm_content(ctx, number),
        "object": lambda: services.object_to_reply(ctx, number, "Not enough"),
        "close": lambda: services.close_complaint(ctx, number, "solved"),
        "reopen": lambda: services.reopen_complaint(ctx, number, "It came back"),
        "withdraw": lambda: services.withdraw_complaint(ctx, number, "A mistake"),
        "duplicate": lambda: services.mark_duplicate(ctx, number, "TS2603-0001"),
    }
    try:
        return calls[name]()
    finally:
        ctx.session.rollback()


def in_state(office, state: str) -> int:
    """A complaint that went to ``state`` by its own services; number 1 is there to be a duplicate of."""
    opened(office)
    ctx = office.system(MONDAY)
    number = opened(office, category="" if state == "received" else "quality")
    ways = {
        "to_answer": ("find",),
        "replied": ("reply",),
        "closed": ("reply", "close"),
        "withdrawn": ("withdraw",),
        "duplicate": ("duplicate",),
    }
    for step in ways.get(state, ()):
        act(ctx, step, number, office)
    assert seen(office, number).state == state
    return number


@pytest.mark.parametrize("state", STATES)
def test_every_transition_is_possible_from_its_states_only_and_a_refusal_changes_nothing(office, state):
    for transition in life.WORKFLOW.transitions:
        number = in_state(office, state)
        ctx = office.system(MONDAY)
        if state in transition.sources and not (transition.name == "close" and state != "replied"):
            act(ctx, transition.name, number, office)
            assert seen(office, number).state == transition.target
        else:
            before = everything(office)
            with pytest.raises(Conflict):
                act(ctx, transition.name, number, office)
            assert everything(office) == before


@pytest.mark.parametrize("transition", life.WORKFLOW.transitions, ids=lambda t: t.name)
def test_every_transition_needs_its_right_and_a_denial_changes_nothing(office, transition):
    state = "replied" if "replied" in transition.sources else transition.sources[-1]
    number = in_state(office, state)
    before = everything(office)
    others = [t.permission for t in life.WORKFLOW.transitions if t.permission != transition.permission]
    with pytest.raises(Forbidden) as refused:
        act(office.ctx(life.VIEW, life.OPEN, life.ASSIGN, *others, now=MONDAY), transition.name, number, office)
    assert refused.value.details["permission"] == transition.permission
    assert everything(office) == before


def test_taking_on_giving_and_opening_need_their_rights(office):
    user = office.person("li@acme.example", "complaint_handler")
    number = opened(office)
    before = everything(office)
    with pytest.raises(Forbidden):
        services.assign(office.ctx(life.HANDLE, now=MONDAY), number, user)
    with pytest.raises(Forbidden):
        services.accept(office.ctx(life.ASSIGN, user_id=user, now=MONDAY), number)
    with pytest.raises(Forbidden):
        services.open_complaint(office.ctx(life.VIEW, now=MONDAY), ComplaintData("x"))
    with pytest.raises(Forbidden):
        services.add_note(office.ctx(life.OPEN, now=MONDAY), number, "x")
    assert everything(office) == before


def test_the_workflows_table_has_no_dead_ends():
    assert life.WORKFLOW.problems() == []
    assert {s.name for s in life.WORKFLOW.states if not s.final} == set(OPEN_STATES)


def test_two_people_can_not_overwrite_each_other(office):
    number = opened(office)
    shown = seen(office, number).version
    services.write_findings(office.system(MONDAY), number, "A crack", version=shown)
    with pytest.raises(Conflict) as refused:
        services.hand_back(office.system(MONDAY), number, "Not ours", version=shown)
    assert refused.value.code == "stale"
    assert seen(office, number).state == "to_answer"


# --- who sees what --------------------------------------------------------------------------------------------------


def test_no_service_reaches_a_complaint_of_another_company(office, installation):
    number = opened(office)
    other = furnished(installation, "other")
    for name in ("classify", "find", "hand_back", "reply", "confirm", "object", "close", "reopen", "withdraw"):
        with pytest.raises(NotFound):
            act(other.system(MONDAY), name, number, other)
    with pytest.raises(NotFound):
        services.open_complaint(
            other.system(MONDAY),
            ComplaintData("x", customer_id=base.save_customer(office.system(), CustomerData(name="Ma")).id),
        )
    assert seen(office, number).state == "in_progress"


def test_who_is_limited_to_a_department_sees_its_complaints_and_his_own_only(office):
    user = office.person("zhao@acme.example", "complaint_handler")
    mine, theirs, given = opened(office), opened(office, category="packaging"), opened(office, category="attitude")
    services.assign(office.system(MONDAY), given, user)
    ctx = office.ctx(life.VIEW, user_id=user, unit_ids=frozenset({unit_id(office, "rd")}), now=MONDAY)
    assert set(ctx.session.scalars(sa.select(Complaint.id))) == {mine, given}
    with pytest.raises(NotFound):
        queries.get_complaint(ctx, theirs)


def test_a_leavers_complaints_go_to_the_colleague(office):
    li, wang = (office.person(f"{n}@acme.example", "complaint_handler") for n in ("li", "wang"))
    numbers = [opened(office), opened(office)]
    for number in numbers:
        services.assign(office.system(MONDAY), number, li)
    ctx = office.system(MONDAY)
    assert queries.count_open(ctx, li) == 2
    assert services.hand_over_work(ctx, li, wang) == 2
    assert {seen(office, n).assignee_id for n in numbers} == {wang}
    assert services.hand_over_work(office.system(MONDAY), li, wang) == 0


def test_serious_ones_are_told_to_their_role_at_once(office):
    general = office.person("qian@acme.example", "general_manager")
    assert people_with_role(reading(office), "general_manager") == [general]
    opened(office, injury=True)
    told = list(reading(office).session.scalars(sa.select(Notification).where(Notification.user_id == general)))
    assert [n.words for n in told] == ["Serious complaint TS2603-0001: Gearbox leaks again"]


def test_another_modules_gate_is_asked_before_closing(office):
    number = opened(office)
    ctx = office.system(MONDAY)
    found = gates(ctx, life.WORKFLOW.transition("close"), queries.get_complaint(ctx, number))
    assert [g.plugin or "complaints" for g in found] == ["complaints", "complaints"]


def test_a_remark_is_on_the_timeline_only(office):
    number = opened(office)
    services.add_note(office.ctx(life.VIEW, now=MONDAY), number, "Called twice")
    assert events(office, number)[-1] == "complaints.noted"
    assert seen(office, number).version == 1, "routing was settled before it was written"


def test_events_stand_on_the_customers_timeline_too(office):
    from core.api import timeline

    customer = base.save_customer(office.system(MONDAY), CustomerData(name="Ma Dongsheng")).id
    opened(office, customer_id=customer)
    ctx = office.system()
    names = [e.name for e in timeline(ctx, RecordRef("base.customer", customer))]
    assert names == ["complaints.routed", "complaints.opened", "base.customer_added"]


def test_a_change_without_an_event_can_not_be_committed(office):
    from core.errors import UnrecordedChange

    number = opened(office)
    ctx = office.system(MONDAY)
    with pytest.raises(UnrecordedChange), transaction(ctx):
        queries.get_complaint(ctx, number).subject = "Changed in passing"
    assert seen(office, number).subject == "Gearbox leaks again"
