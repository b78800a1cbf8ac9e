"""What signing in takes from the environment: mail server, lock-out, rate limits."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from core import config
from core.auth import passwords
from core.errors import ConfigurationError
from core.i18n import N_

_TEXT = {"MAIL_SERVER": "", "MAIL_USERNAME": None, "MAIL_PASSWORD": None, "MAIL_DEFAULT_SENDER": None}
_NUMBERS = {
    "MAIL_PORT": 25,
    "MAIL_TIMEOUT": 20,
    "MAIL_TRIES": 12,
    "SIGN_IN_FAILURES": 8,
    "SIGN_IN_LOCK_MINUTES": 15,
    "SIGN_IN_PER_ADDRESS": 30,
    "RESET_REQUESTS_PER_ADDRESS": 5,
    "RESETS_PER_ADDRESS": 10,
    "RATE_LIMIT_MINUTES": 10,
    "SECOND_STEP_MINUTES": 10,
}
"""Wrong passwords until an account locks, minutes of the first lock, attempts per address and window, and the
minutes within which the code must follow the password.
"""
_FROM_ZERO = {"SECOND_FACTOR_REMEMBER_DAYS": 0}
"""Days for which a computer on which somebody chose to stay signed in isn't asked for a code; 0 asks each time."""
_SWITCHES = {"MAIL_USE_TLS": False, "MAIL_USE_SSL": False}


def from_environment(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Every value above, from the environment or its default. Raises ConfigurationError for what is no number."""
    values: dict[str, Any] = {name: environ.get(name) or default for name, default in _TEXT.items()}
    for name, number in (_NUMBERS | _FROM_ZERO).items():
        text, least = environ.get(name) or str(number), 0 if name in _FROM_ZERO else 1
        if not text.isdigit() or int(text) < least:
            raise ConfigurationError(f"{name}={text!r} must be a whole number from {least} on")
        values[name] = int(text)
    for name, default in _SWITCHES.items():
        values[name] = environ.get(name, "").strip().lower() in ("1", "true", "yes", "on") or default
    return values


def mail_ready(values: Mapping[str, Any]) -> bool:
    """Whether links can be sent by mail: a server is known, and in production also the address that links begin with.

    Without PUBLIC_URL a link would be made from what the request claims its host to be.
    """
    return bool(values.get("MAIL_SERVER")) and (bool(values.get("PUBLIC_URL")) or not config.production())


SECURITY: dict[str, Any] = {
    "SECURITY_PASSWORD_HASH": "argon2",
    "SECURITY_PASSWORD_SCHEMES": ["argon2"],
    "SECURITY_PASSWORD_SINGLE_HASH": {"argon2"},
    "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": {
        "argon2__type": "id",
        "argon2__memory_cost": passwords.MEMORY_KIB,
        "argon2__time_cost": passwords.TIME_COST,
        "argon2__parallelism": passwords.PARALLELISM,
    },
    "SECURITY_PASSWORD_LENGTH_MIN": passwords.SHORTEST,
    "SECURITY_USER_IDENTITY_ATTRIBUTES": [{"email": {"mapper": str, "case_insensitive": False}}],
    "SECURITY_JOIN_USER_ROLES": False,
    "SECURITY_RETURN_GENERIC_RESPONSES": True,
    "SECURITY_TRACKABLE": True,
    "SECURITY_CHANGEABLE": True,
    "SECURITY_RECOVERABLE": True,
    "SECURITY_RESET_PASSWORD_WITHIN": timedelta(days=1),
    "SECURITY_MSG_GENERIC_AUTHN_FAILED": (N_("The e-mail address or password is not right."), "error"),
    "SECURITY_TWO_FACTOR": True,
    "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["mail"],
    "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
    "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
    "SECURITY_TOTP_ISSUER": "Sanbao",
    "SECURITY_API_ENABLED_METHODS": ["session"],
    "SECURITY_FRESHNESS": timedelta(minutes=-1),
    "SECURITY_LOGOUT_METHODS": ["POST"],
    "SECURITY_POST_LOGIN_VIEW": "web.choose_company",
    "SECURITY_POST_LOGOUT_VIEW": "security.login",
    "SECURITY_POST_CHANGE_VIEW": "auth.account",
    "SECURITY_EMAIL_PLAINTEXT": False,
    "SECURITY_EMAIL_HTML": False,
    "SECURITY_CLI_USERS_NAME": False,
    "SECURITY_CLI_ROLES_NAME": False,
    "REMEMBER_COOKIE_DURATION": timedelta(days=14),
}
"""Flask-Security as we use it. Roles are ours (per company); mail texts are ours (in the person's language).

Of its second factor only the two pages of signing in are used; setting up, keeping and checking are ours
(``core.auth.second_factor``), because its own codes can be replayed and its recovery codes can be read. The method
named above is never offered: naming ``authenticator`` would demand a second package for QR codes.
"""


def second_factor(values: Mapping[str, Any]) -> dict[str, Any]:
    """What Flask-Security wants to know of the second factor, from our own values."""
    days = values["SECOND_FACTOR_REMEMBER_DAYS"]
    return {
        "SECURITY_TOTP_SECRETS": {"1": values["SECOND_FACTOR_KEYS"][0]},
        "SECURITY_TWO_FACTOR_ALWAYS_VALIDATE": days == 0,
        "SECURITY_TWO_FACTOR_LOGIN_VALIDITY": timedelta(days=max(days, 1)),
        "SECURITY_TWO_FACTOR_VALIDITY_COOKIE": {
            "httponly": True,
            "secure": values["SESSION_COOKIE_SECURE"],
            "samesite": "Lax",
            "path": "/",
        },
    }
