"""Believable records for the demonstration."""

from __future__ import annotations

from core.api import Ctx


def fill(ctx: Ctx, seed: int) -> None:
    """Fill later."""
