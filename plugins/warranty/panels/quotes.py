"""What quotes add to pages of others: panels, conditions before paid work, work, figures. Asked by the hooks."""

from __future__ import annotations

from typing import Any

from flask import has_request_context, url_for

from core.api import Ctx, Figure, Gate, Notice, OpenWork, Panel, RecordRef, WorkItem, _, n_, ref_of
from plugins.base.contracts import CUSTOMER, UNIT, CustomerFigure
from plugins.warranty.contracts import DECISION, PRICE_LIST, PRICE_VERSION, QUOTE, QUOTE_STATE_ICONS, QUOTE_STATE_WORDS
from plugins.warranty.models import Quote
from plugins.warranty.queries import prices
from plugins.warranty.queries import quotes as queries
from plugins.warranty.quote_life import ANSWER, EDIT_PRICES, RELEASE, SEE, WRITE
from plugins.warranty.services import consents

OWN = (QUOTE, PRICE_LIST, PRICE_VERSION)


def page_url(quote: Quote, anchor: str = "") -> str:
    """The address of a quote's page."""
    return url_for("warranty.quote_page", record_id=quote.id, _anchor=anchor or None)


def next_step(ctx: Ctx, quote: Quote) -> tuple[str, str]:
    """(words, anchor) of the one thing to do next, in the words of a button; empty when nothing is."""
    if quote.state == "draft" and ctx.can(WRITE):
        return (_("Send the quote"), "send") if quote.total else (_("Add a line"), "lines")
    if quote.state == "sent" and ctx.can(ANSWER):
        return _("Record the answer"), "answer"
    if quote.state == "refused" and ctx.can(RELEASE):
        return _("Release the service"), "release"
    if quote.state == "expired" and ctx.can(WRITE):
        return _("Make a new version"), "revise"
    return "", ""


# --- conditions before paid work --------------------------------------------------------------------------------------


def gates(ctx: Ctx, record: Any, transition: str) -> list[Gate]:
    """No paid work before the recorded consent: what stands between this step of a record and that."""
    ref = _ref(ctx, record)
    if ref is None or ref.kind in OWN:
        return []
    return consents.gates(ctx, ref, transition, _where)


def _where(quote_id: int | None, ref: RecordRef) -> str:
    """Where what is missing is done; outside of a page there is no address to give."""
    if not has_request_context():
        return ""
    if quote_id is not None:
        return url_for("warranty.quote_page", record_id=quote_id)
    return url_for("warranty.quote_new", kind=ref.kind, id=ref.id)


def _ref(ctx: Ctx, record: Any) -> RecordRef | None:
    try:
        ref = ref_of(ctx, record)
    except LookupError:
        return None
    return ref if ref.id else None


# --- panels -----------------------------------------------------------------------------------------------------------


def panels(ctx: Ctx, record: Any) -> list[Panel]:
    """On the page of a customer, a unit, or any record that something may be quoted for: its quotes."""
    ref = _ref(ctx, record)
    if ref is None or ref.kind in OWN or not ctx.can(SEE):
        return []
    new = ""
    if ref.kind == CUSTOMER:
        rows = queries.of_customer(ctx, ref.id)
    elif ref.kind == UNIT:
        rows = queries.of_device(ctx, ref.id)
    elif ref.kind == DECISION:
        rows = queries.of_decision(ctx, ref.id)
        if record.state == "stands" and ctx.can(WRITE):
            new = url_for("warranty.quote_new", decision=ref.id)
    else:
        rows = queries.of_record(ctx, ref)
        if ref.kind in ctx.registry.workflows and hasattr(record, "customer_id") and ctx.can(WRITE):
            new = url_for("warranty.quote_new", kind=ref.kind, id=ref.id)
    if not rows and not new:
        return []
    data = {"rows": rows, "words": QUOTE_STATE_WORDS, "icons": QUOTE_STATE_ICONS, "new": new}
    return [Panel(_("Quotes"), "warranty/_quotes.html", data, order=45, idle=not rows)]


def customer_figures(ctx: Ctx, customer: Any) -> list[CustomerFigure]:
    """How many quotes to a customer wait for an answer."""
    if not ctx.can(SEE):
        return []
    count = sum(q.state == "sent" for q in queries.of_customer(ctx, customer.id, 100))
    return [CustomerFigure(_("Quotes without an answer"), str(count))] if count else []


# --- work and figures -------------------------------------------------------------------------------------------------


def work(ctx: Ctx) -> list[WorkItem]:
    """The open quotes of this person."""
    if ctx.actor.user_id is None or not ctx.can(SEE):
        return []
    rows = queries.waiting_for(ctx, ctx.actor.user_id)
    clocks = queries.clocks_of(ctx, [r.id for r in rows])
    items = []
    for row in rows:
        step, anchor = next_step(ctx, row)
        if not step:
            continue
        clock = clocks.get(row.id)
        running = clock is not None and clock.state in ("running", "paused")
        items.append(
            WorkItem(
                title=row.title,
                url=page_url(row, anchor),
                number=row.full_number,
                kind=_("Quote"),
                icon="receipt-text",
                due=clock.due_at if clock is not None and running else None,
                clock=clock if running else None,
                detail=queries.customer_name(row),
                next_step=step,
            )
        )
    return items


def figures(ctx: Ctx) -> list[Figure]:
    """Linked counts for the page "My work"."""
    if not ctx.can(SEE):
        return []
    counts = queries.states_counted(ctx)
    url = url_for("warranty.quotes_list")
    return [
        Figure(
            _("Quotes without an answer"),
            counts.get("sent", 0),
            f"{url}?tab=waiting",
            hint=_("Refused: {n}", n=counts.get("refused", 0)),
            icon="receipt-text",
        )
    ]


def notices(ctx: Ctx) -> list[Notice]:
    """A company without a price list can't quote by one; examples of its trade are at hand."""
    if not ctx.can(EDIT_PRICES) or prices.any_list(ctx):
        return []
    text = _("Examples of your trade are at hand: take them as drafts, put your own figures in, publish them.")
    url = url_for("warranty.price_examples")
    return [Notice(_("There is no price list yet"), text, url, _("Look at the examples"), "warn", "tags")]


def counts(ctx: Ctx) -> dict[str, tuple[int, bool]]:
    """What stands beside the menu item: how many quotes wait for an answer."""
    if not ctx.can(SEE):
        return {}
    waiting = queries.states_counted(ctx).get("sent", 0)
    return {"warranty.quotes_list": (waiting, False)} if waiting else {}


def held(ctx: Ctx, user_id: int) -> list[OpenWork]:
    """What a person still holds."""
    count = queries.count_open(ctx, user_id)
    return [OpenWork(_("Open quotes"), count)] if count else []


def held_by_unit(ctx: Ctx, unit_id: int) -> list[OpenWork]:
    """What a department still holds."""
    count = queries.count_open(ctx, unit_id=unit_id)
    return [OpenWork(_("Open quotes"), count)] if count else []


def effects(ctx: Ctx) -> list[str]:
    """What switching the module on or off changes right now."""
    count = queries.count_open(ctx)
    return [n_("{n} open quote", "{n} open quotes", count)] if count else []
