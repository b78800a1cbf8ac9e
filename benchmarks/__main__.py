"""All benchmarks, one after the other: ``python -m benchmarks [--quick] [NAME …]``. JSON lines, then a table."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

from benchmarks.common import ROOT, report, table

FULL = {
    "machine": [],
    "startup": [],
    "intake": ["--count", "500"],
    "lists": [],
    "dispatch": [],
    "figures": [],
    "search": [],
    "sweep": [],
    "imports": [],
    "trail": [],
    "decisions": [],
    "coverage": [],
    "orders": [],
    "stock": [],
    "callback_pages": [],
    "calendars": [],
}
QUICK = {
    **FULL,
    "startup": ["--rounds", "3"],
    "intake": ["--count", "100"],
    "lists": ["--rows", "1000", "10000", "--count", "10"],
    "dispatch": ["--orders", "2000", "--people", "12", "--count", "5"],
    "figures": ["--rows", "1000", "10000", "--count", "5"],
    "search": ["--records", "2000", "20000", "--count", "20"],
    "sweep": ["--clocks", "1000"],
    "imports": ["--rows", "1000", "5000"],
    "trail": ["--events", "1000", "5000"],
    "decisions": ["--seconds", "1"],
    "coverage": ["--units", "2000", "--count", "50"],
    "orders": ["--rows", "1000", "--count", "20"],
    "stock": ["--moves", "20000", "--balances", "20000", "--count", "40"],
    "callback_pages": ["--calls", "1000", "--count", "5"],
    "calendars": ["--seconds", "0.3"],
}


def main() -> int:
    """Run each in a process of its own, so that none inherits another's caches; 1 when one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*FULL, []], help="only these")
    parser.add_argument("--quick", action="store_true", help="small sizes: does it run, roughly how fast")
    given = parser.parse_args()
    lines, failed = [], []
    for name in given.names or FULL:
        arguments = (QUICK if given.quick else FULL)[name]
        command = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
        print(done.stdout, end="", flush=True)
        if done.returncode:
            failed.append(name)
        lines += [line for text in done.stdout.splitlines() if (line := _line(name, text))]
    print(f"\n{table(lines)}")
    for name in failed:
        report("failed", name)
    return 1 if failed else 0


def _line(name: str, text: str) -> dict | None:
    """A printed measure; those that report in words of their own are taken as they are."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        return {"work": f"{name}: {text.strip()}"} if text.strip() else None
    return {"work": name, **found} if "work" not in found else found


if __name__ == "__main__":
    sys.exit(main())
