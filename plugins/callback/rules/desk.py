"""Who answers for the service phone at a moment (SWM-2.6). Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from plugins.base.contracts import DutyPlan, DutySpan


def choose(plans: Sequence[DutyPlan]) -> DutyPlan | None:
    """The only roster there is; None when there is none, or when it is not said which of several is the phone's."""
    return plans[0] if len(plans) == 1 else None


def at(spans: Sequence[DutySpan], moment: dt.datetime) -> list[DutySpan]:
    """The spans that hold a moment: its beginning does, its end does not."""
    return [span for span in spans if span.starts_at <= moment < span.ends_at]


def answerable(plan: DutyPlan | None, moment: dt.datetime) -> tuple[int | None, str]:
    """(person, why: a code of ``ATTRIBUTION_WORDS``). Of several on duty it is the one whose duty began first."""
    if plan is None:
        return None, "unknown"
    there = [span for span in at(plan.people, moment) if span.user_id is not None]
    if not at(plan.windows, moment):
        return None, "nobody"
    if there:
        return min(there, key=lambda span: (span.starts_at, span.user_id or 0)).user_id, "on_duty"
    return (plan.responsible_id, "responsible") if plan.responsible_id is not None else (None, "unknown")
