"""What breaks while the system runs stays where it broke: the page says so, the rest goes on."""

from __future__ import annotations

import datetime as dt
import sys

import pytest
import sqlalchemy as sa
import structlog

from core import hooks
from core.db import transaction
from core.errors import Conflict, Forbidden
from core.events import DONE, PARKED, QUEUED, Delivery, Event
from core.i18n import use_locale
from core.testing import START
from core.worker import ATTEMPTS, Worker
from core.workflow import State, Transition, Workflow, advance, gates
from plugins.base import services
from plugins.base.contracts import ContactData, CustomerData

UNAVAILABLE = "Unavailable right now."


def _customer(site, name="Jinan Machinery"):
    return services.save_customer(site.office().system(), CustomerData(name)).id


def _page(site, path, status=200):
    response = site.client().get(f"/c/north{path}")
    assert response.status_code == status
    return response.get_data(as_text=True)


@pytest.fixture(autouse=True)
def _in_english(site):
    with site.engine.begin() as connection:
        connection.execute(sa.text("update core_user set locale = 'en'"))
    with use_locale("en"):
        yield


# --- panels ---------------------------------------------------------------------------------------------------------


def test_a_raising_panel_is_shown_as_unavailable_and_logged(site):
    customer = _customer(site)
    with structlog.testing.capture_logs() as logs:
        page = _page(site, f"/customers/{customer}")
    assert "Bad Panel" in page
    assert UNAVAILABLE in page
    assert "Jinan Machinery" in page
    told = [e for e in logs if e.get("hook") == "record_panels"]
    assert [(e["event"], e["plugin"], e["log_level"]) for e in told] == [("hook failed", "bad_panel", "error")]


def test_after_three_failures_it_rests_for_five_minutes_and_the_modules_page_tells(site, monkeypatch):
    customer = _customer(site)
    now = [1000.0]
    monkeypatch.setattr(hooks.time, "monotonic", lambda: now[0])
    asked = []
    broken = sys.modules["bad_panel.plugin"].record_panels
    implementation = next(i for _n, i in hooks.implementations(site.registry, "record_panels") if i.function is broken)
    monkeypatch.setattr(implementation, "function", lambda ctx, record: asked.append(1) or broken(ctx, record))
    for _visit in range(5):
        assert UNAVAILABLE in _page(site, f"/customers/{customer}")
    assert len(asked) == 3
    modules = _page(site, "/modules")
    assert "rest for five minutes" in modules
    assert "the panel broke" in modules
    now[0] += 299
    _page(site, f"/customers/{customer}")
    assert len(asked) == 3
    now[0] += 2
    _page(site, f"/customers/{customer}")
    assert len(asked) == 4
    assert "the panel broke" not in _page(site, "/modules")


def test_one_success_forgets_earlier_failures(site):
    hooks.rest.failed("bad_panel", "record_panels", RuntimeError("once"))
    hooks.rest.failed("bad_panel", "record_panels", RuntimeError("twice"))
    hooks.rest.worked("bad_panel", "record_panels")
    hooks.rest.failed("bad_panel", "record_panels", RuntimeError("again"))
    assert not hooks.rest.resting("bad_panel", "record_panels")


# --- search, my work, menu ------------------------------------------------------------------------------------------


def test_a_raising_search_leaves_the_others_results(site):
    page = _page(site, "/search?q=something")
    assert "found by the neighbour" in page
    assert "“Bad Search” is unavailable at the moment" in page


def test_raising_work_items_figures_and_counts_leave_my_work_standing(site):
    page = _page(site, "/")
    assert "“Bad Search” is unavailable at the moment; its work is not shown." in page


# --- gates ----------------------------------------------------------------------------------------------------------

LIFE = Workflow(
    "base.contact",
    (State("open", "Open"), State("settled", "Settled", final=True)),
    (
        Transition("finish", "Finish", ("open",), "settled", "base.contact.record"),
        Transition("drop", "Drop", ("open",), "settled", "base.contact.record"),
    ),
)


@pytest.fixture
def contact(site):
    """(ctx of somebody with the given rights, an open contact)."""

    def make(*rights):
        office = site.office()
        made = services.record_contact(office.system(), ContactData(phone="13800138000", subject="noise", text="noise"))
        ctx = office.ctx("base.contact.record", "base.contact.view", *rights)
        return ctx, ctx.session.get_one(type(made), made.id)

    return make


def test_a_failing_gate_refuses_only_its_transition_and_names_the_module(contact):
    ctx, row = contact()
    with pytest.raises(Conflict) as refusal, transaction(ctx):
        advance(ctx, LIFE, row, "finish")
    assert refusal.value.code == "gates_open"
    (gate,) = refusal.value.details["gates"]
    assert (gate.plugin, gate.broken, gate.key) == ("bad_gate", True, "bad_gate.broken")
    assert "The module “Bad Gate” could not check its conditions" in refusal.value.message
    assert ctx.session.scalar(sa.select(type(row).state).where(type(row).id == row.id)) == "open"


def test_the_other_transition_goes_through(contact):
    ctx, row = contact()
    advance(ctx, LIFE, row, "drop")
    assert row.state == "settled"


def test_all_modules_are_asked_within_one_savepoint_and_each_in_its_own_only_when_one_fails(site, contact):
    ctx, row = contact()
    begun = []
    sa.event.listen(ctx.session, "after_transaction_create", lambda _session, opened: begun.append(opened.nested))
    with transaction(ctx):
        gates(ctx, LIFE.transition("drop"), row)
        well = begun.count(True)
        gates(ctx, LIFE.transition("finish"), row)
    asked = len(hooks.implementations(ctx.registry, "check_transition", ctx.enabled))
    assert asked > 1
    assert (well, begun.count(True) - well) == (1, 1 + asked)


def test_gates_of_others_are_still_told(contact):
    ctx, row = contact()
    told = gates(ctx, LIFE.transition("finish"), row)
    assert ("good_neighbour", False) in [(g.plugin, g.open) for g in told]
    assert told[0].broken, "what is open comes first"


def test_a_broken_gate_is_waived_by_right_with_a_reason_on_record(contact):
    ctx, row = contact("core.gates.waive")
    with transaction(ctx):
        advance(ctx, LIFE, row, "finish", waive={"bad_gate.broken": "the module is being mended"})
        services.emit(ctx, "base.contact_only_recorded", row, number=row.number)
    assert row.state == "settled"
    event = ctx.session.scalars(sa.select(Event).where(Event.name == "core.gate_waived")).one()
    assert (event.record_kind, event.record_id, event.actor_name) == ("base.contact", row.id, "Tester")
    assert (event.facts["plugin"], event.facts["reason"]) == ("bad_gate", "the module is being mended")


def test_without_the_right_nobody_waives(contact):
    ctx, row = contact()
    with pytest.raises(Forbidden), transaction(ctx):
        advance(ctx, LIFE, row, "finish", waive={"bad_gate.broken": "I want to go home"})
    assert ctx.session.scalar(sa.select(type(row).state).where(type(row).id == row.id)) == "open"
    assert ctx.session.scalar(sa.select(sa.func.count(Event.id)).where(Event.name == "core.gate_waived")) == 0


def test_a_waiver_without_a_reason_is_none(contact):
    ctx, row = contact("core.gates.waive")
    with pytest.raises(Conflict), transaction(ctx):
        advance(ctx, LIFE, row, "finish", waive={"bad_gate.broken": "   "})


def test_switched_off_a_broken_gate_hinders_nobody(site, contact):
    from core.companies.switch import switch_off

    switch_off(site.office().system(), "bad_gate")
    ctx, row = contact()
    advance(ctx, LIFE, row, "finish")
    assert row.state == "settled"


# --- handlers -------------------------------------------------------------------------------------------------------


@pytest.fixture
def handlers():
    """The broken handler's module and its neighbour's, as at the beginning."""
    bad, good = sys.modules["bad_handler.plugin"], sys.modules["good_neighbour.plugin"]
    for things in (bad.MENDED, bad.DONE, good.DONE):
        things.clear()
    return bad, good


def _delivery(site, plugin="bad_handler"):
    ctx = site.office().system()
    return ctx.session.scalars(sa.select(Delivery).where(Delivery.plugin == plugin)).one()


def test_a_failing_handler_is_retried_later_and_later_then_parked_and_others_are_unaffected(site, handlers):
    _bad, good = handlers
    _customer(site)
    now = [START + dt.timedelta(minutes=1)]
    worker = Worker(site.engine, site.registry, "test", clock=lambda: now[0])
    waits = []
    for attempt in range(1, ATTEMPTS + 1):
        worker.run_until_idle()
        row = _delivery(site)
        assert row.attempts == attempt
        assert row.error == "RuntimeError: the handler broke"
        if attempt < ATTEMPTS:
            assert row.state == QUEUED
            waits.append((row.due_at - now[0]).total_seconds())
            now[0] = row.due_at
    assert row.state == PARKED
    assert all(0.8 * 2**n <= wait <= 1.2 * 2**n for n, wait in enumerate(waits, start=1)), waits
    neighbour = _delivery(site, "good_neighbour")
    assert (neighbour.state, neighbour.attempts, len(good.DONE)) == (DONE, 1, 1)
    now[0] += dt.timedelta(days=30)
    worker.run_until_idle()
    assert _delivery(site).attempts == ATTEMPTS, "what is parked waits for a person"


def test_an_administrator_sees_what_is_parked_and_tries_it_again(site, handlers):
    bad, _good = handlers
    _customer(site)
    with site.engine.begin() as connection:
        connection.execute(
            sa.update(Delivery.__table__)
            .where(Delivery.__table__.c.plugin == "bad_handler")
            .values(state=PARKED, attempts=ATTEMPTS, error="RuntimeError: the handler broke")
        )
    page = _page(site, "/deliveries")
    assert "Bad Handler" in page
    assert "RuntimeError: the handler broke" in page
    bad.MENDED.append(True)
    delivery = _delivery(site)
    answer = site.client().post(f"/c/north/deliveries/{delivery.id}/retry")
    assert answer.status_code == 302
    assert (_delivery(site).state, _delivery(site).attempts) == (QUEUED, 0)
    Worker(site.engine, site.registry, "test").deliver_due()
    assert _delivery(site).state == DONE
    assert [delivery.event_id] == bad.DONE
    ctx = site.office().system()
    event = ctx.session.scalars(sa.select(Event).where(Event.name == "core.delivery_retried")).one()
    assert event.actor_name == "Boss"
    assert event.facts == {"delivery_id": delivery.id, "plugin": "bad_handler", "handler": "note"}


def test_what_is_not_parked_can_not_be_retried(site, handlers):
    _customer(site)
    delivery = _delivery(site)
    site.client().post(f"/c/north/deliveries/{delivery.id}/retry")
    ctx = site.office().system()
    assert ctx.session.scalar(sa.select(sa.func.count(Event.id)).where(Event.name == "core.delivery_retried")) == 0
