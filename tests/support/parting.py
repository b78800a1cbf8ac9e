"""Processes that tests begin and kill, parted from one that has loaded everything: each is there within milliseconds.

``with beginnings() as begin`` starts that one. ``begin("worker", environment, log)`` answers a ``Parted`` that does
what ``sanbao worker`` does, ``begin("writer", environment, out, *arguments)`` one that runs ``crash_writer``. They are
killed as any process is; that the command itself starts and ends is for tests that start it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support import crash_writer, probe_site
from tests.support.server import ROOT

Begin = Callable[..., "Parted"]


class Parted:
    """A process that another one has parted into; it is gone from the system as soon as it has ended."""

    def __init__(self, pid: int):
        self.pid = pid

    def runs(self) -> bool:
        """Whether it has not ended yet."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def kill(self) -> None:
        """What a power cut or the out-of-memory killer does; one that has just ended by itself is left in peace."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self.wait(10)

    def wait(self, seconds: float) -> None:
        """Return once it has ended."""
        deadline = time.monotonic() + seconds
        while self.runs():
            assert time.monotonic() < deadline, "it runs on"
            time.sleep(0.005)


@contextlib.contextmanager
def beginnings() -> Iterator[Begin]:
    """Within the block a process is there that parts; whatever it has parted into is gone afterwards."""
    made: list[Parted] = []
    one = subprocess.Popen(
        [sys.executable, "-m", "tests.support.parting"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True, bufsize=1, env={**os.environ, "SANBAO_PLUGIN_PATH": str(probe_site.FOLDER)},
    )  # fmt: skip

    def begin(run: str, environment: dict[str, str], out: Path, *arguments: str) -> Parted:
        wanted = {"run": run, "environment": environment, "out": str(out), "arguments": arguments}
        one.stdin.write(json.dumps(wanted) + "\n")
        made.append(Parted(int(one.stdout.readline())))
        return made[-1]

    with one:
        try:
            yield begin
        finally:
            for each in made:
                each.kill()
            one.stdin.close()


def main() -> None:
    """Load everything, then part for each line that comes in, and tell whom."""
    from core import worker

    probe_site.load_registry()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them: they vanish when they end
    for line in sys.stdin:
        wanted = json.loads(line)
        child = os.fork()
        if child:
            os.write(1, f"{child}\n".encode())
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        out = os.open(wanted["out"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out, 1)
        if wanted["run"] == "worker":
            os.dup2(out, 2)
        os.environ.update(wanted["environment"])
        status = 1
        try:
            if wanted["run"] == "worker":
                worker.main(probe_site.OTHERS)
            else:
                crash_writer.main(*wanted["arguments"])
            status = 0
        finally:
            os._exit(status)


if __name__ == "__main__":
    main()
