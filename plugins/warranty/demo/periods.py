"""What happened to units of the demonstration: proofs of dates, meter readings, repairs, an exchange here and there."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.api import Actor, Ctx, DomainError, Membership, Role, demo_count, use_locale
from plugins.base import queries as base_queries
from plugins.warranty import life
from plugins.warranty.contracts import PartChange, ProofData, ReadingData, RepairData
from plugins.warranty.demo.terms import words_of
from plugins.warranty.models import RepairRecord
from plugins.warranty.services.evidence import record_proof, set_proof_aside
from plugins.warranty.services.exchanges import exchange_unit
from plugins.warranty.services.meters import correct_reading, read_meter
from plugins.warranty.services.periods import refresh_all
from plugins.warranty.services.repairs import record_repair

UNITS = 36
EXCHANGES = 4


def fill(ctx: Ctx, rng: random.Random) -> None:
    """Histories of the first units, each told by the services at the moments when they happened."""
    if ctx.session.scalar(sa.select(RepairRecord.id).limit(1)) is not None:
        return
    with use_locale(ctx.company.locale):
        words = words_of(ctx)
        ctx = ctx.as_actor(_somebody(ctx, life.RECORD_REPAIRS))
        units = list(base_queries.units_by_id(ctx, base_queries.unit_ids_after(ctx, 0, demo_count(UNITS, 12))).values())
        sold = [unit for unit in units if unit.sale_date is not None and unit.serial]
        for number, unit in enumerate(sold):
            _proofs(ctx, rng, words, unit, number)
            _readings(ctx, rng, words, unit, number)
            _repairs(ctx, rng, words, unit, number)
        _exchanges(ctx, words, sold)
        refresh_all(ctx)


def _somebody(ctx: Ctx, right: str) -> Actor:
    """The first person who holds a right, as whom the records are written; the system where nobody does."""
    rights = {code: set(given) for code, given in ctx.session.execute(sa.select(Role.code, Role.permissions))}
    for member in ctx.session.scalars(sa.select(Membership).where(Membership.active.is_(True)).order_by(Membership.id)):
        if member.user and any(right in rights.get(code, ()) for code in member.role_codes):
            return Actor(member.user_id, member.user.name, is_system=True, roles=frozenset(member.role_codes))
    return ctx.actor


def _moment(ctx: Ctx, day: dt.date, hour: int) -> Ctx:
    local = dt.datetime.combine(day, dt.time(hour, 20), ctx.tz)
    return ctx.at(min(local.astimezone(dt.UTC), ctx.now))


def _proofs(ctx: Ctx, rng: random.Random, words: dict[str, Any], unit: Any, number: int) -> None:
    sold = unit.sale_date
    for event, sources in words["proofs"].items():
        if rng.random() < 0.6:
            day = sold if event == "sale" else sold + dt.timedelta(days=rng.randrange(2, 25))
            if day <= ctx.today:
                document = f"{rng.randrange(10**7, 10**8)}"
                data = ProofData(unit.id, event, day, rng.choice(sources), document, words["proof_note"])
                record_proof(_moment(ctx, day, 10), data)
    if number % 17 == 3:
        wrong = ProofData(unit.id, "sale", sold - dt.timedelta(days=40), "card", "", "")
        proof = record_proof(_moment(ctx, sold, 11), wrong)
        set_proof_aside(_moment(ctx, sold + dt.timedelta(days=30), 9), proof.id, words["reading_wrong"])


def _readings(ctx: Ctx, rng: random.Random, words: dict[str, Any], unit: Any, number: int) -> None:
    per_year = rng.randrange(*words["hours_a_year"])
    kind = words["meters"][number % len(words["meters"])]
    day, value = unit.sale_date, Decimal(rng.randrange(0, 5))
    for step in range(rng.randrange(1, 5)):
        gone = rng.randrange(30, 160)
        day = day + dt.timedelta(days=gone)
        if day > ctx.today:
            break
        value += Decimal(per_year * gone // 365)
        then = _moment(ctx, day, 15)
        if number % 19 == 5 and step == 1:
            wrong = read_meter(then, ReadingData(unit.id, kind, value * 10, day))
            correct_reading(then, wrong.id, value, words["reading_wrong"])
        elif number % 23 == 7 and step == 2:
            new = ReadingData(unit.id, kind, Decimal(0), day, "repair", True, value, words["meter_replaced"])
            read_meter(then, new)
            value = Decimal(0)
        else:
            read_meter(then, ReadingData(unit.id, kind, value, day, rng.choice(["staff", "customer", "repair"])))


def _repairs(ctx: Ctx, rng: random.Random, words: dict[str, Any], unit: Any, number: int) -> None:
    if rng.random() < 0.35:
        return
    fitting = [case for case in words["repairs"] if unit.product.code in case.get("of", [unit.product.code])]
    if not fitting:
        return
    case = rng.choice(fitting)
    day = unit.sale_date
    for _again in range(rng.choice([1, 1, 2, 3])):
        day = day + dt.timedelta(days=rng.randrange(20, 150))
        if day >= ctx.today:
            return
        _repair(ctx, rng, words, unit.id, case, day, is_open=(ctx.today - day).days < 12)
        if rng.random() < 0.6:
            case = rng.choice(fitting)


def _repair(
    ctx: Ctx, rng: random.Random, words: dict[str, Any], device_id: int, case: dict, day: dt.date, *, is_open: bool
) -> None:
    came = _moment(ctx, day, rng.randrange(8, 17)).now
    back = came + dt.timedelta(hours=rng.choice([3, 6, 26, 50, 98, 240]))
    waits = rng.random() < 0.3
    if is_open or back > ctx.now:
        data = RepairData(device_id, case["problem"], came, None, case["cause"], came if waits else None)
    else:
        own = rng.random() < 0.15
        data = RepairData(
            device_id, case["problem"], came, back, case["cause"],
            came + (back - came) / 4 if waits else None,
            came + (back - came) / 2 if waits else None,
            came + (back - came) / 2 if own else None,
            came + (back - came) * 3 / 4 if own else None,
            words["own_reason"] if own else "",
            (PartChange(case["part"], case["group"]),) if rng.random() < 0.8 else (),
            rng.choice(["repaired", "repaired", "repaired", "no_fault"]),
            rng.choice(words["repairers"]),
        )  # fmt: skip
    record_repair(ctx.at(max(came, data.handed_back_at or came)), data)


def _exchanges(ctx: Ctx, words: dict[str, Any], units: list[Any]) -> None:
    """Some units that were exchanged for another one of the same product."""
    done = 0
    taken: set[int] = set()
    for old in units:
        new = next((u for u in reversed(units) if u.product_id == old.product_id and u.id != old.id
                    and not {u.id, old.id} & taken), None)  # fmt: skip
        day = max(old.sale_date + dt.timedelta(days=60), new.sale_date) if new is not None else ctx.today
        if new is None or day >= ctx.today:
            continue
        try:
            exchange_unit(_moment(ctx, day, 16), old.id, new.id, words["exchange_reason"], day=day)
        except DomainError:
            continue
        taken |= {old.id, new.id}
        done += 1
        if done == EXCHANGES:
            return
