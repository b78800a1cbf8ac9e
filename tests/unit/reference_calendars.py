"""A slow, obvious calendar to check the fast one against: it looks at the wall clock step by step.

Shares nothing with the product but the meaning of the file. Exact when spans, closures and offsets change on whole
steps; ``step=60`` for minutes, ``step=1`` for seconds.
"""

import datetime as dt
from zoneinfo import ZoneInfo

NAMES = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class SlowCalendar:
    def __init__(self, data, step=60):
        self.zone = ZoneInfo(data["timezone"])
        self.data = data
        self.step = step
        self.closed = [(self.point(a), self.point(b)) for a, b in data.get("closures", [])]
        self.known = {}

    def spans(self, date):
        """The spans of a date in seconds of the wall clock, before closures."""
        if date not in self.known:
            self.known[date] = [(seconds_of(a), seconds_of(b)) for a, b in self.texts(date)]
        return self.known[date]

    def texts(self, date):
        week = {name: [["00:00", "24:00"]] for name in NAMES} if self.data.get("round_the_clock") else self.data["week"]
        for item in self.data.get("workdays", []):
            if isinstance(item, dict) and item["date"] == date.isoformat():
                return item["spans"]
            if item == date.isoformat():
                order = [NAMES[date.weekday()], *NAMES]
                return next((week[name] for name in order if week.get(name)), [])
        if date.isoformat() in self.data.get("holidays", []):
            return []
        return week.get(NAMES[date.weekday()], [])

    def is_open(self, moment):
        wall = moment.astimezone(self.zone)
        second = wall.hour * 3600 + wall.minute * 60 + wall.second
        if not any(a <= second < b for a, b in self.spans(wall.date())):
            return False
        return not any(a <= moment < b for a, b in self.closed)

    def point(self, text):
        moment = dt.datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=self.zone).astimezone(dt.UTC)

    def steps(self, start):
        """(begin, end, open?) of each step from ``start`` on; the first is what is left of the step it lies in."""
        begin = start.astimezone(dt.UTC)
        while True:
            past = (begin.hour * 3600 + begin.minute * 60 + begin.second) % self.step
            left = dt.timedelta(seconds=self.step - past) - dt.timedelta(microseconds=begin.microsecond)
            yield begin, begin + left, self.is_open(begin)
            begin += left

    def add(self, start, amount):
        left = amount
        if left == dt.timedelta(0):
            return start
        for begin, end, is_open in self.steps(start):
            if is_open:
                if end - begin >= left:
                    return begin + left
                left -= end - begin
        raise AssertionError("the clock never stops")

    def between(self, start, end):
        if end < start:
            return -self.between(end, start)
        total = dt.timedelta(0)
        for begin, after, is_open in self.steps(start):
            if begin >= end:
                return total
            if is_open:
                total += min(after, end) - begin
        raise AssertionError("the clock never stops")

    def closing(self, date):
        """The end of the last open step whose wall clock shows this date; None on a day off."""
        begin = dt.datetime.combine(date, dt.time(), dt.UTC) - dt.timedelta(hours=27)
        closing = None
        while begin < dt.datetime.combine(date, dt.time(), dt.UTC) + dt.timedelta(hours=51):
            after = begin + dt.timedelta(seconds=self.step)
            if begin.astimezone(self.zone).date() == date and self.is_open(begin):
                closing = after
            begin = after
        return closing

    def add_days(self, start, days, count_start_day):
        date = start.astimezone(self.zone).date()
        if not count_start_day:
            date += dt.timedelta(days=1)
        while True:
            closing = self.closing(date)
            if closing is not None:
                days -= 1
                if days == 0:
                    return closing
            date += dt.timedelta(days=1)

    def next_opening(self, moment):
        return next(begin for begin, _end, is_open in self.steps(moment) if is_open)


def seconds_of(text):
    hour, minute, *rest = (int(part) for part in text.split(":"))
    return hour * 3600 + minute * 60 + (rest[0] if rest else 0)
