"""The verbs of service contracts: agreed, approved, in force, used, paid, renewed, over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.api import (
    N_,
    Conflict,
    Ctx,
    Invalid,
    RecordRef,
    _,
    advance,
    both,
    check_version,
    emit,
    get_setting,
    next_number,
    notify,
    transaction,
)
from plugins.base import queries as base_queries
from plugins.base.contracts import CUSTOMER, UNIT
from plugins.warranty.agreed import (
    CONTRACT,
    CONTRACT_STATE_WORDS,
    QUOTA_WORDS,
    ContractData,
    ItemData,
    QuotaData,
    QuotaState,
    RenewalData,
    UseData,
)
from plugins.warranty.agreed_life import (
    BOOK_USE,
    CONTRACTS,
    EDIT_CONTRACTS,
    TAKE_PAYMENTS,
)
from plugins.warranty.contracts import COST_KINDS
from plugins.warranty.models.agreements import (
    CONTRACT_BINDING,
    QUOTA_KINDS,
    QUOTA_PERIODS,
    RENEWALS,
    ContractItem,
    ContractQuota,
    ContractUse,
    Instalment,
    ServiceContract,
)
from plugins.warranty.queries import agreements as queries
from plugins.warranty.queries import prices
from plugins.warranty.rules.agreements import next_days, plan_instalments, share_of_quota

MOST_INSTALMENTS = 120


# --- agreed ---------------------------------------------------------------------------------------------------------


def save_contract(
    ctx: Ctx,
    data: ContractData,
    contract_id: int | None = None,
    *,
    version: int | None = None,
    follows: int | None = None,
) -> ServiceContract:
    """Draw a contract up, or change a draft: what it is about, its quotas and instalments are those of ``data``.

    Raises Invalid where something can't be: it ends before it begins, a unit belongs to another customer.
    """
    ctx.require(EDIT_CONTRACTS)
    with transaction(ctx):
        known = _known(ctx, data) if contract_id is None else None
        if known is not None:
            return known
        _check(ctx, data)
        items = _checked_items(ctx, data)
        _check_quotas(data.quotas)
        contract = _row(ctx, contract_id, version, follows)
        for name in ("customer_id", "starts_on", "ends_on", "renewal", "unit_id", "assignee_id"):
            setattr(contract, name, getattr(data, name))
        for name, longest in (("title", 200), ("level", 40), ("price_list", 60), ("contact_name", 120),
                              ("contact_email", 255), ("note", None)):  # fmt: skip
            setattr(contract, name, getattr(data, name).strip()[:longest])
        for kind in COST_KINDS:
            setattr(contract, f"covers_{kind}", kind in data.covers)
        contract.price = data.price
        if contract_id is None:
            contract.external_key, contract.currency = data.external_key, ctx.company.currency
            contract.number = next_number(ctx, CONTRACT, get_setting(ctx, "warranty.contract.pattern"))
            ctx.session.add(contract)
        ctx.session.flush()
        _replace_parts(ctx, contract, items, data)
        name = "warranty.contract_drawn_up" if contract_id is None else "warranty.contract_changed"
        emit(ctx, name, contract, links=_links(ctx, contract), number=contract.number, title=contract.title)
        return contract


def _known(ctx: Ctx, data: ContractData) -> ServiceContract | None:
    """The contract that was drawn up when the same form was sent before."""
    if not data.external_key:
        return None
    return ctx.session.scalar(sa.select(ServiceContract).where(ServiceContract.external_key == data.external_key))


def _row(ctx: Ctx, contract_id: int | None, version: int | None, follows: int | None) -> ServiceContract:
    if contract_id is None:
        return ServiceContract(state="draft", is_open=True, created_at=ctx.now, follows_id=follows)
    contract = queries.get_contract(ctx, contract_id)
    check_version(contract, version)
    if contract.state != "draft":
        state = _(CONTRACT_STATE_WORDS[contract.state])
        raise Conflict(
            "not_a_draft",
            _("{number} is {state}: only drafts are changed. Take it back to draft first, or renew it.",
              number=contract.number, state=state),
        )  # fmt: skip
    return contract


def _check(ctx: Ctx, data: ContractData) -> None:
    if not data.title.strip():
        raise Invalid("title_missing", _("Say in a few words what the contract is about."), "title")
    base_queries.require_own(ctx, ctx.registry.kinds[CUSTOMER].model, data.customer_id, "customer_id")
    if data.ends_on < data.starts_on:
        words = _(
            "It would end on {ends}, before it begins on {starts}. The last day must be the first day or later.",
            ends=data.ends_on.isoformat(),
            starts=data.starts_on.isoformat(),
        )
        raise Invalid("ends_before_start", words, "ends_on")
    if not data.covers or data.covers - set(COST_KINDS):
        raise Invalid("covers_nothing", _("Choose at least one kind of cost that the contract covers."), "covers")
    if data.price < 0:
        raise Invalid("negative_price", _("The price can't be less than nothing."), "price")
    if not 1 <= data.instalments <= MOST_INSTALMENTS:
        words = _("Between 1 and {n} instalments are possible.", n=MOST_INSTALMENTS)
        raise Invalid("bad_instalments", words, "instalments")
    if data.renewal not in RENEWALS:
        raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=data.renewal), "renewal")
    if data.level and data.level not in dict(queries.levels(ctx)):
        raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=data.level), "level")
    if data.price_list.strip() and prices.list_by_code(ctx, data.price_list.strip()) is None:
        raise Invalid("unknown_price_list", _("There is no price list “{code}”.", code=data.price_list), "price_list")
    if data.contact_email and "@" not in data.contact_email:
        raise Invalid("bad_email", _("“{text}” is not an e-mail address.", text=data.contact_email), "contact_email")


def _checked_items(ctx: Ctx, data: ContractData) -> list[ItemData]:
    """What it is about, each thing once; Invalid for a unit or a place of somebody else."""
    sites = {site.id for site in base_queries.sites_of(ctx, data.customer_id)}
    for item in data.items:
        if sum(x is not None for x in (item.device_id, item.product_id, item.site_id)) != 1:
            raise Invalid("one_thing", _("Name one unit, one product or one site on each line."), "items")
        if item.device_id is not None:
            _own_unit(ctx, data.customer_id, item.device_id)
        if item.product_id is not None:
            base_queries.get_product(ctx, item.product_id)
        if item.site_id is not None and item.site_id not in sites:
            raise Invalid("strange_site", _("This site is not one of the customer's."), "items")
    return list(dict.fromkeys(data.items))


def _own_unit(ctx: Ctx, customer_id: int, device_id: int) -> None:
    unit: Any = base_queries.require_own(ctx, ctx.registry.kinds[UNIT].model, device_id, "items")
    if unit.customer_id == customer_id:
        return
    serial = unit.serial or unit.product.name
    if unit.customer_id is None:
        words = _("The unit {serial} belongs to nobody yet. Enter whose it is first.", serial=serial)
    else:
        owner = base_queries.get_customer(ctx, unit.customer_id)
        words = _(
            "The unit {serial} belongs to {owner}. A contract is about units of its own customer only.",
            serial=serial,
            owner=owner.name,
        )
    raise Invalid("strange_unit", words, "items")


def _check_quotas(quotas: Iterable[QuotaData]) -> None:
    seen = set()
    for quota in quotas:
        if quota.kind not in QUOTA_KINDS or quota.period not in QUOTA_PERIODS:
            raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=quota.kind), "quotas")
        if quota.amount <= 0:
            words = _("A quota is more than nothing. Without a limit, leave it empty.")
            raise Invalid("empty_quota", words, f"quota_{quota.kind}")
        if quota.kind in seen:
            raise Invalid("quota_twice", _("There is one quota of a kind at most."), f"quota_{quota.kind}")
        seen.add(quota.kind)


def _replace_parts(ctx: Ctx, contract: ServiceContract, items: list[ItemData], data: ContractData) -> None:
    """Items, quotas and instalments of a draft, which nothing points to yet."""
    for row in (
        *queries.items_of(ctx, contract.id),
        *queries.quotas_of(ctx, contract.id),
        *queries.instalments_of(ctx, contract.id),
    ):
        ctx.session.delete(row)
    ctx.session.flush()
    ctx.session.add_all(
        ContractItem(contract_id=contract.id, device_id=i.device_id, product_id=i.product_id, site_id=i.site_id)
        for i in items
    )
    ctx.session.add_all(
        ContractQuota(contract_id=contract.id, kind=q.kind, period=q.period, amount=q.amount) for q in data.quotas
    )
    planned = plan_instalments(data.price, data.instalments, data.starts_on, data.ends_on)
    ctx.session.add_all(
        Instalment(contract_id=contract.id, number=number, due_on=due, amount=amount)
        for number, (due, amount) in enumerate(planned, 1)
    )
    ctx.session.flush()


def _links(ctx: Ctx, contract: ServiceContract) -> list[Any]:
    """The customer, on whose timeline a contract's events appear too."""
    return [base_queries.get_customer(ctx, contract.customer_id)]


def data_of(ctx: Ctx, contract: ServiceContract) -> ContractData:
    """A contract as it would be entered: for its form and for the one that renews it."""
    names = (
        "customer_id", "title", "covers", "starts_on", "ends_on", "price", "level", "price_list",
        "renewal", "contact_name", "contact_email", "note", "unit_id", "assignee_id",
    )  # fmt: skip
    items = tuple(
        ItemData(i.device_id, i.product_id, i.site_id) for i in queries.items_of(ctx, contract.id)
    )
    quotas = tuple(QuotaData(q.kind, q.amount, q.period) for q in queries.quotas_of(ctx, contract.id))
    count = len(queries.instalments_of(ctx, contract.id)) or 1
    values = {name: getattr(contract, name) for name in names}
    return ContractData(**values, items=items, quotas=quotas, instalments=count)


# --- its life -------------------------------------------------------------------------------------------------------


def approve_contract(ctx: Ctx, contract_id: int, *, version: int | None = None) -> ServiceContract:
    """Approve a draft; one that has begun by now is in force at once. Refused while another promises the same."""
    with transaction(ctx):
        contract = _to_change(ctx, contract_id, version)
        advance(ctx, CONTRACTS, contract, "approve")
        contract.approved_at, contract.approved_by = ctx.now, ctx.actor.name
        emit(ctx, "warranty.contract_approved", contract, links=_links(ctx, contract), number=contract.number)
        if contract.starts_on <= ctx.today:
            _begin(ctx, contract)
        return contract


def _begin(ctx: Ctx, contract: ServiceContract) -> None:
    advance(ctx, CONTRACTS, contract, "begin")
    emit(
        ctx,
        "warranty.contract_in_force",
        contract,
        links=_links(ctx, contract),
        number=contract.number,
        begins=contract.starts_on.isoformat(),
        ends=contract.ends_on.isoformat(),
    )


def rework_contract(ctx: Ctx, contract_id: int, reason: str, *, version: int | None = None) -> ServiceContract:
    """Take an approved contract that has not begun back to draft, to change it."""
    with transaction(ctx):
        contract = _to_change(ctx, contract_id, version)
        advance(ctx, CONTRACTS, contract, "rework", reason=reason)
        contract.approved_at, contract.approved_by = None, ""
        emit(ctx, "warranty.contract_reworked", contract, number=contract.number, reason=reason.strip())
        return contract


def drop_contract(ctx: Ctx, contract_id: int, reason: str, *, version: int | None = None) -> ServiceContract:
    """The contract comes to nothing."""
    with transaction(ctx):
        contract = _to_change(ctx, contract_id, version)
        advance(ctx, CONTRACTS, contract, "drop", reason=reason)
        contract.is_open, contract.close_reason = False, reason.strip()
        emit(ctx, "warranty.contract_dropped", contract, number=contract.number, reason=reason.strip())
        return contract


def terminate_contract(
    ctx: Ctx, contract_id: int, last_day: dt.date, reason: str, *, version: int | None = None
) -> ServiceContract:
    """End a contract before its time: ``last_day`` is the last one on which it covers anything, today at the latest.

    Work begun by then stays under it. What is not due by then need not be paid: those instalments go.
    """
    with transaction(ctx):
        contract = _to_change(ctx, contract_id, version)
        if not contract.starts_on <= last_day <= min(contract.ends_on, ctx.today):
            words = _(
                "The last day lies between {begins} and {ends}.",
                begins=contract.starts_on.isoformat(),
                ends=min(contract.ends_on, ctx.today).isoformat(),
            )
            raise Invalid("bad_last_day", words, "last_day")
        advance(ctx, CONTRACTS, contract, "terminate", reason=reason)
        contract.is_open, contract.closed_on, contract.close_reason = False, last_day, reason.strip()
        for part in queries.instalments_of(ctx, contract.id):
            if part.paid_on is None and part.due_on > last_day:
                ctx.session.delete(part)
        emit(
            ctx,
            "warranty.contract_terminated",
            contract,
            links=_links(ctx, contract),
            number=contract.number,
            last_day=last_day.isoformat(),
            reason=reason.strip(),
        )
        return contract


def renew_contract(
    ctx: Ctx, contract_id: int, data: RenewalData = RenewalData(), *, version: int | None = None
) -> ServiceContract:
    """Draw up the contract that follows: the same again, for as long, from the day after, unless ``data`` says other.

    The old one goes on to its last day. Raises Conflict when there is a following contract already.
    """
    ctx.require(EDIT_CONTRACTS)
    with transaction(ctx):
        contract = _to_change(ctx, contract_id, version)
        if contract.state not in ("in_force", "ended"):
            state = _(CONTRACT_STATE_WORDS[contract.state])
            words = _("{number} is {state}: there is nothing to renew.", number=contract.number, state=state)
            raise Conflict("not_renewable", words)
        there = queries.successor_of(ctx, contract.id)
        if there is not None:
            words = _("{number} is renewed by {other} already.", number=contract.number, other=there.number)
            raise Conflict("renewed_already", words)
        begins, ends = next_days(contract.starts_on, contract.ends_on)
        begins = data.starts_on or begins
        if begins <= contract.last_day:
            words = _("{number} covers everything until {day}. The next one begins later.", number=contract.number,
                      day=contract.last_day.isoformat())  # fmt: skip
            raise Invalid("begins_too_early", words, "starts_on")
        same = data_of(ctx, contract)
        price = same.price if data.price is None else data.price
        wanted = replace(same, starts_on=begins, ends_on=data.ends_on or max(ends, begins), price=price)
        follower = save_contract(ctx, wanted, follows=contract.id)
        emit(
            ctx,
            "warranty.contract_offered",
            contract,
            links=[follower],
            number=contract.number,
            other=follower.number,
            begins=follower.starts_on.isoformat(),
        )
        return follower


def keep_contracts(ctx: Ctx) -> int:
    """The worker's: put approved contracts in force that have begun, end those that are over, renew those that renew
    themselves. Answers how many. Whatever was missed is caught up at once, each step on its own day in the records.
    """
    with transaction(ctx):
        changed = 0
        for contract in queries.due_to_change(ctx, ctx.today):
            try:
                with ctx.session.begin_nested():
                    _move_on(ctx, contract)
            except Conflict:  # something else objects, or somebody must approve it first: the others go on
                continue
            changed += 1
        return changed


def _move_on(ctx: Ctx, contract: ServiceContract) -> None:
    if contract.state == "approved":
        _begin(ctx, contract)
    if contract.state == "in_force" and contract.ends_on < ctx.today:
        _let_end(ctx, contract)


def _let_end(ctx: Ctx, contract: ServiceContract) -> None:
    follower = queries.successor_of(ctx, contract.id)
    if follower is None and contract.renewal == "automatic":
        follower = renew_contract(ctx, contract.id)
        if words := queries.clash_words(ctx, follower):
            _tell_owner(ctx, follower, N_("{number} could not renew itself: {why}"), "clash", why=words[0])
        else:
            approve_contract(ctx, follower.id)
    renewed = follower is not None and follower.state in CONTRACT_BINDING
    advance(ctx, CONTRACTS, contract, "give_way" if renewed else "end")
    contract.is_open, contract.closed_on = False, contract.ends_on
    links, facts = _links(ctx, contract), {"number": contract.number, "last_day": contract.ends_on.isoformat()}
    if renewed and follower is not None:
        emit(ctx, "warranty.contract_renewed", contract, links=[*links, follower], other=follower.number, **facts)
    else:
        emit(ctx, "warranty.contract_ended", contract, links=links, **facts)


def _to_change(ctx: Ctx, contract_id: int, version: int | None) -> ServiceContract:
    contract = queries.get_contract(ctx, contract_id)
    check_version(contract, version)
    return contract


# --- used and paid --------------------------------------------------------------------------------------------------


def book_use(ctx: Ctx, contract_id: int, data: UseData) -> tuple[ContractUse, QuotaState | None]:
    """Book a visit, hours or parts under a contract; answers what was booked, and the quota after it (None: no limit).

    What the quota no longer includes stands in ``beyond`` and is charged. The same cause (``once``) is booked once.
    Work begun while the contract was in force may be booked after its end; anything else is refused.
    """
    ctx.require(BOOK_USE)
    with transaction(ctx):
        contract = queries.get_contract(ctx, contract_id)
        known = queries.use_by_cause(ctx, data.once)
        if known is not None:
            return known, _state_of(ctx, contract, known.kind, known.used_on)
        _check_use(ctx, contract, data)
        begun = data.begun_on or _first_use(ctx, contract, data) or data.used_on
        if contract.state not in CONTRACT_BINDING or not contract.starts_on <= begun <= contract.last_day:
            words = _(
                "{number} covers {begins} to {ends}; this work began on {day}. It is not under the contract.",
                number=contract.number,
                begins=contract.starts_on.isoformat(),
                ends=contract.last_day.isoformat(),
                day=begun.isoformat(),
            )
            raise Conflict("not_in_force", words)
        # two visits at once must not both be the last one
        ctx.session.refresh(contract, with_for_update={"of": ServiceContract})
        before = _state_of(ctx, contract, data.kind, data.used_on)
        beyond = share_of_quota(data.quantity, before.left) if before is not None else Decimal(0)
        use = ContractUse(
            contract_id=contract.id,
            kind=data.kind,
            device_id=data.device_id,
            quantity=data.quantity,
            beyond=beyond,
            used_on=data.used_on,
            record_kind=data.order.kind if data.order else "",
            record_id=data.order.id if data.order else None,
            once=data.once,
            note=data.note.strip()[:200],
            by_name=ctx.actor.name,
        )
        ctx.session.add(use)
        ctx.session.flush()
        after = _state_of(ctx, contract, data.kind, data.used_on)
        _tell_of_use(ctx, contract, use, before, after)
        return use, after


def counter_uses(ctx: Ctx, record: RecordRef, reason: str) -> list[ContractUse]:
    """Take back what was booked for a record: it was not done after all. Each entry gets one counter-entry, the same
    with minus on the same day, and both stay. Answers the counter-entries; none the second time.
    """
    ctx.require(BOOK_USE)
    with transaction(ctx):
        made = []
        for use in queries.uses_to_counter(ctx, record):
            contract = queries.get_contract(ctx, use.contract_id)
            ctx.session.refresh(contract, with_for_update={"of": ServiceContract})
            counter = ContractUse(
                contract_id=use.contract_id, kind=use.kind, device_id=use.device_id, quantity=-use.quantity,
                beyond=-use.beyond, used_on=use.used_on, record_kind=use.record_kind, record_id=use.record_id,
                once=f"counter {use.id}", note=reason.strip()[:200], by_name=ctx.actor.name, counters_id=use.id,
            )  # fmt: skip
            ctx.session.add(counter)
            ctx.session.flush()
            facts = {"kind": both(QUOTA_WORDS[use.kind]), "quantity": queries.plain_number(use.quantity)}
            emit(
                ctx, "warranty.contract_use_countered", contract, number=contract.number, reason=counter.note, **facts
            )
            made.append(counter)
        return made


def _check_use(ctx: Ctx, contract: ServiceContract, data: UseData) -> None:
    if data.kind not in QUOTA_KINDS:
        raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=data.kind), "kind")
    if data.quantity <= 0:
        raise Invalid("no_quantity", _("Enter how much was used, more than nothing."), "quantity")
    if data.used_on > ctx.today:
        raise Invalid("in_the_future", _("The day lies in the future."), "used_on")
    if not data.once.strip():
        raise Invalid("no_cause", _("Say what caused it, so that it is booked once."), "once")
    if data.device_id is not None:
        base_queries.get_unit(ctx, data.device_id)
        named = {f.contract_id for f in queries.contract_facts(ctx, data.device_id, contract.last_day)}
        if contract.id not in named:
            unit = base_queries.get_unit(ctx, data.device_id)
            words = _("{number} is not about the unit {serial}.", number=contract.number, serial=unit.serial or unit.id)
            raise Invalid("strange_unit", words, "device_id")


def _first_use(ctx: Ctx, contract: ServiceContract, data: UseData) -> dt.date | None:
    """When something was first booked for the same order under this contract."""
    if data.order is None:
        return None
    days = [
        use.used_on
        for use in queries.uses_of(ctx, contract.id, 10_000)
        if (use.record_kind, use.record_id) == (data.order.kind, data.order.id)
    ]
    return min(days, default=None)


def _state_of(ctx: Ctx, contract: ServiceContract, kind: str, on: dt.date) -> QuotaState | None:
    states = queries.quota_states(ctx, [contract], on).get(contract.id, ())
    return next((state for state in states if state.kind == kind), None)


def _tell_of_use(
    ctx: Ctx, contract: ServiceContract, use: ContractUse, before: QuotaState | None, after: QuotaState | None
) -> None:
    rest: dict[str, str] | str = ""
    if use.beyond:
        rest = both(N_("{n} of it is beyond the quota."), n=queries.plain_number(use.beyond))
    elif after is not None:
        rest = both(N_("{n} left."), n=queries.plain_number(after.left))
    facts: dict[str, Any] = {
        "number": contract.number,
        "kind": both(QUOTA_WORDS[use.kind]),
        "quantity": queries.plain_number(use.quantity),
        "rest": rest,
    }
    links = [base_queries.get_unit(ctx, use.device_id)] if use.device_id else []
    emit(ctx, "warranty.contract_used", contract, links=links, **facts)
    if before is not None and after is not None and not before.used_up and after.used_up:
        said = {"kind": both(QUOTA_WORDS[use.kind]), "amount": queries.plain_number(after.amount)}
        words = both(queries.ALL_USED, day=after.ends.isoformat(), **said)
        emit(ctx, "warranty.quota_used_up", contract, links=links, number=contract.number, words=words)
        _tell_owner(ctx, contract, N_("{number}: {why}"), f"quota {use.kind} {after.begins}", why=words)


def _tell_owner(ctx: Ctx, contract: ServiceContract, text: str, cause: str, **facts: Any) -> None:
    if contract.assignee_id is not None:
        once = f"contract {contract.id} {cause}"[:120]
        notify(ctx, [contract.assignee_id], text, record=contract, once=once, number=contract.number, **facts)


def record_payment(
    ctx: Ctx, contract_id: int, number: int, paid_on: dt.date, reference: str = ""
) -> Instalment:
    """An instalment was paid. Saying so again with the same day changes nothing; with another it is refused."""
    ctx.require(TAKE_PAYMENTS)
    with transaction(ctx):
        contract = queries.get_contract(ctx, contract_id)
        part = next((p for p in queries.instalments_of(ctx, contract.id) if p.number == number), None)
        if part is None or contract.state not in CONTRACT_BINDING:
            raise Conflict("no_instalment", _("There is no such instalment to be paid."))
        if paid_on > ctx.today:
            raise Invalid("in_the_future", _("The day lies in the future."), "paid_on")
        if part.paid_on == paid_on:
            return part
        if part.paid_on is not None:
            words = _("It was paid on {day} already.", day=part.paid_on.isoformat())
            raise Conflict("paid_already", words)
        part.paid_on, part.reference = paid_on, reference.strip()[:80]
        emit(
            ctx,
            "warranty.instalment_paid",
            contract,
            number=contract.number,
            part=part.number,
            amount=f"{part.amount:,.2f}",
            day=paid_on.isoformat(),
        )
        return part


def hand_over_contracts(ctx: Ctx, from_user_id: int, to_user_id: int) -> int:
    """Give all open contracts of one person to another; answers how many. Works while the module is off, too."""
    with transaction(ctx):
        query = sa.select(ServiceContract).where(
            ServiceContract.is_open.is_(True), ServiceContract.assignee_id == from_user_id
        )
        rows = list(ctx.session.scalars(query.order_by(ServiceContract.id)))
        for contract in rows:
            contract.assignee_id = to_user_id
            name = queries.names_of(ctx, [to_user_id]).get(to_user_id, "")
            emit(ctx, "warranty.contract_given", contract, number=contract.number, name=name, user_id=to_user_id)
        return len(rows)

