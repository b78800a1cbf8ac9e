"""Believable contracts, ends, suppliers and claims, made by their own services at past moments."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.api import Actor, Conflict, Ctx, Membership, Role, issue_document, read_data_file, sweep
from plugins.base.contracts import UNIT, SupplierData
from plugins.base.queries.suppliers import Supplier
from plugins.base.services.suppliers import save_supplier
from plugins.warranty.agreed import (
    AgreementData,
    AnswerData,
    ClaimData,
    ContractData,
    ItemData,
    QuotaData,
    RecoveryData,
    SupplierTermData,
    TellData,
    UseData,
    VisitData,
)
from plugins.warranty.agreed_life import WORK_CLAIMS, WORK_FOLLOW_UPS
from plugins.warranty.models.agreements import FollowUp, ServiceContract
from plugins.warranty.queries import agreements as contract_queries
from plugins.warranty.queries import claims as claim_queries
from plugins.warranty.services import agreements, claims, follow_ups, suppliers

WORDS = Path(__file__).parents[1] / "data" / "demo" / "agreed.yaml"
CONTRACTS = 14
CLAIMS = 16
BEFORE = 400
"""Days before today on which the oldest contract was drawn up."""


@dataclass
class World:
    """What a fill draws from, and what is still to happen."""

    ctx: Ctx
    rng: random.Random
    words: dict[str, Any]
    units: list[Any]
    people: list[Actor]
    sellers: list[Actor]
    planned: list[tuple[dt.datetime, int, Callable[[Ctx], object]]] = field(default_factory=list)

    def on(self, days_ago: float, what: Callable[[Ctx], object], hour: int = 10) -> None:
        """Do ``what`` so many days ago, in working hours."""
        local = (self.ctx.now - dt.timedelta(days=days_ago)).astimezone(self.ctx.tz)
        moment = local.replace(hour=hour, minute=self.rng.randrange(60), second=0).astimezone(dt.UTC)
        if moment < self.ctx.now:
            self.planned.append((moment, len(self.planned), what))

    def run(self) -> None:
        """Let everything happen in its order."""
        while self.planned:
            self.planned.sort(key=lambda p: p[:2], reverse=True)
            moment, _order, what = self.planned.pop()
            what(self.ctx.at(moment))


def fill(ctx: Ctx, rng: random.Random) -> None:
    """Suppliers with terms and agreements, contracts in every state, claims in every state."""
    offered = read_data_file(WORDS)
    words = {**offered[ctx.company.locale], **offered.get(ctx.company.profile, {})}
    model: Any = ctx.registry.kinds[UNIT].model
    query = sa.select(model).where(model.customer_id.is_not(None)).order_by(model.id).limit(120)
    units = list(ctx.session.scalars(query))
    if not units:
        return
    world = World(ctx, rng, words, units, _people(ctx, WORK_CLAIMS), _people(ctx, WORK_FOLLOW_UPS))
    _suppliers(world)
    for number in range(CONTRACTS):
        _contract(world, number)
    for number in range(CLAIMS):
        _claim(world, number)
    for days_ago in range(75):
        world.on(days_ago, follow_ups.climb, 8)
        if days_ago % 10 == 0:
            world.on(days_ago, agreements.keep_contracts, 7)
            world.on(days_ago, sweep, 18)
    world.run()
    _work_off(world)


def _people(ctx: Ctx, permission: str) -> list[Actor]:
    """Those who hold a right, as actors; the system where there is nobody."""
    rights = {code: set(p) for code, p in ctx.session.execute(sa.select(Role.code, Role.permissions))}
    found = []
    for member in ctx.session.scalars(sa.select(Membership).where(Membership.active.is_(True))):
        mine = set().union(*(rights.get(code, set()) for code in member.role_codes))
        if permission in mine and member.user:
            found.append(Actor(member.user_id, member.user.name, is_system=True, roles=frozenset(member.role_codes)))
    return found or [ctx.actor]


def _suppliers(world: World) -> None:
    then = world.ctx.at(world.ctx.now - dt.timedelta(days=BEFORE + 20))
    groups = sorted({unit.product.group for unit in world.units if unit.product.group})
    for index, words in enumerate(world.words["suppliers"]):
        row = save_supplier(
            then,
            SupplierData(
                words["name"],
                contact_name=words["contact"],
                phone=words["phone"],
                email=words["email"],
                address=words["address"],
            ),
        )
        group = groups[index % len(groups)] if groups else ""
        begins = then.today.replace(month=1, day=1)
        whole = SupplierTermData(row.id, words["months"], begins, product_group=group, covers=frozenset({"parts"}))
        maker = words.get("maker", "")
        part = SupplierTermData(row.id, words["months"], begins, maker=maker, part_group=words["part_group"])
        suppliers.save_term(then, part)
        if index < 2 and group and not maker:
            suppliers.save_term(then, whole)
        if maker:
            suppliers.save_term(then, replace(part, part_group="", covers=frozenset({"parts", "labour"})))
        today = world.ctx.today
        valid_from = (today - dt.timedelta(days=365)).replace(day=1)
        ends = today + dt.timedelta(days=(40, 320, -12, 200)[index % 4])
        data = AgreementData(
            row.id,
            valid_from,
            ends,
            before_sale=("we", "supplier")[index % 2],
            after_sale=("supplier", "third", "supplier", "we")[index % 4],
            third_party=world.words["third"] if index % 4 == 1 else "",
            product_group="" if maker else group,
            maker=maker,
            content=world.words["support"],
        )
        suppliers.save_agreement(then, data)


def _contract(world: World, number: int) -> None:
    """Spread so that some are over, some about to end, most in force, the last ones drafts."""
    rng, today = world.rng, world.ctx.today
    unit = world.units[(number * 7) % len(world.units)]
    begins = today - dt.timedelta(days=360 - number * 30 + rng.randrange(20))
    if number < 4:
        begins = today - dt.timedelta(days=(395, 364, 352, 338)[number])
    ends = begins + dt.timedelta(days=364)
    mine = [u for u in world.units if u.customer_id == unit.customer_id][:3]
    covers = frozenset(rng.choice((("parts", "labour", "travel"), ("labour", "travel"), ("parts", "labour"))))
    price = Decimal(rng.randrange(24, 190) * 100)
    data = ContractData(
        customer_id=unit.customer_id,
        title=rng.choice(world.words["titles"]),
        covers=covers,
        starts_on=begins,
        ends_on=ends,
        items=tuple(ItemData(device_id=u.id) for u in mine),
        quotas=(QuotaData("visits", Decimal(rng.choice((4, 6, 12))), "year"),),
        price=price,
        instalments=rng.choice((1, 2, 4)),
        level=rng.choice(("", "standard", "preferred", "round_the_clock")),
        renewal="automatic" if number % 5 == 3 else "offer",
        note=rng.choice(world.words["notes"]),
        assignee_id=rng.choice(world.sellers).user_id,
        unit_id=unit.unit_id,
    )
    drawn_up = max((today - begins).days + 12, 1)
    world.on(min(drawn_up, BEFORE), lambda ctx: _draw_up(world, ctx, data, number))


def _draw_up(world: World, ctx: Ctx, data: ContractData, number: int) -> None:
    ctx = ctx.as_actor(world.rng.choice(world.sellers))
    contract = agreements.save_contract(ctx, data)
    if number >= CONTRACTS - 2:
        return  # still a draft
    try:
        agreements.approve_contract(ctx.at(ctx.now + dt.timedelta(hours=3)), contract.id)
    except Conflict:  # another contract of the customer covers these units
        agreements.drop_contract(ctx, contract.id, world.rng.choice(world.words["refused"]))
        return
    if world.rng.random() < 0.5:
        issue_document(ctx, "warranty.contract_sheet", contract, ctx.company.locale)
    days = (world.ctx.today - data.starts_on).days
    for visit in range(world.rng.randrange(1, 7)):
        ago = days - 20 - visit * 45
        if ago > 0:
            world.on(ago, partial(_use, world, contract.id, visit), 14)
    for part in contract_queries.instalments_of(ctx, contract.id):
        ago = (world.ctx.today - part.due_on).days - 6
        if ago > 0 and world.rng.random() < 0.85:
            world.on(ago, partial(_pay, contract.id, part.number), 15)


def _use(world: World, contract_id: int, visit: int, ctx: Ctx) -> None:
    contract = contract_queries.get_contract(ctx, contract_id)
    if contract.starts_on <= ctx.today <= contract.last_day:
        note = world.rng.choice(world.words["uses"])
        once = f"demo {contract_id} {visit}"
        ctx = ctx.as_actor(world.rng.choice(world.sellers))
        agreements.book_use(ctx, contract_id, UseData("visits", Decimal(1), ctx.today, once, note=note))


def _pay(contract_id: int, number: int, ctx: Ctx) -> None:
    contract = contract_queries.get_contract(ctx, contract_id)
    if any(p.number == number for p in contract_queries.instalments_of(ctx, contract_id)):
        agreements.record_payment(ctx, contract_id, number, ctx.today, f"{contract.number}-{number}")


def _claim(world: World, number: int) -> None:
    rng = world.rng
    words = rng.choice(world.words["suppliers"])
    unit = world.units[(number * 11 + 3) % len(world.units)]
    part = rng.choice(words["parts"])
    loss = Decimal(rng.randrange(3, 60) * 100)
    ago = (CLAIMS - number) * 9 + rng.randrange(5) if number < CLAIMS - 3 else rng.choice((0, 1, 2))

    def _open(ctx: Ctx) -> None:
        found = ctx.session.scalar(sa.select(Supplier.id).where(Supplier.name == words["name"]))
        data = ClaimData(
            subject=f"{part}: {unit.product.name}"[:200],
            supplier_id=found,
            device_id=unit.id,
            part=part,
            part_group=words["part_group"],
            batch=unit.batch,
            found_on=ctx.today,
            problem=rng.choice(words["problems"]),
            wish=rng.choice(("compensation", "compensation", "replacement", "settlement")),
            loss=loss,
            claimed=loss if rng.random() < 0.6 else (loss * Decimal("0.8")).quantize(Decimal(1)),
        )
        claim = claims.open_claim(ctx.as_actor(rng.choice(world.people)), data)
        if number < CLAIMS - 2:
            late = rng.random() < 0.2
            world.on(ago - (1 if late else 0), lambda then: _tell(world, then, claim.id, ago, words), 16)

    world.on(ago, _open, 10)


def _tell(world: World, ctx: Ctx, claim_id: int, ago: int, words: dict[str, Any]) -> None:
    rng = world.rng
    claim = claim_queries.get_claim(ctx, claim_id)
    by = rng.choice(("phone", "letter", "portal"))
    claims.tell_supplier(ctx.as_actor(rng.choice(world.people)), claim_id, TellData(by, words["contact"]))
    if by == "letter":
        issue_document(ctx, "warranty.claim_letter", claim, ctx.company.locale)
    wait = rng.choice((2, 4, 8, 18))
    if ago - wait > 0:
        world.on(ago - wait, lambda then: _answer(world, then, claim_id, ago - wait), 11)


def _answer(world: World, ctx: Ctx, claim_id: int, ago: int) -> None:
    rng = world.rng
    claim = claim_queries.get_claim(ctx, claim_id)
    answer = rng.choice(("accepted", "accepted", "partly", "refused"))
    text = world.words["answers"][("accepted", "partly", "refused").index(answer)]
    accepted = (claim.claimed / 2).quantize(Decimal(1)) if answer == "partly" else None
    claims.record_answer(ctx.as_actor(rng.choice(world.people)), claim_id, AnswerData(answer, text, accepted))
    if ago - 6 > 0 and claim.id % 7 != 3:
        world.on(ago - 6, lambda then: _settle(world, then, claim_id), 15)


def _settle(world: World, ctx: Ctx, claim_id: int) -> None:
    rng = world.rng
    claim = claim_queries.get_claim(ctx, claim_id)
    if claim.accepted:
        way = "goods" if claim.wish == "replacement" else rng.choice(("money", "credit"))
        data = RecoveryData(claim.accepted, ctx.today, way, f"{claim.number}-1", f"demo {claim.id}")
        claims.record_recovery(ctx, claim_id, data)
    outcome = {"accepted": "recovered", "partly": "partly"}.get(claim.answer, rng.choice(("refused", "given_up")))
    claims.close_claim(ctx, claim_id, outcome, world.words["closed"][outcome])


def _work_off(world: World) -> None:
    """Older steps of the ladder were carried out; the newest wait."""
    ctx, rng = world.ctx, world.rng
    query = sa.select(FollowUp).where(FollowUp.is_open.is_(True)).order_by(FollowUp.id)
    for step in list(ctx.session.scalars(query)):
        age = (ctx.today - step.made_at.astimezone(ctx.tz).date()).days
        if age < 12:
            continue
        then = ctx.at(step.made_at + dt.timedelta(days=rng.randrange(3, 10))).as_actor(rng.choice(world.sellers))
        if step.action == "visit":
            _visit(world, then, step)
        elif step.action != "notice" or rng.random() < 0.6:
            follow_ups.finish_follow_up(then, step.id, world.words["visited"][0])


def _visit(world: World, ctx: Ctx, step: FollowUp) -> None:
    rng, words = world.rng, world.words
    contract = ctx.session.get(ServiceContract, step.record_id)
    renewable = contract is not None and contract.state in ("in_force", "ended")
    outcome = rng.choice(("renewed", "refused", "later")) if renewable else "refused"
    data = VisitData(
        outcome,
        ctx.today,
        words["visited"][("renewed", "refused", "later").index(outcome)] if outcome != "refused" else "",
        rng.choice(words["refused"]) if outcome == "refused" else "",
        ctx.today + dt.timedelta(days=14) if outcome == "later" else None,
    )
    follow_ups.record_visit(ctx, step.id, data)
