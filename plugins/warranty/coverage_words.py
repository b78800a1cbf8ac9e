"""What is said about a decision on coverage, in the language of the moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.api import (
    N_,
    CompiledTable,
    Ctx,
    Decision,
    NotFound,
    TooMany,
    _,
    changed_fact_words,
    compiled_in_force,
    get_locale,
    label,
    role_name,
    value_words,
    what_would_change,
)
from plugins.warranty.contracts import (
    CHARGE_ICONS,
    CHARGE_TONES,
    CHARGE_WORDS,
    DECISION_STATE_ICONS,
    DECISION_STATE_WORDS,
    REMEDY_WORDS,
)
from plugins.warranty.models import CoverageDecision
from plugins.warranty.rules import coverage as rules
from plugins.warranty.rules import rulesets

SOURCE_WORDS = {
    "assumed": N_("nothing else is known"),
    "unit": N_("the unit's record"),
    "sale": N_("the sales record"),
    "proofs": N_("the proofs on the warranty card"),
    "weighed": N_("the weightiest of proofs that differ"),
    "customer": N_("the customer's record"),
    "period": N_("the warranty periods"),
    "repairs": N_("the repair register"),
    "contract": N_("the service contract"),
    "suppliers": N_("the terms of suppliers"),
    "given": N_("said by a person"),
}
WHAT_IFS = 8
FIRST_ASKED = ("cause", "proof", "proof_agrees", "listed_fault", "part_group", "repairs_same", "wish", "same_model")
"""The what-ifs that matter most come first."""


@dataclass(frozen=True)
class Verdict:
    """A decision in a line: tone, icon, words, and the sentence below."""

    tone: str
    icon: str
    words: str
    sentence: str


def charge_words(outputs: Mapping[str, Any]) -> str:
    """Free of charge, paid, …; "a person decides" where no result is."""
    charge = str(outputs.get("charge") or "")
    return _(CHARGE_WORDS[charge]) if charge in CHARGE_WORDS else _("A person decides")


def remedy_words(outputs: Mapping[str, Any]) -> str:
    """"repair, exchange or refund as the customer chooses; then …"; empty where nothing is owed."""
    told = []
    for place, (_step, names) in enumerate(rules.remedies(outputs)):
        listed = either([_(REMEDY_WORDS[name]) for name in names])
        if place:
            told.append(_("if that fails: {remedies}", remedies=listed))
        elif len(names) > 1:
            told.append(_("{remedies} as the customer chooses", remedies=listed))
        else:
            told.append(listed)
    return _("; ").join(told)


def either(words: list[str]) -> str:
    """a, b or c."""
    if len(words) < 2:
        return "".join(words)
    return _("{some} or {last}", some=_(", ").join(words[:-1]), last=words[-1])


def short_words(outputs: Mapping[str, Any]) -> str:
    """A result in a few words: "free of charge: repair or exchange"."""
    remedies = remedy_words(outputs)
    charge = charge_words(outputs)
    return _("{charge}: {remedies}", charge=charge, remedies=remedies) if remedies else charge


def verdict(ctx: Ctx, row: CoverageDecision) -> Verdict:
    """A stored decision in a line, and what the customer is told."""
    if row.state == "referred":
        return Verdict("warn", "user", _("A person decides"), _("The rules do not say what holds in this case."))
    words = charge_words(row.outputs)
    sentence = remedy_words(row.outputs)
    if row.outputs.get("refund_amount") is not None:
        amount = _result(ctx, "refund_amount", row.outputs["refund_amount"])
        sentence = _("{sentence}; refund of {amount}", sentence=sentence, amount=amount)
    if row.holds_until is not None:
        sentence = _("{sentence}; until {day}", sentence=sentence, day=row.holds_until.isoformat())
    return Verdict(CHARGE_TONES[row.charge], CHARGE_ICONS[row.charge], words, _capital(sentence))


def verdict_of(outputs: Mapping[str, Any] | None) -> Verdict:
    """What would be decided, before it is kept."""
    if outputs is None:
        return Verdict("warn", "user", _("A person decides"), _("The rules do not say what holds in this case."))
    charge = str(outputs["charge"])
    return Verdict(CHARGE_TONES[charge], CHARGE_ICONS[charge], charge_words(outputs), _capital(remedy_words(outputs)))


def source_words(code: str) -> str:
    """Where a fact comes from: a code of SOURCE_WORDS; what is named there (a warranty term) follows after a colon."""
    sort, _colon, named = code.partition(":")
    words = _(SOURCE_WORDS[sort])
    return _("{source}: {named}", source=words, named=named) if named else words


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:] if get_locale() == "en" else text


def state_words(row: CoverageDecision) -> str:
    """The state of a decision."""
    return _(DECISION_STATE_WORDS[row.state])


def state_icon(row: CoverageDecision) -> str:
    """The icon of its state."""
    return DECISION_STATE_ICONS[row.state]


def results(ctx: Ctx, row: CoverageDecision) -> list[tuple[str, str]]:
    """Every result but charge and remedies: who pays what, amounts, documents, times."""
    shown = []
    for column in rulesets.whole().outputs:
        value = row.outputs.get(column.name)
        if value is not None and column.name not in ("charge", *rules.REMEDIES, *rules.PROOFS):
            shown.append((label(column.label), _result(ctx, column.name, value)))
    needed = [label(rulesets.whole().output(name).label) for name in rules.PROOFS if row.outputs.get(name)]
    if needed:
        shown.append((_("Documents"), _("; ").join(needed)))
    return shown


def compared(ctx: Ctx, former: Mapping[str, Any], later: Mapping[str, Any]) -> tuple[str, str]:
    """Two results in a few words each, and every further one in which they differ: who pays what, amounts, times."""
    told = ([short_words(former)], [short_words(later)])
    for column in rulesets.whole().outputs:
        before, now = former.get(column.name), later.get(column.name)
        if before == now or column.name in ("charge", *rules.REMEDIES):
            continue
        for words, value in zip(told, (before, now), strict=True):
            if value is not None:
                said = _result(ctx, column.name, value)
                words.append(_("{result}: {value}", result=label(column.label), value=said))
    before_words, now_words = (_("; ").join(words) for words in told)
    return before_words, now_words


def _result(ctx: Ctx, name: str, value: Any) -> str:
    column = rulesets.whole().output(name)
    if name == "approval":
        return label(role_name(ctx, str(value)))
    return value_words(column, rulesets.results_of({name: value})[name])


def fact_words(name: str, value: Any) -> str:
    """The value of a fact: "misuse", "12 days"."""
    return value_words(rulesets.whole().input(name), rulesets.facts_of({name: value})[name])


def fact_label(name: str) -> str:
    """What a fact is called."""
    return label(rulesets.whole().input(name).label)


def facts_shown(row: CoverageDecision) -> list[tuple[str, str, str]]:
    """(fact, value, source) of everything that is known about the case."""
    return [
        (fact_label(c.name), fact_words(c.name, row.facts[c.name]), source_words(row.sources.get(c.name, "assumed")))
        for c in rulesets.whole().inputs
        if row.facts.get(c.name) is not None
    ]


def changes_shown(row: CoverageDecision, former: CoverageDecision) -> list[tuple[str, str, str]]:
    """(fact, before, now) of what differs between two decisions."""
    return [
        (fact_label(name), fact_words(name, former.facts.get(name)), fact_words(name, row.facts.get(name)))
        for name in row.changed
    ]


def turn_words(row: CoverageDecision) -> list[str]:
    """"From 2026-12-03: paid": what follows if only time passes."""
    told = []
    for turn in row.turns:
        day = dt.date.fromisoformat(turn["on"])
        told.append(_("From {day}: {result}", day=day.isoformat(), result=short_words(turn["outputs"])))
    return told


def what_ifs(decision: Decision) -> list[str]:
    """"If the cause is misuse: paid (row 4)": single facts that would lead to another result, the nearest first."""
    compiled: CompiledTable = decision.compiled
    try:
        changes = [c for c in what_would_change(decision) if c.column not in rules.BY_TIME]
    except TooMany:
        return []
    place = {name: number for number, name in enumerate(FIRST_ASKED)}
    told: list[str] = []
    for change in sorted(changes, key=lambda c: (place.get(c.column, len(place)), not c.rows, c.rows)):
        outputs = _outputs_of(compiled, change.rows)
        condition = changed_fact_words(compiled, change)
        if change.rows:
            facts = {"condition": condition, "result": short_words(outputs), "row": change.rows[0]}
            told.append(_("If {condition}: {result} (row {row})", **facts))
        else:
            told.append(_("If {condition}: a person decides", condition=condition))
    return told[:WHAT_IFS]


def _outputs_of(compiled: CompiledTable, rows: tuple[int, ...]) -> Mapping[str, Any]:
    return compiled.table.rows[rows[0] - 1].then if rows else {}


def rule_set_words(ctx: Ctx, code: str) -> str:
    """What a rule set is called in this company."""
    names = ctx.memo.setdefault("warranty rule sets", {})
    if code not in names:
        names[code] = _rule_set_words(ctx, code)
    return names[code]


def _rule_set_words(ctx: Ctx, code: str) -> str:
    try:
        return label(compiled_in_force(ctx, rulesets.table_name(code)).table.label)
    except NotFound:
        return code
