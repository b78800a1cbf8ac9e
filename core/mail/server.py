"""The mail server of this installation, as the environment says."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from core.auth import config


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over, and as whom. Without ``host`` none is sent: it waits until there is a server."""

    host: str = ""
    port: int = 25
    username: str | None = None
    password: str | None = None
    use_tls: bool = False
    use_ssl: bool = False
    timeout: float = 20
    sender: str = ""
    """The address that mail is from where a company has no address of its own: ``Sanbao <sanbao@example.com>``."""
    tries: int = 12
    """After so many failures in a row a mail is parked: half a minute, one, two, four … four hours apart."""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> MailServer:
        """From ``MAIL_*`` and ``PUBLIC_URL`` as they stand in a configuration."""
        host = values.get("MAIL_SERVER") or ""
        named = urlsplit(values.get("PUBLIC_URL") or "").hostname or host or "localhost"
        return cls(
            host=host,
            port=values["MAIL_PORT"],
            username=values["MAIL_USERNAME"],
            password=values["MAIL_PASSWORD"],
            use_tls=values["MAIL_USE_TLS"],
            use_ssl=values["MAIL_USE_SSL"],
            timeout=values["MAIL_TIMEOUT"],
            sender=values["MAIL_DEFAULT_SENDER"] or f"Sanbao <sanbao@{named}>",
            tries=values["MAIL_TRIES"],
        )

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> MailServer:
        """Raises ConfigurationError for a value that is no number."""
        return cls.of({**config.from_environment(environ), "PUBLIC_URL": environ.get("PUBLIC_URL", "")})
