"""Running the application for a browser, or any of our commands as a process of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def serve(app) -> Iterator[str]:
    """Serve ``app`` from threads of this process; gives its address, ``http://127.0.0.1:<port>``."""
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log_request(self, code="-", size="-"):
            pass

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


@contextlib.contextmanager
def process(
    *command: str, env: Mapping[str, str] | None = None, log: Path | None = None, patience: float = 10
) -> Iterator[subprocess.Popen]:
    """Run a command in a process group of its own, from the project's folder; afterwards nothing of it is left.

    It is asked to end, and killed where it has not ended after ``patience`` seconds. The first word
    ``sanbao`` means the command of this environment, ``python`` its interpreter.
    """
    ours = {"sanbao": str(Path(sys.executable).with_name("sanbao")), "python": sys.executable}
    first = ours.get(command[0], command[0])
    output = log.open("ab") if log else subprocess.DEVNULL
    running = subprocess.Popen(
        [first, *command[1:]], cwd=ROOT, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
        stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
    )
    try:
        yield running
    finally:
        stop(running, patience)
        if log:
            output.close()  # type: ignore[union-attr]


def stop(running: subprocess.Popen, seconds: float = 10) -> int:
    """End a process group politely, then by force; answers the exit status."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        running.wait(timeout=seconds)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)  # what is left of the group, even when its leader has ended
    return running.wait(timeout=10)


def wait_until_up(url: str, seconds: float = 30) -> None:
    """Return once ``url`` answers with a status below 400."""
    deadline = time.monotonic() + seconds
    problem: Exception | None = None
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError) as error:
            problem = error
            time.sleep(0.1)
    raise TimeoutError(f"{url} did not answer within {seconds} s: {problem}")
