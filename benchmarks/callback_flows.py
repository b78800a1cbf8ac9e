"""The rule that plans callbacks beside libraries of flows, on the same quarters: how many, how level, time, memory.

``python -m benchmarks.callback_flows [--sizes N …] [--share S …]``, also in an environment that has nothing of the
project but the libraries to compare: ``pip install networkx scipy ortools`` there. One that is missing is reported.

All get the same calls (each customer's reasons joined to the fewest calls: no flow does that) and the places where each
may lie. "By call" is the graph one would draw first, an edge for each call and place; "by class" uses our idea that
calls with the same places are one node. A maximum flow knows no levelness: it is asked again with less room, by halves,
until no more can be spared ("level"). A flow of least cost has an edge for each further call in a place, dearer each.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import time
from collections import Counter
from collections.abc import Callable, Sequence

from benchmarks.crowds import DAYS, crowd
from plugins.callback.rules.planning import Bundle, Grid, bits, bundle, fill

Edges = list[tuple[int, int, int]]
PATIENCE = 600
"""Seconds after which a measure is ended."""


def quarter(size: int, share: float) -> tuple[list[Bundle], Grid]:
    """The calls of so many customers, and days that have room for them ``share`` times full."""
    work = [day for day in DAYS if day.weekday() < 5]
    room = round(size * 1.26 / share / len(work) / 2)
    grid = Grid(DAYS, {(day, part, 1): room for day in work for part in (0, 1)})
    return [one for whom in crowd(size) for one in bundle(whom, grid, 2)[0]], grid


def groups(bundles: Sequence[Bundle], *, by_class: bool) -> list[tuple[int, int]]:
    """(places, how many calls) of each node."""
    if by_class:
        return list(Counter(one.mask for one in bundles).items())
    return [(one.mask, 1) for one in bundles]


def edges(nodes: Sequence[tuple[int, int]], capacity: Sequence[int]) -> tuple[Edges, int]:
    """(from, to, most) from the source 0 over nodes and places to the sink, which is the answer's second half."""
    first = 1 + len(nodes)
    sink = first + len(capacity)
    found: Edges = []
    for number, (mask, count) in enumerate(nodes, 1):
        found.append((0, number, count))
        found += [(number, first + place, count) for place in bits(mask)]
    found += [(first + place, sink, most) for place, most in enumerate(capacity) if most]
    return found, sink


# --- each answers the load of every place ---------------------------------------------------------------------------


def ours(bundles: Sequence[Bundle], grid: Grid) -> list[int]:
    """The rule of the product."""
    at = Counter(fill(bundles, grid))
    return [at[place] for place in range(grid.size)]


def scipy_flow(bundles: Sequence[Bundle], grid: Grid, *, by_class: bool, level: bool) -> list[int]:
    """Maximum flow of SciPy (Dinic)."""
    import numpy as np
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_flow

    nodes = groups(bundles, by_class=by_class)
    drawn, sink = edges(nodes, grid.capacity)
    first = 1 + len(nodes)
    rows, columns, most = (np.array(column, dtype=np.int32) for column in zip(*drawn, strict=True))
    to_sink = columns == sink
    room = most.copy()

    def asked(share: float):
        room[to_sink] = np.floor(most[to_sink] * share + 1e-9)
        return maximum_flow(csr_array((room, (rows, columns)), shape=(sink + 1, sink + 1)), 0, sink)

    best = asked(1.0)
    wanted, low, high = best.flow_value, 0.0, 1.0
    while level and high - low > 0.002:
        middle = (low + high) / 2
        found = asked(middle)
        if found.flow_value == wanted:
            best, high = found, middle
        else:
            low = middle
    into = best.flow.tocsr()[first:sink, [sink]].toarray()[:, 0]
    return [int(calls) for calls in into]


def networkx_flow(bundles: Sequence[Bundle], grid: Grid, *, by_class: bool) -> list[int]:
    """Maximum flow of NetworkX (preflow-push)."""
    import networkx

    nodes = groups(bundles, by_class=by_class)
    drawn, sink = edges(nodes, grid.capacity)
    graph = networkx.DiGraph()
    graph.add_weighted_edges_from(drawn, weight="capacity")
    _value, flow = networkx.maximum_flow(graph, 0, sink)
    first = 1 + len(nodes)
    return [flow.get(first + place, {}).get(sink, 0) for place in range(grid.size)]


def ortools_cost(bundles: Sequence[Bundle], grid: Grid, *, by_class: bool) -> list[int]:
    """Flow of least cost of OR-tools, the cost of a place growing with the square of its load."""
    from ortools.graph.python import min_cost_flow

    nodes = groups(bundles, by_class=by_class)
    drawn, sink = edges(nodes, grid.capacity)
    first = 1 + len(nodes)
    flow = min_cost_flow.SimpleMinCostFlow()
    into: list[tuple[int, int]] = []
    for a, b, most in drawn:
        if b != sink:
            flow.add_arc_with_capacity_and_unit_cost(a, b, most, 0)
            continue
        for step in range(most):
            into.append((a - first, flow.add_arc_with_capacity_and_unit_cost(a, b, 1, (2 * step + 1) * 1000 // most)))
    flow.set_node_supply(0, len(bundles))
    flow.set_node_supply(sink, -len(bundles))
    flow.solve_max_flow_with_min_cost()
    at: Counter[int] = Counter()
    for place, arc in into:
        at[place] += flow.flow(arc)
    return [at[place] for place in range(grid.size)]


WAYS: dict[str, tuple[str, Callable[[Sequence[Bundle], Grid], list[int]], int]] = {
    "ours": ("", ours, 10**9),
    "SciPy, maximum flow, by call": ("scipy", lambda b, g: scipy_flow(b, g, by_class=False, level=False), 100_000),
    "SciPy, level, by call": ("scipy", lambda b, g: scipy_flow(b, g, by_class=False, level=True), 100_000),
    "SciPy, level, by class": ("scipy", lambda b, g: scipy_flow(b, g, by_class=True, level=True), 10**9),
    "NetworkX, maximum flow, by call": ("networkx", lambda b, g: networkx_flow(b, g, by_class=False), 1_000),
    "NetworkX, maximum flow, by class": ("networkx", lambda b, g: networkx_flow(b, g, by_class=True), 10_000),
    "OR-tools, least cost, by call": ("ortools", lambda b, g: ortools_cost(b, g, by_class=False), 100_000),
    "OR-tools, least cost, by class": ("ortools", lambda b, g: ortools_cost(b, g, by_class=True), 10**9),
}
"""Name → (library, what it does, up to how many customers it is tried)."""


def measure(name: str, size: int, share: float) -> None:
    """Print what one way makes of a quarter."""
    bundles, grid = quarter(size, share)
    before = _peak()
    begun, cpu = time.perf_counter(), time.process_time()
    load = WAYS[name][1](bundles, grid)
    seconds, spent = time.perf_counter() - begun, time.process_time() - cpu
    there = [(calls, most) for calls, most in zip(load, grid.capacity, strict=True) if most]
    print(json.dumps({
        "work": "callbacks, flows", "way": name, "customers": size, "share": share, "calls": len(bundles),
        "classes": len({one.mask for one in bundles}), "placed": sum(load),
        "peak": round(max(calls / most for calls, most in there), 3),
        "least": round(min(calls / most for calls, most in there), 3),
        "squares": round(sum(calls * calls / most for calls, most in there), 1),
        "seconds": round(seconds, 3), "cpu_s": round(spent, 3), "more_mb": round(_peak() - before, 1),
    }), flush=True)  # fmt: skip


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure each way in a process of its own, which is ended when it takes too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--share", type=float, nargs="+", default=[0.8, 1.05])
    asked = parser.parse_args()
    for size in asked.sizes:
        for share in asked.share:
            for name, (library, _way, most) in WAYS.items():
                if library and importlib.util.find_spec(library) is None:
                    print(json.dumps({"work": "left out", "way": name, "reason": f"{library} is not installed"}))
                elif size <= most:
                    _apart(name, size, share)


def _apart(name: str, size: int, share: float) -> None:
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE))
        status = 1
        try:
            measure(name, size, share)
            status = 0
        finally:
            os._exit(status)
    if os.waitpid(child, 0)[1]:
        print(json.dumps({"work": "callbacks, flows", "way": name, "customers": size, "share": share, "ended": True}))


if __name__ == "__main__":
    main()
