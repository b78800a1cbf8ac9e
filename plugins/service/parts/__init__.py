"""The parts of service orders: each a module with what it declares and answers. ``PARTS`` names them.

A function of a part that is named like a hook answers that hook; ``PERMISSIONS`` and ``SETTINGS`` are its share of
the manifest.
"""

from __future__ import annotations

from types import ModuleType

from plugins.service.parts import (
    after,
    archive,
    daybook,
    dispatch,
    escalation,
    installation,
    late,
    money,
    orders,
    part_waits,
    plans,
    progress,
    rma,
    rounds,
    slips,
    visits,
    workshop,
)

PARTS: tuple[ModuleType, ...] = (
    orders, dispatch, workshop, visits, money, plans, slips, after, installation, rounds, rma, late, escalation,
    progress, part_waits, daybook, archive,
)  # fmt: skip
