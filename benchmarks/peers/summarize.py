# ruff: noqa - runs under the peer's own Python and interpreter settings, in its own style
"""JSON lines -> Markdown table: median (min-max) of per_second over the runs,
p50/p95 medians.  usage: summarize.py results.jsonl [more.jsonl ...]"""

import json
import statistics
import sys

groups = {}
for name in sys.argv[1:]:
    with open(name) as fp:
        for line in fp:
            row = json.loads(line)
            if "work" not in row:
                continue
            key = (row["peer"], row["work"], row.get("clients"))
            groups.setdefault(key, {}).setdefault(row["db"], []).append(row)


def number(value):
    if value is None:
        return ""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def cell(rows):
    def values(name):
        return [r[name] for r in rows if r.get(name) is not None]

    if bad := [r["error"] for r in rows if "error" in r]:
        return "ERROR " + bad[0][:60]
    if rate := values("per_second"):
        if rows[0].get("n") == 1:
            secs = values("seconds")
            text = f"{number(statistics.median(secs))} s"
            if len(secs) > 1:
                text += f" ({number(min(secs))}-{number(max(secs))})"
        else:
            text = f"{number(statistics.median(rate))}/s"
            if len(rate) > 1:
                text += f" ({number(min(rate))}-{number(max(rate))})"
    elif rate := values("value"):
        text = number(statistics.median(rate))
    elif rate := values("seconds"):
        text = f"{number(statistics.median(rate))} s"
    else:
        return ""
    if p95 := values("p95_ms"):
        text += f"; p50 {number(statistics.median(values('p50_ms')))} p95 {number(statistics.median(p95))} ms"
    if errors := sum(values("errors")):
        text += f"; {errors} errors"
    return text


dbs = []
for found in groups.values():
    dbs += [d for d in found if d not in dbs]
print("| peer | work | clients | " + " | ".join(dbs) + " |")
print("|---" * (3 + len(dbs)) + "|")
for (peer, work, clients), found in groups.items():
    print(
        f"| {peer} | {work} | {clients or ''} | " + " | ".join(cell(found[d]) if d in found else "" for d in dbs) + " |"
    )
