"""Suppliers of the demonstration and from whom its parts can be had."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

from core.api import Ctx
from plugins.base.contracts import SupplierData
from plugins.base.services.suppliers import save_supplier
from plugins.inventory.contracts import SourceData
from plugins.inventory.services import suppliers


def fill(ctx: Ctx, rng: random.Random, words: dict[str, Any], made: dict[str, int]) -> list[int]:
    """Two suppliers and for nearly every part one source, for some a second; answers the suppliers."""
    known = [save_supplier(ctx, SupplierData(**entry)).id for entry in words["suppliers"]]
    for n, (code, part_id) in enumerate(made.items()):
        if n == len(made) - 1:
            break
        price = Decimal(rng.randrange(800, 24000)) / 100
        first = SourceData(part_id, known[n % 2], f"{code[-4:]}-{n + 1:02d}", price=price, preferred=n < 3)
        suppliers.save_source(ctx, first)
        if n % 3 == 0:
            other = SourceData(part_id, known[(n + 1) % 2], lead_days=3, minimum=Decimal(5), pack=Decimal(5),
                               price=price + Decimal("1.5"))  # fmt: skip
            suppliers.save_source(ctx, other)
    return known
