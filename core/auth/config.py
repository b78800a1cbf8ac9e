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
    "SIGN_IN_FAILURES": 8,
    "SIGN_IN_LOCK_MINUTES": 15,
    "SIGN_IN_PER_ADDRESS": 30,
    "RESET_REQUESTS_PER_ADDRESS": 5,
    "RESETS_PER_ADDRESS": 10,
    "RATE_LIMIT_MINUTES": 10,
}
"""Wrong passwords until an account locks, minutes of the first lock, and attempts per address and window."""
_SWITCHES = {"MAIL_USE_TLS": False, "MAIL_USE_SSL": False}


def from_environment(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Every value above, from the environment or its default. Raises ConfigurationError for what is no number."""
    values: dict[str, Any] = {name: environ.get(name) or default for name, default in _TEXT.items()}
    for name, number in _NUMBERS.items():
        text = environ.get(name) or str(number)
        if not text.isdigit() or int(text) < 1:
            raise ConfigurationError(f"{name}={text!r} must be a whole number from 1 on")
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
"""Flask-Security as we use it. Roles are ours (per company); mail texts are ours (in the person's language)."""
