"""Which of what is there is taken first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

OWN, SAME_UNIT, ELSEWHERE = 0, 1, 2
"""How near: with the person, with the organisation unit, somewhere else."""


@dataclass(frozen=True)
class Candidate:
    """A balance from which ``free`` may be taken."""

    balance_id: int
    free: Decimal
    near: int = ELSEWHERE
    usable_until: dt.date | None = None
    arrived_on: dt.date | None = None


def usable(held: bool, usable_until: dt.date | None, day: dt.date) -> bool:
    """Whether stock may be reserved and issued on a day: not held, and through its last day, that day included."""
    return not held and (usable_until is None or usable_until >= day)


def nearness(unit_id: int | None, user_id: int | None, of_unit: int | None, of_user: int | None) -> int | None:
    """How near a location (of a unit, of a person) is to a demand; None: it is somebody else's own store."""
    if of_user is not None:
        return OWN if of_user == user_id else None
    return SAME_UNIT if of_unit is not None and of_unit == unit_id else ELSEWHERE


def in_order(candidates: Iterable[Candidate], policy: str) -> list[Candidate]:
    """The order in which stock is taken: ``fefo`` what expires first, ``fifo`` what came first, ``nearest``.

    What is equal by that goes by the other measures, at last by its number, so that the order is always the same.
    """
    last = dt.date.max

    def key(c: Candidate) -> tuple:
        expiry, arrival = c.usable_until or last, c.arrived_on or last
        first = {
            "fefo": (expiry, c.near, arrival),
            "fifo": (arrival, c.near, expiry),
            "nearest": (c.near, expiry, arrival),
        }
        return (*first[policy], c.balance_id)

    return sorted(candidates, key=key)


def pick(candidates: Sequence[Candidate], wanted: Decimal, policy: str) -> tuple[list[tuple[int, Decimal]], Decimal]:
    """(balance, quantity) to take for ``wanted``, and what lacks."""
    taken = []
    for candidate in in_order(candidates, policy):
        if not wanted:
            break
        part = min(candidate.free, wanted)
        if part > 0:
            taken.append((candidate.balance_id, part))
            wanted -= part
    return taken, wanted


def rank_of(kind: str, order: Sequence[str]) -> int:
    """The rank of a demand by the kind of its record: what the company names first outranks the rest (SB-6)."""
    return order.index(kind) if kind in order else len(order)
