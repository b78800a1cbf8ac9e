"""What a warranty term may say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.api import N_
from plugins.warranty.contracts import REPAIRED, REPAIRS, TermData

LONGEST = {"days": 36_500, "months": 1_200, "years": 100}
MOST_DAYS_AFTER = 3_650
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
Problem = tuple[str, str, dict]


def problems_of(data: TermData) -> Iterator[Problem]:
    """(field, message id, values) of everything that is wrong with a term as entered, in the order of the form."""
    if not _CODE.fullmatch(data.code.strip()):
        yield "code", N_("A code of letters, digits, dots and hyphens is needed, like whole-unit."), {}
    if not data.name.strip() or len(data.name.strip()) > 120:
        yield "name", N_("Give the term a name of at most 120 characters."), {}
    if data.product_id is not None and data.product_group.strip():
        yield "product_group", N_("Give a product or a product group, not both."), {}
    if data.amount is not None and not 0 < data.amount <= LONGEST[data.amount_unit]:
        yield "amount", N_("A whole number from 1 to {most} is needed."), {"most": LONGEST[data.amount_unit]}
    if data.amount is None and not data.meters:
        yield "amount", N_("Give a time, a meter limit, or both."), {}
    for kind, limit in data.meters.items():
        if limit <= 0:
            yield "meters", N_("The limit of {kind} must be above 0."), {"kind": kind}
    yield from _starts(data)
    if data.valid_from and data.valid_until and data.valid_until < data.valid_from:
        yield "valid_until", N_("The last day lies before the first."), {}
    if data.exchange_days < 0:
        yield "exchange_days", N_("The number of days can't be negative."), {}


def _starts(data: TermData) -> Iterator[Problem]:
    events = [event for event, _days in data.starts]
    if not events:
        yield "starts", N_("Say with which event the period begins."), {}
    if (data.cover == REPAIRS) != (REPAIRED in events) or (REPAIRED in events and len(events) > 1):
        yield "starts", N_("A term for repairs begins when the repair is handed back, and no other term does."), {}
    if any(not 0 <= days <= MOST_DAYS_AFTER for _event, days in data.starts):
        yield "starts", N_("The days after an event are a number from 0 to {most}."), {"most": MOST_DAYS_AFTER}
