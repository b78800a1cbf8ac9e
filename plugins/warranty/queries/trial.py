"""What a draft of a term would change, before it is put in force: whose ends would be other ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from core.api import Ctx
from plugins.base import queries as base_queries
from plugins.warranty.contracts import PeriodState
from plugins.warranty.models import Term
from plugins.warranty.queries.periods import facts_of_units, rule_of, term_rules
from plugins.warranty.queries.terms import get_term
from plugins.warranty.rules.periods import TermRule, periods

MOST = 3_000
"""So many units are tried on the page; of more, the first ones, and the page says so."""
_BATCH = 500
SHOWN = 20


@dataclass(frozen=True)
class Moved:
    """A unit whose period of the term's cover would end otherwise; None: it has none."""

    device_id: int
    name: str
    before: dt.date | None
    after: dt.date | None


@dataclass(frozen=True)
class Trial:
    """How many units were tried, how many would change, the first of these, and how many units there are."""

    tried: int
    changed: int
    shown: tuple[Moved, ...]
    units: int


def try_term(ctx: Ctx, term: Term, most: int = MOST) -> Trial:
    """Work the periods out with the draft and without it; nothing is kept."""
    now, then = term_rules(ctx), with_draft(ctx, term)
    tried, after, moved = 0, 0, []
    while tried < most and (ids := base_queries.unit_ids_after(ctx, after, min(_BATCH, most - tried))):
        units = base_queries.units_by_id(ctx, ids)
        for device_id, facts in facts_of_units(ctx, ids).items():
            ends = [_end(term, periods(rules, facts, ctx.today)) for rules in (now, then)]
            if ends[0] != ends[1]:
                unit = units[device_id]
                name = f"{unit.product.name} {unit.serial or device_id}"
                moved.append(Moved(device_id, name, *ends))
        tried, after = tried + len(ids), ids[-1]
    return Trial(tried, len(moved), tuple(moved[:SHOWN]), base_queries.count_units(ctx))


def with_draft(ctx: Ctx, term: Term) -> list[TermRule]:
    """The terms in force as they would be: with the draft, the one that it replaces cut off or gone."""
    found = []
    replaced = get_term(ctx, term.replaces_id) if term.replaces_id is not None else None
    for rule in term_rules(ctx):
        if replaced is not None and rule.id == replaced.id:
            if term.earlier_units or term.valid_from <= replaced.valid_from:
                continue
            last = term.valid_from - dt.timedelta(days=1)
            rule = replace(rule, valid_until=min(rule.valid_until or last, last))
        found.append(rule)
    return [*found, rule_of(ctx, term)]


def _end(term: Term, found: Iterable[PeriodState]) -> dt.date | None:
    """The last day of the period of this cover; of several (of repairs) the latest."""
    own = [p.last_day for p in found if p.cover == term.cover and p.part_group == term.part_group and not p.part]
    return max((day for day in own if day is not None), default=None)
