"""Price lists and quotes for the demonstration: prices that were raised once, and quotes in every state."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.api import Actor, Ctx, Membership, RecordRef, Role, demo_count, emit, sweep, transaction
from plugins.base import queries as archive
from plugins.warranty.contracts import Answer, Payer, PriceItemData, QuoteData, QuoteLineData
from plugins.warranty.demo.terms import words_of
from plugins.warranty.models import PriceItem, PriceList, Quote
from plugins.warranty.queries import prices as price_queries
from plugins.warranty.queries import quotes as quote_queries
from plugins.warranty.quote_life import WRITE
from plugins.warranty.services import price_examples, prices, quotes

QUOTES = 26
SINCE = 400
"""So many days ago the first prices were published."""
RAISED = 45
"""So many days ago they were raised."""
ENDS = ("accepted", "sent", "accepted", "draft", "refused", "accepted", "sent", "sent", "released", "replaced",
        "withdrawn", "accepted", "sent")  # fmt: skip


def fill(ctx: Ctx, rng: random.Random) -> None:
    """Fill a company that has customers; what was there before stays."""
    if ctx.session.scalar(sa.select(PriceList.id).limit(1)) is not None:
        return
    with transaction(ctx):
        _prices(ctx)
        words = words_of(ctx)["quotes"]
        writers = _people(ctx, WRITE)
        abouts = _abouts(ctx)
        for number in reversed(range(demo_count(QUOTES, len(ENDS)))):
            age = 1 + number * 50 // QUOTES
            at = ctx.at((ctx.now - dt.timedelta(days=age)).replace(hour=3, minute=rng.randrange(60), second=0))
            _one(at.as_actor(rng.choice(writers)), ctx, rng, words, abouts, ENDS[number % len(ENDS)])
        _let_expire(ctx)
        emit(ctx, "warranty.quotes_demo_filled", quotes=QUOTES)


# --- prices -----------------------------------------------------------------------------------------------------------


def _prices(ctx: Ctx) -> None:
    first = ctx.at(ctx.now - dt.timedelta(days=SINCE))
    for draft in price_examples.take(first):
        prices.submit_version(first, draft.id)
        prices.publish_version(first, draft.id)
    normal = price_queries.list_by_code(ctx, "normal")
    if normal is None:
        return
    words = words_of(ctx)["quotes"]
    raised = ctx.at(ctx.now - dt.timedelta(days=RAISED + 10))
    day = ctx.today - dt.timedelta(days=RAISED)
    version = prices.draft_version(raised, normal.id, day, reason=words["raised"])
    _raise_labour(raised, version.id, Decimal(10))
    prices.submit_version(raised, version.id)
    prices.publish_version(raised, version.id)
    gone = prices.draft_version(raised, normal.id, day + dt.timedelta(days=20), reason=words["dropped"])
    prices.drop_version(raised, gone.id)
    coming = prices.draft_version(ctx, normal.id, ctx.today + dt.timedelta(days=30), reason=words["coming"])
    _raise_labour(ctx, coming.id, Decimal(5))


def _raise_labour(ctx: Ctx, version_id: int, by: Decimal) -> None:
    query = price_queries.items_query(version_id).where(PriceItem.kind == "labour", PriceItem.price.is_not(None))
    for item in list(ctx.session.scalars(query.order_by(PriceItem.id))):
        data = PriceItemData(
            item.kind, item.unit, item.code, item.group, item.label, (item.price or Decimal(0)) + by,
            from_quantity=item.from_quantity, minimum=item.minimum,
        )  # fmt: skip
        prices.put_item(ctx, version_id, data, item_id=item.id)


# --- quotes -----------------------------------------------------------------------------------------------------------


About = tuple[RecordRef | None, int | None, int | None]
"""The record that a quote is for, or else a customer and a unit."""


def _abouts(ctx: Ctx) -> list[About]:
    """What quotes may be for: complaints of customers where that module is on, else customers with a unit."""
    kind = ctx.registry.kinds.get("complaints.complaint")
    if kind is not None and "complaints" in ctx.enabled:
        model: Any = kind.model
        query = sa.select(model.id).where(model.customer_id.is_not(None)).order_by(model.id.desc()).limit(QUOTES)
        found: list[About] = [(RecordRef(kind.kind, i), None, None) for i in ctx.session.scalars(query)]
        if found:
            return found
    calls = archive.recent_contacts(ctx, 400)
    called: list[About] = [(None, c.customer_id, c.device_id) for c in calls if c.customer_id]
    return called[:QUOTES] or [(None, None, None)]


def _people(ctx: Ctx, permission: str) -> list[Actor]:
    """Those who hold a right, as actors who may do everything: what they do is told in their names."""
    rights = {code: set(p) for code, p in ctx.session.execute(sa.select(Role.code, Role.permissions))}
    found = []
    for member in ctx.session.scalars(sa.select(Membership).where(Membership.active.is_(True)).order_by(Membership.id)):
        held = set().union(*(rights.get(code, set()) for code in member.role_codes))
        if permission in held and member.user:
            found.append(Actor(member.user_id, member.user.name, is_system=True, roles=frozenset(member.role_codes)))
    return found or [ctx.actor]


def _one(at: Ctx, ctx: Ctx, rng: random.Random, words: dict, abouts: list[About], end: str) -> None:
    about, customer_id, device_id = rng.choice(abouts)
    normal = price_queries.list_by_code(ctx, "normal")
    given = rng.choice(words["jobs"])
    payers = {"labour": Payer("company", words["covered"])} if rng.random() < 0.2 else {}
    data = QuoteData(
        given["title"],
        normal.id if normal is not None else None,
        about,
        customer_id,
        device_id,
        person_name="" if about or customer_id else words["person"],
        note=rng.choice(["", words["note"]]),
        payers=payers,
        discount=Decimal(rng.choice([0, 0, 0, 5])),
        lines=tuple(_line(line) for line in given["lines"]),
    )
    _finish(at, ctx, rng, words, quotes.draft(at, data), end)


def _line(given: dict) -> QuoteLineData:
    free = "price" in given
    return QuoteLineData(
        kind=given["kind"],
        code=given.get("code", ""),
        group=given.get("group", ""),
        label=given.get("label", ""),
        quantity=Decimal(str(given.get("quantity", 1))),
        free=free,
        unit=given.get("unit", "job"),
        unit_price=Decimal(str(given["price"])) if free else None,
    )


def _finish(at: Ctx, ctx: Ctx, rng: random.Random, words: dict, made: Quote, end: str) -> None:
    """Let a quote go on to its end, each step some time after the one before and never later than now."""

    def later(hours: float) -> Ctx:
        return at.at(min(ctx.now, at.now + dt.timedelta(hours=hours)))

    if end == "draft":
        return
    if end == "withdrawn":
        quotes.withdraw(later(2), made.id, words["withdrawn"])
        return
    quotes.send(later(1), made.id, rng.choice(["print", "told"]))
    who = quote_queries.customer_name(made)[:120]
    if end in ("accepted", "replaced"):
        if end == "replaced":
            made = quotes.revise(later(5), made.id)
            quotes.send(later(6), made.id, "told")
        how = rng.choice(["phone", "on_site", "message"])
        quotes.accept(later(20), made.id, Answer(who, how, note=rng.choice(["", words["agreed"]])))
    if end in ("refused", "released"):
        quotes.refuse(later(20), made.id, Answer(who, "phone", note=rng.choice(words["refusals"])))
    if end == "released":
        quotes.release(later(30), made.id, words["released"])


def _let_expire(ctx: Ctx) -> None:
    """What nobody answered in time has expired."""
    sweep(ctx)
    late = sa.select(Quote.id).where(Quote.state == "sent", Quote.valid_until < ctx.today).order_by(Quote.id)
    for quote_id in list(ctx.session.scalars(late)):
        quotes.expire(ctx, quote_id)
