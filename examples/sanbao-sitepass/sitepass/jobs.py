"""Scheduled work."""

from __future__ import annotations

from core.api import N_, Ctx, notify, people_with_role
from sitepass import queries


def remind(ctx: Ctx) -> None:
    """Tell the administrators once about each pass that should have gone back."""
    people = people_with_role(ctx, "administrator")
    for row in queries.late_passes(ctx):
        text = N_("Site pass {number} of {holder} should have gone back on {day}")
        notify(
            ctx, people, text, record=row, once=f"sitepass.late.{row.id}", number=row.number, holder=row.holder,
            day=row.back_by,
        )
