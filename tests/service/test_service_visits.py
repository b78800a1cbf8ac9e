"""Visits: from arriving to leaving, each send done once; parts, signatures, ratings; what is refused in words."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from core import plugins
from core.api import Conflict, Event, Invalid, NotFound, RecordRef, files_of, gates, is_drawn, use_locale
from core.checklists.services import Given, add_photo, checklists_of, save_answers
from core.companies.services import unit_by_code
from core.companies.switch import switch_on
from core.registry import set_current
from core.testing import Installation, moment
from plugins.service import life, services
from plugins.service.contracts import ResultData
from plugins.service.models import Entitlement, Order, PartLine, Rating, Sent, Signature, Visit
from plugins.service.queries import appointments
from plugins.service.queries import visits as queries
from plugins.service.rules.visits import Punctuality, punctuality
from plugins.service.visit_contracts import (
    VISIT,
    EndData,
    PartData,
    RatingData,
    SignatureData,
    WorkData,
)
from plugins.service.visit_erasing import erase, personal_data
from tests.support import visits as site

NINE = site.MONDAY
HOUR = site.HOUR
DONE = WorkData("no", "", "none", "", "defect", "Seal worn", "Seal replaced", "30 minutes", 40, 55)
SIGNED = SignatureData("self", "Ma Dongsheng", content=site.picture())
GOOD = RatingData({"attitude": "very_good", "skill": "good", "arrival": "good", "promises": "very_good"}, "Thanks")
STOCK = Path(__file__).parents[1] / "support" / "stock_plugins"


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def house(databases, database_kind):
    with databases.furnished(database_kind, site.furnish) as installation:
        yield installation


@pytest.fixture
def plain(house):
    return house.office("plain")


@pytest.fixture
def full(house):
    return house.office("full")


def arrived(office, order_id: int, once: str = "arrive", now: dt.datetime = NINE, **values) -> int:
    return services.arrive(site.technician(office, now=now), order_id, once, **values).id


def all_done(office, visit_id: int) -> None:
    services.save_work(site.technician(office), visit_id, DONE, "work")


def events(office, kind: str, record_id: int) -> list[str]:
    query = sa.select(Event.name).where(Event.record_kind == kind, Event.record_id == record_id)
    return list(office.system().session.scalars(query.order_by(Event.id)))


def count(office, model) -> int:
    return office.system().session.scalar(sa.select(sa.func.count()).select_from(model))


def order_gates(office, order_id: int, step: str = "close") -> list[str]:
    ctx = office.system()
    found = gates(ctx, life.WORKFLOW.transition(step), ctx.session.get(Order, order_id))
    return sorted(g.key for g in found if g.open)


# --- a visit from arriving to leaving -------------------------------------------------------------------------------


@pytest.mark.clause("GS-8", "AG-8", "DEF-7.2", "FLW-7", "VCH-4")
def test_a_visit_goes_from_arriving_to_the_customers_signature_and_the_order_is_done(plain):
    site.want_steps(plain, "signature", "rating")
    order_id = site.dispatched(plain, promised=NINE - HOUR / 3)
    visit_id = arrived(plain, order_id)
    visit = site.visit_of(plain, visit_id)
    assert (visit.number, visit.state, visit.technician_name, visit.arrived_at) == (1, "on_site", "Li Haitao", NINE)
    assert punctuality(visit.arrived_at, visit.agreed_from, visit.agreed_until) == Punctuality("late", 20)
    assert (site.order_of(plain, order_id).state, order_gates(plain, order_id)) == (
        "working", ["service.cause", "service.outcome", "service.rating", "service.signature"],
    )
    all_done(plain, visit_id)
    ctx = site.technician(plain, now=NINE + HOUR)
    services.end_visit(ctx, visit_id, EndData("solved", signature=SIGNED, rating=GOOD), "end")
    visit, order = site.visit_of(plain, visit_id), site.order_of(plain, order_id)
    assert (visit.state, visit.outcome, visit.left_at) == ("ended", "solved", NINE + HOUR)
    assert (visit.differs, visit.further, visit.travel_minutes, visit.work_minutes) == ("no", "none", 40, 55)
    assert (order.state, order.outcome, order.result, order.cause, order.done_at) == (
        "done", "solved", "Seal replaced", "defect", NINE + HOUR,
    )
    assert order_gates(plain, order_id) == []
    signature = plain.system().session.scalar(sa.select(Signature))
    assert (signature.by, signature.who, signature.standing) == ("self", "Ma Dongsheng", True)
    [file] = files_of(plain.system(), RecordRef(VISIT, visit_id), "service.signature")
    assert (file.id, file.media_type) == (signature.file_id, "image/png")
    rating = plain.system().session.scalar(sa.select(Rating))
    assert (rating.attitude, rating.skill, rating.arrival, rating.promises) == (
        "very_good", "good", "good", "very_good",
    )
    assert events(plain, VISIT, visit_id) == [
        "service.arrived", "service.visit_saved", "service.rated", "service.signed", "service.left",
    ]


def test_what_is_sent_twice_is_done_once(plain):
    order_id = site.dispatched(plain)
    first, second = arrived(plain, order_id, "k1"), arrived(plain, order_id, "k1")
    third = arrived(plain, order_id, "k2")  # the same person from another page: still the same visit
    assert [second, third] == [first, first]
    assert count(plain, Visit) == 1
    ctx = site.technician(plain)
    for _tap in range(2):
        services.save_work(ctx, first, DONE, "w1")
        services.save_parts(ctx, first, {}, "p1", PartData("Oil seal", quantity=Decimal(2)))
    for _tap in range(2):
        services.end_visit(ctx, first, EndData("solved", signature=SIGNED, rating=GOOD), "e1")
    assert [count(plain, m) for m in (PartLine, Signature, Rating)] == [1, 1, 1]
    assert [s.once for s in plain.system().session.scalars(sa.select(Sent).order_by(Sent.id))] == [
        "k1", "w1", "p1", "e1",
    ]
    with pytest.raises(Conflict, match="what was sent first counts"):
        services.end_visit(ctx, first, EndData("solved"), "e2")
    with pytest.raises(Conflict, match="what was sent first counts"):
        services.save_work(ctx, first, DONE, "w2")


def test_what_is_typed_on_an_old_page_overwrites_nothing(plain):
    visit_id = arrived(plain, site.dispatched(plain))
    seen = site.visit_of(plain, visit_id).version
    services.save_work(site.technician(plain), visit_id, DONE, "w1", version=seen)
    with pytest.raises(Conflict):
        services.save_work(site.technician(plain), visit_id, WorkData(done_text="Other"), "w2", version=seen)
    assert site.visit_of(plain, visit_id).done_text == "Seal replaced"


@pytest.mark.clause("GS-12", "AG-12")
def test_what_can_not_be_solved_is_explained_and_another_visit_agreed_on_the_same_order(plain):
    order_id = site.dispatched(plain)
    visit_id = arrived(plain, order_id)
    ctx = site.technician(plain, now=NINE + HOUR)
    tomorrow = moment("2026-03-03 14:00")
    for data, field in (
        (EndData("again", again_at=tomorrow), "again_reason"),
        (EndData("again", again_reason="Part missing"), "again_at"),
        (EndData("again", again_reason="Part missing", again_at=NINE), "again_at"),
    ):
        with pytest.raises(Invalid) as refused:
            services.end_visit(ctx, visit_id, data, "end")
        assert (refused.value.field, site.visit_of(plain, visit_id).state) == (field, "on_site")
    services.end_visit(ctx, visit_id, EndData("again", again_reason="Part missing", again_at=tomorrow), "end")
    order, visit = site.order_of(plain, order_id), site.visit_of(plain, visit_id)
    assert order.state == "accepted"
    assert (visit.again_reason, visit.again_at) == ("Part missing", tomorrow)
    agreed = appointments.appointment_of(plain.system(), order_id)
    assert (agreed.starts_at, agreed.ends_at, agreed.how) == (tomorrow, order.promised_at, "in_person")
    services.dispatch(plain.system(NINE + HOUR), order_id, ctx.actor.user_id)
    second = site.visit_of(plain, arrived(plain, order_id, "a2", tomorrow))
    in_time = punctuality(second.arrived_at, second.agreed_from, second.agreed_until)
    assert (second.number, in_time) == (2, Punctuality("in_time"))


@pytest.mark.clause("FLW-5")
def test_a_site_that_differs_from_the_report_is_said_and_the_work_goes_on_by_the_facts(plain):
    order_id = site.dispatched(plain)
    visit_id = arrived(plain, order_id)
    ctx = site.technician(plain)
    with pytest.raises(Invalid, match="Say what differs"):
        services.save_work(ctx, visit_id, WorkData("yes"), "w1")
    services.save_work(ctx, visit_id, WorkData("yes", "It is the lifter, not the axle", "found", "Lamp"), "w2")
    visit = site.visit_of(plain, visit_id)
    assert (visit.differs_text, visit.further_text) == ("It is the lifter, not the axle", "Lamp")
    assert {"service.differs", "service.further_found"} <= set(events(plain, VISIT, visit_id))


def test_leaving_waits_for_what_is_missing_and_names_it(plain):
    site.want_steps(plain, "signature")
    order_id = site.dispatched(plain)
    visit_id = arrived(plain, order_id)
    with pytest.raises(Conflict) as refused:
        services.end_visit(site.technician(plain), visit_id, EndData("solved"), "end")
    assert sorted(g.key for g in refused.value.details["gates"]) == [
        "service.compared", "service.done_text", "service.further", "service.signature",
    ]
    visit = site.visit_of(plain, visit_id)
    assert (visit.state, visit.outcome, visit.left_at, count(plain, Sent)) == ("on_site", "", None, 1)


def test_the_customer_who_refuses_the_work_ends_the_visit_too(plain):
    order_id = site.dispatched(plain)
    visit_id = arrived(plain, order_id)
    services.end_visit(site.technician(plain), visit_id, EndData("refused"), "end")
    assert (site.order_of(plain, order_id).state, site.order_of(plain, order_id).outcome) == ("done", "refused")


@pytest.mark.parametrize(
    ("act", "field"),
    [
        (lambda c, o: services.arrive(c, o, "a", at=NINE + HOUR), "at"),
        (lambda c, o: services.arrive(c, o, "a", at=NINE - 3 * HOUR), "at"),
        (lambda c, o: services.arrive(c, o, ""), None),
    ],
)
def test_nobody_arrives_later_than_now_before_the_call_or_without_a_key(plain, act, field):
    order_id = site.dispatched(plain)
    with pytest.raises(Invalid) as refused:
        act(site.technician(plain), order_id)
    assert (refused.value.field, count(plain, Visit), site.order_of(plain, order_id).state) == (field, 0, "dispatched")


def test_an_order_without_a_visit_has_none(plain):
    order_id = site.dispatched(plain, kind="workshop")
    with pytest.raises(Invalid, match="Nobody visits the customer"):
        services.arrive(site.technician(plain), order_id, "a")


def test_two_technicians_have_a_visit_each_and_the_last_one_to_leave_ends_the_work(plain):
    order_id = site.dispatched(plain)
    first = arrived(plain, order_id)
    second = services.arrive(site.technician(plain, "wang"), order_id, "b").id
    for visit_id, name, state in ((first, "li", "working"), (second, "wang", "done")):
        services.save_work(site.technician(plain, name), visit_id, DONE, f"w-{name}")
        services.end_visit(site.technician(plain, name), visit_id, EndData("solved"), f"e-{name}")
        assert site.order_of(plain, order_id).state == state
    assert [v.number for v in queries.visits_of(plain.system(), order_id)] == [1, 2]


def test_a_visit_on_an_order_that_was_finished_at_the_desk_is_written_down_afterwards(plain):
    site.want_steps(plain, "signature")
    order_id = site.dispatched(plain)
    services.start(plain.system(NINE), order_id)
    services.finish(plain.system(NINE + HOUR), order_id, ResultData("solved", "Seal replaced", "defect"))
    assert order_gates(plain, order_id) == ["service.signature"]
    ctx = site.technician(plain, now=NINE + 5 * HOUR)
    visit_id = services.arrive(ctx, order_id, "late", at=NINE).id
    services.save_work(ctx, visit_id, DONE, "w")
    services.end_visit(ctx, visit_id, EndData("solved", NINE + HOUR, signature=SIGNED), "e")
    visit, order = site.visit_of(plain, visit_id), site.order_of(plain, order_id)
    assert (visit.arrived_at, visit.left_at, order.state, order.done_at) == (NINE, NINE + HOUR, "done", NINE + HOUR)
    assert order_gates(plain, order_id) == []


# --- conduct, the customer's vehicle --------------------------------------------------------------------------------


@pytest.mark.clause("GS-9", "GS-10", "GS-13", "AG-9", "AG-10", "DEF-7.1")
def test_every_visit_has_its_checklist_of_conduct_by_the_companys_table(plain):
    visit_id = arrived(plain, site.dispatched(plain))
    ctx = site.technician(plain)
    [conduct] = checklists_of(ctx, queries.get_visit(ctx, visit_id))
    asked = [i.code for i in conduct.template.items]
    assert (conduct.code, asked) == (
        "service.conduct", ["badge", "tools", "dress", "safe", "whole", "protected", "no_gifts", "clean", "photo"],
    )
    with pytest.raises(Invalid):
        save_answers(ctx, RecordRef(VISIT, visit_id), conduct.code, [Given("badge", "perhaps")])
    save_answers(ctx, RecordRef(VISIT, visit_id), conduct.code, [Given("badge", "yes"), Given("clean", "no", "Rain")])
    [conduct] = checklists_of(site.technician(plain), site.visit_of(plain, visit_id))
    assert (conduct.answers["badge"].answered_by, conduct.answers["clean"].remark) == ("Li Haitao", "Rain")


@pytest.mark.clause("AG-13")
def test_the_vehicle_is_photographed_before_and_after_or_the_visit_does_not_end(plain):
    site.want_steps(plain, "vehicle")
    visit_id = arrived(plain, site.dispatched(plain))
    ctx, ref = site.technician(plain), RecordRef(VISIT, visit_id)
    all_done(plain, visit_id)
    with pytest.raises(Conflict) as refused:
        services.end_visit(ctx, visit_id, EndData("solved"), "end")
    assert [g.key for g in refused.value.details["gates"]] == ["core.checklist.service.vehicle"]
    ctx = site.technician(plain)
    for item in ("before", "after"):
        add_photo(ctx, ref, "service.vehicle", item, f"{item}.png", site_file(ctx))
    answers = [Given("damage", "none"), *(Given(c, "yes") for c in ("covers", "things", "as_before"))]
    save_answers(ctx, ref, "service.vehicle", answers)
    services.end_visit(site.technician(plain), visit_id, EndData("solved"), "end")
    assert site.visit_of(plain, visit_id).state == "ended"


def site_file(ctx):
    from core.files import receive

    return receive(ctx, site.picture())


# --- who pays -------------------------------------------------------------------------------------------------------


@pytest.mark.clause("GS-11")
def test_a_cause_that_makes_it_paid_is_answered_at_once_and_nothing_ends_before_the_customer_agrees(full):
    order_id = site.dispatched(full, cause="defect")
    assert site.order_of(full, order_id).work_kind == "free"
    visit_id = arrived(full, order_id)
    ctx = site.technician(full)
    verdict = services.judge(ctx, visit_id, "misuse", "c1")
    assert (verdict.tone, verdict.title, [g.key for g in verdict.missing]) == ("bad", "Now paid", ["warranty.consent"])
    assert services.judge(ctx, visit_id, "misuse", "c1") == verdict
    decided = full.system().session.scalars(sa.select(Entitlement).order_by(Entitlement.id)).all()
    assert [(e.before, e.work_kind) for e in decided] == [("", "free"), ("free", "paid")]
    all_paid = WorkData("no", "", "none", "", "misuse", "", "Axle straightened")
    services.save_work(site.technician(full), visit_id, all_paid, "work")
    with pytest.raises(Conflict):
        services.end_visit(site.technician(full), visit_id, EndData("solved", signature=SIGNED), "end")
    assert (site.visit_of(full, visit_id).state, count(full, Signature)) == ("on_site", 0)


def test_the_customers_consent_is_recorded_on_site_once(plain):
    order_id = site.dispatched(plain)
    visit_id = arrived(plain, order_id)
    services.choose_work_kind(plain.system(), order_id, "paid", "Misuse")
    assert services.verdict(site.technician(plain), site.order_of(plain, order_id)).consent
    all_done(plain, visit_id)
    with pytest.raises(Conflict, match="has not agreed to pay"):
        services.end_visit(site.technician(plain), visit_id, EndData("solved"), "end")
    for _tap in range(2):
        services.consent_on_site(site.technician(plain), visit_id, "in_person", "Ma", "240.00", "c1")
    order = site.order_of(plain, order_id)
    assert (order.consent_who, order.consent_how, order.consent_note) == ("Ma", "in_person", "240.00")
    services.end_visit(site.technician(plain), visit_id, EndData("solved"), "end")
    assert site.order_of(plain, order_id).state == "done"


# --- signature and rating -------------------------------------------------------------------------------------------


def ended(office) -> int:
    visit_id = arrived(office, site.dispatched(office))
    all_done(office, visit_id)
    services.end_visit(site.technician(office), visit_id, EndData("solved", signature=SIGNED), "end")
    return visit_id


def test_a_signature_is_replaced_with_a_reason_and_both_are_kept(plain):
    visit_id, other = ended(plain), SignatureData("family", "Ma Li", content=site.picture())
    with pytest.raises(Invalid, match="To replace that signature, say why"):
        services.sign(site.technician(plain), visit_id, other, "s1")
    assert [s.who for s in plain.system().session.scalars(sa.select(Signature))] == ["Ma Dongsheng"]
    for _tap in range(2):
        services.sign(site.technician(plain), visit_id, other, "s2", "Signed in the wrong place")
    rows = plain.system().session.scalars(sa.select(Signature).order_by(Signature.id)).all()
    assert [(s.who, s.by, s.standing, s.ended_reason) for s in rows] == [
        ("Ma Dongsheng", "self", False, "Signed in the wrong place"), ("Ma Li", "family", True, ""),
    ]
    assert all(s.file_id for s in rows)


def test_a_signature_on_a_closed_order_is_refused(plain):
    visit_id = ended(plain)
    order_id = site.visit_of(plain, visit_id).order_id
    services.confirm(plain.system(), order_id)
    services.close(plain.system(), order_id)
    with pytest.raises(Conflict, match="is closed"):
        services.sign(site.technician(plain), visit_id, SIGNED, "s1", "Again")
    assert count(plain, Signature) == 1


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (SignatureData("self"), "Sign in the box"),
        (SignatureData("self", content=site.picture(drawn=False)), "Nothing is drawn"),
        (SignatureData("stamp", name="sheet.pdf", content=b"%PDF-1.7"), "A photo"),
        (SignatureData("none"), "Say why nobody signs"),
        (SignatureData("boss", content=site.picture()), "not one of the choices"),
    ],
)
def test_no_signature_is_kept_without_a_picture_or_the_reason_for_none(plain, data, message):
    visit_id = arrived(plain, site.dispatched(plain))
    all_done(plain, visit_id)
    with pytest.raises(Invalid, match=message):
        services.end_visit(site.technician(plain), visit_id, EndData("solved", signature=data), "end")
    assert (site.visit_of(plain, visit_id).state, count(plain, Signature)) == ("on_site", 0)


def test_the_reason_for_no_signature_and_for_no_rating_is_enough_to_close(plain):
    site.want_steps(plain, "signature", "rating")
    visit_id = arrived(plain, site.dispatched(plain))
    all_done(plain, visit_id)
    data = EndData("solved", signature=SignatureData("none", reason="Not at home"), rating=RatingData(declined="Away"))
    services.end_visit(site.technician(plain), visit_id, data, "end")
    assert order_gates(plain, site.visit_of(plain, visit_id).order_id) == []


def test_a_rating_has_all_four_aspects_and_is_given_once(plain):
    visit_id = arrived(plain, site.dispatched(plain))
    all_done(plain, visit_id)
    partly = RatingData({"attitude": "good", "skill": "good", "arrival": "good"})
    with pytest.raises(Invalid, match="Promises kept"):
        services.end_visit(site.technician(plain), visit_id, EndData("solved", rating=partly), "end")
    services.end_visit(site.technician(plain), visit_id, EndData("solved", rating=GOOD), "end")
    with pytest.raises(Conflict, match="rated this visit already"):
        services.sign(site.technician(plain), visit_id, SIGNED, "s", "", GOOD)
    assert count(plain, Signature) == 0


# --- parts ----------------------------------------------------------------------------------------------------------


def test_without_a_stock_parts_are_written_by_hand_and_the_order_still_works(plain):
    order_id = site.dispatched(plain)
    tool = services.plan_part(site.technician(plain), order_id, PartData("Puller", kind="tool")).id
    seal = services.plan_part(site.technician(plain), order_id, PartData("Seal", "S-1", Decimal(2), "pcs")).id
    for packed in (True, True):
        services.pack(site.technician(plain), seal, packed)
    bring = queries.to_bring(plain.system(), [order_id])
    assert [(p.name, p.packed_at is not None) for p in bring] == [("Seal", True), ("Puller", False)]
    visit_id = arrived(plain, order_id)
    services.save_parts(site.technician(plain), visit_id, {str(seal): Decimal("1.5")}, "p", PartData("Oil", unit="l"))
    parts = queries.parts_of(plain.system(), order_id)
    assert [(p.id, p.used, p.visit_id) for p in parts][:2] == [(tool, 0, None), (seal, Decimal("1.5"), visit_id)]
    assert (parts[2].name, parts[2].used, parts[2].source) == ("Oil", 1, "hand")
    with pytest.raises(Conflict, match="was used already"):
        services.drop_part(site.technician(plain), seal)
    services.drop_part(site.technician(plain), tool)
    for bad in (Decimal(-1), Decimal("NaN")):
        with pytest.raises(Invalid, match="A quantity is a number above 0"):
            services.save_parts(site.technician(plain), visit_id, {str(seal): bad}, "q")
    assert queries.loaner_of(plain.system(), site.order_of(plain, order_id)) is None


def test_a_stock_is_asked_told_what_was_used_and_may_refuse_in_words(databases, database_kind):
    with databases.furnished(database_kind, site.furnish) as before:
        registry = plugins.load(("inventory",), path=str(STOCK))  # one stock at a time answers
        installation = Installation(before.url, registry)
        try:
            from stub_stock.plugin import BOOKED

            BOOKED.clear()
            office = installation.office("plain")
            switch_on(office.system(), "stub_stock")
            _use_stock(office, BOOKED)
        finally:
            installation.close()
            set_current(before.registry)


def _use_stock(office, booked) -> None:
    order_id = site.dispatched(office)
    with pytest.raises(Invalid, match=r"Part P-12: 1 free, 3 needed\."):
        services.plan_part(site.technician(office), order_id, PartData(ref="P-12", quantity=Decimal(3)))
    part = services.plan_part(site.technician(office), order_id, PartData(ref="P-12")).id
    visit_id = arrived(office, order_id)
    with pytest.raises(Invalid, match=r"Part P-12: 1 free, 2 needed\."):
        services.save_parts(site.technician(office), visit_id, {str(part): Decimal(2)}, "p1", PartData("Oil"))
    assert [(p.name, p.used) for p in queries.parts_of(office.system(), order_id)] == [("Bearing", 0)]
    for _tap in range(2):
        services.save_parts(site.technician(office), visit_id, {str(part): Decimal(1)}, "p2")
    one, none = Decimal(1), Decimal(0)
    assert booked == [("reserve", {"P-12": one}), ("use", [("P-12", one, none)], "p2")]
    assert queries.loaner_of(office.system(), site.order_of(office, order_id)).words == "Mower M-3 is on loan"


# --- meters, scope, erasing -----------------------------------------------------------------------------------------


def test_meters_read_on_site_go_to_the_module_that_keeps_them_and_its_refusal_is_told(full):
    from plugins.warranty.models import MeterReading

    visit_id = arrived(full, site.dispatched(full))
    code = queries.meters(site.technician(full), site.visit_of(full, visit_id).order)[0].code
    for _tap in range(2):
        services.save_work(site.technician(full), visit_id, WorkData(readings={code: Decimal(120)}), "w1")
    found = full.system().session.scalars(sa.select(MeterReading)).all()
    assert [(r.kind, r.value, r.external_key) for r in found] == [(code, 120, f"w1:{code}")]
    with pytest.raises(Invalid) as refused:
        services.save_work(site.technician(full), visit_id, WorkData(readings={code: Decimal(90)}), "w2")
    assert refused.value.field == f"meter-{code}"
    assert [(r["code"], r["value"]) for r in site.visit_of(full, visit_id).readings] == [(code, "120")]


def test_who_may_not_see_the_order_sees_neither_its_visits_nor_its_signatures(plain):
    visit_id = ended(plain)
    agent = unit_by_code(plain.system(), "agent").id
    stranger = site.technician(plain, "wang", unit_ids=frozenset({agent}))
    with pytest.raises(NotFound):
        queries.get_visit(stranger, visit_id)
    with pytest.raises(NotFound):
        services.save_work(stranger, visit_id, DONE, "x")
    assert not queries.sees(stranger, stranger.session.get(Visit, visit_id))
    assert queries.visits_today(stranger) == []


def test_erasing_the_customer_takes_words_and_signatures_and_leaves_grades_and_times(plain):
    visit_id = ended(plain)
    services.sign(site.technician(plain), visit_id, SIGNED, "s", "Smudged", GOOD)
    ctx = plain.system()
    ref = RecordRef("base.customer", site.visit_of(plain, visit_id).order.customer_id)
    assert [(d.count, d.refs) for d in personal_data(ctx, ref)] == [(1, (RecordRef(VISIT, visit_id),))]
    erase(ctx, ref)
    visit = queries.get_visit(ctx, visit_id)
    assert (visit.done_text, visit.tested, visit.work_minutes) == ("", "", 55)
    rows = ctx.session.scalars(sa.select(Signature)).all()
    assert [(s.who, s.file_id, s.ended_reason) for s in rows] == [("", None, "")] * 2
    assert ctx.session.scalar(sa.select(Rating.skill)) == "good"


def test_a_picture_counts_as_drawn_only_when_something_is_on_it():
    assert is_drawn(site.picture())
    assert not is_drawn(site.picture(drawn=False))
    assert not is_drawn(site.picture()[:40])
    assert not is_drawn(b"GIF89a")



def test_a_photo_sent_twice_with_one_key_is_one_and_what_is_no_picture_is_refused(plain):
    order_id = site.dispatched(plain)
    ctx = site.technician(plain)
    visit = services.arrive(ctx, order_id, "k1")
    for _again in range(2):
        services.add_photo(ctx, visit.id, "plate.png", site.picture(), "k2")
    with pytest.raises(Invalid, match=r"“note\.png” is no photo"):
        services.add_photo(ctx, visit.id, "note.png", b"%PDF-1.7", "k3")
    with pytest.raises(Invalid, match="This page is too old"):
        services.add_photo(ctx, visit.id, "plate.png", site.picture(), "")
    assert [a.file.name for a in queries.photos_of(ctx, visit)] == ["plate.png"]
    assert [s.once for s in ctx.session.scalars(sa.select(Sent).order_by(Sent.id))] == ["k1", "k2"]
