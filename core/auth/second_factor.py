"""The second factor without Flask: codes from an authenticator app, and recovery codes for the day the phone is gone.

Secrets are kept encrypted and recovery codes as keyed digests, both under keys of the installation, so that a copy of
the database alone opens no account. A code works once: the step of time in which one was taken is kept, and nothing up
to it is taken again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets
import uuid
from collections.abc import Sequence

import segno
from passlib.totp import TOTP, AppWallet, TokenError

from core.auth.models import User

METHOD = "authenticator"
RECOVERY_CODES = 10
STEP = 30
"""Seconds that a code lives. One step before and after are taken too, for clocks that go wrong."""
_READABLE = "23456789abcdefghjkmnpqrstuvwxyz"


class SecondFactor:
    """Makes and checks codes under the installation's keys; the first encrypts, all of them decrypt."""

    def __init__(self, keys: Sequence[str]):
        self._keys = [key.encode() for key in keys]
        tags = {hashlib.sha256(key).hexdigest()[:8]: key for key in self._keys}
        wallet = AppWallet(tags, default_tag=next(iter(tags)))
        self._totp = TOTP.using(issuer="Sanbao", period=STEP, wallet=wallet)

    def new_secret(self) -> str:
        """A new secret, encrypted: it may be kept in a cookie or in the database as it is."""
        return self._totp.new().to_json(encrypt=True)

    def readable(self, secret: str) -> str:
        """The secret for typing into an app, in groups of four."""
        return self._totp.from_source(secret).pretty_key(sep=" ")

    def picture(self, secret: str, email: str) -> str:
        """The secret as a QR code for the app's camera: the address of an SVG, for ``<img src>``."""
        address = self._totp.from_source(secret).to_uri(label=email)
        return segno.make(address, error="m").svg_data_uri(scale=5, light="#fff", dark="#000")

    def take_first(self, secret: str, code: str, now: dt.datetime) -> int | None:
        """The step of time of a right code for a secret that is about to be set up; None for a wrong one."""
        return self._step(secret, code, now, None)

    def take(self, user: User, code: str, now: dt.datetime) -> bool:
        """Take a code of the account's app. The account's row must be locked, or one code could be taken twice."""
        if not user.tf_totp_secret:
            return False
        step = self._step(user.tf_totp_secret, code, now, user.tf_last_step)
        if step is None:
            return False
        user.tf_last_step = step
        return True

    def _step(self, secret: str, code: str, now: dt.datetime, last: int | None) -> int | None:
        digits = re.sub(r"\s", "", code)
        if not re.fullmatch(r"[0-9]{6}", digits):
            return None
        try:
            match = self._totp.verify(digits, secret, time=now, window=STEP, last_counter=last)
        except TokenError:
            return None
        return match.counter

    def set_up(self, user: User, secret: str, step: int) -> list[str]:
        """Give the account its second factor; answers its recovery codes, to be shown once. Other sessions end."""
        user.tf_primary_method, user.tf_totp_secret, user.tf_last_step = METHOD, secret, step
        user.fs_uniquifier = uuid.uuid4().hex
        return self.renew_recovery_codes(user)

    def renew_recovery_codes(self, user: User) -> list[str]:
        """New recovery codes instead of the old ones, to be shown once; only their digests are kept."""
        codes = ["-".join(_group() for _i in range(3)) for _code in range(RECOVERY_CODES)]
        user.mf_recovery_codes = [self._digest(self._keys[0], user, code) for code in codes]
        return codes

    def take_recovery_code(self, user: User, code: str) -> bool:
        """Take one of the account's recovery codes away. The account's row must be locked."""
        kept = list(user.mf_recovery_codes or ())
        offered = {self._digest(key, user, code) for key in self._keys}
        rest = [digest for digest in kept if digest not in offered]
        if len(rest) == len(kept):
            return False
        user.mf_recovery_codes = rest
        return True

    def are_recovery_codes(self, user: User, codes: Sequence[str]) -> bool:
        """Whether all of these are recovery codes of the account that were not used yet."""
        kept = set(user.mf_recovery_codes or ())
        return bool(codes) and all(self._digest(self._keys[0], user, code) in kept for code in codes)

    def _digest(self, key: bytes, user: User, code: str) -> str:
        plain = re.sub(r"[^0-9a-z]", "", code.lower())
        return hmac.new(key, f"recovery code {user.id} {plain}".encode(), hashlib.sha256).hexdigest()


def _group() -> str:
    return "".join(secrets.choice(_READABLE) for _i in range(4))


def remove(user: User) -> None:
    """Take the second factor and the recovery codes from an account; every session of it ends."""
    user.tf_primary_method = user.tf_totp_secret = user.tf_last_step = user.mf_recovery_codes = None
    user.fs_uniquifier = uuid.uuid4().hex
