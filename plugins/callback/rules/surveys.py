"""What can be an answer, how many points it has, what a line of a survey's text means. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

KINDS = ("grade", "choice", "several", "text", "number", "yes_no")
WITH_CHOICES = ("grade", "choice", "several")
BEST = 100
LONGEST_TEXT = 1000
_LINE = re.compile(r"(?P<kind>[a-z_]+)(?P<must>\*?)(?:\s+(?P<key>[a-z][a-z0-9_]{0,39}))?\s*[:：](?P<rest>.*)")
_NUMBER = re.compile(r"[+-]?\d{1,9}(\.\d{1,4})?")


@dataclass(eq=False)
class BadLine(ValueError):
    """A line that is no question; ``why`` is one of form, kind, choices, twice."""

    number: int
    why: str


@dataclass(eq=False)
class BadAnswer(ValueError):
    """What can't be an answer to the question ``key``; ``why`` is one of missing, choice, long, number, range."""

    key: str
    why: str
    value: str = ""
    bounds: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Given:
    """One question with what was answered: ``value`` as given, ``words`` in both languages, points of a grade."""

    key: str
    kind: str
    label: Mapping[str, str]
    value: tuple[str, ...]
    words: Mapping[str, str]
    points: int | None = None


# --- the text of a survey -------------------------------------------------------------------------------------------


def read_questions(text: str) -> list[dict[str, Any]]:
    """The questions, one per line: ``kind[*] [key]: Chinese | English [= choice; choice]``. Raises BadLine.

    ``*`` asks for an answer. A choice is ``Chinese | English``; those of a grade stand with the best first. A number
    may have ``= lowest; highest``. A line without a key gets one by its place.
    """
    found: list[dict[str, Any]] = []
    keys: set[str] = set()
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            question = _question(number, line.strip(), len(found) + 1)
            if question["key"] in keys:
                raise BadLine(number, "twice")
            keys.add(question["key"])
            found.append(question)
    return found


def _question(number: int, line: str, place: int) -> dict[str, Any]:
    match = _LINE.fullmatch(line)
    if match is None:
        raise BadLine(number, "form")
    kind = match["kind"]
    if kind not in KINDS:
        raise BadLine(number, "kind")
    words, equals, listed = match["rest"].partition("=")
    label = _pair(words)
    if not label["zh"]:
        raise BadLine(number, "form")
    choices = [_pair(part) for part in re.split(r"[;；]", listed) if part.strip()]
    bounds = [c["zh"] for c in choices]
    good = {
        "number": not choices or (len(bounds) == 2 and all(_NUMBER.fullmatch(b) for b in bounds)),
        "text": not equals,
        "yes_no": not equals,
    }.get(kind, len(choices) >= 2)
    if kind == "number" and choices and good:
        good = Decimal(bounds[0]) < Decimal(bounds[1])
    if not good:
        raise BadLine(number, "choices")
    return {
        "key": match["key"] or f"q{place}", "kind": kind, "required": bool(match["must"]), **label, "choices": choices,
    }  # fmt: skip


def _pair(text: str) -> dict[str, str]:
    chinese, _bar, english = text.replace("｜", "|").partition("|")
    return {"zh": chinese.strip(), "en": english.strip()}


def write_questions(questions: Iterable[Mapping[str, Any]]) -> str:
    """The questions as lines that ``read_questions`` reads alike."""
    return "\n".join(_written(q) for q in questions)


def _written(question: Mapping[str, Any]) -> str:
    must = "*" if question["required"] else ""
    line = f"{question['kind']}{must} {question['key']}: {_joined(question)}"
    listed = "; ".join(_joined(choice) for choice in question["choices"])
    return f"{line} = {listed}" if listed else line


def _joined(words: Mapping[str, str]) -> str:
    return f"{words['zh']} | {words['en']}" if words["en"] else words["zh"]


def in_language(words: Mapping[str, str], language: str) -> str:
    """The words in a language; Chinese where the other one is not given."""
    return (words["en"] if language == "en" else "") or words["zh"]


# --- answers --------------------------------------------------------------------------------------------------------


def read_answers(
    questions: Sequence[Mapping[str, Any]], given: Mapping[str, Sequence[str]], yes_no: Mapping[str, Mapping[str, str]]
) -> list[Given]:
    """Every question with what was given, in their order. Raises BadAnswer for the first that can't be.

    A chosen value is the place of the choice from 0 on; of a question with yes or no ``yes`` or ``no``, which
    ``yes_no`` words in both languages. What answers no question is left out.
    """
    return [_read(q, [v.strip() for v in given.get(q["key"], ()) if v.strip()], yes_no) for q in questions]


def _read(question: Mapping[str, Any], values: list[str], yes_no: Mapping[str, Mapping[str, str]]) -> Given:
    key, kind = question["key"], question["kind"]
    label = {"zh": question["zh"], "en": question["en"]}
    if not values:
        if question["required"]:
            raise BadAnswer(key, "missing")
        return Given(key, kind, label, (), {"zh": "", "en": ""})
    if kind != "several" and len(values) > 1:
        raise BadAnswer(key, "choice", values[1][:40])
    if kind in WITH_CHOICES:
        places = [_place(question, value) for value in dict.fromkeys(values)]
        chosen = [question["choices"][place] for place in places]
        words = {"zh": "；".join(c["zh"] for c in chosen), "en": "; ".join(c["en"] or c["zh"] for c in chosen)}
        points = points_of(places[0], len(question["choices"])) if kind == "grade" else None
        return Given(key, kind, label, tuple(str(p) for p in places), words, points)
    text = values[0]
    if kind == "yes_no":
        if text not in yes_no:
            raise BadAnswer(key, "choice", text[:40])
        return Given(key, kind, label, (text,), dict(yes_no[text]))
    if kind == "number":
        text = _number(question, text)
    elif len(text) > LONGEST_TEXT:
        raise BadAnswer(key, "long", str(len(text)))
    return Given(key, kind, label, (text,), {"zh": text, "en": text})


def _place(question: Mapping[str, Any], value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 4 or int(value) >= len(question["choices"]):
        raise BadAnswer(question["key"], "choice", value[:40])
    return int(value)


def _number(question: Mapping[str, Any], text: str) -> str:
    plain = text.replace(",", "").replace("，", "")
    try:
        value = Decimal(plain) if _NUMBER.fullmatch(plain) else None
    except InvalidOperation:
        value = None
    if value is None:
        raise BadAnswer(question["key"], "number", text[:40])
    if question["choices"]:
        lowest, highest = (c["zh"] for c in question["choices"])
        if not Decimal(lowest) <= value <= Decimal(highest):
            raise BadAnswer(question["key"], "range", plain, (lowest, highest))
    return plain


def points_of(place: int, count: int) -> int:
    """The points of a grade: 100 for the best (place 0), 0 for the worst, the others evenly between, rounded."""
    return (BEST * (count - 1 - place) * 2 + count - 1) // (2 * (count - 1))


def score(given: Iterable[Given]) -> tuple[int | None, int | None]:
    """The lowest points and their average, rounded; None where no grade was given."""
    points = [g.points for g in given if g.points is not None]
    return (min(points), average(sum(points), len(points))) if points else (None, None)


def average(points: int, count: int) -> int | None:
    """The average of so many grades that have ``points`` together, rounded to a whole number; None of none."""
    return (points * 2 + count) // (2 * count) if count else None


def share(part: int, whole: int) -> int | None:
    """A part in percent, rounded; None of nothing."""
    return average(BEST * part, whole)


# --- days -----------------------------------------------------------------------------------------------------------


def first_of_month(day: dt.date) -> dt.date:
    """The first day of its month."""
    return day.replace(day=1)


def days_to_check(today: dt.date, begins_on: dt.date, ends_on: dt.date | None, back: int) -> list[dt.date]:
    """The days before ``today``, at most ``back`` of them, on which a campaign asks about what was finished."""
    last = min(today - dt.timedelta(days=1), ends_on or today)
    first = max(today - dt.timedelta(days=back), begins_on)
    return [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]


def months_before(day: dt.date, months: int) -> dt.date:
    """The same day so many months earlier, or the last of that month where it has no such day."""
    index = day.year * 12 + day.month - 1 - months
    year, month = index // 12, index % 12 + 1
    following = dt.date(year + month // 12, month % 12 + 1, 1)
    return dt.date(year, month, min(day.day, (following - dt.timedelta(days=1)).day))


def yearly_due(today: dt.date, begins: str) -> bool:
    """Whether the day ``MM-DD`` of the year, on which the yearly survey begins, has come. False for no such day."""
    try:
        month, day = (int(part) for part in begins.split("-"))
        return (today.month, today.day) >= (month, day) and dt.date(2000, month, day).year == 2000
    except ValueError:
        return False
