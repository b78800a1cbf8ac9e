"""Pure decisions about complaints: values in, values out. No database, no clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

QUESTION_KINDS = ("text", "choice", "grade")


def reversed_digits(phone: str) -> str:
    """The digits of a number as typed, from back to front, 30 at most: ``138 0013`` → ``3100831``."""
    return "".join(c for c in phone if c.isascii() and c.isdigit())[::-1][:30]


def severity_facts(
    *,
    injury: bool | None,
    in_batch: bool | None,
    unusable: bool | None,
    repeats: int,
    kind: str,
    category: str,
    repeats_unit: int = 0,
    repeats_cause: int = 0,
    again: bool = False,
) -> dict:
    """Facts of the table ``complaints.severity``; what nobody said counts as no."""
    return {
        "injury": bool(injury),
        "batch": bool(in_batch),
        "unusable": bool(unusable),
        "repeats": repeats,
        "repeats_unit": repeats_unit,
        "repeats_cause": repeats_cause,
        "again": again,
        "kind": kind,
        "category": category or None,
    }


def attention_facts(complaint, today: dt.date) -> dict:
    """Facts of the table ``complaints.attention``."""
    return {**limit_facts(complaint, today), "repeats": complaint.repeats}


def silence_facts(complaint, channel: str, today: dt.date) -> dict:
    """Facts of the table ``complaints.silence``; ``channel`` is that of the answer, not of the complaint."""
    return {**limit_facts(complaint, today), "channel": channel}


def progress_facts(complaint, step: str, today: dt.date) -> dict:
    """Facts of the table ``complaints.progress``."""
    return {**limit_facts(complaint, today), "step": step}


def routing_facts(complaint, product_group: str | None) -> dict:
    """Facts of the table ``complaints.routing``; empty ones are None."""
    return {
        "kind": complaint.kind,
        "category": complaint.category or None,
        "nature": complaint.nature or None,
        "severity": complaint.severity,
        "channel": complaint.channel,
        "region": complaint.region or None,
        "product_group": product_group or None,
        "source": complaint.source or None,
    }


def limit_facts(complaint, today: dt.date) -> dict:
    """Facts of the tables ``complaints.limits`` and ``complaints.escalation``; the clock's name is added later."""
    return {
        "kind": complaint.kind,
        "category": complaint.category or None,
        "severity": complaint.severity,
        "channel": complaint.channel,
        "received": today,
    }


def earliest(moments: Iterable[dt.datetime | None], never: dt.datetime) -> dt.datetime:
    """The earliest of the moments that are given, else ``never``."""
    return min((m for m in moments if m is not None), default=never)


def codes_of(text: str) -> set[str]:
    """The codes in a setting, separated by commas: ``serious, critical``."""
    return {code.strip() for code in text.split(",") if code.strip()}


def path_of(parents: Mapping[int, int | None], node: int | None) -> list[int]:
    """A node and all above it, the topmost first; a circle ends where it closes."""
    path: list[int] = []
    while node is not None and node not in path:
        path.append(node)
        node = parents.get(node)
    return path[::-1]


def below(parents: Mapping[int, int | None], node: int) -> set[int]:
    """A node and everything under it."""
    return {n for n in parents if node in path_of(parents, n)} | {node}


def period_before(begins: dt.date, ends: dt.date) -> tuple[dt.date, dt.date]:
    """The period just before one from ``begins`` to ``ends`` (both included): the whole month, quarter or year before
    where it is a whole one, else as many days.
    """
    last = begins - dt.timedelta(days=1)
    for months in (1, 3, 12):
        if begins.day == 1 and ends == month_end(add_months(begins, months - 1)):
            return add_months(begins, -months), last
    return begins - (ends - last), last


def add_months(first: dt.date, months: int) -> dt.date:
    """The first of the month that many months later."""
    number = first.year * 12 + first.month - 1 + months
    return dt.date(number // 12, number % 12 + 1, 1)


def month_end(day: dt.date) -> dt.date:
    """The last day of a day's month."""
    return add_months(day.replace(day=1), 1) - dt.timedelta(days=1)


def period_of(day: dt.date, length: str) -> tuple[dt.date, dt.date]:
    """The ``month``, ``quarter`` or ``year`` in which a day lies: its first and last day."""
    months = {"month": 1, "quarter": 3, "year": 12}[length]
    first = dt.date(day.year, (day.month - 1) // months * months + 1, 1)
    return first, month_end(add_months(first, months - 1))


def buckets(begins: dt.date, ends: dt.date) -> list[dt.date]:
    """Where the columns of a chart over time begin: weeks (from Mondays) up to 20 of them, else months."""
    days = (ends - begins).days + 1
    if days <= 140:
        first = begins - dt.timedelta(days=begins.weekday())
        return [first + dt.timedelta(days=n) for n in range(0, (ends - first).days + 1, 7)]
    first, found = begins.replace(day=1), []
    while first <= ends:
        found.append(first)
        first = add_months(first, 1)
    return found


def read_questions(text: str) -> list[dict]:
    """The questions that lines describe; ValueError with the number of the first line that is none.

    A line is ``kind: Chinese | English``; a kind with ``*`` asks for an answer, and ``choice`` has its choices, parted
    by ``;``, behind ``=``. Full-width signs do as well.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.translate(_FULL_WIDTH).strip()
        if not line:
            continue
        kind, colon, rest = line.partition(":")
        kind, required = kind.strip().rstrip("*").strip().lower(), kind.strip().endswith("*")
        words, equals, listed = rest.partition("=")
        choices = [_in_both(c) for c in listed.split(";") if c.strip()]
        fits = (len(choices) >= 2) if kind == "choice" else not equals
        if not colon or kind not in QUESTION_KINDS or not words.partition("|")[0].strip() or not fits:
            raise ValueError(number)
        found.append({"kind": kind, "required": required, **_in_both(words), "choices": choices})
    return found


def write_questions(questions: list[dict]) -> str:
    """The lines that ``read_questions`` takes."""
    lines = []
    for q in questions:
        line = f"{q['kind']}{'*' if q['required'] else ''}: {_side_by_side(q)}"
        if q["choices"]:
            line += " = " + "; ".join(_side_by_side(c) for c in q["choices"])
        lines.append(line)
    return "\n".join(lines)


_FULL_WIDTH = str.maketrans({0xFF1A: ":", 0xFF5C: "|", 0xFF1B: ";", 0xFF1D: "=", 0xFF0A: "*"})


def _in_both(words: str) -> dict[str, str]:
    zh, _bar, en = words.partition("|")
    return {"zh": zh.strip(), "en": en.strip()}


def _side_by_side(words: dict) -> str:
    return f"{words['zh']} | {words['en']}" if words["en"] else words["zh"]
