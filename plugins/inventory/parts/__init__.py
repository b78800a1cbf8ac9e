"""The parts of inventory: each a module with what it declares and answers. ``PARTS`` names them.

A function of a part that is named like a hook answers that hook; ``PERMISSIONS`` and ``SETTINGS`` are its share of
the manifest.
"""

from __future__ import annotations

from types import ModuleType

from plugins.inventory.parts import (
    catalogue,
    evaluation,
    expiry,
    holding,
    importing,
    ledger,
    loaners,
    ordering,
    orders,
    part_requests,
    pricing,
    purchasing,
    quality,
    reorder,
    scanning,
    sterility,
    stocktake,
    suppliers,
    tools,
    transfers,
)

PARTS: tuple[ModuleType, ...] = (
    catalogue, ledger, orders, suppliers, reorder, purchasing, ordering, importing, pricing, evaluation,
    holding, expiry, sterility, scanning, quality, stocktake, transfers, part_requests,
    loaners, tools,
)  # fmt: skip
