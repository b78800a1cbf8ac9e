"""The periods of units: facts of many units in few statements, periods on a day, badges."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.api import OFFICE, Ctx, NotFound, _, calendar, get_setting, parse_choices
from plugins.base import queries as base_queries
from plugins.warranty.contracts import (
    ACCEPTANCE,
    COVER_WORDS,
    DECIDED,
    DELIVERY,
    IN_ARCHIVE,
    IN_SALES,
    INSTALLATION,
    PRODUCTION,
    SALE,
    Badge,
    PeriodState,
)
from plugins.warranty.models import MeterReading, RepairRecord, Term, UnitDate, UnitExchange, UnitPeriod
from plugins.warranty.rules.evidence import Proof, proven
from plugins.warranty.rules.periods import Reading, Span, TermRule, UnitFacts, periods

_DATA = Path(__file__).parents[1] / "data"
_RULES = "warranty term rules"
IN_THE_ARCHIVE = {
    SALE: "sale_date",
    DELIVERY: "delivery_date",
    INSTALLATION: "installed_on",
    ACCEPTANCE: "accepted_on",
    PRODUCTION: "production_date",
}
"""Event → what the archive calls its day."""
Choices = list[tuple[str, dict[str, str]]]


@cache
def _shipped(name: str) -> str:
    return (_DATA / name).read_text(encoding="utf-8")


def proof_kinds(ctx: Ctx) -> Choices:
    """(code, label) of the company's kinds of proof, the weightiest first; a person's decision outweighs all."""
    own = parse_choices(str(get_setting(ctx, "warranty.proofs"))) or parse_choices(_shipped("proofs.txt"))
    shipped = dict(parse_choices(_shipped("proofs.txt")))
    rest = [(code, shipped[code]) for code in (IN_SALES, IN_ARCHIVE) if code not in dict(own)]
    return [(DECIDED, shipped[DECIDED]), *((c, words) for c, words in own if c != DECIDED), *rest]


def meter_kinds(ctx: Ctx) -> Choices:
    """(code, label) of the company's kinds of usage meters."""
    return parse_choices(str(get_setting(ctx, "warranty.meters"))) or parse_choices(_shipped("meters.txt"))


# --- terms ------------------------------------------------------------------------------------------------------------


def term_rules(ctx: Ctx) -> list[TermRule]:
    """Every term in force, as the rules need it; read once per request."""
    if _RULES not in ctx.memo:
        query = sa.select(Term).where(Term.state == "in_force").order_by(Term.code, Term.id)
        ctx.memo[_RULES] = [rule_of(ctx, term) for term in ctx.session.scalars(query)]
    return ctx.memo[_RULES]


def forget_terms(ctx: Ctx) -> None:
    """Terms have changed in this transaction: read them anew."""
    ctx.memo.pop(_RULES, None)


def rule_of(ctx: Ctx, term: Term) -> TermRule:
    """A term as the rules need it."""
    return TermRule(
        term.id, term.code, term.name, term.cover, term.product_id, term.product_group, term.part_group,
        term.customer_id, term.amount, term.amount_unit, {k: Decimal(v) for k, v in term.meters.items()},
        tuple((event, days) for event, days in term.starts), term.start_day_counts,
        calendar(ctx, term.calendar or OFFICE).is_working_day if term.holiday_shift else None,
        term.extends, term.repair_days, term.on_exchange, term.exchange_days, term.valid_from, term.valid_until,
        term.earlier_units, term.clause,
    )  # fmt: skip


# --- facts ------------------------------------------------------------------------------------------------------------


def facts_of_units(ctx: Ctx, device_ids: Iterable[int]) -> dict[int, UnitFacts]:
    """What the periods of these units depend on, in a fixed number of statements (one more for each generation of
    exchanges).
    """
    wanted = set(device_ids)
    exchanges = _exchanges(ctx, wanted)
    came = {e.new_device_id: e for e in exchanges}
    went = {e.old_device_id: e for e in exchanges}
    everything = wanted | {e.old_device_id for e in exchanges}
    units = base_queries.units_by_id(ctx, everything)
    sales = base_queries.sales_of_units(ctx, everything)
    proofs = by_device(ctx, UnitDate, everything, UnitDate.set_aside.is_(False))
    repairs = by_device(ctx, RepairRecord, everything)
    readings = by_device(ctx, MeterReading, everything, MeterReading.set_aside.is_(False))
    weights = {code: number for number, (code, _label) in enumerate(proof_kinds(ctx))}

    def facts(device_id: int, known: frozenset[int] = frozenset()) -> UnitFacts | None:
        unit = units.get(device_id)
        if unit is None or device_id in known:
            return None
        exchange = came.get(device_id)
        return UnitFacts(
            unit.product_id,
            unit.product.group,
            unit.customer_id,
            _dates(unit, proofs.get(device_id, ()), sales.get(device_id, ()), weights),
            [span_of(ctx, r) for r in repairs.get(device_id, ())],
            [Reading(r.kind, r.day, r.total) for r in readings.get(device_id, ())],
            exchange.day if exchange else None,
            exchange.carries if exchange else "",
            facts(exchange.old_device_id, known | {device_id}) if exchange else None,
            went[device_id].day if device_id in went else None,
        )

    found = {device_id: facts(device_id) for device_id in sorted(wanted)}
    return {device_id: made for device_id, made in found.items() if made is not None}


def _exchanges(ctx: Ctx, wanted: set[int]) -> list[UnitExchange]:
    """Exchanges in which these units came or went, and those by which the ones that went before had come."""
    found: dict[int, UnitExchange] = {}
    ask = set(wanted)
    while ask:
        new: dict[int, UnitExchange] = {}
        for side in (UnitExchange.new_device_id, UnitExchange.old_device_id):  # one OR would be searched for in all
            met = ctx.session.scalars(sa.select(UnitExchange).where(side.in_(sorted(ask))))
            new |= {e.id: e for e in met if e.id not in found}
        found |= new
        ask = {e.old_device_id for e in new.values()} - ask - wanted
    return list(found.values())


def by_device(ctx: Ctx, model: Any, device_ids: Iterable[int], *where: Any) -> dict[int, list]:
    """Rows about these units in their order. Sorted here: told to sort, SQLite would read all rows of the company."""
    query = sa.select(model).where(model.device_id.in_(sorted(set(device_ids))), *where)
    found: dict[int, list] = {}
    for row in sorted(ctx.session.scalars(query), key=lambda r: r.id):
        found.setdefault(row.device_id, []).append(row)
    return found


def span_of(ctx: Ctx, repair: RepairRecord) -> Span:
    """A repair as the rules need it, its moments in the company's time zone."""

    def local(moment: dt.datetime | None) -> dt.datetime | None:
        return moment.astimezone(ctx.tz) if moment is not None else None

    back = local(repair.handed_back_at)
    return Span(
        repair.received_at.astimezone(ctx.tz),
        back,
        local(repair.waits_from),
        local(repair.waits_to),
        repair.id,
        back.date() if back is not None else None,
        tuple((str(part.get("group", "")), str(part.get("name", ""))) for part in repair.parts),
        repair.result == "repaired",
    )


def _dates(unit: Any, proofs: Sequence[UnitDate], sales: Sequence[Any], weights: Mapping[str, int]) -> dict:
    said = [Proof(p.event, p.day, p.source) for p in proofs]
    said += [
        Proof(event, getattr(unit, column), IN_ARCHIVE)
        for event, column in IN_THE_ARCHIVE.items()
        if getattr(unit, column) is not None
    ]
    said += [Proof(SALE, sale.sale_date, IN_SALES) for sale in sales]
    return proven(said, weights)


# --- periods ----------------------------------------------------------------------------------------------------------


def periods_of(ctx: Ctx, device_id: int, on: dt.date | None = None) -> tuple[PeriodState, ...]:
    """Every period of a unit as it stands on a day (today unless said), worked out anew. NotFound for no such unit."""
    base_queries.get_unit(ctx, device_id)
    return periods_of_units(ctx, [device_id], on or ctx.today).get(device_id, ())


def _in_order(state: PeriodState) -> tuple:
    return [*COVER_WORDS].index(state.cover), state.part_group, state.part, state.repair_id or 0


def periods_of_units(ctx: Ctx, device_ids: Iterable[int], on: dt.date) -> dict[int, tuple[PeriodState, ...]]:
    """The periods of many units in a fixed number of statements."""
    return periods_by_facts(ctx, facts_of_units(ctx, device_ids), on)


def periods_by_facts(ctx: Ctx, facts: Mapping[int, UnitFacts], on: dt.date) -> dict[int, tuple[PeriodState, ...]]:
    """The periods of units of which the facts were read before."""
    terms = term_rules(ctx)
    return {
        device_id: tuple(sorted(periods(terms, known, on), key=_in_order)) for device_id, known in facts.items()
    }


def main_period(found: Iterable[PeriodState]) -> PeriodState | None:
    """The period that a badge shows: that of the whole unit, else the one that ends last."""
    own = [p for p in found if p.repair_id is None]
    whole = [p for p in own if p.cover == "whole" and not p.part_group]
    return max(whole or own, key=lambda p: p.last_day or dt.date.max, default=None)


def badge_of(found: Iterable[PeriodState], is_new: bool = False) -> Badge:
    """A unit's warranty in a few words."""
    main = main_period(found)
    if main is None:
        return Badge("none", is_new=is_new)
    return Badge(main.state, main.days_left, main.last_day, is_new)


def badges(ctx: Ctx, device_ids: Iterable[int]) -> dict[int, Badge]:
    """The badges of many units in one statement, by the ends that were worked out last."""
    query = sa.select(UnitPeriod).where(UnitPeriod.device_id.in_(sorted(set(device_ids))), UnitPeriod.is_main.is_(True))
    return {row.device_id: badge_of_row(row, ctx.today) for row in ctx.session.scalars(query)}


def badge_of_row(row: UnitPeriod, today: dt.date) -> Badge:
    """The badge by a period that was worked out before, on a day."""
    if row.unknown:
        return Badge("unknown")
    if today > row.ends_on:
        return Badge("over", 0, row.last_day)
    if row.start_on is not None and today < row.start_on:
        return Badge("not_started", None, row.last_day)
    if row.last_day is None:
        return Badge("running")
    return Badge("last_day" if today == row.ends_on else "running", (row.ends_on - today).days + 1, row.last_day)


def is_new_product(ctx: Ctx, product: Any) -> bool:
    """Whether a product counts as a new one today, which is followed more closely (IVD-6)."""
    return product is not None and product.new_until is not None and ctx.today <= product.new_until


def sees_device(ctx: Ctx, device_id: int) -> bool:
    """Whether a unit is this person's to see."""
    return bool(base_queries.units_by_id(ctx, [device_id]))


def count_ending(ctx: Ctx, first: dt.date, last: dt.date) -> int:
    """How many units' warranties end between two days; of units that this person sees."""
    query = (
        sa.select(sa.func.count(UnitPeriod.id))
        .join(UnitPeriod.device)
        .where(UnitPeriod.is_main.is_(True), UnitPeriod.ends_on >= first, UnitPeriod.ends_on <= last)
    )
    return ctx.session.scalar(query) or 0


def rows_of(ctx: Ctx, device_ids: Iterable[int]) -> dict[int, list[UnitPeriod]]:
    """The worked-out periods of many units in one statement."""
    return by_device(ctx, UnitPeriod, device_ids)


def count_unknown(ctx: Ctx) -> int:
    """How many units have no known start, of those that this person sees."""
    query = sa.select(sa.func.count(UnitPeriod.id)).join(UnitPeriod.device)
    return ctx.session.scalar(query.where(UnitPeriod.is_main.is_(True), UnitPeriod.unknown.is_(True))) or 0


def get_row(ctx: Ctx, period_id: int) -> UnitPeriod:
    """A period that was worked out; NotFound where there is none any more, or its unit is not this person's to see."""
    row = ctx.session.scalar(sa.select(UnitPeriod).where(UnitPeriod.id == period_id))
    if row is None:
        raise NotFound("period_missing", _("This period was worked out anew. Look the unit up again."))
    base_queries.get_unit(ctx, row.device_id)
    return row
