"""Reads of what orders wait for."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.api import Ctx, label, rule_choices
from plugins.service.models import Order, PartWait
from plugins.service.part_wait_contracts import SOURCES
from plugins.service.queries.orders import product_group


def standing_wait(ctx: Ctx, order_id: int) -> PartWait | None:
    """The part that an order waits for now."""
    return ctx.session.scalar(sa.select(PartWait).where(PartWait.order_id == order_id, PartWait.state == "waits"))


def waits_of(ctx: Ctx, order_id: int) -> list[PartWait]:
    """All parts that an order waited for, the newest first."""
    query = sa.select(PartWait).where(PartWait.order_id == order_id).order_by(PartWait.id.desc())
    return list(ctx.session.scalars(query))


def sources(ctx: Ctx) -> list[tuple[str, Any]]:
    """(code, words in both languages) of where parts may come from, as the company's table says."""
    return rule_choices(ctx, SOURCES, "source")


def source_choices(ctx: Ctx) -> list[tuple[str, str]]:
    """The same in the language of the moment."""
    return [(code, label(words)) for code, words in sources(ctx)]


def source_facts(order: Order, source: str) -> dict[str, Any]:
    """What the table of sources asks."""
    return {"source": source, "product_group": product_group(order) or None, "region": order.region or None}
