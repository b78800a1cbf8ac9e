"""The verbs of preventive plans. The worker opens each due visit as an order, once."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy.exc import IntegrityError

from core.api import (
    N_,
    Conflict,
    Ctx,
    DomainError,
    Invalid,
    RecordRef,
    _,
    ask,
    calendar_names,
    check_version,
    checklists_for,
    emit,
    get_setting,
    next_number,
    notify,
    transaction,
)
from plugins.base import queries as base_queries
from plugins.service.contracts import INSPECTION, ORDER, WORK_KIND_WORDS, OrderData
from plugins.service.models import CarePlan, Occurrence
from plugins.service.plan_contracts import CLOSED_WORDS, PERIOD_WORDS, PLAN, PLAN_KINDS, RHYTHM_WORDS, CarePlanData
from plugins.service.queries import orders
from plugins.service.queries import plans as queries
from plugins.service.rules.plans import DRIFTING, MAY, MONTHS, Due, following, forecast, stepped
from plugins.service.services.common import chosen, required
from plugins.service.services.course import accept
from plugins.service.services.opening import open_order
from plugins.service.services.rounds import check_places, put_round

VIEW_PLANS = "service.plan.view"
EDIT_PLANS = "service.plan.edit"
FIRST_DAY, LAST_DAY = dt.date(2000, 1, 1), dt.date(2100, 12, 31)
MOST = 1000
"""The longest step between two visits, in its period, and the most days ahead."""
DONE_STATES = ("done", "confirmed", "closed", "archived")
CAUGHT_UP = 100
"""So many visits of one plan are opened or found missed in one run."""


# --- what is planned --------------------------------------------------------------------------------------------------


def save_plan(ctx: Ctx, data: CarePlanData, plan_id: int | None = None, *, version: int | None = None) -> CarePlan:
    """Make a plan, or change it: what was planned and done stays, the next visit is reckoned anew. The same
    ``external_key`` twice answers the first one, unchanged.
    """
    ctx.require(EDIT_PLANS)
    with transaction(ctx):
        known = queries.by_key(ctx, data.external_key) if plan_id is None else None
        if known is not None:
            return known
        plan = CarePlan(first_on=ctx.today) if plan_id is None else queries.get_plan(ctx, plan_id, locked=True)
        check_version(plan, version)
        if plan.state == "ended":
            raise Conflict("plan_ended", _("{number} is ended. Make a new plan.", number=plan.number))
        customer, device = _about(ctx, data)
        _check(ctx, data)
        contract = _contract(ctx, data.contract, customer, plan)
        plan.name = required(data.name, "name", _("Say in a few words what is done."), 200)
        plan.kind, plan.text = data.kind, data.text.strip()
        plan.checklist, plan.places = data.checklist, "\n".join(check_places(data.places))
        plan.customer_id, plan.device_id = customer.id if customer else None, device.id if device else None
        plan.contract_kind, plan.contract_ref, plan.contract_words = contract
        plan.unit_id, plan.assignee_id = data.unit_id, data.assignee_id
        plan.rhythm, plan.every, plan.period = data.rhythm, data.every, data.period
        plan.starts_on, plan.ends_on = data.starts_on or ctx.today, data.ends_on
        plan.calendar, plan.closed_days, plan.lead_days = data.calendar, data.closed_days, data.lead_days
        if plan_id is None:
            plan.number = next_number(ctx, PLAN, str(get_setting(ctx, "service.plan_pattern")))
            plan.external_key = data.external_key or None
            plan.state = "active"
        _put_next(ctx, plan)
        ctx.session.add(plan)
        ctx.session.flush()
        name = "service.plan_made" if plan_id is None else "service.plan_changed"
        emit(ctx, name, plan, links=_links(plan), number=plan.number, name=plan.name, next_on=_next_words(plan))
        return plan


def forecast_of(ctx: Ctx, data: CarePlanData, plan_id: int | None = None) -> list[Due]:
    """The visits that a plan as entered would have next; nothing is kept."""
    _check(ctx, data)
    former = queries.get_plan(ctx, plan_id) if plan_id is not None else None
    first_on = former.first_on if former is not None else ctx.today
    sketch = CarePlan(
        rhythm=data.rhythm, every=data.every, period=data.period, closed_days=data.closed_days,
        starts_on=data.starts_on or ctx.today, ends_on=data.ends_on, first_on=first_on,
    )  # fmt: skip
    latest = queries.latest_of(ctx, plan_id) if plan_id is not None else None
    anchor, first, before = queries.counted_from(sketch, latest)
    found = forecast(
        queries.rhythm_of(sketch), queries.open_days(ctx, data.calendar), drifting=data.rhythm == DRIFTING,
        anchor=anchor, first=first, after=before,
    )  # fmt: skip
    return [due for _number, due in zip(range(queries.SHOWN_AHEAD), found, strict=False)]


def _about(ctx: Ctx, data: CarePlanData) -> tuple[Any, Any]:
    device = base_queries.get_unit(ctx, data.device_id) if data.device_id else None
    customer_id = data.customer_id or (device.customer_id if device else None)
    customer = base_queries.get_customer(ctx, customer_id) if customer_id else None
    if customer is None and device is None and not data.places.strip():
        raise Invalid("about_nothing", _("Name the unit or the customer that is visited, or the places."), "serial")
    if device is not None and customer is not None and device.customer_id not in (None, customer.id):
        raise Invalid("not_theirs", _("This unit is another customer's."), "serial")
    return customer, device


def _check(ctx: Ctx, data: CarePlanData) -> None:
    chosen(data.kind, PLAN_KINDS, "kind")
    if data.checklist:
        if data.kind != INSPECTION:
            raise Invalid("no_round", _("Only inspection rounds have a checklist."), "checklist")
        chosen(data.checklist, tuple(code for code, _name in checklists_for(ctx, ORDER)), "checklist")
    elif data.places.strip():
        raise Invalid("no_checklist", _("Choose by which checklist the places are looked at."), "checklist")
    check_places(data.places)
    chosen(data.rhythm, tuple(RHYTHM_WORDS), "rhythm")
    chosen(data.period, tuple(PERIOD_WORDS), "period")
    chosen(data.closed_days, tuple(CLOSED_WORDS), "closed_days")
    chosen(data.calendar, tuple(code for code, _name in calendar_names(ctx)), "calendar")
    if not 1 <= data.every <= MOST:
        raise Invalid("bad_step", _("Enter a number from 1 to {n}.", n=MOST), "every")
    if not 0 <= data.lead_days <= MOST:
        raise Invalid("bad_lead", _("Enter a number from 0 to {n}.", n=MOST), "lead_days")
    starts_on = data.starts_on or ctx.today
    for day, field in ((starts_on, "starts_on"), (data.ends_on, "ends_on")):
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            words = _("Choose a day from {first} to {last}.", first=FIRST_DAY.isoformat(), last=LAST_DAY.isoformat())
            raise Invalid("bad_day", words, field)
    if data.ends_on is not None and data.ends_on < starts_on:
        raise Invalid("ends_before_start", _("It would end before it begins."), "ends_on")
    if data.unit_id is not None and orders.find_unit(ctx, data.unit_id) is None:
        raise Invalid("unknown_unit", _("Choose an organisation unit."), "unit_id")
    if data.assignee_id is not None and orders.member_name(ctx, data.assignee_id) is None:
        raise Invalid("unknown_person", _("Choose somebody who works here."), "assignee_id")


def _contract(ctx: Ctx, ref: RecordRef | None, customer: Any, plan: CarePlan) -> tuple[str, int | None, str]:
    """What the plan keeps of its contract: one that is offered, or the one that it has already."""
    if ref is None:
        return "", None, ""
    if customer is not None:
        for offered, words in ask(ctx, "contracts_for_plan", customer_id=customer.id, on=ctx.today) or ():
            if offered == ref:
                return ref.kind, ref.id, str(words)[:200]
    if plan.id and (plan.contract_kind, plan.contract_ref) == (ref.kind, ref.id):
        return ref.kind, ref.id, plan.contract_words
    raise Invalid("unknown_contract", _("Choose one of the customer's contracts."), "contract")


# --- pause, go on, end ------------------------------------------------------------------------------------------------


def pause_plan(ctx: Ctx, plan_id: int, reason: str, *, version: int | None = None) -> CarePlan:
    """Plan nothing more for the time being; orders that are open stay."""
    return _turn(ctx, plan_id, "pause", "paused", "service.plan_paused", reason, version)


def resume_plan(ctx: Ctx, plan_id: int, *, version: int | None = None) -> CarePlan:
    """Go on from today: what fell into the pause is not made up for."""
    return _turn(ctx, plan_id, "resume", "active", "service.plan_resumed", None, version)


def end_plan(ctx: Ctx, plan_id: int, reason: str, *, version: int | None = None) -> CarePlan:
    """Plan nothing more at all; orders that are open stay."""
    return _turn(ctx, plan_id, "end", "ended", "service.plan_ended", reason, version)


def _turn(
    ctx: Ctx, plan_id: int, step: str, state: str, event: str, reason: str | None, version: int | None
) -> CarePlan:
    ctx.require(EDIT_PLANS)
    with transaction(ctx):
        plan = queries.get_plan(ctx, plan_id, locked=True)
        check_version(plan, version)
        if plan.state not in MAY[step]:
            raise Conflict("wrong_state", _("{number} has changed meanwhile. Look at it again.", number=plan.number))
        words = "" if reason is None else required(reason, "reason", _("Give a reason."), 400)
        plan.state, plan.state_reason = state, words
        if step == "resume":
            plan.first_on = max(plan.first_on, ctx.today)
        _put_next(ctx, plan)
        emit(ctx, event, plan, links=_links(plan), number=plan.number, reason=words, next_on=_next_words(plan))
        return plan


# --- one time ---------------------------------------------------------------------------------------------------------


def open_next(ctx: Ctx, plan_id: int, *, version: int | None = None) -> Occurrence:
    """Open the order of the next visit now, before its time."""
    ctx.require(EDIT_PLANS)
    with transaction(ctx):
        plan = _with_next(ctx, plan_id, version)
        return _open(ctx, plan)


def skip_next(ctx: Ctx, plan_id: int, reason: str, *, version: int | None = None) -> Occurrence:
    """Leave the next visit out; the one after it comes in its time."""
    ctx.require(EDIT_PLANS)
    with transaction(ctx):
        plan = _with_next(ctx, plan_id, version)
        words = required(reason, "reason", _("Give a reason."), 400)
        occurrence = _add(ctx, plan, "skipped", words)
        _settled(ctx, plan, occurrence, "service.plan_skipped", reason=words)
        return occurrence


def skip_held(ctx: Ctx, plan_id: int, occurrence_id: int, reason: str) -> Occurrence:
    """Leave out a visit that was held back."""
    ctx.require(EDIT_PLANS)
    with transaction(ctx):
        plan, occurrence = _held(ctx, plan_id, occurrence_id)
        words = required(reason, "reason", _("Give a reason."), 400)
        occurrence.state, occurrence.reason, occurrence.settled_on = "skipped", words, occurrence.due_on
        occurrence.by_id, occurrence.by_name = ctx.actor.user_id, ctx.actor.name
        _settled(ctx, plan, occurrence, "service.plan_skipped", reason=words)
        return occurrence


def open_held(ctx: Ctx, plan_id: int, occurrence_id: int, reason: str) -> Occurrence:
    """Open a visit that was held back all the same, outside the contract: who pays is decided on the order."""
    ctx.require(EDIT_PLANS)
    with transaction(ctx):
        plan, occurrence = _held(ctx, plan_id, occurrence_id)
        words = required(reason, "reason", _("Give a reason."), 400)
        occurrence.reason, occurrence.by_id, occurrence.by_name = words, ctx.actor.user_id, ctx.actor.name
        _order(ctx, plan, occurrence)
        return occurrence


def _held(ctx: Ctx, plan_id: int, occurrence_id: int) -> tuple[CarePlan, Occurrence]:
    plan = queries.get_plan(ctx, plan_id, locked=True)
    occurrence = queries.get_occurrence(ctx, plan.id, occurrence_id)
    if occurrence.state != "held":
        raise Conflict("not_held", _("Somebody has decided on this visit already."))
    return plan, occurrence


def _with_next(ctx: Ctx, plan_id: int, version: int | None) -> CarePlan:
    plan = queries.get_plan(ctx, plan_id, locked=True)
    check_version(plan, version)
    if plan.next_on is None:
        raise Conflict("nothing_next", _("{number} has no next visit now.", number=plan.number))
    return plan


# --- the worker's -----------------------------------------------------------------------------------------------------


def keep_plans(ctx: Ctx) -> int:
    """Open the visits whose time has come, end plans that are over; answers how many visits were opened or held back.

    A time for which nobody came in time while the next one was due already is told as missed: a worker that stood
    still for long opens the latest only. Twice at once makes one order: the plan is locked, its times have keys.
    """
    with transaction(ctx):
        opened = 0
        for plan_id in queries.due_to_open(ctx, ctx.today):
            try:
                with ctx.session.begin_nested():
                    opened += _open_due(ctx, plan_id)
            except IntegrityError:  # another worker was faster
                continue
            except DomainError as error:
                plan = queries.get_plan(ctx, plan_id)
                _tell(ctx, plan, N_("{number}: no order could be opened: {why}"), error.message)
        for plan_id in queries.run_out(ctx, ctx.today):
            plan = queries.get_plan(ctx, plan_id, locked=True)
            plan.state = "ended"
            emit(ctx, "service.plan_over", plan, links=_links(plan), number=plan.number)
        return opened


def _open_due(ctx: Ctx, plan_id: int) -> int:
    plan = queries.get_plan(ctx, plan_id, locked=True)
    opened = 0
    for _number in range(CAUGHT_UP):
        if plan.opens_on is None or plan.opens_on > ctx.today:
            break
        if _overtaken(ctx, plan):
            occurrence = _add(ctx, plan, "missed")
            _settled(ctx, plan, occurrence, "service.plan_missed")
        else:
            _open(ctx, plan)
            opened += 1
    return opened


def _overtaken(ctx: Ctx, plan: CarePlan) -> bool:
    """Whether the time after the next one is due already."""
    if plan.rhythm == DRIFTING or plan.next_nominal is None or plan.next_on is None:
        return False
    anchor, first, _before = queries.counted_from(plan, queries.latest_of(ctx, plan.id))
    now = Due(plan.next_nominal, plan.next_on)
    days = queries.open_days(ctx, plan.calendar)
    after = following(queries.rhythm_of(plan), days, anchor=anchor, first=first, after=now)
    return after is not None and after.due <= ctx.today


def _open(ctx: Ctx, plan: CarePlan) -> Occurrence:
    """The next time becomes an order; or it is held back, when its contract includes no visit more."""
    refusal = _refusal(ctx, plan)
    if refusal is not None:
        occurrence = _add(ctx, plan, "held", refusal)
        _put_next(ctx, plan)
        facts = {"number": plan.number, "due": occurrence.due_on.isoformat(), "reason": refusal}
        emit(ctx, "service.plan_held", plan, links=_links(plan), **facts)
        _tell(ctx, plan, N_("{number}: a planned visit is held back: {why}"), refusal, occurrence)
        return occurrence
    occurrence = _add(ctx, plan, "held")
    _order(ctx, plan, occurrence, by_contract=True)
    return occurrence


def _refusal(ctx: Ctx, plan: CarePlan) -> str | None:
    """Why the plan's contract includes no visit on the next day; None when it does, or nobody knows."""
    ref = _contract_of(plan)
    answer = ask(ctx, "visits_allowed", contract=ref, on=plan.next_on) if ref is not None else None
    if answer is None:
        return None
    number, left, words = answer
    if left is None:
        return None
    promised = queries.open_under(ctx, ref) if ref is not None else 0
    if Decimal(left) - promised >= 1:
        return None
    if promised:
        words = _("{number}: what is left is needed for visits opened already ({n}).", number=number, n=promised)
    return str(words)[:400]


def _order(ctx: Ctx, plan: CarePlan, occurrence: Occurrence, *, by_contract: bool = False) -> None:
    ref = _contract_of(plan)
    known = by_contract and ref is not None and ask(ctx, "visits_allowed", contract=ref, on=occurrence.due_on)
    work_kind, reason = "", ""
    if known:
        work_kind, reason = "contract", _("Planned under contract {contract}", contract=plan.contract_words)
    elif plan.customer_id is None and plan.device_id is None:
        work_kind, reason = "administration", _("A round of the house's own")
    order = open_order(
        ctx,
        OrderData(
            kind=plan.kind, subject=plan.name, text=plan.text, channel="other", customer_id=plan.customer_id,
            device_id=plan.device_id, unit_id=plan.unit_id, about=RecordRef(PLAN, plan.id), source="plan",
            work_kind=work_kind, work_kind_reason=reason,
            external_key=f"plan:{plan.id}:{occurrence.n}",
        ),
    )  # fmt: skip
    if plan.checklist:
        put_round(ctx, order, plan.checklist, plan.places)
        accept(ctx, order.id)  # nobody asked for it who waits for an answer
    occurrence.state, occurrence.order_id = "open", order.id
    _put_next(ctx, plan)
    facts = {"number": plan.number, "order": order.number, "due": occurrence.due_on.isoformat()}
    emit(ctx, "service.plan_opened", plan, links=[*_links(plan), order], **facts)


def settle(ctx: Ctx, order_id: int) -> None:
    """An order was done or cancelled: so is the planned visit for which it was opened, once."""
    with transaction(ctx):
        occurrence = queries.occurrence_of(ctx, order_id)
        if occurrence is None or occurrence.state != "open":
            return
        plan, order = queries.get_plan(ctx, occurrence.plan_id, locked=True), occurrence.order
        if order.state == "cancelled":
            occurrence.state, occurrence.settled_on = "cancelled", occurrence.due_on
            _settled(ctx, plan, occurrence, "service.plan_visit_cancelled", order=order.number)
        else:
            done_at = order.done_at or ctx.now
            occurrence.state, occurrence.settled_on = "done", done_at.astimezone(ctx.tz).date()
            _settled(ctx, plan, occurrence, "service.plan_visit_done", order=order.number)
            _book(ctx, plan, occurrence, f"order {order.id} done {order.done_at:%Y%m%dT%H%M%S}")


def unsettle(ctx: Ctx, order_id: int, reason: str) -> None:
    """A visit that was made goes on after all (the customer objects, the order is reopened): it is open again, and what
    was booked under the contract is taken back by a counter-entry.
    """
    with transaction(ctx):
        occurrence = queries.occurrence_of(ctx, order_id)
        if occurrence is None or occurrence.state != "done" or occurrence.order.state in DONE_STATES:
            return
        plan = queries.get_plan(ctx, occurrence.plan_id, locked=True)
        occurrence.state, occurrence.settled_on = "open", None
        _settled(ctx, plan, occurrence, "service.plan_visit_reopened", reason=reason[:400])
        _unbook(ctx, plan, occurrence, reason)


def follow_work_kind(ctx: Ctx, order_id: int, decided_by: int) -> None:
    """Who pays for a visit that was made was decided otherwise: what is no longer by contract is taken back there by a
    counter-entry, what is by contract now is booked. ``decided_by`` is the id of the event that said so.
    """
    with transaction(ctx):
        occurrence = queries.occurrence_of(ctx, order_id)
        if occurrence is None or occurrence.state != "done":
            return
        plan, order = queries.get_plan(ctx, occurrence.plan_id, locked=True), occurrence.order
        if order.work_kind != "contract":
            _unbook(ctx, plan, occurrence, _("Kind of work now: {kind}", kind=_(WORK_KIND_WORDS[order.work_kind])))
        elif not occurrence.booked:
            _book(ctx, plan, occurrence, f"order {order.id} decided {decided_by}")


def _unbook(ctx: Ctx, plan: CarePlan, occurrence: Occurrence, reason: str) -> None:
    """Take back what was booked under the contract of the plan; nothing is said where nothing was booked."""
    occurrence.booked = False
    if ask(ctx, "unbook_visit", order=RecordRef(ORDER, occurrence.order.id), reason=reason[:200]):
        facts = {"number": plan.number, "contract": plan.contract_words, "reason": reason[:400]}
        emit(ctx, "service.plan_visit_unbooked", plan, links=[*_links(plan), occurrence.order], **facts)


def _book(ctx: Ctx, plan: CarePlan, occurrence: Occurrence, once: str) -> None:
    """A visit by contract that was made counts there, once; that it can't is told to who looks after the plan."""
    ref, order = _contract_of(plan), occurrence.order
    if ref is None or order.work_kind != "contract" or occurrence.settled_on is None:
        return
    facts: dict[str, Any] = {"number": plan.number, "contract": plan.contract_words}
    links = [*_links(plan), order]
    begun_on = order.started_at.astimezone(ctx.tz).date() if order.started_at else occurrence.settled_on
    try:
        with ctx.session.begin_nested():
            given = {"contract": ref, "order": order, "on": occurrence.settled_on, "begun_on": begun_on, "once": once}
            words = ask(ctx, "book_visit", **given)
    except DomainError as error:
        emit(ctx, "service.plan_visit_not_booked", plan, links=links, why=error.message, **facts)
        text = N_("{number}: the visit could not be booked under the contract: {why}")
        _tell(ctx, plan, text, error.message, occurrence)
        return
    if words is not None:
        occurrence.booked = True
        emit(ctx, "service.plan_visit_booked", plan, links=links, words=words, **facts)


def start_after(ctx: Ctx, order_id: int, accepted_on: dt.date) -> list[CarePlan]:
    """The plans that the company's table begins when an installation is accepted (INS-3): each once, the first visit
    one step after that day.
    """
    with transaction(ctx):
        order = orders.find_order(ctx, order_id)
        if order is None or order.device_id is None:
            return []
        made = []
        for start in queries.starts_for(ctx, order):
            last = stepped(accepted_on, start.months, MONTHS, 1) if start.months else None
            first = stepped(accepted_on, start.every, start.period, 1)
            if last is not None and last < first:
                continue
            data = CarePlanData(
                start.name[ctx.company.locale], start.kind, customer_id=order.customer_id, device_id=order.device_id,
                unit_id=order.unit_id, rhythm=start.rhythm, every=start.every, period=start.period, starts_on=first,
                ends_on=last, calendar=start.calendar, lead_days=start.lead_days,
                external_key=f"accepted:{order.id}:{start.code}"[:120],
            )  # fmt: skip
            made.append(save_plan(ctx, data))
        return made


def hand_over_plans(ctx: Ctx, from_user_id: int, to_user_id: int) -> int:
    """Somebody else looks after the plans of a person from now on; answers how many."""
    with transaction(ctx):
        plans = queries.looked_after_by(ctx, from_user_id)
        name = orders.member_name(ctx, to_user_id) or ""
        for plan in plans:
            plan.assignee_id = to_user_id
            emit(ctx, "service.plan_handed_over", plan, number=plan.number, name=name)
        return len(plans)


# --- shared -----------------------------------------------------------------------------------------------------------


def _add(ctx: Ctx, plan: CarePlan, state: str, reason: str = "") -> Occurrence:
    """Keep the next time of a plan. Its key is taken at once, so that whoever comes second fails."""
    assert plan.next_nominal is not None
    assert plan.next_on is not None
    latest = queries.latest_of(ctx, plan.id)
    occurrence = Occurrence(
        plan_id=plan.id, n=latest.n + 1 if latest else 1, nominal_on=plan.next_nominal, due_on=plan.next_on,
        state=state, reason=reason, settled_on=plan.next_on if state in ("skipped", "missed") else None,
        by_id=ctx.actor.user_id, by_name=ctx.actor.name if ctx.actor.user_id else "",
    )  # fmt: skip
    ctx.session.add(occurrence)
    ctx.session.flush()
    return occurrence


def _settled(ctx: Ctx, plan: CarePlan, occurrence: Occurrence, event: str, **facts: str) -> None:
    ctx.session.flush()
    _put_next(ctx, plan)
    facts |= {"number": plan.number, "due": occurrence.due_on.isoformat(), "next_on": _next_words(plan)}
    emit(ctx, event, plan, links=_links(plan), **facts)


def _put_next(ctx: Ctx, plan: CarePlan) -> None:
    """Reckon the next visit from the plan and its newest time; a drifting plan waits until that one is settled."""
    with ctx.session.no_autoflush:  # half of a change is not written
        latest = queries.latest_of(ctx, plan.id) if plan.id else None
        waits = plan.rhythm == DRIFTING and latest is not None and latest.settled_on is None
        found = None
        if plan.state == "active" and not waits:
            anchor, first, before = queries.counted_from(plan, latest)
            days = queries.open_days(ctx, plan.calendar)
            found = following(queries.rhythm_of(plan), days, anchor=anchor, first=first, after=before)
    plan.next_nominal = found.nominal if found else None
    plan.next_on = found.due if found else None
    plan.opens_on = found.due - dt.timedelta(days=plan.lead_days) if found else None


def _next_words(plan: CarePlan) -> str:
    return plan.next_on.isoformat() if plan.next_on else "–"


def _contract_of(plan: CarePlan) -> RecordRef | None:
    return RecordRef(plan.contract_kind, plan.contract_ref) if plan.contract_ref is not None else None


def _links(plan: CarePlan) -> list[RecordRef]:
    found = (("base.customer", plan.customer_id), ("base.unit", plan.device_id))
    return [RecordRef(kind, ref_id) for kind, ref_id in found if ref_id is not None]


def _tell(ctx: Ctx, plan: CarePlan, text: str, why: str, occurrence: Occurrence | None = None) -> None:
    if plan.assignee_id is None:
        return
    once = f"plan {plan.id} {occurrence.n if occurrence else plan.next_on}"
    notify(ctx, [plan.assignee_id], text, record=plan, once=once, number=plan.number, why=why)
