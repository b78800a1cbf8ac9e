"""Chasing what should have come back, in time."""

from __future__ import annotations

from core.api import Ctx
from plugins.service.services import rma


def chase(ctx: Ctx) -> None:
    """Tell whoever the company's table names of returns that are overdue."""
    rma.chase(ctx)
