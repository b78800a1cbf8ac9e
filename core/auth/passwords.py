"""Passwords without Flask: hashing with argon2id, what a good one is, and one-time passwords.

The web application's own checks are set to the same parameters, so either side reads what the other wrote.
"""

from __future__ import annotations

import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.i18n import _

MEMORY_KIB = 19_456
TIME_COST = 2
PARALLELISM = 1
"""19 MiB, two passes, one lane: the least that OWASP's password storage sheet advises for argon2id."""

SHORTEST = 10
LONGEST = 128

_hasher = PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=PARALLELISM)
_READABLE = "23456789abcdefghjkmnpqrstuvwxyz"


def normalize(password: str) -> str:
    """One form for what looks the same, whatever the keyboard sent (Unicode NFKD)."""
    return unicodedata.normalize("NFKD", password)


def hash_password(password: str) -> str:
    """The argon2id hash to keep; the password itself is kept nowhere."""
    return _hasher.hash(normalize(password))


def verify_password(password: str, kept: str | None) -> bool:
    """Whether ``password`` belongs to the hash. A missing hash takes the same time and answers False."""
    if not kept:
        _hasher.hash(password)
        return False
    try:
        return _hasher.verify(kept, normalize(password))
    except (VerificationError, InvalidHashError):
        return False


def problems(password: str, *, email: str = "", name: str = "") -> list[str]:
    """What speaks against a new password, in sentences; empty when it will do."""
    password = normalize(password)
    if len(password) < SHORTEST:
        return [_("A password needs {n} characters at least; this has {have}.", n=SHORTEST, have=len(password))]
    if len(password) > LONGEST:
        return [_("A password may have {n} characters at most.", n=LONGEST)]
    plain = password.casefold()
    if len(set(plain)) < 5:
        return [_("This password repeats the same few characters. Use at least five different ones.")]
    if (
        plain in "01234567890123456789"
        or plain in "abcdefghijklmnopqrstuvwxyz"
        or plain in "qwertyuiopasdfghjklzxcvbnm"
    ):
        return [_("This password is a plain sequence of keys. Choose several words instead.")]
    known = [email.casefold(), email.partition("@")[0].casefold(), name.casefold()]
    if any(len(k) >= 4 and k in plain for k in known):
        return [_("The password contains your name or e-mail address. Choose one that nobody can derive from you.")]
    return []


def one_time_password() -> str:
    """A password for one sign-in, easy to read out: four groups of four, without look-alike characters (79 bits)."""
    return "-".join("".join(secrets.choice(_READABLE) for _i in range(4)) for _group in range(4))
