"""What is said about terms and periods, in the language of the moment."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from core.api import _, label, n_
from plugins.warranty.contracts import (
    CARRIES_WORDS,
    COVER_WORDS,
    EXTENDS_WORDS,
    ON_EXCHANGE_WORDS,
    PERIOD_STATE_WORDS,
    REPAIR_DAYS_WORDS,
    START_WORDS,
    TERM_STATE_WORDS,
    Badge,
    Events,
    PeriodState,
    Reason,
    RepairFacts,
)
from plugins.warranty.models import Term


def amount_words(amount: int, unit: str) -> str:
    """12 months, 30 days."""
    if unit == "days":
        return n_("{n} day", "{n} days", amount)
    return n_("{n} month", "{n} months", amount) if unit == "months" else n_("{n} year", "{n} years", amount)


def meter(kind: str, names: Mapping[str, Any]) -> str:
    """The name of a meter; ``names`` are the company's kinds of meters, by code."""
    return label(names.get(kind, kind))


def length_words(term: Term, meters: Mapping[str, Any]) -> str:
    """12 months or 20000 km, whichever comes first; ``meters`` are the company's kinds of meters, by code."""
    parts = [amount_words(term.amount, term.amount_unit)] if term.amount else []
    parts += [f"{limit} {meter(kind, meters)}" for kind, limit in sorted(term.meters.items())]
    return _(" or ").join(parts)


def scope_words(term: Term) -> str:
    """For whom and what a term is meant."""
    parts = [term.product.name if term.product else term.product_group]
    parts += [term.part_group, term.customer.name if term.customer else ""]
    return _("; ").join(p for p in parts if p) or _("Everything")


def start_words(term: Term) -> str:
    """Final acceptance, else sale."""
    said = []
    for event, days in term.starts:
        words = _(START_WORDS[event])
        said.append(n_("{n} day after: {event}", "{n} days after: {event}", days, event=words) if days else words)
    return _(", else ").join(said)


def state(term: Term) -> str:
    """Its state in a word."""
    return _(TERM_STATE_WORDS[term.state])


def effect(term: Term) -> str:
    """What putting a draft in force means."""
    if term.earlier_units:
        return _("It then fits every unit of its scope, whenever it was sold.")
    return _("It then fits units sold from {day} on. Units sold before keep what they have.", day=term.valid_from)


def facts_of_term(term: Term, meters: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What stands in the box of a term's page; ``meters`` are the company's kinds of meters, by code."""
    yes_no = {True: _("yes"), False: _("no")}
    return [
        (_("Code"), term.code),
        (_("State"), _(TERM_STATE_WORDS[term.state])),
        (_("Cover"), _(COVER_WORDS[term.cover])),
        (_("Meant for"), scope_words(term)),
        (_("Warranty period"), length_words(term, meters)),
        (_("Begins with"), start_words(term)),
        (_("Day of the event counts"), yes_no[term.start_day_counts]),
        (_("Last day on a holiday moves to the next working day"), yes_no[term.holiday_shift]),
        (_("Extended"), _(EXTENDS_WORDS[term.extends])),
        (_("Days under repair are counted"), _(REPAIR_DAYS_WORDS[term.repair_days])),
        (_("When exchanged"), _(ON_EXCHANGE_WORDS[term.on_exchange])),
        (_("Fits units sold from"), term.valid_from),
        (_("Fits units sold until"), term.valid_until),
        (_("Units sold before, too"), yes_no[term.earlier_units]),
        (_("Clause"), term.clause),
    ]


def reason(said: Reason) -> str:
    """A sentence of an explanation."""
    return _(said.text, **{name: _value(value) for name, value in said.values.items()})


def number(value: Decimal) -> str:
    """A number without noughts at its end."""
    return format(value.normalize(), "f")


def badge(shown: Badge) -> str:
    """A unit's warranty in a few words."""
    if shown.state in ("running", "last_day") and shown.days_left is not None:
        if shown.days_left == 1:
            return _("In warranty, last day today")
        return n_("In warranty, {n} day left", "In warranty, {n} days left", shown.days_left)
    if shown.state == "over" and shown.last_day is not None:
        return _("Out of warranty, {day}", day=shown.last_day)
    return _(PERIOD_STATE_WORDS[shown.state])


def cover(period: Any) -> str:
    """What a period covers: whole unit; main parts: engine; a part that was exchanged."""
    part = getattr(period, "part", "")
    words = _(COVER_WORDS[period.cover])
    return _("{cover}: {part}", cover=words, part=part or period.part_group) if part or period.part_group else words


def _value(value: object) -> str:
    if isinstance(value, Events):
        return _(", ").join(_(START_WORDS[code]) for code in value.codes)
    return number(value) if isinstance(value, Decimal) else str(value)


def state_of(period: PeriodState) -> str:
    """A period's state in a word."""
    return _(PERIOD_STATE_WORDS[period.state])


def line(period: PeriodState) -> str:
    """What is left of a period, in a few words."""
    if period.state == "last_day":
        return _("last day today")
    if period.state == "running":
        if period.days_left is None:
            return _("no limit in time")
        return n_("{n} day left", "{n} days left", period.days_left)
    if period.state == "over" and period.over_on is not None and period.over_by not in ("", "time"):
        return _("over since {day}", day=period.over_on)
    if period.state == "over" and period.last_day is not None:
        return _("ended on {day}", day=period.last_day)
    if period.state == "not_started" and period.start_on is not None:
        return _("begins on {day}", day=period.start_on)
    return _(PERIOD_STATE_WORDS[period.state])


def carries(code: str) -> str:
    """What was agreed on periods at an exchange."""
    return _(CARRIES_WORDS[code])


def repairs_line(facts: RepairFacts) -> str:
    """Repairs and days out of use in one line."""
    said = [n_("{n} repair", "{n} repairs", facts.all)]
    said.append(n_("{n} day out of use", "{n} days out of use", facts.days_out))
    if facts.repair_warranty_until is not None:
        said.append(_("repair warranted until {day}", day=facts.repair_warranty_until))
    return _(", ").join(said)
