"""Believable records for the demonstration: a catalogue, stores, what came in and went out, what is kept and held."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.api import Actor, Ctx, Membership, OrgUnit, RecordRef, read_data_file
from plugins.inventory.contracts import BatchData, Circumstances, LocationData, PartData, ReceiptLine, StockLine
from plugins.inventory.demo import (
    bills,
    buying,
    evaluation,
    holds,
    loaners,
    part_requests,
    pricing,
    quality,
    sterility,
    stocktake,
    suppliers,
    tools,
    transfers,
)
from plugins.inventory.models import Batch, Location, Measure
from plugins.inventory.services import parts, periods, places, reserving, stock

_WORDS = Path(__file__).parents[1] / "data" / "demo" / "words.yaml"
PRODUCT = "base.product"


def fill(ctx: Ctx, seed: int) -> None:
    """Fill a company with parts and what happened to them in the last two months."""
    words: dict[str, Any] = read_data_file(_WORDS)["zh" if ctx.company.locale.startswith("zh") else "en"]
    rng = random.Random(seed)
    ctx = ctx.as_actor(_keeper(ctx))
    begun = ctx.at(ctx.now - dt.timedelta(days=60))
    made = _catalogue(begun, words)
    where = _places(begun, words)
    sellers = suppliers.fill(begun, rng, words, made)
    _receive(begun, rng, words, made, where)
    _happenings(ctx, words, made, where)
    bills.fill(ctx, made)
    pricing.fill(ctx, words, made)
    buying.fill(ctx, made, where, words["asked"])
    quality.fill(ctx, words, made, where, sellers)
    evaluation.fill(ctx, words, sellers)
    sterility.fill(ctx, words, where)
    stocktake.fill(ctx, words, where)
    transfers.fill(ctx, words, made, where)
    part_requests.fill(ctx, words, made, where, _products(ctx, 1))
    loaners.fill(ctx, words, where, _products(ctx, 3))
    tools.fill(ctx)


def _keeper(ctx: Ctx) -> Actor:
    """Who does it all: a storekeeper, else whoever there is, allowed everything."""
    members = [m for m in ctx.session.scalars(sa.select(Membership).where(Membership.active.is_(True))) if m.user]
    members.sort(key=lambda m: ("storekeeper" not in m.role_codes, "manager" not in m.role_codes, m.user_id))
    if not members:
        return ctx.actor
    first = members[0]
    return Actor(first.user_id, first.user.name, is_system=True, roles=frozenset(first.role_codes))


def _catalogue(ctx: Ctx, words: dict[str, Any]) -> dict[str, int]:
    measures: dict[str, int] = {row.code: row.id for row in ctx.session.execute(sa.select(Measure.code, Measure.id))}
    products = _products(ctx, 3)
    made: dict[str, int] = {}
    for entry in words["parts"]:
        data = PartData(
            entry["code"], entry["name"], measures[entry["measure"]], entry.get("tracking", "none"),
            entry.get("guarantee", False), entry.get("storage", ""), entry.get("shelf"),
            made.get(entry.get("newer", "")),
        )  # fmt: skip
        made[entry["code"]] = parts.save_part(ctx, data).id
        for product_id in products if entry.get("fits") else ():
            parts.add_to_product(ctx, made[entry["code"]], product_id, Decimal(entry["fits"]), words["bill_place"])
    codes = list(made)
    parts.add_substitute(ctx, made[codes[0]], made[codes[4]], words["substitute_note"])
    parts.save_pack(ctx, made[codes[0]], measures["box"], Decimal(10))
    return made


def _products(ctx: Ctx, most: int) -> list[int]:
    """The company's first products, as its registry of kinds knows them."""
    model: Any = ctx.registry.kinds[PRODUCT].model
    return list(ctx.session.scalars(sa.select(model.id).where(model.active.is_(True)).order_by(model.id).limit(most)))


def _places(ctx: Ctx, words: dict[str, Any]) -> dict[str, int]:
    where = {row.kind: row.id for row in ctx.session.execute(sa.select(Location.kind, Location.id))}
    main = ctx.session.scalar(sa.select(Location).where(Location.kind == "warehouse").order_by(Location.id))
    where["main"] = main.id if main is not None else where["warehouse"]
    where["shelf"] = places.save_location(ctx, LocationData("A-01", words["shelf"], "shelf", where["main"])).id
    query = sa.select(OrgUnit).where(OrgUnit.kind == "centre", OrgUnit.active.is_(True)).order_by(OrgUnit.id)
    centre = ctx.session.scalars(query.limit(1)).first()
    unit_id = centre.id if centre is not None else None
    where["north"] = places.save_location(ctx, LocationData("R-01", words["north"], "warehouse", unit_id=unit_id)).id
    members = [m for m in ctx.session.scalars(sa.select(Membership).where(Membership.active.is_(True))) if m.user]
    members.sort(key=lambda m: ("technician" not in m.role_codes, m.user_id))
    owner = members[0] if members else None
    name = f"{words['van']} {owner.user.name}" if owner is not None else words["van"]
    data = LocationData("V-01", name, "van", unit_id=unit_id, user_id=owner.user_id if owner is not None else None)
    where["van"] = places.save_location(ctx, data).id
    return where


def _receive(
    ctx: Ctx, rng: random.Random, words: dict[str, Any], made: dict[str, int], where: dict[str, int]
) -> None:
    for week in range(3):
        then = ctx.at(ctx.now + dt.timedelta(days=7 * week))
        lines = []
        for entry in words["parts"]:
            part_id = made[entry["code"]]
            tracking = entry.get("tracking", "none")
            if tracking == "serial":
                lines += [ReceiptLine(part_id, serial=f"E{26_0000 + 10 * week + n}") for n in range(3)]
            elif tracking == "batch":
                produced = then.today - dt.timedelta(days=(700, 200, 20)[week])
                batch = BatchData(f"{produced:%y%m}-{week + 1:02d}", produced)
                lines.append(ReceiptLine(part_id, Decimal(12), batch=batch))
            else:
                lines.append(ReceiptLine(part_id, Decimal(rng.randrange(8, 30))))
        stock.receive(then, lines, where["main"], Circumstances(f"PO-{week + 1:03d}"))


def _happenings(ctx: Ctx, words: dict[str, Any], made: dict[str, int], where: dict[str, int]) -> None:
    codes = list(made)
    belt, guard, oil, seal = (made[codes[n]] for n in (0, 1, 2, 5))
    week = ctx.at(ctx.now - dt.timedelta(days=12))
    stock.transfer(week, [StockLine(belt, Decimal(4), where["main"])], where["north"])
    stock.transfer(week, [StockLine(guard, Decimal(6), where["main"])], where["shelf"])
    stock.transfer(week, [StockLine(belt, Decimal(2), where["main"])], where["van"])
    stock.issue(week, [StockLine(oil, Decimal("2.5")), StockLine(seal, Decimal(2))])
    stock.adjust(week, [StockLine(guard, Decimal(-1), where["main"])], Circumstances(words["adjusted"]))
    wrong = stock.issue(week, [StockLine(guard, Decimal(3), where["main"])])
    stock.reverse(week, wrong.moves, Circumstances(words["reversed"]))
    query = sa.select(Batch).where(Batch.part_id == seal).order_by(Batch.id)
    batches = list(ctx.session.scalars(query))
    holds.hand_out(week, batches[1])
    holds.stop(ctx, batches, words)
    for product_id in _products(ctx, 1):
        ref = RecordRef(PRODUCT, product_id)
        given = Circumstances(words["bill_place"], ref)
        stock.issue(week, [StockLine(belt, Decimal(2))], given)
        stock.give_back(week, belt, Decimal(1), given)
        reserving.reserve(ctx, ref, {belt: Decimal(3), guard: Decimal(2)})
    periods.close_period(ctx, ctx.today.replace(day=1) - dt.timedelta(days=60))
