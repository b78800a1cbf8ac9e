"""One command runs web and worker as two process groups; if one dies, both stop and the command fails."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time

import click

from core import config, migrate, plugins

PR_SET_PDEATHSIG = 1
GRACE = 15.0
"""Seconds that web and worker get to finish what they hold before they are killed."""


def run(*, host: str, port: int, web_workers: int, threads: int, worker: bool, without: tuple[str, ...] = ()) -> int:
    """Upgrade the database, start both, wait. Answers the exit status: 0 after Ctrl-C or SIGTERM, 1 when one died."""
    migrate.upgrade(config.database_url(), plugins.load(without))
    commands = {"web": _web_command(host, port, web_workers, threads)}
    if worker:
        commands["worker"] = [sys.executable, "-m", "core", "worker"]
    left_out = ",".join(plugins.left_out(without))
    environment = {**os.environ, plugins.WITHOUT_VARIABLE: left_out, "SANBAO_HOME": str(config.home())}
    stopped_by: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _frame: stopped_by.append(received))
    running = {n: _start(c, environment) for n, c in commands.items()}
    status = 0
    while not stopped_by and not status:
        for name, process in running.items():
            if process.poll() is not None:
                click.echo(
                    f"sanbao: {name} stopped by itself (status {process.returncode}); stopping the rest", err=True
                )
                status = 1
        time.sleep(0.2)
    _stop(list(running.values()))
    return status


def _start(command: list[str], environment: dict[str, str]) -> subprocess.Popen:
    """A process in a session of its own, which Ctrl-C does not reach directly and which ends when we are killed."""
    return subprocess.Popen(command, env=environment, start_new_session=True, preexec_fn=_end_with_parent)


def _end_with_parent() -> None:
    """Ask Linux to send SIGTERM to this process when its parent dies, however it dies; elsewhere do nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _web_command(host: str, port: int, workers: int, threads: int) -> list[str]:
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "--bind",
        f"{host}:{port}",
        "--workers",
        str(workers),
        "--threads",
        str(threads),
        "--worker-class",
        "gthread",
        "--graceful-timeout",
        "10",
        "--timeout",
        "60",
        "--preload",
        "--log-level",
        "warning",
        "core.wsgi:app",
    ]


def _stop(processes: list[subprocess.Popen]) -> None:
    """End the process groups gently, then firmly."""
    for process in processes:
        _signal(process, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    for process in processes:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _signal(process, signal.SIGKILL)
            process.wait()


def _signal(process: subprocess.Popen, number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
