"""Processes that work on the same few parts: ``… URL COMPANY SEED TURNS WRITERS``, so many at once. None: it begins one
for each line ``SEED FILE`` that it reads, tells its id and what is acknowledged in the file, and waits for its end.

They print the key of each posting that was acknowledged, after its transaction was committed; tests kill them.
"""

from __future__ import annotations

import os
import random
import sys
from decimal import Decimal

from core.api import Conflict, Invalid, RecordRef, transaction
from core.registry import Registry
from core.testing import Installation
from plugins.inventory.contracts import Circumstances, ReceiptLine, StockLine
from plugins.inventory.models import Location
from plugins.inventory.services import reserving, stock
from tests.support.databases import installed
from tests.support.stock_site import NOW, ids


def main(url: str, company: str, seed: str, turns: str, writers: str) -> None:
    """Work as so many processes; status 1 where one of them failed."""
    registry = installed()  # once, before the processes part
    if int(writers) == 0:
        for line in sys.stdin:
            one, told = line.split()
            child = os.fork()
            if not child:
                os.dup2(os.open(told, os.O_WRONLY | os.O_CREAT), 1)
                work(url, registry, company, one, turns)
                os._exit(0)
            os.write(1, f"{child}\n".encode())
            os.waitpid(child, 0)
        return
    children = []
    for number in range(int(writers)):
        child = os.fork()
        if not child:
            status = 1
            try:
                work(url, registry, company, f"{seed}{number}", turns)
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    failed = [child for child in children if os.waitpid(child, 0)[1]]
    sys.exit(1 if failed else 0)


def work(url: str, registry: Registry, company: str, seed: str, turns: str) -> None:
    """Reserve and issue, receive, move and reserve for others, at random; what is refused is refused."""
    rng = random.Random(int(seed))
    office = Installation(url, registry).office(company)
    ctx = office.system(NOW)
    parts, places = ids(ctx), ids(ctx, Location)
    ctx.session.close()
    for turn in range(int(turns)):
        ctx = office.system(NOW)
        once = f"{seed}-{turn}"
        ref, given = RecordRef("base.product", rng.randrange(1, 30)), Circumstances("Hammer", once=once)
        codes = rng.sample(["BELT", "OIL"], rng.randrange(1, 3))
        wanted = {parts[code]: Decimal(rng.randrange(1, 4)) for code in codes}
        what = rng.randrange(4)
        try:
            if what == 0:
                lines = [ReceiptLine(part_id, quantity) for part_id, quantity in wanted.items()]
                stock.receive(ctx, lines, places[rng.choice(["MAIN", "NORTH"])], given)
            elif what == 1:
                here, there = rng.sample(["MAIN", "NORTH"], 2)
                lines = [StockLine(part_id, quantity, places[here]) for part_id, quantity in wanted.items()]
                stock.transfer(ctx, lines, places[there], given)
            elif what == 2:
                reserving.reserve(ctx, ref, wanted, partial=True)
                once = ""
            else:
                with transaction(ctx):
                    reserving.reserve(ctx, ref, wanted, partial=True)
                    reserving.issue_reserved(ctx, ref, None, given)
        except (Conflict, Invalid):
            once = ""
        if once:
            os.write(1, f"{once}\n".encode())
        ctx.session.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
