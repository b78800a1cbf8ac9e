"""Cases on the pages of rule tables: one tried by hand, and past ones under a draft."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import request, url_for

from core.context import Ctx
from core.decisions.celltext import parse_value_text
from core.decisions.compare import Trial, TrialCase
from core.decisions.compiled import Decision, compile_table
from core.decisions.errors import FactError
from core.decisions.model import Column, Table
from core.decisions.parsing import from_data
from core.decisions.store import DecisionTable, DecisionVersion
from core.decisions.trials import DraftTrial, PastCase, try_draft
from core.decisions.values import Unfit
from core.decisions.words import column_words, explain, outputs_words, value_words, why_not_words, words_of
from core.i18n import _
from core.paging import Pager
from core.web.shell import may_open
from core.web.ui import Tab

RecordLinks = dict[tuple[str, int | None], tuple[str, str]]
"""(kind, id) of a record → what people call it, and its address."""

GROUPS = ("changed", "no_row", "undecidable")
PAGE = 50


# --- a case tried by hand -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FactField:
    """One fact to enter: its form field, label, kind of control, choices, and what was entered."""

    name: str
    label: str
    type: str
    unit: str
    choices: tuple[tuple[str, str], ...]
    required: bool
    value: str = ""
    error: str = ""


@dataclass(frozen=True)
class CaseView:
    """The form for one case and, once it was sent, what the table says: ``rows`` are (number, fits, why not),
    those that count first, then the nearest."""

    fields: tuple[FactField, ...]
    asked: bool = False
    verdict: str = ""
    row: int | None = None
    sentence: str = ""
    rows: tuple[tuple[int, bool, str], ...] = ()
    changes: tuple[str, ...] = ()


def case_view(table: Table, args: Mapping[str, str]) -> CaseView:
    """The try-a-case form of a table, answered when ``args`` carries ``case``."""
    asked = "case" in args
    facts, errors = entered_facts(table, args) if asked else ({}, {})
    decision = None
    if asked and not errors:
        try:
            decision = compile_table(table).decide(facts)
        except FactError as error:
            errors = {problem.fact: problem.text() for problem in error.problems}
    fields = tuple(fact_field(column, args, errors) for column in table.inputs)
    if decision is None:
        return CaseView(fields, asked)
    told = explain(decision)
    rows = [(n, True, "") for n in decision.row_numbers]
    rows += [(n, False, words) for n, words in why_not_words(decision)]
    return CaseView(
        fields, True, verdict_words(decision), decision.row_number, told.headline, tuple(rows), tuple(told.changes)
    )


def entered_facts(table: Table, args: Mapping[str, str]) -> tuple[dict, dict[str, str]]:
    """Facts as entered in the fields ``f.<name>`` of a form, typed, and what is wrong with the others, by name."""
    facts: dict[str, object] = {}
    errors: dict[str, str] = {}
    for column in table.inputs:
        try:
            value = parse_value_text(column, args.get(f"f.{column.name}", ""))
        except Unfit as unfit:
            errors[column.name] = _(unfit.problem.message, **unfit.problem.params)
            continue
        if value is not None:
            facts[column.name] = value
    return facts, errors


def fact_field(column: Column, args: Mapping[str, str], errors: Mapping[str, str]) -> FactField:
    """The field in which the fact of a column is entered, with its value from ``args`` and its mistake, if any."""
    choices = [(c.value, words_of(c.label)) for c in column.choices]
    if column.type == "bool":
        choices = [("true", _("yes")), ("false", _("no"))]
    return FactField(
        name=f"f.{column.name}",
        label=column_words(column),
        type={"date": "date", "int": "number"}.get(column.type, "text"),
        unit=words_of(column.unit),
        choices=tuple(choices),
        required=not column.optional,
        value=_entered(column, args.get(f"f.{column.name}", "")),
        error=errors.get(column.name, ""),
    )


def _entered(column: Column, text: str) -> str:
    """What was entered, a choice by its value so that its list shows it however it was written."""
    if column.type not in ("choice", "bool"):
        return text
    try:
        value = parse_value_text(column, text)
    except Unfit:
        return text
    return str(value).lower() if isinstance(value, bool) else str(value or "")


def verdict_words(decision: Decision) -> str:
    """What a decision says, in words."""
    table = decision.compiled.table
    if decision.outcome == "refer":
        return words_of(table.refer) or _("A person has to decide")
    return _("; ").join(outputs_words(table, outputs) for outputs in decision.all_outputs)


def _short_verdict(decision: Decision) -> str:
    """The values of a decision without the names of their columns, for a list where the columns are the same."""
    table = decision.compiled.table
    if decision.outcome == "refer":
        return verdict_words(decision)
    told = [
        _(", ").join(value_words(c, outputs[c.name]) for c in table.outputs if outputs.get(c.name) is not None)
        for outputs in decision.all_outputs
    ]
    return " / ".join(told)


# --- past cases under a draft ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Side:
    """One side of a changed case: what was decided and by which row."""

    verdict: str
    row: str
    url: str = ""


@dataclass(frozen=True)
class CaseRow:
    """A past case in the list: the record it belongs to, the facts that counted, before and after."""

    label: str
    url: str
    at: dt.datetime | None
    facts: str
    before: Side
    after: Side


@dataclass(frozen=True)
class DefaultField:
    """A fact that past cases lack, and what shall be assumed for it."""

    field: FactField
    assumed: str
    open: bool


@dataclass(frozen=True)
class TrialView:
    """A trial on a page: the counts, some of the cases of one group, and what is assumed for new conditions."""

    total: int
    unchanged: int
    changed: int
    no_row: int
    undecidable: int
    other_row: int
    days: int | None
    cut: bool
    group: str
    rows: tuple[CaseRow, ...]
    pager: Pager
    tabs: tuple[Tab, ...] = ()
    defaults: tuple[DefaultField, ...] = field(default=())


def trial_view(
    ctx: Ctx,
    table: DecisionTable,
    base: DecisionVersion,
    draft: DecisionVersion,
    *,
    group: str = "",
    at: int = 0,
    shown: int = PAGE,
) -> TrialView:
    """The trial of a draft, with ``shown`` cases of ``group`` (the first that has any) from the ``at``-th on."""
    new = from_data(draft.body)
    facts, errors = _defaults(new, request.args)
    done = try_draft(ctx, table, base, draft.body, facts)
    cases = {name: getattr(done.result, name) for name in GROUPS}
    chosen = group if group in GROUPS else next((name for name in GROUPS if cases[name]), "changed")
    begin = max(min(at, max(len(cases[chosen]) - 1, 0)), 0)
    part = cases[chosen][begin : begin + shown]
    result: Trial = done.result
    return TrialView(
        total=result.total,
        unchanged=result.unchanged,
        changed=len(result.changed),
        no_row=len(result.no_row),
        undecidable=len(result.undecidable),
        other_row=result.same_result_other_row,
        days=done.days,
        cut=done.cut,
        group=chosen,
        rows=_case_rows(ctx, part),
        pager=_pager(table.name, chosen, begin, len(cases[chosen])),
        tabs=tuple(_tabs(table.name, result, chosen)),
        defaults=_default_fields(done, errors),
    )


def _defaults(new: Table, args: Mapping[str, str]) -> tuple[dict[str, object], dict[str, str]]:
    """What was entered for new conditions; an optional one that was left blank counts as empty."""
    assumed = {k.replace("assume.", "f.", 1): v for k, v in args.items() if k.startswith("assume.")}
    facts, errors = entered_facts(new, assumed)
    for column in new.inputs:
        if column.optional:
            facts.setdefault(column.name, None)
    return facts, errors


def _default_fields(done: DraftTrial, errors: Mapping[str, str]) -> tuple[DefaultField, ...]:
    found = []
    for column in done.new_inputs:
        entered = {f"f.{column.name}": request.args.get(f"assume.{column.name}", "")}
        shown = fact_field(column, entered, errors)
        blank = not shown.value
        assumed = _("empty") if blank and column.optional else shown.value
        named = FactField(**{**shown.__dict__, "name": f"assume.{column.name}"})
        found.append(DefaultField(named, assumed, blank and not column.optional))
    return tuple(found)


def _kept() -> dict[str, Any]:
    """The assumptions of this request, for the addresses of its other pages."""
    return {name: value for name, value in request.args.items() if name.startswith("assume.") and value}


def _tabs(name: str, result: Trial, chosen: str) -> Iterable[Tab]:
    words = {"changed": _("Changed"), "no_row": _("No row fits"), "undecidable": _("Undecidable")}
    for group in GROUPS:
        url = url_for("rules.trial", name=name, group=group, **_kept())
        yield Tab(words[group], url, len(getattr(result, group)), group == chosen)


def _pager(name: str, group: str, begin: int, total: int) -> Pager:
    def url(at: int) -> str:
        return url_for("rules.trial", name=name, group=group, **{"from": at, **_kept()})

    last = min(begin + PAGE, total)
    words = _("{first}–{last} of {total}", first=begin + 1 if total else 0, last=last, total=total)
    return Pager(words, url(max(begin - PAGE, 0)) if begin else None, url(last) if last < total else None)


def _case_rows(ctx: Ctx, cases: Sequence[TrialCase]) -> tuple[CaseRow, ...]:
    links = _record_links(ctx, [case.id for case in cases if isinstance(case.id, PastCase)])
    rows = []
    for case in cases:
        past = case.id if isinstance(case.id, PastCase) else PastCase(str(case.id))
        text, url = links.get((past.kind, past.record_id), (past.label, ""))
        rows.append(CaseRow(text, url, past.at, _facts_words(case), _before(case), _after(case)))
    return tuple(rows)


def _before(case: TrialCase) -> Side:
    if case.before is None:
        return Side(_("could not be decided"), "")
    return Side(_short_verdict(case.before), _row_of(case.before))


def _after(case: TrialCase) -> Side:
    if case.after is None:
        return Side(_("can't be decided"), " ".join(f"{p.fact}: {p.text()}" for p in case.problems))
    return Side(_short_verdict(case.after), _row_of(case.after))


def _row_of(decision: Decision) -> str:
    if decision.row_numbers:
        return _("Row {row}", row=_(", ").join(str(n) for n in decision.row_numbers))
    return _("Otherwise") if decision.outcome == "default" else _("no row fits")


def _facts_words(case: TrialCase) -> str:
    """The facts that the deciding rows asked for, before and after."""
    seen: dict[str, str] = {}
    for decision in (case.after, case.before):
        if decision is None:
            continue
        table = decision.compiled.table
        asked = {name for number in decision.row_numbers for name in table.rows[number - 1].when}
        for column in table.inputs:
            if column.name in asked:
                seen.setdefault(column.name, value_words(column, decision.facts[column.name]))
    return _(", ").join(seen.values()) or _("in every case")


def _record_links(ctx: Ctx, cases: Sequence[PastCase]) -> RecordLinks:
    """The records of these cases, with an address where the reader may open it. One statement per kind."""
    wanted: dict[str, set[int]] = {}
    for case in cases:
        if case.record_id is not None and case.kind in ctx.registry.kinds:
            wanted.setdefault(case.kind, set()).add(case.record_id)
    found: RecordLinks = {}
    for name, ids in wanted.items():
        kind = ctx.registry.kinds[name]
        opens = bool(kind.endpoint) and may_open(ctx, kind.endpoint)
        model: Any = kind.model
        for record in ctx.session.scalars(sa.select(model).where(model.id.in_(ids))):
            url = url_for(kind.endpoint, record_id=record.id) if opens else ""
            found[(name, record.id)] = (kind.number(record), url)
        for missing in ids - {i for k, i in found if k == name}:
            found[(name, missing)] = (_("{kind} {id}", kind=_(kind.label), id=missing), "")
    return found
