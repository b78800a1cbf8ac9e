"""What every plugin must hold, and what this one is for."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from sitepass import queries, rules, services
from sitepass.importer import PASSES
from sitepass.models import KIND, LENT, RETURNED, WANTED, Pass

from core.api import (
    Conflict,
    Event,
    Forbidden,
    ImportRow,
    Invalid,
    RecordRef,
    advance,
    gates,
    search_records,
    set_setting,
    timeline,
    transaction,
)
from core.approvals.chains import table_name as approvals_of
from core.approvals.models import Approval, ApprovalStep
from core.approvals.services import answer
from core.checklists.services import Given, publish_checklist, save_answers
from core.checklists.services import table_name as checklists_of
from core.companies.switch import switch_off, switch_on
from core.decisions.store import latest_published, publish, save_draft, table_named
from core.events import Delivery
from core.testing import Installation
from core.testing_suite import PluginSuite
from core.testing_suite.house import House
from core.worker import Worker
from plugins.base import services as archive
from plugins.base.contracts import CustomerData

COMPLAINT = "complaints.complaint"


class TestSitepass(PluginSuite):
    plugin = "sitepass"
    keeps_words = {"sitepass_pass.holder": "who of our people has the pass"}


# --- rules ----------------------------------------------------------------------------------------------------------


def test_the_day_of_taking_over_counts():
    assert rules.back_by(dt.date(2026, 3, 2), 14) == dt.date(2026, 3, 15)
    assert rules.back_by(dt.date(2026, 3, 2), 1) == dt.date(2026, 3, 2)


def test_a_pass_is_late_the_day_after():
    assert not rules.is_late(dt.date(2026, 3, 15), dt.date(2026, 3, 15))
    assert rules.is_late(dt.date(2026, 3, 15), dt.date(2026, 3, 16))


# --- services -------------------------------------------------------------------------------------------------------


@pytest.fixture
def office(suite_databases, registry):
    """A company with this module switched on, in a database of its own."""
    from core.migrate import upgrade

    installation = Installation(suite_databases("migrated", lambda url: upgrade(url, registry)), registry)
    yield installation.company("acme", modules=("sitepass",))
    installation.close()


def test_a_new_organisation_makes_us_want_a_pass_once_however_often_it_is_delivered(office):
    archive.save_customer(office.system(), CustomerData("Jinan Machinery", kind="company"))
    archive.save_customer(office.system(), CustomerData("Li Ming", kind="person"))
    worker = office.installation.worker()
    worker.run_until_idle()
    ctx = office.system()
    (row,) = ctx.session.scalars(sa.select(Pass))
    assert (row.state, row.days) == (WANTED, 14)
    assert re.fullmatch(r"JC\d\d-0001", row.number)
    with transaction(ctx):
        ctx.session.execute(sa.update(Delivery).values(state="queued", attempts=0, due_at=ctx.now))
    worker.run_until_idle()
    ctx = office.system()
    assert ctx.session.scalar(sa.select(sa.func.count(Pass.id))) == 1
    assert set(ctx.session.scalars(sa.select(Delivery.state))) == {"done"}


def _lent(office, holder="Zhou"):
    customer = archive.save_customer(office.system(), CustomerData("Jinan Machinery", kind="company"))
    row = services.want_pass(office.system(), customer.id)
    return services.lend_pass(office.system(), row.id, holder)


def test_the_life_of_a_pass_is_on_its_timeline_and_on_its_customers(office):
    row = _lent(office)
    assert (row.state, row.holder, row.back_by) == (LENT, "Zhou", dt.date(2026, 3, 15))
    services.give_back(office.system(), row.id)
    ctx = office.system()
    row = queries.get_pass(ctx, row.id)
    assert row.state == RETURNED
    assert [e.name for e in timeline(ctx, row)] == ["sitepass.returned", "sitepass.lent", "sitepass.wanted"]
    customer = ctx.session.get(ctx.registry.kinds["base.customer"].model, row.customer_id)
    assert "sitepass.lent" in [e.name for e in timeline(ctx, customer)]
    lent = next(e for e in timeline(ctx, row) if e.name == "sitepass.lent")
    assert lent.changes[0]["fields"]["state"] == [WANTED, LENT]


def test_a_pass_is_taken_over_once_and_by_somebody(office):
    row = _lent(office)
    with pytest.raises(Conflict):
        services.lend_pass(office.system(), row.id, "Somebody else")
    assert queries.get_pass(office.system(), row.id).holder == "Zhou"
    services.give_back(office.system(), row.id)
    with pytest.raises(Conflict):
        services.give_back(office.system(), row.id)
    other = services.want_pass(office.system(), row.customer_id)
    with pytest.raises(Invalid) as refusal:
        services.lend_pass(office.system(), other.id, "  ")
    assert refusal.value.field == "holder"
    assert queries.get_pass(office.system(), other.id).state == WANTED


def test_without_the_right_nothing_is_taken_over(office):
    row = _lent(office)
    with pytest.raises(Forbidden):
        services.give_back(office.ctx("sitepass.pass.view"), row.id)
    assert queries.get_pass(office.system(), row.id).state == LENT


def test_the_company_changes_the_pattern_of_numbers(office):
    set_setting(office.system(), "sitepass.pass.pattern", "P{n:03d}")
    customer = archive.save_customer(office.system(), CustomerData("Jinan Machinery", kind="company"))
    assert services.want_pass(office.system(), customer.id).number == "P001"


def test_who_is_late_is_told_to_the_administrators_once(office):
    from core.notifications import Notification

    office.person("boss@example.com", "administrator")
    row = _lent(office)
    late = office.installation.worker(now=office.system().now + dt.timedelta(days=15))
    assert late.run_jobs() >= 1
    later = office.installation.worker(now=office.system().now + dt.timedelta(days=16))
    later.run_jobs()
    (told,) = office.system().session.scalars(sa.select(Notification))
    assert (told.facts["number"], told.facts["holder"], told.facts["day"]) == (row.number, "Zhou", "2026-03-15")


# --- what comes by itself: not a line of the module beyond its declarations ------------------------------------------


def test_it_is_found_by_number_holder_and_customer_once_the_worker_came_by(office):
    row = _lent(office, "Zhou Jianguo")
    office.installation.worker().index_all()
    ctx = office.ctx("sitepass.pass.view")
    for words in (row.number, row.number[-4:], "jianguo", "Jinan"):
        assert [found.title for found in search_records(ctx, words)] == [row.number], words
    assert search_records(office.ctx("base.product.view"), row.number) == []


def _rules(office, table: str, *rows: dict) -> None:
    ctx = office.system()
    body = {**latest_published(ctx, table_named(ctx, table)).body, "rows": list(rows)}
    save_draft(ctx, table, body, reason="test", effective_from=ctx.today)
    publish(ctx, table)


def test_giving_back_may_need_an_approval(office):
    boss, agent = office.person("boss@acme.test", "administrator"), office.person("agent@acme.test", "agent")
    row = _lent(office)
    chain = {"step": 1, "role": "administrator", "scope": "company", "holders": "one"}
    _rules(office, approvals_of(KIND), {"when": {"transition": "return"}, "then": chain})
    rights = ("sitepass.pass.view", "sitepass.pass.edit")
    with pytest.raises(Conflict) as refusal:
        services.give_back(office.ctx(*rights, user_id=agent, roles=["agent"]), row.id)
    assert refusal.value.code == "approval_asked"
    assert queries.get_pass(office.system(), row.id).state == LENT
    asked = office.system().session.scalars(sa.select(Approval)).one()
    step = office.system().session.scalars(sa.select(ApprovalStep)).one()
    answer(office.ctx(*rights, user_id=boss, roles=["administrator"]), asked.id, step.id, approves=True)
    services.give_back(office.ctx(*rights, user_id=agent, roles=["agent"]), row.id)
    assert queries.get_pass(office.system(), row.id).state == RETURNED
    names = [e.name for e in timeline(office.system(), row)]
    assert [n.removeprefix("core.approval_") for n in names if "approval" in n] == ["granted", "given", "asked"]


def test_giving_back_may_wait_for_a_checklist(office):
    body = {
        "name": {"en": "At the gate", "zh": "门岗"},
        "gates": ["return"],
        "items": [{"code": "signed", "text": {"en": "Signed out", "zh": "已签出"}, "type": "check"}],
    }
    publish_checklist(office.system(), "gate", KIND, body, reason="test")
    _rules(office, checklists_of(KIND), {"when": {}, "then": {"checklist": "gate"}})
    row = _lent(office)
    with pytest.raises(Conflict) as refusal:
        services.give_back(office.system(), row.id)
    assert refusal.value.code == "gates_open"
    clerk = office.ctx("sitepass.pass.view", "sitepass.pass.edit")
    save_answers(clerk, RecordRef(KIND, row.id), "gate", [Given("signed", "ok")])
    services.give_back(office.system(), row.id)
    assert queries.get_pass(office.system(), row.id).state == RETURNED


def test_a_stale_correction_overwrites_nothing_and_tells_what_stands_there(office):
    row = _lent(office)
    seen, until = row.version, dt.date(2026, 3, 20)
    services.change_pass(office.system(), row.id, "Li", until, seen)
    with pytest.raises(Conflict) as refusal:
        services.change_pass(office.system(), row.id, "Wang", until, seen)
    assert (refusal.value.code, refusal.value.details["current"]["holder"]) == ("stale", "Li")
    assert queries.get_pass(office.system(), row.id).holder == "Li"
    assert timeline(office.system(), row)[0].name == "sitepass.changed"


def test_passes_of_a_gatekeepers_list_are_loaded_once(office):
    customer = CustomerData("Jinan Machinery", kind="company", external_key="C-7")
    archive.save_customer(office.system(), customer)
    row = {"number": "G-1", "customer_key": "C-7", "holder": "Zhou", "back_by": dt.date(2026, 3, 9)}
    rows = [ImportRow(2, row), ImportRow(3, {**row, "number": "G-2", "customer_key": "nobody"})]
    for added, known in ((1, 0), (0, 1)):
        ctx = office.system()
        with transaction(ctx):
            loaded = PASSES.load(ctx, rows)
        assert (loaded.added, loaded.known) == (added, known)
        assert [(p.line, p.column) for p in loaded.bad] == [(3, "customer_key")]
    (found,) = office.system().session.scalars(sa.select(Pass))
    assert (found.number, found.state, found.back_by) == ("G-1", LENT, dt.date(2026, 3, 9))


# --- in the house of two companies ----------------------------------------------------------------------------------


@pytest.fixture
def lent(house: House):
    """A pass that is with us, of a customer who has a complaint that could be closed now; and that complaint."""
    office = house.office()
    ctx = office.system()
    kind, workflow = ctx.registry.kinds[COMPLAINT], ctx.registry.workflows[COMPLAINT]
    model = kind.model
    closable = workflow.transition("close").sources
    query = sa.select(model).where(model.state.in_(closable), model.customer_id.is_not(None)).order_by(model.id)
    complaint = ctx.session.scalars(query).first()
    assert complaint is not None, "the demonstration has no open complaint of a known customer"
    row = queries.lent_by(ctx, complaint.customer_id)
    if not row:
        with transaction(ctx):
            number = f"T{queries.count_of(ctx, complaint.customer_id):04d}"
            made = Pass(number=number, customer_id=complaint.customer_id, days=3)
            ctx.session.add(made)
            ctx.session.flush()
            services.emit(ctx, "sitepass.wanted", made, number=made.number, customer="")
        services.lend_pass(office.system(), made.id, "Zhou")
    return complaint.customer_id, complaint.id


def _complaint(ctx, complaint_id):
    return ctx.session.get_one(ctx.registry.kinds[COMPLAINT].model, complaint_id)


def _page(house: House, path: str, by: str = "boss@north", locale: str = "en") -> str:
    with house.engine.begin() as connection:
        connection.execute(sa.text("update core_user set locale = :locale"), {"locale": locale})
    response = house.client(by).get(path)
    assert response.status_code == 200, path
    return response.get_data(as_text=True)


class TestInTheHouse:
    def test_the_customers_page_shows_it_in_both_languages(self, house, lent):
        customer, _complaint_id = lent
        assert "Site passes" in _page(house, f"/c/north/customers/{customer}")
        chinese = _page(house, f"/c/north/customers/{customer}", locale="zh")
        assert "进场证" in chinese
        assert "Site passes" not in chinese

    def test_it_keeps_a_complaint_open_until_it_is_given_back_or_waived(self, house, lent):
        _customer, complaint_id = lent
        ctx = house.office().ctx("complaints.complaint.close", "core.gates.waive")
        workflow, row = ctx.registry.workflows[COMPLAINT], _complaint(ctx, complaint_id)
        missing = [g for g in gates(ctx, workflow.transition("close"), row) if g.open]
        ours = [g for g in missing if g.plugin == "sitepass"]
        assert ours
        assert "is still with" in ours[0].text or "手里" in ours[0].text
        others = {g.key: "not looked at here" for g in missing if g.plugin != "sitepass"}
        with pytest.raises(Conflict) as refusal, transaction(ctx):
            advance(ctx, workflow, row, "close", reason="done", waive=others)
        assert {g.plugin for g in refusal.value.details["gates"]} == {"sitepass"}
        reason = "the customer keeps it for next time"
        with transaction(ctx):
            row = _complaint(ctx, complaint_id)
            advance(ctx, workflow, row, "close", reason="done", waive={g.key: reason for g in missing})
            assert row.state == "closed"
            waived = ctx.session.scalars(sa.select(Event).where(Event.name == "core.gate_waived")).all()
            assert ("sitepass", reason) in [(e.facts["plugin"], e.facts["reason"]) for e in waived]
            ctx.session.rollback()

    def test_the_company_may_do_without_that_condition(self, house, lent):
        _customer, complaint_id = lent
        set_setting(house.office().system(), "sitepass.pass.hold_closing", "false")
        try:
            ctx = house.office().system()
            close = ctx.registry.workflows[COMPLAINT].transition("close")
            assert "sitepass" not in {g.plugin for g in gates(ctx, close, _complaint(ctx, complaint_id))}
        finally:
            set_setting(house.office().system(), "sitepass.pass.hold_closing", "true")

    def test_it_is_taken_over_and_given_back_on_its_page(self, house, lent):
        customer, _complaint_id = lent
        row = queries.lent_by(house.office().system(), customer)[0]
        page = _page(house, f"/c/north/site-passes/{row.id}")
        assert "Give back" in page
        answer = house.client().post(f"/c/north/site-passes/{row.id}/return")
        assert answer.status_code == 302
        assert queries.get_pass(house.office().system(), row.id).state == RETURNED
        assert "Give back" not in _page(house, f"/c/north/site-passes/{row.id}")

    def test_its_page_shows_attachments_conditions_and_both_versions_of_a_stale_form(self, house, lent):
        customer, _complaint_id = lent
        row = queries.lent_by(house.office().system(), customer)[0]
        path = f"/c/north/site-passes/{row.id}"
        page = _page(house, path)
        assert "Attachments" in page
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]
        given = {"csrf_token": token, "record_version": row.version, "holder": "Li", "back_by": "2030-01-02"}
        assert house.client().post(f"{path}/change", data=given).status_code == 302
        answer = house.client().post(f"{path}/change", data={**given, "holder": "Wang"})
        assert answer.status_code == 409
        assert re.search(r"\bLi\b", answer.text)
        assert re.search(r"\bWang\b", answer.text)
        assert queries.get_pass(house.office().system(), row.id).holder == "Li"

    def test_the_modules_page_tells_what_is_out_before_it_is_switched_off(self, house, lent):
        assert re.search(r"\d+ site pass(es are| is) not back yet", _page(house, "/c/north/modules?m=sitepass"))

    def test_switched_off_in_one_company_it_stays_in_the_other(self, house, lent):
        customer, complaint_id = lent
        switch_off(house.office("north").system(), "sitepass")
        try:
            assert "Site passes" not in _page(house, f"/c/north/customers/{customer}")
            ctx = house.office().system()
            close = ctx.registry.workflows[COMPLAINT].transition("close")
            assert "sitepass" not in {g.plugin for g in gates(ctx, close, _complaint(ctx, complaint_id))}
            assert "Site passes" in _page(house, "/c/south/", by="boss@south")
        finally:
            switch_on(house.office("north").system(), "sitepass")
        assert "Site passes" in _page(house, f"/c/north/customers/{customer}")

    def test_a_new_customer_reaches_it_through_the_worker(self, house, registry):
        customer_id = archive.save_customer(house.office().system(), CustomerData("New Works", kind="company")).id
        worker = Worker(house.engine, registry, "test")
        for _batch in range(300):
            if not worker.deliver_due():
                break
        (row,) = queries.passes_of(house.office().system(), customer_id)
        assert row.state == WANTED
        assert KIND == "sitepass.pass"
