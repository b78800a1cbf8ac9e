"""Believable complaints for the demonstration: the same ones for the same seed, spread over the last sixty days."""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.api import (
    Actor,
    Conflict,
    Ctx,
    Membership,
    OrgUnit,
    Role,
    clocks_on,
    demo_count,
    emit,
    issue_document,
    read_data_file,
    sweep,
    transaction,
)
from plugins.base import queries as base_queries
from plugins.complaints import following, queries, services
from plugins.complaints.contracts import (
    SILENCE,
    ActionData,
    AnswerData,
    CauseFound,
    Classification,
    ComplaintData,
    MeetingData,
    QuestionnaireData,
)
from plugins.complaints.life import HANDLE, OPEN
from plugins.complaints.models import CauseAction, CentreReport, Complaint, Progress, Reward
from plugins.complaints.rules import period_of

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
    managers: list[Actor]
    causes: dict[str, int]
    troubled: list[tuple[int | None, int | None]]
    owner_unit: int | None
    """The department that carries actions out: quality, where there is one."""
    leads: dict[str, int] = field(default_factory=dict)
    asked: dict[int, int] = field(default_factory=dict)
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


def fill(ctx: Ctx, seed: int, count: int | None = None) -> None:
    """Fill a company that has customers with complaints in every state, made by its own services at past moments."""
    count = demo_count(COMPLAINTS, 40) if count is None else count
    stem = ctx.company.profile if (FOLDER / f"{ctx.company.profile}.yaml").exists() else ""
    stem = stem or ("machinery" if ctx.company.locale == "zh" else "appliance")
    words = read_data_file(FOLDER / f"{stem}.yaml")
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
            _people(ctx, "complaints.action.check"),
            {c.code: c.id for c in following.tree(ctx).causes},
            owners[:6],
            ctx.session.scalar(sa.select(OrgUnit.id).where(OrgUnit.code == "quality")),
        )
        for number in range(count):
            _plan_one(world, number, count)
        _plan_actions(world)
        _plan_reports(world)
        _plan_questionnaires(world)
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
    cases = world.words["cases"]
    # however few are made, a batch, adopted suggestions and injuries are among the first: actions, gifts and meetings
    # with the head come of them
    if number < 2:
        cases = [c for c in cases if c.get("in_batch")] or cases
    elif number < 6:
        cases = [c for c in cases if c["outcome"] == "adopted"] or cases
    elif number < 8:
        cases = [{**c, "taken_on": True} for c in cases if c.get("injury")] or cases
    case = rng.choice(cases)
    world.plan(moment, lambda ctx: _open(world, ctx, case))


def _open(world: World, ctx: Ctx, case: dict) -> None:
    rng = world.rng
    troubled = world.troubled and rng.random() < 0.18  # some customers have trouble again and again
    customer_id, device_id = rng.choice(world.troubled if troubled else world.owners)
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
            device_id=device_id if case["category"] in ("quality", "packaging") else None,
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
    chance = 0.5 if case.get("taken_on") else rng.random()
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
        _tell(world, ctx, complaint)
        _next(world, ctx, complaint, case, rng.choice([0.5, 1, 3, 6, 30]), _find)


def _tell(world: World, ctx: Ctx, complaint: Complaint) -> None:
    """The customer is told who works on it; most of the calls for that are made."""
    told = services.tell_step(ctx, complaint.id, "taken_on", "taken_on:0")
    if told is not None and told.state == "to_call" and random.Random(complaint.number).random() < 0.9:
        world.plan(ctx.now + dt.timedelta(minutes=20), lambda then: _call(told, then.as_actor(ctx.actor)))


def _call(told: Progress, ctx: Ctx) -> None:
    if told.state == "to_call":
        services.tell_progress(ctx, told.complaint_id, told.text, call_id=told.id)


def _find(world: World, ctx: Ctx, complaint: Complaint, case: dict) -> None:
    cause = world.causes.get(case.get("cause", ""))
    found = CauseFound(cause) if cause and world.rng.random() < 0.9 else None
    services.write_findings(ctx, complaint.id, case["findings"], found)
    _link_batch(world, ctx, complaint, case)
    if complaint.duty:
        _next(world, ctx, complaint, case, world.rng.choice([1, 3, 8]), _meet)
    if world.rng.random() < 0.97:
        _next(world, ctx, complaint, case, world.rng.choice([0.3, 0.6, 2, 20]), _reply)


def _reply(world: World, ctx: Ctx, complaint: Complaint, case: dict) -> None:
    rng = world.rng
    channel = "letter" if complaint.severity == "critical" else rng.choice(["phone", "phone", "email", "letter"])
    told = rng.random() < 0.4
    outcome = case["outcome"] if told else ""
    services.reply(ctx, complaint.id, case["answer"], channel, silence_told=told, outcome=outcome)
    if channel == "letter":
        issue_document(ctx, "complaints.answer_letter", complaint, ctx.company.locale)
    if told and rng.random() < 0.7:
        due = next((c.due_at for c in clocks_on(ctx, complaint) if c.kind == SILENCE and c.state == "running"), None)
        if due is not None:
            world.plan(due, lambda then: services.close_silent(then, complaint.id))
            return
    step = _object if rng.random() < 0.1 else _close
    _next(world, ctx, complaint, case, rng.choice([2, 5, 24, 48]), step)


def _object(world: World, ctx: Ctx, complaint: Complaint, case: dict) -> None:
    services.object_to_reply(ctx, complaint.id, world.rng.choice(world.words["reasons_open"]))
    _next(world, ctx, complaint, case, world.rng.choice([3, 8, 24]), _reply)


def _close(world: World, ctx: Ctx, complaint: Complaint, case: dict) -> None:
    if complaint.duty and complaint.met_at is None:
        _next(world, ctx, complaint, case, 6, _meet)
        _next(world, ctx, complaint, case, 12, _close)
        return
    if complaint.severity == "critical" and not following.actions_of(ctx, complaint.id):
        services.need_no_action(ctx, complaint.id, world.words["no_action_reason"])
    if complaint.severity == "critical" and complaint.cause_id is None and world.causes:
        cause = world.causes.get(case.get("cause", ""), min(world.causes.values()))
        services.set_cause(ctx, complaint.id, CauseFound(cause))
    settled = complaint.no_action_reason or following.actions_of(ctx, complaint.id)
    if not settled and following.tree(ctx).needs_action(complaint.cause_id):
        _open_action(world, ctx, 0, (complaint.id,), complaint.cause_id)
    if case["outcome"] == "adopted":
        _next(world, ctx, complaint, case, world.rng.choice([2, 20]), _propose)
    if complaint.confirmed_at is None and world.rng.random() < 0.8:
        services.confirm_content(ctx, complaint.id)
        if complaint.state == "closed":
            return
    services.close_complaint(ctx, complaint.id, case["outcome"], case["answer"])
    if world.rng.random() < 0.04:
        _next(world, ctx, complaint, case, 30, _reopen)


def _meet(world: World, ctx: Ctx, complaint: Complaint, case: dict) -> None:
    """The head meets the customer, or names a delegate who does."""
    if complaint.met_at is not None or not complaint.is_open:
        return
    head, rng = world.rng.choice(world.managers), world.rng
    given = MeetingData("visit" if rng.random() < 0.6 else "phone", note=rng.choice(world.words["met"]))
    delegate = rng.choice(world.handlers)
    away = rng.random() < 0.4 or complaint.duty_role not in head.roles
    if away and delegate.user_id is not None:
        services.name_delegate(ctx.as_actor(head), complaint.id, delegate.user_id, world.words["delegate_reason"])
        services.record_meeting(ctx.as_actor(delegate), complaint.id, given)
    else:
        services.record_meeting(ctx.as_actor(head), complaint.id, given)


def _link_batch(world: World, ctx: Ctx, complaint: Complaint, case: dict) -> None:
    """Complaints about one batch are linked to the first that is still open."""
    if not case.get("in_batch"):
        return
    lead_id = world.leads.setdefault(case["subject"], complaint.id)
    lead = queries.get_complaint(ctx, lead_id)
    if lead.id == complaint.id:
        _open_action(world, ctx, 0, (complaint.id,), complaint.cause_id)
    elif lead.is_open or complaint.received_at - lead.received_at < dt.timedelta(days=30):
        services.link_complaint(ctx, complaint.id, lead.number)
    else:
        world.leads[case["subject"]] = complaint.id


def _propose(world: World, ctx: Ctx, complaint: Complaint, case: dict) -> None:
    """A gift for an adopted suggestion: approved after a while, mostly, and handed over."""
    rng, head = world.rng, world.rng.choice(world.managers)
    gift, value = rng.choice(world.words["gifts"]), Decimal(rng.choice([50, 80, 120, 200]))
    reward = services.propose_reward(ctx, complaint.id, gift, value, world.words["gift_reason"])
    world.plan(world.later(ctx, rng.choice([4, 26])), lambda then: _decide(world, then.as_actor(head), reward))


def _decide(world: World, ctx: Ctx, reward: Reward) -> None:
    approve = world.rng.random() < 0.85
    services.decide_reward(ctx, reward.id, approve, "" if approve else world.words["no_action_reason"])
    if approve and world.rng.random() < 0.8:
        by = world.rng.choice(world.handlers)
        later = world.later(ctx, world.rng.choice([24, 72]))
        world.plan(later, lambda then: services.deliver_reward(then.as_actor(by), reward.id))


def _plan_actions(world: World) -> None:
    """Actions against causes, spread over the time: some done, some checked, some without effect."""
    for index in range(1, 9):
        moment = world.later(world.ctx.at(world.ctx.now - dt.timedelta(days=DAYS - 7 * index + 3)), 3)
        which = index % len(world.words["actions"])
        world.plan(moment, partial(_for_a_cause, world, which))


def _for_a_cause(world: World, which: int, ctx: Ctx) -> None:
    _open_action(world, ctx, which, (), None)


def _open_action(
    world: World, ctx: Ctx, which: int, complaints: tuple[int, ...], cause_id: int | None
) -> None:
    rng, given = world.rng, world.words["actions"][which]
    cause_id = cause_id or world.causes.get(given["cause"])
    owner = rng.choice(world.handlers)
    data = ActionData(
        given["title"], given["kind"], "", cause_id, complaints, world.owner_unit, owner.user_id
    )
    action = services.open_action(ctx.as_actor(rng.choice(world.managers)), data)
    if rng.random() < 0.8:
        world.plan(
            world.later(ctx, 24 * rng.choice([4, 9, 14])),
            lambda then: _finish(world, then.as_actor(owner), action, given),
        )


def _finish(world: World, ctx: Ctx, action: CauseAction, given: dict) -> None:
    services.finish_action(ctx, action.id, given["done"])
    head = world.rng.choice(world.managers)
    world.plan(
        world.later(ctx, 24 * world.rng.choice([14, 25])),
        lambda then: _check(world, then.as_actor(head), action, given),
    )


def _check(world: World, ctx: Ctx, action: CauseAction, given: dict) -> None:
    effective = world.rng.random() < 0.75
    services.check_action(ctx, action.id, effective, given["check"] if effective else given["check_bad"])


def _plan_reports(world: World) -> None:
    """The centres' reports on the months that are over; the last one is still to be submitted by somebody."""
    ctx = world.ctx
    begins, _ends = period_of(ctx.today, "month")
    for month in range(3):
        local = dt.datetime.combine(begins, dt.time(8, 30), ctx.tz)
        world.plan(local.astimezone(dt.UTC), partial(_report, world, month))
        begins, _ends = period_of(begins - dt.timedelta(days=1), "month")


def _plan_questionnaires(world: World) -> None:
    """Two questionnaires, one for a product, and what some customers send by them within the last month."""
    ctx, products = world.ctx, base_queries.search_products(world.ctx, "", 1)
    for which, given in enumerate(world.words["questionnaires"]):
        data = QuestionnaireData(
            given["zh"], given["en"], given["intro_zh"], given["intro_en"], "\n".join(given["questions"]),
            products[0].code if products and which else "",
        )
        for number, sent in enumerate(given["sent"]):
            moment = ctx.now - dt.timedelta(days=30 - 9 * number, hours=3)
            world.plan(moment, partial(_send, world, which, data, sent))


def _send(world: World, which: int, data: QuestionnaireData, sent: dict, ctx: Ctx) -> None:
    row = world.asked.get(which)
    if row is None:
        row = world.asked[which] = services.save_questionnaire(ctx, data).id
    key = f"{world.rng.getrandbits(96):024x}"
    answers = tuple(str(a) for a in sent["answers"])
    name, serial, phone = sent.get("name", ""), "", ""
    if not name:  # sent with the serial number of a unit, from a number of its customer
        serial, phone = _unit_and_phone(world)
    services.receive_answer(ctx, row, AnswerData(key, sent["matter"], sent["text"], answers, name, phone, serial))


def _unit_and_phone(world: World) -> tuple[str, str]:
    for customer_id, device_id in world.owners:
        unit = base_queries.get_unit(world.ctx, device_id) if device_id else None
        phones = base_queries.phones_of(world.ctx, customer_id) if customer_id else []
        if unit is not None and unit.serial and unit.customer_id == customer_id and phones:
            return unit.serial, phones[0].number
    return "", ""


def _report(world: World, month: int, ctx: Ctx) -> None:
    services.draw_up_due(ctx)
    begins, ends = services.last_period(ctx)
    reports = following.reports_of_period(ctx, begins, ends)
    for report in reports if month or len(reports) == 1 else reports[:-1]:
        world.plan(world.later(ctx, 20), partial(_submit, world, report))


def _submit(world: World, report: CentreReport, ctx: Ctx) -> None:
    head = world.rng.choice(world.managers)
    services.submit_report(ctx.as_actor(head), report.id, world.rng.choice(world.words["remarks"]))


def _reopen(world: World, ctx: Ctx, complaint: Complaint, case: dict) -> None:
    services.reopen_complaint(ctx, complaint.id, world.rng.choice(world.words["reasons_open"]))
    _next(world, ctx, complaint, case, 6, _reply)
