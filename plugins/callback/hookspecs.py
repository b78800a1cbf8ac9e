"""Hooks that this plugin offers to others, beside those of the core. Implement them with ``core.api.hookimpl``."""

from __future__ import annotations

from core.api import hookspec


@hookspec
def agent_duty(ctx, user_ids, roster, start, end):
    """Ask: who can work between two moments: a pair of mappings user id → list of (start, end), the duty on the roster
    of that code (None when ``roster`` is empty or not known), and the leave. Nobody answers: everybody works the
    opening hours of the working calendar.
    """
