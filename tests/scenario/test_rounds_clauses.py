"""What the hotel's policy asks of rounds, and the software house's of inspections, with exact times."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa
import xlsxwriter

from core.api import Conflict, Ctx, Event, Invalid, OrgUnit, RecordRef, find_clock, gates, issue_document, use_locale
from core.import_guess import look, propose
from core.profiles import apply_profile, read_profile
from core.testing import moment
from core.transfer import read_mapping, run_import
from plugins.service import life, services
from plugins.service.contracts import ARRIVAL, ORDER, RESPONSE, SOLUTION, OrderData, ResultData
from plugins.service.models import CarePlan, Occurrence, Order
from plugins.service.plan_contracts import CarePlanData
from plugins.service.queries import rounds as queries
from plugins.service.round_contracts import GENERAL_LIST, REPORT, Answers
from plugins.service.services import plans, rounds

PROFILES = Path(__file__).parents[2] / "plugins" / "industries"
DAY = "2026-03-02"
GOOD = Answers(dict.fromkeys(("door", "lights", "climate", "water", "television", "furniture", "safety"), ("ok", "")))
FINE = Answers(dict.fromkeys(("safe", "works", "wear", "tight", "clean"), ("ok", "")))


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def house(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation


def furnish(installation):
    hotel = installation.company("hotel", locale="en", now=moment(f"{DAY} 07:00"))
    apply_profile(hotel.system(moment(f"{DAY} 07:00")), read_profile(PROFILES / "hotel", installation.registry))
    installation.company("plain", modules=("service",), locale="en")


@pytest.fixture
def hotel(house):
    return house.office("hotel")


def at(office, time: str, day: str = DAY) -> Ctx:
    office.installation.close_sessions()
    return office.system(moment(f"{day} {time}"))


def without(good: Answers, **bad: tuple[str, str]) -> Answers:
    return Answers({**good.given, **bad})


def opened(office, checklist: str, day: str = DAY) -> tuple[int, int]:
    """(order, round) of the plan with this checklist that is due on a day; the worker opens it."""
    ctx = at(office, "08:00", day)
    plans.keep_plans(ctx)
    query = sa.select(Occurrence.order_id).join(CarePlan, CarePlan.id == Occurrence.plan_id)
    query = query.where(CarePlan.checklist == checklist, Occurrence.due_on == dt.date.fromisoformat(day))
    order_id = office.system().session.scalar(query)
    return order_id, queries.round_of(office.system(), order_id).id


def places(office, round_id: int) -> list[tuple[int, str, str]]:
    return [(p.id, p.name, p.state) for p in queries.places_of(office.system(), round_id)]


def repairs(office) -> list[Order]:
    query = sa.select(Order).where(Order.source == "round").order_by(Order.id)
    return list(office.system().session.scalars(query))


def due(office, order_id: int, kind: str) -> dt.datetime:
    return find_clock(office.system(), RecordRef(ORDER, order_id), kind).due_at


def open_gates(office, order_id: int, way: str) -> list[str]:
    ctx = office.system()
    return [g.text for g in gates(ctx, life.WORKFLOW.transition(way), ctx.session.get(Order, order_id)) if g.open]


@pytest.mark.clause("HOT-7", "HOT-10")
def test_rooms_are_patrolled_daily_and_what_is_damaged_is_repaired_at_once(hotel):
    order_id, round_id = opened(hotel, "hotel.rooms")
    order = hotel.system().session.get(Order, order_id)
    assert (order.kind, order.subject, order.work_kind, order.unit_id) == (
        "inspection", "Patrol of rooms", "administration", unit(hotel, "rooms"),
    )  # fmt: skip
    floors = places(hotel, round_id)
    assert [name for _id, name, _state in floors] == ["Floor 2", "Floor 3", "Floor 4", "Floor 5"]
    rounds.check_place(at(hotel, "10:00"), floors[0][0], GOOD)
    assert hotel.system().session.get(Order, order_id).state == "working"  # the first place begins the work
    bad = without(GOOD, water=("not_ok", "Shower of 305 leaks"), lights=("not_ok", "Lamp of 311"))
    found = rounds.check_place(at(hotel, "10:20"), floors[1][0], bad)
    lamp, shower = repairs(hotel)
    assert [f.repair_id for f in found] == [lamp.id, shower.id]
    assert (shower.subject, shower.text, shower.urgency, shower.kind, shower.unit_id) == (
        "Floor 3: Taps, shower, toilet: nothing leaks", "Shower of 305 leaks", "urgent", "on_site",
        unit(hotel, "engineering"),
    )  # fmt: skip
    assert (shower.about_kind, shower.about_ref) == (ORDER, order_id)
    assert [due(hotel, shower.id, kind) for kind in (RESPONSE, ARRIVAL, SOLUTION)] == [
        moment(f"{DAY} 10:30"), moment(f"{DAY} 10:50"), moment(f"{DAY} 12:20"),
    ]  # fmt: skip
    [shown] = queries.faults_for(hotel.system(), shower.id)  # from the repair back to the round
    assert (shown.place.round.order_id, shown.place.name, shown.point) == (order_id, "Floor 3", "water")


@pytest.mark.clause("HOT-10")
def test_a_fault_that_is_found_again_before_it_is_repaired_opens_no_second_order(hotel):
    _order, round_id = opened(hotel, "hotel.rooms")
    bad = without(GOOD, climate=("not_ok", "301 does not cool"))
    floor = places(hotel, round_id)[1][0]
    rounds.check_place(at(hotel, "10:00"), floor, bad)
    rounds.check_place(at(hotel, "10:05"), floor, bad)  # the same place saved once more
    assert len(repairs(hotel)) == 1
    _order, next_day = opened(hotel, "hotel.rooms", "2026-03-03")
    [again] = rounds.check_place(at(hotel, "10:00", "2026-03-03"), places(hotel, next_day)[1][0], bad)
    [repair] = repairs(hotel)
    assert (again.repair_id, again.opened) == (repair.id, False)
    ctx = at(hotel, "11:00", "2026-03-03")
    services.accept(ctx, repair.id)
    services.start(ctx, repair.id)
    services.finish(ctx, repair.id, ResultData("solved", "Compressor replaced", "defect"))
    services.close(ctx, repair.id)
    _order, third = opened(hotel, "hotel.rooms", "2026-03-04")
    [new] = rounds.check_place(at(hotel, "10:00", "2026-03-04"), places(hotel, third)[1][0], bad)
    assert (new.opened, len(repairs(hotel))) == (True, 2)


@pytest.mark.clause("HOT-8", "HOT-9", "HOT-17")
@pytest.mark.parametrize(
    ("checklist", "unit_code", "bad", "kept", "repaired"),
    [
        ("hotel.cleaning", "rooms", {"bath": ("not_ok", "Hair in the drain")}, ["bath"], []),
        ("hotel.deep_cleaning", "rooms", {"filter": ("not_ok", "Torn"), "tiles": ("not_ok", "Lime")},
         ["filter", "tiles"], ["filter"]),
        ("hotel.restaurant", "food", {"fridge": ("11", "Door does not shut"), "hands": ("not_ok", "No cap")},
         ["hands", "fridge"], ["fridge"]),
    ],
)  # fmt: skip
def test_cleaning_and_hygiene_are_looked_over_and_only_what_is_broken_is_repaired(
    hotel, checklist, unit_code, bad, kept, repaired
):
    order_id, round_id = opened(hotel, checklist)
    assert hotel.system().session.get(Order, order_id).unit_id == unit(hotel, unit_code)
    found = queries.get_round(hotel.system(), round_id)
    values = {p["code"]: ("4" if p["type"] == "number" else "ok", "") for p in found.points}
    faults = rounds.check_place(at(hotel, "10:00"), places(hotel, round_id)[0][0], Answers({**values, **bad}))
    assert [f.point for f in faults] == kept
    assert [f.point for f in faults if f.repair_id is not None] == repaired


def unit(office, code: str) -> int:
    return office.system().session.scalar(sa.select(OrgUnit.id).where(OrgUnit.code == code))


def test_how_often_rounds_are_made_is_data_of_the_profile(hotel):
    every = {p.checklist: (p.every, p.period) for p in hotel.system().session.scalars(sa.select(CarePlan))}
    assert every == {
        "hotel.rooms": (1, "days"), "hotel.cleaning": (1, "days"), "hotel.deep_cleaning": (1, "months"),
        "hotel.restaurant": (1, "days"),
    }  # fmt: skip
    ctx = at(hotel, "09:00")  # applied a second time it makes no second plan
    apply_profile(ctx, read_profile(PROFILES / "hotel", hotel.installation.registry))
    assert ctx.session.scalar(sa.select(sa.func.count(CarePlan.id))) == 4


@pytest.mark.clause("HOT-7", "SWM-2.3")
def test_a_round_is_done_when_every_place_was_looked_at_and_closes_with_its_report(hotel):
    order_id, round_id = opened(hotel, "hotel.rooms")
    first, second, third, fourth = (p[0] for p in places(hotel, round_id))
    for place_id in (first, second):
        rounds.check_place(at(hotel, "10:00"), place_id, GOOD)
    with pytest.raises(Conflict, match="Places looked at: 2 of 4"):
        services.finish(at(hotel, "10:30"), order_id, ResultData("no_fault"))
    with pytest.raises(Invalid):
        rounds.skip_place(at(hotel, "10:30"), third, "")
    rounds.skip_place(at(hotel, "10:30"), third, "A guest sleeps")
    rounds.check_place(at(hotel, "10:40"), fourth, without(GOOD, door=("not_ok", "502 does not lock")))
    services.finish(at(hotel, "11:00"), order_id, ResultData("solved", "One door"))
    assert open_gates(hotel, order_id, "close") == ["The report of the inspection is missing"]
    with pytest.raises(Conflict):  # over is over
        rounds.check_place(at(hotel, "11:05"), first, GOOD)
    ctx = at(hotel, "11:10")
    paper = issue_document(ctx, REPORT, queries.get_round(ctx, round_id), "en")
    assert (paper.number, paper.facts["seen"], paper.facts["total"]) == ("XJ2603-0001", 3, 4)
    assert [(f["place"], f["remark"]) for f in paper.facts["faults"]] == [("Floor 5", "502 does not lock")]
    assert paper.facts["places"][2]["reason"] == "A guest sleeps"
    assert services.close(at(hotel, "11:20"), order_id).state == "closed"


def test_a_point_that_is_not_in_order_says_what_is_wrong_and_none_is_left_out(hotel):
    _order, round_id = opened(hotel, "hotel.rooms")
    place = places(hotel, round_id)[0][0]
    with pytest.raises(Invalid) as refused:
        rounds.check_place(at(hotel, "10:00"), place, without(GOOD, door=("not_ok", ""), lights=("", "")))
    assert refused.value.details["problems"] == {
        "door": "It is not OK: say what is wrong.", "lights": "Answer this point.",
    }  # fmt: skip
    assert (places(hotel, round_id)[0][2], repairs(hotel)) == ("open", [])
    with pytest.raises(Conflict, match="Somebody else has looked"):
        rounds.check_place(at(hotel, "10:00"), place, GOOD, seen=99)


@pytest.mark.clause("SWM-2.3")
def test_each_monthly_inspection_of_a_system_needs_its_report(house):
    office = house.office("plain")
    ctx = at(office, "09:00")
    data = CarePlanData(
        "Monthly inspection", "inspection", checklist=GENERAL_LIST, places="Ticketing system\nAccounting system",
        starts_on=dt.date(2026, 3, 2), lead_days=0,
    )  # fmt: skip
    plan_id = plans.save_plan(ctx, data).id
    plans.keep_plans(at(office, "09:00"))
    ctx = at(office, "10:00")
    order_id = ctx.session.scalar(sa.select(Occurrence.order_id).where(Occurrence.plan_id == plan_id))
    found = queries.round_of(ctx, order_id)
    for place in queries.places_of(ctx, found.id):
        rounds.check_place(ctx, place.id, FINE)
    services.finish(ctx, order_id, ResultData("no_fault", "All in order"))
    assert open_gates(office, order_id, "close") == ["The report of the inspection is missing"]
    issue_document(ctx, REPORT, found, "en")
    assert open_gates(office, order_id, "close") == []


def test_a_round_on_an_order_taken_in_by_hand_is_begun_once_with_a_checklist_of_the_company(house):
    office = house.office("plain")
    ctx = at(office, "09:00")
    order_id = services.open_order(ctx, OrderData("inspection", "Look at the site", address="Gate 3")).id
    with pytest.raises(Invalid, match="Choose a checklist"):
        rounds.begin_round(ctx, order_id, "nothing.such")
    found = rounds.begin_round(ctx, order_id, GENERAL_LIST, "")
    assert [p.name for p in queries.places_of(ctx, found.id)] == ["Gate 3"]
    with pytest.raises(Conflict):
        rounds.begin_round(at(office, "09:00"), order_id, GENERAL_LIST, "Hall 1")
    ctx = at(office, "09:05")
    with pytest.raises(Invalid):
        rounds.begin_round(ctx, services.open_order(ctx, OrderData("on_site", "Broken")).id, GENERAL_LIST)
    names = [e.name for e in office.system().session.scalars(sa.select(Event).where(Event.name.like("service.round%")))]
    assert names == ["service.round_prepared"]


PLANS = (
    ("计划编号", "计划名称", "类型", "间隔", "单位", "开始日期", "检查表", "巡检点位"),
    ("F3", "三层日检", "inspection", 1, "days", "2026-03-02", "service.inspection", "301；302\n303"),
    ("F4", "四层日检", "inspection", 1, "days", "2026-03-02", "INSPECTION ", "401"),
    ("F5", "五层日检", "inspection", 1, "days", "2026-03-02", "无此表", "501"),
    ("F6", "六层保养", "preventive", 1, "days", "2026-03-02", "service.inspection", "601"),
    ("F7", "七层日检", "inspection", 1, "days", "2026-03-02", "", "701"),
    ("F8", "八层日检", "inspection", 1, "days", "2026-03-02", "service.inspection", "\n".join(map(str, range(201)))),
)


@pytest.mark.parametrize("only_good", [True, False])
def test_checklist_and_places_of_plans_come_from_a_spreadsheet_and_bad_rows_are_told(house, tmp_path, only_good):
    ctx = house.office("plain").system(moment(f"{DAY} 08:00"))
    path = tmp_path / "plans.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for n, row in enumerate(PLANS):
            sheet.write_row(n, 0, row)
    importer = ctx.registry.importers["plans"]
    sample = look(path, path.name)
    mapping = read_mapping({**sample.layout, "fields": propose(importer, sample)}, importer)
    report = run_import(ctx, importer, path, mapping, only_good=only_good)
    assert [(p.line, p.column, p.reason) for p in report.problems] == [
        (4, "checklist", "No checklist for inspections is called 无此表, or several are."),
        (5, "checklist", "Only inspection rounds have a checklist."),
        (6, "checklist", "Choose by which checklist the places are looked at."),
        (7, "places", "At most 200 places."),
    ]
    made = {p.external_key: (p.checklist, p.places) for p in ctx.session.scalars(sa.select(CarePlan))}
    good = {"F3": ("service.inspection", "301\n302\n303"), "F4": ("service.inspection", "401")}
    assert made == (good if only_good else {})
