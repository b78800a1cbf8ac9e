"""What may be inside what."""

from __future__ import annotations

from collections.abc import Mapping


def contains(inside: Mapping[int, set[int]], whole: int, part: int) -> bool:
    """Whether ``part`` is ``whole``, or somewhere inside it, by the bills ``inside`` (assembly → its parts)."""
    seen: set[int] = set()
    waiting = [whole]
    while waiting:
        at = waiting.pop()
        if at == part:
            return True
        if at not in seen:
            seen.add(at)
            waiting.extend(inside.get(at, ()))
    return False
