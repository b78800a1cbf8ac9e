"""A draft tried on past cases, and how often rows fired: read from stored decisions, changing nothing."""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from core.context import Ctx
from core.decisions.company_names import with_names
from core.decisions.compare import Case, Trial, trial
from core.decisions.compiled import compile_table, facts_from_data
from core.decisions.model import Column, Table
from core.decisions.parsing import from_data
from core.decisions.store import DecisionTable, DecisionVersion, StoredDecision, compiled_version, shipped_table
from core.events import RecordRef
from core.settings import get_setting

CASES = 2_000
"""So many past cases are tried within a request, the newest first."""

COUNTED = 20_000
"""So many decisions are read to count how often each row fired."""


@dataclass(frozen=True)
class PastCase:
    """Where a past case comes from: a record that was decided, or a case that the module named."""

    label: str = ""
    kind: str = ""
    record_id: int | None = None
    at: dt.datetime | None = None


@dataclass(frozen=True)
class DraftTrial:
    """A draft tried: ``result`` holds the cases (their ids are PastCase).

    ``days`` is how far back they go, None where the module itself names the cases.

    ``cut`` is true when there were more cases than were looked at. ``new_inputs`` are the draft's conditions that the
    version before didn't have: past cases may lack those facts.
    """

    result: Trial
    days: int | None
    cut: bool
    new_inputs: tuple[Column, ...]


@dataclass(frozen=True)
class Hits:
    """How often each row of one version fired (by row number), and how often none did."""

    rows: Mapping[int, int]
    none: int = 0
    cut: bool = False
    """There were more decisions; only the newest were counted."""

    @property
    def total(self) -> int:
        """All decisions that were counted, under ``collect`` each row that fired."""
        return sum(self.rows.values()) + self.none


def trial_days(ctx: Ctx) -> int:
    """How many days back a trial looks in this company."""
    return get_setting(ctx, "core.rules.trial_days")


def hits_since(ctx: Ctx) -> dt.datetime:
    """From when on the hits of rules are counted in this company."""
    return ctx.now - dt.timedelta(days=hits_days(ctx))


def hits_days(ctx: Ctx) -> int:
    """Over how many days the hits of rules are counted in this company."""
    return get_setting(ctx, "core.rules.hits_days")


def hits_of(ctx: Ctx, version: DecisionVersion, name: str, since: dt.datetime) -> Hits:
    """How often each row of a version fired since a moment, over its newest decisions. Counted by the database."""
    newest = (
        sa.select(sa.cast(StoredDecision.rows, sa.Text).label("fired"))
        .where(
            StoredDecision.table_name == name,
            StoredDecision.version_id == version.id,
            StoredDecision.made_at >= since,
        )
        .order_by(StoredDecision.id.desc())
        .limit(COUNTED)
        .subquery()
    )
    counted = sa.select(newest.c.fired, sa.func.count()).group_by(newest.c.fired)
    rows: dict[int, int] = {}
    none = total = 0
    for text, count in ctx.session.execute(counted):
        fired = json.loads(text)
        total += count
        none += 0 if fired else count
        for number in fired:
            rows[number] = rows.get(number, 0) + count
    return Hits(rows, none, total == COUNTED)


def hits_by_table(ctx: Ctx, names: list[str], since: dt.datetime) -> dict[str, int]:
    """How many decisions each of these tables took since a moment."""
    query = (
        sa.select(StoredDecision.table_name, sa.func.count(StoredDecision.id))
        .where(StoredDecision.table_name.in_(names), StoredDecision.made_at >= since)
        .group_by(StoredDecision.table_name)
    )
    return dict(ctx.session.execute(query).all())


def try_draft(
    ctx: Ctx, table: DecisionTable, base: DecisionVersion, draft: Mapping, defaults: Mapping[str, object] | None = None
) -> DraftTrial:
    """What the draft would have decided otherwise than ``base`` on the company's past cases. Nothing is changed.

    ``defaults`` are facts for conditions that past cases know nothing of; without one such a case is undecidable.
    """
    shipped = shipped_table(ctx, table)
    old = compile_table(with_names(ctx, compiled_version(ctx, base.id).table, shipped))
    new = compile_table(with_names(ctx, from_data(draft), shipped))
    known = {column.name for column in old.table.inputs}
    cases, cut = _past_cases(ctx, table, [old.table, new.table])
    return DraftTrial(
        trial(old, new, cases, defaults),
        None if _names_cases(ctx, table) else trial_days(ctx),
        cut,
        tuple(column for column in new.table.inputs if column.name not in known),
    )


def _past_cases(ctx: Ctx, table: DecisionTable, readers: list[Table]) -> tuple[list[Case], bool]:
    """The newest cases within the company's trial days, and whether there are more than were taken."""
    named_by = _names_cases(ctx, table)
    if named_by is not None:
        named = list(named_by(ctx, CASES + 1))
        return [Case(_named(label), facts) for label, facts in named[:CASES]], len(named) > CASES
    since = ctx.now - dt.timedelta(days=trial_days(ctx))
    query = (
        sa.select(StoredDecision)
        .where(StoredDecision.table_name == table.name, StoredDecision.made_at >= since)
        .order_by(StoredDecision.id.desc())
        .limit(CASES + 1)
    )
    stored = list(ctx.session.scalars(query))
    cases = [
        Case(PastCase("", s.record_kind, s.record_id, s.made_at), _typed(readers, s.facts)) for s in stored[:CASES]
    ]
    return cases, len(stored) > CASES


def _names_cases(ctx: Ctx, table: DecisionTable) -> Callable[[Ctx, int], Iterable[tuple[object, dict]]] | None:
    """How the module names past cases of this table, if it does."""
    definition = ctx.registry.table_def(table.name)
    if definition is None or definition.cases is None or not definition.many:
        return definition.cases if definition is not None else None
    return functools.partial(definition.cases, name=table.name)


def _named(label: object) -> PastCase:
    return PastCase("", label.kind, label.id) if isinstance(label, RecordRef) else PastCase(str(label))


def _typed(readers: list[Table], facts: Mapping) -> Mapping[str, object]:
    """Stored facts as the types that the tables read; facts that neither of them knows stay as they are."""
    for table in readers:
        facts = facts_from_data(table, facts)
    return facts
