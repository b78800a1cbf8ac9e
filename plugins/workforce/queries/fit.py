"""Who may be sent to which work: skills and certificates. Set-based: as many statements for a hundred as for one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from core.api import Ctx, Membership, _
from plugins.workforce.contracts import REASON_WORDS, PersonFit, Reason, Wanted
from plugins.workforce.queries.skills import certificates_of, kept_of, tree
from plugins.workforce.rules.skills import judge


def fit_for(ctx: Ctx, user_ids: Iterable[int], need: Sequence[Wanted], when: dt.datetime) -> dict[int, PersonFit]:
    """For each of these people: whether he or she may be sent to work that needs ``need`` at ``when``, and why.

    Certificates count on the company's calendar day of ``when``.
    """
    wanted = sorted(set(user_ids))
    day = when.astimezone(ctx.tz).date()
    known = tree(ctx).known
    held = certificates_of(ctx, wanted)
    working = _working(ctx, wanted)
    found = {}
    for user_id in wanted:
        judged = judge(need, known, [kept_of(row) for row in held.get(user_id, ())], day)
        reasons = list(judged.reasons)
        if user_id not in working:
            reasons.insert(0, Reason("left", against=True))
        against = [r for r in reasons if r.against]
        found[user_id] = PersonFit(
            user_id,
            not against,
            tuple(in_words(r) for r in [*against, *(r for r in reasons if not r.against)]),
            tuple(in_words(r) for r in against),
            judged.held,
            judged.lacking,
            judged.valid_until,
        )
    return found


def _working(ctx: Ctx, user_ids: Sequence[int]) -> set[int]:
    query = sa.select(Membership.user_id).where(Membership.user_id.in_(user_ids), Membership.active.is_(True))
    return set(ctx.session.scalars(query))


def in_words(reason: Reason) -> str:
    """A reason as a sentence in the language of the moment."""
    return _(REASON_WORDS[reason.key], **reason.facts)
