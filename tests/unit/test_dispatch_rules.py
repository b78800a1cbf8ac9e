"""Slots, ranking, bars of a day, and whether somebody came in time: pure."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from plugins.service.rules.dispatch import (
    Candidate,
    Hours,
    Reason,
    bar_of,
    hours_of,
    in_rows,
    overlaps,
    punctuality,
    ranked,
    slots_of,
)

ZONE = ZoneInfo("Asia/Shanghai")


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"2026-03-03 {text}").replace(tzinfo=ZONE).astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("09:00-12:00", "09:00-12:00"), (" 9:00 – 12:30 ", "09:00-12:30"), ("14:00至16:00", "14:00-16:00"),
        ("20:00-24:00", "20:00-24:00"), ("12:00-09:00", None), ("09:00-09:00", None), ("9-12", None),
        ("25:00-26:00", None), ("10:61-11:00", None), ("20:00-24:30", None), ("", None),
    ],
)  # fmt: skip
def test_a_slot_is_read_from_to_and_what_is_none_is_none(text, code):
    found = hours_of(text)
    assert (found.code if found else None) == code


def test_slots_come_in_order_each_once_without_what_is_none():
    assert [h.code for h in slots_of("14:00-16:00\nlunch\n08:00-10:00\n14:00-16:00\n08:00-24:00")] == [
        "08:00-10:00", "08:00-24:00", "14:00-16:00",
    ]  # fmt: skip


def test_the_last_slot_of_a_day_ends_at_midnight():
    starts, ends = Hours(dt.time(20), dt.time()).on(dt.date(2026, 3, 3), ZONE)
    assert (starts, ends - starts) == (at("20:00"), dt.timedelta(hours=4))


@pytest.mark.parametrize(
    ("arrived", "grace", "verdict"),
    [
        ("08:59", 0, "early"), ("09:00", 0, "in_time"), ("12:00", 0, "in_time"), ("12:01", 0, "late"),
        ("12:10", 10, "in_time"), ("12:11", 10, "late"), ("08:50", 10, "in_time"),
    ],
)  # fmt: skip
def test_an_arrival_is_early_in_time_or_late_against_what_was_agreed(arrived, grace, verdict):
    assert punctuality(at("09:00"), at("12:00"), at(arrived), dt.timedelta(minutes=grace)) == verdict


def test_who_may_go_comes_first_by_points_then_by_load_then_by_name():
    def person(number, name, points, load=0, may_go=True):
        return Candidate(number, name, open_orders=load, may_go=may_go, reasons=(Reason("free", points),))

    found = ranked([
        person(1, "Wu", 90, may_go=False), person(2, "Li", 20), person(3, "An", 20), person(4, "Bo", 20, 3),
        person(5, "Qi", 35),
    ])  # fmt: skip
    assert [c.name for c in found] == ["Qi", "An", "Li", "Bo", "Wu"]


def test_a_time_that_only_touches_another_is_free():
    spans = [(at("09:00"), at("10:00"), "FW-1")]
    assert overlaps(spans, at("10:00"), at("11:00")) == ""
    assert overlaps(spans, at("09:59"), at("11:00")) == "FW-1"


@pytest.mark.parametrize(
    ("state", "started", "done", "kind", "span"),
    [
        ("dispatched", None, None, "late", "09:00–10:00"),
        ("working", "09:30", None, "now", "09:30–11:00"),
        ("closed", "09:10", "09:40", "done", "09:10–09:40"),
    ],
)
def test_a_bar_says_what_became_of_the_plan(state, started, done, kind, span):
    begun, ended = (at(text) if text else None for text in (started, done))
    order = SimpleNamespace(id=1, number="FW-1", state=state, started_at=begun, done_at=ended)
    bar = bar_of(order, at("09:00"), at("10:00"), at("11:00"), at("08:00"), at("18:00"), ZONE)
    assert (bar.kind, bar.span) == (kind, span)


def test_a_bar_is_cut_at_the_hours_shown_and_none_stands_outside_them():
    order = SimpleNamespace(id=1, number="FW-1", state="dispatched", started_at=None, done_at=None)
    bar = bar_of(order, at("07:00"), at("09:00"), at("06:00"), at("08:00"), at("18:00"), ZONE)
    assert (bar.kind, bar.left, bar.width) == ("plan", 0.0, 0.1)
    assert bar_of(order, at("19:00"), at("20:00"), at("06:00"), at("08:00"), at("18:00"), ZONE) is None


@pytest.mark.parametrize(
    ("spans", "rows"),
    [
        (["09:00-11:00", "11:00-12:00"], [0, 0]),
        (["09:00-11:00", "10:00-12:00", "11:00-13:00"], [0, 1, 0]),
        (["10:00-12:00", "09:00-13:00", "10:30-11:00"], [1, 0, 2]),
        (["09:00-09:00", "09:00-10:00", "09:01-09:30"], [0, 1, 2]),
        ([], []),
    ],
)
def test_bars_of_overlapping_times_stand_below_each_other_and_the_next_one_goes_up_again(spans, rows):
    def bar(number: int, span: str):
        order = SimpleNamespace(id=number, number=f"FW-{number}", state="dispatched", started_at=None, done_at=None)
        begin, end = (at(text) for text in span.split("-"))
        return bar_of(order, begin, end, at("06:00"), at("08:00"), at("18:00"), ZONE)

    placed = in_rows(bar(number, span) for number, span in enumerate(spans))
    assert [b.row for b in sorted(placed, key=lambda b: b.order_id)] == rows
    assert [b.left for b in placed] == sorted(b.left for b in placed)
