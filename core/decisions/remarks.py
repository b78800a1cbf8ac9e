"""What an analysis found, in sentences for whoever edits the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.decisions.analysis import Analysis, Gap, Overlap
from core.decisions.compiled import FormulaPlace
from core.decisions.formulas import Risk, risks
from core.decisions.model import Table, Value, column_words
from core.decisions.words import condition_words, either, value_words
from core.i18n import _

REFERRED_SHOWN = 3
"""Of the cases that a table says a person decides, so many are told as examples."""


@dataclass(frozen=True)
class Remark:
    """One sentence about a table. ``kind`` is bad, warn, info or ok; ``row`` the row it is about (from 1), if one."""

    kind: str
    row: int | None
    text: str


def remarks(table: Table, analysis: Analysis) -> list[Remark]:
    """Everything noteworthy, worst first, in the language of the moment; a single ``ok`` when there is nothing.

    Exceptions above a general row aren't mentioned, nor overlaps that make no difference, nor any under ``collect``.
    """
    found = [_unreachable(row.row, row.covered_by) for row in analysis.unreachable]
    meant = bool(table.refer) and not analysis.has_default
    gaps = analysis.gaps[:REFERRED_SHOWN] if meant else analysis.gaps
    found += [_gap(table, gap, analysis.has_default, meant) for gap in gaps]
    if analysis.more_gaps or len(gaps) < len(analysis.gaps):
        found.append(Remark("info", None, _("There are more such cases; only the first are listed.")))
    if not analysis.complete:
        found.append(
            Remark("warn", None, _("The table is too large to be searched completely; more may be wrong with it."))
        )
    if table.hit_policy == "first":
        found += [
            _crossing(table, overlap)
            for overlap in analysis.overlaps
            if overlap.kind == "crossing" and not overlap.same_outputs
        ]
    found += [Remark("warn", risk.row, risk_words(risk)) for risk in risks(table)]
    if analysis.clean and not any(remark.kind in ("bad", "warn") for remark in found):
        found.append(Remark("ok", None, _("No gaps, and every row can fire.")))
    return found


def risk_words(risk: Risk) -> str:
    """That a formula can't be worked out for some cases of its row, and how to keep these out."""
    place = FormulaPlace(risk.row, risk.output)
    fact = column_words(risk.fact)
    if risk.kind == "empty":
        return _(
            "{place} counts with “{fact}”, which may be empty; such a case can't be decided.", place=place, fact=fact
        )
    return _("{place} divides by “{fact}”, which may be 0; such a case can't be decided.", place=place, fact=fact)


def case_words(table: Table, facts: Mapping[str, Value]) -> str:
    """A sample case: "cause: misuse; distance: 5 km"."""
    shown = [
        _("{column}: {value}", column=column_words(column), value=value_words(column, facts[column.name]))
        for column in table.inputs
    ]
    return _("; ").join(shown)


def _unreachable(row: int, covered_by: tuple[int, ...]) -> Remark:
    if not covered_by:
        return Remark("bad", row, _("Row {row} never fires: no case fits it.", row=row))
    rows = ", ".join(str(number) for number in covered_by)
    return Remark(
        "bad", row, _("Row {row} never fires: rows above it take all its cases ({rows}).", row=row, rows=rows)
    )


def _gap(table: Table, gap: Gap, has_default: bool, meant: bool = False) -> Remark:
    region = gap.region if gap.region is not None else {}
    clauses = [
        either([condition_words(column, cell) for cell in region[column.name]])
        for column in table.inputs
        if column.name in region
    ]
    params = {"conditions": _("; ").join(clauses) or _("in every case"), "sample": case_words(table, gap.sample)}
    if has_default:
        return Remark("info", None, _("Only the default decides when: {conditions}. Example: {sample}", **params))
    if meant:
        return Remark("info", None, _("A person decides when: {conditions}. Example: {sample}", **params))
    return Remark("warn", None, _("No row fits when: {conditions}. Example: {sample}", **params))


def _crossing(table: Table, overlap: Overlap) -> Remark:
    text = _(
        "Rows {first} and {second} both fit some cases and give different results; row {first} decides. "
        "Example: {sample}",
        first=overlap.first,
        second=overlap.second,
        sample=case_words(table, overlap.sample),
    )
    return Remark("info", overlap.second, text)
