"""Reads of the expiry ladder: what ends, which steps there are for it already, what waits for whom."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, NotFound, RecordRef, Role, _, get_setting, label, rule
from plugins.base.contracts import CUSTOMER, PRODUCT, UNIT
from plugins.warranty.agreed import AGREEMENT, CONTRACT, Ending
from plugins.warranty.models.agreements import CONTRACT_BINDING, FollowUp, ServiceContract
from plugins.warranty.models.periods import UnitPeriod
from plugins.warranty.models.suppliers import SupplierAgreement
from plugins.warranty.queries import agreements
from plugins.warranty.rules.agreements import add_months
from plugins.warranty.rules.ladder import Rung, rung_of

LADDER = "warranty.expiry_ladder"
CHUNK = 500


def get_follow_up(ctx: Ctx, follow_up_id: int) -> FollowUp:
    """The follow-up; NotFound when there is none for this person."""
    query = sa.select(FollowUp).where(FollowUp.id == follow_up_id).options(orm.joinedload(FollowUp.customer))
    row = ctx.session.scalar(query)
    if row is None:
        raise NotFound("unknown_follow_up", _("There is no such follow-up, or it is not meant for you."))
    return row


def follow_ups_on(ctx: Ctx, ref: RecordRef, limit: int = 50) -> list[FollowUp]:
    """The steps taken because a record ends, the newest first."""
    query = sa.select(FollowUp).where(FollowUp.record_kind == ref.kind, FollowUp.record_id == ref.id)
    return list(ctx.session.scalars(query.order_by(FollowUp.id.desc()).limit(limit)))


def next_of(ctx: Ctx, follow_up_id: int) -> list[FollowUp]:
    """The steps that follow from this one."""
    query = sa.select(FollowUp).where(FollowUp.follows_id == follow_up_id).order_by(FollowUp.id)
    return list(ctx.session.scalars(query))


def horizon(ctx: Ctx) -> dt.date:
    """The last day up to which the ladder looks ahead."""
    return add_months(ctx.today, int(get_setting(ctx, "warranty.follow_up.horizon_months")))


def rungs_for(ctx: Ctx, ending: Ending) -> list[Rung]:
    """The steps that the company's ladder has for something that ends; asked once for the same facts."""
    memo: dict[tuple, list[Rung]] = ctx.memo.setdefault("warranty.rungs", {})
    facts = {"sort": ending.sort, **{name: value or None for name, value in ending.facts.items()}}
    key = tuple(sorted((name, value or "") for name, value in facts.items()))
    if key not in memo:
        decision = rule(ctx, LADDER, facts).decision
        outputs = decision.all_outputs
        ids = decision.to_data()["row_ids"] if len(decision.to_data()["row_ids"]) == len(outputs) else ["default"]
        memo[key] = [rung_of(str(row_id), row) for row_id, row in zip(ids, outputs, strict=False)]
    return memo[key]


# --- what ends ------------------------------------------------------------------------------------------------------


def endings(ctx: Ctx) -> Iterator[list[Ending]]:
    """Everything that ends within the horizon, in chunks: contracts in force, suppliers' service agreements, and the
    warranty periods by which units are known.
    """
    yield from _contracts(ctx)
    yield from _agreements(ctx)
    yield from _periods(ctx)


def _contracts(ctx: Ctx) -> Iterator[list[Ending]]:
    follower = orm.aliased(ServiceContract)
    renewed = sa.select(follower.id).where(
        follower.follows_id == ServiceContract.id, follower.state.in_(CONTRACT_BINDING)
    )
    query = (
        sa.select(ServiceContract)
        .where(
            ServiceContract.is_open.is_(True),
            ServiceContract.state == "in_force",
            ServiceContract.ends_on.between(ctx.today, horizon(ctx)),
            ~sa.exists(renewed),
        )
        .options(orm.joinedload(ServiceContract.customer))
    )
    for rows in _by_id(ctx, query, ServiceContract):
        yield [_contract_ending(ctx, contract) for contract in rows]


def _contract_ending(ctx: Ctx, contract: ServiceContract) -> Ending:
    customer = contract.customer
    return Ending(
        "contract",
        RecordRef(CONTRACT, contract.id),
        f"{contract.number} {contract.title}"[:200],
        contract.ends_on,
        contract.customer_id,
        contract.unit_id,
        contract.assignee_id,
        {"renewal": contract.renewal, "customer_kind": customer.kind, "customer_class": customer.klass},
        contract.contact_email,
        contract.contact_name,
    )


def _agreements(ctx: Ctx) -> Iterator[list[Ending]]:
    follower = orm.aliased(SupplierAgreement)
    query = (
        sa.select(SupplierAgreement)
        .where(
            SupplierAgreement.state == "in_force",
            SupplierAgreement.valid_until.between(ctx.today, horizon(ctx)),
            ~sa.exists(sa.select(follower.id).where(follower.follows_id == SupplierAgreement.id)),
        )
        .options(orm.joinedload(SupplierAgreement.supplier))
    )
    for rows in _by_id(ctx, query, SupplierAgreement):
        yield [
            Ending(
                "agreement",
                RecordRef(AGREEMENT, a.id),
                f"{a.number} {a.supplier.name}"[:200],
                a.valid_until,
                facts={"product_group": a.product_group},
                email=a.email or a.supplier.email,
                name=a.contact_name or a.supplier.contact_name or a.supplier.name,
            )
            for a in rows
        ]


def _periods(ctx: Ctx) -> Iterator[list[Ending]]:
    """Warranties that end, of units in use. Only those are read for which the ladder has a step, and only as far ahead
    as its longest lead: of a hundred thousand units few are.
    """
    units: Any = ctx.registry.kinds[UNIT].model
    products: Any = ctx.registry.kinds[PRODUCT].model
    customers: Any = ctx.registry.kinds[CUSTOMER].model
    asked = (
        sa.select(products.group, customers.kind, customers.klass, UnitPeriod.cover)
        .select_from(UnitPeriod)
        .join(units, units.id == UnitPeriod.device_id)
        .join(products, products.id == units.product_id)
        .outerjoin(customers, customers.id == units.customer_id)
        .where(*_ending_periods(ctx, units, horizon(ctx)))
        .distinct()
    )
    for row in ctx.session.execute(asked).all():
        facts = _period_facts(row.group, row.kind, row.klass, row.cover)
        rungs = rungs_for(ctx, Ending("warranty", RecordRef(UNIT, 0), "", ctx.today, facts=facts))
        if not rungs:
            continue
        last = max(_reach(rung, ctx.today) for rung in rungs)
        query = (
            sa.select(UnitPeriod)
            .join(units, units.id == UnitPeriod.device_id)
            .join(products, products.id == units.product_id)
            .outerjoin(customers, customers.id == units.customer_id)
            .where(
                *_ending_periods(ctx, units, min(last, horizon(ctx))),
                products.group == row.group,
                UnitPeriod.cover == row.cover,
                customers.kind.is_not_distinct_from(row.kind),
                customers.klass.is_not_distinct_from(row.klass),
            )
            .options(orm.joinedload(UnitPeriod.device))
        )
        for rows in _by_id(ctx, query, UnitPeriod):
            yield [_period_ending(period, facts) for period in rows]


def _reach(rung: Rung, today: dt.date) -> dt.date:
    """The last day whose end this rung may concern today."""
    if rung.unit == "months":
        return add_months(today, rung.lead) + dt.timedelta(days=3)  # shorter months come back to an earlier day
    return today + dt.timedelta(days=rung.lead)


def _ending_periods(ctx: Ctx, units: Any, last: dt.date) -> tuple[Any, ...]:
    return (
        UnitPeriod.is_main.is_(True),
        UnitPeriod.unknown.is_(False),
        UnitPeriod.ends_on.between(ctx.today, last),
        units.status.not_in(("returned", "scrapped")),
        units.merged_into_id.is_(None),
    )


def _period_facts(group: str, kind: str | None, klass: str | None, cover: str) -> dict[str, str]:
    return {"product_group": group, "customer_kind": kind or "", "customer_class": klass or "", "cover": cover}


def _period_ending(period: UnitPeriod, facts: dict[str, str]) -> Ending:
    unit = period.device
    name = f"{unit.product.name} {unit.serial or ''}".strip()[:200]
    return Ending(
        "warranty", RecordRef(UNIT, unit.id), name, period.ends_on, unit.customer_id, unit.unit_id, facts=facts
    )


def _by_id(ctx: Ctx, query: Any, model: Any) -> Iterator[list]:
    after = 0
    while rows := list(ctx.session.scalars(query.where(model.id > after).order_by(model.id).limit(CHUNK))):
        yield rows
        after = rows[-1].id


def known_rungs(ctx: Ctx, some: Sequence[Ending]) -> dict[tuple[str, int, dt.date], set[str]]:
    """(kind, id, day of the end) → the steps taken for it already; ``*`` among them: nothing more is to be done."""
    found: dict[tuple[str, int, dt.date], set[str]] = defaultdict(set)
    by_kind: dict[str, list[int]] = defaultdict(list)
    for ending in some:
        by_kind[ending.ref.kind].append(ending.ref.id)
    for kind, ids in by_kind.items():
        query = sa.select(FollowUp.record_id, FollowUp.expires_on, FollowUp.rung, FollowUp.outcome).where(
            FollowUp.record_kind == kind, FollowUp.record_id.in_(ids)
        )
        for row in ctx.session.execute(query):
            steps = found[kind, row.record_id, row.expires_on]
            steps.add(row.rung)
            if row.outcome in ("refused", "renewed"):
                steps.add("*")
    return found


def overtaken(ctx: Ctx, limit: int = CHUNK) -> list[tuple[FollowUp, str]]:
    """Open steps about contracts and agreements that need them no more, and why."""
    contracts = sa.select(FollowUp, ServiceContract).join(
        ServiceContract, sa.and_(FollowUp.record_kind == CONTRACT, FollowUp.record_id == ServiceContract.id)
    )
    over = contracts.where(FollowUp.is_open.is_(True), ServiceContract.state.in_(("renewed", "terminated", "dropped")))
    found = [
        (row.FollowUp, _("Contract {number} is over.", number=row.ServiceContract.number))
        for row in ctx.session.execute(over.order_by(FollowUp.id).limit(limit))
    ]
    follower = orm.aliased(ServiceContract)
    renewed = sa.select(FollowUp, follower.number).join(
        follower, sa.and_(FollowUp.record_kind == CONTRACT, FollowUp.record_id == follower.follows_id)
    )
    renewed = renewed.where(FollowUp.is_open.is_(True), follower.state.in_(("approved", "in_force")))
    seen = {row.id for row, _why in found}
    for row in ctx.session.execute(renewed.order_by(FollowUp.id).limit(limit)):
        if row.FollowUp.id not in seen:
            found.append((row.FollowUp, _("Renewed by {number}.", number=row.number)))
    return found


# --- what waits -----------------------------------------------------------------------------------------------------


def waiting(ctx: Ctx, limit: int = 50) -> list[FollowUp]:
    """Open steps of this person, and those of the person's roles that nobody has yet; the most urgent first."""
    mine = FollowUp.assignee_id == (ctx.actor.user_id or 0)
    of_roles = sa.and_(FollowUp.assignee_id.is_(None), FollowUp.role.in_(sorted(ctx.actor.roles)))
    query = sa.select(FollowUp).where(FollowUp.is_open.is_(True), sa.or_(mine, of_roles))
    return list(ctx.session.scalars(query.order_by(FollowUp.due_on, FollowUp.id).limit(limit)))


def tab(ctx: Ctx, key: str) -> Any:
    """The condition of a tab of the list of follow-ups."""
    is_open = FollowUp.is_open.is_(True)
    if key == "mine":
        of_roles = sa.and_(FollowUp.assignee_id.is_(None), FollowUp.role.in_(sorted(ctx.actor.roles)))
        return sa.and_(is_open, sa.or_(FollowUp.assignee_id == (ctx.actor.user_id or 0), of_roles))
    if key == "overdue":
        return sa.and_(is_open, FollowUp.due_on < ctx.today)
    if key == "visits":
        return sa.and_(is_open, FollowUp.action == "visit")
    return is_open if key == "open" else sa.true()


def counts(ctx: Ctx) -> dict[str, int]:
    """How many steps are open and overdue."""
    late = sa.func.sum(sa.case((FollowUp.due_on < ctx.today, 1), else_=0))
    query = sa.select(sa.func.count(FollowUp.id), late).where(FollowUp.is_open.is_(True))
    total, overdue = ctx.session.execute(query).one()
    return {"open": total or 0, "overdue": int(overdue or 0)}


def held_by(ctx: Ctx, user_id: int) -> int:
    """How many open steps a person has."""
    query = sa.select(sa.func.count(FollowUp.id)).where(FollowUp.is_open.is_(True), FollowUp.assignee_id == user_id)
    return ctx.session.scalar(query) or 0


def of_customers(ctx: Ctx, customer_ids: Iterable[int]) -> list[FollowUp]:
    """Every step about these customers, for erasing."""
    query = sa.select(FollowUp).where(FollowUp.customer_id.in_(sorted(customer_ids))).order_by(FollowUp.id)
    return list(ctx.session.scalars(query.with_for_update()))




def role_words(ctx: Ctx, code: str) -> str:
    """What a role is called here; its code where there is no such role."""
    name = ctx.session.scalar(sa.select(Role.name).where(Role.code == code)) if code else None
    return label(name) if name else code


def report_draft(ctx: Ctx, step: FollowUp) -> str:
    """What is known about something that ends, as the beginning of a report: facts only, a person judges."""
    lines = [_("{about} ends on {day}.", about=step.about, day=step.expires_on.isoformat())]
    if step.customer is not None:
        lines.append(_("Customer: {name}", name=f"{step.customer.number} {step.customer.name}"))
    if step.record_kind == CONTRACT:
        contract = agreements.get_contract(ctx, step.record_id)
        states = agreements.quota_states(ctx, [contract], ctx.today).get(contract.id, ())
        lines += [state.words for state in states]
    lines += ["", _("State of the equipment:"), "", _("Open points:"), "", _("Proposal:"), ""]
    return "\n".join(lines)
