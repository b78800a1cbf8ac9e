"""Who may be sent to which work. Set-based: as many statements for a hundred people as for one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from core.api import Ctx, Membership, _
from plugins.base import queries as base_queries
from plugins.workforce.contracts import REASON_WORDS, FitAnswer, PersonFit, Reason, Wanted
from plugins.workforce.models import Leave, Shift
from plugins.workforce.queries import duty
from plugins.workforce.queries.leave import kind_words, leave_of, when_words
from plugins.workforce.queries.people import members
from plugins.workforce.queries.skills import certificates_of, kept_of, needs_of, tree
from plugins.workforce.rules.skills import judge

_MOMENT = dt.timedelta(microseconds=1)


def fit_for(ctx: Ctx, user_ids: Iterable[int], need: Sequence[Wanted], when: dt.datetime) -> dict[int, PersonFit]:
    """For each of these people: whether he or she may be sent to work that needs ``need`` at ``when``, and why.

    Certificates count on the company's calendar day of ``when``; who is on leave at that moment may not be sent.
    """
    wanted = sorted(set(user_ids))
    day = when.astimezone(ctx.tz).date()
    known = tree(ctx).known
    held = certificates_of(ctx, wanted)
    working = _working(ctx, wanted)
    away = leave_of(ctx, wanted, when, when + _MOMENT)
    there = duty.shifts_of(ctx, wanted, when, when + _MOMENT)
    found = {}
    for user_id in wanted:
        judged = judge(need, known, [kept_of(row) for row in held.get(user_id, ())], day)
        own = [shift for shift in there if shift.user_id == user_id]
        reasons = [] if user_id in working else [Reason("left", against=True)]
        reasons += [_on_leave(ctx, row) for row in away.get(user_id, ())]
        reasons += [*judged.reasons, *(_on_duty(ctx, shift) for shift in own)]
        against = [r for r in reasons if r.against]
        found[user_id] = PersonFit(
            user_id,
            not against,
            tuple(in_words(r) for r in [*against, *(r for r in reasons if not r.against)]),
            tuple(in_words(r) for r in against),
            judged.held,
            judged.lacking,
            judged.valid_until,
            user_id in away,
            tuple(shift.roster.name for shift in own if shift.roster is not None),
        )
    return found


def people_for(ctx: Ctx, order: Any, moment: dt.datetime) -> dict[int, FitAnswer]:
    """Who may be sent to an order of any module (a row with kind, product, region) at a moment, and why or why not.

    Everybody who works here and is within the actor's reach is answered for.
    """
    product_id = getattr(order, "product_id", None)
    product = base_queries.get_product(ctx, product_id) if product_id is not None else None
    facts = {name: getattr(order, name, None) for name in ("kind", "work_kind", "urgency", "region")}
    need = needs_of(ctx, {**facts, "product_group": product.group if product is not None else None})
    fits = fit_for(ctx, [member.user_id for member in members(ctx)], need, moment)
    return {user_id: FitAnswer(fit) for user_id, fit in fits.items()}


def _on_leave(ctx: Ctx, row: Leave) -> Reason:
    facts = {"kind": kind_words(ctx, row.kind), "when": when_words(ctx, row)}
    return Reason("on_leave", facts, against=True)


def _on_duty(ctx: Ctx, shift: Shift) -> Reason:
    when = duty.span_words(ctx, shift.starts_at, shift.ends_at, day=False)
    return Reason("on_duty", {"roster": shift.roster.name if shift.roster is not None else "", "when": when})


def _working(ctx: Ctx, user_ids: Sequence[int]) -> set[int]:
    query = sa.select(Membership.user_id).where(Membership.user_id.in_(user_ids), Membership.active.is_(True))
    return set(ctx.session.scalars(query))


def in_words(reason: Reason) -> str:
    """A reason as a sentence in the language of the moment."""
    return _(REASON_WORDS[reason.key], **reason.facts)
