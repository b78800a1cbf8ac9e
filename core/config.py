"""Configuration from the environment: where the database is, how the outside reaches us, secrets made at first
start.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from core.errors import ConfigurationError


def home() -> Path:
    """The folder of this installation's own files (database, key, attachments): ``SANBAO_HOME`` or ``./var``."""
    folder = Path(os.environ.get("SANBAO_HOME", "var")).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def database_url(given: str | None = None) -> str:
    """``DATABASE_URL``, or a SQLite file in the installation's folder. ``postgres://…`` is taken as psycopg 3."""
    url = given or os.environ.get("DATABASE_URL") or f"sqlite:///{home() / 'sanbao.db'}"
    for short in ("postgres://", "postgresql://"):
        if url.startswith(short):
            url = "postgresql+psycopg://" + url.removeprefix(short)
    return url


def production() -> bool:
    """``SANBAO_ENV=production``: no key is made up, cookies need HTTPS."""
    return os.environ.get("SANBAO_ENV") == "production"


def secret_key(name: str = "SECRET_KEY") -> str:
    """The key ``name`` from the environment; else, outside production, one made at first start and kept in a file."""
    given = os.environ.get(name)
    if given:
        if len(given) < 32:
            raise ConfigurationError(
                f"{name} has {len(given)} characters; it needs 32 at least. Make one: openssl rand -hex 32"
            )
        return given
    if production():
        raise ConfigurationError(f"{name} is not set. In production it must be given: {name}=$(openssl rand -hex 32)")
    file = home() / f"{name.lower()}.txt"
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(secrets.token_hex(32))
    return file.read_text().strip()


def known_key(name: str) -> str | None:
    """The key ``name`` as it is set or was made before; None when there is none. Makes nothing."""
    file = home() / f"{name.lower()}.txt"
    return os.environ.get(name) or (file.read_text().strip() if file.exists() else None)


def second_factor_keys() -> list[str]:
    """The keys that protect second factors: ``SECOND_FACTOR_KEY``, several with commas between while one is replaced.

    The first encrypts, all decrypt. Outside production one is made at first start.
    """
    keys = [key.strip() for key in secret_key("SECOND_FACTOR_KEY").split(",")]
    for key in keys:
        if len(key) < 32:
            raise ConfigurationError(
                f"SECOND_FACTOR_KEY holds a key of {len(key)} characters; each needs 32 at least. "
                "Make one: openssl rand -hex 32"
            )
    return keys


def flask_config(overrides: Mapping | None = None) -> dict:
    """Everything that ``create_app`` sets, with ``overrides`` (tests, command line) on top."""
    overrides = dict(overrides or {})
    values = {
        "SQLALCHEMY_DATABASE_URI": database_url(overrides.get("SQLALCHEMY_DATABASE_URI")),
        "SQLALCHEMY_ENGINE_OPTIONS": {"pool_pre_ping": True},
        "SQLITE_SYNCHRONOUS": os.environ.get("SANBAO_SQLITE_SYNCHRONOUS", "FULL"),
        "PUBLIC_URL": os.environ.get("PUBLIC_URL", "").rstrip("/"),
        "TRUST_PROXY": os.environ.get("TRUST_PROXY", "").strip().lower() in ("1", "true", "yes", "on"),
        "SESSION_COOKIE_PATH": "/",
        "REMEMBER_COOKIE_PATH": "/",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "REMEMBER_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SECURE": production(),
        "REMEMBER_COOKIE_SECURE": production(),
        "MAX_CONTENT_LENGTH": 32 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 4 * 1024 * 1024,
        "TEMPLATES_AUTO_RELOAD": not production(),
        "SEND_FILE_MAX_AGE_DEFAULT": 3600,
    }
    if "SECRET_KEY" not in overrides:
        values["SECRET_KEY"] = secret_key()
    if "SECURITY_PASSWORD_SALT" not in overrides:
        values["SECURITY_PASSWORD_SALT"] = secret_key("SECURITY_PASSWORD_SALT")
    if "SECOND_FACTOR_KEYS" not in overrides:
        values["SECOND_FACTOR_KEYS"] = second_factor_keys()
    values.update(overrides)
    return values
