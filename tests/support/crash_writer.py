"""A process that takes things in, one transaction each, and says which were acknowledged: ``… URL COMPANY FIRST LAST``.

It is killed at any moment by the tests of crashes. A number is printed only after its transaction was committed.
"""

from __future__ import annotations

import os
import sys

from core.testing import Installation
from tests.support.probe_site import load_registry, office


def main(url: str, company: str, first: str, last: str) -> None:
    """Make the items numbered ``first`` to ``last``, printing each number once it is safely in the database."""
    place = office(Installation(url, load_registry()), company)
    from probe.services import make_item

    for number in range(int(first), int(last) + 1):
        ctx = place.system()
        make_item(ctx, f"P{number}", text=str(number))
        os.write(1, b"%d\n" % number)
        ctx.session.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
