"""Returns: whether a serial number is the expected one, what was scanned, who is chased when. Values in, values out."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

OWNER, UNIT, HEADQUARTERS = "owner", "unit", "headquarters"


def same_serial(one: str, other: str) -> bool:
    """Whether two serial numbers are the same, whatever the case, blanks and dashes."""
    return _bare(one) == _bare(other)


def _bare(text: str) -> str:
    return re.sub(r"[\s\-_/.]+", "", text).upper()


def scanned(text: str) -> str:
    """The RMA number, or the id as ``#12``, of what was scanned or typed: a label's code holds the address of a page.

    >>> scanned("https://sanbao.example/c/acme/service/rma/12"), scanned(" fh2603-0001 ")
    ('#12', 'FH2603-0001')
    """
    text = text.strip()[:200]
    found = re.search(r"/service/rma/(\d{1,17})(?:[/?#]|$)", text)
    return f"#{found[1]}" if found else text.upper()


@dataclass(frozen=True)
class Chase:
    """One step of chasing: whom to tell so many days after the deadline."""

    after: int
    tell: str
    role: str = ""

    @property
    def key(self) -> str:
        """How it is remembered once it was done."""
        return f"{self.after}:{self.tell}:{self.role}"


def steps_of(rows: Iterable[Mapping[str, Any]]) -> list[Chase]:
    """The steps that the rows of the table ``service.rma_chasing`` name, the earliest first."""
    found = {Chase(int(r["after"]), str(r["tell"]), str(r.get("role") or "")) for r in rows if r.get("tell")}
    return sorted(found, key=lambda c: (c.after, c.key))


def due_steps(
    steps: Iterable[Chase], state: str, due: dt.datetime, now: dt.datetime, done: Iterable[Mapping[str, Any]]
) -> tuple[list[Chase], dt.datetime | None]:
    """(steps to carry out now, when to look again): each once for every state."""
    past = {d["step"] for d in done}
    open_steps = [c for c in steps if f"{state}:{c.key}" not in past]
    ripe = [c for c in open_steps if due + dt.timedelta(days=c.after) <= now]
    later = [due + dt.timedelta(days=c.after) for c in open_steps if c not in ripe]
    return ripe, min(later, default=None)
