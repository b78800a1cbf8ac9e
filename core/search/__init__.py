"""Search: one index over the records of every module, the same on both databases, kept by the worker."""

from core.search.grams import LONGEST_QUERY, SearchText
from core.search.index import (
    Searchable,
    companies_due,
    index_due,
    index_marks,
    mark_everything,
    mark_records,
    take_fresh,
    watch,
)
from core.search.queries import Found, matching, search_records, waiting

__all__ = [
    "LONGEST_QUERY",
    "Found",
    "SearchText",
    "Searchable",
    "companies_due",
    "index_due",
    "index_marks",
    "mark_everything",
    "mark_records",
    "matching",
    "search_records",
    "take_fresh",
    "waiting",
    "watch",
]
