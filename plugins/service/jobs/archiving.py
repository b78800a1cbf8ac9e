"""Archiving closed orders in batches. What still lacks something is named with what it lacks, and stays."""

from __future__ import annotations

from core.api import N_, Outcome, Work
from plugins.service.queries import archive as queries
from plugins.service.services import archiving as services

CHUNK = 25
TOLD = 200
"""So many orders that could not be archived are named; the others are counted."""


def archive_closed(work: Work) -> Outcome:
    """Archive what was closed so many days ago when it was ordered, in the name of who ordered it."""
    days = int(work.params["days"])
    if "until" not in work.cursor:
        with work.reading() as ctx:
            until, work.total = queries.ripe_until(ctx, days).isoformat(), queries.count_ripe(ctx, days)
        work.cursor |= {"until": until, "after": 0, "archived": 0, "kept": 0, "problems": []}
    while True:
        with work.batch() as ctx:
            rows = queries.next_ripe(ctx, work.cursor["until"], work.cursor["after"], CHUNK)
            for order in rows:
                work.cursor["after"] = order.id
                work.done += 1
                missing = services.archive_complete(ctx, order)
                if order.state == "archived":
                    work.cursor["archived"] += 1
                elif missing:
                    work.cursor["kept"] += 1
                    if len(work.cursor["problems"]) < TOLD:
                        problem = {"id": order.id, "number": order.number, "lacks": missing}
                        work.cursor["problems"].append(problem)
        if not rows:
            break
    told = {name: work.cursor[name] for name in ("archived", "kept", "problems")}
    facts = {"archived": told["archived"], "kept": told["kept"]}
    return Outcome(told, N_("{archived} archived; {kept} still lack something."), facts)
