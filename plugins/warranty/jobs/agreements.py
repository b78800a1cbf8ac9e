"""Scheduled work on contracts and on what ends."""

from __future__ import annotations

from core.api import Ctx
from plugins.warranty.services import agreements, follow_ups


def keep_contracts(ctx: Ctx) -> int:
    """Put in force what has begun, end what is over, renew what renews itself."""
    return agreements.keep_contracts(ctx)


def climb_ladder(ctx: Ctx) -> int:
    """Make the steps of the expiry ladder that are due."""
    return follow_ups.climb(ctx)
