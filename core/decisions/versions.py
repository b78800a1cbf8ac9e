"""Which version of a table holds on a date. Versions are immutable: a change is a new version with its own date."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, TypeVar

from core.decisions.model import Table


class HasEffectiveDate(Protocol):
    """Anything with a day from which it holds."""

    @property
    def effective_from(self) -> date | None:
        """The first day on which it holds; None: a draft, which never does."""


V = TypeVar("V", bound=HasEffectiveDate)


@dataclass(frozen=True)
class TableVersion:
    """A published version of a table, holding from a day (included) until the next version's."""

    number: int
    effective_from: date
    table: Table


def in_force(versions: Iterable[V], as_of: date) -> V | None:
    """The version that holds on ``as_of``: the latest whose day is not after it; None before the first.

    Of two versions with the same day the later one in ``versions`` holds (give them in the order of their numbers).
    """
    if isinstance(as_of, datetime):
        raise TypeError("as_of is a date in the company's time zone, not a moment")
    found: V | None = None
    for version in versions:
        day = version.effective_from
        if (
            day is not None
            and day <= as_of
            and (found is None or found.effective_from is None or day >= found.effective_from)
        ):
            found = version
    return found
