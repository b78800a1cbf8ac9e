"""The parts of service orders: each a module with what it declares and answers. ``PARTS`` joins them.

A function of a part that is named like a hook answers that hook.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from plugins.service.parts import dispatch, money, orders, plans, visits, workshop

PARTS: tuple[ModuleType, ...] = (orders, dispatch, workshop, visits, money, plans)


def every(hook: str, *given: Any) -> list:
    """What every part answers to a hook, one after the other."""
    answers = [getattr(part, hook)(*given) for part in PARTS if hasattr(part, hook)]
    return [item for answer in answers for item in answer or ()]


def merged(hook: str, *given: Any) -> dict:
    """What every part answers to a hook that answers a mapping."""
    found: dict = {}
    for part in PARTS:
        if hasattr(part, hook):
            found |= getattr(part, hook)(*given)
    return found
