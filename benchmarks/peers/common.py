# ruff: noqa - runs under the peer's own Python and interpreter settings, in its own style
"""Shared helpers for the peer benchmarks.  Standard library only, so that every
peer's own virtual environment can import it.

Every measure is printed as one JSON line on stdout (and appended to $BENCH_OUT
when set):

    {"peer", "db", "work", "run", "n", "seconds", "per_second",
     "p50_ms", "p95_ms", "p99_ms", "clients", "errors", "note"}

Fields that do not apply are left out.  Traffic goes to 127.0.0.1 only, every
loop is bounded in count or time, and only child processes started here are
ended, by pid.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
HOME = os.environ.get("BENCH_HOME") or os.path.join(os.environ.get("TMPDIR", "/tmp"), "sanbao-bench")
PG_PORT = int(os.environ.get("BENCH_PG_PORT", "55432"))
PG_USER = os.environ.get("BENCH_PG_USER", "sanbao_bench")
PG_BIN = os.environ.get("BENCH_PG_BIN", "/usr/lib/postgresql/15/bin")
REPEAT = int(os.environ.get("BENCH_REPEAT", "3"))
HTTP_SECONDS = float(os.environ.get("BENCH_HTTP_SECONDS", "3"))
QUICK = os.environ.get("BENCH_QUICK") == "1"


def emit(peer, db, work, n=None, seconds=None, **extra):
    line = {"peer": peer, "db": db, "work": work}
    if n is not None:
        line["n"] = n
    if seconds is not None:
        line["seconds"] = round(seconds, 6)
        if n:
            line["per_second"] = round(n / seconds, 2) if seconds else None
    for key, value in extra.items():
        if value is None:
            continue
        line[key] = round(value, 4) if isinstance(value, float) else value
    line["at"] = round(time.time(), 1)
    line["load1"] = round(os.getloadavg()[0], 2)
    text = json.dumps(line)
    print(text, flush=True)
    if out := os.environ.get("BENCH_OUT"):
        with open(out, "a") as fp:
            fp.write(text + "\n")


def percentile(values, q):
    values = sorted(values)
    if not values:
        return None
    return values[min(len(values) - 1, int(round(q * (len(values) - 1))))]


def timed_loop(peer, db, work, count, func, repeat=None, **extra):
    """Run func(i) count times, repeat times over; one JSON line per run."""
    serial = 0
    for run in range(repeat or REPEAT):
        laps = []
        cpu = time.process_time()
        start = time.perf_counter()
        for _ in range(count):
            t0 = time.perf_counter()
            func(serial)
            laps.append((time.perf_counter() - t0) * 1000)
            serial += 1
        seconds = time.perf_counter() - start
        # cpu_ms: this process only (not the database server); it hardly
        # moves when a neighbour takes the machine, so prefer it for ratios
        emit(
            peer,
            db,
            work,
            count,
            seconds,
            run=run,
            cpu_ms=(time.process_time() - cpu) * 1000 / count,
            p50_ms=percentile(laps, 0.5),
            p95_ms=percentile(laps, 0.95),
            **extra,
        )


def once(peer, db, work, func, n=1, **extra):
    start = time.perf_counter()
    result = func()
    emit(peer, db, work, n, time.perf_counter() - start, run=0, **extra)
    return result


def calibrate():
    """A fixed pure-Python load and a fixed fsync load: divide by these when
    figures from two different hours or machines are compared."""
    for run in range(REPEAT):
        start = time.perf_counter()
        total = 0
        for i in range(3_000_000):
            total += i % 7
        emit("machine", "-", "python loop 3M", 1, time.perf_counter() - start, run=run)
        with tempfile.NamedTemporaryFile(dir=HOME) as fp:
            start = time.perf_counter()
            for _ in range(200):
                fp.seek(0)
                fp.write(b"x" * 8192)
                fp.flush()
                os.fdatasync(fp.fileno())
            emit("machine", "-", "fdatasync 8k", 200, time.perf_counter() - start, run=run)


# -- PostgreSQL -------------------------------------------------------------


def psql(sql, database="postgres", check=True):
    return subprocess.run(
        [
            os.path.join(PG_BIN, "psql"),
            "-q",
            "-At",
            "-h",
            "127.0.0.1",
            "-p",
            str(PG_PORT),
            "-U",
            PG_USER,
            "-d",
            database,
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            sql,
        ],
        check=check,
        capture_output=True,
        text=True,
    ).stdout.strip()


def pg_recreate(name):
    psql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    psql(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")


def pg_url(name, driver="postgresql"):
    return f"{driver}://{PG_USER}@127.0.0.1:{PG_PORT}/{name}"


# -- server processes -------------------------------------------------------


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Server:
    """A child process group listening on 127.0.0.1, ended by its own pid."""

    def __init__(self, args, port, env=None, cwd=None, log=None):
        self.args, self.port = args, port
        self.env = {**os.environ, **(env or {})}
        self.cwd = cwd
        self.log = log or os.path.join(HOME, f"server-{port}.log")

    def __enter__(self):
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            self.args,
            env=self.env,
            cwd=self.cwd,
            stdout=open(self.log, "ab"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        return self

    def wait_port(self, timeout=60):
        end = time.time() + timeout
        while time.time() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"server ended, see {self.log}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return time.perf_counter() - self.started
            except OSError:
                time.sleep(0.01)
        raise RuntimeError(f"no answer on port {self.port}, see {self.log}")

    def __exit__(self, *_):
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(10)
        except ProcessLookupError:
            pass
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)


def rss_mb(pid):
    """Resident memory of a process and its children, MiB."""
    total, todo = 0, [pid]
    while todo:
        current = todo.pop()
        try:
            with open(f"/proc/{current}/status") as fp:
                for line in fp:
                    if line.startswith("VmRSS"):
                        total += int(line.split()[1])
            with open(f"/proc/{current}/task/{current}/children") as fp:
                todo.extend(int(p) for p in fp.read().split())
        except OSError:
            pass
    return total / 1024


# -- HTTP load --------------------------------------------------------------


def request(url, method="GET", body=None, headers=None, timeout=120):
    parts = urllib.parse.urlsplit(url)
    assert parts.hostname == "127.0.0.1", "loopback only"
    conn = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=timeout)
    path = parts.path + ("?" + parts.query if parts.query else "")
    conn.request(method, path, body=body, headers=headers or {})
    response = conn.getresponse()
    data = response.read()
    conn.close()
    return response.status, data, response


def http_load(
    peer, db, work, url, clients=(1, 8), method="GET", body=None, headers=None, repeat=None, seconds=None, **extra
):
    """Load one URL with wrk (or with a Python fallback), once per client count
    and repeat; prints requests a second and p50/p95/p99 in ms."""
    base = seconds or HTTP_SECONDS
    headers = dict(headers or {})
    status, data, _ = request(url, method, body, headers)
    if status not in (200, 201):
        emit(peer, db, work, error=f"HTTP {status}: {data[:200]!r}")
        return
    start = time.perf_counter()
    request(url, method, body, headers)
    lap = time.perf_counter() - start
    if lap > 2:  # a page this slow: one client, few requests
        clients, repeat = clients[:1], 1
    for run in range(repeat or REPEAT):
        for count in clients:
            # long enough for about five answers to each client
            seconds = min(30, max(base, lap * count * 5)) if lap > 0.3 else base
            result = _wrk(url, count, method, body, headers, seconds)
            if result is None:
                result = _python_load(url, count, method, body, headers, seconds)
            emit(
                peer,
                db,
                work,
                result["n"],
                result["seconds"],
                run=run,
                clients=count,
                p50_ms=result["p50"],
                p95_ms=result["p95"],
                p99_ms=result["p99"],
                errors=result["errors"] or None,
                bytes=len(data),
                **extra,
            )


_LUA = r"""
local method, body, heads = %s, %s, %s
wrk.method = method
if body ~= "" then wrk.body = body end
for name, value in pairs(heads) do wrk.headers[name] = value end
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    "\nRESULT %%d %%d %%d %%d %%d %%d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(95), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


def _lua(text):
    return (
        '"' + "".join(c if c.isalnum() or c in " /.,:;-_=+()<>[]{}@!?*#&%" else "\\%03d" % ord(c) for c in text) + '"'
    )


def _wrk(url, clients, method, body, headers, seconds):
    if isinstance(body, bytes):
        body = body.decode("utf-8")
    script = _LUA % (
        _lua(method),
        _lua(body or ""),
        "{" + ",".join(f"[{_lua(k)}]={_lua(v)}" for k, v in headers.items()) + "}",
    )
    with tempfile.NamedTemporaryFile("w", suffix=".lua", delete=False) as fp:
        fp.write(script)
    try:
        process = subprocess.run(
            ["wrk", "-t1", f"-c{clients}", f"-d{max(1, int(seconds))}s", "--timeout", "60s", "-s", fp.name, url],
            capture_output=True,
            text=True,
        )
    except FileNotFoundError:
        return None
    finally:
        os.unlink(fp.name)
    for line in process.stdout.splitlines():
        if line.startswith("RESULT "):
            n, duration, p50, p95, p99, errors = map(int, line.split()[1:])
            return {
                "n": n,
                "seconds": duration / 1e6,
                "p50": p50 / 1e3 or None,
                "p95": p95 / 1e3 or None,
                "p99": p99 / 1e3 or None,
                "errors": errors,
            }
    raise RuntimeError(process.stdout + process.stderr)


def _python_load(url, clients, method, body, headers, seconds):
    parts = urllib.parse.urlsplit(url)
    path = parts.path + ("?" + parts.query if parts.query else "")
    laps, errors, lock = [], [0], threading.Lock()
    end = time.perf_counter() + seconds

    def worker():
        conn = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=60)
        mine, bad = [], 0
        while time.perf_counter() < end:
            t0 = time.perf_counter()
            conn.request(method, path, body=body, headers=headers)
            response = conn.getresponse()
            response.read()
            bad += response.status >= 400
            mine.append((time.perf_counter() - t0) * 1000)
        with lock:
            laps.extend(mine)
            errors[0] += bad

    start = time.perf_counter()
    threads = [threading.Thread(target=worker) for _ in range(clients)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    return {
        "n": len(laps),
        "seconds": time.perf_counter() - start,
        "p50": percentile(laps, 0.5),
        "p95": percentile(laps, 0.95),
        "p99": percentile(laps, 0.99),
        "errors": errors[0],
    }


def die(message):
    print(json.dumps({"error": message}), file=sys.stderr)
    raise SystemExit(1)
