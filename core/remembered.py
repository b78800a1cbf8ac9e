"""What is made of a file is kept in this process until the file changes: shipped files are read again and again."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

_MOST = 1_000
"""So many files are kept; then all are forgotten, since only shipped ones are read often."""
_kept: dict[tuple[str, str], tuple[tuple[int, int], bytes]] = {}
_lock = Lock()


def remembered(path: Path, read: Callable[[Path], Any]) -> Any:
    """What ``read(path)`` answers, plain data, a copy for each caller. What it raises is raised each time."""
    key = (f"{read.__module__}.{read.__qualname__}", str(path))
    try:
        status = path.stat()
    except OSError:
        return read(path)  # its words for that
    now = (status.st_mtime_ns, status.st_size)
    with _lock:
        found = _kept.get(key)
    if found is None or found[0] != now:
        found = (now, pickle.dumps(read(path), pickle.HIGHEST_PROTOCOL))
        with _lock:
            if len(_kept) >= _MOST:
                _kept.clear()
            _kept[key] = found
    return pickle.loads(found[1])
