"""What was sold sterile long ago: found and told of, production asked, quality looked at, sterilised again, decided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from core.api import (
    N_,
    OFFICE,
    Conflict,
    Ctx,
    Gate,
    Invalid,
    RecordRef,
    Ruling,
    State,
    Transition,
    Workflow,
    _,
    advance,
    ask,
    both,
    cancel_clock,
    check_version,
    emit,
    get_setting,
    label,
    notify,
    people_with_role,
    rule,
    start_given_clock,
    stop_clock,
    transaction,
)
from plugins.base.contracts import ServiceWanted
from plugins.inventory.models import Batch, SterileCase
from plugins.inventory.queries import sterility as queries
from plugins.inventory.queries.parts import plain_quantity
from plugins.inventory.rules.sterility import whole_months
from plugins.inventory.services import lots
from plugins.inventory.services.common import chosen, fitting, required
from plugins.inventory.sterile_contracts import (
    CASE_STATE_WORDS,
    CHARGE_WORDS,
    GOING_ON,
    OUTCOME_WORDS,
    OUTCOMES,
    PAYER_WORDS,
    QUALITY_WORDS,
    STERILE_CASE,
    STERILE_CLOCK,
    STERILE_RULES,
    Sold,
    SterileDecision,
)

VIEW = "inventory.sterile.view"
WORK = "inventory.sterile.work"
CHECK = "inventory.sterile.check"
DECIDE = "inventory.sterile.decide"

AT_ONCE = 200
"""So many batches are looked at together."""


def _unaffected(_ctx: Ctx, row: SterileCase) -> list[Gate]:
    text = _("the quality is found unaffected")
    return [Gate("inventory.quality", text, row.quality != "unaffected", waivable=False)]


def _facts(_ctx: Ctx, row: SterileCase, _transition: str) -> dict[str, Any]:
    return {"part": row.batch.part.code, "title": f"{row.batch.part.code} {row.batch.number}"}


WORKFLOW = Workflow(
    STERILE_CASE,
    (
        State("found", CASE_STATE_WORDS["found"], "circle-dot"),
        State("asked", CASE_STATE_WORDS["asked"], "message-circle-question-mark"),
        State("service", CASE_STATE_WORDS["service"], "refresh-cw"),
        State("resterilised", CASE_STATE_WORDS["resterilised"], "circle-check", final=True),
        State("refused", CASE_STATE_WORDS["refused"], "circle-x", final=True),
        State("scrapped", CASE_STATE_WORDS["scrapped"], "trash-2", final=True),
        State("gone", CASE_STATE_WORDS["gone"], "circle-slash", final=True),
    ),
    (
        Transition("ask", N_("Ask production"), ("found",), "asked", WORK),
        Transition("open_service", N_("Have it sterilised again"), ("asked",), "service", WORK, gates=(_unaffected,)),
        Transition("renew", N_("Give it a new sterile date"), ("service",), "resterilised", DECIDE, True),
        Transition("refuse", N_("Don’t sterilise it again"), GOING_ON, "refused", DECIDE, True),
        Transition("scrap", N_("Scrap it"), GOING_ON, "scrapped", DECIDE, True),
        Transition("vanish", N_("It is with the customer no longer"), ("found", "asked"), "gone", WORK),
    ),
    fact_columns=({"name": "part", "label": N_("Code of the part"), "type": "str"},),
    facts=_facts,
)


# --- finding --------------------------------------------------------------------------------------------------------


def find_sold(ctx: Ctx) -> int:
    """Scheduled: open a case for everything that was sold sterile long ago and whose date is near or over, tell sales
    of it, and end the cases of what is with customers no longer; answers how many cases were opened.
    """
    opened, after = 0, 0
    while True:
        with transaction(ctx):
            batches = queries.ending_batches(ctx, after, AT_ONCE)
            if not batches:
                return opened
            opened += _compare(ctx, batches)
            after = batches[-1].id


def _compare(ctx: Ctx, batches: Sequence[Batch]) -> int:
    """What is with customers against the cases there are of these batches."""
    by_id = {batch.id: batch for batch in batches}
    known = queries.newest_cases(ctx, by_id)
    sold = {(found.batch_id, found.ref): found for found in queries.sold_long_ago(ctx, batches)}
    made: list[SterileCase] = []
    for key, found in sold.items():
        case = known.get(key)
        until = _until(ctx, by_id[found.batch_id], case)
        if case is not None and case.state in GOING_ON:
            _correct(ctx, case, found)
        elif case is not None and case.state == "gone" and case.sterile_until == until:
            continue
        elif until is not None:
            made.append(_open(ctx, by_id[found.batch_id], found, until))
    for key, case in known.items():
        if key not in sold and case.state in ("found", "asked"):
            advance(ctx, WORKFLOW, case, "vanish")
            emit(ctx, "inventory.sterile_gone", case, links=[by_id[key[0]]], number=by_id[key[0]].number)
            cancel_clock(ctx, case, STERILE_CLOCK)
    _tell_sales(ctx, made)
    return len(made)


def _until(ctx: Ctx, batch: Batch, case: SterileCase | None) -> dt.date | None:
    """Until when this delivery of a batch is sterile, where that is near or over and not decided; else None."""
    if case is None or case.state == "gone":
        return batch.sterile_until
    if case.state != "resterilised" or case.new_sterile_until is None:
        return None
    return case.new_sterile_until if case.new_sterile_until <= queries.horizon(ctx) else None


def _correct(ctx: Ctx, case: SterileCase, found: Sold) -> None:
    """Some of it came back, or more of it has become old."""
    if case.quantity == found.quantity:
        return
    case.quantity = found.quantity
    ctx.session.flush()
    emit(ctx, "inventory.sterile_counted", case, links=[case.batch], quantity=_amount(case))


def _open(ctx: Ctx, batch: Batch, found: Sold, until: dt.date) -> SterileCase:
    case = SterileCase(
        state="found", batch_id=batch.id, record_kind=found.ref.kind, record_id=found.ref.id,
        customer_id=found.customer_id, device_id=found.device_id, quantity=found.quantity, sold_on=found.sold_on,
        sterile_until=until, found_at=ctx.now,
    )  # fmt: skip
    ctx.session.add(case)
    ctx.session.flush()
    emit(
        ctx, "inventory.sterile_found", case, links=[batch, *_about(case)], number=batch.number, part=batch.part.code,
        sold=found.sold_on, until=until,
    )  # fmt: skip
    limit = get_setting(ctx, "inventory.sterile_within")
    if limit is not None:
        columns = {
            "limit": limit.amount, "unit": limit.unit, "count_start_day": limit.count_start_day, "calendar": OFFICE,
        }  # fmt: skip
        role = str(get_setting(ctx, "inventory.sterile_escalates_to") or "")
        start_given_clock(ctx, case, STERILE_CLOCK, columns, plugin="inventory", escalate_to=role)
    return case


def _tell_sales(ctx: Ctx, cases: Sequence[SterileCase]) -> None:
    """One line for each batch into the inboxes of those whom the table names."""
    by_batch: dict[int, list[SterileCase]] = {}
    for case in cases:
        by_batch.setdefault(case.batch_id, []).append(case)
    for same in by_batch.values():
        first = same[0]
        people = people_with_role(ctx, str((_rule(ctx, first).outputs or {}).get("tell") or ""))
        text = N_("Batch {number} of {part}, sold long ago, is sterile until {day}. Ask production. Lines: {n}")
        notify(
            ctx, people, text, record=first, once=f"sterile {first.id}", number=first.batch.number,
            part=first.batch.part.code, day=first.sterile_until.isoformat(), n=len(same),
        )  # fmt: skip


def _rule(ctx: Ctx, case: SterileCase, record: Any = None) -> Ruling:
    facts = {
        "part": case.batch.part.code, "months": whole_months(case.sold_on, ctx.today),
        "passed": case.sterile_until < ctx.today,
    }  # fmt: skip
    return rule(ctx, STERILE_RULES, facts, record=record)


def _amount(case: SterileCase) -> str:
    return f"{plain_quantity(case.quantity)} {case.batch.part.measure.name}"


def _about(case: SterileCase) -> list[RecordRef]:
    refs = [RecordRef(case.record_kind, case.record_id)]
    if case.customer_id is not None:
        refs.append(RecordRef("base.customer", case.customer_id))
    if case.device_id is not None:
        refs.append(RecordRef("base.unit", case.device_id))
    return list(dict.fromkeys(refs))


# --- asking and looking ---------------------------------------------------------------------------------------------


def ask_production(ctx: Ctx, case_id: int, note: str = "", *, version: int | None = None) -> SterileCase:
    """Sales contacts production: those whom the company's table names are told, and asked to look at the quality."""
    with transaction(ctx):
        case = queries.get_case(ctx, case_id, lock=True)
        check_version(case, version)
        advance(ctx, WORKFLOW, case, "ask")
        case.asked_note = fitting(note, "note", 2000)
        case.asked_at, case.asked_by = ctx.now, ctx.actor.name
        ctx.session.flush()
        emit(ctx, "inventory.sterile_asked", case, links=[case.batch], number=case.batch.number)
        people = people_with_role(ctx, str((_rule(ctx, case).outputs or {}).get("ask") or ""))
        text = N_("{quantity} of batch {number}, sterile until {day}: can it be sterilised again? Look at the quality")
        notify(
            ctx, people, text, record=case, once=f"sterile asked {case.id}", quantity=_amount(case),
            number=case.batch.number, day=case.sterile_until.isoformat(),
        )  # fmt: skip
        return case


def check_quality(
    ctx: Ctx, case_id: int, outcome: str, note: str = "", *, version: int | None = None
) -> SterileCase:
    """Write down whether the quality is unaffected; where it is affected, with the reason."""
    ctx.require(CHECK)
    with transaction(ctx):
        case = queries.get_case(ctx, case_id, lock=True)
        check_version(case, version)
        if case.state not in ("found", "asked"):
            raise Conflict("too_late", _("Quality is looked at before it is sterilised again."))
        case.quality = chosen(outcome, QUALITY_WORDS, "outcome")
        case.quality_note = (
            required(note, "note", _("Say what is affected."), 2000)
            if outcome == "affected" else fitting(note, "note", 2000)
        )  # fmt: skip
        case.quality_at, case.quality_by = ctx.now, ctx.actor.name
        ctx.session.flush()
        emit(
            ctx, "inventory.sterile_checked", case, links=[case.batch], number=case.batch.number,
            outcome=both(QUALITY_WORDS[outcome]),
        )  # fmt: skip
        return case


# --- sterilising again ----------------------------------------------------------------------------------------------


def have_sterilised(ctx: Ctx, case_ids: Iterable[int]) -> list[SterileCase]:
    """Have cases sterilised again, together: one service order for each customer, or, where there is no module for
    orders, a task of production. Who pays is decided by the company's table and kept on each case.
    """
    ctx.require(WORK)
    with transaction(ctx):
        cases = queries.get_cases(ctx, case_ids)
        if not cases:
            raise Invalid("nothing", _("Choose at least one line."))
        orders: dict[tuple[Any, ...], list[SterileCase]] = {}
        notes: dict[tuple[Any, ...], str] = {}
        for case in cases:
            advance(ctx, WORKFLOW, case, "open_service")
            ruling = _rule(ctx, case, case)
            outputs: Any = ruling.outputs or {}
            case.charge, case.payer = str(outputs["charge"]), str(outputs["payer"])
            key = (case.customer_id, case.device_id, case.charge, case.payer)
            orders.setdefault(key, []).append(case)
            notes[key] = _note(ruling)
        for key, same in orders.items():
            _send_out(ctx, same, notes[key])
        return cases


def _note(ruling: Ruling) -> str:
    """What the table says beside the row that decided."""
    number = ruling.decision.row_index
    return label(ruling.decision.compiled.table.rows[number].note or "") if number >= 0 else ""


def _send_out(ctx: Ctx, cases: list[SterileCase], note: str) -> None:
    first = cases[0]
    lines = [f"{c.batch.part.code} {c.batch.part.name} {c.batch.number} × {_amount(c)}" for c in cases]
    payer = both(PAYER_WORDS[first.payer])
    wanted = ServiceWanted(
        subject=_("Sterilise again: {what}", what=lines[0])[:200],
        text="\n".join(lines),
        key=f"{STERILE_CASE} {' '.join(str(c.id) for c in cases)}"[:120],
        about=RecordRef(STERILE_CASE, first.id),
        customer_id=first.customer_id,
        device_id=first.device_id,
        charge=first.charge,
        charge_reason=_(
            "{charge}, {payer}. {note}", charge=_(CHARGE_WORDS[first.charge]), payer=label(payer), note=note
        ).strip(),
        comes_in=True,
    )
    order = ask(ctx, "open_service", wanted=wanted)
    for case in cases:
        if order is not None:
            case.service_kind, case.service_id = order.kind, order.id
        ctx.session.flush()
        emit(
            ctx, "inventory.sterile_service", case, links=[case.batch, *([order] if order is not None else [])],
            number=case.batch.number, charge=both(CHARGE_WORDS[case.charge]), payer=payer,
        )  # fmt: skip
    if order is None:
        people = people_with_role(ctx, str((_rule(ctx, first).outputs or {}).get("ask") or ""))
        notify(
            ctx, people, N_("To be sterilised again: {what}"), record=first, once=f"sterile service {first.id}",
            what=_(", ").join(lines),
        )  # fmt: skip


# --- deciding -------------------------------------------------------------------------------------------------------


def decide(ctx: Ctx, case_id: int, given: SterileDecision, *, version: int | None = None) -> SterileCase:
    """End a case: it has a new sterile date, it isn't sterilised again, or it is scrapped; with the reason.

    With ``whole`` the batch has the new date too; refused while another case of the batch isn't ended.
    """
    ctx.require(DECIDE)
    with transaction(ctx):
        case = queries.get_case(ctx, case_id, lock=True)
        check_version(case, version)
        outcome = chosen(given.outcome, OUTCOMES, "outcome")
        reason = required(given.reason, "reason", _("Give a reason."), 2000)
        if outcome == "resterilised":
            case.new_sterile_until = _new_date(ctx, case, given)
        case.decision_reason, case.decided_at, case.decided_by = reason, ctx.now, ctx.actor.name
        advance(ctx, WORKFLOW, case, OUTCOMES[outcome], reason=reason)
        ctx.session.flush()
        emit(
            ctx, "inventory.sterile_decided", case, links=[case.batch, *_about(case)], number=case.batch.number,
            outcome=both(OUTCOME_WORDS[outcome]), reason=reason, until=case.new_sterile_until,
        )  # fmt: skip
        stop_clock(ctx, case, STERILE_CLOCK)
        if given.whole and case.new_sterile_until is not None:
            lots.renew_sterility(ctx, case.batch_id, case.new_sterile_until)
        return case


def _new_date(ctx: Ctx, case: SterileCase, given: SterileDecision) -> dt.date:
    until = given.sterile_until
    if until is None:
        raise Invalid("missing", _("Enter the new sterile date."), "sterile_until")
    if until <= max(ctx.today, case.sterile_until):
        raise Invalid("too_early", _("The new date lies after today and after the old one."), "sterile_until")
    others = queries.others_going_on(ctx, case)
    if given.whole and others:
        words = _("{n} more deliveries of this batch are not decided: it isn’t the whole batch.", n=others)
        raise Conflict("not_whole", words)
    return until
