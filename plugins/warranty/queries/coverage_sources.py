"""Where the facts of a case come from: periods and the repair register."""

from __future__ import annotations

from plugins.warranty.queries.periods import periods_of
from plugins.warranty.queries.repairs import repair_facts

__all__ = ["periods_of", "repair_facts"]
