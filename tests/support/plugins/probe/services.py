"""The writers."""

from __future__ import annotations

import os
import time

import sqlalchemy as sa

from core.api import (
    N_,
    Ctx,
    Event,
    ImportRow,
    Invalid,
    Loaded,
    Outcome,
    RowProblem,
    Work,
    bulk_insert,
    emit,
    emit_if_changed,
    transaction,
)
from probe.models import Effect, Item


def make_item(ctx: Ctx, code: str, **values) -> Item:
    """Add an item, with its event."""
    with transaction(ctx):
        item = Item(code=code, **values)
        ctx.session.add(item)
        ctx.session.flush()
        emit(ctx, "probe.made", item, number=int(values.get("text") or 0))
        return item


def note_effect(ctx: Ctx, event: Event) -> None:
    """The handler: one audited row per event; fails where the event says so. Slow before and after writing if asked."""
    moment = float(os.environ.get("PROBE_SLEEP", "0")) / 2
    time.sleep(moment)
    if event.facts["number"] < 0:
        raise RuntimeError("this one always fails")
    ctx.session.add(Effect(event_id=event.id, number=event.facts["number"]))
    emit(ctx, "probe.noted", number=event.facts["number"])
    time.sleep(moment)


def gather(ctx: Ctx, event: Event) -> None:
    """A handler that can do many at once: one effect per event; fails where the event says so."""
    if event.facts["number"] < 0:
        raise RuntimeError("this one always fails")
    ctx.session.add(Effect(event_id=event.id, number=event.facts["number"]))
    emit(ctx, "probe.noted", number=event.facts["number"])


def gather_many(ctx: Ctx, events: list[Event]) -> None:
    """The same at once; it adds a thousand to each number, so that it shows."""
    for event in events:
        if event.facts["number"] < 0:
            raise RuntimeError("one of them always fails")
        ctx.session.add(Effect(event_id=event.id, number=event.facts["number"] + 1000))
    emit(ctx, "probe.noted", number=len(events))


def scatter(ctx: Ctx, event: Event) -> None:
    """A handler of the same name for another event."""
    ctx.session.add(Effect(event_id=event.id, number=-event.facts["number"]))
    emit(ctx, "probe.noted", number=0)


def count_run(ctx: Ctx) -> None:
    """The job: one effect without an event per run."""
    ctx.session.add(Effect(event_id=0, number=0))
    emit(ctx, "probe.counted")


def count_up(work: Work) -> Outcome:
    """The task: one effect per batch, numbered 1 to n. Fails at ``broken_at``, refuses at ``refused_at``."""
    work.total = work.params["n"]
    while work.done < work.total:
        number = work.done + 1
        with work.batch() as ctx:
            ctx.session.add(Effect(event_id=0, number=number))
            emit(ctx, "probe.counted")
            work.done = number
            work.cursor["sum"] = work.cursor.get("sum", 0) + number
            work.say(N_("At {n}"), n=number)
            ctx.session.flush()
            time.sleep(float(os.environ.get("PROBE_SLEEP", "0")))
            if number == work.params.get("broken_at"):
                raise RuntimeError("broken in the middle of a batch")
            if number == work.params.get("refused_at"):
                raise Invalid("refused", "That can not be counted.")
    return Outcome({"sum": work.cursor["sum"]}, N_("The sum is {sum}."), {"sum": work.cursor["sum"]})


def load_items(ctx: Ctx, rows: list[ImportRow]) -> Loaded:
    """The importer: refuses a text that says so, knows items by their code."""
    codes = [row.values["code"] for row in rows]
    known = set(ctx.session.scalars(sa.select(Item.code).where(Item.code.in_(codes))))
    bad = tuple(RowProblem(r.line, "text", "It says no.", "no") for r in rows if r.values.get("text") == "no")
    lines = {p.line for p in bad}
    good = [r for r in rows if r.line not in lines and r.values["code"] not in known]
    items = [
        {"code": r.values["code"], "text": r.values.get("text") or "", "price": r.values.get("price"),
         "sold_on": r.values.get("sold_on"), "tags": [], "state": "new", "version": 1}
        for r in good
    ]
    bulk_insert(ctx, Item, items)
    emit_if_changed(ctx, "probe.changed")
    return Loaded(len(good), len([r for r in rows if r.values["code"] in known]), bad)
