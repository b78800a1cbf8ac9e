"""Facts of a case of coverage, found in what the company knows; and the decisions that were taken."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import (
    Clock,
    Ctx,
    Decision,
    Invalid,
    NotFound,
    RecordRef,
    StoredDecision,
    _,
    compiled_in_force,
    label,
    recall,
    table_from_data,
)
from plugins.base.contracts import UNIT
from plugins.base.queries import get_unit, sales_of_units, units_by_id
from plugins.warranty.agreed import ContractFacts
from plugins.warranty.contracts import (
    ACCEPTANCE,
    DECISION,
    DELIVERY,
    IN_ARCHIVE,
    IN_SALES,
    INSTALLATION,
    INVOICE,
    PRODUCTION,
    WARRANTY_CARD,
    CoverageCase,
    PeriodState,
)
from plugins.warranty.contracts import SALE as SOLD
from plugins.warranty.models import CoverageDecision, SupplierTerm
from plugins.warranty.models.coverage import OPEN_STATES
from plugins.warranty.queries.agreements import facts_of_units as contracts_of_units
from plugins.warranty.queries.evidence import sources_of_units
from plugins.warranty.queries.periods import facts_of_units, periods_by_facts
from plugins.warranty.queries.repairs import facts_of_repairs, repaired_of_units
from plugins.warranty.queries.suppliers import answering, knows_suppliers, terms_about
from plugins.warranty.rules import coverage as rules
from plugins.warranty.rules import rulesets
from plugins.warranty.rules.periods import ProvenDate, UnitFacts
from plugins.warranty.rules.repairs import Repaired

MAIN_METERS = {"km": "km", "hours": "hours_run", "cycles": "cycles"}
"""Kind of meter → the fact that holds what was used of it."""

ASSUMED: Mapping[str, Any] = {
    "work": "fault",
    "cause": "unknown",
    "period": "none",
    "repairs_same": 0,
    "repairs_all": 0,
    "exchanges_same": 0,
    "days_out_of_use": 0,
    "hours_out_of_use": Decimal(0),
    "days_in_repair": 0,
    "days_waiting_parts": 0,
    "days_own_reasons": 0,
    "repair_guarantee": False,
    "contract": "none",
}
"""What holds while no record and nobody says otherwise."""


@dataclass
class Facts:
    """Facts of a case by name, and where each comes from (``coverage_words.source_words``)."""

    values: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)

    def put(self, source: str, **values: Any) -> None:
        """Facts that are known; None is none."""
        for name, value in values.items():
            if value is not None:
                self.values[name], self.sources[name] = value, source


@dataclass(frozen=True)
class Known:
    """What the records say today about some units, each by the unit's id."""

    units: Mapping[int, Any]
    sales: Mapping[int, Sequence[Any]]
    facts: Mapping[int, UnitFacts]
    proofs: Mapping[int, Collection[str]]
    periods: Mapping[int, tuple[PeriodState, ...]]
    repairs: Mapping[int, Sequence[Repaired]]
    supplier_terms: Sequence[SupplierTerm]
    contracts: Mapping[int, tuple[ContractFacts, ...]]


def known_of(ctx: Ctx, device_ids: Iterable[int]) -> Known:
    """Read them for all of these units in a fixed number of statements (one more for each generation of exchanges)."""
    ids = sorted(set(device_ids))
    facts = facts_of_units(ctx, ids)
    units = units_by_id(ctx, ids, with_customers=True)
    products = [unit.product for unit in units.values()]
    return Known(
        units,
        sales_of_units(ctx, ids),
        facts,
        sources_of_units(ctx, ids),
        periods_by_facts(ctx, facts, ctx.today),
        repaired_of_units(ctx, ids),
        terms_about(ctx, products) if knows_suppliers(ctx) else (),
        contracts_of_units(ctx, ids, ctx.today),
    )


def find_facts(ctx: Ctx, case: CoverageCase, known: Known | None = None) -> Facts:
    """Every fact of a case that the company's records or the person who asks know; ``known`` where it was read before.

    Raises Invalid, in words, when proofs contradict each other or a purchase lies in the future.
    """
    known = known or known_of(ctx, [case.unit_id])
    unit = known.units.get(case.unit_id) or get_unit(ctx, case.unit_id)
    found = Facts()
    found.put("assumed", **ASSUMED)
    _unit_facts(ctx, found, unit, known, case)
    periods = known.periods.get(unit.id, ())
    _period_facts(found, periods, case, ctx.today)
    _repair_facts(ctx, found, known.repairs.get(unit.id, ()), periods, case)
    _contract_facts(found, known.contracts.get(unit.id, ()))
    if knows_suppliers(ctx):
        _supplier_facts(found, unit, known.supplier_terms, str(case.given.get("part_group") or ""), ctx.today)
    found.put("given", **typed_facts(case.given))
    if case.handed_in is not None and "days_in_repair" not in case.given:
        found.put("given", days_in_repair=rules.days_since(case.handed_in, ctx.today))
    return found


def typed_facts(given: Mapping[str, Any]) -> dict[str, Any]:
    """Facts that a person gave, by the types of the columns; Invalid for a name that no rule set knows."""
    known = {c["name"] for c in rulesets.columns()["inputs"]}
    for name in given:
        if name not in known:
            raise Invalid("unknown_fact", _("No rule set knows a fact “{name}”.", name=name), name)
    return rulesets.facts_of(given)


def _unit_facts(ctx: Ctx, found: Facts, unit: Any, known: Known, case: CoverageCase) -> None:
    product, customer, sales = unit.product, unit.customer, known.sales.get(unit.id, ())
    found.put("unit", product=product.code, product_group=product.group or None)
    if customer is not None:
        found.put("customer", customer_kind=customer.kind, customer_class=customer.klass or None)
    dates = known.facts[unit.id].dates if unit.id in known.facts else {}
    sold, source = _sold(dates.get(SOLD), case.given.get("sold"))
    if sold is not None and sold > ctx.today:
        text = _("The purchase date {day} lies in the future. Correct it on the unit or the sales record.", day=sold)
        raise Invalid("sold_in_future", text, "sold")
    found.put(source, sold=sold, days_since_sale=rules.days_since(sold, ctx.today))
    if sales:
        found.put("sale", channel=sales[-1].channel or None)
    for event in (DELIVERY, INSTALLATION, ACCEPTANCE, PRODUCTION):
        day = dates.get(event)
        if day is not None and not day.disputed:
            found.put(_source_of(day), **{f"days_since_{event}": rules.days_since(day.day, ctx.today)})
    _proof_facts(found, unit, sales, known.proofs.get(unit.id, ()))


def _proof_facts(found: Facts, unit: Any, sales: Sequence[Any], recorded: Collection[str]) -> None:
    """Which proofs are at hand: an invoice in the ledger or on the card, a warranty card, else the serial number."""
    invoiced = any(sale.invoice for sale in sales)
    if WARRANTY_CARD in recorded:
        found.put("proofs", proof="both" if invoiced or INVOICE in recorded else "card")
    elif INVOICE in recorded:
        found.put("proofs", proof="invoice")
    elif invoiced:
        found.put("sale", proof="invoice")
    else:
        found.put("unit", proof="serial" if unit.serial else "none")


def _sold(proven: ProvenDate | None, given: Any) -> tuple[dt.date | None, str]:
    """The day of sale that counts, as it does for the periods, and where it comes from.

    The weightiest proof counts. Where proofs of the same weight differ, a person has to say which day counts.
    """
    if given is not None:
        return rules.day_of(given), "given"
    if proven is None:
        return None, "unit"
    if proven.disputed:
        text = _(
            "Proofs of the sale differ and weigh the same: {days}. Record on the warranty card which day counts, or "
            "give the day of sale here.",
            days=_(", ").join(map(str, proven.disputed)),
        )
        raise Invalid("proofs_differ", text, "sold")
    return proven.day, _source_of(proven)


def _source_of(proven: ProvenDate) -> str:
    """Where a day comes from, as a code of SOURCE_WORDS."""
    if proven.doubt is not None:
        return "weighed"
    return {IN_SALES: "sale", IN_ARCHIVE: "unit"}.get(proven.source, "proofs")


def _period_facts(found: Facts, periods: Sequence[PeriodState], case: CoverageCase, on: dt.date) -> None:
    whole = rules.period_of(periods, None)
    period = rules.period_of(periods, case.given.get("part_group"))
    if period is None:
        return
    source = f"period:{period.term_code} {period.term_name}"
    found.put(source, period=period.state, **_left(period, on))
    found.put("period", unit_period=whole.state if whole is not None else None)
    for cover in ("labour", "travel"):
        known = rules.cover_of(periods, cover)
        found.put("period", **{f"{cover}_period": known.state if known is not None else None})
    for meter in period.meters:
        if meter.kind in MAIN_METERS:
            found.put("period", **{MAIN_METERS[meter.kind]: meter.used})
    left = [m.left for m in period.meters if m.left is not None]
    found.put("period", meter_left=min(left, default=None))


def _left(period: PeriodState, on: dt.date) -> dict[str, Any]:
    """Days to the last day (negative after it) and since the start."""
    return {
        "days_left": (period.last_day - on).days if period.last_day is not None else None,
        "days_since_start": rules.days_since(period.start_on, on),
        "months_since_start": rules.months_since(period.start_on, on),
    }


def _repair_facts(
    ctx: Ctx, found: Facts, repairs: Sequence[Repaired], periods: Sequence[PeriodState], case: CoverageCase
) -> None:
    known = facts_of_repairs(ctx, repairs, periods, case.problem, ctx.today)
    found.put(
        "repairs",
        repairs_same=known.same,
        repairs_all=known.all,
        days_out_of_use=known.days_out,
        hours_out_of_use=known.hours_out,
        days_waiting_parts=known.longest_wait,
        days_own_reasons=known.own_days,
        repair_guarantee=known.repair_warranty,
    )


def _contract_facts(found: Facts, known: Sequence[ContractFacts]) -> None:
    if not known:
        return
    covers = {kind for contract in known for kind in contract.covers}
    found.put("contract", contract="in_force")
    found.put("contract", **{f"contract_{kind}": kind in covers for kind in ("parts", "labour", "travel")})
    visits = [q.left for contract in known for q in contract.quotas if q.kind == "visits" and q.left is not None]
    found.put("contract", quota_left=int(min(visits)) if visits else None)


def _supplier_facts(
    found: Facts, unit: Any, terms: Sequence[SupplierTerm], part_group: str, on: dt.date
) -> None:
    """Whether it is a product of our own, and whether a supplier still answers for what is faulty."""
    whole = answering(terms, unit.product, unit, "", on)
    part = answering(terms, unit.product, unit, part_group, on)
    found.put("suppliers", origin="own" if whole is None else "traded")
    found.put("suppliers", supplier_answers=part.within if part is not None else "no")


# --- decisions --------------------------------------------------------------------------------------------------------


def get_decision(ctx: Ctx, decision_id: int) -> CoverageDecision:
    """A decision; NotFound for another company's or another unit's that this person may not see."""
    query = sa.select(CoverageDecision).where(CoverageDecision.id == decision_id).options(*_WITH)
    found = ctx.session.scalar(query)
    if found is None:
        raise NotFound("unknown_decision", _("There is no such decision on coverage."))
    return found


def locked_decision(ctx: Ctx, decision_id: int) -> CoverageDecision:
    """The decision as it stands now, kept from others until the end of the transaction."""
    query = sa.select(CoverageDecision).where(CoverageDecision.id == get_decision(ctx, decision_id).id)
    locked = query.with_for_update().execution_options(populate_existing=True)
    return ctx.session.scalars(locked).one()


_WITH = (orm.joinedload(CoverageDecision.device), orm.joinedload(CoverageDecision.customer))


def decisions_of(ctx: Ctx, unit_id: int, limit: int = 20) -> list[CoverageDecision]:
    """The newest decisions about a unit; those that were replaced are among them."""
    query = sa.select(CoverageDecision).where(CoverageDecision.device_id == unit_id)
    return list(ctx.session.scalars(query.order_by(CoverageDecision.id.desc()).limit(limit)))


def decisions_about(ctx: Ctx, ref: RecordRef, limit: int = 20) -> list[CoverageDecision]:
    """The newest decisions that were taken for a record."""
    query = sa.select(CoverageDecision).where(
        CoverageDecision.about_kind == ref.kind, CoverageDecision.about_id == ref.id
    )
    return list(ctx.session.scalars(query.order_by(CoverageDecision.id.desc()).limit(limit)))


def by_ids(ctx: Ctx, ids: Iterable[int | None]) -> dict[int, CoverageDecision]:
    """Decisions by id, in one statement."""
    wanted = [i for i in ids if i is not None]
    query = sa.select(CoverageDecision).where(CoverageDecision.id.in_(wanted))
    return {row.id: row for row in ctx.session.scalars(query)}


def first_of(ctx: Ctx, row: CoverageDecision) -> CoverageDecision:
    """The decision with which a case began."""
    while row.former_id is not None:
        row = get_decision(ctx, row.former_id)
    return row


def follower_of(ctx: Ctx, decision_id: int) -> CoverageDecision | None:
    """The decision that took a decision's place."""
    return ctx.session.scalar(sa.select(CoverageDecision).where(CoverageDecision.former_id == decision_id))


def last_word(ctx: Ctx, decision_id: int) -> int:
    """The decision that has taken a decision's place in the end, or that decision itself."""
    while (later := follower_of(ctx, decision_id)) is not None:
        decision_id = later.id
    return decision_id


def ruling_of(ctx: Ctx, ruling_id: int | None) -> StoredDecision | None:
    """A stored decision of the core; None where none was kept."""
    return ctx.session.get(StoredDecision, ruling_id) if ruling_id is not None else None


def told_before(ctx: Ctx, rows: Iterable[CoverageDecision]) -> dict[int, Mapping[str, Any]]:
    """Id of a decision → what its rule set gave then, before any person; one statement."""
    of_ruling = {row.ruling_id: row.id for row in rows if row.ruling_id is not None}
    query = sa.select(StoredDecision.id, StoredDecision.outputs).where(StoredDecision.id.in_(sorted(of_ruling)))
    return {of_ruling[ruling_id]: outputs[0] for ruling_id, outputs in ctx.session.execute(query) if outputs}


def recalled(ctx: Ctx, row: CoverageDecision) -> Decision | None:
    """The decision brought back under the version that made it."""
    stored = ruling_of(ctx, row.ruling_id)
    return recall(ctx, stored) if stored is not None else None


def facts_typed(row: CoverageDecision) -> dict[str, Any]:
    """The facts of a decision as values of their columns."""
    return rulesets.facts_of(row.facts)


def clocks_of(ctx: Ctx, ids: Sequence[int]) -> dict[int, Clock]:
    """For each decision its running or paused clock that is due first; one statement."""
    query = sa.select(Clock).where(
        Clock.record_kind == DECISION, Clock.record_id.in_(ids), Clock.state.in_(("running", "paused"))
    )
    return {clock.record_id: clock for clock in ctx.session.scalars(query.order_by(Clock.due_at.desc()))}


def count_waiting(ctx: Ctx) -> tuple[int, int]:
    """(referred to a person, waiting for approval)."""
    query = sa.select(CoverageDecision.state, sa.func.count(CoverageDecision.id)).where(
        CoverageDecision.state.in_(("referred", "waiting"))
    )
    counts = dict(ctx.session.execute(query.group_by(CoverageDecision.state)).all())
    return counts.get("referred", 0), counts.get("waiting", 0)


def waiting(ctx: Ctx, states: Iterable[str], limit: int = 20) -> list[CoverageDecision]:
    """The oldest decisions in these states."""
    query = sa.select(CoverageDecision).where(CoverageDecision.state.in_(tuple(states))).options(*_WITH)
    return list(ctx.session.scalars(query.order_by(CoverageDecision.id).limit(limit)))


def newest_id(ctx: Ctx) -> int:
    """The id of the newest decision; 0 while there is none."""
    return int(ctx.session.scalar(sa.select(sa.func.max(CoverageDecision.id))) or 0)


def open_of_product(ctx: Ctx, product_id: int, after: int, limit: int, *, until: int) -> list[CoverageDecision]:
    """The last words on cases of a product's units, by id after ``after`` up to ``until``; kept from others until the
    end of the transaction.
    """
    units: Any = ctx.registry.kinds[UNIT].model
    query = (
        sa.select(CoverageDecision)
        .join(units, sa.and_(units.id == CoverageDecision.device_id, units.company_id == CoverageDecision.company_id))
        .where(
            units.product_id == product_id,
            CoverageDecision.id > after,
            CoverageDecision.id <= until,
            CoverageDecision.state.in_(OPEN_STATES),
        )
    )
    locked = query.order_by(CoverageDecision.id).limit(limit).with_for_update(of=CoverageDecision)
    return list(ctx.session.scalars(locked))


def count_open_of_product(ctx: Ctx, product_id: int) -> int:
    """How many cases of a product's units have a last word."""
    units: Any = ctx.registry.kinds[UNIT].model
    query = (
        sa.select(sa.func.count(CoverageDecision.id))
        .join(units, sa.and_(units.id == CoverageDecision.device_id, units.company_id == CoverageDecision.company_id))
        .where(units.product_id == product_id, CoverageDecision.state.in_(OPEN_STATES))
    )
    return int(ctx.session.scalar(query) or 0)


def past_cases(ctx: Ctx, limit: int, name: str) -> Sequence[tuple[Any, dict[str, Any]]]:
    """Cases on which a draft of a rule set is tried: those that it must decide right, then the newest of the company.

    With every fact that was known, so that a new condition can be tried too.
    """
    code = rulesets.code_of(name)
    table = compiled_in_force(ctx, name).table
    shipped = rulesets.cases(code)[:limit]
    named: list[tuple[Any, dict[str, Any]]] = [(label(dict(c.name)), {**ASSUMED, **c.facts}) for c in shipped]
    query = (
        sa.select(CoverageDecision)
        .where(CoverageDecision.rule_set == code)
        .order_by(CoverageDecision.id.desc())
        .limit(max(limit - len(named), 0))
    )
    known = {c.name for c in (*table.inputs, *table_from_data(rulesets.columns()).inputs)}
    for row in ctx.session.scalars(query):
        facts = {k: v for k, v in facts_typed(row).items() if k in known}
        named.append((RecordRef(DECISION, row.id), facts))
    return named
