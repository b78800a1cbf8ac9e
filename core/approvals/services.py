"""Asking for an approval, answering, withdrawing, and what a transition makes of it.

A transition that needs an approval has a gate that nobody can waive. When everything else is ready and the person goes
on, the request is opened instead, in a transaction of its own. Once the last step is approved the transition is
possible, with whatever its service asks for then; it is not carried out by itself. An approval counts only as long as
the facts that led to its chain are still so.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.approvals import chains
from core.approvals.models import (
    AHEAD,
    DONE,
    GRANTED,
    LEFT,
    REFUSED,
    USED,
    VOID,
    WAITING,
    WITHDRAWN,
    Approval,
    ApprovalStep,
    ApprovalVote,
    Deputy,
)
from core.approvals.people import Person, answerable_for, deputies_of, holders, staff, tell_deputy, votes_of
from core.calendar_store import ALWAYS, OFFICE
from core.clocks import Clock, cancel_clock, start_given_clock, stop_clock
from core.context import SYSTEM, Ctx
from core.contributions import OpenWork
from core.db import at_the_end, transaction
from core.decisions.store import StoredDecision
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.events import RecordRef, emit
from core.hooks import Gate
from core.i18n import LOCALES, N_, _, both, use_locale
from core.notifications import Told, notify_many, role_name

GATE = "core.approval"
CLOCK = "core.approval_step"
KIND = "core.approval"
LONGEST = 2000


# --- the gate and the transition ------------------------------------------------------------------------------------


def gate(ctx: Ctx, record, transition: str) -> list[Gate]:
    """The gate of a transition that needs an approval; nothing when it needs none."""
    kind = _kind(ctx, record)
    if kind is None:
        return []
    plans = chains.steps_of(ctx, record, chains.decide(ctx, record, transition))
    if not plans:
        return []
    found = open_request(ctx, RecordRef(kind, record.id)) if chains.was_used(ctx, kind) else None
    if found is None or found.transition != transition:
        who = _(", then ").join(chains.step_words(ctx, plan) for plan in plans)
        return [_gate(_("Needs approval by {who}", who=who), _("Ask for it"))]
    if changed_since(ctx, found, record):
        return [_gate(_("It was changed after the approval was asked for; ask again"), _("Ask for it"))]
    if found.state == GRANTED:
        return [_gate(_("Approved"), open_=False)]
    return [_gate(_("Waits for approval by {who}", who=waiting_words(ctx, found)), _("Look"))]


def needs_approval(ctx: Ctx, record, transition: str) -> bool:
    """Whether the company's table of approvals has a step for this transition of ``record``, granted by now or not."""
    return bool(chains.steps_of(ctx, record, chains.decide(ctx, record, transition)))


def _gate(text: str, action: str = "", *, open_: bool = True) -> Gate:
    return Gate(GATE, text, open_, "#approval", action, plugin="core", waivable=False)


def _kind(ctx: Ctx, record) -> str | None:
    """The kind of a record that has a workflow."""
    model = type(record)
    found = (k.kind for k in ctx.registry.kinds.values() if k.model is model and k.kind in ctx.registry.workflows)
    return next(found, None)


def waiting_words(ctx: Ctx, approval: Approval) -> str:
    """For whom a request waits: ``Manager of North (step 1 of 2)``."""
    steps = steps_listed(ctx, approval.id)
    now = next((s for s in steps if s.state == WAITING), None)
    if now is None:
        return ""
    return _("{who} (step {n} of {all})", who=chains.step_words(ctx, now), n=now.number, all=len(steps))


def changed_since(ctx: Ctx, approval: Approval, record) -> bool:
    """Whether a record is no longer the case that was put before the approvers."""
    stored = ctx.session.get_one(StoredDecision, approval.decision_id)
    return not chains.same_case(stored.facts, chains.facts_of(ctx, record, approval.transition))


def ask_instead(ctx: Ctx, record, transition: str, reason: str) -> Conflict:
    """Nothing but the approval is missing: open the request once this transaction has been given up.

    Answers the error to raise. One that waits already is not opened again. What a page sent is kept with the request.
    """
    ref = RecordRef(_kind(ctx, record) or "", record.id)
    label = _(_transition(ctx, ref.kind, transition).label)
    found = open_request(ctx, ref)
    if found is not None and found.transition == transition and not changed_since(ctx, found, record):
        words = waiting_words(ctx, found)
        waiting = found.id
        at_the_end(ctx, lambda: look_again(ctx, waiting))
        return Conflict("approval_waits", _("“{action}” waits for approval by {who}.", action=label, who=words))
    page = ctx.memo.get("entered")
    entered = page() if page is not None else None
    at_the_end(ctx, lambda: ask(ctx, ref, transition, reason, entered=entered))
    text = _("“{action}” needs an approval, which was asked for. You are told when it is decided.", action=label)
    return Conflict("approval_asked", text)


def passed(ctx: Ctx, record, transition: str, target: str) -> None:
    """A record goes through a transition: its approval is used up; one for a way that is gone is void."""
    kind = _kind(ctx, record)
    if kind is None or not chains.was_used(ctx, kind):
        return
    found = open_request(ctx, RecordRef(kind, record.id), lock=True)
    if found is None:
        return
    if found.transition == transition and found.state == GRANTED:
        found.state, found.ended_at, found.entered = USED, ctx.now, None
    elif found.transition == transition or target not in _transition(ctx, kind, found.transition).sources:
        _end(ctx, found, VOID, N_("The record went on without it"))


def _transition(ctx: Ctx, kind: str, name: str):
    return ctx.registry.workflows[kind].transition(name)


# --- asking ---------------------------------------------------------------------------------------------------------


def ask(
    ctx: Ctx, ref: RecordRef, transition: str, reason: str = "", *, entered: dict[str, Any] | None = None
) -> Approval:
    """Open a request for a transition of a record. Needs the right to take the transition.

    ``entered`` is what was typed when the transition was tried (``Approval.entered``). Raises Conflict when none is
    needed, one waits, or nobody holds a role that the rules name.
    """
    workflow = ctx.registry.workflows.get(ref.kind)
    if workflow is None:
        raise NotFound("unknown_record", _("There is no such record."))
    way = workflow.transition(transition)
    ctx.require(way.permission)
    with transaction(ctx):
        record: Any = ctx.session.get(ctx.registry.kinds[ref.kind].model, ref.id)
        if record is None:
            raise NotFound("unknown_record", _("There is no such record."))
        if record.state not in way.sources:
            raise Conflict("wrong_state", _("“{action}” is not possible now.", action=_(way.label)))
        _make_room(ctx, ref, record, transition)
        ruling = chains.decide(ctx, record, transition, keep=True)
        plans = chains.steps_of(ctx, record, ruling)
        if ruling is None or not plans:
            raise Conflict("no_approval_needed", _("“{action}” needs no approval.", action=_(way.label)))
        for plan in plans:
            _require_somebody(ctx, plan)
        ctx.session.flush()
        assert ruling.stored is not None
        approval = Approval(
            plugin=ctx.registry.owner_of("workflows", ref.kind),
            record_kind=ref.kind,
            record_id=ref.id,
            record_number=str(ctx.registry.kinds[ref.kind].number(record))[:120],
            title=str(chains.facts_of(ctx, record, transition).get("title") or "")[:200],
            transition=transition,
            state=WAITING,
            asked_by_id=ctx.actor.user_id,
            asked_by_name=ctx.actor.name,
            asked_at=ctx.now,
            reason=reason.strip()[:LONGEST],
            decision_id=ruling.stored.id,
            entered=entered,
        )
        ctx.session.add(approval)
        ctx.session.flush()
        steps = [_step(approval, plan) for plan in plans]
        ctx.session.add_all(steps)
        ctx.session.flush()
        _begin(ctx, approval, steps[0])
        _tell_timeline(ctx, "core.approval_asked", approval, who=_both_words(ctx, steps[0]), steps=len(steps))
        return approval


def _make_room(ctx: Ctx, ref: RecordRef, record, transition: str) -> None:
    """A record has one open request at most: an outdated one is void, another stands in the way."""
    found = open_request(ctx, ref, lock=True)
    if found is None:
        return
    if changed_since(ctx, found, record):
        _end(ctx, found, VOID, N_("The record was changed"))
        return
    label = _(_transition(ctx, ref.kind, found.transition).label)
    if found.state == GRANTED:
        raise Conflict("approved_already", _("“{action}” is approved already.", action=label))
    raise Conflict(
        "approval_waits",
        _("“{action}” waits for approval by {who}.", action=label, who=waiting_words(ctx, found)),
    )


def _require_somebody(ctx: Ctx, plan: chains.StepPlan) -> None:
    if not holders(ctx, ctx.actor.user_id, plan):
        who = chains.step_words(ctx, plan)
        text = _("Nobody who could approve as {who} works here. Give somebody the role, or change the rules.", who=who)
        raise Conflict("nobody_to_approve", text)


def _step(approval: Approval, plan: chains.StepPlan) -> ApprovalStep:
    return ApprovalStep(
        approval_id=approval.id,
        number=plan.number,
        state=AHEAD,
        role=plan.role,
        scope=plan.scope,
        unit_id=plan.unit_id,
        holders=plan.holders,
        own=plan.own,
        limit_amount=plan.limit,
        limit_unit=plan.limit_unit,
        warn_share=plan.warn,
        escalate_to=plan.escalate_to,
    )


def _begin(ctx: Ctx, approval: Approval, step: ApprovalStep) -> None:
    """A step's turn has come: its clock runs, its holders and their deputies are told."""
    step.state, step.started_at = WAITING, ctx.now
    if step.limit_amount:
        working = step.limit_unit.startswith("working")
        limit = {"limit": step.limit_amount, "unit": step.limit_unit, "calendar": OFFICE if working else ALWAYS}
        start_given_clock(
            ctx,
            RecordRef(KIND, approval.id),
            CLOCK,
            {**limit, "warn": step.warn_share},
            plugin=approval.plugin,
            escalate_to=step.escalate_to,
            decision_id=approval.decision_id,
        )
    ctx.session.flush()
    _tell_holders(ctx, approval, step, N_("“{action}” of {number} waits for your approval"), "begun")
    if step.number > 1:
        _tell_timeline_step(ctx, "core.approval_waits", approval, step)


# --- answering ------------------------------------------------------------------------------------------------------


def answer(
    ctx: Ctx, approval_id: int, step_id: int, *, approves: bool, reason: str = "", for_id: int | None = None
) -> Approval:
    """Approve or refuse the step whose turn it is, for oneself or (``for_id``) as somebody's deputy.

    Role, unit and deputyship count as they are at this moment. A refusal needs a reason and ends the request.
    """
    reason = reason.strip()
    with transaction(ctx):
        ctx.memo.pop("staff", None)
        approval = _locked(ctx, approval_id)
        step = ctx.session.get(ApprovalStep, step_id)
        if step is None or step.approval_id != approval.id:
            raise NotFound("unknown_step", _("There is no such approval."))
        if approval.state != WAITING or step.state != WAITING:
            raise Conflict("answered", _("This was decided in the meantime. Look at it again."))
        if _void_if_changed(ctx, approval):
            return approval
        voted = {v.holder_id for v in votes_of(ctx, approval.id) if v.step_id == step.id}
        holder = _holder(ctx, approval, step, voted, for_id)
        if not approves and not reason:
            raise Invalid("reason_needed", _("Say why you refuse."), "reason")
        if len(reason) > LONGEST:
            words = _("At most {n} characters; this has {length}.", n=LONGEST, length=len(reason))
            raise Invalid("too_long", words, "reason")
        vote = ApprovalVote(
            approval_id=approval.id,
            step_id=step.id,
            holder_id=holder.id,
            holder_name=holder.name,
            by_id=ctx.actor.user_id or 0,
            by_name=ctx.actor.name,
            approves=approves,
            reason=reason,
            at=ctx.now,
        )
        ctx.session.add(vote)
        ctx.session.flush()
        if approves:
            _tell_answer(ctx, ("core.approval_given", "core.approval_given_for"), approval, step, vote)
            _go_on(ctx, approval, step)
        else:
            step.state, step.ended_at = REFUSED, ctx.now
            _end(ctx, approval, REFUSED, reason, tell=False)
            _tell_answer(ctx, ("core.approval_refused", "core.approval_refused_for"), approval, step, vote)
        return approval


def _locked(ctx: Ctx, approval_id: int) -> Approval:
    """The request, locked, of a module that is on; who may see it is a question of its own."""
    row = ctx.session.get(Approval, approval_id, with_for_update=True)
    if row is None or row.plugin not in ctx.enabled or not may_see(ctx, row):
        raise NotFound("unknown_approval", _("There is no such approval."))
    return row


def _holder(ctx: Ctx, approval: Approval, step: ApprovalStep, voted: set[int], for_id: int | None) -> Person:
    possible = answerable_for(ctx, approval, step, voted)
    chosen = [p for p in possible if for_id is None or p.id == for_id]
    if chosen:
        return chosen[0]
    if ctx.actor.user_id == approval.asked_by_id and not step.own:
        raise Forbidden("own_request", _("You asked for this yourself; somebody else has to approve it."))
    words = chains.step_words(ctx, step)
    raise Forbidden("not_yours", _("This waits for {who}; you are not one of them now.", who=words))


def _void_if_changed(ctx: Ctx, approval: Approval) -> bool:
    """Void a request whose record is no longer what was put before the approvers, as far as this person can see it."""
    record = ctx.session.get(ctx.registry.kinds[approval.record_kind].model, approval.record_id)
    if record is None or not changed_since(ctx, approval, record):
        return False
    _end(ctx, approval, VOID, N_("The record was changed"))
    return True


def _go_on(ctx: Ctx, approval: Approval, step: ApprovalStep) -> None:
    """After an approval: the step may be complete, then the next one begins, or all is granted."""
    if not _complete(ctx, approval, step):
        return
    step.state, step.ended_at = DONE, ctx.now
    stop_clock(ctx, RecordRef(KIND, approval.id), CLOCK)
    following = next((s for s in steps_listed(ctx, approval.id) if s.number == step.number + 1), None)
    if following is not None:
        _begin(ctx, approval, following)
        return
    approval.state = GRANTED
    _tell_timeline(ctx, "core.approval_granted", approval)
    _tell_asker(ctx, approval, N_("“{action}” of {number} is approved; it can be done now"), "granted")


def _complete(ctx: Ctx, approval: Approval, step: ApprovalStep) -> bool:
    """Whether a step was approved by one holder, or by all who hold the role now."""
    given = {v.holder_id for v in votes_of(ctx, approval.id) if v.step_id == step.id and v.approves}
    if step.holders == "all" and any(p.id not in given for p in holders(ctx, approval.asked_by_id, step)):
        return False
    return bool(given)


def look_again(ctx: Ctx, approval_id: int) -> None:
    """Somebody may have lost a role meanwhile: a step that all who still hold it have approved goes on, by the system.

    Does nothing most of the time; pages call it where a request is shown.
    """
    approval = ctx.session.get(Approval, approval_id)
    step = _waiting_step(ctx, approval) if approval is not None else None
    if approval is None or step is None or step.holders != "all" or not _complete(ctx, approval, step):
        return
    system = ctx.as_actor(SYSTEM)
    with transaction(system):
        approval = ctx.session.get_one(Approval, approval_id, with_for_update=True)
        step = _waiting_step(ctx, approval)
        if step is not None:
            _go_on(system, approval, step)


def _waiting_step(ctx: Ctx, approval: Approval) -> ApprovalStep | None:
    if approval.state != WAITING:
        return None
    return next((s for s in steps_listed(ctx, approval.id) if s.state == WAITING), None)


def withdraw(ctx: Ctx, approval_id: int, reason: str = "") -> Approval:
    """The asker takes a request back, while it waits or before it is used."""
    with transaction(ctx):
        approval = _locked(ctx, approval_id)
        if ctx.actor.user_id is None or ctx.actor.user_id != approval.asked_by_id:
            raise Forbidden("not_yours", _("Only who asked for it can withdraw it."))
        if approval.state not in (WAITING, GRANTED):
            raise Conflict("answered", _("This was decided in the meantime. Look at it again."))
        _end(ctx, approval, WITHDRAWN, reason.strip()[:LONGEST])
        return approval


_ENDS = {VOID: "core.approval_void", WITHDRAWN: "core.approval_withdrawn"}
_ENDED = {
    REFUSED: N_("“{action}” of {number} was refused: {reason}"),
    VOID: N_("The approval for “{action}” of {number} is void: {reason}"),
}


def _end(ctx: Ctx, approval: Approval, state: str, why: str, *, tell: bool = True) -> None:
    """The request ends without being used. ``why`` is what a person wrote, or a message id."""
    approval.state, approval.ended_at, approval.ended_why, approval.entered = state, ctx.now, why, None
    for step in steps_listed(ctx, approval.id):
        if step.state in (AHEAD, WAITING):
            step.state, step.ended_at = LEFT, ctx.now
    if state == REFUSED:
        stop_clock(ctx, RecordRef(KIND, approval.id), CLOCK)
    else:
        cancel_clock(ctx, RecordRef(KIND, approval.id), CLOCK)
    ctx.session.flush()
    if tell:
        _tell_timeline(ctx, _ENDS[state], approval, reason=both(why) if state == VOID else why)
    if state in _ENDED:
        _tell_asker(ctx, approval, _ENDED[state], state, reason=both(why) if state == VOID else why[:200])


# --- reading --------------------------------------------------------------------------------------------------------


def open_request(ctx: Ctx, ref: RecordRef, *, lock: bool = False) -> Approval | None:
    """The request of a record that is waiting, or granted and not used yet."""
    query = sa.select(Approval).where(
        Approval.record_kind == ref.kind, Approval.record_id == ref.id, Approval.state.in_((WAITING, GRANTED))
    )
    return ctx.session.scalar(query.with_for_update() if lock else query)


def requests_on(ctx: Ctx, ref: RecordRef, limit: int = 5) -> list[Approval]:
    """The newest requests of a record, newest first."""
    query = sa.select(Approval).where(Approval.record_kind == ref.kind, Approval.record_id == ref.id)
    return list(ctx.session.scalars(query.order_by(Approval.id.desc()).limit(limit)))


def steps_listed(ctx: Ctx, approval_id: int) -> list[ApprovalStep]:
    """The steps of a request in order."""
    query = sa.select(ApprovalStep).where(ApprovalStep.approval_id == approval_id).order_by(ApprovalStep.number)
    return list(ctx.session.scalars(query))


def get_approval(ctx: Ctx, approval_id: int) -> Approval:
    """A request that this person may see: who asked, who may or did answer, and who may see the record itself."""
    row = ctx.session.get(Approval, approval_id)
    if row is None or row.plugin not in ctx.enabled or not may_see(ctx, row):
        raise NotFound("unknown_approval", _("There is no such approval."))
    return row


def may_see(ctx: Ctx, approval: Approval) -> bool:
    """Whether this person is concerned by a request, or may see its record."""
    me = ctx.actor.user_id
    if ctx.actor.is_system or (me is not None and me == approval.asked_by_id):
        return True
    kind = ctx.registry.kinds.get(approval.record_kind)
    if kind is not None and (not kind.view or ctx.can(kind.view)):
        row = ctx.session.get(kind.model, approval.record_id)
        if row is not None and (kind.sees is None or kind.sees(ctx, row)):
            return True
    if any(me in (v.by_id, v.holder_id) for v in votes_of(ctx, approval.id)):
        return True
    return any(answerable_for(ctx, approval, s) for s in steps_listed(ctx, approval.id) if s.state == WAITING)


def clock_on(ctx: Ctx, approval_id: int) -> Clock | None:
    """The clock of the step whose turn it is, if that one has a time limit."""
    query = sa.select(Clock).where(Clock.record_kind == KIND, Clock.record_id == approval_id, Clock.kind == CLOCK)
    return ctx.session.scalar(query.order_by(Clock.id.desc()).limit(1))


# --- telling --------------------------------------------------------------------------------------------------------


def _named(ctx: Ctx, approval: Approval) -> dict[str, Any]:
    label = both(_transition(ctx, approval.record_kind, approval.transition).label)
    return {"action": label, "number": approval.record_number, "approval_id": approval.id}


def _tell_timeline(ctx: Ctx, name: str, approval: Approval, **facts: Any) -> None:
    """An event on the record's timeline, and on the request's own."""
    ref, own = RecordRef(approval.record_kind, approval.record_id), RecordRef(KIND, approval.id)
    emit(ctx, name, ref, links=[own], **_named(ctx, approval), **facts)


def _tell_timeline_step(ctx: Ctx, name: str, approval: Approval, step: ApprovalStep, **facts: Any) -> None:
    _tell_timeline(ctx, name, approval, step=step.number, who=_both_words(ctx, step), **facts)


def _tell_answer(ctx: Ctx, names: tuple[str, str], approval: Approval, step: ApprovalStep, vote: ApprovalVote) -> None:
    """Who answered; a deputy's answer names both. ``names`` are the events of one's own and of a deputy's answer."""
    name = names[vote.by_id != vote.holder_id]
    people = {"holder": vote.holder_name, "holder_id": vote.holder_id}
    _tell_timeline_step(ctx, name, approval, step, reason=vote.reason or both(N_("no remark")), **people)


def _both_words(ctx: Ctx, step) -> dict[str, str]:
    words = {}
    for locale in LOCALES:
        with use_locale(locale):
            words[locale] = chains.step_words(ctx, step)
    return words


def _tell_holders(ctx: Ctx, approval: Approval, step: ApprovalStep, text: str, cause: str) -> None:
    people = {p.id for p in holders(ctx, approval.asked_by_id, step)}
    people |= {d for d in deputies_of(ctx, people) if step.own or d != approval.asked_by_id}
    once = f"approval {approval.id}.{step.number} {cause}"
    notify_many(ctx, [Told(people, text, once, RecordRef(KIND, approval.id), _named(ctx, approval))])


def _tell_asker(ctx: Ctx, approval: Approval, text: str, cause: str, **facts: Any) -> None:
    if approval.asked_by_id is not None and approval.asked_by_id != ctx.actor.user_id:
        told = {**_named(ctx, approval), **facts}
        once = f"approval {approval.id} {cause}"
        notify_many(ctx, [Told([approval.asked_by_id], text, once, RecordRef(KIND, approval.id), told)])


def fired(ctx: Ctx, which: list[tuple[Clock, str]]) -> None:
    """A sweep warned of the time limit of some steps, or found it exceeded: those who are to answer are reminded.

    A step that all who are left have approved (somebody lost the role meanwhile) goes on here.
    """
    for clock, name in which:
        approval = ctx.session.get(Approval, clock.record_id)
        if approval is None or approval.state != WAITING or name == "core.clock_escalated":
            continue
        step = next(s for s in steps_listed(ctx, approval.id) if s.state == WAITING)
        _go_on(ctx, approval, step)
        if step.state != WAITING:
            continue
        text = N_("Reminder: “{action}” of {number} waits for your approval")
        _tell_holders(ctx, approval, step, text, name)
        late = name == "core.clock_breached"
        event = "core.approval_overdue" if late else "core.approval_reminded"
        _tell_timeline_step(ctx, event, approval, step)
        if late and step.escalate_to:
            _tell_timeline(ctx, "core.approval_escalated", approval, role=role_name(ctx, step.escalate_to))


# --- when somebody leaves -------------------------------------------------------------------------------------------


def _only_by(ctx: Ctx, user_id: int) -> list[tuple[Approval, ApprovalStep]]:
    """Steps whose turn it is and which nobody could answer without this person, or which need all holders."""
    query = (
        sa.select(Approval, ApprovalStep)
        .join(ApprovalStep, ApprovalStep.approval_id == Approval.id)
        .where(Approval.state == WAITING, ApprovalStep.state.in_((WAITING, AHEAD)))
        .order_by(ApprovalStep.id)
    )
    found = []
    for approval, step in ctx.session.execute(query):
        people = {p.id for p in holders(ctx, approval.asked_by_id, step)}
        if people == {user_id}:
            found.append((approval, step))
    return found


def open_work_of(ctx: Ctx, user_id: int) -> list[OpenWork]:
    """Approvals that only this person can give, and those that he or she asked for."""
    waiting = len(_only_by(ctx, user_id))
    asked = ctx.session.scalar(
        sa.select(sa.func.count(Approval.id)).where(
            Approval.asked_by_id == user_id, Approval.state.in_((WAITING, GRANTED))
        )
    )
    found = [OpenWork(_("Approvals that only this person can give"), waiting)] if waiting else []
    return found + ([OpenWork(_("Approvals asked for"), asked)] if asked else [])


def hand_over_work(ctx: Ctx, from_user_id: int, to_user_id: int) -> int:
    """Somebody leaves: what only he or she could approve goes to another person, who needs the role as well.

    What he or she asked for is that person's from now on; deputyships end.
    """
    moved = 0
    for approval, step in _only_by(ctx, from_user_id):
        step.handed_to_id = to_user_id
        moved += 1
        ctx.session.flush()
        _tell_timeline_step(ctx, "core.approval_handed_over", approval, step, to=staff(ctx)[to_user_id].name)
    query = sa.select(Approval).where(Approval.asked_by_id == from_user_id, Approval.state.in_((WAITING, GRANTED)))
    for approval in ctx.session.scalars(query.order_by(Approval.id)):
        approval.asked_by_id, approval.asked_by_name = to_user_id, staff(ctx)[to_user_id].name
        moved += 1
        ctx.session.flush()
        _tell_timeline(ctx, "core.approval_asker_changed", approval, to=approval.asked_by_name)
    either = sa.or_(Deputy.person_id == from_user_id, Deputy.deputy_id == from_user_id)
    for row in list(ctx.session.scalars(sa.select(Deputy).where(either, Deputy.to_day >= ctx.today))):
        ctx.session.delete(row)
        ctx.session.flush()
        tell_deputy(ctx, "core.deputy_ended", row)
    return moved
