"""Coverage: decisions per second by the shipped rule sets, and on the units of a company, kept and not kept.

``python -m benchmarks.coverage [--units N] [--count N] [--db sqlite|postgresql]``. "By rules" decides made-up cases by
the rule set of mobile phones, facts given. "Facts found" reads everything that the company knows about a unit and
decides; "facts of 100 found at once" does so for a batch, as deciding a product again does; "decided and kept" stores
number, decision, choice of the rule set, clocks, events and words as well. "Periods, each unit" and "periods, 500 at
once" work out what an import leaves behind. The company has ``--units`` units with their lines in the sales ledger.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import time
from decimal import Decimal

from benchmarks.common import KINDS, databases, report, timed
from core.db import bulk_insert, transaction
from core.decisions import compile_table
from core.events import emit
from core.testing import START, Installation, Office

BATCH = 100
"""As the work that decides a product again takes them."""


def facts_of(rng: random.Random) -> dict:
    """A case about a phone, spread over all that the rule set asks for."""
    from plugins.warranty.queries.coverage import ASSUMED

    return {
        **ASSUMED,
        "cause": rng.choice(["defect", "unknown", "misuse", "wear", "force_majeure"]),
        "part_group": rng.choice([None, "whole", "accessory"]),
        "listed_fault": rng.random() < 0.8,
        "proof": rng.choice(["both", "invoice", "serial", "none"]),
        "proof_agrees": None,
        "period": rng.choice(["running", "running", "over"]),
        "sold": START.date(),
        "days_since_sale": rng.randrange(0, 500),
        "repairs_same": rng.randrange(0, 4),
        "days_waiting_parts": rng.randrange(0, 90),
        "days_own_reasons": rng.randrange(0, 60),
        "wish": rng.choice([None, "refund"]),
        "same_model": rng.choice([None, True, False]),
        "price": Decimal(3999),
    }


def by_rules(cases: int) -> None:
    """Rules alone: nothing is read, found or kept."""
    from plugins.warranty.rules import rulesets

    rng = random.Random(20260302)
    compiled = compile_table(rulesets.definition("phones"))
    given = [facts_of(rng) for _n in range(min(cases, 5000))]
    begin, cpu = time.perf_counter(), time.process_time()
    for number in range(cases):
        compiled.decide(given[number % len(given)])
    seconds, spent = time.perf_counter() - begin, time.process_time() - cpu
    report(
        "coverage by rules", n=cases, seconds=seconds, per_second=cases / seconds, cpu_ms=spent / cases * 1000,
        rows=len(compiled.table.rows), inputs=len(compiled.names),
    )


def company_with(url: str, units: int) -> tuple[Office, list[int]]:
    """A company with so many phones, each sold on another day."""
    from plugins.base import services as base
    from plugins.base.contracts import CustomerData, ProductData

    office = Installation(url).company("bench", modules=("warranty",))
    ctx = office.system()
    product = base.save_product(ctx, ProductData(code="P-1", name="Phone", group="phone"))
    customer = base.save_customer(ctx, CustomerData(name="Ann Lee"))
    model, ledger = (ctx.registry.kinds[kind].model for kind in ("base.unit", "base.sale"))
    ids: list[int] = []
    for first in range(0, units, 2000):
        numbers = range(first, min(first + 2000, units))
        sold = {n: START.date() - dt.timedelta(days=n % 600) for n in numbers}
        with transaction(ctx):
            made = bulk_insert(ctx, model, [
                {"product_id": product.id, "serial": f"I{n:07d}", "batch": "", "customer_id": customer.id,
                 "sale_date": sold[n], "status": "in_use", "note": "", "version": 1}
                for n in numbers
            ], model.id)  # fmt: skip
            bulk_insert(ctx, ledger, [
                {"product_id": product.id, "device_id": device, "customer_id": customer.id, "quantity": Decimal(1),
                 "batch": "", "sale_date": sold[n], "destination": "", "channel": "", "invoice": f"F{n}", "note": "",
                 "version": 1}
                for n, device in zip(numbers, made, strict=True)
            ])  # fmt: skip
            emit(ctx, "core.import_batch", file="bench", line=first, added=len(made))
        ids += made
    office.installation.close_sessions()
    return office, ids


def measure(kind: str, url: str, units: int, count: int) -> None:
    """Report finding facts and deciding, and deciding and keeping, each in a session of its own as in a request."""
    from core.decisions.kinds import choose_table
    from core.decisions.store import rule
    from plugins.warranty.contracts import CoverageCase
    from plugins.warranty.queries.coverage import find_facts, known_of
    from plugins.warranty.rules import rulesets
    from plugins.warranty.services import coverage as services

    office, ids = company_with(url, units)
    chosen = random.Random(7).sample(ids, min(count, len(ids)))
    given = {"listed_fault": True, "cause": "defect"}

    def found(number: int) -> None:
        ctx = office.system()
        facts = find_facts(ctx, CoverageCase(chosen[number], "no sound", None, given)).values
        rule(ctx, choose_table(ctx, rulesets.KIND, facts)[0], facts)
        office.installation.close_sessions()

    def found_at_once(number: int) -> None:
        ctx = office.system()
        batch = chosen[number * BATCH:(number + 1) * BATCH]
        known = known_of(ctx, batch)
        for unit in batch:
            facts = find_facts(ctx, CoverageCase(unit, "no sound", None, given), known).values
            rule(ctx, choose_table(ctx, rulesets.KIND, facts)[0], facts)
        office.installation.close_sessions()

    def kept(number: int) -> None:
        services.decide(office.system(), CoverageCase(chosen[number], "no sound", None, given))
        office.installation.close_sessions()

    timed("coverage, facts found", kind, len(chosen), found, units=units)
    batches = timed(f"coverage, facts of {BATCH} found at once", kind, len(chosen) // BATCH, found_at_once, units=units)
    report("coverage, the same for each unit", kind, n=len(chosen), per_second=batches["per_second"] * BATCH,
           cpu_ms=batches["cpu_ms"] / BATCH)  # fmt: skip
    timed("coverage, decided and kept", kind, len(chosen), kept, units=units)
    periods(kind, office, chosen)
    office.installation.close()


def periods(kind: str, office: Office, chosen: list[int]) -> None:
    """Report working out the periods of these units one by one and in passes, as after an import."""
    from plugins.warranty.services.periods import BATCH as PASS
    from plugins.warranty.services.periods import refresh_periods

    def refresh(ids: list[int]) -> None:
        refresh_periods(office.system(), ids)
        office.installation.close_sessions()

    timed("periods, each unit", kind, len(chosen), lambda number: refresh([chosen[number]]))
    passes = [chosen[first:first + PASS] for first in range(0, len(chosen), PASS)]
    line = timed(f"periods, {PASS} at once", kind, len(passes), lambda number: refresh(passes[number]))
    each = len(chosen) / len(passes)
    report("periods, the same for each unit", kind, n=len(chosen), per_second=line["per_second"] * each,
           cpu_ms=line["cpu_ms"] / each)  # fmt: skip


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--units", type=int, default=100_000)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--db", choices=(*KINDS, "both"), default="both")
    given = parser.parse_args(argv)
    by_rules(given.units)
    with databases(KINDS if given.db == "both" else (given.db,), durable=True) as made:
        for kind, url in made:
            measure(kind, url, given.units, given.count)


if __name__ == "__main__":
    main()
