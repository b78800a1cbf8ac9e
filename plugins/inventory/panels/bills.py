"""What is in a part and in what it is, on the page of the part."""

from __future__ import annotations

from typing import Any

from core.api import Ctx, Panel, _
from plugins.inventory.models import Part
from plugins.inventory.queries import bills as queries

SEE = "inventory.part.view"
SHOWN = 30


def panels_for(ctx: Ctx, record: Any) -> list[Panel]:
    """Two panels at most: "Made of" and "Used in"."""
    if not isinstance(record, Part) or not ctx.can(SEE):
        return []
    found = []
    for title, rows, side in (
        (_("Made of"), queries.inside(ctx, record.id, SHOWN + 1), "part"),
        (_("Used in"), queries.used_in(ctx, record.id, SHOWN + 1), "assembly"),
    ):
        if rows:
            data = {"rows": rows[:SHOWN], "more": len(rows) > SHOWN, "side": side, "part": record}
            found.append(Panel(title, "inventory/_assembly.html", data, "side", 60))
    return found
