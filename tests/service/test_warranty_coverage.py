"""Deciding coverage: facts found and asked, rule sets chosen, decisions kept, taken again, settled and approved."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from core.api import (
    Conflict,
    Event,
    Forbidden,
    Invalid,
    bulk_insert,
    decisions_on,
    emit,
    find_clock,
    transaction,
    use_locale,
)
from core.decisions.kinds import body_of, make_table
from core.decisions.store import publish, save_draft
from core.hooks import ask
from core.notifications import Notification
from core.testing import counted
from plugins.base import services as base
from plugins.base.contracts import SaleData
from plugins.base.queries import product_by_code, search_customers
from plugins.warranty import coverage_life as life
from plugins.warranty import coverage_words as words
from plugins.warranty.contracts import ANALYSIS, JUDGEMENT, LOANER_DUE, CoverageCase, ProofData, RepairData
from plugins.warranty.handlers.coverage import loaner_given
from plugins.warranty.models import CoverageDecision
from plugins.warranty.queries import coverage as queries
from plugins.warranty.services import coverage as services
from plugins.warranty.services.evidence import record_proof
from plugins.warranty.services.repairs import record_repair
from tests.support.warranty import case, furnished, unit

TODAY = dt.date(2026, 3, 2)
ALL = (life.SEE, life.DECIDE, life.SETTLE, life.APPROVE, life.REDECIDE, life.EDIT_RULES, "core.rules.edit")


def days_ago(days: int) -> dt.date:
    return TODAY - dt.timedelta(days=days)


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def furnish(installation):
    furnished(installation)


@pytest.fixture
def ctx(office):
    return office.ctx(*ALL, user_id=office.installation.user("tester@example.com"), name="Tester")


@pytest.fixture
def system(office):
    return office.system()


def change_rules(ctx, name: str, **body) -> None:
    save_draft(ctx, name, {**body_of(ctx, name), **body}, reason="test", effective_from=ctx.today)
    publish(ctx, name)


# --- deciding ---------------------------------------------------------------------------------------------------------


def test_facts_are_found_by_themselves_and_the_rule_set_of_the_product_group_decides(ctx, system):
    phone = unit(system, "P-1", "IMEI1", days_ago(7), invoice="F-1")
    made = services.decide(ctx, case(phone, listed_fault=True))
    assert (made.number, made.rule_set, made.state, made.charge) == ("PD2603-00001", "phones", "stands", "free")
    assert made.facts["days_since_sale"] == 7
    assert (made.facts["proof"], made.sources["proof"]) == ("invoice", "sale")
    assert made.outputs == {
        "charge": "free", "repair": 1, "exchange": 1, "refund": 1, "parts_payer": "company", "labour_payer": "company",
        "after_exchange": "restart", "loaner_after": 7,
    }  # fmt: skip
    kept = queries.ruling_of(ctx, made.ruling_id)
    assert (kept.table_name, kept.version_number, kept.rows) == ("warranty.coverage.phones", 1, [11])
    tables = [d.table_name for d in decisions_on(ctx, made)]
    assert tables == ["warranty.coverage_limits", "warranty.coverage.phones", "warranty.rule_set"]
    answer = services.answer_of(ctx, made)
    assert answer.remedies == ((1, ("repair", "exchange", "refund")),)
    assert answer.payers == {"parts": "company", "labour": "company"}
    assert answer.clause == "art. 10"


def test_a_product_of_no_chosen_rule_set_is_decided_by_the_companys_own_terms(ctx, system):
    machine = unit(system, "M-1", "S-1", days_ago(30))
    made = services.decide(ctx, case(machine))
    assert (made.rule_set, made.charge, queries.recalled(ctx, made).row_id) == ("", "free", "free")


def test_what_holds_until_when_and_what_would_change_it_is_told(ctx, system):
    phone = unit(system, "P-1", "IMEI1", days_ago(10), invoice="F-1")
    made = services.decide(ctx, case(phone, listed_fault=True))
    assert made.holds_until == days_ago(-5)
    assert words.turn_words(made) == [
        "From 2026-03-08: Free of charge: repair; if that fails: exchange",
        "From 2027-02-21: Paid: repair",
    ]
    assert words.verdict(ctx, made).sentence == "Repair or exchange as the customer chooses; until 2026-03-07"
    told = words.what_ifs(queries.recalled(ctx, made))
    assert told[:3] == [
        "If Cause is misuse or wrong upkeep: Paid: repair (row 4)",
        "If Cause is opened by an unauthorised repairer: Paid: repair (row 5)",
        "If Cause is force majeure: Paid: repair (row 6)",
    ]
    assert "If Cause is wear, transport, installation or damage by a repair of ours: a person decides" in told


def test_the_same_decision_speaks_chinese(ctx, system):
    phone = unit(system, "P-1", "IMEI1", days_ago(10), invoice="F-1")
    made = services.decide(ctx, case(phone, listed_fault=True))
    with use_locale("zh"):
        assert words.verdict(ctx, made).words == "免费"
        assert words.verdict(ctx, made).sentence == "修理或更换，由客户选择；到 2026-03-07 为止"
        assert words.what_ifs(queries.recalled(ctx, made))[0] == "如果原因为使用保养不当：收费：修理（第 4 行）"


def test_the_amount_of_a_refund_is_exact_and_a_price_that_is_missing_is_asked_for(ctx, system):
    phone = unit(system, "P-1", "IMEI1", days_ago(15), invoice="F-1")
    money = {"listed_fault": True, "wish": "refund", "same_model": True}
    with pytest.raises(Invalid, match="Price paid"):
        services.decide(ctx, case(phone, **money))
    made = services.decide(ctx, case(phone, **money, price=Decimal("3999.00")))
    assert (made.outputs["refund_amount"], made.outputs["deduction"]) == ("3699.08", "299.93")


def test_nobody_decides_without_the_right(office, system):
    machine = unit(system, "M-1", "S-1", days_ago(30))
    with pytest.raises(Forbidden):
        services.decide(office.ctx(life.SEE), case(machine))
    assert queries.decisions_of(system, machine.id) == []


def test_other_modules_ask_by_the_hook_and_get_an_answer(ctx, system):
    machine = unit(system, "M-1", "S-1", days_ago(400))
    answer = ask(ctx, "find_coverage", case=case(machine))
    assert (answer.state, answer.charge, answer.price_list) == ("stands", "paid", "normal")
    assert answer.clause == "REP-6"


# --- bad input --------------------------------------------------------------------------------------------------------


def test_a_purchase_in_the_future_is_told_in_words(ctx, system):
    machine = unit(system, "M-1", "S-1", None)
    with pytest.raises(Invalid) as refused:
        services.decide(ctx, case(machine, sold=days_ago(-1)))
    assert refused.value.message == (
        "The purchase date 2026-03-03 lies in the future. Correct it on the unit or the sales record."
    )
    assert queries.decisions_of(ctx, machine.id) == []


def sold_again(system, machine, days: int) -> None:
    """The sales ledger has it sold so many days ago."""
    product, customer = product_by_code(system, "M-1"), search_customers(system, "Ann")[0]
    sale = SaleData(product.id, customer.id, days_ago(days), device_id=machine.id, invoice=f"F-{days}")
    base.record_sale(system, sale)


def test_of_two_proofs_that_differ_the_weightier_counts_for_period_and_decision_alike(ctx, system):
    machine = unit(system, "M-1", "S-1", days_ago(400))
    sold_again(system, machine, 30)
    made = services.decide(ctx, case(machine))
    assert (made.facts["days_since_sale"], made.facts["days_since_start"], made.charge) == (30, 30, "free")
    assert ("Day of sale", "2026-01-31", "the weightiest of proofs that differ") in words.facts_shown(made)


def test_a_unit_sold_twice_is_told_and_a_person_says_which_sale_counts(ctx, system):
    machine = unit(system, "M-1", "S-1", None)
    sold_again(system, machine, 400)
    sold_again(system, machine, 30)
    with pytest.raises(Invalid) as refused:
        services.decide(ctx, case(machine))
    assert refused.value.message == (
        "Proofs of the sale differ and weigh the same: 2025-01-26, 2026-01-31. Record on the warranty card which day "
        "counts, or give the day of sale here."
    )
    assert queries.decisions_of(ctx, machine.id) == []
    record_proof(system, ProofData(machine.id, "sale", days_ago(30), "decided", note="the first sale was given back"))
    made = services.decide(ctx, case(machine))
    assert (made.facts["days_since_sale"], made.facts["period"]) == (30, "running")


def test_proofs_on_the_warranty_card_are_proofs_at_hand(ctx, system):
    machine = unit(system, "M-1", "S-1", days_ago(30))
    assert services.decide(ctx, case(machine)).facts["proof"] == "serial"
    record_proof(system, ProofData(machine.id, "sale", days_ago(30), "card"))
    assert services.decide(ctx, case(machine)).facts["proof"] == "card"
    record_proof(system, ProofData(machine.id, "acceptance", days_ago(25), "invoice"))
    made = services.decide(ctx, case(machine))
    assert (made.facts["proof"], made.sources["proof"], made.facts["days_since_acceptance"]) == ("both", "proofs", 25)


def test_a_rule_set_with_a_gap_leaves_the_case_to_a_person_in_time(ctx, system, office):
    boss = office.person("boss@example.com", "manager")
    machine = unit(system, "M-1", "S-1", days_ago(30))
    made = services.decide(ctx, case(machine, cause="transport"))
    assert (made.state, made.charge, made.outputs) == ("referred", "", {})
    clock = find_clock(ctx, made, JUDGEMENT)
    assert (clock.state, clock.limit_amount, clock.limit_unit) == ("running", "8", "working_hours")
    assert [r.id for r in queries.waiting(ctx, ["referred"])] == [made.id]
    assert words.verdict(ctx, made).words == "A person decides"
    assert [n.user_id for n in ctx.session.query(Notification)] == [boss]


def test_a_fact_that_no_rule_set_knows_is_refused(ctx, system):
    machine = unit(system, "M-1", "S-1", days_ago(30))
    with pytest.raises(Invalid, match="No rule set knows a fact “weather”"):
        services.decide(ctx, case(machine, weather="rain"))


def test_a_rule_set_that_is_named_and_not_there_is_told_in_words(ctx, system):
    machine = unit(system, "M-1", "S-1", days_ago(30))
    row = {"id": "h", "when": {"product_group": "harvester"}, "then": {"rule_set": "forklifts"}}
    change_rules(system, "warranty.rule_set", rows=[row])
    with pytest.raises(Invalid, match="names “forklifts” in row 1, and there is no such table"):
        services.decide(ctx, case(machine))


# --- a fact changes ---------------------------------------------------------------------------------------------------


def test_a_cause_found_on_site_is_decided_anew_and_both_decisions_are_kept(ctx, system):
    machine = unit(system, "M-1", "S-1", days_ago(30))
    first = services.decide(ctx, case(machine))
    assert find_clock(ctx, first, ANALYSIS).state == "running"
    second = services.redecide(ctx, first.id, {"cause": "misuse"}, "Water in the gearbox, says Li")
    assert (first.state, first.charge) == ("superseded", "free")
    assert (second.former_id, second.charge, second.outputs["price_list"]) == (first.id, "paid", "preferential")
    assert second.changed == ["cause"]
    assert words.changes_shown(second, first) == [("Cause", "not known yet", "misuse or wrong upkeep")]
    assert find_clock(ctx, first, ANALYSIS).state == "met"
    assert find_clock(ctx, second, ANALYSIS) is None
    names = [e.name for e in ctx.session.query(Event).order_by(Event.id) if e.name.startswith("warranty.coverage_")]
    assert names == ["warranty.coverage_decided", "warranty.coverage_decided_again", "warranty.coverage_replaced"]
    with pytest.raises(Conflict, match="PD2603-00001 was replaced by PD2603-00002"):
        services.redecide(ctx, first.id, {"cause": "wear"}, "again")


def test_a_given_fact_can_be_taken_back(ctx, system):
    machine = unit(system, "M-1", "S-1", days_ago(30))
    first = services.decide(ctx, case(machine, cause="misuse"))
    second = services.redecide(ctx, first.id, {"cause": None}, "It was not misuse, nobody knows yet")
    assert (second.charge, second.facts["cause"], second.given) == ("free", "unknown", {})


def test_deciding_again_needs_a_reason(ctx, system):
    machine = unit(system, "M-1", "S-1", days_ago(30))
    first = services.decide(ctx, case(machine))
    with pytest.raises(Invalid, match="Say what has changed"):
        services.redecide(ctx, first.id, {"cause": "misuse"}, " ")
    assert first.state == "stands"


# --- what a person decides --------------------------------------------------------------------------------------------


def test_a_person_decides_what_the_rules_leave_open(ctx, system):
    machine = unit(system, "M-1", "S-1", days_ago(30))
    made = services.decide(ctx, case(machine, cause="transport"))
    done = services.settle(ctx, made.id, {"charge": "free", "repair": 1}, "The carrier pays; we repair at once")
    assert (done.state, done.charge, done.by_hand) == ("stands", "free", True)
    assert done.outputs == {"charge": "free", "repair": 1}
    assert find_clock(ctx, made, JUDGEMENT).state == "met"
    with pytest.raises(Conflict):
        services.settle(ctx, made.id, {"charge": "paid"}, "twice")
    other = services.decide(ctx, case(machine, "noise", cause="transport"))
    with pytest.raises(Invalid, match="Say whether it is free"):
        services.settle(ctx, other.id, {"repair": 1}, "no charge said")


def approval_on_misuse(system) -> None:
    body = body_of(system, "warranty.coverage")
    for row in body["rows"]:
        if row["id"] == "misuse_in_period":
            row["then"]["approval"] = "general_manager"
    change_rules(system, "warranty.coverage", rows=body["rows"])


def test_a_decision_that_needs_approval_stands_only_when_the_role_agrees(ctx, system, office):
    approval_on_misuse(system)
    machine = unit(system, "M-1", "S-1", days_ago(30))
    made = services.decide(ctx, case(machine, cause="misuse"))
    assert made.state == "waiting"
    other = office.installation.user("gm@example.com")
    manager = office.ctx(life.APPROVE, life.SEE, user_id=office.installation.user("m@example.com"), roles=("manager",))
    with pytest.raises(Forbidden, match="which you do not hold"):
        services.approve(manager, made.id)
    own = office.ctx(*ALL, user_id=ctx.actor.user_id, roles=("general_manager",))
    with pytest.raises(Forbidden, match="Somebody else has to approve"):
        services.approve(own, made.id)
    assert queries.get_decision(ctx, made.id).state == "waiting"
    chief = office.ctx(life.APPROVE, life.SEE, user_id=other, name="Wang", roles=("general_manager",))
    assert services.approve(chief, made.id).state == "stands"


def test_a_refused_approval_says_why(ctx, system, office):
    approval_on_misuse(system)
    machine = unit(system, "M-1", "S-1", days_ago(30))
    made = services.decide(ctx, case(machine, cause="misuse"))
    user = office.installation.user("gm@example.com")
    chief = office.ctx(life.APPROVE, life.SEE, user_id=user, name="Wang", roles=("general_manager",))
    done = services.refuse(chief, made.id, "Ask for photographs first")
    assert (done.state, done.settled_by, done.settled_reason) == ("refused", "Wang", "Ask for photographs first")


def test_a_doubted_decision_is_left_to_a_person(ctx, system, office):
    boss = office.person("boss@example.com", "manager")
    machine = unit(system, "M-1", "S-1", days_ago(30))
    made = services.decide(ctx, case(machine))
    done = services.refer(ctx, made.id, "The seal looks tampered with")
    assert (done.state, done.charge) == ("referred", "free")
    assert find_clock(ctx, made, JUDGEMENT).state == "running"
    assert [n.user_id for n in ctx.session.query(Notification)] == [boss]
    assert services.settle(ctx, made.id, {"charge": "paid", "repair": 1}, "It was").charge == "paid"


def test_a_refused_approval_can_be_asked_for_again(ctx, system, office):
    approval_on_misuse(system)
    chief_id = office.person("gm@example.com", "general_manager")
    machine = unit(system, "M-1", "S-1", days_ago(30))
    made = services.decide(ctx, case(machine, cause="misuse"))
    chief = office.ctx(life.APPROVE, life.SEE, user_id=chief_id, name="Wang", roles=("general_manager",))
    services.refuse(chief, made.id, "Ask for photographs first")
    ctx.session.expire_all()
    assert services.ask_again(ctx, made.id, "Photographs are attached").state == "waiting"
    assert [n.user_id for n in ctx.session.query(Notification)] == [chief_id, chief_id]


# --- loaner and clocks ------------------------------------------------------------------------------------------------


def test_a_phone_handed_in_owes_a_loaner_from_day_seven(ctx, system):
    phone = unit(system, "P-1", "IMEI1", days_ago(100), invoice="F-1")
    made = services.decide(ctx, CoverageCase(phone.id, "no sound", None, {"listed_fault": True}, days_ago(2)))
    clock = find_clock(ctx, made, LOANER_DUE)
    assert clock.due_at.astimezone(ctx.tz).isoformat() == "2026-03-08T00:00:00+08:00"
    assert made.facts["days_in_repair"] == 2
    assert services.loaner_is_due(ctx, made)
    services.hand_out_loaner(ctx, made.id)
    assert find_clock(ctx, made, LOANER_DUE).state == "met"
    assert not services.loaner_is_due(ctx, made)


def test_a_loaner_that_the_stock_hands_out_is_the_one_that_was_owed(ctx, system):
    phone = unit(system, "P-1", "IMEI1", days_ago(100), invoice="F-1")
    made = services.decide(ctx, CoverageCase(phone.id, "no sound", None, {"listed_fault": True}, days_ago(2)))
    for _again in range(2):
        told = SimpleNamespace(facts={"coverage": {"kind": "warranty.decision", "id": made.id}})
        loaner_given(ctx, told)
    assert find_clock(ctx, made, LOANER_DUE).state == "met"
    loaner_given(ctx, SimpleNamespace(facts={"coverage": None}))


def test_a_repair_that_is_handed_back_ends_what_was_due(ctx, system, office):
    phone = unit(system, "P-1", "IMEI1", days_ago(100), invoice="F-1")
    made = services.decide(ctx, CoverageCase(phone.id, "no sound", None, {"listed_fault": True}, days_ago(2)))
    record_repair(system, RepairData(phone.id, "no sound", system.now - dt.timedelta(days=2), system.now, "defect",
                                     result="repaired"))  # fmt: skip
    office.installation.worker(system.now).run_until_idle()
    ctx.session.expire_all()
    assert find_clock(ctx, made, LOANER_DUE).state == "cancelled"


def test_two_repairs_of_the_same_problem_in_the_register_make_an_exchange_due(ctx, system):
    phone = unit(system, "P-1", "IMEI1", days_ago(100), invoice="F-1")
    for days in (60, 30):
        came = system.now - dt.timedelta(days=days)
        record_repair(system, RepairData(phone.id, "no sound", came, came + dt.timedelta(days=1), "defect",
                                         result="repaired"))  # fmt: skip
    made = services.decide(ctx, case(phone, "no sound", listed_fault=True))
    assert (made.facts["repairs_same"], made.facts["repairs_all"]) == (2, 2)
    assert services.answer_of(ctx, made).clause == "art. 13"
    other = services.decide(ctx, case(phone, "cracked", listed_fault=True))
    assert (other.facts["repairs_same"], services.answer_of(ctx, other).clause) == (0, "art. 12")


# --- rule sets of a company -------------------------------------------------------------------------------------------


def test_a_company_makes_a_rule_set_of_its_own_and_names_it(ctx, system):
    machine = unit(system, "M-1", "S-1", days_ago(30))
    body = body_of(system, "warranty.coverage")
    rows = [{"id": "all", "when": {}, "then": {"charge": "free", "repair": 1}, "clause": "TEC-7.1"}]
    make_table(ctx, "warranty.coverage", "harvest", {"en": "Harvest promise"}, {**body, "rows": rows})
    change_rules(ctx, "warranty.rule_set", rows=[
        {"id": "h", "when": {"product_group": "harvester"}, "then": {"rule_set": "harvest"}}
    ])  # fmt: skip
    made = services.decide(ctx, case(machine, cause="misuse"))
    assert (made.rule_set, made.charge) == ("harvest", "free")
    assert words.rule_set_words(ctx, made.rule_set) == "Harvest promise"


# --- after a rule has changed -----------------------------------------------------------------------------------------


def test_all_cases_of_a_product_are_decided_again_and_what_changed_is_listed(ctx, system, office):
    free = [services.decide(ctx, case(unit(system, "M-1", f"S-{n}", days_ago(30)), f"noise {n}")) for n in range(3)]
    paid = services.decide(ctx, case(unit(system, "M-1", "S-9", days_ago(400))))
    by_hand = services.decide(ctx, case(unit(system, "M-1", "S-8", days_ago(30)), cause="transport"))
    services.settle(ctx, by_hand.id, {"charge": "free"}, "We were kind")
    phone = services.decide(ctx, case(unit(system, "P-1", "I-1", days_ago(30), invoice="F"), listed_fault=True))
    body = body_of(system, "warranty.coverage")
    for row in body["rows"]:
        if row["id"] == "free":
            row["then"]["travel_payer"] = "customer"
    change_rules(system, "warranty.coverage", rows=body["rows"])
    boss = office.ctx(*ALL, user_id=office.person("boss@example.com", "administrator"), roles=("administrator",))
    task = services.order_redecide(boss, product_by_code(system, "M-1").id, "Travel is paid from March")
    office.installation.worker(boss.now).run_until_idle()
    ctx.session.expire_all()
    assert [queries.get_decision(ctx, d.id).state for d in (*free, paid, by_hand, phone)] == [
        "superseded", "superseded", "superseded", "stands", "stands", "stands",
    ]  # fmt: skip
    made = ctx.session.query(CoverageDecision).filter_by(task_id=task.id).order_by(CoverageDecision.id).all()
    assert [(m.former_id, m.outputs["travel_payer"], m.reason) for m in made] == [
        (d.id, "customer", "Travel is paid from March") for d in free
    ]
    assert words.compared(ctx, free[0].outputs, made[0].outputs) == (
        "Free of charge: repair; if that fails: exchange; Travel paid by: us",
        "Free of charge: repair; if that fails: exchange; Travel paid by: customer",
    )
    boss.session.refresh(task)
    assert (task.state, task.result) == ("done", {"changed": 3, "kept": 1, "failed": 0, "problems": []})


def copied(system, made, numbers: range) -> None:
    """So many more units of the product, each with a decision such as this one."""
    model = type(made.device)
    units = bulk_insert(system, model, [
        {"product_id": made.device.product_id, "serial": f"C-{n:04d}", "customer_id": made.customer_id, "batch": "",
         "sale_date": made.device.sale_date, "status": "in_use", "note": "", "version": 1}
        for n in numbers
    ], model.id)  # fmt: skip
    ruling = queries.ruling_of(system, made.ruling_id)
    body = {c: getattr(ruling, c) for c in (
        "table_name", "version_id", "version_number", "record_kind", "record_id", "made_at", "outcome", "rows", "facts",
        "outputs", "words",
    )}  # fmt: skip
    rulings = bulk_insert(system, type(ruling), [body] * len(numbers), type(ruling).id)
    same = {c.key: getattr(made, c.key) for c in sa.inspect(CoverageDecision).column_attrs}
    rows = [
        {**same, "number": f"COPY-{n}", "device_id": device, "ruling_id": ruled, "choice_id": None}
        for n, device, ruled in zip(numbers, units, rulings, strict=True)
    ]
    for row in rows:
        del row["id"], row["company_id"]
    bulk_insert(system, CoverageDecision, rows)
    emit(system, "core.import_batch", file="test", line=1, added=len(numbers))


def decided_again(office, boss, product) -> tuple[dict, list[str]]:
    """What the work answers, and the statements that it took."""
    task = services.order_redecide(boss, product.id, "Looked through")
    with counted(office.installation.engine) as statements:
        office.installation.worker(boss.now).tasks.run_one()
    boss.session.refresh(task)
    return task.result, statements


def test_looking_through_200_cases_takes_as_many_statements_as_10(system, office, monkeypatch):
    monkeypatch.setattr("plugins.warranty.jobs.coverage.CHUNK", 500)
    made = services.decide(system, case(unit(system, "M-1", "S-1", days_ago(30)), "noise"))
    boss = office.ctx(*ALL, user_id=office.person("boss@example.com", "administrator"), roles=("administrator",))
    with transaction(system):
        copied(system, made, range(9))
    few, statements_of_few = decided_again(office, boss, made.device.product)
    with transaction(system):
        copied(system, made, range(9, 199))
    many, statements_of_many = decided_again(office, boss, made.device.product)
    assert (few, many) == ({"changed": 0, "kept": 0, "failed": 0, "problems": []},) * 2
    assert len(statements_of_many) == len(statements_of_few)


def test_facts_read_for_many_units_are_those_read_for_each(system):
    devices = [unit(system, "P-1", f"I-{n}", days_ago(40 * n), invoice=f"F-{n}" if n % 2 else "") for n in range(4)]
    devices += [unit(system, "M-1", f"S-{n}", days_ago(300) if n else None) for n in range(3)]
    for device, days in ((devices[1], 3), (devices[1], 1), (devices[5], 2)):
        came = system.now - dt.timedelta(days=20 + days)
        record_repair(system, RepairData(device.id, "noise", came, came + dt.timedelta(days=days), "defect",
                                         result="repaired"))  # fmt: skip
    cases = [case(device, "noise") for device in devices]
    known = queries.known_of(system, [device.id for device in devices])
    together = [queries.find_facts(system, one, known) for one in cases]
    assert together == [queries.find_facts(system, one) for one in cases]
    assert [found.values["repairs_same"] for found in together] == [0, 2, 0, 0, 0, 1, 0]
    assert [found.values["days_out_of_use"] for found in together] == [0, 4, 0, 0, 0, 3, 0]


def test_a_batch_ends_when_much_has_changed_so_that_others_may_write(system, office, monkeypatch):
    monkeypatch.setattr("plugins.warranty.jobs.coverage.CHANGES", 2)
    made = [services.decide(system, case(unit(system, "M-1", f"S-{n}", days_ago(30)), "noise")) for n in range(5)]
    body = body_of(system, "warranty.coverage")
    next(row for row in body["rows"] if row["id"] == "free")["then"]["travel_payer"] = "customer"
    change_rules(system, "warranty.coverage", rows=body["rows"])
    boss = office.ctx(*ALL, user_id=office.person("boss@example.com", "administrator"), roles=("administrator",))
    result, statements = decided_again(office, boss, made[0].device.product)
    assert result["changed"] == 5
    assert sum(s.startswith("SELECT base_sales_record") for s in statements) == 2 * 4


def test_what_is_known_of_units_is_looked_up_and_never_searched_for_in_all(databases):
    """On SQLite, which plans without knowing what the tables hold."""
    with databases.furnished("sqlite", furnish) as installation:
        ctx = installation.office("acme").system()
        machine = unit(ctx, "M-1", "S-1", days_ago(30), invoice="F-1")
        with counted(installation.engine) as statements:
            queries.known_of(ctx, [machine.id, machine.id + 1])
        reads = [s.replace("?", "1") for s in statements if "IN (" in s]
        assert len(reads) >= 8
        with installation.engine.connect() as connection:
            plans = {step[3] for s in reads for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {s}")}
    assert [step for step in sorted(plans) if step.startswith("SCAN") or step.endswith("(company_id=?)")] == []
