"""What is said about terms and periods, in the language of the moment."""

from __future__ import annotations

from typing import Any

from core.api import Ctx, _, n_
from plugins.warranty.contracts import (
    COVER_WORDS,
    EXTENDS_WORDS,
    ON_EXCHANGE_WORDS,
    REPAIR_DAYS_WORDS,
    START_WORDS,
    TERM_STATE_WORDS,
)
from plugins.warranty.models import Term


def amount_words(amount: int, unit: str) -> str:
    """12 months, 30 days."""
    if unit == "days":
        return n_("{n} day", "{n} days", amount)
    return n_("{n} month", "{n} months", amount) if unit == "months" else n_("{n} year", "{n} years", amount)


def length_words(term: Term) -> str:
    """12 months or 20000 km, whichever comes first."""
    parts = [amount_words(term.amount, term.amount_unit)] if term.amount else []
    parts += [f"{limit} {kind}" for kind, limit in sorted(term.meters.items())]
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


def facts_of_term(_ctx: Ctx, term: Term) -> list[tuple[str, Any]]:
    """What stands in the box of a term's page."""
    yes_no = {True: _("yes"), False: _("no")}
    return [
        (_("Code"), term.code),
        (_("State"), _(TERM_STATE_WORDS[term.state])),
        (_("Cover"), _(COVER_WORDS[term.cover])),
        (_("For"), scope_words(term)),
        (_("Period"), length_words(term)),
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
