"""One command runs web and worker as two process groups; if one dies, both stop and the command fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import click

from core import config, migrate, plugins

GRACE = 15.0
"""Seconds that web and worker get to finish what they hold before they are killed."""


def run(*, host: str, port: int, web_workers: int, threads: int, worker: bool, without: tuple[str, ...] = ()) -> int:
    """Upgrade the database, start both, wait. Answers the exit status: 0 after Ctrl-C or SIGTERM, 1 when one died."""
    migrate.upgrade(config.database_url(), plugins.load(without))
    options = [text for name in without for text in ("--without", name)]
    commands = {"web": _web_command(host, port, web_workers, threads)}
    if worker:
        commands["worker"] = [sys.executable, "-m", "core", "worker", *options]
    environment = {**os.environ, "SANBAO_WITHOUT": ",".join(without), "SANBAO_HOME": str(config.home())}
    stopped_by: list[int] = []
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda number, _frame: stopped_by.append(number))
    running = {n: subprocess.Popen(c, env=environment, start_new_session=True) for n, c in commands.items()}
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
