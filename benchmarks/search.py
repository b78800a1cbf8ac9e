"""The search box at a hundred thousand and at a million records.

``python -m benchmarks.search [--records N …] [--db sqlite|postgresql]``. Names of two characters, phone numbers, serial
numbers, common words, and words that nobody has. To reach: a million records take no longer than 1.5 times as long as
a hundred thousand, by the processor's time.
"""

from __future__ import annotations

import argparse
import random

import sqlalchemy as sa

from benchmarks.common import KINDS, databases, timed
from benchmarks.intake import office_for
from core.db import bulk_insert, transaction
from core.search import search_records
from core.search.grams import SearchText, grams_of
from core.search.index import SearchEntry, SearchGram
from core.testing import Office

KIND = "base.customer"
_FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华建国志文斌红梅玉兰晓东海波鹏辉琴云"
_SLICE = 2_000


def _text(number: int) -> SearchText:
    random.seed(number)
    name = random.choice(_FAMILY) + "".join(random.choices(_GIVEN, k=random.choice((1, 2))))
    phone = f"13{random.randrange(10**9):09}"
    return SearchText(f"{name}农机合作社", f"KH{number:07}", (phone, f"SN{random.randrange(10**10):010}"))


def fill(office: Office, records: int) -> None:
    """Add entries until there are so many."""
    have = office.system().session.scalar(sa.select(sa.func.count(SearchEntry.id))) or 0
    for first in range(have, records, _SLICE):
        office.installation.close_sessions()
        ctx = office.system()
        with transaction(ctx):
            texts = [(n, _text(n)) for n in range(first + 1, min(records, first + _SLICE) + 1)]
            rows = [
                {"kind": KIND, "record_id": n, "title": t.title, "detail": t.detail, "haystack": t.haystack}
                for n, t in texts
            ]
            ids = bulk_insert(ctx, SearchEntry, rows, SearchEntry.id)
            pairs = zip(ids, (t for _n, t in texts), strict=True)
            bulk_insert(
                ctx, SearchGram, [{"gram": g, "entry_id": i} for i, t in pairs for g in sorted(grams_of(t.haystack))]
            )
    with office.installation.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")


def measure(kind: str, url: str, sizes: list[int], count: int) -> None:
    """Report each sort of query at each size."""
    office = office_for(url, "OFF")
    for size in sizes:
        fill(office, size)
        known = [_text(1 + n * 37 % min(sizes)) for n in range(count)]
        asked = {
            "a name": [t.title[: -len("农机合作社")] for t in known],
            "a phone number": [t.words[0] for t in known],
            "the last four digits": [t.words[0][-4:] for t in known],
            "a part of a serial number": [t.words[1][2:9] for t in known],
            "a word that all have": ["农机合作社"] * count,
            "a family name and a word that all have": [f"{t.title[0]} 合作社" for t in known],
            "what nobody has": ["瑞典 99887766554"] * count,
        }
        ctx = office.ctx("base.customer.view")
        for name, queries in asked.items():
            timed(f"search {size:,} records: {name}", kind, count, lambda i, q=queries, c=ctx: search_records(c, q[i]))
    office.installation.close()


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--count", type=int, default=100, help="queries of each sort")
    parser.add_argument("--db", choices=(*KINDS, "both"), default="both")
    given = parser.parse_args(argv)
    with databases(KINDS if given.db == "both" else (given.db,)) as made:
        for kind, url in made:
            measure(kind, url, sorted(given.records), given.count)


if __name__ == "__main__":
    main()
