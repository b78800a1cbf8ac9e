"""Public holidays and make-up workdays of a country and year, and how far they can be relied upon.

The ``holidays`` package is imported where it is used: it is slow to import and most processes never need it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from core.i18n import LOCALES, N_, get_locale

BEYOND_KNOWN = N_(
    "{country} announces make-up workdays year by year, and those of {year} are not known yet (known up to {last}). "
    "Enter the company's own holidays and workdays for {year}."
)
NOT_COVERED = N_("No public holidays are known for {country} in {year}. Enter the company's own.")
ESTIMATED = N_("Some public holidays of {country} in {year} are estimates. Check them and enter the company's own.")


@dataclass(frozen=True)
class CountryYear:
    """Dates closed and dates worked although a weekend; ``doubt`` is (code, message id, facts) where unsure."""

    closed: frozenset[dt.date]
    worked: frozenset[dt.date]
    doubt: tuple[str, str, dict[str, object]] | None = None


@lru_cache(maxsize=512)
def subdivisions(country: str) -> tuple[str, ...] | None:
    """The subdivisions that have holidays of their own; None for a country without known holidays."""
    known = _entity(country)
    return None if known is None else tuple(known.subdivisions)


@lru_cache(maxsize=512)
def country_year(country: str, subdivision: str | None, year: int) -> CountryYear:
    """The year's public holidays, and weekend days worked in exchange."""
    import holidays

    language = "en_US" if "en_US" in _languages(country) else None
    found = holidays.country_holidays(country, subdiv=subdivision, years=year, expand=False, language=language)
    closed = {day for day in found if day.year == year}
    worked = {day for day in found.weekend_workdays if day.year == year}
    names = " ".join(found[day] for day in closed)
    return CountryYear(frozenset(closed), frozenset(worked), _doubt(found, country, year, names))


def country_name(code: str) -> str:
    """A country's name in the language of the moment; its code where it has none."""
    from babel import Locale

    return Locale.parse(LOCALES[get_locale()]).territories.get(code, code)


def _languages(country: str) -> tuple[str, ...]:
    known = _entity(country)
    return tuple(known.supported_languages) if known is not None else ()


def _entity(country: str) -> Any:
    """What is known of a country; its lists of all countries would load every one of them."""
    import holidays
    from holidays.registry import EntityLoader

    return getattr(holidays, country) if country in set(EntityLoader.get_country_codes()) else None


def _doubt(found, country: str, year: int, names: str) -> tuple[str, str, dict[str, object]] | None:
    facts: dict[str, object] = {"country": country, "year": year}
    if not found.start_year <= year <= found.end_year:
        return "not_covered", NOT_COVERED, facts
    last = _last_announced_year(found)
    if last is not None and year > last:
        return "beyond_known_years", BEYOND_KNOWN, {**facts, "last": last}
    marks = ("estimated", getattr(found, "estimated_label", "").replace("%s", "").strip("() "))
    if any(mark and mark in names for mark in marks):
        return "estimated", ESTIMATED, facts
    return None


def _last_announced_year(found) -> int | None:
    """The last year with exchanged days; None for a country that never exchanges a weekend for a weekday.

    An exchange is written (month, day off, month, day worked[, year]): four numbers or more.
    """
    years = [
        year
        for year, entries in getattr(found, "special_public_holidays", {}).items()
        if any(len(entry) >= 4 and isinstance(entry[2], int) for entry in _entries(entries))
    ]
    return max(years, default=None)


def _entries(entries) -> tuple:
    return entries if isinstance(entries[0], tuple) else (entries,)
