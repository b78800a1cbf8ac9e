"""The rights of prices and quotes, and the lives of a price version and of a quote."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from core.api import N_, Ctx, Gate, State, Transition, Workflow, _
from plugins.warranty.contracts import (
    PRICE_LIST_WORDS,
    PRICE_STATE_ICONS,
    PRICE_STATE_WORDS,
    PRICE_VERSION,
    QUOTE,
    QUOTE_STATE_ICONS,
    QUOTE_STATE_WORDS,
)
from plugins.warranty.queries import prices, quotes
from plugins.warranty.rules.prices import largest_change

SEE_PRICES, EDIT_PRICES, PUBLISH_PRICES = "warranty.price.view", "warranty.price.edit", "warranty.price.publish"
SEE, WRITE, ANSWER = "warranty.quote.view", "warranty.quote.write", "warranty.quote.answer"
FREE, DISCOUNT, RELEASE = "warranty.quote.free_line", "warranty.quote.discount", "warranty.quote.release"


# --- price versions ---------------------------------------------------------------------------------------------------


def _has_rows(ctx: Ctx, version: Any) -> list[Gate]:
    count = prices.count_items(ctx, version.id)
    text = _("It has prices") if count else _("It has no prices yet")
    return [Gate("warranty.price_rows", text, not count, "#rows", _("Add a price"))]


def _version_facts(ctx: Ctx, version: Any, _transition: str) -> dict[str, Any]:
    """What a company's rules of approval may depend on: the kind of list, and by how much prices change."""
    price_list = prices.get_list(ctx, version.list_id)
    before = prices.version_before(ctx, version)
    rows = prices.rows_of(ctx, version.id)
    change = largest_change(prices.rows_of(ctx, before.id), rows) if before is not None else Decimal(100)
    return {
        "list_kind": price_list.kind,
        "change": change,
        "first": before is None,
        "title": f"{price_list.name} v{version.number}",
    }


VERSIONS = Workflow(
    PRICE_VERSION,
    tuple(
        State(name, words, PRICE_STATE_ICONS[name], final=name in ("published", "dropped"))
        for name, words in PRICE_STATE_WORDS.items()
    ),
    (
        Transition("submit", N_("Submit"), ("draft",), "submitted", EDIT_PRICES, gates=(_has_rows,)),
        Transition("publish", N_("Publish"), ("submitted",), "published", PUBLISH_PRICES),
        Transition("return", N_("Back to draft"), ("submitted",), "draft", EDIT_PRICES, True),
        Transition("drop", N_("Drop the draft"), ("draft",), "dropped", EDIT_PRICES),
    ),
    fact_columns=(
        {"name": "list_kind", "label": N_("Kind of price list"), "type": "choice", "choices": PRICE_LIST_WORDS},
        {"name": "change", "label": N_("Largest change in per cent"), "type": "decimal"},
        {"name": "first", "label": N_("First version of the list"), "type": "bool"},
    ),
    facts=_version_facts,
)


# --- quotes -----------------------------------------------------------------------------------------------------------


def _complete(ctx: Ctx, quote: Any) -> list[Gate]:
    """A quote is sent with lines, and with a price for all that the customer pays."""
    lines = quotes.lines_of(ctx, quote.id)
    found = [
        Gate(
            "warranty.quote_lines", _("It has lines") if lines else _("It has no lines yet"), not lines, "#lines",
            _("Add a line"),
        )  # fmt: skip
    ]
    bare = [line for line in lines if line.payer == "customer" and not line.unit_price]
    if lines:
        text = _("Every line that the customer pays has a price")
        if bare:
            text = _("No price yet: {lines}", lines=_(", ").join(line.label for line in bare))
        found.append(Gate("warranty.quote_prices", text, bool(bare), "#lines", _("Fill in")))
    return found


def _quote_facts(ctx: Ctx, quote: Any, _transition: str) -> dict[str, Any]:
    """What a company's rules of approval may depend on."""
    lines = quotes.lines_of(ctx, quote.id)
    return {
        "amount": quote.total,
        "discount": max([quote.discount, *(line.discount for line in lines)]),
        "by_hand": any(line.item_id is None and line.payer == "customer" for line in lines),
        "about": quote.record_kind or None,
        "customer_kind": quote.customer.kind if quote.customer is not None else None,
        "title": quote.title,
    }


QUOTES = Workflow(
    QUOTE,
    tuple(
        State(name, words, QUOTE_STATE_ICONS[name], final=name in ("accepted", "released", "replaced", "withdrawn"))
        for name, words in QUOTE_STATE_WORDS.items()
    ),
    (
        Transition("send", N_("Send the quote"), ("draft",), "sent", WRITE, gates=(_complete,)),
        Transition("accept", N_("The customer accepts"), ("sent", "expired"), "accepted", ANSWER),
        Transition("refuse", N_("The customer refuses"), ("sent",), "refused", ANSWER),
        Transition("expire", N_("Let it expire"), ("sent",), "expired", WRITE),
        Transition("release", N_("Release the service"), ("refused",), "released", RELEASE, True),
        Transition("revise", N_("New version"), ("sent", "refused", "expired"), "replaced", WRITE),
        Transition("withdraw", N_("Withdraw"), ("draft", "sent", "refused", "expired"), "withdrawn", WRITE, True),
    ),
    fact_columns=(
        {"name": "discount", "label": N_("Largest discount in per cent"), "type": "decimal"},
        {"name": "by_hand", "label": N_("A price was given by hand"), "type": "bool"},
        {"name": "about", "label": N_("Kind of record that it is for"), "type": "str", "optional": True},
        {
            "name": "customer_kind",
            "label": N_("Kind of customer"),
            "type": "choice",
            "choices": {"person": N_("Private person"), "company": N_("Company or institution")},
            "optional": True,
        },
    ),
    facts=_quote_facts,
)
