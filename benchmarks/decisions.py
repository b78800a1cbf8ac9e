"""Decisions per second on a 50-row, 6-input table, beside the slow, obvious reference of the tests.

``python benchmarks/decisions.py [--seconds S]``. Every case is decided by both first and must agree. "With trace" means
that each decision holds the row that fired and the facts it used; words are made only when somebody reads them, and
their rate is given separately.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CAUSES = ["defect", "misuse", "wear", "transport", "installation", "upkeep"]
REGIONS = ["north", "south", "east", "west", "centre"]


def table_data(rows: int = 50) -> dict:
    """A table as a warranty desk would have it: narrow rows first, wider ones below, the last one for the rest."""
    rng = random.Random(20261123)
    return {
        "name": "bench_charge",
        "inputs": [
            {"name": "cause", "type": "choice", "choices": CAUSES},
            {"name": "region", "type": "choice", "choices": REGIONS},
            {"name": "months", "type": "int"},
            {"name": "distance", "type": "decimal", "unit": "km"},
            {"name": "sold", "type": "date"},
            {"name": "proof", "type": "bool"},
        ],
        "outputs": [{"name": "share", "type": "decimal"}, {"name": "reason", "type": "str"}],
        "rows": [_row(rng, index, rows) for index in range(rows)],
        "default": {"share": "100", "reason": "default"},
    }


def _row(rng: random.Random, index: int, rows: int) -> dict:
    low, km = rng.randrange(0, 36), Decimal(rng.randrange(0, 20000)) / 10
    first = date(2022, 1, 1) + timedelta(days=rng.randrange(0, 1500))
    possible = {
        "cause": rng.sample(CAUSES, rng.randrange(1, 4)),
        "region": {"not": rng.choice(REGIONS)},
        "months": {"ge": low, "lt": low + rng.randrange(6, 24)},
        "distance": {rng.choice(["lt", "ge"]): str(km)},
        "sold": {"ge": first.isoformat()},
        "proof": rng.random() < 0.7,
    }
    names = rng.sample(list(possible), 4 - 3 * index // rows)
    return {"when": {name: possible[name] for name in names}, "then": {"share": str(index * 2), "reason": f"r{index}"}}


def cases(count: int) -> list[dict]:
    """Typed facts, spread over all columns."""
    rng = random.Random(7)
    return [
        {
            "cause": rng.choice(CAUSES),
            "region": rng.choice(REGIONS),
            "months": rng.randrange(0, 60),
            "distance": Decimal(rng.randrange(0, 25000)) / 10,
            "sold": date(2022, 1, 1) + timedelta(days=rng.randrange(0, 1800)),
            "proof": rng.random() < 0.8,
        }
        for _index in range(count)
    ]


def rate(work: Callable[[dict], object], facts: list[dict], seconds: float) -> float:
    """Calls per second over the cases, repeated for at least ``seconds``; the best of three rounds."""
    best = 0.0
    for _round in range(3):
        done, start = 0, time.perf_counter()
        while (spent := time.perf_counter() - start) < seconds / 3:
            for case in facts:
                work(case)
            done += len(facts)
        best = max(best, done / spent)
    return best


def main(argv: list[str] | None = None) -> int:
    """Print the rates as JSON; 1 when the two disagree."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="time for each measurement")
    seconds = parser.parse_args(argv).seconds
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "unit")]
    from reference_decisions import reference_decide

    from core.decisions import compile_table, to_data, why

    compiled = compile_table(table_data())
    plain, facts = to_data(compiled.table), cases(2000)
    for case in facts:
        if compiled.decide(case).row_numbers != reference_decide(plain, case)["rows"]:
            print(f"disagreement on {case}", file=sys.stderr)
            return 1
    decided = rate(compiled.decide, facts, seconds)
    reference = rate(lambda case: reference_decide(plain, case), facts[:200], seconds)
    worded = rate(lambda case: why(compiled.decide(case), "en"), facts[:200], seconds)
    print(
        json.dumps(
            {
                "table": {"rows": len(compiled.table.rows), "inputs": len(compiled.names)},
                "decisions_per_second_with_trace": round(decided),
                "reference_per_second": round(reference),
                "ratio_to_reference": round(decided / reference, 1),
                "decisions_per_second_with_words": round(worded),
            }
        )
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
