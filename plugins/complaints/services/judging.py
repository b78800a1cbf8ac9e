"""What a complaint calls for: how serious it is, whether it repeats others, and who owes the customer a meeting."""

from __future__ import annotations

import datetime as dt

from core.api import (
    N_,
    Ctx,
    cancel_clock,
    emit,
    find_clock,
    get_setting,
    redecide_clock,
    rule,
    start_clock,
)
from plugins.complaints import queries, rules
from plugins.complaints.contracts import CLOCKS, MEETING
from plugins.complaints.models import Complaint
from plugins.complaints.services.common import links_of, refresh_urgency, tell_role


def count_repeats(ctx: Ctx, complaint: Complaint) -> int:
    """Put on the complaint how many earlier ones it repeats; answers how many it was said to repeat before."""
    before = complaint.repeats or 0
    found = queries.count_repeats(ctx, complaint)
    complaint.repeats, complaint.repeats_unit, complaint.repeats_cause = found.total, found.unit, found.cause
    return before


def note_repeats(ctx: Ctx, complaint: Complaint, *, before: int) -> None:
    """Say on the timeline that it repeats earlier ones, when it repeats more than was known."""
    if complaint.repeats > before:
        emit(
            ctx,
            "complaints.repeat_recognised",
            complaint,
            links=links_of(complaint),
            number=complaint.number,
            repeats=complaint.repeats,
            unit=complaint.repeats_unit,
            cause=complaint.repeats_cause,
            days=queries.repeat_days(ctx),
        )


def judge(ctx: Ctx, complaint: Complaint, by_hand: str) -> str | None:
    """Set the severity, by the table unless a person chose it; answers the role to tell at once, if any."""
    ruling = rule(
        ctx,
        "complaints.severity",
        rules.severity_facts(
            injury=complaint.injury,
            in_batch=complaint.in_batch,
            unusable=complaint.unusable,
            repeats=complaint.repeats,
            repeats_unit=complaint.repeats_unit,
            repeats_cause=complaint.repeats_cause,
            again=complaint.again_of_id is not None,
            kind=complaint.kind,
            category=complaint.category,
        ),
        record=complaint,
    )
    out = ruling.outputs or {}
    complaint.severity_by_hand = bool(by_hand) and by_hand != out.get("severity")
    complaint.severity = by_hand or str(out.get("severity") or complaint.severity)
    return out.get("tell_role")


def judge_again(ctx: Ctx, complaint: Complaint) -> None:
    """Facts have changed since it was classified: severity, limits and duty follow; a severity set by hand stays."""
    before = complaint.severity
    role = judge(ctx, complaint, complaint.severity if complaint.severity_by_hand else "")
    facts = limit_facts(ctx, complaint)
    for kind in CLOCKS:
        redecide_clock(ctx, complaint, kind, facts)
    refresh_urgency(ctx, complaint)
    if complaint.severity != before:
        severity = queries.choice_label(ctx, "complaints.severity", "severity", complaint.severity)
        emit(ctx, "complaints.severity_changed", complaint, number=complaint.number, severity=severity)
        tell_severity(ctx, complaint, role)
    settle_duty(ctx, complaint)


def tell_severity(ctx: Ctx, complaint: Complaint, role: str | None) -> None:
    """Tell the role that the severity table names, and say so on the timeline."""
    told = tell_role(ctx, complaint, role, N_("Serious complaint {number}: {subject}"))
    if role:
        emit(ctx, "complaints.told", complaint, role=queries.role_names(ctx, role), people=len(told))


def settle_duty(ctx: Ctx, complaint: Complaint, *, at: dt.datetime | None = None) -> None:
    """Decide whether the head owes the customer a meeting (VCH-22); the role is told at once, its clock starts.

    ``at`` is when the time begins to run, now unless said. A duty that was fulfilled stays fulfilled.
    """
    if complaint.met_at is not None:
        return
    facts = rules.attention_facts(complaint, received_on(ctx, complaint))
    out = dict(rule(ctx, "complaints.attention", facts).outputs or {})
    duty = str(out.get("duty") or "none").replace("none", "")
    role = str(out.get("role") or "")[:60] if duty else ""
    if (duty, role) == (complaint.duty, complaint.duty_role):
        return
    complaint.duty, complaint.duty_role = duty, role
    if not duty:
        cancel_clock(ctx, complaint, MEETING)
        refresh_urgency(ctx, complaint)
        emit(ctx, "complaints.duty_lifted", complaint, number=complaint.number)
        return
    if out.get("limit") is None:
        rule(ctx, "complaints.attention", facts, record=complaint)
    elif find_clock(ctx, complaint, MEETING) is None:
        start_clock(ctx, complaint, MEETING, facts, at=at)
    else:
        redecide_clock(ctx, complaint, MEETING, facts)
    refresh_urgency(ctx, complaint)
    emit(
        ctx, "complaints.duty_given", complaint, number=complaint.number, role=queries.role_names(ctx, role), duty=duty
    )
    tell_role(ctx, complaint, role, N_("You or your delegate meets the customer of {number}: {subject}"), why="duty")


def received_on(ctx: Ctx, complaint: Complaint) -> dt.date:
    """The day at the company on which it came in: the version of a table in force then decides."""
    return complaint.received_at.astimezone(ctx.tz).date()


def limit_facts(ctx: Ctx, complaint: Complaint) -> dict:
    """Facts of the tables of limits."""
    return rules.limit_facts(complaint, received_on(ctx, complaint))


def wants(ctx: Ctx, setting: str, severity: str) -> bool:
    """Whether a setting that lists severities names this one."""
    return severity in rules.codes_of(str(get_setting(ctx, setting)))
