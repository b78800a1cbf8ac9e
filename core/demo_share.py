"""How much of the demonstration's records is made: all of them, or a share for who wants to start sooner."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

SMALL = 0.25
"""The share that ``sanbao demo --small`` makes."""
_share: ContextVar[float] = ContextVar("demo_share", default=1.0)


def demo_count(full: int, least: int = 1) -> int:
    """How many of something a plugin's demonstration makes where the whole one has ``full``; never below ``least``."""
    return max(min(full, least), round(full * _share.get()))


@contextmanager
def demo_share(share: float) -> Iterator[None]:
    """Within the block demonstrations make so much: 1 is all of it."""
    token = _share.set(share)
    try:
        yield
    finally:
        _share.reset(token)
