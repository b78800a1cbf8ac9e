"""Names for the codes in a company's tables: its units, roles, calendars and people, and choices of its other tables.

A text column says ``of: units``, or ``of: complaints.severity:severity`` for the choices of a column elsewhere; pages
then show and offer names, while the table keeps the codes. A name is no limit: what the company doesn't know is told,
not refused, because a unit may come later than the rule about it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import sqlalchemy as sa

from core.auth.models import User
from core.calendar_store import WorkingCalendar
from core.companies.models import Membership, OrgUnit, Role
from core.context import Ctx
from core.decisions.compiled import Decision
from core.decisions.model import MANY_VALUE_OPS, Choice, Column, Table
from core.errors import NotFound

D = TypeVar("D", bound=Decision)
MOST = 2_000
"""So many names of a sort are offered; a company with more types the codes of the others."""


@dataclass(frozen=True)
class UnknownName:
    """A code in a table that names nothing of the company; ``row`` is None for the default."""

    row: int | None
    column: Column
    code: str


def with_names(ctx: Ctx, table: Table, shipped: Table | None = None, *, closed: bool = False) -> Table:
    """The table, its text columns that hold codes of the company with the names of these.

    What a column holds is taken from ``shipped`` where the company's own version does not say it yet. Units that are
    closed have no name here unless ``closed``: a rule that names one is to be changed, a past decision is not.
    """
    known = {c.name: c.of for c in (*shipped.inputs, *shipped.outputs)} if shipped is not None else {}
    return replace(
        table,
        inputs=tuple(_named(ctx, column, known, closed) for column in table.inputs),
        outputs=tuple(_named(ctx, column, known, closed) for column in table.outputs),
    )


def decision_with_names(ctx: Ctx, decision: D, shipped: Table | None = None) -> D:
    """The decision, to be told with the names of the company's units, roles, calendars and people."""
    table = with_names(ctx, decision.compiled.table, shipped, closed=True)
    if table == decision.compiled.table:
        return decision
    compiled, told = copy.copy(decision.compiled), copy.copy(decision)
    compiled.table, compiled.clauses = table, {}
    told.compiled = compiled
    return told


def unknown_names(table: Table) -> Iterator[UnknownName]:
    """Codes that the company does not know, row by row, in a table that has names."""
    for number, row in enumerate(table.rows, start=1):
        for column in table.inputs:
            cell = row.when.get(column.name)
            if cell is not None and cell.op in ("equals", "not", *MANY_VALUE_OPS[:2]):
                yield from (UnknownName(number, column, str(v)) for v in cell.values if _is_unknown(column, v))
        yield from _unknown_outputs(table, number, row.then)
    yield from _unknown_outputs(table, None, table.default or {})


def _unknown_outputs(table: Table, row: int | None, then) -> Iterator[UnknownName]:
    for column in table.outputs:
        value = then.get(column.name)
        if value is not None and _is_unknown(column, value):
            yield UnknownName(row, column, str(value))


def _is_unknown(column: Column, value: object) -> bool:
    return bool(column.of and column.choices) and column.choice(value) is None


def _named(ctx: Ctx, column: Column, known: dict[str, str], closed: bool) -> Column:
    of = column.of or known.get(column.name, "")
    if column.type != "str" or not of:
        return column
    return replace(column, of=of, choices=_names(ctx, of, closed))


def _names(ctx: Ctx, of: str, closed: bool) -> tuple[Choice, ...]:
    """Read once per Ctx."""
    kept: dict[tuple[str, bool], tuple[Choice, ...]] = ctx.memo.setdefault("rule_names", {})
    if (of, closed) not in kept:
        if ":" in of:
            sort, _colon, kind = of.partition(":")
            kept[of, closed] = _tables(ctx, kind) if sort == "tables" else _choices_elsewhere(ctx, of)
            return kept[of, closed]
        query = _QUERIES[of]().limit(MOST)
        if of == "units" and not closed:
            query = query.where(OrgUnit.active.is_(True))
        rows = ctx.session.execute(query)
        named = [(code, name.get("label") if of == "calendars" else name) for code, name in rows]
        kept[of, closed] = tuple(Choice(code, name or code) for code, name in named)
    return kept[of, closed]


def _tables(ctx: Ctx, kind: str) -> tuple[Choice, ...]:
    """The tables of a kind that the company has beside the kind's own, by the last part of their names."""
    from core.decisions.kinds import body_of, tables_of_kind

    found = [table.name for table in tables_of_kind(ctx, kind) if table.name != kind]
    return tuple(Choice(name[len(kind) + 1 :], body_of(ctx, name)["label"]) for name in found)


def _choices_elsewhere(ctx: Ctx, of: str) -> tuple[Choice, ...]:
    """The choices of a column of another table of the company, as in force now; none while it has no such table."""
    from core.decisions.store import rule_choices

    table, column = of.split(":")
    try:
        return tuple(Choice(value, text) for value, text in rule_choices(ctx, table, column))
    except NotFound:
        return ()


_QUERIES = {
    "units": lambda: sa.select(OrgUnit.code, OrgUnit.name).order_by(OrgUnit.name, OrgUnit.id),
    "roles": lambda: sa.select(Role.code, Role.name).order_by(Role.code),
    "calendars": lambda: sa.select(WorkingCalendar.code, WorkingCalendar.body).order_by(WorkingCalendar.code),
    "people": lambda: (
        sa.select(User.email, User.name)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.active.is_(True))
        .order_by(User.name, User.id)
    ),
}
