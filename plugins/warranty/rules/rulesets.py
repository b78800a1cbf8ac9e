"""Rule sets as data: those that are shipped, with the columns they may have and the cases they must decide right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.api import Table, facts_from_data, read_exact_file, table_from_data

FOLDER = Path(__file__).parents[1] / "data" / "coverage"
KIND = "warranty.coverage"
OWN = "own"
"""The file of the kind's own table: the company's terms where no rule set is chosen."""
SHIPPED = ("appliances", "phones")
"""Codes of the rule sets that stand for a regulation."""


@dataclass(frozen=True)
class RuleCase:
    """A case of which it is known how it must be decided. ``row`` is the id of the row, None for a referral."""

    name: Mapping[str, str]
    facts: Mapping[str, Any]
    row: str | None
    then: Mapping[str, Any]


def table_name(code: str) -> str:
    """The table of a rule set; an empty code means the company's own terms."""
    return f"{KIND}.{code}" if code else KIND


def code_of(table: str) -> str:
    """The rule set of a table; empty for the company's own terms."""
    return table.removeprefix(KIND).removeprefix(".")


@lru_cache(maxsize=1)
def columns() -> dict[str, Any]:
    """A definition with every fact that the module finds or asks, and every result that it reads."""
    return read_exact_file(FOLDER / "columns.yaml")


def definition(code: str) -> dict[str, Any]:
    """What a rule set says as shipped: its file, the columns written out in full."""
    body = read_exact_file(FOLDER / f"{code or OWN}.yaml")
    known = columns()
    return {
        **body,
        "name": table_name(code),
        "inputs": [_column(known["inputs"], name) for name in body["inputs"]],
        "outputs": [_column(known["outputs"], name) for name in body["outputs"]],
    }


def chooser() -> dict[str, Any]:
    """The table that says which rule set decides, as shipped."""
    return read_exact_file(FOLDER / "rule_set.yaml")


@lru_cache(maxsize=1)
def whole() -> Table:
    """The columns as a table."""
    return table_from_data(columns())


def facts_of(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Facts kept as plain data (or typed already) as values of their columns."""
    return facts_from_data(whole(), stored)


def results_of(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Results kept as plain data as values of their columns."""
    kinds = {column.name: column.type for column in whole().outputs}
    return {
        name: Decimal(str(value)) if value is not None and kinds.get(name) == "decimal" else value
        for name, value in stored.items()
    }


@lru_cache(maxsize=16)
def cases(code: str) -> tuple[RuleCase, ...]:
    """The cases that come with a shipped rule set, every fact typed; none for one that a company made."""
    path = FOLDER / "cases" / f"{code or OWN}.yaml"
    return tuple(_cases(read_exact_file(path))) if path.exists() else ()


def _cases(data: Mapping[str, Any]) -> Iterator[RuleCase]:
    for case in data["cases"]:
        facts = facts_of({**data["facts"], **case.get("facts", {})})
        yield RuleCase(case["name"], facts, case["row"], case.get("then", {}))


def _column(known: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(column for column in known if column["name"] == name)
