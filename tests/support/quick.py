"""What makes the tests quick without proving less: files in memory, password hashes that cost next to nothing, and
templates that are compiled once for all processes of a run.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator

from argon2 import PasswordHasher
from jinja2 import FileSystemBytecodeCache

from core.auth import passwords
from core.auth.config import SECURITY
from core.web.gate import SanbaoFlask

_IN_MEMORY = "/dev/shm"
_ROOM = 3 * 1024**3
_OPTIONS = SECURITY["SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS"]


def folder_in_memory() -> str | None:
    """Where files live in memory (Linux, with 3 GiB free: containers often have less); None means the disk."""
    if os.path.isdir(_IN_MEMORY) and os.access(_IN_MEMORY, os.W_OK) and shutil.disk_usage(_IN_MEMORY).free >= _ROOM:
        return _IN_MEMORY
    return None


def keep_templates(folder: str) -> None:
    """From now on applications of this process take compiled templates from ``folder``, and leave theirs there."""
    SanbaoFlask.jinja_options = {**SanbaoFlask.jinja_options, "bytecode_cache": FileSystemBytecodeCache(folder)}


def hash_cheaply() -> None:
    """From now on a password's hash in this process takes microseconds; it is argon2id still, on both sides."""
    _hash_with(memory_cost=8, time_cost=1, parallelism=1)


@contextlib.contextmanager
def hashing_as_delivered() -> Iterator[None]:
    """Within the block hashes cost what they cost outside the tests."""
    _hash_with(
        memory_cost=passwords.MEMORY_KIB, time_cost=passwords.TIME_COST, parallelism=passwords.PARALLELISM
    )
    try:
        yield
    finally:
        hash_cheaply()


def _hash_with(**cost: int) -> None:
    passwords._hasher = PasswordHasher(**cost)
    _OPTIONS.update({f"argon2__{name}": number for name, number in cost.items()})
