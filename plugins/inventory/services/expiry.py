"""Telling in time what expires (STO-15, INS-12)."""

from __future__ import annotations

from core.api import N_, Ctx, get_setting, notify, people_with_role, transaction
from plugins.inventory.queries import expiry as queries
from plugins.inventory.queries.parts import plain_quantity
from plugins.inventory.rules.expiry import OVER, step_of

AT_ONCE = 2000
"""So many batches are looked at in one run; those that end first come first."""


def warn_of_expiry(ctx: Ctx) -> int:
    """Scheduled: tell who keeps the stock of every batch that comes to a step before its end, or has ended, each once
    for each step; answers how many lines were put into inboxes.
    """
    with transaction(ctx):
        people = people_with_role(ctx, str(get_setting(ctx, "inventory.expiry_told")))
        usual = queries.steps(ctx)
        told = 0
        for row in queries.ending(ctx, AT_ONCE) if people else ():
            part = row.batch.part
            own = [part.warn_days] if part.warn_days is not None else usual
            step = step_of((row.until - ctx.today).days, own)
            if step is None:
                continue
            text = N_("Batch {number} of {part} expires on {day}: {quantity} in stock")
            if step == OVER:
                text = N_("Batch {number} of {part} expired on {day}: {quantity} in stock, to be set apart")
            once = f"expiry {row.batch.id} {row.until.isoformat()} {step}"
            amount = f"{plain_quantity(row.quantity)} {part.measure.name}"
            told += notify(
                ctx, people, text, record=row.batch, once=once, number=row.batch.number, part=part.code,
                day=row.until.isoformat(), quantity=amount,
            )  # fmt: skip
        return told
