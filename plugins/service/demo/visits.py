"""Visits on the orders of the demonstration: under way, ended with signature and rating, to be continued."""

from __future__ import annotations

import datetime as dt
import random
import struct
import zlib
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.api import Actor, Ctx, DomainError, Membership, Role, read_data_file, transaction, use_locale
from plugins.service import services
from plugins.service.contracts import OrderData
from plugins.service.demo.orders import devices_of
from plugins.service.visit_contracts import EndData, PartData, RatingData, SignatureData, WorkData

WORDS = Path(__file__).parents[1] / "data" / "demo" / "visits.yaml"


def fill(ctx: Ctx, rng: random.Random) -> None:
    """Three orders of one technician: solved yesterday, under way, and to be gone to with things to bring."""
    said = read_data_file(WORDS)[ctx.company.locale]
    devices, workers = devices_of(ctx), _technicians(ctx)
    if not devices or not workers:
        return
    with transaction(ctx), use_locale(ctx.company.locale):
        for number, case in enumerate(said["orders"]):
            with suppress(DomainError):  # what the company's own rules refuse stays where it stands
                _case(ctx, rng, case, devices[(number * 7 + 3) % len(devices)], workers)


def _case(ctx: Ctx, rng: random.Random, case: dict[str, Any], device: Any, workers: list[Actor]) -> None:
    came = ctx.at(ctx.now - dt.timedelta(hours=case["hours"]))
    promised = ctx.now + dt.timedelta(minutes=90) if case["to"] == "bring" else came.now + dt.timedelta(hours=2)
    phone = device.customer.phones[0].raw if device.customer.phones else ""
    data = OrderData(
        subject=case["subject"], text=case["text"], device_id=device.id, distance_km=Decimal(case["km"]),
        promised_at=promised, person_phone=phone, work_kind="free", work_kind_reason=case["why"], source="demo",
    )  # fmt: skip
    order = services.open_order(came, data)
    worker = next((w for w in workers if _sent(came, order.id, w)), None)
    if worker is None:
        return
    for kind, name, code, unit, quantity in case["bring"]:
        services.plan_part(came, order.id, PartData(name, code, Decimal(quantity), unit, kind))
    if case["to"] == "bring":
        return
    there = ctx.at(promised + dt.timedelta(minutes=rng.randrange(-9, 15))).as_actor(worker)
    visit = services.arrive(there, order.id, f"demo-{order.id}-a")
    kind, name, code, unit, quantity = case["used"]
    services.save_parts(there, visit.id, {}, f"demo-{order.id}-p", PartData(name, code, Decimal(quantity), unit, kind))
    work = WorkData(
        case["differs"], case["differs_text"], case["further"], case["further_text"], "defect", case["found"],
        case["done"], case["tested"], rng.randrange(15, 70), rng.randrange(30, 150),
    )  # fmt: skip
    services.save_work(there, visit.id, work, f"demo-{order.id}-w")
    if case["to"] == "end":
        signature = SignatureData("self", order.person_name, content=scribble(rng))
        grades = {"attitude": "very_good", "skill": "very_good", "arrival": "good", "promises": "good"}
        end = EndData("solved", signature=signature, rating=RatingData(grades, case["comment"]))
        left = ctx.at(there.now + dt.timedelta(minutes=95)).as_actor(worker)
        services.end_visit(left, visit.id, end, f"demo-{order.id}-e")


def _sent(ctx: Ctx, order_id: int, worker: Actor) -> bool:
    """Send somebody, unless a certificate or leave stands in the way."""
    try:
        with ctx.session.begin_nested():
            services.dispatch(ctx, order_id, worker.user_id or 0)
    except DomainError:
        return False
    return True


def _technicians(ctx: Ctx) -> list[Actor]:
    """Technicians first, then all others who may work on orders."""
    rights = {code: set(p) for code, p in ctx.session.execute(sa.select(Role.code, Role.permissions))}
    found = []
    for member in ctx.session.scalars(sa.select(Membership).where(Membership.active.is_(True)).order_by(Membership.id)):
        able = any("service.order.work" in rights.get(code, set()) for code in member.role_codes)
        if able and member.user:
            found.append(("technician" not in member.role_codes, member))
    found.sort(key=lambda pair: (pair[0], pair[1].id))
    return [Actor(m.user_id, m.user.name, is_system=True, roles=frozenset(m.role_codes)) for _later, m in found]


def scribble(rng: random.Random) -> bytes:
    """A line as of a finger, as PNG."""
    wide, high = 320, 120
    points = bytearray(wide * high * 4)
    y = high / 2
    for x in range(30, wide - 30):
        y = min(max(y + rng.uniform(-7, 7), 20), high - 20)
        for thick in range(-2, 3):
            at = ((int(y) + thick) * wide + x) * 4
            points[at : at + 4] = bytes((0, 0, 0, 255 - abs(thick) * 60))
    rows = b"".join(b"\0" + bytes(points[r * wide * 4 : (r + 1) * wide * 4]) for r in range(high))

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", wide, high, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
