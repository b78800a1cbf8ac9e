"""Believable complaints for the demonstration: the same ones for the same seed, spread over the last sixty days."""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml

from core.api import Actor, Conflict, Ctx, Membership, OrgUnit, Role, emit, sweep, transaction
from plugins.base import queries as base_queries
from plugins.complaints import queries, services
from plugins.complaints.contracts import Classification, ComplaintData
from plugins.complaints.life import HANDLE, OPEN
from plugins.complaints.models import Complaint

FOLDER = Path(__file__).parent / "data" / "demo"
COMPLAINTS = 120
DAYS = 60
CHANNELS = ("phone", "phone", "phone", "email", "portal", "visit", "letter")


@dataclass
class World:
    """What a fill draws from, and what is still to happen, earliest first."""

    ctx: Ctx
    rng: random.Random
    words: dict[str, Any]
    owners: list[tuple[int | None, int | None]]
    agents: list[Actor]
    handlers: list[Actor]
    units: list[int]
    planned: list = field(default_factory=list)
    order: Any = field(default_factory=itertools.count)

    def plan(self, moment: dt.datetime, what: Callable[[Ctx], object]) -> None:
        """Do ``what`` at that moment, if it has come by now."""
        if moment < self.ctx.now:
            heapq.heappush(self.planned, (moment, next(self.order), what))

    def later(self, ctx: Ctx, hours: float) -> dt.datetime:
        """Some hours later, moved into the hours in which people work."""
        local = (ctx.now + dt.timedelta(hours=hours)).astimezone(self.ctx.tz)
        if local.hour >= 18:
            local = (local + dt.timedelta(days=1)).replace(hour=9)
        if local.hour < 9:
            local = local.replace(hour=9)
        while local.weekday() > 4:
            local += dt.timedelta(days=1)
        moved = local.replace(minute=self.rng.randrange(60)).astimezone(dt.UTC)
        return max(moved, ctx.now + dt.timedelta(minutes=7))


def fill(ctx: Ctx, seed: int, count: int = COMPLAINTS) -> None:
    """Fill a company that has customers with complaints in every state, made by its own services at past moments."""
    stem = ctx.company.profile if (FOLDER / f"{ctx.company.profile}.yaml").exists() else ""
    stem = stem or ("machinery" if ctx.company.locale == "zh" else "appliance")
    words = yaml.safe_load((FOLDER / f"{stem}.yaml").read_text(encoding="utf-8"))
    with transaction(ctx):
        owners: list[tuple[int | None, int | None]] = [
            (c.customer_id, c.device_id) for c in base_queries.recent_contacts(ctx, 400) if c.customer_id
        ]
        units = list(ctx.session.scalars(sa.select(OrgUnit.id).where(OrgUnit.kind == "department")))
        world = World(
            ctx,
            random.Random(seed),
            words,
            owners or [(None, None)],
            _people(ctx, OPEN),
            _people(ctx, HANDLE),
            units or list(ctx.session.scalars(sa.select(OrgUnit.id))),
        )
        for number in range(count):
            _plan_one(world, number, count)
        for day in range(DAYS * 2):
            world.plan(ctx.now - dt.timedelta(hours=12 * day + 1), sweep)
        while world.planned:
            moment, _order, what = heapq.heappop(world.planned)
            what(ctx.at(moment))
        emit(ctx, "complaints.demo_filled", complaints=count)


def _people(ctx: Ctx, permission: str) -> list[Actor]:
    """Those who hold a right, as actors with what their roles give them."""
    rights = {code: set(p) for code, p in ctx.session.execute(sa.select(Role.code, Role.permissions))}
    found = []
    for member in ctx.session.scalars(sa.select(Membership).where(Membership.active.is_(True))):
        mine = set().union(*(rights.get(code, set()) for code in member.role_codes))
        if permission in mine and member.user:
            found.append(Actor(member.user_id, member.user.name, is_system=True, roles=frozenset(member.role_codes)))
    return found or [ctx.actor]


def _plan_one(world: World, number: int, count: int) -> None:
    """Received more densely lately; the last ones are still on somebody's desk."""
    rng = world.rng
    days = DAYS * (1 - number / count) ** 1.3
    local = (world.ctx.now - dt.timedelta(days=days)).astimezone(world.ctx.tz)
    local = local.replace(hour=rng.randrange(8, 18), minute=rng.randrange(60), second=rng.randrange(60))
    moment = min(local.astimezone(dt.UTC), world.ctx.now - dt.timedelta(minutes=rng.randrange(5, 300)))
    case = rng.choice(world.words["cases"])
    world.plan(moment, lambda ctx: _open(world, ctx, case))


def _open(world: World, ctx: Ctx, case: dict) -> None:
    rng = world.rng
    customer_id, device_id = rng.choice(world.owners)
    unclassified = rng.random() < 0.25
    phones = base_queries.phones_of(ctx, customer_id) if customer_id else []
    complaint = services.open_complaint(
        ctx.as_actor(rng.choice(world.agents)),
        ComplaintData(
            subject=case["subject"],
            text=case["text"],
            kind=case.get("kind", "complaint"),
            channel=rng.choice(CHANNELS),
            customer_id=customer_id,
            device_id=device_id if case["category"] == "quality" else None,
            person_phone=phones[0].raw if phones else "",
            category="" if unclassified else case["category"],
            nature="" if unclassified else case["nature"],
            region=rng.choice(world.words["region"]),
            injury=case.get("injury"),
            in_batch=case.get("in_batch"),
            unusable=case.get("unusable"),
        ),
    )
    step = _classify if unclassified else _accept
    _next(world, ctx, complaint, case, rng.choice([0.2, 0.5, 1, 2, 5]), step)


def _go(world: World, ctx: Ctx, complaint_id: int, case: dict, step: Callable) -> None:
    """One step in the life of a complaint; one that is no longer possible is left out."""
    complaint = queries.get_complaint(ctx, complaint_id)
    try:
        step(world, ctx.as_actor(world.rng.choice(world.handlers)), complaint, case)
    except Conflict:
        return


def _next(world: World, ctx: Ctx, complaint: Complaint, case: dict, hours: float, step: Callable) -> None:
    world.plan(world.later(ctx, hours), lambda then: _go(world, then, complaint.id, case, step))


def _classify(world: World, ctx: Ctx, complaint: Complaint, case: dict) -> None:
    given = Classification(
        case["category"],
        case["nature"],
        kind=case.get("kind", "complaint"),
        region=complaint.region,
        injury=case.get("injury"),
        in_batch=case.get("in_batch"),
        unusable=case.get("unusable"),
    )
    services.classify(ctx, complaint.id, given)
    _next(world, ctx, complaint, case, world.rng.choice([0.3, 1, 3]), _accept)


def _accept(world: World, ctx: Ctx, complaint: Complaint, case: dict) -> None:
    rng = world.rng
    chance = rng.random()
    if chance < 0.05:
        services.withdraw_complaint(ctx, complaint.id, rng.choice(world.words["reasons_back"]))
    elif chance < 0.13:
        services.hand_back(ctx, complaint.id, rng.choice(world.words["reasons_back"]))
        _next(world, ctx, complaint, case, rng.choice([1, 2, 4]), _classify)
    elif chance < 0.25:
        others = [u for u in world.units if u != complaint.unit_id]
        services.hand_on(ctx, complaint.id, rng.choice(others or world.units), rng.choice(world.words["reasons_on"]))
        _next(world, ctx, complaint, case, rng.choice([1, 2, 6]), _accept)
    elif chance < 0.75 or complaint.received_at < world.ctx.now - dt.timedelta(days=4):
        services.accept(ctx, complaint.id)
        _next(world, ctx, complaint, case, rng.choice([0.5, 1, 3, 6, 30]), _find)


def _find(world: World, ctx: Ctx, complaint: Complaint, case: dict) -> None:
    services.write_findings(ctx, complaint.id, case["findings"])
    if world.rng.random() < 0.97:
        _next(world, ctx, complaint, case, world.rng.choice([0.3, 0.6, 2, 20]), _reply)


def _reply(world: World, ctx: Ctx, complaint: Complaint, case: dict) -> None:
    rng = world.rng
    channel = "letter" if complaint.severity == "critical" else rng.choice(["phone", "phone", "email", "letter"])
    services.reply(ctx, complaint.id, case["answer"], channel)
    step = _object if rng.random() < 0.1 else _close
    _next(world, ctx, complaint, case, rng.choice([2, 5, 24, 48]), step)


def _object(world: World, ctx: Ctx, complaint: Complaint, case: dict) -> None:
    services.object_to_reply(ctx, complaint.id, world.rng.choice(world.words["reasons_open"]))
    _next(world, ctx, complaint, case, world.rng.choice([3, 8, 24]), _reply)


def _close(world: World, ctx: Ctx, complaint: Complaint, case: dict) -> None:
    if complaint.confirmed_at is None and world.rng.random() < 0.8:
        services.confirm_content(ctx, complaint.id)
    services.close_complaint(ctx, complaint.id, case["outcome"], case["answer"])
    if world.rng.random() < 0.04:
        _next(world, ctx, complaint, case, 30, _reopen)


def _reopen(world: World, ctx: Ctx, complaint: Complaint, case: dict) -> None:
    services.reopen_complaint(ctx, complaint.id, world.rng.choice(world.words["reasons_open"]))
    _next(world, ctx, complaint, case, 6, _reply)
