"""Working-time questions per second on a cached calendar, beside the slow reference of the tests.

``python benchmarks/calendars.py [--seconds S]``. The first questions are put to both and must agree.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core.calendars import Calendar, Limit, Pause, due, from_data, load_shipped, to_data
from tests.unit.reference_calendars import SlowCalendar

Question = tuple[dt.datetime, dt.timedelta]


def questions(count: int) -> list[Question]:
    """Starts all over 2026, day and night, and a few days' work (1 to 30 hours) to add to each."""
    rng = random.Random(20261123)
    year = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    return [
        (year + dt.timedelta(seconds=rng.randrange(360 * 86_400)), dt.timedelta(seconds=rng.randrange(3600, 108_000)))
        for _ in range(count)
    ]


def rate(work: Callable[[Question], object], asked: list[Question], seconds: float) -> float:
    """Questions answered per second, over at least ``seconds``."""
    done, begin = 0, time.perf_counter()
    while (spent := time.perf_counter() - begin) < seconds:
        for question in asked:
            work(question)
        done += len(asked)
    return done / spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="how long to measure each line")
    seconds = parser.parse_args().seconds
    definition = load_shipped("cn_office_lunch")
    data = to_data(definition)
    asked = questions(2000)

    begin = time.perf_counter()
    fast = Calendar(definition)
    fast.add(*asked[0])
    first = time.perf_counter() - begin

    explicit = _with_dates_written_out(data, fast)
    slow = SlowCalendar(explicit)
    for question in asked[:20]:
        if fast.add(*question) != slow.add(*question):
            raise SystemExit(f"disagreement on {question}")

    pause = dt.timedelta(hours=5)
    limit = Limit(8, "working_hours")
    lines: dict[str, Callable[[Question], object]] = {
        "add, 1 to 30 hours": lambda q: fast.add(*q),
        "between, 1 to 30 hours": lambda q: fast.between(q[0], q[0] + q[1]),
        "add_days, 5 days": lambda q: fast.add_days(q[0], 5),
        "due, 8 working hours, one pause": lambda q: due(fast, q[0], limit, [Pause(q[0], q[0] + pause)]),
    }
    print(f"first question on a new calendar, holidays loaded: {first * 1000:.1f} ms")
    for name, work in lines.items():
        print(f"{name + ':':36}{rate(work, asked, seconds):>12,.0f} /s")
    walked = rate(lambda q: slow.add(*q), asked[:5], seconds)
    print(f"{'the same add, walking each minute:':36}{walked:>12,.1f} /s  (ratio "
          f"{rate(lines['add, 1 to 30 hours'], asked, seconds) / walked:,.0f})")
    begin = time.perf_counter()
    Calendar(from_data({**explicit, "holidays": [], "workdays": []})).add(asked[0][0], dt.timedelta(hours=200_000))
    print(f"a hundred years of working time on a new calendar: {(time.perf_counter() - begin) * 1000:.0f} ms")


def _with_dates_written_out(data: dict, calendar: Calendar) -> dict:
    """The same calendar for 2026 without a country: the reference knows no countries."""
    holidays, workdays = [], []
    day = dt.date(2026, 1, 1)
    while day.year == 2026:
        worked, weekday = calendar.is_working_day(day), day.weekday() < 5
        if worked != weekday:
            (workdays if worked else holidays).append(day.isoformat())
        day += dt.timedelta(days=1)
    plain = {key: value for key, value in data.items() if key != "holidays_country"}
    return {**plain, "holidays": holidays, "workdays": workdays}


if __name__ == "__main__":
    main()
