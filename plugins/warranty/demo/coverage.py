"""Decisions on coverage for the demonstration: taken at intake, again when the cause was found, left to a person."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import sqlalchemy as sa

from core.api import Actor, Ctx, Invalid, Membership, use_locale
from plugins.base.contracts import UNIT
from plugins.warranty.contracts import CoverageCase
from plugins.warranty.demo.terms import words_of
from plugins.warranty.services import coverage as services


def fill(ctx: Ctx, rng: random.Random) -> None:
    """A dozen cases of the last three weeks in the company's trade, the oldest first."""
    devices = _devices(ctx)
    if not devices:
        return
    with use_locale(ctx.company.locale):
        for number, given in enumerate(sorted(words_of(ctx)["faults"], key=lambda c: -c["days"])):
            fitting = [d for d in devices if d.product.code in given["of"]] or devices
            at = ctx.at(ctx.now - dt.timedelta(days=given["days"])).as_actor(_somebody(ctx, rng))
            _case(ctx, at, fitting[(number * 7 + 3) % len(fitting)], given)


def _case(ctx: Ctx, at: Ctx, device: Any, given: dict) -> None:
    facts = dict(given.get("given", {}))
    if given.get("part"):
        facts["part_group"] = given["part"]
    try:
        made = services.decide(at, CoverageCase(device.id, given["problem"], None, facts))
    except Invalid:
        return  # what the archive says of this unit contradicts itself; the demonstration has such ones, too
    later = at.at(min(at.now + dt.timedelta(hours=5), ctx.now))
    if given.get("later") and made.state == "stands":
        services.redecide(later, made.id, given["later"], given["reason"])
    elif given.get("settle") and made.state == "referred":
        services.settle(later, made.id, given["settle"], given["why"])


def _devices(ctx: Ctx) -> list[Any]:
    model: Any = ctx.registry.kinds[UNIT].model
    query = sa.select(model).where(model.sale_date.is_not(None), model.customer_id.is_not(None))
    return list(ctx.session.scalars(query.order_by(model.sale_date.desc(), model.id).limit(90)))


def _somebody(ctx: Ctx, rng: random.Random) -> Actor:
    """Somebody of the company who may decide; the system where nobody works yet."""
    query = sa.select(Membership).where(Membership.active.is_(True)).order_by(Membership.id)
    people = [m for m in ctx.session.scalars(query) if {"agent", "manager"} & set(m.role_codes)]
    if not people:
        return ctx.actor
    member = rng.choice(people)
    return Actor(member.user_id, member.user.name, is_system=True, roles=frozenset(member.role_codes))
