"""What the policies ask of installations: steps accepted by the customer, tools, manuals, operators, one year."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from core.api import Conflict, Ctx, Event, Invalid, StoredFile, gates, issue_document, use_locale
from core.decisions.store import latest_published, publish, save_draft, table_named
from core.testing import moment
from plugins.base.contracts import UNIT, ProductData
from plugins.base.services import date_unit, save_product
from plugins.service import life, services
from plugins.service.contracts import OrderData, ResultData
from plugins.service.install_contracts import TABLE, AcceptData, ArrangementData, TraineeData
from plugins.service.models import Order, PartLine
from plugins.service.queries import installation as queries
from plugins.service.services import installation
from plugins.warranty.contracts import WHOLE, TermData
from plugins.warranty.queries.periods import periods_of
from plugins.warranty.services import terms
from tests.support import visits as site

DAY = "2026-03-03"
FROM_ACCEPTANCE = (("acceptance", 0), ("sale", 0))


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def house(databases, database_kind):
    with databases.furnished(database_kind, site.furnish) as installation:
        yield installation


@pytest.fixture
def office(house):
    return house.office("plain")


def on_site(office, day: str = DAY, time: str = "09:00") -> Ctx:
    return site.technician(office, now=moment(f"{day} {time}"))


def begun(office, **values) -> tuple[int, int]:
    """(order, installation): the instrument was delivered, somebody is there to install it."""
    order_id = site.dispatched(office, kind="installation", subject="Install the analyser", **values)
    services.start(on_site(office), order_id)
    found = queries.installation_of(office.system(), order_id)
    return order_id, found.id


def steps(office, order_id: int) -> dict[str, tuple[int, str]]:
    return {s.code: (s.id, s.state) for s in queries.steps_of(office.system(), order_id)}


def open_gates(office, order_id: int, way: str) -> dict[str, str]:
    ctx = office.system()
    found = gates(ctx, life.WORKFLOW.transition(way), ctx.session.get(Order, order_id))
    return {g.key.removeprefix("service."): g.text for g in found if g.open and "install" in g.key}


def all_done(office, order_id: int, found_id: int, day: str = DAY) -> None:
    ctx = on_site(office, day)
    for paper in queries.papers_of(ctx, order_id):
        installation.hand_paper(ctx, found_id, paper.id, "Dr Lin", "2nd edition")
    installation.train(ctx, found_id, TraineeData("Wu Min", "mastered", "Laboratory assistant"))
    for step_id, state in steps(office, order_id).values():
        if state == "open":
            installation.do_step(on_site(office, day), found_id, step_id)


def signed(final: str = "", who: str = "Dr Lin") -> AcceptData:
    return AcceptData(who, site.picture(), final_on=dt.date.fromisoformat(final) if final else None)


@pytest.mark.clause("DST-4.4", "INS-0")
def test_each_step_of_the_installation_is_done_reviewed_and_accepted_by_the_customer(office):
    order_id, found_id = begun(office)
    assert list(steps(office, order_id)) == ["unpacked", "site", "assembled", "trial", "training"]
    data = ArrangementData("Gate 2, ask for Dr Lin", "Lift, 220 V", evenings=True, weekends=True, hours_note="18-21")
    installation.arrange(on_site(office), found_id, data)  # evenings, weekends, access, the customer's equipment
    found = queries.get_installation(office.system(), found_id)
    assert (found.access, found.equipment, found.evenings, found.weekends) == (
        "Gate 2, ask for Dr Lin", "Lift, 220 V", True, True,
    )  # fmt: skip
    assert open_gates(office, order_id, "finish") == {
        "install_steps": "Steps done: 0 of 5", "install_papers": "Papers handed over: 0 of 7",
    }  # fmt: skip
    with pytest.raises(Conflict) as refused:
        services.finish(on_site(office), order_id, ResultData("solved", "Installed"))
    assert {g.key for g in refused.value.details["gates"]} >= {"service.install_steps", "service.install_papers"}
    all_done(office, order_id, found_id)
    services.finish(on_site(office, DAY, "15:00"), order_id, ResultData("solved", "Installed"))
    assert open_gates(office, order_id, "close") == {
        "install_accepted": "Steps accepted by the customer: 0 of 5",
        "install_final": "The final acceptance is missing",
    }
    ids = [step_id for step_id, _state in steps(office, order_id).values()]
    installation.accept(on_site(office, DAY, "16:00"), found_id, ids[:4], signed(), "k1")
    with pytest.raises(Conflict, match="1 step is not accepted yet"):
        installation.accept(on_site(office, DAY, "16:00"), found_id, [], signed(DAY), "k2")
    installation.accept(on_site(office, DAY, "16:10"), found_id, ids[4:], signed(DAY), "k3")
    assert open_gates(office, order_id, "close") == {}
    said = queries.verdicts_of(office.system(), order_id)
    assert [(v.step_id, v.verdict, v.who, v.file_id is not None) for v in said] == [
        *((step_id, "accepted", "Dr Lin", True) for step_id in ids), (None, "accepted", "Dr Lin", True),
    ]  # fmt: skip
    ctx = office.system(moment(f"{DAY} 17:00"))
    services.confirm(ctx, order_id)
    assert services.close(ctx, order_id).state == "closed"


@pytest.mark.clause("DST-4.4")
def test_what_the_customer_objects_to_is_done_anew_and_both_stay_on_record(office):
    order_id, found_id = begun(office)
    step_id = steps(office, order_id)["assembled"][0]
    installation.do_step(on_site(office), found_id, step_id, "Levelled", "supervised")
    installation.object_to_step(on_site(office, DAY, "10:00"), found_id, step_id, "Dr Lin", "Not level")
    assert steps(office, order_id)["assembled"][1] == "objected"
    with pytest.raises(Conflict):  # accepted only once it is done anew
        installation.accept(on_site(office, DAY, "10:05"), found_id, [step_id], signed(), "k1")
    installation.do_step(on_site(office, DAY, "11:00"), found_id, step_id, "Levelled again")
    installation.accept(on_site(office, DAY, "11:10"), found_id, [step_id], AcceptData("Dr Lin", reason="Glove"), "k2")
    said = [(v.verdict, v.who, v.reason) for v in queries.verdicts_of(office.system(), order_id)]
    assert said == [("objected", "Dr Lin", "Not level"), ("accepted", "Dr Lin", "Glove")]
    step = queries.get_step(office.system(), order_id, step_id)
    assert (step.state, step.mode, step.done_at) == ("accepted", "supervised", moment(f"{DAY} 11:00"))


def test_a_step_is_done_once_and_an_acceptance_that_is_sent_twice_counts_once(office):
    order_id, found_id = begun(office)
    step_id = steps(office, order_id)["unpacked"][0]
    installation.do_step(on_site(office), found_id, step_id)
    with pytest.raises(Conflict, match="changed meanwhile"):
        installation.do_step(on_site(office), found_id, step_id)
    with pytest.raises(Invalid) as nothing:
        installation.accept(on_site(office), found_id, [step_id], AcceptData("Dr Lin"), "k1")
    assert nothing.value.field == "reason"
    for _tap in range(2):
        installation.accept(on_site(office, DAY, "10:00"), found_id, [step_id], signed(), "k1")
    ctx = office.system()
    assert len(queries.verdicts_of(ctx, order_id)) == 1
    assert ctx.session.scalar(sa.select(sa.func.count(StoredFile.id))) == 1


def test_nothing_is_done_before_somebody_is_there_and_what_is_left_out_has_its_reason(office):
    order_id = site.dispatched(office, kind="installation", subject="Install the analyser")
    found_id = queries.installation_of(office.system(), order_id).id
    step_id = steps(office, order_id)["site"][0]
    with pytest.raises(Conflict, match="Nobody is on site yet"):
        installation.do_step(on_site(office), found_id, step_id)
    with pytest.raises(Invalid):
        installation.drop_step(on_site(office), found_id, step_id, " ")
    installation.drop_step(on_site(office), found_id, step_id, "Not in the contract")
    added = installation.add_step(on_site(office), found_id, "Bolted to the floor")  # by contract
    assert (added.n, added.text) == (6, {"en": "Bolted to the floor", "zh": "Bolted to the floor"})
    assert open_gates(office, order_id, "finish")["install_steps"] == "Steps done: 0 of 5"
    installation.restore_step(on_site(office), found_id, step_id)
    assert open_gates(office, order_id, "finish")["install_steps"] == "Steps done: 0 of 6"


@pytest.mark.clause("INS-1a", "INS-1b", "INS-1c")
def test_assembly_and_trial_run_have_their_tools_and_each_item_its_manuals(office):
    order_id, found_id = begun(office)
    ctx = on_site(office)
    query = sa.select(PartLine.name).where(PartLine.order_id == order_id, PartLine.kind == "tool")
    tools = list(ctx.session.scalars(query.order_by(PartLine.id)))
    assert tools == ["Tools for assembly and adjustment", "Spirit level, multimeter"]  # to bring, on "My day"
    trial = steps(office, order_id)["trial"][0]
    step = installation.do_step(ctx, found_id, trial, "30 minutes under load", "supervised")
    assert (step.part, step.mode, step.done_by) == ("trial", "supervised", "Li Haitao")
    papers = queries.papers_of(ctx, order_id)
    assert [p.code for p in papers] == [
        "certificate", "assembly", "installing", "use", "operation", "upkeep", "spares",
    ]  # fmt: skip
    handed = installation.hand_paper(ctx, found_id, papers[4].id, "Dr Lin", "3rd edition")
    assert (handed.edition, handed.received_by, handed.handed_by, handed.handed_at) == (
        "3rd edition", "Dr Lin", "Li Haitao", moment(f"{DAY} 09:00"),
    )  # fmt: skip
    installation.drop_paper(ctx, found_id, papers[6].id, "No spare parts for this model")
    assert open_gates(office, order_id, "finish")["install_papers"] == "Papers handed over: 1 of 6"


@pytest.mark.clause("INS-1e")
def test_operators_are_trained_until_they_master_it(office):
    order_id, found_id = begun(office)
    training = steps(office, order_id)["training"][0]
    with pytest.raises(Conflict, match="at least one masters it"):
        installation.do_step(on_site(office), found_id, training)
    installation.train(on_site(office), found_id, TraineeData("Wu Min", "mastered"))
    installation.train(on_site(office), found_id, TraineeData("Xu Li", "again", note="Calibration"))
    with pytest.raises(Conflict, match="nobody is to be trained again"):
        installation.do_step(on_site(office), found_id, training)
    installation.train(on_site(office, DAY, "14:00"), found_id, TraineeData("Xu Li", "mastered"))
    assert installation.do_step(on_site(office, DAY, "14:10"), found_id, training).state == "done"
    rows = [(t.name, t.result, t.trainer) for t in queries.trainees_of(office.system(), order_id)]
    assert rows == [
        ("Wu Min", "mastered", "Li Haitao"), ("Xu Li", "again", "Li Haitao"), ("Xu Li", "mastered", "Li Haitao"),
    ]  # fmt: skip


@pytest.mark.clause("INS-0", "INS-1d")
def test_the_warranty_of_one_year_counts_from_the_final_acceptance(house):
    office = house.office("full")
    ctx = office.system(moment("2026-01-05 09:00"))
    data = TermData("INS-1d", "One year from acceptance", product_group="tractors", amount=12, starts=FROM_ACCEPTANCE)
    terms.put_in_force(ctx, terms.draft_term(ctx, data).id)
    order_id, found_id = begun(office, work_kind="free", work_kind_reason="Installation comes with it")
    all_done(office, order_id, found_id)
    ids = [step_id for step_id, _state in steps(office, order_id).values()]
    installation.accept(on_site(office, "2026-03-05"), found_id, ids, signed("2026-03-05"), "k1")
    house.worker(moment("2026-03-05 12:00")).run_until_idle()
    ctx = office.system(moment("2026-03-05 12:00"))
    unit = ctx.session.get(ctx.registry.kinds[UNIT].model, ctx.session.get(Order, order_id).device_id)
    assert (unit.installed_on.isoformat(), unit.accepted_on.isoformat()) == (DAY, "2026-03-05")
    [period] = [p for p in periods_of(ctx, unit.id) if p.cover == WHOLE]
    assert (period.start_event, period.start_on.isoformat(), period.last_day.isoformat()) == (
        "acceptance", "2026-03-05", "2027-03-05",
    )  # fmt: skip


def test_a_unit_that_was_accepted_before_keeps_its_day_when_it_is_installed_anew(office):
    order_id, found_id = begun(office)
    device_id = site.order_of(office, order_id).device_id
    assert date_unit(office.system(), device_id, installed_on=dt.date(2026, 1, 8), accepted_on=dt.date(2026, 1, 9))
    all_done(office, order_id, found_id)
    ids = [step_id for step_id, _state in steps(office, order_id).values()]
    found = installation.accept(on_site(office), found_id, ids, signed(DAY), "k1")
    assert (found.accepted_on.isoformat(), found.dated_on) == (DAY, None)
    ctx = office.system()
    unit = ctx.session.get(ctx.registry.kinds[UNIT].model, device_id)
    assert (unit.installed_on.isoformat(), unit.accepted_on.isoformat()) == ("2026-01-08", "2026-01-09")


def test_the_acceptance_record_is_printed_with_steps_papers_and_operators(office):
    order_id, found_id = begun(office)
    all_done(office, order_id, found_id)
    ids = [step_id for step_id, _state in steps(office, order_id).values()]
    ctx = on_site(office, DAY, "16:00")
    found = installation.accept(ctx, found_id, ids, signed(DAY), "k1")
    paper = issue_document(office.system(moment(f"{DAY} 17:00")), "service.acceptance", found, "en")
    assert paper.number == "YS2603-0001"
    facts = paper.facts
    assert [s["who"] for s in facts["steps"]] == ["Dr Lin"] * 5
    assert [t["name"] for t in facts["trainees"]] == ["Wu Min"]
    assert len(facts["papers"]) == 7
    assert office.system().session.scalar(
        sa.select(sa.func.count(Event.id)).where(Event.name == "service.installation_accepted")
    ) == 1


def test_an_order_of_another_kind_has_no_steps_and_a_product_may_have_its_own(office):
    order_id = site.dispatched(office)
    assert queries.installation_of(office.system(), order_id) is None
    ctx = office.system()
    table = table_named(ctx, "service.installation")
    body = latest_published(ctx, table).body
    own = [
        {"id": "own", "when": {"product": "T-1"}, "then": {
            "part": "step", "code": "ground", "text_zh": "接地", "text_en": "Earthed", "mode": "us", "position": 1}},
        {"id": "none", "when": {"product_group": "tractors"}, "then": {
            "part": "training", "code": "training", "text_zh": "无", "text_en": "None", "apply": False}},
    ]  # fmt: skip
    save_draft(ctx, table.name, {**body, "rows": own + body["rows"]}, reason="test", effective_from=ctx.today)
    publish(ctx, table.name)
    order = services.open_order(office.system(), OrderData("installation", "Install", serial_told="FH-1"))
    assert list(steps(office, order.id)) == ["ground", "unpacked", "site", "assembled", "trial"]


def for_pumps(office, day: str = DAY) -> int:
    """The company's table asks a pump for another tool, trial and paper, and no papers else; answers its product."""
    ctx = office.system(moment(f"{day} 09:00"))
    pump = save_product(ctx, ProductData("P-1", "Pump", "pumps")).id
    table = table_named(ctx, TABLE)
    body = latest_published(ctx, table).body
    own = [
        {"id": "own", "when": {"product_group": "pumps"}, "then": then}
        for then in (
            {"part": "trial", "code": "trial", "text_en": "Two hours under load", "text_zh": "带载两小时"},
            {"part": "step", "code": "grout", "text_en": "Grouted", "text_zh": "灌浆"},
            {"part": "step", "code": "site", "text_en": "Site", "text_zh": "场地", "apply": False},
            {"part": "tool", "code": "gauges", "text_en": "Alignment gauge", "text_zh": "对中仪"},
        )
    ]
    rows = [{**row, "id": f"own_{n}"} for n, row in enumerate(own)]
    save_draft(ctx, table.name, {**body, "rows": rows + body["rows"]}, reason="test", effective_from=ctx.today)
    publish(ctx, table.name)
    return pump


def of_product(office, order_id: int, product_id: int, day: str = DAY) -> None:
    ctx = office.system(moment(f"{day} 12:00"))
    order = ctx.session.get(Order, order_id)
    services.change_order(ctx, order_id, OrderData(order.kind, order.subject, product_id=product_id))


def told(office, name: str) -> list[dict]:
    return [e.facts for e in office.system().session.scalars(sa.select(Event).where(Event.name == name))]


def test_another_product_renews_the_steps_as_long_as_the_customer_accepted_none(office):
    order_id, found_id = begun(office)
    ids = {code: step_id for code, (step_id, _state) in steps(office, order_id).items()}
    installation.do_step(on_site(office), found_id, ids["unpacked"], "Box 3 dented")
    installation.do_step(on_site(office), found_id, ids["site"])
    installation.add_step(on_site(office), found_id, "Painted")
    of_product(office, order_id, for_pumps(office))
    rows = queries.steps_of(office.system(), order_id)
    assert [(s.n, s.code, s.text["en"], s.state) for s in rows] == [
        (1, "trial", "Two hours under load", "open"),
        (2, "grout", "Grouted", "open"),
        (3, "unpacked", "Unpacked, complete by the packing list, undamaged", "done"),
        (4, "assembled", "Put in place, assembled, connected", "open"),
        (5, "training", "Operators trained until they master it", "open"),
        (6, "", "Painted", "open"),
        (7, "site", "Place, power and earthing as required", "dropped"),  # it was done: it stays on record
    ]
    query = sa.select(PartLine.name).where(PartLine.order_id == order_id, PartLine.kind == "tool")
    assert set(office.system().session.scalars(query)) == {"Alignment gauge", "Tools for assembly and adjustment"}
    [facts] = told(office, "service.install_renewed")
    assert (facts["product"], facts["steps"], facts["papers"]) == ("Pump", 6, 7)
    of_product(office, order_id, office.system().session.get_one(Order, order_id).product_id)
    assert len(told(office, "service.install_renewed")) == 1  # only another product renews


def test_what_the_customer_accepted_stays_when_the_product_changes(office):
    order_id, found_id = begun(office)
    step_id = steps(office, order_id)["unpacked"][0]
    installation.do_step(on_site(office), found_id, step_id)
    installation.accept(on_site(office, DAY, "10:00"), found_id, [step_id], signed(), "k1")
    of_product(office, order_id, for_pumps(office))
    assert list(steps(office, order_id)) == ["unpacked", "site", "assembled", "trial", "training"]
    assert (len(told(office, "service.install_kept")), told(office, "service.install_renewed")) == (1, [])
