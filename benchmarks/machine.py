"""What the machine itself can do: a fixed loop of Python and a fixed number of writes that reach the disk.

Figures of two machines, or of two hours of one, are only comparable after a look at these.
"""

from __future__ import annotations

import os
import tempfile
import time

from benchmarks.common import report

LOOP, WRITES = 3_000_000, 200


def main() -> None:
    """Report both, three times."""
    for _round in range(3):
        begin, total = time.perf_counter(), 0
        for number in range(LOOP):
            total += number % 7
        report("machine: Python loop of 3 M", seconds=time.perf_counter() - begin, load=os.getloadavg()[0])
        with tempfile.NamedTemporaryFile() as file:
            begin = time.perf_counter()
            for _write in range(WRITES):
                file.seek(0)
                file.write(b"x" * 8192)
                file.flush()
                os.fdatasync(file.fileno())
            seconds = time.perf_counter() - begin
        report("machine: 8 kB written to disk", n=WRITES, seconds=seconds, per_second=WRITES / seconds)


if __name__ == "__main__":
    main()
