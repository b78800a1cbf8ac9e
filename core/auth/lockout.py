"""Lock-out: after so many wrong passwords an account is closed for a while, each time twice as long.

An address without an account is counted in the same way and answered in the same words; otherwise the lock would tell
which accounts exist. While locked nothing is counted, so that nobody can keep an account locked for ever by trying on.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.auth.models import UnknownSignIn, User
from core.db import open_session, transaction

LONGEST = dt.timedelta(hours=24)
FORGOTTEN_AFTER = dt.timedelta(days=1)


@dataclass(frozen=True)
class Policy:
    """``failures`` wrong passwords lock for ``first_lock``; each more for twice the time before, a day at most."""

    failures: int = 8
    first_lock: dt.timedelta = dt.timedelta(minutes=15)

    def lock_for(self, failed: int) -> dt.timedelta | None:
        """How long the account is locked after ``failed`` wrong passwords in all, or None.

        >>> Policy().lock_for(7) is None, Policy().lock_for(8), Policy().lock_for(10)
        (True, datetime.timedelta(seconds=900), datetime.timedelta(seconds=3600))
        """
        if failed < self.failures:
            return None
        return min(self.first_lock * 2 ** min(failed - self.failures, 20), LONGEST)


@dataclass(frozen=True)
class State:
    """What a sign-in page may say: attempts left before the next lock, or the seconds that it is locked."""

    left: int
    locked_seconds: int = 0


def state(session: Session, email: str, policy: Policy, now: dt.datetime) -> State:
    """Where an address stands, account or not."""
    row = _row(session, email)
    if row is None:
        return State(policy.failures)
    return _state(row, policy, now)


def note_failure(engine: sa.Engine, email: str, policy: Policy, now: dt.datetime) -> State:
    """Count one wrong password, in a transaction of its own; answers where the address stands now."""
    with _writing(engine) as session:
        row = _row(session, email, lock=True) or _new_unknown(session, email, now)
        if _state(row, policy, now).locked_seconds == 0:
            row.failed_sign_ins = 1 + (0 if _forgotten(row, now) else row.failed_sign_ins)
            duration = policy.lock_for(row.failed_sign_ins)
            row.locked_until = now + duration if duration else None
            row.last_failed_at = now
        return _state(row, policy, now)


def clear(user: User) -> None:
    """Forget the wrong passwords of an account: after a right one, a reset, or by an administrator."""
    user.failed_sign_ins, user.locked_until, user.last_failed_at = 0, None, None


def is_locked(user: User, now: dt.datetime) -> bool:
    """Whether the account can't be signed in to at the moment."""
    return user.locked_until is not None and user.locked_until > now


def _state(row: User | UnknownSignIn, policy: Policy, now: dt.datetime) -> State:
    if row.locked_until is not None and row.locked_until > now:
        return State(0, math.ceil((row.locked_until - now).total_seconds()))
    return State(policy.failures if _forgotten(row, now) else max(1, policy.failures - row.failed_sign_ins))


def _forgotten(row: User | UnknownSignIn, now: dt.datetime) -> bool:
    """Whether a day has passed since the last wrong password, or since the lock that followed it."""
    if row.last_failed_at is None:
        return True
    return max(row.last_failed_at, row.locked_until or row.last_failed_at) < now - FORGOTTEN_AFTER


def _row(session: Session, email: str, lock: bool = False) -> User | UnknownSignIn | None:
    known = sa.select(User).where(User.email == email.lower())
    unknown = sa.select(UnknownSignIn).where(UnknownSignIn.key == _key(email))
    if lock:
        known, unknown = known.with_for_update(), unknown.with_for_update()
    return session.scalar(known) or session.scalar(unknown)


def _new_unknown(session: Session, email: str, now: dt.datetime) -> UnknownSignIn:
    old = UnknownSignIn.last_failed_at < now - LONGEST - FORGOTTEN_AFTER
    session.execute(sa.delete(UnknownSignIn).where(old))
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(
        insert(UnknownSignIn).values(key=_key(email), failed_sign_ins=0, last_failed_at=now).on_conflict_do_nothing()
    )
    return session.scalars(sa.select(UnknownSignIn).where(UnknownSignIn.key == _key(email)).with_for_update()).one()


def _key(email: str) -> str:
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()


@contextmanager
def _writing(engine: sa.Engine) -> Iterator[Session]:
    with open_session(engine) as session, transaction(session):
        yield session
