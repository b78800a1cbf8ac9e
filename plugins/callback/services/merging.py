"""Two customers turn out to be one: nobody is called twice on a day, and the stricter wish counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import sqlalchemy as sa

from core.api import N_, SYSTEM, Ctx, both, emit, transaction
from plugins.base.queries import ids_of_person
from plugins.callback.contracts import PreferenceData
from plugins.callback.models import Call, Preference
from plugins.callback.models.calls import AHEAD, HELD
from plugins.callback.queries import calls as queries
from plugins.callback.queries.words import places
from plugins.callback.services.calls import change_state, end_calls, save_preference

_SAME = "merged"
_REASON = N_("the same customer is called that day already")


def settle_merged(ctx: Ctx, customer_id: int) -> None:
    """What the tables can't join by themselves after a merge: calls on the same day, wishes of both."""
    ctx = ctx.as_actor(SYSTEM)
    with transaction(ctx):
        ids = ids_of_person(ctx, customer_id)
        if len(ids) > 1:
            _one_call_a_day(ctx, ids)
            _one_wish(ctx, customer_id, ids)


def _one_call_a_day(ctx: Ctx, ids: Sequence[int]) -> None:
    """Of several calls on a day one is made and serves the reasons of the others: one that is being made or was, else
    the one that a person has placed, else the oldest. Where it was made already the other reasons are planned anew.
    """
    query = sa.select(Call).where(Call.customer_id.in_(ids), Call.state.in_(HELD)).order_by(Call.id).with_for_update()
    by_day: dict[object, list[Call]] = defaultdict(list)
    for call in ctx.session.scalars(query):
        by_day[call.day].append(call)
    double = [found for found in by_day.values() if len(found) > 1]
    needs = queries.needs_of(ctx, [call.id for found in double for call in found])
    for found in double:
        kept = min(found, key=lambda call: (call.state in AHEAD, not call.pinned, call.id))
        for call in found:
            if call is kept or call.state not in AHEAD:
                continue
            change_state(call, "cancelled")
            for need in needs.get(call.id, []):
                if kept.state == "done":
                    need.left_out = _SAME
                else:
                    need.call_id = kept.id
            ctx.session.flush()
            reason = both(_REASON)
            emit(ctx, "callback.call_cancelled", call, links=[kept], reason=reason, day=call.day)


def _one_wish(ctx: Ctx, customer_id: int, ids: Sequence[int]) -> None:
    """Wishes that stayed with a duplicate count, too: no calls if one of the two wished none, only what suits both;
    where nothing would suit both, those of the customer that remains.
    """
    rows = list(ctx.session.scalars(sa.select(Preference).where(Preference.customer_id.in_(ids))))
    own = next((row for row in rows if row.customer_id == customer_id), None)
    if own is None:
        return
    weekdays, parts = own.weekdays, own.parts
    for row in rows:
        weekdays, parts = weekdays & row.weekdays or weekdays, parts & row.parts or parts
    no_call = any(row.no_call for row in rows)
    if no_call or (weekdays, parts) != (own.weekdays, own.parts):
        data = PreferenceData(tuple(places(weekdays)), tuple(places(parts)), no_call, own.note)
        save_preference(ctx, customer_id, data)
        for number in ids if no_call else ():
            end_calls(ctx, number)
