"""When a process of ours looks for garbage: not while code is loaded, and never among what is loaded.

Tables, plugins and pages are half a million objects that stay as long as the process. Looking through them again and
again while they come is a quarter of the time of a start, and a fifth of the time of whatever makes many records.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_NEW = 50_000
"""So many new objects make it look among the youngest. A request or a record of a demonstration makes thousands, nearly
all of which are gone with their last reference."""


def seldom() -> None:
    """For a process that serves, works or fills: call it once, at its start."""
    gc.set_threshold(_NEW, 20, 50)


@contextmanager
def loading() -> Iterator[None]:
    """Within the block nothing is looked for."""
    looked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looked:
            gc.enable()


def all_is_loaded() -> None:
    """What is there now stays and is passed over from now on; processes that are forked share its memory."""
    gc.freeze()
