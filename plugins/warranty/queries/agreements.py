"""Reads of service contracts: what they say for a unit on a day, quotas, clashes, and what a contract's page shows."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import N_, Ctx, Membership, NotFound, OrgUnit, RecordRef, _, get_setting, label, rule, rule_choices
from plugins.base import queries as base_queries
from plugins.base.contracts import UNIT
from plugins.warranty.agreed import (
    COST_WORDS,
    PERIOD_WORDS,
    QUOTA_WORDS,
    SCOPE_WORDS,
    ContractClock,
    ContractFacts,
    QuotaState,
)
from plugins.warranty.contracts import COST_KINDS
from plugins.warranty.models.agreements import (
    CONTRACT_BINDING,
    CONTRACT_OPEN,
    ContractItem,
    ContractQuota,
    ContractUse,
    Instalment,
    ServiceContract,
)
from plugins.warranty.queries import prices
from plugins.warranty.rules.agreements import SCOPES, Clash, Extent, Scope, clashes, quota_period

CLOCK_TABLE = "warranty.contract_clocks"
ALL_USED = N_("{kind}: all {amount} are used until {day}; more is charged.")


# --- one contract ---------------------------------------------------------------------------------------------------


def get_contract(ctx: Ctx, contract_id: int) -> ServiceContract:
    """The contract; NotFound when there is none for this person."""
    row = find_contract(ctx, contract_id)
    if row is None:
        raise NotFound("unknown_contract", _("There is no such contract, or it is not meant for you."))
    return row


def find_contract(ctx: Ctx, contract_id: int | None) -> ServiceContract | None:
    """The contract, if there is one and this person may see it."""
    if contract_id is None:
        return None
    query = sa.select(ServiceContract).where(ServiceContract.id == contract_id)
    return ctx.session.scalar(query.options(orm.joinedload(ServiceContract.customer)))


def successor_of(ctx: Ctx, contract_id: int) -> ServiceContract | None:
    """The contract that renews this one, unless that came to nothing."""
    query = sa.select(ServiceContract).where(
        ServiceContract.follows_id == contract_id, ServiceContract.state != "dropped"
    )
    return ctx.session.scalar(query.order_by(ServiceContract.id.desc()).limit(1))


def items_of(ctx: Ctx, contract_id: int) -> list[ContractItem]:
    """What a contract is about, units first."""
    query = sa.select(ContractItem).where(ContractItem.contract_id == contract_id)
    device = orm.joinedload(ContractItem.device)
    device_model: Any = ContractItem.device.property.mapper.class_
    loaded = (device, device.joinedload(device_model.product), orm.joinedload(ContractItem.product))
    rows = list(ctx.session.scalars(query.options(*loaded, orm.joinedload(ContractItem.site))))
    return sorted(rows, key=lambda i: (i.device_id is None, i.site_id is None, i.id))


def item_words(item: ContractItem) -> str:
    """What an item is called: unit by product and serial number, product, site."""
    if item.device is not None:
        serial = item.device.serial or _("no serial number")
        return _("{product}, {serial}", product=item.device.product.name, serial=serial)
    if item.product is not None:
        return _("All units of {product}", product=item.product.name)
    site = item.site
    where = site.name or f"{site.city}{site.district}{site.address}" if site is not None else ""
    return _("All units at {site}", site=where)


def quotas_of(ctx: Ctx, contract_id: int) -> list[ContractQuota]:
    """The quotas of a contract."""
    query = sa.select(ContractQuota).where(ContractQuota.contract_id == contract_id).order_by(ContractQuota.id)
    return list(ctx.session.scalars(query))


def uses_of(ctx: Ctx, contract_id: int, limit: int = 50) -> list[ContractUse]:
    """What was done under a contract, the newest first."""
    query = sa.select(ContractUse).where(ContractUse.contract_id == contract_id)
    return list(ctx.session.scalars(query.order_by(ContractUse.used_on.desc(), ContractUse.id.desc()).limit(limit)))


def use_by_cause(ctx: Ctx, once: str) -> ContractUse | None:
    """What was booked for a cause already."""
    return ctx.session.scalar(sa.select(ContractUse).where(ContractUse.once == once))


def uses_to_counter(ctx: Ctx, record: RecordRef) -> list[ContractUse]:
    """What was booked for a record and not taken back."""
    counter = orm.aliased(ContractUse)
    back = sa.select(counter.id).where(
        counter.counters_id == ContractUse.id, counter.company_id == ContractUse.company_id
    )
    query = sa.select(ContractUse).where(
        ContractUse.record_kind == record.kind, ContractUse.record_id == record.id, ContractUse.quantity > 0,
        ~back.exists(),
    )  # fmt: skip
    return list(ctx.session.scalars(query.order_by(ContractUse.id)))


def instalments_of(ctx: Ctx, contract_id: int) -> list[Instalment]:
    """The parts of a contract's price, in order."""
    query = sa.select(Instalment).where(Instalment.contract_id == contract_id).order_by(Instalment.number)
    return list(ctx.session.scalars(query))


def levels(ctx: Ctx) -> list[tuple[str, str]]:
    """(code, words) of the levels of service that the company's table offers."""
    return [(value, label(words)) for value, words in rule_choices(ctx, CLOCK_TABLE, "level")]


def level_words(ctx: Ctx, code: str) -> str:
    """What a level of service is called."""
    return dict(levels(ctx)).get(code, code) if code else ""


def price_lists(ctx: Ctx) -> list[tuple[str, str]]:
    """(code, name) of the price lists that a contract may name."""
    return [(found.code, found.name) for found in prices.active_lists(ctx)]


def price_list_words(ctx: Ctx, code: str) -> str:
    """What the price list of a contract is called."""
    found = prices.list_by_code(ctx, code) if code else None
    return found.name if found is not None else code


def covers_words(covers: Iterable[str]) -> str:
    """Kinds of cost in words, always in the same order."""
    return _(", ").join(_(COST_WORDS[kind]) for kind in COST_KINDS if kind in covers)


def contracts_of_customer(ctx: Ctx, customer_id: int, limit: int = 20) -> list[ServiceContract]:
    """A customer's contracts: open ones first, the newest of each first."""
    query = sa.select(ServiceContract).where(ServiceContract.customer_id == customer_id)
    order = (ServiceContract.is_open.desc(), ServiceContract.ends_on.desc(), ServiceContract.id.desc())
    return list(ctx.session.scalars(query.order_by(*order).limit(limit)))


def known_keys(ctx: Ctx, keys: Sequence[str]) -> set[str]:
    """Which of these keys of an import are contracts already."""
    query = sa.select(ServiceContract.external_key).where(ServiceContract.external_key.in_(keys))
    return {key for key in ctx.session.scalars(query) if key}


# --- what contracts say for a unit ----------------------------------------------------------------------------------


def contract_facts(
    ctx: Ctx,
    unit_id: int,
    on: dt.date,
    *,
    order: RecordRef | None = None,
    begun_on: dt.date | None = None,
) -> tuple[ContractFacts, ...]:
    """What service contracts say for a unit of the installed base on a day, the one that goes first in front.

    A contract counts from its first to its last day, for units that belong to its customer. Where several cover the
    unit, one that names the unit goes before one about its site, and that before one about its product; each answers
    only for the kinds of cost that no narrower one covers. Work begun while a contract was in force stays under it
    after its end: on ``begun_on``, or on the day on which something was first booked for ``order``.
    """
    day = begun_on or _begun(ctx, order) or on
    return facts_of_units(ctx, [unit_id], min(day, on), shown_on=on).get(unit_id, ())


def _begun(ctx: Ctx, order: RecordRef | None) -> dt.date | None:
    """The day on which something was first booked for an order."""
    if order is None:
        return None
    query = sa.select(sa.func.min(ContractUse.used_on)).where(
        ContractUse.record_kind == order.kind, ContractUse.record_id == order.id
    )
    return ctx.session.scalar(query)


def facts_of_units(
    ctx: Ctx, unit_ids: Sequence[int], on: dt.date, *, shown_on: dt.date | None = None
) -> dict[int, tuple[ContractFacts, ...]]:
    """``contract_facts`` of many units at once, in a fixed number of statements; units without any are left out.

    ``on`` is the day on which a contract must have been in force; ``shown_on`` the day of the quotas.
    """
    model: Any = ctx.registry.kinds[UNIT].model
    query = sa.select(model.id, model.customer_id, model.product_id, model.site_id).where(model.id.in_(unit_ids))
    units = [row for row in ctx.session.execute(query) if row.customer_id is not None]
    if not units:
        return {}
    binding = _binding(ctx, {u.customer_id for u in units}, on)
    if not binding:
        return {}
    scopes = scopes_of(ctx, [c.id for c in binding])
    states = quota_states(ctx, binding, shown_on or on)
    found = {}
    for unit in units:
        named = {
            contract.id: scope.sort
            for contract in binding
            if contract.customer_id == unit.customer_id
            for scope in sorted(scopes[contract.id], key=lambda s: -SCOPES.index(s.sort))
            if scope.id == {"unit": unit.id, "site": unit.site_id, "product": unit.product_id}[scope.sort]
        }
        ranked = sorted((c for c in binding if c.id in named), key=lambda c: (SCOPES.index(named[c.id]), c.id))
        if facts := _ranked_facts(ctx, ranked, named, states, shown_on or on):
            found[unit.id] = facts
    return found


def _binding(ctx: Ctx, customers: set[int], on: dt.date) -> list[ServiceContract]:
    """Contracts of these customers that cover what happened on a day, whatever became of them since."""
    last_day = sa.func.coalesce(ServiceContract.closed_on, ServiceContract.ends_on)
    query = sa.select(ServiceContract).where(
        ServiceContract.customer_id.in_(customers),
        ServiceContract.state.in_(CONTRACT_BINDING),
        ServiceContract.starts_on <= on,
        last_day >= on,
    )
    return sorted(ctx.session.scalars(query), key=lambda c: c.id)  # sorted here, so that SQLite looks customers up


def _ranked_facts(
    ctx: Ctx,
    ranked: list[ServiceContract],
    named: dict[int, str],
    states: dict[int, tuple[QuotaState, ...]],
    shown_on: dt.date,
) -> tuple[ContractFacts, ...]:
    facts: list[ContractFacts] = []
    taken: dict[str, ContractFacts] = {}
    for contract in ranked:
        covers = contract.covers - taken.keys()
        said = ContractFacts(
            contract.id,
            contract.number,
            contract.title,
            named[contract.id],
            covers,
            contract.starts_on,
            contract.last_day,
            contract.level,
            contract.price_list,
            states.get(contract.id, ()),
            clocks_of_level(ctx, contract.level),
            contract.last_day < shown_on,
        )
        facts.append(replace(said, words=_facts_words(said, contract.covers & taken.keys(), taken)))
        taken |= dict.fromkeys(covers, said)
    return tuple(facts)


def _facts_words(facts: ContractFacts, lost: Iterable[str], taken: dict[str, ContractFacts]) -> str:
    """Why a contract counts for a unit, in sentences."""
    said = [
        _(
            "Contract {number} covers {covers} for {scope}, {begins} to {ends}.",
            number=facts.number,
            covers=covers_words(facts.covers) or _("nothing more"),
            scope=_(SCOPE_WORDS[facts.scope]),
            begins=facts.starts_on.isoformat(),
            ends=facts.last_day.isoformat(),
        )
    ]
    for kind in sorted(lost, key=COST_KINDS.index):
        first = taken[kind]
        words = {"kind": _(COST_WORDS[kind]), "number": first.number}
        if first.scope == facts.scope:  # their customers were merged since: two contracts stand beside each other
            said.append(_("{kind}: contract {number} goes first, it was drawn up earlier.", **words))
        else:
            said.append(_("{kind}: contract {number} goes first, it names the unit more closely.", **words))
    if facts.under_old:
        said.append(_("It has ended; work begun before its end stays under it."))
    return " ".join([*said, *(state.words for state in facts.quotas)])


def clocks_of_level(ctx: Ctx, level: str) -> tuple[ContractClock, ...]:
    """The time limits that a level of service promises, as the company's table says; none without a level."""
    if not level:
        return ()
    memo: dict[str, tuple[ContractClock, ...]] = ctx.memo.setdefault("warranty.clocks_of_level", {})
    if level not in memo:
        outputs = []
        for clock, _words in rule_choices(ctx, CLOCK_TABLE, "clock"):
            out = rule(ctx, CLOCK_TABLE, {"level": level, "clock": clock}).outputs
            if out and out.get("limit") is not None:
                outputs.append(
                    ContractClock(clock, Decimal(out["limit"]), str(out["unit"]), str(out.get("calendar") or ""))
                )
        memo[level] = tuple(outputs)
    return memo[level]


# --- quotas ---------------------------------------------------------------------------------------------------------


def quota_states(
    ctx: Ctx, contracts: Sequence[ServiceContract], on: dt.date
) -> dict[int, tuple[QuotaState, ...]]:
    """The quotas of contracts on a day, in two statements however many they are."""
    ids = [c.id for c in contracts]
    quotas: dict[int, list[ContractQuota]] = defaultdict(list)
    query = sa.select(ContractQuota).where(ContractQuota.contract_id.in_(ids))
    for quota in sorted(ctx.session.scalars(query), key=lambda q: q.id):
        quotas[quota.contract_id].append(quota)
    if not quotas:
        return {}
    used: dict[tuple[int, str], list[tuple[dt.date, Decimal]]] = defaultdict(list)
    sums = (
        sa.select(
            ContractUse.contract_id,
            ContractUse.kind,
            ContractUse.used_on,
            sa.func.sum(ContractUse.quantity).label("quantity"),
            sa.func.sum(ContractUse.beyond).label("beyond"),
        )
        .where(ContractUse.contract_id.in_(quotas))
        .group_by(ContractUse.contract_id, ContractUse.kind, ContractUse.used_on)
    )
    for row in ctx.session.execute(sums):
        used[row.contract_id, row.kind].append((row.used_on, Decimal(row.quantity) - Decimal(row.beyond)))
    return {
        c.id: tuple(_quota_state(c, quota, used[c.id, quota.kind], on) for quota in quotas[c.id])
        for c in contracts
        if c.id in quotas
    }


def _quota_state(
    contract: ServiceContract, quota: ContractQuota, used: list[tuple[dt.date, Decimal]], on: dt.date
) -> QuotaState:
    begins, ends = quota_period(contract.starts_on, contract.last_day, quota.period, on)
    first, last = contract.starts_on, contract.last_day
    total = sum((amount for day, amount in used if begins <= min(max(day, first), last) <= ends), Decimal(0))
    left = max(quota.amount - total, Decimal(0))
    facts = {"kind": _(QUOTA_WORDS[quota.kind]), "amount": plain_number(quota.amount), "left": plain_number(left)}
    if left <= 0:
        text = _(ALL_USED, day=ends.isoformat(), **facts)
    else:
        text = _("{kind}: {left} of {amount} left until {day}.", day=ends.isoformat(), **facts)
    return QuotaState(quota.kind, quota.period, begins, ends, quota.amount, total, left, text)


def quota_words(quota: ContractQuota | QuotaState) -> str:
    """What a quota includes: “Visits: 4 in each year of the contract”."""
    kind, period = _(QUOTA_WORDS[quota.kind]), _(PERIOD_WORDS[quota.period])
    return _("{kind}: {amount} {period}", kind=kind, amount=plain_number(quota.amount), period=period)


def plain_number(value: Decimal) -> str:
    """A quantity without zeros behind the point."""
    return f"{value.normalize():f}"


# --- clashes --------------------------------------------------------------------------------------------------------


def scopes_of(ctx: Ctx, contract_ids: Sequence[int]) -> dict[int, frozenset[Scope]]:
    """What contracts are about."""
    found: dict[int, set[Scope]] = {number: set() for number in contract_ids}
    for item in ctx.session.scalars(sa.select(ContractItem).where(ContractItem.contract_id.in_(contract_ids))):
        if item.device_id is not None:
            found[item.contract_id].add(Scope("unit", item.device_id))
        elif item.site_id is not None:
            found[item.contract_id].add(Scope("site", item.site_id))
        elif item.product_id is not None:
            found[item.contract_id].add(Scope("product", item.product_id))
    return {number: frozenset(scopes) for number, scopes in found.items()}


def clash_words(ctx: Ctx, contract: ServiceContract) -> list[str]:
    """Where other contracts of the customer, approved or in force, promise the same; in sentences."""
    query = sa.select(ServiceContract).where(
        ServiceContract.customer_id == contract.customer_id,
        ServiceContract.id != contract.id,
        ServiceContract.state.in_(("approved", "in_force")),
        ServiceContract.starts_on <= contract.ends_on,
        ServiceContract.ends_on >= contract.starts_on,
    )
    others = list(ctx.session.scalars(query.order_by(ServiceContract.id)))
    if not others:
        return []
    scopes = scopes_of(ctx, [contract.id, *(c.id for c in others)])
    found = clashes(_extent(contract, scopes), [_extent(c, scopes) for c in others])
    names = {_scope(item): item_words(item) for item in items_of(ctx, contract.id)} if found else {}
    return [_clash(clash, names.get(clash.scope, "")) for clash in found]


def _scope(item: ContractItem) -> Scope:
    if item.device_id is not None:
        return Scope("unit", item.device_id)
    return Scope("site", item.site_id) if item.site_id is not None else Scope("product", item.product_id or 0)


def _extent(contract: ServiceContract, scopes: dict[int, frozenset[Scope]]) -> Extent:
    return Extent(contract.number, contract.starts_on, contract.last_day, contract.covers, scopes[contract.id])


def _clash(clash: Clash, name: str) -> str:
    return _(
        "Contract {number} covers {covers} of “{what}” as well, {begins} to {ends}",
        number=clash.number,
        covers=covers_words(clash.covers),
        what=name,
        begins=clash.begins.isoformat(),
        ends=clash.ends.isoformat(),
    )


# --- people and places ----------------------------------------------------------------------------------------------


def address_of(ctx: Ctx, customer_id: int | None, name: str = "", email: str = "") -> tuple[str, str]:
    """(name, e-mail address) to write to: what the contract says, else the customer's first person who has one."""
    if email or customer_id is None:
        return name, email
    person = next((p for p in base_queries.persons_of(ctx, customer_id) if p.email), None)
    return (person.name, person.email) if person is not None else (name, "")


def people(ctx: Ctx) -> list[tuple[int, str]]:
    """(id, name) of everybody who works here."""
    members = ctx.session.scalars(sa.select(Membership).where(Membership.active.is_(True)))
    return sorted(((m.user_id, m.user.name) for m in members if m.user is not None), key=lambda p: p[1])


def names_of(ctx: Ctx, user_ids: Iterable[int | None]) -> dict[int, str]:
    """Id → name of people of the company, whether they still work here or not."""
    wanted = {user_id for user_id in user_ids if user_id is not None}
    if not wanted:
        return {}
    members = ctx.session.scalars(sa.select(Membership).where(Membership.user_id.in_(wanted)))
    return {m.user_id: m.user.name for m in members if m.user is not None}


def departments(ctx: Ctx) -> list[tuple[int, str]]:
    """(id, name) of the organisation units that are there."""
    query = sa.select(OrgUnit.id, OrgUnit.name).where(OrgUnit.active.is_(True)).order_by(OrgUnit.id)
    return [(row.id, row.name) for row in ctx.session.execute(query)]


def unit_name(ctx: Ctx, unit_id: int | None) -> str:
    """What an organisation unit is called."""
    return (ctx.session.scalar(sa.select(OrgUnit.name).where(OrgUnit.id == unit_id)) or "") if unit_id else ""


def due_to_change(ctx: Ctx, today: dt.date, limit: int = 200) -> list[ServiceContract]:
    """Contracts whose state the calendar has overtaken: approved and begun, or in force and over; oldest first."""
    begun = sa.and_(ServiceContract.state == "approved", ServiceContract.starts_on <= today)
    over = sa.and_(ServiceContract.state == "in_force", ServiceContract.ends_on < today)
    query = sa.select(ServiceContract).where(ServiceContract.is_open.is_(True), sa.or_(begun, over))
    return list(ctx.session.scalars(query.order_by(ServiceContract.starts_on, ServiceContract.id).limit(limit)))


def overdue_instalments(ctx: Ctx, today: dt.date) -> int:
    """How many instalments of contracts that were not dropped are due and not paid."""
    query = (
        sa.select(sa.func.count())
        .select_from(Instalment)
        .join(ServiceContract, ServiceContract.id == Instalment.contract_id)
        .where(Instalment.paid_on.is_(None), Instalment.due_on < today)
        .where(ServiceContract.state.in_(CONTRACT_BINDING))
    )
    return ctx.session.scalar(query) or 0


def search(text: str) -> Any:
    """The condition of the list's search box."""
    return sa.or_(
        ServiceContract.number.icontains(text, autoescape=True), ServiceContract.title.icontains(text, autoescape=True)
    )


def tab(ctx: Ctx, key: str) -> Any:
    """The condition of a tab of the list of contracts."""
    if key == "mine":
        return sa.and_(ServiceContract.is_open.is_(True), ServiceContract.assignee_id == (ctx.actor.user_id or 0))
    if key == "ending":
        soon = ctx.today + dt.timedelta(days=int(get_setting(ctx, "warranty.contract.ending_days")))
        return sa.and_(ServiceContract.state == "in_force", ServiceContract.ends_on <= soon)
    if key == "unpaid":
        late = sa.select(Instalment.contract_id).where(Instalment.paid_on.is_(None), Instalment.due_on < ctx.today)
        return sa.and_(ServiceContract.state.in_(CONTRACT_BINDING), ServiceContract.id.in_(late))
    return ServiceContract.state.in_(CONTRACT_OPEN) if key == "open" else sa.true()


def held_by(ctx: Ctx, user_id: int) -> int:
    """How many open contracts a person looks after."""
    query = sa.select(sa.func.count(ServiceContract.id)).where(
        ServiceContract.is_open.is_(True), ServiceContract.assignee_id == user_id
    )
    return ctx.session.scalar(query) or 0
