"""Points of rounds and what their answers say. No database, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from plugins.service.round_contracts import Answers, Point
from plugins.service.rules.workshop import point_ok, wrong_answer

MOST_PLACES = 200


def kept_point(item: Any, words: Any) -> dict[str, Any]:
    """A point of a checklist as a round keeps it; ``words`` makes both languages of a label."""
    kept = {
        "code": item.code, "text": dict(item.text), "type": item.type, "required": item.required, "unit": item.unit,
        "remark": item.remark, "choices": [[value, words(label)] for value, label in item.options()],
    }  # fmt: skip
    for name in ("minimum", "maximum"):
        if getattr(item, name) is not None:
            kept[name] = float(getattr(item, name))
    return kept


def points_of(kept: Iterable[Mapping[str, Any]]) -> list[Point]:
    """The points that a round keeps; photos hang on the round itself and are no points of a place."""
    found = [
        Point(**{**one, "choices": tuple((value, words) for value, words in one.get("choices", ()))}) for one in kept
    ]
    return [point for point in found if point.type != "photo"]


def judged(points: Iterable[Point], given: Answers) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """(code → value, ok, remark; code → what is wrong with the answer: ``missing``, ``bad_choice``, ``no_number``,
    ``remark``). What is not OK always needs a remark: the repair is opened with it.
    """
    shown: dict[str, dict[str, Any]] = {}
    wrong: dict[str, str] = {}
    for point in points:
        value, remark = (text.strip()[:400] for text in given.given.get(point.code, ("", "")))
        lacks = wrong_answer(point, value, remark)
        ok = point_ok(point, value)
        if not lacks and not ok and not remark:
            lacks = "remark"
        if lacks:
            wrong[point.code] = lacks
        shown[point.code] = {"value": value, "ok": ok, "remark": remark}
    return shown, wrong


def places_of(text: str) -> list[str]:
    """The places of a round as typed, one per line; each once."""
    return list(dict.fromkeys(line.strip()[:200] for line in text.splitlines() if line.strip()))
