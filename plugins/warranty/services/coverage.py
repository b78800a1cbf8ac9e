"""Deciding coverage: by the rule set that counts, stored with facts and reasons, and again when a fact has changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.api import (
    N_,
    Clock,
    Conflict,
    Ctx,
    Forbidden,
    Invalid,
    RecordRef,
    Ruling,
    Task,
    _,
    advance,
    both,
    cancel_clock,
    check_version,
    choose_table,
    emit,
    find_clock,
    get_setting,
    label,
    next_number,
    notify,
    people_with_role,
    plain,
    role_name,
    rule,
    start_clock,
    start_given_clock,
    start_task,
    stop_clock,
    transaction,
)
from plugins.base.contracts import CUSTOMER, UNIT
from plugins.base.queries import get_product
from plugins.warranty import coverage_life as life
from plugins.warranty.contracts import (
    ANALYSIS,
    CHARGE_WORDS,
    JUDGEMENT,
    LOANER_DUE,
    REPAIR_DUE,
    CoverageAnswer,
    CoverageCase,
)
from plugins.warranty.models import CoverageDecision
from plugins.warranty.queries import coverage as queries
from plugins.warranty.rules import coverage as rules
from plugins.warranty.rules import rulesets

REDECIDE_TASK = "warranty.redecide"
OWN_CLOCKS = (ANALYSIS, JUDGEMENT, REPAIR_DUE, LOANER_DUE)


def decide(ctx: Ctx, case: CoverageCase) -> CoverageDecision:
    """Decide a case and keep the decision. Text silent: it is referred to a person, who finds it among the work.

    Raises Invalid in words when a fact is missing that the rule set needs, two proofs differ, or a date can't be.
    """
    ctx.require(life.DECIDE)
    with transaction(ctx):
        return _decide(ctx, case)


def decide_case(ctx: Ctx, case: CoverageCase) -> CoverageDecision:
    """What ``find_coverage`` is asked: decide a case, or decide the one that ``case.former_id`` names again.

    Where a later decision has taken that one's place, the later one is decided again.
    """
    if case.former_id is None:
        return decide(ctx, case)
    return redecide(ctx, queries.last_word(ctx, case.former_id), case.given, case.reason, handed_in=case.handed_in)


def answer_about(ctx: Ctx, ref: RecordRef) -> CoverageAnswer | None:
    """The newest decision about a record, as other modules get it."""
    found = queries.decisions_about(ctx, ref, 1)
    return answer_of(ctx, found[0]) if found else None


def redecide(
    ctx: Ctx,
    decision_id: int,
    given: Mapping[str, Any],
    reason: str,
    *,
    handed_in: dt.date | None = None,
    version: int | None = None,
) -> CoverageDecision:
    """A fact has changed (the cause found on site): decide anew. Both decisions stay; the later names the former.

    ``given`` are the facts that changed; one that is None is no longer known. Raises Conflict when a later decision
    has already taken its place.
    """
    ctx.require(life.DECIDE)
    if not reason.strip():
        raise Invalid("reason_needed", _("Say what has changed."), "reason")
    with transaction(ctx):
        former = _latest(ctx, decision_id, version)
        kept = {**former.given, **plain(dict(given))}
        case = _case_of(former, {name: value for name, value in kept.items() if value is not None})
        case = replace(case, handed_in=handed_in or case.handed_in)
        return _follow(ctx, former, case, reason.strip())


def redecide_if_changed(
    ctx: Ctx,
    former: CoverageDecision,
    told: Mapping[str, Any],
    reason: str,
    *,
    known: queries.Known,
    task_id: int,
) -> CoverageDecision | None:
    """Decide anew by the rules and records of now; None, and nothing kept, where the same would come out.

    ``told`` is what the rules gave then, ``known`` what the records say about the unit now. What fails leaves no trace.
    """
    case = _case_of(former, former.given)
    facts = queries.find_facts(ctx, case, known)
    name, _choice = choose_table(ctx, rulesets.KIND, facts.values)
    by_rule = _outputs(rule(ctx, name, facts.values))
    if name == rulesets.table_name(former.rule_set) and plain(by_rule) == plain(dict(told)):
        return None
    with ctx.session.begin_nested():
        return _follow(ctx, former, case, reason, task_id=task_id, known=known)


def settle(
    ctx: Ctx, decision_id: int, outputs: Mapping[str, Any], reason: str, *, version: int | None = None
) -> CoverageDecision:
    """A person decides what the rules leave open. ``outputs`` are results by name; the charge is needed.

    Raises Conflict when it was not left to a person, Invalid without a reason or with a result that there is not.
    """
    with transaction(ctx):
        row = _latest(ctx, decision_id, version)
        clean = _checked_outputs(outputs)
        row.settled_at, row.settled_by, row.settled_reason = ctx.now, ctx.actor.name, reason.strip()
        row.outputs, row.charge, row.by_hand = plain(clean), clean["charge"], True
        advance(ctx, life.DECISIONS, row, "settle", reason=reason.strip())
        stop_clock(ctx, row, JUDGEMENT)
        ctx.session.flush()
        emit(
            ctx, "warranty.coverage_settled", row, links=_links(row), number=row.number,
            charge=both(CHARGE_WORDS[row.charge]), reason=row.settled_reason,
        )  # fmt: skip
        _tell_compensation(ctx, row)
        return row


def refer(ctx: Ctx, decision_id: int, reason: str, *, version: int | None = None) -> CoverageDecision:
    """Whoever doubts a decision leaves it to a person with the right, saying why; until then it does not stand."""
    with transaction(ctx):
        row = _latest(ctx, decision_id, version)
        advance(ctx, life.DECISIONS, row, "refer", reason=reason.strip())
        ctx.session.flush()
        emit(ctx, "warranty.coverage_doubted", row, links=_links(row), number=row.number, reason=reason.strip())
        start_clock(ctx, row, JUDGEMENT, _limit_facts(row))
        _tell_people(ctx, row, str(get_setting(ctx, "warranty.judge_role")), N_("{number} is left to you: {reason}"),
                     reason=reason.strip())  # fmt: skip
        return row


def ask_again(ctx: Ctx, decision_id: int, reason: str, *, version: int | None = None) -> CoverageDecision:
    """Ask again for an approval that was refused, with what has been brought since."""
    with transaction(ctx):
        row = _latest(ctx, decision_id, version)
        advance(ctx, life.DECISIONS, row, "ask_again", reason=reason.strip())
        ctx.session.flush()
        role = str(row.outputs.get("approval") or "")
        named = {"number": row.number, "role": role_name(ctx, role), "reason": reason.strip()}
        emit(ctx, "warranty.coverage_asked_again", row, links=_links(row), **named)
        _tell_people(ctx, row, role, N_("{number}: your approval is needed"), again=row.version)
        return row


def approve(ctx: Ctx, decision_id: int, reason: str = "", *, version: int | None = None) -> CoverageDecision:
    """The role that the rule names agrees; nobody approves what he or she decided."""
    return _answer(ctx, decision_id, "approve", reason, version)


def refuse(ctx: Ctx, decision_id: int, reason: str, *, version: int | None = None) -> CoverageDecision:
    """The role that the rule names does not agree, with a reason."""
    return _answer(ctx, decision_id, "refuse", reason, version)


def _answer(ctx: Ctx, decision_id: int, verb: str, reason: str, version: int | None) -> CoverageDecision:
    with transaction(ctx):
        row = _latest(ctx, decision_id, version)
        role = str(row.outputs.get("approval") or "")
        if role and role not in ctx.actor.roles and not ctx.actor.is_system:
            text = _("This is approved by the role “{role}”, which you do not hold.", role=label(role_name(ctx, role)))
            raise Forbidden("other_role", text)
        if row.made_by_id is not None and row.made_by_id == ctx.actor.user_id:
            raise Forbidden("own_decision", _("Somebody else has to approve what you decided yourself."))
        row.settled_at, row.settled_by, row.settled_reason = ctx.now, ctx.actor.name, reason.strip()
        advance(ctx, life.DECISIONS, row, verb, reason=reason.strip())
        ctx.session.flush()
        event = "warranty.coverage_approved" if verb == "approve" else "warranty.coverage_refused"
        emit(ctx, event, row, links=_links(row), number=row.number, reason=row.settled_reason)
        _tell_compensation(ctx, row)
        return row


def hand_out_loaner(ctx: Ctx, decision_id: int) -> Clock | None:
    """The customer has got a loaner: its clock is met. Nothing happens where none was due."""
    ctx.require(life.DECIDE)
    with transaction(ctx):
        row = _latest(ctx, decision_id, None)
        clock = find_clock(ctx, row, LOANER_DUE)
        if clock is None or clock.state not in ("running", "paused"):
            return clock
        stopped = stop_clock(ctx, row, LOANER_DUE)
        emit(ctx, "warranty.loaner_handed_out", row, links=_links(row), number=row.number)
        return stopped


def loaner_was_given(ctx: Ctx, decision_id: int) -> None:
    """The customer has a loaner in the place of the unit: what is owed by its decisions that stand is given."""
    with transaction(ctx):
        row = ctx.session.get(CoverageDecision, decision_id)
        for other in queries.decisions_of(ctx, row.device_id) if row is not None else ():
            if other.is_open and loaner_is_due(ctx, other):
                hand_out_loaner(ctx, other.id)


def loaner_is_due(ctx: Ctx, row: CoverageDecision) -> bool:
    """Whether the customer waits for a loaner, now or soon."""
    clock = find_clock(ctx, row, LOANER_DUE)
    return clock is not None and clock.state in ("running", "paused")


def repair_is_done(ctx: Ctx, unit_id: int, at: dt.datetime | None = None) -> None:
    """A repair of the unit was finished: no loaner and no repair is due any more."""
    with transaction(ctx):
        for row in queries.decisions_of(ctx, unit_id):
            if row.is_open:
                stop_clock(ctx, row, REPAIR_DUE, at=at)
                cancel_clock(ctx, row, LOANER_DUE)


def answer_of(ctx: Ctx, row: CoverageDecision) -> CoverageAnswer:
    """A decision as other modules get it."""
    stored = queries.ruling_of(ctx, row.ruling_id)
    decision = queries.recalled(ctx, row)
    fired = decision.compiled.table.rows[decision.row_index] if decision and decision.row_index >= 0 else None
    payers = {name.removesuffix("_payer"): str(row.outputs[name]) for name in rules.PAYERS if row.outputs.get(name)}
    return CoverageAnswer(
        row.id,
        row.number,
        row.state,
        row.charge,
        tuple(rules.remedies(row.outputs)),
        payers,
        str(row.outputs.get("price_list") or ""),
        fired.clause if fired is not None else "",
        (label(fired.note) if fired is not None else "") or (label(stored.words) if stored is not None else ""),
        row.holds_until,
        row.outputs,
    )


def order_redecide(ctx: Ctx, product_id: int, reason: str) -> Task:
    """Have the worker decide every case of a product's units again. What a person decided stays."""
    product = get_product(ctx, product_id)
    params = {"product_id": product.id, "reason": reason.strip()}
    return start_task(ctx, REDECIDE_TASK, params, product=product.name)


# --- how ------------------------------------------------------------------------------------------------------------


def _decide(
    ctx: Ctx,
    case: CoverageCase,
    former: CoverageDecision | None = None,
    reason: str = "",
    task_id: int | None = None,
    known: queries.Known | None = None,
) -> CoverageDecision:
    known = known or queries.known_of(ctx, [case.unit_id])
    facts = queries.find_facts(ctx, case, known)
    unit = known.units[case.unit_id]
    row = CoverageDecision(
        number=next_number(ctx, "warranty.decision", str(get_setting(ctx, "warranty.decision_pattern"))),
        device_id=unit.id,
        customer_id=unit.customer_id,
        unit_id=unit.unit_id,
        about_kind=case.about.kind if case.about else "",
        about_id=case.about.id if case.about else None,
        problem=case.problem.strip()[:200],
        state="stands",
        facts=plain(facts.values),
        sources=facts.sources,
        given=plain(dict(case.given)),
        handed_in=case.handed_in,
        former_id=former.id if former is not None else None,
        reason=reason,
        task_id=task_id,
        made_at=ctx.now,
        made_by=ctx.actor.name,
        made_by_id=ctx.actor.user_id,
    )
    if former is not None:
        row.changed = rules.changed_facts(former.facts, row.facts)
    ctx.session.add(row)
    ctx.session.flush()
    _rule(ctx, row, facts.values)
    ctx.session.flush()
    _tell(ctx, row, former)
    _start_clocks(ctx, row, facts.values, former)
    return row


def _rule(ctx: Ctx, row: CoverageDecision, facts: Mapping[str, Any]) -> None:
    """Let the rule set decide, and write down what follows."""
    name, choice = choose_table(ctx, rulesets.KIND, facts, record=row)
    ruling = rule(ctx, name, facts, record=row)
    assert ruling.stored is not None
    ctx.session.flush()
    row.rule_set, row.ruling_id = rulesets.code_of(name), ruling.stored.id
    row.choice_id = choice.stored.id if choice is not None and choice.stored is not None else None
    outputs = _outputs(ruling)
    row.outputs, row.charge = plain(outputs), str(outputs.get("charge") or "")
    if ruling.decision.outcome == "refer":
        row.state = "referred"
    elif outputs.get("approval"):
        row.state = "waiting"
    later = rules.turns(ruling.decision.compiled, facts, ruling.decision)
    row.turns = plain([_turn(ctx, turn) for turn in later])
    row.holds_until = ctx.today + dt.timedelta(days=later[0].days - 1) if later else None


def _turn(ctx: Ctx, turn: rules.Turn) -> dict[str, Any]:
    outputs = {k: v for k, v in (turn.decision.outputs or {}).items() if v is not None}
    return {"on": ctx.today + dt.timedelta(days=turn.days), "row": turn.decision.row_number, "outputs": outputs}


def _outputs(ruling: Ruling) -> dict[str, Any]:
    return {name: value for name, value in (ruling.outputs or {}).items() if value is not None}


def _follow(
    ctx: Ctx,
    former: CoverageDecision,
    case: CoverageCase,
    reason: str,
    *,
    task_id: int | None = None,
    known: queries.Known | None = None,
) -> CoverageDecision:
    """The later decision of a case; the former one is replaced, its clocks end."""
    row = _decide(ctx, case, former, reason, task_id, known)
    advance(ctx, life.DECISIONS, former, "redecide")
    ctx.session.flush()
    emit(ctx, "warranty.coverage_replaced", former, links=_links(former), number=former.number, later=row.number)
    found = row.facts.get("cause") != "unknown"
    for kind in OWN_CLOCKS:
        if kind == ANALYSIS and found:
            stop_clock(ctx, former, kind)
        else:
            cancel_clock(ctx, former, kind)
    return row


def _tell(ctx: Ctx, row: CoverageDecision, former: CoverageDecision | None) -> None:
    told = {"number": row.number, "rule_set": row.rule_set or "own"}
    if row.state == "referred":
        emit(ctx, "warranty.coverage_referred", row, links=_links(row), **told)
        role = str(get_setting(ctx, "warranty.judge_role"))
        _tell_people(ctx, row, role, N_("{number}: the rules leave it to a person"))
        return
    event = "warranty.coverage_decided" if former is None else "warranty.coverage_decided_again"
    more = {} if former is None else {"former": former.number, "reason": row.reason}
    emit(ctx, event, row, links=_links(row), charge=both(CHARGE_WORDS[row.charge]), **told, **more)
    if row.state == "waiting":
        role = str(row.outputs["approval"])
        named = {"number": row.number, "role": role_name(ctx, role)}
        emit(ctx, "warranty.coverage_awaits_approval", row, links=_links(row), **named)
        _tell_people(ctx, row, role, N_("{number}: your approval is needed"))
    _tell_compensation(ctx, row)


def _tell_compensation(ctx: Ctx, row: CoverageDecision) -> None:
    """What we damaged is to be compensated (REP-7). ``first_id`` is the decision with which the case began."""
    if row.state == "stands" and row.outputs.get("compensation"):
        first = queries.first_of(ctx, row)
        emit(
            ctx, "warranty.compensation_due", row, links=_links(row), number=row.number, problem=row.problem,
            device_id=row.device_id, first_id=first.id,
        )  # fmt: skip


def _tell_people(ctx: Ctx, row: CoverageDecision, role: str, text: str, *, again: int = 0, **facts: Any) -> None:
    people = people_with_role(ctx, role)
    once = f"warranty.decision:{row.id}:{row.state}:{again}"
    notify(ctx, people, text, record=row, once=once, number=row.number, **facts)


def _limit_facts(row: CoverageDecision) -> dict[str, Any]:
    """Facts of the table of limits."""
    return {
        "charge": row.charge or None, "rule_set": row.rule_set or None, "severity": row.facts.get("severity"),
    }  # fmt: skip


def _start_clocks(
    ctx: Ctx, row: CoverageDecision, facts: Mapping[str, Any], former: CoverageDecision | None
) -> None:
    """The cause is to be found, a person is to judge, a loaner and the repair are due: each by what the rules say."""
    asked = _limit_facts(row)
    begun = find_clock(ctx, former, ANALYSIS) if former is not None else None
    if row.state == "referred":
        start_clock(ctx, row, JUDGEMENT, asked)
    elif facts.get("cause") == "unknown" and facts.get("work") == "fault":
        start_clock(ctx, row, ANALYSIS, asked, at=begun.started_at if begun is not None else None)
    if row.handed_in is None:
        return
    noon = dt.datetime.combine(row.handed_in, dt.time(12), ctx.tz)
    for kind, output in ((REPAIR_DUE, "repair_within"), (LOANER_DUE, "loaner_after")):
        days = row.outputs.get(output)
        if days is not None:
            limit = {"limit": days, "unit": "calendar_days"}
            start_given_clock(ctx, row, kind, limit, plugin="warranty", decision_id=row.ruling_id, at=noon)


def _latest(ctx: Ctx, decision_id: int, version: int | None) -> CoverageDecision:
    """The decision, locked, if it is still the last word on its case."""
    row = queries.locked_decision(ctx, decision_id)
    check_version(row, version)
    if not row.is_open:
        later = queries.follower_of(ctx, row.id)
        text = _("{number} was replaced by {later}. Go on with that one.", number=row.number,
                 later=later.number if later is not None else "")  # fmt: skip
        raise Conflict("superseded", text)
    return row


def _case_of(row: CoverageDecision, given: Mapping[str, Any]) -> CoverageCase:
    about = RecordRef(row.about_kind, row.about_id) if row.about_id is not None else None
    return CoverageCase(row.device_id, row.problem, about, given, row.handed_in)


def _links(row: CoverageDecision) -> list[RecordRef]:
    """The pages on whose timelines it is told too."""
    links = [RecordRef(UNIT, row.device_id)]
    if row.customer_id is not None:
        links.append(RecordRef(CUSTOMER, row.customer_id))
    if row.about_id is not None:
        links.append(RecordRef(row.about_kind, row.about_id))
    return links


def _checked_outputs(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Results that a person gives, by the types of the columns."""
    clean: dict[str, Any] = {}
    for name, value in outputs.items():
        column = next((c for c in rulesets.whole().outputs if c.name == name), None)
        if column is None:
            raise Invalid("unknown_result", _("There is no result “{name}”.", name=name), name)
        if value is None or value == "":
            continue
        if column.type == "choice" and column.choice(value) is None:
            raise Invalid("unknown_choice", _("Choose one of the values offered."), name)
        clean[name] = value
    if not clean.get("charge"):
        raise Invalid("charge_needed", _("Say whether it is free, paid, by contract or administration."), "charge")
    return clean
