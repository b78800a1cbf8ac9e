"""Whose skills and certificates are enough for which work. No database, no clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from plugins.workforce.contracts import Reason, Wanted


@dataclass(frozen=True)
class Kept:
    """A skill or certificate that somebody has, as far as its validity is concerned."""

    skill_id: int
    valid_from: dt.date
    valid_until: dt.date | None = None
    revoked: bool = False

    def holds_on(self, day: dt.date) -> bool:
        """Whether it counts on that day; its first and its last day do."""
        return not self.revoked and self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True)
class Known:
    """A skill of the company's tree."""

    id: int
    code: str
    name: str
    kind: str
    parent_id: int | None = None


@dataclass(frozen=True)
class Judged:
    """What somebody has and lacks of what is needed."""

    reasons: tuple[Reason, ...] = ()
    held: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    valid_until: dt.date | None = None

    @property
    def enough(self) -> bool:
        """Whether nothing that is needed is lacking."""
        return not any(reason.against for reason in self.reasons)


def state_of(kept: Kept, today: dt.date, warn_days: int, *, renewed: bool = False) -> str:
    """How a certificate stands: ``revoked``, ``coming``, ``renewed``, ``expired``, ``expiring`` or ``valid``."""
    if kept.revoked:
        return "revoked"
    if kept.valid_from > today:
        return "coming"
    if kept.valid_until is None:
        return "valid"
    near = kept.valid_until < today + dt.timedelta(days=warn_days)
    if near and renewed:
        return "renewed"
    if kept.valid_until < today:
        return "expired"
    return "expiring" if near else "valid"


def path_of(parents: Mapping[int, int | None], skill_id: int | None) -> list[int]:
    """A skill and all above it, the topmost first; a circle ends where it closes."""
    path: list[int] = []
    while skill_id is not None and skill_id not in path:
        path.append(skill_id)
        skill_id = parents.get(skill_id)
    return path[::-1]


def below(parents: Mapping[int, int | None], skill_id: int) -> set[int]:
    """A skill and all below it."""
    return {own for own in parents if skill_id in path_of(parents, own)} | {skill_id}


def counts_for(tree: Mapping[int, Known], wanted_id: int) -> set[int]:
    """What somebody may have for a need: it itself, and for a skill also the skills above it.

    A certificate is a paper about one thing: another one, however general, does not replace it.
    """
    if tree[wanted_id].kind == "certificate":
        return {wanted_id}
    parents = {known.id: known.parent_id for known in tree.values()}
    return {own for own in path_of(parents, wanted_id) if tree[own].kind == "skill"}


def judge(wanted: Iterable[Wanted], tree: Mapping[int, Known], kept: Sequence[Kept], day: dt.date) -> Judged:
    """Whether what somebody has is enough on ``day``, and why."""
    by_code = {known.code: known for known in tree.values()}
    reasons: list[Reason] = []
    held: list[str] = []
    lacking: list[str] = []
    ends: list[dt.date] = []
    for need in _strictest(wanted):
        known = by_code.get(need.code)
        if known is None:
            reasons.append(Reason("unknown", {"name": need.code}, against=need.must))
            lacking.append(need.code)
            continue
        usable = counts_for(tree, known.id)
        own = [one for one in kept if one.skill_id in usable]
        good = [one for one in own if one.holds_on(day)]
        if good:
            held.append(known.name)
            end = max((one.valid_until or dt.date.max) for one in good)
            if end == dt.date.max:
                reasons.append(Reason("holds", {"name": known.name}))
            else:
                ends.append(end)
                reasons.append(Reason("holds_until", {"name": known.name, "day": end.isoformat()}))
            continue
        lacking.append(known.name)
        reasons.append(_lacking(need, known, own, day))
    return Judged(tuple(reasons), tuple(held), tuple(lacking), min(ends, default=None))


def _strictest(wanted: Iterable[Wanted]) -> list[Wanted]:
    """Each code once; what one row must have and another only wishes for is a must."""
    found: dict[str, Wanted] = {}
    for need in wanted:
        if need.code not in found or (need.must and not found[need.code].must):
            found[need.code] = need
    return list(found.values())


def _lacking(need: Wanted, known: Known, own: Sequence[Kept], day: dt.date) -> Reason:
    """Why what somebody has is not enough: the nearest miss is told."""
    if not need.must:
        return Reason("wished", {"name": known.name})
    if not own:
        return Reason("lacks", {"name": known.name}, against=True)
    over = [one.valid_until for one in own if not one.revoked and one.valid_until is not None and one.valid_until < day]
    if over:
        return Reason("expired", {"name": known.name, "day": max(over).isoformat()}, against=True)
    ahead = [one.valid_from for one in own if not one.revoked and one.valid_from > day]
    if ahead:
        return Reason("coming", {"name": known.name, "day": min(ahead).isoformat()}, against=True)
    return Reason("revoked", {"name": known.name}, against=True)


def months_later(day: dt.date, months: int) -> dt.date:
    """The last day of so many months that begin on ``day``: 2026-01-31 and one month end on 2026-02-28."""
    years, month = divmod(day.month - 1 + months, 12)
    first = dt.date(day.year + years, month + 1, 1)
    following = dt.date(first.year + first.month // 12, first.month % 12 + 1, 1)
    last = (following - dt.timedelta(days=1)).day
    if day.day > last:
        return first.replace(day=last)
    return first.replace(day=day.day) - dt.timedelta(days=1)


def due_warning(days_left: int, ladder: Sequence[int], told: int | None) -> int | None:
    """The rung of a ladder of warnings (days before the end) that is due and was not told yet; None if none is."""
    reached = [rung for rung in ladder if days_left <= rung]
    nearest = min(reached, default=None)
    return nearest if nearest is not None and (told is None or nearest < told) else None


def ladder_of(text: str) -> list[int]:
    """The days of a setting such as ``60, 30, 7``; what is no number is left out."""
    parts = text.replace("，", ",").replace("、", ",").split(",")
    return sorted({int(part) for part in (p.strip() for p in parts) if part.isascii() and part.isdigit()}, reverse=True)
