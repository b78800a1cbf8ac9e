"""The people who may be sent: who works here, where, and what the module that knows people says about them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, Membership, Role, ask
from plugins.service.models import Order

MAY_WORK = "service.order.work"


@dataclass(frozen=True)
class Worker:
    """Somebody with the right to work on orders."""

    user_id: int
    name: str
    unit_id: int | None


@dataclass(frozen=True)
class Fitness:
    """Whether somebody may be sent to an order at a moment, and why, in words of the reader's language.

    ``certified`` is None where the work needs nothing, ``on_roster`` where nobody has duty then.
    """

    may_go: bool = True
    words: tuple[str, ...] = ()
    certified: bool | None = None
    on_roster: bool | None = None


def workers(ctx: Ctx, unit_ids: Sequence[int] | frozenset[int] | None = None) -> list[Worker]:
    """Those who may work on orders, by name; of these units only. Who is limited to units finds only their people."""
    able = {
        code for code, permissions in ctx.session.execute(sa.select(Role.code, Role.permissions))
        if MAY_WORK in permissions
    }
    query = sa.select(Membership).options(orm.joinedload(Membership.user)).where(Membership.active.is_(True))
    for limit in (ctx.actor.unit_ids, unit_ids):
        if limit is not None:
            query = query.where(Membership.unit_id.in_(sorted(limit)))
    found = [m for m in ctx.session.scalars(query) if able & set(m.role_codes)]
    return sorted((Worker(m.user_id, m.user.name, m.unit_id) for m in found), key=lambda w: (w.name, w.user_id))


def fitness(ctx: Ctx, order: Order, moment: dt.datetime) -> Mapping[int, Fitness] | None:
    """What the module that knows certificates, leave and duty says about everybody, asked once; None where none is."""
    answer = ask(ctx, "people_for_order", order=order, moment=moment)
    if answer is None:
        return None
    somebody_on_duty = any(getattr(getattr(told, "fit", None), "on_roster", ()) for told in answer.values())
    found = {}
    for user_id, told in answer.items():
        fit = getattr(told, "fit", None)
        held, lacking = getattr(fit, "held", ()), getattr(fit, "lacking", ())
        found[user_id] = Fitness(
            told[0],
            tuple(told[1]),
            not lacking if held or lacking else None,
            bool(getattr(fit, "on_roster", ())) if somebody_on_duty else None,
        )
    return found


_SENDING = "service sending"


@contextmanager
def sending(ctx: Ctx, order: Order, user_id: int, moment: dt.datetime | None) -> Iterator[None]:
    """While the gates are asked: who is about to be sent to an order, and for when. Nothing is written of it yet."""
    ctx.memo[_SENDING] = (order.id, user_id, moment)
    try:
        yield
    finally:
        del ctx.memo[_SENDING]


def about_to_go(ctx: Ctx, order: Order) -> tuple[int, dt.datetime | None] | None:
    """(person, planned moment) of who is about to be sent to this order; None while nobody is."""
    order_id, user_id, moment = ctx.memo.get(_SENDING) or (None, 0, None)
    return (user_id, moment) if order_id == order.id else None


def fitness_of(ctx: Ctx, order: Order, user_id: int, moment: dt.datetime) -> Fitness:
    """The same for one person; somebody of whom that module knows nothing may not be sent by it."""
    known = fitness(ctx, order, moment)
    return Fitness() if known is None else known.get(user_id, Fitness(may_go=False))
