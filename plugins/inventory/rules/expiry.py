"""When it is told that something expires."""

from __future__ import annotations

from collections.abc import Iterable

OVER = -1
"""The step after the last day."""


def step_of(left: int, steps: Iterable[int]) -> int | None:
    """The step that ``left`` days before the end are in: the shortest that is not shorter; OVER when it has ended."""
    if left < 0:
        return OVER
    return min((step for step in steps if step >= left), default=None)
