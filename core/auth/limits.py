"""How often one address may try: fixed windows, counted in the database, so that every web process counts together."""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import math

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.auth.models import RateLimit


def hit(engine: sa.Engine, what: str, whom: str, limit: int, window: dt.timedelta, now: dt.datetime) -> int | None:
    """Count one attempt. Answers None while there are at most ``limit`` in the window, else the seconds to wait.

    Commits at once, on a connection of its own: a refused or failed request is counted too.
    """
    key = f"{what}:{hashlib.sha256(whom.encode()).hexdigest()[:32]}"
    insert = (postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert)(RateLimit)
    over = RateLimit.window_ends <= now
    counted = (
        insert.values(key=key, hits=1, window_ends=now + window)
        .on_conflict_do_update(
            index_elements=["key"],
            set_={
                "hits": sa.case((over, 1), else_=RateLimit.hits + 1),
                "window_ends": sa.case((over, insert.excluded.window_ends), else_=RateLimit.window_ends),
            },
        )
        .returning(RateLimit.hits, RateLimit.window_ends)
    )
    with engine.connect().execution_options(sanbao_write=True) as connection:
        with connection.begin():
            hits, ends = connection.execute(counted).one()
        if hits == 1:
            with connection.begin():  # apart, holding no other row, so that two clean-ups can't wait for each other
                connection.execute(sa.delete(RateLimit).where(RateLimit.window_ends <= now))
    if hits <= limit:
        return None
    return max(1, math.ceil((ends - now).total_seconds()))


def network_of(address: str | None) -> str:
    """Whom an address belongs to: itself, or for IPv6 its /64, which one subscriber has whole."""
    if not address:
        return "unknown"
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed)
