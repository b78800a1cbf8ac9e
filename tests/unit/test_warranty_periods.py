"""Warranty periods, day by day: where they end, what moves the end, what is left, which terms fit."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.warranty.rules.evidence import Proof, proven
from plugins.warranty.rules.periods import (
    ProvenDate,
    Reading,
    Span,
    TermRule,
    UnitFacts,
    counted_days,
    last_day_of,
    moved,
    periods,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
WHOLE = TermRule(1, "whole", "Whole unit", "whole", amount=12)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def sold(text: str, **more) -> UnitFacts:
    return UnitFacts(dates={"sale": ProvenDate(day(text))}, **more)


def only(term: TermRule, unit: UnitFacts, on: str):
    (state,) = periods([term], unit, day(on))
    return state


# --- where a period ends ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "amount", "unit", "counts", "last"),
    [
        ("2025-03-15", 12, "months", False, "2026-03-15"),  # art. 202: the corresponding day
        ("2025-03-15", 12, "months", True, "2026-03-14"),
        ("2025-03-15", 1, "years", False, "2026-03-15"),
        ("2024-02-29", 1, "years", False, "2025-02-28"),  # none such: the month's last day
        ("2024-02-29", 1, "years", True, "2025-02-28"),
        ("2024-01-31", 1, "months", False, "2024-02-29"),
        ("2025-08-31", 6, "months", False, "2026-02-28"),
        ("2025-11-30", 3, "months", False, "2026-02-28"),
        ("2025-12-31", 2, "months", True, "2026-02-28"),
        ("2025-03-01", 7, "days", False, "2025-03-08"),  # art. 201: the first day is not counted
        ("2025-03-01", 7, "days", True, "2025-03-07"),
        ("2025-02-26", 3, "days", False, "2025-03-01"),
    ],
)
def test_a_period_ends_on_the_corresponding_day(start, amount, unit, counts, last):
    assert last_day_of(day(start), amount, unit, counts) == day(last)


@pytest.mark.parametrize(
    ("on", "state", "left"),
    [
        ("2025-03-14", "not_started", 367),
        ("2025-03-15", "running", 366),
        ("2026-03-14", "running", 2),
        ("2026-03-15", "last_day", 1),
        ("2026-03-16", "over", 0),
    ],
)
def test_the_last_day_is_inside_and_the_day_after_is_not(on, state, left):
    found = only(WHOLE, sold("2025-03-15"), on)
    assert (found.state, found.days_left, found.covers_now) == (state, left, state in ("running", "last_day"))


def test_a_last_day_on_a_holiday_moves_to_the_day_after_the_holiday():
    holidays = {day(f"2026-02-{n}") for n in range(15, 24)}
    term = replace(WHOLE, works=lambda d: d not in holidays)
    found = only(term, sold("2025-02-17"), "2026-02-20")
    assert (found.last_day, found.state) == (day("2026-02-24"), "running")
    assert found.why[-1].text == "{bare} is no working day: it ends on {last}."
    assert only(term, sold("2025-02-14"), "2026-02-20").last_day == day("2026-02-14")


def test_a_calendar_that_is_always_closed_moves_nothing():
    assert moved(day("2026-01-01"), lambda _d: False) == day("2026-01-01")


# --- from which event -------------------------------------------------------------------------------------------------


def test_the_first_event_that_is_known_starts_it_and_says_what_was_missing():
    term = replace(WHOLE, starts=(("acceptance", 0), ("installation", 0), ("sale", 0)))
    dates = {"sale": ProvenDate(day("2025-01-10")), "installation": ProvenDate(day("2025-02-01"))}
    found = only(term, UnitFacts(dates=dates), "2025-06-01")
    assert (found.start_event, found.start_on, found.last_day) == ("installation", day("2025-02-01"), day("2026-02-01"))
    assert found.why[0].values["events"].codes == ("acceptance",)


def test_without_a_proof_of_purchase_it_starts_so_many_days_after_production():
    term = replace(WHOLE, starts=(("sale", 0), ("production", 90)))
    found = only(term, UnitFacts(dates={"production": ProvenDate(day("2025-01-01"))}), "2025-06-01")
    assert (found.start_event, found.start_on, found.last_day) == ("production", day("2025-04-01"), day("2026-04-01"))


def test_with_no_day_at_all_it_is_unknown_and_nothing_is_guessed():
    found = only(WHOLE, UnitFacts(), "2025-06-01")
    assert (found.state, found.start_on, found.last_day, found.days_left) == ("unknown", None, None, None)
    assert found.why[0].text == "No day is known of: {events}."


WEIGHTS = {"decided": 0, "invoice": 1, "sales": 2, "archive": 3}


def with_proofs(*said: tuple[str, str]) -> UnitFacts:
    return UnitFacts(dates=proven([Proof("sale", day(text), source) for source, text in said], WEIGHTS))


def test_of_two_proofs_that_differ_the_weightier_counts_and_the_other_is_told():
    found = only(WHOLE, with_proofs(("archive", "2025-01-10"), ("invoice", "2025-02-10")), "2025-06-01")
    assert (found.state, found.start_on) == ("running", day("2025-02-10"))
    assert found.why[-1].text == "Another proof says {days}; the weightier one counts."
    assert found.why[-1].values == {"days": "2025-01-10"}


def test_proofs_of_equal_weight_that_differ_leave_it_to_a_person():
    two = (("invoice", "2025-02-10"), ("invoice", "2025-01-10"))
    found = only(WHOLE, with_proofs(*two), "2025-06-01")
    assert (found.state, found.covers_now, found.start_on) == ("unknown", False, None)
    assert found.why[-1].values["days"] == "2025-01-10, 2025-02-10"
    found = only(WHOLE, with_proofs(*two, ("decided", "2025-01-10")), "2025-06-01")
    assert (found.state, found.start_on) == ("running", day("2025-01-10"))


def test_a_unit_that_the_ledger_has_sold_twice_is_left_to_a_person_too():
    found = only(WHOLE, with_proofs(("sales", "2025-02-10"), ("sales", "2025-01-10")), "2025-06-01")
    assert found.state == "unknown"
    assert found.why[-1].text.startswith("The sales ledger has it sold more than once")


def test_a_sale_in_the_future_is_told_and_covers_nothing_yet():
    found = only(WHOLE, with_proofs(("archive", "2026-01-10")), "2025-06-01")
    assert (found.state, found.covers_now) == ("not_started", False)
    assert found.why[-1].text == "It begins on {day} only. If that can't be right, check the proof."


# --- repairs ----------------------------------------------------------------------------------------------------------


REPAIR = Span(at("2025-05-01 10:00"), at("2025-05-06 09:00"), at("2025-05-02 12:00"), at("2025-05-04 12:00"), 7)


@pytest.mark.parametrize(
    ("extends", "way", "days"),
    [
        ("none", "calendar", 0),
        ("both", "calendar", 6),  # 1 to 6 May
        ("waiting", "calendar", 3),  # 2, 3, 4 May
        ("repair", "calendar", 5),  # 1, 2, 4, 5, 6 May
        ("both", "hours_up", 5),  # 119 hours
        ("both", "hours_sum", 4),
        ("waiting", "hours_up", 2),
        ("repair", "hours_sum", 2),  # 26 and 45 hours
        ("repair", "hours_up", 4),
    ],
)
def test_time_under_repair_moves_the_end_as_the_term_counts_it(extends, way, days):
    term = replace(WHOLE, extends=extends, repair_days=way)
    found = only(term, sold("2025-03-15", spans=[REPAIR]), "2025-09-01")
    assert (found.extended_days, found.last_day) == (days, day("2026-03-15") + dt.timedelta(days=days))


def test_two_repairs_at_the_same_time_count_once():
    two = [Span(at("2025-05-01 10:00"), at("2025-05-03 10:00")), Span(at("2025-05-02 08:00"), at("2025-05-04 08:00"))]
    assert only(replace(WHOLE, extends="both"), sold("2025-03-15", spans=two), "2025-09-01").extended_days == 4


def test_a_repair_that_begins_on_the_last_day_moves_it_and_one_a_day_later_does_not():
    term = replace(WHOLE, extends="both")
    on_last = Span(at("2026-03-15 16:00"), at("2026-03-18 10:00"))
    after = Span(at("2026-03-16 09:00"), at("2026-03-18 10:00"))
    assert only(term, sold("2025-03-15", spans=[on_last]), "2026-04-01").last_day == day("2026-03-19")
    assert only(term, sold("2025-03-15", spans=[after]), "2026-04-01").last_day == day("2026-03-15")


def test_a_repair_within_the_days_that_another_repair_added_counts_too():
    term = replace(WHOLE, extends="both")
    spans = [Span(at("2026-03-15 16:00"), at("2026-03-18 10:00")), Span(at("2026-03-19 08:00"), at("2026-03-20 08:00"))]
    assert only(term, sold("2025-03-15", spans=spans), "2026-04-01").last_day == day("2026-03-21")


def test_while_a_repair_lasts_the_days_left_stay_what_they_are():
    term = replace(WHOLE, extends="both")
    unit = sold("2025-03-15", spans=[Span(at("2025-12-01 09:00"))])
    left = {only(term, unit, f"2025-12-0{n}").days_left for n in (1, 2, 5)}
    assert left == {106}


def test_a_repair_ending_at_midnight_does_not_touch_the_new_day():
    assert counted_days([(at("2025-05-01 10:00"), at("2025-05-02 00:00"))], "calendar") == 1


def test_every_repair_handed_back_is_warranted_itself():
    term = TermRule(2, "repairs", "Repairs", "repair", amount=30, amount_unit="days", starts=(("repaired", 0),))
    spans = [replace(REPAIR, handed_back=day("2025-05-06")), Span(at("2025-07-01 09:00"), repair_id=8)]
    found = periods([term], sold("2020-01-01", spans=spans), day("2025-06-05"))
    assert [(s.repair_id, s.last_day, s.state) for s in found] == [(7, day("2025-06-05"), "last_day")]


# --- exchange ---------------------------------------------------------------------------------------------------------


OLD = sold("2025-03-15", spans=[REPAIR], replaced_on=day("2025-08-20"))
NEW = UnitFacts(came_on=day("2025-08-20"), replaces=OLD)


def test_after_an_exchange_the_period_starts_anew_where_the_term_says_so():
    found = only(WHOLE, NEW, "2025-09-01")
    assert (found.start_event, found.start_on, found.last_day) == ("exchange", day("2025-08-20"), day("2026-08-20"))


def test_or_goes_on_with_the_old_unit_s_start_and_repairs():
    term = replace(WHOLE, on_exchange="inherit", extends="both")
    assert only(term, NEW, "2025-09-01").last_day == day("2026-03-21")
    assert only(replace(term, exchange_days=365), NEW, "2025-09-01").last_day == day("2026-08-20")


def test_what_was_agreed_at_the_exchange_counts_before_the_term():
    assert only(WHOLE, replace(NEW, carries="inherit"), "2025-09-01").last_day == day("2026-03-15")


def test_the_unit_that_went_back_has_no_warranty_from_that_day_on():
    assert only(WHOLE, OLD, "2025-08-19").state == "running"
    found = only(WHOLE, OLD, "2025-08-20")
    assert (found.state, found.over_by, found.over_on) == ("over", "exchange", day("2025-08-20"))


def test_a_part_exchanged_in_a_repair_has_a_period_of_its_own():
    term = TermRule(3, "engine", "Engine", "main_parts", part_group="engine", amount=24)
    span = replace(REPAIR, handed_back=day("2025-05-06"), parts=(("engine", "cylinder head"), ("axle", "seal")))
    whole, part = periods([term], sold("2024-03-15", spans=[span]), day("2025-06-01"))
    assert (whole.last_day, whole.part) == (day("2026-03-15"), "")
    assert (part.part, part.start_on, part.last_day) == ("cylinder head", day("2025-05-06"), day("2027-05-06"))
    found = periods([replace(term, on_exchange="inherit")], sold("2024-03-15", spans=[span]), day("2025-06-01"))
    assert len(found) == 1, "it goes on as it was"


# --- meters -----------------------------------------------------------------------------------------------------------


METERED = replace(WHOLE, meters={"km": Decimal(60000)})


def km(*pairs: tuple[str, int]) -> list[Reading]:
    return [Reading("km", day(text), Decimal(total)) for text, total in pairs]


@pytest.mark.parametrize(
    ("readings", "state", "left"),
    [
        (km(("2025-06-01", 60000)), "running", 0),  # the limit itself is inside
        (km(("2025-06-01", 60001)), "over", -1),
        (km(("2025-03-15", 500), ("2025-06-01", 60500)), "running", 0),  # counted from the start
        (km(("2025-06-01", 20000), ("2025-12-01", 70000)), "running", 40000),  # read after the day asked about
    ],
)
def test_whichever_limit_is_reached_first_ends_it(readings, state, left):
    found = only(METERED, sold("2025-03-15", readings=readings), "2025-09-01")
    assert (found.state, found.meters[0].left) == (state, left)


def test_time_ends_it_although_the_meter_passed_its_limit_later():
    unit = sold("2025-03-15", readings=km(("2026-06-01", 90000)))
    assert only(METERED, unit, "2026-07-01").over_by == "time"
    unit = sold("2025-03-15", readings=km(("2026-01-01", 90000)))
    found = only(METERED, unit, "2026-07-01")
    assert (found.over_by, found.over_on) == ("km", day("2026-01-01"))


def test_without_a_reading_nothing_is_said_of_the_meter():
    found = only(METERED, sold("2025-03-15"), "2025-09-01")
    assert (found.state, found.meters[0].used, found.meters[0].left) == ("running", None, None)


def test_a_term_by_meter_alone_has_no_last_day():
    found = only(replace(METERED, amount=None), sold("2015-03-15", readings=km(("2025-01-01", 10))), "2025-09-01")
    assert (found.state, found.last_day, found.days_left) == ("running", None, None)


# --- which terms fit --------------------------------------------------------------------------------------------------


def test_the_most_specific_term_wins_and_other_covers_stand_beside_it():
    terms = [
        WHOLE,
        replace(WHOLE, id=2, code="group", product_group="tractors"),
        replace(WHOLE, id=3, code="product", product_id=5),
        replace(WHOLE, id=4, code="customer", customer_id=9),
        replace(WHOLE, id=5, code="other", product_id=6),
        replace(WHOLE, id=6, code="labour", cover="labour"),
        replace(WHOLE, id=7, code="engine", part_group="engine"),
    ]

    def codes(**unit):
        return [s.term_code for s in periods(terms, sold("2025-03-15", **unit), day("2025-09-01"))]

    assert codes() == ["whole", "labour", "engine"]
    assert codes(product_group="tractors") == ["group", "labour", "engine"]
    assert codes(product_group="tractors", product_id=5) == ["product", "labour", "engine"]
    assert codes(product_group="tractors", product_id=5, customer_id=9) == ["customer", "labour", "engine"]


def test_a_term_changed_later_leaves_units_sold_before_as_they_were():
    old = replace(WHOLE, valid_from=day("2020-01-01"), valid_until=day("2025-06-30"))
    new = replace(WHOLE, id=2, code="longer", amount=24, valid_from=day("2025-07-01"))
    before, after = sold("2025-06-30"), sold("2025-07-01")
    for unit, code in ((before, "whole"), (after, "longer")):
        assert [s.term_code for s in periods([old, new], unit, day("2025-09-01"))] == [code]
    for_all = replace(new, earlier_units=True)
    assert [s.term_code for s in periods([for_all], before, day("2025-09-01"))] == ["longer"]


# --- beside a slow one that walks ------------------------------------------------------------------------------------

STEP = dt.timedelta(hours=6)


def slow_last_day(start: dt.date, amount: int, unit: str, counts: bool) -> dt.date:
    """Walks day by day from the start."""
    here = start - dt.timedelta(days=1) if counts else start
    if unit == "days":
        for _ in range(amount):
            here += dt.timedelta(days=1)
        return here
    wanted = amount * (12 if unit == "years" else 1)
    here = start
    while True:
        months = (here.year - start.year) * 12 + here.month - start.month
        tomorrow = here + dt.timedelta(days=1)
        if months == wanted and here.day == start.day:
            return here - dt.timedelta(days=1) if counts else here
        if months == wanted and tomorrow.month != here.month:
            return here
        here = tomorrow


def slow_days(spans, on: dt.date, start: dt.date, what: str, way: str) -> int:
    """Looks at every step of time whether it lies under repair (and whether parts were waited for)."""
    def under(moment: dt.datetime) -> bool:
        for span in spans:
            inside = span.begins <= moment < (span.ends or dt.datetime.max.replace(tzinfo=SHANGHAI))
            waits = span.waits_from is not None and span.waits_from <= moment < (
                span.waits_to or dt.datetime.max.replace(tzinfo=SHANGHAI)
            )
            if inside and {"both": True, "waiting": waits, "repair": not waits}[what]:
                return True
        return False

    here = dt.datetime.combine(start, dt.time(), SHANGHAI)
    end = dt.datetime.combine(on + dt.timedelta(days=1), dt.time(), SHANGHAI)
    runs, touched, steps, run = 0, set(), 0, 0
    while here < end:
        if under(here):
            touched.add(here.date())
            steps, run = steps + 1, run + 1
        else:
            runs, run = runs + -(-run // 4), 0
        here += STEP
    runs += -(-run // 4)
    return {"calendar": len(touched), "hours_up": runs, "hours_sum": steps // 4}[way]


def slow_end(term: TermRule, start: dt.date, spans, on: dt.date) -> dt.date:
    bare = slow_last_day(start, term.amount, term.amount_unit, term.start_day_counts)
    days = 0
    while True:
        last = bare + dt.timedelta(days=days)
        while term.works is not None and not term.works(last):
            last += dt.timedelta(days=1)
        known = [s for s in spans if s.begins.date() <= min(on, last)]
        more = slow_days(known, on, start, term.extends, term.repair_days) if term.extends != "none" else 0
        if more == days:
            return last
        days = more


BEGIN = dt.date(2024, 1, 1)


@st.composite
def repairs(draw):
    found = []
    for _ in range(draw(st.integers(0, 3))):
        begins = dt.datetime.combine(BEGIN, dt.time(), SHANGHAI) + draw(st.integers(0, 480)) * STEP
        ends = begins + draw(st.integers(1, 40)) * STEP if draw(st.booleans()) else None
        waits = begins + draw(st.integers(0, 8)) * STEP if draw(st.booleans()) else None
        until = waits + draw(st.integers(1, 12)) * STEP if waits is not None and draw(st.booleans()) else None
        found.append(Span(begins, ends, waits, until))
    return found


@settings(max_examples=150, deadline=None)
@given(
    start=st.dates(BEGIN, BEGIN + dt.timedelta(days=70)),
    amount=st.integers(1, 60),
    unit=st.sampled_from(["days", "months"]),
    counts=st.booleans(),
    works=st.sampled_from([None, lambda d: d.weekday() < 5, lambda d: d.day > 3]),
    extends=st.sampled_from(["none", "repair", "waiting", "both"]),
    way=st.sampled_from(["calendar", "hours_up", "hours_sum"]),
    spans=repairs(),
    asked=st.integers(0, 150),
)
def test_it_ends_on_the_day_that_a_walk_through_all_days_finds(
    start, amount, unit, counts, works, extends, way, spans, asked
):
    term = TermRule(
        1, "t", "t", "whole", amount=amount if unit == "days" else -(-amount // 20), amount_unit=unit,
        start_day_counts=counts, works=works, extends=extends, repair_days=way,
    )  # fmt: skip
    on = start + dt.timedelta(days=asked)
    spans = [s for s in spans if s.ends is None or s.waits_from is None or s.waits_from < s.ends]
    found = only(term, UnitFacts(dates={"sale": ProvenDate(start)}, spans=spans), str(on))
    last = slow_end(term, start, spans, on)
    assert found.last_day == last
    assert found.state == ("over" if on > last else "last_day" if on == last else "running")
    assert found.days_left == max(0, (last - on).days + 1)
