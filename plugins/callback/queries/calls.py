"""Reading calls, the needs they serve, quarters and wishes."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, Membership, NotFound, _, get_setting, label, parse_choices
from plugins.callback.models import Call, Need, Period, Preference
from plugins.callback.models.calls import AHEAD

_SHIPPED = Path(__file__).parents[1] / "data" / "reasons.txt"
NOBODY = [0]


@cache
def _shipped() -> str:
    return _SHIPPED.read_text(encoding="utf-8")


def reasons(ctx: Ctx) -> dict[str, dict[str, str]]:
    """Code → label of the reasons to call: those of the setting, or those that come with the module."""
    return dict(parse_choices(str(get_setting(ctx, "callback.reasons"))) or parse_choices(_shipped()))


def reason_words(ctx: Ctx, code: str) -> str:
    """A reason in the language of the moment; one that is no longer offered by its shipped name, or its code."""
    known = reasons(ctx).get(code) or dict(parse_choices(_shipped())).get(code)
    return label(known) if known else code


def get_call(ctx: Ctx, call_id: int, *, lock: bool = False) -> Call:
    """One call. Raises NotFound."""
    row = ctx.session.get(Call, call_id, with_for_update=lock or None)
    if row is None:
        raise NotFound("unknown_call", _("There is no such call, or it is not meant for you."))
    return row


def get_period(ctx: Ctx, period_id: int, *, lock: bool = False) -> Period:
    """One quarter. Raises NotFound."""
    row = ctx.session.get(Period, period_id, with_for_update=lock or None)
    if row is None:
        raise NotFound("unknown_period", _("There is no such quarter in the plan."))
    return row


def period_on(ctx: Ctx, day: dt.date) -> Period | None:
    """The quarter in which a day lies, where it is planned or was opened."""
    return ctx.session.scalar(sa.select(Period).where(Period.first <= day, Period.last >= day))


def preference_of(ctx: Ctx, customer_id: int) -> Preference | None:
    """A customer's wishes about calls."""
    return ctx.session.scalar(sa.select(Preference).where(Preference.customer_id == customer_id))


def needs_of(ctx: Ctx, call_ids: Iterable[int]) -> dict[int, list[Need]]:
    """Call → the needs that it serves; one statement, however many (or none) there are."""
    query = sa.select(Need).where(Need.call_id.in_(sorted(set(call_ids)) or NOBODY))
    found: dict[int, list[Need]] = defaultdict(list)
    # sorted here: asked for the order of ids, SQLite reads all needs of the company in that order
    for need in sorted(ctx.session.scalars(query), key=lambda need: need.id):
        found[need.call_id or 0].append(need)
    return found


def reasons_of(ctx: Ctx, call_ids: Iterable[int]) -> dict[int, list[str]]:
    """Call → why, in words, each reason once."""
    return {
        call_id: list(dict.fromkeys(reason_words(ctx, need.reason) for need in needs))
        for call_id, needs in needs_of(ctx, call_ids).items()
    }


def calls_of_customer(ctx: Ctx, customer_id: int, limit: int = 8) -> list[Call]:
    """The latest calls to a customer, those ahead first."""
    query = sa.select(Call).where(Call.customer_id == customer_id, Call.state != "carried_over")
    return list(ctx.session.scalars(query.order_by(Call.day.desc(), Call.id.desc()).limit(limit)))


def names_of(ctx: Ctx, user_ids: Iterable[int | None]) -> dict[int, str]:
    """Id → name, of those who have left, too; one statement, however many (or none) there are."""
    wanted = sorted({u for u in user_ids if u is not None}) or NOBODY
    query = sa.select(Membership).options(orm.joinedload(Membership.user)).where(Membership.user_id.in_(wanted))
    return {m.user_id: m.user.name for m in ctx.session.scalars(query) if m.user is not None}


def works_here(ctx: Ctx, user_id: int) -> bool:
    """Whether a person works here now."""
    query = sa.select(Membership.id).where(Membership.user_id == user_id, Membership.active.is_(True))
    return ctx.session.scalar(query.limit(1)) is not None


def agents(ctx: Ctx) -> list[Membership]:
    """Who makes calls: those who work here and have the role of the setting, by id."""
    role = str(get_setting(ctx, "callback.agent_role"))
    query = sa.select(Membership).options(orm.joinedload(Membership.user)).where(Membership.active.is_(True))
    found = [m for m in ctx.session.scalars(query) if m.user is not None and role in m.role_codes]
    return sorted(found, key=lambda m: m.user_id)


def agent_choices(ctx: Ctx) -> list[tuple[int, str]]:
    """(id, name) of who makes calls, by name."""
    return sorted(((m.user_id, m.user.name) for m in agents(ctx)), key=lambda pair: (pair[1], pair[0]))


def tab(ctx: Ctx, key: str) -> Any:
    """What a tab of the list of calls shows."""
    if key == "today":
        return sa.and_(Call.day == ctx.today, Call.state.in_(AHEAD))
    if key == "mine":
        return sa.and_(Call.assignee_id == ctx.actor.user_id, Call.state.in_(AHEAD))
    if key == "ahead":
        return Call.state.in_(AHEAD)
    return Call.state == key


def count_held(ctx: Ctx, user_id: int) -> int:
    """How many calls a person has still to make, the one that he or she is at among them."""
    query = sa.select(sa.func.count()).select_from(Call).where(Call.state.in_((*AHEAD, "calling")))
    return ctx.session.scalar(query.where(sa.or_(Call.assignee_id == user_id, Call.locked_by == user_id))) or 0


def count_of_unit(ctx: Ctx, unit_id: int) -> int:
    """How many calls are still to be made to customers of an organisation unit."""
    query = sa.select(sa.func.count()).select_from(Call)
    return ctx.session.scalar(query.where(Call.unit_id == unit_id, Call.state.in_((*AHEAD, "calling")))) or 0
